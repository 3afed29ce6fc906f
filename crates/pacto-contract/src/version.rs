//! Versions as people write them: `v1.2`, `2024.01.01`, `1.2.3-rc.1+build`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use semver::{BuildMetadata, Prerelease, Version};
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::limits::MAX_VERSION_BYTES;
use crate::range::VersionRange;

/// A version with an optional `v`, one to three numbers (missing ones are 0, leading zeros are
/// allowed), an optional pre-release and optional build metadata. It keeps the text it was read
/// from, so `2024.01.01` is shown, serialised and used as a tag unchanged.
///
/// [`Ord`] is precedence first and exact text second, so that it agrees with [`Eq`], which
/// compares text. Use [`precedence_cmp`](Self::precedence_cmp) to ask which version is newer.
///
/// ```
/// use pacto_contract::LenientVersion;
///
/// let version = LenientVersion::parse("2024.01.01")?;
/// assert_eq!(version.as_str(), "2024.01.01");
/// assert_eq!(version.version(), &semver::Version::new(2024, 1, 1));
/// assert!(version > LenientVersion::parse("v2024.1-rc.1")?);
/// # Ok::<(), pacto_contract::VersionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LenientVersion {
    text: String,
    version: Version,
}

/// Why a text is not a [`LenientVersion`]. Every message quotes the text, escaped, and says what
/// to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VersionError {
    /// There is no text.
    #[error("version is empty; write one such as 1.2.3")]
    Empty,
    /// The text is longer than [`MAX_VERSION_BYTES`].
    #[error("version is {bytes} bytes long; the limit is {limit}")]
    TooLong {
        /// Length of the text, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// More than three numbers, as in `1.2.3.4`.
    #[error("version {text:?} has more than three numbers; write major.minor.patch")]
    TooManyParts {
        /// The version.
        text: String,
    },
    /// A number is missing, as in `1..2` or `v`.
    #[error("version {text:?} lacks a number; write one to three numbers, such as 1.2.3")]
    MissingNumber {
        /// The version.
        text: String,
    },
    /// A word stands where a number belongs, as in `1.2.beta`.
    #[error(
        "version {text:?}: {part:?} is not a number; write one to three numbers, such as 1.2.3, \
         and a pre-release after a hyphen"
    )]
    NotANumber {
        /// The version.
        text: String,
        /// The part that is not a number.
        part: String,
    },
    /// A number does not fit 64 bits.
    #[error("version {text:?}: the number {part} is too large; the largest is {max}", max = u64::MAX)]
    NumberTooLarge {
        /// The version.
        text: String,
        /// The number as written.
        part: String,
    },
    /// A numeric pre-release identifier starts with a zero, as in `1.2.3-rc.01`.
    #[error(
        "version {text:?}: the numeric pre-release identifier {identifier:?} has a leading zero; \
         remove the zero"
    )]
    LeadingZero {
        /// The version.
        text: String,
        /// The identifier.
        identifier: String,
    },
    /// A pre-release or build identifier is empty, as in `1.2.3-` or `1.2.3-a..b`.
    #[error(
        "version {text:?} has an empty pre-release or build identifier; put letters or digits \
         after every '-', '+' and '.'"
    )]
    EmptyIdentifier {
        /// The version.
        text: String,
    },
    /// A character that no version may hold.
    #[error(
        "version {text:?}: the character {character:?} is not allowed; use digits, letters, '.' \
         and '-' only"
    )]
    BadCharacter {
        /// The version.
        text: String,
        /// The character.
        character: char,
    },
}

impl LenientVersion {
    /// Reads a version; nothing is trimmed.
    ///
    /// # Errors
    ///
    /// [`VersionError`] if the text is empty, over 256 bytes, or not of the form
    /// `[v]N[.N[.N]][-pre][+build]` with 64-bit numbers.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let spelling = Spelling::split(text)?;
        let major = spelling.number(spelling.major)?;
        let minor = spelling.minor.map_or(Ok(0), |part| spelling.number(part))?;
        let patch = spelling.patch.map_or(Ok(0), |part| spelling.number(part))?;
        let version = Version { major, minor, patch, pre: spelling.prerelease()?, build: spelling.build()? };
        Ok(Self { text: text.to_owned(), version })
    }

    /// The version that a tag stands for: registries allow no `+` in tags, so a `_` is read as one.
    ///
    /// ```
    /// use pacto_contract::LenientVersion;
    /// assert_eq!(LenientVersion::parse_tag("1.2.0_build.7")?.as_str(), "1.2.0+build.7");
    /// # Ok::<(), pacto_contract::VersionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`LenientVersion::parse`].
    pub fn parse_tag(tag: &str) -> Result<Self, VersionError> {
        Self::parse(&tag.replacen('_', "+", 1))
    }

    /// The tag for a version: what [`LenientVersion::parse_tag`] reads back.
    pub fn tag_of(version: &str) -> String {
        version.replacen('+', "_", 1)
    }

    /// The text exactly as it was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value: three numbers, pre-release, build metadata.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Whether there is a pre-release part, as in `1.2.3-rc.1`.
    pub fn is_prerelease(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// Compares by `SemVer` 2.0 precedence: build metadata and spelling do not count, so `v1.0`
    /// and `1.0.0+x` are equal.
    pub fn precedence_cmp(&self, other: &Self) -> Ordering {
        self.version.cmp_precedence(&other.version)
    }

    fn has_three_parts(&self) -> bool {
        let core = self.text.split(['-', '+']).next().unwrap_or_default();
        core.split('.').count() == 3
    }
}

impl PartialEq for LenientVersion {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for LenientVersion {}

impl Hash for LenientVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Ord for LenientVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.precedence_cmp(other).then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for LenientVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for LenientVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl FromStr for LenientVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for LenientVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Orders tags by which one to take; the greater is preferred: higher precedence, then the
/// three-part spelling (`1.0.0` before `1.0`), then the text that sorts first (`1.0.0` before
/// `v1.0.0`).
///
/// ```
/// use pacto_contract::LenientVersion;
/// use pacto_contract::version::tag_preference_cmp;
///
/// let short = LenientVersion::parse("1.0")?;
/// let full = LenientVersion::parse("v1.0.0")?;
/// assert!(tag_preference_cmp(&full, &short).is_gt());
/// # Ok::<(), pacto_contract::VersionError>(())
/// ```
pub fn tag_preference_cmp(a: &LenientVersion, b: &LenientVersion) -> Ordering {
    a.precedence_cmp(b)
        .then_with(|| a.has_three_parts().cmp(&b.has_three_parts()))
        .then_with(|| b.text.cmp(&a.text))
}

/// The tag to take: of the tags that stand for versions and satisfy `range`, the most preferred by
/// [`tag_preference_cmp`]. A pre-release is taken only if nothing else matches or `range` names
/// a pre-release. `None` if no tag is left.
///
/// ```
/// use pacto_contract::VersionRange;
/// use pacto_contract::version::highest;
///
/// let tags = ["latest", "1.9.0", "2.0.0-rc.1", "1.10"];
/// assert_eq!(highest(tags.into_iter(), None), Some("1.10"));
/// let range = VersionRange::parse(">=2.0.0-0")?;
/// assert_eq!(highest(tags.into_iter(), Some(&range)), Some("2.0.0-rc.1"));
/// # Ok::<(), pacto_contract::RangeError>(())
/// ```
pub fn highest<'a>(tags: impl Iterator<Item = &'a str>, range: Option<&VersionRange>) -> Option<&'a str> {
    let prereleases_compete = range.is_some_and(VersionRange::names_prerelease);
    tags.filter_map(|tag| LenientVersion::parse_tag(tag).ok().map(|version| (tag, version)))
        .filter(|(_, version)| range.is_none_or(|range| range.matches(version)))
        .max_by(|(_, a), (_, b)| {
            let by_kind =
                if prereleases_compete { Ordering::Equal } else { b.is_prerelease().cmp(&a.is_prerelease()) };
            by_kind.then_with(|| tag_preference_cmp(a, b))
        })
        .map(|(tag, _)| tag)
}

/// The parts of a version as written; shared with the range grammar, where a number may be a
/// wildcard.
pub(crate) struct Spelling<'a> {
    text: &'a str,
    pub(crate) major: &'a str,
    pub(crate) minor: Option<&'a str>,
    pub(crate) patch: Option<&'a str>,
    pre: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> Spelling<'a> {
    pub(crate) fn split(text: &'a str) -> Result<Self, VersionError> {
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if text.len() > MAX_VERSION_BYTES {
            return Err(VersionError::TooLong { bytes: text.len(), limit: MAX_VERSION_BYTES });
        }
        let (rest, build) = split_at_first(text, '+');
        let (core, pre) = split_at_first(rest, '-');
        let mut parts = core.strip_prefix('v').unwrap_or(core).split('.');
        let spelling = Self {
            text,
            major: parts.next().unwrap_or_default(),
            minor: parts.next(),
            patch: parts.next(),
            pre,
            build,
        };
        if parts.next().is_some() {
            return Err(VersionError::TooManyParts { text: text.into() });
        }
        Ok(spelling)
    }

    pub(crate) fn number(&self, part: &str) -> Result<u64, VersionError> {
        let text = || self.text.to_owned();
        if part.is_empty() {
            return Err(VersionError::MissingNumber { text: text() });
        }
        if let Some(character) = part.chars().find(|c| !c.is_ascii_alphanumeric()) {
            return Err(VersionError::BadCharacter { text: text(), character });
        }
        if !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(VersionError::NotANumber { text: text(), part: part.to_owned() });
        }
        // Only digits are left, so the one way to fail is to overflow.
        part.parse().map_err(|_| VersionError::NumberTooLarge { text: text(), part: part.to_owned() })
    }

    pub(crate) fn prerelease(&self) -> Result<Prerelease, VersionError> {
        let Some(pre) = self.pre else {
            return Ok(Prerelease::EMPTY);
        };
        self.check_identifiers(pre)?;
        let numeric = |id: &&str| id.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = |id: &&str| id.len() > 1 && id.starts_with('0');
        if let Some(identifier) = pre.split('.').filter(numeric).find(leading_zero) {
            return Err(VersionError::LeadingZero {
                text: self.text.to_owned(),
                identifier: identifier.to_owned(),
            });
        }
        Prerelease::new(pre).map_err(|_| self.empty_identifier())
    }

    pub(crate) fn build(&self) -> Result<BuildMetadata, VersionError> {
        let Some(build) = self.build else {
            return Ok(BuildMetadata::EMPTY);
        };
        self.check_identifiers(build)?;
        BuildMetadata::new(build).map_err(|_| self.empty_identifier())
    }

    fn check_identifiers(&self, identifiers: &str) -> Result<(), VersionError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if let Some(character) = identifiers.chars().find(|&c| !allowed(c)) {
            return Err(VersionError::BadCharacter { text: self.text.to_owned(), character });
        }
        if identifiers.split('.').any(str::is_empty) {
            return Err(self.empty_identifier());
        }
        Ok(())
    }

    fn empty_identifier(&self) -> VersionError {
        VersionError::EmptyIdentifier { text: self.text.to_owned() }
    }
}

fn split_at_first(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> LenientVersion {
        LenientVersion::parse(text).unwrap()
    }

    #[test]
    fn reads_what_people_write() {
        for (text, value) in [
            ("1", "1.0.0"),
            ("v1.2", "1.2.0"),
            ("2024.01.01", "2024.1.1"),
            ("0001.2", "1.2.0"),
            ("1-2.3", "1.0.0-2.3"),
            ("1.2+a-b.01", "1.2.0+a-b.01"),
            ("1.2.3--", "1.2.3--"),
            ("1.2.3-0a.0", "1.2.3-0a.0"),
            ("18446744073709551615", "18446744073709551615.0.0"),
            ("1.0.0-99999999999999999999999", "1.0.0-99999999999999999999999"),
        ] {
            let read = version(text);
            assert_eq!(read.version(), &Version::parse(value).unwrap(), "{text}");
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, expected) in [
            ("", "version is empty"),
            ("1.2.3.4", "\"1.2.3.4\" has more than three numbers"),
            ("1.2.beta", "\"beta\" is not a number"),
            ("latest", "\"latest\" is not a number"),
            ("V1", "\"V1\" is not a number"),
            ("1..2", "lacks a number"),
            ("v", "lacks a number"),
            ("-1", "lacks a number"),
            (" 1", "the character ' ' is not allowed"),
            ("1.2\n", "\"1.2\\n\": the character '\\n' is not allowed"),
            ("1.\u{661}", "the character '\u{661}' is not allowed"),
            ("1.2.3-a_b", "the character '_' is not allowed"),
            ("1.2.3+a+b", "the character '+' is not allowed"),
            ("1.2.3-rc.01", "\"01\" has a leading zero"),
            ("1.2.3-", "empty pre-release or build identifier"),
            ("1.2.3-a..b", "empty pre-release or build identifier"),
            ("1.2.3+", "empty pre-release or build identifier"),
            ("1.18446744073709551616", "18446744073709551616 is too large"),
        ] {
            let message = LenientVersion::parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text:?}: {message}");
        }
    }

    #[test]
    fn length_is_limited() {
        let fits = format!("1.2.3-{}", "a".repeat(MAX_VERSION_BYTES - 6));
        assert_eq!(version(&fits).as_str(), fits);
        assert_eq!(
            LenientVersion::parse(&format!("{fits}a")),
            Err(VersionError::TooLong { bytes: MAX_VERSION_BYTES + 1, limit: MAX_VERSION_BYTES })
        );
    }

    #[test]
    fn order_is_total_and_agrees_with_equality() {
        let (plain, short) = (version("1.0.0+b"), version("v1"));
        assert_eq!(plain.precedence_cmp(&short), Ordering::Equal);
        assert_ne!(plain, short);
        assert!(plain < short);
        assert!(version("1.0.0-rc.1") < plain);
        assert!(version("1.0.0-rc.2") < version("1.0.0-rc.10"));
    }

    #[test]
    fn takes_the_highest_tag() {
        for (tags, range, expected) in [
            ("latest main", "", None),
            ("1.0 v1.0.0 1.0.0 1", "", Some("1.0.0")),
            ("1.0 v1.0.0", "", Some("v1.0.0")),
            ("2.0.0-rc.1 1.9.0", "", Some("1.9.0")),
            ("2.0.0-rc.1 2.0.0-rc.2 edge", "", Some("2.0.0-rc.2")),
            ("2.0.0-rc.1 1.9.0", ">=1.0.0-0", Some("2.0.0-rc.1")),
            ("2.0.0-rc.1 1.9.0", "^2", None),
            ("2024.01.01 2024.2.1 2025.1.1", "^2024.01.01", Some("2024.2.1")),
            ("1.2.0 1.10.0 2.0.0", "<2", Some("1.10.0")),
            ("1.2.0_build.7 1.1.0", "", Some("1.2.0_build.7")),
            ("1.2.0_build.7 1.2.0 1.2.0_a_b", "^1", Some("1.2.0")),
        ] {
            let range = (!range.is_empty()).then(|| VersionRange::parse(range).unwrap());
            assert_eq!(highest(tags.split(' '), range.as_ref()), expected, "{tags}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(text in "v?[0-9]{1,4}(\\.[0-9]{1,4}){0,2}(-[0-9a-z-]{1,3}(\\.[a-z-][0-9]?){0,2})?(\\+[0-9a-z-]{1,3})?") {
            match LenientVersion::parse(&text) {
                Ok(version) => {
                    prop_assert_eq!(version.to_string(), text.clone());
                    prop_assert_eq!(&version, &text.parse().unwrap());
                    let strict = LenientVersion::parse(&version.version().to_string()).unwrap();
                    prop_assert_eq!(strict.version(), version.version());
                }
                Err(error) => {
                    let known = matches!(error, VersionError::LeadingZero { .. });
                    prop_assert!(known, "{}", error);
                }
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}") {
            let _ = LenientVersion::parse(&text);
        }
    }
}
