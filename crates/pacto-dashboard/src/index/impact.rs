//! Whom a new version breaks: the changes between two versions, held against everybody who needs the service.
//!
//! By range: a consumer whose constraint does not admit the new version stays on the old one. By use: who calls the
//! service feels what it exposes, who takes its configuration or policy feels these. Beyond the first step only those
//! feel something that cannot work without what breaks.

use std::collections::{BTreeMap, HashMap, VecDeque};

use pacto_engine::diff::Classification;

use super::graph::in_range;
use super::merge::group_key;
use super::{ServiceId, Snapshot};
use crate::record::Need;
use crate::wire::comparison::{Change, Consumer, ImpactCounts, ImpactReport, OwnerImpact, Relation, Verdict};
use crate::wire::graph::RefType;

/// Most changes that are listed for one consumer.
const MAX_USES: usize = 20;

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

/// Parts of a contract that a consumer of this kind uses.
fn concerns(relation: Relation, change: &Change) -> bool {
    let section = change.section.as_str();
    match relation {
        Relation::Dependency => !matches!(section, "policy" | "policies"),
        Relation::Configuration => matches!(section, "configuration" | "configurations" | "schema"),
        Relation::Policy => matches!(section, "policy" | "policies"),
    }
}

/// What a caller feels: what the service needs, how it is configured and how it runs are its own matter.
fn is_felt_by_callers(change: &Change) -> bool {
    !matches!(
        change.section.as_str(),
        "configuration"
            | "configurations"
            | "schema"
            | "dependencies"
            | "metadata"
            | "runtime"
            | "scaling"
            | "service"
    )
}

/// Whom the new version breaks.
pub fn impact(snapshot: &Snapshot, subject: Subject<'_>) -> ImpactReport {
    let worst =
        |changes: &[&Change]| changes.iter().map(|change| change.classification).max().unwrap_or_default();
    let of = |relation: Relation| -> Vec<&Change> {
        let felt = subject.changes.iter().filter(|change| concerns(relation, change));
        felt.filter(|change| relation != Relation::Dependency || is_felt_by_callers(change))
            .filter(|change| change.classification > Classification::NonBreaking)
            .collect()
    };
    let all: Vec<&Change> = subject.changes.iter().collect();
    let is_compared_in_part = subject.classification > worst(&all);
    let mut consumers = Vec::new();
    let mut by_service: HashMap<ServiceId, usize> = HashMap::new();
    if let Some(target) = snapshot.position(subject.name) {
        for (service, relation, need) in direct(snapshot, target) {
            let changes = of(relation);
            // What could not be compared is an interface or a schema, which callers use.
            let class = match relation {
                Relation::Dependency if is_compared_in_part => {
                    worst(&changes).max(Classification::PotentialBreaking)
                }
                _ => worst(&changes),
            };
            if let Some(consumer) = first_step(snapshot, subject, (service, relation, need), &changes, class)
            {
                by_service.entry(service).or_insert(consumers.len());
                consumers.push(consumer);
            }
        }
        further(snapshot, target, &mut by_service, &mut consumers);
    }
    consumers.sort_by(|left, right| {
        (left.verdict, left.depth, &left.name, left.relation).cmp(&(
            right.verdict,
            right.depth,
            &right.name,
            right.relation,
        ))
    });
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

/// Services that name `target` themselves: each once a kind of tie.
fn direct(snapshot: &Snapshot, target: ServiceId) -> Vec<(ServiceId, Relation, Option<Need>)> {
    let mut found = Vec::new();
    for (position, service) in
        snapshot.services.iter().enumerate().filter(|(position, _)| *position != target)
    {
        if let Some(need) = service.needs.iter().find(|need| need.target == Some(target)) {
            found.push((position, Relation::Dependency, Some(need.need.clone())));
        }
        for (kind, relation) in
            [(RefType::Config, Relation::Configuration), (RefType::Policy, Relation::Policy)]
        {
            let mut of_kind = service.references.iter().filter(|reference| reference.reference.kind == kind);
            if of_kind.any(|reference| reference.target == Some(target)) {
                found.push((position, relation, None));
            }
        }
    }
    found
}

fn first_step(
    snapshot: &Snapshot,
    subject: Subject<'_>,
    (service, relation, need): (ServiceId, Relation, Option<Need>),
    changes: &[&Change],
    class: Classification,
) -> Option<Consumer> {
    let entry = &snapshot.services.get(service)?.entry;
    let constraint = need.as_ref().map(|need| &*need.compatibility).filter(|text| !text.is_empty());
    let admits_new = constraint.and_then(|constraint| in_range(subject.to, constraint));
    let what = match relation {
        Relation::Dependency => "its calls",
        Relation::Configuration => "its configuration",
        Relation::Policy => "its policy",
    };
    let (verdict, reason) = match (class, constraint, admits_new) {
        (_, Some(constraint), Some(false)) => {
            (Verdict::HeldBack, format!("its range {constraint} does not admit {}", subject.to))
        }
        (Classification::NonBreaking, _, _) => {
            (Verdict::NotAffected, format!("nothing that {what} meet changes in a breaking way"))
        }
        (_, Some(constraint), None) => {
            (Verdict::Unknown, format!("its range {constraint} cannot be compared with {}", subject.to))
        }
        (Classification::Breaking, constraint, _) => (
            Verdict::Breaks,
            format!(
                "{} breaking for {what}{}",
                many(changes, Classification::Breaking),
                admitted(constraint, subject.to)
            ),
        ),
        (Classification::PotentialBreaking, constraint, _) => (
            Verdict::MayBreak,
            format!(
                "{} potentially breaking for {what}{}",
                many(changes, Classification::PotentialBreaking),
                admitted(constraint, subject.to)
            ),
        ),
    };
    let uses = match verdict {
        Verdict::NotAffected => Vec::new(),
        _ => changes.iter().take(MAX_USES).map(|change| change.path.clone()).collect(),
    };
    Some(Consumer {
        name: entry.name.clone(),
        version: (!entry.version.is_empty()).then(|| entry.version.clone()),
        owner: entry.owner.clone(),
        owner_key: entry.owner_key.clone(),
        required: need.as_ref().is_none_or(|need| need.required),
        depth: 1,
        path: vec![subject.name.to_owned(), entry.name.clone()],
        relation,
        compatibility: constraint.map(str::to_owned),
        admits_new,
        verdict,
        reason,
        uses,
    })
}

fn many(changes: &[&Change], class: Classification) -> String {
    match changes.iter().filter(|change| change.classification == class).count() {
        0 => "a part that could not be compared may be".to_owned(),
        1 => "1 change is".to_owned(),
        count => format!("{count} changes are"),
    }
}

fn admitted(constraint: Option<&str>, version: &str) -> String {
    match constraint {
        Some(constraint) => format!(", and its range {constraint} admits {version}"),
        None => ", and no range holds it back".to_owned(),
    }
}

/// Those behind the first step: who cannot work without a service that breaks may break too. Of several ways to a consumer
/// the one with the worst verdict counts, of equal ones the nearest.
fn further(
    snapshot: &Snapshot,
    target: ServiceId,
    by_service: &mut HashMap<ServiceId, usize>,
    consumers: &mut Vec<Consumer>,
) {
    let mut queue: VecDeque<ServiceId> = {
        let mut first: Vec<_> = by_service.iter().map(|(service, consumer)| (*consumer, *service)).collect();
        first.sort_unstable();
        first.into_iter().map(|(_, service)| service).collect()
    };
    // A service comes back only with a worse verdict, of which there are few, so this ends.
    while let Some(service) = queue.pop_front() {
        let before = by_service.get(&service).and_then(|consumer| consumers.get(*consumer)).cloned();
        let (Some(before), Some(found)) = (before, snapshot.services.get(service)) else { continue };
        if before.relation != Relation::Dependency {
            continue;
        }
        for dependent in found.dependents.iter().filter(|dependent| **dependent != target) {
            let Some(consumer) = next_step(snapshot, &before, service, *dependent) else { continue };
            match by_service.get(dependent).and_then(|known| consumers.get_mut(*known)) {
                Some(known) if consumer.verdict < known.verdict => {
                    *known = consumer;
                    queue.push_back(*dependent);
                }
                Some(_) => {}
                None => {
                    by_service.insert(*dependent, consumers.len());
                    consumers.push(consumer);
                    queue.push_back(*dependent);
                }
            }
        }
    }
}

/// What happens to `dependent`, which needs `service`, to which `before` happens.
fn next_step(
    snapshot: &Snapshot,
    before: &Consumer,
    service: ServiceId,
    dependent: ServiceId,
) -> Option<Consumer> {
    let other = snapshot.services.get(dependent)?;
    // Of two needs for one service the required one counts.
    let mut needs = other.needs.iter().filter(|need| need.target == Some(service));
    let need = &needs.clone().find(|need| need.need.required).or_else(|| needs.next())?.need;
    let is_hit = matches!(before.verdict, Verdict::Breaks | Verdict::MayBreak);
    let (verdict, reason) = match (is_hit, need.required) {
        (true, true) => (
            Verdict::MayBreak,
            format!("it cannot work without {}, which {}", before.name, said(before.verdict)),
        ),
        (true, false) => (Verdict::NotAffected, format!("{} is optional for it", before.name)),
        // Who stays on the old version shields those behind it.
        (false, _) if before.verdict == Verdict::HeldBack => {
            (Verdict::NotAffected, format!("{} stays on the old version", before.name))
        }
        (false, _) => (before.verdict, format!("{}: {}", before.name, before.reason)),
    };
    let mut path = before.path.clone();
    path.push(other.entry.name.clone());
    Some(Consumer {
        name: other.entry.name.clone(),
        version: (!other.entry.version.is_empty()).then(|| other.entry.version.clone()),
        owner: other.entry.owner.clone(),
        owner_key: other.entry.owner_key.clone(),
        required: need.required,
        depth: before.depth + 1,
        path,
        relation: Relation::Dependency,
        compatibility: (!need.compatibility.is_empty()).then(|| need.compatibility.to_string()),
        admits_new: None,
        verdict,
        reason,
        uses: Vec::new(),
    })
}

fn said(verdict: Verdict) -> &'static str {
    if verdict == Verdict::Breaks { "breaks" } else { "may break" }
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
