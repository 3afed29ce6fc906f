//! One Pacto: observe, plan, write.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kube::runtime::controller::Action;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Api, Client};
use pacto_contract::ContractDocument;
use pacto_engine::runtime::observation::{Source, SourceKeys};
use pacto_engine::runtime::workload::{SourceKind, SourceName};
use pacto_engine::runtime::{ContractStatus, EndpointRole, Observation, Options, endpoints};
use pacto_k8s::observe::object::{ConfigMapKind, SecretKind};
use pacto_k8s::observe::{Kind, Object, Target, Watched};
use pacto_k8s::pacto::{Pacto, PactoSpec, PactoStatus};
use pacto_k8s::{Problem, ResourceKey, Timestamp};

use crate::cluster::Cluster;
use crate::contract::{Judged, Keeper, Resolution, Trouble, Wanted, wanted};
use crate::metrics::{Metrics, ReconcileResult, Recorded};
use crate::mirror::{Mirror, Order};
use crate::plan::{Facts, plan};
use crate::probe::Latest;
use crate::revision;
use crate::subject::{Prior, Subject};
use crate::write::{WriteError, Writer};

/// Shortest interval between two looks at a Pacto, as its definition says.
const MIN_INTERVAL: i32 = 30;
/// Time until a write that failed is tried again; it doubles.
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// Longest time until a write is tried again.
const LAST_RETRY: Duration = Duration::from_mins(1);

/// Time within which the watch brings what was written. Later what the watch says counts: somebody else may have written.
const COMES_BACK: Duration = Duration::from_secs(10);
/// How often it is looked whether a revision is still there.
const LOOK_FOR_REVISION: Duration = Duration::from_mins(10);

/// What a reconciliation works with.
pub struct Context {
    /// The cluster.
    pub client: Client,
    /// What runs in it.
    pub cluster: Arc<Cluster>,
    /// Contracts.
    pub keeper: Arc<Keeper>,
    /// Versions besides the current ones.
    pub mirror: Mirror,
    /// Who writes.
    pub writer: Arc<Writer>,
    /// What endpoints answered; none where nobody is to ask them.
    pub probes: Option<Arc<Latest>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How checks are made.
    pub options: Options,
    /// Revisions that are kept where a Pacto does not say.
    pub history_limit: u32,
    /// What was written and did not come back by the watch yet.
    pub written: Written,
    /// The Pactos that are there.
    pub store: Store<Subject>,
    /// What is known of each Pacto besides.
    pub notes: Mutex<HashMap<ResourceKey, Note>>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Context").field("options", &self.options).finish_non_exhaustive()
    }
}

/// What is known of a Pacto besides what is in the cluster.
#[derive(Debug, Clone, Default)]
pub struct Note {
    /// Name of the revision that was there, and when.
    revision: Option<(String, Instant)>,
    /// Failures in a row.
    failures: u32,
    /// How often in a row its revision could not be made.
    missed: u32,
}

/// Statuses that were written and did not come back yet. Without them what is written would be written again.
#[derive(Debug, Default)]
pub struct Written(Mutex<HashMap<ResourceKey, Entry>>);

/// Identity of the resource, what was written, and when.
type Entry = (String, Prior, Instant);

impl Written {
    fn of(&self, subject: &Subject) -> Option<Prior> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (uid, prior, at) = written.get(&subject.key())?;
        (uid == subject.uid() && at.elapsed() < COMES_BACK).then(|| prior.clone())
    }

    fn set(&self, subject: &Subject, prior: Prior) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(subject.key(), (subject.uid().to_owned(), prior, Instant::now()));
    }

    /// A state of the resource came by the watch; what it says counts once it is what was written, or later.
    pub fn seen(&self, subject: &Subject) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_here = written.get(&subject.key()).is_some_and(|(uid, prior, _)| {
            uid != subject.uid() || prior.fingerprint == subject.prior.fingerprint
        });
        if is_here {
            written.remove(&subject.key());
        }
    }

    fn forget(&self, key: &ResourceKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl Context {
    /// Forgets a Pacto that is gone.
    pub fn forget(&self, key: &ResourceKey) {
        self.cluster.set_target(key, None);
        self.keeper.forget(key);
        self.mirror.forget(key);
        self.metrics.forget(key);
        if let Some(probes) = &self.probes {
            probes.forget(key);
        }
        self.written.forget(key);
        self.notes().remove(key);
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, HashMap<ResourceKey, Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a Pacto that could not be written is tried again.
    pub fn after_failure(&self, subject: &Subject, error: &WriteError) -> Action {
        if error.is_gone() {
            return Action::await_change();
        }
        let mut notes = self.notes();
        let note = notes.entry(subject.key()).or_default();
        note.failures = note.failures.saturating_add(1);
        Action::requeue(spread(&subject.key(), retry(note.failures)))
    }
}

/// Looks at one Pacto.
///
/// # Errors
/// When its status could not be written. What else goes wrong is in the status.
pub async fn reconcile(subject: Arc<Subject>, context: Arc<Context>) -> Result<Action, WriteError> {
    let began = Instant::now();
    let result = look(&subject, &context).await;
    // One that went away meanwhile is not to be remembered.
    let key = subject.key();
    let there = context.store.get(&ObjectRef::new(&key.name).within(&key.namespace));
    // Of one with another identity everything was forgotten when it came, and what is known since is its own.
    if there.is_none() {
        context.forget(&key);
    }
    let outcome = if result.is_ok() { ReconcileResult::RequeueAfter } else { ReconcileResult::Error };
    context.metrics.reconciled(outcome, began.elapsed());
    if result.is_ok()
        && let Some(note) = context.notes().get_mut(&subject.key())
    {
        note.failures = 0;
    }
    result
}

async fn look(subject: &Arc<Subject>, context: &Context) -> Result<Action, WriteError> {
    if subject.is_going() {
        return Ok(Action::await_change());
    }
    let key = subject.key();
    let prior = context.written.of(subject).unwrap_or_else(|| subject.prior.clone());
    let seconds =
        subject.spec.as_ref().map_or(MIN_INTERVAL, |spec| spec.check_interval_seconds.max(MIN_INTERVAL));
    let interval = Duration::from_secs(seconds.unsigned_abs().into());
    let resolution = match &subject.spec {
        Ok(spec) => context.keeper.resolve(subject, spec, interval),
        Err(_) => Some(Resolution::default()),
    };
    // Of what is asked for the first time nothing can be said yet; the answer brings the Pacto back.
    let Some(resolution) = resolution else { return Ok(Action::requeue(spread(&key, interval))) };
    let document = resolution.contract.as_ref().and_then(|judged| judged.document());
    let (mut observation, mut revision) = (Observation::default(), None);
    if let (Ok(spec), Some(judged), Some(document)) = (&subject.spec, &resolution.contract, &document)
        && judged.validation.valid
    {
        let target = spec.target(&key.namespace);
        observation = context.cluster.observe(&target);
        if !judged.required.is_empty() {
            add_sources(&context.client, &target, &mut observation).await;
        }
        if !add_probes(subject, context, document, &target, &mut observation) {
            return Ok(Action::requeue(spread(&key, interval)));
        }
        revision = ensure_revision(subject, context, judged, document).await;
        mirror(subject, context, spec, &resolution, revision.clone());
    }
    let now = Timestamp::now();
    let options = Options {
        probes: context.probes.is_some() && subject.is_probed,
        today: Some(now.to_string().chars().take(10).collect()),
        ..context.options.clone()
    };
    let facts = Facts {
        spec: &subject.spec,
        generation: subject.generation(),
        prior: &prior,
        before: before(subject, context, &resolution, &prior).await,
        resolution: &resolution,
        document: document.as_ref(),
        observation: &observation,
        revision,
        options: &options,
        now,
    };
    let plan = plan(&facts);
    if plan.is_changed {
        context.writer.status(subject, &plan.status).await?;
        context.written.set(subject, Prior::of(&plan.status));
        for notice in &plan.notices {
            context.writer.tell(subject, notice).await;
        }
        tracing::info!(pacto = %key, status = ?plan.status.contract_status, "the status changed");
    }
    let checks = plan.checks.iter().map(Into::into).collect();
    let recorded = Recorded {
        // A contract that is not valid has a name all the same.
        service: document.as_ref().map(|document| document.contract.service.name.clone()),
        status: plan.status.contract_status.unwrap_or(ContractStatus::Unknown),
        checks,
        readiness: plan.readiness.as_ref().map(Into::into),
    };
    context.metrics.record(&key, &recorded);
    let missed = context.notes().get(&key).map_or(0, |note| note.missed);
    let wait = resolution.again.unwrap_or(interval).min(interval);
    let wait = if missed > 0 { wait.min(retry(missed)) } else { wait };
    Ok(Action::requeue(spread(&key, wait)))
}

/// Adds the names of keys of the objects that the workload is configured with.
async fn add_sources(client: &Client, target: &Target, observation: &mut Observation) {
    for name in observation.wanted_sources() {
        let keys = match name.kind {
            SourceKind::ConfigMap => keys::<ConfigMapKind>(client, target, &name).await,
            SourceKind::Secret => keys::<SecretKind>(client, target, &name).await,
        };
        observation.sources.push(Source { name, keys });
    }
}

async fn keys<K: Kind>(client: &Client, target: &Target, name: &SourceName) -> SourceKeys {
    let api: Api<Watched<K>> = Api::namespaced(client.clone(), &target.namespace);
    match api.get_opt(&name.name).await {
        Ok(Some(Watched { object: Object::Source(_, names), .. })) => SourceKeys::Known(names),
        Ok(_) => SourceKeys::Missing,
        Err(error) => SourceKeys::Unknown(Problem::from(&error).to_string()),
    }
}

/// The status that is there, where nothing is known of the contract any more: an operator that began while the registry is away
/// knows less than the one before it, and must not forget what that one wrote.
async fn before(
    subject: &Subject,
    context: &Context,
    resolution: &Resolution,
    prior: &Prior,
) -> Option<PactoStatus> {
    let is_away = matches!(resolution.trouble, Some(Trouble::Unavailable(_)));
    if !is_away || resolution.contract.is_some() || prior.contract_status.is_none() {
        return None;
    }
    let key = subject.key();
    let api: Api<Pacto> = Api::namespaced(context.client.clone(), &key.namespace);
    let status = api.get_opt(&key.name).await.ok()??.status?;
    // What was said of another contract says nothing of this one.
    Some(status).filter(|status| status.observed_generation == subject.generation())
}

/// Adds what the endpoints that the contract names answered last, if their Service is there. False where one was never asked.
fn add_probes(
    subject: &Subject,
    context: &Context,
    document: &ContractDocument,
    target: &Target,
    observation: &mut Observation,
) -> bool {
    let (Some(probes), Some(service)) = (&context.probes, &target.service) else { return true };
    let pacto = subject.key();
    if !subject.is_probed || observation.found_service().is_none() {
        probes.forget(&pacto);
        return true;
    }
    let service = ResourceKey::new(target.namespace.as_str(), service.as_str());
    let mut is_complete = true;
    for endpoint in endpoints(&document.contract) {
        let role = endpoint.role;
        let result = probes.of(&pacto, service.clone(), endpoint);
        is_complete &= result.is_some();
        match role {
            EndpointRole::Health => observation.health = result,
            EndpointRole::Metrics => observation.metrics = result,
        }
    }
    is_complete
}

/// The revision of the contract in force. That it cannot be written is no reason to say nothing of the service.
async fn ensure_revision(
    subject: &Subject,
    context: &Context,
    judged: &Judged,
    document: &ContractDocument,
) -> Option<String> {
    let (key, service) = (subject.key(), &document.contract.service);
    let name = revision::name(&key.name, &service.version, &judged.hash);
    let seen = context.notes().get(&key).and_then(|note| note.revision.clone());
    if seen.is_some_and(|(known, at)| known == name && at.elapsed() < LOOK_FOR_REVISION) {
        return Some(name);
    }
    match context.writer.ensure_revision(subject, judged, &service.name, &service.version).await {
        Ok(name) => {
            let mut notes = context.notes();
            let note = notes.entry(key).or_default();
            (note.revision, note.missed) = (Some((name.clone(), Instant::now())), 0);
            Some(name)
        }
        Err(error) => {
            let mut notes = context.notes();
            let note = notes.entry(key.clone()).or_default();
            note.missed = note.missed.saturating_add(1);
            drop(notes);
            tracing::warn!(pacto = %key, error = %error, "the revision is not there yet");
            None
        }
    }
}

fn mirror(
    subject: &Arc<Subject>,
    context: &Context,
    spec: &PactoSpec,
    resolution: &Resolution,
    current: Option<String>,
) {
    // A registry that is away has no versions to give.
    if resolution.trouble.is_some() {
        return;
    }
    let reference = match wanted(&spec.contract_ref) {
        // One digest has no other versions.
        Ok(Wanted::Registry { reference, .. }) => Some(reference).filter(|found| found.digest.is_none()),
        Ok(Wanted::Inline { .. }) => None,
        Err(_) => return,
    };
    let limit = spec.revision_history_limit.and_then(|limit| usize::try_from(limit).ok());
    context.mirror.order(Order {
        subject: Arc::clone(subject),
        reference,
        tags: resolution.tags.clone(),
        current,
        followed: resolution.contract.as_ref().and_then(|judged| judged.reference.clone()),
        limit: limit.unwrap_or(context.history_limit as usize),
    });
}

/// When something that failed this often in a row is tried again.
fn retry(failures: u32) -> Duration {
    FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures.clamp(1, 10) - 1)).min(LAST_RETRY)
}

/// Give or take a tenth, always the same for one Pacto, so that ten thousand do not come at once.
fn spread(key: &ResourceKey, wait: Duration) -> Duration {
    const STEPS: u64 = 1_000;
    let text = key.to_string();
    let hash = text.bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    // The remainder is below 1,000.
    let step = u32::try_from(hash % STEPS).unwrap_or_default();
    wait.mul_f64(0.9 + f64::from(step) / 5_000.0)
}
