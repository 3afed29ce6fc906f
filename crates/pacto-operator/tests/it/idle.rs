//! Where nothing changes nothing is written, however often everything is looked at.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pacto_operator::probe::{Prober, Resolver};
use pacto_testkit::control_plane::ControlPlane;

use crate::harness::{How, install, make_namespace, run};
use crate::probing::service;

const PACTOS: usize = 200;
/// Times that each endpoint is asked: once in half a minute, so `cargo xtask soak idle` takes three minutes.
const ROUNDS: usize = 6;
/// Longest time between two questions; the shortest interval of a Pacto is 30 seconds, give or take a tenth.
const PATIENCE: Duration = Duration::from_mins(2);

fn manifests(number: usize) -> String {
    let name = format!("cart-{number}");
    format!(
        "
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: idle}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: idle}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: cart}}]}}
---
apiVersion: pacto.trianalab.io/v1alpha1
kind: Pacto
metadata: {{name: {name}, namespace: idle}}
spec:
  checkIntervalSeconds: 30
  contractRef:
    inline: |
      pactoVersion: '1.0'
      service: {{name: {name}, version: 1.0.0}}
      interfaces: [{{name: api, type: http, port: 8080}}]
      runtime:
        workload: service
        state: {{type: stateless, persistence: {{scope: local, durability: ephemeral}}, dataCriticality: low}}
        health: {{interface: api, path: /ready}}
  target: {{serviceName: {name}}}
---
"
    )
}

/// Requests that the API server counted and that change something of what the operator writes.
fn writes(plane: &ControlPlane) -> u64 {
    let text = plane.kubectl(&["get", "--raw", "/metrics"]);
    let changing = ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"];
    let resources = ["pactos", "pactorevisions", "events"];
    let is_counted = |line: &&str| {
        line.starts_with("apiserver_request_total{")
            && changing.iter().any(|verb| line.contains(&format!("verb=\"{verb}\"")))
            && resources.iter().any(|resource| line.contains(&format!("resource=\"{resource}\"")))
    };
    text.lines()
        .filter(is_counted)
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .map(|count| format!("{count}").parse::<u64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_that_are_asked_again_and_again_write_nothing() {
    // The counts of an API server are of everybody, so this one is ours alone.
    let Some(plane) = ControlPlane::start() else { return };
    install(&plane);
    make_namespace(&plane, "idle");
    let (address, asks) = service(Arc::new(AtomicBool::new(true)));
    let table: Vec<_> =
        (0..PACTOS).map(|number| format!("cart-{number}.idle.svc={address}").parse().unwrap()).collect();
    let prober = Some(Arc::new(Prober::new(Resolver::of(&table))));
    let running = run(&plane, How { namespace: "idle".to_owned(), prober, ..How::default() }).await;
    plane.apply(&(0..PACTOS).map(manifests).collect::<String>());
    plane.kubectl(&[
        "wait",
        "-n",
        "idle",
        "pacto",
        "--all",
        "--for=jsonpath={.status.contractStatus}=Compliant",
        "--timeout=300s",
    ]);
    let rounds = if std::env::var_os("PACTO_SOAK").is_some() { ROUNDS } else { 1 };
    // What was asked until everybody was Compliant is over when every service was asked once more.
    while asks.try_recv().is_ok() {}
    let (before, own) = (writes(&plane), running.writes());
    assert!(before >= own && own > 0, "{before} are counted, of which {own} are ours");
    let before_asked = std::time::Instant::now();
    for _ in 0..rounds * PACTOS {
        asks.recv_timeout(PATIENCE).unwrap();
    }
    let after = writes(&plane);
    println!(
        "idle: {PACTOS} Pactos, {} questions in {} s, {} writes",
        rounds * PACTOS,
        before_asked.elapsed().as_secs(),
        after - before
    );
    assert_eq!((after, running.writes()), (before, own));
    running.stop().await;
}
