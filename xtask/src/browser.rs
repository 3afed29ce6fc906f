//! The web UI in a real browser, against the real binary.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::{root, ui};

/// From the root of the checkout.
const TESTS: &str = "crates/pacto-dashboard/ui/e2e";
/// Programs of Debian that the UI is built and tested with, with the packages that hold them.
pub const PROGRAMS: &[(&str, &str)] = &[("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")];

/// Repositories that no contract of the examples names.
const ELSEWHERE: &str = "registry.example.org/elsewhere";

/// A dashboard over a copy of the examples; it ends with the value.
pub struct Server {
    child: Child,
    /// Where it is.
    pub url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds the UI anew and compares, runs its unit tests, then those in the browser.
pub fn run() -> Result<()> {
    ui::run(&ui::Arguments { check: true })?;
    let folder = root()?.join("crates/pacto-dashboard/ui");
    npm(&folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    npm(&folder, &["run", "check"])?;
    npm(&folder, &["test"])?;
    let tests = root()?.join(TESTS);
    npm(&tests, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    let home = tempfile::tempdir()?;
    let fixture = home.path().join("contracts");
    let server = Server::over_examples(home.path(), &fixture)?;
    let mut command = Command::new("npm");
    command.args(["test", "--silent"]).env("PACTO_URL", &server.url).env("PACTO_FIXTURE", &fixture);
    command.env("PACTO_ELSEWHERE", ELSEWHERE).env("PACTO_BIN", root()?.join("target/debug/pacto"));
    in_folder(&mut command, &tests).context("the UI does not do in a browser what it should")
}

impl Server {
    /// Over a copy of the examples in `fixture`, with `home` for everything else.
    pub fn over_examples(home: &Path, fixture: &Path) -> Result<Self> {
        // All of the workspace, as the tests are built: alone, it would be built anew with other features.
        crate::run("cargo", &["build", "--quiet", "--locked", "--workspace", "--bin", "pacto"])?;
        copy(&root()?.join("examples"), fixture)?;
        publish(home)?;
        Self::start(home, fixture)
    }

    fn start(home: &Path, fixture: &Path) -> Result<Self> {
        let mut command = pacto(home)?;
        command.arg("dashboard").arg(fixture).args(["--port", "0", "--diagnostics"]);
        // The examples stand in for the registry that they name, and image layouts for another one.
        let mirror = format!(
            "registry.example.com/veloria={},{ELSEWHERE}=oci-layout:{}",
            fixture.display(),
            home.join("elsewhere").display()
        );
        command
            .env("PACTO_REGISTRY_MIRROR", mirror)
            .env("KUBECONFIG", home.join("none"))
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("the dashboard does not start")?;
        let stderr = child.stderr.take().context("the dashboard says nothing")?;
        let mut server = Self { child, url: String::new() };
        let mut said = String::new();
        for line in BufReader::new(stderr).lines() {
            let line = line?;
            if let Some(url) = line.split("running at ").nth(1) {
                url.trim().clone_into(&mut server.url);
                break;
            }
            said.push_str(&line);
            said.push('\n');
        }
        ensure!(!server.url.is_empty(), "the dashboard does not start:\n{said}");
        Ok(server)
    }
}

/// Our own binary with a home of its own.
fn pacto(home: &Path) -> Result<Command> {
    let mut command = Command::new(root()?.join("target/debug/pacto"));
    for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, home.join(name));
    }
    command.current_dir(home);
    Ok(command)
}

/// Two versions of a ledger in a directory of image layouts.
fn publish(home: &Path) -> Result<()> {
    let (bundle, layout) = (home.join("ledger"), home.join("elsewhere/ledger"));
    fs::create_dir_all(&bundle)?;
    for (version, interfaces) in
        [("1.0.0", ""), ("1.1.0", "interfaces: [{name: events, type: http, port: 8080}]\n")]
    {
        let text =
            format!("pactoVersion: \"1.0\"\nservice: {{name: ledger, version: {version}}}\n{interfaces}");
        fs::write(bundle.join("pacto.yaml"), text)?;
        let mut push = pacto(home)?;
        push.arg("push").arg(format!("oci-layout://{}", layout.display())).arg("-p").arg(&bundle);
        let output = push.output().context("pacto push does not start")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Runs a program in a folder, and says which.
pub fn in_folder(command: &mut Command, folder: &Path) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let arguments: Vec<_> =
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    println!("$ {program} {}", arguments.join(" "));
    let status =
        command.current_dir(folder).status().with_context(|| format!("{program} cannot be started"))?;
    ensure!(status.success(), "{program} {} failed", arguments.join(" "));
    Ok(())
}

fn npm(folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("npm");
    in_folder(command.args(arguments).arg("--silent"), folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
