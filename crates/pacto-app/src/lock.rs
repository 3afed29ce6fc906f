//! `pacto lock`, and what a lock means for the other commands.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pacto_contract::overrides::Overrides;
use pacto_contract::{Bundle, Code, Diagnostic, Pointer, Reference};
use pacto_engine::graph::{GraphOptions, GraphService};
use pacto_engine::library::{Origin, Request, Resolved};
use pacto_engine::lock::{Described, LOCK_FILE, Lock, LockFile, LockSource, Pin, Pins, build, path_from};
use pacto_oci::archive;
use pacto_oci::artifact::Artifact;
use pacto_oci::atomic::{self, Readers};
use pacto_oci::directory::BundleDirectory;
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use crate::pack::{local_directory, whole_bundle};
use crate::registries::Place;
use crate::{AppError, Context, graph};

/// What to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory of the contract.
    pub directory: String,
    /// Compare, and write nothing.
    pub check: bool,
    /// What is resolved anew.
    pub update: Update,
    /// Version of this program, which the lock names.
    pub writer: String,
}

/// What is resolved anew; the rest stays as it is locked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Update {
    /// What is not locked yet.
    #[default]
    New,
    /// Everything.
    All,
    /// What has this name.
    Name(String),
}

/// What became of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It is as it should be.
    UpToDate,
    /// It was written.
    Written,
    /// It is not as it should be; the findings say why.
    Outdated,
    /// It cannot be made; the findings say why.
    Failed,
}

/// A lock that was made or checked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The file.
    pub path: String,
    /// What became of it.
    pub status: Status,
    /// Number of locked dependencies.
    pub dependencies: usize,
    /// Number of locked configurations and policies.
    pub references: usize,
    /// What is wrong.
    pub findings: Vec<Diagnostic>,
}

/// Makes or checks the lock of a contract.
///
/// # Errors
/// [`AppError`]: no such directory, no readable contract, no registry where one must be asked.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let directory = local_directory(&options.directory, "lock")?;
    let root = load(context, &directory, &Overrides::default(), Scope::Contract)?;
    let path = name_of(&root);
    let outcome = |status, lock: Option<&Lock>, findings| Outcome {
        path: path.clone(),
        status,
        dependencies: lock.map_or(0, |lock| lock.dependencies.len()),
        references: lock.map_or(0, |lock| lock.references.len()),
        findings,
    };
    let existing = match beside(&root) {
        Ok(existing) => existing,
        Err(_) if options.update == Update::All && !options.check => None,
        Err(finding) => return Ok(outcome(Status::Failed, None, vec![*finding])),
    };
    let known = existing.as_ref().map(|file| &file.lock);
    if options.check && known.is_none() {
        let message = format!("{path} is not there");
        let finding = Diagnostic::new(Code::LockMissing, &Pointer::root(), message);
        return Ok(outcome(Status::Outdated, None, vec![finding.with_help("run `pacto lock`")]));
    }
    let kept = kept(known, options)?;
    if let Some(file) = existing.as_ref().filter(|_| !options.check && options.update == Update::New) {
        // What was locked is not there any more, so it cannot be kept.
        let findings = folder_drift(context, file);
        if !findings.is_empty() {
            return Ok(outcome(Status::Failed, known, findings));
        }
    }
    let resolved = graph::resolve_pinned(
        context,
        &root,
        (&options.directory, GraphOptions { references: true, only_references: false }),
        &kept.as_ref().map_or_else(Pins::none, |lock| lock.pins(&root.origin)),
    );
    let describe = |service: &GraphService| describe(context, &root, service);
    let fresh = match build(&resolved, &options.writer, &describe) {
        Ok(fresh) => fresh,
        Err(findings) => return Ok(outcome(Status::Failed, known, findings)),
    };
    if let Some(file) = existing.as_ref().filter(|_| options.check) {
        let mut findings = file.consistency();
        findings.extend(file.differences(&fresh));
        findings.extend(file.drift(|path| content_at(context, &root, path)));
        findings.extend(folder_drift(context, file));
        let heads = heads(context, &root, &fresh, &file.lock)?;
        findings.extend(file.moved(|reference, pin| {
            // What is not needed any more was said to be stale.
            let asked = heads.get(&(reference.to_owned(), pin.version.clone())).cloned();
            asked.unwrap_or_else(|| pin.digest.clone())
        }));
        let status = if findings.is_empty() { Status::UpToDate } else { Status::Outdated };
        return Ok(outcome(status, known, findings));
    }
    let text = fresh.to_yaml();
    let Origin::Directory(place) = &root.origin else {
        return Err(AppError::Usage("lock needs a local directory".to_owned()));
    };
    let target = Path::new(place).join(LOCK_FILE);
    let is_file = target.symlink_metadata().is_ok_and(|there| there.is_file());
    if is_file && std::fs::read(&target).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(outcome(Status::UpToDate, Some(&fresh), Vec::new()));
    }
    atomic::write(&target, text.as_bytes(), Readers::All)
        .map_err(|source| AppError::File { path: target, source })?;
    Ok(outcome(Status::Written, Some(&fresh), Vec::new()))
}

/// The part of the lock that is not resolved anew.
fn kept(known: Option<&Lock>, options: &Options) -> Result<Option<Lock>, AppError> {
    let Some(known) = known else {
        return match &options.update {
            Update::Name(name) => {
                Err(AppError::Usage(format!("there is no {LOCK_FILE} yet that names {name:?}")))
            }
            _ => Ok(None),
        };
    };
    match &options.update {
        _ if options.check => Ok(Some(known.clone())),
        Update::New => Ok(Some(known.clone())),
        Update::All => Ok(None),
        Update::Name(name) if known.names(name) => Ok(Some(known.clone().without(name))),
        Update::Name(name) => {
            let mut names: Vec<&str> = known.dependencies.iter().map(|entry| entry.name.as_str()).collect();
            names.extend(known.references.iter().map(|entry| entry.name.as_str()));
            names.dedup();
            let there = names.join(", ");
            Err(AppError::Usage(format!("{LOCK_FILE} names no {name:?}; it names {there}")))
        }
    }
}

/// The lock beside a contract of this machine, if there is one.
///
/// # Errors
/// One `LOCK_UNREADABLE`.
pub fn beside(root: &Resolved) -> Result<Option<LockFile>, Box<Diagnostic>> {
    let Origin::Directory(directory) = &root.origin else { return Ok(None) };
    let name = name_of(root);
    let path = Path::new(directory).join(LOCK_FILE);
    let limit = pacto_contract::limits::MAX_BUNDLE_FILE_BYTES as u64;
    match std::fs::symlink_metadata(&path) {
        Ok(there) if !there.is_file() || there.len() > limit => {
            let message = format!("{name} is no regular file, or larger than {limit} bytes");
            let finding = Diagnostic::new(Code::LockUnreadable, &Pointer::root(), message);
            Err(Box::new(finding.with_help("remove it, or replace it with `pacto lock --update`")))
        }
        Ok(_) => match std::fs::read(&path) {
            Ok(bytes) => LockFile::parse(&name, &bytes).map(Some),
            Err(error) => {
                let message = format!("{name}: {error}");
                Err(Box::new(Diagnostic::new(Code::LockUnreadable, &Pointer::root(), message)))
            }
        },
        Err(_) => Ok(None),
    }
}

/// The lock of a contract as the user would call it.
fn name_of(root: &Resolved) -> String {
    let contract = root.document.source.name();
    let end = contract.rfind('/').map_or(0, |slash| slash + 1);
    format!("{}{LOCK_FILE}", contract.get(..end).unwrap_or_default())
}

/// What a lock says about the contract that it lies beside, without asking a registry.
fn findings(context: &Context, file: &LockFile, root: &Resolved) -> Vec<Diagnostic> {
    let mut findings = file.consistency();
    findings.extend(file.missing(&root.document, &root.origin));
    findings.extend(file.drift(|path| content_at(context, root, path)));
    findings.extend(folder_drift(context, file));
    findings
}

/// What is not as it was locked in folders that stand in for registries: they have no digests that could be asked for.
fn folder_drift(context: &Context, file: &LockFile) -> Vec<Diagnostic> {
    file.moved(|reference, pin| {
        let as_locked = || pin.digest.clone();
        let Ok(Reference::Oci(mut oci)) = Reference::parse(reference) else { return as_locked() };
        if !matches!(context.sources.registries.place(&oci), Ok(Place::Folder(_))) {
            return as_locked();
        }
        oci.tag.get_or_insert_with(|| pin.version.clone());
        oci.digest = None;
        let request = Request { base: String::new(), reference: Reference::Oci(oci), constraint: None };
        let found = context.sources.answer(&request).ok()?;
        folder_digest(context, &found.identity)
    })
}

/// What the lock beside a contract fixes, and what is wrong with it.
pub(crate) fn pins_of(context: &Context, root: &Resolved) -> (Pins, Vec<Diagnostic>) {
    match beside(root) {
        Ok(None) => (Pins::none(), Vec::new()),
        Ok(Some(file)) => (file.lock.pins(&root.origin), findings(context, &file, root)),
        Err(finding) => (Pins::none(), vec![*finding]),
    }
}

/// A request as the lock fixes it.
pub(crate) fn fixed(request: &Request, pins: &Pins) -> Request {
    pins.fixed(request).unwrap_or_else(|| request.clone())
}

/// What a service of the closure is.
fn describe(context: &Context, root: &Resolved, service: &GraphService) -> Result<Described, String> {
    let version = service.version().to_owned();
    match &service.resolved.origin {
        origin @ Origin::Directory(directory) => {
            let path = path_from(&root.origin, origin).unwrap_or_else(|| directory.clone());
            let hash = content_hash(context, Path::new(directory)).ok_or("its files cannot be read")?;
            Ok((LockSource::Local, path, Pin { version, digest: None, content_hash: Some(hash) }))
        }
        Origin::Registry(identity) => {
            let (version, digest) = match context.sources.pulled_as(identity) {
                Some((tag, digest)) => (tag.unwrap_or(version), digest),
                None => (version, folder_digest(context, identity).ok_or("its digest is not known")?),
            };
            if !digest.starts_with("sha256:") {
                return Err("its digest is not known; fetch it from the registry once".to_owned());
            }
            Ok((LockSource::Oci, String::new(), Pin { version, digest: Some(digest), content_hash: None }))
        }
    }
}

/// The digest that a bundle of a folder mirror would have in a registry.
fn folder_digest(context: &Context, identity: &str) -> Option<String> {
    let directory = context.sources.directory_of(identity)?;
    let (resolved, bundle) = whole(context, &directory)?;
    Artifact::new(&bundle, &resolved.document.contract).ok().map(|artifact| artifact.digest)
}

/// The content of a contract of this machine, seen from the directory of the lock.
fn content_at(context: &Context, root: &Resolved, path: &str) -> Option<String> {
    let Origin::Directory(directory) = &root.origin else { return None };
    content_hash(context, &Path::new(directory).join(path))
}

/// Digest of the files that `pacto pack` would pack, but for locks, at any depth: another lock is not another contract.
fn content_hash(context: &Context, directory: &Path) -> Option<String> {
    let (_, bundle) = whole(context, directory)?;
    let mut files = Bundle::default();
    for (path, bytes) in bundle.iter().filter(|(path, _)| path.rsplit('/').next() != Some(LOCK_FILE)) {
        files.insert(path, bytes.to_vec()).ok()?;
    }
    archive::pack(&files).ok().map(|packed| archive::digest(&packed))
}

fn whole(context: &Context, directory: &Path) -> Option<(std::sync::Arc<Resolved>, Bundle)> {
    let directory = directory.to_str()?;
    BundleDirectory::open(Path::new(directory), directory).ok()?;
    let resolved = load(context, directory, &Overrides::default(), Scope::Contract).ok()?;
    let bundle = whole_bundle(context, directory, &resolved, Path::new("")).ok()?;
    Some((resolved, bundle))
}

/// The digests behind everything in a lock that lies in registries, by reference and version.
fn heads(
    context: &Context,
    root: &Resolved,
    fresh: &Lock,
    lock: &Lock,
) -> Result<HashMap<(String, String), Option<String>>, AppError> {
    let registries = &context.sources.registries;
    let base = match &root.origin {
        Origin::Directory(directory) => directory.as_str(),
        Origin::Registry(_) => "",
    };
    let dependencies = lock.dependencies.iter().map(|entry| (&entry.target, &entry.pin));
    let references = lock.references.iter().map(|entry| (&entry.target, &entry.pin));
    let mut heads = HashMap::new();
    let mut waiting = FuturesUnordered::new();
    // Only what the contract leads to is asked for, not what else the file may name.
    let needed = fresh.dependencies.iter().map(|entry| &entry.target);
    let needed: BTreeSet<_> = needed.chain(fresh.references.iter().map(|entry| &entry.target)).collect();
    for (target, pin) in dependencies.chain(references).filter(|(target, _)| needed.contains(target)) {
        let (Some(written), Some(digest)) = (&target.reference, &pin.digest) else { continue };
        let key = (written.clone(), pin.version.clone());
        if heads.contains_key(&key) {
            continue;
        }
        let (store, version) = match Reference::parse(written) {
            Ok(Reference::Oci(oci)) => match registries.place(&oci)? {
                Place::Store(store) => {
                    (store, head_of(oci.tag, oci.digest.map(|found| found.to_string()), pin))
                }
                // A folder has no tags that move.
                Place::Folder(_) => {
                    heads.insert(key, Some(digest.clone()));
                    continue;
                }
            },
            Ok(Reference::Layout(layout)) => {
                let version =
                    head_of(layout.tag.clone(), layout.digest.as_ref().map(ToString::to_string), pin);
                (registries.layout(base, &layout), version)
            }
            _ => continue,
        };
        heads.insert(key.clone(), None);
        waiting.push(async move { (key, store.head(&version).await) });
    }
    registries.block_on(async {
        while let Some((key, digest)) = waiting.next().await {
            heads.insert(key, digest?);
        }
        Ok(heads)
    })
}

/// What to ask for: the digest or tag that is declared, else the tag that was chosen.
fn head_of(tag: Option<String>, digest: Option<String>, pin: &Pin) -> String {
    // What is no tag is asked for by its digest: a lock may come from anybody.
    let chosen = || Reference::parse(&format!("oci://lock.example/x:{}", pin.version)).is_ok();
    let tag = tag.or_else(|| chosen().then(|| pin.version.clone()));
    digest.or(tag).or_else(|| pin.digest.clone()).unwrap_or_default()
}
