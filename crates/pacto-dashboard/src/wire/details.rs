//! Everything about one version of a service.

use std::collections::BTreeMap;
use std::sync::Arc;

use pacto_contract::model::Owner;
use pacto_contract::{Diagnostic, Severity};
use pacto_engine::diff::Classification;
use pacto_engine::doc::described::{ChannelOperation, Method, Operation};
use schemars::JsonSchema;
use serde::Serialize;

use super::observed::{
    ChecksSummary, Condition, EndpointStatus, Insight, ObservedRuntime, Ports, Resources, RuntimeDiffRow,
};
use super::report::SourceState;
use super::service::{ComplianceStatus, ContractStatus, SourceKind};

/// A service in full.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDetails {
    /// Name.
    pub name: String,
    /// Version; empty if unknown.
    pub version: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<Owner>>,
    /// The name that services are grouped by; empty without an owner.
    pub owner_key: String,
    /// Whether it keeps to its contract.
    pub contract_status: ContractStatus,
    /// Where the contract is from.
    pub source: SourceKind,
    /// Every source that knows it, sorted.
    pub sources: Vec<SourceKind>,
    /// State of each of these sources.
    pub source_states: Vec<ServiceSourceState>,
    /// Namespace of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Container image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_ref: Option<String>,
    /// Helm chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_ref: Option<String>,
    /// Free form, as text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The reference that the operator, or a registry, resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_ref: Option<String>,
    /// The revision that the cluster runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<String>,
    /// How the version is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_policy: Option<VersionPolicy>,
    /// The highest version that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_available: Option<String>,
    /// Whether a higher version than the current one is available.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub update_available: bool,
    /// What this version changed against the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_change: Option<Classification>,
    /// How many services stop working when it does.
    pub blast_radius: usize,
    /// How many services name it as a dependency.
    pub dependent_count: usize,
    /// What it exposes.
    pub interfaces: Vec<Interface>,
    /// Its configuration, where it has exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
    /// All its configurations.
    pub configurations: Vec<Configuration>,
    /// What it needs.
    pub dependencies: Vec<Dependency>,
    /// Behaviour at run time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Number of instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// Its policy, where it has exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// All its policies.
    pub policies: Vec<Policy>,
    /// What validation found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// How the checks went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compliance: Option<Compliance>,
    /// What runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_runtime: Option<ObservedRuntime>,
    /// Declared against observed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runtime_diff: Vec<RuntimeDiffRow>,
    /// Probed endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<EndpointStatus>,
    /// Conditions of the operator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What to look at.
    pub insights: Vec<Insight>,
    /// Checks in numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks_summary: Option<ChecksSummary>,
    /// What exists in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Ports, declared and found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// When the operator looked last, as people say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reconciled_at: Option<String>,
    /// Files below `docs/`, rendered.
    pub documents: Vec<Document>,
    /// Packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom: Option<Sbom>,
    /// What could not be read, in words.
    pub notes: Vec<String>,
}

/// State of a source as far as a service is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSourceState {
    /// Which source.
    #[serde(rename = "type")]
    pub kind: SourceKind,
    /// How it is.
    pub state: SourceState,
    /// When what it says was true; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// What it calls the service.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// How the version that runs is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VersionPolicy {
    /// The highest there is.
    Tracking,
    /// A tag.
    PinnedTag,
    /// A digest.
    PinnedDigest,
}

/// One interface.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Name.
    pub name: String,
    /// `http`, `grpc` or `event`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `public` or `internal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// Whether a file of the bundle describes it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_contract_file: bool,
    /// That file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_file: Option<String>,
    /// Its text, where it is neither an `OpenAPI` nor an `AsyncAPI` document; cut at 10,240 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_content: Option<String>,
    /// Its operations, where it is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Operation>,
    /// What the service does on its channels, where it is an `AsyncAPI` document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelOperation>,
    /// The methods of its services, where it is a protobuf file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
}

/// One configuration.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// Name.
    pub name: String,
    /// Whether a schema describes it.
    pub has_schema: bool,
    /// Schema file in the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Contract whose schema applies.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Keys that have values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub value_keys: Vec<String>,
    /// Keys whose values are secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_keys: Vec<String>,
    /// Keys with values, or with what the schema says.
    pub values: Vec<ConfigValue>,
}

/// One key of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConfigValue {
    /// Dotted name.
    pub key: String,
    /// Value, or default, as text; `(any)` where there is none.
    pub value: String,
    /// Type in words.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it must be given.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Default of the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Description of the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl ConfigValue {
    /// The value of a key without one.
    pub const ANY: &'static str = "(any)";
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// Name of the service, resolved.
    pub name: String,
    /// Reference as declared.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint as declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
    /// Whether it is known here.
    pub resolved: bool,
    /// Its current version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_version: Option<String>,
    /// Whether that version is within the constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_range: Option<bool>,
    /// Its status, or `external`.
    pub status: super::graph::NodeStatus,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<super::graph::UnresolvedReason>,
}

/// Behaviour at run time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Runtime {
    /// `service`, `job` or `scheduled`.
    pub workload: String,
    /// `stateless`, `stateful` or `hybrid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_type: Option<String>,
    /// `local` or `shared`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence_scope: Option<String>,
    /// `ephemeral` or `persistent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence_durability: Option<String>,
    /// `low`, `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_criticality: Option<String>,
    /// `rolling`, `recreate` or `ordered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_strategy: Option<String>,
    /// Time to stop, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graceful_shutdown_seconds: Option<u64>,
    /// Interface of the health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_interface: Option<String>,
    /// Path of the health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_path: Option<String>,
    /// Interface of the metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_interface: Option<String>,
    /// Path of the metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_path: Option<String>,
}

/// Number of instances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Scaling {
    /// A fixed number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u64>,
    /// Fewest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Name.
    pub name: String,
    /// Whether a schema of the bundle describes it.
    pub has_schema: bool,
    /// Schema file in the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Contract whose policies apply.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// `title` of the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `description` of the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Text of the schema; cut at 10,240 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What the schema says.
    pub values: Vec<ConfigValue>,
    /// Whether the contract keeps to it; absent where that was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<bool>,
    /// Where it is from.
    pub source: PolicySource,
    /// How the contract breaks it.
    pub problems: Vec<Issue>,
}

/// Where a policy is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicySource {
    /// A file of the bundle.
    Bundle,
    /// Another contract.
    Reference,
}

/// What validation found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Validation {
    /// Whether there is no error.
    pub valid: bool,
    /// Errors.
    pub errors: Vec<Issue>,
    /// Warnings.
    pub warnings: Vec<Issue>,
    /// Notes.
    pub infos: Vec<Issue>,
    /// What to know about how it was validated, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Issue {
    /// Stable code.
    pub code: String,
    /// Path in the contract.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How bad it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// File.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The lines around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

/// Some lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Excerpt {
    /// File.
    pub file: String,
    /// The line that it is about, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// How many characters it is about.
    pub length: u32,
    /// Number of the first line shown.
    pub first_line: u32,
    /// The lines.
    pub lines: Vec<String>,
}

impl From<&Diagnostic> for Issue {
    fn from(finding: &Diagnostic) -> Self {
        let place = finding.location.as_ref();
        Self {
            code: finding.code.as_str().to_owned(),
            path: finding.path.clone(),
            message: finding.message.clone(),
            severity: Some(finding.severity),
            help: finding.help.clone(),
            file: place.map(|place| place.file.to_string()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            excerpt: None,
        }
    }
}

/// How the checks went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Compliance {
    /// In a word.
    pub status: ComplianceStatus,
    /// Passed checks in percent; null without checks.
    pub score: Option<u32>,
    /// In numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<ComplianceSummary>,
}

/// Checks in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ComplianceSummary {
    /// All.
    pub total: u32,
    /// Passed.
    pub passed: u32,
    /// Not passed.
    pub failed: u32,
    /// Failed as errors.
    pub errors: u32,
    /// Failed as warnings.
    pub warnings: u32,
}

/// A page of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Document {
    /// Path in the bundle.
    pub path: String,
    /// First heading, else the name of the file.
    pub title: String,
    /// HTML without scripts, styles and raw HTML of the author.
    pub html: String,
}

/// Packages of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sbom {
    /// `spdx` or `cyclonedx`.
    pub format: String,
    /// Packages, sorted by name.
    pub components: Vec<SbomComponent>,
    /// How many there are.
    pub total: usize,
    /// Whether not all of them are listed.
    pub truncated: bool,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SbomComponent {
    /// Name.
    pub name: String,
    /// Version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Package URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// Licences.
    pub licenses: Vec<String>,
}
