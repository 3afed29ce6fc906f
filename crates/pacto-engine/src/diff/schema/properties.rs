//! Properties of objects: which came, went, and have to be there.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Places, SchemaFact, Walk};
use super::normal::{Conjunction, Normal, normalize};
use crate::diff::change::Direction;
use crate::diff::fact::{Access, Area, Kind, Presence};

impl Walk<'_> {
    pub(super) fn properties(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        // Of two ways to one pair the first counts: the order of names decides, facts stand in document order.
        let mut names: Vec<_> = old.properties.keys().copied().collect();
        names.sort_unstable();
        let mut found: BTreeMap<&str, Vec<SchemaFact>> = BTreeMap::new();
        for name in names {
            let Some(old_property) = old.properties.get(name) else { continue };
            let is_kept = old.required.contains_key(name) == new.required.contains_key(name);
            let counterpart = new.properties.get(name);
            if is_kept && counterpart.is_some_and(|new| self.is_plainly_equal(old_property, new)) {
                continue;
            }
            let start = self.facts.len();
            self.path.push(name.to_owned());
            match counterpart {
                Some(new_property) => {
                    let is_required = old.required.contains_key(name) && new.required.contains_key(name);
                    self.presence = Some(if is_required { Presence::Required } else { Presence::Optional });
                    self.pair(old_property, new_property);
                    self.presence = None;
                    self.requiredness(name, (old, old_property), (new, new_property));
                }
                None => self.removed_property(name, old, new, old_property),
            }
            self.path.pop();
            if self.facts.len() > start {
                found.insert(name, self.facts.split_off(start));
            }
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
            self.requiredness(name, (old, &Vec::new()), (new, &Vec::new()));
            self.path.pop();
        }
        if old.is_closed != new.is_closed {
            let kind = if new.is_closed { Kind::ObjectClosed } else { Kind::ObjectOpened };
            self.emit(kind, None, None, places);
        }
        // Where nothing is said about other properties they may be anything.
        let described = !old.additional.is_empty() || !new.additional.is_empty();
        if described && !old.is_closed && !new.is_closed {
            self.path.push("*".to_owned());
            self.pair(&old.additional, &new.additional);
            self.path.pop();
        }
    }

    fn requiredness(
        &mut self,
        name: &str,
        (old, old_property): (&Normal<'_>, &Conjunction<'_>),
        (new, new_property): (&Normal<'_>, &Conjunction<'_>),
    ) {
        let is_required = (old.required.contains_key(name), new.required.contains_key(name));
        if is_required == (false, false) {
            return;
        }
        let described = normalize(old_property, self.comparison.old_dialect);
        let normal = normalize(new_property, self.comparison.new_dialect);
        // What only flows the other way is not required here, whatever is written.
        let (unseen_before, unseen) =
            (self.flows_the_other_way(&described), self.flows_the_other_way(&normal));
        let was = is_required.0 && !unseen_before;
        let is = is_required.1 && !unseen;
        let places = Places {
            old: old.required.get(name).copied().or(old.location),
            new: new.required.get(name).copied().or(new.location),
        };
        let kind = match (was, is) {
            (false, true) if normal.default.is_some() => Kind::PropertyBecameRequiredWithDefault,
            (false, true) => Kind::PropertyBecameRequired,
            (true, false) => Kind::PropertyBecameOptional,
            _ if unseen_before && unseen => {
                return match is_required {
                    (false, true) => self.emit_unseen(Kind::PropertyBecameRequired, &places),
                    (true, false) => self.emit_unseen(Kind::PropertyBecameOptional, &places),
                    _ => {}
                };
            }
            _ => return,
        };
        self.emit(kind, None, None, &places);
    }

    /// Whether two schemas are written alike and refer to nothing.
    pub(super) fn is_plainly_equal(&self, old: &Conjunction<'_>, new: &Conjunction<'_>) -> bool {
        let same_dialect = self.comparison.old_dialect == self.comparison.new_dialect;
        let pairs = matches!((old.as_slice(), new.as_slice()), ([old], [new]) if old.is_plainly_equal(*new));
        same_dialect && pairs
    }

    /// Who may send or see a property.
    pub(super) fn access(
        &mut self,
        old: &Normal<'_>,
        new: &Normal<'_>,
        presence: Presence,
        places: &Places<'_>,
    ) {
        for (was, is, became, became_not) in [
            (old.is_read_only, new.is_read_only, Access::ReadOnly, Access::NotReadOnly),
            (old.is_write_only, new.is_write_only, Access::WriteOnly, Access::NotWriteOnly),
        ] {
            match (was, is) {
                (false, true) => self.emit(Kind::Access(became, presence), None, None, places),
                (true, false) => self.emit(Kind::Access(became_not, presence), None, None, places),
                _ => {}
            }
        }
    }

    fn removed_property(
        &mut self,
        name: &str,
        old: &Normal<'_>,
        new: &Normal<'_>,
        property: &Conjunction<'_>,
    ) {
        let normal = normalize(property, self.comparison.old_dialect);
        let places = Places { old: normal.location, new: new.location };
        if self.flows_the_other_way(&normal) {
            let is_required = old.required.contains_key(name);
            let kind =
                if is_required { Kind::RequiredPropertyRemoved } else { Kind::OptionalPropertyRemoved };
            return self.emit_unseen(kind, &places);
        }
        let kind = match self.comparison.direction {
            Direction::Received if new.is_closed => Kind::PropertyRemovedFromClosed,
            _ if old.required.contains_key(name) => Kind::RequiredPropertyRemoved,
            _ => Kind::OptionalPropertyRemoved,
        };
        self.emit(kind, None, None, &places);
        // It may still be there under this name; then what holds for every other property holds for it.
        if !new.additional.is_empty() {
            self.pair(property, &new.additional);
        }
        if new.others.contains_key("patternProperties") {
            self.keyword_beside("patternProperties", &places);
        }
    }

    fn added_property(&mut self, name: &str, old: &Normal<'_>, new: &Normal<'_>, property: &Conjunction<'_>) {
        let normal = normalize(property, self.comparison.new_dialect);
        let places = Places { old: old.location, new: normal.location };
        let required = new.required.contains_key(name);
        if self.flows_the_other_way(&normal) {
            let kind = if required { Kind::PropertyAddedRequired } else { Kind::PropertyAddedOptional };
            return self.emit_unseen(kind, &places);
        }
        // A name that was required before without being described is not newly required.
        let newly_required = required && !old.required.contains_key(name);
        let kind = match self.comparison.direction {
            Direction::Produced if old.is_closed => Kind::PropertyAddedToClosed,
            _ if newly_required && normal.default.is_some() => Kind::PropertyAddedRequiredWithDefault,
            _ if newly_required => Kind::PropertyAddedRequired,
            _ => Kind::PropertyAddedOptional,
        };
        self.emit(kind, None, None, &places);
        // It had this name before it was described; what holds for every other property held for it.
        if !old.additional.is_empty() {
            self.pair(&old.additional, property);
        }
        if old.others.contains_key("patternProperties") {
            self.keyword_beside("patternProperties", &places);
        }
    }

    pub(super) fn flows_the_other_way(&self, normal: &Normal<'_>) -> bool {
        match (self.comparison.area, self.comparison.direction) {
            (Area::RequestBody, Direction::Received) => normal.is_read_only,
            (Area::ResponseBody, Direction::Produced) => normal.is_write_only,
            _ => false,
        }
    }
}
