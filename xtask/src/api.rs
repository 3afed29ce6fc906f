//! The API of the dashboard against its own description, asked in every way that schemathesis can think of.

use std::process::Command;

use anyhow::{Context, Result};

use crate::browser::{Server, in_folder};
use crate::root;

/// Programs of Debian that it needs, with the packages that hold them.
pub const PROGRAMS: &[(&str, &str)] = &[("python3", "python3-venv")];
/// Version that is installed.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// Cases of each operation.
const EXAMPLES: &str = "40";

/// No answer is a server error, has an undeclared status, or another form than the description says.
pub fn run() -> Result<()> {
    let tools = root()?.join("target/tools/schemathesis");
    let program = tools.join("bin/schemathesis");
    if !program.is_file() {
        let make = Command::new("python3").args(["-m", "venv"]).arg(&tools).status()?;
        anyhow::ensure!(
            make.success(),
            "python3 has no venv: install python3-venv, or leave it out with `--without api`"
        );
        let mut install = Command::new(tools.join("bin/pip"));
        crate::run_command(install.args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]))
            .context("schemathesis cannot be installed; leave it out with `--without api`")?;
    }
    let home = tempfile::tempdir()?;
    let server = Server::over_examples(home.path(), &home.path().join("contracts"))?;
    let mut command = Command::new(&program);
    command.arg("run").arg(format!("{}/openapi.json", server.url));
    command.args(["--checks", "all", "--max-examples", EXAMPLES, "--seed", "1", "--no-color"]);
    // Which texts are references is not said by a schema; a stream has no end.
    command.args(["--exclude-checks", "positive_data_acceptance", "--exclude-path", "/api/events"]);
    in_folder(&mut command, home.path()).context("the API is not what its description says")
}
