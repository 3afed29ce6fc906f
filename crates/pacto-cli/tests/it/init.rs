//! `pacto init`.

use crate::fixture::context;

#[test]
fn writes_a_contract_that_is_valid_without_warnings() {
    let cx = context();
    insta::assert_snapshot!(cx.pacto(["init", "cart"]), @"
    exit: 0
    ----- stdout -----
    Created cart/
      cart/pacto.yaml
      cart/interfaces/
      cart/configuration/
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 0
    ----- stdout -----
    cart is valid
    ");
    insta::assert_snapshot!(cx.read("cart/pacto.yaml"), @r#"
    pactoVersion: "1.0"

    service:
      name: cart
      version: 0.1.0
      owner: team/my-team
      image:
        ref: ghcr.io/my-org/cart:0.1.0
        private: false

    # What the service exposes.
    interfaces:
      - name: api
        type: http
        port: 8080
        visibility: internal
        contract: interfaces/openapi.yaml

    # What it must be configured with.
    configuration:
      schema: configuration/schema.json

    # What it calls.
    # dependencies:
    #   - name: other-service
    #     ref: oci://ghcr.io/my-org/other-service
    #     required: true
    #     compatibility: "^1.0.0"

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
        initialDelaySeconds: 5

    scaling:
      min: 1
      max: 3

    metadata:
      team: my-team
      tier: standard
    "#);
    assert_eq!(cx.read("cart/interfaces/openapi.yaml").lines().next(), Some("openapi: 3.0.0"));
    assert!(cx.read("cart/configuration/schema.json").contains("\"additionalProperties\": false"));
}

#[test]
fn minimal_writes_what_must_be_there() {
    let cx = context();
    insta::assert_snapshot!(cx.pacto(["init", "cart", "--minimal"]), @"
    exit: 0
    ----- stdout -----
    Created cart/
      cart/pacto.yaml
    ");
    insta::assert_snapshot!(cx.read("cart/pacto.yaml"), @r#"
    pactoVersion: "1.0"

    service:
      name: cart
      version: 0.1.0
    "#);
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 0
    ----- stdout -----
    cart is valid
    ");
}

#[test]
fn json_names_what_was_written() {
    insta::assert_snapshot!(context().pacto(["init", "cart", "--output-format", "json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "dir": "cart",
      "path": "cart/pacto.yaml",
      "files": [
        "pacto.yaml",
        "interfaces/openapi.yaml",
        "configuration/schema.json"
      ]
    }
    "#);
}

#[test]
fn init_validate_pack_work_in_an_empty_folder() {
    let cx = context();
    for arguments in [["init", "cart"], ["validate", "cart"], ["pack", "cart"]] {
        let output = cx.pacto(arguments);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    }
    assert!(cx.path("cart-0.1.0.tar.gz").is_file());
}

#[test]
fn a_name_that_no_service_may_have_is_refused() {
    let cx = context();
    let names = ["Cart", "my_cart", "../cart", "a/b", "-cart", "cart-", "", ".", "cärt", "cart\u{1b}[31m"];
    for name in names {
        let output = cx.pacto(["init", "--", name]);
        assert_eq!(output.code, 2, "{output}");
    }
    insta::assert_snapshot!(cx.pacto(["init", "My_Cart"]), @r#"
    exit: 2
    ----- stderr -----
    Error: "My_Cart" cannot be the name of a service: use lower-case letters, digits and hyphens; start and end with a letter or digit
    "#);
    assert_eq!(std::fs::read_dir(cx.path("")).unwrap().count(), 0);
}

#[test]
fn what_is_there_is_not_touched() {
    let cx = context();
    cx.write("cart/notes.txt", "mine");
    insta::assert_snapshot!(cx.pacto(["init", "cart"]), @r#"
    exit: 3
    ----- stderr -----
    Error: directory "cart" already exists
    "#);
    assert_eq!(std::fs::read_dir(cx.path("cart")).unwrap().count(), 1);
    cx.write("file", "");
    insta::assert_snapshot!(cx.pacto(["init", "file"]), @r#"
    exit: 3
    ----- stderr -----
    Error: directory "file" already exists
    "#);
}

const OPENAPI: &str = "openapi: 3.1.0
info: {title: Billing, version: 2.3.4}
servers:
  - url: https://billing.example.com/v2
  - url: http://localhost:9191/v2
paths:
  /bills: {get: {responses: {'200': {description: all}}}}
  /healthz: {get: {responses: {'200': {description: well}}}}
  /health: {post: {responses: {'200': {description: no check}}}}
";

#[test]
fn an_openapi_file_gives_version_port_and_health_path() {
    let cx = context();
    cx.write("api.yaml", OPENAPI);
    insta::assert_snapshot!(cx.pacto(["init", "billing", "--from-openapi", "api.yaml"]), @"
    exit: 0
    ----- stdout -----
    Created billing/
      billing/pacto.yaml
      billing/interfaces/
      billing/configuration/
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "billing"]), @"
    exit: 0
    ----- stdout -----
    billing is valid
    ");
    assert_eq!(cx.read("billing/interfaces/openapi.yaml"), OPENAPI);
    let contract = cx.read("billing/pacto.yaml");
    for line in
        ["  version: 2.3.4", "    port: 9191", "    path: /healthz", "    contract: interfaces/openapi.yaml"]
    {
        assert!(contract.lines().any(|found| found == line), "{line}\n{contract}");
    }
}

#[test]
fn an_openapi_file_may_be_json() {
    let cx = context();
    let text = r#"{"openapi": "3.0.0", "info": {"title": "b", "version": "1"}, "paths": {"/ping": {"get": {"responses": {"200": {"description": "x"}}}}}}"#;
    cx.write("api.json", text);
    insta::assert_snapshot!(cx.pacto(["init", "billing", "--from-openapi", "api.json"]), @"
    exit: 0
    ----- stdout -----
    Created billing/
      billing/pacto.yaml
      billing/interfaces/
      billing/configuration/
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "billing"]), @"
    exit: 0
    ----- stdout -----
    billing is valid
    ");
    assert_eq!(cx.read("billing/interfaces/openapi.json"), text);
    let contract = cx.read("billing/pacto.yaml");
    for line in
        ["  version: \"1\"", "    port: 8080", "    path: /ping", "    contract: interfaces/openapi.json"]
    {
        assert!(contract.lines().any(|found| found == line), "{line}\n{contract}");
    }
}

#[test]
fn a_path_that_nobody_promised_becomes_no_health_check() {
    let cx = context();
    cx.write("api.yaml", "openapi: 3.0.0\ninfo: {title: b, version: draft}\npaths: {}\n");
    assert_eq!(cx.pacto(["init", "billing", "--from-openapi", "api.yaml"]).code, 0);
    insta::assert_snapshot!(cx.pacto(["validate", "billing"]), @"
    exit: 0
    ----- stdout -----
    billing is valid
    ");
    let contract = cx.read("billing/pacto.yaml");
    assert!(contract.contains("  # health:\n  #   interface: api\n"), "{contract}");
    assert!(contract.contains("  version: 0.1.0\n"), "{contract}");
}

#[test]
fn an_openapi_file_that_cannot_be_used_is_named_and_nothing_is_written() {
    let cx = context();
    cx.write("list.yaml", "- a\n")
        .write("broken.yaml", "openapi: [\n")
        .write("other.yaml", "asyncapi: 3.0.0\n");
    let errors = ["none.yaml", "list.yaml", "broken.yaml", "other.yaml", "."]
        .map(|file| cx.pacto(["init", "billing", "--from-openapi", file]).to_string());
    insta::assert_snapshot!(errors.join(""), @"
    exit: 3
    ----- stderr -----
    Error: none.yaml: No such file or directory (os error 2)
    exit: 2
    ----- stderr -----
    Error: list.yaml is no OpenAPI document: it has no `openapi` key
    exit: 2
    ----- stderr -----
    Error: broken.yaml:1:10: unclosed bracket '['
    exit: 2
    ----- stderr -----
    Error: other.yaml is no OpenAPI document: it has no `openapi` key
    exit: 2
    ----- stderr -----
    Error: . is not a regular file of at most 10485760 bytes
    ");
    assert!(!cx.path("billing").exists());
    insta::assert_snapshot!(cx.pacto(["init", "billing", "--minimal", "--from-openapi", "x.yaml"]), @"
    exit: 2
    ----- stderr -----
    error: the argument '--minimal' cannot be used with '--from-openapi <FILE>'

    Usage: pacto init --minimal <NAME>

    For more information, try '--help'.
    ");
}

#[test]
fn names_that_look_like_other_values_stay_names() {
    for name in ["123", "1e3", "0x1f", "true", "null", "1.0", "no"] {
        let cx = context();
        let created = cx.pacto(["init", name]);
        // A name with a dot is none; everything else that is created is valid.
        if created.code == 0 {
            assert_eq!(cx.pacto(["validate", name]).code, 0, "{name}: {}", cx.pacto(["validate", name]));
            assert_eq!(cx.pacto(["pack", name]).code, 0, "{name}");
        } else {
            assert_eq!((name, created.code), ("1.0", 2), "{created}");
        }
        assert_eq!(cx.pacto(["init", &format!("a{}", name.replace('.', "")), "--minimal"]).code, 0, "{name}");
    }
}

#[test]
fn a_document_brings_the_files_that_it_refers_to() {
    let cx = context();
    cx.write(
        "api/openapi.yaml",
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {'200': {$ref: 'parts/a.yaml#/ok'}}}}}\n",
    );
    cx.write(
        "api/parts/a.yaml",
        "ok: {description: ok, content: {text/plain: {schema: {$ref: '../b.json'}}}}\n",
    );
    cx.write("api/b.json", "{\"type\": \"string\"}");
    assert_eq!(cx.pacto(["init", "cart", "--from-openapi", "api/openapi.yaml"]).code, 0);
    assert_eq!(cx.read("cart/interfaces/b.json"), "{\"type\": \"string\"}");
    assert!(cx.path("cart/interfaces/parts/a.yaml").is_file());
    cx.write("api/openapi.yaml", "openapi: 3.1.0\npaths: {/a: {$ref: '../elsewhere.yaml'}}\n");
    insta::assert_snapshot!(cx.pacto(["init", "other", "--from-openapi", "api/openapi.yaml"]), @r#"
    exit: 2
    ----- stderr -----
    Error: [ROOT]/work/api/openapi.yaml refers to "elsewhere.yaml", which does not lie beside it or below
    "#);
    cx.write("api/openapi.yaml", "openapi: 3.1.0\npaths: {/a: {$ref: 'none.yaml'}}\n");
    insta::assert_snapshot!(cx.pacto(["init", "other", "--from-openapi", "api/openapi.yaml"]), @r#"
    exit: 2
    ----- stderr -----
    Error: [ROOT]/work/api/openapi.yaml refers to "interfaces/none.yaml", which cannot be read
    "#);
    assert!(!cx.path("other").exists());
}
