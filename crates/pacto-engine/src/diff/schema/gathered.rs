//! Schemas of some files as parts of one JSON document, with every reference inside of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::normal::{Dialect, Normal, normalize};
use crate::diff::documents::{Content, Located};

/// Most values of one document.
const MAX_VALUES: usize = 100_000;

/// Which way documents go: what only goes the other way is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::diff) enum Flow {
    /// Into a service over HTTP: nothing that is read-only.
    Request,
    /// Out of a service over HTTP: nothing that is write-only.
    Response,
    /// Everything.
    Whole,
}

/// The document, which grows with every schema that is asked for.
#[derive(Debug)]
pub(in crate::diff) struct Gathered {
    document: Value,
    /// Names of what references led to, by its address.
    names: BTreeMap<usize, String>,
    values: usize,
    flow: Flow,
    dialect: Dialect,
}

/// Keywords that say which documents are accepted. `$dynamicRef` and the like are among them so that nobody takes a
/// schema for one that was understood.
const KEYWORDS: &[&str] = &[
    "$dynamicRef",
    "$recursiveRef",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "then",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// Whether a keyword says which documents are accepted.
pub(super) fn is_of_sets(key: &str) -> bool {
    KEYWORDS.contains(&key)
}

impl Gathered {
    pub(super) fn new(flow: Flow, dialect: Dialect) -> Self {
        Self { document: json!({"$defs": {}}), names: BTreeMap::new(), values: 0, flow, dialect }
    }

    /// The document that references of all schemas lead into.
    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    /// A schema, with all that it refers to added to the document; `None` where that would be too much, or where it has
    /// no form in JSON.
    pub(super) fn schema(&mut self, schema: Located<'_>) -> Option<Value> {
        let mut wanted = Vec::new();
        let written = self.write(schema, Content::Keywords, &mut wanted);
        while let Some((name, target)) = wanted.pop() {
            let definition = self.write(target, Content::Keywords, &mut wanted)?;
            if let Some(Value::Object(definitions)) = self.document.get_mut("$defs") {
                definitions.insert(name, definition);
            }
        }
        written
    }

    fn write<'a>(
        &mut self,
        at: Located<'a>,
        content: Content,
        wanted: &mut Vec<(String, Located<'a>)>,
    ) -> Option<Value> {
        self.values += 1;
        // Once too large, for ever: what is missing would be taken for what leads nowhere.
        if self.values > MAX_VALUES {
            return None;
        }
        if let Some(items) = at.node.as_sequence() {
            let mut written = Vec::with_capacity(items.len());
            for item in at.items() {
                written.push(self.write(item, content, wanted)?);
            }
            return Some(Value::Array(written));
        }
        if at.node.as_mapping().is_none() {
            return at.node.to_json().ok();
        }
        let mut members = Map::new();
        for (key, value) in at.entries().filter(|_| content != Content::Keywords) {
            let written = if content == Content::Names && self.goes_the_other_way(value) {
                json!({})
            } else {
                self.write(value, content.under(key), wanted)?
            };
            members.insert(key.to_owned(), written);
        }
        if content != Content::Keywords {
            return Some(Value::Object(members));
        }
        if let Some(target) = at.text("$ref") {
            members.insert("$ref".to_owned(), json!(self.reference(at, target, wanted)));
            if self.dialect == Dialect::OpenApi3_0 {
                return Some(Value::Object(members));
            }
        }
        let others = self.names_of_others(at);
        for (key, value) in at.entries().filter(|(key, _)| is_of_sets(key)) {
            let mut written = self.write(value, content.under(key), wanted)?;
            if let ("required", Value::Array(names)) = (key, &mut written) {
                names.retain(|name| name.as_str().is_none_or(|name| !others.contains(name)));
            }
            members.insert(key.to_owned(), written);
        }
        // Read as people mean it: whatever stands beside it, null is accepted.
        if self.dialect == Dialect::OpenApi3_0 && at.is_on("nullable") {
            return Some(json!({"anyOf": [members, {"type": "null"}]}));
        }
        Some(Value::Object(members))
    }

    /// A reference into the document.
    fn reference<'a>(
        &mut self,
        at: Located<'a>,
        target: &str,
        wanted: &mut Vec<(String, Located<'a>)>,
    ) -> String {
        let Some(next) = at.follow(target) else { return "#/nowhere".to_owned() };
        let count = self.names.len();
        let name = self.names.entry(next.address()).or_insert_with(|| {
            let name = count.to_string();
            wanted.push((name.clone(), next));
            name
        });
        format!("#/$defs/{name}")
    }

    fn marked(&self, normal: &Normal<'_>) -> bool {
        match self.flow {
            Flow::Request => normal.is_read_only,
            Flow::Response => normal.is_write_only,
            Flow::Whole => false,
        }
    }

    fn goes_the_other_way(&self, property: Located<'_>) -> bool {
        self.flow != Flow::Whole && self.marked(&normalize(&[property], self.dialect))
    }

    /// Properties that a schema requires and that only go the other way.
    fn names_of_others<'a>(&self, at: Located<'a>) -> BTreeSet<&'a str> {
        if self.flow == Flow::Whole || at.get("required").is_none() {
            return BTreeSet::new();
        }
        let normal = normalize(&[at], self.dialect);
        let properties = normal.properties.iter();
        let others = properties.filter(|(_, property)| self.marked(&normalize(property, self.dialect)));
        others.map(|(name, _)| *name).collect()
    }
}
