//! Whether anybody notices that two schemas differ: a question about the documents that they accept.

use schema_inclusion::{Answer, Part, Questions};

use super::compare::{SchemaComparison, SchemaFact, is_word};
use super::gathered::{Flow, Gathered, Reading, is_of_sets};
use super::normal::Dialect;
use crate::diff::change::{Classification, Direction};
use crate::diff::documents::Located;
use crate::diff::fact::{Area, Fact, Kind, Verdict};

/// Most steps of one question.
const STEPS_OF_ONE: u32 = 50_000;
/// Most steps of all questions about the same files that go the same way.
const STEPS_OF_ALL: u32 = 1_000_000;

/// Most facts of one pair of schemas that are asked about: of more, one document shows little.
const MAX_FACTS: usize = 300;

/// Which documents are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::diff) enum Documents {
    /// All of them.
    All,
    /// Those without properties that nobody described.
    Described,
}

/// Which way documents go, and which of them are asked about.
pub(in crate::diff) type Question = (Flow, Direction, Documents);

/// What is known of the schemas of two versions of some files, for documents that go one way.
#[derive(Debug)]
pub(in crate::diff) struct Asked {
    old: Gathered,
    new: Gathered,
    questions: Questions,
    steps: u32,
    documents: Documents,
}

/// Asks what the facts together mean. What is received has to accept all that was accepted before; what is produced has
/// to stay within what was promised.
pub(super) fn prove(
    old: Located<'_>,
    new: Located<'_>,
    comparison: SchemaComparison<'_>,
    facts: &mut [SchemaFact],
) {
    let changes_type = |kind| {
        matches!(
            kind,
            Kind::TypeWidened
                | Kind::TypesWidened
                | Kind::TypeNarrowed
                | Kind::TypesNarrowed
                | Kind::TypeChanged
        )
    };
    if facts.len() > MAX_FACTS
        || facts.iter().all(|found| !concerns_sets(&found.fact))
        || comparison.is_text && facts.iter().any(|found| changes_type(found.fact.kind))
    {
        return;
    }
    let mut all = old.asked();
    let mut ask = |documents: Documents| {
        let asked = all
            .entry((flow(comparison), comparison.direction, documents))
            .or_insert_with(|| Asked::new(old, new, comparison, documents));
        asked.ask(old, new, comparison.direction)
    };
    let answer = ask(Documents::All);
    // A document may have what only one side describes; whether that is why it is refused, one without it shows.
    let answer = match &answer {
        Some((Answer::NotIncluded { place, .. }, _)) if shown_by(facts, place, Documents::All).is_none() => {
            let natural = ask(Documents::Described);
            let natural = natural.map(|(answer, reading)| (answer, reading, Documents::Described));
            natural.filter(|(answer, ..)| matches!(answer, Answer::NotIncluded { .. }))
        }
        _ => answer.map(|(answer, reading)| (answer, reading, Documents::All)),
    };
    match answer {
        Some((Answer::Included, reading, _)) if !reading.is_loose => {
            // Formats and the like are no part of the question, and nobody compared those of the alternatives.
            let is_open = |kind: Kind| matches!(kind, Kind::AlternativesChanged | Kind::WrappedInOneOf);
            let is_kept = |found: &SchemaFact| !(reading.has_formats && is_open(found.fact.kind));
            for found in facts
                .iter_mut()
                .filter(|found| !found.is_idle && concerns_sets(&found.fact) && is_kept(found))
            {
                found.fact.verdict = Some(Verdict::Kept);
            }
        }
        Some((Answer::NotIncluded { witness, place }, reading, documents)) => {
            if let Some(index) = shown_by(facts, &place, documents)
                && let Some(found) = facts.get_mut(index)
            {
                let is_harmless = found.fact.rule().classification == Classification::NonBreaking;
                found.fact.verdict = Some(if reading.is_loose && is_harmless {
                    Verdict::Doubted(witness)
                } else {
                    Verdict::Broken(witness)
                });
            }
        }
        Some((Answer::Included | Answer::Undecided { .. }, ..)) | None => {}
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
    fn new(
        old: Located<'_>,
        new: Located<'_>,
        comparison: SchemaComparison<'_>,
        documents: Documents,
    ) -> Self {
        let flow = flow(comparison);
        let (before, after) = (dialect(comparison.old_dialect, old), dialect(comparison.new_dialect, new));
        let questions = match comparison.direction {
            Direction::Received => Questions::new(before, after),
            Direction::Produced => Questions::new(after, before),
        };
        let old = Gathered::new(flow, comparison.old_dialect, before);
        let new = Gathered::new(flow, comparison.new_dialect, after);
        let (old, new) = match comparison.direction {
            Direction::Received => (old.source(), new),
            Direction::Produced => (old, new.source()),
        };
        let (old, new) = match (documents, comparison.direction) {
            (Documents::All, _) => (old, new),
            (Documents::Described, Direction::Received) => (old.closed(), new),
            (Documents::Described, Direction::Produced) => (old, new.closed()),
        };
        Self { old, new, questions, steps: STEPS_OF_ALL, documents }
    }

    /// The answer, and whether "included" says little: see [`Reading::is_loose`]; also where nothing is accepted at all.
    fn ask(&mut self, old: Located<'_>, new: Located<'_>, direction: Direction) -> Option<(Answer, Reading)> {
        let steps = self.steps.min(STEPS_OF_ONE);
        if steps == 0 {
            return None;
        }
        let ((before, before_uses), (after, after_uses)) = (self.old.schema(old)?, self.new.schema(new)?);
        if before_uses.is_foreign || after_uses.is_foreign {
            return None;
        }
        let left_uses = if direction == Direction::Received { before_uses } else { after_uses };
        // There the documents that are left out would not be fewer.
        if self.documents == Documents::Described && left_uses.is_mixed {
            return None;
        }
        let before = Part { schema: &before, root: self.old.document() };
        let after = Part { schema: &after, root: self.new.document() };
        let (left, right) = match direction {
            Direction::Received => (before, after),
            Direction::Produced => (after, before),
        };
        let (answer, taken) = self.questions.included(left, right, steps);
        self.steps = self.steps.saturating_sub(taken);
        let mut reading = Reading {
            is_loose: before_uses.is_loose || after_uses.is_loose,
            has_formats: before_uses.has_formats || after_uses.has_formats,
            ..Reading::default()
        };
        if answer == Answer::Included && !reading.is_loose {
            let (is_inhabited, taken) = self.questions.is_inhabited(left, self.steps.min(STEPS_OF_ONE));
            self.steps = self.steps.saturating_sub(taken);
            reading.is_loose = !is_inhabited;
        }
        Some((answer, reading))
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

/// The fact that a witness shows: the only one that can be, or the one about the place where fault is found.
fn shown_by(facts: &[SchemaFact], place: &str, documents: Documents) -> Option<usize> {
    let (mut breaking, mut open, mut harmless, mut others) = (Vec::new(), Vec::new(), Vec::new(), false);
    for (index, found) in facts.iter().enumerate() {
        let rule = found.fact.rule();
        // What was not described is not in these documents.
        let is_missing = documents == Documents::Described
            && matches!(found.fact.kind, Kind::PropertyAddedOptional | Kind::OptionalPropertyRemoved);
        if is_beside_sets(found.fact.kind) || found.is_idle || is_missing {
            continue;
        }
        if rule.classification == Classification::Breaking && can_be_shown(&found.fact) {
            breaking.push(index);
        } else if rule.is_undecided && concerns_sets(&found.fact) {
            open.push(index);
        } else if rule.classification == Classification::NonBreaking && concerns_sets(&found.fact) {
            harmless.push(index);
        } else {
            others = true;
        }
    }
    let all = breaking.len() + open.len() + harmless.len();
    let is_breaking = !breaking.is_empty();
    let seeming = harmless.clone();
    let candidates = match (is_breaking, open.is_empty()) {
        (true, _) => breaking,
        (false, false) => open,
        // All of it looked harmless, and a document shows that it is not.
        (false, true) if !others => harmless,
        (false, true) => return None,
    };
    if let ([only], 1, false) = (candidates.as_slice(), all, others) {
        return Some(*only);
    }
    let stands_there = |index: &usize| facts.get(*index).is_some_and(|found| is_at(&found.path, place));
    let mut there = candidates.iter().copied().filter(stands_there);
    let first = there.next();
    // Of keywords that nobody judged the first stands for all at that place.
    if first.is_some() && (!is_breaking || there.next().is_none()) {
        return first;
    }
    // What looked harmless there is closer than what nobody judged elsewhere.
    if !is_breaking && let Some(index) = seeming.iter().copied().find(stands_there) {
        return Some(index);
    }
    // A document that nobody claims must not be lost.
    candidates.first().copied().filter(|_| !is_breaking && !others)
}

/// Whether a document can show that a fact breaks.
fn can_be_shown(fact: &Fact) -> bool {
    concerns_sets(fact)
        || matches!(
            fact.kind,
            Kind::RequiredPropertyRemoved
                | Kind::OptionalPropertyRemoved
                | Kind::PropertyRemovedFromClosed
                | Kind::PropertyAddedRequiredWithDefault
                | Kind::PropertyBecameRequiredWithDefault
        )
}

/// Whether a property path is that of a place in a document.
fn is_at(path: &[String], place: &str) -> bool {
    let steps: Vec<&str> = place.strip_prefix('/').map(|rest| rest.split('/').collect()).unwrap_or_default();
    // Where no alternative fits, fault is found with all of them together.
    let path: Vec<&String> = path.iter().take_while(|step| !step.starts_with('(')).collect();
    let fits = |(step, found): (&&String, &&str)| match step.as_str() {
        "[]" => found.parse::<usize>().is_ok(),
        step if step.starts_with('[') => step.trim_matches(['[', ']']) == *found,
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
                | Kind::DefaultAdded
                | Kind::DefaultRemoved
                | Kind::ExtensibleEnumValueRemoved
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

/// A pattern that matches everything is not among them: it may refuse texts of several lines, and nobody means that.
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
            | Kind::TypesWidened
            | Kind::TypesNarrowed
            | Kind::ConstAdded
            | Kind::ConstRemoved
            | Kind::ConstChanged
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
            | Kind::WrappedInOneOf
    )
}
