//! Credentials of Docker and Podman: their files, and the helpers that they name.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::program::Programs;
use super::{Credential, Secret, Surroundings};

/// Largest configuration file that is read.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// User under which a helper hands out a refresh token.
const TOKEN_USER: &str = "<token>";
/// The key under which Docker keeps credentials of Docker Hub.
const HUB_KEY: &str = "https://index.docker.io/v1/";
/// Base64 with or without padding, as different programs write it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Helped {
    username: String,
    secret: String,
}

/// The credential for a repository in the first file that is there. A file that cannot be read has none.
pub(super) async fn find(
    surroundings: &Surroundings,
    programs: &Programs,
    (host, repository): (&str, &str),
) -> Option<Credential> {
    let config = surroundings.docker.iter().find_map(|path| read(path))?;
    let keys = keys(host, repository);
    for key in &keys {
        if let Some(helper) = config.cred_helpers.get(key) {
            return helped(helper, key, surroundings, programs).await;
        }
    }
    for key in &keys {
        let entry = config.auths.iter().find(|(name, _)| normal(name) == normal(key)).map(|(_, entry)| entry);
        if let Some(credential) = entry.and_then(entry_credential) {
            return Some(credential);
        }
    }
    let store = config.creds_store.as_deref().filter(|store| !store.is_empty())?;
    let server = if host == "registry-1.docker.io" { HUB_KEY } else { host };
    helped(store, server, surroundings, programs).await
}

fn read(path: &Path) -> Option<Config> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return None;
    }
    let config = serde_json::from_slice(&std::fs::read(path).ok()?);
    if config.is_err() {
        tracing::warn!(path = %path.display(), "not readable as Docker configuration; passed over");
    }
    config.ok()
}

/// Keys under which credentials may stand: the repository, what is above it, the host.
fn keys(host: &str, repository: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let full = format!("{host}/{repository}");
    let mut end = Some(full.len());
    while let Some(at) = end.filter(|at| *at > host.len()) {
        let key = full.get(..at).unwrap_or_default();
        keys.push(key.to_owned());
        end = key.rfind('/');
    }
    keys.push(host.to_owned());
    if host == "registry-1.docker.io" {
        keys.extend([HUB_KEY, "docker.io", "index.docker.io"].map(str::to_owned));
    }
    keys
}

/// A key without what differs between programs: `https://ghcr.io/` is `ghcr.io`.
fn normal(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    key.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/v2")
}

fn entry_credential(entry: &Entry) -> Option<Credential> {
    if let Some(token) = entry.identitytoken.as_ref().filter(|token| !token.is_empty()) {
        return Some(Credential::Identity(Secret::new(token)));
    }
    if let Some(auth) = entry.auth.as_ref().filter(|auth| !auth.is_empty()) {
        return decode(auth);
    }
    let (user, password) = (entry.username.clone()?, entry.password.clone()?);
    Some(Credential::Basic { user, password: Secret::new(password) })
}

/// `base64(user:password)`.
pub(super) fn decode(auth: &str) -> Option<Credential> {
    let text = String::from_utf8(BASE64.decode(auth.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    let password = password.trim_end_matches('\0');
    Some(Credential::Basic { user: user.to_owned(), password: Secret::new(password) })
}

/// Asks `docker-credential-<helper>`.
async fn helped(
    helper: &str,
    server: &str,
    surroundings: &Surroundings,
    programs: &Programs,
) -> Option<Credential> {
    let is_name =
        helper.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
    if !is_name {
        return None;
    }
    let program = format!("docker-credential-{helper}");
    let output = programs.ask(&program, &["get"], server, surroundings.path.as_deref()).await?;
    let found: Helped = serde_json::from_slice(&output).ok()?;
    let secret = Secret::new(found.secret);
    Some(if found.username == TOKEN_USER {
        Credential::Identity(secret)
    } else {
        Credential::Basic { user: found.username, password: secret }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_key_comes_first() {
        assert_eq!(keys("ghcr.io", "a/b"), ["ghcr.io/a/b", "ghcr.io/a", "ghcr.io"]);
        assert_eq!(keys("registry-1.docker.io", "library/x").last().unwrap(), "index.docker.io");
        assert_eq!(normal("https://index.docker.io/v1/"), "index.docker.io");
        assert_eq!(normal("http://localhost:5000"), "localhost:5000");
    }

    #[test]
    fn entries_in_every_form() {
        let basic = |user: &str, password: &str| {
            Some(Credential::Basic { user: user.to_owned(), password: Secret::new(password) })
        };
        assert_eq!(decode("YTpiOmM="), basic("a", "b:c"));
        assert_eq!(decode("YTpiOmM"), basic("a", "b:c"));
        assert_eq!(decode("YTpi\n"), basic("a", "b"));
        assert_eq!(decode("%%%"), None);
        assert_eq!(decode("YQ=="), None);
        let of = |json: &str| entry_credential(&serde_json::from_str(json).unwrap());
        assert_eq!(
            of(r#"{"identitytoken":"t","auth":"YTpi"}"#),
            Some(Credential::Identity(Secret::new("t")))
        );
        assert_eq!(of(r#"{"username":"u","password":"p"}"#), basic("u", "p"));
        assert_eq!(of("{}"), None);
    }

    #[tokio::test]
    async fn helpers_are_asked_and_trusted_with_the_host_alone() {
        let directory = tempfile::tempdir().unwrap();
        let helper = directory.path().join("docker-credential-test");
        let script = "#!/bin/sh\nread host\n[ \"$1\" = get ] && [ \"$host\" = registry.test ] || exit 1\necho '{\"ServerURL\":\"x\",\"Username\":\"<token>\",\"Secret\":\"s\"}'\n";
        std::fs::write(&helper, script).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&helper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let config = directory.path().join("config.json");
        let mut surroundings = Surroundings { docker: vec![config.clone()], ..Surroundings::default() };
        let path = format!("{}:/bin:/usr/bin", directory.path().display());
        surroundings.path = Some(path.into());
        for text in [r#"{"credsStore":"test"}"#, r#"{"credHelpers":{"registry.test":"test"}}"#] {
            std::fs::write(&config, text).unwrap();
            let found = find(&surroundings, &Programs::default(), ("registry.test", "a/b")).await;
            assert_eq!(found, Some(Credential::Identity(Secret::new("s"))), "{text}");
        }
        assert_eq!(find(&surroundings, &Programs::default(), ("other.test", "a/b")).await, None);
        std::fs::write(&config, r#"{"credsStore":"../../bin/sh"}"#).unwrap();
        assert_eq!(find(&surroundings, &Programs::default(), ("registry.test", "a/b")).await, None);
        std::fs::write(&config, "{broken").unwrap();
        assert_eq!(find(&surroundings, &Programs::default(), ("registry.test", "a/b")).await, None);
    }
}
