//! Why a command has no answer.

use std::path::PathBuf;

use pacto_contract::overrides::OverrideError;
use pacto_contract::{Diagnostic, ParseFailure, Source};
use pacto_engine::library::Unresolved;
use pacto_oci::credential::CredentialFileError;
use pacto_oci::directory::DirectoryError;
use pacto_oci::registry::RegistryError;
use thiserror::Error;

use crate::plugin::PluginError;

/// A command that could not give an outcome.
#[derive(Debug, Error)]
pub enum AppError {
    /// The command was called in a way that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// An override does not fit.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// A directory is not there or not readable.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A reference could not be resolved.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// The contract cannot be read, or is not well formed after overrides. The findings say why.
    #[error("{path} is not a readable contract")]
    Contract {
        /// The contract as the user named it.
        path: String,
        /// What is wrong, and the text it is about.
        failure: Box<ParseFailure>,
    },
    /// The contract is not valid, and the command needs a valid one.
    #[error("contract validation failed with {} error(s)", .findings.len())]
    Invalid {
        /// The contract as the user named it.
        path: String,
        /// The errors.
        findings: Vec<Diagnostic>,
        /// The text they are about.
        text: Source,
    },
    /// A registry has no answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A registry does not accept a password.
    #[error("login failed for {registry}: {cause}; nothing was stored")]
    Login {
        /// Host and port.
        registry: String,
        /// What the registry said.
        cause: String,
    },
    /// The file of `pacto login`.
    #[error(transparent)]
    Credentials(#[from] CredentialFileError),
    /// Something is there already and would be overwritten.
    #[error("{0}")]
    Exists(String),
    /// Manifests are no manifests, or too many: file, line, and what is wrong.
    #[error("{0}")]
    Manifest(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The program was not replaced.
    #[error(transparent)]
    Update(#[from] crate::update::UpdateError),
    /// A plugin gave no files.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// `old contract: …` and `new contract: …` of a comparison.
    #[error("{side} contract: {source}")]
    Side {
        /// `old` or `new`.
        side: &'static str,
        /// What went wrong with it.
        source: Box<AppError>,
    },
}

/// What an error means to the caller; the exit code follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The answer is no: exit code 1.
    Answer,
    /// Called the wrong way: exit code 2.
    Usage,
    /// Could not run: exit code 3.
    Environment,
}

/// An argument as part of a message: its start, where it is long.
pub fn shown(argument: &str) -> String {
    const SHOWN: usize = 120;
    let start: String = argument.chars().take(SHOWN).collect();
    if start.len() < argument.len() { format!("{start}…") } else { start }
}

impl AppError {
    /// What the error means to the caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Usage(_) | Self::Override(_) | Self::Plugin(PluginError::Name(_)) => ErrorKind::Usage,
            Self::Contract { .. } | Self::Invalid { .. } => ErrorKind::Answer,
            Self::Directory(_)
            | Self::Unresolved(_)
            | Self::Registry(_)
            | Self::Login { .. }
            | Self::Credentials(_)
            | Self::Exists(_)
            | Self::Manifest(_)
            | Self::Plugin(_)
            | Self::Update(_)
            | Self::File { .. } => ErrorKind::Environment,
            Self::Side { source, .. } => source.kind(),
        }
    }

    /// The findings behind it, if there are any.
    pub fn findings(&self) -> &[Diagnostic] {
        match self {
            Self::Contract { failure, .. } => &failure.findings,
            Self::Invalid { findings, .. } => findings,
            Self::Side { source, .. } => source.findings(),
            _ => &[],
        }
    }

    /// The text that the findings are about.
    pub fn source_text(&self) -> Option<&Source> {
        match self {
            Self::Contract { failure, .. } => Some(&failure.source),
            Self::Invalid { text, .. } => Some(text),
            Self::Side { source, .. } => source.source_text(),
            _ => None,
        }
    }
}
