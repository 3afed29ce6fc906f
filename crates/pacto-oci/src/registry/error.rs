//! Why a registry has no answer, in the words of the command line.

use std::fmt;

use thiserror::Error;

/// Why a registry has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// 401 or 403 with every credential there is.
    #[error(
        "authentication failed for {reference}: {cause}{tried} — run `pacto login` or check PACTO_REGISTRY_TOKEN"
    )]
    Authentication {
        /// What was asked for.
        reference: String,
        /// What the registry said.
        cause: String,
        /// Where the credentials came from.
        tried: Tried,
    },
    /// 404.
    #[error("artifact not found: {0}")]
    NotFound(String),
    /// No connection, no TLS, no name, a status that says nothing, or an answer that breaks the protocol.
    #[error("registry unreachable for {reference}: {cause}")]
    Unreachable {
        /// What was asked for.
        reference: String,
        /// What happened.
        cause: String,
    },
    /// What came back is no contract.
    #[error("artifact at {reference} is not a valid Pacto bundle: {cause}")]
    InvalidBundle {
        /// What was asked for.
        reference: String,
        /// What is wrong.
        cause: String,
    },
    /// There are versions, none fits.
    #[error("no versions of {reference} match constraint \"{constraint}\": {cause}")]
    NoMatchingVersion {
        /// The repository.
        reference: String,
        /// The constraint.
        constraint: String,
        /// What there is.
        cause: String,
    },
}

impl RegistryError {
    /// The same about what the user asked for, not a part of it.
    #[must_use]
    pub(crate) fn about(mut self, asked: &str) -> Self {
        if let Self::Authentication { reference, .. } | Self::Unreachable { reference, .. } = &mut self {
            asked.clone_into(reference);
        }
        self
    }

    /// [`RegistryError::Unreachable`].
    pub(crate) fn unreachable(reference: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::Unreachable { reference: reference.into(), cause: cause.into() }
    }

    /// [`RegistryError::InvalidBundle`].
    pub(crate) fn invalid(reference: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::InvalidBundle { reference: reference.into(), cause: cause.into() }
    }
}

/// Sources of credentials that were refused, in the order in which they were tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried(pub Vec<String>);

impl fmt::Display for Tried {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(formatter, " (tried: {})", self.0.join(", ")) }
    }
}
