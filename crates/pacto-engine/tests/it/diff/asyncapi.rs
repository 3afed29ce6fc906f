//! `tests/corpus/asyncapi`: two `AsyncAPI` documents and the lines that they give, as those of `OpenAPI`.

use std::fmt::Write;

use pacto_engine::diff::{Comparison, Direction, Options, Perspective, compare_with};
use serde_json::Value;

use super::fixture::{Version, corpus, diff, entries, read_yaml, rule_ids, stem, unexpected};
use super::kinds;

/// One file of the corpus.
pub struct Case {
    pub name: String,
    file: Value,
}

pub fn cases() -> Vec<Case> {
    let read = |path: &std::path::PathBuf| Case { name: stem(path), file: read_yaml(path) };
    entries(&corpus().join("asyncapi")).iter().map(read).collect()
}

impl Case {
    pub fn compare(&self) -> Comparison {
        diff(&self.version("old"), &self.version("new"))
    }

    /// The kinds that must not fire here.
    pub fn silent(&self) -> Vec<String> {
        let names = self.file["silent"].as_array().into_iter().flatten();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    fn version(&self, side: &str) -> Version {
        let mut files = vec![("interfaces/events.yaml".to_owned(), self.file[side].to_string())];
        for (path, versions) in self.file["files"].as_object().into_iter().flatten() {
            files.push((path.clone(), versions[side].to_string()));
        }
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
        Version::event_files(&files, "interfaces/events.yaml")
    }
}

fn lines(comparison: &Comparison) -> String {
    if comparison.changes.is_empty() {
        return "expected: []\n".to_owned();
    }
    let mut text = "expected:\n".to_owned();
    for change in &comparison.changes {
        let class = change.classification.as_str();
        writeln!(text, "  - line: {:?}", format!("{class} {} {}", change.path, change.change_type.as_str()))
            .unwrap();
        writeln!(text, "    findings:").unwrap();
        for finding in &change.findings {
            let direction = match finding.direction {
                Some(Direction::Received) => " (received)",
                Some(Direction::Produced) => " (produced)",
                None => "",
            };
            let class = finding.classification.as_str();
            let shown = format!("{class} {}{direction}: {}", finding.rule_id, finding.message);
            writeln!(text, "      - {shown:?}").unwrap();
        }
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
        wrong.extend(unexpected("asyncapi", &case.name, &case.file, &actual));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_only_comes_near_to_a_rule_does_not_fire_it() {
    for case in cases() {
        kinds::expect_silence(&case.name, &case.silent(), &case.compare());
    }
}

#[test]
fn a_version_does_not_differ_from_itself() {
    for case in cases() {
        for side in ["old", "new"] {
            let version = case.version(side);
            assert!(diff(&version, &version).is_empty(), "{}: {side}", case.name);
        }
    }
}

/// Version 2 has no word for whose view it takes.
#[test]
fn the_perspective_of_version_2_turns_what_flows() {
    let version = |most: u32| {
        let text = format!(
            "{{asyncapi: 2.6.0, channels: {{it: {{publish: {{message: {{payload: {{type: string, maxLength: {most}}}}}}}}}}}}}"
        );
        Version::event_files(&[("events.yaml", text.as_bytes())], "events.yaml")
    };
    let (old, new) = (version(8), version(4));
    let of = |asyncapi2: Perspective| {
        let options = Options { asyncapi2, ..Options::default() };
        rule_ids(&compare_with(old.side(), new.side(), options)).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(of(Perspective::Service), ["sent-message-max-length-decreased"]);
    assert_eq!(of(Perspective::Client), ["received-message-max-length-decreased"]);
}
