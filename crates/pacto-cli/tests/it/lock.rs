//! `pacto lock`, and what a lock means for the other commands, against a real registry.

use pacto_testkit::registry::Registry;
use pacto_testkit::{TestContext, cut_digests};

use crate::fixture::context;

/// What a command says, with the registry's address as `HOST` and digests cut.
pub(super) fn said(cx: &TestContext, registry: &Registry, arguments: &[&str]) -> String {
    cut_digests(&cx.pacto(arguments).to_string().replace(registry.address(), "HOST"))
}

pub(super) fn service(name: &str, rest: &str) -> String {
    format!("pactoVersion: '1.0'\nservice: {{name: {name}, version: 1.0.0, owner: team/a}}\n{rest}")
}

/// A registry with `redis`, `cart`, which needs it, and `rules`, a policy; and `shop`, which needs `cart`, keeps to
/// `rules` and stands beside `tools`.
pub(super) fn shop() -> Option<(TestContext, Registry)> {
    let registry = Registry::start()?;
    let mut cx = context();
    cx.env("PACTO_REGISTRY_MIRROR", format!("r.example/acme={}/acme", registry.address()));
    let dependency = |name: &str| {
        format!("  - {{ref: 'oci://r.example/acme/{name}', required: true, compatibility: ^1.0.0}}\n")
    };
    cx.write("redis/pacto.yaml", service("redis", ""));
    cx.write("cart/pacto.yaml", service("cart", &format!("dependencies:\n{}", dependency("redis"))));
    cx.write("rules/pacto.yaml", service("rules", "policy: {schema: policy/schema.json}\n"));
    cx.write("rules/policy/schema.json", r#"{"required": ["service"]}"#);
    cx.write("tools/pacto.yaml", service("tools", ""));
    let needs = format!(
        "dependencies:\n{}  - {{ref: ../tools, compatibility: ^1.0.0}}\npolicy: {{ref: 'oci://r.example/acme/rules'}}\n\
         interfaces: [{{name: api, type: http, port: 80}}]\n",
        dependency("cart")
    );
    cx.write("shop/pacto.yaml", service("shop", &needs));
    for name in ["redis", "cart", "rules"] {
        push(&cx, name, "1.0.0", "team/a");
    }
    Some((cx, registry))
}

/// Publishes a version, whatever was there.
pub(super) fn push(cx: &TestContext, name: &str, version: &str, owner: &str) {
    let target = format!("oci://r.example/acme/{name}");
    let version = format!("service.version={version}");
    let owner = format!("service.owner={owner}");
    let output = cx.pacto(["push", &target, "-p", name, "--set", &version, "--set", &owner, "--force"]);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn a_lock_is_written_once() {
    let Some((cx, registry)) = shop() else { return };
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    insta::assert_snapshot!(said(&["lock", "--check", "shop"]), @"
    exit: 1
    ----- stdout -----
    shop/pacto.lock is not up to date
    ----- stderr -----
      ERROR [LOCK_MISSING] shop/pacto.lock is not there
          help: run `pacto lock`
    ");
    insta::assert_snapshot!(said(&["lock", "shop"]), @"
    exit: 0
    ----- stdout -----
    wrote shop/pacto.lock (3 dependencies, 1 reference)
    ");
    insta::assert_snapshot!(cut_digests(&cx.read("shop/pacto.lock")), @r#"
    # Written by `pacto lock`. Commit this file; do not edit it.
    lockVersion: 3
    pacto:
      version: dev
    root:
      name: shop
      version: "1.0.0"
    dependencies:
      - name: cart
        source: oci
        ref: "oci://r.example/acme/cart"
        constraint: "^1.0.0"
        version: "1.0.0"
        digest: "sha256:…"
        dependsOn:
          - redis
      - name: redis
        source: oci
        ref: "oci://r.example/acme/redis"
        constraint: "^1.0.0"
        version: "1.0.0"
        digest: "sha256:…"
      - name: tools
        source: local
        path: "../tools"
        constraint: "^1.0.0"
        version: "1.0.0"
        contentHash: "sha256:…"
    references:
      - kind: policy
        name: default
        source: oci
        ref: "oci://r.example/acme/rules"
        version: "1.0.0"
        digest: "sha256:…"
    "#);
    insta::assert_snapshot!(said(&["lock", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop/pacto.lock is up to date (3 dependencies, 1 reference)
    ");
    insta::assert_snapshot!(said(&["lock", "--check", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop/pacto.lock is up to date (3 dependencies, 1 reference)
    ");
}

#[test]
fn a_new_version_waits_until_the_lock_takes_it() {
    let Some((cx, registry)) = shop() else { return };
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    push(&cx, "cart", "1.1.0", "team/a");
    push(&cx, "redis", "1.1.0", "team/a");
    insta::assert_snapshot!(said(&["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ cart@1.0.0
    │  └─ redis@1.0.0
    └─ tools@1.0.0 [local]
    ");
    insta::assert_snapshot!(said(&["lock", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop/pacto.lock is up to date (3 dependencies, 1 reference)
    ");
    assert!(
        said(&["lock", "shop", "--update", "redis"])
            .starts_with("exit: 0\n----- stdout -----\nwrote shop/pacto.lock")
    );
    insta::assert_snapshot!(said(&["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ cart@1.0.0
    │  └─ redis@1.1.0
    └─ tools@1.0.0 [local]
    ");
    assert!(said(&["lock", "shop", "--update"]).contains("wrote shop/pacto.lock"));
    insta::assert_snapshot!(said(&["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ cart@1.1.0
    │  └─ redis@1.1.0
    └─ tools@1.0.0 [local]
    ");
    insta::assert_snapshot!(said(&["lock", "shop", "--update", "kafka"]), @r#"
    exit: 2
    ----- stderr -----
    Error: pacto.lock names no "kafka"; it names cart, redis, tools, default
    "#);
    insta::assert_snapshot!(said(&["lock", "oci://r.example/acme/cart"]), @r#"
    exit: 2
    ----- stderr -----
    Error: lock needs a local directory: got "oci://r.example/acme/cart"
    "#);
}

#[test]
fn with_a_lock_no_request_is_made() {
    let Some((cx, _registry)) = shop() else { return };
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    for command in
        [&["graph", "shop", "--with-references"][..], &["validate", "shop"], &["diff", "shop", "shop"]]
    {
        let output = cx.pacto([command, &["-v"]].concat());
        assert_eq!(output.code, 0, "{output}");
        assert!(!output.stderr.contains(" request "), "{output}");
    }
}

#[test]
fn what_is_not_as_it_was_locked_is_said() {
    let Some((cx, registry)) = shop() else { return };
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    // A tag that moved: the lock goes on to mean the old content, and a check finds out.
    push(&cx, "cart", "1.0.0", "team/intruder");
    insta::assert_snapshot!(said(&["validate", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop is valid
    ");
    insta::assert_snapshot!(said(&["lock", "shop", "--check"]), @"
    exit: 1
    ----- stdout -----
    shop/pacto.lock is not up to date
    ----- stderr -----
      ERROR [LOCK_DIGEST_MISMATCH] pacto.lock#dependencies[0]: oci://r.example/acme/cart 1.0.0 was locked at sha256:… and is sha256:… now
          at shop/pacto.lock:9:5
          help: to take what is there now, run `pacto lock --update cart`
    ");
    // A contract of this machine that was changed.
    cx.write("tools/pacto.yaml", service("tools", "metadata: {a: b}\n"));
    insta::assert_snapshot!(said(&["validate", "shop"]), @"
    exit: 1
    ----- stdout -----
    shop is invalid
    ----- stderr -----
      ERROR [LOCK_LOCAL_DRIFT] pacto.lock#dependencies[2]: ../tools was changed after it was locked
          at shop/pacto.lock:23:5
          help: run `pacto lock`
    Error: validation failed with 1 error(s)
    ");
    assert!(said(&["push", "oci://r.example/acme/shop", "-p", "shop"]).contains("LOCK_LOCAL_DRIFT"));
    let strict = cx.pacto(["graph", "shop", "--strict"]);
    assert_eq!(strict.code, 1, "{strict}");
    assert!(strict.stderr.ends_with("the graph is not sound: 1 problem with pacto.lock\n"), "{strict}");
    // A constraint that was changed.
    let text = cx.read("shop/pacto.yaml");
    cx.write("shop/pacto.yaml", text.replacen("^1.0.0", "^1", 1).replace("acme/rules'", "acme/rules:1.0.0'"));
    insta::assert_snapshot!(said(&["validate", "shop"]), @"
    exit: 1
    ----- stdout -----
    shop is invalid
    ----- stderr -----
      ERROR [LOCK_STALE] dependencies[0].ref: oci://r.example/acme/cart (^1) is not in pacto.lock
           --> shop/pacto.yaml:4:11
            |
          4 |   - {ref: 'oci://r.example/acme/cart', required: true, compatibility: ^1}
            |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^
          help: run `pacto lock`
      ERROR [LOCK_STALE] policy.ref: oci://r.example/acme/rules:1.0.0 is not in pacto.lock
           --> shop/pacto.yaml:6:15
            |
          6 | policy: {ref: 'oci://r.example/acme/rules:1.0.0'}
            |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          help: run `pacto lock`
      ERROR [LOCK_LOCAL_DRIFT] pacto.lock#dependencies[2]: ../tools was changed after it was locked
          at shop/pacto.lock:23:5
          help: run `pacto lock`
    Error: validation failed with 3 error(s)
    ");
    cx.write("shop/pacto.yaml", text);
    // Another dependency.
    let shop = cx.read("shop/pacto.yaml");
    cx.write("shop/pacto.yaml", shop.replace("/cart'", "/redis'"));
    insta::assert_snapshot!(said(&["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ redis@1.0.0
    └─ tools@1.0.0 [local]
    ----- stderr -----
      ERROR [LOCK_LOCAL_DRIFT] pacto.lock#dependencies[2]: ../tools was changed after it was locked
          at shop/pacto.lock:23:5
          help: run `pacto lock`
    ");
    insta::assert_snapshot!(said(&["diff", "shop", "shop"]), @"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    No changes detected.
    ----- stderr -----
      ERROR [LOCK_LOCAL_DRIFT] pacto.lock#dependencies[2]: ../tools was changed after it was locked
          at shop/pacto.lock:23:5
          help: run `pacto lock`
    ");
    insta::assert_snapshot!(said(&["lock", "shop", "--check"]), @r#"
    exit: 1
    ----- stdout -----
    shop/pacto.lock is not up to date
    ----- stderr -----
      ERROR [LOCK_STALE] pacto.lock#dependencies[0]: nothing needs dependency "cart" any more
          at shop/pacto.lock:9:5
          help: run `pacto lock`
      ERROR [LOCK_LOCAL_DRIFT] pacto.lock#dependencies[2]: ../tools was changed after it was locked
          at shop/pacto.lock:23:5
          help: run `pacto lock`
    "#);
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    assert_eq!(cx.pacto(["lock", "shop", "--check"]).code, 0);
}

#[test]
fn a_lock_that_contradicts_itself_is_refused() {
    let Some((cx, registry)) = shop() else { return };
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    let lock = cx.read("shop/pacto.lock");
    let entry = lock.find("  - name: cart").unwrap()..lock.find("  - name: redis").unwrap();
    let entry = &lock[entry];
    cx.write(
        "shop/pacto.lock",
        lock.replace(entry, &format!("{entry}{}", entry.replace("\"1.0.0\"", "\"2.0.0\""))),
    );
    insta::assert_snapshot!(said(&["validate", "shop"]), @r#"
    exit: 1
    ----- stdout -----
    shop is invalid
    ----- stderr -----
      ERROR [LOCK_DUPLICATE_DECLARATION] pacto.lock#dependencies[1]: dependency "cart" is locked twice
          at shop/pacto.lock:17:5
      ERROR [LOCK_CONFLICT] pacto.lock#dependencies[1]: dependency "cart" is locked to 1.0.0 (sha256:…), and to 2.0.0 (sha256:…)
          at shop/pacto.lock:17:5
      ERROR [LOCK_CONFLICT] pacto.lock#dependencies[1]: dependency "cart" is locked to 2.0.0, outside of ^1.0.0
          at shop/pacto.lock:17:5
    Error: validation failed with 3 error(s)
    "#);
    let policy = &lock[lock.find("  - kind: policy").unwrap()..];
    cx.write("shop/pacto.lock", format!("{lock}{policy}"));
    insta::assert_snapshot!(said(&["validate", "shop"]), @r#"
    exit: 1
    ----- stdout -----
    shop is invalid
    ----- stderr -----
      ERROR [LOCK_AMBIGUOUS_REFERENCE] pacto.lock#references[1]: policy "default" is locked twice
          at shop/pacto.lock:36:5
    Error: validation failed with 1 error(s)
    "#);
    cx.write("shop/pacto.lock", "lockVersion: 2\n");
    insta::assert_snapshot!(said(&["validate", "shop"]), @"
    exit: 1
    ----- stdout -----
    shop is invalid
    ----- stderr -----
      ERROR [LOCK_UNREADABLE] lockVersion: got 2, want 3
          at shop/pacto.lock:1:14
          help: remove the file and run `pacto lock`
    Error: validation failed with 1 error(s)
    ");
    insta::assert_snapshot!(said(&["lock", "shop"]), @"
    exit: 1
    ----- stderr -----
      ERROR [LOCK_UNREADABLE] lockVersion: got 2, want 3
          at shop/pacto.lock:1:14
          help: remove the file and run `pacto lock`
    Error: nothing was written to shop/pacto.lock
    ");
    assert!(said(&["lock", "shop", "--update"]).contains("wrote shop/pacto.lock"));
}

#[test]
fn what_cannot_be_locked_is_said_and_nothing_written() {
    let Some((cx, registry)) = shop() else { return };
    let said = |arguments: &[&str]| said(&cx, &registry, arguments);
    let shop = cx.read("shop/pacto.yaml");
    cx.write("shop/pacto.yaml", shop.replace("/cart'", "/kafka'"));
    insta::assert_snapshot!(said(&["lock", "shop"]), @"
    exit: 1
    ----- stderr -----
      ERROR [LOCK_UNRESOLVED] dependencies[0].ref: oci://r.example/acme/kafka: artifact not found: HOST/acme/kafka
          at shop/pacto.yaml:4:11
    Error: nothing was written to shop/pacto.lock
    ");
    let twice = "dependencies:\n  - {ref: ../tools, compatibility: ^1.0.0}\n  - {ref: ../tools, compatibility: '>=1'}\n\
                 policies: [{name: a, ref: ../rules}, {name: a, ref: 'oci://r.example/acme/rules'}]\n";
    cx.write("shop/pacto.yaml", service("shop", twice));
    insta::assert_snapshot!(said(&["lock", "shop"]), @r#"
    exit: 1
    ----- stderr -----
      ERROR [LOCK_DUPLICATE_DECLARATION] dependencies[1]: dependency "tools" is declared twice
          at shop/pacto.yaml:5:5
      ERROR [LOCK_AMBIGUOUS_REFERENCE] policies[1]: two policies are called "a"
          at shop/pacto.yaml:6:38
    Error: nothing was written to shop/pacto.lock
    "#);
    assert!(!cx.path("shop/pacto.lock").exists());
}
