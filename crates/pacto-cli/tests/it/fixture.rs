//! Contracts that the tests are about.

use std::fmt::Write;
use std::path::PathBuf;

use pacto_testkit::TestContext;

/// A context for the binary of this package.
pub fn context() -> TestContext {
    TestContext::new(env!("CARGO_BIN_EXE_pacto"))
}

/// The folder of the demo platform, or nothing after saying which test is left out.
pub fn demo(generation: &str, test: &str) -> Option<PathBuf> {
    let shared = pacto_testkit::shared_dir();
    if shared.is_none() {
        println!("left out: {test} needs ../shared/demo");
    }
    Some(shared?.join("demo").join(generation).join("bundles"))
}

/// A contract with nothing but a name, a version and dependencies: `(reference, constraint)`.
pub fn contract(name: &str, version: &str, dependencies: &[(&str, &str)]) -> String {
    let mut text = format!("pactoVersion: \"1.0\"\nservice:\n  name: {name}\n  version: \"{version}\"\n");
    if !dependencies.is_empty() {
        text.push_str("dependencies:\n");
    }
    for (reference, constraint) in dependencies {
        let _ = writeln!(
            text,
            "  - ref: \"{reference}\"\n    required: true\n    compatibility: \"{constraint}\""
        );
    }
    text
}

/// Writes [`contract`] into a directory.
pub fn service(cx: &TestContext, directory: &str, name: &str, version: &str, dependencies: &[(&str, &str)]) {
    cx.write(format!("{directory}/pacto.yaml"), contract(name, version, dependencies));
}

/// A contract with every section, valid with its two files.
pub const CART: &str = r#"pactoVersion: "1.0"

service:
  name: cart
  version: 1.4.0
  owner: team/shop
  image:
    ref: ghcr.example/acme/cart:1.4.0

interfaces:
  - name: api
    type: http
    port: 8080
    visibility: public
    contract: interfaces/openapi.yaml

configuration:
  schema: configuration/schema.json
  values:
    LOG_LEVEL: info
    DB_PASSWORD: hunter2

dependencies:
  - ref: oci://ghcr.example/acme/stock
    required: true
    compatibility: "^2.0.0"
  - name: mail
    ref: oci://ghcr.example/acme/mail-gateway
    required: false
    compatibility: ">=1.0.0 <3.0.0"

runtime:
  workload: service
  state:
    type: stateless
    persistence:
      scope: local
      durability: ephemeral
    dataCriticality: low
  lifecycle:
    upgradeStrategy: rolling
    gracefulShutdownSeconds: 30
  health:
    interface: api
    path: /health

scaling:
  min: 2
  max: 6

metadata:
  tier: edge
  languages:
    - rust
"#;

/// The interface of [`CART`].
pub const OPENAPI: &str = r"openapi: 3.0.3
info:
  title: cart
  version: 1.4.0
paths:
  /health:
    get:
      summary: Health check
      responses:
        '200':
          description: well
  /items:
    get:
      summary: List items
      responses:
        '200':
          description: items
";

/// The configuration of [`CART`].
pub const SCHEMA: &str = r#"{
  "type": "object",
  "required": ["LOG_LEVEL"],
  "additionalProperties": false,
  "properties": {
    "LOG_LEVEL": {"type": "string", "enum": ["debug", "info", "warn"]},
    "DB_PASSWORD": {"type": "string", "minLength": 4}
  }
}
"#;

/// Writes [`CART`] with its files.
pub fn cart(cx: &TestContext, directory: &str) {
    cart_with(cx, directory, &[]);
}

/// Writes [`CART`] with some of its text replaced.
pub fn cart_with(cx: &TestContext, directory: &str, edits: &[(&str, &str)]) {
    let mut text = CART.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in the contract");
        text = text.replace(from, to);
    }
    cx.write(format!("{directory}/pacto.yaml"), text);
    cx.write(format!("{directory}/interfaces/openapi.yaml"), OPENAPI);
    cx.write(format!("{directory}/configuration/schema.json"), SCHEMA);
}

/// Publishes what [`CART`] needs, in a folder that stands in for its registry.
pub fn publish_needs(cx: &mut TestContext) {
    service(cx, "published/stock", "stock", "2.5.0", &[]);
    service(cx, "published/mail-gateway", "mail-gateway", "1.2.0", &[]);
    cx.mirror("ghcr.example/acme", "published");
}
