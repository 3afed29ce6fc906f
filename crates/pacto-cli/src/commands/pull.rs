//! `pacto pull`.

use std::path::PathBuf;

use clap::Args;
use pacto_app::pull::{self, Options};

use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
use crate::render::markdown::code;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto pull`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(
        value_name = "REF",
        add = crate::values::reference(),
        help = "What to pull: oci://registry/repository or oci-layout:///directory; the highest version without a tag"
    )]
    reference: String,
    /// Directory to write [default: the name of the service]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Overwrite files that were changed since the last pull
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "pull")?;
    let options = Options {
        reference: arguments.reference.clone(),
        output: arguments.output.clone(),
        force: arguments.force,
    };
    let outcome = pull::run(&settings.context, &options)?;
    for path in &outcome.kept {
        let path = neutral(path);
        ui.note(&format!("Warning: {path} is not part of the contract any more and was changed; it stays"));
    }
    let identity = format!("{}@{}", outcome.name, outcome.version);
    let output = format!("{}/", outcome.output.trim_end_matches('/'));
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => {
            let (identity, output, digest) = (code(&identity), code(&output), code(&outcome.digest));
            let files = outcome.files.len();
            ui.data(&format!("Pulled {identity} into {output}\n\n- Digest: {digest}\n- Files: {files}\n"));
        }
        _ => ui.data(&format!("Pulled {} -> {}\n", neutral(&identity), neutral(&output))),
    }
    Ok(FINE)
}
