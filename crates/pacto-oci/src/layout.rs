//! A directory in OCI image layout: a repository without a server.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use oci_spec::image::{ImageIndex, MediaType};
use pacto_contract::limits::{MAX_BUNDLE_BYTES, MAX_MANIFEST_BYTES};
use pacto_contract::reference::Digest;
use serde_json::{Value, json};

use crate::archive;
use crate::atomic::{self, Readers};
use crate::registry::{Manifest, RegistryError, with_version};

/// Marks a directory as an image layout.
const MARKER: &str = "oci-layout";
const MARKER_CONTENT: &str = "{\"imageLayoutVersion\":\"1.0.0\"}";
const INDEX: &str = "index.json";
/// Annotation that holds the tag of a manifest.
const TAG: &str = "org.opencontainers.image.ref.name";

/// A directory that holds one repository.
#[derive(Debug, Clone)]
pub struct Layout {
    directory: PathBuf,
    /// For messages.
    shown: String,
}

impl Layout {
    /// The layout in `directory`, called `shown` in messages. Nothing is looked at yet.
    pub fn new(directory: impl Into<PathBuf>, shown: impl Into<String>) -> Self {
        Self { directory: directory.into(), shown: shown.into() }
    }

    /// The name in messages.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    fn refuse(&self, cause: impl std::fmt::Display) -> RegistryError {
        RegistryError::unreachable(&self.shown, cause.to_string())
    }

    /// The index; `None` where there is no layout.
    fn index(&self) -> Result<Option<ImageIndex>, RegistryError> {
        let Some(marker) = self.read(Path::new(MARKER), MAX_MANIFEST_BYTES)? else { return Ok(None) };
        let version = serde_json::from_slice::<Value>(&marker).ok();
        let version = version.as_ref().and_then(|value| value.get("imageLayoutVersion")?.as_str());
        if version != Some("1.0.0") {
            return Err(self.refuse("oci-layout does not say imageLayoutVersion 1.0.0"));
        }
        // A layout that is about to get its first tag has none yet.
        let Some(index) = self.read(Path::new(INDEX), MAX_MANIFEST_BYTES)? else { return Ok(None) };
        let parsed = serde_json::from_slice(&index);
        parsed.map(Some).map_err(|error| self.refuse(format!("index.json cannot be read: {error}")))
    }

    /// All tags, sorted.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where there is no layout.
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let index = self.index()?.ok_or_else(|| RegistryError::NotFound(self.shown.clone()))?;
        let tag = |descriptor: &oci_spec::image::Descriptor| {
            descriptor.annotations().as_ref().and_then(|annotations| annotations.get(TAG).cloned())
        };
        let mut tags: Vec<String> = index.manifests().iter().filter_map(tag).collect();
        tags.sort();
        tags.dedup();
        Ok(tags)
    }

    /// The digest behind a tag or digest.
    ///
    /// # Errors
    /// [`RegistryError`] when the layout cannot be read.
    pub fn head(&self, version: &str) -> Result<Option<String>, RegistryError> {
        let Some(index) = self.index()? else { return Ok(None) };
        let mut manifests = index.manifests().iter().rev();
        let found = manifests.find(|descriptor| {
            let tag = descriptor.annotations().as_ref().and_then(|annotations| annotations.get(TAG));
            descriptor.digest().to_string() == version || tag.is_some_and(|tag| tag == version)
        });
        if found.is_none()
            && let Some(digest) = Digest::parse(version).ok().filter(Digest::is_complete)
        {
            // What no tag leads to any more is there all the same.
            let content = self.content(&digest, MAX_MANIFEST_BYTES)?;
            return Ok(content.map(|_| version.to_owned()));
        }
        Ok(found.map(|descriptor| descriptor.digest().to_string()))
    }

    /// The manifest behind a tag or digest.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], or what is wrong with the layout.
    pub fn manifest(&self, version: &str) -> Result<Manifest, RegistryError> {
        let not_found = || RegistryError::NotFound(with_version(&self.shown, version));
        let digest = match self.head(version)? {
            Some(digest) => digest,
            None if version.starts_with("sha256:") => version.to_owned(),
            None => return Err(not_found()),
        };
        let parsed = Digest::parse(&digest).ok().filter(Digest::is_complete);
        let parsed = parsed.ok_or_else(|| self.refuse(format!("{digest:?} is no digest")))?;
        let bytes = self.content(&parsed, MAX_MANIFEST_BYTES)?.ok_or_else(not_found)?;
        let kind = serde_json::from_slice::<Value>(&bytes).ok();
        let kind = kind.as_ref().and_then(|value| value.get("mediaType")?.as_str()).unwrap_or_default();
        Ok(Manifest { media_type: MediaType::from(kind), bytes, digest })
    }

    /// A blob, checked against its digest.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], or what is wrong with it.
    pub fn blob(&self, digest: &Digest, size: usize) -> Result<Bytes, RegistryError> {
        let bytes = self.content(digest, size.min(MAX_BUNDLE_BYTES))?;
        let bytes =
            bytes.ok_or_else(|| RegistryError::NotFound(format!("{}@{}", self.shown, digest.as_str())))?;
        if bytes.len() == size {
            Ok(bytes)
        } else {
            Err(self.refuse(format!("the content has {} bytes, not {size}", bytes.len())))
        }
    }

    fn content(&self, digest: &Digest, limit: usize) -> Result<Option<Bytes>, RegistryError> {
        if !digest.as_str().starts_with("sha256:") {
            return Err(self.refuse(format!("{} is not a sha256 digest", digest.as_str())));
        }
        let Some(bytes) = self.read(&Path::new("blobs/sha256").join(digest.hex()), limit)? else {
            return Ok(None);
        };
        let found = archive::digest(&bytes);
        if found == digest.as_str() {
            Ok(Some(bytes.into()))
        } else {
            Err(self.refuse(format!(
                "the content does not match its digest: {found} lies where {} should",
                digest.as_str()
            )))
        }
    }

    /// A file of the layout. No part of the way may be a link: a layout from somebody else could point anywhere.
    fn read(&self, file: &Path, limit: usize) -> Result<Option<Vec<u8>>, RegistryError> {
        let mut path = self.directory.clone();
        for part in file.components() {
            path.push(part);
            match std::fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_symlink() => {
                    return Err(self.refuse(format!("{} is a link", file.display())));
                }
                Ok(metadata) if path.ends_with(file) && !metadata.is_file() => {
                    return Err(self.refuse(format!("{} is not a file", file.display())));
                }
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    return Ok(None);
                }
                Err(error) => return Err(self.refuse(format!("{}: {error}", file.display()))),
            }
        }
        let access = |error: std::io::Error| self.refuse(format!("{}: {error}", file.display()));
        let mut content = Vec::new();
        let opened = std::fs::File::open(&path).map_err(access)?;
        opened.take(limit as u64 + 1).read_to_end(&mut content).map_err(access)?;
        if content.len() > limit {
            return Err(self.refuse(format!("{} is larger than {limit} bytes", file.display())));
        }
        Ok(Some(content))
    }

    /// Puts a blob into the layout, unless it is there.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`] with what the system says.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<String, RegistryError> {
        let digest = archive::digest(bytes);
        let hex = digest.trim_start_matches("sha256:");
        if self
            .read(&Path::new("blobs/sha256").join(hex), MAX_BUNDLE_BYTES)?
            .is_none_or(|there| there != bytes)
        {
            self.write(&Path::new("blobs/sha256").join(hex), bytes)?;
        }
        Ok(digest)
    }

    /// Puts a manifest under a tag, which moves there from where it was.
    ///
    /// # Errors
    /// [`RegistryError`] when the layout cannot be read or written.
    pub fn put_manifest(
        &self,
        tag: &str,
        bytes: &[u8],
        media_type: &MediaType,
    ) -> Result<String, RegistryError> {
        if self.read(Path::new(MARKER), MAX_MANIFEST_BYTES)?.is_none() {
            self.write(Path::new(MARKER), MARKER_CONTENT.as_bytes())?;
        }
        // Another process may add a tag at the same time; the index has all of them.
        let held = if cfg!(unix) { self.directory.clone() } else { self.directory.join(MARKER) };
        let held = std::fs::File::open(held).map_err(|error| self.refuse(error))?;
        held.lock().map_err(|error| self.refuse(error))?;
        let mut index = match self.read(Path::new(INDEX), MAX_MANIFEST_BYTES)? {
            Some(index) => serde_json::from_slice::<Value>(&index)
                .map_err(|error| self.refuse(format!("index.json cannot be read: {error}")))?,
            None => {
                json!({"manifests": [], "mediaType": MediaType::ImageIndex.to_string(), "schemaVersion": 2})
            }
        };
        let digest = self.put_blob(bytes)?;
        let artifact = serde_json::from_slice::<Value>(bytes).ok();
        let artifact = artifact.as_ref().and_then(|value| value.get("artifactType"));
        let mut entry = json!({
            "annotations": {TAG: tag},
            "digest": digest,
            "mediaType": media_type.to_string(),
            "size": bytes.len(),
        });
        if let (Some(kind), Some(entry)) = (artifact, entry.as_object_mut()) {
            entry.insert("artifactType".to_owned(), kind.clone());
        }
        let has_tag =
            |entry: &Value| entry.get("annotations").and_then(|at| at.get(TAG)?.as_str()) == Some(tag);
        let manifests = index.get_mut("manifests").and_then(Value::as_array_mut);
        let manifests = manifests.ok_or_else(|| self.refuse("index.json has no list of manifests"))?;
        manifests.retain(|entry| !has_tag(entry));
        manifests.push(entry);
        let tag_of = |entry: &Value| {
            entry.get("annotations").and_then(|at| at.get(TAG)?.as_str()).unwrap_or_default().to_owned()
        };
        manifests.sort_by_key(tag_of);
        self.write(Path::new(INDEX), index.to_string().as_bytes())?;
        Ok(digest)
    }

    /// Writes a file in one step.
    fn write(&self, file: &Path, content: &[u8]) -> Result<(), RegistryError> {
        let path = self.directory.join(file);
        let directory = path.parent().unwrap_or(&self.directory);
        let written =
            std::fs::create_dir_all(directory).and_then(|()| atomic::write(&path, content, Readers::All));
        written.map_err(|error| self.refuse(format!("{}: {error}", file.display())))
    }
}
