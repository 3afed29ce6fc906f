//! Does one JSON Schema accept everything that another one accepts?
//!
//! ```
//! use schema_inclusion::{Answer, Dialect, Options, included};
//! use serde_json::json;
//!
//! let old = json!({"type": "integer", "minimum": 0});
//! let new = json!({"type": "integer", "minimum": -5});
//! assert_eq!(included(&old, &new, &Options::new(Dialect::Draft202012)), Answer::Included);
//! let back = included(&new, &old, &Options::new(Dialect::Draft202012));
//! assert_eq!(back, Answer::NotIncluded { witness: json!(-1), place: String::new() });
//! ```
//!
//! The question is one of sets, so it is answered as one: a document is looked for that the first schema accepts and the
//! second one refuses. Where there is one, it is small, it was checked by another implementation (the crate `jsonschema`)
//! against both schemas, and it is the proof. Where the search ends without one and left nothing out, there is none. Else
//! the answer is [`Answer::Undecided`], with the reason.
//!
//! | idea | where |
//! |---|---|
//! | schemas of every dialect to one form | [`compile`] |
//! | that form | [`node`] |
//! | exact numbers | [`number`] |
//! | patterns as sets of texts | [`language`] |
//! | whether a document is accepted | [`evaluate`] |
//! | what another implementation says of a document | [`judge`] |
//! | the search for a document | [`solve`] |

mod compile;
mod evaluate;
mod judge;
mod language;
mod node;
mod number;
mod solve;

use std::collections::HashMap;

use serde_json::Value;

/// How schemas are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Draft 4: limits are exclusive by a boolean.
    Draft4,
    /// Draft 6.
    Draft6,
    /// Draft 7.
    Draft7,
    /// Draft 2019-09.
    Draft201909,
    /// Draft 2020-12, and `OpenAPI` 3.1 and 3.2.
    Draft202012,
    /// `OpenAPI` 3.0: like draft 4, with `nullable`.
    OpenApi30,
}

impl Dialect {
    /// The dialect that a schema names, else `usual`.
    pub fn of(schema: &Value, usual: Self) -> Self {
        let Some(name) = schema.get("$schema").and_then(Value::as_str) else { return usual };
        let known = [
            ("draft-04", Self::Draft4),
            ("draft-06", Self::Draft6),
            ("draft-07", Self::Draft7),
            ("2019-09", Self::Draft201909),
            ("2020-12", Self::Draft202012),
        ];
        known.iter().find(|(part, _)| name.contains(part)).map_or(usual, |(_, dialect)| *dialect)
    }

    /// Whether what stands beside a `$ref` is ignored.
    fn ignores_siblings(self) -> bool {
        matches!(self, Self::Draft4 | Self::Draft6 | Self::Draft7 | Self::OpenApi30)
    }

    /// Whether `exclusiveMinimum` is a boolean.
    fn has_boolean_limits(self) -> bool {
        matches!(self, Self::Draft4 | Self::OpenApi30)
    }
}

/// What to take schemas for, and how long to think about them.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// How the first schema is written.
    pub left: Dialect,
    /// How the second one is written.
    pub right: Dialect,
    /// The document that `$ref` of the first schema leads into, where it is not the schema itself.
    pub left_root: Option<&'a Value>,
    /// The same of the second one.
    pub right_root: Option<&'a Value>,
    /// Most steps of the search. One takes less than a microsecond.
    pub steps: u32,
}

/// Deepest document with schemas.
pub const MAX_DEPTH: usize = 400;

/// Steps that [`Options::new`] gives.
pub const DEFAULT_STEPS: u32 = 2_000_000;

impl Options<'_> {
    /// Both schemas written in one dialect, each its own document.
    pub fn new(dialect: Dialect) -> Self {
        Self { left: dialect, right: dialect, left_root: None, right_root: None, steps: DEFAULT_STEPS }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Every document that the first schema accepts is accepted by the second.
    Included,
    /// The first schema accepts this document, and the second one refuses it.
    NotIncluded {
        /// The document.
        witness: Value,
        /// Where in the document the second schema finds fault, as a JSON Pointer. A member that is missing has a place too.
        place: String,
    },
    /// Nobody knows, or would have to think for too long.
    Undecided {
        /// Why, one sentence without a final period.
        reason: String,
        /// Where that is, as a JSON Pointer into one of the schemas; empty where it is no place.
        pointer: String,
    },
}

/// Whether everything that `left` accepts is accepted by `right`.
///
/// `format`, and keywords that say nothing about which documents are accepted, are ignored. The answer depends on the
/// schemas and the options alone.
pub fn included(left: &Value, right: &Value, options: &Options<'_>) -> Answer {
    if [options.left_root, options.right_root].into_iter().flatten().any(|root| depth(root) > MAX_DEPTH) {
        return too_deep();
    }
    let mut questions = Questions::new(options.left, options.right);
    let of = |schema, root: Option<_>| Part { schema, root: root.unwrap_or(schema) };
    questions.included(of(left, options.left_root), of(right, options.right_root), options.steps).0
}

/// A schema, and the document that its references lead into.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The schema.
    pub schema: &'a Value,
    /// The document, no deeper than [`MAX_DEPTH`]; the schema itself where it stands alone.
    pub root: &'a Value,
}

/// Many questions about schemas of the same two documents: what one of them found out, the next one knows.
///
/// A document may grow between two questions. What a reference leads to must not change.
///
/// ```
/// use schema_inclusion::{Answer, Dialect, Part, Questions};
/// use serde_json::json;
///
/// let old = json!({"$defs": {"name": {"type": "string"}}});
/// let new = json!({"$defs": {"name": {"type": "string", "minLength": 1}}});
/// let schema = json!({"$ref": "#/$defs/name"});
/// let mut questions = Questions::new(Dialect::Draft202012, Dialect::Draft202012);
/// let (old, new) = (Part { schema: &schema, root: &old }, Part { schema: &schema, root: &new });
/// let (answer, steps) = questions.included(old, new, 10_000);
/// assert_eq!(answer, Answer::NotIncluded { witness: json!(""), place: String::new() });
/// assert!(steps < 10_000);
/// ```
#[derive(Debug)]
pub struct Questions {
    arena: node::Arena,
    memory: solve::Memory,
    left: compile::References,
    right: compile::References,
    /// Answers, and the steps that each could take.
    answers: HashMap<(node::Id, node::Id), (Answer, u32)>,
}

impl Questions {
    /// About two documents, by how they are written.
    pub fn new(left: Dialect, right: Dialect) -> Self {
        Self {
            arena: node::Arena::default(),
            memory: solve::Memory::default(),
            left: compile::References::new("left", left),
            right: compile::References::new("right", right),
            answers: HashMap::new(),
        }
    }

    /// Whether something is accepted by `left`, and by every schema for a part of it, and how many steps of `steps` it took.
    /// Whatever is asked about nothing is true, and nobody means it. `false` also where it is not known.
    pub fn is_inhabited(&mut self, left: Part<'_>, steps: u32) -> (bool, u32) {
        let node = compile::Compiler::new(&mut self.arena, left.root, &mut self.left).whole(left.schema);
        let mut search = solve::Search::new(&mut self.arena, &mut self.memory, steps);
        let found = search.is_inhabited(node);
        (found, steps - search.steps())
    }

    /// Whether everything that `left` accepts is accepted by `right`, and how many steps of `steps` it took to know.
    pub fn included(&mut self, left: Part<'_>, right: Part<'_>, steps: u32) -> (Answer, u32) {
        if [left.schema, right.schema].into_iter().any(|schema| depth(schema) > MAX_DEPTH) {
            return (too_deep(), 0);
        }
        let left_node = compile::Compiler::new(&mut self.arena, left.root, &mut self.left).whole(left.schema);
        let right_node =
            compile::Compiler::new(&mut self.arena, right.root, &mut self.right).whole(right.schema);
        if left_node == right_node {
            return (Answer::Included, 0);
        }
        // With more steps more may be decided.
        match self.answers.get(&(left_node, right_node)) {
            Some((Answer::Undecided { .. }, before)) if *before < steps => {}
            Some((known, _)) => return (known.clone(), 0),
            None => {}
        }
        let mut search = solve::Search::new(&mut self.arena, &mut self.memory, steps);
        let found = search.find(&[(left_node, true), (right_node, false)]);
        let (left_out, mut taken) = (search.left_out(), steps - search.steps());
        let mut judges =
            || judge::Judges::new((left, self.left.dialect), (right, self.right.dialect), &mut taken);
        let answer = match (found, left_out) {
            (Some(witness), _) => match judges().and_then(|judges| judges.confirm(&witness)) {
                Ok(Some(place)) => Answer::NotIncluded { witness, place },
                Ok(None) => {
                    let reason = format!("a document that should tell the schemas apart does not: {witness}");
                    Answer::Undecided { reason, pointer: String::new() }
                }
                Err(reason) => Answer::Undecided { reason, pointer: String::new() },
            },
            (None, None) => Answer::Included,
            (None, Some((reason, pointer))) => one_by_one(left.schema, self.left.dialect, judges)
                .unwrap_or(Answer::Undecided { reason, pointer }),
        };
        self.answers.insert((left_node, right_node), (answer.clone(), steps));
        (answer, taken)
    }
}

fn too_deep() -> Answer {
    Answer::Undecided { reason: "the schema is too deep".to_owned(), pointer: String::new() }
}

/// How deep a document is.
fn depth(document: &Value) -> usize {
    let (mut deepest, mut pending) = (0, vec![(document, 1)]);
    while let Some((value, depth)) = pending.pop() {
        deepest = deepest.max(depth);
        match value {
            Value::Array(items) => pending.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => pending.extend(members.values().map(|member| (member, depth + 1))),
            _ => {}
        }
    }
    deepest
}

/// Where the first schema lists what it accepts, each of these is shown to the other implementation, which may know
/// keywords that the search does not.
fn one_by_one(
    left: &Value,
    dialect: Dialect,
    judges: impl FnOnce() -> Result<judge::Judges, String>,
) -> Option<Answer> {
    if dialect.ignores_siblings() && left.get("$ref").is_some() {
        return None;
    }
    let listed = match (left.get("enum"), left.get("const")) {
        (Some(Value::Array(values)), _) => values.clone(),
        (_, Some(value)) if dialect != Dialect::Draft4 => vec![value.clone()],
        _ => return None,
    };
    let judges = judges().ok()?;
    for witness in listed {
        // Whoever cannot say does not say yes.
        if let Some(place) = judges.confirm(&witness).ok()? {
            return Some(Answer::NotIncluded { witness, place });
        }
    }
    Some(Answer::Included)
}

/// Whether a document accepts everything at all: some document is accepted.
///
/// `None` where nobody knows.
pub fn is_satisfiable(schema: &Value, options: &Options<'_>) -> Option<bool> {
    match included(schema, &Value::Bool(false), options) {
        Answer::Included => Some(false),
        Answer::NotIncluded { .. } => Some(true),
        Answer::Undecided { .. } => None,
    }
}
