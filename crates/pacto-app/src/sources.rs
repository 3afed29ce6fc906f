//! Answers to requests for contracts: directories and mirrors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pacto_contract::overrides::Overrides;
use pacto_contract::reference::OciReference;
use pacto_contract::{Reference, VersionRange};
use pacto_engine::library::{Answer, Library, Origin, Request, Resolved, Unresolved};
use pacto_oci::directory::BundleDirectory;
use pacto_oci::folder::{Folder, FolderError};
use pacto_oci::mirror::{Location, Mirrors};

use crate::load::{Scope, local_directory, read};

/// Looks contracts up, each once.
#[derive(Debug)]
pub struct Sources {
    directory: PathBuf,
    mirrors: Mirrors,
    folders: Mutex<HashMap<PathBuf, Arc<IndexedFolder>>>,
    answers: Mutex<HashMap<Request, Answer>>,
    /// By identity, so that one contract under two requests is one value.
    contracts: Mutex<HashMap<String, Arc<Resolved>>>,
}

type IndexedFolder = OnceLock<Result<Folder, String>>;

impl Sources {
    pub(crate) fn new(directory: PathBuf, mirrors: Mirrors) -> Self {
        Self {
            directory,
            mirrors,
            folders: Mutex::default(),
            answers: Mutex::default(),
            contracts: Mutex::default(),
        }
    }

    /// The contract behind a request. The answer of the first call is the answer of all.
    ///
    /// # Errors
    /// [`Unresolved`].
    pub fn answer(&self, request: &Request) -> Answer {
        if let Some(answer) = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(request) {
            return answer.clone();
        }
        let answer = match &request.reference {
            Reference::Local(path) => self.local(&local_directory(&request.base, path), path),
            Reference::Oci(oci) => self.oci(oci, request.constraint.as_deref()),
            Reference::Layout(layout) => Err(Unresolved::Failed(format!(
                "image layout {} cannot be read: this build knows directories and folder mirrors only",
                layout.directory
            ))),
        };
        match &answer {
            Ok(found) => {
                tracing::debug!(reference = %request.reference, identity = %found.identity, "resolved");
            }
            Err(error) => tracing::debug!(reference = %request.reference, %error, "unresolved"),
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(request.clone()).or_insert(answer).clone()
    }

    /// Supplies everything that `library` wants.
    pub fn supply(&self, library: &mut Library) {
        for request in library.take_wanted() {
            let answer = self.answer(&request);
            library.supply(request, answer);
        }
    }

    fn local(&self, directory: &Path, written: &str) -> Answer {
        let directory = self.directory.join(directory);
        // Shown from where the user stands, so that messages do not depend on where the checkout lies.
        let shown = shown_from(&self.directory, &directory);
        let opened = BundleDirectory::open(&directory, &shown)
            .map_err(|error| Unresolved::Failed(error.to_string()))?;
        let canonical = opened.canonical().to_string_lossy().into_owned();
        self.remember(&canonical, Origin::Directory(canonical.clone()), &opened, written)
    }

    fn oci(&self, oci: &OciReference, constraint: Option<&str>) -> Answer {
        let reference = format!("oci://{oci}");
        let unreachable =
            |why: &str| Unresolved::Failed(format!("registry unreachable for {reference}: {why}"));
        let Some((location, _)) = self.mirrors.find(oci) else {
            return Err(unreachable(
                "this build reads registries through folder mirrors only; set PACTO_REGISTRY_MIRROR or `registries`",
            ));
        };
        let folder = match location {
            Location::Folder(path) => path,
            Location::Registry(path) => {
                return Err(unreachable(&format!("{path} is a registry, not a folder")));
            }
            Location::Layout(path) => {
                return Err(unreachable(&format!("{} is an image layout, not a folder", path.display())));
            }
        };
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
                FolderError::Access { .. } => Unresolved::Failed(error.to_string()),
            })?;
        let identity = format!("{}:{version}", oci.repository_path());
        let shown = shown_from(&self.directory, directory);
        let opened = BundleDirectory::open(directory, &shown)
            .map_err(|error| Unresolved::Failed(error.to_string()))?;
        self.remember(&identity, Origin::Registry(identity.clone()), &opened, &reference)
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
            let first = error.findings().first().map(|finding| match &finding.location {
                Some(place) => format!("{}:{}:{}: {}", place.file, place.line, place.column, finding.message),
                None => finding.message.clone(),
            });
            let detail = first.unwrap_or_else(|| error.to_string());
            Unresolved::Invalid { reference: written.to_owned(), detail }
        })?;
        let (document, bundle) = (Arc::new(document), Arc::new(bundle));
        let resolved = Arc::new(Resolved { identity: identity.to_owned(), origin, document, bundle });
        let mut contracts = self.contracts.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(contracts.entry(identity.to_owned()).or_insert(resolved)))
    }
}

/// `path` as seen from `from`, both absolute or both relative: without the common part, with `..` where needed.
fn shown_from(from: &Path, path: &Path) -> String {
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
