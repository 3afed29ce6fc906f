//! Files and packages.

use std::collections::BTreeSet;

use super::annotation::{Element, Walk};
use crate::protobuf::{File, Place};

/// Options of files that shape generated code, with the rule and the value where they are not set.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("FILE_SAME_CC_ENABLE_ARENAS", "cc_enable_arenas", "true"),
    ("FILE_SAME_CC_GENERIC_SERVICES", "cc_generic_services", "false"),
    ("FILE_SAME_CSHARP_NAMESPACE", "csharp_namespace", ""),
    ("FILE_SAME_GO_PACKAGE", "go_package", ""),
    ("FILE_SAME_JAVA_GENERIC_SERVICES", "java_generic_services", "false"),
    ("FILE_SAME_JAVA_MULTIPLE_FILES", "java_multiple_files", "false"),
    ("FILE_SAME_JAVA_OUTER_CLASSNAME", "java_outer_classname", ""),
    ("FILE_SAME_JAVA_PACKAGE", "java_package", ""),
    ("FILE_SAME_OBJC_CLASS_PREFIX", "objc_class_prefix", ""),
    ("FILE_SAME_OPTIMIZE_FOR", "optimize_for", "SPEED"),
    ("FILE_SAME_PHP_CLASS_PREFIX", "php_class_prefix", ""),
    ("FILE_SAME_PHP_METADATA_NAMESPACE", "php_metadata_namespace", ""),
    ("FILE_SAME_PHP_NAMESPACE", "php_namespace", ""),
    ("FILE_SAME_PY_GENERIC_SERVICES", "py_generic_services", "false"),
    ("FILE_SAME_RUBY_PACKAGE", "ruby_package", ""),
    ("FILE_SAME_SWIFT_PREFIX", "swift_prefix", ""),
];

pub(super) fn compare(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old, walk.new);
    for (path, before) in &old.files {
        let Some(after) = new.files.get(walk.path_now(path)) else {
            let element = Element::file(path, (true, false));
            walk.note("FILE_NO_DELETE", &element, (None, None), (Some(&before.at), None));
            continue;
        };
        let element = Element::file(path, (true, true));
        let shown = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        walk.changed(
            "FILE_SAME_PACKAGE",
            &element,
            (&shown(&before.package), &shown(&after.package)),
            (&before.package_at, &after.package_at),
        );
        walk.changed(
            "FILE_SAME_SYNTAX",
            &element,
            (&before.syntax, &after.syntax),
            (&before.syntax_at, &after.syntax_at),
        );
        for (rule, name, default) in OPTIONS {
            let (was, was_at) = option(before, name, default);
            let (is, is_at) = option(after, name, default);
            walk.changed(rule, &element, (&shown(&was), &shown(&is)), (&was_at, &is_at));
        }
    }
    let known: BTreeSet<&str> = old.files.keys().map(|path| walk.path_now(path)).collect();
    for (path, added) in new.files.iter().filter(|(path, _)| !known.contains(path.as_str())) {
        let element = Element::file(path, (false, true));
        walk.note("FILE_ADDED", &element, (None, None), (None, Some(&added.at)));
    }
    let (before, after) = (old.packages(), walk.packages.clone());
    for package in before.difference(&after) {
        let element = Element::package(package, (true, false));
        walk.note("PACKAGE_NO_DELETE", &element, (None, None), (None, None));
    }
    for package in after.difference(&before) {
        let element = Element::package(package, (false, true));
        walk.note("PACKAGE_ADDED", &element, (None, None), (None, None));
    }
}

/// The value of an option of a file, with its place.
fn option(file: &File, name: &str, default: &str) -> (String, Place) {
    let setting = file.settings.iter().find(|setting| setting.name == name);
    let at = setting.and_then(|setting| setting.at);
    let place = Place { file: file.at.file.clone(), span: at };
    (setting.map_or_else(|| default.to_owned(), |setting| setting.value.clone()), place)
}
