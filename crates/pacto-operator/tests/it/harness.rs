//! A real API server with our definitions, and the controller beside it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser as _;
use kube::Client;
use pacto_k8s::{ConnectOptions, connect};
use pacto_oci::credential::Surroundings;
use pacto_oci::registry::Settings;
use pacto_operator::arguments::Arguments;
use pacto_operator::metrics::{Exposition, Metrics};
use pacto_operator::probe::Prober;
use pacto_operator::run::{Controller, Start, needed};
use pacto_testkit::control_plane::ControlPlane;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longest time for anything to be seen, on a machine that is busy with other tests.
const PATIENCE: &str = "--timeout=180s";

pub const PACTOS_DEFINITION: &str = "crd/pactos.pacto.trianalab.io";
pub const REVISIONS_DEFINITION: &str = "crd/pactorevisions.pacto.trianalab.io";

/// The shared cluster with our definitions and a namespace. `None` where clusters are left out.
pub fn cluster(namespace: &str) -> Option<Arc<ControlPlane>> {
    let plane = ControlPlane::shared()?;
    install(&plane);
    make_namespace(&plane, namespace);
    Some(plane)
}

pub fn install(plane: &ControlPlane) {
    plane.apply(&pacto_k8s::definition::pactos().unwrap());
    plane.apply(&pacto_k8s::definition::revisions().unwrap());
    for definition in [PACTOS_DEFINITION, REVISIONS_DEFINITION] {
        plane.kubectl(&["wait", "--for=condition=Established", PATIENCE, definition]);
    }
}

pub fn make_namespace(plane: &ControlPlane, name: &str) {
    plane.apply(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}"));
}

/// A controller that works on one namespace, until the value is dropped or stopped.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    metrics: Arc<Metrics>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }

    /// Requests that changed something, all together.
    pub fn writes(&self) -> u64 {
        let text = self.metrics.text(Exposition::preferred("text/plain"));
        let counts = text.lines().filter(|line| line.starts_with("pacto_operator_api_writes_total{"));
        counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// As a process that is killed: what is under way is not finished.
    pub fn kill(self) {
        self.task.abort();
    }
}

pub async fn client(kubeconfig: PathBuf) -> Client {
    let options = ConnectOptions { kubeconfig: Some(kubeconfig), ..ConnectOptions::default() };
    connect(&options).await.unwrap().client
}

/// How a controller is started.
#[derive(Default)]
pub struct How {
    pub kubeconfig: Option<PathBuf>,
    /// Instead of the kubeconfig.
    pub client: Option<Client>,
    pub namespace: String,
    pub flags: Vec<String>,
    pub settings: Settings,
    pub prober: Option<Arc<Prober>>,
}

pub async fn run(plane: &ControlPlane, how: How) -> Running {
    let client = match how.client {
        Some(client) => client,
        None => client(how.kubeconfig.unwrap_or_else(|| plane.kubeconfig())).await,
    };
    let flags = std::iter::once("pacto-operator".to_owned()).chain(how.flags);
    let metrics = Arc::new(Metrics::new());
    let controller = Controller::watch(Start {
        client,
        namespace: how.namespace,
        settings: how.settings,
        surroundings: Surroundings::default(),
        prober: how.prober,
        metrics: Arc::clone(&metrics),
        readiness: needed(),
        arguments: Arguments::parse_from(flags),
    })
    .unwrap();
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(controller.run(stopped));
    Running { stop, task, metrics }
}

/// The controller of `namespace` as it is by default, without probes.
pub async fn run_in(plane: &ControlPlane, namespace: &str) -> Running {
    run(plane, How { namespace: namespace.to_owned(), ..How::default() }).await
}

/// Waits until a Pacto has a status.
pub fn wait(plane: &ControlPlane, namespace: &str, name: &str, path: &str, value: &str) {
    let pacto = format!("pacto/{name}");
    let condition = format!("--for=jsonpath={{{path}}}={value}");
    let output = plane.run_kubectl(&["wait", "-n", namespace, &pacto, &condition, PATIENCE], None);
    assert!(
        output.status.success(),
        "{name} never had {value} at {path}: {}\n{}",
        String::from_utf8_lossy(&output.stderr),
        plane.kubectl(&["get", "-n", namespace, &pacto, "-o", "yaml"]),
    );
}

/// A resource as it is.
pub fn get(plane: &ControlPlane, namespace: &str, what: &str) -> Value {
    serde_json::from_str(&plane.kubectl(&["get", "-n", namespace, what, "-o", "json"])).unwrap()
}

/// The status of a Pacto without its clocks.
pub fn status(plane: &ControlPlane, namespace: &str, name: &str) -> Value {
    let mut status = get(plane, namespace, &format!("pacto/{name}"))["status"].take();
    status.as_object_mut().unwrap().remove("lastReconciledAt");
    for condition in status["conditions"].as_array_mut().unwrap() {
        condition.as_object_mut().unwrap().remove("lastTransitionTime");
    }
    status
}

/// The conditions of a Pacto, a line each.
pub fn conditions(plane: &ControlPlane, namespace: &str, name: &str) -> String {
    let status = status(plane, namespace, name);
    let line = |condition: &Value| {
        let text = |key: &str| condition[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}: {}\n", text("type"), text("status"), text("reason"), text("message"))
    };
    status["conditions"].as_array().unwrap().iter().map(line).collect()
}
