//! The seam to the outside: which other contracts an analysis needs, and what came back.
//!
//! An analysis never fetches. It looks contracts up in a [`Library`]; what is not there yet is noted as wanted, and
//! the caller supplies it and asks again. So the order in which answers arrive cannot change a result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pacto_contract::{Bundle, ContractDocument, Reference, ReferenceError};
use thiserror::Error;

/// Where a contract came from; relative references inside it are resolved against this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A directory of this machine.
    Directory(String),
    /// A registry or image layout: repository and version, as in `ghcr.io/acme/cart:1.2.0`.
    Registry(String),
}

/// A contract that an analysis asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// The directory against which a path of this machine is resolved, that of an image layout too; empty for
    /// registries, so that one repository is asked for once.
    pub base: String,
    /// The reference as written.
    pub reference: Reference,
    /// Version constraint, for references that leave the version open.
    pub constraint: Option<String>,
}

/// A contract that came back.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Identity: repository and version, or the directory. Two requests with one identity are one contract.
    pub identity: String,
    /// Where it came from.
    pub origin: Origin,
    /// The contract.
    pub document: Arc<ContractDocument>,
    /// Its files, as far as they were loaded.
    pub bundle: Arc<Bundle>,
}

/// Why a contract did not come back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unresolved {
    /// The reference cannot be read.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A fetched contract names a path of this machine.
    #[error("{reference} is a local path in a contract that came from a registry")]
    LocalInRegistry {
        /// The reference.
        reference: String,
    },
    /// Nothing there.
    #[error("artifact not found: {0}")]
    NotFound(String),
    /// There are versions, none satisfies the constraint.
    #[error("no versions of {reference} match constraint \"{constraint}\": {detail}")]
    NoMatchingVersion {
        /// The repository.
        reference: String,
        /// The constraint.
        constraint: String,
        /// What there is.
        detail: String,
    },
    /// The contract that came back cannot be read.
    #[error("{reference} is not a readable contract: {detail}")]
    Invalid {
        /// The reference.
        reference: String,
        /// The first finding.
        detail: String,
    },
    /// Anything else that stopped it.
    #[error("{0}")]
    Failed(String),
}

/// What is known about a request.
pub type Answer = Result<Arc<Resolved>, Unresolved>;

impl Request {
    /// A request for `reference` as it stands in a contract from `origin`.
    ///
    /// # Errors
    /// [`Unresolved`] when no fetch could ever answer it: unreadable, or a local path in a fetched contract.
    pub fn new(origin: &Origin, reference: &str, constraint: Option<&str>) -> Result<Self, Unresolved> {
        let parsed = Reference::parse(reference)?;
        let base = match (&parsed, origin) {
            (Reference::Local(_) | Reference::Layout(_), Origin::Directory(directory)) => directory.clone(),
            (Reference::Local(_) | Reference::Layout(_), Origin::Registry(_)) => {
                return Err(Unresolved::LocalInRegistry { reference: reference.to_owned() });
            }
            _ => String::new(),
        };
        let constraint = constraint.filter(|_| !is_fixed(&parsed)).map(str::to_owned);
        Ok(Self { base, reference: parsed, constraint })
    }
}

/// Whether a reference stands for one contract, whatever the constraint.
pub(crate) fn is_fixed(reference: &Reference) -> bool {
    match reference {
        Reference::Oci(oci) => oci.is_fixed(),
        Reference::Layout(layout) => layout.tag.is_some() || layout.digest.is_some(),
        Reference::Local(_) => true,
    }
}

/// Answers so far, and what is still wanted.
#[derive(Debug, Default)]
pub struct Library {
    answers: BTreeMap<Request, Answer>,
    wanted: BTreeSet<Request>,
}

impl Library {
    /// The answer, or `None` after noting that it is wanted.
    pub fn look_up(&mut self, request: &Request) -> Option<Answer> {
        if let Some(answer) = self.answers.get(request) {
            return Some(answer.clone());
        }
        self.wanted.insert(request.clone());
        None
    }

    /// What was asked for and not found, in a fixed order; the list is empty afterwards.
    pub fn take_wanted(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.wanted).into_iter().collect()
    }

    /// Whether something was asked for that is not here.
    pub fn is_waiting(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Supplies an answer.
    pub fn supply(&mut self, request: Request, answer: Answer) {
        self.wanted.remove(&request);
        self.answers.insert(request, answer);
    }
}
