//! Paths of the server of documents.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use futures_util::stream::unfold;
use pacto_app::doc::Api;
use pacto_app::doc::page;
use pacto_oci::registry::forward::{Forwarder, Target};
use serde_json::json;
use tokio::sync::watch;

use super::Explorer;
use super::live::{Live, Shown};
use super::proxy;
use crate::http::assets;
use crate::http::guard::{Guard, Visitor};
use crate::http::problem::Problem;

/// Most pages that listen for changes at once.
pub const MAX_LISTENERS: usize = 256;
/// How often a comment is sent, by which pages that are gone are noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Shows what changed without losing the place, see `page.js`.
const SCRIPT: &str = include_str!("page.js");

/// What is served.
pub struct Site {
    /// The contract.
    pub live: Live,
    /// Passes requests on.
    pub forwarder: Forwarder,
    explorer: Option<Explorer>,
    guard: Guard,
    listeners: AtomicUsize,
}

impl Site {
    /// A site for this machine.
    pub fn new(live: Live, explorer: Option<Explorer>, forwarder: Forwarder) -> Self {
        let guard = Guard { is_loopback: true, ..Guard::default() };
        Self { live, forwarder, explorer, guard, listeners: AtomicUsize::new(0) }
    }

    /// The servers to which requests may go.
    pub fn targets(&self) -> Vec<&Target> {
        self.explorer.iter().flat_map(|explorer| &explorer.targets).map(|(_, target)| target).collect()
    }

    /// The interfaces that are shown, of what is there.
    fn apis<'a>(&self, shown: &'a Shown) -> Vec<&'a Api> {
        let only = self.explorer.as_ref().and_then(|explorer| explorer.interface.as_ref());
        let apis = shown.documentation.apis.iter();
        apis.filter(|api| only.is_none_or(|only| *only == api.name)).collect()
    }
}

/// Everything behind one door.
pub fn router(site: &Arc<Site>) -> Router {
    let router = Router::new()
        .route("/events", get(events))
        .route("/page.css", get(|| async { text("text/css; charset=utf-8", page::style()) }))
        .route("/page.js", get(|| async { text("text/javascript; charset=utf-8", SCRIPT.to_owned()) }));
    let router = if site.explorer.is_some() {
        router
            .route("/", get(first))
            .route("/ui/{interface}", get(explorer))
            .route("/interfaces", get(interfaces))
            .route("/spec/{interface}", get(description))
            .route("/proxy", any(proxy::forward))
            .fallback(asset)
    } else {
        // One page for every path.
        router.route("/favicon.svg", get(asset)).fallback(document)
    };
    router.with_state(Arc::clone(site)).layer(from_fn_with_state(Arc::clone(site), pass))
}

async fn pass(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let visitor = Visitor {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let mut response = match site.guard.admit(visitor) {
        Err(problem) => problem.into_response(),
        Ok(_) => next.run(request).await,
    };
    site.guard.seal(response.headers_mut(), None);
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn text(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}

async fn document(State(site): State<Arc<Site>>) -> Response {
    let head = "<link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n\
        <link rel=\"stylesheet\" href=\"/page.css\">\n<script src=\"/page.js\" defer></script>";
    let page = site.live.now().documentation.page.around(head);
    text("text/html; charset=utf-8", page)
}

async fn first(State(site): State<Arc<Site>>) -> Response {
    let shown = site.live.now();
    match site.apis(&shown).first().map(|api| HeaderValue::from_str(&path_of(&api.name))) {
        Some(Ok(path)) => (StatusCode::FOUND, [(header::LOCATION, path)]).into_response(),
        _ => Problem::not_found("the contract has no http interface with a contract file any more")
            .into_response(),
    }
}

fn path_of(interface: &str) -> String {
    let query = serde_urlencoded::to_string([("", interface)]).unwrap_or_default();
    format!("/ui/{}", query.trim_start_matches('=').replace('+', "%20"))
}

async fn explorer(State(site): State<Arc<Site>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let shown = site.live.now();
    if !site.apis(&shown).iter().any(|api| api.name == name) {
        return Problem::not_found("there is no such interface; / leads to the first one").into_response();
    }
    assets::serve("/explorer.html", &headers)
}

async fn interfaces(State(site): State<Arc<Site>>) -> Response {
    let shown = site.live.now();
    let target = |name: &str| site.explorer.as_ref()?.target_of(name).map(Target::as_str);
    let list: Vec<_> = site
        .apis(&shown)
        .into_iter()
        .map(|api| json!({"name": api.name, "path": path_of(&api.name), "target": target(&api.name)}))
        .collect();
    let service = &shown.documentation.page.title;
    text("application/json", json!({"service": service, "interfaces": list}).to_string())
}

async fn description(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Response {
    let shown = site.live.now();
    let Some(api) = site.apis(&shown).into_iter().find(|api| api.name == name) else {
        return Problem::not_found("there is no such interface").into_response();
    };
    let mut document = api.document.clone();
    let target = site.explorer.as_ref().and_then(|explorer| explorer.target_of(&name));
    if let (Some(target), Some(members)) = (target, document.as_object_mut()) {
        members.insert("servers".to_owned(), json!([{"url": target.as_str()}]));
    }
    text("application/json", document.to_string())
}

async fn asset(uri: Uri, headers: HeaderMap) -> Response {
    match uri.path() {
        path @ ("/explorer.js" | "/app.css" | "/theme.js" | "/favicon.svg") => assets::serve(path, &headers),
        _ => Problem::not_found("there is nothing here; / leads to the first interface").into_response(),
    }
}

/// A page that listens; counted as long as it does.
struct Listener {
    site: Arc<Site>,
    shown: watch::Receiver<Arc<Shown>>,
    stopping: watch::Receiver<bool>,
    is_first: bool,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.site.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.is_first) {
            return Some(event(&self.shown.borrow_and_update()));
        }
        tokio::select! {
            changed = self.shown.changed() => changed.ok().map(|()| event(&self.shown.borrow_and_update())),
            _ = self.stopping.wait_for(|stops| *stops) => None,
            () = tokio::time::sleep(HEARTBEAT) => Some(Bytes::from_static(b":\n\n")),
        }
    }
}

fn event(shown: &Shown) -> Bytes {
    let data = json!({"revision": shown.revision, "error": shown.error});
    Bytes::from(format!("data: {data}\n\n"))
}

async fn events(State(site): State<Arc<Site>>) -> Response {
    if site.listeners.fetch_add(1, Ordering::SeqCst) >= MAX_LISTENERS {
        site.listeners.fetch_sub(1, Ordering::SeqCst);
        let detail = format!("{MAX_LISTENERS} pages listen already");
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    }
    let (shown, stopping) = (site.live.subscribe(), site.live.stopping());
    let listener = Listener { site, shown, stopping, is_first: true };
    let body = Body::from_stream(unfold(listener, |mut listener| async move {
        let text = listener.next().await?;
        Some((Ok::<_, Infallible>(text), listener))
    }));
    let kind = HeaderValue::from_static("text/event-stream");
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}
