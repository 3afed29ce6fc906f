//! A comparison for machines that show it beside the lines: SARIF, `JUnit`, GitHub.

use std::collections::BTreeMap;
use std::fmt::Write;

use pacto_app::diff::Outcome;
use pacto_contract::Location;
use pacto_engine::diff::{Change, Classification, Finding, rules};
use serde_json::{Value, json};

use super::{all_changes, diagnostics, shows, witness_text};
use crate::render::github::{annotation, data, property};
use crate::render::junit::{details as diagnostic_details, escape};
use crate::render::sarif::{log_of, region, result, rule as diagnostic_rule, uri};

/// The file to name where a finding stands in none of the new version.
fn fallback(outcome: &Outcome) -> String {
    format!("{}/pacto.yaml", outcome.new_path.trim_end_matches('/'))
}

/// A finding with everything that is said of it.
fn message(service: Option<&str>, change: &Change, finding: &Finding) -> String {
    let service = service.map(|name| format!("{name}: ")).unwrap_or_default();
    let mut text = format!("{service}{}: {}", change.path, finding.message);
    if let Some(witness) = &finding.witness {
        let _ = write!(text, "; {}: {}", shows(finding), witness_text(witness));
    }
    if let Some(hint) = &finding.hint {
        let _ = write!(text, " ({hint})");
    }
    text
}

fn level(class: Classification) -> &'static str {
    match class {
        Classification::Breaking => "error",
        Classification::PotentialBreaking => "warning",
        Classification::NonBreaking => "note",
    }
}

/// SARIF 2.1.0. What a team decided is a suppressed result, or one of another level.
pub(crate) fn sarif(outcome: &Outcome, version: &str) -> Value {
    let fallback = fallback(outcome);
    let known = rules::all();
    let mut used: BTreeMap<&str, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for (service, change) in all_changes(outcome) {
        for finding in &change.findings {
            let id = finding.rule_id.as_str();
            used.entry(id).or_insert_with(|| {
                let rule = known.get(id);
                json!({
                    "id": id,
                    "shortDescription": {"text": rule.map_or(id, |rule| rule.meaning.as_str())},
                    "help": {"text": rule.map_or(id, |rule| rule.hint.as_deref().unwrap_or(&rule.why))},
                    "defaultConfiguration": {"level": rule.map_or("warning", |rule| level(rule.classification))},
                })
            });
            results.push(sarif_result(service, change, finding, &fallback));
        }
    }
    for finding in diagnostics(outcome) {
        used.entry(finding.code.as_str()).or_insert_with(|| diagnostic_rule(finding.code));
        results.push(result(finding, &fallback));
    }
    log_of(&used.into_values().collect::<Vec<_>>(), &results, version)
}

fn sarif_result(service: Option<&str>, change: &Change, finding: &Finding, fallback: &str) -> Value {
    let physical = |place: Option<&Location>| match place {
        Some(place) => region(place),
        None => json!({"artifactLocation": {"uri": uri(fallback)}}),
    };
    let mut result = json!({
        "ruleId": finding.rule_id,
        "level": level(finding.classification),
        "message": {"text": message(service, change, finding)},
        "locations": [{
            "physicalLocation": physical(finding.new.as_ref()),
            "logicalLocations": [{"fullyQualifiedName": change.path}],
        }],
        "partialFingerprints": {"pacto/v1": finding.fingerprint},
        "properties": {"classification": finding.classification, "proof": finding.proof},
    });
    if let Some(old) = &finding.old {
        result["relatedLocations"] =
            json!([{"physicalLocation": region(old), "message": {"text": "the old version"}}]);
    }
    if let Some(witness) = &finding.witness {
        result["properties"]["witness"] = witness.clone();
    }
    if let Some(decision) = &finding.decision {
        result["properties"]["decidedFrom"] = json!(decision.from);
        if let Some(reason) = &decision.reason {
            let at = &decision.at;
            let justification = format!("{reason} ({}:{}:{})", at.file, at.line, at.column);
            result["suppressions"] = json!([{"kind": "external", "justification": justification}]);
        }
    }
    result
}

/// GitHub workflow commands: what may break somebody, and what was decided otherwise.
pub(crate) fn github(outcome: &Outcome) -> String {
    let fallback = fallback(outcome);
    let mut out = String::new();
    for (service, change) in all_changes(outcome) {
        for finding in &change.findings {
            let is_said = finding.classification > Classification::NonBreaking || finding.decision.is_some();
            if !is_said {
                continue;
            }
            let level = match finding.classification {
                Classification::Breaking => "error",
                Classification::PotentialBreaking => "warning",
                Classification::NonBreaking => "notice",
            };
            let place = match &finding.new {
                Some(place) => {
                    format!("file={},line={},col={}", property(&place.file), place.line, place.column)
                }
                None => format!("file={}", property(&fallback)),
            };
            let mut text = message(service, change, finding);
            if let Some(decision) = &finding.decision {
                let _ = write!(text, " [decided: {} before", decision.from.as_str());
                if let Some(reason) = &decision.reason {
                    let _ = write!(text, "; {reason}");
                }
                text.push(']');
            }
            let title = property(&finding.rule_id);
            let _ = writeln!(out, "::{level} {place},title={title}::{}", data(&text));
        }
    }
    for finding in diagnostics(outcome) {
        out.push_str(&annotation(finding, &fallback));
    }
    out
}

/// `JUnit` XML: one suite for the contract and one for each dependency, one case for each change. `least` is the class
/// that fails.
pub(crate) fn junit(outcome: &Outcome, least: Option<Classification>) -> String {
    let fails = |change: &Change| least.is_some_and(|least| change.classification >= least);
    let count = |changes: &[Change]| changes.iter().filter(|change| fails(change)).count();
    let mut suites: Vec<(&str, &[Change])> = vec![(outcome.new_path.as_str(), &outcome.changes)];
    suites.extend(outcome.dependency_diffs.iter().map(|diff| (diff.name.as_str(), diff.changes.as_slice())));
    let mut tests: usize = suites.iter().map(|(_, changes)| changes.len().max(1)).sum();
    let mut failures: usize = suites.iter().map(|(_, changes)| count(changes)).sum();
    let notes: Vec<_> = diagnostics(outcome).map(diagnostic_details).collect();
    // What could not be compared may be what decides.
    let is_unknown = failures == 0 && least.is_some_and(|least| outcome.classification >= least);
    if is_unknown {
        (tests, failures) = (tests + 1, 1);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"pacto diff\" tests=\"{tests}\" failures=\"{failures}\">");
    for (name, changes) in suites {
        let (name, tests) = (escape(name), changes.len().max(1));
        let failures = count(changes);
        let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">");
        if changes.is_empty() {
            let _ = writeln!(out, "    <testcase classname=\"{name}\" name=\"no changes\"/>");
        }
        for change in changes {
            let case = escape(&format!("{} {}", change.path, change.change_type.as_str()));
            let _ = write!(out, "    <testcase classname=\"{name}\" name=\"{case}\"");
            if !fails(change) {
                out.push_str("/>\n");
                continue;
            }
            let findings: Vec<String> =
                change.findings.iter().map(|finding| in_lines(change, finding)).collect();
            let _ = writeln!(
                out,
                ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                escape(&format!("{}: {}", change.classification.as_str(), change.reason)),
                escape(&findings.join("\n"))
            );
        }
        out.push_str("  </testsuite>\n");
    }
    if !notes.is_empty() || is_unknown {
        let (count, notes) = (u8::from(is_unknown), escape(&notes.join("\n")));
        let _ = writeln!(out, "  <testsuite name=\"diagnostics\" tests=\"{count}\" failures=\"{count}\">");
        let _ = if is_unknown {
            let name = "everything could be compared";
            let message = outcome.classification.as_str();
            writeln!(
                out,
                "    <testcase classname=\"diagnostics\" name=\"{name}\">\n      <failure message=\"{message}\">{notes}</failure>\n    </testcase>"
            )
        } else {
            writeln!(out, "    <system-out>{notes}</system-out>")
        };
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn in_lines(change: &Change, finding: &Finding) -> String {
    let mut text = format!(
        "{} {}: {}",
        finding.classification.as_str(),
        finding.rule_id,
        message(None, change, finding)
    );
    if let Some(place) = finding.new.as_ref().or(finding.old.as_ref()) {
        let _ = write!(text, "\n{}:{}:{}", place.file, place.line, place.column);
    }
    text
}
