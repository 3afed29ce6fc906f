//! Every kind of fact, by name, and where its case lies.

use std::collections::{BTreeMap, BTreeSet};

use pacto_engine::diff::rules::{self, fact_rule};
use pacto_engine::diff::{Area, Comparison, Direction, Kind};

use super::fixture::rule_ids;

/// Which corpus shows a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    Schema,
    OpenApi,
    AsyncApi,
    Bundles,
}

/// All kinds by the name they have in the corpus: `TypeWidened`, `BoundTightened(Minimum)`.
pub fn all() -> BTreeMap<String, Kind> {
    rules::kinds().map(|kind| (format!("{kind:?}"), kind)).collect()
}

pub fn named(name: &str) -> Kind {
    *all().get(name).unwrap_or_else(|| panic!("no kind of fact is called {name}"))
}

/// Says for each kind where its case lies; does not compile when a new kind is not listed.
#[expect(clippy::too_many_lines, reason = "one line for each kind")]
pub fn home(kind: Kind) -> Home {
    match kind {
        Kind::ParameterAddedOptional
        | Kind::ParameterAddedRequired
        | Kind::ParameterRemoved
        | Kind::ParameterBecameRequired
        | Kind::ParameterBecameOptional
        | Kind::ParameterSerialization
        | Kind::EmptyValueAllowed
        | Kind::EmptyValueForbidden
        | Kind::HeaderSerialization
        | Kind::BodyAddedOptional
        | Kind::BodyAddedRequired
        | Kind::BodyRemoved
        | Kind::BodyBecameRequired
        | Kind::BodyBecameOptional
        | Kind::MediaTypeAdded
        | Kind::MediaTypeRemoved
        | Kind::SuccessStatusAdded
        | Kind::SuccessStatusRemoved
        | Kind::OtherStatusAdded
        | Kind::OtherStatusRemoved
        | Kind::HeaderAdded
        | Kind::RequiredHeaderRemoved
        | Kind::OptionalHeaderRemoved
        | Kind::HeaderBecameRequired
        | Kind::HeaderBecameOptional
        | Kind::OperationId
        | Kind::OperationIdAdded
        | Kind::OperationIdRemoved
        | Kind::TagAdded
        | Kind::TagRemoved
        | Kind::RemovedBeforeSunset
        | Kind::RemovedWithDeprecation
        | Kind::PathRemovedBeforeSunset
        | Kind::PathRemovedWithDeprecation
        | Kind::DeprecatedWithSunset
        | Kind::SunsetEarlier
        | Kind::SunsetLater
        | Kind::SunsetDeleted
        | Kind::SunsetUnreadable
        | Kind::SunsetOver
        | Kind::PathParameterAdded
        | Kind::PathWideParameterAddedOptional
        | Kind::PathWideParameterAddedRequired
        | Kind::ParameterRemovedBeforeSunset
        | Kind::ParameterRemovedWithDeprecation
        | Kind::HeaderPropertyBecameEnum
        | Kind::HeaderPropertyAddedRequired
        | Kind::HeaderPropertyBecameRequired
        | Kind::PatternGeneralized
        | Kind::WrappedInOneOf
        | Kind::PartAdded
        | Kind::PartRemoved
        | Kind::WordsAdded
        | Kind::WordsRemoved
        | Kind::Access(..)
        | Kind::StabilityDecreased
        | Kind::StabilityIncreased
        | Kind::StabilityUnknown
        | Kind::WebhookAdded
        | Kind::WebhookRemoved
        | Kind::CallbackAdded
        | Kind::CallbackRemoved
        | Kind::MediaTypeSchemaAdded
        | Kind::MediaTypeSchemaRemoved
        | Kind::PathParameterRenamed
        | Kind::Security
        | Kind::SecurityAdded
        | Kind::SecurityRemoved
        | Kind::SecurityTightened
        | Kind::SecurityScopeAdded
        | Kind::SecurityScopeRemoved
        | Kind::SecuritySchemeAdded
        | Kind::SecuritySchemeRemoved
        | Kind::SecuritySchemeTypeChanged
        | Kind::SecuritySchemeChanged
        | Kind::SecurityUrlChanged
        | Kind::SecurityTokenUrlChanged
        | Kind::SecurityFlowAdded
        | Kind::SecurityFlowRemoved
        | Kind::SecurityScopeDefined
        | Kind::SecurityScopeDropped
        | Kind::Servers
        | Kind::Extension
        | Kind::Other => Home::OpenApi,
        Kind::Deprecated
        | Kind::Undeprecated
        | Kind::Annotation
        | Kind::TypeWidened
        | Kind::TypeNarrowed
        | Kind::TypeChanged
        | Kind::BecameNullable
        | Kind::BecameNotNullable
        | Kind::EnumValueAdded
        | Kind::EnumValueRemoved
        | Kind::ConstAdded
        | Kind::ConstRemoved
        | Kind::ConstChanged
        | Kind::ExtensibleEnumValueRemoved
        | Kind::TypesWidened
        | Kind::TypesNarrowed
        | Kind::DefaultAdded
        | Kind::DefaultRemoved
        | Kind::BecameEnum
        | Kind::EnumDropped
        | Kind::BoundTightened(_)
        | Kind::BoundLoosened(_)
        | Kind::PatternAdded
        | Kind::PatternRemoved
        | Kind::PatternChanged
        | Kind::FormatChanged
        | Kind::FormatWidened
        | Kind::FormatNarrowed
        | Kind::MultipleOfTightened
        | Kind::MultipleOfLoosened
        | Kind::UniqueItemsAdded
        | Kind::UniqueItemsRemoved
        | Kind::PropertyAddedOptional
        | Kind::PropertyAddedRequired
        | Kind::PropertyAddedRequiredWithDefault
        | Kind::PropertyAddedToClosed
        | Kind::RequiredPropertyRemoved
        | Kind::OptionalPropertyRemoved
        | Kind::PropertyRemovedFromClosed
        | Kind::PropertyBecameRequired
        | Kind::PropertyBecameRequiredWithDefault
        | Kind::PropertyBecameOptional
        | Kind::ObjectClosed
        | Kind::ObjectOpened
        | Kind::AlternativeAdded(_)
        | Kind::AlternativeRemoved(_)
        | Kind::AlternativesChanged
        | Kind::DefaultChanged
        | Kind::KeywordAdded(_)
        | Kind::KeywordRemoved(_)
        | Kind::KeywordModified(_)
        | Kind::DiscriminatorProperty
        | Kind::DiscriminatorMappingAdded
        | Kind::DiscriminatorMappingRemoved
        | Kind::DiscriminatorMappingChanged
        | Kind::KeywordChanged
        | Kind::Unresolved => Home::Schema,
        Kind::RangeRewritten
        | Kind::RangeWidened
        | Kind::RangeNarrowed
        | Kind::RangeMoved
        | Kind::RangeDisjoint
        | Kind::Protobuf(..) => Home::Bundles,
        Kind::ServerAdded
        | Kind::SpecificationVersion
        | Kind::MessageAdded
        | Kind::MessageRemoved
        | Kind::ContentType
        | Kind::Bindings => Home::AsyncApi,
    }
}

/// Kinds that a case comes near to, and must not be one for.
pub fn expect_silence(case: &str, names: &[String], comparison: &Comparison) {
    let fired = rule_ids(comparison);
    for name in names {
        assert!(fired.is_disjoint(&ids(named(name))), "{case}: {name} fired: {fired:?}");
    }
}

/// How a bound moves, in the words of rule ids, with whether there is a value before and after.
pub const MOVEMENTS: [(&str, bool, bool); 4] =
    [("set", false, true), ("unset", true, false), ("increased", true, true), ("decreased", true, true)];

/// Every id that a kind can have.
pub fn ids(kind: Kind) -> BTreeSet<String> {
    let areas = [
        Area::Contract,
        Area::Document,
        Area::Operation,
        Area::Parameter,
        Area::RequestBody,
        Area::ResponseBody,
        Area::ResponseHeader,
        Area::Configuration,
        Area::OfferedConfiguration,
        Area::Policy,
        Area::Channel,
        Area::SentMessage,
        Area::ReceivedMessage,
    ];
    let mut ids = BTreeSet::new();
    for area in areas {
        ids.extend(ids_in(kind, area, Direction::Received));
    }
    ids
}

/// Every id that a kind can have in one area.
pub fn ids_in(kind: Kind, area: Area, direction: Direction) -> BTreeSet<String> {
    let variants = MOVEMENTS.iter().flat_map(|(_, had, has)| [(false, *had, *has), (true, *had, *has)]);
    let id = |(nested, had, has)| fact_rule(kind, area, Some(direction), nested, had, has).id;
    variants.map(id).collect()
}

/// A fact that a corpus file expects: `TypeWidened`, `BoundTightened(Minimum) set`.
#[derive(Debug, Clone)]
pub struct Expected {
    pub kind: Kind,
    pub had: bool,
    pub has: bool,
}

impl Expected {
    pub fn parse(text: &str) -> Self {
        let (name, movement) = text.split_once(' ').unwrap_or((text, "increased"));
        let known = MOVEMENTS.iter().find(|(known, ..)| *known == movement);
        let (_, had, has) = *known.unwrap_or_else(|| panic!("{text}: no bound is {movement}"));
        Self { kind: named(name), had, has }
    }

    /// Whether the fact is about a property inside of the schema that is compared.
    pub fn is_inside(&self) -> bool {
        (Kind::PropertyAddedOptional..=Kind::PropertyBecameOptional).contains(&self.kind)
    }
}
