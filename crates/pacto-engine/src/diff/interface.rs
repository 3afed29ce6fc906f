//! Interface files: which ones can be compared, and by what.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use pacto_contract::limits::MAX_BUNDLE_PATH_BYTES;
use pacto_contract::model::Interface;
use pacto_contract::{Code, Diagnostic, Location, Pointer};

use super::contract::places;
use super::documents::{Documents, Unreadable};
use super::draft::Draft;
use super::{Options, Side};
use super::{asyncapi, openapi, protobuf};
use crate::protobuf as proto;
use crate::validate::file_beside;

pub(super) fn compare(
    old: Side<'_>,
    new: Side<'_>,
    options: Options,
    drafts: &mut Vec<Draft>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (before, after) = (&old.document.contract.interfaces, &new.document.contract.interfaces);
    let by_name = places(after, |interface| interface.name.clone());
    let (mut old_files, mut new_files) = (Files::new(old), Files::new(new));
    let mut compared = BTreeSet::new();
    for (old_index, interface) in before.iter().enumerate() {
        let Some(new_index) = by_name.get(&interface.name).copied() else { continue };
        let Some(counterpart) = after.get(new_index) else { continue };
        let (Some(old_file), Some(new_file)) = (&interface.contract, &counterpart.contract) else { continue };
        let is_http = interface.kind == "http" && counterpart.kind == "http";
        // Two interfaces may share a file; its lines are the same for both.
        if !compared.insert((old_file, new_file, is_http)) {
            continue;
        }
        let start = drafts.len();
        let at = |index: usize| Pointer::root().key("interfaces").index(index).key("contract");
        let (old_at, new_at) = (at(old_index), at(new_index));
        if is_http {
            let old_documents = old_files.read(old_file, &old_at, diagnostics);
            let new_documents = new_files.read(new_file, &new_at, diagnostics);
            if let (Some(old_documents), Some(new_documents)) = (old_documents, new_documents) {
                openapi::compare(&old_documents, &new_documents, options.today, drafts);
                // A file of another format has no lines; that it changed is said all the same.
                let foreign = !openapi::is_openapi(&old_documents) || !openapi::is_openapi(&new_documents);
                if foreign {
                    unanalysed(old, new, (old_file, new_file), &new_at, counterpart, diagnostics);
                }
            }
        } else if is_structured(old_file) && is_structured(new_file) {
            let old_documents = old_files.read(old_file, &old_at, diagnostics);
            let new_documents = new_files.read(new_file, &new_at, diagnostics);
            if let (Some(old_documents), Some(new_documents)) = (old_documents, new_documents) {
                if asyncapi::is_asyncapi(&old_documents) && asyncapi::is_asyncapi(&new_documents) {
                    asyncapi::compare(&old_documents, &new_documents, options.asyncapi2, drafts);
                    // What it refers to may be of a format that is no tree, such as a `.proto` file.
                    let is_read = |path: &str| old_documents.has(path) && new_documents.has(path);
                    if !same_behind(old, new, new_file, &is_read) {
                        diagnostics.push(unanalysed_finding(new, new_file, &new_at, counterpart));
                    }
                } else {
                    unanalysed(old, new, (old_file, new_file), &new_at, counterpart, diagnostics);
                }
            }
        } else if protobuf::is_protobuf(old_file) && protobuf::is_protobuf(new_file) {
            let before = read_protobuf(old, old_file, &old_at, diagnostics);
            let after = read_protobuf(new, new_file, &new_at, diagnostics);
            if let (Some((before, had)), Some((after, has))) = (before, after) {
                for (side, missing, at) in [
                    (old, had.missing.intersection(&has.found), &old_at),
                    (new, has.missing.intersection(&had.found), &new_at),
                ] {
                    diagnostics.extend(missing.map(|import| self::missing(side, import, at)));
                }
                let annotations = protobuf::annotations(&before, &after, (old_file, new_file));
                let shown = |side: Side<'_>, path: &str| file_beside(side.document.source.name(), path);
                let names: (protobuf::Shown<'_>, protobuf::Shown<'_>) =
                    (&|path| shown(old, path), &|path| shown(new, path));
                protobuf::drafts(annotations, options.proto_level, names, drafts);
            }
        } else {
            unanalysed(old, new, (old_file, new_file), &new_at, counterpart, diagnostics);
        }
        // Those that this interface added.
        for draft in drafts.get_mut(start..).unwrap_or_default() {
            draft.interface = Some(interface.name.clone());
        }
    }
}

/// Whether a file is one of those that are read as a tree.
fn is_structured(file: &str) -> bool {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    matches!(extension.as_str(), "yaml" | "yml" | "json")
}

/// A file with what it imports inside of the bundle. Why a file cannot be read is said; without the first one there is
/// nothing to compare.
fn read_protobuf(
    side: Side<'_>,
    file: &str,
    pointer: &Pointer,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(proto::Module, proto::Imported)> {
    let parsed = match proto::read(side.bundle, file) {
        Ok(parsed) => parsed,
        Err(why) => {
            diagnostics.push(unread_protobuf(side, file, pointer, why));
            return None;
        }
    };
    let mut imported = proto::with_imports(side.bundle, parsed);
    let unread = std::mem::take(&mut imported.unread).into_iter();
    diagnostics.extend(unread.map(|(file, why)| unread_protobuf(side, &file, pointer, why)));
    Some((proto::link(&imported.files), imported))
}

fn unread_protobuf(side: Side<'_>, file: &str, pointer: &Pointer, why: proto::Unreadable) -> Diagnostic {
    let (message, at) = match why {
        proto::Unreadable::Missing => return missing(side, file, pointer),
        proto::Unreadable::TooLarge => {
            ("it, or all files together, are larger than what is read".into(), (1, 1))
        }
        proto::Unreadable::Broken { message, at } => (message, at),
    };
    let message = format!("{file} cannot be read and was not compared: {message}");
    let mut finding = Diagnostic::new(Code::InterfaceFileUnreadable, pointer, message);
    let shown = file_beside(side.document.source.name(), file);
    finding.location = Some(Location { file: shown.into(), line: at.0, column: at.1 });
    finding.with_help("correct the file at this place")
}

/// The files of one version, each read once.
pub(super) struct Files<'a> {
    side: Side<'a>,
    read: BTreeMap<String, Option<Rc<Documents>>>,
}

impl<'a> Files<'a> {
    pub fn new(side: Side<'a>) -> Self {
        Self { side, read: BTreeMap::new() }
    }

    /// The file as a tree. Why that is not possible is said once.
    pub fn read(
        &mut self,
        file: &str,
        pointer: &Pointer,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Rc<Documents>> {
        let side = self.side;
        let documents = || read(side, file, pointer, diagnostics).map(Rc::new);
        self.read.entry(file.to_owned()).or_insert_with(documents).clone()
    }
}

/// Parses a file, or says why that is not possible.
fn read(
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

/// Whether the files that `file` uses, directly or not, are the same on both sides, but for those that are compared
/// otherwise. What a text in quotes names beside
/// it, or from the root of the bundle, is taken to be used: `import "b.proto"`, `$ref: "p.json"`.
fn same_behind(old: Side<'_>, new: Side<'_>, file: &str, is_read: &dyn Fn(&str) -> bool) -> bool {
    let mut seen = BTreeSet::from([file.to_owned()]);
    let mut work = vec![file.to_owned()];
    while let Some(file) = work.pop() {
        let (before, after) = (old.bundle.get(&file), new.bundle.get(&file));
        if before != after && !is_read(&file) {
            return false;
        }
        let text = after.map(String::from_utf8_lossy).unwrap_or_default();
        let used = used_files(&text, &file)
            .into_iter()
            .filter(|used| old.bundle.contains(used) || new.bundle.contains(used));
        work.extend(used.filter(|used| seen.insert(used.clone())));
    }
    true
}

/// Paths in the bundle that words of a text may mean.
fn used_files(text: &str, file: &str) -> BTreeSet<String> {
    let beside = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    let words = text.split(|letter: char| {
        letter.is_whitespace() || matches!(letter, '"' | '\'' | '#' | '{' | '}' | ',' | ';')
    });
    let words = words.filter(|word| word.contains('.') && word.len() <= MAX_BUNDLE_PATH_BYTES);
    let mut used = BTreeSet::new();
    for word in words {
        let word = word.trim_start_matches("./");
        let mut parts: Vec<&str> = beside.split('/').filter(|part| !part.is_empty()).collect();
        let mut rest = word;
        while let Some(above) = rest.strip_prefix("../") {
            parts.pop();
            rest = above;
        }
        parts.push(rest);
        used.extend([word.to_owned(), parts.join("/")]);
    }
    used
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
    if before != after || !same_behind(old, new, new_file, &|_| false) {
        diagnostics.push(unanalysed_finding(new, new_file, pointer, interface));
    }
}

fn unanalysed_finding(new: Side<'_>, file: &str, pointer: &Pointer, interface: &Interface) -> Diagnostic {
    let message = format!(
        "{file} of {} interface {:?}, or a file that it uses, changed and is not analysed",
        interface.kind, interface.name
    );
    let finding = new.document.finding(Code::InterfaceNotCompared, pointer, message);
    finding.with_help("review the file by hand")
}
