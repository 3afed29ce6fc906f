//! Tokens that a realm hands out.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{StatusCode, Url};
use serde::Deserialize;

use crate::credential::{Credential, Secret};

/// Largest answer of a token service.
const MAX_TOKEN_BYTES: usize = 1024 * 1024;
/// How long a token counts when its realm does not say (distribution specification: 60 seconds).
const DEFAULT_LIFE: Duration = Duration::from_mins(1);
/// A token is not used in the last part of its life: the request takes time too.
const MARGIN: Duration = Duration::from_secs(10);

/// What is sent as `Authorization`.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub header: HeaderValue,
    /// When it ends; basic credentials do not.
    pub expires: Option<Instant>,
}

impl Grant {
    /// User and password with the request itself.
    pub fn basic(user: &str, password: &Secret) -> Option<Self> {
        let encoded = STANDARD.encode(format!("{user}:{}", password.expose()));
        Some(Self { header: sensitive(&format!("Basic {encoded}"))?, expires: None })
    }

    /// A token that needs no realm.
    pub fn bearer(token: &Secret) -> Option<Self> {
        Some(Self { header: sensitive(&format!("Bearer {}", token.expose()))?, expires: None })
    }

    pub fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|expires| expires > Instant::now())
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The realm does not accept the credential.
    Rejected(String),
    /// The realm has no answer.
    Failed(String),
}

/// The question to a realm.
pub(super) struct Question<'a> {
    pub realm: &'a Url,
    pub service: Option<&'a str>,
    pub scope: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// Asks a realm for a token: GET with basic credentials or none, POST with a refresh token.
pub(super) async fn ask(
    http: &reqwest::Client,
    question: &Question<'_>,
    credential: &Credential,
) -> Result<Grant, Refusal> {
    let mut pairs = Vec::new();
    pairs.extend((!question.scope.is_empty()).then_some(("scope", question.scope)));
    pairs.extend(question.service.map(|service| ("service", service)));
    let basic = match credential {
        Credential::Anonymous | Credential::Identity(_) => None,
        Credential::Basic { user, password } => Some((user.as_str(), password)),
        // A personal token of GitHub or GitLab is a password; the user does not matter there.
        Credential::Token(token) => Some(("x-access-token", token)),
    };
    let request = if let Credential::Identity(token) = credential {
        pairs.extend([
            ("grant_type", "refresh_token"),
            ("client_id", "pacto"),
            ("refresh_token", token.expose()),
        ]);
        let form = pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect::<Vec<_>>();
        http.post(question.realm.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.join("&"))
    } else {
        let mut url = question.realm.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        let request = http.get(url);
        match basic.and_then(|(user, password)| Grant::basic(user, password)) {
            Some(grant) => request.header(AUTHORIZATION, grant.header),
            None => request,
        }
    };
    let failed = |error: reqwest::Error| {
        Refusal::Failed(format!(
            "token service {}: {}",
            site(question.realm),
            super::transport::cause(&error)
        ))
    };
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status();
    tracing::debug!(host = %site(question.realm), scope = question.scope, %status, "token");
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
            return Err(Refusal::Rejected(format!("token service answered {status}")));
        }
        status if !status.is_success() => {
            let site = site(question.realm);
            return Err(Refusal::Failed(format!("token service {site} answered {status}")));
        }
        _ => {}
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::Failed("the token service sends too much".to_owned()));
        }
    }
    let answer: Answer = serde_json::from_slice(&body)
        .map_err(|_| Refusal::Failed("the token service does not answer with a token".to_owned()))?;
    let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
    let token =
        token.ok_or_else(|| Refusal::Failed("the token service does not answer with a token".to_owned()))?;
    let mut grant = Grant::bearer(&Secret::new(token))
        .ok_or_else(|| Refusal::Failed("the token service sends a token with odd characters".to_owned()))?;
    let life = answer.expires_in.map_or(DEFAULT_LIFE, Duration::from_secs);
    grant.expires = Instant::now().checked_add(life.saturating_sub(MARGIN).max(life / 2));
    Ok(grant)
}

/// Scheme, host and port: an address without what may be secret.
pub(super) fn site(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A value of a form.
fn escaped(value: &str) -> String {
    let mut url = Url::parse("x:/").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().append_key_only(value);
    }
    url.as_ref().and_then(Url::query).unwrap_or_default().to_owned()
}
