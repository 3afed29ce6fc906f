//! Requests that fail, that are done and not answered, and an operator that is killed in between: what is said in the end is
//! always the same.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use sha2::Digest as _;
use tokio::sync::Notify;
use tower::service_fn;

use crate::harness::{How, client, cluster, run, status, wait};

/// Schedules of `cargo xtask soak operator`; the usual run has a tenth.
const SCHEDULES: u64 = 100;
/// Requests after which nothing fails any more.
const TROUBLE: u64 = 40;

/// What happens to a request.
enum Fate {
    Answered,
    /// It never gets there.
    Lost,
    /// It is done, and nobody hears of it.
    Unheard,
    /// The operator is killed before it.
    Killed,
}

/// Always the same for one schedule and the number of a request.
fn fate(schedule: u64, number: u64) -> Fate {
    let mut hasher = DefaultHasher::new();
    (schedule, number).hash(&mut hasher);
    match hasher.finish() % 20 {
        _ if number >= TROUBLE => Fate::Answered,
        0..=2 => Fate::Lost,
        3..=5 => Fate::Unheard,
        6 => Fate::Killed,
        _ => Fate::Answered,
    }
}

/// A client with a schedule; `killed` is told when the operator is to die.
fn troubled(inner: Client, schedule: u64, count: Arc<AtomicU64>, killed: Arc<Notify>) -> Client {
    let service = service_fn(move |request: Request<Body>| {
        let (inner, killed) = (inner.clone(), Arc::clone(&killed));
        let fate = fate(schedule, count.fetch_add(1, Ordering::Relaxed));
        async move {
            match fate {
                Fate::Answered => answer(&inner, request).await,
                Fate::Lost => Err(Error::new(ErrorKind::ConnectionRefused, "lost")),
                Fate::Unheard => {
                    let _ = answer(&inner, request).await;
                    Err(Error::new(ErrorKind::ConnectionReset, "unheard"))
                }
                Fate::Killed => {
                    killed.notify_one();
                    std::future::pending().await
                }
            }
        }
    });
    Client::new(service, "default")
}

async fn answer(client: &Client, request: Request<Body>) -> Result<Response<Body>, Error> {
    client.send(request).await.map_err(|error| Error::other(error.to_string()))
}

fn manifests(name: &str) -> String {
    format!(
        "
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: faults}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: faults}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: cart}}]}}
---
apiVersion: pacto.trianalab.io/v1alpha1
kind: Pacto
metadata: {{name: {name}, namespace: faults}}
spec:
  contractRef:
    inline: |
      pactoVersion: '1.0'
      service: {{name: cart, version: 1.0.0}}
      interfaces: [{{name: api, type: http, port: 8080}}]
      runtime: {{workload: service, state: {{type: stateless, persistence: {{scope: local, durability: ephemeral}}, dataCriticality: low}}}}
  target: {{serviceName: {name}}}
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_the_status_is_the_same_in_the_end() {
    let Some(plane) = cluster("faults") else { return };
    let inner = client(plane.kubeconfig()).await;
    let schedules = if std::env::var_os("PACTO_SOAK").is_some() { SCHEDULES } else { SCHEDULES / 10 };
    let mut expected = None;
    for schedule in 0..schedules {
        let name = format!("cart-{schedule}");
        plane.apply(&manifests(&name));
        let (count, killed) = (Arc::default(), Arc::new(Notify::new()));
        let start = async || {
            let client = troubled(inner.clone(), schedule, Arc::clone(&count), Arc::clone(&killed));
            run(&plane, How { client: Some(client), namespace: "faults".to_owned(), ..How::default() }).await
        };
        let mut running = start().await;
        let waited = {
            let (plane, name) = (Arc::clone(&plane), name.clone());
            tokio::task::spawn_blocking(move || {
                wait(&plane, "faults", &name, ".status.contractStatus", "Compliant");
                wait(
                    &plane,
                    "faults",
                    &name,
                    ".status.currentRevision",
                    &format!("{name}-1-0-0-{}", hash(&plane, &name)),
                );
            })
        };
        tokio::pin!(waited);
        loop {
            tokio::select! {
                done = &mut waited => break done.unwrap(),
                () = killed.notified() => {
                    running.kill();
                    running = start().await;
                }
            }
        }
        running.stop().await;
        let found = status(&plane, "faults", &name).to_string().replace(&name, "NAME");
        assert_eq!(expected.get_or_insert_with(|| found.clone()), &found, "schedule {schedule}");
        let selected = format!("-lpacto.trianalab.io/pacto={name}");
        let revisions = plane.kubectl(&["get", "-n", "faults", "pactorevision", &selected, "-o", "name"]);
        assert_eq!(revisions.lines().count(), 1, "schedule {schedule}: {revisions}");
        plane.kubectl(&["delete", "-n", "faults", &format!("pacto/{name}"), &format!("service/{name}")]);
    }
}

/// Beginning of the hash of the contract, as names of revisions have it.
fn hash(plane: &pacto_testkit::control_plane::ControlPlane, name: &str) -> String {
    let text =
        crate::harness::get(plane, "faults", &format!("pacto/{name}"))["spec"]["contractRef"]["inline"]
            .clone();
    let digest: [u8; 32] = sha2::Sha256::digest(text.as_str().unwrap().as_bytes()).into();
    pacto_operator::revision::hexadecimal(&digest)[..7].to_owned()
}
