//! Health, readiness, metrics.

use super::operation;
use serde_json::json;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::{Dashboard, sources};
use crate::http::operation::{Api, Call};
use crate::http::problem::Problem;
use crate::http::reply::{Asked, Reply};
use crate::wire::report::{Health, MetricsReport, Readiness, SourceReadiness, SourceState};

/// Adds the operations of this module.
pub fn add(api: Api) -> Api {
    let ready = "Whether there is something to show, and how the sources are";
    let mut api = api
        .get(operation("health", "/health", "Health", "Whether the server runs", &[]), health)
        .get(operation("ready", "/readyz", "Health", ready, &[503]), self::ready);
    let text = json!({"schema": {"type": "string"}});
    let counts = api.description.schema_of::<MetricsReport>();
    let summary = "Counts in JSON; numbers for Prometheus to who accepts text";
    api.description.other(
        operation("metrics", "/metrics", "Health", summary, &[]),
        &json!({"application/json": {"schema": counts}, "text/plain": text, "application/openmetrics-text": text}),
    );
    api.router = api.router.route("/metrics", axum::routing::get(metrics));
    api
}

/// An operation that takes nothing.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Nothing {}

pub async fn health(call: Call, _: Nothing) -> Result<Reply<Health>, Problem> {
    let version = Some(call.app.version.clone()).filter(|version| !version.is_empty());
    Ok(Reply::new(&Health { status: "ok".to_owned(), version }))
}

/// Ready is who has something to show: at least one source that is in use has answered.
pub async fn ready(call: Call, _: Nothing) -> Result<Reply<Readiness>, Problem> {
    let snapshot = call.app.snapshot();
    let used = sources(&snapshot.contents).sources.into_iter().filter(|source| source.enabled);
    let states: Vec<SourceReadiness> =
        used.map(|source| SourceReadiness { kind: source.kind, state: source.state }).collect();
    let answers = |source: &SourceReadiness| {
        matches!(source.state, SourceState::Live | SourceState::Discovering | SourceState::Stale)
    };
    if !states.iter().any(answers) && !states.is_empty() {
        let detail = "no source could be asked yet; /api/sources says why";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    Ok(Reply::new(&Readiness { ready: true, sources: states }))
}

/// Counts in JSON, as the original has them; `OpenMetrics` for those who accept text.
pub async fn metrics(State(app): State<Arc<Dashboard>>, headers: HeaderMap) -> Response {
    let asked = Asked::of(&headers);
    let wants = |kind: &str| asked.accept.contains(kind);
    if (wants("application/openmetrics-text") || wants("text/plain")) && !wants("application/json") {
        let kind = if wants("application/openmetrics-text") {
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        } else {
            "text/plain; version=0.0.4; charset=utf-8"
        };
        return ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], app.metrics.text(&app))
            .into_response();
    }
    let snapshot = app.snapshot();
    let source_count = sources(&snapshot.contents).sources.len();
    Reply::new(&MetricsReport { service_count: snapshot.services.len(), source_count }).into_response()
}
