//! The tree itself.

use serde_json::{Map, Number};

use crate::pointer::{Pointer, Segment};
use crate::source::Span;

/// A value and the bytes it was written in.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stood. For a collection: the whole collection.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// A YAML 1.2 core-schema value.
///
/// Numbers keep the text they were written in, so that `1.10` can be told from `1.1`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer: its value and source text.
    Int(i128, Box<str>),
    /// A float: its value and source text.
    Float(f64, Box<str>),
    /// Everything else, and everything quoted.
    String(Box<str>),
    /// `- item` or `[item]`.
    Sequence(Vec<Node>),
    /// `key: value` or `{key: value}`.
    Mapping(Mapping),
}

/// A key, its place, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as text.
    pub key: Box<str>,
    /// Where the key stood.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

/// The entries of a mapping in document order; keys are unique.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
    /// Positions sorted by key, kept only for large mappings; small ones are scanned.
    index: Option<Box<[u32]>>,
}

/// Mappings with more entries than this are searched through an index.
const SCAN_LIMIT: usize = 12;

impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Mapping {
    /// Builds a mapping, or gives back the spans of the first two entries with one key.
    pub(super) fn from_entries(entries: Vec<Entry>) -> Result<Self, DuplicateKey> {
        if entries.len() <= SCAN_LIMIT {
            for (position, entry) in entries.iter().enumerate() {
                let earlier = entries.iter().take(position).find(|other| other.key == entry.key);
                if let Some(earlier) = earlier {
                    return Err(DuplicateKey::new(earlier, entry));
                }
            }
            return Ok(Self { entries, index: None });
        }
        let index = sorted_index(&entries);
        let key = |position: &u32| entries.get(*position as usize).map(|entry| &entry.key);
        let mut duplicate = None;
        for pair in index.windows(2) {
            if let [earlier, later] = pair
                && key(earlier) == key(later)
                && duplicate.is_none_or(|(_, found)| found > *later as usize)
            {
                duplicate = Some((*earlier as usize, *later as usize));
            }
        }
        let pair = duplicate.and_then(|(earlier, later)| Some((entries.get(earlier)?, entries.get(later)?)));
        match pair {
            Some((earlier, later)) => Err(DuplicateKey::new(earlier, later)),
            None => Ok(Self { entries, index: Some(index) }),
        }
    }

    /// The entries in document order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(self.position(key)?)
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The value of `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let position = self.position(key)?;
        self.entries.get_mut(position).map(|entry| &mut entry.node)
    }

    /// Puts `node` under `key`: replaces the value that is there, or appends.
    pub fn insert(&mut self, key: &str, key_span: Span, node: Node) {
        if let Some(slot) = self.get_mut(key) {
            *slot = node;
            return;
        }
        self.entries.push(Entry { key: key.into(), key_span, node });
        self.index = (self.entries.len() > SCAN_LIMIT).then(|| sorted_index(&self.entries));
    }

    /// Where the entry of `key` is among the entries.
    pub fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            None => self.entries.iter().position(|entry| &*entry.key == key),
            Some(index) => {
                let at = index.binary_search_by(|position| {
                    self.entries.get(*position as usize).map_or("", |entry| &*entry.key).cmp(key)
                });
                index.get(at.ok()?).map(|position| *position as usize)
            }
        }
    }
}

/// One key twice in one mapping.
pub(super) struct DuplicateKey {
    pub key: Box<str>,
    pub first: Span,
    pub second: Span,
}

impl DuplicateKey {
    fn new(first: &Entry, second: &Entry) -> Self {
        Self { key: second.key.clone(), first: first.key_span, second: second.key_span }
    }
}

fn sorted_index(entries: &[Entry]) -> Box<[u32]> {
    let mut index: Vec<u32> = (0..u32::try_from(entries.len()).unwrap_or(u32::MAX)).collect();
    index.sort_by_key(|position| entries.get(*position as usize).map(|entry| &entry.key));
    index.into_boxed_slice()
}

/// A value that YAML can write and JSON cannot, and where it stands.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the number {text} has no JSON form")]
pub struct NoJsonForm {
    /// Where in the tree.
    pub pointer: Pointer,
    /// Where in the file.
    pub span: Span,
    /// How it was written.
    pub text: Box<str>,
}

impl Node {
    /// A node that stood nowhere, for values that come from flags.
    pub fn synthetic(value: Value) -> Self {
        Self { span: Span::default(), value }
    }

    /// The mapping, if it is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        if let Value::Mapping(mapping) = &self.value { Some(mapping) } else { None }
    }

    /// The elements, if it is a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        if let Value::Sequence(items) = &self.value { Some(items) } else { None }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self.value { Some(value) } else { None }
    }

    /// The whole number, if it is one; `8080.0` and `1e3` are whole numbers too, as in JSON Schema.
    pub fn as_integer(&self) -> Option<i128> {
        match &self.value {
            Value::Int(value, _) => Some(*value),
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked in the guard")]
            Value::Float(value, _) if value.fract() == 0.0 && value.abs() < 9.0e18 => Some(*value as i128),
            _ => None,
        }
    }

    /// The source text of a scalar: `1.10` stays `1.10` although it is a number.
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Int(_, text) | Value::Float(_, text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// The value of `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// The kind in the words of JSON Schema.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(..) | Value::Float(..) => "number",
            Value::String(_) => "string",
            Value::Sequence(_) => "array",
            Value::Mapping(_) => "object",
        }
    }

    /// The node at `pointer`.
    pub fn find(&self, pointer: &Pointer) -> Option<&Node> {
        pointer.segments().iter().try_fold(self, Node::step)
    }

    fn step<'a>(&'a self, segment: &Segment) -> Option<&'a Node> {
        match (segment, &self.value) {
            (Segment::Key(key), Value::Mapping(mapping)) => mapping.get(key),
            (Segment::Index(index), Value::Sequence(items)) => items.get(*index),
            (Segment::Index(index), Value::Mapping(mapping)) => mapping.get(&index.to_string()),
            _ => None,
        }
    }

    /// The bytes to show for `pointer`: a scalar's own text, a collection's key. Steps that do not exist are
    /// dropped from the end, so that there is always a place.
    pub fn focus(&self, pointer: &Pointer) -> Span {
        let mut node = self;
        let mut focus = Span::new(self.span.start as usize, self.span.start as usize);
        for segment in pointer.segments() {
            let entry = match (segment, &node.value) {
                (Segment::Key(key), Value::Mapping(mapping)) => mapping.entry(key),
                _ => None,
            };
            let Some(next) = node.step(segment) else { break };
            let collection = matches!(next.value, Value::Sequence(_) | Value::Mapping(_) | Value::Null);
            focus = match entry {
                Some(entry) if collection => entry.key_span,
                _ if collection => Span::new(next.span.start as usize, next.span.start as usize),
                _ => next.span,
            };
            node = next;
        }
        focus
    }

    /// The bytes of the key at `pointer`, or what [`Node::focus`] gives where there is no key.
    pub fn focus_key(&self, pointer: &Pointer) -> Span {
        let key_span = pointer.parent().and_then(|parent| {
            let Some(Segment::Key(key)) = pointer.segments().last() else { return None };
            self.find(&parent)?.as_mapping()?.entry(key).map(|entry| entry.key_span)
        });
        key_span.unwrap_or_else(|| self.focus(pointer))
    }

    /// The same value as JSON.
    ///
    /// # Errors
    /// [`NoJsonForm`] for `.nan`, `.inf` and integers outside of 64 bits.
    pub fn to_json(&self) -> Result<serde_json::Value, NoJsonForm> {
        // The way to a number is looked for only when one is refused.
        self.json().ok_or_else(|| {
            let mut refused = NoJsonForm { pointer: Pointer::root(), span: self.span, text: Box::default() };
            self.find_refused(&mut refused);
            refused
        })
    }

    fn json(&self) -> Option<serde_json::Value> {
        Some(match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Int(value, _) => serde_json::Value::Number(json_integer(*value)?),
            Value::Float(value, _) => serde_json::Value::Number(Number::from_f64(*value)?),
            Value::String(text) => serde_json::Value::String(text.to_string()),
            Value::Sequence(items) => {
                serde_json::Value::Array(items.iter().map(Self::json).collect::<Option<_>>()?)
            }
            Value::Mapping(mapping) => {
                let mut object = Map::with_capacity(mapping.entries.len());
                for entry in &mapping.entries {
                    object.insert(entry.key.to_string(), entry.node.json()?);
                }
                serde_json::Value::Object(object)
            }
        })
    }

    /// Goes to the first number that has no JSON form. True when there is one.
    fn find_refused(&self, refused: &mut NoJsonForm) -> bool {
        let mut refuse = |text: &str| {
            refused.span = self.span;
            refused.text = text.into();
            true
        };
        match &self.value {
            Value::Int(value, text) => json_integer(*value).is_none() && refuse(text),
            Value::Float(value, text) => !value.is_finite() && refuse(text),
            Value::Sequence(items) => items.iter().enumerate().any(|(index, item)| {
                refused.pointer.push_index(index);
                item.find_refused(refused) || {
                    refused.pointer.pop();
                    false
                }
            }),
            Value::Mapping(mapping) => mapping.entries.iter().any(|entry| {
                refused.pointer.push_key(&entry.key);
                entry.node.find_refused(refused) || {
                    refused.pointer.pop();
                    false
                }
            }),
            Value::Null | Value::Bool(_) | Value::String(_) => false,
        }
    }

    /// Whether the value has a JSON form, without building it.
    ///
    /// # Errors
    /// [`NoJsonForm`] for the first number that has none.
    pub fn check_json_form(&self) -> Result<(), NoJsonForm> {
        if self.has_json_form() { Ok(()) } else { self.to_json().map(drop) }
    }

    fn has_json_form(&self) -> bool {
        match &self.value {
            Value::Int(value, _) => json_integer(*value).is_some(),
            Value::Float(value, _) => value.is_finite(),
            Value::Sequence(items) => items.iter().all(Self::has_json_form),
            Value::Mapping(mapping) => mapping.entries().iter().all(|entry| entry.node.has_json_form()),
            Value::Null | Value::Bool(_) | Value::String(_) => true,
        }
    }

    /// A tree without places from a JSON value.
    pub fn from_json(json: &serde_json::Value) -> Self {
        Self::synthetic(match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i128() {
                Some(value) => Value::Int(value, number.to_string().into()),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN), number.to_string().into()),
            },
            serde_json::Value::String(text) => Value::String(text.as_str().into()),
            serde_json::Value::Array(items) => Value::Sequence(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(object) => {
                let mut mapping = Mapping::default();
                for (key, value) in object {
                    mapping.insert(key, Span::default(), Self::from_json(value));
                }
                Value::Mapping(mapping)
            }
        })
    }
}

fn json_integer(value: i128) -> Option<Number> {
    Number::from_i128(value).or_else(|| Number::from_u128(u128::try_from(value).ok()?))
}
