//! `pacto pull`: what it writes, and what it leaves alone. From an image layout, which needs no server.

use pacto_testkit::TestContext;

use crate::fixture::context;

const LAYOUT: &str = "oci-layout://layout";

fn contract(version: &str) -> String {
    format!("pactoVersion: \"1.0\"\nservice:\n  name: cart\n  version: {version}\n")
}

/// Versions 1.0.0, with notes, and 1.1.0, with a guide, in a layout.
fn published() -> TestContext {
    let cx = context();
    cx.write("v1/pacto.yaml", contract("1.0.0")).write("v1/docs/notes.md", "# Notes\n");
    cx.write("v2/pacto.yaml", contract("1.1.0")).write("v2/docs/guide.md", "# Guide\n");
    for directory in ["v1", "v2"] {
        assert_eq!(cx.pacto(["push", LAYOUT, "-p", directory]).code, 0);
    }
    cx
}

fn pull(cx: &TestContext, more: &[&str]) -> String {
    let arguments = [&["pull", LAYOUT], more].concat();
    cx.pacto(arguments).to_string()
}

#[test]
fn writes_the_contract_and_replaces_what_it_wrote() {
    let cx = published();
    insta::assert_snapshot!(pull(&cx, &[]), @"
    exit: 0
    ----- stdout -----
    Pulled cart@1.1.0 -> cart/
    ");
    assert_eq!(cx.read("cart/pacto.yaml"), contract("1.1.0"));
    assert_eq!(cx.pacto(["validate", "cart"]).code, 0);
    let older = format!("{LAYOUT}:1.0.0");
    cx.write("cart/mine.txt", "mine");
    insta::assert_snapshot!(cx.pacto(["pull", &older, "--output-format", "json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "ref": "oci-layout://layout:1.0.0",
      "output": "cart",
      "digest": "sha256:9ce76ef37a095614680e882cffb8fd7f9603fb877e8e262eadbb11353e6bdab7",
      "name": "cart",
      "version": "1.0.0",
      "files": [
        "docs/notes.md",
        "pacto.yaml"
      ],
      "removed": [
        "docs/guide.md"
      ],
      "kept": []
    }
    "#);
    assert_eq!(
        (cx.read("cart/docs/notes.md"), cx.read("cart/mine.txt")),
        ("# Notes\n".into(), "mine".into())
    );
    assert!(!cx.path("cart/docs/guide.md").exists());
    // What was pulled is what was pushed: the record is no part of it.
    cx.pacto(["pull", &older, "-o", "again"]);
    let digest = |directory: &str| {
        let output = cx.pacto(["push", "oci-layout://other", "-p", directory, "--dry-run"]).stdout;
        output.lines().last().unwrap().to_owned()
    };
    assert_eq!(digest("again"), digest("v1"));
}

#[test]
fn what_somebody_changed_is_left_alone() {
    let cx = published();
    cx.write("cart/pacto.yaml", "mine");
    insta::assert_snapshot!(pull(&cx, &[]), @"
    exit: 3
    ----- stderr -----
    Error: a file in cart would be overwritten and is not as a pull wrote: pacto.yaml; use --force to overwrite
    ");
    assert_eq!(cx.read("cart/pacto.yaml"), "mine");
    insta::assert_snapshot!(pull(&cx, &["--force"]), @"
    exit: 0
    ----- stdout -----
    Pulled cart@1.1.0 -> cart/
    ");
    cx.write("cart/docs/guide.md", "changed");
    // The older version has no guide; the changed one stays.
    insta::assert_snapshot!(cx.pacto(["pull", &format!("{LAYOUT}:1.0.0")]), @"
    exit: 0
    ----- stdout -----
    Pulled cart@1.0.0 -> cart/
    ----- stderr -----
    Warning: docs/guide.md is not part of the contract any more and was changed; it stays
    ");
    assert_eq!(cx.read("cart/docs/guide.md"), "changed");
    insta::assert_snapshot!(pull(&cx, &[]), @"
    exit: 3
    ----- stderr -----
    Error: a file in cart would be overwritten and is not as a pull wrote: docs/guide.md; use --force to overwrite
    ");
    cx.write("cart/.pacto-pull.json", "{");
    insta::assert_snapshot!(pull(&cx, &[]), @"
    exit: 3
    ----- stderr -----
    Error: [ROOT]/work/cart/.pacto-pull.json: not a record of a pull: EOF while parsing an object at line 1 column 1; remove it, and pull with --force
    ");
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_directory() {
    let cx = published();
    std::fs::create_dir_all(cx.path("elsewhere")).unwrap();
    std::fs::create_dir_all(cx.path("cart")).unwrap();
    std::os::unix::fs::symlink(cx.path("elsewhere"), cx.path("cart/docs")).unwrap();
    let output = pull(&cx, &["--force"]);
    assert!(output.contains("not a directory; a pull writes through no link"), "{output}");
    std::fs::remove_file(cx.path("cart/docs")).unwrap();
    cx.write("elsewhere/target", "old");
    std::os::unix::fs::symlink(cx.path("elsewhere/target"), cx.path("cart/pacto.yaml")).unwrap();
    assert!(pull(&cx, &[]).contains("use --force to overwrite"));
    assert!(pull(&cx, &["--force"]).starts_with("exit: 0"));
    assert_eq!(cx.read("elsewhere/target"), "old");
    assert_eq!(std::fs::read_dir(cx.path("elsewhere")).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_pulled_is_said() {
    let cx = published();
    let mut said = String::new();
    for reference in
        ["cart", "file://cart", "oci://ghcr.example", "oci-layout://none", "oci-layout://layout:9.9.9"]
    {
        said.push_str(&cx.pacto(["pull", reference]).to_string());
    }
    insta::assert_snapshot!(said, @r#"
    exit: 2
    ----- stderr -----
    Error: pull requires an OCI reference (oci://...): got "cart"
    exit: 2
    ----- stderr -----
    Error: pull requires an OCI reference (oci://...): got "file://cart"
    exit: 2
    ----- stderr -----
    Error: "oci://ghcr.example": "ghcr.example" names no repository; write registry/repository
    exit: 3
    ----- stderr -----
    Error: artifact not found: oci-layout://none
    exit: 3
    ----- stderr -----
    Error: artifact not found: oci-layout://layout:9.9.9
    "#);
}
