//! The checks of the original, row by row.

use super::*;

#[test]
fn existence() {
    let document = contract("");
    let none = checks(&document, &Observation::default());
    assert_eq!(none.len(), 1);
    assert_eq!(said(&none, CheckKind::ContractValid), "True ReferenceOnly");

    let observation = Observation {
        service: Some(Sought::missing("cart")),
        workload: Some(SoughtWorkload { kind: WorkloadKind::Job, name: "cart".into(), found: None }),
        ..Observation::default()
    };
    let missing = checks(&document, &observation);
    assert_eq!(said(&missing, CheckKind::ContractValid), "True Parsed");
    assert_eq!(said(&missing, CheckKind::ServiceExists), "False NotFound");
    assert_eq!(said(&missing, CheckKind::WorkloadExists), "False NotFound");
    assert_eq!(said(&missing, CheckKind::PortsValid), "-");

    let found = checks(&document, &sees(workload(WorkloadKind::Deployment)));
    assert_eq!(said(&found, CheckKind::ServiceExists), "True Found");
    assert_eq!(said(&found, CheckKind::WorkloadExists), "True Found");
}

#[test]
fn ports_of_the_service() {
    let table: &[(&str, &[u16], &str)] = &[
        ("interfaces: [{name: api, type: http, port: 8080}]", &[8080], "True AllPortsMatch"),
        ("interfaces: [{name: api, type: http, port: 8080}]", &[8080, 9090], "True AllPortsMatch"),
        ("interfaces: [{name: api, type: http, port: 8080}]", &[9090], "False MissingPorts"),
        ("interfaces: [{name: bus, type: event, contract: a, port: 9092}]", &[8080], "False MissingPorts"),
        ("interfaces: [{name: bus, type: event, contract: a}]", &[8080], "True AllPortsMatch"),
        ("", &[], "True AllPortsMatch"),
    ];
    for (lines, observed, expected) in table {
        let mut observation = sees(workload(WorkloadKind::Deployment));
        observation.service = Some(Sought::found("cart", ports(observed)));
        let checks = checks(&contract(lines), &observation);
        assert_eq!(said(&checks, CheckKind::PortsValid), *expected, "{lines} {observed:?}");
    }
}

#[test]
fn missing_and_unexpected_ports_are_both_said() {
    let mut observation = sees(workload(WorkloadKind::Deployment));
    observation.service = Some(Sought::found("cart", ports(&[9090])));
    let document = contract("interfaces: [{name: api, type: http, port: 8080}]");
    let checks = checks(&document, &observation);
    let check = checks.iter().find(|check| check.kind == CheckKind::PortsValid).unwrap().clone();
    assert_eq!(
        check.message,
        "the Service has no port 8080; it also has 9090, which the contract does not name"
    );
    assert_eq!(check.path, "interfaces[0].port");
    let compared = compare_ports(&document.contract.interfaces, observation.found_service());
    assert_eq!((compared.missing, compared.unexpected), (vec![8080], vec![9090]));
    let place = check.locate(&document).location.unwrap();
    assert_eq!((place.line, place.column), (2, 44));
}

#[test]
fn workload_types() {
    use WorkloadKind::{CronJob, Deployment, Job, ReplicaSet, StatefulSet};
    let table = [
        ("service", Deployment, "True Match"),
        ("service", StatefulSet, "True Match"),
        ("service", ReplicaSet, "True Match"),
        ("service", Job, "False Mismatch"),
        ("job", Job, "True Match"),
        ("job", CronJob, "False Mismatch"),
        ("scheduled", CronJob, "True Match"),
        ("scheduled", Deployment, "False Mismatch"),
    ];
    for (declared, kind, expected) in table {
        let document = contract(&runtime(declared, "stateless", "ephemeral", ""));
        let checks = checks(&document, &sees(workload(kind)));
        assert_eq!(said(&checks, CheckKind::WorkloadTypeMatch), expected, "{declared} {kind}");
    }
    let without = checks(&contract(""), &sees(workload(Deployment)));
    assert_eq!(said(&without, CheckKind::WorkloadTypeMatch), "-");
}

#[test]
fn state_models() {
    use WorkloadKind::{Deployment, StatefulSet};
    let table = [
        ("stateful", "persistent", StatefulSet, true, "True Match", Severity::Error),
        ("stateful", "persistent", StatefulSet, false, "False Missing", Severity::Error),
        ("stateful", "ephemeral", StatefulSet, false, "True Match", Severity::Error),
        ("stateful", "persistent", Deployment, true, "False Mismatch", Severity::Error),
        ("stateless", "ephemeral", Deployment, true, "False Mismatch", Severity::Warning),
        ("stateless", "ephemeral", Deployment, false, "True Match", Severity::Error),
        ("hybrid", "persistent", Deployment, true, "True Match", Severity::Error),
        ("hybrid", "persistent", Deployment, false, "False Missing", Severity::Error),
        ("hybrid", "ephemeral", Deployment, false, "True Match", Severity::Error),
        ("hybrid", "ephemeral", Deployment, true, "True Match", Severity::Error),
    ];
    for (state, durability, kind, has_pvc, expected, severity) in table {
        let document = contract(&runtime("service", state, durability, ""));
        let checks = checks(&document, &sees(Workload { has_pvc, ..workload(kind) }));
        let row = format!("{state} {durability} {kind} {has_pvc}");
        assert_eq!(said(&checks, CheckKind::StateModelMatch), expected, "{row}");
        let check = checks.iter().find(|check| check.kind == CheckKind::StateModelMatch).unwrap();
        assert_eq!(check.severity, severity, "{row}");
    }
}

#[test]
fn upgrade_strategies() {
    use WorkloadKind::{Deployment, Job, ReplicaSet, StatefulSet};
    let table = [
        ("rolling", Deployment, Some("RollingUpdate"), None, "True Match"),
        ("rolling", Deployment, Some("Recreate"), None, "False Mismatch"),
        ("recreate", Deployment, Some("Recreate"), None, "True Match"),
        ("recreate", Deployment, Some("RollingUpdate"), None, "False Mismatch"),
        ("ordered", Deployment, Some("RollingUpdate"), None, "False Mismatch"),
        ("rolling", Deployment, None, None, "True Skipped"),
        ("ordered", StatefulSet, Some("RollingUpdate"), Some("OrderedReady"), "True Match"),
        ("ordered", StatefulSet, None, Some("Parallel"), "False Mismatch"),
        // The original says Mismatch, although that is what the StatefulSet does.
        ("rolling", StatefulSet, Some("RollingUpdate"), Some("OrderedReady"), "True Match"),
        ("rolling", StatefulSet, Some("OnDelete"), Some("OrderedReady"), "False Mismatch"),
        ("rolling", StatefulSet, None, Some("OrderedReady"), "False Mismatch"),
        ("recreate", StatefulSet, Some("RollingUpdate"), Some("OrderedReady"), "False Mismatch"),
        ("rolling", ReplicaSet, None, None, "True Skipped"),
        ("rolling", Job, None, None, "True Skipped"),
    ];
    for (declared, kind, strategy, policy, expected) in table {
        let more = format!(", lifecycle: {{upgradeStrategy: {declared}}}");
        let document = contract(&runtime("service", "stateless", "ephemeral", &more));
        let observed = Workload {
            strategy: strategy.map(Into::into),
            pod_management_policy: policy.map(Into::into),
            ..workload(kind)
        };
        let checks = checks(&document, &sees(observed));
        let row = format!("{declared} {kind} {strategy:?} {policy:?}");
        assert_eq!(said(&checks, CheckKind::UpgradeStrategyMatch), expected, "{row}");
    }
}

#[test]
fn grace_periods() {
    let table = [
        (30, Some(30), "True Match"),
        (30, Some(60), "True Match"),
        (30, Some(10), "False Mismatch"),
        (30, None, "False Missing"),
    ];
    for (declared, observed, expected) in table {
        let more = format!(", lifecycle: {{gracefulShutdownSeconds: {declared}}}");
        let document = contract(&runtime("service", "stateless", "ephemeral", &more));
        let observed = Workload { grace_period_seconds: observed, ..workload(WorkloadKind::Deployment) };
        let checks = checks(&document, &sees(observed));
        assert_eq!(said(&checks, CheckKind::GracefulShutdownMatch), expected, "{declared}");
    }
}

#[test]
fn images() {
    let digest = "sha256:abc";
    let table = [
        ("ghcr.io/org/svc", "ghcr.io/org/svc:v1", true),
        ("ghcr.io/org/svc:v1", "ghcr.io/org/svc:v2", false),
        ("nginx", "docker.io/library/nginx:latest", true),
        ("docker.io/library/nginx:latest", "nginx:latest", true),
        ("user/app", "docker.io/user/app:v1", true),
        ("svc@sha256:abc", "svc:v1", false),
        ("nginx", "alpine:latest", false),
        ("svc", &format!("svc:v1@{digest}"), true),
        ("svc:v1", &format!("svc:v1@{digest}"), true),
        ("svc:v2", &format!("svc:v1@{digest}"), false),
        ("svc@sha256:abc", &format!("svc:v1@{digest}"), true),
        ("svc:v2@sha256:abc", &format!("svc@{digest}"), true),
        ("svc@sha256:def", &format!("svc:v1@{digest}"), false),
        ("svc:v1", &format!("svc@{digest}"), false),
        ("nginx:latest", "nginx", true),
        ("nginx:1", "nginx", false),
        ("localhost:5000/img", "localhost:5000/img:v1", true),
        ("localhost:5000/img", "img:v1", false),
        ("localhost/img", "localhost/img:v1", true),
        ("index.docker.io/nginx", "nginx:1", true),
        ("", "", true),
    ];
    for (expected, observed, verdict) in table {
        assert_eq!(image::matches(expected, observed), verdict, "{expected} {observed}");
    }
}

#[test]
fn any_container_may_run_the_image() {
    let lines = format!(
        "service: {{name: cart, version: 1.0.0, image: {{ref: 'cart@sha256:abc'}}}}\n{}",
        runtime("service", "stateless", "ephemeral", "")
    );
    let document = contract(&lines);
    let observe = |containers: Vec<Container>| {
        let observed = Workload { containers: containers.into(), ..workload(WorkloadKind::Deployment) };
        said(&checks(&document, &sees(observed)), CheckKind::ImageMatch)
    };
    assert_eq!(observe(vec![container("proxy:1"), container("cart:1@sha256:abc")]), "True Match");
    assert_eq!(observe(vec![container("proxy:1"), container("cart:1")]), "False Mismatch");
    let pulled = Container {
        image_id: Some("docker-pullable://mirror/cart@sha256:abc".into()),
        ..container("cart:1")
    };
    assert_eq!(observe(vec![container("proxy:1"), pulled]), "True Match");
    assert_eq!(observe(Vec::new()), "False Missing");
    let without = contract("service: {name: cart, version: 1.0.0, image: {ref: 'cart:2'}}");
    assert_eq!(
        said(&checks(&without, &sees(workload(WorkloadKind::Deployment))), CheckKind::ImageMatch),
        "-"
    );
}

#[test]
fn health_timing() {
    let more = ", health: {interface: api, path: /health, initialDelaySeconds: 20}";
    let lines = runtime("service", "stateless", "ephemeral", more);
    let document = contract(&format!("interfaces: [{{name: api, type: http, port: 8080}}]\n{lines}"));
    let with = |readiness: Option<u64>, liveness: Option<u64>, startup: Option<u64>| {
        let probe = |delay| http_probe("/health", 8080, delay);
        Container {
            readiness: readiness.map(probe),
            liveness: liveness.map(probe),
            startup: startup.map(probe),
            ..container("cart:1")
        }
    };
    let observe = |containers: Vec<Container>| {
        let observed = Workload { containers: containers.into(), ..workload(WorkloadKind::Deployment) };
        said(&checks(&document, &sees(observed)), CheckKind::HealthTimingMatch)
    };
    assert_eq!(observe(vec![with(Some(20), None, None)]), "True Match");
    assert_eq!(observe(vec![with(Some(25), Some(1), None)]), "True Match");
    assert_eq!(observe(vec![with(Some(5), Some(20), None)]), "False Mismatch");
    assert_eq!(observe(vec![with(None, Some(20), None)]), "True Match");
    assert_eq!(observe(vec![with(Some(0), None, Some(0))]), "True Match");
    assert_eq!(observe(vec![with(None, None, None)]), "False Missing");
    // A sidecar that is probed elsewhere does not speak for the service.
    let sidecar = Container { readiness: Some(http_probe("/", 15021, 60)), ..container("proxy:1") };
    assert_eq!(observe(vec![sidecar.clone(), with(Some(5), None, None)]), "False Mismatch");
    assert_eq!(observe(vec![sidecar]), "True Match");
}
