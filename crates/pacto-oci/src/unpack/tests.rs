//! Archives that are well formed, and archives that are not.

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
    let root = [entry(b"./", tar::EntryType::Directory, b""), entry(b"a/b", tar::EntryType::Regular, b"")];
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

/// Bytes as they stand in a gzip of their own, with what comes before and after.
fn raw(archive: &[u8]) -> Result<Vec<String>, String> {
    let paths = |bundle: Bundle| bundle.iter().map(|(path, _)| path.to_owned()).collect();
    unpack(archive).map(paths).map_err(|error| error.to_string())
}

/// An entry with a header of the GNU or PAX kind before it.
fn extended(kind: tar::EntryType, extension: &[u8], name: &[u8], content: &[u8]) -> Vec<Vec<u8>> {
    let before = if kind == tar::EntryType::XHeader { b"PaxHeaders".as_slice() } else { b"././@LongLink" };
    vec![entry(before, kind, extension), entry(name, tar::EntryType::Regular, content)]
}

#[test]
fn headers_that_disagree_do_not_smuggle_files() {
    let pax = |records: &str, name: &str, content: &[u8]| {
        said(&extended(tar::EntryType::XHeader, records.as_bytes(), name.as_bytes(), content))
    };
    // A path in the extension counts, and is held to the same rules.
    assert_eq!(pax("14 path=../xx\n", "a", b"x"), r#"invalid path in tar: "../xx""#);
    assert_eq!(pax("12 path=b/c\n", "a", b"x"), r#"["b/c"]"#);
    // A size in the extension that is not that of the header: what follows is no entry of its own, or an error.
    let inner = entry(b"smuggled", tar::EntryType::Regular, b"x");
    let outer = pax("13 size=1024\n", "a", &inner);
    assert!(!outer.contains("smuggled"), "{outer}");
    let long = "n".repeat(2000);
    let named = said(&extended(tar::EntryType::GNULongName, format!("{long}\0").as_bytes(), b"a", b"x"));
    assert!(named.starts_with("invalid path in tar: \"nnnn"), "{named}");
    let huge = vec![b'n'; 10 * 1024 * 1024];
    let started = std::time::Instant::now();
    let named = said(&extended(tar::EntryType::GNULongName, &huge, b"a", b"x"));
    assert!(named.contains("compressed more than 200 times"), "{named:.100}");
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn odd_entries_are_refused_or_made_harmless() {
    // Modes are not kept: a set-user-ID bit goes nowhere.
    let mut setuid = entry(b"tool", tar::EntryType::Regular, b"x");
    setuid[100..108].copy_from_slice(b"0004755\0");
    let sum: u32 = setuid[..512]
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    setuid[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(said(&[setuid]), r#"["tool"]"#);
    assert_eq!(
        said(&[entry(b"a", tar::EntryType::GNUSparse, b"x")]),
        "the archive cannot be read: sparse entry type listed but not GNU header"
    );
    // Names that differ in case are two files; a pull on a file system that knows no case would lose one.
    let cases =
        [entry(b"a.md", tar::EntryType::Regular, b"1"), entry(b"A.md", tar::EntryType::Regular, b"2")];
    assert_eq!(said(&cases), r#"["A.md", "a.md"]"#);
    assert_eq!(said(&[entry(b"pacto.yaml/", tar::EntryType::Directory, b"")]), "[]");
    let both = [entry(b"a", tar::EntryType::Regular, b"1"), entry(b"a/b", tar::EntryType::Regular, b"2")];
    assert_eq!(said(&both), r#""a" is a file and a directory in the archive"#);
    assert_eq!(said(&[]), "[]");
}

#[test]
fn archives_with_something_before_or_after() {
    let mut tar = entry(b"a", tar::EntryType::Regular, b"x");
    tar.extend([0; 1024]);
    let whole = gzip(&tar);
    assert_eq!(raw(&whole), Ok(vec!["a".to_owned()]));
    // Two members are one stream, as everywhere; what follows the end of the archive is not looked at.
    let (left, right) = tar.split_at(300);
    assert_eq!(raw(&[gzip(left), gzip(right)].concat()), Ok(vec!["a".to_owned()]));
    assert_eq!(raw(&[whole.as_slice(), b"garbage"].concat()), Ok(vec!["a".to_owned()]));
    let cut = whole.get(..whole.len() / 2).unwrap();
    assert!(raw(cut).unwrap_err().starts_with("the archive cannot be read"), "{:?}", raw(cut));
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x88, 0x01, 0x00];
    assert!(raw(&zstd).unwrap_err().starts_with("the archive cannot be read"), "{:?}", raw(&zstd));
    // 4 GiB of nothing in 4 MiB: read no further than the limits.
    let bomb = entry(b"a", tar::EntryType::Regular, &vec![0; 60 * 1024 * 1024]);
    assert_eq!(said(&[bomb]), "file a exceeds maximum size of 10485760 bytes");
}

proptest! {
    #[test]
    fn packed_unpacked_and_packed_is_the_same(
        files in proptest::collection::btree_map("[a-z]{1,8}(/[a-z]{1,120}){0,2}[.]f", "[ -~]{0,40}", 0..8)
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
