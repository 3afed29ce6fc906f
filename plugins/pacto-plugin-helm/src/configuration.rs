//! Configuration keys of a contract as the environment of its container.

use std::collections::BTreeMap;
use std::path::Path;

use pacto_contract::Contract;
use pacto_contract::yaml::Mapping;
use serde_json::{Map, Value};

/// What begins a value that is a reference to a secret.
const SECRET: &str = "secret://";

/// Where every key comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Environment {
    /// Values that are known: from the contract, or defaults of the schema for what is required.
    pub known: BTreeMap<String, Value>,
    /// Keys whose values are secrets.
    pub secret: Vec<String>,
    /// Required keys of which only the environment knows the value.
    pub open: Vec<String>,
    /// The one schema of all of them, where there is one.
    pub schema: Option<Value>,
}

impl Environment {
    /// Reads the configurations of a contract; schemas from the directory of its bundle, or `foreign` by name.
    pub fn read(
        contract: &Contract,
        bundle: &Path,
        foreign: &BTreeMap<String, Value>,
    ) -> Result<Self, String> {
        let mut environment = Self::default();
        let mut schemas = Vec::new();
        for configuration in &contract.configurations {
            for entry in configuration.values.iter().flat_map(Mapping::entries) {
                let key = entry.key.to_string();
                if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
                    return Err(format!(
                        "configuration key {key:?} cannot be a key of a ConfigMap: letters, digits, -, _ and . can"
                    ));
                }
                match entry.node.as_str() {
                    Some(text) if text.starts_with(SECRET) => environment.secret.push(key),
                    _ => {
                        let value = entry.node.to_json().map_err(|error| format!("{key}: {error}"))?;
                        if value.to_string().contains(&format!("\"{SECRET}")) {
                            return Err(format!(
                                "configuration key {key:?} holds a secret inside of a value; give the secret a key of its own"
                            ));
                        }
                        environment.known.insert(key, value);
                    }
                }
            }
            if let Some(schema) = foreign.get(&configuration.name) {
                schemas.push(schema.clone());
            }
            let Some(path) = &configuration.schema else { continue };
            // A contract that was read from elsewhere must not read files of this machine.
            if path.starts_with('/') || path.split('/').any(|part| part == "..") {
                return Err(format!("schema {path:?} is not inside of the bundle"));
            }
            let Ok(text) = std::fs::read_to_string(bundle.join(path)) else { continue };
            let schema: Value = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
            schemas.push(schema);
        }
        // Of all configurations first: what one requires another may set.
        for schema in &schemas {
            environment.require(schema);
        }
        environment.secret.sort();
        environment.secret.dedup();
        environment.open.sort();
        environment.open.dedup();
        let variables = environment.secret.iter().chain(&environment.open);
        let mut seen = BTreeMap::new();
        for key in variables {
            if let Some(other) = seen.insert(as_variable(key), key.clone()) {
                return Err(format!("configuration keys {other:?} and {key:?} would be one variable"));
            }
        }
        environment.schema = if schemas.len() == 1 { schemas.pop() } else { None };
        Ok(environment)
    }

    /// Keys that a schema requires and that have no value yet.
    fn require(&mut self, schema: &Value) {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for key in required.filter_map(Value::as_str) {
            if self.known.contains_key(key) || self.secret.iter().any(|known| known == key) {
                continue;
            }
            let property = schema.get("properties").and_then(|properties| properties.get(key));
            match property.and_then(|property| property.get("default").or_else(|| property.get("const"))) {
                Some(value) => {
                    self.known.insert(key.to_owned(), value.clone());
                }
                None if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) => {
                    self.open.push(key.to_owned());
                }
                // Nobody can set it by the environment.
                None => {}
            }
        }
    }

    /// The schema of the known values as part of the schema of a chart. What is required may come from the environment, and
    /// the schema keeps an identity of its own, so that its references still lead into it.
    pub fn embedded(&self) -> Value {
        let Some(Value::Object(schema)) = &self.schema else { return serde_json::json!({"type": "object"}) };
        let mut embedded = Map::new();
        embedded.insert("$id".to_owned(), "urn:pacto:configuration".into());
        for (key, value) in schema {
            if !matches!(key.as_str(), "$id" | "id" | "$schema" | "required") {
                embedded.insert(key.clone(), value.clone());
            }
        }
        Value::Object(embedded)
    }
}

/// A value as a `ConfigMap` holds it.
pub fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A key as a variable may be called.
pub fn as_variable(key: &str) -> String {
    let legal = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '_' };
    let name: String = key.chars().map(legal).collect();
    if name.starts_with(|letter: char| letter.is_ascii_digit()) { format!("_{name}") } else { name }
}
