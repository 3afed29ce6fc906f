//! Everything that runs, and how it ends.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use kube::runtime::controller::{Config, applier};
use kube::runtime::reflector::store::Writer as StoreWriter;
use kube::runtime::reflector::{ObjectRef, Store, store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use pacto_engine::runtime::Options;
use pacto_k8s::ResourceKey;
use pacto_oci::credential::Surroundings;
use pacto_oci::registry::Settings;
use tokio::sync::{mpsc, watch};

use crate::arguments::Arguments;
use crate::cluster::{Cluster, Queue, WATCHED, status_of};
use crate::contract::Keeper;
use crate::contract::registry::Registry;
use crate::metrics::Metrics;
use crate::mirror::Mirror;
use crate::probe::{Latest, Prober};
use crate::reconcile::{Context, Written, reconcile};
use crate::serve::Readiness;
use crate::subject::Subject;
use crate::write::Writer;

/// Changes of one Pacto within this time are looked at once.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// Time until the watch of Pactos is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// Longest time that lists are waited for at the start.
const LISTED: Duration = Duration::from_mins(2);
/// Pactos of one page of a list.
const PAGE: u32 = 100;

/// What [`Readiness`] calls the Pactos.
const PACTOS: &str = "Pacto";

/// What a controller waits for until it is ready.
pub fn needed() -> Readiness {
    Readiness::waits_for(WATCHED.into_iter().chain([PACTOS]))
}

/// What the controller is started with.
pub struct Start {
    /// The cluster.
    pub client: Client,
    /// Namespace to look at; empty for all.
    pub namespace: String,
    /// How registries are spoken to.
    pub settings: Settings,
    /// Credentials of the process.
    pub surroundings: Surroundings,
    /// Who asks endpoints; none where nobody is to.
    pub prober: Option<Arc<Prober>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is waited for until the replica is ready.
    pub readiness: Readiness,
    /// Flags.
    pub arguments: Arguments,
}

impl std::fmt::Debug for Start {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Start").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// A controller that knows what is there, and does nothing yet.
pub struct Controller {
    context: Arc<Context>,
    store: Store<Subject>,
    queue: mpsc::UnboundedReceiver<ResourceKey>,
    wake: Queue,
    readiness: Readiness,
    concurrency: u16,
    _watches: tokio::task::JoinSet<()>,
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Controller").finish_non_exhaustive()
    }
}

impl Controller {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn watch(start: Start) -> std::io::Result<Self> {
        let Start { client, namespace, settings, surroundings, prober, metrics, readiness, arguments } =
            start;
        let (sender, queue) = mpsc::unbounded_channel();
        let wake = Queue::new(sender);
        let cluster = Arc::new(Cluster::new(wake.clone(), readiness.clone()));
        let registry = Registry::start(settings, surroundings)?;
        let keeper = Keeper::new(client.clone(), registry, arguments.use_image_pull_secrets, wake.clone());
        let keeper = Arc::new(keeper);
        let writer = Arc::new(Writer::new(client.clone(), &arguments.pod_name, Arc::clone(&metrics)));
        let mirror = Mirror::start(client.clone(), Arc::clone(&keeper), Arc::clone(&writer));
        let (reader, kept) = store::<Subject>();
        let context = Arc::new(Context {
            client: client.clone(),
            cluster: Arc::clone(&cluster),
            keeper,
            mirror,
            writer,
            probes: prober.map(|prober| Arc::new(Latest::new(prober, wake.clone()))),
            metrics,
            options: Options { strict_checks: arguments.strict_checks, probes: true, today: None },
            history_limit: arguments.revision_history_limit,
            written: Written::default(),
            notes: Mutex::default(),
            store: reader.clone(),
        });
        let mut watches = cluster.watch(&client, &namespace);
        watches.spawn(watch_pactos(
            client,
            namespace,
            Arc::clone(&context),
            kept,
            wake.clone(),
            readiness.clone(),
        ));
        Ok(Self {
            context,
            store: reader,
            queue,
            wake,
            readiness,
            concurrency: arguments.max_concurrent_reconciles,
            _watches: watches,
        })
    }

    /// Looks at Pactos until `stop` says so; what is under way is finished.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let Self { context, store, queue, wake, readiness, concurrency, _watches: watches } = self;
        // What is not listed yet would pass for missing. A kind that cannot be listed does not hold up the others for ever: of it
        // nobody knows.
        tokio::select! {
            // A list that takes longer is looked at when it comes.
            _ = tokio::time::timeout(LISTED, readiness.complete()) => {}
            _ = stop.wait_for(|is_over| *is_over) => return,
        }
        wake.open();
        // What changed while another replica worked may have been left half done.
        for subject in store.state() {
            wake.put(subject.key());
        }
        drop(wake);
        let metrics = Arc::clone(&context.metrics);
        let ended = async move {
            // A sender that is gone wants the end as well.
            let _ = stop.wait_for(|is_over| *is_over).await;
        };
        let requests = stream::unfold(queue, move |mut queue| {
            let metrics = Arc::clone(&metrics);
            async move {
                let key = queue.recv().await?;
                metrics.queue_depth(queue.len());
                Some((
                    Ok::<_, Infallible>(ObjectRef::<Subject>::new(&key.name).within(&key.namespace)),
                    queue,
                ))
            }
        });
        let requests = requests.take_until(ended);
        let config = Config::default().debounce(DEBOUNCE).concurrency(concurrency);
        let failed = |subject: Arc<Subject>, error: &crate::write::WriteError, context: Arc<Context>| {
            if !error.is_gone() {
                tracing::warn!(pacto = %subject.key(), error = %error, "tried again later");
            }
            context.after_failure(&subject, error)
        };
        let each = |subject, context| Box::pin(reconcile(subject, context));
        let mut done = Box::pin(applier(each, failed, context, store, requests, config));
        // Each result was told where it came from.
        while done.next().await.is_some() {}
        drop(watches);
    }
}

/// Watches Pactos for ever.
async fn watch_pactos(
    client: Client,
    namespace: String,
    context: Arc<Context>,
    mut kept: StoreWriter<Subject>,
    wake: Queue,
    readiness: Readiness,
) {
    let reader = kept.as_reader();
    loop {
        let client = client.clone();
        let api: Api<Subject> =
            if namespace.is_empty() { Api::all(client) } else { Api::namespaced(client, &namespace) };
        let mut events = Box::pin(watcher(api, watcher::Config::default().page_size(PAGE)));
        let mut there = Listed::default();
        let error = loop {
            match events.next().await {
                Some(Ok(event)) => {
                    take(&context, &reader, &event, &mut there);
                    let is_complete = matches!(event, Event::InitDone);
                    kept.apply_watcher_event(&event);
                    // The store has a list only when it is complete.
                    if is_complete {
                        readiness.is_there(PACTOS);
                    }
                    if is_complete || matches!(event, Event::Apply(_)) {
                        there.changed.drain(..).for_each(|key| wake.put(key));
                    }
                }
                Some(Err(error)) => break error,
                None => return,
            }
        };
        match status_of(&error) {
            Some(404) => {
                tracing::warn!("the definition of Pacto is not installed; apply it, and the work begins");
            }
            _ => tracing::warn!(error = %error, "the watch of Pactos is begun anew"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// What a list has brought so far.
#[derive(Debug, Default)]
struct Listed {
    there: Vec<ResourceKey>,
    /// Pactos to look at once the store has them.
    changed: Vec<ResourceKey>,
}

/// Notes a change before the store has it, if there is something to look at: what the operator itself wrote is none.
fn take(context: &Context, reader: &Store<Subject>, event: &Event<Subject>, listed: &mut Listed) {
    match event {
        Event::Init => *listed = Listed::default(),
        Event::InitApply(subject) | Event::Apply(subject) => {
            let key = subject.key();
            context.written.seen(subject);
            let before = reader.get(&ObjectRef::new(&subject.name_any()).within(&key.namespace));
            if before.as_ref().is_some_and(|before| before.uid() != subject.uid()) {
                context.forget(&key);
            }
            if before.is_none_or(|before| !subject.asks_the_same(&before)) {
                let target = subject.spec.as_ref().ok().map(|spec| spec.target(&key.namespace));
                context.cluster.set_target(&key, target.as_ref());
                listed.changed.push(key.clone());
            }
            if matches!(event, Event::InitApply(_)) {
                listed.there.push(key);
            }
        }
        Event::InitDone => {
            listed.there.sort();
            for gone in reader.state().iter().map(|subject| subject.key()) {
                if listed.there.binary_search(&gone).is_err() {
                    context.forget(&gone);
                }
            }
        }
        Event::Delete(subject) => context.forget(&subject.key()),
    }
}
