//! What is wrong with a lock, or between it and contracts.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::{Code, ContractDocument, Diagnostic, LenientVersion, Pointer, Reference, VersionRange};

use super::{
    Lock, LockFile, LockSource, LockedDependency, LockedReference, Pin, ReferenceKind, Target, joined,
};
use crate::graph::{Edge, EdgeKind, GraphService};
use crate::library::{Origin, is_fixed};

const RUN_LOCK: &str = "run `pacto lock`";

/// Declarations of a contract that a lock could not tell apart.
pub(super) fn declarations(document: &ContractDocument) -> Vec<Diagnostic> {
    let contract = &document.contract;
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, dependency) in contract.dependencies.iter().enumerate() {
        if !seen.insert((dependency.name(), dependency.reference.as_str())) {
            let pointer = Pointer::root().key("dependencies").index(index);
            let message = format!("dependency {:?} is declared twice", dependency.name());
            findings.push(document.finding(Code::LockDuplicateDeclaration, &pointer, message));
        }
    }
    let mut names = BTreeSet::new();
    for (index, entry) in contract.configurations.iter().enumerate() {
        if entry.reference.is_some() && !names.insert((ReferenceKind::Config, entry.name.as_str())) {
            let message = format!("two configurations are called {:?}", entry.name);
            let pointer = contract.configurations.pointer(index);
            findings.push(document.finding(Code::LockAmbiguousReference, &pointer, message));
        }
    }
    for (index, entry) in contract.policies.iter().enumerate() {
        if entry.reference.is_some() && !names.insert((ReferenceKind::Policy, entry.name.as_str())) {
            let message = format!("two policies are called {:?}", entry.name);
            let pointer = contract.policies.pointer(index);
            findings.push(document.finding(Code::LockAmbiguousReference, &pointer, message));
        }
    }
    findings
}

/// An edge without a contract cannot be locked.
pub(super) fn unresolved(service: &GraphService, index: usize, edge: &Edge) -> Diagnostic {
    let document = &service.resolved.document;
    let pointer = match edge.kind {
        EdgeKind::Dependency => Pointer::root().key("dependencies").index(index).key("ref"),
        EdgeKind::Reference => Pointer::root(),
    };
    let problem = edge.target.as_ref().err().map_or("it cannot be described", String::as_str);
    document.finding(Code::LockUnresolved, &pointer, format!("{}: {problem}", edge.need.reference))
}

impl LockFile {
    /// What the file says twice, in two ways, or against itself.
    pub fn consistency(&self) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let mut pins: BTreeMap<(&Target, &str), &Pin> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (index, entry) in self.lock.dependencies.iter().enumerate() {
            let pointer = Pointer::root().key("dependencies").index(index);
            let shown = format!("dependency {:?}", entry.name);
            let mut say = |code: Code, message: String| findings.push(self.finding(code, &pointer, message));
            if !seen.insert((&entry.name, &entry.target, &entry.constraint)) {
                say(Code::LockDuplicateDeclaration, format!("{shown} is locked twice"));
            }
            match pins.insert((&entry.target, &entry.constraint), &entry.pin) {
                Some(other) if *other != entry.pin => {
                    let message = format!(
                        "{shown} is locked to {}, and to {}",
                        shown_pin(other),
                        shown_pin(&entry.pin)
                    );
                    say(Code::LockConflict, message);
                }
                _ => {}
            }
            if is_outside(&entry.target, &entry.constraint, &entry.pin) {
                let message =
                    format!("{shown} is locked to {}, outside of {}", entry.pin.version, entry.constraint);
                say(Code::LockConflict, message);
            }
        }
        let mut names = BTreeSet::new();
        for (index, entry) in self.lock.references.iter().enumerate() {
            if !names.insert((&entry.from, entry.kind, &entry.name)) {
                let pointer = Pointer::root().key("references").index(index);
                let message = format!("{} is locked twice", shown_reference(entry));
                findings.push(self.finding(Code::LockAmbiguousReference, &pointer, message));
            }
        }
        findings
    }

    /// What the contract of this lock refers to in registries and the lock does not name. `is_root` says whether it is
    /// the contract that the lock belongs to.
    pub fn missing(&self, document: &ContractDocument, root: &Origin) -> Vec<Diagnostic> {
        let contract = &document.contract;
        let pins = self.lock.pins(root);
        let Origin::Directory(directory) = root else { return Vec::new() };
        let targets = self.lock.dependencies.iter().map(|entry| &entry.target);
        let targets = targets.chain(self.lock.references.iter().map(|entry| &entry.target));
        let paths: BTreeSet<String> =
            targets.filter_map(|target| Some(joined(directory, target.path.as_deref()?))).collect();
        let is_locked = |reference: &str, constraint: Option<&str>| match Reference::parse(reference) {
            Ok(Reference::Local(path)) if path.starts_with('/') => paths.contains(&joined("", &path)),
            Ok(Reference::Local(path)) => paths.contains(&joined(directory, &path)),
            Ok(reference) => pins.has(root, &reference, constraint),
            Err(_) => true,
        };
        let mut findings = Vec::new();
        let (own, name) = (&self.lock.root.name, &contract.service.name);
        if own != name {
            let pointer = Pointer::root().key("root").key("name");
            let message = format!("the lock is that of {own:?}, not of {name:?}");
            findings.push(self.finding(Code::LockStale, &pointer, message).with_help(RUN_LOCK));
        }
        let mut say = |pointer: &Pointer, message: String| {
            findings.push(document.finding(Code::LockStale, pointer, message).with_help(RUN_LOCK));
        };
        for (index, dependency) in contract.dependencies.iter().enumerate() {
            if !is_locked(&dependency.reference, Some(&dependency.compatibility)) {
                let pointer = Pointer::root().key("dependencies").index(index).key("ref");
                let (reference, constraint) = (&dependency.reference, &dependency.compatibility);
                say(&pointer, format!("{reference} ({constraint}) is not in pacto.lock"));
            }
        }
        let configurations = contract.configurations.iter().enumerate();
        let configurations = configurations.map(|(index, entry)| {
            (contract.configurations.pointer(index).key("ref"), entry.reference.as_deref())
        });
        let policies = contract.policies.iter().enumerate();
        let policies = policies
            .map(|(index, entry)| (contract.policies.pointer(index).key("ref"), entry.reference.as_deref()));
        for (pointer, reference) in configurations.chain(policies) {
            if let Some(reference) = reference.filter(|reference| !is_locked(reference, None)) {
                say(&pointer, format!("{reference} is not in pacto.lock"));
            }
        }
        findings
    }

    /// Contracts of this machine whose content is not what was locked. `hash` gives the content of a path, where there is
    /// one.
    pub fn drift(&self, hash: impl Fn(&str) -> Option<String>) -> Vec<Diagnostic> {
        let dependencies = self.lock.dependencies.iter().enumerate();
        let dependencies =
            dependencies.map(|(index, entry)| ("dependencies", index, &entry.target, &entry.pin));
        let references = self.lock.references.iter().enumerate();
        let references = references.map(|(index, entry)| ("references", index, &entry.target, &entry.pin));
        let mut findings = Vec::new();
        for (list, index, target, pin) in dependencies.chain(references) {
            let (LockSource::Local, Some(path)) = (target.source, &target.path) else { continue };
            let found = hash(path);
            if found == pin.content_hash {
                continue;
            }
            let message = match found {
                Some(_) => format!("{path} was changed after it was locked"),
                None => format!("{path}, which is locked, is not a contract any more"),
            };
            let pointer = Pointer::root().key(list).index(index);
            findings.push(self.finding(Code::LockLocalDrift, &pointer, message).with_help(RUN_LOCK));
        }
        findings
    }

    /// Tags that do not lead to what was locked. `head` gives the digest behind a reference, `None` when it is gone.
    pub fn moved(&self, head: impl Fn(&str, &Pin) -> Option<String>) -> Vec<Diagnostic> {
        let dependencies = self.lock.dependencies.iter().enumerate();
        let dependencies = dependencies
            .map(|(index, entry)| ("dependencies", index, &entry.name, &entry.target, &entry.pin));
        let references = self.lock.references.iter().enumerate();
        let references =
            references.map(|(index, entry)| ("references", index, &entry.name, &entry.target, &entry.pin));
        let mut findings = Vec::new();
        for (list, index, name, target, pin) in dependencies.chain(references) {
            let (Some(reference), Some(digest)) = (&target.reference, &pin.digest) else { continue };
            let (code, message) = match head(reference, pin) {
                Some(found) if found == *digest => continue,
                Some(found) => {
                    let message =
                        format!("{reference} {} was locked at {digest} and is {found} now", pin.version);
                    (Code::LockDigestMismatch, message)
                }
                None => (Code::LockUnresolved, format!("{reference} {} is not there any more", pin.version)),
            };
            let pointer = Pointer::root().key(list).index(index);
            let help = format!("to take what is there now, run `pacto lock --update {name}`");
            findings.push(self.finding(code, &pointer, message).with_help(help));
        }
        findings
    }

    /// What a lock that was made now has and this one has not, and the other way round.
    pub fn differences(&self, fresh: &Lock) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let mut say = |pointer: &Pointer, message: String| {
            findings.push(self.finding(Code::LockStale, pointer, message).with_help(RUN_LOCK));
        };
        if self.lock.root.name != fresh.root.name {
            let message =
                format!("the lock is that of {:?}, not of {:?}", self.lock.root.name, fresh.root.name);
            say(&Pointer::root().key("root").key("name"), message);
        }
        let is_drift = |target: &Target| {
            let dependencies = self.lock.dependencies.iter().map(|entry| &entry.target);
            let mut known = dependencies.chain(self.lock.references.iter().map(|entry| &entry.target));
            // What changed in a contract of this machine is said by `drift`.
            target.source == LockSource::Local && known.any(|other| other == target)
        };
        // The same need with another content: `moved` says that.
        let is_moved = |entry: &LockedDependency| {
            let same = |known: &LockedDependency| {
                let is_same = (&known.name, &known.target, &known.constraint, &known.depends_on)
                    == (&entry.name, &entry.target, &entry.constraint, &entry.depends_on);
                is_same && known.pin.version == entry.pin.version
            };
            self.lock.dependencies.iter().any(same)
        };
        let changed = fresh.dependencies.iter().filter(|entry| !self.lock.dependencies.contains(entry));
        for entry in changed.filter(|entry| !is_drift(&entry.target) && !is_moved(entry)) {
            say(
                &Pointer::root().key("dependencies"),
                format!("dependency {:?} is not locked as it is", entry.name),
            );
        }
        for (index, entry) in self.lock.dependencies.iter().enumerate() {
            let is_known =
                |fresh: &LockedDependency| (&fresh.name, &fresh.target) == (&entry.name, &entry.target);
            if !fresh.dependencies.iter().any(is_known) {
                let pointer = Pointer::root().key("dependencies").index(index);
                say(&pointer, format!("nothing needs dependency {:?} any more", entry.name));
            }
        }
        let changed = fresh.references.iter().filter(|entry| !self.lock.references.contains(entry));
        for entry in changed.filter(|entry| !is_drift(&entry.target)) {
            say(
                &Pointer::root().key("references"),
                format!("{} is not locked as it is", shown_reference(entry)),
            );
        }
        for (index, entry) in self.lock.references.iter().enumerate() {
            if !fresh.references.iter().any(|fresh| (fresh.kind, &fresh.name) == (entry.kind, &entry.name)) {
                let pointer = Pointer::root().key("references").index(index);
                say(&pointer, format!("nothing needs {} any more", shown_reference(entry)));
            }
        }
        findings
    }
}

/// Whether a version that the constraint was free to choose is not one that it allows.
fn is_outside(target: &Target, constraint: &str, pin: &Pin) -> bool {
    let is_free = target.reference.as_deref().and_then(|text| Reference::parse(text).ok());
    let (Some(reference), Ok(range), Ok(version)) =
        (is_free, VersionRange::parse(constraint), LenientVersion::parse_tag(&pin.version))
    else {
        return false;
    };
    !is_fixed(&reference) && !range.matches(&version)
}

fn shown_pin(pin: &Pin) -> String {
    let digest = pin.digest.as_deref().or(pin.content_hash.as_deref()).unwrap_or_default();
    format!("{} ({digest})", pin.version)
}

fn shown_reference(entry: &LockedReference) -> String {
    let kind = match entry.kind {
        ReferenceKind::Config => "configuration",
        ReferenceKind::Policy => "policy",
    };
    format!("{kind} {:?}", entry.name)
}
