//! Registries and image layouts: found from some repositories on, by what contracts refer to, again and again.
//!
//! | task | where |
//! |---|---|
//! | current versions of all repositories, round by round | [`OciSource::follow`], in `discovery` |
//! | older versions, what somebody looks at first | `versions` |
//! | what users ask for by name | `demand` |
//! | what was fetched before | `kept` |
//! | contracts that a cluster runs | `running` |
//! | how long what failed is left alone | `patience` |

mod demand;
mod discovery;
mod kept;
mod patience;
mod running;
mod versions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use pacto_contract::LenientVersion;
use tokio::sync::Notify;

use patience::{Patience, Unfetched};

use super::repository::{Fetched, Repository, RepositoryError};
use crate::bundles::Bundles;
use crate::catalog::Catalog;
use crate::finder::Finder;
use crate::network::Network;
use crate::record::{ContractRecord, Place, ServiceRecord, VersionRecord, contract_hash};
use crate::wire::graph::UnresolvedReason;
use crate::wire::report::{SourceLocation, SourceState};

/// How long a round is waited for, give or take a tenth.
pub const REDISCOVERY: Duration = Duration::from_mins(1);
/// Most repositories that are followed.
const MAX_REPOSITORIES: usize = 100_000;
/// Most places that are listed.
const MAX_LISTED: usize = 1_000;

/// Registries and image layouts.
#[derive(Debug)]
pub struct OciSource {
    network: Network,
    bundles: Arc<Bundles>,
    catalog: Arc<Catalog>,
    state: Mutex<State>,
    /// Begins a round.
    wake: Notify,
    /// Somebody looks at a service, or there are new versions.
    look: Notify,
    /// Time between rounds.
    period: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// What users named.
    configured: BTreeSet<Repository>,
    repositories: BTreeMap<Repository, Known>,
    /// Services that somebody looks at.
    viewed: VecDeque<Arc<str>>,
    /// Repositories whose current contract is another one since this round began.
    changed: BTreeSet<Repository>,
    /// Versions that could not be had.
    unfetched: Unfetched,
    round: u64,
    /// Whether there are rounds: they begin with the first repository.
    is_followed: bool,
    is_first_round_over: bool,
}

impl State {
    /// Whether what is not known yet may come by itself.
    fn is_looking(&self) -> bool {
        (self.is_followed || !self.configured.is_empty()) && !self.is_first_round_over
    }
}

/// What is known of a repository.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Tags that are versions, the highest first.
    tags: Vec<String>,
    /// The service that it holds.
    service: Option<Arc<str>>,
    /// When it was read last; not since this start where only the disk cache knows it.
    seen: Option<Timestamp>,
    error: Option<RepositoryError>,
    /// When it is asked again.
    patience: Patience,
}

impl Known {
    fn state(&self) -> SourceState {
        match (&self.error, &self.service) {
            (None, None) => SourceState::Discovering,
            (None, Some(_)) => SourceState::Live,
            (Some(_), Some(_)) => SourceState::Stale,
            (Some(_), None) => SourceState::Failing,
        }
    }
}

impl OciSource {
    /// A source that begins with `repositories`.
    pub fn new(
        repositories: impl IntoIterator<Item = Repository>,
        network: Network,
        bundles: Arc<Bundles>,
        catalog: Arc<Catalog>,
        period: Duration,
    ) -> Self {
        let state = State { configured: repositories.into_iter().collect(), ..State::default() };
        let (state, wake, look) = (Mutex::new(state), Notify::new(), Notify::new());
        Self { network, bundles, catalog, state, wake, look, period }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins with some more repositories; whether there were new ones.
    pub fn add(&self, repositories: impl IntoIterator<Item = Repository>) -> bool {
        let mut state = self.state();
        let before = state.configured.len();
        state.configured.extend(repositories);
        let is_new = state.configured.len() > before;
        drop(state);
        if is_new {
            self.wake.notify_one();
        }
        is_new
    }

    /// Begins a round now, in which those that failed are asked too.
    pub fn refresh(&self) {
        let mut state = self.state();
        state.repositories.values_mut().for_each(|known| known.patience.hurry());
        state.unfetched.hurry();
        drop(state);
        self.wake.notify_one();
    }

    /// Somebody looks at a service: its older versions are fetched first.
    pub fn view(&self, name: &str) {
        let mut state = self.state();
        if !state.viewed.iter().any(|known| known.as_ref() == name) {
            state.viewed.push_back(Arc::from(name));
        }
        drop(state);
        self.look.notify_one();
    }

    /// Why a repository that a contract names is not known.
    pub fn reason(&self, reference: &str) -> Option<UnresolvedReason> {
        if !reference.starts_with("oci://") && !reference.starts_with("oci-layout://") {
            return Some(UnresolvedReason::NonOciRef);
        }
        let repository = Repository::of(reference).ok()?;
        let state = self.state();
        let failed =
            state.repositories.get(&repository).and_then(|known| Some(known.error.as_ref()?.reason()));
        failed.or(state.is_looking().then_some(UnresolvedReason::Discovering))
    }

    /// As [`reason`](Self::reason), for a service that is only known by the last part of its repository.
    pub fn reason_by_name(&self, name: &str) -> Option<UnresolvedReason> {
        let state = self.state();
        let named = state.repositories.iter().find(|(repository, known)| {
            known.error.is_some() && crate::record::last_part(repository.key()) == name
        });
        let failed = named.and_then(|(_, known)| Some(known.error.as_ref()?.reason()));
        failed.or(state.is_looking().then_some(UnresolvedReason::Discovering))
    }

    /// Identity of all reasons; empty where there is none.
    pub fn reasons_id(&self) -> String {
        let state = self.state();
        let mut text = String::new();
        for (repository, known) in &state.repositories {
            if let Some(error) = &known.error {
                // Writing to a string does not fail.
                let _ = write!(text, "{}{:?}", repository.key(), error.reason());
            }
        }
        if state.is_looking() {
            text.push_str("looking");
        }
        text
    }

    /// Whether somebody who may use this server named the repository: at the start, or in a contract that is loaded.
    pub fn names(&self, repository: &Repository) -> bool {
        let state = self.state();
        state.configured.contains(repository) || state.repositories.contains_key(repository)
    }

    /// How one repository is, and when it was read last; none where it is not followed.
    pub fn freshness(&self, repository: &str) -> Option<(SourceState, Option<Timestamp>)> {
        let repository = Repository::of(repository).ok()?;
        let state = self.state();
        let known = state.repositories.get(&repository)?;
        Some((known.state(), known.seen))
    }

    fn finder(&self) -> Finder {
        Finder::new(Arc::clone(&self.bundles), &self.catalog.contents())
    }

    /// What is kept of a contract that was fetched.
    async fn record(&self, fetched: &Fetched, finder: &Finder) -> ContractRecord {
        let judged = finder.judge(&fetched.resolved).await;
        ContractRecord::new(
            &fetched.resolved.document,
            fetched.place.clone(),
            &judged.report,
            judged.is_partial,
        )
    }

    /// Locations, those with errors first.
    fn locations(state: &State) -> Vec<SourceLocation> {
        let location = |(repository, known): (&Repository, &Known)| SourceLocation {
            reference: repository.shown().to_owned(),
            state: known.state(),
            service: known.service.as_ref().map(ToString::to_string),
            versions: (!known.tags.is_empty()).then_some(known.tags.len()),
            error: known.error.as_ref().map(ToString::to_string),
        };
        let (broken, fine): (Vec<_>, Vec<_>) =
            state.repositories.iter().partition(|(_, known)| known.error.is_some());
        broken.into_iter().chain(fine).take(MAX_LISTED).map(location).collect()
    }
}

/// A history of which only the tags are known, with the files of those versions that were fetched.
fn history(repository: &Repository, tags: &[String], known: &[VersionRecord]) -> Vec<VersionRecord> {
    let of_tag = |tag: &String| {
        let fetched = known.iter().find(|version| {
            matches!(&version.place, Some(Place::Repository { tag: fetched, .. }) if fetched.as_ref() == tag)
        });
        fetched.cloned().unwrap_or_else(|| VersionRecord {
            version: Arc::from(tag.as_str()),
            place: None,
            reference: format!("{}:{tag}", repository.shown()).into(),
            hash: None,
            created: None,
            classification: None,
        })
    };
    tags.iter().map(of_tag).collect()
}

/// Notes that a version was fetched.
fn note_fetched(versions: &mut [VersionRecord], tag: &str, fetched: &Fetched) {
    let contract = &fetched.resolved.document;
    let wanted = versions
        .iter_mut()
        .find(|version| version.reference.rsplit_once(':').is_some_and(|(_, known)| known == tag));
    if let Some(version) = wanted {
        let hash = Some(contract_hash(contract.source.text().as_bytes()));
        // What is there under another digest, or looks otherwise, is another contract.
        if version.place.as_ref() != Some(&fetched.place) || version.hash != hash {
            version.classification = None;
        }
        // A tag that holds another version than it says stays what it is called, or two tags would be one version.
        let held = &contract.contract.service.version;
        let is_same = match (LenientVersion::parse_tag(tag), LenientVersion::parse(held)) {
            (Ok(said), Ok(held)) => said.precedence_cmp(&held).is_eq(),
            _ => false,
        };
        version.version = Arc::from(if is_same { held.as_str() } else { tag });
        version.place = Some(fetched.place.clone());
        version.hash = hash;
        version.created = fetched.created;
    }
}

/// The same record where nothing changed, so that the index need not look at it.
fn unless_same(before: Option<&Arc<ServiceRecord>>, record: ServiceRecord) -> Arc<ServiceRecord> {
    match before {
        Some(before) if **before == record => Arc::clone(before),
        _ => Arc::new(record),
    }
}
