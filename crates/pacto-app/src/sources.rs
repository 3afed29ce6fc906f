//! Answers to requests for contracts: directories, folders of bundles, registries.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::overrides::Overrides;
use pacto_contract::reference::OciReference;
use pacto_contract::{Bundle, ContractDocument, Diagnostic, Reference, VersionRange};
use pacto_engine::graph::{Ask, Resolver};
use pacto_engine::library::{Answer, Library, Origin, Request, Resolved, Unresolved};
use pacto_engine::lock::Pins;
use pacto_oci::directory::BundleDirectory;
use pacto_oci::folder::{Folder, FolderError};
use tokio::sync::OnceCell;

use crate::load::{Scope, local_directory, read};
use crate::lock::fixed;
use crate::registries::{Place, Registries, unresolved};

/// Looks contracts up, each once.
#[derive(Debug)]
pub struct Sources {
    directory: PathBuf,
    /// Registries, image layouts and mirrors.
    pub registries: Registries,
    folders: Mutex<HashMap<PathBuf, Arc<IndexedFolder>>>,
    answers: Mutex<HashMap<Request, Answer>>,
    /// By identity, so that one contract under two requests is one value.
    contracts: Mutex<HashMap<String, Arc<Resolved>>>,
    /// Contracts from registries by identity, each pulled once.
    pulls: Mutex<HashMap<String, Arc<OnceCell<Answer>>>>,
    /// Tag, where there was one, and digest of what was pulled, by identity.
    digests: Mutex<HashMap<String, (Option<String>, String)>>,
    /// Directories of what folders answered, by identity.
    directories: Mutex<HashMap<String, PathBuf>>,
}

type IndexedFolder = OnceLock<Result<Folder, String>>;

impl Sources {
    pub(crate) fn new(directory: PathBuf, registries: Registries) -> Self {
        Self {
            directory,
            registries,
            folders: Mutex::default(),
            answers: Mutex::default(),
            contracts: Mutex::default(),
            pulls: Mutex::default(),
            digests: Mutex::default(),
            directories: Mutex::default(),
        }
    }

    /// The tag, where there was one, and the digest of a contract that was pulled.
    pub(crate) fn pulled_as(&self, identity: &str) -> Option<(Option<String>, String)> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).get(identity).cloned()
    }

    /// The directory of a contract that a folder answered with.
    pub(crate) fn directory_of(&self, identity: &str) -> Option<PathBuf> {
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).get(identity).cloned()
    }

    /// The contract behind a request. The answer of the first call is the answer of all.
    ///
    /// # Errors
    /// [`Unresolved`].
    pub fn answer(&self, request: &Request) -> Answer {
        match self.known(request) {
            Some(answer) => answer,
            None if self.needs_network(request) => self.registries.block_on(self.fetch(request)),
            None => self.keep(request, self.beside(request)),
        }
    }

    /// Supplies everything that `library` wants, as `pins` fix it.
    pub fn supply(&self, library: &mut Library, pins: &Pins) {
        let wanted: Vec<_> =
            library.take_wanted().into_iter().map(|request| (fixed(&request, pins), request)).collect();
        self.prefetch(wanted.iter().map(|(fixed, _)| fixed));
        for (fixed, request) in wanted {
            let answer = self.answer(&fixed);
            library.supply(request, answer);
        }
    }

    /// Answers every request of a graph, as `pins` fix it; what a contract needs is asked for as soon as the contract is
    /// there.
    pub fn resolve(&self, resolver: &mut Resolver, pins: &Pins) {
        let mut waiting = FuturesUnordered::new();
        loop {
            for Ask { id, request } in resolver.poll() {
                let request = fixed(&request, pins);
                match self.known(&request) {
                    Some(answer) => resolver.supply(id, answer),
                    None if self.needs_network(&request) => {
                        waiting.push(async move { (id, self.fetch(&request).await) });
                    }
                    None => resolver.supply(id, self.keep(&request, self.beside(&request))),
                }
            }
            if resolver.is_done() {
                return;
            }
            if waiting.is_empty() {
                continue;
            }
            if let Some((id, answer)) = self.registries.block_on(waiting.next()) {
                resolver.supply(id, answer);
            }
        }
    }

    /// Fetches what is on the network, all at once.
    pub(crate) fn prefetch<'a>(&self, requests: impl Iterator<Item = &'a Request>) {
        let remote = requests.filter(|request| self.needs_network(request) && self.known(request).is_none());
        let mut waiting: FuturesUnordered<_> = remote.map(|request| self.fetch(request)).collect();
        if !waiting.is_empty() {
            self.registries.block_on(async { while waiting.next().await.is_some() {} });
        }
    }

    fn known(&self, request: &Request) -> Option<Answer> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(request).cloned()
    }

    fn needs_network(&self, request: &Request) -> bool {
        match &request.reference {
            Reference::Oci(oci) => !matches!(self.registries.place(oci), Ok(Place::Folder(_))),
            Reference::Layout(_) => true,
            Reference::Local(_) => false,
        }
    }

    /// What lies on this machine.
    fn beside(&self, request: &Request) -> Answer {
        match &request.reference {
            Reference::Local(path) => self.local(&local_directory(&request.base, path), path),
            Reference::Oci(oci) => match self.registries.place(oci).map_err(unresolved)? {
                Place::Folder(folder) => self.folder_answer(folder, oci, request.constraint.as_deref()),
                Place::Store(_) => Err(Unresolved::Failed(format!("{} is in a registry", request.reference))),
            },
            Reference::Layout(_) => {
                Err(Unresolved::Failed(format!("{} is an image layout", request.reference)))
            }
        }
    }

    fn keep(&self, request: &Request, answer: Answer) -> Answer {
        match &answer {
            Ok(found) => {
                tracing::debug!(reference = %request.reference, identity = %found.identity, "resolved");
            }
            Err(error) => {
                tracing::debug!(reference = %request.reference, error = ?error.to_string(), "unresolved");
            }
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(request.clone()).or_insert(answer).clone()
    }

    /// What is in a registry or an image layout.
    async fn fetch(&self, request: &Request) -> Answer {
        let answer = self.pulled(request).await;
        self.keep(request, answer)
    }

    async fn pulled(&self, request: &Request) -> Answer {
        let (store, wanted, name) = match &request.reference {
            Reference::Oci(oci) => match self.registries.place(oci).map_err(unresolved)? {
                Place::Store(store) => {
                    (store, (oci.tag.as_deref(), oci.digest.as_ref()), oci.repository_path())
                }
                Place::Folder(_) => return self.beside(request),
            },
            Reference::Layout(layout) => {
                let directory = self.directory.join(&request.base).join(&layout.directory);
                if !self.registries.admits_directory(&directory) {
                    return Err(outside(&request.reference.to_string()));
                }
                let store = self.registries.layout(&request.base, layout);
                let name = store.shown().to_owned();
                (store, (layout.tag.as_deref(), layout.digest.as_ref()), name)
            }
            Reference::Local(_) => return self.beside(request),
        };
        let version = self.registries.version(&store, wanted, request.constraint.as_deref());
        let version = version.await.map_err(unresolved)?;
        let separator = if version.contains(':') { '@' } else { ':' };
        let identity = format!("{name}{separator}{version}");
        let cell = {
            let mut pulls = self.pulls.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(pulls.entry(identity.clone()).or_default())
        };
        let pull = async || {
            let name = format!("{identity}/{CONTRACT_FILE}");
            let parse = move |bundle: Bundle| {
                let content = bundle.get(CONTRACT_FILE).unwrap_or_default();
                (ContractDocument::parse(&name, content), bundle)
            };
            let pulled = self.registries.pull_as(&store, &version, parse).await.map_err(unresolved)?;
            let tag = wanted.0.map(str::to_owned).or_else(|| wanted.1.is_none().then(|| version.clone()));
            let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
            digests.insert(identity.clone(), (tag, pulled.digest));
            drop(digests);
            let (document, bundle) = pulled.bundle;
            let document = document.map_err(|failure| {
                let detail = failure.findings.first().map_or_else(String::new, first_problem);
                Unresolved::Invalid { reference: format!("oci://{identity}"), detail }
            })?;
            self.registries.note_version(&store.reference(&version), &version, &document.contract);
            let (document, bundle) = (Arc::new(document), Arc::new(bundle));
            let origin = Origin::Registry(identity.clone());
            Ok(Arc::new(Resolved { identity: identity.clone(), origin, document, bundle }))
        };
        cell.get_or_init(pull).await.clone()
    }

    fn local(&self, directory: &Path, written: &str) -> Answer {
        let directory = self.directory.join(directory);
        if !self.registries.admits_directory(&directory) {
            return Err(outside(written));
        }
        // Shown from where the user stands, so that messages do not depend on where the checkout lies.
        let shown = shown_from(&self.directory, &directory);
        let opened = BundleDirectory::open(&directory, &shown)
            .map_err(|error| Unresolved::Failed(error.to_string()))?;
        let canonical = opened.canonical().to_string_lossy().into_owned();
        let answer = self.remember(&canonical, Origin::Directory(canonical.clone()), &opened, written);
        if let Ok(found) = &answer {
            self.registries.trust_contract(&found.document.contract);
        }
        answer
    }

    fn folder_answer(&self, folder: &Path, oci: &OciReference, constraint: Option<&str>) -> Answer {
        let reference = format!("oci://{oci}");
        let unreachable =
            |why: &str| Unresolved::Failed(format!("registry unreachable for {reference}: {why}"));
        if let Some(digest) = oci.digest.as_ref().filter(|_| oci.tag.is_none()) {
            return Err(Unresolved::NotFound(format!(
                "{reference} (a folder of bundles has no digest {digest})"
            )));
        }
        let range = constraint.map(VersionRange::parse).transpose();
        let range = range.map_err(|error| Unresolved::Failed(format!("invalid constraint: {error}")))?;
        let index = self.folder(folder);
        let index = match index.get_or_init(|| Folder::index(folder).map_err(|error| error.to_string())) {
            Ok(index) => index,
            Err(problem) => return Err(unreachable(problem)),
        };
        let name = oci.repository.rsplit('/').next().unwrap_or(&oci.repository);
        let (directory, version) =
            index.find(name, oci.tag.as_deref(), range.as_ref()).map_err(|error| match error {
                FolderError::NoMatch { there } => Unresolved::NoMatchingVersion {
                    reference: reference.clone(),
                    constraint: constraint.unwrap_or("*").to_owned(),
                    detail: there,
                },
                FolderError::NotFound { there, .. } => Unresolved::NotFound(format!("{reference}{there}")),
                FolderError::Ambiguous { ref directories, .. } => {
                    let shown: Vec<_> =
                        directories.iter().map(|path| shown_from(&self.directory, path)).collect();
                    Unresolved::Failed(format!("{error}: {}", shown.join(", ")))
                }
                FolderError::Access { .. } | FolderError::Unreadable { .. } => {
                    Unresolved::Failed(error.to_string())
                }
            })?;
        let identity = format!("{}:{version}", oci.repository_path());
        let mut directories = self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        directories.insert(identity.clone(), directory.to_owned());
        drop(directories);
        let shown = shown_from(&self.directory, directory);
        let opened = BundleDirectory::open(directory, &shown)
            .map_err(|error| Unresolved::Failed(error.to_string()))?;
        self.remember(&identity, Origin::Registry(identity.clone()), &opened, &reference)
    }

    /// The directory of one version of a service in a folder.
    ///
    /// # Errors
    /// [`Unresolved`].
    pub fn folder_directory(&self, folder: &Path, name: &str, version: &str) -> Result<PathBuf, Unresolved> {
        let index = self.folder(folder);
        let index = index.get_or_init(|| Folder::index(folder).map_err(|error| error.to_string()));
        let index = index.as_ref().map_err(|problem| Unresolved::Failed(problem.clone()))?;
        let found = index.find(name, Some(version), None);
        Ok(found.map_err(|error| Unresolved::NotFound(error.to_string()))?.0.to_owned())
    }

    /// Looks into folders of bundles anew, for those who stay and look again.
    pub fn forget_folders(&self) {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Versions of a service that a folder holds, as written in the contracts.
    ///
    /// # Errors
    /// [`Unresolved::Failed`] when the folder cannot be read.
    pub fn folder_tags(&self, folder: &Path, name: &str) -> Result<Vec<String>, Unresolved> {
        let index = self.folder(folder);
        match index.get_or_init(|| Folder::index(folder).map_err(|error| error.to_string())) {
            Ok(index) => Ok(index.tags(name).map(str::to_owned).collect()),
            Err(problem) => Err(Unresolved::Failed(problem.clone())),
        }
    }

    fn folder(&self, path: &Path) -> Arc<IndexedFolder> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(folders.entry(path.to_owned()).or_default())
    }

    fn remember(&self, identity: &str, origin: Origin, directory: &BundleDirectory, written: &str) -> Answer {
        let known = self.contracts.lock().unwrap_or_else(PoisonError::into_inner).get(identity).cloned();
        if let Some(resolved) = known {
            return Ok(resolved);
        }
        let loaded = read(directory, &Overrides::default(), Scope::Compared, written);
        let (document, bundle) = loaded.map_err(|error| {
            let first = error.findings().first().map(first_problem);
            let detail = first.unwrap_or_else(|| error.to_string());
            Unresolved::Invalid { reference: written.to_owned(), detail }
        })?;
        let (document, bundle) = (Arc::new(document), Arc::new(bundle));
        let resolved = Arc::new(Resolved { identity: identity.to_owned(), origin, document, bundle });
        let mut contracts = self.contracts.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(contracts.entry(identity.to_owned()).or_insert(resolved)))
    }
}

/// Says that a place may not be read, or is not there.
fn outside(written: &str) -> Unresolved {
    Unresolved::Failed(format!("{written} is not in a directory that may be read"))
}

/// A finding in one line.
fn first_problem(finding: &Diagnostic) -> String {
    match &finding.location {
        Some(place) => format!("{}:{}:{}: {}", place.file, place.line, place.column, finding.message),
        None => finding.message.clone(),
    }
}

/// `path` as seen from `from`, both absolute or both relative: without the common part, with `..` where needed.
pub fn shown_from(from: &Path, path: &Path) -> String {
    let (from, path) = (absolute(from), absolute(path));
    let common = from.components().zip(path.components()).take_while(|(left, right)| left == right).count();
    let mut shown = PathBuf::new();
    for _ in from.components().skip(common) {
        shown.push("..");
    }
    shown.extend(path.components().skip(common));
    if shown.as_os_str().is_empty() { ".".to_owned() } else { shown.to_string_lossy().into_owned() }
}

fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_paths_from_where_the_user_stands() {
        let shown = |from: &str, path: &str| shown_from(Path::new(from), Path::new(path));
        assert_eq!(shown("/none/a/b", "/none/a/b/c"), "c");
        assert_eq!(shown("/none/a/b", "/none/a/c"), "../c");
        assert_eq!(shown("/none/a", "/none/a"), ".");
    }
}
