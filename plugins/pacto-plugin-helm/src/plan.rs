//! What a contract asks for, before it is written down in one form or the other.

use std::path::Path;

use pacto_contract::ContractDocument;
use pacto_contract::model::{Interface, Scaling};
use pacto_plugin::Request;
use serde_json::Value;

use crate::configuration::Environment;
use crate::settings::Settings;

/// What keeps the service running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Nothing runs: the contract publishes schemas.
    None,
    /// Interchangeable instances.
    Deployment,
    /// Instances with an identity.
    StatefulSet,
    /// One run.
    Job,
    /// Runs by a schedule.
    CronJob,
}

/// Where data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere.
    None,
    /// Beside the instance, gone with it.
    Ephemeral,
    /// A claim for each instance.
    Own,
    /// One claim for all of them.
    Shared,
}

/// A port of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// A name that a port may have.
    pub name: String,
    /// Number.
    pub number: u16,
    /// Whether it is reached from outside.
    pub is_public: bool,
    /// Whether it speaks gRPC.
    pub is_grpc: bool,
}

/// What the container is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name of the port.
    pub port: String,
    /// Number of the port.
    pub number: u16,
    /// Path; none for the health protocol of gRPC.
    pub path: Option<String>,
    /// Seconds before the first question.
    pub delay: u64,
}

/// Everything that is written down.
#[derive(Debug)]
pub struct Plan {
    pub name: String,
    pub version: String,
    pub description: String,
    pub workload: Workload,
    pub storage: Storage,
    /// `rolling`, `recreate` or `ordered`.
    pub strategy: Option<String>,
    /// Seconds to stop.
    pub grace: Option<u64>,
    pub image: String,
    /// Whether nobody said which image.
    pub is_image_guessed: bool,
    pub ports: Vec<Port>,
    pub health: Option<Check>,
    /// Where metrics are, for Prometheus.
    pub metrics: Option<Check>,
    pub replicas: u64,
    /// Bounds of an autoscaler.
    pub bounds: Option<(u64, u64)>,
    /// Whether losing several instances at once does harm.
    pub is_critical: bool,
    pub environment: Environment,
    /// The contract as YAML.
    pub contract: String,
    pub settings: Settings,
}

/// Longest name of a port.
const MAX_PORT_NAME: usize = 15;

impl Plan {
    pub fn new(request: &Request, document: &ContractDocument, settings: &Settings) -> Result<Self, String> {
        let contract = &document.contract;
        let service = &contract.service;
        let runtime = contract.runtime.as_ref();
        let state = runtime.map(|runtime| &runtime.state);
        let strategy = runtime.and_then(|runtime| runtime.lifecycle.as_ref()?.upgrade_strategy.clone());
        let kind = state.map_or("stateless", |state| state.kind.as_str());
        let is_persistent = state.is_some_and(|state| state.durability == "persistent");
        let is_shared = state.is_some_and(|state| state.scope == "shared");
        let workload = match runtime.map(|runtime| runtime.workload.as_str()) {
            _ if contract.is_publisher() => Workload::None,
            Some("job") => Workload::Job,
            Some("scheduled") => Workload::CronJob,
            // Only a StatefulSet replaces its instances in an order.
            _ if kind == "stateful" || strategy.as_deref() == Some("ordered") => Workload::StatefulSet,
            _ if kind == "hybrid" && is_persistent && !is_shared => Workload::StatefulSet,
            _ => Workload::Deployment,
        };
        let storage = match (kind, is_persistent, is_shared) {
            ("stateless", ..) => Storage::None,
            (_, false, _) => Storage::Ephemeral,
            (_, true, false) if workload == Workload::StatefulSet => Storage::Own,
            (_, true, _) => Storage::Shared,
        };
        let image = settings.image.clone().or_else(|| Some(service.image.as_ref()?.reference.clone()));
        let (replicas, bounds) = match &contract.scaling {
            None => (1, None),
            Some(Scaling::Replicas(replicas)) => (*replicas, None),
            Some(Scaling::Range { min, max }) => (*min, Some((*min, *max))),
        };
        let bounds = bounds.filter(|_| matches!(workload, Workload::Deployment | Workload::StatefulSet));
        let ports = ports(contract.interfaces.iter());
        let check = |probe: &pacto_contract::model::Probe| {
            let interface = contract.interfaces.iter().find(|interface| interface.name == probe.interface)?;
            let number = interface.port?;
            let port = ports.iter().find(|port| port.number == number)?;
            let is_grpc = interface.kind == "grpc" && probe.path.is_none();
            let path = (!is_grpc).then(|| probe.path.clone().unwrap_or_else(|| "/".to_owned()));
            let delay = probe.initial_delay_seconds.unwrap_or(0);
            Some(Check { port: port.name.clone(), number, path, delay })
        };
        let owner =
            service.owner.as_ref().map(|owner| format!(" of {}", owner.display())).unwrap_or_default();
        Ok(Self {
            name: service.name.clone(),
            version: service.version.clone(),
            description: format!("{} {}{owner}, from its contract", service.name, service.version),
            workload,
            storage,
            strategy,
            grace: runtime.and_then(|runtime| runtime.lifecycle.as_ref()?.graceful_shutdown_seconds),
            is_image_guessed: image.is_none(),
            image: image.unwrap_or_else(|| format!("{}:{}", service.name, service.version.replace('+', "_"))),
            health: runtime.and_then(|runtime| check(runtime.health.as_ref()?)),
            metrics: runtime.and_then(|runtime| check(runtime.metrics.as_ref()?)),
            ports,
            replicas,
            bounds,
            is_critical: state.is_some_and(|state| {
                state.data_criticality == "high" || state.data_criticality == "medium" && replicas > 1
            }),
            environment: Environment::read(contract, Path::new(&request.bundle_dir), &request.schemas)?,
            contract: pacto_contract::yaml::emit(&document.tree),
            settings: settings.clone(),
        })
    }

    /// What the user has to do besides.
    pub fn advice(&self) -> Option<String> {
        let mut lines = Vec::new();
        let name = &self.name;
        if self.workload == Workload::None {
            lines.push(
                "the contract publishes schemas and runs nothing; only its Pacto resource is made".to_owned(),
            );
        } else if self.is_image_guessed {
            lines
                .push(format!("the contract names no image, so {} is a guess: --option image=…", self.image));
        }
        if !self.environment.secret.is_empty() {
            let keys = self.environment.secret.join(", ");
            lines.push(format!("create the Secret {name}-secrets with {keys}"));
        }
        if !self.environment.open.is_empty() {
            let keys = self.environment.open.join(", ");
            lines.push(format!(
                "create the ConfigMap {name}-environment with {keys}: only the environment knows them"
            ));
        }
        if self.ports.iter().any(|port| port.is_public) && self.settings.host.is_none() {
            lines.push(format!("public interfaces answer at {}: --option host=…", self.host()));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    pub fn host(&self) -> String {
        self.settings.host.clone().unwrap_or_else(|| format!("{}.example.com", self.name))
    }
}

/// Ports of interfaces; two interfaces may share one.
fn ports<'i>(interfaces: impl Iterator<Item = &'i Interface>) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for interface in interfaces {
        let Some(number) = interface.port else { continue };
        let is_public = interface.visibility.as_deref() == Some("public");
        if let Some(known) = ports.iter_mut().find(|port| port.number == number) {
            known.is_public |= is_public;
            continue;
        }
        let mut name = port_name(&interface.name);
        if ports.iter().any(|port| port.name == name) {
            name = format!("port-{number}");
        }
        ports.push(Port { name, number, is_public, is_grpc: interface.kind == "grpc" });
    }
    ports
}

/// At most 15 lowercase letters, digits and single dashes, with a letter among them.
fn port_name(interface: &str) -> String {
    let mut name = String::new();
    for letter in interface.to_ascii_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    name.truncate(MAX_PORT_NAME);
    let name = name.trim_end_matches('-').to_owned();
    if name.contains(|letter: char| letter.is_ascii_lowercase()) {
        name
    } else {
        format!("port-{name}").trim_end_matches('-').chars().take(MAX_PORT_NAME).collect()
    }
}

/// A tree of values at a dotted path.
pub fn set(values: &mut Value, path: &str, value: Value) {
    let mut place = values;
    for part in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(map) = place else { return };
        place = map.entry(part.to_owned()).or_insert(Value::Null);
    }
    *place = value;
}
