//! The operator.
//!
//! A reconciliation is three steps: *observe* (what the registry and the cluster say), [`plan`] (pure: from what is known to
//! a status and what else is to be done), and *write* (server-side apply, events, revisions).
//!
//! | idea | where |
//! |---|---|
//! | flags and variables | [`arguments`] |
//! | the program: start, leadership, end | `program` |
//! | the controller: watches, queue, reconciliations | [`run`] |
//! | the Pacto resource, as little of it as is needed | [`subject`] |
//! | what runs in the cluster, and which Pactos a change is about | [`cluster`] |
//! | from a reference to a contract | [`contract`] |
//! | asking endpoints | [`probe`] |
//! | from what is known to a status | [`plan`], [`report`] |
//! | versions of a contract as resources | [`revision`] |
//! | one Pacto after the other | [`reconcile`] |
//! | one of several replicas works | [`lease`] |
//! | health, readiness, metrics | [`serve`], [`metrics`] |
//! | the dashboard that the operator runs | [`dashboard`] |

pub mod arguments;
pub mod cluster;
pub mod contract;
pub mod dashboard;
pub mod lease;
pub mod metrics;
pub mod mirror;
pub mod plan;
pub mod probe;
pub mod reconcile;
pub mod report;
pub mod revision;
pub mod run;
pub mod serve;
pub mod subject;
pub mod write;

mod program;

pub use program::main;
