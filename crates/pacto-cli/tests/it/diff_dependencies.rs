//! `pacto diff`: what changed in the services that a contract needs.

use std::fmt::Write;

use pacto_testkit::TestContext;

use crate::fixture::{context, service};

/// Two versions of billing whose dependencies change as well.
pub fn billing() -> TestContext {
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
    insta::assert_snapshot!(billing().pacto(["diff", "old", "new"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (5):
      [BREAKING] dependencies.compatibility (modified): dependencies.compatibility modified [oci://r.example/ledger: ^3.0.0 -> oci://r.example/ledger: ^4.0.0]
      [BREAKING] dependencies (removed): dependencies removed [- oci://r.example/cache]
      [POTENTIAL_BREAKING] dependencies.compatibility (modified): dependencies.compatibility modified [oci://r.example/fourteen-chars: 1.0.0 -> oci://r.example/fourteen-chars: ^1.0.0]
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]
      [NON_BREAKING] dependencies (added): dependencies added [+ oci://r.example/audit]

    Dependency fourteen-chars [NON_BREAKING] (1):
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]

    Dependency ledger [NON_BREAKING] (2):
      [NON_BREAKING] service.version (modified): service.version modified [3.0.0 -> 4.0.0]
      [NON_BREAKING] dependencies (added): dependencies added [+ oci://r.example/archive-of-everything]

    Dependency graph changes:
    billing
    ├─ ledger        3.0.0 → 4.0.0
    │  └─ archive-of-everything +1.0.0
    ├─ fourteen-chars 1.0.0 → 1.1.0
    ├─ audit         +1.0.0
    └─ cache         -7.0.0
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: billing breaks something and its version went from 1.0.0 to 1.1.0 only
          at new/pacto.yaml:4:12
          help: publish it as 2.0.0 or higher
    Error: breaking changes detected
    "#);
}

#[test]
fn dependencies_have_tables_and_a_fenced_tree_in_markdown() {
    insta::assert_snapshot!(billing().pacto(["diff", "old", "new", "--output-format", "markdown"]), @r#"
    exit: 1
    ----- stdout -----
    ## Contract Diff

    **Classification:** `BREAKING`

    ### Changes (5)

    | Classification | Path | Type | Reason | Old | New |
    |---|---|---|---|---|---|
    | BREAKING | `dependencies.compatibility` | modified | dependencies.compatibility modified | `oci://r.example/ledger: ^3.0.0` | `oci://r.example/ledger: ^4.0.0` |
    | BREAKING | `dependencies` | removed | dependencies removed | `oci://r.example/cache` |  |
    | POTENTIAL_BREAKING | `dependencies.compatibility` | modified | dependencies.compatibility modified | `oci://r.example/fourteen-chars: 1.0.0` | `oci://r.example/fourteen-chars: ^1.0.0` |
    | NON_BREAKING | `service.version` | modified | service.version modified | `1.0.0` | `1.1.0` |
    | NON_BREAKING | `dependencies` | added | dependencies added |  | `oci://r.example/audit` |

    ### Dependency: fourteen-chars (`NON_BREAKING`)

    | Classification | Path | Type | Reason | Old | New |
    |---|---|---|---|---|---|
    | NON_BREAKING | `service.version` | modified | service.version modified | `1.0.0` | `1.1.0` |

    ### Dependency: ledger (`NON_BREAKING`)

    | Classification | Path | Type | Reason | Old | New |
    |---|---|---|---|---|---|
    | NON_BREAKING | `service.version` | modified | service.version modified | `3.0.0` | `4.0.0` |
    | NON_BREAKING | `dependencies` | added | dependencies added |  | `oci://r.example/archive-of-everything` |

    ### Dependency Graph Changes

    ```
    billing
    ├─ ledger        3.0.0 → 4.0.0
    │  └─ archive-of-everything +1.0.0
    ├─ fourteen-chars 1.0.0 → 1.1.0
    ├─ audit         +1.0.0
    └─ cache         -7.0.0
    ```

    ### Diagnostics

    | Code | Message | Place |
    |---|---|---|
    | `VERSION_UNDERSTATES` | billing breaks something and its version went from 1.0.0 to 1.1.0 only | `new/pacto.yaml:4:12` |
    "#);
}

#[test]
fn dependencies_are_lists_and_a_tree_in_json() {
    let json = billing().pacto(["diff", "old", "new", "--output-format", "json"]).json();
    let names: Vec<_> =
        json["dependencyDiffs"].as_array().unwrap().iter().map(|diff| diff["name"].clone()).collect();
    assert_eq!(names, ["fourteen-chars", "ledger"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["graphDiff"]).unwrap(), @r#"
    {
      "root": {
        "name": "billing",
        "version": "1.1.0",
        "children": [
          {
            "name": "ledger",
            "version": "4.0.0",
            "change": {
              "name": "ledger",
              "changeType": "version_changed",
              "oldVersion": "3.0.0",
              "newVersion": "4.0.0"
            },
            "children": [
              {
                "name": "audit",
                "version": "1.0.0"
              },
              {
                "name": "archive-of-everything",
                "version": "1.0.0",
                "change": {
                  "name": "archive-of-everything",
                  "changeType": "added",
                  "newVersion": "1.0.0"
                }
              }
            ]
          },
          {
            "name": "mail",
            "version": "1.0.0"
          },
          {
            "name": "fourteen-chars",
            "version": "1.1.0",
            "change": {
              "name": "fourteen-chars",
              "changeType": "version_changed",
              "oldVersion": "1.0.0",
              "newVersion": "1.1.0"
            }
          },
          {
            "name": "audit",
            "version": "1.0.0",
            "change": {
              "name": "audit",
              "changeType": "added",
              "newVersion": "1.0.0"
            }
          },
          {
            "name": "cache",
            "version": "7.0.0",
            "change": {
              "name": "cache",
              "changeType": "removed",
              "oldVersion": "7.0.0"
            }
          }
        ]
      },
      "changes": [
        {
          "name": "archive-of-everything",
          "changeType": "added",
          "newVersion": "1.0.0"
        },
        {
          "name": "audit",
          "changeType": "added",
          "newVersion": "1.0.0"
        },
        {
          "name": "cache",
          "changeType": "removed",
          "oldVersion": "7.0.0"
        },
        {
          "name": "fourteen-chars",
          "changeType": "version_changed",
          "oldVersion": "1.0.0",
          "newVersion": "1.1.0"
        },
        {
          "name": "ledger",
          "changeType": "version_changed",
          "oldVersion": "3.0.0",
          "newVersion": "4.0.0"
        }
      ]
    }
    "#);
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
    insta::assert_snapshot!(cx.pacto(["diff", "old", "mono/billing"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (3):
      [BREAKING] dependencies (removed): dependencies removed [- oci://r.example/mail]
      [BREAKING] dependencies (removed): dependencies removed [- oci://r.example/fourteen-chars]
      [NON_BREAKING] service.version (modified): service.version modified [1.0.0 -> 1.1.0]

    Dependency ledger [BREAKING] (2):
      [BREAKING] dependencies (removed): dependencies removed [- oci://r.example/audit]
      [NON_BREAKING] service.version (modified): service.version modified [3.0.0 -> 3.1.0]

    Dependency graph changes:
    billing
    ├─ ledger        3.0.0 → 3.1.0
    │  └─ audit         -1.0.0
    ├─ mail          -1.0.0
    └─ fourteen-chars -1.0.0
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: billing breaks something and its version went from 1.0.0 to 1.1.0 only
          at mono/billing/pacto.yaml:4:12
          help: publish it as 2.0.0 or higher
      WARN  [VERSION_UNDERSTATES] service.version: ledger breaks something and its version went from 3.0.0 to 3.1.0 only
          at mono/ledger/pacto.yaml:4:12
          help: publish it as 4.0.0 or higher
    Error: breaking changes detected
    "#);
    // Only the new version lies in a workspace.
    let back = cx.pacto(["diff", "mono/billing", "old"]);
    assert!(!back.stdout.contains("3.1.0"), "{back}");
}

#[test]
fn an_alias_that_gets_another_service_is_no_new_version() {
    let mut cx = context();
    let contract = |reference: &str| {
        format!(
            "pactoVersion: \"1.0\"\nservice: {{name: shop, version: 1.0.0}}\ndependencies:\n  - {{name: db, ref: 'oci://r.example/{reference}', required: true, compatibility: '*'}}\n"
        )
    };
    cx.write("old/pacto.yaml", contract("postgres")).write("new/pacto.yaml", contract("mysql"));
    service(&cx, "registry/postgres", "postgres", "16.0.0", &[]);
    service(&cx, "registry/mysql", "mysql", "8.0.0", &[]);
    cx.mirror("r.example", "registry");
    let tree = |output: &pacto_testkit::CommandOutput| {
        output.stdout.split("Dependency graph changes:\n").nth(1).unwrap_or_default().to_owned()
    };
    insta::assert_snapshot!(tree(&cx.pacto(["diff", "old", "new"])), @"
    shop
    ├─ mysql         +8.0.0
    └─ postgres      -16.0.0
    ");
    // Nothing is known of a service that cannot be read, so it is not said to be gone.
    std::fs::remove_dir_all(cx.path("registry/mysql")).unwrap();
    insta::assert_snapshot!(tree(&cx.pacto(["diff", "old", "new"])), @"");
}

#[test]
fn ten_thousand_dependencies_are_compared_in_one_go() {
    let cx = context();
    for (directory, first) in [("old", 0), ("new", 5_000)] {
        let mut text = crate::fixture::contract("wide", "1.0.0", &[]) + "dependencies:\n";
        for number in first..first + 10_000 {
            let _ = writeln!(
                text,
                "  - {{ref: \"oci://r.example/s{number}\", required: true, compatibility: \"^1\"}}"
            );
        }
        cx.write(format!("{directory}/pacto.yaml"), text);
    }
    let output = cx.pacto(["diff", "old", "new"]);
    assert_eq!(output.code, 1);
    assert!(output.stdout.starts_with("Classification: BREAKING\nChanges (10000):\n"));
    assert_eq!(output.stderr.lines().count(), 15_004);
}

#[test]
fn dependencies_that_cannot_be_read_are_named() {
    let cx = billing();
    service(
        &cx,
        "old",
        "billing",
        "1.0.0",
        &[("oci://r.example/gone", "*"), ("../lost", "*"), ("../old", "*")],
    );
    service(
        &cx,
        "new",
        "billing",
        "1.0.0",
        &[("oci://r.example/gone", "*"), ("../lost", "*"), ("../new", "*")],
    );
    insta::assert_snapshot!(cx.pacto(["diff", "old", "new"]), @r#"
    exit: 1
    ----- stdout -----
    Classification: BREAKING
    Changes (2):
      [BREAKING] dependencies (removed): dependencies removed [- ../old]
      [NON_BREAKING] dependencies (added): dependencies added [+ ../new]
    ----- stderr -----
      WARN  [VERSION_UNDERSTATES] service.version: billing breaks something and its version is still 1.0.0
          at new/pacto.yaml:4:12
          help: publish it as 2.0.0 or higher
      WARN  [DEPENDENCY_UNRESOLVED] oci://r.example/gone, which billing needs, was not compared: artifact not found: oci://r.example/gone
      WARN  [DEPENDENCY_UNRESOLVED] ../lost, which billing needs, was not compared: cannot access lost: No such file or directory (os error 2)
    Error: breaking changes detected
    "#);
}
