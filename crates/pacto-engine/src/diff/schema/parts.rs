//! Schemas inside of keywords: what one of them excludes more, the whole excludes more, so they are compared like the whole.

use std::collections::BTreeMap;

use super::compare::{Places, Walk};
use super::normal::{Conjunction, Normal, alternative_name, is_annotation};
use crate::diff::documents::{Located, canonical};
use crate::diff::fact::{Bound, Keyword, Kind};

impl Walk<'_> {
    /// Compares what stands inside of a keyword that differs. `false` where the keyword has to be taken as a whole: it is not
    /// on both sides once, what is inside says something else in its place, or it excludes more by excluding less (`not`).
    pub(super) fn inside(
        &mut self,
        key: &str,
        old: &Normal<'_>,
        new: &Normal<'_>,
        places: &Places<'_>,
    ) -> bool {
        let (Some(before), Some(after)) = (old.only_inside(key), new.only_inside(key)) else { return false };
        match key {
            "then" | "else" if !is_same_condition(old, new) => false,
            // An upper limit turns it around.
            "contains" if [old, new].iter().any(|normal| normal.has_limit_of_contains()) => false,
            "contentSchema" => {
                let start = self.facts.len();
                self.step(format!("({key})"), before, after);
                // No validator has to look into the text, so no document shows anything.
                for found in self.facts.get_mut(start..).unwrap_or_default() {
                    found.is_idle = true;
                }
                true
            }
            "contains" | "else" | "propertyNames" | "then" | "unevaluatedItems" | "unevaluatedProperties" => {
                self.step(format!("({key})"), before, after);
                true
            }
            "prefixItems" => {
                let (before, after): (Vec<_>, Vec<_>) = (before.items().collect(), after.items().collect());
                for (index, (old, new)) in before.iter().zip(&after).enumerate() {
                    self.step(format!("[{index}]"), *old, *new);
                }
                if before.len() > after.len() {
                    self.keyword(key, true, false, places);
                } else if before.len() < after.len() {
                    self.keyword(key, false, true, places);
                }
                true
            }
            "patternProperties" | "dependentSchemas" => {
                let keyword = Keyword::named(key);
                for (name, schema) in before.entries() {
                    match (after.get(name), keyword) {
                        (Some(counterpart), _) => self.step(format!("({name})"), schema, counterpart),
                        (None, Some(keyword)) => {
                            let text = Some(format!("{key} '{name}'"));
                            self.emit(Kind::KeywordRemoved(keyword), text, None, places);
                        }
                        (None, None) => {}
                    }
                }
                for (name, _) in after.entries().filter(|(name, _)| before.get(name).is_none()) {
                    if let Some(keyword) = keyword {
                        let text = Some(format!("{key} '{name}'"));
                        self.emit(Kind::KeywordAdded(keyword), None, text, places);
                    }
                }
                true
            }
            _ => false,
        }
    }

    fn step(&mut self, step: String, old: Located<'_>, new: Located<'_>) {
        self.path.push(step);
        self.pair(&vec![old], &vec![new]);
        self.path.pop();
    }

    /// Parts of `allOf` that came or went, by name. What they say is compared where they say it: a schema that was split into
    /// parts is the same schema, so parts are only said where there were parts before, or where something `differs`.
    pub(super) fn parts_of_all(
        &mut self,
        old: &Conjunction<'_>,
        new: &Conjunction<'_>,
        differs: bool,
        places: &Places<'_>,
    ) {
        let (mut gone, mut fresh) = (parts(old), parts(new));
        let has_both = !gone.is_empty() && !fresh.is_empty();
        if gone.len() == fresh.len() || self.is_probing() || !self.spend(gone.len() + fresh.len()) {
            return;
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for form in fresh.iter().filter_map(|part| form(*part)) {
            *counts.entry(form).or_default() += 1;
        }
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        gone.retain(|part| {
            let form = form(*part);
            let left = form.as_ref().and_then(|form| counts.get_mut(form)).filter(|left| **left > 0);
            let is_kept = left.map(|left| *left -= 1).is_some();
            if let Some(form) = form.filter(|_| is_kept) {
                *kept.entry(form).or_default() += 1;
            }
            !is_kept
        });
        fresh.retain(|part| {
            let kept = form(*part).and_then(|form| kept.get_mut(&form)).filter(|kept| **kept > 0);
            kept.map(|kept| *kept -= 1).is_none()
        });
        // What is left on both sides is changed, and compared with the rest.
        let changed = gone.len().min(fresh.len());
        gone.drain(..changed);
        fresh.drain(..changed);
        let gone = gone.into_iter().map(|part| (part, false));
        for (part, is_added) in gone.chain(fresh.into_iter().map(|part| (part, true))) {
            let has_words_only = part.entries().all(|(key, _)| is_annotation(key));
            if !has_both && !has_words_only && !differs {
                continue;
            }
            let kind = match (is_added, has_words_only) {
                (true, false) => Kind::PartAdded,
                (true, true) => Kind::WordsAdded,
                (false, false) => Kind::PartRemoved,
                (false, true) => Kind::WordsRemoved,
            };
            let name = Some(alternative_name(part));
            let (before, after) = if is_added { (None, name) } else { (name, None) };
            self.emit(kind, before, after, places);
        }
    }
}

/// Whether `if` is the same on both sides, and not too large to tell.
fn is_same_condition(old: &Normal<'_>, new: &Normal<'_>) -> bool {
    let condition = old.others.get("if");
    condition == new.others.get("if") && condition.into_iter().flatten().all(Option::is_some)
}

/// The parts of `allOf` of one schema.
fn parts<'a>(schemas: &Conjunction<'a>) -> Vec<Located<'a>> {
    let [only] = schemas.as_slice() else { return Vec::new() };
    let target = only.resolved().unwrap_or(*only);
    target.get("allOf").into_iter().flat_map(|parts| parts.items()).collect()
}

fn form(part: Located<'_>) -> Option<String> {
    part.text("$ref").map(str::to_owned).or_else(|| canonical(part, &|_| false))
}

impl Walk<'_> {
    /// Keywords that mean something together with their neighbours may say the same and mean something else, since the
    /// neighbours changed, or stand in another part of `allOf`. Where nothing worse was found since `start`, that is a caution.
    pub(super) fn belonging(
        &mut self,
        (old, old_parts): (&Normal<'_>, &Conjunction<'_>),
        (new, new_parts): (&Normal<'_>, &Conjunction<'_>),
        start: usize,
        places: &Places<'_>,
    ) {
        let found = self.facts.get(start..).unwrap_or_default();
        if found.iter().any(|found| found.fact.rule().is_worse()) {
            return;
        }
        if (old.sources > 1 || new.sources > 1) && old.belongings(new) != new.belongings(old) {
            let text = "what belongs together in the parts of allOf".to_owned();
            self.emit(Kind::KeywordChanged, None, Some(text), places);
        }
        let is_kept = |key: &str| old.others.contains_key(key) && old.others.get(key) == new.others.get(key);
        let form = |parts: &Conjunction<'_>| -> Vec<_> {
            parts.iter().map(|part| canonical(part.resolved().unwrap_or(*part), &is_annotation)).collect()
        };
        for key in ["unevaluatedItems", "unevaluatedProperties"] {
            if is_kept(key) && form(old_parts) != form(new_parts) {
                self.keyword(key, true, true, places);
            }
        }
    }
}

impl<'a> Normal<'a> {
    /// Whether every text is accepted, where texts are.
    pub(super) fn takes_any_text(&self) -> bool {
        let limits_length =
            self.bounds.keys().any(|bound| matches!(bound, Bound::MinLength | Bound::MaxLength));
        let is_limited = limits_length
            || !self.patterns.is_empty()
            || !self.formats.is_empty()
            || self.values.is_some()
            || !self.alternatives.is_empty();
        !self.types.has_text() || !is_limited
    }

    /// What stands in a keyword that is there once.
    fn only_inside(&self, key: &str) -> Option<Located<'a>> {
        match self.inside.get(key).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        }
    }

    fn has_limit_of_contains(&self) -> bool {
        let limits = ["maxContains", "minContains"];
        self.bounds.keys().any(|bound| limits.contains(&bound.keyword()))
    }
}
