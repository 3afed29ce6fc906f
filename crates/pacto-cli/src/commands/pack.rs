//! `pacto pack`.

use std::path::PathBuf;

use clap::Args;
use pacto_app::pack::{self, Options};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{CommandError, FINE};
use crate::render::findings;
use crate::render::markdown::code;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto pack`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory of the bundle
    #[arg(value_name = "DIR", default_value = ".")]
    directory: String,
    /// File to write [default: <name>-<version>.tar.gz]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "pack")?;
    let options = Options {
        directory: arguments.directory.clone(),
        output: arguments.output.clone(),
        overrides: arguments.overrides.read()?,
    };
    let outcome = pack::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        format => {
            let identity = format!("{}@{}", outcome.name, outcome.version);
            if format == OutputFormat::Markdown {
                ui.data(&format!(
                    "Packed {} into {}\n\n- Digest: {}\n- Files: {}\n",
                    code(&identity),
                    code(&outcome.output),
                    code(&outcome.digest),
                    outcome.files.len()
                ));
            } else {
                ui.data(&format!("Packed {} -> {}\n", neutral(&identity), neutral(&outcome.output)));
                for warning in &outcome.warnings {
                    findings::write(ui, warning, None);
                }
            }
        }
    }
    Ok(FINE)
}
