//! The checks: a contract against an observation.

use pacto_contract::{Contract, ContractDocument, Location, Pointer, Span};
use schemars::JsonSchema;
use serde::Serialize;

use super::kind::{CheckKind, CheckStatus, Reason, Severity};
use super::observation::Observation;
use super::required::RequiredKey;

/// One check that was made. A check that does not apply is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Which check.
    #[serde(rename = "type")]
    pub kind: CheckKind,
    /// Whether it holds.
    pub status: CheckStatus,
    /// How bad it is when it does not.
    pub severity: Severity,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, in one sentence without a final period.
    pub message: String,
    /// What to do next, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether it is said without being counted.
    pub advisory: bool,
    /// Path in the contract of what is checked; empty for the whole contract.
    pub path: String,
    /// The same place as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// File, line and column, once [`Check::locate`] looked them up.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The bytes it is about, for renderers that show the source.
    #[serde(skip)]
    pub span: Option<Span>,
}

impl Check {
    /// A check about `place`, with the severity that its kind has by default.
    pub fn new(
        kind: CheckKind,
        status: CheckStatus,
        reason: Reason,
        place: &Pointer,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            status,
            severity: kind.severity(),
            reason,
            message: message.into(),
            help: None,
            advisory: kind.is_advisory(),
            path: place.to_string(),
            pointer: place.to_json_pointer(),
            location: None,
            span: None,
        }
    }

    /// The contract is not valid, or is no contract.
    pub fn contract_invalid(message: impl Into<String>) -> Self {
        Self::new(CheckKind::ContractValid, CheckStatus::False, Reason::Invalid, &Pointer::root(), message)
    }

    /// The contract could not be fetched: network, registry or credentials. It says nothing about the contract.
    pub fn contract_not_resolved(message: impl Into<String>) -> Self {
        Self::new(
            CheckKind::ContractValid,
            CheckStatus::Unknown,
            Reason::NotResolved,
            &Pointer::root(),
            message,
        )
    }

    /// Says where in the contract's file it is.
    #[must_use]
    pub fn locate(mut self, document: &ContractDocument) -> Self {
        let span = document.tree.focus(&Pointer::from_json_pointer(&self.pointer));
        self.location = Some(document.source.locate(span));
        self.span = Some(span);
        self
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What a service declares.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    /// Its contract, which is valid.
    pub contract: &'a Contract,
    /// What [`required_keys`](super::required_keys) says about it.
    pub required_keys: &'a [RequiredKey],
}

/// How checks are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Advisory checks count like the others.
    pub strict_checks: bool,
    /// Endpoints are asked; without it there are no checks of endpoints.
    pub probes: bool,
    /// The day for which readiness is judged, as `YYYY-MM-DD`; without it nothing expires.
    pub today: Option<String>,
}

/// Makes every check that applies, in the order of [`CheckKind::ALL`].
pub fn check(declared: Declared<'_>, observation: &Observation, options: &Options) -> Vec<Check> {
    let _ = (declared, observation, options);
    Vec::new()
}
