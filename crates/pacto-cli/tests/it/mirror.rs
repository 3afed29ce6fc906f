//! `pacto mirror`: the closure of a contract in another registry or in directories, against real registries.

use pacto_testkit::registry::Registry;
use pacto_testkit::{TestContext, cut_digests};

use crate::fixture::context;

fn service(name: &str, rest: &str) -> String {
    format!("pactoVersion: '1.0'\nservice: {{name: {name}, version: 1.0.0+b.1}}\n{rest}")
}

/// A registry with `shop`, which needs `cart` by range and `rules` by digest, and `cart`, which needs `redis` by tag.
fn published() -> Option<(TestContext, Registry)> {
    let registry = Registry::start()?;
    let cx = context();
    let host = registry.address();
    let push = |name: &str| {
        let output =
            cx.pacto(["push", &format!("oci://{host}/acme/{name}"), "-p", name, "--output-format", "json"]);
        assert_eq!(output.code, 0, "{output}");
        output.json()["digest"].as_str().unwrap().to_owned()
    };
    cx.write("redis/pacto.yaml", service("redis", ""));
    let tagged =
        format!("dependencies: [{{ref: 'oci://{host}/acme/redis:1.0.0_b.1', compatibility: ^1.0.0}}]\n");
    cx.write("cart/pacto.yaml", service("cart", &tagged));
    cx.write("rules/pacto.yaml", service("rules", "policy: {schema: policy/schema.json}\n"));
    cx.write("rules/policy/schema.json", r#"{"required": ["service"]}"#);
    push("redis");
    push("cart");
    let rules = push("rules");
    let needs = format!(
        "dependencies: [{{ref: 'oci://{host}/acme/cart', compatibility: ^1.0.0}}]\n\
         policies: [{{name: rules, ref: 'oci://{host}/acme/rules@{rules}'}}]\n\
         interfaces: [{{name: api, type: http, port: 80}}]\n"
    );
    cx.write("shop/pacto.yaml", service("shop", &needs));
    push("shop");
    Some((cx, registry))
}

/// What a command says, with `FROM`, `FOLDER` (the same in a path), `TO` and digests cut.
fn said(cx: &TestContext, from: &str, to: &str, arguments: &[&str]) -> String {
    let arguments: Vec<String> =
        arguments.iter().map(|argument| argument.replace("FROM", from).replace("TO", to)).collect();
    let text = cx.pacto(arguments).to_string();
    cut_digests(&text.replace(from, "FROM").replace(to, "TO").replace(&from.replace(':', "-"), "FOLDER"))
}

const GRAPH: [&str; 5] = ["graph", "oci://FROM/acme/shop", "--strict", "--with-references", "--no-cache"];

#[test]
fn a_registry_stands_in_for_another() {
    let (Some((mut cx, registry)), Some(other)) = (published(), Registry::start()) else { return };
    let (from, to) = (registry.address().to_owned(), other.address().to_owned());
    let mirror = ["mirror", "oci://FROM/acme/shop", "oci://TO/copies"];
    let graph = said(&cx, &from, &to, &GRAPH);
    insta::assert_snapshot!(said(&cx, &from, &to, &[&mirror[..], &["--dry-run"]].concat()), @r#"
    exit: 0
    ----- stdout -----
    would copy  FROM/acme/redis:1.0.0_b.1 -> TO/copies/FOLDER/acme/redis:1.0.0_b.1
    would copy  FROM/acme/cart:1.0.0_b.1 -> TO/copies/FOLDER/acme/cart:1.0.0_b.1
    would copy  FROM/acme/rules@sha256:… -> TO/copies/FOLDER/acme/rules@sha256:…
    would copy  FROM/acme/shop:1.0.0_b.1 -> TO/copies/FOLDER/acme/shop:1.0.0_b.1

    To use the copies, add to the config file:
    registries:
      - prefix: "FROM"
        location: "TO/copies/FOLDER"
    "#);
    insta::assert_snapshot!(said(&cx, &from, &to, &mirror), @r#"
    exit: 0
    ----- stdout -----
    copied      FROM/acme/redis:1.0.0_b.1 -> TO/copies/FOLDER/acme/redis:1.0.0_b.1
    copied      FROM/acme/cart:1.0.0_b.1 -> TO/copies/FOLDER/acme/cart:1.0.0_b.1
    copied      FROM/acme/rules@sha256:… -> TO/copies/FOLDER/acme/rules@sha256:…
    copied      FROM/acme/shop:1.0.0_b.1 -> TO/copies/FOLDER/acme/shop:1.0.0_b.1

    To use the copies, add to the config file:
    registries:
      - prefix: "FROM"
        location: "TO/copies/FOLDER"
    "#);
    insta::assert_snapshot!(said(&cx, &from, &to, &[&mirror[..], &["--output-format", "markdown"]].concat()), @r#"
    exit: 0
    ----- stdout -----
    | Contract | Copy | |
    |---|---|---|
    | `FROM/acme/redis:1.0.0_b.1` | `TO/copies/FOLDER/acme/redis:1.0.0_b.1` | identical |
    | `FROM/acme/cart:1.0.0_b.1` | `TO/copies/FOLDER/acme/cart:1.0.0_b.1` | identical |
    | `FROM/acme/rules@sha256:…` | `TO/copies/FOLDER/acme/rules@sha256:…` | identical |
    | `FROM/acme/shop:1.0.0_b.1` | `TO/copies/FOLDER/acme/shop:1.0.0_b.1` | identical |

    To use the copies, add to the config file:

    ```yaml
    registries:
      - prefix: "FROM"
        location: "TO/copies/FOLDER"
    ```
    "#);
    drop(registry);
    cx.env("PACTO_REGISTRY_MIRROR", format!("{from}={to}/copies/{}", from.replace(':', "-")));
    assert_eq!(said(&cx, &from, &to, &GRAPH), graph);
    assert!(
        said(&cx, &from, &to, &["validate", "oci://FROM/acme/shop", "--no-cache"]).starts_with("exit: 0")
    );
}

#[test]
fn a_directory_stands_in_for_a_registry() {
    let Some((mut cx, registry)) = published() else { return };
    let from = registry.address().to_owned();
    let mirror = ["mirror", "oci://FROM/acme/shop", "oci-layout://./copies"];
    let graph = said(&cx, &from, "TO", &GRAPH);
    insta::assert_snapshot!(said(&cx, &from, "TO", &mirror), @r#"
    exit: 0
    ----- stdout -----
    copied      FROM/acme/redis:1.0.0_b.1 -> oci-layout://./copies/FOLDER/acme/redis:1.0.0_b.1
    copied      FROM/acme/cart:1.0.0_b.1 -> oci-layout://./copies/FOLDER/acme/cart:1.0.0_b.1
    copied      FROM/acme/rules@sha256:… -> oci-layout://./copies/FOLDER/acme/rules@sha256:…
    copied      FROM/acme/shop:1.0.0_b.1 -> oci-layout://./copies/FOLDER/acme/shop:1.0.0_b.1

    To use the copies, add to the config file:
    registries:
      - prefix: "FROM"
        location: "oci-layout:[ROOT]/work/copies/FOLDER"
    "#);
    drop(registry);
    cx.env("PACTO_REGISTRY_MIRROR", format!("{from}=oci-layout:copies/{}", from.replace(':', "-")));
    assert_eq!(said(&cx, &from, "TO", &GRAPH), graph);
}

#[test]
fn copies_may_refer_to_each_other() {
    let (Some((cx, registry)), Some(other)) = (published(), Registry::start()) else { return };
    let (from, to) = (registry.address().to_owned(), other.address().to_owned());
    let mirror = ["mirror", "oci://FROM/acme/shop", "oci://TO/copies", "--rewrite"];
    insta::assert_snapshot!(said(&cx, &from, &to, &mirror), @"
    exit: 0
    ----- stdout -----
    copied      FROM/acme/redis:1.0.0_b.1 -> TO/copies/FOLDER/acme/redis:1.0.0_b.1
    copied      FROM/acme/cart:1.0.0_b.1 -> TO/copies/FOLDER/acme/cart:1.0.0_b.1
    copied      FROM/acme/rules@sha256:… -> TO/copies/FOLDER/acme/rules:1.0.0_b.1
    copied      FROM/acme/shop:1.0.0_b.1 -> TO/copies/FOLDER/acme/shop:1.0.0_b.1
    ");
    assert!(said(&cx, &from, &to, &mirror).contains("identical   FROM/acme/shop"));
    drop(registry);
    let folder = from.replace(':', "-");
    let shop = format!("oci://{to}/copies/{folder}/acme/shop");
    insta::assert_snapshot!(said(&cx, &from, &to, &["graph", &shop, "--strict", "--with-references"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0+b.1
    ├─ cart@1.0.0+b.1
    │  └─ redis@1.0.0+b.1
    └─ rules@1.0.0+b.1 [ref]
    ");
    assert!(said(&cx, &from, &to, &["validate", &shop]).starts_with("exit: 0"));
}

#[test]
fn nothing_is_replaced_and_nothing_left_out_in_silence() {
    let (Some((cx, registry)), Some(other)) = (published(), Registry::start()) else { return };
    let (from, to) = (registry.address().to_owned(), other.address().to_owned());
    let said = |arguments: &[&str]| said(&cx, &from, &to, arguments);
    let mirror = ["mirror", "oci://FROM/acme/shop", "oci://TO/copies"];
    let taken = format!("oci://{to}/copies/{}/acme/redis:1.0.0_b.1", from.replace(':', "-"));
    assert!(said(&["push", &taken, "-p", "cart"]).contains("Pushed"));
    insta::assert_snapshot!(said(&mirror), @r#"
    exit: 1
    ----- stdout -----
    differs     FROM/acme/redis:1.0.0_b.1 -> TO/copies/FOLDER/acme/redis:1.0.0_b.1
    would copy  FROM/acme/cart:1.0.0_b.1 -> TO/copies/FOLDER/acme/cart:1.0.0_b.1
    would copy  FROM/acme/rules@sha256:… -> TO/copies/FOLDER/acme/rules@sha256:…
    would copy  FROM/acme/shop:1.0.0_b.1 -> TO/copies/FOLDER/acme/shop:1.0.0_b.1

    To use the copies, add to the config file:
    registries:
      - prefix: "FROM"
        location: "TO/copies/FOLDER"
    ----- stderr -----
    Error: 1 tag leads to other content at the target; nothing was copied; use --force to overwrite
    "#);
    assert!(said(&[&mirror[..], &["--force"]].concat()).starts_with("exit: 0"));
    cx.write("shop/pacto.yaml", cx.read("shop/pacto.yaml").replace("acme/cart'", "acme/none'"));
    assert!(said(&["push", "oci://FROM/acme/shop", "-p", "shop", "--force"]).contains("Pushed"));
    insta::assert_snapshot!(said(&mirror), @"
    exit: 1
    ----- stderr -----
      unresolved: oci://FROM/acme/none, which shop needs: artifact not found: FROM/acme/none
    Error: not everything could be resolved; nothing was copied
    Warning: FROM/acme/shop:1.0.0_b.1 was sha256:… when it was fetched last, and is sha256:… now
    ");
    insta::assert_snapshot!(said(&["mirror", "shop", "oci://TO/copies"]), @r#"
    exit: 2
    ----- stderr -----
    Error: mirror requires an OCI reference (oci://...): got "shop"
    "#);
    insta::assert_snapshot!(said(&["mirror", "oci://FROM/acme/cart", "copies"]), @r#"
    exit: 2
    ----- stderr -----
    Error: "copies": mirror copies to oci://registry/path or oci-layout:///directory
    "#);
    insta::assert_snapshot!(said(&["mirror", "oci://FROM/acme/cart", "oci://TO/copies:1"]), @r#"
    exit: 2
    ----- stderr -----
    Error: "oci://TO/copies:1": name a path without a tag; every contract keeps its own
    "#);
    insta::assert_snapshot!(said(&["mirror", "oci://FROM/acme/cart", "oci-layout://./x", "--rewrite"]), @r#"
    exit: 2
    ----- stderr -----
    Error: "oci-layout://./x": contracts cannot refer into an image layout; mirror without --rewrite
    "#);
}

#[test]
fn what_is_wanted_by_its_digest_is_copied_by_its_digest() {
    let (Some(registry), Some(other)) = (Registry::start(), Registry::start()) else { return };
    let cx = context();
    let (from, to) = (registry.address().to_owned(), other.address().to_owned());
    let push = |name: &str, more: &[&str]| {
        let reference = format!("oci://{from}/acme/{name}");
        let arguments = [&["push", &reference, "-p", name, "--output-format", "json"], more].concat();
        cx.pacto(arguments).json()["digest"].as_str().unwrap().to_owned()
    };
    cx.write("cart/pacto.yaml", service("cart", ""));
    let first = push("cart", &[]);
    let second = push("cart", &["--set", "service.owner=team/b", "--force"]);
    // One pins what the tag meant before, the other the tag.
    let needs = format!(
        "dependencies:\n  - {{name: old, ref: 'oci://{from}/acme/cart@{first}', compatibility: '*'}}\n  \
         - {{name: new, ref: 'oci://{from}/acme/cart:1.0.0_b.1', compatibility: '*'}}\n"
    );
    cx.write("shop/pacto.yaml", service("shop", &needs));
    push("shop", &[]);
    let source = format!("oci://{from}/acme/shop");
    for target in [format!("oci://{to}/copies"), "oci-layout://./copies".to_owned()] {
        let output = cx.pacto(["mirror", &source, &target]);
        assert_eq!(output.code, 0, "{output}");
        let again = cx.pacto(["mirror", &source, &target]);
        assert!(!again.stdout.contains("copied"), "{again}");
    }
    drop(registry);
    let folder = from.replace(':', "-");
    for location in [format!("{to}/copies/{folder}"), format!("oci-layout:copies/{folder}")] {
        let mut there = context();
        there.copy(&cx.path("copies"), "copies");
        there.env("PACTO_REGISTRY_MIRROR", format!("{from}={location}"));
        let graph = there.pacto(["graph", "--strict", &source]);
        assert!(graph.stdout.contains("cart@1.0.0+b.1"), "{graph}");
        for digest in [&first, &second] {
            let explain = there.pacto(["explain", &format!("oci://{from}/acme/cart@{digest}")]);
            assert_eq!(explain.code, 0, "{explain}");
        }
        let tagged = there.pacto(["explain", &format!("oci://{from}/acme/cart")]);
        assert!(tagged.stdout.contains("Owner: team/b"), "{tagged}");
    }
    // Two contents cannot have one tag, which rewritten copies need.
    let rewritten = cx.pacto(["mirror", &source, &format!("oci://{to}/rewritten"), "--rewrite"]);
    assert_ne!(rewritten.code, 0, "{rewritten}");
}
