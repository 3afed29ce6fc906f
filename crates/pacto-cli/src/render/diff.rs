//! A comparison in every form but JSON.

mod annotations;
mod markdown;
mod text;

use pacto_app::diff::Outcome;
use pacto_contract::code::Stage;
use pacto_contract::{Code, Diagnostic};
use pacto_engine::diff::{Change, Classification, Direction, Finding};
use pacto_engine::sbom::{SbomChange, SbomField};
use serde_json::Value;

use crate::ui::{GREEN, RED, YELLOW};

pub(crate) use annotations::{github, junit, sarif};
pub(crate) use markdown::markdown;
pub(crate) use text::text;

/// What is said of the contract and of its dependencies.
pub(crate) fn diagnostics(outcome: &Outcome) -> impl Iterator<Item = &Diagnostic> {
    let of_dependencies = outcome.dependency_diffs.iter().flat_map(|diff| &diff.diagnostics);
    outcome.diagnostics.iter().chain(of_dependencies)
}

/// What could not be compared: not what is only odd about versions, locks and decisions.
fn not_compared(outcome: &Outcome) -> impl Iterator<Item = &Diagnostic> {
    const ODD: &[Code] = &[Code::VersionDecreased, Code::VersionUnderstates, Code::DecisionEnded];
    diagnostics(outcome).filter(|finding| !ODD.contains(&finding.code) && finding.code.stage() != Stage::Lock)
}

/// The words for a comparison without changes.
fn nothing_found(outcome: &Outcome) -> &'static str {
    match not_compared(outcome).next() {
        None => "No changes detected.",
        Some(_) => "No changes detected in what could be compared.",
    }
}

fn style(classification: Classification) -> anstyle::Style {
    match classification {
        Classification::Breaking => RED,
        Classification::PotentialBreaking => YELLOW,
        Classification::NonBreaking => GREEN,
    }
}

pub(crate) fn class(classification: Classification) -> String {
    let style = style(classification);
    format!("{style}{}{style:#}", classification.as_str())
}

/// Changes with the service that they are of: those of the contract itself have none.
fn all_changes(outcome: &Outcome) -> impl Iterator<Item = (Option<&str>, &Change)> {
    let own = outcome.changes.iter().map(|change| (None, change));
    let of_dependencies = outcome
        .dependency_diffs
        .iter()
        .flat_map(|diff| diff.changes.iter().map(|change| (Some(diff.name.as_str()), change)));
    own.chain(of_dependencies)
}

/// Findings that have another class than their rule, with the change that they are of.
fn decided(outcome: &Outcome) -> impl Iterator<Item = (&Change, &Finding)> {
    let findings = all_changes(outcome)
        .flat_map(|(_, change)| change.findings.iter().map(move |finding| (change, finding)));
    findings.filter(|(_, finding)| finding.decision.is_some())
}

/// What a witness is a witness of.
fn shows(finding: &Finding) -> &'static str {
    match finding.direction {
        Some(Direction::Produced) => "sent now, and never promised",
        _ => "accepted before, and refused now",
    }
}

/// Longest witness that is shown, in characters; JSON has it whole.
const MAX_WITNESS: usize = 400;

fn witness_text(witness: &Value) -> String {
    let text = witness.to_string();
    match text.char_indices().nth(MAX_WITNESS) {
        Some((end, _)) => format!("{}… ({} characters)", text.get(..end).unwrap_or_default(), text.len()),
        None => text,
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn field(change: &SbomChange) -> &'static str {
    match change.field {
        SbomField::License => "license",
        SbomField::Package => "package",
        SbomField::Supplier => "supplier",
        SbomField::Version => "version",
    }
}
