//! What the original's own pages and demo promise, run through this program.

use std::collections::BTreeMap;

use pacto_app::validate::{Options, Outcome, run};
use pacto_contract::Code;
use pacto_contract::overrides::Overrides;

use crate::support::{Case, context, judge, lines, shared};

/// The policy of the platform engineers' guide: every contract has a health check.
const HEALTH_POLICY: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["runtime"],
  "properties": {
    "runtime": {
      "type": "object",
      "required": ["health"],
      "properties": { "health": { "type": "object", "required": ["interface", "path"] } }
    }
  }
}"#;

const SERVICE: &str = "pactoVersion: \"1.0\"
service:
  name: orders
  version: 1.0.0
interfaces:
  - name: api
    type: http
    port: 8080
policy:
  ref: oci://ghcr.io/acme/platform-policy:1.0.0
runtime:
  workload: service
  state:
    type: stateless
    persistence:
      scope: local
      durability: ephemeral
    dataCriticality: low
";

#[test]
fn a_platform_policy_is_published_adopted_violated_and_satisfied() {
    let case = Case::new(SERVICE);
    case.file(
        "registry/platform-policy/pacto.yaml",
        "pactoVersion: \"1.0\"\nservice:\n  name: platform-policy\n  version: 1.0.0\n  owner: team/platform\npolicy:\n  schema: policy/schema.json\n",
    );
    case.file("registry/platform-policy/policy/schema.json", HEALTH_POLICY);
    let root = case.path("");
    let context = |registry: &str| context(&root, "ghcr.io/acme", &root.join(registry));
    let publisher = judge(&context("registry"), "registry/platform-policy", Overrides::default()).unwrap();
    assert!(publisher.valid);
    assert_eq!(
        lines(&publisher),
        "INFO POLICY_NOT_SELF_ENFORCED policy registry/platform-policy/pacto.yaml:6:1 policy policy/schema.json is published, and not applied to the contract that publishes it\n"
    );
    let violated = judge(&context("registry"), "bundle", Overrides::default()).unwrap();
    assert_eq!(
        lines(&violated),
        "ERROR POLICY_VIOLATION runtime bundle/pacto.yaml:11:1 policy oci://ghcr.io/acme/platform-policy:1.0.0 → policy/schema.json: missing property 'health'\n"
    );
    let mut health = Overrides::default();
    health.add_set("runtime.health.interface=api").unwrap();
    health.add_set("runtime.health.path=/health").unwrap();
    let satisfied = judge(&context("registry"), "bundle", health).unwrap();
    assert!(satisfied.valid, "{}", lines(&satisfied));
    assert_eq!(lines(&satisfied), "");
    // Without access to the policy the contract cannot be said to follow it.
    let closed = judge(&context("nowhere"), "bundle", Overrides::default()).unwrap();
    assert!(closed.errors.iter().all(|finding| finding.code == Code::PolicyRefUnresolved) && !closed.valid);
}

#[test]
fn the_contract_of_the_readme_is_valid_and_its_short_digest_is_named() {
    let case = Case::new(
        "pactoVersion: \"1.0\"

service:
  name: payments-api
  version: 2.1.0
  owner: team/payments

interfaces:
  - name: rest-api
    type: http
    port: 8080
    visibility: public
    contract: interfaces/openapi.yaml
  - name: grpc-internal
    type: grpc
    port: 9090
    visibility: internal
    contract: interfaces/service.proto

dependencies:
  - ref: oci://ghcr.io/acme/auth-pacto@sha256:abc123
    required: true
    compatibility: \"^2.0.0\"

runtime:
  workload: service
  state:
    type: stateful
    persistence:
      scope: local
      durability: persistent
    dataCriticality: high
  health:
    interface: rest-api
    path: /health

scaling:
  min: 2
  max: 10
",
    );
    case.file(
        "bundle/interfaces/openapi.yaml",
        "openapi: 3.0.0\ninfo: {title: a, version: 1.0.0}\npaths: {}\n",
    );
    case.file("bundle/interfaces/service.proto", "syntax = \"proto3\";\n");
    assert_eq!(
        case.said(),
        "WARNING INVALID_DIGEST dependencies[0].ref bundle/pacto.yaml:21:10 digest sha256:abc123 has 6 digits, not 64; it cannot be fetched | write all 64 digits\n"
    );
}

/// Codes of all findings of a demo generation, by contract.
fn demo(generation: &str) -> Option<BTreeMap<String, Vec<Code>>> {
    let directory = shared(&format!("demo/{generation}/bundles"))?;
    let context = context(&directory, "ghcr.io/trianalab/pacto-demo", &directory);
    let options = Options { contracts: vec![".".to_owned()], ..Options::default() };
    let Outcome::Set(set) = run(&context, &options, &|_| ()).unwrap() else { panic!("one contract") };
    let codes = |verdict: &pacto_app::validate::ContractVerdict| {
        let all = verdict.errors.iter().chain(&verdict.warnings).chain(&verdict.infos);
        all.map(|finding| finding.code).collect::<Vec<_>>()
    };
    Some(set.contracts.iter().map(|verdict| (verdict.path.clone(), codes(verdict))).collect())
}

#[test]
fn every_contract_of_the_later_demo_is_valid() {
    let Some(found) = demo("april") else { return };
    assert_eq!(found.len(), 23);
    let not_clean: Vec<_> = found.iter().filter(|(_, codes)| !codes.is_empty()).collect();
    assert!(not_clean.is_empty(), "{not_clean:?}");
}

#[test]
fn the_earlier_demo_breaks_its_impossible_policies_and_nothing_else() {
    let Some(found) = demo("march") else { return };
    assert_eq!(found.len(), 20);
    let count = |code: Code| found.values().flatten().filter(|found| **found == code).count();
    let having = |code: Code| -> Vec<&str> {
        found.iter().filter(|(_, codes)| codes.contains(&code)).map(|(path, _)| path.as_str()).collect()
    };
    assert_eq!(having(Code::HealthPathIgnored), ["auth-service", "fraud-service"]);
    assert_eq!(having(Code::PolicyViolation).len(), 12);
    assert_eq!(count(Code::PolicyViolation), 24);
    // The twelve that adopt one of the two policies, and the one that publishes one.
    assert_eq!(having(Code::PolicyUnsatisfiable).len(), 13);
    assert_eq!(having(Code::PolicyNotSelfEnforced), ["platform-http-policy"]);
    let known = [
        Code::HealthPathIgnored,
        Code::PolicyViolation,
        Code::PolicyUnsatisfiable,
        Code::PolicyNotSelfEnforced,
    ];
    assert!(found.values().flatten().all(|code| known.contains(code)));
}
