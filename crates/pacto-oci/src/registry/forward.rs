//! Requests that are passed on to a server that the user named, and to no other.

use std::time::Duration;

use bytes::Bytes;
pub use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, StatusCode};
use thiserror::Error;

use super::http::Http;
use super::transport::cause;

/// Largest answer that is passed on, in bytes.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Time for a whole answer.
pub const ANSWER_TIME: Duration = Duration::from_mins(1);

/// Headers of a connection, of the page that asks, and of what is passed on as it is.
const NOT_PASSED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "host",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Where requests may go: a server, and the paths below one of its own.
///
/// ```
/// use pacto_oci::registry::forward::Target;
///
/// let target = Target::parse("http://127.0.0.1:8080/api/")?;
/// assert!(target.admits("http://127.0.0.1:8080/api/carts?q=1").is_ok());
/// assert!(target.admits("http://127.0.0.1:8080/apix").is_err());
/// assert!(target.admits("http://127.0.0.1:8080/api/../admin").is_err());
/// # Ok::<(), pacto_oci::registry::forward::ForwardError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

/// Why a request was not passed on, or not answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ForwardError {
    /// Not an address.
    #[error("{0:?} is not an http:// or https:// address without credentials")]
    Address(String),
    /// Not below the target.
    #[error("{0} is not below the target")]
    Elsewhere(String),
    /// No answer, or none that can be passed on.
    #[error("{url} cannot be reached: {cause}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why.
        cause: String,
    },
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Forwarded {
    /// Status, redirects too, which are not followed.
    pub status: StatusCode,
    /// Headers, without those of the connection.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ForwardError::Address`]: not HTTP, with credentials, with a query.
    pub fn parse(text: &str) -> Result<Self, ForwardError> {
        let url = address(text)?;
        let is_plain = url.query().is_none() && url.fragment().is_none();
        if is_plain { Ok(Self { url }) } else { Err(ForwardError::Address(text.to_owned())) }
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The address to ask for, when it is at or below the target.
    ///
    /// # Errors
    /// [`ForwardError::Address`] and [`ForwardError::Elsewhere`].
    pub fn admits(&self, text: &str) -> Result<Url, ForwardError> {
        let url = address(text)?;
        let elsewhere =
            || ForwardError::Elsewhere(format!("{}{}", url.origin().ascii_serialization(), url.path()));
        let base = self.url.path().trim_end_matches('/');
        let below = url.path().strip_prefix(base).ok_or_else(elsewhere)?;
        // A server that takes `%2f..` for a step would be led out.
        let lower = below.to_ascii_lowercase();
        let is_devious = lower.contains("..") && (lower.contains("%2f") || lower.contains("%5c"));
        let is_below = below.is_empty() || below.starts_with('/');
        if url.origin() != self.url.origin() || !is_below || is_devious {
            return Err(elsewhere());
        }
        Ok(url)
    }
}

fn address(text: &str) -> Result<Url, ForwardError> {
    let wrong = || ForwardError::Address(without_credentials(text));
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.has_host();
    if matches!(url.scheme(), "http" | "https") && is_plain { Ok(url) } else { Err(wrong()) }
}

/// A text that may be an address, as it can be shown.
fn without_credentials(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}

/// Whether a header goes along with a request or an answer.
fn is_passed(name: &HeaderName) -> bool {
    !NOT_PASSED.contains(&name.as_str()) && !name.as_str().starts_with("sec-")
}

/// Passes requests on.
#[derive(Debug)]
pub struct Forwarder {
    http: Http,
}

impl Forwarder {
    /// One that trusts what the system trusts.
    ///
    /// # Errors
    /// A text when HTTP cannot be set up.
    pub fn new() -> Result<Self, String> {
        Ok(Self { http: Http::new(&[], ANSWER_TIME)? })
    }

    /// Asks for `url`, which a [`Target`] admitted. Nothing of ours goes along: no cookie, no credential, no referer.
    ///
    /// # Errors
    /// [`ForwardError::Unreachable`].
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Forwarded, ForwardError> {
        let unreachable = |cause: String| ForwardError::Unreachable {
            url: format!("{}{}", url.origin().ascii_serialization(), url.path()),
            cause,
        };
        let asked = async {
            let client = self.http.client(&url)?;
            let mut request = client.request(method, url.clone()).body(body);
            for (name, value) in headers.iter().filter(|(name, _)| is_passed(name)) {
                request = request.header(name, value);
            }
            let mut answer = request.send().await.map_err(|error| cause(&error))?;
            let status = answer.status();
            let mut passed = HeaderMap::new();
            for (name, value) in answer.headers().iter().filter(|(name, _)| is_passed(name)) {
                passed.append(name, value.clone());
            }
            let mut body = Vec::new();
            while let Some(part) = answer.chunk().await.map_err(|error| cause(&error))? {
                if body.len() + part.len() > MAX_ANSWER_BYTES {
                    return Err(format!("the answer is larger than {MAX_ANSWER_BYTES} bytes"));
                }
                body.extend_from_slice(&part);
            }
            Ok(Forwarded { status, headers: passed, body: Bytes::from(body) })
        };
        let late = |_| format!("there was no whole answer within {} seconds", ANSWER_TIME.as_secs());
        tokio::time::timeout(ANSWER_TIME, asked)
            .await
            .map_err(late)
            .and_then(|asked| asked)
            .map_err(unreachable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_target_is_admitted() {
        let target = Target::parse("https://api.example/v1").unwrap();
        assert_eq!(target.as_str(), "https://api.example/v1");
        for good in
            ["https://api.example/v1", "https://api.example:443/v1/x?y", "https://API.example/v1/a%20b"]
        {
            assert!(target.admits(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example/v1",
            "https://api.example/v10",
            "https://api.example/v1/../admin",
            "https://api.example/v1/%2e%2e/admin",
            "https://api.example/v1/x%2f..%2f..%2fadmin",
            "https://api.example:444/v1",
            "https://api.example.evil/v1",
            "https://user@api.example/v1",
            "https://api.example@evil.example/v1",
            "//api.example/v1",
            "file:///v1",
            "",
        ] {
            assert!(target.admits(bad).is_err(), "{bad}");
        }
        for bad in ["ftp://x", "x", "http://u:hunter2@x", "http://x?y=1", "http://x#y"] {
            let error = Target::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
