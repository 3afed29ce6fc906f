//! `pacto update`, and the word at the end of other commands that there is something newer.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use clap::Args;
use etcetera::BaseStrategy as _;
use pacto_app::update::{self, LATEST, Options, Outcome, RELEASES, notice};

use super::version::VERSION;
use crate::arguments::{Global, OutputFormat};
use crate::environment;
use crate::exit::{CommandError, FINE};
use crate::settings::output_format;
use crate::ui::{Ui, neutral};

/// How long a command that is done waits for the word.
const WAIT: Duration = Duration::from_millis(200);

/// Arguments of `pacto update`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Version to install, newer or older; the newest without one
    #[arg(value_name = "VERSION")]
    version: Option<String>,
}

fn latest() -> String {
    environment::value(environment::LATEST).unwrap_or_else(|| LATEST.to_owned())
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let format = output_format(global)?;
    let program = std::env::current_exe()
        .map_err(|error| CommandError::Environment(format!("this program cannot be found: {error}")))?;
    let options = Options {
        current: VERSION.to_owned(),
        wanted: arguments.version.clone(),
        program,
        releases: environment::value(environment::RELEASES).unwrap_or_else(|| RELEASES.to_owned()),
        latest: latest(),
    };
    if options.current != update::DEV {
        ui.note("Checking for updates...");
    }
    let outcome = update::run(&options)?;
    match format {
        Some(OutputFormat::Json) => ui.json(&outcome),
        _ => ui.data(&text(&outcome)),
    }
    Ok(FINE)
}

fn text(outcome: &Outcome) -> String {
    let (from, to) = (neutral(&outcome.from), neutral(&outcome.to));
    if outcome.replaced.is_empty() {
        return format!("pacto {to} is installed already\n");
    }
    let plugins: Vec<&str> = outcome.replaced.iter().skip(1).map(String::as_str).collect();
    let with = if plugins.is_empty() { String::new() } else { format!(", with {}", plugins.join(" and ")) };
    format!("Updated pacto {from} -> {to}{with}\n")
}

/// A question to whoever publishes releases, asked beside the work.
pub(crate) struct Question(Option<Receiver<Option<String>>>);

impl Question {
    /// Asks, where somebody reads the answer: not for machines, not in pipelines, not for development builds.
    pub(crate) fn ask(is_wanted: bool) -> Self {
        let is_off = VERSION == update::DEV
            || !is_wanted
            || environment::is_on(environment::NO_UPDATE_CHECK)
            || environment::value(environment::CI).is_some();
        if is_off {
            return Self(None);
        }
        let Some(file) = file() else { return Self(None) };
        let (sender, receiver) = channel();
        let asked = std::thread::Builder::new().spawn(move || {
            // Who asked may be gone.
            let _ = sender.send(notice::newer(VERSION, &file, &latest(), SystemTime::now()));
        });
        Self(asked.ok().map(|_| receiver))
    }

    /// Says what came of it, if it came in time.
    pub(crate) fn answer(self, ui: &mut Ui) {
        let Some(newer) = self.0.and_then(|answer| answer.recv_timeout(WAIT).ok()).flatten() else { return };
        ui.note(&format!("\nA new version of pacto is available: {VERSION} -> {}", neutral(&newer)));
        ui.note("Run 'pacto update' to update.");
    }
}

/// Where the answer of before is kept.
fn file() -> Option<PathBuf> {
    let base = etcetera::base_strategy::choose_base_strategy().ok()?;
    Some(base.config_dir().join("pacto/update-check.json"))
}
