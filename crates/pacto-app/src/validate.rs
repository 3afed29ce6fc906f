//! `pacto validate`: the four layers over one contract or a whole tree.

use pacto_contract::overrides::Overrides;
use pacto_contract::{Code, Diagnostic, Pointer, Severity, Source};
use pacto_engine::library::{Library, Resolved};
use pacto_engine::lock::Pins;
use pacto_engine::validate::{References, Report, Subject, Validator, Verdict};
use pacto_oci::directory::DirectoryError;
use pacto_oci::parallel;
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use crate::search::select;
use crate::{AppError, Context, ErrorKind, lock};

/// What to validate.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directories, patterns and references.
    pub contracts: Vec<String>,
    /// Search every directory for contracts.
    pub recursive: bool,
    /// Changes to apply to each contract first.
    pub overrides: Overrides,
}

/// The verdict on one contract, or on a set.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Outcome {
    /// One contract was asked about.
    One(ContractVerdict),
    /// Several arguments, a pattern or a tree.
    Set(SetVerdict),
}

/// The verdict on a set of contracts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetVerdict {
    /// Whether all are valid.
    pub valid: bool,
    /// Number of valid contracts.
    pub valid_count: usize,
    /// Number of invalid contracts.
    pub invalid_count: usize,
    /// Every contract, in the order of the arguments.
    pub contracts: Vec<ContractVerdict>,
}

/// The verdict on one contract.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractVerdict {
    /// The contract as the user named it.
    pub path: String,
    /// Whether there is no error.
    pub valid: bool,
    /// Errors, in the order of the layers.
    pub errors: Vec<Diagnostic>,
    /// Warnings, in the order of the layers.
    pub warnings: Vec<Diagnostic>,
    /// Notes, in the order of the layers.
    pub infos: Vec<Diagnostic>,
    /// The contract's text, for renderers that show it; only kept where there is something to show.
    #[serde(skip)]
    pub source: Option<Source>,
}

impl Outcome {
    /// The verdicts, one or many.
    pub fn contracts(&self) -> &[ContractVerdict] {
        match self {
            Self::One(verdict) => std::slice::from_ref(verdict),
            Self::Set(set) => &set.contracts,
        }
    }

    /// Whether every contract is valid.
    pub fn is_valid(&self) -> bool {
        self.contracts().iter().all(|verdict| verdict.valid)
    }

    /// Number of errors in all contracts.
    pub fn error_count(&self) -> usize {
        self.contracts().iter().map(|verdict| verdict.errors.len()).sum()
    }
}

/// Validates. `tick` is called once for each contract that is done, from any thread.
///
/// # Errors
/// [`AppError`] when an argument names nothing that could be judged. A contract that cannot be parsed is judged.
pub fn run(context: &Context, options: &Options, tick: &(dyn Fn(usize) + Sync)) -> Result<Outcome, AppError> {
    let selection = select(context, &options.contracts, options.recursive)?;
    let validator = Validator::default();
    let total = selection.contracts.len();
    let judge = |contract: &String| {
        let verdict = judge(context, &validator, contract, &options.overrides);
        let verdict =
            if selection.is_set { verdict.or_else(|error| unreadable(contract, error)) } else { verdict };
        tick(total);
        verdict
    };
    // Asking for the number of processors takes longer than a thread is worth to one contract.
    let jobs = if total > 1 { context.jobs.unwrap_or_else(parallel::processors) } else { 1 };
    let verdicts = parallel::map(jobs, &selection.contracts, judge);
    let mut contracts: Vec<ContractVerdict> = verdicts.into_iter().collect::<Result<_, _>>()?;
    if !selection.is_set
        && total == 1
        && let Some(verdict) = contracts.pop()
    {
        return Ok(Outcome::One(verdict));
    }
    let valid_count = contracts.iter().filter(|verdict| verdict.valid).count();
    let invalid_count = contracts.len() - valid_count;
    Ok(Outcome::Set(SetVerdict { valid: invalid_count == 0, valid_count, invalid_count, contracts }))
}

/// In a set, a contract that is there and cannot be read is one that is not valid; the others have their verdicts.
fn unreadable(contract: &str, error: AppError) -> Result<ContractVerdict, AppError> {
    let is_there = match &error {
        AppError::Directory(DirectoryError::Access { source, .. }) => {
            source.kind() != std::io::ErrorKind::NotFound
        }
        AppError::Directory(error) => {
            matches!(
                error,
                DirectoryError::NotAFile { .. } | DirectoryError::Limit { .. } | DirectoryError::Name(_)
            )
        }
        _ => false,
    };
    if !is_there {
        return Err(error);
    }
    let finding = Diagnostic::new(Code::ParseError, &Pointer::root(), error.to_string());
    Ok(verdict(contract, &Report { findings: vec![finding] }, None))
}

fn judge(
    context: &Context,
    validator: &Validator,
    contract: &str,
    overrides: &Overrides,
) -> Result<ContractVerdict, AppError> {
    match load(context, contract, overrides, Scope::Named) {
        Ok(resolved) => {
            let report = report(context, validator, &resolved, References::Follow);
            Ok(verdict(contract, &report, Some(&resolved.document.source)))
        }
        Err(AppError::Contract { failure, .. }) => {
            Ok(verdict(contract, &Report { findings: failure.findings }, Some(&failure.source)))
        }
        Err(AppError::Invalid { findings, text, .. }) => {
            Ok(verdict(contract, &Report { findings }, Some(&text)))
        }
        // A reference that leads nowhere is an answer about the reference, as in the original.
        Err(AppError::Unresolved(error)) => {
            let finding = Diagnostic::new(Code::ParseError, &Pointer::root(), error.to_string());
            Ok(verdict(contract, &Report { findings: vec![finding] }, None))
        }
        Err(error) => {
            debug_assert!(error.kind() != ErrorKind::Answer);
            Err(error)
        }
    }
}

/// Runs the layers over a loaded contract, fetching what they ask for as its lock fixes it, and holds it to its lock.
pub fn report(
    context: &Context,
    validator: &Validator,
    resolved: &Resolved,
    references: References,
) -> Report {
    let subject =
        Subject { document: &resolved.document, bundle: Some(&resolved.bundle), origin: &resolved.origin };
    let (pins, findings) = match references {
        References::Follow => lock::pins_of(context, resolved),
        References::InsideOnly => (Pins::none(), Vec::new()),
    };
    let mut library = Library::default();
    loop {
        match validator.validate(subject, &mut library, references) {
            Verdict::Done(mut report) => {
                report.findings.extend(findings);
                return report;
            }
            Verdict::NeedsMore => context.sources.supply(&mut library, &pins),
        }
    }
}

fn verdict(path: &str, report: &Report, source: Option<&Source>) -> ContractVerdict {
    let valid = report.is_valid();
    let of = |severity: Severity| report.of(severity).cloned().collect();
    ContractVerdict {
        path: path.to_owned(),
        valid,
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        infos: of(Severity::Info),
        source: source.filter(|_| !report.findings.is_empty()).cloned(),
    }
}
