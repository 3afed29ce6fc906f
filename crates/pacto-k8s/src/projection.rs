//! From whatever is stored to a view. It never fails: a part of the wrong kind is dropped, and [`PactoView::dropped`]
//! says which. What several operators wrote in several ways (one object instead of a list, endpoints as a map) is read
//! in all of them.

use serde_json::Value;

use crate::reading::{Place, Reader};
use crate::view::{
    ConditionView, ConfigurationView, ContactView, ContractStatus, DependencyView, EndpointView, InsightView,
    InterfaceView, IssueView, ObservedRuntimeView, OwnerView, PactoView, PolicyView, PortsView, PropertyView,
    ResolutionPolicy, ResourceKey, ResourcesView, RevisionView, RuntimeView, ScalingView, SpecView,
    SummaryView, ValidationView,
};

/// Name of a configuration or policy that has none: the singular form.
const DEFAULT_NAME: &str = "default";

/// Projects a Pacto.
///
/// ```
/// use pacto_k8s::projection::pacto;
/// let view = pacto(&serde_json::json!({
///     "metadata": {"name": "payments", "namespace": "shop"},
///     "status": {"contractStatus": "Compliant", "interfaces": {"name": "api", "type": "http", "port": 8080}},
/// }));
/// assert_eq!(view.service_name, "payments");
/// assert_eq!(view.interfaces[0].port, Some(8080));
/// ```
pub fn pacto(object: &Value) -> PactoView {
    let mut reader = Reader::new();
    let root = Place::root(object);
    let mut view = PactoView::default();
    metadata(&mut reader, &root, &mut view);
    if let Some(spec) = reader.object(&root, "spec", spec) {
        view.spec = spec;
    }
    let _ = reader.object(&root, "status", |reader, place| status(reader, place, &mut view));
    if view.service_name.is_empty() {
        view.service_name.clone_from(&view.key.name);
    }
    view.dropped = reader.into_notes();
    view
}

/// Projects a revision.
pub fn revision(object: &Value) -> RevisionView {
    let mut reader = Reader::new();
    let root = Place::root(object);
    let mut view = RevisionView::default();
    let _ = reader.object(&root, "metadata", |reader, place| view.key = key(reader, place));
    let _ = reader.object(&root, "spec", |reader, place| {
        view.version = reader.scalar(place, "version").unwrap_or_default();
        view.pacto_ref = reader.text(place, "pactoRef").unwrap_or_default();
        view.service_name = reader.text(place, "serviceName").unwrap_or_default();
        let _ = reader.object(place, "source", |reader, place| {
            view.oci = reader.text(place, "oci").map(without_scheme);
            view.digest = reader.text(place, "digest");
            view.inline = reader.flag(place, "inline").unwrap_or_default();
        });
    });
    let _ = reader.object(&root, "status", |reader, place| {
        view.resolved = reader.flag(place, "resolved");
        view.contract_hash = reader.text(place, "contractHash");
        view.created_at = reader.time(place, "createdAt");
    });
    view.dropped = reader.into_notes();
    view
}

fn key(reader: &mut Reader, metadata: &Place<'_>) -> ResourceKey {
    let namespace = reader.text(metadata, "namespace").unwrap_or_default();
    ResourceKey { namespace, name: reader.text(metadata, "name").unwrap_or_default() }
}

fn metadata(reader: &mut Reader, root: &Place<'_>, view: &mut PactoView) {
    let _ = reader.object(root, "metadata", |reader, place| {
        view.key = key(reader, place);
        view.created_at = reader.time(place, "creationTimestamp");
        view.generation = reader.whole(place, "generation");
    });
}

fn spec(reader: &mut Reader, place: &Place<'_>) -> SpecView {
    let mut view = SpecView::default();
    let _ = reader.object(place, "contractRef", |reader, place| {
        view.oci = reader.text(place, "oci").map(without_scheme);
        let inline = place.get("inline");
        view.inline = inline.is_some_and(|place| place.value().as_str().is_some_and(|text| !text.is_empty()));
    });
    let _ = reader.object(place, "target", |reader, place| {
        view.service_name = reader.text(place, "serviceName");
        let _ = reader.object(place, "workloadRef", |reader, place| {
            view.workload_name = reader.text(place, "name");
            view.workload_kind = reader.text(place, "kind");
        });
    });
    view
}

fn status(reader: &mut Reader, place: &Place<'_>, view: &mut PactoView) {
    // What says who it is comes first: a resource that is too large loses its details.
    view.version = reader.scalar(place, "contractVersion").unwrap_or_default();
    view.resolution_policy = policy_word(reader, place);
    view.current_revision = reader.text(place, "currentRevision");
    let _ = reader.object(place, "contract", |reader, place| contract(reader, place, view));
    let word = reader.text(place, "contractStatus").or_else(|| reader.text(place, "phase"));
    view.contract_status = word.map_or(ContractStatus::Unknown, |word| contract_status(&word));
    view.last_reconciled_at = reader.time(place, "lastReconciledAt");
    view.observed_generation = reader.whole(place, "observedGeneration");
    view.summary = reader.object(place, "summary", |reader, place| SummaryView {
        total: reader.count(place, "total").unwrap_or_default(),
        passed: reader.count(place, "passed").unwrap_or_default(),
        failed: reader.count(place, "failed").unwrap_or_default(),
    });
    view.resources = reader.object(place, "resources", |reader, place| ResourcesView {
        service_exists: reader
            .object(place, "service", |reader, place| reader.flag(place, "exists"))
            .flatten(),
        workload_exists: reader
            .object(place, "workload", |reader, place| reader.flag(place, "exists"))
            .flatten(),
    });
    view.ports = reader.object(place, "ports", |reader, place| PortsView {
        expected: reader.ports(place, "expected"),
        observed: reader.ports(place, "observed"),
        missing: reader.ports(place, "missing"),
        unexpected: reader.ports(place, "unexpected"),
    });
    view.scaling = reader.object(place, "scaling", |reader, place| ScalingView {
        replicas: reader.whole(place, "replicas"),
        min: reader.whole(place, "min"),
        max: reader.whole(place, "max"),
    });
    view.runtime = reader.object(place, "runtime", runtime);
    view.observed_runtime = reader.object(place, "observedRuntime", observed_runtime);
    view.interfaces = reader.objects(place, "interfaces", interface);
    view.dependencies = reader.objects(place, "dependencies", dependency);
    view.configurations = plural(reader, place, "configurations", "configuration", configuration);
    view.policies = plural(reader, place, "policies", "policy", policy);
    view.conditions = reader.objects(place, "conditions", condition);
    view.validation = reader.object(place, "validation", validation);
    view.endpoints = endpoints(reader, place);
    view.insights = reader.objects(place, "insights", insight);
    view.metadata = reader.map(place, "metadata");
}

fn contract(reader: &mut Reader, place: &Place<'_>, view: &mut PactoView) {
    view.service_name = reader.text(place, "serviceName").unwrap_or_default();
    let version = reader.scalar(place, "version").unwrap_or_default();
    if view.version.is_empty() {
        view.version = version;
    }
    view.owner = owner(reader, place);
    view.image_ref = reader.text(place, "imageRef");
    view.chart_ref = reader.text(place, "chartRef");
    view.resolved_ref = reader.text(place, "resolvedRef").map(without_scheme);
    let (policy, revision) = (policy_word(reader, place), reader.text(place, "currentRevision"));
    view.resolution_policy = view.resolution_policy.or(policy);
    view.current_revision = view.current_revision.take().or(revision);
}

fn owner(reader: &mut Reader, contract: &Place<'_>) -> Option<OwnerView> {
    if contract.get("owner")?.value().is_string() {
        let team = reader.text(contract, "owner")?;
        return Some(OwnerView { team: Some(team), ..OwnerView::default() });
    }
    reader.object(contract, "owner", |reader, place| OwnerView {
        team: reader.text(place, "team"),
        dri: reader.text(place, "dri"),
        contacts: reader.objects(place, "contacts", |reader, place| {
            let kind = reader.text(place, "type").unwrap_or_default();
            Some(ContactView {
                kind,
                value: reader.text(place, "value")?,
                purpose: reader.text(place, "purpose"),
            })
        }),
    })
}

/// Words of all times.
fn contract_status(word: &str) -> ContractStatus {
    match word {
        "Compliant" | "Healthy" => ContractStatus::Compliant,
        "Warning" | "Degraded" => ContractStatus::Warning,
        "NonCompliant" | "Invalid" => ContractStatus::NonCompliant,
        "Reference" => ContractStatus::Reference,
        _ => ContractStatus::Unknown,
    }
}

fn policy_word(reader: &mut Reader, place: &Place<'_>) -> Option<ResolutionPolicy> {
    match reader.text(place, "resolutionPolicy")?.as_str() {
        "Latest" => Some(ResolutionPolicy::Latest),
        "PinnedTag" => Some(ResolutionPolicy::PinnedTag),
        "PinnedDigest" => Some(ResolutionPolicy::PinnedDigest),
        _ => None,
    }
}

/// The list of all, else the one of the singular form.
fn plural<T>(
    reader: &mut Reader,
    place: &Place<'_>,
    list: &str,
    one: &str,
    read: fn(&mut Reader, &Place<'_>) -> Option<T>,
) -> Vec<T> {
    let all = reader.objects(place, list, read);
    if all.is_empty() { reader.objects(place, one, read) } else { all }
}

fn interface(reader: &mut Reader, place: &Place<'_>) -> Option<InterfaceView> {
    Some(InterfaceView {
        name: reader.text(place, "name")?,
        kind: reader.text(place, "type").unwrap_or_default(),
        port: reader.port(place, "port"),
        visibility: reader.text(place, "visibility"),
        has_contract_file: reader.flag(place, "hasContractFile"),
    })
}

fn dependency(reader: &mut Reader, place: &Place<'_>) -> Option<DependencyView> {
    let reference = reader.text(place, "ref")?;
    let name = reader.text(place, "name").unwrap_or_else(|| last_segment(&reference).to_owned());
    Some(DependencyView {
        name,
        reference,
        required: reader.flag(place, "required").unwrap_or_default(),
        compatibility: reader.text(place, "compatibility"),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one of several ways to read an entry of a list")]
fn configuration(reader: &mut Reader, place: &Place<'_>) -> Option<ConfigurationView> {
    Some(ConfigurationView {
        name: reader.text(place, "name").unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        has_schema: reader.flag(place, "hasSchema").unwrap_or_default(),
        reference: reader.text(place, "ref"),
        value_keys: reader.texts(place, "valueKeys"),
        secret_keys: reader.texts(place, "secretKeys"),
        overridden_keys: reader.texts(place, "overriddenKeys"),
        properties: reader.objects(place, "properties", property),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one of several ways to read an entry of a list")]
fn policy(reader: &mut Reader, place: &Place<'_>) -> Option<PolicyView> {
    Some(PolicyView {
        name: reader.text(place, "name").unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        has_schema: reader.flag(place, "hasSchema").unwrap_or_default(),
        schema: reader.text(place, "schema"),
        reference: reader.text(place, "ref"),
        title: reader.text(place, "title"),
        description: reader.text(place, "description"),
        properties: reader.objects(place, "properties", property),
    })
}

fn property(reader: &mut Reader, place: &Place<'_>) -> Option<PropertyView> {
    Some(PropertyView {
        key: reader.text(place, "key")?,
        value: reader.text(place, "value"),
        kind: reader.text(place, "type"),
    })
}

fn runtime(reader: &mut Reader, place: &Place<'_>) -> RuntimeView {
    RuntimeView {
        workload: reader.text(place, "workload"),
        state_type: reader.text(place, "stateType"),
        persistence_scope: reader.text(place, "persistenceScope"),
        persistence_durability: reader.text(place, "persistenceDurability"),
        data_criticality: reader.text(place, "dataCriticality"),
        upgrade_strategy: reader.text(place, "upgradeStrategy"),
        graceful_shutdown_seconds: reader.whole(place, "gracefulShutdownSeconds"),
        health_interface: reader.text(place, "healthInterface"),
        health_path: reader.text(place, "healthPath"),
        health_initial_delay_seconds: reader.whole(place, "healthInitialDelaySeconds"),
        metrics_interface: reader.text(place, "metricsInterface"),
        metrics_path: reader.text(place, "metricsPath"),
    }
}

fn observed_runtime(reader: &mut Reader, place: &Place<'_>) -> ObservedRuntimeView {
    ObservedRuntimeView {
        workload_kind: reader.text(place, "workloadKind"),
        deployment_strategy: reader.text(place, "deploymentStrategy"),
        pod_management_policy: reader.text(place, "podManagementPolicy"),
        termination_grace_period_seconds: reader.whole(place, "terminationGracePeriodSeconds"),
        container_images: reader.texts(place, "containerImages"),
        has_pvc: reader.flag(place, "hasPVC"),
        has_empty_dir: reader.flag(place, "hasEmptyDir"),
        health_probe_initial_delay_seconds: reader.whole(place, "healthProbeInitialDelaySeconds"),
    }
}

fn validation(reader: &mut Reader, place: &Place<'_>) -> ValidationView {
    let errors = reader.objects(place, "errors", issue);
    let valid = reader.flag(place, "valid").unwrap_or(errors.is_empty());
    ValidationView { valid, errors, warnings: reader.objects(place, "warnings", issue) }
}

fn issue(reader: &mut Reader, place: &Place<'_>) -> Option<IssueView> {
    let (code, path) = (reader.text(place, "code"), reader.text(place, "path"));
    let message = reader.text(place, "message").or_else(|| code.clone())?;
    Some(IssueView { code, path, message })
}

fn condition(reader: &mut Reader, place: &Place<'_>) -> Option<ConditionView> {
    let kind = reader.text(place, "type")?;
    let status = match reader.text(place, "status").as_deref() {
        Some("True") => "True",
        Some("False") => "False",
        _ => "Unknown",
    };
    Some(ConditionView {
        kind,
        status: status.to_owned(),
        reason: reader.text(place, "reason"),
        message: reader.text(place, "message"),
        severity: reader.text(place, "severity"),
        last_transition_time: reader.time(place, "lastTransitionTime"),
    })
}

/// A list, one object, or a map from a name to an object.
fn endpoints(reader: &mut Reader, status: &Place<'_>) -> Vec<EndpointView> {
    let Some(place) = status.get("endpoints") else { return Vec::new() };
    if place.value().is_object() && !is_endpoint(&place) {
        return reader.entries(&place, |reader, name, place| {
            let stored = endpoint(reader, place);
            EndpointView { interface: name.to_owned(), kind: Some(name.to_owned()), ..stored }
        });
    }
    reader.objects(status, "endpoints", |reader, place| {
        let stored = endpoint(reader, place);
        let nothing = stored.interface.is_empty() && stored.kind.is_none() && stored.url.is_none();
        (!nothing).then_some(stored)
    })
}

/// Whether an object says what a probe said, and is not a map of such objects: one may be named `error` there.
fn is_endpoint(place: &Place<'_>) -> bool {
    let words = ["url", "interface", "type", "healthy", "reachable", "statusCode", "latencyMs", "error"];
    words.iter().any(|word| place.get(word).is_some_and(|value| !value.value().is_object()))
}

fn endpoint(reader: &mut Reader, place: &Place<'_>) -> EndpointView {
    EndpointView {
        interface: reader.text(place, "interface").or_else(|| reader.text(place, "name")).unwrap_or_default(),
        kind: reader.text(place, "type"),
        url: reader.text(place, "url"),
        healthy: reader.flag(place, "healthy").or_else(|| reader.flag(place, "reachable")),
        status_code: reader.whole(place, "statusCode"),
        latency_ms: reader.whole(place, "latencyMs"),
        error: reader.text(place, "error"),
        message: reader.text(place, "message"),
    }
}

fn insight(reader: &mut Reader, place: &Place<'_>) -> Option<InsightView> {
    Some(InsightView {
        severity: reader.text(place, "severity").unwrap_or_else(|| "info".to_owned()),
        title: reader.text(place, "title")?,
        description: reader.text(place, "description"),
    })
}

/// Last path segment without tag and digest: `ghcr.io/org/ledger:1.2@sha256:…` is `ledger`.
fn last_segment(reference: &str) -> &str {
    let path = reference.split('@').next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

fn without_scheme(reference: String) -> String {
    match reference.strip_prefix("oci://") {
        Some(rest) => rest.to_owned(),
        None => reference,
    }
}
