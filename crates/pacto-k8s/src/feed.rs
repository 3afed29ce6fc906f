//! One kind of resource as a stream of changes that never ends: lists, watches, and after trouble waits and lists again.
//!
//! After every error it lists anew instead of resuming. The library does not tell when a resumed watch stands, so a
//! cluster without changes would look broken; and a list also finds what a restored or replaced cluster holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::stream::{BoxStream, unfold};
use futures_util::{Stream, StreamExt};
use http::Request;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::client::Body;
use kube::core::{ApiResource, DynamicResourceScope, Resource};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use tower::service_fn;

use crate::view::{PactoView, ResourceKey, RevisionView};
use crate::{Problem, ProblemKind, projection};

/// Resources of one page of a list. One resource may take 1.5 MB, and a page is held as a whole.
const PAGE: u32 = 50;
/// Time for one page.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);
/// Time after which the server ends a watch by itself, in seconds; it is then taken up again without a list. Bounds for
/// how long a connection that died silently is believed in.
const WATCH_SECONDS: u32 = 60;
/// How long a watch must have lived for the next one to begin at once: a server that ends them all sooner is not stormed.
const LONG_LIFE: Duration = Duration::from_secs(5);
/// How long it must have gone well until the next trouble counts as the first.
const CALM: Duration = Duration::from_mins(1);

/// What a resource is projected to.
pub trait View: Clone + std::fmt::Debug + Send + Sync + 'static {
    fn project(object: &Value) -> Self;
    fn key(&self) -> &ResourceKey;
}

impl View for PactoView {
    fn project(object: &Value) -> Self {
        projection::pacto(object)
    }

    fn key(&self) -> &ResourceKey {
        &self.key
    }
}

impl View for RevisionView {
    fn project(object: &Value) -> Self {
        projection::revision(object)
    }

    fn key(&self) -> &ResourceKey {
        &self.key
    }
}

/// Resources by their key.
pub type Views<V> = BTreeMap<ResourceKey, Arc<V>>;

/// What happened.
pub enum Change<V> {
    /// This is all there is.
    Replaced(Views<V>),
    /// One is new or different.
    Applied(Arc<V>),
    /// One is gone.
    Deleted(ResourceKey),
    /// Something went wrong; it is tried again.
    Failed(Problem),
}

/// Waiting times that grow, with jitter so that a thousand dashboards do not come back together.
pub struct Backoff {
    builder: ExponentialBuilder,
    delays: ExponentialBackoff,
    last: Option<Instant>,
}

impl Backoff {
    pub fn new(at_least: Duration, at_most: Duration) -> Self {
        // The jitter adds up to as much again.
        let builder = ExponentialBuilder::new()
            .with_min_delay(at_least)
            .with_max_delay(at_least.max(at_most / 2))
            .with_factor(2.0)
            .without_max_times()
            .with_jitter();
        Self { builder, delays: builder.build(), last: None }
    }

    /// How long to wait now.
    pub fn delay(&mut self) -> Duration {
        let now = Instant::now();
        if self.last.is_some_and(|last| now.duration_since(last) > CALM) {
            self.reset();
        }
        self.last = Some(now);
        self.delays.next().unwrap_or(CALM)
    }

    /// One with the same bounds that begins anew.
    fn another(&self) -> Self {
        Self { builder: self.builder, delays: self.builder.build(), last: None }
    }

    pub fn reset(&mut self) {
        self.delays = self.builder.build();
    }
}

/// Changes of one kind of resource. An empty namespace means all.
pub fn feed<V: View>(
    client: Client,
    resource: &ApiResource,
    namespace: &str,
    backoff: Backoff,
) -> impl Stream<Item = Change<V>> + Send + use<V> {
    let client = paced(client, Pace::new(backoff.another()));
    let api = if namespace.is_empty() {
        Api::all_with(client, resource)
    } else {
        Api::namespaced_with(client, namespace, resource)
    };
    unfold(Following { api, events: None, listed: None, backoff, wait: None }, |mut following| async {
        Some((following.next().await, following))
    })
}

/// When watches begin. The library takes up a watch that the server ended at once, and tells nobody.
struct Pace {
    backoff: Backoff,
    /// When the last watch began, if there was one.
    began: Option<Instant>,
}

impl Pace {
    fn new(backoff: Backoff) -> Self {
        Self { backoff, began: None }
    }

    /// How long the next watch waits: not at all after one that lived long.
    fn next(&mut self, now: Instant) -> Duration {
        let is_early = self.began.is_some_and(|began| now.duration_since(began) < LONG_LIFE);
        let wait = if is_early { self.backoff.delay() } else { Duration::ZERO };
        if !is_early {
            self.backoff.reset();
        }
        self.began = Some(now + wait);
        wait
    }
}

/// A client whose watches wait as long as `pace` says.
fn paced(client: Client, pace: Pace) -> Client {
    let namespace = client.default_namespace().to_owned();
    let pace = Arc::new(Mutex::new(pace));
    let service = service_fn(move |request: Request<Body>| {
        let query = request.uri().query().unwrap_or_default();
        let is_watch = query.split('&').any(|pair| pair == "watch=true");
        let wait = match pace.lock() {
            Ok(mut pace) if is_watch => pace.next(Instant::now()),
            _ => Duration::ZERO,
        };
        let client = client.clone();
        async move {
            // The pause between two watches; the cluster does not say when to come back.
            sleep(wait).await;
            client.send(request).await
        }
    });
    Client::new(service, namespace)
}

struct Following<V> {
    api: Api<Observed<V>>,
    /// The watch, once it was started.
    events: Option<BoxStream<'static, watcher::Result<Event<Observed<V>>>>>,
    /// What a list brought so far, while it is read.
    listed: Option<Views<V>>,
    backoff: Backoff,
    wait: Option<Duration>,
}

impl<V: View> Following<V> {
    async fn next(&mut self) -> Change<V> {
        loop {
            if let Some(wait) = self.wait.take() {
                // The pause after a failure; the cluster does not say when to come back.
                sleep(wait).await;
            }
            let api = &self.api;
            let events = self.events.get_or_insert_with(|| watcher(api.clone(), config()).boxed());
            let event = if self.listed.is_none() {
                events.next().await
            } else if let Ok(event) = timeout(PAGE_TIMEOUT, events.next()).await {
                event
            } else {
                return self.failed(Problem::timed_out("a page of a list", PAGE_TIMEOUT));
            };
            match event {
                Some(Ok(Event::Init)) => self.listed = Some(Views::new()),
                Some(Ok(Event::InitApply(observed))) => {
                    let view = Arc::new(observed.view);
                    if let Some(listed) = &mut self.listed {
                        listed.insert(view.key().clone(), view);
                    }
                }
                Some(Ok(Event::InitDone)) => {
                    if let Some(listed) = self.listed.take() {
                        return Change::Replaced(listed);
                    }
                }
                Some(Ok(Event::Apply(observed))) => return Change::Applied(Arc::new(observed.view)),
                Some(Ok(Event::Delete(observed))) => return Change::Deleted(observed.view.key().clone()),
                Some(Err(error)) => return self.failed(problem(&error)),
                // The library's stream does not end; if it did, we would start again.
                None => return self.failed(ended()),
            }
        }
    }

    fn failed(&mut self, problem: Problem) -> Change<V> {
        tracing::debug!(%problem, "a watch failed");
        self.events = None;
        self.listed = None;
        self.wait = Some(self.backoff.delay());
        Change::Failed(problem)
    }
}

fn config() -> watcher::Config {
    watcher::Config::default().page_size(PAGE).timeout(WATCH_SECONDS)
}

fn ended() -> Problem {
    Problem { kind: ProblemKind::Failing, message: "the API server ended the watch".to_owned() }
}

fn problem(error: &watcher::Error) -> Problem {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => Problem::from(error),
        watcher::Error::WatchError(status) => Problem::status(status),
        watcher::Error::NoResourceVersion => ended(),
    }
}

/// A resource, projected while it is read: the whole of it exists for one resource at a time only.
#[derive(Debug, Clone)]
struct Observed<V> {
    /// Name, namespace and version: what the library needs.
    metadata: ObjectMeta,
    view: V,
}

impl<'de, V: View> Deserialize<'de> for Observed<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        let text = |key| object.pointer(key).and_then(Value::as_str).map(str::to_owned);
        let metadata = ObjectMeta {
            name: text("/metadata/name"),
            namespace: text("/metadata/namespace"),
            resource_version: text("/metadata/resourceVersion"),
            ..ObjectMeta::default()
        };
        Ok(Self { metadata, view: V::project(&object) })
    }
}

impl<V> Resource for Observed<V> {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn api_version(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.api_version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_grow_to_their_bound_and_differ() {
        let bounds = (Duration::from_millis(100), Duration::from_secs(2));
        let delays = || {
            let mut backoff = Backoff::new(bounds.0, bounds.1);
            (0..10).map(|_| backoff.delay()).collect::<Vec<_>>()
        };
        let first = delays();
        assert!(first.iter().all(|delay| *delay >= bounds.0 && *delay <= bounds.1), "{first:?}");
        assert!(first[9] >= bounds.1 / 2, "{first:?}");
        assert_ne!(first, delays());
    }

    #[test]
    fn a_watch_waits_only_after_one_that_ended_early() {
        let at_least = Duration::from_millis(100);
        let mut pace = Pace::new(Backoff::new(at_least, Duration::from_secs(2)));
        let begin = Instant::now();
        assert_eq!(pace.next(begin), Duration::ZERO, "the first");
        let mut now = begin;
        let waits: Vec<_> = (0..6)
            .map(|_| {
                let wait = pace.next(now);
                now += wait;
                wait
            })
            .collect();
        assert!(waits[0] >= at_least && waits[5] >= Duration::from_secs(1), "{waits:?}");
        now += LONG_LIFE;
        assert_eq!(pace.next(now), Duration::ZERO, "after a long life");
        assert!(pace.next(now) <= 2 * at_least, "and from the beginning after that");
    }

    #[test]
    fn after_a_calm_time_they_start_again() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
        for _ in 0..10 {
            backoff.delay();
        }
        backoff.last = Instant::now().checked_sub(CALM + Duration::from_secs(1));
        assert!(backoff.delay() <= Duration::from_millis(200));
    }
}
