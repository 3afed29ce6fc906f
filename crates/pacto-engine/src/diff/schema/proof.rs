//! Whether anybody notices that two schemas differ: a question about the documents that they accept.

use schema_inclusion::{Answer, Part, Questions};

use super::compare::{SchemaComparison, SchemaFact, is_word};
use super::gathered::{Flow, Gathered, is_of_sets};
use super::normal::Dialect;
use crate::diff::change::{Classification, Direction};
use crate::diff::documents::Located;
use crate::diff::fact::{Area, Fact, Kind, Verdict};
use crate::diff::rules::{self, FactRule};

/// Most steps of one question.
const STEPS_OF_ONE: u32 = 50_000;
/// Most steps of all questions about the same files that go the same way.
const STEPS_OF_ALL: u32 = 1_000_000;

/// Most facts of one pair of schemas that are asked about: of more, one document shows little.
const MAX_FACTS: usize = 300;

/// What is known of the schemas of two versions of some files, for documents that go one way.
#[derive(Debug)]
pub(in crate::diff) struct Asked {
    old: Gathered,
    new: Gathered,
    questions: Questions,
    steps: u32,
}

/// Asks what the facts together mean. What is received has to accept all that was accepted before; what is produced has
/// to stay within what was promised.
pub(super) fn prove(
    old: Located<'_>,
    new: Located<'_>,
    comparison: SchemaComparison<'_>,
    facts: &mut [SchemaFact],
) {
    let is_text = matches!(comparison.area, Area::Parameter | Area::ResponseHeader);
    // On the wire these are texts: a number and a text that looks like one are the same.
    let changes_type = |kind| matches!(kind, Kind::TypeWidened | Kind::TypeNarrowed | Kind::TypeChanged);
    if facts.len() > MAX_FACTS
        || facts.iter().all(|found| !concerns_sets(&found.fact))
        || is_text && facts.iter().any(|found| changes_type(found.fact.kind))
    {
        return;
    }
    let mut all = old.asked();
    let asked = all.entry(flow(comparison)).or_insert_with(|| Asked::new(old, new, comparison));
    match asked.ask(old, new, comparison.direction) {
        Some((Answer::Included, false)) => {
            for found in facts.iter_mut().filter(|found| !found.is_idle && concerns_sets(&found.fact)) {
                found.fact.verdict = Some(Verdict::Kept);
            }
        }
        Some((Answer::NotIncluded { witness, place }, _)) => {
            if let Some(index) = shown_by(facts, &place)
                && let Some(found) = facts.get_mut(index)
            {
                found.fact.verdict = Some(Verdict::Broken(witness));
            }
        }
        // Objects may have properties that nobody described, so one of several alternatives accepts nearly everything that
        // another one describes. Nobody means that by a list of alternatives.
        Some((Answer::Included, true) | (Answer::Undecided { .. }, _)) | None => {}
    }
}

fn flow(comparison: SchemaComparison<'_>) -> Flow {
    match (comparison.area, comparison.direction) {
        (Area::RequestBody | Area::Parameter, Direction::Received) => Flow::Request,
        (Area::ResponseBody, Direction::Produced) => Flow::Response,
        _ => Flow::Whole,
    }
}

impl Asked {
    fn new(old: Located<'_>, new: Located<'_>, comparison: SchemaComparison<'_>) -> Self {
        let flow = flow(comparison);
        let (before, after) = (dialect(comparison.old_dialect, old), dialect(comparison.new_dialect, new));
        let questions = match comparison.direction {
            Direction::Received => Questions::new(before, after),
            Direction::Produced => Questions::new(after, before),
        };
        Self {
            old: Gathered::new(flow, comparison.old_dialect),
            new: Gathered::new(flow, comparison.new_dialect),
            questions,
            steps: STEPS_OF_ALL,
        }
    }

    /// The answer, and whether one of the schemas has a choice between objects.
    fn ask(&mut self, old: Located<'_>, new: Located<'_>, direction: Direction) -> Option<(Answer, bool)> {
        let steps = self.steps.min(STEPS_OF_ONE);
        if steps == 0 {
            return None;
        }
        let ((before, old_chooses), (after, new_chooses)) = (self.old.schema(old)?, self.new.schema(new)?);
        let before = Part { schema: &before, root: self.old.document() };
        let after = Part { schema: &after, root: self.new.document() };
        let (left, right) = match direction {
            Direction::Received => (before, after),
            Direction::Produced => (after, before),
        };
        let (answer, taken) = self.questions.included(left, right, steps);
        self.steps = self.steps.saturating_sub(taken);
        Some((answer, old_chooses || new_chooses))
    }
}

fn dialect(known: Dialect, schema: Located<'_>) -> schema_inclusion::Dialect {
    let usual = schema_inclusion::Dialect::Draft202012;
    match known {
        Dialect::OpenApi3_0 => schema_inclusion::Dialect::OpenApi30,
        Dialect::JsonSchema => {
            let named = schema.of_file("$schema");
            named.map_or(usual, |name| {
                schema_inclusion::Dialect::of(&serde_json::json!({"$schema": name}), usual)
            })
        }
    }
}

fn rule(fact: &Fact) -> FactRule {
    rules::fact_rule(
        fact.kind,
        fact.area,
        fact.direction,
        fact.nested,
        fact.old.is_some(),
        fact.new.is_some(),
    )
}

/// The fact that a witness shows. Where there are several, the one about the place where fault is found; none where that
/// leaves a choice.
fn shown_by(facts: &[SchemaFact], place: &str) -> Option<usize> {
    let (mut breaking, mut open, mut others) = (Vec::new(), Vec::new(), false);
    for (index, found) in facts.iter().enumerate() {
        let rule = rule(&found.fact);
        if rule.classification == Classification::Breaking {
            breaking.push(index);
        } else if rule.is_undecided && concerns_sets(&found.fact) {
            open.push(index);
        } else {
            let is_harmless = rule.classification == Classification::NonBreaking
                && concerns_sets(&found.fact)
                && !matches!(found.fact.kind, Kind::AlternativeAdded(_));
            others |= !is_harmless && !is_beside_sets(found.fact.kind);
        }
    }
    let is_open = breaking.is_empty();
    let candidates = if is_open { open } else { breaking };
    if let ([only], false) = (candidates.as_slice(), others) {
        return Some(*only);
    }
    let mut there = candidates
        .into_iter()
        .filter(|index| facts.get(*index).is_some_and(|found| is_at(&found.path, place)));
    // Of keywords that nobody judged the first stands for all at that place.
    there.next().filter(|_| is_open || there.next().is_none())
}

/// Whether a property path is that of a place in a document.
fn is_at(path: &[String], place: &str) -> bool {
    let steps: Vec<&str> = place.split('/').skip(1).collect();
    // Where no alternative fits, fault is found with all of them together.
    let path: Vec<&String> = path.iter().take_while(|step| !step.starts_with('(')).collect();
    let fits = |(step, found): (&&String, &&str)| match step.as_str() {
        "[]" => found.parse::<usize>().is_ok(),
        "*" => true,
        name => found.replace("~1", "/").replace("~0", "~") == name,
    };
    path.len() == steps.len() && path.iter().zip(&steps).all(fits)
}

/// Whether a fact says nothing about which documents are accepted.
fn is_beside_sets(kind: Kind) -> bool {
    is_word(kind)
        || matches!(
            kind,
            Kind::DefaultChanged
                | Kind::FormatChanged
                | Kind::FormatWidened
                | Kind::FormatNarrowed
                | Kind::Extension
        )
}

/// Whether a fact is about which documents are accepted, and about nothing else.
fn concerns_sets(fact: &Fact) -> bool {
    match fact.kind {
        // The keyword, or that there was too much to compare.
        Kind::KeywordChanged => fact.new.as_deref().is_some_and(|key| is_of_sets(key) || key.contains(' ')),
        Kind::KeywordAdded(keyword) | Kind::KeywordRemoved(keyword) | Kind::KeywordModified(keyword) => {
            is_of_sets(keyword.keyword())
        }
        kind => is_kind_of_sets(kind),
    }
}

fn is_kind_of_sets(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TypeWidened
            | Kind::TypeNarrowed
            | Kind::TypeChanged
            | Kind::BecameNullable
            | Kind::BecameNotNullable
            | Kind::EnumValueAdded
            | Kind::EnumValueRemoved
            | Kind::BecameEnum
            | Kind::EnumDropped
            | Kind::BoundTightened(_)
            | Kind::BoundLoosened(_)
            | Kind::PatternAdded
            | Kind::PatternRemoved
            | Kind::PatternChanged
            | Kind::MultipleOfTightened
            | Kind::MultipleOfLoosened
            | Kind::UniqueItemsAdded
            | Kind::UniqueItemsRemoved
            | Kind::PropertyAddedRequired
            | Kind::PropertyAddedToClosed
            | Kind::PropertyBecameRequired
            | Kind::PropertyBecameOptional
            | Kind::ObjectClosed
            | Kind::ObjectOpened
            | Kind::AlternativeAdded(_)
            | Kind::AlternativeRemoved(_)
            | Kind::AlternativesChanged
    )
}
