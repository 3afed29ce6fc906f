//! `pacto doc`.

use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use pacto_app::doc::{self, Options, is_page};
use pacto_dashboard::docs::{self, DocsError, Explorer};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{CommandError, FINE};
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Threads that answer requests.
const WORKERS: usize = 2;

/// Arguments of `pacto doc`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory or reference
    #[arg(value_name = "CONTRACT", default_value = ".", add = crate::values::contract())]
    contract: String,
    /// Directory to write <service>.md into, or a file ending in .html: one page that needs no other file
    #[arg(short, long, value_name = "PATH", conflicts_with_all = ["serve", "ui"])]
    output: Option<PathBuf>,
    /// Show the document in the browser, and again whenever a file of the contract changes
    #[arg(long, conflicts_with = "ui")]
    serve: bool,
    /// Show the HTTP interfaces in the browser, to read and to try
    #[arg(long, value_name = "KIND")]
    ui: Option<Kind>,
    /// Port on this machine for --serve and --ui; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8484)]
    port: u16,
    /// Show this interface alone
    #[arg(long, value_name = "NAME", requires = "ui")]
    interface: Option<String>,
    /// Server to which the explorer may send requests, for all interfaces or for one: URL or INTERFACE=URL; may be repeated
    #[arg(long, value_name = "TARGET", requires = "ui")]
    target: Vec<String>,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

/// Explorers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Every operation with its parameters, bodies and answers.
    #[value(alias = "explorer")]
    Swagger,
}

impl Arguments {
    /// Whether the command goes on until it is stopped.
    pub(crate) fn is_server(&self) -> bool {
        self.serve || self.ui.is_some()
    }
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "doc")?;
    if arguments.is_server() {
        return serve(arguments, global, &settings, ui);
    }
    let options = Options {
        contract: arguments.contract.clone(),
        output: arguments.output.clone(),
        overrides: arguments.overrides.read()?,
    };
    let outcome = doc::run(&settings.context, &options)?;
    if settings.format == OutputFormat::Json {
        ui.json(&outcome);
    } else {
        if !arguments.output.as_deref().is_some_and(is_page) {
            ui.data(&outcome.markdown);
        }
        if let Some(path) = &outcome.path {
            ui.note(&format!("Wrote {}", neutral(path)));
        }
    }
    Ok(FINE)
}

fn serve(
    arguments: &Arguments,
    global: &Global,
    settings: &Settings,
    ui: &mut Ui,
) -> Result<u8, CommandError> {
    if settings.format == OutputFormat::Json {
        return Err(CommandError::Usage(
            "doc: a server has no JSON output; leave out --output-format".to_owned(),
        ));
    }
    let targets = arguments.target.iter().map(|text| Explorer::target(text)).collect::<Result<Vec<_>, _>>();
    let targets = targets.map_err(|error| CommandError::Usage(format!("--target: {error}")))?;
    let explorer = arguments.ui.map(|_| Explorer { interface: arguments.interface.clone(), targets });
    let again = global.clone();
    let make_context = move || {
        let settings = Settings::read(&again).map_err(|error| error.to_string())?;
        Ok(ManuallyDrop::into_inner(settings.context))
    };
    let options = docs::Options {
        make_context: Arc::new(make_context),
        contract: arguments.contract.clone(),
        overrides: arguments.overrides.read()?,
        port: arguments.port,
        explorer,
    };
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(WORKERS).enable_all().build();
    let runtime =
        runtime.map_err(|error| CommandError::Environment(format!("no thread could be started: {error}")))?;
    let served = runtime.block_on(async {
        let stop = super::stopped()?;
        let started = docs::start(options).await.map_err(refused)?;
        if let Some(trouble) = &started.trouble {
            ui.note(&format!("Warning: changes of files are not seen: {}", neutral(trouble)));
        }
        let what = if arguments.serve { "Documentation" } else { "API explorer" };
        ui.note(&format!("{what} at http://{}", started.address));
        ui.note("Press Ctrl+C to stop");
        started.serve(stop).await;
        Ok(FINE)
    });
    // What still waits for a registry is not waited for.
    runtime.shutdown_background();
    served
}

fn refused(error: DocsError) -> CommandError {
    match error {
        DocsError::Contract(error) => error.into(),
        DocsError::Interface(message) => CommandError::Usage(message),
        error => CommandError::Environment(error.to_string()),
    }
}
