//! Keys that no comparator looks at: what differs in them is said, and never passed over.

use super::documents::{Located, same};
use super::fact::{Area, Fact, Kind};
use super::schema::is_annotation;

/// Facts about keys that nothing else looks at: `known` are looked at, descriptions and extensions are harmless,
/// the rest is said to have changed.
pub(super) fn leftovers(
    old: Located<'_>,
    new: Located<'_>,
    known: &[&str],
    area: Area,
    subject: &str,
    facts: &mut Vec<Fact>,
) {
    let mut keys: Vec<&str> = old.entries().chain(new.entries()).map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut described = false;
    for key in keys.into_iter().filter(|key| !known.contains(key) && *key != "$ref") {
        let equal = match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => same(key, old, new, &|_| false),
            _ => false,
        };
        let kind = match key {
            _ if equal => continue,
            "deprecated" if new.is_on(key) && !old.is_on(key) => Kind::Deprecated,
            "deprecated" if old.is_on(key) => Kind::Undeprecated,
            "deprecated" => continue,
            extension if extension.starts_with("x-") => Kind::Extension,
            annotation if is_annotation(annotation) => {
                if described {
                    continue;
                }
                described = true;
                Kind::Annotation
            }
            _ => Kind::Other,
        };
        facts.push(Fact::new(kind, area, None, subject.to_owned()).between(old, new).with(None, Some(key)));
    }
}
