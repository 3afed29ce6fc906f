//! From what the user typed to contracts: directories, globs, whole trees, references.

use std::path::{Path, PathBuf};

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
    let shown = |directory: &PathBuf| {
        let below = text(directory.strip_prefix(path).unwrap_or(directory))?;
        Ok(match (argument, below) {
            (argument, below) if below.is_empty() => argument.to_owned(),
            (".", below) => below,
            (argument, below) => format!("{}/{below}", argument.trim_end_matches('/')),
        })
    };
    found.iter().map(shown).collect()
}

/// A path as it is shown and opened again, which a name that is no text cannot be.
fn text(path: &Path) -> Result<String, AppError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| DirectoryError::Name(path.to_string_lossy().into_owned()).into())
}

/// Deepest directory that `**` reaches.
const MAX_PATTERN_DEPTH: usize = 64;

/// Paths below `directory` that match the parts of a pattern, in the order of names. As in a shell, wildcards stand for
/// no hidden directory; `**` follows no link.
fn expand(directory: &Path, parts: &[&str], depth: usize, found: &mut Vec<PathBuf>) {
    let Some((part, rest)) = parts.split_first() else {
        found.push(directory.to_owned());
        return;
    };
    if !part.contains(['*', '?', '[']) {
        let next = directory.join(part);
        if next.symlink_metadata().is_ok() {
            expand(&next, rest, depth, found);
        }
        return;
    }
    let is_deep = *part == "**";
    if is_deep {
        expand(directory, rest, depth, found);
    }
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let pattern = glob::Pattern::new(if is_deep { "*" } else { part }).unwrap_or_default();
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in
        entries.iter().filter(|entry| pattern.matches_with(&entry.file_name().to_string_lossy(), options))
    {
        if !is_deep {
            expand(&entry.path(), rest, depth, found);
        } else if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            expand(&entry.path(), parts, depth - 1, found);
        }
    }
}

/// The contracts that match, and those below directories that match; other files that match are passed over.
fn pattern(context: &Context, argument: &str) -> Result<Vec<String>, AppError> {
    let wrong = |error| AppError::Usage(format!("pattern {argument:?}: {error}"));
    glob::Pattern::new(argument).map_err(wrong)?;
    let mut matches = Vec::new();
    let parts: Vec<&str> = argument.split('/').filter(|part| !part.is_empty()).collect();
    let start = if argument.starts_with('/') { Path::new("/") } else { &context.directory };
    expand(start, &parts, MAX_PATTERN_DEPTH, &mut matches);
    let mut found = Vec::new();
    for path in matches {
        let directory = if path.file_name().is_some_and(|name| name == CONTRACT_FILE) {
            path.parent().unwrap_or(&path).to_owned()
        } else {
            path
        };
        let below = directory.strip_prefix(&context.directory).unwrap_or(&directory);
        let shown = || if below.as_os_str().is_empty() { Ok(".".to_owned()) } else { text(below) };
        if directory.join(CONTRACT_FILE).symlink_metadata().is_ok() {
            found.push(shown()?);
        } else if directory.is_dir()
            && directory.file_name().is_none_or(|name| is_searched(&name.to_string_lossy()))
        {
            let inside = tree(&directory, &below.to_string_lossy())?;
            // The name only matters where there is something in it.
            if !inside.is_empty() {
                let shown = shown()?;
                found.extend(if shown == "." { tree(&directory, &shown)? } else { inside });
            }
        }
    }
    if found.is_empty() {
        return Err(DirectoryError::NoContract(argument.to_owned()).into());
    }
    Ok(found)
}
