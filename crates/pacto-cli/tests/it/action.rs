//! The GitHub Action: its script as the shell that it is, against something that answers like GitHub.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use pacto_testkit::registry::Registry;
use pacto_testkit::{TestContext, checkout_dir};
use serde_json::{Value, json};

use crate::fixture::context;

/// Comments of one pull request, as GitHub keeps them.
#[derive(Clone, Default)]
struct GitHub {
    comments: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl GitHub {
    /// Serves until the process ends, and gives the address.
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let this = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                this.answer(stream);
            }
        });
        format!("http://{address}")
    }

    fn answer(&self, mut stream: std::net::TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let (mut length, mut is_allowed) = (0, false);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let header = header.trim_end().to_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            is_allowed |= header == "authorization: bearer the-token";
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        self.asked.lock().unwrap().push(format!("{method} {path}"));
        let mut comments = self.comments.lock().unwrap();
        let (status, answer) = match (is_allowed, method) {
            (false, _) => (403, json!({"message": "no"})),
            (_, "GET") => {
                let page: usize = path.rsplit_once("&page=").unwrap().1.parse().unwrap();
                (200, comments.iter().skip(100 * (page - 1)).take(100).cloned().collect())
            }
            (_, "POST") => {
                let text =
                    serde_json::from_slice::<Value>(&body).unwrap()["body"].as_str().unwrap().to_owned();
                assert!(text.chars().count() <= 65_536, "GitHub would refuse this");
                let comment = json!({"id": comments.len() + 1, "body": text});
                comments.push(comment.clone());
                (201, comment)
            }
            (_, "PATCH") => {
                let id: usize = path.rsplit_once('/').unwrap().1.parse().unwrap();
                comments[id - 1]["body"] = serde_json::from_slice::<Value>(&body).unwrap()["body"].clone();
                (200, comments[id - 1].clone())
            }
            _ => (405, Value::Null),
        };
        let answer = answer.to_string();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        );
    }
}

/// One run of the action.
struct Run {
    output: Output,
    outputs: Vec<(String, String)>,
    summary: String,
}

impl Run {
    fn get(&self, name: &str) -> &str {
        self.outputs.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    fn said(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}{}", text(&self.output.stdout), text(&self.output.stderr))
    }
}

/// Runs the script as the step of a job does.
fn act(cx: &TestContext, inputs: &[(&str, &str)], more: &[(&str, String)]) -> Run {
    for file in ["output", "summary", "path"] {
        cx.write(format!("../github/{file}"), "");
    }
    cx.write("../github/event.json", r#"{"pull_request": {"number": 7}}"#);
    let file = |name: &str| cx.path(format!("../github/{name}"));
    let programs = Path::new(env!("CARGO_BIN_EXE_pacto")).parent().unwrap().display().to_string();
    let mut command = Command::new("bash");
    command
        .arg(checkout_dir().join("action/run.sh"))
        .current_dir(cx.path("."))
        .env_clear()
        .env("PATH", format!("{programs}:/usr/local/bin:/usr/bin:/bin"))
        .env("HOME", cx.path("../home"))
        .env("XDG_CONFIG_HOME", cx.path("../config"))
        .env("XDG_CACHE_HOME", cx.path("../cache"))
        .env("NO_COLOR", "1")
        .env("GITHUB_OUTPUT", file("output"))
        .env("GITHUB_STEP_SUMMARY", file("summary"))
        .env("GITHUB_PATH", file("path"))
        .env("GITHUB_EVENT_PATH", file("event.json"))
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_REPOSITORY", "acme/cart")
        .env("GH_TOKEN", "the-token");
    for (name, value) in inputs {
        command.env(format!("INPUT_{}", name.to_uppercase().replace('-', "_")), value);
    }
    for (name, value) in more {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let text = cx.read("../github/output");
    let mut outputs = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            outputs.push((name.to_owned(), value.join("\n")));
        } else if let Some((name, value)) = line.split_once('=') {
            outputs.push((name.to_owned(), value.to_owned()));
        }
    }
    Run { output, outputs, summary: cx.read("../github/summary") }
}

fn contract(version: &str, port: u16) -> String {
    format!(
        "pactoVersion: '1.0'\nservice: {{name: cart, version: {version}}}\ninterfaces: [{{name: api, type: http, port: {port}}}]\n"
    )
}

#[test]
fn a_comparison_has_four_results_and_one_comment() {
    let cx = context();
    cx.write("old/pacto.yaml", contract("1.0.0", 80));
    cx.write("new/pacto.yaml", contract("2.0.0", 81));
    cx.write("same/pacto.yaml", contract("1.0.0", 80));
    let github = GitHub::default();
    let api = [("GITHUB_API_URL", github.start())];
    let diff = |new: &str, more: &[(&str, &str)]| {
        let inputs = [
            &[
                ("command", "diff"),
                ("old", "old"),
                ("new", new),
                ("comment-on-pr", "true"),
                ("output-format", "markdown"),
            ],
            more,
        ]
        .concat();
        act(&cx, &inputs, &api)
    };
    let breaking = diff("new", &[]);
    assert_eq!(breaking.output.status.code(), Some(1), "{}", breaking.said());
    assert_eq!((breaking.get("result"), breaking.get("has-breaking-changes")), ("breaking", "true"));
    assert!(
        breaking.get("diff-output").contains("BREAKING")
            && breaking.summary.contains("Breaking Changes Detected")
    );
    assert!(breaking.said().contains("::error::breaking changes"), "{}", breaking.said());
    let comments = || github.comments.lock().unwrap().clone();
    assert!(
        comments()[0]["body"].as_str().unwrap().starts_with("<!-- pacto-diff-comment:new -->\n## :warning:")
    );
    // The same pull request later: the comment is changed, and a warning is enough where breaking is allowed.
    let allowed = diff("new", &[("fail-on-breaking", "false")]);
    assert_eq!(
        (allowed.output.status.code(), allowed.get("result")),
        (Some(0), "breaking"),
        "{}",
        allowed.said()
    );
    assert!(allowed.said().contains("::warning::breaking changes"));
    assert_eq!(comments().len(), 1);
    let none = diff("same", &[("new-set", "scaling.replicas=2\n\n")]);
    assert_eq!((none.output.status.code(), none.get("result")), (Some(0), "none"), "{}", none.said());
    assert_eq!((comments().len(), none.get("has-breaking-changes")), (2, "false"));
    // What could not be compared is no breaking change.
    let error = diff("nowhere", &[]);
    assert_eq!((error.output.status.code(), error.get("result")), (Some(1), "error"), "{}", error.said());
    assert_eq!(error.get("has-breaking-changes"), "");
    // Outside of pull requests there is nothing to comment on.
    let push = act(
        &cx,
        &[("command", "diff"), ("old", "old"), ("new", "same"), ("comment-on-pr", "true")],
        &[("GITHUB_EVENT_NAME", "push".to_owned())],
    );
    assert_eq!(push.output.status.code(), Some(0));
    assert!(push.said().contains("::warning::comment-on-pr works in pull requests only"), "{}", push.said());
}

#[test]
fn decisions_and_levels_reach_the_comparison() {
    let cx = crate::diff_formats::grpc();
    cx.write("rules.yaml", "rules: {RPC_NO_DELETE: non-breaking}\n");
    let inputs = |more: &[(&'static str, &'static str)]| {
        [&[("command", "diff"), ("old", "old"), ("new", "new")], more].concat()
    };
    let result =
        |more: &[(&'static str, &'static str)]| act(&cx, &inputs(more), &[]).get("result").to_owned();
    assert_eq!(result(&[]), "breaking");
    assert_eq!(result(&[("rules", "rules.yaml")]), "breaking", "a type still changes");
    assert_eq!(result(&[("rules", "rules.yaml"), ("proto-level", "wire")]), "potential");
    assert_eq!(result(&[("rules", "nowhere.yaml")]), "error");
}

#[test]
fn long_comments_are_cut_and_found_again_behind_many_others() {
    let cx = context();
    cx.write("old/pacto.yaml", contract("1.0.0", 80));
    let many: String = (0..1_500).fold(String::new(), |text, number| {
        text + &format!("  - {{ref: 'oci://registry.example.com/some/long/path/of/a/dependency-{number}', required: true, compatibility: '^1.0.0'}}\n")
    });
    cx.write("new/pacto.yaml", format!("{}dependencies:\n{many}", contract("1.1.0", 80)));
    let github = GitHub::default();
    let others = (0..230).map(|id| json!({"id": id + 1, "body": "words of somebody"}));
    *github.comments.lock().unwrap() = others.collect();
    let api = [("GITHUB_API_URL", github.start())];
    for _ in 0..2 {
        let inputs = [
            ("command", "diff"),
            ("old", "old"),
            ("new", "new"),
            ("comment-on-pr", "true"),
            ("output-format", "markdown"),
            ("fail-on", "none"),
        ];
        let run = act(&cx, &inputs, &api);
        assert_eq!(run.output.status.code(), Some(0), "{}", run.said());
    }
    let comments = github.comments.lock().unwrap().clone();
    assert_eq!(comments.len(), 231);
    let body = comments[230]["body"].as_str().unwrap();
    assert!(body.chars().count() < 65_536 && body.contains("were left out for length"));
    assert!(body.contains("<details><summary>"), "long tables are folded");
    assert!(github.asked.lock().unwrap().iter().any(|asked| asked.starts_with("PATCH")));
    // Who may not comment is told so, and the comparison counts all the same.
    let refused = act(
        &cx,
        &[("command", "diff"), ("old", "old"), ("new", "old"), ("comment-on-pr", "true")],
        &[api[0].clone(), ("GH_TOKEN", "another".to_owned())],
    );
    assert_eq!(refused.output.status.code(), Some(0), "{}", refused.said());
    assert!(refused.said().contains("the job needs pull-requests: write"));
}

#[test]
fn a_first_version_has_no_baseline_and_is_then_published() {
    let cx = context();
    let Some(registry) = Registry::start() else { return };
    let reference = format!("oci://{}/acme/cart", registry.address());
    cx.write("cart/pacto.yaml", contract("1.0.0", 80));
    let first = act(&cx, &[("command", "diff"), ("old", &reference), ("new", "cart")], &[]);
    assert_eq!(
        (first.output.status.code(), first.get("result")),
        (Some(0), "no-baseline"),
        "{}",
        first.said()
    );
    let pushed = act(&cx, &[("command", "push"), ("ref", &reference), ("path", "cart")], &[]);
    assert_eq!((pushed.output.status.code(), pushed.get("result")), (Some(0), "ok"), "{}", pushed.said());
    assert!(pushed.get("digest").starts_with("sha256:"), "{}", pushed.get("output"));
    let pulled = act(&cx, &[("command", "pull"), ("ref", &reference), ("output-path", "got")], &[]);
    assert_eq!(pulled.output.status.code(), Some(0), "{}", pulled.said());
    assert_eq!(cx.read("got/pacto.yaml"), contract("1.0.0", 80));
    let second = act(&cx, &[("command", "diff"), ("old", &reference), ("new", "cart")], &[]);
    assert_eq!(second.get("result"), "none", "{}", second.said());
    // A registry that is away is no first version.
    drop(registry);
    let away =
        act(&cx, &[("command", "diff"), ("old", &reference), ("new", "cart"), ("cache", "false")], &[]);
    assert_eq!((away.output.status.code(), away.get("result")), (Some(1), "error"), "{}", away.said());
}

#[test]
fn the_other_commands_do_what_they_are_called() {
    let cx = context();
    cx.write("cart/pacto.yaml", contract("1.0.0", 80));
    let ok = |inputs: &[(&str, &str)]| {
        let run = act(&cx, inputs, &[]);
        assert_eq!(
            (run.output.status.code(), run.get("result")),
            (Some(0), "ok"),
            "{inputs:?}: {}",
            run.said()
        );
        run
    };
    ok(&[("command", "validate"), ("path", "cart"), ("set", "scaling.replicas=2")]);
    ok(&[("command", "graph"), ("path", "cart")]);
    let doc = ok(&[("command", "doc"), ("path", "cart"), ("output-path", "docs/cart.md")]);
    assert!(doc.get("doc-output").starts_with("# cart") && cx.read("docs/cart.md").starts_with("# cart"));
    assert!(doc.summary.contains("Pacto Contract Documentation"));
    ok(&[("command", "lock"), ("path", "cart"), ("check", "false")]);
    ok(&[("command", "lock"), ("path", "cart")]);
    ok(&[
        ("command", "generate"),
        ("plugin", "helm"),
        ("path", "cart"),
        ("options", "format=manifests"),
        ("output-path", "made"),
    ]);
    ok(&[("command", "verify"), ("path", "cart"), ("manifests", "made")]);
    cx.write("bad/pacto.yaml", "pactoVersion: '1.0'\n");
    let invalid = act(&cx, &[("command", "validate"), ("path", "bad")], &[]);
    assert_eq!(
        (invalid.output.status.code(), invalid.get("result")),
        (Some(1), "failed"),
        "{}",
        invalid.said()
    );
    let json = act(&cx, &[("command", "validate"), ("path", "cart"), ("output-format", "json")], &[]);
    let clean: Value = serde_json::from_str(json.get("output")).expect("nothing but JSON");
    assert_eq!(clean["valid"], true);
    for (inputs, cause) in [
        (&[("command", "deploy")][..], "there is no command deploy"),
        (&[("command", "diff"), ("old", "a")], "diff needs the inputs old and new"),
        (
            &[("command", "diff"), ("old", "cart"), ("new", "cart"), ("fail-on", "Breaking")],
            "fail-on is breaking, potential or none, not Breaking",
        ),
        (&[("command", "push")], "push needs the input ref"),
        (
            &[("command", "push"), ("ref", "oci://x/y"), ("registry", "x")],
            "registry, username and password go together",
        ),
        (&[("command", "verify")], "verify needs the input manifests"),
    ] {
        let run = act(&cx, inputs, &[]);
        assert_eq!(run.output.status.code(), Some(1), "{inputs:?}");
        assert!(run.said().contains(&format!("::error::{cause}")), "{}", run.said());
    }
    // What somebody calls a contract is no command of GitHub.
    let hostile =
        act(&cx, &[("command", "diff"), ("old", "x\n::set-output name=a::b"), ("new", "cart")], &[]);
    assert!(!hostile.said().lines().any(|line| line.starts_with("::set-output")), "{}", hostile.said());
}
