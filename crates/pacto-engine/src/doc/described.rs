//! What description files say, as values: for those who draw tables of their own.
//!
//! All texts are foreign and unescaped.

use pacto_contract::Bundle;
use pacto_contract::yaml::{Mapping, Node};
use schemars::JsonSchema;
use serde::Serialize;

use super::asyncapi::{self, Direction};
use super::properties::{Properties, list, list_below};
use super::protobuf;
use super::specification::Specification;

/// The methods of a path, in the order in which they are shown.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];
/// Most operations of one file.
pub const MAX_OPERATIONS: usize = 2_000;
/// Most schemas and names that are looked at for one body.
const STEPS_PER_BODY: usize = 2_000;
/// Most schemas and names that are looked at for all bodies of one file.
const STEPS_PER_FILE: usize = 200_000;

/// A property of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Field {
    /// Dotted name; `[]` for the elements of a list, `*` for any key.
    pub name: String,
    /// Type in words, such as `array of string (uri)`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the object that holds it must have it.
    pub required: bool,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Default value, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    #[serde(rename = "in")]
    pub place: String,
    /// Type in words.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it must be given.
    pub required: bool,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What an operation takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestBody {
    /// Whether it must be given.
    pub required: bool,
    /// Media types.
    pub media_types: Vec<String>,
    /// Properties of the first of them.
    pub fields: Vec<Field>,
}

/// One answer of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OperationResponse {
    /// Status code, or `default`.
    pub status: String,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Properties of its body.
    pub fields: Vec<Field>,
}

/// One operation of an `OpenAPI` document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Method in capitals.
    pub method: String,
    /// Path template.
    pub path: String,
    /// Summary, else the first line of the description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// `operationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// Whether it is deprecated.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// Parameters, those of the path item first.
    pub parameters: Vec<Parameter>,
    /// What it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_body: Option<RequestBody>,
    /// What it answers.
    pub responses: Vec<OperationResponse>,
}

/// What the service does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageDirection {
    /// It sends it.
    Produced,
    /// It receives it.
    Consumed,
}

/// A message of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// Name.
    pub name: String,
    /// Properties of its payload.
    pub fields: Vec<Field>,
}

/// What a service does on a channel of an `AsyncAPI` document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelOperation {
    /// Address of the channel.
    pub channel: String,
    /// What it does; absent where no operation uses the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<MessageDirection>,
    /// Name of the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// Summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Messages; at most eight.
    pub messages: Vec<Message>,
    /// How many there are.
    pub message_count: usize,
}

/// What a method of a protobuf service takes or answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MethodMessage {
    /// Message, as the file names it.
    pub name: String,
    /// Whether there may be many of them.
    pub stream: bool,
    /// Its fields, as far as the file or one that it imports is in the bundle.
    pub fields: Vec<Field>,
}

/// One method of a protobuf service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Method {
    /// Service with its package, such as `shop.v1.Cart`.
    pub service: String,
    /// Name.
    pub name: String,
    /// First line of the comment in front of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Whether it is deprecated.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// What it takes.
    pub request: MethodMessage,
    /// What it answers.
    pub response: MethodMessage,
}

/// The methods of a protobuf file of the bundle, in the order of the file; `None` where the file cannot be read.
pub fn methods(bundle: &Bundle, path: &str) -> Option<Vec<Method>> {
    protobuf::methods(bundle, path).ok()
}

/// The channels of an `AsyncAPI` file of the bundle, sorted; `None` where the file cannot be read or is no `AsyncAPI` 2 or 3
/// document.
pub fn channels(bundle: &Bundle, path: &str) -> Option<Vec<ChannelOperation>> {
    let file = Specification::read(bundle, path).ok()?;
    let mut reader = Reader { file: &file, steps: STEPS_PER_FILE };
    let mut found = Vec::new();
    for event in asyncapi::events(&file)?.into_iter().take(MAX_OPERATIONS) {
        let (messages, message_count) = event.messages.named(&file);
        let message = |(name, node)| Message { name, fields: reader.payload(node) };
        found.push(ChannelOperation {
            channel: event.channel.into_owned(),
            direction: match event.direction {
                Direction::Produced => Some(MessageDirection::Produced),
                Direction::Consumed => Some(MessageDirection::Consumed),
                Direction::Unused => None,
            },
            operation_id: Some(event.operation.to_owned()).filter(|name| !name.is_empty()),
            summary: event.summary.filter(|text| !text.is_empty()).map(str::to_owned),
            messages: messages.into_iter().map(message).collect(),
            message_count,
        });
    }
    Some(found)
}

/// The operations of an `OpenAPI` file of the bundle: paths sorted, methods in a fixed order; `None` where the file
/// cannot be read or is no `OpenAPI` document.
pub fn operations(bundle: &Bundle, path: &str) -> Option<Vec<Operation>> {
    let file = Specification::read(bundle, path).ok()?;
    let root = file.root();
    root.get("openapi").or_else(|| root.get("swagger"))?;
    let mut paths: Vec<_> = entries(root.get("paths")).collect();
    paths.retain(|(key, _)| !key.starts_with("x-"));
    paths.sort_by_key(|(key, _)| *key);
    let mut reader = Reader { file: &file, steps: STEPS_PER_FILE };
    let mut operations = Vec::new();
    for (path, item) in paths {
        let Some((item, _)) = file.follow(item) else { continue };
        for method in METHODS {
            if let Some(operation) = item.get(method).filter(|_| operations.len() < MAX_OPERATIONS) {
                operations.push(reader.operation(path, method, item, operation));
            }
        }
    }
    Some(operations)
}

/// A description file of the bundle as JSON, for programs that read it themselves.
///
/// # Errors
/// Why there is none, as Markdown.
pub fn whole(bundle: &Bundle, path: &str) -> Result<serde_json::Value, String> {
    let file = Specification::read(bundle, path)?;
    file.root().to_json().map_err(|error| super::markdown::prose(&error.to_string()))
}

/// The properties of a JSON Schema file of the bundle.
///
/// # Errors
/// Why the file cannot be read, as Markdown.
pub fn properties(bundle: &Bundle, path: &str) -> Result<Vec<Field>, String> {
    Ok(fields(list(&Specification::read(bundle, path)?)))
}

fn fields(properties: Properties) -> Vec<Field> {
    let rows = properties.rows.into_iter().map(|row| Field {
        name: row.path,
        kind: row.kind,
        required: row.required,
        description: row.text,
        default: row.default,
    });
    rows.collect()
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    let entries = node.and_then(Node::as_mapping).map(Mapping::entries).unwrap_or_default();
    entries.iter().map(|entry| (&*entry.key, &entry.node))
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::scalar_text).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_true(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(true)
}

struct Reader<'a> {
    file: &'a Specification,
    /// Schemas and names that may still be looked at.
    steps: usize,
}

impl Reader<'_> {
    fn operation(&mut self, path: &str, method: &str, item: &Node, operation: &Node) -> Operation {
        let first_line = |text: String| text.lines().next().map(str::to_owned);
        let listed = [item, operation].into_iter().filter_map(|node| node.get("parameters")?.as_sequence());
        let parameters: Vec<&Node> = listed.flatten().collect();
        let body = operation.get("requestBody").and_then(|body| Some(self.file.follow(body)?.0));
        Operation {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: text(operation, "summary").or_else(|| first_line(text(operation, "description")?)),
            operation_id: text(operation, "operationId"),
            deprecated: is_true(operation, "deprecated"),
            parameters: parameters.into_iter().filter_map(|node| self.parameter(node)).collect(),
            request_body: body.map(|body| RequestBody {
                required: is_true(body, "required"),
                media_types: entries(body.get("content")).map(|(name, _)| name.to_owned()).collect(),
                fields: self.body(body),
            }),
            responses: entries(operation.get("responses"))
                .map(|(status, response)| {
                    let response = self.file.follow(response).map_or(response, |(node, _)| node);
                    OperationResponse {
                        status: status.to_owned(),
                        description: text(response, "description"),
                        fields: self.body(response),
                    }
                })
                .collect(),
        }
    }

    fn parameter(&mut self, node: &Node) -> Option<Parameter> {
        let (node, _) = self.file.follow(node)?;
        let schema = node.get("schema").and_then(|schema| Some(self.file.follow(schema)?.0)).unwrap_or(node);
        let kind = text(schema, "type").unwrap_or_else(|| "any".to_owned());
        let format = text(schema, "format").map(|format| format!(" ({format})")).unwrap_or_default();
        Some(Parameter {
            name: text(node, "name")?,
            place: text(node, "in")?,
            kind: kind + &format,
            required: is_true(node, "required"),
            description: text(node, "description"),
        })
    }

    /// The properties of the payload of a message; one in a format of its own has its schema below.
    fn payload(&mut self, message: &Node) -> Vec<Field> {
        let payload = self.file.follow(message).and_then(|(message, _)| message.get("payload"));
        let Some(payload) = payload else { return Vec::new() };
        self.listed(payload.get("schemaFormat").and(payload.get("schema")).unwrap_or(payload))
    }

    /// The properties of the first media type that has a schema; of `OpenAPI` 2 the schema itself.
    fn body(&mut self, node: &Node) -> Vec<Field> {
        let media = entries(node.get("content")).find_map(|(_, media)| media.get("schema"));
        let Some(schema) = media.or_else(|| node.get("schema")) else { return Vec::new() };
        self.listed(schema)
    }

    fn listed(&mut self, schema: &Node) -> Vec<Field> {
        let steps = self.steps.min(STEPS_PER_BODY);
        let listed = fields(list_below(self.file, schema, steps));
        self.steps = self.steps.saturating_sub(listed.len() + 1);
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = r"
openapi: 3.1.0
paths:
  /carts/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]
    put:
      operationId: putCart
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Cart'}}}}
      responses:
        '200': {description: Kept, content: {application/json: {schema: {$ref: '#/components/schemas/Cart'}}}}
    get: {description: 'One cart\nin full', deprecated: true, responses: {default: {description: No}}}
components:
  schemas:
    Cart: {type: object, required: [id], properties: {id: {type: string, description: Its *name*}, size: {type: integer, default: 1}}}
";

    #[test]
    fn operations_are_values() {
        let mut bundle = Bundle::default();
        bundle.insert("interfaces/api.yaml", API.as_bytes().to_vec()).unwrap();
        let found = operations(&bundle, "interfaces/api.yaml").unwrap();
        let shown: Vec<_> = found.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
        assert_eq!(shown, ["GET /carts/{id}", "PUT /carts/{id}"]);
        assert_eq!((found[0].summary.as_deref(), found[0].deprecated), (Some("One cart\\nin full"), true));
        let put = &found[1];
        assert_eq!(
            (put.parameters[0].name.as_str(), put.parameters[0].kind.as_str()),
            ("id", "string (uuid)")
        );
        let body = put.request_body.as_ref().unwrap();
        assert_eq!(body.media_types, ["application/json"]);
        assert_eq!(body.fields, put.responses[0].fields);
        let fields: Vec<_> = body.fields.iter().map(|field| (field.name.as_str(), field.required)).collect();
        assert_eq!(fields, [("id", true), ("size", false)]);
        assert_eq!(body.fields[0].description.as_deref(), Some("Its *name*"));
        assert_eq!(body.fields[1].default.as_deref(), Some("1"));
        assert_eq!(operations(&bundle, "interfaces/other.yaml"), None);
    }

    #[test]
    fn channels_are_values() {
        let text = r"
asyncapi: 3.0.0
channels:
  created: {address: cart/created, messages: {Created: {$ref: '#/components/messages/Created'}}}
  gone: {address: cart/gone}
operations:
  onCreated: {action: send, channel: {$ref: '#/channels/created'}, summary: A cart is there}
components:
  messages:
    Created:
      name: CartCreated
      payload: {type: object, required: [id], properties: {id: {type: string}, at: {type: string, format: date-time}}}
";
        let mut bundle = Bundle::default();
        bundle.insert("events.yaml", text.as_bytes().to_vec()).unwrap();
        bundle.insert("api.yaml", API.as_bytes().to_vec()).unwrap();
        let found = channels(&bundle, "events.yaml").unwrap();
        let [created, gone] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (created.channel.as_str(), created.direction),
            ("cart/created", Some(MessageDirection::Produced))
        );
        assert_eq!(created.operation_id.as_deref(), Some("onCreated"));
        assert_eq!((created.messages[0].name.as_str(), created.message_count), ("CartCreated", 1));
        let fields: Vec<_> =
            created.messages[0].fields.iter().map(|field| (field.name.as_str(), field.required)).collect();
        assert_eq!(fields, [("at", false), ("id", true)]);
        assert_eq!((gone.direction, gone.operation_id.as_deref()), (None, None));
        assert_eq!(channels(&bundle, "api.yaml"), None);
    }

    #[test]
    fn a_schema_is_a_list_of_fields() {
        let mut bundle = Bundle::default();
        let schema = br#"{"properties": {"db": {"properties": {"url": {"type": "string"}}}}}"#;
        bundle.insert("schema.json", schema.to_vec()).unwrap();
        let names: Vec<_> =
            properties(&bundle, "schema.json").unwrap().into_iter().map(|field| field.name).collect();
        assert_eq!(names, ["db", "db.url"]);
        assert!(properties(&bundle, "none.json").unwrap_err().contains("not in the bundle"));
    }
}
