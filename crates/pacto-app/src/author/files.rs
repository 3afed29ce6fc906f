//! The files that a new interface or configuration starts with.

use pacto_contract::yaml::{Node, emit};
use serde_json::{Value, json};

use super::{NewInterface, NewProperty};

/// Where the configuration schema of a new contract is.
pub(super) const SCHEMA_PATH: &str = "configuration/schema.json";

/// Where the description of an interface is; none for a type that has no description.
pub(super) fn interface_path(interface: &NewInterface) -> Option<String> {
    let extension = match interface.kind.as_str() {
        "http" | "event" => "yaml",
        "grpc" => "proto",
        _ => return None,
    };
    Some(format!("interfaces/{}.{extension}", interface.name))
}

/// What the description of an interface starts with.
pub(super) fn interface_text(interface: &NewInterface, service: &str, version: &str) -> Option<String> {
    let title = format!("{service} {}", interface.name);
    let info = json!({"title": title, "version": version});
    match interface.kind.as_str() {
        "http" => {
            let answer = |description: &str| json!({"get": {"summary": description, "responses": {"200": {"description": "OK"}}}});
            Some(yaml(&json!({
                "openapi": "3.0.3",
                "info": info,
                "paths": {"/health": answer("Whether the service is well"), "/metrics": answer("Figures for Prometheus")},
            })))
        }
        "event" => Some(yaml(&json!({"asyncapi": "3.0.0", "info": info, "channels": {}, "operations": {}}))),
        "grpc" => {
            let package = identifier(service, '_').to_lowercase();
            let name = camel(service);
            Some(format!(
                "syntax = \"proto3\";\n\npackage {package}.v1;\n\nservice {name} {{\n  rpc Get(GetRequest) returns (GetResponse);\n}}\n\n\
                 message GetRequest {{\n  string id = 1;\n}}\n\nmessage GetResponse {{\n  string id = 1;\n}}\n"
            ))
        }
        _ => None,
    }
}

/// A configuration schema with these keys.
pub(super) fn schema(properties: &[NewProperty]) -> String {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {},
        "additionalProperties": false,
    });
    add_properties(&mut schema, properties);
    pretty(&schema)
}

/// Adds keys to a schema; gives back those that were there already.
pub(super) fn add_properties(schema: &mut Value, properties: &[NewProperty]) -> Vec<String> {
    let mut known = Vec::new();
    let Some(object) = schema.as_object_mut() else { return known };
    let named = object.entry("properties").or_insert_with(|| json!({}));
    let mut required = Vec::new();
    for property in properties {
        let Some(named) = named.as_object_mut() else { break };
        if named.contains_key(&property.name) {
            known.push(property.name.clone());
            continue;
        }
        let kind = property.kind.as_deref().unwrap_or("string");
        named.insert(property.name.clone(), json!({"type": kind}));
        if property.required {
            required.push(Value::from(property.name.clone()));
        }
    }
    if !required.is_empty() {
        let all = object.entry("required").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.extend(required);
        }
    }
    known
}

/// JSON with two spaces a level and an end of line.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn yaml(value: &Value) -> String {
    emit(&Node::from_json(value))
}

/// Letters, digits and one other character.
fn identifier(text: &str, other: char) -> String {
    let plain: String = text
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { other })
        .collect();
    if plain.starts_with(|first: char| first.is_ascii_digit()) { format!("s{plain}") } else { plain }
}

fn camel(text: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    identifier(text, '_').split('_').map(capital).collect()
}
