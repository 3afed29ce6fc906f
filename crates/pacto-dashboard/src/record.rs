//! What is kept of a contract: enough for the list and the graph. Everything else is read again when somebody looks.

use std::collections::HashSet;
use std::hash::Hash;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use pacto_contract::model::Owner;
use pacto_contract::{Contract, ContractDocument, LenientVersion, Severity};
use pacto_engine::diff::Classification;
use pacto_engine::validate::Report;
use sha2::{Digest as _, Sha256};

use crate::wire::graph::RefType;

/// Where the files of a contract are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A directory of this machine.
    Directory(Arc<Path>),
    /// A registry, an image layout, or what was fetched from it before.
    Repository {
        /// As in a reference, with its scheme: `oci://ghcr.io/acme/cart` or `oci-layout:///directory`.
        repository: Arc<str>,
        /// Tag.
        tag: Arc<str>,
        /// Digest of the manifest.
        digest: Arc<str>,
    },
}

impl Place {
    /// As users write it, without `oci://`.
    pub fn shown(&self) -> String {
        match self {
            Self::Directory(directory) => directory.display().to_string(),
            Self::Repository { repository, tag, .. } => {
                let repository = repository.strip_prefix("oci://").unwrap_or(repository);
                format!("{repository}:{tag}")
            }
        }
    }
}

/// A service that a contract names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Need {
    /// Name: declared, or the last part of the reference.
    pub name: Arc<str>,
    /// As declared.
    pub reference: Arc<str>,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint; empty for any.
    pub compatibility: Arc<str>,
}

/// A contract whose configuration or policy is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CrossReference {
    /// What is used.
    pub kind: RefType,
    /// Last part of the reference.
    pub name: Arc<str>,
    /// As declared.
    pub reference: Arc<str>,
}

/// The current contract of a service in one source.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractRecord {
    /// `service.name`.
    pub name: Arc<str>,
    /// `service.version`.
    pub version: Arc<str>,
    /// Who answers for it.
    pub owner: Option<Arc<Owner>>,
    /// Where its files are.
    pub place: Place,
    /// Names of its image and chart, where they differ from its own.
    pub aliases: Vec<String>,
    /// Services that it calls.
    pub needs: Arc<[Need]>,
    /// Contracts whose configuration or policy it uses.
    pub references: Arc<[CrossReference]>,
    /// Errors that validation found.
    pub errors: usize,
    /// Warnings that validation found.
    pub warnings: usize,
    /// The first of the errors.
    pub first_error: Option<String>,
    /// Whether a policy that it follows could not be asked yet.
    pub is_judged_in_part: bool,
}

/// One version of a service in one source.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRecord {
    /// Version of the contract, or the tag as long as it was not fetched.
    pub version: Arc<str>,
    /// Where its files are; without them only the tag is known.
    pub place: Option<Place>,
    /// The reference without files.
    pub reference: Arc<str>,
    /// SHA-256 of the contract.
    pub hash: Option<[u8; 32]>,
    /// When it was written, or made as its manifest says.
    pub created: Option<Timestamp>,
    /// What it changed against the next older one.
    pub classification: Option<Classification>,
}

/// A service in one source.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceRecord {
    /// The current contract.
    pub current: Arc<ContractRecord>,
    /// All versions, the highest first.
    pub versions: Vec<VersionRecord>,
}

impl ContractRecord {
    /// What is kept of a contract that was read and judged.
    pub fn new(document: &ContractDocument, place: Place, report: &Report, is_judged_in_part: bool) -> Self {
        let contract = &document.contract;
        let own = &contract.service.name;
        let image = contract.service.image.as_ref().map(|image| last_part(&image.reference));
        let chart = contract.service.chart.as_ref().map(|chart| last_part(&chart.reference));
        let mut errors = report.of(Severity::Error);
        let first_error = errors.next().map(|finding| finding.message.clone());
        Self {
            name: Arc::from(own.as_str()),
            version: Arc::from(contract.service.version.as_str()),
            owner: contract.service.owner.clone().map(Arc::new),
            place,
            aliases: image.into_iter().chain(chart).filter(|alias| alias != own).collect(),
            needs: needs(contract),
            references: references(contract),
            errors: usize::from(first_error.is_some()) + errors.count(),
            warnings: report.of(Severity::Warning).count(),
            first_error,
            is_judged_in_part,
        }
    }

    /// Whether there is no error.
    pub fn is_valid(&self) -> bool {
        self.errors == 0
    }
}

/// What many records have in common, kept once: versions of one service need the same, and many services name one.
#[derive(Debug, Default)]
pub struct Shared {
    texts: HashSet<Arc<str>>,
    owners: HashSet<Arc<Owner>>,
    needs: HashSet<Arc<[Need]>>,
    references: HashSet<Arc<[CrossReference]>>,
}

impl Shared {
    /// The same record, made of what is here already where it can be.
    pub fn share(&mut self, mut record: ContractRecord) -> ContractRecord {
        record.name = one(&mut self.texts, record.name);
        record.version = one(&mut self.texts, record.version);
        record.owner = record.owner.map(|owner| one(&mut self.owners, owner));
        record.needs = match self.needs.get(&record.needs) {
            Some(known) => Arc::clone(known),
            None => {
                let need = |need: &Need| Need {
                    name: one(&mut self.texts, Arc::clone(&need.name)),
                    reference: one(&mut self.texts, Arc::clone(&need.reference)),
                    required: need.required,
                    compatibility: one(&mut self.texts, Arc::clone(&need.compatibility)),
                };
                let needs = record.needs.iter().map(need).collect();
                one(&mut self.needs, needs)
            }
        };
        record.references = match self.references.get(&record.references) {
            Some(known) => Arc::clone(known),
            None => {
                let reference = |reference: &CrossReference| CrossReference {
                    kind: reference.kind,
                    name: one(&mut self.texts, Arc::clone(&reference.name)),
                    reference: one(&mut self.texts, Arc::clone(&reference.reference)),
                };
                let references = record.references.iter().map(reference).collect();
                one(&mut self.references, references)
            }
        };
        record
    }

    /// Forgets what no record has any more.
    pub fn sweep(&mut self) {
        self.needs.retain(|value| Arc::strong_count(value) > 1);
        self.references.retain(|value| Arc::strong_count(value) > 1);
        self.owners.retain(|value| Arc::strong_count(value) > 1);
        self.texts.retain(|value| Arc::strong_count(value) > 1);
    }
}

fn one<T: Eq + Hash + ?Sized>(known: &mut HashSet<Arc<T>>, value: Arc<T>) -> Arc<T> {
    match known.get(&value) {
        Some(known) => Arc::clone(known),
        None => {
            known.insert(Arc::clone(&value));
            value
        }
    }
}

fn needs(contract: &Contract) -> Arc<[Need]> {
    let need = |dependency: &Arc<pacto_contract::model::Dependency>| Need {
        name: Arc::from(dependency.name()),
        reference: Arc::from(dependency.reference.as_str()),
        required: dependency.required,
        compatibility: Arc::from(dependency.compatibility.as_str()),
    };
    contract.dependencies.iter().map(need).collect()
}

fn references(contract: &Contract) -> Arc<[CrossReference]> {
    let configurations = contract.configurations.iter().map(|entry| (RefType::Config, &entry.reference));
    let policies = contract.policies.iter().map(|entry| (RefType::Policy, &entry.reference));
    let named = configurations.chain(policies).filter_map(|(kind, reference)| {
        let reference = reference.as_deref()?;
        Some(CrossReference { kind, name: last_part(reference).into(), reference: reference.into() })
    });
    named.collect()
}

/// The name that a reference suggests: its last part, without tag and digest.
///
/// ```
/// use pacto_dashboard::record::last_part;
/// assert_eq!(last_part("oci://ghcr.io/acme/cart-pacto:1.0.0@sha256:abc"), "cart-pacto");
/// ```
pub fn last_part(reference: &str) -> String {
    let path = reference.split('@').next().unwrap_or(reference).trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split(':').next().unwrap_or(last).to_owned()
}

/// SHA-256 of the text of a contract.
pub fn contract_hash(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// In hexadecimal digits.
pub fn hexadecimal(hash: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(hash.len() * 2);
    for byte in hash {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The order of a history: the highest version first, what is no version last, by text.
pub fn newest_first(left: &str, right: &str) -> std::cmp::Ordering {
    match (LenientVersion::parse_tag(left), LenientVersion::parse_tag(right)) {
        (Ok(left), Ok(right)) => pacto_contract::version::tag_preference_cmp(&right, &left),
        (Ok(_), Err(_)) => std::cmp::Ordering::Less,
        (Err(_), Ok(_)) => std::cmp::Ordering::Greater,
        (Err(_), Err(_)) => right.cmp(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_begins_with_the_highest() {
        let mut versions = ["1.0.0-rc.1", "nightly", "1.0.0", "1.10.0", "1.9.0", "latest"];
        versions.sort_by(|left, right| newest_first(left, right));
        assert_eq!(versions, ["1.10.0", "1.9.0", "1.0.0", "1.0.0-rc.1", "nightly", "latest"]);
    }

    #[test]
    fn a_place_is_shown_as_people_write_it() {
        let place = Place::Repository {
            repository: "oci://r.example/acme/cart".into(),
            tag: "1.0.0".into(),
            digest: "sha256:0".into(),
        };
        assert_eq!(place.shown(), "r.example/acme/cart:1.0.0");
    }
}
