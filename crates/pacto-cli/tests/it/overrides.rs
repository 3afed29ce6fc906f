//! `--values`, `--set` and `--set-string` on every command that has them.

use pacto_testkit::TestContext;

use crate::fixture::{cart, context, publish_needs};

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
    insta::assert_snapshot!(["inf", "nan", "99999999999999999999"].map(typed).join("\n"), @"
    exit: 1
    ----- stderr -----
      ERROR [YAML_PARSE_ERROR] metadata.value: the number .inf has no JSON form
            --> cart/pacto.yaml (with overrides):48:10
             |
          48 |   value: .inf
             |          ^^^^
          help: write it as quoted text
    Error: contract validation failed with 1 error(s)

    exit: 1
    ----- stderr -----
      ERROR [YAML_PARSE_ERROR] metadata.value: the number .nan has no JSON form
            --> cart/pacto.yaml (with overrides):48:10
             |
          48 |   value: .nan
             |          ^^^^
          help: write it as quoted text
    Error: contract validation failed with 1 error(s)

    exit: 1
    ----- stderr -----
      ERROR [YAML_PARSE_ERROR] metadata.value: the number 99999999999999999999 has no JSON form
            --> cart/pacto.yaml (with overrides):48:10
             |
          48 |   value: 99999999999999999999
             |          ^^^^^^^^^^^^^^^^^^^^
          help: write it as quoted text
    Error: contract validation failed with 1 error(s)
    ");
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
    insta::assert_snapshot!(shown(&[]), @r#""1.4.0" {"min":2,"max":6} {"tier":"edge","languages":["rust"]}"#);
    insta::assert_snapshot!(shown(&["-f", "first.yaml"]), @r#""2.0.0" {"min":2,"max":7} {"tier":"edge","languages":["rust"]}"#);
    insta::assert_snapshot!(shown(&["-f", "first.yaml", "--values", "second.yaml"]), @r#""3.0.0" {"min":2,"max":7} {"tier":"core","languages":["rust"]}"#);
    insta::assert_snapshot!(shown(&["-f", "second.yaml", "-f", "first.yaml"]), @r#""2.0.0" {"min":2,"max":7} {"tier":"core","languages":["rust"]}"#);
    insta::assert_snapshot!(
        shown(&["--set", "service.version=4.0.0", "-f", "first.yaml", "--set", "scaling.max=9"]),
        @r#""4.0.0" {"min":2,"max":9} {"tier":"edge","languages":["rust"]}"#
    );
    insta::assert_snapshot!(shown(&["--set", "scaling.max=8", "--set", "scaling.max=9"]), @r#""1.4.0" {"min":2,"max":9} {"tier":"edge","languages":["rust"]}"#);
}

#[test]
fn maps_merge_lists_are_replaced_and_null_takes_the_place() {
    let cx = on_cart();
    cx.write(
        "values.yaml",
        "metadata: {languages: [go], owner: {team: x}}\ninterfaces:\n  - {name: only, type: http, port: 1}\n",
    );
    let outcome = cx.pacto(["explain", "cart", "--output-format", "json", "-f", "values.yaml"]).json();
    insta::assert_snapshot!(outcome["metadata"], @r#"{"tier":"edge","languages":["go"],"owner":{"team":"x"}}"#);
    insta::assert_snapshot!(outcome["interfaces"], @r#"[{"name":"only","type":"http","port":1}]"#);
    cx.write("null.yaml", "scaling: null\n");
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "-f", "null.yaml"]), @"
    exit: 1
    ----- stderr -----
      ERROR [SCHEMA_VIOLATION] scaling: got null, want object
            --> cart/pacto.yaml (with overrides):41:1
             |
          41 | scaling: null
             | ^^^^^^^
          help: write its keys, or remove it
    Error: contract validation failed with 1 error(s)
    ");
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
    insta::assert_snapshot!(cx.pacto(&arguments), @r#"
    exit: 0
    ----- stdout -----
    Service: cart@1.4.0
    Owner: team/shop
    Pacto Version: 1.0

    Runtime:
      Workload: service
      State: stateless
      Persistence: local/ephemeral
      Data Criticality: low

    Interfaces (2):
      - api (http, port 9090, public)
      - admin (http, port 9091)

    Dependencies (2):
      - oci://ghcr.example/acme/stock (^2.0.0, required)
      - mail: oci://ghcr.example/acme/mail-gateway (>=1.0.0 <3.0.0, optional)

    Scaling: 2-6

    Configurations (1):
      - default (configuration/schema.json, 2 values)

    Metadata (4):
      tier: edge
      languages: ["rust"]
      a: {"b":{"c":"deep"}}
      dotted.key: 1
    "#);
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
    insta::assert_snapshot!(errors.join(""), @r#"
    exit: 2
    ----- stderr -----
    Error: --set "noequals" has no value; write path=value
    exit: 2
    ----- stderr -----
    Error: --set "" has an empty part in its path; write a.b.c=value
    exit: 2
    ----- stderr -----
    Error: --set "." has an empty part in its path; write a.b.c=value
    exit: 2
    ----- stderr -----
    Error: --set "a..b" has an empty part in its path; write a.b.c=value
    exit: 2
    ----- stderr -----
    Error: --set "a." has an empty part in its path; write a.b.c=value
    exit: 2
    ----- stderr -----
    Error: --set "interfaces[1].port": interfaces has 1 element(s), there is none at index 1
    exit: 2
    ----- stderr -----
    Error: --set "interfaces[999999999].port": "999999999" is no list index; write name[0] up to 100000, or name[+] to append
    exit: 2
    ----- stderr -----
    Error: --set "interfaces[-1].port": "-1" is no list index; write name[0] up to 100000, or name[+] to append
    exit: 2
    ----- stderr -----
    Error: --set "interfaces[one].port": "one" is no list index; write name[0] up to 100000, or name[+] to append
    exit: 2
    ----- stderr -----
    Error: --set "interfaces[].port": "" is no list index; write name[0] up to 100000, or name[+] to append
    exit: 2
    ----- stderr -----
    Error: --set "missing[0]": missing has 0 element(s), there is none at index 0
    exit: 2
    ----- stderr -----
    Error: --set "service[0]": service is a mapping, not a list
    exit: 2
    ----- stderr -----
    Error: --set "service.name.first": service.name is a text, not a mapping
    exit: 2
    ----- stderr -----
    Error: --set "interfaces.port": interfaces is a list, not a mapping
    "#);
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
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--set", "service.version=2"]), @r#"
    exit: 1
    ----- stderr -----
      ERROR [SCHEMA_VIOLATION] service.version: got number, want string
           --> cart/pacto.yaml (with overrides):4:12
            |
          4 |   version: 2
            |            ^
          help: quote it: "2"
    Error: contract validation failed with 1 error(s)
    "#);
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
    insta::assert_snapshot!(errors.join(""), @"
    exit: 3
    ----- stderr -----
    Error: values file none.yaml: No such file or directory (os error 2)
    exit: 2
    ----- stderr -----
    Error: list.yaml: a values file holds a mapping, this is a list
    exit: 2
    ----- stderr -----
    Error: broken.yaml:2:12: unclosed bracket '['
    exit: 2
    ----- stderr -----
    Error: latin1.yaml: the file is not UTF-8 text
    exit: 2
    ----- stderr -----
    Error: two.yaml:2:1: the file holds more than one YAML document
    exit: 2
    ----- stderr -----
    Error: values file large.yaml is larger than 1048576 bytes
    exit: 2
    ----- stderr -----
    Error: values file cart is not a regular file
    ");
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
    let mut cx = on_cart();
    publish_needs(&mut cx);
    cx.write("old.yaml", "scaling: {max: 20}\n");
    insta::assert_snapshot!(
        cx.pacto([
            "diff", "cart", "cart", "--old-values", "old.yaml", "--old-set", "scaling.min=1",
            "--new-set", "service.version=2.0.0",
        ]),
        @"
    exit: 0
    ----- stdout -----
    Classification: POTENTIAL_BREAKING
    Changes (3):
      [POTENTIAL_BREAKING] scaling.min (modified): scaling.min modified [1 -> 2]
      [NON_BREAKING] service.version (modified): service.version modified [1.4.0 -> 2.0.0]
      [NON_BREAKING] scaling.max (modified): scaling.max modified [20 -> 6]
    "
    );
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--old-set", "x"]), @r#"
    exit: 2
    ----- stderr -----
    Error: old contract: --set "x" has no value; write path=value
    "#);
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--new-set", "interfaces[7].port=1"]), @r#"
    exit: 2
    ----- stderr -----
    Error: new contract: --set "interfaces[7].port": interfaces has 1 element(s), there is none at index 7
    "#);
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--new-set", "scaling.min=two"]), @"
    exit: 1
    ----- stderr -----
      ERROR [SCHEMA_VIOLATION] scaling.min: got string, want integer
            --> cart/pacto.yaml (with overrides):42:8
             |
          42 |   min: two
             |        ^^^
    Error: new contract: contract validation failed with 1 error(s)
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "cart", "cart", "--set", "a=1"]), @"
    exit: 2
    ----- stderr -----
    error: unexpected argument '--set' found

      tip: a similar argument exists: '--suggest-version'

    Usage: pacto diff --suggest-version <OLD> <NEW>

    For more information, try '--help'.
    ");
}
