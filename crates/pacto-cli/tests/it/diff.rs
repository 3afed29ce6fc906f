//! `pacto diff`: text, JSON, Markdown and exit codes. What is breaking is tested in the engine.

use pacto_testkit::TestContext;

use crate::fixture::{cart, cart_with, context, service};

/// Two versions of a contract with one change of each class.
fn versions() -> TestContext {
    let cx = context();
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
    insta::assert_snapshot!(versions().pacto(["diff", "old", "new"]), @"");
}

#[test]
fn details_show_the_findings_behind_each_change() {
    insta::assert_snapshot!(versions().pacto(["diff", "old", "new", "--details"]), @"");
}

#[test]
fn equal_contracts_have_no_changes() {
    let cx = context();
    cart(&cx, "old");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "old"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "old", "--output-format", "markdown"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "old", "--output-format", "json"]), @"");
}

#[test]
fn markdown_has_a_table() {
    insta::assert_snapshot!(versions().pacto(["diff", "old", "new", "--output-format", "markdown"]), @"");
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
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["changes"][0]).unwrap(), @"");
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
    insta::assert_snapshot!(lines.join("\n"), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--fail-on", "anything"]), @"");
}

/// Two versions of billing whose dependencies change as well.
fn billing() -> TestContext {
    let mut cx = context();
    let registry = |directory: &str, name: &str, version: &str, needs: &[(&str, &str)]| {
        service(&cx, &format!("registry/{directory}"), name, version, needs);
    };
    registry("ledger3", "ledger", "3.0.0", &[("oci://r.example/audit", "*")]);
    registry(
        "ledger4",
        "ledger",
        "4.0.0",
        &[("oci://r.example/audit", "*"), ("oci://r.example/archive-of-everything", "*")],
    );
    registry("archive", "archive-of-everything", "1.0.0", &[]);
    registry("audit", "audit", "1.0.0", &[]);
    registry("cache", "cache", "7.0.0", &[]);
    registry("mail", "mail", "1.0.0", &[]);
    registry("fourteen1", "fourteen-chars", "1.0.0", &[]);
    registry("fourteen2", "fourteen-chars", "1.1.0", &[]);
    let shared = ("oci://r.example/mail", "*");
    service(
        &cx,
        "old",
        "billing",
        "1.0.0",
        &[
            ("oci://r.example/ledger", "^3.0.0"),
            shared,
            ("oci://r.example/cache", "*"),
            ("oci://r.example/fourteen-chars", "1.0.0"),
        ],
    );
    service(
        &cx,
        "new",
        "billing",
        "1.1.0",
        &[
            ("oci://r.example/ledger", "^4.0.0"),
            shared,
            ("oci://r.example/fourteen-chars", "^1.0.0"),
            ("oci://r.example/audit", "*"),
        ],
    );
    cx.mirror("r.example", "registry");
    cx
}

#[test]
fn dependencies_are_compared_and_their_tree_is_drawn() {
    insta::assert_snapshot!(billing().pacto(["diff", "old", "new"]), @"");
}

#[test]
fn dependencies_have_tables_and_a_fenced_tree_in_markdown() {
    insta::assert_snapshot!(billing().pacto(["diff", "old", "new", "--output-format", "markdown"]), @"");
}

#[test]
fn dependencies_are_lists_and_a_tree_in_json() {
    let json = billing().pacto(["diff", "old", "new", "--output-format", "json"]).json();
    let names: Vec<_> =
        json["dependencyDiffs"].as_array().unwrap().iter().map(|diff| diff["name"].clone()).collect();
    assert_eq!(names, ["fourteen-chars", "ledger"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["graphDiff"]).unwrap(), @"");
}

#[test]
fn a_breaking_dependency_makes_the_whole_breaking() {
    let cx = billing();
    let output = cx.pacto([
        "diff",
        "old",
        "old",
        "--new-set",
        "dependencies[0].compatibility=^4.0.0",
        "--output-format",
        "json",
    ]);
    assert_eq!(output.code, 1);
    let back = cx.pacto(["diff", "new", "new", "--new-set", "dependencies[0].compatibility=^3.0.0"]);
    assert!(back.stdout.contains("\nDependency ledger [BREAKING] (2):\n"), "{back}");
    assert_eq!(back.code, 1);
}

#[test]
fn a_dependency_beside_the_new_version_stands_in_for_the_published_one() {
    let cx = billing();
    // A monorepo: billing, and a ledger that is about to be released. `cache` is the directory of another service.
    service(
        &cx,
        "mono/billing",
        "billing",
        "1.1.0",
        &[("oci://r.example/ledger", "^3.0.0"), ("oci://r.example/cache", "*")],
    );
    service(&cx, "mono/ledger", "ledger", "3.1.0", &[]);
    service(&cx, "mono/cache", "not-the-cache", "9.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["diff", "old", "mono/billing"]), @"");
    // Only the new version lies in a workspace.
    let back = cx.pacto(["diff", "mono/billing", "old"]);
    assert!(!back.stdout.contains("3.1.0"), "{back}");
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
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--output-format", "markdown"]), @"");
    let json = cx.pacto(["diff", "old", "new", "--output-format", "json"]).json();
    insta::assert_snapshot!(json["sbomDiff"], @"");
    cx.write("new/sbom/bom.cdx.json", "{");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @"");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let cx = context();
    cart(&cx, "old");
    cart(&cx, "new");
    cx.write("new/interfaces/openapi.yaml", "openapi: [");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new", "--output-format", "markdown"]), @"");
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
    insta::assert_snapshot!(errors.join(""), @"");
}

#[test]
fn references_and_directories_can_be_compared() {
    let cx = billing();
    insta::assert_snapshot!(cx.pacto(["diff", "oci://r.example/ledger:3.0.0", "oci://r.example/ledger:4.0.0"]), @"");
    insta::assert_snapshot!(cx.pacto(["diff", "oci://r.example/audit", "registry/audit"]), @"");
}
