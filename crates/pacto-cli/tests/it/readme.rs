//! The commands of the README do what it says, in its order, in a fresh copy of the examples.

use std::fmt::Write;

use pacto_testkit::checkout_dir;

use crate::fixture::context;

/// Commands in the `console` blocks of the README, without the prompt, the comment and the way to start the program;
/// `None` for lines that are about something else.
fn commands(readme: &str) -> Vec<Vec<String>> {
    let mut is_console = false;
    let mut commands = Vec::new();
    for line in readme.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_console = language == "console";
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) else { continue };
        let command = command.split(" # ").next().unwrap();
        let arguments = match command.split_once("cargo run --release -- ") {
            Some((_, arguments)) => arguments,
            None => match command.strip_prefix("pacto ") {
                Some(arguments) => arguments,
                None => continue,
            },
        };
        commands.push(arguments.split_whitespace().map(str::to_owned).collect());
    }
    commands
}

#[test]
fn every_command_of_the_readme_works() {
    let readme = std::fs::read_to_string(checkout_dir().join("README.md")).unwrap();
    let mut cx = context();
    cx.copy(&checkout_dir().join("examples"), "examples");
    cx.mirror("registry.example.com/veloria", "examples");
    let mut said = String::new();
    for command in commands(&readme) {
        let output = cx.pacto(&command);
        let _ = writeln!(said, "{}: {}", command.join(" "), output.code);
        assert!(!output.stdout.is_empty(), "{command:?}: {output}");
    }
    // A breaking change is found, everything else is fine.
    insta::assert_snapshot!(said, @"
    validate examples: 0
    diff --details examples/station-service/v1.1.0 examples/station-service/v2.0.0: 1
    graph oci://registry.example.com/veloria/veloria-platform: 0
    explain examples/trip-service/v2.0.0: 0
    init cart: 0
    validate cart: 0
    pack cart: 0
    ");
}

/// Runs the commands of a page, one after the other, in an empty directory.
fn run_page(page: &str) -> pacto_testkit::TestContext {
    let page = std::fs::read_to_string(checkout_dir().join("docs").join(page)).unwrap();
    let beside = std::path::Path::new(env!("CARGO_BIN_EXE_pacto")).with_file_name("pacto-plugin-helm");
    assert!(beside.is_file(), "{} is missing: cargo build -p pacto-plugin-helm", beside.display());
    let cx = context();
    for command in commands(&page) {
        let output = cx.pacto(&command);
        assert_eq!(output.code, 0, "{command:?}: {output}");
        assert!(!output.stdout.is_empty(), "{command:?}: {output}");
    }
    cx
}

#[test]
fn every_command_of_the_page_on_pipelines_works() {
    let cx = run_page("ci.md");
    assert!(cx.path("cart/pacto.lock").is_file());
}

#[test]
fn every_command_of_the_page_on_plugins_works() {
    let cx = run_page("plugins.md");
    assert!(cx.path("chart/Chart.yaml").is_file() && cx.path("manifests/workload.yaml").is_file());
}
