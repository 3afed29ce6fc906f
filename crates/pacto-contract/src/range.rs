//! Version ranges in the grammar of the Go library Masterminds/semver 3.4, and exact answers
//! about them: is it empty, does one hold the other, do two overlap.

mod algebra;
mod grammar;
mod term;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use semver::Version;
use serde::{Serialize, Serializer};
use thiserror::Error;

use self::algebra::{Group, VersionSet};
use self::term::Term;
use crate::version::{LenientVersion, VersionError};

/// A set of versions, written as alternatives joined by `||`, each a list of terms that must all
/// hold, joined by spaces or commas.
///
/// | term | admits |
/// |---|---|
/// | `1.2.3`, `=1.2.3` | that version |
/// | `1.2`, `1.2.x`, `~1.2`, `~1.2.0`, `~>1.2` | `>=1.2.0, <1.3.0` |
/// | `^1.2.3`, `^0.2.3`, `^0.0.3` | up to the next major, minor, patch |
/// | `>` `>=` `=>` `<` `<=` `=<` | as usual; `>1.2` is `>=1.3.0`, `<=1.2` is `<1.3.0` |
/// | `!=1.2.3`, `!=1.2`, `!=1` | all but that version, the releases `1.2.*`, the whole major |
/// | `1.2 - 2.0` | `>=1.2, <=2.0` |
/// | `*`, the empty text, `~0.0.0` | everything |
///
/// A pre-release satisfies an alternative only if one of its terms names a pre-release, so
/// `>=1.0.0-0` admits what `>=1.0.0` does not. Two ranges are `==` if their text is; see
/// [`equivalent`](Self::equivalent).
///
/// ```
/// use pacto_contract::{LenientVersion, VersionRange};
///
/// let range = VersionRange::parse(">=1.2 <2, !=1.5.x || 3.0.0-rc.1")?;
/// assert!(range.matches(&LenientVersion::parse("v1.9")?));
/// assert!(!range.matches(&LenientVersion::parse("1.5.7")?));
/// assert!(range.contains(&VersionRange::parse("~1.6")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct VersionRange {
    text: String,
    groups: Vec<Group>,
    names_prerelease: bool,
}

/// Why a text is not a [`VersionRange`]. Columns count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RangeError {
    /// The text is longer than [`MAX_RANGE_BYTES`](crate::limits::MAX_RANGE_BYTES).
    #[error("version range is {bytes} bytes long; the limit is {limit}")]
    TooLong {
        /// Length of the text, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// More terms than [`MAX_RANGE_TERMS`](crate::limits::MAX_RANGE_TERMS).
    #[error("version range has more than {limit} terms; merge terms that overlap")]
    TooManyTerms {
        /// The limit.
        limit: usize,
    },
    /// Nothing stands on one side of `||`.
    #[error("nothing stands beside \"||\" at column {column}; remove it or write a term such as ^1.2")]
    EmptyAlternative {
        /// Where a term should be.
        column: usize,
    },
    /// Something like `==` or `>>`.
    #[error(
        "unknown operator {operator:?} at column {column}; \
         use one of =, !=, >, <, >=, <=, ~, ^, and a space or comma between terms"
    )]
    UnknownOperator {
        /// The operator as written.
        operator: String,
        /// Where it starts.
        column: usize,
    },
    /// An operator with nothing after it.
    #[error("{operator:?} at column {column} has no version; write one after it, such as {operator}1.2.3")]
    MissingVersion {
        /// The operator as written.
        operator: String,
        /// Where it starts.
        column: usize,
    },
    /// A term starts right behind another, as in `>=1<2`.
    #[error("{term:?} at column {column} is joined to the term before it; put a space or comma between them")]
    MissingSeparator {
        /// The term that lacks a separator before it.
        term: String,
        /// Where it starts.
        column: usize,
    },
    /// A comma at the start or end of an alternative, or two in a row.
    #[error("comma at column {column} does not stand between two terms; remove it")]
    StrayComma {
        /// Where it stands.
        column: usize,
    },
    /// A hyphen range that is not `A - B`.
    #[error(
        "{term:?} at column {column} is not a hyphen range; \
         write two versions without operators and with spaces around the hyphen, such as 1.2 - 2.0"
    )]
    BadHyphenRange {
        /// The text up to where it went wrong.
        term: String,
        /// Where it starts.
        column: usize,
    },
    /// A term whose version cannot be read.
    #[error("term {term:?} at column {column}: {cause}")]
    BadVersion {
        /// The term as written.
        term: String,
        /// Where it starts.
        column: usize,
        /// What is wrong; part of the message already.
        cause: VersionError,
    },
}

impl VersionRange {
    /// Reads a range. Empty text is the same as `*`.
    ///
    /// # Errors
    ///
    /// [`RangeError`] if the text is over 1 KiB, has over 256 terms, or does not fit the grammar.
    pub fn parse(text: &str) -> Result<Self, RangeError> {
        let groups = grammar::parse(text)?;
        Ok(Self {
            text: text.to_owned(),
            names_prerelease: groups.iter().flatten().any(Term::names_prerelease),
            groups: groups.iter().map(|terms| Group::of(terms)).collect(),
        })
    }

    /// The text exactly as it was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a term names a pre-release, so that pre-releases may match.
    pub fn names_prerelease(&self) -> bool {
        self.names_prerelease
    }

    /// Whether the version is in the range; build metadata does not count.
    pub fn matches(&self, version: &LenientVersion) -> bool {
        self.admits(version.version())
    }

    /// Whether no version at all is in the range, as in `>=1 <1`.
    pub fn is_empty(&self) -> bool {
        self.intersection_witness(self).is_none()
    }

    /// Whether every version in `other` is in this range too.
    pub fn contains(&self, other: &Self) -> bool {
        self.counterexample(other).is_none()
    }

    /// A version in `other` that is not in this range: why [`contains`](Self::contains) is
    /// false. A release if there is one, the lowest of them.
    pub fn counterexample(&self, other: &Self) -> Option<Version> {
        algebra::find(&other.groups, &self.groups, VersionSet::subtract)
    }

    /// Whether some version is in both ranges.
    pub fn intersects(&self, other: &Self) -> bool {
        self.intersection_witness(other).is_some()
    }

    /// A version in both ranges. A release if there is one, the lowest of them.
    pub fn intersection_witness(&self, other: &Self) -> Option<Version> {
        algebra::find(&self.groups, &other.groups, VersionSet::intersect)
    }

    /// Whether both ranges hold the same versions, however they are written.
    pub fn equivalent(&self, other: &Self) -> bool {
        self.contains(other) && other.contains(self)
    }

    fn admits(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| group.admits(version))
    }
}

impl PartialEq for VersionRange {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for VersionRange {}

impl fmt::Display for VersionRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl FromStr for VersionRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for VersionRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
