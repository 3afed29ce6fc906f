//! What the specification of the original says, and what this operator adds: each against a real API server.

use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{cluster, conditions, get, run_in, status, wait};

const CONTRACT: &str = "
      pactoVersion: '1.0'
      service: {name: cart, version: 1.2.0, owner: shop, image: {ref: registry.example/cart}}
      interfaces: [{name: api, type: http, port: 8080}]
      runtime:
        workload: service
        state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}
        lifecycle: {upgradeStrategy: rolling, gracefulShutdownSeconds: 20}";

fn pacto(name: &str, namespace: &str, contract: &str, target: &str) -> String {
    format!(
        "apiVersion: pacto.trianalab.io/v1alpha1\nkind: Pacto\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  \
         contractRef:\n    inline: |{contract}\n  target: {target}\n"
    )
}

fn service(name: &str, namespace: &str, port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{selector: {{app: {name}}}, \
         ports: [{{port: {port}}}]}}\n"
    )
}

fn deployment(name: &str, namespace: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: \
         {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers: [{{name: main, image: '{image}'}}]\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_comes_step_by_step_to_its_contract() {
    let Some(plane) = cluster("steps") else { return };
    let running = run_in(&plane, "steps").await;
    plane.apply(&pacto("cart", "steps", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "steps", "cart", ".status.contractStatus", "NonCompliant");
    assert_snapshot!(conditions(&plane, "steps", "cart"), @"");
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
    insta::assert_json_snapshot!(status(&plane, "steps", "cart"), @"");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_without_a_target_is_a_reference_and_one_that_is_none_says_why() {
    let Some(plane) = cluster("references") else { return };
    let running = run_in(&plane, "references").await;
    plane.apply(&pacto("cart", "references", CONTRACT, "{}"));
    wait(&plane, "references", "cart", ".status.contractStatus", "Reference");
    assert_snapshot!(conditions(&plane, "references", "cart"), @"");
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
    assert_snapshot!(conditions(&plane, "references", "broken"), @"");
    assert!(status(&plane, "references", "broken").get("contract").is_none());
    plane.apply(
        "{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {name: empty, namespace: references}, spec: \
         {contractRef: {}}}",
    );
    wait(&plane, "references", "empty", ".status.contractStatus", "NonCompliant");
    assert_snapshot!(conditions(&plane, "references", "empty"), @"");
    running.stop().await;
}
