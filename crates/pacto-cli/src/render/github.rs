//! Findings as GitHub workflow commands, which appear as annotations on a pull request.

use pacto_contract::{Diagnostic, Severity};
use pacto_engine::runtime::{Check, Severity as CheckSeverity};

use crate::render::findings::file_place;
use crate::ui::neutral;

/// One annotation. `fallback` is the file to name where a finding has no place.
pub(crate) fn annotation(finding: &Diagnostic, fallback: &str) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let place = match file_place(finding) {
        Some(place) => format!("file={},line={},col={}", property(&place.file), place.line, place.column),
        None => format!("file={}", property(fallback)),
    };
    let path = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
    let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    let message = data(&format!("{path}{}{help}", finding.message));
    format!("::{level} {place},title={}::{message}\n", property(finding.code.as_str()))
}

/// One check that does not hold, as an annotation; `fallback` as in [`annotation`].
pub(crate) fn check(check: &Check, fallback: &str) -> String {
    let level = match check.severity {
        _ if check.advisory => "notice",
        CheckSeverity::Error => "error",
        CheckSeverity::Warning => "warning",
    };
    let place = match &check.location {
        Some(place) => format!("file={},line={},col={}", property(&place.file), place.line, place.column),
        None => format!("file={}", property(fallback)),
    };
    let help = check.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    let message = data(&format!("{}{help}", check.message));
    format!("::{level} {place},title={}::{message}\n", check.kind)
}

/// Text of a command.
pub(crate) fn data(text: &str) -> String {
    neutral(text).replace('%', "%25")
}

/// A value in front of the text.
pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pacto_contract::{Code, Pointer};

    #[test]
    fn a_message_cannot_start_another_command() {
        let finding = Diagnostic::new(Code::FileNotFound, &Pointer::root(), "100%\n::error::x");
        assert_eq!(
            annotation(&finding, "a,b:c/pacto.yaml"),
            "::error file=a%2Cb%3Ac/pacto.yaml,title=FILE_NOT_FOUND::100%25\\n::error::x\n"
        );
    }
}
