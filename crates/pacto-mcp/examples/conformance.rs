//! A server with the tools, resources and prompts that the official conformance suite asks for, on the same layer as
//! `pacto mcp`: `cargo xtask mcp` runs the suite against it. It says on which port it listens.

#![expect(clippy::print_stdout, reason = "whoever started it reads the port")]

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use pacto_mcp::http::{Guard, serve};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientResult,
    CompleteRequestParams, CompleteResult, CompletionInfo, ContentBlock, CustomRequest, CustomResult,
    ErrorCode, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Implementation, InputRequests,
    InputRequiredResult, JsonObject, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, Prompt, PromptArgument,
    PromptMessage, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
    Resource, ResourceContents, ResourceTemplate, Role, ServerCapabilities, ServerConfig, ServerNotification,
    ServerRequest, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

/// One dot of colour.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==";
/// Silence.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
const STATIC_TEXT: &str = "This is the content of the static text resource.";

const TOOLS: &[&str] = &[
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_tool_with_logging",
    "test_error_handling",
    "test_tool_with_progress",
    "test_sampling",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_reconnection",
    "test_missing_capability",
    "test_streaming_elicitation",
    "test_logging_tool",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
];

struct Fixtures;

fn object(value: Value) -> JsonObject {
    if let Value::Object(object) = value { object } else { Map::new() }
}

fn text(words: impl Into<String>) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(words.into())]).into()
}

fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

fn tools() -> Vec<Tool> {
    let any = || Arc::new(object(json!({"type": "object"})));
    let plain = TOOLS.iter().map(|name| Tool::new(*name, format!("Fixture {name}"), any()));
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }},
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    });
    let header =
        json!({"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}});
    plain
        .chain([
            Tool::new("json_schema_2020_12_tool", "A schema with everything", Arc::new(object(schema))),
            Tool::new("test_header_tool", "An argument that is also a header", Arc::new(object(header))),
        ])
        .collect()
}

fn elicitation(message: &str, properties: &Value, required: &[&str]) -> Value {
    json!({"method": "elicitation/create", "params": {
        "mode": "form",
        "message": message,
        "requestedSchema": {"type": "object", "properties": properties, "required": required},
    }})
}

fn sampling(question: &str) -> Value {
    let content = json!({"type": "text", "text": question});
    json!({"method": "sampling/createMessage", "params": {"messages": [{"role": "user", "content": content}], "maxTokens": 100}})
}

fn roots() -> Value {
    json!({"method": "roots/list", "params": {}})
}

fn more_input(requests: Value, state: Option<&str>) -> Result<InputRequiredResult, ErrorData> {
    let requests: InputRequests = serde_json::from_value(requests)
        .map_err(|error| ErrorData::internal_error(format!("a fixture is wrong: {error}"), None))?;
    Ok(InputRequiredResult::new(Some(requests), state.map(str::to_owned)))
}

/// Asks the client something in the revision in which servers ask by themselves.
async fn ask(context: &RequestContext<RoleServer>, request: Value) -> Result<String, ErrorData> {
    let method = request["method"].as_str().unwrap_or_default().to_owned();
    let request = ServerRequest::CustomRequest(CustomRequest::new(method, Some(request["params"].clone())));
    let answer = context.peer.send_request(request).await;
    let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(match answer {
        ClientResult::EmptyResult(_) => "{}".to_owned(),
        other => serde_json::to_string(&other).unwrap_or_default(),
    })
}

async fn log(context: &RequestContext<RoleServer>, words: &str) {
    let params = json!({"level": "info", "logger": "fixture", "data": words});
    let notification: Result<ServerNotification, _> =
        serde_json::from_value(json!({"method": "notifications/message", "params": params}));
    if let Ok(notification) = notification {
        // A client that is gone hears nothing.
        let _ = context.peer.send_notification(notification).await;
    }
}

impl Fixtures {
    fn with_input(
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let given =
            |name: &str| request.input_responses.as_ref().and_then(|answers| answers.get(name)).cloned();
        let accepted = |name: &str, key: &str| {
            let answer = given(name)?;
            (answer["action"] == "accept")
                .then(|| answer["content"][key].clone())
                .filter(|value| !value.is_null())
        };
        let state = request.request_state.as_deref();
        let name = json!({"name": {"type": "string"}});
        let who = || elicitation("What is your name?", &name, &["name"]);
        let confirm = || elicitation("Go on?", &json!({"ok": {"type": "boolean"}}), &["ok"]);
        match request.name.as_ref() {
            "test_input_required_result_elicitation" => match accepted("user_name", "name") {
                Some(name) => Ok(text(format!("Hello, {name}"))),
                None => Ok(more_input(json!({"user_name": who()}), None)?.into()),
            },
            "test_input_required_result_sampling" => match given("capital_question") {
                Some(answer) => Ok(text(answer.to_string())),
                None => {
                    let question = sampling("What is the capital of France?");
                    Ok(more_input(json!({"capital_question": question}), None)?.into())
                }
            },
            "test_input_required_result_list_roots" => match given("client_roots") {
                Some(answer) => Ok(text(answer.to_string())),
                None => Ok(more_input(json!({"client_roots": roots()}), None)?.into()),
            },
            "test_input_required_result_request_state" => match (given("confirm"), state) {
                (Some(_), Some("state-1")) => Ok(text("state-ok")),
                _ => Ok(more_input(json!({"confirm": confirm()}), Some("state-1"))?.into()),
            },
            "test_input_required_result_multiple_inputs" => {
                match (given("user_name"), given("greeting"), given("client_roots"), state) {
                    (Some(_), Some(_), Some(_), Some("state-1")) => Ok(text("all of it")),
                    _ => {
                        let greeting = sampling("Say hello");
                        let asked =
                            json!({"user_name": who(), "greeting": greeting, "client_roots": roots()});
                        Ok(more_input(asked, Some("state-1"))?.into())
                    }
                }
            }
            "test_input_required_result_multi_round" => match (state, given("step1"), given("step2")) {
                (Some("round-2"), _, Some(_)) => Ok(text("both rounds")),
                (Some("round-1"), Some(_), _) => {
                    Ok(more_input(json!({"step2": confirm()}), Some("round-2"))?.into())
                }
                _ => Ok(more_input(json!({"step1": who()}), Some("round-1"))?.into()),
            },
            "test_input_required_result_tampered_state" => match state {
                None => Ok(more_input(json!({"confirm": confirm()}), Some("state-1"))?.into()),
                Some("state-1") => Ok(text("state-ok")),
                Some(_) => Err(ErrorData::invalid_params("the state is not what was given", None)),
            },
            _ => {
                let can = context.client_capabilities().unwrap_or_default();
                let mut asked = Map::new();
                if can.elicitation.is_some() {
                    asked.insert("user_name".to_owned(), who());
                }
                if can.sampling.is_some() {
                    asked.insert("capital_question".to_owned(), sampling("What is the capital of France?"));
                }
                if request.input_responses.is_some() || asked.is_empty() {
                    return Ok(text("enough"));
                }
                Ok(more_input(Value::Object(asked), None)?.into())
            }
        }
    }

    async fn asking(
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let argument = |key: &str| {
            let given = request.arguments.as_ref().and_then(|all| all.get(key)).and_then(Value::as_str);
            given.unwrap_or("?").to_owned()
        };
        let asked = match request.name.as_ref() {
            "test_sampling" => sampling(&argument("prompt")),
            "test_elicitation" => {
                let who = json!({"username": {"type": "string"}, "email": {"type": "string"}});
                elicitation(&argument("message"), &who, &["username", "email"])
            }
            "test_elicitation_sep1034_defaults" => {
                let properties = json!({
                    "name": {"type": "string", "default": "John Doe"},
                    "age": {"type": "integer", "default": 30},
                    "score": {"type": "number", "default": 95.5},
                    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
                    "verified": {"type": "boolean", "default": true},
                });
                elicitation("Please look at these", &properties, &[])
            }
            _ => {
                let titled = json!([{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]);
                let properties = json!({
                    "untitledSingle": {"type": "string", "enum": ["a", "b", "c"]},
                    "titledSingle": {"type": "string", "oneOf": titled},
                    "legacyEnum": {"type": "string", "enum": ["a", "b"], "enumNames": ["A", "B"]},
                    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}},
                    "titledMulti": {"type": "array", "items": {"anyOf": titled}},
                });
                elicitation("Please choose", &properties, &[])
            }
        };
        Ok(text(format!("The client says: {}", ask(context, asked).await?)))
    }
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("pacto-conformance", "1.0.0"))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let embedded = |uri: &str, words: &str, kind: &str| {
            ContentBlock::resource(ResourceContents::text(words, uri).with_mime_type(kind))
        };
        let blocks = |blocks: Vec<ContentBlock>| Ok(CallToolResult::success(blocks).into());
        match request.name.as_ref() {
            "test_simple_text" => Ok(text("This is a simple text response for testing.")),
            "test_image_content" => blocks(vec![ContentBlock::image(PNG, "image/png")]),
            "test_audio_content" => blocks(vec![ContentBlock::audio(WAV, "audio/wav")]),
            "test_embedded_resource" => blocks(vec![embedded(
                "test://embedded-resource",
                "This is an embedded resource content.",
                "text/plain",
            )]),
            "test_multiple_content_types" => blocks(vec![
                ContentBlock::text("Multiple content types test:"),
                ContentBlock::image(PNG, "image/png"),
                embedded(
                    "test://mixed-content-resource",
                    r#"{"test":"data","value":123}"#,
                    "application/json",
                ),
            ]),
            "test_error_handling" => {
                let words = ContentBlock::text("This tool intentionally returns an error for testing");
                Ok(CallToolResult::error(vec![words]).into())
            }
            "test_tool_with_logging" | "test_logging_tool" => {
                if !is_modern(&context) || context.meta.log_level().is_some() {
                    for words in
                        ["Tool execution started", "Tool processing data", "Tool execution completed"]
                    {
                        log(&context, words).await;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
                Ok(text("logged"))
            }
            "test_tool_with_progress" => {
                if let Some(token) = context.meta.get_progress_token() {
                    for step in [0.0, 50.0, 100.0] {
                        let step = ProgressNotificationParam::new(token.clone(), step).with_total(100.0);
                        // A client that is gone is told by the answer.
                        let _ = context.peer.notify_progress(step).await;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
                Ok(text("done"))
            }
            "test_missing_capability" => {
                #[expect(deprecated, reason = "the suite asks for it")]
                let needed = ClientCapabilities::builder().enable_sampling().build();
                Err(ErrorData::missing_required_client_capability(needed))
            }
            "test_streaming_elicitation" if is_modern(&context) => {
                let who = elicitation("What is your name?", &json!({"name": {"type": "string"}}), &["name"]);
                match &request.input_responses {
                    Some(_) => Ok(text("thank you")),
                    None => Ok(more_input(json!({"user_name": who}), None)?.into()),
                }
            }
            "test_sampling"
            | "test_elicitation"
            | "test_elicitation_sep1034_defaults"
            | "test_elicitation_sep1330_enums" => Self::asking(&request, &context).await,
            name if name.starts_with("test_input_required_result_") => Self::with_input(&request, &context),
            name if self.get_tool(name).is_some() => Ok(text("done")),
            name => Err(ErrorData::invalid_params(format!("Unknown tool: {name}"), None)),
        }
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resource = |uri: &str, name: &str, kind: &str| {
            Resource::new(uri, name).with_description(format!("Fixture {name}")).with_mime_type(kind)
        };
        Ok(ListResourcesResult::with_all_items(vec![
            resource("test://static-text", "static-text", "text/plain"),
            resource("test://static-binary", "static-binary", "image/png"),
            resource("test://watched-resource", "watched-resource", "text/plain"),
        ]))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("test://template/{id}/data", "template");
        let template = template.with_description("Fixture template").with_mime_type("application/json");
        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri.as_str();
        let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
        let contents = match (uri, id) {
            ("test://static-text" | "test://watched-resource", _) => {
                ResourceContents::text(STATIC_TEXT, uri).with_mime_type("text/plain")
            }
            ("test://static-binary", _) => ResourceContents::blob(PNG, uri).with_mime_type("image/png"),
            (_, Some(id)) => {
                let data = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
                ResourceContents::text(data.to_string(), uri).with_mime_type("application/json")
            }
            _ => return Err(ErrorData::resource_not_found("Resource not found", Some(json!({"uri": uri})))),
        };
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = |name: &str, arguments: &[&str]| {
            let argument = |name: &&str| {
                PromptArgument::new(*name).with_description(format!("Fixture {name}")).with_required(true)
            };
            let arguments: Vec<_> = arguments.iter().map(argument).collect();
            Prompt::new(name, Some(format!("Fixture {name}")), Some(arguments))
        };
        Ok(ListPromptsResult::with_all_items(vec![
            prompt("test_simple_prompt", &[]),
            prompt("test_prompt_with_arguments", &["arg1", "arg2"]),
            prompt("test_prompt_with_embedded_resource", &["resourceUri"]),
            prompt("test_prompt_with_image", &[]),
            prompt("test_input_required_result_prompt", &[]),
        ]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let given = request.arguments.unwrap_or_default();
        let argument = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let words = |words: String| PromptMessage::new_text(Role::User, words);
        let messages = match request.name.as_str() {
            "test_simple_prompt" => vec![words("This is a simple prompt for testing.".to_owned())],
            "test_prompt_with_arguments" => {
                let (first, second) = (argument("arg1"), argument("arg2"));
                vec![words(format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
            }
            "test_prompt_with_embedded_resource" => {
                let contents =
                    ResourceContents::text("Embedded resource content for testing.", argument("resourceUri"));
                let block = ContentBlock::resource(contents.with_mime_type("text/plain"));
                vec![
                    PromptMessage::new(Role::User, block),
                    words("Please process the resource above.".to_owned()),
                ]
            }
            "test_prompt_with_image" => {
                let block = ContentBlock::image(PNG, "image/png");
                vec![
                    PromptMessage::new(Role::User, block),
                    words("Please look at the image above.".to_owned()),
                ]
            }
            "test_input_required_result_prompt" => {
                let answer =
                    request.input_responses.as_ref().and_then(|answers| answers.get("user_context")).cloned();
                match answer {
                    Some(answer) => vec![words(answer.to_string())],
                    None => {
                        let context = json!({"context": {"type": "string"}});
                        let asked = elicitation("What is it about?", &context, &["context"]);
                        return Ok(more_input(json!({"user_context": asked}), None)?.into());
                    }
                }
            }
            name => return Err(ErrorData::invalid_params(format!("Unknown prompt: {name}"), None)),
        };
        Ok(GetPromptResult::new(messages).with_description("Fixture").into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let info =
            CompletionInfo::with_pagination(vec!["test".to_owned(), "testing".to_owned()], Some(2), false);
        Ok(CompleteResult::new(info.map_err(|error| ErrorData::internal_error(error, None))?))
    }

    #[expect(deprecated, reason = "clients of the older revision may still ask")]
    async fn set_level(
        &self,
        _: rmcp::model::SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if is_modern(&context) {
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "logging/setLevel", None));
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        _: rmcp::model::SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _: rmcp::model::UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&[ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28])
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/mcp", listener.local_addr()?);
    serve(listener, Fixtures, Guard::default(), CancellationToken::new()).await?;
    Ok(())
}
