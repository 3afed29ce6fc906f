//! How to get to a cluster.

use std::path::PathBuf;
use std::time::Duration;

use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::{Problem, RequestObserver};

/// Time for connecting and for one answer, where the caller names none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// Which cluster, and for how long it is waited for.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// A kubeconfig file. Without one: inside a pod that pod's account, elsewhere `KUBECONFIG` or `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig; without one its current one.
    pub context: Option<String>,
    /// Time for connecting.
    pub timeout: Duration,
    /// Is told of each request.
    pub observer: Option<RequestObserver>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { kubeconfig: None, context: None, timeout: DEFAULT_TIMEOUT, observer: None }
    }
}

/// A client and where it leads. Nothing was sent yet.
#[derive(Clone)]
pub struct Connection {
    /// The client; clones share connections.
    pub client: Client,
    /// Context of the kubeconfig; `None` inside a pod.
    pub context: Option<String>,
    /// Address of the API server, without credentials.
    pub server: String,
}

/// There is no cluster to connect to, or the way to it is not described well.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Neither an account of a pod nor a usable kubeconfig.
    #[error("no cluster is configured: {0}")]
    Kubeconfig(#[source] KubeconfigError),
    /// The configuration does not give a client.
    #[error("no client for {server}: {source}")]
    Client {
        /// Address of the API server.
        server: String,
        /// What is wrong.
        source: kube::Error,
    },
}

/// Makes a client: inside a pod with its account, else from the kubeconfig.
///
/// # Errors
/// When neither describes a cluster. A cluster that does not answer is no error here; [`server_version`] tells.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let connection = pacto_k8s::connect(&pacto_k8s::ConnectOptions::default()).await?;
/// println!("{}", pacto_k8s::server_version(&connection.client).await?);
/// # Ok(())
/// # }
/// ```
pub async fn connect(options: &ConnectOptions) -> Result<Connection, ConnectError> {
    // The library is built without a start-up routine of its own.
    aws_lc_rs::init();
    let in_cluster = match (&options.kubeconfig, &options.context) {
        (None, None) => Config::incluster().ok(),
        _ => None,
    };
    let (mut config, context) = match in_cluster {
        Some(config) => (config, None),
        None => {
            let kubeconfig = read(options).map_err(ConnectError::Kubeconfig)?;
            let context = options.context.clone().or_else(|| kubeconfig.current_context.clone());
            let selected = KubeConfigOptions { context: context.clone(), ..KubeConfigOptions::default() };
            let config = Config::from_custom_kubeconfig(kubeconfig, &selected);
            (config.await.map_err(ConnectError::Kubeconfig)?, context)
        }
    };
    config.connect_timeout = Some(options.timeout);
    config.write_timeout = Some(options.timeout);
    // Watches wait for minutes; each exchange has its own limit. What fails is tried again by the watch.
    config.read_timeout = None;
    config.default_retry = false;
    let server = address(&config.cluster_url.to_string());
    let builder = ClientBuilder::try_from(config)
        .map_err(|source| ConnectError::Client { server: server.clone(), source })?;
    let client = match &options.observer {
        Some(observer) => builder.with_layer(observer).build(),
        None => builder.build(),
    };
    Ok(Connection { client, context, server })
}

/// The kubeconfig that is read where no other is named: the first of `KUBECONFIG`, else the one of the user, if it is there.
pub fn kubeconfig_path() -> Option<PathBuf> {
    let named = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty());
    let first = named.as_ref().and_then(|list| std::env::split_paths(list).next());
    let own = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".kube/config"));
    first.or_else(own).filter(|path| path.is_file())
}

/// Name of the current context of the kubeconfig that [`connect`] would use: a dashboard makes a new client when it
/// changes. `None` inside a pod and where no context is set.
///
/// # Errors
/// When the kubeconfig is missing or cannot be read.
pub fn current_context(options: &ConnectOptions) -> Result<Option<String>, ConnectError> {
    if options.context.is_some() {
        return Ok(options.context.clone());
    }
    if options.kubeconfig.is_none() && Config::incluster().is_ok() {
        return Ok(None);
    }
    let kubeconfig = read(options).map_err(ConnectError::Kubeconfig)?;
    Ok(kubeconfig.current_context.filter(|name| !name.is_empty()))
}

/// Version of the API server, `v1.36.3` for example: a probe that needs no rights.
///
/// # Errors
/// When it does not answer within [`DEFAULT_TIMEOUT`], or with an error.
pub async fn server_version(client: &Client) -> Result<String, Problem> {
    match tokio::time::timeout(DEFAULT_TIMEOUT, client.apiserver_version()).await {
        Ok(Ok(info)) => Ok(info.git_version),
        Ok(Err(error)) => Err(Problem::from(&error)),
        Err(_) => Err(Problem::timed_out("its version", DEFAULT_TIMEOUT)),
    }
}

fn read(options: &ConnectOptions) -> Result<Kubeconfig, KubeconfigError> {
    match &options.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    }
}

/// Without user information.
fn address(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}{}", path.trim_end_matches('/'))
        }
        None => url.to_owned(),
    }
}
