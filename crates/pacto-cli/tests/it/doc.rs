//! `pacto doc`.

use crate::fixture::{cart, context, service};

#[test]
fn writes_markdown_to_stdout() {
    let mut cx = context();
    cart(&cx, "cart");
    service(&cx, "registry/stock", "stock", "2.5.0", &[]);
    cx.mirror("ghcr.io/acme", "registry");
    insta::assert_snapshot!(cx.pacto(["doc", "cart"]), @"");
}

#[test]
fn text_and_markdown_are_one() {
    let cx = context();
    cart(&cx, "cart");
    assert_eq!(cx.pacto(["doc", "cart"]), cx.pacto(["doc", "cart", "--output-format", "markdown"]));
}

#[test]
fn writes_a_file_named_after_the_service() {
    let cx = context();
    service(&cx, "anywhere", "cart", "1.0.0", &[]);
    let output = cx.pacto(["doc", "anywhere", "-o", "docs/generated"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, "Wrote docs/generated/cart.md\n"));
    assert_eq!(cx.read("docs/generated/cart.md"), output.stdout);
    assert_eq!(output.stdout, cx.pacto(["doc", "anywhere"]).stdout);
}

#[test]
fn json_holds_the_document() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["doc", "cart", "--output-format", "json", "-o", "out"]), @"");
}

#[test]
fn what_cannot_be_written_is_named() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    cx.write("taken", "").write("out/cart.md/x", "");
    insta::assert_snapshot!(cx.pacto(["doc", "cart", "-o", "taken"]), @"");
    insta::assert_snapshot!(cx.pacto(["doc", "cart", "-o", "taken/below"]), @"");
    insta::assert_snapshot!(cx.pacto(["doc", "cart", "-o", "out"]), @"");
}

#[test]
fn a_name_cannot_lead_out_of_the_directory() {
    let cx = context();
    for name in ["../evil", "..", "a/b", "/etc/evil"] {
        cx.write(
            "cart/pacto.yaml",
            format!("pactoVersion: \"1.0\"\nservice: {{name: {name}, version: 1.0.0}}\n"),
        );
        let output = cx.pacto(["doc", "cart", "-o", "out"]);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    }
    insta::assert_snapshot!(cx.pacto(["doc", "cart", "-o", "out"]), @"");
    assert!(!cx.path("out").exists() && !cx.path("evil.md").exists());
}

#[test]
fn dependencies_that_cannot_be_read_only_thin_it_out() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[("oci://ghcr.io/acme/stock", "^1.0.0"), ("../nothing", "*")]);
    insta::assert_snapshot!(cx.pacto(["doc", "cart"]), @"");
}
