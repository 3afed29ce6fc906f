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

/// Prints the version as text, without anything else of this program. A closed pipe is no error of ours.
pub(crate) fn print() {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "pacto version {VERSION}");
}

pub(crate) fn run(_: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    match output_format(global)? {
        Some(OutputFormat::Json) => ui.json(&Outcome { version: VERSION }),
        _ => {
            ui.flush();
            print();
        }
    }
    Ok(FINE)
}
