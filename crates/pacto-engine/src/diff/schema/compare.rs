//! Facts about two schemas in normal form.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::Location;

use super::normal::{
    Conjunction, Dialect, Limit, MAX_SCHEMA_DEPTH, Normal, Types, alternative_name, is_annotation, normalize,
};
use crate::diff::change::Direction;
use crate::diff::documents::{Located, canonical};
use crate::diff::fact::{Area, Bound, Fact, Kind};

/// What is compared, and how.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct SchemaComparison<'c> {
    pub area: Area,
    pub direction: Direction,
    pub old_dialect: Dialect,
    pub new_dialect: Dialect,
    /// What the root is called: `query parameter 'limit'`, `request body`.
    pub root: &'c str,
}

/// A fact with the property path it is about; the root is empty.
#[derive(Debug, Clone)]
pub(in crate::diff) struct SchemaFact {
    pub path: Vec<String>,
    pub fact: Fact,
}

/// Compares two schemas.
pub(in crate::diff) fn compare<'a>(
    old: Located<'a>,
    new: Located<'a>,
    comparison: SchemaComparison<'_>,
) -> Vec<SchemaFact> {
    let mut walk = Walk { comparison, facts: Vec::new(), seen: BTreeSet::new(), path: Vec::new() };
    walk.pair(&vec![old], &vec![new]);
    walk.facts
}

/// Keys of an `OpenAPI` 2 parameter that are no keywords of its schema.
const PARAMETER_KEYS: &[&str] = &["name", "in", "collectionFormat", "allowEmptyValue"];

struct Walk<'c> {
    comparison: SchemaComparison<'c>,
    facts: Vec<SchemaFact>,
    /// Pairs that are compared already, or are being compared: what holds for them holds everywhere.
    seen: BTreeSet<(Vec<usize>, Vec<usize>)>,
    path: Vec<String>,
}

/// The two places of a fact.
#[derive(Clone, Default)]
struct Places {
    old: Option<Location>,
    new: Option<Location>,
}

impl Walk<'_> {
    fn subject(&self) -> String {
        if self.path.is_empty() {
            return self.comparison.root.to_owned();
        }
        let name = property_path(&self.path);
        match self.comparison.area {
            Area::Configuration | Area::OfferedConfiguration => format!("configuration property '{name}'"),
            _ => format!("{} property '{name}'", self.comparison.root),
        }
    }

    fn emit(&mut self, kind: Kind, old: Option<String>, new: Option<String>, places: &Places) {
        let fact = Fact {
            kind,
            area: self.comparison.area,
            direction: Some(self.comparison.direction),
            subject: self.subject(),
            old,
            new,
            old_at: places.old.clone(),
            new_at: places.new.clone(),
            nested: !self.path.is_empty(),
        };
        self.facts.push(SchemaFact { path: self.path.clone(), fact });
    }

    fn pair<'a>(&mut self, old: &Conjunction<'a>, new: &Conjunction<'a>) {
        let addresses = |schemas: &Conjunction<'a>| schemas.iter().map(Located::address).collect::<Vec<_>>();
        if self.path.len() > MAX_SCHEMA_DEPTH || !self.seen.insert((addresses(old), addresses(new))) {
            return;
        }
        let old = normalize(old, self.comparison.old_dialect);
        let new = normalize(new, self.comparison.new_dialect);
        // What only flows the other way does not matter here.
        let passes = |normal: &Normal<'_>| match (self.comparison.area, self.comparison.direction) {
            (Area::RequestBody | Area::Parameter, Direction::Received) => !normal.is_read_only,
            (Area::ResponseBody, Direction::Produced) => !normal.is_write_only,
            _ => true,
        };
        if !passes(&old) && !passes(&new) {
            return;
        }
        let places = Places { old: old.location.clone(), new: new.location.clone() };
        // What is missing on both sides is the same on both sides; otherwise nothing can be said.
        let lost: Vec<_> = old.unresolved.symmetric_difference(&new.unresolved).collect();
        for target in &lost {
            self.emit(Kind::Unresolved, None, Some((**target).to_owned()), &places);
        }
        if !lost.is_empty() {
            return;
        }
        self.types(&old, &new, &places);
        self.values(&old, &new, &places);
        self.bounds(&old, &new, &places);
        self.strings(&old, &new, &places);
        self.multiples(&old, &new, &places);
        self.properties(&old, &new, &places);
        self.others(&old, &new, &places);
        if !old.items.is_empty() || !new.items.is_empty() {
            self.path.push("[]".to_owned());
            self.pair(&old.items, &new.items);
            self.path.pop();
        }
        self.alternatives(&old, &new, &places);
    }

    fn types(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        let (old_types, new_types) = (old.types.without_null(), new.types.without_null());
        let shown = |types: Types| Some(types.shown());
        if old_types != new_types {
            let any = |types: Types| if types == Types::ALL.without_null() { Types::ALL } else { types };
            let kind = match (new_types.contains(old_types), old_types.contains(new_types)) {
                (true, _) => Kind::TypeWidened,
                (_, true) => Kind::TypeNarrowed,
                _ => Kind::TypeChanged,
            };
            self.emit(kind, shown(any(old_types)), shown(any(new_types)), places);
        }
        // A type that appears or goes altogether takes null with it.
        let untyped = |types: Types| types == Types::ALL;
        if old.types.has_null() != new.types.has_null() && !untyped(old.types) && !untyped(new.types) {
            let kind = if new.types.has_null() { Kind::BecameNullable } else { Kind::BecameNotNullable };
            self.emit(kind, None, None, places);
        }
    }

    fn values(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        let list = |values: &[String]| Some(values.join(", "));
        match (&old.values, &new.values) {
            (None, None) => {}
            (None, Some(values)) => self.emit(Kind::BecameEnum, None, list(values), places),
            (Some(values), None) => self.emit(Kind::EnumDropped, list(values), None, places),
            (Some(old_values), Some(new_values)) => {
                for gone in old_values.iter().filter(|value| !new_values.contains(value)) {
                    self.emit(Kind::EnumValueRemoved, Some(gone.clone()), None, places);
                }
                for fresh in new_values.iter().filter(|value| !old_values.contains(value)) {
                    self.emit(Kind::EnumValueAdded, None, Some(fresh.clone()), places);
                }
            }
        }
    }

    fn bounds(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        for bound in Bound::ALL {
            let (old_limit, new_limit) = (old.bounds.get(&bound), new.bounds.get(&bound));
            if old_limit == new_limit {
                continue;
            }
            let tightened = match (old_limit, new_limit) {
                (None, _) => true,
                (_, None) => false,
                (Some(old), Some(new)) if (old.value - new.value).abs() < f64::EPSILON => new.is_exclusive,
                (Some(old), Some(new)) => (new.value > old.value) == bound.is_lower(),
            };
            let shown = |limit: Option<&Limit>| {
                limit.map(|limit| {
                    format!("{}{}", limit.value, if limit.is_exclusive { " (excluded)" } else { "" })
                })
            };
            let kind = if tightened { Kind::BoundTightened(bound) } else { Kind::BoundLoosened(bound) };
            self.emit(kind, shown(old_limit), shown(new_limit), places);
        }
    }

    fn strings(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        let list = |texts: &BTreeSet<String>| {
            (!texts.is_empty()).then(|| texts.iter().cloned().collect::<Vec<_>>().join(" and "))
        };
        if old.patterns != new.patterns {
            let kind = if new.patterns.is_superset(&old.patterns) {
                Kind::PatternAdded
            } else if old.patterns.is_superset(&new.patterns) {
                Kind::PatternRemoved
            } else {
                Kind::PatternChanged
            };
            self.emit(kind, list(&old.patterns), list(&new.patterns), places);
        }
        if old.formats != new.formats {
            self.emit(Kind::FormatChanged, list(&old.formats), list(&new.formats), places);
        }
        if old.is_unique != new.is_unique {
            let kind = if new.is_unique { Kind::UniqueItemsAdded } else { Kind::UniqueItemsRemoved };
            self.emit(kind, None, None, places);
        }
    }

    fn multiples(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        if old.multiple_of == new.multiple_of {
            return;
        }
        let divides = |divisor: f64, number: f64| {
            let quotient = number / divisor;
            // 0.3 / 0.1 is not quite 3.
            quotient.is_finite() && (quotient - quotient.round()).abs() < 1e-9
        };
        let loosened = match (old.multiple_of, new.multiple_of) {
            (Some(old), Some(new)) => divides(new, old),
            (_, new) => new.is_none(),
        };
        let kind = if loosened { Kind::MultipleOfLoosened } else { Kind::MultipleOfTightened };
        let shown = |divisor: Option<f64>| divisor.map(|divisor| divisor.to_string());
        self.emit(kind, shown(old.multiple_of), shown(new.multiple_of), places);
    }

    fn properties(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        // Of two ways to one pair the first counts: the order of names decides, facts stand in document order.
        let mut names: Vec<_> = old.properties.keys().copied().collect();
        names.sort_unstable();
        let mut found: BTreeMap<&str, Vec<SchemaFact>> = BTreeMap::new();
        for name in names {
            let Some(old_property) = old.properties.get(name) else { continue };
            let start = self.facts.len();
            self.path.push(name.to_owned());
            match new.properties.get(name) {
                Some(new_property) => {
                    self.pair(old_property, new_property);
                    self.requiredness(name, old, new, new_property);
                }
                None => self.removed_property(name, old, new, old_property),
            }
            self.path.pop();
            found.insert(name, self.facts.split_off(start));
        }
        self.facts.extend(old.properties.keys().flat_map(|name| found.remove(name).unwrap_or_default()));
        for (name, new_property) in
            new.properties.iter().filter(|(name, _)| !old.properties.contains_key(*name))
        {
            self.path.push((*name).to_owned());
            self.added_property(name, old, new, new_property);
            self.path.pop();
        }
        // Names that are required without being described.
        let described = |name: &str| old.properties.contains_key(name) || new.properties.contains_key(name);
        let names: BTreeSet<&str> = old.required.keys().chain(new.required.keys()).copied().collect();
        for name in names.into_iter().filter(|name| !described(name)) {
            self.path.push(name.to_owned());
            self.requiredness(name, old, new, &Vec::new());
            self.path.pop();
        }
        if old.is_closed != new.is_closed {
            let kind = if new.is_closed { Kind::ObjectClosed } else { Kind::ObjectOpened };
            self.emit(kind, None, None, places);
        }
        match (old.additional.is_empty(), new.additional.is_empty()) {
            (true, true) => {}
            (false, false) => {
                self.path.push("*".to_owned());
                self.pair(&old.additional, &new.additional);
                self.path.pop();
            }
            _ if old.is_closed || new.is_closed => {}
            _ => self.emit(Kind::KeywordChanged, None, Some("additionalProperties".to_owned()), places),
        }
    }

    fn requiredness(&mut self, name: &str, old: &Normal<'_>, new: &Normal<'_>, property: &Conjunction<'_>) {
        let normal = normalize(property, self.comparison.new_dialect);
        let ignored = match self.comparison.direction {
            Direction::Received => normal.is_read_only && self.comparison.area == Area::RequestBody,
            Direction::Produced => normal.is_write_only,
        };
        let places = Places {
            old: old.required.get(name).cloned().or_else(|| old.location.clone()),
            new: new.required.get(name).cloned().or_else(|| new.location.clone()),
        };
        let kind = match (old.required.contains_key(name), new.required.contains_key(name)) {
            _ if ignored => return,
            (false, true) if normal.default.is_some() => Kind::PropertyBecameRequiredWithDefault,
            (false, true) => Kind::PropertyBecameRequired,
            (true, false) => Kind::PropertyBecameOptional,
            _ => return,
        };
        self.emit(kind, None, None, &places);
    }

    fn removed_property(
        &mut self,
        name: &str,
        old: &Normal<'_>,
        new: &Normal<'_>,
        property: &Conjunction<'_>,
    ) {
        let normal = normalize(property, self.comparison.old_dialect);
        if self.flows_the_other_way(&normal) {
            return;
        }
        let places = Places { old: normal.location, new: new.location.clone() };
        let kind = match self.comparison.direction {
            Direction::Received if new.is_closed => Kind::PropertyRemovedFromClosed,
            _ if old.required.contains_key(name) => Kind::RequiredPropertyRemoved,
            _ => Kind::OptionalPropertyRemoved,
        };
        self.emit(kind, None, None, &places);
    }

    fn added_property(&mut self, name: &str, old: &Normal<'_>, new: &Normal<'_>, property: &Conjunction<'_>) {
        let normal = normalize(property, self.comparison.new_dialect);
        if self.flows_the_other_way(&normal) {
            return;
        }
        let places = Places { old: old.location.clone(), new: normal.location.clone() };
        let required = new.required.contains_key(name);
        // A name that was required before without being described is not newly required.
        let newly_required = required && !old.required.contains_key(name);
        let kind = match self.comparison.direction {
            Direction::Produced if old.is_closed => Kind::PropertyAddedToClosed,
            _ if newly_required && normal.default.is_some() => Kind::PropertyAddedRequiredWithDefault,
            _ if newly_required => Kind::PropertyAddedRequired,
            _ => Kind::PropertyAddedOptional,
        };
        self.emit(kind, None, None, &places);
    }

    fn flows_the_other_way(&self, normal: &Normal<'_>) -> bool {
        match (self.comparison.area, self.comparison.direction) {
            (Area::RequestBody, Direction::Received) => normal.is_read_only,
            (Area::ResponseBody, Direction::Produced) => normal.is_write_only,
            _ => false,
        }
    }

    fn others(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        let keys: BTreeSet<&str> = old.others.keys().chain(new.others.keys()).copied().collect();
        // In `OpenAPI` 2 a parameter is its own schema; what it is besides is compared as a parameter.
        let is_parameter = self.comparison.area == Area::Parameter && self.path.is_empty();
        for key in keys.into_iter().filter(|key| !(is_parameter && PARAMETER_KEYS.contains(key))) {
            let (before, after) = (old.others.get(key), new.others.get(key));
            // `None` inside stands for something too large to compare, which is equal to nothing.
            let same = before == after && !before.into_iter().flatten().any(Option::is_none);
            if !same {
                self.emit(Kind::KeywordChanged, None, Some(key.to_owned()), places);
            }
        }
        if old.default != new.default {
            self.emit(Kind::DefaultChanged, old.default.clone(), new.default.clone(), places);
        }
        let access = |normal: &Normal<'_>| match (normal.is_read_only, normal.is_write_only) {
            (true, _) => "read-only",
            (_, true) => "write-only",
            _ => "read and write",
        };
        if access(old) != access(new) {
            self.emit(
                Kind::AccessChanged,
                Some(access(old).to_owned()),
                Some(access(new).to_owned()),
                places,
            );
        }
        if old.is_deprecated != new.is_deprecated {
            let kind = if new.is_deprecated { Kind::Deprecated } else { Kind::Undeprecated };
            self.emit(kind, None, None, places);
        }
        if old.annotations != new.annotations {
            self.emit(Kind::Annotation, None, None, places);
        }
    }

    /// Branches that are equal cancel out; branches of one name are compared; the rest is added or removed.
    fn alternatives(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        if old.alternatives.len() > 1
            || new.alternatives.len() > 1
            || old.alternatives.len() != new.alternatives.len()
        {
            let all = |normal: &Normal<'_>| -> Vec<Option<String>> {
                let branches = normal.alternatives.iter().flat_map(|(_, branches)| branches);
                branches.map(|branch| canonical(*branch, &is_annotation)).collect()
            };
            if all(old) != all(new) {
                self.emit(Kind::AlternativesChanged, None, None, places);
            }
            return;
        }
        let (Some((old_keyword, old_branches)), Some((new_keyword, new_branches))) =
            (old.alternatives.first(), new.alternatives.first())
        else {
            return;
        };
        let forms = |branches: &[Located<'_>]| -> Vec<Option<String>> {
            branches.iter().map(|branch| canonical(*branch, &is_annotation)).collect()
        };
        let (old_forms, new_forms) = (forms(old_branches), forms(new_branches));
        let equal =
            |form: &Option<String>, others: &[Option<String>]| form.is_some() && others.contains(form);
        let rest =
            |branches: &[Located<'_>], own: &[Option<String>], others: &[Option<String>]| -> Vec<usize> {
                (0..branches.len())
                    .filter(|index| !own.get(*index).is_some_and(|form| equal(form, others)))
                    .collect()
            };
        let mut gone = rest(old_branches, &old_forms, &new_forms);
        let mut fresh = rest(new_branches, &new_forms, &old_forms);
        if old_keyword != new_keyword {
            self.emit(Kind::AlternativesChanged, None, None, places);
            return;
        }
        // The same name on both sides is the same alternative, changed.
        gone.retain(|old_index| {
            let Some(old_branch) = old_branches.get(*old_index).copied() else { return false };
            let named = |index: &usize| {
                let branch = new_branches.get(*index).copied();
                branch.is_some_and(|branch| alternative_name(branch) == alternative_name(old_branch))
            };
            let Some(position) = fresh.iter().position(named) else { return true };
            let new_index = fresh.remove(position);
            if let Some(new_branch) = new_branches.get(new_index).copied() {
                self.path.push(format!("({})", alternative_name(new_branch).trim_matches('\'')));
                self.pair(&vec![old_branch], &vec![new_branch]);
                self.path.pop();
            }
            false
        });
        let name = |branches: &[Located<'_>], index: usize| {
            branches.get(index).map(|branch| alternative_name(*branch))
        };
        match (gone.as_slice(), fresh.as_slice()) {
            (gone, []) => {
                for index in gone {
                    self.emit(Kind::AlternativeRemoved, name(old_branches, *index), None, places);
                }
            }
            ([], fresh) => {
                for index in fresh {
                    self.emit(Kind::AlternativeAdded, None, name(new_branches, *index), places);
                }
            }
            // Others may cover what went; without set reasoning that is not decided.
            _ => self.emit(Kind::AlternativesChanged, None, None, places),
        }
    }
}

/// `a.b[].c` from the steps of a path.
pub(in crate::diff) fn property_path(path: &[String]) -> String {
    let mut text = String::new();
    for step in path {
        if step == "[]" {
            text.push_str("[]");
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(step);
        }
    }
    text
}
