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
mod tests {
    use super::*;
    use crate::archive::pack;
    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::default());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    /// An archive of one entry whose name is written as it is.
    fn entry(name: &[u8], kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if matches!(kind, tar::EntryType::Symlink | tar::EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    fn said(entries: &[Vec<u8>]) -> String {
        let mut bytes = entries.concat();
        bytes.extend([0; 1024]);
        match unpack(&gzip(&bytes)) {
            Ok(bundle) => format!("{:?}", bundle.iter().map(|(path, _)| path).collect::<Vec<_>>()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn refuses_what_leaves_the_bundle() {
        let file = |name: &[u8]| said(&[entry(name, tar::EntryType::Regular, b"x")]);
        assert_eq!(file(b"./pacto.yaml"), r#"["pacto.yaml"]"#);
        assert_eq!(file(b"../x"), r#"invalid path in tar: "../x""#);
        assert_eq!(file(b"a/../../x"), r#"invalid path in tar: "a/../../x""#);
        assert_eq!(file(b"/etc/x"), r#"invalid path in tar: "/etc/x""#);
        assert_eq!(file(b"C:\\x"), r#"invalid path in tar: "C:\\x""#);
        assert_eq!(file(b"a\\..\\x"), r#"invalid path in tar: "a\\..\\x""#);
        assert_eq!(file(b"a\xff"), "invalid path in tar: \"a\u{fffd}\"");
        for (kind, shown) in [
            (tar::EntryType::Symlink, "symbolic link"),
            (tar::EntryType::Link, "hard link"),
            (tar::EntryType::Char, "device"),
            (tar::EntryType::Fifo, "pipe"),
        ] {
            let text =
                format!("unsupported tar entry type {shown} of \"a\"; a bundle holds files and directories");
            assert_eq!(said(&[entry(b"a", kind, b"")]), text);
        }
        let twice = [entry(b"a", tar::EntryType::Regular, b"1"), entry(b"a", tar::EntryType::Regular, b"2")];
        assert_eq!(said(&twice), r#""a" is in the archive twice"#);
        let root =
            [entry(b"./", tar::EntryType::Directory, b""), entry(b"a/b", tar::EntryType::Regular, b"")];
        assert_eq!(said(&root), r#"["a/b"]"#);
    }

    /// Bytes that do not compress.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn limits_hold_while_it_is_read() {
        let file = |name: &str, size| entry(name.as_bytes(), tar::EntryType::Regular, &noise(size));
        assert_eq!(said(&[file("a", MAX_BUNDLE_FILE_BYTES)]), r#"["a"]"#);
        let large = "file a exceeds maximum size of 10485760 bytes";
        assert_eq!(said(&[file("a", MAX_BUNDLE_FILE_BYTES + 1)]), large);
        let all: Vec<_> = (0..6).map(|number| file(&format!("a{number}"), MAX_BUNDLE_FILE_BYTES)).collect();
        assert_eq!(said(&all), "the bundle exceeds maximum total size of 52428800 bytes");
        let directory = |number| entry(format!("d{number}").as_bytes(), tar::EntryType::Directory, b"");
        // One file of noise keeps the ratio low.
        let mut many: Vec<_> = std::iter::once(file("noise", 200_000)).collect();
        many.extend((1..MAX_BUNDLE_ENTRIES).map(directory));
        assert_eq!(said(&many), r#"["noise"]"#);
        many.push(directory(MAX_BUNDLE_ENTRIES));
        assert_eq!(said(&many), "tar has too many entries (>10000)");
        let bomb = entry(b"a", tar::EntryType::Regular, &vec![0; 9 * 1024 * 1024]);
        assert_eq!(said(&[bomb]), "the archive is compressed more than 200 times");
        let mut cut = entry(b"a", tar::EntryType::Regular, b"short");
        cut.truncate(512);
        assert!(unpack(&gzip(&cut)).unwrap_err().to_string().starts_with("the archive cannot be read"));
        assert!(unpack(b"no gzip").is_err() && unpack(b"").is_err());
    }

    #[test]
    fn the_ratio_is_that_of_what_was_read() {
        let packed = 10_000;
        let is_over = |read: u64| {
            let mut counted = Counted { inner: io::repeat(0).take(read), read: 0, packed, over: None };
            io::copy(&mut counted, &mut io::sink()).is_err()
        };
        let limit = packed * (MAX_COMPRESSION_RATIO as u64 + 1);
        assert!(!is_over(limit - 1) && is_over(limit));
    }

    proptest! {
        #[test]
        fn packed_unpacked_and_packed_is_the_same(
            files in proptest::collection::btree_map("[a-z]{1,8}(/[a-z]{1,120}){0,2}", "[ -~]{0,40}", 0..8)
        ) {
            let mut bundle = Bundle::default();
            for (path, content) in &files {
                bundle.insert(path, content.as_bytes().to_vec()).unwrap();
            }
            let packed = pack(&bundle).unwrap();
            let read = unpack(&packed).unwrap();
            prop_assert_eq!(&read, &bundle);
            prop_assert_eq!(pack(&read).unwrap(), packed);
        }

        #[test]
        fn noise_is_no_bundle_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            let _ = unpack(&bytes);
            let _ = unpack(&gzip(&bytes));
        }
    }
}
