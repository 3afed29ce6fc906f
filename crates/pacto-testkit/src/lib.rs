//! What tests and benchmarks share.

pub mod fleet;
