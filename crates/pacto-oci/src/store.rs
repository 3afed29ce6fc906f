//! One repository, wherever it is: push and pull, by way of the cache.

use bytes::Bytes;
use oci_spec::image::MediaType;
use pacto_contract::Bundle;
use pacto_contract::reference::Digest;

use crate::artifact::{self, Artifact};
use crate::cache::{Cache, Cached};
use crate::layout::Layout;
use crate::registry::{Manifest, RegistryError, Repository, with_version};

/// Stands for the digest of what the original left in the cache, which keeps none.
const UNKNOWN_DIGEST: &str = "unknown";

/// A repository.
#[derive(Debug, Clone)]
pub enum Store<'c> {
    /// In a registry, with what was fetched from it before.
    Registry(Repository<'c>, Option<&'c Cache>),
    /// In a directory.
    Layout(Layout),
}

/// A contract that was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled<T = Bundle> {
    /// Digest of its manifest.
    pub digest: String,
    /// Its files, or what was made of them.
    pub bundle: T,
    /// When it was made, as its manifest says: RFC 3339, unchecked.
    pub created: Option<String>,
    /// Why the registry could not be asked whether this is still what it has.
    pub unconfirmed: Option<String>,
    /// The digest that the tag led to when it was fetched before, where that was another one.
    pub moved_from: Option<String>,
}

/// What a registry has.
struct Fetched {
    /// Digest of the manifest.
    digest: String,
    /// The packed bundle.
    layer: Bytes,
    created: Option<String>,
}

/// What was in the cache, unpacked; nothing where it is no bundle.
fn open<T>(cached: &Cached, reference: &str, make: impl Fn(Bundle) -> T) -> Option<Pulled<T>> {
    let bundle = artifact::bundle(&cached.layer, reference).ok()?;
    let digest = cached.digest.clone().unwrap_or_else(|| UNKNOWN_DIGEST.to_owned());
    let created = cached.created.clone();
    Some(Pulled { digest, bundle: make(bundle), created, unconfirmed: None, moved_from: None })
}

/// Does what takes the processor or the disk on another thread, so that the network goes on.
async fn off_thread<T: Send + 'static>(
    reference: &str,
    work: impl FnOnce(&str) -> T + Send + 'static,
) -> Result<T, RegistryError> {
    let name = reference.to_owned();
    let done = tokio::task::spawn_blocking(move || work(&name)).await;
    done.map_err(|error| RegistryError::unreachable(reference, error.to_string()))
}

impl Store<'_> {
    /// The name in messages.
    pub fn shown(&self) -> &str {
        match self {
            Self::Registry(repository, _) => repository.shown(),
            Self::Layout(layout) => layout.shown(),
        }
    }

    /// The name of one version in messages.
    pub fn reference(&self, version: &str) -> String {
        with_version(self.shown(), version)
    }

    /// All tags.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when there is no such repository.
    pub async fn tags(&self) -> Result<Vec<String>, RegistryError> {
        match self {
            Self::Registry(repository, _) => repository.tags().await,
            Self::Layout(layout) => layout.tags(),
        }
    }

    /// The digest behind a tag or digest, if it is there.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn head(&self, version: &str) -> Result<Option<String>, RegistryError> {
        match self {
            Self::Registry(repository, _) => repository.head(version).await,
            Self::Layout(layout) => layout.head(version),
        }
    }

    pub(crate) async fn manifest(&self, version: &str) -> Result<Manifest, RegistryError> {
        match self {
            Self::Registry(repository, _) => repository.manifest(version).await,
            Self::Layout(layout) => layout.manifest(version),
        }
    }

    /// Fetches a contract by tag or digest. What has the digest and is in the cache is not fetched again; a tag is asked
    /// for its digest first. Where the registry is unreachable the cache answers alone, and [`Pulled::unconfirmed`] says so.
    ///
    /// # Errors
    /// [`RegistryError`]: not there, not reachable, no contract.
    pub async fn pull(&self, version: &str) -> Result<Pulled, RegistryError> {
        self.pull_as(version, |bundle| bundle).await
    }

    /// As [`pull`](Self::pull), and makes something of the bundle on the thread where it was unpacked.
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    pub async fn pull_as<T: Send + 'static>(
        &self,
        version: &str,
        make: impl Fn(Bundle) -> T + Clone + Send + 'static,
    ) -> Result<Pulled<T>, RegistryError> {
        let reference = self.reference(version);
        let pulled = match self {
            Self::Registry(repository, Some(cache)) => {
                let cache = Cache::clone(cache);
                self.cached_or_fetched((version, &reference), (repository.shown(), cache), make).await
            }
            _ => self.fetched((version, &reference), None, make).await,
        };
        pulled.map_err(|error| error.about(&reference))
    }

    async fn cached_or_fetched<T: Send + 'static>(
        &self,
        (version, reference): (&str, &str),
        (repository, cache): (&str, Cache),
        make: impl Fn(Bundle) -> T + Clone + Send + 'static,
    ) -> Result<Pulled<T>, RegistryError> {
        if version.contains(':') {
            let (cache, name, digest) = (cache.clone(), repository.to_owned(), version.to_owned());
            let make = make.clone();
            let known = off_thread(reference, move |reference| {
                open(&cache.get_digest(&name, &digest)?, reference, make)
            });
            if let Some(pulled) = known.await? {
                return Ok(pulled);
            }
        }
        if !cache.has(reference) {
            return self.fetched((version, reference), Some(cache), make).await;
        }
        // What is there is read while the registry is asked whether it still is what it has.
        let (look_up, make_known) = (cache.clone(), make.clone());
        let known =
            off_thread(reference, move |reference| open(&look_up.get(reference)?, reference, make_known));
        let (known, head) = tokio::join!(known, self.head(version));
        let Some(known) = known? else { return self.fetched((version, reference), Some(cache), make).await };
        let fetched = match head {
            Ok(Some(digest)) if digest == known.digest => return Ok(known),
            Ok(_) => self.fetched((version, reference), Some(cache), make).await,
            Err(error) => Err(error),
        };
        match fetched {
            Ok(fetched) => {
                let before = Some(known.digest).filter(|digest| digest != UNKNOWN_DIGEST);
                Ok(Pulled { moved_from: before.filter(|before| *before != fetched.digest), ..fetched })
            }
            Err(RegistryError::Unreachable { cause, .. }) => Ok(Pulled { unconfirmed: Some(cause), ..known }),
            Err(error) => Err(error),
        }
    }

    /// What the registry has; it is kept in the cache, where there is one.
    async fn fetched<T: Send + 'static>(
        &self,
        (version, reference): (&str, &str),
        cache: Option<Cache>,
        make: impl Fn(Bundle) -> T + Send + 'static,
    ) -> Result<Pulled<T>, RegistryError> {
        let Fetched { digest, layer, created } = self.fetch(version, reference).await?;
        let unpack = move |reference: &str| {
            let bundle = artifact::bundle(&layer, reference)?;
            if let Some(cache) = cache {
                cache.put(reference, &digest, created.as_deref(), &layer);
            }
            Ok(Pulled { digest, bundle: make(bundle), created, unconfirmed: None, moved_from: None })
        };
        off_thread(reference, unpack).await?
    }

    async fn fetch(&self, version: &str, reference: &str) -> Result<Fetched, RegistryError> {
        let outer = self.manifest(version).await?;
        let inner = match artifact::in_index(&outer, reference)? {
            Some(digest) => {
                let inner = self.manifest(digest.as_str()).await?;
                if artifact::in_index(&inner, reference)?.is_some() {
                    return Err(RegistryError::invalid(reference, "the index leads to another index"));
                }
                inner
            }
            None => outer.clone(),
        };
        let artifact::Layer { digest, size, created } = artifact::layer(&inner, reference)?;
        let layer = self.blob(&digest, size).await?;
        Ok(Fetched { digest: outer.digest, layer, created })
    }

    pub(crate) async fn blob(&self, digest: &Digest, size: usize) -> Result<Bytes, RegistryError> {
        match self {
            Self::Registry(repository, _) => repository.blob(digest, size).await,
            Self::Layout(layout) => layout.blob(digest, size),
        }
    }

    /// Puts a contract under a tag: its parts first, so that a manifest never leads to nothing.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn push(&self, artifact: &Artifact, tag: &str) -> Result<String, RegistryError> {
        self.put(artifact, tag).await.map_err(|error| error.about(&self.reference(tag)))
    }

    async fn put(&self, artifact: &Artifact, tag: &str) -> Result<String, RegistryError> {
        self.put_blob(&artifact.layer).await?;
        self.put_blob(&artifact.config).await?;
        let (bytes, digest) = (artifact.manifest.clone(), artifact.digest.clone());
        self.put_manifest(tag, &Manifest { bytes, digest, media_type: MediaType::ImageManifest }).await
    }

    pub(crate) async fn put_blob(&self, bytes: &Bytes) -> Result<String, RegistryError> {
        match self {
            Self::Registry(repository, _) => repository.put_blob(bytes).await,
            Self::Layout(layout) => layout.put_blob(bytes),
        }
    }

    /// Puts a manifest under a tag, or under its digest.
    pub(crate) async fn put_manifest(
        &self,
        version: &str,
        manifest: &Manifest,
    ) -> Result<String, RegistryError> {
        let Manifest { bytes, media_type, .. } = manifest;
        match self {
            Self::Registry(repository, _) => repository.put_manifest(version, bytes, media_type).await,
            // In a layout a digest is where the content lies.
            Self::Layout(layout) if version.contains(':') => layout.put_blob(bytes),
            Self::Layout(layout) => layout.put_manifest(version, bytes, media_type),
        }
    }
}
