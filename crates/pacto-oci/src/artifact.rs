//! A contract as an OCI artifact: one layer with the bundle, a config with labels, a manifest.
//!
//! The layer's media type and the labels are those of the original, which reads nothing else.

use bytes::Bytes;
use flate2::read::GzDecoder;
use oci_spec::image::{ImageIndex, ImageManifest, MediaType};
use pacto_contract::limits::MAX_BUNDLE_BYTES;
use pacto_contract::reference::Digest;
use pacto_contract::{Bundle, Contract};
use serde_json::{Value, json};

use crate::registry::{Manifest, RegistryError};
use crate::{archive, unpack};

/// Media type of the layer that holds a bundle.
pub const LAYER_MEDIA_TYPE: &str = "application/vnd.pacto.bundle.layer.v1.tar+gzip";
/// `artifactType` of a contract.
pub const ARTIFACT_TYPE: &str = "application/vnd.pacto.contract.v1";
/// Annotation with the time at which an artifact was made.
const CREATED: &str = "org.opencontainers.image.created";
/// Longest such time, in bytes.
const MAX_CREATED_BYTES: usize = 64;
/// Platform that is taken from a list by platform, as the original does.
const PLATFORM: (&str, &str) = ("linux", "amd64");

/// What is pushed for a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The bundle, packed.
    pub layer: Bytes,
    /// The config.
    pub config: Bytes,
    /// The manifest.
    pub manifest: Bytes,
    /// Digest of the manifest.
    pub digest: String,
}

/// What a manifest leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Digest of the packed bundle.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: usize,
    /// When it was made, as far as the manifest says: RFC 3339, unchecked.
    pub created: Option<String>,
}

impl Artifact {
    /// Packs a bundle with its contract. Same files, same bytes.
    ///
    /// # Errors
    /// When a path does not fit into an archive.
    pub fn new(bundle: &Bundle, contract: &Contract) -> std::io::Result<Self> {
        let layer = archive::pack(bundle)?;
        let mut tar = Vec::new();
        std::io::Read::read_to_end(&mut GzDecoder::new(layer.as_slice()), &mut tar)?;
        let service = &contract.service;
        let config = json!({
            "architecture": "unknown",
            "config": {"Labels": {
                "io.pacto.name": service.name,
                "io.pacto.pactoVersion": contract.pacto_version,
                "io.pacto.version": service.version,
            }},
            "created": "1970-01-01T00:00:00Z",
            "os": "unknown",
            "rootfs": {"diff_ids": [archive::digest(&tar)], "type": "layers"},
        });
        let config = bytes(&config);
        let descriptor = |kind: &str, content: &[u8]| json!({"digest": archive::digest(content), "mediaType": kind, "size": content.len()});
        let manifest = json!({
            "annotations": {
                "org.opencontainers.image.title": service.name,
                "org.opencontainers.image.version": service.version,
            },
            "artifactType": ARTIFACT_TYPE,
            "config": descriptor(MediaType::ImageConfig.as_ref(), &config),
            "layers": [descriptor(LAYER_MEDIA_TYPE, &layer)],
            "mediaType": MediaType::ImageManifest.to_string(),
            "schemaVersion": 2,
        });
        let manifest = bytes(&manifest);
        Ok(Self { digest: archive::digest(&manifest), layer: layer.into(), config, manifest })
    }
}

/// Keys stand in the order in which they were written, which is the order of the alphabet.
fn bytes(value: &Value) -> Bytes {
    value.to_string().into_bytes().into()
}

/// What a manifest of an image index leads to: the manifest for the usual platform, else the first. `None` for what is
/// no index.
///
/// # Errors
/// [`RegistryError::InvalidBundle`].
pub(crate) fn in_index(manifest: &Manifest, reference: &str) -> Result<Option<Digest>, RegistryError> {
    let kind = manifest.media_type.to_string();
    let is_index =
        matches!(manifest.media_type, MediaType::ImageIndex) || kind.ends_with("manifest.list.v2+json");
    let has_manifests = || {
        serde_json::from_slice::<Value>(&manifest.bytes).is_ok_and(|value| value.get("manifests").is_some())
    };
    if !is_index && !has_manifests() {
        return Ok(None);
    }
    let index: ImageIndex = serde_json::from_slice(&manifest.bytes)
        .map_err(|error| RegistryError::invalid(reference, format!("the index cannot be read: {error}")))?;
    let is_usual = |descriptor: &&oci_spec::image::Descriptor| {
        descriptor.platform().as_ref().is_some_and(|platform| {
            (platform.os().to_string().as_str(), platform.architecture().to_string().as_str()) == PLATFORM
        })
    };
    let found = index.manifests().iter().find(is_usual).or_else(|| index.manifests().first());
    let found = found.ok_or_else(|| RegistryError::invalid(reference, "the index is empty"))?;
    digest(found.digest().as_ref(), reference).map(Some)
}

/// The one layer of a manifest.
///
/// # Errors
/// [`RegistryError::InvalidBundle`] in the words of the original.
pub(crate) fn layer(manifest: &Manifest, reference: &str) -> Result<Layer, RegistryError> {
    let invalid = |cause: String| RegistryError::invalid(reference, cause);
    let parsed: ImageManifest = serde_json::from_slice(&manifest.bytes)
        .map_err(|error| invalid(format!("the manifest cannot be read: {error}")))?;
    let layer = match parsed.layers().as_slice() {
        [] => return Err(invalid("image has no layers".to_owned())),
        [layer] => layer,
        layers => return Err(invalid(format!("expected 1 layer, got {}", layers.len()))),
    };
    let size = usize::try_from(layer.size()).ok().filter(|size| *size <= MAX_BUNDLE_BYTES);
    let size = size.ok_or_else(|| invalid(format!("the layer is larger than {MAX_BUNDLE_BYTES} bytes")))?;
    let annotations = parsed.annotations().as_ref();
    let created = annotations.and_then(|annotations| annotations.get(CREATED));
    let created = created.filter(|text| text.len() <= MAX_CREATED_BYTES).cloned();
    Ok(Layer { digest: digest(layer.digest().as_ref(), reference)?, size, created })
}

fn digest(text: &str, reference: &str) -> Result<Digest, RegistryError> {
    let parsed =
        Digest::parse(text).ok().filter(|digest| digest.is_complete() && text.starts_with("sha256:"));
    parsed.ok_or_else(|| RegistryError::invalid(reference, format!("{text:?} is not a sha256 digest")))
}

/// The bundle in a layer.
///
/// # Errors
/// [`RegistryError::InvalidBundle`].
pub(crate) fn bundle(layer: &[u8], reference: &str) -> Result<Bundle, RegistryError> {
    let bundle =
        unpack::unpack(layer).map_err(|error| RegistryError::invalid(reference, error.to_string()))?;
    if bundle.contains(pacto_contract::bundle::CONTRACT_FILE) {
        Ok(bundle)
    } else {
        Err(RegistryError::invalid(reference, "bundle missing pacto.yaml"))
    }
}
