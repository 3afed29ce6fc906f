//! `pacto doc`.

use std::path::PathBuf;

use clap::Args;
use pacto_app::doc::{self, Options};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{CommandError, FINE};
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto doc`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory or reference
    #[arg(value_name = "CONTRACT", default_value = ".")]
    contract: String,
    /// Directory to write <service>.md into
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "doc")?;
    let options = Options {
        contract: arguments.contract.clone(),
        output: arguments.output.clone(),
        overrides: arguments.overrides.read()?,
    };
    let outcome = doc::run(&settings.context, &options)?;
    if settings.format == OutputFormat::Json {
        ui.json(&outcome);
    } else {
        ui.data(&outcome.markdown);
        if let Some(path) = &outcome.path {
            ui.note(&format!("Wrote {}", neutral(path)));
        }
    }
    Ok(FINE)
}
