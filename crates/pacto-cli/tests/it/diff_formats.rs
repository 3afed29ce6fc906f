//! `pacto diff` for machines that show it beside the lines, and `.proto` files at each level.

use pacto_testkit::TestContext;
use serde_json::json;
use serde_sarif::sarif::Sarif;

use crate::fixture::context;

/// A service with a `.proto` file: a method is gone, a field has another type, an option for Java is new.
pub fn grpc() -> TestContext {
    let cx = context();
    let contract = |version: &str| {
        format!(
            "pactoVersion: '1.0'\nservice: {{name: prices, version: {version}}}\n\
             interfaces: [{{name: api, type: grpc, port: 90, contract: api.proto}}]\n"
        )
    };
    let proto = |rest: &str| format!("syntax = \"proto3\";\npackage shop.v1;\nmessage Q {{}}\n{rest}");
    cx.write("old/pacto.yaml", contract("1.0.0"));
    cx.write(
        "old/api.proto",
        proto("message A {\n  int32 cents = 1;\n}\nservice Prices {\n  rpc Get(Q) returns (A);\n  rpc List(Q) returns (A);\n}\n"),
    );
    cx.write("new/pacto.yaml", contract("1.1.0"));
    cx.write(
        "new/api.proto",
        proto("option java_package = \"a\";\nmessage A {\n  int64 cents = 1;\n}\nservice Prices {\n  rpc Get(Q) returns (A);\n}\n"),
    );
    cx
}

#[test]
fn proto_files_are_compared_at_a_level() {
    let cx = grpc();
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (4):
      [BREAKING] proto.services[shop.v1.Prices].methods[List] (removed): method shop.v1.Prices/List removed [- method shop.v1.Prices/List]
      [BREAKING] proto.messages[shop.v1.A].fields[1] (modified): field shop.v1.A.cents modified [int32 cents = 1 -> int64 cents = 1]
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]
      [NON_BREAKING] proto.files[api.proto] (modified): file api.proto modified
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: prices breaks something and its version went from 1.0.0 to 1.1.0 only
          at new/pacto.yaml:2:34
          help: publish it as 2.0.0 or higher
    Error: breaking changes detected
    "#);
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--proto-level", "wire"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (4):
      [BREAKING] proto.services[shop.v1.Prices].methods[List] (removed): method shop.v1.Prices/List removed [- method shop.v1.Prices/List]
      [POTENTIAL_BREAKING] proto.messages[shop.v1.A].fields[1] (modified): field shop.v1.A.cents modified [int32 cents = 1 -> int64 cents = 1]
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]
      [NON_BREAKING] proto.files[api.proto] (modified): file api.proto modified
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: prices breaks something and its version went from 1.0.0 to 1.1.0 only
          at new/pacto.yaml:2:34
          help: publish it as 2.0.0 or higher
    Error: breaking changes detected
    "#);
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--proto-level", "package"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (4):
      [BREAKING] proto.files[api.proto] (modified): file api.proto modified
      [BREAKING] proto.services[shop.v1.Prices].methods[List] (removed): method shop.v1.Prices/List removed [- method shop.v1.Prices/List]
      [BREAKING] proto.messages[shop.v1.A].fields[1] (modified): field shop.v1.A.cents modified [int32 cents = 1 -> int64 cents = 1]
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: prices breaks something and its version went from 1.0.0 to 1.1.0 only
          at new/pacto.yaml:2:34
          help: publish it as 2.0.0 or higher
    Error: breaking changes detected
    "#);
    assert_eq!(cx.pacto(["diff", "old", "new", "--proto-level", "bytes"]).code, 2);
}

#[test]
fn a_proto_file_that_cannot_be_read_is_said_with_its_place() {
    let cx = grpc();
    cx.write("new/api.proto", "syntax = \"proto3\";\nmessage A {\n  int32 = 1;\n}\n");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @r#"
    exit: 0
    ----- stdout -----
    Classification: POTENTIAL_BREAKING
    Changes (1):
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]
    ----- stderr -----
      ERROR [INTERFACE_FILE_UNREADABLE] interfaces[0].contract: api.proto cannot be read and was not compared: expected an identifier, but found '='
          at new/api.proto:3:9
          help: correct the file at this place
    "#);
}

#[test]
fn sarif_has_rules_results_and_fingerprints() {
    let cx = grpc();
    let output = cx.pacto(["diff", "old", "new", "--output-format", "sarif"]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    let log = output.json();
    // Another project's types, made from the schema of the format, lose nothing of it.
    let read: Sarif = serde_json::from_value(log.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), log);
    let run = &log["runs"][0];
    let ids = |list: &serde_json::Value, key: &str| -> Vec<String> {
        list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    let rules = ids(&run["tool"]["driver"]["rules"], "id");
    let results = ids(&run["results"], "ruleId");
    assert!(results.iter().all(|id| rules.contains(id)), "{results:?} and {rules:?}");
    let gone =
        run["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == "RPC_NO_DELETE").unwrap();
    assert_eq!(gone["level"], "error");
    assert_eq!(
        gone["locations"][0]["physicalLocation"],
        json!({"artifactLocation": {"uri": "new/api.proto"}, "region": {"startLine": 8, "startColumn": 1}})
    );
    assert_eq!(
        gone["relatedLocations"][0]["physicalLocation"],
        json!({"artifactLocation": {"uri": "old/api.proto"}, "region": {"startLine": 9, "startColumn": 3}})
    );
    let json = cx.pacto(["diff", "old", "new", "--output-format", "json"]).json();
    let findings =
        json["changes"].as_array().unwrap().iter().flat_map(|change| change["findings"].as_array().unwrap());
    let fingerprints: Vec<_> = findings.map(|finding| finding["fingerprint"].clone()).collect();
    assert!(fingerprints.contains(&gone["partialFingerprints"]["pacto/v1"]));
    // What is odd about versions is there too, and stands in the contract.
    assert!(results.contains(&"VERSION_UNDERSTATES".to_owned()));
}

#[test]
fn junit_fails_what_the_flag_says() {
    let cx = grpc();
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--output-format", "junit"]), @r#"
    exit: 1
    ----- stdout -----
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="pacto diff" tests="4" failures="2">
      <testsuite name="new" tests="4" failures="2">
        <testcase classname="new" name="proto.services[shop.v1.Prices].methods[List] removed">
          <failure message="BREAKING: method shop.v1.Prices/List removed">BREAKING RPC_NO_DELETE: proto.services[shop.v1.Prices].methods[List]: method shop.v1.Prices/List was deleted; calls to it fail (keep it and mark it with `deprecated = true`)&#10;new/api.proto:8:1</failure>
        </testcase>
        <testcase classname="new" name="proto.messages[shop.v1.A].fields[1] modified">
          <failure message="BREAKING: field shop.v1.A.cents modified">BREAKING FIELD_WIRE_JSON_COMPATIBLE_TYPE: proto.messages[shop.v1.A].fields[1]: field shop.v1.A.cents: the type int32 became int64, which is written differently (add a new field beside it)&#10;new/api.proto:6:3</failure>
        </testcase>
        <testcase classname="new" name="service.version modified"/>
        <testcase classname="new" name="proto.files[api.proto] modified"/>
      </testsuite>
      <testsuite name="diagnostics" tests="0" failures="0">
        <system-out>VERSION_UNDERSTATES service.version: prices breaks something and its version went from 1.0.0 to 1.1.0 only&#10;new/pacto.yaml:2:34&#10;help: publish it as 2.0.0 or higher</system-out>
      </testsuite>
    </testsuites>
    "#);
    let none = cx.pacto(["diff", "old", "new", "--output-format", "junit", "--fail-on", "none"]);
    assert!(none.code == 0 && none.stdout.contains("failures=\"0\"") && !none.stdout.contains("<failure"));
    let same = cx.pacto(["diff", "old", "old", "--output-format", "junit"]);
    assert!(same.code == 0 && same.stdout.contains("name=\"no changes\""), "{same}");
}

#[test]
fn github_annotates_what_may_break_somebody() {
    let cx = grpc();
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--output-format", "github"]), @r#"
    exit: 1
    ----- stdout -----
    ::error file=new/api.proto,line=8,col=1,title=RPC_NO_DELETE::proto.services[shop.v1.Prices].methods[List]: method shop.v1.Prices/List was deleted; calls to it fail (keep it and mark it with `deprecated = true`)
    ::error file=new/api.proto,line=6,col=3,title=FIELD_WIRE_JSON_COMPATIBLE_TYPE::proto.messages[shop.v1.A].fields[1]: field shop.v1.A.cents: the type int32 became int64, which is written differently (add a new field beside it)
    ::warning file=new/pacto.yaml,line=2,col=34,title=VERSION_UNDERSTATES::service.version: prices breaks something and its version went from 1.0.0 to 1.1.0 only (publish it as 2.0.0 or higher)
    "#);
}

/// A comment has a limit; the worst changes are kept, and what was left out is counted.
#[test]
fn markdown_stays_below_the_limit_of_a_comment() {
    let cx = grpc();
    let fields = |kind: &str| -> String {
        let fields = (1..=3_000)
            .map(|number| format!("  {kind} a_rather_long_name_of_a_field_{number} = {number};\n"));
        format!("syntax = \"proto3\";\nmessage A {{\n{}}}\n", fields.collect::<String>())
    };
    cx.write("old/api.proto", fields("string"));
    cx.write("new/api.proto", fields("bool"));
    for details in [&[][..], &["--details"]] {
        let arguments = ["diff", "old", "new", "--output-format", "markdown"];
        let output = cx.pacto(arguments.iter().chain(details));
        assert_eq!(output.code, 1);
        assert!(output.stdout.len() < 65_536, "{}", output.stdout.len());
        let left_out = output.stdout.lines().find(|line| line.contains("left out for length")).unwrap();
        let count: usize = left_out.trim_matches('*').split(' ').next().unwrap().parse().unwrap();
        let rows = output.stdout.lines().filter(|line| line.starts_with("| BREAKING |")).count();
        let said = output.stdout.split_once("### Changes (").unwrap().1.split_once(')').unwrap().0;
        assert_eq!((count + rows).to_string(), said);
        assert!(output.stdout.contains("`VERSION_UNDERSTATES`"), "what comes behind is there");
        assert_eq!(output.stdout.matches("<details>").count(), output.stdout.matches("</details>").count());
    }
}
