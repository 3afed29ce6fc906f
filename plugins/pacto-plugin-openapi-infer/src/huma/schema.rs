//! Types of Go to JSON Schema, as the registry of Huma makes them.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::tags::Tags;
use crate::files::eprintln_note;
use crate::golang::package::{FileId, Import, Program};
use crate::golang::syntax::{Field, Kind};

/// Deepest type.
const MAX_DEPTH: usize = 40;

/// A type, where it is written, and what its parameters are.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    pub file: FileId,
    pub kind: Kind,
    pub arguments: Rc<Vec<(String, Type)>>,
}

/// A field, seen from the struct that has it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub field: Field,
    pub tags: Tags,
    pub kind: Type,
}

impl Type {
    pub fn new(file: FileId, kind: &Kind) -> Self {
        Self { file, kind: kind.clone(), arguments: Rc::default() }
    }

    pub fn with(&self, kind: &Kind) -> Self {
        Self { file: self.file, kind: kind.clone(), arguments: Rc::clone(&self.arguments) }
    }
}

/// What a type comes down to.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A struct: its name, where it has one, its fields, and how they are to be understood.
    Struct(Option<String>, Rc<Vec<Field>>, Type),
    Pointer(Type),
    /// Items, and how many where that is fixed.
    List(Type, Option<i64>),
    Map(Type),
    /// `string`, `int64` and the like.
    Scalar(String),
    /// `time.Time` by its whole name, and other types from elsewhere.
    Foreign(String),
    /// A type of the sources that reads itself from text.
    Text,
    Any,
    None,
}

/// The schemas of a document.
pub struct Registry<'p> {
    pub program: &'p Program,
    pub schemas: Map<String, Value>,
}

impl Registry<'_> {
    /// Follows names and aliases.
    pub fn shape(&self, kind: &Type) -> Shape {
        let mut kind = kind.clone();
        let mut name = None;
        for _ in 0..MAX_DEPTH {
            match &kind.kind {
                Kind::Name(_) | Kind::Of(..) | Kind::Generic(..) => {
                    let (owner, arguments) = match &kind.kind {
                        Kind::Generic(owner, arguments) => ((**owner).clone(), arguments.clone()),
                        owner => (owner.clone(), Vec::new()),
                    };
                    if let Kind::Name(parameter) = &owner
                        && let Some((_, known)) = kind.arguments.iter().find(|(known, _)| known == parameter)
                    {
                        kind = known.clone();
                        continue;
                    }
                    let Some((file, decl)) = self.program.type_of(kind.file, &owner) else {
                        return self.foreign(kind.file, &owner);
                    };
                    let given: Vec<Type> = arguments.iter().map(|one| kind.with(one)).collect();
                    if !decl.is_alias && self.program.method((file, &decl.name), "UnmarshalText").is_some() {
                        return Shape::Text;
                    }
                    if name.is_none() && !decl.is_alias {
                        let shown: Vec<String> = given.iter().map(shown).collect();
                        name = Some(upper_first(&decl.name) + &shown.concat());
                    }
                    let arguments = Rc::new(decl.parameters.iter().cloned().zip(given).collect());
                    kind = Type { file, kind: decl.kind.clone(), arguments };
                }
                Kind::Pointer(inner) => return Shape::Pointer(kind.with(inner)),
                Kind::Slice(inner) => return Shape::List(kind.with(inner), None),
                Kind::Array(length, inner) => {
                    return Shape::List(kind.with(inner), Some(length.unwrap_or_default()));
                }
                Kind::Map(_, inner) => return Shape::Map(kind.with(inner)),
                Kind::Struct(fields) => return Shape::Struct(name, Rc::clone(fields), kind),
                Kind::Interface => return Shape::Any,
                Kind::Function(_) | Kind::Other => return Shape::None,
            }
        }
        Shape::None
    }

    fn foreign(&self, file: FileId, kind: &Kind) -> Shape {
        match kind {
            Kind::Name(name) => match name.as_str() {
                "any" | "error" => Shape::Any,
                _ => Shape::Scalar(name.clone()),
            },
            Kind::Of(package, name) => match self.program.import(file, package) {
                Some(Import::Foreign(path)) => Shape::Foreign(format!("{path}.{name}")),
                _ => Shape::Foreign(format!("{package}.{name}")),
            },
            _ => Shape::None,
        }
    }

    /// The schema of a type; `hint` names a struct that has no name.
    fn schema_at(&mut self, kind: &Type, hint: &str, depth: usize) -> Option<Map<String, Value>> {
        let depth = depth.checked_sub(1)?;
        let schema = match self.shape(kind) {
            Shape::Struct(name, fields, inner) => {
                let name = upper_first(&name.unwrap_or_else(|| named_by(hint)));
                self.component(&name, &fields, &inner, depth);
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
            Shape::Pointer(inner) => {
                let mut schema = self.schema_at(&inner, hint, depth)?;
                let is_scalar = matches!(
                    schema.get("type").and_then(Value::as_str),
                    Some("string" | "boolean" | "integer" | "number")
                );
                if is_scalar && let Some(kind) = schema.get("type").cloned() {
                    schema.insert("type".to_owned(), json!([kind, "null"]));
                }
                return Some(schema);
            }
            Shape::List(inner, length) => {
                if matches!(self.shape(&inner), Shape::Scalar(name) if name == "byte" || name == "uint8") {
                    return object(json!({"type": "string", "contentEncoding": "base64"}));
                }
                let name = match &kind.kind {
                    Kind::Name(name) => name.clone(),
                    _ => String::new(),
                };
                let items = self.schema_at(&inner, &format!("{name}Item"), depth)?;
                let mut schema = json!({"type": ["array", "null"], "items": items});
                if let Some(length) = length {
                    schema["minItems"] = json!(length);
                    schema["maxItems"] = json!(length);
                }
                schema
            }
            Shape::Map(inner) => {
                let values = self.schema_at(&inner, "Value", depth)?;
                json!({"type": "object", "additionalProperties": values})
            }
            Shape::Scalar(name) => return scalar(&name),
            Shape::Foreign(name) => return self.of_library(&name),
            Shape::Text => json!({"type": "string"}),
            Shape::Any => json!({}),
            Shape::None => return None,
        };
        object(schema)
    }

    fn of_library(&mut self, name: &str) -> Option<Map<String, Value>> {
        object(match name {
            "time.Time" => json!({"type": "string", "format": "date-time"}),
            "time.Duration" => json!({"type": "integer", "format": "int64"}),
            "net.IP" => json!({"type": "string", "format": "ipv4"}),
            "net/netip.Addr" => json!({"type": "string", "format": "ip"}),
            "encoding/json.RawMessage" => json!({}),
            "net/url.URL" => {
                self.schemas.insert("URL".to_owned(), json!({"type": "string", "format": "uri"}));
                json!({"$ref": "#/components/schemas/URL"})
            }
            "encoding/json.Number"
            | "github.com/google/uuid.UUID"
            | "github.com/gofrs/uuid.UUID"
            | "net/netip.Prefix"
            | "math/big.Int"
            | "math/big.Float"
            | "github.com/shopspring/decimal.Decimal"
            | "log/slog.Level" => json!({"type": "string"}),
            "github.com/danielgtaylor/huma/v2.FormFile" => json!({
                "type": "string", "format": "binary", "contentEncoding": "binary", "contentMediaType": "application/octet-stream"
            }),
            other => {
                eprintln_note(&format!("the type {other} is not in the sources; any value is taken for it"));
                json!({})
            }
        })
    }

    /// Adds the component of a struct, once.
    fn component(&mut self, name: &str, fields: &Rc<Vec<Field>>, kind: &Type, depth: usize) {
        if self.schemas.contains_key(name) {
            return;
        }
        // There before its fields are read: they may need it.
        self.schemas.insert(name.to_owned(), Value::Null);
        let schema = self.object(name, fields, kind, depth);
        self.schemas.insert(name.to_owned(), schema.into());
    }

    fn object(
        &mut self,
        name: &str,
        fields: &Rc<Vec<Field>>,
        kind: &Type,
        depth: usize,
    ) -> Map<String, Value> {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        let mut dependent = Map::new();
        let mut schema = json!({"type": "object", "additionalProperties": false});
        for Seen { field, tags, kind } in self.all_fields(fields, kind, &["json"], true) {
            if field.name == "_" {
                if tags.is("additionalProperties") {
                    schema["additionalProperties"] = json!(true);
                }
                if tags.is("nullable") {
                    schema["type"] = json!(["object", "null"]);
                }
                continue;
            }
            let json_tag = tags.get("json").unwrap_or_default();
            let key = match json_tag.split(',').next() {
                Some("-") => continue,
                Some("") | None => field.name.clone(),
                Some(key) => key.to_owned(),
            };
            let hint = format!("{name}{}Struct", field.name);
            let Some(property) = self.field_schema(&tags, &kind, &hint, depth) else { continue };
            if tags.is("hidden") {
                continue;
            }
            let may_miss = json_tag.contains("omitempty") || json_tag.contains("omitzero");
            if tags.truth("required").unwrap_or(!may_miss) {
                required.push(json!(key));
            }
            if let Some(others) = tags.get("dependentRequired") {
                dependent.insert(key.clone(), others.split(',').collect());
            }
            properties.insert(key, property.into());
        }
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if !dependent.is_empty() {
            schema["dependentRequired"] = dependent.into();
        }
        object(schema).unwrap_or_default()
    }

    /// The schema of a field, with what its tags say.
    pub fn field_schema(
        &mut self,
        tags: &Tags,
        kind: &Type,
        hint: &str,
        depth: usize,
    ) -> Option<Map<String, Value>> {
        let mut schema = self.schema_at(kind, hint, depth)?;
        let is_reference = schema.contains_key("$ref");
        tags.apply(&mut schema);
        if is_reference {
            return Some(schema);
        }
        let is_pointer = matches!(self.shape(kind), Shape::Pointer(_));
        let may_miss = tags.get("json").is_some_and(|tag| tag.contains("omitempty"));
        let nullable = match tags.truth("nullable") {
            Some(nullable) => Some(nullable),
            None if is_pointer && may_miss => Some(false),
            None => None,
        };
        let kinds: Vec<Value> = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().filter(|kind| *kind != "null").cloned().collect(),
            Some(kind) => vec![kind.clone()],
            None => Vec::new(),
        };
        match (nullable, kinds.as_slice()) {
            (Some(true), [kind]) => drop(schema.insert("type".to_owned(), json!([kind, "null"]))),
            (Some(false), [kind]) => drop(schema.insert("type".to_owned(), kind.clone())),
            _ => {}
        }
        Some(schema)
    }

    /// The fields of a struct: its own, then those of embedded structs, which outer ones hide. `named` are tags that make an
    /// embedded struct a field of its own.
    pub fn all_fields(
        &self,
        fields: &Rc<Vec<Field>>,
        kind: &Type,
        named: &[&str],
        own_first: bool,
    ) -> Vec<Seen> {
        let mut found: Vec<Seen> = Vec::new();
        self.collect(fields, kind, named, own_first, &mut found, MAX_DEPTH);
        found
    }

    fn collect(
        &self,
        fields: &Rc<Vec<Field>>,
        kind: &Type,
        named: &[&str],
        own_first: bool,
        found: &mut Vec<Seen>,
        depth: usize,
    ) {
        if depth == 0 {
            return;
        }
        let mut embedded = Vec::new();
        for field in fields.iter() {
            let tags = Tags::new(&field.tag);
            let inner = kind.with(&field.kind);
            let is_named = named.iter().any(|name| tags.get(name).is_some());
            let target = match self.shape(&inner) {
                Shape::Pointer(target) => self.shape(&target),
                shape => shape,
            };
            match target {
                Shape::Struct(_, fields, inner)
                    if field.is_embedded && !is_named && is_exported(&field.name) =>
                {
                    embedded.push((fields, inner));
                }
                // What it embeds is nobody's business.
                Shape::Struct(..) if field.is_embedded && !is_named => {}
                _ if is_exported(&field.name) || field.name == "_" => {
                    let is_hidden =
                        found.iter().any(|seen| seen.field.name == field.name && field.name != "_");
                    if !is_hidden {
                        found.push(Seen { field: field.clone(), tags, kind: inner });
                    }
                }
                _ => {}
            }
            if !own_first {
                for (fields, inner) in embedded.drain(..) {
                    self.collect(&fields, &inner, named, own_first, found, depth - 1);
                }
            }
        }
        for (fields, inner) in embedded {
            self.collect(&fields, &inner, named, own_first, found, depth - 1);
        }
    }

    /// A field by its Go name, in a struct or in what it embeds.
    pub fn field(&self, kind: &Type, name: &str) -> Option<Seen> {
        self.field_at(kind, name, MAX_DEPTH)
    }

    fn field_at(&self, kind: &Type, name: &str, depth: usize) -> Option<Seen> {
        let depth = depth.checked_sub(1)?;
        match self.shape(kind) {
            Shape::Pointer(inner) => self.field_at(&inner, name, depth),
            Shape::Struct(_, fields, inner) => {
                if let Some(field) = fields.iter().find(|field| field.name == name) {
                    let kind = inner.with(&field.kind);
                    return Some(Seen { field: field.clone(), tags: Tags::new(&field.tag), kind });
                }
                let embedded = fields.iter().filter(|field| field.is_embedded);
                embedded
                    .map(|field| inner.with(&field.kind))
                    .find_map(|kind| self.field_at(&kind, name, depth))
            }
            _ => None,
        }
    }
}

/// A type as it stands in the name of a generic one.
fn shown(kind: &Type) -> String {
    match &kind.kind {
        Kind::Pointer(inner) => shown(&kind.with(inner)),
        Kind::Slice(inner) => format!("List{}", shown(&kind.with(inner))),
        Kind::Map(key, inner) => {
            format!("Map{}{}", shown(&kind.with(key)), shown(&kind.with(inner)))
        }
        Kind::Interface => "Interface {}".to_owned(),
        Kind::Name(name) => match kind.arguments.iter().find(|(known, _)| known == name) {
            Some((_, known)) => shown(known),
            None if name == "any" => "Interface {}".to_owned(),
            None => upper_first(name),
        },
        Kind::Of(_, name) => upper_first(name),
        Kind::Generic(owner, arguments) => {
            let inner: Vec<String> = arguments.iter().map(|one| shown(&kind.with(one))).collect();
            shown(&kind.with(owner)) + &inner.concat()
        }
        _ => String::new(),
    }
}

pub fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

pub fn upper_first(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + characters.as_str()
}

/// The name that a hint gives: what follows the last dot.
fn named_by(hint: &str) -> String {
    hint.split(['[', ']', '*', ','])
        .map(|part| upper_first(part.rsplit('.').next().unwrap_or_default()))
        .collect()
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn scalar(name: &str) -> Option<Map<String, Value>> {
    object(match name {
        "bool" => json!({"type": "boolean"}),
        "string" => json!({"type": "string"}),
        "int" | "int64" => json!({"type": "integer", "format": "int64"}),
        "int8" | "int16" | "int32" | "rune" => json!({"type": "integer", "format": "int32"}),
        "uint" | "uint64" => json!({"type": "integer", "format": "int64", "minimum": 0}),
        "uint8" | "uint16" | "uint32" | "byte" => json!({"type": "integer", "format": "int32", "minimum": 0}),
        "float32" => json!({"type": "number", "format": "float"}),
        "float64" => json!({"type": "number", "format": "double"}),
        _ => return None,
    })
}
