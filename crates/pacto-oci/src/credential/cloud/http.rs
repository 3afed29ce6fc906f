//! Requests to clouds: bounded in time and size, never redirected, and silent about what they carry.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Problem;
use crate::credential::Secret;

/// Time for a connection to a service of this machine. Outside of its cloud nobody answers at its address.
const NEAR_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Time for its whole answer.
const NEAR_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a connection to a service of a cloud.
const FAR_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for its whole answer.
const FAR_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer that is read.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Wait before the one repetition, where an answer means "not now".
const PAUSE: Duration = Duration::from_millis(200);
/// Longest word of an error that is shown.
const MAX_CODE_LETTERS: usize = 64;

/// How clouds are spoken to.
#[derive(Debug)]
pub(super) struct Http {
    /// Services of the cloud, by way of the proxy where there is one.
    far: Client,
    /// Services of this machine and of its link, never by way of a proxy.
    near: Client,
}

/// An answer that means success.
pub(super) struct Answer {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Http {
    /// Sets both clients up.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new() -> Result<Self, Problem> {
        // Not done before `main`, see `.cargo/config.toml`; signatures need it too.
        aws_lc_rs::init();
        let builder = || {
            Client::builder()
                .user_agent(concat!("pacto/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
        };
        let far = builder().connect_timeout(FAR_CONNECT_TIMEOUT).timeout(FAR_TIMEOUT);
        let near = builder().no_proxy().connect_timeout(NEAR_CONNECT_TIMEOUT).timeout(NEAR_TIMEOUT);
        let problem = |_| Problem::new("TLS cannot be set up");
        Ok(Self { far: far.build().map_err(problem)?, near: near.build().map_err(problem)? })
    }

    /// For a service of this machine, whatever its address.
    pub fn near(&self) -> &Client {
        &self.near
    }

    /// For an address that may be anywhere.
    pub fn to(&self, url: &Url) -> &Client {
        if is_near(url) { &self.near } else { &self.far }
    }

    /// Posts a form.
    ///
    /// # Errors
    /// As [`json`].
    pub async fn post_form<T: DeserializeOwned>(
        &self,
        url: &Url,
        pairs: &[(&str, &str)],
    ) -> Result<T, Problem> {
        let request = self.to(url).post(url.clone());
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(pairs));
        json(request.header("accept", "application/json")).await
    }
}

/// Sends a request; an answer that means "not now" is asked for once more.
///
/// # Errors
/// No answer in time, a status other than 200, too much. The text names the site and the status, nothing that was
/// sent.
pub(super) async fn send(request: RequestBuilder) -> Result<Answer, Problem> {
    let again = request.try_clone();
    match send_once(request).await {
        Err((_, true)) => {}
        first => return first.map_err(|(problem, _)| problem),
    }
    let again = again.ok_or_else(|| Problem::new("a request that cannot be repeated"))?;
    // A service that has no answer now may have one soon.
    tokio::time::sleep(PAUSE).await;
    send_once(again).await.map_err(|(problem, _)| problem)
}

/// A failure comes with whether it may pass.
async fn send_once(request: RequestBuilder) -> Result<Answer, (Problem, bool)> {
    let failed = |error: reqwest::Error| {
        let site = error.url().map(site).unwrap_or_default();
        (Problem::new(format!("{site}: {}", crate::registry::cause(&error))), false)
    };
    let mut response = request.send().await.map_err(failed)?;
    let (status, site, headers) = (response.status(), site(response.url()), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY_BYTES {
            return Err((Problem::new(format!("{site} sends too much")), false));
        }
    }
    if status == StatusCode::OK {
        return Ok(Answer { headers, body });
    }
    let code = code(&body).map(|code| format!(" ({code})")).unwrap_or_default();
    let may_pass = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    Err((Problem::new(format!("{site} answered {status}{code}")), may_pass))
}

/// Sends a request whose answer is JSON.
///
/// # Errors
/// As [`send`], and an answer of another form.
pub(super) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Problem> {
    let answer = send(request).await?;
    // The error of the parser may quote the answer.
    serde_json::from_slice(&answer.body)
        .map_err(|_| Problem::new("the answer has not the form that is expected"))
}

/// Sends a request whose answer is one text, a token for instance.
///
/// # Errors
/// As [`send`], and an answer that is not UTF-8.
pub(super) async fn text(request: RequestBuilder) -> Result<Secret, Problem> {
    let text = String::from_utf8(send(request).await?.body);
    text.map(|text| Secret::new(text.trim())).map_err(|_| Problem::new("the answer is no text"))
}

/// A header that is kept out of every log.
///
/// # Errors
/// A character that no header may have.
pub(super) fn sensitive(value: &str) -> Result<HeaderValue, Problem> {
    let header = HeaderValue::from_str(value).map(|mut header| {
        header.set_sensitive(true);
        header
    });
    header.map_err(|_| Problem::new("a token or secret with a character that cannot be sent"))
}

/// Pairs as the body of a form.
fn form(pairs: &[(&str, &str)]) -> String {
    let mut url = Url::parse("x:/").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url.as_ref().and_then(Url::query).unwrap_or_default().to_owned()
}

/// An address.
///
/// # Errors
/// A text that is no address of the web. It is not shown, for it may hold a secret.
pub(super) fn address(text: &str, what: &str) -> Result<Url, Problem> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| Problem::new(format!("{what} is no address")))
}

/// An address that secrets may be sent to: by HTTPS, or without leaving this machine.
///
/// # Errors
/// As [`address`], and an address that is neither.
pub(super) fn safe_address(text: &str, what: &str) -> Result<Url, Problem> {
    let url = address(text, what)?;
    if url.scheme() == "https" || is_loopback(&url) {
        return Ok(url);
    }
    Err(Problem::new(format!("{what} is neither https nor on this machine")))
}

fn ip(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    ip(url).map_or_else(|| url.host_str() == Some("localhost"), |ip| ip.is_loopback())
}

/// Whether an address is one of the local link, where clouds put the services of a machine.
pub(super) fn is_link_local(url: &Url) -> bool {
    matches!(ip(url), Some(IpAddr::V4(ip)) if Ipv4Addr::is_link_local(&ip))
}

fn is_near(url: &Url) -> bool {
    is_loopback(url) || is_link_local(url)
}

/// Scheme, host and port: an address without what may be secret.
fn site(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The word by which a cloud names an error. Messages are left out: some quote the request.
fn code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let places = ["/error", "/error/status", "/__type", "/Error/Code", "/code"];
    let found = places.iter().find_map(|place| body.pointer(place)?.as_str())?;
    let word = found.rsplit('#').next().unwrap_or(found);
    let is_word =
        word.len() <= MAX_CODE_LETTERS && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    is_word.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_by_https_or_nowhere() {
        for text in ["https://a.test/x", "http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:8/x"] {
            assert!(safe_address(text, "x").is_ok(), "{text}");
        }
        for text in [
            "http://a.test/x",
            "http://localhost.evil.com",
            "http://127.0.0.1.evil.com",
            "file:///x",
            "",
            "x",
        ] {
            assert!(safe_address(text, "x").is_err(), "{text}");
        }
        let problem = safe_address("http://a.test/?secret=hidden", "token_uri").unwrap_err().to_string();
        assert_eq!(problem, "token_uri is neither https nor on this machine");
    }

    #[test]
    fn errors_are_named_by_a_word_or_not_at_all() {
        for (body, word) in [
            (r#"{"error":"invalid_grant","error_description":"secret"}"#, Some("invalid_grant")),
            (r#"{"__type":"com.amazonaws.ecr#AccessDenied","message":"secret"}"#, Some("AccessDenied")),
            (r#"{"Error":{"Code":"ExpiredToken","Message":"secret"}}"#, Some("ExpiredToken")),
            (r#"{"error":{"status":"PERMISSION_DENIED","message":"secret"}}"#, Some("PERMISSION_DENIED")),
            (r#"{"error":"ya29.a0Af secret"}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(code(body.as_bytes()).as_deref(), word, "{body}");
        }
    }

    #[test]
    fn headers_with_secrets_are_not_shown() {
        let header = sensitive("do-not-show").unwrap();
        assert!(!format!("{header:?}").contains("do-not-show"));
        assert!(sensitive("do-not\nshow").is_err());
    }

    #[test]
    fn forms_are_escaped() {
        assert_eq!(form(&[("a", "b c&d"), ("e", "/")]), "a=b+c%26d&e=%2F");
    }
}
