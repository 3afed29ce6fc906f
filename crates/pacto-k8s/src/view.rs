//! What a reader keeps of a Pacto and of a revision: small, owned, and whole whatever was stored.
//!
//! Field names follow the resource (`status.contract.resolvedRef` is [`PactoView::resolved_ref`]). Lists are in the
//! order of the resource, except where a map was read: then in the order of its keys.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use pacto_engine::runtime::ContractStatus;

use crate::Timestamp;

/// Name of a resource within a cluster. Two resources of one service in two namespaces have two keys.
///
/// ```
/// use pacto_k8s::ResourceKey;
/// assert_eq!(ResourceKey::new("shop", "payments").to_string(), "shop/payments");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ResourceKey {
    /// Namespace, up to 63 characters.
    pub namespace: String,
    /// Name, up to 253 characters.
    pub name: String,
}

impl ResourceKey {
    /// The key of `name` in `namespace`.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

/// How the operator picks the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ResolutionPolicy {
    /// The highest version that is published.
    Latest,
    /// One tag.
    PinnedTag,
    /// One digest.
    PinnedDigest,
}

/// A Pacto resource, projected. Every field may be empty: a resource that nobody reconciled yet has a spec only.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PactoView {
    /// Where the resource is.
    pub key: ResourceKey,
    /// `status.contract.serviceName`, else the name of the resource.
    pub service_name: String,
    /// `status.contractVersion`, else `status.contract.version`; empty when neither is known.
    pub version: String,
    /// Who owns the service.
    pub owner: Option<OwnerView>,
    /// `status.contractStatus`, else the older `status.phase`.
    pub contract_status: ContractStatus,
    /// What validating the contract said.
    pub validation: Option<ValidationView>,
    /// What the service offers.
    pub interfaces: Vec<InterfaceView>,
    /// What it wants to be configured with; one in singular form is named `default`.
    pub configurations: Vec<ConfigurationView>,
    /// Policies that it adopts or publishes; one in singular form is named `default`.
    pub policies: Vec<PolicyView>,
    /// What it needs.
    pub dependencies: Vec<DependencyView>,
    /// What the contract says about running it.
    pub runtime: Option<RuntimeView>,
    /// How many there should be.
    pub scaling: Option<ScalingView>,
    /// Whether the Service and the workload are there.
    pub resources: Option<ResourcesView>,
    /// Ports of the contract against those of the Service.
    pub ports: Option<PortsView>,
    /// `metadata` of the contract.
    pub metadata: BTreeMap<String, String>,
    /// How many checks there were.
    pub summary: Option<SummaryView>,
    /// One entry a check.
    pub conditions: Vec<ConditionView>,
    /// What probing the endpoints said.
    pub endpoints: Vec<EndpointView>,
    /// What the operator found worth saying.
    pub insights: Vec<InsightView>,
    /// What runs.
    pub observed_runtime: Option<ObservedRuntimeView>,
    /// Time of the last status.
    pub last_reconciled_at: Option<Timestamp>,
    /// The artifact that was pulled, without `oci://`.
    pub resolved_ref: Option<String>,
    /// Name of the `PactoRevision` of that artifact.
    pub current_revision: Option<String>,
    /// How the version is picked.
    pub resolution_policy: Option<ResolutionPolicy>,
    /// `service.image.ref` of the contract.
    pub image_ref: Option<String>,
    /// `service.chart.ref` of the contract.
    pub chart_ref: Option<String>,
    /// What the spec asks for.
    pub spec: SpecView,
    /// When the resource was made.
    pub created_at: Option<Timestamp>,
    /// Generation of the spec.
    pub generation: Option<i64>,
    /// Generation that the status is about.
    pub observed_generation: Option<i64>,
    /// What was not kept and why, each with its path; at most 16.
    pub dropped: Vec<String>,
}

/// The spec of a Pacto.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecView {
    /// `spec.contractRef.oci`.
    pub oci: Option<String>,
    /// Whether there is a `spec.contractRef.inline`; its text is not kept.
    pub inline: bool,
    /// `spec.target.serviceName`.
    pub service_name: Option<String>,
    /// `spec.target.workloadRef.name`.
    pub workload_name: Option<String>,
    /// `spec.target.workloadRef.kind`.
    pub workload_kind: Option<String>,
}

/// Owner, from a string or an object; a string is the team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerView {
    /// Team.
    pub team: Option<String>,
    /// Directly responsible individual.
    pub dri: Option<String>,
    /// How to reach them.
    pub contacts: Vec<ContactView>,
}

/// A way to reach an owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ContactView {
    /// `email`, `chat`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The address.
    pub value: String,
    /// What for.
    pub purpose: Option<String>,
}

/// Result of validating the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ValidationView {
    /// Whether it is valid.
    pub valid: bool,
    /// Errors.
    pub errors: Vec<IssueView>,
    /// Warnings.
    pub warnings: Vec<IssueView>,
}

/// One finding of a validation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IssueView {
    /// Stable code.
    pub code: Option<String>,
    /// Path inside the contract.
    pub path: Option<String>,
    /// The sentence.
    pub message: String,
}

/// An interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceView {
    /// Its name.
    pub name: String,
    /// `http`, `grpc` or `event`; whatever was stored.
    #[serde(rename = "type")]
    pub kind: String,
    /// Port, 1 to 65535.
    pub port: Option<u16>,
    /// `public` or `internal`; whatever was stored.
    pub visibility: Option<String>,
    /// Whether the contract names a file for it.
    pub has_contract_file: Option<bool>,
}

/// A property that a schema declares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyView {
    /// Its name.
    pub key: String,
    /// Its default.
    pub value: Option<String>,
    /// Its type in words.
    pub kind: Option<String>,
}

/// A configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationView {
    /// Its name; `default` for the singular form.
    pub name: String,
    /// Whether there is a schema.
    pub has_schema: bool,
    /// Where it is taken from.
    pub reference: Option<String>,
    /// Keys with values.
    pub value_keys: Vec<String>,
    /// Keys whose value names a secret.
    pub secret_keys: Vec<String>,
    /// Keys that the resource overrides.
    pub overridden_keys: Vec<String>,
    /// What its schema declares.
    pub properties: Vec<PropertyView>,
}

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    /// Its name; `default` for the singular form.
    pub name: String,
    /// Whether there is a schema.
    pub has_schema: bool,
    /// Path of the schema in the bundle.
    pub schema: Option<String>,
    /// Where it is taken from.
    pub reference: Option<String>,
    /// Title of the schema.
    pub title: Option<String>,
    /// Description of the schema.
    pub description: Option<String>,
    /// What the schema asks for.
    pub properties: Vec<PropertyView>,
}

/// A dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DependencyView {
    /// Its name where one was stored; else the last path segment of the reference without tag and digest.
    pub name: String,
    /// The reference.
    pub reference: String,
    /// Whether the service cannot do without.
    pub required: bool,
    /// Range of versions.
    pub compatibility: Option<String>,
}

/// What the contract says about running the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeView {
    /// `service`, `job` or `scheduled`.
    pub workload: Option<String>,
    /// `stateless`, `stateful` or `hybrid`.
    pub state_type: Option<String>,
    /// Scope of what is kept.
    pub persistence_scope: Option<String>,
    /// How durable it is.
    pub persistence_durability: Option<String>,
    /// How bad losing it would be.
    pub data_criticality: Option<String>,
    /// `rolling`, `recreate` or `ordered`.
    pub upgrade_strategy: Option<String>,
    /// Time to stop, in seconds.
    pub graceful_shutdown_seconds: Option<i64>,
    /// Interface of health checks.
    pub health_interface: Option<String>,
    /// Path of health checks.
    pub health_path: Option<String>,
    /// Time before the first health check, in seconds.
    pub health_initial_delay_seconds: Option<i64>,
    /// Interface of metrics.
    pub metrics_interface: Option<String>,
    /// Path of metrics.
    pub metrics_path: Option<String>,
}

/// Replicas of the contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ScalingView {
    /// Fixed number.
    pub replicas: Option<i64>,
    /// Lower bound.
    pub min: Option<i64>,
    /// Upper bound.
    pub max: Option<i64>,
}

/// Whether what the contract describes is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcesView {
    /// The Service; `None` when it was not looked for.
    pub service_exists: Option<bool>,
    /// The workload; `None` when it was not looked for.
    pub workload_exists: Option<bool>,
}

/// Ports, each list as it was stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PortsView {
    /// Of the contract.
    pub expected: Vec<u16>,
    /// Of the Service.
    pub observed: Vec<u16>,
    /// Only of the contract.
    pub missing: Vec<u16>,
    /// Only of the Service.
    pub unexpected: Vec<u16>,
}

/// Numbers of checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SummaryView {
    /// All.
    pub total: u32,
    /// Those that hold.
    pub passed: u32,
    /// Those that do not.
    pub failed: u32,
}

/// A check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionView {
    /// Which check, `PortsValid` for example.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`; anything else is read as `Unknown`.
    pub status: String,
    /// One word.
    pub reason: Option<String>,
    /// One sentence.
    pub message: Option<String>,
    /// `error` or `warning`, where the resource says so.
    pub severity: Option<String>,
    /// Since when the status is what it is.
    pub last_transition_time: Option<Timestamp>,
}

/// What a probe said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointView {
    /// Interface; the key where a map was stored.
    pub interface: String,
    /// `health` or `metrics`; the key where a map was stored.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// What was asked.
    pub url: Option<String>,
    /// Whether it answered well; `reachable` where a map was stored.
    pub healthy: Option<bool>,
    /// HTTP status.
    pub status_code: Option<i64>,
    /// Time to the answer, in milliseconds.
    pub latency_ms: Option<i64>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// Something else to say.
    pub message: Option<String>,
}

/// Something worth saying.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InsightView {
    /// `critical`, `warning` or `info`; whatever was stored.
    pub severity: String,
    /// One line.
    pub title: String,
    /// More.
    pub description: Option<String>,
}

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedRuntimeView {
    /// `Deployment`, `StatefulSet`, …
    pub workload_kind: Option<String>,
    /// Strategy of a Deployment.
    pub deployment_strategy: Option<String>,
    /// Pod management of a `StatefulSet`.
    pub pod_management_policy: Option<String>,
    /// Time to stop, in seconds.
    pub termination_grace_period_seconds: Option<i64>,
    /// Images of the containers, in their order.
    pub container_images: Vec<String>,
    /// Whether a volume claim is mounted.
    #[serde(rename = "hasPVC")]
    pub has_pvc: Option<bool>,
    /// Whether an empty directory is mounted.
    pub has_empty_dir: Option<bool>,
    /// Time before the first health check, in seconds.
    pub health_probe_initial_delay_seconds: Option<i64>,
}

/// A `PactoRevision` resource, projected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionView {
    /// Where the resource is.
    pub key: ResourceKey,
    /// Version of the contract, or `unknown`.
    pub version: String,
    /// Name of the Pacto, in the same namespace.
    pub pacto_ref: String,
    /// Name of the service; empty where the operator did not say.
    pub service_name: String,
    /// The artifact, without `oci://`.
    pub oci: Option<String>,
    /// Digest of its manifest.
    pub digest: Option<String>,
    /// Whether the contract stood in the Pacto itself.
    pub inline: bool,
    /// Whether it could be read.
    pub resolved: Option<bool>,
    /// SHA-256 of the contract's text, 64 hexadecimal digits.
    pub contract_hash: Option<String>,
    /// When the operator saw it first; not when it was published.
    pub created_at: Option<Timestamp>,
    /// What was not kept and why, each with its path; at most 16.
    pub dropped: Vec<String>,
}
