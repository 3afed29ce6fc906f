//! `cargo xtask bench operator`: the program over ten thousand Pactos and fifty thousand objects of a real API server.
//!
//! Prints the rows of `docs/benchmarks.md`; nothing is asserted about times.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on says why, and its result is what it prints"
)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Service};
use kube::api::{Patch, PatchParams, PostParams};
use kube::runtime::watcher::{self, watcher};
use kube::{Api, Client};
use pacto_k8s::pacto::Pacto;
use pacto_k8s::{ConnectOptions, connect};
use pacto_testkit::control_plane::ControlPlane;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const NAMESPACE: &str = "scale";
/// Requests of the benchmark that are under way at once.
const AT_ONCE: usize = 32;
/// Changes of which it is measured when they are in the status.
const CHANGES: usize = 200;
/// Deployments beside those of the Pactos, as many as Services: with the ten thousand of each there are fifty thousand objects.
const OTHERS_PER_PACTO: f64 = 1.5;

fn main() {
    let pactos =
        std::env::var("PACTO_BENCH_PACTOS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure(pactos));
}

async fn measure(pactos: usize) {
    let plane = ControlPlane::start().expect("a control plane; it cannot be left out here");
    plane.apply(&pacto_k8s::definition::pactos().unwrap());
    plane.apply(&pacto_k8s::definition::revisions().unwrap());
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
    let options = ConnectOptions { kubeconfig: Some(plane.kubeconfig()), ..ConnectOptions::default() };
    let client = connect(&options).await.unwrap().client;
    let namespace = json!({"metadata": {"name": NAMESPACE}});
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces.create(&PostParams::default(), &serde_json::from_value(namespace).unwrap()).await.unwrap();

    let began = Instant::now();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a small count"
    )]
    let others = (pactos as f64 * OTHERS_PER_PACTO) as usize;
    create::<Service>(&client, (0..pactos + others).map(service)).await;
    create::<Deployment>(&client, (0..pactos + others).map(deployment)).await;
    create::<Pacto>(&client, (0..pactos).map(pacto)).await;
    let creating = began.elapsed();
    let objects = 2 * (pactos + others);
    let what = format!("operator, {pactos} Pactos and {objects} Services and Deployments");

    // Everything is new: each Pacto gets a status and a revision with its own status.
    let began = Instant::now();
    let mut first = Operator::start(&plane.kubeconfig());
    first.until_judged(pactos);
    let took = began.elapsed();
    row(
        &format!("{what}: from start until every status is written, {} requests that write", first.writes()),
        &seconds(took),
        &format!("creating these objects, {AT_ONCE} at once, {}", seconds(creating)),
        took.as_secs_f64() / creating.as_secs_f64(),
        "",
    );
    let (times, kinds) = changes(&client, pactos).await;
    for (kind, mut times) in kinds.into_iter().zip(times) {
        times.sort_unstable();
        let (half, most) = (percentile(&times, 50), percentile(&times, 99));
        row(
            &format!("{what}: from a changed {kind} to the status, p50 and p99 of {}", times.len()),
            &format!("{}, {}", milliseconds(half), milliseconds(most)),
            "1 s",
            most.as_secs_f64(),
            "<= 1",
        );
    }
    memory(&what, "after everything was written", &first);
    drop(first);

    // Nothing is new: everything is read and judged, and nothing is to be written.
    let began = Instant::now();
    let mut second = Operator::start(&plane.kubeconfig());
    second.until_judged(pactos);
    let took = began.elapsed();
    row(
        &format!("{what}: full resync after a restart, {} requests that write", second.writes()),
        &seconds(took),
        "0 requests that write",
        f64::from(u32::try_from(second.writes()).unwrap()),
        "0",
    );
    memory(&what, "after the resync", &second);
}

fn row(what: &str, figure: &str, reference: &str, ratio: f64, target: &str) {
    println!("| {what} | {figure} | {reference} | {ratio:.2} | {target} |");
}

fn memory(what: &str, when: &str, operator: &Operator) {
    let (now, peak) = (operator.memory("VmRSS"), operator.memory("VmHWM"));
    row(
        &format!("{what}: memory {when}"),
        &format!("{now:.1} MiB, peak {peak:.1} MiB"),
        "96 MiB",
        now / 96.0,
        "<= 1",
    );
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1000.0)
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn name(number: usize) -> String {
    format!("svc-{number:05}")
}

fn service(number: usize) -> Value {
    json!({"metadata": {"name": name(number), "labels": labels(number)},
        // Of addresses a cluster has fewer than this.
        "spec": {"clusterIP": "None", "selector": {"app": name(number)}, "ports": [{"name": "http", "port": 8080}]}})
}

/// As much as objects usually carry around.
fn labels(number: usize) -> Value {
    json!({"app.kubernetes.io/name": name(number), "app.kubernetes.io/managed-by": "Helm", "team": format!("team-{}", number % 50)})
}

fn deployment(number: usize) -> Value {
    let app = json!({"app": name(number)});
    json!({"metadata": {"name": name(number), "labels": labels(number)}, "spec": {
        "replicas": 2,
        "selector": {"matchLabels": app},
        "template": {"metadata": {"labels": app}, "spec": {
            "terminationGracePeriodSeconds": 30,
            "containers": [{
                "name": "main", "image": format!("registry.example/{}:1.0.0", name(number)),
                "ports": [{"name": "http", "containerPort": 8080}],
                "env": [{"name": "PORT", "value": "8080"}, {"name": "LOG_LEVEL", "value": "info"}],
                "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "initialDelaySeconds": 5},
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
            }],
        }},
    }})
}

fn pacto(number: usize) -> Value {
    let text = format!(
        "pactoVersion: '1.0'\nservice: {{name: {0}, version: 1.0.0, owner: team-{1}, image: {{ref: 'registry.example/{0}:1.0.0'}}}}\n\
         interfaces: [{{name: api, type: http, port: 8080, visibility: internal}}]\n\
         runtime: {{workload: service, state: {{type: stateless, persistence: {{scope: local, durability: ephemeral}}, \
         dataCriticality: low}}, health: {{interface: api, path: /health, initialDelaySeconds: 5}}}}\n\
         scaling: {{replicas: 2}}\n",
        name(number),
        number % 50,
    );
    json!({"apiVersion": "pacto.trianalab.io/v1alpha1", "kind": "Pacto", "metadata": {"name": name(number)},
        "spec": {"contractRef": {"inline": text}, "target": {"serviceName": name(number)}}})
}

async fn create<K>(client: &Client, objects: impl Iterator<Item = Value>)
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned,
{
    let api: Api<K> = Api::namespaced(client.clone(), NAMESPACE);
    stream::iter(objects)
        .for_each_concurrent(AT_ONCE, |object| {
            let api = api.clone();
            async move {
                let object = serde_json::from_value(object).unwrap();
                api.create(&PostParams::default(), &object).await.unwrap();
            }
        })
        .await;
}

/// Changes Services and Deployments one after the other, and waits until each is in the status.
async fn changes(client: &Client, pactos: usize) -> ([Vec<Duration>; 2], [&'static str; 2]) {
    let services: Api<Service> = Api::namespaced(client.clone(), NAMESPACE);
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), NAMESPACE);
    let all: Api<Pacto> = Api::namespaced(client.clone(), NAMESPACE);
    let mut events = Box::pin(watcher(all, watcher::Config::default().page_size(500)));
    while !matches!(events.next().await.expect("a watch goes on").unwrap(), watcher::Event::InitDone) {}
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..CHANGES {
        let which = number % 2;
        let name = name(number * 47 % pactos);
        let began = Instant::now();
        let condition = if which == 0 {
            let patch = json!({"spec": {"ports": [{"name": "http", "port": 9000 + number}]}});
            services.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
            "PortsValid"
        } else {
            let patch = json!({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 5,
                "containers": [{"name": "main", "image": format!("registry.example/other:{number}")}]}}}});
            deployments.patch(&name, &PatchParams::default(), &Patch::Strategic(patch)).await.unwrap();
            "ImageMatch"
        };
        loop {
            let watcher::Event::Apply(pacto) = events.next().await.expect("a watch goes on").unwrap() else {
                continue;
            };
            let is_it = pacto.metadata.name.as_deref() == Some(&name);
            let status = serde_json::to_value(&pacto.status).unwrap();
            let is_false = |known: &Value| known["type"] == condition && known["status"] == "False";
            if is_it && status["conditions"].as_array().is_some_and(|all| all.iter().any(is_false)) {
                break;
            }
        }
        times[which].push(began.elapsed());
    }
    (times, ["Service", "Deployment"])
}

/// The program, as it runs in a pod.
struct Operator {
    child: Child,
    metrics: u16,
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Operator {
    fn start(kubeconfig: &Path) -> Self {
        let [health, metrics] =
            [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
        let child = Command::new(env!("CARGO_BIN_EXE_pacto-operator"))
            .arg(format!("--health-probe-bind-address=127.0.0.1:{health}"))
            .arg(format!("--metrics-bind-address=127.0.0.1:{metrics}"))
            .args(["--probe-endpoints=false", "--log-level=error", "--kubeconfig"])
            .arg(kubeconfig)
            .env_clear()
            .env("POD_NAMESPACE", NAMESPACE)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self { child, metrics }
    }

    /// What it counts; nothing before it listens.
    fn counts(&self) -> HashMap<String, f64> {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.metrics)) else { return HashMap::new() };
        let mut text = String::new();
        write!(stream, "GET /metrics HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
        BufReader::new(&mut stream).read_to_string(&mut text).unwrap();
        let line = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        };
        text.as_bytes().lines().map_while(Result::ok).filter_map(|text| line(&text)).collect()
    }

    /// Waits until it has judged every Pacto.
    fn until_judged(&mut self, pactos: usize) {
        loop {
            let is_verdict = |series: &&String| series.starts_with("pacto_contract_compliance_status{");
            if self.counts().keys().filter(is_verdict).count() >= pactos {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the operator ended: {status}");
            }
            // Nobody tells when it is done; its own work is not to be held up by questions.
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    fn writes(&self) -> u64 {
        let counts = self.counts();
        let of = counts.iter().filter(|(series, _)| series.starts_with("pacto_operator_api_writes_total{"));
        of.map(|(_, count)| format!("{count:.0}").parse::<u64>().unwrap()).sum()
    }

    /// MiB of a line of `/proc/PID/status`.
    fn memory(&self, line: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let found = status.lines().find(|text| text.starts_with(line)).unwrap();
        found.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}
