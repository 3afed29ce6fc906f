//! Which conditions a Pacto may have, how bad each is, and which reasons it gives. Data: what decides is elsewhere.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use pacto_engine::runtime::Check;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub use pacto_engine::runtime::{CheckStatus as ConditionStatus, Severity};

use crate::Timestamp;

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
    /// Whether it has no part in status and summary, unless the operator runs with strict checks.
    pub advisory: bool,
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
        &["Parsed", "ReferenceOnly", "AmbiguousSource"],
        &["Invalid", "NotResolved"],
    ),
    row("ServiceExists", Category::Infrastructure, Severity::Error, &["Found"], &["NotFound", "NotObserved"]),
    row(
        "WorkloadExists",
        Category::Infrastructure,
        Severity::Error,
        &["Found"],
        &["NotFound", "NotObserved"],
    ),
    row(
        "PortsValid",
        Category::Networking,
        Severity::Error,
        &["AllPortsMatch"],
        &["MissingPorts", "NotObserved"],
    ),
    row("WorkloadTypeMatch", Category::Workload, Severity::Error, MATCH, &["Mismatch", "NotObserved"]),
    row("StateModelMatch", Category::State, Severity::Error, MATCH, DIFFERS),
    row(
        "UpgradeStrategyMatch",
        Category::Lifecycle,
        Severity::Warning,
        &["Match", "Skipped"],
        &["Mismatch", "NotObserved"],
    ),
    row("GracefulShutdownMatch", Category::Lifecycle, Severity::Warning, MATCH, DIFFERS),
    row("ImageMatch", Category::Image, Severity::Error, MATCH, DIFFERS),
    row("HealthTimingMatch", Category::Health, Severity::Warning, MATCH, DIFFERS),
    row(
        "HealthEndpointValid",
        Category::Networking,
        Severity::Error,
        &["OK"],
        &[
            "InterfaceNotFound",
            "InterfaceHasNoPort",
            "ConnectionFailed",
            "InvalidStatusCode",
            "NotServing",
            "NotImplemented",
            "NotObserved",
        ],
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
            "NotObserved",
        ],
    ),
    row("RuntimeObserved", Category::Infrastructure, Severity::Error, &["Observed"], &["ObservationFailed"]),
    advisory("ReadinessSatisfied", Category::Contract, &["Satisfied"], &["BelowMinScore", "Expired"]),
    advisory("ScalingMatch", Category::Workload, MATCH, &["Mismatch", "NotObserved"]),
    advisory("ConfigPresent", Category::Workload, &["AllKeysPresent"], &["MissingKeys", "NotObserved"]),
    advisory("ProbeMatch", Category::Health, MATCH, DIFFERS),
    advisory("VisibilityMatch", Category::Networking, MATCH, &["Mismatch", "NotObserved"]),
];

const MATCH: &[&str] = &["Match"];
const DIFFERS: &[&str] = &["Mismatch", "Missing", "NotObserved"];

const fn row(
    name: &'static str,
    category: Category,
    severity: Severity,
    holds: &'static [&'static str],
    fails: &'static [&'static str],
) -> ConditionKind {
    ConditionKind { name, category, severity, advisory: false, holds, fails }
}

const fn advisory(
    name: &'static str,
    category: Category,
    holds: &'static [&'static str],
    fails: &'static [&'static str],
) -> ConditionKind {
    ConditionKind { name, category, severity: Severity::Warning, advisory: true, holds, fails }
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

/// Longest message that the API server takes, in bytes.
const MAX_MESSAGE: usize = 32_768;

/// Checks as conditions. A condition of `previous` with the same status keeps its time; the others get `now`, of which
/// only whole seconds are stored.
///
/// ```
/// use pacto_engine::runtime::Check;
/// use pacto_k8s::Timestamp;
/// use pacto_k8s::condition::from_checks;
/// let (first, later) = (Timestamp::from_second(100)?, Timestamp::from_second(200)?);
/// let conditions = from_checks(&[Check::contract_invalid("no YAML")], &[], Some(1), first);
/// let again = from_checks(&[Check::contract_invalid("no contract")], &conditions, Some(2), later);
/// assert_eq!(again[0].last_transition_time.0, first);
/// assert_eq!(again[0].message, "no contract");
/// # Ok::<(), k8s_openapi::jiff::Error>(())
/// ```
pub fn from_checks(
    checks: &[Check],
    previous: &[Condition],
    observed_generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let condition = |check: &Check| {
        let kind = check.kind.to_string();
        let before =
            previous.iter().find(|condition| condition.kind == kind && condition.status == check.status);
        Condition {
            kind,
            status: check.status,
            reason: check.reason.to_string(),
            message: shortened(&check.message),
            severity: Some(check.severity),
            last_transition_time: before
                .map_or(Time(now), |condition| condition.last_transition_time.clone()),
            observed_generation,
        }
    };
    checks.iter().map(condition).collect()
}

fn shortened(message: &str) -> String {
    const MORE: &str = "…";
    if message.len() <= MAX_MESSAGE {
        return message.to_owned();
    }
    let start = message.get(..message.floor_char_boundary(MAX_MESSAGE - MORE.len())).unwrap_or_default();
    format!("{start}{MORE}")
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
    use pacto_contract::Pointer;
    use pacto_engine::runtime::{CheckKind, Reason};

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
    fn the_table_is_that_of_the_checks() {
        let kinds: Vec<_> = CheckKind::ALL
            .iter()
            .map(|kind| (kind.to_string(), kind.severity(), kind.is_advisory()))
            .collect();
        let rows: Vec<_> =
            KINDS.iter().map(|row| (row.name.to_owned(), row.severity, row.advisory)).collect();
        assert_eq!(kinds, rows);
    }

    #[test]
    fn a_time_is_kept_while_the_status_stays_and_seconds_are_whole() {
        let check =
            |status| Check::new(CheckKind::PortsValid, status, Reason::MissingPorts, &Pointer::root(), "m");
        let at = |nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap();
        let first = from_checks(&[check(ConditionStatus::False)], &[], Some(1), at(100_700_000_000));
        assert_eq!(first[0].last_transition_time.0, at(100_000_000_000));
        let same = from_checks(&[check(ConditionStatus::False)], &first, Some(2), at(200_000_000_000));
        assert_eq!(same[0].last_transition_time, first[0].last_transition_time);
        assert_eq!(same[0].observed_generation, Some(2));
        let other = from_checks(&[check(ConditionStatus::Unknown)], &first, Some(2), at(200_000_000_000));
        assert_eq!(other[0].last_transition_time.0, at(200_000_000_000));
        assert_eq!(from_checks(&[], &first, Some(2), at(200_000_000_000)), []);
    }

    #[test]
    fn a_message_is_no_longer_than_the_api_server_takes() {
        for length in [MAX_MESSAGE - 1, MAX_MESSAGE, MAX_MESSAGE + 1] {
            let message = format!("a{}", "é".repeat(length / 2));
            let conditions =
                from_checks(&[Check::contract_invalid(message)], &[], None, Timestamp::UNIX_EPOCH);
            assert!(conditions[0].message.len() <= MAX_MESSAGE);
        }
    }

    #[test]
    fn an_unknown_type_is_taken_seriously() {
        assert_eq!(severity("SomethingNew"), Severity::Error);
    }
}
