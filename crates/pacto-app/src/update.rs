//! `pacto update`: another release in the place of this program, if it is the one that its checksum names.

pub mod notice;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use pacto_contract::LenientVersion;
use pacto_oci::archive;
use pacto_oci::registry::download::{self, DownloadError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::AppError;

/// Where releases are: `TAG/FILE` is appended.
pub const RELEASES: &str = "https://github.com/TrianaLab/pacto/releases/download";
/// Where the newest release is named.
pub const LATEST: &str = "https://api.github.com/repos/TrianaLab/pacto/releases/latest";
/// Version of a build that is no release.
pub const DEV: &str = "dev";
/// Plugins that come with a release; those that lie beside the program are replaced with it.
const PLUGINS: &[&str] = &["pacto-plugin-helm", "pacto-plugin-openapi-infer", "pacto-plugin-schema-infer"];
/// The file of a release with the checksum of every other one.
const CHECKSUMS: &str = "checksums.txt";
/// Largest program, in bytes.
const MAX_PROGRAM_BYTES: usize = 256 * 1024 * 1024;
/// Largest file beside programs, in bytes.
const MAX_TEXT_BYTES: usize = 1024 * 1024;
/// Time for a program.
const PROGRAM_TIME: Duration = Duration::from_mins(5);
/// Time for everything else.
const TEXT_TIME: Duration = Duration::from_secs(5);

/// What to update, and from where.
#[derive(Debug, Clone)]
pub struct Options {
    /// Version of the program that runs.
    pub current: String,
    /// The version that is wanted, with or without a `v`; the newest without one.
    pub wanted: Option<String>,
    /// The program that is replaced.
    pub program: PathBuf,
    /// Where releases are: an address, or a directory.
    pub releases: String,
    /// Where the newest is named: an address, or a file.
    pub latest: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcome {
    /// Version before.
    pub from: String,
    /// Version now.
    pub to: String,
    /// Programs that were replaced.
    pub replaced: Vec<String>,
}

/// Why nothing was replaced.
#[derive(Debug, Error)]
pub enum UpdateError {
    /// This build is no release.
    #[error("this is a development build; install a release, or build it again")]
    Development,
    /// A version that can be none.
    #[error("{0:?} is no version")]
    Version(String),
    /// There is no such release.
    #[error("release {0} not found")]
    Release(String),
    /// What a release holds does not come.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// A file of the release has no checksum, or not the one that is written.
    #[error("{file}: {problem}; nothing was changed")]
    Checksum {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file cannot be read or written.
    #[error("{0}")]
    File(String),
}

#[derive(Deserialize)]
struct Release {
    tag_name: String,
}

/// What releases are called for this machine, such as `linux_amd64`.
pub fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{processor}")
}

/// Replaces the program and the plugins beside it. All of them are fetched and compared with their checksums before the first
/// is touched, and where one cannot be replaced those before it are put back.
///
/// # Errors
/// [`AppError::Update`]; everything is as it was.
pub fn run(options: &Options) -> Result<Outcome, AppError> {
    Ok(update(options)?)
}

fn update(options: &Options) -> Result<Outcome, UpdateError> {
    if options.current == DEV {
        return Err(UpdateError::Development);
    }
    let wanted = match &options.wanted {
        Some(version) => version.clone(),
        None => newest(&options.latest)?,
    };
    let version = wanted.trim_start_matches('v').to_owned();
    let is_plain = version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte));
    if !is_plain || LenientVersion::parse(&version).is_err() {
        return Err(UpdateError::Version(wanted));
    }
    let from = options.current.trim_start_matches('v').to_owned();
    let parsed = |text: &str| LenientVersion::parse(text).ok();
    if options.wanted.is_none() && parsed(&version) <= parsed(&from) {
        // Whoever runs something newer than the newest release wants it.
        return Ok(Outcome { to: from.clone(), from, replaced: Vec::new() });
    }
    let mut outcome = Outcome { from, to: version.clone(), replaced: Vec::new() };
    if outcome.from == outcome.to {
        return Ok(outcome);
    }
    let unreadable = |error: std::io::Error| UpdateError::File(error.to_string());
    // Where the program really is: a link stays a link.
    let program = fs::canonicalize(&options.program).map_err(unreadable)?;
    let directory = program.parent().unwrap_or(Path::new("."));
    let release = format!("{}/v{version}", options.releases.trim_end_matches('/'));
    let sums = match get(&format!("{release}/{CHECKSUMS}"), MAX_TEXT_BYTES, TEXT_TIME) {
        Err(DownloadError::Missing(_)) => return Err(UpdateError::Release(format!("v{version}"))),
        sums => String::from_utf8_lossy(&sums?).into_owned(),
    };
    let beside = PLUGINS.iter().map(|name| (*name, directory.join(name))).filter(|(_, path)| path.is_file());
    let mut staged = Vec::new();
    for (name, path) in std::iter::once(("pacto", program.clone())).chain(beside) {
        let file = format!("{name}_{}", platform());
        let text = get(&format!("{release}/{file}"), MAX_PROGRAM_BYTES, PROGRAM_TIME)?;
        check(&file, &text, &sums)?;
        staged.push((name, stage(directory, &text).map_err(unreadable)?, path));
    }
    outcome.replaced = replace(directory, staged).map_err(unreadable)?;
    Ok(outcome)
}

/// The tag of the newest release.
///
/// # Errors
/// [`UpdateError`] when nobody says.
pub fn newest(place: &str) -> Result<String, UpdateError> {
    let text = get(place, MAX_TEXT_BYTES, TEXT_TIME)?;
    let release: Option<Release> = serde_json::from_slice(&text).ok();
    release
        .map(|release| release.tag_name)
        .ok_or_else(|| UpdateError::File(format!("{place} names no release")))
}

/// What is at an address, or in a file.
fn get(place: &str, most: usize, time: Duration) -> Result<Vec<u8>, DownloadError> {
    if !place.contains("://") {
        let missing = |_| DownloadError::Missing(place.to_owned());
        let length = std::fs::metadata(place).map_err(missing)?.len();
        if usize::try_from(length).map_or(true, |length| length > most) {
            return Err(DownloadError::TooLarge { url: place.to_owned(), most });
        }
        return std::fs::read(place).map_err(missing);
    }
    let failed = |error: std::io::Error| DownloadError::Unreachable {
        url: place.to_owned(),
        cause: error.to_string(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(download::fetch(
        place,
        "application/vnd.github+json, application/octet-stream, */*",
        most,
        time,
    ))
}

/// Holds a file to the checksum that the release has for it.
fn check(file: &str, content: &[u8], sums: &str) -> Result<(), UpdateError> {
    let wrong = |problem| UpdateError::Checksum { file: file.to_owned(), problem };
    let line = sums.lines().find_map(|line| {
        let (sum, name) = line.split_once(char::is_whitespace)?;
        (name.trim().trim_start_matches('*') == file).then(|| sum.to_lowercase())
    });
    let wanted = line.ok_or_else(|| wrong("the release has no checksum for it"))?;
    if archive::digest(content) != format!("sha256:{wanted}") {
        return Err(wrong("it is not what its checksum says"));
    }
    Ok(())
}

/// A program that is whole, and not in its place yet.
fn stage(directory: &Path, content: &[u8]) -> std::io::Result<tempfile::TempPath> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pacto-update-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    // A program that is open for writing cannot be run.
    Ok(file.into_temp_path())
}

/// Puts everything into its place, or nothing.
fn replace(
    directory: &Path,
    staged: Vec<(&'static str, tempfile::TempPath, PathBuf)>,
) -> std::io::Result<Vec<String>> {
    let kept = tempfile::Builder::new().prefix(".pacto-update-").tempdir_in(directory)?;
    let mut done: Vec<(&str, PathBuf)> = Vec::new();
    for (name, file, path) in staged {
        let backup = kept.path().join(name);
        // Not every file system has links, and not every file may be linked.
        let saved = std::fs::hard_link(&path, &backup).or_else(|_| std::fs::copy(&path, &backup).map(drop));
        let result = saved.and_then(|()| file.persist(&path).map_err(|error| error.error));
        if let Err(error) = result {
            let lost: Vec<&str> = done
                .into_iter()
                .filter(|(name, path)| std::fs::rename(kept.path().join(name), path).is_err())
                .map(|(name, _)| name)
                .collect();
            if lost.is_empty() {
                return Err(error);
            }
            let place = kept.keep();
            let text = format!(
                "{error}; {} could not be put back, and lies in {}",
                lost.join(" and "),
                place.display()
            );
            return Err(std::io::Error::other(text));
        }
        done.push((name, path));
    }
    Ok(done.into_iter().map(|(name, _)| name.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_cannot_be_replaced_those_before_it_are_put_back() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        std::fs::write(path("pacto"), "old").unwrap();
        let staged = |name: &'static str| (name, stage(home.path(), b"new").unwrap(), path(name));
        assert!(replace(home.path(), vec![staged("pacto"), staged("gone")]).is_err());
        assert_eq!(std::fs::read_to_string(path("pacto")).unwrap(), "old");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left behind");
        assert_eq!(replace(home.path(), vec![staged("pacto")]).unwrap(), ["pacto"]);
        assert_eq!(std::fs::read_to_string(path("pacto")).unwrap(), "new");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
