//! From what the sources have to a snapshot; services of which nothing changed are not looked at again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use pacto_engine::graph::{components, dependents};

use super::graph::{Drawing, draw};
use super::merge::{Merged, Parts, merge};
use super::names::Names;
use super::prepared::{Prepared, digest};
use super::{ResolvedNeed, ResolvedReference, Service, ServiceId, Snapshot};
use crate::catalog::Contents;
use crate::cluster::ClusterService;
use crate::record::{ContractRecord, Place, ServiceRecord};
use crate::wire::service::ServiceEntry;

/// Makes snapshots, one after the other.
#[derive(Debug, Default)]
pub struct Indexer {
    known: HashMap<Arc<str>, Known>,
    drawing: Arc<Drawing>,
}

/// A service as it was merged last, and what from.
#[derive(Debug)]
struct Known {
    local: Option<Arc<ServiceRecord>>,
    oci: Option<Arc<ServiceRecord>>,
    k8s: Vec<Arc<ClusterService>>,
    running: Option<Arc<ContractRecord>>,
    merged: Arc<Merged>,
    /// Identity of everything that is shown of it, also where the list does not.
    fingerprint: String,
}

impl Known {
    fn is_of(&self, parts: Parts<'_>) -> bool {
        let same = |known: &Option<Arc<ServiceRecord>>, now: Option<&Arc<ServiceRecord>>| match (known, now) {
            (Some(known), Some(now)) => Arc::ptr_eq(known, now),
            (None, None) => true,
            _ => false,
        };
        let k8s = parts.k8s.unwrap_or_default();
        self.running.as_ref().map(Arc::as_ptr) == parts.running.map(Arc::as_ptr)
            && same(&self.local, parts.local)
            && same(&self.oci, parts.oci)
            && self.k8s.len() == k8s.len()
            && self.k8s.iter().zip(k8s).all(|(known, now)| Arc::ptr_eq(known, now))
    }

    fn new(parts: Parts<'_>, merged: Merged) -> Self {
        let k8s = parts.k8s.unwrap_or_default().to_vec();
        let mut seen = Vec::new();
        for service in [parts.local, parts.oci].into_iter().flatten() {
            for version in &service.versions {
                seen.extend_from_slice(version.version.as_bytes());
                seen.extend_from_slice(&version.hash.unwrap_or_default());
                seen.push(version.classification.map_or(0, |class| class as u8 + 1));
            }
        }
        for cluster in &k8s {
            seen.extend(serde_json::to_vec(&cluster.details).unwrap_or_default());
        }
        let fingerprint = digest(&seen);
        let (local, oci, running) = (parts.local.cloned(), parts.oci.cloned(), parts.running.cloned());
        Self { local, oci, k8s, running, merged: Arc::new(merged), fingerprint }
    }
}

impl Indexer {
    /// The snapshot of `contents`.
    pub fn build(&mut self, contents: Contents, now: Timestamp) -> Snapshot {
        let mut names: BTreeSet<Arc<str>> = contents.local.keys().cloned().collect();
        names.extend(contents.oci.keys().cloned());
        names.extend(contents.k8s.keys().cloned());
        let mut known = HashMap::with_capacity(names.len());
        let mut merged = Vec::with_capacity(names.len());
        for name in names {
            let parts = Parts::of(&contents, &name);
            let entry = match self.known.remove(&name) {
                Some(known) if known.is_of(parts) => known,
                _ => match merge(&name, parts) {
                    Some(merged) => Known::new(parts, merged),
                    None => continue,
                },
            };
            merged.push((Arc::clone(&name), Arc::clone(&entry.merged)));
            known.insert(name, entry);
        }
        self.known = known;
        let (names, services) = resolve(&merged, &contents);
        let cycles = cycles(&services);
        self.drawing = draw(&services, &self.drawing);
        let list = Prepared::new(&services.iter().map(|service| &service.entry).collect::<Vec<_>>());
        let graph_id = digest(format!("{}{}", list.digest, self.drawing.id).as_bytes());
        let id = self.identity(&merged, &graph_id);
        let by_name = merged.into_iter().enumerate().map(|(position, (name, _))| (name, position)).collect();
        Snapshot {
            id,
            as_of: now,
            services,
            names,
            contents,
            cycles,
            list,
            graph_id,
            by_name,
            layout: Arc::clone(&self.drawing),
            graph: OnceLock::new(),
            owners: OnceLock::new(),
        }
    }

    fn identity(&self, merged: &[(Arc<str>, Arc<Merged>)], graph_id: &str) -> String {
        let mut text = graph_id.to_owned();
        for (name, _) in merged {
            if let Some(known) = self.known.get(name) {
                text.push_str(&known.fingerprint);
            }
        }
        digest(text.as_bytes())
    }
}

/// Says of every need and reference which service it means, and counts.
fn resolve(merged: &[(Arc<str>, Arc<Merged>)], contents: &Contents) -> (Names, Vec<Service>) {
    let held = contents.oci.values().filter_map(|service| match &service.current.place {
        Place::Repository { repository, .. } => {
            Some((Arc::clone(repository), Arc::clone(&service.current.name)))
        }
        Place::Directory(_) => None,
    });
    let names = Names::new(merged.iter().map(|(name, merged)| (name, merged.aliases.as_slice())));
    let names = names.with_repositories(held);
    let mut services: Vec<Service> = Vec::with_capacity(merged.len());
    let mut named_by: BTreeMap<ServiceId, BTreeSet<ServiceId>> = BTreeMap::new();
    let mut required: Vec<Vec<ServiceId>> = Vec::with_capacity(merged.len());
    let real_name = |target: Option<ServiceId>, name: &str| {
        target
            .and_then(|target| merged.get(target))
            .map_or_else(|| name.to_owned(), |(name, _)| name.to_string())
    };
    for (position, (_, merged)) in merged.iter().enumerate() {
        let mut calls = Vec::new();
        let needs: Vec<ResolvedNeed> = merged
            .needs
            .iter()
            .map(|need| {
                let target = names.resolve_reference(&need.reference, &need.name);
                if let Some(target) = target {
                    named_by.entry(target).or_default().insert(position);
                    if need.required {
                        calls.push(target);
                    }
                }
                let mut need = need.clone();
                need.name = real_name(target, &need.name);
                ResolvedNeed { need, target }
            })
            .collect();
        let references = merged.references.iter().map(|reference| {
            let target = names.resolve_reference(&reference.reference, &reference.name);
            let mut reference = reference.clone();
            reference.name = real_name(target, &reference.name);
            ResolvedReference { reference, target }
        });
        let references = references.collect();
        let mut entry: ServiceEntry = merged.entry.clone();
        entry.dependency_count = needs.len();
        required.push(calls);
        services.push(Service { entry, needs, references, dependents: Vec::new() });
    }
    for ((position, service), blast) in services.iter_mut().enumerate().zip(dependents(&required)) {
        service.entry.blast_radius = blast;
        service.dependents =
            named_by.remove(&position).map(|set| set.into_iter().collect()).unwrap_or_default();
        service.entry.dependent_count = service.dependents.len();
    }
    (names, services)
}

/// Groups of services that need each other, each sorted, by their first name.
fn cycles(services: &[Service]) -> Vec<Vec<String>> {
    let needs: Vec<Vec<ServiceId>> = services
        .iter()
        .map(|service| service.needs.iter().filter_map(|need| need.target).collect())
        .collect();
    let (component, count) = components(&needs);
    let mut groups: Vec<Vec<ServiceId>> = vec![Vec::new(); count];
    for (service, component) in component.iter().enumerate() {
        if let Some(group) = groups.get_mut(*component) {
            group.push(service);
        }
    }
    let needs_itself = |service: ServiceId| needs.get(service).is_some_and(|needs| needs.contains(&service));
    let is_cycle = |group: &Vec<ServiceId>| match group.as_slice() {
        [one] => needs_itself(*one),
        group => group.len() > 1,
    };
    let named = |group: Vec<ServiceId>| -> Vec<String> {
        group.into_iter().filter_map(|service| Some(services.get(service)?.entry.name.clone())).collect()
    };
    let mut cycles: Vec<Vec<String>> = groups.into_iter().filter(is_cycle).map(named).collect();
    cycles.sort();
    cycles
}
