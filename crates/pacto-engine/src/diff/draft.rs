//! A change before it has a class.

use pacto_contract::Location;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::change::{Change, ChangeType, Classification, Direction, Finding, Proof};
use super::fact::{Area, Fact, Verdict};
use super::rules;

/// Sections of a contract, in the order of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Service,
    Scaling,
    Runtime,
    Dependencies,
    Interfaces,
    Configuration,
    Policy,
}

/// A line of the output with the facts behind it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub section: Section,
    /// Path as it is shown.
    pub path: String,
    /// Path without names in brackets, to look the line up in the contract table.
    pub base: &'static str,
    pub change_type: ChangeType,
    pub old: Option<Value>,
    pub new: Option<Value>,
    pub reason: String,
    pub old_at: Option<Location>,
    pub new_at: Option<Location>,
    pub facts: Vec<Fact>,
    /// Name of the interface whose file it is about.
    pub interface: Option<String>,
}

impl Draft {
    /// A line whose path is its table row and whose reason is `<path> <type>`.
    pub fn plain(
        section: Section,
        base: &'static str,
        change_type: ChangeType,
        old: Option<Value>,
        new: Option<Value>,
    ) -> Self {
        let reason = format!("{base} {}", change_type.as_str());
        Self {
            section,
            path: base.to_owned(),
            base,
            change_type,
            old,
            new,
            reason,
            old_at: None,
            new_at: None,
            facts: Vec::new(),
            interface: None,
        }
    }

    /// Says where the two values stand.
    #[must_use]
    pub fn at(mut self, old: Option<Location>, new: Option<Location>) -> Self {
        self.old_at = old;
        self.new_at = new;
        self
    }

    /// Gives the line its class: the worst of the table row, where the row counts, and of its facts.
    pub fn classify(self) -> Change {
        let row = rules::contract_rule(self.base, self.change_type);
        let mut findings: Vec<Finding> = Vec::new();
        if row.is_floor || self.facts.is_empty() {
            let (old, new) = (shown(self.old.as_ref()), shown(self.new.as_ref()));
            let identity = [row.id.as_str(), self.interface(), &self.path, &old, &new];
            findings.push(Finding {
                rule_id: row.id.clone(),
                classification: row.classification,
                direction: None,
                message: row.message(&self.reason),
                hint: row.hint.map(str::to_owned),
                old: self.old_at.clone(),
                new: self.new_at.clone(),
                fingerprint: fingerprint(&identity),
                proof: if row.is_listed { Proof::Structural } else { Proof::Undecided },
                witness: None,
                decision: None,
            });
        }
        findings.extend(self.facts.iter().map(|fact| self.finding(fact)));
        // Worst first; the order of facts is the order of the document.
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.classification));
        let classification = findings.iter().map(|finding| finding.classification).max().unwrap_or_default();
        Change {
            path: self.path,
            interface: self.interface,
            change_type: self.change_type,
            old_value: self.old,
            new_value: self.new,
            classification,
            reason: self.reason,
            findings,
        }
    }

    /// Two interfaces may have the same path; each has findings of its own.
    fn interface(&self) -> &str {
        self.interface.as_deref().unwrap_or_default()
    }

    fn finding(&self, fact: &Fact) -> Finding {
        let rule = fact.rule();
        let value = |value: &Option<String>| value.clone().unwrap_or_default();
        let (old, new) = (value(&fact.old), value(&fact.new));
        let identity = [rule.id.as_str(), self.interface(), &self.path, &fact.subject, &old, &new];
        let mut finding = Finding {
            classification: rule.classification,
            direction: fact.direction,
            message: rules::message(rule.text, &fact.subject, fact.old.as_deref(), fact.new.as_deref()),
            hint: (rule.classification != Classification::NonBreaking)
                .then(|| rule.hint.to_owned())
                .filter(|hint| !hint.is_empty()),
            old: fact.old_at.clone(),
            new: fact.new_at.clone(),
            fingerprint: fingerprint(&identity),
            proof: if rule.is_undecided { Proof::Undecided } else { Proof::Structural },
            witness: None,
            decision: None,
            rule_id: rule.id,
        };
        match &fact.verdict {
            Some(Verdict::Kept) if finding.classification != Classification::NonBreaking => {
                finding.classification = Classification::NonBreaking;
                finding.hint = None;
                finding.proof = Proof::Structural;
                finding.message.push_str(match fact.direction {
                    Some(Direction::Produced) => "; whatever is sent was promised before",
                    _ => "; whatever was accepted before still is",
                });
            }
            Some(Verdict::Doubted(witness)) => {
                finding.classification = finding.classification.max(Classification::PotentialBreaking);
                finding.hint = Some(rules::hint(fact.direction).to_owned());
                finding.proof = Proof::Witness;
                finding.witness = Some(witness.clone());
            }
            Some(Verdict::Broken(witness)) => {
                // What was a caution is known now.
                if finding.proof == Proof::Undecided {
                    finding.hint = Some(rules::hint(fact.direction).to_owned());
                }
                finding.classification = Classification::Breaking;
                finding.proof = Proof::Witness;
                finding.witness = Some(witness.clone());
            }
            _ => {}
        }
        finding
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map(Value::to_string).unwrap_or_default()
}

/// Digits of a fingerprint: enough that two findings of one service never meet.
const FINGERPRINT_BYTES: usize = 8;

fn fingerprint(parts: &[&str]) -> String {
    use std::fmt::Write;
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(FINGERPRINT_BYTES).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The area of lines about the contract itself.
pub(super) const CONTRACT_AREA: Area = Area::Contract;
