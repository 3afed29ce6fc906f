//! What a repository holds, and versions whose number promises more than they keep; against a real registry.

use pacto_testkit::registry::Registry;
use pacto_testkit::{TestContext, cut_digests};

use crate::fixture::context;

/// What a command says, with the registry's address as `HOST` and digests cut.
fn said(cx: &TestContext, registry: &Registry, arguments: &[&str]) -> String {
    let arguments: Vec<String> =
        arguments.iter().map(|argument| argument.replace("HOST", registry.address())).collect();
    cut_digests(&cx.pacto(arguments).to_string().replace(registry.address(), "HOST"))
}

/// A service with a port, in a version.
fn cart(cx: &TestContext, version: &str, port: u16) {
    cx.write(
        "cart/pacto.yaml",
        format!(
            "pactoVersion: '1.0'\nservice: {{name: cart, version: {version}}}\n\
             interfaces: [{{name: api, type: http, port: {port}}}]\n"
        ),
    );
}

const PUSH: [&str; 4] = ["push", "oci://HOST/acme/cart", "-p", "cart"];

#[test]
fn each_version_is_compared_with_the_one_before() {
    let Some(registry) = Registry::start() else { return };
    let cx = context();
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    for (version, port) in
        [("1.0.0", 80), ("1.10.0", 80), ("1.9.0", 80), ("2.0.0", 81), ("2.1.0+build.1", 81)]
    {
        cart(&cx, version, port);
        assert!(said(&PUSH).contains("Pushed"), "{version}");
    }
    for tag in ["latest", "2.1"] {
        let target = format!("oci://HOST/acme/cart:{tag}");
        assert!(said(&["push", &target, "-p", "cart"]).contains("Pushed"), "{tag}");
    }
    let versions = ["versions", "oci://HOST/acme/cart"];
    insta::assert_snapshot!(said(&versions), @"
    exit: 0
    ----- stdout -----
    TAG            DIGEST               CHANGE
    2.1.0_build.1  sha256:…  NON_BREAKING
    2.1            sha256:…  same as 2.1.0_build.1
    2.0.0          sha256:…  BREAKING
    1.10.0         sha256:…  NON_BREAKING
    1.9.0          sha256:…  NON_BREAKING
    1.0.0          sha256:…  -
    latest         sha256:…  same as 2.1.0_build.1
    ");
    insta::assert_snapshot!(said(&[&versions[..], &["--limit", "1", "--output-format", "json"]].concat()), @r#"
    exit: 0
    ----- stdout -----
    {
      "ref": "HOST/acme/cart",
      "tags": [
        {
          "tag": "2.1.0_build.1",
          "digest": "sha256:…",
          "previous": "2.0.0",
          "classification": "NON_BREAKING"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(said(&[&versions[..], &["-n1", "--output-format", "markdown"]].concat()), @"
    exit: 0
    ----- stdout -----
    | Tag | Digest | Change |
    |---|---|---|
    | `2.1.0_build.1` | `sha256:…` | `NON_BREAKING` |
    ");
    insta::assert_snapshot!(said(&["versions", "oci://HOST/acme/none"]), @"
    exit: 3
    ----- stderr -----
    Error: artifact not found: HOST/acme/none
    ");
    insta::assert_snapshot!(said(&["versions", "oci://HOST/acme/cart:1.0.0"]), @r#"
    exit: 2
    ----- stderr -----
    Error: versions requires a repository (oci://… without a tag): got "oci://HOST/acme/cart:1.0.0"
    "#);
    insta::assert_snapshot!(said(&["versions", "cart"]), @r#"
    exit: 2
    ----- stderr -----
    Error: versions requires a repository (oci://… without a tag): got "cart"
    "#);
}

#[test]
fn a_folder_and_a_layout_have_versions_too() {
    let mut cx = context();
    cart(&cx, "1.0.0", 80);
    cx.copy(&cx.path("cart"), "services/one");
    cart(&cx, "1.1.0", 81);
    cx.copy(&cx.path("cart"), "services/two");
    for directory in ["services/one", "services/two"] {
        cx.pacto(["push", "oci-layout://./layout", "-p", directory]);
    }
    insta::assert_snapshot!(cut_digests(&cx.pacto(["versions", "oci-layout://./layout"]).to_string()), @"
    exit: 0
    ----- stdout -----
    TAG    DIGEST               CHANGE
    1.1.0  sha256:…  BREAKING
    1.0.0  sha256:…  -
    ");
    cx.mirror("r.example/acme", "services");
    insta::assert_snapshot!(cx.pacto(["versions", "oci://r.example/acme/cart"]), @"
    exit: 0
    ----- stdout -----
    TAG    DIGEST               CHANGE
    1.1.0  -                    BREAKING
    1.0.0  -                    -
    ");
    insta::assert_snapshot!(cx.pacto(["versions", "oci://r.example/acme/none"]), @"
    exit: 3
    ----- stderr -----
    Error: artifact not found: r.example/acme/none (the folder [ROOT]/work/services holds no bundle none)
    ");
}

#[test]
fn a_version_that_breaks_more_than_it_says_is_named() {
    let Some(registry) = Registry::start() else { return };
    let cx = context();
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    let deny = [&PUSH[..], &["--deny-under-bump"]].concat();
    cart(&cx, "1.2.0", 80);
    insta::assert_snapshot!(said(&deny), @"
    exit: 0
    ----- stdout -----
    Pushed cart@1.2.0 -> HOST/acme/cart:1.2.0
    Digest: sha256:…
    ");
    cart(&cx, "1.3.0", 81);
    insta::assert_snapshot!(said(&[&PUSH[..], &["--dry-run"]].concat()), @"
    exit: 0
    ----- stdout -----
    Would push cart@1.3.0 -> HOST/acme/cart:1.3.0
    Digest: sha256:…
    ----- stderr -----
    Warning: 1.3.0 breaks 1.2.0 (1 change) and should be 2.0.0
    ");
    insta::assert_snapshot!(said(&deny), @"
    exit: 1
    ----- stderr -----
    Error: 1.3.0 breaks 1.2.0 (1 change) and should be 2.0.0; nothing was pushed
    ");
    cx.write("rules.yaml", "rules: {interfaces-port-modified: potential}\n");
    insta::assert_snapshot!(said(&[&deny[..], &["--dry-run", "--rules", "rules.yaml"]].concat()), @"
    exit: 0
    ----- stdout -----
    Would push cart@1.3.0 -> HOST/acme/cart:1.3.0
    Digest: sha256:…
    ");
    insta::assert_snapshot!(said(&[&deny[..], &["--output-format", "json"]].concat()), @r#"
    exit: 1
    ----- stdout -----
    {
      "ref": "HOST/acme/cart:1.3.0",
      "digest": "sha256:…",
      "name": "cart",
      "version": "1.3.0",
      "status": "underBumped",
      "underBump": {
        "previous": "1.2.0",
        "breaking": 1,
        "wanted": "2.0.0"
      },
      "warnings": []
    }
    "#);
    insta::assert_snapshot!(said(&PUSH), @"
    exit: 0
    ----- stdout -----
    Pushed cart@1.3.0 -> HOST/acme/cart:1.3.0
    Digest: sha256:…
    ----- stderr -----
    Warning: 1.3.0 breaks 1.2.0 (1 change) and should be 2.0.0
    ");
    // Below what is published, only what is below counts.
    cart(&cx, "1.2.1", 80);
    assert!(said(&deny).starts_with("exit: 0"));
    cart(&cx, "2.0.0-rc.1", 82);
    assert!(said(&deny).starts_with("exit: 0"));
    cart(&cx, "2.0.0", 83);
    assert!(said(&deny).starts_with("exit: 0"));
    // Before 1.0.0 the minor number says it.
    for (version, port, code) in [("0.1.0", 80, 0), ("0.1.1", 81, 1), ("0.2.0", 82, 0)] {
        cart(&cx, version, port);
        let target = ["push", "oci://HOST/acme/young", "-p", "cart", "--deny-under-bump"];
        assert!(said(&target).starts_with(&format!("exit: {code}\n")), "{version}");
    }
    // A pre-release promises nothing.
    for (version, port) in [("1.0.0-rc.1", 80), ("1.0.0-rc.2", 81), ("1.0.0", 82)] {
        cart(&cx, version, port);
        let target = ["push", "oci://HOST/acme/soon", "-p", "cart", "--deny-under-bump"];
        assert!(said(&target).starts_with("exit: 0\n"), "{version}");
    }
    // What cannot be compared is no reason to refuse, unless that was asked for.
    let skopeo = std::process::Command::new("skopeo")
        .args(["copy", "--quiet", "--dest-tls-verify=false"])
        .arg(format!("oci:{}:image", image(&cx)))
        .arg(format!("docker://{}/acme/odd:0.1.9", registry.address()))
        .output()
        .unwrap();
    assert!(skopeo.status.success(), "{skopeo:?}");
    cart(&cx, "0.1.10", 80);
    let odd = ["push", "oci://HOST/acme/odd", "-p", "cart"];
    insta::assert_snapshot!(said(&[&odd[..], &["--deny-under-bump"]].concat()), @"
    exit: 3
    ----- stderr -----
    Error: artifact at HOST/acme/odd:0.1.9 is not a valid Pacto bundle: image has no layers
    ");
    insta::assert_snapshot!(said(&odd), @"
    exit: 0
    ----- stdout -----
    Pushed cart@0.1.10 -> HOST/acme/odd:0.1.10
    Digest: sha256:…
    ----- stderr -----
    Warning: not compared with the version before: artifact at HOST/acme/odd:0.1.9 is not a valid Pacto bundle: image has no layers
    ");
}

/// An ordinary image without layers, as an image layout.
fn image(cx: &TestContext) -> String {
    let hex = |content: &str| {
        pacto_oci::archive::digest(content.as_bytes()).trim_start_matches("sha256:").to_owned()
    };
    let config =
        r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}"#;
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{}","size":{}}},"layers":[]}}"#,
        hex(config),
        config.len()
    );
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"image"}}}}]}}"#,
        hex(&manifest),
        manifest.len()
    );
    for content in [config, manifest.as_str()] {
        cx.write(format!("image/blobs/sha256/{}", hex(content)), content);
    }
    cx.write("image/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#).write("image/index.json", index);
    cx.path("image").display().to_string()
}

#[test]
fn a_tag_that_is_not_what_it_says_is_named() {
    let Some(registry) = Registry::start() else { return };
    let cx = context();
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    cart(&cx, "1.0.0", 80);
    insta::assert_snapshot!(said(&["push", "oci://HOST/acme/cart:1.1.0", "-p", "cart"]), @"
    exit: 0
    ----- stdout -----
    Pushed cart@1.0.0 -> HOST/acme/cart:1.1.0
    Digest: sha256:…
    ----- stderr -----
    Warning: tag 1.1.0 is not the version of the contract, 1.0.0
    ");
    insta::assert_snapshot!(said(&["explain", "oci://HOST/acme/cart"]), @"
    exit: 0
    ----- stdout -----
    Service: cart@1.0.0
    Pacto Version: 1.0

    Interfaces (1):
      - api (http, port 80)
    ----- stderr -----
    Warning: HOST/acme/cart:1.1.0 holds version 1.0.0 of cart
    ");
    // A version that was moved.
    cart(&cx, "1.1.0", 81);
    assert!(said(&["push", "oci://HOST/acme/cart:1.1.0", "-p", "cart", "--force"]).contains("Pushed"));
    insta::assert_snapshot!(said(&["graph", "oci://HOST/acme/cart"]), @"
    exit: 0
    ----- stdout -----
    cart@1.1.0
    ----- stderr -----
    Warning: HOST/acme/cart:1.1.0 was sha256:… when it was fetched last, and is sha256:… now
    ");
    assert!(!said(&["graph", "oci://HOST/acme/cart"]).contains("Warning"));
    // Tags that are no versions are meant to move.
    for port in [82, 83] {
        cart(&cx, "1.1.0", port);
        assert!(said(&["push", "oci://HOST/acme/cart:latest", "-p", "cart", "--force"]).contains("Pushed"));
        assert!(!said(&["graph", "oci://HOST/acme/cart:latest"]).contains("Warning"));
    }
}

#[test]
fn a_configuration_that_cannot_be_resolved_is_not_published() {
    let Some(registry) = Registry::start() else { return };
    let cx = context();
    cart(&cx, "1.0.0", 80);
    let contract = cx.read("cart/pacto.yaml");
    let reference = format!("oci://{}/acme/none", registry.address());
    cx.write("cart/pacto.yaml", format!("{contract}configuration: {{ref: '{reference}'}}\n"));
    insta::assert_snapshot!(said(&cx, &registry, &PUSH), @r#"
    exit: 1
    ----- stderr -----
      ERROR [CONFIG_REF_UNRESOLVED] configuration.ref: configuration "oci://HOST/acme/none" is unresolved: artifact not found: HOST/acme/none
           --> cart/pacto.yaml:4:22
            |
          4 | configuration: {ref: 'oci://HOST/acme/none'}
            |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    Error: contract validation failed with 1 error(s)
    "#);
}
