//! From resources of the cluster to services.

use std::collections::BTreeMap;
use std::sync::Arc;

use pacto_contract::model::{Contact, Owner, Team};
use pacto_k8s::condition::Severity;
use pacto_k8s::view::{
    ConditionView, ContractStatus as Status, InterfaceView, ObservedRuntimeView, OwnerView, PolicyView,
    PropertyView, ResolutionPolicy, RuntimeView, ValidationView,
};
use pacto_k8s::{PactoView, RevisionView, Snapshot};

use super::Clusters;
use crate::cluster::ClusterService;
use crate::details::{empty, policy_of};
use crate::index::merge::{compliance_of, owner_key};
use crate::record::{CrossReference, Need, last_part};
use crate::wire::details::{
    ConfigValue, Configuration, Dependency, Interface, Issue, Policy, PolicySource, Runtime, Scaling,
    ServiceDetails, Validation, VersionPolicy,
};
use crate::wire::graph::{NodeStatus, RefType};
use crate::wire::observed::{
    ChecksSummary, Condition, EndpointStatus, Insight, InsightSeverity, ObservedRuntime, Ports, Resources,
    RuntimeDiffRow, RuntimeDiffStatus,
};
use crate::wire::service::{ContractStatus, SourceKind, Version};

/// The services of a cluster by name. Of several resources of one service the one that is worst off comes first, then by
/// namespace; the notes of the first name the others.
pub(super) fn group(snapshot: &Snapshot) -> Clusters {
    let mut revisions: BTreeMap<(&str, &str), Vec<&RevisionView>> = BTreeMap::new();
    for revision in snapshot.revisions.values() {
        let key = (revision.key.namespace.as_str(), revision.pacto_ref.as_str());
        revisions.entry(key).or_default().push(revision);
    }
    let mut found: BTreeMap<Arc<str>, Vec<ClusterService>> = BTreeMap::new();
    for (key, pacto) in snapshot.pactos.iter() {
        let of_pacto = revisions.get(&(key.namespace.as_str(), key.name.as_str()));
        let service = service(pacto, of_pacto.map(Vec::as_slice).unwrap_or_default());
        found.entry(Arc::from(pacto.service_name.as_str())).or_default().push(service);
    }
    let finish = |(name, mut services): (Arc<str>, Vec<ClusterService>)| {
        let rank = |service: &ClusterService| match service.details.contract_status {
            ContractStatus::NonCompliant => 0,
            ContractStatus::Warning => 1,
            ContractStatus::Unknown => 2,
            ContractStatus::Compliant => 3,
            ContractStatus::Reference => 4,
        };
        services.sort_by(|left, right| {
            (rank(left), &left.details.namespace).cmp(&(rank(right), &right.details.namespace))
        });
        if let Some((first, others)) = services.split_first_mut().filter(|(_, others)| !others.is_empty()) {
            let others: Vec<String> = others.iter().map(said).collect();
            first.details.notes.push(format!("Also in {}.", others.join(", ")));
        }
        (name, services.into_iter().map(Arc::new).collect())
    };
    found.into_iter().map(finish).collect()
}

fn said(service: &ClusterService) -> String {
    let namespace = service.details.namespace.as_deref().unwrap_or_default();
    format!("{namespace} ({})", service.details.contract_status.as_str())
}

fn service(pacto: &PactoView, revisions: &[&RevisionView]) -> ClusterService {
    let status = status(pacto.contract_status);
    let owner = pacto.owner.as_ref().map(owner);
    let conditions: Vec<Condition> = pacto.conditions.iter().map(condition).collect();
    let configurations: Vec<Configuration> = pacto.configurations.iter().map(configuration).collect();
    let policies: Vec<Policy> = pacto.policies.iter().map(policy).collect();
    let pinned = pacto.resolved_ref.as_deref().and_then(policy_of);
    let details = ServiceDetails {
        name: pacto.service_name.clone(),
        version: pacto.version.clone(),
        owner_key: owner_key(owner.as_ref()),
        owner: owner.map(Arc::new),
        contract_status: status,
        namespace: Some(pacto.key.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        image_ref: pacto.image_ref.clone(),
        chart_ref: pacto.chart_ref.clone(),
        metadata: pacto.metadata.clone(),
        resolved_ref: pacto.resolved_ref.clone(),
        current_revision: pacto.current_revision.clone(),
        version_policy: match pacto.resolution_policy {
            Some(ResolutionPolicy::Latest) => Some(VersionPolicy::Tracking),
            Some(ResolutionPolicy::PinnedTag) => Some(VersionPolicy::PinnedTag),
            Some(ResolutionPolicy::PinnedDigest) => Some(VersionPolicy::PinnedDigest),
            None => pinned,
        },
        interfaces: pacto.interfaces.iter().map(interface).collect(),
        configuration: only(&configurations),
        configurations,
        dependencies: pacto.dependencies.iter().map(dependency).collect(),
        runtime: pacto.runtime.as_ref().map(runtime),
        scaling: pacto.scaling.map(|scaling| Scaling {
            replicas: whole(scaling.replicas),
            min: whole(scaling.min).filter(|min| *min > 0),
            max: whole(scaling.max).filter(|max| *max > 0),
        }),
        policy: only(&policies),
        policies,
        validation: pacto.validation.as_ref().map(validation),
        compliance: Some(compliance_of(status, &conditions)),
        observed_runtime: pacto.observed_runtime.as_ref().map(observed),
        runtime_diff: runtime_diff(pacto),
        endpoints: pacto.endpoints.iter().map(endpoint).collect(),
        conditions,
        insights: pacto.insights.iter().map(insight).collect(),
        checks_summary: pacto.summary.map(|summary| ChecksSummary {
            total: summary.total,
            passed: summary.passed,
            failed: summary.failed,
        }),
        resources: pacto.resources.map(|resources| Resources {
            service_exists: resources.service_exists,
            workload_exists: resources.workload_exists,
        }),
        ports: pacto.ports.as_ref().map(|ports| {
            let numbers = |ports: &[u16]| ports.iter().map(|port| u32::from(*port)).collect();
            Ports {
                expected: numbers(&ports.expected),
                observed: numbers(&ports.observed),
                missing: numbers(&ports.missing),
                unexpected: numbers(&ports.unexpected),
            }
        }),
        notes: pacto.dropped.iter().map(|dropped| format!("Not read from the cluster: {dropped}.")).collect(),
        ..empty(SourceKind::K8s)
    };
    ClusterService {
        details,
        reconciled: pacto.last_reconciled_at,
        since: pacto.conditions.iter().map(|condition| condition.last_transition_time).collect(),
        needs: pacto.dependencies.iter().map(need).collect(),
        references: references(pacto),
        revisions: revisions.iter().map(|revision| version(revision)).collect(),
    }
}

fn only<T: Clone>(list: &[T]) -> Option<T> {
    match list {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn status(status: Status) -> ContractStatus {
    match status {
        Status::Compliant => ContractStatus::Compliant,
        Status::Warning => ContractStatus::Warning,
        Status::NonCompliant => ContractStatus::NonCompliant,
        Status::Reference => ContractStatus::Reference,
        Status::Unknown => ContractStatus::Unknown,
    }
}

fn owner(owner: &OwnerView) -> Owner {
    match owner {
        OwnerView { team: Some(team), dri: None, contacts } if contacts.is_empty() => {
            Owner::Name(team.clone())
        }
        owner => Owner::Team(Team {
            team: owner.team.clone(),
            dri: owner.dri.clone(),
            contacts: owner
                .contacts
                .iter()
                .map(|contact| Contact {
                    kind: contact.kind.clone(),
                    value: contact.value.clone(),
                    purpose: contact.purpose.clone(),
                })
                .collect(),
        }),
    }
}

fn whole(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}

fn interface(interface: &InterfaceView) -> Interface {
    Interface {
        name: interface.name.clone(),
        kind: interface.kind.clone(),
        port: interface.port,
        visibility: interface.visibility.clone(),
        has_contract_file: interface.has_contract_file.unwrap_or_default(),
        contract_file: None,
        contract_content: None,
        endpoints: Vec::new(),
        channels: Vec::new(),
        methods: Vec::new(),
    }
}

fn configuration(found: &pacto_k8s::view::ConfigurationView) -> Configuration {
    Configuration {
        name: found.name.clone(),
        has_schema: found.has_schema,
        schema: None,
        reference: found.reference.clone(),
        value_keys: found.value_keys.clone(),
        secret_keys: found.secret_keys.clone(),
        values: found.properties.iter().map(property).collect(),
    }
}

fn property(found: &PropertyView) -> ConfigValue {
    ConfigValue {
        key: found.key.clone(),
        value: found.value.clone().unwrap_or_else(|| ConfigValue::ANY.to_owned()),
        kind: found.kind.clone().unwrap_or_default(),
        required: false,
        default: found.value.clone(),
        description: None,
    }
}

fn policy(found: &PolicyView) -> Policy {
    Policy {
        name: found.name.clone(),
        has_schema: found.has_schema,
        schema: found.schema.clone(),
        reference: found.reference.clone(),
        title: found.title.clone(),
        description: found.description.clone(),
        content: None,
        values: found.properties.iter().map(property).collect(),
        satisfied: None,
        source: if found.reference.is_some() { PolicySource::Reference } else { PolicySource::Bundle },
        problems: Vec::new(),
    }
}

fn dependency(found: &pacto_k8s::view::DependencyView) -> Dependency {
    Dependency {
        name: found.name.clone(),
        reference: found.reference.clone(),
        required: found.required,
        compatibility: found.compatibility.clone(),
        resolved: false,
        resolved_version: None,
        in_range: None,
        status: NodeStatus::External,
        reason: None,
    }
}

fn need(found: &pacto_k8s::view::DependencyView) -> Need {
    Need {
        name: found.name.as_str().into(),
        reference: found.reference.as_str().into(),
        required: found.required,
        compatibility: found.compatibility.as_deref().unwrap_or_default().into(),
    }
}

fn references(pacto: &PactoView) -> Arc<[CrossReference]> {
    let configurations = pacto.configurations.iter().map(|found| (RefType::Config, &found.reference));
    let policies = pacto.policies.iter().map(|found| (RefType::Policy, &found.reference));
    let named = configurations.chain(policies).filter_map(|(kind, reference)| {
        let reference = reference.as_deref()?;
        Some(CrossReference { kind, name: last_part(reference).into(), reference: reference.into() })
    });
    named.collect()
}

fn runtime(found: &RuntimeView) -> Runtime {
    Runtime {
        workload: found.workload.clone().unwrap_or_default(),
        state_type: found.state_type.clone(),
        persistence_scope: found.persistence_scope.clone(),
        persistence_durability: found.persistence_durability.clone(),
        data_criticality: found.data_criticality.clone(),
        upgrade_strategy: found.upgrade_strategy.clone(),
        graceful_shutdown_seconds: whole(found.graceful_shutdown_seconds),
        health_interface: found.health_interface.clone(),
        health_path: found.health_path.clone(),
        metrics_interface: found.metrics_interface.clone(),
        metrics_path: found.metrics_path.clone(),
    }
}

fn validation(found: &ValidationView) -> Validation {
    let issue = |issue: &pacto_k8s::view::IssueView| Issue {
        code: issue.code.clone().unwrap_or_default(),
        path: issue.path.clone().unwrap_or_default(),
        message: issue.message.clone(),
        severity: None,
        help: None,
        file: None,
        line: None,
        column: None,
        excerpt: None,
    };
    Validation {
        valid: found.valid,
        errors: found.errors.iter().map(issue).collect(),
        warnings: found.warnings.iter().map(issue).collect(),
        infos: Vec::new(),
        notes: Vec::new(),
    }
}

fn observed(found: &ObservedRuntimeView) -> ObservedRuntime {
    ObservedRuntime {
        workload_kind: found.workload_kind.clone(),
        deployment_strategy: found.deployment_strategy.clone(),
        pod_management_policy: found.pod_management_policy.clone(),
        termination_grace_period_seconds: whole(found.termination_grace_period_seconds),
        container_images: found.container_images.clone(),
        has_pvc: found.has_pvc,
        has_empty_dir: found.has_empty_dir,
        health_probe_initial_delay_seconds: whole(found.health_probe_initial_delay_seconds),
    }
}

fn condition(found: &ConditionView) -> Condition {
    Condition {
        kind: found.kind.clone(),
        status: found.status.clone(),
        reason: found.reason.clone(),
        message: found.message.clone(),
        severity: Some(found.severity.clone().unwrap_or_else(|| severity_of(&found.kind).to_owned())),
        advisory: pacto_k8s::condition::kind(&found.kind).is_some_and(|kind| kind.advisory),
        last_transition_ago: None,
    }
}

/// Operators of before wrote no severity.
fn severity_of(kind: &str) -> &'static str {
    match pacto_k8s::condition::severity(kind) {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn endpoint(found: &pacto_k8s::view::EndpointView) -> EndpointStatus {
    EndpointStatus {
        interface: found.interface.clone(),
        kind: found.kind.clone(),
        url: found.url.clone(),
        healthy: found.healthy,
        status_code: found.status_code.and_then(|status| u16::try_from(status).ok()),
        latency_ms: whole(found.latency_ms),
        error: found.error.clone(),
        message: found.message.clone(),
    }
}

fn insight(found: &pacto_k8s::view::InsightView) -> Insight {
    let severity = match found.severity.as_str() {
        "critical" | "error" => InsightSeverity::Critical,
        "warning" => InsightSeverity::Warning,
        _ => InsightSeverity::Info,
    };
    Insight { severity, title: found.title.clone(), description: found.description.clone() }
}

fn version(revision: &RevisionView) -> Version {
    Version {
        version: revision.version.clone(),
        reference: revision.oci.clone(),
        contract_hash: revision.contract_hash.clone(),
        created_at: revision.created_at.map(|time| time.to_string()),
        source: Some(SourceKind::K8s),
        classification: None,
        is_current: false,
        available: false,
    }
}

/// Declared against observed: always these six rows, where one of the two is known. The verdict is that of the operator; where
/// it made no such check, what both say is compared.
fn runtime_diff(pacto: &PactoView) -> Vec<RuntimeDiffRow> {
    if pacto.runtime.is_none() && pacto.observed_runtime.is_none() {
        return Vec::new();
    }
    let (declared, observed) =
        (pacto.runtime.clone().unwrap_or_default(), pacto.observed_runtime.clone().unwrap_or_default());
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let state = text(&declared.state_type);
    let workload = match text(&declared.workload).as_str() {
        "service" if matches!(state.as_str(), "stateful" | "hybrid") => "StatefulSet".to_owned(),
        "service" => "Deployment".to_owned(),
        "job" => "Job".to_owned(),
        "scheduled" => "CronJob".to_owned(),
        other => other.to_owned(),
    };
    let volumes: Vec<&str> = [("PVC", observed.has_pvc), ("emptyDir", observed.has_empty_dir)]
        .into_iter()
        .filter_map(|(name, there)| (there == Some(true)).then_some(name))
        .collect();
    let is_known = observed.has_pvc.is_some() || observed.has_empty_dir.is_some();
    let storage = match (is_known, volumes.is_empty()) {
        (false, _) => String::new(),
        (true, true) => "stateless".to_owned(),
        (true, false) => volumes.join(", "),
    };
    let strategy = text(&observed.deployment_strategy);
    let strategy = if strategy.is_empty() { text(&observed.pod_management_policy) } else { strategy };
    let row = |field: &str,
               path: &str,
               check: &str,
               declared: String,
               observed: String,
               same: fn(&str, &str) -> bool| {
        let made = pacto.conditions.iter().find(|condition| condition.kind == check);
        let status = match made.map(|condition| condition.status.as_str()) {
            // The operator looked, with rules that two words beside each other do not show.
            Some("True") => RuntimeDiffStatus::Match,
            Some("False") => RuntimeDiffStatus::Mismatch,
            Some(_) => RuntimeDiffStatus::Skipped,
            None if declared.is_empty() || observed.is_empty() => RuntimeDiffStatus::Skipped,
            None if same(&declared, &observed) => RuntimeDiffStatus::Match,
            None => RuntimeDiffStatus::Mismatch,
        };
        let contract_path = Some(path.to_owned());
        RuntimeDiffRow {
            field: field.to_owned(),
            contract_path,
            declared_value: declared,
            observed_value: observed,
            status,
        }
    };
    vec![
        // A stateless service may run as anything that keeps it running.
        row(
            "Workload Type",
            "runtime.workload",
            "WorkloadTypeMatch",
            workload,
            text(&observed.workload_kind),
            |declared, observed| {
                declared.eq_ignore_ascii_case(observed)
                    || (declared == "Deployment" && observed == "StatefulSet")
            },
        ),
        row(
            "Upgrade Strategy",
            "runtime.lifecycle.upgradeStrategy",
            "UpgradeStrategyMatch",
            text(&declared.upgrade_strategy),
            strategy,
            is_strategy,
        ),
        row(
            "Graceful Shutdown",
            "runtime.lifecycle.gracefulShutdownSeconds",
            "GracefulShutdownMatch",
            number(declared.graceful_shutdown_seconds),
            number(observed.termination_grace_period_seconds),
            |declared, observed| declared == observed,
        ),
        row(
            "Container Image",
            "service.image",
            "ImageMatch",
            String::new(),
            observed.container_images.join(", "),
            |_, _| true,
        ),
        row("State / Storage", "runtime.state.type", "StateModelMatch", state, storage, is_storage),
        row(
            "Health Probe Delay",
            "runtime.health",
            "HealthTimingMatch",
            number(declared.health_initial_delay_seconds),
            number(observed.health_probe_initial_delay_seconds),
            |declared, observed| declared == observed,
        ),
    ]
}

/// Whether a strategy of the contract is what the cluster calls otherwise.
fn is_strategy(declared: &str, observed: &str) -> bool {
    matches!(
        (declared.to_ascii_lowercase().as_str(), observed),
        ("rolling", "RollingUpdate" | "Parallel")
            | ("recreate", "Recreate" | "OnDelete")
            | ("ordered", "OrderedReady" | "RollingUpdate")
    ) || declared.eq_ignore_ascii_case(observed)
}

/// Whether volumes fit the state that is declared.
fn is_storage(declared: &str, observed: &str) -> bool {
    match declared {
        "stateless" => !observed.contains("PVC"),
        "stateful" => observed.contains("PVC"),
        // It keeps something, here or elsewhere.
        "hybrid" => true,
        other => other.eq_ignore_ascii_case(observed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_contract_and_of_the_cluster_mean_the_same() {
        assert!(is_strategy("rolling", "RollingUpdate") && is_strategy("recreate", "Recreate"));
        assert!(is_strategy("ordered", "OrderedReady") && !is_strategy("recreate", "RollingUpdate"));
        assert!(is_storage("stateful", "PVC, emptyDir") && is_storage("stateless", "emptyDir"));
        assert!(!is_storage("stateless", "PVC") && !is_storage("stateful", "stateless"));
    }

    #[test]
    fn a_row_says_what_the_operator_found() {
        let condition = |kind: &str, status: &str| ConditionView {
            kind: kind.to_owned(),
            status: status.to_owned(),
            ..ConditionView::default()
        };
        let mut pacto = PactoView {
            runtime: Some(RuntimeView {
                graceful_shutdown_seconds: Some(20),
                upgrade_strategy: Some("ordered".to_owned()),
                ..RuntimeView::default()
            }),
            observed_runtime: Some(ObservedRuntimeView {
                termination_grace_period_seconds: Some(60),
                deployment_strategy: Some("RollingUpdate".to_owned()),
                ..ObservedRuntimeView::default()
            }),
            ..PactoView::default()
        };
        let status = |pacto: &PactoView, field: &str| {
            runtime_diff(pacto).into_iter().find(|row| row.field == field).unwrap().status
        };
        assert_eq!(status(&pacto, "Graceful Shutdown"), RuntimeDiffStatus::Mismatch);
        assert_eq!(status(&pacto, "Upgrade Strategy"), RuntimeDiffStatus::Match);
        // More time than declared is enough, and a rolling StatefulSet is not ordered: the operator knows.
        pacto.conditions =
            vec![condition("GracefulShutdownMatch", "True"), condition("UpgradeStrategyMatch", "False")];
        assert_eq!(status(&pacto, "Graceful Shutdown"), RuntimeDiffStatus::Match);
        assert_eq!(status(&pacto, "Upgrade Strategy"), RuntimeDiffStatus::Mismatch);
        assert_eq!(status(&pacto, "Health Probe Delay"), RuntimeDiffStatus::Skipped);
    }

    #[test]
    fn of_two_namespaces_the_worse_one_is_shown() {
        let mut snapshot = Snapshot::default();
        let pacto = |namespace: &str, status: Status| {
            let key = pacto_k8s::ResourceKey::new(namespace, "cart");
            let view = PactoView {
                key: key.clone(),
                service_name: "cart".to_owned(),
                contract_status: status,
                ..PactoView::default()
            };
            (key, Arc::new(view))
        };
        let all = [pacto("a", Status::Compliant), pacto("b", Status::NonCompliant)];
        snapshot.pactos = Arc::new(all.into_iter().collect());
        let grouped = group(&snapshot);
        let first = &grouped["cart"][0].details;
        assert_eq!(first.namespace.as_deref(), Some("b"));
        assert_eq!(first.notes, ["Also in a (Compliant)."]);
    }
}
