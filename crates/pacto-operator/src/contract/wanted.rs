//! Which contract a Pacto means.

use pacto_contract::Reference;
use pacto_contract::reference::OciReference;
use pacto_k8s::pacto::ContractRef;
use pacto_k8s::view::ResolutionPolicy;

/// Which contract is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The text that stands in the resource.
    Inline {
        /// The text.
        text: String,
        /// Whether a registry is named besides, which is then not asked.
        is_ambiguous: bool,
    },
    /// One of a registry.
    Registry {
        /// Where.
        reference: OciReference,
        /// How the version is picked.
        policy: ResolutionPolicy,
    },
}

/// Reads a `contractRef`.
///
/// # Errors
/// A sentence that says what is to be written instead.
///
/// ```
/// use pacto_k8s::pacto::ContractRef;
/// use pacto_k8s::view::ResolutionPolicy;
/// use pacto_operator::contract::{Wanted, wanted};
/// let named = ContractRef { oci: Some("oci://r.example:5000/acme/cart".into()), ..ContractRef::default() };
/// let Ok(Wanted::Registry { reference, policy }) = wanted(&named) else { panic!("a registry") };
/// assert_eq!((policy, reference.tag), (ResolutionPolicy::Latest, None));
/// ```
pub fn wanted(contract: &ContractRef) -> Result<Wanted, String> {
    let written = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    match (written(&contract.inline), written(&contract.oci)) {
        (Some(text), other) => Ok(Wanted::Inline { text, is_ambiguous: other.is_some() }),
        (None, Some(text)) => {
            let reference = parse(&text)?;
            let policy = match (&reference.digest, &reference.tag) {
                (Some(_), _) => ResolutionPolicy::PinnedDigest,
                (None, Some(_)) => ResolutionPolicy::PinnedTag,
                (None, None) => ResolutionPolicy::Latest,
            };
            Ok(Wanted::Registry { reference, policy })
        }
        (None, None) => {
            Err("no contract is named: set spec.contractRef.oci to an artifact, or spec.contractRef.inline to the \
                 text of a contract"
                .to_owned())
        }
    }
}

fn parse(text: &str) -> Result<OciReference, String> {
    let decoded = decoded(text.trim());
    let with_scheme = if decoded.contains("://") { decoded } else { format!("oci://{decoded}") };
    match Reference::parse(&with_scheme) {
        Ok(Reference::Oci(reference)) => Ok(reference),
        Ok(_) => Err("spec.contractRef.oci leads to no registry; write registry/repository[:tag]".to_owned()),
        Err(error) => Err(format!("spec.contractRef.oci is no reference: {error}")),
    }
}

/// References may be written as in a URL; what is no escape stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |position: usize| tail.get(position).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1), tail.get(2..)) {
            (b'%', Some(high), Some(low), Some(after)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(oci: &str) -> Result<(Option<String>, ResolutionPolicy), String> {
        match wanted(&ContractRef { oci: Some(oci.to_owned()), ..ContractRef::default() })? {
            Wanted::Registry { reference, policy } => Ok((reference.tag, policy)),
            Wanted::Inline { .. } => Err("inline".to_owned()),
        }
    }

    #[test]
    fn the_form_of_a_reference_says_how_it_is_followed() {
        use ResolutionPolicy::{Latest, PinnedDigest, PinnedTag};
        let digest = format!("r.example/a@sha256:{}", "0".repeat(64));
        assert_eq!(of("registry:5000/org/svc"), Ok((None, Latest)));
        assert_eq!(of("r.example/a:1.0.0"), Ok((Some("1.0.0".to_owned()), PinnedTag)));
        assert_eq!(of("oci://r.example/a%3A1.0.0"), Ok((Some("1.0.0".to_owned()), PinnedTag)));
        assert_eq!(of(&digest).map(|found| found.1), Ok(PinnedDigest));
        assert!(of("file:///etc").is_err() && of("r.example/a:%%%").is_err());
    }

    #[test]
    fn the_text_in_the_resource_wins_and_nothing_at_all_is_said_to_be_nothing() {
        let both = ContractRef { oci: Some("r/a".into()), inline: Some("x".into()), pull_secret_ref: None };
        assert_eq!(wanted(&both), Ok(Wanted::Inline { text: "x".to_owned(), is_ambiguous: true }));
        let message = wanted(&ContractRef { oci: Some(" ".into()), ..ContractRef::default() }).unwrap_err();
        assert!(message.contains("contractRef.oci") && message.contains("contractRef.inline"));
    }
}
