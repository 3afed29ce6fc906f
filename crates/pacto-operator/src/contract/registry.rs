//! The one thread that speaks with registries. What it is asked is answered in any order.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use pacto_contract::Bundle;
use pacto_contract::reference::OciReference;
use pacto_contract::version::highest;
use pacto_oci::credential::{Keychain, Surroundings};
use pacto_oci::registry::{Client, RegistryError, Settings};
use pacto_oci::store::Store;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};

use super::credential::Login;

/// Exchanges at once, with all registries; how many with one is decided by whoever asks. Enough for many that are silent.
const AT_ONCE: usize = 256;
/// Most clients that are kept, one for each login.
const MAX_CLIENTS: usize = 256;

type Job = Box<dyn FnOnce(Rc<Clients>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// The way to registries.
#[derive(Debug, Clone)]
pub struct Registry {
    jobs: mpsc::UnboundedSender<Job>,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The repository, and a tag or digest where one is wanted.
    pub reference: OciReference,
    /// What the registry is shown, instead of what the process has.
    pub login: Option<Login>,
    /// Digest of what is here already, which is not fetched again.
    pub known: Option<String>,
}

/// A contract of a registry.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `registry/repository:tag`, or with the digest that was asked for.
    pub reference: String,
    /// Digest of its manifest.
    pub digest: String,
    /// Its files; none where they are known.
    pub bundle: Option<Arc<Bundle>>,
    /// Tags of the repository, where they were asked for.
    pub tags: Option<Vec<String>>,
}

impl Registry {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start(settings: Settings, surroundings: Surroundings) -> std::io::Result<Self> {
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build()?;
        std::thread::Builder::new().name("registries".to_owned()).spawn(move || {
            LocalSet::new().block_on(&runtime, async move {
                let clients = Rc::new(Clients::new(settings, surroundings));
                let turns = Arc::new(Semaphore::new(AT_ONCE));
                while let Some(job) = queue.recv().await {
                    let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
                    let work = job(Rc::clone(&clients));
                    spawn_local(async move {
                        work.await;
                        drop(turn);
                    });
                }
            });
        })?;
        Ok(Self { jobs })
    }

    /// The contract that a reference means: by its digest, by its tag, or the highest version.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn contract(&self, ask: Ask) -> Result<Answer, RegistryError> {
        let about = ask.reference.repository_path();
        self.run(about, async move |clients| clients.contract(ask).await).await
    }

    /// Tags of the repository.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn tags(
        &self,
        reference: &OciReference,
        login: Option<Login>,
    ) -> Result<Vec<String>, RegistryError> {
        let reference = reference.clone();
        self.run(reference.repository_path(), async move |clients| {
            let client = clients.of(&reference, login.as_ref())?;
            client.repository(&reference).tags().await
        })
        .await
    }

    async fn run<T, W, F>(&self, about: String, work: F) -> Result<T, RegistryError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, RegistryError>> + 'static,
        F: FnOnce(Rc<Clients>) -> W + Send + 'static,
    {
        let (mut sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |clients| {
            Box::pin(async move {
                let answer = tokio::select! {
                    answer = work(clients) => answer,
                    // Who asked went away, for example because it took too long: nobody else waits for this.
                    () = sender.closed() => return,
                };
                let _ = sender.send(answer);
            })
        });
        let ended =
            RegistryError::Unreachable { reference: about, cause: "the operator is stopping".to_owned() };
        if self.jobs.send(job).is_err() {
            return Err(ended);
        }
        receiver.await.unwrap_or(Err(ended))
    }
}

/// Clients by what they show.
struct Clients {
    settings: Settings,
    surroundings: Surroundings,
    known: RefCell<HashMap<[u8; 32], Rc<Client>>>,
}

impl Clients {
    fn new(settings: Settings, surroundings: Surroundings) -> Self {
        Self { settings, surroundings, known: RefCell::default() }
    }

    /// The client for a repository. A login goes to the registry that the Pacto names, and nowhere else.
    fn of(&self, reference: &OciReference, login: Option<&Login>) -> Result<Rc<Client>, RegistryError> {
        let mut hash = Sha256::new();
        let surroundings = match login {
            None => self.surroundings.clone(),
            Some(login) => {
                hash.update(reference.registry.as_bytes());
                let only_host = Some(reference.registry.clone());
                match login {
                    Login::Token(token) => {
                        hash.update(b"\0token\0");
                        hash.update(token.expose().as_bytes());
                        Surroundings { token: Some(token.clone()), only_host, ..Surroundings::default() }
                    }
                    Login::Basic(user, password) => {
                        hash.update(format!("\0basic\0{user}\0{}", password.expose()).as_bytes());
                        let basic = Some((user.clone(), password.clone()));
                        Surroundings { basic, only_host, ..Surroundings::default() }
                    }
                }
            }
        };
        let key: [u8; 32] = hash.finalize().into();
        let known = self.known.borrow().get(&key).cloned();
        let client = match known {
            Some(client) => client,
            None => {
                let keychain = Arc::new(Keychain::new(surroundings));
                let client = Client::new(self.settings.clone(), keychain).map_err(|cause| {
                    RegistryError::Unreachable { reference: reference.repository_path(), cause }
                })?;
                let client = Rc::new(client);
                let mut known = self.known.borrow_mut();
                if known.len() >= MAX_CLIENTS {
                    known.clear();
                }
                known.insert(key, Rc::clone(&client));
                client
            }
        };
        // A Pacto names it, so credentials of the process may go there.
        client.keychain().trust(&reference.registry);
        Ok(client)
    }

    async fn contract(&self, ask: Ask) -> Result<Answer, RegistryError> {
        let client = self.of(&ask.reference, ask.login.as_ref())?;
        let store = Store::Registry(client.repository(&ask.reference), None);
        let mut tags = None;
        let version = match (&ask.reference.digest, &ask.reference.tag) {
            (Some(digest), _) if digest.is_complete() => digest.as_str().to_owned(),
            (Some(digest), _) => {
                let cause = format!("digest {} is cut off and cannot be fetched", digest.as_str());
                return Err(RegistryError::Unreachable { reference: store.shown().to_owned(), cause });
            }
            (None, Some(tag)) => tag.clone(),
            (None, None) => {
                let found = store.tags().await?;
                let version = highest(found.iter().map(String::as_str), None).map(str::to_owned);
                tags = Some(found);
                version.ok_or_else(|| RegistryError::NoMatchingVersion {
                    reference: store.shown().to_owned(),
                    constraint: "*".to_owned(),
                    cause: "no tag is a version".to_owned(),
                })?
            }
        };
        let reference = store.reference(&version);
        if let Some(known) = &ask.known {
            let digest =
                if version.contains(':') { Some(version.clone()) } else { store.head(&version).await? };
            match digest {
                Some(digest) if digest == *known => {
                    return Ok(Answer { reference, digest, bundle: None, tags });
                }
                // Not all registries say the digest; whether it is there the request for it tells.
                Some(_) | None => {}
            }
        }
        let pulled = store.pull(&version).await?;
        Ok(Answer { reference, digest: pulled.digest, bundle: Some(Arc::new(pulled.bundle)), tags })
    }
}
