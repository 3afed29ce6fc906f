//! The program as it runs in a pod: two replicas, one of which works.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{cluster, conditions, get, status, wait};

/// A replica; killed with the value.
struct Replica {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    health: u16,
    metrics: u16,
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Replica {
    fn start(kubeconfig: &Path, namespace: &str, name: &str) -> Self {
        let (health, metrics) = (free_port(), free_port());
        let mut child = Command::new(env!("CARGO_BIN_EXE_pacto-operator"))
            .arg("--leader-elect=true")
            .arg(format!("--watch-namespace={namespace}"))
            .arg(format!("--health-probe-bind-address=127.0.0.1:{health}"))
            .arg(format!("--metrics-bind-address=127.0.0.1:{metrics}"))
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .env_clear()
            .env("POD_NAMESPACE", namespace)
            .env("POD_NAME", name)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log, health, metrics }
    }

    /// Reads the log up to a message.
    fn until(&mut self, message: &str) {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before it said {message:?}:\n{seen}");
            let entry: Value = serde_json::from_str(&line).unwrap();
            if entry["fields"]["message"] == message {
                return;
            }
            seen.push_str(&line);
        }
    }

    fn get(port: u16, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

fn sample(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/samples").join(name))
        .unwrap()
}

#[test]
fn of_two_replicas_one_works_and_the_other_takes_over() {
    let Some(plane) = cluster("replicas") else { return };
    let kubeconfig = plane.kubeconfig();
    let mut first = Replica::start(&kubeconfig, "replicas", "one");
    first.until("at work");
    let mut second = Replica::start(&kubeconfig, "replicas", "two");
    let apply = |name: &str| plane.run_kubectl(&["apply", "-n", "replicas", "-f", "-"], Some(&sample(name)));
    assert!(apply("grace-period-too-short.yaml").status.success());
    wait(&plane, "replicas", "checkout", ".status.contractStatus", "Warning");
    assert!(conditions(&plane, "replicas", "checkout").contains("GracefulShutdownMatch False Mismatch"));
    assert!(Replica::get(first.health, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(Replica::get(first.health, "/readyz").starts_with("HTTP/1.1 200"));
    let metrics = Replica::get(first.metrics, "/metrics");
    for line in [
        "pacto_contract_status{name=\"checkout\",namespace=\"replicas\",status=\"Warning\"} 1",
        "pacto_contract_status{name=\"checkout\",namespace=\"replicas\",status=\"Compliant\"} 0",
        "check=\"GracefulShutdownMatch\"} 0",
        "controller_runtime_reconcile_total{controller=\"pacto\"",
        "rest_client_requests_total{code=\"200\",method=\"GET\"} ",
        "rest_client_requests_total{code=\"200\",method=\"PATCH\"} ",
    ] {
        assert!(metrics.contains(line), "{line} is not among\n{metrics}");
    }
    let holder = || get(&plane, "replicas", "lease/a4917283.pacto.io")["spec"]["holderIdentity"].to_string();
    assert!(holder().contains("one"), "{}", holder());
    // Whoever ends in order gives the lease back.
    first.terminate();
    second.until("at work");
    assert!(holder().contains("two"), "{}", holder());
    let before = status(&plane, "replicas", "checkout");
    assert!(apply("wrong-port.yaml").status.success());
    wait(&plane, "replicas", "stock", ".status.contractStatus", "Warning");
    assert_eq!(status(&plane, "replicas", "checkout"), before);
    // One that is killed is followed when its lease has run out.
    drop(second);
    let mut third = Replica::start(&kubeconfig, "replicas", "three");
    third.until("at work");
    third.terminate();
}

#[test]
fn a_program_without_a_namespace_or_with_a_wrong_flag_says_so() {
    let run = |arguments: &[&str], namespace: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_pacto-operator"))
            .args(arguments)
            .env_clear()
            .env("POD_NAMESPACE", namespace)
            .env("KUBECONFIG", "/nowhere")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run(&[], "");
    assert_eq!(code, Some(1));
    assert!(said.contains("POD_NAMESPACE is not set"), "{said}");
    let (code, said) = run(&["--enable-dashboard", "--dashboard-image=r.example/dashboard:latest"], "here");
    assert_eq!(code, Some(1));
    assert!(said.contains("latest"), "{said}");
    let (code, said) = run(&["--health-probe-bind-address=0", "--metrics-bind-address=here"], "here");
    assert_eq!(code, Some(1));
    assert!(said.contains("no cluster is configured") || said.contains("not an address"), "{said}");
}
