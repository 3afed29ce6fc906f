//! `--values`, `--set` and `--set-string` on every command that has them.

use pacto_testkit::TestContext;

use crate::fixture::{cart, context};

fn on_cart() -> TestContext {
    let cx = context();
    cart(&cx, "cart");
    cx
}

/// Metadata of the contract after `--set` of one key.
fn typed(value: &str) -> String {
    let cx = on_cart();
    let set = format!("metadata.value={value}");
    let output = cx.pacto(["explain", "cart", "--output-format", "json", "--set", &set]);
    if output.code != 0 {
        return output.to_string();
    }
    output.json()["metadata"]["value"].to_string()
}

#[test]
fn values_are_guessed_as_integer_float_boolean_and_text() {
    let guesses = [
        ("42", "42"),
        ("-7", "-7"),
        ("+7", "7"),
        ("007", "7"),
        ("0", "0"),
        ("9223372036854775807", "9223372036854775807"),
        ("1.0", "1.0"),
        ("1.50", "1.5"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("1.0.0", "\"1.0.0\""),
        ("v1", "\"v1\""),
        ("true", "true"),
        ("True", "true"),
        ("TRUE", "true"),
        ("t", "true"),
        ("T", "true"),
        ("false", "false"),
        ("f", "false"),
        ("F", "false"),
        ("yes", "\"yes\""),
        ("on", "\"on\""),
        ("null", "\"null\""),
        ("~", "\"~\""),
        ("", "\"\""),
        (" 1", "\" 1\""),
        ("0x10", "\"0x10\""),
        ("1_000", "\"1_000\""),
        ("1,2", "\"1,2\""),
        ("{a: 1}", "\"{a: 1}\""),
        ("a=b=c", "\"a=b=c\""),
        ("2024-01-01", "\"2024-01-01\""),
        ("# no comment", "\"# no comment\""),
        ("größe → 2", "\"größe → 2\""),
    ];
    for (written, expected) in guesses {
        assert_eq!(typed(written), expected, "--set metadata.value={written}");
    }
}

#[test]
fn numbers_that_json_cannot_hold_are_refused() {
    insta::assert_snapshot!(["inf", "nan", "99999999999999999999"].map(typed).join("\n"), @"");
}

#[test]
fn set_string_never_guesses() {
    let cx = on_cart();
    for value in ["1", "1.10", "true", "null", ""] {
        let set = format!("metadata.value={value}");
        let output = cx.pacto(["explain", "cart", "--output-format", "json", "--set-string", &set]);
        assert_eq!(output.json()["metadata"]["value"], value, "{output}");
    }
}

#[test]
fn files_come_in_order_then_sets_in_order() {
    let cx = on_cart();
    cx.write("first.yaml", "service: {version: 2.0.0}\nscaling: {max: 7}\n");
    cx.write("second.yaml", "service: {version: 3.0.0}\nmetadata: {tier: core}\n");
    let shown = |arguments: &[&str]| {
        let mut all = vec!["explain", "cart", "--output-format", "json"];
        all.extend(arguments);
        let outcome = cx.pacto(&all).json();
        format!("{} {} {}", outcome["version"], outcome["scaling"], outcome["metadata"])
    };
    insta::assert_snapshot!(shown(&[]), @"");
    insta::assert_snapshot!(shown(&["-f", "first.yaml"]), @"");
    insta::assert_snapshot!(shown(&["-f", "first.yaml", "--values", "second.yaml"]), @"");
    insta::assert_snapshot!(shown(&["-f", "second.yaml", "-f", "first.yaml"]), @"");
    insta::assert_snapshot!(
        shown(&["--set", "service.version=4.0.0", "-f", "first.yaml", "--set", "scaling.max=9"]),
        @""
    );
    insta::assert_snapshot!(shown(&["--set", "scaling.max=8", "--set", "scaling.max=9"]), @"");
}

#[test]
fn maps_merge_lists_are_replaced_and_null_takes_the_place() {
    let cx = on_cart();
    cx.write(
        "values.yaml",
        "metadata: {languages: [go], owner: {team: x}}\ninterfaces:\n  - {name: only, type: http, port: 1}\n",
    );
    let outcome = cx.pacto(["explain", "cart", "--output-format", "json", "-f", "values.yaml"]).json();
    insta::assert_snapshot!(outcome["metadata"], @"");
    insta::assert_snapshot!(outcome["interfaces"], @"");
    cx.write("null.yaml", "scaling: null\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "-f", "null.yaml"]), @"");
}

#[test]
fn paths_reach_into_lists_and_make_what_is_missing() {
    let cx = on_cart();
    let sets = [
        "interfaces[0].port=9090",
        "interfaces[+].name=admin",
        "interfaces[1].type=http",
        "interfaces[1].port=9091",
        "metadata.a.b.c=deep",
        r"metadata.dotted\.key=1",
    ];
    let mut arguments = vec!["explain", "cart", "--all"];
    arguments.extend(sets.iter().flat_map(|set| ["--set", set]));
    insta::assert_snapshot!(cx.pacto(&arguments), @"");
}

#[test]
fn paths_that_do_not_fit_say_why() {
    let cx = on_cart();
    let tries = [
        "noequals",
        "=1",
        ".=1",
        "a..b=1",
        "a.=1",
        "interfaces[1].port=1",
        "interfaces[999999999].port=1",
        "interfaces[-1].port=1",
        "interfaces[one].port=1",
        "interfaces[].port=1",
        "missing[0]=1",
        "service[0]=1",
        "service.name.first=1",
        "interfaces.port=1",
    ];
    let errors = tries.map(|set| cx.pacto(["validate", "cart", "--set", set]).to_string());
    insta::assert_snapshot!(errors.join(""), @"");
}

#[test]
fn the_result_is_checked_like_a_written_contract() {
    let cx = on_cart();
    for set in
        ["service.version=2", "service.name=Cart", "scaling.min=-1", "surprise=1", "interfaces[0][1]=x"]
    {
        for command in ["validate", "explain", "graph", "doc", "pack"] {
            let output = cx.pacto([command, "cart", "--set", set]);
            assert_eq!(output.code, 1, "{command} {set}: {output}");
            assert!(output.stderr.contains("ERROR [SCHEMA_VIOLATION]"), "{command} {set}: {output}");
        }
    }
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--set", "service.version=2"]), @"");
}

#[test]
fn a_values_file_that_cannot_be_used_is_named() {
    let cx = on_cart();
    cx.write("list.yaml", "- a\n");
    cx.write("broken.yaml", "service:\n  version: [1\n");
    cx.write("latin1.yaml", b"service: {owner: \xe9quipe}\n");
    cx.write("two.yaml", "a: 1\n---\nb: 2\n");
    cx.write("large.yaml", " ".repeat(pacto_contract::limits::MAX_CONTRACT_BYTES + 1));
    let files = ["none.yaml", "list.yaml", "broken.yaml", "latin1.yaml", "two.yaml", "large.yaml", "cart"];
    let errors = files.map(|file| cx.pacto(["explain", "cart", "-f", file]).to_string());
    insta::assert_snapshot!(errors.join(""), @"");
}

#[test]
fn an_empty_values_file_changes_nothing() {
    let cx = on_cart();
    cx.write("empty.yaml", "").write("comment.yaml", "# nothing yet\n");
    let plain = cx.pacto(["explain", "cart"]);
    for file in ["empty.yaml", "comment.yaml"] {
        assert_eq!(cx.pacto(["explain", "cart", "-f", file]), plain, "{file}");
    }
}

#[test]
fn every_command_with_a_contract_takes_them() {
    let cx = on_cart();
    cx.write("values.yaml", "service: {version: 7.0.0}\n");
    for command in ["validate", "explain", "graph", "doc", "pack"] {
        for flags in [
            ["-f", "values.yaml"],
            ["--set", "service.version=7.0.0"],
            ["--set-string", "service.version=7.0.0"],
        ] {
            let output = cx.pacto([command, "cart", flags[0], flags[1]]);
            assert_eq!(output.code, 0, "{command} {flags:?}: {output}");
            assert!(
                command == "validate" || output.stdout.contains("7.0.0"),
                "{command} {flags:?}: {output}"
            );
        }
    }
}

#[test]
fn they_apply_to_references_too() {
    let mut cx = on_cart();
    cx.mirror("ghcr.io/acme", "cart");
    let output = cx.pacto(["explain", "oci://ghcr.io/acme/cart", "--set", "service.version=7.0.0"]);
    assert_eq!(output.stdout.lines().next(), Some("Service: cart@7.0.0"), "{output}");
}

#[test]
fn diff_takes_them_for_each_side() {
    let cx = on_cart();
    cx.write("old.yaml", "scaling: {max: 20}\n");
    insta::assert_snapshot!(
        cx.pacto([
            "diff", "cart", "cart", "--old-values", "old.yaml", "--old-set", "scaling.min=1",
            "--new-set", "service.version=2.0.0",
        ]),
        @""
    );
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--old-set", "x"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--new-set", "interfaces[7].port=1"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--new-set", "scaling.min=two"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--set", "a=1"]), @"");
}
