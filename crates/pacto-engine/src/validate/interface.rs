//! Interface files: they must be there, and what claims to be YAML or JSON must be.

use std::collections::HashMap;

use pacto_contract::yaml::{Budget, decode_utf8, load};
use pacto_contract::{Code, Diagnostic, Pointer, Source};

use super::cross_field::file_exists;
use super::{Subject, quoted};

pub(super) fn check(subject: Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(bundle) = subject.bundle else { return };
    let document = subject.document;
    let mut problems: HashMap<&str, Option<Diagnostic>> = HashMap::new();
    for (index, interface) in document.contract.interfaces.iter().enumerate() {
        let Some(path) = &interface.contract else { continue };
        let pointer = Pointer::root().key("interfaces").index(index).key("contract");
        if !file_exists(document, bundle, path, &pointer, findings) {
            continue;
        }
        let problem = problems.entry(path).or_insert_with(|| {
            let content = bundle.get(path).unwrap_or_default();
            unreadable(&file_beside(document.source.name(), path), path, content)
        });
        if let Some(problem) = problem {
            let message = format!("interface file {} cannot be read: {}", quoted(path), problem.message);
            let mut finding = Diagnostic::new(Code::InvalidContractFile, &pointer, message);
            finding.location.clone_from(&problem.location);
            findings.push(finding.with_help("correct the file at this place"));
        }
    }
}

/// The name to show for a file of the bundle whose contract is shown as `contract`.
pub(crate) fn file_beside(contract: &str, path: &str) -> String {
    let directory = contract.strip_suffix(pacto_contract::bundle::CONTRACT_FILE);
    format!("{}{path}", directory.unwrap_or_default())
}

/// What keeps a YAML or JSON file from being read; other kinds of files are not looked into.
fn unreadable(name: &str, path: &str, content: &[u8]) -> Option<Diagnostic> {
    let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if extension == "json" && serde_json::from_slice::<serde::de::IgnoredAny>(content).is_ok() {
        // Most JSON is fine and needs no tree; what fails here is read again for its place.
        return None;
    }
    if !matches!(extension.as_str(), "yaml" | "yml" | "json") {
        return None;
    }
    let error = match decode_utf8(content).and_then(|text| load(text, Budget::INTERFACE)) {
        Err(error) => error,
        // YAML that is no JSON, such as a trailing comma.
        Ok(_) if extension == "json" => {
            let error = serde_json::from_slice::<serde::de::IgnoredAny>(content).err()?;
            let message = format!("not JSON: {error}");
            let mut finding = Diagnostic::new(Code::InvalidContractFile, &Pointer::root(), message);
            finding.location = Some(pacto_contract::Location {
                file: name.into(),
                line: u32::try_from(error.line()).unwrap_or(u32::MAX),
                column: u32::try_from(error.column()).unwrap_or(u32::MAX),
            });
            return Some(finding);
        }
        Ok(_) => return None,
    };
    let source = Source::new(name, String::from_utf8_lossy(content));
    Some(
        Diagnostic::new(Code::InvalidContractFile, &Pointer::root(), error.to_string())
            .at(&source, error.span),
    )
}
