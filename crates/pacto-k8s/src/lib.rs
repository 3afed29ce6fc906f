//! Pacto in a Kubernetes cluster.
//!
//! | idea | where |
//! |---|---|
//! | the resources as the operator writes them, strictly | [`pacto`], [`revision`] |
//! | which conditions there are, and how bad each is | [`condition`] |
//! | the two definitions as YAML | [`definition`] |
//! | how to get to a cluster | [`connection`] |
//! | what became of each request | [`observer`] |
//! | in which version a cluster serves our resources | [`discovery`] |
//! | what runs, as checks want to see it | [`observe`] |
//! | what a reader makes of a resource that anybody may have written | [`view`], [`projection`] |
//! | all resources of a cluster, kept up to date | [`watch`] |
//! | why a cluster did not answer, in words | [`problem`] |

pub mod condition;
pub mod connection;
pub mod definition;
pub mod discovery;
mod feed;
mod knowledge;
pub mod observe;
pub mod observer;
pub mod pacto;
pub mod problem;
pub mod projection;
pub mod readiness;
mod reading;
pub mod revision;
pub mod view;
pub mod watch;

pub use connection::{
    ConnectError, ConnectOptions, Connection, connect, current_context, kubeconfig_path, server_version,
};
pub use discovery::{Served, discover};
pub use k8s_openapi::jiff::Timestamp;
pub use observer::RequestObserver;
pub use problem::{Problem, ProblemKind};
pub use view::{PactoView, ResourceKey, RevisionView};
pub use watch::{Feed, FeedState, Snapshot, Watch, WatchOptions};

/// API group of the resources.
pub const GROUP: &str = "pacto.trianalab.io";
/// The version that we define, and that is asked for where a cluster does not say which one it prefers.
pub const VERSION: &str = "v1alpha1";
