//! Flags that every command has.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use fs_err as fs;
use pacto_contract::overrides::Overrides;

use crate::commands::Command;
use crate::exit::CommandError;

/// Contracts for cloud-native services: author, validate, compare and package them
///
/// A contract (`pacto.yaml`) says what a service exposes, needs and promises at run time.
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
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Config file [default: ~/.config/pacto/config.yaml, then pacto.yaml beside it]
    #[arg(long, global = true, value_name = "PATH", env = "PACTO_CONFIG", help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Form of the output
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "PACTO_OUTPUT_FORMAT",
        help_heading = "Global options"
    )]
    pub output_format: Option<OutputFormat>,
    /// Do not read from the bundle cache
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_cache: bool,
    /// Threads for work on many contracts [default: number of processors]
    #[arg(long, global = true, value_name = "N", env = "PACTO_JOBS", help_heading = "Global options")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Say on stderr what is done
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
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
    /// SARIF 2.1.0, `validate` only.
    Sarif,
    /// `JUnit` XML, `validate` only.
    Junit,
    /// GitHub workflow commands, `validate` only.
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
        let shown = file.display();
        let metadata = fs::metadata(file).map_err(|error| CommandError::Environment(error.to_string()))?;
        if !metadata.is_file() {
            return Err(CommandError::Usage(format!("values file {shown} is not a regular file")));
        }
        let limit = pacto_contract::limits::MAX_CONTRACT_BYTES as u64;
        if metadata.len() > limit {
            return Err(CommandError::Usage(format!("values file {shown} is larger than {limit} bytes")));
        }
        let content = fs::read(file).map_err(|error| CommandError::Environment(error.to_string()))?;
        let text = pacto_contract::yaml::decode_utf8(&content)
            .map_err(|error| CommandError::Usage(format!("{shown}: {error}")))?;
        overrides.add_values(&shown.to_string(), text).map_err(pacto_app::AppError::from)?;
    }
    for set in sets {
        overrides.add_set(set).map_err(pacto_app::AppError::from)?;
    }
    for text in texts {
        overrides.add_set_string(text).map_err(pacto_app::AppError::from)?;
    }
    Ok(overrides)
}
