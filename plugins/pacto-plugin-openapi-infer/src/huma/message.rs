//! What an operation takes and what it answers.

use serde_json::{Map, Value, json};

use super::interpret::Registered;
use super::schema::{Registry, Seen, Shape, Type};
use crate::status;

/// Tags that say where a value comes from, the first that is there counts.
const PLACES: &[&str] = &["path", "query", "header", "form", "cookie"];
/// Deepest type of a field.
const DEPTH: usize = 40;

/// The members of an operation; `shown` gets the components that are whole bodies.
pub fn operation(
    registry: &mut Registry<'_>,
    one: &Registered,
    shown: &mut Vec<String>,
) -> Map<String, Value> {
    let what = &one.operation;
    let mut members = what.members.clone();
    members.retain(|_, value| !value.is_null() && value != &json!("") && value != &json!(false));
    if !what.id.is_empty() {
        members.insert("operationId".to_owned(), json!(what.id.replace(' ', "-")));
    }
    if !what.summary.is_empty() {
        members.insert("summary".to_owned(), json!(what.summary));
    }
    if what.tags.as_array().is_some_and(|tags| !tags.is_empty()) {
        members.insert("tags".to_owned(), what.tags.clone());
    }
    let mut parameters =
        members.remove("parameters").and_then(|list| list.as_array().cloned()).unwrap_or_default();
    let takes_values = inputs(registry, &one.input, &mut parameters);
    if !parameters.is_empty() {
        members.insert("parameters".to_owned(), parameters.into());
    }
    let body = body(registry, one);
    let takes_body = body.as_ref().is_some_and(|(_, checks)| *checks);
    if let Some((body, _)) = body {
        let mut whole = members.remove("requestBody").unwrap_or_else(|| json!({}));
        fill(&mut whole, body);
        members.insert("requestBody".to_owned(), whole);
    }
    let answers = answers(registry, one, takes_values || takes_body, members.remove("responses"));
    members.insert("responses".to_owned(), answers);
    if !what.is_hidden {
        for content in contents(&members) {
            let name = content.get("schema").and_then(|schema| schema.get("$ref")).and_then(Value::as_str);
            shown.extend(name.and_then(|name| name.rsplit('/').next()).map(str::to_owned));
        }
    }
    members
}

/// Everything with a schema that is a body.
fn contents(operation: &Map<String, Value>) -> Vec<Value> {
    let request = operation.get("requestBody").into_iter();
    let answers = operation.get("responses").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let media = request.chain(answers).filter_map(|body| body.get("content")?.as_object());
    media.flat_map(Map::values).cloned().collect()
}

/// What is there stays, what is missing is added.
fn fill(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(known), Value::Object(more)) => {
            for (key, value) in more {
                match known.get_mut(&key) {
                    Some(there) => fill(there, value),
                    None => drop(known.insert(key, value)),
                }
            }
        }
        (into @ Value::Null, from) => *into = from,
        _ => {}
    }
}

/// The parameters of the input; whether there is any, shown or not.
fn inputs(registry: &mut Registry<'_>, input: &Type, parameters: &mut Vec<Value>) -> bool {
    let Shape::Struct(_, fields, inner) = registry.shape(input) else { return false };
    let mut is_any = false;
    for Seen { field, tags, kind } in registry.all_fields(&fields, &inner, &[], false) {
        let place = PLACES.iter().find_map(|place| Some((*place, tags.get(place)?)));
        let Some((place, value)) = place.filter(|_| field.name != "Body") else { continue };
        is_any = true;
        if tags.is("hidden") || place == "form" {
            continue;
        }
        let (name, flags) = value.split_once(',').unwrap_or((value, ""));
        let Some(mut schema) = registry.field_schema(&tags, &kind, &field.name, DEPTH) else { continue };
        let is_time = schema.get("format") == Some(&json!("date-time"));
        if place == "header" && is_time && tags.get("timeFormat").is_none() && tags.get("format").is_none() {
            schema.insert("format".to_owned(), json!("date-time-http"));
        }
        let is_known = parameters
            .iter()
            .any(|known| known.get("name") == Some(&json!(name)) && known.get("in") == Some(&json!(place)));
        if is_known {
            continue;
        }
        let mut parameter = json!({"name": name, "in": place});
        if place == "query" {
            parameter["explode"] = json!(flags.split(',').any(|flag| flag == "explode"));
            if flags.split(',').any(|flag| flag == "deepObject") {
                parameter["style"] = json!("deepObject");
            }
        }
        if let Some(description) = schema.get("description") {
            parameter["description"] = description.clone();
        }
        if tags.truth("required").unwrap_or(place == "path") {
            parameter["required"] = json!(true);
        }
        parameter["schema"] = schema.into();
        parameters.push(parameter);
    }
    is_any
}

/// The name that a struct without one gets.
fn hint(registry: &Registry<'_>, kind: &Type, id: &str, suffix: &str) -> String {
    match registry.shape(kind) {
        Shape::Struct(Some(name), ..) => format!("{name}Body"),
        _ => format!("{id}{suffix}"),
    }
}

/// The body of the request, and whether what it holds is checked.
fn body(registry: &mut Registry<'_>, one: &Registered) -> Option<(Value, bool)> {
    let whole = registry.field(&one.input, "Body");
    let raw = registry.field(&one.input, "RawBody");
    if whole.is_none() && raw.is_none() {
        return None;
    }
    let mut body = json!({"content": {}});
    let mut checks = false;
    if let Some(Seen { tags, kind, .. }) = whole {
        checks = true;
        let hint = tags.get("nameHint").map(str::to_owned);
        let hint =
            hint.unwrap_or_else(|| self::hint(registry, &one.input, &one.operation.first_id, "Request"));
        let schema = registry.field_schema(&tags, &kind, &hint, DEPTH).unwrap_or_default();
        let media = tags.get("contentType").unwrap_or("application/json");
        body["content"][media] = json!({"schema": schema});
        let may_miss = matches!(registry.shape(&kind), Shape::Pointer(_) | Shape::Any);
        if tags.is("required") || !may_miss {
            body["required"] = json!(true);
        }
    }
    if let Some(Seen { tags, kind, .. }) = raw {
        match registry.shape(&kind) {
            Shape::List(..) => {
                let media = tags.get("contentType").unwrap_or("application/octet-stream");
                body["content"][media] = json!({"schema": {
                    "type": "string", "format": "binary", "contentMediaType": "application/octet-stream"
                }});
                body["required"] = json!(true);
            }
            _ => {
                checks = true;
                body["content"]["multipart/form-data"] = match form(registry, &kind) {
                    Some(form) => form,
                    None => {
                        body["required"] = json!(true);
                        any_form()
                    }
                };
            }
        }
    }
    Some((body, checks))
}

/// `multipart.Form`, of which nothing is known.
fn any_form() -> Value {
    json!({"schema": {"type": "object", "properties": {
        "filename": {
            "type": "string", "format": "binary", "contentMediaType": "application/octet-stream",
            "description": "filename of the file being uploaded"
        },
        "name": {"type": "string", "description": "general purpose name for multipart form value"}
    }}})
}

/// `huma.MultipartFormFiles[T]`.
fn form(registry: &mut Registry<'_>, kind: &Type) -> Option<Value> {
    let crate::golang::syntax::Kind::Generic(_, arguments) = &kind.kind else { return None };
    let inner = kind.with(arguments.first()?);
    let Shape::Struct(_, fields, inner) = registry.shape(&inner) else { return None };
    let (mut properties, mut encoding, mut required) = (Map::new(), Map::new(), Vec::new());
    for Seen { field, tags, kind } in registry.all_fields(&fields, &inner, &["form"], true) {
        let name = tags.get("form").map_or_else(|| field.name.clone(), str::to_owned);
        let schema = registry.field_schema(&tags, &kind, &field.name, DEPTH)?;
        let is_file = match registry.shape(&kind) {
            Shape::List(inner, _) => {
                matches!(registry.shape(&inner), Shape::Foreign(name) if name.ends_with(".FormFile"))
            }
            shape => matches!(shape, Shape::Foreign(name) if name.ends_with(".FormFile")),
        };
        let usual = if is_file { "application/octet-stream" } else { "text/plain" };
        let mut schema = schema;
        if is_file {
            // A list of files is never null, and every file is needed unless it says otherwise.
            if schema.contains_key("items") {
                schema.insert("type".to_owned(), json!("array"));
            }
            registry.schemas.entry("FormFile").or_insert_with(|| {
                json!({
                    "additionalProperties": false,
                    "properties": {
                        "ContentType": {"type": "string"}, "Filename": {"type": "string"},
                        "IsSet": {"type": "boolean"}, "Size": {"format": "int64", "type": "integer"}
                    },
                    "required": ["ContentType", "IsSet", "Size", "Filename"],
                    "type": "object"
                })
            });
        }
        encoding.insert(name.clone(), json!({"contentType": tags.get("contentType").unwrap_or(usual)}));
        if tags.truth("required").unwrap_or(true) {
            required.push(json!(name));
        }
        properties.insert(name, schema.into());
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    Some(json!({"schema": schema, "encoding": encoding}))
}

fn phrase(code: u64) -> Option<&'static str> {
    u16::try_from(code).ok().and_then(status::phrase)
}

fn answers(registry: &mut Registry<'_>, one: &Registered, is_checked: bool, given: Option<Value>) -> Value {
    let what = &one.operation;
    let body = registry.field(&one.output, "Body");
    let has_body = body.is_some()
        || matches!(registry.shape(&one.output), Shape::Foreign(name) if name.ends_with("StreamResponse"));
    let code = what.default_status.unwrap_or(if has_body || what.method == "HEAD" { 200 } else { 204 });
    let mut main = json!({});
    if let Some(phrase) = phrase(code) {
        main["description"] = json!(phrase);
    }
    if let Some(Seen { tags, kind, .. }) = body {
        let is_stream = matches!(registry.shape(&kind), Shape::None);
        if !is_stream {
            let hint = tags.get("nameHint").map(str::to_owned);
            let hint = hint.unwrap_or_else(|| self::hint(registry, &one.output, &what.first_id, "Response"));
            let schema = registry.field_schema(&tags, &kind, &hint, DEPTH).unwrap_or_default();
            main["content"] = json!({"application/json": {"schema": schema}});
        }
    }
    let headers = headers(registry, &one.output);
    if !headers.is_empty() {
        main["headers"] = headers.into();
    }
    let mut answers = given.unwrap_or_else(|| json!({}));
    let is_given = answers.get(code.to_string()).and_then(|answer| answer.get("content")).is_some();
    if is_given {
        main.as_object_mut().map(|main| main.remove("content"));
    }
    fill(&mut answers, json!({code.to_string(): main}));
    let problem = |text: Option<&str>| {
        let mut answer = json!({"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ErrorModel"}}}});
        if let Some(text) = text {
            answer["description"] = json!(text);
        }
        answer
    };
    if what.errors.is_empty() {
        if answers.as_object().is_some_and(|answers| answers.len() <= 1) {
            answers["default"] = problem(Some("Error"));
        }
        return answers;
    }
    let further = is_checked.then_some(422).into_iter().chain([500]);
    for code in what.errors.iter().copied().chain(further) {
        answers[code.to_string()] = problem(phrase(code));
    }
    answers
}

/// The headers of an answer: every field that is neither the status nor the body.
fn headers(registry: &mut Registry<'_>, output: &Type) -> Map<String, Value> {
    let mut headers = Map::new();
    let Shape::Struct(_, fields, inner) = registry.shape(output) else { return headers };
    for Seen { field, tags, kind } in registry.all_fields(&fields, &inner, &[], false) {
        if matches!(field.name.as_str(), "Status" | "Body" | "_") || tags.is("hidden") {
            continue;
        }
        let name = tags.get("header").map_or_else(|| field.name.clone(), str::to_owned);
        let kind = match registry.shape(&kind) {
            Shape::List(inner, _) => inner,
            _ => kind,
        };
        let is_shown_as_text = match registry.shape(&kind) {
            Shape::Foreign(name) => !name.ends_with("json.RawMessage"),
            Shape::Text => true,
            _ => false,
        };
        let schema = if is_shown_as_text {
            let mut schema = Map::from_iter([("type".to_owned(), json!("string"))]);
            tags.apply(&mut schema);
            Some(schema)
        } else {
            registry.field_schema(&tags, &kind, &field.name, DEPTH)
        };
        if let Some(schema) = schema {
            headers.insert(name, json!({"schema": schema}));
        }
    }
    headers
}
