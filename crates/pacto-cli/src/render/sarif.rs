//! Findings as SARIF 2.1.0, for code scanning.

use std::collections::BTreeSet;

use pacto_app::validate::{ContractVerdict, Outcome};
use pacto_contract::{Code, Diagnostic, Location, Severity};
use serde_json::{Value, json};

use crate::render::findings::file_place;

/// The log, with one run.
pub(crate) fn log(outcome: &Outcome, version: &str) -> Value {
    let findings = |verdict: &ContractVerdict| -> Vec<Value> {
        let file = format!("{}/pacto.yaml", verdict.path.trim_end_matches('/'));
        let all = verdict.errors.iter().chain(&verdict.warnings).chain(&verdict.infos);
        all.map(|finding| result(finding, &file)).collect()
    };
    let results: Vec<Value> = outcome.contracts().iter().flat_map(findings).collect();
    let used: BTreeSet<Code> = outcome
        .contracts()
        .iter()
        .flat_map(|verdict| verdict.errors.iter().chain(&verdict.warnings).chain(&verdict.infos))
        .map(|finding| finding.code)
        .collect();
    log_of(&used.into_iter().map(rule).collect::<Vec<_>>(), &results, version)
}

/// A log of rules and results.
pub(crate) fn log_of(rules: &[Value], results: &[Value], version: &str) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "pacto", "version": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// The rule behind a code.
pub(crate) fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": code.summary()},
        "help": {"text": code.remedy()},
        "defaultConfiguration": {"level": level(code.severity())},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// One finding. `fallback` is the file to name where it has no place.
pub(crate) fn result(finding: &Diagnostic, fallback: &str) -> Value {
    let message = match &finding.help {
        Some(help) => format!("{} ({help})", finding.message),
        None => finding.message.clone(),
    };
    let physical = match file_place(finding) {
        Some(place) => region(place),
        None => json!({"artifactLocation": {"uri": uri(fallback)}}),
    };
    let mut location = json!({"physicalLocation": physical});
    if !finding.path.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": finding.path}]);
    }
    json!({
        "ruleId": finding.code.as_str(),
        "level": level(finding.severity),
        "message": {"text": message},
        "locations": [location],
    })
}

/// A place in a file.
pub(crate) fn region(place: &Location) -> Value {
    json!({
        "artifactLocation": {"uri": uri(&place.file)},
        "region": {"startLine": place.line, "startColumn": place.column},
    })
}

/// A path as a relative URI reference.
pub(crate) fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    path.bytes().fold(String::with_capacity(path.len()), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/:@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            use std::fmt::Write;
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}
