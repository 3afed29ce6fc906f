//! What others do in a cluster, as a watch sees it.

use std::fmt::Write;

use pacto_k8s::view::ContractStatus;
use pacto_k8s::{FeedState, ProblemKind, ResourceKey};
use serde_json::json;

use crate::cluster::{cluster, make_namespace, names, trouble, until, until_connected, watch};

fn pacto(namespace: &str, name: &str, service: &str) -> String {
    format!(
        "---\n{{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {{name: {name}, namespace: {namespace}}}, \
         spec: {{contractRef: {{}}, target: {{serviceName: {service}}}}}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_created_changed_and_deleted_is_seen() {
    let Some(plane) = cluster("seen") else { return };
    let watch = watch(&plane.kubeconfig(), "seen").await;
    let empty = until_connected(&watch).await;
    assert_eq!(empty.api_version.as_deref(), Some("pacto.trianalab.io/v1alpha1"));
    assert_eq!(names(&empty), Vec::<String>::new());

    plane.apply(&pacto("seen", "payments", "payments"));
    let key = ResourceKey::new("seen", "payments");
    until(&watch, "created", |snapshot| snapshot.pactos.contains_key(&key)).await;

    let status = json!({"status": {"contractStatus": "Compliant", "contract": {"serviceName": "payments-service", "version": "1.0.0"}}});
    let patch = ["patch", "pacto", "payments", "-n", "seen", "--subresource=status", "--type=merge", "-p"];
    plane.kubectl(&[&patch[..], &[&status.to_string()]].concat());
    let changed = until(&watch, "changed", |snapshot| {
        snapshot.pactos.get(&key).is_some_and(|view| view.contract_status == ContractStatus::Compliant)
    });
    assert_eq!(changed.await.pactos[&key].service_name, "payments-service");

    plane.apply(
        "{apiVersion: pacto.trianalab.io/v1alpha1, kind: PactoRevision, metadata: {name: payments-1, namespace: seen}, \
         spec: {version: 1.0.0, source: {inline: true}, pactoRef: payments}}",
    );
    until(&watch, "a revision", |snapshot| {
        snapshot.revisions.values().any(|view| view.version == "1.0.0" && view.inline)
    })
    .await;

    plane.kubectl(&["delete", "pacto", "payments", "-n", "seen"]);
    until(&watch, "deleted", |snapshot| snapshot.pactos.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_service_in_two_namespaces_is_two_pactos() {
    let Some(plane) = cluster("north") else { return };
    make_namespace(&plane, "south");
    plane.apply(&(pacto("north", "payments", "payments") + &pacto("south", "payments", "payments")));
    let (all, north) = (watch(&plane.kubeconfig(), "").await, watch(&plane.kubeconfig(), "north").await);
    until(&all, "both", |snapshot| {
        let names = names(snapshot);
        ["north/payments", "south/payments"].iter().all(|name| names.iter().any(|other| other == name))
    })
    .await;
    assert_eq!(names(&*until_connected(&north).await), ["north/payments"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_several_pages_is_seen_whole() {
    let Some(plane) = cluster("pages") else { return };
    let mut manifests = String::new();
    for index in 0..120 {
        let _ = write!(manifests, "{}", pacto("pages", &format!("p{index}"), "x"));
    }
    plane.apply(&manifests);
    let watch = watch(&plane.kubeconfig(), "pages").await;
    assert_eq!(until_connected(&watch).await.pactos.len(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_resource_that_can_be_stored_is_seen() {
    let Some(plane) = cluster("large") else { return };
    let name = "n".repeat(253);
    plane.apply(&pacto("large", &name, "x"));
    // A status with a metadata map of a megabyte; too large for an argument.
    let status = json!({"metadata": {"blob": "x".repeat(1_000_000)}, "contractStatus": "Warning"});
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), json!({"status": status}).to_string()).unwrap();
    let name_of_file = file.path().to_string_lossy().into_owned();
    let patch =
        ["patch", "pacto", &name, "-n", "large", "--subresource=status", "--type=merge", "--patch-file"];
    plane.kubectl(&[&patch[..], &[&name_of_file]].concat());
    let watch = watch(&plane.kubeconfig(), "large").await;
    let seen = until_connected(&watch).await;
    let view = &seen.pactos[&ResourceKey::new("large", name)];
    assert_eq!(view.contract_status, ContractStatus::Warning);
    assert_eq!(view.dropped, ["status.metadata.blob: cut, it is too long"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_told_and_the_rest_is_seen() {
    let Some(plane) = cluster("rights") else { return };
    let grant = |resource: &str| {
        plane.apply(&format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {{name: {resource}, namespace: rights}}, \
             rules: [{{apiGroups: [pacto.trianalab.io], resources: [{resource}], verbs: [list, watch]}}]}}\n---\n\
             {{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: {resource}, namespace: rights}}, \
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {resource}}}, \
             subjects: [{{kind: User, name: limited, apiGroup: rbac.authorization.k8s.io}}]}}\n"
        ));
    };
    grant("pactos");
    let watch = watch(&plane.limited_kubeconfig(), "rights").await;
    let half = until(&watch, "Pactos alone", |snapshot| {
        snapshot.pactos_feed.state == FeedState::Connected
            && trouble(&snapshot.revisions_feed.state) == Some(ProblemKind::Denied)
    });
    let FeedState::Unreachable { problem, .. } = &half.await.revisions_feed.state else {
        panic!("nothing was read")
    };
    assert!(problem.message.contains("403") && problem.message.contains("pactorevisions"), "{problem}");
    grant("pactorevisions");
    until_connected(&watch).await;
}
