//! Clusters and resources that nobody wishes for.

use std::io::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use pacto_testkit::control_plane::ControlPlane;
use serde_json::json;
use tower::service_fn;

use crate::harness::{How, client, cluster, get, install, make_namespace, run, run_in, status, wait};
use crate::reconciling::{CONTRACT, deployment, pacto, service};

/// Watches that come to nothing before they work.
const BAD_WATCHES: u64 = 40;

fn with_workload(plane: &ControlPlane, namespace: &str) {
    plane.apply(&service("cart", namespace, 8080));
    plane.apply(&deployment("cart", namespace, "registry.example/cart"));
}

/// Writes into a status as somebody else would; the text may be longer than an argument.
fn spoil(plane: &ControlPlane, namespace: &str, name: &str, status: &serde_json::Value) {
    let pacto = format!("pacto/{name}");
    let arguments =
        ["patch", "-n", namespace, &pacto, "--subresource=status", "--type=merge", "--patch-file=/dev/stdin"];
    let output = plane.run_kubectl(&arguments, Some(&json!({"status": status}).to_string()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn pass_on(client: &Client, request: Request<Body>) -> Result<Response<Body>, Error> {
    client.send(request).await.map_err(|error| Error::other(error.to_string()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_name_and_a_status_of_a_megabyte_are_no_trouble() {
    let Some(plane) = cluster("huge") else { return };
    with_workload(&plane, "huge");
    let name = "a".repeat(253);
    plane.apply(&pacto(&name, "huge", CONTRACT, "{serviceName: cart}"));
    let insight = json!({"severity": "warning", "title": "old", "description": "x".repeat(1_000_000)});
    // As if it came from a clock that is far ahead.
    let condition = json!({"type": "ContractValid", "status": "False", "reason": "Invalid", "message": "",
        "lastTransitionTime": "2100-01-01T00:00:00Z"});
    spoil(
        &plane,
        "huge",
        &name,
        &json!({"contractStatus": "Warning", "insights": [insight], "conditions": [condition]}),
    );
    let running = run_in(&plane, "huge").await;
    wait(&plane, "huge", &name, ".status.contractStatus", "Compliant");
    // What somebody else wrote is taken over by a second write; whoever is stopped finishes what is under way.
    running.stop().await;
    let found = status(&plane, "huge", &name);
    assert!(found.to_string().len() < 10_000);
    let revision = found["currentRevision"].as_str().unwrap();
    assert!(revision.len() <= 253);
    plane.kubectl(&["get", "-n", "huge", "pactorevision", revision]);
    let whole = get(&plane, "huge", &format!("pacto/{name}"));
    let since = whole["status"]["conditions"][0]["lastTransitionTime"].as_str().unwrap().to_owned();
    assert!(since.as_str() < "2100", "a condition that changed has the time of the change: {since}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_that_end_at_once_or_lost_their_history_are_taken_up() {
    let Some(plane) = cluster("storm") else { return };
    let inner = client(plane.kubeconfig()).await;
    let (watches, lists) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counted, listed) = (Arc::clone(&watches), Arc::clone(&lists));
    let stormy = service_fn(move |request: Request<Body>| {
        let inner = inner.clone();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let is_watch = query.contains("watch=true");
        if request.method() == Method::GET && !is_watch && query.contains("limit=") {
            listed.fetch_add(1, Ordering::Relaxed);
        }
        let number = if is_watch { counted.fetch_add(1, Ordering::Relaxed) } else { u64::MAX };
        async move {
            if number >= BAD_WATCHES {
                return pass_on(&inner, request).await;
            }
            let gone = json!({"type": "ERROR", "object": {"apiVersion": "v1", "kind": "Status", "status": "Failure",
                "code": 410, "reason": "Expired", "message": "too old resource version"}});
            let body = if number.is_multiple_of(2) { format!("{gone}\n") } else { String::new() };
            Ok::<_, Error>(Response::new(Body::from(body.into_bytes())))
        }
    });
    let client = Some(Client::new(stormy, "default"));
    let running = run(&plane, How { client, namespace: "storm".to_owned(), ..How::default() }).await;
    // What comes while watches fail is found by lists, or by the first watch that works.
    plane.apply(&pacto("cart", "storm", CONTRACT, "{serviceName: cart}"));
    with_workload(&plane, "storm");
    wait(&plane, "storm", "cart", ".status.contractStatus", "Compliant");
    plane.kubectl(&["delete", "-n", "storm", "service/cart"]);
    wait(&plane, "storm", "cart", ".status.contractStatus", "NonCompliant");
    let (watches, lists) = (watches.load(Ordering::Relaxed), lists.load(Ordering::Relaxed));
    assert!(watches > BAD_WATCHES, "{watches} watches");
    // One list for each history that was lost, and one for each of the ten kinds: no storm of our own.
    assert!(lists <= BAD_WATCHES / 2 + 20, "{lists} lists");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_deleted_while_it_is_looked_at_is_forgotten_and_may_come_back() {
    let Some(plane) = cluster("deleted") else { return };
    with_workload(&plane, "deleted");
    let inner = client(plane.kubeconfig()).await;
    let shared = Arc::clone(&plane);
    let deleted = Arc::new(AtomicU64::new(0));
    let once = Arc::clone(&deleted);
    let service = service_fn(move |request: Request<Body>| {
        let (inner, plane) = (inner.clone(), Arc::clone(&shared));
        let is_status =
            request.method() == Method::PATCH && request.uri().path().ends_with("/pactos/cart/status");
        let is_first = is_status && once.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                let gone = tokio::task::spawn_blocking(move || {
                    plane.kubectl(&["delete", "-n", "deleted", "pacto/cart"]);
                });
                gone.await.map_err(Error::other)?;
            }
            pass_on(&inner, request).await
        }
    });
    let client = Some(Client::new(service, "default"));
    let running = run(&plane, How { client, namespace: "deleted".to_owned(), ..How::default() }).await;
    plane.apply(&pacto("cart", "deleted", CONTRACT, "{serviceName: cart}"));
    plane.kubectl(&["wait", "-n", "deleted", "--for=delete", "pacto/cart", "--timeout=180s"]);
    // One of the same name is another one, with a status of its own.
    plane.apply(&pacto("cart", "deleted", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "deleted", "cart", ".status.contractStatus", "Compliant");
    let whole = get(&plane, "deleted", "pacto/cart");
    let revision = whole["status"]["currentRevision"].as_str().unwrap();
    assert!(whole["metadata"]["uid"].is_string() && !revision.is_empty());
    assert_eq!(deleted.load(Ordering::Relaxed), 2, "the first one was written once, and so was the second");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_both_think_they_lead_say_the_same_and_rest() {
    let Some(plane) = cluster("leaders") else { return };
    with_workload(&plane, "leaders");
    let (first, second) = (run_in(&plane, "leaders").await, run_in(&plane, "leaders").await);
    plane.apply(&pacto("cart", "leaders", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "leaders", "cart", ".status.contractStatus", "Compliant");
    // An owner that is owned by itself leads nowhere.
    let whole = get(&plane, "leaders", "pacto/cart");
    let owner = json!([{"apiVersion": "pacto.trianalab.io/v1alpha1", "kind": "Pacto", "name": "cart",
        "uid": whole["metadata"]["uid"]}]);
    let patch = json!({"metadata": {"ownerReferences": owner}}).to_string();
    plane.kubectl(&["patch", "-n", "leaders", "pacto/cart", "--type=merge", "-p", &patch]);
    plane.kubectl(&["delete", "-n", "leaders", "service/cart"]);
    wait(&plane, "leaders", "cart", ".status.contractStatus", "NonCompliant");
    plane.apply(&service("cart", "leaders", 8080));
    wait(&plane, "leaders", "cart", ".status.contractStatus", "Compliant");
    let revisions = plane.kubectl(&["get", "-n", "leaders", "pactorevision", "-o", "name"]);
    assert_eq!(revisions.lines().count(), 1, "{revisions}");
    // Both saw the same and have nothing to correct: a second Pacto is judged, and the first one stays as it is.
    let version = || get(&plane, "leaders", "pacto/cart")["metadata"]["resourceVersion"].clone();
    plane.apply(&pacto("later", "leaders", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "leaders", "later", ".status.contractStatus", "Compliant");
    let before = version();
    plane.kubectl(&["annotate", "-n", "leaders", "service/cart", "note=anything"]);
    plane.apply(&pacto("last", "leaders", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "leaders", "last", ".status.contractStatus", "Compliant");
    assert_eq!(version(), before);
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_that_come_later_are_waited_for() {
    let Some(plane) = ControlPlane::start() else { return };
    make_namespace(&plane, "early");
    let running = run_in(&plane, "early").await;
    // The definition of the revisions comes last: without it there is a verdict all the same.
    plane.apply(&pacto_k8s::definition::pactos().unwrap());
    plane.kubectl(&[
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        crate::harness::PACTOS_DEFINITION,
    ]);
    with_workload(&plane, "early");
    plane.apply(&pacto("cart", "early", CONTRACT, "{serviceName: cart}"));
    wait(&plane, "early", "cart", ".status.contractStatus", "Compliant");
    assert!(status(&plane, "early", "cart").get("currentRevision").is_none());
    install(&plane);
    let condition = "--for=jsonpath={.status.currentRevision}";
    plane.kubectl(&["wait", "-n", "early", "pacto/cart", condition, "--timeout=180s"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_object_is_not_judged_and_hides_no_other() {
    let Some(plane) = cluster("odd") else { return };
    with_workload(&plane, "odd");
    // The API server takes it, and means one second.
    let odd = deployment("odd", "odd", "registry.example/cart").replace(
        "    spec:\n      containers",
        "    spec:\n      terminationGracePeriodSeconds: -1\n      containers",
    );
    plane.apply(&odd);
    plane.apply(&service("odd", "odd", 8080));
    let running = run_in(&plane, "odd").await;
    for name in ["cart", "odd"] {
        plane.apply(&pacto(name, "odd", CONTRACT, &format!("{{serviceName: {name}}}")));
    }
    wait(&plane, "odd", "cart", ".status.contractStatus", "Compliant");
    wait(&plane, "odd", "odd", ".status.contractStatus", "Unknown");
    let found = crate::harness::conditions(&plane, "odd", "odd");
    assert!(found.contains("odd has not the form of a Deployment") && found.contains("-1"), "{found}");
    // Mended, it is judged.
    plane.apply(&deployment("odd", "odd", "registry.example/cart"));
    plane.kubectl(&[
        "patch",
        "-n",
        "odd",
        "deployment/odd",
        "--type=json",
        "-p",
        r#"[{"op": "replace", "path": "/spec/template/spec/terminationGracePeriodSeconds", "value": 30}]"#,
    ]);
    wait(&plane, "odd", "odd", ".status.contractStatus", "Compliant");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_readiness_and_overrides_are_in_the_status() {
    let Some(plane) = cluster("ready") else { return };
    let running = run_in(&plane, "ready").await;
    plane.apply(
        "
apiVersion: pacto.trianalab.io/v1alpha1
kind: Pacto
metadata: {name: cart, namespace: ready}
spec:
  contractRef:
    inline: |
      pactoVersion: '1.2'
      service: {name: cart, version: 1.0.0}
      configurations: [{name: app, schema: configuration/schema.json, values: {PORT: '8080'}}]
      readiness:
        minScore: 70
        expires: '2999-01-01'
        checks:
          - {id: runbook, type: document, weight: 3, status: done, evidence: https://wiki.example/cart}
          - {id: alerts, type: monitoring, weight: 2, status: partial}
          - {id: drill, type: exercise, weight: 5, status: deferred}
  overrides:
    configurations:
      - {name: app, values: {PORT: '9090'}}
      - {name: nobody, values: {A: b}}
",
    );
    wait(&plane, "ready", "cart", ".status.readiness.score", "80");
    let found = status(&plane, "ready", "cart");
    let readiness = &found["readiness"];
    assert_eq!((&readiness["totalWeight"], &readiness["earnedWeight"]), (&json!(5), &json!(4)));
    assert_eq!((&readiness["doneCount"], &readiness["deferredCount"]), (&json!(1), &json!(1)));
    assert_eq!((&readiness["passing"], &readiness["expires"]), (&json!(true), &json!("2999-01-01")));
    assert!(readiness["daysRemaining"].as_i64().unwrap() > 300_000, "{readiness}");
    assert_eq!(readiness["checks"][2]["excluded"], true);
    assert_eq!(found["configurations"][0]["overriddenKeys"], json!(["PORT"]));
    let warning = &found["validation"]["warnings"][0];
    assert_eq!(warning["code"], "UNKNOWN_OVERRIDE", "{found}");
    assert_eq!(warning["path"], "spec.overrides.configurations[1].name");
    running.stop().await;
}
