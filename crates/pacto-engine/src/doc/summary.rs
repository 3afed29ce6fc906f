//! What stands around the numbered part: summary, run-time concepts, metadata.

use std::fmt::Write;

use pacto_contract::model::{Contact, Contract, Owner, Scaling, Team};
use pacto_contract::shape::{CONTRACT, Field, Shape};

use super::inline::inline;
use super::markdown::{Table, cell, cell_code, code, count, prose};

/// Most entries of `metadata` that are shown.
const MAX_METADATA: usize = 200;

/// The summary paragraph.
pub(super) fn paragraph(out: &mut String, contract: &Contract) {
    let service = &contract.service;
    let _ = write!(out, "**{}** {} is ", prose(&service.name), code(&service.version));
    let interfaces = count(contract.interfaces.len(), "interface", "interfaces");
    let dependencies = count(contract.dependencies.len(), "dependency", "dependencies");
    match &contract.runtime {
        Some(runtime) => {
            let workload = match runtime.workload.as_str() {
                "service" => "service".to_owned(),
                "job" => "job".to_owned(),
                "scheduled" => "scheduled job".to_owned(),
                other => format!("{} workload", prose(other)),
            };
            let _ = write!(
                out,
                "a {} {workload} with {interfaces} and {dependencies}.",
                prose(&runtime.state.kind)
            );
        }
        None if contract.is_publisher() => {
            let _ = write!(out, "a contract without interfaces and runtime, with {dependencies}.");
        }
        None => {
            let _ = write!(out, "a contract without runtime, with {interfaces} and {dependencies}.");
        }
    }
    if let Some(owner) = &service.owner {
        write_owner(out, owner);
    }
    if let Some(image) = &service.image {
        let access = match image.private {
            Some(true) => " (private)",
            Some(false) => " (public)",
            None => "",
        };
        let _ = write!(out, " Image: {}{access}.", code(&image.reference));
    }
    if let Some(chart) = &service.chart {
        let _ = write!(out, " Chart: {} {}.", code(&chart.reference), code(&chart.version));
    }
    if let Some(scaling) = contract.scaling {
        let _ = write!(out, " Scaling: {}.", replicas(scaling));
    }
    out.push_str("\n\n");
}

fn write_owner(out: &mut String, owner: &Owner) {
    let _ = write!(out, " Owner: {}", prose(owner.display()));
    if let Owner::Team(Team { team, dri, contacts }) = owner {
        if let (Some(_), Some(dri)) = (team, dri) {
            let _ = write!(out, ", responsible {}", prose(dri));
        }
        for (position, Contact { kind, value, purpose }) in contacts.iter().enumerate() {
            out.push_str(if position == 0 { "; contacts: " } else { ", " });
            let _ = write!(out, "{} {}", prose(kind), code(value));
            if let Some(purpose) = purpose {
                let _ = write!(out, " ({})", prose(purpose));
            }
        }
    }
    out.push('.');
}

/// `3 replicas`, `2 to 6 replicas`.
pub(super) fn replicas(scaling: Scaling) -> String {
    match scaling {
        Scaling::Replicas(1) => "1 replica".to_owned(),
        Scaling::Replicas(number) => format!("{number} replicas"),
        Scaling::Range { min, max } => format!("{min} to {max} replicas"),
    }
}

/// The table of run-time concepts, if the contract declares a runtime.
pub(super) fn runtime_table(out: &mut String, contract: &Contract) {
    let Some(runtime) = &contract.runtime else { return };
    let mut table = Table::new(out, &["Concept", "Value", "Description"]);
    let mut row = |concept: &str, path: &[&str], value: &str| {
        table.row(&[concept, &cell_code(value), &cell(meaning(path, value))]);
    };
    row("Workload", &["runtime", "workload"], &runtime.workload);
    row("State", &["runtime", "state", "type"], &runtime.state.kind);
    row("Persistence scope", &["runtime", "state", "persistence", "scope"], &runtime.state.scope);
    row(
        "Persistence durability",
        &["runtime", "state", "persistence", "durability"],
        &runtime.state.durability,
    );
    row("Data criticality", &["runtime", "state", "dataCriticality"], &runtime.state.data_criticality);
    if let Some(lifecycle) = &runtime.lifecycle {
        if let Some(strategy) = &lifecycle.upgrade_strategy {
            row("Upgrade strategy", &["runtime", "lifecycle", "upgradeStrategy"], strategy);
        }
        if let Some(seconds) = lifecycle.graceful_shutdown_seconds {
            row(
                "Graceful shutdown",
                &["runtime", "lifecycle", "gracefulShutdownSeconds"],
                &format!("{seconds}s"),
            );
        }
    }
    table.finish();
}

/// What the table of shapes says about a value at `path`, else about the key itself.
fn meaning(path: &[&str], value: &str) -> Option<&'static str> {
    let field = field_at(path)?;
    let Shape::Text(text) = field.shape else { return Some(field.description) };
    text.values.iter().find(|(name, _)| *name == value).map(|(_, meaning)| *meaning)
}

fn field_at(path: &[&str]) -> Option<&'static Field> {
    let (last, parents) = path.split_last()?;
    let mut object = &CONTRACT;
    for key in parents {
        let Shape::Object(inner) = object.field(key)?.shape else { return None };
        object = inner;
    }
    object.field(last)
}

/// The metadata as code spans, sorted by key.
pub(super) fn metadata(out: &mut String, contract: &Contract) {
    let entries = contract.metadata.as_ref().map(pacto_contract::yaml::Mapping::entries).unwrap_or_default();
    if entries.is_empty() {
        return;
    }
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|left, right| left.key.cmp(&right.key));
    let shown = sorted.iter().take(MAX_METADATA);
    let spans: Vec<_> = shown.map(|entry| code(&format!("{}: {}", entry.key, inline(&entry.node)))).collect();
    out.push_str(&spans.join(" "));
    if let Some(more) = sorted.len().checked_sub(MAX_METADATA).filter(|more| *more > 0) {
        let _ = write!(out, " and {more} more");
    }
    out.push_str("\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_time_concept_has_a_meaning() {
        let known = [
            (&["runtime", "workload"][..], "job"),
            (&["runtime", "state", "type"], "hybrid"),
            (&["runtime", "state", "persistence", "scope"], "shared"),
            (&["runtime", "state", "persistence", "durability"], "persistent"),
            (&["runtime", "state", "dataCriticality"], "high"),
            (&["runtime", "lifecycle", "upgradeStrategy"], "ordered"),
            (&["runtime", "lifecycle", "gracefulShutdownSeconds"], "30s"),
        ];
        for (path, value) in known {
            assert!(meaning(path, value).is_some(), "{path:?}");
        }
        assert_eq!(meaning(&["runtime", "workload"], "daemon"), None);
        assert_eq!(meaning(&["runtime", "nothing", "type"], "job"), None);
    }
}
