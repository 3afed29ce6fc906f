//! The shape as a JSON Schema (draft 2020-12), for editors and for other tools.

use serde_json::{Map, Value, json};

use super::{CONTRACT, Field, ObjectShape, Rule, Shape, Text};

/// The published schema of a contract; `schemas/pacto-v1.schema.json` is this value.
///
/// ```
/// let schema = pacto_contract::shape::json_schema();
/// assert_eq!(schema["properties"]["service"]["required"][0], "name");
/// ```
pub fn json_schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("$id".into(), json!("https://pacto.trianalab.com/schema/v1.0"));
    schema.insert("title".into(), json!("Pacto contract"));
    let Value::Object(body) = object(&CONTRACT) else { return Value::Null };
    schema.extend(body);
    Value::Object(schema)
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text(constraints) => text(*constraints),
        Shape::Integer { min, max } => {
            let mut schema = json!({"type": "integer", "minimum": min});
            if let Some(max) = max {
                schema["maximum"] = json!(max);
            }
            schema
        }
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::List { items, min_items } => {
            let mut schema = json!({"type": "array", "items": self::shape(items)});
            if *min_items > 0 {
                schema["minItems"] = json!(min_items);
            }
            schema
        }
        Shape::Object(fields) => object(fields),
        Shape::FreeObject => json!({"type": "object"}),
        Shape::TextOrObject(constraints, fields) => json!({"oneOf": [text(*constraints), object(fields)]}),
    }
}

fn text(constraints: Text) -> Value {
    let mut schema = json!({"type": "string"});
    if constraints.min_chars > 0 {
        schema["minLength"] = json!(constraints.min_chars);
    }
    if let Some(pattern) = constraints.pattern {
        schema["pattern"] = json!(pattern.regex());
    }
    if !constraints.values.is_empty() {
        let values: Vec<_> = constraints.values.iter().map(|(value, _)| *value).collect();
        schema["enum"] = json!(values);
        schema["x-enum-descriptions"] =
            constraints.values.iter().map(|(value, meaning)| ((*value).to_owned(), json!(meaning))).collect();
    }
    schema
}

fn object(object: &ObjectShape) -> Value {
    let mut schema = json!({"type": "object", "description": object.description});
    let mut properties = Map::new();
    for field in object.fields {
        properties.insert(field.name.to_owned(), described(field));
    }
    schema["properties"] = Value::Object(properties);
    schema["additionalProperties"] = json!(false);
    let required: Vec<_> =
        object.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if object.min_fields > 0 {
        schema["minProperties"] = json!(object.min_fields);
    }
    let rules: Vec<_> = object.rules.iter().map(rule).collect();
    if !rules.is_empty() {
        schema["allOf"] = json!(rules);
    }
    schema
}

fn described(field: &Field) -> Value {
    let mut schema = shape(&field.shape);
    schema["description"] = json!(field.description);
    if let Some(default) = field.default {
        schema["default"] =
            if matches!(field.shape, Shape::Boolean) { json!(default == "true") } else { json!(default) };
    }
    schema
}

fn rule(rule: &Rule) -> Value {
    let needs = |key: &str| json!({"required": [key]});
    match rule {
        Rule::ExactlyOne { keys, .. } => {
            json!({"oneOf": keys.iter().map(|key| needs(key)).collect::<Vec<_>>()})
        }
        Rule::AtMostOne { keys, .. } => json!({"not": {"required": keys}}),
        Rule::Excludes { key, others } => {
            json!({"if": needs(key), "then": {"not": {"anyOf": others.iter().map(|o| needs(o)).collect::<Vec<_>>()}}})
        }
        Rule::Needs { key, others, .. } => json!({"dependentRequired": {*key: others}}),
        Rule::RequiredWhen { key, values, needed, .. } => {
            json!({"if": text_is(key, values), "then": needs(needed)})
        }
        Rule::ForbiddenWhen { key, values, forbidden } => {
            json!({"if": text_is(key, values), "then": {"not": needs(forbidden)}})
        }
        Rule::ConstWhen { key, value, path, expected, .. } => {
            let bound = path
                .iter()
                .rev()
                .fold(json!({"const": expected}), |inner, step| json!({"properties": {*step: inner}}));
            json!({"if": text_is(key, &[*value]), "then": bound})
        }
    }
}

fn text_is(key: &str, values: &[&str]) -> Value {
    json!({"properties": {key: {"enum": values}}, "required": [key]})
}
