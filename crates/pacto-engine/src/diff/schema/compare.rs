//! Facts about two schemas in normal form.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::keywords::format_kind;
use super::normal::{Conjunction, Dialect, MAX_SCHEMA_DEPTH, Normal, normalize, normalize_with_lists};
use super::proof::prove;
use super::types::{Limit, Types};
use crate::diff::change::Direction;
use crate::diff::documents::{Located, Pairs};
use crate::diff::fact::{Area, Bound, Fact, Kind, Presence};
use crate::diff::rules::is_said_unseen;
use crate::diff::version::Day;

/// What is compared, and how.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct SchemaComparison<'c> {
    pub area: Area,
    pub direction: Direction,
    pub old_dialect: Dialect,
    pub new_dialect: Dialect,
    /// What the root is called: `query parameter 'limit'`, `request body`.
    pub root: &'c str,
    /// Values are texts on the wire: a number, and a text that looks like one, are the same.
    pub is_text: bool,
    /// The day, by which what was announced is due.
    pub today: Option<Day>,
}

impl<'c> SchemaComparison<'c> {
    /// Of values as JSON has them, by schemas that say themselves in which dialect they are written.
    pub fn new(area: Area, direction: Direction, root: &'c str) -> Self {
        let dialect = Dialect::JsonSchema;
        Self {
            area,
            direction,
            old_dialect: dialect,
            new_dialect: dialect,
            root,
            is_text: false,
            today: None,
        }
    }

    /// What is equal in one of these need not be in another.
    fn place(&self) -> (Area, bool) {
        (self.area, self.is_text)
    }
}

/// A fact with the property path it is about; the root is empty.
#[derive(Debug, Clone)]
pub(in crate::diff) struct SchemaFact {
    pub path: Vec<String>,
    pub fact: Fact,
    /// The keyword says nothing about values of these types, so somebody made a mistake that is worth a look.
    pub is_idle: bool,
}

/// Compares two schemas.
pub(in crate::diff) fn compare<'a>(
    old: Located<'a>,
    new: Located<'a>,
    comparison: SchemaComparison<'_>,
) -> Vec<SchemaFact> {
    let mut walk = Walk {
        comparison,
        facts: Vec::new(),
        seen: Pairs::new(),
        path: Vec::new(),
        probes: 0,
        has_failed: false,
        different: BTreeSet::new(),
        assumptions: 0,
        roots: (old, new),
        presence: None,
    };
    walk.pair(&vec![old], &vec![new]);
    if walk.facts.is_empty() {
        old.remember_equal(comparison.place(), walk.seen);
    }
    prove(old, new, comparison, &mut walk.facts);
    walk.facts
}

/// Whether a fact is about words for people.
pub(in crate::diff) fn is_word(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Annotation
            | Kind::Deprecated
            | Kind::Undeprecated
            | Kind::PartAdded
            | Kind::PartRemoved
            | Kind::WordsAdded
            | Kind::WordsRemoved
    ) || (Kind::DeprecatedWithSunset..=Kind::StabilityUnknown).contains(&kind)
}

/// Whether all patterns there are, and there is one, match every text.
fn all_match_everything(patterns: &BTreeSet<String>) -> bool {
    const EVERYTHING: &[&str] = &["", ".*", "^.*", ".*$", "^.*$"];
    !patterns.is_empty() && patterns.iter().all(|pattern| EVERYTHING.contains(&pattern.as_str()))
}

/// Keys of an `OpenAPI` 2 parameter that are no keywords of its schema.
const PARAMETER_KEYS: &[&str] = &["name", "in", "collectionFormat", "allowEmptyValue"];

/// Facts cost too: one schema in a thousand places makes a thousand times as many.
const WORK_PER_FACT: usize = 16;

pub(super) struct Walk<'c> {
    pub comparison: SchemaComparison<'c>,
    pub facts: Vec<SchemaFact>,
    /// Pairs that are compared already, or are being compared: what holds for them holds everywhere.
    pub seen: Pairs,
    pub path: Vec<String>,
    /// How many comparisons are running that only ask whether something differs; see [`Walk::is_probing`].
    pub probes: usize,
    /// The innermost of them has its answer.
    pub has_failed: bool,
    /// Pairs of branches that are known to differ.
    pub different: BTreeSet<(usize, usize)>,
    /// How often a pair came up that is in [`Walk::seen`]: what is said of it may stand elsewhere.
    assumptions: usize,
    roots: (Located<'c>, Located<'c>),
    /// Whether the property that is compared next has to be there.
    pub presence: Option<Presence>,
}

/// The two places of a fact; line and column are only counted when there is a fact.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub old: Option<Located<'a>>,
    pub new: Option<Located<'a>>,
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

    pub(super) fn emit(&mut self, kind: Kind, old: Option<String>, new: Option<String>, places: &Places<'_>) {
        self.has_failed |= self.is_probing() && !is_word(kind);
        self.spend(WORK_PER_FACT);
        // The keyword itself, or else the schema that it would stand in.
        let null = matches!(kind, Kind::BecameNullable | Kind::BecameNotNullable).then_some("nullable");
        let written = (kind == Kind::KeywordChanged).then(|| new.clone()).flatten();
        let keyword = kind.keyword().or(written.as_deref());
        let at = |node: Located<'_>| {
            let of_key = |key: Option<&str>| node.location_of(key?);
            of_key(null).or_else(|| of_key(keyword)).unwrap_or_else(|| node.location())
        };
        let fact = Fact {
            kind,
            area: self.comparison.area,
            direction: Some(self.comparison.direction),
            subject: self.subject(),
            old,
            new,
            old_at: places.old.map(at),
            new_at: places.new.map(at),
            nested: !self.path.is_empty(),
            is_unseen: false,
            verdict: None,
        };
        self.facts.push(SchemaFact { path: self.path.clone(), fact, is_idle: false });
    }

    /// Whether the first difference is enough.
    pub(super) fn is_probing(&self) -> bool {
        self.probes > 0
    }

    /// Takes from the work that may be done for these files.
    pub(super) fn spend(&self, work: usize) -> bool {
        self.roots.0.spend(work) || self.roots.1.spend(work)
    }

    /// Says that a part is not looked at; never more than that, and never nothing.
    fn give_up(&mut self, old: &Conjunction<'_>, new: &Conjunction<'_>) {
        let places = Places { old: old.first().copied(), new: new.first().copied() };
        self.emit(
            Kind::KeywordChanged,
            None,
            Some("a schema too large to compare in full".to_owned()),
            &places,
        );
    }

    pub(super) fn pair<'a>(&mut self, old: &Conjunction<'a>, new: &Conjunction<'a>) {
        if self.is_plainly_equal(old, new) {
            return;
        }
        let addresses = |schemas: &Conjunction<'a>| schemas.iter().map(Located::address).collect::<Vec<_>>();
        let pair = (addresses(old), addresses(new));
        if self.has_failed || self.roots.0.is_equal(self.comparison.place(), &pair) {
            return;
        }
        if !self.seen.insert(pair.clone()) {
            self.assumptions += 1;
            return;
        }
        let (facts, assumptions) = (self.facts.len(), self.assumptions);
        self.unseen(old, new);
        // Nothing differs, and nothing was taken for granted: so it is wherever the pair comes up again.
        if self.facts.len() == facts && self.assumptions == assumptions && !self.has_failed {
            self.roots.0.remember_equal(self.comparison.place(), [pair]);
        }
    }

    /// Compares a pair that did not come up before.
    fn unseen<'a>(&mut self, old: &Conjunction<'a>, new: &Conjunction<'a>) {
        let presence = self.presence.take();
        if self.path.len() > MAX_SCHEMA_DEPTH || !self.spend(old.len() + new.len()) {
            return self.give_up(old, new);
        }
        let (old_parts, new_parts) = (old, new);
        let old = normalize(old, self.comparison.old_dialect);
        let new = normalize(new, self.comparison.new_dialect);
        if !self.spend(old.merged + new.merged) {
            return self.give_up(old_parts, new_parts);
        }
        let (old, new) = self.with_equal_lists((old, old_parts), (new, new_parts));
        let places = Places { old: old.location, new: new.location };
        if let Some(presence) = presence {
            self.access(&old, &new, presence, &places);
        }
        // Only of a property it means something which way it flows.
        let flows = |normal: &Normal<'_>| presence.is_some() && self.flows_the_other_way(normal);
        match (flows(&old), flows(&new)) {
            (true, true) => return self.unseen_value(&old, &new, &places),
            (false, false) => {}
            // It came or went, whatever it looked like on the other side.
            _ => return,
        }
        let start = self.facts.len();
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
        self.discriminator(&old, &new, &places);
        self.others(&old, &new, &places);
        if !old.items.is_empty() || !new.items.is_empty() {
            self.path.push("[]".to_owned());
            self.pair(&old.items, &new.items);
            self.path.pop();
        }
        self.alternatives(&old, &new, &places);
        let differs =
            self.facts.get(start..).unwrap_or_default().iter().any(|found| !is_word(found.fact.kind));
        self.parts_of_all(old_parts, new_parts, differs, &places);
        self.belonging((&old, old_parts), (&new, new_parts), start, &places);
    }

    /// A value that only flows the other way: what would matter here is said, as something that does not.
    fn unseen_value(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        let start = self.facts.len();
        self.values(old, new, places);
        self.bounds(old, new, places);
        let direction = self.comparison.direction;
        let found = self.facts.split_off(start);
        self.facts.extend(found.into_iter().filter(|found| is_said_unseen(found.fact.kind, direction)).map(
            |mut found| {
                (found.fact.is_unseen, found.is_idle) = (true, true);
                found
            },
        ));
    }

    /// A fact about a property that only flows the other way.
    pub(super) fn emit_unseen(&mut self, kind: Kind, places: &Places<'_>) {
        if is_said_unseen(kind, self.comparison.direction) {
            self.emit(kind, None, None, places);
            if let Some(found) = self.facts.last_mut() {
                (found.fact.is_unseen, found.is_idle) = (true, true);
            }
        }
    }

    /// One alternative is none, unless there are several on the other side: then the others came or went.
    fn with_equal_lists<'a>(
        &self,
        (old, old_parts): (Normal<'a>, &Conjunction<'a>),
        (new, new_parts): (Normal<'a>, &Conjunction<'a>),
    ) -> (Normal<'a>, Normal<'a>) {
        if old.alternatives.len() == new.alternatives.len() {
            return (old, new);
        }
        let old_lists = normalize_with_lists(old_parts, self.comparison.old_dialect);
        let new_lists = normalize_with_lists(new_parts, self.comparison.new_dialect);
        if old_lists.alternatives.len() == new_lists.alternatives.len() {
            (old_lists, new_lists)
        } else {
            (old, new)
        }
    }

    fn types(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        // Where everything is a text, whoever takes any text takes numbers too.
        let is_text = self.comparison.is_text && old.takes_any_text() && new.takes_any_text();
        let written = |types: Types| if is_text { types.as_texts() } else { types };
        let (old_types, new_types) = (old.types.without_null(), new.types.without_null());
        let shown = |types: Types| Some(types.shown());
        // A list of values says of which types they are; a type beside it says nothing more.
        let same_values =
            old.values.is_some() && new.values.is_some() || old.values.is_none() && new.values.is_none();
        let is_said = same_values && old.effective_types() == new.effective_types();
        if written(old_types) != written(new_types) && !is_said {
            let any = |types: Types| if types == Types::ALL.without_null() { Types::ALL } else { types };
            let is_list = |types: Types| any(types) != Types::ALL && types.is_several();
            let is_list = is_list(old_types) || is_list(new_types);
            let wider = |one: Types, other: Types| written(one).contains(written(other));
            let kind = match (wider(new_types, old_types), wider(old_types, new_types)) {
                (true, _) if is_list => Kind::TypesWidened,
                (_, true) if is_list => Kind::TypesNarrowed,
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

    fn values(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        let list = |values: &[String]| Some(values.join(", "));
        match (&old.values, &new.values) {
            (None, None) => {}
            (None, Some(values)) => {
                let kind = if new.is_const { Kind::ConstAdded } else { Kind::BecameEnum };
                self.emit(kind, None, list(values), places);
            }
            (Some(values), None) => {
                let kind = if old.is_const { Kind::ConstRemoved } else { Kind::EnumDropped };
                self.emit(kind, list(values), None, places);
            }
            (Some(old_values), Some(new_values)) if old.is_const && new.is_const => {
                if old_values != new_values {
                    self.emit(Kind::ConstChanged, list(old_values), list(new_values), places);
                }
            }
            (Some(old_values), Some(new_values)) => {
                let set = |values: &[String]| -> BTreeSet<String> { values.iter().cloned().collect() };
                let (old_set, new_set) = (set(old_values), set(new_values));
                for gone in old_values.iter().filter(|value| !new_set.contains(*value)) {
                    self.emit(Kind::EnumValueRemoved, Some(gone.clone()), None, places);
                }
                for fresh in new_values.iter().filter(|value| !old_set.contains(*value)) {
                    self.emit(Kind::EnumValueAdded, None, Some(fresh.clone()), places);
                }
            }
        }
    }

    fn bounds(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        // Without `contains` on both sides its limits come and go with it.
        let counted = old.others.contains_key("contains") && new.others.contains_key("contains");
        for bound in Bound::ALL {
            let is_of_contains = matches!(bound, Bound::MinContains | Bound::MaxContains);
            let (old_limit, new_limit) = (old.bounds.get(&bound), new.bounds.get(&bound));
            if old_limit == new_limit || is_of_contains && !counted {
                continue;
            }
            // What holds where nothing is said.
            let usual = (bound == Bound::MinContains).then_some(&Limit::ONE);
            let tightened = match (old_limit.or(usual), new_limit.or(usual)) {
                (None, _) => true,
                (_, None) => false,
                (Some(old), Some(new)) => match new.compare(old) {
                    Ordering::Equal => new.is_exclusive,
                    order => (order == Ordering::Greater) == bound.is_lower(),
                },
            };
            let shown = |limit: Option<&Limit>| {
                limit.map(|limit| {
                    let value =
                        limit.whole.map_or_else(|| limit.value.to_string(), |whole| whole.to_string());
                    format!("{value}{}", if limit.is_exclusive { " (excluded)" } else { "" })
                })
            };
            let is_exclusive = new_limit.or(old_limit).is_some_and(|limit| limit.is_exclusive);
            let bound = match bound {
                Bound::Minimum if is_exclusive => Bound::ExclusiveMinimum,
                Bound::Maximum if is_exclusive => Bound::ExclusiveMaximum,
                other => other,
            };
            let kind = if tightened { Kind::BoundTightened(bound) } else { Kind::BoundLoosened(bound) };
            self.emit(kind, shown(old_limit.or(usual)), shown(new_limit.or(usual)), places);
            if let Some(found) = self.facts.last_mut() {
                found.is_idle = !old.types.can_have(bound) && !new.types.can_have(bound);
            }
        }
    }

    fn strings(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        let list = |texts: &BTreeSet<String>| {
            (!texts.is_empty()).then(|| texts.iter().cloned().collect::<Vec<_>>().join(" and "))
        };
        if old.patterns != new.patterns {
            let is_received = self.comparison.direction == Direction::Received;
            let kind = if is_received && !old.patterns.is_empty() && all_match_everything(&new.patterns) {
                Kind::PatternGeneralized
            } else if new.patterns.is_superset(&old.patterns) {
                Kind::PatternAdded
            } else if old.patterns.is_superset(&new.patterns) {
                Kind::PatternRemoved
            } else {
                Kind::PatternChanged
            };
            self.emit(kind, list(&old.patterns), list(&new.patterns), places);
        }
        // The format of a number says nothing any more where any text will do.
        let any_text = self.comparison.is_text && !old.types.has_text() && new.types.has_text();
        let is_outdated = any_text && new.formats.is_empty();
        if old.formats != new.formats && !is_outdated {
            let kind = format_kind(&old.formats, &new.formats);
            self.emit(kind, list(&old.formats), list(&new.formats), places);
        }
        if old.is_unique != new.is_unique {
            let kind = if new.is_unique { Kind::UniqueItemsAdded } else { Kind::UniqueItemsRemoved };
            self.emit(kind, None, None, places);
        }
    }

    fn multiples(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
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

    fn others(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        let keys: BTreeSet<&str> = old.others.keys().chain(new.others.keys()).copied().collect();
        // In `OpenAPI` 2 a parameter is its own schema; what it is besides is compared as a parameter.
        let is_parameter = self.comparison.area == Area::Parameter && self.path.is_empty();
        for key in keys.into_iter().filter(|key| !(is_parameter && PARAMETER_KEYS.contains(key))) {
            let (before, after) = (old.others.get(key), new.others.get(key));
            // `None` inside stands for something too large to compare, which is equal to nothing.
            let same = before == after && !before.into_iter().flatten().any(Option::is_none);
            if !same && !self.inside(key, old, new, places) {
                let (had, has) = (before.is_some(), after.is_some());
                self.keyword(key, had, has, places);
            }
        }
        for gone in old.extensible.difference(&new.extensible).filter(|_| !new.extensible.is_empty()) {
            self.emit(Kind::ExtensibleEnumValueRemoved, Some(gone.clone()), None, places);
        }
        if old.default != new.default {
            let kind = match (&old.default, &new.default) {
                (None, _) => Kind::DefaultAdded,
                (_, None) => Kind::DefaultRemoved,
                _ => Kind::DefaultChanged,
            };
            self.emit(kind, old.default.clone(), new.default.clone(), places);
        }
        // In `OpenAPI` 2 the parameter says it, which is its own schema.
        if !(is_parameter && new.others.contains_key("in")) {
            for (kind, before, after) in old.announcement.facts(new.announcement, self.comparison.today) {
                self.emit(kind, before.map(str::to_owned), after.map(str::to_owned), places);
            }
        }
        if old.annotations != new.annotations {
            self.emit(Kind::Annotation, None, None, places);
        }
    }
}

/// `a.b[].c` from the steps of a path.
pub(in crate::diff) fn property_path(path: &[String]) -> String {
    let mut text = String::new();
    for step in path {
        if step.starts_with('[') {
            text.push_str(step);
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(step);
        }
    }
    text
}
