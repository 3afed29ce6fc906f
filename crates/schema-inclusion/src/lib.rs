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
//! assert_eq!(back, Answer::NotIncluded { witness: json!(-1) });
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
//! | the search for a document | [`solve`] |

mod compile;
mod evaluate;
mod language;
mod node;
mod number;
mod solve;

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
    /// Most steps of the search. One is about a microsecond.
    pub steps: u32,
}

/// Deepest document with schemas.
pub const MAX_DEPTH: usize = 400;

/// Steps that [`Options::new`] gives.
pub const DEFAULT_STEPS: u32 = 400_000;

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
    let roots = [options.left_root, options.right_root].into_iter().flatten();
    if [left, right].into_iter().chain(roots).any(|document| depth(document) > MAX_DEPTH) {
        return Answer::Undecided { reason: "the schema is too deep".to_owned(), pointer: String::new() };
    }
    let mut arena = node::Arena::default();
    let mut compiled = |schema: &Value, root: Option<&Value>, dialect| {
        compile::Compiler::new(&mut arena, root.unwrap_or(schema), dialect).whole(schema)
    };
    let left_node = compiled(left, options.left_root, options.left);
    let right_node = compiled(right, options.right_root, options.right);
    if left_node == right_node {
        return Answer::Included;
    }
    let mut search = solve::Search::new(&mut arena, options.steps);
    let found = search.find(&[(left_node, true), (right_node, false)]);
    match (found, search.left_out()) {
        (Some(witness), _) => match check(left, right, &witness, options) {
            Ok(()) => Answer::NotIncluded { witness },
            Err(reason) => Answer::Undecided { reason, pointer: String::new() },
        },
        (None, None) => Answer::Included,
        (None, Some((reason, pointer))) => {
            one_by_one(left, right, options).unwrap_or(Answer::Undecided { reason, pointer })
        }
    }
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
fn one_by_one(left: &Value, right: &Value, options: &Options<'_>) -> Option<Answer> {
    let listed = match (left.get("enum"), left.get("const")) {
        (Some(Value::Array(values)), _) => values.clone(),
        (_, Some(value)) if options.left != Dialect::Draft4 => vec![value.clone()],
        _ => return None,
    };
    let (left, right) = (
        Judge::new(left, options.left_root, options.left),
        Judge::new(right, options.right_root, options.right),
    );
    let (left, right) = (left.ok()?, right.ok()?);
    let witness = listed.into_iter().find(|value| left.accepts(value) && !right.accepts(value));
    Some(witness.map_or(Answer::Included, |witness| Answer::NotIncluded { witness }))
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

/// Another implementation.
struct Judge(jsonschema::Validator);

impl Judge {
    fn new(schema: &Value, root: Option<&Value>, dialect: Dialect) -> Result<Self, String> {
        let whole = compile::standard(schema, root, dialect);
        let draft = match dialect {
            Dialect::Draft4 | Dialect::OpenApi30 => jsonschema::Draft::Draft4,
            Dialect::Draft6 => jsonschema::Draft::Draft6,
            Dialect::Draft7 => jsonschema::Draft::Draft7,
            Dialect::Draft201909 => jsonschema::Draft::Draft201909,
            Dialect::Draft202012 => jsonschema::Draft::Draft202012,
        };
        let validator = jsonschema::options().with_draft(draft).should_validate_formats(false).build(&whole);
        validator.map(Self).map_err(|error| format!("the schema cannot be checked: {error}"))
    }

    fn accepts(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}

/// Asks the other implementation about the witness.
fn check(left: &Value, right: &Value, witness: &Value, options: &Options<'_>) -> Result<(), String> {
    let left = Judge::new(left, options.left_root, options.left)?;
    let right = Judge::new(right, options.right_root, options.right)?;
    if left.accepts(witness) && !right.accepts(witness) {
        return Ok(());
    }
    Err(format!("a document that should tell the schemas apart does not: {witness}"))
}
