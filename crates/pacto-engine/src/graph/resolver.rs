//! From answers to a graph, without I/O.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use ahash::RandomState;
use pacto_contract::limits::{MAX_GRAPH_DEPTH, MAX_GRAPH_SERVICES};
use pacto_contract::model::Dependency;
use pacto_contract::{Code, Contract, LenientVersion, Pointer, Reference, VersionRange};

use super::{Edge, EdgeKind, Graph, GraphService, ServiceId, conflict, cycle};
use crate::library::{Answer, Origin, Request, Resolved, Unresolved, is_fixed};

/// Which edges a graph has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GraphOptions {
    /// Add the configurations and policies that contracts refer to.
    pub references: bool,
    /// Leave the dependencies out. Implies `references`.
    pub only_references: bool,
}

/// Collects the contracts of a graph.
///
/// Call [`poll`](Self::poll) for what to fetch, [`supply`](Self::supply) for each answer in any order, and
/// [`finish`](Self::finish) when [`is_done`](Self::is_done). The graph depends on the answers, not on their order.
#[derive(Debug)]
pub struct Resolver {
    root_reference: Option<Arc<Dependency>>,
    options: GraphOptions,
    /// The contracts so far, the root first.
    contracts: Vec<Known>,
    by_identity: HashMap<String, ContractId, RandomState>,
    /// The constraints of all edges, each once, as ranges where they are some.
    ranges: HashMap<Arc<str>, Option<VersionRange>, RandomState>,
    /// What became of each request.
    outcomes: Vec<Outcome>,
    /// Requests for contracts of this machine; what a path means depends on who says it.
    local: HashMap<Request, RequestId, RandomState>,
    /// Requests for all others by reference, so that a repeated one is not parsed again.
    remote: HashMap<Box<str>, Remote, RandomState>,
    /// To be handed out by the next poll.
    fresh: Vec<Ask>,
    outstanding: usize,
}

/// A contract to fetch.
#[derive(Debug, Clone)]
pub struct Ask {
    /// To be given back with the answer.
    pub id: RequestId,
    /// Which contract.
    pub request: Request,
}

/// Position in [`Resolver::contracts`].
type ContractId = usize;
/// Number of a request of one [`Resolver`].
pub type RequestId = usize;

/// A contract that came back, with all that the graph takes from it: where the graph is large, looking into each
/// contract a second time would cost most.
#[derive(Debug)]
struct Known {
    /// Its edges have no ends yet.
    service: GraphService,
    /// Its version, where it is one.
    version: Option<LenientVersion>,
    /// For each edge its request, or why there can be none.
    requests: Vec<Result<RequestId, Box<Unresolved>>>,
}

#[derive(Debug)]
enum Outcome {
    Waiting,
    Found(ContractId),
    /// There are too many contracts already.
    Cut,
    Failed(String),
}

/// Requests of one reference: of the constraint that came first, and of all others. A fixed version has one.
#[derive(Debug)]
struct Remote {
    constraint: Option<Arc<str>>,
    request: RequestId,
    is_fixed: bool,
    others: BTreeMap<Option<Arc<str>>, RequestId>,
}

/// One need of a contract.
#[derive(Debug, Clone, Copy)]
enum Need<'a> {
    Dependency(&'a Arc<Dependency>),
    Reference(&'a str),
}

impl<'a> Need<'a> {
    fn reference(self) -> &'a str {
        match self {
            Self::Dependency(dependency) => &dependency.reference,
            Self::Reference(reference) => reference,
        }
    }

    fn constraint(self) -> Option<&'a str> {
        match self {
            Self::Dependency(dependency) => Some(&dependency.compatibility),
            Self::Reference(..) => None,
        }
    }

    /// The edge of this need, without its end.
    fn edge(self, constraint: Arc<str>) -> Edge {
        let reference = self.reference();
        let (need, kind) = match self {
            Self::Dependency(dependency) => (Arc::clone(dependency), EdgeKind::Dependency),
            Self::Reference(..) => {
                let parsed = Reference::parse(reference);
                let need = Dependency {
                    declared_name: parsed.ok().map(|parsed| parsed.default_name().to_owned()),
                    reference: reference.to_owned(),
                    required: false,
                    compatibility: String::new(),
                };
                (Arc::new(need), EdgeKind::Reference)
            }
        };
        Edge {
            required: need.required,
            constraint,
            need,
            kind,
            target: Err(String::new()),
            closes_cycle: None,
            shared: false,
            local: reference.starts_with("file://") || !reference.contains("://"),
        }
    }
}

impl Resolver {
    /// Starts at `root`; `root_reference` is how the user named it, if by a reference.
    pub fn new(root: &Arc<Resolved>, root_reference: Option<String>, options: GraphOptions) -> Self {
        let root_reference = root_reference.map(|reference| {
            let (required, compatibility) = (true, String::new());
            Arc::new(Dependency { declared_name: None, reference, required, compatibility })
        });
        let mut resolver = Self {
            root_reference,
            options,
            contracts: Vec::new(),
            by_identity: HashMap::default(),
            ranges: HashMap::default(),
            outcomes: Vec::new(),
            local: HashMap::default(),
            remote: HashMap::default(),
            fresh: Vec::new(),
            outstanding: 0,
        };
        resolver.expand(Arc::clone(root));
        resolver
    }

    /// What to fetch now; every request is handed out once.
    pub fn poll(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.fresh)
    }

    /// Takes the answer to a request. The first answer counts; what was not asked for is ignored.
    pub fn supply(&mut self, id: RequestId, answer: Answer) {
        let Some(Outcome::Waiting) = self.outcomes.get(id) else { return };
        self.outstanding = self.outstanding.saturating_sub(1);
        let outcome = match answer {
            Err(error) => Outcome::Failed(error.to_string()),
            Ok(resolved) => match self.by_identity.get(&resolved.identity) {
                Some(known) => Outcome::Found(*known),
                None if self.contracts.len() >= MAX_GRAPH_SERVICES => Outcome::Cut,
                None => Outcome::Found(self.expand(resolved)),
            },
        };
        if let Some(slot) = self.outcomes.get_mut(id) {
            *slot = outcome;
        }
    }

    /// Whether every request has its answer.
    pub fn is_done(&self) -> bool {
        self.outstanding == 0 && self.fresh.is_empty()
    }

    fn expand(&mut self, resolved: Arc<Resolved>) -> ContractId {
        let contract = &resolved.document.contract;
        let (mut edges, mut requests) = (Vec::new(), Vec::new());
        for need in needs(contract, self.options) {
            let constraint = self.constraint(need.constraint().unwrap_or_default());
            let shared = need.constraint().map(|_| &constraint);
            requests.push(self.number(&resolved.origin, need, shared).map_err(Box::new));
            edges.push(need.edge(constraint));
        }
        let id = self.contracts.len();
        self.by_identity.insert(resolved.identity.clone(), id);
        let version = LenientVersion::parse(&contract.service.version).ok();
        let name = contract.service.name.clone();
        let service = GraphService { name, found_by: None, local: false, edges, resolved };
        self.contracts.push(Known { service, version, requests });
        id
    }

    /// The one copy of a constraint.
    fn constraint(&mut self, text: &str) -> Arc<str> {
        if let Some((known, _)) = self.ranges.get_key_value(text) {
            return Arc::clone(known);
        }
        let fresh: Arc<str> = text.into();
        self.ranges.insert(Arc::clone(&fresh), VersionRange::parse(text).ok());
        fresh
    }

    /// The number of the request that answers a need.
    fn number(
        &mut self,
        origin: &Origin,
        need: Need<'_>,
        constraint: Option<&Arc<str>>,
    ) -> Result<RequestId, Unresolved> {
        if let Some(remote) = self.remote.get(need.reference()) {
            if remote.is_fixed || remote.constraint.as_ref() == constraint {
                return Ok(remote.request);
            }
            if let Some(number) = remote.others.get(&constraint.cloned()) {
                return Ok(*number);
            }
        }
        let request = Request::new(origin, need.reference(), constraint.map(|text| &**text))?;
        let id = self.outcomes.len();
        if request.reference.as_oci().is_none() {
            if let Some(known) = self.local.get(&request) {
                return Ok(*known);
            }
            self.local.insert(request.clone(), id);
        } else {
            let constraint = constraint.cloned();
            match self.remote.entry(need.reference().into()) {
                Entry::Occupied(remote) => {
                    remote.into_mut().others.insert(constraint, id);
                }
                Entry::Vacant(place) => {
                    let is_fixed = is_fixed(&request.reference);
                    place.insert(Remote { constraint, request: id, is_fixed, others: BTreeMap::new() });
                }
            }
        }
        self.outcomes.push(Outcome::Waiting);
        self.fresh.push(Ask { id, request });
        self.outstanding += 1;
        Ok(id)
    }

    /// Builds the graph. Requests without an answer become unresolved edges.
    pub fn finish(self) -> Graph {
        let Self { root_reference, mut contracts, outcomes, ranges, .. } = self;
        let mut builder = Builder {
            outcomes,
            ranges,
            places: Vec::with_capacity(contracts.len()),
            service_of: vec![None; contracts.len()],
            warnings: Vec::new(),
        };
        builder.add(0, root_reference, None);
        let mut id = 0;
        // Services are numbered in the order in which they are found, so this is breadth first.
        while let Some(contract) = builder.places.get(id).map(|place| place.contract) {
            builder.expand(id, contract, &mut contracts);
            id += 1;
        }
        let Builder { places, warnings, .. } = builder;
        let mut services: Vec<_> = contracts.into_iter().map(|known| Some(known.service)).collect();
        let services: Vec<_> = places
            .into_iter()
            .filter_map(|place| {
                let service = services.get_mut(place.contract)?.take()?;
                Some(GraphService { found_by: place.need, local: place.local, ..service })
            })
            .collect();
        let cycles = cycle::find(&services);
        let conflicts = conflict::find(&services);
        Graph { services, cycles, conflicts, warnings }
    }
}

/// What a contract needs: dependencies, then each reference once.
fn needs(contract: &Contract, options: GraphOptions) -> impl Iterator<Item = Need<'_>> {
    let with_references = options.references || options.only_references;
    let dependencies = contract.dependencies.iter().map(Need::Dependency);
    let configurations = contract.configurations.iter().filter_map(|entry| entry.reference.as_deref());
    let policies = contract.policies.iter().filter_map(|entry| entry.reference.as_deref());
    let mut seen = HashSet::new();
    let references = configurations
        .chain(policies)
        .take_while(move |_| with_references)
        .filter(move |reference| seen.insert(*reference))
        .map(Need::Reference);
    dependencies.take_while(move |_| !options.only_references).chain(references)
}

/// How a service was found.
struct Found {
    contract: ContractId,
    need: Option<Arc<Dependency>>,
    local: bool,
    /// The service that it was found by, where it was found by a dependency.
    parent: Option<ServiceId>,
    depth: usize,
}

struct Builder {
    outcomes: Vec<Outcome>,
    ranges: HashMap<Arc<str>, Option<VersionRange>, RandomState>,
    /// For each service, how it was found.
    places: Vec<Found>,
    /// The service of each contract that was met already.
    service_of: Vec<Option<ServiceId>>,
    warnings: Vec<pacto_contract::Diagnostic>,
}

impl Builder {
    /// Numbers a contract that was not met before; `edge` is the first that leads to it.
    fn add(
        &mut self,
        contract: ContractId,
        need: Option<Arc<Dependency>>,
        edge: Option<(ServiceId, &Edge)>,
    ) -> ServiceId {
        let id = self.places.len();
        let parent = edge.and_then(|(from, _)| self.places.get(from));
        self.places.push(Found {
            contract,
            need,
            local: edge.is_some_and(|(_, edge)| edge.local),
            depth: parent.map_or(0, |parent| parent.depth + 1),
            // Whose configuration or policy is used is not needed to run: a way that leads there ends there.
            parent: edge.filter(|(_, edge)| edge.kind == EdgeKind::Dependency).map(|(from, _)| from),
        });
        if let Some(slot) = self.service_of.get_mut(contract) {
            *slot = Some(id);
        }
        id
    }

    /// Finds the ends of the edges of one service.
    fn expand(&mut self, id: ServiceId, contract: ContractId, contracts: &mut [Known]) {
        let Some(Known { service, requests, .. }) = contracts.get_mut(contract) else { return };
        let (mut edges, requests) = (std::mem::take(&mut service.edges), std::mem::take(requests));
        for (index, (edge, request)) in edges.iter_mut().zip(&requests).enumerate() {
            match self.answer(request) {
                Err(error) => edge.target = Err(error),
                Ok(found) => {
                    self.connect(id, edge, found);
                    let known = (contracts.get(contract), contracts.get(found));
                    if let (true, (Some(from), Some(to))) = (edge.leads_to().is_some(), known)
                        && !self.fits(edge, to)
                    {
                        self.warnings.push(outside_of(edge, index, &from.service, &to.service));
                    }
                }
            }
        }
        if let Some(Known { service, .. }) = contracts.get_mut(contract) {
            service.edges = edges;
        }
    }

    /// The contract that answers a request.
    fn answer(&self, request: &Result<RequestId, Box<Unresolved>>) -> Result<ContractId, String> {
        let id = request.as_ref().map_err(ToString::to_string)?;
        match self.outcomes.get(*id) {
            Some(Outcome::Found(contract)) => Ok(*contract),
            Some(Outcome::Failed(error)) => Err(error.clone()),
            Some(Outcome::Cut) => Err(format!("the graph has more than {MAX_GRAPH_SERVICES} services")),
            Some(Outcome::Waiting) | None => Err("it was not looked up".to_owned()),
        }
    }

    /// Lets an edge lead to a contract.
    fn connect(&mut self, from: ServiceId, edge: &mut Edge, contract: ContractId) {
        let Some(known) = self.service_of.get(contract).copied().flatten() else {
            edge.target = if self.places.get(from).is_some_and(|place| place.depth >= MAX_GRAPH_DEPTH) {
                Err(format!("the graph is deeper than {MAX_GRAPH_DEPTH} levels"))
            } else {
                Ok(self.add(contract, Some(Arc::clone(&edge.need)), Some((from, edge))))
            };
            return;
        };
        if edge.kind == EdgeKind::Dependency && self.is_ancestor(known, from) {
            edge.target = Err(format!("cycle detected: {}", edge.need.reference));
            edge.closes_cycle = Some(known);
        } else {
            edge.target = Ok(known);
            edge.shared = true;
        }
    }

    fn is_ancestor(&self, candidate: ServiceId, from: ServiceId) -> bool {
        let mut at = Some(from);
        while let Some(id) = at {
            if id == candidate {
                return true;
            }
            at = self.places.get(id).and_then(|place| place.parent);
        }
        false
    }

    /// Whether the version that was found satisfies the constraint. A fixed version, or a local contract, is taken as
    /// it is; whether it fits is only said.
    fn fits(&self, edge: &Edge, found: &Known) -> bool {
        let range = self.ranges.get(&edge.constraint).and_then(Option::as_ref);
        match (edge.kind, range, &found.version) {
            (EdgeKind::Dependency, Some(range), Some(version)) => range.matches(version),
            _ => true,
        }
    }
}

/// The warning of dependency `index` of `from`, which led to a version outside of its constraint.
fn outside_of(
    edge: &Edge,
    index: usize,
    from: &GraphService,
    to: &GraphService,
) -> pacto_contract::Diagnostic {
    let (reference, constraint, version) = (&edge.need.reference, &edge.constraint, to.version());
    let message = format!("{reference} is version {version}, outside of {constraint}");
    let pointer = Pointer::root().key("dependencies").index(index).key("ref");
    let finding = from.resolved.document.finding(Code::IncompatibleTag, &pointer, message);
    finding.with_help("change the tag, or the constraint in `compatibility`")
}
