//! A bundle as one gzipped tar: same files, same bytes, on every machine.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use pacto_contract::Bundle;
use sha2::{Digest, Sha256};

/// Gzip header value for "unknown operating system".
const GZIP_OS_UNKNOWN: u8 = 255;
const FILE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;

/// Packs `bundle`. Entries stand in walk order (a directory, then what is in it), with epoch times, no owner and
/// fixed modes, so that neither clock nor checkout shows in the digest.
///
/// # Errors
/// Only when a path does not fit into a tar header.
///
/// ```
/// use pacto_contract::Bundle;
/// let mut bundle = Bundle::default();
/// bundle.insert("pacto.yaml", b"a".to_vec()).unwrap();
/// assert_eq!(pacto_oci::archive::pack(&bundle)?, pacto_oci::archive::pack(&bundle)?);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn pack(bundle: &Bundle) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).operating_system(GZIP_OS_UNKNOWN);
    let mut tar = tar::Builder::new(gzip.write(Vec::new(), Compression::default()));
    let mut files: Vec<_> = bundle.iter().collect();
    files.sort_by(|(left, _), (right, _)| left.split('/').cmp(right.split('/')));
    let mut written: Vec<&str> = Vec::new();
    for (path, content) in files {
        let directories = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        for directory in directories {
            if !written.contains(&directory) {
                append(&mut tar, &format!("{directory}/"), &[], tar::EntryType::Directory)?;
                written.push(directory);
            }
        }
        append(&mut tar, path, content, tar::EntryType::Regular)?;
    }
    tar.into_inner()?.finish()
}

fn append<W: Write>(
    tar: &mut tar::Builder<W>,
    path: &str,
    content: &[u8],
    kind: tar::EntryType,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(if kind == tar::EntryType::Directory { DIRECTORY_MODE } else { FILE_MODE });
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    tar.append_data(&mut header, path, content)
}

/// `sha256:` and the hexadecimal digest of `bytes`.
///
/// ```
/// assert!(pacto_oci::archive::digest(b"").starts_with("sha256:e3b0c442"));
/// ```
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    fn bundle(files: &[(&str, &str)]) -> Bundle {
        let mut bundle = Bundle::default();
        for (path, content) in files {
            bundle.insert(path, content.as_bytes().to_vec()).unwrap();
        }
        bundle
    }

    /// Path, mode, mtime, uid and content of every entry.
    fn entries(packed: &[u8]) -> Vec<(String, u32, u64, u64, String)> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
        let read = |entry: io::Result<tar::Entry<'_, _>>| {
            let mut entry: tar::Entry<'_, flate2::read::GzDecoder<&[u8]>> = entry.unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let header = entry.header();
            (path, header.mode().unwrap(), header.mtime().unwrap(), header.uid().unwrap(), content)
        };
        archive.entries().unwrap().map(read).collect()
    }

    #[test]
    fn walks_in_order_with_neutral_headers() {
        let packed = pack(&bundle(&[("a.txt", "2"), ("a/b", "1"), ("pacto.yaml", "3")])).unwrap();
        let paths: Vec<_> =
            entries(&packed).into_iter().map(|entry| (entry.0, entry.1, entry.2, entry.3)).collect();
        assert_eq!(
            paths,
            [
                ("a/".to_owned(), 0o755, 0, 0),
                ("a/b".to_owned(), 0o644, 0, 0),
                ("a.txt".to_owned(), 0o644, 0, 0),
                ("pacto.yaml".to_owned(), 0o644, 0, 0),
            ]
        );
    }

    #[test]
    fn golden_digest() {
        // A new compressor or header would change every published digest: this must never change silently.
        let packed =
            pack(&bundle(&[("docs/overview.md", "# Cart\n"), ("pacto.yaml", "pactoVersion: \"1.0\"\n")]));
        assert_eq!(
            digest(&packed.unwrap()),
            "sha256:3253940f42b9d11c4d9df679f9c2109d933394a653a0a0b9396322e984f30504"
        );
    }

    proptest! {
        #[test]
        fn insertion_order_does_not_matter(
            files in proptest::collection::btree_map("[a-z]{1,8}(/[a-z]{1,120}){0,2}", "[ -~]{0,40}", 1..8)
        ) {
            let all: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
            let reversed: Vec<_> = all.iter().rev().copied().collect();
            let packed = pack(&bundle(&all)).unwrap();
            prop_assert_eq!(&packed, &pack(&bundle(&reversed)).unwrap());
            let read: Vec<_> = entries(&packed).into_iter().filter(|entry| !entry.0.ends_with('/')).collect();
            prop_assert_eq!(read.len(), files.len());
            for (path, _, _, _, content) in read {
                prop_assert_eq!(files.get(&path), Some(&content));
            }
        }
    }
}
