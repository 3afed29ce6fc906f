//! From a Secret of the cluster to what a registry is shown.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pacto_oci::credential::Secret;
use serde::Deserialize;

/// Type of Secrets that hold a Docker configuration.
pub const DOCKER_CONFIG: &str = "kubernetes.io/dockerconfigjson";
/// Key of the configuration in them.
pub const DOCKER_CONFIG_KEY: &str = ".dockerconfigjson";

/// What one registry is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A token.
    Token(Secret),
    /// User and password.
    Basic(String, Secret),
}

/// The login that a Secret of this type and with this data has for `registry`.
///
/// # Errors
/// A sentence without any value of the Secret.
pub fn login(kind: &str, data: &BTreeMap<String, Vec<u8>>, registry: &str) -> Result<Login, String> {
    if kind == DOCKER_CONFIG {
        let Some(text) = data.get(DOCKER_CONFIG_KEY) else {
            return Err(format!("it has no key {DOCKER_CONFIG_KEY}"));
        };
        return docker(text, registry);
    }
    // Who may name a Secret may not be allowed to read it, so only what is meant for registries is shown to one.
    if !matches!(kind, "" | "Opaque" | "kubernetes.io/basic-auth") {
        return Err(format!("it is of type {kind}, which holds no login of a registry"));
    }
    let text = |key: &str| {
        let value = data.get(key).and_then(|value| std::str::from_utf8(value).ok()).map(str::trim);
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    if let Some(named) = text("registry").filter(|named| host(named) != host(registry)) {
        return Err(format!("it is for {}", host(&named)));
    }
    match (text("token"), text("username"), text("password")) {
        (Some(token), _, _) => Ok(Login::Token(Secret::new(token))),
        (None, Some(user), Some(password)) => Ok(Login::Basic(user, Secret::new(password))),
        _ => {
            Err(format!("it is not of type {DOCKER_CONFIG} and has neither token nor username and password"))
        }
    }
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    username: Option<String>,
    password: Option<String>,
    auth: Option<String>,
}

fn docker(text: &[u8], registry: &str) -> Result<Login, String> {
    // What is wrong is said without the text, which is secret.
    let configuration: Configuration = serde_json::from_slice(text).map_err(|error| {
        format!("{DOCKER_CONFIG_KEY} is not as Docker writes it, at line {}", error.line())
    })?;
    let wanted = host(registry);
    let Some((_, entry)) = configuration.auths.iter().find(|(name, _)| host(name) == wanted) else {
        let known: Vec<&str> = configuration.auths.keys().map(|name| host(name)).collect();
        let known = if known.is_empty() { "no registry".to_owned() } else { known.join(", ") };
        return Err(format!("it has no entry for {wanted}; it knows {known}"));
    };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let (Some(user), Some(password)) = (filled(&entry.username), filled(&entry.password)) {
        return Ok(Login::Basic(user, Secret::new(password)));
    }
    let Some(auth) = filled(&entry.auth) else { return Err(format!("its entry for {wanted} is empty")) };
    let decoded = BASE64_STANDARD.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')) {
        Some((user, password)) if !user.is_empty() => {
            Ok(Login::Basic(user.to_owned(), Secret::new(password)))
        }
        _ => Err(format!("auth of its entry for {wanted} is not user:password in base64")),
    }
}

/// A registry as entries name it: without scheme and path; Docker Hub has two names.
fn host(name: &str) -> &str {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    let name = name.split('/').next().unwrap_or(name);
    match name {
        "docker.io" | "registry-1.docker.io" => "index.docker.io",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn of_config(text: &str, registry: &str) -> Result<Login, String> {
        login(DOCKER_CONFIG, &data(&[(DOCKER_CONFIG_KEY, text)]), registry)
    }

    fn basic(user: &str, password: &str) -> Login {
        Login::Basic(user.to_owned(), Secret::new(password))
    }

    #[test]
    fn a_docker_configuration_is_searched_by_host() {
        let text = r#"{"auths": {"https://ghcr.io/v2/": {"username": "u", "password": "p"},
            "docker.io": {"auth": "dTI6cDI6Og=="}, "empty.example": {}, "bad.example": {"auth": "%%"}}}"#;
        assert_eq!(of_config(text, "ghcr.io"), Ok(basic("u", "p")));
        assert_eq!(of_config(text, "index.docker.io"), Ok(basic("u2", "p2::")));
        assert!(of_config(text, "other.example").unwrap_err().contains("ghcr.io"));
        assert!(of_config(text, "empty.example").is_err() && of_config(text, "bad.example").is_err());
        assert!(of_config("{", "ghcr.io").is_err());
    }

    #[test]
    fn other_secrets_have_a_token_or_user_and_password() {
        let of = |pairs: &[(&str, &str)]| login("Opaque", &data(pairs), "r.example");
        assert_eq!(of(&[("token", "t"), ("username", "u")]), Ok(Login::Token(Secret::new("t"))));
        assert_eq!(of(&[("username", "u"), ("password", "p\n")]), Ok(basic("u", "p")));
        assert!(of(&[("username", "u")]).is_err());
        assert!(of(&[("token", "t"), ("registry", "other.example")]).unwrap_err().contains("other.example"));
        assert!(login("kubernetes.io/service-account-token", &data(&[("token", "t")]), "r.example").is_err());
    }

    #[test]
    fn no_message_holds_a_value() {
        for text in [r#"{"auths": {"r.example": {"auth": "c2VjcmV0"}}}"#, r#"{"auths": "secret"}"#] {
            assert!(!of_config(text, "r.example").unwrap_err().contains("ecret\""), "{text}");
        }
    }
}
