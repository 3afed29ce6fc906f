//! Credentials that a cloud hands out for its own registries.
//!
//! | idea | where |
//! |---|---|
//! | which host belongs to which cloud, and what is remembered | here |
//! | Elastic Container Registry | `ecr`, `aws` (who we are there), `sigv4` |
//! | Artifact Registry and Container Registry of Google | `google`, `google_file` |
//! | Azure Container Registry | `azure` |
//! | requests that are bounded in time and size | `http` |
//! | dates | `time` |
//!
//! A cloud is asked only for its own hosts, so what it hands out goes nowhere else. Whatever goes wrong means that
//! there is no credential: the debug log says why, never with a secret.

mod aws;
mod azure;
mod ecr;
mod google;
mod google_file;
mod http;
mod sigv4;
#[cfg(test)]
mod tests;
mod time;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use super::{Candidate, Credential, Secret};
use http::Http;

/// The environment variables that are read, all of them names that the clouds' own programs know.
pub const VARIABLES: &[&str] = &[
    "APPDATA",
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_ECR",
    "AWS_ENDPOINT_URL_ECR_PUBLIC",
    "AWS_ENDPOINT_URL_STS",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "AZURE_TENANT_ID",
    "CLOUDSDK_CONFIG",
    "GCE_METADATA_HOST",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
];

/// A credential is fetched anew so long before it ends, for a pull may take a while.
const MARGIN: Duration = Duration::from_mins(5);
/// How long a cloud that had nothing is left alone: many references to one registry must not take many timeouts.
const SILENCE: Duration = Duration::from_mins(1);
/// Longest time for everything that one credential takes.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Largest file with a token or with credentials.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Where the time comes from. By default it is the clock of the system.
#[derive(Debug, Clone, Copy)]
pub struct Clock(pub fn() -> SystemTime);

impl Default for Clock {
    fn default() -> Self {
        Self(SystemTime::now)
    }
}

/// What the surroundings say about clouds. By default nothing: then no request is ever made.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Those of [`VARIABLES`] that are set.
    pub variables: BTreeMap<String, String>,
    /// The home directory, where `gcloud` keeps its credentials.
    pub home: Option<PathBuf>,
    /// Whether the service that tells a machine of a cloud about itself may be asked. It has an address of the local
    /// link, where anywhere else nobody answers.
    pub instance_metadata: bool,
    /// Where the time comes from.
    pub clock: Clock,
}

impl fmt::Debug for Surroundings {
    /// Names only: some of the values are secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Surroundings")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .field("instance_metadata", &self.instance_metadata)
            .finish_non_exhaustive()
    }
}

/// Why a cloud gave nothing: a line for the debug log, without secrets.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct Problem(String);

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// A credential, and when it ends.
#[derive(Debug)]
struct Found {
    credential: Credential,
    expires: SystemTime,
}

/// What is needed to ask a cloud.
#[derive(Clone, Copy)]
struct Context<'a> {
    surroundings: &'a Surroundings,
    http: &'a Http,
    now: SystemTime,
}

impl Context<'_> {
    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<&str> {
        self.surroundings.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn after(&self, life: Duration) -> SystemTime {
        self.now.checked_add(life).unwrap_or(self.now)
    }
}

/// The cloud that a registry belongs to.
#[derive(Debug, PartialEq, Eq)]
enum Provider {
    Ecr(ecr::Registry),
    Google,
    Azure(azure::Cloud),
}

impl Provider {
    /// The cloud of a host. A host with a port is none of theirs.
    fn of(host: &str) -> Option<Self> {
        // Only what a name of these clouds may hold, for parts of it become parts of addresses.
        let is_name = |letter: u8| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, b'-' | b'.')
        };
        if !host.bytes().all(is_name) {
            return None;
        }
        let google = || google::is_registry(host).then_some(Self::Google);
        ecr::Registry::of(host)
            .map(Self::Ecr)
            .or_else(google)
            .or_else(|| azure::Cloud::of(host).map(Self::Azure))
    }

    /// For messages.
    fn name(&self) -> &'static str {
        match self {
            Self::Ecr(_) => "ecr",
            Self::Google => "google",
            Self::Azure(_) => "azure",
        }
    }

    async fn ask(&self, context: Context<'_>, host: &str) -> Result<Found, Problem> {
        match self {
            Self::Ecr(registry) => ecr::credential(context, registry).await,
            Self::Google => google::credential(context).await,
            Self::Azure(cloud) => {
                azure::credential(context, *cloud, host, &azure::exchange_address(host)).await
            }
        }
    }
}

/// What a cloud said about a host.
#[derive(Debug)]
struct Known {
    credential: Option<Credential>,
    /// From then on it is asked again.
    until: SystemTime,
}

/// The clouds, and what they said so far.
#[derive(Debug, Default)]
pub(super) struct Clouds {
    http: OnceLock<Option<Http>>,
    /// By host. Who asks holds the lock of the host, so that others wait for the answer instead of asking too.
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Option<Known>>>>>,
}

impl Clouds {
    /// What the cloud that a host belongs to hands out for it.
    pub async fn find(&self, surroundings: &Surroundings, host: &str) -> Option<Candidate> {
        let provider = Provider::of(host)?;
        let source = provider.name();
        let entry = Arc::clone(
            self.hosts.lock().unwrap_or_else(PoisonError::into_inner).entry(host.to_owned()).or_default(),
        );
        let mut known = entry.lock().await;
        let now = (surroundings.clock.0)();
        let fresh = known.take().filter(|known| now < known.until);
        let known = match fresh {
            Some(fresh) => known.insert(fresh),
            None => known.insert(self.ask(surroundings, &provider, host, now).await),
        };
        known.credential.clone().map(|credential| Candidate { source, credential })
    }

    async fn ask(
        &self,
        surroundings: &Surroundings,
        provider: &Provider,
        host: &str,
        now: SystemTime,
    ) -> Known {
        let asked = async {
            let http = self.http.get_or_init(|| Http::new().ok()).as_ref();
            let http = http.ok_or_else(|| Problem::new("TLS cannot be set up"))?;
            provider.ask(Context { surroundings, http, now }, host).await
        };
        let late = || Err(Problem::new("no answer in time"));
        match tokio::time::timeout(TIMEOUT, asked).await.unwrap_or_else(|_| late()) {
            Ok(found) => {
                let life = found.expires.duration_since(now).unwrap_or_default();
                let until = now.checked_add(life.saturating_sub(MARGIN).max(life / 2)).unwrap_or(now);
                Known { credential: Some(found.credential), until }
            }
            Err(problem) => {
                tracing::debug!(host, source = provider.name(), %problem, "no credential of a cloud");
                Known { credential: None, until: now.checked_add(SILENCE).unwrap_or(now) }
            }
        }
    }
}

/// Reads a file that holds a token or credentials.
///
/// # Errors
/// A file that is not there, not regular, too large or not text, without its name: what is meant for one variable
/// may stand in another one.
fn read(path: &Path, what: &str) -> Result<Secret, Problem> {
    let problem = |cause: &dyn fmt::Display| Problem::new(format!("{what}: {cause}"));
    let metadata = std::fs::metadata(path).map_err(|error| problem(&error.kind()))?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(problem(&"not a file, or too large"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| problem(&error.kind()))?;
    Ok(Secret::new(text.trim()))
}
