//! Laws of the dependency graph, on made-up platforms: what it holds does not depend on how it was found.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Write;
use std::sync::Arc;

use pacto_contract::version::highest;
use pacto_contract::{Bundle, ContractDocument, Reference, VersionRange};
use pacto_engine::graph::{
    Ask, Edge, EdgeKind, Graph, GraphChangeKind, GraphOptions, Resolver, difference, render,
    render_difference,
};
use pacto_engine::library::{Answer, Origin, Request, Resolved, Unresolved};
use petgraph::graphmap::DiGraphMap;
use proptest::prelude::*;

/// Names of the services that a platform may have; 0 is the root.
const SERVICES: usize = 6;
const CONSTRAINTS: [&str; 5] = ["*", "^1.0.0", "^2.0.0", ">=1.1.0 <3.0.0", ""];

/// One line of `dependencies` or `policies`.
#[derive(Debug, Clone)]
struct Need {
    to: usize,
    constraint: usize,
    /// A fixed version, where there is one.
    tag: Option<usize>,
    is_reference: bool,
    required: bool,
    /// Whether it has a name of its own.
    has_alias: bool,
}

/// Versions of every service, each with its needs. The root has exactly one; a service may have none.
#[derive(Debug, Clone)]
struct Platform {
    versions: Vec<Vec<(&'static str, Vec<Need>)>>,
    /// Services that lie in directories of this machine and not in the registry.
    local: Vec<bool>,
}

const VERSIONS: [&str; 3] = ["1.0.0", "1.2.0", "2.0.0"];

fn need() -> impl Strategy<Value = Need> {
    let tag = proptest::option::weighted(0.2, 0..VERSIONS.len());
    let flags = (proptest::bool::weighted(0.2), any::<bool>(), proptest::bool::weighted(0.3));
    (0..SERVICES, 0..CONSTRAINTS.len(), tag, flags).prop_map(|(to, constraint, tag, flags)| {
        let (is_reference, required, has_alias) = flags;
        Need { to, constraint, tag, is_reference, required, has_alias }
    })
}

fn platform() -> impl Strategy<Value = Platform> {
    let needs = || proptest::collection::vec(need(), 0..4);
    let versions = proptest::sample::subsequence(VERSIONS.to_vec(), 0..=2);
    let service = versions.prop_flat_map(move |versions| {
        let needs = proptest::collection::vec(needs(), versions.len());
        needs.prop_map(move |needs| versions.iter().copied().zip(needs).collect::<Vec<_>>())
    });
    let others = proptest::collection::vec(service, SERVICES - 1);
    let local = proptest::collection::vec(proptest::bool::weighted(0.3), SERVICES);
    (needs(), others, local).prop_map(|(root, others, local)| {
        let mut versions = vec![vec![("1.0.0", root)]];
        versions.extend(others);
        Platform { versions, local }
    })
}

impl Platform {
    fn contract(&self, service: usize, version: &str, needs: &[Need]) -> ContractDocument {
        let mut text = format!("pactoVersion: '1.0'\nservice: {{name: s{service}, version: {version}}}\n");
        for (section, wanted) in [("dependencies", false), ("policies", true)] {
            let lines: Vec<_> = needs.iter().filter(|need| need.is_reference == wanted).collect();
            if !lines.is_empty() {
                let _ = writeln!(text, "{section}:");
            }
            for (number, need) in lines.into_iter().enumerate() {
                let reference = self.reference(need);
                let alias = if need.has_alias { format!("name: a{}, ", need.to) } else { String::new() };
                let _ = if wanted {
                    writeln!(text, "  - {{name: p{number}, ref: '{reference}'}}")
                } else {
                    let (required, constraint) = (need.required, CONSTRAINTS[need.constraint]);
                    writeln!(
                        text,
                        "  - {{{alias}ref: '{reference}', required: {required}, compatibility: '{constraint}'}}"
                    )
                };
            }
        }
        ContractDocument::parse(&format!("s{service}/pacto.yaml"), text.as_bytes()).unwrap()
    }

    fn reference(&self, need: &Need) -> String {
        match (self.local[need.to], need.tag) {
            (true, _) => format!("../s{}", need.to),
            (false, None) => format!("oci://r.example/s{}", need.to),
            (false, Some(tag)) => format!("oci://r.example/s{}:{}", need.to, VERSIONS[tag]),
        }
    }

    fn resolved(&self, service: usize, version: &str, local: bool) -> Option<Arc<Resolved>> {
        let (version, needs) = self.versions[service].iter().find(|(known, _)| *known == version)?;
        let directory = format!("/platform/s{service}");
        let identity = if local { directory.clone() } else { format!("r.example/s{service}:{version}") };
        let origin = if local { Origin::Directory(directory) } else { Origin::Registry(identity.clone()) };
        let document = Arc::new(self.contract(service, version, needs));
        Some(Arc::new(Resolved { identity, origin, document, bundle: Arc::new(Bundle::default()) }))
    }

    fn root(&self) -> Arc<Resolved> {
        self.resolved(0, "1.0.0", self.local[0]).unwrap()
    }

    fn answer(&self, request: &Request) -> Answer {
        let gone = || Unresolved::NotFound(request.reference.to_string());
        let number = |name: &str| name.strip_prefix('s')?.parse::<usize>().ok();
        match &request.reference {
            Reference::Local(path) => {
                let service = number(path.trim_start_matches("../")).ok_or_else(gone)?;
                let version = self.versions[service].last().ok_or_else(gone)?.0;
                self.resolved(service, version, true).ok_or_else(gone)
            }
            Reference::Oci(oci) => {
                let service = number(&oci.repository).ok_or_else(gone)?;
                let range = request.constraint.as_deref().map(VersionRange::parse).transpose();
                let range = range.map_err(|error| Unresolved::Failed(error.to_string()))?;
                let tags = self.versions[service].iter().map(|(version, _)| *version);
                let version = match &oci.tag {
                    Some(tag) => tag.as_str(),
                    None => highest(tags, range.as_ref()).ok_or_else(gone)?,
                };
                self.resolved(service, version, false).ok_or_else(gone)
            }
            Reference::Layout(_) => Err(gone()),
        }
    }

    /// Resolves with the answers in the order that `pick` makes: the position of the next one to supply.
    fn graph(&self, options: GraphOptions, mut pick: impl FnMut(usize) -> usize) -> Graph {
        let mut resolver = Resolver::new(&self.root(), None, options);
        let mut waiting: Vec<Ask> = resolver.poll();
        while !waiting.is_empty() {
            let Ask { id, request } = waiting.remove(pick(waiting.len()) % waiting.len());
            resolver.supply(id, self.answer(&request));
            waiting.extend(resolver.poll());
        }
        assert!(resolver.is_done());
        resolver.finish()
    }

    fn in_order(&self, options: GraphOptions) -> Graph {
        self.graph(options, |_| 0)
    }
}

const ALL: GraphOptions = GraphOptions { references: true, only_references: false };

fn plain(text: &str) -> String {
    text.to_owned()
}

/// Everything that a graph says.
fn everything(graph: &Graph) -> String {
    let mut text = render(graph, plain);
    for service in &graph.services {
        let identity = (&service.resolved.identity, service.reference(), service.local);
        let _ = writeln!(text, "{identity:?} {:?}", service.edges);
    }
    let _ = writeln!(text, "{:?} {:?} {:?}", graph.cycles, graph.conflicts, graph.warnings);
    text
}

fn dependencies(graph: &Graph) -> impl Iterator<Item = (usize, &Edge, usize)> {
    let edges = graph.services.iter().enumerate().flat_map(|(from, service)| {
        service.edges.iter().filter_map(move |edge| Some((from, edge, edge.leads_to()?)))
    });
    edges.filter(|(_, edge, _)| edge.kind == EdgeKind::Dependency)
}

/// Groups of services that need each other, by the numbers of their members.
fn knots(graph: &Graph) -> Vec<BTreeSet<usize>> {
    let mut map = DiGraphMap::<usize, ()>::new();
    (0..graph.services.len()).for_each(|service| {
        map.add_node(service);
    });
    for (from, _, to) in dependencies(graph) {
        map.add_edge(from, to, ());
    }
    let groups = petgraph::algo::tarjan_scc(&map).into_iter().map(BTreeSet::from_iter);
    groups.filter(|group| group.len() > 1 || group.iter().all(|one| map.contains_edge(*one, *one))).collect()
}

proptest! {
    #[test]
    fn answers_in_any_order_give_the_same_graph(
        platform in platform(), order in proptest::collection::vec(any::<usize>(), 64), references in any::<bool>(),
    ) {
        let options = GraphOptions { references, only_references: false };
        let expected = everything(&platform.in_order(options));
        let mut order = order.into_iter().cycle();
        prop_assert_eq!(&expected, &everything(&platform.graph(options, |_| order.next().unwrap())));
        prop_assert_eq!(&expected, &everything(&platform.graph(options, |waiting| waiting - 1)));
    }

    #[test]
    fn answers_that_nobody_asked_for_change_nothing(platform in platform()) {
        let mut resolver = Resolver::new(&platform.root(), None, ALL);
        let mut waiting = VecDeque::from(resolver.poll());
        while let Some(Ask { id, request }) = waiting.pop_front() {
            resolver.supply(usize::MAX, Ok(platform.root()));
            resolver.supply(id, platform.answer(&request));
            // The first answer counts.
            resolver.supply(id, Err(Unresolved::NotFound("late".to_owned())));
            waiting.extend(resolver.poll());
        }
        prop_assert!(resolver.is_done());
        prop_assert_eq!(everything(&resolver.finish()), everything(&platform.in_order(ALL)));
    }

    #[test]
    fn every_service_stands_once_where_a_breadth_first_walk_finds_it(platform in platform()) {
        let graph = platform.in_order(ALL);
        let identities: BTreeSet<_> = graph.services.iter().map(|service| &service.resolved.identity).collect();
        prop_assert_eq!(identities.len(), graph.services.len());
        // The walk: edges in document order, the shallowest occurrence owns the service.
        let (mut found, mut owners, mut depth) = (vec![0], vec![None], vec![0]);
        let mut at = 0;
        while let Some(&service) = found.get(at) {
            for (number, edge) in graph.services[service].edges.iter().enumerate() {
                let Some(target) = edge.leads_to() else { continue };
                if !found.contains(&target) {
                    found.push(target);
                    owners.push(Some((service, number)));
                    depth.push(depth[at] + 1);
                }
            }
            at += 1;
        }
        prop_assert_eq!(&found, &(0..graph.services.len()).collect::<Vec<_>>());
        prop_assert!(depth.is_sorted());
        for (from, service) in graph.services.iter().enumerate() {
            for (number, edge) in service.edges.iter().enumerate() {
                let owns = edge.leads_to().is_some_and(|target| owners[target] == Some((from, number)));
                prop_assert_eq!(edge.target.is_ok() && !edge.shared, owns, "{} {:?}", service.name, edge);
                prop_assert!(edge.closes_cycle.is_none() || edge.target.is_err());
            }
        }
    }

    #[test]
    fn an_edge_is_cut_exactly_where_it_leads_to_its_own_way_from_the_root(platform in platform()) {
        let graph = platform.in_order(ALL);
        let mut parent = HashMap::new();
        for (from, service) in graph.services.iter().enumerate() {
            let owned = service.edges.iter().filter(|edge| !edge.shared && edge.kind == EdgeKind::Dependency);
            for edge in owned {
                parent.extend(edge.target.as_ref().ok().map(|target| (*target, from)));
            }
        }
        let knots = knots(&graph);
        for (from, edge, to) in dependencies(&graph) {
            let mut way = std::iter::successors(Some(from), |service| parent.get(service).copied());
            prop_assert_eq!(edge.closes_cycle.is_some(), way.any(|service| service == to));
            let tied = knots.iter().any(|knot| knot.contains(&from) && knot.contains(&to));
            prop_assert!(edge.closes_cycle.is_none() || tied, "{}", render(&graph, plain));
        }
    }

    #[test]
    fn cycles_are_found_where_services_need_each_other(platform in platform()) {
        let graph = platform.in_order(ALL);
        let knots = knots(&graph);
        prop_assert_eq!(graph.cycles.is_empty(), knots.is_empty(), "{}", render(&graph, plain));
        // Every cycle is a way through the graph that ends on itself, and every knot has one.
        let mut tied = BTreeSet::new();
        for cycle in &graph.cycles {
            let (start, steps) = cycle.split_first().unwrap();
            let starts = graph.services.iter().enumerate().filter(|(_, service)| service.name == *start);
            let mut ways: Vec<Vec<usize>> = starts.map(|(service, _)| vec![service]).collect();
            for step in steps {
                let onward = |way: &Vec<usize>| {
                    let way = way.clone();
                    let edges = graph.services[*way.last().unwrap()].edges.iter();
                    let edges = edges.filter(|edge| edge.kind == EdgeKind::Dependency && *edge.need.reference == **step);
                    let targets = edges.filter_map(Edge::leads_to).collect::<BTreeSet<_>>();
                    targets.into_iter().map(move |target| [way.as_slice(), &[target]].concat())
                };
                ways = ways.iter().flat_map(onward).collect();
            }
            let closed = ways.iter().find(|way| way[..way.len() - 1].contains(way.last().unwrap()));
            prop_assert!(closed.is_some(), "{cycle:?} is no cycle\n{}", render(&graph, plain));
            tied.extend(ways.iter().map(|way| *way.last().unwrap()));
        }
        for knot in &knots {
            prop_assert!(!knot.is_disjoint(&tied), "{knot:?} has no cycle\n{}", render(&graph, plain));
        }
        prop_assert!(graph.cycles.is_sorted());
    }

    #[test]
    fn conflicts_are_names_with_several_versions_or_constraints_that_exclude_each_other(platform in platform()) {
        let graph = platform.in_order(ALL);
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for service in graph.services.iter().skip(1) {
            versions.entry(&service.name).or_default().insert(service.version());
        }
        // By service, what is asked of it; the name to show is its own, or the first alias where it was never found.
        let mut demands: BTreeMap<String, (String, Vec<VersionRange>)> = BTreeMap::new();
        let edges = graph.services.iter().flat_map(|service| &service.edges);
        for edge in edges.filter(|edge| edge.kind == EdgeKind::Dependency) {
            // Every reference of this platform names the service in its last part; a lost path names nothing.
            if edge.leads_to().is_none() && edge.local {
                continue;
            }
            let name = edge.need.reference.rsplit('/').next().unwrap().split(':').next().unwrap().to_owned();
            let shown = if dependencies(&graph).any(|(_, _, to)| graph.services[to].name == name) {
                name.clone()
            } else {
                edge.need.name().to_string()
            };
            let demand = demands.entry(name).or_insert_with(|| (shown, Vec::new()));
            demand.1.extend(VersionRange::parse(&edge.constraint).ok());
        }
        let excluding = demands.into_values().filter(|(_, ranges)| {
            ranges.iter().any(|one| ranges.iter().any(|other| !one.intersects(other)))
        });
        let excluding: BTreeSet<String> = excluding.map(|(shown, _)| shown).collect();
        let excludes = |name: &str| excluding.contains(name);
        let several = |name: &str| versions.get(name).is_some_and(|versions| versions.len() > 1);
        let names = versions.keys().map(ToString::to_string).chain(excluding.iter().cloned());
        let expected: BTreeSet<_> = names.filter(|name| several(name) || excludes(name)).collect();
        let expected: Vec<_> = expected.into_iter().collect();
        let found: Vec<_> = graph.conflicts.iter().map(|conflict| conflict.name.clone()).collect();
        prop_assert_eq!(&found, &expected, "{}", render(&graph, plain));
        for conflict in &graph.conflicts {
            prop_assert_eq!(!conflict.constraints.is_empty(), excludes(&conflict.name));
            if several(&conflict.name) {
                let listed: Vec<_> = versions[&*conflict.name].iter().map(|version| format!("{}@{version}", conflict.name)).collect();
                prop_assert_eq!(&conflict.versions, &listed);
            }
        }
    }

    #[test]
    fn the_tree_has_a_line_for_every_edge(platform in platform()) {
        let graph = platform.in_order(ALL);
        let text = render(&graph, plain);
        let tree = text.split("\n\n").next().unwrap();
        let edges: usize = graph.services.iter().map(|service| service.edges.len()).sum();
        prop_assert_eq!(tree.lines().count(), 1 + edges);
        prop_assert_eq!(tree.matches(" (shared)").count(), graph.services.iter().flat_map(|service| &service.edges).filter(|edge| edge.shared).count());
        prop_assert!(text.ends_with('\n') && !text.ends_with("\n\n"));
    }

    #[test]
    fn references_only_are_the_same_with_and_without_asking_for_them(platform in platform()) {
        let only = platform.in_order(GraphOptions { references: false, only_references: true });
        let both = platform.in_order(GraphOptions { references: true, only_references: true });
        prop_assert_eq!(everything(&only), everything(&both));
        prop_assert!(only.cycles.is_empty() && only.services.iter().flat_map(|service| &service.edges).all(|edge| edge.kind == EdgeKind::Reference));
        let without = platform.in_order(GraphOptions::default());
        prop_assert!(without.services.iter().flat_map(|service| &service.edges).all(|edge| edge.kind == EdgeKind::Dependency));
    }

    #[test]
    fn equal_graphs_do_not_differ(platform in platform()) {
        let graph = platform.in_order(ALL);
        let same = difference(&graph, &platform.in_order(ALL));
        prop_assert_eq!(&same.changes, &vec![]);
        prop_assert!(!same.root.is_changed());
        prop_assert_eq!(render_difference(&same.root, plain), "");
    }

    #[test]
    fn what_cannot_be_read_on_one_side_is_neither_gone_nor_new(
        platform in platform(), lost in proptest::collection::vec(any::<bool>(), 32),
    ) {
        let whole = platform.in_order(ALL);
        let mut resolver = Resolver::new(&platform.root(), None, ALL);
        let (mut waiting, mut lost) = (VecDeque::from(resolver.poll()), lost.into_iter().cycle());
        while let Some(Ask { id, request }) = waiting.pop_front() {
            let lost = lost.next().unwrap();
            let answer = if lost { Err(Unresolved::Failed("lost".to_owned())) } else { platform.answer(&request) };
            resolver.supply(id, answer);
            waiting.extend(resolver.poll());
        }
        let part = resolver.finish();
        prop_assert_eq!(difference(&whole, &part).changes, vec![]);
        prop_assert_eq!(difference(&part, &whole).changes, vec![]);
    }

    #[test]
    fn a_difference_lists_what_its_tree_shows(old in platform(), new in platform()) {
        let (old, new) = (old.in_order(ALL), new.in_order(ALL));
        let found = difference(&old, &new);
        let mut shown = BTreeMap::new();
        let mut open = vec![&found.root];
        while let Some(node) = open.pop() {
            if let Some(change) = &node.change {
                prop_assert_eq!(&change.name, &node.name);
                let (before, after) = (change.old_version.is_some(), change.new_version.is_some());
                let expected = match change.change_type {
                    GraphChangeKind::Added => (false, true),
                    GraphChangeKind::Removed => (true, false),
                    GraphChangeKind::VersionChanged => (true, true),
                };
                prop_assert_eq!((before, after), expected);
                prop_assert!(change.old_version != change.new_version);
                shown.entry(change.name.clone()).or_insert_with(Vec::new).push(change.clone());
            }
            open.extend(&node.children);
        }
        prop_assert_eq!(shown.len(), found.changes.len());
        for change in &found.changes {
            prop_assert!(shown[&change.name].contains(change));
        }
        prop_assert!(found.changes.is_sorted_by_key(|change| change.name.clone()));
        let text = render_difference(&found.root, plain);
        prop_assert_eq!(text.is_empty(), found.changes.is_empty());
        prop_assert!(text.is_empty() || text.starts_with("s0\n"));
    }
}

/// A graph one service larger than it may be is no smaller graph: it says that something is missing.
#[test]
fn a_graph_over_the_limit_says_so() {
    let limit = pacto_contract::limits::MAX_GRAPH_SERVICES;
    let wide = |name: &str, count: usize, prefix: &str| {
        let mut text =
            format!("pactoVersion: '1.0'\nservice: {{name: {name}, version: 1.0.0}}\ndependencies:\n");
        for number in 0..count {
            let _ =
                writeln!(text, "- {{ref: 'oci://r/{prefix}{number}', required: true, compatibility: '*'}}");
        }
        text
    };
    let published = |identity: &str, document: &Arc<ContractDocument>| {
        Arc::new(Resolved {
            identity: identity.to_owned(),
            origin: Origin::Registry(identity.to_owned()),
            document: Arc::clone(document),
            bundle: Arc::new(Bundle::default()),
        })
    };
    let parse = |text: &str| Arc::new(ContractDocument::parse("pacto.yaml", text.as_bytes()).unwrap());
    let leaf = parse("pactoVersion: '1.0'\nservice: {name: leaf, version: 1.0.0}\n");
    let per_branch = 1_000;
    let branches = limit / per_branch;
    // The root, its branches, and on the last branch as many leaves fewer as it takes to meet the limit.
    for extra in [0, 1] {
        let root = published("r/root:1", &parse(&wide("root", branches, "b")));
        let mut resolver = Resolver::new(&root, None, GraphOptions::default());
        let mut waiting = resolver.poll();
        while let Some(Ask { id, request }) = waiting.pop() {
            let name = request.reference.default_name().to_owned();
            let answer = match name.strip_prefix('b').and_then(|number| number.parse::<usize>().ok()) {
                Some(number) => {
                    let last = number + 1 == branches;
                    let leaves = if last { per_branch - branches - 1 + extra } else { per_branch };
                    published(&format!("r/{name}:1"), &parse(&wide(&name, leaves, &format!("l{number}x"))))
                }
                None => published(&format!("r/{name}:1"), &leaf),
            };
            resolver.supply(id, Ok(answer));
            waiting.extend(resolver.poll());
        }
        let graph = resolver.finish();
        let missing: Vec<_> = graph.unresolved().map(|(_, _, error)| error.to_owned()).collect();
        let expected: &[&str] = if extra == 0 { &[] } else { &["the graph has more than 100000 services"] };
        assert_eq!(
            (graph.services.len() >= limit, missing.as_slice()),
            (true, expected.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>().as_slice())
        );
    }
}
