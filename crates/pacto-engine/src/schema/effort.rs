//! What it costs to judge a document, counted before it is judged.
//!
//! References let a short schema unfold without end: along a chain, around a circle, or twice at every step. The
//! walk here goes where the evaluator would go and only counts, so that no schema can make it run for hours or
//! run out of stack. It counts rather too much than too little.

use std::collections::HashMap;
use std::sync::Arc;

use jsonschema::{Draft, Registry, Uri};
use pacto_contract::limits::MAX_REF_DEPTH;
use serde_json::{Map, Value};

/// Most steps that judging one document may take.
const MAX_STEPS: usize = 1_000_000;
/// Most steps after which every violation is still listed; beyond, only the verdict is given.
const MAX_LISTED_STEPS: usize = 100_000;
/// Most subschemas that may be open inside of each other.
const MAX_DEPTH: usize = 2_000;
/// A schema that unfolds to no more than this is walked once, when it is compiled.
const MAX_UNFOLDED: usize = 10_000;
/// States of a pattern times bytes of text that count as one step.
const STATES_PER_STEP: usize = 128;
/// Most states of all patterns in one file together; each takes about a hundred bytes.
const MAX_STATES: usize = 500_000;
/// States that every pattern costs, however short.
const STATES_PER_PATTERN: usize = 100;
/// States of a Unicode class such as `\p{L}`.
const STATES_PER_CLASS: usize = 150;
/// Steps for a pattern that has to try alternatives one after the other.
const BACKTRACKING_STEPS: usize = 1_000;

/// Counts the steps of judging a document by one schema.
#[derive(Debug)]
pub(super) struct Effort {
    registry: Registry<'static>,
    base: Uri<String>,
    draft: Draft,
    schema: Arc<Value>,
    /// The steps for a document in which everything applies once; `None` when they are too many.
    unfolded: Option<Count>,
}

/// Why a schema or a document is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// Too many steps.
    Steps,
    /// Too many subschemas inside of each other.
    Depth,
    /// Too many references that lead on from one to the next.
    Chain,
}

/// What a document costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// All violations may be listed.
    Low,
    /// Only the verdict may be asked for.
    High,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    steps: usize,
    states: usize,
    backtracking: usize,
}

/// What a subschema is applied to.
#[derive(Clone, Copy)]
enum Subject<'i> {
    /// Some document: everything in the schema applies.
    Any,
    Value(&'i Value),
    Key(&'i str),
}

impl Excess {
    pub(super) fn reason(self) -> String {
        match self {
            Self::Steps => format!("it takes more than {MAX_STEPS} steps"),
            Self::Depth => format!("its parts are more than {MAX_DEPTH} levels deep"),
            Self::Chain => format!("`$ref` leads through more than {MAX_REF_DEPTH} steps, or in a circle"),
        }
    }
}

impl Effort {
    /// Prepares counting.
    ///
    /// # Errors
    /// [`Excess::Chain`] when references lead on and on without ever applying to a part of the document.
    pub(super) fn new(
        registry: Registry<'static>,
        base: Uri<String>,
        draft: Draft,
        schema: Arc<Value>,
    ) -> Result<Self, Excess> {
        let mut effort = Self { registry, base, draft, schema, unfolded: None };
        effort.unfolded = match effort.walk(Subject::Any, MAX_UNFOLDED) {
            Ok(count) => Some(count),
            Err(Excess::Chain) => return Err(Excess::Chain),
            Err(Excess::Steps | Excess::Depth) => None,
        };
        Ok(effort)
    }

    /// The schema and all that it refers to.
    pub(super) fn registry(&self) -> &Registry<'static> {
        &self.registry
    }

    /// What judging `instance` costs.
    ///
    /// # Errors
    /// [`Excess`] when it costs too much to be done at all.
    pub(super) fn of(&self, instance: &Value) -> Result<Cost, Excess> {
        if let Some(unfolded) = self.unfolded {
            let size = Size::of(instance);
            let patterns = unfolded.states.saturating_mul(size.text_bytes) / STATES_PER_STEP;
            let backtracking =
                unfolded.backtracking.saturating_mul(size.texts).saturating_mul(BACKTRACKING_STEPS);
            let most = unfolded
                .steps
                .saturating_mul(size.nodes)
                .saturating_add(patterns)
                .saturating_add(backtracking);
            if most <= MAX_LISTED_STEPS {
                return Ok(Cost::Low);
            }
        }
        let count = self.walk(Subject::Value(instance), MAX_STEPS)?;
        Ok(if count.steps <= MAX_LISTED_STEPS { Cost::Low } else { Cost::High })
    }

    fn walk(&self, subject: Subject<'_>, limit: usize) -> Result<Count, Excess> {
        let mut count = Count::default();
        let mut targets = HashMap::new();
        let mut stack = vec![(&*self.schema, subject, self.registry.resolver(self.base.clone()), 0, 0)];
        while let Some((schema, subject, resolver, depth, chain)) = stack.pop() {
            count.steps += 1;
            let Value::Object(keywords) = schema else { continue };
            count.patterns(keywords, subject);
            if count.steps > limit {
                return Err(Excess::Steps);
            }
            if depth > MAX_DEPTH {
                return Err(Excess::Depth);
            }
            if chain > MAX_REF_DEPTH {
                return Err(Excess::Chain);
            }
            let resolver = if keywords.contains_key("$id") || keywords.contains_key("id") {
                let resource = self.draft.create_resource_ref(schema);
                resolver.in_subresource(resource).unwrap_or(resolver)
            } else {
                resolver
            };
            let references = ["$ref", "$dynamicRef", "$recursiveRef"];
            for reference in references.iter().filter_map(|key| keywords.get(*key)?.as_str()) {
                let place = (std::ptr::from_ref(schema), reference);
                let target = targets.entry(place).or_insert_with(|| {
                    let target = resolver.lookup(reference).ok()?;
                    Some((target.contents(), target.resolver().clone()))
                });
                if let Some((target, resolver)) = target {
                    stack.push((target, subject, resolver.clone(), depth + 1, chain + 1));
                }
            }
            // Which parts of a document are "unevaluated" is found by going through the alternatives again.
            let again = keywords.keys().filter(|key| key.starts_with("unevaluated")).count();
            for _ in 0..=again {
                in_place(keywords, &mut |part| {
                    stack.push((part, subject, resolver.clone(), depth + 1, chain));
                });
            }
            inside(keywords, subject, &mut |part, subject| {
                stack.push((part, subject, resolver.clone(), depth + 1, 0));
            });
        }
        Ok(count)
    }
}

impl Count {
    fn patterns(&mut self, keywords: &Map<String, Value>, subject: Subject<'_>) {
        let mut apply = |pattern: &str, text: Option<&str>| {
            // Look-around, references back, atomic and possessive groups: more than a finite automaton can do.
            let backtracks = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "\\k", "++", "*+", "?+"];
            let backtracks = backtracks.iter().any(|sign| pattern.contains(sign))
                || pattern.as_bytes().windows(2).any(|pair| matches!(pair, [b'\\', b'1'..=b'9']));
            match text {
                None => {
                    self.states = self.states.saturating_add(states(pattern));
                    self.backtracking += usize::from(backtracks);
                }
                Some(text) => {
                    let steps = states(pattern).saturating_mul(text.len()) / STATES_PER_STEP;
                    self.steps = self.steps.saturating_add(steps);
                    self.steps += usize::from(backtracks) * BACKTRACKING_STEPS;
                }
            }
        };
        if let Some(pattern) = keywords.get("pattern").and_then(Value::as_str) {
            match subject {
                Subject::Any => apply(pattern, None),
                Subject::Value(Value::String(text)) => apply(pattern, Some(text)),
                Subject::Key(text) => apply(pattern, Some(text)),
                Subject::Value(_) => {}
            }
        }
        for pattern in object(keywords, "patternProperties").map(|(pattern, _)| pattern) {
            match subject {
                Subject::Any => apply(pattern, None),
                Subject::Value(Value::Object(members)) => {
                    members.keys().for_each(|key| apply(pattern, Some(key)));
                }
                _ => {}
            }
        }
    }
}

/// Refuses a file whose patterns take more memory than there should be for a schema.
///
/// # Errors
/// Says so in words.
pub(super) fn check_patterns(document: &Value) -> Result<(), String> {
    let mut sum = 0_usize;
    let mut stack = vec![document];
    while let Some(value) = stack.pop() {
        match value {
            Value::Object(members) => {
                let texts = members.get("pattern").and_then(Value::as_str).into_iter();
                let patterns =
                    texts.chain(object(members, "patternProperties").map(|(pattern, _)| pattern.as_str()));
                for pattern in patterns {
                    sum = sum.saturating_add(states(pattern)).saturating_add(STATES_PER_PATTERN);
                }
                stack.extend(members.values());
            }
            Value::Array(elements) => stack.extend(elements),
            _ => {}
        }
    }
    if sum > MAX_STATES {
        Err(format!("its patterns have about {sum} states, more than {MAX_STATES}"))
    } else {
        Ok(())
    }
}

/// About as many states as the automaton of `pattern` has: its characters, as often as they are repeated.
fn states(pattern: &str) -> usize {
    let mut characters = pattern.chars();
    // For every open group: its states so far, and those of its last part.
    let mut open = vec![(0_usize, 0_usize)];
    while let Some(character) = characters.next() {
        let part = match character {
            '(' => {
                open.push((0, 0));
                continue;
            }
            ')' if open.len() > 1 => open.pop().map_or(0, |(sum, last)| sum.saturating_add(last)),
            '{' => {
                let bounds: String = characters.by_ref().take_while(|next| *next != '}').collect();
                let most = bounds.rsplit(',').find_map(|bound| bound.trim().parse().ok()).unwrap_or(1);
                if let Some((_, last)) = open.last_mut() {
                    *last = last.saturating_mul(most);
                }
                continue;
            }
            '[' => {
                while let Some(inner) = characters.next() {
                    match inner {
                        ']' => break,
                        '\\' => drop(characters.next()),
                        _ => {}
                    }
                }
                1
            }
            '\\' => {
                let letter = characters.next();
                let class = matches!(letter, Some('p' | 'P')) && characters.as_str().starts_with('{');
                let name_ends = class && characters.by_ref().any(|next| next == '}');
                if name_ends { STATES_PER_CLASS } else { 1 }
            }
            _ => 1,
        };
        if let Some((sum, last)) = open.last_mut() {
            *sum = sum.saturating_add(*last);
            *last = part;
        }
    }
    open.iter().fold(0, |total, (sum, last)| total.saturating_add(*sum).saturating_add(*last))
}

fn list<'s>(keywords: &'s Map<String, Value>, key: &str) -> impl Iterator<Item = &'s Value> {
    keywords.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn object<'s>(keywords: &'s Map<String, Value>, key: &str) -> impl Iterator<Item = (&'s String, &'s Value)> {
    keywords.get(key).and_then(Value::as_object).into_iter().flatten()
}

/// Subschemas that apply to the same value.
fn in_place<'s>(keywords: &'s Map<String, Value>, visit: &mut impl FnMut(&'s Value)) {
    for key in ["allOf", "anyOf", "oneOf"] {
        list(keywords, key).for_each(&mut *visit);
    }
    for key in ["dependentSchemas", "dependencies"] {
        object(keywords, key).for_each(|(_, part)| visit(part));
    }
    for key in ["not", "if", "then", "else"] {
        keywords.get(key).into_iter().for_each(&mut *visit);
    }
}

/// Subschemas that apply to the members, elements and keys of the value.
fn inside<'s, 'i>(
    keywords: &'s Map<String, Value>,
    subject: Subject<'i>,
    visit: &mut impl FnMut(&'s Value, Subject<'i>),
) {
    const OF_MEMBERS: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];
    const OF_ELEMENTS: [&str; 4] = ["items", "additionalItems", "contains", "unevaluatedItems"];
    match subject {
        Subject::Any => {
            for key in ["properties", "patternProperties"] {
                object(keywords, key).for_each(|(_, part)| visit(part, subject));
            }
            for key in ["prefixItems", "items"] {
                list(keywords, key).for_each(|part| visit(part, subject));
            }
            let rest = OF_MEMBERS.iter().chain(&OF_ELEMENTS).chain(&["propertyNames"]);
            rest.filter_map(|key| keywords.get(*key)).for_each(|part| visit(part, subject));
        }
        Subject::Value(Value::Object(members)) => {
            for (name, part) in object(keywords, "properties") {
                if let Some(member) = members.get(name) {
                    visit(part, Subject::Value(member));
                }
            }
            for (key, member) in members {
                let patterns = object(keywords, "patternProperties").map(|(_, part)| part);
                let rest = OF_MEMBERS.iter().filter_map(|key| keywords.get(*key));
                patterns
                    .chain(rest.filter(|part| part.is_object()))
                    .for_each(|part| visit(part, Subject::Value(member)));
                if let Some(part) = keywords.get("propertyNames") {
                    visit(part, Subject::Key(key));
                }
            }
        }
        Subject::Value(Value::Array(elements)) => {
            // `items` is a list in older drafts.
            for key in ["prefixItems", "items"] {
                let pairs = list(keywords, key).zip(elements);
                pairs.for_each(|(part, element)| visit(part, Subject::Value(element)));
            }
            for part in
                OF_ELEMENTS.iter().filter_map(|key| keywords.get(*key)).filter(|part| part.is_object())
            {
                for element in elements {
                    visit(part, Subject::Value(element));
                }
            }
        }
        Subject::Value(_) | Subject::Key(_) => {}
    }
}

#[derive(Default)]
struct Size {
    nodes: usize,
    texts: usize,
    text_bytes: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        let mut size = Self::default();
        let mut stack = vec![value];
        while let Some(value) = stack.pop() {
            size.nodes += 1;
            match value {
                Value::String(text) => size.text(text),
                Value::Array(elements) => stack.extend(elements),
                Value::Object(members) => {
                    for (key, member) in members {
                        // A key may be judged as a value of its own.
                        size.nodes += 1;
                        size.text(key);
                        stack.push(member);
                    }
                }
                _ => {}
            }
        }
        size
    }

    fn text(&mut self, text: &str) {
        self.texts += 1;
        self.text_bytes += text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::states;

    #[test]
    fn states_follow_the_repetitions() {
        for (pattern, expected) in [
            ("", 0),
            ("^ab$", 4),
            ("a{3}", 3),
            ("a{1,50}", 50),
            ("a{2,}", 2),
            ("([ab]{1,50}){1,100}c", 5_001),
            ("(a{1000}){1000}b{5}", 1_000_005),
            ("\\p{L}{4}\\{x", 602),
            ("[^\\]{9}]{3}", 3),
            ("(((", 0),
            ("a)", 2),
            ("{2}", 0),
        ] {
            assert_eq!(states(pattern), expected, "{pattern}");
        }
        assert_eq!(states(&"(".repeat(100_000)), 0);
        assert_eq!(states(&"a{99999999}".repeat(3)), 299_999_997);
    }
}
