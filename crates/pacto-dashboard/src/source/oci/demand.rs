//! What users ask for by name.

use std::sync::Arc;

use jiff::Timestamp;
use pacto_contract::Reference;

use super::{Fetched, Known, OciSource, Repository, RepositoryError, history, note_fetched};
use crate::record::ServiceRecord;
use crate::wire::report::SourceState;
use crate::wire::service::SourceKind;

/// Most versions that are fetched when somebody asks for all.
const MAX_FETCHED: usize = 1_000;

impl OciSource {
    /// Fetches the contract of a reference: its tag, else the highest within `constraint`, else the highest. It is part
    /// of the fleet from then on.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub async fn resolve(
        self: &Arc<Self>,
        reference: &str,
        constraint: Option<&str>,
    ) -> Result<Fetched, RepositoryError> {
        let repository = Repository::of(reference)?;
        let text = reference.trim();
        let text = if text.contains("://") { text.to_owned() } else { format!("oci://{text}") };
        let (tag, digest) = match Reference::parse(&text) {
            Ok(Reference::Oci(oci)) => (oci.tag, oci.digest),
            Ok(Reference::Layout(layout)) => (layout.tag, layout.digest),
            _ => (None, None),
        };
        self.network.context().sources.registries.forget_tags();
        let tags = repository.versions(&self.network).await;
        let wanted = match (digest, tag, constraint.filter(|text| !text.trim().is_empty())) {
            (Some(digest), _, _) => digest.as_str().to_owned(),
            (None, Some(tag), _) => tag,
            (None, None, Some(constraint)) => {
                repository.within(tags.as_ref().map_err(Clone::clone)?, constraint)?.to_owned()
            }
            (None, None, None) => {
                let highest = Repository::current(tags.as_ref().map_err(Clone::clone)?);
                highest.unwrap_or_default().to_owned()
            }
        };
        let fetched = repository.fetch(&self.network, &wanted).await?;
        self.adopt(&repository, tags.unwrap_or_default(), &wanted, &fetched).await;
        Ok(fetched)
    }

    /// Makes what was fetched part of the fleet, unless it is there already.
    async fn adopt(
        self: &Arc<Self>,
        repository: &Repository,
        tags: Vec<String>,
        tag: &str,
        fetched: &Fetched,
    ) {
        let finder = self.finder();
        let record = Arc::new(self.record(fetched, &finder).await);
        let mut state = self.state();
        // Not among those that users named at the start: credentials of the environment do not go there.
        let known = state.repositories.entry(repository.clone()).or_default();
        let tags = if tags.is_empty() { vec![tag.to_owned()] } else { tags };
        *known = Known {
            tags: tags.clone(),
            service: Some(Arc::clone(&record.name)),
            seen: Some(Timestamp::now()),
            ..Known::default()
        };
        drop(state);
        self.catalog.update(|contents| {
            let status = contents.status.entry(SourceKind::Oci).or_default();
            if !status.enabled {
                // Nobody named a repository at the start, so nothing said yet what this source is.
                status.enabled = true;
                status.state = SourceState::Discovering;
                status.reason = Some("repositories that were asked for here".to_owned());
            }
            if contents.oci.contains_key(&record.name) {
                return;
            }
            let mut versions = history(repository, &tags, &[]);
            note_fetched(&mut versions, tag, fetched);
            let service = ServiceRecord { current: Arc::clone(&record), versions };
            Arc::make_mut(&mut contents.oci).insert(Arc::clone(&record.name), Arc::new(service));
        });
        self.follow();
        self.wake.notify_one();
    }

    /// Versions of a repository, the highest first; with `fetch`, all of them are fetched and compared.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub async fn list_versions(
        self: &Arc<Self>,
        reference: &str,
        fetch: bool,
    ) -> Result<Vec<String>, RepositoryError> {
        let repository = Repository::of(reference)?;
        self.network.context().sources.registries.forget_tags();
        let tags = match repository.versions(&self.network).await {
            Err(RepositoryError::NoVersions(_)) => return Ok(Vec::new()),
            tags => tags?,
        };
        if fetch {
            let name = self.state().repositories.get(&repository).and_then(|known| known.service.clone());
            let name = match name {
                Some(name) => name,
                None => Arc::from(
                    self.resolve(repository.key(), None)
                        .await?
                        .resolved
                        .document
                        .contract
                        .service
                        .name
                        .as_str(),
                ),
            };
            self.list_anew(&repository, &name, &tags);
            self.complete(&name, MAX_FETCHED, true).await;
        }
        Ok(tags)
    }

    /// Tags that are new since the last round.
    fn list_anew(&self, repository: &Repository, name: &str, tags: &[String]) {
        self.catalog.update(|contents| {
            if let Some(service) = Arc::make_mut(&mut contents.oci).get_mut(name) {
                let versions = history(repository, tags, &service.versions);
                *service = Arc::new(ServiceRecord { current: Arc::clone(&service.current), versions });
            }
        });
    }
}
