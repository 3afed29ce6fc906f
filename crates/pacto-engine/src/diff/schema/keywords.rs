//! Keywords that are compared as a whole, and formats.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Places, Walk};
use super::normal::Normal;
use crate::diff::documents::Located;
use crate::diff::fact::{Keyword, Kind};

impl Walk<'_> {
    /// A keyword that is compared as a whole.
    pub(super) fn keyword(&mut self, key: &str, had: bool, has: bool, places: &Places<'_>) {
        let text = || Some(key.to_owned());
        match (Keyword::named(key), had, has) {
            (Some(keyword), false, _) => self.emit(Kind::KeywordAdded(keyword), None, text(), places),
            (Some(keyword), _, false) => self.emit(Kind::KeywordRemoved(keyword), text(), None, places),
            (Some(keyword), ..) => self.emit(Kind::KeywordModified(keyword), None, text(), places),
            (None, ..) => self.emit(Kind::KeywordChanged, None, text(), places),
        }
    }

    /// A keyword that is the same on both sides and may say something about what changed.
    pub(super) fn keyword_beside(&mut self, key: &str, places: &Places<'_>) {
        self.keyword(key, true, true, places);
        if let Some(found) = self.facts.last_mut() {
            found.is_idle = true;
        }
    }

    /// By what objects are told apart.
    pub(super) fn discriminator(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        let (Some(before), Some(after)) = (old.discriminator, new.discriminator) else {
            if old.discriminator.is_some() || new.discriminator.is_some() {
                let (had, has) = (old.discriminator.is_some(), new.discriminator.is_some());
                self.keyword("discriminator", had, has, places);
            }
            return;
        };
        let property = |at: Located<'_>| {
            // In `OpenAPI` 2 it is the name itself.
            at.text("propertyName").or_else(|| at.node.as_str()).map(str::to_owned)
        };
        let (old_name, new_name) = (property(before), property(after));
        if old_name != new_name {
            self.emit(Kind::DiscriminatorProperty, old_name, new_name, places);
        }
        let mapping = |at: Located<'_>| -> BTreeMap<String, String> {
            let entries =
                at.get("mapping").into_iter().flat_map(|mapping| mapping.entries().collect::<Vec<_>>());
            entries.filter_map(|(name, to)| Some((name.to_owned(), to.node.as_str()?.to_owned()))).collect()
        };
        let (before, after) = (mapping(before), mapping(after));
        for (name, target) in &before {
            match after.get(name) {
                None => self.emit(Kind::DiscriminatorMappingRemoved, Some(name.clone()), None, places),
                Some(other) if other != target => {
                    let shown = |target: &str| Some(format!("{name}: {target}"));
                    self.emit(Kind::DiscriminatorMappingChanged, shown(target), shown(other), places);
                }
                Some(_) => {}
            }
        }
        for name in after.keys().filter(|name| !before.contains_key(*name)) {
            self.emit(Kind::DiscriminatorMappingAdded, None, Some(name.clone()), places);
        }
    }
}

/// How a format changed.
pub(super) fn format_kind(old: &BTreeSet<String>, new: &BTreeSet<String>) -> Kind {
    match (range(old), range(new)) {
        (Some(old), Some(new)) if old.0 == new.0 && old.1 < new.1 => Kind::FormatWidened,
        (Some(old), Some(new)) if old.0 == new.0 => Kind::FormatNarrowed,
        _ => Kind::FormatChanged,
    }
}

/// Formats of numbers of which one has all numbers of another: the family, and the place in it.
fn range(formats: &BTreeSet<String>) -> Option<(u8, u8)> {
    let mut formats = formats.iter();
    match (formats.next().map(String::as_str), formats.next()) {
        (Some("int8"), None) => Some((0, 8)),
        (Some("int16"), None) => Some((0, 16)),
        (Some("int32"), None) => Some((0, 32)),
        (Some("int64"), None) => Some((0, 64)),
        (Some("float"), None) => Some((1, 32)),
        (Some("double"), None) => Some((1, 64)),
        _ => None,
    }
}
