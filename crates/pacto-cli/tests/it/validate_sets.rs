//! `pacto validate` on many contracts: several arguments, patterns, trees.

use pacto_testkit::TestContext;

use crate::fixture::{context, service};

/// Two valid services, one invalid, one unreadable, and directories that are never entered.
fn platform() -> TestContext {
    let cx = context();
    service(&cx, "services/cart", "cart", "1.0.0", &[]);
    service(&cx, "services/stock/v1", "stock", "1.0.0", &[]);
    service(&cx, "services/stock/v2", "stock", "two", &[]);
    cx.write("services/broken/pacto.yaml", "service: [");
    cx.write("services/README.md", "no contract");
    cx.write("services/notes/todo.txt", "no contract");
    service(&cx, "services/node_modules/left-pad", "left-pad", "1.0.0", &[]);
    service(&cx, "services/.hidden/secret", "secret", "1.0.0", &[]);
    service(&cx, "services/cart/nested", "nested", "1.0.0", &[]);
    cx
}

/// The lines about contracts.
fn verdicts(cx: &TestContext, arguments: &[&str]) -> String {
    let mut all = vec!["validate"];
    all.extend(arguments);
    let output = cx.pacto(&all);
    let summary = output.stderr.lines().find(|line| line.contains(" valid, ")).unwrap_or_default();
    format!("exit: {}\n{}{summary}", output.code, output.stdout)
}

#[test]
fn a_directory_without_contract_is_searched() {
    insta::assert_snapshot!(platform().pacto(["validate", "services"]), @"");
}

#[test]
fn the_current_directory_is_searched_too() {
    insta::assert_snapshot!(platform().pacto_in("services/stock", ["validate"]), @"");
}

#[test]
fn a_contract_hides_those_below_it_unless_recursive() {
    let cx = platform();
    insta::assert_snapshot!(verdicts(&cx, &["services/cart"]), @"");
    insta::assert_snapshot!(verdicts(&cx, &["services/cart", "--recursive"]), @"");
    insta::assert_snapshot!(verdicts(&cx, &["-r", "services/stock"]), @"");
}

#[test]
fn several_arguments_are_judged_in_their_order_and_once() {
    let cx = platform();
    insta::assert_snapshot!(
        verdicts(&cx, &["services/stock/v1", "services/cart", "./services/cart/", "services/stock/../cart"]),
        @""
    );
}

#[test]
fn a_pattern_means_the_directories_that_match_and_what_lies_below_them() {
    let cx = platform();
    insta::assert_snapshot!(verdicts(&cx, &["services/*"]), @"");
    insta::assert_snapshot!(verdicts(&cx, &["services/stock/v[12]"]), @"");
    insta::assert_snapshot!(verdicts(&cx, &["services/**/pacto.yaml"]), @"");
    insta::assert_snapshot!(verdicts(&cx, &["ser*/c?rt"]), @"");
}

#[test]
fn a_directory_may_be_named_like_a_pattern() {
    let cx = context();
    service(&cx, "serv[1]ces", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["validate", "serv[1]ces"]), @"");
}

#[test]
fn what_names_no_contract_is_an_error() {
    let cx = platform();
    let errors = [
        cx.pacto(["validate", "services/notes"]),
        cx.pacto(["validate", "services/notes/*"]),
        cx.pacto(["validate", "nothing/*"]),
        cx.pacto(["validate", "services/[a"]),
        cx.pacto(["validate", "services/cart", "services/nothing"]),
        cx.pacto(["validate", "services/cart", "services/README.md"]),
        cx.pacto(["validate", "--recursive", "services/notes"]),
        cx.pacto(["validate", ""]),
    ];
    insta::assert_snapshot!(errors.map(|output| output.to_string()).join("\n"), @"");
}

#[test]
fn json_of_a_set_counts_and_lists() {
    let cx = platform();
    let output = cx.pacto(["validate", "services/cart", "services/stock", "--output-format", "json"]);
    output.json();
    insta::assert_snapshot!(output, @"");
}

#[test]
fn a_set_of_one_is_a_set() {
    let cx = platform();
    let keys = |arguments: &[&str]| -> String {
        let mut all = vec!["validate", "--output-format", "json"];
        all.extend(arguments);
        cx.pacto(&all).json().as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(keys(&["services/cart"]), @"");
    insta::assert_snapshot!(keys(&["services/c*"]), @"");
    insta::assert_snapshot!(keys(&["-r", "services/stock/v1"]), @"");
    cx.write("lone/deep/pacto.yaml", crate::fixture::contract("lone", "1.0.0", &[]));
    insta::assert_snapshot!(keys(&["lone"]), @"");
}

#[test]
fn markdown_of_a_set_has_a_heading_for_each_contract() {
    insta::assert_snapshot!(platform().pacto(["validate", "services/stock", "--output-format", "markdown"]), @"");
}

#[test]
fn overrides_apply_to_each_contract() {
    let cx = platform();
    insta::assert_snapshot!(verdicts(&cx, &["services/stock", "--set-string", "service.version=3.0.0"]), @"");
}

#[test]
fn references_and_directories_mix() {
    let mut cx = platform();
    cx.mirror("ghcr.io/acme", "services");
    insta::assert_snapshot!(verdicts(&cx, &["oci://ghcr.io/acme/stock:1.0.0", "services/cart"]), @"");
}
