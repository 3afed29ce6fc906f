//! What a change means for the number of a version.

use pacto_contract::LenientVersion;

use super::change::Classification;

/// The lowest version that changes of a class may be published as: below 1.0.0 the minor version counts as the major one.
/// `None` where `from` is no version.
///
/// ```
/// use pacto_engine::diff::{Classification, next_version};
/// assert_eq!(next_version("1.4.2", Classification::Breaking).as_deref(), Some("2.0.0"));
/// assert_eq!(next_version("0.4.2", Classification::Breaking).as_deref(), Some("0.5.0"));
/// assert_eq!(next_version("1.4.2", Classification::PotentialBreaking).as_deref(), Some("1.5.0"));
/// assert_eq!(next_version("1.4.2", Classification::NonBreaking).as_deref(), Some("1.4.3"));
/// ```
pub fn next_version(from: &str, class: Classification) -> Option<String> {
    let parsed = LenientVersion::parse(from).ok()?;
    let version = parsed.version();
    let (major, minor, patch) = (version.major, version.minor, version.patch);
    Some(match class {
        Classification::Breaking if major == 0 => format!("0.{}.0", minor.saturating_add(1)),
        Classification::Breaking => format!("{}.0.0", major.saturating_add(1)),
        Classification::PotentialBreaking => format!("{major}.{}.0", minor.saturating_add(1)),
        Classification::NonBreaking => format!("{major}.{minor}.{}", patch.saturating_add(1)),
    })
}

/// A day of the calendar.
///
/// ```
/// use pacto_engine::diff::Day;
/// let day = Day::parse("2027-03-31").unwrap();
/// assert!(Day::parse("2027-03-31T10:00:00Z") == Some(day) && Day::parse("2027-04-01").unwrap() > day);
/// assert_eq!((Day::parse("2027-13-01"), Day::parse("soon")), (None, None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(u32);

impl Day {
    /// From `2027-03-31`, also with a time behind it, which does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.get(..10)?;
        let rest = text.get(10..)?;
        if !(rest.is_empty() || rest.starts_with(['T', 't', ' '])) {
            return None;
        }
        let mut parts = date.splitn(3, '-').map(|part| (part.len(), part.parse::<u32>()));
        let (Some((4, Ok(year))), Some((2, Ok(month))), Some((2, Ok(day)))) =
            (parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let exists = (1..=12).contains(&month) && (1..=days).contains(&day);
        exists.then_some(Self(year * 10_000 + month * 100 + day))
    }
}
