//! `OpenAPI` 2.0 to 3.2: paths, methods, and what is inside an operation.

mod content;
mod operation;
mod parameter;
mod path;
mod security;
mod webhook;

use serde_json::json;

use super::change::{ChangeType, Direction};
use super::documents::{Documents, Located, same};
use super::draft::{Draft, Section};
use super::fact::{Area, Fact, Kind};
use super::lifecycle;
use super::schema::{Dialect, SchemaComparison, is_annotation};
use super::version::Day;

/// Methods of a path item; every other key is something else.
const METHODS: &[&str] = &["get", "post", "put", "delete", "patch", "options", "head", "trace", "query"];

/// Keys of the document that apply to all operations, with the kind of fact they make.
const GLOBAL_KEYS: &[(&str, Kind)] = &[
    ("servers", Kind::Servers),
    ("host", Kind::Servers),
    ("basePath", Kind::Servers),
    ("schemes", Kind::Servers),
    ("security", Kind::Security),
    ("consumes", Kind::Other),
    ("produces", Kind::Other),
];

/// Two versions of one document.
#[derive(Clone, Copy)]
struct Comparison<'a> {
    old_dialect: Dialect,
    new_dialect: Dialect,
    /// What applies to operations that say nothing of it themselves.
    security: (Option<Located<'a>>, Option<Located<'a>>),
    /// The day, by which what was announced is due.
    today: Option<Day>,
}

impl Comparison<'_> {
    /// How schemas are compared in it.
    fn schemas<'c>(&self, area: Area, direction: Direction, root: &'c str) -> SchemaComparison<'c> {
        SchemaComparison {
            old_dialect: self.old_dialect,
            new_dialect: self.new_dialect,
            today: self.today,
            ..SchemaComparison::new(area, direction, root)
        }
    }
}

/// A path that is on both sides.
struct Paths<'a> {
    /// As it was written.
    old: &'a str,
    /// Names of its parameters that differ, old and new.
    renamed: Vec<(&'a str, &'a str)>,
}

/// Whether the main file says that it is `OpenAPI`, or looks like it.
pub(super) fn is_openapi(documents: &Documents) -> bool {
    let marks = ["openapi", "swagger", "paths"];
    documents.root().is_some_and(|root| marks.iter().any(|mark| root.get(mark).is_some()))
}

pub(super) fn compare(old: &Documents, new: &Documents, today: Option<Day>, drafts: &mut Vec<Draft>) {
    if old.is_same(new) {
        return;
    }
    let (Some(old), Some(new)) = (old.root(), new.root()) else { return };
    let comparison = Comparison {
        old_dialect: dialect(old),
        new_dialect: dialect(new),
        security: (old.get("security"), new.get("security")),
        today,
    };
    let empty = Vec::new;
    let old_paths = old.get("paths").map_or_else(empty, |paths| paths.entries().collect());
    let new_paths: Vec<_> = new.get("paths").map_or_else(empty, |paths| paths.entries().collect());
    let matched = path::matched(&old_paths, &new_paths);
    for (path, item, counterpart) in matched.old {
        match counterpart {
            Some((new_path, counterpart)) => {
                let paths = Paths { old: path, renamed: path::renamed(path, new_path) };
                if path != new_path {
                    drafts.push(renamed_path((path, item), (new_path, counterpart)));
                }
                compare_item(&paths, item, counterpart, comparison, drafts);
            }
            None => drafts.push(removed_path(path, item, comparison)),
        }
    }
    for (path, item) in matched.added {
        drafts.push(whole_path(path, ChangeType::Added, item));
    }
    webhook::compare(old, new, comparison, drafts);
    globals(old, new, drafts);
}

fn dialect(root: Located<'_>) -> Dialect {
    let version = root.text("openapi").or_else(|| root.text("swagger")).unwrap_or_default();
    if version.starts_with("3.0") || version.starts_with('2') {
        Dialect::OpenApi3_0
    } else {
        Dialect::JsonSchema
    }
}

fn whole_path(path: &str, change_type: ChangeType, item: Located<'_>) -> Draft {
    let value = Some(json!(path));
    let removed = change_type == ChangeType::Removed;
    let (old, new) = if removed { (value, None) } else { (None, value) };
    let mut draft = Draft::plain(Section::Interfaces, "openapi.paths", change_type, old, new);
    draft.path = format!("openapi.paths[{path}]");
    draft.reason = format!("API path {path} {}", change_type.as_str());
    let place = Some(item.location());
    if removed { draft.at(place, None) } else { draft.at(None, place) }
}

/// A path that is gone; it may have been announced for all its operations.
fn removed_path(path: &str, item: Located<'_>, comparison: Comparison<'_>) -> Draft {
    let mut draft = whole_path(path, ChangeType::Removed, item);
    let Ok(resolved) = item.resolved() else { return draft };
    let operations = methods(resolved).into_iter().filter_map(|method| resolved.get(method));
    let all: Option<Vec<_>> =
        operations.map(|operation| lifecycle::announced(operation, comparison.today)).collect();
    // The last day counts: until then some operation was promised.
    if let Some(announced) = all.into_iter().flatten().max_by_key(|announced| announced.day) {
        let subject = format!("path {path}");
        draft.facts.push(announced.removal(subject, true).between(item, item));
        draft.base = "openapi.paths.announced";
    }
    draft
}

/// A path whose parameters have other names.
fn renamed_path((old, old_item): (&str, Located<'_>), (new, new_item): (&str, Located<'_>)) -> Draft {
    let (before, after) = (Some(json!(old)), Some(json!(new)));
    let mut draft =
        Draft::plain(Section::Interfaces, "openapi.operation", ChangeType::Modified, before, after);
    draft.path = format!("openapi.paths[{old}]");
    draft.reason = format!("API path {old} modified");
    let renamed = Fact::new(Kind::PathParameterRenamed, Area::Operation, None, "path".to_owned());
    draft.facts.push(renamed.between(old_item, new_item).with(Some(old), Some(new)));
    draft.at(Some(old_item.location()), Some(new_item.location()))
}

fn compare_item(
    paths: &Paths<'_>,
    old: Located<'_>,
    new: Located<'_>,
    comparison: Comparison<'_>,
    drafts: &mut Vec<Draft>,
) {
    let path = paths.old;
    let (old, new) = match (old.resolved(), new.resolved()) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(before), Err(after)) if before == after => return,
        _ => {
            drafts.push(item_line(path, "$ref", Kind::Unresolved, old, new));
            return;
        }
    };
    for method in methods(old) {
        let upper = method.to_uppercase();
        match (old.get(method), new.get(method)) {
            (Some(old_operation), Some(new_operation)) => {
                let pair = operation::Pair { paths, method: &upper, comparison };
                pair.compare((old, old_operation), (new, new_operation), drafts);
            }
            (Some(operation), None) => {
                let mut draft = whole_method(path, &upper, ChangeType::Removed, operation);
                if let Some(announced) = lifecycle::announced(operation, comparison.today) {
                    let subject = format!("{upper} {path}");
                    draft.facts.push(announced.removal(subject, false).between(operation, new));
                    draft.base = "openapi.methods.announced";
                }
                drafts.push(draft);
            }
            _ => {}
        }
    }
    for method in methods(new).into_iter().filter(|method| old.get(method).is_none()) {
        if let Some(operation) = new.get(method) {
            drafts.push(whole_method(path, &method.to_uppercase(), ChangeType::Added, operation));
        }
    }
    let differs = |key: &str| match (old.get(key), new.get(key)) {
        (None, None) => false,
        (Some(old), Some(new)) => !same(key, old, new, &is_annotation),
        _ => true,
    };
    for (key, kind) in [("servers", Kind::Servers), ("additionalOperations", Kind::Other)] {
        if differs(key) {
            drafts.push(item_line(path, key, kind, old, new));
        }
    }
}

/// The methods of a path item, in document order.
fn methods(item: Located<'_>) -> Vec<&str> {
    item.entries().map(|(key, _)| key).filter(|key| METHODS.contains(key)).collect()
}

fn whole_method(path: &str, method: &str, change_type: ChangeType, operation: Located<'_>) -> Draft {
    let value = Some(json!(format!("{method} {path}")));
    let removed = change_type == ChangeType::Removed;
    let (old, new) = if removed { (value, None) } else { (None, value) };
    let mut draft = Draft::plain(Section::Interfaces, "openapi.methods", change_type, old, new);
    draft.path = format!("openapi.paths[{path}].methods[{method}]");
    draft.reason = format!("{method} {path} method {}", change_type.as_str());
    let place = Some(operation.location());
    if removed { draft.at(place, None) } else { draft.at(None, place) }
}

fn item_line(path: &str, key: &str, kind: Kind, old: Located<'_>, new: Located<'_>) -> Draft {
    let value = || Some(json!(path));
    let mut draft =
        Draft::plain(Section::Interfaces, "openapi.operation", ChangeType::Modified, value(), value());
    draft.path = format!("openapi.paths[{path}].{key}");
    draft.reason = format!("API path {path} {key} modified");
    draft.facts.push(
        Fact::new(kind, Area::Operation, None, path.to_owned()).between(old, new).with(None, Some(key)),
    );
    draft.at(Some(old.location()), Some(new.location()))
}

fn security_schemes(root: Located<'_>) -> Option<Located<'_>> {
    let of_components = root.get("components").and_then(|components| components.get("securitySchemes"));
    of_components.or_else(|| root.get("securityDefinitions"))
}

/// What applies to the whole document: one line a key.
fn globals(old: Located<'_>, new: Located<'_>, drafts: &mut Vec<Draft>) {
    let sections = GLOBAL_KEYS.iter().map(|(key, kind)| (*key, *kind, old.get(key), new.get(key)));
    let security = [("securitySchemes", Kind::Security, security_schemes(old), security_schemes(new))];
    for (key, kind, before, after) in sections.chain(security) {
        let differs = match (before, after) {
            (None, None) => false,
            (Some(before), Some(after)) => !same(key, before, after, &is_annotation),
            _ => true,
        };
        if !differs {
            continue;
        }
        let change_type = super::contract::change_type(before.is_some(), after.is_some());
        let value = |there: bool| there.then(|| json!(key));
        let (old_value, new_value) = (value(before.is_some()), value(after.is_some()));
        let mut draft =
            Draft::plain(Section::Interfaces, "openapi.operation", change_type, old_value, new_value);
        draft.path = format!("openapi.{key}");
        draft.reason = format!("API {key} {}", change_type.as_str());
        let subject = "all operations";
        let (old_at, new_at) = (before.unwrap_or(old), after.unwrap_or(new));
        let places = security::Places { old: old_at, new: new_at };
        draft.facts = match (kind, key) {
            (Kind::Security, "security") => {
                security::requirements(Area::Document, subject, (before, after), places)
            }
            (Kind::Security, _) => security::schemes((before, after), places),
            _ => {
                let other = Fact::new(kind, Area::Operation, None, subject.to_owned());
                vec![other.between(old_at, new_at).with(None, Some(key))]
            }
        };
        // Written differently, and the same people are let in in the same ways.
        if draft.facts.is_empty() {
            continue;
        }
        drafts.push(draft.at(Some(old_at.location()), Some(new_at.location())));
    }
}
