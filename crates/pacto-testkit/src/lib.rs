//! What tests and benchmarks share.

pub mod context;
pub mod control_plane;
pub mod dashboard;
pub mod fault;
pub mod fleet;
pub mod http;
pub mod latency;
pub mod original;
pub mod registry;

pub use context::{CommandOutput, TestContext, checkout_dir, cut_digests, shared_dir};

/// Makes a test do all of a soak instead of a tenth; `cargo xtask soak` sets it.
const SOAK: &str = "PACTO_SOAK";

/// How many of `all` repetitions a test does: a tenth in the usual run, all of them in a soak.
pub fn soak(all: usize) -> usize {
    if std::env::var_os(SOAK).is_some() { all } else { all.div_ceil(10) }
}
