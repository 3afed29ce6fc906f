//! Our definitions, as a real API server takes them.

use pacto_testkit::control_plane::ControlPlane;
use serde_json::{Value, json};

use crate::cluster::cluster;

/// What is stored, or why it is not.
fn create(plane: &ControlPlane, namespace: &str, object: &Value) -> Result<Value, String> {
    let arguments = ["create", "--validate=ignore", "--namespace", namespace, "--output", "json", "-f", "-"];
    let output = plane.run_kubectl(&arguments, Some(&object.to_string()));
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn pacto(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "pacto.trianalab.io/v1alpha1", "kind": "Pacto", "metadata": {"name": name}, "spec": spec})
}

fn set_status(plane: &ControlPlane, namespace: &str, name: &str, status: &Value) -> Result<Value, String> {
    let patch = json!({"status": status}).to_string();
    let arguments = [
        "patch",
        "pacto",
        name,
        "--namespace",
        namespace,
        "--subresource=status",
        "--type=merge",
        "--output=json",
        "--patch",
        &patch,
    ];
    let output = plane.run_kubectl(&arguments, None);
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn defaults_are_filled_in_and_unknown_keys_of_the_spec_go() {
    let Some(plane) = cluster("defaults") else { return };
    let spec = json!({"contractRef": {}, "target": {"workloadRef": {"name": "a"}}, "surprise": 1});
    let stored = create(&plane, "defaults", &pacto("a", &spec)).unwrap();
    let expected = json!({
        "contractRef": {}, "checkIntervalSeconds": 300, "target": {"workloadRef": {"name": "a", "kind": "Deployment"}},
    });
    assert_eq!(stored["spec"], expected);
}

#[test]
fn what_the_operator_cannot_use_is_refused() {
    let Some(plane) = cluster("refused") else { return };
    let refused = [
        (json!({}), "spec.contractRef"),
        (json!({"contractRef": {}, "checkIntervalSeconds": 10}), "greater than or equal to 30"),
        (json!({"contractRef": {}, "revisionHistoryLimit": -1}), "greater than or equal to 0"),
        (json!({"contractRef": {}, "target": {"workloadRef": {}}}), "spec.target.workloadRef.name"),
        (
            json!({"contractRef": {}, "target": {"workloadRef": {"name": "a", "kind": "Pod"}}}),
            "Unsupported value",
        ),
        (
            json!({"contractRef": {}, "overrides": {"configurations": [{"name": "a", "values": {}}]}}),
            "values",
        ),
    ];
    for (spec, words) in refused {
        let error = create(&plane, "refused", &pacto("a", &spec)).unwrap_err();
        assert!(error.contains(words), "{spec}: {error}");
    }
}

#[test]
fn every_kind_of_workload_is_taken() {
    let Some(plane) = cluster("workloads") else { return };
    for kind in ["Deployment", "StatefulSet", "ReplicaSet", "Job", "CronJob"] {
        let spec = json!({"contractRef": {}, "target": {"workloadRef": {"name": "a", "kind": kind}}});
        create(&plane, "workloads", &pacto(&kind.to_lowercase(), &spec)).unwrap();
    }
}

#[test]
fn a_status_of_the_original_operator_is_taken_and_survives() {
    let Some(plane) = cluster("original") else { return };
    create(&plane, "original", &pacto("a", &json!({"contractRef": {}}))).unwrap();
    let status = json!({
        "contract": {"serviceName": "a", "version": "1.0.0", "owner": "money"},
        "endpoints": {"health": {"url": "http://h", "reachable": true}},
        "configurations": [{"name": "b", "hasSchema": true, "properties": [{"key": "A"}]}],
        "readiness": {"score": 80, "passing": true},
        "conditions": [{
            "type": "ReadinessSatisfied", "status": "True", "reason": "Satisfied", "message": "",
            "lastTransitionTime": "2026-11-01T08:00:00Z",
        }],
        "lastReconciledAt": "2026-11-01T08:00:00Z",
    });
    let stored = set_status(&plane, "original", "a", &status).unwrap();
    assert_eq!(stored["status"]["readiness"], status["readiness"]);
    assert_eq!(stored["status"]["contract"]["owner"], "money");
    let list = json!({"endpoints": [{"interface": "api", "healthy": true}]});
    set_status(&plane, "original", "a", &list).unwrap();
}

#[test]
fn a_status_that_is_none_is_refused() {
    let Some(plane) = cluster("nonsense") else { return };
    create(&plane, "nonsense", &pacto("a", &json!({"contractRef": {}}))).unwrap();
    let refused = [
        json!({"contractStatus": "Splendid"}),
        json!({"interfaces": [{"name": "a", "type": "telex", "hasContractFile": true}]}),
        json!({"conditions": [{"type": "A", "status": "Perhaps", "reason": "R", "message": "", "lastTransitionTime": "2026-11-01T08:00:00Z"}]}),
        json!({"conditions": [{"type": "A", "status": "True", "reason": "not one word", "message": "", "lastTransitionTime": "2026-11-01T08:00:00Z"}]}),
    ];
    for status in refused {
        set_status(&plane, "nonsense", "a", &status).unwrap_err();
    }
}

#[test]
fn what_our_types_write_is_stored_as_it_is() {
    use pacto_k8s::pacto::{ContractSummary, PactoStatus, Summary};
    let Some(plane) = cluster("typed") else { return };
    create(&plane, "typed", &pacto("a", &json!({"contractRef": {}}))).unwrap();
    let status = PactoStatus {
        contract_status: Some(pacto_k8s::view::ContractStatus::Compliant),
        resolution_policy: Some(pacto_k8s::view::ResolutionPolicy::Latest),
        summary: Some(Summary { total: 1, passed: 1, failed: 0 }),
        contract: Some(ContractSummary { service_name: "a".to_owned(), ..ContractSummary::default() }),
        ..PactoStatus::default()
    };
    let stored = set_status(&plane, "typed", "a", &serde_json::to_value(&status).unwrap()).unwrap();
    assert_eq!(serde_json::from_value::<PactoStatus>(stored["status"].clone()).unwrap(), status);
    let table = plane.kubectl(&["get", "pactos", "--namespace", "typed"]);
    let heading: Vec<_> =
        table.lines().next().unwrap().split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!(
        heading,
        ["NAME", "STATUS", "SERVICE", "VERSION", "PASSED", "FAILED", "LAST RECONCILED", "AGE"]
    );
    assert!(table.contains("Compliant"), "{table}");
}

#[test]
fn a_revision_is_stored() {
    let Some(plane) = cluster("revisions") else { return };
    let object = |version: &str| {
        json!({
            "apiVersion": "pacto.trianalab.io/v1alpha1", "kind": "PactoRevision", "metadata": {"name": "a-1"},
            "spec": {"version": version, "source": {"oci": "ghcr.io/a:1"}, "pactoRef": "a"},
        })
    };
    create(&plane, "revisions", &object("")).unwrap_err();
    let stored = create(&plane, "revisions", &object("1.0.0")).unwrap();
    assert_eq!(stored["spec"]["version"], "1.0.0");
    let change = |patch: &str| {
        let arguments =
            ["patch", "pctr", "a-1", "--namespace", "revisions", "--type=merge", "--patch", patch];
        plane.run_kubectl(&arguments, None)
    };
    let refused = change(r#"{"spec": {"source": {"digest": "sha256:a"}}}"#);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("a revision is never changed"), "{words}");
    assert!(change(r#"{"metadata": {"labels": {"a": "b"}}, "spec": {"version": "1.0.0"}}"#).status.success());
}

#[test]
fn a_pacto_may_name_both_sources_and_has_a_short_name() {
    let Some(plane) = cluster("both") else { return };
    let spec = json!({"contractRef": {"oci": "ghcr.io/a", "inline": "x"}, "revisionHistoryLimit": 0});
    let stored = create(&plane, "both", &pacto("a", &spec)).unwrap();
    assert_eq!(stored["spec"]["revisionHistoryLimit"], 0);
    let wide = plane.kubectl(&["get", "pct", "--namespace", "both", "--output", "wide"]);
    assert!(wide.lines().next().unwrap().trim_end().ends_with("POLICY   REVISION"), "{wide}");
}
