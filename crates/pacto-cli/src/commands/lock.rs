//! `pacto lock`.

use clap::Args;
use pacto_app::lock::{self, Options, Outcome, Status, Update};

use crate::arguments::{Global, OutputFormat};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::findings;
use crate::render::markdown::code;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto lock`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory of the contract
    #[arg(value_name = "DIR", default_value = ".")]
    directory: String,
    /// Compare with the registries and write nothing; exit with 1 when the lock is not as it should be
    #[arg(long, conflicts_with_all = ["update", "update_name"])]
    check: bool,
    /// Resolve everything anew, or what is called NAME; without it what is locked stays as it is
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    update: Option<String>,
    /// As --update NAME
    #[arg(long, value_name = "NAME", hide = true, conflicts_with = "update")]
    update_name: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "lock")?;
    let update = arguments.update.as_ref().or(arguments.update_name.as_ref());
    let options = Options {
        directory: arguments.directory.clone(),
        check: arguments.check,
        writer: super::version::VERSION.to_owned(),
        update: match update.map(String::as_str) {
            None => Update::New,
            Some("") => Update::All,
            Some(name) => Update::Name(name.to_owned()),
        },
    };
    let outcome = lock::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        format => text(&outcome, format == OutputFormat::Markdown, ui),
    }
    Ok(if matches!(outcome.status, Status::UpToDate | Status::Written) { FINE } else { ANSWER })
}

fn text(outcome: &Outcome, is_markdown: bool, ui: &mut Ui) {
    let path = if is_markdown { code(&outcome.path) } else { neutral(&outcome.path) };
    let count =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let amounts = format!(
        "({}, {})",
        count(outcome.dependencies, "dependency", "dependencies"),
        count(outcome.references, "reference", "references")
    );
    match outcome.status {
        Status::UpToDate => ui.data(&format!("{path} is up to date {amounts}\n")),
        Status::Written => ui.data(&format!("wrote {path} {amounts}\n")),
        Status::Outdated => ui.data(&format!("{path} is not up to date\n")),
        Status::Failed => {}
    }
    for finding in &outcome.findings {
        findings::write(ui, finding, None);
    }
    if outcome.status == Status::Failed {
        ui.error(&format!("nothing was written to {}", outcome.path));
    }
}
