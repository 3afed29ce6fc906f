//! Keywords that facts are about.

use super::Kind;
use crate::diff::lifecycle;

impl Kind {
    /// The keyword of a schema that it is about, where it is about one.
    pub(in crate::diff) fn keyword(self) -> Option<&'static str> {
        Some(match self {
            Self::TypeWidened
            | Self::TypesWidened
            | Self::TypeNarrowed
            | Self::TypesNarrowed
            | Self::TypeChanged
            | Self::BecameNullable
            | Self::BecameNotNullable => "type",
            Self::EnumValueAdded | Self::EnumValueRemoved | Self::BecameEnum | Self::EnumDropped => "enum",
            Self::BoundTightened(bound) | Self::BoundLoosened(bound) => bound.keyword(),
            Self::PatternAdded | Self::PatternRemoved | Self::PatternChanged | Self::PatternGeneralized => {
                "pattern"
            }
            Self::FormatChanged | Self::FormatWidened | Self::FormatNarrowed => "format",
            Self::MultipleOfTightened | Self::MultipleOfLoosened => "multipleOf",
            Self::UniqueItemsAdded | Self::UniqueItemsRemoved => "uniqueItems",
            Self::ObjectClosed | Self::ObjectOpened => "additionalProperties",
            Self::AlternativeAdded(choice) | Self::AlternativeRemoved(choice) => choice.keyword(),
            Self::WrappedInOneOf => "oneOf",
            Self::PartAdded | Self::PartRemoved | Self::WordsAdded | Self::WordsRemoved => "allOf",
            Self::KeywordAdded(keyword) | Self::KeywordRemoved(keyword) | Self::KeywordModified(keyword) => {
                keyword.keyword()
            }
            Self::DiscriminatorProperty
            | Self::DiscriminatorMappingAdded
            | Self::DiscriminatorMappingRemoved
            | Self::DiscriminatorMappingChanged => "discriminator",
            Self::ConstAdded | Self::ConstRemoved | Self::ConstChanged => "const",
            Self::DefaultAdded | Self::DefaultRemoved | Self::DefaultChanged => "default",
            Self::ExtensibleEnumValueRemoved => "x-extensible-enum",
            Self::Access(access, _) => access.keyword(),
            Self::Unresolved => "$ref",
            kind => return lifecycle::key_of(kind),
        })
    }
}

/// How `readOnly` and `writeOnly` change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Services send it, and nobody sends it to them any more.
    ReadOnly,
    /// It may be sent to services too.
    NotReadOnly,
    /// It is sent to services, and they do not send it any more.
    WriteOnly,
    /// Services send it too.
    NotWriteOnly,
}

/// Whether a property has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// It may be missing.
    Optional,
    /// It has to be there.
    Required,
}

impl Access {
    /// All changes, with their part of a rule id.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::ReadOnly, "read-only"),
        (Self::NotReadOnly, "not-read-only"),
        (Self::WriteOnly, "write-only"),
        (Self::NotWriteOnly, "not-write-only"),
    ];
}

impl Access {
    /// The keyword.
    fn keyword(self) -> &'static str {
        match self {
            Self::ReadOnly | Self::NotReadOnly => "readOnly",
            Self::WriteOnly | Self::NotWriteOnly => "writeOnly",
        }
    }
}

impl Presence {
    /// Part of a rule id.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// Keywords that list alternatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// `anyOf`.
    AnyOf,
    /// `oneOf`.
    OneOf,
}

impl Choice {
    /// The keyword.
    fn keyword(self) -> &'static str {
        if self == Self::OneOf { "oneOf" } else { "anyOf" }
    }

    /// By its keyword.
    pub fn of(keyword: &str) -> Self {
        if keyword == "oneOf" { Self::OneOf } else { Self::AnyOf }
    }
}

/// Keywords that are compared as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keyword {
    /// `contains`.
    Contains,
    /// `contentEncoding`.
    ContentEncoding,
    /// `contentMediaType`.
    ContentMediaType,
    /// `contentSchema`.
    ContentSchema,
    /// `dependentRequired`, and `dependencies` of older drafts.
    DependentRequired,
    /// `dependentSchemas`.
    DependentSchemas,
    /// `discriminator`.
    Discriminator,
    /// `else`.
    Else,
    /// `if`.
    If,
    /// `not`.
    Not,
    /// `patternProperties`.
    PatternProperties,
    /// `prefixItems`.
    PrefixItems,
    /// `propertyNames`.
    PropertyNames,
    /// `then`.
    Then,
    /// `unevaluatedItems`.
    UnevaluatedItems,
    /// `unevaluatedProperties`.
    UnevaluatedProperties,
}

impl Keyword {
    /// All of them, as they are written, with their part of a rule id.
    pub const ALL: [(Self, &'static str, &'static str); 16] = [
        (Self::Contains, "contains", "contains"),
        (Self::ContentEncoding, "contentEncoding", "content-encoding"),
        (Self::ContentMediaType, "contentMediaType", "content-media-type"),
        (Self::ContentSchema, "contentSchema", "content-schema"),
        (Self::DependentRequired, "dependentRequired", "dependent-required"),
        (Self::DependentSchemas, "dependentSchemas", "dependent-schema"),
        (Self::Discriminator, "discriminator", "discriminator"),
        (Self::Else, "else", "else"),
        (Self::If, "if", "if"),
        (Self::Not, "not", "not"),
        (Self::PatternProperties, "patternProperties", "pattern-property"),
        (Self::PrefixItems, "prefixItems", "prefix-items"),
        (Self::PropertyNames, "propertyNames", "property-names"),
        (Self::Then, "then", "then"),
        (Self::UnevaluatedItems, "unevaluatedItems", "unevaluated-items"),
        (Self::UnevaluatedProperties, "unevaluatedProperties", "unevaluated-properties"),
    ];

    /// By how it is written.
    pub fn named(keyword: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, written, _)| *written == keyword).map(|(known, ..)| *known)
    }

    /// As it is written.
    pub fn keyword(self) -> &'static str {
        Self::ALL.iter().find(|(known, ..)| *known == self).map_or("", |(_, written, _)| written)
    }

    /// Part of a rule id.
    pub fn slug(self) -> &'static str {
        Self::ALL.iter().find(|(known, ..)| *known == self).map_or("", |(.., slug)| slug)
    }

    /// Whether it says nothing about which documents are accepted, and readers rely on it all the same.
    pub fn is_reading(self) -> bool {
        matches!(self, Self::ContentEncoding | Self::ContentMediaType)
    }
}

/// Keywords that bound a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// `minimum`.
    Minimum,
    /// `maximum`.
    Maximum,
    /// `exclusiveMinimum`.
    ExclusiveMinimum,
    /// `exclusiveMaximum`.
    ExclusiveMaximum,
    /// `minLength`.
    MinLength,
    /// `maxLength`.
    MaxLength,
    /// `minItems`.
    MinItems,
    /// `maxItems`.
    MaxItems,
    /// `minProperties`.
    MinProperties,
    /// `maxProperties`.
    MaxProperties,
    /// `minContains`.
    MinContains,
    /// `maxContains`.
    MaxContains,
}

impl Bound {
    /// All bounds.
    pub const ALL: [Self; 12] = [
        Self::Minimum,
        Self::Maximum,
        Self::ExclusiveMinimum,
        Self::ExclusiveMaximum,
        Self::MinLength,
        Self::MaxLength,
        Self::MinItems,
        Self::MaxItems,
        Self::MinProperties,
        Self::MaxProperties,
        Self::MinContains,
        Self::MaxContains,
    ];

    /// Part of a rule id.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Minimum => "min",
            Self::Maximum => "max",
            Self::ExclusiveMinimum => "exclusive-min",
            Self::ExclusiveMaximum => "exclusive-max",
            Self::MinLength => "min-length",
            Self::MaxLength => "max-length",
            Self::MinItems => "min-items",
            Self::MaxItems => "max-items",
            Self::MinProperties => "min-properties",
            Self::MaxProperties => "max-properties",
            Self::MinContains => "min-contains",
            Self::MaxContains => "max-contains",
        }
    }

    /// The keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::ExclusiveMinimum => "exclusiveMinimum",
            Self::ExclusiveMaximum => "exclusiveMaximum",
            Self::MinLength => "minLength",
            Self::MaxLength => "maxLength",
            Self::MinItems => "minItems",
            Self::MaxItems => "maxItems",
            Self::MinProperties => "minProperties",
            Self::MaxProperties => "maxProperties",
            Self::MinContains => "minContains",
            Self::MaxContains => "maxContains",
        }
    }

    /// Whether larger values exclude more.
    pub fn is_lower(self) -> bool {
        matches!(
            self,
            Self::Minimum
                | Self::ExclusiveMinimum
                | Self::MinLength
                | Self::MinItems
                | Self::MinProperties
                | Self::MinContains
        )
    }
}
