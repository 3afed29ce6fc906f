//! `pacto cache`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use pacto_app::cache::{self, Outcome};

use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
use crate::render::markdown::code;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto cache`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what was fetched before
    List,
    /// Remove it
    Clean(Clean),
}

/// Arguments of `pacto cache clean`.
#[derive(Debug, Args)]
struct Clean {
    #[arg(
        value_name = "REF",
        add = crate::values::reference(),
        help = "Registries, repositories or versions, such as ghcr.io/acme; everything without one"
    )]
    references: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "cache")?;
    let is_markdown = settings.format == OutputFormat::Markdown;
    let outcome = match &arguments.action {
        Action::List => cache::list(&settings.context)?,
        Action::Clean(clean) => cache::clean(&settings.context, &clean.references)?,
    };
    match (settings.format, &arguments.action) {
        (OutputFormat::Json, _) => ui.json(&outcome),
        (_, Action::List) => ui.data(&if is_markdown { table(&outcome) } else { lines(&outcome) }),
        (_, Action::Clean(_)) => {
            ui.data(&format!("Removed {} ({})\n", contracts(&outcome), bytes(outcome.size)));
        }
    }
    Ok(FINE)
}

fn contracts(outcome: &Outcome) -> String {
    match outcome.entries.len() {
        1 => "1 contract".to_owned(),
        count => format!("{count} contracts"),
    }
}

fn lines(outcome: &Outcome) -> String {
    let width =
        outcome.entries.iter().map(|entry| neutral(&entry.reference).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for entry in &outcome.entries {
        let digest = entry.digest.as_deref().map_or("-", short);
        let reference = neutral(&entry.reference);
        let _ = writeln!(text, "{reference:width$}  {digest:19}  {}", bytes(entry.size));
    }
    text + &format!("{} in {} ({})\n", contracts(outcome), neutral(&outcome.directory), bytes(outcome.size))
}

fn table(outcome: &Outcome) -> String {
    let mut text = "| Contract | Digest | Size |\n|---|---|---|\n".to_owned();
    for entry in &outcome.entries {
        let digest = entry.digest.as_deref().map(code).unwrap_or_default();
        let _ = writeln!(text, "| {} | {digest} | {} |", code(&entry.reference), bytes(entry.size));
    }
    text
}

/// The first digits of a digest, enough for people.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(.."sha256:".len() + 12).unwrap_or(digest)
}

fn bytes(size: u64) -> String {
    if size < 1024 {
        return format!("{size} B");
    }
    indicatif::HumanBytes(size).to_string()
}
