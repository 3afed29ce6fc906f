//! Arrays: how long, what every item has to be, and which items have to break something.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Atoms, Demand, Search};
use crate::node::{Id, Node, canonical};

/// Most items that have to be there, each of which is placed on its own.
const MAX_DUTIES: u64 = 200;
/// Longest array that is looked for.
const MAX_ITEMS: u64 = 100_000;
/// Longest array whose items are found one by one, each to differ from all others.
const MAX_DIFFERENT: u64 = 2_000;

/// Places behind those that are looked at one by one: how many, and what each item there has to meet.
#[derive(Debug, Clone)]
struct Tail {
    count: usize,
    demands: Vec<Demand>,
}

/// Something that one item has to do.
#[derive(Debug, Clone)]
enum Duty {
    /// Be refused by what items at its place have to be.
    Break(Vec<Id>, Id),
    /// Be accepted.
    Be(Id),
}

impl Search<'_> {
    pub(super) fn array(&mut self, atoms: &Atoms) -> Option<Value> {
        let mut duties: Vec<Duty> =
            atoms.not_items.iter().map(|(first, rest)| Duty::Break(first.clone(), *rest)).collect();
        // Of two demands about the same items the larger one holds.
        let mut counts: BTreeMap<Id, u64> = BTreeMap::new();
        for (item, least, _) in &atoms.contains {
            let known = counts.entry(*item).or_default();
            *known = (*least).max(*known);
        }
        if counts.values().fold(0_u64, |sum, least| sum.saturating_add(*least)) > MAX_DUTIES {
            self.leave_out("too many items have to be there", "");
            return None;
        }
        for (item, least) in counts {
            duties.extend((0..least).map(|_| Duty::Be(item)));
        }
        let lists = atoms.items.iter().chain(&atoms.not_items);
        let first = lists.map(|(first, _)| first.len()).max().unwrap_or_default();
        // Behind the first items all places are alike: so many are enough for every duty, and for two that are equal.
        let alike = first + duties.len() + if atoms.is_not_unique { 2 } else { 0 };
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let last = atoms.most.unwrap_or(u64::MAX).min(atoms.least.max(count(alike)));
        if atoms.least > MAX_ITEMS {
            self.leave_out("the array would be too long", "");
            return None;
        }
        for length in atoms.least..=last {
            if atoms.is_unique && length > MAX_DIFFERENT {
                self.leave_out("so many items that all have to differ were not looked for", "");
                return None;
            }
            let length = usize::try_from(length).ok()?;
            let single = if atoms.is_unique { length } else { length.min(alike + 1) };
            let tail = Tail {
                count: length - single,
                demands: atoms.items.iter().map(|(_, rest)| (*rest, true)).collect(),
            };
            let mut places = vec![Vec::new(); single];
            for (index, demands) in places.iter_mut().enumerate() {
                for (first, rest) in &atoms.items {
                    demands.push((first.get(index).copied().unwrap_or(*rest), true));
                }
            }
            let found = self.items_with_duties(atoms, &places, &duties, &[], &tail);
            if found.is_some() {
                return found;
            }
            if self.steps == 0 {
                return None;
            }
        }
        None
    }

    fn items_with_duties(
        &mut self,
        atoms: &Atoms,
        places: &[Vec<Demand>],
        duties: &[Duty],
        done: &[(usize, Id)],
        tail: &Tail,
    ) -> Option<Value> {
        if !self.step() {
            return None;
        }
        let Some((duty, others)) = duties.split_first() else {
            return if atoms.is_not_unique {
                self.with_equals(atoms, places, tail)
            } else {
                self.all_items(atoms, places, tail, None)
            };
        };
        // Later places are like one of these.
        for index in 0..places.len() {
            let demand = match duty {
                Duty::Break(first, rest) => (first.get(index).copied().unwrap_or(*rest), false),
                Duty::Be(item) => (*item, true),
            };
            // Two that have to be there are two.
            if let Duty::Be(item) = duty
                && done.contains(&(index, *item))
            {
                continue;
            }
            let mut done = done.to_vec();
            if let Duty::Be(item) = duty {
                done.push((index, *item));
            }
            let mut next = places.to_vec();
            next.get_mut(index)?.push(demand);
            if let Some(found) = self.items_with_duties(atoms, &next, others, &done, tail) {
                return Some(found);
            }
        }
        None
    }

    /// Two of the items are equal.
    fn with_equals(&mut self, atoms: &Atoms, places: &[Vec<Demand>], tail: &Tail) -> Option<Value> {
        let end = places.len();
        for left in 0..end {
            for right in left + 1..end {
                let both: Vec<Demand> = places.get(left)?.iter().chain(places.get(right)?).copied().collect();
                let mut next = places.to_vec();
                next.get_mut(left)?.clone_from(&both);
                *next.get_mut(right)? = both;
                if let Some(found) = self.all_items(atoms, &next, tail, Some((left, right))) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// Finds the items one after the other.
    fn all_items(
        &mut self,
        atoms: &Atoms,
        places: &[Vec<Demand>],
        tail: &Tail,
        equal: Option<(usize, usize)>,
    ) -> Option<Value> {
        let limited: Vec<(Id, u64)> =
            atoms.contains.iter().filter_map(|(item, _, most)| Some((*item, (*most)?))).collect();
        let mut counts = vec![0_u64; limited.len()];
        let mut items: Vec<Value> = Vec::new();
        let mut used: Vec<String> = Vec::new();
        for (index, demands) in places.iter().enumerate() {
            if let Some((left, right)) = equal
                && index == right
            {
                let value = items.get(left)?.clone();
                items.push(value);
                continue;
            }
            let mut demands = demands.clone();
            if atoms.is_unique && !used.is_empty() {
                let mut values = used.clone();
                values.sort();
                demands.push((self.arena.add(Node::Values(values)), false));
            }
            // Where few may be accepted, this one is not, unless it has to.
            let mut value = None;
            let refused: Vec<Demand> = limited
                .iter()
                .map(|(item, _)| (*item, false))
                .filter(|(item, _)| !demands.contains(&(*item, true)))
                .collect();
            if !refused.is_empty() {
                let with: Vec<Demand> = demands.iter().chain(&refused).copied().collect();
                value = self.find(&with);
            }
            let value = match value {
                Some(value) => {
                    for (count, (item, _)) in counts.iter_mut().zip(&limited) {
                        *count += u64::from(demands.contains(&(*item, true)));
                    }
                    value
                }
                None => {
                    let value = self.find(&demands);
                    let Some(value) = value else {
                        return self.out_of_items(atoms, places);
                    };
                    for (count, (item, _)) in counts.iter_mut().zip(&limited) {
                        *count +=
                            u64::from(crate::evaluate::accepts(self.arena, *item, &value).0 != Some(false));
                    }
                    value
                }
            };
            used.push(canonical(&value));
            items.push(value);
        }
        if tail.count > 0 {
            let refused = limited.iter().map(|(item, _)| (*item, false));
            let with: Vec<Demand> = tail.demands.iter().copied().chain(refused).collect();
            let value = match self.find(&with) {
                Some(value) => value,
                None => {
                    let value = self.find(&tail.demands)?;
                    for (count, (item, _)) in counts.iter_mut().zip(&limited) {
                        let is_one = crate::evaluate::accepts(self.arena, *item, &value).0 != Some(false);
                        *count += if is_one { u64::try_from(tail.count).unwrap_or(u64::MAX) } else { 0 };
                    }
                    value
                }
            };
            items.extend(std::iter::repeat_n(value, tail.count));
        }
        if counts.iter().zip(&limited).any(|(count, (_, most))| count > most) {
            // With one limit the choice was the best there is.
            if limited.len() > 1 || atoms.is_unique {
                self.leave_out("items that few may be were not tried in every way", "");
            }
            return None;
        }
        Some(Value::Array(items))
    }

    /// There is no further item. Where all have to be alike, that is the end; else others might have been chosen before.
    fn out_of_items(&mut self, atoms: &Atoms, places: &[Vec<Demand>]) -> Option<Value> {
        let is_alike = places.windows(2).all(|pair| pair.first() == pair.last());
        if atoms.is_unique && !is_alike {
            self.leave_out("items that have to differ were not tried in every way", "");
        }
        None
    }
}
