//! Verdicts as `JUnit` XML: one suite a contract, one case a finding.

use std::fmt::Write;

use pacto_app::validate::{ContractVerdict, Outcome};
use pacto_contract::Diagnostic;

/// The document.
pub(crate) fn document(outcome: &Outcome) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failures = outcome.error_count();
    let tests: usize = outcome.contracts().iter().map(cases).sum();
    let _ = writeln!(out, "<testsuites name=\"pacto validate\" tests=\"{tests}\" failures=\"{failures}\">");
    for verdict in outcome.contracts() {
        let name = escape(&verdict.path);
        let failures = verdict.errors.len();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">",
            cases(verdict)
        );
        if verdict.errors.is_empty() {
            let _ = writeln!(out, "    <testcase classname=\"{name}\" name=\"valid\"/>");
        }
        for finding in &verdict.errors {
            let _ = writeln!(
                out,
                "    <testcase classname=\"{name}\" name=\"{}\">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                escape(&subject(finding)),
                escape(&finding.message),
                escape(&details(finding)),
            );
        }
        let notes: Vec<_> = verdict.warnings.iter().chain(&verdict.infos).map(details).collect();
        if !notes.is_empty() {
            let _ = writeln!(out, "    <system-out>{}</system-out>", escape(&notes.join("\n")));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn cases(verdict: &ContractVerdict) -> usize {
    verdict.errors.len().max(1)
}

fn subject(finding: &Diagnostic) -> String {
    match finding.path.as_str() {
        "" => finding.code.to_string(),
        path => format!("{} {path}", finding.code),
    }
}

/// A finding in lines.
pub(crate) fn details(finding: &Diagnostic) -> String {
    let mut text = format!("{}: {}", subject(finding), finding.message);
    if let Some(place) = &finding.location {
        let _ = write!(text, "\n{}:{}:{}", place.file, place.line, place.column);
    }
    if let Some(help) = &finding.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    text
}

/// Escapes for text and attributes; characters that XML cannot hold are replaced.
pub(crate) fn escape(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => clean.push_str("&amp;"),
            '<' => clean.push_str("&lt;"),
            '>' => clean.push_str("&gt;"),
            '"' => clean.push_str("&quot;"),
            '\n' => clean.push_str("&#10;"),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => clean.push('\u{fffd}'),
            other => clean.push(other),
        }
    }
    clean
}
