//! The description of the API: `OpenAPI` 3.1, from the types of the handlers.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::operation::{MAX_NAME, MAX_PARAMETER, MAX_REPEATED, Operation};
use super::problem::Problem;

/// Title of the API, as the original calls it.
const TITLE: &str = "Pacto Dashboard API";
/// Version of the API, as the original has it: what is new since is only added.
const VERSION: &str = "1.0.0";

/// What is said of the API so far.
#[derive(Debug)]
pub struct Description {
    answers: SchemaGenerator,
    bodies: SchemaGenerator,
    paths: Map<String, Value>,
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    })
}

impl Default for Description {
    fn default() -> Self {
        Self::new()
    }
}

impl Description {
    /// A description without operations.
    pub fn new() -> Self {
        let (answers, bodies) = (settings().for_serialize(), settings().for_deserialize());
        Self { answers: answers.into_generator(), bodies: bodies.into_generator(), paths: Map::new() }
    }

    /// An operation whose input is parameters.
    pub fn reads<I: JsonSchema, O: JsonSchema>(&mut self, operation: Operation) {
        let parameters = parameters::<I>(operation.path);
        let mut described = self.operation::<O>(operation);
        described.insert("parameters".to_owned(), Value::Array(parameters));
        self.add(operation.path, "get", described);
    }

    /// An operation whose input is a body.
    pub fn changes<I: JsonSchema, O: JsonSchema>(&mut self, operation: Operation) {
        let schema = self.bodies.subschema_for::<I>();
        let mut described = self.operation::<O>(operation);
        let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        described.insert("requestBody".to_owned(), body);
        self.add(operation.path, "post", described);
    }

    /// An operation without input.
    pub fn triggers<O: JsonSchema>(&mut self, operation: Operation) {
        let described = self.operation::<O>(operation);
        self.add(operation.path, "post", described);
    }

    /// An operation that answers something besides JSON: media type and schema of each answer.
    pub fn other(&mut self, operation: Operation, content: &Value) {
        let mut described = self.operation::<Value>(operation);
        described.insert("parameters".to_owned(), json!([]));
        if let Some(answer) = described.get_mut("responses").and_then(|responses| responses.get_mut("200")) {
            *answer = json!({"description": "OK", "content": content});
        }
        self.add(operation.path, "get", described);
    }

    /// A component of an answer that no operation names as its whole answer.
    pub fn schema_of<T: JsonSchema>(&mut self) -> Schema {
        self.answers.subschema_for::<T>()
    }

    fn operation<O: JsonSchema>(&mut self, operation: Operation) -> Map<String, Value> {
        let answer = self.answers.subschema_for::<O>();
        let problem = self.answers.subschema_for::<Problem>();
        let problem = |description: &str| json!({"description": description, "content": {"application/problem+json": {"schema": problem}}});
        let mut responses = Map::new();
        responses.insert(
            "200".to_owned(),
            json!({"description": "OK", "content": {"application/json": {"schema": answer}}}),
        );
        for status in operation.errors {
            let reason =
                axum::http::StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
            responses.insert(status.to_string(), problem(reason.unwrap_or("Error")));
        }
        // What any request may get: not allowed here, too many at once, something broke.
        responses.insert("default".to_owned(), problem("Problem"));
        let described = json!({
            "operationId": operation.id,
            "summary": operation.summary,
            "tags": [operation.tag],
            "responses": responses,
        });
        match described {
            Value::Object(described) => described,
            _ => Map::new(),
        }
    }

    fn add(&mut self, path: &str, method: &str, described: Map<String, Value>) {
        let item = self.paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(method.to_owned(), Value::Object(described));
        }
    }

    /// The document, for a server at `url`.
    pub fn document(&self, url: &str) -> Value {
        let mut schemas: Map<String, Value> = Map::new();
        for (name, schema) in self.answers.definitions().iter().chain(self.bodies.definitions()) {
            let mut schema = schema.clone();
            leave_out_null(&mut schema);
            schemas.insert(name.clone(), schema);
        }
        schemas.sort_keys();
        let mut paths = self.paths.clone();
        paths.sort_keys();
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": TITLE,
                "version": VERSION,
                "summary": "Contracts of a fleet, from directories, registries and clusters, in one place.",
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": url}],
            "paths": paths,
            "components": {"schemas": schemas},
        })
    }
}

/// The fields of `I` as parameters: those that the path names, and all others of the query.
fn parameters<I: JsonSchema>(path: &str) -> Vec<Value> {
    let mut inline = settings().for_deserialize();
    inline.inline_subschemas = true;
    let schema = inline.into_generator().into_root_schema_for::<I>();
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(fields) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let parameter = |(name, field): (&String, &Value)| {
        let is_in_path = path.contains(&format!("{{{name}}}"));
        let mut field = field.clone();
        let description = field.as_object_mut().and_then(|field| field.remove("description"));
        simplify(&mut field, if is_in_path { MAX_NAME } else { MAX_PARAMETER });
        let is_required = is_in_path || required.contains(&name.as_str());
        // An empty parameter is none.
        if is_required && field.get("type") == Some(&json!("string")) {
            field["minLength"] = json!(1);
        }
        json!({
            "name": name,
            "in": if is_in_path { "path" } else { "query" },
            "required": is_required,
            "description": description.unwrap_or_default(),
            "schema": field,
        })
    };
    fields.iter().map(parameter).collect()
}

/// What is not there is left out of an answer, and never `null`: a property that need not be there has no `null`.
fn leave_out_null(schema: &mut Value) {
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(name)) {
        if let Some(map) = property.as_object_mut() {
            without_null(map);
        }
    }
}

fn without_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = map.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            map.remove("anyOf");
            map.extend(only);
        }
    }
}

/// A parameter that is not given is not `null`, and texts are bounded.
fn simplify(field: &mut Value, longest: usize) {
    let Some(map) = field.as_object_mut() else { return };
    without_null(map);
    map.remove("default");
    if map.get("type") == Some(&json!("string")) && !map.contains_key("enum") {
        map.insert("maxLength".to_owned(), json!(longest));
    }
    if let Some(items) = map.get_mut("items") {
        simplify(items, MAX_NAME);
        map.insert("maxItems".to_owned(), json!(MAX_REPEATED));
    }
}
