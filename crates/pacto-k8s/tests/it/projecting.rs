//! What is kept of a resource, in whatever shape it was written.

use pacto_k8s::projection::{pacto, revision};
use pacto_k8s::view::{ContractStatus, ResolutionPolicy};
use serde_json::{Value, json};

fn with_status(status: &Value) -> Value {
    json!({"metadata": {"name": "payments", "namespace": "shop"}, "spec": {"contractRef": {}}, "status": status})
}

/// Everything that the operator writes.
fn whole() -> Value {
    json!({
        "metadata": {
            "name": "payments", "namespace": "shop", "generation": 3,
            "creationTimestamp": "2026-11-01T08:00:00Z", "managedFields": [{"manager": "operator"}],
        },
        "spec": {
            "contractRef": {"oci": "oci://ghcr.io/shop/payments-pacto"},
            "target": {"serviceName": "payments", "workloadRef": {"name": "payments", "kind": "StatefulSet"}},
        },
        "status": {
            "contractStatus": "Warning",
            "resolutionPolicy": "Latest",
            "currentRevision": "payments-2-0-0-abcdef0",
            "contractVersion": "2.0.0",
            "contract": {
                "serviceName": "payments-service", "version": "2.0.0",
                "owner": {"team": "money", "dri": "kim", "contacts": [{"type": "chat", "value": "#money"}]},
                "imageRef": "ghcr.io/shop/payments:2.0.0",
                "resolvedRef": "ghcr.io/shop/payments-pacto:2.0.0",
            },
            "summary": {"total": 4, "passed": 3, "failed": 1},
            "validation": {"valid": true, "warnings": [{"code": "W", "path": "a.b", "message": "look"}]},
            "resources": {"service": {"name": "payments", "exists": true}, "workload": {"name": "payments", "exists": false}},
            "ports": {"expected": [8080], "observed": [8080, 9090], "unexpected": [9090]},
            "endpoints": {
                "metrics": {"url": "http://m", "reachable": false, "error": "refused"},
                "health": {"url": "http://h", "reachable": true, "statusCode": 200, "latencyMs": 12},
            },
            "interfaces": [{"name": "api", "type": "http", "hasContractFile": true, "port": 8080, "visibility": "public"}],
            "configuration": {"hasSchema": true, "valueKeys": ["A"], "secretKeys": ["B"], "properties": [{"key": "A", "value": "1", "type": "integer"}, {"key": "B"}]},
            "policy": {"hasSchema": false, "ref": "oci://ghcr.io/shop/policy"},
            "dependencies": [{"ref": "oci://ghcr.io/shop/ledger:1.2@sha256:00", "required": true, "compatibility": "^1.0.0"}],
            "runtime": {"workload": "service", "stateType": "stateful", "gracefulShutdownSeconds": 30, "healthPath": "/health"},
            "observedRuntime": {"workloadKind": "StatefulSet", "containerImages": ["a", "b"], "hasPVC": true, "hasEmptyDir": false},
            "scaling": {"replicas": 3},
            "metadata": {"tier": "1"},
            "conditions": [{
                "type": "PortsValid", "status": "False", "reason": "MissingPorts", "message": "8080 is missing",
                "lastTransitionTime": "2026-11-01T08:00:00Z",
            }],
            "insights": [{"severity": "critical", "title": "Port closed"}],
            "lastReconciledAt": "2026-11-02T08:00:00Z",
            "observedGeneration": 3,
        },
    })
}

#[test]
fn everything_that_the_operator_writes_is_kept() {
    let view = pacto(&whole());
    assert_eq!(view.dropped, Vec::<String>::new());
    assert_eq!(view.key.to_string(), "shop/payments");
    assert_eq!((view.service_name.as_str(), view.version.as_str()), ("payments-service", "2.0.0"));
    assert_eq!(view.contract_status, ContractStatus::Warning);
    assert_eq!(view.resolution_policy, Some(ResolutionPolicy::Latest));
    assert_eq!(view.current_revision.as_deref(), Some("payments-2-0-0-abcdef0"));
    assert_eq!(view.resolved_ref.as_deref(), Some("ghcr.io/shop/payments-pacto:2.0.0"));
    let owner = view.owner.unwrap();
    assert_eq!((owner.team.as_deref(), owner.contacts[0].value.as_str()), (Some("money"), "#money"));
    assert_eq!(view.spec.oci.as_deref(), Some("ghcr.io/shop/payments-pacto"));
    assert_eq!(view.spec.workload_kind.as_deref(), Some("StatefulSet"));
    assert_eq!(view.summary.unwrap().failed, 1);
    assert_eq!(view.resources.unwrap().workload_exists, Some(false));
    assert_eq!(view.ports.unwrap().unexpected, [9090]);
    assert_eq!(view.interfaces[0].port, Some(8080));
    assert_eq!(
        (view.configurations[0].name.as_str(), view.policies[0].name.as_str()),
        ("default", "default")
    );
    let property = &view.configurations[0].properties[0];
    assert_eq!(
        (&*property.key, property.value.as_deref(), property.kind.as_deref()),
        ("A", Some("1"), Some("integer"))
    );
    assert_eq!(view.dependencies[0].name, "ledger");
    assert_eq!(view.runtime.unwrap().graceful_shutdown_seconds, Some(30));
    assert_eq!(view.observed_runtime.unwrap().container_images, ["a", "b"]);
    assert_eq!(view.scaling.unwrap().replicas, Some(3));
    assert_eq!(view.metadata["tier"], "1");
    assert_eq!(view.conditions[0].reason.as_deref(), Some("MissingPorts"));
    assert_eq!(view.insights[0].title, "Port closed");
    assert_eq!(view.last_reconciled_at.unwrap().to_string(), "2026-11-02T08:00:00Z");
    assert_eq!((view.generation, view.observed_generation), (Some(3), Some(3)));
}

#[test]
fn what_our_own_types_write_is_kept_whole() {
    let resource: pacto_k8s::pacto::Pacto = serde_json::from_value(whole()).unwrap();
    let mut written = serde_json::to_value(&resource).unwrap();
    // Nobody writes insights; they are read for readers of other operators.
    written["status"]["insights"] = whole()["status"]["insights"].clone();
    assert_eq!(pacto(&written), pacto(&whole()));
}

#[test]
fn one_object_is_a_list_of_one() {
    let view = pacto(&with_status(&json!({
        "interfaces": {"name": "api", "type": "grpc"},
        "dependencies": {"ref": "ledger", "required": false},
        "conditions": {"type": "ContractValid", "status": "True"},
        "insights": {"title": "Look"},
    })));
    let counts = [view.interfaces.len(), view.dependencies.len(), view.conditions.len(), view.insights.len()];
    assert_eq!(counts, [1; 4]);
    assert_eq!(view.dropped, Vec::<String>::new());
}

#[test]
fn endpoints_are_read_as_list_map_and_object() {
    let health = json!({"url": "http://h", "reachable": true, "statusCode": 204});
    let map = pacto(&with_status(&json!({"endpoints": {"metrics": {"reachable": false}, "health": health}})));
    let shown: Vec<_> = map.endpoints.iter().map(|end| (end.interface.as_str(), end.healthy)).collect();
    assert_eq!(shown, [("health", Some(true)), ("metrics", Some(false))]);
    assert_eq!(map.endpoints[0].kind.as_deref(), Some("health"));

    let list = pacto(&with_status(
        &json!({"endpoints": [{"interface": "api", "type": "health", "healthy": false}]}),
    ));
    assert_eq!(list.endpoints[0].healthy, Some(false));

    let one = pacto(&with_status(
        &json!({"endpoints": {"interface": "api", "url": "http://h", "reachable": true}}),
    ));
    assert_eq!((one.endpoints.len(), one.endpoints[0].healthy), (1, Some(true)));
}

#[test]
fn words_of_older_operators_mean_what_they_meant() {
    let status = |word: &str| pacto(&with_status(&json!({"contractStatus": word}))).contract_status;
    assert_eq!(status("Healthy"), ContractStatus::Compliant);
    assert_eq!(status("Degraded"), ContractStatus::Warning);
    assert_eq!(status("Invalid"), ContractStatus::NonCompliant);
    assert_eq!(status("Splendid"), ContractStatus::Unknown);
    assert_eq!(pacto(&with_status(&json!({"phase": "Healthy"}))).contract_status, ContractStatus::Compliant);
}

#[test]
fn an_owner_may_be_a_string() {
    let view = pacto(&with_status(&json!({"contract": {"serviceName": "a", "owner": "money"}})));
    assert_eq!(view.owner.unwrap().team.as_deref(), Some("money"));
}

#[test]
fn named_configurations_win_over_the_singular_form() {
    let view = pacto(&with_status(&json!({
        "configuration": {"hasSchema": true},
        "configurations": [{"name": "a", "hasSchema": true}, {"name": "b", "hasSchema": false}],
    })));
    let names: Vec<_> = view.configurations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn policy_and_revision_are_read_where_either_side_writes_them() {
    let status = json!({"contract": {"resolutionPolicy": "PinnedDigest", "currentRevision": "r"}});
    let view = pacto(&with_status(&status));
    assert_eq!(view.resolution_policy, Some(ResolutionPolicy::PinnedDigest));
    assert_eq!(view.current_revision.as_deref(), Some("r"));
}

#[test]
fn a_resource_without_status_is_known_by_its_name() {
    let view = pacto(
        &json!({"metadata": {"name": "payments", "namespace": "shop"}, "spec": {"contractRef": {"inline": "x"}}}),
    );
    assert_eq!(view.service_name, "payments");
    assert_eq!(view.contract_status, ContractStatus::Unknown);
    assert!(view.spec.inline);
}

#[test]
fn a_part_of_the_wrong_kind_is_dropped_and_named() {
    let view = pacto(&with_status(&json!({
        "contractVersion": 1.5,
        "interfaces": [{"name": "api", "port": 70_000}, 7, {"type": "http"}],
        "summary": {"total": -1, "passed": 2},
        "ports": "8080",
        "lastReconciledAt": "yesterday",
    })));
    assert_eq!(view.version, "1.5");
    assert_eq!(view.interfaces.len(), 1);
    assert_eq!(
        view.dropped,
        [
            "status.lastReconciledAt: text where a time was expected",
            "status.summary.total: a number where a number of things was expected",
            "status.ports: text where an object was expected",
            "status.interfaces[0].port: a number where a port was expected",
            "status.interfaces[1]: a number where an object was expected",
        ]
    );
}

#[test]
fn a_revision_is_kept() {
    let view = revision(&json!({
        "metadata": {"name": "payments-2-0-0-abcdef0", "namespace": "shop"},
        "spec": {
            "version": "2.0.0", "pactoRef": "payments", "serviceName": "payments-service",
            "source": {"oci": "ghcr.io/shop/payments-pacto:2.0.0", "digest": "sha256:00"},
        },
        "status": {"resolved": true, "contractHash": "00", "createdAt": "2026-11-01T08:00:00Z"},
    }));
    assert_eq!((view.version.as_str(), view.pacto_ref.as_str()), ("2.0.0", "payments"));
    assert_eq!(view.oci.as_deref(), Some("ghcr.io/shop/payments-pacto:2.0.0"));
    assert_eq!((view.resolved, view.inline), (Some(true), false));
    assert_eq!(view.dropped, Vec::<String>::new());
}
