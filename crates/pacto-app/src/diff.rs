//! `pacto diff`: two versions of a contract, with their dependencies and packages.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use pacto_contract::code::Stage;
use pacto_contract::limits::MAX_BUNDLE_FILE_BYTES;
use pacto_contract::overrides::Overrides;
use pacto_contract::yaml::decode_utf8;
use pacto_contract::{Code, Diagnostic, Pointer, Reference, Severity};
use pacto_engine::diff::{Change, Classification, Comparison, Rulebook, Side, compare_with, next_version};
use pacto_engine::graph::{
    Ask, Edge, Graph, GraphDifference, GraphOptions, GraphService, Resolver, difference,
};
use pacto_engine::library::{Answer, Origin, Request, Resolved};
use pacto_engine::sbom::SbomDiff;
use pacto_oci::directory::BundleDirectory;
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load, local_directory};
use crate::{AppError, Context, graph, lock};

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Old version: directory or reference.
    pub old: String,
    /// New version: directory or reference.
    pub new: String,
    /// Changes to apply to the old version first.
    pub old_overrides: Overrides,
    /// Changes to apply to the new version first.
    pub new_overrides: Overrides,
    /// Say which version the new one may be published as.
    pub suggest_version: bool,
    /// How strictly it is compared; the day comes from the context.
    pub comparison: pacto_engine::diff::Options,
    /// What a team decided about rules and findings.
    pub rules: Option<Rulebook>,
}

/// Decisions in a contract, beside its `pacto.yaml`.
pub const RULES_FILE: &str = "diff-rules.yaml";

/// Reads decisions: from a file, or from [`RULES_FILE`] of a contract that a directory or a reference holds.
///
/// # Errors
/// [`AppError`] where it cannot be read, [`AppError::Usage`] where what is in it cannot be used.
pub fn rulebook(context: &Context, argument: &str) -> Result<Rulebook, AppError> {
    let path = &*context.directory.join(argument);
    let (name, bytes) = if path.is_file() {
        let unreadable = |source| AppError::File { path: path.to_owned(), source };
        let size = fs_err::metadata(path).map_err(unreadable)?.len();
        if size > MAX_BUNDLE_FILE_BYTES as u64 {
            return Err(AppError::Usage(format!("{argument} is larger than {MAX_BUNDLE_FILE_BYTES} bytes")));
        }
        (argument.to_owned(), fs_err::read(path).map_err(unreadable)?)
    } else {
        let resolved = load(context, argument, &Overrides::default(), Scope::Compared)?;
        let bytes = resolved.bundle.get(RULES_FILE).map(<[u8]>::to_vec);
        let missing = || AppError::Usage(format!("{argument} holds no {RULES_FILE}"));
        (format!("{}/{RULES_FILE}", argument.trim_end_matches('/')), bytes.ok_or_else(missing)?)
    };
    let text = decode_utf8(&bytes).map_err(|error| AppError::Usage(format!("{name}: {error}")))?;
    Rulebook::parse(&name, text).map_err(|problems| {
        let lines = problems.iter().map(|problem| {
            let place = problem.location.as_ref();
            let place = place.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
            let help = problem.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{name}{place}: {}{help}", problem.message)
        });
        AppError::Usage(lines.collect::<Vec<_>>().join("\n"))
    })
}

/// Two versions compared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The old version as the user named it.
    pub old_path: String,
    /// The new version as the user named it.
    pub new_path: String,
    /// The worst of all changes, dependencies included.
    pub classification: Classification,
    /// The lowest version that the changes of the contract itself may be published as, where somebody asked and something
    /// changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_version: Option<String>,
    /// Changes of the contract itself.
    pub changes: Vec<Change>,
    /// Changes of services that both graphs have.
    pub dependency_diffs: Vec<DependencyDiff>,
    /// What changed in the dependency graph.
    pub graph_diff: GraphDifference,
    /// Packages that changed; informational.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom_diff: Option<SbomDiff>,
    /// What could not be compared, and why.
    pub diagnostics: Vec<Diagnostic>,
}

/// Changes of one dependency.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyDiff {
    /// Name of the service.
    pub name: String,
    /// The worst of its changes.
    pub classification: Classification,
    /// Its changes.
    pub changes: Vec<Change>,
    /// Packages that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom_diff: Option<SbomDiff>,
    /// What could not be compared, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// Compares.
///
/// # Errors
/// [`AppError::Side`] when one of the versions cannot be read.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let old = side(context, "old", &options.old, &options.old_overrides)?;
    let new = side(context, "new", &options.new, &options.new_overrides)?;
    let options = &Options { comparison: on(context, options.comparison), ..options.clone() };
    let comparison = judge(side_of(&old), side_of(&new), options.comparison, options.rules.as_ref());
    let old_graph = graph::resolve(context, &old, &options.old, GraphOptions::default());
    let new_graph = resolve_with_siblings(context, &new, &options.new);
    let dependency_diffs = dependency_diffs(&old_graph, &new_graph, options);
    let mut diagnostics = comparison.diagnostics;
    diagnostics.extend(not_compared(&old_graph, &new_graph));
    let warnings = old_graph.warnings.iter().chain(&new_graph.warnings);
    for finding in warnings.filter(|finding| finding.code.stage() == Stage::Lock) {
        if !diagnostics.contains(finding) {
            diagnostics.push(finding.clone());
        }
    }
    let before = &old.document.contract.service.version;
    let suggested_version = (options.suggest_version && !comparison.changes.is_empty())
        .then(|| next_version(before, comparison.classification))
        .flatten();
    let worst = dependency_diffs.iter().map(|diff| diff.classification).max().unwrap_or_default();
    Ok(Outcome {
        old_path: options.old.clone(),
        new_path: options.new.clone(),
        classification: comparison.classification.max(worst),
        suggested_version,
        changes: comparison.changes,
        dependency_diffs,
        graph_diff: difference(&old_graph, &new_graph),
        sbom_diff: comparison.sbom,
        diagnostics,
    })
}

/// The options on the day of the context.
pub(crate) fn on(context: &Context, options: pacto_engine::diff::Options) -> pacto_engine::diff::Options {
    pacto_engine::diff::Options { today: (context.today)(), ..options }
}

/// Compares, and applies what a team decided. What could not be compared stays a caution.
pub(crate) fn judge(
    old: Side<'_>,
    new: Side<'_>,
    options: pacto_engine::diff::Options,
    rules: Option<&Rulebook>,
) -> Comparison {
    let mut comparison = compare_with(old, new, options);
    if let Some(rules) = rules {
        comparison.apply(rules, &new.document.contract.service.name, options.today);
    }
    comparison
}

/// A warning for each dependency that could not be read, each once.
fn not_compared(old: &Graph, new: &Graph) -> Vec<Diagnostic> {
    let cut = |edge: &Edge| edge.closes_cycle.is_some();
    let unresolved = old.unresolved().chain(new.unresolved()).filter(|(_, edge, _)| !cut(edge));
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for (service, edge, error) in unresolved {
        let message =
            format!("{}, which {} needs, was not compared: {error}", edge.need.reference, service.name);
        if said.insert(message.clone()) {
            let finding = Diagnostic::new(Code::DependencyUnresolved, &Pointer::root(), message);
            findings.push(finding.with_severity(Severity::Warning));
        }
    }
    findings
}

fn side(
    context: &Context,
    side: &'static str,
    argument: &str,
    overrides: &Overrides,
) -> Result<Arc<Resolved>, AppError> {
    load(context, argument, overrides, Scope::Compared)
        .map_err(|error| AppError::Side { side, source: Box::new(error) })
}

pub(crate) fn side_of(resolved: &Resolved) -> Side<'_> {
    Side { document: &resolved.document, bundle: &resolved.bundle }
}

/// In a monorepo the new version of a dependency lies beside the new version of the contract: a directory with the
/// name of the service, which is used instead of the published one.
fn resolve_with_siblings(context: &Context, root: &Arc<Resolved>, argument: &str) -> Graph {
    let Origin::Directory(directory) = &root.origin else {
        return graph::resolve(context, root, argument, GraphOptions::default());
    };
    let (pins, findings) = lock::pins_of(context, root);
    let mut resolver = Resolver::new(root, None, GraphOptions::default());
    while !resolver.is_done() {
        for Ask { id, request } in resolver.poll() {
            let published = || context.sources.answer(&lock::fixed(&request, &pins));
            let answer = sibling(context, directory, &request).unwrap_or_else(published);
            resolver.supply(id, answer);
        }
    }
    let mut graph = resolver.finish();
    graph.warnings.extend(findings);
    graph
}

/// The directory beside `root` that holds the service a registry reference names; a directory that holds another
/// service is none.
fn sibling(context: &Context, root: &str, request: &Request) -> Option<Answer> {
    let oci = request.reference.as_oci()?;
    let name = request.reference.default_name();
    let directory = local_directory(root, &format!("../{name}"));
    BundleDirectory::open(&directory, name).ok()?;
    let local = Request {
        base: root.to_owned(),
        reference: Reference::Local(format!("../{name}")),
        constraint: None,
    };
    let found = context.sources.answer(&local).ok()?;
    if found.document.contract.service.name != name {
        return None;
    }
    // It stands in for the published contract, which has the identity of its repository.
    let identity = format!("{}:{}", oci.repository_path(), found.document.contract.service.version);
    Some(Ok(Arc::new(Resolved {
        identity: identity.clone(),
        origin: Origin::Registry(identity),
        ..Resolved::clone(&found)
    })))
}

/// Every service that both graphs have, the root excepted, by name; the first of a name counts.
fn dependency_diffs(old: &Graph, new: &Graph, options: &Options) -> Vec<DependencyDiff> {
    let by_name = |graph: &Graph| -> BTreeMap<String, GraphService> {
        let mut services = BTreeMap::new();
        for service in graph.services.iter().skip(1) {
            services.entry(service.name.clone()).or_insert_with(|| service.clone());
        }
        services
    };
    let (before, after) = (by_name(old), by_name(new));
    let root = old.root().map(|root| root.name.as_str());
    let mut diffs = Vec::new();
    for (name, old_service) in before.iter().filter(|(name, _)| Some(name.as_str()) != root) {
        let Some(new_service) = after.get(name) else { continue };
        // One contract under one identity has not changed.
        if Arc::ptr_eq(&old_service.resolved.document, &new_service.resolved.document) {
            continue;
        }
        let sides = (side_of(&old_service.resolved), side_of(&new_service.resolved));
        let comparison = judge(sides.0, sides.1, options.comparison, options.rules.as_ref());
        if !comparison.is_empty() {
            let Comparison { classification, changes, diagnostics, sbom } = comparison;
            diffs.push(DependencyDiff {
                name: name.clone(),
                classification,
                changes,
                sbom_diff: sbom,
                diagnostics,
            });
        }
    }
    diffs
}
