//! A break in any position is found, and a document shows it; the same change the other way round breaks readers.

use pacto_engine::diff::{Classification, Comparison, Proof};
use serde_json::{Value, json};

use super::fixture::{Version, all_bundles, diff};

/// A text of at most eight letters, in every place where a schema can have one.
fn tree() -> Value {
    let leaf = || json!({"type": "string", "maxLength": 8});
    json!({
        "type": "object",
        "required": ["plain"],
        "properties": {
            "plain": leaf(),
            "optional": leaf(),
            "nested": {"type": "object", "properties": {"deeper": {"type": "object", "properties": {"it": leaf()}}}},
            "list": {"type": "array", "items": leaf()},
            "lists": {"type": "array", "items": {"type": "array", "items": leaf()}},
            "first": {"type": "array", "prefixItems": [leaf(), {"type": "integer"}]},
            "map": {"type": "object", "additionalProperties": leaf()},
            "named": {"type": "object", "patternProperties": {"^x-": leaf()}},
            "combined": {"allOf": [leaf(), {"minLength": 1}]},
            "choice": {"anyOf": [leaf(), {"type": "integer"}]},
            "maybe": {"oneOf": [leaf(), {"type": "null"}]},
            "shared": {"$ref": "#/components/schemas/Shared"},
        },
    })
}

fn document(body: &Value, is_request: bool) -> Value {
    let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}});
    let operation = if is_request {
        json!({"requestBody": {"content": content}})
    } else {
        json!({"responses": {"200": {"description": "ok", "content": content}}})
    };
    json!({
        "openapi": "3.1.0",
        "paths": {"/it": {"post": operation}},
        "components": {"schemas": {
            "Body": body,
            "Shared": {"type": "object", "properties": {"it": {"type": "string", "maxLength": 8}, "again": {"$ref": "#/components/schemas/Shared"}}},
        }},
    })
}

/// Places of texts of at most eight letters.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    if value.get("maxLength") == Some(&json!(8)) {
        found.push(at.to_owned());
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                leaves(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Whether a break is said, and shown by a document.
fn is_shown(comparison: &Comparison) -> bool {
    let mut findings = comparison.changes.iter().flat_map(|change| &change.findings);
    comparison.classification == Classification::Breaking
        && findings.any(|finding| finding.proof == Proof::Witness && finding.witness.is_some())
}

#[test]
fn a_break_in_any_position_is_found_and_shown() {
    for is_request in [true, false] {
        let before = document(&tree(), is_request);
        let mut places = Vec::new();
        leaves(&before, "", &mut places);
        assert_eq!(places.len(), 12);
        for place in places {
            let changed = |most: u32| {
                let mut document = before.clone();
                document.pointer_mut(&place).unwrap()["maxLength"] = json!(most);
                Version::http(&document)
            };
            let old = Version::http(&before);
            // What a request may be is narrowed, what a response may be is widened; the other way nobody notices.
            let (breaking, harmless) = if is_request { (4, 16) } else { (16, 4) };
            let found = diff(&old, &changed(breaking));
            assert!(is_shown(&found), "{place}, request {is_request}: {:#?}", found.changes);
            let found = diff(&old, &changed(harmless));
            assert_eq!(found.classification, Classification::NonBreaking, "{place}, request {is_request}");
        }
    }
}

/// In real documents: one more property that every request must have.
#[test]
fn a_break_in_any_request_of_real_documents_is_found_and_shown() {
    let mut mutated = 0;
    for (path, version) in all_bundles() {
        for interface in &version.document.contract.interfaces {
            let Some(file) = interface.contract.as_deref().filter(|_| interface.kind == "http") else {
                continue;
            };
            let text = std::str::from_utf8(version.bundle.get(file).unwrap()).unwrap();
            let document = super::fixture::parse_yaml(text);
            for place in bodies(&document) {
                let mut changed = document.clone();
                let schema = changed.pointer_mut(&place).unwrap();
                *schema =
                    json!({"allOf": [schema.clone(), {"type": "object", "required": ["seeded mutation"]}]});
                let with = |document: &Value| {
                    let files = [("interfaces/api.json", document.to_string())];
                    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
                    Version::http_files(&files, "interfaces/api.json")
                };
                let found = diff(&with(&document), &with(&changed));
                assert!(is_shown(&found), "{path} {place}: {:#?}", found.changes);
                mutated += 1;
            }
        }
    }
    assert!(mutated > 20, "only {mutated} requests");
}

/// Pointers to the schemas of JSON bodies of requests.
fn bodies(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let escaped = |text: &str| text.replace('~', "~0").replace('/', "~1");
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_object() {
                let media = escaped("application/json");
                found.push(format!("/paths/{}/{method}/requestBody/content/{media}/schema", escaped(path)));
            }
        }
    }
    found
}
