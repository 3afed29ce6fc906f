//! The files of one contract, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use crate::limits;

/// Name of the contract inside a bundle.
pub const CONTRACT_FILE: &str = "pacto.yaml";
/// Where a bundle keeps the configuration schema that others refer to.
pub const CONFIGURATION_SCHEMA: &str = "configuration/schema.json";
/// Where a bundle keeps the policy schema that others refer to.
pub const POLICY_SCHEMA: &str = "policy/schema.json";

/// A set of files by relative path, in path order, within the limits.
///
/// A bundle may hold only the files that a command needs; nothing here reads a disk.
///
/// ```
/// use pacto_contract::Bundle;
/// let mut bundle = Bundle::default();
/// bundle.insert("pacto.yaml", b"pactoVersion: '1.0'".to_vec())?;
/// assert!(bundle.contains("pacto.yaml") && !bundle.contains("../pacto.yaml"));
/// # Ok::<(), pacto_contract::BundleError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<Arc<str>, Arc<[u8]>>,
    bytes: usize,
}

/// Why a file may not be in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BundleError {
    /// Absolute, `..`, `\`, control characters, too long.
    #[error("invalid path in bundle: {0:?}; paths are relative, with `/`, without `.` and `..`")]
    Path(String),
    /// One file over [`limits::MAX_BUNDLE_FILE_BYTES`].
    #[error("file {path} exceeds maximum size of {limit} bytes")]
    FileTooLarge {
        /// The file.
        path: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// All files over [`limits::MAX_BUNDLE_BYTES`].
    #[error("the bundle exceeds maximum total size of {0} bytes")]
    TooLarge(usize),
    /// More than [`limits::MAX_BUNDLE_ENTRIES`].
    #[error("the bundle has too many entries (>{0})")]
    TooManyEntries(usize),
}

/// Whether `path` may name a file of a bundle: relative, `/` between parts, no `.`, `..` or empty part.
pub fn is_bundle_path(path: &str) -> bool {
    path.len() <= limits::MAX_BUNDLE_PATH_BYTES
        && !path.chars().any(|character| character == '\\' || character.is_control())
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && path.get(1..2) != Some(":")
}

impl Bundle {
    /// Adds or replaces a file.
    ///
    /// # Errors
    /// [`BundleError`] when the path is not a bundle path or a limit is passed.
    pub fn insert(&mut self, path: &str, content: impl Into<Arc<[u8]>>) -> Result<(), BundleError> {
        if !is_bundle_path(path) {
            return Err(BundleError::Path(path.to_owned()));
        }
        let content = content.into();
        if content.len() > limits::MAX_BUNDLE_FILE_BYTES {
            let limit = limits::MAX_BUNDLE_FILE_BYTES;
            return Err(BundleError::FileTooLarge { path: path.to_owned(), limit });
        }
        let replaced = self.files.get(path).map_or(0, |old| old.len());
        let bytes = self.bytes - replaced + content.len();
        if bytes > limits::MAX_BUNDLE_BYTES {
            return Err(BundleError::TooLarge(limits::MAX_BUNDLE_BYTES));
        }
        if !self.files.contains_key(path) && self.files.len() >= limits::MAX_BUNDLE_ENTRIES {
            return Err(BundleError::TooManyEntries(limits::MAX_BUNDLE_ENTRIES));
        }
        self.bytes = bytes;
        self.files.insert(path.into(), content);
        Ok(())
    }

    /// The content of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|content| &**content)
    }

    /// Whether the file is there.
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Paths and contents in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, content)| (&**path, &**content))
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Size of all files in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for good in ["pacto.yaml", "a/b.json", "docs/über.md", ".hidden", "a..b/c"] {
            assert!(is_bundle_path(good), "{good}");
        }
        for bad in ["", "/a", "a/", "./a", "a/../b", "..", "a//b", "a\\b", "C:\\x", "C:/x", "a\0b", "a\nb"] {
            assert!(!is_bundle_path(bad), "{bad:?}");
        }
        assert!(is_bundle_path(&"a".repeat(limits::MAX_BUNDLE_PATH_BYTES)));
        assert!(!is_bundle_path(&"a".repeat(limits::MAX_BUNDLE_PATH_BYTES + 1)));
    }

    #[test]
    fn limits_hold_at_the_edge() {
        let mut bundle = Bundle::default();
        let full = vec![0_u8; limits::MAX_BUNDLE_FILE_BYTES];
        for index in 0..5 {
            bundle.insert(&format!("f{index}"), full.clone()).unwrap();
        }
        assert_eq!(bundle.bytes(), limits::MAX_BUNDLE_BYTES);
        assert_eq!(bundle.insert("one", vec![0]), Err(BundleError::TooLarge(limits::MAX_BUNDLE_BYTES)));
        bundle.insert("f0", vec![]).unwrap();
        bundle.insert("one", vec![0]).unwrap();
        let over = vec![0_u8; limits::MAX_BUNDLE_FILE_BYTES + 1];
        assert_eq!(
            bundle.insert("big", over).unwrap_err().to_string(),
            "file big exceeds maximum size of 10485760 bytes"
        );
        let mut many = Bundle::default();
        for index in 0..limits::MAX_BUNDLE_ENTRIES {
            many.insert(&format!("f{index}"), vec![]).unwrap();
        }
        assert_eq!(
            many.insert("more", vec![]).unwrap_err().to_string(),
            "the bundle has too many entries (>10000)"
        );
        many.insert("f1", vec![1]).unwrap();
    }
}
