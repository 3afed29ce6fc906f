//! Interface files: which ones can be compared, and by what.

use pacto_contract::model::Interface;
use pacto_contract::{Code, Diagnostic, Pointer};

use super::Side;
use super::documents::{Documents, Unreadable};
use super::draft::Draft;
use super::openapi;
use crate::validate::file_beside;

pub(super) fn compare(
    old: Side<'_>,
    new: Side<'_>,
    drafts: &mut Vec<Draft>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for interface in &old.document.contract.interfaces {
        let Some(counterpart) = new.document.contract.interface(&interface.name) else { continue };
        let (Some(old_file), Some(new_file)) = (&interface.contract, &counterpart.contract) else { continue };
        let at = |side: Side<'_>, interface: &Interface| {
            let index =
                side.document.contract.interfaces.iter().position(|other| other.name == interface.name);
            Pointer::root().key("interfaces").index(index.unwrap_or_default()).key("contract")
        };
        let (old_at, new_at) = (at(old, interface), at(new, counterpart));
        if interface.kind == "http" && counterpart.kind == "http" {
            let old_documents = read(old, old_file, &old_at, diagnostics);
            let new_documents = read(new, new_file, &new_at, diagnostics);
            if let (Some(old_documents), Some(new_documents)) = (old_documents, new_documents) {
                openapi::compare(&old_documents, &new_documents, drafts);
                // A file of another format has no lines; that it changed is said all the same.
                let foreign = !openapi::is_openapi(&old_documents) || !openapi::is_openapi(&new_documents);
                if foreign {
                    unanalysed(old, new, (old_file, new_file), &new_at, counterpart, diagnostics);
                }
            }
        } else {
            unanalysed(old, new, (old_file, new_file), &new_at, counterpart, diagnostics);
        }
    }
}

/// Parses a file, or says why that is not possible.
pub(super) fn read(
    side: Side<'_>,
    file: &str,
    pointer: &Pointer,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Documents> {
    let shown = |path: &str| file_beside(side.document.source.name(), path);
    match Documents::read(side.bundle, file, shown) {
        Ok(documents) => Some(documents),
        Err(Unreadable::Missing) => {
            diagnostics.push(missing(side, file, pointer));
            None
        }
        Err(Unreadable::Broken(location, error)) => {
            let message = format!("{file} cannot be read and was not compared: {error}");
            let mut finding = Diagnostic::new(Code::InterfaceFileUnreadable, pointer, message);
            finding.location = Some(location);
            diagnostics.push(finding.with_help("correct the file at this place"));
            None
        }
    }
}

fn missing(side: Side<'_>, file: &str, pointer: &Pointer) -> Diagnostic {
    let message =
        format!("{file} is not in the bundle of {} and was not compared", side.document.contract.identity());
    side.document.finding(Code::InterfaceFileMissing, pointer, message)
}

/// A changed file of a format without comparator is never passed over in silence.
fn unanalysed(
    old: Side<'_>,
    new: Side<'_>,
    (old_file, new_file): (&str, &str),
    pointer: &Pointer,
    interface: &Interface,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (before, after) = (old.bundle.get(old_file), new.bundle.get(new_file));
    for (side, file, content) in [(old, old_file, before), (new, new_file, after)] {
        if content.is_none() {
            diagnostics.push(missing(side, file, pointer));
            return;
        }
    }
    if before != after {
        let message = format!(
            "{new_file} of {} interface {:?} changed and is not analysed",
            interface.kind, interface.name
        );
        let finding = new.document.finding(Code::InterfaceNotCompared, pointer, message);
        diagnostics.push(finding.with_help("review the file by hand"));
    }
}
