//! What files declare, with names resolved and features of editions applied.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use prost_types::field_descriptor_proto::Type;

use super::read::{Setting, Span};

/// Files that belong together.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// By path.
    pub files: IndexMap<String, File>,
    /// By full name, in the order of the files; so are the others.
    pub messages: IndexMap<String, Message>,
    pub enums: IndexMap<String, Enum>,
    pub services: IndexMap<String, Service>,
    pub extensions: IndexMap<String, Extension>,
}

impl Module {
    /// All packages.
    pub fn packages(&self) -> BTreeSet<&str> {
        self.files.values().map(|file| file.package.as_str()).collect()
    }
}

/// A place with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: String,
    /// Nothing stands for the file as a whole.
    pub span: Option<Span>,
}

#[derive(Debug)]
pub(crate) struct File {
    pub package: String,
    pub package_at: Place,
    /// `proto2`, `proto3` or `editions`.
    pub syntax: String,
    pub syntax_at: Place,
    /// The whole file.
    pub at: Place,
    pub settings: Vec<Setting>,
}

/// What is common to declarations.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    /// With the package and what it stands in.
    pub full_name: String,
    pub package: String,
    /// The message that it stands in.
    pub parent: Option<String>,
    pub at: Place,
    pub settings: Vec<Setting>,
}

impl Declared {
    /// The value of an option, with its place.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// Where an option stands, or the declaration where it is not set.
    pub fn place_of(&self, name: &str) -> Place {
        match self.setting(name).and_then(|setting| setting.at) {
            Some(span) => Place { file: self.at.file.clone(), span: Some(span) },
            None => self.at.clone(),
        }
    }
}

/// Ranges of numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ranges {
    /// First and last number of each, as they are written.
    pub written: Vec<(i64, i64)>,
    /// The same numbers in order, with as few ranges as possible.
    merged: Vec<(i64, i64)>,
}

impl Ranges {
    pub fn new(written: Vec<(i64, i64)>) -> Self {
        let mut sorted = written.clone();
        sorted.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for (first, last) in sorted {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        Self { written, merged }
    }

    /// Whether all numbers of a range are in it, by one range or by several together.
    pub fn covers(&self, (first, last): (i64, i64)) -> bool {
        let after = self.merged.partition_point(|(start, _)| *start <= first);
        let before = after.checked_sub(1).and_then(|position| self.merged.get(position));
        before.is_some_and(|(_, end)| last <= *end)
    }
}

/// Numbers and names that may not be used.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reserved {
    pub ranges: Ranges,
    pub names: BTreeSet<String>,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub declared: Declared,
    pub fields: Vec<Field>,
    /// Names of choices that the file declares.
    pub oneofs: Vec<String>,
    pub reserved: Reserved,
    pub extension_ranges: Ranges,
    pub features: Features,
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub declared: Declared,
    pub values: Vec<EnumValue>,
    pub reserved: Reserved,
    pub features: Features,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub name: String,
    pub number: i32,
    pub at: Place,
    pub number_at: Place,
}

impl Enum {
    /// Values by number; several names of one number are aliases.
    pub fn by_number(&self) -> BTreeMap<i32, Vec<&EnumValue>> {
        let mut values: BTreeMap<i32, Vec<&EnumValue>> = BTreeMap::new();
        for value in &self.values {
            values.entry(value.number).or_default().push(value);
        }
        values
    }
}

#[derive(Debug)]
pub(crate) struct Service {
    pub declared: Declared,
    pub methods: Vec<Method>,
}

#[derive(Debug)]
pub(crate) struct Method {
    pub declared: Declared,
    pub name: String,
    pub request: String,
    pub request_at: Place,
    pub response: String,
    pub response_at: Place,
    pub is_client_stream: bool,
    pub is_server_stream: bool,
}

#[derive(Debug)]
pub(crate) struct Extension {
    pub declared: Declared,
    /// The message that is extended.
    pub extendee: String,
    pub field: Field,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub declared: Declared,
    pub name: String,
    pub name_at: Place,
    pub number: i32,
    pub kind: FieldKind,
    pub kind_at: Place,
    pub cardinality: Cardinality,
    /// The choice that it belongs to.
    pub oneof: Option<String>,
    pub json_name: String,
    pub json_name_at: Place,
    pub default: Option<String>,
    pub default_at: Place,
    pub features: Features,
}

/// How often a field may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cardinality {
    /// Whether it was set is not known.
    Implicit,
    /// Whether it was set is known.
    Explicit,
    Required,
    Repeated,
    Map,
}

impl Cardinality {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implicit => "optional with implicit presence",
            Self::Explicit => "optional with explicit presence",
            Self::Required => "required",
            Self::Repeated => "repeated",
            Self::Map => "map",
        }
    }
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Scalar(Type),
    /// A message, with its full name.
    Message(String),
    /// A message inside of marks.
    Group(String),
    Enum(String),
    /// Something that the files do not declare.
    Unknown(String),
    Map(Type, Box<FieldKind>),
}

impl FieldKind {
    /// The name of what is not scalar.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Message(name) | Self::Group(name) | Self::Enum(name) | Self::Unknown(name) => Some(name),
            Self::Scalar(_) | Self::Map(..) => None,
        }
    }

    /// As it is written, and what it is.
    pub fn text_with_kind(&self) -> String {
        match self {
            Self::Message(name) => format!("message {name}"),
            Self::Enum(name) => format!("enum {name}"),
            Self::Map(key, value) => format!("map<{}, {}>", scalar(*key), value.text_with_kind()),
            other => other.text(),
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        match self {
            Self::Scalar(kind) => scalar(*kind).to_owned(),
            Self::Message(name) | Self::Enum(name) | Self::Unknown(name) => name.clone(),
            Self::Group(name) => format!("group {name}"),
            Self::Map(key, value) => format!("map<{}, {}>", scalar(*key), value.text()),
        }
    }
}

/// The word for a type.
pub(crate) fn scalar(kind: Type) -> &'static str {
    match kind {
        Type::Double => "double",
        Type::Float => "float",
        Type::Int64 => "int64",
        Type::Uint64 => "uint64",
        Type::Int32 => "int32",
        Type::Fixed64 => "fixed64",
        Type::Fixed32 => "fixed32",
        Type::Bool => "bool",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Uint32 => "uint32",
        Type::Sfixed32 => "sfixed32",
        Type::Sfixed64 => "sfixed64",
        Type::Sint32 => "sint32",
        Type::Sint64 => "sint64",
        Type::Group => "group",
        Type::Message => "message",
        Type::Enum => "enum",
    }
}

/// Features of editions that matter to others. The older syntaxes have fixed ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Features {
    /// `EXPLICIT`, `IMPLICIT` or `LEGACY_REQUIRED`.
    pub field_presence: String,
    /// `OPEN` or `CLOSED`.
    pub enum_type: String,
    /// `ALLOW` or `LEGACY_BEST_EFFORT`.
    pub json_format: String,
    /// `VERIFY` or `NONE`.
    pub utf8_validation: String,
    /// `LENGTH_PREFIXED` or `DELIMITED`.
    pub message_encoding: String,
    /// `DEFAULT` or `VERIFY`.
    pub java_utf8_validation: String,
    /// `STRING`, `CORD`, `VIEW` or `STRING_PIECE`.
    pub cpp_string_type: String,
}

impl Features {
    /// What a syntax means.
    pub fn of_syntax(syntax: &str) -> Self {
        let by = |proto2: &str, proto3: &str, editions: &str| {
            let value = match syntax {
                "proto2" => proto2,
                "proto3" => proto3,
                _ => editions,
            };
            value.to_owned()
        };
        Self {
            field_presence: by("EXPLICIT", "IMPLICIT", "EXPLICIT"),
            enum_type: by("CLOSED", "OPEN", "OPEN"),
            json_format: by("LEGACY_BEST_EFFORT", "ALLOW", "ALLOW"),
            utf8_validation: by("NONE", "VERIFY", "VERIFY"),
            message_encoding: by("LENGTH_PREFIXED", "LENGTH_PREFIXED", "LENGTH_PREFIXED"),
            java_utf8_validation: by("DEFAULT", "DEFAULT", "DEFAULT"),
            cpp_string_type: by("STRING", "STRING", "STRING"),
        }
    }

    /// What is said at a declaration, on top of what is said around it.
    #[must_use]
    pub fn with(&self, settings: &[Setting]) -> Self {
        let mut features = self.clone();
        for setting in settings {
            let place = match setting.name.as_str() {
                "features.field_presence" => &mut features.field_presence,
                "features.enum_type" => &mut features.enum_type,
                "features.json_format" => &mut features.json_format,
                "features.utf8_validation" => &mut features.utf8_validation,
                "features.message_encoding" => &mut features.message_encoding,
                "features.(pb.java).utf8_validation" => &mut features.java_utf8_validation,
                "features.(pb.cpp).string_type" | "ctype" => &mut features.cpp_string_type,
                // The same by the name that it had before.
                "java_string_check_utf8" if setting.value == "true" => {
                    "VERIFY".clone_into(&mut features.java_utf8_validation);
                    continue;
                }
                _ => continue,
            };
            place.clone_from(&setting.value);
        }
        features
    }
}
