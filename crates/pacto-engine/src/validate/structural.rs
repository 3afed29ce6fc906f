//! Layer 1: the tree against the shape of a contract.
//!
//! A hand-written walk over [`shape::CONTRACT`](pacto_contract::shape::CONTRACT): nothing is compiled at start,
//! and findings can say more than a schema error. A property test holds it equal to the published JSON Schema.

use pacto_contract::limits::MAX_FINDINGS;
use pacto_contract::shape::{CONTRACT, Field, ObjectShape, Rule, Shape, Text};
use pacto_contract::yaml::{Mapping, Node, Value};
use pacto_contract::{Code, Diagnostic, Pointer, Source};

use super::{foreign_letter, nearest, quoted};

/// Keys that people bring from other formats or from other versions of this one.
const HINTS: &[(&str, &str)] = &[
    ("capabilities", "capabilities belong to a later format than 1.2"),
    ("extends", "contracts do not extend each other; use `configurations[].ref` and `policies[].ref`"),
];

pub(super) fn check(source: &Source, tree: &Node) -> Vec<Diagnostic> {
    let mut walk = Walk { source, tree, findings: Vec::new() };
    if let Err(error) = tree.check_json_form() {
        let number: String = error.text.chars().take(40).collect();
        let dots = if number.len() < error.text.len() { "…" } else { "" };
        let message = format!("the number {number}{dots} has no JSON form");
        let finding = walk.finding(Code::YamlParseError, &error.pointer, message);
        return vec![finding.with_help("write it as quoted text")];
    }
    if walk.supported_version() {
        walk.object(tree, &CONTRACT, &Path::ROOT);
    }
    if walk.findings.len() > MAX_FINDINGS {
        walk.findings.truncate(MAX_FINDINGS);
        let message = format!("stopped after {MAX_FINDINGS} structural errors");
        let last = walk.finding(Code::SchemaError, &Pointer::root(), message);
        walk.findings.push(last);
    }
    walk.findings
}

/// The way to a node, kept on the stack: a contract without errors allocates nothing for it.
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl Path<'_> {
    const ROOT: Path<'static> = Path { parent: None, step: Step::Root };

    fn key<'b>(&'b self, key: &'b str) -> Path<'b> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    fn index(&self, index: usize) -> Path<'_> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    fn to_pointer(&self) -> Pointer {
        let mut pointer = self.parent.map(Path::to_pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => pointer.push_key(key),
            Step::Index(index) => pointer.push_index(index),
        }
        pointer
    }
}

struct Walk<'a> {
    source: &'a Source,
    tree: &'a Node,
    findings: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn finding(&self, code: Code, pointer: &Pointer, message: String) -> Diagnostic {
        Diagnostic::new(code, pointer, message).at(self.source, self.tree.focus(pointer))
    }

    /// About the key rather than its value.
    fn key_finding(&self, code: Code, pointer: &Pointer, message: String) -> Diagnostic {
        Diagnostic::new(code, pointer, message).at(self.source, self.tree.focus_key(pointer))
    }

    /// An unknown version is the only finding: nothing else can be judged.
    fn supported_version(&mut self) -> bool {
        let Some(node) = self.tree.get("pactoVersion") else { return true };
        let Some(Field { shape: Shape::Text(text), .. }) = CONTRACT.field("pactoVersion") else {
            return true;
        };
        let Some(written) = node.as_str() else { return true };
        if text.values.iter().any(|(value, _)| *value == written) {
            return true;
        }
        let message = format!("pactoVersion {} is not supported", quoted(written));
        let supported: Vec<_> = text.values.iter().map(|(value, _)| format!("{value:?}")).collect();
        let pointer = Pointer::root().key("pactoVersion");
        let finding = self.finding(Code::UnsupportedPactoVersion, &pointer, message);
        self.findings.push(finding.with_help(format!("supported are {}", supported.join(", "))));
        false
    }

    fn report(&mut self, code: Code, pointer: &Path<'_>, message: String, help: Option<String>) {
        if self.findings.len() > MAX_FINDINGS {
            return;
        }
        let mut finding = self.finding(code, &pointer.to_pointer(), message);
        finding.help = help;
        self.findings.push(finding);
    }

    fn value(&mut self, node: &Node, shape: &Shape, field: Option<&Field>, pointer: &Path<'_>) {
        match shape {
            Shape::Text(text) => self.text(node, *text, field, pointer),
            Shape::Integer { min, max } => self.integer(node, *min, *max, pointer),
            Shape::Boolean => {
                if node.as_bool().is_none() {
                    let help = node.as_str().map(|_| "write true or false, without quotes".to_owned());
                    self.wrong_kind(node, "boolean", pointer, help);
                }
            }
            Shape::List { items, min_items } => match node.as_sequence() {
                Some(elements) => {
                    if elements.len() < *min_items {
                        let message = format!("minItems: got {}, want {min_items}", elements.len());
                        self.report(Code::SchemaViolation, pointer, message, None);
                    }
                    for (index, element) in elements.iter().enumerate() {
                        self.value(element, items, None, &pointer.index(index));
                    }
                }
                None => {
                    let help = node.as_mapping().map(|_| "start each element with `- `".to_owned());
                    self.wrong_kind(node, "array", pointer, help);
                }
            },
            Shape::Object(object) => self.object(node, object, pointer),
            Shape::FreeObject => {
                if node.as_mapping().is_none() {
                    self.wrong_kind(node, "object", pointer, None);
                }
            }
            Shape::TextOrObject(text, object) => match node.value {
                Value::Mapping(_) => self.object(node, object, pointer),
                _ => self.text(node, *text, field, pointer),
            },
        }
    }

    fn wrong_kind(&mut self, node: &Node, want: &str, pointer: &Path<'_>, help: Option<String>) {
        let message = format!("got {}, want {want}", node.kind());
        self.report(Code::SchemaViolation, pointer, message, help);
    }

    fn text(&mut self, node: &Node, text: Text, field: Option<&Field>, pointer: &Path<'_>) {
        let Some(written) = node.as_str() else {
            let help = match &node.value {
                Value::Int(_, source) | Value::Float(_, source) => Some(format!("quote it: \"{source}\"")),
                Value::Bool(value) => Some(format!("quote it: \"{value}\"")),
                Value::Null => Some(write_a_value(field)),
                _ => None,
            };
            return self.wrong_kind(node, "string", pointer, help);
        };
        if !text.values.is_empty() {
            if !text.values.iter().any(|(value, _)| *value == written) {
                let known: Vec<_> = text.values.iter().map(|(value, _)| *value).collect();
                let allowed: Vec<_> = known.iter().map(|value| format!("'{value}'")).collect();
                let help =
                    nearest(written, known.iter().copied()).map(|value| format!("did you mean '{value}'?"));
                let message = format!("value must be one of {}", allowed.join(", "));
                self.report(Code::SchemaViolation, pointer, message, help);
            }
            return;
        }
        let characters = written.chars().count();
        if characters < text.min_chars {
            let code = field.and_then(|field| field.empty_code).unwrap_or(Code::SchemaViolation);
            let message = format!("minLength: got {characters}, want {}", text.min_chars);
            return self.report(code, pointer, message, Some(write_a_value(field)));
        }
        if let Some(pattern) = text.pattern
            && !pattern.matches(written)
        {
            let message = format!("{} does not match pattern '{}'", quote(written), pattern.regex());
            let help = match foreign_letter(written) {
                Some(letter) => format!("{}; {letter}", pattern.words()),
                None => pattern.words().to_owned(),
            };
            self.report(Code::SchemaViolation, pointer, message, Some(help));
        }
    }

    fn integer(&mut self, node: &Node, min: i64, max: Option<i64>, pointer: &Path<'_>) {
        // A whole number beyond 64 bits is out of every bound, and still a whole number.
        let beyond = match node.value {
            Value::Float(value, _) if value.fract() == 0.0 && value < 0.0 => Some(i128::MIN),
            Value::Float(value, _) if value.fract() == 0.0 => Some(i128::MAX),
            _ => None,
        };
        let Some(value) = node.as_integer().or(beyond) else {
            let help = match &node.value {
                Value::String(text) if text.parse::<i64>().is_ok() => Some("remove the quotes".to_owned()),
                Value::Float(..) => Some("write a whole number".to_owned()),
                _ => None,
            };
            return self.wrong_kind(node, "integer", pointer, help);
        };
        let help = || {
            Some(match max {
                Some(max) => format!("from {min} to {max}"),
                None => format!("{min} or more"),
            })
        };
        let got = node.scalar_text().unwrap_or_default();
        if value < i128::from(min) {
            self.report(Code::SchemaViolation, pointer, format!("minimum: got {got}, want {min}"), help());
        } else if let Some(max) = max
            && value > i128::from(max)
        {
            self.report(Code::SchemaViolation, pointer, format!("maximum: got {got}, want {max}"), help());
        }
    }

    fn object(&mut self, node: &Node, shape: &ObjectShape, pointer: &Path<'_>) {
        let Some(mapping) = node.as_mapping() else {
            let help = match &node.value {
                Value::Null => Some("write its keys, or remove it".to_owned()),
                _ => None,
            };
            return self.wrong_kind(node, "object", pointer, help);
        };
        for field in shape.fields.iter().filter(|field| field.required) {
            if mapping.get(field.name).is_none() {
                let help = Some(format!("add `{}`: {}", field.name, lower_first(field.description)));
                self.report(
                    Code::SchemaViolation,
                    pointer,
                    format!("missing property '{}'", field.name),
                    help,
                );
            }
        }
        for entry in mapping.entries() {
            let at = pointer.key(&entry.key);
            match shape.field(&entry.key) {
                Some(field) => self.value(&entry.node, &field.shape, Some(field), &at),
                None => self.unknown_key(&entry.key, mapping, shape, &at),
            }
        }
        if mapping.entries().len() < shape.min_fields {
            let keys: Vec<_> = shape.fields.iter().map(|field| format!("'{}'", field.name)).collect();
            let message =
                format!("minProperties: got {}, want {}", mapping.entries().len(), shape.min_fields);
            self.report(
                Code::SchemaViolation,
                pointer,
                message,
                Some(format!("add one of {}", keys.join(", "))),
            );
        }
        self.rules(mapping, shape, pointer);
    }

    fn unknown_key(&mut self, key: &str, mapping: &Mapping, shape: &ObjectShape, pointer: &Path<'_>) {
        if self.findings.len() > MAX_FINDINGS {
            return;
        }
        let absent = shape.fields.iter().map(|field| field.name).filter(|name| mapping.get(name).is_none());
        let help = match HINTS.iter().find(|(hint, _)| *hint == key) {
            Some((_, hint)) => (*hint).to_owned(),
            None => match nearest(key, absent) {
                Some(name) => format!("did you mean `{name}`?"),
                None => {
                    let known: Vec<_> =
                        shape.fields.iter().map(|field| format!("`{}`", field.name)).collect();
                    format!("known keys are {}; free keys go below `metadata`", known.join(", "))
                }
            },
        };
        let message = format!("additional property {} not allowed", quote(key));
        let finding = self.key_finding(Code::SchemaViolation, &pointer.to_pointer(), message);
        self.findings.push(finding.with_help(help));
    }

    fn rules(&mut self, mapping: &Mapping, shape: &ObjectShape, pointer: &Path<'_>) {
        let has = |key: &&str| mapping.get(key).is_some();
        let text_is = |key: &str, values: &[&str]| {
            mapping.get(key).and_then(Node::as_str).is_some_and(|text| values.contains(&text))
        };
        // Keys that a finding of this object is about already; one mistake gives one finding.
        let mut blamed: Vec<&str> = Vec::new();
        for rule in shape.rules {
            match rule {
                Rule::Excludes { key, others } if has(key) => {
                    for other in others.iter().filter(|other| has(other)) {
                        let message = format!("'{other}' is not allowed beside '{key}'");
                        let help = Some(format!("keep `{key}` or `{other}`"));
                        self.report(Code::SchemaViolation, &pointer.key(other), message, help);
                        blamed.push(other);
                    }
                }
                Rule::Needs { key, others, code } if has(key) && !blamed.contains(key) => {
                    let missing: Vec<_> =
                        others.iter().filter(|other| !has(other) && !blamed.contains(*other)).collect();
                    for other in missing {
                        let message = format!("'{key}' needs '{other}'");
                        self.report(*code, &pointer.key(key), message, Some(format!("add `{other}`")));
                        blamed.push(other);
                    }
                }
                Rule::ExactlyOne { keys, none } => {
                    let there: Vec<_> = keys.iter().filter(|key| has(key)).copied().collect();
                    let names: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
                    if there.is_empty() && !keys.iter().any(|key| blamed.contains(key)) {
                        let message = format!("one of {} is needed", names.join(", "));
                        self.report(*none, pointer, message, Some(format!("add {}", names.join(" or "))));
                    } else if there.len() > 1 {
                        let message = format!("only one of {} is allowed", names.join(", "));
                        let second = there.get(1).copied().unwrap_or_default();
                        let help = Some(format!("keep {}", names.join(" or ")));
                        self.report(Code::SchemaViolation, &pointer.key(second), message, help);
                    }
                }
                Rule::AtMostOne { keys, code } => {
                    let there: Vec<_> = keys.iter().filter(|key| has(key)).copied().collect();
                    if let [first, second, ..] = there.as_slice() {
                        let message = format!("'{first}' and '{second}' are two forms of one section");
                        let help = Some(format!("move everything to `{second}`"));
                        self.report(*code, &pointer.key(second), message, help);
                    }
                }
                Rule::RequiredWhen { key, values, needed, code } if text_is(key, values) && !has(needed) => {
                    let kind = mapping.get(key).and_then(Node::as_str).unwrap_or_default();
                    let message = format!("missing property '{needed}': {key} {kind} needs it");
                    self.report(*code, &pointer.key(needed), message, Some(format!("add `{needed}`")));
                }
                Rule::ForbiddenWhen { key, values, forbidden } if text_is(key, values) && has(forbidden) => {
                    let value = mapping.get(key).and_then(Node::as_str).unwrap_or_default();
                    let message = format!("'{forbidden}' is not allowed with {key} {value:?}");
                    let finding = self.key_finding(
                        Code::SchemaViolation,
                        &pointer.key(forbidden).to_pointer(),
                        message,
                    );
                    self.findings.push(finding.with_help("use pactoVersion \"1.2\", or remove it"));
                }
                Rule::ConstWhen { key, value, path, expected, code } if text_is(key, &[*value]) => {
                    let at = path.iter().fold(Pointer::root(), |at, step| at.key(step));
                    let found = path.iter().try_fold((None, mapping), |(_, mapping), step| {
                        let node = mapping.get(step)?;
                        Some((Some(node), node.as_mapping().unwrap_or(mapping)))
                    });
                    let found = found.and_then(|(node, _)| node);
                    if let Some(node) = found
                        && node.as_str() != Some(expected)
                    {
                        let full = path.iter().fold(pointer.to_pointer(), |at, step| at.key(step));
                        let message = format!("{at} must be '{expected}' when {key} is '{value}'");
                        let finding = self.finding(*code, &full, message);
                        self.findings.push(finding.with_help(format!("write {expected}, or change `{key}`")));
                    }
                }
                _ => {}
            }
        }
    }
}

/// What to do about a text that is empty.
fn write_a_value(field: Option<&Field>) -> String {
    match field {
        Some(Field { empty_code: Some(code), .. }) => lower_first(code.remedy()),
        Some(Field { required: false, .. }) => "write a value, or remove the key".to_owned(),
        _ => "write a value".to_owned(),
    }
}

fn quote(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("'{short}{dots}'")
}

fn lower_first(text: &str) -> String {
    let mut characters = text.trim_end_matches('.').chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
