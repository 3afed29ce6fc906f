//! The `PactoRevision` resource as the operator writes it: one version of a contract that a Pacto resolved to.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::{Condition, ConditionList};

/// Label of a revision: name of its Pacto.
pub const PACTO_LABEL: &str = "pacto.trianalab.io/pacto";
/// Label of a revision: version of its contract.
pub const VERSION_LABEL: &str = "pacto.trianalab.io/version";

/// What the API server says when somebody changes the spec of a revision.
const IMMUTABLE: &str = "a revision is never changed; delete it, or let the operator write another one";

/// Which version this is, and of what. Never changed once it is written.
#[derive(CustomResource, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "pacto.trianalab.io",
    version = "v1alpha1",
    kind = "PactoRevision",
    plural = "pactorevisions",
    singular = "pactorevision",
    shortname = "pctr",
    namespaced,
    status = "PactoRevisionStatus",
    doc = "One version of a contract that a Pacto resolved to.",
    printcolumn = r#"{"name": "Version", "type": "string", "jsonPath": ".spec.version"}"#,
    printcolumn = r#"{"name": "Pacto", "type": "string", "jsonPath": ".spec.pactoRef"}"#,
    printcolumn = r#"{"name": "Resolved", "type": "boolean", "jsonPath": ".status.resolved"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Service", "type": "string", "jsonPath": ".spec.serviceName", "priority": 1}"#,
    printcolumn = r#"{"name": "Source", "type": "string", "jsonPath": ".spec.source.oci", "priority": 1}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{"rule": "self == oldSelf", "message": IMMUTABLE}]))]
pub struct PactoRevisionSpec {
    /// `service.version` of the contract, or `unknown`.
    #[schemars(length(min = 1))]
    pub version: String,
    /// Where the contract was.
    pub source: RevisionSource,
    /// Name of the Pacto.
    #[schemars(length(min = 1))]
    pub pacto_ref: String,
    /// `service.name` of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
}

/// Where a contract was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RevisionSource {
    /// The artifact, without `oci://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oci: Option<String>,
    /// Whether it stood in the Pacto.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline: Option<bool>,
    /// Digest of its manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// What became of it. Written by the operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct PactoRevisionStatus {
    /// Whether the contract could be read.
    pub resolved: bool,
    /// SHA-256 of the contract's text, as lowercase hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_hash: Option<String>,
    /// When the operator saw it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// Reserved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "ConditionList")]
    pub conditions: Vec<Condition>,
}
