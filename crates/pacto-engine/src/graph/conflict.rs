//! Services that are needed in ways that exclude each other.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use pacto_contract::{Reference, VersionRange};

use super::{Conflict, Edge, EdgeKind, GraphService};

/// Conflicts by version (one name, several versions, root excluded) and by constraint (two ranges without a
/// common version), sorted by name.
pub(super) fn find(services: &[GraphService]) -> Vec<Conflict> {
    let mut demands = Demands::default();
    let numbers: Vec<usize> =
        services.iter().map(|service| demands.number(Cow::Borrowed(&service.name), &service.name)).collect();
    for (service, number) in services.iter().zip(&numbers).skip(1) {
        demands.of(*number).versions.add(service.version(), &service.name);
    }
    // By the name of the service, or by the repository where it could not be read: another alias is no other service,
    // and one alias in two contracts may stand for two services.
    let names = names_of_unresolved(services);
    for service in services {
        for edge in service.edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency) {
            let number = match edge.leads_to().and_then(|id| numbers.get(id)) {
                Some(number) => *number,
                None => match repository(edge) {
                    None => continue,
                    Some(repository) => match names.get(&repository) {
                        Some(name) => demands.number(Cow::Borrowed(name), name),
                        None => demands.number(Cow::Owned(repository), edge.need.name()),
                    },
                },
            };
            demands.of(number).ranges.add(&edge.constraint, &service.name);
        }
    }
    let mut conflicts: BTreeMap<&str, Conflict> = BTreeMap::new();
    for Demand { name, versions, .. } in demands.all.iter().filter(|demand| demand.versions.are_several()) {
        conflicts.insert(name, conflict(name, Some(versions)));
    }
    for Demand { name, ranges, .. } in demands.all.iter().filter(|demand| demand.ranges.are_several()) {
        if let Some(constraints) = excluding(&ranges.sorted()) {
            let versions = demands.numbers.get(*name).and_then(|number| demands.all.get(*number));
            let conflict = conflicts
                .entry(name)
                .or_insert_with(|| conflict(name, versions.map(|demand| &demand.versions)));
            conflict.constraints.extend(constraints);
            conflict.constraints.sort();
        }
    }
    conflicts.into_values().collect()
}

fn conflict(name: &str, versions: Option<&Texts<'_>>) -> Conflict {
    let versions = versions.map(Texts::sorted).unwrap_or_default();
    Conflict {
        name: name.to_owned(),
        versions: versions.keys().map(|version| format!("{name}@{version}")).collect(),
        constraints: Vec::new(),
    }
}

/// What is asked of every service, numbered: a graph may have a hundred thousand, and each is hashed once.
#[derive(Default)]
struct Demands<'a> {
    /// By the name of the service, or its repository.
    numbers: HashMap<Cow<'a, str>, usize>,
    all: Vec<Demand<'a>>,
    /// Stands for a number that there is not.
    none: Demand<'a>,
}

impl<'a> Demands<'a> {
    fn number(&mut self, key: Cow<'a, str>, name: &'a str) -> usize {
        *self.numbers.entry(key).or_insert_with(|| {
            self.all.push(Demand { name, ..Demand::default() });
            self.all.len() - 1
        })
    }

    fn of(&mut self, number: usize) -> &mut Demand<'a> {
        self.all.get_mut(number).unwrap_or(&mut self.none)
    }
}

/// What is asked of one service.
#[derive(Default)]
struct Demand<'a> {
    name: &'a str,
    /// Versions that were found, the root's left out.
    versions: Texts<'a>,
    ranges: Texts<'a>,
}

/// Different texts, each with the first service that it comes from. Most often there is one.
#[derive(Default)]
struct Texts<'a> {
    first: Option<(&'a str, &'a str)>,
    others: BTreeMap<&'a str, &'a str>,
}

impl<'a> Texts<'a> {
    fn add(&mut self, text: &'a str, service: &'a str) {
        match self.first {
            None => self.first = Some((text, service)),
            Some((first, _)) if first == text => {}
            Some(_) => {
                self.others.entry(text).or_insert(service);
            }
        }
    }

    fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    fn sorted(&self) -> BTreeMap<&'a str, &'a str> {
        self.others.iter().map(|(text, service)| (*text, *service)).chain(self.first).collect()
    }
}

fn repository(edge: &Edge) -> Option<String> {
    Some(Reference::parse(&edge.need.reference).ok()?.as_oci()?.repository_path())
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
            names.insert(repository, &service.name);
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
