//! The operations of an `OpenAPI` document.

use pacto_contract::yaml::Node;

use super::markdown::{Table, cell, cell_code, count, note};
use super::specification::Specification;

/// The methods of a path, in the order in which they are shown.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// The table of operations: paths sorted, methods in a fixed order.
pub(super) fn write(out: &mut String, specification: &Specification) {
    let root = specification.root();
    if root.get("openapi").or_else(|| root.get("swagger")).is_none() {
        return note(out, "The file is not an OpenAPI document.");
    }
    let entries = root
        .get("paths")
        .and_then(Node::as_mapping)
        .map(pacto_contract::yaml::Mapping::entries)
        .unwrap_or_default();
    let mut paths: Vec<_> = entries.iter().filter(|entry| !entry.key.starts_with("x-")).collect();
    paths.sort_by(|left, right| left.key.cmp(&right.key));

    let mut elsewhere = 0_usize;
    let mut table = Table::new(out, &["Method", "Path", "Summary"]);
    for entry in paths {
        let Some((item, _)) = specification.follow(&entry.node) else {
            elsewhere += 1;
            continue;
        };
        let path = cell_code(&entry.key);
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                table.row(&[&method.to_ascii_uppercase(), &path, &summary(operation)]);
            }
        }
    }
    if !table.finish() && elsewhere == 0 {
        note(out, "The file lists no operations.");
    }
    if elsewhere > 0 {
        note(
            out,
            &format!(
                "Not shown: {}, described by a reference that was not followed.",
                count(elsewhere, "path", "paths")
            ),
        );
    }
}

/// The summary, else the first line of the description.
fn summary(operation: &Node) -> String {
    let text = |key: &str| operation.get(key).and_then(Node::scalar_text).filter(|text| !text.is_empty());
    let mut cell = cell(text("summary").or_else(|| text("description").and_then(|text| text.lines().next())));
    if operation.get("deprecated").and_then(Node::as_bool) == Some(true) {
        cell.push_str(" (deprecated)");
    }
    cell
}
