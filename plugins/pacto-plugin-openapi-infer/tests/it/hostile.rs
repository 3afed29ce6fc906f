//! Sources that are wrong, strange, or made to hurt.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::{bundle, pacto, words};

/// Far more than any of these needs, and far less than for ever.
const PATIENCE: Duration = Duration::from_mins(1);

const APP: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

#[test]
fn what_cannot_be_inferred_is_said() {
    for (files, arguments, expected) in [
        (vec![("main.py", APP)], vec![], "no supported framework detected"),
        (vec![("main.py", APP)], vec!["framework=fastapi"], "no routes found"),
        (vec![("main.py", "x = 1")], vec!["framework=fastapi"], "no FastAPI application was found"),
        (vec![("main.py", ")(")], vec!["framework=fastapi"], "main.py:1: not readable as Python"),
        (
            vec![("main.go", "package main\nfunc main() {}\n")],
            vec!["framework=huma"],
            "no Huma API was found",
        ),
        (vec![], vec!["framework=flask"], "fastapi or huma"),
        (vec![], vec!["source=../.."], "a folder of the bundle"),
        (vec![], vec!["source=/etc"], "a folder of the bundle"),
        (vec![], vec!["source=none"], "there is no folder"),
        (vec![], vec!["run=yes", "framework=fastapi"], "true or false"),
        (vec![], vec!["framework=huma", "run=true"], "run=true is for FastAPI"),
        (vec![], vec!["frame=fastapi"], "there is no option frame"),
    ] {
        let directory = bundle(&files);
        let options: Vec<&str> = arguments.iter().flat_map(|option| ["--option", option]).collect();
        let output = pacto(directory.path(), &options);
        assert!(
            !output.status.success() && words(&output).contains(expected),
            "{expected}: {}",
            words(&output)
        );
        assert!(!directory.path().join("interfaces").exists(), "{expected}");
    }
}

#[test]
fn nothing_outside_is_read_and_nothing_is_run() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("main.py"), format!("{APP}@app.get('/secret')\ndef s(): ...\n"))
        .unwrap();
    let marker = outside.path().join("ran");
    let evil = format!(
        "open({:?}, 'w').write('x')\n{APP}@app.get('/a')\ndef a(): ...\n",
        marker.display().to_string()
    );
    let directory = bundle(&[("main.py", &evil), ("requirements.txt", "fastapi")]);
    std::os::unix::fs::symlink(outside.path(), directory.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("main.py"), directory.path().join("other.py")).unwrap();
    let output = pacto(directory.path(), &[]);
    assert!(output.status.success(), "{}", words(&output));
    let text = std::fs::read_to_string(directory.path().join("interfaces/openapi.yaml")).unwrap();
    assert!(text.contains("/a:") && !text.contains("secret"), "{text}");
    assert!(!marker.exists());
    let through = pacto(directory.path(), &["--option", "source=link"]);
    assert!(
        !through.status.success() && words(&through).contains("a folder of the bundle"),
        "{}",
        words(&through)
    );
}

#[test]
fn sources_made_to_hurt_end_soon() {
    let began = Instant::now();
    let deep = format!(
        "{APP}x = {}1{}\n@app.get('/a')\ndef a(n: {}int{}): ...\n",
        "(".repeat(20_000),
        ")".repeat(20_000),
        "list[".repeat(3_000),
        "]".repeat(3_000)
    );
    let cyclic = format!(
        "{APP}from pydantic import BaseModel\nfrom other import *\nA = B\nB = A\nclass C(D): ...\nclass D(C): ...\n\
         class E(BaseModel):\n    e: 'E | None' = None\n    x: A\n    y: C\n    z: list['E']\n@app.post('/a')\ndef a(e: E) -> E: ...\n\
         app.include_router(app)\n"
    );
    let mut many = String::new();
    for index in 0..3_000 {
        let _ = writeln!(
            many,
            "@app.get('/p{index}')
def f{index}(a: int, b: str = 'x'): ..."
        );
    }
    let go = concat!(
        "package main\nimport (\n \"context\"\n \"github.com/danielgtaylor/huma/v2\"\n \"github.com/danielgtaylor/huma/v2/adapters/humago\"\n)\n",
        "type A B\ntype B A\ntype T struct { *T; N *T `json:\"n\"`; G P[P[T]] `json:\"g\"` }\ntype P[X any] struct { I []P[X] `json:\"i\"`; A A }\n",
        "func f(api huma.API) { f(api); g(api) }\nfunc g(api huma.API) { f(api) }\n",
        "func h(ctx context.Context, in *struct{ Body T }) (*struct{ Body P[T] }, error) { return nil, nil }\n",
        "func main() { api := humago.New(nil, huma.DefaultConfig(\"a\", \"1\")); huma.Post(api, \"/t\", h); f(api) }\n",
    );
    for (name, text, framework) in [
        ("main.py", deep.as_str(), "fastapi"),
        ("main.py", &cyclic, "fastapi"),
        ("main.py", &format!("{APP}{many}"), "fastapi"),
        ("main.go", go, "huma"),
    ] {
        let directory = bundle(&[(name, text), ("other.py", "from main import *\n")]);
        let output = pacto(directory.path(), &["--option", &format!("framework={framework}")]);
        assert!(output.status.success(), "{}", words(&output));
    }
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}
