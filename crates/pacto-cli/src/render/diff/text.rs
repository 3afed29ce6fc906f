//! A comparison for people at a terminal.

use std::fmt::Write;

use pacto_app::diff::Outcome;
use pacto_engine::diff::Change;
use pacto_engine::graph::render_difference;
use pacto_engine::sbom::{SbomChangeKind, SbomDiff};

use super::{class, decided, field, nothing_found, shown, shows, witness_text};
use crate::ui::neutral;

/// For people.
pub(crate) fn text(outcome: &Outcome, details: bool) -> String {
    let mut out = format!("Classification: {}\n", class(outcome.classification));
    let graph = render_difference(&outcome.graph_diff.root, neutral);
    let unchanged = outcome.changes.is_empty()
        && outcome.dependency_diffs.is_empty()
        && graph.is_empty()
        && outcome.sbom_diff.is_none();
    if unchanged {
        let _ = writeln!(out, "{}", nothing_found(outcome));
        return out;
    }
    if !outcome.changes.is_empty() {
        let _ = writeln!(out, "Changes ({}):", outcome.changes.len());
        changes_text(&mut out, &outcome.changes, details);
    }
    for diff in &outcome.dependency_diffs {
        let (name, class) = (neutral(&diff.name), class(diff.classification));
        let _ = writeln!(out, "\nDependency {name} [{class}] ({}):", diff.changes.len());
        changes_text(&mut out, &diff.changes, details);
        if let Some(sbom) = &diff.sbom_diff {
            sbom_text(&mut out, sbom);
        }
    }
    if !graph.is_empty() {
        let _ = write!(out, "\nDependency graph changes:\n{graph}");
    }
    if let Some(sbom) = &outcome.sbom_diff {
        sbom_text(&mut out, sbom);
    }
    decisions_text(&mut out, outcome);
    out
}

/// What a team decided is always shown, with what would hold without it.
fn decisions_text(out: &mut String, outcome: &Outcome) {
    let count = decided(outcome).count();
    if count > 0 {
        let _ = writeln!(out, "\nDecided otherwise ({count}):");
    }
    for (change, finding) in decided(outcome) {
        let Some(decision) = &finding.decision else { continue };
        let (from, to) = (class(decision.from), class(finding.classification));
        let path = neutral(&change.path);
        let _ = writeln!(out, "  [{from} -> {to}] {} at {path} ({})", finding.rule_id, finding.fingerprint);
        let at = &decision.at;
        let _ = write!(out, "    by {}:{}:{}", neutral(&at.file), at.line, at.column);
        let until = decision.until.as_deref().map(|day| format!(" until {day}")).unwrap_or_default();
        let reason = decision.reason.as_deref().map(|reason| format!(": {}", neutral(reason)));
        let _ = writeln!(out, "{until}{}", reason.unwrap_or_default());
    }
}

fn changes_text(out: &mut String, changes: &[Change], details: bool) {
    for change in changes {
        let values = match (&change.old_value, &change.new_value) {
            (Some(old), Some(new)) => format!(" [{} -> {}]", shown(old), shown(new)),
            (None, Some(new)) => format!(" [+ {}]", shown(new)),
            (Some(old), None) => format!(" [- {}]", shown(old)),
            (None, None) => String::new(),
        };
        let (path, reason) = (neutral(&change.path), neutral(&change.reason));
        let class = class(change.classification);
        let _ = writeln!(
            out,
            "  [{class}] {path} ({}): {reason}{}",
            change.change_type.as_str(),
            neutral(&values)
        );
        if !details {
            continue;
        }
        for finding in &change.findings {
            let class = finding.classification.as_str();
            let (rule, fingerprint) = (&finding.rule_id, &finding.fingerprint);
            let _ = writeln!(out, "      {class} {rule} ({fingerprint}): {}", neutral(&finding.message));
            let place = finding.new.as_ref().or(finding.old.as_ref());
            if let Some(place) = place {
                let _ = writeln!(out, "        at {}:{}:{}", neutral(&place.file), place.line, place.column);
            }
            if let Some(witness) = &finding.witness {
                let said = shows(finding);
                let _ = writeln!(out, "        {said}: {}", neutral(&witness_text(witness)));
            }
            if let Some(hint) = &finding.hint {
                let _ = writeln!(out, "        hint: {}", neutral(hint));
            }
        }
    }
}

fn sbom_text(out: &mut String, sbom: &SbomDiff) {
    let _ = writeln!(out, "\nSBOM changes ({}):", sbom.changes.len());
    for change in &sbom.changes {
        let package = neutral(&change.package);
        let (old, new) = (change.old_value.as_deref().map(neutral), change.new_value.as_deref().map(neutral));
        let at =
            |version: Option<String>| version.filter(|text| !text.is_empty()).map(|text| format!("@{text}"));
        let _ = match change.kind {
            SbomChangeKind::Added => writeln!(out, "  + {package}{}", at(new).unwrap_or_default()),
            SbomChangeKind::Removed => writeln!(out, "  - {package}{}", at(old).unwrap_or_default()),
            SbomChangeKind::Modified => {
                let none = || "none".to_owned();
                let (old, new) = (old.unwrap_or_else(none), new.unwrap_or_else(none));
                writeln!(out, "  ~ {package} {}: {old} -> {new}", field(change))
            }
        };
    }
}
