//! `pacto generate`.

use std::path::PathBuf;

use clap::Args;
use pacto_app::generate::{self, FileChange, Options, Outcome};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{CommandError, FINE};
use crate::settings::{Settings, plugin_places};
use crate::ui::{Ui, neutral};

/// Arguments of `pacto generate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Plugin: the program is called pacto-plugin-<PLUGIN>
    #[arg(value_name = "PLUGIN")]
    plugin: String,
    /// Directory or reference
    #[arg(value_name = "CONTRACT", default_value = ".", add = crate::values::contract())]
    contract: String,
    /// Directory to write into [default: <PLUGIN>-output]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Something the plugin is told; may be repeated
    #[arg(long = "option", value_name = "KEY=VALUE")]
    options: Vec<String>,
    /// Write nothing, and show what would change
    #[arg(long)]
    dry_run: bool,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "generate")?;
    let options = Options {
        plugin: arguments.plugin.clone(),
        contract: arguments.contract.clone(),
        output: arguments.output.clone(),
        options: arguments.options.clone(),
        dry_run: arguments.dry_run,
        overrides: arguments.overrides.read()?,
        places: plugin_places(),
    };
    let outcome = generate::run(&settings.context, &options, &mut |line| ui.note(&neutral(line)))?;
    if settings.format == OutputFormat::Json {
        ui.json(&outcome);
    } else {
        ui.data(&text(&outcome));
    }
    Ok(FINE)
}

fn text(outcome: &Outcome) -> String {
    let count = |change: FileChange| outcome.files.iter().filter(|file| file.change == change).count();
    let mut lines = Vec::new();
    if outcome.dry_run {
        for diff in outcome.files.iter().filter_map(|file| file.diff.as_ref()) {
            lines.extend(diff.lines().map(neutral));
        }
        for file in
            outcome.files.iter().filter(|file| file.diff.is_none() && file.change != FileChange::Unchanged)
        {
            lines.push(format!("{} is no text and would be {}", neutral(&file.path), word(file.change)));
        }
        lines.push(format!(
            "{} would write {} file(s): {} new, {} changed, {} as they are",
            outcome.plugin,
            outcome.files_count,
            count(FileChange::Created),
            count(FileChange::Changed),
            count(FileChange::Unchanged)
        ));
    } else {
        lines.push(format!("Generated {} file(s) using {}", outcome.files_count, outcome.plugin));
    }
    lines.push(format!("Output: {}/", neutral(outcome.output_dir.trim_end_matches('/'))));
    if let Some(message) = outcome.message.as_deref().filter(|message| !message.trim().is_empty()) {
        let mut said = message.trim().lines().map(neutral);
        lines.push(format!("Message: {}", said.next().unwrap_or_default()));
        lines.extend(said);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn word(change: FileChange) -> &'static str {
    match change {
        FileChange::Created => "new",
        FileChange::Changed => "changed",
        FileChange::Unchanged => "as it is",
    }
}
