//! The rows themselves: one line each, so that the table can be read as a table.

use super::{FactRow, KEEP_ACCEPTING, KEEP_PROMISE, LOOK};
use crate::diff::change::Classification;
use crate::diff::fact::{Area, Kind};

use Classification::{Breaking, NonBreaking, PotentialBreaking};

const fn row(
    kind: Kind,
    suffix: &'static str,
    received: Classification,
    produced: Classification,
    text: &'static str,
    hint: &'static str,
) -> FactRow {
    FactRow { kind, suffix, received, produced, text, hint, is_undecided: false }
}

const fn undecided(kind: Kind, suffix: &'static str, text: &'static str, hint: &'static str) -> FactRow {
    let class = PotentialBreaking;
    FactRow { kind, suffix, received: class, produced: class, text, hint, is_undecided: true }
}

/// The table. Bounds have one text for all keywords and their id from [`Bound::slug`].
#[rustfmt::skip]
pub const FACT_RULES: &[FactRow] = &[
    row(Kind::ParameterAddedOptional, "new-optional-request-parameter", NonBreaking, NonBreaking, "{subject} was added and is optional", ""),
    row(Kind::ParameterAddedRequired, "new-required-request-parameter", Breaking, Breaking, "{subject} was added and is required", "make it optional, or give it a default"),
    row(Kind::ParameterRemoved, "request-parameter-removed", PotentialBreaking, PotentialBreaking, "{subject} was removed", "requests that still send it may be refused; deprecate it first"),
    row(Kind::ParameterBecameRequired, "request-parameter-became-required", Breaking, Breaking, "{subject} became required", "requests without it fail; keep it optional"),
    row(Kind::ParameterBecameOptional, "request-parameter-became-optional", NonBreaking, NonBreaking, "{subject} became optional", ""),
    row(Kind::ParameterSerialization, "request-parameter-serialization-changed", PotentialBreaking, PotentialBreaking, "{subject} is written in another way: {old} became {new}", "clients that write it the old way may be misread"),
    row(Kind::BodyAddedOptional, "request-body-added-optional", NonBreaking, NonBreaking, "{subject} was added and is optional", ""),
    row(Kind::BodyAddedRequired, "request-body-added-required", Breaking, Breaking, "{subject} was added and is required", "make it optional"),
    row(Kind::BodyRemoved, "request-body-removed", Breaking, Breaking, "{subject} was removed", "clients still send it; keep reading it"),
    row(Kind::BodyBecameRequired, "request-body-became-required", Breaking, Breaking, "{subject} became required", "requests without it fail; keep it optional"),
    row(Kind::BodyBecameOptional, "request-body-became-optional", NonBreaking, NonBreaking, "{subject} became optional", ""),
    row(Kind::MediaTypeAdded, "media-type-added", NonBreaking, NonBreaking, "{subject}: media type {new} was added", ""),
    row(Kind::MediaTypeRemoved, "media-type-removed", Breaking, Breaking, "{subject}: media type {old} was removed", "keep it until no client asks for it"),
    row(Kind::SuccessStatusAdded, "response-success-status-added", NonBreaking, NonBreaking, "{subject} was added", ""),
    row(Kind::SuccessStatusRemoved, "response-success-status-removed", Breaking, Breaking, "{subject} was removed", KEEP_PROMISE),
    row(Kind::OtherStatusAdded, "response-non-success-status-added", NonBreaking, NonBreaking, "{subject} was added", ""),
    row(Kind::OtherStatusRemoved, "response-non-success-status-removed", Breaking, Breaking, "{subject} was removed", KEEP_PROMISE),
    row(Kind::HeaderAdded, "response-header-added", NonBreaking, NonBreaking, "{subject} was added", ""),
    row(Kind::RequiredHeaderRemoved, "required-response-header-removed", Breaking, Breaking, "{subject} was always there and was removed", KEEP_PROMISE),
    row(Kind::OptionalHeaderRemoved, "optional-response-header-removed", PotentialBreaking, PotentialBreaking, "{subject} was removed", "clients may read it; deprecate it first"),
    row(Kind::HeaderBecameRequired, "response-header-became-required", NonBreaking, NonBreaking, "{subject} is always there now", ""),
    row(Kind::HeaderBecameOptional, "response-header-became-optional", Breaking, Breaking, "{subject} may be missing now", KEEP_PROMISE),
    row(Kind::PathParameterRenamed, "api-path-parameter-renamed", NonBreaking, NonBreaking, "{subject}: {old} is written {new}; requests look the same", ""),
    row(Kind::OperationId, "api-operation-id-changed", PotentialBreaking, PotentialBreaking, "{subject}: operationId {old} became {new}", "generated clients name their methods by it"),
    undecided(Kind::Security, "api-security-changed", "{subject}: security requirements changed", "clients may need other credentials or scopes"),
    row(Kind::SecurityAdded, "api-security-added", NonBreaking, NonBreaking, "{subject}: {new} was added to what lets callers in", ""),
    row(Kind::SecurityRemoved, "api-security-removed", NonBreaking, NonBreaking, "{subject}: {old} was removed from what lets callers in", ""),
    row(Kind::SecurityTightened, "api-security-tightened", Breaking, Breaking, "{subject}: {old} was enough; now it takes {new}", "keep letting in who was let in, or release a major version"),
    row(Kind::SecurityScopeAdded, "api-security-scope-added", NonBreaking, NonBreaking, "{subject}: scope {new} is asked for", ""),
    row(Kind::SecurityScopeRemoved, "api-security-scope-removed", NonBreaking, NonBreaking, "{subject}: scope {old} is not asked for any more", ""),
    row(Kind::SecuritySchemeAdded, "api-security-component-added", NonBreaking, NonBreaking, "{subject} was added", ""),
    row(Kind::SecuritySchemeRemoved, "api-security-component-removed", NonBreaking, NonBreaking, "{subject} was removed", ""),
    row(Kind::SecuritySchemeTypeChanged, "api-security-component-type-changed", Breaking, Breaking, "{subject}: type {old} became {new}", "add a scheme beside the old one"),
    row(Kind::SecuritySchemeChanged, "api-security-component-changed", Breaking, Breaking, "{subject}: credentials are sent in another way: {old} became {new}", "add a scheme beside the old one"),
    row(Kind::SecurityUrlChanged, "api-security-component-oauth-url-changed", Breaking, Breaking, "{subject}: {old} became {new}", "clients that know the old address cannot log in; keep it working"),
    row(Kind::SecurityTokenUrlChanged, "api-security-component-oauth-token-url-changed", Breaking, Breaking, "{subject}: tokens of {old} come from {new} now", "clients that know the old address get no token; keep it working"),
    row(Kind::SecurityFlowAdded, "api-security-component-oauth-flow-added", NonBreaking, NonBreaking, "{subject}: flow {new} was added", ""),
    row(Kind::SecurityFlowRemoved, "api-security-component-oauth-flow-removed", Breaking, Breaking, "{subject}: flow {old} was removed", "clients that use it get no token; keep it"),
    row(Kind::SecurityScopeDefined, "api-security-component-oauth-scope-added", NonBreaking, NonBreaking, "{subject}: scope {new} was added", ""),
    row(Kind::SecurityScopeDropped, "api-security-component-oauth-scope-removed", PotentialBreaking, PotentialBreaking, "{subject}: scope {old} was removed", "clients that ask for it may be refused"),
    undecided(Kind::Servers, "api-servers-changed", "{subject}: servers changed", "clients may call the old address"),
    undecided(Kind::Callbacks, "api-callbacks-changed", "{subject}: callbacks changed", LOOK),
    row(Kind::Deprecated, "deprecated", NonBreaking, NonBreaking, "{subject} is deprecated", ""),
    row(Kind::Undeprecated, "undeprecated", NonBreaking, NonBreaking, "{subject} is not deprecated any more", ""),
    row(Kind::Extension, "extension-changed", NonBreaking, NonBreaking, "{subject}: {new} changed", ""),
    row(Kind::Annotation, "description-changed", NonBreaking, NonBreaking, "{subject}: only descriptions changed", ""),
    undecided(Kind::Other, "other-changed", "{subject}: {new} changed", LOOK),
    row(Kind::TypeWidened, "type-generalized", NonBreaking, Breaking, "{subject}: type {old} became {new}", KEEP_PROMISE),
    row(Kind::TypeNarrowed, "type-specialized", Breaking, NonBreaking, "{subject}: type {old} became {new}", KEEP_ACCEPTING),
    row(Kind::TypeChanged, "type-changed", Breaking, Breaking, "{subject}: type {old} became {new}", "add a new field beside the old one"),
    row(Kind::BecameNullable, "became-nullable", NonBreaking, Breaking, "{subject} may be null now", KEEP_PROMISE),
    row(Kind::BecameNotNullable, "became-not-nullable", Breaking, NonBreaking, "{subject} may not be null any more", KEEP_ACCEPTING),
    row(Kind::EnumValueAdded, "enum-value-added", NonBreaking, Breaking, "{subject}: value {new} was added", "clients that know the old values only meet a new one"),
    row(Kind::EnumValueRemoved, "enum-value-removed", Breaking, NonBreaking, "{subject}: value {old} was removed", KEEP_ACCEPTING),
    row(Kind::BecameEnum, "became-enum", Breaking, NonBreaking, "{subject} is limited to {new}", KEEP_ACCEPTING),
    row(Kind::EnumDropped, "enum-dropped", NonBreaking, Breaking, "{subject} is not limited to {old} any more", KEEP_PROMISE),
    row(Kind::PatternAdded, "pattern-added", Breaking, NonBreaking, "{subject} must match {new}", KEEP_ACCEPTING),
    row(Kind::PatternRemoved, "pattern-removed", NonBreaking, Breaking, "{subject} need not match {old} any more", KEEP_PROMISE),
    undecided(Kind::PatternChanged, "pattern-changed", "{subject}: pattern {old} became {new}", LOOK),
    undecided(Kind::FormatChanged, "format-changed", "{subject}: format {old} became {new}", "readers that check the format may refuse"),
    row(Kind::MultipleOfTightened, "multiple-of-tightened", Breaking, PotentialBreaking, "{subject}: multipleOf {old} became {new}", KEEP_ACCEPTING),
    row(Kind::MultipleOfLoosened, "multiple-of-loosened", NonBreaking, Breaking, "{subject}: multipleOf {old} became {new}", KEEP_PROMISE),
    row(Kind::UniqueItemsAdded, "unique-items-added", Breaking, NonBreaking, "{subject}: elements must be unique", KEEP_ACCEPTING),
    row(Kind::UniqueItemsRemoved, "unique-items-removed", NonBreaking, Breaking, "{subject}: elements need not be unique any more", KEEP_PROMISE),
    row(Kind::PropertyAddedOptional, "added", NonBreaking, NonBreaking, "{subject} was added and is optional", ""),
    row(Kind::PropertyAddedRequired, "added-required", Breaking, NonBreaking, "{subject} was added and is required", "make it optional, or give it a default"),
    row(Kind::PropertyAddedRequiredWithDefault, "added-required-with-default", Breaking, NonBreaking, "{subject} was added and is required; it has a default", "leave it out of `required`"),
    row(Kind::PropertyAddedToClosed, "added-to-closed-object", NonBreaking, Breaking, "{subject} was added to an object that promised to have no other properties", KEEP_PROMISE),
    row(Kind::RequiredPropertyRemoved, "required-removed", PotentialBreaking, Breaking, "{subject} was removed", "deprecate it first and remove it in a major version"),
    row(Kind::OptionalPropertyRemoved, "removed", PotentialBreaking, PotentialBreaking, "{subject} was removed", "deprecate it first and remove it in a major version"),
    row(Kind::PropertyRemovedFromClosed, "removed-from-closed-object", Breaking, PotentialBreaking, "{subject} was removed from an object that allows no other properties", KEEP_ACCEPTING),
    row(Kind::PropertyBecameRequired, "became-required", Breaking, NonBreaking, "{subject} became required", "keep it optional, or give it a default"),
    row(Kind::PropertyBecameRequiredWithDefault, "became-required-with-default", Breaking, NonBreaking, "{subject} became required; it has a default", "leave it out of `required`"),
    row(Kind::PropertyBecameOptional, "became-optional", NonBreaking, Breaking, "{subject} may be missing now", KEEP_PROMISE),
    row(Kind::ObjectClosed, "additional-properties-forbidden", Breaking, NonBreaking, "{subject} allows no other properties any more", KEEP_ACCEPTING),
    row(Kind::ObjectOpened, "additional-properties-allowed", NonBreaking, Breaking, "{subject} allows other properties now", KEEP_PROMISE),
    row(Kind::AlternativeAdded, "alternative-added", NonBreaking, Breaking, "{subject}: alternative {new} was added", KEEP_PROMISE),
    row(Kind::AlternativeRemoved, "alternative-removed", Breaking, NonBreaking, "{subject}: alternative {old} was removed", KEEP_ACCEPTING),
    undecided(Kind::AlternativesChanged, "alternatives-changed", "{subject}: alternatives changed", LOOK),
    row(Kind::DefaultChanged, "default-value-changed", NonBreaking, NonBreaking, "{subject}: default {old} became {new}", "whoever leaves it out gets other behaviour"),
    undecided(Kind::AccessChanged, "access-changed", "{subject}: {old} became {new}", LOOK),
    undecided(Kind::KeywordChanged, "keyword-changed", "{subject}: {new} changed", LOOK),
    undecided(Kind::Unresolved, "reference-unresolved", "{subject}: {new} leads nowhere", "add the target to the bundle"),
    row(Kind::RangeRewritten, "dependency-range-rewritten", NonBreaking, NonBreaking, "{subject}: {old} and {new} admit the same versions", ""),
    row(Kind::RangeWidened, "dependency-range-widened", NonBreaking, NonBreaking, "{subject}: {new} admits all versions of {old} and more", ""),
    row(Kind::RangeNarrowed, "dependency-range-narrowed", PotentialBreaking, PotentialBreaking, "{subject}: {new} admits only some versions of {old}", "check which version is deployed"),
    row(Kind::RangeMoved, "dependency-range-moved", PotentialBreaking, PotentialBreaking, "{subject}: {new} admits other versions than {old}", "check which version is deployed"),
    row(Kind::RangeDisjoint, "dependency-range-disjoint", Breaking, Breaking, "{subject}: {new} admits no version of {old}", "the dependency must be upgraded first"),
];

/// Kind, area, id, class and reason.
pub(super) type Exception = (Kind, Area, Option<&'static str>, Option<Classification>, &'static str);

/// Classes and ids that differ from the row in one area, each with its reason in the last column.
#[rustfmt::skip]
pub(super) const EXCEPTIONS: &[Exception] = &[
    (Kind::PropertyAddedOptional, Area::RequestBody, Some("new-optional-request-property"), None, "id of the reference checker"),
    (Kind::PropertyAddedRequired, Area::RequestBody, Some("new-required-request-property"), None, "id of the reference checker"),
    (Kind::PropertyAddedRequiredWithDefault, Area::RequestBody, Some("new-required-request-property-with-default"), None, "id of the reference checker"),
    (Kind::PropertyAddedOptional, Area::ResponseBody, Some("response-optional-property-added"), None, "id of the reference checker"),
    (Kind::PropertyAddedRequired, Area::ResponseBody, Some("response-required-property-added"), None, "id of the reference checker"),
    (Kind::RequiredPropertyRemoved, Area::RequestBody, Some("request-property-removed"), None, "id of the reference checker"),
    (Kind::RequiredPropertyRemoved, Area::ResponseBody, Some("response-required-property-removed"), None, "id of the reference checker"),
    (Kind::OptionalPropertyRemoved, Area::ResponseBody, Some("response-optional-property-removed"), None, "id of the reference checker"),
    (Kind::MediaTypeAdded, Area::ResponseBody, Some("response-media-type-added"), None, "id of the reference checker"),
    (Kind::MediaTypeRemoved, Area::ResponseBody, Some("response-media-type-removed"), None, "id of the reference checker"),
    (Kind::SecurityAdded, Area::Document, Some("api-global-security-added"), None, "id of the reference checker"),
    (Kind::SecurityRemoved, Area::Document, Some("api-global-security-removed"), None, "id of the reference checker"),
    (Kind::SecurityTightened, Area::Document, Some("api-global-security-tightened"), None, "what applies to all operations has its own ids"),
    (Kind::SecurityScopeAdded, Area::Document, Some("api-global-security-scope-added"), None, "id of the reference checker"),
    (Kind::SecurityScopeRemoved, Area::Document, Some("api-global-security-scope-removed"), None, "id of the reference checker"),
    (Kind::DefaultChanged, Area::Parameter, None, Some(Breaking), "a request that leaves it out gets another answer"),
    (Kind::DefaultChanged, Area::Configuration, None, Some(PotentialBreaking), "a deployment that leaves it out behaves differently"),
    (Kind::DefaultChanged, Area::OfferedConfiguration, None, Some(PotentialBreaking), "a deployment that leaves it out behaves differently"),
    (Kind::PropertyAddedRequiredWithDefault, Area::Configuration, None, Some(PotentialBreaking), "the default is supplied for whoever leaves it out"),
    (Kind::PropertyBecameRequiredWithDefault, Area::Configuration, None, Some(PotentialBreaking), "the default is supplied for whoever leaves it out"),
    (Kind::PropertyAddedOptional, Area::Policy, None, Some(PotentialBreaking), "what the policy says about it applies to contracts that passed before"),
    (Kind::RequiredPropertyRemoved, Area::Configuration, Some("configuration-property-removed"), Some(Breaking), "a value that is supplied is not read any more"),
    (Kind::OptionalPropertyRemoved, Area::Configuration, None, Some(Breaking), "a value that is supplied is not read any more"),
];
