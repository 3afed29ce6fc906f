//! Flags that every command has.
#![expect(clippy::doc_markdown, reason = "these comments are the help, where backticks would be shown")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, ValueEnum};
use pacto_app::AppError;
use pacto_app::notices::Notices;
use pacto_contract::overrides::{OverrideError, Overrides};
use pacto_contract::yaml::{LoadErrorKind, decode_utf8};
use pacto_contract::{Source, limits};

use crate::commands::Command;
use crate::exit::CommandError;

/// Contracts for cloud-native services: author, validate, compare and package them
///
/// A contract (pacto.yaml) says what a service exposes, needs and promises at run time.
/// Exit codes: 0 fine, 1 the answer is no, 2 called the wrong way, 3 could not run.
#[derive(Debug, Parser)]
#[command(name = "pacto", disable_version_flag = true, max_term_width = 100)]
pub struct Arguments {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command, before or after its name.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// Config file [default: ~/.config/pacto/config.yaml, then pacto.yaml beside it] [env: PACTO_CONFIG]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Form of the output [env: PACTO_OUTPUT_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = "Global options")]
    pub output_format: Option<OutputFormat>,
    /// Do not read from the bundle cache [env: PACTO_NO_CACHE]
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_cache: bool,
    /// Threads for work on many contracts [default: number of processors] [env: PACTO_JOBS]
    #[arg(long, global = true, value_name = "N", value_parser = parse_jobs, help_heading = "Global options")]
    pub jobs: Option<NonZeroUsize>,
    /// Say on stderr what is done [env: PACTO_VERBOSE]
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
    /// What is said after the answer.
    #[arg(skip)]
    pub notices: Notices,
}

pub(crate) fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("{text:?} is no number above 0"))
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// One JSON document with a published schema.
    Json,
    /// For comments and pages.
    Markdown,
    /// SARIF 2.1.0, validate and diff only.
    Sarif,
    /// JUnit XML, validate and diff only.
    Junit,
    /// GitHub workflow commands, validate, diff and verify only.
    Github,
}

/// Changes to a contract before it is read.
#[derive(Debug, Clone, Default, Args)]
pub struct OverrideFlags {
    /// File with values to merge into the contract; may be repeated, later files win
    #[arg(short = 'f', long, value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// Value to set in the contract, such as scaling.min=2; may be repeated, applied after files
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// As --set, and the value is always text
    #[arg(long, value_name = "PATH=TEXT")]
    pub set_string: Vec<String>,
}

impl OverrideFlags {
    /// Reads the files and the assignments.
    ///
    /// # Errors
    /// A usage error that names the file or the assignment.
    pub fn read(&self) -> Result<Overrides, CommandError> {
        read_overrides(&self.values, &self.set, &self.set_string)
    }
}

/// Reads values files and assignments, in that order.
///
/// # Errors
/// A usage error that names the file or the assignment.
pub fn read_overrides(
    files: &[PathBuf],
    sets: &[String],
    texts: &[String],
) -> Result<Overrides, CommandError> {
    let mut overrides = Overrides::default();
    for file in files {
        add_values(&mut overrides, file)?;
    }
    for set in sets {
        overrides.add_set(set).map_err(AppError::from)?;
    }
    for text in texts {
        overrides.add_set_string(text).map_err(AppError::from)?;
    }
    Ok(overrides)
}

/// A file without content changes nothing.
fn add_values(overrides: &mut Overrides, file: &Path) -> Result<(), CommandError> {
    let shown = file.display().to_string();
    let unreadable =
        |error: std::io::Error| CommandError::Environment(format!("values file {shown}: {error}"));
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(CommandError::Usage(format!("values file {shown} is not a regular file")));
    }
    let limit = limits::MAX_CONTRACT_BYTES;
    if metadata.len() > limit as u64 {
        return Err(CommandError::Usage(format!("values file {shown} is larger than {limit} bytes")));
    }
    let content = std::fs::read(file).map_err(unreadable)?;
    let text = decode_utf8(&content).map_err(|error| CommandError::Usage(format!("{shown}: {error}")))?;
    match overrides.add_values(&shown, text) {
        Err(OverrideError::Values { error, .. }) if error.kind == LoadErrorKind::Empty => Ok(()),
        Err(OverrideError::Values { error, .. }) => {
            let place = Source::new(shown.as_str(), text).locate(error.span);
            let message = format!("{}:{}:{}: {error}", place.file, place.line, place.column);
            Err(CommandError::Usage(message))
        }
        other => Ok(other.map_err(AppError::from)?),
    }
}
