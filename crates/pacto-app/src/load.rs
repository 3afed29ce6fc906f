//! From a directory or a reference to a contract with the files that a command needs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pacto_contract::bundle::{CONFIGURATION_SCHEMA, CONTRACT_FILE, POLICY_SCHEMA, is_bundle_path};
use pacto_contract::overrides::Overrides;
use pacto_contract::{Bundle, ContractDocument, ParseFailure, Reference, ReferenceError};
use pacto_engine::library::{Origin, Request, Resolved};
use pacto_engine::validate::{structure, structure_beside};
use pacto_oci::directory::{BundleDirectory, DirectoryError, normalize};

use crate::diff::RULES_FILE;
use crate::error::shown;
use crate::{AppError, Context};

/// Which files of a bundle are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `pacto.yaml` alone.
    Contract,
    /// The files that the contract names, what those refer to, and the schemas at their fixed places.
    Named,
    /// As `Named`, and the SBOM and decisions about findings.
    Compared,
    /// As `Named`, and the pages below `docs/`.
    Documented,
}

/// Reads the contract that the user named: a directory, `file://`, `oci://` or `oci-layout://`.
///
/// # Errors
/// [`AppError`]: no such directory, no readable contract, an override that does not fit.
pub fn load(
    context: &Context,
    argument: &str,
    overrides: &Overrides,
    scope: Scope,
) -> Result<Arc<Resolved>, AppError> {
    let reference =
        Reference::parse(if argument.is_empty() { "." } else { argument }).map_err(|error| match error {
            ReferenceError::Credentials => AppError::Usage(error.to_string()),
            error => AppError::Usage(format!("{:?}: {error}", shown(argument))),
        })?;
    let resolved = match &reference {
        Reference::Local(path) => {
            let directory = BundleDirectory::open(&context.directory.join(path), path)?;
            let (document, bundle) = read(&directory, overrides, scope, path)?;
            context.sources.registries.trust_contract(&document.contract);
            let canonical = directory.canonical().to_string_lossy().into_owned();
            Arc::new(Resolved {
                identity: canonical.clone(),
                origin: Origin::Directory(canonical),
                document: Arc::new(document),
                bundle: Arc::new(bundle),
            })
        }
        Reference::Oci(_) | Reference::Layout(_) => {
            context.sources.registries.trust(&reference);
            let request = Request { base: String::new(), reference: reference.clone(), constraint: None };
            let found = context.sources.answer(&request)?;
            if overrides.is_empty() {
                return Ok(found);
            }
            let source = &found.document.source;
            let parsed = ContractDocument::parse_with(source.name(), source.text().as_bytes(), overrides)?;
            let document = parsed.map_err(|failure| unreadable(argument, failure))?;
            Arc::new(Resolved { document: Arc::new(document), ..Resolved::clone(&found) })
        }
    };
    if !overrides.is_empty() {
        let report = structure(&resolved.document);
        if !report.is_valid() {
            let text = resolved.document.source.clone();
            return Err(AppError::Invalid { path: argument.to_owned(), findings: report.findings, text });
        }
    }
    Ok(resolved)
}

fn unreadable(path: &str, mut failure: ParseFailure) -> AppError {
    let more = structure_beside(&failure);
    failure.findings.extend(more);
    AppError::Contract { path: path.to_owned(), failure: Box::new(failure) }
}

/// Reads the contract of an open directory; `shown` is what the user called it.
///
/// # Errors
/// As [`load`].
pub fn read(
    directory: &BundleDirectory,
    overrides: &Overrides,
    scope: Scope,
    shown: &str,
) -> Result<(ContractDocument, Bundle), AppError> {
    let name = directory.shown(CONTRACT_FILE);
    let content = match directory.read(CONTRACT_FILE) {
        // Larger than any file of a bundle may be, and so larger than a contract.
        Err(DirectoryError::Limit { .. }) => return Err(unreadable(shown, ParseFailure::too_large(&name))),
        content => content?.unwrap_or_default(),
    };
    let parsed = ContractDocument::parse_with(&name, &content, overrides)?;
    let document = parsed.map_err(|failure| unreadable(shown, failure))?;
    let bundle = read_files(directory, &document, scope)?;
    Ok((document, bundle))
}

fn read_files(
    directory: &BundleDirectory,
    document: &ContractDocument,
    scope: Scope,
) -> Result<Bundle, AppError> {
    let mut bundle = Bundle::default();
    let text = document.source.text().as_bytes().to_vec();
    directory.insert(&mut bundle, CONTRACT_FILE, text)?;
    if scope == Scope::Contract {
        return Ok(bundle);
    }
    let mut wanted: Vec<String> = document.contract.named_files().into_iter().map(str::to_owned).collect();
    wanted.extend([CONFIGURATION_SCHEMA.to_owned(), POLICY_SCHEMA.to_owned()]);
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some(file) = wanted.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        if let Some(content) = directory.read(&file)? {
            wanted.extend(referenced_files(&file, &content));
            directory.insert(&mut bundle, &file, content)?;
        }
    }
    let more = match scope {
        Scope::Contract | Scope::Named => Vec::new(),
        Scope::Compared => {
            directory.files(|path, _| path == "sbom" || path == RULES_FILE || is_child(path, "sbom"))?
        }
        Scope::Documented => directory.files(|path, _| path == "docs" || path.starts_with("docs/"))?,
    };
    for file in more {
        if let Some(content) = directory.read(&file)? {
            directory.insert(&mut bundle, &file, content)?;
        }
    }
    Ok(bundle)
}

fn is_child(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory)
        .and_then(|rest| rest.strip_prefix('/'))
        .is_some_and(|name| !name.contains('/'))
}

/// Other files of the bundle that a JSON or YAML file names in `$ref`. This only decides what is read; whoever
/// follows the reference checks it.
pub(crate) fn referenced_files(file: &str, content: &[u8]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(content) else { return Vec::new() };
    let base = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    if Path::new(file).extension().is_some_and(|extension| extension == "proto") {
        return imported_files(text, base);
    }
    let targets = text.match_indices("$ref").filter_map(|(at, _)| {
        let after = text.get(at + "$ref".len()..)?.trim_start_matches(['"', '\'']).trim_start();
        let value = after.strip_prefix(':')?.trim_start();
        let end = value.find(['"', '\'', '\n', '\r', ',', '}', ' ']);
        let (quoted, plain) = (value.get(1..), end.map_or(Some(value), |end| value.get(..end)));
        let target = if value.starts_with(['"', '\'']) {
            let inner = quoted?;
            inner.get(..inner.find(['"', '\''])?)?
        } else {
            plain?
        };
        let path = target.split('#').next().filter(|path| !path.is_empty() && !path.contains("://"))?;
        let joined = normalize(&Path::new(base).join(unescaped(path))).to_string_lossy().into_owned();
        is_bundle_path(&joined).then_some(joined)
    });
    targets.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Files that a proto file imports, beside it or from the root of the bundle: which one is meant depends on how the
/// compiler is called.
fn imported_files(text: &str, base: &str) -> Vec<String> {
    let imports = text.lines().filter_map(|line| line.trim_start().strip_prefix("import"));
    let names = imports.filter_map(|rest| rest.split(['"', '\'']).nth(1));
    let paths =
        names.flat_map(|name| [name.to_owned(), Path::new(base).join(name).to_string_lossy().into_owned()]);
    paths.filter(|path| is_bundle_path(path)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A path without the `%20` of URIs. What is no escape stays as it is.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape =
            after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

/// The directory of a local path in a contract that lies in `base`.
pub(crate) fn local_directory(base: &str, path: &str) -> PathBuf {
    normalize(&Path::new(base).join(path))
}

#[cfg(test)]
mod tests {
    use super::referenced_files;

    #[test]
    fn finds_files_that_are_referred_to() {
        let yaml = b"a: {$ref: './b.yaml#/x'}\nb:\n  $ref: c.json\nc: {$ref: '#/d'}\nd: {$ref: 'https://x/y'}\ne: {$ref: ../../../etc/passwd}\n";
        assert_eq!(referenced_files("interfaces/api.yaml", yaml), ["interfaces/b.yaml", "interfaces/c.json"]);
        let json = br#"{"$ref": "../shared/x.json#/y", "$ref" : "z.json"}"#;
        assert_eq!(referenced_files("interfaces/api.json", json), ["interfaces/z.json", "shared/x.json"]);
        let proto = b"syntax = \"proto3\";\nimport \"b.proto\";\n import public 'c/d.proto';\nimport \"../x.proto\";\n";
        let expected = ["b.proto", "c/d.proto", "interfaces/b.proto", "interfaces/c/d.proto"];
        assert_eq!(referenced_files("interfaces/a.proto", proto), expected);
        let escaped =
            br#"{"$ref": "a%20b%C3%BC.json", "x": {"$ref": "100%.json"}, "y": {"$ref": "..%2f..%2fetc"}}"#;
        assert_eq!(referenced_files("a.json", escaped), ["100%.json", "a bü.json"]);
    }
}
