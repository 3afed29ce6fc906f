//! Services that are needed in ways that exclude each other.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use pacto_contract::{Reference, VersionRange};

use super::{Conflict, Edge, EdgeKind, GraphService};

/// Conflicts by version (one name, several versions, root excluded) and by constraint (two ranges without a
/// common version), sorted by name.
pub(super) fn find(services: &[GraphService]) -> Vec<Conflict> {
    // Hashed while they are collected, sorted where they are shown: a graph may have a hundred thousand services.
    let mut versions: HashMap<&str, BTreeSet<&str>> = HashMap::with_capacity(services.len());
    for service in services.iter().skip(1) {
        versions.entry(&service.name).or_default().insert(&service.version);
    }
    // By the name of the service, or by the repository where it could not be read: another alias is no other service,
    // and one alias in two contracts may stand for two services.
    let mut demands: HashMap<Cow<'_, str>, Demand<'_>> = HashMap::with_capacity(services.len());
    let names = names_of_unresolved(services);
    for service in services {
        for edge in service.edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency) {
            let found = edge.leads_to().and_then(|id| services.get(id)).map(|target| target.name.as_str());
            let repository = if found.is_none() { repository(edge) } else { None };
            let (key, name) = match (found, repository) {
                (Some(name), _) => (Cow::Borrowed(name), name),
                (None, Some(repository)) => match names.get(&repository) {
                    Some(&name) => (Cow::Borrowed(name), name),
                    None => (Cow::Owned(repository), &*edge.name),
                },
                (None, None) => continue,
            };
            let demand = demands.entry(key).or_insert_with(|| Demand { name, ranges: BTreeMap::new() });
            demand.ranges.entry(&edge.compatibility).or_insert(&service.name);
        }
    }
    let mut conflicts: BTreeMap<&str, Conflict> = BTreeMap::new();
    let conflict_of = |name: &str, versions: Option<&BTreeSet<&str>>| Conflict {
        name: name.to_owned(),
        versions: versions.into_iter().flatten().map(|version| format!("{name}@{version}")).collect(),
        constraints: Vec::new(),
    };
    for (name, found) in versions.iter().filter(|(_, found)| found.len() > 1) {
        conflicts.insert(name, conflict_of(name, Some(found)));
    }
    for Demand { name, ranges } in demands.values().filter(|demand| demand.ranges.len() > 1) {
        if let Some(constraints) = excluding(ranges) {
            let conflict = conflicts.entry(name).or_insert_with(|| conflict_of(name, versions.get(name)));
            conflict.constraints.extend(constraints);
            conflict.constraints.sort();
        }
    }
    conflicts.into_values().collect()
}

/// What is asked of one service: its name, and each range with the first service that asks for it.
struct Demand<'a> {
    name: &'a str,
    ranges: BTreeMap<&'a str, &'a str>,
}

fn repository(edge: &Edge) -> Option<String> {
    Some(Reference::parse(&edge.reference).ok()?.as_oci()?.repository_path())
}

/// Names of services whose repository has an edge that could not be read, by repository.
fn names_of_unresolved(services: &[GraphService]) -> BTreeMap<String, &str> {
    let edges = || services.iter().flat_map(|service| &service.edges);
    let mut names = BTreeMap::new();
    if edges().all(|edge| edge.leads_to().is_some()) {
        return names;
    }
    for edge in edges() {
        if let Some(service) = edge.leads_to().and_then(|id| services.get(id))
            && let Some(repository) = repository(edge)
        {
            names.insert(repository, service.name.as_str());
        }
    }
    names
}

/// Most different constraints on one service that are compared with each other, in text order. The work grows with
/// the square of their number, and one hostile contract may hold ten thousand.
const MAX_COMPARED_RANGES: usize = 256;

/// All constraints, when two of them have no version in common.
fn excluding(ranges: &BTreeMap<&str, &str>) -> Option<Vec<String>> {
    let parsed: Vec<_> =
        ranges.keys().take(MAX_COMPARED_RANGES).filter_map(|range| VersionRange::parse(range).ok()).collect();
    let excludes = parsed.iter().enumerate().any(|(position, range)| {
        parsed
            .iter()
            .skip(position + 1)
            .any(|other| !range.is_empty() && !other.is_empty() && !range.intersects(other))
    });
    excludes.then(|| ranges.iter().map(|(range, by)| format!("{range} ({by})")).collect())
}
