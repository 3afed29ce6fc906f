//! From a contract to manifests, and from the manifests back to the contract.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pacto_testkit::control_plane::{ControlPlane, helm};
use pacto_testkit::{checkout_dir, shared_dir};

const PLUGIN: &str = env!("CARGO_BIN_EXE_pacto-plugin-helm");

/// The program beside the plugin, which finds the plugin beside itself.
fn pacto(directory: &Path, arguments: &[&str]) -> Output {
    let program = Path::new(PLUGIN).with_file_name("pacto");
    assert!(program.is_file(), "{} is missing: cargo build -p pacto-cli", program.display());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("PATH", "/usr/bin:/bin");
    // Folders of bundles stand in for the registries that the contracts name.
    let mut mirrors =
        vec![format!("registry.example.com/veloria={}", checkout_dir().join("examples").display())];
    if let Some(shared) = shared_dir() {
        let demo = if arguments.iter().any(|argument| argument.contains("/demo/march/")) {
            "march"
        } else {
            "april"
        };
        mirrors.push(format!(
            "ghcr.io/trianalab/pacto-demo={}",
            shared.join("demo").join(demo).join("bundles").display()
        ));
    }
    command.env("NO_COLOR", "1").env("PACTO_REGISTRY_MIRROR", mirrors.join(",")).output().unwrap()
}

fn fine(what: &str, output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what}:\n{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn run_helm(what: &str, arguments: &[&str]) -> String {
    fine(what, &Command::new(helm().expect("helm")).args(arguments).output().unwrap())
}

fn bundles(directory: &Path, found: &mut Vec<PathBuf>) {
    if directory.join("pacto.yaml").is_file() {
        found.push(directory.to_owned());
        return;
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.iter().filter(|entry| entry.is_dir()).for_each(|entry| bundles(entry, found));
}

/// Every contract of the examples and, where it is there, of the demo.
fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    bundles(&checkout_dir().join("examples"), &mut found);
    match shared_dir() {
        Some(shared) => bundles(&shared.join("demo"), &mut found),
        None => println!("left out: the bundles of ../shared/demo"),
    }
    assert!(found.len() >= 30, "{}", found.len());
    found
}

/// Policies of the older generation of the demo demand keys that no contract may have, so that no contract under them is
/// valid: a copy of such a bundle without its policy.
fn without_unmeetable_policy(bundle: &Path, directory: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(bundle.join("pacto.yaml")).unwrap();
    if !bundle.to_string_lossy().contains("/demo/march/") || !text.contains("\npolicy:") {
        return None;
    }
    let copy = directory.join("march");
    fine("cp", &Command::new("cp").arg("-r").arg(bundle).arg(&copy).output().unwrap());
    let mut is_policy = false;
    let kept = text.lines().filter(|line| {
        let is_key = line.starts_with(|letter: char| letter.is_ascii_alphabetic());
        is_policy = if is_key { line.starts_with("policy:") } else { is_policy };
        !is_policy
    });
    let kept = kept.collect::<Vec<_>>().join("\n") + "\n";
    // It was copied without the right to write, where the original has none.
    fine("chmod", &Command::new("chmod").args(["-R", "u+w"]).arg(&copy).output().unwrap());
    std::fs::write(copy.join("pacto.yaml"), kept).unwrap();
    Some(copy)
}

/// Manifests of a bundle, in both ways, each held to the contract.
fn manifests(bundle: &Path, directory: &Path) -> String {
    let shown = bundle.display().to_string();
    let (chart, plain) = (directory.join("chart"), directory.join("plain"));
    let generate = |output: &Path, more: &[&str]| {
        let output = output.display().to_string();
        let arguments = [&["generate", "helm", shown.as_str(), "-o", &output], more].concat();
        fine(&shown, &pacto(directory, &arguments))
    };
    generate(&chart, &[]);
    generate(&plain, &["--option", "format=manifests"]);
    let chart = chart.display().to_string();
    let said = run_helm(&shown, &["lint", "--strict", &chart]);
    assert!(said.contains("0 chart(s) failed"), "{said}");
    let rendered = run_helm(
        &shown,
        &["template", "x", &chart, "--kube-version=1.36.0", "--api-versions=pacto.trianalab.io/v1alpha1"],
    );
    let file = directory.join("rendered.yaml");
    std::fs::write(&file, &rendered).unwrap();
    let mut texts = rendered;
    for entry in std::fs::read_dir(&plain).unwrap() {
        texts.push_str("\n---\n");
        texts.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    for made in [&file, &plain] {
        let made = made.display().to_string();
        let verified = pacto(directory, &["verify", &shown, "--manifests", &made, "--strict-checks"]);
        fine(&format!("{shown} against {made}"), &verified);
    }
    texts
}

#[test]
fn what_is_made_of_every_contract_keeps_it_and_is_taken_by_the_api_server() {
    let Some(plane) = ControlPlane::start() else { return };
    let all = all();
    let mut texts = vec![String::new(); all.len()];
    std::thread::scope(|scope| {
        for (bundles, texts) in all.chunks(all.len().div_ceil(2)).zip(texts.chunks_mut(all.len().div_ceil(2)))
        {
            scope.spawn(move || {
                for (bundle, text) in bundles.iter().zip(texts) {
                    let directory = tempfile::tempdir().unwrap();
                    let judged = without_unmeetable_policy(bundle, directory.path());
                    *text = manifests(judged.as_deref().unwrap_or(bundle), directory.path());
                }
            });
        }
    });
    plane.apply(&pacto_k8s::definition::pactos().unwrap());
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "crd/pactos.pacto.trianalab.io"]);
    plane.apply(
        "{apiVersion: v1, kind: Namespace, metadata: {name: made, labels: {pod-security.kubernetes.io/warn: restricted}}}",
    );
    let whole = texts.join("\n---\n");
    let output = plane.run_kubectl(&["apply", "--dry-run=server", "-n", "made", "-f", "-"], Some(&whole));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("Warning"), "{said}");
}

/// Whoever writes a contract decides nothing about what runs when a chart is installed.
#[test]
fn text_of_a_contract_is_never_run_as_a_template() {
    if pacto_testkit::registry::is_left_out("cluster") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    std::fs::create_dir(place.join("cart")).unwrap();
    let evil = "{{ fail \"it ran\" }}";
    let marks = "@@text:config | toJson | fail `it ran`@@";
    // The whole mark, control character and all, written as YAML lets one write it.
    let forged = r"\x01@@text:config | toJson | fail `it ran`\x01@@";
    std::fs::write(
        place.join("cart/pacto.yaml"),
        format!(
            "pactoVersion: '1.0'\nservice: {{name: cart, version: 1.0.0, owner: '{evil}', image: {{ref: 'registry.example/cart:1'}}}}\n\
             interfaces: [{{name: api, type: http, port: 8080}}]\n\
             runtime: {{workload: service, state: {{type: stateless, persistence: {{scope: local, durability: ephemeral}}, dataCriticality: low}}, \
             health: {{interface: api, path: '/a{evil}'}}, metrics: {{interface: api, path: '/x\"{marks}\"'}}}}\n\
             configurations: [{{name: app, schema: schema.json, values: {{TEXT: '{evil}', MARK: \"{forged}\", KEY: 'secret://a/{evil}'}}}}]\n\
             metadata: {{note: '{evil}'}}\n"
        ),
    )
    .unwrap();
    std::fs::write(place.join("cart/schema.json"), r#"{"type": "object"}"#).unwrap();
    fine("cart", &pacto(place, &["generate", "helm", "cart", "-o", "chart"]));
    let chart = place.join("chart").display().to_string();
    let rendered = run_helm(
        "cart",
        &["template", "x", &chart, "--kube-version=1.36.0", "--api-versions=pacto.trianalab.io/v1alpha1"],
    );
    assert!(rendered.contains("/a{{ fail") && rendered.contains("@@text:config | toJson"), "{rendered}");
    // A key that would be code, where keys are code.
    let contract = std::fs::read_to_string(place.join("cart/pacto.yaml")).unwrap();
    let contract = contract.replace("KEY:", "'k{{ fail 1 }}':");
    std::fs::write(place.join("cart/pacto.yaml"), contract).unwrap();
    let refused = pacto(place, &["generate", "helm", "cart", "-o", "other"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("cannot be a key of a ConfigMap"), "{said}");
}
