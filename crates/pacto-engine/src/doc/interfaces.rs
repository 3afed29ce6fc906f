//! What a service exposes.

use std::fmt::Write;

use pacto_contract::model::{Contract, Interface, Probe};

use super::markdown::{EMPTY, Table, cell, code, note};
use super::specification::{Excerpt, Files, NOT_THERE};
use super::{asyncapi, openapi};

/// The table of all interfaces.
pub(super) fn overview(out: &mut String, contract: &Contract) {
    let mut table = Table::new(out, &["Name", "Type", "Port", "Visibility"]);
    for interface in &contract.interfaces {
        let port = interface.port.map_or_else(|| EMPTY.to_owned(), |port| port.to_string());
        let (name, kind) = (cell(Some(&interface.name)), cell(Some(&interface.kind)));
        table.row(&[&name, &kind, &port, &cell(interface.visibility.as_deref())]);
    }
    table.finish();
}

/// The heading of one interface, as foreign text.
pub(super) fn title(interface: &Interface) -> String {
    let kind = match interface.kind.as_str() {
        "http" => "HTTP Interface",
        "grpc" => "gRPC Interface",
        "event" => "Event Interface",
        _ => "Interface",
    };
    format!("{kind}: {}", interface.name)
}

/// A sentence about one interface, then what its description file lists.
pub(super) fn details(out: &mut String, contract: &Contract, files: &mut Files<'_>, interface: &Interface) {
    write_sentence(out, contract, interface);
    let Some(path) = &interface.contract else { return };
    match interface.kind.as_str() {
        "http" => files.append(out, Excerpt::Operations, path, openapi::write),
        "event" => files.append(out, Excerpt::Events, path, asyncapi::write),
        "grpc" => files.append_methods(out, path),
        _ if files.contains(path) => {}
        _ => note(out, NOT_THERE),
    }
}

fn write_sentence(out: &mut String, contract: &Contract, interface: &Interface) {
    match interface.visibility.as_deref() {
        Some("public") => out.push_str("Public interface"),
        Some("internal") => out.push_str("Internal interface"),
        Some(other) => {
            let _ = write!(out, "Interface with visibility {}", code(other));
        }
        None => out.push_str("Interface"),
    }
    if let Some(port) = interface.port {
        let _ = write!(out, " on port {port}");
    }
    if let Some(path) = &interface.contract {
        let _ = write!(out, ", described by {}", code(path));
    }
    out.push('.');
    let of_this = |probe: &&Probe| probe.interface == interface.name;
    let place = |probe: &Probe| probe.path.as_deref().map_or_else(|| "this interface".to_owned(), code);
    let runtime = contract.runtime.as_ref();
    if let Some(health) = runtime.and_then(|runtime| runtime.health.as_ref()).filter(of_this) {
        let _ = write!(out, " Health check: {}", place(health));
        if let Some(seconds) = health.initial_delay_seconds {
            let _ = write!(out, ", first asked {seconds}s after the start");
        }
        out.push('.');
    }
    if let Some(metrics) = runtime.and_then(|runtime| runtime.metrics.as_ref()).filter(of_this) {
        let _ = write!(out, " Metrics: {}.", place(metrics));
    }
    out.push_str("\n\n");
}
