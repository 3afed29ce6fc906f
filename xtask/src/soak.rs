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
    /// Ten minutes of fifty clients that ask and listen while contracts change
    Dashboard,
    /// A hundred schedules of lost requests, unheard answers and kills of the operator
    Operator,
    /// Three minutes of two hundred Pactos with live endpoints, which must write nothing
    Idle,
}

/// What each is called among the tests.
const TESTS: &[(Name, &str, &str, &str)] = &[
    (Name::Faults, "pacto-oci", "it", "faults::"),
    (Name::Kill, "pacto-cli", "it", "kill_9"),
    (Name::Cache, "pacto-cli", "it", "two_processes_share_a_cache"),
    (Name::Dashboard, "pacto-cli", "dashboard", "soaking::"),
    (Name::Operator, "pacto-operator", "it", "faults::"),
    (Name::Idle, "pacto-operator", "it", "idle::"),
];

pub fn run(arguments: &Arguments) -> Result<()> {
    install(REGISTRY_PROGRAMS, "registry")?;
    for (name, package, target, test) in TESTS {
        if arguments.name.is_none_or(|only| only == *name) {
            let mut command = Command::new("cargo");
            command.args(["test", "--quiet", "--locked", "--package", package, "--test", target, test]);
            crate::run_command(command.args(["--", "--nocapture"]).env("PACTO_SOAK", "1"))?;
        }
    }
    Ok(())
}
