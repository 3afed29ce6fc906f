//! Which endpoints of a service are asked, and what an answer means. Asking is for somebody else.

use pacto_contract::{Contract, Pointer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, Subject};
use super::kind::{CheckKind, CheckStatus, Reason};

/// What an endpoint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndpointRole {
    /// `runtime.health`.
    Health,
    /// `runtime.metrics`.
    Metrics,
}

/// How an endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndpointProtocol {
    /// `GET` of the path.
    Http,
    /// `grpc.health.v1.Health/Check` with an empty service name.
    Grpc,
}

/// An endpoint to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// What it is for.
    pub role: EndpointRole,
    /// How it is asked.
    pub protocol: EndpointProtocol,
    /// Port of the Service.
    pub port: u16,
    /// Path, with a leading slash; `/` for gRPC.
    pub path: String,
}

/// What asking an endpoint gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProbeResult {
    /// What was asked.
    pub url: String,
    /// What came back.
    pub outcome: ProbeOutcome,
    /// Time to the answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum ProbeOutcome {
    /// An HTTP response.
    Response {
        /// Its status.
        status: u16,
        /// Whether it had no content.
        empty: bool,
    },
    /// The gRPC health service answered.
    Health {
        /// Whether it said `SERVING`.
        serving: bool,
    },
    /// A gRPC server without the health service.
    Unimplemented,
    /// Nobody answered.
    Failed {
        /// Why, in a few words.
        error: String,
    },
    /// It was not asked.
    Skipped {
        /// Why not, in a few words.
        cause: String,
    },
}

impl ProbeOutcome {
    /// Whether anybody answered.
    pub fn is_reachable(&self) -> bool {
        matches!(self, Self::Response { .. } | Self::Health { .. } | Self::Unimplemented)
    }
}

/// The endpoints that a contract names and that can be asked, health first.
///
/// ```
/// use pacto_contract::ContractDocument;
/// use pacto_engine::runtime::{EndpointRole, endpoints};
/// let text = b"pactoVersion: '1.0'\nservice: {name: a, version: 1.0.0}\ninterfaces: [{name: api, type: http, port: 80}]
/// runtime: {workload: service, state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}, health: {interface: api, path: /ready}}\n";
/// let document = ContractDocument::parse("pacto.yaml", text).unwrap();
/// let found = endpoints(&document.contract);
/// assert_eq!((found[0].role, found[0].port, &*found[0].path), (EndpointRole::Health, 80, "/ready"));
/// ```
pub fn endpoints(contract: &Contract) -> Vec<Endpoint> {
    let roles = [EndpointRole::Health, EndpointRole::Metrics];
    roles.into_iter().filter_map(|role| endpoint(contract, role)?.ok()).collect()
}

/// The endpoint of one role, or why there is none to ask; `None` when the contract names none.
fn endpoint(contract: &Contract, role: EndpointRole) -> Option<Result<Endpoint, Reason>> {
    let runtime = contract.runtime.as_ref()?;
    let probe = match role {
        EndpointRole::Health => runtime.health.as_ref()?,
        EndpointRole::Metrics => runtime.metrics.as_ref()?,
    };
    if probe.interface.is_empty() {
        return None;
    }
    let Some(interface) = contract.interface(&probe.interface) else {
        return Some(Err(Reason::InterfaceNotFound));
    };
    let Some(port) = interface.port else { return Some(Err(Reason::InterfaceHasNoPort)) };
    // Metrics are text over HTTP, also beside gRPC.
    let is_grpc = interface.kind == "grpc" && role == EndpointRole::Health && probe.path.is_none();
    let protocol = if is_grpc { EndpointProtocol::Grpc } else { EndpointProtocol::Http };
    let path = probe.path.as_deref().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some(Ok(Endpoint { role, protocol, port, path }))
}

pub(super) fn checks(subject: Subject<'_>) -> Vec<Check> {
    let roles = [
        (EndpointRole::Health, CheckKind::HealthEndpointValid, &subject.observation.health),
        (EndpointRole::Metrics, CheckKind::MetricsEndpointValid, &subject.observation.metrics),
    ];
    let check = |(role, kind, result): (EndpointRole, CheckKind, &Option<ProbeResult>)| {
        let key = if role == EndpointRole::Health { "health" } else { "metrics" };
        let place = Pointer::root().key("runtime").key(key).key("interface");
        let endpoint = endpoint(subject.contract, role)?;
        subject.of_service(kind, &place, |_| {
            Some(match (&endpoint, result) {
                (Err(reason), _) => unnamed(kind, *reason, &place),
                (Ok(_), Some(result)) => judged(kind, role, result, &place),
                (Ok(_), None) => {
                    let message = "the endpoint was not asked";
                    Check::new(kind, CheckStatus::Unknown, Reason::NotObserved, &place, message)
                }
            })
        })
    };
    roles.into_iter().filter_map(check).collect()
}

fn unnamed(kind: CheckKind, reason: Reason, place: &Pointer) -> Check {
    let message = match reason {
        Reason::InterfaceHasNoPort => "the interface that is named here has no port",
        _ => "the contract has no interface of this name",
    };
    Check::fails(kind, reason, place, message).with_help("name an interface with a port")
}

fn judged(kind: CheckKind, role: EndpointRole, result: &ProbeResult, place: &Pointer) -> Check {
    let url = &result.url;
    let fails = |reason: Reason, message: String| {
        Check::fails(kind, reason, place, message)
            .with_help("look at the logs of the service, and at what the endpoint answers")
    };
    match &result.outcome {
        ProbeOutcome::Response { status, .. } if !is_good(role, *status) => {
            fails(Reason::InvalidStatusCode, format!("{url} answers with status {status}"))
        }
        ProbeOutcome::Response { status, empty: true } if role == EndpointRole::Metrics => {
            fails(Reason::EmptyResponse, format!("{url} answers with status {status} and no content"))
        }
        ProbeOutcome::Response { status, .. } => {
            Check::holds(kind, Reason::Ok, place, format!("{url} answers with status {status}"))
        }
        ProbeOutcome::Health { serving: true } => {
            Check::holds(kind, Reason::Ok, place, format!("{url} says that it serves"))
        }
        ProbeOutcome::Health { serving: false } => {
            fails(Reason::NotServing, format!("{url} says that it does not serve"))
        }
        ProbeOutcome::Unimplemented => {
            let message = format!("{url} has no gRPC health service");
            Check::fails(kind, Reason::NotImplemented, place, message).with_help(
                "register grpc.health.v1.Health in the server, or name an interface with a health path",
            )
        }
        ProbeOutcome::Failed { error } => {
            fails(Reason::ConnectionFailed, format!("{url} does not answer: {error}"))
        }
        ProbeOutcome::Skipped { cause } => Check::new(
            kind,
            CheckStatus::Unknown,
            Reason::NotObserved,
            place,
            format!("{url} was not asked: {cause}"),
        ),
    }
}

/// Health may redirect to a page that says so; metrics are there or not.
fn is_good(role: EndpointRole, status: u16) -> bool {
    match role {
        EndpointRole::Health => (200..400).contains(&status),
        EndpointRole::Metrics => status == 200,
    }
}
