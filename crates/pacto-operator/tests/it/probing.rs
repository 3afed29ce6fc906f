//! Endpoints of services: asked, judged, and no reason to write when only the clock of the answer changed.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use pacto_operator::probe::{Prober, Resolver};

use crate::harness::{How, cluster, conditions, run, status, wait};

/// Longest time until an endpoint is asked, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

const MANIFESTS: &str = "
apiVersion: pacto.trianalab.io/v1alpha1
kind: Pacto
metadata: {name: cart, namespace: probes}
spec:
  contractRef:
    inline: |
      pactoVersion: '1.0'
      service: {name: cart, version: 1.0.0}
      interfaces: [{name: api, type: http, port: 8080}]
      runtime:
        workload: service
        state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}
        health: {interface: api, path: /ready}
        metrics: {interface: api, path: /metrics}
  target: {serviceName: cart}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: probes}
spec: {selector: {app: cart}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: probes}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: main, image: cart}]}
";

/// A service that tells what it was asked for, and answers well as long as it is well.
pub fn service(is_well: Arc<AtomicBool>) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, asks) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            let status = if is_well.load(Ordering::Relaxed) { "200 OK" } else { "503 Service Unavailable" };
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 4\r\nconnection: close\r\n\r\nup 1");
            // The test may be over.
            let _ = asked.send(line);
        }
    });
    (address, asks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_endpoint_is_judged_and_its_clock_writes_nothing() {
    let Some(plane) = cluster("probes") else { return };
    let is_well = Arc::new(AtomicBool::new(true));
    let (address, asks) = service(Arc::clone(&is_well));
    let table = [format!("cart.probes.svc={address}").parse().unwrap()];
    let prober = Some(Arc::new(Prober::new(Resolver::of(&table)).with_spacing(Duration::ZERO)));
    let running = run(&plane, How { namespace: "probes".to_owned(), prober, ..How::default() }).await;
    plane.apply(MANIFESTS);
    wait(&plane, "probes", "cart", ".status.contractStatus", "Compliant");
    let found = status(&plane, "probes", "cart");
    assert_eq!(found["endpoints"]["health"]["url"], "http://cart.probes.svc:8080/ready");
    assert_eq!(found["endpoints"]["metrics"]["statusCode"], 200);
    // Whatever wakes the operator, what it sees is the same.
    let writes = running.writes();
    while asks.try_recv().is_ok() {}
    for round in 0..5 {
        // Something that is looked at, and that no check minds.
        plane.kubectl(&["set", "env", "-n", "probes", "deployment/cart", &format!("ROUND_{round}=x")]);
        // Both are asked, in any order.
        let mut asked = [(); 2].map(|()| asks.recv_timeout(PATIENCE).unwrap());
        asked.sort();
        assert!(asked[0].contains("/metrics") && asked[1].contains("/ready"), "{asked:?}");
    }
    assert_eq!(running.writes(), writes);
    is_well.store(false, Ordering::Relaxed);
    plane.kubectl(&["set", "env", "-n", "probes", "deployment/cart", "ILL=x"]);
    wait(&plane, "probes", "cart", ".status.contractStatus", "Warning");
    let found = conditions(&plane, "probes", "cart");
    assert!(found.contains("HealthEndpointValid False InvalidStatusCode"), "{found}");
    // Who does not want to be asked is not.
    plane.kubectl(&["annotate", "-n", "probes", "pacto/cart", "pacto.trianalab.io/probe=false"]);
    wait(&plane, "probes", "cart", ".status.contractStatus", "Compliant");
    assert!(status(&plane, "probes", "cart").get("endpoints").is_none());
    running.stop().await;
}
