//! From what the sources have to a snapshot; services of which nothing changed are not looked at again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use pacto_engine::graph::{components, dependents};

use super::graph::{Drawing, draw};
use super::merge::{Merged, Parts, merge};
use super::names::Names;
use super::prepared::{Prepared, digest, digest_of};
use super::{ResolvedNeed, ResolvedReference, Service, ServiceId, Snapshot};
use crate::catalog::Contents;
use crate::cluster::ClusterService;
use crate::record::{ContractRecord, CrossReference, Need, Place, ServiceRecord};

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
    merged: Merged,
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
        Self { local, oci, k8s, running, merged, fingerprint }
    }
}

impl Indexer {
    /// The snapshot of `contents`.
    pub fn build(&mut self, contents: Contents, now: Timestamp) -> Snapshot {
        let mut names: BTreeSet<Arc<str>> = contents.local.keys().cloned().collect();
        names.extend(contents.oci.keys().cloned());
        names.extend(contents.k8s.keys().cloned());
        let mut known: Vec<(Arc<str>, Known)> = Vec::with_capacity(names.len());
        for name in names {
            let parts = Parts::of(&contents, &name);
            let entry = match self.known.remove(&name) {
                Some(known) if known.is_of(parts) => known,
                _ => match merge(&name, parts) {
                    Some(merged) => Known::new(parts, merged),
                    None => continue,
                },
            };
            known.push((name, entry));
        }
        let (names, services) = resolve(&mut known, &contents);
        let cycles = cycles(&services);
        self.drawing = draw(&services, &self.drawing);
        let list_id = digest_of(&services.iter().map(|service| &*service.entry).collect::<Vec<_>>());
        let graph_id = digest(format!("{list_id}{}", self.drawing.id).as_bytes());
        let id = identity(&known, &graph_id);
        let by_name =
            known.iter().enumerate().map(|(position, (name, _))| (Arc::clone(name), position)).collect();
        self.known = known.into_iter().collect();
        Snapshot {
            id,
            as_of: now,
            services,
            names,
            contents,
            cycles,
            list_id,
            list: Prepared::default(),
            graph_id,
            by_name,
            layout: Arc::clone(&self.drawing),
            graph: Prepared::default(),
            owners: OnceLock::new(),
        }
    }
}

fn identity(known: &[(Arc<str>, Known)], graph_id: &str) -> String {
    let mut text = graph_id.to_owned();
    for (_, known) in known {
        text.push_str(&known.fingerprint);
    }
    digest(text.as_bytes())
}

/// Says of every need and reference which service it means, and counts.
fn resolve(known: &mut [(Arc<str>, Known)], contents: &Contents) -> (Names, Vec<Service>) {
    let held = contents.oci.values().filter_map(|service| match &service.current.place {
        Place::Repository { repository, .. } => {
            Some((Arc::clone(repository), Arc::clone(&service.current.name)))
        }
        Place::Directory(_) => None,
    });
    let names = Names::new(known.iter().map(|(name, known)| (name, known.merged.aliases.as_slice())));
    let names = names.with_repositories(held);
    let real_name = |target: Option<ServiceId>, name: &Arc<str>| {
        Arc::clone(target.and_then(|target| known.get(target)).map_or(name, |(name, _)| name))
    };
    let mut ties: Vec<(Vec<ResolvedNeed>, Vec<ResolvedReference>)> = Vec::with_capacity(known.len());
    let mut named_by: BTreeMap<ServiceId, BTreeSet<ServiceId>> = BTreeMap::new();
    let mut required: Vec<Vec<ServiceId>> = Vec::with_capacity(known.len());
    for (position, (_, known)) in known.iter().enumerate() {
        let mut calls = Vec::new();
        let mut needs = Vec::with_capacity(known.merged.needs.len());
        for need in known.merged.needs.iter() {
            let target = names.resolve_reference(&need.reference, &need.name);
            if let Some(target) = target {
                named_by.entry(target).or_default().insert(position);
                if need.required {
                    calls.push(target);
                }
            }
            let need = Need { name: real_name(target, &need.name), ..need.clone() };
            needs.push(ResolvedNeed { need, target });
        }
        let references = known.merged.references.iter().map(|reference| {
            let target = names.resolve_reference(&reference.reference, &reference.name);
            let name = real_name(target, &reference.name);
            ResolvedReference { reference: CrossReference { name, ..reference.clone() }, target }
        });
        ties.push((needs, references.collect()));
        required.push(calls);
    }
    let mut services: Vec<Service> = Vec::with_capacity(known.len());
    let each = known.iter_mut().zip(ties).zip(dependents(&required));
    for (position, (((_, known), (needs, references)), blast_radius)) in each.enumerate() {
        let dependents: Vec<ServiceId> =
            named_by.remove(&position).map(|set| set.into_iter().collect()).unwrap_or_default();
        let entry = &mut known.merged.entry;
        let counts = (needs.len(), dependents.len(), blast_radius);
        if (entry.dependency_count, entry.dependent_count, entry.blast_radius) != counts {
            // In place, unless the snapshot before still shows it.
            let entry = Arc::make_mut(entry);
            (entry.dependency_count, entry.dependent_count, entry.blast_radius) = counts;
        }
        services.push(Service { entry: Arc::clone(entry), needs, references, dependents });
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
