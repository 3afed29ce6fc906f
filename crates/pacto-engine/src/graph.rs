//! The dependency graph of a contract.
//!
//! [`Resolver`] says which contracts it needs, in any order, and builds one [`Graph`] from the answers: breadth
//! first, each service expanded where it stands nearest to the root. Nothing here fetches.

mod conflict;
pub mod consumers;
mod cycle;
mod difference;
mod impact;
mod layout;
mod render;
mod resolver;

use std::sync::Arc;

use pacto_contract::Diagnostic;
use pacto_contract::model::Dependency;
use schemars::JsonSchema;
use serde::Serialize;

use crate::library::Resolved;

pub use difference::{GraphChange, GraphChangeKind, GraphDifference, GraphDifferenceNode, difference};
pub use impact::{blast_radius, components, dependents};
pub use layout::{
    CARD_HEIGHT, CARD_WIDTH, COLUMN_GAP, GROUP_GAP, LAYER_GAP, Layout, Position, ROW_GAP, layout,
};
pub use render::{render, render_difference};
pub use resolver::{Ask, GraphOptions, RequestId, Resolver};

/// Position of a service in [`Graph::services`].
pub type ServiceId = usize;

/// A resolved dependency graph. Service 0 is the root; the others follow in breadth-first order.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Every service once.
    pub services: Vec<GraphService>,
    /// Ways that lead back to where they came from, as the root's name and then references; sorted.
    pub cycles: Vec<Vec<String>>,
    /// Services that are needed in ways that exclude each other; sorted by name.
    pub conflicts: Vec<Conflict>,
    /// Warnings about edges, such as a tag outside of its constraint.
    pub warnings: Vec<Diagnostic>,
}

/// One service of a graph.
#[derive(Debug, Clone)]
pub struct GraphService {
    /// `service.name`.
    pub name: String,
    /// The need that it answers; the root answers none unless it was named by a reference.
    pub found_by: Option<Arc<Dependency>>,
    /// Whether it lies in a directory of this machine that a `file://` reference or path named.
    pub local: bool,
    /// What it needs, in document order, references after dependencies.
    pub edges: Vec<Edge>,
    /// The contract, its files and where they came from.
    pub resolved: Arc<Resolved>,
}

/// What an edge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// The service calls the other one.
    Dependency,
    /// The contract uses the other one's configuration or policy.
    Reference,
}

/// A need of one service.
#[derive(Debug, Clone)]
pub struct Edge {
    /// What is needed, as declared; a reference is no dependency, but has a name and a reference too.
    pub need: Arc<Dependency>,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint as written; empty for references.
    pub constraint: Arc<str>,
    /// Dependency or reference.
    pub kind: EdgeKind,
    /// The service, or why there is none.
    pub target: Result<ServiceId, String>,
    /// Set when the edge leads back to a service on its own way from the root; `target` is then an error.
    pub closes_cycle: Option<ServiceId>,
    /// Whether the service is expanded at another edge.
    pub shared: bool,
    /// Whether the reference is a local path.
    pub local: bool,
}

/// A service that is needed in ways that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// Name of the service.
    pub name: String,
    /// Versions that were resolved, as `name@version`.
    pub versions: Vec<String>,
    /// Constraints that no version satisfies together, each with who asks for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
}

impl GraphService {
    /// The reference that found it.
    pub fn reference(&self) -> Option<&str> {
        self.found_by.as_ref().map(|need| need.reference.as_str())
    }

    /// `service.version`, as written.
    pub fn version(&self) -> &str {
        &self.resolved.document.contract.service.version
    }
}

impl Edge {
    /// The service at the other end, also where the edge was cut because it closes a cycle.
    pub fn leads_to(&self) -> Option<ServiceId> {
        self.target.as_ref().ok().copied().or(self.closes_cycle)
    }
}

impl Graph {
    /// The root service.
    pub fn root(&self) -> Option<&GraphService> {
        self.services.first()
    }

    /// Edges that have no service, with the service that declares them.
    pub fn unresolved(&self) -> impl Iterator<Item = (&GraphService, &Edge, &str)> {
        self.services.iter().flat_map(|service| {
            service
                .edges
                .iter()
                .filter_map(move |edge| Some((service, edge, edge.target.as_ref().err()?.as_str())))
        })
    }

    /// Whether every edge has a service and nothing is cyclic or in conflict.
    pub fn is_sound(&self) -> bool {
        self.unresolved().next().is_none() && self.cycles.is_empty() && self.conflicts.is_empty()
    }
}

/// The short text of a reference: what follows the last `/`, a digest cut to seven digits.
///
/// ```
/// use pacto_engine::graph::short_reference;
/// assert_eq!(short_reference("oci://ghcr.io/acme/cart:1.0.0"), "cart:1.0.0");
/// assert_eq!(short_reference("oci://ghcr.io/acme/cart@sha256:abcdef0123"), "cart@sha256:abcdef0");
/// ```
pub fn short_reference(reference: &str) -> String {
    const DIGEST_DIGITS: usize = 7;
    let (path, digest) = match reference.split_once("@sha256:") {
        Some((path, digest)) => (path, Some(digest)),
        None => (reference, None),
    };
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    match digest {
        // Nothing but a scheme is better shown as it is.
        _ if name.is_empty() || name.ends_with(':') => reference.to_owned(),
        Some(digest) => format!("{name}@sha256:{}", digest.get(..DIGEST_DIGITS).unwrap_or(digest)),
        None => name.to_owned(),
    }
}
