//! The description of the API: valid, complete, and kept to.

use std::collections::BTreeSet;

use pacto_testkit::checkout_dir;
use serde_json::Value;

use crate::running::{context, examples};

#[test]
fn the_description_is_valid_and_the_same_everywhere() {
    let cx = context();
    let server = examples(&cx, &["--diagnostics"]);
    let document = server.get("/openapi.json").json();
    let official = std::fs::read(checkout_dir().join("tests/openapi/openapi-3.1.schema.json")).unwrap();
    let official: Value = serde_json::from_slice(&official).unwrap();
    let validator = jsonschema::validator_for(&official).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(server.get("/openapi").json(), document);
    let yaml = server.get("/openapi.yaml");
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    let node = pacto_contract::yaml::load(&yaml.text(), pacto_contract::yaml::Budget::INTERFACE).unwrap();
    assert_eq!(node.to_json().unwrap(), document);
    let url = document["servers"][0]["url"].as_str().unwrap();
    assert_eq!(url, format!("http://{}", server.address()));
    let schema = server.get("/schemas/ServiceEntry.json");
    assert_eq!(
        (schema.status, schema.json()),
        (200, document["components"]["schemas"]["ServiceEntry"].clone())
    );
    assert_eq!(server.get("/schemas/None.json").status, 404);
    let docs = server.get("/docs");
    assert_eq!((docs.status, docs.header("location")), (302, Some("/#/docs")));
}

/// Every answer of every operation that reads is what the description says.
#[test]
fn answers_keep_to_the_description() {
    let cx = context();
    let server = examples(&cx, &["--diagnostics"]);
    let document = server.get("/openapi.json").json();
    let mut asked = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        if path == "/api/events" {
            continue;
        }
        let filled = path
            .replace("{name}", "pricing-service")
            .replace("{version}", "1.0.0")
            .replace("{key}", "%28unowned%29");
        let query = match path.as_str() {
            "/api/diff" => "?from_name=pricing-service&from_version=1.0.0&to_name=pricing-service",
            "/api/impact" => "?name=pricing-service&from_version=1.0.0",
            _ => "",
        };
        let answer = server.get(&format!("{filled}{query}"));
        let status = answer.status.to_string();
        let described = operation["responses"].get(&status).unwrap_or(&operation["responses"]["default"]);
        let kind = answer.header("content-type").unwrap();
        let schema = &described["content"][kind]["schema"];
        assert!(schema.is_object(), "{path} answers {status} {kind}, which is not described");
        let whole = serde_json::json!({"$ref": schema["$ref"], "components": document["components"]});
        let schema = if schema.get("$ref").is_some() {
            whole
        } else {
            let mut schema = schema.clone();
            schema["components"] = document["components"].clone();
            schema
        };
        let validator = jsonschema::validator_for(&schema).unwrap();
        let value = answer.json();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
        asked.insert(path.clone());
    }
    assert!(asked.len() >= 17, "{asked:?}");
}
