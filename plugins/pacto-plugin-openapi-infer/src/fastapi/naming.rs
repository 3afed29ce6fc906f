//! Names of components. Two classes may have one name, and one class two schemas: what goes in and what comes out.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::models::Mode;

const PREFIX: &str = "#/components/schemas/";
/// No name of a class begins with it.
const MARK: char = '\u{1}';

/// A schema that other parts of the document refer to.
#[derive(Debug, Clone)]
pub struct Component {
    /// `Page[Item]`.
    pub name: String,
    /// `shop.models`.
    pub module: String,
    pub schema: Value,
}

/// A reference to a component that has no name yet.
pub fn placeholder(index: usize) -> String {
    format!("{PREFIX}{MARK}{index}")
}

/// The component that a reference means.
pub fn index_of(reference: &str) -> Option<usize> {
    reference.strip_prefix(PREFIX)?.strip_prefix(MARK)?.parse().ok()
}

/// Names every component, in `document` too; the components by their names, sorted.
pub fn finish(components: IndexMap<(String, Mode), Component>, document: &mut Value) -> Map<String, Value> {
    let split = split(&components);
    // What is the same whichever way it goes is one.
    let mut distinct: BTreeMap<(String, Option<Mode>), Vec<usize>> = BTreeMap::new();
    for (index, ((identity, mode), _)) in components.iter().enumerate() {
        let mode = split.contains(identity).then_some(*mode);
        distinct.entry((identity.clone(), mode)).or_default().push(index);
    }
    let candidates: Vec<(Vec<usize>, Vec<String>)> = distinct
        .into_values()
        .map(|indexes| {
            let names = indexes.first().and_then(|index| components.get_index(*index));
            let names = names.map(|((_, mode), component)| candidates(component, *mode)).unwrap_or_default();
            (indexes, names)
        })
        .collect();
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, names) in &candidates {
        for name in names.iter().collect::<BTreeSet<_>>() {
            *taken.entry(name).or_default() += 1;
        }
    }
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    for (indexes, candidates) in &candidates {
        let free = candidates.iter().find(|name| taken.get(name.as_str()) == Some(&1));
        if let Some(name) = free.or(candidates.last()) {
            names.extend(indexes.iter().map(|index| (*index, name.clone())));
        }
    }
    rename(document, &names);
    let mut schemas = BTreeMap::new();
    for (index, (_, mut component)) in components.into_iter().enumerate() {
        rename(&mut component.schema, &names);
        if let Some(name) = names.get(&index) {
            schemas.insert(name.clone(), component.schema);
        }
    }
    schemas.into_iter().collect()
}

/// Classes whose schemas differ by the way that values go, or that contain such a class.
fn split(components: &IndexMap<(String, Mode), Component>) -> BTreeSet<String> {
    let mut split = BTreeSet::new();
    let both = |identity: &String| {
        let input = components.get(&(identity.clone(), Mode::Validation))?;
        let output = components.get(&(identity.clone(), Mode::Serialization))?;
        Some((input, output))
    };
    loop {
        let before = split.len();
        for (identity, _) in components.keys() {
            if split.contains(identity) {
                continue;
            }
            let Some((input, output)) = both(identity) else { continue };
            let shown = |component: &Component, mode: Mode| {
                let mut schema = component.schema.clone();
                let named = components.keys().enumerate().map(|(index, (identity, _))| {
                    let mode = if split.contains(identity) { format!("{mode:?}") } else { String::new() };
                    (index, format!("{identity}{mode}"))
                });
                rename(&mut schema, &named.collect());
                schema
            };
            if shown(input, Mode::Validation) != shown(output, Mode::Serialization) {
                split.insert(identity.clone());
            }
        }
        if split.len() == before {
            return split;
        }
    }
}

/// The names that a component may get, the first that is its alone wins.
fn candidates(component: &Component, mode: Mode) -> Vec<String> {
    let side = match mode {
        Mode::Validation => "-Input",
        Mode::Serialization => "-Output",
    };
    let legal = |text: &str| -> String {
        text.chars()
            .map(|one| if one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | '_') { one } else { '_' })
            .collect()
    };
    let name = legal(&component.name);
    let whole = format!("{}__{name}", legal(&component.module.replace('.', "__")));
    vec![name.clone(), format!("{name}{side}"), whole.clone(), format!("{whole}{side}")]
}

fn rename(value: &mut Value, names: &BTreeMap<usize, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = index_of(text).and_then(|index| names.get(&index)) {
                *text = format!("{PREFIX}{name}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(members) => members.values_mut().for_each(|member| rename(member, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The two components of answers to requests that do not fit.
pub fn validation_errors() -> [(&'static str, Value); 2] {
    let http = json!({
        "properties": {"detail": {"items": {"$ref": "#/components/schemas/ValidationError"}, "type": "array", "title": "Detail"}},
        "type": "object", "title": "HTTPValidationError"
    });
    let one = json!({
        "properties": {
            "loc": {"items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "type": "array", "title": "Location"},
            "msg": {"type": "string", "title": "Message"},
            "type": {"type": "string", "title": "Error Type"},
            "input": {"title": "Input"},
            "ctx": {"type": "object", "title": "Context"}
        },
        "type": "object", "required": ["loc", "msg", "type"], "title": "ValidationError"
    });
    [("HTTPValidationError", http), ("ValidationError", one)]
}
