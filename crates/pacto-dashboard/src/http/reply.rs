//! Answers with identity and compression.

use std::marker::PhantomData;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;

/// What a client said of the answer that it wants.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whether it reads gzip.
    pub reads_gzip: bool,
    /// Identities of answers that it has.
    pub known: Option<String>,
    /// Media types that it wants.
    pub accept: String,
}

impl Asked {
    /// From the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let text =
            |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        let reads_gzip = text(header::ACCEPT_ENCODING).split(',').any(|coding| {
            let mut parts = coding.trim().split(';');
            let is_gzip = parts.next().is_some_and(|name| matches!(name.trim(), "gzip" | "*"));
            is_gzip && !parts.any(|part| matches!(part.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        });
        let known =
            headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { reads_gzip, known, accept: text(header::ACCEPT).to_owned() }
    }

    /// Whether it has the answer with this identity.
    fn has(&self, etag: &str) -> bool {
        let listed = self.known.as_deref().unwrap_or_default().split(',').map(str::trim);
        listed
            .into_iter()
            .any(|known| known == "*" || known.trim_start_matches("W/").trim_matches('"') == etag)
    }
}

/// An answer in JSON, of a type that the description knows.
#[derive(Debug)]
pub struct Reply<T> {
    body: Bytes,
    is_compressed: bool,
    is_known: bool,
    etag: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    value: PhantomData<fn() -> T>,
}

impl<T: Serialize> Reply<T> {
    /// Writes a value.
    pub fn new(value: &T) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec()).into();
        Self {
            body,
            is_compressed: false,
            is_known: false,
            etag: None,
            headers: Vec::new(),
            value: PhantomData,
        }
    }

    /// Writes a value, unless the client has the one with this identity.
    pub fn with_etag(value: &T, etag: &str, asked: &Asked) -> Self {
        if asked.has(etag) {
            return Self::known(etag);
        }
        Self { etag: Some(etag.to_owned()), ..Self::new(value) }
    }
}

impl<T> Reply<T> {
    /// The same answer, of a type that is written alike: a list of references in place of a list of values.
    pub fn of<U>(self) -> Reply<U> {
        let Self { body, is_compressed, is_known, etag, headers, value: _ } = self;
        Reply { body, is_compressed, is_known, etag, headers, value: PhantomData }
    }

    fn known(etag: &str) -> Self {
        Self {
            body: Bytes::new(),
            is_compressed: false,
            is_known: true,
            etag: Some(etag.to_owned()),
            headers: Vec::new(),
            value: PhantomData,
        }
    }

    /// Sends what is compressed already, unless the client has it.
    pub fn compressed(body: impl FnOnce() -> Bytes, etag: &str, asked: &Asked) -> Self {
        if asked.has(etag) {
            return Self::known(etag);
        }
        Self { body: body(), is_compressed: true, is_known: false, ..Self::known(etag) }
    }

    /// Adds a header; one that cannot be written is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// The response.
    pub fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(etag) = self.etag.and_then(|etag| HeaderValue::from_str(&format!("\"{etag}\"")).ok()) {
            headers.insert(header::ETAG, etag);
        }
        headers.extend(self.headers);
        if self.is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.is_compressed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}
