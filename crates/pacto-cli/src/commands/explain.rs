//! `pacto explain`.

use std::fmt::Write;

use clap::Args;
use pacto_app::explain::{self, DependencySummary, Options, Outcome, ScalingSummary};

use crate::arguments::{Global, OutputFormat, OverrideFlags};
use crate::exit::{CommandError, FINE};
use crate::render::markdown::{code, prose};
use crate::settings::Settings;
use crate::ui::{Ui, neutral};

/// Arguments of `pacto explain`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory or reference
    #[arg(value_name = "CONTRACT", default_value = ".", add = crate::values::contract())]
    contract: String,
    /// Also show configurations, policies and metadata
    #[arg(long)]
    all: bool,
    /// Changes to the contract.
    #[command(flatten)]
    overrides: OverrideFlags,
}

pub(crate) fn run(arguments: &Arguments, global: &Global, ui: &mut Ui) -> Result<u8, CommandError> {
    let settings = Settings::read_plain(global, "explain")?;
    let options = Options { contract: arguments.contract.clone(), overrides: arguments.overrides.read()? };
    let outcome = explain::run(&settings.context, &options)?;
    match settings.format {
        OutputFormat::Json => ui.json(&outcome),
        OutputFormat::Markdown => ui.data(&as_markdown(&outcome)),
        _ => ui.data(&text(&outcome, arguments.all)),
    }
    Ok(FINE)
}

fn text(outcome: &Outcome, all: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Service: {}@{}", neutral(&outcome.name), neutral(&outcome.version));
    if let Some(owner) = &outcome.owner {
        let _ = writeln!(out, "Owner: {}", neutral(owner.display()));
    }
    let _ = writeln!(out, "Pacto Version: {}", neutral(&outcome.pacto_version));
    let runtime = &outcome.runtime;
    if !runtime.workload_type.is_empty() {
        out.push_str("\nRuntime:\n");
        let _ = writeln!(out, "  Workload: {}", neutral(&runtime.workload_type));
        let _ = writeln!(out, "  State: {}", neutral(&runtime.state_type));
        let _ = writeln!(out, "  Persistence: {}/{}", neutral(&runtime.scope), neutral(&runtime.durability));
        let _ = writeln!(out, "  Data Criticality: {}", neutral(&runtime.data_criticality));
    }
    if !outcome.interfaces.is_empty() {
        let _ = writeln!(out, "\nInterfaces ({}):", outcome.interfaces.len());
        for interface in &outcome.interfaces {
            let mut facts = vec![neutral(&interface.kind)];
            facts.extend(interface.port.map(|port| format!("port {port}")));
            facts.extend(interface.visibility.as_deref().map(neutral));
            let _ = writeln!(out, "  - {} ({})", neutral(&interface.name), facts.join(", "));
        }
    }
    if !outcome.dependencies.is_empty() {
        let _ = writeln!(out, "\nDependencies ({}):", outcome.dependencies.len());
        for dependency in &outcome.dependencies {
            let _ = writeln!(out, "  - {}", dependency_line(dependency));
        }
    }
    if let Some(scaling) = &outcome.scaling {
        let _ = writeln!(out, "\nScaling: {}", scaling_text(scaling));
    }
    if all {
        more(&mut out, outcome);
    }
    out
}

fn dependency_line(dependency: &DependencySummary) -> String {
    let need = if dependency.required { "required" } else { "optional" };
    let name = if dependency.is_named { format!("{}: ", neutral(&dependency.name)) } else { String::new() };
    format!("{name}{} ({}, {need})", neutral(&dependency.reference), neutral(&dependency.compatibility))
}

fn scaling_text(scaling: &ScalingSummary) -> String {
    match (scaling.replicas, scaling.min, scaling.max) {
        (Some(replicas), ..) => format!("{replicas} replicas"),
        (None, min, max) => format!("{}-{}", min.unwrap_or_default(), max.unwrap_or_default()),
    }
}

fn source_of(schema: Option<&String>, reference: Option<&String>) -> String {
    schema.or(reference).map(|text| neutral(text)).unwrap_or_default()
}

fn more(out: &mut String, outcome: &Outcome) {
    if !outcome.configurations.is_empty() {
        let _ = writeln!(out, "\nConfigurations ({}):", outcome.configurations.len());
        for entry in &outcome.configurations {
            let source = source_of(entry.schema.as_ref(), entry.reference.as_ref());
            let values = match entry.value_keys.len() {
                1 => "1 value".to_owned(),
                count => format!("{count} values"),
            };
            let _ = writeln!(out, "  - {} ({source}, {values})", neutral(&entry.name));
        }
    }
    if !outcome.policies.is_empty() {
        let _ = writeln!(out, "\nPolicies ({}):", outcome.policies.len());
        for policy in &outcome.policies {
            let source = source_of(policy.schema.as_ref(), policy.reference.as_ref());
            let _ = writeln!(out, "  - {} ({source})", neutral(&policy.name));
        }
    }
    if let Some(metadata) = outcome.metadata.as_ref().and_then(serde_json::Value::as_object) {
        let _ = writeln!(out, "\nMetadata ({}):", metadata.len());
        for (key, value) in metadata {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(out, "  {}: {}", neutral(key), neutral(&shown));
        }
    }
}

fn as_markdown(outcome: &Outcome) -> String {
    let mut out = format!(
        "## {}\n\n| Fact | Value |\n|---|---|\n",
        code(&format!("{}@{}", outcome.name, outcome.version))
    );
    let mut row = |fact: &str, value: String| {
        let _ = writeln!(out, "| {fact} | {value} |");
    };
    if let Some(owner) = &outcome.owner {
        row("Owner", prose(owner.display()));
    }
    row("Pacto version", code(&outcome.pacto_version));
    let runtime = &outcome.runtime;
    if !runtime.workload_type.is_empty() {
        row("Workload", prose(&runtime.workload_type));
        row("State", prose(&runtime.state_type));
        row("Persistence", prose(&format!("{}/{}", runtime.scope, runtime.durability)));
        row("Data criticality", prose(&runtime.data_criticality));
    }
    if let Some(scaling) = &outcome.scaling {
        row("Scaling", scaling_text(scaling));
    }
    if !outcome.interfaces.is_empty() {
        out.push_str(
            "\n### Interfaces\n\n| Name | Type | Port | Visibility | Contract |\n|---|---|---|---|---|\n",
        );
        for interface in &outcome.interfaces {
            let port = interface.port.map(|port| port.to_string()).unwrap_or_default();
            let visibility = interface.visibility.as_deref().map(prose).unwrap_or_default();
            let file = interface.contract.as_deref().map(code).unwrap_or_default();
            let (name, kind) = (code(&interface.name), prose(&interface.kind));
            let _ = writeln!(out, "| {name} | {kind} | {port} | {visibility} | {file} |");
        }
    }
    if !outcome.dependencies.is_empty() {
        out.push_str(
            "\n### Dependencies\n\n| Name | Reference | Compatibility | Required |\n|---|---|---|---|\n",
        );
        for dependency in &outcome.dependencies {
            let required = if dependency.required { "yes" } else { "no" };
            let (name, reference) = (code(&dependency.name), code(&dependency.reference));
            let _ =
                writeln!(out, "| {name} | {reference} | {} | {required} |", code(&dependency.compatibility));
        }
    }
    if !outcome.configurations.is_empty() {
        out.push_str("\n### Configurations\n\n| Name | Schema or reference | Values for |\n|---|---|---|\n");
        for entry in &outcome.configurations {
            let source =
                entry.schema.as_ref().or(entry.reference.as_ref()).map(|text| code(text)).unwrap_or_default();
            let keys: Vec<_> = entry.value_keys.iter().map(|key| code(key)).collect();
            let _ = writeln!(out, "| {} | {source} | {} |", code(&entry.name), keys.join(" "));
        }
    }
    if !outcome.policies.is_empty() {
        out.push_str("\n### Policies\n\n| Name | Schema or reference |\n|---|---|\n");
        for policy in &outcome.policies {
            let source = policy.schema.as_ref().or(policy.reference.as_ref()).map(|text| code(text));
            let _ = writeln!(out, "| {} | {} |", code(&policy.name), source.unwrap_or_default());
        }
    }
    if let Some(metadata) = outcome.metadata.as_ref().and_then(serde_json::Value::as_object) {
        out.push_str("\n### Metadata\n\n| Key | Value |\n|---|---|\n");
        for (key, value) in metadata {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(out, "| {} | {} |", code(key), code(&shown));
        }
    }
    out
}
