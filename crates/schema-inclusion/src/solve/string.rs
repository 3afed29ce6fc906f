//! Texts of a length that patterns describe, and others do not: the shortest one.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

use super::{Atoms, Search};
use crate::language::{Language, State, alphabet};

/// Most states of all automata together.
const MAX_STATES: usize = 40_000;
/// Longest text that is looked for.
const MAX_LENGTH: u64 = 100_000;

/// Where a text stands: in each automaton, in each excluded text (how many characters are the same), and how long it is,
/// up to the least length.
type Place = (Vec<State>, Vec<Option<usize>>, u64);

impl Search<'_> {
    pub(super) fn string(&mut self, atoms: &Atoms) -> Option<String> {
        let excluded: Vec<Vec<char>> = atoms
            .not_values
            .iter()
            .filter_map(|text| match serde_json::from_str(text) {
                Ok(Value::String(text)) => Some(text.chars().collect()),
                _ => None,
            })
            .collect();
        if atoms.least > MAX_LENGTH {
            self.leave_out("the text would be too long", "");
            return None;
        }
        let patterns: Vec<(&String, bool)> = atoms
            .patterns
            .iter()
            .map(|pattern| (pattern, true))
            .chain(atoms.not_patterns.iter().map(|pattern| (pattern, false)))
            .collect();
        for (pattern, _) in &patterns {
            if self.arena.language(pattern).is_none() {
                self.leave_out(&format!("the pattern {pattern:?} is more than an automaton can do"), "");
                return None;
            }
        }
        let mut borders: Vec<char> = excluded.iter().flatten().copied().collect();
        for (pattern, _) in &patterns {
            borders.extend(
                self.arena.language(pattern).map(|language| language.borders.clone()).unwrap_or_default(),
            );
        }
        // The character behind one that is excluded is another one.
        let behind: Vec<char> =
            borders.iter().filter_map(|one| char::from_u32(u32::from(*one) + 1)).collect();
        borders.extend(behind);
        borders.sort_unstable();
        borders.dedup();
        let alphabet = alphabet(&borders);
        let start: Vec<State> = patterns
            .iter()
            .filter_map(|(pattern, _)| self.arena.language(pattern).map(Language::start))
            .collect();
        let first: Place = (start, vec![Some(0); excluded.len()], 0);
        let mut seen = HashSet::from([first.clone()]);
        let mut places = vec![first];
        let mut parents: Vec<Option<(usize, char)>> = vec![None];
        let mut lengths = vec![0_u64];
        let mut pending = VecDeque::from([0_usize]);
        while let Some(index) = pending.pop_front() {
            let (states, same, length) = places.get(index)?.clone();
            let real_length = *lengths.get(index)?;
            let mut is_fine = length >= atoms.least;
            for ((pattern, sign), state) in patterns.iter().zip(&states) {
                is_fine = is_fine && self.arena.language(pattern)?.accepts(*state) == *sign;
            }
            let is_excluded = same.iter().zip(&excluded).any(|(same, text)| *same == Some(text.len()));
            if is_fine && !is_excluded {
                return Some(spelled(&parents, index));
            }
            if atoms.most.is_some_and(|most| real_length >= most) {
                continue;
            }
            for character in &alphabet {
                if !self.step() {
                    return None;
                }
                let mut next = Vec::with_capacity(states.len());
                for ((pattern, _), state) in patterns.iter().zip(&states) {
                    next.push(self.arena.language(pattern)?.step(*state, *character));
                }
                let same = same
                    .iter()
                    .zip(&excluded)
                    .map(|(same, text)| same.filter(|at| text.get(*at) == Some(character)).map(|at| at + 1));
                // Places are met by the shortest way first, and what follows a longer one follows it too.
                let place: Place = (next, same.collect(), (length + 1).min(atoms.least));
                if seen.contains(&place) {
                    continue;
                }
                if places.len() >= MAX_STATES {
                    self.leave_out("the patterns have too many states together", "");
                    return None;
                }
                seen.insert(place.clone());
                places.push(place);
                parents.push(Some((index, *character)));
                lengths.push(real_length + 1);
                pending.push_back(places.len() - 1);
            }
        }
        None
    }
}

fn spelled(parents: &[Option<(usize, char)>], index: usize) -> String {
    let mut characters = Vec::new();
    let mut at = index;
    while let Some(Some((parent, character))) = parents.get(at) {
        characters.push(*character);
        at = *parent;
    }
    characters.iter().rev().collect()
}
