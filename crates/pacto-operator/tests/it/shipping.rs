//! What is shipped: the API server takes the manifests, and the rights that they give are enough.

use std::path::Path;

use crate::harness::{How, cluster, conditions, get, run, wait};

const OWN: &str = "pacto-operator-system";

fn shipped(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path);
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifests_are_taken_and_their_rights_are_enough() {
    let Some(plane) = cluster("rights") else { return };
    plane.apply(&format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {OWN}, labels: {{pod-security.kubernetes.io/warn: restricted}}}}}}"
    ));
    let manifests = shipped("kubernetes/operator.yaml");
    for arguments in [&["apply", "--dry-run=server", "-f", "-"][..], &["apply", "-f", "-"][..]] {
        let output = plane.run_kubectl(arguments, Some(&manifests));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("would violate"), "{said}");
    }
    // As the account of the pod, with nothing else.
    let account =
        get(&plane, OWN, "deployment")["items"][0]["spec"]["template"]["spec"]["serviceAccountName"].clone();
    let token = plane.kubectl(&["create", "token", "-n", OWN, account.as_str().unwrap()]);
    let admin = std::fs::read_to_string(plane.kubeconfig()).unwrap();
    assert!(admin.contains("admin-token"));
    let directory = tempfile::tempdir().unwrap();
    let kubeconfig = directory.path().join("kubeconfig");
    std::fs::write(&kubeconfig, admin.replace("admin-token", token.trim())).unwrap();
    let how = How { kubeconfig: Some(kubeconfig), namespace: "rights".to_owned(), ..How::default() };
    let running = run(&plane, how).await;
    let sample = shipped("samples/stateful.yaml");
    let applied = plane.run_kubectl(&["apply", "-n", "rights", "-f", "-"], Some(&sample));
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let list = plane.run_kubectl(&["get", "-n", "rights", "-f", "-", "-o", "name"], Some(&sample));
    let names = String::from_utf8_lossy(&list.stdout).into_owned();
    let name = names.lines().find_map(|line| line.strip_prefix("pacto.pacto.trianalab.io/")).unwrap();
    wait(&plane, "rights", name, ".status.contractStatus", "Compliant");
    assert!(!conditions(&plane, "rights", name).contains("NotObserved"));
    wait(&plane, "rights", name, ".status.conditions[?(@.type==\"ContractValid\")].reason", "Parsed");
    let revision = get(&plane, "rights", &format!("pacto/{name}"))["status"]["currentRevision"].clone();
    assert!(revision.is_string());
    plane.kubectl(&["get", "-n", "rights", "pactorevision", revision.as_str().unwrap()]);
    running.stop().await;
}
