//! Writing contracts for somebody who says what a service is rather than how a contract looks.
//!
//! | use case | where |
//! |---|---|
//! | a new contract with the files it names | [`create`] |
//! | what a description lets one assume | `infer` |
//! | changes of a contract that leave its comments alone | [`edit`] |
//! | what is wrong, what is there, what could be next | [`check`] |
//! | services that it seems to need | [`suggest`] |

pub mod check;
pub mod create;
pub mod edit;
mod files;
mod infer;
mod place;
pub mod suggest;

use pacto_contract::model::{Contract, Owner, Scaling};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// An interface that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInterface {
    /// Name.
    pub name: String,
    /// `http`, `grpc` or `event`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Port; 8080 for http and 9090 for grpc without one.
    #[serde(default)]
    pub port: Option<u16>,
    /// `public` or `internal`.
    #[serde(default)]
    pub visibility: Option<String>,
}

/// A dependency that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDependency {
    /// Name, where the reference does not end with it.
    #[serde(default)]
    pub name: Option<String>,
    /// Reference, such as `oci://registry.example.com/shop/cart`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the service cannot work without it; it can, where nothing is said.
    #[serde(default)]
    pub required: bool,
    /// Range of versions; `^1.0.0` without one.
    #[serde(default)]
    pub compatibility: Option<String>,
}

/// A key of the configuration that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProperty {
    /// Key.
    pub name: String,
    /// Type of JSON Schema; `string` without one.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Whether it must be set.
    #[serde(default)]
    pub required: bool,
}

/// What somebody knows of the data of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Data {
    /// Whether it keeps data.
    pub stores: Option<bool>,
    /// Whether the data outlives a restart.
    pub survives_restart: Option<bool>,
    /// Whether all instances see the same data.
    pub is_shared: Option<bool>,
    /// `low`, `medium` or `high`: how bad it would be to lose it.
    pub loss_impact: Option<String>,
}

impl Data {
    fn is_said(&self) -> bool {
        *self != Self::default()
    }

    /// The state of a contract. What was not said is what `before` says, else the least.
    fn state(&self, before: Option<&Value>) -> Value {
        let was = |pointer: &str, word: &str| {
            before.and_then(|state| state.pointer(pointer)).and_then(Value::as_str) == Some(word)
        };
        let survives = self.survives_restart.unwrap_or_else(|| was("/persistence/durability", "persistent"));
        let shared = self.is_shared.unwrap_or_else(|| was("/persistence/scope", "shared"));
        let said_to_keep = self.survives_restart == Some(true) || self.is_shared == Some(true);
        let stores =
            self.stores.unwrap_or_else(|| said_to_keep || was("/type", "stateful") || was("/type", "hybrid"));
        let impact = self.loss_impact.clone().or_else(|| {
            let before = before?.get("dataCriticality")?.as_str()?;
            // What nothing was lost by is more once something is kept.
            let is_new = stores && !was("/type", "stateful") && !was("/type", "hybrid");
            (!is_new).then(|| before.to_owned())
        });
        let kind = match (stores, was("/type", "hybrid") && self.stores.is_none()) {
            (_, true) => "hybrid",
            (true, _) => "stateful",
            (false, _) => "stateless",
        };
        let (survives, shared) = (stores && survives, stores && shared);
        json!({
            "type": kind,
            "persistence": {
                "scope": if shared { "shared" } else { "local" },
                "durability": if survives { "persistent" } else { "ephemeral" },
            },
            "dataCriticality": impact.unwrap_or_else(|| if stores { "medium" } else { "low" }.to_owned()),
        })
    }
}

/// How many instances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Instances {
    /// Exactly so many; wins over the others.
    pub replicas: Option<u64>,
    /// At least so many.
    pub min: Option<u64>,
    /// At most so many.
    pub max: Option<u64>,
}

impl Instances {
    /// `scaling` of a contract. Of a range one end may be said; the other is what it was, or the same.
    fn scaling(self, before: Option<&Value>) -> Option<Value> {
        if let Some(replicas) = self.replicas {
            return Some(json!({"replicas": replicas}));
        }
        let was = |key: &str| before?.get(key)?.as_u64();
        let (min, max) = match (self.min, self.max) {
            (None, None) => return None,
            (Some(min), Some(max)) => (min, max),
            (Some(min), None) => (min, was("max").unwrap_or(min).max(min)),
            (None, Some(max)) => (was("min").unwrap_or(1).min(max), max),
        };
        Some(json!({"min": min, "max": max}))
    }
}

/// Whether a part of a contract is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

impl From<bool> for Presence {
    fn from(is_there: bool) -> Self {
        if is_there { Self::Present } else { Self::Absent }
    }
}

/// Which parts a contract has.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Sections {
    /// `service`.
    pub service: Presence,
    /// `interfaces`.
    pub interfaces: Presence,
    /// `runtime`.
    pub runtime: Presence,
    /// `configuration` or `configurations`.
    pub configuration: Presence,
    /// `policy` or `policies`.
    pub policies: Presence,
    /// `dependencies`.
    pub dependencies: Presence,
    /// `scaling`.
    pub scaling: Presence,
    /// `metadata`.
    pub metadata: Presence,
}

/// A contract in a few words.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Name of the service.
    pub name: String,
    /// Version.
    pub version: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `name (type)` of each interface.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<String>,
    /// References of the dependencies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// `service`, `job` or `scheduled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// `stateless`, `stateful` or `hybrid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_type: Option<String>,
    /// Instances, such as `3` or `1-5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<String>,
    /// Which parts are there.
    pub sections: Sections,
}

impl From<&Contract> for Summary {
    fn from(contract: &Contract) -> Self {
        let runtime = contract.runtime.as_ref();
        Self {
            name: contract.service.name.clone(),
            version: contract.service.version.clone(),
            owner: contract.service.owner.as_ref().map(Owner::display).map(str::to_owned),
            interfaces: contract
                .interfaces
                .iter()
                .map(|one| format!("{} ({})", one.name, one.kind))
                .collect(),
            dependencies: contract.dependencies.iter().map(|one| one.reference.clone()).collect(),
            workload: runtime.map(|runtime| runtime.workload.clone()),
            state_type: runtime.map(|runtime| runtime.state.kind.clone()),
            instances: contract.scaling.map(|scaling| match scaling {
                Scaling::Replicas(replicas) => replicas.to_string(),
                Scaling::Range { min, max } => format!("{min}-{max}"),
            }),
            sections: Sections {
                service: Presence::Present,
                interfaces: (!contract.interfaces.is_empty()).into(),
                runtime: runtime.is_some().into(),
                configuration: contract.configurations.iter().next().is_some().into(),
                policies: contract.policies.iter().next().is_some().into(),
                dependencies: (!contract.dependencies.is_empty()).into(),
                scaling: contract.scaling.is_some().into(),
                metadata: contract.metadata.is_some().into(),
            },
        }
    }
}

/// The entry of a contract for an interface.
fn interface(asked: &NewInterface) -> Value {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(asked.name));
    entry.insert("type".to_owned(), json!(asked.kind));
    let usual = match asked.kind.as_str() {
        "http" => Some(8080),
        "grpc" => Some(9090),
        _ => None,
    };
    if let Some(port) = asked.port.or(usual) {
        entry.insert("port".to_owned(), json!(port));
    }
    if let Some(visibility) = &asked.visibility {
        entry.insert("visibility".to_owned(), json!(visibility));
    }
    if let Some(file) = files::interface_path(asked) {
        entry.insert("contract".to_owned(), json!(file));
    }
    Value::Object(entry)
}

/// The entry of a contract for a dependency.
fn dependency(asked: &NewDependency) -> Value {
    let mut entry = Map::new();
    if let Some(name) = &asked.name {
        entry.insert("name".to_owned(), json!(name));
    }
    entry.insert("ref".to_owned(), json!(asked.reference));
    entry.insert("required".to_owned(), json!(asked.required));
    let compatibility = asked.compatibility.as_deref().unwrap_or("^1.0.0");
    entry.insert("compatibility".to_owned(), json!(compatibility));
    Value::Object(entry)
}
