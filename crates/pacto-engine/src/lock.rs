//! `pacto.lock`: which contracts a contract was resolved to, by digest.
//!
//! [`build`] makes a lock from a resolved graph, [`Pins`] answer what a reference was locked to, and
//! [`LockFile`] says what is wrong with a lock, or between it and a contract.

mod check;
mod file;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pacto_contract::reference::Digest;
use pacto_contract::{Code, Diagnostic, Pointer, Reference};
use serde::{Deserialize, Serialize};

use crate::graph::{Edge, EdgeKind, Graph, GraphService};
use crate::library::{Origin, Request, is_fixed};

pub use file::LockFile;

/// Name of the file, beside `pacto.yaml`.
pub const LOCK_FILE: &str = "pacto.lock";
/// The format that is read and written.
pub const LOCK_VERSION: u32 = 3;

/// The content of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// [`LOCK_VERSION`].
    pub lock_version: u32,
    /// Which program wrote it.
    pub pacto: Writer,
    /// The contract that it belongs to.
    pub root: Root,
    /// Every dependency of the closure, by name.
    #[serde(default)]
    pub dependencies: Vec<LockedDependency>,
    /// Every configuration and policy of the closure that is a reference.
    #[serde(default)]
    pub references: Vec<LockedReference>,
}

/// The program that wrote a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Its version.
    pub version: String,
}

/// The contract that a lock belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// `service.name`.
    pub name: String,
    /// `service.version`.
    pub version: String,
}

/// Where a contract is and what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Registry or machine.
    pub source: LockSource,
    /// The reference as declared, for `source: oci`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The directory, seen from that of the lock, for `source: local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Where a contract is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LockSource {
    /// A registry or an image layout.
    Oci,
    /// A directory.
    Local,
}

/// What a contract was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// The tag in a registry, else the version of the contract.
    pub version: String,
    /// Digest of the manifest, for `source: oci`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Digest of the packed files, for `source: local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
}

/// A dependency of the closure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockedDependency {
    /// Its name, as declared or by default.
    pub name: String,
    /// Where it is.
    #[serde(flatten)]
    pub target: Target,
    /// The version constraint as declared.
    #[serde(default)]
    pub constraint: String,
    /// What it was.
    #[serde(flatten)]
    pub pin: Pin,
    /// Names of its own dependencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
}

/// What a reference is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceKind {
    /// `configurations[].ref`.
    Config,
    /// `policies[].ref`.
    Policy,
}

/// A configuration or policy of the closure that is a reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockedReference {
    /// Which contract declares it: `oci:<digest>` or `local:<hash>`; the root without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it is for.
    pub kind: ReferenceKind,
    /// Its name in that contract.
    pub name: String,
    /// Where it is.
    #[serde(flatten)]
    pub target: Target,
    /// What it was.
    #[serde(flatten)]
    pub pin: Pin,
}

impl Pin {
    /// The name of the contract in `from`.
    fn identity(&self) -> String {
        match (&self.digest, &self.content_hash) {
            (Some(digest), _) => format!("oci:{digest}"),
            (None, Some(hash)) => format!("local:{hash}"),
            (None, None) => String::new(),
        }
    }
}

/// What references are locked to, to be looked up.
#[derive(Debug, Clone)]
pub struct Pins {
    /// Of the contract that the lock lies beside.
    root: Origin,
    /// By reference as it is written beside the lock, and constraint; what is fixed, or no dependency, has none.
    fixed: HashMap<(Reference, Option<String>), Pin>,
}

impl Pins {
    /// Nothing is locked.
    pub fn none() -> Self {
        Self { root: Origin::Directory(String::new()), fixed: HashMap::new() }
    }

    /// The request for the tag and the digest that another one is locked to.
    pub fn fixed(&self, request: &Request) -> Option<Request> {
        if self.fixed.is_empty() {
            return None;
        }
        let written = seen_from(&self.root, &Origin::Directory(request.base.clone()), &request.reference);
        let pin = self.fixed.get(&(written, request.constraint.clone()))?;
        let reference = pinned(&request.reference, pin)?;
        Some(Request { base: request.base.clone(), reference, constraint: None })
    }

    /// Whether a reference of a contract from `origin` is locked.
    pub fn has(&self, origin: &Origin, reference: &Reference, constraint: Option<&str>) -> bool {
        let constraint = constraint.filter(|_| !is_fixed(reference)).map(str::to_owned);
        self.fixed.contains_key(&(seen_from(&self.root, origin, reference), constraint))
    }
}

impl Lock {
    /// What references are locked to, for the contract from `root`.
    pub fn pins(&self, root: &Origin) -> Pins {
        let mut pins = Pins { root: root.clone(), fixed: HashMap::new() };
        let dependencies =
            self.dependencies.iter().map(|entry| (&entry.target, &entry.pin, Some(entry.constraint.clone())));
        let references = self.references.iter().map(|entry| (&entry.target, &entry.pin, None));
        for (target, pin, constraint) in dependencies.chain(references) {
            let Some(written) = target.reference.as_deref().and_then(|text| Reference::parse(text).ok())
            else {
                continue;
            };
            let constraint = constraint.filter(|_| !is_fixed(&written));
            if pinned(&written, pin).is_some() {
                let written = seen_from(root, root, &written);
                pins.fixed.entry((written, constraint)).or_insert_with(|| pin.clone());
            }
        }
        pins
    }

    /// The same without what is to be resolved anew: the dependency or reference `name`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        // What is the same under another name goes with it, or it would hold it where it is.
        let dependencies =
            self.dependencies.iter().filter(|entry| entry.name == name).map(|entry| &entry.target);
        let references = self.references.iter().filter(|entry| entry.name == name).map(|entry| &entry.target);
        let gone: BTreeSet<Target> = dependencies.chain(references).cloned().collect();
        self.dependencies.retain(|entry| !gone.contains(&entry.target));
        self.references.retain(|entry| !gone.contains(&entry.target));
        self
    }

    /// Whether something has this name.
    pub fn names(&self, name: &str) -> bool {
        self.dependencies.iter().any(|entry| entry.name == name)
            || self.references.iter().any(|entry| entry.name == name)
    }
}

/// A reference of a contract from `origin` as it is written beside the lock: what a path means depends on who writes it.
fn seen_from(root: &Origin, origin: &Origin, reference: &Reference) -> Reference {
    let mut seen = reference.clone();
    if let Reference::Layout(layout) = &mut seen
        && !layout.directory.starts_with('/')
        && let Origin::Directory(base) = origin
    {
        let there = Origin::Directory(joined(base, &layout.directory));
        layout.directory = path_from(root, &there).unwrap_or_default();
    }
    seen
}

/// `path` seen from `base`, without `.` and `..` where that can be.
fn joined(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// `written` with the tag and the digest of `pin`.
fn pinned(written: &Reference, pin: &Pin) -> Option<Reference> {
    let digest = Digest::parse(pin.digest.as_deref()?).ok().filter(Digest::is_complete)?;
    let mut fixed = written.clone();
    let (tag, place) = match &mut fixed {
        Reference::Oci(oci) => (&mut oci.tag, &mut oci.digest),
        Reference::Layout(layout) => (&mut layout.tag, &mut layout.digest),
        Reference::Local(_) => return None,
    };
    tag.get_or_insert_with(|| pin.version.clone());
    *place = Some(digest);
    Some(fixed)
}

/// Where a service is: for `source: local` the path, and what it was.
pub type Described = (LockSource, String, Pin);

/// Builds the lock of a graph that was resolved with its references. `writer` is the version of this program; `describe`
/// says what a service was, or why that is not known.
///
/// # Errors
/// What cannot be locked: `LOCK_UNRESOLVED`, `LOCK_DUPLICATE_DECLARATION`, `LOCK_AMBIGUOUS_REFERENCE`.
pub fn build(
    graph: &Graph,
    writer: &str,
    describe: &dyn Fn(&GraphService) -> Result<Described, String>,
) -> Result<Lock, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut unresolved = BTreeSet::new();
    let mut described = Vec::with_capacity(graph.services.len());
    for (id, service) in graph.services.iter().enumerate() {
        // The root is what is being worked on; it is not locked itself.
        let target = if id == 0 { None } else { Some(describe(service)) };
        if let Some(Err(problem)) = &target {
            let finding = Diagnostic::new(
                Code::LockUnresolved,
                &Pointer::root(),
                format!("{}: {problem}", service.name),
            );
            problems.push(finding);
        }
        described.push(target.and_then(Result::ok));
    }
    let root_origin = graph.root().map(|root| root.resolved.origin.clone());
    let mut dependencies: BTreeMap<(String, Target, String), LockedDependency> = BTreeMap::new();
    let mut references: BTreeMap<(Option<String>, ReferenceKind, String), LockedReference> = BTreeMap::new();
    for (id, service) in graph.services.iter().enumerate() {
        problems.extend(check::declarations(&service.resolved.document));
        let from = described.get(id).and_then(Option::as_ref).map(|(_, _, pin)| pin.identity());
        for (index, edge) in service.edges.iter().enumerate() {
            let Some(found) = edge.leads_to().and_then(|to| Some((to, described.get(to)?.as_ref()?))) else {
                // What many need is said once, where it is needed first.
                if edge.leads_to() != Some(0) && unresolved.insert(edge.need.reference.clone()) {
                    problems.push(check::unresolved(service, index, edge));
                }
                continue;
            };
            let (to, (source, place, pin)) = found;
            let seen = |reference: &Reference| match &root_origin {
                Some(root) => seen_from(root, &service.resolved.origin, reference),
                None => reference.clone(),
            };
            let target = target(*source, place, edge, seen);
            if edge.kind == EdgeKind::Dependency {
                let entry = LockedDependency {
                    name: edge.need.name().to_owned(),
                    constraint: edge.constraint.to_string(),
                    target,
                    pin: pin.clone(),
                    depends_on: graph.services.get(to).map(names_of_dependencies).unwrap_or_default(),
                };
                let key = (entry.name.clone(), entry.target.clone(), entry.constraint.clone());
                dependencies.insert(key, entry);
                continue;
            }
            for (kind, name) in declared(service, &edge.need.reference) {
                let (target, pin, from) = (target.clone(), pin.clone(), from.clone());
                let key = (from.clone(), kind, name.clone());
                references.insert(key, LockedReference { from, kind, name, target, pin });
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let root = graph.root();
    Ok(Lock {
        lock_version: LOCK_VERSION,
        pacto: Writer { version: writer.to_owned() },
        root: Root {
            name: root.map(|root| root.name.clone()).unwrap_or_default(),
            version: root.map(|root| root.version().to_owned()).unwrap_or_default(),
        },
        dependencies: dependencies.into_values().collect(),
        references: references.into_values().collect(),
    })
}

fn target(source: LockSource, place: &str, edge: &Edge, seen: impl Fn(&Reference) -> Reference) -> Target {
    let written = &edge.need.reference;
    match source {
        LockSource::Oci => {
            let layout =
                Reference::parse(written).ok().filter(|parsed| matches!(parsed, Reference::Layout(_)));
            let reference = layout.map_or_else(|| written.clone(), |layout| seen(&layout).to_string());
            Target { source, reference: Some(reference), path: None }
        }
        LockSource::Local => Target { source, reference: None, path: Some(place.to_owned()) },
    }
}

fn names_of_dependencies(service: &GraphService) -> Vec<String> {
    let dependencies = service.edges.iter().filter(|edge| edge.kind == EdgeKind::Dependency);
    let mut names: Vec<_> = dependencies.map(|edge| edge.need.name().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

/// Configurations and policies of a contract that are this reference.
fn declared(service: &GraphService, reference: &str) -> Vec<(ReferenceKind, String)> {
    let contract = &service.resolved.document.contract;
    let is_it = |written: &Option<String>| written.as_deref() == Some(reference);
    let configurations = contract.configurations.iter().filter(|entry| is_it(&entry.reference));
    let policies = contract.policies.iter().filter(|entry| is_it(&entry.reference));
    configurations
        .map(|entry| (ReferenceKind::Config, entry.name.clone()))
        .chain(policies.map(|entry| (ReferenceKind::Policy, entry.name.clone())))
        .collect()
}

/// The directory of a contract of this machine, seen from the directory of the lock: with `..` where needed, `/` between
/// the parts. `None` for what came from elsewhere.
pub fn path_from(root: &Origin, other: &Origin) -> Option<String> {
    let (Origin::Directory(root), Origin::Directory(other)) = (root, other) else { return None };
    let parts = |path: &str| -> Vec<String> {
        path.split(['/', '\\']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (root, mut other) = (parts(root), parts(other));
    let common = root.iter().zip(&other).take_while(|(left, right)| left == right).count();
    let mut path = vec!["..".to_owned(); root.len() - common];
    path.extend(other.split_off(common));
    Some(if path.is_empty() { ".".to_owned() } else { path.join("/") })
}
