//! The dashboard that the operator runs: made, repaired, left alone, taken away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use pacto_operator::arguments::Arguments;
use pacto_operator::dashboard::{Dashboard, Settings, Write};
use pacto_operator::metrics::{Exposition, Metrics};
use pacto_testkit::control_plane::ControlPlane;
use tokio::sync::watch;

use crate::clients::{client, client_of};
use crate::harness::{cluster, make_namespace};

/// Longest time for anything to be seen.
const PATIENCE: Duration = Duration::from_mins(1);

fn settings(namespace: &str, flags: &[&str]) -> Settings {
    let own = format!("--pod-namespace={namespace}");
    let fixed = ["pacto-operator", &own, "--dashboard-image=ghcr.io/org/pacto-dashboard:1.2.3"];
    let arguments = Arguments::try_parse_from(fixed.iter().chain(flags)).unwrap();
    Settings::from_arguments(&arguments).unwrap()
}

async fn pass(dashboard: &Dashboard) -> Vec<String> {
    let writes = dashboard.pass().await.unwrap();
    writes.iter().map(|Write { resource, verb }| format!("{verb} {resource}")).collect()
}

fn get(plane: &ControlPlane, arguments: &[&str]) -> String {
    let arguments: Vec<&str> =
        ["get", "--ignore-not-found", "-o", "name"].iter().chain(arguments).copied().collect();
    plane.kubectl(&arguments).trim().to_owned()
}

async fn deployment(client: &Client, namespace: &str) -> Deployment {
    Api::namespaced(client.clone(), namespace).get("pacto-dashboard").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_is_made_repaired_left_alone_and_taken_away() {
    let Some(plane) = cluster("dash") else { return };
    // The API server refuses pods that are not restricted, and says so about Deployments.
    plane.kubectl(&[
        "label",
        "namespace",
        "dash",
        "pod-security.kubernetes.io/enforce=restricted",
        "--overwrite",
    ]);
    let client = client(&plane).await;
    let flags =
        ["--watch-namespace=dash-shop", "--dashboard-cpu-limit=1000m", "--dashboard-memory-limit=1024Mi"];
    make_namespace(&plane, "dash-shop");
    let dashboard = Dashboard::enabled(client.clone(), settings("dash", &flags));
    let all =
        ["patch serviceaccounts", "patch roles", "patch rolebindings", "patch deployments", "patch services"];
    assert_eq!(pass(&dashboard).await, all);
    assert_eq!(pass(&dashboard).await, Vec::<String>::new(), "nothing changed");
    let version = deployment(&client, "dash").await.metadata.resource_version;

    // Somebody edits it, and somebody deletes a part.
    plane.kubectl(&["-n", "dash", "set", "image", "deployment/pacto-dashboard", "dashboard=evil.io/x:1"]);
    plane.kubectl(&["-n", "dash", "delete", "service", "pacto-dashboard"]);
    plane.kubectl(&["-n", "dash", "label", "deployment", "pacto-dashboard", "team=web"]);
    assert_eq!(pass(&dashboard).await, ["patch deployments", "patch services"]);
    assert_eq!(pass(&dashboard).await, Vec::<String>::new());
    let repaired = deployment(&client, "dash").await;
    assert_ne!(repaired.metadata.resource_version, version);
    assert_eq!(repaired.metadata.labels.unwrap()["team"], "web", "what is beside it stays");
    let pod = repaired.spec.unwrap().template.spec.unwrap();
    assert_eq!(pod.containers[0].image.as_deref(), Some("ghcr.io/org/pacto-dashboard:1.2.3"));

    // A pod of this template is let in.
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "trial", "namespace": "dash" }, "spec": pod,
    });
    let output = plane.run_kubectl(&["create", "--dry-run=server", "-f", "-"], Some(&pod.to_string()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut loose = pod;
    loose["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true.into();
    let output = plane.run_kubectl(&["create", "--dry-run=server", "-f", "-"], Some(&loose.to_string()));
    assert!(!output.status.success(), "the cluster would refuse another one");

    // Another version of the settings: fields that went are gone.
    let other = settings("dash", &["--watch-namespace=dash-shop"]);
    let other = Dashboard::enabled(client.clone(), other);
    assert_eq!(pass(&other).await, ["patch deployments"]);
    let limits = deployment(&client, "dash").await.spec.unwrap().template.spec.unwrap().containers[0]
        .resources
        .clone();
    assert_eq!(limits.unwrap().limits.unwrap().keys().collect::<Vec<_>>(), ["memory"]);

    // Switched off. What somebody made under the same name stays.
    plane.kubectl(&[
        "-n",
        "dash",
        "label",
        "service",
        "pacto-dashboard",
        "app.kubernetes.io/managed-by=Helm",
        "--overwrite",
    ]);
    let off = Dashboard::disabled(client.clone(), "dash", "dash-shop");
    let gone = ["delete deployments", "delete rolebindings", "delete roles", "delete serviceaccounts"];
    assert_eq!(pass(&off).await, gone);
    assert_eq!(pass(&off).await, Vec::<String>::new());
    assert_eq!(get(&plane, &["-n", "dash", "deployment,serviceaccount,service"]), "service/pacto-dashboard");
    assert_eq!(get(&plane, &["-n", "dash-shop", "role,rolebinding"]), "");
    assert_eq!(get(&plane, &["namespace", "dash"]), "namespace/dash");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_merged_and_go_with_their_secrets() {
    let Some(plane) = cluster("dash-creds") else { return };
    let client = client(&plane).await;
    plane.kubectl(&[
        "-n",
        "dash-creds",
        "create",
        "secret",
        "generic",
        "one",
        "--from-literal=registry=ghcr.io",
        "--from-literal=token=t",
    ]);
    plane.kubectl(&[
        "-n",
        "dash-creds",
        "create",
        "secret",
        "docker-registry",
        "two",
        "--docker-server=https://quay.io",
        "--docker-username=u",
        "--docker-password=p",
    ]);
    plane.kubectl(&["-n", "dash-creds", "create", "deployment", "the-operator", "--image=i:1"]);
    let mut settings =
        settings("dash-creds", &["--dashboard-oci-secrets=one,missing,two", "--watch-namespace=dash-creds"]);
    settings.owner = Some("the-operator".to_owned());
    let dashboard = Dashboard::enabled(client.clone(), settings.clone());
    assert!(pass(&dashboard).await.contains(&"patch secrets".to_owned()));
    assert_eq!(pass(&dashboard).await, Vec::<String>::new());
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "dash-creds");
    let made = secrets.get("pacto-dashboard-oci-creds").await.unwrap();
    assert_eq!(made.type_.as_deref(), Some("kubernetes.io/dockerconfigjson"));
    let config = &made.data.unwrap()[".dockerconfigjson"].0;
    assert_eq!(
        String::from_utf8_lossy(config),
        r#"{"auths":{"ghcr.io":{"auth":"eC1hY2Nlc3MtdG9rZW46dA=="},"quay.io":{"auth":"dTpw"}}}"#
    );
    let owners = made.metadata.owner_references.unwrap();
    assert_eq!((&*owners[0].kind, &*owners[0].name), ("Deployment", "the-operator"));

    // A new token is carried over, and nothing else is written.
    plane.kubectl(&["-n", "dash-creds", "patch", "secret", "one", "-p", r#"{"stringData":{"token":"u"}}"#]);
    assert_eq!(pass(&dashboard).await, ["patch secrets"]);
    plane.kubectl(&["-n", "dash-creds", "delete", "secret", "one", "two"]);
    assert_eq!(pass(&dashboard).await, ["delete secrets"]);
    assert!(secrets.get_opt("pacto-dashboard-oci-creds").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_follow_the_scope_and_belong_to_one_operator() {
    let Some(plane) = cluster("dash-scope") else { return };
    let client = client(&plane).await;
    let wide = Dashboard::enabled(client.clone(), settings("dash-scope", &[]));
    assert!(pass(&wide).await.contains(&"patch clusterroles".to_owned()));
    assert_eq!(pass(&wide).await, Vec::<String>::new());
    let may = |verb: &str, resource: &str| {
        let account = "--as=system:serviceaccount:dash-scope:pacto-dashboard";
        let output = plane.run_kubectl(&["auth", "can-i", verb, resource, account, "-A"], None);
        String::from_utf8_lossy(&output.stdout).trim() == "yes"
    };
    // The API server learns of a role a moment after it is written.
    let settle = |is: bool| {
        let begin = Instant::now();
        while may("list", "services") != is {
            assert!(begin.elapsed() < PATIENCE, "the rights never change");
        }
    };
    settle(true);
    assert!(may("watch", "pactos.pacto.trianalab.io"));
    assert!(!may("list", "secrets") && !may("delete", "services"));

    // Somebody gives the same rights to others.
    let more = r#"[{"op": "add", "path": "/subjects/-", "value": {"kind": "Group", "name": "all", "apiGroup": "rbac.authorization.k8s.io"}}]"#;
    plane.kubectl(&["patch", "clusterrolebinding", "pacto-dashboard", "--type=json", "-p", more]);
    assert_eq!(pass(&wide).await, ["patch clusterrolebindings"]);
    assert_eq!(pass(&wide).await, Vec::<String>::new());

    // Another operator that has no dashboard does not take this one's.
    make_namespace(&plane, "dash-other");
    let other = Dashboard::disabled(client.clone(), "dash-other", "");
    assert_eq!(pass(&other).await, Vec::<String>::new());

    let narrow =
        Dashboard::enabled(client.clone(), settings("dash-scope", &["--watch-namespace=dash-scope"]));
    let writes = pass(&narrow).await;
    let expected = [
        "patch roles",
        "patch rolebindings",
        "patch deployments",
        "delete clusterrolebindings",
        "delete clusterroles",
    ];
    assert_eq!(writes, expected);
    settle(false);
    assert_eq!(pass(&narrow).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_rights_says_what_it_may_not() {
    let Some(plane) = cluster("dash-denied") else { return };
    let limited = client_of(plane.limited_kubeconfig()).await;
    let error = Dashboard::enabled(limited.clone(), settings("dash-denied", &[])).pass().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("get serviceaccounts pacto-dashboard: ") && text.contains("forbidden"),
        "{text}"
    );
    // Nothing was ever made: not being allowed to look is fine.
    assert_eq!(pass(&Dashboard::disabled(limited, "dash-denied", "")).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_until_it_is_stopped_and_counts_what_it_writes() {
    let Some(plane) = cluster("dash-loop") else { return };
    let client = client(&plane).await;
    let metrics = Metrics::new();
    let (stop, stopped) = watch::channel(false);
    let wanted = Dashboard::enabled(client.clone(), settings("dash-loop", &["--watch-namespace=dash-loop"]));
    let until_made = async {
        let made = ["wait", "--for=create", "--timeout=60s", "-n", "dash-loop", "service/pacto-dashboard"];
        let plane = Arc::clone(&plane);
        tokio::task::spawn_blocking(move || plane.kubectl(&made)).await.unwrap();
        stop.send_replace(true);
    };
    let both = async { tokio::join!(wanted.run(&metrics, stopped), until_made) };
    tokio::time::timeout(PATIENCE, both).await.expect("it ends");

    // What is not wanted is taken away once, and that is all.
    let (_stop, stopped) = watch::channel(false);
    let unwanted = Dashboard::disabled(client, "dash-loop", "dash-loop");
    tokio::time::timeout(PATIENCE, unwanted.run(&metrics, stopped)).await.expect("it ends");
    assert_eq!(get(&plane, &["-n", "dash-loop", "deployment,service,role"]), "");
    let text = metrics.text(Exposition::Prometheus);
    assert!(
        text.contains("pacto_operator_api_writes_total{resource=\"deployments\",verb=\"delete\"} 1\n"),
        "{text}"
    );
}
