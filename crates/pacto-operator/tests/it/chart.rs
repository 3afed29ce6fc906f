//! The chart: what Helm says of it, and what the API server says of what it gives.

use std::path::{Path, PathBuf};
use std::process::Command;

use pacto_testkit::control_plane::{ControlPlane, helm};

use crate::harness::{cluster, make_namespace};

const CHART: &str = "helm/pacto-operator";
/// Values of `deploy/helm/ci`, with the namespaces that they speak of.
const VALUES: [&str; 4] = ["defaults", "everything", "one-namespace", "without-dashboard"];
/// Definitions of others, of which the chart makes objects where it is told to: as much of them as the API server needs.
const FOREIGN: [(&str, &str, &str, &str); 3] = [
    ("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
    ("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
    ("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
];

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path)
}

/// What Helm prints.
fn run_helm(arguments: &[&str], files: &[&Path]) -> String {
    let mut command = Command::new(helm().expect("helm; --without cluster leaves it out"));
    let output = command.args(arguments).args(files).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "helm {arguments:?} failed: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

fn rendered(values: &str) -> String {
    let file = deploy(&format!("helm/ci/{values}.yaml"));
    let file = file.to_string_lossy();
    // A Helm that was built from source knows no version of Kubernetes.
    let arguments = [
        "template",
        "pacto-operator",
        "--namespace",
        "charts",
        "--include-crds",
        "--kube-version=1.36.0",
        "--values",
        &file,
    ];
    run_helm(&arguments, &[&deploy(CHART)])
}

fn define(plane: &ControlPlane, (group, version, kind, plural): (&str, &str, &str, &str)) {
    // Groups of others are protected: only those that were approved have such names.
    plane.apply(&format!(
        "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.{group}, annotations: {{api-approved.kubernetes.io: \"https://github.com/kubernetes/enhancements\"}}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: {kind}, plural: {plural}, singular: {}}}
  versions:
    - name: {version}
      served: true
      storage: true
      schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
",
        kind.to_lowercase()
    ));
    plane.kubectl(&[
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        &format!("crd/{plural}.{group}"),
    ]);
}

#[test]
fn helm_finds_nothing_to_complain_about() {
    if cluster("charts").is_none() {
        return;
    }
    for values in VALUES {
        let file = deploy(&format!("helm/ci/{values}.yaml"));
        let said = run_helm(&["lint", "--strict", "--values"], &[&file, &deploy(CHART)]);
        assert!(said.contains("0 chart(s) failed"), "{said}");
    }
    // The schema of the values refuses what nobody would notice else.
    let mut command = Command::new(helm().unwrap());
    let wrong = command.arg("template").arg(deploy(CHART)).args(["--set", "controller.watchNamspace=shop"]);
    let output = wrong.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("watchNamspace"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_takes_what_the_chart_gives_under_the_restricted_profile() {
    // Definitions of others would be seen by the tests beside this one.
    let Some(plane) = ControlPlane::start() else { return };
    for definition in FOREIGN {
        define(&plane, definition);
    }
    make_namespace(&plane, "shop");
    plane.apply(
        "
apiVersion: v1
kind: Namespace
metadata:
  name: charts
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
",
    );
    for values in VALUES {
        let manifests = rendered(values);
        let arguments = ["apply", "--dry-run=server", "-f", "-"];
        let output = plane.run_kubectl(&arguments, Some(&manifests));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("Warning"), "{values}: {said}");
        let kinds = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(kinds.contains("deployment.apps/pacto-operator"), "{values}: {kinds}");
    }
    let everything = rendered("everything");
    for (_, _, kind, _) in FOREIGN {
        assert!(everything.contains(&format!("kind: {kind}")), "{kind} is in no set of values");
    }
    // A pod that is not as strict would have been complained about: the check is one.
    let loose = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: loose, namespace: charts}
spec:
  selector: {matchLabels: {app: loose}}
  template:
    metadata: {labels: {app: loose}}
    spec: {containers: [{name: main, image: loose}]}
";
    let output = plane.run_kubectl(&["apply", "--dry-run=server", "-f", "-"], Some(loose));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("would violate PodSecurity"), "{said}");
}
