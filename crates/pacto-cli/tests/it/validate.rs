//! `pacto validate` on one contract.

use crate::fixture::{cart, cart_with, context, service};

#[test]
fn a_valid_contract_is_one_line() {
    let cx = context();
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 0
    ----- stdout -----
    cart is valid
    ");
    insta::assert_snapshot!(cx.pacto_in("cart", ["validate"]), @"
    exit: 0
    ----- stdout -----
    . is valid
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "file://cart"]), @"
    exit: 0
    ----- stdout -----
    cart is valid
    ");
}

#[test]
fn an_invalid_contract_shows_each_error_in_its_line() {
    let cx = context();
    cart_with(&cx, "cart", &[("type: http", "type: htp"), ("min: 2", "min: two")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 1
    ----- stdout -----
    cart is invalid
    ----- stderr -----
      ERROR [SCHEMA_VIOLATION] interfaces[0].type: value must be one of 'http', 'grpc', 'event'
            --> cart/pacto.yaml:12:11
             |
          12 |     type: htp
             |           ^^^
          help: did you mean 'http'?
      ERROR [SCHEMA_VIOLATION] scaling.min: got string, want integer
            --> cart/pacto.yaml:48:8
             |
          48 |   min: two
             |        ^^^
    Error: validation failed with 2 error(s)
    ");
}

#[test]
fn warnings_do_not_fail() {
    let cx = context();
    cart_with(&cx, "cart", &[("ghcr.example/acme/stock\n", "ghcr.example/acme/stock:2.1.0\n")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @r#"
    exit: 0
    ----- stdout -----
    cart is valid
    ----- stderr -----
      WARN  [TAG_NOT_DIGEST] dependencies[0].ref: tag "2.1.0" can be moved to other content
            --> cart/pacto.yaml:24:10
             |
          24 |   - ref: oci://ghcr.example/acme/stock:2.1.0
             |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          help: drop the tag and let `compatibility` choose, or fix a digest
    "#);
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
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @r#"
    exit: 1
    ----- stdout -----
    cart is invalid
    ----- stderr -----
      ERROR [CONFIG_VALUES_VALIDATION_FAILED] configuration.values.DB_PASSWORD: the value is shorter than 4 characters
          at cart/pacto.yaml:21:18
      ERROR [CONFIG_VALUES_VALIDATION_FAILED] configuration.values.LOG_LEVEL: the value is not one of "debug", "info" or "warn"
          at cart/pacto.yaml:20:16
    Error: validation failed with 2 error(s)
    "#);
}

#[test]
fn text_that_is_no_yaml_is_a_parse_error_with_its_place() {
    let cx = context();
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice:\n  name: cart\n version: 1.0.0\n");
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 1
    ----- stdout -----
    cart is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] while parsing a block mapping, did not find expected key
          at cart/pacto.yaml:4:2
    Error: validation failed with 1 error(s)
    ");
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
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "rules"]), @"
    exit: 1
    ----- stdout -----
    cart is invalid
    rules is valid
    ----- stderr -----
      ERROR [POLICY_VIOLATION] policy ../rules → policy/schema.json: Every service has an owner (missing property 'runtime')
          at cart/pacto.yaml:1:1
      INFO  [POLICY_NOT_SELF_ENFORCED] policy: policy policy/schema.json is published, and not applied to the contract that publishes it
           --> rules/pacto.yaml:3:1
            |
          3 | policy: {schema: policy/schema.json}
            | ^^^^^^
    1 valid, 1 invalid
    Error: validation failed with 1 error(s)
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "github"]), @"
    exit: 1
    ----- stdout -----
    ::error file=cart/pacto.yaml,line=1,col=1,title=POLICY_VIOLATION::policy ../rules → policy/schema.json: Every service has an owner (missing property 'runtime')
    ");
}

#[test]
fn a_policy_that_cannot_be_read_fails_closed() {
    let cx = context();
    cart_with(
        &cx,
        "cart",
        &[("dependencies:\n", "policy:\n  ref: oci://ghcr.example/acme/rules\n\ndependencies:\n")],
    );
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 1
    ----- stdout -----
    cart is invalid
    ----- stderr -----
      ERROR [POLICY_REF_UNRESOLVED] policy.ref: policy oci://ghcr.example/acme/rules is unresolved: registry unreachable for ghcr.example/acme/rules: the name of the host cannot be resolved
            --> cart/pacto.yaml:24:8
             |
          24 |   ref: oci://ghcr.example/acme/rules
             |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          help: a contract is not valid while a policy of it cannot be read
    Error: validation failed with 1 error(s)
    ");
}

#[test]
fn a_reference_is_judged_through_its_mirror() {
    let mut cx = context();
    service(&cx, "registry/cart", "cart", "1.0.0", &[]);
    service(&cx, "registry/cart2", "cart", "1.1.0-rc.1", &[]);
    cx.mirror("ghcr.example/acme", "registry");
    insta::assert_snapshot!(cx.pacto(["validate", "oci://ghcr.example/acme/cart"]), @"
    exit: 0
    ----- stdout -----
    oci://ghcr.example/acme/cart is valid
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "oci://ghcr.example/acme/cart:1.1.0-rc.1"]), @"
    exit: 0
    ----- stdout -----
    oci://ghcr.example/acme/cart:1.1.0-rc.1 is valid
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "oci://ghcr.example/acme/cart:9.9.9"]), @"
    exit: 1
    ----- stdout -----
    oci://ghcr.example/acme/cart:9.9.9 is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] artifact not found: oci://ghcr.example/acme/cart:9.9.9; it has 1.0.0, 1.1.0-rc.1
    Error: validation failed with 1 error(s)
    ");
}

#[test]
fn json_has_one_verdict() {
    let cx = context();
    cart_with(
        &cx,
        "cart",
        &[("type: http", "type: htp"), ("ghcr.example/acme/stock\n", "ghcr.example/acme/stock:2.1.0\n")],
    );
    let output = cx.pacto(["validate", "cart", "--output-format", "json"]);
    output.json();
    insta::assert_snapshot!(output, @r#"
    exit: 1
    ----- stdout -----
    {
      "path": "cart",
      "valid": false,
      "errors": [
        {
          "code": "SCHEMA_VIOLATION",
          "severity": "error",
          "path": "interfaces[0].type",
          "pointer": "/interfaces/0/type",
          "message": "value must be one of 'http', 'grpc', 'event'",
          "help": "did you mean 'http'?",
          "file": "cart/pacto.yaml",
          "line": 12,
          "column": 11
        }
      ],
      "warnings": [],
      "infos": []
    }
    "#);
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "path": "cart",
      "valid": true,
      "errors": [],
      "warnings": [],
      "infos": []
    }
    "#);
}

#[test]
fn markdown_has_one_table() {
    let cx = context();
    cart_with(&cx, "cart", &[("type: http", "type: htp"), ("max: 6", "max: 6\n  mix: 7")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "markdown"]), @r"
    exit: 1
    ----- stdout -----
    ## Contract Validation

    ### `cart` is invalid

    | Severity | Code | Path | Message | Help | Place |
    |---|---|---|---|---|---|
    | error | `SCHEMA_VIOLATION` | `interfaces[0].type` | value must be one of 'http', 'grpc', 'event' | did you mean 'http'? | `cart/pacto.yaml:12:11` |
    | error | `SCHEMA_VIOLATION` | `scaling.mix` | additional property 'mix' not allowed | known keys are \`replicas\`, \`min\`, \`max\`; free keys go below \`metadata\` | `cart/pacto.yaml:50:3` |
    ");
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "markdown"]), @"
    exit: 0
    ----- stdout -----
    ## Contract Validation

    ### `cart` is valid
    ");
}

#[test]
fn sarif_names_rules_places_and_columns() {
    let cx = context();
    cart_with(&cx, "my cart", &[("type: http", "type: htp")]);
    let output = cx.pacto(["validate", "my cart", "--output-format", "sarif"]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    let mut log = output.json();
    log["runs"][0]["tool"]["driver"]["version"] = "[VERSION]".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap(), @r#"
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "tool": {
            "driver": {
              "name": "pacto",
              "version": "[VERSION]",
              "rules": [
                {
                  "id": "SCHEMA_VIOLATION",
                  "shortDescription": {
                    "text": "A key is unknown or missing, or a value has the wrong type, form or size."
                  },
                  "help": {
                    "text": "Compare with the contract reference; the finding names the nearest known key or the allowed values."
                  },
                  "defaultConfiguration": {
                    "level": "error"
                  }
                }
              ]
            }
          },
          "columnKind": "unicodeCodePoints",
          "results": [
            {
              "ruleId": "SCHEMA_VIOLATION",
              "level": "error",
              "message": {
                "text": "value must be one of 'http', 'grpc', 'event' (did you mean 'http'?)"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "my%20cart/pacto.yaml"
                    },
                    "region": {
                      "startLine": 12,
                      "startColumn": 11
                    }
                  },
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "interfaces[0].type"
                    }
                  ]
                }
              ]
            }
          ]
        }
      ]
    }
    "#);
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
    cart_with(&cx, "good", &[("ghcr.example/acme/stock\n", "ghcr.example/acme/stock:2.1.0\n")]);
    cx.write("ugly/pacto.yaml", "a: [");
    insta::assert_snapshot!(cx.pacto(["validate", "bad", "good", "ugly", "--output-format", "junit"]), @r#"
    exit: 1
    ----- stdout -----
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="pacto validate" tests="4" failures="3">
      <testsuite name="bad" tests="2" failures="2">
        <testcase classname="bad" name="SCHEMA_VIOLATION interfaces[0].type">
          <failure message="value must be one of 'http', 'grpc', 'event'">SCHEMA_VIOLATION interfaces[0].type: value must be one of 'http', 'grpc', 'event'&#10;bad/pacto.yaml:12:11&#10;help: did you mean 'http'?</failure>
        </testcase>
        <testcase classname="bad" name="SCHEMA_VIOLATION scaling.max">
          <failure message="got string, want integer">SCHEMA_VIOLATION scaling.max: got string, want integer&#10;bad/pacto.yaml:49:8</failure>
        </testcase>
      </testsuite>
      <testsuite name="good" tests="1" failures="0">
        <testcase classname="good" name="valid"/>
        <system-out>TAG_NOT_DIGEST dependencies[0].ref: tag &quot;2.1.0&quot; can be moved to other content&#10;good/pacto.yaml:24:10&#10;help: drop the tag and let `compatibility` choose, or fix a digest</system-out>
      </testsuite>
      <testsuite name="ugly" tests="1" failures="1">
        <testcase classname="ugly" name="PARSE_ERROR">
          <failure message="unclosed bracket '['">PARSE_ERROR: unclosed bracket '['&#10;ugly/pacto.yaml:1:4</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn github_has_an_annotation_for_each_finding() {
    let cx = context();
    cart_with(&cx, "cart", &[("type: http", "type: htp"), ("max: 6", "max: 100%")]);
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "github"]), @"
    exit: 1
    ----- stdout -----
    ::error file=cart/pacto.yaml,line=12,col=11,title=SCHEMA_VIOLATION::interfaces[0].type: value must be one of 'http', 'grpc', 'event' (did you mean 'http'?)
    ::error file=cart/pacto.yaml,line=49,col=8,title=SCHEMA_VIOLATION::scaling.max: got string, want integer
    ");
    cart(&cx, "cart");
    insta::assert_snapshot!(cx.pacto(["validate", "cart", "--output-format", "github"]), @"exit: 0");
}

#[test]
fn findings_after_overrides_point_into_no_file_of_the_user() {
    let cx = context();
    cart(&cx, "cart");
    let run = |format| cx.pacto(["validate", "cart", "--set", "scaling.min=9", "--output-format", format]);
    insta::assert_snapshot!(run("text"), @"
    exit: 1
    ----- stdout -----
    cart is invalid
    ----- stderr -----
      ERROR [SCALING_MIN_EXCEEDS_MAX] scaling: min (9) is larger than max (6)
            --> cart/pacto.yaml (with overrides):41:1
             |
          41 | scaling:
             | ^^^^^^^
          help: swap the bounds
    Error: validation failed with 1 error(s)
    ");
    insta::assert_snapshot!(run("github"), @"
    exit: 1
    ----- stdout -----
    ::error file=cart/pacto.yaml,title=SCALING_MIN_EXCEEDS_MAX::scaling: min (9) is larger than max (6) (swap the bounds)
    ");
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
    insta::assert_snapshot!(links.join("\n"), @"
    exit: 3
    ----- stderr -----
    Error: cart/pacto.yaml is a directory; a bundle holds regular files

    exit: 3
    ----- stderr -----
    Error: cart/pacto.yaml is a link that leaves the bundle; a bundle holds regular files

    exit: 3
    ----- stderr -----
    Error: cart/pacto.yaml is a link that leaves the bundle; a bundle holds regular files

    exit: 3
    ----- stderr -----
    Error: cannot access cart/pacto.yaml: Too many levels of symbolic links (os error 40)

    exit: 3
    ----- stderr -----
    Error: cart/pacto.yaml is a link to nowhere; a bundle holds regular files

    exit: 3
    ----- stderr -----
    Error: cart/pacto.yaml is not a regular file; a bundle holds regular files
    ");
}

#[test]
fn a_contract_one_byte_over_the_limit_is_refused() {
    let cx = context();
    let contract = crate::fixture::contract("cart", "1.0.0", &[]);
    let limit = pacto_contract::limits::MAX_CONTRACT_BYTES;
    let padded = |size: usize| format!("{contract}#{}", "x".repeat(size - contract.len() - 1));
    cx.write("cart/pacto.yaml", padded(limit));
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 0
    ----- stdout -----
    cart is valid
    ");
    cx.write("cart/pacto.yaml", padded(limit + 1));
    insta::assert_snapshot!(cx.pacto(["validate", "cart"]), @"
    exit: 1
    ----- stdout -----
    cart is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] the file is larger than 1048576 bytes
          at cart/pacto.yaml:1:1
    Error: validation failed with 1 error(s)
    ");
}
