//! Who answers for what.

use pacto_contract::model::Contact;
use schemars::JsonSchema;
use serde::Serialize;

use super::service::ServiceEntry;

/// What services without an owner are grouped under.
pub const UNOWNED: &str = "(unowned)";

/// An owner with its services in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerEntry {
    /// The name that services are grouped by, or `(unowned)`.
    pub key: String,
    /// Team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Directly responsible individual: the only one, or the first by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dri: Option<String>,
    /// How to reach them, of all services, each once.
    pub contacts: Vec<Contact>,
    /// Number of services.
    pub services: usize,
    /// Number that is compliant.
    pub compliant: usize,
    /// Number with warnings.
    pub warning: usize,
    /// Number that is not compliant.
    pub non_compliant: usize,
    /// Number of references.
    pub reference: usize,
    /// Number of which nobody knows.
    pub unknown: usize,
    /// Blast radii of all services, added up.
    pub total_blast: usize,
    /// Share of compliant services among those that were checked, in percent; -1 where none was.
    pub compliance_percent: i32,
}

/// An owner in full.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerDetails {
    /// In numbers.
    #[serde(flatten)]
    pub entry: OwnerEntry,
    /// All responsible individuals that services name, sorted.
    pub dris: Vec<String>,
    /// Whether they name more than one.
    pub dri_conflict: bool,
    /// Its services, by name.
    pub entries: Vec<ServiceEntry>,
}
