//! Credentials of several Secrets as one Docker configuration.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Map, Value, json};

/// Key of a Docker configuration in a Secret.
pub const CONFIG_KEY: &str = ".dockerconfigjson";
/// Key of the older form, without `auths` around it.
const OLD_CONFIG_KEY: &str = ".dockercfg";
/// User of a token: registries that know tokens take any name or this one.
const TOKEN_USER: &str = "x-access-token";
/// Fields of an entry that are carried over.
const ENTRY_FIELDS: [&str; 3] = ["auth", "identitytoken", "registrytoken"];

/// Credentials by host. Never shown.
#[derive(Clone, Default, PartialEq)]
pub struct Credentials {
    auths: BTreeMap<String, Value>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.auths.keys()).finish()
    }
}

/// Why a Secret has no credentials. Nothing of its values is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Its Docker configuration is none.
    #[error("its {CONFIG_KEY} is not a Docker configuration")]
    Form,
    /// It does not say for which registry.
    #[error("it has no key registry, which says where the credentials are for")]
    NoRegistry,
    /// It says where, and not what.
    #[error("it has neither a key token nor the keys username and password")]
    NoCredential,
}

impl Credentials {
    /// Adds those of a Secret; they win over what is here.
    ///
    /// A Secret has a Docker configuration, or the key `registry` and with it `token` or `username` and `password`.
    ///
    /// # Errors
    /// When it has none of it; then nothing is added.
    pub fn add(&mut self, secret: &Secret) -> Result<(), CredentialError> {
        let text = |key: &str| {
            let value = secret.data.as_ref()?.get(key)?;
            let text = std::str::from_utf8(&value.0).ok()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let found = if let Some(config) = text(CONFIG_KEY) {
            let config: Value = serde_json::from_str(&config).map_err(|_| CredentialError::Form)?;
            entries(config.get("auths").ok_or(CredentialError::Form)?)?
        } else if let Some(config) = text(OLD_CONFIG_KEY) {
            entries(&serde_json::from_str(&config).map_err(|_| CredentialError::Form)?)?
        } else {
            let registry = text("registry").ok_or(CredentialError::NoRegistry)?;
            let basic = text("username").zip(text("password"));
            let (user, password) = text("token")
                .map(|token| (TOKEN_USER.to_owned(), token))
                .or(basic)
                .ok_or(CredentialError::NoCredential)?;
            [(normal(&registry), json!({ "auth": encoded(&user, &password) }))].into()
        };
        self.auths.extend(found);
        Ok(())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.auths.is_empty()
    }

    /// The Docker configuration, sorted by host.
    pub fn config(&self) -> Vec<u8> {
        json!({ "auths": self.auths }).to_string().into_bytes()
    }
}

/// All entries with their hosts; what says nothing is left out.
fn entries(auths: &Value) -> Result<BTreeMap<String, Value>, CredentialError> {
    let auths = auths.as_object().ok_or(CredentialError::Form)?;
    let entry = |(host, entry): (&String, &Value)| Some((normal(host), carried(entry.as_object()?)?));
    Ok(auths.iter().filter_map(entry).collect())
}

fn carried(entry: &Map<String, Value>) -> Option<Value> {
    let text = |key: &str| entry.get(key)?.as_str().filter(|text| !text.is_empty());
    let mut carried: Map<String, Value> =
        ENTRY_FIELDS.iter().filter_map(|key| Some(((*key).to_owned(), text(key)?.into()))).collect();
    if !carried.contains_key("auth")
        && let Some((user, password)) = text("username").zip(text("password"))
    {
        carried.insert("auth".to_owned(), encoded(user, password).into());
    }
    (!carried.is_empty()).then_some(Value::Object(carried))
}

fn encoded(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// A host without what differs between programs: `https://GHCR.io/v2/` is `ghcr.io`. Docker Hub has one name.
fn normal(host: &str) -> String {
    let host = host.trim();
    let host = host.strip_prefix("https://").or_else(|| host.strip_prefix("http://")).unwrap_or(host);
    let host = host.trim_end_matches('/');
    let host = host.strip_suffix("/v1").or_else(|| host.strip_suffix("/v2")).unwrap_or(host);
    let (name, path) = host.split_at(host.find('/').unwrap_or(host.len()));
    match &*name.to_ascii_lowercase() {
        "index.docker.io" | "docker.io" | "registry-1.docker.io" if path.is_empty() => {
            "https://index.docker.io/v1/".to_owned()
        }
        name => format!("{name}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    fn secret(data: &[(&str, &str)]) -> Secret {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec())));
        Secret { data: Some(data.collect()), ..Secret::default() }
    }

    fn merged(secrets: &[Secret]) -> String {
        let mut credentials = Credentials::default();
        for secret in secrets {
            credentials.add(secret).unwrap();
        }
        String::from_utf8(credentials.config()).unwrap()
    }

    #[test]
    fn the_later_secret_wins_for_its_host_alone() {
        let first = secret(&[(
            CONFIG_KEY,
            r#"{"auths": {"https://ghcr.io/": {"auth": "YTph"}, "Quay.io": {"username": "u", "password": "p"},
                "https://index.docker.io/v1/": {"auth": "aHVi", "email": "e"}, "r.io/team": {"identitytoken": "t"}, "none": {}}}"#,
        )]);
        let second = secret(&[("registry", "https://ghcr.io/v2/"), ("token", "secret\n")]);
        let third = secret(&[("registry", "docker.io"), ("username", "me"), ("password", "pw")]);
        insta::assert_snapshot!(merged(&[first, second, third]), @r#"{"auths":{"ghcr.io":{"auth":"eC1hY2Nlc3MtdG9rZW46c2VjcmV0"},"https://index.docker.io/v1/":{"auth":"bWU6cHc="},"quay.io":{"auth":"dTpw"},"r.io/team":{"identitytoken":"t"}}}"#);
        assert_eq!(STANDARD.encode("x-access-token:secret"), "eC1hY2Nlc3MtdG9rZW46c2VjcmV0");
        let old = secret(&[(OLD_CONFIG_KEY, r#"{"ghcr.io": {"auth": "YTpi"}}"#)]);
        assert_eq!(merged(&[old]), r#"{"auths":{"ghcr.io":{"auth":"YTpi"}}}"#);
    }

    #[test]
    fn a_secret_without_credentials_says_what_is_missing_and_shows_nothing() {
        let mut credentials = Credentials::default();
        let cases = [
            (secret(&[("token", "hunter2")]), CredentialError::NoRegistry),
            (secret(&[("registry", "ghcr.io"), ("username", "hunter2")]), CredentialError::NoCredential),
            (secret(&[("registry", "ghcr.io"), ("token", " ")]), CredentialError::NoCredential),
            (secret(&[(CONFIG_KEY, "{\"auths\": \"hunter2\"}")]), CredentialError::Form),
            (secret(&[(CONFIG_KEY, "hunter2")]), CredentialError::Form),
            (secret(&[(CONFIG_KEY, "{}")]), CredentialError::Form),
            (Secret::default(), CredentialError::NoRegistry),
        ];
        for (secret, expected) in cases {
            let error = credentials.add(&secret).unwrap_err();
            assert_eq!(error, expected);
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        assert!(credentials.is_empty());
        credentials.add(&secret(&[("registry", "ghcr.io"), ("token", "hunter2")])).unwrap();
        assert_eq!(format!("{credentials:?}"), r#"{"ghcr.io"}"#);
    }
}
