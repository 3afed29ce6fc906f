//! Events: a stream that lasts as long as the page.

use super::operation;
use crate::http::operation::Api;
use crate::wire::report::{HelloEvent, SnapshotEvent, SourcesReport};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::app::Dashboard;
use crate::events::Event;
use crate::http::problem::Problem;

/// Adds the operations of this module.
pub fn add(mut api: Api) -> Api {
    // The events are described by what their `data` holds.
    let hello = api.description.schema_of::<HelloEvent>();
    let snapshot = api.description.schema_of::<SnapshotEvent>();
    let sources = api.description.schema_of::<SourcesReport>();
    let summary = "What changes, as server-sent events: hello, snapshot, sources";
    api.description.other(
        operation("events", "/api/events", "Sources", summary, &[503]),
        &json!({"text/event-stream": {
            "schema": {"type": "string", "contentMediaType": "text/event-stream"},
            "x-events": {"hello": hello, "snapshot": snapshot, "sources": sources},
        }}),
    );
    api.router = api.router.route("/api/events", axum::routing::get(events));
    api
}

/// Most clients that listen at once.
pub const MAX_LISTENERS: usize = 1_024;
/// How often a comment is sent, so that proxies keep the connection and dead clients are noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// One client that listens; counted as long as it is there.
struct Listener {
    app: Arc<Dashboard>,
    events: Receiver<Arc<Event>>,
    stopping: tokio::sync::watch::Receiver<bool>,
    first: Option<Bytes>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.app.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

pub async fn events(State(app): State<Arc<Dashboard>>) -> Response {
    if !app.add_listener(MAX_LISTENERS) {
        let detail = format!(
            "{MAX_LISTENERS} clients listen already; ask again later, or poll /api/services with If-None-Match"
        );
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    }
    // Listening begins before the first event is written, so that nothing is missed between the two.
    let (events, stopping) = (app.listen(), app.stopping.subscribe());
    let first = Some(Event::hello(&app.snapshot(), &app.version).text);
    let listener = Listener { app, events, stopping, first };
    let body = Body::from_stream(unfold(listener, |mut listener| async move {
        let text = listener.next().await?;
        Some((Ok::<_, std::convert::Infallible>(text), listener))
    }));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would collect events otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        tokio::select! {
            event = self.events.recv() => match event {
                Ok(event) => Some(event.text.clone()),
                Err(RecvError::Lagged(_)) => Some(Event::start_again(&self.app.snapshot()).text),
                Err(RecvError::Closed) => None,
            },
            () = tokio::time::sleep(HEARTBEAT) => Some(Bytes::from_static(b": still here\n\n")),
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
        }
    }
}
