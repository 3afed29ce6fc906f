//! Credentials: where they come from, in which order, and to whom they may go.

pub mod cloud;
mod docker;
mod file;
mod program;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

pub use file::{CredentialFile, CredentialFileError};

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("****")
    }
}

/// What is shown to a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// User and password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token for the registry itself, or, where the registry asks for one of a realm, the password there.
    Token(Secret),
    /// A refresh token for the realm.
    Identity(Secret),
    /// Nothing.
    Anonymous,
}

/// A credential and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// For messages: `PACTO_REGISTRY_TOKEN`, `pacto login`, `gh`, `ecr`, …
    pub source: &'static str,
    /// What to show.
    pub credential: Credential,
}

/// Where credentials come from, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Environment,
    Login,
    GitHub,
    Docker,
    Cloud,
    Anonymous,
}

impl Source {
    pub const ALL: &[Self] =
        &[Self::Environment, Self::Login, Self::GitHub, Self::Docker, Self::Cloud, Self::Anonymous];
}

/// What the surroundings offer; nothing is taken from the process behind the caller's back.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `PACTO_REGISTRY_TOKEN`.
    pub token: Option<Secret>,
    /// `PACTO_REGISTRY_USERNAME` and `PACTO_REGISTRY_PASSWORD`.
    pub basic: Option<(String, Secret)>,
    /// `PACTO_REGISTRY_HOST`: the only host that gets the two above, where it is set.
    pub only_host: Option<String>,
    /// The file of `pacto login`.
    pub login: Option<PathBuf>,
    /// Configuration files of Docker and Podman, the first that is there counts.
    pub docker: Vec<PathBuf>,
    /// `PATH`, to find helpers and `gh`; without it none is run.
    pub path: Option<std::ffi::OsString>,
    /// What there is to ask clouds for credentials of their registries.
    pub cloud: cloud::Surroundings,
}

/// The chain of credentials.
#[derive(Debug, Default)]
pub struct Keychain {
    surroundings: Surroundings,
    /// Hosts that the user named, not only a contract that was fetched.
    trusted: Mutex<BTreeSet<String>>,
    programs: program::Programs,
    clouds: cloud::Clouds,
}

impl Keychain {
    /// A chain over `surroundings`.
    pub fn new(surroundings: Surroundings) -> Self {
        Self { surroundings, ..Self::default() }
    }

    /// Lets credentials of the environment go to `host`: the user named it.
    pub fn trust(&self, host: &str) {
        let host = crate::registry::api_host(host).to_owned();
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner).insert(host);
    }

    /// What one source has for a repository.
    pub(crate) async fn candidates(&self, source: Source, host: &str, repository: &str) -> Vec<Candidate> {
        let one = |source: &'static str, credential: Credential| vec![Candidate { source, credential }];
        match source {
            Source::Environment => self.environment(host),
            Source::Login => {
                let stored = self
                    .surroundings
                    .login
                    .as_deref()
                    .and_then(|path| CredentialFile::read(path).ok()?.get(host));
                stored.map(|credential| one("pacto login", credential)).unwrap_or_default()
            }
            Source::GitHub => {
                if !matches!(host, "ghcr.io" | "docker.pkg.github.com") {
                    return Vec::new();
                }
                let token = self.programs.gh_token(self.surroundings.path.as_deref()).await;
                let basic = |password| Credential::Basic { user: "x-access-token".to_owned(), password };
                token.map(|token| one("gh", basic(token))).unwrap_or_default()
            }
            Source::Docker => {
                let found = docker::find(&self.surroundings, &self.programs, (host, repository)).await;
                found.map(|credential| one("docker", credential)).unwrap_or_default()
            }
            // A cloud is asked for its own registries alone, so it does not matter who named the host.
            Source::Cloud => self.clouds.find(&self.surroundings.cloud, host).await.into_iter().collect(),
            Source::Anonymous => one("anonymous", Credential::Anonymous),
        }
    }

    fn environment(&self, host: &str) -> Vec<Candidate> {
        if !self.may_have_environment(host) {
            return Vec::new();
        }
        let token = self.surroundings.token.clone().map(Credential::Token);
        let token = token.map(|credential| Candidate { source: "PACTO_REGISTRY_TOKEN", credential });
        let basic = self.surroundings.basic.clone();
        let basic = basic.map(|(user, password)| Candidate {
            source: "PACTO_REGISTRY_USERNAME",
            credential: Credential::Basic { user, password },
        });
        token.into_iter().chain(basic).collect()
    }

    fn may_have_environment(&self, host: &str) -> bool {
        match &self.surroundings.only_host {
            Some(only) => crate::registry::api_host(only) == host,
            None => self.trusted.lock().unwrap_or_else(PoisonError::into_inner).contains(host),
        }
    }
}
