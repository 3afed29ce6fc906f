//! What a rule says, by its id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::contract::happens;
use super::place::{PLACES, kinds, rules_at};
use super::{CONTRACT_RULES, FactRule, PROTO_RULES, ProtoLevel, contract_rule};
use crate::diff::change::{ChangeType, Classification, Direction};

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

/// All rules that can fire, by their ids.
pub fn all() -> BTreeMap<String, Rule> {
    let mut rules = BTreeMap::new();
    for row in CONTRACT_RULES {
        let types = [
            (ChangeType::Added, row.added),
            (ChangeType::Removed, row.removed),
            (ChangeType::Modified, row.modified),
        ];
        for (change_type, _) in types.into_iter().filter(|(kind, class)| happens(row, *kind, *class)) {
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
    for kind in kinds() {
        for place in PLACES {
            for is_nested in [false, true] {
                for rule in rules_at(kind, place, is_nested) {
                    let name = place.name;
                    let words = if is_nested { format!("a property in {name}") } else { name.to_owned() };
                    rules.entry(rule.id.clone()).or_insert_with(|| describe(rule, place.direction, words));
                }
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

fn describe(rule: FactRule, direction: Option<Direction>, place: String) -> Rule {
    let is_harmless = rule.classification == Classification::NonBreaking;
    Rule {
        rule_id: rule.id,
        classification: rule.classification,
        meaning: super::message(rule.text, "…", Some("X"), Some("Y")),
        why: why(rule.classification, direction, rule.is_undecided).to_owned(),
        hint: Some(rule.hint.to_owned()).filter(|hint| !hint.is_empty() && !is_harmless),
        is_caution: rule.is_undecided,
        place,
    }
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
