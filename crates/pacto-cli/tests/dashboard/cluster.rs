//! What the operator says, as it changes.

use pacto_testkit::control_plane::ControlPlane;
use pacto_testkit::registry::Registry;
use pacto_testkit::{TestContext, checkout_dir};
use serde_json::Value;

use crate::running::{contract, names};

fn k8s(report: &Value) -> &Value {
    report["sources"].as_array().unwrap().iter().find(|source| source["type"] == "k8s").unwrap()
}

fn install(cluster: &ControlPlane) {
    for file in ["pactos.yaml", "pactorevisions.yaml"] {
        let path = checkout_dir().join("deploy/crds").join(file);
        cluster.kubectl(&["apply", "-f", &path.display().to_string()]);
    }
    for name in ["pactos", "pactorevisions"] {
        let definition = format!("crd/{name}.pacto.trianalab.io");
        cluster.kubectl(&["wait", "--for=condition=Established", &definition, "--timeout=60s"]);
    }
}

fn pacto(cluster: &ControlPlane, namespace: &str, name: &str, status: &str) {
    let manifest = format!(
        "apiVersion: pacto.trianalab.io/v1alpha1\nkind: Pacto\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec: {{contractRef: {{oci: 'oci://r.example/{name}'}}, target: {{serviceName: {name}}}}}\n"
    );
    cluster.apply(&manifest);
    let patch = format!(r#"{{"status": {status}}}"#);
    cluster.kubectl(&[
        "patch",
        "pacto",
        name,
        "-n",
        namespace,
        "--subresource=status",
        "--type=merge",
        "-p",
        &patch,
    ]);
}

#[test]
fn a_cluster_is_shown_merged_and_missed() {
    let Some(cluster) = ControlPlane::start() else { return };
    let mut cx = TestContext::new(env!("CARGO_BIN_EXE_pacto"));
    cx.env("KUBECONFIG", cluster.kubeconfig());
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    cx.write("cart/pacto.yaml", contract("cart", "1.2.0", "runtime: {workload: service, state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}}\n"));
    let pushed = cx.pacto(["push", &format!("oci://{address}/acme/cart"), "-p", "cart"]);
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    std::fs::create_dir(cx.path("empty")).unwrap();
    let mut command = cx.command();
    command.current_dir(cx.path("empty")).args(["dashboard", "--diagnostics", "--namespace", "shop"]);
    let server = pacto_testkit::dashboard::Server::start(command);

    // No definitions yet: a state, not an error.
    let report = server.wait("/api/sources", |report| {
        k8s(report)["reason"].as_str().is_some_and(|reason| reason.contains("does not know Pacto"))
    });
    assert_eq!((&k8s(&report)["enabled"], &k8s(&report)["lastError"]), (&true.into(), &Value::Null));
    let known = || server.get("/api/debug/sources").json()["diagnostics"]["k8s"].clone();
    assert_eq!((&known()["crdExists"], &known()["clusterReachable"]), (&false.into(), &true.into()));
    install(&cluster);
    cluster.kubectl(&["create", "namespace", "shop"]);
    // No resources yet; the definitions alone count.
    let defined = server.wait("/api/debug/sources", |debug| debug["diagnostics"]["k8s"]["crdExists"] == true);
    let defined = &defined["diagnostics"]["k8s"];
    assert_eq!((&defined["resourceCount"], &defined["namespace"]), (&0.into(), &"shop".into()));
    assert_eq!(defined["allNamespaces"], false);
    assert_eq!(
        (&defined["detectedGroup"], &defined["chosenVersion"]),
        (&"pacto.trianalab.io".into(), &"v1alpha1".into())
    );
    assert_eq!(defined["resourceName"], "pactos");
    assert_eq!(defined["kubeconfigPath"], cluster.kubeconfig().display().to_string());
    let status = format!(
        r#"{{"contractStatus": "Warning", "contractVersion": "1.2.0",
        "contract": {{"serviceName": "cart", "version": "1.2.0", "resolvedRef": "{address}/acme/cart:1.2.0", "resolutionPolicy": "Latest"}},
        "summary": {{"total": 2, "passed": 1, "failed": 1}},
        "runtime": {{"workload": "service", "stateType": "stateless"}},
        "observedRuntime": {{"workloadKind": "Deployment", "hasPVC": false, "hasEmptyDir": false}},
        "conditions": [
          {{"type": "PortsValid", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "Ok", "message": ""}},
          {{"type": "GracefulShutdownMatch", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "No", "message": "30 is not 10"}}]}}"#
    );
    pacto(&cluster, "shop", "cart", &status);
    // The cluster names a registry, so the contract itself comes from there.
    let list = server.wait("/api/services", |list| list[0]["sources"] == serde_json::json!(["k8s", "oci"]));
    let cart = &list[0];
    assert_eq!(
        (&cart["name"], &cart["contractStatus"], &cart["namespace"]),
        (&"cart".into(), &"Warning".into(), &"shop".into())
    );
    assert_eq!((&cart["complianceScore"], &cart["complianceWarnings"]), (&50.into(), &1.into()));
    let details = server.get("/api/services/cart").json();
    assert_eq!((&details["source"], &details["versionPolicy"]), (&"oci".into(), &"tracking".into()));
    assert_eq!(details["conditions"][1]["message"], "30 is not 10");
    assert!(details["conditions"][1]["lastTransitionAgo"].as_str().unwrap().ends_with("d ago"));
    let rows = details["runtimeDiff"].as_array().unwrap();
    assert_eq!(rows.iter().filter(|row| row["status"] == "match").count(), 2, "{rows:?}");

    // What is published since is an update; what it needs is not what runs.
    let needs = "dependencies: [{ref: 'oci://r.example/redis', required: true, compatibility: '^1.0.0'}]\n";
    cx.write("cart/pacto.yaml", contract("cart", "1.3.0", needs));
    assert_eq!(cx.pacto(["push", &format!("oci://{address}/acme/cart"), "-p", "cart"]).code, 0);
    server.post("/api/refresh", "");
    let list = server.wait("/api/services", |list| {
        list[0]["latestAvailable"] == "1.3.0" && list[0]["dependencyCount"].is_null()
    });
    assert_eq!((&list[0]["version"], &list[0]["updateAvailable"]), (&"1.2.0".into(), &true.into()));
    assert_eq!(server.get("/api/graph").json()["nodes"].as_array().unwrap().len(), 1);

    server.wait("/api/services/cart/versions", |versions| versions[0]["classification"].is_string());

    // A change is told, without asking.
    let mut events = server.events();
    events.next("hello");
    cluster.kubectl(&[
        "patch",
        "pacto",
        "cart",
        "-n",
        "shop",
        "--subresource=status",
        "--type=merge",
        "-p",
        r#"{"status": {"contractStatus": "NonCompliant"}}"#,
    ]);
    let news = events.next("snapshot");
    assert_eq!(news["changed"][0]["contractStatus"], "NonCompliant");

    // The API server dies: what was known stays, and the source says so; it recovers by itself.
    cluster.kill_api_server();
    let report = server.wait("/api/sources", |report| k8s(report)["state"] == "stale");
    assert!(k8s(&report)["lastError"]["message"].is_string(), "{report}");
    assert_eq!(names(&server.get("/api/services").json()), ["cart"]);
    cluster.restart_api_server();
    server
        .wait("/api/sources", |report| k8s(report)["state"] == "live" && k8s(report)["lastError"].is_null());
    cluster.kubectl(&["delete", "pacto", "cart", "-n", "shop"]);
    server.wait("/api/services", |list| list[0]["sources"] == serde_json::json!(["oci"]));
}

/// The operator beside the dashboard: what one writes the other shows, in its words.
#[test]
fn what_the_operator_wrote_is_shown_unchanged_in_meaning() {
    let Some(cluster) = ControlPlane::start() else { return };
    install(&cluster);
    cluster.kubectl(&["create", "namespace", "shop"]);
    let (stop, _runtime) = operator(cluster.kubeconfig());
    cluster.apply(
        "
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 9090}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {terminationGracePeriodSeconds: 60, containers: [{name: main, image: cart}]}
---
apiVersion: pacto.trianalab.io/v1alpha1
kind: Pacto
metadata: {name: cart, namespace: shop}
spec:
  contractRef:
    inline: |
      pactoVersion: '1.0'
      service: {name: cart, version: 1.2.0, owner: shop}
      interfaces: [{name: api, type: http, port: 8080, visibility: internal}]
      runtime:
        workload: service
        state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}
        lifecycle: {gracefulShutdownSeconds: 20, upgradeStrategy: recreate}
      scaling: {replicas: 4}
  target: {serviceName: cart}
",
    );
    let verdict = "--for=jsonpath={.status.contractStatus}=Warning";
    cluster.kubectl(&["wait", "-n", "shop", "pacto/cart", verdict, "--timeout=180s"]);
    let text = cluster.kubectl(&["get", "-n", "shop", "pacto/cart", "-o", "json"]);
    let written: Value = serde_json::from_str(&text).unwrap();
    let status = &written["status"];

    let mut cx = TestContext::new(env!("CARGO_BIN_EXE_pacto"));
    cx.env("KUBECONFIG", cluster.kubeconfig());
    std::fs::create_dir(cx.path("empty")).unwrap();
    let mut command = cx.command();
    command.current_dir(cx.path("empty")).arg("dashboard");
    let server = pacto_testkit::dashboard::Server::start(command);
    let list = server.wait("/api/services", |list| list[0]["contractStatus"] == "Warning");
    let shown = server.get("/api/services/cart").json();
    assert_eq!(list[0]["owner"], "shop");
    assert_eq!((&shown["version"], &shown["namespace"]), (&status["contractVersion"], &"shop".into()));
    for key in ["total", "passed", "failed"] {
        assert_eq!(shown["checksSummary"][key], status["summary"][key], "{key}");
    }
    // Every condition, in the order of the operator and in its words, with how bad it is and whether it counts.
    let conditions = status["conditions"].as_array().unwrap();
    assert_eq!(shown["conditions"].as_array().unwrap().len(), conditions.len());
    for (written, shown) in conditions.iter().zip(shown["conditions"].as_array().unwrap()) {
        for key in ["type", "status", "reason", "message", "severity"] {
            assert_eq!(shown[key], written[key], "{written}");
        }
    }
    let advice = shown["conditions"].as_array().unwrap().iter().find(|shown| shown["type"] == "ScalingMatch");
    assert_eq!((&advice.unwrap()["advisory"], &advice.unwrap()["status"]), (&true.into(), &"False".into()));
    assert_eq!(shown["ports"]["missing"], status["ports"]["missing"]);
    assert_eq!(shown["observedRuntime"]["workloadKind"], status["observedRuntime"]["workloadKind"]);
    // What is declared beside what runs is judged as the operator judged it: more time to stop than asked for is enough.
    let row = |field: &str| {
        let rows = shown["runtimeDiff"].as_array().unwrap();
        rows.iter().find(|row| row["field"] == field).unwrap()["status"].clone()
    };
    assert_eq!((row("Graceful Shutdown"), row("Upgrade Strategy")), ("match".into(), "mismatch".into()));
    let versions = server.get("/api/services/cart/versions").json();
    assert_eq!((&versions[0]["version"], &versions[0]["source"]), (&"1.2.0".into(), &"k8s".into()));
    stop.send_replace(true);
}

/// A controller for the namespace `shop`, in this process.
fn operator(kubeconfig: std::path::PathBuf) -> (tokio::sync::watch::Sender<bool>, tokio::runtime::Runtime) {
    use clap::Parser as _;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    runtime.block_on(async {
        let options = pacto_k8s::ConnectOptions { kubeconfig: Some(kubeconfig), ..Default::default() };
        let client = pacto_k8s::connect(&options).await.unwrap().client;
        let controller = pacto_operator::run::Controller::watch(pacto_operator::run::Start {
            client,
            namespace: "shop".to_owned(),
            settings: pacto_oci::registry::Settings::default(),
            surroundings: pacto_oci::credential::Surroundings::default(),
            prober: None,
            metrics: std::sync::Arc::default(),
            readiness: pacto_operator::run::needed(),
            arguments: pacto_operator::arguments::Arguments::parse_from(["pacto-operator"]),
        });
        tokio::spawn(controller.unwrap().run(stopped));
    });
    (stop, runtime)
}
