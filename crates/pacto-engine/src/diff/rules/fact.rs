//! Rows for facts: one class for each direction.

use crate::diff::change::{Classification, Direction};
use crate::diff::fact::{Access, Area, Bound, Keyword, Kind, Presence};

use super::protobuf::proto_rule;
use Classification::{Breaking, NonBreaking, PotentialBreaking};

mod table;

use table::EXCEPTIONS;
pub use table::FACT_RULES;

const KEEP_ACCEPTING: &str = "keep accepting what was accepted, or release a major version";
const KEEP_PROMISE: &str = "keep what was promised, or release a major version";
const LOOK: &str = "review by hand; this difference is not analysed";

/// A row of the fact table.
#[derive(Debug, Clone, Copy)]
pub struct FactRow {
    /// What differs.
    pub kind: Kind,
    /// End of the rule id; the start is the area.
    pub suffix: &'static str,
    /// Class where data is received, and where there is no direction.
    pub received: Classification,
    /// Class where data is produced.
    pub produced: Classification,
    /// The fact in words, with `{subject}`, `{old}` and `{new}`.
    pub text: &'static str,
    /// What to do about it, where it is more than harmless.
    pub hint: &'static str,
    /// The class is a caution, not a judgement.
    pub is_undecided: bool,
}

/// A row applied to a fact.
#[derive(Debug, Clone)]
pub struct FactRule {
    /// Stable id.
    pub id: String,
    /// The class.
    pub classification: Classification,
    /// See [`FactRow::text`].
    pub text: &'static str,
    /// See [`FactRow::hint`].
    pub hint: &'static str,
    /// See [`FactRow::is_undecided`].
    pub is_undecided: bool,
}

impl FactRule {
    /// Whether it is more than harmless.
    pub fn is_worse(&self) -> bool {
        self.classification != NonBreaking
    }

    /// About a property that only flows the other way: nobody notices.
    #[must_use]
    pub fn unseen(mut self, direction: Option<Direction>) -> Self {
        let mark =
            if direction == Some(Direction::Produced) { "write-only-property" } else { "read-only-property" };
        self.id = self.id.replacen("property", mark, 1);
        self.classification = NonBreaking;
        self.hint = "";
        self.is_undecided = false;
        self
    }
}

/// What is said of a property that only flows the other way: what would matter if it flowed this way.
pub fn is_said_unseen(kind: Kind, direction: Direction) -> bool {
    use Bound::{ExclusiveMaximum, ExclusiveMinimum, MaxLength, Maximum, Minimum};
    match direction {
        Direction::Received => matches!(
            kind,
            Kind::EnumValueRemoved
                | Kind::BoundTightened(Maximum | Minimum | ExclusiveMaximum | ExclusiveMinimum | MaxLength)
        ),
        Direction::Produced => matches!(
            kind,
            Kind::EnumValueAdded
                | Kind::PropertyAddedOptional
                | Kind::PropertyAddedRequired
                | Kind::RequiredPropertyRemoved
                | Kind::OptionalPropertyRemoved
                | Kind::PropertyBecameOptional
                | Kind::PropertyBecameRequired
        ),
    }
}

/// Kinds whose id is the suffix alone.
pub(super) fn is_whole_id(kind: Kind) -> bool {
    let is_announced = (Kind::DeprecatedWithSunset..=Kind::StabilityUnknown).contains(&kind);
    kind <= Kind::BodyBecameOptional
        || !is_announced && (Kind::SuccessStatusAdded..=Kind::Servers).contains(&kind)
        || kind >= Kind::RangeRewritten
}

/// An area where a fact has another id or another class than its row says.
#[derive(Debug, Clone)]
pub struct ExceptionRow {
    /// The rule as it is applied there.
    pub rule: FactRule,
    /// Suffix of the row that it departs from.
    pub suffix: &'static str,
    /// Why.
    pub why: &'static str,
}

/// All of them, in the order of the table.
pub fn exceptions() -> impl Iterator<Item = ExceptionRow> {
    EXCEPTIONS.iter().filter_map(|(kind, area, _, _, why)| {
        let row = FACT_RULES.iter().find(|row| row.kind == *kind)?;
        let is_produced =
            matches!(area, Area::ResponseBody | Area::ResponseHeader | Area::OfferedConfiguration);
        let direction = if is_produced { Direction::Produced } else { Direction::Received };
        let is_nested = !matches!(area, Area::Parameter);
        let rule = fact_rule(*kind, *area, Some(direction), is_nested, true, true);
        Some(ExceptionRow { rule, suffix: row.suffix, why })
    })
}

/// The rule for a fact. `had` and `has` say whether there is a value before and after, which names the move of a
/// bound: set, unset, increased, decreased.
pub fn fact_rule(
    kind: Kind,
    area: Area,
    direction: Option<Direction>,
    nested: bool,
    had: bool,
    has: bool,
) -> FactRule {
    if let Kind::Protobuf(rule, level) = kind {
        return proto_rule(rule, level);
    }
    if let Kind::BoundTightened(bound) | Kind::BoundLoosened(bound) = kind {
        return bound_rule(kind, bound, area, direction, nested, had, has);
    }
    if let Kind::KeywordAdded(keyword) | Kind::KeywordRemoved(keyword) | Kind::KeywordModified(keyword) = kind
    {
        return keyword_rule(kind, keyword, area, direction, nested);
    }
    if let Kind::Access(access, presence) = kind {
        return access_rule(access, presence, area, direction, nested);
    }
    let row = FACT_RULES.iter().find(|row| row.kind == kind);
    let exception = EXCEPTIONS.iter().find(|(of, at, ..)| *of == kind && *at == area);
    let by_direction =
        row.map(|row| if direction == Some(Direction::Produced) { row.produced } else { row.received });
    let suffix = row.map_or("other-changed", |row| row.suffix);
    let id = match exception.and_then(|(_, _, id, ..)| *id) {
        Some(id) => id.to_owned(),
        None if is_whole_id(kind) => suffix.to_owned(),
        None => format!("{}-{suffix}", prefix(area, nested)),
    };
    FactRule {
        id,
        classification: exception
            .and_then(|exception| exception.3)
            .or(by_direction)
            .unwrap_or(PotentialBreaking),
        text: row.map_or("{subject} changed", |row| row.text),
        hint: row.map_or(LOOK, |row| row.hint),
        is_undecided: row.is_none_or(|row| row.is_undecided),
    }
}

fn bound_rule(
    kind: Kind,
    bound: Bound,
    area: Area,
    direction: Option<Direction>,
    nested: bool,
    had: bool,
    has: bool,
) -> FactRule {
    let tightened = matches!(kind, Kind::BoundTightened(_));
    let movement = match (had, has) {
        (false, _) => "set",
        (_, false) => "unset",
        _ if tightened == bound.is_lower() => "increased",
        _ => "decreased",
    };
    let produced = direction == Some(Direction::Produced);
    FactRule {
        id: format!("{}-{}-{movement}", prefix(area, nested), bound.slug()),
        classification: if tightened == produced { NonBreaking } else { Breaking },
        text: match bound {
            Bound::Minimum => "{subject}: minimum {old} became {new}",
            Bound::Maximum => "{subject}: maximum {old} became {new}",
            Bound::ExclusiveMinimum => "{subject}: exclusiveMinimum {old} became {new}",
            Bound::ExclusiveMaximum => "{subject}: exclusiveMaximum {old} became {new}",
            Bound::MinLength => "{subject}: minLength {old} became {new}",
            Bound::MaxLength => "{subject}: maxLength {old} became {new}",
            Bound::MinItems => "{subject}: minItems {old} became {new}",
            Bound::MaxItems => "{subject}: maxItems {old} became {new}",
            Bound::MinProperties => "{subject}: minProperties {old} became {new}",
            Bound::MaxProperties => "{subject}: maxProperties {old} became {new}",
            Bound::MinContains => "{subject}: minContains {old} became {new}",
            Bound::MaxContains => "{subject}: maxContains {old} became {new}",
        },
        hint: hint(direction),
        is_undecided: false,
    }
}

/// A keyword that is compared as a whole: what excludes more breaks who sends, what excludes less breaks who reads.
fn keyword_rule(
    kind: Kind,
    keyword: Keyword,
    area: Area,
    direction: Option<Direction>,
    nested: bool,
) -> FactRule {
    let produced = direction == Some(Direction::Produced);
    let (movement, by_sets, text) = match kind {
        Kind::KeywordAdded(_) => {
            ("added", if produced { NonBreaking } else { Breaking }, "{subject}: {new} was added")
        }
        Kind::KeywordRemoved(_) => {
            ("removed", if produced { Breaking } else { NonBreaking }, "{subject}: {old} was removed")
        }
        _ => ("changed", PotentialBreaking, "{subject}: {new} changed"),
    };
    let (movement, classification) = match keyword {
        // Coming and going too, another writing of the same bytes.
        keyword if keyword.is_reading() => ("changed", Breaking),
        // The last two also take names and items out of what is said of all others: what they exclude is not in their form.
        Keyword::Discriminator | Keyword::PatternProperties | Keyword::PrefixItems => {
            (movement, PotentialBreaking)
        }
        _ => (movement, by_sets),
    };
    let is_undecided = classification == PotentialBreaking;
    FactRule {
        id: format!("{}-{}-{movement}", prefix(area, nested), keyword.slug()),
        classification,
        text,
        hint: if is_undecided { LOOK } else { hint(direction) },
        is_undecided,
    }
}

/// `readOnly` and `writeOnly`: what may not be sent any more may still be sent, and what was kept back is sent now. Whether a
/// value has to be there, or is gone, is said by the facts about that.
fn access_rule(
    access: Access,
    presence: Presence,
    area: Area,
    direction: Option<Direction>,
    nested: bool,
) -> FactRule {
    let word = Access::ALL.iter().find(|(known, _)| *known == access).map_or("", |(_, word)| word);
    let produced = direction == Some(Direction::Produced);
    let (classification, hint) = match (access, presence) {
        (Access::ReadOnly, _) if !produced => {
            (PotentialBreaking, "clients that still send it are ignored or refused; tell them first")
        }
        (Access::WriteOnly, _) if produced => {
            (PotentialBreaking, "clients that read it find nothing; tell them first")
        }
        (Access::NotWriteOnly, Presence::Required) if produced => (
            PotentialBreaking,
            "what was kept back is sent to everybody who asks; make sure that it may be seen",
        ),
        _ => (NonBreaking, ""),
    };
    let owner = match (area, nested) {
        (Area::RequestBody, true) => format!("request-{}-property", presence.slug()),
        (Area::ResponseBody, true) => format!("response-{}-property", presence.slug()),
        _ => prefix(area, nested).to_owned(),
    };
    FactRule {
        id: format!("{owner}-became-{word}"),
        classification,
        text: match access {
            Access::ReadOnly => "{subject} became read-only",
            Access::NotReadOnly => "{subject} is not read-only any more",
            Access::WriteOnly => "{subject} became write-only",
            Access::NotWriteOnly => "{subject} is not write-only any more",
        },
        hint,
        is_undecided: false,
    }
}

/// What to do where something breaks, by direction alone.
pub fn hint(direction: Option<Direction>) -> &'static str {
    if direction == Some(Direction::Produced) { KEEP_PROMISE } else { KEEP_ACCEPTING }
}

fn prefix(area: Area, nested: bool) -> &'static str {
    match (area, nested) {
        (Area::Contract, _) => "contract",
        (Area::Document, _) => "api-global",
        (Area::Operation, _) => "api",
        (Area::Parameter, false) => "request-parameter",
        (Area::Parameter, true) => "request-parameter-property",
        (Area::RequestBody, false) => "request-body",
        (Area::RequestBody, true) => "request-property",
        (Area::ResponseBody, false) => "response-body",
        (Area::ResponseBody, true) => "response-property",
        (Area::ResponseHeader, false) => "response-header",
        (Area::ResponseHeader, true) => "response-header-property",
        (Area::Configuration, false) => "configuration",
        (Area::Configuration, true) => "configuration-property",
        (Area::OfferedConfiguration, false) => "offered-configuration",
        (Area::OfferedConfiguration, true) => "offered-configuration-property",
        (Area::Channel, _) => "channel",
        (Area::SentMessage, false) => "sent-message",
        (Area::SentMessage, true) => "sent-message-property",
        (Area::ReceivedMessage, false) => "received-message",
        (Area::ReceivedMessage, true) => "received-message-property",
        (Area::Policy, false) => "policy",
        (Area::Policy, true) => "policy-property",
    }
}
