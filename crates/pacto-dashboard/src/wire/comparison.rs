//! Two versions compared, and who feels it.

use std::sync::Arc;

use pacto_contract::model::Owner;
use pacto_engine::diff::{ChangeType, Classification, Direction, Proof};
use pacto_engine::graph::consumers::{Relation, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::details::{Excerpt, Issue};
use super::service::SourceKind;

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VersionedName {
    /// Service.
    pub name: String,
    /// Version.
    pub version: String,
    /// Where it is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceKind>,
}

/// Two versions compared.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffResult {
    /// Old version.
    pub from: VersionedName,
    /// New version.
    pub to: VersionedName,
    /// The worst of all changes.
    pub classification: Classification,
    /// Changes, the worst first.
    pub changes: Vec<Change>,
    /// Changes by class.
    pub counts: ChangeCounts,
    /// The lowest version that such changes may be published as, where the old one is a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_version: Option<String>,
    /// What could not be compared, and why.
    pub diagnostics: Vec<Issue>,
    /// Packages that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom: Option<SbomChanges>,
}

/// Changes by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeCounts {
    /// Breaking.
    pub breaking: usize,
    /// Potentially breaking.
    pub potential: usize,
    /// Not breaking.
    pub non_breaking: usize,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What changed.
    pub path: String,
    /// What happened to it.
    #[serde(rename = "type")]
    pub change_type: ChangeType,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_value: Option<Value>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_value: Option<Value>,
    /// Whether it breaks somebody.
    pub classification: Classification,
    /// In words.
    pub reason: String,
    /// Part of the contract: the first word of the path.
    pub section: String,
    /// Why it has its class.
    pub findings: Vec<Finding>,
}

/// One reason for the class of a change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Rule of the table.
    pub rule_id: String,
    /// Class of this finding alone.
    pub classification: Classification,
    /// Which way the data flows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What changed, in words.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Lines of the old version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Excerpt>,
    /// Lines of the new version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Excerpt>,
    /// Identity of the finding.
    pub fingerprint: String,
    /// How sure it is.
    pub proof: Proof,
    /// A document that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
}

/// Packages that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SbomChanges {
    /// At most 1,000.
    pub changes: Vec<SbomChange>,
    /// How many there are.
    pub total: usize,
}

/// A package that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SbomChange {
    /// Package.
    pub name: String,
    /// What happened.
    pub change: ChangeType,
    /// What it happened to: `package`, `version`, `license` or `supplier`.
    pub detail: String,
    /// Before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// After.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Whom a new version breaks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ImpactReport {
    /// The service.
    pub name: String,
    /// Old version.
    pub from: String,
    /// New version.
    pub to: String,
    /// The worst of all changes.
    pub classification: Classification,
    /// Services that need it, directly or not: the worst verdict first, then the nearest, then by name.
    pub consumers: Vec<Consumer>,
    /// Who has to be told, by name.
    pub owners: Vec<OwnerImpact>,
    /// Consumers by verdict.
    pub counts: ImpactCounts,
}

/// A service that needs the one that changed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// Name.
    pub name: String,
    /// Version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<Owner>>,
    /// The name that services are grouped by; empty without an owner.
    pub owner_key: String,
    /// Whether it, or the service on the way, cannot work without it.
    pub required: bool,
    /// 1 for those that name the service themselves.
    pub depth: usize,
    /// The way: from the service that changed to the consumer.
    pub path: Vec<String>,
    /// How it is tied to the service.
    pub relation: Relation,
    /// Version constraint of the first step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
    /// Whether the constraint admits the new version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admits_new: Option<bool>,
    /// What happens.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// Changes that meet what the consumer uses.
    pub uses: Vec<String>,
}

/// An owner who has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerImpact {
    /// The name that services are grouped by, or `(unowned)`.
    pub key: String,
    /// Number of services that break.
    pub breaks: usize,
    /// Number of services that may break.
    pub may_break: usize,
    /// These services.
    pub services: Vec<String>,
}

/// Consumers by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImpactCounts {
    /// Break.
    pub breaks: usize,
    /// May break.
    pub may_break: usize,
    /// Stay on the old version.
    pub held_back: usize,
    /// Not affected.
    pub not_affected: usize,
    /// Nobody can say.
    pub unknown: usize,
}
