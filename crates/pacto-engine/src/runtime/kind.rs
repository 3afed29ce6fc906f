//! Which checks there are, and the words in which they answer.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad it is when a check does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The service is not what the contract says.
    Error,
    /// It is, with a difference that may be meant.
    Warning,
}

/// Whether a check holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CheckStatus {
    /// It does.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

impl fmt::Display for CheckStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// A check, in the order in which checks are reported. The name is the `type` of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CheckKind {
    /// The contract can be read and is valid.
    ContractValid,
    /// The Service is there.
    ServiceExists,
    /// The workload is there.
    WorkloadExists,
    /// The Service has every port of the interfaces.
    PortsValid,
    /// The kind of the workload fits `runtime.workload`.
    WorkloadTypeMatch,
    /// Kind and volumes fit `runtime.state`.
    StateModelMatch,
    /// The workload is replaced as `runtime.lifecycle.upgradeStrategy` says.
    UpgradeStrategyMatch,
    /// Pods have the time to stop that the service needs.
    GracefulShutdownMatch,
    /// A container runs the image of the service.
    ImageMatch,
    /// Health is not asked for before the service can answer.
    HealthTimingMatch,
    /// The health endpoint answers well.
    HealthEndpointValid,
    /// The metrics endpoint answers well.
    MetricsEndpointValid,
    /// The cluster could be looked at.
    RuntimeObserved,
    /// The declared readiness is reached and not out of date.
    ReadinessSatisfied,
    /// Replicas and autoscaler stay within `scaling`.
    ScalingMatch,
    /// The configuration keys that the service needs are set.
    ConfigPresent,
    /// Pods are probed where `runtime.health` says.
    ProbeMatch,
    /// Public interfaces can be reached from outside, internal ones cannot.
    VisibilityMatch,
}

impl CheckKind {
    /// Every check, in order.
    pub const ALL: [Self; 18] = [
        Self::ContractValid,
        Self::ServiceExists,
        Self::WorkloadExists,
        Self::PortsValid,
        Self::WorkloadTypeMatch,
        Self::StateModelMatch,
        Self::UpgradeStrategyMatch,
        Self::GracefulShutdownMatch,
        Self::ImageMatch,
        Self::HealthTimingMatch,
        Self::HealthEndpointValid,
        Self::MetricsEndpointValid,
        Self::RuntimeObserved,
        Self::ReadinessSatisfied,
        Self::ScalingMatch,
        Self::ConfigPresent,
        Self::ProbeMatch,
        Self::VisibilityMatch,
    ];

    /// How bad it is when it does not hold. A single check may be milder.
    pub fn severity(self) -> Severity {
        match self {
            Self::UpgradeStrategyMatch
            | Self::GracefulShutdownMatch
            | Self::HealthTimingMatch
            | Self::ReadinessSatisfied
            | Self::ScalingMatch
            | Self::ConfigPresent
            | Self::ProbeMatch
            | Self::VisibilityMatch => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Whether it is said without being counted, unless somebody asks for strictness.
    pub fn is_advisory(self) -> bool {
        matches!(
            self,
            Self::ReadinessSatisfied
                | Self::ScalingMatch
                | Self::ConfigPresent
                | Self::ProbeMatch
                | Self::VisibilityMatch
        )
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// Why a check says what it says: one word that a program may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Reason {
    /// The contract was read and is valid.
    Parsed,
    /// As `Parsed`, and nothing in the cluster is compared with it.
    ReferenceOnly,
    /// As `Parsed`, and the Pacto names a second contract, which is not used.
    AmbiguousSource,
    /// The contract is not valid, or is no contract.
    Invalid,
    /// The contract could not be fetched; nothing is said about it.
    NotResolved,
    /// It is there.
    Found,
    /// It is not there.
    NotFound,
    /// Every port is there.
    AllPortsMatch,
    /// A port is not there.
    MissingPorts,
    /// Declared and observed agree.
    Match,
    /// Declared and observed differ.
    Mismatch,
    /// What was declared has nothing to be compared with.
    Missing,
    /// The workload has no such setting.
    Skipped,
    /// The endpoint answers well.
    #[serde(rename = "OK")]
    Ok,
    /// The contract names an interface that it does not have.
    InterfaceNotFound,
    /// The contract names an interface without a port.
    InterfaceHasNoPort,
    /// Nobody answered.
    ConnectionFailed,
    /// An answer with a status that is not a good one.
    InvalidStatusCode,
    /// An answer without content.
    EmptyResponse,
    /// The gRPC health service says that the service does not serve.
    NotServing,
    /// The server has no gRPC health service.
    NotImplemented,
    /// The cluster was looked at.
    Observed,
    /// The cluster did not answer.
    ObservationFailed,
    /// What the check needs could not be read.
    NotObserved,
    /// The readiness is reached.
    Satisfied,
    /// The readiness is not reached.
    BelowMinScore,
    /// The assessment is out of date.
    Expired,
    /// Every key is set.
    AllKeysPresent,
    /// A key is not set.
    MissingKeys,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => formatter.write_str("OK"),
            reason => fmt::Debug::fmt(reason, formatter),
        }
    }
}
