//! Tools that only read.

use std::sync::atomic::{AtomicUsize, Ordering};

use pacto_app::graph::GraphReport;
use pacto_app::load::{Scope, load};
use pacto_app::validate::{ContractVerdict, SetVerdict};
use pacto_app::{diff, doc, explain, graph, impact, validate};
use pacto_contract::Diagnostic;
use pacto_contract::overrides::Overrides;
use pacto_engine::diff::{Change, Classification, Rulebook};
use pacto_engine::doc::described::{self, ChannelOperation, Method};
use pacto_engine::graph::GraphDifference;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::arguments::{Nothing, OfPath, OfReference, OnFleet, Versions};
use super::{Call, Catalogue, Effect, Failure};

/// Changes that are listed where nobody says how many.
const USUAL_CHANGES: usize = 50;
/// Most operations that are listed of one interface.
const MAX_OPERATIONS: usize = 200;

pub(super) fn add(catalogue: &mut Catalogue) {
    let reads = Effect::Reads;
    let words = (
        "pacto_schema",
        "Schema of contracts",
        "JSON Schema of pacto.yaml. Read it before writing one by hand.",
    );
    catalogue.add(words, reads, schema);
    let words =
        ("pacto_validate", "Validate contracts", "Judge a contract, or all in a tree, in four layers.");
    catalogue.add(words, reads, validate_contracts);
    let words = ("pacto_inspect", "Inspect a contract", "Everything a contract says, condensed.");
    catalogue.add(words, reads, inspect);
    let words = ("pacto_explain", "Explain a contract", "A contract in a few sentences.");
    catalogue.add(words, reads, explain_contract);
    let words = (
        "pacto_list_interfaces",
        "List interfaces",
        "What a service exposes, with operations, methods and channels of its interface files.",
    );
    catalogue.add(words, reads, list_interfaces);
    let words = (
        "pacto_resolve_dependencies",
        "Resolve dependencies",
        "The graph of what a service needs: versions, cycles, conflicts, what cannot be resolved.",
    );
    catalogue.add(words, reads, resolve_dependencies);
    let words = (
        "pacto_diff",
        "Compare two versions",
        "Classify every change between two versions: BREAKING, POTENTIAL_BREAKING or NON_BREAKING, with reasons and places.",
    );
    catalogue.add(words, reads, compare);
    let words = (
        "pacto_impact",
        "Impact on the fleet",
        "Who breaks, may break or is held back when a service goes from one version to another.",
    );
    catalogue.add(words, reads, impact_on_fleet);
    let words = ("pacto_generate_docs", "Document a contract", "Markdown documentation of a contract.");
    catalogue.add_with_text(words, reads, generate_docs, |docs| docs.markdown.clone());
}

/// The format of contracts.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Format {
    /// What it is.
    description: &'static str,
    /// Where more is said.
    docs: &'static str,
    /// The schema.
    json_schema: Map<String, Value>,
}

fn schema(_: &Call<'_>, _: &Nothing) -> Result<Format, Failure> {
    let Value::Object(json_schema) = pacto_contract::shape::json_schema() else {
        return Err(Failure::new("the schema is no object"));
    };
    Ok(Format {
        description: "pacto.yaml: one file per service that says what it exposes, needs and promises at run time. \
            Files that it names lie beside it: interfaces/, configuration/, policy/, docs/, sbom/.",
        docs: "pacto doc, and docs/ of the project",
        json_schema,
    })
}

fn validate_contracts(call: &Call<'_>, arguments: &OfPath) -> Result<SetVerdict, Failure> {
    let contracts = vec![call.admit(&arguments.path)?];
    let options = validate::Options { contracts, ..validate::Options::default() };
    let done = AtomicUsize::new(0);
    let tick = |total: usize| (call.tick)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
    Ok(match validate::run(call.context, &options, &tick)? {
        validate::Outcome::Set(set) => set,
        validate::Outcome::One(one) => set(one),
    })
}

fn set(one: ContractVerdict) -> SetVerdict {
    let (valid_count, invalid_count) = if one.valid { (1, 0) } else { (0, 1) };
    SetVerdict { valid: one.valid, valid_count, invalid_count, contracts: vec![one] }
}

fn inspect(call: &Call<'_>, arguments: &OfReference) -> Result<explain::Outcome, Failure> {
    let contract = call.admit(&arguments.reference)?;
    Ok(explain::run(call.context, &explain::Options { contract, ..explain::Options::default() })?)
}

/// A contract in sentences.
#[derive(Debug, Serialize, JsonSchema)]
struct Explained {
    /// What it is and how it runs.
    summary: String,
    /// What it exposes.
    interfaces: String,
    /// What it needs.
    dependencies: String,
}

fn explain_contract(call: &Call<'_>, arguments: &OfReference) -> Result<Explained, Failure> {
    let found = inspect(call, arguments)?;
    let owner =
        found.owner.as_ref().map(|owner| format!(", owned by {}", owner.display())).unwrap_or_default();
    let runtime = &found.runtime;
    let runs = if runtime.workload_type.is_empty() {
        String::new()
    } else {
        format!(
            ", is a {} {} whose data is {} and {}; losing it would be of {} impact",
            runtime.state_type,
            runtime.workload_type,
            runtime.scope,
            runtime.durability,
            runtime.data_criticality
        )
    };
    let summary = format!("{} {}{owner}{runs}.", found.name, found.version);
    let listed = |words: Vec<String>, nothing: &str| {
        if words.is_empty() { nothing.to_owned() } else { format!("{}.", words.join("; ")) }
    };
    let interfaces = found.interfaces.iter().map(|one| {
        let port = one.port.map(|port| format!(" on port {port}")).unwrap_or_default();
        let visibility = one.visibility.as_deref().map(|word| format!(", {word}")).unwrap_or_default();
        format!("{} ({}{port}{visibility})", one.name, one.kind)
    });
    let dependencies = found.dependencies.iter().map(|one| {
        let need = if one.required { "cannot work without" } else { "can use" };
        format!("it {need} {} {} ({})", one.name, one.compatibility, one.reference)
    });
    Ok(Explained {
        summary,
        interfaces: listed(interfaces.collect(), "It exposes nothing."),
        dependencies: listed(dependencies.collect(), "It needs no other service."),
    })
}

/// What a service exposes.
#[derive(Debug, Serialize, JsonSchema)]
struct Interfaces {
    /// In the order of the contract.
    interfaces: Vec<Interface>,
}

/// One interface, with what its file describes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Interface {
    /// Name.
    name: String,
    /// `http`, `grpc` or `event`.
    #[serde(rename = "type")]
    kind: String,
    /// Port.
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// `public` or `internal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<String>,
    /// Its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<String>,
    /// Operations of an `OpenAPI` document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operations: Vec<Operation>,
    /// Methods of protobuf services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    methods: Vec<Method>,
    /// Channels of an `AsyncAPI` document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<ChannelOperation>,
    /// How many of them are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    omitted: usize,
}

/// One operation, without its fields.
#[derive(Debug, Serialize, JsonSchema)]
struct Operation {
    /// Method in capitals.
    method: String,
    /// Path template.
    path: String,
    /// Summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    /// Whether it is deprecated.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn list_interfaces(call: &Call<'_>, arguments: &OfReference) -> Result<Interfaces, Failure> {
    let reference = call.admit(&arguments.reference)?;
    let found = load(call.context, &reference, &Overrides::default(), Scope::Named)?;
    let interface = |declared: &pacto_contract::model::Interface| {
        let (mut operations, mut methods, mut channels) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(file) = &declared.contract {
            match declared.kind.as_str() {
                "grpc" => methods = described::methods(&found.bundle, file).unwrap_or_default(),
                "event" => channels = described::channels(&found.bundle, file).unwrap_or_default(),
                _ => operations = described::operations(&found.bundle, file).unwrap_or_default(),
            }
        }
        let count = operations.len() + methods.len() + channels.len();
        operations.truncate(MAX_OPERATIONS);
        methods.truncate(MAX_OPERATIONS);
        channels.truncate(MAX_OPERATIONS);
        Interface {
            name: declared.name.clone(),
            kind: declared.kind.clone(),
            port: declared.port,
            visibility: declared.visibility.clone(),
            contract: declared.contract.clone(),
            omitted: count - operations.len() - methods.len() - channels.len(),
            operations: operations
                .into_iter()
                .map(|one| Operation {
                    method: one.method,
                    path: one.path,
                    summary: one.summary,
                    deprecated: one.deprecated,
                })
                .collect(),
            methods,
            channels,
        }
    };
    Ok(Interfaces { interfaces: found.document.contract.interfaces.iter().map(interface).collect() })
}

fn resolve_dependencies(call: &Call<'_>, arguments: &OfReference) -> Result<GraphReport, Failure> {
    let contract = call.admit(&arguments.reference)?;
    let outcome = graph::run(call.context, &graph::Options { contract, ..graph::Options::default() })?;
    outcome.report().ok_or_else(|| Failure::new("the graph is empty"))
}

/// How many changes there are of each class.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Counts {
    /// Breaking.
    breaking: usize,
    /// Potentially breaking.
    potential_breaking: usize,
    /// Not breaking.
    non_breaking: usize,
}

/// What changed between two versions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Compared {
    /// The worst of all changes, dependencies included.
    classification: Classification,
    /// Changes of the contract itself.
    counts: Counts,
    /// These, the worst first, at most `limit`.
    changes: Vec<Change>,
    /// How many are not listed.
    omitted: usize,
    /// Services that both graphs have, and the worst change of each.
    dependencies: Vec<DependencyChange>,
    /// What changed in the dependency graph.
    graph_diff: GraphDifference,
    /// What could not be compared, and why.
    diagnostics: Vec<Diagnostic>,
}

/// A dependency that changed.
#[derive(Debug, Serialize, JsonSchema)]
struct DependencyChange {
    /// Name of the service.
    name: String,
    /// The worst of its changes.
    classification: Classification,
    /// How many there are.
    changes: usize,
}

fn compare(call: &Call<'_>, arguments: &Versions) -> Result<Compared, Failure> {
    let options = diff::Options {
        old: call.admit(&arguments.old_ref)?,
        new: call.admit(&arguments.new_ref)?,
        rules: rules(call, arguments.rules.as_deref())?,
        ..diff::Options::default()
    };
    let outcome = diff::run(call.context, &options)?;
    let of = |class| outcome.changes.iter().filter(|change| change.classification == class).count();
    let counts = Counts {
        breaking: of(Classification::Breaking),
        potential_breaking: of(Classification::PotentialBreaking),
        non_breaking: of(Classification::NonBreaking),
    };
    let mut changes = outcome.changes;
    let total = changes.len();
    changes.sort_by_key(|change| std::cmp::Reverse(change.classification));
    changes.truncate(arguments.limit.unwrap_or(USUAL_CHANGES));
    Ok(Compared {
        classification: outcome.classification,
        counts,
        omitted: total - changes.len(),
        changes,
        dependencies: outcome
            .dependency_diffs
            .into_iter()
            .map(|one| DependencyChange {
                name: one.name,
                classification: one.classification,
                changes: one.changes.len(),
            })
            .collect(),
        graph_diff: outcome.graph_diff,
        diagnostics: outcome.diagnostics,
    })
}

/// What the team decided, where the call names it.
fn rules(call: &Call<'_>, argument: Option<&str>) -> Result<Option<Rulebook>, Failure> {
    let Some(argument) = argument else { return Ok(None) };
    Ok(Some(diff::rulebook(call.context, &call.admit(argument)?)?))
}

fn impact_on_fleet(call: &Call<'_>, arguments: &OnFleet) -> Result<impact::Outcome, Failure> {
    let fleet = if arguments.fleet.is_empty() {
        call.fleet()
    } else {
        arguments.fleet.iter().map(|place| call.admit(place)).collect::<Result<_, _>>()?
    };
    let options = impact::Options {
        old: call.admit(&arguments.old_ref)?,
        new: call.admit(&arguments.new_ref)?,
        fleet,
        rules: rules(call, arguments.rules.as_deref())?,
    };
    let done = AtomicUsize::new(0);
    let tick = |total: usize| (call.tick)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
    Ok(impact::run(call.context, &options, &tick)?)
}

/// The documentation of a contract.
#[derive(Debug, Serialize, JsonSchema)]
struct Docs {
    /// Name of the service.
    name: String,
    /// The document.
    markdown: String,
}

fn generate_docs(call: &Call<'_>, arguments: &OfReference) -> Result<Docs, Failure> {
    let contract = call.admit(&arguments.reference)?;
    let outcome = doc::run(call.context, &doc::Options { contract, ..doc::Options::default() })?;
    Ok(Docs { name: outcome.service_name, markdown: outcome.markdown })
}
