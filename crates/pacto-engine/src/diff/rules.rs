//! The rule table: which change is which class, and why.
//!
//! Data only. `docs/reference/rules.md` is generated from it; `tests/corpus` has a hit and a miss for every rule.

mod contract;
mod describe;
mod fact;
mod place;
mod protobuf;

pub use contract::{CONTRACT_RULES, ContractRow, ContractRule, NEVER, contract_rule};
pub use describe::{Rule, all, nearest};
pub use fact::{ExceptionRow, FACT_RULES, FactRow, FactRule, exceptions, fact_rule, hint, is_said_unseen};
pub use place::{Place, kinds};
pub use protobuf::{Family, PROTO_RULES, ProtoLevel, ProtoRow, ProtoRule};

/// Fills `{subject}`, `{old}` and `{new}` of a rule's text.
pub(super) fn message(text: &str, subject: &str, old: Option<&str>, new: Option<&str>) -> String {
    text.replace("{subject}", subject)
        .replace("{old}", old.unwrap_or("nothing"))
        .replace("{new}", new.unwrap_or("nothing"))
}
