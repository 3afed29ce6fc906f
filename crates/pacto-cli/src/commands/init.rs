//! `pacto init`.
#![expect(
    clippy::doc_markdown,
    reason = "comments of arguments are the help, where backticks would be shown"
)]

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use pacto_app::init::{self, Options, Outcome};

use crate::arguments::{Global, OutputFormat};
use crate::exit::{CommandError, FINE};
use crate::settings::Settings;
use crate::ui::Ui;

/// Arguments of `pacto init`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Name of the service, and of the directory to create
    name: String,
    /// Write only what a contract must have
    #[arg(long)]
    minimal: bool,
    /// Describe the http interface by this OpenAPI file; version, port and health path are taken from it
    #[arg(long, value_name = "FILE", conflicts_with = "minimal")]
    from_openapi: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "init")?;
    let options = Options {
        name: arguments.name.clone(),
        minimal: arguments.minimal,
        from_openapi: arguments.from_openapi.clone(),
    };
    let outcome = init::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        _ => ui.data(&text(&outcome)),
    }
    Ok(FINE)
}

fn text(outcome: &Outcome) -> String {
    let mut out = format!("Created {}/\n", outcome.dir);
    let mut shown: Vec<&str> = Vec::new();
    for file in &outcome.files {
        // Directories stand for what is in them, as in the original.
        let part = file.find('/').and_then(|end| file.get(..=end)).unwrap_or(file);
        if !shown.contains(&part) {
            let _ = writeln!(out, "  {}/{part}", outcome.dir);
            shown.push(part);
        }
    }
    out
}
