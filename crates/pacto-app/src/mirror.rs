//! `pacto mirror`: a contract with everything it leads to, in another registry or directory.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::overrides::Overrides;
use pacto_contract::reference::OciReference;
use pacto_contract::{Bundle, ContractDocument, Reference};
use pacto_engine::graph::{Graph, GraphOptions, GraphService, ServiceId};
use pacto_engine::library::Origin;
use pacto_engine::lock::{LOCK_FILE, Pins};
use pacto_oci::artifact::Artifact;
use pacto_oci::copy::{Copied, copy};
use pacto_oci::directory::normalize;
use pacto_oci::layout::Layout;
use pacto_oci::store::Store;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::shown;
use crate::load::{Scope, load};
use crate::registries::Place;
use crate::write::is_service_name;
use crate::{AppError, Context, graph};

/// What to mirror, and where to.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `oci://…` or `oci-layout://…`.
    pub source: String,
    /// `oci://registry/path` or `oci-layout:///directory`.
    pub target: String,
    /// Let the copies refer to each other, instead of copying byte for byte.
    pub rewrite: bool,
    /// Replace what has a tag and is something else.
    pub force: bool,
    /// Do everything but the writing.
    pub dry_run: bool,
}

/// What became of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It is there now.
    Copied,
    /// It was there before.
    Identical,
    /// Its tag leads to something else, which was left alone.
    Differs,
}

/// A contract with everything it leads to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Every contract, what it needs before it.
    pub contracts: Vec<MirroredContract>,
    /// What cannot be resolved; nothing is copied then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unresolved: Vec<String>,
    /// Entries of `registries` in the config file that let the copies stand in for the originals; none where the copies
    /// refer to each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registries: Vec<MirrorEntry>,
}

/// One contract of the closure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MirroredContract {
    /// Where it came from.
    pub from: String,
    /// Where it is.
    pub to: String,
    /// What became of it.
    pub status: Status,
}

/// An entry of `registries` in the config file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MirrorEntry {
    /// The registry that is mirrored.
    pub prefix: String,
    /// Where it is.
    pub location: String,
}

/// One contract, where it is and where it goes.
struct Item<'a> {
    source: Store<'a>,
    /// What it is called.
    from: String,
    /// Registry of the source, as references name it; none for an image layout.
    registry: Option<String>,
    target: Store<'a>,
    /// The reference of the copy's repository.
    to: String,
    /// Its version.
    version_name: String,
    /// Its tag at the target; without one it is found by its digest.
    tag: Option<String>,
    digest: String,
}

impl Item<'_> {
    /// Tag or digest at the target.
    fn at(&self) -> &str {
        self.tag.as_deref().unwrap_or(&self.digest)
    }

    /// As [`at`](Self::at). What is rewritten has another digest, so it needs a tag.
    fn named(&self, is_rewritten: bool) -> &str {
        if is_rewritten { self.tag.as_deref().unwrap_or(&self.version_name) } else { self.at() }
    }
}

/// Where copies go.
enum Target {
    Registry(OciReference),
    Layout(String),
}

/// Copies the closure of a contract. `tick` is called with the number of contracts, once for each that is done.
///
/// # Errors
/// [`AppError`]: the contract cannot be read, or a registry has no answer.
pub fn run(context: &Context, options: &Options, tick: &dyn Fn(usize)) -> Result<Outcome, AppError> {
    let target = target(options)?;
    if let Target::Registry(oci) = &target {
        context.sources.registries.trust(&Reference::Oci(oci.clone()));
    }
    let root = load(context, &options.source, &Overrides::default(), Scope::Named)?;
    if matches!(root.origin, Origin::Directory(_)) {
        let got = shown(&options.source);
        return Err(AppError::Usage(format!("mirror requires an OCI reference (oci://...): got {got:?}")));
    }
    let edges = GraphOptions { references: true, only_references: false };
    let graph = graph::resolve_pinned(context, &root, (&options.source, edges), &Pins::none());
    let cut = |edge: &pacto_engine::graph::Edge| edge.closes_cycle.is_some();
    let unresolved = graph.unresolved().filter(|(_, edge, _)| !cut(edge));
    let unresolved: BTreeSet<String> = unresolved
        .map(|(service, edge, error)| {
            format!("{}, which {} needs: {error}", edge.need.reference, service.name)
        })
        .collect();
    let mut outcome = Outcome {
        dry_run: options.dry_run,
        contracts: Vec::new(),
        unresolved: unresolved.into_iter().collect(),
        registries: Vec::new(),
    };
    if !outcome.unresolved.is_empty() {
        return Ok(outcome);
    }
    let order = needs_first(&graph.services);
    let mut items: BTreeMap<ServiceId, Item<'_>> = BTreeMap::new();
    for (id, service) in graph.services.iter().enumerate() {
        items.insert(id, item(context, &options.source, service, &target)?);
    }
    let plan = Plan { context, options, graph: &graph, items: &items, order: &order };
    // A tag that leads to something else stops everything before anything is written.
    let looked = plan.carry_out(true, &|_| {})?;
    let is_blocked = looked.values().any(|status| *status == Status::Differs);
    outcome.dry_run |= is_blocked;
    let statuses = if outcome.dry_run { looked } else { plan.carry_out(false, tick)? };
    for id in &order {
        if let (Some(item), Some(status)) = (items.get(id), statuses.get(id)) {
            outcome.contracts.push(MirroredContract {
                from: item.from.clone(),
                to: item.target.reference(item.named(options.rewrite)),
                status: *status,
            });
        }
    }
    if !options.rewrite {
        let registries: BTreeSet<&String> =
            items.values().filter_map(|item| item.registry.as_ref()).collect();
        outcome.registries =
            registries.into_iter().map(|registry| entry(context, registry, &target)).collect();
    }
    Ok(outcome)
}

/// What is to be copied, and how.
struct Plan<'a> {
    context: &'a Context,
    options: &'a Options,
    graph: &'a Graph,
    items: &'a BTreeMap<ServiceId, Item<'a>>,
    /// What is needed comes first.
    order: &'a [ServiceId],
}

impl Plan<'_> {
    fn carry_out(
        &self,
        dry_run: bool,
        tick: &dyn Fn(usize),
    ) -> Result<BTreeMap<ServiceId, Status>, AppError> {
        if !self.options.rewrite {
            let wanted = (self.options.force, dry_run);
            let tick = || tick(self.order.len());
            return self.context.sources.registries.block_on(copied(self.items, wanted, &tick));
        }
        let mut copies: BTreeMap<ServiceId, String> = BTreeMap::new();
        let mut statuses = BTreeMap::new();
        // Two versions of one service may need one tag.
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for id in self.order {
            let (Some(item), Some(service)) = (self.items.get(id), self.graph.services.get(*id)) else {
                continue;
            };
            let (mut status, digest) = rewritten(self, dry_run, item, service, &copies)?;
            let place = item.target.reference(item.named(true));
            if taken.insert(place, digest.clone()).is_some_and(|other| other != digest) {
                status = Status::Differs;
            }
            copies.insert(*id, digest);
            statuses.insert(*id, status);
            tick(self.order.len());
        }
        Ok(statuses)
    }
}

/// Copies everything at once, and the root when all it needs is there.
async fn copied(
    items: &BTreeMap<ServiceId, Item<'_>>,
    wanted: (bool, bool),
    tick: &dyn Fn(),
) -> Result<BTreeMap<ServiceId, Status>, AppError> {
    const ROOT: ServiceId = 0;
    let one = async |id: ServiceId, item: &Item<'_>| {
        let copied = copy(&item.source, &item.digest, (&item.target, item.at()), wanted).await;
        (id, copied)
    };
    let mut statuses = BTreeMap::new();
    let mut waiting: FuturesUnordered<_> = items.range(ROOT + 1..).map(|(id, item)| one(*id, item)).collect();
    while let Some((id, copied)) = waiting.next().await {
        statuses.insert(id, status(copied?));
        tick();
    }
    if let Some(item) = items.get(&ROOT) {
        statuses.insert(ROOT, status(one(ROOT, item).await.1?));
        tick();
    }
    Ok(statuses)
}

fn status(copied: Copied) -> Status {
    match copied {
        Copied::Copied => Status::Copied,
        Copied::Identical => Status::Identical,
        Copied::Differs => Status::Differs,
    }
}

fn target(options: &Options) -> Result<Target, AppError> {
    let refuse = |why: &str| AppError::Usage(format!("{:?}: {why}", shown(&options.target)));
    match Reference::parse(&options.target) {
        Ok(Reference::Oci(oci)) if oci.tag.is_none() && oci.digest.is_none() => Ok(Target::Registry(oci)),
        Ok(Reference::Layout(layout)) if layout.tag.is_none() && layout.digest.is_none() => {
            if options.rewrite {
                return Err(refuse("contracts cannot refer into an image layout; mirror without --rewrite"));
            }
            Ok(Target::Layout(layout.directory))
        }
        Ok(Reference::Local(_)) => {
            Err(refuse("mirror copies to oci://registry/path or oci-layout:///directory"))
        }
        Ok(_) => Err(refuse("name a path without a tag; every contract keeps its own")),
        Err(error) => Err(refuse(&error.to_string())),
    }
}

/// How a registry is found at its copy.
fn entry(context: &Context, registry: &str, target: &Target) -> MirrorEntry {
    let location = match target {
        Target::Registry(oci) => format!("{}/{}", oci.repository_path(), folder_of(registry)),
        Target::Layout(directory) => {
            let place = normalize(&context.directory.join(directory).join(folder_of(registry)));
            format!("oci-layout:{}", place.display())
        }
    };
    MirrorEntry { prefix: registry.to_owned(), location }
}

/// A registry as a part of a repository, which holds no `:`.
fn folder_of(registry: &str) -> String {
    registry.replace([':', '[', ']'], "-").to_lowercase()
}

fn item<'a>(
    context: &'a Context,
    root: &str,
    service: &GraphService,
    target: &Target,
) -> Result<Item<'a>, AppError> {
    let registries = &context.sources.registries;
    let written = service.reference().unwrap_or(root);
    let reference = Reference::parse(written)
        .map_err(|error| AppError::Usage(format!("{:?}: {error}", shown(written))))?;
    let Origin::Registry(identity) = &service.resolved.origin else {
        return Err(AppError::Usage(format!("{written} is a contract of this machine")));
    };
    let (source, registry, path) = match &reference {
        Reference::Oci(oci) => match registries.place(oci)? {
            Place::Store(store) => (
                store,
                Some(oci.registry.clone()),
                format!("{}/{}", folder_of(&oci.registry), oci.repository),
            ),
            Place::Folder(folder) => {
                let message =
                    format!("{oci} is the folder {} here, which has no artifacts", folder.display());
                return Err(AppError::Usage(message));
            }
        },
        Reference::Layout(layout) if is_service_name(&service.name) => {
            (registries.layout("", layout), None, service.name.clone())
        }
        Reference::Layout(_) => {
            let name = shown(&service.name);
            return Err(AppError::Usage(format!("service name {name:?} cannot be a repository")));
        }
        Reference::Local(_) => {
            return Err(AppError::Usage(format!("{written} is a contract of this machine")));
        }
    };
    let (tag, digest) = context.sources.pulled_as(identity).unwrap_or_default();
    // What is wanted by its digest is there by its digest; its tag may mean something else by now.
    let is_pinned = match &reference {
        Reference::Oci(oci) => oci.digest.is_some(),
        Reference::Layout(layout) => layout.digest.is_some(),
        Reference::Local(_) => false,
    };
    let version_name = pacto_contract::LenientVersion::tag_of(service.version());
    let tag = tag.filter(|_| !is_pinned);
    let (target, to) = match target {
        Target::Registry(oci) => {
            let text = format!("{}/{path}", oci.repository_path());
            let copy = OciReference::parse(&text)
                .map_err(|error| AppError::Usage(format!("{text} cannot be a repository: {error}")))?;
            match registries.place(&copy)? {
                Place::Store(store) => (store, format!("oci://{text}")),
                Place::Folder(_) => {
                    return Err(AppError::Usage(format!("{text} is a folder here, which is not pushed to")));
                }
            }
        }
        Target::Layout(directory) => {
            let place = context.directory.join(directory).join(&path);
            let text = format!("oci-layout://{directory}/{path}");
            (Store::Layout(Layout::new(place, text.clone())), text)
        }
    };
    Ok(Item { source, from: identity.clone(), registry, target, to, version_name, tag, digest })
}

/// Services so that each comes after what it needs; where they need each other, in the order of the graph.
fn needs_first(services: &[GraphService]) -> Vec<ServiceId> {
    let mut order = Vec::with_capacity(services.len());
    let mut seen = BTreeSet::new();
    // Each entry is a service, and how many of its edges were followed.
    let mut stack: Vec<(ServiceId, usize)> = Vec::new();
    for start in 0..services.len() {
        if seen.insert(start) {
            stack.push((start, 0));
        }
        while let Some((id, next)) = stack.last_mut() {
            let edge = services.get(*id).and_then(|service| service.edges.get(*next));
            *next += 1;
            match edge {
                Some(edge) => {
                    if let Some(to) = edge.leads_to().filter(|to| seen.insert(*to)) {
                        stack.push((to, 0));
                    }
                }
                None => {
                    order.push(*id);
                    stack.pop();
                }
            }
        }
    }
    order
}

/// Pushes a contract that refers to the copies.
fn rewritten(
    plan: &Plan<'_>,
    dry_run: bool,
    item: &Item<'_>,
    service: &GraphService,
    copies: &BTreeMap<ServiceId, String>,
) -> Result<(Status, String), AppError> {
    let Plan { context, options, items, .. } = plan;
    let contract = &service.resolved.document.contract;
    let mut overrides = Overrides::default();
    let mut set = |path: String, reference: &str| -> Result<(), AppError> {
        let edge = service.edges.iter().find(|edge| edge.need.reference == reference);
        let Some(id) = edge.and_then(pacto_engine::graph::Edge::leads_to) else { return Ok(()) };
        let Some(copy) = items.get(&id) else { return Ok(()) };
        let version = match Reference::parse(reference) {
            Ok(Reference::Oci(oci)) if oci.digest.is_some() => match copies.get(&id) {
                Some(digest) => format!("@{digest}"),
                None => format!(":{}", copy.named(true)),
            },
            Ok(Reference::Oci(oci)) if oci.tag.is_some() => format!(":{}", copy.named(true)),
            _ => String::new(),
        };
        overrides.add_set_string(&format!("{path}={}{version}", copy.to))?;
        Ok(())
    };
    for (index, dependency) in contract.dependencies.iter().enumerate() {
        set(format!("dependencies[{index}].ref"), &dependency.reference)?;
    }
    for (index, entry) in contract.configurations.iter().enumerate() {
        if let Some(reference) = &entry.reference {
            set(contract.configurations.pointer(index).key("ref").to_string(), reference)?;
        }
    }
    for (index, entry) in contract.policies.iter().enumerate() {
        if let Some(reference) = &entry.reference {
            set(contract.policies.pointer(index).key("ref").to_string(), reference)?;
        }
    }
    let (document, bundle) = changed(service, &overrides)?;
    let artifact = Artifact::new(&bundle, &document.contract)
        .map_err(|source| AppError::File { path: item.to.clone().into(), source })?;
    let status = context.sources.registries.block_on(async {
        match item.target.head(item.named(true)).await? {
            Some(digest) if digest == artifact.digest => return Ok(Status::Identical),
            Some(_) if !options.force => return Ok(Status::Differs),
            _ => {}
        }
        if !dry_run {
            item.target.push(&artifact, item.named(true)).await?;
        }
        Ok::<_, AppError>(Status::Copied)
    })?;
    Ok((status, artifact.digest))
}

/// The contract with its changes, and its files but for the lock, which is about the originals.
fn changed(service: &GraphService, overrides: &Overrides) -> Result<(ContractDocument, Bundle), AppError> {
    let source = &service.resolved.document.source;
    let parsed = ContractDocument::parse_with(source.name(), source.text().as_bytes(), overrides)?;
    let document = parsed
        .map_err(|failure| AppError::Contract { path: service.name.clone(), failure: Box::new(failure) })?;
    let mut bundle = Bundle::default();
    let fail = |error: pacto_contract::BundleError| AppError::Usage(error.to_string());
    for (path, content) in service.resolved.bundle.iter() {
        if path == LOCK_FILE && !overrides.is_empty() {
            continue;
        }
        let content = if path == CONTRACT_FILE { document.source.text().as_bytes() } else { content };
        bundle.insert(path, content.to_vec()).map_err(fail)?;
    }
    Ok((document, bundle))
}
