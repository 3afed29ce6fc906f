//! From answers to a graph, without I/O.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use pacto_contract::limits::{MAX_GRAPH_DEPTH, MAX_GRAPH_SERVICES};
use pacto_contract::{Code, Contract, LenientVersion, Pointer, Reference, VersionRange};

use super::{Edge, EdgeKind, Graph, GraphService, ServiceId, conflict, cycle};
use crate::library::{Answer, Origin, Request, Resolved, Unresolved};

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
    root: Arc<Resolved>,
    root_reference: Option<String>,
    options: GraphOptions,
    /// Every request that was made, with its answer; the position is its number.
    answers: Vec<Option<Answer>>,
    numbers: HashMap<Request, usize>,
    /// Texts that occur in thousands of contracts, each once.
    texts: HashSet<Arc<str>>,
    /// Numbers of registry requests by reference and constraint, so that a repeated one is not parsed again.
    repeated: HashMap<(Arc<str>, Arc<str>), usize>,
    /// To be handed out by the next poll.
    fresh: Vec<Request>,
    /// What each contract needs, by identity.
    needs: HashMap<String, Vec<Need>>,
    outstanding: usize,
}

/// One need of a contract, before it is answered.
#[derive(Debug)]
struct Need {
    reference: Arc<str>,
    name: Arc<str>,
    required: bool,
    compatibility: Arc<str>,
    kind: EdgeKind,
    place: Place,
    /// Number of the request, or why there can be none.
    request: Result<usize, Unresolved>,
}

/// Where in the contract a need stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Dependency(usize),
    Configuration(usize),
    Policy(usize),
}

impl Place {
    fn pointer(self, contract: &Contract) -> Pointer {
        match self {
            Self::Dependency(index) => Pointer::root().key("dependencies").index(index),
            Self::Configuration(index) => contract.configurations.pointer(index),
            Self::Policy(index) => contract.policies.pointer(index),
        }
        .key("ref")
    }
}

impl Resolver {
    /// Starts at `root`; `root_reference` is how the user named it, if by a reference.
    pub fn new(root: &Arc<Resolved>, root_reference: Option<String>, options: GraphOptions) -> Self {
        let mut resolver = Self {
            root: Arc::clone(root),
            root_reference,
            options,
            answers: Vec::new(),
            numbers: HashMap::new(),
            texts: HashSet::new(),
            repeated: HashMap::new(),
            fresh: Vec::new(),
            needs: HashMap::new(),
            outstanding: 0,
        };
        resolver.expand(root);
        resolver
    }

    /// What to fetch now; every request is handed out once.
    pub fn poll(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.fresh)
    }

    /// Takes the answer to a request. The first answer counts; what was not asked for is ignored.
    pub fn supply(&mut self, request: &Request, answer: Answer) {
        let number = self.numbers.get(request).copied();
        let slot = number.and_then(|number| self.answers.get_mut(number));
        let Some(slot @ None) = slot else { return };
        let resolved = answer.as_ref().ok().cloned();
        *slot = Some(answer);
        self.outstanding = self.outstanding.saturating_sub(1);
        if let Some(resolved) = resolved {
            self.expand(&resolved);
        }
    }

    /// Whether every request has its answer.
    pub fn is_done(&self) -> bool {
        self.outstanding == 0 && self.fresh.is_empty()
    }

    fn expand(&mut self, resolved: &Resolved) {
        if self.needs.len() >= MAX_GRAPH_SERVICES || self.needs.contains_key(&resolved.identity) {
            return;
        }
        let mut needs = needs(resolved, self.options, &mut |text| intern(&mut self.texts, text));
        for need in &mut needs {
            need.request = self.number(&resolved.origin, need);
        }
        self.needs.insert(resolved.identity.clone(), needs);
    }

    /// The number of the request that answers a need.
    fn number(&mut self, origin: &Origin, need: &Need) -> Result<usize, Unresolved> {
        let key = (Arc::clone(&need.reference), Arc::clone(&need.compatibility));
        if let Some(number) = self.repeated.get(&key) {
            return Ok(*number);
        }
        let constraint = (need.kind == EdgeKind::Dependency).then_some(&*need.compatibility);
        let request = Request::new(origin, &need.reference, constraint)?;
        // What a local path means depends on who says it.
        let is_local = request.reference.is_local();
        let number = match self.numbers.get(&request) {
            Some(number) => *number,
            None => {
                let number = self.answers.len();
                self.answers.push(None);
                self.numbers.insert(request.clone(), number);
                self.fresh.push(request);
                self.outstanding += 1;
                number
            }
        };
        if !is_local {
            self.repeated.insert(key, number);
        }
        Ok(number)
    }

    /// Builds the graph. Requests without an answer become unresolved edges.
    pub fn finish(self) -> Graph {
        let mut builder = Builder {
            resolver: &self,
            services: Vec::new(),
            parents: Vec::new(),
            depths: Vec::new(),
            by_identity: HashMap::new(),
            ranges: HashMap::new(),
            found: vec![None; self.answers.len()],
            versions: Vec::new(),
            warnings: Vec::new(),
        };
        let root_reference = self.root_reference.as_deref().map(Arc::from);
        builder.add(&self.root, root_reference, false, None);
        let mut queue = VecDeque::from([(0, Arc::clone(&self.root))]);
        while let Some((id, resolved)) = queue.pop_front() {
            let needs = self.needs.get(&resolved.identity).map(Vec::as_slice).unwrap_or_default();
            let mut edges = Vec::with_capacity(needs.len());
            for need in needs {
                let (edge, found) = builder.edge(id, &resolved, need);
                edges.push(edge);
                queue.extend(found);
            }
            if let Some(service) = builder.services.get_mut(id) {
                service.edges = edges;
            }
        }
        if self.needs.len() >= MAX_GRAPH_SERVICES {
            builder.cut();
        }
        let Builder { services, warnings, .. } = builder;
        let cycles = cycle::find(&services);
        let conflicts = conflict::find(&services);
        Graph { services, cycles, conflicts, warnings }
    }
}

/// The one copy of a text.
fn intern(texts: &mut HashSet<Arc<str>>, text: &str) -> Arc<str> {
    if let Some(known) = texts.get(text) {
        return Arc::clone(known);
    }
    let fresh: Arc<str> = text.into();
    texts.insert(Arc::clone(&fresh));
    fresh
}

fn needs(resolved: &Resolved, options: GraphOptions, text: &mut dyn FnMut(&str) -> Arc<str>) -> Vec<Need> {
    let contract = &resolved.document.contract;
    let mut needs = Vec::new();
    if !options.only_references {
        needs.extend(contract.dependencies.iter().enumerate().map(|(index, dependency)| Need {
            reference: text(&dependency.reference),
            name: text(dependency.name()),
            required: dependency.required,
            compatibility: text(&dependency.compatibility),
            kind: EdgeKind::Dependency,
            place: Place::Dependency(index),
            request: Err(Unresolved::Failed(String::new())),
        }));
    }
    if options.references || options.only_references {
        let configurations = contract
            .configurations
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| Some((entry.reference.as_ref()?, Place::Configuration(index))));
        let policies = contract
            .policies
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| Some((entry.reference.as_ref()?, Place::Policy(index))));
        for (reference, place) in configurations.chain(policies) {
            let known = |need: &Need| need.kind == EdgeKind::Reference && *need.reference == **reference;
            if !needs.iter().any(known) {
                let name = Reference::parse(reference).map(|parsed| parsed.default_name().to_owned());
                needs.push(Need {
                    reference: text(reference),
                    name: text(name.as_deref().unwrap_or(reference)),
                    required: false,
                    compatibility: text(""),
                    kind: EdgeKind::Reference,
                    place,
                    request: Err(Unresolved::Failed(String::new())),
                });
            }
        }
    }
    needs
}

struct Builder<'a> {
    resolver: &'a Resolver,
    services: Vec<GraphService>,
    /// The service that a service was found by, where it was found by a dependency.
    parents: Vec<Option<ServiceId>>,
    depths: Vec<usize>,
    by_identity: HashMap<String, ServiceId>,
    ranges: HashMap<Arc<str>, Option<VersionRange>>,
    /// The service of each answer that was met already.
    found: Vec<Option<ServiceId>>,
    /// The version of each service, where it is one.
    versions: Vec<Option<LenientVersion>>,
    warnings: Vec<pacto_contract::Diagnostic>,
}

impl Builder<'_> {
    fn add(
        &mut self,
        resolved: &Resolved,
        reference: Option<Arc<str>>,
        local: bool,
        parent: Option<(ServiceId, EdgeKind)>,
    ) -> ServiceId {
        let id = self.services.len();
        let service = &resolved.document.contract.service;
        self.services.push(GraphService {
            identity: resolved.identity.clone(),
            name: service.name.clone(),
            version: service.version.clone(),
            reference,
            local,
            edges: Vec::new(),
            document: Arc::clone(&resolved.document),
            bundle: Arc::clone(&resolved.bundle),
        });
        let depth = parent.and_then(|(parent, _)| self.depths.get(parent)).map_or(0, |depth| depth + 1);
        self.versions.push(LenientVersion::parse(&service.version).ok());
        // Whose configuration or policy is used is not needed to run: a way that leads there ends there.
        let needs = parent.filter(|(_, kind)| *kind == EdgeKind::Dependency);
        self.parents.push(needs.map(|(parent, _)| parent));
        self.depths.push(depth);
        self.by_identity.insert(resolved.identity.clone(), id);
        id
    }

    /// The edge, and the service to expand where this edge is the first to reach it.
    fn edge(
        &mut self,
        from: ServiceId,
        declaring: &Resolved,
        need: &Need,
    ) -> (Edge, Option<(ServiceId, Arc<Resolved>)>) {
        let local = need.reference.starts_with("file://") || !need.reference.contains("://");
        let answer = match &need.request {
            Err(error) => Err(error.to_string()),
            Ok(number) => match self.resolver.answers.get(*number) {
                Some(Some(Ok(resolved))) => Ok((*number, resolved)),
                Some(Some(Err(error))) => Err(error.to_string()),
                _ => Err("it was not looked up".to_owned()),
            },
        };
        let mut edge = Edge {
            reference: Arc::clone(&need.reference),
            name: Arc::clone(&need.name),
            required: need.required,
            compatibility: Arc::clone(&need.compatibility),
            kind: need.kind,
            target: Err(String::new()),
            closes_cycle: None,
            shared: false,
            local,
        };
        let (number, resolved) = match answer {
            Ok(found) => found,
            Err(error) => {
                edge.target = Err(error);
                return (edge, None);
            }
        };
        let found = self.found.get(number).copied().flatten();
        let known = found.or_else(|| self.by_identity.get(&resolved.identity).copied());
        if !self.fits(need, known, resolved) {
            self.warn(declaring, need, resolved);
        }
        if known.is_none() && self.depths.get(from).is_some_and(|depth| *depth >= MAX_GRAPH_DEPTH) {
            edge.target = Err(format!("the graph is deeper than {MAX_GRAPH_DEPTH} levels"));
            return (edge, None);
        }
        if known.is_none() && !self.resolver.needs.contains_key(&resolved.identity) {
            edge.target = Err(format!("the graph has more than {MAX_GRAPH_SERVICES} services"));
            return (edge, None);
        }
        let id = known.unwrap_or_else(|| {
            self.add(resolved, Some(Arc::clone(&need.reference)), local, Some((from, need.kind)))
        });
        if let Some(slot) = self.found.get_mut(number) {
            *slot = Some(id);
        }
        if known.is_none() {
            edge.target = Ok(id);
            return (edge, Some((id, Arc::clone(resolved))));
        }
        if need.kind == EdgeKind::Dependency && self.is_ancestor(id, from) {
            edge.target = Err(format!("cycle detected: {}", need.reference));
            edge.closes_cycle = Some(id);
        } else {
            edge.target = Ok(id);
            edge.shared = true;
        }
        (edge, None)
    }

    /// Services whose needs were not looked at, because there were too many, are no end of the graph.
    fn cut(&mut self) {
        let needs = &self.resolver.needs;
        let cut: Vec<bool> =
            self.services.iter().map(|service| !needs.contains_key(&service.identity)).collect();
        for edge in self.services.iter_mut().flat_map(|service| &mut service.edges) {
            if edge.target.as_ref().is_ok_and(|id| cut.get(*id) == Some(&true)) {
                edge.target = Err(format!("the graph has more than {MAX_GRAPH_SERVICES} services"));
            }
        }
    }

    fn is_ancestor(&self, candidate: ServiceId, from: ServiceId) -> bool {
        let mut at = Some(from);
        while let Some(id) = at {
            if id == candidate {
                return true;
            }
            at = self.parents.get(id).copied().flatten();
        }
        false
    }

    /// Whether the version that was found satisfies the constraint. A fixed version, or a local contract, is taken as
    /// it is; whether it fits is only said.
    fn fits(&mut self, need: &Need, known: Option<ServiceId>, resolved: &Resolved) -> bool {
        if need.kind == EdgeKind::Reference {
            return true;
        }
        if !self.ranges.contains_key(&need.compatibility) {
            let parsed = VersionRange::parse(&need.compatibility).ok();
            self.ranges.insert(Arc::clone(&need.compatibility), parsed);
        }
        let range = self.ranges.get(&need.compatibility).and_then(Option::as_ref);
        let parsed = match known {
            Some(_) => None,
            None => LenientVersion::parse(&resolved.document.contract.service.version).ok(),
        };
        let version = known.and_then(|id| self.versions.get(id)?.as_ref()).or(parsed.as_ref());
        match (range, version) {
            (Some(range), Some(version)) => range.matches(version),
            _ => true,
        }
    }

    fn warn(&mut self, declaring: &Resolved, need: &Need, resolved: &Resolved) {
        let version = &resolved.document.contract.service.version;
        let message = format!("{} is version {version}, outside of {}", need.reference, need.compatibility);
        let pointer = need.place.pointer(&declaring.document.contract);
        let finding = declaring.document.finding(Code::IncompatibleTag, &pointer, message);
        self.warnings.push(finding.with_help("change the tag, or the constraint in `compatibility`"));
    }
}
