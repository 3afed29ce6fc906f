//! A contract as the status of its Pacto shows it.

use std::collections::BTreeMap;

use k8s_openapi::jiff::civil::Date;

use pacto_contract::Contract;
use pacto_contract::model::{Configuration, Owner as Declared, Policy, Scaling as Wanted};
use pacto_contract::yaml::{Mapping, Node};
use pacto_engine::runtime::{
    Assessment, Observation, ProbeOutcome, ProbeResult, Workload, compare_ports, readiness,
};
use pacto_k8s::pacto::{
    ConfigurationSummary, Contact, ContractSummary, DependencySummary, EndpointStatus, InterfaceKind,
    InterfaceSummary, ObservedRuntime, Overrides, Owner, PactoStatus, PolicySummary, Ports, ResourceStatus,
    Resources, RuntimeSummary, Scaling,
};

use pacto_k8s::readiness::{ReadinessCheck, ReadinessSummary};

use crate::contract::Judged;

/// What begins a value that is a reference to a secret.
const SECRET: &str = "secret://";
/// Most bytes of one value of metadata that is shown.
const MAX_METADATA: usize = 1024;
/// Most entries of each list: a status is no copy of the contract, and the API server takes 1.5 MB at most.
const MAX_LISTED: usize = 200;

/// Fills in what a contract says.
pub fn describe(
    status: &mut PactoStatus,
    contract: &Contract,
    judged: &Judged,
    overrides: Option<&Overrides>,
) {
    status.contract_version = Some(contract.service.version.clone());
    status.contract = Some(ContractSummary {
        service_name: contract.service.name.clone(),
        version: contract.service.version.clone(),
        owner: contract.service.owner.as_ref().map(owner),
        owner_display: contract.service.owner.as_ref().map(|owner| owner.display().to_owned()),
        image_ref: contract.service.image.as_ref().map(|image| image.reference.clone()),
        chart_ref: contract.service.chart.as_ref().map(|chart| chart.reference.clone()),
        resolved_ref: judged.reference.clone(),
        resolution_policy: status.resolution_policy,
        current_revision: status.current_revision.clone(),
    });
    status.interfaces = contract.interfaces.iter().filter_map(interface).take(MAX_LISTED).collect();
    let configurations = contract.configurations.iter().map(|entry| configuration(entry, judged, overrides));
    let mut configurations: Vec<ConfigurationSummary> = configurations.collect();
    status.configuration = unnamed(contract.configurations.is_plural(), &configurations);
    configurations.truncate(MAX_LISTED);
    configurations.sort_by(|left, right| left.name.cmp(&right.name));
    status.configurations = configurations;
    let policies: Vec<PolicySummary> =
        contract.policies.iter().take(MAX_LISTED).map(|entry| policy(entry, judged)).collect();
    status.policy = unnamed_policy(contract.policies.is_plural(), &policies);
    status.policies = policies;
    status.dependencies = contract
        .dependencies
        .iter()
        .take(MAX_LISTED)
        .map(|dependency| DependencySummary {
            name: Some(dependency.name().to_owned()),
            reference: dependency.reference.clone(),
            required: dependency.required,
            compatibility: some(&dependency.compatibility),
        })
        .collect();
    status.runtime = contract.runtime.as_ref().map(|_| runtime(contract));
    status.scaling = contract.scaling.map(scaling);
    status.metadata = contract.metadata.as_ref().map(metadata).unwrap_or_default();
}

/// Fills in what was seen.
pub fn observe(status: &mut PactoStatus, contract: &Contract, observation: &Observation) {
    let service = observation.service.as_ref().map(|sought| ResourceStatus {
        name: sought.name.clone(),
        exists: sought.found.is_some(),
        kind: None,
    });
    let workload = observation.workload.as_ref().map(|sought| ResourceStatus {
        name: sought.name.clone(),
        exists: sought.found.is_some(),
        kind: Some(sought.kind.to_string()),
    });
    status.resources = (service.is_some() || workload.is_some()).then_some(Resources { service, workload });
    if observation.service.is_some() {
        let ports = compare_ports(&contract.interfaces, observation.found_service());
        let numbers = |ports: Vec<u16>| ports.into_iter().map(i32::from).collect::<Vec<_>>();
        let ports = Ports {
            expected: numbers(ports.expected),
            observed: numbers(ports.observed),
            missing: numbers(ports.missing),
            unexpected: numbers(ports.unexpected),
        };
        status.ports = (!ports.expected.is_empty() || !ports.observed.is_empty()).then_some(ports);
    }
    status.observed_runtime = observation.found_workload().map(observed);
    for (name, result) in [("health", &observation.health), ("metrics", &observation.metrics)] {
        if let Some(result) = result {
            status.endpoints.insert(name.to_owned(), endpoint(result));
        }
    }
}

/// Fills in the declared readiness as it is on a day.
pub fn readiness(status: &mut PactoStatus, assessment: &Assessment, today: Option<&str>) {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are small, and a float that is too large becomes the largest number"
    )]
    let whole = |number: f64| number.round() as i32;
    let count = |word: &str| i32::try_from(assessment.count(word)).unwrap_or(i32::MAX);
    let day = |text: &str| text.parse::<Date>().ok();
    let remaining = || {
        let (last, today) = (day(assessment.expires.as_deref()?)?, day(today?)?);
        Some(today.until(last).ok()?.get_days())
    };
    let check = |item: &readiness::Item| {
        let [category, evidence, description] =
            item.texts.each_ref().map(|text| text.as_deref().map(|text| cut(text, MAX_METADATA)));
        ReadinessCheck {
            id: item.id.clone(),
            kind: item.kind.clone(),
            status: item.status.to_owned(),
            weight: whole(item.weight),
            earned_weight: whole(item.earned),
            excluded: item.is_excluded(),
            category,
            evidence,
            description,
        }
    };
    status.readiness = Some(ReadinessSummary {
        score: whole(assessment.score),
        min_score: whole(assessment.min_score),
        total_weight: whole(assessment.total_weight),
        earned_weight: whole(assessment.earned_weight),
        done_count: count("done"),
        partial_count: count("partial"),
        not_done_count: count("not-done"),
        deferred_count: count("deferred"),
        passing: assessment.is_passing(),
        expired: assessment.is_expired,
        expires: assessment.expires.clone(),
        days_remaining: remaining(),
        checks: assessment.items.iter().take(MAX_LISTED).map(check).collect(),
    });
}

fn cut(text: &str, most: usize) -> String {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default().to_owned()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn owner(declared: &Declared) -> Owner {
    match declared {
        Declared::Name(name) => Owner { team: Some(name.clone()), ..Owner::default() },
        Declared::Team(team) => Owner {
            team: team.team.clone(),
            dri: team.dri.clone(),
            contacts: team
                .contacts
                .iter()
                .map(|contact| Contact {
                    kind: contact.kind.clone(),
                    value: contact.value.clone(),
                    purpose: contact.purpose.clone(),
                })
                .collect(),
        },
    }
}

fn interface(declared: &pacto_contract::model::Interface) -> Option<InterfaceSummary> {
    let kind = match declared.kind.as_str() {
        "http" => InterfaceKind::Http,
        "grpc" => InterfaceKind::Grpc,
        "event" => InterfaceKind::Event,
        _ => return None,
    };
    Some(InterfaceSummary {
        name: declared.name.clone(),
        kind,
        has_contract_file: declared.contract.as_deref().is_some_and(|path| !path.is_empty()),
        port: declared.port.map(i32::from),
        visibility: declared.visibility.clone(),
    })
}

fn configuration(
    declared: &Configuration,
    judged: &Judged,
    overrides: Option<&Overrides>,
) -> ConfigurationSummary {
    let schema = judged.configurations.iter().find(|(path, _)| Some(path) == declared.schema.as_ref());
    let values = || declared.values.iter().flat_map(Mapping::entries);
    let mut value_keys: Vec<String> = values().map(|entry| entry.key.to_string()).collect();
    let is_secret = |node: &Node| node.as_str().is_some_and(|text| text.starts_with(SECRET));
    let secrets = values().filter(|entry| is_secret(&entry.node));
    let mut secret_keys: Vec<String> = secrets.map(|entry| entry.key.to_string()).collect();
    value_keys.sort();
    secret_keys.sort();
    value_keys.truncate(MAX_LISTED);
    secret_keys.truncate(MAX_LISTED);
    let named = overrides.iter().flat_map(|overrides| &overrides.configurations);
    let set = named.filter(|entry| entry.name == declared.name).flat_map(|entry| entry.values.keys());
    ConfigurationSummary {
        name: Some(declared.name.clone()),
        has_schema: declared.schema.is_some(),
        reference: declared.reference.clone(),
        value_keys,
        secret_keys,
        overridden_keys: set.cloned().collect(),
        properties: schema.map(|(_, properties)| properties.clone()).unwrap_or_default(),
    }
}

/// A contract in the form of before has one configuration, which dashboards of the original look for.
fn unnamed(is_plural: bool, all: &[ConfigurationSummary]) -> Option<ConfigurationSummary> {
    let first = all.first().filter(|_| !is_plural)?;
    Some(ConfigurationSummary { name: None, ..first.clone() })
}

fn unnamed_policy(is_plural: bool, all: &[PolicySummary]) -> Option<PolicySummary> {
    let first = all.first().filter(|_| !is_plural)?;
    Some(PolicySummary { name: None, ..first.clone() })
}

fn policy(declared: &Policy, judged: &Judged) -> PolicySummary {
    let known = judged.policies.iter().find(|(path, _)| Some(path) == declared.schema.as_ref());
    PolicySummary {
        name: Some(declared.name.clone()),
        has_schema: declared.schema.is_some(),
        schema: declared.schema.clone(),
        reference: declared.reference.clone(),
        ..known.map(|(_, summary)| summary.clone()).unwrap_or_default()
    }
}

fn runtime(contract: &Contract) -> RuntimeSummary {
    let Some(runtime) = &contract.runtime else { return RuntimeSummary::default() };
    let lifecycle = runtime.lifecycle.as_ref();
    let seconds = |seconds: u64| i32::try_from(seconds).unwrap_or(i32::MAX);
    RuntimeSummary {
        workload: some(&runtime.workload),
        state_type: some(&runtime.state.kind),
        persistence_scope: some(&runtime.state.scope),
        persistence_durability: some(&runtime.state.durability),
        data_criticality: some(&runtime.state.data_criticality),
        upgrade_strategy: lifecycle.and_then(|lifecycle| lifecycle.upgrade_strategy.clone()),
        graceful_shutdown_seconds: lifecycle
            .and_then(|lifecycle| lifecycle.graceful_shutdown_seconds)
            .map(seconds),
        health_interface: runtime.health.as_ref().map(|health| health.interface.clone()),
        health_path: runtime.health.as_ref().and_then(|health| health.path.clone()),
        health_initial_delay_seconds: runtime
            .health
            .as_ref()
            .and_then(|health| health.initial_delay_seconds)
            .map(seconds),
        metrics_interface: runtime.metrics.as_ref().map(|metrics| metrics.interface.clone()),
        metrics_path: runtime.metrics.as_ref().and_then(|metrics| metrics.path.clone()),
    }
}

fn scaling(wanted: Wanted) -> Scaling {
    let number = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
    match wanted {
        Wanted::Replicas(replicas) => Scaling { replicas: Some(number(replicas)), ..Scaling::default() },
        Wanted::Range { min, max } => Scaling {
            replicas: None,
            min: Some(number(min)).filter(|min| *min > 0),
            max: Some(number(max)).filter(|max| *max > 0),
        },
    }
}

/// Every value as text.
fn metadata(metadata: &Mapping) -> BTreeMap<String, String> {
    let shown = |node: &Node| {
        let json = node.to_json().unwrap_or_default();
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        cut(&text, MAX_METADATA)
    };
    metadata
        .entries()
        .iter()
        .take(MAX_LISTED)
        .map(|entry| (entry.key.to_string(), shown(&entry.node)))
        .collect()
}

fn observed(workload: &Workload) -> ObservedRuntime {
    // As the original: the first container, its readiness before its liveness.
    let first = workload.containers.first();
    let probe = first.and_then(|container| container.readiness.as_ref().or(container.liveness.as_ref()));
    let is_deployment = workload.pod_management_policy.is_none();
    ObservedRuntime {
        workload_kind: Some(workload.kind.to_string()),
        deployment_strategy: workload.strategy.as_deref().filter(|_| is_deployment).map(str::to_owned),
        pod_management_policy: workload.pod_management_policy.as_deref().map(str::to_owned),
        termination_grace_period_seconds: workload
            .grace_period_seconds
            .and_then(|seconds| seconds.try_into().ok()),
        container_images: workload.containers.iter().map(|container| container.image.to_string()).collect(),
        has_pvc: workload.has_pvc,
        has_empty_dir: workload.has_empty_dir,
        health_probe_initial_delay_seconds: probe
            .and_then(|probe| probe.initial_delay_seconds.try_into().ok()),
    }
}

fn endpoint(result: &ProbeResult) -> EndpointStatus {
    let (status, error) = match &result.outcome {
        ProbeOutcome::Response { status, .. } => (Some(i32::from(*status)), None),
        ProbeOutcome::Health { .. } => (None, None),
        ProbeOutcome::Unimplemented => (None, Some("no gRPC health service".to_owned())),
        ProbeOutcome::Failed { error } => (None, Some(error.clone())),
        ProbeOutcome::Skipped { cause } => (None, Some(cause.clone())),
    };
    EndpointStatus {
        url: result.url.clone(),
        reachable: result.outcome.is_reachable(),
        status_code: status,
        latency_ms: result
            .latency_ms
            .and_then(|latency| i64::try_from(latency).ok())
            .filter(|latency| *latency > 0),
        error,
    }
}
