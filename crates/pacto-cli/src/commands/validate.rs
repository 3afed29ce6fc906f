//! `pacto validate`.

use std::fmt::Write;

use clap::Args;
use pacto_app::validate::{self, ContractVerdict, Options, Outcome};
use pacto_contract::{Diagnostic, Severity};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::{findings, github, junit, markdown, sarif};
use crate::settings::Settings;
use crate::ui::{GREEN, RED, Ui, neutral};

/// Arguments of `pacto validate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directories, patterns such as 'services/*', or references; a directory without contract is searched five levels
    /// down, but for hidden directories and those of dependencies and build results
    #[arg(value_name = "CONTRACT", default_value = ".", add = crate::values::contract())]
    contracts: Vec<String>,
    /// Search every directory for contracts, also one that is a contract itself
    #[arg(short, long)]
    recursive: bool,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

/// Contracts from which on a progress bar is worth its space.
const PROGRESS_FROM: usize = 200;

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read(global)?;
    let options = Options {
        contracts: arguments.contracts.clone(),
        recursive: arguments.recursive,
        overrides: arguments.overrides.read()?,
    };
    let bar = Ui::progress("Validating", settings.format == OutputFormat::Text);
    let tick = |total: usize| {
        if total >= PROGRESS_FROM {
            bar.set_length(total as u64);
            bar.inc(1);
        }
    };
    let outcome = validate::run(&settings.context, &options, &tick);
    bar.finish_and_clear();
    let outcome = outcome?;
    match settings.format {
        OutputFormat::Text => text(&outcome, ui),
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => ui.data(&as_markdown(&outcome)),
        OutputFormat::Sarif => ui.json(&sarif::log(&outcome, super::version::VERSION)),
        OutputFormat::Junit => ui.data(&junit::document(&outcome)),
        OutputFormat::Github => annotations(&outcome, ui),
    }
    if outcome.is_valid() {
        return Ok(FINE);
    }
    if settings.format == OutputFormat::Text {
        ui.error(&format!("validation failed with {} error(s)", outcome.error_count()));
    }
    Ok(ANSWER)
}

fn all(verdict: &ContractVerdict) -> impl Iterator<Item = &Diagnostic> {
    verdict.errors.iter().chain(&verdict.warnings).chain(&verdict.infos)
}

fn text(outcome: &Outcome, ui: &mut Ui) {
    for verdict in outcome.contracts() {
        let (word, style) = if verdict.valid { ("valid", GREEN) } else { ("invalid", RED) };
        ui.data(&format!("{} is {style}{word}{style:#}\n", neutral(&verdict.path)));
        for finding in all(verdict) {
            findings::write(ui, finding, verdict.source.as_ref());
        }
    }
    if let Outcome::Set(set) = outcome {
        ui.note(&format!("{} valid, {} invalid", set.valid_count, set.invalid_count));
    }
}

fn as_markdown(outcome: &Outcome) -> String {
    let mut out = String::from("## Contract Validation\n\n");
    for verdict in outcome.contracts() {
        let word = if verdict.valid { "valid" } else { "invalid" };
        let _ = writeln!(out, "### {} is {word}\n", markdown::code(&verdict.path));
        if all(verdict).next().is_none() {
            continue;
        }
        out.push_str("| Severity | Code | Path | Message | Help | Place |\n|---|---|---|---|---|---|\n");
        for finding in all(verdict) {
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            let place = finding
                .location
                .as_ref()
                .map(|place| markdown::code(&format!("{}:{}:{}", place.file, place.line, place.column)));
            let path = if finding.path.is_empty() { String::new() } else { markdown::code(&finding.path) };
            let help = finding.help.as_deref().map(markdown::prose).unwrap_or_default();
            let message = markdown::prose(&finding.message);
            let place = place.unwrap_or_default();
            let _ =
                writeln!(out, "| {severity} | `{}` | {path} | {message} | {help} | {place} |", finding.code);
        }
        out.push('\n');
    }
    out
}

fn annotations(outcome: &Outcome, ui: &mut Ui) {
    for verdict in outcome.contracts() {
        let file = format!("{}/pacto.yaml", verdict.path.trim_end_matches('/'));
        for finding in all(verdict) {
            ui.data(&github::annotation(finding, &file));
        }
    }
}
