//! Validation in four layers: structure, cross-field, semantics, policies.
//!
//! A layer with an error ends the run, because what follows would judge something that is not there; warnings
//! never do. The order of findings is fixed: by layer, then by the order of the rules, then by document order.

mod configuration;
mod cross_field;
mod interface;
pub(crate) use interface::file_beside;
mod policy;
mod satisfiable;
mod semantic;
mod structural;

use pacto_contract::limits::MAX_FINDINGS;
use pacto_contract::{Bundle, ContractDocument, Diagnostic, ParseFailure, Severity};

use crate::library::{Library, Origin, Request};
use crate::schema::{SchemaCache, SchemaFiles};

/// A contract to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The contract.
    pub document: &'a ContractDocument,
    /// Its files; without them every check of a file is left out.
    pub bundle: Option<&'a Bundle>,
    /// Where it came from.
    pub origin: &'a Origin,
}

/// What the layers found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// All findings, in their fixed order.
    pub findings: Vec<Diagnostic>,
}

impl Report {
    /// The findings of one severity, in order.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// Whether there is no error.
    pub fn is_valid(&self) -> bool {
        self.of(Severity::Error).next().is_none()
    }
}

/// Which references are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum References {
    /// All: an unresolved policy is an error (fails closed).
    Follow,
    /// Only what is inside the bundle; every policy that is elsewhere is a warning.
    InsideOnly,
}

/// The answer of [`Validator::validate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All layers that could run have run.
    Done(Report),
    /// Contracts are missing from the library: supply what it wants and ask again.
    NeedsMore,
}

/// The four layers, with the schemas that were compiled so far. One value may serve many threads.
#[derive(Debug, Default)]
pub struct Validator {
    schemas: SchemaCache,
}

impl Validator {
    /// Judges a contract.
    ///
    /// ```
    /// use pacto_contract::ContractDocument;
    /// use pacto_engine::library::{Library, Origin};
    /// use pacto_engine::validate::{References, Subject, Validator, Verdict};
    /// let text = b"pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0, colour: red}\n";
    /// let document = ContractDocument::parse("pacto.yaml", text).unwrap();
    /// let origin = Origin::Directory(".".into());
    /// let subject = Subject { document: &document, bundle: None, origin: &origin };
    /// let verdict = Validator::default().validate(subject, &mut Library::default(), References::Follow);
    /// let Verdict::Done(report) = verdict else { unreachable!() };
    /// assert_eq!(report.findings[0].path, "service.colour");
    /// ```
    pub fn validate(&self, subject: Subject<'_>, library: &mut Library, references: References) -> Verdict {
        let mut report =
            Report { findings: structural::check(&subject.document.source, &subject.document.tree) };
        if !report.is_valid() {
            return Verdict::Done(report);
        }
        if references == References::Follow {
            want_references(subject, library);
            if library.is_waiting() {
                return Verdict::NeedsMore;
            }
        }
        let schemas = SchemaFiles::new(&self.schemas);
        report.findings.extend(limited(cross_field::check(subject, &schemas, library, references)));
        if report.is_valid() {
            report.findings.extend(semantic::check(subject.document));
        }
        if report.is_valid() {
            report.findings.extend(limited(policy::check(subject, &schemas, library, references)));
        }
        if library.is_waiting() { Verdict::NeedsMore } else { Verdict::Done(report) }
    }
}

/// Asks for what the contract itself refers to, before any layer does its work for nothing.
fn want_references(subject: Subject<'_>, library: &mut Library) {
    let contract = &subject.document.contract;
    let configurations = contract.configurations.iter().filter_map(|entry| entry.reference.as_deref());
    let policies = contract.policies.iter().filter_map(|entry| entry.reference.as_deref());
    let policies = policies.filter(|_| subject.bundle.is_some());
    for reference in configurations.chain(policies) {
        if let Ok(request) = Request::new(subject.origin, reference, None) {
            library.look_up(&request);
        }
    }
}

/// The first [`MAX_FINDINGS`] findings of a layer. If there are more, errors go first, so that none is lost to warnings.
fn limited(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = findings.len().saturating_sub(MAX_FINDINGS);
    if more > 0 {
        findings.sort_by_key(|finding| finding.severity);
        findings.truncate(MAX_FINDINGS);
        if let Some(last) = findings.last_mut() {
            last.help = Some(format!("{more} more findings are left out; correct these and run again"));
        }
    }
    findings
}

/// The structural layer alone, for contracts that were changed by overrides.
pub fn structure(document: &ContractDocument) -> Report {
    Report { findings: structural::check(&document.source, &document.tree) }
}

/// What else is wrong with a text that names no service or no version: what is missing must not hide unknown keys.
pub fn structure_beside(failure: &ParseFailure) -> Vec<Diagnostic> {
    let Some(tree) = &failure.tree else { return Vec::new() };
    let is_said = |finding: &Diagnostic| {
        failure.findings.iter().any(|known| {
            let rest = known.pointer.strip_prefix(&finding.pointer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let mut findings = structural::check(&failure.source, tree);
    findings.retain(|finding| !is_said(finding));
    findings
}

/// A text of the contract in quotes, as far as a message can hold it.
fn quoted(text: &str) -> String {
    const CHARACTERS: usize = 200;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Names the first letter that is not ASCII: it may look like one that is.
fn foreign_letter(text: &str) -> Option<String> {
    let letter = text.chars().find(|letter| !letter.is_ascii())?;
    Some(format!("{letter:?} is U+{:04X}", u32::from(letter)))
}

/// Longest name, in bytes, that is compared with others: the comparison costs time and memory by the product of both.
const LONGEST_COMPARED: usize = 128;
/// Most names that one is compared with.
const MOST_COMPARED: usize = 1_000;

/// The closest of `known` to `written`, if it is close enough to be a slip of the pen.
fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST_COMPARED {
        return None;
    }
    let written = written.to_lowercase();
    known
        .take(MOST_COMPARED)
        .filter(|candidate| candidate.len() <= LONGEST_COMPARED)
        .map(|candidate| (strsim::damerau_levenshtein(&written, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
