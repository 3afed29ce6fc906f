//! `pacto diff --rules`: what a team decided is applied, and always shown.

use pacto_testkit::TestContext;

use crate::diff_formats::grpc;

/// The fingerprint of the finding of a rule.
fn fingerprint(cx: &TestContext, rule: &str) -> String {
    let json = cx.pacto(["diff", "old", "new", "--output-format", "json"]).json();
    let changes = json["changes"].as_array().unwrap();
    let mut findings = changes.iter().flat_map(|change| change["findings"].as_array().unwrap());
    let finding = findings.find(|finding| finding["ruleId"] == rule).unwrap();
    finding["fingerprint"].as_str().unwrap().to_owned()
}

/// Accepts everything that is breaking, until a day.
fn accepted(cx: &TestContext, until: &str) {
    let gone = fingerprint(cx, "RPC_NO_DELETE");
    cx.write(
        "rules.yaml",
        format!(
            "rules:\n  FIELD_WIRE_JSON_COMPATIBLE_TYPE: potential\n  FILE_SAME_JAVA_PACKAGE: potential\n\
             ignore:\n  - fingerprint: {gone}\n    reason: nobody calls List, see TICKET-17\n    until: {until}\n    service: prices\n"
        ),
    );
}

#[test]
fn what_was_decided_holds_and_is_shown() {
    let cx = grpc();
    accepted(&cx, "9999-12-31");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--rules", "rules.yaml"]), @r#"
    exit: 0
    ----- stdout -----
    Classification: POTENTIAL_BREAKING
    Changes (4):
      [POTENTIAL_BREAKING] proto.messages[shop.v1.A].fields[1] (modified): field shop.v1.A.cents modified [int32 cents = 1 -> int64 cents = 1]
      [POTENTIAL_BREAKING] proto.files[api.proto] (modified): file api.proto modified
      [NON_BREAKING] proto.services[shop.v1.Prices].methods[List] (removed): method shop.v1.Prices/List removed [- method shop.v1.Prices/List]
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]

    Decided otherwise (3):
      [BREAKING -> POTENTIAL_BREAKING] FIELD_WIRE_JSON_COMPATIBLE_TYPE at proto.messages[shop.v1.A].fields[1] (29960aa1c0caaaa5)
        by rules.yaml:2:36
      [NON_BREAKING -> POTENTIAL_BREAKING] FILE_SAME_JAVA_PACKAGE at proto.files[api.proto] (34714a8200088bc7)
        by rules.yaml:3:27
      [BREAKING -> NON_BREAKING] RPC_NO_DELETE at proto.services[shop.v1.Prices].methods[List] (87d7848c38541e21)
        by rules.yaml:5:5 until 9999-12-31: nobody calls List, see TICKET-17
    "#);
    let strict = cx.pacto(["diff", "old", "new", "--rules", "rules.yaml", "--fail-on", "potential"]);
    assert_eq!(strict.code, 1);
    let json = cx.pacto(["diff", "old", "new", "--rules", "rules.yaml", "--output-format", "json"]).json();
    let changes = json["changes"].as_array().unwrap();
    let decided: Vec<_> = changes
        .iter()
        .flat_map(|change| change["findings"].as_array().unwrap())
        .filter(|finding| finding.get("decision").is_some())
        .map(|finding| format!("{} {} {}", finding["ruleId"], finding["classification"], finding["decision"]))
        .collect();
    insta::assert_snapshot!(decided.join("\n"), @r#"
    "FIELD_WIRE_JSON_COMPATIBLE_TYPE" "POTENTIAL_BREAKING" {"from":"BREAKING","at":{"file":"rules.yaml","line":2,"column":36}}
    "FILE_SAME_JAVA_PACKAGE" "POTENTIAL_BREAKING" {"from":"NON_BREAKING","at":{"file":"rules.yaml","line":3,"column":27}}
    "RPC_NO_DELETE" "NON_BREAKING" {"from":"BREAKING","at":{"file":"rules.yaml","line":5,"column":5},"reason":"nobody calls List, see TICKET-17","until":"9999-12-31"}
    "#);
    let markdown =
        cx.pacto(["diff", "old", "new", "--rules", "rules.yaml", "--output-format", "markdown"]).stdout;
    insta::assert_snapshot!(markdown.split_once("### Decided").unwrap().1, @r#"
     Otherwise (3)

    | Rule | Path | From | To | By | Reason |
    |---|---|---|---|---|---|
    | `FIELD_WIRE_JSON_COMPATIBLE_TYPE` | `proto.messages[shop.v1.A].fields[1]` | BREAKING | POTENTIAL_BREAKING | `rules.yaml:2:36` |  |
    | `FILE_SAME_JAVA_PACKAGE` | `proto.files[api.proto]` | NON_BREAKING | POTENTIAL_BREAKING | `rules.yaml:3:27` |  |
    | `RPC_NO_DELETE` | `proto.services[shop.v1.Prices].methods[List]` | BREAKING | NON_BREAKING | `rules.yaml:5:5` until `9999-12-31` | nobody calls List, see TICKET-17 |
    "#);
    let github = cx.pacto(["diff", "old", "new", "--rules", "rules.yaml", "--output-format", "github"]);
    insta::assert_snapshot!(github, @r#"
    exit: 0
    ----- stdout -----
    ::warning file=new/api.proto,line=6,col=3,title=FIELD_WIRE_JSON_COMPATIBLE_TYPE::proto.messages[shop.v1.A].fields[1]: field shop.v1.A.cents: the type int32 became int64, which is written differently (add a new field beside it) [decided: BREAKING before]
    ::warning file=new/api.proto,line=4,col=1,title=FILE_SAME_JAVA_PACKAGE::proto.files[api.proto]: file api.proto: java_package nothing became a [decided: NON_BREAKING before]
    ::notice file=new/api.proto,line=8,col=1,title=RPC_NO_DELETE::proto.services[shop.v1.Prices].methods[List]: method shop.v1.Prices/List was deleted; calls to it fail (keep it and mark it with `deprecated = true`) [decided: BREAKING before; nobody calls List, see TICKET-17]
    "#);
    let sarif = cx.pacto(["diff", "old", "new", "--rules", "rules.yaml", "--output-format", "sarif"]).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let suppressed: Vec<_> = results.iter().filter(|result| result.get("suppressions").is_some()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["ruleId"], "RPC_NO_DELETE");
}

#[test]
fn a_decision_ends() {
    let cx = grpc();
    accepted(&cx, "2020-01-31");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--rules", "rules.yaml"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (4):
      [BREAKING] proto.services[shop.v1.Prices].methods[List] (removed): method shop.v1.Prices/List removed [- method shop.v1.Prices/List]
      [POTENTIAL_BREAKING] proto.messages[shop.v1.A].fields[1] (modified): field shop.v1.A.cents modified [int32 cents = 1 -> int64 cents = 1]
      [POTENTIAL_BREAKING] proto.files[api.proto] (modified): file api.proto modified
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]

    Decided otherwise (2):
      [BREAKING -> POTENTIAL_BREAKING] FIELD_WIRE_JSON_COMPATIBLE_TYPE at proto.messages[shop.v1.A].fields[1] (29960aa1c0caaaa5)
        by rules.yaml:2:36
      [NON_BREAKING -> POTENTIAL_BREAKING] FILE_SAME_JAVA_PACKAGE at proto.files[api.proto] (34714a8200088bc7)
        by rules.yaml:3:27
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: prices breaks something and its version went from 1.0.0 to 1.1.0 only
          at new/pacto.yaml:2:34
          help: publish it as 2.0.0 or higher
      WARN  [DECISION_ENDED] RPC_NO_DELETE (87d7848c38541e21) was accepted until 2020-01-31
          at rules.yaml:5:5
          help: solve it, or decide again with a later day
    Error: breaking changes detected
    "#);
}

/// The same file in a contract: a directory, or one that was published.
#[test]
fn decisions_come_from_a_bundle_too() {
    let cx = grpc();
    accepted(&cx, "9999-12-31");
    let rules = std::fs::read_to_string(cx.path("rules.yaml")).unwrap();
    cx.write("policy/pacto.yaml", "pactoVersion: '1.0'\nservice: {name: diff-policy, version: 1.0.0}\n");
    let missing = cx.pacto(["diff", "old", "new", "--rules", "policy"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("policy holds no diff-rules.yaml"), "{missing}");
    cx.write("policy/diff-rules.yaml", rules);
    let from_directory = cx.pacto(["diff", "old", "new", "--rules", "policy"]);
    assert!(
        from_directory.code == 0 && from_directory.stdout.contains("by policy/diff-rules.yaml:2:"),
        "{from_directory}"
    );
    let layout = format!("oci-layout://{}", cx.path("layout").display());
    assert_eq!(cx.pacto(["push", &layout, "-p", "policy"]).code, 0);
    let reference = format!("{layout}:1.0.0");
    let from_registry = cx.pacto(["diff", "old", "new", "--rules", &reference]);
    assert!(
        from_registry.code == 0 && from_registry.stdout.contains("Decided otherwise (3)"),
        "{from_registry}"
    );
}

#[test]
fn a_wrong_file_is_refused_as_a_whole() {
    let cx = grpc();
    cx.write(
        "rules.yaml",
        "rules:\n  RPC_NO_DELET: potential\n  FIELD_SAME_TYPE: never\nignore:\n  - fingerprint: a\n",
    );
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--rules", "rules.yaml"]), @r#"
    exit: 2
    ----- stderr -----
    Error: rules.yaml:2:17: no rule is called "RPC_NO_DELET" (the nearest is "RPC_NO_DELETE")\nrules.yaml:3:20: FIELD_SAME_TYPE: this is not a class (the classes are `breaking`, `potential` and `non-breaking`)\nrules.yaml:5:5: `reason` is missing (say why the finding is accepted)
    "#);
    assert_eq!(cx.pacto(["diff", "old", "new", "--rules", "nowhere"]).code, 3);
    cx.write("rules.yaml", vec![0xff, 0xfe, 0]);
    assert_eq!(cx.pacto(["diff", "old", "new", "--rules", "rules.yaml"]).code, 2);
}
