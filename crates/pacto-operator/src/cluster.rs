//! What runs in the cluster, and which Pactos a change is about.
//!
//! Every kind is watched by a task of its own into one [`Inventory`]. A change names what it is about; [`Targets`] knows which
//! Pactos are compared with that, so no event needs a list.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use pacto_engine::runtime::{Observation, ObservedKind};
use pacto_k8s::observe::object::{
    AutoscalerKind, CronJobKind, DeploymentKind, HttpRouteKind, IngressKind, JobKind, ReplicaSetKind,
    ServiceKind, StatefulSetKind,
};
use pacto_k8s::observe::{Inventory, Kind, Object, Target, Watched};
use pacto_k8s::{Problem, ResourceKey};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::serve::Readiness;

/// Objects of one page of a list; pages are held as a whole.
const PAGE: u32 = 200;
/// Time until a watch that failed is tried again; it doubles.
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// Longest time until a watch is tried again.
const LAST_RETRY: Duration = Duration::from_secs(30);
/// Time until a kind that the cluster does not know, or does not show us, is tried again.
const LATER: Duration = Duration::from_mins(1);

/// Everything that is watched, and for whom.
#[derive(Debug)]
pub struct Cluster {
    inventory: Mutex<Inventory>,
    targets: Mutex<Targets>,
    readiness: Readiness,
    /// Pactos to look at.
    queue: Queue,
}

/// Pactos to look at. Nothing is put in as long as nobody works: who begins looks at all of them.
#[derive(Debug, Clone)]
pub struct Queue {
    sender: UnboundedSender<ResourceKey>,
    is_open: Arc<AtomicBool>,
}

impl Queue {
    /// A closed queue into `sender`.
    pub fn new(sender: UnboundedSender<ResourceKey>) -> Self {
        Self { sender, is_open: Arc::default() }
    }

    /// From now on somebody works.
    pub fn open(&self) {
        self.is_open.store(true, Ordering::Release);
    }

    /// Something happened to a Pacto, or to what it is compared with.
    pub fn put(&self, pacto: ResourceKey) {
        if self.is_open.load(Ordering::Acquire) {
            // Nobody listens any more when the operator stops.
            let _ = self.sender.send(pacto);
        }
    }
}

/// Pactos by what they are compared with.
#[derive(Debug, Default)]
pub struct Targets {
    named: HashMap<ResourceKey, BTreeSet<ResourceKey>>,
    known: HashMap<ResourceKey, Vec<ResourceKey>>,
}

impl Targets {
    /// Notes what a Pacto is compared with, in place of what was noted before; nothing forgets it.
    pub fn set(&mut self, pacto: &ResourceKey, target: Option<&Target>) {
        for name in self.known.remove(pacto).unwrap_or_default() {
            if let Some(pactos) = self.named.get_mut(&name) {
                pactos.remove(pacto);
                if pactos.is_empty() {
                    self.named.remove(&name);
                }
            }
        }
        let Some(target) = target else { return };
        let names = target.service.iter().chain(target.workload.iter().map(|(_, name)| name));
        let mut names: Vec<ResourceKey> =
            names.map(|name| ResourceKey::new(target.namespace.as_str(), name.as_str())).collect();
        names.sort();
        names.dedup();
        for name in &names {
            self.named.entry(name.clone()).or_default().insert(pacto.clone());
        }
        self.known.insert(pacto.clone(), names);
    }

    /// Pactos that are compared with something of this name.
    pub fn of(&self, name: &ResourceKey) -> impl Iterator<Item = &ResourceKey> {
        self.named.get(name).into_iter().flatten()
    }

    /// All Pactos.
    pub fn all(&self) -> impl Iterator<Item = &ResourceKey> {
        self.known.keys()
    }
}

impl Cluster {
    /// Nothing is known yet. Pactos whose surroundings change are sent to `queue`.
    pub fn new(queue: Queue, readiness: Readiness) -> Self {
        let mut inventory = Inventory::default();
        for kind in KINDS {
            inventory.mark_unreadable(kind, "they are not listed yet");
        }
        Self { inventory: Mutex::new(inventory), targets: Mutex::default(), readiness, queue }
    }

    /// Watches everything that checks look at, until the tasks are dropped. An empty namespace means all.
    pub fn watch(self: &Arc<Self>, client: &Client, namespace: &str) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let with = || (Arc::clone(self), client.clone(), namespace.to_owned());
        tasks.spawn(watch::<ServiceKind>(with()));
        tasks.spawn(watch::<DeploymentKind>(with()));
        tasks.spawn(watch::<StatefulSetKind>(with()));
        tasks.spawn(watch::<ReplicaSetKind>(with()));
        tasks.spawn(watch::<JobKind>(with()));
        tasks.spawn(watch::<CronJobKind>(with()));
        tasks.spawn(watch::<AutoscalerKind>(with()));
        tasks.spawn(watch::<IngressKind>(with()));
        tasks.spawn(watch::<HttpRouteKind>(with()));
        tasks
    }

    /// What is known about a target.
    pub fn observe(&self, target: &Target) -> Observation {
        self.inventory().observe(target)
    }

    /// Notes what a Pacto is compared with; nothing forgets it.
    pub fn set_target(&self, pacto: &ResourceKey, target: Option<&Target>) {
        self.targets().set(pacto, target);
    }

    fn inventory(&self) -> MutexGuard<'_, Inventory> {
        self.inventory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn targets(&self) -> MutexGuard<'_, Targets> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, touched: &[ResourceKey]) {
        let targets = self.targets();
        for pacto in touched.iter().flat_map(|name| targets.of(name)) {
            self.queue.put(pacto.clone());
        }
    }

    /// Everything of one kind is known anew.
    fn replaced(&self, kind: ObservedKind, change: impl FnOnce(&mut Inventory)) {
        change(&mut self.inventory());
        self.readiness.is_there(&kind.to_string());
        for pacto in self.targets().all() {
            self.queue.put(pacto.clone());
        }
    }
}

/// Kinds that are watched.
const KINDS: [ObservedKind; 9] = [
    ObservedKind::Service,
    ObservedKind::Deployment,
    ObservedKind::StatefulSet,
    ObservedKind::ReplicaSet,
    ObservedKind::Job,
    ObservedKind::CronJob,
    ObservedKind::HorizontalPodAutoscaler,
    ObservedKind::Ingress,
    ObservedKind::HttpRoute,
];

/// Names of the kinds that are watched.
pub const WATCHED: [&str; 9] = [
    "Service",
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "Ingress",
    "HTTPRoute",
];

/// Watches one kind for ever.
async fn watch<K: Kind>((cluster, client, namespace): (Arc<Cluster>, Client, String)) {
    let mut failures = 0;
    // What the API server said last of a kind that it does not show; as long as it says the same nothing is new.
    let mut refused: Option<u16> = None;
    loop {
        let client = client.clone();
        let api: Api<Watched<K>> =
            if namespace.is_empty() { Api::all(client) } else { Api::namespaced(client, &namespace) };
        let mut events = Box::pin(watcher(api, watcher::Config::default().page_size(PAGE)));
        let mut listed: BTreeMap<ResourceKey, Object> = BTreeMap::new();
        // After an error everything is listed anew: what was missed meanwhile is found by that.
        let error = loop {
            match events.next().await {
                Some(Ok(event)) => {
                    // The beginning of a list says nothing yet.
                    if !matches!(event, Event::Init | Event::InitApply(_)) {
                        (failures, refused) = (0, None);
                    }
                    take(&cluster, event, &mut listed);
                }
                Some(Err(error)) => break error,
                None => return,
            }
        };
        let status = status_of(&error);
        let is_known = status.is_some() && status == refused;
        let wait = match status {
            Some(401 | 403 | 404) if is_known => LATER,
            Some(401 | 403) => {
                let reason = why(&error);
                tracing::warn!(kind = %K::KIND, reason, "objects of this kind may not be read");
                cluster.replaced(K::KIND, |inventory| inventory.mark_unreadable(K::KIND, reason));
                LATER
            }
            // A definition that is not installed, as that of HTTPRoute may be: there are no such objects.
            Some(404) => {
                cluster.replaced(K::KIND, |inventory| inventory.replace(K::KIND, []));
                LATER
            }
            _ => {
                failures += 1;
                tracing::warn!(kind = %K::KIND, error = %error, "the watch is begun anew");
                FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures.min(10) - 1)).min(LAST_RETRY)
            }
        };
        refused = status.filter(|status| matches!(status, 401 | 403 | 404));
        tokio::time::sleep(wait).await;
    }
}

fn take<K: Kind>(cluster: &Cluster, event: Event<Watched<K>>, listed: &mut BTreeMap<ResourceKey, Object>) {
    match event {
        Event::Init => listed.clear(),
        Event::InitApply(found) => {
            listed.insert(found.key(), found.object);
        }
        Event::InitDone => {
            let objects = std::mem::take(listed);
            cluster.replaced(K::KIND, |inventory| inventory.replace(K::KIND, objects));
        }
        Event::Apply(found) => {
            let touched = cluster.inventory().apply(found.key(), found.object);
            cluster.touch(&touched);
        }
        Event::Delete(found) => {
            let touched = cluster.inventory().remove(K::KIND, &found.key());
            cluster.touch(&touched);
        }
    }
}

/// HTTP status of a failed watch, where the API server answered.
pub(crate) fn status_of(error: &watcher::Error) -> Option<u16> {
    let of = |error: &kube::Error| match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    };
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => of(error),
        watcher::Error::WatchError(status) => Some(status.code),
        watcher::Error::NoResourceVersion => None,
    }
}

/// What the API server said.
fn why(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => Problem::from(error).to_string(),
        watcher::Error::WatchError(status) => status.message.clone(),
        watcher::Error::NoResourceVersion => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use pacto_k8s::pacto::WorkloadKind;

    use super::*;

    #[test]
    fn a_name_leads_to_those_who_are_compared_with_it() {
        let key = |name: &str| ResourceKey::new("shop", name);
        let target = |service: &str, workload: &str| Target {
            namespace: "shop".to_owned(),
            service: Some(service.to_owned()),
            workload: Some((WorkloadKind::Deployment, workload.to_owned())),
        };
        let mut targets = Targets::default();
        targets.set(&key("one"), Some(&target("cart", "cart")));
        targets.set(&key("two"), Some(&target("shop", "cart")));
        let of = |targets: &Targets, name: &str| targets.of(&key(name)).cloned().collect::<Vec<_>>();
        assert_eq!(of(&targets, "cart"), [key("one"), key("two")]);
        targets.set(&key("two"), Some(&target("shop", "shop")));
        assert_eq!(of(&targets, "cart"), [key("one")]);
        targets.set(&key("one"), None);
        assert!(of(&targets, "cart").is_empty() && targets.named.len() == 1);
    }
}
