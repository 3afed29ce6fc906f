//! The one form of all dialects: small assertions, each about one type of values, and how they are put together.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::Value;

use crate::language::Language;
use crate::number::Exact;

/// Position of a node.
pub type Id = usize;

/// A type of values. Whole numbers are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// All types, the simplest first: so are witnesses looked for.
    pub const ALL: [Self; 6] =
        [Self::Null, Self::Boolean, Self::Number, Self::String, Self::Array, Self::Object];

    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

/// One assertion. Those about one type hold for values of all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    All(Vec<Id>),
    Any(Vec<Id>),
    Not(Id),
    Kind(Kind),
    /// Whole numbers only.
    Whole,
    /// One of these values, as text of sorted JSON, so that equal values are equal.
    Values(Vec<String>),
    AtLeast(Exact),
    Above(Exact),
    AtMost(Exact),
    Below(Exact),
    MultipleOf(Exact),
    MinLength(u64),
    MaxLength(u64),
    Pattern(String),
    MinItems(u64),
    MaxItems(u64),
    Unique,
    /// The first items each by its own schema, the rest by one.
    Items(Vec<Id>, Id),
    Contains {
        item: Id,
        least: u64,
        most: Option<u64>,
    },
    MinProperties(u64),
    MaxProperties(u64),
    Required(String),
    Properties {
        named: BTreeMap<String, Id>,
        patterns: Vec<(String, Id)>,
        rest: Id,
    },
    Names(Id),
    /// Something that is not understood, where it stands, and a number: no two are the same.
    Unknown(String, String, usize),
    /// A reference that is being read; it has another place once it was.
    Reference(String),
}

/// All nodes; equal ones are one.
#[derive(Debug, Default)]
pub struct Arena {
    nodes: Vec<Rc<Node>>,
    known: HashMap<Rc<Node>, Id>,
    /// What references stand for.
    targets: HashMap<Id, Id>,
    languages: HashMap<String, Option<Language>>,
}

impl Arena {
    pub fn add(&mut self, node: Node) -> Id {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let node = Rc::new(node);
        self.nodes.push(Rc::clone(&node));
        let id = self.nodes.len() - 1;
        self.known.insert(node, id);
        id
    }

    /// Something that is not understood.
    pub fn add_unknown(&mut self, what: &str, place: &str) -> Id {
        self.add(Node::Unknown(what.to_owned(), place.to_owned(), self.nodes.len()))
    }

    /// Everything.
    pub fn always(&mut self) -> Id {
        self.add(Node::All(Vec::new()))
    }

    /// Nothing.
    pub fn never(&mut self) -> Id {
        self.add(Node::Any(Vec::new()))
    }

    pub fn all(&mut self, mut parts: Vec<Id>) -> Id {
        parts.sort_unstable();
        parts.dedup();
        match parts.as_slice() {
            [only] => *only,
            _ => self.add(Node::All(parts)),
        }
    }

    pub fn any(&mut self, mut parts: Vec<Id>) -> Id {
        parts.sort_unstable();
        parts.dedup();
        match parts.as_slice() {
            [only] => *only,
            _ => self.add(Node::Any(parts)),
        }
    }

    /// Says what a reference stands for.
    pub fn bind(&mut self, reference: Id, target: Id) {
        self.targets.insert(reference, target);
    }

    /// A node; references are followed.
    pub fn get(&self, id: Id) -> (Id, Rc<Node>) {
        let mut id = id;
        // A reference to itself stands for nothing that could be asked; it accepts everything.
        for _ in 0..=self.targets.len() {
            match self.targets.get(&id) {
                Some(target) => id = *target,
                None => break,
            }
        }
        (id, self.nodes.get(id).map_or_else(|| Rc::new(Node::Whole), Rc::clone))
    }

    /// The texts that a pattern describes; `None` where it is not understood.
    pub fn language(&mut self, pattern: &str) -> Option<&Language> {
        let languages = &mut self.languages;
        languages.entry(pattern.to_owned()).or_insert_with(|| Language::new(pattern)).as_ref()
    }
}

/// A value as the text that all values equal to it have.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => match Exact::read(number) {
            Some(exact) => exact.to_value().map_or_else(|| number.to_string(), |value| value.to_string()),
            None => number.to_string(),
        },
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let sorted: BTreeMap<&String, String> =
                members.iter().map(|(key, value)| (key, canonical(value))).collect();
            let members: Vec<String> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{value}", Value::String(key.clone())))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}
