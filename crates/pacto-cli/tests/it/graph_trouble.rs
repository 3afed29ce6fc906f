//! `pacto graph` where something is wrong: cycles, conflicts, versions, sizes.

use std::fmt::Write;

use crate::fixture::{context, service};

#[test]
fn a_contract_may_depend_on_itself() {
    let mut cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("../shop", "*")]);
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    └─ shop [local] (error: cycle detected: ../shop)

    Cycles (1):
      shop -> ../shop
    ");
    service(&cx, "registry/cart", "cart", "1.0.0", &[("oci://r.example/cart", "*")]);
    cx.mirror("r.example", "registry");
    insta::assert_snapshot!(cx.pacto(["graph", "oci://r.example/cart", "--strict"]), @"
    exit: 1
    ----- stdout -----
    cart@1.0.0
    └─ cart (error: cycle detected: oci://r.example/cart)

    Cycles (1):
      cart -> oci://r.example/cart
    ----- stderr -----
    Error: the graph is not sound: 1 cycle
    ");
}

#[test]
fn cycles_are_listed_from_the_root_on() {
    let cx = context();
    service(&cx, "a", "a", "1.0.0", &[("../b", "*"), ("../d", "*")]);
    service(&cx, "b", "b", "1.0.0", &[("../c", "*")]);
    service(&cx, "c", "c", "1.0.0", &[("../a", "*"), ("../b", "*")]);
    service(&cx, "d", "d", "1.0.0", &[("../c", "*")]);
    insta::assert_snapshot!(cx.pacto(["graph", "a", "--strict"]), @"
    exit: 1
    ----- stdout -----
    a@1.0.0
    ├─ b@1.0.0 [local]
    │  └─ c@1.0.0 [local]
    │     ├─ a [local] (error: cycle detected: ../a)
    │     └─ b [local] (error: cycle detected: ../b)
    └─ d@1.0.0 [local]
       └─ c@1.0.0 [local] (shared)

    Cycles (2):
      a -> ../b -> ../c -> ../a
      a -> ../b -> ../c -> ../b
    ----- stderr -----
    Error: the graph is not sound: 2 cycles
    ");
}

#[test]
fn cycles_are_lists_in_json() {
    let cx = context();
    service(&cx, "a", "a", "1.0.0", &[("../b", "*")]);
    service(&cx, "b", "b", "1.0.0", &[("../a", "*")]);
    let json = cx.pacto(["graph", "a", "--output-format", "json"]).json();
    assert_eq!(json["cycles"], serde_json::json!([["a", "../b", "../a"]]));
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["root"]).unwrap(), @r#"
    {
      "name": "a",
      "version": "1.0.0",
      "dependencies": [
        {
          "ref": "../b",
          "required": true,
          "compatibility": "*",
          "type": "dependency",
          "node": {
            "name": "b",
            "version": "1.0.0",
            "ref": "../b",
            "local": true,
            "dependencies": [
              {
                "ref": "../a",
                "required": true,
                "compatibility": "*",
                "type": "dependency",
                "error": "cycle detected: ../a",
                "local": true
              }
            ]
          },
          "local": true
        }
      ]
    }
    "#);
}

#[test]
fn references_make_no_cycle() {
    let cx = context();
    let text = |name: &str, other: &str| {
        format!("{}policy: {{ref: ../{other}}}\n", crate::fixture::contract(name, "1.0.0", &[]))
    };
    cx.write("a/pacto.yaml", text("a", "b")).write("b/pacto.yaml", text("b", "a"));
    insta::assert_snapshot!(cx.pacto(["graph", "a", "--with-references", "--strict"]), @"
    exit: 0
    ----- stdout -----
    a@1.0.0
    └─ b@1.0.0 [ref] [local]
       └─ a@1.0.0 [ref] [local] (shared)
    ");
}

#[test]
fn a_cycle_behind_a_reference_is_found() {
    let cx = context();
    let settings = "configuration: {ref: ../settings}\n";
    cx.write("shop/pacto.yaml", crate::fixture::contract("shop", "1.0.0", &[]) + settings);
    service(&cx, "settings", "settings", "1.0.0", &[("../store", "*")]);
    service(&cx, "store", "store", "1.0.0", &[("../settings", "*")]);
    assert_eq!(cx.pacto(["graph", "shop", "--strict"]).code, 0);
    insta::assert_snapshot!(cx.pacto(["graph", "shop", "--strict", "--with-references"]), @"
    exit: 1
    ----- stdout -----
    shop@1.0.0
    └─ settings@1.0.0 [ref] [local]
       └─ store@1.0.0 [local]
          └─ settings [local] (error: cycle detected: ../settings)

    Cycles (1):
      settings -> ../store -> ../settings
    ----- stderr -----
    Error: the graph is not sound: 1 cycle
    ");
}

#[test]
fn a_way_back_to_the_user_of_a_configuration_is_no_cycle() {
    let cx = context();
    let settings = "configuration: {ref: ../settings}\n";
    cx.write("shop/pacto.yaml", crate::fixture::contract("shop", "1.0.0", &[]) + settings);
    service(&cx, "settings", "settings", "1.0.0", &[("../shop", "*")]);
    insta::assert_snapshot!(cx.pacto(["graph", "shop", "--strict", "--with-references"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    └─ settings@1.0.0 [ref] [local]
       └─ shop@1.0.0 [local] (shared)
    ");
}

#[test]
fn a_diamond_is_no_cycle() {
    let cx = context();
    service(&cx, "top", "top", "1.0.0", &[("../left", "*"), ("../right", "*")]);
    service(&cx, "left", "left", "1.0.0", &[("../bottom", "*")]);
    service(&cx, "right", "right", "1.0.0", &[("../bottom", "*")]);
    service(&cx, "bottom", "bottom", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["graph", "top", "--strict"]), @"
    exit: 0
    ----- stdout -----
    top@1.0.0
    ├─ left@1.0.0 [local]
    │  └─ bottom@1.0.0 [local]
    └─ right@1.0.0 [local]
       └─ bottom@1.0.0 [local] (shared)
    ");
}

#[test]
fn two_versions_of_one_service_are_a_conflict() {
    let mut cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("oci://r.example/cart", "*"), ("oci://r.example/stock", "*")]);
    service(&cx, "registry/cart", "cart", "1.0.0", &[("oci://r.example/kv", "^6.0.0")]);
    service(&cx, "registry/stock", "stock", "1.0.0", &[("oci://r.example/kv", "^7.0.0")]);
    service(&cx, "registry/kv6", "kv", "6.2.0", &[]);
    service(&cx, "registry/kv7", "kv", "7.0.1", &[]);
    cx.mirror("r.example", "registry");
    insta::assert_snapshot!(cx.pacto(["graph", "shop", "--strict"]), @"
    exit: 1
    ----- stdout -----
    shop@1.0.0
    ├─ cart@1.0.0
    │  └─ kv@6.2.0
    └─ stock@1.0.0
       └─ kv@7.0.1

    Conflicts (1):
      kv: [kv@6.2.0 kv@7.0.1] no version satisfies ^6.0.0 (cart) and ^7.0.0 (stock)
    ----- stderr -----
    Error: the graph is not sound: 1 conflict
    ");
    let json = cx.pacto(["graph", "shop", "--output-format", "json"]).json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["conflicts"]).unwrap(), @r#"
    [
      {
        "name": "kv",
        "versions": [
          "kv@6.2.0",
          "kv@7.0.1"
        ],
        "constraints": [
          "^6.0.0 (cart)",
          "^7.0.0 (stock)"
        ]
      }
    ]
    "#);
}

#[test]
fn versions_that_one_constraint_admits_are_still_two_versions() {
    let mut cx = context();
    service(
        &cx,
        "shop",
        "shop",
        "1.0.0",
        &[("oci://r.example/kv:7.0.0", "^7.0.0"), ("oci://r.example/cart", "*")],
    );
    service(&cx, "registry/cart", "cart", "1.0.0", &[("oci://r.example/kv:7.1.0", "^7.0.0")]);
    service(&cx, "registry/kv0", "kv", "7.0.0", &[]);
    service(&cx, "registry/kv1", "kv", "7.1.0", &[]);
    cx.mirror("r.example", "registry");
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ kv@7.0.0
    └─ cart@1.0.0
       └─ kv@7.1.0

    Conflicts (1):
      kv: [kv@7.0.0 kv@7.1.0]
    ");
}

#[test]
fn constraints_exclude_each_other_even_where_nothing_can_be_fetched() {
    let cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("oci://r.example/kv", "^6.0.0"), ("../cart", "*")]);
    service(&cx, "cart", "cart", "1.0.0", &[("oci://r.example/kv", ">=7 <9")]);
    let output = cx.pacto(["graph", "shop"]);
    insta::assert_snapshot!(output.stdout.split("\n\n").nth(1).unwrap(), @"
    Conflicts (1):
      kv: no version satisfies >=7 <9 (cart) and ^6.0.0 (shop)
    ");
}

#[test]
fn one_alias_for_two_repositories_is_no_conflict() {
    let cx = context();
    let with_alias = |name: &str, reference: &str, range: &str| {
        format!(
            "pactoVersion: \"1.0\"\nservice: {{name: {name}, version: 1.0.0}}\ndependencies:\n  - {{name: db, ref: '{reference}', required: true, compatibility: '{range}'}}\n"
        )
    };
    cx.write(
        "shop/pacto.yaml",
        with_alias("shop", "oci://r.example/postgres", "^16.0.0")
            + "  - {ref: ../cart, required: true, compatibility: '*'}\n",
    );
    cx.write("cart/pacto.yaml", with_alias("cart", "oci://r.example/mysql", "^8.0.0"));
    let output = cx.pacto(["graph", "shop"]);
    assert!(!output.stdout.contains("Conflicts"), "{output}");
}

#[test]
fn a_tag_outside_of_its_own_constraint_is_a_warning() {
    let mut cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("oci://r.example/kv:6.2.0", "^7.0.0"), ("../cart", "^2.0.0")]);
    service(&cx, "registry/kv", "kv", "6.2.0", &[]);
    service(&cx, "cart", "cart", "1.0.0", &[]);
    cx.mirror("r.example", "registry");
    insta::assert_snapshot!(cx.pacto(["graph", "shop", "--strict"]), @"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ kv@6.2.0
    └─ cart@1.0.0 [local]
    ----- stderr -----
      WARN  [INCOMPATIBLE_TAG] dependencies[0].ref: oci://r.example/kv:6.2.0 is version 6.2.0, outside of ^7.0.0
          at shop/pacto.yaml:6:10
          help: change the tag, or the constraint in `compatibility`
      WARN  [INCOMPATIBLE_TAG] dependencies[1].ref: ../cart is version 1.0.0, outside of ^2.0.0
          at shop/pacto.yaml:9:10
          help: change the tag, or the constraint in `compatibility`
    ");
    let json = cx.pacto(["graph", "shop", "--output-format", "json"]).json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["warnings"][0]).unwrap(), @r#"
    {
      "code": "INCOMPATIBLE_TAG",
      "severity": "warning",
      "path": "dependencies[0].ref",
      "pointer": "/dependencies/0/ref",
      "message": "oci://r.example/kv:6.2.0 is version 6.2.0, outside of ^7.0.0",
      "help": "change the tag, or the constraint in `compatibility`",
      "file": "shop/pacto.yaml",
      "line": 6,
      "column": 10
    }
    "#);
}

#[test]
fn every_reason_for_a_missing_service_is_said() {
    let mut cx = context();
    cx.write("registry/broken/pacto.yaml", "service: [");
    cx.write("broken/pacto.yaml", "service: [");
    cx.write("file", "");
    service(&cx, "registry/kv", "kv", "7.0.0", &[]);
    service(&cx, "registry/twin1", "twin", "1.0.0", &[]);
    service(&cx, "registry/twin2", "twin", "1.0.0", &[]);
    cx.mirror("r.example", "registry")
        .mirror("gone.example", "./gone")
        .mirror("far.example", "localhost:5000/x");
    let needs = [
        ("oci://r.example/none", "*"),
        ("oci://r.example/kv", "^8.0.0"),
        ("oci://r.example/kv:6", "*"),
        ("oci://r.example/kv", "not a range"),
        ("oci://r.example/broken", "*"),
        ("oci://r.example/twin", "*"),
        ("oci://elsewhere.example/x", "*"),
        ("oci://gone.example/x", "*"),
        ("oci://far.example/x", "*"),
        ("oci-layout:///nowhere", "*"),
        ("../nothing", "*"),
        ("../file", "*"),
        ("../broken", "*"),
        ("../registry", "*"),
        ("oci://", "*"),
        ("oci://Not A Reference", "*"),
        ("https://r.example/x", "*"),
    ];
    service(&cx, "shop", "shop", "1.0.0", &needs);
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @r#"
    exit: 0
    ----- stdout -----
    shop@1.0.0
    ├─ none (error: artifact not found: oci://r.example/none)
    ├─ kv (error: no versions of oci://r.example/kv match constraint "^8.0.0": it has 7.0.0)
    ├─ kv:6 (error: artifact not found: oci://r.example/kv:6; it has 7.0.0)
    ├─ kv (error: invalid constraint: term "not" at column 1: version "not": "not" is not a number; write one to three numbers, such as 1.2.3, and a pre-release after a hyphen)
    ├─ broken (error: the contract in [ROOT]/work/registry/broken cannot be read, so the highest version of broken is not known)
    ├─ twin (error: 2 bundles claim to be twin 1.0.0: registry/twin1, registry/twin2)
    ├─ x (error: registry unreachable for elsewhere.example/x: the name of the host cannot be resolved)
    ├─ x (error: registry unreachable for oci://gone.example/x: mirror folder [ROOT]/work/gone: No such file or directory (os error 2))
    ├─ x (error: registry unreachable for localhost:5000/x/x: cannot connect: Connection refused (os error 111))
    ├─ nowhere (error: artifact not found: oci-layout:///nowhere)
    ├─ nothing [local] (error: cannot access nothing: No such file or directory (os error 2))
    ├─ file [local] (error: file is not a directory)
    ├─ broken [local] (error: ../broken is not a readable contract: broken/pacto.yaml:1:10: unclosed bracket '[')
    ├─ registry [local] (error: no pacto.yaml found in registry)
    ├─ oci:// (error: the reference is empty)
    ├─ Not A Reference (error: the reference contains a blank or a control character)
    └─ x (error: the scheme https:// is not supported; use oci://, oci-layout://, file:// or a path)
    "#);
}

#[test]
fn a_root_that_cannot_be_read_is_an_error() {
    let mut cx = context();
    service(&cx, "registry/kv", "kv", "7.0.0", &[]);
    cx.mirror("r.example", "registry");
    let errors = [
        "oci://r.example/none",
        "oci://r.example/kv:6",
        "oci://other.example/x",
        "oci://",
        "oci://A B",
        "none",
    ]
    .map(|root| cx.pacto(["graph", root]).to_string());
    insta::assert_snapshot!(errors.join(""), @r#"
    exit: 3
    ----- stderr -----
    Error: artifact not found: oci://r.example/none
    exit: 3
    ----- stderr -----
    Error: artifact not found: oci://r.example/kv:6; it has 7.0.0
    exit: 3
    ----- stderr -----
    Error: registry unreachable for other.example/x: the name of the host cannot be resolved
    exit: 2
    ----- stderr -----
    Error: "oci://": the reference is empty
    exit: 2
    ----- stderr -----
    Error: "oci://A B": the reference contains a blank or a control character
    exit: 3
    ----- stderr -----
    Error: cannot access none: No such file or directory (os error 2)
    "#);
}

#[test]
fn ten_thousand_dependencies_of_one_contract_are_fine() {
    let mut cx = context();
    let mut text = crate::fixture::contract("wide", "1.0.0", &[]) + "dependencies:\n";
    for number in 0..10_000 {
        let _ = writeln!(
            text,
            "  - {{ref: \"oci://r.example/s{number}\", required: true, compatibility: \"^1\"}}"
        );
        // One bundle of the folder for each hundred, so that the test is about the graph and not about the disk.
        if number % 100 == 0 {
            service(&cx, &format!("registry/s{number}"), &format!("s{number}"), "1.0.0", &[]);
        }
    }
    cx.write("wide/pacto.yaml", text);
    cx.mirror("r.example", "registry");
    let output = cx.pacto(["graph", "wide", "--strict"]);
    assert_eq!((output.code, output.stdout.lines().count()), (1, 10_001));
    insta::assert_snapshot!(output.stderr, @"Error: the graph is not sound: 9900 unresolved dependencies");
}

#[test]
fn ten_thousand_constraints_on_one_service_do_not_stall() {
    let cx = context();
    let mut text = crate::fixture::contract("wide", "1.0.0", &[]) + "dependencies:\n";
    for number in 0..10_000 {
        let _ = writeln!(
            text,
            "  - {{ref: \"oci://r.example/kv\", required: true, compatibility: \">=1.0.{number}\"}}"
        );
    }
    cx.write("wide/pacto.yaml", text);
    let output = cx.pacto(["graph", "wide"]);
    assert_eq!((output.code, output.stdout.lines().count()), (0, 10_001));
}

#[test]
fn a_chain_as_deep_as_the_limit_is_cut_with_a_reason() {
    let cx = context();
    let depth = pacto_contract::limits::MAX_GRAPH_DEPTH;
    for level in 0..=depth + 1 {
        let next = format!("../s{}", level + 1);
        service(&cx, &format!("s{level}"), &format!("s{level}"), "1.0.0", &[(&next, "*")]);
    }
    let output = cx.pacto(["graph", "s0"]);
    assert_eq!(output.code, 0);
    assert_eq!(output.stdout.lines().count(), depth + 2);
    insta::assert_snapshot!(output.stdout.lines().last().unwrap().trim_start(), @"└─ s1001 [local] (error: the graph is deeper than 1000 levels)");
    let json = cx.pacto(["graph", "s0", "--output-format", "json"]);
    assert_eq!(json.code, 0, "{}", json.stderr);
}

#[test]
fn a_mirror_with_a_broken_version_does_not_answer_with_an_older_one() {
    let mut cx = context();
    service(&cx, "m/stock/v1", "stock", "1.0.0", &[]);
    cx.write("m/stock/v2/pacto.yaml", "service: {name: stock, version: [");
    cx.mirror("r.example/acme", "m");
    insta::assert_snapshot!(cx.pacto(["explain", "oci://r.example/acme/stock"]), @"
    exit: 3
    ----- stderr -----
    Error: the contract in [ROOT]/work/m/stock/v2 cannot be read, so the highest version of stock is not known
    ");
    insta::assert_snapshot!(cx.pacto(["explain", "oci://r.example/acme/stock:2.0.0"]), @"
    exit: 3
    ----- stderr -----
    Error: artifact not found: oci://r.example/acme/stock:2.0.0; it has 1.0.0; the contract in [ROOT]/work/m/stock/v2 cannot be read
    ");
    assert_eq!(cx.pacto(["explain", "oci://r.example/acme/stock:1.0.0"]).code, 0);
}

#[test]
fn an_image_layout_is_a_place_of_the_machine_whose_contract_names_it() {
    let mut cx = context();
    service(&cx, "stock", "stock", "1.0.0", &[]);
    assert_eq!(cx.pacto(["push", "oci-layout://layouts/stock", "-p", "stock"]).code, 0);
    // Seen from the contract, not from where the command runs.
    service(&cx, "services/cart", "cart", "1.0.0", &[("oci-layout://../../layouts/stock", "^1.0.0")]);
    insta::assert_snapshot!(cx.pacto(["graph", "services/cart"]), @"
    exit: 0
    ----- stdout -----
    cart@1.0.0
    └─ stock@1.0.0
    ");
    // What came from a registry does not choose what is read here.
    let layout = format!("oci-layout://{}", cx.path("layouts/stock").display());
    service(&cx, "registry/evil", "evil", "1.0.0", &[(&layout, "^1.0.0")]);
    cx.mirror("r.example", "registry");
    insta::assert_snapshot!(cx.pacto(["graph", "oci://r.example/evil"]), @"
    exit: 0
    ----- stdout -----
    evil@1.0.0
    └─ stock (error: oci-layout://[ROOT]/work/layouts/stock is a local path in a contract that came from a registry)
    ");
}
