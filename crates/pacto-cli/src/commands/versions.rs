//! `pacto versions`.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use clap::Args;
use pacto_app::versions::{self, Options, Outcome, Tag};

use super::cache::short;
use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
use crate::render::diff::class;
use crate::render::markdown::code;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto versions`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(
        value_name = "REF",
        add = crate::values::reference(),
        help = "Repository, such as oci://ghcr.io/acme/cart or oci-layout:///directory"
    )]
    reference: String,
    /// Show the highest N versions only
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<NonZeroUsize>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "versions")?;
    let options =
        Options { reference: arguments.reference.clone(), limit: arguments.limit.map(NonZeroUsize::get) };
    let outcome = versions::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => ui.data(&table(&outcome)),
        _ => ui.data(&lines(&outcome)),
    }
    Ok(FINE)
}

fn lines(outcome: &Outcome) -> String {
    let width =
        outcome.tags.iter().map(|tag| neutral(&tag.tag).chars().count()).max().unwrap_or(0).max("TAG".len());
    let mut text = format!("{:width$}  {:19}  CHANGE\n", "TAG", "DIGEST");
    for tag in &outcome.tags {
        let digest = tag.digest.as_deref().map_or("-", short);
        let change = match tag.classification {
            Some(found) if tag.same_as.is_none() => class(found),
            _ => change(tag).map_or_else(|| "-".to_owned(), |text| neutral(&text)),
        };
        let _ = writeln!(text, "{:width$}  {digest:19}  {change}", neutral(&tag.tag));
    }
    text
}

/// What there is to say instead of a class.
fn change(tag: &Tag) -> Option<String> {
    let twin = tag.same_as.as_ref().map(|twin| format!("same as {twin}"));
    twin.or_else(|| tag.problem.clone())
}

fn table(outcome: &Outcome) -> String {
    let mut text = "| Tag | Digest | Change |\n|---|---|---|\n".to_owned();
    for tag in &outcome.tags {
        let digest = tag.digest.as_deref().map(code).unwrap_or_default();
        let class = tag.classification.map(|found| found.as_str().to_owned());
        let change = change(tag).or(class).map(|text| code(&text)).unwrap_or_default();
        let _ = writeln!(text, "| {} | {digest} | {change} |", code(&tag.tag));
    }
    text
}
