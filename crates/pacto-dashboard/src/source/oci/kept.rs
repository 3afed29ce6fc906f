//! What was fetched before, shown where no repository was named, so that the dashboard works without a network.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Known, OciSource, Repository, history, note_fetched};
use crate::record::{ServiceRecord, newest_first};
use crate::wire::report::SourceState;
use crate::wire::service::SourceKind;

/// Most versions of one service that are read at the start.
const MAX_READ: usize = 50;

impl OciSource {
    /// Tags in the disk cache, by repository; nothing where there is no cache.
    ///
    /// # Errors
    /// When its directory cannot be read.
    pub async fn cached(&self) -> std::io::Result<BTreeMap<Repository, Vec<String>>> {
        let mut repositories: BTreeMap<Repository, Vec<String>> = BTreeMap::new();
        let Some(cache) = self.network.context().sources.registries.cache().cloned() else {
            return Ok(repositories);
        };
        let entries = tokio::task::spawn_blocking(move || cache.entries());
        let entries = entries.await.map_err(std::io::Error::other)??;
        for entry in entries {
            // `registry:5000/path:tag`: the tag is behind the last slash.
            let Some((path, last)) = entry.reference.rsplit_once('/') else { continue };
            let Some((name, tag)) = last.split_once(':').filter(|_| !last.contains('@')) else { continue };
            if let Ok(repository) = Repository::of(&format!("oci://{path}/{name}")) {
                repositories.entry(repository).or_default().push(tag.to_owned());
            }
        }
        Ok(repositories)
    }

    /// Reads the disk cache; how many services it holds.
    pub async fn load_cache(&self) -> usize {
        for (repository, tags) in self.cached().await.unwrap_or_default() {
            self.load_repository(repository, tags).await;
        }
        let services = self.catalog.contents().oci.len();
        self.state().is_first_round_over = true;
        if services > 0 {
            self.judge_again().await;
            let locations = Self::locations(&self.state());
            self.catalog.update_status(SourceKind::Oci, |status| {
                (status.state, status.locations) = (SourceState::Stale, locations);
            });
            self.look.notify_one();
        }
        services
    }

    async fn load_repository(&self, repository: Repository, mut tags: Vec<String>) {
        tags.sort_by(|left, right| newest_first(left, right));
        tags.truncate(MAX_READ);
        let Some(current) = Repository::current(&tags).map(str::to_owned) else { return };
        let (context, reader, tag) =
            (Arc::clone(self.network.context()), repository.clone(), current.clone());
        let read = tokio::task::spawn_blocking(move || reader.kept(&context, &tag)).await;
        let Some(fetched) = read.ok().flatten() else { return };
        let mut versions = history(&repository, &tags, &[]);
        note_fetched(&mut versions, &current, &fetched);
        let record = Arc::new(self.record(&fetched, &self.finder()).await);
        let known = Known { tags, service: Some(Arc::clone(&record.name)), ..Known::default() };
        self.state().repositories.insert(repository, known);
        self.catalog.update(|contents| {
            let services = Arc::make_mut(&mut contents.oci);
            let name = Arc::clone(&record.name);
            services.entry(name).or_insert_with(|| Arc::new(ServiceRecord { current: record, versions }));
        });
    }
}
