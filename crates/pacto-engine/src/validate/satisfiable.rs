//! Can any contract satisfy a policy? Says no only when that is certain.

use std::cell::Cell;

use pacto_contract::limits::MAX_REF_DEPTH;
use pacto_contract::shape::{CONTRACT, ObjectShape, Shape, Text};
use serde_json::{Map, Value};

/// Why no contract satisfies the policy `schema`; `None` when one may, or when it cannot be said.
pub(super) fn contradiction(schema: &Value) -> Option<String> {
    Check { schema, steps: Cell::new(MAX_STEPS) }.value(schema, &Shape::Object(&CONTRACT), "", 0)
}

/// Most subschemas that are looked at; a small policy can unfold into more than anybody can wait for.
const MAX_STEPS: usize = 10_000;

struct Check<'a> {
    schema: &'a Value,
    /// Steps that are left.
    steps: Cell<usize>,
}

impl Check<'_> {
    /// `shape` is the form that every contract has at `path`, where a value is certain to be.
    fn value(&self, policy: &Value, shape: &Shape, path: &str, depth: usize) -> Option<String> {
        if depth > MAX_REF_DEPTH || self.steps.get() == 0 {
            return None;
        }
        self.steps.update(|left| left - 1);
        let at = if path.is_empty() { "the contract" } else { path };
        let policy = match policy {
            Value::Bool(false) => return Some(format!("nothing is allowed at {at}")),
            Value::Object(policy) => policy,
            _ => return None,
        };
        let nested = |inner: &Value| self.value(inner, shape, path, depth + 1);
        let reference =
            policy.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        if let Some(found) = reference.and_then(|target| self.schema.pointer(target)).and_then(nested) {
            return Some(found);
        }
        if let Some(found) = branches(policy, "allOf").find_map(nested) {
            return Some(found);
        }
        for alternatives in ["anyOf", "oneOf"] {
            let reasons: Vec<_> = branches(policy, alternatives).map(nested).collect();
            if let Some(Some(first)) = reasons.first().filter(|_| reasons.iter().all(Option::is_some)) {
                return Some(first.clone());
            }
        }
        match policy.get("not") {
            Some(Value::Bool(true)) => return Some(format!("nothing is allowed at {at}")),
            Some(Value::Object(not)) if not.is_empty() => return Some(format!("nothing is allowed at {at}")),
            _ => {}
        }
        if let Some(types) = policy.get("type")
            && !accepts_type(types, shape)
        {
            return Some(format!("{at} is never of type {types}"));
        }
        let values = policy.get("enum").and_then(Value::as_array);
        let constant = policy.get("const").map(std::slice::from_ref);
        if let Some(values) = values.map(Vec::as_slice).or(constant)
            && !values.iter().any(|value| accepts_value(value, shape))
        {
            return Some(format!("{at} never has one of the values that are asked for"));
        }
        match shape {
            Shape::Object(object) => self.object(policy, object, path, depth),
            Shape::List { items, .. } => self.list(policy, items, path, depth),
            _ => None,
        }
    }

    fn object(
        &self,
        policy: &Map<String, Value>,
        shape: &ObjectShape,
        path: &str,
        depth: usize,
    ) -> Option<String> {
        let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let required: Vec<&str> = branches(policy, "required").filter_map(Value::as_str).collect();
        if let Some(name) = required.iter().find(|name| shape.field(name).is_none()) {
            return Some(format!(
                "it requires `{}`, a key that the contract format does not have",
                join(name)
            ));
        }
        let properties = policy.get("properties").and_then(Value::as_object);
        let certain = shape.fields.iter().filter(|field| field.required || required.contains(&field.name));
        for field in certain {
            match properties.and_then(|properties| properties.get(field.name)) {
                Some(inner) => {
                    if let Some(found) = self.value(inner, &field.shape, &join(field.name), depth + 1) {
                        return Some(found);
                    }
                }
                None if policy.get("additionalProperties") == Some(&Value::Bool(false))
                    && !policy.contains_key("patternProperties") =>
                {
                    return Some(format!("it forbids `{}`, which every contract has", join(field.name)));
                }
                None => {}
            }
        }
        None
    }

    fn list(&self, policy: &Map<String, Value>, items: &Shape, path: &str, depth: usize) -> Option<String> {
        let count = |key: &str, default: u64| policy.get(key).and_then(Value::as_u64).unwrap_or(default);
        let element = format!("{path}[]");
        let of_items = policy.get("items").filter(|_| count("minItems", 0) > 0);
        let contained = policy.get("contains").filter(|_| count("minContains", 1) > 0);
        of_items.into_iter().chain(contained).find_map(|inner| self.value(inner, items, &element, depth + 1))
    }
}

fn branches<'a>(policy: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Value> {
    policy.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn accepts_type(types: &Value, shape: &Shape) -> bool {
    let possible: &[&str] = match shape {
        Shape::Text(_) => &["string"],
        Shape::Integer { .. } => &["integer", "number"],
        Shape::Boolean => &["boolean"],
        Shape::List { .. } => &["array"],
        Shape::Object(_) | Shape::FreeObject => &["object"],
        Shape::TextOrObject(..) => &["string", "object"],
    };
    let accepts = |name: &Value| name.as_str().is_none_or(|name| possible.contains(&name));
    match types {
        Value::Array(names) => names.iter().any(accepts),
        name => accepts(name),
    }
}

fn accepts_value(value: &Value, shape: &Shape) -> bool {
    let text = |constraints: &Text, value: &Value| {
        value.as_str().is_some_and(|text| {
            constraints.values.is_empty() || constraints.values.iter().any(|(known, _)| *known == text)
        })
    };
    match shape {
        Shape::Text(constraints) => text(constraints, value),
        Shape::Integer { min, max } => value.as_f64().is_some_and(|number| {
            #[expect(clippy::cast_precision_loss, reason = "bounds of the contract format are small")]
            let within = number >= *min as f64 && max.is_none_or(|max| number <= max as f64);
            within && number.fract() == 0.0
        }),
        Shape::Boolean => value.is_boolean(),
        Shape::List { .. } => value.is_array(),
        Shape::Object(_) | Shape::FreeObject => value.is_object(),
        Shape::TextOrObject(constraints, _) => value.is_object() || text(constraints, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_no_only_when_certain() {
        let reason = |schema: Value| contradiction(&schema);
        let impossible = [
            json!({"required": ["rateLimit"]}),
            json!({"allOf": [{}, {"properties": {"service": {"required": ["colour"]}}}]}),
            json!({"anyOf": [false, {"required": ["x"]}]}),
            json!({"properties": {"service": {"type": "string"}}}),
            json!({"properties": {"pactoVersion": {"const": "9"}}}),
            json!({"required": ["scaling"], "properties": {"scaling": {"required": ["min"], "properties": {"min": {"enum": [-1]}}}}}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"required": ["x"]}}}),
            json!({"additionalProperties": false, "properties": {"pactoVersion": true}}),
            json!({"required": ["interfaces"], "properties": {"interfaces": {"contains": {"required": ["host"]}}}}),
            json!({"not": {}}),
            json!(false),
        ];
        for schema in impossible {
            assert!(reason(schema.clone()).is_some(), "{schema}");
        }
        let possible = [
            json!(true),
            json!({"required": ["metadata"], "properties": {"metadata": {"required": ["anything"]}}}),
            json!({"properties": {"scaling": {"required": ["nothing"]}}}),
            json!({"anyOf": [{"required": ["x"]}, {"required": ["runtime"]}]}),
            json!({"properties": {"service": {"properties": {"owner": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["team"]}]}}}}}),
            json!({"$ref": "#"}),
            json!({"$ref": "#/nowhere"}),
            json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}),
        ];
        for schema in possible {
            assert_eq!(reason(schema.clone()), None, "{schema}");
        }
    }
}
