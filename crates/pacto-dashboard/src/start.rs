//! Sources found and started, everything put together.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pacto_app::Context;
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_oci::directory::holds_bundle;
use thiserror::Error;
use tokio::net::TcpListener;

use crate::app::{Dashboard, Parts, sources};
use crate::bundles::Bundles;
use crate::catalog::Catalog;
use crate::http::guard::Guard;
use crate::http::server::{AccessLog, serve};
use crate::network::Network;
use crate::source::k8s::{self, ClusterSource};
use crate::source::local::LocalSource;
use crate::source::oci::{OciSource, REDISCOVERY};
use crate::source::repository::Repository;
use crate::wire::report::{Progress, SourceInfo, SourceState};
use crate::wire::service::SourceKind;

/// Deepest folder that is searched for image layouts.
const MAX_LAYOUT_DEPTH: usize = 8;
/// The file that makes a folder an image layout.
const LAYOUT_FILE: &str = "oci-layout";
/// Time for an answer to the health check.
const HEALTH_TIME: Duration = Duration::from_secs(3);

/// How a dashboard is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name or address to bind to.
    pub host: String,
    /// Port; 0 for any that is free.
    pub port: u16,
    /// Repositories to begin with: `oci://…` or `oci-layout://…`.
    pub repositories: Vec<String>,
    /// Directory of bundles that the user named.
    pub directory: Option<PathBuf>,
    /// Namespace of the cluster; empty for all.
    pub namespace: String,
    /// Whether `/api/debug` is there.
    pub diagnostics: bool,
    /// Whether what was fetched before is left alone.
    pub no_cache: bool,
    /// Registries that may be asked although no contract names them.
    pub allowed_registries: Vec<String>,
    /// Who may use it; whether the bind is loopback is found out here.
    pub guard: Guard,
    /// Time between two rounds of discovery.
    pub rediscovery: Duration,
    /// Version of the program.
    pub version: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.to_string(),
            port: 3_000,
            repositories: Vec::new(),
            directory: None,
            namespace: String::new(),
            diagnostics: false,
            no_cache: false,
            allowed_registries: Vec::new(),
            guard: Guard::default(),
            rediscovery: REDISCOVERY,
            version: String::new(),
        }
    }
}

/// Why a dashboard does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A repository that is none.
    #[error("{0}")]
    Repository(String),
    /// The directory is not there.
    #[error("directory {0} is not there")]
    Directory(String),
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The system has no threads left.
    #[error("no thread could be started: {0}")]
    Thread(std::io::Error),
    /// There is nothing to show.
    #[error(
        "no source is available: give a directory of contracts, an oci:// repository, or the configuration of a cluster"
    )]
    NoSource(Vec<SourceInfo>),
}

/// A dashboard that listens.
#[derive(Debug)]
pub struct Started {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it shows.
    pub app: Arc<Dashboard>,
    /// How the sources were at the start.
    pub sources: Vec<SourceInfo>,
    listener: TcpListener,
}

/// Finds the sources, starts them, and listens. Has to be called on a runtime.
///
/// # Errors
/// [`StartError`].
pub async fn start(options: Options, context: Context) -> Result<Started, StartError> {
    let context = Arc::new(context);
    let catalog = Arc::new(Catalog::default());
    let network = Network::start(Arc::clone(&context)).map_err(StartError::Thread)?;
    let bundles = Arc::new(Bundles::new(network.clone()));
    let repositories = repositories(&options.repositories)?;
    let local = local(&options, &context, &bundles, &catalog)?;
    let count = repositories.len();
    let oci = OciSource::new(
        repositories,
        network,
        Arc::clone(&bundles),
        Arc::clone(&catalog),
        options.rediscovery,
    );
    let oci = Arc::new(oci);
    // Who names a directory wants to see that, and not what was fetched some time for something else.
    let cached = if count == 0 && !options.no_cache && options.directory.is_none() {
        oci.load_cache().await
    } else {
        0
    };
    catalog.update_status(SourceKind::Oci, |status| {
        status.enabled = count > 0;
        status.reason = Some(match (count, cached) {
            (0, 0) => "no repositories given".to_owned(),
            (0, _) => format!("no repositories given; {cached} services of the disk cache are shown"),
            (1, _) => "1 repository given".to_owned(),
            _ => format!("{count} repositories given"),
        });
        if count > 0 {
            status.state = SourceState::Discovering;
            status.progress = Some(Progress { known: count, loaded: 0 });
        }
    });
    let cluster = k8s::find().await;
    catalog.update_status(SourceKind::K8s, |status| match &cluster {
        Ok(cluster) => {
            (status.enabled, status.state) = (true, SourceState::Discovering);
            status.reason = Some(cluster.reason());
        }
        Err(reason) => status.reason = Some(reason.clone()),
    });
    let found = sources(&catalog.contents()).sources;
    let cluster_source =
        ClusterSource::new(options.namespace, Arc::clone(&catalog), (count == 0).then(|| Arc::clone(&oci)));
    let cluster_source = Arc::new(cluster_source);
    if cached == 0 && found.iter().all(|source| !source.enabled) {
        return Err(StartError::NoSource(found));
    }
    let (listener, address) = listen(&options.host, options.port).await?;
    let mut guard = options.guard;
    guard.is_loopback = address.ip().to_canonical().is_loopback();
    let app = Arc::new(Dashboard::new(Parts {
        version: options.version,
        diagnostics: options.diagnostics,
        context,
        catalog,
        bundles,
        oci: Arc::clone(&oci),
        cluster: Arc::clone(&cluster_source),
        local: local.map(LocalSource::start),
        allowed_registries: options.allowed_registries,
        guard,
    }));
    let url = shown_url(&options.host, address.port());
    app.description.get_or_init(|| crate::http::server::describe(app.diagnostics, &url));
    tokio::spawn(Arc::clone(&app).keep_index());
    if count > 0 {
        oci.follow();
    }
    tokio::spawn(Arc::clone(&oci).run_running());
    tokio::spawn(oci.run_versions());
    tokio::spawn(cluster_source.run(cluster.ok()));
    Ok(Started { address, app, sources: found, listener })
}

impl Started {
    /// Serves until `stop` ends.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(
        self,
        log: Option<AccessLog>,
        stop: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        serve(self.listener, self.app, log, stop).await
    }
}

/// The address of the server as people open it: an address that stands for all is `localhost`.
pub fn shown_url(host: &str, port: u16) -> String {
    let is_any = host.is_empty() || host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    match host {
        _ if is_any => format!("http://localhost:{port}"),
        host if host.contains(':') => format!("http://[{host}]:{port}"),
        host => format!("http://{host}:{port}"),
    }
}

async fn listen(host: &str, port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let host = if host.is_empty() { "0.0.0.0" } else { host };
    let failed = |source| StartError::Bind { address: format!("{host}:{port}"), source };
    let listener = TcpListener::bind((host.trim_matches(['[', ']']), port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn local(
    options: &Options,
    context: &Arc<Context>,
    bundles: &Arc<Bundles>,
    catalog: &Arc<Catalog>,
) -> Result<Option<LocalSource>, StartError> {
    let named = options.directory.as_ref();
    let directory = named.map_or_else(|| context.directory.clone(), |named| context.directory.join(named));
    let shown = named.map_or_else(|| ".".to_owned(), |named| named.display().to_string());
    let root = std::fs::canonicalize(&directory).ok().filter(|root| root.is_dir());
    let Some(root) = root else { return Err(StartError::Directory(shown)) };
    let holds = holds_bundle(&root);
    catalog.update_status(SourceKind::Local, |status| {
        // A directory that the user named is watched: the first contract may come later.
        status.enabled = holds || named.is_some();
        status.reason = Some(match holds {
            true if root.join(CONTRACT_FILE).exists() => format!("{CONTRACT_FILE} found in {shown}"),
            true => format!("contracts found below {shown}"),
            false => format!("no {CONTRACT_FILE} found in {shown} or below"),
        });
        if status.enabled {
            status.state = SourceState::Discovering;
        }
    });
    let is_enabled = holds || named.is_some();
    let source =
        || LocalSource::new(root, shown, Arc::clone(context), Arc::clone(bundles), Arc::clone(catalog));
    Ok(is_enabled.then(source))
}

/// Repositories as users name them; a folder of image layouts is all of them.
fn repositories(named: &[String]) -> Result<Vec<Repository>, StartError> {
    let mut found = Vec::new();
    for text in named.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        if text == "oci://" {
            return Err(StartError::Repository("oci:// names no repository".to_owned()));
        }
        if let Some(directory) = text.strip_prefix("oci-layout://") {
            let mut layouts = Vec::new();
            layouts_below(Path::new(directory), MAX_LAYOUT_DEPTH, &mut layouts);
            layouts.sort();
            if layouts.is_empty() {
                return Err(StartError::Repository(format!("there is no image layout in {directory}")));
            }
            for layout in layouts {
                let key = format!("oci-layout://{}", layout.display());
                found.push(Repository::of(&key).map_err(|error| StartError::Repository(error.to_string()))?);
            }
            continue;
        }
        found.push(Repository::of(text).map_err(|error| StartError::Repository(error.to_string()))?);
    }
    Ok(found)
}

fn layouts_below(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if directory.join(LAYOUT_FILE).is_file() {
        found.push(directory.to_owned());
        return;
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        layouts_below(&entry.path(), depth, found);
    }
}

/// Asks the dashboard on this machine how it is, as a container does every ten seconds.
///
/// # Errors
/// Why it is not well.
pub fn healthcheck(host: &str, port: u16) -> Result<(), String> {
    let host = if host.is_empty() { "localhost" } else { host.trim_matches(['[', ']']) };
    let found = (host, port).to_socket_addrs();
    let found = found.map_err(|error| format!("the address of {host:?} cannot be found: {error}"))?;
    let mut answer = Err(format!("{host:?} has no address"));
    for address in found {
        // Who listens on all addresses listens on this machine's own.
        let is_any = address.ip().is_unspecified();
        let address = if is_any { SocketAddr::from((Ipv4Addr::LOCALHOST, port)) } else { address };
        answer = is_well(address);
        if answer.is_ok() {
            break;
        }
    }
    answer
}

/// Asks one address.
fn is_well(address: SocketAddr) -> Result<(), String> {
    let port = address.port();
    let failed = |error: std::io::Error| format!("http://{address}/health does not answer: {error}");
    let mut stream = TcpStream::connect_timeout(&address, HEALTH_TIME).map_err(failed)?;
    stream.set_read_timeout(Some(HEALTH_TIME)).map_err(failed)?;
    let request = format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).map_err(failed)?;
    if line.ends_with(b" 200") {
        Ok(())
    } else {
        Err(format!("http://{address}/health answers {}", String::from_utf8_lossy(&line)))
    }
}
