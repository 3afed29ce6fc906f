//! TypeScript types of an HTTP API, from the schemas of its `OpenAPI` 3.1 document.
//!
//! Only what types can say is written: lengths, patterns and formats are left to the server. What has no
//! counterpart is `unknown`, never a guess.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

const HEADER: &str = "\
// Generated from schemas/dashboard-openapi.json by `cargo xtask codegen`. Do not edit.
";
const PREFIX: &str = "#/components/schemas/";
/// Deepest nesting of a schema that is written.
const MAX_DEPTH: usize = 64;

/// The module with one type for each entry of `components.schemas`, sorted by name.
pub fn module(openapi: &Value) -> Result<String> {
    let schemas = openapi.pointer("/components/schemas").and_then(Value::as_object);
    let schemas = schemas.context("the document has no components.schemas")?;
    let mut names = BTreeMap::new();
    for name in schemas.keys() {
        if let Some(other) = names.insert(identifier(name), name.as_str()) {
            bail!("schemas {other} and {name} have one name in TypeScript");
        }
    }
    let writer = Writer { schemas };
    let mut text = HEADER.to_owned();
    for (identifier, name) in names {
        let Some(schema) = schemas.get(name) else { continue };
        writer.declaration(&mut text, &identifier, schema).with_context(|| format!("schema {name}"))?;
    }
    Ok(text)
}

struct Writer<'a> {
    schemas: &'a Map<String, Value>,
}

impl Writer<'_> {
    fn declaration(&self, text: &mut String, name: &str, schema: &Value) -> Result<()> {
        text.push('\n');
        comment(text, schema, "");
        let is_plain = schema.as_object().is_some_and(|object| {
            object.contains_key("properties")
                && !["allOf", "anyOf", "oneOf", "$ref"].iter().any(|key| object.contains_key(*key))
        });
        // An interface shows by its name in messages of the compiler.
        if is_plain && !is_nullable(schema) {
            writeln!(text, "export interface {name} {}", self.object(schema, "", 0)?)?;
        } else {
            writeln!(text, "export type {name} = {};", self.of(schema, "", 0)?)?;
        }
        Ok(())
    }

    /// The type of a schema; `indent` is the one of the line that it begins on.
    fn of(&self, schema: &Value, indent: &str, depth: usize) -> Result<String> {
        ensure!(depth < MAX_DEPTH, "nested deeper than {MAX_DEPTH}");
        let Value::Object(object) = schema else {
            return Ok(if schema == &Value::Bool(false) { "never" } else { "unknown" }.to_owned());
        };
        // Every keyword narrows, so that the type is what all of them allow.
        let mut all = Vec::new();
        if let Some(reference) = object.get("$ref") {
            all.push(self.reference(reference)?);
        }
        if let Some(value) = object.get("const") {
            all.push(value.to_string());
        } else if let Some(values) = object.get("enum").and_then(Value::as_array) {
            all.push(union(values.iter().map(ToString::to_string).collect()));
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(choices) = object.get(keyword).and_then(Value::as_array) {
                let types = choices.iter().map(|choice| self.of(choice, indent, depth + 1));
                all.push(union(types.collect::<Result<_>>()?));
            }
        }
        for part in object.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            all.push(self.of(part, indent, depth + 1)?);
        }
        let is_value = object.contains_key("const") || object.contains_key("enum");
        if !is_value && let Some(own) = self.by_type(schema, object, indent, depth)? {
            all.push(own);
        }
        all.dedup();
        let intersection = match all.as_slice() {
            [] => "unknown".to_owned(),
            [only] => only.clone(),
            several => several.iter().map(|part| grouped(part)).collect::<Vec<_>>().join(" & "),
        };
        let adds_null = object.get("nullable") == Some(&Value::Bool(true));
        Ok(if adds_null { union(vec![intersection, "null".to_owned()]) } else { intersection })
    }

    /// What `type` and the keywords of arrays and objects say; nothing where there are none.
    fn by_type(
        &self,
        schema: &Value,
        object: &Map<String, Value>,
        indent: &str,
        depth: usize,
    ) -> Result<Option<String>> {
        let types: Vec<&str> = match object.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ if object.contains_key("properties") || object.contains_key("additionalProperties") => {
                vec!["object"]
            }
            _ if object.contains_key("items") => vec!["array"],
            _ => return Ok(None),
        };
        let mut all = Vec::new();
        for name in types {
            all.push(match name {
                "string" | "boolean" | "null" => name.to_owned(),
                "integer" | "number" => "number".to_owned(),
                "array" => self.array(object, indent, depth)?,
                "object" => self.object(schema, indent, depth)?,
                other => bail!("type {other:?} is none of JSON Schema"),
            });
        }
        Ok(Some(union(all)))
    }

    fn array(&self, object: &Map<String, Value>, indent: &str, depth: usize) -> Result<String> {
        let items = object.get("items");
        let Some(first) = object.get("prefixItems").and_then(Value::as_array) else {
            let item = items.map_or(Ok("unknown".to_owned()), |items| self.of(items, indent, depth + 1))?;
            return Ok(format!("{}[]", grouped(&item)));
        };
        let mut parts: Vec<String> =
            first.iter().map(|item| self.of(item, indent, depth + 1)).collect::<Result<_>>()?;
        match items {
            Some(Value::Bool(false)) => {}
            None => parts.push("...unknown[]".to_owned()),
            Some(rest) => parts.push(format!("...{}[]", grouped(&self.of(rest, indent, depth + 1)?))),
        }
        Ok(format!("[{}]", parts.join(", ")))
    }

    fn object(&self, schema: &Value, indent: &str, depth: usize) -> Result<String> {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let additional = schema.get("additionalProperties");
        let others = match additional {
            None | Some(Value::Bool(false)) => None,
            // Named properties have to fit as well, which only the widest type makes certain.
            Some(_) if !properties.is_empty() => Some("unknown".to_owned()),
            Some(other) => Some(self.of(other, indent, depth + 1)?),
        };
        if properties.is_empty() {
            let empty = if additional == Some(&Value::Bool(false)) { "never" } else { "unknown" };
            return Ok(format!("Record<string, {}>", others.as_deref().unwrap_or(empty)));
        }
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let inner = format!("{indent}  ");
        let mut text = "{\n".to_owned();
        for (name, property) in properties {
            comment(&mut text, property, &inner);
            let mark = if required.contains(&name.as_str()) { "" } else { "?" };
            let key =
                if identifier(name) == *name { name.clone() } else { Value::from(name.as_str()).to_string() };
            let type_of = self.of(property, &inner, depth + 1).with_context(|| format!("property {name}"))?;
            writeln!(text, "{inner}{key}{mark}: {type_of};")?;
        }
        if let Some(others) = others {
            writeln!(text, "{inner}[name: string]: {others};")?;
        }
        write!(text, "{indent}}}")?;
        Ok(text)
    }

    fn reference(&self, reference: &Value) -> Result<String> {
        let target = reference.as_str().unwrap_or_default();
        let name = target.strip_prefix(PREFIX).map(|name| name.replace("~1", "/").replace("~0", "~"));
        let name = name.filter(|name| self.schemas.contains_key(name));
        let name = name.with_context(|| format!("{reference} leads to no schema of the document"))?;
        Ok(identifier(&name))
    }
}

fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
        || schema.get("type").and_then(Value::as_array).is_some()
}

/// Each once, in the order of the document; what allows everything leaves nothing else.
fn union(types: Vec<String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for one in types {
        if one == "unknown" {
            return one;
        }
        if one != "never" && !all.contains(&one) {
            all.push(one);
        }
    }
    if all.is_empty() { "never".to_owned() } else { all.join(" | ") }
}

/// In parentheses where something next to it would bind closer.
fn grouped(type_of: &str) -> String {
    // Inside of brackets and texts an operator is somebody else's.
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut is_compound = false;
    for character in type_of.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            '{' | '[' | '<' | '(' => depth += 1,
            '}' | ']' | '>' | ')' => depth = depth.saturating_sub(1),
            '|' | '&' if depth == 0 => is_compound = true,
            _ => {}
        }
    }
    if is_compound { format!("({type_of})") } else { type_of.to_owned() }
}

/// A name that TypeScript takes; other characters become `_`.
fn identifier(name: &str) -> String {
    let mut text: String = name
        .chars()
        .map(|character| {
            let fits = character.is_ascii_alphanumeric() || matches!(character, '_' | '$');
            if fits { character } else { '_' }
        })
        .collect();
    if text.is_empty() || text.starts_with(|first: char| first.is_ascii_digit()) {
        text.insert(0, '_');
    }
    text
}

/// The description as a comment of its own lines.
fn comment(text: &mut String, schema: &Value, indent: &str) {
    let Some(description) = schema.get("description").and_then(Value::as_str) else { return };
    // A description must not end the comment that it stands in.
    let description = description.trim().replace("*/", "*\\/");
    let mut lines = description.lines().map(str::trim_end);
    match (lines.next(), lines.next()) {
        (None, _) => {}
        (Some(only), None) => {
            let _ = writeln!(text, "{indent}/** {only} */");
        }
        (Some(first), Some(second)) => {
            let _ = writeln!(text, "{indent}/**");
            for line in [first, second].into_iter().chain(lines) {
                let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
            }
            let _ = writeln!(text, "{indent} */");
        }
    }
}

#[cfg(test)]
#[path = "typescript/tests.rs"]
mod tests;
