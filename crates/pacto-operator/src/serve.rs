//! Health, readiness and metrics over HTTP.
//!
//! | idea | where |
//! |---|---|
//! | `:8080`, and what it means | [`address`] |
//! | whether everything that is needed is there | [`readiness`] |
//! | connections, their limits, and how they end | [`server`] |
//! | certificates that are read again when they change | [`certificate`] |
//! | who may read metrics | [`guard`] |

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::metrics::{Exposition, Metrics};

pub mod address;
pub mod certificate;
pub mod guard;
pub mod readiness;
pub mod server;

pub use address::BindAddress;
pub use certificate::{Certificate, CertificateError};
pub use guard::Guard;
pub use readiness::Readiness;
pub use server::{Options, serve};

/// `/healthz` and `/readyz`.
pub fn health(readiness: Readiness) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .with_state(readiness)
}

async fn readyz(State(readiness): State<Readiness>) -> Response {
    let missing = readiness.missing();
    if missing.is_empty() {
        return "ok".into_response();
    }
    let text = format!("not ready: {}\n", missing.join(", "));
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

/// `/metrics`, for everybody or for those whom `guard` lets in.
pub fn metrics(metrics: Arc<Metrics>, guard: Option<Arc<Guard>>) -> Router {
    let router = Router::new().route("/metrics", get(exposed)).with_state(metrics);
    match guard {
        Some(guard) => router.layer(from_fn_with_state(guard, guard::admit)),
        None => router,
    }
}

async fn exposed(State(metrics): State<Arc<Metrics>>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let exposition = Exposition::preferred(accept);
    ([(header::CONTENT_TYPE, exposition.content_type())], metrics.text(exposition)).into_response()
}

#[cfg(test)]
mod tests;
