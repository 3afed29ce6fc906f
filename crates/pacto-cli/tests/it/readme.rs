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

/// A step of a page: a file that is written, a variable that is set, or a command and the exit code it has.
enum Step {
    File(String, String),
    Variable(String, String),
    Command(Vec<String>, i32),
}

/// Blocks with `file=PATH` are files; of `console` blocks the lines with a prompt count. `# exit code N` says how one ends.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut block: Option<(String, Vec<&str>)> = None;
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            match block.take() {
                None => block = Some((language.to_owned(), Vec::new())),
                Some((language, lines)) => {
                    if let Some((_, path)) = language.split_once("file=") {
                        steps.push(Step::File(path.to_owned(), format!("{}\n", lines.join("\n"))));
                    }
                }
            }
            continue;
        }
        let Some((language, lines)) = &mut block else { continue };
        lines.push(line);
        let Some(command) = line.strip_prefix("$ ").filter(|_| language == "console") else { continue };
        let (command, comment) = command.split_once(" # ").unwrap_or((command, ""));
        if let Some((name, value)) = command.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            steps.push(Step::Variable(name.to_owned(), value.trim().to_owned()));
        } else if let Some(arguments) = command.strip_prefix("pacto ") {
            let code = comment.trim().strip_prefix("exit code ").map_or(0, |code| code.parse().unwrap());
            steps.push(Step::Command(arguments.split_whitespace().map(str::to_owned).collect(), code));
        }
    }
    steps
}

/// Does what a page says, one step after the other, in an empty directory. A registry stands in for `localhost:5000`.
fn run_page(page: &str) -> pacto_testkit::TestContext {
    let page = std::fs::read_to_string(checkout_dir().join("docs").join(page)).unwrap();
    for plugin in ["pacto-plugin-helm", "pacto-plugin-openapi-infer"] {
        let beside = std::path::Path::new(env!("CARGO_BIN_EXE_pacto")).with_file_name(plugin);
        assert!(beside.is_file(), "{} is missing: cargo build -p {plugin}", beside.display());
    }
    let mut cx = context();
    let registry =
        page.contains("oci://localhost:5000").then(pacto_testkit::registry::Registry::start).flatten();
    let local = registry.as_ref().map(|registry| registry.address().to_owned());
    if let Some(local) = &local {
        cx.env("PACTO_INSECURE_REGISTRIES", local);
    }
    for step in steps(&page) {
        match step {
            Step::File(path, text) => {
                cx.write(path, text);
            }
            Step::Variable(name, value) => {
                cx.env(&name, value);
            }
            Step::Command(arguments, code) => {
                let is_on_registry =
                    arguments.iter().any(|one| one.contains("localhost:5000") || one == "copy");
                if is_on_registry && local.is_none() {
                    continue;
                }
                let local = local.as_deref().unwrap_or_default();
                let arguments: Vec<String> =
                    arguments.iter().map(|one| one.replace("localhost:5000", local)).collect();
                let output = cx.pacto(&arguments);
                assert_eq!(output.code, code, "{arguments:?}: {output}");
                assert!(!output.stdout.is_empty(), "{arguments:?}: {output}");
            }
        }
    }
    cx
}

#[test]
fn every_command_of_the_guides_works() {
    for page in ["quickstart.md", "developers.md", "platform.md", "configuration.md"] {
        run_page(page);
    }
}

/// Each way to start the dashboard starts one, with directories of this machine in the place of the server's.
#[test]
fn every_command_of_the_dashboard_guide_works() {
    let page = std::fs::read_to_string(checkout_dir().join("docs/dashboard.md")).unwrap();
    let cx = context();
    for folder in ["examples", "services"] {
        crate::fixture::service(&cx, &format!("{folder}/redis"), "redis", "7.2.0", &[]);
    }
    let layout = format!("oci-layout://{}", cx.path("layouts").display());
    let pushed = cx.pacto(["push", &format!("{layout}/redis"), "-p", "examples/redis"]);
    assert_eq!(pushed.code, 0, "{pushed}");
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("pacto dashboard")).collect();
    assert!(lines.len() >= 6, "{lines:?}");
    for line in lines {
        let line = line.split(" # ").next().unwrap().replace("oci-layout:///srv/contracts", &layout);
        let mut command = cx.command();
        command.args(line.split_whitespace().skip(1)).args(["--port", "0"]);
        let server = pacto_testkit::dashboard::Server::start_as_it_is(command);
        assert_eq!(server.get("/health").status, 200, "{line}");
        assert!(server.get("/api/services").json().is_array(), "{line}");
    }
}

/// For each policy of the cookbook what a contract must add to keep it, and what breaks it.
const JUDGED: &[(&str, &str, &str)] = &[
    ("owner", "", "service: {name: a, version: 1.0.0}"),
    ("described", "", "interfaces: [{name: api, type: http, port: 8080, visibility: public}]"),
    ("graceful", "lifecycle: {gracefulShutdownSeconds: 60}", "lifecycle: {gracefulShutdownSeconds: 5}"),
    ("health", "health: {interface: api, path: /health}", ""),
    ("bounded", "^1.0.0", ">=1.0.0"),
    ("replicas", "scaling: {min: 2, max: 3}", "scaling: {replicas: 1}"),
    ("images", "registry.example.com/a:1", "docker.io/a:1"),
];

/// A contract that is about one policy.
fn judged(policy: &str, what: &str) -> String {
    let owner = "owner: {team: a, contacts: [{type: chat, value: '#a'}]}";
    let service = match policy {
        "owner" if !what.is_empty() => what.to_owned(),
        "images" => format!("service: {{name: a, version: 1.0.0, {owner}, image: {{ref: '{what}'}}}}"),
        _ => format!("service: {{name: a, version: 1.0.0, {owner}}}"),
    };
    let interfaces = match policy {
        "described" if !what.is_empty() => what.to_owned(),
        _ => "interfaces: [{name: api, type: http, port: 8080}]".to_owned(),
    };
    let in_runtime = if matches!(policy, "graceful" | "health") { what } else { "" };
    let comma = if in_runtime.is_empty() { "" } else { ", " };
    let state =
        "state: {type: stateful, persistence: {scope: local, durability: persistent}, dataCriticality: low}";
    let more = match policy {
        "bounded" => {
            format!("dependencies: [{{ref: 'oci://r.example/b', required: false, compatibility: '{what}'}}]")
        }
        "replicas" => format!("metadata: {{tier: critical}}\n{what}"),
        _ => String::new(),
    };
    format!(
        "pactoVersion: '1.0'\n{service}\n{interfaces}\nruntime: {{workload: service, {state}{comma}{in_runtime}}}\n{more}\n\
         policies: [{{name: p, schema: policy/{policy}.json}}]\n"
    )
}

#[test]
fn every_policy_of_the_cookbook_tells_who_keeps_it() {
    let page = std::fs::read_to_string(checkout_dir().join("docs/policies.md")).unwrap();
    let files: Vec<_> = steps(&page)
        .into_iter()
        .filter_map(|step| if let Step::File(path, text) = step { Some((path, text)) } else { None })
        .collect();
    assert_eq!(files.len(), JUDGED.len());
    let cx = context();
    for (path, text) in files {
        let policy = path.trim_end_matches(".json");
        let (_, kept, broken) = JUDGED.iter().find(|(name, ..)| *name == policy).unwrap();
        for (contract, code) in [(kept, 0), (broken, 1)] {
            cx.write(format!("a/policy/{path}"), &text).write("a/pacto.yaml", judged(policy, contract));
            let output = cx.pacto(["validate", "a"]);
            assert_eq!(output.code, code, "{policy} {contract}: {output}");
            if code == 1 {
                assert!(output.stderr.contains("POLICY_VIOLATION"), "{policy}: {output}");
            }
        }
    }
}

#[test]
fn every_command_of_the_page_on_pipelines_works() {
    let cx = run_page("ci.md");
    assert!(cx.path("cart/pacto.lock").is_file());
}

#[test]
fn every_command_of_the_page_on_assistants_works() {
    run_page("mcp.md");
}

#[test]
fn every_command_of_the_page_on_plugins_works() {
    let cx = run_page("plugins.md");
    assert!(cx.path("chart/Chart.yaml").is_file() && cx.path("manifests/workload.yaml").is_file());
}
