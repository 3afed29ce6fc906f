//! `pacto version`.

use clap::Args;
use serde::Serialize;

use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
use crate::settings::output_format;
use crate::ui::Ui;

/// Version of this build: set by the release, `dev` otherwise.
pub const VERSION: &str = match option_env!("PACTO_BUILD_VERSION") {
    Some(version) => version,
    None => "dev",
};

/// No arguments.
#[derive(Debug, Args)]
pub struct Arguments {}

#[derive(Serialize)]
struct Outcome {
    version: &'static str,
}

/// Prints the version as text, without anything else of this program. False when it could not be written; a closed
/// pipe is no error of ours.
pub(crate) fn print() -> bool {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "pacto version {VERSION}").and_then(|()| out.flush());
    written.is_ok() || written.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

pub(crate) fn run(_: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    match output_format(global)? {
        Some(OutputFormat::Json) => ui.json(&Outcome { version: VERSION }),
        _ => {
            ui.flush();
            if !print() {
                return Err(CommandError::Environment("standard output cannot be written".to_owned()));
            }
        }
    }
    Ok(FINE)
}
