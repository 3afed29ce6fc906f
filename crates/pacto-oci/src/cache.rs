//! Contracts that were fetched before, on disk.
//!
//! An entry is a directory: `<cache>/<registry>/<repository>/<tag>/bundle.tar.gz`, with `/` for every `:` of the
//! reference, as the original lays it out, and beside it `bundle.json` with the digests. What does not match its digest is
//! no entry, so a process that dies between the two files, two processes at once and a hostile file cost a fetch and
//! nothing else. Writing is best effort: without a cache everything works.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fs_err as fs;
use pacto_contract::limits::{MAX_BUNDLE_BYTES, MAX_TAGS};
use serde::{Deserialize, Serialize};

use crate::archive;
use crate::atomic::{self, Readers};

const LAYER: &str = "bundle.tar.gz";
const RECORD: &str = "bundle.json";
/// Largest record that is read, in bytes.
const MAX_RECORD_BYTES: u64 = 64 * 1024;
/// Deepest directory that is searched for entries: a reference has no more parts.
const MAX_DEPTH: usize = 64;

/// The directory of the cache.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
    reads: bool,
}

/// What stands beside the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// `registry/repository:tag` or `registry/repository@digest`.
    #[serde(rename = "ref")]
    reference: String,
    /// Of the manifest.
    digest: String,
    /// Of the bytes.
    layer: String,
    /// When it was made, as its manifest says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
}

/// A contract that was fetched before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// Digest of its manifest; unknown for what the original wrote.
    pub digest: Option<String>,
    /// The packed bundle.
    pub layer: Bytes,
    /// When it was made, as its manifest says: RFC 3339, unchecked.
    pub created: Option<String>,
}

/// An entry, without its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The reference, as far as it is known.
    pub reference: String,
    /// Digest of the manifest, where it is known.
    pub digest: Option<String>,
    /// Bytes on disk.
    pub size: u64,
    directory: PathBuf,
}

impl Cache {
    /// A cache in `directory`, which need not be there. Without `reads` everything is fetched and kept for later.
    pub fn new(directory: impl Into<PathBuf>, reads: bool) -> Self {
        Self { directory: directory.into(), reads }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where a reference lies; `None` for one that would leave the cache.
    fn place(&self, reference: &str) -> Option<PathBuf> {
        let mut place = self.directory.clone();
        for part in reference.split(['/', ':']) {
            if matches!(part, "" | "." | "..") || part.contains(['\\', '\0']) {
                return None;
            }
            place.push(part);
        }
        Some(place)
    }

    /// Whether something lies where a reference does; whether it is whole is seen when it is read.
    pub fn has(&self, reference: &str) -> bool {
        self.reads && self.place(reference).is_some_and(|place| place.join(LAYER).exists())
    }

    /// The contract behind `registry/repository:tag` as it was when it was fetched.
    pub fn get(&self, reference: &str) -> Option<Cached> {
        if !self.reads {
            return None;
        }
        let place = self.place(reference)?;
        let layer = read_limited(&place.join(LAYER), MAX_BUNDLE_BYTES as u64)?;
        let Some(record) = read_record(&place) else {
            // The original keeps no digests.
            return Some(Cached { digest: None, layer: layer.into(), created: None });
        };
        let is_whole = record.reference == reference && record.layer == archive::digest(&layer);
        is_whole.then(|| Cached { digest: Some(record.digest), layer: layer.into(), created: record.created })
    }

    /// The contract with a digest, under whatever tag of `repository` it was fetched.
    pub fn get_digest(&self, repository: &str, digest: &str) -> Option<Cached> {
        let has_digest = |cached: &Cached| cached.digest.as_deref() == Some(digest);
        let direct = self.get(&format!("{repository}@{digest}")).filter(has_digest);
        direct.or_else(|| {
            let tag = self.records(repository).into_iter().find(|record| record.digest == digest)?;
            self.get(&tag.reference).filter(has_digest)
        })
    }

    /// Keeps a contract, with the time at which it was made. What cannot be written is not kept.
    pub fn put(&self, reference: &str, digest: &str, created: Option<&str>, layer: &[u8]) {
        let Some(place) = self.place(reference) else { return };
        let record = Record {
            reference: reference.to_owned(),
            digest: digest.to_owned(),
            layer: archive::digest(layer),
            created: created.map(str::to_owned),
        };
        if let Err(error) = write(&place, &record, layer) {
            tracing::debug!(reference, error = %error, "not kept in the cache");
        }
    }

    /// Tags of `registry/repository` that are in the cache, in text order.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        let prefix = format!("{repository}:");
        let records = if self.reads { self.records(repository) } else { Vec::new() };
        let tags =
            records.into_iter().filter_map(|record| Some(record.reference.strip_prefix(&prefix)?.to_owned()));
        tags.collect()
    }

    /// Records of the tags of a repository, in the order of their directories.
    fn records(&self, repository: &str) -> Vec<Record> {
        let Some(place) = self.place(repository).filter(|_| self.reads) else { return Vec::new() };
        let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
        let mut directories: Vec<PathBuf> =
            entries.flatten().take(MAX_TAGS).map(|entry| entry.path()).collect();
        directories.sort();
        let prefix = format!("{repository}:");
        let records = directories.iter().filter_map(|directory| read_record(directory));
        records.filter(|record| record.reference.starts_with(&prefix)).collect()
    }

    /// Every entry, by reference.
    ///
    /// # Errors
    /// When the directory is there and cannot be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.walk(&self.directory, 0, &mut entries)?;
        entries.sort();
        Ok(entries)
    }

    fn walk(&self, directory: &Path, depth: usize, found: &mut Vec<Entry>) -> io::Result<()> {
        let mut size = None;
        // Another process may remove what was there a moment ago.
        let Some(listed) = there(fs::read_dir(directory))? else { return Ok(()) };
        for entry in listed {
            let Some(entry) = there(entry)? else { continue };
            let Some(kind) = there(entry.file_type())? else { continue };
            if kind.is_dir() && depth < MAX_DEPTH {
                self.walk(&entry.path(), depth + 1, found)?;
            } else if kind.is_file() && [LAYER, RECORD].iter().any(|name| entry.file_name() == *name) {
                let metadata = there(entry.metadata())?;
                *size.get_or_insert(0) += metadata.map_or(0, |metadata| metadata.len());
            }
        }
        let Some(size) = size else { return Ok(()) };
        let record = read_record(directory);
        let shown =
            || directory.strip_prefix(&self.directory).unwrap_or(directory).to_string_lossy().into_owned();
        found.push(Entry {
            reference: record.as_ref().map_or_else(shown, |record| record.reference.clone()),
            digest: record.map(|record| record.digest),
            size,
            directory: directory.to_owned(),
        });
        Ok(())
    }

    /// Removes an entry, with what writers that died have left in it, and the directories that are empty then. Files of
    /// anybody else stay.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn remove(&self, entry: &Entry) -> io::Result<()> {
        let Some(listed) = there(fs::read_dir(&entry.directory))? else { return Ok(()) };
        for file in listed {
            let Some(file) = there(file)? else { continue };
            let name = file.file_name();
            let is_ours = name == LAYER || name == RECORD || atomic::is_leftover(&name);
            if is_ours && there(file.file_type())?.is_some_and(|kind| kind.is_file()) {
                there(fs::remove_file(file.path()))?;
            }
        }
        let mut directory = entry.directory.as_path();
        // A directory that is not empty stops this.
        while directory != self.directory && fs::remove_dir(directory).is_ok() {
            let Some(parent) = directory.parent() else { break };
            directory = parent;
        }
        Ok(())
    }
}

/// What is there; nothing for what is not, or not any more.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

fn read_record(directory: &Path) -> Option<Record> {
    serde_json::from_slice(&read_limited(&directory.join(RECORD), MAX_RECORD_BYTES)?).ok()
}

/// A regular file that is not larger than `limit`.
fn read_limited(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > limit {
        return None;
    }
    fs::read(path).ok()
}

fn write(place: &Path, record: &Record, layer: &[u8]) -> io::Result<()> {
    atomic::create_private_directories(place)?;
    // A record that is older than the bytes does not match them, which makes them no entry.
    atomic::replace(&place.join(LAYER), layer, Readers::Owner)?;
    atomic::replace(&place.join(RECORD), &serde_json::to_vec(record)?, Readers::Owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = "r.example:5000/acme/cart:1.0.0";

    fn cache() -> (tempfile::TempDir, Cache) {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path().join("oci"), true);
        (directory, cache)
    }

    fn digest(letter: &str) -> String {
        format!("sha256:{}", letter.repeat(64))
    }

    #[test]
    fn keeps_what_was_fetched_where_the_original_looks() {
        let (_directory, cache) = cache();
        assert_eq!(cache.get(REFERENCE), None);
        cache.put(REFERENCE, &digest("a"), Some("2026-01-02T03:04:05Z"), b"layer");
        assert!(cache.directory().join("r.example/5000/acme/cart/1.0.0/bundle.tar.gz").is_file());
        let created = Some("2026-01-02T03:04:05Z".to_owned());
        let cached = Cached { digest: Some(digest("a")), layer: Bytes::from_static(b"layer"), created };
        assert_eq!(cache.get(REFERENCE), Some(cached.clone()));
        assert_eq!(cache.get_digest("r.example:5000/acme/cart", &digest("a")), Some(cached.clone()));
        assert_eq!(cache.get_digest("r.example:5000/acme/cart", &digest("b")), None);
        assert_eq!(cache.tags("r.example:5000/acme/cart"), ["1.0.0"]);
        // The same path, another reference.
        assert_eq!(cache.get("r.example/5000/acme/cart:1.0.0"), None);
        assert!(cache.tags("r.example/5000/acme/cart").is_empty());
        let cold = Cache::new(cache.directory(), false);
        assert_eq!((cold.get(REFERENCE), cold.tags("r.example:5000/acme/cart")), (None, vec![]));
        let fixed = format!("r.example/a@{}", digest("c"));
        cache.put(&fixed, &digest("c"), None, b"other");
        assert!(cache.directory().join("r.example/a@sha256").join("c".repeat(64)).is_dir());
        assert!(cache.get_digest("r.example/a", &digest("c")).is_some());
    }

    #[test]
    fn what_was_changed_is_no_entry() {
        let (_directory, cache) = cache();
        let place = cache.place(REFERENCE).unwrap();
        let check = |spoil: &dyn Fn()| {
            cache.put(REFERENCE, &digest("a"), None, b"layer");
            assert!(cache.get(REFERENCE).is_some());
            spoil();
            cache.get(REFERENCE)
        };
        assert_eq!(check(&|| fs::write(place.join(LAYER), b"evil").unwrap()), None);
        assert_eq!(check(&|| fs::remove_file(place.join(LAYER)).unwrap()), None);
        let record =
            Record { reference: REFERENCE.into(), digest: digest("b"), layer: digest("b"), created: None };
        let record = serde_json::to_vec(&record).unwrap();
        assert_eq!(check(&|| fs::write(place.join(RECORD), &record).unwrap()), None);
        // Without a record it is what the original leaves behind: usable where nothing else is, never for a digest.
        let old = check(&|| fs::write(place.join(RECORD), "{").unwrap()).unwrap();
        assert_eq!(old.digest, None);
        #[cfg(unix)]
        {
            let linked = || {
                fs::remove_file(place.join(LAYER)).unwrap();
                std::os::unix::fs::symlink("/dev/zero", place.join(LAYER)).unwrap();
            };
            assert_eq!(check(&linked), None);
        }
    }

    #[test]
    fn nothing_leaves_the_cache() {
        let (directory, cache) = cache();
        for reference in
            ["../x:1", "a/../../x:1", "/etc/x:1", "a//b:1", "a\\b:1", "a:..", "r/a@sha256:../../x"]
        {
            cache.put(reference, &digest("a"), None, b"layer");
            assert_eq!(cache.get(reference), None, "{reference}");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn is_cleaned_of_what_is_its_own() {
        let (_directory, cache) = cache();
        assert_eq!(cache.entries().unwrap(), []);
        cache.put(REFERENCE, &digest("a"), None, b"layer");
        cache.put("r.example/b:2", &digest("b"), None, b"layer");
        let place = cache.place(REFERENCE).unwrap();
        fs::write(place.join(".pacto-tmp-left"), b"x").unwrap();
        fs::write(cache.directory().join("notes.txt"), b"x").unwrap();
        let entries = cache.entries().unwrap();
        let shown: Vec<_> = entries.iter().map(|entry| (entry.reference.as_str(), entry.size > 5)).collect();
        assert_eq!(shown, [("r.example/b:2", true), (REFERENCE, true)]);
        for entry in &entries {
            cache.remove(entry).unwrap();
        }
        let left: Vec<_> =
            fs::read_dir(cache.directory()).unwrap().flatten().map(|file| file.file_name()).collect();
        assert_eq!(left, ["notes.txt"]);
    }

    #[test]
    #[cfg(unix)]
    fn is_private_and_does_without_a_disk() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, cache) = cache();
        cache.put(REFERENCE, &digest("a"), None, b"layer");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = cache.place(REFERENCE).unwrap();
        assert_eq!((mode(&place), mode(&place.join(LAYER)), mode(cache.directory())), (0o700, 0o600, 0o700));
        let nowhere = Cache::new("/proc/no/such", true);
        nowhere.put(REFERENCE, &digest("a"), None, b"layer");
        assert_eq!((nowhere.get(REFERENCE), nowhere.entries().unwrap()), (None, vec![]));
    }
}
