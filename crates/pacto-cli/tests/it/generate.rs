//! `pacto generate` and `pacto plugin list`, with plugins in shell and Python.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;

use pacto_testkit::TestContext;

use crate::fixture::{cart, context, service};

/// A plugin in the directory of the user's plugins.
fn plugin(cx: &TestContext, name: &str, script: &str) {
    let path = cx.config_path(&format!("plugins/pacto-plugin-{name}"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A plugin that answers with `json`, whatever it is asked.
fn answering(cx: &TestContext, name: &str, json: &str) {
    plugin(cx, name, &format!("#!/bin/sh\ncat >/dev/null\ncat <<'END'\n{json}\nEND\n"));
}

const SUMMARY: &str = r#"#!/usr/bin/env python3
import json, os, sys
request = json.load(sys.stdin)
print("reading " + request["contract"]["service"]["name"], file=sys.stderr)
files = sorted(name for name in os.listdir(request["bundleDir"]))
lines = [request["protocolVersion"], os.path.isabs(request["bundleDir"]), os.path.isabs(request["outputDir"]),
         request["contract"]["scaling"], request.get("options", {}), "pacto.yaml" in files]
text = "\n".join(json.dumps(line, sort_keys=True) for line in lines) + "\n"
print(json.dumps({"files": [{"path": "sub/summary.txt", "content": text}], "message": "Look at sub/summary.txt"}))
"#;

#[test]
fn a_plugin_in_python_is_asked_and_its_files_are_written() {
    let cx = context();
    cart(&cx, "cart");
    plugin(&cx, "summary", SUMMARY);
    let arguments =
        ["generate", "summary", "cart", "-o", "out", "--option", "a=b=c", "--set", "scaling.min=3"];
    insta::assert_snapshot!(cx.pacto(arguments), @r#"
    exit: 0
    ----- stdout -----
    Generated 1 file(s) using summary
    Output: out/
    Message: Look at sub/summary.txt
    ----- stderr -----
    reading cart
    "#);
    insta::assert_snapshot!(cx.read("out/sub/summary.txt"), @r#"
    "1"
    true
    true
    {"max": 6, "min": 3}
    {"a": "b=c"}
    true
    "#);
    // Again, nothing changes; and elsewhere by default.
    let json: serde_json::Value =
        serde_json::from_str(&cx.pacto([&arguments[..], &["--output-format", "json"]].concat()).stdout)
            .unwrap();
    assert_eq!(json["files"][0]["change"], "unchanged");
    assert_eq!((&json["filesCount"], &json["outputDir"]), (&1.into(), &"out".into()));
    assert_eq!(cx.pacto(["generate", "summary", "cart"]).code, 0);
    assert!(cx.path("summary-output/sub/summary.txt").is_file());
}

#[test]
fn what_would_change_is_shown_and_not_written() {
    let cx = context();
    cart(&cx, "cart");
    answering(
        &cx,
        "two",
        r#"{"files": [{"path": "a.txt", "content": "one\ntwo\n"}, {"path": "b.bin", "content": "AP8=", "encoding": "base64"}, {"path": "c.txt", "content": "new\n"}]}"#,
    );
    assert_eq!(cx.pacto(["generate", "two", "cart", "-o", "out"]).code, 0);
    assert_eq!(std::fs::read(cx.path("out/b.bin")).unwrap(), [0, 255]);
    cx.write("out/a.txt", "one\nthree\n");
    std::fs::remove_file(cx.path("out/c.txt")).unwrap();
    insta::assert_snapshot!(cx.pacto(["generate", "two", "cart", "-o", "out", "--dry-run"]), @r#"
    exit: 0
    ----- stdout -----
    --- a/a.txt
    +++ b/a.txt
    @@ -1,2 +1,2 @@
     one
    -three
    +two
    --- /dev/null
    +++ b/c.txt
    @@ -0,0 +1 @@
    +new
    two would write 3 file(s): 1 new, 1 changed, 1 as they are
    Output: out/
    "#);
    assert_eq!(cx.read("out/a.txt"), "one\nthree\n");
    assert!(!cx.path("out/c.txt").exists());
}

#[test]
fn a_contract_of_a_registry_is_laid_out_for_the_plugin() {
    let mut cx = context();
    service(&cx, "registry/stock", "stock", "2.5.0", &[]);
    cx.mirror("ghcr.example/acme", "registry");
    plugin(
        &cx,
        "look",
        "#!/bin/sh\ndir=$(sed 's/.*\"bundleDir\":\"\\([^\"]*\\)\".*/\\1/')\ntest -f \"$dir/pacto.yaml\" || exit 9\nprintf '{\"files\":[{\"path\":\"where\",\"content\":\"%s\"}]}' \"$dir\"\n",
    );
    let output = cx.pacto(["generate", "look", "oci://ghcr.example/acme/stock", "-o", "out"]);
    assert_eq!(output.code, 0, "{output}");
    let place = cx.read("out/where");
    assert!(!std::path::Path::new(&place).exists(), "{place} stayed");
}

#[test]
fn nothing_is_written_when_one_file_may_not_be() {
    let cx = context();
    cart(&cx, "cart");
    std::fs::create_dir_all(cx.path("out")).unwrap();
    std::os::unix::fs::symlink(cx.path("../home"), cx.path("out/link")).unwrap();
    for (path, cause) in [
        ("../evil", "plugin file path \"../evil\" escapes output directory"),
        ("/etc/evil", "escapes output directory"),
        ("a/../../evil", "escapes output directory"),
        (".git/hooks/post-checkout", "escapes output directory"),
        ("link/evil", "is a link, which is not followed"),
        ("link", "is a link, which is not followed"),
        ("good", "it made \"good\" twice"),
        ("good/inner", "is a file and the directory of"),
    ] {
        let files = format!(
            r#"{{"files": [{{"path": "good", "content": ""}}, {{"path": "{path}", "content": ""}}]}}"#
        );
        answering(&cx, "bad", &files);
        let output = cx.pacto(["generate", "bad", "cart", "-o", "out"]);
        assert_eq!(output.code, 3, "{output}");
        assert!(output.stderr.contains(cause) && output.stderr.contains("nothing was written"), "{output}");
        let left: Vec<_> =
            std::fs::read_dir(cx.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["link"], "{path}");
    }
    assert!(std::fs::read_dir(cx.path("../home")).unwrap().next().is_none());
}

#[test]
fn plugins_that_fail_say_why() {
    let cx = context();
    cart(&cx, "cart");
    for (script, cause) in [
        (
            "#!/bin/sh\necho first >&2\necho 'no routes found' >&2\nexit 4\n",
            "Error: plugin bad: no routes found",
        ),
        ("#!/bin/sh\nexit 4\n", "plugin bad: exit status: 4"),
        ("#!/bin/sh\nkill -9 $$\n", "plugin bad: signal: 9"),
        ("#!/bin/sh\necho '{'\n", "plugin bad returned invalid output"),
        ("#!/bin/sh\necho only >&2\n", "plugin bad returned invalid output: it said nothing"),
        ("#!/bin/sh\necho '[]'\n", "plugin bad returned invalid output"),
        ("#!/does/not/exist\n", "cannot be started"),
        // Ten gigabytes, or as much as it gets rid of.
        (
            "#!/bin/sh\nyes | head -c 10000000000\n",
            "plugin bad answered with more than 67108864 bytes and was stopped",
        ),
    ] {
        plugin(&cx, "bad", script);
        let output = cx.pacto(["generate", "bad", "cart"]);
        assert_eq!(output.code, 3, "{output}");
        assert!(output.stderr.contains(cause), "{cause} is not in {output}");
    }
    assert!(!cx.path("bad-output").exists());
}

#[test]
fn what_a_plugin_leaves_behind_is_not_waited_for_and_its_words_are_harmless() {
    let cx = context();
    cart(&cx, "cart");
    // Something goes on, with both pipes open, and the plugin stands elsewhere.
    plugin(
        &cx,
        "fork",
        "#!/bin/sh\nsleep 100 &\ncd /\nprintf '\\033[31mred\\007\\n' >&2\nprintf '{\"files\":[{\"path\":\"a\",\"content\":\"b\"}],\"message\":\"\\\\u001b[2Jgone\"}'\n",
    );
    let began = std::time::Instant::now();
    let output = cx.pacto(["generate", "fork", "cart", "-o", "out"]);
    assert!(began.elapsed() < std::time::Duration::from_mins(1), "the sleep was waited for");
    assert_eq!((output.code, cx.read("out/a").as_str()), (0, "b"), "{output}");
    assert!(!output.stderr.contains('\u{1b}') && !output.stdout.contains('\u{1b}'), "{output:?}");
}

#[test]
fn names_that_are_none_are_refused_and_missing_ones_say_where_was_looked() {
    let cx = context();
    cart(&cx, "cart");
    for name in ["../evil", "a b", "", "a;rm -rf x", "a/b", "$(id)"] {
        let output = cx.pacto(["generate", name, "cart"]);
        assert_eq!(output.code, 2, "{output}");
        assert!(output.stderr.contains("is no name of a plugin"), "{output}");
    }
    assert_eq!(cx.pacto(["generate", "-rf", "cart"]).code, 2);
    let output = cx.pacto(["generate", "nothing", "cart"]);
    assert_eq!(output.code, 3);
    assert!(output.stderr.contains("looked for pacto-plugin-nothing in $PATH"), "{output}");
    for option in ["noequals", "=x"] {
        assert_eq!(cx.pacto(["generate", "nothing", "cart", "--option", option]).code, 2);
    }
}

#[test]
fn plugins_are_listed_without_being_started() {
    let mut cx = context();
    plugin(&cx, "one", "#!/bin/sh\ntouch started\n");
    cx.write("bin/pacto-plugin-one", "#!/bin/sh\n");
    cx.write("bin/pacto-plugin-two", "no program\n");
    cx.write("bin/pacto-plugin-three", "#!/bin/sh\n");
    for name in ["one", "three"] {
        let path = cx.path(format!("bin/pacto-plugin-{name}"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    // What is relative is not looked through: where somebody stands decides nothing.
    cx.env("PATH", format!("relative:{}", cx.path("bin").display()));
    let output = cx.pacto(["plugin", "list", "--output-format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let names = |key: &str| -> Vec<(String, String)> {
        let text = |found: &serde_json::Value, key: &str| found[key].as_str().unwrap().to_owned();
        let own = |found: &&serde_json::Value| found["place"] != "beside";
        list[key]
            .as_array()
            .unwrap()
            .iter()
            .filter(own)
            .map(|found| (text(found, "name"), text(found, "place")))
            .collect()
    };
    let pair = |name: &str, place: &str| (name.to_owned(), place.to_owned());
    assert_eq!(names("plugins"), [pair("one", "path"), pair("three", "path")]);
    assert_eq!(names("hidden"), [pair("one", "config")]);
    assert!(!cx.path("started").exists());
    let text = cx.pacto(["plugin", "list"]).stdout;
    assert!(text.contains("(config, not used: another comes first)"), "{text}");
}
