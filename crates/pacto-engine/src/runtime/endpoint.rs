//! Which endpoints of a service are asked, and what an answer means. Asking is for somebody else.

use pacto_contract::{Contract, Pointer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::kind::{CheckKind, CheckStatus, Reason};
use super::observation::{Observation, ObservedKind};

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
