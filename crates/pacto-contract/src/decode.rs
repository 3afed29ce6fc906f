//! A tree to a typed contract.
//!
//! Decoding asks only for what a typed value needs. Whether the contract is well formed is the business of the
//! structural layer, which reports everything at once; here, what is wrong in type is left out, and what is
//! missing in identity is a finding.

use std::sync::Arc;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{
    Chart, Configuration, Contact, Contract, DEFAULT_NAME, Dependency, Form, Image, Interface, Lifecycle,
    Owner, Policy, Probe, Runtime, Scaling, Section, Service, State, Team,
};
use crate::pointer::Pointer;
use crate::yaml::{Mapping, Node};

const CONFIGURATION_KEYS: (&str, &str) = ("configuration", "configurations");
const POLICY_KEYS: (&str, &str) = ("policy", "policies");

/// Builds the typed contract.
///
/// # Errors
/// The findings that leave no contract to speak of: no mapping, no identity.
pub(crate) fn decode(tree: &Node) -> Result<Contract, Vec<Diagnostic>> {
    let Some(root) = tree.as_mapping() else {
        let message = format!("a contract is a mapping, this is {}", article(tree.kind()));
        return Err(vec![Diagnostic::new(Code::ParseError, &Pointer::root(), message)]);
    };
    let mut missing = Vec::new();
    let mut identity = |path: &str, node: Option<&Node>| {
        let text = node.and_then(Node::scalar_text).unwrap_or_default();
        if text.is_empty() {
            let message = format!("{path} is missing or empty");
            let help = format!("add {path}");
            missing
                .push(Diagnostic::new(Code::ParseError, &Pointer::from_path(path), message).with_help(help));
        }
        text.to_owned()
    };
    let service = root.get("service");
    let pacto_version = identity("pactoVersion", root.get("pactoVersion"));
    let name = identity("service.name", service.and_then(|service| service.get("name")));
    let version = identity("service.version", service.and_then(|service| service.get("version")));
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(Contract {
        pacto_version,
        service: Service {
            name,
            version,
            owner: service.and_then(|service| service.get("owner")).and_then(owner),
            image: service.and_then(|service| service.get("image")).and_then(image),
            chart: service.and_then(|service| service.get("chart")).and_then(chart),
        },
        interfaces: items(root, "interfaces").iter().map(interface).collect(),
        configurations: section(root, CONFIGURATION_KEYS, configuration),
        policies: section(root, POLICY_KEYS, policy),
        dependencies: items(root, "dependencies").iter().map(|node| Arc::new(dependency(node))).collect(),
        runtime: root.get("runtime").and_then(runtime),
        scaling: root.get("scaling").and_then(scaling),
        readiness: root.get("readiness").cloned(),
        metadata: root.get("metadata").and_then(Node::as_mapping).cloned(),
    })
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'o', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::scalar_text).map(str::to_owned)
}

fn text_or_empty(node: &Node, key: &str) -> String {
    text(node, key).unwrap_or_default()
}

fn natural(node: &Node, key: &str) -> Option<u64> {
    node.get(key).and_then(Node::as_integer).and_then(|value| u64::try_from(value).ok())
}

fn items<'a>(root: &'a Mapping, key: &str) -> &'a [Node] {
    root.get(key).and_then(Node::as_sequence).unwrap_or_default()
}

fn section<T>(
    root: &Mapping,
    keys: (&'static str, &'static str),
    read: impl Fn(&Node, String) -> T,
) -> Section<T> {
    if root.get(keys.1).is_some() {
        let named = |node: &Node| read(node, text(node, "name").unwrap_or_else(|| DEFAULT_NAME.to_owned()));
        return Section::new(Form::Plural, items(root, keys.1).iter().map(named).collect(), keys);
    }
    match root.get(keys.0) {
        Some(node) => Section::new(Form::Singular, vec![read(node, DEFAULT_NAME.to_owned())], keys),
        None => Section::new(Form::Absent, Vec::new(), keys),
    }
}

fn owner(node: &Node) -> Option<Owner> {
    if let Some(name) = node.scalar_text() {
        return Some(Owner::Name(name.to_owned()));
    }
    node.as_mapping()?;
    let contacts = node.get("contacts").and_then(Node::as_sequence).unwrap_or_default();
    let contact = |node: &Node| Contact {
        kind: text_or_empty(node, "type"),
        value: text_or_empty(node, "value"),
        purpose: text(node, "purpose"),
    };
    Some(Owner::Team(Team {
        team: text(node, "team"),
        dri: text(node, "dri"),
        contacts: contacts.iter().map(contact).collect(),
    }))
}

fn image(node: &Node) -> Option<Image> {
    Some(Image { reference: text(node, "ref")?, private: node.get("private").and_then(Node::as_bool) })
}

fn chart(node: &Node) -> Option<Chart> {
    Some(Chart { reference: text(node, "ref")?, version: text_or_empty(node, "version") })
}

fn interface(node: &Node) -> Interface {
    Interface {
        name: text_or_empty(node, "name"),
        kind: text_or_empty(node, "type"),
        port: natural(node, "port").and_then(|port| u16::try_from(port).ok()),
        visibility: text(node, "visibility"),
        contract: text(node, "contract"),
    }
}

fn configuration(node: &Node, name: String) -> Configuration {
    Configuration {
        name,
        schema: text(node, "schema"),
        reference: text(node, "ref"),
        values: node.get("values").and_then(Node::as_mapping).cloned(),
    }
}

fn policy(node: &Node, name: String) -> Policy {
    Policy { name, schema: text(node, "schema"), reference: text(node, "ref") }
}

fn dependency(node: &Node) -> Dependency {
    Dependency {
        declared_name: text(node, "name"),
        reference: text_or_empty(node, "ref"),
        required: node.get("required").and_then(Node::as_bool).unwrap_or(false),
        compatibility: text_or_empty(node, "compatibility"),
    }
}

fn runtime(node: &Node) -> Option<Runtime> {
    node.as_mapping()?;
    let state = node.get("state");
    let in_state = |key: &str| state.map(|state| text_or_empty(state, key)).unwrap_or_default();
    let persistence = state.and_then(|state| state.get("persistence"));
    let in_persistence = |key: &str| persistence.map(|node| text_or_empty(node, key)).unwrap_or_default();
    Some(Runtime {
        workload: text_or_empty(node, "workload"),
        state: State {
            kind: in_state("type"),
            scope: in_persistence("scope"),
            durability: in_persistence("durability"),
            data_criticality: in_state("dataCriticality"),
        },
        lifecycle: node.get("lifecycle").map(|node| Lifecycle {
            upgrade_strategy: text(node, "upgradeStrategy"),
            graceful_shutdown_seconds: natural(node, "gracefulShutdownSeconds"),
        }),
        health: node.get("health").map(probe),
        metrics: node.get("metrics").map(probe),
    })
}

fn probe(node: &Node) -> Probe {
    Probe {
        interface: text_or_empty(node, "interface"),
        path: text(node, "path"),
        initial_delay_seconds: natural(node, "initialDelaySeconds"),
    }
}

fn scaling(node: &Node) -> Option<Scaling> {
    if let Some(replicas) = natural(node, "replicas") {
        return Some(Scaling::Replicas(replicas));
    }
    Some(Scaling::Range { min: natural(node, "min")?, max: natural(node, "max")? })
}
