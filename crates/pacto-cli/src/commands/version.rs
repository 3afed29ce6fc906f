//! `pacto version`.

use clap::Args;
use serde::Serialize;

use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
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

pub(crate) fn run(_: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    match global.output_format {
        Some(OutputFormat::Json) => ui.json(&Outcome { version: VERSION }),
        _ => ui.data(&format!("pacto version {VERSION}\n")),
    }
    Ok(FINE)
}
