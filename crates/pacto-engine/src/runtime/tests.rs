//! Every row of the tables of checks, reasons and verdicts.

mod endpoints;
mod extra;
mod laws;
mod rows;
mod verdict;

use pacto_contract::ContractDocument;

use super::observation::{Service, ServicePort, SoughtWorkload};
use super::workload::{Container, PodProbe, PortRef, ProbeAction, Workload, WorkloadKind};
use super::*;

/// A contract with these lines after the head.
fn contract(lines: &str) -> ContractDocument {
    let text = format!("pactoVersion: '1.0'\n{lines}\n");
    let text = if lines.contains("service:") {
        text
    } else {
        format!("{text}service: {{name: cart, version: 1.0.0}}\n")
    };
    ContractDocument::parse("pacto.yaml", text.as_bytes()).unwrap()
}

/// The `runtime` section: workload, state and durability, and more keys in flow style.
fn runtime(workload: &str, state: &str, durability: &str, more: &str) -> String {
    format!(
        "runtime: {{workload: {workload}, state: {{type: {state}, persistence: {{scope: local, durability: {durability}}}, dataCriticality: low}}{more}}}"
    )
}

fn ports(numbers: &[u16]) -> Service {
    let ports = numbers.iter().map(|port| ServicePort { port: *port, ..ServicePort::default() });
    Service { ports: ports.collect(), ..Service::default() }
}

fn container(image: &str) -> Container {
    Container { name: "main".into(), image: image.into(), ..Container::default() }
}

/// A workload as the API server would fill it in.
fn workload(kind: WorkloadKind) -> Workload {
    let once = matches!(kind, WorkloadKind::Job | WorkloadKind::CronJob);
    let rolls = matches!(kind, WorkloadKind::Deployment | WorkloadKind::StatefulSet);
    let is_stateful = kind == WorkloadKind::StatefulSet;
    Workload {
        kind,
        strategy: rolls.then(|| "RollingUpdate".into()),
        pod_management_policy: is_stateful.then(|| "OrderedReady".into()),
        replicas: (!once).then_some(1),
        grace_period_seconds: Some(30),
        containers: [container("cart:1")].into(),
        ..Workload::default()
    }
}

fn http_probe(path: &str, port: u16, delay: u64) -> PodProbe {
    PodProbe {
        action: ProbeAction::Http { path: path.into(), port: PortRef::Number(port) },
        initial_delay_seconds: delay,
        period_seconds: 10,
        failure_threshold: 3,
    }
}

fn sees(workload: Workload) -> Observation {
    let kind = workload.kind;
    Observation {
        service: Some(Sought::found("cart", ports(&[8080]))),
        workload: Some(SoughtWorkload { kind, name: "cart".into(), found: Some(workload.into()) }),
        ..Observation::default()
    }
}

fn checks(document: &ContractDocument, observation: &Observation) -> Vec<Check> {
    checks_with(document, observation, &Options { probes: true, ..Options::default() })
}

fn checks_with(document: &ContractDocument, observation: &Observation, options: &Options) -> Vec<Check> {
    check(Declared { contract: &document.contract, required_keys: &[] }, observation, options)
}

/// `status reason` of one check, or `-` when it was not made.
fn said(checks: &[Check], kind: CheckKind) -> String {
    let check = checks.iter().find(|check| check.kind == kind);
    check.map_or("-".to_owned(), |check| format!("{} {}", check.status, check.reason))
}
