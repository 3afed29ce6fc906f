//! Which crate may use which crate, and who may touch the outside.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde_json::Value;

use crate::root;

/// For each crate, the crates of the workspace that it may use. Development dependencies are free.
const ALLOWED: &[(&str, &[&str])] = &[
    ("pacto-contract", &[]),
    ("schema-inclusion", &[]),
    ("pacto-engine", &["pacto-contract", "schema-inclusion"]),
    ("pacto-oci", &["pacto-contract"]),
    ("pacto-k8s", &["pacto-contract", "pacto-engine"]),
    ("pacto-plugin", &["pacto-contract"]),
    ("pacto-plugin-helm", &["pacto-contract", "pacto-plugin"]),
    ("pacto-plugin-openapi-infer", &["pacto-contract", "pacto-plugin"]),
    ("pacto-plugin-schema-infer", &["pacto-contract", "pacto-plugin"]),
    ("pacto-app", &["pacto-contract", "pacto-engine", "pacto-k8s", "pacto-oci", "pacto-plugin"]),
    ("pacto-dashboard", &["pacto-contract", "pacto-engine", "pacto-oci", "pacto-app", "pacto-k8s"]),
    ("pacto-mcp", &["pacto-contract", "pacto-engine", "pacto-oci", "pacto-app"]),
    (
        "pacto-cli",
        &["pacto-contract", "pacto-engine", "pacto-oci", "pacto-app", "pacto-dashboard", "pacto-mcp"],
    ),
    ("pacto-operator", &["pacto-contract", "pacto-engine", "pacto-k8s", "pacto-oci"]),
    ("pacto-testkit", &[]),
    (
        "xtask",
        &[
            "pacto-contract",
            "pacto-engine",
            "pacto-oci",
            "pacto-app",
            "pacto-cli",
            "pacto-dashboard",
            "pacto-k8s",
            "pacto-operator",
            "pacto-testkit",
            "schema-inclusion",
        ],
    ),
];

/// Crates that never do I/O, and what would give it away.
const PURE: &[&str] = &["pacto-contract", "pacto-engine", "schema-inclusion"];
const IMPURE_NAMES: &[&str] = &[
    "std::fs",
    "std::env::",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::thread",
    "tokio",
    "reqwest",
    "fs_err",
];

/// Third-party crates that only the named crates may use. `pacto-testkit` plays registries, so it has what they need;
/// `xtask` makes images and pushes them.
const FENCED: &[(&str, &[&str])] = &[
    ("jsonschema", &["pacto-engine", "schema-inclusion"]),
    ("granit-parser", &["pacto-contract"]),
    ("tar", &["pacto-oci", "pacto-testkit", "xtask"]),
    ("flate2", &["pacto-dashboard", "pacto-oci", "pacto-testkit", "xtask"]),
    ("clap", &["pacto-cli", "pacto-operator", "xtask"]),
    ("anstream", &["pacto-cli"]),
    ("indicatif", &["pacto-cli"]),
    ("anyhow", &["xtask"]),
    (
        "tokio",
        &[
            "pacto-app",
            "pacto-cli",
            "pacto-dashboard",
            "pacto-k8s",
            "pacto-mcp",
            "pacto-oci",
            "pacto-operator",
            "pacto-testkit",
            "xtask",
        ],
    ),
    ("axum", &["pacto-dashboard", "pacto-mcp", "pacto-operator"]),
    ("reqwest", &["pacto-oci"]),
    ("aws-lc-rs", &["pacto-k8s", "pacto-oci"]),
    ("kube", &["pacto-dashboard", "pacto-k8s", "pacto-operator"]),
    ("k8s-openapi", &["pacto-dashboard", "pacto-k8s", "pacto-operator"]),
    ("rmcp", &["pacto-mcp"]),
];

/// Longest file, in lines: a longer one is two ideas.
const MAX_LINES: usize = 600;

pub fn check() -> Result<()> {
    let metadata = metadata()?;
    let mut problems = Vec::new();
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            problems.push(format!("{name} has no entry in xtask/src/layers.rs"));
            continue;
        };
        for dependency in normal_dependencies(package) {
            let ours = ALLOWED.iter().any(|(known, _)| *known == dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                problems.push(format!("{name} may not depend on {dependency}"));
            }
            let fence = FENCED.iter().find(|(fenced, _)| *fenced == dependency);
            if let Some((_, users)) = fence.filter(|(_, users)| !users.contains(&name)) {
                problems.push(format!("only {users:?} may use {dependency}, not {name}"));
            }
        }
    }
    let mut texts = BTreeMap::new();
    for directory in ["crates", "xtask", "plugins"] {
        collect(&root()?.join(directory), &mut texts)?;
    }
    for (path, text) in &texts {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            problems.push(format!("{path} has {lines} lines, more than {MAX_LINES}"));
        }
        let pure = PURE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
        if pure {
            for name in IMPURE_NAMES.iter().filter(|name| text.contains(*name)) {
                problems.push(format!("{path} names {name}, and its crate does no I/O"));
            }
        }
    }
    if !problems.is_empty() {
        bail!("layers are broken:\n  {}", problems.join("\n  "));
    }
    println!("layers hold: {} crates, {} files", packages.len(), texts.len());
    Ok(())
}

fn metadata() -> Result<Value> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .current_dir(root()?)
        .output()
        .context("cargo metadata cannot be started")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn normal_dependencies(package: &Value) -> Vec<String> {
    let dependencies = package["dependencies"].as_array().cloned().unwrap_or_default();
    let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
    normal.filter_map(|dependency| Some(dependency["name"].as_str()?.to_owned())).collect()
}

/// Every Rust file below `directory`, by its path from the checkout.
fn collect(directory: &Path, texts: &mut BTreeMap<String, String>) -> Result<()> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let shown = path.strip_prefix(root()?)?.to_string_lossy().into_owned();
            texts.insert(shown, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
