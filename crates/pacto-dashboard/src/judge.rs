//! Validation without a network: references are answered from what is known.

use std::collections::BTreeSet;
use std::sync::Arc;

use pacto_contract::{Bundle, ContractDocument, Reference};
use pacto_engine::library::{Library, Origin, Request, Resolved};
use pacto_engine::validate::{References, Report, Subject, Validator, Verdict};

/// Most rounds of references to references; the engine stops at cycles by itself.
const MAX_ROUNDS: usize = 64;

/// Answers a reference from what is known, or not at all.
pub type Find<'a> = &'a dyn Fn(&Request) -> Option<Arc<Resolved>>;

/// What validation found, and whether a policy that is followed was not to be had.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The findings.
    pub report: Report,
    /// Whether policies outside of the bundle were left out.
    pub is_partial: bool,
    /// References to registries that directories of this machine answered, each with its directory; sorted.
    pub from_directories: BTreeSet<(String, String)>,
}

/// Judges a contract by all four layers. Where a reference cannot be answered, policies outside of the bundle are left out
/// with a warning each: that a registry was not asked yet is no fault of the contract.
pub fn judge(
    validator: &Validator,
    document: &ContractDocument,
    bundle: &Bundle,
    origin: &Origin,
    find: Find<'_>,
) -> Judgement {
    let subject = Subject { document, bundle: Some(bundle), origin };
    let mut library = Library::default();
    let mut from_directories = BTreeSet::new();
    for _ in 0..MAX_ROUNDS {
        if let Verdict::Done(report) = validator.validate(subject, &mut library, References::Follow) {
            return Judgement { report, is_partial: false, from_directories };
        }
        let wanted = library.take_wanted();
        let answers: Vec<_> = wanted.iter().map_while(find).collect();
        if answers.len() < wanted.len() {
            break;
        }
        for (request, answer) in wanted.into_iter().zip(answers) {
            if let (false, Origin::Directory(directory)) =
                (matches!(request.reference, Reference::Local(_)), &answer.origin)
            {
                from_directories.insert((request.reference.to_string(), directory.clone()));
            }
            library.supply(request, Ok(answer));
        }
    }
    let verdict = validator.validate(subject, &mut Library::default(), References::InsideOnly);
    let report = match verdict {
        Verdict::Done(report) => report,
        // Nothing outside is asked for, so nothing can be missing.
        Verdict::NeedsMore => Report::default(),
    };
    Judgement { report, is_partial: true, from_directories: BTreeSet::new() }
}
