//! The commands of the guide for Kubernetes, in its order, against a cluster of their own: they install and remove.

use std::path::Path;
use std::process::{Command, Output};

use pacto_testkit::control_plane::{ControlPlane, helm};

/// The commands of the page; a line that ends in a backslash goes on.
fn commands(page: &str) -> Vec<String> {
    let (mut is_console, mut commands, mut open) = (false, Vec::<String>::new(), false);
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_console = language == "console";
            continue;
        }
        if !is_console {
            continue;
        }
        let text = line.trim_end_matches('\\').trim();
        match (open, line.strip_prefix("$ ")) {
            (true, _) => {
                if let Some(last) = commands.last_mut() {
                    last.push(' ');
                    last.push_str(text);
                }
            }
            (false, Some(_)) => commands.push(text.trim_start_matches("$ ").to_owned()),
            (false, None) => continue,
        }
        open = line.ends_with('\\');
    }
    commands
}

fn run(plane: &ControlPlane, command: &str) -> Output {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let programs = tempfile::tempdir().unwrap();
    let helm = helm().expect("helm; --without cluster leaves it out");
    std::os::unix::fs::symlink(helm, programs.path().join("helm")).unwrap();
    // Nobody starts pods here, so that waiting for them has no end.
    let command = command.replace(" --wait", "");
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).current_dir(checkout).env("KUBECONFIG", plane.kubeconfig());
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", programs.path().display()));
    for name in ["HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECACHEDIR"] {
        shell.env(name, programs.path());
    }
    shell.env("TOKEN", "hunter2").output().unwrap()
}

#[test]
fn every_command_of_the_guide_works() {
    let (Some(with_kubectl), Some(with_helm)) = (ControlPlane::start(), ControlPlane::start()) else {
        return;
    };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operator.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut commands = commands(&page);
    assert!(commands.len() >= 13, "{commands:?}");
    let fine = |plane: &ControlPlane, command: &str| {
        let output = run(plane, command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    };
    // Two ways to install, each in a cluster of its own; what is about Helm goes on from the first upgrade.
    let install = commands.remove(0);
    assert!(install.starts_with("helm install"), "{install}");
    let upgrade = commands.iter().position(|command| command.starts_with("helm upgrade")).unwrap();
    fine(&with_kubectl, "kubectl create namespace shop");
    for command in &commands[..upgrade] {
        fine(&with_kubectl, command);
    }
    fine(&with_helm, &install);
    for command in &commands[upgrade..] {
        fine(&with_helm, command);
    }
}
