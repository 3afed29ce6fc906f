//! Asking endpoints of services: whether they are healthy, and whether they have metrics.
//!
//! Contracts are written by many, and this process can reach what they cannot. So an address is only ever made of the names of a
//! Service and its namespace; an answer leads nowhere else, is read a little, and is not waited for long.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::uri::PathAndQuery;
use pacto_engine::runtime::endpoint::EndpointProtocol;
use pacto_engine::runtime::{Endpoint, ProbeOutcome, ProbeResult};
use pacto_k8s::ResourceKey;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

mod grpc;
mod http;
mod latest;
mod resolver;

pub use latest::Latest;
pub use resolver::{Override, OverrideError, Resolver};

/// Endpoints that are asked at once, in the whole process.
pub const MAX_PROBES: usize = 16;
/// Time for a name, a connection and an answer together.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Shortest time between two questions to one endpoint, however often something changes around it.
pub const SPACING: Duration = Duration::from_secs(10);
/// Bytes of a body that are read.
pub const MAX_BODY_BYTES: usize = 4_096;
/// Bytes of the headers of an answer.
pub const MAX_HEADER_BYTES: usize = 16 * 1_024;
/// Headers of an answer.
pub const MAX_HEADERS: usize = 100;
/// Bytes of a path that is asked for.
pub const MAX_PATH_BYTES: usize = 2_048;
/// Letters of a name of a Service or a namespace.
const MAX_NAME: usize = 63;
/// What services see as the client.
const USER_AGENT: &str = concat!("pacto-operator/", env!("CARGO_PKG_VERSION"));

/// Asks endpoints, a few at a time.
///
/// ```no_run
/// # async fn example(endpoint: pacto_engine::runtime::Endpoint) {
/// use pacto_k8s::ResourceKey;
/// use pacto_operator::probe::{Prober, Resolver};
/// let prober = Prober::new(Resolver::System);
/// let result = prober.probe(&ResourceKey::new("shop", "payments"), &endpoint).await;
/// assert!(result.outcome.is_reachable());
/// # }
/// ```
#[derive(Debug)]
pub struct Prober {
    resolver: Resolver,
    patience: Duration,
    spacing: Duration,
    turns: Semaphore,
    hosts: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// Why nobody answered, in a few words.
type Failure = String;

impl Prober {
    /// A prober that finds addresses with `resolver`.
    pub fn new(resolver: Resolver) -> Self {
        let (turns, hosts) = (Semaphore::new(MAX_PROBES), Mutex::default());
        Self { resolver, patience: PATIENCE, spacing: SPACING, turns, hosts }
    }

    /// With another time than [`SPACING`].
    #[must_use]
    pub fn with_spacing(self, spacing: Duration) -> Self {
        Self { spacing, ..self }
    }

    /// Shortest time between two questions to one endpoint.
    pub fn spacing(&self) -> Duration {
        self.spacing
    }

    /// With another time than [`PATIENCE`].
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks one endpoint of a Service. Waits for its turn first: a host is asked one thing at a time.
    pub async fn probe(&self, service: &ResourceKey, endpoint: &Endpoint) -> ProbeResult {
        let host = format!("{}.{}.svc", service.name, service.namespace);
        let authority = format!("{host}:{}", endpoint.port);
        let url = match endpoint.protocol {
            EndpointProtocol::Http => format!("http://{authority}{}", endpoint.path),
            EndpointProtocol::Grpc => format!("grpc://{authority}"),
        };
        let skipped = |cause: &str| {
            let outcome = ProbeOutcome::Skipped { cause: cause.to_owned() };
            ProbeResult { url: url.clone(), outcome, latency_ms: None }
        };
        if !is_name(&service.name) || !is_name(&service.namespace) {
            return skipped("this is not the name of a Service");
        }
        let Some(path) = path(&endpoint.path) else { return skipped("this is not a path") };
        let (outcome, took) = self
            .in_turn(&host, async {
                let begin = Instant::now();
                let deadline = begin + self.patience;
                let asked = timeout_at(deadline, async {
                    let stream = connect(self.resolver.addresses(&host, endpoint.port).await?).await?;
                    match endpoint.protocol {
                        EndpointProtocol::Http => http::ask(stream, &authority, &path, deadline).await,
                        EndpointProtocol::Grpc => grpc::ask(stream, &authority).await,
                    }
                });
                let outcome = asked.await.unwrap_or_else(|_| Err("timed out".to_owned()));
                match outcome {
                    Ok(answer) => (answer.outcome, Some(answer.at.duration_since(begin))),
                    Err(error) => (ProbeOutcome::Failed { error }, None),
                }
            })
            .await;
        let latency_ms = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        ProbeResult { url, outcome, latency_ms }
    }

    /// Works when this host is not asked by anybody else, and there are few others.
    async fn in_turn<T>(&self, host: &str, work: impl Future<Output = T>) -> T {
        let own = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            // Who is asked by nobody any more is forgotten.
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
            Arc::clone(hosts.entry(host.to_owned()).or_default())
        };
        let _alone = own.lock().await;
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        work.await
    }
}

/// What came back, and when its beginning did.
#[derive(Debug)]
struct Answer {
    outcome: ProbeOutcome,
    at: Instant,
}

/// Whether it is a DNS label, which names of Services and namespaces are: nothing else can lead out of the cluster.
fn is_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(is_inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The path as it is sent, where it is one.
fn path(text: &str) -> Option<PathAndQuery> {
    let is_path = text.starts_with('/') && text.len() <= MAX_PATH_BYTES;
    text.parse().ok().filter(|_| is_path)
}

async fn connect(addresses: Vec<SocketAddr>) -> Result<TcpStream, Failure> {
    TcpStream::connect(&*addresses).await.map_err(|error| why(&error).to_owned())
}

/// A network error in a few words, the same on every system.
fn why(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "connection reset",
        ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof => "connection closed",
        ErrorKind::TimedOut => "timed out",
        ErrorKind::HostUnreachable => "no route to host",
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "network unreachable",
        ErrorKind::PermissionDenied => "connection not permitted",
        _ => "no connection",
    }
}

/// What went wrong while talking, in a few words.
fn why_not(error: &hyper::Error, otherwise: &str) -> Failure {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<std::io::Error>() {
            return why(inner).to_owned();
        }
        source = inner.source();
    }
    let words = if error.is_parse_too_large() {
        "headers too large"
    } else if error.is_parse() {
        otherwise
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        "connection closed"
    } else if error.is_timeout() {
        "timed out"
    } else {
        otherwise
    };
    words.to_owned()
}

#[cfg(test)]
mod tests;
