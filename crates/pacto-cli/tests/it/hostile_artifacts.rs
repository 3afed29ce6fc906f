//! Artifacts that want more than to be read: names and files that other programs obey, tags that moved between two looks.

use pacto_contract::{Bundle, ContractDocument};
use pacto_oci::artifact::Artifact;
use pacto_oci::layout::Layout;
use pacto_testkit::TestContext;

use crate::fixture::context;

/// A layout with an artifact of these files, whose contract has this name; nobody validated it.
fn craft(cx: &TestContext, layout: &str, name: &str, version: &str, files: &[(&str, &str)]) {
    let text = format!("pactoVersion: '1.0'\nservice: {{name: {name:?}, version: {version}}}\n");
    let mut bundle = Bundle::default();
    bundle.insert("pacto.yaml", text.clone().into_bytes()).unwrap();
    for (path, content) in files {
        bundle.insert(path, content.as_bytes().to_vec()).unwrap();
    }
    let document = ContractDocument::parse("pacto.yaml", text.as_bytes()).unwrap();
    let artifact = Artifact::new(&bundle, &document.contract).unwrap();
    let store = Layout::new(cx.path(layout), layout);
    for part in [&artifact.layer, &artifact.config] {
        store.put_blob(part).unwrap();
    }
    let kind = "application/vnd.oci.image.manifest.v1+json".into();
    store.put_manifest(version, &artifact.manifest, &kind).unwrap();
}

#[test]
fn no_name_chooses_a_directory_that_programs_obey() {
    let cx = context();
    for name in [".git", ".ssh", "..", "a/b", "/tmp/x", "-rf", "A", "a b", "con.", "a-"] {
        craft(&cx, "layout", name, "1.0.0", &[("config", "[core]")]);
        let pull = cx.pacto(["pull", "oci-layout://./layout"]);
        assert_eq!(pull.code, 2, "{name}: {pull}");
        assert!(pull.stderr.contains("cannot be a directory; name one with -o"), "{name}: {pull}");
        let mirror = cx.pacto(["mirror", "oci-layout://./layout:1.0.0", "oci-layout://./copies"]);
        assert_eq!(mirror.code, 2, "{name}: {mirror}");
        assert!(!cx.path("copies").exists() && !cx.path(name).join("pacto.yaml").exists(), "{name}");
        std::fs::remove_dir_all(cx.path("layout")).unwrap();
    }
    for path in [".git/config", "docs/.GIT/hooks/post-checkout", ".pacto-pull.json"] {
        craft(&cx, "layout", "cart", "1.0.0", &[(path, "x")]);
        let pull = cx.pacto(["pull", "oci-layout://./layout", "-o", "here"]);
        assert_eq!(pull.code, 2, "{pull}");
        assert!(pull.stderr.contains("which is not written") && !cx.path("here").exists(), "{pull}");
        std::fs::remove_dir_all(cx.path("layout")).unwrap();
    }
}

#[test]
fn files_and_directories_change_places() {
    let cx = context();
    craft(&cx, "layout", "cart", "1.0.0", &[("docs/x/a.md", "1"), ("docs/x/b.md", "1")]);
    craft(&cx, "layout", "cart", "1.1.0", &[("docs/x", "2")]);
    craft(&cx, "layout", "cart", "1.2.0", &[("docs/x/c.md", "3")]);
    let pull = |version: &str| cx.pacto(["pull", &format!("oci-layout://./layout:{version}")]);
    for version in ["1.0.0", "1.1.0", "1.2.0", "1.0.0"] {
        let output = pull(version);
        assert_eq!(output.code, 0, "{version}: {output}");
    }
    assert_eq!(cx.read("cart/docs/x/a.md"), "1");
    // What somebody wrote there is not in the way of being kept.
    cx.write("cart/docs/x/own.md", "mine");
    let refused = pull("1.1.0");
    assert_eq!(refused.code, 3, "{refused}");
    assert_eq!(
        (cx.read("cart/docs/x/own.md"), cx.read("cart/docs/x/a.md")),
        ("mine".to_owned(), "1".to_owned())
    );
}

#[test]
fn pulls_that_ended_before_their_time_are_no_edits() {
    let cx = context();
    for (version, text) in [("1.0.0", "1"), ("1.1.0", "2"), ("1.2.0", "3")] {
        craft(&cx, "layout", "cart", version, &[("notes.md", text), (&format!("only-{text}.md"), text)]);
    }
    let pull = |version: &str| cx.pacto(["pull", &format!("oci-layout://./layout:{version}")]);
    assert_eq!(pull("1.0.0").code, 0);
    let before = cx.read("cart/.pacto-pull.json");
    assert_eq!(pull("1.1.0").code, 0);
    // As if the second pull had ended before its last word, and a third right after its first.
    let mut record: serde_json::Value = serde_json::from_str(&before).unwrap();
    let digest = |text: &str| pacto_oci::archive::digest(text.as_bytes());
    record["pending"] = serde_json::json!({
        "notes.md": [digest("2"), digest("3")], "only-1.md": [digest("never written")], "only-2.md": [digest("2")],
        "pacto.yaml": [digest(&cx.read("cart/pacto.yaml"))],
    });
    cx.write("cart/.pacto-pull.json", record.to_string()).write("cart/only-1.md", "1");
    let output = pull("1.2.0");
    assert_eq!(output.code, 0, "{output}");
    assert_eq!((cx.read("cart/notes.md"), cx.read("cart/only-3.md")), ("3".to_owned(), "3".to_owned()));
    assert!(!cx.path("cart/only-1.md").exists() && !cx.path("cart/only-2.md").exists());
    assert!(!cx.read("cart/.pacto-pull.json").contains("pending"));
    // An edit is still an edit.
    cx.write("cart/notes.md", "mine");
    assert_eq!(pull("1.0.0").code, 3);
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_not_waited_for() {
    let mut cx = context();
    let fifo = |path: &str| {
        let made = std::process::Command::new("mkfifo").arg(cx.path(path)).status().unwrap();
        assert!(made.success());
    };
    craft(&cx, "layout", "cart", "1.0.0", &[]);
    cx.write("here/x", "x")
        .write("shop/pacto.yaml", "pactoVersion: '1.0'\nservice: {name: shop, version: 1.0.0}\n");
    fifo("here/.pacto-pull.json");
    fifo("shop/pacto.lock");
    fifo("ca.pem");
    let pull = cx.pacto(["pull", "oci-layout://./layout", "-o", "here"]);
    assert!(pull.code == 3 && pull.stderr.contains("not a record of a pull"), "{pull}");
    assert_eq!(cx.pacto(["lock", "shop"]).code, 1);
    assert_eq!(cx.pacto(["lock", "shop", "--update"]).code, 0);
    cx.write("../config/pacto/config.yaml", "registries: [{prefix: r.example, ca: ../../work/ca.pem}]\n");
    let validate = cx.pacto(["validate", "shop"]);
    assert!(validate.code == 2 && validate.stderr.contains("not a file of certificates"), "{validate}");
    cx.env("PACTO_REQUESTS_IN_FLIGHT", usize::MAX.to_string());
    cx.write("../config/pacto/config.yaml", "");
    let versions = cx.pacto(["versions", "oci://127.0.0.1:1/a/b"]);
    assert!(versions.code == 3 && !versions.stderr.contains("panicked"), "{versions}");
    assert_eq!(cx.pacto(["versions", "oci-layout://./layout", "-n", "0"]).code, 2);
}
