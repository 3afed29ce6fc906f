//! What changed between two versions of a contract, and for whom that matters.
//!
//! Comparators ([`contract`], [`openapi`], [`asyncapi`], [`protobuf`], [`schema`]) walk two documents and emit facts; they hold no opinion.
//! The rule table ([`rules`]) turns each fact into a finding with a class. A [`Change`] is the line that people
//! read; its findings say why it has its class.
//!
//! Direction decides: what a service receives must accept all it accepted before, what it produces must stay
//! within what it promised.

mod asyncapi;
mod change;
mod configuration;
mod contract;
mod documents;
mod draft;
mod fact;
mod interface;
mod leftovers;
mod lifecycle;
mod openapi;
mod policy;
mod protobuf;
mod rulebook;
pub mod rules;
mod schema;
mod version;

use pacto_contract::{Bundle, Code, ContractDocument, Diagnostic, LenientVersion, Location, Pointer};

pub use asyncapi::Perspective;
pub use change::{Change, ChangeType, Classification, Direction, Finding, Proof};
pub use fact::{Access, Area, Bound, Choice, Keyword, Kind, Presence};
pub use protobuf::{ProtoAnnotation, proto_annotations};
pub use rulebook::{Decision, Rulebook};
pub use rules::ProtoLevel;
pub use version::{Day, next_version};

use crate::sbom::{self, SbomDiff};
use draft::Draft;

/// One version of a contract.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The contract.
    pub document: &'a ContractDocument,
    /// Its files.
    pub bundle: &'a Bundle,
}

/// How strictly two versions are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// What has to stay as it was in `.proto` files.
    pub proto_level: ProtoLevel,
    /// The day, by which decisions end and what was announced is due; without it neither is.
    pub today: Option<Day>,
    /// From whose view `AsyncAPI` 2 documents are written.
    pub asyncapi2: Perspective,
}

/// Two versions compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// The worst of all changes, and at least potential where something could not be compared.
    pub classification: Classification,
    /// Every change: worst first, then by section of the contract, then in document order.
    pub changes: Vec<Change>,
    /// What could not be compared, and why.
    pub diagnostics: Vec<Diagnostic>,
    /// Packages that changed; informational.
    pub sbom: Option<SbomDiff>,
}

impl Comparison {
    /// Whether there is nothing to report at all.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.diagnostics.is_empty() && self.sbom.is_none()
    }

    /// Applies decisions of a team to the changes of a service. What could not be compared stays a caution. Without
    /// `today` no decision ends.
    pub fn apply(&mut self, rules: &Rulebook, service: &str, today: Option<Day>) {
        let ended = rules.apply(service, &mut self.changes, today);
        self.classification = class_of(&self.changes, &self.diagnostics);
        if self.classification < Classification::Breaking {
            self.diagnostics.retain(|finding| finding.code != Code::VersionUnderstates);
        }
        self.diagnostics.extend(ended);
    }
}

/// Compares two versions, as strictly as it is done where nothing else is asked for.
///
/// ```
/// use pacto_contract::{Bundle, ContractDocument};
/// use pacto_engine::diff::{Classification, Side, compare};
/// let read = |port: u16| {
///     let text = format!("pactoVersion: '1.0'\nservice: {{name: a, version: 1.0.0}}\ninterfaces: [{{name: api, type: http, port: {port}}}]\n");
///     ContractDocument::parse("pacto.yaml", text.as_bytes()).unwrap()
/// };
/// let (old, new, bundle) = (read(80), read(81), Bundle::default());
/// let comparison = compare(Side { document: &old, bundle: &bundle }, Side { document: &new, bundle: &bundle });
/// assert_eq!(comparison.classification, Classification::Breaking);
/// assert_eq!(comparison.changes[0].path, "interfaces.port");
/// ```
pub fn compare(old: Side<'_>, new: Side<'_>) -> Comparison {
    compare_with(old, new, Options::default())
}

/// Compares two versions.
pub fn compare_with(old: Side<'_>, new: Side<'_>, options: Options) -> Comparison {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut diagnostics = Vec::new();
    contract::compare(old, new, &mut drafts);
    interface::compare(old, new, options, &mut drafts, &mut diagnostics);
    configuration::compare(old, new, &mut drafts, &mut diagnostics);
    policy::compare(old, new, &mut drafts, &mut diagnostics);
    drafts.sort_by_key(|draft| draft.section);
    let mut changes: Vec<Change> = drafts.into_iter().map(Draft::classify).collect();
    // Stable: inside a class the sections and the document order stay.
    changes.sort_by_key(|change| std::cmp::Reverse(change.classification));
    let classification = class_of(&changes, &diagnostics);
    diagnostics.extend(decreased(old, new).or_else(|| understated(old, new, classification)));
    let sbom = compare_sbom(old, new, &mut diagnostics);
    Comparison { classification, changes, diagnostics, sbom }
}

/// The worst of all changes, and at least a caution where something could not be compared. What is odd about versions and
/// packages is not about what changed.
fn class_of(changes: &[Change], diagnostics: &[Diagnostic]) -> Classification {
    const ODD: &[Code] = &[Code::VersionDecreased, Code::VersionUnderstates, Code::SbomUnreadable];
    let worst = changes.iter().map(|change| change.classification).max().unwrap_or_default();
    let is_whole = diagnostics.iter().all(|finding| ODD.contains(&finding.code));
    worst.max(if is_whole { Classification::NonBreaking } else { Classification::PotentialBreaking })
}

/// A version that says less than what changed: something breaks, and who reads the number expects that nothing does.
fn understated(old: Side<'_>, new: Side<'_>, class: Classification) -> Option<Diagnostic> {
    if class != Classification::Breaking {
        return None;
    }
    let text = |side: Side<'_>| side.document.contract.service.version.clone();
    let (before, after) = (text(old), text(new));
    let honest = next_version(&before, class)?;
    let parse = |text: &str| LenientVersion::parse(text).ok();
    if !parse(&after)?.precedence_cmp(&parse(&honest)?).is_lt() || promises_nothing(&parse(&before)?) {
        return None;
    }
    let pointer = Pointer::root().key("service").key("version");
    let name = &new.document.contract.service.name;
    let message = if before == after {
        format!("{name} breaks something and its version is still {after}")
    } else {
        format!("{name} breaks something and its version went from {before} to {after} only")
    };
    let finding = new.document.finding(Code::VersionUnderstates, &pointer, message);
    Some(finding.with_help(format!("publish it as {honest} or higher")))
}

/// Before 0.1.0, and before a release, nothing is promised.
fn promises_nothing(version: &LenientVersion) -> bool {
    let number = version.version();
    version.is_prerelease() || (number.major == 0 && number.minor == 0)
}

/// A version that goes down; that says nothing about what changed, so it does not count for the class.
fn decreased(old: Side<'_>, new: Side<'_>) -> Option<Diagnostic> {
    let text = |side: Side<'_>| side.document.contract.service.version.clone();
    let (before, after) = (text(old), text(new));
    let parse = |text: &str| LenientVersion::parse(text).ok();
    let is_lower = parse(&after)?.precedence_cmp(&parse(&before)?).is_lt();
    let pointer = Pointer::root().key("service").key("version");
    let message = format!("service.version went down, from {before:?} to {after:?}");
    let finding = || new.document.finding(Code::VersionDecreased, &pointer, message);
    is_lower
        .then(finding)
        .map(|finding| finding.with_help("check that old and new are not the wrong way round"))
}

fn compare_sbom(old: Side<'_>, new: Side<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<SbomDiff> {
    let read = |side: Side<'_>| sbom::read(side.bundle.iter());
    let (old_sbom, new_sbom) = (read(old), read(new));
    for (side, reading) in [(old, &old_sbom), (new, &new_sbom)] {
        for problem in &reading.problems {
            let message = format!("{}: {}", problem.file, problem.message);
            let mut finding = Diagnostic::new(Code::SbomUnreadable, &Pointer::root(), message);
            finding.location = Some(Location {
                file: crate::validate::file_beside(side.document.source.name(), &problem.file).into(),
                line: u32::try_from(problem.line).unwrap_or(u32::MAX),
                column: u32::try_from(problem.column).unwrap_or(u32::MAX),
            });
            diagnostics.push(finding);
        }
    }
    sbom::compare(&old_sbom, &new_sbom)
}
