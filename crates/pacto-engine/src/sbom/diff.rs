//! The comparison of two SBOM documents.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::identity::Identities;
use super::license::LicenseComparison;
use super::release::{Release, releases, version_order};
use super::{Package, SbomChange, SbomChangeKind, SbomDiff, SbomDocument, SbomField, SbomReading};

/// Compares the SBOMs of two bundles; `None` where nothing changed or where one of them could not be read completely.
///
/// With a file unread on either side its packages would look added or removed.
#[must_use]
pub fn compare(old: &SbomReading, new: &SbomReading) -> Option<SbomDiff> {
    if !old.is_complete() || !new.is_complete() {
        return None;
    }
    diff(old.document.as_ref(), new.document.as_ref())
}

/// Compares two SBOM documents; `None` where nothing changed.
///
/// Packages are the same package when their package URLs agree without version and qualifiers. A package without one
/// goes by its name: it is the package of that name whose URL is known from either document, if there is just one.
/// Several versions of a package in one document are compared as sorted lists: equal versions first, then the others
/// one to one in order, and what remains was added or removed. With one document missing, every package of the other
/// one was added (or removed).
#[must_use]
pub fn diff(old: Option<&SbomDocument>, new: Option<&SbomDocument>) -> Option<SbomDiff> {
    let (old_rows, new_rows) = {
        let known = Identities::of(packages(old).iter().chain(packages(new)));
        (sorted_rows(&known, packages(old)), sorted_rows(&known, packages(new)))
    };
    let shared = shared_names(pair_up_rows(&old_rows, &new_rows).map(|pair| name(&pair)));
    let mut changes = Changes::default();
    for pair in pair_up_rows(&old_rows, &new_rows) {
        let name = name(&pair);
        let package = if shared.contains(name) {
            // Only the key tells which of the packages of this name is meant.
            pair.1.or(pair.0).map_or(name, key)
        } else {
            name
        };
        let (old, new) = (pair.0.unwrap_or_default(), pair.1.unwrap_or_default());
        changes.compare_package(package, old, new);
    }
    let mut changes = changes.found;
    if changes.is_empty() {
        return None;
    }
    changes.sort_unstable_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    Some(SbomDiff {
        old_format: old.map(|document| document.format),
        new_format: new.map(|document| document.format),
        changes,
    })
}

type SortKey<'a> = (&'a str, SbomField, SbomChangeKind, Option<&'a str>, Option<&'a str>);

fn sort_key(change: &SbomChange) -> SortKey<'_> {
    (&change.package, change.field, change.kind, change.old_value.as_deref(), change.new_value.as_deref())
}

fn packages(document: Option<&SbomDocument>) -> &[Package] {
    document.map_or(&[], |document| &document.packages)
}

/// A package beside the key it is matched by.
pub(super) struct Row<'a> {
    key: Cow<'a, str>,
    pub(super) package: &'a Package,
}

/// The key shared by `rows`, which are never empty.
fn key<'r>(rows: &'r [Row<'_>]) -> &'r str {
    rows.first().map_or("", |row| &row.key)
}

/// The name to show for a package: the new one where it has changed.
fn name<'a>((old, new): &Pair<&[Row<'a>]>) -> &'a str {
    let rows = new.or(*old).unwrap_or_default();
    rows.iter().map(|row| row.package.name.as_str()).min().unwrap_or_default()
}

/// The names that stand for more than one package.
fn shared_names<'a>(names: impl Iterator<Item = &'a str>) -> HashSet<&'a str> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    let runs = names.chunk_by(|a, b| a == b);
    runs.filter(|run| run.len() > 1).filter_map(|run| run.first().copied()).collect()
}

/// The packages of one document, those of one key side by side and in version order.
fn sorted_rows<'a>(known: &Identities<'a>, packages: &'a [Package]) -> Vec<Row<'a>> {
    let mut rows: Vec<_> = packages.iter().map(|package| Row { key: known.key(package), package }).collect();
    rows.sort_unstable_by(|a, b| {
        let version_of = |row: &Row<'a>| row.package.version.as_deref();
        a.key
            .cmp(&b.key)
            .then_with(|| version_order(version_of(a), version_of(b)))
            .then_with(|| a.package.cmp(b.package))
    });
    rows
}

/// The changes found so far.
#[derive(Default)]
struct Changes {
    found: Vec<SbomChange>,
    licenses: LicenseComparison,
}

impl Changes {
    fn compare_package(&mut self, package: &str, old: &[Row<'_>], new: &[Row<'_>]) {
        let unchanged = |(old, new): (&Row<'_>, &Row<'_>)| old.package == new.package;
        if old.len() == new.len() && old.iter().zip(new).all(unchanged) {
            return;
        }
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for pair in pair_up(releases(old), releases(new), |old, new| version_order(old.version, new.version))
        {
            match pair {
                (Some(old), Some(new)) => self.compare_release(package, &old, &new),
                (old, new) => {
                    gone.extend(old);
                    come.extend(new);
                }
            }
        }
        let (mut gone, mut come) = (gone.into_iter(), come.into_iter());
        loop {
            let (kind, old, new) = match (gone.next(), come.next()) {
                (Some(old), Some(new)) => {
                    self.compare_release(package, &old, &new);
                    continue;
                }
                (Some(old), None) => (SbomChangeKind::Removed, old.version, None),
                (None, Some(new)) => (SbomChangeKind::Added, None, new.version),
                (None, None) => break,
            };
            self.found.push(change(package, kind, SbomField::Package, old, new));
        }
    }

    fn compare_release(&mut self, package: &str, old: &Release<'_>, new: &Release<'_>) {
        let mut compare = |field, old: Option<&str>, new: Option<&str>| {
            let same = match (field, old, new) {
                (SbomField::License, Some(old), Some(new)) => self.licenses.same(old, new),
                (_, old, new) => old == new,
            };
            if !same {
                self.found.push(change(package, SbomChangeKind::Modified, field, old, new));
            }
        };
        compare(SbomField::Version, old.version, new.version);
        compare(SbomField::License, old.license.as_deref(), new.license.as_deref());
        compare(SbomField::Supplier, old.supplier.as_deref(), new.supplier.as_deref());
    }
}

fn change(
    package: &str,
    kind: SbomChangeKind,
    field: SbomField,
    old: Option<&str>,
    new: Option<&str>,
) -> SbomChange {
    SbomChange {
        package: package.to_owned(),
        kind,
        field,
        old_value: old.map(str::to_owned),
        new_value: new.map(str::to_owned),
    }
}

/// What stands in the old document, in the new one, or in both.
type Pair<T> = (Option<T>, Option<T>);

/// The packages of both documents, matched by key.
fn pair_up_rows<'r, 'a>(old: &'r [Row<'a>], new: &'r [Row<'a>]) -> impl Iterator<Item = Pair<&'r [Row<'a>]>> {
    let same_key = |a: &Row<'_>, b: &Row<'_>| a.key == b.key;
    pair_up(old.chunk_by(same_key), new.chunk_by(same_key), |old, new| key(old).cmp(key(new)))
}

/// Merges two sorted lists: equal elements become one pair, the others stand alone.
fn pair_up<T>(
    old: impl IntoIterator<Item = T>,
    new: impl IntoIterator<Item = T>,
    order: impl Fn(&T, &T) -> Ordering,
) -> impl Iterator<Item = Pair<T>> {
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (Some(old), Some(new)) => order(old, new),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        Some(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Equal => (old.next(), new.next()),
            Ordering::Greater => (None, new.next()),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::sbom::{SbomFormat, SbomProblem};

    /// A package from `name[@version] [key=value …]`, values without spaces.
    fn package(text: &str) -> Package {
        let mut words = text.split(' ');
        let head = words.next().unwrap();
        let (name, version) = match head.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (head, None),
        };
        let fields: BTreeMap<&str, &str> = words.map(|word| word.split_once('=').unwrap()).collect();
        let field = |key: &str| fields.get(key).map(|text| text.replace('_', " "));
        Package {
            name: name.to_owned(),
            version,
            license: field("license"),
            supplier: field("supplier"),
            purl: field("purl"),
        }
    }

    fn document(packages: &[&str]) -> SbomDocument {
        let mut packages: Vec<_> = packages.iter().map(|text| package(text)).collect();
        packages.sort();
        SbomDocument { format: SbomFormat::Spdx, packages }
    }

    /// The changes as the text renderer shows them.
    fn lines(old: &[&str], new: &[&str]) -> Vec<String> {
        let diff = diff(Some(&document(old)), Some(&document(new)));
        let changes = diff.map_or_else(Vec::new, |diff| diff.changes);
        changes.iter().map(line).collect()
    }

    fn line(change: &SbomChange) -> String {
        let at = |version: &Option<String>| version.as_ref().map_or(String::new(), |v| format!("@{v}"));
        let value = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        let (package, old, new) = (&change.package, &change.old_value, &change.new_value);
        match (change.kind, change.field) {
            (SbomChangeKind::Added, SbomField::Package) => format!("+ {package}{}", at(new)),
            (SbomChangeKind::Removed, SbomField::Package) => format!("- {package}{}", at(old)),
            (SbomChangeKind::Modified, field) => {
                format!("~ {package} {field:?}: {} -> {}", value(old), value(new))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn presence_and_fields() {
        assert_eq!(
            lines(
                &["libfoo@1.0.0 license=MIT supplier=A", "libold@1.0.0", "same@1", "bare"],
                &["libfoo@1.1.0 license=ISC supplier=B", "libnew@0.3.0", "same@1", "other"],
            ),
            [
                "- bare",
                "~ libfoo License: MIT -> ISC",
                "~ libfoo Supplier: A -> B",
                "~ libfoo Version: 1.0.0 -> 1.1.0",
                "+ libnew@0.3.0",
                "- libold@1.0.0",
                "+ other",
            ]
        );
    }

    #[test]
    fn a_value_that_comes_or_goes_is_a_modification() {
        assert_eq!(
            lines(&["a license=MIT", "b@1 supplier=B"], &["a@1", "b@1"]),
            ["~ a License: MIT -> none", "~ a Version: none -> 1", "~ b Supplier: B -> none",]
        );
    }

    #[test]
    fn licences_are_compared_by_meaning_and_shown_as_written() {
        assert!(lines(&["a license=MIT_OR_GPL-2.0+"], &["a license=GPL-2.0-or-later/MIT"]).is_empty());
        assert_eq!(
            lines(&["a license=MIT_OR_ISC"], &["a license=ISC__AND_MIT"]),
            ["~ a License: MIT OR ISC -> ISC  AND MIT"]
        );
    }

    #[test]
    fn one_side_without_sbom() {
        let only = document(&["a@1", "b"]);
        let added = diff(None, Some(&only)).unwrap();
        assert_eq!(added.changes.iter().map(line).collect::<Vec<_>>(), ["+ a@1", "+ b"]);
        assert_eq!((added.old_format, added.new_format), (None, Some(SbomFormat::Spdx)));
        let removed = diff(Some(&only), None).unwrap();
        assert_eq!(removed.changes.iter().map(line).collect::<Vec<_>>(), ["- a@1", "- b"]);
        assert_eq!(diff(None, None), None);
        assert_eq!(diff(None, Some(&document(&[]))), None);
    }

    #[test]
    fn purl_identifies_without_version_and_qualifiers() {
        assert_eq!(
            lines(
                &["core@1 purl=pkg:npm/%40angular/core@1?os=linux"],
                &["angular/core@2 purl=pkg:npm/@angular/core@2"],
            ),
            ["~ angular/core Version: 1 -> 2"]
        );
        assert_eq!(
            lines(&["a@1 purl=pkg:npm/a@1"], &["a@1 purl=pkg:pypi/a@1"]),
            ["- pkg:npm/a@1", "+ pkg:pypi/a@1"]
        );
    }

    #[test]
    fn packages_that_share_a_name_are_told_apart_by_purl() {
        assert_eq!(
            lines(
                &["a@1 purl=pkg:npm/a@1", "a@1 purl=pkg:pypi/a@1"],
                &["a@2 purl=pkg:npm/a@2", "a@1 purl=pkg:pypi/a@1"],
            ),
            ["~ pkg:npm/a Version: 1 -> 2"]
        );
    }

    #[test]
    fn a_package_that_gains_or_loses_its_purl_stays_the_same_package() {
        assert!(lines(&["a@1"], &["a@1 purl=pkg:npm/a@1"]).is_empty());
        assert_eq!(lines(&["a@1 purl=pkg:npm/a@1"], &["a@2"]), ["~ a Version: 1 -> 2"]);
        // Two packages could be meant.
        assert_eq!(
            lines(&["a@1"], &["a@1 purl=pkg:npm/a@1", "a@1 purl=pkg:pypi/a@1"]),
            ["- a@1", "+ pkg:npm/a@1", "+ pkg:pypi/a@1"]
        );
        // What is not a package URL does not identify.
        assert!(lines(&["a@1 purl=nonsense"], &["a@1 purl=other"]).is_empty());
    }

    #[test]
    fn several_versions_pair_up_in_order() {
        let old = ["a@1.9", "a@1.10", "a@3"];
        assert_eq!(
            lines(&old, &["a@3", "a@1.10.1", "a@1.9.1"]),
            ["~ a Version: 1.10 -> 1.10.1", "~ a Version: 1.9 -> 1.9.1"]
        );
        assert_eq!(lines(&old, &["a@3", "a@2"]), ["- a@1.10", "~ a Version: 1.9 -> 2"]);
        assert_eq!(lines(&["a@1"], &["a@1", "a@2"]), ["+ a@2"]);
        assert_eq!(lines(&["a", "a@1"], &["a@1"]), ["- a"]);
    }

    #[test]
    fn duplicates_of_one_version_are_one_package() {
        assert!(lines(&["a@1", "a@1 license=MIT"], &["a@1 license=MIT"]).is_empty());
        assert!(lines(&["a@1 license=MIT", "a@1 license=Mit"], &["a@1 license=MIT"]).is_empty());
        assert_eq!(
            lines(
                &["a@1 license=MIT", "a@1 license=ISC_OR_0BSD supplier=B", "a@1 supplier=A"],
                &["a@1 license=MIT supplier=A"],
            ),
            ["~ a License: (ISC OR 0BSD) AND MIT -> MIT", "~ a Supplier: A, B -> A",]
        );
    }

    #[test]
    fn hidden_characters_in_a_purl_are_kept() {
        let with = |purl: &str| SbomDocument {
            packages: vec![Package { purl: Some(purl.to_owned()), ..package("a@1") }],
            ..document(&[])
        };
        for purl in ["pkg:npm/a%00b", "pkg:npm/a\u{0}\u{1b}[2J", "pkg:%00/%00@%00"] {
            assert_eq!(diff(Some(&with(purl)), Some(&with(purl))), None);
            let change = diff(Some(&with(purl)), Some(&with("pkg:npm/a"))).unwrap();
            assert_eq!(change.changes.len(), 2, "{purl:?}");
        }
    }

    #[test]
    fn the_json_shape() {
        let new = SbomDocument { format: SbomFormat::CycloneDx, ..document(&["a@2", "b@1"]) };
        let diff = diff(Some(&document(&["a"])), Some(&new)).unwrap();
        assert_eq!(
            serde_json::to_value(diff).unwrap(),
            json!({
                "oldFormat": "spdx",
                "newFormat": "cyclonedx",
                "changes": [
                    {"package": "a", "type": "modified", "field": "version", "newValue": "2"},
                    {"package": "b", "type": "added", "field": "package", "newValue": "1"},
                ],
            })
        );
        let schema = schemars::schema_for!(SbomDiff);
        assert_eq!(schema.get("required"), Some(&json!(["changes"])));
    }

    #[test]
    fn an_incomplete_reading_is_not_compared() {
        let whole = SbomReading { document: Some(document(&["a@1"])), problems: Vec::new() };
        let broken = SbomReading {
            document: None,
            problems: vec![SbomProblem::whole_file("sbom/x.cdx.json", String::new())],
        };
        assert_eq!(compare(&whole, &broken), None);
        assert_eq!(compare(&broken, &whole), None);
        assert_eq!(compare(&whole, &SbomReading::default()).unwrap().changes.len(), 1);
    }

    fn any_document() -> impl Strategy<Value = SbomDocument> {
        let text = |values: &'static [&'static str]| prop::option::of(prop::sample::select(values));
        let package = (
            prop::sample::select(&["a", "b", "c"][..]),
            text(&["1", "1.9", "1.10", "2"]),
            text(&["MIT", "mit", "MIT OR ISC", "ISC or MIT", "any"]),
            text(&["A", "B"]),
            text(&["npm", "pypi"]),
        )
            .prop_map(|(name, version, license, supplier, kind)| Package {
                name: name.to_owned(),
                version: version.map(str::to_owned),
                license: license.map(str::to_owned),
                supplier: supplier.map(str::to_owned),
                purl: kind.map(|kind| format!("pkg:{kind}/{name}@{}", version.unwrap_or_default())),
            });
        prop::collection::vec(package, 0..8).prop_map(|mut packages| {
            packages.sort();
            SbomDocument { format: SbomFormat::CycloneDx, packages }
        })
    }

    proptest! {
        #[test]
        fn a_document_does_not_differ_from_itself(document in any_document()) {
            prop_assert_eq!(diff(Some(&document), Some(&document)), None);
        }

        #[test]
        fn turning_the_sides_turns_every_change(old in any_document(), new in any_document()) {
            let there = diff(Some(&old), Some(&new)).map_or_else(Vec::new, |diff| diff.changes);
            let back = diff(Some(&new), Some(&old)).map_or_else(Vec::new, |diff| diff.changes);
            let mut turned: Vec<_> = back
                .into_iter()
                .map(|change| SbomChange {
                    kind: match change.kind {
                        SbomChangeKind::Added => SbomChangeKind::Removed,
                        SbomChangeKind::Removed => SbomChangeKind::Added,
                        SbomChangeKind::Modified => SbomChangeKind::Modified,
                    },
                    old_value: change.new_value,
                    new_value: change.old_value,
                    ..change
                })
                .collect();
            turned.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
            prop_assert_eq!(there, turned);
        }

    }
}
