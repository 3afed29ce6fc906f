//! Tasks of the project. `cargo xtask test` is the whole test run.

mod api;
mod bench;
mod browser;
mod codegen;
mod dist;
mod frameworks;
mod fuzz;
mod image;
mod layers;
mod mcp;
mod reference;
mod released;
mod soak;
mod test;
mod typescript;
mod ui;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check and every test
    Test(test::Arguments),
    /// Check which crate may use which crate, and who may do I/O
    CheckLayers,
    /// Write what is generated: schemas and references
    Codegen {
        /// Compare instead of writing, and fail on a difference
        #[arg(long)]
        check: bool,
    },
    /// Write a fleet of made-up services into a directory
    Fleet {
        /// Directory, made if needed
        directory: PathBuf,
        /// Number of services
        #[arg(long, default_value_t = 10_000)]
        services: usize,
    },
    /// Build the web UI of the dashboard into its `dist/`
    Ui(ui::Arguments),
    /// Build the container image of the dashboard as an OCI image layout
    Image(image::Arguments),
    /// Write everything that a release holds: static programs, manual pages, a bill of materials, checksums
    Dist(dist::Arguments),
    /// Install, use and update a release in a fresh home
    Released,
    /// Hold the MCP server to the official conformance suite, and ask it with the inspector
    Mcp,
    /// Hold `openapi-infer` to what the frameworks say when they run
    Frameworks {
        /// Keep what they say
        #[arg(long)]
        write: bool,
    },
    /// Feed made-up input to readers of what strangers write
    Fuzz(fuzz::Arguments),
    /// Run the long tests in full
    Soak(soak::Arguments),
    /// Measure, as ratios against a reference of the same run
    Bench(bench::Arguments),
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Test(arguments) => test::run(&arguments),
        Task::CheckLayers => layers::check(),
        Task::Codegen { check } => codegen::run(check),
        Task::Fleet { directory, services } => {
            Ok(pacto_testkit::fleet::Fleet { services, fan_out: 4, seed: 1 }.write(&directory)?)
        }
        Task::Ui(arguments) => ui::run(&arguments),
        Task::Image(arguments) => image::run(&arguments),
        Task::Dist(arguments) => dist::run(&arguments),
        Task::Released => released::run(),
        Task::Mcp => mcp::run(),
        Task::Frameworks { write } => frameworks::run(write),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Soak(arguments) => soak::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
    }
}

/// Root of the checkout.
fn root() -> Result<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.parent().map(PathBuf::from).context("xtask lies in the checkout")
}

/// Runs a command in the checkout, with its output shown.
fn run(program: &str, arguments: &[&str]) -> Result<()> {
    run_command(std::process::Command::new(program).args(arguments))
}

/// Runs a command in the root of the checkout, and shows it.
fn run_command(command: &mut std::process::Command) -> Result<()> {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let shown = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    println!("$ {shown}");
    let status =
        command.current_dir(root()?).status().with_context(|| format!("{shown} cannot be started"))?;
    ensure!(status.success(), "{shown} failed");
    Ok(())
}
