//! Messages and their fields, and extensions, which are fields too.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::field_descriptor_proto::Type;

use super::annotation::{Element, Walk};
use super::enums::{json_format, range_in_words, reserved};
use crate::protobuf::{Cardinality, Extension, Field, FieldKind, Message, Module};

pub(super) fn compare(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old, walk.new);
    for (name, before) in &old.messages {
        let Some(after) = new.messages.get(name) else { continue };
        compare_messages(walk, name, before, after);
    }
    for (name, before) in &old.extensions {
        let Some(after) = new.extensions.get(name) else { continue };
        // What extends something else, or by another number, is another field.
        if before.extendee == after.extendee && before.field.number == after.field.number {
            compare_fields(walk, None, &before.field, &after.field);
        } else {
            let element = Element::field(None, Some(&before.field), Some(&after.field));
            let shown = |one: &Extension| Some(format!("{} of {}", one.field.number, one.extendee));
            let at = (Some(&before.declared.at), Some(&after.declared.at));
            walk.note("EXTENSION_MOVED", &element, (shown(before), shown(after)), at);
        }
    }
}

const ACCESSOR: &str = "no_standard_descriptor_accessor";
const SET: &str = "message_set_wire_format";
const UTF8: &str = "features.utf8_validation";
const JAVA_UTF8: &str = "features.(pb.java).utf8_validation";

fn compare_messages(walk: &mut Walk<'_>, name: &str, before: &Message, after: &Message) {
    let element = Element::message(name, (true, true));
    let places = |option: &str| (before.declared.place_of(option), after.declared.place_of(option));
    let is_on = |message: &Message, option: &str| {
        message.declared.setting(option).is_some_and(|setting| setting.value == "true")
    };
    if is_on(after, ACCESSOR) != is_on(before, ACCESSOR) {
        let (old_at, new_at) = places(ACCESSOR);
        let rule = if is_on(after, ACCESSOR) {
            "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR"
        } else {
            "STANDARD_DESCRIPTOR_ACCESSOR_RESTORED"
        };
        walk.note(rule, &element, (None, None), (Some(&old_at), Some(&new_at)));
    }
    let formats = (&before.features, &after.features);
    json_format(walk, "MESSAGE_SAME_JSON_FORMAT", &element, formats, &places("features.json_format"));
    let (old_at, new_at) = places(SET);
    let shown = |message: &Message| is_on(message, SET).to_string();
    walk.changed(
        "MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT",
        &element,
        (&shown(before), &shown(after)),
        (&old_at, &new_at),
    );
    required(walk, &element, before, after);
    let at = (Some(&before.declared.at), Some(&after.declared.at));
    let (known, present) = (&before.extension_ranges, &after.extension_ranges);
    for range in known.written.iter().filter(|range| !present.covers(**range)) {
        walk.note("EXTENSION_MESSAGE_NO_DELETE", &element, (Some(range_in_words(*range)), None), at);
    }
    for range in present.written.iter().filter(|range| !known.covers(**range)) {
        walk.note("EXTENSION_RANGE_ADDED", &element, (None, Some(range_in_words(*range))), at);
    }
    let sides = ((&before.declared, &before.reserved), (&after.declared, &after.reserved));
    reserved(walk, "RESERVED_MESSAGE_NO_DELETE", &element, sides.0, sides.1);
    for oneof in before.oneofs.iter().filter(|oneof| !after.oneofs.contains(oneof)) {
        walk.note_as("ONEOF_NO_DELETE", &element, format!("oneof {name}.{oneof}"), (None, None), at);
    }
    for oneof in after.oneofs.iter().filter(|oneof| !before.oneofs.contains(oneof)) {
        walk.note_as("ONEOF_ADDED", &element, format!("oneof {name}.{oneof}"), (None, None), at);
    }
    walk.options(&element, &before.declared, &after.declared);
    let (known, present) = (by_number(before), by_number(after));
    for field in &before.fields {
        match present.get(&field.number) {
            Some(now) => compare_fields(walk, Some(name), field, now),
            None => {
                let gone = Element::field(Some(name), Some(field), None);
                let at = (Some(&field.declared.at), Some(&after.declared.at));
                walk.note("FIELD_NO_DELETE", &gone, (None, None), at);
                if !after.reserved.names.contains(&field.name) {
                    walk.note("FIELD_NO_DELETE_UNLESS_NAME_RESERVED", &gone, (None, None), at);
                }
                if !after.reserved.ranges.covers((i64::from(field.number), i64::from(field.number))) {
                    walk.note("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", &gone, (None, None), at);
                }
            }
        }
    }
    for field in after.fields.iter().filter(|field| !known.contains_key(&field.number)) {
        let element = Element::field(Some(name), None, Some(field));
        walk.note("FIELD_ADDED", &element, (None, None), (None, Some(&field.declared.at)));
    }
}

fn by_number(message: &Message) -> BTreeMap<i32, &Field> {
    message.fields.iter().map(|field| (field.number, field)).collect()
}

/// Required fields that came or went.
fn required(walk: &mut Walk<'_>, element: &Element, before: &Message, after: &Message) {
    const RULE: &str = "MESSAGE_SAME_REQUIRED_FIELDS";
    let all = |message: &'_ Message| -> BTreeSet<i32> {
        let fields = message.fields.iter();
        fields.filter(|field| field.cardinality == Cardinality::Required).map(|field| field.number).collect()
    };
    let (known, present) = (all(before), all(after));
    let is_one = |numbers: &BTreeSet<i32>, others: &BTreeSet<i32>, field: &Field| {
        numbers.contains(&field.number) && !others.contains(&field.number)
    };
    for field in before.fields.iter().filter(|field| is_one(&known, &present, field)) {
        let subject =
            format!("{}: the required field {} was deleted or is optional", element.name, field.name);
        let at = (Some(&field.declared.at), Some(&after.declared.at));
        walk.note_as(RULE, element, subject, (None, None), at);
    }
    for field in after.fields.iter().filter(|field| is_one(&present, &known, field)) {
        let subject = format!("{}: the required field {} was added", element.name, field.name);
        let at = (Some(&before.declared.at), Some(&field.declared.at));
        walk.note_as(RULE, element, subject, (None, None), at);
    }
}

fn compare_fields(walk: &mut Walk<'_>, message: Option<&str>, before: &Field, after: &Field) {
    let element = Element::field(message, Some(before), Some(after));
    let at = (&before.declared.at, &after.declared.at);
    let names = (before.name.as_str(), after.name.as_str());
    walk.changed("FIELD_SAME_NAME", &element, names, (&before.name_at, &after.name_at));
    // Extensions are called by their full names in JSON.
    if message.is_some() {
        let names = (before.json_name.as_str(), after.json_name.as_str());
        walk.changed("FIELD_SAME_JSON_NAME", &element, names, (&before.json_name_at, &after.json_name_at));
    }
    kinds(walk, &element, before, after);
    cardinality(walk, &element, before, after);
    let oneof = |field: &Field| match &field.oneof {
        Some(name) => format!("oneof {name}"),
        None => "no oneof".to_owned(),
    };
    walk.changed("FIELD_SAME_ONEOF", &element, (&oneof(before), &oneof(after)), at);
    if before.kind == after.kind {
        let (old, new) = (default(walk.old, before), default(walk.new, after));
        if old.value != new.value {
            let at = (Some(&before.default_at), Some(&after.default_at));
            walk.note("FIELD_SAME_DEFAULT", &element, (Some(old.shown), Some(new.shown)), at);
        }
    }
    let is_text = |field: &Field| holds(&field.kind, Type::String);
    if is_text(before) && is_text(after) {
        let values = (before.features.utf8_validation.as_str(), after.features.utf8_validation.as_str());
        let places = (&before.declared.place_of(UTF8), &after.declared.place_of(UTF8));
        walk.changed("FIELD_SAME_UTF8_VALIDATION", &element, values, places);
        let values =
            (before.features.java_utf8_validation.as_str(), after.features.java_utf8_validation.as_str());
        let places = (&before.declared.place_of(JAVA_UTF8), &after.declared.place_of(JAVA_UTF8));
        walk.changed("FIELD_SAME_JAVA_UTF8_VALIDATION", &element, values, places);
    }
    let is_cpp = |field: &Field| is_text(field) || holds(&field.kind, Type::Bytes);
    if is_cpp(before) && is_cpp(after) {
        let place = |field: &Field| {
            let name = ["ctype", "features.(pb.cpp).string_type"];
            let set = name.iter().find(|name| field.declared.setting(name).is_some());
            set.map_or_else(|| field.declared.at.clone(), |name| field.declared.place_of(name))
        };
        let values = (before.features.cpp_string_type.as_str(), after.features.cpp_string_type.as_str());
        walk.changed("FIELD_SAME_CPP_STRING_TYPE", &element, values, (&place(before), &place(after)));
    }
    let jstype = |field: &Field| {
        field.declared.setting("jstype").map_or("JS_NORMAL", |setting| setting.value.as_str()).to_owned()
    };
    let places = (&before.declared.place_of("jstype"), &after.declared.place_of("jstype"));
    walk.changed("FIELD_SAME_JSTYPE", &element, (&jstype(before), &jstype(after)), places);
    walk.options(&element, &before.declared, &after.declared);
}

/// Whether values are of a scalar type, those of a map included.
fn holds(kind: &FieldKind, scalar: Type) -> bool {
    match kind {
        FieldKind::Scalar(kind) => *kind == scalar,
        FieldKind::Map(key, value) => *key == scalar || holds(value, scalar),
        _ => false,
    }
}

fn kinds(walk: &mut Walk<'_>, element: &Element, before: &Field, after: &Field) {
    if before.kind == after.kind {
        return;
    }
    let is_map = |field: &Field| matches!(field.kind, FieldKind::Map(..));
    // What became a map, or was one, is said with how often it may be there; bytes can be the same.
    let same_bytes = is_map(before) != is_map(after) && map_like(walk.old, before, walk.new, after);
    if same_bytes || is_same_unknown(&before.kind, &after.kind) {
        return;
    }
    let at = (Some(&before.kind_at), Some(&after.kind_at));
    let types = match (before.kind.text(), after.kind.text()) {
        // Two kinds of type can have one name.
        (old, new) if old == new => (before.kind.text_with_kind(), after.kind.text_with_kind()),
        texts => texts,
    };
    let types = || (Some(types.0.clone()), Some(types.1.clone()));
    walk.note("FIELD_SAME_TYPE", element, types(), at);
    if !is_compatible(walk.old, &before.kind, walk.new, &after.kind, Form::BytesAndJson) {
        walk.note("FIELD_WIRE_JSON_COMPATIBLE_TYPE", element, types(), at);
    }
    if !is_compatible(walk.old, &before.kind, walk.new, &after.kind, Form::Bytes) {
        walk.note("FIELD_WIRE_COMPATIBLE_TYPE", element, types(), at);
    }
}

/// Whether a name is declared on one side only, so that nobody knows what it is on the other. That an import is not
/// there is said where it is missing.
fn is_same_unknown(before: &FieldKind, after: &FieldKind) -> bool {
    let name = |kind: &FieldKind| kind.name().map(str::to_owned);
    let is_unknown = |kind: &FieldKind| matches!(kind, FieldKind::Unknown(_));
    (is_unknown(before) || is_unknown(after)) && name(before).is_some() && name(before) == name(after)
}

/// Whether a map has the bytes of a list of messages.
fn map_like(old: &Module, before: &Field, new: &Module, after: &Field) -> bool {
    let (map, module, other) = match (&before.kind, &after.kind) {
        (FieldKind::Map(key, value), other) => ((key, value), new, other),
        (other, FieldKind::Map(key, value)) => ((key, value), old, other),
        _ => return false,
    };
    let FieldKind::Message(name) = other else { return false };
    let Some(message) = module.messages.get(name) else { return false };
    let has = |number: i32, kind: &FieldKind| {
        message.fields.iter().any(|field| field.number == number && field.kind == *kind)
    };
    message.fields.len() == 2 && has(1, &FieldKind::Scalar(*map.0)) && has(2, map.1)
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bytes,
    BytesAndJson,
}

/// Whether everything that was written as `before` is read the same as `after`.
fn is_read_alike(before: Type, after: Type, form: Form) -> bool {
    let group = |kind: Type| match (kind, form) {
        (Type::Int32 | Type::Uint32, _) | (Type::Int64 | Type::Uint64 | Type::Bool, Form::Bytes) => 1,
        // In JSON numbers of 64 bits are texts.
        (Type::Int64 | Type::Uint64, Form::BytesAndJson) => 2,
        (Type::Sint32 | Type::Sint64, Form::Bytes) => 3,
        (Type::Fixed32 | Type::Sfixed32, _) => 4,
        (Type::Fixed64 | Type::Sfixed64, _) => 5,
        // Alone: the number of the type, behind those of the groups.
        (other, _) => 100 + other as i32,
    };
    // Every text is bytes; in JSON it is written differently.
    let is_text = form == Form::Bytes && (before, after) == (Type::String, Type::Bytes);
    is_text || group(before) == group(after)
}

fn is_compatible(old: &Module, before: &FieldKind, new: &Module, after: &FieldKind, form: Form) -> bool {
    match (before, after) {
        (FieldKind::Scalar(before), FieldKind::Scalar(after)) => is_read_alike(*before, *after, form),
        (FieldKind::Enum(before), FieldKind::Enum(after)) => same_enum(old, before, new, after),
        (FieldKind::Map(old_key, old_value), FieldKind::Map(new_key, new_value)) => {
            is_read_alike(*old_key, *new_key, form) && is_compatible(old, old_value, new, new_value, form)
        }
        _ => before == after,
    }
}

/// Whether an enum of another place has the same name and all values of the old one.
fn same_enum(old: &Module, before: &str, new: &Module, after: &str) -> bool {
    let short = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let (Some(old), Some(new)) = (old.enums.get(before), new.enums.get(after)) else {
        return before == after;
    };
    let has =
        |name: &str, number: i32| new.values.iter().any(|value| value.name == name && value.number == number);
    short(before) == short(after) && old.values.iter().all(|value| has(&value.name, value.number))
}

/// How it is written: groups of what is written alike, in bytes and in JSON.
fn groups(cardinality: Cardinality) -> (u8, u8) {
    match cardinality {
        Cardinality::Implicit | Cardinality::Explicit => (1, 1),
        Cardinality::Required => (2, 2),
        Cardinality::Repeated => (3, 3),
        Cardinality::Map => (3, 4),
    }
}

fn cardinality(walk: &mut Walk<'_>, element: &Element, before: &Field, after: &Field) {
    let (old, new) = (before.cardinality, after.cardinality);
    let values = (old.as_str(), new.as_str());
    let at = (&before.declared.at, &after.declared.at);
    walk.changed("FIELD_SAME_CARDINALITY", element, values, at);
    let ((old_wire, old_json), (new_wire, new_json)) = (groups(old), groups(new));
    if old_json != new_json {
        walk.changed("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", element, values, at);
    }
    if old_wire != new_wire {
        walk.changed("FIELD_WIRE_COMPATIBLE_CARDINALITY", element, values, at);
    }
}

/// A default, also where it is not written down.
struct Default {
    /// In one spelling.
    value: String,
    shown: String,
}

fn default(module: &Module, field: &Field) -> Default {
    let same = |text: String| Default {
        shown: if text.is_empty() { "\"\"".to_owned() } else { text.clone() },
        value: text,
    };
    if matches!(field.cardinality, Cardinality::Repeated | Cardinality::Map) {
        return same("none".to_owned());
    }
    let written = field.default.clone();
    match &field.kind {
        FieldKind::Scalar(Type::String | Type::Bytes) => same(written.unwrap_or_default()),
        FieldKind::Scalar(Type::Bool) => same(written.unwrap_or_else(|| "false".to_owned())),
        FieldKind::Scalar(_) => {
            let written = written.unwrap_or_else(|| "0".to_owned());
            // Whole numbers of 64 bits are compared as they are written.
            let number = written.parse::<i128>().map(|number| number.to_string());
            let number = number.or_else(|_| written.parse::<f64>().map(|number| number.to_string()));
            same(number.unwrap_or(written))
        }
        FieldKind::Enum(name) => {
            let values = module.enums.get(name).map(|found| found.values.as_slice()).unwrap_or_default();
            let is_closed = field_enum_is_closed(module, name);
            let value = match &written {
                Some(written) => values.iter().find(|value| value.name == *written),
                None if is_closed => values.first(),
                None => values.iter().find(|value| value.number == 0),
            };
            let number =
                value.map_or_else(|| written.clone().unwrap_or_default(), |value| value.number.to_string());
            Default {
                value: number,
                shown: value.map(|value| value.name.clone()).or(written).unwrap_or_default(),
            }
        }
        _ => same("none".to_owned()),
    }
}

/// Without a default a field of a closed enum has its first value, one of an open enum the number 0.
fn field_enum_is_closed(module: &Module, name: &str) -> bool {
    module.enums.get(name).is_some_and(|found| found.features.enum_type == "CLOSED")
}
