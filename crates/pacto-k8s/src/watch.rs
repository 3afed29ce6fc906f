//! All Pactos and revisions of a cluster, kept up to date.
//!
//! A task lists and watches both resources and publishes [`Snapshot`]s. What was read is kept while the cluster does not
//! answer, with the time up to which it is known to be true. The task never ends by itself: a cluster that comes back
//! and a definition that is installed later are noticed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{BoxStream, pending, select_all, unfold};
use futures_util::{Stream, StreamExt};
use kube::Client;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::feed::{Backoff, feed};
use crate::knowledge::{Knowledge, News, Next};
use crate::view::{PactoView, ResourceKey, RevisionView};
use crate::{Problem, Served, Timestamp, discover};

/// What is watched, and how patiently.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// One namespace; empty for all.
    pub namespace: String,
    /// Time between two looks at a cluster that is fine: how fast a silent death is noticed.
    pub heartbeat: Duration,
    /// Shortest time before something that failed is tried again; grows to [`retry_at_most`](Self::retry_at_most).
    pub retry_at_least: Duration,
    /// Longest such time, and so how fast a definition that is installed later is noticed.
    pub retry_at_most: Duration,
    /// Shortest time between two snapshots.
    pub publish_every: Duration,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            namespace: String::new(),
            heartbeat: Duration::from_secs(15),
            retry_at_least: Duration::from_millis(500),
            retry_at_most: Duration::from_secs(15),
            publish_every: Duration::from_millis(100),
            clock: Timestamp::now,
        }
    }
}

/// How well one kind of resource is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FeedState {
    /// Nothing was heard yet.
    #[default]
    Connecting,
    /// What is known is what is there.
    Connected,
    /// Something is known, and it may be outdated.
    Lagging {
        /// When the trouble began.
        since: Timestamp,
        /// What the trouble is now.
        problem: Problem,
    },
    /// The cluster answers, and does not know the resource.
    CrdMissing,
    /// Nothing could ever be read.
    Unreachable {
        /// When the trouble began.
        since: Timestamp,
        /// What the trouble is now.
        problem: Problem,
    },
}

/// One kind of resource: its state, and up to when what is known was true.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feed {
    /// How well it is known.
    pub state: FeedState,
    /// Up to when it is known to be true; `None` while nothing was read.
    pub as_of: Option<Timestamp>,
}

/// What is known of a cluster at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Every Pacto.
    pub pactos: Arc<BTreeMap<ResourceKey, Arc<PactoView>>>,
    /// Every revision.
    pub revisions: Arc<BTreeMap<ResourceKey, Arc<RevisionView>>>,
    /// How well Pactos are known.
    pub pactos_feed: Feed,
    /// How well revisions are known; they may be forbidden or undefined while Pactos are fine.
    pub revisions_feed: Feed,
    /// In which version the cluster serves them, `pacto.trianalab.io/v1alpha1` say.
    pub api_version: Option<String>,
}

/// A running watch; it ends with the value.
#[derive(Debug)]
pub struct Watch {
    latest: watch::Receiver<Arc<Snapshot>>,
    task: AbortHandle,
}

impl Watch {
    /// Starts watching. Needs a tokio runtime.
    pub fn start(client: Client, options: WatchOptions) -> Self {
        let (publish, latest) = watch::channel(Arc::new(Snapshot::default()));
        let task = tokio::spawn(run(client, options, publish));
        Self { latest, task: task.abort_handle() }
    }

    /// What is known now. Its `as_of` moves on while nothing changes.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.latest.borrow().clone()
    }

    /// A channel with the latest snapshot; `changed().await` on it waits until a resource or a state changes. It closes
    /// with the watch.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.latest.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(client: Client, options: WatchOptions, publish: watch::Sender<Arc<Snapshot>>) {
    let mut known = Knowledge::new();
    let mut publisher = Publisher { publish, every: options.publish_every, told: 0, next: Instant::now() };
    let mut backoff = Backoff::new(options.retry_at_least, options.retry_at_most);
    loop {
        let answer = discover(&client).await;
        known.discovered(&answer, (options.clock)());
        publisher.tell(&known);
        if let Ok(Some(served)) = answer {
            // What made it end is told with the answer to the question that follows: a definition that is gone is no
            // failure.
            follow(&client, &options, &served, &mut known, &mut publisher).await;
        }
        // A cluster that does not answer tells nobody when it does again.
        sleep(backoff.delay()).await;
    }
}

/// Listens until the cluster serves something else.
async fn follow(
    client: &Client,
    options: &WatchOptions,
    served: &Served,
    known: &mut Knowledge,
    publisher: &mut Publisher,
) {
    let patience = || Backoff::new(options.retry_at_least, options.retry_at_most);
    let pactos = feed(client.clone(), &served.pactos, &options.namespace, patience());
    let revisions: BoxStream<'_, News> = match &served.revisions {
        Some(resource) => {
            feed(client.clone(), resource, &options.namespace, patience()).map(News::Revision).boxed()
        }
        None => pending().boxed(),
    };
    let heartbeats = heartbeats(client, options.heartbeat);
    let mut news = select_all([pactos.map(News::Pacto).boxed(), revisions, heartbeats.boxed()]);
    loop {
        tokio::select! {
            biased;
            () = sleep_until(publisher.next), if publisher.has_something(known) => publisher.tell(known),
            item = news.next() => {
                let Some(item) = item else { return };
                if known.hear(item, (options.clock)()) == Next::Rediscover {
                    return;
                }
                publisher.refresh(known);
            }
        }
    }
}

fn heartbeats(client: &Client, every: Duration) -> impl Stream<Item = News> + use<'_> {
    unfold((), move |()| async move {
        sleep(every).await;
        Some((News::Heartbeat(Box::new(discover(client).await)), ()))
    })
}

/// Tells subscribers, and not too often.
struct Publisher {
    publish: watch::Sender<Arc<Snapshot>>,
    every: Duration,
    /// Changes that were told.
    told: u64,
    /// When the next snapshot may be made.
    next: Instant,
}

impl Publisher {
    fn has_something(&self, known: &Knowledge) -> bool {
        known.changes() != self.told
    }

    fn tell(&mut self, known: &Knowledge) {
        self.told = known.changes();
        self.next = Instant::now() + self.every;
        // The last handle may be gone; then this task is about to end.
        self.publish.send_replace(Arc::new(known.snapshot()));
    }

    /// Without a change only the times move on, and nobody is woken for them.
    fn refresh(&self, known: &Knowledge) {
        if !self.has_something(known) {
            self.publish.send_if_modified(|latest| {
                *latest = Arc::new(known.snapshot());
                false
            });
        }
    }
}
