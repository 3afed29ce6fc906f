//! `pacto pull`: a contract from a registry or an image layout into a directory.
//!
//! What was written is recorded with its digests. The next pull replaces what is still as it was written; what somebody
//! changed is left alone until it is told otherwise, and what it did not write it does not touch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::{Bundle, ContractDocument, Reference};
use pacto_oci::archive::digest;
use pacto_oci::atomic::{self, Readers};
use pacto_oci::store::{Pulled, Store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::shown;
use crate::registries::Place;
use crate::write::is_service_name;
use crate::{AppError, Context};

/// The record of a pull, in the directory that was pulled into. It is never packed.
pub const RECORD: &str = ".pacto-pull.json";
/// Most files that a message names.
const MAX_NAMED: usize = 10;

/// What to pull, and where to.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `oci://…` or `oci-layout://…`.
    pub reference: String,
    /// Directory to write; the name of the service without it.
    pub output: Option<PathBuf>,
    /// Overwrite files that somebody changed.
    pub force: bool,
}

/// What was pulled.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Registry, repository and version.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The directory.
    pub output: String,
    /// Digest of the manifest.
    pub digest: String,
    /// Name of the service.
    pub name: String,
    /// Version of the contract.
    pub version: String,
    /// Files that the directory has from the contract.
    pub files: Vec<String>,
    /// Files of an earlier pull that are not part of this contract any more, and were as they had been written.
    pub removed: Vec<String>,
    /// Files of an earlier pull that are not part of this contract any more, and were changed since: they stay.
    pub kept: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    #[serde(rename = "ref")]
    reference: String,
    digest: String,
    /// Digest of each file as it was written.
    files: BTreeMap<String, String>,
    /// Digests of each file that pulls were about to write when they ended before their time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pending: BTreeMap<String, BTreeSet<String>>,
}

impl Record {
    /// Whether a pull wrote this content, or was about to.
    fn wrote(&self, path: &str, digest: &str) -> bool {
        self.files.get(path).is_some_and(|written| written == digest)
            || self.pending.get(path).is_some_and(|pending| pending.contains(digest))
    }
}

/// Fetches and writes.
///
/// # Errors
/// [`AppError::Registry`]; [`AppError::Exists`] for files that would lose changes; [`AppError::File`].
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let (reference, pulled) = fetch(context, &options.reference)?;
    let text = pulled.bundle.get(CONTRACT_FILE).unwrap_or_default();
    let document = ContractDocument::parse(CONTRACT_FILE, text);
    let document = document
        .map_err(|failure| AppError::Contract { path: reference.clone(), failure: Box::new(failure) })?;
    let service = &document.contract.service;
    let output = match &options.output {
        Some(output) => output.clone(),
        None if is_service_name(&service.name) => PathBuf::from(&service.name),
        None => {
            let name = shown(&service.name);
            return Err(AppError::Usage(format!(
                "service name {name:?} cannot be a directory; name one with -o"
            )));
        }
    };
    if let Some((path, _)) = pulled.bundle.iter().find(|(path, _)| is_obeyed(path)) {
        return Err(AppError::Usage(format!("the contract holds {path:?}, which is not written")));
    }
    let directory = context.directory.join(&output);
    let record = read_record(&directory)?;
    let plan = Plan::new(&directory, &record, &pulled.bundle)?;
    if !plan.changed.is_empty() && !options.force {
        let named: Vec<&str> = plan.changed.iter().take(MAX_NAMED).map(String::as_str).collect();
        let dots = if plan.changed.len() > MAX_NAMED { ", …" } else { "" };
        return Err(AppError::Exists(format!(
            "{} in {} would be overwritten and {} not as a pull wrote: {}{dots}; use --force to overwrite",
            if plan.changed.len() == 1 {
                "a file".to_owned()
            } else {
                format!("{} files", plan.changed.len())
            },
            output.display(),
            if plan.changed.len() == 1 { "is" } else { "are" },
            named.join(", ")
        )));
    }
    let files: BTreeMap<String, String> =
        pulled.bundle.iter().map(|(path, content)| (path.to_owned(), digest(content))).collect();
    // If this ends half-way, the next pull still knows which files it may replace.
    let mut pending = record.pending;
    for (path, digest) in &files {
        pending.entry(path.clone()).or_default().insert(digest.clone());
    }
    write_record(&directory, &Record { pending, ..record })?;
    // First what goes: a file may stand where a directory is to be, and the other way round.
    for path in &plan.removed {
        remove(&directory, path)?;
    }
    for (path, content) in pulled.bundle.iter() {
        write(&directory, path, content)?;
    }
    let names = files.keys().cloned().collect();
    let (reference_now, digest_now, pending) = (reference.clone(), pulled.digest.clone(), BTreeMap::new());
    write_record(&directory, &Record { reference: reference_now, digest: digest_now, files, pending })?;
    Ok(Outcome {
        reference,
        output: output.display().to_string(),
        digest: pulled.digest,
        name: service.name.clone(),
        version: service.version.clone(),
        files: names,
        removed: plan.removed,
        kept: plan.kept,
    })
}

fn write_record(directory: &Path, record: &Record) -> Result<(), AppError> {
    let text = serde_json::to_string_pretty(record).unwrap_or_default();
    write(directory, RECORD, format!("{text}\n").as_bytes())
}

fn fetch(context: &Context, reference: &str) -> Result<(String, Pulled), AppError> {
    let registries = &context.sources.registries;
    let refuse =
        || AppError::Usage(format!("pull requires an OCI reference (oci://...): got {:?}", shown(reference)));
    if !reference.contains("://") {
        return Err(refuse());
    }
    let parsed = Reference::parse(reference)
        .map_err(|error| AppError::Usage(format!("{:?}: {error}", shown(reference))))?;
    registries.trust(&parsed);
    let (store, version) = match &parsed {
        Reference::Local(_) => return Err(refuse()),
        Reference::Oci(oci) => match registries.place(oci)? {
            Place::Store(store) => (store, (oci.tag.clone(), oci.digest.clone())),
            Place::Folder(folder) => {
                let message = format!("{oci} is the folder {} here; copy it from there", folder.display());
                return Err(AppError::Usage(message));
            }
        },
        Reference::Layout(layout) => {
            (registries.layout("", layout), (layout.tag.clone(), layout.digest.clone()))
        }
    };
    let pull = async |store: &Store<'_>| {
        let version = (version.0.as_deref(), version.1.as_ref());
        let version = registries.version(store, version, None).await?;
        Ok::<_, AppError>((
            store.reference(&version),
            registries.pull_as(store, &version, |bundle| bundle).await?,
        ))
    };
    registries.block_on(pull(&store))
}

fn read_record(directory: &Path) -> Result<Record, AppError> {
    let path = directory.join(RECORD);
    let limit = pacto_contract::limits::MAX_BUNDLE_FILE_BYTES as u64;
    if path.symlink_metadata().is_ok_and(|there| !there.is_file() || there.len() > limit) {
        let problem = "not a record of a pull; remove it, and pull with --force";
        return Err(AppError::File { path, source: std::io::Error::other(problem) });
    }
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            let problem = format!("not a record of a pull: {error}; remove it, and pull with --force");
            AppError::File { path, source: std::io::Error::new(std::io::ErrorKind::InvalidData, problem) }
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Record::default()),
        Err(source) => Err(AppError::File { path, source }),
    }
}

/// What a pull would do to a directory.
struct Plan {
    /// Files that would be overwritten and hold what no pull wrote.
    changed: Vec<String>,
    removed: Vec<String>,
    kept: Vec<String>,
}

impl Plan {
    fn new(directory: &Path, record: &Record, bundle: &Bundle) -> Result<Self, AppError> {
        let mut plan = Self { changed: Vec::new(), removed: Vec::new(), kept: Vec::new() };
        let known: BTreeSet<&String> = record.files.keys().chain(record.pending.keys()).collect();
        let gone = known.into_iter().filter(|path| !bundle.contains(path));
        for path in gone.filter(|path| pacto_contract::bundle::is_bundle_path(path)) {
            match found(directory, path)? {
                Some(found) if record.wrote(path, &found) => plan.removed.push(path.clone()),
                Some(_) => plan.kept.push(path.clone()),
                None => {}
            }
        }
        for (path, content) in bundle.iter() {
            if plan.makes_room(directory, path) {
                continue;
            }
            let there = found(directory, path)?;
            let is_ours = |found: &String| record.wrote(path, found) || *found == digest(content);
            if there.as_ref().is_some_and(|found| !is_ours(found)) {
                plan.changed.push(path.to_owned());
            }
        }
        Ok(plan)
    }

    /// Whether a path is free once everything is removed that goes: a file where a directory is to be, or a directory of
    /// such files where a file is to be.
    fn makes_room(&self, directory: &Path, path: &str) -> bool {
        let mut above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        if above.any(|parent| self.removed.iter().any(|removed| removed == parent)) {
            return true;
        }
        let full = directory.join(path);
        let below = format!("{path}/");
        let going = self.removed.iter().filter(|removed| removed.starts_with(&below)).count();
        going > 0 && full.symlink_metadata().is_ok_and(|there| there.is_dir()) && files_below(&full) == going
    }
}

/// How many files a directory holds, at any depth; as many as cannot be if it cannot be read.
fn files_below(directory: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else { return usize::MAX };
    let count = |entry: std::io::Result<std::fs::DirEntry>| match entry {
        Ok(entry) if entry.file_type().is_ok_and(|kind| kind.is_dir()) => files_below(&entry.path()),
        Ok(_) => 1,
        Err(_) => usize::MAX,
    };
    entries.map(count).fold(0, usize::saturating_add)
}

/// Whether a path of a bundle is one that other programs would obey: what `git` finds in a directory `.git` it runs. The
/// record of pulls is not the contract's to write either.
fn is_obeyed(path: &str) -> bool {
    path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) || path == RECORD
}

/// Removes a file, and the directories that are empty then.
fn remove(directory: &Path, path: &str) -> Result<(), AppError> {
    let full = directory.join(path);
    std::fs::remove_file(&full).map_err(|source| AppError::File { path: full.clone(), source })?;
    let mut above = full.parent();
    while let Some(parent) = above.filter(|parent| *parent != directory && parent.starts_with(directory)) {
        // A directory that holds something else stays.
        if std::fs::remove_dir(parent).is_err() {
            break;
        }
        above = parent.parent();
    }
    Ok(())
}

/// The digest of a file, if there is one. A link or a directory has one that no file has.
fn found(directory: &Path, path: &str) -> Result<Option<String>, AppError> {
    safe(directory, path)?;
    let full = directory.join(path);
    match full.symlink_metadata() {
        Ok(there) if there.is_file() => {
            let content = std::fs::read(&full).map_err(|source| AppError::File { path: full, source })?;
            Ok(Some(digest(&content)))
        }
        Ok(_) => Ok(Some(String::new())),
        Err(_) => Ok(None),
    }
}

/// Refuses a path that leads through a link: it would end elsewhere.
fn safe(directory: &Path, path: &str) -> Result<(), AppError> {
    let parents = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
    for parent in parents {
        let full = directory.join(parent);
        if full.symlink_metadata().is_ok_and(|there| !there.is_dir()) {
            let source = std::io::Error::other("not a directory; a pull writes through no link");
            return Err(AppError::File { path: full, source });
        }
    }
    Ok(())
}

/// Writes a file of the bundle in one step. A link in its place is replaced, not followed. Nobody waits for the disk: what
/// is lost with the power can be pulled again, and the record tells.
fn write(directory: &Path, path: &str, content: &[u8]) -> Result<(), AppError> {
    safe(directory, path)?;
    let full = directory.join(path);
    let parent = full.parent().unwrap_or(directory);
    let written =
        std::fs::create_dir_all(parent).and_then(|()| atomic::replace(&full, content, Readers::All));
    written.map_err(|source| AppError::File { path: full.clone(), source })
}
