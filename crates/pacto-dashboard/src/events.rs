//! What changed between two snapshots, written once for all who listen.

use std::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;

use crate::app::sources;
use crate::index::Snapshot;
use crate::wire::report::{HelloEvent, SnapshotEvent};
use crate::wire::service::ServiceEntry;

/// Most services whose change is told; beyond that, everything is to be fetched again.
const MAX_TOLD: usize = 500;

/// An event as it is sent.
#[derive(Debug, Clone)]
pub struct Event {
    /// `event:`, `id:` and `data:` lines, with the empty line behind.
    pub text: Bytes,
}

impl Event {
    fn new(name: &str, id: &str, data: &impl serde::Serialize) -> Self {
        let data = serde_json::to_string(data).unwrap_or_default();
        Self { text: Bytes::from(format!("event: {name}\nid: {id}\ndata: {data}\n\n")) }
    }

    /// The first event of a stream.
    pub fn hello(snapshot: &Snapshot, version: &str) -> Self {
        let data = HelloEvent {
            snapshot: snapshot.id.clone(),
            version: version.to_owned(),
            as_of: snapshot.as_of.to_string(),
        };
        Self::new("hello", &snapshot.id, &data)
    }

    /// For those who missed something.
    pub fn start_again(snapshot: &Snapshot) -> Self {
        Self::snapshot(snapshot, Vec::new(), Vec::new(), true, true)
    }

    /// What changed, if anything did.
    pub fn between(before: &Snapshot, now: &Snapshot) -> Option<Self> {
        if before.id == now.id {
            let report = sources(&now.contents);
            let is_same = report == sources(&before.contents);
            return (!is_same).then(|| Self::new("sources", &now.id, &report));
        }
        let (changed, removed) = difference(before, now);
        let is_much = changed.len() + removed.len() > MAX_TOLD;
        let structure = before.graph_id != now.graph_id;
        let (changed, removed) = if is_much { (Vec::new(), Vec::new()) } else { (changed, removed) };
        Some(Self::snapshot(now, changed, removed, is_much, structure))
    }

    fn snapshot(
        now: &Snapshot,
        changed: Vec<Arc<ServiceEntry>>,
        removed: Vec<String>,
        reset: bool,
        structure: bool,
    ) -> Self {
        let data = SnapshotEvent {
            snapshot: now.id.clone(),
            as_of: now.as_of.to_string(),
            changed,
            removed,
            reset,
            structure,
            sources: sources(&now.contents),
        };
        Self::new("snapshot", &now.id, &data)
    }
}

/// Services that look different or are new, and those that are gone: both lists are sorted, so one walk does.
fn difference(before: &Snapshot, now: &Snapshot) -> (Vec<Arc<ServiceEntry>>, Vec<String>) {
    let (mut changed, mut removed) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (before.services.iter().peekable(), now.services.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return (changed, removed),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.entry.name.cmp(&new.entry.name),
        };
        let gone = if order.is_le() { old.next() } else { None };
        let come = if order.is_ge() { new.next() } else { None };
        match (gone, come) {
            (Some(gone), None) => removed.push(gone.entry.name.clone()),
            (gone, Some(come)) if gone.is_none_or(|gone| gone.entry != come.entry) => {
                changed.push(Arc::clone(&come.entry));
            }
            _ => {}
        }
    }
}
