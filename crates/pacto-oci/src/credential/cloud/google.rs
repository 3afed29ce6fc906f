//! Artifact Registry and Container Registry of Google: an access token as a password.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::google_file::CredentialFile;
use super::http::{address, send};
use super::{Context, Found, Problem, read};
use crate::credential::{Credential, Secret};

/// The user that a token is the password of.
const USER: &str = "oauth2accesstoken";
/// What the token may be used for; Artifact Registry accepts no narrower one.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// What tells a machine of Google about itself.
const METADATA_HOST: &str = "metadata.google.internal";
/// The header that says so, in questions and answers.
const FLAVOR: (&str, &str) = ("metadata-flavor", "Google");
/// How long a token counts when its answer does not say.
const LIFE: Duration = Duration::from_mins(1);

/// Whether a host is a registry of Google.
pub(super) fn is_registry(host: &str) -> bool {
    let is_label = |label: &str| !label.is_empty() && !label.contains('.');
    let of_container_registry = |host: &str| host.strip_suffix(".gcr.io").is_some_and(is_label);
    let of_artifact_registry = |host: &str| host.strip_suffix("-docker.pkg.dev").is_some_and(is_label);
    host == "gcr.io" || of_container_registry(host) || of_artifact_registry(host)
}

/// An access token, as the token services answer.
#[derive(Deserialize)]
pub(super) struct Token {
    access_token: String,
    expires_in: Option<u64>,
}

impl Token {
    /// The token as a credential.
    pub fn found(self, context: Context<'_>) -> Found {
        let expires = context.after(self.expires_in.map_or(LIFE, Duration::from_secs));
        Found { credential: credential_of(Secret::new(self.access_token)), expires }
    }

    /// The token, where it is not the last one.
    pub fn secret(self) -> Secret {
        Secret::new(self.access_token)
    }
}

/// A token as the password that registries want.
pub(super) fn credential_of(password: Secret) -> Credential {
    Credential::Basic { user: USER.to_owned(), password }
}

/// A token for the account of the credential file, or else of this machine. A file that is there decides: if it
/// gives nothing, another account would be a surprise.
///
/// # Errors
/// There is neither, or what is there gives no token.
pub(super) async fn credential(context: Context<'_>) -> Result<Found, Problem> {
    if let Some(text) = file(context)? {
        return CredentialFile::parse(&text)?.token(context).await;
    }
    if !context.surroundings.instance_metadata {
        return Err(Problem::new("no credential file"));
    }
    machine(context).await
}

/// The credential file: the one of the environment, which must be there, or else the one of `gcloud`.
fn file(context: Context<'_>) -> Result<Option<Secret>, Problem> {
    let name = "GOOGLE_APPLICATION_CREDENTIALS";
    if let Some(path) = context.variable(name) {
        return read(path.as_ref(), name).map(Some);
    }
    let named = context.variable("CLOUDSDK_CONFIG").map(PathBuf::from);
    let usual = || match context.variable("APPDATA").filter(|_| cfg!(windows)) {
        Some(data) => Some(PathBuf::from(data).join("gcloud")),
        None => Some(context.surroundings.home.as_ref()?.join(".config/gcloud")),
    };
    let path = named.or_else(usual).map(|directory| directory.join("application_default_credentials.json"));
    match path.filter(|path| path.exists()) {
        Some(path) => read(&path, "the application default credentials").map(Some),
        None => Ok(None),
    }
}

/// A token for the account of this machine.
async fn machine(context: Context<'_>) -> Result<Found, Problem> {
    let name = "GCE_METADATA_HOST";
    let host = context.variable(name).unwrap_or(METADATA_HOST);
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    let url = address(&format!("http://{host}/{path}"), name)?;
    let answer = send(context.http.near().get(url).header(FLAVOR.0, FLAVOR.1)).await?;
    // Networks that answer for every name exist.
    if answer.headers.get(FLAVOR.0).is_none_or(|flavor| flavor != FLAVOR.1) {
        return Err(Problem::new("what answers is not the metadata server"));
    }
    let token: Token = serde_json::from_slice(&answer.body)
        .map_err(|_| Problem::new("the metadata server does not answer with a token"))?;
    Ok(token.found(context))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_of_google() {
        for host in ["gcr.io", "eu.gcr.io", "us-west1-docker.pkg.dev", "europe-docker.pkg.dev"] {
            assert!(is_registry(host), "{host}");
        }
        for host in
            ["xgcr.io", "gcr.io.evil.com", "a.b.gcr.io", ".gcr.io", "docker.pkg.dev", "a.b-docker.pkg.dev"]
        {
            assert!(!is_registry(host), "{host}");
        }
    }
}
