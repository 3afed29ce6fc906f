//! Which conditions a Pacto may have, how bad each is, and which reasons it gives. Data: what decides is elsewhere.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub use pacto_engine::runtime::{CheckStatus as ConditionStatus, Severity};

/// What a check is about; groups of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// The contract itself.
    Contract,
    /// Whether things are there.
    Infrastructure,
    /// Ports and endpoints.
    Networking,
    /// Kind of workload.
    Workload,
    /// What is kept.
    State,
    /// Upgrades and shutdown.
    Lifecycle,
    /// What runs.
    Image,
    /// Health checks.
    Health,
}

/// One kind of condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionKind {
    /// Value of `type`.
    pub name: &'static str,
    /// What it is about.
    pub category: Category,
    /// How bad it is when it does not hold.
    pub severity: Severity,
    /// Reasons when it holds.
    pub holds: &'static [&'static str],
    /// Reasons when it does not, or when nobody knows.
    pub fails: &'static [&'static str],
}

/// Every kind, in the order in which a Pacto lists them.
///
/// ```
/// use pacto_k8s::condition::{Severity, kind};
/// assert_eq!(kind("UpgradeStrategyMatch").map(|kind| kind.severity), Some(Severity::Warning));
/// ```
pub const KINDS: &[ConditionKind] = &[
    row(
        "ContractValid",
        Category::Contract,
        Severity::Error,
        &["Parsed", "ReferenceOnly"],
        &["Invalid", "NotResolved"],
    ),
    row("ServiceExists", Category::Infrastructure, Severity::Error, &["Found"], &["NotFound"]),
    row("WorkloadExists", Category::Infrastructure, Severity::Error, &["Found"], &["NotFound"]),
    row("PortsValid", Category::Networking, Severity::Error, &["AllPortsMatch"], &["MissingPorts"]),
    row("WorkloadTypeMatch", Category::Workload, Severity::Error, MATCH, &["Mismatch"]),
    row("StateModelMatch", Category::State, Severity::Error, MATCH, &["Mismatch", "Missing"]),
    row("UpgradeStrategyMatch", Category::Lifecycle, Severity::Warning, &["Match", "Skipped"], &["Mismatch"]),
    row("GracefulShutdownMatch", Category::Lifecycle, Severity::Warning, MATCH, &["Mismatch", "Missing"]),
    row("ImageMatch", Category::Image, Severity::Error, MATCH, &["Mismatch", "Missing"]),
    row("HealthTimingMatch", Category::Health, Severity::Warning, MATCH, &["Mismatch", "Missing"]),
    row(
        "HealthEndpointValid",
        Category::Networking,
        Severity::Error,
        &["OK"],
        &["InterfaceNotFound", "InterfaceHasNoPort", "ConnectionFailed", "InvalidStatusCode"],
    ),
    row(
        "MetricsEndpointValid",
        Category::Networking,
        Severity::Error,
        &["OK"],
        &[
            "InterfaceNotFound",
            "InterfaceHasNoPort",
            "ConnectionFailed",
            "InvalidStatusCode",
            "EmptyResponse",
        ],
    ),
    row("RuntimeObserved", Category::Infrastructure, Severity::Error, &["Observed"], &["ObservationFailed"]),
    row(
        "ReadinessSatisfied",
        Category::Contract,
        Severity::Warning,
        &["Satisfied"],
        &["BelowMinScore", "Expired"],
    ),
];

const MATCH: &[&str] = &["Match"];

const fn row(
    name: &'static str,
    category: Category,
    severity: Severity,
    holds: &'static [&'static str],
    fails: &'static [&'static str],
) -> ConditionKind {
    ConditionKind { name, category, severity, holds, fails }
}

/// The kind of this name.
pub fn kind(name: &str) -> Option<&'static ConditionKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// How bad it is when a condition of this type does not hold; one that we do not know is an error.
pub fn severity(name: &str) -> Severity {
    kind(name).map_or(Severity::Error, |kind| kind.severity)
}

/// One check of a Pacto: a Kubernetes condition, and how bad it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which check; one of the table of conditions.
    #[serde(rename = "type")]
    #[schemars(length(max = 316), regex(pattern = QUALIFIED_NAME))]
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word that a program may look at.
    #[schemars(length(min = 1, max = 1024), regex(pattern = REASON))]
    pub reason: String,
    /// One sentence for people.
    #[schemars(length(max = 32768))]
    pub message: String,
    /// How bad it is when the check does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Since when the status is what it is.
    pub last_transition_time: Time,
    /// Generation of the resource that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
}

/// Of the API machinery, for the types of conditions.
const QUALIFIED_NAME: &str = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";
/// Of the API machinery, for reasons.
const REASON: &str = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$";

/// Conditions as a map by type, so that two writers may own one each.
pub(crate) struct ConditionList;

impl JsonSchema for ConditionList {
    fn schema_name() -> Cow<'static, str> {
        "ConditionList".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<Condition>();
        json_schema!({
            "type": "array",
            "items": items,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_one_that_the_api_server_takes() {
        for kind in KINDS {
            for reason in kind.holds.iter().chain(kind.fails) {
                assert!(
                    reason.chars().all(|letter| letter.is_ascii_alphanumeric()),
                    "{}: {reason}",
                    kind.name
                );
            }
        }
    }

    #[test]
    fn no_kind_is_listed_twice() {
        for (position, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..position].iter().all(|other| other.name != kind.name), "{}", kind.name);
        }
    }

    #[test]
    fn an_unknown_type_is_taken_seriously() {
        assert_eq!(severity("SomethingNew"), Severity::Error);
    }
}
