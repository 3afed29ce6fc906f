//! All objects that are known, and what they say about one service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pacto_engine::runtime::observation::{
    Autoscaler, Exposure, ExposureKind, SoughtWorkload, Source, SourceKeys,
};
use pacto_engine::runtime::workload::{Names, SourceKind, SourceName, Workload, WorkloadKind};
use pacto_engine::runtime::{Observation, ObservedKind, Service, Sought};

use super::exposure::{Backend, Routes};
use super::object::Object;
use super::workload::AutoscalerOf;
use crate::view::ResourceKey;

/// What a contract is compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Where everything is.
    pub namespace: String,
    /// The Service, when one is to be there.
    pub service: Option<String>,
    /// The workload, when one is to be there.
    pub workload: Option<(WorkloadKind, String)>,
}

impl Target {
    /// Whether nothing is compared.
    pub fn is_reference_only(&self) -> bool {
        self.service.is_none() && self.workload.is_none()
    }
}

/// Objects by kind and key. Whoever fills it says what could not be read.
///
/// ```
/// use pacto_k8s::observe::{Inventory, Object, Target};
/// let service = serde_json::json!({
///     "apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
///     "spec": {"ports": [{"port": 80}]},
/// });
/// let (key, object) = Object::from_json(&service)?.expect("a kind that is looked at");
/// let mut inventory = Inventory::default();
/// inventory.apply(key, object);
/// let target = Target { namespace: "shop".into(), service: Some("cart".into()), workload: None };
/// let observation = inventory.observe(&target);
/// assert_eq!(observation.found_service().map(|service| service.ports[0].port), Some(80));
/// # Ok::<(), pacto_k8s::observe::ObjectError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    services: BTreeMap<ResourceKey, Arc<Service>>,
    workloads: BTreeMap<WorkloadKind, BTreeMap<ResourceKey, Arc<Workload>>>,
    autoscalers: BTreeMap<ResourceKey, AutoscalerOf>,
    /// Autoscalers by what they scale.
    scaled: BTreeMap<(WorkloadKind, ResourceKey), Few<ResourceKey>>,
    routes: BTreeMap<ExposureKind, BTreeMap<ResourceKey, Arc<Routes>>>,
    /// Routes by the Services that they route to.
    routed: BTreeMap<ResourceKey, Few<(ExposureKind, ResourceKey)>>,
    sources: BTreeMap<SourceKind, BTreeMap<ResourceKey, Arc<Names>>>,
    unreadable: BTreeMap<ObservedKind, String>,
    /// Single objects that are there and cannot be read.
    odd: BTreeMap<(ObservedKind, ResourceKey), Arc<str>>,
}

/// A sorted set of mostly one entry: tens of thousands of tree nodes would hold little but room.
#[derive(Debug, Clone)]
struct Few<T>(Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Few<T> {
    fn insert(&mut self, entry: T) {
        if let Err(place) = self.0.binary_search(&entry) {
            self.0.reserve_exact(1);
            self.0.insert(place, entry);
        }
    }

    /// Whether none is left.
    fn remove(&mut self, entry: &T) -> bool {
        if let Ok(place) = self.0.binary_search(entry) {
            self.0.remove(place);
        }
        self.0.is_empty()
    }
}

impl Inventory {
    /// Takes an object in, in the place of what was there under its kind and key. Gives the Services and workloads, in
    /// the words of [`Target`], of which something else is known now: none where only its status or a label changed.
    pub fn apply(&mut self, key: ResourceKey, object: Object) -> Vec<ResourceKey> {
        if self.holds(&key, &object) {
            return Vec::new();
        }
        let mut touched = self.remove(object.kind(), &key);
        match object {
            Object::Service(service) => {
                touched.push(key.clone());
                self.services.insert(key, service);
            }
            Object::Workload(workload) => {
                touched.push(key.clone());
                self.workloads.entry(workload.kind).or_default().insert(key, workload);
            }
            Object::Autoscaler(autoscaler) => {
                if let Some((kind, target)) = scaled(&key, &autoscaler) {
                    touched.push(target.clone());
                    self.scaled.entry((kind, target)).or_default().insert(key.clone());
                }
                self.autoscalers.insert(key, autoscaler);
            }
            Object::Routes(routes) => {
                for backend in &routes.backends {
                    let service = routed(&key, backend);
                    touched.push(service.clone());
                    self.routed.entry(service).or_default().insert((routes.kind, key.clone()));
                }
                self.routes.entry(routes.kind).or_default().insert(key, routes);
            }
            Object::Source(kind, names) => {
                self.sources.entry(kind).or_default().insert(key, names);
            }
            Object::Odd(kind, reason) => {
                touched.push(key.clone());
                self.odd.insert((kind, key), reason);
            }
        }
        touched.sort();
        touched.dedup();
        touched
    }

    /// Whether exactly this is known of the object.
    fn holds(&self, key: &ResourceKey, object: &Object) -> bool {
        match object {
            Object::Service(service) => self.services.get(key) == Some(service),
            Object::Workload(workload) => {
                self.workloads.get(&workload.kind).and_then(|known| known.get(key)) == Some(workload)
            }
            Object::Autoscaler(autoscaler) => self.autoscalers.get(key) == Some(autoscaler),
            Object::Routes(routes) => {
                self.routes.get(&routes.kind).and_then(|known| known.get(key)) == Some(routes)
            }
            Object::Source(kind, names) => {
                self.sources.get(kind).and_then(|known| known.get(key)) == Some(names)
            }
            Object::Odd(kind, reason) => self.odd.get(&(*kind, key.clone())) == Some(reason),
        }
    }

    /// Forgets an object. Gives what [`Inventory::apply`] gives.
    pub fn remove(&mut self, kind: ObservedKind, key: &ResourceKey) -> Vec<ResourceKey> {
        if self.odd.remove(&(kind, key.clone())).is_some() {
            return vec![key.clone()];
        }
        if let Some(workloads) = workload_kind(kind).and_then(|kind| self.workloads.get_mut(&kind)) {
            return workloads.remove_entry(key).map(|(key, _)| key).into_iter().collect();
        }
        match kind {
            ObservedKind::Service => {
                self.services.remove_entry(key).map(|(key, _)| key).into_iter().collect()
            }
            ObservedKind::HorizontalPodAutoscaler => {
                let target = self.autoscalers.remove(key).and_then(|autoscaler| scaled(key, &autoscaler));
                target
                    .inspect(|target| self.unscale(target, key))
                    .map(|(_, workload)| workload)
                    .into_iter()
                    .collect()
            }
            ObservedKind::Ingress => self.unroute(ExposureKind::Ingress, key),
            ObservedKind::HttpRoute => self.unroute(ExposureKind::HttpRoute, key),
            ObservedKind::ConfigMap => self.forget_source(SourceKind::ConfigMap, key),
            ObservedKind::Secret => self.forget_source(SourceKind::Secret, key),
            _ => Vec::new(),
        }
    }

    /// Puts `objects` in the place of every object of `kind`, after a list. The kind can be read again.
    pub fn replace(&mut self, kind: ObservedKind, objects: impl IntoIterator<Item = (ResourceKey, Object)>) {
        self.unreadable.remove(&kind);
        self.odd.retain(|(other, _), _| *other != kind);
        for key in self.keys(kind) {
            self.remove(kind, &key);
        }
        for (key, object) in objects {
            self.apply(key, object);
        }
    }

    /// Forgets every object of `kind`, and why nothing is known about them.
    pub fn mark_unreadable(&mut self, kind: ObservedKind, reason: impl Into<String>) {
        self.replace(kind, []);
        self.unreadable.insert(kind, reason.into());
    }

    /// Keys of all objects of `kind`, in order.
    pub fn keys(&self, kind: ObservedKind) -> Vec<ResourceKey> {
        fn all<V>(map: Option<&BTreeMap<ResourceKey, V>>) -> Vec<ResourceKey> {
            map.into_iter().flat_map(BTreeMap::keys).cloned().collect()
        }
        match (kind, workload_kind(kind)) {
            (_, Some(kind)) => all(self.workloads.get(&kind)),
            (ObservedKind::Service, _) => all(Some(&self.services)),
            (ObservedKind::HorizontalPodAutoscaler, _) => all(Some(&self.autoscalers)),
            (ObservedKind::Ingress, _) => all(self.routes.get(&ExposureKind::Ingress)),
            (ObservedKind::HttpRoute, _) => all(self.routes.get(&ExposureKind::HttpRoute)),
            (ObservedKind::ConfigMap, _) => all(self.sources.get(&SourceKind::ConfigMap)),
            (ObservedKind::Secret, _) => all(self.sources.get(&SourceKind::Secret)),
            _ => Vec::new(),
        }
    }

    /// What is known about a target. Sources that are not here are left out of [`Observation::sources`]: whoever reads
    /// them by name looks at [`Observation::wanted_sources`] and adds them.
    pub fn observe(&self, target: &Target) -> Observation {
        let key = |name: &str| ResourceKey::new(target.namespace.as_str(), name);
        let service = target
            .service
            .as_ref()
            .map(|name| Sought { name: name.clone(), found: self.services.get(&key(name)).cloned() });
        let workload = target.workload.as_ref().map(|(kind, name)| SoughtWorkload {
            kind: *kind,
            name: name.clone(),
            found: self.workloads.get(kind).and_then(|workloads| workloads.get(&key(name))).cloned(),
        });
        let autoscaler = target.workload.as_ref().and_then(|(kind, name)| self.autoscaler(*kind, key(name)));
        let exposures = target.service.as_ref().map(|name| self.exposures(&key(name))).unwrap_or_default();
        let mut observation = Observation {
            service,
            workload,
            autoscaler,
            exposures,
            unreadable: self.unreadable.clone(),
            ..Observation::default()
        };
        let sought = (target.service.iter().map(|name| (ObservedKind::Service, name)))
            .chain(target.workload.iter().map(|(kind, name)| ((*kind).into(), name)));
        for (kind, name) in sought {
            if let Some(reason) = self.odd.get(&(kind, key(name))) {
                observation.unreadable.insert(kind, format!("{name} has not the form of a {kind}: {reason}"));
            }
        }
        let sources = observation.wanted_sources().into_iter().filter_map(|name| {
            let keys = self.sources.get(&name.kind).and_then(|sources| sources.get(&key(&name.name)))?;
            Some(Source { name, keys: SourceKeys::Known(Arc::clone(keys)) })
        });
        observation.sources = sources.collect();
        observation
    }

    fn autoscaler(&self, kind: WorkloadKind, target: ResourceKey) -> Option<Autoscaler> {
        let first = self.scaled.get(&(kind, target))?.0.first()?;
        self.autoscalers.get(first).map(|autoscaler| autoscaler.bounds)
    }

    fn exposures(&self, service: &ResourceKey) -> Vec<Exposure> {
        let routes = self.routed.get(service).into_iter().flat_map(|routes| &routes.0);
        let exposure = |(kind, key): &(ExposureKind, ResourceKey)| {
            let routes = self.routes.get(kind)?.get(key)?;
            let backends = || routes.backends.iter().filter(|backend| routed(key, backend) == *service);
            let hosts: BTreeSet<_> = backends().filter_map(|backend| backend.host.clone()).collect();
            let ports: BTreeSet<_> = backends().filter_map(|backend| backend.port.clone()).collect();
            // One rule without a host is a rule for every host.
            let is_open = backends().any(|backend| backend.host.is_none());
            let hosts = if is_open { Box::default() } else { hosts.into_iter().collect() };
            Some(Exposure {
                kind: *kind,
                name: key.name.as_str().into(),
                hosts,
                ports: ports.into_iter().collect(),
            })
        };
        routes.filter_map(exposure).collect()
    }

    fn unscale(&mut self, target: &(WorkloadKind, ResourceKey), autoscaler: &ResourceKey) {
        let is_empty = self.scaled.get_mut(target).is_some_and(|autoscalers| autoscalers.remove(autoscaler));
        if is_empty {
            self.scaled.remove(target);
        }
    }

    fn unroute(&mut self, kind: ExposureKind, key: &ResourceKey) -> Vec<ResourceKey> {
        let Some(routes) = self.routes.get_mut(&kind).and_then(|routes| routes.remove(key)) else {
            return Vec::new();
        };
        let services: BTreeSet<ResourceKey> =
            routes.backends.iter().map(|backend| routed(key, backend)).collect();
        for service in &services {
            let route = (kind, key.clone());
            let is_empty = self.routed.get_mut(service).is_some_and(|routes| routes.remove(&route));
            if is_empty {
                self.routed.remove(service);
            }
        }
        services.into_iter().collect()
    }

    fn forget_source(&mut self, kind: SourceKind, key: &ResourceKey) -> Vec<ResourceKey> {
        if let Some(sources) = self.sources.get_mut(&kind) {
            sources.remove(key);
        }
        Vec::new()
    }

    /// The key names of one source, for [`Observation::sources`].
    pub fn source_keys(&self, namespace: &str, name: &SourceName) -> Option<Arc<Names>> {
        self.sources.get(&name.kind)?.get(&ResourceKey::new(namespace, &*name.name)).cloned()
    }
}

fn workload_kind(kind: ObservedKind) -> Option<WorkloadKind> {
    WorkloadKind::ALL.into_iter().find(|workload| ObservedKind::from(*workload) == kind)
}

/// What an autoscaler scales, if it is something that we look at.
fn scaled(autoscaler: &ResourceKey, spec: &AutoscalerOf) -> Option<(WorkloadKind, ResourceKey)> {
    let kind = WorkloadKind::ALL.into_iter().find(|kind| kind.to_string() == *spec.target_kind)?;
    Some((kind, ResourceKey::new(autoscaler.namespace.as_str(), &*spec.target_name)))
}

/// The Service that a route sends requests to.
fn routed(route: &ResourceKey, backend: &Backend) -> ResourceKey {
    let namespace = backend.namespace.as_deref().unwrap_or(&route.namespace);
    ResourceKey::new(namespace, &*backend.service)
}
