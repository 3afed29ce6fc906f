//! Operations: the types of a handler route its requests and write its description, so that the two cannot differ.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::openapi::Description;
use super::problem::Problem;
use super::reply::{Asked, Reply};
use crate::app::Dashboard;

/// Largest body of a request, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Longest value of a parameter, in characters.
pub const MAX_PARAMETER: usize = 2_048;
/// Parameters of the query that may be given more than once; they are read by [`some_texts`].
pub const REPEATED: [&str; 1] = ["owner"];
/// How often such a parameter may be given.
pub const MAX_REPEATED: usize = 8;
/// Longest name in a path, and longest value of a parameter that may be given more than once, in characters.
pub const MAX_NAME: usize = 255;

/// What is said of an operation besides its types.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Identity.
    pub id: &'static str,
    /// Path, with `{name}` for a parameter.
    pub path: &'static str,
    /// Group.
    pub tag: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Statuses besides 200 that it may have for reasons of its own.
    pub errors: &'static [u16],
}

/// What every handler has.
#[derive(Debug, Clone)]
pub struct Call {
    /// Everything that is known.
    pub app: Arc<Dashboard>,
    /// What the client wants.
    pub asked: Asked,
}

/// Operations that are routed and described.
#[derive(Debug)]
pub struct Api {
    /// Routes.
    pub router: Router<Arc<Dashboard>>,
    /// What they are.
    pub description: Description,
}

impl Default for Api {
    fn default() -> Self {
        Self { router: Router::new(), description: Description::new() }
    }
}

impl Api {
    /// An operation that reads: `I` has a field for each parameter of the path and of the query.
    #[must_use]
    pub fn get<I, O, F, W>(mut self, operation: Operation, handler: F) -> Self
    where
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        F: Fn(Call, I) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply<O>, Problem>> + Send,
    {
        self.description.reads::<I, O>(operation);
        let handle = move |state: axum::extract::State<Arc<Dashboard>>, request: Request| {
            let handler = handler.clone();
            async move {
                let call = Call { app: state.0, asked: Asked::of(request.headers()) };
                match parameters::<I>(request).await {
                    Ok(input) => answer(handler(call, input).await),
                    Err(problem) => problem.into_response(),
                }
            }
        };
        self.router = self.router.route(operation.path, on(MethodFilter::GET, handle));
        self
    }

    /// An operation that changes something: `I` is its body.
    #[must_use]
    pub fn post<I, O, F, W>(mut self, operation: Operation, handler: F) -> Self
    where
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        F: Fn(Call, I) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply<O>, Problem>> + Send,
    {
        self.description.changes::<I, O>(operation);
        let handle = move |state: axum::extract::State<Arc<Dashboard>>, request: Request| {
            let handler = handler.clone();
            async move {
                let call = Call { app: state.0, asked: Asked::of(request.headers()) };
                match body::<I>(request).await {
                    Ok(input) => answer(handler(call, input).await),
                    Err(problem) => problem.into_response(),
                }
            }
        };
        self.router = self.router.route(operation.path, on(MethodFilter::POST, handle));
        self
    }

    /// An operation that changes something and takes nothing.
    #[must_use]
    pub fn trigger<O, F, W>(mut self, operation: Operation, handler: F) -> Self
    where
        O: Serialize + JsonSchema + 'static,
        F: Fn(Call) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply<O>, Problem>> + Send,
    {
        self.description.triggers::<O>(operation);
        let handle = move |state: axum::extract::State<Arc<Dashboard>>, request: Request| {
            let handler = handler.clone();
            let call = Call { app: state.0, asked: Asked::of(request.headers()) };
            async move { answer(handler(call).await) }
        };
        self.router = self.router.route(operation.path, on(MethodFilter::POST, handle));
        self
    }
}

fn answer<O>(result: Result<Reply<O>, Problem>) -> Response {
    match result {
        Ok(reply) => reply.into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Parameters of the path and of the query as one value; those of the path win.
async fn parameters<I: DeserializeOwned>(request: Request) -> Result<I, Problem> {
    let (mut parts, _) = request.into_parts();
    let named = RawPathParams::from_request_parts(&mut parts, &()).await;
    let named = named.map_err(|error| Problem::invalid("path", error.body_text()))?;
    let mut pairs: Vec<(String, String)> =
        named.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (name, value) in &pairs {
        if value.chars().count() > MAX_NAME {
            return Err(Problem::invalid(
                &format!("path.{name}"),
                format!("longer than {MAX_NAME} characters"),
            ));
        }
    }
    let query: Vec<(String, String)> = serde_urlencoded::from_str(parts.uri.query().unwrap_or_default())
        .map_err(|error| Problem::invalid("query", error.to_string()))?;
    let mut repeated: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in query {
        let is_repeated = REPEATED.contains(&name.as_str());
        // All values together must fit into one address.
        let longest = if is_repeated { MAX_NAME } else { MAX_PARAMETER };
        if value.chars().count() > longest {
            let name = name.chars().take(MAX_NAME).collect::<String>();
            return Err(Problem::invalid(
                &format!("query.{name}"),
                format!("longer than {longest} characters"),
            ));
        }
        if is_repeated {
            let values = repeated.entry(name.clone()).or_default();
            values.push(value);
            if values.len() > MAX_REPEATED {
                let detail = format!("given more than {MAX_REPEATED} times");
                return Err(Problem::invalid(&format!("query.{name}"), detail));
            }
        } else if !pairs.iter().any(|(known, _)| *known == name && named.iter().any(|(path, _)| path == name))
        {
            pairs.push((name, value));
        }
    }
    // One value for the reader, who knows what is in it.
    pairs.extend(repeated.into_iter().map(|(name, values)| (name, serde_json::json!(values).to_string())));
    let text =
        serde_urlencoded::to_string(&pairs).map_err(|error| Problem::invalid("query", error.to_string()))?;
    serde_urlencoded::from_str(&text).map_err(|error| of_field("query", &error.to_string()))
}

/// A parameter that may be given more than once: all its values that are not empty.
///
/// # Errors
/// As a text.
pub fn some_texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let listed: String = serde::Deserialize::deserialize(deserializer)?;
    let texts: Vec<String> = serde_json::from_str(&listed).unwrap_or_default();
    Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
}

/// A text parameter that is empty is not given.
///
/// # Errors
/// As the text itself.
pub fn some_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = serde::Deserialize::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// A problem with the field that the message names, if it names one.
fn of_field(part: &str, message: &str) -> Problem {
    let field = message.split('`').nth(1).map(|field| format!("{part}.{field}"));
    Problem::invalid(field.as_deref().unwrap_or(part), message)
}

async fn body<I: DeserializeOwned>(request: Request) -> Result<I, Problem> {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let content = read(request.into_body()).await?;
    if content.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the request has no body; it takes a JSON object"));
    }
    if kind != "application/json" && !kind.ends_with("+json") {
        let detail = "the body has to be sent as application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let value: serde_json::Value = serde_json::from_slice(&content)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("the body is no JSON: {error}")))?;
    serde_json::from_value(value).map_err(|error| of_field("body", &error.to_string()))
}

async fn read(body: Body) -> Result<bytes::Bytes, Problem> {
    axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| {
        let detail = format!("the body is larger than {MAX_BODY_BYTES} bytes, or ended early");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })
}

/// Whether a request may change something.
pub fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
