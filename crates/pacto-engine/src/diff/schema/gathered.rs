//! Schemas of some files as parts of one JSON document, with every reference inside of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::normal::Dialect;
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
    /// What each definition refers to, and whether it has a choice between objects.
    parts: BTreeMap<String, Uses>,
    flow: Flow,
    dialect: Dialect,
}

/// What a schema is made of, as far as it decides how its answer is to be read.
#[derive(Debug, Default)]
struct Uses {
    references: BTreeSet<String>,
    chooses_between_objects: bool,
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
        Self {
            document: json!({"$defs": {}}),
            names: BTreeMap::new(),
            values: 0,
            parts: BTreeMap::new(),
            flow,
            dialect,
        }
    }

    /// The document that references of all schemas lead into.
    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    /// A schema, with all that it refers to added to the document; `None` where that would be too much, or where it has
    /// no form in JSON. With it, whether somewhere in it there is a choice between objects.
    pub(super) fn schema(&mut self, schema: Located<'_>) -> Option<(Value, bool)> {
        let (mut uses, mut wanted) = (Uses::default(), Vec::new());
        let written = self.write(schema, Content::Keywords, &mut uses, &mut wanted)?;
        while let Some((name, target)) = wanted.pop() {
            let mut uses = Uses::default();
            let definition = self.write(target, Content::Keywords, &mut uses, &mut wanted)?;
            if let Some(Value::Object(definitions)) = self.document.get_mut("$defs") {
                definitions.insert(name.clone(), definition);
            }
            self.parts.insert(name, uses);
        }
        Some((written, self.chooses_between_objects(&uses)))
    }

    fn chooses_between_objects(&self, uses: &Uses) -> bool {
        let mut known: BTreeSet<&String> = BTreeSet::new();
        let mut pending = vec![uses];
        while let Some(uses) = pending.pop() {
            if uses.chooses_between_objects {
                return true;
            }
            for name in &uses.references {
                if known.insert(name) {
                    pending.extend(self.parts.get(name));
                }
            }
        }
        false
    }

    fn write<'a>(
        &mut self,
        at: Located<'a>,
        content: Content,
        uses: &mut Uses,
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
                written.push(self.write(item, content, uses, wanted)?);
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
                self.write(value, content.under(key), uses, wanted)?
            };
            members.insert(key.to_owned(), written);
        }
        if content != Content::Keywords {
            return Some(Value::Object(members));
        }
        if let Some(target) = at.text("$ref") {
            members.insert("$ref".to_owned(), json!(self.reference(at, target, uses, wanted)));
            if self.dialect == Dialect::OpenApi3_0 {
                return Some(Value::Object(members));
            }
        }
        uses.chooses_between_objects |=
            ["anyOf", "oneOf"].iter().any(|key| Self::is_between_objects(at, key));
        let others = self.names_of_others(at);
        for (key, value) in at.entries().filter(|(key, _)| is_of_sets(key)) {
            let mut written = self.write(value, content.under(key), uses, wanted)?;
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

    /// Whether two of the branches describe objects, as far as a look at them tells.
    fn is_between_objects(at: Located<'_>, key: &str) -> bool {
        let branches = at.get(key).into_iter().flat_map(|branches| branches.items());
        let objects = branches.filter(|branch| {
            let target = branch.resolved().unwrap_or(*branch);
            let may_be = |at: Located<'_>| {
                ["properties", "allOf", "anyOf", "oneOf"].iter().any(|key| at.get(key).is_some())
            };
            may_be(*branch) || may_be(target)
        });
        objects.take(2).count() == 2
    }

    /// A reference into the document.
    fn reference<'a>(
        &mut self,
        at: Located<'a>,
        target: &str,
        uses: &mut Uses,
        wanted: &mut Vec<(String, Located<'a>)>,
    ) -> String {
        let Some(next) = at.follow(target) else { return "#/nowhere".to_owned() };
        let count = self.names.len();
        let name = self.names.entry(next.address()).or_insert_with(|| {
            let name = count.to_string();
            wanted.push((name.clone(), next));
            name
        });
        uses.references.insert(name.clone());
        format!("#/$defs/{name}")
    }

    /// Whether a property only goes the other way: itself, or what it refers to or puts together.
    fn goes_the_other_way(&self, property: Located<'_>) -> bool {
        let key = match self.flow {
            Flow::Request => "readOnly",
            Flow::Response => "writeOnly",
            Flow::Whole => return false,
        };
        let is_marked = |at: Located<'_>| {
            at.is_on(key) && !(self.dialect == Dialect::OpenApi3_0 && at.get("$ref").is_some())
                || at.resolved().is_ok_and(|target| target.is_on(key))
        };
        let parts = property.resolved().ok().and_then(|target| target.get("allOf"));
        is_marked(property) || parts.into_iter().flat_map(|parts| parts.items()).any(is_marked)
    }

    /// Properties that a schema requires and that only go the other way.
    fn names_of_others<'a>(&self, at: Located<'a>) -> BTreeSet<&'a str> {
        if self.flow == Flow::Whole || at.get("required").is_none() {
            return BTreeSet::new();
        }
        let properties = at.get("properties").into_iter().flat_map(|properties| properties.entries());
        properties.filter(|(_, property)| self.goes_the_other_way(*property)).map(|(name, _)| name).collect()
    }
}
