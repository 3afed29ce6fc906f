//! `pacto validate` on one contract.

use crate::fixture::{cart, cart_with, context, service};

#[test]
fn a_valid_contract_is_one_line() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
    insta::assert_snapshot!(cx.pacto_in("cart", ["validate"]), @"");
    insta::assert_snapshot!(cx.pacto(["validate", "file://cart"]), @"");
}

#[test]
fn an_invalid_contract_shows_each_error_in_its_line() {
    let cx = context();
    cart_with(&cx, "cart", &[("type: http", "type: htp"), ("min: 2", "min: two")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
}

#[test]
fn warnings_do_not_fail() {
    let cx = context();
    cart_with(&cx, "cart", &[("ghcr.io/acme/stock\n", "ghcr.io/acme/stock:2.1.0\n")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
}

#[test]
fn values_of_a_configuration_are_never_shown() {
    let cx = context();
    cart_with(&cx, "cart", &[("LOG_LEVEL: info", "LOG_LEVEL: 3k9-secret"), ("hunter2", "abc")]);
    for format in ["text", "json", "markdown", "sarif", "junit", "github"] {
        let output = cx.pacto(["validate", "cart", "--output-format", format]);
        assert_eq!(output.code, 1, "{output}");
        assert!(!output.to_string().contains("3k9-secret"), "{output}");
    }
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
}

#[test]
fn text_that_is_no_yaml_is_a_parse_error_with_its_place() {
    let cx = context();
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice:\n  name: cart\n version: 1.0.0\n");
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
}

#[test]
fn a_finding_about_the_whole_contract_has_no_path() {
    let cx = context();
    cx.write("rules/pacto.yaml", "pactoVersion: \"1.0\"\nservice: {name: rules, version: 1.0.0}\npolicy: {schema: policy/schema.json}\n");
    cx.write(
        "rules/policy/schema.json",
        r#"{"title": "Every service has an owner", "required": ["runtime"]}"#,
    );
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice: {name: cart, version: 1.0.0}\ninterfaces: [{name: api, type: http, port: 80}]\npolicy: {ref: ../rules}\n");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "rules"]), @"");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "github"]), @"");
}

#[test]
fn a_policy_that_cannot_be_read_fails_closed() {
    let cx = context();
    cart_with(
        &cx,
        "cart",
        &[("dependencies:\n", "policy:\n  ref: oci://ghcr.io/acme/rules\n\ndependencies:\n")],
    );
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
}

#[test]
fn a_reference_is_judged_through_its_mirror() {
    let mut cx = context();
    service(&cx, "registry/cart", "cart", "1.0.0", &[]);
    service(&cx, "registry/cart2", "cart", "1.1.0-rc.1", &[]);
    cx.mirror("ghcr.io/acme", "registry");
    insta::assert_snapshot!(cx.pacto(["validate", "oci://ghcr.io/acme/cart"]), @"");
    insta::assert_snapshot!(cx.pacto(["validate", "oci://ghcr.io/acme/cart:1.1.0-rc.1"]), @"");
    insta::assert_snapshot!(cx.pacto(["validate", "oci://ghcr.io/acme/cart:9.9.9"]), @"");
}

#[test]
fn json_has_one_verdict() {
    let cx = context();
    cart_with(
        &cx,
        "cart",
        &[("type: http", "type: htp"), ("ghcr.io/acme/stock\n", "ghcr.io/acme/stock:2.1.0\n")],
    );
    let output = cx.pacto(["validate", "cart", "--output-format", "json"]);
    output.json();
    insta::assert_snapshot!(output, @"");
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "json"]), @"");
}

#[test]
fn markdown_has_one_table() {
    let cx = context();
    cart_with(&cx, "cart", &[("type: http", "type: htp"), ("max: 6", "max: 6\n  mix: 7")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "markdown"]), @"");
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "markdown"]), @"");
}

#[test]
fn sarif_names_rules_places_and_columns() {
    let cx = context();
    cart_with(&cx, "my cart", &[("type: http", "type: htp")]);
    let output = cx.pacto(["validate", "my cart", "--output-format", "sarif"]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    let mut log = output.json();
    log["runs"][0]["tool"]["driver"]["version"] = "[VERSION]".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap(), @"");
}

#[test]
fn sarif_of_a_valid_contract_is_a_run_without_results() {
    let cx = context();
    cart(&cx, "cart");
    let output = cx.pacto(["validate", "cart", "--output-format", "sarif"]);
    let log = output.json();
    assert_eq!((output.code, &log["runs"][0]["results"]), (0, &serde_json::json!([])));
}

#[test]
fn junit_has_a_case_for_each_error_and_one_for_a_valid_contract() {
    let cx = context();
    cart_with(&cx, "bad", &[("type: http", "type: htp"), ("max: 6", "max: six")]);
    cart_with(&cx, "good", &[("ghcr.io/acme/stock\n", "ghcr.io/acme/stock:2.1.0\n")]);
    cx.write("ugly/pacto.yaml", "a: [");
    insta::assert_snapshot!(cx.pacto(["validate", "bad", "good", "ugly", "--output-format", "junit"]), @"");
}

#[test]
fn github_has_an_annotation_for_each_finding() {
    let cx = context();
    cart_with(&cx, "cart", &[("type: http", "type: htp"), ("max: 6", "max: 100%")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "github"]), @"");
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "github"]), @"");
}

#[test]
fn findings_after_overrides_point_into_no_file_of_the_user() {
    let cx = context();
    cart(&cx, "cart");
    let run = |format| cx.pacto(["validate", "cart", "--set", "scaling.min=9", "--output-format", format]);
    insta::assert_snapshot!(run("text"), @"");
    insta::assert_snapshot!(run("github"), @"");
    let place = &run("sarif").json()["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place, &serde_json::json!({"artifactLocation": {"uri": "cart/pacto.yaml"}}));
}

#[test]
#[cfg(unix)]
fn things_that_are_no_files_are_refused_at_once() {
    use std::os::unix::fs::symlink;
    let cx = context();
    let contract = cx.path("cart/pacto.yaml");
    cx.write("cart/interfaces/x", "");
    let refused = |make: &dyn Fn()| {
        make();
        let output = cx.pacto(["validate", "cart"]);
        let _ = std::fs::remove_file(&contract).or_else(|_| std::fs::remove_dir(&contract));
        output.to_string()
    };
    let links = [
        refused(&|| std::fs::create_dir(&contract).unwrap()),
        refused(&|| symlink("/dev/zero", &contract).unwrap()),
        refused(&|| symlink("/etc/passwd", &contract).unwrap()),
        refused(&|| symlink("pacto.yaml", &contract).unwrap()),
        refused(&|| symlink("nowhere", &contract).unwrap()),
        refused(&|| assert!(std::process::Command::new("mkfifo").arg(&contract).status().unwrap().success())),
    ];
    insta::assert_snapshot!(links.join("\n"), @"");
}

#[test]
fn a_contract_one_byte_over_the_limit_is_refused() {
    let cx = context();
    let contract = crate::fixture::contract("cart", "1.0.0", &[]);
    let limit = pacto_contract::limits::MAX_CONTRACT_BYTES;
    let padded = |size: usize| format!("{contract}#{}", "x".repeat(size - contract.len() - 1));
    cx.write("cart/pacto.yaml", padded(limit));
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
    cx.write("cart/pacto.yaml", padded(limit + 1));
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"");
}
