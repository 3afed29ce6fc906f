//! `tests/corpus/schema`: pairs of schemas, each compared in every place a schema can stand, both ways.

use std::collections::BTreeSet;

use pacto_engine::diff::rules::{contract_rule, fact_rule};
use pacto_engine::diff::{Area, ChangeType, Classification, Comparison, Direction, Finding, Kind, Proof};
use serde_json::Value;

use super::fixture::{corpus, diff, entries, read_yaml, rule_ids, stem};
use super::flows::{FLOWS, Flow};
use super::kinds::{self, Expected};

/// One file of the corpus.
pub struct Case {
    pub name: String,
    pub kind: Kind,
    pub old: Value,
    pub new: Value,
    file: Value,
}

pub fn cases() -> Vec<Case> {
    let read = |path: &std::path::PathBuf| {
        let file = read_yaml(path);
        let kind = kinds::named(file["kind"].as_str().unwrap());
        Case { name: stem(path), kind, old: file["old"].clone(), new: file["new"].clone(), file }
    };
    entries(&corpus().join("schema")).iter().map(read).collect()
}

impl Case {
    /// What is expected of one way: a list for both directions of the data, or one list for each.
    fn expected(&self, way: &str, direction: Direction) -> Vec<Expected> {
        let both = &self.file[way];
        let list = match direction {
            Direction::Received if both.is_object() => &both["received"],
            Direction::Produced if both.is_object() => &both["produced"],
            _ => both,
        };
        match list.as_array() {
            Some(list) => list.iter().map(|text| Expected::parse(text.as_str().unwrap())).collect(),
            None if way == "forth" => vec![Expected::parse(self.file["kind"].as_str().unwrap())],
            None => panic!("{}: `{way}` is missing", self.name),
        }
    }

    /// The class that a proof gives instead of the row of the table.
    fn proven(&self, way: &str, direction: Direction) -> Option<Classification> {
        let both = &self.file["proven"][way];
        let class = match direction {
            Direction::Received if both.is_object() => &both["received"],
            Direction::Produced if both.is_object() => &both["produced"],
            _ => both,
        };
        class.as_str().map(|text| match text {
            "BREAKING" => Classification::Breaking,
            "NON_BREAKING" => Classification::NonBreaking,
            other => panic!("{}: a proof does not give {other}", self.name),
        })
    }

    /// Pairs that come near to the rule without being one for it: why, old, new.
    pub fn misses(&self) -> Vec<(String, Value, Value)> {
        let misses = self.file["misses"].as_array().unwrap_or_else(|| panic!("{}: no misses", self.name));
        let read = |miss: &Value| (miss["why"].to_string(), miss["old"].clone(), miss["new"].clone());
        misses.iter().map(read).collect()
    }

    fn compare(&self, flow: &Flow, way: &str) -> Comparison {
        let (old, new) = (flow.version(&self.old), flow.version(&self.new));
        if way == "forth" { diff(&old, &new) } else { diff(&new, &old) }
    }
}

/// Rules and classes that a fact must give in a place.
fn findings(
    expected: &Expected,
    flow: &Flow,
    proven: Option<Classification>,
) -> BTreeSet<(String, Classification)> {
    let nested = flow.is_property || expected.is_inside();
    let rule = |kind: Kind| {
        let rule = fact_rule(kind, flow.area, Some(flow.direction), nested, expected.had, expected.has);
        (rule.id, proven.unwrap_or(rule.classification))
    };
    let line = |change_type: ChangeType| {
        let rule = contract_rule("schema.properties", change_type);
        (rule.id, rule.classification)
    };
    let mut findings = BTreeSet::from([rule(expected.kind)]);
    if !matches!(flow.area, Area::Configuration | Area::OfferedConfiguration) {
        return findings;
    }
    // Configuration has a line for each property, and one more where it is required.
    match expected.kind {
        Kind::Annotation | Kind::Deprecated | Kind::Undeprecated => findings.clear(),
        Kind::PropertyAddedOptional
        | Kind::PropertyAddedToClosed
        | Kind::PropertyAddedRequired
        | Kind::PropertyAddedRequiredWithDefault => {
            findings.insert(line(ChangeType::Added));
        }
        Kind::RequiredPropertyRemoved | Kind::OptionalPropertyRemoved | Kind::PropertyRemovedFromClosed => {
            findings.insert(line(ChangeType::Removed));
        }
        _ => {}
    }
    findings
}

#[test]
fn every_kind_fires_in_every_place_with_the_class_of_its_row_and_alone() {
    let mut wrong = Vec::new();
    for case in cases() {
        for flow in FLOWS {
            for way in ["forth", "back"] {
                let comparison = case.compare(flow, way);
                let proven = case.proven(way, flow.direction);
                let facts = case.expected(way, flow.direction);
                let expected: BTreeSet<_> =
                    facts.iter().flat_map(|fact| findings(fact, flow, proven)).collect();
                let all = comparison.changes.iter().flat_map(|change| &change.findings);
                let actual: BTreeSet<_> =
                    all.map(|finding| (finding.rule_id.clone(), finding.classification)).collect();
                let unshown = |finding: &&Finding| {
                    finding.classification == Classification::Breaking
                        && (finding.proof != Proof::Witness || finding.witness.is_none())
                };
                let findings = || comparison.changes.iter().flat_map(|change| &change.findings);
                if proven == Some(Classification::Breaking) && findings().any(|finding| unshown(&finding)) {
                    wrong.push(format!("{} {way} as {}: no document shows it", case.name, flow.name));
                }
                let worst = expected.iter().map(|(_, class)| *class).max().unwrap_or_default();
                if actual != expected || comparison.classification != worst {
                    wrong.push(format!(
                        "{} {way} as {}:\n  expected {expected:?}\n  actual   {actual:?}",
                        case.name, flow.name
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn near_misses_do_not_fire() {
    let mut wrong = Vec::new();
    for case in cases() {
        for (why, old, new) in case.misses() {
            for flow in FLOWS {
                let fired = rule_ids(&diff(&flow.version(&old), &flow.version(&new)));
                let own = kinds::ids_in(case.kind, flow.area, flow.direction);
                if !fired.is_disjoint(&own) {
                    wrong.push(format!("{} as {}: {why}: {fired:?}", case.name, flow.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
