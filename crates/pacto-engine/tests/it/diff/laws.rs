//! What holds for every pair of versions.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::Bundle;
use pacto_engine::diff::{ChangeType, Classification, Comparison};
use proptest::prelude::*;
use serde_json::Value;

use super::fixture::{Version, all_bundles, diff, parse_yaml, serialised};
use super::generate::{config, configuration, document};
use super::rewrite::{
    as_3_1, in_document, in_schema, null_as_alternative, null_in_types, referenced, referenced_schema,
    reworded, shared, shuffled, split, yaml,
};

/// Fails when something more than harmless is said.
fn harmless(what: &str, old: &Version, new: &Version) -> Result<(), TestCaseError> {
    for (way, comparison) in [("forth", diff(old, new)), ("back", diff(new, old))] {
        let worst: Vec<_> = comparison
            .changes
            .iter()
            .filter(|change| change.classification != Classification::NonBreaking)
            .collect();
        prop_assert!(worst.is_empty(), "{what}, {way}: {}", serde_json::to_string_pretty(&worst).unwrap());
        prop_assert_eq!(comparison.classification, Classification::NonBreaking);
    }
    Ok(())
}

/// Fails when anything is said.
fn nothing(what: &str, old: &Version, new: &Version) -> Result<(), TestCaseError> {
    for comparison in [diff(old, new), diff(new, old)] {
        prop_assert!(comparison.is_empty(), "{what}: {:#}", serialised(&comparison));
    }
    Ok(())
}

fn fingerprints(comparison: &Comparison) -> BTreeSet<String> {
    let findings = comparison.changes.iter().flat_map(|change| &change.findings);
    findings.map(|finding| finding.fingerprint.clone()).collect()
}

/// Paths with their types; the type the other way round where `swapped`.
fn lines(comparison: &Comparison, swapped: bool) -> BTreeSet<(String, ChangeType)> {
    let turned = |change_type: ChangeType| match change_type {
        ChangeType::Added if swapped => ChangeType::Removed,
        ChangeType::Removed if swapped => ChangeType::Added,
        same => same,
    };
    let all: BTreeSet<_> =
        comparison.changes.iter().map(|change| (change.path.clone(), turned(change.change_type))).collect();
    // A property that is new and required has two lines; one that goes has one.
    let described =
        |path: &str| all.iter().any(|(other, _)| *other == path.replace(".required[", ".properties["));
    all.iter().filter(|(path, _)| !path.contains(".required[") || !described(path)).cloned().collect()
}

fn swaps(old: &Version, new: &Version) -> Result<(), TestCaseError> {
    prop_assert_eq!(lines(&diff(old, new), false), lines(&diff(new, old), true));
    Ok(())
}

fn without_alternatives(schema: Value) -> Value {
    if schema.get("oneOf").or(schema.get("anyOf")).is_some() { serde_json::json!({}) } else { schema }
}

/// Paths with their classes and rules.
fn verdicts(comparison: &Comparison) -> Vec<(String, Classification, Vec<String>)> {
    let verdict = |change: &pacto_engine::diff::Change| {
        let rules = change.findings.iter().map(|finding| finding.rule_id.clone()).collect();
        (change.path.clone(), change.classification, rules)
    };
    comparison.changes.iter().map(verdict).collect()
}

fn plain_json_schema(schema: Value) -> Value {
    in_schema(schema, &mut null_in_types)
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn nothing_changes_between_equal_documents(api in document(), settings in configuration()) {
        nothing("same", &Version::http(&api), &Version::http(&api))?;
        let settings = plain_json_schema(settings);
        for build in [Version::configured, Version::offering, Version::ruling] {
            nothing("same", &build(&settings), &build(&settings))?;
        }
    }

    #[test]
    fn order_of_keys_and_the_format_of_the_file_do_not_matter(api in document(), seed: u64) {
        let old = Version::http(&api);
        nothing("order", &old, &Version::http(&shuffled(&api, seed)))?;
        nothing("YAML", &old, &Version::http_text(&yaml(&api)))?;
    }

    #[test]
    fn references_and_what_they_lead_to_are_the_same(api in document(), seed: u64) {
        let moved = referenced(api.clone(), seed);
        nothing("one way", &Version::http(&api), &Version::http(&moved))?;
        let other = referenced(api, seed.wrapping_add(1));
        // Alternatives of one name are taken for each other where only words differ.
        harmless("other references", &Version::http(&other), &Version::http(&moved))?;
    }

    #[test]
    fn all_of_and_its_parts_are_the_same(api in document(), seed: u64) {
        let parts = in_document(api.clone(), &mut |schema| split(schema, seed));
        harmless("parts", &Version::http(&api), &Version::http(&parts))?;
        let both = referenced(parts, seed);
        harmless("parts behind references", &Version::http(&api), &Version::http(&both))?;
    }

    #[test]
    fn the_spellings_of_null_are_the_same(api in document()) {
        let types = Version::http(&as_3_1(api.clone(), null_in_types));
        let alternatives = Version::http(&as_3_1(api.clone(), null_as_alternative));
        let nullable = Version::http(&api);
        harmless("nullable and types", &nullable, &types)?;
        harmless("nullable and anyOf", &nullable, &alternatives)?;
        harmless("types and anyOf", &types, &alternatives)?;
    }

    #[test]
    fn refactored_configuration_is_the_same(settings in configuration(), seed: u64) {
        let old = plain_json_schema(settings.clone());
        let forms = [
            shuffled(&old, seed),
            referenced_schema(old.clone(), seed),
            in_schema(old.clone(), &mut |schema| split(schema, seed)),
            in_schema(settings, &mut null_as_alternative),
        ];
        for form in forms {
            for build in [Version::configured, Version::offering, Version::ruling] {
                harmless("refactored", &build(&old), &build(&form))?;
            }
        }
    }

    #[test]
    fn words_for_people_never_break(api in document(), settings in configuration(), seed: u64) {
        let other = in_document(api.clone(), &mut |schema| reworded(schema, seed));
        harmless("words", &Version::http(&api), &Version::http(&other))?;
        let settings = plain_json_schema(settings);
        let other = in_schema(settings.clone(), &mut |schema| reworded(schema, seed));
        harmless("words", &Version::configured(&settings), &Version::configured(&other))?;
    }

    #[test]
    fn the_other_way_round_added_is_removed(old in document(), new in document()) {
        swaps(&Version::http(&old), &Version::http(&new))?;
    }

    #[test]
    fn the_other_way_round_configuration_added_is_removed(old in configuration(), new in configuration(), seed: u64) {
        let old = referenced_schema(plain_json_schema(old), seed);
        let new = referenced_schema(plain_json_schema(new), seed);
        for build in [Version::configured, Version::offering, Version::ruling] {
            swaps(&build(&old), &build(&new))?;
        }
    }

    #[test]
    fn references_do_not_change_the_answer(old in document(), new in document(), seed: u64) {
        // Alternatives are matched by name, and a reference gives a name.
        let [old, new] = [old, new].map(|api| in_document(api, &mut without_alternatives));
        let plain = diff(&Version::http(&old), &Version::http(&new));
        let moved = diff(&Version::http(&referenced(old, seed)), &Version::http(&referenced(new, seed + 1)));
        prop_assert_eq!(verdicts(&plain), verdicts(&moved));
    }

    #[test]
    fn a_path_does_not_depend_on_the_others(old in document(), new in document()) {
        let [old, new] = [old, new].map(|api| shared(in_document(api, &mut without_alternatives)));
        let all = verdicts(&diff(&Version::http(&old), &Version::http(&new)));
        for path in ["/a", "/b/{id}"] {
            let only = |api: &Value| {
                let mut api = api.clone();
                api["paths"].as_object_mut().unwrap().retain(|other, _| other == path);
                Version::http(&api)
            };
            let prefix = format!("openapi.paths[{path}]");
            let own: Vec<_> = all.iter().filter(|(line, ..)| line.starts_with(&prefix)).cloned().collect();
            prop_assert_eq!(own, verdicts(&diff(&only(&old), &only(&new))));
        }
    }

    #[test]
    fn fingerprints_survive_another_order(old in document(), new in document(), seed: u64) {
        let (old, new) = (referenced(old, seed), referenced(new, seed));
        let before = diff(&Version::http(&old), &Version::http(&new));
        let after = diff(&Version::http(&shuffled(&old, seed)), &Version::http(&shuffled(&new, seed + 1)));
        prop_assert_eq!(fingerprints(&before), fingerprints(&after));
        prop_assert_eq!(before.classification, after.classification);
    }
}

/// Every bundle of the examples and of the demo, by service.
fn services() -> BTreeMap<String, Vec<(String, Version)>> {
    let mut services: BTreeMap<String, Vec<(String, Version)>> = BTreeMap::new();
    for (path, version) in all_bundles() {
        services.entry(version.document.contract.service.name.clone()).or_default().push((path, version));
    }
    services
}

/// The bundle with its interface, configuration and policy files written in another way.
fn rewritten(version: &Version, write: &dyn Fn(&Value) -> String) -> Version {
    let contract = &version.document.contract;
    let http = contract.interfaces.iter().filter(|interface| interface.kind == "http");
    let mut named: Vec<&str> = http.filter_map(|interface| interface.contract.as_deref()).collect();
    named.extend(contract.configurations.iter().filter_map(|entry| entry.schema.as_deref()));
    named.extend(contract.policies.iter().filter_map(|entry| entry.schema.as_deref()));
    let mut bundle = Bundle::default();
    for (path, content) in version.bundle.iter() {
        let content = if named.contains(&path) {
            write(&parse_yaml(std::str::from_utf8(content).unwrap())).into_bytes()
        } else {
            content.to_vec()
        };
        bundle.insert(path, content).unwrap();
    }
    Version { document: version.document.clone(), bundle }
}

#[test]
fn real_bundles_do_not_differ_from_themselves_however_they_are_written() {
    for (path, version) in all_bundles() {
        let forms: [(&str, Version); 4] = [
            ("itself", version.clone()),
            ("YAML", rewritten(&version, &yaml)),
            ("JSON", rewritten(&version, &Value::to_string)),
            ("another order", rewritten(&version, &|value| shuffled(value, 7).to_string())),
        ];
        for (form, other) in forms {
            for comparison in [diff(&version, &other), diff(&other, &version)] {
                assert!(comparison.is_empty(), "{path}, {form}: {:#}", serialised(&comparison));
            }
        }
    }
}

#[test]
fn real_refactorings_are_harmless() {
    let is_schema = |value: &Value| value.get("paths").is_none();
    for (path, version) in all_bundles() {
        for seed in 0..4 {
            let other = rewritten(&version, &|value| {
                let mut change = |schema: Value| split(schema, seed);
                let value = value.clone();
                let parts = if is_schema(&value) {
                    in_schema(value, &mut change)
                } else {
                    in_document(value, &mut change)
                };
                parts.to_string()
            });
            let comparison = diff(&version, &other);
            assert_eq!(
                comparison.classification,
                Classification::NonBreaking,
                "{path}: {:#}",
                serialised(&comparison)
            );
        }
    }
}

#[test]
fn real_versions_swap() {
    let mut pairs = 0;
    for versions in services().values() {
        for (old_path, old) in versions {
            for (new_path, new) in versions.iter().filter(|(path, _)| path != old_path) {
                let (forth, back) = (lines(&diff(old, new), false), lines(&diff(new, old), true));
                assert_eq!(forth, back, "{old_path} and {new_path}");
                pairs += 1;
            }
        }
    }
    assert!(pairs > 20, "only {pairs} pairs");
}

#[test]
fn the_same_bytes_whatever_the_order_of_files() {
    for versions in services().values() {
        let (Some((_, old)), Some((_, new))) = (versions.first(), versions.last()) else { continue };
        let expected = serde_json::to_vec(&serialised(&diff(old, new))).unwrap();
        for turn in 0..100 {
            let actual = diff(&turned(old, turn), &turned(new, turn * 7));
            assert_eq!(serde_json::to_vec(&serialised(&actual)).unwrap(), expected);
        }
    }
}

/// The bundle with its files put in, in another order.
fn turned(version: &Version, turn: usize) -> Version {
    let mut files: Vec<_> = version.bundle.iter().collect();
    let middle = turn % files.len();
    files.rotate_left(middle);
    if turn % 2 == 1 {
        files.reverse();
    }
    Version::of(&files)
}
