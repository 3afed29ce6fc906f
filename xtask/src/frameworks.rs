//! `cargo xtask frameworks`: what `openapi-infer` reads from sources against what the frameworks say when they run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use serde_json::Value;

use crate::root;

/// Programs of Debian that it needs, with the packages that hold them.
pub const PROGRAMS: &[(&str, &str)] = &[("python3", "python3-venv"), ("go", "golang")];
/// From the root of the checkout: projects, and beside each the document of its framework.
const PROJECTS: &str = "plugins/pacto-plugin-openapi-infer/tests/projects";

/// Runs the projects with their frameworks in the versions that they name, and compares; `write` keeps what they say.
pub fn run(write: bool) -> Result<()> {
    let projects = root()?.join(PROJECTS);
    let python = environment(&projects.join("shop/requirements.txt"))?;
    let of_fastapi = "import json\nfrom shop.main import app\nprint(json.dumps(app.openapi()))";
    let mut fastapi = Command::new(&python);
    fastapi.args(["-B", "-c", of_fastapi]).current_dir(projects.join("shop"));
    let mut huma = Command::new("go");
    huma.args(["run", ".", "-openapi"]).current_dir(projects.join("inventory"));
    for (name, command) in [("shop", &mut fastapi), ("inventory", &mut huma)] {
        println!("asking the framework of {name}");
        let output = command.output().with_context(|| format!("{name} cannot be started"))?;
        ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Value =
            serde_json::from_slice(&output.stdout).with_context(|| format!("{name}: no JSON"))?;
        let file = projects.join(format!("{name}.openapi.json"));
        if write {
            fs::write(&file, format!("{:#}\n", sorted(&said)))?;
            continue;
        }
        let kept: Value = serde_json::from_slice(&fs::read(&file)?)?;
        ensure!(
            sorted(&kept) == sorted(&said),
            "{name}: the framework says something else than {PROJECTS}/{name}.openapi.json; look at the difference, and keep \
             it with `cargo xtask frameworks --write`"
        );
    }
    run_it(&projects, &python)
}

/// `--option run=true` gives the framework's own words.
fn run_it(projects: &Path, python: &Path) -> Result<()> {
    let home = tempfile::tempdir()?;
    fs::write(
        home.path().join("pacto.yaml"),
        "pactoVersion: '1.0'\nservice: {name: shop, version: 1.0.0}\n",
    )?;
    let service = home.path().join("service");
    copy(&projects.join("shop"), &service)?;
    // The environment is found where people have theirs.
    let environment = python.parent().and_then(Path::parent).context("an environment has a folder")?;
    std::os::unix::fs::symlink(environment, home.path().join(".venv"))?;
    let mut command = Command::new(root()?.join("target/debug/pacto"));
    command.args(["generate", "openapi-infer", ".", "-o", ".", "--option", "run=true"]);
    command.args(["--option", "source=service", "--option", "output=run.json"]);
    let output =
        command.current_dir(home.path()).env("HOME", home.path()).output().context("pacto does not start")?;
    ensure!(output.status.success(), "run=true: {}", String::from_utf8_lossy(&output.stderr));
    let made: Value = serde_json::from_slice(&fs::read(home.path().join("run.json"))?)?;
    let kept: Value = serde_json::from_slice(&fs::read(projects.join("shop.openapi.json"))?)?;
    ensure!(sorted(&made) == sorted(&kept), "run=true gives something else than the framework");
    println!("what is read from the sources is what the frameworks say");
    Ok(())
}

/// Python with what a project needs, installed once for each version of its list.
fn environment(requirements: &Path) -> Result<PathBuf> {
    let folder = root()?.join("target/tools/frameworks");
    let (python, list) = (folder.join("bin/python"), fs::read(requirements)?);
    let installed = folder.join("requirements.txt");
    if python.is_file() && fs::read(&installed).is_ok_and(|known| known == list) {
        return Ok(python);
    }
    let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).status()?;
    ensure!(
        made.success(),
        "python3 has no venv: install python3-venv, or leave it out with `--without frameworks`"
    );
    let mut install = Command::new(folder.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    crate::run_command(&mut install)
        .context("FastAPI cannot be installed; leave it out with `--without frameworks`")?;
    fs::write(&installed, list)?;
    Ok(python)
}

/// Keys sorted: their order is no part of what a document says.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(members.into_iter().collect())
        }
        other => other.clone(),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().context("entries have names")?);
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
