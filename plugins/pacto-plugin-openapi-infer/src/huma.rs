//! Huma: the document that the API serves, read from the sources.
//!
//! | idea | where |
//! |---|---|
//! | from `main` to where operations are registered | [`interpret`] |
//! | calls of the framework itself | [`registration`] |
//! | an operation and who changes it | [`operation`] |
//! | identifiers and summaries | [`words`] |
//! | types to schemas | [`schema`], [`tags`] |
//! | what an operation takes and answers | [`message`] |

pub mod interpret;
pub mod message;
pub mod operation;
pub mod registration;
pub mod schema;
pub mod tags;
pub mod words;

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::files;
use crate::golang::package::Program;
use interpret::{Interpreter, Registered};
use schema::Registry;

/// The document.
///
/// # Errors
/// One line for the user.
pub fn document(source: &Path) -> Result<Value, String> {
    let sources = files::read(source, "go")?;
    let go_mod = std::fs::read_to_string(source.join("go.mod")).unwrap_or_default();
    let program = Program::new(&sources, &go_mod);
    let mut interpreter = Interpreter::new(&program);
    interpreter.follow();
    let Interpreter { configs, registered, .. } = interpreter;
    // Of several APIs in one program the one with most operations is meant.
    let count = |id: usize| registered.iter().filter(|one| one.config == id).count();
    let chosen = (0..configs.len()).max_by_key(|id| (count(*id), usize::MAX - id));
    let Some((chosen, mut document)) = chosen.and_then(|id| Some((id, configs.get(id)?.clone()))) else {
        return Err(
            "no Huma API was found: nothing is made with huma.DefaultConfig and an adapter".to_owned()
        );
    };
    let registered: Vec<&Registered> = registered.iter().filter(|one| one.config == chosen).collect();
    if registered.is_empty() {
        return Err("no routes found".to_owned());
    }
    let mut registry = Registry { program: &program, schemas: error_schemas() };
    let mut paths = Map::new();
    let mut shown: Vec<String> = Vec::new();
    for one in registered {
        let operation = message::operation(&mut registry, one, &mut shown);
        if one.operation.is_hidden {
            continue;
        }
        let item = paths.entry(one.operation.path.clone()).or_insert_with(|| json!({}));
        item[one.operation.method.to_lowercase()] = operation.into();
    }
    let server = document.get("servers").and_then(Value::as_array).into_iter().flatten();
    let server = server.filter_map(|server| server.get("url")?.as_str()).find(|url| url.contains("://"));
    let server = server.unwrap_or("https://example.com").to_owned();
    link_schemas(&mut registry.schemas, &shown, &server);
    paths.sort_keys();
    registry.schemas.sort_keys();
    document["paths"] = paths.into();
    let components = &mut document["components"];
    if !components.is_object() {
        *components = json!({});
    }
    components["schemas"] = registry.schemas.into();
    without_empty(&mut document);
    Ok(document)
}

/// Says in every schema that is a whole body where it can be fetched.
fn link_schemas(schemas: &mut Map<String, Value>, shown: &[String], server: &str) {
    for name in shown {
        let Some(schema) = schemas.get_mut(name).filter(|schema| {
            let kind = schema.get("type");
            kind == Some(&json!("object")) || kind == Some(&json!(["object", "null"]))
        }) else {
            continue;
        };
        if schema.get("properties").is_none() {
            schema["properties"] = json!({});
        }
        let properties = &mut schema["properties"];
        if properties.get("$schema").is_none() {
            properties["$schema"] = json!({
                "type": "string",
                "format": "uri",
                "description": "A URL to the JSON Schema for this object.",
                "examples": [format!("{server}/schemas/{name}.json")],
                "readOnly": true
            });
        }
    }
}

/// What the framework does not write: texts, lists and truths that are empty, at the places where it has them.
fn without_empty(document: &mut Value) {
    let Some(members) = document.as_object_mut() else { return };
    members.retain(|_, value| !matches!(value, Value::Null) && value != &json!([]) && value != &json!(""));
    if let Some(info) = members.get_mut("info").and_then(Value::as_object_mut) {
        info.retain(|name, value| matches!(name.as_str(), "title" | "version") || value != &json!(""));
    }
}

/// The schemas of errors.
fn error_schemas() -> Map<String, Value> {
    let detail = json!({
        "additionalProperties": false,
        "properties": {
            "location": {"description": "Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id'", "type": "string"},
            "message": {"description": "Error message text", "type": "string"},
            "value": {"description": "The value at the given location"}
        },
        "type": "object"
    });
    let model = json!({
        "additionalProperties": false,
        "properties": {
            "detail": {
                "description": "A human-readable explanation specific to this occurrence of the problem.",
                "examples": ["Property foo is required but is missing."], "type": "string"
            },
            "errors": {
                "description": "Optional list of individual error details",
                "items": {"$ref": "#/components/schemas/ErrorDetail"}, "type": ["array", "null"]
            },
            "instance": {
                "description": "A URI reference that identifies the specific occurrence of the problem.",
                "examples": ["https://example.com/error-log/abc123"], "format": "uri", "type": "string"
            },
            "status": {"description": "HTTP status code", "examples": [400], "format": "int64", "type": "integer"},
            "title": {
                "description": "A short, human-readable summary of the problem type. This value should not change between occurrences of the error.",
                "examples": ["Bad Request"], "type": "string"
            },
            "type": {
                "default": "about:blank",
                "description": "A URI reference to human-readable documentation for the error.",
                "examples": ["https://example.com/errors/example"], "format": "uri", "type": "string"
            }
        },
        "type": "object"
    });
    Map::from_iter([("ErrorDetail".to_owned(), detail), ("ErrorModel".to_owned(), model)])
}
