//! `pacto mirror`.

use std::fmt::Write as _;

use clap::Args;
use pacto_app::mirror::{self, Options, Outcome, Status};

use crate::arguments::{Global, OutputFormat};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::markdown::code;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto mirror`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(value_name = "SOURCE", add = crate::values::reference(), help = "The contract, such as oci://ghcr.io/acme/shop:1.0.0")]
    source: String,
    #[arg(
        value_name = "TARGET",
        help = "Where to: oci://registry/path or oci-layout:///directory; every repository keeps its path below the name of its registry"
    )]
    target: String,
    /// Let the copies refer to each other, instead of copying byte for byte
    #[arg(long)]
    rewrite: bool,
    /// Replace what has a tag and is something else
    #[arg(short, long)]
    force: bool,
    /// Do everything but the writing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "mirror")?;
    let options = Options {
        source: arguments.source.clone(),
        target: arguments.target.clone(),
        rewrite: arguments.rewrite,
        force: arguments.force,
        dry_run: arguments.dry_run,
    };
    let bar = Ui::progress("Copying", settings.format == OutputFormat::Text);
    let tick = |total: usize| {
        bar.set_length(total as u64);
        bar.inc(1);
    };
    let outcome = mirror::run(&settings.context, &options, &tick);
    bar.finish_and_clear();
    let outcome = outcome?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => ui.data(&table(&outcome)),
        _ => ui.data(&lines(&outcome)),
    }
    for problem in &outcome.unresolved {
        ui.note(&format!("  unresolved: {}", neutral(problem)));
    }
    if !outcome.unresolved.is_empty() {
        ui.error("not everything could be resolved; nothing was copied");
        return Ok(ANSWER);
    }
    let left = outcome.contracts.iter().filter(|contract| contract.status == Status::Differs).count();
    if left > 0 {
        let which = if left == 1 { "1 tag leads" } else { &format!("{left} tags lead") };
        ui.error(&format!(
            "{which} to other content at the target; nothing was copied; use --force to overwrite"
        ));
        return Ok(ANSWER);
    }
    Ok(FINE)
}

fn word(status: Status, is_dry_run: bool) -> &'static str {
    match status {
        Status::Copied if is_dry_run => "would copy",
        Status::Copied => "copied",
        Status::Identical => "identical",
        Status::Differs => "differs",
    }
}

fn lines(outcome: &Outcome) -> String {
    let mut text = String::new();
    for contract in &outcome.contracts {
        let word = word(contract.status, outcome.dry_run);
        let _ = writeln!(text, "{word:10}  {} -> {}", neutral(&contract.from), neutral(&contract.to));
    }
    if !outcome.registries.is_empty() {
        text.push_str("\nTo use the copies, add to the config file:\n");
        text.push_str(&config(outcome));
    }
    text
}

/// What to write into the config file.
fn config(outcome: &Outcome) -> String {
    let mut text = "registries:\n".to_owned();
    for entry in &outcome.registries {
        let _ = writeln!(
            text,
            "  - prefix: \"{}\"\n    location: \"{}\"",
            neutral(&entry.prefix),
            neutral(&entry.location)
        );
    }
    text
}

fn table(outcome: &Outcome) -> String {
    let mut text = "| Contract | Copy | |\n|---|---|---|\n".to_owned();
    for contract in &outcome.contracts {
        let word = word(contract.status, outcome.dry_run);
        let _ = writeln!(text, "| {} | {} | {word} |", code(&contract.from), code(&contract.to));
    }
    if !outcome.registries.is_empty() {
        let _ =
            write!(text, "\nTo use the copies, add to the config file:\n\n```yaml\n{}```\n", config(outcome));
    }
    text
}
