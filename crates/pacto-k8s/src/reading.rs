//! Reads JSON that anybody may have written: takes what has the expected kind, drops the rest and says what it dropped,
//! and stops keeping text at a budget.

use std::collections::BTreeMap;
use std::fmt::Write;

use pacto_contract::limits::{MAX_RESOURCE_ENTRIES, MAX_RESOURCE_TEXT_BYTES, MAX_RESOURCE_VIEW_BYTES};
use serde_json::{Map, Value};

use crate::Timestamp;

/// Most notes about what was dropped.
const MAX_NOTES: usize = 16;

/// A value and the way to it.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    value: &'a Value,
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub fn root(value: &'a Value) -> Self {
        Self { value, parent: None, step: Step::Root }
    }

    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// What is under `key`; null is nothing.
    pub fn get(&'a self, key: &'a str) -> Option<Place<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Place { value, parent: Some(self), step: Step::Key(key) })
    }

    fn key(&'a self, key: &'a str, value: &'a Value) -> Place<'a> {
        Place { value, parent: Some(self), step: Step::Key(key) }
    }

    fn index(&'a self, index: usize, value: &'a Value) -> Place<'a> {
        Place { value, parent: Some(self), step: Step::Index(index) }
    }

    /// `status.interfaces[0].port`; a key of the document that is long is cut.
    fn path(&self) -> String {
        let mut path = self.parent.map(Place::path).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(cut(key, 100));
            }
            Step::Index(index) => {
                let _ = write!(path, "[{index}]");
            }
        }
        path
    }
}

/// Keeps the budget and the notes of one resource.
pub struct Reader {
    /// Bytes of text that may still be kept.
    left: usize,
    notes: Vec<String>,
}

impl Reader {
    pub fn new() -> Self {
        Self { left: MAX_RESOURCE_VIEW_BYTES, notes: Vec::new() }
    }

    /// What was dropped and why.
    pub fn into_notes(self) -> Vec<String> {
        self.notes
    }

    fn note(&mut self, place: &Place<'_>, why: &str) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(format!("{}: {why}", place.path()));
        }
    }

    fn wrong(&mut self, place: &Place<'_>, expected: &str) {
        let found = match place.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.note(place, &format!("{found} where {expected} was expected"));
    }

    /// A copy of `text`, cut, or nothing once the budget is used up.
    fn keep(&mut self, place: &Place<'_>, text: &str) -> Option<String> {
        let kept = cut(text, MAX_RESOURCE_TEXT_BYTES);
        if kept.len() > self.left {
            self.note(place, "left out, the resource is too large");
            // What follows is not kept either, so that it does not depend on lengths what is.
            self.left = 0;
            return None;
        }
        self.left -= kept.len();
        if kept.len() < text.len() {
            self.note(place, "cut, it is too long");
            return Some(format!("{kept}…"));
        }
        Some(kept.to_owned())
    }

    /// Text; empty text is nothing.
    pub fn text(&mut self, object: &Place<'_>, key: &str) -> Option<String> {
        let place = object.get(key)?;
        match place.value {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => self.keep(&place, text),
            _ => {
                self.wrong(&place, "text");
                None
            }
        }
    }

    /// Text, or a number or boolean as it is written.
    pub fn scalar(&mut self, object: &Place<'_>, key: &str) -> Option<String> {
        let place = object.get(key)?;
        self.scalar_of(&place)
    }

    fn scalar_of(&mut self, place: &Place<'_>) -> Option<String> {
        match place.value {
            Value::String(text) => self.keep(place, text).filter(|text| !text.is_empty()),
            Value::Number(number) => self.keep(place, &number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => {
                self.wrong(place, "text");
                None
            }
        }
    }

    pub fn flag(&mut self, object: &Place<'_>, key: &str) -> Option<bool> {
        let place = object.get(key)?;
        let flag = place.value.as_bool();
        if flag.is_none() {
            self.wrong(&place, "a boolean");
        }
        flag
    }

    /// A whole number.
    pub fn whole(&mut self, object: &Place<'_>, key: &str) -> Option<i64> {
        let place = object.get(key)?;
        let whole = place.value.as_i64();
        if whole.is_none() {
            self.wrong(&place, "a whole number");
        }
        whole
    }

    /// A number of things.
    pub fn count(&mut self, object: &Place<'_>, key: &str) -> Option<u32> {
        let place = object.get(key)?;
        let count = place.value.as_u64().and_then(|count| u32::try_from(count).ok());
        if count.is_none() {
            self.wrong(&place, "a number of things");
        }
        count
    }

    pub fn port(&mut self, object: &Place<'_>, key: &str) -> Option<u16> {
        let place = object.get(key)?;
        self.port_of(&place)
    }

    fn port_of(&mut self, place: &Place<'_>) -> Option<u16> {
        let port = place.value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        if port.is_none() {
            self.wrong(place, "a port");
        }
        port
    }

    pub fn ports(&mut self, object: &Place<'_>, key: &str) -> Vec<u16> {
        self.each(object, key, Self::port_of)
    }

    pub fn texts(&mut self, object: &Place<'_>, key: &str) -> Vec<String> {
        self.each(object, key, Self::scalar_of)
    }

    pub fn time(&mut self, object: &Place<'_>, key: &str) -> Option<Timestamp> {
        let place = object.get(key)?;
        let time = place.value.as_str().and_then(|text| text.parse().ok());
        if time.is_none() {
            self.wrong(&place, "a time");
        }
        time
    }

    /// What `read` makes of the object under `key`.
    pub fn object<T>(
        &mut self,
        object: &Place<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, &Place<'_>) -> T,
    ) -> Option<T> {
        let place = object.get(key)?;
        if place.value.is_object() {
            Some(read(self, &place))
        } else {
            self.wrong(&place, "an object");
            None
        }
    }

    /// What `read` makes of every object of the list under `key`; one object is a list of one.
    pub fn objects<T>(
        &mut self,
        object: &Place<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, &Place<'_>) -> Option<T>,
    ) -> Vec<T> {
        self.each(object, key, |reader, place| {
            if place.value.is_object() {
                read(reader, place)
            } else {
                reader.wrong(place, "an object");
                None
            }
        })
    }

    /// What `read` makes of every entry of a map whose values are objects, in the order of the keys.
    pub fn entries<T>(
        &mut self,
        place: &Place<'_>,
        mut read: impl FnMut(&mut Self, &str, &Place<'_>) -> T,
    ) -> Vec<T> {
        let mut kept = Vec::new();
        for (key, value) in self.sorted(place) {
            let entry = place.key(key, value);
            if !value.is_object() {
                self.wrong(&entry, "an object");
            } else if let Some(key) = self.keep(&entry, key) {
                kept.push(read(self, &key, &entry));
            }
        }
        kept
    }

    /// A map of scalars.
    pub fn map(&mut self, object: &Place<'_>, key: &str) -> BTreeMap<String, String> {
        let Some(place) = object.get(key) else { return BTreeMap::new() };
        if !place.value.is_object() {
            self.wrong(&place, "an object");
        }
        let mut kept = BTreeMap::new();
        for (key, value) in self.sorted(&place) {
            let entry = place.key(key, value);
            if let Some(text) = self.scalar_of(&entry)
                && let Some(key) = self.keep(&entry, key)
            {
                kept.insert(key, text);
            }
        }
        kept
    }

    /// The first entries of an object, by key.
    fn sorted<'a>(&mut self, place: &Place<'a>) -> Vec<(&'a str, &'a Value)> {
        let mut entries: Vec<_> = place
            .value
            .as_object()
            .into_iter()
            .flat_map(Map::iter)
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        if entries.len() > MAX_RESOURCE_ENTRIES {
            self.note(place, &format!("cut to {MAX_RESOURCE_ENTRIES} entries"));
            entries.truncate(MAX_RESOURCE_ENTRIES);
        }
        entries
    }

    /// What `read` makes of the first entries of the list under `key`; anything else is a list of one.
    fn each<T>(
        &mut self,
        object: &Place<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, &Place<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(place) = object.get(key) else { return Vec::new() };
        let Value::Array(items) = place.value else { return read(self, &place).into_iter().collect() };
        if items.len() > MAX_RESOURCE_ENTRIES {
            self.note(&place, &format!("cut to {MAX_RESOURCE_ENTRIES} entries"));
        }
        let items = items.iter().take(MAX_RESOURCE_ENTRIES).enumerate();
        items.filter_map(|(index, item)| read(self, &place.index(index, item))).collect()
    }
}

/// At most `most` bytes, whole characters.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
