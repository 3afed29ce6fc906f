//! `pacto graph`: the dependency graph of a contract.

use std::sync::Arc;

use pacto_contract::Diagnostic;
use pacto_contract::overrides::Overrides;
use pacto_engine::graph::{Conflict, EdgeKind, Graph, GraphOptions, Resolver, ServiceId};
use pacto_engine::library::Resolved;
use pacto_engine::lock::Pins;
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use crate::{AppError, Context, lock};

/// What to resolve.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory or reference.
    pub contract: String,
    /// Changes to apply to it first.
    pub overrides: Overrides,
    /// Which edges.
    pub edges: GraphOptions,
}

/// A resolved graph.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The graph.
    pub graph: Graph,
}

/// The JSON form: a tree in which each service is expanded once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphReport {
    /// The contract that was asked about.
    pub root: NodeReport,
    /// Ways that lead back to where they came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cycles: Vec<Vec<String>>,
    /// Services that are needed in ways that exclude each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// Warnings about edges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Diagnostic>,
}

/// One service.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeReport {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Reference that found it.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whether a local path found it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub local: bool,
    /// What it needs; absent on shared nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<EdgeReport>,
}

/// One need.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EdgeReport {
    /// Reference as written.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint; empty for references.
    pub compatibility: String,
    /// Dependency or reference.
    #[serde(rename = "type")]
    pub kind: EdgeKind,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeReport>,
    /// Why there is no service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the service is expanded elsewhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// Whether the reference is a local path.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub local: bool,
}

/// Resolves the graph.
///
/// # Errors
/// [`AppError`] when the root cannot be read; what the root needs and is not there becomes an edge with an error.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let root = load(context, &options.contract, &options.overrides, Scope::Contract)?;
    Ok(Outcome { graph: resolve(context, &root, &options.contract, options.edges) })
}

/// Resolves the graph of a loaded contract, as its lock fixes it; `argument` is how the user named it. What the lock
/// says besides becomes warnings.
pub fn resolve(context: &Context, root: &Arc<Resolved>, argument: &str, edges: GraphOptions) -> Graph {
    let (pins, findings) = lock::pins_of(context, root);
    let mut graph = resolve_pinned(context, root, (argument, edges), &pins);
    graph.warnings.extend(findings);
    graph
}

/// As [`resolve`], as `pins` fix it.
pub(crate) fn resolve_pinned(
    context: &Context,
    root: &Arc<Resolved>,
    (argument, edges): (&str, GraphOptions),
    pins: &Pins,
) -> Graph {
    let reference = argument.contains("://").then(|| argument.to_owned());
    let mut resolver = Resolver::new(root, reference, edges);
    context.sources.resolve(&mut resolver, pins);
    resolver.finish()
}

impl Outcome {
    /// The JSON form.
    pub fn report(&self) -> Option<GraphReport> {
        Some(GraphReport {
            root: node(&self.graph, 0, true)?,
            cycles: self.graph.cycles.clone(),
            conflicts: self.graph.conflicts.clone(),
            warnings: self.graph.warnings.clone(),
        })
    }
}

/// Depth is bounded by `MAX_GRAPH_DEPTH`.
fn node(graph: &Graph, id: ServiceId, expand: bool) -> Option<NodeReport> {
    let service = graph.services.get(id)?;
    let edges = service.edges.iter().filter(|_| expand).map(|edge| EdgeReport {
        reference: edge.need.reference.clone(),
        required: edge.required,
        compatibility: edge.constraint.to_string(),
        kind: edge.kind,
        node: edge.target.as_ref().ok().and_then(|target| node(graph, *target, !edge.shared)),
        error: edge.target.as_ref().err().cloned(),
        shared: edge.shared,
        local: edge.local,
    });
    Some(NodeReport {
        name: service.name.clone(),
        version: service.version().to_owned(),
        reference: service.reference().map(str::to_owned),
        local: service.local,
        dependencies: edges.collect(),
    })
}
