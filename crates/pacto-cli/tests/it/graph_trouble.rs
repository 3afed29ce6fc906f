//! `pacto graph` where something is wrong: cycles, conflicts, versions, sizes.

use std::fmt::Write;

use crate::fixture::{context, service};

#[test]
fn a_contract_may_depend_on_itself() {
    let mut cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("../shop", "*")]);
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"");
    service(&cx, "registry/cart", "cart", "1.0.0", &[("oci://r.example/cart", "*")]);
    cx.mirror("r.example", "registry");
    insta::assert_snapshot!(cx.pacto(["graph", "oci://r.example/cart", "--strict"]), @"");
}

#[test]
fn every_cycle_is_listed_from_the_root_on() {
    let cx = context();
    service(&cx, "a", "a", "1.0.0", &[("../b", "*"), ("../d", "*")]);
    service(&cx, "b", "b", "1.0.0", &[("../c", "*")]);
    service(&cx, "c", "c", "1.0.0", &[("../a", "*"), ("../b", "*")]);
    service(&cx, "d", "d", "1.0.0", &[("../c", "*")]);
    insta::assert_snapshot!(cx.pacto(["graph", "a", "--strict"]), @"");
}

#[test]
fn cycles_are_lists_in_json() {
    let cx = context();
    service(&cx, "a", "a", "1.0.0", &[("../b", "*")]);
    service(&cx, "b", "b", "1.0.0", &[("../a", "*")]);
    let json = cx.pacto(["graph", "a", "--output-format", "json"]).json();
    assert_eq!(json["cycles"], serde_json::json!([["a", "../b", "../a"]]));
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["root"]).unwrap(), @"");
}

#[test]
fn references_make_no_cycle() {
    let cx = context();
    let text = |name: &str, other: &str| {
        format!("{}policy: {{ref: ../{other}}}\n", crate::fixture::contract(name, "1.0.0", &[]))
    };
    cx.write("a/pacto.yaml", text("a", "b")).write("b/pacto.yaml", text("b", "a"));
    insta::assert_snapshot!(cx.pacto(["graph", "a", "--with-references", "--strict"]), @"");
}

#[test]
fn a_diamond_is_no_cycle() {
    let cx = context();
    service(&cx, "top", "top", "1.0.0", &[("../left", "*"), ("../right", "*")]);
    service(&cx, "left", "left", "1.0.0", &[("../bottom", "*")]);
    service(&cx, "right", "right", "1.0.0", &[("../bottom", "*")]);
    service(&cx, "bottom", "bottom", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["graph", "top", "--strict"]), @"");
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
    insta::assert_snapshot!(cx.pacto(["graph", "shop", "--strict"]), @"");
    let json = cx.pacto(["graph", "shop", "--output-format", "json"]).json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["conflicts"]).unwrap(), @"");
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
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"");
}

#[test]
fn constraints_exclude_each_other_even_where_nothing_can_be_fetched() {
    let cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("oci://r.example/kv", "^6.0.0"), ("../cart", "*")]);
    service(&cx, "cart", "cart", "1.0.0", &[("oci://r.example/kv", ">=7 <9")]);
    let output = cx.pacto(["graph", "shop"]);
    insta::assert_snapshot!(output.stdout.split("\n\n").nth(1).unwrap(), @"");
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
    insta::assert_snapshot!(cx.pacto(["graph", "shop", "--strict"]), @"");
    let json = cx.pacto(["graph", "shop", "--output-format", "json"]).json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["warnings"][0]).unwrap(), @"");
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
    insta::assert_snapshot!(cx.pacto(["graph", "shop"]), @"");
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
    insta::assert_snapshot!(errors.join(""), @"");
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
    insta::assert_snapshot!(output.stderr, @"");
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
    insta::assert_snapshot!(output.stdout.lines().last().unwrap().trim_start(), @"");
    let json = cx.pacto(["graph", "s0", "--output-format", "json"]);
    assert_eq!(json.code, 0, "{}", json.stderr);
}
