//! `pacto diff`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pacto_app::AppError;
use pacto_app::diff::{self, Options};
use pacto_contract::overrides::Overrides;
use pacto_engine::diff::{Classification, Perspective, ProtoLevel, Rulebook, rules as table};

use crate::arguments::{Global, OutputFormat, read_overrides};
use crate::exit::{ANSWER, CommandError, FINE};
use crate::render::markdown::code;
use crate::render::{diff as render, findings};
use crate::settings::Settings;
use crate::ui::Ui;

/// Arguments of `pacto diff`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Old version: directory or reference
    #[arg(add = crate::values::contract(), required_unless_present = "explain")]
    old: Option<String>,
    /// New version: directory or reference
    #[arg(add = crate::values::contract(), required_unless_present = "explain")]
    new: Option<String>,
    /// Say what a rule means, and compare nothing
    #[arg(long, value_name = "RULE_ID", conflicts_with_all = ["old", "new"])]
    explain: Option<String>,
    /// Least class that makes the exit code 1
    #[arg(long, value_name = "CLASS", default_value = "breaking")]
    fail_on: FailOn,
    /// Say the lowest version that the changes may be published as
    #[arg(long)]
    suggest_version: bool,
    /// What has to stay as it was in .proto files
    #[arg(long, value_name = "LEVEL", default_value = "wire-json")]
    proto_level: Level,
    /// From whose view event documents of version 2 are written: what publish means
    #[arg(long, value_name = "VIEW", default_value = "service")]
    asyncapi2_perspective: View,
    /// Decisions about rules and findings: a file, or a directory or reference of a contract that holds diff-rules.yaml
    #[arg(long, value_name = "FILE|BUNDLE")]
    rules: Option<String>,
    /// Show the findings behind each change
    #[arg(long)]
    details: bool,
    /// File with values to merge into the old version; may be repeated
    #[arg(long, value_name = "FILE")]
    old_values: Vec<PathBuf>,
    /// Value to set in the old version; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    old_set: Vec<String>,
    /// File with values to merge into the new version; may be repeated
    #[arg(long, value_name = "FILE")]
    new_values: Vec<PathBuf>,
    /// Value to set in the new version; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    new_set: Vec<String>,
}

/// Least class that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Potentially breaking or breaking.
    Potential,
    /// Breaking.
    Breaking,
    /// Nothing.
    None,
}

impl FailOn {
    /// The class, where there is one.
    fn least(self) -> Option<Classification> {
        match self {
            Self::Potential => Some(Classification::PotentialBreaking),
            Self::Breaking => Some(Classification::Breaking),
            Self::None => None,
        }
    }
}

/// What has to stay as it was in `.proto` files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Generated code, with each declaration in its file.
    File,
    /// Generated code; declarations may move between files of a package.
    Package,
    /// Messages, as bytes and as JSON.
    WireJson,
    /// Messages, as bytes.
    Wire,
}

/// From whose view `AsyncAPI` 2 documents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// publish is what the service sends
    Service,
    /// publish is what clients send to the service
    Client,
}

impl From<Level> for ProtoLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::File => Self::File,
            Level::Package => Self::Package,
            Level::WireJson => Self::WireJson,
            Level::Wire => Self::Wire,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read(global)?;
    if let Some(id) = &arguments.explain {
        return explain(id, settings.format, ui);
    }
    let options = Options {
        old: arguments.old.clone().unwrap_or_default(),
        new: arguments.new.clone().unwrap_or_default(),
        old_overrides: side_overrides("old", &arguments.old_values, &arguments.old_set)?,
        new_overrides: side_overrides("new", &arguments.new_values, &arguments.new_set)?,
        suggest_version: arguments.suggest_version,
        comparison: pacto_engine::diff::Options {
            proto_level: arguments.proto_level.into(),
            today: None,
            asyncapi2: match arguments.asyncapi2_perspective {
                View::Service => Perspective::Service,
                View::Client => Perspective::Client,
            },
        },
        rules: rules(&settings, arguments.rules.as_deref())?,
    };
    let outcome = diff::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => ui.data(&render::markdown(&outcome, arguments.details)),
        OutputFormat::Sarif => ui.json(&render::sarif(&outcome, super::version::VERSION)),
        OutputFormat::Junit => ui.data(&render::junit(&outcome, arguments.fail_on.least())),
        OutputFormat::Github => ui.data(&render::github(&outcome)),
        OutputFormat::Text => {
            ui.data(&render::text(&outcome, arguments.details));
            if let Some(version) = &outcome.suggested_version {
                ui.data(&format!("\nLowest version for these changes: {version}\n"));
            }
            for finding in render::diagnostics(&outcome) {
                findings::write(ui, finding, None);
            }
        }
    }
    let Some(least) = arguments.fail_on.least() else { return Ok(FINE) };
    if outcome.classification < least {
        return Ok(FINE);
    }
    if settings.format == OutputFormat::Text {
        ui.error(match outcome.classification {
            Classification::Breaking => "breaking changes detected",
            _ => "potentially breaking changes detected",
        });
    }
    Ok(ANSWER)
}

/// What a team decided, where somebody names it.
pub(super) fn rules(settings: &Settings, argument: Option<&str>) -> Result<Option<Rulebook>, CommandError> {
    Ok(argument.map(|argument| diff::rulebook(&settings.context, argument)).transpose()?)
}

/// Says what a rule means.
fn explain(id: &str, format: OutputFormat, ui: &mut Ui) -> Result<u8, CommandError> {
    let rules = table::all();
    let Some(rule) = rules.get(id) else {
        let near = table::nearest(id).unwrap_or_default();
        return Err(CommandError::Usage(format!(
            "no rule is called '{id}'; the nearest is '{near}', and docs/reference/rules.md lists all"
        )));
    };
    if format == OutputFormat::Json {
        ui.json(rule);
        return Ok(FINE);
    }
    let mut lines =
        vec![("where", rule.place.clone()), ("says", rule.meaning.clone()), ("why", rule.why.clone())];
    lines.extend(rule.hint.clone().map(|hint| ("do", hint)));
    let mut out = if format == OutputFormat::Markdown {
        format!("## {}\n\n**{}**\n\n", code(&rule.rule_id), rule.classification.as_str())
    } else {
        format!("{} [{}]\n", rule.rule_id, render::class(rule.classification))
    };
    for (name, text) in lines {
        let _ = match format {
            OutputFormat::Markdown => writeln!(out, "- {name}: {text}"),
            _ => writeln!(out, "  {name:<6} {text}"),
        };
    }
    ui.data(&out);
    Ok(FINE)
}

fn side_overrides(side: &'static str, files: &[PathBuf], sets: &[String]) -> Result<Overrides, CommandError> {
    read_overrides(files, sets, &[]).map_err(|error| match error {
        CommandError::App(error) => AppError::Side { side, source: Box::new(error) }.into(),
        other => other,
    })
}
