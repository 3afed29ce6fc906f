//! A contract against what runs. Pure: what runs comes in as an [`Observation`], whoever made it.
//!
//! | idea | where |
//! |---|---|
//! | what was looked for, and what was found | [`observation`], [`workload`] |
//! | which checks there are, and what a check says | [`check`], [`kind`] |
//! | one verdict from all checks | [`status`] |
//! | which endpoints to ask, and what an answer means | [`endpoint`] |
//! | which configuration keys a service cannot do without | [`required`] |
//! | ports of the contract against those of the Service | [`exposure`] |
//! | how images are compared | [`image`] |
//! | ports and environment of one process | [`sighting`] |

pub mod check;
mod configuration;
pub mod endpoint;
mod existence;
pub mod exposure;
pub mod image;
pub mod kind;
mod lifecycle;
pub mod observation;
mod probes;
pub mod readiness;
pub mod required;
mod scaling;
pub mod sighting;
mod state;
pub mod status;
pub mod workload;

pub use check::{Check, Declared, Options, check};
pub use endpoint::{Endpoint, EndpointRole, ProbeOutcome, ProbeResult, endpoints};
pub use exposure::{PortComparison, compare_ports};
pub use kind::{CheckKind, CheckStatus, Reason, Severity};
pub use observation::{Exposure, Observation, ObservedKind, Service, Sought};
pub use readiness::{Assessment, assess};
pub use required::{RequiredKey, required_keys};
pub use sighting::{Sighting, compare};
pub use status::{ContractStatus, Summary, contract_status, summary};
pub use workload::{Workload, WorkloadKind};

#[cfg(test)]
mod tests;
