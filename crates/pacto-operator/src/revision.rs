//! Versions of a contract as resources: their names, labels and content, and how many are kept.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource as _;
use pacto_contract::LenientVersion;
use pacto_k8s::pacto::Pacto;
use pacto_k8s::revision::{PACTO_LABEL, PactoRevision, PactoRevisionSpec, RevisionSource, VERSION_LABEL};
use sha2::{Digest as _, Sha256};

use crate::contract::Judged;
use crate::subject::Subject;

/// Longest name of a resource.
const MAX_NAME: usize = 253;
/// Longest value of a label.
const MAX_LABEL: usize = 63;
/// Digits of the hash in a name.
const HASH_DIGITS: usize = 7;
/// The version of a contract that has none.
const UNKNOWN: &str = "unknown";

/// Name of the revision of a contract: Pacto, version and the beginning of the hash.
///
/// Whatever the version is, the name is legal; where something had to be replaced or cut, the hash keeps it apart.
///
/// ```
/// assert_eq!(pacto_operator::revision::name("cart", "1.2.0", &[0xab; 32]), "cart-1-2-0-abababa");
/// assert_eq!(pacto_operator::revision::name("cart", "1.2.0+B_4", &[0xab; 32]), "cart-1-2-0-b-4-abababa");
/// ```
pub fn name(pacto: &str, version: &str, hash: &[u8; 32]) -> String {
    let legal = |letter: char| match letter.to_ascii_lowercase() {
        letter if letter.is_ascii_lowercase() || letter.is_ascii_digit() => letter,
        _ => '-',
    };
    let version: String = version_or_unknown(version).chars().map(legal).collect();
    let hash = hexadecimal(hash);
    let hash = hash.get(..HASH_DIGITS).unwrap_or_default();
    let start = format!("{pacto}-{version}");
    let start = start.get(..start.len().min(MAX_NAME - HASH_DIGITS - 1)).unwrap_or_default();
    format!("{}-{hash}", start.trim_end_matches(['-', '.']))
}

/// Value of the label with the name of a Pacto; a longer name is cut, and told apart by its hash.
pub fn pacto_label(pacto: &str) -> String {
    if pacto.len() <= MAX_LABEL {
        return pacto.to_owned();
    }
    let hash = hexadecimal(&Sha256::digest(pacto.as_bytes()).into());
    let hash = hash.get(..8).unwrap_or_default();
    let start = pacto.get(..MAX_LABEL - hash.len() - 1).unwrap_or_default();
    format!("{}-{hash}", start.trim_end_matches(['-', '.']))
}

/// Value of the label with a version: what no label may hold is replaced.
fn version_label(version: &str) -> String {
    let legal =
        |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' };
    let label: String = version_or_unknown(version).chars().map(legal).take(MAX_LABEL).collect();
    let label = label.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    if label.is_empty() { UNKNOWN.to_owned() } else { label.to_owned() }
}

fn version_or_unknown(version: &str) -> &str {
    if version.is_empty() { UNKNOWN } else { version }
}

/// The revision of a contract.
pub fn revision(subject: &Subject, judged: &Judged, service: &str, version: &str) -> PactoRevision {
    let key = subject.key();
    let spec = PactoRevisionSpec {
        version: version_or_unknown(version).to_owned(),
        source: RevisionSource {
            oci: judged.reference.clone(),
            inline: judged.reference.is_none().then_some(true),
            digest: judged.digest.clone(),
        },
        pacto_ref: key.name.clone(),
        service_name: (!service.is_empty()).then(|| service.to_owned()),
    };
    let mut revision = PactoRevision::new(&name(&key.name, version, &judged.hash), spec);
    revision.metadata = ObjectMeta {
        name: revision.metadata.name,
        namespace: Some(key.namespace),
        labels: Some(
            [
                (PACTO_LABEL.to_owned(), pacto_label(&key.name)),
                (VERSION_LABEL.to_owned(), version_label(version)),
            ]
            .into(),
        ),
        owner_references: Some(vec![OwnerReference {
            api_version: Pacto::api_version(&()).into_owned(),
            kind: Pacto::kind(&()).into_owned(),
            name: key.name,
            uid: subject.uid().to_owned(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }]),
        ..ObjectMeta::default()
    };
    revision
}

/// A revision that is there, as far as keeping it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Version of its contract.
    pub version: String,
    /// When it was made, as the API server writes it.
    pub created: String,
    /// Where it was.
    pub oci: Option<String>,
    /// Digest of its manifest.
    pub digest: Option<String>,
}

/// Names of those that are too many beside the current one: the lowest versions, of one version the oldest.
pub fn surplus(known: &[Known], current: Option<&str>, limit: usize) -> Vec<String> {
    let version = |revision: &Known| LenientVersion::parse(&revision.version).ok();
    let mut order: Vec<&Known> = known.iter().filter(|known| current != Some(known.name.as_str())).collect();
    order.sort_by(|left, right| {
        let by_version = match (version(left), version(right)) {
            (Some(left), Some(right)) => right.precedence_cmp(&left),
            (left, right) => right.is_some().cmp(&left.is_some()),
        };
        by_version.then_with(|| right.created.cmp(&left.created)).then_with(|| left.name.cmp(&right.name))
    });
    order.get(limit..).unwrap_or_default().iter().map(|revision| revision.name.clone()).collect()
}

/// In lowercase hexadecimal digits.
pub fn hexadecimal(hash: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in hash {
        // Memory takes everything.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(name: &str, version: &str, created: &str) -> Known {
        let (name, version, created) = (name.to_owned(), version.to_owned(), created.to_owned());
        Known { name, version, created, oci: None, digest: None }
    }

    #[test]
    fn the_highest_and_the_current_one_stay() {
        let all = [
            known("a", "1.0.0", "1"),
            known("b", "1.10.0", "2"),
            known("c", "1.9.0", "3"),
            known("d", "x", "4"),
        ];
        assert_eq!(surplus(&all, Some("a"), 1), ["c", "d"]);
        assert_eq!(surplus(&all, None, 3), ["d"]);
        assert_eq!(surplus(&all, Some("b"), 0), ["c", "a", "d"]);
        assert!(surplus(&all, None, 4).is_empty());
    }

    proptest! {
        #[test]
        fn every_version_gives_a_legal_name_and_label(
            version in ".{0,300}",
            pacto in "[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?){0,3}",
        ) {
            let name = name(&pacto, &version, &[0xab; 32]);
            prop_assert!(name.len() <= MAX_NAME && name.ends_with("-abababa"));
            for part in name.split('.') {
                prop_assert!(part.starts_with(|c: char| c.is_ascii_alphanumeric()), "{name}");
                prop_assert!(part.ends_with(|c: char| c.is_ascii_alphanumeric()), "{name}");
                prop_assert!(part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            }
            for label in [version_label(&version), pacto_label(&pacto)] {
                prop_assert!(!label.is_empty() && label.len() <= MAX_LABEL);
                prop_assert!(label.starts_with(|c: char| c.is_ascii_alphanumeric()) && label.ends_with(|c: char| c.is_ascii_alphanumeric()));
            }
        }
    }
}
