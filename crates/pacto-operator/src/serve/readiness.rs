//! Whether everything that is needed is there.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

/// What this process still waits for; clones share it.
///
/// ```
/// use pacto_operator::serve::Readiness;
/// let readiness = Readiness::waits_for(["cache of pactos", "cache of services"]);
/// readiness.is_there("cache of services");
/// assert_eq!(readiness.missing(), ["cache of pactos"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<watch::Sender<BTreeSet<&'static str>>>);

impl Readiness {
    /// Not ready until all of these are there.
    pub fn waits_for(what: impl IntoIterator<Item = &'static str>) -> Self {
        Self(Arc::new(watch::Sender::new(what.into_iter().collect())))
    }

    /// It came.
    pub fn is_there(&self, what: &str) {
        self.0.send_if_modified(|missing| missing.remove(what));
    }

    /// What is not there, sorted.
    pub fn missing(&self) -> Vec<&'static str> {
        self.0.borrow().iter().copied().collect()
    }

    /// Ends when everything is there.
    pub async fn complete(&self) {
        // The sender is here as long as this value is.
        let _ = self.0.subscribe().wait_for(BTreeSet::is_empty).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_told_when_the_last_one_is_there() {
        let readiness = Readiness::waits_for(["a", "b"]);
        let waiting = tokio::spawn({
            let readiness = readiness.clone();
            async move { readiness.complete().await }
        });
        readiness.is_there("a");
        readiness.is_there("nobody waits for it");
        assert_eq!(readiness.missing(), ["b"]);
        assert!(!waiting.is_finished());
        readiness.is_there("b");
        waiting.await.unwrap();
        readiness.complete().await;
    }
}
