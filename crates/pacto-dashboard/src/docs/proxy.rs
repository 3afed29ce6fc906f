//! Requests of the explorer's page, passed on to the servers that the user named, and to no others.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pacto_oci::registry::forward::{ForwardError, Target};
use serde::Deserialize;

use super::site::Site;
use crate::http::problem::Problem;

/// Largest body that is passed on, in bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// The header that the page sends. A page elsewhere cannot send it without asking first, and is told no.
pub const MARK: HeaderName = HeaderName::from_static("x-pacto-explorer");
/// The status that the server gave: a browser would follow a redirect by itself.
const STATUS: HeaderName = HeaderName::from_static("x-pacto-status");

/// Headers of answers that would do something to our own site.
const NOT_OURS: &[&str] = &[
    "alt-svc",
    "clear-site-data",
    "content-encoding",
    "link",
    "refresh",
    "service-worker-allowed",
    "strict-transport-security",
];

/// The address in the query, under both names that it has.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(alias = "scalar_url")]
    url: String,
}

/// Passes a request on: 400 for no address, 403 for one that is not below a target, 502 without an answer.
pub async fn forward(State(site): State<Arc<Site>>, request: Request) -> Response {
    passed(&site, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn passed(site: &Site, request: Request) -> Result<Response, Problem> {
    let targets = site.targets();
    if targets.is_empty() {
        return Err(Problem::not_found("no server to try was named; start with --target URL"));
    }
    if !request.headers().contains_key(&MARK) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "only the page of the explorer may ask for this"));
    }
    let query = request.uri().query().unwrap_or_default();
    let asked: Asked = serde_urlencoded::from_str(query)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the address is missing: ?url=…"))?;
    let url = admitted(&targets, &asked.url)?;
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY_BYTES).await;
    let body = body.map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"))?;
    let mut headers = parts.headers;
    headers.remove(&MARK);
    let answer = site.forwarder.send(parts.method, url, &headers, body).await;
    let answer = answer.map_err(|error| Problem::new(StatusCode::BAD_GATEWAY, error.to_string()))?;
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = if answer.status.is_redirection() { StatusCode::OK } else { answer.status };
    *response.headers_mut() = ours(&answer.headers);
    response.headers_mut().insert(STATUS, HeaderValue::from(answer.status.as_u16()));
    Ok(response)
}

fn admitted(targets: &[&Target], text: &str) -> Result<pacto_oci::registry::forward::Url, Problem> {
    let mut refused = None;
    for target in targets {
        match target.admits(text) {
            Ok(url) => return Ok(url),
            Err(error @ ForwardError::Address(_)) => {
                return Err(Problem::new(StatusCode::BAD_REQUEST, error.to_string()));
            }
            Err(error) => refused = Some(error.to_string()),
        }
    }
    let known: Vec<&str> = targets.iter().map(|target| target.as_str()).collect();
    let detail = format!("{}; requests go to {}", refused.unwrap_or_default(), known.join(", "));
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

/// The headers that a page of ours may get.
fn ours(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in NOT_OURS {
        kept.remove(*name);
    }
    let cross: Vec<HeaderName> =
        kept.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in cross {
        kept.remove(name);
    }
    kept
}
