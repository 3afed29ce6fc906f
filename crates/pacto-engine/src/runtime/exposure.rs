//! Ports of the Service, and who can reach them.

use std::collections::BTreeSet;

use pacto_contract::Pointer;
use pacto_contract::model::Interface;

use super::check::{Check, Subject, listed, not_observed};
use super::kind::{CheckKind, CheckStatus, Reason};
use super::observation::{ObservedKind, Service, ServiceKind};

/// The ports of the contract against those of the Service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortComparison {
    /// Of the contract, sorted, each once.
    pub expected: Vec<u16>,
    /// Of the Service, sorted, each once.
    pub observed: Vec<u16>,
    /// Only of the contract.
    pub missing: Vec<u16>,
    /// Only of the Service.
    pub unexpected: Vec<u16>,
}

/// Compares ports. Without a Service only [`PortComparison::expected`] is filled.
pub fn compare_ports(interfaces: &[Interface], service: Option<&Service>) -> PortComparison {
    let expected: BTreeSet<u16> = interfaces.iter().filter_map(|interface| interface.port).collect();
    let Some(service) = service else {
        return PortComparison { expected: expected.into_iter().collect(), ..PortComparison::default() };
    };
    let observed: BTreeSet<u16> = service.ports.iter().map(|port| port.port).collect();
    PortComparison {
        missing: expected.difference(&observed).copied().collect(),
        unexpected: observed.difference(&expected).copied().collect(),
        expected: expected.into_iter().collect(),
        observed: observed.into_iter().collect(),
    }
}

pub(super) fn ports(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::PortsValid;
    let interfaces = Pointer::root().key("interfaces");
    subject.of_service(kind, &interfaces, |service| {
        let ports = compare_ports(&subject.contract.interfaces, Some(service));
        let extra = if ports.unexpected.is_empty() {
            String::new()
        } else {
            format!("; it also has {}, which the contract does not name", listed(&ports.unexpected))
        };
        if ports.missing.is_empty() {
            let what = if ports.expected.is_empty() {
                "no interface names a port".to_owned()
            } else {
                format!("the Service has every port: {}", listed(&ports.expected))
            };
            return Some(Check::holds(kind, Reason::AllPortsMatch, &interfaces, format!("{what}{extra}")));
        }
        let first = subject
            .contract
            .interfaces
            .iter()
            .position(|interface| interface.port.is_some_and(|port| ports.missing.contains(&port)));
        let place = first.map_or(interfaces.clone(), |index| interfaces.index(index).key("port"));
        let message = format!("the Service has no port {}{extra}", listed(&ports.missing));
        let help = "add the port to the Service, or write the port that callers use into the interface";
        Some(Check::fails(kind, Reason::MissingPorts, &place, message).with_help(help))
    })
}

pub(super) fn visibility(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::VisibilityMatch;
    let interfaces = &subject.contract.interfaces;
    let judged = |interface: &Interface| {
        interface.port.is_some() && matches!(interface.visibility.as_deref(), Some("public" | "internal"))
    };
    let all = Pointer::root().key("interfaces");
    let first = interfaces.iter().position(judged)?;
    let first = all.index(first).key("visibility");
    subject.of_service(kind, &first, |service| {
        let mut unknown = None;
        for (index, interface) in interfaces.iter().enumerate().filter(|(_, interface)| judged(interface)) {
            let place = all.index(index).key("visibility");
            let way = way_in(subject, service, interface);
            let is_public = interface.visibility.as_deref() == Some("public");
            match (is_public, way) {
                (true, Ok(Some(_))) | (false, Ok(None)) => {}
                (true, Ok(None)) => {
                    let message =
                        format!("interface {:?} is public, and nothing leads to it from outside", interface.name);
                    let help = "add an Ingress or HTTPRoute, make the Service a LoadBalancer, or call the interface internal";
                    return Some(Check::fails(kind, Reason::Mismatch, &place, message).with_help(help));
                }
                (false, Ok(Some(way))) => {
                    let message = format!("interface {:?} is internal, and {way} leads to it from outside", interface.name);
                    let help = "take the way in away, or call the interface public";
                    return Some(Check::fails(kind, Reason::Mismatch, &place, message).with_help(help));
                }
                (_, Err((kind_, reason))) => {
                    unknown = unknown.or_else(|| Some(not_observed(kind, &place, kind_, reason)));
                }
            }
        }
        let message = "every interface can be reached from where the contract says".to_owned();
        Some(unknown.unwrap_or_else(|| Check::new(kind, CheckStatus::True, Reason::Match, &first, message)))
    })
}

/// What leads from outside to an interface, or which kind would have to be read to know.
fn way_in<'a>(
    subject: Subject<'a>,
    service: &Service,
    interface: &Interface,
) -> Result<Option<String>, (ObservedKind, &'a str)> {
    if matches!(service.kind, ServiceKind::NodePort | ServiceKind::LoadBalancer) {
        return Ok(Some(format!("the Service of type {}", service.kind)));
    }
    let Some(port) = interface.port else { return Ok(None) };
    let number = port.to_string();
    let named = service.ports.iter().find(|candidate| candidate.port == port);
    let name = named.and_then(|port| port.name.as_deref());
    let routes_here = |ports: &[Box<str>]| {
        ports.is_empty() || ports.iter().any(|port| **port == *number || Some(&**port) == name)
    };
    let mut exposures: Vec<_> = subject.observation.exposures.iter().collect();
    exposures.sort();
    if let Some(exposure) = exposures.iter().find(|exposure| routes_here(&exposure.ports)) {
        return Ok(Some(format!("the {} {:?}", exposure.kind, exposure.name)));
    }
    for kind in [ObservedKind::Ingress, ObservedKind::HttpRoute] {
        if let Some(reason) = subject.observation.unreadable(kind) {
            return Err((kind, reason));
        }
    }
    Ok(None)
}
