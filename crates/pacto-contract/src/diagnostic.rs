//! Bad news about somebody's contract, as a value.

use schemars::JsonSchema;
use serde::Serialize;

use crate::code::Code;
use crate::pointer::Pointer;
use crate::source::{Location, Source, Span};

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The contract is not valid.
    Error,
    /// Valid, but probably not what was meant.
    Warning,
    /// Good to know.
    Info,
}

/// One finding about a contract or one of its files.
///
/// Findings are collected, never thrown: a function that checks a contract returns all of them.
/// Every rendering (text, JSON, SARIF, annotations) shows this one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Stable code; `docs/reference/diagnostics.md` explains each.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Path that people read, such as `interfaces[0].port`; empty for the whole contract.
    pub path: String,
    /// The same place as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong, one sentence without a final period.
    pub message: String,
    /// What to do next, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// File, line and column, where the finding has a place in a file.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The bytes it is about, for renderers that show the source.
    #[serde(skip)]
    pub span: Option<Span>,
}

impl Diagnostic {
    /// A finding with the severity that its code has by default.
    ///
    /// ```
    /// use pacto_contract::{Code, Diagnostic, Pointer};
    /// let finding = Diagnostic::new(Code::InvalidSemver, &Pointer::from_path("service.version"), "no version");
    /// assert_eq!(finding.pointer, "/service/version");
    /// ```
    pub fn new(code: Code, pointer: &Pointer, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            path: pointer.to_string(),
            pointer: pointer.to_json_pointer(),
            message: message.into(),
            help: None,
            location: None,
            span: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Changes the severity from the default of the code.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says where in `source` it is.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Span) -> Self {
        self.location = Some(source.locate(span));
        self.span = Some(span);
        self
    }
}
