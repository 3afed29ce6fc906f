//! What `pacto verify` takes for manifests, and what it refuses.

use std::io::Write;
use std::process::Stdio;

use pacto_contract::limits::{MAX_RENDERED_BYTES, MAX_RENDERED_FILES};
use pacto_testkit::TestContext;

use crate::fixture::{cart, context};
use crate::verify::MANIFESTS;

fn with(files: &[(&str, &str)]) -> TestContext {
    let cx = context();
    cart(&cx, "cart");
    for (name, text) in files {
        cx.write(format!("deploy/{name}"), text);
    }
    cx
}

/// The last line of what is said, and the exit code.
fn refused(cx: &TestContext, more: &[&str]) -> String {
    let output = cx.pacto(["verify", "cart", "--manifests", "deploy"].iter().chain(more));
    format!("{}: {}", output.code, output.stderr.lines().last().unwrap_or_default())
}

#[test]
fn lists_json_and_folders_are_read() {
    let parts: Vec<_> = MANIFESTS.split("---\n").collect();
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}",
        parts[..2].iter().map(|part| item(part)).collect::<String>()
    );
    let json = r#"{"apiVersion": "v1", "kind": "SecretList", "items": [{"metadata": {"name": "cart-database"}, "data": {"DB_PASSWORD": "eA=="}}]}"#;
    let cx = with(&[
        ("a/b/list.yml", &list),
        ("c/secret.json", json),
        ("notes.txt", "no manifest"),
        (".hidden/x.yaml", "{{ no manifest }}"),
        ("empty.yaml", "# nothing\n---\n"),
    ]);
    let output = cx.pacto(["verify", "cart", "--manifests", "deploy", "--strict-checks"]);
    assert_eq!(output.code, 0, "{output}");
}

fn item(document: &str) -> String {
    let lines: Vec<_> = document.lines().filter(|line| !line.starts_with('#')).collect();
    let (first, rest) = lines.split_first().unwrap();
    format!("  - {first}\n    {}\n", rest.join("\n    "))
}

#[test]
fn standard_input_is_read() {
    let cx = with(&[]);
    let piped = |text: &str| {
        let mut command = cx.command();
        command.args(["verify", "cart", "--manifests", "-"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(piped(MANIFESTS), (Some(0), String::new()));
    let (code, error) = piped("kind: [");
    assert_eq!(code, Some(3));
    assert!(error.starts_with("Error: <stdin>:1:"), "{error}");
}

#[test]
fn what_cannot_be_read_is_named_with_file_and_line() {
    insta::assert_snapshot!(refused(&with(&[]), &[]), @"3: Error: deploy: No such file or directory (os error 2)");
    insta::assert_snapshot!(refused(&with(&[("a.txt", "")]), &[]), @"3: Error: deploy: no .yaml, .yml or .json below this directory");
    insta::assert_snapshot!(refused(&with(&[("a.yaml", "replicas: {{ .Values.replicas }}\nkind: x")]), &[]), @"3: Error: deploy/a.yaml:1:12: a key must be text, not a list or a mapping; render templates first");
    insta::assert_snapshot!(refused(&with(&[("a.yaml", "# values\nreplicas: 3\n")]), &[]), @"3: Error: deploy/a.yaml:2:1: this is no Kubernetes object, which has apiVersion and kind; name rendered manifests alone");
    let wrong = "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec:\n  ports:\n    - port: http\n";
    insta::assert_snapshot!(refused(&with(&[("a.yaml", wrong)]), &[]), @r#"3: Error: deploy/a.yaml:6:13: spec.ports[0].port: this is no Service: invalid type: string "http", expected u16"#);
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: cart}\ndata: 9f-secret\n";
    insta::assert_snapshot!(refused(&with(&[("a.yaml", secret)]), &[]), @"3: Error: deploy/a.yaml:4:7: data: this is no Secret: it has not the form of one");
    insta::assert_snapshot!(refused(&with(&[("a.yaml", "kind: Service\napiVersion: v1\n")]), &[]), @"3: Error: deploy/a.yaml:1:1: the object has no metadata.name");
    let unknown = with(&[]).pacto(["verify", "cart", "--manifests", "deploy", "--workload", "Pod/cart"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("kinds are Deployment, StatefulSet"), "{unknown}");
}

#[test]
fn one_environment_is_verified_at_a_time() {
    let other = MANIFESTS.replace("namespace: shop", "namespace: test");
    let cx = with(&[("a.yaml", MANIFESTS), ("b.yaml", &other)]);
    insta::assert_snapshot!(refused(&cx, &[]), @"2: Error: the service is in the namespaces shop, test; name one with --namespace");
    assert_eq!(cx.pacto(["verify", "cart", "-m", "deploy", "--namespace", "test"]).code, 0);
    assert_eq!(cx.pacto(["verify", "cart", "-m", "deploy", "--namespace", "elsewhere"]).code, 1);
    let twice = with(&[("a.yaml", MANIFESTS), ("b.yaml", MANIFESTS)]);
    insta::assert_snapshot!(refused(&twice, &[]), @r#"3: Error: deploy/b.yaml:2:1: Service "cart" is there twice, first at deploy/a.yaml:2; name the manifests of one environment"#);
}

#[test]
fn hostile_manifests_cost_little_and_cannot_speak() {
    let bomb: String = (1..30).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
        let below = level - 1;
        format!("{text}a{level}: &a{level} [*a{below}, *a{below}, *a{below}, *a{below}]\n")
    });
    insta::assert_snapshot!(refused(&with(&[("a.yaml", &bomb)]), &[]), @"3: Error: deploy/a.yaml:11:17: the document has more than 2000000 nodes once its aliases are expanded");
    let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
    insta::assert_snapshot!(refused(&with(&[("a.yaml", &deep)]), &[]), @"3: Error: deploy/a.yaml:1:133: collections are nested deeper than 128 levels");
    let loud = MANIFESTS
        .replace("acme/cart:1.4.0", "acme/\\e[31mcart\\n::error::x")
        .replace("image: ghcr", "image: \"ghcr");
    let loud = loud.replace("error::x\n", "error::x\"\n");
    let output = with(&[("a.yaml", &loud)]).pacto(["verify", "cart", "-m", "deploy"]);
    assert_eq!(output.code, 1, "{output}");
    assert!(
        !output.stdout.contains('\u{1b}') && output.stdout.contains("\\u{1b}[31mcart\\n::error::x"),
        "{output}"
    );
}

#[test]
fn limits_hold_at_their_edge() {
    let cx = with(&[("a.yaml", MANIFESTS)]);
    let rest = MAX_RENDERED_BYTES - MANIFESTS.len();
    cx.write("deploy/b.yaml", format!("#{}", "x".repeat(rest - 1)));
    assert_eq!(cx.pacto(["verify", "cart", "-m", "deploy"]).code, 0);
    cx.write("deploy/b.yaml", format!("#{}", "x".repeat(rest)));
    insta::assert_snapshot!(refused(&cx, &[]), @"3: Error: the manifests are larger than 33554432 bytes together");

    let cx = with(&[("a.yaml", MANIFESTS)]);
    for number in 1..MAX_RENDERED_FILES {
        cx.write(format!("deploy/{number}.yaml"), "");
    }
    assert_eq!(cx.pacto(["verify", "cart", "-m", "deploy"]).code, 0);
    cx.write("deploy/z.yaml", "");
    insta::assert_snapshot!(refused(&cx, &[]), @"3: Error: deploy: more than 10000 files; name a directory with the manifests of one service");
}
