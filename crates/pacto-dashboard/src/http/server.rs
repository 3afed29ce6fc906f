//! The site of the dashboard, and what every request to it meets.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

use super::assets;
use super::connections;
use super::guard::Visitor;
use super::openapi::Description;
use super::problem::Problem;
use crate::api::api;
use crate::app::Dashboard;

/// Time for an answer, without streams of events.
pub const ANSWER_TIME: Duration = Duration::from_mins(1);
/// Smallest answer that is compressed, in bytes.
const MIN_COMPRESSED: u64 = 1_024;

/// One request that was answered, for the access log.
#[derive(Debug, Clone)]
pub struct Access {
    /// When it came.
    pub at: jiff::Timestamp,
    /// Address of the other end.
    pub peer: IpAddr,
    /// Who asked, where a trusted proxy said so.
    pub user: Option<String>,
    /// Method.
    pub method: Method,
    /// Path without the query, as it came.
    pub path: String,
    /// Status.
    pub status: u16,
    /// Time to the answer.
    pub took: Duration,
}

/// Takes note of requests.
pub type AccessLog = Arc<dyn Fn(&Access) + Send + Sync>;

/// What every request meets.
#[derive(Clone)]
struct Gate {
    app: Arc<Dashboard>,
    log: Option<AccessLog>,
}

/// The whole site.
pub fn site(app: &Arc<Dashboard>, log: Option<AccessLog>) -> Router {
    let api = api(app.diagnostics);
    let described = api
        .router
        .route("/openapi", get(openapi))
        .route("/openapi.json", get(openapi))
        .route("/openapi.yaml", get(openapi_yaml))
        .route("/schemas/{file}", get(schema))
        .route("/docs", get(docs))
        .fallback(file)
        .method_not_allowed_fallback(not_allowed);
    let compressed = NotForContentType::const_new("text/event-stream").and(SizeAbove::new(MIN_COMPRESSED));
    let gate = Gate { app: Arc::clone(app), log };
    described
        .with_state(Arc::clone(app))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            let detail = "something broke; the log of the server says more";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
        }))
        .layer(from_fn_with_state(gate, pass))
}

/// The description of the API of a server at `url`, with or without what `--diagnostics` adds.
pub fn describe(diagnostics: bool, url: &str) -> serde_json::Value {
    let description: Description = api(diagnostics).description;
    description.document(url)
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (began, at) = (Instant::now(), jiff::Timestamp::now());
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // The template of the path, so that there are few, whatever people ask for.
    let route = request.extensions().get::<MatchedPath>().map_or("file", MatchedPath::as_str).to_owned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let visitor = Visitor { method: &method, uri: request.uri(), headers: request.headers(), peer };
    let (user, mut response) = match gate.app.guard.admit(visitor) {
        Err(problem) => (None, problem.into_response()),
        Ok(user) if method == Method::OPTIONS => (user, StatusCode::NO_CONTENT.into_response()),
        Ok(user) => {
            let answer = tokio::time::timeout(ANSWER_TIME, next.run(request)).await;
            let late = |_| {
                let detail = format!("there was no answer within {} seconds", ANSWER_TIME.as_secs());
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
            };
            (user, answer.unwrap_or_else(late))
        }
    };
    gate.app.guard.seal(response.headers_mut(), origin.as_ref());
    let (status, took) = (response.status().as_u16(), began.elapsed());
    gate.app.metrics.answered(&route, status, took);
    if let Some(log) = &gate.log {
        log(&Access { at, peer, user, method, path, status, took });
    }
    response
}

async fn openapi(State(app): State<Arc<Dashboard>>) -> Response {
    let document = app.description.get_or_init(|| describe(app.diagnostics, "/"));
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], document.to_string()).into_response()
}

async fn openapi_yaml(State(app): State<Arc<Dashboard>>) -> Response {
    let document = app.description.get_or_init(|| describe(app.diagnostics, "/"));
    let text = pacto_contract::yaml::emit(&pacto_contract::yaml::Node::from_json(document));
    let kind = HeaderValue::from_static("application/yaml");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// One component of the description as a schema of its own.
async fn schema(
    State(app): State<Arc<Dashboard>>,
    axum::extract::Path(name): axum::extract::Path<String>,
) -> Response {
    let document = app.description.get_or_init(|| describe(app.diagnostics, "/"));
    let known =
        name.strip_suffix(".json").and_then(|name| document.get("components")?.get("schemas")?.get(name));
    match known {
        Some(schema) => {
            let kind = HeaderValue::from_static("application/schema+json");
            ([(header::CONTENT_TYPE, kind)], schema.to_string()).into_response()
        }
        None => Problem::not_found("there is no such schema").into_response(),
    }
}

/// The interactive description is a page of the UI.
async fn docs() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, HeaderValue::from_static("/#/docs"))]).into_response()
}

async fn not_allowed(method: Method, uri: axum::http::Uri) -> Response {
    let detail = format!("{} does not take {method}; /openapi says what it takes", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
}

async fn file(method: Method, uri: axum::http::Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if path.starts_with("/api/") {
        return Problem::not_found(format!("there is no {method} {path}; /openapi lists what there is"))
            .into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return Problem::not_found("there is nothing to change here").into_response();
    }
    assets::serve(path, &headers)
}

/// Serves until `stop` ends; then answers that are under way have ten seconds.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: Arc<Dashboard>,
    log: Option<AccessLog>,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let site = site(&app, log);
    connections::accept(listener, &site, stop, || {
        app.stopping.send_replace(true);
    })
    .await;
    Ok(())
}
