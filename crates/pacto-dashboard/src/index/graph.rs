//! Graphs of a snapshot: the drawing, its parts, the tree of one service, and who is tied to whom.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use pacto_contract::VersionRange;
use pacto_contract::version::highest;
use pacto_engine::graph::consumers::in_range;
use pacto_engine::graph::{Layout, Position, layout};

use super::merge::{Parts, versions};
use super::prepared::digest;
use super::{Service, ServiceId, Snapshot};
use crate::wire::graph::{
    CrossRef, Dependent, EdgeType, GraphData, GraphEdge, GraphNode, NodeStatus, ServiceRefs, ServiceTree,
    TreeEdge, TreeNode, UnresolvedReason,
};

/// Deepest tree of one service; what is deeper is cut.
const MAX_TREE_DEPTH: usize = 256;
/// Most constraints on one service that are held against each other.
const MAX_CONSTRAINTS: usize = 64;
/// Most conflicts that are listed.
const MAX_CONFLICTS: usize = 100;

/// Where everything stands.
#[derive(Debug, Default)]
pub struct Drawing {
    /// Identity of nodes and edges.
    pub id: String,
    /// Names of services and of those that are named and not known, sorted.
    pub names: Vec<String>,
    /// Positions, in the order of the names.
    pub layout: Option<Layout>,
}

impl Drawing {
    fn position(&self, name: &str) -> Position {
        let found = self.names.binary_search_by(|known| known.as_str().cmp(name)).ok();
        found.and_then(|found| self.layout.as_ref()?.nodes.get(found).copied()).unwrap_or_default()
    }
}

/// One tie of a service.
struct Tie<'a> {
    name: &'a str,
    target: Option<ServiceId>,
    reference: &'a str,
    required: bool,
    compatibility: &'a str,
    kind: EdgeType,
}

/// Everything that a service is tied to: dependencies, then references, but not to itself.
fn ties(service: &Service) -> impl Iterator<Item = Tie<'_>> {
    let needs = service.needs.iter().map(|need| Tie {
        name: &need.need.name,
        target: need.target,
        reference: &need.need.reference,
        required: need.need.required,
        compatibility: &need.need.compatibility,
        kind: EdgeType::Dependency,
    });
    let references = service.references.iter().map(|reference| Tie {
        name: &reference.reference.name,
        target: reference.target,
        reference: &reference.reference.reference,
        required: false,
        compatibility: "",
        kind: EdgeType::Reference,
    });
    needs.chain(references.filter(|tie| tie.name != service.entry.name.as_str()))
}

/// Draws the services; the drawing before is kept where nodes and edges are the same.
pub(super) fn draw(services: &[Service], before: &Arc<Drawing>) -> Arc<Drawing> {
    let mut names: BTreeSet<&str> = services.iter().map(|service| service.entry.name.as_str()).collect();
    let mut edges: BTreeSet<(&str, &str)> = BTreeSet::new();
    for service in services {
        for tie in ties(service) {
            names.insert(tie.name);
            edges.insert((&service.entry.name, tie.name));
        }
    }
    let names: Vec<&str> = names.into_iter().collect();
    let position: HashMap<&str, usize> =
        names.iter().enumerate().map(|(position, name)| (*name, position)).collect();
    let edges: Vec<(usize, usize)> =
        edges.into_iter().filter_map(|(from, to)| Some((*position.get(from)?, *position.get(to)?))).collect();
    let id = digest(format!("{names:?}{edges:?}").as_bytes());
    if before.id == id && before.layout.is_some() {
        return Arc::clone(before);
    }
    let layout = layout(&names, &edges);
    let names = names.into_iter().map(str::to_owned).collect();
    Arc::new(Drawing { id, names, layout: Some(layout) })
}

/// The whole fleet.
pub fn whole(snapshot: &Snapshot) -> GraphData {
    let drawing = &snapshot.layout;
    let mut nodes = nodes(snapshot, |_, _| true);
    for node in &mut nodes {
        let place = drawing.position(&node.id);
        (node.x, node.y, node.layer) = (place.x, place.y, place.layer);
    }
    let (width, height) =
        drawing.layout.as_ref().map(|layout| (layout.width, layout.height)).unwrap_or_default();
    let layers = nodes.iter().map(|node| node.layer + 1).max().unwrap_or_default();
    GraphData { nodes, width, height, layers, cycles: snapshot.cycles.clone(), snapshot: snapshot.id.clone() }
}

/// Services, and what is named and not known, by name; without a place in a drawing yet.
fn nodes(snapshot: &Snapshot, is_kept: impl Fn(&str, NodeStatus) -> bool) -> Vec<GraphNode> {
    let group: HashMap<&str, usize> = snapshot
        .cycles
        .iter()
        .enumerate()
        .flat_map(|(group, names)| names.iter().map(move |name| (name.as_str(), group)))
        .collect();
    let mut nodes: Vec<GraphNode> = Vec::new();
    let mut external: BTreeMap<&str, Option<UnresolvedReason>> = BTreeMap::new();
    for service in &snapshot.services {
        for tie in ties(service).filter(|tie| tie.target.is_none()) {
            let is_remote = tie.reference.starts_with("oci://");
            external.entry(tie.name).or_insert((!is_remote).then_some(UnresolvedReason::NonOciRef));
        }
        let entry = &service.entry;
        if !is_kept(&entry.name, entry.contract_status.into()) {
            continue;
        }
        let edge = |tie: Tie<'_>| {
            let in_cycle = tie.kind == EdgeType::Dependency
                && group.get(entry.name.as_str()).is_some_and(|own| group.get(tie.name) == Some(own));
            GraphEdge {
                target_id: tie.name.to_owned(),
                target_name: tie.name.to_owned(),
                required: tie.required,
                compatibility: (!tie.compatibility.is_empty()).then(|| tie.compatibility.to_owned()),
                resolved: tie.target.is_some(),
                kind: tie.kind,
                in_cycle,
            }
        };
        nodes.push(GraphNode {
            version: (!entry.version.is_empty()).then(|| entry.version.clone()),
            source: Some(entry.source),
            owner_key: entry.owner_key.clone(),
            namespace: entry.namespace.clone(),
            blast_radius: entry.blast_radius,
            update_available: entry.update_available,
            last_change: entry.last_change,
            edges: ties(service).map(edge).collect(),
            ..GraphNode::bare(&entry.name, entry.contract_status.into())
        });
    }
    external.retain(|name, _| is_kept(name, NodeStatus::External));
    nodes.extend(
        external
            .into_iter()
            .map(|(name, reason)| GraphNode { reason, ..GraphNode::bare(name, NodeStatus::External) }),
    );
    nodes.sort_by(|left, right| left.id.cmp(&right.id));
    nodes
}

/// Which way a part of the graph is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Both ways, but never back: what a dependent needs besides is not shown.
    #[default]
    Both,
    /// What the service needs.
    Dependencies,
    /// What needs the service.
    Dependents,
}

/// Names of what is at most `depth` steps away from `focus`, which is one of them; `None` where nothing has that name.
pub fn around<'a>(
    snapshot: &'a Snapshot,
    focus: &str,
    depth: usize,
    direction: Direction,
) -> Option<HashSet<&'a str>> {
    let mut needed_by: HashMap<&str, Vec<&str>> = HashMap::new();
    for service in &snapshot.services {
        for tie in ties(service) {
            needed_by.entry(tie.name).or_default().push(&service.entry.name);
        }
    }
    let forwards = |id: &str| -> Vec<&'a str> {
        snapshot.service(id).map(|service| ties(service).map(|tie| tie.name).collect()).unwrap_or_default()
    };
    let backwards = |id: &str| needed_by.get(id).cloned().unwrap_or_default();
    let known = snapshot.service(focus).map(|service| service.entry.name.as_str());
    let mut kept = HashSet::from([known.or_else(|| Some(*needed_by.get_key_value(focus)?.0))?]);
    if direction != Direction::Dependents {
        reach(focus, depth, forwards, &mut kept);
    }
    if direction != Direction::Dependencies {
        reach(focus, depth, backwards, &mut kept);
    }
    Some(kept)
}

fn reach<'a>(focus: &str, depth: usize, next: impl Fn(&str) -> Vec<&'a str>, kept: &mut HashSet<&'a str>) {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut queue: VecDeque<(&str, usize)> = VecDeque::from([(focus, 0)]);
    while let Some((id, distance)) = queue.pop_front() {
        if distance == depth {
            continue;
        }
        for other in next(id) {
            kept.insert(other);
            if seen.insert(other) {
                queue.push_back((other, distance + 1));
            }
        }
    }
}

/// What `is_kept` names and the edges between, laid out anew.
pub fn part(snapshot: &Snapshot, is_kept: impl Fn(&str, NodeStatus) -> bool) -> GraphData {
    let mut nodes = nodes(snapshot, is_kept);
    let position: HashMap<String, usize> =
        nodes.iter().enumerate().map(|(position, node)| (node.id.clone(), position)).collect();
    let mut edges = Vec::new();
    for (from, node) in nodes.iter_mut().enumerate() {
        node.edges.retain(|edge| position.contains_key(&edge.target_id));
        edges.extend(node.edges.iter().filter_map(|edge| Some((from, *position.get(&edge.target_id)?))));
    }
    let names: Vec<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    let drawn = layout(&names, &edges);
    for (node, place) in nodes.iter_mut().zip(&drawn.nodes) {
        (node.x, node.y, node.layer) = (place.x, place.y, place.layer);
    }
    let cycles = snapshot.cycles.iter().filter(|cycle| cycle.iter().all(|name| position.contains_key(name)));
    GraphData {
        layers: nodes.iter().map(|node| node.layer + 1).max().unwrap_or_default(),
        width: drawn.width,
        height: drawn.height,
        cycles: cycles.cloned().collect(),
        snapshot: snapshot.id.clone(),
        nodes,
    }
}

/// What a service needs, as a tree: each service is expanded once, where it stands nearest to the root.
pub fn tree(snapshot: &Snapshot, root: ServiceId, reason: &dyn Fn(&str) -> String) -> Option<ServiceTree> {
    // Breadth first, each is owned by the first edge that reaches it.
    let mut owner: HashMap<ServiceId, (ServiceId, usize)> = HashMap::new();
    let mut seen = HashSet::from([root]);
    let mut queue = VecDeque::from([root]);
    while let Some(service) = queue.pop_front() {
        for (edge, need) in snapshot.services.get(service)?.needs.iter().enumerate() {
            if let Some(target) = need.target
                && seen.insert(target)
            {
                owner.insert(target, (service, edge));
                queue.push_back(target);
            }
        }
    }
    let node = node(snapshot, root, None, &owner, reason, 0)?;
    let reached = |name: &String| snapshot.position(name).is_some_and(|position| seen.contains(&position));
    let cycles = snapshot.cycles.iter().filter(|cycle| cycle.iter().any(reached)).cloned().collect();
    Some(ServiceTree { root: node, cycles, conflicts: conflicts(snapshot, &seen) })
}

fn node(
    snapshot: &Snapshot,
    service: ServiceId,
    reference: Option<&str>,
    owner: &HashMap<ServiceId, (ServiceId, usize)>,
    reason: &dyn Fn(&str) -> String,
    depth: usize,
) -> Option<TreeNode> {
    let found = snapshot.services.get(service)?;
    let mut dependencies = Vec::new();
    for (position, need) in found.needs.iter().enumerate().take_while(|_| depth < MAX_TREE_DEPTH) {
        let is_owned = need.target.is_some_and(|target| owner.get(&target) == Some(&(service, position)));
        let below = match need.target {
            Some(target) if is_owned => {
                node(snapshot, target, Some(&need.need.reference), owner, reason, depth + 1)
            }
            Some(target) => snapshot.services.get(target).map(|found| TreeNode {
                name: found.entry.name.clone(),
                version: found.entry.version.clone(),
                reference: Some(need.need.reference.to_string()),
                dependencies: Vec::new(),
            }),
            None => None,
        };
        dependencies.push(TreeEdge {
            reference: need.need.reference.to_string(),
            required: need.need.required,
            compatibility: (!need.need.compatibility.is_empty()).then(|| need.need.compatibility.to_string()),
            error: need.target.is_none().then(|| reason(&need.need.reference)),
            shared: need.target.is_some() && !is_owned,
            node: below,
        });
    }
    Some(TreeNode {
        name: found.entry.name.clone(),
        version: found.entry.version.clone(),
        reference: reference.map(str::to_owned),
        dependencies,
    })
}

/// Services that are needed in versions which no version satisfies together, in words.
fn conflicts(snapshot: &Snapshot, among: &HashSet<ServiceId>) -> Vec<String> {
    let mut wanted: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut among: Vec<ServiceId> = among.iter().copied().collect();
    among.sort_unstable();
    for service in among.into_iter().filter_map(|service| snapshot.services.get(service)) {
        for need in service.needs.iter().filter(|need| !need.need.compatibility.is_empty()) {
            let entry = wanted.entry(&need.need.name).or_default();
            entry.push((&service.entry.name, &need.need.compatibility));
        }
    }
    let mut found = Vec::new();
    for (name, mut wishes) in wanted {
        // Each constraint once, with the first who has it: many services say the same.
        wishes.sort_by_key(|(_, constraint)| *constraint);
        wishes.dedup_by_key(|(_, constraint)| *constraint);
        wishes.truncate(MAX_CONSTRAINTS);
        for (position, (first, left)) in wishes.iter().enumerate() {
            for (second, right) in wishes.get(position + 1..).unwrap_or_default() {
                if let (Ok(one), Ok(other)) = (VersionRange::parse(left), VersionRange::parse(right))
                    && !one.intersects(&other)
                    && found.len() < MAX_CONFLICTS
                {
                    found.push(format!("{name}: {first} needs {left}, {second} needs {right}"));
                }
            }
        }
    }
    found
}

/// The highest version of a service within a constraint, of those that are known; and whether there is one. Without a
/// constraint that can be read the current one, of which nothing is said.
pub fn within(snapshot: &Snapshot, target: &Service, constraint: &str) -> (Option<String>, Option<bool>) {
    let current = Some(target.entry.version.clone()).filter(|version| !version.is_empty());
    let Ok(range) = VersionRange::parse(constraint) else { return (current, None) };
    if constraint.is_empty() {
        return (current, None);
    }
    let known = versions(Parts::of(&snapshot.contents, &target.entry.name));
    let found =
        highest(known.iter().map(|version| version.version.as_str()), Some(&range)).map(str::to_owned);
    let is_there = found.is_some() || in_range(&target.entry.version, constraint) == Some(true);
    (found.or(current), Some(is_there))
}

/// Services that name `service` as a dependency, by name; of several mentions the first counts.
pub fn dependents(snapshot: &Snapshot, service: ServiceId) -> Vec<Dependent> {
    let Some(target) = snapshot.services.get(service) else { return Vec::new() };
    let dependent = |other: &ServiceId| {
        let other = snapshot.services.get(*other)?;
        let need = &other.needs.iter().find(|need| need.target == Some(service))?.need;
        Some(Dependent {
            name: other.entry.name.clone(),
            version: (!other.entry.version.is_empty()).then(|| other.entry.version.clone()),
            contract_status: other.entry.contract_status,
            owner_key: other.entry.owner_key.clone(),
            required: need.required,
            compatibility: (!need.compatibility.is_empty()).then(|| need.compatibility.to_string()),
            in_range: within(snapshot, target, &need.compatibility).1,
        })
    };
    target.dependents.iter().filter_map(dependent).collect()
}

/// References of a service, both ways.
pub fn references(snapshot: &Snapshot, service: ServiceId) -> ServiceRefs {
    let status = |target: Option<ServiceId>| Some(snapshot.services.get(target?)?.entry.contract_status);
    let Some(found) = snapshot.services.get(service) else {
        return ServiceRefs { references: Vec::new(), referenced_by: Vec::new() };
    };
    let own = found.references.iter().map(|reference| CrossRef {
        name: reference.reference.name.to_string(),
        ref_type: reference.reference.kind,
        reference: reference.reference.reference.to_string(),
        contract_status: status(reference.target),
    });
    let mut referenced_by: Vec<CrossRef> = Vec::new();
    for (position, other) in snapshot.services.iter().enumerate().filter(|(position, _)| *position != service)
    {
        let meant = other.references.iter().filter(|reference| reference.target == Some(service));
        referenced_by.extend(meant.map(|reference| CrossRef {
            name: other.entry.name.clone(),
            ref_type: reference.reference.kind,
            reference: reference.reference.reference.to_string(),
            contract_status: status(Some(position)),
        }));
    }
    referenced_by.sort();
    ServiceRefs { references: own.collect(), referenced_by }
}
