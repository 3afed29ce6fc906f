//! Registries and image layouts as sources of contracts; the network is only set up when it is needed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pacto_contract::reference::{Digest, LayoutReference, OciReference};
use pacto_contract::version::highest;
use pacto_contract::{Bundle, Contract, LenientVersion, Reference, VersionRange};
use pacto_engine::library::Unresolved;
use pacto_oci::cache::Cache;
use pacto_oci::credential::{Keychain, Surroundings};
use pacto_oci::directory::normalize;
use pacto_oci::layout::Layout;
use pacto_oci::mirror::{Location, Mirrors};
use pacto_oci::parallel;
use pacto_oci::registry::{Client, RegistryError, Settings};
use pacto_oci::store::{Pulled, Store};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::notices::Notices;
use crate::sources::shown_from;

/// Tags of one repository, asked for once.
type Tags = Arc<OnceCell<Result<Arc<Vec<String>>, RegistryError>>>;

/// How registries are reached; by default directly, with no credentials and nothing remembered.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// What stands in for repositories.
    pub mirrors: Mirrors,
    /// How registries are spoken to.
    pub settings: Settings,
    /// Credentials that there are.
    pub surroundings: Surroundings,
    /// What was fetched before.
    pub cache: Option<Cache>,
    /// Takes what the user should know besides the answer.
    pub notices: Notices,
}

/// What may be reached for somebody who did not start this program: references in contracts count like those that somebody names.
/// Mirrors are those of whoever did, and always count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Registries that may be asked; any, where this is none.
    pub registries: Option<Vec<String>>,
    /// Directories below which contracts of this machine are read; anywhere, where there is none.
    pub below: Vec<PathBuf>,
    /// Whether credentials of the environment stay with hosts that `PACTO_REGISTRY_HOST` and mirrors name.
    pub keeps_credentials: bool,
}

/// Where registries are, and how they are spoken to.
#[derive(Debug)]
pub struct Registries {
    directory: PathBuf,
    mirrors: Mirrors,
    settings: Settings,
    cache: Option<Cache>,
    notices: Notices,
    keychain: Arc<Keychain>,
    /// The file of `pacto login`.
    login: Option<PathBuf>,
    client: OnceLock<Result<Client, String>>,
    runtime: OnceLock<Runtime>,
    tags: Mutex<HashMap<String, Tags>>,
    reach: Reach,
}

/// A repository, or a folder of bundles that stands in for it.
#[derive(Debug)]
pub enum Place<'a> {
    /// A repository.
    Store(Store<'a>),
    /// A folder of bundles.
    Folder(&'a Path),
}

impl Registries {
    pub(crate) fn new(directory: PathBuf, access: Access) -> Self {
        let Access { mirrors, settings, surroundings, cache, notices } = access;
        let login = surroundings.login.clone();
        let keychain = Arc::new(Keychain::new(surroundings));
        let (client, runtime, tags) = (OnceLock::new(), OnceLock::new(), Mutex::default());
        let reach = Reach::default();
        Self { directory, mirrors, settings, cache, notices, keychain, login, client, runtime, tags, reach }
    }

    /// Reaches no further than this from now on.
    pub fn restrict(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// Whether a directory of this machine may be read. One that is not there may not, where not all may.
    pub fn admits_directory(&self, directory: &Path) -> bool {
        let is_below = |real: &Path| {
            self.reach
                .below
                .iter()
                .any(|below| below.canonicalize().is_ok_and(|below| real.starts_with(below)))
        };
        self.reach.below.is_empty() || directory.canonicalize().is_ok_and(|real| is_below(&real))
    }

    /// Whether a registry may be asked.
    pub fn admits_registry(&self, registry: &str) -> bool {
        self.reach.registries.as_ref().is_none_or(|allowed| allowed.iter().any(|one| one == registry))
    }

    /// What was fetched before.
    pub fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// How registries are spoken to.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The file of `pacto login`.
    pub(crate) fn login_file(&self) -> Option<&Path> {
        self.login.as_deref()
    }

    /// The client.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`] for `reference` when TLS cannot be set up.
    pub fn client(&self, reference: &str) -> Result<&Client, RegistryError> {
        let make = || Client::new(self.settings.clone(), Arc::clone(&self.keychain));
        self.client.get_or_init(make).as_ref().map_err(|cause| RegistryError::Unreachable {
            reference: reference.to_owned(),
            cause: cause.clone(),
        })
    }

    /// Where the repository of a reference is.
    ///
    /// # Errors
    /// As [`client`](Self::client), and for a mirror that is no registry.
    pub fn place(&self, reference: &OciReference) -> Result<Place<'_>, RegistryError> {
        let shown = reference.repository_path();
        let target = match self.mirrors.find(reference) {
            Some((Location::Folder(folder), _)) => return Ok(Place::Folder(folder)),
            Some((Location::Layout(directory), rest)) => {
                return Ok(Place::Store(Store::Layout(Layout::new(directory.join(rest), shown))));
            }
            Some((Location::Registry(path), rest)) => {
                let text = format!("{path}/{rest}");
                let target = OciReference::parse(text.trim_end_matches('/'));
                let target = target.map_err(|error| RegistryError::Unreachable {
                    reference: shown.clone(),
                    cause: format!("its mirror {path} is no registry: {error}"),
                })?;
                // The user wrote the mirror down.
                self.keychain.trust(&target.registry);
                target
            }
            None if !self.admits_registry(&reference.registry) => {
                let cause = format!("{} may not be asked; --allow-registry lets it be", reference.registry);
                return Err(RegistryError::Unreachable { reference: shown, cause });
            }
            None => reference.clone(),
        };
        Ok(Place::Store(Store::Registry(self.client(&shown)?.repository(&target), self.cache.as_ref())))
    }

    /// The image layout that a reference names, seen from `base`. Its name is as the user would write it here, so that two
    /// contracts that write the same and mean different directories are not mixed up.
    pub fn layout(&self, base: &str, reference: &LayoutReference) -> Store<'static> {
        let written = Path::new(&reference.directory);
        let directory = self.directory.join(base).join(written);
        let shown = if base.is_empty() || written.is_absolute() {
            reference.directory.clone()
        } else {
            shown_from(&self.directory, &normalize(&directory))
        };
        Store::Layout(Layout::new(directory, format!("oci-layout://{shown}")))
    }

    /// Lets credentials of the environment go to the registry of a reference: the user named it.
    pub fn trust(&self, reference: &Reference) {
        if let Reference::Oci(oci) = reference
            && !self.reach.keeps_credentials
        {
            self.keychain.trust(&oci.registry);
        }
    }

    /// As [`trust`](Self::trust), for everything that a contract of this machine refers to.
    pub fn trust_contract(&self, contract: &Contract) {
        let configurations = contract.configurations.iter().filter_map(|entry| entry.reference.as_deref());
        let policies = contract.policies.iter().filter_map(|entry| entry.reference.as_deref());
        let dependencies = contract.dependencies.iter().map(|dependency| dependency.reference.as_str());
        for reference in configurations.chain(policies).chain(dependencies) {
            if let Ok(reference) = Reference::parse(reference) {
                self.trust(&reference);
            }
        }
    }

    /// The version that a reference means: its digest, its tag, or the highest tag within `range`.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn version(
        &self,
        store: &Store<'_>,
        (tag, digest): (Option<&str>, Option<&Digest>),
        constraint: Option<&str>,
    ) -> Result<String, RegistryError> {
        if let Some(digest) = digest {
            if !digest.is_complete() {
                let cause = format!("digest {} is cut off and cannot be fetched", digest.as_str());
                return Err(RegistryError::Unreachable { reference: store.shown().to_owned(), cause });
            }
            return Ok(digest.as_str().to_owned());
        }
        if let Some(tag) = tag {
            return Ok(tag.to_owned());
        }
        let no_match = |cause: String| RegistryError::NoMatchingVersion {
            reference: store.shown().to_owned(),
            constraint: constraint.unwrap_or("*").to_owned(),
            cause,
        };
        let range = constraint.map(VersionRange::parse).transpose();
        let range = range.map_err(|error| no_match(format!("invalid constraint: {error}")))?;
        let tags = self.tags(store).await?;
        match highest(tags.iter().map(String::as_str), range.as_ref()) {
            Some(tag) => Ok(tag.to_owned()),
            None if highest(tags.iter().map(String::as_str), None).is_none() => {
                Err(no_match("no semver tags found".to_owned()))
            }
            None => Err(no_match(format!("no tags satisfy it; there are {}", shown_tags(&tags)))),
        }
    }

    /// Tells the user, after the answer, that a tag holds another version than it says.
    pub(crate) fn note_version(&self, reference: &str, tag: &str, contract: &Contract) {
        let service = &contract.service;
        let (Ok(said), Ok(held)) = (LenientVersion::parse_tag(tag), LenientVersion::parse(&service.version))
        else {
            return;
        };
        if said.precedence_cmp(&held).is_ne() {
            self.notices.say(format!("{reference} holds version {} of {}", service.version, service.name));
        }
    }

    /// The tags of a repository, each repository asked once.
    ///
    /// # Errors
    /// As [`Store::tags`].
    pub async fn tags(&self, store: &Store<'_>) -> Result<Arc<Vec<String>>, RegistryError> {
        let key = store.shown().to_owned();
        let cell = {
            let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tags.entry(key).or_default())
        };
        cell.get_or_init(async || self.tags_or_cached(store).await.map(Arc::new)).await.clone()
    }

    /// Asks each repository for its tags anew, for those who stay and look again.
    pub fn forget_tags(&self) {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The tags that the registry has; where it is unreachable, those that were fetched before.
    async fn tags_or_cached(&self, store: &Store<'_>) -> Result<Vec<String>, RegistryError> {
        let tags = store.tags().await;
        let Err(RegistryError::Unreachable { cause, .. }) = &tags else { return tags };
        let known = self.cache.as_ref().map(|cache| cache.tags(store.shown())).unwrap_or_default();
        if known.is_empty() {
            return tags;
        }
        self.notices.unconfirmed(store.shown(), cause);
        Ok(known)
    }

    /// Pulls a version, makes something of it, and notes what the user should know.
    ///
    /// # Errors
    /// As [`Store::pull`].
    pub async fn pull_as<T: Send + 'static>(
        &self,
        store: &Store<'_>,
        version: &str,
        make: impl Fn(Bundle) -> T + Clone + Send + 'static,
    ) -> Result<Pulled<T>, RegistryError> {
        let pulled = store.pull_as(version, make).await?;
        let reference = || store.reference(version);
        self.notices.fetched(&reference());
        if let Some(cause) = &pulled.unconfirmed {
            self.notices.unconfirmed(&reference(), cause);
        }
        // Other tags are meant to move.
        if let Some(before) =
            pulled.moved_from.as_ref().filter(|_| LenientVersion::parse_tag(version).is_ok())
        {
            let now = &pulled.digest;
            self.notices
                .say(format!("{} was {before} when it was fetched last, and is {now} now", reference()));
        }
        Ok(pulled)
    }

    /// Waits for the network.
    ///
    /// # Panics
    /// When the system has no threads left.
    #[expect(clippy::panic, reason = "without threads nothing else could be done either")]
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        let make = || {
            // One thread for the network, which hands nothing over to others; these unpack and read what came.
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.max_blocking_threads(parallel::processors()).enable_all();
            builder
                .build()
                .unwrap_or_else(|error| panic!("the system has no threads for the network: {error}"))
        };
        self.runtime.get_or_init(make).block_on(work)
    }
}

/// The last tags, as many as a message can hold.
fn shown_tags(tags: &[String]) -> String {
    const MOST: usize = 10;
    let skipped = tags.len().saturating_sub(MOST);
    let shown = tags.get(skipped..).unwrap_or_default();
    let dots = if skipped > 0 { "…, " } else { "" };
    format!("{dots}{}", shown.join(", "))
}

/// A failure of a registry, in the words of the analysis.
pub(crate) fn unresolved(error: RegistryError) -> Unresolved {
    match error {
        RegistryError::NotFound(reference) => Unresolved::NotFound(reference),
        RegistryError::NoMatchingVersion { reference, constraint, cause } => {
            Unresolved::NoMatchingVersion { reference, constraint, detail: cause }
        }
        other => Unresolved::Failed(other.to_string()),
    }
}
