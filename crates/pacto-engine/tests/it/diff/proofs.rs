//! Verdicts that rest on what schemas accept: never harmless for a reason that nobody means.

use pacto_engine::diff::{Classification, Comparison, Proof};
use serde_json::{Value, json};

use super::fixture::{Version, diff};

fn api(version: &str, schema: &Value) -> Version {
    let content = json!({"application/json": {"schema": schema}});
    Version::http(&json!({
        "openapi": version,
        "paths": {"/it": {"post": {"requestBody": {"content": content}, "responses": {}}}},
    }))
}

fn received(old: &Value, new: &Value) -> Comparison {
    diff(&api("3.1.0", old), &api("3.1.0", new))
}

fn witnesses(comparison: &Comparison) -> Vec<(String, Value)> {
    let findings = comparison.changes.iter().flat_map(|change| &change.findings);
    let shown = findings.filter(|finding| finding.proof == Proof::Witness);
    shown.map(|finding| (finding.rule_id.clone(), finding.witness.clone().unwrap())).collect()
}

#[test]
fn a_document_that_is_refused_is_never_lost() {
    let closed = json!({"type": "object", "additionalProperties": false});
    let mut named = closed.clone();
    named["patternProperties"] = json!({"^x-": {}});
    let found = received(&named, &closed);
    assert_eq!(found.classification, Classification::Breaking);
    assert_eq!(witnesses(&found)[0].0, "request-body-pattern-property-removed");
    // What fits one of two fits both now.
    let one_of = |required: &[&str]| {
        json!({"oneOf": [
            {"title": "A", "type": "object", "properties": {"a": {}}, "required": required},
            {"title": "B", "type": "object", "properties": {"b": {}}, "required": ["b"]}
        ]})
    };
    let found = received(&one_of(&["a"]), &one_of(&[]));
    // Many validators take the first that fits.
    assert_eq!(found.classification, Classification::PotentialBreaking, "{found:?}");
    assert_eq!(witnesses(&found).len(), 1, "{found:?}");
}

#[test]
fn nothing_follows_from_schemas_that_accept_nothing() {
    let part = |name: &str, kind: &str| json!({"type": "object", "properties": {name: {"type": kind}}, "required": [name], "additionalProperties": false});
    let both = |kind: &str| json!({"allOf": [part("a", "string"), part("b", kind)]});
    let found = received(&both("string"), &both("integer"));
    assert_eq!(found.classification, Classification::Breaking, "{found:?}");
    let below = |kind: &str| json!({"type": "object", "properties": {"p": both(kind)}});
    assert_eq!(received(&below("string"), &below("integer")).classification, Classification::Breaking);
    let beside = |kind: &str| json!({"type": "object", "properties": {"a": {"type": "string", "enum": [1, 2]}, "b": {"type": kind}}, "required": ["a"]});
    assert_eq!(received(&beside("string"), &beside("integer")).classification, Classification::Breaking);
}

/// What a dialect ignores, people mean all the same.
#[test]
fn keywords_of_another_dialect_are_not_proven_away() {
    let limit = |least: u32| json!({"type": "integer", "exclusiveMinimum": least});
    let found = diff(&api("3.0.3", &limit(0)), &api("3.0.3", &limit(10)));
    assert_eq!(found.classification, Classification::Breaking, "{found:?}");
    let switch = |is_on: bool| json!({"type": "integer", "minimum": 0, "exclusiveMinimum": is_on});
    assert_eq!(received(&switch(false), &switch(true)).classification, Classification::Breaking);
}

#[test]
fn null_in_a_part_is_meant_for_the_whole() {
    let of = |extra: Value| {
        let schema = json!({"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, extra]});
        let content = json!({"application/json": {"schema": schema}});
        Version::http(&json!({
            "openapi": "3.0.3",
            "paths": {"/it": {"get": {"responses": {"200": {"description": "it", "content": content}}}}},
        }))
    };
    let found = diff(&of(json!({})), &of(json!({"nullable": true})));
    assert_eq!(found.classification, Classification::Breaking, "{found:?}");
}

#[test]
fn a_document_shows_the_fact_that_it_is_about() {
    // A new property beside patterns that are the same.
    let old = json!({"type": "object", "properties": {"a": {}}, "patternProperties": {"^x-": {}}});
    let mut new = old.clone();
    new["properties"]["b"] = json!({"type": "string"});
    let found = received(&old, &new);
    assert!(found.classification < Classification::Breaking, "{found:?}");
    // Of two that break each is shown where fault is found, or not at all.
    let two = |most: u32, kind: &str| json!({"type": "object", "properties": {"a": {"type": "string", "maxLength": most}, "b": {"type": kind}}});
    let found = received(&two(8, "string"), &two(3, "integer"));
    let shown = witnesses(&found);
    let [(rule, witness)] = shown.as_slice() else { panic!("{found:?}") };
    match rule.as_str() {
        "request-property-max-length-decreased" => assert!(witness["a"].as_str().unwrap().len() > 3),
        "request-property-type-changed" => assert!(witness["b"].is_string()),
        other => panic!("{other}"),
    }
}
