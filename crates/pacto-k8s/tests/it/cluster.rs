//! A real API server with our definitions, and watches that lose no time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pacto_k8s::{ConnectOptions, Connection, FeedState, ProblemKind, Snapshot, Watch, WatchOptions, connect};
use pacto_testkit::control_plane::ControlPlane;

/// Longest time for anything to be seen, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

pub fn install_definitions(plane: &ControlPlane) {
    plane.apply(&pacto_k8s::definition::pactos().unwrap());
    plane.apply(&pacto_k8s::definition::revisions().unwrap());
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=30s", PACTOS_DEFINITION]);
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=30s", REVISIONS_DEFINITION]);
}

pub const PACTOS_DEFINITION: &str = "crd/pactos.pacto.trianalab.io";
pub const REVISIONS_DEFINITION: &str = "crd/pactorevisions.pacto.trianalab.io";

/// The shared cluster with our definitions and an empty namespace. `None` where clusters are left out.
pub fn cluster(namespace: &str) -> Option<Arc<ControlPlane>> {
    let plane = ControlPlane::shared()?;
    install_definitions(&plane);
    make_namespace(&plane, namespace);
    Some(plane)
}

pub fn make_namespace(plane: &ControlPlane, name: &str) {
    plane.apply(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}"));
}

pub async fn connection(kubeconfig: PathBuf) -> Connection {
    connect(&ConnectOptions { kubeconfig: Some(kubeconfig), ..ConnectOptions::default() }).await.unwrap()
}

/// A watch that tries again at once.
pub async fn watch(kubeconfig: &Path, namespace: &str) -> Watch {
    let options = WatchOptions {
        namespace: namespace.to_owned(),
        heartbeat: Duration::from_millis(500),
        retry_at_least: Duration::from_millis(50),
        retry_at_most: Duration::from_millis(500),
        publish_every: Duration::from_millis(20),
        ..WatchOptions::default()
    };
    Watch::start(connection(kubeconfig.to_owned()).await.client, options)
}

/// The first snapshot that is like this.
pub async fn until(watch: &Watch, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let mut latest = watch.subscribe();
    let found = tokio::time::timeout(PATIENCE, latest.wait_for(|snapshot| is(snapshot))).await;
    let Ok(snapshot) = found else { panic!("never seen: {what}; last: {:?}", watch.snapshot()) };
    snapshot.unwrap().clone()
}

pub async fn until_connected(watch: &Watch) -> Arc<Snapshot> {
    until(watch, "connected", |snapshot| {
        snapshot.pactos_feed.state == FeedState::Connected
            && snapshot.revisions_feed.state == FeedState::Connected
    })
    .await
}

/// Names of the Pactos, with their namespaces.
pub fn names(snapshot: &Snapshot) -> Vec<String> {
    snapshot.pactos.keys().map(ToString::to_string).collect()
}

/// What kind of trouble a feed has.
pub fn trouble(state: &FeedState) -> Option<ProblemKind> {
    match state {
        FeedState::Lagging { problem, .. } | FeedState::Unreachable { problem, .. } => Some(problem.kind),
        _ => None,
    }
}
