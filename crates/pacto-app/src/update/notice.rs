//! Whether there is a newer release, asked for at most once a day.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pacto_contract::LenientVersion;
use pacto_oci::atomic::{self, Readers};
use serde::{Deserialize, Serialize};

use super::{DEV, newest};

/// How long an answer holds.
pub const HOLDS: Duration = Duration::from_hours(24);

/// The answer of before.
#[derive(Debug, Serialize, Deserialize)]
struct Checked {
    /// Seconds since 1970.
    checked_at: u64,
    latest_version: String,
}

/// The newest release, where it is newer than `current`: from `file` if that was written within [`HOLDS`], else from `latest`,
/// whose answer is kept in `file`. None for a development build and where nobody knows.
pub fn newer(current: &str, file: &Path, latest: &str, now: SystemTime) -> Option<String> {
    if current == DEV {
        return None;
    }
    let seconds = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let known = std::fs::read(file).ok().and_then(|text| serde_json::from_slice::<Checked>(&text).ok());
    let is_fresh =
        |checked: &Checked| seconds.checked_sub(checked.checked_at).is_some_and(|age| age < HOLDS.as_secs());
    let tag = match known.filter(is_fresh) {
        Some(checked) => checked.latest_version,
        None => {
            // Written before it is asked: whoever is cut off, or gets no answer, has asked too.
            keep(file, &Checked { checked_at: seconds, latest_version: current.to_owned() });
            let tag = newest(latest).ok()?;
            keep(file, &Checked { checked_at: seconds, latest_version: tag.clone() });
            tag
        }
    };
    let version = |text: &str| LenientVersion::parse(text.trim_start_matches('v')).ok();
    let is_newer = version(&tag)? > version(current)?;
    // It ends up on a terminal.
    let is_plain = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte));
    (is_newer && is_plain).then(|| tag.trim_start_matches('v').to_owned())
}

/// Without the file it is asked again, no more.
fn keep(file: &Path, checked: &Checked) {
    if let (Ok(text), Some(directory)) = (serde_json::to_vec(checked), file.parent()) {
        let _ = std::fs::create_dir_all(directory);
        let _ = atomic::replace(file, &text, Readers::Owner);
    }
}
