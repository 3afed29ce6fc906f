//! The checks: a contract against an observation.

use std::fmt;

use pacto_contract::{Contract, ContractDocument, Location, Pointer, Span};
use schemars::JsonSchema;
use serde::Serialize;

use super::kind::{CheckKind, CheckStatus, Reason, Severity};
use super::observation::{Observation, ObservedKind, Service};
use super::required::RequiredKey;
use super::workload::Workload;
use super::{
    configuration, endpoint, existence, exposure, image, lifecycle, probes, readiness, scaling, state,
};

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

    /// It holds.
    pub(super) fn holds(
        kind: CheckKind,
        reason: Reason,
        place: &Pointer,
        message: impl Into<String>,
    ) -> Self {
        Self::new(kind, CheckStatus::True, reason, place, message)
    }

    /// It does not hold.
    pub(super) fn fails(
        kind: CheckKind,
        reason: Reason,
        place: &Pointer,
        message: impl Into<String>,
    ) -> Self {
        Self::new(kind, CheckStatus::False, reason, place, message)
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
///
/// ```
/// use pacto_contract::ContractDocument;
/// use pacto_engine::runtime::{self, CheckKind, ContractStatus, Declared, Observation, Options, Sought};
/// let text = b"pactoVersion: '1.0'\nservice: {name: a, version: 1.0.0}\n";
/// let document = ContractDocument::parse("pacto.yaml", text).unwrap();
/// let declared = Declared { contract: &document.contract, required_keys: &[] };
/// let observation = Observation { service: Some(Sought::missing("a")), ..Observation::default() };
/// let checks = runtime::check(declared, &observation, &Options::default());
/// assert_eq!(checks[1].kind, CheckKind::ServiceExists);
/// assert_eq!(runtime::contract_status(&checks), ContractStatus::NonCompliant);
/// ```
pub fn check(declared: Declared<'_>, observation: &Observation, options: &Options) -> Vec<Check> {
    let subject = Subject { contract: declared.contract, observation };
    let mut checks = vec![existence::contract(subject)];
    checks.extend(readiness::check(declared.contract, options.today.as_deref()));
    if let Some(failure) = observation.failure.as_deref().filter(|_| !observation.is_reference_only()) {
        checks.push(existence::failed(failure));
    } else {
        checks.extend(existence::unreadable(subject));
        checks.extend(
            [
                existence::service(subject),
                existence::workload(subject),
                exposure::ports(subject),
                state::workload_type(subject),
                state::state_model(subject),
                lifecycle::upgrade_strategy(subject),
                lifecycle::graceful_shutdown(subject),
                image::check(subject),
                lifecycle::health_timing(subject),
                scaling::check(subject),
                configuration::check(subject, declared.required_keys),
                probes::check(subject),
                exposure::visibility(subject),
            ]
            .into_iter()
            .flatten(),
        );
        if options.probes {
            checks.extend(endpoint::checks(subject));
        }
    }
    for check in &mut checks {
        check.advisory &= !options.strict_checks;
    }
    checks.sort_by_key(|check| check.kind);
    checks
}

/// What a check looks at.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub contract: &'a Contract,
    pub observation: &'a Observation,
}

impl<'a> Subject<'a> {
    /// The check that `judge` makes of the workload, if there is one; that nobody knows where it could not be read.
    pub fn of_workload(
        self,
        kind: CheckKind,
        place: &Pointer,
        judge: impl FnOnce(&'a Workload) -> Check,
    ) -> Option<Check> {
        let sought = self.observation.workload.as_ref()?;
        match (&sought.found, self.observation.unreadable(sought.kind.into())) {
            (Some(workload), _) => Some(judge(workload)),
            (None, Some(reason)) => Some(not_observed(kind, place, sought.kind.into(), reason)),
            (None, None) => None,
        }
    }

    /// As [`Subject::of_workload`], of the Service.
    pub fn of_service(
        self,
        kind: CheckKind,
        place: &Pointer,
        judge: impl FnOnce(&'a Service) -> Option<Check>,
    ) -> Option<Check> {
        let sought = self.observation.service.as_ref()?;
        match (&sought.found, self.observation.unreadable(ObservedKind::Service)) {
            (Some(service), _) => judge(service),
            (None, Some(reason)) => Some(not_observed(kind, place, ObservedKind::Service, reason)),
            (None, None) => None,
        }
    }
}

/// Nobody knows, because objects of `unreadable` could not be read.
pub(super) fn not_observed(
    kind: CheckKind,
    place: &Pointer,
    unreadable: ObservedKind,
    reason: &str,
) -> Check {
    let message = format!("objects of kind {unreadable} could not be read: {reason}");
    Check::new(kind, CheckStatus::Unknown, Reason::NotObserved, place, message)
        .with_help("allow whoever makes the checks to get, list and watch them")
}

/// Most names that one message lists.
const MAX_LISTED: usize = 20;

/// `a, b and 3 more`.
pub(super) fn listed<T: fmt::Display>(items: &[T]) -> String {
    let shown: Vec<_> = items.iter().take(MAX_LISTED).map(T::to_string).collect();
    let more = items.len().saturating_sub(MAX_LISTED);
    let shown = shown.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
