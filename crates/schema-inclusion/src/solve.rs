//! The search for a document that meets a list of demands: some nodes accept it, others refuse it.
//!
//! Demands are taken apart until each is about one type and nothing else; where there is a choice, one way is tried after
//! the other. What is left is solved type by type. A list of demands that comes back while it is being solved cannot be
//! met by anything smaller than itself, so it is not met that way: recursive schemas end, and a finite document is found
//! where there is one.

mod array;
mod number;
mod object;
mod string;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::evaluate::accepts;
use crate::node::{Arena, Id, Kind, Node, canonical};
use crate::number::Exact;

/// What a document has to meet: a node, and whether it has to accept or to refuse.
pub type Demand = (Id, bool);

/// Deepest document that is looked for.
const MAX_DEPTH: usize = 60;
/// Most choices that are open at once, in all documents inside of each other.
const MAX_OPEN: usize = 250;
/// Most values in one document for each step that there is: a web of references can ask for exponentially many.
const VALUES_FOR_STEP: usize = 2;
/// Bytes of a text that count as one value more.
const BYTES_PER_VALUE: usize = 64;
/// Values that are copied in the time of one step.
const VALUES_PER_STEP: usize = 8;
/// Largest value list whose composite values are told apart by what they are made of.
const MAX_EXCLUDED: usize = 200;

/// What earlier searches found out; it holds for ever.
#[derive(Debug, Default)]
pub struct Memory {
    /// Demands that nothing meets.
    empty: HashSet<Vec<Demand>>,
    /// Documents that meet demands.
    found: HashMap<Vec<Demand>, Value>,
}

/// The search.
pub struct Search<'a> {
    arena: &'a mut Arena,
    memory: &'a mut Memory,
    steps: u32,
    most_values: usize,
    /// Why the end of the search proves nothing, where something was left out.
    left_out: Option<(String, String)>,
    /// Demands that are being met.
    path: Vec<Vec<Demand>>,
    /// Choices that are open.
    open: usize,
    /// The lowest place of the path that something came back to.
    lowest: usize,
}

/// Demands about one type.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a demand of its own")]
struct Atoms {
    /// The only values there can be.
    values: Option<BTreeSet<String>>,
    not_values: BTreeSet<String>,
    is_whole: bool,
    is_not_whole: bool,
    /// Limits, and whether they are excluded themselves.
    low: Option<(Exact, bool)>,
    high: Option<(Exact, bool)>,
    multiples: Vec<Exact>,
    not_multiples: Vec<Exact>,
    /// Limits of lengths, numbers of items, numbers of properties: an atom is about one type.
    least: u64,
    most: Option<u64>,
    patterns: BTreeSet<String>,
    not_patterns: BTreeSet<String>,
    is_unique: bool,
    is_not_unique: bool,
    items: Vec<(Vec<Id>, Id)>,
    not_items: Vec<(Vec<Id>, Id)>,
    contains: Vec<(Id, u64, Option<u64>)>,
    required: BTreeSet<String>,
    forbidden: BTreeSet<String>,
    properties: Vec<Id>,
    not_properties: Vec<Id>,
    names: Vec<Id>,
    not_names: Vec<Id>,
    /// Something that nobody understands.
    opaque: Vec<(String, String)>,
}

impl<'a> Search<'a> {
    pub fn new(arena: &'a mut Arena, memory: &'a mut Memory, steps: u32) -> Self {
        Self {
            arena,
            memory,
            steps,
            most_values: usize::try_from(steps).unwrap_or(usize::MAX).saturating_mul(VALUES_FOR_STEP),
            left_out: None,
            path: Vec::new(),
            open: 0,
            lowest: usize::MAX,
        }
    }

    /// Steps that are left.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Why an end without a document proves nothing, and where that is.
    pub fn left_out(&self) -> Option<(String, String)> {
        self.left_out.clone()
    }

    fn leave_out(&mut self, reason: &str, place: &str) {
        if self.left_out.is_none() {
            self.left_out = Some((reason.to_owned(), place.to_owned()));
        }
    }

    /// One step; false when there are none left.
    fn step(&mut self) -> bool {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                true
            }
            None => {
                self.leave_out("the search was given up after too many steps", "");
                false
            }
        }
    }

    /// Whether some document is accepted by a node, and by each node for a part of documents in it: an empty one makes
    /// every question about it true, and nobody means it. `false` also where that is not known.
    pub fn is_inhabited(&mut self, root: Id) -> bool {
        let (never, mut seen, mut pending) = (self.arena.never(), HashSet::new(), vec![(root, true)]);
        while let Some((id, is_part)) = pending.pop() {
            let (id, node) = self.arena.get(id);
            if id == never || !seen.insert((id, is_part)) {
                continue;
            }
            if !self.step() || is_part && self.find(&[(id, true)]).is_none() {
                return false;
            }
            match &*node {
                Node::All(parts) | Node::Any(parts) => {
                    pending.extend(parts.iter().map(|part| (*part, false)));
                }
                Node::Properties { named, patterns, rest } => {
                    pending.extend(
                        named.values().chain(patterns.iter().map(|(_, id)| id)).map(|id| (*id, true)),
                    );
                    pending.push((*rest, true));
                }
                Node::Items(first, rest) => pending.extend(first.iter().chain([rest]).map(|id| (*id, true))),
                Node::Contains { item, .. } => pending.push((*item, true)),
                _ => {}
            }
        }
        self.left_out.is_none()
    }

    /// A document that meets all demands.
    pub fn find(&mut self, demands: &[Demand]) -> Option<Value> {
        let mut key: Vec<Demand> = demands.iter().map(|(id, sign)| (self.arena.get(*id).0, *sign)).collect();
        key.sort_unstable();
        key.dedup();
        if key.windows(2).any(|pair| matches!(pair, [(left, _), (right, _)] if left == right)) {
            return None;
        }
        if let Some(known) = self.memory.found.get(&key) {
            return Some(known.clone());
        }
        if self.memory.empty.contains(&key) {
            return None;
        }
        if let Some(place) = self.path.iter().position(|open| *open == key) {
            self.lowest = self.lowest.min(place);
            return None;
        }
        if self.path.len() >= MAX_DEPTH {
            self.leave_out("the document would be too deep", "");
            return None;
        }
        let place = self.path.len();
        let (outer_lowest, outer_left_out) = (self.lowest, self.left_out.take());
        self.lowest = usize::MAX;
        self.path.push(key.clone());
        let found = Kind::ALL.into_iter().find_map(|kind| self.of_kind(kind, &key));
        let found = found.filter(|value| {
            let mut left = self.most_values;
            let is_small = has_at_most(value, &mut left);
            // It is copied into whatever it is a part of.
            let copied = u32::try_from((self.most_values - left) / VALUES_PER_STEP).unwrap_or(u32::MAX);
            self.steps = self.steps.saturating_sub(copied);
            if !is_small {
                self.leave_out("the document would be too large", "");
            }
            is_small
        });
        self.path.pop();
        if found.is_none() && self.steps == 0 {
            self.leave_out("the search was given up after too many steps", "");
        }
        let comes_back = self.lowest < place;
        self.lowest = self.lowest.min(outer_lowest);
        match &found {
            Some(value) => {
                self.memory.found.insert(key, value.clone());
                // Whatever was left out on the way was not needed.
                self.left_out = outer_left_out;
            }
            None => {
                if !comes_back && self.left_out.is_none() {
                    self.memory.empty.insert(key);
                }
                self.left_out = outer_left_out.or(self.left_out.take());
            }
        }
        found
    }

    fn of_kind(&mut self, kind: Kind, demands: &[Demand]) -> Option<Value> {
        self.expand(kind, demands, demands.to_vec(), Box::default(), Vec::new())
    }

    /// Takes demands apart. `choices` are lists of demands of which one has to be met.
    fn expand(
        &mut self,
        kind: Kind,
        whole: &[Demand],
        mut pending: Vec<Demand>,
        mut atoms: Box<Atoms>,
        mut choices: Vec<Vec<Demand>>,
    ) -> Option<Value> {
        while let Some((id, sign)) = pending.pop() {
            if !self.step() {
                return None;
            }
            let node = self.arena.get(id).1;
            match (&*node, sign) {
                (Node::All(parts), true) => pending.extend(parts.iter().map(|part| (*part, true))),
                (Node::All(parts), false) => {
                    choices.push(parts.iter().map(|part| (*part, false)).collect());
                }
                (Node::Any(parts), true) => {
                    choices.push(parts.iter().map(|part| (*part, true)).collect());
                }
                (Node::Any(parts), false) => pending.extend(parts.iter().map(|part| (*part, false))),
                (Node::Not(part), sign) => pending.push((*part, !sign)),
                (Node::Kind(wanted), sign) => {
                    if (*wanted == kind) != sign {
                        return None;
                    }
                }
                (Node::Values(values), false) => self.exclude(kind, values, &mut atoms, &mut pending),
                (Node::Contains { item, least, most }, false) if kind == Kind::Array => {
                    let (item, most) = (*item, *most);
                    let mut ways = Vec::new();
                    if let Some(fewer) = least.checked_sub(1) {
                        ways.push((
                            self.arena.add(Node::Contains { item, least: 0, most: Some(fewer) }),
                            true,
                        ));
                    }
                    if let Some(most) = most {
                        ways.push((
                            self.arena.add(Node::Contains { item, least: most + 1, most: None }),
                            true,
                        ));
                    }
                    choices.push(ways);
                }
                (node, sign) => {
                    if !atoms.add(node, id, sign, kind) {
                        return None;
                    }
                }
            }
        }
        if let Some(values) = &atoms.values {
            let values = values.clone();
            return self.among(kind, &values, whole);
        }
        // The shortest choice first: it is soonest known to lead nowhere.
        let shortest =
            choices.iter().enumerate().min_by_key(|(_, choice)| choice.len()).map(|(index, _)| index);
        if let Some(index) = shortest {
            let choice = choices.swap_remove(index);
            if self.open >= MAX_OPEN {
                self.leave_out("too many choices depend on each other", "");
                return None;
            }
            self.open += 1;
            let found = choice
                .into_iter()
                .find_map(|demand| self.expand(kind, whole, vec![demand], atoms.clone(), choices.clone()));
            self.open -= 1;
            return found;
        }
        let found = match kind {
            Kind::Null => Some(Value::Null),
            Kind::Boolean => [false, true]
                .into_iter()
                .find(|value| !atoms.not_values.contains(&value.to_string()))
                .map(Value::Bool),
            Kind::Number => self.number(&atoms),
            Kind::String => self.string(&atoms).map(Value::String),
            Kind::Array => self.array(&atoms),
            Kind::Object => self.object(&atoms),
        };
        let found =
            found.filter(|value| kind != Kind::Null || !atoms.not_values.contains(&value.to_string()));
        match atoms.opaque.first() {
            Some((reason, place)) if found.is_some() => {
                self.leave_out(reason, place);
                None
            }
            _ => found,
        }
    }

    /// Of some values the first that meets all demands, the shortest first.
    fn among(&mut self, kind: Kind, values: &BTreeSet<String>, whole: &[Demand]) -> Option<Value> {
        let mut sorted: Vec<&String> = values.iter().collect();
        sorted.sort_by_key(|text| (text.len(), *text));
        for text in sorted {
            let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
            if Kind::of(&value) != kind || !self.step() {
                continue;
            }
            let mut is_met = Some(true);
            for (id, sign) in whole {
                let (accepted, taken) = accepts(self.arena, *id, &value);
                self.steps = self.steps.saturating_sub(taken);
                match accepted {
                    Some(accepted) if accepted == *sign => {}
                    Some(_) => {
                        is_met = Some(false);
                        break;
                    }
                    None => is_met = None,
                }
            }
            match is_met {
                Some(true) => return Some(value),
                Some(false) => {}
                None => self.leave_out("a value cannot be judged", ""),
            }
        }
        None
    }

    /// The value is none of these.
    fn exclude(&mut self, kind: Kind, values: &[String], atoms: &mut Atoms, pending: &mut Vec<Demand>) {
        if !matches!(kind, Kind::Array | Kind::Object) {
            atoms.not_values.extend(values.iter().cloned());
            return;
        }
        for text in values.iter().take(MAX_EXCLUDED) {
            match serde_json::from_str(text) {
                Ok(value) if Kind::of(&value) == kind => {
                    let same = self.same(&value);
                    pending.push((same, false));
                }
                _ => {}
            }
        }
        if values.len() > MAX_EXCLUDED {
            atoms.opaque.push(("too many values are excluded".to_owned(), String::new()));
        }
    }

    /// A node that accepts one array or object alone.
    fn same(&mut self, value: &Value) -> Id {
        let each = |this: &mut Self, value: &Value| this.arena.add(Node::Values(vec![canonical(value)]));
        let parts = match value {
            Value::Array(items) => {
                let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
                let first = items.iter().map(|item| each(self, item)).collect();
                let rest = self.arena.never();
                vec![
                    Node::Kind(Kind::Array),
                    Node::MinItems(count),
                    Node::MaxItems(count),
                    Node::Items(first, rest),
                ]
            }
            Value::Object(members) => {
                let named = members.iter().map(|(key, value)| (key.clone(), each(self, value))).collect();
                let rest = self.arena.never();
                let mut parts: Vec<Node> = members.keys().map(|key| Node::Required(key.clone())).collect();
                parts.push(Node::Kind(Kind::Object));
                parts.push(Node::Properties { named, patterns: Vec::new(), rest });
                parts
            }
            value => return each(self, value),
        };
        let parts = parts.into_iter().map(|part| self.arena.add(part)).collect();
        self.arena.all(parts)
    }
}

/// Whether a document has no more values than are `left`.
fn has_at_most(value: &Value, left: &mut usize) -> bool {
    // Long texts are large too.
    let own = 1 + value.as_str().map_or(0, |text| text.len() / BYTES_PER_VALUE);
    match left.checked_sub(own) {
        Some(fewer) => *left = fewer,
        None => return false,
    }
    match value {
        Value::Array(items) => items.iter().all(|item| has_at_most(item, left)),
        Value::Object(members) => members.values().all(|member| has_at_most(member, left)),
        _ => true,
    }
}

impl Atoms {
    /// Takes a demand about a type; false where it cannot be met.
    fn add(&mut self, node: &Node, id: Id, sign: bool, kind: Kind) -> bool {
        let about = match node {
            Node::Whole
            | Node::AtLeast(_)
            | Node::Above(_)
            | Node::AtMost(_)
            | Node::Below(_)
            | Node::MultipleOf(_) => Kind::Number,
            Node::MinLength(_) | Node::MaxLength(_) | Node::Pattern(_) => Kind::String,
            Node::MinItems(_)
            | Node::MaxItems(_)
            | Node::Unique
            | Node::Items(..)
            | Node::Contains { .. } => Kind::Array,
            Node::MinProperties(_)
            | Node::MaxProperties(_)
            | Node::Required(_)
            | Node::Properties { .. }
            | Node::Names(_) => Kind::Object,
            _ => kind,
        };
        if about != kind {
            // It holds for all other types.
            return sign;
        }
        match (node, sign) {
            (Node::Values(values), _) => {
                let values: BTreeSet<String> = values.iter().cloned().collect();
                self.values = Some(match self.values.take() {
                    Some(known) => known.intersection(&values).cloned().collect(),
                    None => values,
                });
            }
            (Node::Whole, true) => self.is_whole = true,
            (Node::Whole, false) => self.is_not_whole = true,
            (Node::AtLeast(limit), true) | (Node::Below(limit), false) => self.raise(*limit, false),
            (Node::Above(limit), true) | (Node::AtMost(limit), false) => self.raise(*limit, true),
            (Node::AtMost(limit), true) | (Node::Above(limit), false) => self.lower(*limit, false),
            (Node::Below(limit), true) | (Node::AtLeast(limit), false) => self.lower(*limit, true),
            (Node::MultipleOf(unit), true) => self.multiples.push(*unit),
            (Node::MultipleOf(unit), false) => self.not_multiples.push(*unit),
            (Node::MinLength(count) | Node::MinItems(count) | Node::MinProperties(count), true) => {
                self.least = self.least.max(*count);
            }
            (Node::MaxLength(count) | Node::MaxItems(count) | Node::MaxProperties(count), false) => {
                self.least = self.least.max(count.saturating_add(1));
            }
            (Node::MaxLength(count) | Node::MaxItems(count) | Node::MaxProperties(count), true) => {
                self.cap(*count);
            }
            (Node::MinLength(count) | Node::MinItems(count) | Node::MinProperties(count), false) => {
                match count.checked_sub(1) {
                    Some(count) => self.cap(count),
                    None => return false,
                }
            }
            (Node::Pattern(pattern), true) => drop(self.patterns.insert(pattern.clone())),
            (Node::Pattern(pattern), false) => drop(self.not_patterns.insert(pattern.clone())),
            (Node::Unique, true) => self.is_unique = true,
            (Node::Unique, false) => self.is_not_unique = true,
            (Node::Items(first, rest), true) => self.items.push((first.clone(), *rest)),
            (Node::Items(first, rest), false) => self.not_items.push((first.clone(), *rest)),
            (Node::Contains { item, least, most }, _) => self.contains.push((*item, *least, *most)),
            (Node::Required(name), true) => drop(self.required.insert(name.clone())),
            (Node::Required(name), false) => drop(self.forbidden.insert(name.clone())),
            (Node::Properties { .. }, true) => self.properties.push(id),
            (Node::Properties { .. }, false) => self.not_properties.push(id),
            (Node::Names(names), true) => self.names.push(*names),
            (Node::Names(names), false) => self.not_names.push(*names),
            (Node::Unknown(reason, place, _), _) => self.opaque.push((reason.clone(), place.clone())),
            (Node::Reference(name), _) => {
                self.opaque.push((format!("{name} was not read"), String::new()));
            }
            (Node::All(_) | Node::Any(_) | Node::Not(_) | Node::Kind(_), _) => {}
        }
        self.most.is_none_or(|most| self.least <= most)
            && self.patterns.is_disjoint(&self.not_patterns)
            && self.required.is_disjoint(&self.forbidden)
            && !(self.is_whole && self.is_not_whole)
            && !(self.is_unique && self.is_not_unique)
    }

    fn raise(&mut self, limit: Exact, strict: bool) {
        let is_higher = self.low.is_none_or(|(known, known_strict)| match limit.compare(known) {
            Some(std::cmp::Ordering::Greater) => true,
            Some(std::cmp::Ordering::Equal) => strict && !known_strict,
            _ => false,
        });
        if is_higher {
            self.low = Some((limit, strict));
        }
    }

    fn lower(&mut self, limit: Exact, strict: bool) {
        let is_lower = self.high.is_none_or(|(known, known_strict)| match limit.compare(known) {
            Some(std::cmp::Ordering::Less) => true,
            Some(std::cmp::Ordering::Equal) => strict && !known_strict,
            _ => false,
        });
        if is_lower {
            self.high = Some((limit, strict));
        }
    }

    fn cap(&mut self, count: u64) {
        self.most = Some(self.most.map_or(count, |most| most.min(count)));
    }
}
