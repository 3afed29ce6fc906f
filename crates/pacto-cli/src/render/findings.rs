//! A finding as text: one line in the form of the original, then the place and the help.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use pacto_contract::{Diagnostic, Location, Severity, Source};

use crate::ui::{FAINT, RED, Ui, YELLOW, neutral};

/// End of the name of a contract that overrides were merged into.
const OVERRIDDEN: &str = " (with overrides)";

/// Writes `finding` to stderr; `source` is the text that it may be shown in.
pub(crate) fn write(ui: &mut Ui, finding: &Diagnostic, source: Option<&Source>) {
    ui.note(&headline(finding));
    for line in details(finding, source) {
        ui.note(&line);
    }
}

/// The place of a finding in a file of the user; a contract that overrides were merged into lies in no file.
pub(crate) fn file_place(finding: &Diagnostic) -> Option<&Location> {
    finding.location.as_ref().filter(|place| !place.file.ends_with(OVERRIDDEN))
}

fn headline(finding: &Diagnostic) -> String {
    let (word, style) = match finding.severity {
        Severity::Error => ("ERROR", RED),
        Severity::Warning => ("WARN ", YELLOW),
        Severity::Info => ("INFO ", FAINT),
    };
    let place = if finding.path.is_empty() { String::new() } else { format!("{}: ", neutral(&finding.path)) };
    let message = neutral(&finding.message);
    format!("  {style}{word}{style:#} [{}] {place}{message}", finding.code)
}

fn details(finding: &Diagnostic, source: Option<&Source>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(excerpt) = excerpt(finding, source) {
        lines.extend(excerpt.lines().map(|line| format!("      {line}")));
    } else if let Some(place) = &finding.location {
        lines.push(format!(
            "      {FAINT}at {}:{}:{}{FAINT:#}",
            neutral(&place.file),
            place.line,
            place.column
        ));
    }
    if let Some(help) = &finding.help {
        lines.push(format!("      {FAINT}help:{FAINT:#} {}", neutral(help)));
    }
    lines
}

/// The lines of the contract that the finding is about. Configuration values are never shown: they may be secrets.
fn excerpt(finding: &Diagnostic, source: Option<&Source>) -> Option<String> {
    let (source, place, span) = (source?, finding.location.as_ref()?, finding.span?);
    if place.file != *source.name()
        || finding.pointer.contains("/values")
        || finding.pointer.is_empty() && span.start == span.end
    {
        return None;
    }
    // A control character in the source would reach the terminal with its line.
    let text = source.text();
    let line_start = text.get(..span.start as usize)?.rfind('\n').map_or(0, |end| end + 1);
    let line_end = text.get(line_start..)?.find('\n').map_or(text.len(), |end| line_start + end);
    let line = text.get(line_start..line_end)?;
    if line != neutral(line) || line.chars().count() > 200 {
        return None;
    }
    let start = span.start as usize;
    let end = (span.end as usize).clamp(start, line_end);
    let snippet = Snippet::source(text.get(line_start..line_end)?)
        .line_start(place.line as usize)
        .path(neutral(&place.file))
        .annotation(AnnotationKind::Primary.span(start - line_start..end - line_start));
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    Some(Renderer::styled().render(&[Group::with_level(level).element(snippet)]))
}
