//! Other ways to write the same documents.

use std::hash::{DefaultHasher, Hash, Hasher};

use pacto_contract::yaml::{Node, emit};
use serde_json::{Map, Value, json};

/// Heads or tails.
fn heads(seed: u64, text: &str) -> bool {
    chance(seed, text).is_multiple_of(2)
}

/// A number from a seed and a text, for choices by chance.
fn chance(seed: u64, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, text).hash(&mut hasher);
    hasher.finish()
}

/// The same value with the keys of every mapping in another order.
pub fn shuffled(value: &Value, seed: u64) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| (key.clone(), shuffled(value, seed))).collect();
            entries.sort_by_key(|(key, _)| chance(seed, key));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(|item| shuffled(item, seed)).collect(),
        scalar => scalar.clone(),
    }
}

/// The same value as YAML text.
pub fn yaml(value: &Value) -> String {
    emit(&Node::from_json(value))
}

/// Applies `change` to every schema in a schema, innermost first.
pub fn in_schema(schema: Value, change: &mut dyn FnMut(Value) -> Value) -> Value {
    let Value::Object(keywords) = schema else { return schema };
    let mut out = Map::new();
    for (key, value) in keywords {
        let value = match (key.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => Value::Object(
                named.into_iter().map(|(name, schema)| (name, in_schema(schema, change))).collect(),
            ),
            ("items" | "additionalProperties", inner @ Value::Object(_)) => in_schema(inner, change),
            ("oneOf" | "anyOf" | "allOf", Value::Array(branches)) => {
                branches.into_iter().map(|branch| in_schema(branch, change)).collect()
            }
            (_, other) => other,
        };
        out.insert(key, value);
    }
    change(Value::Object(out))
}

/// Applies `change` to every schema of an `OpenAPI` document, innermost first.
pub fn in_document(document: Value, change: &mut dyn FnMut(Value) -> Value) -> Value {
    match document {
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let value = match value {
                    schema @ Value::Object(_) if key == "schema" => in_schema(schema, change),
                    other => in_document(other, change),
                };
                (key, value)
            });
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.into_iter().map(|item| in_document(item, change)).collect(),
        scalar => scalar,
    }
}

/// Some of the schemas moved to `components` behind a reference.
pub fn referenced(document: Value, seed: u64) -> Value {
    let mut moved = Map::new();
    let mut document =
        in_document(document, &mut |schema| moved_away(schema, seed, "#/components/schemas", &mut moved));
    document["components"] = json!({"schemas": moved});
    document
}

/// Some of the schemas in a schema moved to `$defs` behind a reference.
pub fn referenced_schema(schema: Value, seed: u64) -> Value {
    let mut moved = Map::new();
    let schema = in_schema(schema, &mut |schema| moved_away(schema, seed, "#/$defs", &mut moved));
    json!({"$defs": moved, "allOf": [schema]})
}

/// Every schema moved to `components`, equal ones to one place.
pub fn shared(document: Value) -> Value {
    let mut moved = Map::new();
    let mut document = in_document(document, &mut |schema| {
        let name = format!("S{:x}", chance(0, &schema.to_string()));
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        moved.insert(name, schema);
        reference
    });
    document["components"] = json!({"schemas": moved});
    document
}

fn moved_away(schema: Value, seed: u64, place: &str, moved: &mut Map<String, Value>) -> Value {
    if heads(seed, &schema.to_string()) {
        return schema;
    }
    let name = format!("S{}", moved.len());
    let reference = json!({"$ref": format!("{place}/{name}")});
    moved.insert(name, schema);
    reference
}

/// Keywords that only mean what they mean beside each other.
const TOGETHER: &[&str] = &[
    "$ref",
    "additionalProperties",
    "contains",
    "else",
    "enum",
    "if",
    "items",
    "maxContains",
    "minContains",
    "nullable",
    "prefixItems",
    "properties",
    "then",
    "type",
];

/// The schema as `allOf` of its parts.
pub fn split(schema: Value, seed: u64) -> Value {
    let Value::Object(keywords) = schema else { return schema };
    if keywords.len() < 2 || heads(seed, &Value::Object(keywords.clone()).to_string()) {
        return Value::Object(keywords);
    }
    let mut parts = [Map::new(), Map::new()];
    let is_open = !keywords.contains_key("additionalProperties");
    for (key, value) in keywords {
        match value {
            // An open object may be described in several places.
            Value::Object(named) if key == "properties" && is_open => {
                for (name, property) in named {
                    let part = usize::from(heads(seed, &name));
                    let named = parts[part].entry("properties").or_insert_with(|| json!({}));
                    named[name.as_str()] = property;
                }
            }
            value if TOGETHER.contains(&key.as_str()) || heads(seed, &key) => {
                parts[0].insert(key, value);
            }
            value => {
                parts[1].insert(key, value);
            }
        }
    }
    let mut whole = Map::new();
    for key in ["$defs", "definitions", "$schema", "$id"] {
        // Definitions stay where references look for them.
        let found = parts.iter_mut().find_map(|part| part.shift_remove(key));
        whole.extend(found.map(|value| (key.to_owned(), value)));
    }
    whole.insert("allOf".to_owned(), json!(parts));
    Value::Object(whole)
}

/// `nullable` as a list of types, where there is a type, and as an alternative elsewhere.
pub fn null_in_types(schema: Value) -> Value {
    let Value::Object(mut keywords) = schema else { return schema };
    if keywords.shift_remove("nullable").is_none() {
        return Value::Object(keywords);
    }
    let Some(types) = keywords.get_mut("type") else { return null_or(&Value::Object(keywords)) };
    *types = json!([types, "null"]);
    if let Some(values) = keywords.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
    Value::Object(keywords)
}

/// `nullable` as one of two alternatives.
pub fn null_as_alternative(schema: Value) -> Value {
    let Value::Object(mut keywords) = schema else { return schema };
    if keywords.shift_remove("nullable").is_none() {
        return Value::Object(keywords);
    }
    null_or(&Value::Object(keywords))
}

fn null_or(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// The document as `OpenAPI` 3.1.
pub fn as_3_1(document: Value, spell: fn(Value) -> Value) -> Value {
    let mut document = in_document(document, &mut |schema| spell(schema));
    document["openapi"] = json!("3.1.0");
    document
}

/// The schema with other words for people.
pub fn reworded(schema: Value, seed: u64) -> Value {
    let Value::Object(mut keywords) = schema else { return schema };
    if keywords.contains_key("$ref") {
        return Value::Object(keywords);
    }
    match chance(seed, &Value::Object(keywords.clone()).to_string()) % 4 {
        0 => drop(keywords.insert("description".to_owned(), json!("other words"))),
        1 => drop(keywords.insert("title".to_owned(), json!("Other"))),
        2 => drop(keywords.insert("x-internal".to_owned(), json!({"any": "thing"}))),
        _ => drop(keywords.shift_remove("description")),
    }
    Value::Object(keywords)
}
