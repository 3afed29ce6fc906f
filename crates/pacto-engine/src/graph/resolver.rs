//! From answers to a graph, without I/O.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use pacto_contract::limits::{MAX_GRAPH_DEPTH, MAX_GRAPH_SERVICES};
use pacto_contract::{Code, LenientVersion, Pointer, Reference, VersionRange};

use super::{Edge, EdgeKind, Graph, GraphService, ServiceId, conflict, cycle};
use crate::library::{Answer, Request, Resolved, Unresolved};

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
    answers: HashMap<Request, Answer>,
    asked: BTreeSet<Request>,
    /// To be handed out by the next poll.
    fresh: Vec<Request>,
    /// Identities whose needs are known.
    expanded: BTreeSet<String>,
    outstanding: usize,
}

/// One need of a contract, before it is answered.
struct Need {
    reference: String,
    name: String,
    required: bool,
    compatibility: String,
    kind: EdgeKind,
    pointer: Pointer,
}

impl Resolver {
    /// Starts at `root`; `root_reference` is how the user named it, if by a reference.
    pub fn new(root: &Arc<Resolved>, root_reference: Option<String>, options: GraphOptions) -> Self {
        let mut resolver = Self {
            root: Arc::clone(root),
            root_reference,
            options,
            answers: HashMap::new(),
            asked: BTreeSet::new(),
            fresh: Vec::new(),
            expanded: BTreeSet::new(),
            outstanding: 0,
        };
        resolver.expand(root);
        resolver
    }

    /// What to fetch now; every request is handed out once.
    pub fn poll(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.fresh)
    }

    /// Takes the answer to a request.
    pub fn supply(&mut self, request: Request, answer: Answer) {
        if self.asked.contains(&request) && !self.answers.contains_key(&request) {
            self.outstanding = self.outstanding.saturating_sub(1);
        }
        if let Ok(resolved) = &answer {
            let resolved = Arc::clone(resolved);
            self.expand(&resolved);
        }
        self.answers.insert(request, answer);
    }

    /// Whether every request has its answer.
    pub fn is_done(&self) -> bool {
        self.outstanding == 0 && self.fresh.is_empty()
    }

    fn expand(&mut self, resolved: &Resolved) {
        if self.expanded.len() >= MAX_GRAPH_SERVICES || !self.expanded.insert(resolved.identity.clone()) {
            return;
        }
        for need in needs(resolved, self.options) {
            if let Ok(request) = need.request(resolved)
                && self.asked.insert(request.clone())
            {
                self.outstanding += 1;
                self.fresh.push(request);
            }
        }
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
            warnings: Vec::new(),
        };
        builder.add(&self.root, self.root_reference.clone(), false, None);
        let mut queue = VecDeque::from([(0, Arc::clone(&self.root))]);
        while let Some((id, resolved)) = queue.pop_front() {
            for need in needs(&resolved, self.options) {
                let (edge, found) = builder.edge(id, &resolved, need);
                if let Some(service) = builder.services.get_mut(id) {
                    service.edges.push(edge);
                }
                queue.extend(found);
            }
        }
        let Builder { services, warnings, .. } = builder;
        let cycles = cycle::find(&services);
        let conflicts = conflict::find(&services);
        Graph { services, cycles, conflicts, warnings }
    }
}

impl Need {
    fn request(&self, from: &Resolved) -> Result<Request, Unresolved> {
        let constraint = (self.kind == EdgeKind::Dependency).then_some(self.compatibility.as_str());
        Request::new(&from.origin, &self.reference, constraint)
    }
}

fn needs(resolved: &Resolved, options: GraphOptions) -> Vec<Need> {
    let contract = &resolved.document.contract;
    let mut needs = Vec::new();
    if !options.only_references {
        needs.extend(contract.dependencies.iter().enumerate().map(|(index, dependency)| Need {
            reference: dependency.reference.clone(),
            name: dependency.name().to_owned(),
            required: dependency.required,
            compatibility: dependency.compatibility.clone(),
            kind: EdgeKind::Dependency,
            pointer: Pointer::root().key("dependencies").index(index).key("ref"),
        }));
    }
    if options.references || options.only_references {
        let configurations = contract.configurations.iter().enumerate().filter_map(|(index, entry)| {
            Some((entry.reference.as_ref()?, contract.configurations.pointer(index).key("ref")))
        });
        let policies = contract.policies.iter().enumerate().filter_map(|(index, entry)| {
            Some((entry.reference.as_ref()?, contract.policies.pointer(index).key("ref")))
        });
        for (reference, pointer) in configurations.chain(policies) {
            let known = |need: &Need| need.kind == EdgeKind::Reference && need.reference == *reference;
            if !needs.iter().any(known) {
                let name = Reference::parse(reference).map(|parsed| parsed.default_name().to_owned());
                needs.push(Need {
                    reference: reference.clone(),
                    name: name.unwrap_or_else(|_| reference.clone()),
                    required: false,
                    compatibility: String::new(),
                    kind: EdgeKind::Reference,
                    pointer,
                });
            }
        }
    }
    needs
}

struct Builder<'a> {
    resolver: &'a Resolver,
    services: Vec<GraphService>,
    parents: Vec<Option<ServiceId>>,
    depths: Vec<usize>,
    by_identity: HashMap<String, ServiceId>,
    ranges: HashMap<String, Option<VersionRange>>,
    warnings: Vec<pacto_contract::Diagnostic>,
}

impl Builder<'_> {
    fn add(
        &mut self,
        resolved: &Resolved,
        reference: Option<String>,
        local: bool,
        parent: Option<ServiceId>,
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
        let depth = parent.and_then(|parent| self.depths.get(parent)).map_or(0, |depth| depth + 1);
        self.parents.push(parent);
        self.depths.push(depth);
        self.by_identity.insert(resolved.identity.clone(), id);
        id
    }

    /// The edge, and the service to expand where this edge is the first to reach it.
    fn edge(
        &mut self,
        from: ServiceId,
        declaring: &Resolved,
        need: Need,
    ) -> (Edge, Option<(ServiceId, Arc<Resolved>)>) {
        let local = !need.reference.starts_with("oci://") && !need.reference.starts_with("oci-layout://");
        let answer =
            need.request(declaring).map_err(|error| error.to_string()).and_then(|request| {
                match self.resolver.answers.get(&request) {
                    Some(Ok(resolved)) => Ok(Arc::clone(resolved)),
                    Some(Err(error)) => Err(error.to_string()),
                    None => Err(format!("the graph has more than {MAX_GRAPH_SERVICES} services")),
                }
            });
        let mut edge = Edge {
            reference: need.reference.clone(),
            name: need.name.clone(),
            required: need.required,
            compatibility: need.compatibility.clone(),
            kind: need.kind,
            target: Err(String::new()),
            closes_cycle: None,
            shared: false,
            local,
        };
        let resolved = match answer {
            Ok(resolved) => resolved,
            Err(error) => {
                edge.target = Err(error);
                return (edge, None);
            }
        };
        self.check_version(declaring, &need, &resolved);
        match self.by_identity.get(&resolved.identity) {
            Some(&known) if need.kind == EdgeKind::Dependency && self.is_ancestor(known, from) => {
                edge.target = Err(format!("cycle detected: {}", need.reference));
                edge.closes_cycle = Some(known);
                (edge, None)
            }
            Some(&known) => {
                edge.target = Ok(known);
                edge.shared = true;
                (edge, None)
            }
            None if self.depths.get(from).is_some_and(|depth| *depth >= MAX_GRAPH_DEPTH) => {
                edge.target = Err(format!("the graph is deeper than {MAX_GRAPH_DEPTH} levels"));
                (edge, None)
            }
            None => {
                let id = self.add(&resolved, Some(need.reference), local, Some(from));
                edge.target = Ok(id);
                (edge, Some((id, resolved)))
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

    /// A fixed version, or a local contract, is taken as it is; whether it fits the constraint is only said.
    fn check_version(&mut self, declaring: &Resolved, need: &Need, resolved: &Resolved) {
        if need.kind == EdgeKind::Reference {
            return;
        }
        let range = self
            .ranges
            .entry(need.compatibility.clone())
            .or_insert_with(|| VersionRange::parse(&need.compatibility).ok());
        let version = &resolved.document.contract.service.version;
        if let (Some(range), Ok(parsed)) = (range, LenientVersion::parse(version))
            && !range.matches(&parsed)
        {
            let message =
                format!("{} is version {version}, outside of {}", need.reference, need.compatibility);
            let finding = declaring.document.finding(Code::IncompatibleTag, &need.pointer, message);
            self.warnings.push(finding.with_help("change the tag, or the constraint in `compatibility`"));
        }
    }
}
