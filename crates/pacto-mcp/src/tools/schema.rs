//! Schemas of arguments and answers: what a model needs of them, and nothing that only costs its attention.

use rmcp::handler::server::tool::{schema_for_input, schema_for_output};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

/// The schema of the arguments `T`.
pub(super) fn input<T: JsonSchema + 'static>() -> Map<String, Value> {
    slim(schema_for_input::<T>().ok().map(|schema| (*schema).clone()), true)
}

/// The schema of the answer `T`, an object.
pub(super) fn output<T: JsonSchema + 'static>() -> Map<String, Value> {
    slim(Some((*schema_for_output::<T>()).clone()), false)
}

fn slim(schema: Option<Map<String, Value>>, is_input: bool) -> Map<String, Value> {
    // A schema that cannot be made takes any object; the arguments are checked when they are read.
    let fallback = || Map::from_iter([("type".to_owned(), json!("object"))]);
    let mut value = Value::Object(schema.unwrap_or_else(fallback));
    walk(&mut value, is_input, true);
    match value {
        Value::Object(schema) => schema,
        _ => fallback(),
    }
}

/// `is_schema` tells a schema from a map of names.
fn walk(value: &mut Value, is_input: bool, is_schema: bool) {
    match value {
        // A schema that takes everything, in the form that every client reads.
        Value::Bool(true) if is_schema => *value = json!({}),
        Value::Object(object) => {
            if is_schema {
                tidy(object, is_input);
            }
            for (key, value) in object.iter_mut() {
                let names = is_schema && matches!(key.as_str(), "properties" | "$defs" | "patternProperties");
                let schemas = !is_schema
                    || matches!(key.as_str(), "items" | "additionalProperties" | "not" | "propertyNames")
                    || matches!(key.as_str(), "anyOf" | "oneOf" | "allOf" | "prefixItems");
                if names {
                    walk(value, is_input, false);
                } else if schemas && !(key == "additionalProperties" && value.is_boolean()) {
                    walk(value, is_input, true);
                }
            }
        }
        Value::Array(items) if is_schema => items.iter_mut().for_each(|item| walk(item, is_input, true)),
        _ => {}
    }
}

fn tidy(object: &mut Map<String, Value>, is_input: bool) {
    for key in ["$schema", "format", "default"] {
        // A property may have these names; a keyword of these names is no object.
        if object.get(key).is_some_and(|value| !value.is_object() || key == "default") {
            object.remove(key);
        }
    }
    if !is_input {
        return;
    }
    for key in ["minimum", "maximum"] {
        object.remove(key);
    }
    // What may be left out need not be null.
    if let Some(Value::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [one] = kinds.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&json!("null")));
        if let [Value::Object(one)] = choices.as_slice() {
            let one = one.clone();
            object.remove("anyOf");
            object.extend(one);
        }
    }
}
