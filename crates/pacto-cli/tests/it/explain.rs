//! `pacto explain`.

use crate::fixture::{cart, cart_with, context, service};

#[test]
fn shows_a_contract_as_text() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"
    exit: 0
    ----- stdout -----
    Service: cart@1.4.0
    Owner: team/shop
    Pacto Version: 1.0

    Runtime:
      Workload: service
      State: stateless
      Persistence: local/ephemeral
      Data Criticality: low

    Interfaces (1):
      - api (http, port 8080, public)

    Dependencies (2):
      - oci://ghcr.example/acme/stock (^2.0.0, required)
      - mail: oci://ghcr.example/acme/mail-gateway (>=1.0.0 <3.0.0, optional)

    Scaling: 2-6
    ");
}

#[test]
fn shows_everything_with_all() {
    let cx = context();
    cart_with(
        &cx,
        "cart",
        &[(
            "dependencies:\n",
            "policies:\n  - name: house\n    schema: policy/schema.json\n  - name: bought\n    ref: oci://ghcr.io/acme/rules:1.0.0\n\ndependencies:\n",
        )],
    );
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--all"]), @r#"
    exit: 0
    ----- stdout -----
    Service: cart@1.4.0
    Owner: team/shop
    Pacto Version: 1.0

    Runtime:
      Workload: service
      State: stateless
      Persistence: local/ephemeral
      Data Criticality: low

    Interfaces (1):
      - api (http, port 8080, public)

    Dependencies (2):
      - oci://ghcr.example/acme/stock (^2.0.0, required)
      - mail: oci://ghcr.example/acme/mail-gateway (>=1.0.0 <3.0.0, optional)

    Scaling: 2-6

    Configurations (1):
      - default (configuration/schema.json, 2 values)

    Policies (2):
      - house (policy/schema.json)
      - bought (oci://ghcr.io/acme/rules:1.0.0)

    Metadata (2):
      tier: edge
      languages: ["rust"]
    "#);
}

#[test]
fn a_minimal_contract_has_two_lines() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"
    exit: 0
    ----- stdout -----
    Service: cart@1.0.0
    Pacto Version: 1.0
    ");
}

#[test]
fn leaves_out_what_is_not_declared() {
    let cx = context();
    cart_with(
        &cx,
        "cart",
        &[
            ("scaling:\n  min: 2\n  max: 6\n", "scaling:\n  replicas: 3\n"),
            (
                "    type: http\n    port: 8080\n    visibility: public\n    contract: interfaces/openapi.yaml\n",
                "    type: event\n    contract: interfaces/events.yaml\n",
            ),
            ("  owner: team/shop\n", "  owner:\n    team: shop\n    dri: ana.lima\n"),
        ],
    );
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"
    exit: 0
    ----- stdout -----
    Service: cart@1.4.0
    Owner: shop
    Pacto Version: 1.0

    Runtime:
      Workload: service
      State: stateless
      Persistence: local/ephemeral
      Data Criticality: low

    Interfaces (1):
      - api (event)

    Dependencies (2):
      - oci://ghcr.example/acme/stock (^2.0.0, required)
      - mail: oci://ghcr.example/acme/mail-gateway (>=1.0.0 <3.0.0, optional)

    Scaling: 3 replicas
    ");
}

#[test]
fn the_current_directory_is_the_default() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    let (bare, dot) = (cx.pacto_in("cart", ["explain"]), cx.pacto_in("cart", ["explain", "."]));
    assert_eq!((bare.code, &bare), (0, &dot));
}

#[test]
fn json_holds_everything_and_no_values() {
    let cx = context();
    cart(&cx, "cart");
    let output = cx.pacto(["explain", "cart", "--output-format", "json"]);
    assert!(!output.stdout.contains("hunter2"), "a configuration value is shown");
    output.json();
    insta::assert_snapshot!(output, @r#"
    exit: 0
    ----- stdout -----
    {
      "name": "cart",
      "version": "1.4.0",
      "owner": "team/shop",
      "pactoVersion": "1.0",
      "runtime": {
        "workloadType": "service",
        "stateType": "stateless",
        "scope": "local",
        "durability": "ephemeral",
        "dataCriticality": "low"
      },
      "interfaces": [
        {
          "name": "api",
          "type": "http",
          "port": 8080,
          "visibility": "public",
          "contract": "interfaces/openapi.yaml"
        }
      ],
      "dependencies": [
        {
          "name": "stock",
          "ref": "oci://ghcr.example/acme/stock",
          "required": true,
          "compatibility": "^2.0.0"
        },
        {
          "name": "mail",
          "ref": "oci://ghcr.example/acme/mail-gateway",
          "required": false,
          "compatibility": ">=1.0.0 <3.0.0"
        }
      ],
      "scaling": {
        "min": 2,
        "max": 6
      },
      "configurations": [
        {
          "name": "default",
          "schema": "configuration/schema.json",
          "valueKeys": [
            "LOG_LEVEL",
            "DB_PASSWORD"
          ]
        }
      ],
      "policies": [],
      "metadata": {
        "tier": "edge",
        "languages": [
          "rust"
        ]
      }
    }
    "#);
}

#[test]
fn json_of_a_minimal_contract_has_every_key() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--output-format", "json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "name": "cart",
      "version": "1.0.0",
      "pactoVersion": "1.0",
      "runtime": {
        "workloadType": "",
        "stateType": "",
        "scope": "",
        "durability": "",
        "dataCriticality": ""
      },
      "interfaces": [],
      "dependencies": [],
      "configurations": [],
      "policies": []
    }
    "#);
}

#[test]
fn markdown_holds_everything() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--output-format", "markdown"]), @r#"
    exit: 0
    ----- stdout -----
    ## `cart@1.4.0`

    | Fact | Value |
    |---|---|
    | Owner | team/shop |
    | Pacto version | `1.0` |
    | Workload | service |
    | State | stateless |
    | Persistence | local/ephemeral |
    | Data criticality | low |
    | Scaling | 2-6 |

    ### Interfaces

    | Name | Type | Port | Visibility | Contract |
    |---|---|---|---|---|
    | `api` | http | 8080 | public | `interfaces/openapi.yaml` |

    ### Dependencies

    | Name | Reference | Compatibility | Required |
    |---|---|---|---|
    | `stock` | `oci://ghcr.example/acme/stock` | `^2.0.0` | yes |
    | `mail` | `oci://ghcr.example/acme/mail-gateway` | `>=1.0.0 <3.0.0` | no |

    ### Configurations

    | Name | Schema or reference | Values for |
    |---|---|---|
    | `default` | `configuration/schema.json` | `LOG_LEVEL` `DB_PASSWORD` |

    ### Metadata

    | Key | Value |
    |---|---|
    | `tier` | `edge` |
    | `languages` | `["rust"]` |
    "#);
}

#[test]
fn what_is_no_contract_is_an_answer_with_its_place() {
    let cx = context();
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice: {name: cart\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"
    exit: 1
    ----- stderr -----
      ERROR [PARSE_ERROR] unclosed bracket '{'
          at cart/pacto.yaml:2:10
    Error: cart is not a readable contract
    ");
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice:\n  version: 1.0.0\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"
    exit: 1
    ----- stderr -----
      ERROR [PARSE_ERROR] service.name: service.name is missing or empty
           --> cart/pacto.yaml:2:1
            |
          2 | service:
            | ^^^^^^^
          help: add service.name
    Error: cart is not a readable contract
    ");
    cx.write("cart/pacto.yaml", "");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"
    exit: 1
    ----- stderr -----
      ERROR [PARSE_ERROR] the file is empty
          at cart/pacto.yaml:1:1
    Error: cart is not a readable contract
    ");
    cx.write("cart/pacto.yaml", b"a: \xff\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"
    exit: 1
    ----- stderr -----
      ERROR [PARSE_ERROR] the file is not UTF-8 text
          at cart/pacto.yaml:1:4
    Error: cart is not a readable contract
    ");
}

#[test]
fn nothing_goes_to_stdout_when_there_is_no_answer() {
    let cx = context();
    cx.write("cart/pacto.yaml", "a: [");
    for format in ["text", "json", "markdown"] {
        let output = cx.pacto(["explain", "cart", "--output-format", format]);
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{format}");
    }
}
