//! Whether everything that is needed is there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What this process still waits for; clones share it.
///
/// ```
/// use pacto_operator::serve::Readiness;
/// let readiness = Readiness::waits_for(["cache of pactos", "cache of services"]);
/// readiness.is_there("cache of services");
/// assert_eq!(readiness.missing(), ["cache of pactos"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeSet<&'static str>>>);

impl Readiness {
    /// Not ready until all of these are there.
    pub fn waits_for(what: impl IntoIterator<Item = &'static str>) -> Self {
        Self(Arc::new(Mutex::new(what.into_iter().collect())))
    }

    /// It came.
    pub fn is_there(&self, what: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
    }

    /// It went.
    pub fn is_missing(&self, what: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(what);
    }

    /// What is not there, sorted.
    pub fn missing(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}
