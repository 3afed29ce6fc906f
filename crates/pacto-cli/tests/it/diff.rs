//! `pacto diff`: text, JSON, Markdown and exit codes. What is breaking is tested in the engine.

use pacto_testkit::TestContext;

use crate::diff_dependencies::billing;
use crate::fixture::{cart, cart_with, context, publish_needs, service};

/// Two versions of a contract with one change of each class.
fn versions() -> TestContext {
    let mut cx = context();
    publish_needs(&mut cx);
    cart(&cx, "old");
    cart_with(
        &cx,
        "new",
        &[
            ("version: 1.4.0", "version: 2.0.0"),
            ("port: 8080", "port: 9090"),
            ("upgradeStrategy: rolling", "upgradeStrategy: recreate"),
        ],
    );
    cx
}

#[test]
fn text_lists_changes_worst_first() {
    insta::assert_snapshot!(versions().pacto(["diff", "old", "new"]), @"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (3):
      [BREAKING] interfaces.port (modified): interfaces.port modified [8080 -> 9090]
      [POTENTIAL_BREAKING] runtime.lifecycle.upgradeStrategy (modified): runtime.lifecycle.upgradeStrategy modified [rolling -> recreate]
      [NON_BREAKING] service.version (modified): service.version modified [1.4.0 -> 2.0.0]
    ----- stderr -----
    Error: breaking changes detected
    ");
}

#[test]
fn details_show_the_findings_behind_each_change() {
    insta::assert_snapshot!(versions().pacto(["diff", "old", "new", "--details"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (3):
      [BREAKING] interfaces.port (modified): interfaces.port modified [8080 -> 9090]
          BREAKING interfaces-port-modified (ba150ceedf6ed6fb): interfaces.port modified: clients and network rules name the port
            at new/pacto.yaml:13:11
            hint: serve both ports until every client has moved
      [POTENTIAL_BREAKING] runtime.lifecycle.upgradeStrategy (modified): runtime.lifecycle.upgradeStrategy modified [rolling -> recreate]
          POTENTIAL_BREAKING runtime-lifecycle-upgrade-strategy-modified (c5c9efbb622b6550): runtime.lifecycle.upgradeStrategy modified: availability during an upgrade differs
            at new/pacto.yaml:41:22
      [NON_BREAKING] service.version (modified): service.version modified [1.4.0 -> 2.0.0]
          NON_BREAKING service-version-modified (e2dc4d2b87217f43): service.version modified: versions are made to change
            at new/pacto.yaml:5:12
    ----- stderr -----
    Error: breaking changes detected
    "#);
}

#[test]
fn details_are_a_list_in_markdown() {
    let output = versions().pacto(["diff", "old", "new", "--details", "--output-format", "markdown"]);
    insta::assert_snapshot!(output.stdout.split_once("<details>").unwrap().1, @r#"
    <summary>Findings (3)</summary>

    - `interfaces.port`
      - BREAKING `interfaces-port-modified`: interfaces.port modified: clients and network rules name the port at `new/pacto.yaml:13:11` (serve both ports until every client has moved)
    - `runtime.lifecycle.upgradeStrategy`
      - POTENTIAL_BREAKING `runtime-lifecycle-upgrade-strategy-modified`: runtime.lifecycle.upgradeStrategy modified: availability during an upgrade differs at `new/pacto.yaml:41:22`
    - `service.version`
      - NON_BREAKING `service-version-modified`: service.version modified: versions are made to change at `new/pacto.yaml:5:12`

    </details>
    "#);
}

#[test]
fn equal_contracts_have_no_changes() {
    let mut cx = context();
    publish_needs(&mut cx);
    cart(&cx, "old");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "old"]), @"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    No changes detected.
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "old", "--output-format", "markdown"]), @"
    exit: 0
    ----- stdout -----
    ## Contract Diff

    **Classification:** `NON_BREAKING`

    No changes detected.
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "old", "--output-format", "json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "oldPath": "old",
      "newPath": "old",
      "classification": "NON_BREAKING",
      "changes": [],
      "dependencyDiffs": [],
      "graphDiff": {
        "root": {
          "name": "cart",
          "version": "1.4.0",
          "children": [
            {
              "name": "stock",
              "version": "2.5.0"
            },
            {
              "name": "mail-gateway",
              "version": "1.2.0"
            }
          ]
        },
        "changes": []
      },
      "diagnostics": []
    }
    "#);
}

#[test]
fn markdown_has_a_table() {
    insta::assert_snapshot!(versions().pacto(["diff", "old", "new", "--output-format", "markdown"]), @"
    exit: 1
    ----- stdout -----
    ## Contract Diff

    **Classification:** `BREAKING`

    ### Changes (3)

    | Classification | Path | Type | Reason | Old | New |
    |---|---|---|---|---|---|
    | BREAKING | `interfaces.port` | modified | interfaces.port modified | `8080` | `9090` |
    | POTENTIAL_BREAKING | `runtime.lifecycle.upgradeStrategy` | modified | runtime.lifecycle.upgradeStrategy modified | `rolling` | `recreate` |
    | NON_BREAKING | `service.version` | modified | service.version modified | `1.4.0` | `2.0.0` |
    ");
}

#[test]
fn json_has_every_change_with_its_findings() {
    let output = versions().pacto(["diff", "old", "new", "--output-format", "json"]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    let json = output.json();
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["oldPath", "newPath", "classification", "changes", "dependencyDiffs", "graphDiff", "diagnostics"]
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["changes"][0]).unwrap(), @r#"
    {
      "path": "interfaces.port",
      "type": "modified",
      "oldValue": 8080,
      "newValue": 9090,
      "classification": "BREAKING",
      "reason": "interfaces.port modified",
      "findings": [
        {
          "ruleId": "interfaces-port-modified",
          "classification": "BREAKING",
          "message": "interfaces.port modified: clients and network rules name the port",
          "hint": "serve both ports until every client has moved",
          "old": {
            "file": "old/pacto.yaml",
            "line": 13,
            "column": 11
          },
          "new": {
            "file": "new/pacto.yaml",
            "line": 13,
            "column": 11
          },
          "fingerprint": "ba150ceedf6ed6fb",
          "proof": "structural"
        }
      ]
    }
    "#);
}

#[test]
fn fail_on_chooses_what_fails() {
    let cx = versions();
    cart_with(&cx, "harmless", &[("version: 1.4.0", "version: 1.4.1")]);
    cart_with(&cx, "potential", &[("upgradeStrategy: rolling", "upgradeStrategy: recreate")]);
    let run = |new: &str, fail_on: &[&str]| {
        let mut arguments = vec!["diff", "old", new];
        arguments.extend(fail_on);
        let output = cx.pacto(&arguments);
        format!("{new} {}: {} {}", fail_on.join(" "), output.code, output.stderr.trim_end())
    };
    let mut lines = Vec::new();
    for new in ["harmless", "potential", "new"] {
        lines.push(run(new, &[]));
        for class in ["potential", "breaking", "none"] {
            lines.push(run(new, &["--fail-on", class]));
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    harmless : 0 
    harmless --fail-on potential: 0 
    harmless --fail-on breaking: 0 
    harmless --fail-on none: 0 
    potential : 0 
    potential --fail-on potential: 1 Error: potentially breaking changes detected
    potential --fail-on breaking: 0 
    potential --fail-on none: 0 
    new : 1 Error: breaking changes detected
    new --fail-on potential: 1 Error: breaking changes detected
    new --fail-on breaking: 1 Error: breaking changes detected
    new --fail-on none: 0
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--fail-on", "anything"]), @"
    exit: 2
    ----- stderr -----
    error: invalid value 'anything' for '--fail-on <CLASS>'
      [possible values: potential, breaking, none]

    For more information, try '--help'.
    ");
}

#[test]
fn packages_of_the_sbom_are_listed() {
    let cx = context();
    let sbom = |components: &str| {
        format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": [{components}]}}"#
        )
    };
    for directory in ["old", "new"] {
        service(&cx, directory, "cart", "1.0.0", &[]);
    }
    cx.write("old/sbom/bom.cdx.json", sbom(r#"{"type": "library", "name": "libbar", "version": "0.9"}, {"type": "library", "name": "libbaz", "version": "1.0", "licenses": [{"license": {"id": "MIT"}}]}"#));
    cx.write("new/sbom/bom.cdx.json", sbom(r#"{"type": "library", "name": "libfoo", "version": "1.2"}, {"type": "library", "name": "libbaz", "version": "1.1", "licenses": [{"license": {"id": "Apache-2.0"}}]}"#));
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING

    SBOM changes (4):
      - libbar@0.9
      ~ libbaz license: MIT -> Apache-2.0
      ~ libbaz version: 1.0 -> 1.1
      + libfoo@1.2
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--output-format", "markdown"]), @"
    exit: 0
    ----- stdout -----
    ## Contract Diff

    **Classification:** `NON_BREAKING`

    ### SBOM Changes

    | Package | Type | Field | Old | New |
    |---|---|---|---|---|
    | `libbar` | removed | package | `0.9` |  |
    | `libbaz` | modified | license | `MIT` | `Apache-2.0` |
    | `libbaz` | modified | version | `1.0` | `1.1` |
    | `libfoo` | added | package |  | `1.2` |
    ");
    let json = cx.pacto(["diff", "old", "new", "--output-format", "json"]).json();
    insta::assert_snapshot!(json["sbomDiff"], @r#"{"oldFormat":"cyclonedx","newFormat":"cyclonedx","changes":[{"package":"libbar","type":"removed","field":"package","oldValue":"0.9"},{"package":"libbaz","type":"modified","field":"license","oldValue":"MIT","newValue":"Apache-2.0"},{"package":"libbaz","type":"modified","field":"version","oldValue":"1.0","newValue":"1.1"},{"package":"libfoo","type":"added","field":"package","newValue":"1.2"}]}"#);
    cx.write("new/sbom/bom.cdx.json", "{");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    No changes detected in what could be compared.
    ----- stderr -----
      WARN  [SBOM_UNREADABLE] sbom/bom.cdx.json: EOF while parsing an object
          at new/sbom/bom.cdx.json:1:1
    ");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let mut cx = context();
    publish_needs(&mut cx);
    cart(&cx, "old");
    cart(&cx, "new");
    cx.write("new/interfaces/openapi.yaml", "openapi: [");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @"
    exit: 0
    ----- stdout -----
    Classification: POTENTIAL_BREAKING
    No changes detected in what could be compared.
    ----- stderr -----
      ERROR [INTERFACE_FILE_UNREADABLE] interfaces[0].contract: interfaces/openapi.yaml cannot be read and was not compared: unclosed bracket '['
          at new/interfaces/openapi.yaml:1:10
          help: correct the file at this place
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--output-format", "markdown"]), @r"
    exit: 0
    ----- stdout -----
    ## Contract Diff

    **Classification:** `POTENTIAL_BREAKING`

    No changes detected in what could be compared.

    ### Diagnostics

    | Code | Message | Place |
    |---|---|---|
    | `INTERFACE_FILE_UNREADABLE` | interfaces/openapi.yaml cannot be read and was not compared: unclosed bracket '\[' | `new/interfaces/openapi.yaml:1:10` |
    ");
}

#[test]
fn errors_name_the_side() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    cx.write("broken/pacto.yaml", "service: [").write("file", "").write("empty/x", "");
    let errors = [
        ["cart", "none"],
        ["none", "cart"],
        ["file", "cart"],
        ["cart", "empty"],
        ["broken", "cart"],
        ["cart", "broken"],
        ["cart", "oci://r.example/cart"],
        ["oci://", "cart"],
    ]
    .map(|[old, new]| cx.pacto(["diff", old, new]).to_string());
    insta::assert_snapshot!(errors.join(""), @r#"
    exit: 3
    ----- stderr -----
    Error: new contract: cannot access none: No such file or directory (os error 2)
    exit: 3
    ----- stderr -----
    Error: old contract: cannot access none: No such file or directory (os error 2)
    exit: 3
    ----- stderr -----
    Error: old contract: file is not a directory
    exit: 3
    ----- stderr -----
    Error: new contract: no pacto.yaml found in empty
    exit: 1
    ----- stderr -----
      ERROR [PARSE_ERROR] unclosed bracket '['
          at broken/pacto.yaml:1:10
    Error: old contract: broken is not a readable contract
    exit: 1
    ----- stderr -----
      ERROR [PARSE_ERROR] unclosed bracket '['
          at broken/pacto.yaml:1:10
    Error: new contract: broken is not a readable contract
    exit: 3
    ----- stderr -----
    Error: new contract: registry unreachable for r.example/cart: the name of the host cannot be resolved
    exit: 2
    ----- stderr -----
    Error: old contract: "oci://": the reference is empty
    "#);
}

#[test]
fn references_and_directories_can_be_compared() {
    let cx = billing();
    insta::assert_snapshot!(cx.pacto(["diff", "oci://r.example/ledger:3.0.0", "oci://r.example/ledger:4.0.0"]), @"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    Changes (2):
      [NON_BREAKING] service.version (modified): service.version modified [3.0.0 -> 4.0.0]
      [NON_BREAKING] dependencies (added): dependencies added [+ oci://r.example/archive-of-everything]

    Dependency graph changes:
    ledger
    └─ archive-of-everything +1.0.0
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "oci://r.example/audit", "registry/audit"]), @"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    No changes detected.
    ");
}

/// An interface whose body takes a name of at most so many characters, and one of these kinds.
fn named_api(cx: &TestContext, directory: &str, most: u32, pattern: &str) {
    cx.write(
        format!("{directory}/pacto.yaml"),
        "pactoVersion: '1.0'\nservice: {name: names, version: 1.0.0}\n\
         interfaces: [{name: api, type: http, port: 80, contract: interfaces/api.yaml}]\n",
    );
    cx.write(
        format!("{directory}/interfaces/api.yaml"),
        format!(
            "openapi: 3.1.0\ninfo: {{title: names, version: 1.0.0}}\npaths:\n  /names:\n    post:\n      requestBody:\n        content:\n          \
             application/json:\n            schema:\n              type: object\n              properties:\n                \
             name: {{type: string, maxLength: {most}, pattern: '{pattern}'}}\n      responses: {{'204': {{description: done}}}}\n"
        ),
    );
}

#[test]
fn a_document_shows_what_breaks() {
    let cx = context();
    named_api(&cx, "old", 8, "^[a-z]*$");
    named_api(&cx, "new", 3, "^[a-z]*$");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--details"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (1):
      [BREAKING] openapi.paths[/names].methods[POST].request-body (modified): POST /names request body modified [POST /names -> POST /names]
          BREAKING request-property-max-length-decreased (7c7096a7b2a3d03c): request body property 'name': maxLength 8 became 3
            at new/interfaces/api.yaml:12:38
            accepted before, and refused now: {"name":"aaaa"}
            hint: keep accepting what was accepted, or release a major version
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: names breaks something and its version is still 1.0.0
          at new/pacto.yaml:2:33
          help: publish it as 2.0.0 or higher
    Error: breaking changes detected
    "#);
    let output = cx.pacto(["diff", "old", "new", "--details", "--output-format", "markdown"]);
    insta::assert_snapshot!(output.stdout.split_once("<details>").unwrap().1, @r#"
    <summary>Findings (1)</summary>

    - `openapi.paths[/names].methods[POST].request-body`
      - BREAKING `request-property-max-length-decreased`: request body property 'name': maxLength 8 became 3 at `new/interfaces/api.yaml:12:38` (keep accepting what was accepted, or release a major version)
        - accepted before, and refused now: `{"name":"aaaa"}`

    </details>

    ### Diagnostics

    | Code | Message | Place |
    |---|---|---|
    | `VERSION_UNDERSTATES` | names breaks something and its version is still 1.0.0 | `new/pacto.yaml:2:33` |
    "#);
}

/// Another spelling of a pattern that accepts the same is no break.
#[test]
fn what_nobody_notices_is_not_breaking() {
    let cx = context();
    named_api(&cx, "old", 8, "^[a-c]*$");
    named_api(&cx, "new", 8, "^(a|b|c)*$");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--details", "--fail-on", "potential"]), @r#"
    exit: 0
    ----- stdout -----
    Classification: NON_BREAKING
    Changes (1):
      [NON_BREAKING] openapi.paths[/names].methods[POST].request-body (modified): POST /names request body modified [POST /names -> POST /names]
          NON_BREAKING request-property-pattern-changed (1be7e36b1d25bdaa): request body property 'name': pattern ^[a-c]*$ became ^(a|b|c)*$; whatever was accepted before still is
            at new/interfaces/api.yaml:12:52
    "#);
}

#[test]
fn the_lowest_version_for_what_changed() {
    let cx = context();
    named_api(&cx, "old", 8, "^[a-z]*$");
    named_api(&cx, "new", 3, "^[a-z]*$");
    let ask = |format: &str| {
        let arguments = ["diff", "old", "new", "--suggest-version", "--output-format", format];
        cx.pacto(arguments).stdout
    };
    assert!(ask("text").ends_with("\n\nLowest version for these changes: 2.0.0\n"), "{}", ask("text"));
    assert!(
        ask("markdown").contains("\n**Lowest version for these changes:** `2.0.0`\n"),
        "{}",
        ask("markdown")
    );
    assert!(ask("json").contains("\"suggestedVersion\": \"2.0.0\""), "{}", ask("json"));
    let unchanged = cx.pacto(["diff", "old", "old", "--suggest-version", "--output-format", "json"]);
    assert!(!unchanged.stdout.contains("suggestedVersion"), "{}", unchanged.stdout);
}

#[test]
fn a_rule_is_explained_by_its_id() {
    let cx = context();
    insta::assert_snapshot!(cx.pacto(["diff", "--explain", "request-property-max-length-decreased"]), @"
    exit: 0
    ----- stdout -----
    request-property-max-length-decreased [BREAKING]
      where  a property in the body of a request
      says   …: maxLength X became Y
      why    what a service receives must accept everything that it accepted before
      do     keep accepting what was accepted, or release a major version
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "--explain", "request-property-max-length-decrease"]), @"
    exit: 2
    ----- stderr -----
    Error: no rule is called 'request-property-max-length-decrease'; the nearest is 'request-property-max-length-decreased', and docs/reference/rules.md lists all
    ");
    let output = cx.pacto(["diff", "--explain", "interfaces-port-modified", "--output-format", "json"]);
    insta::assert_snapshot!(output.stdout, @r#"
    {
      "ruleId": "interfaces-port-modified",
      "classification": "BREAKING",
      "place": "`interfaces.port` of the contract",
      "meaning": "`interfaces.port` was modified",
      "why": "clients and network rules name the port",
      "hint": "serve both ports until every client has moved",
      "isCaution": false
    }
    "#);
    assert_eq!(cx.pacto(["diff"]).code, 2);
    assert_eq!(cx.pacto(["diff", "old", "new", "--explain", "x"]).code, 2);
}
