//! Services that are needed in ways that exclude each other.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::VersionRange;

use super::{Conflict, EdgeKind, GraphService};

/// Conflicts by version (one name, several versions, root excluded) and by constraint (two ranges without a
/// common version), sorted by name.
pub(super) fn find(services: &[GraphService]) -> Vec<Conflict> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for service in services.iter().skip(1) {
        versions.entry(&service.name).or_default().insert(&service.version);
    }
    let mut demands: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for service in services {
        for edge in service.edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency) {
            let target = edge.target.as_ref().ok().and_then(|id| services.get(*id));
            let name = target.map_or(edge.name.as_str(), |target| target.name.as_str());
            demands.entry(name).or_default().entry(&edge.compatibility).or_insert(&service.name);
        }
    }
    let mut conflicts: BTreeMap<&str, Conflict> = BTreeMap::new();
    let named = |name: &str, versions: Option<&BTreeSet<&str>>| Conflict {
        name: name.to_owned(),
        versions: versions.into_iter().flatten().map(|version| format!("{name}@{version}")).collect(),
        constraints: Vec::new(),
    };
    for (name, found) in versions.iter().filter(|(_, found)| found.len() > 1) {
        conflicts.insert(name, named(name, Some(found)));
    }
    for (name, ranges) in demands.iter().filter(|(_, ranges)| ranges.len() > 1) {
        if let Some(constraints) = excluding(ranges) {
            let conflict = conflicts.entry(name).or_insert_with(|| named(name, versions.get(name)));
            conflict.constraints = constraints;
        }
    }
    conflicts.into_values().collect()
}

/// All constraints, when two of them have no version in common.
fn excluding(ranges: &BTreeMap<&str, &str>) -> Option<Vec<String>> {
    let parsed: Vec<_> = ranges.keys().filter_map(|range| VersionRange::parse(range).ok()).collect();
    let excludes = parsed.iter().enumerate().any(|(position, range)| {
        parsed
            .iter()
            .skip(position + 1)
            .any(|other| !range.is_empty() && !other.is_empty() && !range.intersects(other))
    });
    excludes.then(|| ranges.iter().map(|(range, by)| format!("{range} ({by})")).collect())
}
