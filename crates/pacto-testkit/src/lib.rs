//! What tests and benchmarks share.

pub mod context;
pub mod fleet;
pub mod registry;

pub use context::{CommandOutput, TestContext, checkout_dir, shared_dir};
