//! `cargo xtask ui`: builds the web UI of the dashboard into its `dist/`, which is committed.
//!
//! `--check` builds a copy elsewhere and compares, so that what is embedded is what the sources say.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use fs_err as fs;

use crate::root;

/// From the root of the checkout.
const UI: &str = "crates/pacto-dashboard/ui";
/// What is installed, built or tests the UI; none of it belongs to what is copied for a check.
const NOT_SOURCES: &[&str] = &["node_modules", "dist", "e2e", ".test"];

#[derive(Args)]
pub struct Arguments {
    /// Compare `dist/` with what the sources give instead of writing it
    #[arg(long)]
    pub check: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let ui = root()?.join(UI);
    ensure!(ui.join("build.mjs").is_file(), "there is no web UI in {UI}");
    if !arguments.check {
        return build(&ui);
    }
    let copy = tempfile::tempdir()?;
    copy_sources(&ui, copy.path())?;
    build(copy.path())?;
    let (committed, built) = (files(&ui.join("dist"))?, files(&copy.path().join("dist"))?);
    let differences = differences(&committed, &built);
    if !differences.is_empty() {
        bail!(
            "{UI}/dist is not what its sources give, run `cargo xtask ui`:\n  {}",
            differences.join("\n  ")
        );
    }
    println!("{UI}/dist is up to date: {} files", built.len());
    Ok(())
}

fn build(directory: &Path) -> Result<()> {
    let step = |program: &str, arguments: &[&str]| -> Result<()> {
        println!("$ {program} {}", arguments.join(" "));
        let status = Command::new(program).args(arguments).current_dir(directory).status();
        let status =
            status.with_context(|| format!("{program} cannot be started; install Node.js and npm"))?;
        ensure!(status.success(), "{program} failed");
        Ok(())
    };
    step("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    step("node", &["build.mjs"])
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_SOURCES.iter().any(|skipped| name == *skipped) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_sources(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Every file below a directory, by its path from there.
fn files(directory: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    fn collect(base: &Path, directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                collect(base, &path, found)?;
            } else {
                let name = path.strip_prefix(base)?.to_string_lossy().into_owned();
                found.insert(name, fs::read(&path)?);
            }
        }
        Ok(())
    }
    let mut found = BTreeMap::new();
    if directory.is_dir() {
        collect(directory, directory, &mut found)?;
    }
    Ok(found)
}

/// One line for each file that is not the same on both sides.
fn differences(committed: &BTreeMap<String, Vec<u8>>, built: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let gone = committed.keys().filter(|name| !built.contains_key(*name));
    let gone = gone.map(|name| format!("dist/{name} is committed, but no longer built"));
    let changed = built.iter().filter_map(|(name, content)| match committed.get(name) {
        None => Some(format!("dist/{name} is built, but not committed")),
        Some(before) if before != content => Some(format!("dist/{name} differs")),
        Some(_) => None,
    });
    gone.chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_differs_is_named() {
        let directory = |files: &[(&str, &str)]| -> BTreeMap<String, Vec<u8>> {
            files.iter().map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec())).collect()
        };
        let committed = directory(&[("app.js", "1"), ("old.js", "1"), ("theme.js", "1")]);
        let built = directory(&[("app.js", "2"), ("assets/new.js", "1"), ("theme.js", "1")]);
        assert_eq!(
            differences(&committed, &built),
            [
                "dist/old.js is committed, but no longer built",
                "dist/app.js differs",
                "dist/assets/new.js is built, but not committed",
            ]
        );
        assert!(differences(&built, &built).is_empty());
    }

    #[test]
    fn a_check_copies_sources_and_nothing_that_was_built() {
        let (ui, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for directory in ["src/api", "node_modules/preact", "dist", "e2e"] {
            fs::create_dir_all(ui.path().join(directory)).unwrap();
        }
        for file in ["src/api/client.ts", "node_modules/preact/index.js", "dist/app.js", "e2e/a.ts", ".npmrc"]
        {
            fs::write(ui.path().join(file), "x").unwrap();
        }
        copy_sources(ui.path(), copy.path()).unwrap();
        let copied = files(copy.path()).unwrap();
        assert_eq!(copied.keys().collect::<Vec<_>>(), [".npmrc", "src/api/client.ts"]);
    }
}
