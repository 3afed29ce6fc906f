//! What a contract may look like, as data.
//!
//! One table ([`contract`](CONTRACT)) serves the structural check, the published JSON Schema
//! ([`json_schema`]), the nearest-key help and the generated contract reference, so that they cannot drift.

mod contract;
mod publish;

pub use contract::CONTRACT;
pub use publish::json_schema;

use crate::code::Code;

/// The form a value must have.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A string.
    Text(Text),
    /// A whole number within bounds.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: Option<i64>,
    },
    /// `true` or `false`.
    Boolean,
    /// A list.
    List {
        /// Form of each element.
        items: &'static Shape,
        /// Fewest elements.
        min_items: usize,
    },
    /// An object with known keys only.
    Object(&'static ObjectShape),
    /// An object with any keys.
    FreeObject,
    /// A string, or an object with known keys only.
    TextOrObject(Text, &'static ObjectShape),
}

/// Constraints on a string.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Fewest characters.
    pub min_chars: usize,
    /// Characters that may occur.
    pub pattern: Option<Pattern>,
    /// The only values, each with what it means; empty for any.
    pub values: &'static [(&'static str, &'static str)],
}

/// The character rules of the contract: few enough to be checked without a regular-expression engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Lower-case letters, digits and inner hyphens.
    ServiceName,
    /// Letters, digits and `. _ / -`.
    Team,
    /// Letters, digits and `. _ @ / -`.
    Person,
}

impl Pattern {
    /// The same rule as a regular expression (ECMA 262 and JSON Schema).
    pub fn regex(self) -> &'static str {
        match self {
            Self::ServiceName => "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
            Self::Team => "^[a-zA-Z0-9._/-]+$",
            Self::Person => "^[a-zA-Z0-9._@/-]+$",
        }
    }

    /// In words, for the help of a finding.
    pub fn words(self) -> &'static str {
        match self {
            Self::ServiceName => {
                "use lower-case letters, digits and hyphens; start and end with a letter or digit"
            }
            Self::Team => "use letters, digits and the characters . _ / -",
            Self::Person => "use letters, digits and the characters . _ @ / -",
        }
    }

    /// Whether `text` follows the rule.
    ///
    /// ```
    /// use pacto_contract::shape::Pattern;
    /// assert!(Pattern::ServiceName.matches("cart-2"));
    /// assert!(!Pattern::ServiceName.matches("-cart"));
    /// ```
    pub fn matches(self, text: &str) -> bool {
        let all = |extra: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        match self {
            Self::ServiceName => {
                all("-")
                    && !text.contains(|c: char| c.is_ascii_uppercase())
                    && !text.starts_with('-')
                    && !text.ends_with('-')
            }
            Self::Team => all("._/-"),
            Self::Person => all("._@/-"),
        }
    }
}

/// An object with known keys.
#[derive(Debug)]
pub struct ObjectShape {
    /// What it describes, for the reference and the JSON Schema.
    pub description: &'static str,
    /// The keys, in the order of the reference.
    pub fields: &'static [Field],
    /// Fewest keys that must be there.
    pub min_fields: usize,
    /// Conditions between keys.
    pub rules: &'static [Rule],
}

impl ObjectShape {
    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// One key of an object.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// Form of its value.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub description: &'static str,
    /// The value that is assumed where it is absent; documentation only, nothing is filled in.
    pub default: Option<&'static str>,
    /// Code for a string that is empty, where it has one of its own.
    pub empty_code: Option<Code>,
}

/// A condition between keys of one object.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// Exactly one of the keys must be there.
    ExactlyOne {
        /// The keys.
        keys: &'static [&'static str],
        /// Code when none is there.
        none: Code,
    },
    /// At most one of the keys may be there.
    AtMostOne {
        /// The keys.
        keys: &'static [&'static str],
        /// Code when more than one is there.
        code: Code,
    },
    /// `key` may not stand beside `others`.
    Excludes {
        /// The key.
        key: &'static str,
        /// What may not be there with it.
        others: &'static [&'static str],
    },
    /// `key` needs `others`.
    Needs {
        /// The key.
        key: &'static str,
        /// What must be there with it.
        others: &'static [&'static str],
        /// Code when it is not.
        code: Code,
    },
    /// When the text at `key` is one of `values`, `needed` must be there.
    RequiredWhen {
        /// The key that decides.
        key: &'static str,
        /// The values that trigger.
        values: &'static [&'static str],
        /// What must be there.
        needed: &'static str,
        /// Code when it is not.
        code: Code,
    },
    /// When the text at `key` is one of `values`, `forbidden` must be absent.
    ForbiddenWhen {
        /// The key that decides.
        key: &'static str,
        /// The values that trigger.
        values: &'static [&'static str],
        /// What may not be there.
        forbidden: &'static str,
    },
    /// When the text at `key` is `value`, the text at `path` must be `expected`, if it is there.
    ConstWhen {
        /// The key that decides.
        key: &'static str,
        /// The value that triggers.
        value: &'static str,
        /// Keys down to the value that is bound.
        path: &'static [&'static str],
        /// What it must be.
        expected: &'static str,
        /// Code when it is something else.
        code: Code,
    },
}
