//! Whom a new version breaks, as the dashboard tells it: the rule is in [`pacto_engine::graph::consumers`].

use std::collections::BTreeMap;

use pacto_engine::diff::Classification;
use pacto_engine::graph::consumers::{self, Fleet, Relation, Tie, Verdict};

use super::merge::group_key;
use super::{ServiceId, Snapshot};
use crate::wire::comparison::{Change, Consumer, ImpactCounts, ImpactReport, OwnerImpact};
use crate::wire::graph::RefType;

/// Two versions of a service, compared.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The service.
    pub name: &'a str,
    /// Old version.
    pub from: &'a str,
    /// New version.
    pub to: &'a str,
    /// Changes between them, the worst first.
    pub changes: &'a [Change],
    /// The worst of them, and at least potential where something could not be compared.
    pub classification: Classification,
}

impl Snapshot {
    /// How `service` needs `target`: of several needs a required one counts.
    fn need(&self, service: ServiceId, target: ServiceId) -> Option<Tie<'_>> {
        let mut needs = self.services.get(service)?.needs.iter().filter(|need| need.target == Some(target));
        let need = &needs.clone().find(|need| need.need.required).or_else(|| needs.next())?.need;
        let relation = Relation::Dependency;
        Some(Tie { service, relation, required: need.required, constraint: &need.compatibility })
    }
}

impl Fleet for Snapshot {
    fn name(&self, service: ServiceId) -> &str {
        self.services.get(service).map_or("", |service| &service.entry.name)
    }

    fn ties(&self, target: ServiceId) -> Vec<Tie<'_>> {
        let mut found = Vec::new();
        for (position, service) in
            self.services.iter().enumerate().filter(|(position, _)| *position != target)
        {
            found.extend(self.need(position, target));
            for (kind, relation) in
                [(RefType::Config, Relation::Configuration), (RefType::Policy, Relation::Policy)]
            {
                let mut of_kind =
                    service.references.iter().filter(|reference| reference.reference.kind == kind);
                if of_kind.any(|reference| reference.target == Some(target)) {
                    found.push(Tie { service: position, relation, required: true, constraint: "" });
                }
            }
        }
        found
    }

    fn callers(&self, target: ServiceId) -> Vec<Tie<'_>> {
        let dependents = self.services.get(target).map(|service| service.dependents.as_slice());
        dependents.unwrap_or_default().iter().filter_map(|dependent| self.need(*dependent, target)).collect()
    }
}

/// Whom the new version breaks.
pub fn impact<'a>(snapshot: &Snapshot, subject: Subject<'a>) -> ImpactReport {
    let change =
        |change: &'a Change| consumers::Change { path: &change.path, classification: change.classification };
    let changes: Vec<_> = subject.changes.iter().map(change).collect();
    let compared = consumers::Subject {
        name: subject.name,
        to: subject.to,
        changes: &changes,
        classification: subject.classification,
    };
    let found =
        snapshot.position(subject.name).map(|target| consumers::consumers(snapshot, target, compared));
    let consumers: Vec<Consumer> =
        found.into_iter().flatten().filter_map(|consumer| shown(snapshot, consumer)).collect();
    ImpactReport {
        name: subject.name.to_owned(),
        from: subject.from.to_owned(),
        to: subject.to.to_owned(),
        classification: subject.classification,
        owners: owners(&consumers),
        counts: counts(&consumers),
        consumers,
    }
}

fn shown(snapshot: &Snapshot, consumer: consumers::Consumer) -> Option<Consumer> {
    let entry = &snapshot.services.get(consumer.service)?.entry;
    Some(Consumer {
        name: entry.name.clone(),
        version: (!entry.version.is_empty()).then(|| entry.version.clone()),
        owner: entry.owner.clone(),
        owner_key: entry.owner_key.clone(),
        required: consumer.required,
        depth: consumer.depth,
        path: consumer.path,
        relation: consumer.relation,
        compatibility: consumer.compatibility,
        admits_new: consumer.admits_new,
        verdict: consumer.verdict,
        reason: consumer.reason,
        uses: consumer.uses,
    })
}

fn owners(consumers: &[Consumer]) -> Vec<OwnerImpact> {
    let mut owners: BTreeMap<&str, OwnerImpact> = BTreeMap::new();
    for consumer in consumers {
        if !matches!(consumer.verdict, Verdict::Breaks | Verdict::MayBreak) {
            continue;
        }
        let key = group_key(&consumer.owner_key);
        let new = || OwnerImpact { key: key.to_owned(), breaks: 0, may_break: 0, services: Vec::new() };
        let owner = owners.entry(key).or_insert_with(new);
        if consumer.verdict == Verdict::Breaks {
            owner.breaks += 1;
        } else {
            owner.may_break += 1;
        }
        if !owner.services.contains(&consumer.name) {
            owner.services.push(consumer.name.clone());
        }
    }
    owners.into_values().collect()
}

fn counts(consumers: &[Consumer]) -> ImpactCounts {
    let of = |verdict| consumers.iter().filter(|consumer| consumer.verdict == verdict).count();
    ImpactCounts {
        breaks: of(Verdict::Breaks),
        may_break: of(Verdict::MayBreak),
        held_back: of(Verdict::HeldBack),
        not_affected: of(Verdict::NotAffected),
        unknown: of(Verdict::Unknown),
    }
}
