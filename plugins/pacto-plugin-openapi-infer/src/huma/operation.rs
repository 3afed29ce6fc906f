//! An operation, and what the program says about it.

use serde_json::{Map, Value, json};

use super::interpret::{Known, json_name};
use super::words;

/// `huma.Operation`.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub id: String,
    pub summary: String,
    pub tags: Value,
    pub errors: Vec<u64>,
    pub default_status: Option<u64>,
    pub is_hidden: bool,
    /// Members of the operation as they are written: description, deprecated, security, responses and so on.
    pub members: Map<String, Value>,
    /// What the identifier and the summary were made of, where nobody gave them.
    made: Option<Made>,
    /// The identifier before groups changed it, by which types without a name are called.
    pub first_id: String,
}

#[derive(Debug, Clone)]
struct Made {
    action: String,
    id: String,
    summary: String,
    /// The path that the identifier speaks of.
    prefix: String,
}

impl Operation {
    /// One that `huma.Get` and its like make.
    pub fn generated(method: &str, path: &str, returns_list: bool) -> Self {
        let action = if method == "GET" && returns_list { "list".to_owned() } else { method.to_owned() };
        let (id, summary) = (words::operation_id(&action, path), words::summary(&action, path));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            id: id.clone(),
            first_id: id.clone(),
            summary: summary.clone(),
            made: Some(Made { action, id, summary, prefix: String::new() }),
            ..Self::default()
        }
    }

    /// Sets a field by its Go name.
    pub fn set(&mut self, field: &str, value: &Known) {
        let Known::Json(value) = value else { return };
        let text = || value.as_str().unwrap_or_default().to_owned();
        match field {
            "OperationID" => {
                self.id = text();
                self.first_id.clone_from(&self.id);
            }
            "Method" => self.method = text(),
            "Path" => self.path = text(),
            "Summary" => self.summary = text(),
            "Tags" => self.tags = value.clone(),
            "Hidden" => self.is_hidden = value == &json!(true),
            "DefaultStatus" => self.default_status = value.as_u64(),
            "Errors" => {
                self.errors = value.as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
            }
            "Extensions" => self.members.extend(value.as_object().cloned().unwrap_or_default()),
            "Description" | "Deprecated" | "Security" | "ExternalDocs" | "Responses" | "RequestBody"
            | "Parameters" | "Servers" | "Callbacks" => {
                self.members.insert(json_name(field), value.clone());
            }
            _ => {}
        }
    }

    /// A field by its Go name.
    pub fn get(&self, field: &str) -> Option<Value> {
        Some(match field {
            "OperationID" => json!(self.id),
            "Method" => json!(self.method),
            "Path" => json!(self.path),
            "Summary" => json!(self.summary),
            "Tags" => self.tags.clone(),
            "Errors" => json!(self.errors),
            _ => return self.members.get(&json_name(field)).cloned(),
        })
    }

    /// The operation in a group; where the group has several prefixes, each gives the operation a name of its own.
    pub fn below(mut self, prefix: &str, is_plural: bool) -> Self {
        self.path = format!("{prefix}{}", self.path);
        let word = prefix.trim_matches('/').replace('/', "-");
        if is_plural && !word.is_empty() {
            if let Some(made) = &mut self.made {
                made.prefix = format!("{word}-{}", made.prefix);
            } else if !self.id.is_empty() {
                self.id = format!("{word}-{}", self.id);
            }
            match &mut self.tags {
                Value::Array(tags) => tags.push(json!(word)),
                tags => *tags = json!([word]),
            }
        }
        self
    }

    /// Makes identifier and summary anew of the whole path, where they are still those that were made.
    pub fn name_again(&mut self) {
        let Some(made) = &mut self.made else { return };
        if self.id == made.id {
            let id = words::operation_id(&made.action, &self.path);
            made.id = if made.prefix.is_empty() { id } else { format!("{}{}", made.prefix, made.id) };
            made.prefix.clear();
            self.id.clone_from(&made.id);
        }
        if self.summary == made.summary {
            made.summary = words::summary(&made.action, &self.path);
            self.summary.clone_from(&made.summary);
        }
    }
}
