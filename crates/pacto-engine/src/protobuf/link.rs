//! From files to a module: names of types are looked up, options and features are read.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, ServiceDescriptorProto};

use super::model::{
    Cardinality, Declared, Enum, EnumValue, Extension, Features, Field, FieldKind, File, Message, Method,
    Module, Place, Ranges, Reserved, Service,
};
use super::read::{Parsed, settings};

/// Numbers of fields of descriptors, as they stand in the path of a place.
mod number {
    pub(super) const PACKAGE: i32 = 2;
    pub(super) const FILE_MESSAGE: i32 = 4;
    pub(super) const FILE_ENUM: i32 = 5;
    pub(super) const FILE_SERVICE: i32 = 6;
    pub(super) const FILE_EXTENSION: i32 = 7;
    pub(super) const FILE_OPTIONS: i32 = 8;
    pub(super) const SYNTAX: i32 = 12;

    pub(super) const MESSAGE_FIELD: i32 = 2;
    pub(super) const MESSAGE_NESTED: i32 = 3;
    pub(super) const MESSAGE_ENUM: i32 = 4;
    pub(super) const MESSAGE_EXTENSION: i32 = 6;
    pub(super) const MESSAGE_OPTIONS: i32 = 7;

    pub(super) const FIELD_NAME: i32 = 1;
    pub(super) const FIELD_TYPE: i32 = 5;
    pub(super) const FIELD_TYPE_NAME: i32 = 6;
    pub(super) const FIELD_DEFAULT: i32 = 7;
    pub(super) const FIELD_OPTIONS: i32 = 8;
    pub(super) const FIELD_JSON_NAME: i32 = 10;

    pub(super) const ENUM_VALUE: i32 = 2;
    pub(super) const ENUM_OPTIONS: i32 = 3;
    pub(super) const VALUE_NUMBER: i32 = 2;

    pub(super) const SERVICE_METHOD: i32 = 2;
    pub(super) const SERVICE_OPTIONS: i32 = 3;
    pub(super) const METHOD_REQUEST: i32 = 2;
    pub(super) const METHOD_RESPONSE: i32 = 3;
    pub(super) const METHOD_OPTIONS: i32 = 4;
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Message,
    Enum,
}

/// Links files. Of two declarations with one name the first counts.
pub(crate) fn link(files: &[Parsed]) -> Module {
    let mut names = BTreeMap::new();
    for file in files {
        let package = file.descriptor.package();
        for message in &file.descriptor.message_type {
            collect(&mut names, package, message);
        }
        for declared in &file.descriptor.enum_type {
            names.entry(qualified(package, declared.name())).or_insert(Named::Enum);
        }
    }
    let mut module = Module::default();
    for file in files {
        Linker { file, names: &names, module: &mut module }.link();
    }
    module
}

fn collect(names: &mut BTreeMap<String, Named>, scope: &str, message: &DescriptorProto) {
    let name = qualified(scope, message.name());
    for nested in message.nested_type.iter().filter(|nested| !is_map_entry(nested)) {
        collect(names, &name, nested);
    }
    for declared in &message.enum_type {
        names.entry(qualified(&name, declared.name())).or_insert(Named::Enum);
    }
    names.entry(name).or_insert(Named::Message);
}

/// A message that the parser made for a map.
fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry)
}

pub(crate) fn qualified(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// Fields of the messages that the parser made for maps, by their names.
type Entries<'e> = BTreeMap<&'e str, &'e [FieldDescriptorProto]>;

struct Linker<'l> {
    file: &'l Parsed,
    names: &'l BTreeMap<String, Named>,
    module: &'l mut Module,
}

/// Where something is declared.
struct Scope<'s> {
    /// Full name of the message, or the package.
    name: &'s str,
    /// The message, where it is one.
    message: Option<&'s str>,
    features: &'s Features,
}

impl Linker<'_> {
    fn link(&mut self) {
        let file = self.file;
        let descriptor = &file.descriptor;
        let options = descriptor.options.as_ref().map(|options| options.uninterpreted_option.as_slice());
        let settings = settings(file, &[number::FILE_OPTIONS], options.unwrap_or_default());
        let syntax = descriptor.syntax.clone().unwrap_or_else(|| "proto2".to_owned());
        let features = Features::of_syntax(&syntax).with(&settings);
        let package = descriptor.package();
        let whole = Place { file: file.path.clone(), span: None };
        let syntax = file.edition.as_ref().map_or(syntax, |edition| format!("edition {edition}"));
        self.module.files.entry(file.path.clone()).or_insert_with(|| File {
            package: package.to_owned(),
            package_at: place(file, &[number::PACKAGE]).unwrap_or_else(|| whole.clone()),
            syntax,
            syntax_at: place(file, &[number::SYNTAX]).unwrap_or_else(|| whole.clone()),
            at: whole,
            settings,
        });
        let scope = Scope { name: package, message: None, features: &features };
        for (position, message) in (0..).zip(&descriptor.message_type) {
            self.message(message, &[number::FILE_MESSAGE, position], &scope);
        }
        for (position, declared) in (0..).zip(&descriptor.enum_type) {
            self.enumeration(declared, &[number::FILE_ENUM, position], &scope);
        }
        for (position, service) in (0..).zip(&descriptor.service) {
            self.service(service, &[number::FILE_SERVICE, position], &scope);
        }
        self.extensions(&descriptor.extension, &[number::FILE_EXTENSION], &scope);
    }

    fn declared(
        &self,
        name: &str,
        path: &[i32],
        scope: &Scope<'_>,
        options: (i32, Option<&Vec<prost_types::UninterpretedOption>>),
    ) -> Declared {
        let options_path = [path, &[options.0]].concat();
        Declared {
            full_name: qualified(scope.name, name),
            package: self.file.descriptor.package().to_owned(),
            parent: scope.message.map(str::to_owned),
            at: self.place_of(path),
            settings: settings(self.file, &options_path, options.1.map(Vec::as_slice).unwrap_or_default()),
        }
    }

    fn place_of(&self, path: &[i32]) -> Place {
        place(self.file, path).unwrap_or_else(|| Place { file: self.file.path.clone(), span: None })
    }

    fn message(&mut self, message: &DescriptorProto, path: &[i32], scope: &Scope<'_>) {
        let options = message.options.as_ref().map(|options| &options.uninterpreted_option);
        let declared = self.declared(message.name(), path, scope, (number::MESSAGE_OPTIONS, options));
        let features = scope.features.with(&declared.settings);
        let full_name = declared.full_name.clone();
        let inner = Scope { name: &full_name, message: Some(&full_name), features: &features };
        let within = |kind: i32, position: i32| [path, &[kind, position]].concat();
        let entries = message.nested_type.iter().filter(|nested| is_map_entry(nested));
        let entries: Entries<'_> = entries.map(|entry| (entry.name(), entry.field.as_slice())).collect();
        let fields = (0..).zip(&message.field).map(|(position, field)| {
            let field_path = within(number::MESSAGE_FIELD, position);
            self.field(field, &field_path, &inner, &entries, &message.oneof_decl)
        });
        // The parser lets a number stand twice; the first of it counts.
        let mut known = BTreeSet::new();
        let fields: Vec<Field> = fields.filter(|field| known.insert(field.number)).collect();
        // The parser makes a choice of its own for each `optional` of proto3.
        let optional = message.field.iter().filter(|field| field.proto3_optional());
        let synthetic: BTreeSet<usize> = optional.filter_map(choice).collect();
        let oneofs = message.oneof_decl.iter().enumerate();
        let oneofs = oneofs.filter(|(position, _)| !synthetic.contains(position));
        let reserved = Reserved {
            ranges: ranges(message.reserved_range.iter().map(|range| (range.start(), range.end())), 1),
            names: message.reserved_name.iter().cloned().collect(),
        };
        let message_here = Message {
            fields,
            oneofs: oneofs.map(|(_, oneof)| oneof.name().to_owned()).collect(),
            reserved,
            extension_ranges: ranges(
                message.extension_range.iter().map(|range| (range.start(), range.end())),
                1,
            ),
            features: features.clone(),
            declared,
        };
        self.module.messages.entry(full_name.clone()).or_insert(message_here);
        for (position, nested) in (0..).zip(&message.nested_type) {
            if !is_map_entry(nested) {
                self.message(nested, &within(number::MESSAGE_NESTED, position), &inner);
            }
        }
        for (position, declared) in (0..).zip(&message.enum_type) {
            self.enumeration(declared, &within(number::MESSAGE_ENUM, position), &inner);
        }
        let extensions = [path, &[number::MESSAGE_EXTENSION]].concat();
        self.extensions(&message.extension, &extensions, &inner);
    }

    fn field(
        &self,
        field: &FieldDescriptorProto,
        path: &[i32],
        scope: &Scope<'_>,
        entries: &Entries<'_>,
        oneofs: &[prost_types::OneofDescriptorProto],
    ) -> Field {
        let options = field.options.as_ref().map(|options| &options.uninterpreted_option);
        let mut declared = self.declared(field.name(), path, scope, (number::FIELD_OPTIONS, options));
        if field.extendee.is_none() {
            // A field is known by its number; there are too many to carry the names of what they stand in.
            field.name().clone_into(&mut declared.full_name);
            (declared.package, declared.parent) = (String::new(), None);
        }
        let features = scope.features.with(&declared.settings);
        let kind = match entries.get(field.type_name()) {
            Some([key, value]) => {
                FieldKind::Map(key.r#type(), Box::new(self.kind(value, scope.name, &features)))
            }
            _ => self.kind(field, scope.name, &features),
        };
        let oneof = choice(field)
            .filter(|_| !field.proto3_optional())
            .and_then(|index| oneofs.get(index))
            .map(|oneof| oneof.name().to_owned());
        let has_presence = oneof.is_some()
            || field.proto3_optional()
            || field.extendee.is_some()
            || matches!(kind, FieldKind::Message(_) | FieldKind::Group(_) | FieldKind::Unknown(_));
        let cardinality = match (&kind, field.label(), features.field_presence.as_str()) {
            (FieldKind::Map(..), ..) => Cardinality::Map,
            (_, Label::Repeated, _) => Cardinality::Repeated,
            (_, Label::Required, _) => Cardinality::Required,
            (_, _, "LEGACY_REQUIRED") if oneof.is_none() => Cardinality::Required,
            (_, _, "IMPLICIT") if !has_presence => Cardinality::Implicit,
            _ => Cardinality::Explicit,
        };
        let at =
            |part: i32| place(self.file, &[path, &[part]].concat()).unwrap_or_else(|| declared.at.clone());
        let kind_at = match place(self.file, &[path, &[number::FIELD_TYPE_NAME]].concat()) {
            Some(place) => place,
            None => at(number::FIELD_TYPE),
        };
        let default = declared.setting(super::edition::DEFAULT);
        Field {
            name: field.name().to_owned(),
            name_at: at(number::FIELD_NAME),
            number: field.number(),
            kind,
            kind_at,
            cardinality,
            oneof,
            json_name: field.json_name.clone().unwrap_or_else(|| json_name(field.name())),
            json_name_at: at(number::FIELD_JSON_NAME),
            default: field.default_value.clone().or_else(|| default.map(|setting| setting.value.clone())),
            default_at: match default {
                Some(_) => declared.place_of(super::edition::DEFAULT),
                None => at(number::FIELD_DEFAULT),
            },
            features,
            declared,
        }
    }

    fn kind(&self, field: &FieldDescriptorProto, scope: &str, features: &Features) -> FieldKind {
        let Some(name) = &field.type_name else { return FieldKind::Scalar(field.r#type()) };
        let (name, named) = self.resolve(scope, name);
        match named {
            Some(Named::Enum) => FieldKind::Enum(name),
            _ if field.r#type == Some(Type::Group as i32) || features.message_encoding == "DELIMITED" => {
                FieldKind::Group(name)
            }
            Some(Named::Message) => FieldKind::Message(name),
            None => FieldKind::Unknown(name),
        }
    }

    /// The full name of what `name` means inside of `scope`: the innermost scope that has it counts. What no file
    /// declares keeps the name that it has.
    fn resolve(&self, scope: &str, name: &str) -> (String, Option<Named>) {
        if let Some(full) = name.strip_prefix('.') {
            return (full.to_owned(), self.names.get(full).copied());
        }
        let mut scope = scope;
        loop {
            let full = qualified(scope, name);
            if let Some(named) = self.names.get(&full) {
                return (full, Some(*named));
            }
            if scope.is_empty() {
                return (name.to_owned(), None);
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    fn enumeration(&mut self, declared: &EnumDescriptorProto, path: &[i32], scope: &Scope<'_>) {
        let options = declared.options.as_ref().map(|options| &options.uninterpreted_option);
        let head = self.declared(declared.name(), path, scope, (number::ENUM_OPTIONS, options));
        let values = (0..).zip(&declared.value).map(|(position, value)| {
            let value_path = [path, &[number::ENUM_VALUE, position]].concat();
            let at = self.place_of(&value_path);
            let number_path = [value_path.as_slice(), &[number::VALUE_NUMBER]].concat();
            EnumValue {
                name: value.name().to_owned(),
                number: value.number(),
                number_at: place(self.file, &number_path).unwrap_or_else(|| at.clone()),
                at,
            }
        });
        let enumeration = Enum {
            values: values.collect(),
            reserved: Reserved {
                ranges: ranges(declared.reserved_range.iter().map(|range| (range.start(), range.end())), 0),
                names: declared.reserved_name.iter().cloned().collect(),
            },
            features: scope.features.with(&head.settings),
            declared: head,
        };
        self.module.enums.entry(enumeration.declared.full_name.clone()).or_insert(enumeration);
    }

    fn service(&mut self, service: &ServiceDescriptorProto, path: &[i32], scope: &Scope<'_>) {
        let options = service.options.as_ref().map(|options| &options.uninterpreted_option);
        let head = self.declared(service.name(), path, scope, (number::SERVICE_OPTIONS, options));
        let inner = Scope { name: &head.full_name, message: None, features: scope.features };
        let methods = (0..).zip(&service.method).map(|(position, method)| {
            let path = [path, &[number::SERVICE_METHOD, position]].concat();
            let options = method.options.as_ref().map(|options| &options.uninterpreted_option);
            let declared = self.declared(method.name(), &path, &inner, (number::METHOD_OPTIONS, options));
            let at = |part: i32| {
                place(self.file, &[path.as_slice(), &[part]].concat()).unwrap_or_else(|| declared.at.clone())
            };
            Method {
                name: method.name().to_owned(),
                request: self.resolve(inner.name, method.input_type()).0,
                request_at: at(number::METHOD_REQUEST),
                response: self.resolve(inner.name, method.output_type()).0,
                response_at: at(number::METHOD_RESPONSE),
                is_client_stream: method.client_streaming(),
                is_server_stream: method.server_streaming(),
                declared,
            }
        });
        let mut known = BTreeSet::new();
        let methods = methods.filter(|method| known.insert(method.name.clone())).collect();
        let full_name = head.full_name.clone();
        self.module.services.entry(full_name).or_insert(Service { declared: head, methods });
    }

    fn extensions(&mut self, extensions: &[FieldDescriptorProto], path: &[i32], scope: &Scope<'_>) {
        for (position, extension) in (0..).zip(extensions) {
            let path = [path, &[position]].concat();
            let field = self.field(extension, &path, scope, &Entries::new(), &[]);
            let extendee = self.resolve(scope.name, extension.extendee()).0;
            let full_name = field.declared.full_name.clone();
            let extension = Extension { declared: field.declared.clone(), extendee, field };
            self.module.extensions.entry(full_name).or_insert(extension);
        }
    }
}

/// Ranges of a descriptor. Those of messages end behind their last number, those of enums with it.
fn ranges(written: impl Iterator<Item = (i32, i32)>, behind: i64) -> Ranges {
    Ranges::new(written.map(|(first, end)| (i64::from(first), i64::from(end) - behind)).collect())
}

fn place(file: &Parsed, path: &[i32]) -> Option<Place> {
    file.span(path).map(|span| Place { file: file.path.clone(), span: Some(span) })
}

fn choice(field: &FieldDescriptorProto) -> Option<usize> {
    field.oneof_index.and_then(|index| usize::try_from(index).ok())
}

/// The name in JSON where the file gives none: `a_field` is `aField`.
fn json_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_after_underscore = false;
    for character in name.chars() {
        if character == '_' {
            is_after_underscore = true;
        } else if std::mem::take(&mut is_after_underscore) {
            out.push(character.to_ascii_uppercase());
        } else {
            out.push(character);
        }
    }
    out
}
