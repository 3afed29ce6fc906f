//! Where facts of a kind can stand, and with it which ids there are.

use std::collections::BTreeSet;

use super::fact::{FACT_RULES, FactRule, fact_rule, is_said_unseen, is_whole_id};
use crate::diff::change::Direction;
use crate::diff::fact::{Access, Area, Bound, Keyword, Kind, Presence};

/// A place for facts.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// What it is.
    pub area: Area,
    /// Which way data goes there.
    pub direction: Option<Direction>,
    /// In words.
    pub name: &'static str,
}

const fn place(area: Area, direction: Option<Direction>, name: &'static str) -> Place {
    Place { area, direction, name }
}

/// All of them.
pub const PLACES: [Place; 13] = [
    place(Area::Contract, None, "the contract"),
    place(Area::Document, None, "all operations of an interface"),
    place(Area::Operation, None, "an operation"),
    place(Area::Parameter, Some(Direction::Received), "a parameter of a request"),
    place(Area::RequestBody, Some(Direction::Received), "the body of a request"),
    place(Area::ResponseBody, Some(Direction::Produced), "the body of a response"),
    place(Area::ResponseHeader, Some(Direction::Produced), "a header of a response"),
    place(Area::Configuration, Some(Direction::Received), "configuration that the service needs"),
    place(Area::OfferedConfiguration, Some(Direction::Produced), "configuration that a platform offers"),
    place(Area::Policy, Some(Direction::Received), "a policy that contracts must satisfy"),
    place(Area::Channel, None, "a channel of events"),
    place(Area::SentMessage, Some(Direction::Produced), "a message that the service sends"),
    place(Area::ReceivedMessage, Some(Direction::Received), "a message that the service receives"),
];

/// Every kind of fact that is no rule of `.proto` files.
pub fn kinds() -> impl Iterator<Item = Kind> {
    let bounds =
        Bound::ALL.into_iter().flat_map(|bound| [Kind::BoundTightened(bound), Kind::BoundLoosened(bound)]);
    let keywords = Keyword::ALL.into_iter().flat_map(|(keyword, ..)| {
        [Kind::KeywordAdded(keyword), Kind::KeywordRemoved(keyword), Kind::KeywordModified(keyword)]
    });
    let access = Access::ALL.into_iter().flat_map(|(access, _)| {
        [Presence::Optional, Presence::Required].map(|presence| Kind::Access(access, presence))
    });
    // Of a discriminator is said what changed in it.
    let keywords = keywords.filter(|kind| *kind != Kind::KeywordModified(Keyword::Discriminator));
    FACT_RULES.iter().map(|row| row.kind).chain(bounds).chain(keywords).chain(access)
}

/// The rules that a kind has in a place, about the whole of it or about a property inside.
pub fn rules_at(kind: Kind, place: Place, is_nested: bool) -> Vec<FactRule> {
    if !occurs(kind, place, is_nested) {
        return Vec::new();
    }
    let values: &[(bool, bool)] = match kind {
        // One is enough where nothing is said, so there is always a value.
        Kind::BoundTightened(Bound::MinContains) | Kind::BoundLoosened(Bound::MinContains) => &[(true, true)],
        Kind::BoundTightened(_) => &[(true, true), (false, true)],
        Kind::BoundLoosened(_) => &[(true, true), (true, false)],
        _ => &[(true, true)],
    };
    let rule =
        |(had, has): &(bool, bool)| fact_rule(kind, place.area, place.direction, is_nested, *had, *has);
    let mut rules: Vec<_> = values.iter().map(rule).collect();
    let is_unseen = |direction| is_nested && is_said_unseen(kind, direction);
    let both_ways = matches!(place.area, Area::RequestBody | Area::ResponseBody);
    if let Some(direction) = place.direction.filter(|direction| both_ways && is_unseen(*direction)) {
        let unseen = |(had, has): &(bool, bool)| {
            fact_rule(kind, place.area, place.direction, is_nested, *had, *has).unseen(Some(direction))
        };
        // A limit that came where there was none says the same.
        let is_moved = |values: &&(bool, bool)| !matches!(kind, Kind::BoundTightened(_)) || values.0;
        rules.extend(values.iter().filter(is_moved).map(unseen));
    }
    let mut known = BTreeSet::new();
    rules.retain(|rule| known.insert(rule.id.clone()));
    rules
}

/// Whether there is a schema.
fn has_schema(area: Area) -> bool {
    !matches!(area, Area::Contract | Area::Document | Area::Operation | Area::Channel)
}

fn occurs(kind: Kind, Place { area, direction, .. }: Place, is_nested: bool) -> bool {
    let is_message = matches!(area, Area::SentMessage | Area::ReceivedMessage);
    let is_http = matches!(area, Area::Parameter | Area::RequestBody | Area::ResponseBody);
    let said_outside =
        matches!(area, Area::Operation | Area::Channel | Area::Document | Area::ResponseHeader);
    // Of configuration words are no lines, and of policies they are.
    let is_configuration = matches!(area, Area::Configuration | Area::OfferedConfiguration);
    let is_property = |kind: Kind| {
        (Kind::PropertyAddedOptional..=Kind::PropertyBecameOptional).contains(&kind)
            || matches!(kind, Kind::Access(..))
    };
    match kind {
        Kind::SecurityAdded
        | Kind::SecurityRemoved
        | Kind::SecurityTightened
        | Kind::SecurityScopeAdded
        | Kind::SecurityScopeRemoved => !is_nested && matches!(area, Area::Operation | Area::Document),
        Kind::HeaderPropertyBecameEnum
        | Kind::HeaderPropertyAddedRequired
        | Kind::HeaderPropertyBecameRequired => is_nested && area == Area::Parameter,
        Kind::MediaTypeAdded
        | Kind::MediaTypeRemoved
        | Kind::MediaTypeSchemaAdded
        | Kind::MediaTypeSchemaRemoved => !is_nested && (is_http || is_message),
        kind if kind >= Kind::RangeRewritten => !is_nested && area == Area::Contract,
        Kind::ServerAdded | Kind::SpecificationVersion => !is_nested && area == Area::Document,
        kind if is_whole_id(kind) => !is_nested && area == Area::Operation,
        Kind::MessageAdded | Kind::MessageRemoved | Kind::ContentType => !is_nested && is_message,
        Kind::Bindings => !is_nested && (is_message || area == Area::Channel),
        Kind::Extension | Kind::Other => !is_nested && (is_http || is_message || said_outside),
        // Neither are words of operations.
        Kind::Annotation if area == Area::Operation => false,
        Kind::Annotation | Kind::Deprecated | Kind::Undeprecated => {
            !is_configuration && (has_schema(area) || !is_nested && said_outside)
        }
        Kind::SunsetOver => is_http || area == Area::ResponseHeader || !is_nested && area == Area::Operation,
        kind if (Kind::DeprecatedWithSunset..=Kind::StabilityUnknown).contains(&kind) => {
            let is_said = !is_configuration || fact_rule(kind, area, direction, true, true, true).is_worse();
            has_schema(area) && is_said || !is_nested && area == Area::Operation
        }
        Kind::PartAdded | Kind::PartRemoved | Kind::WordsAdded | Kind::WordsRemoved => {
            has_schema(area) && !is_configuration
        }
        Kind::PatternGeneralized => has_schema(area) && direction == Some(Direction::Received),
        Kind::Unresolved => {
            let outside = matches!(area, Area::Operation | Area::Document);
            has_schema(area) || !is_nested && outside
        }
        Kind::KeywordChanged => has_schema(area) || !is_nested && area == Area::Operation,
        // It cannot be without one, and stays where it is.
        Kind::PropertyAddedToClosed => {
            is_nested && direction == Some(Direction::Produced) && has_schema(area)
        }
        Kind::PropertyRemovedFromClosed => {
            is_nested && direction == Some(Direction::Received) && has_schema(area)
        }
        kind if is_property(kind) => is_nested && has_schema(area),
        _ => has_schema(area),
    }
}
