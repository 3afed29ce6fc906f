//! The credential files of Google: keys of a service account, the login of a person, an identity from elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::google::{SCOPE, Token, credential_of};
use super::http::{self, address, is_link_local, safe_address, sensitive};
use super::{Context, Found, Problem, read, time};
use crate::credential::Secret;

/// Where files say nothing else.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// How long tokens are asked for.
const LIFE: Duration = Duration::from_hours(1);

/// A credential file. It has no `Debug`: most of it is secret.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum CredentialFile {
    ServiceAccount(ServiceAccount),
    AuthorizedUser(AuthorizedUser),
    ExternalAccount(ExternalAccount),
}

#[derive(Deserialize)]
pub(super) struct ServiceAccount {
    client_email: String,
    private_key: String,
    private_key_id: Option<String>,
    token_uri: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AuthorizedUser {
    client_id: String,
    client_secret: String,
    refresh_token: String,
    token_uri: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ExternalAccount {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: Subject,
    service_account_impersonation_url: Option<String>,
}

/// Where the token of the other identity provider is.
#[derive(Deserialize)]
struct Subject {
    file: Option<String>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    format: Format,
}

/// The form of that token: bare, or a field of a JSON object.
#[derive(Deserialize, Default)]
struct Format {
    #[serde(rename = "type")]
    kind: Option<String>,
    subject_token_field_name: Option<String>,
}

impl CredentialFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// A file of a kind that is not known, or without what its kind needs.
    pub fn parse(text: &Secret) -> Result<Self, Problem> {
        // The error of the parser may quote the file.
        serde_json::from_str(text.expose())
            .map_err(|_| Problem::new("a credential file of a kind that is not known, or incomplete"))
    }

    /// A token for the account of the file.
    ///
    /// # Errors
    /// An address that is not safe, or a service that gives no token.
    pub async fn token(&self, context: Context<'_>) -> Result<Found, Problem> {
        match self {
            Self::ServiceAccount(account) => account.token(context).await,
            Self::AuthorizedUser(user) => user.token(context).await,
            Self::ExternalAccount(account) => account.token(context).await,
        }
    }
}

fn token_uri(named: Option<&str>) -> Result<Url, Problem> {
    safe_address(named.unwrap_or(TOKEN_URI), "token_uri")
}

impl ServiceAccount {
    async fn token(&self, context: Context<'_>) -> Result<Found, Problem> {
        let url = token_uri(self.token_uri.as_deref())?;
        let assertion = self.assertion(time::seconds(context.now))?;
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let pairs = [("grant_type", grant), ("assertion", assertion.expose())];
        let token: Token = context.http.post_form(&url, &pairs).await?;
        Ok(token.found(context))
    }

    /// What we claim, signed with the key of the account.
    fn assertion(&self, now: u64) -> Result<Secret, Problem> {
        let mut header = json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(id) = &self.private_key_id {
            header["kid"] = id.as_str().into();
        }
        let claims = json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": self.token_uri.as_deref().unwrap_or(TOKEN_URI),
            "iat": now,
            "exp": now.saturating_add(LIFE.as_secs()),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claimed = format!("{}.{}", part(&header), part(&claims));
        let problem = || Problem::new("the private key cannot be used");
        let key = KeyPair::from_pkcs8(&pkcs8(&self.private_key)?).map_err(|_| problem())?;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), claimed.as_bytes(), &mut signature)
            .map_err(|_| problem())?;
        Ok(Secret::new(format!("{claimed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

/// The key in a PEM text.
fn pkcs8(pem: &str) -> Result<Vec<u8>, Problem> {
    let body =
        pem.split_once("-----BEGIN PRIVATE KEY-----").and_then(|(_, rest)| rest.split_once("-----END"));
    let body = body.map(|(body, _)| body.split_ascii_whitespace().collect::<String>());
    let key = body.and_then(|body| STANDARD.decode(body).ok());
    key.ok_or_else(|| Problem::new("the private key is not in PEM"))
}

impl AuthorizedUser {
    async fn token(&self, context: Context<'_>) -> Result<Found, Problem> {
        let url = token_uri(self.token_uri.as_deref())?;
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", &self.client_secret),
            ("refresh_token", &self.refresh_token),
        ];
        let token: Token = context.http.post_form(&url, &pairs).await?;
        Ok(token.found(context))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Impersonated {
    access_token: String,
    expire_time: Option<String>,
}

impl ExternalAccount {
    async fn token(&self, context: Context<'_>) -> Result<Found, Problem> {
        let url = safe_address(&self.token_url, "token_url")?;
        let impersonation = self.service_account_impersonation_url.as_deref();
        let impersonation =
            impersonation.map(|text| safe_address(text, "service_account_impersonation_url")).transpose()?;
        let subject = self.credential_source.token(context).await?;
        let token: Token = context
            .http
            .post_form(
                &url,
                &[
                    ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                    ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                    ("audience", &self.audience),
                    ("scope", SCOPE),
                    ("subject_token_type", &self.subject_token_type),
                    ("subject_token", subject.expose()),
                ],
            )
            .await?;
        match impersonation {
            Some(url) => impersonate(context, &url, &token.secret()).await,
            None => Ok(token.found(context)),
        }
    }
}

/// Gives the token of an identity for one of a service account that it may act as.
async fn impersonate(context: Context<'_>, url: &Url, token: &Secret) -> Result<Found, Problem> {
    let body = json!({ "scope": [SCOPE], "lifetime": format!("{}s", LIFE.as_secs()) });
    let request = context.http.to(url).post(url.clone()).body(body.to_string());
    let request = request
        .header("content-type", "application/json")
        .header("authorization", sensitive(&format!("Bearer {}", token.expose()))?);
    let found: Impersonated = http::json(request).await?;
    let expires = found.expire_time.as_deref().and_then(time::parse).unwrap_or_else(|| context.after(LIFE));
    Ok(Found { credential: credential_of(Secret::new(found.access_token)), expires })
}

impl Subject {
    async fn token(&self, context: Context<'_>) -> Result<Secret, Problem> {
        let text = match (&self.file, &self.url) {
            (Some(file), _) => read(file.as_ref(), "the file of credential_source")?,
            (None, Some(url)) => self.fetch(context, url).await?,
            (None, None) => return Err(Problem::new("a credential_source of a kind that is not known")),
        };
        self.format.token(text)
    }

    async fn fetch(&self, context: Context<'_>, url: &str) -> Result<Secret, Problem> {
        let url = subject_address(url)?;
        let mut request = context.http.to(&url).get(url.clone());
        for (name, value) in &self.headers {
            request = request.header(name, sensitive(value)?);
        }
        http::text(request).await
    }
}

/// Where a token of another identity provider is fetched. Another cloud's metadata service is such a place too, and
/// speaks no TLS.
fn subject_address(text: &str) -> Result<Url, Problem> {
    let name = "the url of credential_source";
    let url = address(text, name)?;
    if is_link_local(&url) { Ok(url) } else { safe_address(text, name) }
}

impl Format {
    fn token(&self, text: Secret) -> Result<Secret, Problem> {
        if self.kind.as_deref() != Some("json") {
            return Ok(text);
        }
        let name = self.subject_token_field_name.as_deref().unwrap_or_default();
        let content: Option<Value> = serde_json::from_str(text.expose()).ok();
        let token = content.as_ref().and_then(|content| content.get(name)?.as_str());
        token.map(Secret::new).ok_or_else(|| Problem::new("no subject token where the file says"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_others_come_by_https_or_from_near() {
        for url in ["https://a.test/x", "http://127.0.0.1:1/x", "http://169.254.169.254/metadata/identity"] {
            assert!(subject_address(url).is_ok(), "{url}");
        }
        for url in ["http://a.test/x", "http://169.254.169.254.evil.com/x", "http://10.0.0.1/x", "x"] {
            assert!(subject_address(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_subject_token_is_bare_or_a_field() {
        let format = |json: &str| serde_json::from_str::<Format>(json).unwrap();
        let field = format(r#"{"type":"json","subject_token_field_name":"value"}"#);
        assert_eq!(field.token(Secret::new(r#"{"value":"t"}"#)), Ok(Secret::new("t")));
        assert!(field.token(Secret::new("t")).is_err() && field.token(Secret::new("{}")).is_err());
        for bare in ["{}", r#"{"type":"text"}"#] {
            assert_eq!(format(bare).token(Secret::new("t")), Ok(Secret::new("t")));
        }
    }
}
