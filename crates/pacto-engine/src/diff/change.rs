//! What a comparison says: changes, and the findings behind them.

use pacto_contract::Location;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::rulebook::Decision;

/// Whether a change breaks somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Classification {
    /// Nobody who keeps to the old contract is affected.
    #[default]
    NonBreaking,
    /// Somebody may be affected; look.
    PotentialBreaking,
    /// Somebody who keeps to the old contract breaks.
    Breaking,
}

impl Classification {
    /// The word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonBreaking => "NON_BREAKING",
            Self::PotentialBreaking => "POTENTIAL_BREAKING",
            Self::Breaking => "BREAKING",
        }
    }
}

/// What happened to the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeType {
    /// Only in the new version.
    Added,
    /// Only in the old version.
    Removed,
    /// In both, differently.
    Modified,
}

impl ChangeType {
    /// The word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Modified => "modified",
        }
    }
}

/// Which way the data flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the service: requests, consumed events, its configuration.
    Received,
    /// Out of the service: responses, produced events, configuration it offers.
    Produced,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// A document shows it; see the witness.
    Witness,
    /// It follows from the form of the change.
    Structural,
    /// It could not be decided; the class is a caution.
    Undecided,
}

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What changed, such as `interfaces.port` or `openapi.paths[/users]`.
    pub path: String,
    /// Name of the interface whose file it is about: two interfaces may have the same path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// What happened to it.
    #[serde(rename = "type")]
    pub change_type: ChangeType,
    /// The value before, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_value: Option<Value>,
    /// The value after, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_value: Option<Value>,
    /// Whether it breaks somebody: the worst of its findings.
    pub classification: Classification,
    /// The change in words.
    pub reason: String,
    /// Why it has its class.
    pub findings: Vec<Finding>,
}

/// One reason for the class of a [`Change`].
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Rule of the table, stable.
    pub rule_id: String,
    /// Class of this finding alone.
    pub classification: Classification,
    /// Which way the data flows, where that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What changed, in words.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Place in the old version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Location>,
    /// Place in the new version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Location>,
    /// Identity of the finding; the same after reordering and reformatting.
    pub fingerprint: String,
    /// How sure it is.
    pub proof: Proof,
    /// A document that shows it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
    /// Who gave it another class than its rule has, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}
