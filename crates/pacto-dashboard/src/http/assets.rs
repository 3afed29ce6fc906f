//! The files of the UI, built beforehand and part of the program.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::reply::Asked;
use crate::record::hexadecimal;

/// `ui/dist`.
#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Files;

/// Media types of the files that there are.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("json", "application/json"),
    ("txt", "text/plain; charset=utf-8"),
];

/// The file at a path of the site; `/` is the page.
pub fn serve(path: &str, headers: &HeaderMap) -> Response {
    let name = path.trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    let Some(file) = Files::get(name) else {
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, kind)], "404 page not found\n")
            .into_response();
    };
    let hash = file.metadata.sha256_hash();
    let etag = format!("\"{}\"", hexadecimal(hash.get(..16).unwrap_or_default()));
    let extension = name.rsplit('.').next().unwrap_or_default();
    let kind = TYPES
        .iter()
        .find(|(known, _)| *known == extension)
        .map_or("application/octet-stream", |(_, kind)| kind);
    let known = Asked::of(headers).known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data.into_owned()))
    };
    let to = response.headers_mut();
    to.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Asked for again each time, answered in a line: a new version of the program has a new page.
    to.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        to.insert(header::ETAG, etag);
    }
    response
}
