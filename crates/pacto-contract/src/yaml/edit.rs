//! Changes of a YAML text that leave everything else of it as it is: comments, order, quotes, blank lines.
//!
//! What stands inside of a value that is replaced as a whole goes with it, comments too.
//!
//! Every change is made to the text, and then the text is read again: it must say what the change says, and nothing else
//! may have changed. A layout for which that does not hold is refused, never guessed at.

use serde_json::Value as Json;

use super::emit::emit;
use super::load::{Budget, LoadError, load};
use super::tree::{Mapping, Node, Value};
use crate::pointer::{Pointer, Segment};

/// Why a text is not changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EditError {
    /// It is no YAML.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// There is nothing at the place, or nothing that could take the value.
    #[error("there is no {0} to change")]
    Missing(Pointer),
    /// The layout is one that this does not know how to change.
    #[error(
        "the file is laid out so that {0} cannot be changed without touching other parts; change it by hand"
    )]
    Layout(Pointer),
}

/// A YAML text that is being changed.
///
/// ```
/// use pacto_contract::Pointer;
/// use pacto_contract::yaml::Editor;
/// let mut editor = Editor::new("service: # ours\n  name: cart # the shop's\n")?;
/// editor.set(&Pointer::root().key("service").key("version"), &"1.0.0".into())?;
/// editor.append(&Pointer::root().key("ports"), &8080.into())?;
/// let expected = "service: # ours\n  name: cart # the shop's\n  version: \"1.0.0\"\nports:\n  - 8080\n";
/// assert_eq!(editor.text(), expected);
/// # Ok::<(), pacto_contract::yaml::EditError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Editor {
    text: String,
    tree: Node,
}

impl Editor {
    /// Begins with `text`.
    ///
    /// # Errors
    /// [`EditError::Load`] when it is no YAML within the limits of a contract.
    pub fn new(text: &str) -> Result<Self, EditError> {
        Ok(Self { text: text.to_owned(), tree: load(text, Budget::CONTRACT)? })
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the text says now.
    pub fn tree(&self) -> &Node {
        &self.tree
    }

    /// Sets the value at `place`; mappings on the way there are made.
    ///
    /// # Errors
    /// [`EditError::Missing`] where the way leads through something that is no mapping, [`EditError::Layout`].
    pub fn set(&mut self, place: &Pointer, value: &Json) -> Result<(), EditError> {
        if self.tree.find(place).is_some() {
            return self.replace(place, value);
        }
        let (parent, key) = self.deepest(place)?;
        let mut value = value.clone();
        for segment in place.segments().iter().skip(parent.segments().len() + 1).rev() {
            let Segment::Key(key) = segment else { return Err(EditError::Missing(place.clone())) };
            value = Json::Object([(key.to_string(), value)].into_iter().collect());
        }
        let target = parent.key(&key);
        let Some(node) = self.tree.find(&parent) else { return Err(EditError::Missing(parent)) };
        let Some(mapping) = node.as_mapping() else { return self.replace(&parent, &object(&key, value)) };
        let text = self.with_entry(node, mapping, &key, &value);
        let mut expected = self.json(&target)?;
        put(&mut expected, &target, value);
        self.become_text(text, &expected, &target)
    }

    /// Appends to the sequence at `place`, which is made where there is none.
    ///
    /// # Errors
    /// [`EditError::Missing`] where something else than a sequence is there, [`EditError::Layout`].
    pub fn append(&mut self, place: &Pointer, value: &Json) -> Result<(), EditError> {
        let Some(node) = self.tree.find(place) else {
            return self.set(place, &Json::Array(vec![value.clone()]));
        };
        let items = match &node.value {
            Value::Null => return self.replace(place, &Json::Array(vec![value.clone()])),
            Value::Sequence(items) => items,
            _ => return Err(EditError::Missing(place.clone())),
        };
        let text = match (items.last(), self.is_flow(node)) {
            (None, _) => return self.replace(place, &Json::Array(vec![value.clone()])),
            (Some(_), true) => self.before_bracket(node, &value.to_string()),
            (Some(last), false) => {
                let dash = self.dash_before(last).ok_or_else(|| EditError::Layout(place.clone()))?;
                let column = self.column(dash);
                let item = block(&Json::Array(vec![value.clone()]), column);
                self.after_line_of(last, &item)
            }
        };
        let mut expected = self.json(place)?;
        if let Some(Json::Array(items)) = expected.pointer_mut(&place.to_json_pointer()) {
            items.push(value.clone());
        }
        self.become_text(text, &expected, place)
    }

    /// Removes the entry or element at `place`; a list or mapping that would be left empty is removed with it.
    ///
    /// # Errors
    /// [`EditError::Missing`] where nothing is there, [`EditError::Layout`].
    pub fn remove(&mut self, place: &Pointer) -> Result<(), EditError> {
        let missing = || EditError::Missing(place.clone());
        let parent_place = place.parent().ok_or_else(missing)?;
        let parent = self.tree.find(&parent_place).ok_or_else(missing)?;
        let node = self.tree.find(place).ok_or_else(missing)?;
        let siblings = match &parent.value {
            Value::Mapping(mapping) => mapping.entries().len(),
            Value::Sequence(items) => items.len(),
            _ => return Err(missing()),
        };
        if siblings == 1 && !parent_place.is_root() {
            return self.remove(&parent_place);
        }
        let start = match (place.segments().last(), &parent.value) {
            (Some(Segment::Key(key)), Value::Mapping(mapping)) => {
                mapping.entry(key).map(|entry| entry.key_span.start as usize)
            }
            (Some(Segment::Index(_)), _) if self.is_flow(parent) => Some(node.span.start as usize),
            _ => self.dash_before(node),
        };
        let start = start.ok_or_else(|| EditError::Layout(place.clone()))?;
        let text = if self.is_flow(parent) {
            self.without_flow(start, self.end_of(node))
        } else {
            self.without_lines(start, node)
        };
        let mut expected = self.json(place)?;
        match (expected.pointer_mut(&parent_place.to_json_pointer()), place.segments().last()) {
            (Some(Json::Object(object)), Some(Segment::Key(key))) => {
                object.remove(&**key);
            }
            (Some(Json::Array(items)), Some(Segment::Index(index))) if *index < items.len() => {
                items.remove(*index);
            }
            _ => return Err(missing()),
        }
        self.become_text(text, &expected, place)
    }

    fn json(&self, place: &Pointer) -> Result<Json, EditError> {
        self.tree.to_json().map_err(|_| EditError::Layout(place.clone()))
    }

    /// The longest part of the way to `place` that is there, and the key that is missing behind it.
    fn deepest(&self, place: &Pointer) -> Result<(Pointer, String), EditError> {
        let mut parent = Pointer::root();
        for segment in place.segments() {
            let Segment::Key(key) = segment else {
                if let Segment::Index(index) = segment
                    && self.tree.find(&parent.index(*index)).is_some()
                {
                    parent.push_index(*index);
                    continue;
                }
                return Err(EditError::Missing(place.clone()));
            };
            if self.tree.find(&parent.key(key)).is_none() {
                let is_open = self.tree.find(&parent).is_some_and(|node| {
                    matches!(node.value, Value::Mapping(_))
                        || (node.value == Value::Null && !parent.is_root())
                });
                return if is_open {
                    Ok((parent, key.to_string()))
                } else {
                    Err(EditError::Missing(place.clone()))
                };
            }
            parent.push_key(key);
        }
        Err(EditError::Missing(place.clone()))
    }

    /// Puts another value where one is.
    fn replace(&mut self, place: &Pointer, value: &Json) -> Result<(), EditError> {
        let Some(node) = self.tree.find(place) else { return Err(EditError::Missing(place.clone())) };
        let is_block = is_filled(value);
        let mut text = self.text.clone();
        if is_block && !self.in_flow(place) {
            // A block stands on lines of its own below its key.
            let key = self.key_start(place).ok_or_else(|| EditError::Layout(place.clone()))?;
            let colon = self.text.get(key..).and_then(|rest| rest.find(':')).map(|found| key + found + 1);
            let colon = colon.ok_or_else(|| EditError::Layout(place.clone()))?;
            let end = self.end_of(node).max(colon);
            let below = block(value, self.column(key) + 2);
            text.replace_range(colon..end, &format!("{}{}", self.newline(), below.trim_end()));
        } else {
            let (start, end) = (node.span.start as usize, self.end_of(node));
            let written = if is_block { value.to_string() } else { scalar(value) };
            // Nothing at all stands behind its colon, or its dash.
            let blank = if start == end && !self.text.get(..start).unwrap_or_default().ends_with(' ') {
                " "
            } else {
                ""
            };
            text.replace_range(start..end.max(start), &format!("{blank}{written}"));
        }
        let mut expected = self.json(place)?;
        put(&mut expected, place, value.clone());
        self.become_text(text, &expected, place)
    }

    /// Takes over `text`, if it says what is expected.
    fn become_text(&mut self, text: String, expected: &Json, place: &Pointer) -> Result<(), EditError> {
        let layout = || EditError::Layout(place.clone());
        let tree = load(&text, Budget::CONTRACT).map_err(|_| layout())?;
        if tree.to_json().ok().as_ref() != Some(expected) {
            return Err(layout());
        }
        (self.text, self.tree) = (text, tree);
        Ok(())
    }

    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    fn is_flow(&self, node: &Node) -> bool {
        self.text.as_bytes().get(node.span.start as usize).is_some_and(|byte| matches!(byte, b'{' | b'['))
    }

    /// Whether something above `place` is written in brackets.
    fn in_flow(&self, place: &Pointer) -> bool {
        let mut above = place.parent();
        while let Some(place) = above {
            if self.tree.find(&place).is_some_and(|node| self.is_flow(node)) {
                return true;
            }
            above = place.parent();
        }
        false
    }

    /// Where the key of `place` stands.
    fn key_start(&self, place: &Pointer) -> Option<usize> {
        let Segment::Key(key) = place.segments().last()? else { return None };
        let mapping = self.tree.find(&place.parent()?)?.as_mapping()?;
        Some(mapping.entry(key)?.key_span.start as usize)
    }

    /// Where a value ends, without blanks behind it.
    fn end_of(&self, node: &Node) -> usize {
        let (start, end) = (node.span.start as usize, (node.span.end as usize).min(self.text.len()));
        let written = self.text.get(start..end).unwrap_or_default();
        match &node.value {
            // The end of a block is where the next thing begins; comments in between are not part of it.
            Value::Mapping(mapping) if !self.is_flow(node) => mapping
                .entries()
                .last()
                .map_or(start, |entry| self.end_of(&entry.node).max(entry.key_span.end as usize + 1)),
            Value::Sequence(items) if !self.is_flow(node) => {
                items.last().map_or(start, |item| self.end_of(item))
            }
            _ => start + written.trim_end().len(),
        }
    }

    /// Bytes between the beginning of the line and `offset`.
    fn column(&self, offset: usize) -> usize {
        offset - self.line_start(offset)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
    }

    /// Behind the end of the line that `offset` is on.
    fn line_end(&self, offset: usize) -> usize {
        let rest = self.text.get(offset..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |found| offset + found + 1)
    }

    /// The dash in front of an element.
    fn dash_before(&self, item: &Node) -> Option<usize> {
        let before = self.text.get(..item.span.start as usize)?.trim_end();
        before.ends_with('-').then(|| before.len() - 1)
    }

    /// The text with whole lines behind the last line of a value.
    fn after_line_of(&self, node: &Node, lines: &str) -> String {
        self.with_lines_at(self.line_end(self.end_of(node)), lines)
    }

    fn with_lines_at(&self, at: usize, lines: &str) -> String {
        let mut text = self.text.clone();
        let lines = lines.replace('\n', self.newline());
        let is_open = !text.get(..at).unwrap_or_default().ends_with('\n');
        let before = if is_open { self.newline() } else { "" };
        text.insert_str(at, &format!("{before}{lines}"));
        text
    }

    /// The text with one more entry at the end of a mapping.
    fn with_entry(&self, node: &Node, mapping: &Mapping, key: &str, value: &Json) -> String {
        if self.is_flow(node) {
            let entry = format!("{}: {value}", Json::from(key));
            return self.before_bracket(node, &entry);
        }
        let first = mapping.entries().first().map_or(0, |entry| entry.key_span.start as usize);
        let lines = block(&object(key, value.clone()), self.column(first));
        let end = self.end_of(node);
        self.with_lines_at(self.line_end(end), &lines)
    }

    /// The text with something before the bracket that closes a collection.
    fn before_bracket(&self, node: &Node, written: &str) -> String {
        let end = self.end_of(node).saturating_sub(1);
        let inner = self.text.get(node.span.start as usize + 1..end).unwrap_or_default();
        let kept = inner.trim_end();
        let at = node.span.start as usize + 1 + kept.len();
        let comma = match kept {
            "" => "",
            kept if kept.ends_with(',') => " ",
            _ => ", ",
        };
        let mut text = self.text.clone();
        text.insert_str(at, &format!("{comma}{written}"));
        text
    }

    /// The text without one part of a collection in brackets, and without the comma that it no longer needs.
    fn without_flow(&self, start: usize, end: usize) -> String {
        let mut text = self.text.clone();
        let rest = text.get(end..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        if rest.trim_start().starts_with(',') {
            let behind = rest.get(blank + 1..).unwrap_or_default();
            let gap = behind.len() - behind.trim_start_matches(' ').len();
            text.replace_range(start..end + blank + 1 + gap, "");
        } else {
            let before = text.get(..start).unwrap_or_default().trim_end();
            let from = before.strip_suffix(',').map_or(start, str::len);
            text.replace_range(from..end, "");
        }
        text
    }

    /// The text without the lines of a part of a block. What follows a dash on its line stays behind it.
    fn without_lines(&self, start: usize, node: &Node) -> String {
        let mut text = self.text.clone();
        let end = self.line_end(self.end_of(node));
        let line = self.line_start(start);
        let is_alone = text.get(line..start).is_some_and(|before| before.trim().is_empty());
        if is_alone {
            text.replace_range(line..end, "");
        } else {
            // `- name: x` with more keys below: the next key takes the place behind the dash.
            let next = text.get(end..).unwrap_or_default();
            let gap = next.len() - next.trim_start_matches(' ').len();
            text.replace_range(start..end + gap, "");
        }
        text
    }
}

fn object(key: &str, value: Json) -> Json {
    Json::Object([(key.to_owned(), value)].into_iter().collect())
}

/// Whether a value takes lines of its own.
fn is_filled(value: &Json) -> bool {
    match value {
        Json::Array(items) => !items.is_empty(),
        Json::Object(object) => !object.is_empty(),
        _ => false,
    }
}

fn scalar(value: &Json) -> String {
    emit(&Node::from_json(value)).trim_end().to_owned()
}

/// A collection as lines, each `indent` columns from the margin.
fn block(value: &Json, indent: usize) -> String {
    let margin = " ".repeat(indent);
    emit(&Node::from_json(value)).lines().map(|line| format!("{margin}{line}\n")).collect::<Vec<_>>().concat()
}

/// Puts a value into JSON; the mappings on the way are made.
fn put(json: &mut Json, place: &Pointer, value: Json) {
    let mut at = json;
    for segment in place.segments() {
        at = match segment {
            Segment::Key(key) => {
                if at.is_null() {
                    *at = Json::Object(serde_json::Map::new());
                }
                let Json::Object(object) = at else { return };
                object.entry(&**key).or_insert(Json::Null)
            }
            Segment::Index(index) => {
                let Some(item) = at.get_mut(*index) else { return };
                item
            }
        };
    }
    *at = value;
}

#[cfg(test)]
mod tests;
