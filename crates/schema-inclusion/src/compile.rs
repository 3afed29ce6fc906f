//! Schemas of every dialect to the one form.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::Dialect;
use crate::node::{Arena, Id, Kind, Node, canonical};
use crate::number::Exact;

/// Deepest schema that is read.
const MAX_DEPTH: usize = 200;
/// Most values in a schema, and in all that it refers to, of which the other implementation makes its own form.
const MAX_STANDARD: u32 = 20_000;
/// Most branches of one `oneOf`, each of which excludes all others.
const MAX_ONE_OF: usize = 200;

/// A limit of numbers: its keyword, its value where it has one that can be read, and what it says.
type Limit<'k> = (&'k str, Option<Result<Exact, ()>>, fn(Exact) -> Node);

/// What is known of one document: its references by their text, each of which is read once.
#[derive(Debug)]
pub struct References {
    pub dialect: Dialect,
    /// Tells references of different documents apart.
    document: &'static str,
    known: HashMap<String, Id>,
}

impl References {
    pub fn new(document: &'static str, dialect: Dialect) -> Self {
        Self { dialect, document, known: HashMap::new() }
    }
}

/// Reads schemas of one document.
pub struct Compiler<'a> {
    arena: &'a mut Arena,
    root: &'a Value,
    dialect: Dialect,
    references: &'a mut References,
}

impl<'a> Compiler<'a> {
    pub fn new(arena: &'a mut Arena, root: &'a Value, references: &'a mut References) -> Self {
        Self { arena, root, dialect: references.dialect, references }
    }

    /// A schema of the document.
    pub fn whole(&mut self, schema: &Value) -> Id {
        self.schema(schema, "", MAX_DEPTH)
    }

    fn unknown(&mut self, what: &str, place: &str) -> Id {
        self.arena.add_unknown(what, place)
    }

    fn schema(&mut self, schema: &Value, place: &str, depth: usize) -> Id {
        let Some(depth) = depth.checked_sub(1) else { return self.unknown("the schema is too deep", place) };
        let members = match schema {
            Value::Bool(true) => return self.arena.always(),
            Value::Bool(false) => return self.arena.never(),
            Value::Object(members) => members,
            _ => return self.unknown("this is no schema", place),
        };
        // `nullable` widens the type beside it and nothing else.
        let is_nullable = self.dialect == Dialect::OpenApi30 && members.get("nullable") == Some(&json!(true));
        let widened = match members.get("type") {
            Some(kind) if is_nullable => {
                let mut widened = members.clone();
                widened.insert("type".to_owned(), json!([kind, "null"]));
                Some(widened)
            }
            _ => None,
        };
        let members = widened.as_ref().unwrap_or(members);
        let mut parts = Vec::new();
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            let target = self.reference(reference, place, depth);
            if self.dialect.ignores_siblings() {
                return target;
            }
            parts.push(target);
        }
        self.values(members, &mut parts);
        self.kinds(members, place, &mut parts);
        self.numbers(members, place, &mut parts);
        self.texts(members, &mut parts);
        self.lists(members, place, depth, &mut parts);
        self.objects(members, place, depth, &mut parts);
        self.logic(members, place, depth, &mut parts);
        self.arena.all(parts)
    }

    fn values(&mut self, members: &Map<String, Value>, parts: &mut Vec<Id>) {
        if let Some(Value::Array(values)) = members.get("enum") {
            let mut values: Vec<String> = values.iter().map(canonical).collect();
            values.sort();
            values.dedup();
            parts.push(self.arena.add(Node::Values(values)));
        }
        if let Some(value) = members.get("const").filter(|_| self.dialect != Dialect::Draft4) {
            parts.push(self.arena.add(Node::Values(vec![canonical(value)])));
        }
    }

    fn kind(&mut self, name: &Value, place: &str) -> Id {
        let kind = match name.as_str() {
            Some("null") => Kind::Null,
            Some("boolean") => Kind::Boolean,
            Some("number") => Kind::Number,
            Some("string") => Kind::String,
            Some("array") => Kind::Array,
            Some("object") => Kind::Object,
            Some("integer") => {
                let (number, whole) = (self.arena.add(Node::Kind(Kind::Number)), self.arena.add(Node::Whole));
                return self.arena.all(vec![number, whole]);
            }
            Some("file") => return self.arena.always(),
            _ => return self.unknown("there is no such type", &format!("{place}/type")),
        };
        self.arena.add(Node::Kind(kind))
    }

    fn kinds(&mut self, members: &Map<String, Value>, place: &str, parts: &mut Vec<Id>) {
        let Some(kind) = members.get("type") else { return };
        let part = match kind {
            Value::Array(kinds) => {
                let kinds = kinds.iter().map(|kind| self.kind(kind, place)).collect();
                self.arena.any(kinds)
            }
            kind => self.kind(kind, place),
        };
        parts.push(part);
    }

    fn numbers(&mut self, members: &Map<String, Value>, place: &str, parts: &mut Vec<Id>) {
        let exact = |name: &str| match members.get(name) {
            Some(Value::Number(number)) => Some(Exact::read(number).ok_or(())),
            _ => None,
        };
        let is_set = |name: &str| members.get(name) == Some(&json!(true));
        let mut limits: Vec<Limit<'_>> = Vec::new();
        if self.dialect.has_boolean_limits() {
            let (low, high) = (is_set("exclusiveMinimum"), is_set("exclusiveMaximum"));
            limits.push(("minimum", exact("minimum"), if low { Node::Above } else { Node::AtLeast }));
            limits.push(("maximum", exact("maximum"), if high { Node::Below } else { Node::AtMost }));
        } else {
            limits.push(("minimum", exact("minimum"), Node::AtLeast));
            limits.push(("maximum", exact("maximum"), Node::AtMost));
            limits.push(("exclusiveMinimum", exact("exclusiveMinimum"), Node::Above));
            limits.push(("exclusiveMaximum", exact("exclusiveMaximum"), Node::Below));
        }
        limits.push(("multipleOf", exact("multipleOf"), Node::MultipleOf));
        for (name, value, make) in limits {
            match value {
                Some(Ok(value)) if name == "multipleOf" && value == Exact::whole(1) => {
                    parts.push(self.arena.add(Node::Whole));
                }
                Some(Ok(value)) => parts.push(self.arena.add(make(value))),
                Some(Err(())) => {
                    parts.push(self.unknown("the number is too large", &format!("{place}/{name}")));
                }
                None => {}
            }
        }
    }

    fn counts(
        &mut self,
        members: &Map<String, Value>,
        name: &str,
        make: fn(u64) -> Node,
        parts: &mut Vec<Id>,
    ) {
        if let Some(count) = members.get(name).and_then(whole) {
            parts.push(self.arena.add(make(count)));
        }
    }

    fn texts(&mut self, members: &Map<String, Value>, parts: &mut Vec<Id>) {
        self.counts(members, "minLength", Node::MinLength, parts);
        self.counts(members, "maxLength", Node::MaxLength, parts);
        if let Some(pattern) = members.get("pattern").and_then(Value::as_str) {
            parts.push(self.arena.add(Node::Pattern(pattern.to_owned())));
        }
    }

    fn lists(&mut self, members: &Map<String, Value>, place: &str, depth: usize, parts: &mut Vec<Id>) {
        self.counts(members, "minItems", Node::MinItems, parts);
        self.counts(members, "maxItems", Node::MaxItems, parts);
        if members.get("uniqueItems") == Some(&json!(true)) {
            parts.push(self.arena.add(Node::Unique));
        }
        let (first, rest) = if self.dialect == Dialect::Draft202012 {
            (members.get("prefixItems"), members.get("items"))
        } else {
            match members.get("items") {
                items @ Some(Value::Array(_)) => (items, members.get("additionalItems")),
                items => (None, items),
            }
        };
        let first: Vec<Id> = match first {
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.schema(item, &format!("{place}/items/{index}"), depth))
                .collect(),
            _ => Vec::new(),
        };
        if !first.is_empty() || rest.is_some() {
            let rest = match rest {
                Some(rest) => self.schema(rest, &format!("{place}/items"), depth),
                None => self.arena.always(),
            };
            parts.push(self.arena.add(Node::Items(first, rest)));
        }
        if let Some(contains) = members.get("contains").filter(|_| self.dialect != Dialect::Draft4) {
            let item = self.schema(contains, &format!("{place}/contains"), depth);
            let has_counts = matches!(self.dialect, Dialect::Draft201909 | Dialect::Draft202012);
            let count = |name: &str| members.get(name).filter(|_| has_counts).and_then(whole);
            let (least, most) = (count("minContains").unwrap_or(1), count("maxContains"));
            parts.push(self.arena.add(Node::Contains { item, least, most }));
        }
        for name in ["unevaluatedItems", "unevaluatedProperties"] {
            if members.get(name).is_some_and(|value| value != &json!(true)) {
                parts.push(self.unknown(&format!("{name} is not understood"), &format!("{place}/{name}")));
            }
        }
    }

    fn objects(&mut self, members: &Map<String, Value>, place: &str, depth: usize, parts: &mut Vec<Id>) {
        self.counts(members, "minProperties", Node::MinProperties, parts);
        self.counts(members, "maxProperties", Node::MaxProperties, parts);
        // In draft 3 `required` was a boolean; some still write it so, and it says nothing.
        for name in members.get("required").and_then(Value::as_array).into_iter().flatten() {
            if let Some(name) = name.as_str() {
                parts.push(self.arena.add(Node::Required(name.to_owned())));
            }
        }
        let each = |this: &mut Self, keyword: &str| -> Vec<(String, Id)> {
            let Some(Value::Object(schemas)) = members.get(keyword) else { return Vec::new() };
            let place = format!("{place}/{keyword}");
            schemas
                .iter()
                .map(|(name, schema)| (name.clone(), this.schema(schema, &format!("{place}/{name}"), depth)))
                .collect()
        };
        let own: BTreeMap<String, Id> = each(self, "properties").into_iter().collect();
        let mut patterns = each(self, "patternProperties");
        patterns.sort();
        let rest = members.get("additionalProperties");
        if !own.is_empty() || !patterns.is_empty() || rest.is_some() {
            let rest = match rest {
                Some(rest) => self.schema(rest, &format!("{place}/additionalProperties"), depth),
                None => self.arena.always(),
            };
            parts.push(self.arena.add(Node::Properties { named: own, patterns, rest }));
        }
        if let Some(names) = members.get("propertyNames").filter(|_| self.dialect != Dialect::Draft4) {
            let names = self.schema(names, &format!("{place}/propertyNames"), depth);
            parts.push(self.arena.add(Node::Names(names)));
        }
        for keyword in ["dependencies", "dependentRequired", "dependentSchemas"] {
            let Some(Value::Object(all)) = members.get(keyword) else { continue };
            for (name, need) in all {
                let need = match need {
                    Value::Array(names) => {
                        let names = names.iter().filter_map(Value::as_str);
                        let names =
                            names.map(|name| self.arena.add(Node::Required(name.to_owned()))).collect();
                        self.arena.all(names)
                    }
                    schema => self.schema(schema, &format!("{place}/{keyword}/{name}"), depth),
                };
                // Who is no object has no such key.
                let there = self.arena.add(Node::Required(name.clone()));
                let object = self.arena.add(Node::Kind(Kind::Object));
                let has = self.arena.all(vec![there, object]);
                let without = self.arena.add(Node::Not(has));
                parts.push(self.arena.any(vec![without, need]));
            }
        }
    }

    fn logic(&mut self, members: &Map<String, Value>, place: &str, depth: usize, parts: &mut Vec<Id>) {
        let each = |this: &mut Self, keyword: &str| -> Option<Vec<Id>> {
            let Some(Value::Array(schemas)) = members.get(keyword) else { return None };
            let list = schemas.iter().enumerate();
            Some(
                list.map(|(index, schema)| this.schema(schema, &format!("{place}/{keyword}/{index}"), depth))
                    .collect(),
            )
        };
        if let Some(all) = each(self, "allOf") {
            parts.push(self.arena.all(all));
        }
        if let Some(any) = each(self, "anyOf") {
            parts.push(self.arena.any(any));
        }
        if let Some(one) = each(self, "oneOf") {
            if one.len() > MAX_ONE_OF {
                parts.push(self.unknown("oneOf has too many branches", &format!("{place}/oneOf")));
            } else {
                let not: Vec<Id> = one.iter().map(|id| self.arena.add(Node::Not(*id))).collect();
                let mut branches = Vec::new();
                for (index, branch) in one.iter().enumerate() {
                    let others =
                        not.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, id)| *id);
                    branches.push(self.arena.all(others.chain([*branch]).collect()));
                }
                parts.push(self.arena.any(branches));
            }
        }
        if let Some(not) = members.get("not") {
            let not = self.schema(not, &format!("{place}/not"), depth);
            parts.push(self.arena.add(Node::Not(not)));
        }
        if let Some(condition) = members
            .get("if")
            .filter(|_| !matches!(self.dialect, Dialect::Draft4 | Dialect::Draft6 | Dialect::OpenApi30))
        {
            let condition = self.schema(condition, &format!("{place}/if"), depth);
            let mut branch = |name: &str| match members.get(name) {
                Some(schema) => self.schema(schema, &format!("{place}/{name}"), depth),
                None => self.arena.always(),
            };
            let (then, otherwise) = (branch("then"), branch("else"));
            let not = self.arena.add(Node::Not(condition));
            let (first, second) =
                (self.arena.any(vec![not, then]), self.arena.any(vec![condition, otherwise]));
            parts.extend([first, second]);
        }
        for name in ["$dynamicRef", "$recursiveRef"] {
            if members.contains_key(name) {
                parts.push(self.unknown(&format!("{name} is not followed"), &format!("{place}/{name}")));
            }
        }
    }

    fn reference(&mut self, reference: &str, place: &str, depth: usize) -> Id {
        if let Some(known) = self.references.known.get(reference) {
            return *known;
        }
        let id = self.arena.add(Node::Reference(format!("{} {reference}", self.references.document)));
        self.references.known.insert(reference.to_owned(), id);
        let root = self.root;
        let target = match resolve(root, reference) {
            Some(target) => self.schema(target, reference.trim_start_matches('#'), depth),
            None => self.unknown(&format!("{reference} leads nowhere"), &format!("{place}/$ref")),
        };
        // What refers to itself alone says nothing.
        let target = if target == id { self.arena.always() } else { target };
        self.arena.bind(id, target);
        // From here on by what it stands for: so equal schemas are one node, whatever they are called.
        self.references.known.insert(reference.to_owned(), target);
        target
    }
}

/// A count; `3.0` is one too.
fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => Exact::read(number)
            .filter(|exact| exact.is_whole())
            .and_then(|exact| u64::try_from(exact.floor()).ok()),
        _ => None,
    }
}

/// What a reference of a document leads to: a JSON Pointer, an anchor, or an identifier of a part.
pub fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let start = if base.is_empty() || is_named(root, base) {
        root
    } else {
        find(root, &|part| is_named(part, base))?
    };
    if fragment.is_empty() {
        return Some(start);
    }
    if fragment.starts_with('/') {
        return start.pointer(&decoded(fragment));
    }
    let is_anchor = |part: &Value| {
        let named = |key: &str| part.get(key).and_then(Value::as_str);
        named("$anchor") == Some(fragment)
            || [named("id"), named("$id")].iter().flatten().any(|id| id.strip_prefix('#') == Some(fragment))
    };
    find(start, &is_anchor)
}

fn is_named(part: &Value, name: &str) -> bool {
    let named = |key: &str| part.get(key).and_then(Value::as_str);
    let id = named("$id").or_else(|| named("id"));
    id.is_some_and(|id| {
        let id = id.trim_end_matches('#');
        id == name || id.rsplit('/').next() == Some(name)
    })
}

fn find<'a>(value: &'a Value, is_wanted: &dyn Fn(&Value) -> bool) -> Option<&'a Value> {
    let mut pending = vec![value];
    while let Some(part) = pending.pop() {
        if part.is_object() && is_wanted(part) {
            return Some(part);
        }
        match part {
            Value::Object(members) => pending.extend(members.values()),
            Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
    None
}

fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = pointer.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The schema as a document of its own that any validator reads: `nullable` written out, and what references lead to at the
/// places where they look for it.
///
/// With the number of its values; `None` where there are too many.
pub fn standard(schema: &Value, root: &Value, dialect: Dialect) -> Option<(Value, u32)> {
    let mut whole = schema.clone();
    let mut parts: u32 = 0;
    if let Value::Object(members) = &mut whole {
        let mut needed = BTreeSet::new();
        let mut pending = vec![schema];
        while let Some(part) = pending.pop() {
            parts += 1;
            if parts > MAX_STANDARD {
                return None;
            }
            match part {
                Value::Object(members) => {
                    let target =
                        members.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/"));
                    if let Some(target) = target.map(|target| decoded(&format!("/{target}")))
                        && !needed.contains(&target)
                    {
                        pending.extend(root.pointer(&target));
                        needed.insert(target);
                    }
                    pending.extend(members.values());
                }
                Value::Array(items) => pending.extend(items),
                _ => {}
            }
        }
        // What stands alone has all that it refers to.
        if std::ptr::eq(schema, root) {
            needed.clear();
        }
        for target in needed {
            if !put(members, root, &target) {
                // Not a place in objects alone: everything comes along.
                for (key, value) in root.as_object().into_iter().flatten() {
                    members.entry(key.clone()).or_insert_with(|| value.clone());
                }
                break;
            }
        }
    }
    if dialect == Dialect::OpenApi30 {
        without_nullable(&mut whole);
    }
    Some((whole, parts))
}

/// Copies what a pointer leads to in a document to the same place of another one; false where the way is not through objects.
fn put(into: &mut Map<String, Value>, root: &Value, pointer: &str) -> bool {
    let Some(value) = root.pointer(pointer) else { return true };
    let mut parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let Some(last) = parts.pop() else { return false };
    let mut at = into;
    for part in parts {
        match at.entry(part).or_insert_with(|| json!({})) {
            Value::Object(next) => at = next,
            _ => return false,
        }
    }
    at.entry(last).or_insert_with(|| value.clone());
    true
}

fn without_nullable(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("nullable") == Some(&json!(true))
                && let Some(kind @ Value::String(_)) = members.get("type").cloned()
            {
                members.insert("type".to_owned(), json!([kind, "null"]));
            }
            members.values_mut().for_each(without_nullable);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nullable),
        _ => {}
    }
}
