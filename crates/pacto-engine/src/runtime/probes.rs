//! Probes of the kubelet against `runtime.health`.

use pacto_contract::{Contract, Pointer};

use super::check::{Check, Subject, listed};
use super::kind::{CheckKind, Reason};
use super::workload::{Container, PodProbe, PortRef, ProbeAction};

/// The port of the interface that `runtime.health` names.
pub(super) fn health_port(contract: &Contract) -> Option<u16> {
    let health = contract.runtime.as_ref()?.health.as_ref()?;
    contract.interface(&health.interface)?.port
}

/// Whether a container is probed at the port of the health interface.
pub(super) fn asked_at_health(subject: Subject<'_>, container: &Container, port: u16) -> bool {
    let target = pod_port(subject, container, port);
    probes(container).any(|probe| probe_port(probe).and_then(|port| container.port(port)) == target)
}

pub(super) fn check(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::ProbeMatch;
    let health = subject.contract.runtime.as_ref()?.health.as_ref()?;
    let interface = subject.contract.interface(&health.interface)?;
    let port = interface.port?;
    let at = Pointer::root().key("runtime").key("health");
    let place = if health.path.is_some() { at.key("path") } else { at.key("interface") };
    let path = health.path.as_deref();
    let is_grpc = interface.kind == "grpc" && path.is_none();
    subject.of_workload(kind, &place, |workload| {
        let containers = || workload.containers.iter();
        let fits = |container: &&Container| {
            let target = pod_port(subject, container, port);
            probes(container).any(|probe| match &probe.action {
                ProbeAction::Http { path: observed, port } => {
                    !is_grpc && container.port(port) == target && is_same_path(path, observed)
                }
                ProbeAction::Grpc { port } => is_grpc && container.port(port) == target,
                ProbeAction::Tcp { .. } | ProbeAction::Exec => false,
            })
        };
        if let Some(container) = containers().find(fits) {
            let message = format!("container {:?} is probed where the contract says", container.name);
            return Check::holds(kind, Reason::Match, &place, message);
        }
        let what = match path {
            Some(path) => format!("GET {path} on port {port}"),
            None if is_grpc => format!("gRPC health on port {port}"),
            None => format!("HTTP on port {port}"),
        };
        let observed: Vec<_> = containers()
            .flat_map(|container| probes(container).map(|probe| described(container, probe)))
            .collect();
        if observed.is_empty() {
            let message = format!("health is {what} by the contract, and no container has a probe");
            let help = "add a readiness probe that asks the health interface";
            return Check::fails(kind, Reason::Missing, &place, message).with_help(help);
        }
        let message =
            format!("health is {what} by the contract, and pods are probed by {}", listed(&observed));
        let help = "let the readiness probe ask what the contract declares, or declare what it asks";
        Check::fails(kind, Reason::Mismatch, &place, message).with_help(help)
    })
}

fn probes(container: &Container) -> impl Iterator<Item = &PodProbe> {
    [&container.readiness, &container.liveness, &container.startup].into_iter().flatten()
}

fn probe_port(probe: &PodProbe) -> Option<&PortRef> {
    match &probe.action {
        ProbeAction::Http { port, .. } | ProbeAction::Tcp { port } | ProbeAction::Grpc { port } => Some(port),
        ProbeAction::Exec => None,
    }
}

/// The port of the container behind a port of the Service; without such a Service port, the port itself.
fn pod_port(subject: Subject<'_>, container: &Container, port: u16) -> Option<u16> {
    let service = subject.observation.found_service();
    let entry = service.and_then(|service| service.ports.iter().find(|entry| entry.port == port));
    match entry.and_then(|entry| entry.target.as_ref()) {
        Some(target) => container.port(target),
        None => Some(port),
    }
}

fn is_same_path(declared: Option<&str>, observed: &str) -> bool {
    declared.is_none_or(|declared| declared.trim_matches('/') == observed.trim_matches('/'))
}

fn described(container: &Container, probe: &PodProbe) -> String {
    match &probe.action {
        ProbeAction::Http { path, port } => format!("GET {path} on port {port} ({})", container.name),
        ProbeAction::Tcp { port } => format!("TCP on port {port} ({})", container.name),
        ProbeAction::Grpc { port } => format!("gRPC health on port {port} ({})", container.name),
        ProbeAction::Exec => format!("a command ({})", container.name),
    }
}
