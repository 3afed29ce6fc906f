//! Whom a new version breaks in a fleet of contracts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pacto_contract::model::{Contract, Owner};
use pacto_contract::overrides::Overrides;
use pacto_contract::{LenientVersion, Reference};
use pacto_engine::diff::{Classification, Rulebook};
use pacto_engine::graph::ServiceId;
use pacto_engine::graph::consumers::{self, Change, Fleet, Relation, Subject, Tie, Verdict};
use pacto_engine::library::{Origin, Resolved};
use pacto_oci::directory::normalize;
use pacto_oci::parallel;
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use crate::search::select;
use crate::{AppError, Context, diff};

/// What to compare, and who may be hit.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Old version: directory or reference.
    pub old: String,
    /// New version: directory or reference.
    pub new: String,
    /// Directories that are searched for the contracts of the fleet, and references.
    pub fleet: Vec<String>,
    /// What a team decided about rules and findings.
    pub rules: Option<Rulebook>,
}

/// Who needs the service, and what happens to each.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The service.
    pub name: String,
    /// Old version.
    pub from: String,
    /// New version.
    pub to: String,
    /// The worst change of the contract itself.
    pub classification: Classification,
    /// Number of services in the fleet, this one among them.
    pub fleet_size: usize,
    /// Contracts of the fleet that could not be read; nothing is said of them.
    pub unread: Vec<String>,
    /// Services that need it: the worst verdicts first, then the nearest.
    pub consumers: Vec<Consumer>,
}

/// A service that needs the one that changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What happens.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// How it is tied to the service.
    pub relation: Relation,
    /// Whether it, or the service on the way, cannot work without it.
    pub required: bool,
    /// Version constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
    /// The way: from the service that changed to the consumer.
    pub path: Vec<String>,
    /// Changes that meet what the consumer uses, at most 20.
    pub uses: Vec<String>,
}

/// Contracts that name each other.
struct Contracts {
    contracts: Vec<Arc<Resolved>>,
    /// For each service, those that name it.
    ties: Vec<Vec<(ServiceId, Relation, bool, String)>>,
}

/// Names of services by the directories of their contracts.
type Directories = BTreeMap<PathBuf, String>;

impl Contracts {
    fn new(contracts: Vec<Arc<Resolved>>, directories: &Directories) -> Self {
        let mut known = Self { ties: vec![Vec::new(); contracts.len()], contracts };
        let positions: BTreeMap<&str, ServiceId> = known
            .contracts
            .iter()
            .enumerate()
            .map(|(position, resolved)| (resolved.document.contract.service.name.as_str(), position))
            .collect();
        let mut ties = vec![BTreeMap::new(); known.contracts.len()];
        for (position, resolved) in known.contracts.iter().enumerate() {
            for (reference, name, relation, required, constraint) in named(&resolved.document.contract) {
                let name = beside(resolved, reference, directories).unwrap_or(name);
                let target = positions.get(name).copied().filter(|target| *target != position);
                let Some(of_target) = target.and_then(|target| ties.get_mut(target)) else { continue };
                let tie = of_target.entry((position, relation)).or_insert((required, constraint));
                // Of several needs a required one counts.
                if required && !tie.0 {
                    *tie = (required, constraint);
                }
            }
        }
        known.ties = ties
            .into_iter()
            .map(|of_one| {
                let tie = |((service, relation), (required, constraint)): (_, (bool, &str))| {
                    (service, relation, required, constraint.to_owned())
                };
                of_one.into_iter().map(tie).collect()
            })
            .collect();
        known
    }

    fn contract(&self, service: ServiceId) -> Option<&Contract> {
        self.contracts.get(service).map(|resolved| &resolved.document.contract)
    }
}

/// What a contract names, and as what.
fn named(contract: &Contract) -> Vec<(&str, &str, Relation, bool, &str)> {
    let needs = contract.dependencies.iter().map(|need| {
        (&*need.reference, need.name(), Relation::Dependency, need.required, &*need.compatibility)
    });
    let configurations = contract.configurations.iter().filter_map(|entry| entry.reference.as_deref());
    let configurations =
        configurations.map(|reference| (reference, last_part(reference), Relation::Configuration, true, ""));
    let policies = contract.policies.iter().filter_map(|entry| entry.reference.as_deref());
    let policies = policies.map(|reference| (reference, last_part(reference), Relation::Policy, true, ""));
    needs.chain(configurations).chain(policies).collect()
}

/// The service that a path leads to, seen from the directory of a contract.
fn beside<'d>(from: &Resolved, reference: &str, directories: &'d Directories) -> Option<&'d str> {
    let (Origin::Directory(base), Ok(Reference::Local(path))) = (&from.origin, Reference::parse(reference))
    else {
        return None;
    };
    directories.get(&normalize(&Path::new(base).join(path))).map(String::as_str)
}

/// The name of the service that a reference leads to.
fn last_part(reference: &str) -> &str {
    let path = reference.split('@').next().unwrap_or_default().trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split(':').next().unwrap_or(last)
}

impl Fleet for Contracts {
    fn name(&self, service: ServiceId) -> &str {
        self.contract(service).map_or("", |contract| &contract.service.name)
    }

    fn ties(&self, target: ServiceId) -> Vec<Tie<'_>> {
        let ties = self.ties.get(target).map(Vec::as_slice).unwrap_or_default().iter();
        ties.map(|(service, relation, required, constraint)| Tie {
            service: *service,
            relation: *relation,
            required: *required,
            constraint,
        })
        .collect()
    }

    fn callers(&self, target: ServiceId) -> Vec<Tie<'_>> {
        let mut ties = self.ties(target);
        ties.retain(|tie| tie.relation == Relation::Dependency);
        ties
    }
}

/// Compares two versions and holds the changes against the fleet. Of several versions of one service in the fleet the
/// highest counts. `tick` is called once for each contract of the fleet with how many there are, from any thread.
///
/// # Errors
/// [`AppError::Side`] when one of the versions cannot be read, [`AppError`] when a directory of the fleet holds nothing.
pub fn run(context: &Context, options: &Options, tick: &(dyn Fn(usize) + Sync)) -> Result<Outcome, AppError> {
    let read = |side: &'static str, argument: &str| {
        load(context, argument, &Overrides::default(), Scope::Compared)
            .map_err(|error| AppError::Side { side, source: Box::new(error) })
    };
    let (old, new) = (read("old", &options.old)?, read("new", &options.new)?);
    let usual = diff::on(context, pacto_engine::diff::Options::default());
    let comparison = diff::judge(diff::side_of(&old), diff::side_of(&new), usual, options.rules.as_ref());
    let selection = select(context, &options.fleet, true)?;
    let total = selection.contracts.len();
    let jobs = context.jobs.unwrap_or_else(parallel::processors);
    let found = parallel::map(jobs, &selection.contracts, |contract| {
        let read = load(context, contract, &Overrides::default(), Scope::Contract);
        tick(total);
        read.map_err(|error| format!("{contract}: {error}"))
    });
    let (mut newest, mut unread): (BTreeMap<String, Arc<Resolved>>, _) = (BTreeMap::new(), Vec::new());
    let mut directories = Directories::new();
    for read in found {
        match read {
            Ok(resolved) => {
                if let Origin::Directory(directory) = &resolved.origin {
                    let name = resolved.document.contract.service.name.clone();
                    directories.insert(PathBuf::from(directory), name);
                }
                keep_newest(&mut newest, resolved);
            }
            Err(error) => unread.push(error),
        }
    }
    let service = &old.document.contract.service;
    // The service itself may be no part of the fleet; those that need it name it all the same.
    newest.insert(service.name.clone(), Arc::clone(&old));
    let fleet = Contracts::new(newest.into_values().collect(), &directories);
    let target =
        fleet.contracts.iter().position(|known| known.document.contract.service.name == service.name);
    let mut changes: Vec<Change<'_>> = comparison
        .changes
        .iter()
        .map(|change| Change { path: &change.path, classification: change.classification })
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.classification));
    let to = &new.document.contract.service.version;
    let subject =
        Subject { name: &service.name, to, changes: &changes, classification: comparison.classification };
    let consumers = target.map(|target| consumers::consumers(&fleet, target, subject)).unwrap_or_default();
    Ok(Outcome {
        name: service.name.clone(),
        from: service.version.clone(),
        to: to.clone(),
        classification: comparison.classification,
        fleet_size: fleet.contracts.len(),
        unread,
        consumers: consumers.into_iter().filter_map(|consumer| shown(&fleet, consumer)).collect(),
    })
}

fn keep_newest(newest: &mut BTreeMap<String, Arc<Resolved>>, resolved: Arc<Resolved>) {
    let service = &resolved.document.contract.service;
    let version = |text: &str| LenientVersion::parse(text).ok();
    let is_older = newest
        .get(&service.name)
        .is_some_and(|known| version(&known.document.contract.service.version) >= version(&service.version));
    if !is_older {
        newest.insert(service.name.clone(), resolved);
    }
}

fn shown(fleet: &Contracts, consumer: consumers::Consumer) -> Option<Consumer> {
    let contract = fleet.contract(consumer.service)?;
    Some(Consumer {
        name: contract.service.name.clone(),
        version: contract.service.version.clone(),
        owner: contract.service.owner.as_ref().map(Owner::display).map(str::to_owned),
        verdict: consumer.verdict,
        reason: consumer.reason,
        relation: consumer.relation,
        required: consumer.required,
        compatibility: consumer.compatibility,
        path: consumer.path,
        uses: consumer.uses,
    })
}
