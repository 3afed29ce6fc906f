//! A difference with the rule that minds it.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::rules::{Family, ProtoRule};
use crate::protobuf::{Declared, Field, Module, Place};

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::diff) struct Element {
    /// Row of the contract table: `proto.messages`.
    pub base: &'static str,
    /// Path as it is shown: `proto.messages[a.M].fields[1]`. Fields and values are told apart by their numbers.
    pub path: String,
    /// In words: `message a.M`.
    pub name: String,
    /// Whether the old and the new side have it.
    pub sides: (bool, bool),
    /// The declaration on either side, where it says something of its own.
    pub old: Option<String>,
    pub new: Option<String>,
}

impl Element {
    /// Something on the side or sides that have it.
    pub fn new(base: &'static str, path: String, name: &str, sides: (bool, bool)) -> Self {
        // What is on both sides has one name, which says nothing of what changed.
        let value = |there: bool| (there && sides != (true, true)).then(|| name.to_owned());
        Self { base, path, name: name.to_owned(), sides, old: value(sides.0), new: value(sides.1) }
    }

    /// A message.
    pub fn message(name: &str, sides: (bool, bool)) -> Self {
        Self::new("proto.messages", format!("proto.messages[{name}]"), &format!("message {name}"), sides)
    }

    /// An enum.
    pub fn enumeration(name: &str, sides: (bool, bool)) -> Self {
        Self::new("proto.enums", format!("proto.enums[{name}]"), &format!("enum {name}"), sides)
    }

    /// A service.
    pub fn service(name: &str, sides: (bool, bool)) -> Self {
        Self::new("proto.services", format!("proto.services[{name}]"), &format!("service {name}"), sides)
    }

    /// A method.
    pub fn method(service: &str, name: &str, sides: (bool, bool)) -> Self {
        let path = format!("proto.services[{service}].methods[{name}]");
        Self::new("proto.methods", path, &format!("method {service}/{name}"), sides)
    }

    /// A field of a message, or an extension where there is no message.
    pub fn field(message: Option<&str>, old: Option<&Field>, new: Option<&Field>) -> Self {
        let some = old.or(new);
        let full = some.map_or("", |field| field.declared.full_name.as_str());
        let name = some.map_or("", |field| field.name.as_str());
        let number = some.map_or(0, |field| field.number);
        let (base, path, name) = match message {
            Some(message) => (
                "proto.fields",
                format!("proto.messages[{message}].fields[{number}]"),
                format!("field {message}.{name}"),
            ),
            None => ("proto.extensions", format!("proto.extensions[{full}]"), format!("extension {full}")),
        };
        let sides = (old.is_some(), new.is_some());
        Self { base, path, name, sides, old: old.map(in_words), new: new.map(in_words) }
    }

    /// A value of an enum.
    pub fn value(enumeration: &str, (name, number): (&str, i32), sides: (bool, bool)) -> Self {
        let path = format!("proto.enums[{enumeration}].values[{number}]");
        Self::new("proto.values", path, &format!("value {enumeration}.{name}"), sides)
    }

    /// A file.
    pub fn file(path: &str, sides: (bool, bool)) -> Self {
        Self::new("proto.files", format!("proto.files[{path}]"), &format!("file {path}"), sides)
    }

    /// A package.
    pub fn package(name: &str, sides: (bool, bool)) -> Self {
        Self::new("proto.packages", format!("proto.packages[{name}]"), &format!("package {name}"), sides)
    }
}

/// A field as it is written, without its options.
fn in_words(field: &Field) -> String {
    use crate::protobuf::Cardinality;
    let label = match field.cardinality {
        Cardinality::Required => "required ",
        Cardinality::Repeated => "repeated ",
        _ => "",
    };
    format!("{label}{} {} = {}", field.kind.text(), field.name, field.number)
}

/// A difference that some level minds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::diff) struct Annotation {
    pub rule: ProtoRule,
    pub element: Element,
    /// Start of the sentence.
    pub subject: String,
    pub old: Option<String>,
    pub new: Option<String>,
    pub old_at: Option<Place>,
    /// Where it is to be mended: what is left of it, or what it was in. Nothing where that is gone too.
    pub new_at: Option<Place>,
    /// Its package is gone, which is said already where packages matter.
    pub is_of_gone_package: bool,
}

impl Annotation {
    /// See [`Family`].
    pub fn family(&self) -> Family {
        self.rule.row().map_or(Family::Alone, |row| row.family)
    }
}

/// Two modules, and what was noted so far.
pub(super) struct Walk<'w> {
    pub old: &'w Module,
    pub new: &'w Module,
    /// Packages that there are now.
    pub packages: BTreeSet<&'w str>,
    main: (&'w str, &'w str),
    pub annotations: Vec<Annotation>,
}

impl<'w> Walk<'w> {
    pub fn new(old: &'w Module, new: &'w Module, main: (&'w str, &'w str)) -> Self {
        Self { old, new, packages: new.packages(), main, annotations: Vec::new() }
    }

    /// What a file of the old side is called now.
    pub fn path_now<'p>(&self, old: &'p str) -> &'p str
    where
        'w: 'p,
    {
        if old == self.main.0 { self.main.1 } else { old }
    }

    /// Notes a difference about the element itself.
    pub fn note(
        &mut self,
        id: &str,
        element: &Element,
        (old, new): (Option<String>, Option<String>),
        (old_at, new_at): (Option<&Place>, Option<&Place>),
    ) {
        let subject = element.name.clone();
        self.note_as(id, element, subject, (old, new), (old_at, new_at));
    }

    /// Notes a difference with a subject of its own.
    pub fn note_as(
        &mut self,
        id: &str,
        element: &Element,
        subject: String,
        (old, new): (Option<String>, Option<String>),
        (old_at, new_at): (Option<&Place>, Option<&Place>),
    ) {
        let Some(rule) = ProtoRule::named(id) else {
            debug_assert!(false, "no rule is called {id}");
            return;
        };
        self.annotations.push(Annotation {
            rule,
            element: element.clone(),
            subject,
            old,
            new,
            old_at: old_at.cloned(),
            new_at: new_at.cloned(),
            is_of_gone_package: false,
        });
    }

    /// Notes what a plain value became.
    pub fn changed(
        &mut self,
        id: &str,
        element: &Element,
        (old, new): (&str, &str),
        (old_at, new_at): (&Place, &Place),
    ) {
        if old != new {
            let values = (Some(old.to_owned()), Some(new.to_owned()));
            self.note(id, element, values, (Some(old_at), Some(new_at)));
        }
    }

    /// Notes custom options that differ, and a mark of deprecation.
    pub fn options(&mut self, element: &Element, old: &Declared, new: &Declared) {
        let is_on = |declared: &Declared| {
            declared.setting("deprecated").is_some_and(|setting| setting.value == "true")
        };
        if is_on(new) != is_on(old) {
            let rule = if is_on(new) { "DEPRECATED" } else { "UNDEPRECATED" };
            let at = (Some(&old.place_of("deprecated")), Some(&new.place_of("deprecated")));
            self.note(rule, element, (None, None), at);
        }
        let custom = |declared: &Declared| {
            let settings = declared.settings.iter().filter(|setting| setting.name.starts_with('('));
            let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for setting in settings {
                all.entry(setting.name.clone()).or_default().push(setting.value.clone());
            }
            all
        };
        let (before, after) = (custom(old), custom(new));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            if before.get(name) != after.get(name) {
                let shown = |values: Option<&Vec<String>>| {
                    values.map_or_else(|| "nothing".to_owned(), |values| shortened(&values.join(", ")))
                };
                let values = (Some(shown(before.get(name))), Some(shown(after.get(name))));
                let at = (Some(&old.place_of(name)), Some(&new.place_of(name)));
                self.note_as("OPTION_CHANGED", element, format!("{}: {name}", element.name), values, at);
            }
        }
    }
}

/// Longest value of an option, or list of names, that is shown, in characters.
const MAX_SHOWN: usize = 120;

/// The start of a text that is too long to show.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_SHOWN {
        return text.to_owned();
    }
    text.chars().take(MAX_SHOWN - 1).chain(['…']).collect()
}
