//! `tests/corpus/diff`: pairs of bundles with the expected lines.
//!
//! A case is `<case>/old`, `<case>/new` and `expected.json`; with a `reversed.json` it is also compared the other
//! way round.

use std::path::Path;

use pacto_engine::diff::{Comparison, compare};
use serde_json::{Value, json};

use super::fixture::{Version, corpus, entries, expect_text, stem};

/// Every case with its answer; `~` marks the reversed ones.
pub fn cases() -> Vec<(String, Comparison)> {
    let mut cases = Vec::new();
    for directory in entries(&corpus().join("diff")) {
        let (name, [forth, back]) = (stem(&directory), both(&directory));
        if directory.join("reversed.json").exists() {
            cases.push((format!("{name}~"), back));
        }
        cases.push((name, forth));
    }
    cases
}

fn both(directory: &Path) -> [Comparison; 2] {
    let (old, new) = (Version::read(&directory.join("old")), Version::read(&directory.join("new")));
    [compare(old.side(), new.side()), compare(new.side(), old.side())]
}

/// What a case says: the lines, the rules behind them, and what could not be compared.
fn summary(comparison: &Comparison) -> Value {
    let change = |change: &pacto_engine::diff::Change| {
        let rules: Vec<_> = change.findings.iter().map(|finding| &finding.rule_id).collect();
        let mut line = json!({"path": change.path, "type": change.change_type});
        for (key, value) in [("oldValue", &change.old_value), ("newValue", &change.new_value)] {
            if let Some(value) = value {
                line[key] = value.clone();
            }
        }
        line["classification"] = json!(change.classification);
        line["reason"] = json!(change.reason);
        line["rules"] = json!(rules);
        line
    };
    let mut summary = json!({
        "classification": comparison.classification,
        "changes": comparison.changes.iter().map(change).collect::<Vec<_>>(),
    });
    if !comparison.diagnostics.is_empty() {
        let shown =
            |finding: &pacto_contract::Diagnostic| json!({"code": finding.code, "path": finding.path});
        summary["diagnostics"] = comparison.diagnostics.iter().map(shown).collect();
    }
    if let Some(sbom) = &comparison.sbom {
        summary["sbomChanges"] = json!(sbom.changes.len());
    }
    summary
}

#[test]
fn every_pair_of_bundles_gives_the_expected_lines() {
    for directory in entries(&corpus().join("diff")) {
        let [forth, back] = both(&directory);
        let text = |comparison: &Comparison| {
            let mut text = serde_json::to_string_pretty(&summary(comparison)).unwrap();
            text.push('\n');
            text
        };
        expect_text(&directory.join("expected.json"), &text(&forth));
        let reversed = directory.join("reversed.json");
        if reversed.exists() {
            expect_text(&reversed, &text(&back));
        }
    }
}

#[test]
fn cases_named_unchanged_give_nothing() {
    let quiet: Vec<_> = cases().into_iter().filter(|(name, _)| name.starts_with("unchanged-")).collect();
    assert!(quiet.len() >= 6, "only {}", quiet.len());
    for (name, comparison) in quiet {
        assert!(comparison.is_empty(), "{name}: {comparison:?}");
    }
}

#[test]
fn two_interfaces_that_lose_the_same_path_have_findings_of_their_own() {
    let contract = "pactoVersion: '1.0'\nservice: {name: api, version: 1.0.0}\ninterfaces:\n\
        - {name: public, type: http, port: 80, contract: a.json}\n\
        - {name: admin, type: http, port: 81, contract: b.json}\n";
    let version = |paths: &Value| {
        let text = json!({"openapi": "3.1.0", "paths": paths}).to_string();
        let file = |path| (path, text.as_bytes());
        Version::of(&[("pacto.yaml", contract.as_bytes()), file("a.json"), file("b.json")])
    };
    let (old, new) = (version(&json!({"/x": {"get": {}}})), version(&json!({})));
    let changes = compare(old.side(), new.side()).changes;
    let interfaces: Vec<_> = changes.iter().map(|change| change.interface.as_deref()).collect();
    assert_eq!(interfaces, [Some("public"), Some("admin")]);
    let [public, admin] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(public.path, admin.path);
    assert_ne!(public.findings[0].fingerprint, admin.findings[0].fingerprint);
}
