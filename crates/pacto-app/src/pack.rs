//! `pacto pack`: a validated bundle as one deterministic file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use pacto_contract::bundle::{CONFIGURATION_SCHEMA, CONTRACT_FILE, POLICY_SCHEMA};
use pacto_contract::overrides::Overrides;
use pacto_contract::{Bundle, Diagnostic, Reference, Severity};
use pacto_engine::library::Resolved;
use pacto_engine::validate::{References, Validator};
use pacto_oci::archive;
use pacto_oci::directory::BundleDirectory;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::shown;
use crate::load::{Scope, load};
use crate::validate::report;
use crate::{AppError, Context, write};

/// Name of the file with patterns of files that stay out of the archive.
pub const IGNORE_FILE: &str = ".pactoignore";
/// Never part of an archive.
const ALWAYS_IGNORED: &[&str] =
    &[".git/", IGNORE_FILE, ".DS_Store", crate::pull::RECORD, pacto_oci::atomic::UNFINISHED_PATTERN];

/// What to pack.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory of the bundle.
    pub directory: String,
    /// File to write; `<name>-<version>.tar.gz` without it.
    pub output: Option<PathBuf>,
    /// Changes to apply to the contract first; the archive holds the changed contract.
    pub overrides: Overrides,
}

/// What was packed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The file that was written.
    pub output: String,
    /// Name of the service.
    pub name: String,
    /// Version of the contract.
    pub version: String,
    /// Digest of the file.
    pub digest: String,
    /// Size of the file in bytes.
    pub size: usize,
    /// Paths in the archive.
    pub files: Vec<String>,
    /// What was found besides errors.
    pub warnings: Vec<Diagnostic>,
}

/// Validates, packs and writes.
///
/// # Errors
/// [`AppError::Invalid`] with every error of the contract; [`AppError`] when files cannot be read or written.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let directory = local_directory(&options.directory, "pack")?;
    let valid = validated(context, &directory, &options.overrides, References::InsideOnly)?;
    let service = &valid.resolved.document.contract.service;
    let output = options.output.clone();
    let output = output
        .unwrap_or_else(|| PathBuf::from(format!("{}-{}.tar.gz", service.name, file_part(&service.version))));
    let bundle = whole_bundle(context, &directory, &valid.resolved, &output)?;
    let packed = archive::pack(&bundle).map_err(|source| AppError::File { path: output.clone(), source })?;
    write::atomically(&context.directory, &output, &packed)?;
    Ok(Outcome {
        output: output.display().to_string(),
        name: service.name.clone(),
        version: service.version.clone(),
        digest: archive::digest(&packed),
        size: packed.len(),
        files: bundle.iter().map(|(path, _)| path.to_owned()).collect(),
        warnings: valid.warnings,
    })
}

/// A contract without errors.
pub(crate) struct Valid {
    /// The contract, with overrides.
    pub resolved: Arc<Resolved>,
    /// What was found besides.
    pub warnings: Vec<Diagnostic>,
}

/// Loads and validates the contract of a directory.
///
/// # Errors
/// [`AppError::Invalid`] with every error of the contract.
pub(crate) fn validated(
    context: &Context,
    directory: &str,
    overrides: &Overrides,
    references: References,
) -> Result<Valid, AppError> {
    let resolved = load(context, directory, overrides, Scope::Named)?;
    let report = report(context, &Validator::default(), &resolved, references);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        report.findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    if errors.is_empty() {
        return Ok(Valid { resolved, warnings });
    }
    let text = resolved.document.source.clone();
    Err(AppError::Invalid { path: directory.to_owned(), findings: errors, text })
}

/// All files of a bundle but those that are to stay out, with the contract as it was changed. `output` is a file that is
/// about to be written.
///
/// # Errors
/// [`AppError`] when files cannot be read, or when one stays out that the contract needs.
pub(crate) fn whole_bundle(
    context: &Context,
    directory: &str,
    resolved: &Resolved,
    output: &Path,
) -> Result<Bundle, AppError> {
    let opened = BundleDirectory::open(&context.directory.join(directory), directory)?;
    let document = &resolved.document;
    let name = &document.contract.service.name;
    let mut bundle = collect(&opened, directory, &own_archives(context, &opened, name, output))?;
    let named = document.contract.named_files();
    // The schemas at their fixed places are read for those who refer to this contract, whether it names them or not.
    let fixed = |file: &str| [CONFIGURATION_SCHEMA, POLICY_SCHEMA].contains(&file) && !named.contains(&file);
    if let Some((file, _)) = resolved.bundle.iter().find(|(file, _)| !bundle.contains(file) && !fixed(file)) {
        let message = format!("{IGNORE_FILE} leaves out {file}, which the contract needs");
        return Err(AppError::Usage(message));
    }
    let contract = document.source.text().as_bytes().to_vec();
    opened.insert(&mut bundle, CONTRACT_FILE, contract)?;
    Ok(bundle)
}

/// A version as part of a file name. Valid versions have no separators; this holds for all.
fn file_part(version: &str) -> String {
    version.replace(['/', '\\'], "_")
}

/// The directory that an argument of `command` names.
pub(crate) fn local_directory(argument: &str, command: &str) -> Result<String, AppError> {
    match Reference::parse(if argument.is_empty() { "." } else { argument }) {
        Ok(Reference::Local(path)) => Ok(path),
        Ok(_) => {
            Err(AppError::Usage(format!("{command} needs a local directory: got {:?}", shown(argument))))
        }
        Err(error) => Err(AppError::Usage(format!("{:?}: {error}", shown(argument)))),
    }
}

/// Patterns for archives of this service that earlier runs left in the bundle, and for the one that is written now.
/// They come before those of the user, who may want them back.
fn own_archives(context: &Context, bundle: &BundleDirectory, name: &str, output: &Path) -> Vec<String> {
    let mut patterns = vec![format!("/{name}-*.tar.gz")];
    let output = context.directory.join(output);
    let place = output.parent().and_then(|parent| parent.canonicalize().ok());
    let inside = place.as_deref().and_then(|place| place.strip_prefix(bundle.canonical()).ok());
    if let (Some(inside), Some(file)) = (inside, output.file_name()) {
        let path = inside.join(file).to_string_lossy().into_owned();
        patterns.push(format!("/{}", escape_pattern(&path)));
    }
    patterns
}

/// A path as a pattern that matches nothing else.
fn escape_pattern(path: &str) -> String {
    let special = |character| matches!(character, '*' | '?' | '[' | ']' | '{' | '}' | '\\');
    let mut escaped = String::with_capacity(path.len());
    for character in path.chars() {
        escaped.extend(special(character).then_some('\\'));
        escaped.push(character);
    }
    escaped
}

/// Every file that is not ignored.
fn collect(directory: &BundleDirectory, shown: &str, first: &[String]) -> Result<Bundle, AppError> {
    let patterns = directory.read(IGNORE_FILE)?.unwrap_or_default();
    let ignored = ignore_rules(first, &String::from_utf8_lossy(&patterns), shown)?;
    let wanted = |path: &str, is_directory: bool| {
        path == CONTRACT_FILE || !ignored.matched(path, is_directory).is_ignore()
    };
    let files = directory.files(wanted)?;
    Ok(directory.load(files.iter().map(String::as_str))?)
}

/// The rules of `first`, then `patterns`, then those that nobody can undo; the last that matches decides.
fn ignore_rules(first: &[String], patterns: &str, shown: &str) -> Result<Gitignore, AppError> {
    let mut builder = GitignoreBuilder::new("");
    let bad = |line: &str, error: ignore::Error| {
        AppError::Usage(format!("{shown}/{IGNORE_FILE}: pattern {line:?}: {error}"))
    };
    let first = first.iter().map(String::as_str);
    for line in first.chain(patterns.lines()).chain(ALWAYS_IGNORED.iter().copied()) {
        builder.add_line(None, line).map_err(|error| bad(line, error))?;
    }
    builder.build().map_err(|error| bad("", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_as_git_does() {
        let rules =
            ignore_rules(&[], "# comment\n*.tmp\n/build/\n!keep.tmp\ndocs/**/draft.md\n", ".").unwrap();
        let ignored = |path: &str, is_directory: bool| rules.matched(path, is_directory).is_ignore();
        assert!(ignored("a/b.tmp", false) && !ignored("a/keep.tmp", false));
        assert!(ignored("build", true) && !ignored("build", false) && !ignored("a/build", true));
        assert!(ignored("docs/x/draft.md", false) && ignored("docs/draft.md", false));
        assert!(ignored(".git", true) && ignored("sub/.DS_Store", false) && ignored(IGNORE_FILE, false));
        assert!(ignored("a/.pacto-tmp-x7", false));
    }
}
