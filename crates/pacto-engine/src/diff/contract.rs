//! Lines about the contract itself: identity, scaling, runtime, dependencies, interfaces.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use pacto_contract::model::{Dependency, Interface, Owner, Probe, Runtime, Scaling};
use pacto_contract::{Location, Pointer, Reference, VersionRange};
use serde_json::{Value, json};

use super::Side;
use super::change::ChangeType;
use super::draft::{CONTRACT_AREA, Draft, Section};
use super::fact::{Fact, Kind};

/// Where the value at `path` stands, if it is there.
pub(super) fn place(side: Side<'_>, pointer: &Pointer) -> Option<Location> {
    side.document.tree.find(pointer)?;
    Some(side.document.source.locate(side.document.tree.focus(pointer)))
}

pub(super) fn compare(old: Side<'_>, new: Side<'_>, drafts: &mut Vec<Draft>) {
    let mut lines = Lines { old, new, drafts };
    lines.service();
    lines.scaling();
    lines.runtime();
    lines.dependencies();
    lines.interfaces();
}

/// Reads one text of a runtime.
type ReadText = fn(&Runtime) -> &str;
/// What two versions of one dependency have in common.
type KeyOfDependency<'a> = dyn Fn(&Dependency) -> Option<String> + 'a;

struct Lines<'a> {
    old: Side<'a>,
    new: Side<'a>,
    drafts: &'a mut Vec<Draft>,
}

impl Lines<'_> {
    fn push(
        &mut self,
        section: Section,
        base: &'static str,
        kind: ChangeType,
        old: Option<Value>,
        new: Option<Value>,
    ) {
        self.push_at(section, base, kind, old, new, (&Pointer::from_path(base), &Pointer::from_path(base)));
    }

    fn push_at(
        &mut self,
        section: Section,
        base: &'static str,
        kind: ChangeType,
        old: Option<Value>,
        new: Option<Value>,
        (old_pointer, new_pointer): (&Pointer, &Pointer),
    ) {
        let draft = Draft::plain(section, base, kind, old, new);
        self.drafts.push(draft.at(place(self.old, old_pointer), place(self.new, new_pointer)));
    }

    /// A value that is there or not.
    fn optional(&mut self, section: Section, base: &'static str, old: Option<String>, new: Option<String>) {
        match (old, new) {
            (None, Some(new)) => self.push(section, base, ChangeType::Added, None, Some(json!(new))),
            (Some(old), None) => self.push(section, base, ChangeType::Removed, Some(json!(old)), None),
            (Some(old), Some(new)) if old != new => {
                self.push(section, base, ChangeType::Modified, Some(json!(old)), Some(json!(new)));
            }
            _ => {}
        }
    }

    /// A value that counts as modified also from and to nothing.
    fn plain(&mut self, section: Section, base: &'static str, old: impl Into<Value>, new: impl Into<Value>) {
        let (old, new) = (old.into(), new.into());
        if old != new {
            self.push(section, base, ChangeType::Modified, Some(old), Some(new));
        }
    }

    fn service(&mut self) {
        let (old, new) = (&self.old.document.contract.service, &self.new.document.contract.service);
        self.plain(Section::Service, "service.name", old.name.as_str(), new.name.as_str());
        self.plain(Section::Service, "service.version", old.version.as_str(), new.version.as_str());
        if old.owner != new.owner {
            let shown = |owner: &Option<Owner>| owner.as_ref().map(|owner| json!(owner.display()));
            let kind = change_type(old.owner.is_some(), new.owner.is_some());
            self.push(Section::Service, "service.owner", kind, shown(&old.owner), shown(&new.owner));
        }
        let image = |service: &pacto_contract::model::Service| {
            service.image.as_ref().map(|image| image.reference.clone())
        };
        self.optional(Section::Service, "service.image", image(old), image(new));
        let chart = |service: &pacto_contract::model::Service| {
            service.chart.as_ref().map(|chart| format!("{}:{}", chart.reference, chart.version))
        };
        self.optional(Section::Service, "service.chart", chart(old), chart(new));
    }

    fn scaling(&mut self) {
        let shown = |scaling: Scaling| match scaling {
            Scaling::Replicas(replicas) => json!(format!("replicas={replicas}")),
            Scaling::Range { min, max } => json!(format!("min={min} max={max}")),
        };
        let section = Section::Scaling;
        match (self.old.document.contract.scaling, self.new.document.contract.scaling) {
            (None, None) => {}
            (None, Some(new)) => self.push(section, "scaling", ChangeType::Added, None, Some(shown(new))),
            (Some(old), None) => self.push(section, "scaling", ChangeType::Removed, Some(shown(old)), None),
            (Some(Scaling::Replicas(old)), Some(Scaling::Replicas(new))) => {
                self.plain(section, "scaling.replicas", old, new);
            }
            (Some(Scaling::Range { min: old_min, max: old_max }), Some(Scaling::Range { min, max })) => {
                self.plain(section, "scaling.min", old_min, min);
                self.plain(section, "scaling.max", old_max, max);
            }
            (Some(old), Some(new)) => {
                self.push(section, "scaling", ChangeType::Modified, Some(shown(old)), Some(shown(new)));
            }
        }
    }

    fn runtime(&mut self) {
        let (old, new) =
            (self.old.document.contract.runtime.as_ref(), self.new.document.contract.runtime.as_ref());
        let texts: [(&'static str, ReadText); 5] = [
            ("runtime.workload", |runtime| &runtime.workload),
            ("runtime.state.type", |runtime| &runtime.state.kind),
            ("runtime.state.persistence.scope", |runtime| &runtime.state.scope),
            ("runtime.state.persistence.durability", |runtime| &runtime.state.durability),
            ("runtime.state.dataCriticality", |runtime| &runtime.state.data_criticality),
        ];
        for (base, read) in texts {
            self.plain(Section::Runtime, base, old.map_or("", read), new.map_or("", read));
        }
        let lifecycle = |runtime: Option<&Runtime>| runtime.and_then(|runtime| runtime.lifecycle.clone());
        let (old_lifecycle, new_lifecycle) = (lifecycle(old), lifecycle(new));
        let strategy = |lifecycle: &Option<pacto_contract::model::Lifecycle>| {
            lifecycle.as_ref().and_then(|lifecycle| lifecycle.upgrade_strategy.clone())
        };
        let base = "runtime.lifecycle.upgradeStrategy";
        self.optional(Section::Runtime, base, strategy(&old_lifecycle), strategy(&new_lifecycle));
        let seconds = |lifecycle: &Option<pacto_contract::model::Lifecycle>| {
            lifecycle.as_ref().and_then(|lifecycle| lifecycle.graceful_shutdown_seconds)
        };
        let (old_seconds, new_seconds) = (seconds(&old_lifecycle), seconds(&new_lifecycle));
        if old_seconds != new_seconds {
            let kind = change_type(old_seconds.is_some(), new_seconds.is_some());
            let base = "runtime.lifecycle.gracefulShutdownSeconds";
            self.push(
                Section::Runtime,
                base,
                kind,
                old_seconds.map(|s| json!(s)),
                new_seconds.map(|s| json!(s)),
            );
        }
        let health = |runtime: Option<&Runtime>| runtime.and_then(|runtime| runtime.health.clone());
        self.probe(
            health(old).as_ref(),
            health(new).as_ref(),
            ["runtime.health.interface", "runtime.health.path"],
        );
        let delay =
            |probe: Option<Probe>| probe.and_then(|probe| probe.initial_delay_seconds).unwrap_or_default();
        self.plain(
            Section::Runtime,
            "runtime.health.initialDelaySeconds",
            delay(health(old)),
            delay(health(new)),
        );
        let metrics = |runtime: Option<&Runtime>| runtime.and_then(|runtime| runtime.metrics.clone());
        self.probe(
            metrics(old).as_ref(),
            metrics(new).as_ref(),
            ["runtime.metrics.interface", "runtime.metrics.path"],
        );
    }

    fn probe(&mut self, old: Option<&Probe>, new: Option<&Probe>, [interface, path]: [&'static str; 2]) {
        let name = |probe: Option<&Probe>| probe.map(|probe| probe.interface.clone()).unwrap_or_default();
        self.plain(Section::Runtime, interface, name(old), name(new));
        let at = |probe: Option<&Probe>| probe.and_then(|probe| probe.path.clone()).unwrap_or_default();
        self.plain(Section::Runtime, path, at(old), at(new));
    }

    fn dependencies(&mut self) {
        let (old, new) = (&self.old.document.contract.dependencies, &self.new.document.contract.dependencies);
        let pairs = match_dependencies(old, new);
        let at = |index: usize| Pointer::root().key("dependencies").index(index);
        for (old_index, dependency) in old.iter().enumerate() {
            let Some(new_index) = pairs.get(old_index).copied().flatten() else {
                let value = Some(json!(dependency_label(dependency)));
                let pointers = (&at(old_index), &Pointer::root().key("dependencies"));
                self.push_at(
                    Section::Dependencies,
                    "dependencies",
                    ChangeType::Removed,
                    value,
                    None,
                    pointers,
                );
                continue;
            };
            if let Some(counterpart) = new.get(new_index) {
                self.dependency(dependency, counterpart, &at(old_index), &at(new_index));
            }
        }
        let matched: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
        for (index, dependency) in new.iter().enumerate() {
            if !matched.contains(&index) {
                let value = Some(json!(dependency_label(dependency)));
                let pointers = (&Pointer::root().key("dependencies"), &at(index));
                self.push_at(Section::Dependencies, "dependencies", ChangeType::Added, None, value, pointers);
            }
        }
    }

    fn dependency(&mut self, old: &Dependency, new: &Dependency, old_at: &Pointer, new_at: &Pointer) {
        let section = Section::Dependencies;
        let kind = ChangeType::Modified;
        let label = |dependency: &Dependency, value: &str| {
            Some(json!(format!("{}: {value}", dependency_label(dependency))))
        };
        if old.reference != new.reference {
            let (old_value, new_value) = (Some(json!(old.reference)), Some(json!(new.reference)));
            let pointers = (&old_at.key("ref"), &new_at.key("ref"));
            self.push_at(section, "dependencies.ref", kind, old_value, new_value, pointers);
        }
        if old.compatibility != new.compatibility {
            let pointers = (&old_at.key("compatibility"), &new_at.key("compatibility"));
            let (old_value, new_value) = (label(old, &old.compatibility), label(new, &new.compatibility));
            self.push_at(section, "dependencies.compatibility", kind, old_value, new_value, pointers);
            let fact = range_fact(old, new);
            if let (Some(fact), Some(draft)) = (fact, self.drafts.last_mut()) {
                draft.facts.push(fact);
            }
        }
        if old.required != new.required {
            let value =
                |dependency: &Dependency| label(dependency, &format!("required={}", dependency.required));
            let pointers = (&old_at.key("required"), &new_at.key("required"));
            self.push_at(section, "dependencies.required", kind, value(old), value(new), pointers);
        }
    }

    fn interfaces(&mut self) {
        let (old, new) = (&self.old.document.contract.interfaces, &self.new.document.contract.interfaces);
        let at = |index: usize| Pointer::root().key("interfaces").index(index);
        let section = Section::Interfaces;
        let name = |interface: &Interface| interface.name.clone();
        let (old_places, new_places) = (places(old, name), places(new, name));
        for (index, interface) in old.iter().enumerate() {
            let Some(new_index) = new_places.get(&interface.name).copied() else {
                let pointers = (&at(index), &Pointer::root().key("interfaces"));
                let value = Some(json!(interface.name));
                self.push_at(section, "interfaces", ChangeType::Removed, value, None, pointers);
                continue;
            };
            if let Some(counterpart) = new.get(new_index) {
                self.interface(interface, counterpart, &at(index), &at(new_index));
            }
        }
        for (index, interface) in new.iter().enumerate() {
            if !old_places.contains_key(&interface.name) {
                let pointers = (&Pointer::root().key("interfaces"), &at(index));
                self.push_at(
                    section,
                    "interfaces",
                    ChangeType::Added,
                    None,
                    Some(json!(interface.name)),
                    pointers,
                );
            }
        }
    }

    fn interface(&mut self, old: &Interface, new: &Interface, old_at: &Pointer, new_at: &Pointer) {
        let section = Section::Interfaces;
        let labelled =
            |interface: &Interface, value: &str| Some(json!(format!("{}: {value}", interface.name)));
        if old.kind != new.kind {
            let pointers = (&old_at.key("type"), &new_at.key("type"));
            let (old_value, new_value) = (labelled(old, &old.kind), labelled(new, &new.kind));
            self.push_at(section, "interfaces.type", ChangeType::Modified, old_value, new_value, pointers);
        }
        if old.port != new.port {
            // The original prints bare numbers, 0 for none.
            let value = |port: Option<u16>| Some(json!(port.unwrap_or_default()));
            let pointers = (&old_at.key("port"), &new_at.key("port"));
            let kind = change_type(old.port.is_some(), new.port.is_some());
            self.push_at(section, "interfaces.port", kind, value(old.port), value(new.port), pointers);
        }
        let visibility =
            |interface: &Interface| interface.visibility.clone().unwrap_or_else(|| "internal".to_owned());
        if visibility(old) != visibility(new) {
            let pointers = (&old_at.key("visibility"), &new_at.key("visibility"));
            let (old_value, new_value) = (labelled(old, &visibility(old)), labelled(new, &visibility(new)));
            self.push_at(
                section,
                "interfaces.visibility",
                ChangeType::Modified,
                old_value,
                new_value,
                pointers,
            );
        }
        if old.contract != new.contract {
            let value =
                |interface: &Interface, other: &Interface| match (&interface.contract, &other.contract) {
                    (Some(file), Some(_)) => labelled(interface, file),
                    (file, _) => Some(json!(file.clone().unwrap_or_default())),
                };
            let pointers = (&old_at.key("contract"), &new_at.key("contract"));
            let (old_value, new_value) = (value(old, new), value(new, old));
            self.push_at(
                section,
                "interfaces.contract",
                ChangeType::Modified,
                old_value,
                new_value,
                pointers,
            );
        }
    }
}

/// Where the entry of each name stands; of two with one name the first.
pub(super) fn places<T>(entries: &[T], name: impl Fn(&T) -> String) -> BTreeMap<String, usize> {
    entries.iter().enumerate().rev().map(|(index, entry)| (name(entry), index)).collect()
}

/// Added, removed or modified, from whether there is something on each side.
pub(super) fn change_type(old: bool, new: bool) -> ChangeType {
    match (old, new) {
        (false, _) => ChangeType::Added,
        (_, false) => ChangeType::Removed,
        _ => ChangeType::Modified,
    }
}

/// A declared name is the label; without one it is the reference, as it is written.
fn dependency_label(dependency: &Dependency) -> &str {
    dependency.declared_name.as_deref().unwrap_or(&dependency.reference)
}

/// For each old dependency its new counterpart: the same declared name, else the same reference, else the same
/// repository in another version.
fn match_dependencies(old: &[Arc<Dependency>], new: &[Arc<Dependency>]) -> Vec<Option<usize>> {
    let repository = |dependency: &Dependency| match Reference::parse(&dependency.reference) {
        Ok(Reference::Oci(oci)) => oci.repository_path(),
        _ => dependency.reference.clone(),
    };
    let keys: [&KeyOfDependency<'_>; 3] = [
        &|dependency| dependency.declared_name.clone(),
        &|dependency| Some(dependency.reference.clone()),
        &|dependency| Some(repository(dependency)),
    ];
    let mut pairs: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = BTreeSet::new();
    for key in keys {
        let mut free: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
        for (position, candidate) in new.iter().enumerate().filter(|(position, _)| !taken.contains(position))
        {
            if let Some(key) = key(candidate) {
                free.entry(key).or_default().push_back(position);
            }
        }
        for (dependency, slot) in old.iter().zip(&mut pairs).filter(|(_, slot)| slot.is_none()) {
            *slot = key(dependency).and_then(|key| free.get_mut(&key)?.pop_front());
            taken.extend(*slot);
        }
    }
    pairs
}

/// How the versions that are accepted differ.
fn range_fact(old: &Dependency, new: &Dependency) -> Option<Fact> {
    let (before, after) =
        (VersionRange::parse(&old.compatibility).ok()?, VersionRange::parse(&new.compatibility).ok()?);
    let kind = match (after.contains(&before), before.contains(&after)) {
        (true, true) => Kind::RangeRewritten,
        (true, false) => Kind::RangeWidened,
        (false, true) => Kind::RangeNarrowed,
        _ if after.intersects(&before) => Kind::RangeMoved,
        _ => Kind::RangeDisjoint,
    };
    Some(Fact {
        kind,
        area: CONTRACT_AREA,
        direction: None,
        subject: format!("dependency '{}'", new.name()),
        old: Some(old.compatibility.clone()),
        new: Some(new.compatibility.clone()),
        old_at: None,
        new_at: None,
        nested: false,
        is_unseen: false,
        verdict: None,
    })
}
