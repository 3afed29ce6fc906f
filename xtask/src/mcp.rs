//! The MCP server against the official conformance suite, and against a second client.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::browser::in_folder;
use crate::root;

/// From the root of the checkout: the suite, the client and the program that runs them, in fixed versions.
const FOLDER: &str = "crates/pacto-mcp/conformance";
/// Programs of Debian that are needed, with the packages that hold them.
pub const PROGRAMS: &[(&str, &str)] = &[("npm", "npm")];
/// What servers of these revisions have to do.
const REVISIONS: &[&str] = &["2025-11-25", "2026-07-28"];
/// Scenarios that need no tool of the suite's own, so that `pacto mcp` itself is asked.
const OF_ANY_SERVER: &[(&str, &[&str])] = &[
    (
        "2025-11-25",
        &[
            "server-initialize",
            "ping",
            "tools-list",
            "resources-list",
            "prompts-list",
            "dns-rebinding-protection",
        ],
    ),
    (
        "2026-07-28",
        &[
            "tools-list",
            "resources-list",
            "prompts-list",
            "dns-rebinding-protection",
            "caching",
            "sep-2164-resource-not-found",
            "server-sse-multiple-streams",
            "http-header-validation",
        ],
    ),
];

/// A server on a port; it ends with the value.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `command` and waits until it says where it is.
    fn start(mut command: Command, says_on_stderr: bool) -> Result<Self> {
        let (out, err) =
            if says_on_stderr { (Stdio::null(), Stdio::piped()) } else { (Stdio::piped(), Stdio::null()) };
        let mut child = command.stdout(out).stderr(err).spawn().context("the server does not start")?;
        let stream: Box<dyn std::io::Read> = match (child.stdout.take(), child.stderr.take()) {
            (Some(stdout), _) => Box::new(stdout),
            (_, Some(stderr)) => Box::new(stderr),
            _ => anyhow::bail!("the server says nothing"),
        };
        let mut server = Self { child, url: String::new() };
        for line in BufReader::new(stream).lines() {
            let line = line?;
            if let Some(place) = line.find("http://") {
                line.get(place..).unwrap_or_default().trim().clone_into(&mut server.url);
                break;
            }
        }
        ensure!(!server.url.is_empty(), "the server does not say where it is");
        Ok(server)
    }
}

/// Every scored scenario of both revisions passes, and the inspector finds nothing to complain about.
pub fn run() -> Result<()> {
    let folder = root()?.join(FOLDER);
    let mut npm = Command::new("npm");
    // Not `ci`: what other systems need is missing from a lock that was written on this one.
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--silent"]);
    in_folder(&mut npm, &folder)
        .context("the suite cannot be installed; leave it out with `--without mcp`")?;
    crate::run(
        "cargo",
        &["build", "--quiet", "--locked", "--workspace", "--example", "conformance", "--bin", "pacto"],
    )?;
    let home = tempfile::tempdir()?;
    let fixtures = Server::start(Command::new(root()?.join("target/debug/examples/conformance")), false)?;
    for revision in REVISIONS {
        conformance(&folder, &fixtures.url, &["--requirements", revision], home.path(), revision)?;
    }
    drop(fixtures);
    let own = Server::start(pacto(home.path(), &["--transport", "http", "--port", "0"])?, true)?;
    for (revision, scenarios) in OF_ANY_SERVER {
        for scenario in *scenarios {
            let arguments = ["--scenario", scenario, "--spec-version", revision];
            conformance(
                &folder,
                &own.url,
                &arguments,
                home.path(),
                &format!("pacto mcp, {revision}, {scenario}"),
            )?;
        }
    }
    drop(own);
    for era in ["legacy", "modern"] {
        let list = ["--method", "tools/list", "--strict"];
        inspect(&folder, home.path(), era, &list)?;
        let call = [
            "--method",
            "tools/call",
            "--tool-name",
            "pacto_validate",
            "--tool-args-json",
            r#"{"path": "examples"}"#,
        ];
        inspect(&folder, home.path(), era, &call)?;
        inspect(&folder, home.path(), era, &["--method", "resources/read", "--uri", "pacto://catalog"])?;
        inspect(&folder, home.path(), era, &["--method", "prompts/list"])?;
    }
    println!("the inspector lists, calls and reads in both revisions");
    Ok(())
}

/// Our own binary as a server over the examples.
fn pacto(home: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(root()?.join("target/debug/pacto"));
    command.arg("mcp").args(arguments).current_dir(root()?);
    for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, home.join(name));
    }
    Ok(command)
}

/// Runs the suite, and says how many checks passed.
fn conformance(folder: &Path, url: &str, arguments: &[&str], home: &Path, what: &str) -> Result<()> {
    let mut command = Command::new(folder.join("node_modules/.bin/node"));
    command.arg(folder.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"));
    command.args(["server", "--url", url]).args(arguments).arg("-o").arg(home.join("results"));
    let output = command.output().context("the suite does not start")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{what}:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // Each scenario has a line in the summary; those that are not scored come again behind it.
    let of_scored = |mark: char| {
        let scenarios = said.lines().skip_while(|line| !line.contains("SUMMARY"));
        let lines = scenarios.take_while(|line| !line.starts_with("Total"));
        let unscored: Vec<&str> = said
            .lines()
            .skip_while(|line| !line.starts_with("Not scored"))
            .filter_map(|line| line.trim().split(' ').nth(1))
            .collect();
        let is_scored = |line: &&str| {
            let name = line.trim_start_matches(mark).trim().split(':').next().unwrap_or_default();
            line.starts_with(mark) && !unscored.contains(&name)
        };
        lines.filter(is_scored).count()
    };
    let (passed, failed) = (of_scored('✓'), of_scored('✗'));
    if passed + failed == 0 {
        // One scenario alone has no summary; that it failed would be the exit code.
        println!("conformance, {what}: passed");
    } else {
        println!("conformance, {what}: {passed} scored scenarios passed, {failed} failed");
        ensure!(failed == 0, "{said}");
    }
    Ok(())
}

/// Asks our own binary through the inspector.
fn inspect(folder: &Path, home: &Path, era: &str, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(folder.join("node_modules/.bin/node"));
    command.arg(folder.join("node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"));
    command.args(["--cli", "--protocol-era", era, "--format", "json", "-q"]).args(arguments);
    command.arg("--").arg(root()?.join("target/debug/pacto")).arg("mcp").current_dir(root()?);
    for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, home.join(name));
    }
    let output = command.output().context("the inspector does not start")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said.contains("\"result\""),
        "inspector, {era}, {arguments:?}:\n{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
