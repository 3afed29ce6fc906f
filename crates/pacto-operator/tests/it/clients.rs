//! Ways into the cluster.

use std::path::PathBuf;

use kube::Client;
use pacto_k8s::{ConnectOptions, connect};
use pacto_testkit::control_plane::ControlPlane;

/// Somebody who may do everything.
pub async fn client(plane: &ControlPlane) -> Client {
    client_of(plane.kubeconfig()).await
}

/// Whoever a kubeconfig file describes.
pub async fn client_of(kubeconfig: PathBuf) -> Client {
    let options = ConnectOptions { kubeconfig: Some(kubeconfig), ..ConnectOptions::default() };
    connect(&options).await.unwrap().client
}
