//! `pacto graph`: the tree and its forms.

use pacto_testkit::TestContext;

use crate::fixture::{context, service};

/// A shop whose dependencies are published, but for one on this machine.
fn shop() -> TestContext {
    let mut cx = context();
    service(
        &cx,
        "shop",
        "shop",
        "2.0.0",
        &[
            ("file://../cart", "^1.0.0"),
            ("oci://r.example/acme/kv", "^7.0.0"),
            ("oci://r.example/acme/mail:1.0.0", "^1.0.0"),
        ],
    );
    service(&cx, "cart", "cart", "1.3.0", &[("oci://r.example/acme/kv", "^7.0.0")]);
    service(&cx, "registry/kv7", "kv", "7.0.0", &[]);
    service(&cx, "registry/kv71", "kv", "7.1.0", &[("oci://r.example/acme/disk", "*")]);
    service(&cx, "registry/kv8", "kv", "8.0.0", &[]);
    service(&cx, "registry/disk", "disk", "1.0.0", &[]);
    cx.mirror("r.example/acme", "registry");
    cx
}

#[test]
fn expands_each_service_once_where_it_stands_nearest_to_the_root() {
    insta::assert_snapshot!(shop().pacto(["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@2.0.0
    ├─ cart@1.3.0 [local]
    │  └─ kv@7.1.0 (shared)
    ├─ kv@7.1.0
    │  └─ disk@1.0.0
    └─ mail:1.0.0 (error: artifact not found: oci://r.example/acme/mail:1.0.0)
    ");
}

#[test]
fn json_has_edges_with_types() {
    let output = shop().pacto(["graph", "shop", "--output-format", "json"]);
    output.json();
    insta::assert_snapshot!(output, @r#"
    exit: 0
    ----- stdout -----
    {
      "root": {
        "name": "shop",
        "version": "2.0.0",
        "dependencies": [
          {
            "ref": "file://../cart",
            "required": true,
            "compatibility": "^1.0.0",
            "type": "dependency",
            "node": {
              "name": "cart",
              "version": "1.3.0",
              "ref": "file://../cart",
              "local": true,
              "dependencies": [
                {
                  "ref": "oci://r.example/acme/kv",
                  "required": true,
                  "compatibility": "^7.0.0",
                  "type": "dependency",
                  "node": {
                    "name": "kv",
                    "version": "7.1.0",
                    "ref": "oci://r.example/acme/kv"
                  },
                  "shared": true
                }
              ]
            },
            "local": true
          },
          {
            "ref": "oci://r.example/acme/kv",
            "required": true,
            "compatibility": "^7.0.0",
            "type": "dependency",
            "node": {
              "name": "kv",
              "version": "7.1.0",
              "ref": "oci://r.example/acme/kv",
              "dependencies": [
                {
                  "ref": "oci://r.example/acme/disk",
                  "required": true,
                  "compatibility": "*",
                  "type": "dependency",
                  "node": {
                    "name": "disk",
                    "version": "1.0.0",
                    "ref": "oci://r.example/acme/disk"
                  }
                }
              ]
            }
          },
          {
            "ref": "oci://r.example/acme/mail:1.0.0",
            "required": true,
            "compatibility": "^1.0.0",
            "type": "dependency",
            "error": "artifact not found: oci://r.example/acme/mail:1.0.0"
          }
        ]
      }
    }
    "#);
}

#[test]
fn json_of_a_lone_contract_is_its_root() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["graph", "cart", "--output-format", "json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "root": {
        "name": "cart",
        "version": "1.0.0"
      }
    }
    "#);
    insta::assert_snapshot!(cx.pacto(["graph", "cart"]), @"
    exit: 0
    ----- stdout -----
    cart@1.0.0
    ");
}

#[test]
fn markdown_is_the_tree_in_a_fence() {
    insta::assert_snapshot!(shop().pacto(["graph", "shop", "--output-format", "markdown"]), @"
    exit: 0
    ----- stdout -----
    ```
    shop@2.0.0
    ├─ cart@1.3.0 [local]
    │  └─ kv@7.1.0 (shared)
    ├─ kv@7.1.0
    │  └─ disk@1.0.0
    └─ mail:1.0.0 (error: artifact not found: oci://r.example/acme/mail:1.0.0)
    ```
    ");
}

#[test]
fn strict_fails_for_what_is_unresolved() {
    let cx = shop();
    assert_eq!(cx.pacto(["graph", "shop"]).code, 0);
    let output = cx.pacto(["graph", "shop", "--strict"]);
    assert_eq!(output.stdout, cx.pacto(["graph", "shop"]).stdout);
    insta::assert_snapshot!(format!("{} {}", output.code, output.stderr), @"1 Error: the graph is not sound: 1 unresolved dependency");
    let json = cx.pacto(["graph", "shop", "--strict", "--output-format", "json"]);
    assert_eq!((json.code, &json.json()["root"]["name"]), (1, &"shop".into()));
    assert_eq!(cx.pacto(["graph", "cart", "--strict"]).code, 0);
}

#[test]
fn the_root_may_be_published() {
    let cx = shop();
    insta::assert_snapshot!(cx.pacto(["graph", "oci://r.example/acme/kv:7.1.0"]), @"
    exit: 0
    ----- stdout -----
    kv@7.1.0
    └─ disk@1.0.0
    ");
    let json = cx.pacto(["graph", "oci://r.example/acme/kv", "--output-format", "json"]).json();
    assert_eq!(
        json["root"],
        serde_json::json!({"name": "kv", "version": "8.0.0", "ref": "oci://r.example/acme/kv"})
    );
}

#[test]
fn local_paths_start_at_the_contract_that_names_them() {
    let cx = context();
    service(&cx, "apps/web/shop", "shop", "1.0.0", &[("../../../libs/deep/cart", "*")]);
    service(
        &cx,
        "libs/deep/cart",
        "cart",
        "1.0.0",
        &[("../stock", "*"), ("file://../../../apps/web/mail", "*")],
    );
    service(&cx, "libs/deep/stock", "stock", "1.0.0", &[]);
    service(&cx, "apps/web/mail", "mail", "1.0.0", &[]);
    // What the same path would mean from the root.
    service(&cx, "apps/web/stock", "wrong", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["graph", "apps/web/shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    └─ cart@1.0.0 [local]
       ├─ stock@1.0.0 [local]
       └─ mail@1.0.0 [local]
    ");
    let from_below = cx.pacto_in("apps/web/shop", ["graph"]);
    assert_eq!(from_below.stdout, cx.pacto(["graph", "apps/web/shop"]).stdout);
}

#[test]
fn two_paths_to_one_directory_are_one_service() {
    let cx = context();
    service(
        &cx,
        "shop",
        "shop",
        "1.0.0",
        &[("../cart", "*"), ("file://../shop/../cart", "*"), ("./../cart/", "*")],
    );
    service(&cx, "cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ cart@1.0.0 [local]
    ├─ cart@1.0.0 [local] (shared)
    └─ cart@1.0.0 [local] (shared)
    ");
}

#[test]
fn a_published_contract_may_not_name_paths_of_this_machine() {
    let mut cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("oci://r.example/acme/cart", "*")]);
    service(&cx, "registry/cart", "cart", "1.0.0", &[("../stock", "*"), ("file:///etc", "*"), ("/etc", "*")]);
    service(&cx, "registry/stock", "stock", "1.0.0", &[]);
    cx.mirror("r.example/acme", "registry");
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    └─ cart@1.0.0
       ├─ stock [local] (error: ../stock is a local path in a contract that came from a registry)
       ├─ etc [local] (error: file:///etc is a local path in a contract that came from a registry)
       └─ etc [local] (error: /etc is a local path in a contract that came from a registry)
    ");
}

/// A service with a configuration and a policy of its platform, which has a policy itself.
fn governed() -> TestContext {
    let mut cx = context();
    let contract = crate::fixture::contract("shop", "1.0.0", &[("oci://r.example/acme/cart", "^1.0.0")]);
    let references = "configuration: {ref: 'oci://r.example/acme/settings'}\npolicy: {ref: 'oci://r.example/acme/rules:1.0.0'}\n";
    cx.write("shop/pacto.yaml", format!("{contract}{references}"));
    let cart = crate::fixture::contract("cart", "1.0.0", &[]);
    let several = "policies:\n  - {name: house, ref: 'oci://r.example/acme/rules:1.0.0'}\n  - {name: again, ref: 'oci://r.example/acme/rules:1.0.0'}\n  - {name: lost, ref: 'oci://r.example/acme/lost'}\n  - {name: own, schema: policy/schema.json}\n";
    cx.write("registry/cart/pacto.yaml", format!("{cart}{several}"));
    let rules = crate::fixture::contract("rules", "1.0.0", &[]);
    cx.write("registry/rules/pacto.yaml", format!("{rules}policy: {{ref: 'oci://r.example/acme/law'}}\n"));
    service(&cx, "registry/settings", "settings", "3.0.0", &[]);
    service(&cx, "registry/law", "law", "1.0.0", &[]);
    cx.mirror("r.example/acme", "registry");
    cx
}

#[test]
fn references_are_left_out_unless_asked_for() {
    insta::assert_snapshot!(governed().pacto(["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    └─ cart@1.0.0
    ");
}

#[test]
fn references_are_followed_from_every_service() {
    insta::assert_snapshot!(governed().pacto(["graph", "shop", "--with-references"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ cart@1.0.0
    │  ├─ rules@1.0.0 [ref] (shared)
    │  └─ lost [ref] (error: artifact not found: oci://r.example/acme/lost)
    ├─ settings@3.0.0 [ref]
    └─ rules@1.0.0 [ref]
       └─ law@1.0.0 [ref]
    ");
}

#[test]
fn references_may_be_all_there_is() {
    let cx = governed();
    insta::assert_snapshot!(cx.pacto(["graph", "shop", "--only-references"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ settings@3.0.0 [ref]
    └─ rules@1.0.0 [ref]
       └─ law@1.0.0 [ref]
    ");
    let both = cx.pacto(["graph", "shop", "--only-references", "--with-references"]);
    assert_eq!(both, cx.pacto(["graph", "shop", "--only-references"]));
    let json = cx.pacto(["graph", "shop", "--only-references", "--output-format", "json"]).json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["root"]["dependencies"][0]).unwrap(), @r#"
    {
      "ref": "oci://r.example/acme/settings",
      "required": false,
      "compatibility": "",
      "type": "reference",
      "node": {
        "name": "settings",
        "version": "3.0.0",
        "ref": "oci://r.example/acme/settings"
      }
    }
    "#);
}

#[test]
fn a_digest_is_shown_short() {
    let cx = context();
    let digest = "a".repeat(64);
    let (long, short) =
        (format!("oci://r.example/cart@sha256:{digest}"), "oci://r.example/cart:1@sha256:abc");
    service(&cx, "shop", "shop", "1.0.0", &[(&long, "*"), (short, "*")]);
    let output = cx.pacto(["graph", "shop"]);
    let labels: Vec<_> = output.stdout.lines().filter_map(|line| line.split(" (error").next()).collect();
    insta::assert_snapshot!(labels.join("\n"), @"
    shop@1.0.0
    ├─ cart@sha256:aaaaaaa
    └─ cart:1@sha256:abc
    ");
}

#[test]
fn verbose_says_what_was_resolved() {
    let output = shop().pacto(["graph", "shop", "-v"]);
    insta::assert_snapshot!(output.stderr, @r#"
    DEBUG resolved reference=file://../cart identity=[ROOT]/work/cart
    DEBUG resolved reference=oci://r.example/acme/kv identity=r.example/acme/kv:7.1.0
    DEBUG unresolved reference=oci://r.example/acme/mail:1.0.0 error="artifact not found: oci://r.example/acme/mail:1.0.0"
    DEBUG resolved reference=oci://r.example/acme/disk identity=r.example/acme/disk:1.0.0
    "#);
}
