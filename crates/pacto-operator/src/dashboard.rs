//! The dashboard that the operator runs.
//!
//! | idea | where |
//! |---|---|
//! | what it is to be like, checked at the start | [`settings`], [`quantity`] |
//! | the objects, from settings alone | [`objects`] |
//! | credentials of several Secrets as one | [`credentials`] |
//! | whether an object is as it was meant | [`difference`] |
//! | one pass over all objects | [`apply`] |

use std::time::Duration;

use kube::Client;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::metrics::Metrics;

pub mod apply;
pub mod credentials;
pub mod difference;
pub mod objects;
pub mod quantity;
pub mod settings;

pub use apply::{ApplyError, Write};
pub use quantity::Quantity;
pub use settings::{Settings, SettingsError};

/// Time between two looks at the objects.
pub const LOOK_EVERY: Duration = Duration::from_mins(5);
/// Time after the first failure; it doubles up to [`LOOK_EVERY`].
pub const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Time for one pass.
pub const PASS_TIME: Duration = Duration::from_mins(1);

/// Keeps the objects of the dashboard as they are meant, or takes them away.
///
/// ```no_run
/// # async fn example(client: kube::Client, arguments: pacto_operator::arguments::Arguments) {
/// use pacto_operator::dashboard::{Dashboard, Settings};
/// let settings = Settings::from_arguments(&arguments).unwrap();
/// let dashboard = Dashboard::enabled(client, settings);
/// println!("{:?}", dashboard.pass().await.unwrap());
/// # }
/// ```
pub struct Dashboard {
    client: Client,
    namespace: String,
    watched: Option<String>,
    settings: Option<Settings>,
}

impl Dashboard {
    /// A dashboard that is to be there.
    pub fn enabled(client: Client, settings: Settings) -> Self {
        let (namespace, watched) = (settings.namespace.clone(), settings.watch_namespace.clone());
        Self { client, namespace, watched, settings: Some(settings) }
    }

    /// No dashboard: one that was made before goes. An empty `watched` is every namespace.
    pub fn disabled(client: Client, namespace: &str, watched: &str) -> Self {
        let watched = Some(watched.to_owned()).filter(|watched| !watched.is_empty());
        Self { client, namespace: namespace.to_owned(), watched, settings: None }
    }

    /// Goes over all objects once, and says what was written: nothing where nothing changed.
    ///
    /// # Errors
    /// When the cluster does not do what is asked; what was done before stays, and the next pass goes on.
    pub async fn pass(&self) -> Result<Vec<Write>, ApplyError> {
        let place = apply::Place {
            client: &self.client,
            namespace: &self.namespace,
            watched: self.watched.as_deref(),
        };
        match &self.settings {
            Some(settings) => place.apply(settings).await,
            None => place.clean_up().await,
        }
    }

    /// Works until `stop` is true or its sender is gone. A dashboard that is not wanted is taken away once; failures are logged and
    /// tried again.
    pub async fn run(&self, metrics: &Metrics, mut stop: watch::Receiver<bool>) {
        let mut pause = RETRY_AFTER;
        let work = async {
            loop {
                match timeout(PASS_TIME, self.pass()).await {
                    Ok(Ok(writes)) => {
                        for Write { resource, verb } in writes {
                            metrics.wrote(resource, verb);
                        }
                        if self.settings.is_none() {
                            return;
                        }
                        pause = RETRY_AFTER;
                        sleep(LOOK_EVERY).await;
                        continue;
                    }
                    Ok(Err(error)) => tracing::warn!(%error, "the dashboard is not as it should be"),
                    Err(_) => tracing::warn!("the dashboard is not as it should be: the cluster is slow"),
                }
                sleep(pause).await;
                pause = (pause * 2).min(LOOK_EVERY);
            }
        };
        tokio::select! {
            () = work => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}
