//! A service in a list, and its versions.

use std::sync::Arc;

use pacto_contract::model::Owner;
use pacto_engine::diff::Classification;
use schemars::JsonSchema;
use serde::Serialize;

/// Whether a service keeps to its contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum ContractStatus {
    /// It does, as far as is known.
    Compliant,
    /// It does, with warnings.
    Warning,
    /// It does not.
    NonCompliant,
    /// The contract is only a reference; nothing runs.
    Reference,
    /// Nobody knows.
    #[default]
    Unknown,
}

impl ContractStatus {
    /// All of them, as filters know them.
    pub const ALL: [Self; 5] =
        [Self::Compliant, Self::Warning, Self::NonCompliant, Self::Reference, Self::Unknown];

    /// The word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "Compliant",
            Self::Warning => "Warning",
            Self::NonCompliant => "NonCompliant",
            Self::Reference => "Reference",
            Self::Unknown => "Unknown",
        }
    }

    /// Reads the word of the operator; anything else is unknown.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.as_str() == text).unwrap_or_default()
    }
}

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A Kubernetes cluster.
    K8s,
    /// A directory of this machine.
    Local,
    /// Registries, image layouts, and what was fetched from them before.
    Oci,
}

impl SourceKind {
    /// The word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::K8s => "k8s",
            Self::Local => "local",
            Self::Oci => "oci",
        }
    }
}

/// How a service is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ComplianceStatus {
    /// Nothing failed.
    Ok,
    /// Warnings failed.
    Warning,
    /// Errors failed.
    Error,
    /// Nothing to check.
    Reference,
}

/// A service in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEntry {
    /// Name.
    pub name: String,
    /// Current version; empty if unknown.
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
    /// Namespace of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many services stop working when it does.
    #[serde(skip_serializing_if = "is_zero")]
    pub blast_radius: usize,
    /// How many services it needs.
    #[serde(skip_serializing_if = "is_zero")]
    pub dependency_count: usize,
    /// How many services name it as a dependency.
    #[serde(skip_serializing_if = "is_zero")]
    pub dependent_count: usize,
    /// Checks of the operator that passed.
    pub checks_passed: u32,
    /// Checks of the operator.
    pub checks_total: u32,
    /// Checks of the operator that failed.
    pub checks_failed: u32,
    /// How the checks went.
    pub compliance_status: ComplianceStatus,
    /// Passed checks in percent; null without checks.
    pub compliance_score: Option<u32>,
    /// Failed checks that are errors.
    pub compliance_errors: u32,
    /// Failed checks that are warnings.
    pub compliance_warnings: u32,
    /// What to look at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_insight: Option<String>,
    /// The highest version that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_available: Option<String>,
    /// Whether a higher version than the current one is available.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub update_available: bool,
    /// What the current version changed against the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_change: Option<Classification>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// One version of a service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// Tag or version of the contract.
    pub version: String,
    /// `registry/repository:tag`, or the directory.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// SHA-256 of the contract in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_hash: Option<String>,
    /// When its file was written, its revision came up in the cluster, or it was made as its manifest says
    /// (`org.opencontainers.image.created`); left out where nothing says so. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The source that names it first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceKind>,
    /// What it changed against the next older one; absent where one of the two is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// Whether it is the current one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_current: bool,
    /// Whether its files are here, so that it can be compared without a registry.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub available: bool,
}
