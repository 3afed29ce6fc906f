//! One schema, or several that hold together, in one normal form.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use pacto_contract::limits::MAX_REF_DEPTH;
use pacto_contract::yaml::{Node, Value};

use super::types::{Limit, Types, read_types, value_type};
use crate::diff::documents::{Located, canonical, canonical_at, is_reference, scalar};
use crate::diff::fact::Bound;
use crate::diff::lifecycle::Announcement;

/// Which reading rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::diff) enum Dialect {
    /// `OpenAPI` 2 and 3.0: `nullable`, and keys beside `$ref` do not count.
    OpenApi3_0,
    /// JSON Schema and `OpenAPI` 3.1 and later.
    JsonSchema,
}

/// A schema that a property name leads to: several hold together.
pub(super) type Conjunction<'a> = Vec<Located<'a>>;

/// `oneOf` or `anyOf` with more than one branch.
#[derive(Debug, Clone)]
pub(super) struct Alternatives<'a> {
    pub keyword: &'static str,
    pub branches: Vec<Located<'a>>,
}

/// The normal form.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword of its own")]
pub(super) struct Normal<'a> {
    keeps_lists: bool,
    pub types: Types,
    /// The only values, in canonical form, in document order.
    pub values: Option<Vec<String>>,
    /// There is one value, and it is written as `const`.
    pub is_const: bool,
    /// Values of a list that readers know to grow.
    pub extensible: BTreeSet<String>,
    pub bounds: BTreeMap<Bound, Limit>,
    pub multiple_of: Option<f64>,
    pub patterns: BTreeSet<String>,
    pub formats: BTreeSet<String>,
    pub is_unique: bool,
    pub properties: IndexMap<&'a str, Conjunction<'a>>,
    pub required: BTreeMap<&'a str, Located<'a>>,
    /// Other properties are forbidden.
    pub is_closed: bool,
    /// Names that each schema which forbids others lets pass.
    closed_over: BTreeSet<BTreeSet<&'a str>>,
    /// Schemas of other properties.
    pub additional: Conjunction<'a>,
    pub items: Conjunction<'a>,
    /// `oneOf` and `anyOf`, each with its branches.
    pub alternatives: Vec<Alternatives<'a>>,
    /// Keywords that are only compared for equality.
    pub others: BTreeMap<&'a str, BTreeSet<Option<String>>>,
    /// Where these stand.
    pub inside: BTreeMap<&'a str, Vec<Located<'a>>>,
    pub default: Option<String>,
    pub discriminator: Option<Located<'a>>,
    pub is_read_only: bool,
    pub is_write_only: bool,
    pub announcement: Announcement<'a>,
    /// Titles, descriptions, examples.
    pub annotations: BTreeSet<String>,
    pub unresolved: BTreeSet<&'a str>,
    pub location: Option<Located<'a>>,
    /// How many schemas are merged in it.
    pub merged: usize,
    /// What is added is, or belongs to, the only branch of a list beside null.
    is_of_list: bool,
    /// Types that are allowed whatever such a branch says.
    declared: Types,
    /// How many of the schemas say something themselves.
    pub sources: usize,
    /// Schemas with keywords that only mean something together, and which of them they have.
    scopes: BTreeMap<&'static str, Vec<(Vec<&'static str>, Located<'a>)>>,
    /// Names beside which a schema says something of all others.
    described: BTreeSet<BTreeSet<&'a str>>,
}

/// Schemas that are still to be merged, each with whether it is the only branch of a list beside null.
type Work<'a> = Vec<(Located<'a>, bool)>;

/// Keys that say nothing about which documents are accepted.
pub(in crate::diff) fn is_annotation(key: &str) -> bool {
    matches!(
        key,
        "title"
            | "description"
            | "summary"
            | "example"
            | "examples"
            | "externalDocs"
            | "$comment"
            | "$id"
            | "$schema"
            | "$defs"
            | "definitions"
            | "$anchor"
            | "$dynamicAnchor"
    ) || key.starts_with("x-")
}

/// The dialect of a schema that names none.
const USUAL_DIALECT: &str = "json-schema.org/draft/2020-12/schema";

/// Most schemas that are merged into one; a web of `allOf` can be exponentially large.
const MAX_MERGED: usize = 10_000;

/// Merges schemas that hold together.
pub(super) fn normalize<'a>(schemas: &[Located<'a>], dialect: Dialect) -> Normal<'a> {
    merge(schemas, dialect, false)
}

/// The same, but a list of one alternative stays a list, to be compared with one of several.
pub(super) fn normalize_with_lists<'a>(schemas: &[Located<'a>], dialect: Dialect) -> Normal<'a> {
    merge(schemas, dialect, true)
}

fn merge<'a>(schemas: &[Located<'a>], dialect: Dialect, keeps_lists: bool) -> Normal<'a> {
    let mut normal = Normal {
        keeps_lists,
        types: Types::ALL,
        values: None,
        is_const: false,
        extensible: BTreeSet::new(),
        bounds: BTreeMap::new(),
        multiple_of: None,
        patterns: BTreeSet::new(),
        formats: BTreeSet::new(),
        is_unique: false,
        properties: IndexMap::new(),
        required: BTreeMap::new(),
        is_closed: false,
        closed_over: BTreeSet::new(),
        additional: Vec::new(),
        items: Vec::new(),
        alternatives: Vec::new(),
        others: BTreeMap::new(),
        default: None,
        discriminator: None,
        is_read_only: false,
        is_write_only: false,
        announcement: Announcement::default(),
        inside: BTreeMap::new(),
        annotations: BTreeSet::new(),
        unresolved: BTreeSet::new(),
        location: schemas.first().copied(),
        merged: 0,
        is_of_list: false,
        declared: Types::ALL,
        sources: 0,
        scopes: BTreeMap::new(),
        described: BTreeSet::new(),
    };
    let mut allows_null = false;
    let mut seen = BTreeSet::new();
    let mut work: Work<'a> = schemas.iter().rev().map(|schema| (*schema, false)).collect();
    while let Some((schema, is_of_list)) = work.pop() {
        normal.is_of_list = is_of_list;
        normal.merged += 1;
        if normal.merged > MAX_MERGED {
            normal.others.entry("allOf").or_default().insert(None);
            break;
        }
        // A schema that holds twice holds once; this also ends `$ref` cycles.
        if seen.insert(schema.address()) {
            normal.add(schema, dialect, &mut work, &mut allows_null);
        }
    }
    // Where one part forbids what another part describes, the properties together say too much.
    let all: BTreeSet<&str> = normal.properties.keys().copied().collect();
    for names in std::mem::take(&mut normal.closed_over).into_iter().filter(|names| *names != all) {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        normal.others.entry("additionalProperties").or_default().insert(Some(names));
    }
    normal.simplify();
    // Where null is a branch of a list, a type beside the list can still forbid it.
    if allows_null && (dialect == Dialect::OpenApi3_0 || normal.declared.has_null()) {
        normal.types = normal.types.or(Types::NULL);
        if let Some(values) =
            normal.values.as_mut().filter(|values| !values.iter().any(|value| value == "null"))
        {
            values.push("null".to_owned());
        }
    }
    normal
}

impl<'a> Normal<'a> {
    fn add(&mut self, schema: Located<'a>, dialect: Dialect, work: &mut Work<'a>, allows_null: &mut bool) {
        if let Some(accepts) = schema.node.as_bool() {
            if !accepts {
                self.types = Types(0);
            }
            return;
        }
        if let Some(target) = schema.reference() {
            match schema.follow(target) {
                Some(next) => work.push((next, self.is_of_list)),
                None => {
                    self.unresolved.insert(target);
                }
            }
            if dialect == Dialect::OpenApi3_0 {
                return;
            }
        }
        *allows_null |= dialect == Dialect::OpenApi3_0 && schema.is_on("nullable");
        for (key, value) in schema.entries() {
            self.keyword(schema, key, value, work, allows_null);
        }
        let says = |key: &str| !is_annotation(key) && !is_reference(key) && key != "allOf";
        self.sources += usize::from(schema.entries().any(|(key, _)| says(key)));
        self.scope(schema);
    }

    /// Keeps what only means something together with others of the schema.
    fn scope(&mut self, schema: Located<'a>) {
        for (mark, keys) in SCOPES {
            let there: Vec<_> = keys.iter().copied().filter(|key| schema.get(key).is_some()).collect();
            if !there.is_empty() {
                self.scopes.entry(mark).or_default().push((there, schema));
            }
        }
        let others = schema.get("additionalProperties");
        let has_patterns = schema.get("patternProperties").is_some();
        // What closes an object alone is told by the names that it lets pass.
        if others.is_some_and(|others| others.node.as_bool().is_none_or(|is_open| !is_open && has_patterns)) {
            let own = schema.get("properties").into_iter().flat_map(|own| own.entries());
            self.described.insert(own.map(|(name, _)| name).collect());
        }
    }

    /// What belongs together in the parts, in words that differ when it does. Of several parts with one of the keywords it is also
    /// said what they say. Of names that only one side describes nothing is said: those facts say it.
    pub(super) fn belongings(&self, other: &Normal<'_>) -> BTreeSet<String> {
        let all: BTreeSet<&str> =
            self.properties.keys().copied().filter(|name| other.properties.contains_key(*name)).collect();
        let others = self.described.iter().map(|own| all.difference(own).copied().collect::<Vec<_>>());
        let others = others.filter(|others| !others.is_empty()).map(|others| others.join(","));
        let groups = self.scopes.values().flat_map(|parts| {
            parts.iter().map(|(keys, schema)| {
                let text = |key: &&str| {
                    let value = schema.get(key).filter(|_| parts.len() > 1);
                    let value = value.and_then(|value| canonical_at(key, value, &is_annotation));
                    format!("{key}={}", value.unwrap_or_default())
                };
                keys.iter().map(text).collect::<Vec<_>>().join(";")
            })
        });
        others.chain(groups).collect()
    }

    fn keyword(
        &mut self,
        schema: Located<'a>,
        key: &'a str,
        value: Located<'a>,
        work: &mut Work<'a>,
        allows_null: &mut bool,
    ) {
        match key {
            reference if is_reference(reference) => {}
            "nullable" => {}
            "type" => {
                let types = read_types(value.node);
                self.types = self.types.and(types);
                if !self.is_of_list {
                    self.declared = self.declared.and(types);
                }
                // `file` of `OpenAPI` 2 is none of the types of JSON.
                if value.node.as_str().is_some_and(|name| Types::named(name).is_none()) {
                    self.other(key, value);
                }
            }
            "enum" => {
                self.limit_values(value.items().filter_map(|item| canonical(item, &|_| false)).collect());
            }
            "const" => {
                self.is_const = true;
                self.limit_values(canonical(value, &|_| false).into_iter().collect());
            }
            "x-extensible-enum" => {
                self.extensible.extend(value.items().filter_map(|item| canonical(item, &|_| false)));
            }
            "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" => {
                self.range(schema, key, value.node);
            }
            "minLength" => self.bound(Bound::MinLength, value.node),
            "maxLength" => self.bound(Bound::MaxLength, value.node),
            "minItems" => self.bound(Bound::MinItems, value.node),
            "maxItems" => self.bound(Bound::MaxItems, value.node),
            "minProperties" => self.bound(Bound::MinProperties, value.node),
            "maxProperties" => self.bound(Bound::MaxProperties, value.node),
            // Once is usual.
            "minContains" if number(value.node).is_some_and(|count| (count - 1.0).abs() < f64::EPSILON) => {}
            "minContains" => self.bound(Bound::MinContains, value.node),
            "maxContains" => self.bound(Bound::MaxContains, value.node),
            "discriminator" => self.discriminator = self.discriminator.or(Some(value)),
            "multipleOf" => match (number(value.node), self.multiple_of) {
                (Some(divisor), None) => self.multiple_of = Some(divisor),
                (Some(divisor), Some(known)) if (divisor - known).abs() < f64::EPSILON => {}
                _ => self.other(key, value),
            },
            "pattern" => self.patterns.extend(value.node.as_str().map(str::to_owned)),
            "format" => self.formats.extend(value.node.as_str().map(str::to_owned)),
            "uniqueItems" => self.is_unique |= value.node.as_bool() == Some(true),
            "properties" => {
                for (name, property) in value.entries() {
                    self.properties.entry(name).or_default().push(property);
                }
            }
            // `required: true` on a property is `OpenAPI` 2 and belongs to the parameter; it has no elements.
            "required" => {
                let names = value.items().filter_map(|item| Some((item.node.as_str()?, item)));
                self.required.extend(names);
            }
            "additionalProperties" => match value.node.as_bool() {
                Some(true) => {}
                Some(false) => {
                    self.is_closed = true;
                    let own = schema.get("properties").into_iter().flat_map(|own| own.entries());
                    let own = own.map(|(name, _)| name).collect();
                    // What else the schema says of names it lets pass is compared as a keyword.
                    if schema.get("patternProperties").is_none() {
                        self.closed_over.insert(own);
                    }
                }
                None if value.node.as_mapping().is_some_and(|mapping| mapping.entries().is_empty()) => {}
                None => self.additional.push(value),
            },
            "items" if value.node.as_mapping().is_some() => self.items.push(value),
            "allOf" => {
                let parts: Vec<_> = value.items().map(|part| (part, self.is_of_list)).collect();
                work.extend(parts.into_iter().rev());
            }
            "oneOf" => self.alternative("oneOf", value, work, allows_null),
            "anyOf" => self.alternative("anyOf", value, work, allows_null),
            // Another dialect gives the same words another meaning.
            "$schema" => {
                let text = value.node.as_str().unwrap_or_default();
                let text = text.trim_start_matches("https://").trim_start_matches("http://");
                let dialect = text.trim_end_matches('#');
                if dialect != USUAL_DIALECT {
                    self.others.entry("$schema").or_default().insert(Some(dialect.to_owned()));
                }
            }
            "default" => self.default = canonical(value, &|_| false),
            "readOnly" => self.is_read_only |= value.node.as_bool() == Some(true),
            "writeOnly" => self.is_write_only |= value.node.as_bool() == Some(true),
            "deprecated" => self.announcement.is_deprecated |= value.node.as_bool() == Some(true),
            "x-sunset" => self.announcement.sunset = self.announcement.sunset.or(schema.text(key)),
            "x-stability-level" => {
                self.announcement.stability = self.announcement.stability.or(schema.text(key));
            }
            annotation if is_annotation(annotation) => {
                // Definitions are compared where they are used.
                if !matches!(annotation, "$defs" | "definitions" | "$id" | "$anchor" | "$dynamicAnchor") {
                    let text = canonical(value, &|_| false).unwrap_or_default();
                    self.annotations.insert(format!("{annotation}={text}"));
                }
            }
            _ => self.other(key, value),
        }
    }

    /// Takes out what excludes nothing of what is left, and writes the same limit in one way.
    fn simplify(&mut self) {
        const WHOLE: Types = Types(4);
        let whole = |divisor: f64| divisor.fract().abs() < f64::EPSILON;
        if self.multiple_of.is_some_and(whole) && self.types.contains(Types(12)) && self.types != Types::ALL {
            // Multiples of a whole number are whole.
            self.types = Types(self.types.0 & !8);
        }
        let is_whole = self.types.0 & 8 == 0;
        if is_whole && self.types.contains(WHOLE) {
            self.multiple_of = self.multiple_of.filter(|divisor| (divisor - 1.0).abs() > f64::EPSILON);
            for (bound, limit) in &mut self.bounds {
                let (next, step) = if bound.is_lower() { (1, 1.0) } else { (-1, -1.0) };
                let inside =
                    limit.whole.filter(|_| limit.is_exclusive).and_then(|value| value.checked_add(next));
                if let Some(inside) = inside {
                    *limit = Limit { value: limit.value + step, whole: Some(inside), is_exclusive: false };
                }
            }
        }
        let types = self.types;
        if let Some(values) = &mut self.values {
            values.retain(|value| types.contains(value_type(value)));
            let has = |value: &str| values.iter().any(|known| known == value);
            // Both truth values are the whole type, and so is null.
            let whole = match (has("true") && has("false"), has("null"), values.len()) {
                (true, false, 2) => Some(Types(2)),
                (false, true, 1) => Some(Types::NULL),
                (true, true, 3) => Some(Types(3)),
                _ => None,
            };
            if let Some(whole) = whole {
                self.types = types.and(whole);
                self.values = None;
            }
        }
    }

    /// The types of the values that are left.
    pub(super) fn effective_types(&self) -> Types {
        match &self.values {
            Some(values) => values.iter().map(|value| value_type(value)).fold(Types(0), Types::or),
            None => self.types,
        }
    }

    fn other(&mut self, key: &'a str, value: Located<'a>) {
        self.inside.entry(key).or_default().push(value);
        self.others.entry(key).or_default().insert(canonical_at(key, value, &is_annotation));
    }

    fn limit_values(&mut self, values: Vec<String>) {
        self.values = Some(match self.values.take() {
            Some(known) => {
                let values: BTreeSet<String> = values.into_iter().collect();
                known.into_iter().filter(|value| values.contains(value)).collect()
            }
            None => values,
        });
    }

    /// Of two bounds the tighter holds.
    fn tighten(&mut self, bound: Bound, limit: Limit) {
        let tighter = |known: &Limit| {
            let order = if bound.is_lower() { limit.compare(known) } else { known.compare(&limit) };
            order == Ordering::Greater || order == Ordering::Equal && limit.is_exclusive
        };
        if self.bounds.get(&bound).is_none_or(tighter) {
            self.bounds.insert(bound, limit);
        }
    }

    fn bound(&mut self, bound: Bound, node: &Node) {
        // `minLength: 0` and its like exclude nothing.
        let excludes = |value: &f64| !bound.is_lower() || *value > 0.0 || bound == Bound::MinContains;
        if let Some(value) = number(node).filter(excludes) {
            self.tighten(bound, Limit { value, whole: node.as_integer(), is_exclusive: false });
        }
    }

    /// `exclusiveMinimum` is a number, or in older drafts a switch beside `minimum`.
    fn range(&mut self, schema: Located<'a>, key: &str, node: &Node) {
        let (bound, switch) = match key {
            "minimum" | "exclusiveMinimum" => (Bound::Minimum, "exclusiveMinimum"),
            _ => (Bound::Maximum, "exclusiveMaximum"),
        };
        if let Some(value) = number(node) {
            let is_exclusive = key == switch || schema.is_on(switch);
            self.tighten(bound, Limit { value, whole: node.as_integer(), is_exclusive });
        }
    }

    /// One branch is no alternative; a branch that is only null makes the rest nullable.
    fn alternative(
        &mut self,
        keyword: &'static str,
        value: Located<'a>,
        work: &mut Work<'a>,
        allows_null: &mut bool,
    ) {
        let is_null = |branch: &Located<'a>| {
            let branch = branch.resolved().unwrap_or(*branch);
            branch.text("type") == Some("null")
                && branch.entries().all(|(key, _)| key == "type" || is_annotation(key))
        };
        let (nulls, branches): (Vec<_>, Vec<_>) = value.items().partition(is_null);
        let plain = plain_types(&branches, keyword == "oneOf").filter(|_| !self.keeps_lists);
        if let Some(types) = plain {
            *allows_null |= !nulls.is_empty();
            self.types = self.types.and(types);
            for branch in branches {
                for (key, words) in branch.entries().filter(|(key, _)| is_annotation(key)) {
                    self.keyword(branch, key, words, work, allows_null);
                }
            }
            return;
        }
        match (nulls.is_empty(), branches.as_slice()) {
            (_, []) => self.other(keyword, value),
            (no_null, [only]) if !self.keeps_lists => {
                *allows_null |= !no_null;
                work.push((*only, true));
            }
            (no_null, _) => {
                *allows_null |= !no_null;
                self.alternatives.push(Alternatives { keyword, branches });
            }
        }
    }
}

/// The types of branches without names that say nothing else: a list of types. Where a value may fit one branch only, no type may
/// be in two.
fn plain_types(branches: &[Located<'_>], is_exclusive: bool) -> Option<Types> {
    let mut all = Types(0);
    for branch in branches {
        let kind = branch.get("type")?;
        if branch
            .entries()
            .any(|(key, _)| key == "title" || key.starts_with("x-") || key != "type" && !is_annotation(key))
        {
            return None;
        }
        let types = read_types(kind.node);
        if is_exclusive && all.and(types) != Types(0) {
            return None;
        }
        all = all.or(types);
    }
    (branches.len() > 1).then_some(all)
}

#[expect(clippy::cast_precision_loss, reason = "bounds beyond 2^53 are compared as well as JSON readers do")]
fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Int(value, _) => Some(*value as f64),
        Value::Float(value, _) => Some(*value),
        _ => None,
    }
}

/// Keywords that only mean something together with others of the same schema, by the one that makes them do so.
const SCOPES: &[(&str, &[&str])] = &[
    ("contains", &["contains", "maxContains", "minContains"]),
    ("if", &["else", "if", "then"]),
    ("prefixItems", &["items", "prefixItems"]),
];

/// Name of an alternative for people: the last part of its reference, its title, or its type.
pub(super) fn alternative_name(branch: Located<'_>) -> String {
    let reference = branch.text("$ref").and_then(|target| target.rsplit('/').next());
    let name = reference.or_else(|| branch.text("title")).or_else(|| branch.text("type"));
    name.map_or_else(|| scalar(branch.node), |name| format!("'{name}'"))
}

/// Longest way of schemas inside of schemas that is followed.
pub(super) const MAX_SCHEMA_DEPTH: usize = MAX_REF_DEPTH;
