//! The properties of a JSON Schema as a flat list.
//!
//! A reader wants names, types and defaults, not the structure of the schema: `$ref` and `allOf` are merged, nested
//! objects become dotted names, a choice between one schema and `null` is that schema. A schema can describe more
//! properties than anybody can print (each `$ref` may double them), so that depth, rows and work are bounded.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;
use std::ptr;

use pacto_contract::limits::MAX_REF_DEPTH;
use pacto_contract::yaml::{Node, Value};

use super::inline::inline;
use super::markdown::{MAX_ROWS, cell_code, one_line, prose};
use super::specification::Specification;

/// Most schemas and names that are looked at.
const MAX_STEPS: usize = 500_000;
/// Longest dotted name, in bytes.
const MAX_PATH_BYTES: usize = 1_024;
/// Most values of an enumeration that are shown.
const MAX_VALUES: usize = 20;
/// Most alternatives of a type that are named.
const MAX_ALTERNATIVES: usize = 6;
/// Most branches of a choice that are looked at.
const MAX_BRANCHES: usize = 64;
/// Longest name of a type or format, in characters.
const MAX_KIND_CHARS: usize = 40;
/// Deepest nesting of a type that is spelled out, as in `array of array of string`.
const MAX_TYPE_DEPTH: usize = 3;

/// One property.
#[derive(Debug)]
pub(super) struct Property {
    /// Dotted name; `[]` for the elements of a list, `*` for any key.
    pub(super) path: String,
    /// Type in words, as foreign text.
    pub(super) kind: String,
    /// Description and limits, as Markdown.
    pub(super) description: String,
    /// Description alone, as foreign text.
    pub(super) text: Option<String>,
    /// Default value, as foreign text.
    pub(super) default: Option<String>,
    /// Whether the object that holds it must have it.
    pub(super) required: bool,
}

/// The properties of a schema, sorted by name on each level.
#[derive(Debug)]
pub(super) struct Properties {
    /// The properties; those of a nested object follow it.
    pub(super) rows: Vec<Property>,
    /// Whether nothing was left out.
    pub(super) complete: bool,
}

/// The properties that a schema names.
pub(super) fn list(schema: &Specification) -> Properties {
    list_below(schema, schema.root(), MAX_STEPS)
}

/// The properties that `node`, a schema inside of a document, names; at most `steps` schemas and names are looked at.
pub(super) fn list_below(schema: &Specification, node: &Node, steps: usize) -> Properties {
    let mut walker = Walker { schema, rows: Vec::new(), steps, complete: true, enclosing: HashSet::new() };
    let root = walker.view(&[node]);
    walker.expand("", &root, 0);
    Properties { rows: walker.rows, complete: walker.complete }
}

/// Everything that applies to one value: a schema, what its `$ref` leads to, the members of its `allOf`.
struct View<'a> {
    /// The schemas, the nearest first: its keywords win.
    parts: Vec<&'a Node>,
    /// `anyOf` and `oneOf` with more than one branch.
    choices: Vec<&'a [Node]>,
    /// Whether `null` is a branch of a choice.
    nullable: bool,
    /// A reference that leads out of the file.
    foreign: Option<&'a str>,
}

impl<'a> View<'a> {
    fn first(&self, key: &str) -> Option<&'a Node> {
        self.parts.iter().find_map(|part| part.get(key))
    }

    /// The schema under `key`, if it is one that says something.
    fn subschema(&self, key: &str) -> Option<&'a Node> {
        self.first(key).filter(|node| node.as_mapping().is_some())
    }

    fn has_properties(&self) -> bool {
        let named = |part: &&Node| part.get("properties").is_some_and(|named| named.as_mapping().is_some());
        self.parts.iter().any(named)
    }
}

struct Walker<'a> {
    schema: &'a Specification,
    rows: Vec<Property>,
    steps: usize,
    complete: bool,
    /// The schemas of the objects around the current one.
    enclosing: HashSet<*const Node>,
}

impl<'a> Walker<'a> {
    /// Takes `steps` from the budget; false when it is used up.
    fn spend(&mut self, steps: usize) -> bool {
        match self.steps.checked_sub(steps) {
            Some(left) => self.steps = left,
            None => (self.steps, self.complete) = (0, false),
        }
        self.steps > 0
    }

    fn view(&mut self, schemas: &[&'a Node]) -> View<'a> {
        let mut view = View { parts: Vec::new(), choices: Vec::new(), nullable: false, foreign: None };
        let mut seen = HashSet::new();
        let mut pending: Vec<(&'a Node, usize)> = schemas.iter().rev().map(|schema| (*schema, 0)).collect();
        while let Some((node, distance)) = pending.pop() {
            if !seen.insert(ptr::from_ref(node)) {
                continue;
            }
            let all = node.get("allOf").and_then(Node::as_sequence).unwrap_or_default();
            if distance > MAX_REF_DEPTH || !self.spend(1 + all.len()) {
                self.complete = false;
                break;
            }
            view.parts.push(node);
            let next = distance + 1;
            for key in ["oneOf", "anyOf"] {
                let Some(branches) = node.get(key).and_then(Node::as_sequence) else { continue };
                let branches = branches.get(..MAX_BRANCHES).unwrap_or(branches);
                let mut real = branches.iter().filter(|branch| !is_null(branch));
                match (real.next(), real.next()) {
                    (Some(only), None) => pending.push((only, next)),
                    _ => view.choices.push(branches),
                }
                view.nullable |= branches.iter().any(is_null);
            }
            pending.extend(all.iter().rev().map(|member| (member, next)));
            if let Some(reference) = node.get("$ref").and_then(Node::as_str) {
                match self.schema.resolve(reference) {
                    Some(target) => pending.push((target, next)),
                    None => view.foreign = view.foreign.or(Some(reference)),
                }
            }
        }
        view
    }

    /// Lists what is below `view`; false if it is one of the schemas that enclose it.
    fn expand(&mut self, path: &str, view: &View<'a>, depth: usize) -> bool {
        if view.parts.iter().any(|part| self.enclosing.contains(&ptr::from_ref(*part))) {
            return false;
        }
        if depth > MAX_REF_DEPTH || path.len() > MAX_PATH_BYTES {
            self.complete = false;
            return true;
        }
        self.enclosing.extend(view.parts.iter().map(|part| ptr::from_ref(*part)));
        let required = self.required(view);
        for (name, schemas) in self.properties(view) {
            if self.rows.len() >= MAX_ROWS || !self.spend(1) {
                self.complete = false;
                break;
            }
            let shown = one_line(name, MAX_PATH_BYTES);
            let child_path = if path.is_empty() { shown } else { format!("{path}.{shown}") };
            let child = self.view(&schemas);
            let row = self.property(&child_path, &child, required.contains(name));
            let position = self.rows.len();
            self.rows.push(row);
            if !self.expand(&child_path, &child, depth + 1)
                && let Some(row) = self.rows.get_mut(position)
            {
                row.kind.push_str(" (recursive)");
            }
        }
        let mut open = true;
        for (key, suffix) in [("items", "[]"), ("additionalProperties", ".*")] {
            let Some(inner) = view.subschema(key) else { continue };
            let inner = self.view(&[inner]);
            open &= self.expand(&format!("{path}{suffix}"), &inner, depth + 1);
        }
        for part in &view.parts {
            self.enclosing.remove(&ptr::from_ref(*part));
        }
        open
    }

    fn required(&mut self, view: &View<'a>) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        for part in &view.parts {
            let listed = part.get("required").and_then(Node::as_sequence).unwrap_or_default();
            if self.spend(listed.len()) {
                names.extend(listed.iter().filter_map(Node::as_str));
            }
        }
        names
    }

    /// Every property with all schemas that apply to it.
    fn properties(&mut self, view: &View<'a>) -> BTreeMap<&'a str, Vec<&'a Node>> {
        let mut properties: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for part in &view.parts {
            let named = part.get("properties").and_then(Node::as_mapping);
            let entries = named.map(pacto_contract::yaml::Mapping::entries).unwrap_or_default();
            if self.spend(entries.len()) {
                for entry in entries {
                    properties.entry(&entry.key).or_default().push(&entry.node);
                }
            }
        }
        properties
    }

    fn property(&mut self, path: &str, view: &View<'a>, required: bool) -> Property {
        let text = view.first("description").or_else(|| view.first("title")).and_then(Node::as_str);
        let mut description = prose(text.unwrap_or_default());
        for limit in limits(view) {
            description.push_str(if description.is_empty() { "" } else { " " });
            description.push_str(&limit);
        }
        Property {
            path: path.to_owned(),
            kind: self.kind(view, 0),
            description,
            text: text.map(str::to_owned),
            default: view.first("default").map(inline),
            required,
        }
    }

    /// The type in words: `string (uri)`, `array of integer`, `string or null`.
    fn kind(&mut self, view: &View<'a>, depth: usize) -> String {
        let mut kinds: Vec<String> = Vec::new();
        let mut nullable = view.nullable;
        for kind in self.kinds(view, depth) {
            if kind == "null" {
                nullable = true;
            } else if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if kinds.is_empty() && !nullable {
            kinds.push("any".to_owned());
        }
        if nullable {
            kinds.push("null".to_owned());
        }
        kinds.join(" or ")
    }

    fn kinds(&mut self, view: &View<'a>, depth: usize) -> Vec<String> {
        if let Some(types) = view.first("type") {
            let types = types.as_sequence().unwrap_or(std::slice::from_ref(types));
            let types = types.iter().take(MAX_ALTERNATIVES + 1).filter_map(Node::as_str);
            return types.map(|name| self.named_kind(name, view, depth)).collect();
        }
        if let Some(value) = view.first("const") {
            return vec![value.kind().to_owned()];
        }
        if let Some(values) = view.first("enum").and_then(Node::as_sequence) {
            return values.iter().take(MAX_VALUES).map(|value| value.kind().to_owned()).collect();
        }
        if let Some(branches) = view.choices.first() {
            let mut kinds = Vec::new();
            if depth < MAX_TYPE_DEPTH {
                for branch in branches.iter().take(MAX_ALTERNATIVES) {
                    let branch = self.view(&[branch]);
                    kinds.extend(self.kinds(&branch, depth + 1));
                }
            }
            return kinds;
        }
        if view.has_properties() || view.subschema("additionalProperties").is_some() {
            return vec![self.named_kind("object", view, depth)];
        }
        if view.subschema("items").is_some() {
            return vec![self.named_kind("array", view, depth)];
        }
        if view.parts.iter().any(|part| part.value == Value::Bool(false)) {
            return vec!["never".to_owned()];
        }
        Vec::new()
    }

    /// A type with what is inside of it, or with its format.
    fn named_kind(&mut self, name: &str, view: &View<'a>, depth: usize) -> String {
        let inner = match name {
            "array" => view.subschema("items"),
            "object" if !view.has_properties() => view.subschema("additionalProperties"),
            _ => None,
        };
        if let Some(inner) = inner.filter(|_| depth < MAX_TYPE_DEPTH) {
            let inner = self.view(&[inner]);
            let inner = self.kind(&inner, depth + 1);
            let inner = if inner.contains(" or ") { format!("({inner})") } else { inner };
            return if name == "array" { format!("array of {inner}") } else { format!("map of {inner}") };
        }
        match view.first("format").and_then(Node::as_str) {
            Some(format) if !matches!(name, "array" | "object" | "null" | "boolean") => {
                format!("{} ({})", one_line(name, MAX_KIND_CHARS), one_line(format, MAX_KIND_CHARS))
            }
            _ => one_line(name, MAX_KIND_CHARS),
        }
    }
}

/// Whether a schema accepts nothing but `null`.
fn is_null(schema: &Node) -> bool {
    schema.get("type").and_then(Node::as_str) == Some("null")
        || schema.get("const").is_some_and(|value| value.value == Value::Null)
}

/// What a value must be beyond its type, as Markdown sentences.
fn limits(view: &View<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(value) = view.first("const") {
        sentences.push(format!("Always {}.", cell_code(&inline(value))));
    } else if let Some(values) = view.first("enum").and_then(Node::as_sequence) {
        let shown: Vec<_> = values.iter().take(MAX_VALUES).map(|value| cell_code(&inline(value))).collect();
        let mut sentence = format!("One of {}", shown.join(", "));
        if let Some(more) = values.len().checked_sub(MAX_VALUES).filter(|more| *more > 0) {
            let _ = write!(sentence, " and {more} more");
        }
        sentences.push(sentence + ".");
    }
    let number = |key: &str| {
        let node = view.first(key)?;
        matches!(node.value, Value::Int(..) | Value::Float(..)).then(|| prose(&inline(node)))
    };
    match (number("minimum"), number("maximum")) {
        (Some(minimum), Some(maximum)) => sentences.push(format!("From {minimum} to {maximum}.")),
        (Some(minimum), None) => sentences.push(format!("At least {minimum}.")),
        (None, Some(maximum)) => sentences.push(format!("At most {maximum}.")),
        (None, None) => {}
    }
    if let Some(bound) = number("exclusiveMinimum") {
        sentences.push(format!("More than {bound}."));
    }
    if let Some(bound) = number("exclusiveMaximum") {
        sentences.push(format!("Less than {bound}."));
    }
    if let Some(pattern) = view.first("pattern").and_then(Node::as_str) {
        sentences.push(format!("Matches {}.", cell_code(&one_line(pattern, MAX_PATH_BYTES))));
    }
    if let Some(reference) = view.foreign {
        sentences.push(format!("Defined in {}.", cell_code(reference)));
    }
    if view.first("deprecated").and_then(Node::as_bool) == Some(true) {
        sentences.push("Deprecated.".to_owned());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use pacto_contract::Bundle;

    use super::super::specification::Files;

    fn properties(schema: &str) -> Properties {
        let mut bundle = Bundle::default();
        bundle.insert("s", schema.as_bytes()).unwrap();
        let mut found = None;
        let excerpt = super::super::specification::Excerpt::Properties;
        let read = Files::new(&bundle)
            .excerpt(excerpt, "s", |schema| {
                found = Some(list(schema));
                String::new()
            })
            .clone();
        assert_eq!(read, Ok(String::new()));
        found.unwrap()
    }

    fn lines(schema: &str) -> Vec<String> {
        let Properties { rows, complete } = properties(schema);
        assert!(complete);
        let line = |row: &Property| {
            let mark = if row.required { "!" } else { "" };
            let default = row.default.as_ref().map_or_else(String::new, |default| format!(" = {default}"));
            format!("{}{mark}: {}{default} {}", row.path, row.kind, row.description).trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }

    #[test]
    fn nested_objects_are_flattened() {
        let schema = r#"
            required: [b, a]
            properties:
              b: {required: [d], properties: {d: {type: string}, c: {default: {x: [1]}}}}
              a: {type: array, items: {properties: {e: {type: integer}}}}
              m: {type: object, additionalProperties: {type: object, properties: {f: {type: [string, "null"]}}}}
              b-c: {type: boolean, default: false}
        "#;
        assert_eq!(
            lines(schema),
            [
                "a!: array of object",
                "a[].e: integer",
                "b!: object",
                "b.c: any = {\"x\": [1]}",
                "b.d!: string",
                "b-c: boolean = false",
                "m: map of object",
                "m.*.f: string or null",
            ]
        );
    }

    #[test]
    fn references_and_all_of_are_merged() {
        let schema = r##"
            $ref: "#/$defs/base"
            allOf: [{properties: {extra: {$ref: "#/$defs/port"}}, required: [extra]}]
            properties: {port: {description: Ours.}}
            $defs:
              base: {properties: {port: {$ref: "#/$defs/port"}, far: {$ref: "other.json#/x"}}, required: [port]}
              port: {type: integer, minimum: 1, maximum: 65535, default: 80, description: A port.}
        "##;
        assert_eq!(
            lines(schema),
            [
                "extra!: integer = 80 A port. From 1 to 65535.",
                "far: any Defined in `other.json#/x`.",
                "port!: integer = 80 Ours. From 1 to 65535.",
            ]
        );
    }

    #[test]
    fn types_in_words() {
        let schema = r##"
            properties:
              a: {anyOf: [{$ref: "#/$defs/model"}, {type: "null"}]}
              b: {oneOf: [{type: string}, {type: integer}, {type: string}]}
              c: {enum: [1, x, null]}
              d: {const: [1]}
              e: {type: array, items: {type: [string, number]}}
              f: {type: array, items: {type: array, items: {type: string, format: date}}}
              g: {anyOf: [{$ref: "#/properties/g"}, {type: string}]}
              h: false
              i: {type: number, exclusiveMinimum: 0, exclusiveMaximum: 1.50, deprecated: true}
              j: {pattern: "^a|b$", minimum: 2}
              k: 7
            $defs: {model: {type: object, properties: {x: {type: string}}}}
        "##;
        assert_eq!(
            lines(schema),
            [
                "a: object or null",
                "a.x: string",
                "b: string or integer",
                "c: number or string or null One of `1`, `x`, `null`.",
                "d: array Always `1`.",
                "e: array of (string or number)",
                "f: array of array of string (date)",
                "g: string",
                "h: never",
                "i: number More than 0. Less than 1.50. Deprecated.",
                "j: any At least 2. Matches `^a\\|b$`.",
                "k: any",
            ]
        );
    }

    #[test]
    fn cycles_are_named_and_not_followed() {
        let schema = r##"
            properties:
              tree: {$ref: "#/$defs/tree"}
              self: {$ref: "#"}
              loop: {$ref: "#/$defs/a"}
            $defs:
              tree: {type: object, properties: {left: {$ref: "#/$defs/tree"}, more: {type: array, items: {$ref: "#/$defs/tree"}}}}
              a: {$ref: "#/$defs/b"}
              b: {$ref: "#/$defs/a", type: string}
        "##;
        assert_eq!(
            lines(schema),
            [
                "loop: string",
                "self: object (recursive)",
                "tree: object",
                "tree.left: object (recursive)",
                "tree.more: array of object (recursive)",
            ]
        );
    }

    #[test]
    fn growth_is_bounded() {
        // Each level has two properties of the next one: 2^60 names, and as many ways through `allOf`.
        let mut doubling = String::from("$ref: '#/$defs/n0'\n$defs:\n");
        let mut merged = doubling.clone();
        let mut deep = doubling.clone();
        for level in 0..60 {
            let next = format!("{{$ref: '#/$defs/n{}'}}", level + 1);
            let _ = writeln!(doubling, "  n{level}: {{properties: {{a: {next}, b: {next}}}}}");
            let _ =
                writeln!(merged, "  n{level}: {{allOf: [{next}, {next}], properties: {{p{level}: true}}}}");
        }
        for level in 0..300 {
            let _ = writeln!(deep, "  n{level}: {{properties: {{a: {{$ref: '#/$defs/n{}'}}}}}}", level + 1);
        }
        let doubled = properties(&doubling);
        assert!(!doubled.complete && doubled.rows.len() <= MAX_ROWS);
        let merged = properties(&merged);
        assert!(merged.complete);
        assert_eq!(merged.rows.len(), 60);
        deep.push_str("properties: {z: {type: string}}\n");
        let deep = properties(&deep);
        assert!(!deep.complete);
        assert_eq!(deep.rows.len(), MAX_REF_DEPTH + 2);
        assert_eq!(deep.rows.last().map(|row| (row.path.as_str(), row.kind.as_str())), Some(("z", "string")));
    }

    #[test]
    fn wide_schemas_are_cut() {
        let mut wide = String::from("properties:\n");
        for index in 0..=MAX_ROWS {
            let _ = writeln!(wide, "  p{index}: true");
        }
        let cut = properties(&wide);
        assert!(!cut.complete);
        assert_eq!(cut.rows.len(), MAX_ROWS);
        let large = properties(&format!("properties: {{a: {{enum: [{}]}}}}", "x,".repeat(1_000)));
        assert!(large.rows[0].description.ends_with("`x` and 980 more."));
    }
}
