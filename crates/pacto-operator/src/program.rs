//! The program: it starts what its flags say, works while it may, and ends in order.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use kube::Client;
use pacto_k8s::{ConnectOptions, RequestObserver, connect};
use pacto_oci::credential::{Secret, Surroundings};
use pacto_oci::registry::{Retry, Settings as RegistrySettings};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;
use crate::dashboard::{Dashboard, Settings};
use crate::lease::{Leadership, identity};
use crate::metrics::Metrics;
use crate::probe::{Prober, Resolver};
use crate::run::{Controller, Start, needed};
use crate::serve::{BindAddress, Certificate, Guard, Options, health, metrics, serve};

/// Version of this build: set by the release, `dev` otherwise; the one of `pacto version`.
const VERSION: &str = match option_env!("PACTO_BUILD_VERSION") {
    Some(version) => version,
    None => "dev",
};
/// Threads that work; what waits for registries has one of its own.
const WORKERS: usize = 2;
/// Time for what is under way when the program is to end; Kubernetes waits ten seconds.
const END: Duration = Duration::from_secs(8);
/// The same when the lease is lost: it is lost after ten seconds, and another replica begins after fifteen.
const LOST_END: Duration = Duration::from_secs(4);
/// Longest silence of a registry; it is asked again later, and others wait for their turn.
const SILENCE: Duration = Duration::from_secs(10);
/// Exit code when the program cannot begin, or may not go on.
const FAILED: u8 = 1;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.version {
        return said(&version(&arguments));
    }
    write_logs(&arguments);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(error = %error, "the system has no threads");
            return ExitCode::from(FAILED);
        }
    };
    // Without it memory is given back only while something happens.
    #[cfg(unix)]
    let _ = tikv_jemalloc_ctl::background_thread::write(true);
    let result = runtime.block_on(work(arguments));
    runtime.shutdown_timeout(Duration::from_secs(1));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            tracing::error!("{message}");
            ExitCode::from(FAILED)
        }
    }
}

fn said(text: &str) -> ExitCode {
    use std::io::Write as _;
    // Whoever asked may have gone away.
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

fn version(arguments: &Arguments) -> String {
    let image = if arguments.dashboard_image.is_empty() { "none" } else { &arguments.dashboard_image };
    format!("pacto-operator {VERSION}\ndashboard image: {image}")
}

/// One JSON object a line, to standard error.
fn write_logs(arguments: &Arguments) {
    let level = arguments.zap_log_level.as_ref().unwrap_or(&arguments.log_level);
    // Libraries speak of their own matters at the level of debugging.
    let filter = if level.contains('=') { level.clone() } else { format!("warn,pacto_operator={level}") };
    let filter = EnvFilter::try_new(&filter).unwrap_or_else(|_| EnvFilter::new("warn,pacto_operator=info"));
    let written =
        tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_env_filter(filter).finish();
    // Only tests have one already.
    let _ = tracing::subscriber::set_global_default(written);
}

/// Credentials of the process, as the command line has them.
fn surroundings() -> Surroundings {
    let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
    let docker = text("DOCKER_CONFIG").map(std::path::PathBuf::from).or_else(|| Some(home?.join(".docker")));
    Surroundings {
        token: text("PACTO_REGISTRY_TOKEN").map(Secret::new),
        basic: text("PACTO_REGISTRY_USERNAME").zip(text("PACTO_REGISTRY_PASSWORD").map(Secret::new)),
        only_host: text("PACTO_REGISTRY_HOST"),
        docker: docker.map(|directory| directory.join("config.json")).into_iter().collect(),
        ..Surroundings::default()
    }
}

fn registry_settings() -> RegistrySettings {
    let hosts = std::env::var("PACTO_INSECURE_REGISTRIES").unwrap_or_default();
    let plain = hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned);
    let retry = Retry { attempts: 2, patience: SILENCE, ..Retry::default() };
    RegistrySettings { insecure_hosts: plain.collect(), retry, ..RegistrySettings::default() }
}

async fn work(arguments: Arguments) -> Result<(), String> {
    if arguments.pod_namespace.is_empty() {
        return Err("POD_NAMESPACE is not set; set it to the namespace of the operator".to_owned());
    }
    let dashboard_settings = if arguments.enable_dashboard {
        Some(Settings::from_arguments(&arguments).map_err(|error| error.to_string())?)
    } else {
        None
    };
    let counted = Arc::new(Metrics::new());
    let requests = Arc::clone(&counted);
    let options = ConnectOptions {
        kubeconfig: arguments.kubeconfig.clone(),
        observer: Some(RequestObserver::new(move |method, status| requests.requested(method, status))),
        ..ConnectOptions::default()
    };
    let client = connect(&options).await.map_err(|error| error.to_string())?.client;
    let (stop, stopped) = watch::channel(false);
    let readiness = needed();
    let mut tasks = JoinSet::new();
    if let Some(listener) =
        listen("--health-probe-bind-address", &arguments.health_probe_bind_address).await?
    {
        tasks.spawn(serve(listener, health(readiness.clone()), Options::default(), stopped.clone()));
    }
    if let Some(listener) = listen("--metrics-bind-address", &arguments.metrics_bind_address).await? {
        let (guard, options) = secured(&client, &arguments).await?;
        tasks.spawn(serve(listener, metrics(Arc::clone(&counted), guard), options, stopped.clone()));
    }
    let prober =
        arguments.probe_endpoints.then(|| Arc::new(Prober::new(Resolver::of(&arguments.probe_resolve))));
    let controller = Controller::watch(Start {
        client: client.clone(),
        namespace: arguments.watch_namespace.clone(),
        settings: registry_settings(),
        surroundings: surroundings(),
        prober,
        metrics: Arc::clone(&counted),
        readiness,
        arguments: arguments.clone(),
    })
    .map_err(|error| format!("no thread could be started: {error}"))?;
    let dashboard = match dashboard_settings {
        Some(settings) => Dashboard::enabled(client.clone(), settings),
        None => Dashboard::disabled(client.clone(), &arguments.pod_namespace, &arguments.watch_namespace),
    };
    let mut asked_to_end = std::pin::pin!(asked_to_end()?);
    let leadership = Leadership::new(client, &arguments.pod_namespace, identity(&arguments.pod_name));
    let held = if arguments.leader_elect {
        tokio::select! {
            held = leadership.acquire() => Some(held),
            () = &mut asked_to_end => {
                stop.send_replace(true);
                return Ok(());
            }
        }
    } else {
        None
    };
    tracing::info!("at work");
    let working = stopped.clone();
    tasks.spawn(async move { dashboard.run(&counted, working).await });
    tasks.spawn(controller.run(stopped));
    let lost = async {
        match &held {
            Some(held) => held.lost().await,
            None => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        () = &mut asked_to_end => Ok(()),
        () = lost => Err("the lease is lost; another replica works".to_owned()),
    };
    stop.send_replace(true);
    let end = if result.is_ok() { END } else { LOST_END };
    let all_done = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(end, all_done).await.is_err() {
        tracing::warn!("not everything that was under way came to its end");
    }
    if let Some(held) = held {
        held.release().await;
    }
    result
}

async fn listen(flag: &str, address: &str) -> Result<Option<tokio::net::TcpListener>, String> {
    let parsed: BindAddress = address.parse().map_err(|error| format!("{flag}: {error}"))?;
    parsed.listen().await.map_err(|error| format!("{flag}: nobody can listen on {address}: {error}"))
}

/// Who may read metrics, and the certificate that is shown.
async fn secured(client: &Client, arguments: &Arguments) -> Result<(Option<Arc<Guard>>, Options), String> {
    if !arguments.metrics_secure {
        return Ok((None, Options::default()));
    }
    let directory = std::path::Path::new(&arguments.metrics_cert_path);
    let certificate = if arguments.metrics_cert_path.is_empty() {
        Certificate::self_signed(arguments.enable_http2)
    } else {
        let file = |name: &str| directory.join(name);
        let files = (file(&arguments.metrics_cert_name), file(&arguments.metrics_cert_key));
        Certificate::from_files(files.0, files.1, arguments.enable_http2).await
    };
    let certificate = certificate.map_err(|error| format!("--metrics-secure: {error}"))?;
    Ok((Some(Arc::new(Guard::new(client.clone()))), Options { certificate: Some(Arc::new(certificate)) }))
}

/// Ends when the process is asked to end.
fn asked_to_end() -> Result<impl Future<Output = ()>, String> {
    let of = |kind| signal(kind).map_err(|error| format!("signals cannot be received: {error}"));
    let (mut terminate, mut interrupt) = (of(SignalKind::terminate())?, of(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
