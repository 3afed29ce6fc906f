//! One exchange with a registry: which scheme, which credential, where to go when sent elsewhere, when to try again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use pacto_contract::limits::MAX_REDIRECTS;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::challenge::{Challenge, challenge};
use super::error::{RegistryError, Tried};
use super::host::{PlainHttp, is_loopback};
use super::http::Http;
use super::token::{Grant, Question, Refusal, ask, site};
use crate::credential::{Credential, Keychain};

/// How often and how patiently a request is repeated.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Most attempts, the first included.
    pub attempts: u32,
    /// Wait before the second attempt; doubles each time.
    pub first_wait: Duration,
    /// Longest wait that a registry may ask for.
    pub longest_wait: Duration,
    /// Longest silence of a registry. After this time the body of an answer must have come at a useful rate.
    pub patience: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        let (longest_wait, patience) = (Duration::from_secs(30), Duration::from_secs(30));
        Self { attempts: 4, first_wait: Duration::from_millis(300), longest_wait, patience }
    }
}

/// How registries are spoken to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Hosts, with port where they have one, to which plain HTTP may be spoken, credentials included.
    pub insecure_hosts: Vec<String>,
    /// Further certificate authorities, as PEM.
    pub authorities: Vec<Vec<u8>>,
    /// Requests in flight to one host.
    pub parallel: usize,
    /// Repetitions.
    pub retry: Retry,
}

impl Default for Settings {
    fn default() -> Self {
        Self { insecure_hosts: Vec::new(), authorities: Vec::new(), parallel: 128, retry: Retry::default() }
    }
}

/// A request, before it is known how it is sent.
#[derive(Debug, Clone)]
pub(super) struct Call<'a> {
    /// For messages: what is asked for.
    pub reference: &'a str,
    pub host: &'a str,
    pub repository: &'a str,
    pub method: Method,
    pub target: Target,
    /// `pull` or `pull,push`.
    pub access: &'static str,
    /// Whether this is only the start of something: what was started before goes first.
    pub is_start: bool,
    pub accept: &'static [&'static str],
    pub body: Option<(Bytes, &'a str)>,
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// A path of the registry, from `/v2/` on.
    Path(String),
    /// An address that the registry gave.
    Url(Url),
}

/// Why one attempt gave nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may work the next time.
    Transient { cause: String, after: Option<Duration> },
    /// It will not.
    Final(RegistryError),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Final(error)
    }
}

/// An answer; while it is held, it counts as a request in flight.
#[derive(Debug)]
pub(super) struct Answer {
    pub response: reqwest::Response,
    /// Time for a body that comes slower than any useful one.
    pub patience: Duration,
    _permit: OwnedSemaphorePermit,
}

/// The one HTTP client, and what is known of hosts.
#[derive(Debug)]
pub(super) struct Transport {
    http: Http,
    settings: Settings,
    plain: PlainHttp,
    keychain: Arc<Keychain>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
    permits: Arc<Semaphore>,
    /// Held by the one start that waits for a permit. All others wait for the door, so that what carries on has only that
    /// one before it. What carries on leads to the next contracts; a graph is done sooner when they are known sooner.
    door: tokio::sync::Mutex<()>,
    scheme: OnceCell<&'static str>,
    /// What the host asked for last, for a 403 that asks for nothing.
    challenge: Mutex<Option<Challenge>>,
    /// By scope.
    grants: Mutex<HashMap<String, Grant>>,
    /// Since when, and why, nobody answers.
    silent: Mutex<Option<(Instant, String)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transport {
    /// # Errors
    /// A text when a certificate cannot be read or TLS cannot be set up.
    pub fn new(settings: Settings, keychain: Arc<Keychain>) -> Result<Self, String> {
        let http = Http::new(&settings.authorities, settings.retry.patience)?;
        let plain = PlainHttp { listed: settings.insecure_hosts.iter().cloned().collect() };
        Ok(Self { http, settings, plain, keychain, hosts: Mutex::default() })
    }

    pub fn keychain(&self) -> &Keychain {
        &self.keychain
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let fresh = || Host {
            permits: Arc::new(Semaphore::new(self.settings.parallel.clamp(1, Semaphore::MAX_PERMITS))),
            door: tokio::sync::Mutex::default(),
            scheme: OnceCell::new(),
            challenge: Mutex::default(),
            grants: Mutex::default(),
            silent: Mutex::default(),
        };
        Arc::clone(lock(&self.hosts).entry(name.to_owned()).or_insert_with(|| Arc::new(fresh())))
    }

    /// Repeats `attempt` while it fails in a way that may pass.
    ///
    /// # Errors
    /// The last failure.
    pub async fn persist<T>(
        &self,
        (host, reference): (&str, &str),
        mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
    ) -> Result<T, RegistryError> {
        let Retry { attempts, first_wait, longest_wait, .. } = self.settings.retry;
        let mut number = 1;
        loop {
            match attempt().await {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Transient { cause, .. }) if number >= attempts => {
                    if cause.starts_with(CANNOT_CONNECT) {
                        *lock(&self.host(host).silent) = Some((Instant::now(), cause.clone()));
                    }
                    return Err(RegistryError::unreachable(reference, cause));
                }
                Err(Failure::Transient { cause, after }) => {
                    let wait = first_wait.saturating_mul(1 << (number - 1).min(16));
                    let wait = after.map_or_else(|| jittered(wait), |after| after.min(longest_wait));
                    tracing::debug!(reference, cause, ?wait, "again");
                    tokio::time::sleep(wait).await;
                    number += 1;
                }
            }
        }
    }

    /// Sends a request with the credentials that the registry wants, following redirects of GET and HEAD. Statuses
    /// that mean "not now" are failures; every other one is an answer.
    pub async fn send(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let host = self.host(call.host);
        let door = if call.is_start { Some(host.door.lock().await) } else { None };
        let permit = Arc::clone(&host.permits).acquire_owned().await;
        drop(door);
        let permit = permit.map_err(|_| Failure::Transient { cause: "closed".to_owned(), after: None })?;
        let silent = lock(&host.silent).clone();
        if let Some((_, cause)) = silent.filter(|(since, _)| since.elapsed() < SILENCE) {
            return Err(RegistryError::unreachable(call.reference, cause).into());
        }
        let url = self.address(&host, call).await?;
        let scope = match call.repository {
            "" => String::new(),
            repository => format!("repository:{repository}:{}", call.access),
        };
        let known = lock(&host.grants).get(&scope).filter(|grant| grant.is_fresh()).cloned();
        let mut response = self.follow(&host, call, &url, known.as_ref()).await?;
        if is_refusal(response.status()) {
            response = self.authorized(call, &host, &url, &scope, response).await?;
        }
        if let Some(failure) = not_now(&response) {
            return Err(failure);
        }
        Ok(Answer { response, patience: self.settings.retry.patience, _permit: permit })
    }

    /// Where a request goes; finds out whether the host speaks TLS.
    async fn address(&self, host: &Host, call: &Call<'_>) -> Result<Url, Failure> {
        let text = match &call.target {
            Target::Url(url) => return Ok(url.clone()),
            Target::Path(path) => {
                let scheme = host.scheme.get_or_try_init(|| self.scheme(host, call)).await?;
                format!("{scheme}://{}{path}", call.host)
            }
        };
        Url::parse(&text).map_err(|error| {
            RegistryError::unreachable(call.reference, format!("no address: {error}")).into()
        })
    }

    /// HTTPS, or HTTP where that is allowed and HTTPS has no answer.
    async fn scheme(&self, host: &Host, call: &Call<'_>) -> Result<&'static str, Failure> {
        if !self.plain.is_allowed(call.host) {
            return Ok("https");
        }
        // Nobody listens on the way to this machine, and TLS takes longer to set up than a pull from here.
        if is_loopback(call.host) && self.ping("http", call).await?.is_ok_and(is_registry) {
            return Ok("http");
        }
        match self.ping("https", call).await? {
            Ok(_) => Ok("https"),
            // A certificate that does not fit is an answer: plain HTTP would be what an attacker wants.
            Err(secure) if cause(&secure).contains("certificate") => {
                Err(RegistryError::unreachable(call.reference, cause(&secure)).into())
            }
            Err(secure) => match self.ping("http", call).await? {
                Ok(status) if is_registry(status) => Ok("http"),
                _ => Err(failure(host, call, &secure)),
            },
        }
    }

    /// Asks for nothing, to see which scheme is spoken.
    async fn ping(&self, scheme: &str, call: &Call<'_>) -> Result<reqwest::Result<StatusCode>, Failure> {
        let refuse = |cause: String| Failure::from(RegistryError::unreachable(call.reference, cause));
        let url = Url::parse(&format!("{scheme}://{}/v2/", call.host));
        let url = url.map_err(|error| refuse(format!("no address: {error}")))?;
        let client = self.http.client(&url).map_err(refuse)?;
        Ok(client.get(url).send().await.map(|response| response.status()))
    }

    /// Sends a request and, for GET and HEAD, goes where it is sent. Credentials stay with the site they are for.
    async fn follow(
        &self,
        host: &Host,
        call: &Call<'_>,
        url: &Url,
        grant: Option<&Grant>,
    ) -> Result<reqwest::Response, Failure> {
        let mut target = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let at_home = target.origin() == url.origin() && self.is_home(call, url);
            let client = self.http.client(&target);
            let client = client.map_err(|cause| RegistryError::unreachable(call.reference, cause))?;
            let mut request = client.request(call.method.clone(), target.clone());
            if !call.accept.is_empty() {
                request = request.header("accept", call.accept.join(", "));
            }
            if let Some(grant) = grant.filter(|_| at_home) {
                request = request.header(AUTHORIZATION, grant.header.clone());
            }
            if let Some((body, kind)) = &call.body {
                request = request.header(CONTENT_TYPE, *kind).body(body.clone());
            }
            let is_registry = target.origin() == url.origin() && matches!(call.target, Target::Path(_));
            let response = request.send().await.map_err(|error| {
                if is_registry {
                    return failure(host, call, &error);
                }
                // Another site that does not answer says nothing about the registry that sent us there.
                Failure::Transient { cause: format!("{}: {}", site(&target), cause(&error)), after: None }
            })?;
            let status = response.status();
            tracing::debug!(method = %call.method, host = %site(&target), path = target.path(), %status, "request");
            let reads = matches!(call.method, Method::GET | Method::HEAD);
            if !reads || !is_redirect(status) {
                return Ok(response);
            }
            target = Self::next(call, &target, response.headers())?;
        }
        let cause = format!("more than {MAX_REDIRECTS} redirects");
        Err(RegistryError::unreachable(call.reference, cause).into())
    }

    /// Whether an address is the registry itself and credentials may travel to it.
    fn is_home(&self, call: &Call<'_>, url: &Url) -> bool {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let authority = format!("{}{port}", url.host_str().unwrap_or_default());
        let is_same = authority == call.host
            || url.port().is_none() && call.host.strip_suffix(":443").is_some_and(|host| host == authority);
        is_same && (url.scheme() == "https" || self.plain.may_carry_credentials(call.host))
    }

    /// The address in `Location`.
    pub fn next(call: &Call<'_>, from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
        let refuse = |cause: String| Failure::from(RegistryError::unreachable(call.reference, cause));
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let location = location.ok_or_else(|| refuse("a redirect without an address".to_owned()))?;
        let next = from.join(location).map_err(|error| refuse(format!("a redirect to nowhere: {error}")))?;
        let is_plain = next.scheme() == "http" && from.scheme() == "https";
        if !matches!(next.scheme(), "http" | "https") || is_plain {
            return Err(refuse(format!("a redirect from {} to {} is not followed", site(from), site(&next))));
        }
        Ok(next)
    }

    /// Tries every credential until one is accepted.
    async fn authorized(
        &self,
        call: &Call<'_>,
        host: &Host,
        url: &Url,
        scope: &str,
        refused: reqwest::Response,
    ) -> Result<reqwest::Response, Failure> {
        lock(&host.grants).remove(scope);
        let asked = challenge(refused.headers());
        if let Some(asked) = &asked {
            *lock(&host.challenge) = Some(asked.clone());
        }
        let mut cause = reason(refused).await;
        let Some(asked) = asked.or_else(|| lock(&host.challenge).clone()) else {
            return Err(authentication(call, cause, Tried::default()));
        };
        if !self.is_home(call, url) && matches!(call.target, Target::Url(_)) {
            return Err(authentication(call, cause, Tried::default()));
        }
        let may_send = url.scheme() == "https" || self.plain.may_carry_credentials(call.host);
        let mut tried = Tried::default();
        for source in crate::credential::Source::ALL {
            let found = self.keychain.candidates(*source, call.host, call.repository).await;
            for candidate in found {
                if !may_send && candidate.credential != Credential::Anonymous {
                    tried.0.push(format!("{}: not sent over plain HTTP", candidate.source));
                    continue;
                }
                let grant = match self.grant(call, &asked, &candidate.credential, url, scope).await {
                    Ok(Some(grant)) => grant,
                    Ok(None) => continue,
                    Err(Refusal::Rejected(why)) => {
                        tried.0.push(candidate.source.to_owned());
                        cause = why;
                        continue;
                    }
                    Err(Refusal::Failed(cause)) => return Err(Failure::Transient { cause, after: None }),
                };
                let response = self.follow(host, call, url, Some(&grant)).await?;
                if !is_refusal(response.status()) {
                    lock(&host.grants).insert(scope.to_owned(), grant);
                    return Ok(response);
                }
                tried.0.push(candidate.source.to_owned());
                cause = reason(response).await;
            }
        }
        Err(authentication(call, cause, tried))
    }

    /// What to send for a credential; `None` where the challenge has no use for it.
    async fn grant(
        &self,
        call: &Call<'_>,
        asked: &Challenge,
        credential: &Credential,
        url: &Url,
        scope: &str,
    ) -> Result<Option<Grant>, Refusal> {
        match (asked, credential) {
            (Challenge::Basic, Credential::Basic { user, password }) => Ok(Grant::basic(user, password)),
            (Challenge::Basic, Credential::Token(token)) => Ok(Grant::bearer(token)),
            (Challenge::Basic, Credential::Identity(_) | Credential::Anonymous) => Ok(None),
            (Challenge::Bearer { realm, service }, credential) => {
                let realm =
                    url.join(realm).map_err(|_| Refusal::Failed("the realm is no address".to_owned()))?;
                let is_same_site = realm.origin() == url.origin();
                let is_safe = realm.scheme() == "https"
                    || realm.scheme() == "http" && is_same_site && self.plain.is_allowed(call.host);
                if !is_safe {
                    let site = site(&realm);
                    return Err(Refusal::Rejected(format!(
                        "the token service {site} is not reached by https"
                    )));
                }
                let question = Question { realm: &realm, service: service.as_deref(), scope };
                let client = self.http.client(&realm).map_err(Refusal::Failed)?;
                let asked = ask(client, &question, credential);
                let late = || Refusal::Failed(format!("token service {}: no answer in time", site(&realm)));
                match tokio::time::timeout(self.settings.retry.patience, asked).await.map_err(|_| late())? {
                    // A token that the realm does not take as a password may be one for the registry itself.
                    Err(Refusal::Rejected(why)) => match credential {
                        Credential::Token(token) => Ok(Grant::bearer(token)),
                        _ => Err(Refusal::Rejected(why)),
                    },
                    other => other.map(Some),
                }
            }
        }
    }
}

fn authentication(call: &Call<'_>, cause: String, tried: Tried) -> Failure {
    Failure::Final(RegistryError::Authentication { reference: call.reference.to_owned(), cause, tried })
}

/// Whether plain HTTP was understood: a server that speaks TLS answers 400, and some send those who do not elsewhere.
fn is_registry(status: StatusCode) -> bool {
    status != StatusCode::BAD_REQUEST && !status.is_redirection()
}

fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// A status that means "not now".
fn not_now(response: &reqwest::Response) -> Option<Failure> {
    let status = response.status();
    if !matches!(status.as_u16(), 408 | 429 | 499 | 500 | 502 | 503 | 504 | 522) {
        return None;
    }
    let after = response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    let after = after.and_then(|after| after.trim().parse().ok()).map(Duration::from_secs);
    Some(Failure::Transient { cause: format!("the registry answered {status}"), after })
}

/// What the registry says about a refusal, in its first words.
async fn reason(response: reqwest::Response) -> String {
    let status = response.status();
    match super::client::error_message(response).await {
        Some(message) => format!("{status}: {message}"),
        None => status.to_string(),
    }
}

/// Between half and all of `wait`, so that many clients do not come back together.
fn jittered(wait: Duration) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let part = u32::try_from(random % 1000).unwrap_or_default();
    wait / 2 + wait / 2 * part / 1000
}

/// A request without an answer. A name that nobody knows will not be known a second later.
fn failure(host: &Host, call: &Call<'_>, error: &reqwest::Error) -> Failure {
    let cause = cause(error);
    if cause == UNKNOWN_HOST {
        *lock(&host.silent) = Some((Instant::now(), cause.clone()));
        RegistryError::unreachable(call.reference, cause).into()
    } else {
        Failure::Transient { cause, after: None }
    }
}

/// How a failure to connect begins.
const CANNOT_CONNECT: &str = "cannot connect";
/// How long a host is left alone after nobody answered, however often it was asked.
const SILENCE: Duration = Duration::from_secs(10);
/// Said for every failure to look a name up: systems have many words for it.
const UNKNOWN_HOST: &str = "the name of the host cannot be resolved";

/// The innermost cause of a failed request, without the address: addresses may hold secrets.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
        if innermost.to_string() == "dns error" {
            return UNKNOWN_HOST.to_owned();
        }
    }
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let text = if std::ptr::eq(innermost, error as &dyn std::error::Error) {
        "the request failed".to_owned()
    } else {
        innermost.to_string()
    };
    if error.is_connect() { format!("{CANNOT_CONNECT}: {text}") } else { text }
}
