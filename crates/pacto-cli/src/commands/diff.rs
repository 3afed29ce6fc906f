//! `pacto diff`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pacto_app::AppError;
use pacto_app::diff::{self, Options, Outcome};
use pacto_contract::code::Stage;
use pacto_contract::overrides::Overrides;
use pacto_contract::{Code, Diagnostic};
use pacto_engine::diff::{Change, Classification, Direction, Finding, rules};
use pacto_engine::graph::render_difference;
use pacto_engine::sbom::{SbomChange, SbomChangeKind, SbomDiff, SbomField};
use serde_json::Value;

use crate::arguments::{Global, OutputFormat, read_overrides};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::findings;
use crate::render::markdown::{code, fenced, prose};
use crate::settings::Settings;
use crate::ui::{GREEN, RED, Ui, YELLOW, neutral};

/// Arguments of `pacto diff`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Old version: directory or reference
    #[arg(add = crate::values::contract(), required_unless_present = "explain")]
    old: Option<String>,
    /// New version: directory or reference
    #[arg(add = crate::values::contract(), required_unless_present = "explain")]
    new: Option<String>,
    /// Say what a rule means, and compare nothing
    #[arg(long, value_name = "RULE_ID", conflicts_with_all = ["old", "new"])]
    explain: Option<String>,
    /// Least class that makes the exit code 1
    #[arg(long, value_name = "CLASS", default_value = "breaking")]
    fail_on: FailOn,
    /// Say the lowest version that the changes may be published as
    #[arg(long)]
    suggest_version: bool,
    /// Show the findings behind each change
    #[arg(long)]
    details: bool,
    /// File with values to merge into the old version; may be repeated
    #[arg(long, value_name = "FILE")]
    old_values: Vec<PathBuf>,
    /// Value to set in the old version; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    old_set: Vec<String>,
    /// File with values to merge into the new version; may be repeated
    #[arg(long, value_name = "FILE")]
    new_values: Vec<PathBuf>,
    /// Value to set in the new version; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    new_set: Vec<String>,
}

/// Least class that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Potentially breaking or breaking.
    Potential,
    /// Breaking.
    Breaking,
    /// Nothing.
    None,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "diff")?;
    if let Some(id) = &arguments.explain {
        return explain(id, settings.format, ui);
    }
    let options = Options {
        old: arguments.old.clone().unwrap_or_default(),
        new: arguments.new.clone().unwrap_or_default(),
        old_overrides: side_overrides("old", &arguments.old_values, &arguments.old_set)?,
        new_overrides: side_overrides("new", &arguments.new_values, &arguments.new_set)?,
        suggest_version: arguments.suggest_version,
    };
    let outcome = diff::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => ui.data(&as_markdown(&outcome, arguments.details)),
        _ => {
            ui.data(&text(&outcome, arguments.details));
            if let Some(version) = &outcome.suggested_version {
                ui.data(&format!("\nLowest version for these changes: {version}\n"));
            }
            for finding in diagnostics(&outcome) {
                findings::write(ui, finding, None);
            }
        }
    }
    let least = match arguments.fail_on {
        FailOn::Potential => Classification::PotentialBreaking,
        FailOn::Breaking => Classification::Breaking,
        FailOn::None => return Ok(FINE),
    };
    if outcome.classification < least {
        return Ok(FINE);
    }
    if settings.format == OutputFormat::Text {
        ui.error(match outcome.classification {
            Classification::Breaking => "breaking changes detected",
            _ => "potentially breaking changes detected",
        });
    }
    Ok(ANSWER)
}

/// Says what a rule means.
fn explain(id: &str, format: OutputFormat, ui: &mut Ui) -> Result<u8, CommandError> {
    let rules = rules::all();
    let Some(rule) = rules.get(id) else {
        let near = rules::nearest(id).unwrap_or_default();
        return Err(CommandError::Usage(format!(
            "no rule is called '{id}'; the nearest is '{near}', and docs/reference/rules.md lists all"
        )));
    };
    if format == OutputFormat::Json {
        ui.json(rule);
        return Ok(FINE);
    }
    let mut lines =
        vec![("where", rule.place.clone()), ("says", rule.meaning.clone()), ("why", rule.why.clone())];
    lines.extend(rule.hint.clone().map(|hint| ("do", hint)));
    let mut out = if format == OutputFormat::Markdown {
        format!("## {}\n\n**{}**\n\n", code(&rule.rule_id), rule.classification.as_str())
    } else {
        format!("{} [{}]\n", rule.rule_id, class(rule.classification))
    };
    for (name, text) in lines {
        let _ = match format {
            OutputFormat::Markdown => writeln!(out, "- {name}: {text}"),
            _ => writeln!(out, "  {name:<6} {text}"),
        };
    }
    ui.data(&out);
    Ok(FINE)
}

fn side_overrides(side: &'static str, files: &[PathBuf], sets: &[String]) -> Result<Overrides, CommandError> {
    read_overrides(files, sets, &[]).map_err(|error| match error {
        CommandError::App(error) => AppError::Side { side, source: Box::new(error) }.into(),
        other => other,
    })
}

/// What is said of the contract and of its dependencies.
fn diagnostics(outcome: &Outcome) -> impl Iterator<Item = &Diagnostic> {
    let of_dependencies = outcome.dependency_diffs.iter().flat_map(|diff| &diff.diagnostics);
    outcome.diagnostics.iter().chain(of_dependencies)
}

/// What could not be compared: not what is only odd about versions and locks.
fn not_compared(outcome: &Outcome) -> impl Iterator<Item = &Diagnostic> {
    diagnostics(outcome)
        .filter(|finding| finding.code != Code::VersionDecreased && finding.code.stage() != Stage::Lock)
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

fn text(outcome: &Outcome, details: bool) -> String {
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
    out
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
            let _ = writeln!(out, "      {class} {}: {}", finding.rule_id, neutral(&finding.message));
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

fn as_markdown(outcome: &Outcome, details: bool) -> String {
    let mut out =
        format!("## Contract Diff\n\n**Classification:** `{}`\n\n", outcome.classification.as_str());
    if let Some(version) = &outcome.suggested_version {
        let _ = writeln!(out, "**Lowest version for these changes:** {}\n", code(version));
    }
    if !outcome.changes.is_empty() {
        let _ = writeln!(out, "### Changes ({})\n", outcome.changes.len());
        changes_table(&mut out, &outcome.changes, details);
    }
    for diff in &outcome.dependency_diffs {
        let (name, class) = (prose(&diff.name), diff.classification.as_str());
        let _ = writeln!(out, "### Dependency: {name} (`{class}`)\n");
        changes_table(&mut out, &diff.changes, details);
        if let Some(sbom) = &diff.sbom_diff {
            let _ = writeln!(out, "#### SBOM Changes: {name}\n");
            sbom_table(&mut out, sbom);
        }
    }
    let graph = render_difference(&outcome.graph_diff.root, neutral);
    if !graph.is_empty() {
        let _ = writeln!(out, "### Dependency Graph Changes\n\n{}", fenced(&graph));
    }
    if let Some(sbom) = &outcome.sbom_diff {
        out.push_str("### SBOM Changes\n\n");
        sbom_table(&mut out, sbom);
    }
    if outcome.changes.is_empty()
        && outcome.dependency_diffs.is_empty()
        && graph.is_empty()
        && outcome.sbom_diff.is_none()
    {
        let _ = writeln!(out, "{}", nothing_found(outcome));
    }
    if diagnostics(outcome).next().is_some() {
        if !out.ends_with("\n\n") {
            out.push('\n');
        }
        out.push_str("### Diagnostics\n\n| Code | Message | Place |\n|---|---|---|\n");
        for finding in diagnostics(outcome) {
            let place = finding
                .location
                .as_ref()
                .map(|place| code(&format!("{}:{}:{}", place.file, place.line, place.column)));
            let (message, place) = (prose(&finding.message), place.unwrap_or_default());
            let _ = writeln!(out, "| `{}` | {message} | {place} |", finding.code);
        }
        out.push('\n');
    }
    out
}

fn changes_table(out: &mut String, changes: &[Change], details: bool) {
    out.push_str("| Classification | Path | Type | Reason | Old | New |\n|---|---|---|---|---|---|\n");
    for change in changes {
        let cell =
            |value: &Option<Value>| value.as_ref().map(|value| code(&shown(value))).unwrap_or_default();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            change.classification.as_str(),
            code(&change.path),
            change.change_type.as_str(),
            reason(&change.reason),
            cell(&change.old_value),
            cell(&change.new_value),
        );
    }
    out.push('\n');
    if details {
        findings_list(out, changes);
    }
}

fn findings_list(out: &mut String, changes: &[Change]) {
    for change in changes {
        let _ = writeln!(out, "- {}", code(&change.path));
        for finding in &change.findings {
            let (class, rule) = (finding.classification.as_str(), code(&finding.rule_id));
            let place = finding.new.as_ref().or(finding.old.as_ref());
            let place = place.map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
            let place = place.map(|place| format!(" at {}", code(&place))).unwrap_or_default();
            let hint = finding.hint.as_deref().map(|hint| format!(" ({})", prose(hint))).unwrap_or_default();
            let _ = writeln!(out, "  - {class} {rule}: {}{place}{hint}", reason(&finding.message));
            if let Some(witness) = &finding.witness {
                let _ = writeln!(out, "    - {}: {}", shows(finding), code(&witness_text(witness)));
            }
        }
    }
    out.push('\n');
}

/// Reasons are ours but for the names in them; what Markdown reads is escaped, underscores inside words are not read.
fn reason(text: &str) -> String {
    prose(text).replace("\\_", "_")
}

fn sbom_table(out: &mut String, sbom: &SbomDiff) {
    out.push_str("| Package | Type | Field | Old | New |\n|---|---|---|---|---|\n");
    for change in &sbom.changes {
        let kind = match change.kind {
            SbomChangeKind::Added => "added",
            SbomChangeKind::Removed => "removed",
            SbomChangeKind::Modified => "modified",
        };
        let cell = |value: &Option<String>| value.as_deref().map(code).unwrap_or_default();
        let (package, old, new) = (code(&change.package), cell(&change.old_value), cell(&change.new_value));
        let _ = writeln!(out, "| {package} | {kind} | {} | {old} | {new} |", field(change));
    }
    out.push('\n');
}
