//! Stub.
use pacto_engine::runtime::{Check, ContractStatus};
use pacto_k8s::ResourceKey;
use std::time::Duration;
#[derive(Debug, Default)]
pub struct Metrics;
pub struct Recorded;
impl Recorded {
    pub fn of(_: Option<String>, _: ContractStatus, _: &[Check]) -> Self {
        Self
    }
}
pub enum Outcome {
    Success,
    Error,
}
impl Metrics {
    pub fn record(&self, _: &ResourceKey, _: &Recorded) {}
    pub fn forget(&self, _: &ResourceKey) {}
    pub fn reconciled(&self, _: Outcome, _: Duration) {}
    pub fn queue_depth(&self, _: usize) {}
    pub fn wrote(&self, _: &'static str, _: &'static str) {}
}
