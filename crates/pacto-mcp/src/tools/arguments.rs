//! Arguments of calls.
//!
//! Lists and mappings may also come as JSON inside of a text, as clients of the original send them.

use pacto_app::author::{NewDependency, NewInterface, NewProperty};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::Failure;

/// Reads the arguments of a call.
pub(super) fn read<T: DeserializeOwned>(given: Map<String, Value>) -> Result<T, Failure> {
    // What is not said and what is said to be nothing are the same.
    let given: Map<String, Value> = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
    serde_json::from_value(Value::Object(given))
        .map_err(|error| Failure::new(format!("wrong arguments: {error}")))
}

fn structured<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let value = match Value::deserialize(deserializer)? {
        Value::String(text) if text.trim().is_empty() => Value::String("[]".to_owned()),
        other => other,
    };
    let value = match value {
        Value::String(text) => {
            serde_json::from_str(&text).map_err(|error| D::Error::custom(format!("invalid JSON: {error}")))?
        }
        other => other,
    };
    serde_json::from_value(value).map_err(D::Error::custom)
}

/// `{}` inside of an empty text.
fn mapping<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match value {
        Value::String(text) if text.trim().is_empty() => Ok(Map::new()),
        Value::String(text) => {
            serde_json::from_str(&text).map_err(|error| D::Error::custom(format!("invalid JSON: {error}")))
        }
        other => serde_json::from_value(other).map_err(D::Error::custom),
    }
}

/// No arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// One contract.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfReference {
    /// Directory or oci:// reference
    #[serde(rename = "ref", alias = "path")]
    pub reference: String,
}

/// Contracts to be judged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfPath {
    /// Directory, tree of directories or oci:// reference
    #[serde(default, alias = "ref")]
    pub path: String,
}

/// Two versions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Versions {
    /// Old version: directory or oci:// reference
    #[serde(alias = "old")]
    pub old_ref: String,
    /// New version
    #[serde(alias = "new")]
    pub new_ref: String,
    /// Most changes that are listed, the worst first (50)
    #[serde(default)]
    pub limit: Option<usize>,
    /// Contract that holds diff-rules.yaml: decisions of the team
    #[serde(default)]
    pub rules: Option<String>,
}

/// Two versions and the fleet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OnFleet {
    /// Old version: directory or oci:// reference
    #[serde(alias = "old")]
    pub old_ref: String,
    /// New version
    #[serde(alias = "new")]
    pub new_ref: String,
    /// Directories with the contracts of the fleet; those of the server without it
    #[serde(default)]
    pub fleet: Vec<String>,
    /// As in `pacto_diff`
    #[serde(default)]
    pub rules: Option<String>,
}

/// A contract whose needs are looked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfContract {
    /// Directory or oci:// reference
    pub contract: String,
}

/// What a new contract is of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    /// DNS-style service name
    pub name: String,
    /// What it does; interfaces, workload and state are inferred from it
    #[serde(default)]
    pub description: String,
    /// Directory (name)
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default, deserialize_with = "structured")]
    pub interfaces: Vec<NewInterface>,
    #[serde(default, deserialize_with = "structured")]
    pub dependencies: Vec<NewDependency>,
    /// service, job or scheduled
    #[serde(default)]
    pub workload: Option<String>,
    #[serde(default)]
    pub stores_data: Option<bool>,
    #[serde(default)]
    pub data_survives_restart: Option<bool>,
    #[serde(default)]
    pub data_shared_across_instances: Option<bool>,
    /// low, medium or high
    #[serde(default)]
    pub data_loss_impact: Option<String>,
    #[serde(default, deserialize_with = "structured")]
    pub config_properties: Vec<NewProperty>,
    #[serde(default)]
    pub replicas: Option<u64>,
    #[serde(default)]
    pub min_replicas: Option<u64>,
    #[serde(default)]
    pub max_replicas: Option<u64>,
    #[serde(default, deserialize_with = "mapping")]
    pub metadata: Map<String, Value>,
    /// Show it, write nothing
    #[serde(default)]
    pub dry_run: bool,
}

/// What changes in a contract.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// Directory (.)
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub workload: Option<String>,
    #[serde(default)]
    pub stores_data: Option<bool>,
    #[serde(default)]
    pub data_survives_restart: Option<bool>,
    #[serde(default)]
    pub data_shared_across_instances: Option<bool>,
    #[serde(default)]
    pub data_loss_impact: Option<String>,
    #[serde(default, deserialize_with = "structured")]
    pub add_interfaces: Vec<NewInterface>,
    /// Names
    #[serde(default, deserialize_with = "structured")]
    pub remove_interfaces: Vec<String>,
    #[serde(default, deserialize_with = "structured")]
    pub add_dependencies: Vec<NewDependency>,
    /// References or names
    #[serde(default, deserialize_with = "structured")]
    pub remove_dependencies: Vec<String>,
    #[serde(default, deserialize_with = "structured")]
    pub add_config_properties: Vec<NewProperty>,
    #[serde(default, deserialize_with = "mapping")]
    pub set_metadata: Map<String, Value>,
    /// Keys
    #[serde(default, deserialize_with = "structured")]
    pub remove_metadata: Vec<String>,
    #[serde(default)]
    pub replicas: Option<u64>,
    #[serde(default)]
    pub min_replicas: Option<u64>,
    #[serde(default)]
    pub max_replicas: Option<u64>,
    /// Show it, write nothing
    #[serde(default)]
    pub dry_run: bool,
}
