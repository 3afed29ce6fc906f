//! The declared production readiness (formats 1.1 and 1.2) as a score.

use pacto_contract::yaml::Node;
use pacto_contract::{Contract, Pointer};

use super::check::Check;
use super::kind::{CheckKind, Reason};

/// Score that is enough where the contract does not say, of 100.
const DEFAULT_MIN_SCORE: f64 = 100.0;
/// Part of the weight that a partly done item earns where the contract does not say.
const DEFAULT_PARTIAL_CREDIT: f64 = 0.5;

pub(super) fn check(contract: &Contract, today: Option<&str>) -> Option<Check> {
    let readiness = contract.readiness.as_ref()?;
    let items = ["checks", "claims"].into_iter().find_map(|key| readiness.get(key)?.as_sequence())?;
    if items.is_empty() {
        return None;
    }
    let kind = CheckKind::ReadinessSatisfied;
    let at = Pointer::root().key("readiness");
    if let Some(day) = expired(readiness, today) {
        let message = format!("the assessment of readiness was good until {day}");
        let help = "assess the service anew and move the date";
        return Some(Check::fails(kind, Reason::Expired, &at.key("expires"), message).with_help(help));
    }
    let score = score(readiness, items, today);
    let enough = number(readiness.get("minScore")).unwrap_or(DEFAULT_MIN_SCORE);
    if score >= enough {
        let message = format!("readiness is {score} of 100, and {enough} is enough");
        return Some(Check::holds(kind, Reason::Satisfied, &at, message));
    }
    let message = format!("readiness is {score} of 100, and {enough} is asked for");
    let help = "finish what is open in the list of the contract";
    Some(Check::fails(kind, Reason::BelowMinScore, &at, message).with_help(help))
}

/// Whole points of 100, half a point upwards; what was put off does not count.
fn score(readiness: &Node, items: &[Node], today: Option<&str>) -> f64 {
    let credit = number(readiness.get("partialCredit")).unwrap_or(DEFAULT_PARTIAL_CREDIT);
    let (mut earned, mut total) = (0.0, 0.0);
    for item in items {
        let weight = number(item.get("weight")).unwrap_or_default();
        let status = item.get("status").and_then(Node::as_str).unwrap_or_default();
        if status == "deferred" {
            continue;
        }
        total += weight;
        earned += match status {
            _ if expired(item, today).is_some() => 0.0,
            "done" => weight,
            "partial" => (weight * credit).round(),
            _ => 0.0,
        };
    }
    if total > 0.0 { (100.0 * earned / total).round() } else { 100.0 }
}

/// The day that is over, where there is one. Days are compared as text, which is right for `YYYY-MM-DD`.
fn expired<'a>(node: &'a Node, today: Option<&str>) -> Option<&'a str> {
    let day = node.get("expires")?.scalar_text()?;
    (today? > day).then_some(day)
}

fn number(node: Option<&Node>) -> Option<f64> {
    node?.scalar_text()?.parse().ok().filter(|number: &f64| number.is_finite())
}
