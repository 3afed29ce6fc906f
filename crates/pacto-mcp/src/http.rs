//! Many clients over HTTP: one address, `/mcp`, for both revisions of the protocol.
//!
//! A page in a browser can send requests to this machine, so that the names in `Host` and `Origin` are checked before anything
//! else. What a client can make the server keep is bounded: connections, headers, bodies, sessions.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rmcp::ServerHandler;
use rmcp::model::ErrorData;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::ServeError;

/// Most connections at once; more wait to be accepted.
pub const MAX_CONNECTIONS: usize = 1_024;
/// Most sessions of clients of the older revision; more are refused.
pub const MAX_SESSIONS: usize = 256;
/// Largest message, in bytes.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Time for the headers of a request.
pub const HEADER_TIME: Duration = Duration::from_secs(10);
/// Time for the body of a request, from its headers on.
pub const BODY_TIME: Duration = Duration::from_secs(30);
/// Most bytes of the headers of a request.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Most headers of a request.
pub const MAX_HEADERS: usize = 100;
/// A session of which nothing is heard for so long ends.
const SESSION_TIME: Duration = Duration::from_mins(15);
/// Between two signs of life on a stream of events: a client that went away is noticed by them.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// Time for answers that are under way when the server stops.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Type of messages.
const JSON: &str = "application/json";

/// Who may ask.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Names of hosts under which the server may be asked, besides those of this machine.
    pub allowed_hosts: Vec<String>,
    /// Origins of pages elsewhere that may ask.
    pub allowed_origins: Vec<String>,
    /// What clients must send as `Authorization: Bearer …`.
    pub token: Option<Token>,
}

/// A secret that clients know.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The token in a text; blanks around it do not count.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Compares in a time that does not tell how much of it is right.
    fn is(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        let differ = own.iter().zip(given).fold(0, |sum, (left, right)| sum | (left ^ right));
        own.len() == given.len() && differ == 0 && !own.is_empty()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl Guard {
    /// The refusal, if there is one.
    fn refusal(&self, headers: &HeaderMap) -> Option<Response> {
        // The library looks at the first; a proxy on the way may have looked at another.
        if headers.get_all(header::HOST).iter().count() != 1 {
            return Some((StatusCode::BAD_REQUEST, "a request has one Host").into_response());
        }
        let token = self.token.as_ref()?;
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split_once(' '));
        match given {
            Some((scheme, text)) if scheme.eq_ignore_ascii_case("bearer") && token.is(text.trim()) => None,
            _ => {
                let mut response =
                    (StatusCode::UNAUTHORIZED, "this server wants a token: Authorization: Bearer …")
                        .into_response();
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                Some(response)
            }
        }
    }
}

struct Site<S: ServerHandler> {
    service: StreamableHttpService<Arc<S>, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    guard: Guard,
    opening: Mutex<()>,
}

/// The whole site: `/mcp`, and `/health` for those that look whether it is there.
fn site<S: ServerHandler>(server: Arc<S>, guard: Guard, stop: CancellationToken) -> Router {
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(SESSION_TIME);
    let sessions = Arc::new(sessions);
    let own = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
    let origins = own.into_iter().map(str::to_owned).chain(guard.allowed_origins.iter().cloned());
    let hosts = ["localhost", "127.0.0.1", "::1"].into_iter().map(str::to_owned);
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts.chain(guard.allowed_hosts.iter().cloned()).collect::<Vec<_>>())
        .with_allowed_origins(origins.collect::<Vec<_>>())
        .enforce_origin_validation()
        .with_json_response(true)
        .with_sse_keep_alive(Some(KEEP_ALIVE))
        .with_max_request_body_bytes(MAX_BODY_BYTES)
        .with_cancellation_token(stop);
    let service = StreamableHttpService::new(move || Ok(Arc::clone(&server)), Arc::clone(&sessions), config);
    let site = Arc::new(Site { service, sessions, guard, opening: Mutex::new(()) });
    let answer = move |request: Request| {
        let site = Arc::clone(&site);
        async move { site.answer(request).await }
    };
    Router::new().route("/mcp", any(answer)).route("/health", get(|| async { "ok\n" }))
}

impl<S: ServerHandler> Site<S> {
    async fn answer(&self, request: Request) -> Response {
        if let Some(refused) = self.guard.refusal(request.headers()) {
            return refused;
        }
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return self.service.handle(Request::from_parts(parts, body)).await.map(Body::new);
        }
        let body = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, MAX_BODY_BYTES)).await;
        let bytes = match body {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
        };
        let message: Option<Value> = serde_json::from_slice(&bytes).ok();
        // Whatever opens a session says so; one after the other, so that they can be counted.
        let opens_session = message.as_ref().is_some_and(|message| message["method"] == "initialize");
        let _turn = if opens_session { Some(self.opening.lock().await) } else { None };
        if opens_session && self.sessions.sessions.read().await.len() >= MAX_SESSIONS {
            return (StatusCode::SERVICE_UNAVAILABLE, "too many sessions are open; try again later")
                .into_response();
        }
        let is_json = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
            kind.as_bytes().get(..JSON.len()).is_some_and(|kind| kind.eq_ignore_ascii_case(JSON.as_bytes()))
        });
        let request = Request::from_parts(parts, Body::from(bytes));
        let response = self.service.handle(request).await;
        // The library takes a body that is no message for one of another type.
        if response.status() != StatusCode::UNSUPPORTED_MEDIA_TYPE || !is_json {
            return response.map(Body::new);
        }
        let error = if message.is_some() {
            ErrorData::invalid_request(
                "the body is no message of JSON-RPC 2.0; batches are no part of the protocol",
                None,
            )
        } else {
            ErrorData::parse_error("the body is no JSON", None)
        };
        let body = serde_json::json!({"jsonrpc": "2.0", "id": null, "error": error});
        (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], body.to_string())
            .into_response()
    }
}

/// Serves until `stop` is cancelled; then answers that are under way have some seconds.
///
/// # Errors
/// [`ServeError::Io`] when the listener breaks.
pub async fn serve<S: ServerHandler>(
    listener: TcpListener,
    server: S,
    guard: Guard,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let site = site(Arc::new(server), guard, stop.child_token());
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let turn = tokio::select! {
            turn = Arc::clone(&connections).acquire_owned() => turn,
            () = stop.cancelled() => break,
        };
        let Ok(turn) = turn else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Too many open files: wait until some are closed.
                    tracing::warn!(error = %error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        // Small answers go out at once; where that cannot be set they go out late.
        let _ = stream.set_nodelay(true);
        let service =
            site.clone().map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new));
        let service = service.map_err(|never: Infallible| match never {});
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .max_buf_size(MAX_HEADER_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a connection ended badly");
            }
            drop(turn);
        });
    }
    drop(listener);
    // Who does not finish in time is cut off.
    let _ = tokio::time::timeout(DRAIN_TIME, graceful.shutdown()).await;
    Ok(())
}
