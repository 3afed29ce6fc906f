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
