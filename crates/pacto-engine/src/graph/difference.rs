//! What changed between two graphs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{EdgeKind, Graph, GraphService};

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
            version: Some(new_root.version.clone()),
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
        let old_children = named(self.old, old);
        let new_children = named(self.new, new);
        let mut nodes = Vec::new();
        for (name, new_child) in &new_children {
            let old_child =
                old_children.iter().find(|(old_name, _)| old_name == name).map(|(_, child)| *child);
            let node = match (old_child, *new_child) {
                // Unresolved on either side: nothing can be said.
                (_, None) | (Some(None), _) => continue,
                (None, Some(new_child)) => self.leaf(name, None, Some(new_child)),
                (Some(Some(old_child)), Some(new_child)) => self.pair(name, old_child, new_child),
            };
            nodes.push(node);
        }
        for (name, old_child) in &old_children {
            let gone = !new_children.iter().any(|(new_name, _)| new_name == name);
            if let (true, Some(old_child)) = (gone, *old_child) {
                nodes.push(self.leaf(name, Some(old_child), None));
            }
        }
        nodes
    }

    fn pair(&mut self, name: &str, old: &'a GraphService, new: &'a GraphService) -> GraphDifferenceNode {
        let mut node = self.leaf(name, Some(old), Some(new));
        if self.visited.insert(name.to_owned()) {
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
            (old.map(|old| old.version.clone()), new.map(|new| new.version.clone()));
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

type Named<'a> = Vec<(String, Option<&'a GraphService>)>;

/// Dependencies of a service by service name, in document order.
fn named<'a>(graph: &'a Graph, service: Option<&'a GraphService>) -> Named<'a> {
    let edges = service.map(|service| service.edges.as_slice()).unwrap_or_default();
    edges
        .iter()
        .filter(|edge| edge.kind == EdgeKind::Dependency)
        .map(|edge| {
            let found = edge.leads_to().and_then(|id| graph.services.get(id));
            (found.map_or_else(|| edge.name.to_string(), |service| service.name.clone()), found)
        })
        .collect()
}
