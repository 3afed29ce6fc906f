//! Servers that the tests ask.

use pacto_testkit::dashboard::Server;
use pacto_testkit::{TestContext, checkout_dir};

/// A context for the binary of this package, without a cluster.
pub fn context() -> TestContext {
    let mut cx = TestContext::new(env!("CARGO_BIN_EXE_pacto"));
    cx.env("KUBECONFIG", "/none/kubeconfig");
    cx
}

/// A server with some arguments.
pub fn serve(cx: &TestContext, arguments: &[&str]) -> Server {
    let mut command = cx.command();
    command.arg("dashboard").args(arguments);
    Server::start(command)
}

/// A server over the examples, once it has read them, and compared their versions.
pub fn examples(cx: &TestContext, arguments: &[&str]) -> Server {
    let examples = checkout_dir().join("examples").display().to_string();
    let server = serve(cx, &[&[examples.as_str()], arguments].concat());
    server
        .wait("/api/services/pricing-service/versions", |versions| versions[0]["classification"].is_string());
    server
}

/// The names of a list.
pub fn names(list: &serde_json::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

/// A contract in a few lines.
pub fn contract(name: &str, version: &str, more: &str) -> String {
    format!("pactoVersion: \"1.0\"\nservice:\n  name: {name}\n  version: \"{version}\"\n{more}")
}
