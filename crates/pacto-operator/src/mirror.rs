//! Revisions of versions that are published besides the current one; on a queue of its own, a few at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::api::{DeleteParams, ListParams};
use kube::{Api, Client};
use pacto_contract::LenientVersion;
use pacto_contract::reference::OciReference;
use pacto_contract::version::tag_preference_cmp;
use pacto_k8s::ResourceKey;
use pacto_k8s::revision::{PACTO_LABEL, PactoRevision};
use pacto_oci::registry::RegistryError;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use crate::contract::registry::Ask;
use crate::contract::{Judged, Keeper};
use crate::plan::Notice;
use crate::revision::{Known, pacto_label, surplus};
use crate::subject::Subject;
use crate::write::{WriteError, Writer};

/// Pactos whose versions are mirrored at once.
const AT_ONCE: usize = 2;
/// Most versions that are fetched for one Pacto, the highest first.
const MAX_VERSIONS: usize = 50;
/// How often tags whose number did not change are looked at for having been moved.
const LOOK_AGAIN: Duration = Duration::from_hours(1);

/// What is to be mirrored.
#[derive(Debug, Clone)]
pub struct Order {
    /// For whom.
    pub subject: Arc<Subject>,
    /// The repository; nothing where the Pacto follows none. Then there is nothing to mirror, and only what is too much goes.
    pub reference: Option<OciReference>,
    /// Its tags, where they are known just now.
    pub tags: Option<Vec<String>>,
    /// Revision of the contract in force, which is never removed.
    pub current: Option<String>,
    /// Reference of the contract in force: that it has another content is told by the status.
    pub followed: Option<String>,
    /// Most revisions beside the current one.
    pub limit: usize,
}

/// The queue. A second order for a Pacto replaces the first.
#[derive(Debug, Clone)]
pub struct Mirror {
    waiting: Arc<Mutex<HashMap<ResourceKey, Order>>>,
    done: Arc<Mutex<HashMap<ResourceKey, Done>>>,
    wake: mpsc::UnboundedSender<ResourceKey>,
}

/// What was mirrored last.
#[derive(Debug, Clone)]
struct Done {
    /// Repository (or, without one, the revision in force), Pacto and limit that it was for.
    of: (String, String, usize),
    tags: Vec<String>,
    /// Digest that each tag had.
    digests: BTreeMap<String, String>,
    looked: Instant,
}

impl Order {
    fn of(&self) -> (String, String, usize) {
        let source = match &self.reference {
            Some(reference) => reference.repository_path(),
            None => self.current.clone().unwrap_or_default(),
        };
        (source, self.subject.uid().to_owned(), self.limit)
    }
}

impl Mirror {
    /// Starts the queue; it ends with the last clone.
    pub fn start(client: Client, keeper: Arc<Keeper>, writer: Arc<Writer>) -> Self {
        let (wake, mut queue) = mpsc::unbounded_channel::<ResourceKey>();
        let this = Self { waiting: Arc::default(), done: Arc::default(), wake };
        let (waiting, done) = (Arc::clone(&this.waiting), Arc::clone(&this.done));
        tokio::spawn(async move {
            let turns = Arc::new(Semaphore::new(AT_ONCE));
            while let Some(key) = queue.recv().await {
                let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
                let order = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
                let Some(order) = order else { continue };
                let work =
                    Work { client: client.clone(), keeper: Arc::clone(&keeper), writer: Arc::clone(&writer) };
                let done = Arc::clone(&done);
                tokio::spawn(async move {
                    let last = done.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
                    let last = last.filter(|last| last.of.0 == order.of().0 && last.of.1 == order.of().1);
                    let before = last.map(|last| last.digests).unwrap_or_default();
                    match work.mirror(&order, &before).await {
                        Ok((tags, digests)) => {
                            let now = Done { of: order.of(), tags, digests, looked: Instant::now() };
                            done.lock().unwrap_or_else(PoisonError::into_inner).insert(key, now);
                        }
                        // The next look at the Pacto orders it again.
                        Err(error) => {
                            tracing::info!(pacto = %key, error = %error, "versions are not mirrored yet");
                        }
                    }
                    drop(turn);
                });
            }
        });
        this
    }

    /// Mirrors, unless nothing changed since the last time.
    pub fn order(&self, order: Order) {
        let key = order.subject.key();
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let is_done = done.filter(|done| done.of == order.of()).is_some_and(|done| {
            let is_same = order.tags.as_ref().is_none_or(|tags| *tags == done.tags);
            is_same && done.looked.elapsed() < LOOK_AGAIN
        });
        if !is_done {
            let before =
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), order);
            if before.is_none() {
                // Nobody listens any more when the operator stops.
                let _ = self.wake.send(key);
            }
        }
    }

    /// Forgets a Pacto that is gone.
    pub fn forget(&self, key: &ResourceKey) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.done.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Why versions were not mirrored.
#[derive(Debug, thiserror::Error)]
enum MirrorError {
    #[error("{0}")]
    Login(String),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("revisions cannot be listed: {0}")]
    List(#[source] kube::Error),
}

struct Work {
    client: Client,
    keeper: Arc<Keeper>,
    writer: Arc<Writer>,
}

impl Work {
    /// Gives the tags that there are, and the digests that they have; `before` are those of the last time.
    async fn mirror(
        &self,
        order: &Order,
        before: &BTreeMap<String, String>,
    ) -> Result<(Vec<String>, BTreeMap<String, String>), MirrorError> {
        let key = order.subject.key();
        let Ok(spec) = &order.subject.spec else { return Ok(Default::default()) };
        let Some(repository) = &order.reference else {
            self.retain(&key, order).await?;
            return Ok(Default::default());
        };
        let login = self.keeper.login(&order.subject, spec, &repository.registry).await;
        let login = login.map_err(MirrorError::Login)?;
        let registry = self.keeper.registry();
        let tags = match &order.tags {
            Some(tags) => tags.clone(),
            None => registry.tags(repository, login.clone()).await?,
        };
        let known = self.known(&key).await?;
        // The current one is among them.
        let most = MAX_VERSIONS.min(order.limit.saturating_add(1));
        let mut digests = BTreeMap::new();
        for tag in versions(&tags).into_iter().take(most) {
            let reference = repository.with_tag(tag);
            let shown = format!("{}:{tag}", reference.repository_path());
            let newest = newest(&known, &shown);
            let is_known = newest.is_some();
            let newest = newest.and_then(|known| known.digest);
            let digest = before.get(tag).cloned().or(newest);
            // What would be removed again is not fetched, and without a digest nothing can be compared.
            if (is_known && digest.is_none()) || (!is_known && !stays(&known, tag, order)) {
                continue;
            }
            let ask = Ask { reference, login: login.clone(), known: digest.clone() };
            let answer = match registry.contract(ask).await {
                Ok(answer) => answer,
                // Nobody is there for the others either.
                Err(error @ RegistryError::Unreachable { .. }) => return Err(error.into()),
                // One version that cannot be had does not hide the others.
                Err(error) => {
                    tracing::debug!(tag = %shown, error = %error, "a version is not mirrored");
                    continue;
                }
            };
            digests.insert(tag.to_owned(), answer.digest.clone());
            let Some(bundle) = answer.bundle.filter(|_| digest.as_ref() != Some(&answer.digest)) else {
                continue;
            };
            let judged = Judged::bundle(&bundle, &answer.reference, &answer.digest, self.keeper.validator());
            let Some(document) = judged.document() else { continue };
            if let Some(before) = digest.filter(|_| order.followed.as_deref() != Some(&shown)) {
                let message = format!("{shown} was {before} and is {} now", answer.digest);
                let notice = Notice { reason: "TagOverwritten", is_warning: true, message };
                self.writer.tell(&order.subject, &notice).await;
            }
            let service = &document.contract.service;
            self.writer.ensure_revision(&order.subject, &judged, &service.name, &service.version).await?;
        }
        self.retain(&key, order).await?;
        Ok((tags, digests))
    }

    async fn known(&self, key: &ResourceKey) -> Result<Vec<Known>, MirrorError> {
        let api: Api<PactoRevision> = Api::namespaced(self.client.clone(), &key.namespace);
        let selected = ListParams::default().labels(&format!("{PACTO_LABEL}={}", pacto_label(&key.name)));
        let found = api.list(&selected).await.map_err(MirrorError::List)?;
        // Two long names may have one label.
        let own = found.items.into_iter().filter(|revision| revision.spec.pacto_ref == key.name);
        let known = own.map(|revision| Known {
            name: revision.metadata.name.unwrap_or_default(),
            version: revision.spec.version,
            created: revision.metadata.creation_timestamp.map(|time| time.0.to_string()).unwrap_or_default(),
            oci: revision.spec.source.oci,
            digest: revision.spec.source.digest,
        });
        Ok(known.collect())
    }

    async fn retain(&self, key: &ResourceKey, order: &Order) -> Result<(), MirrorError> {
        // Without knowing which one is in force none is removed.
        if order.current.is_none() {
            return Ok(());
        }
        let known = self.known(key).await?;
        let api: Api<PactoRevision> = Api::namespaced(self.client.clone(), &key.namespace);
        for name in surplus(&known, order.current.as_deref(), order.limit) {
            self.writer.wrote("pactorevisions", "delete");
            match api.delete(&name, &DeleteParams::background()).await {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(MirrorError::List(error)),
            }
        }
        Ok(())
    }
}

/// Of several revisions that a tag had, the last one: it is what the tag has.
fn newest(known: &[Known], reference: &str) -> Option<Known> {
    let of_tag = known.iter().filter(|known| known.oci.as_deref() == Some(reference));
    of_tag.max_by(|left, right| by_time(left, right)).cloned()
}

/// Whether a revision of this tag would be kept.
fn stays(known: &[Known], tag: &str, order: &Order) -> bool {
    let version =
        LenientVersion::parse_tag(tag).map_or_else(|_| tag.to_owned(), |version| version.as_str().to_owned());
    let candidate = Known { name: String::new(), version, created: String::new(), oci: None, digest: None };
    let all: Vec<Known> = known.iter().cloned().chain([candidate]).collect();
    surplus(&all, order.current.as_deref(), order.limit).iter().all(|name| !name.is_empty())
}

fn by_time(left: &Known, right: &Known) -> std::cmp::Ordering {
    left.created.cmp(&right.created).then_with(|| left.name.cmp(&right.name))
}

/// Tags that are versions, the highest first, each version once.
fn versions(tags: &[String]) -> Vec<&str> {
    let distinct: BTreeSet<&str> = tags.iter().map(String::as_str).collect();
    let mut found: Vec<(LenientVersion, &str)> =
        distinct.into_iter().filter_map(|tag| Some((LenientVersion::parse_tag(tag).ok()?, tag))).collect();
    found.sort_by(|(left, _), (right, _)| tag_preference_cmp(right, left));
    // `1.2.0`, `v1.2.0` and `1.2` are one version, which the first spelling names best.
    found.dedup_by(|(next, _), (first, _)| next.precedence_cmp(first).is_eq());
    found.into_iter().map(|(_, tag)| tag).collect()
}
