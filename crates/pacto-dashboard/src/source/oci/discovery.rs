//! Rounds of discovery: every repository that is known, and those that their contracts name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use pacto_contract::Reference;
use pacto_oci::registry::RegistryError;

use super::{
    Fetched, Known, MAX_REPOSITORIES, OciSource, Patience, Repository, RepositoryError, State, history,
    note_fetched, unless_same,
};
use crate::finder::Finder;
use crate::record::{ContractRecord, Place, ServiceRecord};
use crate::wire::report::{Progress, SourceError, SourceState};
use crate::wire::service::SourceKind;

/// Repositories that are asked at once; how many requests that makes is bounded per registry by the client.
const VISITS_AT_ONCE: usize = 64;
/// How often what was found is shown while a round goes on.
const SHOW_EVERY: Duration = Duration::from_millis(150);

/// What came of asking a repository.
struct Visit {
    repository: Repository,
    result: Result<Found, RepositoryError>,
}

struct Found {
    tags: Vec<String>,
    /// None where the current version is the one that is known.
    current: Option<(String, Fetched)>,
}

impl OciSource {
    /// Begins with rounds, one after the other, for ever; once, however often it is asked.
    pub fn follow(self: &Arc<Self>) {
        if !std::mem::replace(&mut self.state().is_followed, true) {
            tokio::spawn(Arc::clone(self).run());
        }
    }

    async fn run(self: Arc<Self>) {
        loop {
            self.round().await;
            let pause = with_jitter(self.period);
            // Registries tell nobody of what is new.
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.wake.notified() => {}
            }
        }
    }

    /// One round.
    pub async fn round(&self) {
        let registries = &self.network.context().sources.registries;
        registries.forget_tags();
        self.network.context().sources.forget_folders();
        let (mut queue, round) = self.begin();
        let mut seen: BTreeSet<Repository> = queue.iter().cloned().collect();
        let mut visits = FuturesUnordered::new();
        let mut found: Vec<Arc<ServiceRecord>> = Vec::new();
        let mut shown = Instant::now();
        let mut finder = self.finder();
        loop {
            while visits.len() < VISITS_AT_ONCE
                && let Some(repository) = queue.pop_front()
            {
                visits.push(self.visit(repository));
            }
            let Some(visit) = visits.next().await else { break };
            for repository in self.take(visit, round, &finder, &mut found).await {
                let is_due = {
                    let state = self.state();
                    state.repositories.get(&repository).is_none_or(|known| known.patience.is_due(round))
                };
                if seen.len() < MAX_REPOSITORIES && seen.insert(repository.clone()) && is_due {
                    queue.push_back(repository);
                }
            }
            if shown.elapsed() > SHOW_EVERY {
                self.show(
                    &mut found,
                    Some(Progress { known: seen.len(), loaded: seen.len() - queue.len() - visits.len() }),
                );
                finder = self.finder();
                shown = Instant::now();
            }
        }
        self.show(&mut found, None);
        self.judge_again().await;
        self.end();
    }

    fn begin(&self) -> (VecDeque<Repository>, u64) {
        let mut state = self.state();
        state.round += 1;
        let round = state.round;
        let State { repositories, unfetched, .. } = &mut *state;
        let tags = |repository: &str| {
            let repository = Repository::of(repository).ok()?;
            Some(repositories.get(&repository)?.tags.as_slice())
        };
        unfetched.retain(|repository, tag| {
            tags(repository).is_some_and(|tags| tags.iter().any(|known| known == tag))
        });
        let configured: Vec<Repository> = state.configured.iter().cloned().collect();
        for repository in configured {
            if let Ok(reference) = Reference::parse(repository.key()) {
                // The user named it, so credentials of the environment may go there.
                self.network.context().sources.registries.trust(&reference);
            }
            state.repositories.entry(repository).or_default();
        }
        let due = state.repositories.iter().filter(|(_, known)| known.patience.is_due(round));
        let queue = due.map(|(repository, _)| repository.clone()).collect();
        drop(state);
        self.catalog.update_status(SourceKind::Oci, |status| {
            if status.last_success.is_none() {
                status.state = SourceState::Discovering;
                status.progress.get_or_insert_default();
            }
        });
        (queue, round)
    }

    async fn visit(&self, repository: Repository) -> Visit {
        let result = self.look_into(&repository).await;
        Visit { repository, result }
    }

    async fn look_into(&self, repository: &Repository) -> Result<Found, RepositoryError> {
        let tags = repository.versions(&self.network).await?;
        let tag = Repository::current(&tags).unwrap_or_default().to_owned();
        let known = self.state().repositories.get(repository).and_then(|known| known.service.clone());
        let known = known.and_then(|name| self.catalog.contents().oci.get(&name).cloned());
        if let Some(Place::Repository { tag: known, digest, .. }) =
            known.map(|known| known.current.place.clone())
            && *known == tag
            && !digest.is_empty()
            && repository.digest(&self.network, &tag).await?.is_some_and(|now| *digest == now)
        {
            return Ok(Found { tags, current: None });
        }
        let fetched = repository.fetch(&self.network, &tag).await?;
        Ok(Found { tags, current: Some((tag, fetched)) })
    }

    /// Notes what came of a visit; and the repositories that the contract names.
    async fn take(
        &self,
        visit: Visit,
        round: u64,
        finder: &Finder,
        found: &mut Vec<Arc<ServiceRecord>>,
    ) -> Vec<Repository> {
        let Visit { repository, result } = visit;
        let Found { tags, current } = match result {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(repository = repository.shown(), error = %error, "not read");
                let mut state = self.state();
                let known = state.repositories.entry(repository).or_default();
                known.patience.failed(round);
                known.error = Some(error);
                return Vec::new();
            }
        };
        let before = {
            let state = self.state();
            let name = state.repositories.get(&repository).and_then(|known| known.service.clone());
            drop(state);
            name.and_then(|name| self.catalog.contents().oci.get(&name).cloned())
        };
        let known_versions = before.as_ref().map(|before| before.versions.as_slice()).unwrap_or_default();
        let mut versions = history(&repository, &tags, known_versions);
        let record = match (&current, &before) {
            (Some((tag, fetched)), _) => {
                note_fetched(&mut versions, tag, fetched);
                self.state().changed.insert(repository.clone());
                Arc::new(self.record(fetched, finder).await)
            }
            (None, Some(before)) => Arc::clone(&before.current),
            (None, None) => return Vec::new(),
        };
        let named = named(&record);
        let is_taken = {
            let contents = self.catalog.contents();
            let now = found.iter().find(|other| other.current.name == record.name);
            let owner = now.or_else(|| contents.oci.get(&record.name)).and_then(|other| owner_of(other));
            owner.is_some_and(|owner| self.rank(&owner) < self.rank(&repository))
        };
        let mut state = self.state();
        let known = state.repositories.entry(repository.clone()).or_default();
        let unconfirmed = current.as_ref().and_then(|(_, fetched)| fetched.unconfirmed.clone());
        let unconfirmed = unconfirmed.map(|cause| {
            let reference = repository.shown().to_owned();
            RepositoryError::Registry(RegistryError::Unreachable { reference, cause })
        });
        let unconfirmed_now = unconfirmed.is_some();
        let error = is_taken.then(|| RepositoryError::Taken(record.name.to_string()));
        let error = error.or(unconfirmed);
        let service = Some(Arc::clone(&record.name));
        // What only the cache could answer for was seen before, and not now.
        let seen = if unconfirmed_now { known.seen } else { Some(Timestamp::now()) };
        *known = Known { tags, service, seen, error, patience: Patience::default() };
        drop(state);
        if !is_taken {
            let service = ServiceRecord { current: record, versions };
            let service = unless_same(before.as_ref(), service);
            found.retain(|other| other.current.name != service.current.name);
            found.push(service);
        }
        named
    }

    /// Of two repositories that hold a service of one name the one that users named is meant, else the first by name:
    /// whoever answers first.
    fn rank(&self, repository: &Repository) -> (bool, Repository) {
        (!self.state().configured.contains(repository), repository.clone())
    }

    /// Puts what was found on the board.
    fn show(&self, found: &mut Vec<Arc<ServiceRecord>>, progress: Option<Progress>) {
        let locations = Self::locations(&self.state());
        let found = std::mem::take(found);
        let is_first = !self.state().is_first_round_over;
        self.catalog.update(|contents| {
            if !found.is_empty() {
                let services = Arc::make_mut(&mut contents.oci);
                for service in found {
                    services.insert(Arc::clone(&service.current.name), service);
                }
            }
            let status = contents.status.entry(SourceKind::Oci).or_default();
            status.locations = locations;
            status.progress = if is_first { progress.or(status.progress) } else { None };
        });
    }

    /// Judges those whose policies were not here yet, or are others now.
    pub(super) async fn judge_again(&self) {
        let contents = self.catalog.contents();
        let changed = std::mem::take(&mut self.state().changed);
        let follows_changed = |record: &ContractRecord| {
            let mut named = record.references.iter().filter_map(|one| Repository::of(&one.reference).ok());
            named.any(|repository| changed.contains(&repository))
        };
        let partial: Vec<_> = contents
            .oci
            .values()
            .filter(|service| service.current.is_judged_in_part || follows_changed(&service.current))
            .cloned()
            .collect();
        let finder = self.finder();
        let mut judged = Vec::new();
        for service in partial {
            let Ok(resolved) = self.bundles.open(&service.current.place).await else { continue };
            let again = finder.judge(&resolved).await;
            let place = service.current.place.clone();
            let record = ContractRecord::new(&resolved.document, place, &again.report, again.is_partial);
            if record != *service.current {
                judged.push((service, Arc::new(record)));
            }
        }
        if judged.is_empty() {
            return;
        }
        self.catalog.update(|contents| {
            let services = Arc::make_mut(&mut contents.oci);
            for (before, record) in judged {
                // Older versions may have come meanwhile.
                if let Some(service) = services.get_mut(&before.current.name)
                    && service.current == before.current
                {
                    let versions = service.versions.clone();
                    *service = Arc::new(ServiceRecord { current: record, versions });
                }
            }
        });
    }

    /// A repository holds one service: what it held under another name is gone.
    fn remove_renamed(&self) {
        let held: BTreeMap<Arc<str>, Arc<str>> = {
            let state = self.state();
            let held = state.repositories.iter().filter(|(_, known)| known.error.is_none());
            held.filter_map(|(repository, known)| {
                Some((Arc::clone(repository.key()), known.service.clone()?))
            })
            .collect()
        };
        let is_gone = |service: &ServiceRecord| match &service.current.place {
            Place::Repository { repository, .. } => {
                held.get(repository).is_some_and(|name| *name != service.current.name)
            }
            Place::Directory(_) => false,
        };
        if self.catalog.contents().oci.values().any(|service| is_gone(service)) {
            self.catalog
                .update(|contents| Arc::make_mut(&mut contents.oci).retain(|_, service| !is_gone(service)));
        }
    }

    fn end(&self) {
        self.remove_renamed();
        let mut state = self.state();
        state.is_first_round_over = true;
        let locations = Self::locations(&state);
        let failed: Vec<_> = state
            .repositories
            .iter()
            .filter_map(|(repository, known)| {
                Some((repository, known.error.as_ref()?, known.service.is_some()))
            })
            .collect();
        let (total, count) = (state.repositories.len(), failed.len());
        let (message, hint) = match failed.as_slice() {
            [] => (None, None),
            [(repository, error, _)] => (Some(format!("{}: {error}", repository.shown())), error.hint()),
            [(_, error, _), ..] => {
                (Some(format!("{} of {total} repositories: {error}", failed.len())), error.hint())
            }
        };
        let is_all = failed.len() == total && total > 0;
        let had_answers = failed.iter().any(|(_, _, had)| *had);
        let now = Timestamp::now();
        drop(state);
        self.catalog.update_status(SourceKind::Oci, |status| {
            status.progress = None;
            (status.locations, status.failed) = (locations, count);
            let is_known = |known: &SourceError| Some(&known.message) == message.as_ref();
            if !status.last_error.as_ref().is_some_and(is_known) {
                status.last_error = message.map(|message| SourceError { message, at: now.to_string(), hint });
            }
            if is_all {
                status.state = if had_answers { SourceState::Stale } else { SourceState::Failing };
            } else {
                (status.as_of, status.last_success) = (Some(now), Some(now));
                status.state = SourceState::Live;
            }
        });
        self.look.notify_one();
    }
}

/// The repository that holds a service.
fn owner_of(service: &ServiceRecord) -> Option<Repository> {
    match &service.current.place {
        Place::Repository { repository, .. } => Repository::of(repository).ok(),
        Place::Directory(_) => None,
    }
}

/// Repositories that a contract names.
fn named(record: &ContractRecord) -> Vec<Repository> {
    let needs = record.needs.iter().map(|need| &need.reference);
    let references = record.references.iter().map(|reference| &reference.reference);
    let remote = needs.chain(references).filter(|reference| reference.starts_with("oci://"));
    remote.filter_map(|reference| Repository::of(reference).ok()).collect()
}

/// Give or take a tenth, so that many dashboards do not ask one registry at once.
fn with_jitter(period: Duration) -> Duration {
    const STEPS: u64 = 200;
    let step = u32::try_from(RandomState::new().hash_one(0) % STEPS).unwrap_or_default();
    period * (900 + step) / 1_000
}
