//! A cluster that learns, forgets, dies, hangs and comes back.

use pacto_k8s::{FeedState, ProblemKind};
use pacto_testkit::control_plane::ControlPlane;

use crate::cluster::{
    PACTOS_DEFINITION, REVISIONS_DEFINITION, install_definitions, names, trouble, until, until_connected,
    watch,
};

/// A definition of somebody else: another version, anything goes.
const FOREIGN: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pactos.pacto.trianalab.io}
spec:
  group: pacto.trianalab.io
  scope: Namespaced
  names: {kind: Pacto, plural: pactos, singular: pacto}
  versions:
  - name: v1beta7
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

fn pacto(version: &str, name: &str, more: &str) -> String {
    format!(
        "{{apiVersion: pacto.trianalab.io/{version}, kind: Pacto, metadata: {{name: {name}, namespace: default}}, \
         spec: {{contractRef: {{}}}}{more}}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_may_come_change_and_go() {
    let Some(plane) = ControlPlane::start() else { return };
    let watch = watch(&plane.kubeconfig(), "").await;
    until(&watch, "no definition", |snapshot| snapshot.pactos_feed.state == FeedState::CrdMissing).await;

    plane.apply(FOREIGN);
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=30s", PACTOS_DEFINITION]);
    let odd =
        ", status: {interfaces: {name: api, type: http}, endpoints: {health: {url: u, reachable: true}}}";
    plane.apply(&pacto("v1beta7", "odd", odd));
    let seen = until(&watch, "a foreign Pacto", |snapshot| !snapshot.pactos.is_empty()).await;
    assert_eq!(seen.api_version.as_deref(), Some("pacto.trianalab.io/v1beta7"));
    assert_eq!(seen.revisions_feed.state, FeedState::CrdMissing);
    let view = seen.pactos.values().next().unwrap();
    assert_eq!((view.interfaces.len(), view.endpoints[0].healthy), (1, Some(true)));

    plane.kubectl(&["delete", PACTOS_DEFINITION]);
    let gone = until(&watch, "no definition again", |snapshot| {
        snapshot.pactos_feed.state == FeedState::CrdMissing && snapshot.pactos.is_empty()
    });
    assert_eq!(gone.await.api_version, None);

    install_definitions(&plane);
    plane.apply(&pacto("v1alpha1", "payments", ""));
    let back = until(&watch, "ours", |snapshot| !snapshot.pactos.is_empty()).await;
    assert_eq!(back.api_version.as_deref(), Some("pacto.trianalab.io/v1alpha1"));
    until_connected(&watch).await;

    plane.kubectl(&["delete", REVISIONS_DEFINITION]);
    let half = until(&watch, "no revisions", |snapshot| {
        snapshot.revisions_feed.state == FeedState::CrdMissing
            && snapshot.pactos_feed.state == FeedState::Connected
    });
    assert_eq!(names(&*half.await), ["default/payments"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_kept_while_the_server_is_dead_and_renewed_after() {
    let Some(plane) = ControlPlane::start() else { return };
    install_definitions(&plane);
    plane.apply(&pacto("v1alpha1", "payments", ""));
    let watch = watch(&plane.kubeconfig(), "").await;
    until_connected(&watch).await;

    for round in 0..2 {
        let before = watch.snapshot().pactos_feed.as_of.unwrap();
        plane.kill_api_server();
        let dead = until(&watch, "a dead server", |snapshot| {
            trouble(&snapshot.pactos_feed.state) == Some(ProblemKind::NotAnswering)
                && trouble(&snapshot.revisions_feed.state) == Some(ProblemKind::NotAnswering)
        })
        .await;
        let FeedState::Lagging { since, problem } = &dead.pactos_feed.state else { panic!("{dead:?}") };
        assert!(problem.message.starts_with("the API server does not answer: "), "{problem}");
        assert!(dead.pactos_feed.as_of.unwrap() >= before && dead.pactos_feed.as_of.unwrap() <= *since);
        assert_eq!(dead.pactos.len(), 1 + round);

        plane.restart_api_server();
        plane.apply(&pacto("v1alpha1", &format!("after-{round}"), ""));
        until(&watch, "what came after", |snapshot| snapshot.pactos.len() == 2 + round).await;
        until_connected(&watch).await;
    }

    plane.freeze_api_server();
    let frozen = until(&watch, "a frozen server", |snapshot| {
        trouble(&snapshot.pactos_feed.state) == Some(ProblemKind::NotAnswering)
    });
    assert_eq!(frozen.await.pactos.len(), 3);
    plane.thaw_api_server();
    until_connected(&watch).await;
}
