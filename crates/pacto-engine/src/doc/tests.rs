//! Whole documents.

mod hostile;
mod interfaces;

use std::sync::Arc;

use super::*;
use crate::graph::{Edge, EdgeKind, GraphService};
use crate::library::{Origin, Resolved};

struct Subject {
    document: Arc<ContractDocument>,
    bundle: Arc<Bundle>,
}

impl Subject {
    fn new(contract: &str, files: &[(&str, &str)]) -> Self {
        let document = ContractDocument::parse("pacto.yaml", contract.as_bytes()).unwrap();
        let mut bundle = Bundle::default();
        for (path, text) in files {
            bundle.insert(path, text.as_bytes()).unwrap();
        }
        Self { document: Arc::new(document), bundle: Arc::new(bundle) }
    }

    fn markdown(&self) -> String {
        markdown(DocSubject { document: &self.document, bundle: &self.bundle, graph: None })
    }

    fn with_graph(&self, graph: &Graph) -> String {
        markdown(DocSubject { document: &self.document, bundle: &self.bundle, graph: Some(graph) })
    }

    /// This service in a graph; `targets` answer its dependencies in order.
    fn node(&self, targets: &[Result<usize, &str>]) -> GraphService {
        let contract = &self.document.contract;
        let edges = contract.dependencies.iter().zip(targets).map(|(dependency, target)| Edge {
            need: Arc::clone(dependency),
            required: dependency.required,
            constraint: dependency.compatibility.as_str().into(),
            kind: EdgeKind::Dependency,
            target: target.map_err(str::to_owned),
            shared: false,
            closes_cycle: None,
            local: false,
        });
        GraphService {
            name: contract.service.name.clone(),
            found_by: None,
            local: false,
            edges: edges.collect(),
            resolved: Arc::new(Resolved {
                identity: contract.identity(),
                origin: Origin::Registry(contract.identity()),
                document: Arc::clone(&self.document),
                bundle: Arc::clone(&self.bundle),
            }),
        }
    }
}

fn graph(services: Vec<GraphService>) -> Graph {
    Graph { services, cycles: Vec::new(), conflicts: Vec::new(), warnings: Vec::new() }
}

/// The part of a document that starts with a heading of this title, up to the next heading of the same level.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let start = document.find(&format!("\n{heading}\n")).unwrap() + 1;
    let rest = &document[start..];
    let end = ["\n## ", "\n---\n"].iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    &rest[..end]
}

const CART: &str = r##"
pactoVersion: "1.0"
service:
  name: cart
  version: 1.2.0
  owner: {team: shop, dri: ada, contacts: [{type: chat, value: "#shop", purpose: support}]}
  image: {ref: "reg.example/cart:1.2.0", private: true}
  chart: {ref: "oci://reg.example/charts/service", version: 2.0.0}
interfaces:
  - {name: rest, type: http, port: 8080, visibility: public, contract: interfaces/openapi.yaml}
  - {name: rpc, type: grpc, port: 9090, contract: interfaces/cart.proto}
configuration: {schema: configuration/schema.json}
policy: {ref: "oci://reg.example/rules"}
dependencies:
  - {ref: "oci://reg.example/ledger", required: true, compatibility: ^3.0.0}
  - {ref: "oci://reg.example/mail:1", required: false, compatibility: ">=1 <2"}
runtime:
  workload: service
  state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}
  lifecycle: {upgradeStrategy: rolling, gracefulShutdownSeconds: 30}
  health: {interface: rest, path: /health, initialDelaySeconds: 5}
  metrics: {interface: rest, path: /metrics}
scaling: {min: 2, max: 6}
metadata: {tier: core, tags: [a, b], about: {since: 2024}}
"##;

const OPENAPI: &str = r##"
openapi: 3.1.0
info: {title: Cart, version: "1"}
paths:
  /items/{id}:
    delete: {summary: Take it out}
    get: {description: "One item\nin full"}
    parameters: []
  /items: {$ref: "#/components/pathItems/Items"}
  x-internal: {get: {summary: hidden}}
components:
  pathItems:
    Items: {post: {summary: Put it in, deprecated: true}, trace: {}}
"##;

const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
service Cart {
  // One cart
  rpc Get(GetRequest) returns (GetRequest);
  rpc Watch(stream GetRequest) returns (stream common.Cart) { option deprecated = true; }
}
message GetRequest { string id = 1; }
"#;

const SCHEMA: &str = r##"{
  "title": "Cart",
  "required": ["LOG_LEVEL"],
  "properties": {
    "retry": {"$ref": "#/$defs/retry", "description": "How to try again."},
    "LOG_LEVEL": {"type": "string", "enum": ["info", "debug"], "default": "info", "description": "How much | to say."},
    "hosts": {"type": "array", "items": {"type": "string", "format": "uri"}, "default": []}
  },
  "$defs": {
    "retry": {
      "type": "object",
      "required": ["times"],
      "properties": {"times": {"type": "integer", "minimum": 1, "maximum": 9}, "pause": {"type": ["number", "null"]}}
    }
  }
}"##;

fn cart() -> Subject {
    let files = [
        ("interfaces/openapi.yaml", OPENAPI),
        ("interfaces/cart.proto", PROTO),
        ("configuration/schema.json", SCHEMA),
    ];
    Subject::new(CART, &files)
}

#[test]
fn a_service() {
    insta::assert_snapshot!(cart().markdown(), @r#"
    # cart

    **cart** `1.2.0` is a stateless service with 2 interfaces and 2 dependencies. Owner: shop, responsible ada; contacts: chat `#shop` (support). Image: `reg.example/cart:1.2.0` (private). Chart: `oci://reg.example/charts/service` `2.0.0`. Scaling: 2 to 6 replicas.

    | Concept | Value | Description |
    |---|---|---|
    | Workload | `service` | Runs until it is stopped. |
    | State | `stateless` | Keeps nothing between requests. |
    | Persistence scope | `local` | Each instance has its own. |
    | Persistence durability | `ephemeral` | Gone with the instance. |
    | Data criticality | `low` | Losing the data is harmless. |
    | Upgrade strategy | `rolling` | Old and new run side by side for a while. |
    | Graceful shutdown | `30s` | Time it needs to stop, in seconds. |

    Field meanings: see the Pacto contract reference.

    ## Table of Contents

    - [1. Architecture](#1-architecture)
    - [2. Interfaces](#2-interfaces)
      - [2.1. HTTP Interface: rest](#21-http-interface-rest)
      - [2.2. gRPC Interface: rpc](#22-grpc-interface-rpc)
    - [3. Configuration](#3-configuration)
    - [4. Policies](#4-policies)
    - [5. Dependencies](#5-dependencies)

    ## 1. Architecture

    ```mermaid
    graph TB
        external(["External users"])
        subgraph s0["cart 1.2.0"]
            s0_state[("stateless<br/>local, ephemeral<br/>data criticality low<br/>2 to 6 replicas")]
            s0_i0["rest ♥<br/>http, port 8080<br/>public"]
            s0_i1["rpc<br/>grpc, port 9090"]
        end
        d0["ledger"]
        d1["mail"]
        external --> s0_i0
        s0 -->|"required ^3.0.0"| d0
        s0 -.->|"optional #gt;=1 #lt;2"| d1
    ```

    ## 2. Interfaces

    | Name | Type | Port | Visibility |
    |---|---|---|---|
    | rest | http | 8080 | public |
    | rpc | grpc | 9090 | — |

    ### 2.1. HTTP Interface: rest

    Public interface on port 8080, described by `interfaces/openapi.yaml`. Health check: `/health`, first asked 5s after the start. Metrics: `/metrics`.

    | Method | Path | Summary |
    |---|---|---|
    | POST | `/items` | Put it in (deprecated) |
    | TRACE | `/items` | — |
    | GET | `/items/{id}` | One item |
    | DELETE | `/items/{id}` | Take it out |

    ### 2.2. gRPC Interface: rpc

    Interface on port 9090, described by `interfaces/cart.proto`.

    | Method | Request | Response | Summary |
    |---|---|---|---|
    | `shop.v1.Cart/Get` | `GetRequest` | `GetRequest` | One cart |
    | `shop.v1.Cart/Watch` | stream of `GetRequest` | stream of `common.Cart` | — (deprecated) |

    ## 3. Configuration

    Described by `configuration/schema.json`.

    **Cart**

    | Property | Type | Description | Default | Required |
    |---|---|---|---|---|
    | `LOG_LEVEL` | string | How much \| to say. One of `info`, `debug`. | `info` | Yes |
    | `hosts` | array of string (uri) | — | `[]` | No |
    | `retry` | object | How to try again. | — | No |
    | `retry.pause` | number or null | — | — | No |
    | `retry.times` | integer | From 1 to 9. | — | Yes |

    ## 4. Policies

    | Name | Source | Rule |
    |---|---|---|
    | default | `oci://reg.example/rules` | As published by that contract. |

    ## 5. Dependencies

    | Reference | Compatibility | Required |
    |---|---|---|
    | `oci://reg.example/ledger` | `^3.0.0` | Yes |
    | `oci://reg.example/mail:1` | `>=1 <2` | No |

    _The dependencies were not resolved; this is what the contract declares._

    ---

    `about: {"since": 2024}` `tags: a, b` `tier: core`

    Generated by pacto from `pacto.yaml`
    "#);
}

#[test]
fn a_minimal_contract() {
    let subject = Subject::new("pactoVersion: '1.0'\nservice: {name: cart, version: 1.10}\n", &[]);
    insta::assert_snapshot!(subject.markdown(), @r#"
    # cart

    **cart** `1.10` is a contract without interfaces and runtime, with no dependencies.

    Field meanings: see the Pacto contract reference.

    ## Table of Contents

    - [1. Architecture](#1-architecture)

    ## 1. Architecture

    ```mermaid
    graph TB
        s0["cart 1.10"]
    ```

    ---

    Generated by pacto from `pacto.yaml`
    "#);
}

#[test]
fn every_service_below_is_described_once() {
    let ledger = Subject::new(
        "pactoVersion: '1.0'\n\
         service: {name: ledger, version: 3.4.0, owner: money}\n\
         interfaces: [{name: api, type: http, port: 80, visibility: internal, contract: o.json}]\n\
         dependencies:\n\
         - {ref: 'oci://reg.example/kv', required: true, compatibility: '*'}\n\
         - {ref: 'oci://reg.example/cart', required: false, compatibility: '*'}\n\
         - {ref: 'oci://reg.example/ledger', required: false, compatibility: '*'}\n\
         configurations: [{name: base, schema: missing.json}]\n",
        &[("o.json", r#"{"openapi": "3.0.0", "paths": {"/x": {"get": {"summary": "X"}}}}"#)],
    );
    let kv = Subject::new("pactoVersion: '1.0'\nservice: {name: kv, version: '7'}\n", &[]);
    let cart = cart();
    let services = vec![
        cart.node(&[Ok(1), Err("artifact not found: <mail>")]),
        ledger.node(&[Ok(2), Ok(0), Ok(1)]),
        kv.node(&[]),
    ];
    let document = cart.with_graph(&graph(services));
    insta::assert_snapshot!(section(&document, "## 1. Architecture"), @r#"
    ## 1. Architecture

    ```mermaid
    graph TB
        external(["External users"])
        subgraph s0["cart 1.2.0"]
            s0_state[("stateless<br/>local, ephemeral<br/>data criticality low<br/>2 to 6 replicas")]
            s0_i0["rest ♥<br/>http, port 8080<br/>public"]
            s0_i1["rpc<br/>grpc, port 9090"]
        end
        subgraph s1["ledger 3.4.0"]
            s1_i0["api<br/>http, port 80<br/>internal"]
        end
        s2["kv 7"]
        u0["mail<br/>not resolved"]
        external --> s0_i0
        s0 --> s1
        s1 -.-> s0
        s1 --> s2
        s0 -.->|"optional #gt;=1 #lt;2"| u0
    ```
    "#);
    insta::assert_snapshot!(section(&document, "## 5. Dependencies"), @r#"
    ## 5. Dependencies

    | Reference | Compatibility | Required |
    |---|---|---|
    | [`oci://reg.example/ledger`](#dep-ledger) | `^3.0.0` | Yes |
    | `oci://reg.example/mail:1` | `>=1 <2` | No |

    - Not resolved: `oci://reg.example/mail:1`: artifact not found: &lt;mail&gt;

    <details id="dep-ledger">
    <summary><strong>ledger</strong> <code>3.4.0</code></summary>

    **ledger** `3.4.0` is a contract without runtime, with 1 interface and 3 dependencies. Owner: money.

    <a id="dep-ledger-interfaces"></a>**Interfaces**

    | Name | Type | Port | Visibility |
    |---|---|---|---|
    | api | http | 80 | internal |

    **HTTP Interface: api**

    Internal interface on port 80, described by `o.json`.

    | Method | Path | Summary |
    |---|---|---|
    | GET | `/x` | X |

    <a id="dep-ledger-configuration"></a>**Configuration**

    **Configuration: base**

    Described by `missing.json`.

    _The file is not in the bundle._

    <a id="dep-ledger-dependencies"></a>**Dependencies**

    | Reference | Compatibility | Required |
    |---|---|---|
    | [`oci://reg.example/kv`](#dep-kv) | `*` | Yes |
    | `oci://reg.example/cart` | `*` | No |
    | [`oci://reg.example/ledger`](#dep-ledger) | `*` | No |

    </details>

    <details id="dep-kv">
    <summary><strong>kv</strong> <code>7</code></summary>

    **kv** `7` is a contract without interfaces and runtime, with no dependencies.

    </details>
    "#);
}

#[test]
fn services_with_one_name_have_anchors_of_their_own() {
    let old = Subject::new("pactoVersion: '1.0'\nservice: {name: a-b, version: '1'}\n", &[]);
    let new = Subject::new("pactoVersion: '1.0'\nservice: {name: ab, version: '2'}\n", &[]);
    let odd = Subject::new("pactoVersion: '1.0'\nservice: {name: '--', version: '2'}\n", &[]);
    let root = Subject::new(
        "pactoVersion: '1.0'\nservice: {name: r, version: '1'}\ndependencies:\n\
         - {ref: a-b, compatibility: '1'}\n- {ref: ab, compatibility: '2'}\n- {ref: x, compatibility: '2'}\n",
        &[],
    );
    let services = vec![root.node(&[Ok(1), Ok(2), Ok(3)]), old.node(&[]), new.node(&[]), odd.node(&[])];
    let document = root.with_graph(&graph(services));
    for anchor in ["dep-ab", "dep-ab-2", "dep-service"] {
        assert!(document.contains(&format!("](#{anchor})")), "{anchor}");
        assert_eq!(document.matches(&format!("<details id=\"{anchor}\">")).count(), 1, "{anchor}");
    }
}

#[test]
fn references_are_no_services_below() {
    let subject = cart();
    let rules = Subject::new("pactoVersion: '1.0'\nservice: {name: rules, version: '1'}\n", &[]);
    let mut root = subject.node(&[Err("offline"), Err("offline")]);
    let mut reference = root.edges[0].clone();
    (reference.kind, reference.target) = (EdgeKind::Reference, Ok(1));
    root.edges.push(reference);
    let document = subject.with_graph(&graph(vec![root, rules.node(&[])]));
    assert!(!document.contains("rules 1") && !document.contains("<details"), "{document}");
}

#[test]
fn an_empty_graph_is_no_graph() {
    assert_eq!(cart().with_graph(&graph(Vec::new())), cart().markdown());
}

#[test]
fn named_configurations_and_policies() {
    let subject = Subject::new(
        "pactoVersion: '1.0'\n\
         service: {name: base, version: 1.0.0}\n\
         configurations:\n\
         - {name: app, schema: app.json}\n\
         - {name: shared, ref: 'oci://reg.example/shared'}\n\
         - {name: empty, schema: empty.yaml}\n\
         policies:\n\
         - {name: owner, schema: owner.json}\n\
         - {name: silent, schema: empty.yaml}\n\
         - {name: 'a|b', schema: 'no|thing.json'}\n\
         - {name: shared, ref: 'oci://reg.example/rules'}\n",
        &[
            (
                "app.json",
                r#"{"description": "All of it.", "properties": {"A": true, "B": false, "C": {"const": 1}}}"#,
            ),
            ("empty.yaml", "type: object"),
            ("owner.json", r#"{"title": "Owner", "description": "Name\nan owner."}"#),
        ],
    );
    let document = subject.markdown();
    insta::assert_snapshot!(section(&document, "## 2. Configuration"), @"
    ## 2. Configuration

    This contract offers its configuration to the contracts that refer to it.

    ### 2.1. Configuration: app

    Described by `app.json`.

    About: All of it.

    | Property | Type | Description | Default | Required |
    |---|---|---|---|---|
    | `A` | any | — | — | No |
    | `B` | never | — | — | No |
    | `C` | number | Always `1`. | — | No |

    ### 2.2. Configuration: shared

    Uses the configuration schema of `oci://reg.example/shared`.

    ### 2.3. Configuration: empty

    Described by `empty.yaml`.

    _The schema names no properties._
    ");
    insta::assert_snapshot!(section(&document, "## 3. Policies"), @r"
    ## 3. Policies

    This contract publishes its policies; they bind the contracts that refer to it.

    | Name | Source | Rule |
    |---|---|---|
    | owner | `owner.json` | **Owner**: Name an owner. |
    | silent | `empty.yaml` | — |
    | a\|b | `no\|thing.json` | _The file is not in the bundle._ |
    | shared | `oci://reg.example/rules` | As published by that contract. |
    ");
}
