//! Replicas and autoscaler against `scaling`.

use pacto_contract::Pointer;
use pacto_contract::model::Scaling;

use super::check::{Check, Subject, not_observed};
use super::kind::{CheckKind, Reason};
use super::observation::ObservedKind;

pub(super) fn check(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::ScalingMatch;
    let (min, max, place) = match subject.contract.scaling? {
        Scaling::Replicas(count) => (count, count, Pointer::root().key("scaling").key("replicas")),
        Scaling::Range { min, max } => (min, max, Pointer::root().key("scaling")),
    };
    let declared = if min == max { format!("{min} replicas") } else { format!("{min} to {max} replicas") };
    if subject.observation.found_workload().is_some_and(|workload| workload.replicas.is_none()) {
        return None;
    }
    subject.of_workload(kind, &place, |workload| {
        if let Some(scaler) = subject.observation.autoscaler {
            let bounds = format!("the autoscaler keeps {} to {}", scaler.min, scaler.max);
            if u64::from(scaler.min) >= min && u64::from(scaler.max) <= max {
                let message = format!("the contract declares {declared}, and {bounds}");
                return Check::holds(kind, Reason::Match, &place, message);
            }
            let message = format!("the contract declares {declared}, and {bounds}");
            let help =
                "bring the bounds of the autoscaler within those of the contract, or declare the new ones";
            return Check::fails(kind, Reason::Mismatch, &place, message).with_help(help);
        }
        let autoscalers = ObservedKind::HorizontalPodAutoscaler;
        if let Some(reason) = subject.observation.unreadable(autoscalers) {
            return not_observed(kind, &place, autoscalers, reason);
        }
        let replicas = u64::from(workload.replicas.unwrap_or(1));
        let message = format!(
            "the contract declares {declared}, and the workload asks for {replicas} without an autoscaler"
        );
        if (min..=max).contains(&replicas) {
            return Check::holds(kind, Reason::Match, &place, message);
        }
        let help = "set the replicas of the workload, add an autoscaler, or declare what runs";
        Check::fails(kind, Reason::Mismatch, &place, message).with_help(help)
    })
}
