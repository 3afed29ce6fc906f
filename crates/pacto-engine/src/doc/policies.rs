//! The rules that a contract follows or publishes.

use pacto_contract::model::{Contract, Policy};
use pacto_contract::yaml::Node;

use super::markdown::{EMPTY, MAX_DOCUMENT_BYTES, Table, cell, cell_code, prose};
use super::specification::{Excerpt, Files, Specification};

/// The table of policies, each with what its local schema says about itself.
pub(super) fn write(out: &mut String, contract: &Contract, files: &mut Files<'_>) {
    if contract.is_publisher() && contract.policies.iter().any(|policy| policy.schema.is_some()) {
        out.push_str("This contract publishes its policies; they bind the contracts that refer to it.\n\n");
    }
    let room = out.len() < MAX_DOCUMENT_BYTES;
    let mut table = Table::new(out, &["Name", "Source", "Rule"]);
    for policy in &contract.policies {
        let source = policy.schema.as_deref().or(policy.reference.as_deref()).unwrap_or_default();
        let rule = if room { rule(policy, files) } else { EMPTY.to_owned() };
        table.row(&[&cell(Some(&policy.name)), &cell_code(source), &rule]);
    }
    table.finish();
}

fn rule(policy: &Policy, files: &mut Files<'_>) -> String {
    let Some(path) = &policy.schema else { return "As published by that contract.".to_owned() };
    match files.excerpt(Excerpt::Policy, path, words) {
        Ok(words) => words.clone(),
        Err(reason) => format!("_{reason}_"),
    }
}

/// Title and description of a policy schema, as a cell.
fn words(schema: &Specification) -> String {
    let text =
        |key: &str| schema.root().get(key).and_then(Node::as_str).map(prose).filter(|text| !text.is_empty());
    match (text("title"), text("description")) {
        (Some(title), Some(description)) => format!("**{title}**: {description}"),
        (Some(title), None) => format!("**{title}**"),
        (None, description) => description.unwrap_or_else(|| EMPTY.to_owned()),
    }
}
