//! `.proto` files: what differs between two sets of files, by the rules of `buf breaking`.
//!
//! Comparators note everything that any level minds ([`annotation::Annotation`]); which of it is said, and with which
//! class, is up to the level (`rules/protobuf.rs`).

mod annotation;
mod declarations;
mod enums;
mod fields;
mod files;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use pacto_contract::{Bundle, Location};

use super::change::ChangeType;
use super::draft::{Draft, Section};
use super::fact::{Area, Fact, Kind};
use super::rules::{Family, ProtoLevel};
use crate::protobuf::{Module, Place, link, read};
use annotation::{Annotation, Walk};

/// Whether a file is one of those that are compared here.
pub(super) fn is_protobuf(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("proto"))
}

/// Gives the name of a file in messages.
pub(super) type Shown<'s> = &'s dyn Fn(&str) -> String;

/// Everything that differs; `main` are the paths of the file of the interface on either side, which is one file
/// whatever it is called.
pub(super) fn annotations(old: &Module, new: &Module, main: (&str, &str)) -> Vec<Annotation> {
    let mut walk = Walk::new(old, new, main);
    files::compare(&mut walk);
    declarations::compare(&mut walk);
    services::compare(&mut walk);
    fields::compare(&mut walk);
    enums::compare(&mut walk);
    walk.annotations
}

/// A difference by a rule of `buf breaking`, with the place where that program shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProtoAnnotation {
    /// Id of the rule.
    pub rule: &'static str,
    /// File of the new version; nothing where it is gone.
    pub file: Option<String>,
    /// File of the old version, where it was in one.
    pub old_file: Option<String>,
    /// First line and column, and last line with the column behind it, from 1; nothing for the file as a whole.
    pub span: Option<((u32, u32), (u32, u32))>,
}

/// What every rule says about all `.proto` files of two bundles, whatever the level; see [`ProtoLevel`].
///
/// ```
/// use pacto_contract::Bundle;
/// use pacto_engine::diff::proto_annotations;
/// let bundle = |text: &str| {
///     let mut bundle = Bundle::default();
///     bundle.insert("a.proto", text.as_bytes()).unwrap();
///     bundle
/// };
/// let (old, new) = (bundle("message A { optional string id = 1; }"), bundle("message A { optional string key = 1; }"));
/// let found = proto_annotations(&old, &new).unwrap();
/// assert!(found.iter().any(|one| one.rule == "FIELD_SAME_NAME" && one.span == Some(((1, 29), (1, 32)))));
/// ```
///
/// # Errors
/// The name of the first file that cannot be read.
pub fn proto_annotations(old: &Bundle, new: &Bundle) -> Result<Vec<ProtoAnnotation>, String> {
    let module = |bundle: &Bundle| -> Result<Module, String> {
        let paths = bundle.iter().map(|(path, _)| path).filter(|path| is_protobuf(path));
        let files: Result<Vec<_>, String> =
            paths.map(|path| read(bundle, path).map_err(|_| path.to_owned())).collect();
        Ok(link(&files?))
    };
    let found = annotations(&module(old)?, &module(new)?, ("", ""));
    let said = found.into_iter().filter(|annotation| !annotation.is_of_gone_package);
    Ok(said
        .map(|annotation| ProtoAnnotation {
            rule: annotation.rule.id(),
            span: annotation.new_at.as_ref().and_then(|place| place.span).map(|span| (span.start, span.end)),
            file: annotation.new_at.map(|place| place.file),
            old_file: annotation.old_at.map(|place| place.file),
        })
        .collect())
}

/// Lines for what differs, one for each declaration, in the order of the files. `shown` gives the names of files.
pub(super) fn drafts(
    annotations: Vec<Annotation>,
    level: ProtoLevel,
    shown: (Shown<'_>, Shown<'_>),
    drafts: &mut Vec<Draft>,
) {
    let mut lines: IndexMap<String, Draft> = IndexMap::new();
    let location = |place: Option<&Place>, shown: Shown<'_>| {
        let place = place?;
        let (line, column) = place.span?.start;
        Some(Location { file: shown(&place.file).into(), line, column })
    };
    for annotation in select(annotations, level) {
        let element = &annotation.element;
        let draft = lines.entry(element.path.clone()).or_insert_with(|| {
            let value = |text: &Option<String>| text.clone().map(serde_json::Value::String);
            let change_type = match element.sides {
                (false, _) => ChangeType::Added,
                (_, false) => ChangeType::Removed,
                _ => ChangeType::Modified,
            };
            let mut draft = Draft::plain(
                Section::Interfaces,
                element.base,
                change_type,
                value(&element.old),
                value(&element.new),
            );
            draft.path.clone_from(&element.path);
            draft.reason = format!("{} {}", element.name, change_type.as_str());
            draft
        });
        let old_at = location(annotation.old_at.as_ref(), shown.0);
        let new_at = location(annotation.new_at.as_ref(), shown.1);
        draft.old_at = draft.old_at.take().or_else(|| old_at.clone());
        draft.new_at = draft.new_at.take().or_else(|| new_at.clone());
        draft.facts.push(Fact {
            kind: Kind::Protobuf(annotation.rule, level),
            area: Area::Document,
            direction: None,
            subject: annotation.subject,
            old: annotation.old,
            new: annotation.new,
            old_at,
            new_at,
            nested: false,
            is_unseen: false,
            verdict: None,
        });
    }
    drafts.extend(lines.into_values());
}

/// What is said at a level: of things that several rules judge those of the level, else the mildest one.
fn select(annotations: Vec<Annotation>, level: ProtoLevel) -> Vec<Annotation> {
    let mut judged = BTreeSet::new();
    let mut mildest: BTreeMap<(String, Family), &'static str> = BTreeMap::new();
    let key = |annotation: &Annotation| (annotation.element.path.clone(), annotation.family());
    let counts = |annotation: &Annotation| level != ProtoLevel::Package || !annotation.is_of_gone_package;
    for annotation in annotations.iter().filter(|annotation| counts(annotation)) {
        if annotation.rule.is_of(level) {
            judged.insert(key(annotation));
        }
        // Rules are noted in the order of the table, the strictest first.
        mildest.insert(key(annotation), annotation.rule.id());
    }
    let is_said = |annotation: &Annotation| {
        let key = key(annotation);
        counts(annotation)
            && (annotation.family() == Family::Alone
                || annotation.rule.is_of(level)
                || (!judged.contains(&key) && mildest.get(&key) == Some(&annotation.rule.id())))
    };
    annotations.into_iter().filter(|annotation| is_said(annotation)).collect()
}
