//! Types of JSON, and limits of numbers.

use std::cmp::Ordering;

use pacto_contract::yaml::{Node, Value};

use crate::diff::fact::Bound;

/// Types as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types(pub(super) u8);

impl Types {
    const NAMES: [(&'static str, u8); 7] = [
        ("null", 1),
        ("boolean", 2),
        ("integer", 4),
        // Every integer is a number.
        ("number", 4 | 8),
        ("string", 16),
        ("array", 32),
        ("object", 64),
    ];
    pub(super) const ALL: Self = Self(127);
    pub(super) const NULL: Self = Self(1);

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, bits)| Self(*bits))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether both have a type of plain values; everything at once is no statement about types.
    pub(super) fn share_scalar(self, other: Self) -> bool {
        const SCALARS: u8 = 2 | 4 | 8 | 16;
        self != Self::ALL && other != Self::ALL && self.0 & other.0 & SCALARS != 0
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a limit says something about some of the values.
    pub(super) fn can_have(self, bound: Bound) -> bool {
        let about = match bound {
            Bound::Minimum | Bound::Maximum | Bound::ExclusiveMinimum | Bound::ExclusiveMaximum => 4 | 8,
            Bound::MinLength | Bound::MaxLength => 16,
            Bound::MinItems | Bound::MaxItems | Bound::MinContains | Bound::MaxContains => 32,
            Bound::MinProperties | Bound::MaxProperties => 64,
        };
        self.0 & about != 0
    }

    /// With all that looks like a text where values are texts.
    pub(super) fn as_texts(self) -> Self {
        const PLAIN: u8 = 2 | 4 | 8;
        const TEXT: u8 = 16;
        if self.0 & TEXT == 0 { self } else { Self(self.0 | PLAIN) }
    }

    pub(super) fn has_text(self) -> bool {
        self.0 & 16 != 0
    }

    /// Whether it is more than one type; every integer is a number.
    pub(super) fn is_several(self) -> bool {
        self.without_null().names().len() > 1
    }

    pub(super) fn has_null(self) -> bool {
        self.contains(Self::NULL)
    }

    pub(super) fn without_null(self) -> Self {
        Self(self.0 & !Self::NULL.0)
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        let is_shown = |(name, bits): &&(&str, u8)| {
            self.contains(Self(*bits)) && !(*name == "integer" && self.contains(Self(12)))
        };
        Self::NAMES.iter().filter(is_shown).map(|(name, _)| *name).collect()
    }

    /// `string`, `integer or null`, `any`.
    pub(super) fn shown(self) -> String {
        if self == Self::ALL {
            return "any".to_owned();
        }
        let names = self.names();
        if names.is_empty() { "nothing".to_owned() } else { names.join(" or ") }
    }
}

/// The type of a value in canonical form.
pub(super) fn value_type(value: &str) -> Types {
    match value.as_bytes().first() {
        Some(b'"') => Types(16),
        Some(b'{') => Types(64),
        Some(b'[') => Types(32),
        _ => match value {
            "null" => Types::NULL,
            "true" | "false" => Types(2),
            number if number.contains(['.', 'e', 'E']) => Types(8),
            _ => Types(4),
        },
    }
}

pub(super) fn read_types(node: &Node) -> Types {
    match &node.value {
        Value::String(name) => Types::named(name).unwrap_or(Types::ALL),
        Value::Sequence(items) => {
            items.iter().filter_map(|item| Types::named(item.as_str()?)).fold(Types(0), Types::or)
        }
        _ => Types::ALL,
    }
}

/// A number with whether it is excluded itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub value: f64,
    /// The value where it is whole: beyond 2^53 two whole numbers may be one float.
    pub whole: Option<i128>,
    pub is_exclusive: bool,
}

impl Limit {
    /// One, included.
    pub(super) const ONE: Self = Self { value: 1.0, whole: Some(1), is_exclusive: false };

    /// Less, equal or greater, as exactly as both are written.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self.whole, other.whole) {
            (Some(own), Some(other)) => own.cmp(&other),
            _ if (self.value - other.value).abs() < f64::EPSILON => Ordering::Equal,
            _ => self.value.total_cmp(&other.value),
        }
    }
}
