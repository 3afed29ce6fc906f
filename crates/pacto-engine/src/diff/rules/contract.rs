//! Rows for lines of the contract: one class for each of added, removed, modified.

use crate::diff::change::{ChangeType, Classification};

use Classification::{Breaking, NonBreaking, PotentialBreaking};

/// A row of the contract table.
#[derive(Debug, Clone, Copy)]
pub struct ContractRow {
    /// Path without names in brackets.
    pub base: &'static str,
    /// Class when it is added; `None` where that is not listed and the default applies.
    pub added: Option<Classification>,
    /// Class when it is removed.
    pub removed: Option<Classification>,
    /// Class when it is modified.
    pub modified: Option<Classification>,
    /// Whether findings can only make it worse. Inside an operation they decide alone.
    pub is_floor: bool,
    /// Why it has these classes.
    pub why: &'static str,
}

impl ContractRow {
    /// Whether the reason of the row is one for `class`: it says why something is not harmless, or why all is.
    fn explains(&self, class: Option<Classification>) -> bool {
        let all_harmless =
            [self.added, self.removed, self.modified].iter().flatten().all(|class| *class == NonBreaking);
        class != NON || all_harmless
    }
}

/// Rows that list a class which no comparison gives, each with the reason.
pub const NEVER: &[(&str, ChangeType, &str)] = &[
    ("configuration.schema", ChangeType::Added, "as the original: a schema from nothing is `modified`"),
    ("configuration.schema", ChangeType::Removed, "as the original: a schema to nothing is `modified`"),
];

/// Whether a change happens: nearly all that have a class, and one that has none.
pub(super) fn happens(row: &ContractRow, change_type: ChangeType, class: Option<Classification>) -> bool {
    let is_never = NEVER.iter().any(|(base, of, _)| *base == row.base && *of == change_type);
    class.is_some() && !is_never || row.base == "runtime.lifecycle.gracefulShutdownSeconds"
}

/// A row applied to a change.
#[derive(Debug, Clone)]
pub struct ContractRule {
    /// Stable id.
    pub id: String,
    /// The class.
    pub classification: Classification,
    /// See [`ContractRow::is_floor`].
    pub is_floor: bool,
    /// Whether the table has a class for this; others are potentially breaking by default.
    pub is_listed: bool,
    /// What to do about it.
    pub hint: Option<&'static str>,
    why: &'static str,
}

impl ContractRule {
    /// The reason of the line with the reason of the rule.
    pub(in crate::diff) fn message(&self, reason: &str) -> String {
        if self.why.is_empty() { reason.to_owned() } else { format!("{reason}: {}", self.why) }
    }
}

const fn row(
    base: &'static str,
    added: Option<Classification>,
    removed: Option<Classification>,
    modified: Option<Classification>,
    why: &'static str,
) -> ContractRow {
    ContractRow { base, added, removed, modified, is_floor: true, why }
}

/// Lines inside an operation: the findings decide.
const fn inner(base: &'static str, why: &'static str) -> ContractRow {
    ContractRow { base, added: None, removed: None, modified: None, is_floor: false, why }
}

const NON: Option<Classification> = Some(NonBreaking);
const MAYBE: Option<Classification> = Some(PotentialBreaking);
const YES: Option<Classification> = Some(Breaking);

/// The table.
pub const CONTRACT_RULES: &[ContractRow] = &[
    row("service.name", None, None, YES, "a renamed service is another service to everybody who names it"),
    row("service.version", None, None, NON, "versions are made to change"),
    row("service.owner", NON, NON, NON, "ownership is information for people"),
    row("service.image", NON, NON, NON, "which image runs is the owner's choice"),
    row("service.chart", NON, NON, NON, "how it is deployed is the owner's choice"),
    row("scaling", NON, MAYBE, MAYBE, "capacity that others counted on may be gone"),
    row("scaling.replicas", None, None, MAYBE, "capacity that others counted on may be gone"),
    row("scaling.min", None, None, MAYBE, "the guaranteed capacity differs"),
    row("scaling.max", None, None, NON, "the upper bound is a budget, not a promise"),
    row("runtime.workload", None, None, YES, "another kind of process needs another deployment"),
    row("runtime.state.type", None, None, YES, "storage and scheduling depend on the state model"),
    row("runtime.state.persistence.scope", None, None, YES, "storage must be provisioned in another way"),
    row(
        "runtime.state.persistence.durability",
        None,
        None,
        YES,
        "storage must be provisioned in another way",
    ),
    row("runtime.state.dataCriticality", None, None, MAYBE, "backups and disruption budgets depend on it"),
    row("runtime.lifecycle.upgradeStrategy", NON, MAYBE, MAYBE, "availability during an upgrade differs"),
    row(
        "runtime.lifecycle.gracefulShutdownSeconds",
        None,
        None,
        NON,
        "the platform follows the declared time",
    ),
    row("runtime.health.interface", None, None, MAYBE, "probes must be changed with it"),
    row("runtime.health.path", None, None, MAYBE, "probes must be changed with it"),
    row("runtime.health.initialDelaySeconds", None, None, NON, "only the first probe is later or earlier"),
    row("runtime.metrics.interface", None, None, MAYBE, "scrapers must be changed with it"),
    row("runtime.metrics.path", None, None, MAYBE, "scrapers must be changed with it"),
    row("dependencies", NON, YES, None, "what is not declared any more is not provided any more"),
    row("dependencies.ref", None, None, MAYBE, "another contract, or another version of it, is asked for"),
    row("dependencies.compatibility", None, None, MAYBE, "other versions of the dependency are accepted"),
    row("dependencies.required", None, None, MAYBE, "whether it works without the dependency differs"),
    row("interfaces", NON, YES, None, "clients of the interface have nothing to talk to"),
    row("interfaces.type", None, None, YES, "clients speak another protocol"),
    row("interfaces.port", MAYBE, YES, YES, "clients and network rules name the port"),
    row("interfaces.visibility", None, None, MAYBE, "who can reach it differs"),
    row("interfaces.contract", None, None, MAYBE, "the description is another file"),
    row("openapi.paths", NON, YES, None, "clients that call the path get an error"),
    row("openapi.methods", NON, YES, None, "clients that call the method get an error"),
    inner("openapi.paths.announced", "it was announced that the path goes"),
    inner("openapi.methods.announced", "it was announced that the method goes"),
    inner("openapi.webhooks", "a request that the service sends differs"),
    inner("openapi.callbacks", "a request that the service sends differs"),
    inner("openapi.parameters", "what a request may carry differs"),
    inner("openapi.request-body", "what a request may carry differs"),
    inner("openapi.responses", "what a client may get differs"),
    inner("openapi.operation", "the operation differs in another way"),
    row("asyncapi.channels", NON, YES, None, "whoever sends or listens there finds nobody"),
    row("asyncapi.operations", NON, YES, None, "nobody sends, or nobody listens any more"),
    inner("asyncapi.document", "something about all channels differs"),
    inner("asyncapi.servers", "a server differs"),
    inner("asyncapi.channel", "something about a channel differs"),
    inner("asyncapi.operation", "something about what is done on a channel differs"),
    inner("asyncapi.messages", "a message differs"),
    inner("proto.packages", "a package differs"),
    inner("proto.files", "a file differs"),
    inner("proto.services", "a service differs"),
    inner("proto.methods", "what can be called differs"),
    inner("proto.messages", "a message differs"),
    inner("proto.fields", "what a message holds differs"),
    inner("proto.extensions", "what a message may hold differs"),
    inner("proto.enums", "an enum differs"),
    inner("proto.values", "what an enum may be differs"),
    row("configuration", NON, YES, None, "whoever supplies the configuration has nothing to supply it to"),
    row("configuration.schema", NON, YES, MAYBE, "another schema file applies"),
    row("configuration.ref", NON, YES, MAYBE, "another contract's schema applies"),
    row("schema.properties", NON, YES, None, "a value that is supplied is not read any more"),
    inner("schema.required", "what must be supplied differs"),
    inner("schema.keyword", "what may be supplied differs"),
    row("policy", NON, MAYBE, None, "a rule applies, or applies no more"),
    row("policy.schema", None, None, MAYBE, "another rule applies"),
    row("policy.ref", NON, MAYBE, MAYBE, "another contract's rules apply"),
    inner("policy.content", "the rule itself differs"),
    row("policy.published", MAYBE, MAYBE, None, "contracts that refer to it are judged by another rule"),
];

/// The class of a change that no row lists.
const DEFAULT: Classification = PotentialBreaking;

/// Ids of the reference `OpenAPI` checker, for rows that mean the same.
const KNOWN_IDS: &[(&str, ChangeType, &str)] = &[
    ("openapi.paths", ChangeType::Removed, "api-path-removed-without-deprecation"),
    ("openapi.paths", ChangeType::Added, "endpoint-added"),
    ("openapi.methods", ChangeType::Removed, "api-removed-without-deprecation"),
    ("openapi.methods", ChangeType::Added, "endpoint-added"),
];

/// What to do about a breaking line.
const HINTS: &[(&str, ChangeType, &str)] = &[
    ("openapi.paths", ChangeType::Removed, "deprecate the path first and remove it in a major version"),
    ("openapi.methods", ChangeType::Removed, "deprecate the method first and remove it in a major version"),
    ("interfaces", ChangeType::Removed, "keep the old interface beside the new one for a while"),
    ("interfaces.port", ChangeType::Modified, "serve both ports until every client has moved"),
    ("schema.properties", ChangeType::Removed, "accept the old key for one more major version"),
    ("dependencies", ChangeType::Removed, "release it as a major version if others rely on the dependency"),
];

/// The rule for a line: its row, or the default where no row lists it.
pub fn contract_rule(base: &str, change_type: ChangeType) -> ContractRule {
    let row = CONTRACT_RULES.iter().find(|row| row.base == base);
    let listed = row.and_then(|row| match change_type {
        ChangeType::Added => row.added,
        ChangeType::Removed => row.removed,
        ChangeType::Modified => row.modified,
    });
    let entry = |(known, of, _): &&(&str, ChangeType, &'static str)| *known == base && *of == change_type;
    let id = KNOWN_IDS.iter().find(entry).map(|(_, _, id)| (*id).to_owned());
    ContractRule {
        id: id.unwrap_or_else(|| format!("{}-{}", slug(base), change_type.as_str())),
        classification: listed.unwrap_or(DEFAULT),
        is_floor: row.is_none_or(|row| row.is_floor),
        is_listed: listed.is_some(),
        hint: HINTS.iter().find(entry).map(|(_, _, hint)| *hint),
        why: row.filter(|row| row.explains(listed)).map_or("", |row| row.why),
    }
}

/// `runtime.state.dataCriticality` as `runtime-state-data-criticality`.
fn slug(base: &str) -> String {
    let mut slug = String::new();
    for character in base.chars() {
        match character {
            '.' => slug.push('-'),
            upper if upper.is_ascii_uppercase() => {
                slug.push('-');
                slug.push(upper.to_ascii_lowercase());
            }
            other => slug.push(other),
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_rows_up() {
        let rule = contract_rule("runtime.state.dataCriticality", ChangeType::Modified);
        assert_eq!(
            (rule.id.as_str(), rule.classification),
            ("runtime-state-data-criticality-modified", PotentialBreaking)
        );
        assert_eq!(contract_rule("scaling.max", ChangeType::Added).classification, DEFAULT);
        assert_eq!(
            contract_rule("openapi.paths", ChangeType::Removed).id,
            "api-path-removed-without-deprecation"
        );
    }
}
