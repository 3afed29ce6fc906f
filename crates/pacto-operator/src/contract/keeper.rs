//! The contracts of all Pactos: asked for again in time, kept where a registry is away.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::{Api, Client};
use pacto_contract::reference::OciReference;
use pacto_engine::validate::Validator;
use pacto_k8s::pacto::{ContractRef, PactoSpec};
use pacto_k8s::view::ResolutionPolicy;
use pacto_k8s::{Problem, ResourceKey};
use pacto_oci::registry::RegistryError;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::credential::{DOCKER_CONFIG, Login, login};
use super::registry::{Ask, Registry};
use super::{Judged, Wanted, wanted};
use crate::cluster::Queue;
use crate::subject::Subject;

/// Time until a registry that failed is asked again; it doubles, up to the interval of the Pacto.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// Longest time for one contract, whatever the registry does.
const ANSWER: Duration = Duration::from_secs(45);

/// Questions to one registry at once: others have their turns beside it, however slow it is.
const PER_REGISTRY: usize = 4;

/// Why there is no contract, or an old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// What is wanted cannot be: the Pacto or the artifact is to be changed.
    Wrong(String),
    /// Somebody does not answer, or lets us not in; it says nothing about the contract.
    Unavailable(String),
}

/// What is known of the contract of a Pacto.
#[derive(Debug, Clone, Default)]
pub struct Resolution {
    /// The contract; with [`trouble`](Self::trouble) the last good one.
    pub contract: Option<Arc<Judged>>,
    /// Why it is not the one that is wanted.
    pub trouble: Option<Trouble>,
    /// How the version is picked.
    pub policy: Option<ResolutionPolicy>,
    /// Whether the Pacto names two contracts.
    pub is_ambiguous: bool,
    /// When to ask again, if sooner than usual.
    pub again: Option<Duration>,
    /// Tags of the repository, where they were asked for just now.
    pub tags: Option<Vec<String>>,
}

/// All contracts.
pub struct Keeper {
    client: Client,
    registry: Registry,
    validator: Validator,
    use_image_pull_secrets: bool,
    kept: Mutex<HashMap<ResourceKey, Kept>>,
    /// What is being asked for.
    asking: Mutex<HashMap<ResourceKey, Asking>>,
    turns: Mutex<HashMap<String, Arc<Semaphore>>>,
    wake: Queue,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keeper").finish_non_exhaustive()
    }
}

/// Identity of what is wanted, and of the question.
type Asking = ([u8; 32], Arc<()>);

#[derive(Debug, Clone)]
struct Kept {
    /// Identity of what was wanted.
    wanted: [u8; 32],
    contract: Option<Arc<Judged>>,
    trouble: Option<Trouble>,
    asked: Instant,
    failures: u32,
    /// Tags that came with the last answer, until somebody takes them.
    tags: Option<Vec<String>>,
}

impl Kept {
    /// A contract that nobody was asked for.
    fn of(wanted: [u8; 32], contract: Arc<Judged>) -> Self {
        let (trouble, asked, failures, tags) = (None, Instant::now(), 0, None);
        Self { wanted, contract: Some(contract), trouble, asked, failures, tags }
    }

    /// When to ask again after failures.
    fn retry(&self, at_most: Duration) -> Option<Duration> {
        let doubled = FIRST_RETRY * 2_u32.saturating_pow(self.failures.checked_sub(1)?.min(10));
        Some(doubled.min(at_most))
    }
}

impl Keeper {
    /// Contracts by way of `registry`, with Secrets of the cluster.
    ///
    /// A Pacto whose registry answered is put into `wake`.
    pub fn new(client: Client, registry: Registry, use_image_pull_secrets: bool, wake: Queue) -> Self {
        let (kept, asking, turns) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self {
            client,
            registry,
            validator: Validator::default(),
            use_image_pull_secrets,
            kept,
            asking,
            turns,
            wake,
        }
    }

    /// The way to registries.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What judges contracts.
    pub fn validator(&self) -> &Validator {
        &self.validator
    }

    /// Forgets a Pacto that is gone.
    pub fn forget(&self, key: &ResourceKey) {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// The contract of a Pacto, as far as it is known. A registry is asked in the background: when `interval` is over since it
    /// was asked last, or what is wanted is something else now. The Pacto is looked at again when it has answered; none means
    /// that it is asked for the first time.
    pub fn resolve(
        self: &Arc<Self>,
        subject: &Arc<Subject>,
        spec: &PactoSpec,
        interval: Duration,
    ) -> Option<Resolution> {
        let key = subject.key();
        let identity = identity(&spec.contract_ref);
        match wanted(&spec.contract_ref) {
            Err(message) => {
                self.forget(&key);
                Some(Resolution { trouble: Some(Trouble::Wrong(message)), ..Resolution::default() })
            }
            Ok(Wanted::Inline { text, is_ambiguous }) => {
                let known = self.known(&key, identity).and_then(|kept| kept.contract);
                let contract = known.unwrap_or_else(|| {
                    let judged = Arc::new(Judged::inline(&text, &self.validator));
                    self.keep(&key, Kept::of(identity, Arc::clone(&judged)));
                    judged
                });
                Some(Resolution { contract: Some(contract), is_ambiguous, ..Resolution::default() })
            }
            Ok(Wanted::Registry { reference, policy }) => {
                let known = self.known(&key, identity);
                let is_due = known.as_ref().is_none_or(|kept| {
                    let wait = kept.retry(interval).unwrap_or(interval);
                    // What is asked for at the end of an interval, give or take, is due.
                    kept.asked.elapsed() >= wait.mul_f64(0.8)
                });
                if is_due {
                    self.ask_later(subject, reference, (identity, known.clone()));
                }
                let kept = known?;
                let wait = kept.retry(interval).unwrap_or(interval);
                // What is left of the time, not the whole time anew: other events come in between.
                let left = wait.saturating_sub(kept.asked.elapsed()).max(Duration::from_secs(1));
                Some(Resolution {
                    // Who is asked just now wakes the Pacto by answering.
                    again: Some(if is_due { interval } else { left }),
                    contract: kept.contract,
                    trouble: kept.trouble,
                    policy: Some(policy),
                    is_ambiguous: false,
                    tags: kept.tags,
                })
            }
        }
    }

    /// What is known of what is wanted. Tags are given once, to whoever comes first.
    fn known(&self, key: &ResourceKey, identity: [u8; 32]) -> Option<Kept> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get_mut(key).filter(|kept| kept.wanted == identity)?;
        let tags = kept.tags.take();
        Some(Kept { tags, ..kept.clone() })
    }

    /// Asks in the background, unless the same is being asked already. A registry that is silent holds up nobody but itself.
    fn ask_later(
        self: &Arc<Self>,
        subject: &Arc<Subject>,
        reference: OciReference,
        (identity, before): ([u8; 32], Option<Kept>),
    ) {
        let key = subject.key();
        let ticket = Arc::new(());
        {
            let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
            if asking.get(&key).is_some_and(|(asked, _)| *asked == identity) {
                return;
            }
            asking.insert(key.clone(), (identity, Arc::clone(&ticket)));
        }
        let (this, subject) = (Arc::clone(self), Arc::clone(subject));
        tokio::spawn(async move {
            let turns = this.turns_of(&reference.registry);
            let unanswered = |before| Self::unanswered(identity, before, &reference.registry);
            // Who waits for a silent registry longer than for its answer has something to say: that it is silent.
            let kept = match (tokio::time::timeout(ANSWER, turns.acquire()).await, &subject.spec) {
                (Err(_), _) => Some(unanswered(before)),
                // The Pacto may be gone, or want something else; and one that cannot be read wants nothing.
                (Ok(_turn), _) if !this.is_asking(&key, &ticket) => None,
                (Ok(_turn), Err(_)) => None,
                (Ok(_turn), Ok(spec)) => {
                    let asked = this.ask(&subject, spec, &reference, (identity, before.clone()));
                    // Twice the time of the registry: the API server may be slow with the Secret as well.
                    Some(tokio::time::timeout(2 * ANSWER, asked).await.unwrap_or_else(|_| unanswered(before)))
                }
            };
            let is_wanted = {
                let mut asking = this.asking.lock().unwrap_or_else(PoisonError::into_inner);
                let is_ours = asking.get(&key).is_some_and(|(_, other)| Arc::ptr_eq(other, &ticket));
                // The Pacto may be gone, or want something else.
                if is_ours {
                    asking.remove(&key);
                }
                is_ours
            };
            if let Some(kept) = kept.filter(|_| is_wanted) {
                this.keep(&key, kept);
                this.wake.put(key);
            }
        });
    }

    fn is_asking(&self, key: &ResourceKey, ticket: &Arc<()>) -> bool {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        asking.get(key).is_some_and(|(_, other)| Arc::ptr_eq(other, ticket))
    }

    /// What is known of a Pacto whose registry did not come to answer.
    fn unanswered(wanted: [u8; 32], before: Option<Kept>, registry: &str) -> Kept {
        let failures = before.as_ref().map_or(0, |kept| kept.failures) + 1;
        let message = format!("registry {registry} does not answer, and others wait for it as well");
        Kept {
            wanted,
            contract: before.and_then(|kept| kept.contract),
            trouble: Some(Trouble::Unavailable(message)),
            asked: Instant::now(),
            failures,
            tags: None,
        }
    }

    /// Questions to one registry that are under way at once.
    fn turns_of(&self, registry: &str) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // Registries of which nobody wants anything are forgotten.
        turns.retain(|_, turns| Arc::strong_count(turns) > 1);
        let new = || Arc::new(Semaphore::new(PER_REGISTRY));
        Arc::clone(turns.entry(registry.to_owned()).or_insert_with(new))
    }

    async fn ask(
        &self,
        subject: &Subject,
        spec: &PactoSpec,
        reference: &OciReference,
        (identity, before): ([u8; 32], Option<Kept>),
    ) -> Kept {
        let contract = before.as_ref().and_then(|kept| kept.contract.clone());
        let known = contract.as_ref().and_then(|contract| contract.digest.clone());
        let failures = before.as_ref().map_or(0, |kept| kept.failures);
        let result = match self.login(subject, spec, &reference.registry).await {
            Err(message) => Err(Trouble::Unavailable(message)),
            Ok(login) => {
                let ask = Ask { reference: reference.clone(), login, known };
                let late = |_| {
                    Trouble::Unavailable(format!(
                        "registry {} did not answer within {} s",
                        reference.registry,
                        ANSWER.as_secs()
                    ))
                };
                let answer = tokio::time::timeout(ANSWER, self.registry.contract(ask)).await.map_err(late);
                answer.and_then(|answer| answer.map_err(|error| trouble(&error)))
            }
        };
        match result {
            Ok(answer) => {
                let same = contract.filter(|contract| contract.digest.as_deref() == Some(&*answer.digest));
                let contract = match (same, answer.bundle) {
                    // A tag may have been moved to what is known under another one.
                    (Some(same), None) if same.reference.as_deref() == Some(&answer.reference) => Some(same),
                    (Some(same), None) => {
                        Some(Arc::new(Judged { reference: Some(answer.reference), ..Judged::clone(&same) }))
                    }
                    (_, Some(bundle)) => {
                        let judged =
                            Judged::bundle(&bundle, &answer.reference, &answer.digest, &self.validator);
                        Some(Arc::new(judged))
                    }
                    (None, None) => None,
                };
                Kept {
                    wanted: identity,
                    contract,
                    trouble: None,
                    asked: Instant::now(),
                    failures: 0,
                    tags: answer.tags,
                }
            }
            Err(trouble) => {
                // A contract that cannot be had is not the one of before.
                let contract = contract.filter(|_| matches!(trouble, Trouble::Unavailable(_)));
                let (asked, failures) = (Instant::now(), failures + 1);
                Kept { wanted: identity, contract, trouble: Some(trouble), asked, failures, tags: None }
            }
        }
    }

    fn keep(&self, key: &ResourceKey, kept: Kept) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), kept);
    }

    /// What the registry of a Pacto is shown; nothing where the Pacto names no Secret.
    ///
    /// # Errors
    /// A sentence that names the Secret, without any value of it.
    pub async fn login(
        &self,
        subject: &Subject,
        spec: &PactoSpec,
        registry: &str,
    ) -> Result<Option<Login>, String> {
        let key = subject.key();
        let named = spec.contract_ref.pull_secret_ref.as_ref().filter(|name| !name.is_empty());
        if let Some(name) = named {
            let (kind, data) = self.secret(&key.namespace, name).await?;
            let found = login(&kind, &data, registry);
            return found
                .map(Some)
                .map_err(|cause| format!("Secret {name} has no login for {registry}: {cause}"));
        }
        if !self.use_image_pull_secrets {
            return Ok(None);
        }
        for name in self.image_pull_secrets(&key.namespace).await {
            // Those of images may have nothing for this registry.
            if let Ok((kind, data)) = self.secret(&key.namespace, &name).await
                && kind == DOCKER_CONFIG
                && let Ok(login) = login(&kind, &data, registry)
            {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }

    async fn secret(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<(String, BTreeMap<String, Vec<u8>>), String> {
        let secret = Api::<Secret>::namespaced(self.client.clone(), namespace).get_opt(name).await;
        match secret {
            Ok(Some(secret)) => {
                let data = secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0));
                Ok((secret.type_.unwrap_or_default(), data.collect()))
            }
            Ok(None) => Err(format!("Secret {name} is not there; create it in namespace {namespace}")),
            Err(error) => Err(format!("Secret {name} cannot be read: {}", Problem::from(&error))),
        }
    }

    /// Secrets that the default service account of a namespace pulls images with.
    async fn image_pull_secrets(&self, namespace: &str) -> Vec<String> {
        let account =
            Api::<ServiceAccount>::namespaced(self.client.clone(), namespace).get_opt("default").await;
        let secrets =
            account.ok().flatten().and_then(|account| account.image_pull_secrets).unwrap_or_default();
        secrets.into_iter().map(|secret| secret.name).collect()
    }
}

fn identity(contract: &ContractRef) -> [u8; 32] {
    let text = serde_json::to_vec(contract).unwrap_or_default();
    Sha256::digest(text).into()
}

/// Whether a failure says something about the contract.
pub(crate) fn trouble(error: &RegistryError) -> Trouble {
    match error {
        RegistryError::Authentication { reference, cause, .. } => Trouble::Unavailable(format!(
            "authentication failed for {reference}: {cause}; name a Secret in spec.contractRef.pullSecretRef"
        )),
        RegistryError::Unreachable { .. } => Trouble::Unavailable(error.to_string()),
        RegistryError::NotFound(_)
        | RegistryError::InvalidBundle { .. }
        | RegistryError::NoMatchingVersion { .. } => Trouble::Wrong(error.to_string()),
    }
}
