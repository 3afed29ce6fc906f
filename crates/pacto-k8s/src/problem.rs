//! Why a cluster did not answer, in words for people.

use std::error::Error;
use std::fmt;

use serde::Serialize;

/// Longest message, in characters: an API server may send pages of HTML.
const MAX_MESSAGE_CHARS: usize = 500;

/// What kind of trouble it is; decides what may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ProblemKind {
    /// Nobody answers: down, unreachable, too slow, or somebody else's certificate.
    NotAnswering,
    /// The server knows who we are, or not, and does not let us.
    Denied,
    /// The server answers, and does not know the resource.
    NotServed,
    /// The server answers with an error.
    Failing,
}

/// A failed exchange with a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of trouble it is.
    pub kind: ProblemKind,
    /// One line: `the API server does not answer: connection refused`.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for Problem {}

impl Problem {
    /// Nothing came within the time that was given.
    pub(crate) fn timed_out(what: &str, limit: std::time::Duration) -> Self {
        Self {
            kind: ProblemKind::NotAnswering,
            message: format!(
                "the API server does not answer: {what} took longer than {} s",
                limit.as_secs_f32()
            ),
        }
    }

    pub(crate) fn status(status: &kube::core::Status) -> Self {
        let kind = match status.code {
            401 | 403 => ProblemKind::Denied,
            404 => ProblemKind::NotServed,
            _ => ProblemKind::Failing,
        };
        let said = if status.message.is_empty() { &status.reason } else { &status.message };
        Self { kind, message: one_line(&format!("the API server says {}: {said}", status.code)) }
    }
}

impl From<&kube::Error> for Problem {
    fn from(error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::status(status),
            kube::Error::Auth(_) => Self {
                kind: ProblemKind::Denied,
                message: one_line(&format!("credentials: {}", root(error))),
            },
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => Self {
                kind: ProblemKind::Failing,
                message: one_line(&format!("the answer of the API server cannot be read: {}", root(error))),
            },
            _ => Self {
                kind: ProblemKind::NotAnswering,
                message: one_line(&format!("the API server does not answer: {}", root(error))),
            },
        }
    }
}

/// The innermost cause: the layers above it name layers.
fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a dyn Error {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

/// Without line breaks and control characters, and cut.
fn one_line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
