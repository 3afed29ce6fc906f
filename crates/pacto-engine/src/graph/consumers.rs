//! Whom a new version breaks: the changes between two versions, held against everybody who needs the service.
//!
//! By range: a consumer whose constraint does not admit the new version stays on the old one. By use: who calls the
//! service feels what it exposes, who takes its configuration or policy feels these. Beyond the first step only those
//! feel something that cannot work without what breaks.

use std::collections::{HashMap, VecDeque};

use pacto_contract::{LenientVersion, VersionRange};
use schemars::JsonSchema;
use serde::Serialize;

use super::ServiceId;
use crate::diff::Classification;

/// Most changes that are listed for one consumer.
const MAX_USES: usize = 20;

/// What happens to a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It takes the new version, and what it uses breaks.
    Breaks,
    /// It takes the new version, and may be affected.
    MayBreak,
    /// Its range keeps it on the old version.
    HeldBack,
    /// Nobody can say: its range cannot be read.
    Unknown,
    /// Nothing that it uses changes.
    NotAffected,
}

/// How a consumer is tied to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// It calls the service.
    Dependency,
    /// It uses its configuration schema.
    Configuration,
    /// It is judged by its policy.
    Policy,
}

/// One service that names another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie<'a> {
    /// The one that names the other.
    pub service: ServiceId,
    /// What for.
    pub relation: Relation,
    /// Whether it cannot work without it.
    pub required: bool,
    /// Version constraint; empty for any.
    pub constraint: &'a str,
}

/// Services that need each other.
pub trait Fleet {
    /// Name of a service.
    fn name(&self, service: ServiceId) -> &str;
    /// All that name `target`, each once for each relation. Of several needs a required one counts.
    fn ties(&self, target: ServiceId) -> Vec<Tie<'_>>;
    /// Those of them that call it.
    fn callers(&self, target: ServiceId) -> Vec<Tie<'_>>;
}

/// A change between two versions.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Where, such as `openapi.paths[/carts]`.
    pub path: &'a str,
    /// How bad.
    pub classification: Classification,
}

/// Two versions of a service, compared.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The service.
    pub name: &'a str,
    /// New version.
    pub to: &'a str,
    /// Changes between them, the worst first.
    pub changes: &'a [Change<'a>],
    /// The worst of them, and at least potential where something could not be compared.
    pub classification: Classification,
}

/// A service that needs the one that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// The service.
    pub service: ServiceId,
    /// Whether it, or the service on the way, cannot work without it.
    pub required: bool,
    /// 1 for those that name the service themselves.
    pub depth: usize,
    /// The way by name: from the service that changed to this one.
    pub path: Vec<String>,
    /// How it is tied to the service.
    pub relation: Relation,
    /// Version constraint of the first step.
    pub compatibility: Option<String>,
    /// Whether the constraint admits the new version.
    pub admits_new: Option<bool>,
    /// What happens.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// Changes that meet what the consumer uses.
    pub uses: Vec<String>,
}

/// Whether a version is within a constraint; none where one of the two cannot be read.
pub fn in_range(version: &str, constraint: &str) -> Option<bool> {
    if constraint.is_empty() {
        return None;
    }
    let (range, version) = (VersionRange::parse(constraint).ok()?, LenientVersion::parse(version).ok()?);
    Some(range.matches(&version))
}

/// Whom the new version of `target` breaks: the worst verdicts first, then the nearest, then by name.
pub fn consumers(fleet: &impl Fleet, target: ServiceId, subject: Subject<'_>) -> Vec<Consumer> {
    let worst =
        |changes: &[Change<'_>]| changes.iter().map(|change| change.classification).max().unwrap_or_default();
    let is_compared_in_part = subject.classification > worst(subject.changes);
    let mut found = Vec::new();
    let mut by_service: HashMap<ServiceId, usize> = HashMap::new();
    for tie in fleet.ties(target) {
        let changes: Vec<Change<'_>> =
            subject.changes.iter().filter(|change| is_felt(tie.relation, change)).copied().collect();
        // What could not be compared is an interface or a schema, which callers use.
        let class = match tie.relation {
            Relation::Dependency if is_compared_in_part => {
                worst(&changes).max(Classification::PotentialBreaking)
            }
            _ => worst(&changes),
        };
        by_service.entry(tie.service).or_insert(found.len());
        found.push(first_step(fleet, subject, &tie, &changes, class));
    }
    further(fleet, target, &mut by_service, &mut found);
    found.sort_by(|left, right| {
        let place = (left.verdict, left.depth, fleet.name(left.service), left.relation);
        place.cmp(&(right.verdict, right.depth, fleet.name(right.service), right.relation))
    });
    found
}

/// Whether a change meets what a consumer of this kind uses. What a service needs, how it is configured and how it runs
/// are no matter of those that call it.
fn is_felt(relation: Relation, change: &Change<'_>) -> bool {
    let section = change.path.split(['.', '[']).next().unwrap_or_default();
    let is_concerned = match relation {
        Relation::Dependency => !matches!(
            section,
            "policy"
                | "policies"
                | "configuration"
                | "configurations"
                | "schema"
                | "dependencies"
                | "metadata"
                | "runtime"
                | "scaling"
                | "service"
        ),
        Relation::Configuration => matches!(section, "configuration" | "configurations" | "schema"),
        Relation::Policy => matches!(section, "policy" | "policies"),
    };
    is_concerned && change.classification > Classification::NonBreaking
}

fn first_step(
    fleet: &impl Fleet,
    subject: Subject<'_>,
    tie: &Tie<'_>,
    changes: &[Change<'_>],
    class: Classification,
) -> Consumer {
    let constraint = Some(tie.constraint).filter(|text| !text.is_empty());
    let admits_new = constraint.and_then(|constraint| in_range(subject.to, constraint));
    let what = match tie.relation {
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
        _ => changes.iter().take(MAX_USES).map(|change| change.path.to_owned()).collect(),
    };
    Consumer {
        service: tie.service,
        required: tie.required,
        depth: 1,
        path: vec![subject.name.to_owned(), fleet.name(tie.service).to_owned()],
        relation: tie.relation,
        compatibility: constraint.map(str::to_owned),
        admits_new,
        verdict,
        reason,
        uses,
    }
}

fn many(changes: &[Change<'_>], class: Classification) -> String {
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
    fleet: &impl Fleet,
    target: ServiceId,
    by_service: &mut HashMap<ServiceId, usize>,
    found: &mut Vec<Consumer>,
) {
    let mut queue: VecDeque<ServiceId> = {
        let mut first: Vec<_> = by_service.iter().map(|(service, consumer)| (*consumer, *service)).collect();
        first.sort_unstable();
        first.into_iter().map(|(_, service)| service).collect()
    };
    // A service comes back only with a worse verdict, of which there are few, so this ends.
    while let Some(service) = queue.pop_front() {
        let before = by_service.get(&service).and_then(|consumer| found.get(*consumer)).cloned();
        let Some(before) = before.filter(|before| before.relation == Relation::Dependency) else { continue };
        for tie in fleet.callers(service).into_iter().filter(|tie| tie.service != target) {
            let consumer = next_step(fleet, &before, &tie);
            match by_service.get(&tie.service).and_then(|known| found.get_mut(*known)) {
                Some(known) if consumer.verdict < known.verdict => {
                    *known = consumer;
                    queue.push_back(tie.service);
                }
                Some(_) => {}
                None => {
                    by_service.insert(tie.service, found.len());
                    found.push(consumer);
                    queue.push_back(tie.service);
                }
            }
        }
    }
}

/// What happens to a caller of the service to which `before` happens.
fn next_step(fleet: &impl Fleet, before: &Consumer, tie: &Tie<'_>) -> Consumer {
    let name = fleet.name(before.service);
    let is_hit = matches!(before.verdict, Verdict::Breaks | Verdict::MayBreak);
    let (verdict, reason) = match (is_hit, tie.required) {
        (true, true) => {
            let what = if before.verdict == Verdict::Breaks { "breaks" } else { "may break" };
            (Verdict::MayBreak, format!("it cannot work without {name}, which {what}"))
        }
        (true, false) => (Verdict::NotAffected, format!("{name} is optional for it")),
        // Who stays on the old version shields those behind it.
        (false, _) if before.verdict == Verdict::HeldBack => {
            (Verdict::NotAffected, format!("{name} stays on the old version"))
        }
        (false, _) => (before.verdict, format!("{name}: {}", before.reason)),
    };
    let mut path = before.path.clone();
    path.push(fleet.name(tie.service).to_owned());
    Consumer {
        service: tie.service,
        required: tie.required,
        depth: before.depth + 1,
        path,
        relation: Relation::Dependency,
        compatibility: Some(tie.constraint.to_owned()).filter(|text| !text.is_empty()),
        admits_new: None,
        verdict,
        reason,
        uses: Vec::new(),
    }
}
