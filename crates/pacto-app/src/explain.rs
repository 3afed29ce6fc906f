//! `pacto explain`: what a contract says, in a form for people.

use pacto_contract::Contract;
use pacto_contract::model::{Owner, Scaling};
use pacto_contract::overrides::Overrides;
use pacto_contract::yaml::{Mapping, Node, Value};
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use crate::{AppError, Context};

/// What to explain.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory or reference.
    pub contract: String,
    /// Changes to apply first.
    pub overrides: Overrides,
}

/// A contract, condensed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Name of the service.
    pub name: String,
    /// Version, as written.
    pub version: String,
    /// Who answers for it, in the form that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Version of the contract format.
    pub pacto_version: String,
    /// Behaviour at run time; empty texts where nothing is declared.
    pub runtime: RuntimeSummary,
    /// What it exposes.
    pub interfaces: Vec<InterfaceSummary>,
    /// What it calls.
    pub dependencies: Vec<DependencySummary>,
    /// Number of instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingSummary>,
    /// What it is configured with, or offers.
    pub configurations: Vec<ConfigurationSummary>,
    /// Rules it follows or publishes.
    pub policies: Vec<PolicySummary>,
    /// Free form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
}

/// Behaviour at run time.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeSummary {
    /// `service`, `job` or `scheduled`; empty when no runtime is declared.
    pub workload_type: String,
    /// `stateless`, `stateful` or `hybrid`.
    pub state_type: String,
    /// `local` or `shared`.
    pub scope: String,
    /// `ephemeral` or `persistent`.
    pub durability: String,
    /// `low`, `medium` or `high`.
    pub data_criticality: String,
}

/// One interface.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceSummary {
    /// Name.
    pub name: String,
    /// `http`, `grpc` or `event`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `public` or `internal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// Description file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
}

/// One dependency.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencySummary {
    /// Declared or derived name.
    pub name: String,
    /// Whether the name was written.
    #[serde(skip)]
    pub is_named: bool,
    /// Reference as written.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint.
    pub compatibility: String,
}

/// Number of instances.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScalingSummary {
    /// Fixed number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u64>,
    /// Fewest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

/// One configuration; values are never shown, only which keys have one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationSummary {
    /// Name; `default` in the singular form.
    pub name: String,
    /// Schema file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Contract whose schema applies.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Keys that have a value, in document order.
    pub value_keys: Vec<String>,
}

/// One policy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicySummary {
    /// Name; `default` in the singular form.
    pub name: String,
    /// Schema file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Contract whose policies apply.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Explains one contract.
///
/// # Errors
/// [`AppError`] when it cannot be read.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let resolved = load(context, &options.contract, &options.overrides, Scope::Contract)?;
    Ok(summarize(&resolved.document.contract))
}

/// The condensed form of a contract.
pub fn summarize(contract: &Contract) -> Outcome {
    let runtime = contract.runtime.as_ref();
    Outcome {
        name: contract.service.name.clone(),
        version: contract.service.version.clone(),
        owner: contract.service.owner.clone(),
        pacto_version: contract.pacto_version.clone(),
        runtime: runtime.map_or_else(RuntimeSummary::default, |runtime| RuntimeSummary {
            workload_type: runtime.workload.clone(),
            state_type: runtime.state.kind.clone(),
            scope: runtime.state.scope.clone(),
            durability: runtime.state.durability.clone(),
            data_criticality: runtime.state.data_criticality.clone(),
        }),
        interfaces: contract
            .interfaces
            .iter()
            .map(|interface| InterfaceSummary {
                name: interface.name.clone(),
                kind: interface.kind.clone(),
                port: interface.port,
                visibility: interface.visibility.clone(),
                contract: interface.contract.clone(),
            })
            .collect(),
        dependencies: contract
            .dependencies
            .iter()
            .map(|dependency| DependencySummary {
                name: dependency.name().to_owned(),
                is_named: dependency.declared_name.is_some(),
                reference: dependency.reference.clone(),
                required: dependency.required,
                compatibility: dependency.compatibility.clone(),
            })
            .collect(),
        scaling: contract.scaling.map(|scaling| match scaling {
            Scaling::Replicas(replicas) => ScalingSummary { replicas: Some(replicas), min: None, max: None },
            Scaling::Range { min, max } => ScalingSummary { replicas: None, min: Some(min), max: Some(max) },
        }),
        configurations: contract
            .configurations
            .iter()
            .map(|entry| ConfigurationSummary {
                name: entry.name.clone(),
                schema: entry.schema.clone(),
                reference: entry.reference.clone(),
                value_keys: keys(entry.values.as_ref()),
            })
            .collect(),
        policies: contract
            .policies
            .iter()
            .map(|policy| PolicySummary {
                name: policy.name.clone(),
                schema: policy.schema.clone(),
                reference: policy.reference.clone(),
            })
            .collect(),
        metadata: contract
            .metadata
            .as_ref()
            .and_then(|metadata| Node::synthetic(Value::Mapping(metadata.clone())).to_json().ok()),
    }
}

fn keys(values: Option<&Mapping>) -> Vec<String> {
    values.into_iter().flat_map(Mapping::entries).map(|entry| entry.key.to_string()).collect()
}
