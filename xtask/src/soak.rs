//! `cargo xtask soak`: the long tests in full, of which the usual run does a tenth.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::test::{REGISTRY_PROGRAMS, install};

#[derive(Args)]
pub struct Arguments {
    /// What to do; everything without it
    name: Option<Name>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// A thousand pulls and pushes through a proxy that spoils a fifth of the requests
    Faults,
    /// Two hundred processes killed at calls that change files: cache, login, lock, pull
    Kill,
    /// Two thousand commands of two processes on one cache
    Cache,
}

/// What each is called among the tests.
const TESTS: &[(Name, &str, &str)] = &[
    (Name::Faults, "pacto-oci", "faults::"),
    (Name::Kill, "pacto-cli", "kill_9"),
    (Name::Cache, "pacto-cli", "two_processes_share_a_cache"),
];

pub fn run(arguments: &Arguments) -> Result<()> {
    install(REGISTRY_PROGRAMS, "registry")?;
    for (name, package, test) in TESTS {
        if arguments.name.is_none_or(|only| only == *name) {
            let mut command = Command::new("cargo");
            command.args(["test", "--quiet", "--locked", "--package", package, "--test", "it", test]);
            crate::run_command(command.args(["--", "--nocapture"]).env("PACTO_SOAK", "1"))?;
        }
    }
    Ok(())
}
