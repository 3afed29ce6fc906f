//! The one thread that speaks with registries: its connections, and everything that waits for them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use pacto_app::Context;
use pacto_oci::registry::RegistryError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};

/// Work that is done on the thread.
type Job = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// The thread. It ends when nobody has this value any more.
#[derive(Debug, Clone)]
pub struct Network {
    context: Arc<Context>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Network {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start(context: Arc<Context>) -> std::io::Result<Self> {
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("network".to_owned()).spawn(move || {
            let local = LocalSet::new();
            local.block_on(&runtime, async move {
                while let Some(job) = queue.recv().await {
                    spawn_local(job());
                }
            });
        })?;
        Ok(Self { context, jobs })
    }

    /// How contracts are reached.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Does `work` on the thread, beside whatever else is under way there.
    ///
    /// # Errors
    /// What `work` says, and [`RegistryError::Unreachable`] for `about` when the thread has ended.
    pub async fn run<T, E, W, F>(&self, about: &str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<RegistryError> + Send + 'static,
        W: Future<Output = Result<T, E>> + 'static,
        F: FnOnce(Arc<Context>) -> W + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let context = Arc::clone(&self.context);
        let job: Job = Box::new(move || {
            Box::pin(async move {
                // Who asked may have gone away.
                let _ = sender.send(work(context).await);
            })
        });
        let ended = || RegistryError::Unreachable {
            reference: about.to_owned(),
            cause: "the dashboard is stopping".to_owned(),
        };
        if self.jobs.send(job).is_err() {
            return Err(ended().into());
        }
        receiver.await.unwrap_or_else(|_| Err(ended().into()))
    }
}
