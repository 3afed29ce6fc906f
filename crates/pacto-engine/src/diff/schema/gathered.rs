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
    draft: schema_inclusion::Dialect,
    /// Objects have no properties but those that are described.
    is_closed: bool,
    /// Documents come from here: what only goes the other way is not in them.
    is_source: bool,
}

/// What a schema is made of, as far as it decides how its answer is to be read.
#[derive(Debug, Default)]
struct Uses {
    references: BTreeSet<String>,
    reading: Reading,
}

/// How an answer about a schema is to be read.
#[derive(Debug, Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(super) struct Reading {
    /// "Included" says little. Objects may have properties that nobody described, so one of several alternatives accepts
    /// nearly everything that another one describes, and nobody means that by a list of alternatives; and where a part of
    /// `allOf` may be null, people mean the whole.
    pub is_loose: bool,
    /// There are keywords that its dialect ignores and people mean.
    pub is_foreign: bool,
    /// There are keywords that no validator has to heed.
    pub has_formats: bool,
    /// There are keywords by which a document is accepted because something in them does not accept it.
    pub is_mixed: bool,
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

/// Keywords that no validator has to heed.
const UNHEEDED: &[&str] = &["contentEncoding", "contentMediaType", "contentSchema", "format"];

/// Keywords by which less in one place is more in another.
const MIXED: &[&str] = &["contains", "if", "not", "oneOf", "unevaluatedItems", "unevaluatedProperties"];

/// Whether a keyword says which documents are accepted.
pub(super) fn is_of_sets(key: &str) -> bool {
    KEYWORDS.contains(&key)
}

impl Gathered {
    pub(super) fn new(flow: Flow, dialect: Dialect, draft: schema_inclusion::Dialect) -> Self {
        Self {
            document: json!({"$defs": {}}),
            names: BTreeMap::new(),
            values: 0,
            parts: BTreeMap::new(),
            flow,
            dialect,
            draft,
            is_closed: false,
            is_source: false,
        }
    }

    /// The side whose documents are asked about.
    #[must_use]
    pub(super) fn source(self) -> Self {
        Self { is_source: true, ..self }
    }

    /// The same, but objects have no properties beside those that are described: fewer documents, and those that people mean.
    #[must_use]
    pub(super) fn closed(self) -> Self {
        Self { is_closed: true, ..self }
    }

    /// The document that references of all schemas lead into.
    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    /// A schema, with all that it refers to added to the document; `None` where that would be too much, or where it has
    /// no form in JSON. With it, how an answer is to be read.
    pub(super) fn schema(&mut self, schema: Located<'_>) -> Option<(Value, Reading)> {
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
        Some((written, self.reading(&uses)))
    }

    /// That of a schema with all that it refers to.
    fn reading(&self, uses: &Uses) -> Reading {
        let mut reading = Reading::default();
        let mut known: BTreeSet<&String> = BTreeSet::new();
        let mut pending = vec![uses];
        while let Some(uses) = pending.pop() {
            reading.is_loose |= uses.reading.is_loose;
            reading.is_foreign |= uses.reading.is_foreign;
            reading.is_mixed |= uses.reading.is_mixed;
            reading.has_formats |= uses.reading.has_formats;
            for name in &uses.references {
                if known.insert(name) {
                    pending.extend(self.parts.get(name));
                }
            }
        }
        reading
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
                if self.is_source { json!({"not": {}}) } else { json!({}) }
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
        uses.reading.is_loose |= ["anyOf", "oneOf"].iter().any(|key| Self::is_between_objects(at, key))
            || self.dialect == Dialect::OpenApi3_0 && Self::has_part_with_null(at);
        uses.reading.has_formats |= UNHEEDED.iter().any(|key| at.get(key).is_some());
        uses.reading.is_mixed |= MIXED.iter().any(|key| at.get(key).is_some());
        uses.reading.is_foreign |= at.entries().any(|(key, value)| self.is_foreign(key, value));
        let others = self.names_of_others(at);
        for (key, value) in at.entries().filter(|(key, _)| is_of_sets(key)) {
            let mut written = self.write(value, content.under(key), uses, wanted)?;
            if let ("required", Value::Array(names)) = (key, &mut written) {
                names.retain(|name| name.as_str().is_none_or(|name| !others.contains(name)));
            }
            members.insert(key.to_owned(), written);
        }
        if self.is_closed && members.contains_key("properties") {
            members.entry("additionalProperties").or_insert(json!(false));
        }
        // Read as people mean it: whatever stands beside it, null is accepted.
        if self.dialect == Dialect::OpenApi3_0 && at.is_on("nullable") {
            return Some(json!({"anyOf": [members, {"type": "null"}]}));
        }
        Some(Value::Object(members))
    }

    /// Whether a part of `allOf` may be null.
    fn has_part_with_null(at: Located<'_>) -> bool {
        let parts = at.get("allOf").into_iter().flat_map(|parts| parts.items());
        parts.into_iter().any(|part| {
            part.is_on("nullable") || part.resolved().is_ok_and(|target| target.is_on("nullable"))
        })
    }

    /// Whether a keyword says nothing in the dialect of the schema, or is written as in another one.
    fn is_foreign(&self, key: &str, value: Located<'_>) -> bool {
        use schema_inclusion::Dialect as Draft;
        let draft = if self.draft == Draft::OpenApi30 { Draft::Draft4 } else { self.draft };
        match key {
            "exclusiveMinimum" | "exclusiveMaximum" => match value.node.as_bool() {
                Some(is_on) => is_on && draft > Draft::Draft4,
                None => draft == Draft::Draft4,
            },
            "const" | "contains" | "propertyNames" => draft < Draft::Draft6,
            "if" | "then" | "else" => draft < Draft::Draft7,
            "dependentRequired"
            | "dependentSchemas"
            | "maxContains"
            | "minContains"
            | "unevaluatedItems"
            | "unevaluatedProperties" => draft < Draft::Draft201909,
            "prefixItems" => draft < Draft::Draft202012,
            "additionalItems" => draft >= Draft::Draft202012,
            "type" => {
                draft == Draft::Draft4 && self.draft == Draft::OpenApi30 && value.node.as_sequence().is_some()
            }
            _ => false,
        }
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
