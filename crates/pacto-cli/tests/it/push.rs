//! `pacto push`, and what is said of what was pushed, against a real registry.

use pacto_testkit::registry::{PASSWORD, Registry, USER};
use pacto_testkit::{TestContext, cut_digests, shared_dir};

use crate::fixture::context;

/// What a command says, with the registry's address as `HOST` and digests cut.
fn said(cx: &TestContext, registry: &Registry, arguments: &[&str]) -> String {
    let arguments: Vec<String> =
        arguments.iter().map(|argument| argument.replace("HOST", registry.address())).collect();
    let output = cx.pacto(&arguments).to_string().replace(registry.address(), "HOST");
    cut_digests(&output)
}

#[test]
fn what_is_pushed_answers_every_command() {
    let Some(registry) = Registry::start() else { return };
    let cx = context();
    cx.pacto(["init", "cart"]);
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    let push = ["push", "oci://HOST/acme/cart", "-p", "cart"];
    insta::assert_snapshot!(said(&[&push[..], &["--dry-run"]].concat()), @"
    exit: 0
    ----- stdout -----
    Would push cart@0.1.0 -> HOST/acme/cart:0.1.0
    Digest: sha256:…
    ");
    insta::assert_snapshot!(said(&push), @"
    exit: 0
    ----- stdout -----
    Pushed cart@0.1.0 -> HOST/acme/cart:0.1.0
    Digest: sha256:…
    ");
    insta::assert_snapshot!(said(&push), @"
    exit: 0
    ----- stderr -----
    Warning: artifact already exists: HOST/acme/cart:0.1.0 (identical content)
    ");
    insta::assert_snapshot!(said(&[&push[..], &["--set", "service.owner=team/new"]].concat()), @"
    exit: 0
    ----- stderr -----
    Warning: artifact already exists: HOST/acme/cart:0.1.0 (different content; use --force to overwrite)
    ");
    let force = ["--set", "service.owner=team/new", "--force", "--output-format", "json"];
    insta::assert_snapshot!(said(&[&push[..], &force].concat()), @r#"
    exit: 0
    ----- stdout -----
    {
      "ref": "HOST/acme/cart:0.1.0",
      "digest": "sha256:…",
      "name": "cart",
      "version": "0.1.0",
      "status": "pushed",
      "warnings": []
    }
    "#);
    insta::assert_snapshot!(said(&[&push[..], &["--set", "service.version=0.2.0+build.7"]].concat()), @"
    exit: 0
    ----- stdout -----
    Pushed cart@0.2.0+build.7 -> HOST/acme/cart:0.2.0_build.7
    Digest: sha256:…
    ----- stderr -----
    Warning: a tag has no `+`; version 0.2.0+build.7 has the tag with `_`
    ");
    insta::assert_snapshot!(said(&["diff", "oci://HOST/acme/cart:0.1.0", "oci://HOST/acme/cart"]), @"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    Changes (2):
      [NON_BREAKING] service.version (modified): service.version modified [0.1.0 -> 0.2.0+build.7]
      [NON_BREAKING] service.owner (modified): service.owner modified [team/new -> team/my-team]
    ");
    insta::assert_snapshot!(said(&["validate", "oci://HOST/acme/cart", "oci://HOST/acme/cart:9.9.9"]), @"
    exit: 1
    ----- stdout -----
    oci://HOST/acme/cart is valid
    oci://HOST/acme/cart:9.9.9 is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] artifact not found: HOST/acme/cart:9.9.9
    1 valid, 1 invalid
    Error: validation failed with 1 error(s)
    ");
    insta::assert_snapshot!(said(&["graph", "oci://HOST/acme/stock"]), @"
    exit: 3
    ----- stderr -----
    Error: artifact not found: HOST/acme/stock
    ");
}

#[test]
fn what_only_this_machine_understands_is_not_pushed() {
    let cx = context();
    crate::fixture::service(&cx, "cart", "cart", "1.0.0", &[("file://../stock", "^1.0.0")]);
    insta::assert_snapshot!(cx.pacto(["push", "oci-layout://layout", "-p", "cart"]), @r#"
    exit: 2
    ----- stderr -----
    Error: dependencies[0].ref is "file://../stock", which only this machine understands; push the other contract and refer to it by oci://
    "#);
    insta::assert_snapshot!(cx.pacto(["push", "cart"]), @r#"
    exit: 2
    ----- stderr -----
    Error: push requires an OCI reference (oci://...): got "cart"
    "#);
    cx.write(
        "broken/pacto.yaml",
        "pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0, colour: red}\n",
    );
    insta::assert_snapshot!(cx.pacto(["push", "oci-layout://layout", "-p", "broken"]), @"
    exit: 1
    ----- stderr -----
      ERROR [SCHEMA_VIOLATION] service.colour: additional property 'colour' not allowed
           --> broken/pacto.yaml:2:39
            |
          2 | service: {name: cart, version: 1.0.0, colour: red}
            |                                       ^^^^^^
          help: known keys are `name`, `version`, `owner`, `image`, `chart`; free keys go below `metadata`
    Error: contract validation failed with 1 error(s)
    ");
    assert!(!cx.path("layout").exists());
}

#[test]
fn credentials_of_the_environment_go_to_the_host_that_is_named() {
    let Some(registry) = Registry::start_with_login() else { return };
    let mut cx = context();
    cx.pacto(["init", "cart"]);
    let push = ["push", "oci://HOST/acme/cart", "-p", "cart"];
    insta::assert_snapshot!(said(&cx, &registry, &push), @"
    exit: 3
    ----- stderr -----
    Error: authentication failed for HOST/acme/cart:0.1.0: 401 Unauthorized — run `pacto login` or check PACTO_REGISTRY_TOKEN
    ");
    cx.env("PACTO_REGISTRY_USERNAME", USER).env("PACTO_REGISTRY_PASSWORD", "not this");
    insta::assert_snapshot!(said(&cx, &registry, &push), @"
    exit: 3
    ----- stderr -----
    Error: authentication failed for HOST/acme/cart:0.1.0: 401 Unauthorized (tried: PACTO_REGISTRY_USERNAME) — run `pacto login` or check PACTO_REGISTRY_TOKEN
    ");
    cx.env("PACTO_REGISTRY_PASSWORD", PASSWORD);
    insta::assert_snapshot!(said(&cx, &registry, &push), @"
    exit: 0
    ----- stdout -----
    Pushed cart@0.1.0 -> HOST/acme/cart:0.1.0
    Digest: sha256:…
    ");
    let verbose = said(&cx, &registry, &["explain", "oci://HOST/acme/cart", "-v"]);
    assert!(verbose.contains("DEBUG request") && !verbose.contains(PASSWORD), "{verbose}");
    cx.env("PACTO_REGISTRY_HOST", "other.example");
    assert_eq!(cx.pacto(["explain", &format!("oci://{}/acme/cart", registry.address())]).code, 3);
}

#[test]
fn the_later_demo_is_pushed_and_its_tree_resolves() {
    let (Some(registry), Some(shared)) = (Registry::start(), shared_dir()) else { return };
    let mut cx = context();
    cx.env("PACTO_REGISTRY_MIRROR", format!("ghcr.io/trianalab/pacto-demo={}/demo", registry.address()));
    let bundles = shared.join("demo/april/bundles");
    let mut found: Vec<_> = walk(&bundles);
    // What others refer to comes first.
    found.sort_by_key(|path| (!path.to_string_lossy().contains("/platform-"), path.clone()));
    assert_eq!(found.len(), 23);
    for directory in &found {
        let text = std::fs::read_to_string(directory.join("pacto.yaml")).unwrap();
        let name =
            text.lines().find_map(|line| line.trim().strip_prefix("name: ")).unwrap().trim_matches('"');
        let reference = format!("oci://ghcr.io/trianalab/pacto-demo/{name}");
        let output = cx.pacto(["push", &reference, "-p", directory.to_str().unwrap()]);
        assert_eq!(output.code, 0, "{name}: {output}");
    }
    let graph = cx.pacto(["graph", "--strict", "oci://ghcr.io/trianalab/pacto-demo/api-gateway"]);
    assert_eq!(graph.code, 0, "{graph}");
    assert!(graph.stdout.lines().count() > 5 && !graph.stdout.contains("error"), "{graph}");
    assert_eq!(cx.pacto(["validate", "oci://ghcr.io/trianalab/pacto-demo/auth-service"]).code, 0);
}

/// Directories below `root` that hold a contract.
pub fn walk(root: &std::path::Path) -> Vec<std::path::PathBuf> {
    if root.join("pacto.yaml").is_file() {
        return vec![root.to_owned()];
    }
    let entries = std::fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir());
    entries.flat_map(|entry| walk(&entry.path())).collect()
}
