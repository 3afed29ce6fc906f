//! The declared production readiness (formats 1.1 and 1.2) as a score.

use pacto_contract::yaml::Node;
use pacto_contract::{Contract, Pointer};

use super::check::Check;
use super::kind::{CheckKind, Reason};

/// Score that is enough where the contract does not say, of 100.
const DEFAULT_MIN_SCORE: f64 = 100.0;
/// Part of the weight that a partly done item earns where the contract does not say.
const DEFAULT_PARTIAL_CREDIT: f64 = 0.5;

/// Words for how far an item is.
const DONE: &str = "done";
const PARTIAL: &str = "partial";
const NOT_DONE: &str = "not-done";
const DEFERRED: &str = "deferred";

/// The declared readiness, counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Whole points of 100, half a point upwards; what was put off does not count.
    pub score: f64,
    /// Points that are asked for.
    pub min_score: f64,
    /// Weight of everything that counts.
    pub total_weight: f64,
    /// Weight that is earned.
    pub earned_weight: f64,
    /// Last day of the whole assessment, as `YYYY-MM-DD`, where it has one.
    pub expires: Option<String>,
    /// Whether that day is over.
    pub is_expired: bool,
    /// What is asked, in the order of the contract.
    pub items: Vec<Item>,
}

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// `id` of the item.
    pub id: String,
    /// `type` of the item.
    pub kind: String,
    /// `done`, `partial`, `not-done` or `deferred`.
    pub status: &'static str,
    /// How much it counts.
    pub weight: f64,
    /// How much of that is earned.
    pub earned: f64,
    /// Texts of the item, as far as it has them: `category`, `evidence`, `description`.
    pub texts: [Option<String>; 3],
}

impl Item {
    /// Whether it was put off, so that it does not count.
    pub fn is_excluded(&self) -> bool {
        self.status == DEFERRED
    }
}

impl Assessment {
    /// Whether the score is reached, and the assessment not out of date.
    pub fn is_passing(&self) -> bool {
        !self.is_expired && self.score >= self.min_score
    }

    /// How many items have a status.
    pub fn count(&self, status: &str) -> usize {
        self.items.iter().filter(|item| item.status == status).count()
    }
}

/// Counts the declared readiness on the day `today` (`YYYY-MM-DD`; without it nothing expires). None where the contract asks
/// for nothing.
///
/// ```
/// use pacto_contract::ContractDocument;
/// use pacto_engine::runtime::assess;
/// let text = b"pactoVersion: '1.2'\nservice: {name: a, version: 1.0.0}\n\
/// readiness: {minScore: 50, checks: [{id: runbook, weight: 2, status: done}, {id: alerts, weight: 2, status: partial}]}\n";
/// let document = ContractDocument::parse("pacto.yaml", text).unwrap();
/// let assessment = assess(&document.contract, None).unwrap();
/// assert_eq!((assessment.score, assessment.is_passing()), (75.0, true));
/// ```
pub fn assess(contract: &Contract, today: Option<&str>) -> Option<Assessment> {
    let readiness = contract.readiness.as_ref()?;
    let items = ["checks", "claims"].into_iter().find_map(|key| readiness.get(key)?.as_sequence())?;
    if items.is_empty() {
        return None;
    }
    let credit = number(readiness.get("partialCredit")).unwrap_or(DEFAULT_PARTIAL_CREDIT);
    let items: Vec<Item> = items.iter().map(|node| item(node, credit, today)).collect();
    let counted = || items.iter().filter(|item| !item.is_excluded());
    let (total, earned): (f64, f64) =
        (counted().map(|item| item.weight).sum(), counted().map(|item| item.earned).sum());
    Some(Assessment {
        score: if total > 0.0 { (100.0 * earned / total).round() } else { 100.0 },
        min_score: number(readiness.get("minScore")).unwrap_or(DEFAULT_MIN_SCORE),
        total_weight: total,
        earned_weight: earned,
        expires: readiness.get("expires").and_then(Node::scalar_text).map(str::to_owned),
        is_expired: expired(readiness, today).is_some(),
        items,
    })
}

fn item(node: &Node, credit: f64, today: Option<&str>) -> Item {
    let text = |key: &str| node.get(key).and_then(Node::scalar_text).map(str::to_owned);
    let weight = number(node.get("weight")).unwrap_or_default();
    let status = match node.get("status").and_then(Node::as_str).unwrap_or_default() {
        DONE => DONE,
        PARTIAL => PARTIAL,
        DEFERRED => DEFERRED,
        _ => NOT_DONE,
    };
    let earned = match status {
        _ if expired(node, today).is_some() => 0.0,
        DONE => weight,
        PARTIAL => (weight * credit).round(),
        _ => 0.0,
    };
    Item {
        id: text("id").unwrap_or_default(),
        kind: text("type").unwrap_or_default(),
        status,
        weight,
        earned,
        texts: ["category", "evidence", "description"].map(text),
    }
}

pub(super) fn check(contract: &Contract, today: Option<&str>) -> Option<Check> {
    let assessment = assess(contract, today)?;
    let kind = CheckKind::ReadinessSatisfied;
    let at = Pointer::root().key("readiness");
    if assessment.is_expired {
        let day = assessment.expires.as_deref().unwrap_or_default();
        let message = format!("the assessment of readiness was good until {day}");
        let help = "assess the service anew and move the date";
        return Some(Check::fails(kind, Reason::Expired, &at.key("expires"), message).with_help(help));
    }
    let (score, enough) = (assessment.score, assessment.min_score);
    if assessment.is_passing() {
        let message = format!("readiness is {score} of 100, and {enough} is enough");
        return Some(Check::holds(kind, Reason::Satisfied, &at, message));
    }
    let message = format!("readiness is {score} of 100, and {enough} is asked for");
    let help = "finish what is open in the list of the contract";
    Some(Check::fails(kind, Reason::BelowMinScore, &at, message).with_help(help))
}

/// The day that is over, where there is one. Days are compared as text, which is right for `YYYY-MM-DD`.
fn expired<'a>(node: &'a Node, today: Option<&str>) -> Option<&'a str> {
    let day = node.get("expires")?.scalar_text()?;
    (today? > day).then_some(day)
}

fn number(node: Option<&Node>) -> Option<f64> {
    node?.scalar_text()?.parse().ok().filter(|number: &f64| number.is_finite())
}
