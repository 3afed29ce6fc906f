//! Software bills of materials: what a bundle's `sbom/` folder lists, and what changed between two of them.
//!
//! [`read`] turns the SPDX and `CycloneDX` files of one bundle into one [`SbomDocument`]; a file it cannot read
//! becomes an [`SbomProblem`]. [`diff()`] compares two documents package by package. SBOM changes inform: they never
//! count towards the classification of a contract diff.

mod cyclonedx;
mod diff;
mod identity;
mod license;
mod package_list;
mod release;
mod spdx;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::diff::{compare, diff};
use self::package_list::PackageList;

/// Largest SBOM file that is read, in bytes (64 MiB).
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

/// Most packages read from one `sbom/` folder, all its files together.
pub const MAX_PACKAGES: usize = 500_000;

/// Longest licence text read as an SPDX expression, in bytes (4 KiB); a longer one is compared as text.
pub const MAX_LICENSE_BYTES: usize = 4 * 1024;

/// Most licence text read as SPDX expressions in one diff, in bytes, each text counted once (4 MiB); what comes after
/// is compared as text.
pub const MAX_LICENSE_BYTES_TOTAL: usize = 4 * 1024 * 1024;

/// Deepest nesting of parentheses read as an SPDX expression; a deeper licence is compared as text.
pub const MAX_LICENSE_DEPTH: usize = 64;

/// Longest problem message, in bytes; a parser error may quote any amount of the file.
const MAX_MESSAGE_BYTES: usize = 512;

/// The format an SBOM file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SbomFormat {
    /// SPDX 2.x JSON, `*.spdx.json`.
    Spdx,
    /// `CycloneDX` 1.x JSON, `*.cdx.json`.
    CycloneDx,
}

impl SbomFormat {
    /// The format of the bundle file at `path`, or `None` where the file is not an SBOM.
    ///
    /// Only direct children of `sbom/` count.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.strip_prefix("sbom/")?;
        if name.contains('/') {
            None
        } else if name.ends_with(".spdx.json") {
            Some(Self::Spdx)
        } else if name.ends_with(".cdx.json") {
            Some(Self::CycloneDx)
        } else {
            None
        }
    }
}

/// The packages listed by the SBOM files of one bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SbomDocument {
    /// Format of the first file, in name order.
    pub format: SbomFormat,
    /// All packages, sorted, exact duplicates dropped.
    pub packages: Vec<Package>,
}

/// One package of an SBOM; texts are kept exactly as written, control characters included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Package {
    /// Name; `group/name` for a `CycloneDX` component with a group.
    pub name: String,
    /// Version, if one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Licence: an SPDX expression where the producer knew one, else any text. `NOASSERTION` counts as not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Supplier without the SPDX prefix (`Organization: `, `Person: `). `NOASSERTION` counts as not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// Package URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
}

/// An SBOM file that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SbomProblem {
    /// Path of the file inside the bundle.
    pub file: String,
    /// What is wrong with it; may quote the file, so renderers must neutralise it.
    pub message: String,
    /// Line, counted from 1; 1 where the problem is the file as a whole.
    pub line: usize,
    /// Column in bytes, counted from 1; 1 where the problem is the file as a whole.
    pub column: usize,
}

impl SbomProblem {
    fn whole_file(file: &str, message: String) -> Self {
        Self { file: file.to_owned(), message, line: 1, column: 1 }
    }

    fn syntax(file: &str, error: &serde_json::Error) -> Self {
        let mut message = error.to_string();
        // serde_json appends the location, which has its own fields here.
        let location = format!(" at line {} column {}", error.line(), error.column());
        if message.ends_with(&location) {
            message.truncate(message.len() - location.len());
        }
        if message.len() > MAX_MESSAGE_BYTES {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
            message.push('…');
        }
        Self { file: file.to_owned(), message, line: error.line().max(1), column: error.column().max(1) }
    }
}

/// What [`read`] found in one bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SbomReading {
    /// The readable files merged into one document; `None` where the bundle has no readable SBOM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<SbomDocument>,
    /// The files that could not be read, in name order.
    pub problems: Vec<SbomProblem>,
}

impl SbomReading {
    /// Whether every SBOM file was read, so that a package missing from the document is missing from the bundle.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What changed between two SBOM documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SbomDiff {
    /// Format of the old document; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_format: Option<SbomFormat>,
    /// Format of the new document; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_format: Option<SbomFormat>,
    /// The changes, ordered by package, field, type and values; never empty.
    pub changes: Vec<SbomChange>,
}

/// One change of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SbomChange {
    /// Name of the package, or its package URL without the version where several packages share the name.
    pub package: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: SbomChangeKind,
    /// What it happened to.
    pub field: SbomField,
    /// The value before; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_value: Option<String>,
    /// The value after; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_value: Option<String>,
}

/// What happened to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SbomChangeKind {
    /// The package, or a further version of it, is new.
    Added,
    /// One of its fields has another value.
    Modified,
    /// The package, or one version of it, is gone.
    Removed,
}

/// Which part of a package a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SbomField {
    /// The licence, compared by meaning.
    License,
    /// The presence of the package; the value is its version.
    Package,
    /// The supplier.
    Supplier,
    /// The version.
    Version,
}

/// Reads all SBOM files among `files` (path inside the bundle, content) and merges them into one document.
///
/// Files that are not SBOMs ([`SbomFormat::of_path`]) are passed over. The order of `files` does not matter.
#[must_use]
pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> SbomReading {
    let mut found: Vec<(&str, SbomFormat, &[u8])> = files
        .into_iter()
        .filter_map(|(path, bytes)| Some((path, SbomFormat::of_path(path)?, bytes)))
        .collect();
    found.sort_unstable();

    let mut reading = SbomReading::default();
    for (path, format, bytes) in found {
        let merged = reading.document.as_ref().map_or(0, |d| d.packages.len());
        match read_file(path, format, bytes, MAX_PACKAGES.saturating_sub(merged)) {
            Ok(packages) => {
                let document =
                    reading.document.get_or_insert_with(|| SbomDocument { format, packages: Vec::new() });
                if document.packages.is_empty() {
                    document.packages = packages;
                } else {
                    document.packages.extend(packages);
                }
            }
            Err(problem) => reading.problems.push(problem),
        }
    }
    if let Some(document) = &mut reading.document {
        document.packages.sort_unstable();
        document.packages.dedup();
    }
    reading
}

fn read_file(path: &str, format: SbomFormat, bytes: &[u8], room: usize) -> Result<Vec<Package>, SbomProblem> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        let message =
            format!("the file has {} bytes, more than the {MAX_DOCUMENT_BYTES} that are read", bytes.len());
        return Err(SbomProblem::whole_file(path, message));
    }
    // Some Windows tools write a byte order mark, which JSON does not allow.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(SbomProblem::whole_file(path, "the file is empty".to_owned()));
    }
    let list = PackageList::with_room(room);
    match format {
        SbomFormat::Spdx => spdx::packages(bytes, list),
        SbomFormat::CycloneDx => cyclonedx::packages(bytes, list),
    }
    .map_err(|error| SbomProblem::syntax(path, &error))
}

/// A text that says something: neither blank nor SPDX's `NOASSERTION`.
fn asserted(text: Option<String>) -> Option<String> {
    text.filter(|text| !matches!(text.trim(), "" | "NOASSERTION"))
}

/// A text that is not blank; tools write `""` for "not known".
fn not_blank(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPDX: &str =
        r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"b","versionInfo":"1"},{"name":"a"}]}"#;
    const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","components":[{"name":"c"},{"name":"a"}]}"#;

    fn read_texts(files: &[(&str, &str)]) -> SbomReading {
        read(files.iter().map(|(path, text)| (*path, text.as_bytes())))
    }

    fn names(reading: &SbomReading) -> Vec<&str> {
        let packages = reading.document.iter().flat_map(|d| &d.packages);
        packages.map(|package| package.name.as_str()).collect()
    }

    /// The one problem of an SBOM with this content.
    #[track_caller]
    fn problem(content: &[u8]) -> SbomProblem {
        let mut reading = read([("sbom/x.cdx.json", content)]);
        assert_eq!(reading.document, None);
        assert_eq!(reading.problems.len(), 1);
        reading.problems.remove(0)
    }

    #[test]
    fn only_direct_children_of_sbom() {
        for path in [
            "x.spdx.json",
            "sbom/sub/x.spdx.json",
            "docs/sbom/x.spdx.json",
            "sbom/x.json",
            "sbom/x.spdx",
            "sbom/x.cdx.xml",
            "sbom/x.spdx.json/",
            "SBOM/x.spdx.json",
        ] {
            assert_eq!(SbomFormat::of_path(path), None, "{path}");
        }
        assert_eq!(SbomFormat::of_path("sbom/x.spdx.json"), Some(SbomFormat::Spdx));
        assert_eq!(SbomFormat::of_path("sbom/x.cdx.json"), Some(SbomFormat::CycloneDx));
        let xml = r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><bom>&e;</bom>"#;
        assert_eq!(read_texts(&[("sbom/x.cdx.xml", xml)]), SbomReading::default());
        assert!(problem(xml.as_bytes()).message.starts_with("expected value"));
    }

    #[test]
    fn all_files_are_merged_in_name_order() {
        let files = [("sbom/z.spdx.json", SPDX), ("pacto.yaml", "x"), ("sbom/a.cdx.json", CYCLONEDX)];
        let reading = read_texts(&files);
        assert!(reading.is_complete());
        assert_eq!(names(&reading), ["a", "b", "c"]);
        assert_eq!(reading.document.as_ref().unwrap().format, SbomFormat::CycloneDx);
        let mut turned = files;
        turned.reverse();
        assert_eq!(read_texts(&turned), reading);
    }

    #[test]
    fn an_unreadable_file_is_a_problem_and_the_rest_goes_on() {
        let reading = read_texts(&[
            ("sbom/1.spdx.json", "{"),
            ("sbom/2.spdx.json", SPDX),
            ("sbom/3.cdx.json", "{\n  \"components\": [{\"name\": 1}]\n}"),
        ]);
        assert!(!reading.is_complete());
        assert_eq!(names(&reading), ["a", "b"]);
        assert_eq!(reading.document.as_ref().unwrap().format, SbomFormat::Spdx);
        let expected = |file: &str, message: &str, line, column| SbomProblem {
            file: file.to_owned(),
            message: message.to_owned(),
            line,
            column,
        };
        assert_eq!(
            reading.problems,
            [
                expected("sbom/1.spdx.json", "EOF while parsing an object", 1, 1),
                expected("sbom/3.cdx.json", "invalid type: integer `1`, expected a string", 2, 27),
            ]
        );
    }

    #[test]
    fn nothing_to_read() {
        assert_eq!(read_texts(&[]), SbomReading::default());
        let empty = read_texts(&[("sbom/x.spdx.json", r#"{"packages":[]}"#)]);
        assert_eq!(names(&empty), [""; 0]);
        assert!(empty.document.is_some());
    }

    #[test]
    fn exact_duplicates_are_dropped_and_other_duplicates_kept() {
        let document = r#"{"packages":[{"name":"a"},{"name":"a"},{"name":"a","versionInfo":"1"}]}"#;
        let reading = read_texts(&[("sbom/x.spdx.json", document), ("sbom/y.spdx.json", document)]);
        assert_eq!(names(&reading), ["a", "a"]);
        assert_eq!(diff(reading.document.as_ref(), reading.document.as_ref()), None);
    }

    #[test]
    fn hostile_content() {
        for (content, message) in [
            (&b""[..], "the file is empty"),
            (b"\xef\xbb\xbf \n", "the file is empty"),
            (b"not json", "expected ident"),
            (b"null", "invalid type: null, expected a CycloneDX document"),
            (b"[]", "invalid type: sequence, expected a CycloneDX document"),
            (b"{\"components\":[]} x", "trailing characters"),
            (b"{\"components\":[{\"name\":\"\\ud800\"}]}", "unexpected end of hex escape"),
            (b"{\"components\":[{\"name\":\"\xff\"}]}", "invalid unicode code point"),
            (b"\xff\xfe{\0}\0", "expected value"),
        ] {
            let problem = problem(content);
            assert!(problem.message.starts_with(message), "{problem:?}");
            assert!(problem.line >= 1 && problem.column >= 1, "{problem:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let reading = read_texts(&[("sbom/x.spdx.json", &["\u{feff}", SPDX].concat())]);
        assert_eq!(names(&reading), ["a", "b"]);
    }

    #[test]
    fn hidden_characters_are_kept_as_data() {
        let document = r#"{"components":[{"name":"a\u0000\u001b[2J","purl":"pkg:npm/a%00b\u0007@1"}]}"#;
        let reading = read_texts(&[("sbom/x.cdx.json", document)]);
        assert_eq!(names(&reading), ["a\0\u{1b}[2J"]);
        let document = reading.document.unwrap();
        assert_eq!(document.packages[0].purl.as_deref(), Some("pkg:npm/a%00b\u{7}@1"));
        assert_eq!(diff(Some(&document), None).unwrap().changes.len(), 1);
    }

    #[test]
    fn messages_are_bounded() {
        let content = format!(r#"{{"components":"{}"}}"#, "é".repeat(1_000_000));
        let message = problem(content.as_bytes()).message;
        assert!(message.len() <= MAX_MESSAGE_BYTES + '…'.len_utf8());
        assert!(message.ends_with("é…"));
    }

    #[test]
    fn a_document_at_the_size_limit_is_read_and_one_byte_more_is_not() {
        let mut content = CYCLONEDX.as_bytes().to_vec();
        content.resize(MAX_DOCUMENT_BYTES, b' ');
        assert!(read([("sbom/x.cdx.json", &content[..])]).is_complete());
        content.push(b' ');
        assert_eq!(
            problem(&content),
            SbomProblem::whole_file(
                "sbom/x.cdx.json",
                "the file has 67108865 bytes, more than the 67108864 that are read".to_owned()
            )
        );
    }

    fn many(count: usize) -> String {
        let components: Vec<_> = (0..count).map(|n| format!(r#"{{"name":"p{n}"}}"#)).collect();
        format!(r#"{{"components":[{}]}}"#, components.join(","))
    }

    #[test]
    fn as_many_packages_as_the_limit_are_read_and_one_more_is_not() {
        let full = many(MAX_PACKAGES);
        let reading = read_texts(&[("sbom/x.cdx.json", &full), ("sbom/y.cdx.json", CYCLONEDX)]);
        assert_eq!(reading.document.unwrap().packages.len(), MAX_PACKAGES);
        assert_eq!(reading.problems[0].file, "sbom/y.cdx.json");
        assert_eq!(reading.problems[0].message, "more than 500000 packages in `sbom/`");
        let problem = problem(many(MAX_PACKAGES + 1).as_bytes());
        assert_eq!(problem.message, "more than 500000 packages in `sbom/`");
    }

    #[test]
    fn a_hundred_thousand_components_are_compared() {
        let (old, new) = (many(100_000), many(100_001));
        let old = read_texts(&[("sbom/x.cdx.json", &old)]);
        let new = read_texts(&[("sbom/x.cdx.json", &new)]);
        let changes = compare(&old, &new).unwrap().changes;
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].package, "p100000");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_a_problem(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let reading = read([("sbom/x.spdx.json", &bytes[..])]);
            prop_assert!(reading.document.is_some() == reading.is_complete());
        }

        #[test]
        fn a_cut_document_is_a_problem(length in 0..CYCLONEDX.len()) {
            let reading = read([("sbom/x.cdx.json", &CYCLONEDX.as_bytes()[..length])]);
            prop_assert_eq!(reading.problems.len(), 1);
        }
    }
}
