//! Files of a bundle as descriptors, with what they import.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::Bundle;
use pacto_contract::yaml::decode_utf8;
use prost_types::{DescriptorProto, FileDescriptorProto, UninterpretedOption};

use super::edition::{self, Prepared};

/// Most files that are read for one interface: the file and what it imports.
pub(crate) const MAX_FILES: usize = 2_000;
/// Largest file that is read, in bytes. The largest of `googleapis` has 400 KiB.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes of all files that are read for one interface.
const MAX_ALL_BYTES: usize = 32 * 1024 * 1024;

/// Longest full name of a message, an enum, a service or a type, in bytes. Every part of a file carries some of them.
const MAX_NAME_BYTES: usize = 1_024;

/// A place in a file: lines and columns from 1, columns in characters, the end behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// Line and column of the first character.
    pub start: (u32, u32),
    /// Line and column behind the last character.
    pub end: (u32, u32),
}

/// A file of a bundle.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// Path in the bundle.
    pub path: String,
    /// What the file says. Names of types stay as they are written, options are not interpreted.
    pub descriptor: FileDescriptorProto,
    /// Such as `2023`; a file without one has a `syntax`.
    pub edition: Option<String>,
    spans: BTreeMap<Vec<i32>, Span>,
}

impl Parsed {
    /// Where the part of the descriptor at `path` stands; see `SourceCodeInfo.Location.path`.
    pub fn span(&self, path: &[i32]) -> Option<Span> {
        self.spans.get(path).copied()
    }
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not in the bundle.
    Missing,
    /// It is larger than what is read.
    TooLarge,
    /// It is not what it should be.
    Broken {
        message: String,
        /// Line and column from 1.
        at: (u32, u32),
    },
}

/// Reads one file.
pub(crate) fn read(bundle: &Bundle, path: &str) -> Result<Parsed, Unreadable> {
    let bytes = bundle.get(path).ok_or(Unreadable::Missing)?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let broken = |message: String, before: &[u8]| {
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Unreadable::Broken { message, at: (number(line), number(column)) }
    };
    let text = decode_utf8(bytes).map_err(|error| {
        broken(error.to_string(), bytes.get(..error.span.start as usize).unwrap_or_default())
    })?;
    let prepared = edition::prepare(text);
    let parsed = protox_parse::parse(path, &prepared.text);
    let mut descriptor = parsed.map_err(|error| {
        let start = error.span().map_or(prepared.text.len(), |span| span.start);
        broken(error.to_string(), prepared.text.as_bytes().get(..start).unwrap_or_default())
    })?;
    if longest_name(&descriptor) > MAX_NAME_BYTES {
        let message = format!("a name is longer than {MAX_NAME_BYTES} bytes");
        return Err(Unreadable::Broken { message, at: (1, 1) });
    }
    let spans = spans(&descriptor, &prepared);
    if prepared.edition.is_some() {
        descriptor.syntax = Some("editions".to_owned());
    }
    Ok(Parsed { path: path.to_owned(), descriptor, edition: prepared.edition, spans })
}

/// Length of the longest full name, with what it stands in. The parser bounds how deep messages nest.
fn longest_name(file: &FileDescriptorProto) -> usize {
    fn of_message(message: &DescriptorProto, around: usize) -> usize {
        let here = around + 1 + message.name().len();
        let fields = message.field.iter().chain(&message.extension);
        let types = fields.map(|field| field.type_name().len().max(field.extendee().len()));
        let enums = message.enum_type.iter().map(|one| here + 1 + one.name().len());
        let nested = message.nested_type.iter().map(|nested| of_message(nested, here));
        types.chain(enums).chain(nested).fold(here, usize::max)
    }
    let package = file.package().len();
    let messages = file.message_type.iter().map(|message| of_message(message, package));
    let enums = file.enum_type.iter().map(|one| package + 1 + one.name().len());
    let services = file.service.iter().flat_map(|service| {
        let types =
            service.method.iter().map(|method| method.input_type().len().max(method.output_type().len()));
        types.chain([package + 1 + service.name().len()])
    });
    let extensions = file.extension.iter().map(|one| one.type_name().len().max(one.extendee().len()));
    messages.chain(enums).chain(services).chain(extensions).fold(package, usize::max)
}

fn spans(descriptor: &FileDescriptorProto, prepared: &Prepared<'_>) -> BTreeMap<Vec<i32>, Span> {
    /// Longest line whose characters are counted, in bytes; in longer ones a column counts bytes.
    const MAX_LINE: usize = 4096;
    let lines: Vec<&str> = prepared.text.split('\n').collect();
    let counted = |line: &str| line.len() <= MAX_LINE && !line.is_ascii();
    let place = |(line, column): (i32, i32)| {
        let text = usize::try_from(line).ok().and_then(|line| lines.get(line)).copied().unwrap_or_default();
        let before = usize::try_from(column).ok().and_then(|column| text.get(..column)).unwrap_or_default();
        let longer = if counted(text) { before.len() - before.chars().count() } else { 0 };
        let longer = i32::try_from(longer).unwrap_or(0) + prepared.grown(line, column);
        let number = |value: i32| u32::try_from(value.saturating_add(1)).unwrap_or(1);
        (number(line), number(column - longer))
    };
    let locations = descriptor.source_code_info.iter().flat_map(|info| &info.location);
    let mut spans = BTreeMap::new();
    for location in locations {
        let (start, end) = match *location.span.as_slice() {
            [line, start, end] => ((line, start), (line, end)),
            [line, start, last, end] => ((line, start), (last, end)),
            _ => continue,
        };
        // The first of a path is the declaration itself.
        spans.entry(location.path.clone()).or_insert(Span { start: place(start), end: place(end) });
    }
    spans
}

/// A file with those that it imports, directly or not.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    /// As far as the bundle has them and they can be read; the file itself is the first.
    pub files: Vec<Parsed>,
    /// Those that cannot be read, and why.
    pub unread: Vec<(String, Unreadable)>,
    /// Imports, as they are written, that the bundle has.
    pub found: BTreeSet<String>,
    /// Those that it has not, such as `google/api/annotations.proto`.
    pub missing: BTreeSet<String>,
}

/// Reads what a file imports.
pub(crate) fn with_imports(bundle: &Bundle, file: Parsed) -> Imported {
    let mut known = BTreeSet::from([file.path.clone()]);
    let mut bytes = bundle.get(&file.path).map_or(0, <[u8]>::len);
    let mut imported = Imported { files: vec![file], ..Imported::default() };
    let mut next = 0;
    while let Some(file) = imported.files.get(next) {
        let mut wanted = Vec::new();
        for import in &file.descriptor.dependency {
            match find_import(bundle, &file.path, import) {
                Some(path) => {
                    imported.found.insert(import.clone());
                    wanted.push(path);
                }
                None => {
                    imported.missing.insert(import.clone());
                }
            }
        }
        next += 1;
        for import in wanted {
            if !known.insert(import.clone()) {
                continue;
            }
            bytes += bundle.get(&import).map_or(0, <[u8]>::len);
            if known.len() > MAX_FILES || bytes > MAX_ALL_BYTES {
                imported.unread.push((import, Unreadable::TooLarge));
                return imported;
            }
            match read(bundle, &import) {
                Ok(file) => imported.files.push(file),
                Err(why) => imported.unread.push((import, why)),
            }
        }
    }
    imported
}

/// Where an imported file lies: names count from some root, which is a directory above the importing file.
fn find_import(bundle: &Bundle, from: &str, import: &str) -> Option<String> {
    let mut directory = from;
    loop {
        directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
        let path = if directory.is_empty() { import.to_owned() } else { format!("{directory}/{import}") };
        if bundle.contains(&path) {
            return Some(path);
        }
        if directory.is_empty() {
            return None;
        }
    }
}

/// An option as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    /// Such as `java_package`, `features.json_format`, `(google.api.http)`.
    pub name: String,
    /// The value in one spelling.
    pub value: String,
    /// The whole statement.
    pub at: Option<Span>,
}

/// Options of one declaration, whose descriptor stands at `path` of `file`.
pub(crate) fn settings(file: &Parsed, path: &[i32], options: &[UninterpretedOption]) -> Vec<Setting> {
    /// Number of `uninterpreted_option` in every message of options.
    const UNINTERPRETED: i32 = 999;
    let mut settings = Vec::new();
    for (position, option) in (0..).zip(options) {
        let at = file.span(&[path, &[UNINTERPRETED, position]].concat());
        let part = |part: &prost_types::uninterpreted_option::NamePart| {
            if part.is_extension {
                format!("({})", part.name_part.trim_start_matches('.'))
            } else {
                part.name_part.clone()
            }
        };
        let name = option.name.iter().map(part).collect::<Vec<_>>().join(".");
        let aggregate = option.aggregate_value.as_deref().filter(|_| name == "features");
        if let Some(aggregate) = aggregate {
            let words: Vec<&str> = aggregate
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .filter(|w| !w.is_empty())
                .collect();
            settings.extend(words.chunks_exact(2).filter_map(|pair| {
                let [key, value] = pair else { return None };
                Some(Setting { name: format!("features.{key}"), value: (*value).to_owned(), at })
            }));
        } else {
            settings.push(Setting { name, value: value(option), at });
        }
    }
    settings
}

fn value(option: &UninterpretedOption) -> String {
    if let Some(text) = &option.string_value {
        return String::from_utf8_lossy(text).into_owned();
    }
    let number = option.positive_int_value.map(|number| number.to_string());
    let number = number.or_else(|| option.negative_int_value.map(|number| number.to_string()));
    let number = number.or_else(|| option.double_value.map(|number| number.to_string()));
    let word = option.identifier_value.clone().or(number);
    word.or_else(|| option.aggregate_value.clone()).unwrap_or_default()
}
