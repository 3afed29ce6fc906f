//! Files of contracts, read when somebody looks at them; the last ones stay in memory for a while.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pacto_app::load::{Scope, read};
use pacto_app::registries::Place as Where;
use pacto_app::{AppError, Context};
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::overrides::Overrides;
use pacto_contract::{Bundle, ContractDocument, Reference};
use pacto_engine::library::{Origin, Resolved};
use pacto_oci::directory::{BundleDirectory, DirectoryError};
use pacto_oci::registry::RegistryError;
use thiserror::Error;

use crate::network::Network;
use crate::record::Place;

/// Most bytes of files that stay in memory.
const MAX_KEPT_BYTES: usize = 8 * 1024 * 1024;
/// Folder of documents inside of a bundle.
pub const DOCUMENTS: &str = "docs";

/// Why the files of a contract cannot be had.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A file or directory.
    #[error(transparent)]
    Directory(#[from] AppError),
    /// A registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The contract is not readable any more.
    #[error("{reference} is not a readable contract: {detail}")]
    Invalid {
        /// Where it is.
        reference: String,
        /// The first finding.
        detail: String,
    },
}

/// A contract with its files.
pub type Opened = Arc<Resolved>;

/// Reads contracts with their files.
#[derive(Debug)]
pub struct Bundles {
    network: Network,
    kept: Mutex<Kept>,
}

/// What stays in memory.
#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<(Place, Opened)>,
    /// Counts how often directories were forgotten: what was read before is not kept after.
    generation: u64,
}

impl Kept {
    fn known(&mut self, place: &Place) -> Option<Opened> {
        let position = self.entries.iter().position(|(known, _)| known == place)?;
        let entry = self.entries.remove(position)?;
        let opened = Arc::clone(&entry.1);
        self.entries.push_back(entry);
        Some(opened)
    }

    /// Keeps what was read while directories were in `generation`.
    fn keep(&mut self, place: &Place, opened: &Opened, generation: u64) {
        let is_passing = match place {
            Place::Directory(_) => generation != self.generation,
            // Without a digest it is a folder of bundles, which changes.
            Place::Repository { digest, .. } => digest.is_empty(),
        };
        if is_passing {
            return;
        }
        // Two may have read it at once.
        self.entries.retain(|(known, _)| known != place);
        self.entries.push_back((place.clone(), Arc::clone(opened)));
        let mut bytes: usize = self.entries.iter().map(|(_, opened)| opened.bundle.bytes()).sum();
        while bytes > MAX_KEPT_BYTES
            && let Some((_, oldest)) = self.entries.pop_front()
        {
            bytes -= oldest.bundle.bytes();
        }
    }

    fn forget_directories(&mut self) {
        self.generation += 1;
        self.entries.retain(|(place, _)| !matches!(place, Place::Directory(_)));
    }
}

impl Bundles {
    /// Reads by way of `network`.
    pub fn new(network: Network) -> Self {
        Self { network, kept: Mutex::default() }
    }

    /// Forgets what was read from directories: something in them changed.
    pub fn forget_directories(&self) {
        self.kept().forget_directories();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept, and what the directories are read in.
    fn known(&self, place: &Place) -> (Option<Opened>, u64) {
        let mut kept = self.kept();
        (kept.known(place), kept.generation)
    }

    /// The contract at a place, with its files. Versions of registries are asked for by digest, so that what was fetched
    /// before is not fetched again.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(&self, place: &Place) -> Result<Opened, OpenError> {
        let (known, generation) = self.known(place);
        if let Some(opened) = known {
            return Ok(opened);
        }
        let opened = match place {
            Place::Directory(directory) => {
                let (directory, context) = (directory.clone(), Arc::clone(self.network.context()));
                let work = move || read_directory(&context, &directory);
                let read = tokio::task::spawn_blocking(work).await;
                read.map_err(|error| AppError::Usage(error.to_string()))??
            }
            Place::Repository { repository, tag, digest } => {
                let (asked, tag, digest) = (Arc::clone(repository), Arc::clone(tag), Arc::clone(digest));
                let work = async move |context: Arc<Context>| fetch(&context, &asked, &tag, &digest).await;
                self.network.run(repository, work).await?
            }
        };
        self.kept().keep(place, &opened, generation);
        Ok(opened)
    }

    /// A directory as users write it.
    pub fn shown(&self, directory: &Path) -> String {
        pacto_app::sources::shown_from(&self.network.context().directory, directory)
    }

    /// As [`open`](Self::open), for what needs no network; for threads that may wait.
    pub fn open_directory(&self, directory: &Path) -> Option<Opened> {
        let place = Place::Directory(directory.into());
        let (known, generation) = self.known(&place);
        if known.is_some() {
            return known;
        }
        let opened = read_directory(self.network.context(), directory).ok()?;
        self.kept().keep(&place, &opened, generation);
        Some(opened)
    }
}

/// Reads the contract of a directory with everything that the dashboard shows.
///
/// # Errors
/// [`AppError`]: no such directory, no readable contract.
pub fn read_directory(context: &Context, path: &Path) -> Result<Opened, AppError> {
    let shown = pacto_app::sources::shown_from(&context.directory, path);
    let directory = BundleDirectory::open(path, &shown)?;
    let (document, mut bundle) = read(&directory, &Overrides::default(), Scope::Compared, &shown)?;
    add_documents(&directory, &mut bundle)?;
    let canonical = directory.canonical().to_string_lossy().into_owned();
    Ok(Arc::new(Resolved {
        identity: canonical.clone(),
        origin: Origin::Directory(canonical),
        document: Arc::new(document),
        bundle: Arc::new(bundle),
    }))
}

fn add_documents(directory: &BundleDirectory, bundle: &mut Bundle) -> Result<(), DirectoryError> {
    let is_document = |path: &str| path == DOCUMENTS || path.starts_with("docs/");
    for file in directory.files(|path, _| is_document(path))? {
        if let Some(content) = directory.read(&file)? {
            directory.insert(bundle, &file, content)?;
        }
    }
    Ok(())
}

/// The contract of a repository by digest.
async fn fetch(context: &Context, repository: &str, tag: &str, digest: &str) -> Result<Opened, OpenError> {
    let registries = &context.sources.registries;
    let unreadable = |detail: String| OpenError::Invalid { reference: repository.to_owned(), detail };
    let reference = Reference::parse(repository).map_err(|error| unreadable(error.to_string()))?;
    let store = match &reference {
        Reference::Oci(oci) => match registries.place(oci)? {
            Where::Store(store) => store,
            Where::Folder(folder) => {
                let name = oci.repository.rsplit('/').next().unwrap_or(&oci.repository);
                let directory = context.sources.folder_directory(folder, name, tag);
                let directory = directory.map_err(|error| unreadable(error.to_string()))?;
                return Ok(read_directory(context, &directory)?);
            }
        },
        Reference::Layout(layout) => registries.layout("", layout),
        Reference::Local(_) => return Err(unreadable("it is no repository".to_owned())),
    };
    let identity = format!("{}:{tag}", store.shown());
    let name = format!("{identity}/{CONTRACT_FILE}");
    let parse = move |bundle: Bundle| {
        (ContractDocument::parse(&name, bundle.get(CONTRACT_FILE).unwrap_or_default()), bundle)
    };
    let pulled = store.pull_as(digest, parse).await?;
    let (document, bundle) = pulled.bundle;
    let document = document.map_err(|failure| {
        let first = failure.findings.first().map(|finding| finding.message.clone());
        unreadable(first.unwrap_or_default())
    })?;
    let origin = Origin::Registry(identity.clone());
    Ok(Arc::new(Resolved { identity, origin, document: Arc::new(document), bundle: Arc::new(bundle) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Opened {
        let text = b"pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0}\n";
        let document = ContractDocument::parse("pacto.yaml", text).unwrap();
        Arc::new(Resolved {
            identity: "cart".to_owned(),
            origin: Origin::Directory("cart".to_owned()),
            document: Arc::new(document),
            bundle: Arc::new(Bundle::default()),
        })
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let mut kept = Kept::default();
        let directory = Place::Directory(Path::new("cart").into());
        let version = Place::Repository {
            repository: "oci://r.example/cart".into(),
            tag: "1.0.0".into(),
            digest: "sha256:0".into(),
        };
        let generation = kept.generation;
        kept.forget_directories();
        kept.keep(&directory, &opened(), generation);
        kept.keep(&version, &opened(), generation);
        assert!(kept.known(&directory).is_none(), "it was read before the change");
        assert!(kept.known(&version).is_some(), "a digest means the same bytes always");
        for _ in 0..2 {
            kept.keep(&directory, &opened(), kept.generation);
        }
        assert_eq!(kept.entries.len(), 2);
    }
}
