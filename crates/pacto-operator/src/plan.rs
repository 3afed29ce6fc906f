//! From what is known to a status. Pure: no cluster, no registry, no clock.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use pacto_contract::{Contract, ContractDocument};
use pacto_engine::runtime::{
    Assessment, Check, CheckKind, ContractStatus, Declared, Observation, Options, Reason, RequiredKey,
    assess, check, contract_status, summary,
};
use pacto_k8s::Timestamp;
use pacto_k8s::condition::{ConditionStatus, from_checks};
use pacto_k8s::pacto::{Issue, Overrides, PactoSpec, PactoStatus, Summary, Validation};

use crate::contract::{Judged, Resolution, Trouble};
use crate::report;
use crate::subject::{Prior, fingerprint};

/// Everything that is known about a Pacto.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What is wanted, or why it cannot be read.
    pub spec: &'a Result<PactoSpec, String>,
    /// How often that changed.
    pub generation: Option<i64>,
    /// What was said before.
    pub prior: &'a Prior,
    /// The status that is there, where nothing is known of the contract any more.
    pub before: Option<PactoStatus>,
    /// The contract.
    pub resolution: &'a Resolution,
    /// The contract read, where it can be.
    pub document: Option<&'a ContractDocument>,
    /// What runs.
    pub observation: &'a Observation,
    /// Name of the revision of the contract.
    pub revision: Option<String>,
    /// How checks are made.
    pub options: &'a Options,
    /// The time.
    pub now: Timestamp,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What is to be said.
    pub status: PactoStatus,
    /// Whether that is something else than before, clocks aside.
    pub is_changed: bool,
    /// The checks behind it.
    pub checks: Vec<Check>,
    /// The declared readiness, where there is one.
    pub readiness: Option<Assessment>,
    /// What happened, for people.
    pub notices: Vec<Notice>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// One word.
    pub reason: &'static str,
    /// Whether somebody should look at it.
    pub is_warning: bool,
    /// One sentence.
    pub message: String,
}

/// The status that follows from the facts.
///
/// The same facts give the same status; and with the status of before as [`Prior`], nothing is to be written.
pub fn plan(facts: &Facts<'_>) -> Plan {
    let mut status = PactoStatus {
        resolution_policy: facts.resolution.policy,
        current_revision: facts.revision.clone(),
        observed_generation: facts.generation,
        last_reconciled_at: Some(Time(whole_seconds(facts.now))),
        ..PactoStatus::default()
    };
    let mut readiness = None;
    let checks = match verdict(facts) {
        Verdict::Invalid(message, validation) => {
            status.validation = Some(validation);
            vec![Check::contract_invalid(message)]
        }
        Verdict::Nothing(message) => {
            // Nothing was judged, so nothing is valid or not; what was known of the contract is still the best that is known.
            if let Some(before) = facts.before.clone() {
                let PactoStatus { resolution_policy, observed_generation, last_reconciled_at, .. } = status;
                status = PactoStatus { resolution_policy, observed_generation, last_reconciled_at, ..before };
            }
            vec![Check::contract_not_resolved(message)]
        }
        Verdict::Contract { judged, document, trouble } => {
            let overrides = facts.spec.as_ref().ok().and_then(|spec| spec.overrides.as_ref());
            report::describe(&mut status, &document.contract, judged, overrides);
            report::observe(&mut status, &document.contract, facts.observation);
            readiness = assess(&document.contract, facts.options.today.as_deref());
            if let Some(assessment) = &readiness {
                report::readiness(&mut status, assessment, facts.options.today.as_deref());
            }
            status.validation = Some(judged.validation.clone());
            warn_of_overrides(&mut status, &document.contract, overrides);
            let required = still_required(&judged.required, overrides);
            let declared = Declared { contract: &document.contract, required_keys: &required };
            let mut checks = check(declared, facts.observation, facts.options);
            if let Some(first) = checks.first_mut() {
                if let Some(message) = trouble {
                    *first =
                        Check::contract_not_resolved(format!("the last known contract is shown: {message}"));
                } else if facts.resolution.is_ambiguous {
                    first.reason = Reason::AmbiguousSource;
                    "the Pacto names a text and an artifact; the text is used".clone_into(&mut first.message);
                }
            }
            checks
        }
    };
    let counted = summary(&checks);
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    status.summary = Some(Summary {
        total: number(counted.total),
        passed: number(counted.passed),
        failed: number(counted.failed),
    });
    let verdict = contract_status(&checks);
    status.contract_status = Some(verdict);
    status.conditions = from_checks(&checks, &facts.prior.conditions, facts.generation, facts.now);
    let is_changed = facts.prior.fingerprint != Some(fingerprint(&status));
    let notices = notices(facts.prior, &status, &checks, verdict);
    Plan { status, is_changed, checks, readiness, notices }
}

/// Keys that somebody has to set beside what the Pacto sets for this environment.
fn still_required(required: &[RequiredKey], overrides: Option<&Overrides>) -> Vec<RequiredKey> {
    let all = || overrides.iter().flat_map(|overrides| &overrides.configurations);
    let is_set = |key: &RequiredKey| all().any(|entry| entry.values.contains_key(&*key.name));
    required.iter().filter(|key| key.is_unresolved || !is_set(key)).cloned().collect()
}

/// An override of a configuration that the contract does not have sets nothing.
fn warn_of_overrides(status: &mut PactoStatus, contract: &Contract, overrides: Option<&Overrides>) {
    let Some(validation) = &mut status.validation else { return };
    for (index, entry) in overrides.iter().flat_map(|overrides| &overrides.configurations).enumerate() {
        if !contract.configurations.iter().any(|known| known.name == entry.name) {
            validation.warnings.push(Issue {
                code: Some("UNKNOWN_OVERRIDE".to_owned()),
                path: Some(format!("spec.overrides.configurations[{index}].name")),
                message: format!(
                    "the contract has no configuration {:?}, so its values set nothing",
                    entry.name
                ),
            });
        }
    }
}

enum Verdict<'a> {
    /// The contract, or the Pacto, is wrong.
    Invalid(String, Validation),
    /// Nothing is known.
    Nothing(String),
    /// There is a valid contract, maybe an older one.
    Contract { judged: &'a Judged, document: &'a ContractDocument, trouble: Option<&'a str> },
}

fn verdict<'a>(facts: &'a Facts<'_>) -> Verdict<'a> {
    if let Err(message) = facts.spec {
        return Verdict::Invalid(message.clone(), failed(message));
    }
    let trouble = match &facts.resolution.trouble {
        Some(Trouble::Wrong(message)) => return Verdict::Invalid(message.clone(), failed(message)),
        Some(Trouble::Unavailable(message)) => Some(message.as_str()),
        None => None,
    };
    match (&facts.resolution.contract, facts.document) {
        (Some(judged), Some(document)) if judged.validation.valid => {
            Verdict::Contract { judged, document, trouble }
        }
        (Some(judged), _) => Verdict::Invalid(judged.trouble(), judged.validation.clone()),
        (None, _) => Verdict::Nothing(trouble.unwrap_or("the contract was not asked for yet").to_owned()),
    }
}

fn failed(message: &str) -> Validation {
    let issue = Issue { message: message.to_owned(), ..Issue::default() };
    Validation { valid: false, errors: vec![issue], warnings: Vec::new() }
}

/// Events are told when something changes, not as long as it is so.
fn notices(prior: &Prior, status: &PactoStatus, checks: &[Check], verdict: ContractStatus) -> Vec<Notice> {
    let before = |kind: CheckKind| prior.conditions.iter().find(|known| known.kind == kind.to_string());
    let mut notices = Vec::new();
    let mut warn =
        |reason: &'static str, message: String| notices.push(Notice { reason, is_warning: true, message });
    let validity = checks.iter().find(|check| check.kind == CheckKind::ContractValid);
    if let Some(check) = validity.filter(|check| check.status == ConditionStatus::False)
        && before(check.kind).is_none_or(|known| known.message != check.message)
    {
        warn("ContractInvalid", check.message.clone());
    }
    let is_bad = !matches!(verdict, ContractStatus::Compliant | ContractStatus::Reference);
    let was = prior.contract_status;
    if is_bad && validity.is_some_and(|check| check.status != ConditionStatus::False) && was != Some(verdict)
    {
        let counted = status.summary.unwrap_or_default();
        warn(
            "ValidationFailed",
            format!("{verdict:?}: {} of {} checks do not hold", counted.failed, counted.total),
        );
    }
    let reference = status.contract.as_ref().and_then(|contract| contract.resolved_ref.as_ref());
    if let (Some(reference), Some(was), Some(is)) =
        (reference, &prior.current_revision, &status.current_revision)
        && prior.resolved_ref.as_ref() == Some(reference)
        && was != is
    {
        warn("TagOverwritten", format!("{reference} was revision {was} and is revision {is} now"));
    }
    let observed = checks.iter().find(|check| check.kind == CheckKind::RuntimeObserved);
    if let Some(check) = observed.filter(|check| check.status != ConditionStatus::True)
        && before(check.kind).is_none()
    {
        warn("ObservationFailed", check.message.clone());
    }
    let readiness = checks.iter().find(|check| check.kind == CheckKind::ReadinessSatisfied);
    if let Some(check) = readiness {
        let holds = check.status == ConditionStatus::True;
        match before(check.kind).map(|known| known.status == ConditionStatus::True) {
            Some(true) | None if !holds => warn("ReadinessGateUnmet", check.message.clone()),
            Some(false) if holds => notices.push(Notice {
                reason: "ReadinessRecovered",
                is_warning: false,
                message: check.message.clone(),
            }),
            _ => {}
        }
    }
    notices
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests;
