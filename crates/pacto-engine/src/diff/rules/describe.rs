//! What a rule says, by its id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{CONTRACT_RULES, FACT_RULES, PROTO_RULES, ProtoLevel, contract_rule, fact_rule};
use crate::diff::change::{ChangeType, Classification, Direction};
use crate::diff::fact::{Area, Bound, Keyword, Kind};

/// A rule of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Stable id.
    pub rule_id: String,
    /// Its class. A document that shows a break makes a caution breaking; a proof that nobody notices makes it harmless.
    pub classification: Classification,
    /// What it is about.
    pub place: String,
    /// What it says, with X for what was and Y for what is.
    pub meaning: String,
    /// Why it has its class.
    pub why: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The class is a caution, not a judgement.
    pub is_caution: bool,
}

/// Where facts stand, with which way data goes there and what it is called.
const AREAS: [(Area, Option<Direction>, &str); 13] = [
    (Area::Contract, None, "the contract"),
    (Area::Document, None, "all operations of an interface"),
    (Area::Operation, None, "an operation"),
    (Area::Parameter, Some(Direction::Received), "a parameter of a request"),
    (Area::RequestBody, Some(Direction::Received), "the body of a request"),
    (Area::ResponseBody, Some(Direction::Produced), "the body of a response"),
    (Area::ResponseHeader, Some(Direction::Produced), "a header of a response"),
    (Area::Configuration, Some(Direction::Received), "configuration that the service needs"),
    (Area::OfferedConfiguration, Some(Direction::Produced), "configuration that a platform offers"),
    (Area::Policy, Some(Direction::Received), "a policy that contracts must satisfy"),
    (Area::Channel, None, "a channel of events"),
    (Area::SentMessage, Some(Direction::Produced), "a message that the service sends"),
    (Area::ReceivedMessage, Some(Direction::Received), "a message that the service receives"),
];

/// All rules by their ids.
pub fn all() -> BTreeMap<String, Rule> {
    let mut rules = BTreeMap::new();
    for row in CONTRACT_RULES {
        let types = [
            (ChangeType::Added, row.added),
            (ChangeType::Removed, row.removed),
            (ChangeType::Modified, row.modified),
        ];
        // What the table does not list has a class all the same, but inside an operation, where the findings decide.
        for (change_type, _) in types.into_iter().filter(|(_, class)| class.is_some() || row.is_floor) {
            let rule = contract_rule(row.base, change_type);
            rules.entry(rule.id.clone()).or_insert_with(|| Rule {
                rule_id: rule.id.clone(),
                classification: rule.classification,
                place: format!("`{}` of the contract", row.base),
                meaning: format!("`{}` was {}", row.base, change_type.as_str()),
                why: row.why.to_owned(),
                hint: rule.hint.map(str::to_owned),
                is_caution: rule.classification == Classification::PotentialBreaking,
            });
        }
    }
    let bounds =
        Bound::ALL.into_iter().flat_map(|bound| [Kind::BoundTightened(bound), Kind::BoundLoosened(bound)]);
    let keywords = Keyword::ALL.into_iter().flat_map(|(keyword, ..)| {
        [Kind::KeywordAdded(keyword), Kind::KeywordRemoved(keyword), Kind::KeywordModified(keyword)]
    });
    for kind in FACT_RULES.iter().map(|row| row.kind).chain(bounds).chain(keywords) {
        for (area, direction, place) in AREAS {
            for (is_nested, had, has) in [
                (false, true, true),
                (false, false, true),
                (false, true, false),
                (true, true, true),
                (true, false, true),
                (true, true, false),
            ] {
                let rule = fact_rule(kind, area, direction, is_nested, had, has);
                let place = if is_nested { format!("a property in {place}") } else { place.to_owned() };
                rules.entry(rule.id.clone()).or_insert_with(|| Rule {
                    rule_id: rule.id,
                    classification: rule.classification,
                    meaning: super::message(rule.text, "…", Some("X"), Some("Y")),
                    why: why(rule.classification, direction, rule.is_undecided).to_owned(),
                    hint: Some(rule.hint.to_owned()).filter(|hint| {
                        !hint.is_empty() && rule.classification != Classification::NonBreaking
                    }),
                    is_caution: rule.is_undecided,
                    place,
                });
            }
        }
    }
    for row in PROTO_RULES {
        let levels: Vec<_> = row.levels.iter().map(|level| format!("`{}`", level.as_str())).collect();
        let at_default = row.levels.contains(&ProtoLevel::default());
        let classification = if at_default { Classification::Breaking } else { row.otherwise };
        rules.entry(row.id.to_owned()).or_insert_with(|| Rule {
            rule_id: row.id.to_owned(),
            classification,
            place: "a `.proto` file".to_owned(),
            meaning: super::message(row.text, "…", Some("X"), Some("Y")),
            why: match levels.as_slice() {
                [] => why(classification, None, false).to_owned(),
                levels => format!(
                    "it is BREAKING at the level {} (`--proto-level`, without it `{}`) and {} at others",
                    levels.join(", "),
                    ProtoLevel::default().as_str(),
                    row.otherwise.as_str()
                ),
            },
            hint: Some(row.hint.to_owned()).filter(|hint| !hint.is_empty()),
            is_caution: !at_default && row.otherwise == Classification::PotentialBreaking,
        });
    }
    rules
}

/// The id of a rule that is most like `id`.
pub fn nearest(id: &str) -> Option<String> {
    let likeness = |known: String| (strsim::jaro_winkler(&known, id), known);
    let known = all().into_keys().map(likeness);
    known.max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, known)| known)
}

fn why(class: Classification, direction: Option<Direction>, is_undecided: bool) -> &'static str {
    match (class, direction) {
        _ if is_undecided => {
            "what it means for others is not decided by its form; where a document shows a break, it is one"
        }
        (Classification::NonBreaking, _) => "whoever keeps to the old contract notices nothing",
        (Classification::PotentialBreaking, _) => "whoever relies on more than the contract says may notice",
        (_, Some(Direction::Received)) => {
            "what a service receives must accept everything that it accepted before"
        }
        (_, Some(Direction::Produced)) => "what a service sends must stay within what it promised",
        (_, None) => "whoever keeps to the old contract fails",
    }
}
