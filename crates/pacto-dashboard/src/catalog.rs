//! What the sources have found so far. Sources write here, the index reads; nobody waits for anybody.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::cluster::ClusterService;
use crate::record::{ContractRecord, ServiceRecord};
use crate::wire::report::{Progress, SourceError, SourceLocation, SourceState};
use crate::wire::service::SourceKind;

/// Services of one source, by name.
pub type Services = BTreeMap<Arc<str>, Arc<ServiceRecord>>;

/// How a source is, without its services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceStatus {
    /// Whether it is in use.
    pub enabled: bool,
    /// What was found at the start, or why it is not in use.
    pub reason: Option<String>,
    /// How it is.
    pub state: SourceState,
    /// When what it says was true.
    pub as_of: Option<Timestamp>,
    /// When it answered last.
    pub last_success: Option<Timestamp>,
    /// What went wrong last, as long as it is still so.
    pub last_error: Option<SourceError>,
    /// Where it looks.
    pub locations: Vec<SourceLocation>,
    /// Places that could not be read, those among them that are not listed.
    pub failed: usize,
    /// What to know about how it looks.
    pub notes: Vec<String>,
    /// Whether the system tells nothing, or not everything, of what changes.
    pub is_polled: bool,
    /// How far its first discovery is; none when that is over, or there is none.
    pub progress: Option<Progress>,
}

/// Everything that is known at one moment.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Directories of this machine.
    pub local: Arc<Services>,
    /// Registries.
    pub oci: Arc<Services>,
    /// A cluster, by name of the service; of several resources of one service the one that is worst off comes first.
    pub k8s: Arc<BTreeMap<Arc<str>, Vec<Arc<ClusterService>>>>,
    /// Contracts of the versions that the cluster runs, where the registry has a higher one.
    pub running: Arc<BTreeMap<Arc<str>, Arc<ContractRecord>>>,
    /// Status of each source.
    pub status: BTreeMap<SourceKind, SourceStatus>,
}

/// The shared board.
#[derive(Debug)]
pub struct Catalog {
    contents: Mutex<Contents>,
    generation: watch::Sender<u64>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self { contents: Mutex::default(), generation: watch::Sender::new(0) }
    }
}

impl Catalog {
    /// A copy of what is known; cheap, since services are shared.
    pub fn contents(&self) -> Contents {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is known, and wakes those who watch.
    pub fn update<T>(&self, change: impl FnOnce(&mut Contents) -> T) -> T {
        let result = change(&mut self.contents.lock().unwrap_or_else(PoisonError::into_inner));
        self.generation.send_modify(|generation| *generation += 1);
        result
    }

    /// Changes the status of one source, and wakes those who watch if that changed anything.
    pub fn update_status(&self, kind: SourceKind, change: impl FnOnce(&mut SourceStatus)) {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        let status = contents.status.entry(kind).or_default();
        let before = status.clone();
        change(status);
        let is_changed = before != *status;
        drop(contents);
        if is_changed {
            self.generation.send_modify(|generation| *generation += 1);
        }
    }

    /// Tells of each change; what changes while nobody looks is told once.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }
}

impl Contents {
    /// The services of a source of contracts.
    pub fn services(&self, kind: SourceKind) -> Option<&Services> {
        match kind {
            SourceKind::Local => Some(&self.local),
            SourceKind::Oci => Some(&self.oci),
            SourceKind::K8s => None,
        }
    }
}
