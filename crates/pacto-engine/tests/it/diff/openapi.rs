//! `tests/corpus/openapi`: two `OpenAPI` documents and the lines that they give.
//!
//! `old` and `new` are documents, or their text where the spelling matters; `files` are further files of the
//! bundle; `today` is the day; `silent` names kinds of facts that the case comes near to without being one.

use std::fmt::Write;

use pacto_engine::diff::{Comparison, Day, Options};
use serde_json::Value;

use super::fixture::{Version, corpus, diff_with, entries, read_yaml, stem, unexpected};
use super::kinds;

/// One file of the corpus.
pub struct Case {
    pub name: String,
    file: Value,
}

pub fn cases() -> Vec<Case> {
    let read = |path: &std::path::PathBuf| Case { name: stem(path), file: read_yaml(path) };
    entries(&corpus().join("openapi")).iter().map(read).collect()
}

impl Case {
    pub fn compare(&self) -> Comparison {
        let today = self.file["today"].as_str().map(|day| Day::parse(day).unwrap());
        diff_with(&self.version("old"), &self.version("new"), Options { today, ..Options::default() })
    }

    fn version(&self, side: &str) -> Version {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut files = vec![("interfaces/api.yaml".to_owned(), text(&self.file[side]))];
        for (path, versions) in self.file["files"].as_object().into_iter().flatten() {
            files.push((path.clone(), text(&versions[side])));
        }
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
        Version::http_files(&files, "interfaces/api.yaml")
    }

    /// The kinds that must not fire here.
    pub fn silent(&self) -> Vec<String> {
        let names = self.file["silent"].as_array().into_iter().flatten();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }
}

/// The lines as they stand under `expected`.
fn lines(comparison: &Comparison) -> String {
    if comparison.changes.is_empty() {
        return "expected: []\n".to_owned();
    }
    let mut text = "expected:\n".to_owned();
    for change in &comparison.changes {
        let rules: Vec<_> = change.findings.iter().map(|finding| finding.rule_id.as_str()).collect();
        writeln!(text, "  - path: {:?}", change.path).unwrap();
        writeln!(text, "    type: {}", change.change_type.as_str()).unwrap();
        writeln!(text, "    classification: {}", change.classification.as_str()).unwrap();
        writeln!(text, "    rules: [{}]", rules.join(", ")).unwrap();
    }
    text
}

#[test]
fn every_pair_of_documents_gives_the_expected_lines() {
    let mut wrong = Vec::new();
    for case in cases() {
        let comparison = case.compare();
        assert_eq!(comparison.diagnostics, [], "{}", case.name);
        let actual = lines(&comparison);
        wrong.extend(unexpected("openapi", &case.name, &case.file, &actual));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_only_comes_near_to_a_rule_does_not_fire_it() {
    for case in cases() {
        kinds::expect_silence(&case.name, &case.silent(), &case.compare());
    }
}
