//! `.proto` files: what differs between two sets of files, by the rules of `buf breaking`.
//!
//! Comparators note everything that any level minds ([`annotation::Annotation`]); which of it is said, and with which
//! class, is up to the level (`rules/protobuf.rs`).

mod annotation;
mod declarations;
mod enums;
mod fields;
mod files;
#[cfg(test)]
mod oracle;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use pacto_contract::Location;

use super::change::ChangeType;
use super::draft::{Draft, Section};
use super::fact::{Area, Fact, Kind};
use super::rules::{Family, ProtoLevel};
use crate::protobuf::{Module, Place};
use annotation::{Annotation, Walk};

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

/// Lines for what differs, one for each declaration, in the order of the files. `shown` gives the names of files.
pub(super) fn drafts(
    annotations: Vec<Annotation>,
    level: ProtoLevel,
    shown: (&dyn Fn(&str) -> String, &dyn Fn(&str) -> String),
    drafts: &mut Vec<Draft>,
) {
    let mut lines: IndexMap<String, Draft> = IndexMap::new();
    let location = |place: Option<&Place>, shown: &dyn Fn(&str) -> String| {
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
