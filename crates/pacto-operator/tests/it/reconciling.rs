//! What the specification of the original says, and what this operator adds: each against a real API server.

use insta::assert_snapshot;
use pacto_k8s::view::ContractStatus;
use serde_json::json;

use crate::harness::{cluster, conditions, get, run_in, status, wait};

pub const CONTRACT: &str = "
      pactoVersion: '1.0'
      service: {name: cart, version: 1.2.0, owner: shop, image: {ref: registry.example/cart}}
      interfaces: [{name: api, type: http, port: 8080}]
      runtime:
        workload: service
        state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}
        lifecycle: {upgradeStrategy: rolling, gracefulShutdownSeconds: 20}";

pub fn pacto(name: &str, namespace: &str, contract: &str, target: &str) -> String {
    format!(
        "apiVersion: pacto.trianalab.io/v1alpha1\nkind: Pacto\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  \
         contractRef:\n    inline: |{contract}\n  target: {target}\n"
    )
}

pub fn service(name: &str, namespace: &str, port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{selector: {{app: {name}}}, \
         ports: [{{port: {port}}}]}}\n"
    )
}

pub fn deployment(name: &str, namespace: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: \
         {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers: [{{name: main, image: '{image}'}}]\n"
    )
}

#[expect(clippy::too_many_lines, reason = "most of it is the status in full")]
#[tokio::test(flavor = "multi_thread")]
async fn a_service_comes_step_by_step_to_its_contract() {
    let Some(plane) = cluster("steps") else { return };
    let running = run_in(&plane, "steps").await;
    plane.apply(&pacto("cart", "steps", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "steps", "cart", ".status.contractStatus", "NonCompliant");
    assert_snapshot!(conditions(&plane, "steps", "cart"), @r#"
    ContractValid True Parsed: the contract cart@1.2.0 is valid
    ServiceExists False NotFound: there is no Service "cart"
    WorkloadExists False NotFound: there is no Deployment "cart"
    "#);
    plane.apply(&service("cart", "steps", 9090));
    plane.apply(&deployment("cart", "steps", "registry.example/cart:1"));
    wait(&plane, "steps", "cart", ".status.contractStatus", "Warning");
    assert_eq!(
        status(&plane, "steps", "cart")["ports"],
        json!({"expected": [8080], "observed": [9090], "missing": [8080], "unexpected": [9090]})
    );
    plane.apply(&service("cart", "steps", 8080));
    wait(&plane, "steps", "cart", ".status.contractStatus", "Compliant");
    let name = status(&plane, "steps", "cart")["currentRevision"].as_str().unwrap().to_owned();
    let revision = get(&plane, "steps", &format!("pactorevision/{name}"));
    assert_eq!(revision["metadata"]["ownerReferences"][0]["name"], "cart");
    assert_eq!(revision["spec"]["version"], "1.2.0");
    assert!(revision["status"]["contractHash"].as_str().is_some_and(|hash| hash.len() == 64));
    // A reader of any operator's resources, as the dashboard is one, sees the same.
    let view = pacto_k8s::projection::pacto(&get(&plane, "steps", "pacto/cart"));
    assert!(view.dropped.is_empty(), "{:?}", view.dropped);
    assert_eq!(
        (view.contract_status, &*view.version, &*view.service_name),
        (ContractStatus::Compliant, "1.2.0", "cart")
    );
    assert_eq!((view.conditions.len(), view.current_revision), (9, Some(name)));
    insta::assert_json_snapshot!(status(&plane, "steps", "cart"), @r#"
    {
      "conditions": [
        {
          "type": "ContractValid",
          "message": "the contract cart@1.2.0 is valid",
          "observedGeneration": 1,
          "reason": "Parsed",
          "severity": "error",
          "status": "True"
        },
        {
          "type": "ServiceExists",
          "message": "the Service \"cart\" is there",
          "observedGeneration": 1,
          "reason": "Found",
          "severity": "error",
          "status": "True"
        },
        {
          "type": "WorkloadExists",
          "message": "the Deployment \"cart\" is there",
          "observedGeneration": 1,
          "reason": "Found",
          "severity": "error",
          "status": "True"
        },
        {
          "type": "PortsValid",
          "message": "the Service has every port: 8080",
          "observedGeneration": 1,
          "reason": "AllPortsMatch",
          "severity": "error",
          "status": "True"
        },
        {
          "type": "WorkloadTypeMatch",
          "message": "a workload of type \"service\" runs as a Deployment",
          "observedGeneration": 1,
          "reason": "Match",
          "severity": "error",
          "status": "True"
        },
        {
          "type": "StateModelMatch",
          "message": "a stateless service runs as a Deployment without a volume claim",
          "observedGeneration": 1,
          "reason": "Match",
          "severity": "error",
          "status": "True"
        },
        {
          "type": "UpgradeStrategyMatch",
          "message": "upgrades are \"rolling\", and the Deployment has strategy RollingUpdate",
          "observedGeneration": 1,
          "reason": "Match",
          "severity": "warning",
          "status": "True"
        },
        {
          "type": "GracefulShutdownMatch",
          "message": "the service needs 20 s to stop, and pods have 30 s",
          "observedGeneration": 1,
          "reason": "Match",
          "severity": "warning",
          "status": "True"
        },
        {
          "type": "ImageMatch",
          "message": "container \"main\" runs registry.example/cart:1",
          "observedGeneration": 1,
          "reason": "Match",
          "severity": "error",
          "status": "True"
        }
      ],
      "contract": {
        "currentRevision": "cart-1-2-0-52ccee5",
        "imageRef": "registry.example/cart",
        "owner": {
          "team": "shop"
        },
        "ownerDisplay": "shop",
        "serviceName": "cart",
        "version": "1.2.0"
      },
      "contractStatus": "Compliant",
      "contractVersion": "1.2.0",
      "currentRevision": "cart-1-2-0-52ccee5",
      "interfaces": [
        {
          "hasContractFile": false,
          "name": "api",
          "port": 8080,
          "type": "http"
        }
      ],
      "validation": {
        "valid": true
      },
      "observedGeneration": 1,
      "observedRuntime": {
        "containerImages": [
          "registry.example/cart:1"
        ],
        "deploymentStrategy": "RollingUpdate",
        "hasEmptyDir": false,
        "hasPVC": false,
        "terminationGracePeriodSeconds": 30,
        "workloadKind": "Deployment"
      },
      "ports": {
        "expected": [
          8080
        ],
        "observed": [
          8080
        ]
      },
      "resources": {
        "service": {
          "exists": true,
          "name": "cart"
        },
        "workload": {
          "exists": true,
          "kind": "Deployment",
          "name": "cart"
        }
      },
      "runtime": {
        "dataCriticality": "low",
        "gracefulShutdownSeconds": 20,
        "persistenceDurability": "ephemeral",
        "persistenceScope": "local",
        "stateType": "stateless",
        "upgradeStrategy": "rolling",
        "workload": "service"
      },
      "summary": {
        "failed": 0,
        "passed": 9,
        "total": 9
      }
    }
    "#);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_without_a_target_is_a_reference_and_one_that_is_none_says_why() {
    let Some(plane) = cluster("references") else { return };
    let running = run_in(&plane, "references").await;
    plane.apply(&pacto("cart", "references", CONTRACT, "{}"));
    wait(&plane, "references", "cart", ".status.contractStatus", "Reference");
    assert_snapshot!(conditions(&plane, "references", "cart"), @"ContractValid True ReferenceOnly: the contract cart@1.2.0 is valid; nothing that runs is compared with it");
    assert_eq!(
        status(&plane, "references", "cart")["summary"],
        json!({"total": 1, "passed": 1, "failed": 0})
    );
    plane.apply(&pacto(
        "broken",
        "references",
        "\n      pactoVersion: '1.0'\n      service: [",
        "{serviceName: cart}",
    ));
    wait(&plane, "references", "broken", ".status.contractStatus", "NonCompliant");
    assert_snapshot!(conditions(&plane, "references", "broken"), @"ContractValid False Invalid: line 2, column 10: unclosed bracket '['");
    assert!(status(&plane, "references", "broken").get("contract").is_none());
    plane.apply(
        "{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {name: empty, namespace: references}, spec: \
         {contractRef: {}}}",
    );
    wait(&plane, "references", "empty", ".status.contractStatus", "NonCompliant");
    assert_snapshot!(conditions(&plane, "references", "empty"), @"ContractValid False Invalid: no contract is named: set spec.contractRef.oci to an artifact, or spec.contractRef.inline to the text of a contract");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_every_kind_are_seen() {
    let Some(plane) = cluster("edits") else { return };
    let running = run_in(&plane, "edits").await;
    let seen = |kind: &str, name: &str, exists: &str| {
        wait(&plane, "edits", name, ".status.resources.workload.exists", exists);
        let workload = &status(&plane, "edits", name)["resources"]["workload"];
        assert_eq!(workload["kind"], kind);
    };
    for (kind, version, spec) in [
        (
            "Deployment",
            "apps/v1",
            "{selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: m, image: i}]}}}",
        ),
        (
            "StatefulSet",
            "apps/v1",
            "{serviceName: x, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: m, image: i}]}}}",
        ),
        (
            "ReplicaSet",
            "apps/v1",
            "{selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: m, image: i}]}}}",
        ),
        ("Job", "batch/v1", "{template: {spec: {restartPolicy: Never, containers: [{name: m, image: i}]}}}"),
        (
            "CronJob",
            "batch/v1",
            "{schedule: '0 0 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: i}]}}}}}",
        ),
    ] {
        let name = kind.to_lowercase();
        plane.apply(&pacto(
            &name,
            "edits",
            CONTRACT,
            &format!("{{workloadRef: {{name: {name}, kind: {kind}}}}}"),
        ));
        seen(kind, &name, "false");
        plane.apply(&format!(
            "{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, namespace: edits}}, spec: {spec}}}"
        ));
        seen(kind, &name, "true");
        // The template of a Job is never changed.
        if kind != "Job" {
            plane.apply(&format!(
                "{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, namespace: edits}}, spec: {}}}",
                spec.replace("image: i", "image: other")
            ));
            wait(&plane, "edits", &name, ".status.observedRuntime.containerImages[0]", "other");
        }
        plane.kubectl(&[
            "delete",
            "-n",
            "edits",
            "--cascade=background",
            "--wait=false",
            &format!("{kind}/{name}"),
        ]);
        seen(kind, &name, "false");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_spec_is_followed_and_nothing_of_before_stays() {
    let Some(plane) = cluster("changes") else { return };
    let running = run_in(&plane, "changes").await;
    plane.apply(&service("cart", "changes", 8080));
    plane.apply(&deployment("cart", "changes", "registry.example/cart"));
    plane.apply(&pacto("cart", "changes", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "changes", "cart", ".status.contractStatus", "Compliant");
    plane.apply(&pacto("cart", "changes", "\n      nothing: true", "{serviceName: cart}"));
    wait(&plane, "changes", "cart", ".status.contractStatus", "NonCompliant");
    let after = status(&plane, "changes", "cart");
    for field in ["contract", "interfaces", "contractVersion", "resources", "ports", "runtime", "scaling"] {
        assert!(after.get(field).is_none(), "{field} stayed: {after}");
    }
    assert_eq!(after["conditions"].as_array().unwrap().len(), 1);
    // Every condition keeps the time since when it says so.
    let first = get(&plane, "changes", "pacto/cart")["status"]["conditions"][0]["lastTransitionTime"].clone();
    plane.apply(&pacto("cart", "changes", "\n      other: true", "{serviceName: cart}"));
    wait(&plane, "changes", "cart", ".status.observedGeneration", "3");
    assert_eq!(get(&plane, "changes", "pacto/cart")["status"]["conditions"][0]["lastTransitionTime"], first);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_of_another_operator_is_taken_over_as_a_whole() {
    let Some(plane) = cluster("moving") else { return };
    plane.apply(&service("cart", "moving", 8080));
    plane.apply(&deployment("cart", "moving", "registry.example/cart"));
    plane.apply(&pacto("cart", "moving", CONTRACT, "{serviceName: cart}"));
    // As an operator writes that updates the status as a whole.
    let other = r#"{"status": {"contractStatus": "Warning", "insights": [{"severity": "warning", "title": "old", "description": "x"}],
        "endpoints": {"health": {"url": "http://old", "reachable": false}},
        "conditions": [{"type": "OfBefore", "status": "True", "reason": "Was", "message": "", "lastTransitionTime": "2025-01-01T00:00:00Z"}]}}"#;
    plane.kubectl(&[
        "patch",
        "-n",
        "moving",
        "pacto/cart",
        "--subresource=status",
        "--type=merge",
        "--field-manager=manager",
        "-p",
        other,
    ]);
    let running = run_in(&plane, "moving").await;
    wait(&plane, "moving", "cart", ".status.contractStatus", "Compliant");
    plane.apply(&pacto("later", "moving", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "moving", "later", ".status.contractStatus", "Compliant");
    let mut expected = status(&plane, "moving", "later").to_string().replace("later", "cart");
    expected = expected.replace("\"observedGeneration\":2", "\"observedGeneration\":1");
    assert_eq!(status(&plane, "moving", "cart").to_string(), expected);
    let shown = plane.kubectl(&["get", "-n", "moving", "pacto/cart", "--show-managed-fields", "-o", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let writers: Vec<&str> = shown["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["subresource"] == "status")
        .map(|entry| entry["manager"].as_str().unwrap())
        .collect();
    assert_eq!(writers, ["pacto-operator"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_of_texts_are_limited_and_each_has_its_event() {
    let Some(plane) = cluster("texts") else { return };
    let running = run_in(&plane, "texts").await;
    let mut revisions = Vec::new();
    for number in 1..=4 {
        let text = format!(
            "{{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {{name: cart, namespace: texts}}, spec: \
             {{revisionHistoryLimit: 1, contractRef: {{inline: \"pactoVersion: '1.0'\\nservice: {{name: cart, version: {number}.0.0}}\"}}}}}}"
        );
        plane.apply(&text);
        wait(&plane, "texts", "cart", ".status.contractVersion", &format!("{number}.0.0"));
        let current = status(&plane, "texts", "cart")["currentRevision"].as_str().unwrap().to_owned();
        revisions.push(current);
    }
    for gone in &revisions[..2] {
        let revision = format!("pactorevision/{gone}");
        plane.kubectl(&["wait", "-n", "texts", "--for=delete", &revision, "--timeout=60s"]);
    }
    let left = plane.kubectl(&["get", "-n", "texts", "pactorevision", "-o", "name"]);
    assert_eq!(left.lines().count(), 2, "{left}");
    // Each revision has an event of its own, with its own text.
    let events = plane.kubectl(&["events", "-n", "texts", "--for=pacto/cart"]);
    for (number, name) in revisions.iter().enumerate() {
        let text = format!("revision {name} holds version {}.0.0", number + 1);
        assert!(events.contains(&text), "{text} is not among\n{events}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_goes_and_comes_back_is_followed() {
    let Some(plane) = pacto_testkit::control_plane::ControlPlane::start() else { return };
    crate::harness::install(&plane);
    crate::harness::make_namespace(&plane, "outage");
    let running = run_in(&plane, "outage").await;
    plane.apply(&pacto("cart", "outage", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "outage", "cart", ".status.contractStatus", "NonCompliant");
    plane.kill_api_server();
    plane.restart_api_server();
    plane.apply(&service("cart", "outage", 8080));
    plane.apply(&deployment("cart", "outage", "registry.example/cart"));
    wait(&plane, "outage", "cart", ".status.contractStatus", "Compliant");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_said_and_the_rest_is_judged() {
    let Some(plane) = cluster("limited") else { return };
    let rule = |groups: &str, resources: &str, verbs: &str| {
        format!("{{apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]}}")
    };
    let rules = [
        rule("pacto.trianalab.io", "pactos, pactos/status, pactorevisions, pactorevisions/status", "'*'"),
        rule("''", "services", "get, list, watch"),
        rule("batch", "jobs, cronjobs", "get, list, watch"),
    ];
    plane.apply(&format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {{name: some, namespace: limited}}, rules: [{}]}}",
        rules.join(", ")
    ));
    plane.apply(&format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: some, namespace: limited}}, roleRef: \
         {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: some}}, subjects: [{{kind: User, name: {}}}]}}",
        pacto_testkit::control_plane::LIMITED_USER
    ));
    plane.apply(&service("cart", "limited", 8080));
    let how = crate::harness::How {
        kubeconfig: Some(plane.limited_kubeconfig()),
        namespace: "limited".to_owned(),
        ..crate::harness::How::default()
    };
    let running = crate::harness::run(&plane, how).await;
    plane.apply(&pacto("cart", "limited", CONTRACT, "{serviceName: cart}"));
    wait(
        &plane,
        "limited",
        "cart",
        ".status.conditions[?(@.type==\"WorkloadExists\")].reason",
        "NotObserved",
    );
    assert_eq!(status(&plane, "limited", "cart")["contractStatus"], "Unknown");
    assert_snapshot!(conditions(&plane, "limited", "cart"), @r#"
    ContractValid True Parsed: the contract cart@1.2.0 is valid
    ServiceExists True Found: the Service "cart" is there
    WorkloadExists Unknown NotObserved: objects of kind Deployment could not be read: the API server says 403: deployments.apps is forbidden: User "limited" cannot list resource "deployments" in API group "apps" in the namespace "limited"
    PortsValid True AllPortsMatch: the Service has every port: 8080
    WorkloadTypeMatch Unknown NotObserved: objects of kind Deployment could not be read: the API server says 403: deployments.apps is forbidden: User "limited" cannot list resource "deployments" in API group "apps" in the namespace "limited"
    StateModelMatch Unknown NotObserved: objects of kind Deployment could not be read: the API server says 403: deployments.apps is forbidden: User "limited" cannot list resource "deployments" in API group "apps" in the namespace "limited"
    UpgradeStrategyMatch Unknown NotObserved: objects of kind Deployment could not be read: the API server says 403: deployments.apps is forbidden: User "limited" cannot list resource "deployments" in API group "apps" in the namespace "limited"
    GracefulShutdownMatch Unknown NotObserved: objects of kind Deployment could not be read: the API server says 403: deployments.apps is forbidden: User "limited" cannot list resource "deployments" in API group "apps" in the namespace "limited"
    ImageMatch Unknown NotObserved: objects of kind Deployment could not be read: the API server says 403: deployments.apps is forbidden: User "limited" cannot list resource "deployments" in API group "apps" in the namespace "limited"
    RuntimeObserved False ObservationFailed: what runs could not be looked at: Deployment: the API server says 403: deployments.apps is forbidden: User "limited" cannot list resource "deployments" in API group "apps" in the namespace "limited"
    "#);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_was_killed_is_followed_by_one_that_writes_nothing_anew() {
    let Some(plane) = cluster("killed") else { return };
    plane.apply(&service("cart", "killed", 8080));
    plane.apply(&deployment("cart", "killed", "registry.example/cart"));
    let first = run_in(&plane, "killed").await;
    plane.apply(&pacto("cart", "killed", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "killed", "cart", ".status.contractStatus", "Compliant");
    first.kill();
    let version = || get(&plane, "killed", "pacto/cart")["metadata"]["resourceVersion"].clone();
    let before = version();
    let second = run_in(&plane, "killed").await;
    // Looked at after the first one, which is there already.
    plane.apply(&pacto("later", "killed", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "killed", "later", ".status.contractStatus", "Compliant");
    plane.apply(&service("other", "killed", 1));
    assert_eq!(version(), before);
    plane.kubectl(&["delete", "-n", "killed", "service/cart"]);
    wait(&plane, "killed", "cart", ".status.contractStatus", "NonCompliant");
    second.stop().await;
}
