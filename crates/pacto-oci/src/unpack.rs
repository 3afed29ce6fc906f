//! From a gzipped tar back to a bundle, under every limit of bundles. Nothing is written to disk here.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use pacto_contract::bundle::is_bundle_path;
use pacto_contract::limits::{
    MAX_BUNDLE_BYTES, MAX_BUNDLE_ENTRIES, MAX_BUNDLE_FILE_BYTES, MAX_COMPRESSION_RATIO,
};
use pacto_contract::{Bundle, BundleError};
use thiserror::Error;

/// Room for headers and padding of an archive whose files are as large as they may be.
const ARCHIVE_BYTES: u64 = (MAX_BUNDLE_BYTES + MAX_BUNDLE_ENTRIES * 4096) as u64;
/// Below this many bytes a high ratio is no threat, only an empty file.
const RATIO_COUNTS_FROM: u64 = 1024 * 1024;

/// Why an archive is no bundle.
#[derive(Debug, Error)]
pub enum UnpackError {
    /// Not a gzipped tar, or cut off.
    #[error("the archive cannot be read: {0}")]
    Archive(#[from] io::Error),
    /// A path or a limit of bundles.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A link, a device, a pipe.
    #[error("unsupported tar entry type {kind} of {path:?}; a bundle holds files and directories")]
    Kind {
        /// The entry.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// `../x`, `/x`, `C:\x`, no UTF-8.
    #[error("invalid path in tar: {0:?}")]
    Path(String),
    /// Two entries of one name: what is in the bundle would depend on who reads it.
    #[error("{0:?} is in the archive twice")]
    Twice(String),
    /// `a` beside `a/b`: no disk can hold both.
    #[error("{0:?} is a file and a directory in the archive")]
    FileAndDirectory(String),
    /// Larger than any bundle.
    #[error("the archive holds more than {0} bytes")]
    TooLarge(u64),
    /// Blows up when it is unpacked.
    #[error("the archive is compressed more than {0} times")]
    Ratio(usize),
    /// More than [`MAX_BUNDLE_ENTRIES`].
    #[error("tar has too many entries (>{0})")]
    TooManyEntries(usize),
}

/// Reads an archive.
///
/// ```
/// use pacto_contract::Bundle;
/// let mut bundle = Bundle::default();
/// bundle.insert("pacto.yaml", b"a".to_vec())?;
/// let packed = pacto_oci::archive::pack(&bundle)?;
/// assert_eq!(pacto_oci::unpack::unpack(&packed)?, bundle);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`UnpackError`].
pub fn unpack(packed: &[u8]) -> Result<Bundle, UnpackError> {
    let counted =
        Counted { inner: MultiGzDecoder::new(packed), read: 0, packed: packed.len() as u64, over: None };
    let mut archive = tar::Archive::new(counted);
    let mut bundle = Bundle::default();
    let unpacked = entries(&mut archive, &mut bundle);
    match archive.into_inner().over {
        Some(Over::Size) => Err(UnpackError::TooLarge(ARCHIVE_BYTES)),
        Some(Over::Ratio) => Err(UnpackError::Ratio(MAX_COMPRESSION_RATIO)),
        None => unpacked.map(|()| bundle),
    }
}

fn entries<R: Read>(archive: &mut tar::Archive<R>, bundle: &mut Bundle) -> Result<(), UnpackError> {
    let mut count = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        count += 1;
        if count > MAX_BUNDLE_ENTRIES {
            return Err(UnpackError::TooManyEntries(MAX_BUNDLE_ENTRIES));
        }
        let kind = entry.header().entry_type();
        if kind == tar::EntryType::XGlobalHeader {
            continue;
        }
        let raw = entry.path_bytes();
        let shown = || String::from_utf8_lossy(&raw).into_owned();
        let written = std::str::from_utf8(&raw).map_err(|_| UnpackError::Path(shown()))?;
        let path = written.strip_prefix("./").unwrap_or(written).trim_end_matches('/').to_owned();
        // The root itself, as `tar -C dir .` writes it.
        if kind.is_dir() && matches!(path.as_str(), "" | ".") {
            continue;
        }
        if !is_bundle_path(&path) {
            return Err(UnpackError::Path(shown()));
        }
        if kind.is_dir() {
            continue;
        }
        if !kind.is_file() {
            return Err(UnpackError::Kind { path, kind: name(kind) });
        }
        if bundle.contains(&path) {
            return Err(UnpackError::Twice(path));
        }
        let limit = MAX_BUNDLE_FILE_BYTES as u64;
        if entry.size() > limit {
            return Err(BundleError::FileTooLarge { path, limit: MAX_BUNDLE_FILE_BYTES }.into());
        }
        let mut content = Vec::new();
        (&mut entry).take(limit + 1).read_to_end(&mut content)?;
        bundle.insert(&path, content)?;
    }
    for (path, _) in bundle.iter() {
        let mut above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        if let Some(file) = above.find(|directory| bundle.contains(directory)) {
            return Err(UnpackError::FileAndDirectory(file.to_owned()));
        }
    }
    Ok(())
}

fn name(kind: tar::EntryType) -> &'static str {
    match kind {
        tar::EntryType::Symlink => "symbolic link",
        tar::EntryType::Link => "hard link",
        tar::EntryType::Char | tar::EntryType::Block => "device",
        tar::EntryType::Fifo => "pipe",
        tar::EntryType::GNUSparse => "sparse file",
        _ => "unknown",
    }
}

enum Over {
    Size,
    Ratio,
}

/// Stops reading where an archive is too large or blows up.
struct Counted<R> {
    inner: R,
    read: u64,
    packed: u64,
    over: Option<Over>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        if self.read > ARCHIVE_BYTES {
            self.over = Some(Over::Size);
        } else if self.read > RATIO_COUNTS_FROM
            && self.read / self.packed.max(1) > MAX_COMPRESSION_RATIO as u64
        {
            self.over = Some(Over::Ratio);
        }
        if self.over.is_some() { Err(io::Error::other("too much")) } else { Ok(read) }
    }
}

#[cfg(test)]
mod tests;
