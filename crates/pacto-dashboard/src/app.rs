//! Everything that a running dashboard has.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use pacto_app::Context;
use tokio::sync::{Semaphore, broadcast, watch};

use crate::bundles::Bundles;
use crate::catalog::{Catalog, Contents};
use crate::events::Event;
use crate::finder::Finder;
use crate::http::guard::Guard;
use crate::http::problem::Problem;
use crate::index::{Indexer, Snapshot};
use crate::metrics::Metrics;
use crate::source::k8s::ClusterSource;
use crate::source::local::Nudge;
use crate::source::oci::OciSource;
use crate::wire::report::{SourceInfo, SourcesReport};
use crate::wire::service::SourceKind;

/// Events that a slow client may be behind before it is told to fetch everything again.
const EVENTS_BEHIND: usize = 64;
/// Expensive answers that are made at once.
const WORK_AT_ONCE: usize = 32;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Changes within this time make one snapshot.
const SETTLE: Duration = Duration::from_millis(40);

/// A running dashboard.
#[derive(Debug)]
pub struct Dashboard {
    /// Version of the program; empty if unknown.
    pub version: String,
    /// Whether `/api/debug` is there.
    pub diagnostics: bool,
    /// How contracts are read.
    pub context: Arc<Context>,
    /// What the sources have found.
    pub catalog: Arc<Catalog>,
    /// Files of contracts.
    pub bundles: Arc<Bundles>,
    /// Registries.
    pub oci: Arc<OciSource>,
    /// The cluster.
    pub cluster: Arc<ClusterSource>,
    /// Asks the local source to look, where there is one.
    pub local: Option<Nudge>,
    /// Registries that may be asked although no contract names them.
    pub allowed_registries: Vec<String>,
    /// Who may use it.
    pub guard: Guard,
    /// Numbers for operators.
    pub metrics: Metrics,
    /// The description of the API.
    pub description: OnceLock<serde_json::Value>,
    /// Clients that listen.
    pub listeners: AtomicUsize,
    /// Says when the server stops.
    pub stopping: watch::Sender<bool>,
    snapshot: RwLock<Arc<Snapshot>>,
    finder: Mutex<Option<Arc<Finder>>>,
    events: broadcast::Sender<Arc<Event>>,
    work: Semaphore,
    /// For answers that wait for a registry, so that those do not keep out the others.
    remote: Semaphore,
}

/// What a dashboard is made from.
#[derive(Debug)]
pub struct Parts {
    /// Version of the program.
    pub version: String,
    /// Whether `/api/debug` is there.
    pub diagnostics: bool,
    /// How contracts are read.
    pub context: Arc<Context>,
    /// What the sources find.
    pub catalog: Arc<Catalog>,
    /// Files of contracts.
    pub bundles: Arc<Bundles>,
    /// Registries.
    pub oci: Arc<OciSource>,
    /// The cluster.
    pub cluster: Arc<ClusterSource>,
    /// The local source.
    pub local: Option<Nudge>,
    /// Registries that may be asked although no contract names them.
    pub allowed_registries: Vec<String>,
    /// Who may use it.
    pub guard: Guard,
}

impl Dashboard {
    /// A dashboard that knows nothing yet.
    pub fn new(parts: Parts) -> Self {
        let snapshot = Indexer::default().build(Contents::default(), Timestamp::now());
        Self {
            version: parts.version,
            diagnostics: parts.diagnostics,
            context: parts.context,
            catalog: parts.catalog,
            bundles: parts.bundles,
            oci: parts.oci,
            cluster: parts.cluster,
            local: parts.local,
            allowed_registries: parts.allowed_registries,
            guard: parts.guard,
            metrics: Metrics::default(),
            description: OnceLock::new(),
            listeners: AtomicUsize::new(0),
            stopping: watch::Sender::new(false),
            snapshot: RwLock::new(Arc::new(snapshot)),
            finder: Mutex::default(),
            events: broadcast::Sender::new(EVENTS_BEHIND),
            work: Semaphore::new(WORK_AT_ONCE),
            remote: Semaphore::new(WORK_AT_ONCE),
        }
    }

    /// The fleet as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds contracts among those of a snapshot; made once for all who ask of the same one.
    pub fn finder(&self, snapshot: &Snapshot) -> Arc<Finder> {
        let mut kept = self.finder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(finder) = kept.as_ref().filter(|finder| finder.is_of(&snapshot.contents)) {
            return Arc::clone(finder);
        }
        let finder = Arc::new(Finder::new(Arc::clone(&self.bundles), &snapshot.contents));
        *kept = Some(Arc::clone(&finder));
        finder
    }

    /// What happens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// One more client listens, unless there are too many.
    pub fn add_listener(&self, most: usize) -> bool {
        self.listeners
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| (now < most).then_some(now + 1))
            .is_ok()
    }

    /// A turn for something expensive.
    ///
    /// # Errors
    /// 503 when there is none for a while.
    pub async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        Self::turn_of(&self.work).await
    }

    /// As [`turn`](Self::turn), for what waits for a registry.
    ///
    /// # Errors
    /// As [`turn`](Self::turn).
    pub async fn remote_turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        Self::turn_of(&self.remote).await
    }

    async fn turn_of(work: &Semaphore) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        let busy = || {
            let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
            Problem::new(status, "the server is busy; try again in a few seconds")
        };
        let turn = tokio::time::timeout(PATIENCE, work.acquire()).await.map_err(|_| busy())?;
        turn.map_err(|_| busy())
    }

    /// How the sources are.
    pub fn sources(&self, contents: &Contents) -> SourcesReport {
        sources(contents)
    }

    /// Makes a snapshot whenever something changed, for ever.
    pub async fn keep_index(self: Arc<Self>) {
        let mut changes = self.catalog.watch();
        let mut indexer = Indexer::default();
        loop {
            let contents = self.catalog.contents();
            let now = Timestamp::now();
            let began = std::time::Instant::now();
            let built = tokio::task::spawn_blocking(move || {
                let snapshot = indexer.build(contents, now);
                (indexer, snapshot)
            });
            match built.await {
                Ok((back, snapshot)) => {
                    indexer = back;
                    self.metrics.index_built(began.elapsed());
                    self.publish(Arc::new(snapshot));
                }
                // What was shown stays; the next change is a new try.
                Err(error) => {
                    tracing::error!(error = %error, "no snapshot could be made");
                    indexer = Indexer::default();
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
            // A source writes more than once; one snapshot for all of it.
            tokio::time::sleep(SETTLE).await;
            changes.mark_unchanged();
        }
    }

    fn publish(&self, snapshot: Arc<Snapshot>) {
        let before = self.snapshot();
        let event = Event::between(&before, &snapshot);
        // The same content keeps its time: it is what it was.
        let is_new = before.id != snapshot.id || before.contents.status != snapshot.contents.status;
        if is_new {
            *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        }
        if let Some(event) = event {
            // Nobody may be listening.
            let _ = self.events.send(Arc::new(event));
        }
    }
}

/// How the sources are, in the order local, k8s, oci.
pub fn sources(contents: &Contents) -> SourcesReport {
    let kinds = [SourceKind::Local, SourceKind::K8s, SourceKind::Oci];
    let info = |kind: SourceKind| {
        let status = contents.status.get(&kind).cloned().unwrap_or_default();
        let (services, versions) = match contents.services(kind) {
            Some(services) => (services.len(), services.values().map(|service| service.versions.len()).sum()),
            None => (
                contents.k8s.len(),
                contents.k8s.values().flatten().map(|service| service.revisions.len()).sum(),
            ),
        };
        SourceInfo {
            kind,
            enabled: status.enabled,
            reason: status.reason,
            state: status.state,
            services,
            versions,
            as_of: status.as_of.map(|time| time.to_string()),
            last_success: status.last_success.map(|time| time.to_string()),
            last_error: status.last_error,
            locations: status.locations,
            failed: status.failed,
            notes: status.notes,
            polled: status.is_polled,
            precedence: match kind {
                SourceKind::Local => "Contracts of this directory win over those of registries.",
                SourceKind::Oci => "Contracts of registries are shown where no directory has the service; histories come from here.",
                SourceKind::K8s => "What the operator sees at run time is laid over the contract; it never replaces what the contract declares.",
            }
            .to_owned(),
        }
    };
    let progress = contents.status.get(&SourceKind::Oci).and_then(|status| status.progress);
    SourcesReport {
        sources: kinds.into_iter().map(info).collect(),
        discovering: progress.is_some(),
        progress,
    }
}
