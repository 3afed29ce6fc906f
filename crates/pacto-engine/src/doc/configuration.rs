//! What a service is configured with, or offers as configuration.

use std::fmt::Write;

use pacto_contract::model::{Configuration, Contract};
use pacto_contract::yaml::Node;

use super::markdown::{EMPTY, Table, cell_code, code, note, prose};
use super::properties::{Properties, list};
use super::specification::{Excerpt, Files, Specification};

/// A line before the entries, where one is needed.
pub(super) fn lead(out: &mut String, contract: &Contract) {
    if contract.is_publisher() && contract.configurations.iter().any(|entry| entry.schema.is_some()) {
        out.push_str("This contract offers its configuration to the contracts that refer to it.\n\n");
    }
}

/// The heading of one named configuration, as foreign text.
pub(super) fn title(entry: &Configuration) -> String {
    format!("Configuration: {}", entry.name)
}

/// One configuration: where it comes from, then the table of its properties.
pub(super) fn entry(out: &mut String, files: &mut Files<'_>, entry: &Configuration) {
    if let Some(reference) = &entry.reference {
        let _ = writeln!(out, "Uses the configuration schema of {}.\n", code(reference));
    }
    if let Some(path) = &entry.schema {
        let _ = writeln!(out, "Described by {}.\n", code(path));
        files.append(out, Excerpt::Properties, path, write_schema);
    }
}

fn write_schema(out: &mut String, schema: &Specification) {
    let text =
        |key: &str| schema.root().get(key).and_then(Node::as_str).map(prose).filter(|text| !text.is_empty());
    match (text("title"), text("description")) {
        (Some(title), Some(description)) => {
            let _ = writeln!(out, "**{title}**: {description}\n");
        }
        (Some(text), None) => {
            let _ = writeln!(out, "**{text}**\n");
        }
        (None, Some(text)) => {
            let _ = writeln!(out, "About: {text}\n");
        }
        (None, None) => {}
    }
    let Properties { rows, complete } = list(schema);
    let mut table = Table::new(out, &["Property", "Type", "Description", "Default", "Required"]);
    for property in rows {
        let default = property.default.as_deref().map_or_else(|| EMPTY.to_owned(), cell_code);
        let description = if property.description.is_empty() { EMPTY } else { &property.description };
        let required = if property.required { "Yes" } else { "No" };
        table.row(&[&cell_code(&property.path), &prose(&property.kind), description, &default, required]);
    }
    if !table.finish() {
        note(out, "The schema names no properties.");
    }
    if !complete {
        note(out, "The schema goes on; further properties are not shown.");
    }
}
