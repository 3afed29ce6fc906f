//! How instances are replaced, stopped, and given time to start.
//!
//! A time of the contract is what the service needs. A workload that gives more does no harm; one that gives less does.

use pacto_contract::Pointer;
use pacto_contract::model::Lifecycle;

use super::check::{Check, Subject, listed};
use super::kind::{CheckKind, Reason};
use super::probes::{asked_at_health, health_port};
use super::workload::{Container, PodProbe, Workload, WorkloadKind};

fn lifecycle(subject: Subject<'_>) -> Option<(&Lifecycle, Pointer)> {
    let lifecycle = subject.contract.runtime.as_ref()?.lifecycle.as_ref()?;
    Some((lifecycle, Pointer::root().key("runtime").key("lifecycle")))
}

pub(super) fn upgrade_strategy(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::UpgradeStrategyMatch;
    let (lifecycle, at) = lifecycle(subject)?;
    let declared = lifecycle.upgrade_strategy.as_deref().filter(|declared| !declared.is_empty())?;
    let place = at.key("upgradeStrategy");
    subject.of_workload(kind, &place, |workload| {
        let Some((observed, fits)) = observed_strategy(workload, declared) else {
            let message = format!("a {} has no upgrade strategy", workload.kind);
            return Check::holds(kind, Reason::Skipped, &place, message);
        };
        if fits {
            let message = format!("upgrades are {declared:?}, and the {} has {observed}", workload.kind);
            return Check::holds(kind, Reason::Match, &place, message);
        }
        let message =
            format!("the contract declares upgrades {declared:?}, and the {} has {observed}", workload.kind);
        let help = "change the strategy of the workload, or declare the one it has";
        Check::fails(kind, Reason::Mismatch, &place, message).with_help(help)
    })
}

/// What decides about upgrades, and whether it is what was declared.
fn observed_strategy(workload: &Workload, declared: &str) -> Option<(String, bool)> {
    let strategy = workload.strategy.as_deref();
    if workload.kind != WorkloadKind::StatefulSet {
        let strategy = strategy?;
        let fits = matches!((declared, strategy), ("rolling", "RollingUpdate") | ("recreate", "Recreate"));
        return Some((format!("strategy {strategy}"), fits));
    }
    // A StatefulSet says in two places what a Deployment says in one.
    match (declared, strategy, workload.pod_management_policy.as_deref()) {
        ("rolling", Some(strategy), _) => {
            Some((format!("update strategy {strategy}"), strategy == "RollingUpdate"))
        }
        // Nothing stops all instances of a StatefulSet before the new ones start but deleting them, which `OnDelete` waits for.
        ("recreate", Some(strategy), _) => {
            Some((format!("update strategy {strategy}"), strategy == "OnDelete"))
        }
        (_, _, Some(policy)) => {
            Some((format!("pod management {policy}"), declared == "ordered" && policy == "OrderedReady"))
        }
        _ => None,
    }
}

pub(super) fn graceful_shutdown(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::GracefulShutdownMatch;
    let (lifecycle, at) = lifecycle(subject)?;
    let declared = lifecycle.graceful_shutdown_seconds?;
    let place = at.key("gracefulShutdownSeconds");
    subject.of_workload(kind, &place, |workload| match workload.grace_period_seconds {
        None => {
            let message =
                format!("the contract declares {declared} s to stop, and pods have no grace period");
            Check::fails(kind, Reason::Missing, &place, message)
                .with_help(format!("set terminationGracePeriodSeconds to {declared}"))
        }
        Some(observed) if observed >= declared => {
            let message = format!("the service needs {declared} s to stop, and pods have {observed} s");
            Check::holds(kind, Reason::Match, &place, message)
        }
        Some(observed) => {
            let message = format!("the service needs {declared} s to stop, and pods have only {observed} s");
            Check::fails(kind, Reason::Mismatch, &place, message)
                .with_help(format!("set terminationGracePeriodSeconds to {declared} or more"))
        }
    })
}

pub(super) fn health_timing(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::HealthTimingMatch;
    let health = subject.contract.runtime.as_ref()?.health.as_ref()?;
    let declared = health.initial_delay_seconds?;
    let place = Pointer::root().key("runtime").key("health").key("initialDelaySeconds");
    subject.of_workload(kind, &place, |workload| {
        let waits = waits(subject, workload);
        if waits.is_empty() {
            let message = format!("the contract declares {declared} s before the first health check, and no container has a probe");
            let help = format!("add a readiness probe with initialDelaySeconds {declared}");
            return Check::fails(kind, Reason::Missing, &place, message).with_help(help);
        }
        if let Some((name, wait)) = waits.iter().find(|(_, wait)| *wait >= declared) {
            let message = format!("the service needs {declared} s to start, and container {name:?} has {wait} s");
            return Check::holds(kind, Reason::Match, &place, message);
        }
        let shown: Vec<_> = waits.iter().map(|(name, wait)| format!("container {name:?} after {wait} s")).collect();
        let message = format!("the service needs {declared} s to start, and is probed earlier: {}", listed(&shown));
        let help = format!("set initialDelaySeconds of the probe to {declared} or more, or add a startup probe");
        Check::fails(kind, Reason::Mismatch, &place, message).with_help(help)
    })
}

/// Containers with the time that each has to start, in seconds: those that are probed at the health endpoint, or else all
/// that are probed.
fn waits<'a>(subject: Subject<'a>, workload: &'a Workload) -> Vec<(&'a str, u64)> {
    let wait = |container: &'a Container| wait(container).map(|wait| (&*container.name, wait));
    let port = health_port(subject.contract);
    let exact = workload
        .containers
        .iter()
        .filter(|container| port.is_some_and(|port| asked_at_health(subject, container, port)));
    let exact: Vec<_> = exact.filter_map(wait).collect();
    if exact.is_empty() { workload.containers.iter().filter_map(wait).collect() } else { exact }
}

/// The delay of the readiness probe, else of the liveness probe; or what a startup probe gives, if that is more: the
/// others wait for it.
fn wait(container: &Container) -> Option<u64> {
    let window = |probe: &PodProbe| {
        probe
            .initial_delay_seconds
            .saturating_add(probe.period_seconds.saturating_mul(probe.failure_threshold))
    };
    let own = container.readiness.as_ref().or(container.liveness.as_ref());
    let own = own.map(|probe| probe.initial_delay_seconds);
    let startup = container.startup.as_ref().map(window);
    own.max(startup)
}
