//! One version of a service in full: what its files say, and over it what the cluster says.

mod files;

use std::collections::BTreeMap;
use std::sync::Arc;

use pacto_contract::model::{Contract, Scaling as Declared};
use pacto_contract::yaml::Mapping;
use pacto_contract::{Bundle, Severity, Source};
use pacto_engine::library::Resolved;
use pacto_engine::validate::Report;

pub use files::excerpt;

use crate::index::merge::{compliance_of, contract_status, insights, owner_key};
use crate::judge::Judgement;
use crate::record::Place;
use crate::wire::details::{
    Dependency, Document, Issue, Runtime, Scaling, ServiceDetails, Validation, VersionPolicy,
};
use crate::wire::graph::NodeStatus;
use crate::wire::observed::Insight;
use crate::wire::service::{ContractStatus, SourceKind};

/// What a contract and its files say, without anything that others know.
pub fn of_contract(
    resolved: &Resolved,
    place: &Place,
    source: SourceKind,
    judged: &Judgement,
) -> ServiceDetails {
    let document = &resolved.document;
    let contract = &document.contract;
    let mut notes = Vec::new();
    let mut validation = validation(&judged.report, &document.source);
    validation.notes = judged.from_directories.iter().map(|(reference, directory)| {
        format!("{reference} was read from the directory {directory}, which holds a service of that name, and not from its registry.")
    }).collect();
    let status = contract_status(validation.valid);
    let mut details = ServiceDetails {
        name: contract.service.name.clone(),
        version: contract.service.version.clone(),
        owner_key: owner_key(contract.service.owner.as_ref()),
        owner: contract.service.owner.clone().map(Arc::new),
        contract_status: status,
        source,
        sources: vec![source],
        image_ref: contract.service.image.as_ref().map(|image| image.reference.clone()),
        chart_ref: contract.service.chart.as_ref().map(|chart| chart.reference.clone()),
        metadata: contract.metadata.as_ref().map(texts).unwrap_or_default(),
        resolved_ref: matches!(place, Place::Repository { .. }).then(|| place.shown()),
        dependencies: dependencies(contract),
        runtime: contract.runtime.as_ref().map(runtime),
        scaling: contract.scaling.map(scaling),
        compliance: Some(compliance_of(status, &[])),
        insights: insights_of(status, &validation),
        validation: Some(validation),
        documents: documents(&resolved.bundle, &mut notes),
        ..empty(source)
    };
    files::describe(&mut details, resolved, judged, &mut notes);
    if judged.is_partial {
        notes.push("Policies of contracts that are not known here were not checked.".to_owned());
    }
    details.notes = notes;
    details
}

/// The pages of a bundle, as they travel.
fn documents(bundle: &Bundle, notes: &mut Vec<String>) -> Vec<Document> {
    let pages = pacto_app::doc::documents::render(bundle, notes).into_iter();
    pages.map(|page| Document { path: page.path, title: page.title, html: page.html }).collect()
}

/// Details of which nothing is known.
pub fn empty(source: SourceKind) -> ServiceDetails {
    ServiceDetails {
        name: String::new(),
        version: String::new(),
        owner: None,
        owner_key: String::new(),
        contract_status: ContractStatus::Unknown,
        source,
        sources: vec![source],
        source_states: Vec::new(),
        namespace: None,
        image_ref: None,
        chart_ref: None,
        metadata: BTreeMap::new(),
        resolved_ref: None,
        current_revision: None,
        version_policy: None,
        latest_available: None,
        update_available: false,
        last_change: None,
        blast_radius: 0,
        dependent_count: 0,
        interfaces: Vec::new(),
        configuration: None,
        configurations: Vec::new(),
        dependencies: Vec::new(),
        runtime: None,
        scaling: None,
        policy: None,
        policies: Vec::new(),
        validation: None,
        compliance: None,
        observed_runtime: None,
        runtime_diff: Vec::new(),
        endpoints: Vec::new(),
        conditions: Vec::new(),
        insights: Vec::new(),
        checks_summary: None,
        resources: None,
        ports: None,
        last_reconciled_at: None,
        documents: Vec::new(),
        sbom: None,
        notes: Vec::new(),
    }
}

/// Puts what the cluster says over a contract. Version, owner, interfaces, configuration, policy and dependencies are those of the
/// contract.
pub fn overlay(details: &mut ServiceDetails, cluster: ServiceDetails) {
    if cluster.contract_status != ContractStatus::Unknown {
        details.contract_status = cluster.contract_status;
    }
    let present = |to: &mut Option<String>, from: Option<String>| {
        if let Some(text) = from.filter(|text| !text.is_empty()) {
            *to = Some(text);
        }
    };
    present(&mut details.namespace, cluster.namespace);
    present(&mut details.resolved_ref, cluster.resolved_ref);
    present(&mut details.current_revision, cluster.current_revision);
    present(&mut details.last_reconciled_at, cluster.last_reconciled_at);
    details.version_policy = cluster.version_policy.or(details.version_policy);
    details.runtime = cluster.runtime.or(details.runtime.take());
    details.scaling = cluster.scaling.or(details.scaling.take());
    details.validation = cluster.validation.or(details.validation.take());
    details.compliance = cluster.compliance.or(details.compliance.take());
    details.checks_summary = cluster.checks_summary.or(details.checks_summary);
    details.observed_runtime = cluster.observed_runtime.or(details.observed_runtime.take());
    details.resources = cluster.resources.or(details.resources);
    details.ports = cluster.ports.or(details.ports.take());
    replace(&mut details.endpoints, cluster.endpoints);
    replace(&mut details.conditions, cluster.conditions);
    replace(&mut details.runtime_diff, cluster.runtime_diff);
    replace(&mut details.insights, cluster.insights);
    details.notes.extend(cluster.notes);
}

fn replace<T>(to: &mut Vec<T>, from: Vec<T>) {
    if !from.is_empty() {
        *to = from;
    }
}

/// How the version that runs is chosen, by the reference that was resolved.
pub fn policy_of(reference: &str) -> Option<VersionPolicy> {
    if reference.contains("@sha256:") {
        return Some(VersionPolicy::PinnedDigest);
    }
    let (_, tag) = reference.rsplit_once('/')?.1.split_once(':')?;
    pacto_contract::LenientVersion::parse_tag(tag).ok().map(|_| VersionPolicy::PinnedTag)
}

fn insights_of(status: ContractStatus, validation: &Validation) -> Vec<Insight> {
    let first = |issues: &'_ [Issue]| issues.first().map(|issue| issue.message.clone());
    let (error, warning) = (first(&validation.errors), first(&validation.warnings));
    insights(
        status,
        (validation.errors.len(), error.as_deref()),
        (validation.warnings.len(), warning.as_deref()),
        None,
    )
}

/// What validation found, with the lines around it.
fn validation(report: &Report, source: &Source) -> Validation {
    let of = |severity: Severity| -> Vec<Issue> {
        let issue = |finding: &pacto_contract::Diagnostic| {
            let mut issue = Issue::from(finding);
            // A finding in another file has its place, but the text of that file is not at hand here.
            let is_here = finding.location.as_ref().is_some_and(|place| place.file == *source.name());
            if let (Some(place), true) = (&finding.location, is_here) {
                let length = finding
                    .span
                    .map_or(1, |span| source.slice(span).lines().next().unwrap_or("").chars().count());
                issue.excerpt = Some(excerpt(source.text(), place, length));
            }
            issue
        };
        report.of(severity).map(issue).collect()
    };
    Validation {
        valid: report.is_valid(),
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        infos: of(Severity::Info),
        notes: Vec::new(),
    }
}

fn texts(mapping: &Mapping) -> BTreeMap<String, String> {
    let text = |entry: &pacto_contract::yaml::Entry| {
        let plain = entry.node.scalar_text().map(str::to_owned);
        let text = plain.or_else(|| entry.node.to_json().ok().map(|json| json.to_string()))?;
        Some((entry.key.to_string(), text))
    };
    mapping.entries().iter().filter_map(text).collect()
}

fn dependencies(contract: &Contract) -> Vec<Dependency> {
    let dependency = |dependency: &Arc<pacto_contract::model::Dependency>| Dependency {
        name: dependency.name().to_owned(),
        reference: dependency.reference.clone(),
        required: dependency.required,
        compatibility: (!dependency.compatibility.is_empty()).then(|| dependency.compatibility.clone()),
        resolved: false,
        resolved_version: None,
        in_range: None,
        status: NodeStatus::External,
        reason: None,
    };
    contract.dependencies.iter().map(dependency).collect()
}

fn runtime(runtime: &pacto_contract::model::Runtime) -> Runtime {
    let lifecycle = runtime.lifecycle.as_ref();
    Runtime {
        workload: runtime.workload.clone(),
        state_type: Some(runtime.state.kind.clone()),
        persistence_scope: Some(runtime.state.scope.clone()),
        persistence_durability: Some(runtime.state.durability.clone()),
        data_criticality: Some(runtime.state.data_criticality.clone()),
        upgrade_strategy: lifecycle.and_then(|lifecycle| lifecycle.upgrade_strategy.clone()),
        graceful_shutdown_seconds: lifecycle.and_then(|lifecycle| lifecycle.graceful_shutdown_seconds),
        health_interface: runtime.health.as_ref().map(|probe| probe.interface.clone()),
        health_path: runtime.health.as_ref().and_then(|probe| probe.path.clone()),
        metrics_interface: runtime.metrics.as_ref().map(|probe| probe.interface.clone()),
        metrics_path: runtime.metrics.as_ref().and_then(|probe| probe.path.clone()),
    }
}

fn scaling(scaling: Declared) -> Scaling {
    match scaling {
        Declared::Replicas(replicas) => Scaling { replicas: Some(replicas), ..Scaling::default() },
        Declared::Range { min, max } => Scaling { min: Some(min), max: Some(max), replicas: None },
    }
}
