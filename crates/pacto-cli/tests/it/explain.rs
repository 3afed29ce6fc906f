//! `pacto explain`.

use crate::fixture::{cart, cart_with, context, service};

#[test]
fn shows_a_contract_as_text() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"");
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
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--all"]), @"");
}

#[test]
fn a_minimal_contract_has_two_lines() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"");
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
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"");
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
    insta::assert_snapshot!(output, @"");
}

#[test]
fn json_of_a_minimal_contract_has_every_key() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--output-format", "json"]), @"");
}

#[test]
fn markdown_holds_everything() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--output-format", "markdown"]), @"");
}

#[test]
fn what_is_no_contract_is_an_answer_with_its_place() {
    let cx = context();
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice: {name: cart\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"");
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice:\n  version: 1.0.0\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"");
    cx.write("cart/pacto.yaml", "");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"");
    cx.write("cart/pacto.yaml", b"a: \xff\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart"]), @"");
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
