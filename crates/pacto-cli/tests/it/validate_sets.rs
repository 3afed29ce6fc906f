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
    insta::assert_snapshot!(platform().pacto(["validate", "services"]), @r#"
    exit: 1
    ----- stdout -----
    services/broken is invalid
    services/cart is valid
    services/stock/v1 is valid
    services/stock/v2 is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] unclosed bracket '['
          at services/broken/pacto.yaml:1:10
      ERROR [INVALID_SEMVER] service.version: version "two" is not semver: version "two": "two" is not a number; write one to three numbers, such as 1.2.3, and a pre-release after a hyphen
           --> services/stock/v2/pacto.yaml:4:12
            |
          4 |   version: "two"
            |            ^^^^^
          help: write major.minor.patch, such as 1.4.0
    2 valid, 2 invalid
    Error: validation failed with 2 error(s)
    "#);
}

#[test]
fn the_current_directory_is_searched_too() {
    insta::assert_snapshot!(platform().pacto_in("services/stock", ["validate"]), @r#"
    exit: 1
    ----- stdout -----
    v1 is valid
    v2 is invalid
    ----- stderr -----
      ERROR [INVALID_SEMVER] service.version: version "two" is not semver: version "two": "two" is not a number; write one to three numbers, such as 1.2.3, and a pre-release after a hyphen
           --> v2/pacto.yaml:4:12
            |
          4 |   version: "two"
            |            ^^^^^
          help: write major.minor.patch, such as 1.4.0
    1 valid, 1 invalid
    Error: validation failed with 1 error(s)
    "#);
}

#[test]
fn a_contract_hides_those_below_it_unless_recursive() {
    let cx = platform();
    insta::assert_snapshot!(verdicts(&cx, &["services/cart"]), @"
    exit: 0
    services/cart is valid
    ");
    insta::assert_snapshot!(verdicts(&cx, &["services/cart", "--recursive"]), @"
    exit: 0
    services/cart is valid
    services/cart/nested is valid
    2 valid, 0 invalid
    ");
    insta::assert_snapshot!(verdicts(&cx, &["-r", "services/stock"]), @"
    exit: 1
    services/stock/v1 is valid
    services/stock/v2 is invalid
    1 valid, 1 invalid
    ");
}

#[test]
fn several_arguments_are_judged_in_their_order_and_once() {
    let cx = platform();
    insta::assert_snapshot!(
        verdicts(&cx, &["services/stock/v1", "services/cart", "./services/cart/", "services/stock/../cart"]),
        @"
    exit: 0
    services/stock/v1 is valid
    services/cart is valid
    2 valid, 0 invalid
    "
    );
}

#[test]
fn a_pattern_means_the_directories_that_match_and_what_lies_below_them() {
    let cx = platform();
    insta::assert_snapshot!(verdicts(&cx, &["services/*"]), @"
    exit: 1
    services/broken is invalid
    services/cart is valid
    services/stock/v1 is valid
    services/stock/v2 is invalid
    2 valid, 2 invalid
    ");
    insta::assert_snapshot!(verdicts(&cx, &["services/stock/v[12]"]), @"
    exit: 1
    services/stock/v1 is valid
    services/stock/v2 is invalid
    1 valid, 1 invalid
    ");
    insta::assert_snapshot!(verdicts(&cx, &["services/**/pacto.yaml"]), @"
    exit: 1
    services/broken is invalid
    services/cart is valid
    services/cart/nested is valid
    services/node_modules/left-pad is valid
    services/stock/v1 is valid
    services/stock/v2 is invalid
    4 valid, 2 invalid
    ");
    insta::assert_snapshot!(verdicts(&cx, &["ser*/c?rt"]), @"
    exit: 0
    services/cart is valid
    1 valid, 0 invalid
    ");
}

#[test]
fn a_directory_may_be_named_like_a_pattern() {
    let cx = context();
    service(&cx, "serv[1]ces", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["validate", "serv[1]ces"]), @"
    exit: 0
    ----- stdout -----
    serv[1]ces is valid
    ");
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
    insta::assert_snapshot!(errors.map(|output| output.to_string()).join("\n"), @r#"
    exit: 3
    ----- stderr -----
    Error: no pacto.yaml found in services/notes

    exit: 3
    ----- stderr -----
    Error: no pacto.yaml found in services/notes/*

    exit: 3
    ----- stderr -----
    Error: no pacto.yaml found in nothing/*

    exit: 2
    ----- stderr -----
    Error: pattern "services/[a": Pattern syntax error near position 9: invalid range pattern

    exit: 3
    ----- stderr -----
    Error: cannot access services/nothing: No such file or directory (os error 2)

    exit: 3
    ----- stderr -----
    Error: services/README.md is not a directory

    exit: 3
    ----- stderr -----
    Error: no pacto.yaml found in services/notes

    exit: 1
    ----- stdout -----
    services/broken is invalid
    services/cart is valid
    services/stock/v1 is valid
    services/stock/v2 is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] unclosed bracket '['
          at services/broken/pacto.yaml:1:10
      ERROR [INVALID_SEMVER] service.version: version "two" is not semver: version "two": "two" is not a number; write one to three numbers, such as 1.2.3, and a pre-release after a hyphen
           --> services/stock/v2/pacto.yaml:4:12
            |
          4 |   version: "two"
            |            ^^^^^
          help: write major.minor.patch, such as 1.4.0
    2 valid, 2 invalid
    Error: validation failed with 2 error(s)
    "#);
}

#[test]
fn json_of_a_set_counts_and_lists() {
    let cx = platform();
    let output = cx.pacto(["validate", "services/cart", "services/stock", "--output-format", "json"]);
    output.json();
    insta::assert_snapshot!(output, @r#"
    exit: 1
    ----- stdout -----
    {
      "valid": false,
      "validCount": 2,
      "invalidCount": 1,
      "contracts": [
        {
          "path": "services/cart",
          "valid": true,
          "errors": [],
          "warnings": [],
          "infos": []
        },
        {
          "path": "services/stock/v1",
          "valid": true,
          "errors": [],
          "warnings": [],
          "infos": []
        },
        {
          "path": "services/stock/v2",
          "valid": false,
          "errors": [
            {
              "code": "INVALID_SEMVER",
              "severity": "error",
              "path": "service.version",
              "pointer": "/service/version",
              "message": "version \"two\" is not semver: version \"two\": \"two\" is not a number; write one to three numbers, such as 1.2.3, and a pre-release after a hyphen",
              "help": "write major.minor.patch, such as 1.4.0",
              "file": "services/stock/v2/pacto.yaml",
              "line": 4,
              "column": 12
            }
          ],
          "warnings": [],
          "infos": []
        }
      ]
    }
    "#);
}

#[test]
fn a_set_of_one_is_a_set() {
    let cx = platform();
    let keys = |arguments: &[&str]| -> String {
        let mut all = vec!["validate", "--output-format", "json"];
        all.extend(arguments);
        cx.pacto(&all).json().as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(keys(&["services/cart"]), @"path valid errors warnings infos");
    insta::assert_snapshot!(keys(&["services/c*"]), @"valid validCount invalidCount contracts");
    insta::assert_snapshot!(keys(&["-r", "services/stock/v1"]), @"valid validCount invalidCount contracts");
    cx.write("lone/deep/pacto.yaml", crate::fixture::contract("lone", "1.0.0", &[]));
    insta::assert_snapshot!(keys(&["lone"]), @"valid validCount invalidCount contracts");
}

#[test]
fn an_invalid_contract_that_is_alone_in_its_set_fails() {
    let cx = platform();
    for arguments in
        [&["services/br*"][..], &["-r", "services/broken"], &["services/stock/v2", "services/stock/./v2"]]
    {
        assert!(verdicts(&cx, arguments).starts_with("exit: 1\n"), "{arguments:?}");
    }
    insta::assert_snapshot!(verdicts(&cx, &["services/br*"]), @"
    exit: 1
    services/broken is invalid
    0 valid, 1 invalid
    ");
}

#[test]
fn markdown_of_a_set_has_a_heading_for_each_contract() {
    insta::assert_snapshot!(platform().pacto(["validate", "services/stock", "--output-format", "markdown"]), @r#"
    exit: 1
    ----- stdout -----
    ## Contract Validation

    ### `services/stock/v1` is valid

    ### `services/stock/v2` is invalid

    | Severity | Code | Path | Message | Help | Place |
    |---|---|---|---|---|---|
    | error | `INVALID_SEMVER` | `service.version` | version "two" is not semver: version "two": "two" is not a number; write one to three numbers, such as 1.2.3, and a pre-release after a hyphen | write major.minor.patch, such as 1.4.0 | `services/stock/v2/pacto.yaml:4:12` |
    "#);
}

#[test]
fn overrides_apply_to_each_contract() {
    let cx = platform();
    insta::assert_snapshot!(verdicts(&cx, &["services/stock", "--set-string", "service.version=3.0.0"]), @"
    exit: 0
    services/stock/v1 is valid
    services/stock/v2 is valid
    2 valid, 0 invalid
    ");
}

#[test]
fn references_and_directories_mix() {
    let mut cx = platform();
    cx.mirror("ghcr.io/acme", "services");
    insta::assert_snapshot!(verdicts(&cx, &["oci://ghcr.io/acme/stock:1.0.0", "services/cart"]), @"
    exit: 0
    oci://ghcr.io/acme/stock:1.0.0 is valid
    services/cart is valid
    2 valid, 0 invalid
    ");
}

#[cfg(unix)]
#[test]
fn one_bundle_that_cannot_be_read_does_not_hide_the_others() {
    let cx = context();
    service(&cx, "services/cart", "cart", "1.0.0", &[]);
    service(&cx, "services/stock", "stock", "1.0.0", &[]);
    std::fs::remove_file(cx.path("services/stock/pacto.yaml")).unwrap();
    std::fs::create_dir(cx.path("services/stock/pacto.yaml")).unwrap();
    insta::assert_snapshot!(cx.pacto(["validate", "services"]), @"
    exit: 1
    ----- stdout -----
    services/cart is valid
    services/stock is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] services/stock/pacto.yaml is a directory; a bundle holds regular files
    1 valid, 1 invalid
    Error: validation failed with 1 error(s)
    ");
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_said_and_break_nothing() {
    use std::os::unix::ffi::OsStrExt;
    let cx = context();
    service(&cx, "services/cart", "cart", "1.0.0", &[]);
    let odd = cx.path("services").join(std::ffi::OsStr::from_bytes(b"n\xff"));
    std::fs::create_dir(&odd).unwrap();
    // Without a contract in it nobody is interested in its name.
    for pattern in ["services/*", "services/**", "**/pacto.yaml", "ser*/c?rt", "services/[a-c]*"] {
        let output = cx.pacto(["validate", pattern]);
        assert_eq!(
            (output.code, output.stdout.contains("services/cart is valid")),
            (0, true),
            "{pattern}: {output}"
        );
    }
    std::fs::copy(cx.path("services/cart/pacto.yaml"), odd.join("pacto.yaml")).unwrap();
    insta::assert_snapshot!(cx.pacto(["validate", "services/*"]), @"
    exit: 3
    ----- stderr -----
    Error: services/n� has a name that is not UTF-8
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "services"]), @"
    exit: 3
    ----- stderr -----
    Error: n� has a name that is not UTF-8
    ");
    assert_eq!(cx.pacto(["validate", "services/c*"]).code, 0);
}
