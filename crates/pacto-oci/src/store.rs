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
pub struct Pulled {
    /// Digest of its manifest.
    pub digest: String,
    /// Its files.
    pub bundle: Bundle,
    /// Why the registry could not be asked whether this is still what it has.
    pub unconfirmed: Option<String>,
    /// The digest that the tag led to when it was fetched before, where that was another one.
    pub moved_from: Option<String>,
}

/// What a registry has behind a tag or digest.
struct Fetched {
    /// Of the manifest.
    digest: String,
    /// The packed bundle.
    layer: Bytes,
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
        let reference = self.reference(version);
        self.cached_or_fetched(version, &reference).await.map_err(|error| error.about(&reference))
    }

    async fn cached_or_fetched(&self, version: &str, reference: &str) -> Result<Pulled, RegistryError> {
        let Self::Registry(repository, Some(cache)) = self else {
            let Fetched { digest, layer } = self.fetch(version, reference, None).await?;
            return Ok(Pulled {
                bundle: artifact::bundle(&layer, reference)?,
                digest,
                unconfirmed: None,
                moved_from: None,
            });
        };
        let known = |cached: &Cached, unconfirmed| {
            let bundle = artifact::bundle(&cached.layer, reference).ok()?;
            let digest = cached.digest.clone().unwrap_or_else(|| UNKNOWN_DIGEST.to_owned());
            Some(Pulled { digest, bundle, unconfirmed, moved_from: None })
        };
        if version.contains(':') {
            let cached = cache.get_digest(repository.shown(), version);
            if let Some(pulled) = cached.and_then(|cached| known(&cached, None)) {
                return Ok(pulled);
            }
        }
        let cached = cache.get(reference);
        let fetched = match &cached {
            Some(cached) => match self.head(version).await {
                Ok(Some(digest)) if cached.digest.as_ref() == Some(&digest) => {
                    if let Some(pulled) = known(cached, None) {
                        return Ok(pulled);
                    }
                    self.fetch(version, reference, None).await
                }
                Ok(_) => self.fetch(version, reference, Some(cached)).await,
                Err(error) => Err(error),
            },
            None => self.fetch(version, reference, None).await,
        };
        match (fetched, cached) {
            (Ok(Fetched { digest, layer }), before) => {
                let moved_from = before.and_then(|cached| cached.digest).filter(|before| *before != digest);
                let bundle = artifact::bundle(&layer, reference)?;
                cache.put(reference, &digest, &layer);
                Ok(Pulled { digest, bundle, unconfirmed: None, moved_from })
            }
            (Err(RegistryError::Unreachable { reference, cause }), Some(cached)) => {
                let pulled = known(&cached, Some(cause.clone()));
                pulled.ok_or(RegistryError::Unreachable { reference, cause })
            }
            (Err(error), _) => Err(error),
        }
    }

    /// What the registry has; the layer is not fetched when `cached` is what its manifest names.
    async fn fetch(
        &self,
        version: &str,
        reference: &str,
        cached: Option<&Cached>,
    ) -> Result<Fetched, RegistryError> {
        let outer = self.manifest(version).await?;
        if let Some(cached) = cached.filter(|cached| cached.digest.as_ref() == Some(&outer.digest)) {
            return Ok(Fetched { digest: outer.digest, layer: cached.layer.clone() });
        }
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
        let layer = artifact::layer(&inner, reference)?;
        Ok(Fetched { layer: self.blob(&layer.digest, layer.size).await?, digest: outer.digest })
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
