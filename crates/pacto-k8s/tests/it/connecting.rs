//! Ways to a cluster, and clusters that are not there.

use std::path::PathBuf;

use pacto_k8s::{ConnectError, ConnectOptions, ProblemKind, connect, current_context, server_version};
use pacto_testkit::control_plane::ControlPlane;

use crate::cluster::connection;

const TWO_CONTEXTS: &str = "\
apiVersion: v1
kind: Config
current-context: staging
clusters:
- {name: a, cluster: {server: 'http://127.0.0.1:1'}}
users:
- {name: u, user: {token: t}}
contexts:
- {name: staging, context: {cluster: a, user: u}}
- {name: production, context: {cluster: a, user: u}}
";

fn kubeconfig(text: &str) -> (tempfile::TempDir, ConnectOptions) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    fs_err::write(&path, text).unwrap();
    (directory, ConnectOptions { kubeconfig: Some(path), ..ConnectOptions::default() })
}

#[test]
fn the_current_context_is_told_and_follows_the_file() {
    let (_directory, options) = kubeconfig(TWO_CONTEXTS);
    assert_eq!(current_context(&options).unwrap().as_deref(), Some("staging"));
    let switched = TWO_CONTEXTS.replace("current-context: staging", "current-context: production");
    fs_err::write(options.kubeconfig.as_ref().unwrap(), switched).unwrap();
    assert_eq!(current_context(&options).unwrap().as_deref(), Some("production"));
}

#[test]
fn a_missing_or_broken_kubeconfig_is_named() {
    let missing = PathBuf::from("/nowhere/config");
    let options = ConnectOptions { kubeconfig: Some(missing), ..ConnectOptions::default() };
    let error = current_context(&options).unwrap_err();
    assert!(error.to_string().contains("/nowhere/config"), "{error}");
    let (_directory, options) = kubeconfig("clusters: 7\n");
    assert!(matches!(current_context(&options), Err(ConnectError::Kubeconfig(_))));
}

#[tokio::test]
async fn a_context_that_is_not_there_is_an_error() {
    let (_directory, options) = kubeconfig(TWO_CONTEXTS);
    let options = ConnectOptions { context: Some("nowhere".to_owned()), ..options };
    assert!(matches!(connect(&options).await, Err(ConnectError::Kubeconfig(_))));
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_told_in_words() {
    let (_directory, options) = kubeconfig(TWO_CONTEXTS);
    let connection = connect(&options).await.unwrap();
    assert_eq!(connection.context.as_deref(), Some("staging"));
    assert_eq!(connection.server, "http://127.0.0.1:1");
    let problem = server_version(&connection.client).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::NotAnswering);
    assert_eq!(problem.message, "the API server does not answer: Connection refused (os error 111)");
}

#[tokio::test]
async fn a_cluster_that_answers_tells_its_version() {
    let Some(plane) = ControlPlane::shared() else { return };
    let version = server_version(&connection(plane.kubeconfig()).await.client).await.unwrap();
    assert!(version.starts_with("v1."), "{version}");
}
