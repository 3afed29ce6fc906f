//! Errors as problem documents (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pacto_oci::registry::RegistryError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bundles::OpenError;
use crate::source::repository::RepositoryError;

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What is wrong, and what to do about it.
    pub detail: String,
    /// What is wrong with which part of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemPart>,
}

/// What is wrong with a part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProblemPart {
    /// What is wrong.
    pub message: String,
    /// Which part, such as `query.limit` or `body.ref`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl Problem {
    /// A problem with a status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { title, status: status.as_u16(), detail: detail.into(), errors: Vec::new() }
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 422, about a part of the request.
    pub fn invalid(location: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let part = ProblemPart { message: message.clone(), location: Some(location.to_owned()) };
        Self { errors: vec![part], ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, message) }
    }

    /// Work on another thread did not end well.
    pub fn broken(error: &tokio::task::JoinError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }

    /// No source knows the service.
    pub fn unknown_service(name: &str) -> Self {
        Self::not_found(format!("service {name:?} is not known to any source"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"pacto dashboard\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<RepositoryError> for Problem {
    fn from(error: RepositoryError) -> Self {
        let status = match &error {
            RepositoryError::Reference(_)
            | RepositoryError::NoMatch { .. }
            | RepositoryError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            RepositoryError::NoVersions(_) => StatusCode::NOT_FOUND,
            RepositoryError::Taken(_) => StatusCode::CONFLICT,
            RepositoryError::Registry(error) => status_of(error),
        };
        Self::new(status, error.to_string())
    }
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        let status = match &error {
            OpenError::Registry(error) => status_of(error),
            OpenError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            // It was there a moment ago.
            OpenError::Directory(_) => StatusCode::NOT_FOUND,
        };
        Self::new(status, error.to_string())
    }
}

fn status_of(error: &RegistryError) -> StatusCode {
    match error {
        RegistryError::Authentication { .. } => StatusCode::FORBIDDEN,
        RegistryError::NotFound(_) => StatusCode::NOT_FOUND,
        RegistryError::InvalidBundle { .. } | RegistryError::NoMatchingVersion { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        RegistryError::Unreachable { .. } => StatusCode::BAD_GATEWAY,
    }
}
