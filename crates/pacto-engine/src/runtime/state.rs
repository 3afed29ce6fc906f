//! Kind of the workload, and what it keeps.

use pacto_contract::Pointer;

use super::check::{Check, Subject};
use super::kind::{CheckKind, Reason, Severity};
use super::workload::{Workload, WorkloadKind};

pub(super) fn workload_type(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::WorkloadTypeMatch;
    let declared = &subject.contract.runtime.as_ref()?.workload;
    let place = Pointer::root().key("runtime").key("workload");
    subject.of_workload(kind, &place, |workload| {
        let observed = workload.kind;
        if observed.declared() == declared {
            let message = format!("a workload of type {declared:?} runs as a {observed}");
            return Check::holds(kind, Reason::Match, &place, message);
        }
        let fitting = WorkloadKind::ALL.into_iter().filter(|kind| kind.declared() == declared);
        let fitting: Vec<_> = fitting.map(|kind| kind.to_string()).collect();
        let message = format!("the contract declares type {declared:?}, and the workload is a {observed}");
        let help = format!(
            "write {:?} into the contract, or run it as a {}",
            observed.declared(),
            fitting.join(" or ")
        );
        Check::fails(kind, Reason::Mismatch, &place, message).with_help(help)
    })
}

pub(super) fn state_model(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::StateModelMatch;
    let state = &subject.contract.runtime.as_ref()?.state;
    let at = Pointer::root().key("runtime").key("state");
    let place = at.key("type");
    subject.of_workload(kind, &place, |workload| {
        let is_persistent = state.durability == "persistent";
        match state.kind.as_str() {
            "stateful" if workload.kind != WorkloadKind::StatefulSet => {
                let message = format!(
                    "the contract declares a stateful service, and the workload is a {}",
                    workload.kind
                );
                let help = "run it as a StatefulSet, or declare it stateless or hybrid";
                Check::fails(kind, Reason::Mismatch, &place, message).with_help(help)
            }
            "stateful" | "hybrid" if is_persistent && !workload.has_pvc => {
                let message = "the contract declares persistent state, and no volume claim is mounted";
                let help = "mount a volume claim, or declare the durability ephemeral";
                let place = at.key("persistence").key("durability");
                Check::fails(kind, Reason::Missing, &place, message).with_help(help)
            }
            "stateless" if workload.has_pvc => {
                let message = "the contract declares a stateless service, and a volume claim is mounted";
                let help = "take the volume claim away, or declare what the service keeps";
                let check = Check::fails(kind, Reason::Mismatch, &place, message).with_help(help);
                Check { severity: Severity::Warning, ..check }
            }
            declared => Check::holds(kind, Reason::Match, &place, kept(declared, workload)),
        }
    })
}

fn kept(declared: &str, workload: &Workload) -> String {
    let claim = if workload.has_pvc { "with a volume claim" } else { "without a volume claim" };
    format!("a {declared} service runs as a {} {claim}", workload.kind)
}
