//! Tags of struct fields, and what those of Huma say about a schema.

use serde_json::{Map, Value, json};

use crate::golang::parse;

/// Tags by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, String)>);

/// Tags whose value is a number.
const NUMBERS: &[&str] = &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
/// Tags whose value is a count; those of lists are about the list, the others about its items.
const LENGTHS: &[&str] = &["minLength", "maxLength"];
const COUNTS: &[&str] = &["minItems", "maxItems", "minProperties", "maxProperties"];

impl Tags {
    /// Reads `key:"value" other:"…"`.
    pub fn new(text: &str) -> Self {
        let (mut tags, mut rest) = (Vec::new(), text.trim_start());
        while let Some((name, after)) = rest.split_once(":\"") {
            let mut end = None;
            let mut is_escaped = false;
            for (index, character) in after.char_indices() {
                match character {
                    '\\' if !is_escaped => is_escaped = true,
                    '"' if !is_escaped => {
                        end = Some(index);
                        break;
                    }
                    _ => is_escaped = false,
                }
            }
            let Some(end) = end else { break };
            let value = after.get(..end).unwrap_or_default();
            tags.push((name.trim().to_owned(), parse::text(&format!("\"{value}\""))));
            rest = after.get(end + 1..).unwrap_or_default().trim_start();
        }
        Self(tags)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn truth(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    pub fn is(&self, name: &str) -> bool {
        self.truth(name) == Some(true)
    }

    /// Writes what the tags say into the schema of the field.
    pub fn apply(&self, schema: &mut Map<String, Value>) {
        let is_list = kinds(schema).contains(&"array");
        if let Some(doc) = self.get("doc").filter(|doc| !doc.is_empty()) {
            schema.insert("description".to_owned(), json!(doc));
        }
        for name in ["readOnly", "writeOnly", "deprecated", "uniqueItems"] {
            if self.is(name) {
                schema.insert(name.to_owned(), json!(true));
            }
        }
        for name in COUNTS {
            if let Some(count) = self.get(name).and_then(|text| text.parse::<u64>().ok()) {
                schema.insert((*name).to_owned(), json!(count));
            }
        }
        if let Some(encoding) = self.get("encoding") {
            schema.insert("contentEncoding".to_owned(), json!(encoding));
        }
        if let Some(default) = self.get("default").filter(|text| !text.is_empty()) {
            schema.extend(value(default, schema).map(|value| ("default".to_owned(), value)));
        }
        if let Some(example) = self.get("example") {
            schema.extend(value(example, schema).map(|value| ("examples".to_owned(), json!([value]))));
        }
        let items = match schema.get_mut("items").and_then(Value::as_object_mut).filter(|_| is_list) {
            Some(items) => items,
            None => schema,
        };
        let format = match (self.get("timeFormat"), self.get("format")) {
            (Some("2006-01-02"), _) => Some("date"),
            (Some("15:04:05"), _) => Some("time"),
            (Some(other), _) | (None, Some(other)) => Some(other),
            (None, None) => None,
        };
        if let Some(format) = format {
            items.insert("format".to_owned(), json!(format));
            if format == "binary" {
                items.insert("contentMediaType".to_owned(), json!("application/octet-stream"));
            }
        }
        for name in NUMBERS {
            if let Some(number) = self.get(name).and_then(number) {
                items.insert((*name).to_owned(), number);
            }
        }
        for name in LENGTHS {
            if let Some(count) = self.get(name).and_then(|text| text.parse::<u64>().ok()) {
                items.insert((*name).to_owned(), json!(count));
            }
        }
        for name in ["pattern", "patternDescription"] {
            if let Some(text) = self.get(name) {
                items.insert(name.to_owned(), json!(text));
            }
        }
        if let Some(values) = self.get("enum") {
            let is_text = kinds(items).contains(&"string");
            let one = |text: &str| {
                if is_text { json!(text) } else { serde_json::from_str(text).unwrap_or_else(|_| json!(text)) }
            };
            let values: Vec<Value> = values.split(',').map(one).collect();
            items.insert("enum".to_owned(), values.into());
        }
    }
}

/// The types that a schema allows.
fn kinds(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn number(text: &str) -> Option<Value> {
    let number: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole numbers of this size are exact")]
    let whole = number as i64;
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    Some(if is_whole { json!(whole) } else { json!(number) })
}

/// A default or an example, by the type of the field.
fn value(text: &str, schema: &Map<String, Value>) -> Option<Value> {
    let kinds = kinds(schema);
    if kinds.contains(&"string") {
        return Some(json!(text));
    }
    if kinds.contains(&"array") && !text.trim_start().starts_with('[') {
        let items = schema.get("items").and_then(Value::as_object)?;
        if self::kinds(items).contains(&"string") {
            return Some(text.split(',').map(|part| json!(part.trim())).collect());
        }
        return text
            .split(',')
            .map(|part| serde_json::from_str(part.trim()).ok())
            .collect::<Option<Vec<Value>>>()
            .map(Value::Array);
    }
    match serde_json::from_str(text) {
        Ok(Value::Number(_)) => number(text),
        Ok(value) => Some(value),
        Err(_) => None,
    }
}
