//! Contracts that the cluster runs where the registry has a higher version: what such a service needs is what its running
//! version names.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::OciSource;
use crate::index::merge::{Parts, place_of, running};
use crate::record::{ContractRecord, Place};

impl OciSource {
    /// Reads contracts that run, whenever something changed, for ever.
    pub async fn run_running(self: Arc<Self>) {
        let mut changes = self.catalog.watch();
        let mut tried = HashMap::new();
        loop {
            self.read_running(&mut tried).await;
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// `tried` has the round in which each place was read last: what failed, or was judged in part, is read once a round.
    async fn read_running(&self, tried: &mut HashMap<Place, u64>) {
        let contents = self.catalog.contents();
        let round = self.state().round;
        let mut records: BTreeMap<Arc<str>, Arc<ContractRecord>> = BTreeMap::new();
        for name in contents.k8s.keys() {
            let Some(place) = running_place(Parts::of(&contents, name)) else { continue };
            let known = contents.running.get(name).filter(|record| record.place == *place);
            let is_done = known.is_some_and(|record| !record.is_judged_in_part);
            let record = if is_done || tried.get(place) == Some(&round) {
                known.cloned()
            } else {
                tried.insert(place.clone(), round);
                self.read_record(place).await.or_else(|| known.cloned())
            };
            records.extend(record.map(|record| (Arc::clone(name), record)));
        }
        tried.retain(|_, last| *last == round);
        if *contents.running != records {
            self.catalog.update(|contents| contents.running = Arc::new(records));
        }
    }

    async fn read_record(&self, place: &Place) -> Option<Arc<ContractRecord>> {
        let resolved = self.bundles.open(place).await.ok()?;
        let judged = self.finder().judge(&resolved).await;
        let record =
            ContractRecord::new(&resolved.document, place.clone(), &judged.report, judged.is_partial);
        Some(Arc::new(record))
    }
}

/// Where the contract that runs is, unless it is the one that is shown without a cluster too.
fn running_place(parts: Parts<'_>) -> Option<&Place> {
    let version = running(parts)?;
    let is_current = parts.oci.is_some_and(|service| &*service.current.version == version);
    if is_current { None } else { Some(place_of(parts, version)?.1) }
}
