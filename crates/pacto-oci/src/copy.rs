//! From one repository to another, byte for byte, so that digests stay what they are.

use bytes::Bytes;
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};
use pacto_contract::limits::MAX_BUNDLE_BYTES;
use pacto_contract::reference::Digest;

use crate::artifact;
use crate::registry::{Manifest, RegistryError};
use crate::store::Store;

/// Most manifests that an index may list to be copied.
const MAX_MANIFESTS: usize = 100;

/// What became of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It is there now.
    Copied,
    /// It was there before.
    Identical,
    /// The tag leads to something else, which was left alone.
    Differs,
}

/// Copies `version` of `source` to `tag` of `target`. Another content under that tag is replaced only with `force`; with
/// `dry_run` nothing is written.
///
/// # Errors
/// [`RegistryError`] about whichever of the two has no answer.
pub async fn copy(
    source: &Store<'_>,
    version: &str,
    (target, tag): (&Store<'_>, &str),
    (force, dry_run): (bool, bool),
) -> Result<Copied, RegistryError> {
    let manifest = source.manifest(version).await?;
    match target.head(tag).await? {
        Some(digest) if digest == manifest.digest => return Ok(Copied::Identical),
        Some(_) if !force => return Ok(Copied::Differs),
        _ => {}
    }
    if dry_run {
        return Ok(Copied::Copied);
    }
    let reference = source.reference(version);
    if artifact::in_index(&manifest, &reference)?.is_some() {
        let index: ImageIndex = serde_json::from_slice(&manifest.bytes).map_err(|error| {
            RegistryError::invalid(&reference, format!("the index cannot be read: {error}"))
        })?;
        if index.manifests().len() > MAX_MANIFESTS {
            let cause = format!("the index lists more than {MAX_MANIFESTS} manifests");
            return Err(RegistryError::invalid(&reference, cause));
        }
        for listed in index.manifests() {
            let digest = listed.digest().to_string();
            let inner = source.manifest(&digest).await?;
            copy_parts(source, &inner, target, &reference).await?;
            target.put_manifest(&digest, &inner).await?;
        }
    } else {
        copy_parts(source, &manifest, target, &reference).await?;
    }
    target.put_manifest(tag, &manifest).await?;
    Ok(Copied::Copied)
}

/// Copies everything that a manifest leads to.
async fn copy_parts(
    source: &Store<'_>,
    manifest: &Manifest,
    target: &Store<'_>,
    reference: &str,
) -> Result<(), RegistryError> {
    let parsed: ImageManifest = serde_json::from_slice(&manifest.bytes).map_err(|error| {
        RegistryError::invalid(reference, format!("the manifest cannot be read: {error}"))
    })?;
    for part in parsed.layers().iter().chain(std::iter::once(parsed.config())) {
        let bytes = blob(source, part, reference).await?;
        target.put_blob(&bytes).await?;
    }
    Ok(())
}

async fn blob(source: &Store<'_>, part: &Descriptor, reference: &str) -> Result<Bytes, RegistryError> {
    let invalid = |cause: String| RegistryError::invalid(reference, cause);
    let size = usize::try_from(part.size()).ok().filter(|size| *size <= MAX_BUNDLE_BYTES);
    let size = size.ok_or_else(|| invalid(format!("a part is larger than {MAX_BUNDLE_BYTES} bytes")))?;
    let text = part.digest().to_string();
    let digest = Digest::parse(&text).ok().filter(Digest::is_complete);
    let digest = digest.ok_or_else(|| invalid(format!("{text:?} is no digest")))?;
    source.blob(&digest, size).await
}
