//! The checks that the original does not have.

use std::sync::Arc;

use pacto_contract::Bundle;

use super::super::observation::{Autoscaler, ExposureKind, ServiceKind, Source, SourceKeys};
use super::super::workload::{ContainerPort, EnvironmentFrom, Names, SourceKind, SourceName};
use super::*;
use crate::library::{Library, Origin};
use crate::validate::Subject;

#[test]
fn scaling() {
    let hpa = |min, max| Some(Autoscaler { min, max });
    let table = [
        ("{replicas: 3}", Some(3), None, "True Match"),
        ("{replicas: 3}", Some(2), None, "False Mismatch"),
        ("{replicas: 3}", Some(3), hpa(3, 3), "True Match"),
        ("{replicas: 3}", Some(3), hpa(1, 5), "False Mismatch"),
        ("{min: 2, max: 5}", Some(1), hpa(2, 5), "True Match"),
        ("{min: 2, max: 5}", Some(1), hpa(3, 4), "True Match"),
        ("{min: 2, max: 5}", Some(3), hpa(1, 5), "False Mismatch"),
        ("{min: 2, max: 5}", Some(3), hpa(2, 6), "False Mismatch"),
        ("{min: 2, max: 5}", Some(4), None, "True Match"),
        ("{min: 2, max: 5}", Some(6), None, "False Mismatch"),
        ("{min: 2, max: 5}", None, None, "-"),
    ];
    for (declared, replicas, autoscaler, expected) in table {
        let document = contract(&format!("scaling: {declared}"));
        let mut observation = sees(Workload { replicas, ..workload(WorkloadKind::Deployment) });
        observation.autoscaler = autoscaler;
        let found = checks(&document, &observation);
        assert_eq!(said(&found, CheckKind::ScalingMatch), expected, "{declared} {replicas:?} {autoscaler:?}");
    }
    let mut observation = sees(workload(WorkloadKind::Deployment));
    observation.unreadable.insert(ObservedKind::HorizontalPodAutoscaler, "forbidden".into());
    let found = checks(&contract("scaling: {replicas: 1}"), &observation);
    assert_eq!(said(&found, CheckKind::ScalingMatch), "Unknown NotObserved");
}

#[test]
fn probes() {
    let document = |kind: &str, path: &str| {
        let lines =
            runtime("service", "stateless", "ephemeral", &format!(", health: {{interface: api{path}}}"));
        contract(&format!("interfaces: [{{name: api, type: {kind}, port: 80}}]\n{lines}"))
    };
    let http = document("http", ", path: /health");
    let grpc = document("grpc", "");
    let named = Service {
        ports: [ServicePort {
            port: 80,
            target: Some(PortRef::Name("web".into())),
            ..ServicePort::default()
        }]
        .into(),
        ..Service::default()
    };
    let web = Container {
        ports: [ContainerPort { name: Some("web".into()), number: 8080 }].into(),
        ..container("cart:1")
    };
    let observe = |document: &ContractDocument, probe: Option<PodProbe>| {
        let sidecar = Container { name: "proxy".into(), ..container("proxy:1") };
        let containers = [sidecar, Container { readiness: probe, ..web.clone() }].into();
        let mut observation = sees(Workload { containers, ..workload(WorkloadKind::Deployment) });
        observation.service = Some(Sought::found("cart", named.clone()));
        said(&checks(document, &observation), CheckKind::ProbeMatch)
    };
    let grpc_probe = |port| PodProbe { action: ProbeAction::Grpc { port }, ..http_probe("/", 1, 0) };
    assert_eq!(observe(&http, Some(http_probe("/health", 8080, 0))), "True Match");
    assert_eq!(observe(&http, Some(http_probe("health/", 8080, 0))), "True Match");
    assert_eq!(observe(&http, Some(http_probe("/live", 8080, 0))), "False Mismatch");
    assert_eq!(observe(&http, Some(http_probe("/health", 80, 0))), "False Mismatch");
    assert_eq!(observe(&http, Some(grpc_probe(PortRef::Number(8080)))), "False Mismatch");
    assert_eq!(observe(&http, None), "False Missing");
    assert_eq!(observe(&grpc, Some(grpc_probe(PortRef::Name("web".into())))), "True Match");
    assert_eq!(observe(&grpc, Some(http_probe("/", 8080, 0))), "False Mismatch");
}

#[test]
fn visibility() {
    let document = |visibility: &str| {
        contract(&format!("interfaces: [{{name: api, type: http, port: 8080, visibility: {visibility}}}]"))
    };
    let exposure = |ports: &[&str]| Exposure {
        kind: ExposureKind::Ingress,
        name: "web".into(),
        hosts: Box::default(),
        ports: ports.iter().map(|port| (*port).into()).collect(),
    };
    let table = [
        ("public", ServiceKind::ClusterIP, None, "False Mismatch"),
        ("public", ServiceKind::LoadBalancer, None, "True Match"),
        ("public", ServiceKind::NodePort, None, "True Match"),
        ("public", ServiceKind::ClusterIP, Some(exposure(&["8080"])), "True Match"),
        ("public", ServiceKind::ClusterIP, Some(exposure(&["http"])), "True Match"),
        ("public", ServiceKind::ClusterIP, Some(exposure(&["9090"])), "False Mismatch"),
        ("internal", ServiceKind::ClusterIP, None, "True Match"),
        ("internal", ServiceKind::LoadBalancer, None, "False Mismatch"),
        ("internal", ServiceKind::ClusterIP, Some(exposure(&["9090"])), "True Match"),
        ("internal", ServiceKind::ClusterIP, Some(exposure(&[])), "False Mismatch"),
    ];
    for (declared, kind, exposure, expected) in table {
        let mut observation = sees(workload(WorkloadKind::Deployment));
        let named = ServicePort { port: 8080, name: Some("http".into()), ..ServicePort::default() };
        observation.service =
            Some(Sought::found("cart", Service { kind, ports: [named].into(), ..Service::default() }));
        observation.exposures.extend(exposure.clone());
        let said = said(&checks(&document(declared), &observation), CheckKind::VisibilityMatch);
        assert_eq!(said, expected, "{declared} {kind} {exposure:?}");
    }
    let mut observation = sees(workload(WorkloadKind::Deployment));
    observation.unreadable.insert(ObservedKind::Ingress, "forbidden".into());
    for declared in ["public", "internal"] {
        let said = said(&checks(&document(declared), &observation), CheckKind::VisibilityMatch);
        assert_eq!(said, "Unknown NotObserved", "{declared}");
    }
}

fn keys_of(document: &ContractDocument, schema: &str) -> Vec<RequiredKey> {
    let mut bundle = Bundle::default();
    bundle.insert("configuration/schema.json", schema.as_bytes().to_vec()).unwrap();
    let origin = Origin::Directory("/contract".into());
    let subject = Subject { document, bundle: Some(&bundle), origin: &origin };
    required_keys(subject, &mut Library::default())
}

const CONFIGURED: &str =
    "interfaces: []\nruntime: {workload: service, state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}}
configuration: {schema: configuration/schema.json, values: {LOG_LEVEL: info, db: {host: x}}}";
const SCHEMA: &str = r#"{"type": "object", "required": ["PORT"], "properties": {"PORT": {}, "EXTRA": {}}}"#;

#[test]
fn required_keys_come_from_schema_and_values() {
    let keys = keys_of(&contract(CONFIGURED), SCHEMA);
    let shown: Vec<_> =
        keys.iter().map(|key| format!("{} {} {}", key.name, key.is_object, key.place)).collect();
    assert_eq!(
        shown,
        [
            "LOG_LEVEL false configuration.values.LOG_LEVEL",
            "PORT false configuration.schema",
            "db true configuration.values.db"
        ]
    );
    let publisher = contract("configuration: {schema: configuration/schema.json}");
    assert_eq!(keys_of(&publisher, SCHEMA), []);
}

#[test]
fn configuration_is_looked_for_by_name() {
    let document = contract(CONFIGURED);
    let keys = keys_of(&document, SCHEMA);
    let secret = SourceName { kind: SourceKind::Secret, name: "cart".into() };
    let from = EnvironmentFrom { source: secret.clone(), prefix: "DB_".into() };
    let observe = |names: &[&str], sources: Option<SourceKeys>, mounted: Box<[SourceName]>| {
        let environment = Names::new(names.iter().copied());
        let main = Container { environment, environment_from: [from.clone()].into(), ..container("cart:1") };
        let mut observation =
            sees(Workload { containers: [main].into(), mounted, ..workload(WorkloadKind::Deployment) });
        assert!(observation.wanted_sources().contains(&secret));
        observation.sources.extend(sources.map(|keys| Source { name: secret.clone(), keys }));
        let declared = Declared { contract: &document.contract, required_keys: &keys };
        said(&check(declared, &observation, &Options::default()), CheckKind::ConfigPresent)
    };
    let known = || Some(SourceKeys::Known(Arc::new(Names::new(["HOST", "PASSWORD"]))));
    assert_eq!(observe(&["PORT", "LOG_LEVEL"], known(), Box::default()), "True AllKeysPresent");
    assert_eq!(observe(&["port", "log-level"], known(), Box::default()), "True AllKeysPresent");
    assert_eq!(observe(&["PORT"], known(), Box::default()), "False MissingKeys");
    assert_eq!(
        observe(&["PORT", "LOG_LEVEL"], Some(SourceKeys::Missing), Box::default()),
        "False MissingKeys"
    );
    assert_eq!(observe(&["PORT", "LOG_LEVEL"], None, Box::default()), "Unknown NotObserved");
    let denied = Some(SourceKeys::Unknown("forbidden".into()));
    assert_eq!(observe(&["PORT", "LOG_LEVEL"], denied, Box::default()), "Unknown NotObserved");
    let file = SourceName { kind: SourceKind::ConfigMap, name: "files".into() };
    assert_eq!(observe(&["PORT"], known(), [file].into()), "Unknown NotObserved");
}
