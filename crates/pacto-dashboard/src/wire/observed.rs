//! What the operator sees at run time.

use schemars::JsonSchema;
use serde::Serialize;

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedRuntime {
    /// Kind of the workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_kind: Option<String>,
    /// Strategy of a deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_strategy: Option<String>,
    /// Pod management of a stateful set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_management_policy: Option<String>,
    /// Time to stop, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<u64>,
    /// Images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub container_images: Vec<String>,
    /// Whether there are volume claims.
    #[serde(rename = "hasPVC", skip_serializing_if = "Option::is_none")]
    pub has_pvc: Option<bool>,
    /// Whether there are volumes that go with the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_empty_dir: Option<bool>,
    /// Time before the first health check, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_probe_initial_delay_seconds: Option<u64>,
}

/// One line of declared against observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeDiffRow {
    /// What is compared.
    pub field: String,
    /// Where the contract says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_path: Option<String>,
    /// What it says.
    pub declared_value: String,
    /// What runs.
    pub observed_value: String,
    /// `match`, `mismatch` or `skipped`.
    pub status: RuntimeDiffStatus,
}

/// Outcome of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeDiffStatus {
    /// The same.
    Match,
    /// Not the same.
    Mismatch,
    /// One side is unknown.
    Skipped,
}

/// A probed endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointStatus {
    /// Interface.
    pub interface: String,
    /// `health` or `metrics`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it answered well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
    /// Status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Time of the answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// More in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A condition of the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// One word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `error` or `warning`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Whether it is only advice: it has no part in the status and the compliance.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub advisory: bool,
    /// How long it has been so, as people say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_ago: Option<String>,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InsightSeverity {
    /// Look at it now.
    Critical,
    /// Look at it.
    Warning,
    /// Good to know.
    Info,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Insight {
    /// How bad it is.
    pub severity: InsightSeverity,
    /// In a few words.
    pub title: String,
    /// In a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Checks of the operator in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChecksSummary {
    /// All.
    pub total: u32,
    /// Passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
}

/// What exists in the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_exists: Option<bool>,
    /// The workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_exists: Option<bool>,
}

/// Ports, declared and found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ports {
    /// Declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<u32>,
    /// Found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<u32>,
    /// Declared and not found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<u32>,
    /// Found and not declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unexpected: Vec<u32>,
}
