//! One repository, wherever it is: push and pull.

use pacto_contract::Bundle;
use pacto_contract::reference::Digest;

use crate::artifact::{self, Artifact};
use crate::layout::Layout;
use crate::registry::{Manifest, RegistryError, Repository};

/// A repository.
#[derive(Debug, Clone)]
pub enum Store<'c> {
    /// In a registry.
    Registry(Repository<'c>),
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
}

impl Store<'_> {
    /// The name in messages.
    pub fn shown(&self) -> &str {
        match self {
            Self::Registry(repository) => repository.shown(),
            Self::Layout(layout) => layout.shown(),
        }
    }

    /// The name of one version in messages.
    pub fn reference(&self, version: &str) -> String {
        let separator = if version.contains(':') { '@' } else { ':' };
        format!("{}{separator}{version}", self.shown())
    }

    /// All tags.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when there is no such repository.
    pub async fn tags(&self) -> Result<Vec<String>, RegistryError> {
        match self {
            Self::Registry(repository) => repository.tags().await,
            Self::Layout(layout) => layout.tags(),
        }
    }

    /// The digest behind a tag or digest, if it is there.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn head(&self, version: &str) -> Result<Option<String>, RegistryError> {
        match self {
            Self::Registry(repository) => repository.head(version).await,
            Self::Layout(layout) => layout.head(version),
        }
    }

    async fn manifest(&self, version: &str) -> Result<Manifest, RegistryError> {
        match self {
            Self::Registry(repository) => repository.manifest(version).await,
            Self::Layout(layout) => layout.manifest(version),
        }
    }

    /// Fetches a contract by tag or digest.
    ///
    /// # Errors
    /// [`RegistryError`]: not there, not reachable, no contract.
    pub async fn pull(&self, version: &str) -> Result<Pulled, RegistryError> {
        let reference = self.reference(version);
        self.fetch(version, &reference).await.map_err(|error| error.about(&reference))
    }

    async fn fetch(&self, version: &str, reference: &str) -> Result<Pulled, RegistryError> {
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
        let layer = artifact::layer(&inner, reference)?;
        let packed = self.blob(&layer.digest, layer.size).await?;
        Ok(Pulled { bundle: artifact::bundle(&packed, reference)?, digest: outer.digest })
    }

    async fn blob(&self, digest: &Digest, size: usize) -> Result<bytes::Bytes, RegistryError> {
        match self {
            Self::Registry(repository) => repository.blob(digest, size).await,
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
        let kind = oci_spec::image::MediaType::ImageManifest;
        match self {
            Self::Registry(repository) => {
                repository.put_blob(&artifact.layer).await?;
                repository.put_blob(&artifact.config).await?;
                repository.put_manifest(tag, &artifact.manifest, &kind).await
            }
            Self::Layout(layout) => {
                layout.put_blob(&artifact.layer)?;
                layout.put_blob(&artifact.config)?;
                layout.put_manifest(tag, &artifact.manifest, &kind)
            }
        }
    }
}
