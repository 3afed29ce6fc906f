//! What changed between two graphs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pacto_contract::Reference;
use pacto_contract::reference::OciReference;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Edge, EdgeKind, Graph, GraphService};

/// Two graphs compared, matched by service name level by level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphDifference {
    /// The new tree with what changed.
    pub root: GraphDifferenceNode,
    /// All changes, one per service name, sorted by name.
    pub changes: Vec<GraphChange>,
}

/// One service of a compared tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphDifferenceNode {
    /// Name of the service.
    pub name: String,
    /// Its version in the new graph, or in the old one where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What happened to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<GraphChange>,
    /// What it needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<GraphDifferenceNode>,
}

/// A change of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphChange {
    /// Name of the service.
    pub name: String,
    /// What happened.
    pub change_type: GraphChangeKind,
    /// Version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_version: Option<String>,
    /// Version after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_version: Option<String>,
}

/// What happened to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraphChangeKind {
    /// Only in the new graph.
    Added,
    /// Only in the old graph.
    Removed,
    /// In both, in different versions.
    VersionChanged,
}

impl GraphDifferenceNode {
    /// Whether it or anything below it changed.
    pub fn is_changed(&self) -> bool {
        self.change.is_some() || self.children.iter().any(Self::is_changed)
    }
}

/// Compares two graphs. A service that could not be resolved on one side is *not* taken as removed or added: its
/// name still stands in the declaration.
pub fn difference(old: &Graph, new: &Graph) -> GraphDifference {
    let mut walk = Walk { old, new, changes: BTreeMap::new(), visited: BTreeSet::new() };
    let root = match (old.root(), new.root()) {
        (Some(old_root), Some(new_root)) => GraphDifferenceNode {
            name: new_root.name.clone(),
            version: Some(new_root.version().to_owned()),
            change: None,
            children: walk.children(Some(old_root), Some(new_root)),
        },
        _ => GraphDifferenceNode { name: String::new(), version: None, change: None, children: Vec::new() },
    };
    GraphDifference { root, changes: walk.changes.into_values().collect() }
}

struct Walk<'a> {
    old: &'a Graph,
    new: &'a Graph,
    changes: BTreeMap<String, GraphChange>,
    /// Names that were walked into; each once, so shared services cannot multiply.
    visited: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn children(
        &mut self,
        old: Option<&'a GraphService>,
        new: Option<&'a GraphService>,
    ) -> Vec<GraphDifferenceNode> {
        let (old_children, new_children) = (children(self.old, old), children(self.new, new));
        let (old_unread, new_unread) = (unread(&old_children), unread(&new_children));
        let mut left = Left::of(&old_children);
        let by_need: Vec<_> = new_children.iter().map(|child| left.take_same_need(child)).collect();
        let mut nodes = Vec::new();
        for (child, by_need) in new_children.iter().zip(by_need) {
            let Some(service) = child.service else { continue };
            match by_need {
                // Unresolved: nothing can be said.
                Some(Child { service: None, .. }) => {}
                Some(Child { service: Some(old), .. }) => nodes.push(self.pair(old, service)),
                None => match left.take_same_service(&service.name) {
                    Some(old) => nodes.push(self.pair(old, service)),
                    None if child.is_among(&old_unread) => {}
                    None => nodes.push(self.leaf(&service.name, None, Some(service))),
                },
            }
        }
        for child in left.in_order().filter(|child| !child.is_among(&new_unread)) {
            nodes.extend(child.service.map(|service| self.leaf(&service.name, Some(service), None)));
        }
        nodes
    }

    fn pair(&mut self, old: &'a GraphService, new: &'a GraphService) -> GraphDifferenceNode {
        let mut node = self.leaf(&new.name, Some(old), Some(new));
        if self.visited.insert(new.name.clone()) {
            node.children = self.children(Some(old), Some(new));
        }
        node
    }

    fn leaf(
        &mut self,
        name: &str,
        old: Option<&GraphService>,
        new: Option<&GraphService>,
    ) -> GraphDifferenceNode {
        let (old_version, new_version) =
            (old.map(|old| old.version().to_owned()), new.map(|new| new.version().to_owned()));
        let change_type = match (&old_version, &new_version) {
            (None, _) => Some(GraphChangeKind::Added),
            (_, None) => Some(GraphChangeKind::Removed),
            (old, new) => (old != new).then_some(GraphChangeKind::VersionChanged),
        };
        let change = change_type.map(|change_type| GraphChange {
            name: name.to_owned(),
            change_type,
            old_version: old_version.clone(),
            new_version: new_version.clone(),
        });
        if let Some(change) = &change {
            self.changes.entry(name.to_owned()).or_insert_with(|| change.clone());
        }
        GraphDifferenceNode {
            name: name.to_owned(),
            version: new_version.or(old_version),
            change,
            children: Vec::new(),
        }
    }
}

/// A need of one service.
struct Child<'a> {
    edge: &'a Edge,
    /// How many needs of this name stand before it.
    occurrence: usize,
    service: Option<&'a GraphService>,
}

impl Child<'_> {
    /// Whether one of `unread` may be the same need: an alias or a repository in common.
    fn is_among(&self, unread: &HashSet<String>) -> bool {
        !unread.is_empty()
            && (unread.contains(self.edge.need.name()) || unread.contains(&repository(self.edge)))
    }
}

/// Dependencies of a service in document order.
fn children<'a>(graph: &'a Graph, service: Option<&'a GraphService>) -> Vec<Child<'a>> {
    let edges = service.map(|service| service.edges.as_slice()).unwrap_or_default();
    let mut occurrences: HashMap<&str, usize> = HashMap::new();
    let child = |edge: &'a Edge| {
        let occurrence = occurrences.entry(edge.need.name()).or_default();
        *occurrence += 1;
        let service = edge.leads_to().and_then(|id| graph.services.get(id));
        Child { edge, occurrence: *occurrence, service }
    };
    edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency).map(child).collect()
}

/// Needs of the old side that have no counterpart yet.
struct Left<'c, 'a> {
    by_need: HashMap<(&'a str, usize), &'c Child<'a>>,
    children: &'c [Child<'a>],
    /// Positions of resolved needs by the name of their service, the first one last; filled when it is needed.
    by_service: Option<HashMap<&'a str, Vec<usize>>>,
}

impl<'c, 'a> Left<'c, 'a> {
    fn of(children: &'c [Child<'a>]) -> Self {
        let by_need =
            children.iter().map(|child| ((child.edge.need.name(), child.occurrence), child)).collect();
        Self { by_need, children, by_service: None }
    }

    /// The need of the same name, unless another service is behind it now.
    fn take_same_need(&mut self, new: &Child<'a>) -> Option<&'c Child<'a>> {
        let key = (new.edge.need.name(), new.occurrence);
        let old = self.by_need.get(&key)?;
        let differ = old.service.zip(new.service).is_some_and(|(old, new)| old.name != new.name);
        if differ { None } else { self.by_need.remove(&key) }
    }

    /// The first need of the same service, under whatever name.
    fn take_same_service(&mut self, name: &str) -> Option<&'a GraphService> {
        let (by_need, children) = (&self.by_need, self.children);
        let by_service = self.by_service.get_or_insert_with(|| {
            let mut positions: HashMap<&'a str, Vec<usize>> = HashMap::new();
            for (position, child) in children.iter().enumerate().rev() {
                if let (true, Some(service)) = (is_left(by_need, child), child.service) {
                    positions.entry(&service.name).or_default().push(position);
                }
            }
            positions
        });
        let child = self.children.get(by_service.get_mut(name)?.pop()?)?;
        self.by_need.remove(&(child.edge.need.name(), child.occurrence));
        child.service
    }

    fn in_order(&self) -> impl Iterator<Item = &'c Child<'a>> {
        self.children.iter().filter(|child| is_left(&self.by_need, child))
    }
}

fn is_left(by_need: &HashMap<(&str, usize), &Child<'_>>, child: &Child<'_>) -> bool {
    by_need.contains_key(&(child.edge.need.name(), child.occurrence))
}

/// Aliases and repositories of needs without a service.
fn unread(children: &[Child<'_>]) -> HashSet<String> {
    let unread = children.iter().filter(|child| child.service.is_none());
    unread.flat_map(|child| [child.edge.need.name().to_string(), repository(child.edge)]).collect()
}

/// The reference without its version.
fn repository(edge: &Edge) -> String {
    let parsed = Reference::parse(&edge.need.reference).ok();
    let repository = parsed.as_ref().and_then(Reference::as_oci).map(OciReference::repository_path);
    repository.unwrap_or_else(|| edge.need.reference.clone())
}
