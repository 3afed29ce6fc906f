//! One verdict from all checks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::kind::{CheckKind, CheckStatus, Reason};

/// How a service stands to its contract, as the operator says. Words of older operators (`Healthy`, `Degraded`,
/// `Invalid`) are read as what they are called now; any other word is `Unknown`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum ContractStatus {
    /// Every check holds.
    Compliant,
    /// Something differs from the contract, and the service runs.
    Warning,
    /// The contract is invalid, or what it describes is not there.
    NonCompliant,
    /// A contract without a workload.
    Reference,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// Numbers of the checks that count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// All.
    pub total: usize,
    /// Those that hold.
    pub passed: usize,
    /// Those that do not, or of which nobody knows.
    pub failed: usize,
}

/// Counts the checks that are not advisory.
pub fn summary(checks: &[Check]) -> Summary {
    let counted = || checks.iter().filter(|check| !check.advisory);
    let total = counted().count();
    let passed = counted().filter(|check| check.status == CheckStatus::True).count();
    Summary { total, passed, failed: total - passed }
}

/// The verdict; advisory checks have no part in it.
///
/// | first that applies | verdict |
/// |---|---|
/// | the contract is invalid | `NonCompliant` |
/// | it could not be fetched | `Unknown` |
/// | Service or workload are not there | `NonCompliant` |
/// | the cluster could not be looked at | `Unknown` |
/// | nothing in the cluster is compared with it | `Reference` |
/// | nobody knows whether they are there | `Unknown` |
/// | another check does not hold, or nobody knows | `Warning` |
/// | otherwise | `Compliant` |
pub fn contract_status(checks: &[Check]) -> ContractStatus {
    let status = |kind: CheckKind| checks.iter().find(|check| check.kind == kind).map(|check| check.status);
    let existence = [status(CheckKind::ServiceExists), status(CheckKind::WorkloadExists)];
    let contract = checks.iter().find(|check| check.kind == CheckKind::ContractValid);
    match contract.map(|check| (check.status, check.reason)) {
        Some((CheckStatus::False, _)) => ContractStatus::NonCompliant,
        None | Some((CheckStatus::Unknown, _)) => ContractStatus::Unknown,
        // What is known to be missing is missing, whatever else could not be looked at.
        Some(_) if existence.contains(&Some(CheckStatus::False)) => ContractStatus::NonCompliant,
        Some(_) if status(CheckKind::RuntimeObserved).is_some_and(|status| status != CheckStatus::True) => {
            ContractStatus::Unknown
        }
        Some((_, Reason::ReferenceOnly)) => ContractStatus::Reference,
        Some(_) if existence.contains(&Some(CheckStatus::Unknown)) => ContractStatus::Unknown,
        Some(_) if checks.iter().any(|check| !check.advisory && check.status != CheckStatus::True) => {
            ContractStatus::Warning
        }
        Some(_) => ContractStatus::Compliant,
    }
}
