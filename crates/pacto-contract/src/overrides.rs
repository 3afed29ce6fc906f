//! `--values FILE` and `--set path=value`: changes to a contract before it is read.
//!
//! Mappings merge key by key, everything else is replaced whole; files come first, then `--set`, each in order.

use thiserror::Error;

use crate::limits::{MAX_OVERRIDE_INDEX, MAX_OVERRIDE_PATH_BYTES, MAX_YAML_DEPTH};
use crate::source::Span;
use crate::yaml::{Budget, LoadError, Mapping, Node, Value, load};

/// Changes to apply, in order.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    files: Vec<Node>,
    sets: Vec<Assignment>,
}

#[derive(Debug, Clone)]
struct Assignment {
    text: String,
    path: Vec<Step>,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    key: String,
    index: Option<Index>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    /// `[3]`: an element that is there.
    At(usize),
    /// `[+]`: a new last element.
    Append,
}

/// Why an override does not apply. Values are never part of the text: they may be secrets.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum OverrideError {
    /// No `=`.
    #[error("--set {0:?} has no value; write path=value")]
    NoValue(String),
    /// Nothing before `=`, or `a..b`.
    #[error("--set {0:?} has an empty part in its path; write a.b.c=value")]
    EmptyStep(String),
    /// Longer than the limit.
    #[error("the path of --set is longer than {MAX_OVERRIDE_PATH_BYTES} bytes")]
    PathTooLong,
    /// More parts than a document may have levels.
    #[error("the path of --set has more than {MAX_YAML_DEPTH} parts")]
    PathTooDeep,
    /// An index that is no number, or over the limit.
    #[error(
        "--set {path:?}: {index:?} is no list index; write name[0] up to {MAX_OVERRIDE_INDEX}, or name[+] to append"
    )]
    BadIndex {
        /// The path.
        path: String,
        /// What stood between the brackets.
        index: String,
    },
    /// The list is shorter.
    #[error("--set {path:?}: {list} has {len} element(s), there is none at index {index}")]
    OutOfRange {
        /// The path.
        path: String,
        /// The list.
        list: String,
        /// Its length.
        len: usize,
        /// The index that was asked for.
        index: usize,
    },
    /// An index on something that is no list.
    #[error("--set {path:?}: {at} is {kind}, not a list")]
    NotAList {
        /// The path.
        path: String,
        /// The part that was expected to be a list.
        at: String,
        /// What it is.
        kind: &'static str,
    },
    /// A key in something that is no mapping.
    #[error("--set {path:?}: {at} is {kind}, not a mapping")]
    NotAMapping {
        /// The path.
        path: String,
        /// The part that was expected to be a mapping.
        at: String,
        /// What it is.
        kind: &'static str,
    },
    /// A values file that is no mapping.
    #[error("{file}: a values file holds a mapping, this is {kind}")]
    ValuesNotAMapping {
        /// The file.
        file: String,
        /// What it is.
        kind: &'static str,
    },
    /// A values file that is no YAML.
    #[error("{file}: {error}")]
    Values {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: LoadError,
    },
}

impl Overrides {
    /// Adds the content of a values file; `file` is its name for messages.
    ///
    /// # Errors
    /// [`OverrideError::Values`] or [`OverrideError::ValuesNotAMapping`].
    pub fn add_values(&mut self, file: &str, text: &str) -> Result<(), OverrideError> {
        let node = load(text, Budget::CONTRACT)
            .map_err(|error| OverrideError::Values { file: file.to_owned(), error })?;
        if node.as_mapping().is_none() {
            return Err(OverrideError::ValuesNotAMapping { file: file.to_owned(), kind: a_kind(&node) });
        }
        self.files.push(node);
        Ok(())
    }

    /// Adds `path=value`. The value is an integer, a float, a boolean or else text, as the original guesses.
    ///
    /// ```
    /// use pacto_contract::overrides::Overrides;
    /// use pacto_contract::yaml::{Budget, emit, load};
    /// let mut overrides = Overrides::default();
    /// overrides.add_set("scaling.min=3")?;
    /// let mut tree = load("scaling: {min: 1, max: 5}", Budget::CONTRACT).map_err(|error| error.to_string()).unwrap();
    /// overrides.apply(&mut tree)?;
    /// assert_eq!(emit(&tree), "scaling:\n  min: 3\n  max: 5\n");
    /// # Ok::<(), pacto_contract::overrides::OverrideError>(())
    /// ```
    ///
    /// # Errors
    /// [`OverrideError`] when the text is not `path=value`.
    pub fn add_set(&mut self, text: &str) -> Result<(), OverrideError> {
        self.add_assignment(text, guess)
    }

    /// Adds `path=value` with the value taken as text, whatever it looks like.
    ///
    /// # Errors
    /// As [`Overrides::add_set`].
    pub fn add_set_string(&mut self, text: &str) -> Result<(), OverrideError> {
        self.add_assignment(text, |value| Value::String(value.into()))
    }

    fn add_assignment(&mut self, text: &str, read: impl Fn(&str) -> Value) -> Result<(), OverrideError> {
        let Some((path, value)) = text.split_once('=') else {
            return Err(OverrideError::NoValue(shorten(text)));
        };
        if path.len() > MAX_OVERRIDE_PATH_BYTES {
            return Err(OverrideError::PathTooLong);
        }
        self.sets.push(Assignment { text: path.to_owned(), path: parse_path(path)?, value: read(value) });
        Ok(())
    }

    /// Whether there is nothing to apply.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.sets.is_empty()
    }

    /// Applies everything to `tree`, files first.
    ///
    /// # Errors
    /// [`OverrideError`] when a path does not fit the tree; the tree may then be half changed.
    pub fn apply(&self, tree: &mut Node) -> Result<(), OverrideError> {
        for file in &self.files {
            merge(tree, file);
        }
        for set in &self.sets {
            assign(tree, set)?;
        }
        Ok(())
    }
}

fn a_kind(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(..) | Value::Float(..) => "a number",
        Value::String(_) => "a text",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping",
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Splits at every `.` that is not escaped as `\.`.
fn parse_path(text: &str) -> Result<Vec<Step>, OverrideError> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for character in text.chars() {
        match (character, parts.last_mut()) {
            ('\\', _) if !escaped => {
                escaped = true;
                continue;
            }
            ('.', _) if !escaped => parts.push(String::new()),
            (other, Some(part)) => part.push(other),
            (_, None) => {}
        }
        escaped = false;
    }
    if parts.len() > MAX_YAML_DEPTH {
        return Err(OverrideError::PathTooDeep);
    }
    parts.into_iter().map(|part| parse_step(text, part)).collect()
}

fn parse_step(path: &str, part: String) -> Result<Step, OverrideError> {
    if part.is_empty() {
        return Err(OverrideError::EmptyStep(path.to_owned()));
    }
    let bracket = part.strip_suffix(']').and_then(|rest| rest.split_once('['));
    match bracket {
        // `a[0][1]` is a literal key, as in the original.
        Some((key, index)) if !key.is_empty() && !index.contains(['[', ']']) => {
            let index = match index {
                "+" => Index::Append,
                digits => match digits.parse() {
                    Ok(index) if index <= MAX_OVERRIDE_INDEX => Index::At(index),
                    _ => {
                        return Err(OverrideError::BadIndex {
                            path: path.to_owned(),
                            index: digits.to_owned(),
                        });
                    }
                },
            };
            Ok(Step { key: key.to_owned(), index: Some(index) })
        }
        _ => Ok(Step { key: part, index: None }),
    }
}

/// The guess of the original: integer, float (also `1e3`, `inf`, `nan`), boolean, text.
fn guess(text: &str) -> Value {
    if let Ok(value) = text.parse::<i64>() {
        return Value::Int(i128::from(value), text.strip_prefix('+').unwrap_or(text).into());
    }
    let looks_numeric = text.bytes().any(|byte| byte.is_ascii_digit())
        || ["inf", "infinity", "nan"]
            .iter()
            .any(|word| text.trim_start_matches(['+', '-']).eq_ignore_ascii_case(word));
    if looks_numeric && let Ok(value) = text.parse::<f64>() {
        let written = match value {
            _ if value.is_nan() => ".nan".to_owned(),
            _ if value.is_infinite() => {
                if value > 0.0 {
                    ".inf".to_owned()
                } else {
                    "-.inf".to_owned()
                }
            }
            _ => text.strip_prefix('+').unwrap_or(text).to_owned(),
        };
        return Value::Float(value, written.into());
    }
    match text {
        "true" | "True" | "TRUE" | "t" | "T" => Value::Bool(true),
        "false" | "False" | "FALSE" | "f" | "F" => Value::Bool(false),
        _ => Value::String(text.into()),
    }
}

fn merge(target: &mut Node, source: &Node) {
    match (&mut target.value, &source.value) {
        (Value::Mapping(target), Value::Mapping(source)) => {
            for entry in source.entries() {
                match target.get_mut(&entry.key) {
                    Some(slot) => merge(slot, &entry.node),
                    None => target.insert(&entry.key, entry.key_span, entry.node.clone()),
                }
            }
        }
        _ => *target = source.clone(),
    }
}

fn assign(tree: &mut Node, set: &Assignment) -> Result<(), OverrideError> {
    let mut node = tree;
    let mut at = "the contract".to_owned();
    for (position, step) in set.path.iter().enumerate() {
        let last = position + 1 == set.path.len();
        let kind = a_kind(node);
        if matches!(node.value, Value::Null) {
            node.value = Value::Mapping(Mapping::default());
        }
        let Value::Mapping(mapping) = &mut node.value else {
            return Err(OverrideError::NotAMapping { path: set.text.clone(), at, kind });
        };
        at = if position == 0 { step.key.clone() } else { format!("{at}.{}", step.key) };
        if mapping.get(&step.key).is_none() {
            let empty = match step.index {
                Some(Index::Append) => Value::Sequence(Vec::new()),
                Some(Index::At(index)) => {
                    return Err(OverrideError::OutOfRange {
                        path: set.text.clone(),
                        list: at,
                        len: 0,
                        index,
                    });
                }
                None => Value::Mapping(Mapping::default()),
            };
            mapping.insert(&step.key, Span::default(), Node::synthetic(empty));
        }
        let Some(slot) = mapping.get_mut(&step.key) else { return Ok(()) };
        node = match step.index {
            None => slot,
            Some(index) => element(slot, index, set, &at)?,
        };
        if last {
            *node = Node::synthetic(set.value.clone());
        }
    }
    Ok(())
}

fn element<'a>(
    slot: &'a mut Node,
    index: Index,
    set: &Assignment,
    at: &str,
) -> Result<&'a mut Node, OverrideError> {
    let kind = a_kind(slot);
    let Value::Sequence(items) = &mut slot.value else {
        return Err(OverrideError::NotAList { path: set.text.clone(), at: at.to_owned(), kind });
    };
    let len = items.len();
    let index = match index {
        Index::At(index) => index,
        Index::Append => {
            items.push(Node::synthetic(Value::Null));
            len
        }
    };
    items.get_mut(index).ok_or_else(|| OverrideError::OutOfRange {
        path: set.text.clone(),
        list: at.to_owned(),
        len,
        index,
    })
}
