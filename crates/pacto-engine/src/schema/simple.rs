//! Schemas that need no compiler.
//!
//! Most configuration schemas are made of a dozen keywords. For those, [`is_simple`] says that the file is certainly
//! a schema, and [`accepts`] that a document certainly satisfies it. Neither ever says no: whoever is not accepted
//! here is judged by the real engine, which also has the words for what is wrong. A property test holds both to it.

use serde_json::{Map, Number, Value};

/// Deepest schema that is looked at; deeper ones are compiled.
const MAX_DEPTH: usize = 64;

/// Drafts whose simple keywords mean the same.
const DRAFTS: &[&str] = &[
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema#",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema#",
];

const TYPES: &[&str] = &["null", "boolean", "integer", "number", "string", "array", "object"];

/// Whether `schema` consists of simple keywords, each with a value of the right form.
pub(super) fn is_simple(schema: &Value) -> bool {
    simple_at(schema, 0)
}

fn simple_at(schema: &Value, depth: usize) -> bool {
    match schema {
        Value::Bool(_) => true,
        Value::Object(object) if depth < MAX_DEPTH => {
            object.iter().all(|(key, value)| simple_keyword(key, value, depth))
        }
        _ => false,
    }
}

fn simple_keyword(key: &str, value: &Value, depth: usize) -> bool {
    match key {
        "$schema" => depth == 0 && value.as_str().is_some_and(|draft| DRAFTS.contains(&draft)),
        "title" | "description" | "$comment" | "format" => value.is_string(),
        "default" | "const" => true,
        "examples" => value.is_array(),
        "deprecated" | "readOnly" | "writeOnly" => value.is_boolean(),
        "type" => match value {
            Value::String(name) => TYPES.contains(&name.as_str()),
            Value::Array(names) => {
                !names.is_empty()
                    && is_unique_texts(names)
                    && names.iter().all(|name| name.as_str().is_some_and(|name| TYPES.contains(&name)))
            }
            _ => false,
        },
        "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
        "required" => value.as_array().is_some_and(|names| is_unique_texts(names)),
        "properties" => value
            .as_object()
            .is_some_and(|properties| properties.values().all(|property| simple_at(property, depth + 1))),
        "additionalProperties" | "items" => simple_at(value, depth + 1),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            value.is_u64()
        }
        extension => extension.starts_with("x-"),
    }
}

fn is_unique_texts(values: &[Value]) -> bool {
    values
        .iter()
        .enumerate()
        .all(|(index, value)| value.is_string() && !values.iter().take(index).any(|other| other == value))
}

/// Whether `instance` certainly satisfies the simple schema.
pub(super) fn accepts(schema: &Value, instance: &Value) -> bool {
    let schema = match schema {
        Value::Bool(accepts) => return *accepts,
        Value::Object(schema) => schema,
        _ => return false,
    };
    schema.iter().all(|(key, value)| satisfies(key, value, instance, schema))
}

fn satisfies(key: &str, value: &Value, instance: &Value, schema: &Map<String, Value>) -> bool {
    match key {
        "type" => match value {
            Value::Array(names) => names.iter().any(|name| is_of_type(name, instance)),
            name => is_of_type(name, instance),
        },
        "enum" => value.as_array().is_some_and(|values| values.contains(instance)),
        "const" => value == instance,
        "minimum" => compare(instance, value, |found, bound| found >= bound),
        "maximum" => compare(instance, value, |found, bound| found <= bound),
        "exclusiveMinimum" => compare(instance, value, |found, bound| found > bound),
        "exclusiveMaximum" => compare(instance, value, |found, bound| found < bound),
        "minLength" => {
            size(instance.as_str().map(|text| text.chars().count()), value, |found, bound| found >= bound)
        }
        "maxLength" => {
            size(instance.as_str().map(|text| text.chars().count()), value, |found, bound| found <= bound)
        }
        "minItems" => size(instance.as_array().map(Vec::len), value, |found, bound| found >= bound),
        "maxItems" => size(instance.as_array().map(Vec::len), value, |found, bound| found <= bound),
        "minProperties" => size(instance.as_object().map(Map::len), value, |found, bound| found >= bound),
        "maxProperties" => size(instance.as_object().map(Map::len), value, |found, bound| found <= bound),
        "required" => instance.as_object().is_none_or(|object| {
            let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            names.into_iter().all(|name| object.contains_key(name))
        }),
        "properties" => instance.as_object().is_none_or(|object| {
            let mut properties = value.as_object().into_iter().flatten();
            properties.all(|(name, property)| object.get(name).is_none_or(|found| accepts(property, found)))
        }),
        "additionalProperties" => instance.as_object().is_none_or(|object| {
            let known = schema.get("properties").and_then(Value::as_object);
            let mut others =
                object.iter().filter(|(name, _)| known.is_none_or(|known| !known.contains_key(*name)));
            others.all(|(_, found)| accepts(value, found))
        }),
        "items" => instance.as_array().is_none_or(|items| items.iter().all(|item| accepts(value, item))),
        _ => true,
    }
}

/// `1.0` is an integer in some drafts and none in others, so it is left to the engine.
fn is_of_type(name: &Value, instance: &Value) -> bool {
    match name.as_str() {
        Some("null") => instance.is_null(),
        Some("boolean") => instance.is_boolean(),
        Some("integer") => instance.is_i64() || instance.is_u64(),
        Some("number") => instance.is_number(),
        Some("string") => instance.is_string(),
        Some("array") => instance.is_array(),
        Some("object") => instance.is_object(),
        _ => false,
    }
}

/// Numbers beyond 2^53 do not compare exactly as floats, so they are left to the engine.
fn compare(instance: &Value, bound: &Value, holds: impl Fn(f64, f64) -> bool) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let Value::Number(found) = instance else { return true };
    let exact = |number: &Number| number.as_f64().filter(|value| value.abs() < EXACT);
    match (exact(found), bound.as_number().and_then(exact)) {
        (Some(found), Some(bound)) => holds(found, bound),
        _ => false,
    }
}

fn size(found: Option<usize>, bound: &Value, holds: impl Fn(u64, u64) -> bool) -> bool {
    let Some(found) = found else { return true };
    bound.as_u64().is_some_and(|bound| holds(found as u64, bound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// JSON that is mostly made of the words and values of simple schemas.
    fn value(depth: u32) -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(|value| json!(value)),
            (-3_i64..6).prop_map(|value| json!(value)),
            prop_oneof![Just(json!(1.0)), Just(json!(2.5)), Just(json!(9_007_199_254_740_993_u64))],
            prop_oneof!["string", "integer", "number", "object", "array", "null", "a", ""]
                .prop_map(|text| json!(text)),
        ];
        let key = prop_oneof![
            "type",
            "enum",
            "const",
            "required",
            "properties",
            "additionalProperties",
            "items",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "title",
            "default",
            "a",
            "b",
            "x-a",
            "pattern",
            "allOf",
            "not",
        ];
        leaf.prop_recursive(depth, 24, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
                proptest::collection::vec((key.clone(), inner), 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn never_says_more_than_the_engine(schema in value(4), instance in value(3)) {
            if is_simple(&schema) {
                let compiled = jsonschema::options().should_validate_formats(false).build(&schema);
                let compiled = compiled.map_err(|error| TestCaseError::fail(format!("{schema}: {error}")))?;
                if accepts(&schema, &instance) {
                    prop_assert!(compiled.is_valid(&instance), "{} {}", schema, instance);
                }
            }
        }
    }

    #[test]
    fn knows_what_is_simple() {
        let simple = json!({"type": "object", "properties": {"a": {"type": ["string", "null"], "minLength": 1}}, "required": ["a"]});
        assert!(is_simple(&simple) && accepts(&simple, &json!({"a": "x"})) && !accepts(&simple, &json!({})));
        for schema in [
            json!({"pattern": "a"}),
            json!({"type": "text"}),
            json!({"$ref": "#"}),
            json!({"required": ["a", "a"]}),
            json!(1),
        ] {
            assert!(!is_simple(&schema), "{schema}");
        }
    }
}
