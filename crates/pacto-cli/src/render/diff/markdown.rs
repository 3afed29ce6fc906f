//! A comparison as Markdown, for comments and pages.

use std::fmt::Write;

use pacto_app::diff::Outcome;
use pacto_engine::diff::Change;
use pacto_engine::graph::render_difference;
use pacto_engine::sbom::{SbomChangeKind, SbomDiff};
use serde_json::Value;

use super::{decided, diagnostics, field, nothing_found, shown, shows, witness_text};
use crate::render::markdown::{code, fenced, prose};
use crate::ui::neutral;

/// Longest Markdown, in bytes. A comment on GitHub has at most 65,536 characters; some are left for who posts it.
const MAX_MARKDOWN: usize = 64_000;
/// What is left for the parts behind the changes, and for what is said of those that did not fit.
const RESERVED: usize = 16_000;

/// For comments on pull requests: never longer than [`MAX_MARKDOWN`]. Changes are sorted, so that the least are left out.
pub(crate) fn markdown(outcome: &Outcome, details: bool) -> String {
    let mut page = Page { out: String::new(), limit: MAX_MARKDOWN - RESERVED };
    let _ =
        writeln!(page.out, "## Contract Diff\n\n**Classification:** `{}`\n", outcome.classification.as_str());
    if let Some(version) = &outcome.suggested_version {
        let _ = writeln!(page.out, "**Lowest version for these changes:** {}\n", code(version));
    }
    if !outcome.changes.is_empty() {
        let _ = writeln!(page.out, "### Changes ({})\n", outcome.changes.len());
        page.changes(&outcome.changes, details);
    }
    for (position, diff) in outcome.dependency_diffs.iter().enumerate() {
        let (name, class) = (prose(&diff.name), diff.classification.as_str());
        if !page.line(&format!("### Dependency: {name} (`{class}`)\n\n")) {
            page.left_out(outcome.dependency_diffs.len() - position, "dependencies");
            break;
        }
        page.changes(&diff.changes, details);
        if let Some(sbom) = &diff.sbom_diff {
            page.line(&format!("#### SBOM Changes: {name}\n\n"));
            page.packages(sbom);
        }
    }
    page.limit = MAX_MARKDOWN - CLOSING;
    let graph = render_difference(&outcome.graph_diff.root, neutral);
    if !graph.is_empty() && !page.line(&format!("### Dependency Graph Changes\n\n{}", fenced(&graph))) {
        page.left_out(1, "dependency graph changes");
    }
    if let Some(sbom) = &outcome.sbom_diff {
        page.line("### SBOM Changes\n\n");
        page.packages(sbom);
    }
    if outcome.changes.is_empty()
        && outcome.dependency_diffs.is_empty()
        && graph.is_empty()
        && outcome.sbom_diff.is_none()
    {
        let _ = writeln!(page.out, "{}", nothing_found(outcome));
    }
    page.decisions(outcome);
    page.diagnostics(outcome);
    page.out
}

/// What is left for saying that something was left out.
const CLOSING: usize = 1_000;

/// Text that does not grow beyond a limit.
struct Page {
    out: String,
    limit: usize,
}

impl Page {
    /// Adds a line where it fits.
    fn line(&mut self, line: &str) -> bool {
        let fits = self.out.len() + line.len() <= self.limit;
        if fits {
            self.out.push_str(line);
        }
        fits
    }

    /// Says what did not fit, which itself always does.
    fn left_out(&mut self, count: usize, what: &str) {
        let _ = writeln!(
            self.out,
            "\n*{count} {what} were left out for length; `pacto diff --output-format json` has all.*\n"
        );
    }

    /// Adds rows of a table; says how many did not fit.
    fn rows(&mut self, head: &str, rows: impl ExactSizeIterator<Item = String>, what: &str) {
        let total = rows.len();
        if !self.line(head) {
            return self.left_out(total, what);
        }
        for (position, row) in rows.enumerate() {
            if !self.line(&row) {
                return self.left_out(total - position, what);
            }
        }
        self.out.push('\n');
    }

    fn changes(&mut self, changes: &[Change], details: bool) {
        let cell =
            |value: &Option<Value>| value.as_ref().map(|value| code(&cut(&shown(value)))).unwrap_or_default();
        let rows = changes.iter().map(|change| {
            format!(
                "| {} | {} | {} | {} | {} | {} |\n",
                change.classification.as_str(),
                code(&change.path),
                change.change_type.as_str(),
                reason(&change.reason),
                cell(&change.old_value),
                cell(&change.new_value),
            )
        });
        let head = "| Classification | Path | Type | Reason | Old | New |\n|---|---|---|---|---|---|\n";
        self.rows(head, rows, "changes");
        if details {
            let findings: usize = changes.iter().map(|change| change.findings.len()).sum();
            let summary = format!("<details>\n<summary>Findings ({findings})</summary>\n\n");
            if self.line(&summary) {
                self.findings(changes);
                self.out.push_str("\n</details>\n\n");
            }
        }
    }

    fn findings(&mut self, changes: &[Change]) {
        for (position, change) in changes.iter().enumerate() {
            let mut item = format!("- {}\n", code(&change.path));
            for finding in &change.findings {
                let (class, rule) = (finding.classification.as_str(), code(&finding.rule_id));
                let place = finding.new.as_ref().or(finding.old.as_ref());
                let place = place.map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
                let place = place.map(|place| format!(" at {}", code(&place))).unwrap_or_default();
                let hint =
                    finding.hint.as_deref().map(|hint| format!(" ({})", prose(hint))).unwrap_or_default();
                let _ = writeln!(item, "  - {class} {rule}: {}{place}{hint}", reason(&finding.message));
                if let Some(witness) = &finding.witness {
                    let _ = writeln!(item, "    - {}: {}", shows(finding), code(&witness_text(witness)));
                }
            }
            if !self.line(&item) {
                return self.left_out(changes.len() - position, "changes with their findings");
            }
        }
    }

    fn packages(&mut self, sbom: &SbomDiff) {
        let rows = sbom.changes.iter().map(|change| {
            let kind = match change.kind {
                SbomChangeKind::Added => "added",
                SbomChangeKind::Removed => "removed",
                SbomChangeKind::Modified => "modified",
            };
            let cell = |value: &Option<String>| value.as_deref().map(code).unwrap_or_default();
            let (package, old, new) =
                (code(&change.package), cell(&change.old_value), cell(&change.new_value));
            format!("| {package} | {kind} | {} | {old} | {new} |\n", field(change))
        });
        self.rows("| Package | Type | Field | Old | New |\n|---|---|---|---|---|\n", rows, "package changes");
    }

    /// What a team decided is always shown, with what would hold without it.
    fn decisions(&mut self, outcome: &Outcome) {
        let decided: Vec<_> = decided(outcome).collect();
        if decided.is_empty() {
            return;
        }
        self.line(&format!("### Decided Otherwise ({})\n\n", decided.len()));
        let rows = decided.iter().map(|(change, finding)| {
            let (rule, path) = (code(&finding.rule_id), code(&change.path));
            let Some(decision) = &finding.decision else { return String::new() };
            let at = &decision.at;
            let by = code(&format!("{}:{}:{}", at.file, at.line, at.column));
            let until = decision.until.as_deref().map(|day| format!(" until {}", code(day)));
            let why = decision.reason.as_deref().map(prose).unwrap_or_default();
            let (from, to) = (decision.from.as_str(), finding.classification.as_str());
            format!("| {rule} | {path} | {from} | {to} | {by}{} | {why} |\n", until.unwrap_or_default())
        });
        self.rows(
            "| Rule | Path | From | To | By | Reason |\n|---|---|---|---|---|---|\n",
            rows,
            "decisions",
        );
    }

    fn diagnostics(&mut self, outcome: &Outcome) {
        let all: Vec<_> = diagnostics(outcome).collect();
        if all.is_empty() {
            return;
        }
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        self.line("### Diagnostics\n\n");
        let rows = all.iter().map(|finding| {
            let place = finding
                .location
                .as_ref()
                .map(|place| code(&format!("{}:{}:{}", place.file, place.line, place.column)));
            let (message, place) = (prose(&finding.message), place.unwrap_or_default());
            format!("| `{}` | {message} | {place} |\n", finding.code)
        });
        self.rows("| Code | Message | Place |\n|---|---|---|\n", rows, "diagnostics");
    }
}

/// Longest value in a cell, in characters.
const MAX_CELL: usize = 500;

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CELL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Reasons are ours but for the names in them; what Markdown reads is escaped, underscores inside words are not read.
fn reason(text: &str) -> String {
    prose(text).replace("\\_", "_")
}
