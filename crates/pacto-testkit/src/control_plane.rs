//! A real Kubernetes API: etcd and kube-apiserver on loopback, with data of their own. Nothing runs in it: no kubelet, no
//! controllers, so no garbage collection either.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its control plane must fail, and say why"
)]

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use fs_err as fs;

use crate::registry::is_left_out;

mod programs;

pub use programs::{Programs, helm};

/// Name of the part of a test run.
const PART: &str = "cluster";
const ADVICE: &str =
    "set KUBEBUILDER_ASSETS, install Go, or leave it out: cargo xtask test --without cluster";
/// Time for the API server to come up.
const START: Duration = Duration::from_mins(2);
const ADMIN_TOKEN: &str = "admin-token";
const LIMITED_TOKEN: &str = "limited-token";
/// User without rights, until a test grants some.
pub const LIMITED_USER: &str = "limited";

/// Runs a program until it ends or standard input does: also when the test is killed, nothing of it stays.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null & program=$!
echo $program >"$PID_FILE"
(read -r _ <&3; kill -9 $program) & guard=$!
exec 3<&-
wait $program
status=$?
kill $guard 2>/dev/null
exit $status
"#;

/// A running control plane; it ends with the value.
#[derive(Debug)]
pub struct ControlPlane {
    programs: Programs,
    api_server: Mutex<Option<Process>>,
    _etcd: Process,
    etcd_port: u16,
    port: u16,
    directory: tempfile::TempDir,
}

static SHARED: Mutex<Weak<ControlPlane>> = Mutex::new(Weak::new());

impl ControlPlane {
    /// One for all tests that run at this time; each uses namespaces of its own. `None` where clusters are left out on
    /// purpose.
    ///
    /// # Panics
    /// When it cannot be built or does not start.
    pub fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().expect("no test panics while it holds this");
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    /// One for this test alone. `None` where clusters are left out on purpose.
    ///
    /// # Panics
    /// As [`shared`](Self::shared).
    pub fn start() -> Option<Self> {
        if is_left_out(PART) {
            return None;
        }
        let programs = Programs::get().unwrap_or_else(|error| panic!("no control plane: {error}; {ADVICE}"));
        // A port that was free a moment ago may be taken now.
        for _ in 0..3 {
            if let Some(running) = Self::launch(&programs) {
                return Some(running);
            }
        }
        panic!("no control plane: somebody takes every port first");
    }

    fn launch(programs: &Programs) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory for the control plane");
        let place = directory.path();
        let [etcd_port, peer_port, port] = free_ports();
        write_credentials(place);
        for (name, token) in [("admin", ADMIN_TOKEN), (LIMITED_USER, LIMITED_TOKEN)] {
            fs::write(place.join(format!("{name}.kubeconfig")), kubeconfig(place, port, name, token))
                .expect("a kubeconfig");
        }
        let etcd =
            Process::start(place, "etcd", &programs.etcd, &etcd_arguments(place, etcd_port, peer_port));
        let running = Self {
            programs: programs.clone(),
            api_server: Mutex::new(None),
            _etcd: etcd,
            etcd_port,
            port,
            directory,
        };
        running.start_api_server().then_some(running)
    }

    /// A kubeconfig file of somebody who may do everything.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("admin.kubeconfig")
    }

    /// A kubeconfig file of [`LIMITED_USER`].
    pub fn limited_kubeconfig(&self) -> PathBuf {
        self.directory.path().join(format!("{LIMITED_USER}.kubeconfig"))
    }

    /// Kills the API server: connections break. Its data stays.
    ///
    /// # Panics
    /// When a test panicked while it did the same.
    pub fn kill_api_server(&self) {
        drop(self.api_server.lock().expect("a process").take());
    }

    /// Starts the API server again, on the same address, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart_api_server(&self) {
        assert!(self.start_api_server(), "the API server did not come back:\n{}", self.log());
    }

    /// Stops the API server in the middle of what it does: connections stay and nobody answers.
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze_api_server(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen API server go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn thaw_api_server(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = fs::read_to_string(self.directory.path().join("kube-apiserver.pid")).expect("its process");
        let status = Command::new("kill").args([signal, pid.trim()]).status().expect("kill");
        assert!(status.success(), "kill {signal} failed");
    }

    /// Runs kubectl as somebody who may do everything.
    ///
    /// # Panics
    /// When it fails.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        told(arguments, &self.run_kubectl(arguments, None))
    }

    /// `kubectl apply` of a manifest.
    ///
    /// # Panics
    /// When it fails.
    pub fn apply(&self, manifest: &str) -> String {
        let arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        // Else it takes YAML that begins with a brace for JSON.
        let manifest = format!("# YAML\n{manifest}");
        told(&arguments, &self.run_kubectl(&arguments, Some(&manifest)))
    }

    /// Runs kubectl, whatever comes out.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run_kubectl(&self, arguments: &[&str], input: Option<&str>) -> Output {
        let mut child = Command::new(&self.programs.kubectl)
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig())
            .env("KUBECACHEDIR", self.directory.path().join("kubectl"))
            .env("HOME", self.directory.path())
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl");
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            stdin.write_all(input.as_bytes()).expect("kubectl reads");
        }
        child.wait_with_output().expect("kubectl ends")
    }

    /// Starts the API server and waits; false when its port is taken.
    fn start_api_server(&self) -> bool {
        let place = self.directory.path();
        let arguments = api_server_arguments(place, self.etcd_port, self.port);
        let mut process = Process::start(place, "kube-apiserver", &self.programs.api_server, &arguments);
        let begin = Instant::now();
        loop {
            let ready = self.run_kubectl(&["get", "--raw", "/readyz", "--request-timeout", "2s"], None);
            if ready.status.success() {
                break;
            }
            if process.has_ended() {
                let log = self.log();
                assert!(log.contains("address already in use"), "kube-apiserver ended:\n{log}");
                return false;
            }
            assert!(begin.elapsed() < START, "kube-apiserver is not ready:\n{}", self.log());
            // An API server tells nobody that it is ready.
            std::thread::sleep(Duration::from_millis(100));
        }
        *self.api_server.lock().expect("a process") = Some(process);
        true
    }

    /// The last lines of both.
    fn log(&self) -> String {
        let last = |name: &str| {
            let log = fs::read(self.directory.path().join(format!("{name}.log"))).unwrap_or_default();
            let log = String::from_utf8_lossy(&log).into_owned();
            let lines: Vec<&str> = log.lines().collect();
            lines[lines.len().saturating_sub(20)..].join("\n")
        };
        format!("{}\n{}", last("etcd"), last("kube-apiserver"))
    }
}

/// What it printed.
fn told(arguments: &[&str], output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kubectl {} failed: {error}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A program that ends with the value.
#[derive(Debug)]
struct Process {
    guard: Child,
}

impl Process {
    fn start(place: &Path, name: &str, program: &Path, arguments: &[String]) -> Self {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(place.join(format!("{name}.log")))
            .expect("a log");
        let errors = log.try_clone().expect("a log");
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(program)
            .args(arguments)
            .env("PID_FILE", place.join(format!("{name}.pid")))
            .stdin(Stdio::piped())
            .stdout(Stdio::from(log.into_file()))
            .stderr(Stdio::from(errors.into_file()))
            .spawn()
            .expect("sh");
        Self { guard }
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.guard.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // It may have ended by itself.
        let _ = self.guard.wait();
    }
}

/// Ports that are free now.
fn free_ports<const N: usize>() -> [u16; N] {
    let sockets = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    sockets.map(|socket| socket.local_addr().expect("its address").port())
}

/// A certificate for loopback, a key for accounts of pods, and two users.
fn write_credentials(place: &Path) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let server = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let accounts = rcgen::KeyPair::generate().expect("a key");
    let users = format!(
        "{ADMIN_TOKEN},admin,admin,\"system:masters\"\n{LIMITED_TOKEN},{LIMITED_USER},{LIMITED_USER}\n"
    );
    let write = |name: &str, text: &str| fs::write(place.join(name), text).expect("a credential");
    write("server.crt", &server.cert.pem());
    write("server.key", &server.signing_key.serialize_pem());
    write("accounts.key", &accounts.serialize_pem());
    write("accounts.pub", &accounts.public_key_pem());
    write("tokens.csv", &users);
}

fn kubeconfig(place: &Path, port: u16, user: &str, token: &str) -> String {
    let authority = place.join("server.crt");
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {user}@testkit\n\
         clusters:\n- name: testkit\n  cluster:\n    server: https://127.0.0.1:{port}\n    certificate-authority: {}\n\
         users:\n- name: {user}\n  user:\n    token: {token}\n\
         contexts:\n- name: {user}@testkit\n  context:\n    cluster: testkit\n    user: {user}\n",
        authority.display()
    )
}

fn etcd_arguments(place: &Path, client: u16, peer: u16) -> Vec<String> {
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    vec![
        format!("--data-dir={}", place.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        // Nothing here outlives the test.
        "--unsafe-no-fsync".to_owned(),
        "--log-level=error".to_owned(),
    ]
}

fn api_server_arguments(place: &Path, etcd: u16, port: u16) -> Vec<String> {
    let file = |name: &str| place.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        // Nobody looks for the API server in the cluster, and a loopback address is refused there.
        "--endpoint-reconciler-type=none".to_owned(),
        format!("--secure-port={port}"),
        format!("--tls-cert-file={}", file("server.crt")),
        format!("--tls-private-key-file={}", file("server.key")),
        format!("--service-account-key-file={}", file("accounts.pub")),
        format!("--service-account-signing-key-file={}", file("accounts.key")),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--authorization-mode=RBAC".to_owned(),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        // It waits for accounts that a controller would make.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        "--enable-priority-and-fairness=false".to_owned(),
        "--profiling=false".to_owned(),
    ]
}
