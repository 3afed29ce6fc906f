//! What a service needs: its own declarations, then every service below it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pacto_contract::model::Contract;

use super::markdown::{MAX_DOCUMENT_BYTES, Table, cell_code, code, html, note, prose};
use super::specification::Files;
use super::{DocSubject, Graph, configuration, interfaces, policies, summary};
use crate::graph::{Edge, EdgeKind, GraphService, ServiceId};

/// Most services that are described; the others are named.
const MAX_DESCRIBED: usize = 200;

/// The table of dependencies, and a collapsible block for each service below.
pub(super) fn write(out: &mut String, subject: DocSubject<'_>) {
    let contract = &subject.document.contract;
    let graph = subject.resolved_graph();
    let services = graph.map(depth_first).unwrap_or_default();
    let targets = graph.map(|graph| Targets::new(graph, &services));
    let root = graph.and_then(Graph::root);
    write_table(out, contract, root, targets.as_ref());
    let (Some(graph), Some(targets)) = (graph, targets) else {
        return note(out, "The dependencies were not resolved; this is what the contract declares.");
    };
    for (position, id) in services.iter().enumerate() {
        if position == MAX_DESCRIBED || out.len() >= MAX_DOCUMENT_BYTES {
            let more = services.len() - position;
            return note(out, &format!("{more} more services are not described."));
        }
        if let (Some(service), Some(anchor)) = (graph.services.get(*id), targets.anchors.get(id)) {
            write_service(out, service, anchor, &targets);
        }
    }
}

/// Every service below the root once, in the order of a walk that goes down first.
pub(super) fn depth_first(graph: &Graph) -> Vec<ServiceId> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::from([0]);
    let targets = |id: ServiceId| {
        let edges = graph.services.get(id).map(|service| service.edges.as_slice()).unwrap_or_default();
        let dependencies = edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency);
        dependencies.filter_map(Edge::leads_to)
    };
    let mut pending: Vec<ServiceId> = targets(0).collect();
    pending.reverse();
    while let Some(id) = pending.pop() {
        if id < graph.services.len() && seen.insert(id) {
            order.push(id);
            let before = pending.len();
            pending.extend(targets(id));
            pending.get_mut(before..).unwrap_or_default().reverse();
        }
    }
    order
}

/// Where in the document the services are described.
struct Targets {
    anchors: BTreeMap<ServiceId, String>,
}

impl Targets {
    fn new(graph: &Graph, services: &[ServiceId]) -> Self {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let mut anchors = BTreeMap::new();
        for id in services.iter().take(MAX_DESCRIBED) {
            let Some(service) = graph.services.get(*id) else { continue };
            let name: String = service.name.chars().filter(char::is_ascii_alphanumeric).take(100).collect();
            let name = if name.is_empty() { "service".to_owned() } else { name.to_ascii_lowercase() };
            let number = taken.entry(name.clone()).or_default();
            *number += 1;
            let anchor = if *number == 1 { format!("dep-{name}") } else { format!("dep-{name}-{number}") };
            anchors.insert(*id, anchor);
        }
        Self { anchors }
    }

    fn of(&self, edge: &Edge) -> Option<&str> {
        self.anchors.get(&edge.leads_to()?).map(String::as_str)
    }
}

/// The declared dependencies, linked to where they are described, then why some have no description.
fn write_table(
    out: &mut String,
    contract: &Contract,
    service: Option<&GraphService>,
    targets: Option<&Targets>,
) {
    let edges = service.map(|service| service.edges.as_slice()).unwrap_or_default();
    let edges: Vec<&Edge> = edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency).collect();
    let mut table = Table::new(out, &["Reference", "Compatibility", "Required"]);
    let mut failures = Vec::new();
    for (index, dependency) in contract.dependencies.iter().enumerate() {
        let edge = edges.get(index).filter(|edge| *edge.need.reference == *dependency.reference);
        let mut reference = cell_code(&dependency.reference);
        if let (Some(edge), Some(targets)) = (edge, targets) {
            if let Some(anchor) = targets.of(edge) {
                reference = format!("[{reference}](#{anchor})");
            }
            if let (None, Err(error)) = (edge.leads_to(), &edge.target) {
                failures.push((dependency, error));
            }
        }
        let required = if dependency.required { "Yes" } else { "No" };
        table.row(&[&reference, &cell_code(&dependency.compatibility), required]);
    }
    table.finish();
    for (dependency, error) in failures.iter().take(MAX_DESCRIBED) {
        let _ = writeln!(out, "- Not resolved: {}: {}", code(&dependency.reference), prose(error));
    }
    if !failures.is_empty() {
        out.push('\n');
    }
}

fn write_service(out: &mut String, service: &GraphService, anchor: &str, targets: &Targets) {
    let contract = &service.resolved.document.contract;
    let mut files = Files::new(&service.resolved.bundle);
    let (name, version) = (html(&service.name), html(service.version()));
    let _ = writeln!(out, "<details id=\"{anchor}\">");
    let _ = writeln!(out, "<summary><strong>{name}</strong> <code>{version}</code></summary>\n");
    summary::paragraph(out, contract);
    if contract.runtime.is_some() {
        write_block(out, anchor, "Runtime");
        summary::runtime_table(out, contract);
    }
    if !contract.interfaces.is_empty() {
        write_block(out, anchor, "Interfaces");
        interfaces::overview(out, contract);
        for interface in &contract.interfaces {
            let _ = writeln!(out, "**{}**\n", prose(&interfaces::title(interface)));
            interfaces::details(out, contract, &mut files, interface);
        }
    }
    if !contract.configurations.is_empty() {
        write_block(out, anchor, "Configuration");
        configuration::lead(out, contract);
        for entry in &contract.configurations {
            if contract.configurations.is_plural() {
                let _ = writeln!(out, "**{}**\n", prose(&configuration::title(entry)));
            }
            configuration::entry(out, &mut files, entry);
        }
    }
    if !contract.policies.is_empty() {
        write_block(out, anchor, "Policies");
        policies::write(out, contract, &mut files);
    }
    if !contract.dependencies.is_empty() {
        write_block(out, anchor, "Dependencies");
        write_table(out, contract, Some(service), Some(targets));
    }
    out.push_str("</details>\n\n");
}

/// The title of a part of a block. It is not a heading, so that the numbered outline stays what it is.
fn write_block(out: &mut String, anchor: &str, title: &str) {
    let _ = writeln!(out, "<a id=\"{anchor}-{}\"></a>**{title}**\n", title.to_ascii_lowercase());
}
