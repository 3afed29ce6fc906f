//! Bundles on disk: reading a directory under the limits of a bundle.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use fs_err as fs;
use pacto_contract::bundle::{CONTRACT_FILE, is_bundle_path};
use pacto_contract::limits::{
    MAX_BUNDLE_ENTRIES, MAX_BUNDLE_FILE_BYTES, MAX_SEARCH_DEPTH, MAX_SEARCH_DIRECTORIES,
};
use pacto_contract::{Bundle, BundleError};
use thiserror::Error;

use crate::parallel;

/// Why a directory could not be read as a bundle.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The path is not there, or not readable.
    #[error("cannot access {path}: {source}")]
    Access {
        /// The path as the user wrote it.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file where a directory must be.
    #[error("{0} is not a directory")]
    NotADirectory(String),
    /// No contract.
    #[error("no pacto.yaml found in {0}")]
    NoContract(String),
    /// A directory, pipe, device or a link that leaves the bundle where a file must be.
    #[error("{path} is {kind}; a bundle holds regular files")]
    NotAFile {
        /// The file.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// A limit of bundles.
    #[error("{path}: {source}")]
    Limit {
        /// The directory.
        path: String,
        /// Which limit.
        source: BundleError,
    },
    /// A name that is not UTF-8 cannot be a path of a bundle.
    #[error("{0} has a name that is not UTF-8")]
    Name(String),
}

/// A directory that holds a bundle.
#[derive(Debug, Clone)]
pub struct BundleDirectory {
    path: PathBuf,
    /// The name that messages show.
    shown: String,
    canonical: PathBuf,
    /// The contract, where it is no link.
    contract: Option<std::fs::Metadata>,
}

impl BundleDirectory {
    /// Opens `path`, shown to people as `shown`.
    ///
    /// # Errors
    /// [`DirectoryError`] when it is no directory or holds no `pacto.yaml`.
    pub fn open(path: &Path, shown: &str) -> Result<Self, DirectoryError> {
        let access = |source| DirectoryError::Access { path: shown.to_owned(), source };
        let contract = std::fs::symlink_metadata(path.join(CONTRACT_FILE));
        let contract = match contract {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Err(access(error)),
            contract => contract,
        };
        let Ok(contract) = contract else {
            let is_directory = std::fs::metadata(path).map_err(access)?.is_dir();
            let kind = if is_directory { DirectoryError::NoContract } else { DirectoryError::NotADirectory };
            return Err(kind(shown.to_owned()));
        };
        let canonical = std::fs::canonicalize(path).map_err(access)?;
        let contract = Some(contract).filter(std::fs::Metadata::is_file);
        Ok(Self { path: path.to_owned(), shown: shown.to_owned(), canonical, contract })
    }

    /// The absolute path without links; two names of one directory have one canonical path.
    pub fn canonical(&self) -> &Path {
        &self.canonical
    }

    /// The name to show for a file in it.
    pub fn shown(&self, file: &str) -> String {
        match self.shown.trim_end_matches('/') {
            "." | "" => file.to_owned(),
            directory => format!("{directory}/{file}"),
        }
    }

    /// The content of one file; `None` when it is not there.
    ///
    /// # Errors
    /// [`DirectoryError`] when it is there and is no regular file inside of the bundle, or is too large.
    pub fn read(&self, file: &str) -> Result<Option<Vec<u8>>, DirectoryError> {
        if !is_bundle_path(file) {
            return Ok(None);
        }
        let path = self.path.join(file);
        let shown = self.shown(file);
        let refuse = |kind| Err(DirectoryError::NotAFile { path: shown.clone(), kind });
        let access = |source| DirectoryError::Access { path: shown.clone(), source };
        if let (CONTRACT_FILE, Some(contract)) = (file, &self.contract) {
            return self.read_open(&path, file, contract).map(Some);
        }
        match self.plain_file(file) {
            Plain::File(metadata) => return self.read_open(&path, file, &metadata).map(Some),
            Plain::Absent => return Ok(None),
            Plain::Unclear => {}
        }
        // Links are resolved, so that neither a link nor a linked parent can lead out of the bundle.
        let canonical = match std::fs::canonicalize(&path) {
            Ok(canonical) => canonical,
            Err(error) if is_absent(&error) => {
                return match std::fs::symlink_metadata(&path) {
                    Ok(_) => refuse("a link to nowhere"),
                    Err(_) => Ok(None),
                };
            }
            Err(error) => return Err(access(error)),
        };
        if !canonical.starts_with(&self.canonical) {
            return refuse("a link that leaves the bundle");
        }
        // Asked before it is opened: opening a pipe would wait for a writer.
        let metadata = std::fs::metadata(&canonical).map_err(access)?;
        if metadata.is_dir() {
            return refuse("a directory");
        }
        if !metadata.is_file() {
            return refuse("not a regular file");
        }
        self.read_open(&canonical, file, &metadata).map(Some)
    }

    /// Looks at a file and the directories on the way to it without following any link.
    fn plain_file(&self, file: &str) -> Plain {
        let parents = file.match_indices('/').filter_map(|(end, _)| file.get(..end));
        for part in parents.chain([file]) {
            match std::fs::symlink_metadata(self.path.join(part)) {
                Ok(metadata) if part == file && metadata.is_file() => return Plain::File(metadata),
                Ok(metadata) if part != file && metadata.is_dir() => {}
                Err(error) if is_absent(&error) => return Plain::Absent,
                _ => return Plain::Unclear,
            }
        }
        Plain::Unclear
    }

    fn read_open(
        &self,
        path: &Path,
        file: &str,
        metadata: &std::fs::Metadata,
    ) -> Result<Vec<u8>, DirectoryError> {
        let shown = self.shown(file);
        let access = |source| DirectoryError::Access { path: shown.clone(), source };
        let limit = MAX_BUNDLE_FILE_BYTES as u64;
        let expected = usize::try_from(metadata.len().min(limit)).unwrap_or_default();
        let mut opened = std::fs::File::open(path).map_err(access)?;
        // Room for one byte more than there should be: the end is there when it stays free, without asking again.
        let mut content = vec![0; expected + 1];
        let first = opened.read(&mut content).map_err(access)?;
        content.truncate(first);
        if first != expected {
            opened.take(limit + 1 - first as u64).read_to_end(&mut content).map_err(access)?;
        }
        if content.len() > MAX_BUNDLE_FILE_BYTES {
            let source = BundleError::FileTooLarge { path: file.to_owned(), limit: MAX_BUNDLE_FILE_BYTES };
            return Err(DirectoryError::Limit { path: shown.clone(), source });
        }
        Ok(content)
    }

    /// All files for which `wanted` says yes, by their path in the bundle; directories it refuses are not entered.
    /// Nothing is read. The order is the order of paths.
    ///
    /// # Errors
    /// [`DirectoryError`] for too many entries, names that are not UTF-8, and links to directories.
    pub fn files(&self, mut wanted: impl FnMut(&str, bool) -> bool) -> Result<Vec<String>, DirectoryError> {
        let mut files = Vec::new();
        let mut directories = vec![String::new()];
        let mut entries = 0;
        while let Some(directory) = directories.pop() {
            let path = self.path.join(&directory);
            let access = |source| DirectoryError::Access { path: self.shown(&directory), source };
            for entry in fs::read_dir(&path).map_err(access)? {
                let entry = entry.map_err(access)?;
                let name = entry.file_name();
                let below = |name: &str| {
                    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
                };
                let Some(name) = name.to_str() else {
                    return Err(DirectoryError::Name(self.shown(&below(&name.to_string_lossy()))));
                };
                let file = below(name);
                let kind = entry.file_type().map_err(access)?;
                if !wanted(&file, kind.is_dir()) {
                    continue;
                }
                entries += 1;
                if entries > MAX_BUNDLE_ENTRIES {
                    let source = BundleError::TooManyEntries(MAX_BUNDLE_ENTRIES);
                    return Err(DirectoryError::Limit { path: self.shown.clone(), source });
                }
                let is_linked_directory =
                    || std::fs::metadata(entry.path()).is_ok_and(|target| target.is_dir());
                if kind.is_dir() {
                    directories.push(file);
                } else if kind.is_symlink() && is_linked_directory() {
                    let kind = "a link to a directory";
                    return Err(DirectoryError::NotAFile { path: self.shown(&file), kind });
                } else {
                    files.push(file);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// Reads `files` into a bundle; files that are not there are left out.
    ///
    /// # Errors
    /// [`DirectoryError`] as for [`read`](Self::read), and for the limits of a whole bundle.
    pub fn load<'a>(&self, files: impl IntoIterator<Item = &'a str>) -> Result<Bundle, DirectoryError> {
        let mut bundle = Bundle::default();
        for file in files {
            if let Some(content) = self.read(file)? {
                self.insert(&mut bundle, file, content)?;
            }
        }
        Ok(bundle)
    }

    /// Adds one file that was read to `bundle`.
    ///
    /// # Errors
    /// [`DirectoryError::Limit`].
    pub fn insert(&self, bundle: &mut Bundle, file: &str, content: Vec<u8>) -> Result<(), DirectoryError> {
        let limit = |source| DirectoryError::Limit { path: self.shown.clone(), source };
        bundle.insert(file, content).map_err(limit)
    }
}

/// What is at a path, seen without following links.
enum Plain {
    /// A regular file.
    File(std::fs::Metadata),
    /// Nothing.
    Absent,
    /// Something that must be looked at closely: a link, a directory, a device, no permission.
    Unclear,
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// What a search for contracts found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Directories that hold a contract, sorted.
    pub bundles: Vec<PathBuf>,
    /// Directories that were looked into and hold none, and the root, in no order: where a contract may come up.
    pub entered: Vec<PathBuf>,
    /// Whether it ended at [`MAX_SEARCH_DIRECTORIES`], so that there may be more.
    pub is_cut: bool,
}

/// Directories below `root` that hold a `pacto.yaml`, at most [`MAX_SEARCH_DEPTH`] levels down, sorted; `limit`
/// bounds how many are returned. A bundle below `root` is not searched further, and hidden directories and dependency folders
/// are not entered.
///
/// # Errors
/// When `root` cannot be read, or there are more than [`MAX_SEARCH_DIRECTORIES`] directories. A directory below it that must
/// not be read is listed, for it may hold a contract.
pub fn find_bundles(root: &Path, limit: usize) -> std::io::Result<Vec<PathBuf>> {
    let Search { bundles: mut found, is_cut, .. } = search(root)?;
    if is_cut {
        return Err(std::io::Error::other(format!(
            "there are more than {MAX_SEARCH_DIRECTORIES} directories in it; name one further down"
        )));
    }
    found.truncate(limit);
    Ok(found)
}

/// As [`find_bundles`], and what was looked into; those nearest to the root come first where there are too many.
///
/// # Errors
/// When `root` cannot be read.
pub fn search(root: &Path) -> std::io::Result<Search> {
    search_some(root, MAX_SEARCH_DIRECTORIES, |_| false)
}

/// Whether there is a contract at or below `root`, within the bounds of a [`search`]; it ends with the first one.
pub fn holds_bundle(root: &Path) -> bool {
    let found = search_some(root, MAX_SEARCH_DIRECTORIES, |found| !found.is_empty());
    found.is_ok_and(|found| !found.bundles.is_empty())
}

/// Searches until `is_enough` after a level, or `most` directories were looked into.
fn search_some(root: &Path, most: usize, is_enough: impl Fn(&[PathBuf]) -> bool) -> std::io::Result<Search> {
    let (is_bundle, mut level) = look_into(root)?;
    let mut found = if is_bundle { vec![root.to_owned()] } else { Vec::new() };
    let mut entered = vec![root.to_owned()];
    let mut left = most.saturating_sub(1);
    let mut is_cut = false;
    for _ in 0..MAX_SEARCH_DEPTH {
        if is_cut || is_enough(&found) {
            break;
        }
        is_cut = level.len() > left;
        level.truncate(left);
        left -= level.len();
        let look = |directory: &PathBuf| {
            let holds_contract = std::fs::symlink_metadata(directory.join(CONTRACT_FILE)).is_ok();
            // What else is in a bundle does not matter.
            if holds_contract {
                return (true, Vec::new());
            }
            match look_into(directory) {
                Ok(found) => found,
                // It may hold a contract; whoever opens it is told that it cannot be read.
                Err(error) => (error.kind() == std::io::ErrorKind::PermissionDenied, Vec::new()),
            }
        };
        let threads = if level.len() < PARALLEL_FROM { 1 } else { parallel::processors() };
        let looked = parallel::map(threads, &level, look);
        let mut next = Vec::new();
        for (directory, (is_bundle, children)) in level.into_iter().zip(looked) {
            // The root of a monorepo may be a bundle itself; below, a bundle holds no other bundles.
            if is_bundle {
                found.push(directory);
            } else {
                entered.push(directory);
                next.extend(children);
            }
        }
        level = next;
    }
    found.sort();
    Ok(Search { bundles: found, entered, is_cut })
}

/// Directories of one level from which on they are looked into by all processors.
const PARALLEL_FROM: usize = 64;

/// Whether a directory holds a contract, and the directories in it that may.
fn look_into(directory: &Path) -> std::io::Result<(bool, Vec<PathBuf>)> {
    let (mut is_bundle, mut children) = (false, Vec::new());
    for entry in std::fs::read_dir(directory)?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        is_bundle |= name == CONTRACT_FILE;
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_directory && is_searched(&name) {
            children.push(entry.path());
        }
    }
    Ok((is_bundle, children))
}

/// Whether a directory of this name is looked into when contracts are searched: hidden ones and folders of
/// dependencies are not.
pub fn is_searched(name: &str) -> bool {
    const NEVER_ENTERED: &[&str] = &["node_modules", "target", "vendor"];
    !name.starts_with('.') && !NEVER_ENTERED.contains(&name)
}

/// `path` without `.` and `..` where that needs no look at the disk.
///
/// ```
/// use std::path::Path;
/// assert_eq!(pacto_oci::directory::normalize(Path::new("a/./b/../c")), Path::new("a/c"));
/// assert_eq!(pacto_oci::directory::normalize(Path::new("../a/..")), Path::new(".."));
/// ```
pub fn normalize(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_search_ends_at_its_bound_with_what_is_nearest() {
        let place = tempfile::tempdir().unwrap();
        for name in ["near", "deep/er/a", "deep/er/b"] {
            std::fs::create_dir_all(place.path().join(name)).unwrap();
            std::fs::write(place.path().join(name).join(CONTRACT_FILE), "x").unwrap();
        }
        // The root, `deep`, `near`, `deep/er`, and the two in it.
        let whole = search_some(place.path(), 6, |_| false).unwrap();
        assert_eq!((whole.bundles.len(), whole.entered.len(), whole.is_cut), (3, 3, false));
        for (most, bundles) in [(5, 2), (4, 1), (3, 1), (1, 0)] {
            let found = search_some(place.path(), most, |_| false).unwrap();
            assert_eq!((found.bundles.len(), found.is_cut), (bundles, true), "{most}");
        }
        assert!(holds_bundle(place.path()) && !holds_bundle(&place.path().join("none")));
    }

    #[test]
    fn a_directory_that_must_not_be_read_is_not_passed_over() {
        let place = tempfile::tempdir().unwrap();
        for name in ["a", "secret"] {
            std::fs::create_dir(place.path().join(name)).unwrap();
            std::fs::write(place.path().join(name).join(CONTRACT_FILE), "x").unwrap();
        }
        let secret = place.path().join("secret");
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
        let found = find_bundles(place.path(), 10).unwrap();
        // The superuser may read everything, and finds it for that reason.
        assert_eq!(found, [place.path().join("a"), secret.clone()]);
        if std::fs::read_dir(&secret).is_err() {
            let error = BundleDirectory::open(&secret, "secret").unwrap_err().to_string();
            assert_eq!(error, "cannot access secret: Permission denied (os error 13)");
        }
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}
