//! What is kept of a service in a cluster.

use std::sync::Arc;

use jiff::Timestamp;

use crate::record::{CrossReference, Need};
use crate::wire::details::ServiceDetails;
use crate::wire::service::Version;

/// A service in a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterService {
    /// What the operator says, as it travels; times that people read are filled in when it does.
    pub details: ServiceDetails,
    /// When the operator looked last.
    pub reconciled: Option<Timestamp>,
    /// Since when each condition is what it is.
    pub since: Vec<Option<Timestamp>>,
    /// Services that it calls.
    pub needs: Arc<[Need]>,
    /// Contracts whose configuration or policy it uses.
    pub references: Arc<[CrossReference]>,
    /// Revisions, in no order.
    pub revisions: Vec<Version>,
}

impl ClusterService {
    /// What the operator says, with times as people say them.
    pub fn details_at(&self, now: Timestamp) -> ServiceDetails {
        let mut details = self.details.clone();
        details.last_reconciled_at = self.reconciled.map(|time| ago(time, now));
        for (condition, since) in details.conditions.iter_mut().zip(&self.since) {
            condition.last_transition_ago = since.map(|time| ago(time, now));
        }
        details
    }
}

/// A time as people say it: `42s ago`, `5m ago`, `3h ago`, `2d ago`.
pub fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(time.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds}s ago"),
        60..3_600 => format!("{}m ago", seconds / 60),
        3_600..86_400 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_one_unit() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let said = |seconds: i64| ago(Timestamp::from_second(1_000_000 - seconds).unwrap(), now);
        assert_eq!(
            [said(-5), said(42), said(300), said(11_000), said(200_000)],
            ["0s ago", "42s ago", "5m ago", "3h ago", "2d ago"]
        );
    }
}
