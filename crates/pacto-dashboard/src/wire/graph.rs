//! Graphs of services.

use pacto_engine::diff::Classification;
use schemars::JsonSchema;
use serde::Serialize;

use super::service::{ContractStatus, SourceKind};

/// Why a service that is named is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnresolvedReason {
    /// The reference leads to no registry.
    NonOciRef,
    /// The registry wants other credentials.
    AuthFailed,
    /// There are no versions.
    NoSemverTags,
    /// There is no such repository.
    NotFound,
    /// Anything else that stopped it.
    PullFailed,
    /// It is being looked for.
    Discovering,
}

/// Status of a service in a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum NodeStatus {
    /// It keeps to its contract.
    Compliant,
    /// It does, with warnings.
    Warning,
    /// It does not.
    NonCompliant,
    /// Nothing runs.
    Reference,
    /// Nobody knows.
    Unknown,
    /// The service is named, and not known here.
    #[serde(rename = "external")]
    External,
}

impl NodeStatus {
    /// The word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "Compliant",
            Self::Warning => "Warning",
            Self::NonCompliant => "NonCompliant",
            Self::Reference => "Reference",
            Self::Unknown => "Unknown",
            Self::External => "external",
        }
    }
}

impl From<ContractStatus> for NodeStatus {
    fn from(status: ContractStatus) -> Self {
        match status {
            ContractStatus::Compliant => Self::Compliant,
            ContractStatus::Warning => Self::Warning,
            ContractStatus::NonCompliant => Self::NonCompliant,
            ContractStatus::Reference => Self::Reference,
            ContractStatus::Unknown => Self::Unknown,
        }
    }
}

/// What an edge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EdgeType {
    /// The service calls the other one.
    Dependency,
    /// The contract uses the other one's configuration or policy.
    Reference,
}

/// The whole fleet, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GraphData {
    /// The services, by name; those that are named and not known are among them.
    pub nodes: Vec<GraphNode>,
    /// Width of the drawing in pixels.
    pub width: u32,
    /// Height of the drawing in pixels.
    pub height: u32,
    /// Number of layers.
    pub layers: usize,
    /// Services that need each other, each group sorted.
    pub cycles: Vec<Vec<String>>,
    /// The snapshot that it shows.
    pub snapshot: String,
}

/// A service in a graph.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphNode {
    /// Identity: the name.
    pub id: String,
    /// Name.
    pub service_name: String,
    /// Its status, or `external`.
    pub status: NodeStatus,
    /// Version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where the contract is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceKind>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<UnresolvedReason>,
    /// The name that services are grouped by; empty without an owner.
    pub owner_key: String,
    /// Namespace of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many services stop working when it does.
    pub blast_radius: usize,
    /// Whether a higher version is available.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub update_available: bool,
    /// What the current version changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_change: Option<Classification>,
    /// Centre, from the left, in pixels.
    pub x: u32,
    /// Centre, from the top, in pixels.
    pub y: u32,
    /// Layer, counted from 0 at the left.
    pub layer: usize,
    /// What it needs, in the order of the contract.
    pub edges: Vec<GraphEdge>,
}

impl GraphNode {
    /// A node of which only the name and the status are known.
    pub fn bare(name: &str, status: NodeStatus) -> Self {
        Self {
            id: name.to_owned(),
            service_name: name.to_owned(),
            status,
            version: None,
            source: None,
            reason: None,
            owner_key: String::new(),
            namespace: None,
            blast_radius: 0,
            update_available: false,
            last_change: None,
            x: 0,
            y: 0,
            layer: 0,
            edges: Vec::new(),
        }
    }
}

/// A need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphEdge {
    /// Identity of the other service.
    pub target_id: String,
    /// Its name.
    pub target_name: String,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
    /// Whether the other service is known.
    pub resolved: bool,
    /// What it means.
    #[serde(rename = "type")]
    pub kind: EdgeType,
    /// Whether it is part of a cycle.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_cycle: bool,
}

/// What one service needs, as a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServiceTree {
    /// The service.
    pub root: TreeNode,
    /// Services that need each other.
    pub cycles: Vec<Vec<String>>,
    /// Services that are needed in versions that exclude each other, in words.
    pub conflicts: Vec<String>,
}

/// A service in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TreeNode {
    /// Name.
    pub name: String,
    /// Version; empty if unknown.
    pub version: String,
    /// The reference that led here.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What it needs; empty where it was shown before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<TreeEdge>,
}

/// A need in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TreeEdge {
    /// Reference as declared.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
    /// Why there is no service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the service was shown before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<TreeNode>,
}

/// A service that needs another one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependent {
    /// Name.
    pub name: String,
    /// Version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its status.
    pub contract_status: ContractStatus,
    /// The name that services are grouped by; empty without an owner.
    pub owner_key: String,
    /// Whether it cannot work without it.
    pub required: bool,
    /// Version constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
    /// Whether the current version is within the constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_range: Option<bool>,
}

/// Configurations and policies of others, both ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRefs {
    /// What the service refers to.
    pub references: Vec<CrossRef>,
    /// What refers to the service.
    pub referenced_by: Vec<CrossRef>,
}

/// A reference to a configuration or policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrossRef {
    /// The other service.
    pub name: String,
    /// `config` or `policy`.
    pub ref_type: RefType,
    /// As declared.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Status of the other service, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_status: Option<ContractStatus>,
}

/// What is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RefType {
    /// A configuration.
    Config,
    /// A policy.
    Policy,
}
