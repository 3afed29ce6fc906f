//! From errors to exit codes, in one place.

use pacto_app::{AppError, ErrorKind};
use pacto_contract::Severity;
use thiserror::Error;

use crate::render::findings;
use crate::ui::Ui;

/// Fine.
pub const FINE: u8 = 0;
/// The answer is no.
pub const ANSWER: u8 = 1;
/// Called the wrong way.
pub const USAGE: u8 = 2;
/// Could not run.
pub const ENVIRONMENT: u8 = 3;

/// Why a command ends without an outcome.
#[derive(Debug, Error)]
pub enum CommandError {
    /// From the use case.
    #[error(transparent)]
    App(#[from] AppError),
    /// Called the wrong way.
    #[error("{0}")]
    Usage(String),
    /// Could not run.
    #[error("{0}")]
    Environment(String),
}

impl CommandError {
    fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Environment(_) => ENVIRONMENT,
            Self::App(error) => match error.kind() {
                ErrorKind::Answer => ANSWER,
                ErrorKind::Usage => USAGE,
                ErrorKind::Environment => ENVIRONMENT,
            },
        }
    }
}

/// Says on stderr what went wrong, with the findings behind it, and gives the exit code.
pub(crate) fn report(error: &CommandError, ui: &mut Ui) -> u8 {
    if let CommandError::App(app) = error {
        for finding in app.findings().iter().filter(|finding| finding.severity == Severity::Error) {
            findings::write(ui, finding, app.source_text());
        }
    }
    ui.error(&error.to_string());
    error.code()
}
