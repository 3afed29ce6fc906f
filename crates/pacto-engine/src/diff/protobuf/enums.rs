//! Enums and their values.

use std::collections::BTreeSet;

use super::annotation::{Element, Walk, shortened};
use crate::protobuf::{Declared, Enum, EnumValue, Features, Place, Reserved};

pub(super) fn compare(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old, walk.new);
    for (name, before) in &old.enums {
        let Some(after) = new.enums.get(name) else { continue };
        let element = Element::enumeration(name, (true, true));
        let places = |feature: &str| (before.declared.place_of(feature), after.declared.place_of(feature));
        let kind = |one: &Enum| one.features.enum_type.to_lowercase();
        let (old_at, new_at) = places("features.enum_type");
        walk.changed("ENUM_SAME_TYPE", &element, (&kind(before), &kind(after)), (&old_at, &new_at));
        let formats = (&before.features, &after.features);
        json_format(walk, "ENUM_SAME_JSON_FORMAT", &element, formats, &places("features.json_format"));
        values(walk, name, before, after);
        let sides = ((&before.declared, &before.reserved), (&after.declared, &after.reserved));
        reserved(walk, "RESERVED_ENUM_NO_DELETE", &element, sides.0, sides.1);
        walk.options(&element, &before.declared, &after.declared);
    }
}

/// Whether JSON is supported, or only as far as possible.
pub(super) fn json_format(
    walk: &mut Walk<'_>,
    rule: &str,
    element: &Element,
    (old, new): (&Features, &Features),
    (old_at, new_at): &(Place, Place),
) {
    let is_allowed = |features: &Features| features.json_format == "ALLOW";
    if is_allowed(old) != is_allowed(new) {
        let rule = if is_allowed(new) { "JSON_FORMAT_ALLOWED" } else { rule };
        walk.note(rule, element, (None, None), (Some(old_at), Some(new_at)));
    }
}

fn values(walk: &mut Walk<'_>, name: &str, before: &Enum, after: &Enum) {
    let (old, new) = (before.by_number(), after.by_number());
    let element = |value: &EnumValue, sides| Element::value(name, (&value.name, value.number), sides);
    for (number, known) in &old {
        let names: Vec<&str> = known.iter().map(|value| value.name.as_str()).collect();
        let Some(first) = known.first() else { continue };
        let Some(now) = new.get(number) else {
            let gone = element(first, (true, false));
            let at = (Some(&first.at), Some(&after.declared.at));
            walk.note("ENUM_VALUE_NO_DELETE", &gone, (None, None), at);
            if !names.iter().all(|name| after.reserved.names.contains(*name)) {
                walk.note("ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", &gone, (None, None), at);
            }
            if !after.reserved.ranges.covers((i64::from(*number), i64::from(*number))) {
                walk.note("ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", &gone, (None, None), at);
            }
            continue;
        };
        let present: BTreeSet<&str> = now.iter().map(|value| value.name.as_str()).collect();
        if !names.iter().all(|name| present.contains(name)) {
            let list = |names: &[&str]| Some(shortened(&names.join(", ")));
            let present: Vec<&str> = present.into_iter().collect();
            let lists = (list(&names), list(&present));
            for value in now {
                let values = lists.clone();
                let at = (Some(&first.number_at), Some(&value.number_at));
                let subject = format!("value {number} of enum {name}");
                let element = element(first, (true, true));
                walk.note_as("ENUM_VALUE_SAME_NAME", &element, subject, values, at);
            }
        }
    }
    for (number, values) in &new {
        let Some(first) = values.first().filter(|_| !old.contains_key(number)) else { continue };
        let is_closed = after.features.enum_type == "CLOSED";
        let rule = if is_closed { "CLOSED_ENUM_VALUE_ADDED" } else { "ENUM_VALUE_ADDED" };
        let at = (None, Some(&first.at));
        walk.note(rule, &element(first, (false, true)), (None, None), at);
    }
}

/// Numbers and names that were reserved and are not any more.
pub(super) fn reserved(
    walk: &mut Walk<'_>,
    rule: &str,
    element: &Element,
    (old_declared, old): (&Declared, &Reserved),
    (new_declared, new): (&Declared, &Reserved),
) {
    let at: (Option<&Place>, Option<&Place>) = (Some(&old_declared.at), Some(&new_declared.at));
    for range in old.ranges.written.iter().filter(|range| !new.ranges.covers(**range)) {
        walk.note(rule, element, (Some(range_in_words(*range)), None), at);
    }
    for name in old.names.difference(&new.names) {
        walk.note(rule, element, (Some(format!("\"{name}\"")), None), at);
    }
    for range in new.ranges.written.iter().filter(|range| !old.ranges.covers(**range)) {
        walk.note("RESERVED_ADDED", element, (None, Some(range_in_words(*range))), at);
    }
    for name in new.names.difference(&old.names) {
        walk.note("RESERVED_ADDED", element, (None, Some(format!("\"{name}\""))), at);
    }
}

/// A range as it is written.
pub(super) fn range_in_words((first, last): (i64, i64)) -> String {
    /// Largest number of a field.
    const MAX_FIELD: i64 = 536_870_911;
    /// Largest number of a value of an enum.
    const MAX_VALUE: i64 = i32::MAX as i64;
    match last {
        last if first == last => first.to_string(),
        MAX_FIELD | MAX_VALUE => format!("{first} to max"),
        last => format!("{first} to {last}"),
    }
}
