//! `pacto dashboard`.
#![expect(clippy::doc_markdown, reason = "these comments are the help, where backticks would be shown")]

use std::io::{IsTerminal as _, Write as _};
use std::mem::ManuallyDrop;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, ValueEnum};
use pacto_dashboard::http::guard::{Guard, HeaderName, Token};
use pacto_dashboard::http::server::{Access, AccessLog};
use pacto_dashboard::start::{Options, StartError, Started, healthcheck, shown_url, start};
use pacto_dashboard::wire::report::SourceInfo;
use serde_json::json;

use crate::arguments::Global;
use crate::environment;
use crate::exit::{CommandError, FINE};
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Largest file with a token, in bytes.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;
/// Threads that answer requests.
const WORKERS: usize = 2;

/// Arguments of `pacto dashboard`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(
        value_name = "SOURCE",
        help = "oci://… and oci-layout://… repositories, and at most one directory of contracts [default: the current one]"
    )]
    sources: Vec<String>,
    /// Name or address to listen on [default: 127.0.0.1] [env: PACTO_DASHBOARD_HOST]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Port to listen on; 0 for any that is free [default: 3000] [env: PACTO_DASHBOARD_PORT]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Namespace of the cluster [default: all] [env: PACTO_DASHBOARD_NAMESPACE]
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Repository to begin with, with or without oci://; may be repeated [env: PACTO_DASHBOARD_REPO]
    #[arg(long, value_name = "REPOSITORY")]
    repo: Vec<String>,
    /// Show what helps to find out why a service is not there [env: PACTO_DASHBOARD_DIAGNOSTICS]
    #[arg(long)]
    diagnostics: bool,
    /// Name under which the server may be asked, besides those of this machine; may be repeated [env: PACTO_DASHBOARD_ALLOWED_HOSTS]
    #[arg(long, value_name = "HOST")]
    allowed_host: Vec<String>,
    /// Registry that may be asked although no loaded contract names it; may be repeated [env: PACTO_DASHBOARD_ALLOW_REGISTRY]
    #[arg(long, value_name = "HOST")]
    allow_registry: Vec<String>,
    /// Origin of a page elsewhere that may use the API [env: PACTO_DASHBOARD_CORS_ORIGIN]
    #[arg(long, value_name = "ORIGIN")]
    cors_origin: Option<String>,
    /// File with the token that the API wants [env: PACTO_DASHBOARD_AUTH_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    auth_token_file: Option<PathBuf>,
    /// Address of a proxy that says who somebody is; may be repeated [env: PACTO_DASHBOARD_TRUSTED_PROXIES]
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<IpAddr>,
    /// Header in which it says so [default: x-forwarded-user] [env: PACTO_DASHBOARD_USER_HEADER]
    #[arg(long, value_name = "NAME")]
    user_header: Option<String>,
    /// Say on stderr who asked for what [default: none] [env: PACTO_DASHBOARD_ACCESS_LOG]
    #[arg(long, value_name = "FORM")]
    access_log: Option<LogForm>,
    /// Ask the dashboard that runs here how it is, and end
    #[arg(long)]
    healthcheck: bool,
}

/// Form of the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogForm {
    /// Nothing.
    None,
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "dashboard")?;
    let written = |key: &str| settings.dashboard.get(key).cloned();
    let host = text(arguments.host.clone(), environment::DASHBOARD_HOST).or_else(|| written("host"));
    let host = host.unwrap_or_else(|| Options::default().host);
    let port = match parsed(arguments.port, environment::DASHBOARD_PORT)? {
        Some(port) => port,
        None => written("port").map_or(Ok(Options::default().port), |text| {
            let wrong = |_| CommandError::Usage(format!("config file: dashboard.port {text:?} is no port"));
            text.parse().map_err(wrong)
        })?,
    };
    if arguments.healthcheck {
        return match healthcheck(&host, port) {
            Ok(()) => Ok(FINE),
            Err(problem) => Err(CommandError::Environment(problem)),
        };
    }
    let (repositories, directory) = sources(arguments)?;
    let namespace = text(arguments.namespace.clone(), environment::DASHBOARD_NAMESPACE);
    let is_on = |text: String| matches!(text.as_str(), "true" | "1");
    let options = Options {
        host: host.clone(),
        port,
        repositories,
        directory,
        namespace: namespace.or_else(|| written("namespace")).unwrap_or_default(),
        diagnostics: arguments.diagnostics
            || environment::is_on(environment::DASHBOARD_DIAGNOSTICS)
            || written("diagnostics").is_some_and(is_on),
        no_cache: settings.no_cache,
        allowed_registries: list(&arguments.allow_registry, environment::DASHBOARD_ALLOW_REGISTRY),
        guard: guard(arguments, written("cors-origin"))?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Options::default()
    };
    let log = access_log(arguments)?;
    give_memory_back();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(WORKERS).enable_all().build();
    let runtime =
        runtime.map_err(|error| CommandError::Environment(format!("no thread could be started: {error}")))?;
    let served = runtime.block_on(async {
        let stop = super::stopped()?;
        let context = ManuallyDrop::into_inner(settings.context);
        let started = start(options, context).await.map_err(|error| refused(error, ui))?;
        announce(&started, &host, ui);
        let served = started.serve(log, stop).await;
        served.map_err(|error| CommandError::Environment(format!("the server stopped: {error}")))
    });
    // What still waits for a registry is not waited for.
    runtime.shutdown_background();
    served.map(|()| FINE)
}

/// Starts the thread that gives memory back to the system while nothing happens. Only this command lives long enough.
fn give_memory_back() {
    // Without it memory is given back only while something happens.
    #[cfg(unix)]
    let _ = tikv_jemalloc_ctl::background_thread::write(true);
}

/// Repositories and the directory.
fn sources(arguments: &Arguments) -> Result<(Vec<String>, Option<PathBuf>), CommandError> {
    let (mut repositories, mut directory) = (arguments.repo.clone(), None);
    for source in &arguments.sources {
        if source.starts_with("oci://") || source.starts_with("oci-layout://") {
            repositories.push(source.clone());
        } else if directory.replace(PathBuf::from(source.strip_prefix("file://").unwrap_or(source))).is_some()
        {
            return Err(CommandError::Usage("dashboard takes one directory; put both below one".to_owned()));
        }
    }
    if repositories.is_empty() {
        repositories = list(&[], environment::DASHBOARD_REPO);
    }
    Ok((repositories, directory))
}

fn text(flag: Option<String>, name: &str) -> Option<String> {
    flag.or_else(|| environment::value(name))
}

fn parsed<T: std::str::FromStr>(flag: Option<T>, name: &str) -> Result<Option<T>, CommandError> {
    if flag.is_some() {
        return Ok(flag);
    }
    let wrong = |text: String| CommandError::Usage(format!("{name}: {text:?} does not fit"));
    environment::value(name).map(|text| text.trim().parse().map_err(|_| wrong(text))).transpose()
}

fn list(flags: &[String], name: &str) -> Vec<String> {
    if !flags.is_empty() {
        return flags.to_vec();
    }
    let value = environment::value(name).unwrap_or_default();
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn guard(arguments: &Arguments, cors_origin: Option<String>) -> Result<Guard, CommandError> {
    let file = arguments.auth_token_file.clone();
    let file = file.or_else(|| environment::value(environment::DASHBOARD_AUTH_TOKEN_FILE).map(PathBuf::from));
    let token = file.map(|path| {
        let wrong = |why: &dyn std::fmt::Display| {
            CommandError::Usage(format!("token file {}: {why}", path.display()))
        };
        let size = std::fs::metadata(&path).map_err(|error| wrong(&error))?;
        if !size.is_file() || size.len() > MAX_TOKEN_BYTES {
            return Err(wrong(&"not a file with a token"));
        }
        let token = Token::new(&std::fs::read_to_string(&path).map_err(|error| wrong(&error))?);
        if token.is_empty() { Err(wrong(&"it is empty")) } else { Ok(token) }
    });
    let mut trusted_proxies = arguments.trusted_proxy.clone();
    if trusted_proxies.is_empty() {
        for text in list(&[], environment::DASHBOARD_TRUSTED_PROXIES) {
            let wrong = |_| {
                CommandError::Usage(format!(
                    "{}: {text:?} is no address",
                    environment::DASHBOARD_TRUSTED_PROXIES
                ))
            };
            trusted_proxies.push(text.parse().map_err(wrong)?);
        }
    }
    let header = text(arguments.user_header.clone(), environment::DASHBOARD_USER_HEADER);
    let header = header.unwrap_or_else(|| "x-forwarded-user".to_owned());
    let wrong = |_| CommandError::Usage(format!("{:?} is no name of a header", neutral(&header)));
    let user_header = HeaderName::try_from(header.as_str()).map_err(wrong)?;
    Ok(Guard {
        is_loopback: false,
        allowed_hosts: list(&arguments.allowed_host, environment::DASHBOARD_ALLOWED_HOSTS),
        cors_origin: text(arguments.cors_origin.clone(), environment::DASHBOARD_CORS_ORIGIN).or(cors_origin),
        token: token.transpose()?,
        trusted_proxies,
        user_header: Some(user_header),
    })
}

fn access_log(arguments: &Arguments) -> Result<Option<AccessLog>, CommandError> {
    let name = environment::DASHBOARD_ACCESS_LOG;
    let form = match (arguments.access_log, environment::value(name)) {
        (Some(form), _) => form,
        (None, None) => LogForm::None,
        (None, Some(text)) => LogForm::from_str(&text, true)
            .map_err(|_| CommandError::Usage(format!("{name}: {text:?} is none of none, text, json")))?,
    };
    // One writer, so that lines of two threads do not mix.
    let writer = Mutex::new(std::io::stderr());
    let write = move |line: &str| {
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(writer, "{line}");
    };
    Ok(match form {
        LogForm::None => None,
        LogForm::Text => Some(Arc::new(move |access: &Access| write(&line(access)))),
        LogForm::Json => Some(Arc::new(move |access: &Access| write(&object(access)))),
    })
}

fn line(access: &Access) -> String {
    let user = access.user.as_deref().unwrap_or("-");
    let milliseconds = access.took.as_secs_f64() * 1_000.0;
    let (at, peer, method, status) = (access.at, access.peer, &access.method, access.status);
    format!("{at} {peer} {} {method} {} {status} {milliseconds:.1}ms", neutral(user), neutral(&access.path))
}

fn object(access: &Access) -> String {
    json!({
        "time": access.at.to_string(),
        "peer": access.peer.to_string(),
        "user": access.user,
        "method": access.method.as_str(),
        "path": access.path,
        "status": access.status,
        "milliseconds": access.took.as_secs_f64() * 1_000.0,
    })
    .to_string()
}

fn refused(error: StartError, ui: &mut Ui) -> CommandError {
    let message = error.to_string();
    match error {
        StartError::NoSource(found) => {
            detected(&found, ui);
            CommandError::Environment(message)
        }
        StartError::Repository(_) => CommandError::Usage(message),
        _ => CommandError::Environment(message),
    }
}

fn detected(found: &[SourceInfo], ui: &mut Ui) {
    ui.note("Detected sources:");
    for source in found {
        let state = if source.enabled { "enabled" } else { "disabled" };
        let reason = neutral(source.reason.as_deref().unwrap_or_default());
        ui.note(&format!("  {}: {state} ({reason})", source.kind.as_str()));
    }
}

fn announce(started: &Started, host: &str, ui: &mut Ui) {
    detected(&started.sources, ui);
    ui.note("");
    ui.note(&format!("Pacto Dashboard running at {}", shown_url(host, started.address.port())));
    if !started.address.ip().is_loopback() && started.app.guard.token.is_none() {
        ui.note("Warning: whoever reaches this address may read every contract; see --auth-token-file");
    }
    if std::io::stderr().is_terminal() {
        ui.note("Press Ctrl+C to stop");
    }
}
