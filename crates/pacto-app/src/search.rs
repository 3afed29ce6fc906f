//! From what the user typed to contracts: directories, globs, whole trees, references.

use std::path::Path;

use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::limits::MAX_CONTRACTS_PER_RUN;
use pacto_oci::directory::{DirectoryError, find_bundles, is_searched, normalize};

use crate::{AppError, Context};

/// The contracts that some arguments name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Directories and references as they are shown, in the order of the arguments, each once.
    pub contracts: Vec<String>,
    /// Whether the user asked about a set (several arguments, a pattern or a tree) rather than one contract.
    pub is_set: bool,
}

/// Finds contracts. A directory with a `pacto.yaml` is that contract; one without is searched, also where a pattern
/// names it. With `recursive`, every directory is searched.
///
/// # Errors
/// [`AppError`] when an argument names nothing.
pub fn select(context: &Context, arguments: &[String], recursive: bool) -> Result<Selection, AppError> {
    let mut selection = Selection { contracts: Vec::new(), is_set: arguments.len() > 1 || recursive };
    for argument in arguments {
        if argument.contains("://") && !argument.starts_with("file://") {
            selection.contracts.push(argument.clone());
            continue;
        }
        let argument = argument.strip_prefix("file://").unwrap_or(argument);
        let argument = if argument.is_empty() { "." } else { argument };
        let path = context.directory.join(argument);
        if path.is_dir() {
            let is_bundle = path.join(CONTRACT_FILE).symlink_metadata().is_ok();
            if is_bundle && !recursive {
                selection.contracts.push(argument.to_owned());
                continue;
            }
            let found = tree(&path, argument)?;
            if found.is_empty() {
                return Err(DirectoryError::NoContract(argument.to_owned()).into());
            }
            selection.is_set = true;
            selection.contracts.extend(found);
        } else if path.symlink_metadata().is_err() && argument.contains(['*', '?', '[']) {
            selection.is_set = true;
            selection.contracts.extend(pattern(context, argument)?);
        } else {
            // Missing paths and files get their error when they are opened.
            selection.contracts.push(argument.to_owned());
        }
    }
    let mut seen = std::collections::HashSet::new();
    selection.contracts.retain(|contract| seen.insert(normalize(Path::new(contract))));
    if selection.contracts.len() > MAX_CONTRACTS_PER_RUN {
        let count = selection.contracts.len();
        return Err(AppError::Usage(format!(
            "{count} contracts are named; one run takes {MAX_CONTRACTS_PER_RUN}"
        )));
    }
    Ok(selection)
}

fn tree(path: &Path, argument: &str) -> Result<Vec<String>, AppError> {
    let access = |source| DirectoryError::Access { path: argument.to_owned(), source };
    let found = find_bundles(path, MAX_CONTRACTS_PER_RUN + 1).map_err(access)?;
    let shown = |directory: &std::path::PathBuf| {
        let below = directory.strip_prefix(path).unwrap_or(directory);
        match (argument, below.to_string_lossy()) {
            (argument, below) if below.is_empty() => argument.to_owned(),
            (".", below) => below.into_owned(),
            (argument, below) => format!("{}/{below}", argument.trim_end_matches('/')),
        }
    };
    Ok(found.iter().map(shown).collect())
}

/// The contracts that match, and those below directories that match; other files that match are passed over.
fn pattern(context: &Context, argument: &str) -> Result<Vec<String>, AppError> {
    let base = glob::Pattern::escape(&context.directory.to_string_lossy());
    let full =
        if Path::new(argument).is_absolute() { argument.to_owned() } else { format!("{base}/{argument}") };
    // Read first as it was typed, so that a message counts its columns and not those of the full path.
    let wrong = |error| AppError::Usage(format!("pattern {argument:?}: {error}"));
    glob::Pattern::new(argument).map_err(wrong)?;
    // As in a shell, `*` stands for no hidden directory.
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let matches = glob::glob_with(&full, options).map_err(wrong)?;
    let mut found = Vec::new();
    for path in matches.flatten() {
        let directory = if path.file_name().is_some_and(|name| name == CONTRACT_FILE) {
            path.parent().unwrap_or(&path).to_owned()
        } else {
            path
        };
        let shown = directory.strip_prefix(&context.directory).unwrap_or(&directory).to_string_lossy();
        let shown = if shown.is_empty() { ".".to_owned() } else { shown.into_owned() };
        if directory.join(CONTRACT_FILE).symlink_metadata().is_ok() {
            found.push(shown);
        } else if directory.is_dir()
            && directory.file_name().is_none_or(|name| is_searched(&name.to_string_lossy()))
        {
            found.extend(tree(&directory, &shown)?);
        }
    }
    if found.is_empty() {
        return Err(DirectoryError::NoContract(argument.to_owned()).into());
    }
    Ok(found)
}
