//! The same input gives the same bytes, whatever the number of threads and of runs.
//!
//! Five processes for each number of threads: enough to see a race in the order of answers, cheap enough for every
//! run of the tests.

use pacto_testkit::{TestContext, checkout_dir};

use crate::fixture::context;

const RUNS: usize = 5;
const VELORIA: &str = "oci://registry.example.com/veloria";

/// A copy of the example platform, with its registry.
fn examples() -> TestContext {
    let mut cx = context();
    cx.copy(&checkout_dir().join("examples"), "examples");
    cx.mirror("registry.example.com/veloria", "examples");
    cx
}

fn always_the_same(arguments: &[&str]) {
    let cx = examples();
    let first = cx.pacto(arguments);
    assert!(first.code <= 1, "{first}");
    for jobs in ["1", "2", "16"] {
        for _ in 0..RUNS {
            let again = cx.pacto(arguments.iter().chain(&["--jobs", jobs]));
            assert_eq!(again, first, "--jobs {jobs} {arguments:?}");
        }
    }
}

#[test]
fn validation_is_deterministic() {
    for format in ["text", "json", "sarif"] {
        always_the_same(&["validate", "examples/*", "--output-format", format]);
    }
}

#[test]
fn graphs_are_deterministic() {
    for format in ["text", "json"] {
        let root = format!("{VELORIA}/veloria-platform");
        always_the_same(&["graph", &root, "--with-references", "--output-format", format]);
    }
}

#[test]
fn differences_are_deterministic() {
    for format in ["text", "json", "markdown"] {
        let (old, new) =
            (format!("{VELORIA}/veloria-platform:1.0.0"), format!("{VELORIA}/veloria-platform:2.0.0"));
        always_the_same(&["diff", &old, &new, "--output-format", format]);
    }
}

#[test]
fn the_examples_are_valid() {
    let cx = examples();
    let output = cx.pacto(["validate", "examples/*"]);
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(output.stdout.lines().filter(|line| line.ends_with(" is valid")).count(), 37);
}
