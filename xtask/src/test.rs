//! `cargo xtask test`: everything that must hold before a change lands.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use pacto_testkit::control_plane::{Programs, helm};

use crate::{api, browser, codegen, frameworks, fuzz, layers, mcp, released, root};

#[derive(Args)]
pub struct Arguments {
    /// Leave a part out: `api` (needs python3-venv), `browser` (needs node, npm and chromium), `cluster` (needs kubectl, and Go to build etcd, kube-apiserver and helm once), `deny` (licences and
    /// bans, needs cargo-deny), `frameworks` (needs python3-venv and Go), `fuzz` (builds instrumented programs), `mcp` (needs npm), `registry` (needs docker-registry, skopeo and strace)
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    without: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Api,
    Browser,
    Cluster,
    Deny,
    Frameworks,
    Fuzz,
    Mcp,
    Registry,
}

/// Programs of Debian that tests of registries need, with the packages that hold them.
pub const REGISTRY_PROGRAMS: &[(&str, &str)] =
    &[("docker-registry", "docker-registry"), ("skopeo", "skopeo"), ("strace", "strace")];

/// Version of cargo-deny that the configuration is written for.
const CARGO_DENY: &str = "0.20.2";

pub fn run_all(arguments: &Arguments) -> Result<Vec<&'static str>> {
    let mut left_out = Vec::new();
    crate::run("cargo", &["fmt", "--all", "--check"])?;
    layers::check()?;
    crate::run(
        "cargo",
        &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"],
    )?;
    codegen::run(true)?;
    if arguments.without.contains(&Part::Deny) {
        left_out.push("deny");
    } else {
        deny()?;
    }
    let mut without = Vec::new();
    if arguments.without.contains(&Part::Registry) {
        without.push("registry");
    } else {
        install(REGISTRY_PROGRAMS, "registry")?;
    }
    if arguments.without.contains(&Part::Cluster) {
        without.push("cluster");
    } else {
        control_plane()?;
    }
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--locked", "--quiet"]);
    if !without.is_empty() {
        command.env("PACTO_TEST_WITHOUT", without.join(","));
    }
    crate::run_command(&mut command)?;
    left_out.extend(without);
    if arguments.without.contains(&Part::Api) {
        left_out.push("api");
    } else {
        install(api::PROGRAMS, "api")?;
        api::run()?;
    }
    if arguments.without.contains(&Part::Frameworks) {
        left_out.push("frameworks");
    } else {
        install(frameworks::PROGRAMS, "frameworks")?;
        frameworks::run(false)?;
    }
    if arguments.without.contains(&Part::Fuzz) {
        left_out.push("fuzz");
    } else {
        fuzz::briefly()?;
    }
    if arguments.without.contains(&Part::Mcp) {
        left_out.push("mcp");
    } else {
        install(mcp::PROGRAMS, "mcp")?;
        mcp::run()?;
    }
    if arguments.without.contains(&Part::Browser) {
        left_out.push("browser");
    } else {
        install(browser::PROGRAMS, "browser")?;
        browser::run()?;
    }
    // Last, since it leaves a program of another version behind.
    released::run()?;
    if !root()?.join("../shared").is_dir() {
        left_out.extend(["demo", "corpora"]);
    }
    Ok(left_out)
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let left_out = run_all(arguments)?;
    match left_out.as_slice() {
        [] => println!("all tests passed"),
        parts => println!("all tests passed, left out: {}", parts.join(", ")),
    }
    Ok(())
}

/// Installs what is missing, where this system has packages and we may install them.
pub fn install(programs: &[(&str, &str)], part: &str) -> Result<()> {
    let is_there = |program: &str| {
        std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
        })
    };
    let missing: Vec<&str> =
        programs.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let advice = format!("install {}, or leave them out with `--without {part}`", missing.join(" and "));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        crate::run_command(
            command.args(["-qq", "-y"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    apt(&["update"])
        .and_then(|()| apt(&[&["install", "--no-install-recommends"], missing.as_slice()].concat()))
        .context(advice)
}

/// Looks for a control plane and Helm, and builds what is not there.
fn control_plane() -> Result<()> {
    println!("looking for etcd, kube-apiserver and helm; building them takes some minutes, once");
    let programs = Programs::get().map_err(|error| {
        anyhow!("{error}; set KUBEBUILDER_ASSETS, install Go, or leave them out with `--without cluster`")
    })?;
    println!("control plane: {}", programs.api_server.display());
    let helm = helm().map_err(|error| {
        anyhow!("{error}; install Helm or Go, or leave them out with `--without cluster`")
    })?;
    println!("helm: {}", helm.display());
    Ok(())
}

/// Licences, bans and sources; advisories need a database from the network and run in the release workflow.
fn deny() -> Result<()> {
    let program = cargo_deny()?;
    let program = program.to_string_lossy();
    // A build fetches what this platform needs; here crates of all of them are looked at.
    crate::run("cargo", &["fetch", "--locked", "--quiet"])?;
    crate::run(&program, &["--offline", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"])
        .context("cargo-deny found something; `--without deny` leaves this out")
}

/// The installed cargo-deny, or one that is built into the target directory once.
fn cargo_deny() -> Result<PathBuf> {
    let root = root()?;
    let tools = root.join("target/tools");
    let own = tools.join("bin/cargo-deny");
    let has_version = |program: &Path| {
        let output = std::process::Command::new(program).arg("--version").output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(CARGO_DENY))
    };
    for candidate in [PathBuf::from("cargo-deny"), own.clone()] {
        if has_version(&candidate) {
            return Ok(candidate);
        }
    }
    let tools = tools.to_string_lossy().into_owned();
    crate::run(
        "cargo",
        &["install", "--quiet", "--locked", "--root", &tools, "--version", CARGO_DENY, "cargo-deny"],
    )
    .context("cargo-deny cannot be built; install it, or use `--without deny`")?;
    Ok(own)
}
