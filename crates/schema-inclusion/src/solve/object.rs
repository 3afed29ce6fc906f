//! Objects: which keys are there, what their values have to be, and which of them have to break something.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Atoms, Demand, Search};
use crate::evaluate::accepts;
use crate::node::{Id, Kind, Node};

/// Most patterns whose every combination is tried.
const MAX_PATTERNS: usize = 5;
/// Most keys of an object that is looked for.
const MAX_KEYS: u64 = 1_000;

/// What the members of an object have to be.
#[derive(Debug, Clone)]
struct Shape {
    named: BTreeMap<String, Id>,
    patterns: Vec<(String, Id)>,
    rest: Id,
}

/// Something that one member has to do.
#[derive(Debug, Clone)]
enum Duty {
    /// Be refused by what members of its name have to be.
    Break(Shape),
    /// Have a name that is refused.
    Misname(Id),
}

/// Keys with what their values have to meet.
type Keys = BTreeMap<String, Vec<Demand>>;

/// Everything that stays the same while keys are chosen.
struct Plan {
    shapes: Vec<Shape>,
    names: Vec<Id>,
    forbidden: BTreeSet<String>,
    /// Names that somebody speaks of.
    spoken: BTreeSet<String>,
    /// Which patterns a new name has to fit and which not.
    classes: Vec<Vec<(String, bool)>>,
    least: u64,
    most: Option<u64>,
}

impl Search<'_> {
    fn shape(&self, id: Id) -> Option<Shape> {
        match &*self.arena.get(id).1 {
            Node::Properties { named, patterns, rest } => {
                Some(Shape { named: named.clone(), patterns: patterns.clone(), rest: *rest })
            }
            _ => None,
        }
    }

    pub(super) fn object(&mut self, atoms: &Atoms) -> Option<Value> {
        let shapes: Vec<Shape> = atoms.properties.iter().filter_map(|id| self.shape(*id)).collect();
        let broken: Vec<Shape> = atoms.not_properties.iter().filter_map(|id| self.shape(*id)).collect();
        let mut spoken: BTreeSet<String> = atoms.required.clone();
        let mut patterns = BTreeSet::new();
        for shape in shapes.iter().chain(&broken) {
            spoken.extend(shape.named.keys().cloned());
            patterns.extend(shape.patterns.iter().map(|(pattern, _)| pattern.clone()));
        }
        for pattern in &patterns {
            if self.arena.language(pattern).is_none() {
                self.leave_out(&format!("the pattern {pattern:?} is more than an automaton can do"), "");
                return None;
            }
        }
        let classes = self.classes(&patterns);
        let plan = Plan {
            shapes,
            names: atoms.names.clone(),
            forbidden: atoms.forbidden.clone(),
            spoken,
            classes,
            least: atoms.least,
            most: atoms.most,
        };
        let mut duties: Vec<Duty> = broken.into_iter().map(Duty::Break).collect();
        duties.extend(atoms.not_names.iter().map(|names| Duty::Misname(*names)));
        let mut keys = Keys::new();
        for name in &atoms.required {
            let demands = self.demands(&plan, name)?;
            keys.insert(name.clone(), demands);
        }
        self.members_with_duties(&plan, &keys, &duties)
    }

    /// Every combination of patterns that a name can fit, as far as there are few.
    fn classes(&mut self, patterns: &BTreeSet<String>) -> Vec<Vec<(String, bool)>> {
        let patterns: Vec<&String> = patterns.iter().collect();
        if patterns.len() > MAX_PATTERNS {
            self.leave_out("names were not tried with every combination of patterns", "");
            let none = patterns.iter().map(|pattern| ((*pattern).clone(), false)).collect();
            let one = |chosen: &String| {
                patterns.iter().map(|pattern| ((*pattern).clone(), *pattern == chosen)).collect()
            };
            return std::iter::once(none).chain(patterns.iter().map(|pattern| one(pattern))).collect();
        }
        (0..1_usize << patterns.len())
            .map(|bits| {
                let sign = |index: usize| bits >> index & 1 == 1;
                patterns
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| ((*pattern).clone(), sign(index)))
                    .collect()
            })
            .collect()
    }

    /// What the value of a key has to meet.
    fn demands(&mut self, plan: &Plan, key: &str) -> Option<Vec<Demand>> {
        let mut demands = Vec::new();
        for shape in &plan.shapes {
            demands.extend(self.of_shape(shape, key)?.into_iter().map(|id| (id, true)));
        }
        Some(demands)
    }

    /// The schemas that a shape has for a key.
    fn of_shape(&mut self, shape: &Shape, key: &str) -> Option<Vec<Id>> {
        let mut schemas: Vec<Id> = shape.named.get(key).copied().into_iter().collect();
        for (pattern, schema) in &shape.patterns {
            if self.arena.language(pattern)?.has(key) {
                schemas.push(*schema);
            }
        }
        if schemas.is_empty() {
            schemas.push(shape.rest);
        }
        Some(schemas)
    }

    /// A name that nobody speaks of, that fits a class, and is not there yet.
    fn fresh(
        &mut self,
        plan: &Plan,
        class: &[(String, bool)],
        taken: &Keys,
        refused_by: Option<Id>,
    ) -> Option<String> {
        let mut demands: Vec<Demand> = vec![(self.arena.add(Node::Kind(Kind::String)), true)];
        for (pattern, sign) in class {
            demands.push((self.arena.add(Node::Pattern(pattern.clone())), *sign));
        }
        demands.extend(plan.names.iter().map(|names| (*names, true)));
        demands.extend(refused_by.map(|names| (names, false)));
        let others = plan.spoken.iter().chain(&plan.forbidden).chain(taken.keys());
        let others: BTreeSet<String> = others.map(|name| Value::String(name.clone()).to_string()).collect();
        if !others.is_empty() {
            demands.push((self.arena.add(Node::Values(others.into_iter().collect())), false));
        }
        // A name with a letter is easier to read than an empty one.
        let longer = self.arena.add(Node::MinLength(1));
        let with: Vec<Demand> = demands.iter().copied().chain([(longer, true)]).collect();
        let found = self.find(&with).or_else(|| self.find(&demands));
        found.and_then(|name| name.as_str().map(str::to_owned))
    }

    fn members_with_duties(&mut self, plan: &Plan, keys: &Keys, duties: &[Duty]) -> Option<Value> {
        if !self.step() {
            return None;
        }
        if plan.most.is_some_and(|most| u64::try_from(keys.len()).unwrap_or(u64::MAX) > most) {
            return None;
        }
        let Some((duty, others)) = duties.split_first() else { return self.all_members(plan, keys) };
        let mut names: Vec<String> = keys.keys().chain(&plan.spoken).cloned().collect();
        names.sort();
        names.dedup();
        for class in plan.classes.clone() {
            let refused_by = match duty {
                Duty::Misname(names) => Some(*names),
                Duty::Break(_) => None,
            };
            names.extend(self.fresh(plan, &class, keys, refused_by));
        }
        for name in names {
            if plan.forbidden.contains(&name) {
                continue;
            }
            let mut ways: Vec<Option<Demand>> = Vec::new();
            match duty {
                Duty::Misname(schema) => match accepts(self.arena, *schema, &Value::String(name.clone())).0 {
                    Some(false) => ways.push(None),
                    Some(true) => {}
                    None => self.leave_out("a name cannot be judged", ""),
                },
                Duty::Break(shape) => {
                    ways.extend(self.of_shape(shape, &name)?.into_iter().map(|schema| Some((schema, false))));
                }
            }
            for way in ways {
                let mut next = keys.clone();
                if !next.contains_key(&name) {
                    let demands = self.demands(plan, &name)?;
                    next.insert(name.clone(), demands);
                }
                if let (Some(demand), Some(demands)) = (way, next.get_mut(&name)) {
                    demands.push(demand);
                }
                if let Some(found) = self.members_with_duties(plan, &next, others) {
                    return Some(found);
                }
                if self.steps == 0 {
                    return None;
                }
            }
        }
        None
    }

    /// Finds the values, and further members where there have to be more.
    fn all_members(&mut self, plan: &Plan, keys: &Keys) -> Option<Value> {
        let mut members = Map::new();
        for (key, demands) in keys {
            for names in &plan.names {
                match accepts(self.arena, *names, &Value::String(key.clone())).0 {
                    Some(true) => {}
                    Some(false) => return None,
                    None => {
                        self.leave_out("a name cannot be judged", "");
                        return None;
                    }
                }
            }
            let value = self.find(demands)?;
            members.insert(key.clone(), value);
        }
        if plan.least > MAX_KEYS {
            self.leave_out("the object would have too many members", "");
            return None;
        }
        let mut taken = keys.clone();
        let mut spoken: Vec<String> = plan
            .spoken
            .iter()
            .filter(|name| !keys.contains_key(*name) && !plan.forbidden.contains(*name))
            .cloned()
            .collect();
        let mut classes = plan.classes.clone();
        while u64::try_from(members.len()).unwrap_or(u64::MAX) < plan.least {
            let next = match spoken.pop() {
                Some(name) => Some(name),
                None => loop {
                    let Some(class) = classes.last().cloned() else { break None };
                    match self.fresh(plan, &class, &taken, None) {
                        Some(name) => break Some(name),
                        None => drop(classes.pop()),
                    }
                },
            };
            let name = next?;
            let is_named_well = plan
                .names
                .clone()
                .iter()
                .all(|names| accepts(self.arena, *names, &Value::String(name.clone())).0 == Some(true));
            let demands = self.demands(plan, &name)?;
            taken.insert(name.clone(), demands.clone());
            match self.find(&demands).filter(|_| is_named_well) {
                Some(value) => drop(members.insert(name, value)),
                // All names of a class have values alike: where one has none, none has.
                None if !plan.spoken.contains(&name) => drop(classes.pop()),
                None => {}
            }
        }
        Some(Value::Object(members))
    }
}
