//! `pacto cache`: what was fetched before.

use pacto_oci::cache::{Cache, Entry};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{AppError, Context};

/// Entries of the cache.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The directory of the cache.
    pub directory: String,
    /// The entries that are there, or that were removed.
    pub entries: Vec<CachedContract>,
    /// Bytes that they take, or took.
    pub size: u64,
}

/// A contract in the cache.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CachedContract {
    /// Registry, repository and version.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Digest of the manifest, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Bytes on disk.
    pub size: u64,
}

/// Lists what is there.
///
/// # Errors
/// [`AppError::File`] when the directory cannot be read; [`AppError::Usage`] where there is no cache.
pub fn list(context: &Context) -> Result<Outcome, AppError> {
    let cache = cache(context)?;
    Ok(outcome(cache, &entries(cache)?))
}

/// Removes what was fetched from the registries and repositories that are named, or everything.
///
/// # Errors
/// As [`list`].
pub fn clean(context: &Context, references: &[String]) -> Result<Outcome, AppError> {
    let cache = cache(context)?;
    let mut entries = entries(cache)?;
    if !references.is_empty() {
        entries.retain(|entry| references.iter().any(|reference| is_within(&entry.reference, reference)));
    }
    for entry in &entries {
        let fail = |source| AppError::File { path: cache.directory().to_owned(), source };
        cache.remove(entry).map_err(fail)?;
    }
    Ok(outcome(cache, &entries))
}

/// Whether an entry belongs to a registry, repository or version.
fn is_within(entry: &str, reference: &str) -> bool {
    let reference = reference.strip_prefix("oci://").unwrap_or(reference).trim_end_matches('/');
    let rest = entry.strip_prefix(reference);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '@']))
}

fn cache(context: &Context) -> Result<&Cache, AppError> {
    let none = || AppError::Usage("there is no cache: neither HOME nor PACTO_CACHE_DIR is set".to_owned());
    context.sources.registries.cache().ok_or_else(none)
}

fn entries(cache: &Cache) -> Result<Vec<Entry>, AppError> {
    cache.entries().map_err(|source| AppError::File { path: cache.directory().to_owned(), source })
}

fn outcome(cache: &Cache, entries: &[Entry]) -> Outcome {
    let shown = |entry: &Entry| CachedContract {
        reference: entry.reference.clone(),
        digest: entry.digest.clone(),
        size: entry.size,
    };
    Outcome {
        directory: cache.directory().display().to_string(),
        entries: entries.iter().map(shown).collect(),
        size: entries.iter().map(|entry| entry.size).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn an_entry_belongs_to_what_it_begins_with() {
        let entry = "ghcr.io/acme/cart:1.0.0";
        for reference in ["ghcr.io", "ghcr.io/acme/", "oci://ghcr.io/acme/cart", entry] {
            assert!(is_within(entry, reference), "{reference}");
        }
        for reference in ["ghcr", "ghcr.io/ac", "ghcr.io/acme/cart:1", "quay.io"] {
            assert!(!is_within(entry, reference), "{reference}");
        }
    }
}
