//! Messages, enums, services and extensions that are gone, moved or new.

use super::annotation::{Element, Walk};
use crate::protobuf::{Declared, Module, Place};

/// A kind of declaration: its rules by file, by package, and for what is new.
struct Rules {
    by_file: &'static str,
    by_package: &'static str,
    added: &'static str,
    element: fn(&str, (bool, bool)) -> Element,
}

const MESSAGES: Rules = Rules {
    by_file: "MESSAGE_NO_DELETE",
    by_package: "PACKAGE_MESSAGE_NO_DELETE",
    added: "MESSAGE_ADDED",
    element: Element::message,
};
const ENUMS: Rules = Rules {
    by_file: "ENUM_NO_DELETE",
    by_package: "PACKAGE_ENUM_NO_DELETE",
    added: "ENUM_ADDED",
    element: Element::enumeration,
};
const SERVICES: Rules = Rules {
    by_file: "SERVICE_NO_DELETE",
    by_package: "PACKAGE_SERVICE_NO_DELETE",
    added: "SERVICE_ADDED",
    element: Element::service,
};
const EXTENSIONS: Rules = Rules {
    by_file: "EXTENSION_NO_DELETE",
    by_package: "PACKAGE_EXTENSION_NO_DELETE",
    added: "EXTENSION_ADDED",
    element: |name, sides| {
        Element::new(
            "proto.extensions",
            format!("proto.extensions[{name}]"),
            &format!("extension {name}"),
            sides,
        )
    },
};

pub(super) fn compare(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old, walk.new);
    if old.services.is_empty() {
        payloads(walk);
    }
    walk.kind(&SERVICES, old.services.values().map(|one| &one.declared), |name| {
        new.services.get(name).map(|one| &one.declared)
    });
    walk.kind(&MESSAGES, old.messages.values().map(|one| &one.declared), |name| {
        new.messages.get(name).map(|one| &one.declared)
    });
    walk.kind(&ENUMS, old.enums.values().map(|one| &one.declared), |name| {
        new.enums.get(name).map(|one| &one.declared)
    });
    walk.kind(&EXTENSIONS, old.extensions.values().map(|one| &one.declared), |name| {
        new.extensions.get(name).map(|one| &one.declared)
    });
    added(walk, &SERVICES, new.services.values().map(|one| &one.declared), |name| {
        old.services.contains_key(name)
    });
    added(walk, &MESSAGES, new.messages.values().map(|one| &one.declared), |name| {
        old.messages.contains_key(name)
    });
    added(walk, &ENUMS, new.enums.values().map(|one| &one.declared), |name| old.enums.contains_key(name));
    added(walk, &EXTENSIONS, new.extensions.values().map(|one| &one.declared), |name| {
        old.extensions.contains_key(name)
    });
}

/// Messages that are gone where nothing says what they are for: they may be what is sent, such as events.
fn payloads(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old, walk.new);
    let gone = old
        .messages
        .iter()
        .filter(|(name, message)| message.declared.parent.is_none() && !new.messages.contains_key(*name));
    for (name, message) in gone {
        let element = Element::message(name, (true, false));
        let file = walk.path_now(&message.declared.at.file).to_owned();
        let left = left_in_package(new, &message.declared, &file);
        walk.note(
            "PAYLOAD_MESSAGE_NO_DELETE",
            &element,
            (None, None),
            (Some(&message.declared.at), left.as_ref()),
        );
    }
}

fn added<'d>(
    walk: &mut Walk<'_>,
    rules: &Rules,
    declared: impl Iterator<Item = &'d Declared>,
    was_there: impl Fn(&str) -> bool,
) {
    for declared in declared.filter(|declared| !was_there(&declared.full_name)) {
        let element = (rules.element)(&declared.full_name, (false, true));
        walk.note(rules.added, &element, (None, None), (None, Some(&declared.at)));
    }
}

impl Walk<'_> {
    fn kind<'d>(
        &mut self,
        rules: &Rules,
        before: impl Iterator<Item = &'d Declared>,
        after: impl Fn(&str) -> Option<&'d Declared>,
    ) {
        for declared in before {
            let now = after(&declared.full_name);
            let file = self.path_now(&declared.at.file).to_owned();
            let is_gone = now.is_none();
            let element = (rules.element)(&declared.full_name, (true, !is_gone));
            let has_file = self.new.files.contains_key(&file);
            if has_file && now.is_none_or(|now| now.at.file != file) {
                let left = self.left_in_file(declared, &file);
                let values = (Some(file.clone()), None);
                self.note(rules.by_file, &element, values, (Some(&declared.at), Some(&left)));
            }
            if is_gone {
                let left = left_in_package(self.new, declared, &file);
                let at = (Some(&declared.at), left.as_ref());
                let is_of_gone_package = !self.packages.contains(declared.package.as_str());
                self.note(rules.by_package, &element, (None, None), at);
                if let Some(noted) = self.annotations.last_mut() {
                    noted.is_of_gone_package = is_of_gone_package;
                }
            }
        }
    }

    /// The innermost message around it that is still in the file, or the file.
    fn left_in_file(&self, declared: &Declared, file: &str) -> Place {
        let around = self.around(declared).find(|message| message.at.file == file);
        around.map_or_else(|| Place { file: file.to_owned(), span: None }, |message| message.at.clone())
    }

    fn around(&self, declared: &Declared) -> impl Iterator<Item = &Declared> {
        around(self.new, declared)
    }
}

/// Messages around a declaration that are still there, from the innermost.
fn around<'n>(new: &'n Module, declared: &Declared) -> impl Iterator<Item = &'n Declared> {
    let mut name = declared.parent.clone();
    let names = std::iter::from_fn(move || {
        let this = name.take()?;
        name = this.rsplit_once('.').map(|(outer, _)| outer.to_owned());
        Some(this)
    });
    names.filter_map(|name| new.messages.get(&name).map(|message| &message.declared))
}

/// The innermost message around it that is still there, or its file where that is of the same package.
fn left_in_package(new: &Module, declared: &Declared, file: &str) -> Option<Place> {
    let message = around(new, declared).next().map(|message| message.at.clone());
    message.or_else(|| {
        let same = new.files.get(file).is_some_and(|now| now.package == declared.package);
        same.then(|| Place { file: file.to_owned(), span: None })
    })
}
