//! One repository: its tags, and the contracts behind them.

use std::sync::Arc;

use jiff::Timestamp;
use pacto_app::Context;
use pacto_app::registries::Place as Where;
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::reference::OciReference;
use pacto_contract::version::highest;
use pacto_contract::{Bundle, ContractDocument, LenientVersion, Reference, ReferenceError, VersionRange};
use pacto_engine::library::{Origin, Resolved, Unresolved};
use pacto_oci::registry::RegistryError;
use thiserror::Error;

use crate::bundles::read_directory;
use crate::network::Network;
use crate::record::{Place, newest_first};
use crate::wire::graph::UnresolvedReason;

/// Why a repository cannot be read.
#[derive(Debug, Clone, Error)]
pub enum RepositoryError {
    /// The reference leads to no repository.
    #[error("{0}")]
    Reference(String),
    /// The registry refused or could not be asked.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Another repository holds a service of that name.
    #[error("another repository holds a service named {0}")]
    Taken(String),
    /// There are no versions.
    #[error("{0} has no versions")]
    NoVersions(String),
    /// There are versions, but none within the constraint.
    #[error("no version of {repository} is within {constraint}")]
    NoMatch {
        /// The repository.
        repository: String,
        /// The constraint.
        constraint: String,
    },
    /// What is there is no contract.
    #[error("{reference} is not a readable contract: {detail}")]
    Invalid {
        /// Where it is.
        reference: String,
        /// The first finding.
        detail: String,
    },
}

impl RepositoryError {
    /// In the words of the graph.
    pub fn reason(&self) -> UnresolvedReason {
        match self {
            Self::Reference(_) => UnresolvedReason::NonOciRef,
            Self::NoVersions(_) | Self::NoMatch { .. } => UnresolvedReason::NoSemverTags,
            Self::Registry(RegistryError::Authentication { .. }) => UnresolvedReason::AuthFailed,
            Self::Registry(RegistryError::NotFound(_)) => UnresolvedReason::NotFound,
            Self::Registry(_) | Self::Invalid { .. } | Self::Taken(_) => UnresolvedReason::PullFailed,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Registry(RegistryError::Authentication { .. }) => {
                "log in with `pacto login`, or set PACTO_REGISTRY_TOKEN"
            }
            Self::Registry(RegistryError::NotFound(_)) => "check the name of the repository",
            Self::Registry(RegistryError::Unreachable { .. }) => {
                "check that the registry is up and reachable from here; it is asked again by itself"
            }
            Self::NoVersions(_) => "push a contract with a version as its tag",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// A repository of contracts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    /// `oci://registry/path` or `oci-layout://directory`, without tag and digest.
    key: Arc<str>,
}

/// A contract that was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// With its files.
    pub resolved: Arc<Resolved>,
    /// Where it is.
    pub place: Place,
    /// When it was made, as its manifest says.
    pub created: Option<Timestamp>,
    /// Why the registry could not be asked whether this is still what it has.
    pub unconfirmed: Option<String>,
}

impl Repository {
    /// The repository of a reference, with or without `oci://`; tag and digest are left out.
    ///
    /// # Errors
    /// [`RepositoryError::Reference`].
    pub fn of(reference: &str) -> Result<Self, RepositoryError> {
        let wrong = |why: String| RepositoryError::Reference(why);
        let text = reference.trim();
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("oci://{text}") };
        let shown = pacto_app::error::shown(text);
        let parsed = Reference::parse(&with_scheme);
        let refused = |error| match error {
            // The text holds a password.
            ReferenceError::Credentials => wrong(ReferenceError::Credentials.to_string()),
            error => wrong(format!("{shown:?}: {error}")),
        };
        let key = match parsed.map_err(refused)? {
            Reference::Oci(oci) => format!("oci://{}", oci.repository_path()),
            Reference::Layout(layout) => format!("oci-layout://{}", layout.directory),
            Reference::Local(_) => return Err(wrong(format!("{shown:?} is no repository"))),
        };
        Ok(Self { key: key.into() })
    }

    /// As users write it, with its scheme.
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// As users write it, without `oci://`.
    pub fn shown(&self) -> &str {
        self.key.strip_prefix("oci://").unwrap_or(&self.key)
    }

    /// Host of the registry, where it is one.
    pub fn registry(&self) -> Option<&str> {
        self.key.strip_prefix("oci://")?.split('/').next()
    }

    fn reference(&self) -> Result<Reference, RepositoryError> {
        Reference::parse(&self.key).map_err(|error| RepositoryError::Reference(error.to_string()))
    }

    /// Tags that are versions, the highest first.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub async fn versions(&self, network: &Network) -> Result<Vec<String>, RepositoryError> {
        let this = self.clone();
        network.run(self.shown(), async move |context| this.versions_of(&context).await).await
    }

    async fn versions_of(&self, context: &Context) -> Result<Vec<String>, RepositoryError> {
        let registries = &context.sources.registries;
        let tags = match self.reference()? {
            Reference::Oci(oci) => match registries.place(&oci)? {
                Where::Store(store) => registries.tags(&store).await?.to_vec(),
                Where::Folder(folder) => folder_tags(context, folder, &oci)?,
            },
            Reference::Layout(layout) => {
                let store = registries.layout("", &layout);
                registries.tags(&store).await?.to_vec()
            }
            Reference::Local(_) => Vec::new(),
        };
        let mut versions: Vec<String> =
            tags.into_iter().filter(|tag| LenientVersion::parse_tag(tag).is_ok()).collect();
        versions.sort_by(|left, right| newest_first(left, right));
        if versions.is_empty() {
            return Err(RepositoryError::NoVersions(self.shown().to_owned()));
        }
        Ok(versions)
    }

    /// The tag that is current: the highest one, pre-releases only where there is nothing else.
    pub fn current(versions: &[String]) -> Option<&str> {
        highest(versions.iter().map(String::as_str), None)
    }

    /// The highest tag within a constraint.
    ///
    /// # Errors
    /// [`RepositoryError::NoMatch`].
    pub fn within<'v>(&self, versions: &'v [String], constraint: &str) -> Result<&'v str, RepositoryError> {
        let no_match = || RepositoryError::NoMatch {
            repository: self.shown().to_owned(),
            constraint: constraint.to_owned(),
        };
        let range = VersionRange::parse(constraint).map_err(|_| no_match())?;
        highest(versions.iter().map(String::as_str), Some(&range)).ok_or_else(no_match)
    }

    /// Digest of the manifest behind a tag, where there are digests.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub async fn digest(&self, network: &Network, tag: &str) -> Result<Option<String>, RepositoryError> {
        let (this, tag) = (self.clone(), tag.to_owned());
        network.run(self.shown(), async move |context| this.digest_of(&context, &tag).await).await
    }

    async fn digest_of(&self, context: &Context, tag: &str) -> Result<Option<String>, RepositoryError> {
        let registries = &context.sources.registries;
        let store = match self.reference()? {
            Reference::Oci(oci) => match registries.place(&oci)? {
                Where::Store(store) => store,
                Where::Folder(_) => return Ok(None),
            },
            Reference::Layout(layout) => registries.layout("", &layout),
            Reference::Local(_) => return Ok(None),
        };
        Ok(store.head(tag).await?)
    }

    /// What was fetched before under a tag, without asking the registry.
    pub fn kept(&self, context: &Context, tag: &str) -> Option<Fetched> {
        let cache = context.sources.registries.cache()?;
        let reference = format!("{}:{tag}", self.key.strip_prefix("oci://")?);
        let cached = cache.get(&reference)?;
        let bundle = pacto_oci::unpack::unpack(&cached.layer).ok()?;
        // Without a digest, it is what the original left behind: fetched anew where there is a registry.
        let fetched = self.fetched((bundle, cached.digest?), tag).ok()?;
        Some(Fetched { created: time(cached.created), ..fetched })
    }

    /// The contract behind a tag.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub async fn fetch(&self, network: &Network, tag: &str) -> Result<Fetched, RepositoryError> {
        let (this, tag) = (self.clone(), tag.to_owned());
        network.run(self.shown(), async move |context| this.fetched_from(&context, &tag).await).await
    }

    async fn fetched_from(&self, context: &Context, tag: &str) -> Result<Fetched, RepositoryError> {
        let registries = &context.sources.registries;
        let store = match self.reference()? {
            Reference::Oci(oci) => match registries.place(&oci)? {
                Where::Store(store) => store,
                Where::Folder(folder) => return self.read_folder(context, folder, &oci, tag),
            },
            Reference::Layout(layout) => registries.layout("", &layout),
            Reference::Local(path) => {
                return Err(RepositoryError::Reference(format!("{path} is no repository")));
            }
        };
        let (this, name) = (self.clone(), tag.to_owned());
        // Parsed on the thread that unpacks, so that the network goes on.
        let make = move |bundle: Bundle| this.fetched((bundle, String::new()), &name);
        let pulled = store.pull_as(tag, make).await?;
        let mut fetched = pulled.bundle?;
        if let Place::Repository { digest, .. } = &mut fetched.place {
            *digest = pulled.digest.into();
        }
        (fetched.created, fetched.unconfirmed) = (time(pulled.created), pulled.unconfirmed);
        Ok(fetched)
    }

    fn read_folder(
        &self,
        context: &Context,
        folder: &std::path::Path,
        oci: &OciReference,
        tag: &str,
    ) -> Result<Fetched, RepositoryError> {
        let name = oci.repository.rsplit('/').next().unwrap_or(&oci.repository);
        let invalid = |detail: String| RepositoryError::Invalid {
            reference: format!("{}:{tag}", self.shown()),
            detail,
        };
        let directory = context.sources.folder_directory(folder, name, tag);
        let directory = directory.map_err(|error| invalid(error.to_string()))?;
        let read = read_directory(context, &directory).map_err(|error| invalid(error.to_string()))?;
        let identity = format!("{}:{tag}", self.shown());
        let origin = Origin::Registry(identity.clone());
        let resolved = Arc::new(Resolved { identity, origin, ..Resolved::clone(&read) });
        Ok(Fetched { resolved, place: self.place(tag, ""), created: None, unconfirmed: None })
    }

    fn place(&self, tag: &str, digest: &str) -> Place {
        Place::Repository { repository: Arc::clone(&self.key), tag: tag.into(), digest: digest.into() }
    }

    fn fetched(&self, (bundle, digest): (Bundle, String), tag: &str) -> Result<Fetched, RepositoryError> {
        let identity = format!("{}:{tag}", self.shown());
        let name = format!("{identity}/{CONTRACT_FILE}");
        let document = ContractDocument::parse(&name, bundle.get(CONTRACT_FILE).unwrap_or_default());
        let document = document.map_err(|failure| {
            let detail = failure.findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
            RepositoryError::Invalid { reference: identity.clone(), detail }
        })?;
        let origin = Origin::Registry(identity.clone());
        let (document, bundle) = (Arc::new(document), Arc::new(bundle));
        let resolved = Arc::new(Resolved { identity, origin, document, bundle });
        Ok(Fetched { resolved, place: self.place(tag, &digest), created: None, unconfirmed: None })
    }
}

/// A time that a manifest gives; what is none is left out.
fn time(text: Option<String>) -> Option<Timestamp> {
    text?.parse().ok()
}

fn folder_tags(
    context: &Context,
    folder: &std::path::Path,
    oci: &OciReference,
) -> Result<Vec<String>, RepositoryError> {
    let name = oci.repository.rsplit('/').next().unwrap_or(&oci.repository);
    let tags = context.sources.folder_tags(folder, name).map_err(|error| match error {
        Unresolved::NotFound(what) => RepositoryError::Registry(RegistryError::NotFound(what)),
        other => RepositoryError::Reference(other.to_string()),
    })?;
    if tags.is_empty() {
        return Err(RepositoryError::Registry(RegistryError::NotFound(oci.repository_path())));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_one_name() {
        for text in ["r.example/acme/cart", "oci://r.example/acme/cart:1.0.0", " oci://r.example/acme/cart "]
        {
            assert_eq!(Repository::of(text).unwrap().key().as_ref(), "oci://r.example/acme/cart", "{text}");
        }
        let layout = Repository::of("oci-layout:///srv/contracts/cart:1.0.0").unwrap();
        assert_eq!(layout.key().as_ref(), "oci-layout:///srv/contracts/cart");
        assert_eq!(layout.registry(), None);
        assert_eq!(Repository::of("r.example:5000/a/b").unwrap().registry(), Some("r.example:5000"));
        for text in ["", "oci://", "file:///etc", "./here", "oci://user:secret@r.example/a"] {
            let error = Repository::of(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
