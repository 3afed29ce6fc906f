//! Whether things are there: the contract, the Service, the workload, the cluster.

use pacto_contract::Pointer;

use super::check::{Check, Subject, not_observed};
use super::kind::{CheckKind, CheckStatus, Reason};
use super::observation::ObservedKind;

pub(super) fn contract(subject: Subject<'_>) -> Check {
    let root = Pointer::root();
    let kind = CheckKind::ContractValid;
    let identity = subject.contract.identity();
    if subject.observation.is_reference_only() {
        let message = format!("the contract {identity} is valid; nothing that runs is compared with it");
        return Check::holds(kind, Reason::ReferenceOnly, &root, message);
    }
    Check::holds(kind, Reason::Parsed, &root, format!("the contract {identity} is valid"))
}

pub(super) fn failed(failure: &str) -> Check {
    let message = format!("what runs could not be looked at: {failure}");
    Check::fails(CheckKind::RuntimeObserved, Reason::ObservationFailed, &Pointer::root(), message)
}

/// What is compared with the contract is there or not, and nobody may look.
pub(super) fn unreadable(subject: Subject<'_>) -> Option<Check> {
    let observation = subject.observation;
    let service = observation.service.as_ref().filter(|sought| sought.found.is_none());
    let workload = observation.workload.as_ref().filter(|sought| sought.found.is_none());
    let kinds =
        service.map(|_| ObservedKind::Service).into_iter().chain(workload.map(|sought| sought.kind.into()));
    let found = kinds.filter_map(|kind| Some(format!("{kind}: {}", observation.unreadable(kind)?)));
    let found: Vec<String> = found.collect();
    (!found.is_empty()).then(|| failed(&found.join("; ")))
}

pub(super) fn service(subject: Subject<'_>) -> Option<Check> {
    let sought = subject.observation.service.as_ref()?;
    let kind = CheckKind::ServiceExists;
    let place = Pointer::root().key("service").key("name");
    let found = sought.found.is_some();
    let check = match subject.observation.unreadable(ObservedKind::Service) {
        Some(reason) if !found => not_observed(kind, &place, ObservedKind::Service, reason),
        _ if found => {
            Check::holds(kind, Reason::Found, &place, format!("the Service {:?} is there", sought.name))
        }
        _ => Check::new(
            kind,
            CheckStatus::False,
            Reason::NotFound,
            &place,
            format!("there is no Service {:?}", sought.name),
        )
        .with_help("create the Service, or name the one that is meant"),
    };
    Some(check)
}

pub(super) fn workload(subject: Subject<'_>) -> Option<Check> {
    let sought = subject.observation.workload.as_ref()?;
    let kind = CheckKind::WorkloadExists;
    let place = Pointer::root().key("service").key("name");
    let found = sought.found.is_some();
    let check = match subject.observation.unreadable(sought.kind.into()) {
        Some(reason) if !found => not_observed(kind, &place, sought.kind.into(), reason),
        _ if found => Check::holds(
            kind,
            Reason::Found,
            &place,
            format!("the {} {:?} is there", sought.kind, sought.name),
        ),
        _ => Check::fails(
            kind,
            Reason::NotFound,
            &place,
            format!("there is no {} {:?}", sought.kind, sought.name),
        )
        .with_help("create the workload, or name the one that is meant by kind and name"),
    };
    Some(check)
}
