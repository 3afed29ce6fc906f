//! The Pacto resource as the operator writes it.
//!
//! The status takes keys that are not listed here, so that what another operator wrote survives an update of the
//! definition; see [`crate::projection`] for how it is read.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::CustomResource;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub use pacto_engine::runtime::WorkloadKind;

use crate::condition::{Condition, ConditionList};
use crate::observe;
use crate::view::{ContractStatus, ResolutionPolicy};

/// Where the contract of a service comes from, and what in the cluster it is compared with.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "pacto.trianalab.io",
    version = "v1alpha1",
    kind = "Pacto",
    plural = "pactos",
    singular = "pacto",
    shortname = "pct",
    namespaced,
    status = "PactoStatus",
    doc = "The contract of one service, and how the running service stands to it.",
    printcolumn = r#"{"name": "Status", "type": "string", "jsonPath": ".status.contractStatus"}"#,
    printcolumn = r#"{"name": "Service", "type": "string", "jsonPath": ".spec.target.serviceName"}"#,
    printcolumn = r#"{"name": "Version", "type": "string", "jsonPath": ".status.contractVersion"}"#,
    printcolumn = r#"{"name": "Passed", "type": "integer", "jsonPath": ".status.summary.passed"}"#,
    printcolumn = r#"{"name": "Failed", "type": "integer", "jsonPath": ".status.summary.failed"}"#,
    printcolumn = r#"{"name": "Last Reconciled", "type": "date", "jsonPath": ".status.lastReconciledAt"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Policy", "type": "string", "jsonPath": ".status.resolutionPolicy", "priority": 1}"#,
    printcolumn = r#"{"name": "Revision", "type": "string", "jsonPath": ".status.currentRevision", "priority": 1}"#
)]
#[serde(rename_all = "camelCase")]
pub struct PactoSpec {
    /// Where the contract comes from.
    pub contract_ref: ContractRef,
    /// What it is compared with; without it the contract is only published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Time between two checks, in seconds.
    #[serde(default = "default_interval")]
    #[schemars(range(min = 30))]
    pub check_interval_seconds: i32,
    /// How many revisions are kept beside the one that is in force; the operator says how many without it. 0 keeps
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub revision_history_limit: Option<i32>,
    /// Values that this resource sets instead of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<Overrides>,
}

fn default_interval() -> i32 {
    300
}

impl PactoSpec {
    /// What the contract is compared with, for a Pacto in `namespace`: the Service that is named, and the workload that is
    /// named or else the Deployment of the name of the Service. Empty names count as none.
    ///
    /// ```
    /// use pacto_k8s::pacto::{PactoSpec, WorkloadKind};
    /// let spec: PactoSpec = serde_json::from_value(serde_json::json!({
    ///     "contractRef": {}, "target": {"serviceName": "cart"},
    /// }))?;
    /// let target = spec.target("shop");
    /// assert_eq!(target.workload, Some((WorkloadKind::Deployment, "cart".to_owned())));
    /// assert!(!target.is_reference_only());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn target(&self, namespace: &str) -> observe::Target {
        let target = self.target.as_ref();
        let service = target.and_then(|target| target.service_name.clone()).filter(|name| !name.is_empty());
        let named = target.and_then(|target| target.workload_ref.as_ref());
        let workload = named.map(|workload| (workload.kind, workload.name.clone()));
        let default = || service.clone().map(|name| (WorkloadKind::default(), name));
        observe::Target { namespace: namespace.to_owned(), workload: workload.or_else(default), service }
    }
}

/// A contract in a registry, or written down here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractRef {
    /// Artifact, with or without `oci://`. Without a tag the highest version is followed; with a tag or a digest exactly
    /// that is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oci: Option<String>,
    /// Text of a contract; wins over `oci`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    /// Name of a Secret in this namespace with credentials of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_secret_ref: Option<String>,
}

/// What a contract is compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Name of a Service in this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// The workload; without it the Deployment that is named like the Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_ref: Option<WorkloadRef>,
}

/// A workload in this namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadRef {
    /// Its name.
    pub name: String,
    /// Its kind.
    #[serde(default)]
    pub kind: WorkloadKind,
}

/// Values that a resource sets instead of the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overrides {
    /// One entry a configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configurations: Vec<ConfigurationOverride>,
}

/// Values of one configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationOverride {
    /// Name of the configuration.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Key and value.
    #[schemars(extend("minProperties" = 1))]
    pub values: BTreeMap<String, String>,
}

/// How the running service stands to its contract. Written by the operator.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
#[serde(default)]
pub struct PactoStatus {
    /// The verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_status: Option<ContractStatus>,
    /// How the version is picked; absent for a contract that is written down here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution_policy: Option<ResolutionPolicy>,
    /// Numbers of checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// `service.version` of the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_version: Option<String>,
    /// Who it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractSummary>,
    /// What validating the contract said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// What was looked for in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Ports of the contract against those of the Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// What probing said, by `health` and `metrics`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "AnyShape")]
    pub endpoints: BTreeMap<String, EndpointStatus>,
    /// What the service offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<InterfaceSummary>,
    /// The configuration, where the contract has one in singular form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigurationSummary>,
    /// Every configuration, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configurations: Vec<ConfigurationSummary>,
    /// What the service needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<DependencySummary>,
    /// The policy, where the contract has one in singular form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicySummary>,
    /// Every policy, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicySummary>,
    /// What the contract says about running it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeSummary>,
    /// What runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_runtime: Option<ObservedRuntime>,
    /// How many there should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// `metadata` of the contract, each value as text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The declared production readiness, where the contract has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AnyShape")]
    pub readiness: Option<crate::readiness::ReadinessSummary>,
    /// One entry a check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "ConditionList")]
    pub conditions: Vec<Condition>,
    /// Name of the `PactoRevision` of the contract that is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<String>,
    /// Time of this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reconciled_at: Option<Time>,
    /// Generation of the spec that this status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

/// Anything: operators before ours wrote this part in several shapes.
struct AnyShape;

impl JsonSchema for AnyShape {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnyShape".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"x-kubernetes-preserve-unknown-fields": true})
    }
}

/// Numbers of checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// All.
    pub total: i32,
    /// Those that hold.
    pub passed: i32,
    /// Those that do not.
    pub failed: i32,
}

/// Who the contract is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractSummary {
    /// `service.name`.
    pub service_name: String,
    /// `service.version`.
    pub version: String,
    /// `service.owner`; a plain string goes into `team`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AnyShape")]
    pub owner: Option<Owner>,
    /// The owner in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_display: Option<String>,
    /// `service.image.ref`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_ref: Option<String>,
    /// `service.chart.ref`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_ref: Option<String>,
    /// The artifact that was pulled, without `oci://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_ref: Option<String>,
    /// As at the top of the status; dashboards of the original look here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_policy: Option<ResolutionPolicy>,
    /// As at the top of the status; dashboards of the original look here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<String>,
}

/// Owner of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// Team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Directly responsible individual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dri: Option<String>,
    /// How to reach them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

/// A way to reach an owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// `email`, `chat`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The address.
    pub value: String,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// What validating the contract said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// Whether it is valid.
    pub valid: bool,
    /// Errors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Issue>,
    /// Warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Issue>,
}

/// One finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Path inside the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The sentence.
    pub message: String,
}

/// What was looked for in the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resources {
    /// The Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ResourceStatus>,
    /// The workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<ResourceStatus>,
}

/// Something that was looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceStatus {
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub exists: bool,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Ports of the contract against those of the Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Ports {
    /// Of the contract.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<i32>,
    /// Of the Service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<i32>,
    /// Only of the contract.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<i32>,
    /// Only of the Service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unexpected: Vec<i32>,
}

/// What a probe said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointStatus {
    /// What was asked.
    pub url: String,
    /// Whether there was an answer.
    pub reachable: bool,
    /// HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<i32>,
    /// Time to the answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<i64>,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceSummary {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: InterfaceKind,
    /// Whether the contract names a file for it.
    pub has_contract_file: bool,
    /// Port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
    /// `public` or `internal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
}

/// Type of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InterfaceKind {
    /// HTTP.
    Http,
    /// gRPC.
    Grpc,
    /// Events.
    Event,
}

/// A property that a schema declares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PropertySummary {
    /// Its name, with dots between levels.
    pub key: String,
    /// Its default, as JSON; never a value that somebody set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its type in words.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationSummary {
    /// Its name, in the list of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether there is a schema.
    pub has_schema: bool,
    /// Where it is taken from.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Keys with values, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub value_keys: Vec<String>,
    /// Keys whose value starts with `secret://`, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secret_keys: Vec<String>,
    /// Keys that the resource overrides, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden_keys: Vec<String>,
    /// What its schema declares, where the schema is in the bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertySummary>,
}

/// A dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DependencySummary {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the service cannot do without.
    pub required: bool,
    /// Range of versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
}

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicySummary {
    /// Its name, in the list of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether there is a schema.
    pub has_schema: bool,
    /// Path of the schema in the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Where it is taken from.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Title of the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Description of the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the schema asks for, where it is in the bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertySummary>,
}

/// What the contract says about running the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RuntimeSummary {
    /// `service`, `job` or `scheduled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// `stateless`, `stateful` or `hybrid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_type: Option<String>,
    /// Scope of what is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence_scope: Option<String>,
    /// How durable it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence_durability: Option<String>,
    /// How bad losing it would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_criticality: Option<String>,
    /// `rolling`, `recreate` or `ordered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_strategy: Option<String>,
    /// Time to stop, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graceful_shutdown_seconds: Option<i32>,
    /// Interface of health checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_interface: Option<String>,
    /// Path of health checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_path: Option<String>,
    /// Time before the first health check, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_initial_delay_seconds: Option<i32>,
    /// Interface of metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_interface: Option<String>,
    /// Path of metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_path: Option<String>,
}

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedRuntime {
    /// `Deployment`, `StatefulSet`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_kind: Option<String>,
    /// Strategy of a Deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_strategy: Option<String>,
    /// Pod management of a `StatefulSet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_management_policy: Option<String>,
    /// Time to stop, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
    /// Images of the containers, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub container_images: Vec<String>,
    /// Whether a volume claim is mounted.
    #[serde(rename = "hasPVC")]
    pub has_pvc: bool,
    /// Whether an empty directory is mounted.
    pub has_empty_dir: bool,
    /// Time before the first health check, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_probe_initial_delay_seconds: Option<i32>,
}

/// How many there should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scaling {
    /// Fixed number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Lower bound, when over 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    /// Upper bound, when over 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
}
