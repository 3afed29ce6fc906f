//! `pacto mcp`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use fs_err as fs;
use pacto_app::registries::Reach;
use pacto_contract::Reference;
use pacto_mcp::http::{Guard, Token};
use pacto_mcp::install::Client;
use pacto_mcp::{Options, Server, http, stdio};
use tokio_util::sync::CancellationToken;

use crate::arguments::Global;
use crate::exit::{CommandError, FINE};
use crate::settings::Settings;
use crate::ui::Ui;

/// Threads for messages; calls have threads of their own.
const WORKERS: usize = 2;
/// Largest file of a client that is changed, in bytes.
const MAX_CONFIGURATION_BYTES: u64 = 4 * 1024 * 1024;

/// Arguments of `pacto mcp`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What else to do than to serve.
    #[command(subcommand)]
    command: Option<Other>,
    /// How clients reach the server
    #[arg(short, long, value_enum, default_value_t = Transport::Stdio)]
    transport: Transport,
    /// Address to listen on, with `--transport http`
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on, with `--transport http`; 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 8585)]
    port: u16,
    /// Directory or reference that belongs to the fleet; may be repeated (the current directory)
    #[arg(long, value_name = "DIR|REF")]
    root: Vec<String>,
    /// Offer no tools that write; over HTTP this is so unless `--allow-writes` is given
    #[arg(long, conflicts_with = "allow_writes")]
    read_only: bool,
    /// Offer tools that write below the current directory over HTTP too
    #[arg(long)]
    allow_writes: bool,
    /// Registry that clients over HTTP may make the server ask; may be repeated
    #[arg(long, value_name = "HOST")]
    allow_registry: Vec<String>,
    /// Name of a host under which the server may be asked over HTTP; may be repeated
    #[arg(long, value_name = "HOST")]
    allowed_host: Vec<String>,
    /// Origin of a page elsewhere that may ask over HTTP; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    allowed_origin: Vec<String>,
    /// File with the token that clients over HTTP must send
    #[arg(long, value_name = "FILE")]
    auth_token_file: Option<PathBuf>,
}

/// How clients reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// The client starts it and speaks over its streams
    Stdio,
    /// Streamable HTTP at /mcp
    Http,
}

/// What else `pacto mcp` does.
#[derive(Debug, Subcommand)]
pub enum Other {
    /// Print the configuration of a client, or write it into its file in the current directory
    Install(Install),
}

/// Arguments of `pacto mcp install`.
#[derive(Debug, Args)]
pub struct Install {
    /// The client
    #[arg(value_enum)]
    client: Known,
    /// Write it; other servers in the file stay
    #[arg(long)]
    write: bool,
}

/// Clients that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Known {
    /// Claude: .mcp.json
    Claude,
    /// Cursor: .cursor/mcp.json
    Cursor,
    /// Visual Studio Code: .vscode/mcp.json
    Vscode,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "mcp")?;
    if let Some(Other::Install(install)) = &arguments.command {
        return self::install(install, &settings, ui);
    }
    let is_local = arguments.transport == Transport::Stdio;
    // Over HTTP anybody on this machine may ask, and only what was allowed is done for them.
    let writes = if is_local { !arguments.read_only } else { arguments.allow_writes };
    let roots = arguments.root.clone();
    // Models name hosts that contracts name, so that no host gets what belongs to another one.
    let mut reach = Reach { keeps_credentials: true, ..Reach::default() };
    if !is_local {
        let here = &settings.context.directory;
        let local = roots.iter().filter(|root| !root.contains("://")).map(|root| here.join(root));
        reach.below = std::iter::once(here.clone()).chain(local).collect();
        let named = roots.iter().filter_map(|root| match Reference::parse(root) {
            Ok(Reference::Oci(oci)) => Some(oci.registry),
            _ => None,
        });
        reach.registries = Some(arguments.allow_registry.iter().cloned().chain(named).collect());
    }
    let again = global.clone();
    let make_context = move || {
        let settings = Settings::read(&again).map_err(|error| error.to_string())?;
        Ok(std::mem::ManuallyDrop::into_inner(settings.context))
    };
    let server = Server::new(Options {
        make_context: Arc::new(make_context),
        roots,
        writes,
        reach,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    });
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(WORKERS).enable_all().build();
    let runtime =
        runtime.map_err(|error| CommandError::Environment(format!("no thread could be started: {error}")))?;
    let stop = CancellationToken::new();
    let result = runtime.block_on(async {
        let ended = stop.clone();
        tokio::spawn(async move {
            asked_to_end().await;
            ended.cancel();
        });
        match arguments.transport {
            Transport::Stdio => stdio::serve(server, tokio::io::stdin(), tokio::io::stdout(), stop.clone())
                .await
                .map_err(|error| broken(&error)),
            Transport::Http => serve_http(arguments, &settings, server, stop.clone(), ui).await,
        }
    });
    // A read of the input that is under way never ends by itself.
    runtime.shutdown_background();
    result.map(|()| FINE)
}

fn broken(error: &pacto_mcp::ServeError) -> CommandError {
    CommandError::Environment(error.to_string())
}

async fn serve_http(
    arguments: &Arguments,
    settings: &Settings,
    server: Server,
    stop: CancellationToken,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let token = match &arguments.auth_token_file {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(settings.context.directory.join(path))
                .map_err(|error| CommandError::Usage(format!("token file {error}")))?;
            if text.trim().is_empty() {
                return Err(CommandError::Usage(format!("token file {}: it is empty", path.display())));
            }
            Some(Token::new(&text))
        }
    };
    let (host, port) = (arguments.host.as_str(), arguments.port);
    let cannot = |error| CommandError::Environment(format!("cannot listen on {host}:{port}: {error}"));
    let listener = tokio::net::TcpListener::bind((host, port)).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    ui.note(&format!("Pacto MCP server running at http://{address}/mcp"));
    if !address.ip().is_loopback() && token.is_none() {
        ui.note("Warning: whoever reaches this address may read every contract; --auth-token-file asks for a token");
    }
    let guard = Guard {
        allowed_hosts: arguments.allowed_host.clone(),
        allowed_origins: arguments.allowed_origin.clone(),
        token,
    };
    http::serve(listener, server, guard, stop).await.map_err(|error| broken(&error))
}

#[cfg(unix)]
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn asked_to_end() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn install(install: &Install, settings: &Settings, ui: &mut Ui) -> Result<u8, CommandError> {
    let client = match install.client {
        Known::Claude => Client::Claude,
        Known::Cursor => Client::Cursor,
        Known::Vscode => Client::Vscode,
    };
    let arguments = ["mcp".to_owned()];
    if !install.write {
        let text = client.configuration(None, "pacto", &arguments).map_err(CommandError::Usage)?;
        ui.data(&text);
        ui.note(&format!("This belongs into {}; --write puts it there", client.file()));
        return Ok(FINE);
    }
    let path = settings.context.directory.join(client.file());
    let before = match fs::metadata(&path) {
        Ok(there) if there.len() > MAX_CONFIGURATION_BYTES || !there.is_file() => {
            return Err(CommandError::Usage(format!("{} is no file that could be changed", client.file())));
        }
        Ok(_) => {
            Some(fs::read_to_string(&path).map_err(|error| CommandError::Environment(error.to_string()))?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(CommandError::Environment(error.to_string())),
    };
    let text = client.configuration(before.as_deref(), "pacto", &arguments).map_err(CommandError::Usage)?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| CommandError::Environment(error.to_string()))?;
    }
    pacto_app::write::atomically(&settings.context.directory, client.file().as_ref(), text.as_bytes())?;
    ui.note(&format!("Wrote the server into {}", client.file()));
    Ok(FINE)
}
