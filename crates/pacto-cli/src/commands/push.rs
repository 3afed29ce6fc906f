//! `pacto push`.

use clap::Args;
use pacto_app::push::{self, Options, Outcome, Status};

use super::diff;
use crate::arguments::{Global, OutputFormat, read_overrides};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::findings;
use crate::render::markdown::code;
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto push`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(
        value_name = "REF",
        help = "Where to push: oci://registry/repository or oci-layout:///directory; the version is the tag without one"
    )]
    reference: String,
    /// Directory of the bundle
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    path: String,
    /// Replace what has the tag
    #[arg(short, long)]
    force: bool,
    /// Do everything but the writing
    #[arg(long)]
    dry_run: bool,
    /// Push nothing and exit with 1 when the version breaks more than its number says
    #[arg(long)]
    deny_under_bump: bool,
    /// Decisions about rules and findings: a file, or a directory or reference of a contract that holds diff-rules.yaml
    #[arg(long, value_name = "FILE|BUNDLE")]
    rules: Option<String>,
    /// Value to set in the contract, such as service.version=1.2.0; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// As --set, and the value is always text
    #[arg(long, value_name = "PATH=TEXT")]
    set_string: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "push")?;
    let options = Options {
        reference: arguments.reference.clone(),
        directory: arguments.path.clone(),
        force: arguments.force,
        dry_run: arguments.dry_run,
        deny_under_bump: arguments.deny_under_bump,
        rules: diff::rules(&settings, arguments.rules.as_deref())?,
        overrides: read_overrides(&[], &arguments.set, &arguments.set_string)?,
    };
    let outcome = push::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        format => text(&outcome, format == OutputFormat::Markdown, ui),
    }
    Ok(if outcome.status == Status::UnderBumped { ANSWER } else { FINE })
}

fn text(outcome: &Outcome, is_markdown: bool, ui: &mut Ui) {
    let identity = format!("{}@{}", outcome.name, outcome.version);
    for warning in outcome.warnings.iter().filter(|_| !is_markdown) {
        findings::write(ui, warning, None);
    }
    if let Some(version) = &outcome.tag_of {
        ui.note(&format!("Warning: a tag has no `+`; version {} has the tag with `_`", neutral(version)));
    }
    for note in &outcome.notes {
        ui.note(&format!("Warning: {}", neutral(note)));
    }
    let reference = &outcome.reference;
    if let Some(under) = &outcome.under_bump {
        let (version, previous) = (neutral(&outcome.version), neutral(&under.previous));
        let changes = if under.breaking == 1 { "1 change" } else { &format!("{} changes", under.breaking) };
        let message = format!("{version} breaks {previous} ({changes}) and should be {}", under.wanted);
        if outcome.status == Status::UnderBumped {
            return ui.error(&format!("{message}; nothing was pushed"));
        }
        ui.note(&format!("Warning: {message}"));
    }
    let verb = match outcome.status {
        Status::Pushed => "Pushed",
        Status::WouldPush => "Would push",
        Status::UnderBumped => return,
        Status::Identical => {
            let reference = neutral(reference);
            return ui.note(&format!("Warning: artifact already exists: {reference} (identical content)"));
        }
        Status::Differs => {
            let reference = neutral(reference);
            return ui.note(&format!(
                "Warning: artifact already exists: {reference} (different content; use --force to overwrite)"
            ));
        }
    };
    if is_markdown {
        let (identity, reference, digest) = (code(&identity), code(reference), code(&outcome.digest));
        ui.data(&format!("{verb} {identity} to {reference}\n\n- Digest: {digest}\n"));
    } else {
        ui.data(&format!("{verb} {} -> {}\n", neutral(&identity), neutral(reference)));
        ui.data(&format!("Digest: {}\n", outcome.digest));
    }
}
