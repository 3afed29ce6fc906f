//! Older versions: fetched in the background, and compared each with the one before.

use std::sync::Arc;

use futures_util::StreamExt;

use super::{Fetched, OciSource, Repository, State, note_fetched, unless_same};
use crate::record::{Place, ServiceRecord, VersionRecord};
use crate::source::history::{classify, open_pairs};

/// Most versions of one service that are fetched without being asked for, the highest first.
pub const MAX_PREFETCHED: usize = 50;
/// Versions of one service that are fetched at once.
const FETCHES_AT_ONCE: usize = 8;

impl OciSource {
    /// Fetches histories, that of a service somebody looks at first, the others once all repositories were asked.
    pub async fn run_versions(self: Arc<Self>) {
        loop {
            while let Some(name) = self.next_service() {
                self.complete(&name, MAX_PREFETCHED, false).await;
            }
            self.look.notified().await;
        }
    }

    fn next_service(&self) -> Option<Arc<str>> {
        let contents = self.catalog.contents();
        let mut state = self.state();
        while let Some(name) = state.viewed.pop_front() {
            if contents.oci.get(&name).is_some_and(|service| is_open(&state, service)) {
                return Some(name);
            }
        }
        if !state.is_first_round_over {
            return None;
        }
        let open = contents.oci.values().find(|service| is_open(&state, service));
        open.map(|service| Arc::clone(&service.current.name))
    }

    /// Fetches versions of a service that are not here, at most `limit` of the highest, and compares them. Those that could
    /// not be had are left alone for a while, unless somebody asked for them.
    pub(super) async fn complete(&self, name: &str, limit: usize, is_asked_for: bool) {
        let Some(service) = self.catalog.contents().oci.get(name).cloned() else { return };
        let Place::Repository { repository, .. } = &service.current.place else { return };
        let Ok(repository) = Repository::of(repository) else { return };
        let missing: Vec<String> = {
            let state = self.state();
            let listed = service.versions.iter().take(limit).filter(|version| version.place.is_none());
            let wanted = listed.filter(|version| {
                is_asked_for || state.unfetched.is_due(repository.key(), &version.version, state.round)
            });
            wanted.map(|version| version.version.to_string()).collect()
        };
        let fetch = |tag: String| {
            let repository = repository.clone();
            async move {
                let context = Arc::clone(self.network.context());
                let (kept, wanted) = (repository.clone(), tag.clone());
                let kept = tokio::task::spawn_blocking(move || kept.kept(&context, &wanted)).await;
                let fetched = match kept.ok().flatten() {
                    Some(fetched) => Ok(fetched),
                    None => repository.fetch(&self.network, &tag).await,
                };
                (tag, fetched)
            }
        };
        let mut fetches =
            futures_util::stream::iter(missing.into_iter().map(fetch)).buffer_unordered(FETCHES_AT_ONCE);
        let mut came: Vec<(String, Option<Fetched>)> = Vec::new();
        while let Some((tag, result)) = fetches.next().await {
            if let Err(error) = &result {
                tracing::debug!(repository = repository.shown(), tag, error = %error, "version not fetched");
            }
            came.push((tag, result.ok()));
        }
        self.keep(name, &repository, &came);
        self.compare(name, &repository).await;
    }

    fn keep(&self, name: &str, repository: &Repository, fetched: &[(String, Option<Fetched>)]) {
        if fetched.is_empty() {
            return;
        }
        let mut state = self.state();
        let round = state.round;
        for (tag, fetched) in fetched {
            match fetched {
                Some(_) => state.unfetched.came(repository.key(), tag),
                None => state.unfetched.failed(repository.key(), tag, round),
            }
        }
        drop(state);
        self.change(name, |service| {
            for (tag, fetched) in fetched {
                if let Some(fetched) = fetched {
                    note_fetched(&mut service.versions, tag, fetched);
                }
            }
        });
    }

    /// Compares what was not compared yet.
    async fn compare(&self, name: &str, repository: &Repository) {
        let Some(service) = self.catalog.contents().oci.get(name).cloned() else { return };
        let mut classes = Vec::new();
        for (newer, older) in open_pairs(&service.versions) {
            let place = |position: usize| service.versions.get(position)?.place.clone();
            let (Some(new), Some(old)) = (place(newer), place(older)) else { continue };
            let (Ok(old), Ok(new_files)) = (self.bundles.open(&old).await, self.bundles.open(&new).await)
            else {
                if let Place::Repository { tag, .. } = &new {
                    let mut state = self.state();
                    let round = state.round;
                    state.unfetched.failed(repository.key(), tag, round);
                }
                continue;
            };
            let class = tokio::task::spawn_blocking(move || classify(&old, &new_files)).await;
            if let Ok(class) = class {
                classes.push((new, class));
            }
        }
        if classes.is_empty() {
            return;
        }
        self.change(name, |service| {
            for (place, class) in &classes {
                let version =
                    service.versions.iter_mut().find(|version| version.place.as_ref() == Some(place));
                if let Some(version) = version {
                    version.classification = Some(*class);
                }
            }
        });
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut ServiceRecord)) {
        let contents = self.catalog.contents();
        let Some(before) = contents.oci.get(name) else { return };
        let mut record = ServiceRecord::clone(before);
        change(&mut record);
        if record == **before {
            return;
        }
        self.catalog.update(|contents| {
            let services = Arc::make_mut(&mut contents.oci);
            if let Some(service) = services.get_mut(name) {
                // A round may have found another current version meanwhile; its own list of versions is kept then.
                let same =
                    |(left, right): (&VersionRecord, &VersionRecord)| left.reference == right.reference;
                let is_same_list = service.versions.len() == record.versions.len()
                    && service.versions.iter().zip(&record.versions).all(same);
                if is_same_list {
                    let current = Arc::clone(&service.current);
                    *service =
                        unless_same(Some(service), ServiceRecord { current, versions: record.versions });
                }
            }
        });
    }
}

/// Whether there is something to fetch or to compare that is not left alone.
fn is_open(state: &State, service: &ServiceRecord) -> bool {
    let Place::Repository { repository, .. } = &service.current.place else { return false };
    let is_due = |tag: &str| state.unfetched.is_due(repository, tag, state.round);
    let listed = service.versions.iter().take(MAX_PREFETCHED);
    let mut missing = listed.filter(|version| version.place.is_none());
    missing.any(|version| is_due(&version.version))
        || open_pairs(&service.versions).into_iter().any(|(newer, _)| {
            let place = service.versions.get(newer).and_then(|version| version.place.as_ref());
            matches!(place, Some(Place::Repository { tag, .. }) if is_due(tag))
        })
}
