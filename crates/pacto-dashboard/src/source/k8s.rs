//! A cluster: what the operator says, as it changes.

mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use pacto_k8s::{
    ConnectOptions, Connection, Feed, FeedState, Problem, ProblemKind, Snapshot, Watch, WatchOptions,
    connect, current_context, server_version,
};
use tokio::sync::Notify;

use super::oci::OciSource;
use super::repository::Repository;
use crate::catalog::Catalog;
use crate::wire::report::{SourceError, SourceLocation, SourceState};
use crate::wire::service::SourceKind;

/// How often the current context of the kubeconfig is looked up.
const CONTEXT_CHECK: Duration = Duration::from_secs(30);

/// A cluster, watched.
#[derive(Debug)]
pub struct ClusterSource {
    namespace: String,
    catalog: Arc<Catalog>,
    /// Registries that the cluster names are followed, where users named none.
    oci: Option<Arc<OciSource>>,
    wake: Notify,
    /// Whether the cluster was last known to serve Pactos.
    is_defined: AtomicBool,
    /// Whether there was a cluster once.
    was_found: AtomicBool,
    /// Group and version of the Pactos that it serves, such as `pacto.trianalab.io/v1alpha1`.
    served: Mutex<Option<String>>,
}

/// A cluster that answered.
pub struct Found {
    connection: Connection,
    version: String,
}

/// Looks for a cluster: inside a pod its own, else that of the kubeconfig.
///
/// # Errors
/// Why there is none, in words.
pub async fn find() -> Result<Found, String> {
    let connection = connect(&ConnectOptions::default()).await.map_err(|error| error.to_string())?;
    let version = server_version(&connection.client).await;
    let version = version
        .map_err(|problem| format!("the cluster at {} is not reachable: {problem}", connection.server))?;
    Ok(Found { connection, version })
}

impl Found {
    /// What was found, in words.
    pub fn reason(&self) -> String {
        let context = self.connection.context.as_deref().map(|context| format!(", context {context}"));
        format!("{} answers with {}{}", self.connection.server, self.version, context.unwrap_or_default())
    }
}

impl ClusterSource {
    /// Watches one namespace, or all with an empty name; where `oci` is given, the registries that the cluster names are
    /// followed.
    pub fn new(namespace: String, catalog: Arc<Catalog>, oci: Option<Arc<OciSource>>) -> Self {
        Self {
            namespace,
            catalog,
            oci,
            wake: Notify::new(),
            is_defined: AtomicBool::new(false),
            was_found: AtomicBool::new(false),
            served: Mutex::default(),
        }
    }

    /// The namespace that is watched; empty for all.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Whether the cluster knows Pacto resources, as far as it was asked.
    pub fn is_defined(&self) -> bool {
        self.is_defined.load(Ordering::Relaxed)
    }

    /// Group and version of the Pactos that the cluster serves.
    pub fn served(&self) -> Option<String> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the kubeconfig now.
    pub fn refresh(&self) {
        self.wake.notify_one();
    }

    /// Watches for ever; begins with `found`, or looks again for a cluster until there is one.
    pub async fn run(self: Arc<Self>, mut found: Option<Found>) {
        loop {
            let Some(cluster) = found.take() else {
                self.pause().await;
                match find().await {
                    Ok(cluster) => found = Some(cluster),
                    Err(reason) if self.was_found.load(Ordering::Relaxed) => self.lost(&reason),
                    Err(reason) => self.missing(reason),
                }
                continue;
            };
            self.catalog.update_status(SourceKind::K8s, |status| {
                (status.enabled, status.state) = (true, SourceState::Discovering);
                status.reason = Some(cluster.reason());
            });
            self.follow(&cluster).await;
            // Another context: what the old cluster said is not true of the new one.
            self.catalog.update(|contents| contents.k8s = Arc::default());
            match find().await {
                Ok(cluster) => found = Some(cluster),
                // There was a cluster, so that there is none is trouble: the next one is looked for.
                Err(reason) => self.lost(&reason),
            }
        }
    }

    /// A kubeconfig tells nobody that it changed.
    async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(CONTEXT_CHECK) => {}
            () = self.wake.notified() => {}
        }
    }

    fn missing(&self, reason: String) {
        self.is_defined.store(false, Ordering::Relaxed);
        self.catalog.update_status(SourceKind::K8s, |status| {
            (status.enabled, status.state) = (false, SourceState::Disabled);
            status.reason = Some(reason);
            (status.last_error, status.locations, status.failed) = (None, Vec::new(), 0);
        });
    }

    /// The kubeconfig names a cluster that does not answer, after one that did.
    fn lost(&self, reason: &str) {
        self.is_defined.store(false, Ordering::Relaxed);
        let now = Timestamp::now().to_string();
        self.catalog.update_status(SourceKind::K8s, |status| {
            (status.enabled, status.state) = (true, SourceState::Failing);
            status.reason = Some("the kubeconfig names another cluster now".to_owned());
            let hint = hint(ProblemKind::NotAnswering);
            status.last_error = Some(SourceError { message: reason.to_owned(), at: now, hint });
            (status.locations, status.failed) = (Vec::new(), 0);
            (status.as_of, status.last_success) = (None, None);
        });
    }

    /// Watches one cluster until the kubeconfig names another one.
    async fn follow(&self, cluster: &Found) {
        self.was_found.store(true, Ordering::Relaxed);
        let options = WatchOptions { namespace: self.namespace.clone(), ..WatchOptions::default() };
        let watch = Watch::start(cluster.connection.client.clone(), options);
        let mut changes = watch.subscribe();
        let mut check = tokio::time::interval(CONTEXT_CHECK);
        loop {
            let snapshot = changes.borrow_and_update().clone();
            self.publish(cluster, &snapshot);
            self.follow_registries(&snapshot);
            tokio::select! {
                news = changes.changed() => if news.is_err() { return },
                _ = check.tick() => {
                    // A file that cannot be read, for example because somebody is writing it, says nothing of another context.
                    if let Ok(now) = current_context(&ConnectOptions::default())
                        && now != cluster.connection.context
                    {
                        return;
                    }
                    // Nothing changed, and it still is true.
                    self.publish_status(cluster, &watch.snapshot());
                }
                () = self.wake.notified() => check.reset_immediately(),
            }
        }
    }

    fn publish(&self, cluster: &Found, snapshot: &Snapshot) {
        let services = service::group(snapshot);
        self.catalog.update(|contents| {
            let before = std::mem::take(&mut contents.k8s);
            // What did not change stays the same value, so that the index need not look at it.
            let mut services = services;
            for (name, group) in &mut services {
                for (service, old) in group.iter_mut().zip(before.get(name).into_iter().flatten()) {
                    if **service == **old {
                        *service = Arc::clone(old);
                    }
                }
            }
            contents.k8s = Arc::new(services);
        });
        self.publish_status(cluster, snapshot);
    }

    fn publish_status(&self, cluster: &Found, snapshot: &Snapshot) {
        let now = Timestamp::now();
        let is_missing = snapshot.pactos_feed.state == FeedState::CrdMissing;
        self.is_defined.store(snapshot.api_version.is_some(), Ordering::Relaxed);
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&snapshot.api_version);
        let (state, error) = described(&snapshot.pactos_feed);
        let (_, revisions) = described(&snapshot.revisions_feed);
        // Revisions may be forbidden or not defined while everything else is fine.
        let revisions = revisions.filter(|_| error.is_none() && !is_missing);
        let revisions = revisions.map(|problem| format!("revisions: {}", problem.message));
        self.catalog.update_status(SourceKind::K8s, |status| {
            status.enabled = true;
            status.state = state;
            status.as_of = snapshot.pactos_feed.as_of;
            status.last_success = snapshot.pactos_feed.as_of;
            status.reason = Some(if is_missing {
                format!(
                    "{}; it does not know Pacto resources: install the definitions of the operator",
                    cluster.reason()
                )
            } else {
                cluster.reason()
            });
            // Where it does not answer at all, the state says so.
            status.failed = usize::from(revisions.is_some());
            let message = error.as_ref().map(|problem| problem.message.clone()).or(revisions);
            if status.last_error.as_ref().map(|known| &known.message) != message.as_ref() {
                let hint = error.as_ref().and_then(|problem| hint(problem.kind));
                status.last_error = message.map(|message| SourceError { message, at: now.to_string(), hint });
            }
            status.locations = vec![SourceLocation {
                reference: cluster.connection.server.clone(),
                state,
                service: None,
                versions: None,
                error: error.map(|problem| problem.message),
            }];
        });
    }

    /// Registries that the cluster runs contracts from.
    fn follow_registries(&self, snapshot: &Snapshot) {
        let Some(oci) = &self.oci else { return };
        let named: BTreeSet<Repository> = snapshot
            .pactos
            .values()
            .filter_map(|pacto| Repository::of(pacto.resolved_ref.as_deref()?).ok())
            .collect();
        let count = named.len();
        if count == 0 || !oci.add(named) {
            return;
        }
        self.catalog.update_status(SourceKind::Oci, |status| {
            status.enabled = true;
            status.reason = Some(format!("{count} repositories that the cluster names"));
        });
        oci.follow();
    }
}

/// The state of a feed, and what troubles it.
fn described(feed: &Feed) -> (SourceState, Option<Problem>) {
    match &feed.state {
        FeedState::Connecting => (SourceState::Discovering, None),
        // That there are no resources yet is no trouble.
        FeedState::Connected | FeedState::CrdMissing => (SourceState::Live, None),
        FeedState::Lagging { problem, .. } => (SourceState::Stale, Some(problem.clone())),
        FeedState::Unreachable { problem, .. } => (SourceState::Failing, Some(problem.clone())),
    }
}

fn hint(kind: ProblemKind) -> Option<String> {
    let text = match kind {
        ProblemKind::NotAnswering => "check that the cluster is up; it is asked again by itself",
        ProblemKind::Denied => "allow get, list and watch of pactos and pactorevisions to this account",
        ProblemKind::NotServed | ProblemKind::Failing => return None,
    };
    Some(text.to_owned())
}

/// Services by name; the one that is worst off comes first.
pub(crate) type Clusters = BTreeMap<Arc<str>, Vec<Arc<crate::cluster::ClusterService>>>;
