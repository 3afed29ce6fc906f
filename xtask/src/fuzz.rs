//! `cargo xtask fuzz`: readers of what strangers write, on made-up input, for a while.
//!
//! The targets in `fuzz/` need no nightly compiler: coverage is counted by a pass of LLVM, and the workspace forbids
//! `unsafe`, so that no sanitizer would find more. Seeds are the corpus of the diff; what was found to break something is
//! kept in `fuzz/artifacts`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use fs_err as fs;

use crate::root;

#[derive(Args)]
pub struct Arguments {
    /// Targets; all without any
    targets: Vec<Name>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// The YAML tree
    Yaml,
    /// Interface files with references
    References,
    /// Inclusion of JSON Schemas
    Inclusion,
    /// `.proto` files
    Protobuf,
    /// Lists of packages
    Sbom,
}

/// What each is called, and the folder of the corpus that its seeds come from.
const TARGETS: &[(Name, &str, &str)] = &[
    (Name::Yaml, "yaml", "openapi"),
    (Name::References, "references", "openapi"),
    (Name::Inclusion, "inclusion", "schema"),
    (Name::Protobuf, "protobuf", "proto"),
    (Name::Sbom, "sbom", "diff/sbom-only/old/sbom"),
];

/// Counts which edges of the program a run takes.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1";

/// One input may take this long, in seconds, on a busy machine.
const TIMEOUT: u32 = 20;
/// And this much memory, in MiB.
const MEMORY: u32 = 2_048;

pub fn run(arguments: &Arguments) -> Result<()> {
    let directory = root()?.join("fuzz");
    let target = root()?.join("target/fuzz");
    // The host is named so that programs of the build itself are not instrumented.
    let host = host()?;
    let mut build = Command::new("cargo");
    build
        .args(["build", "--release", "--locked", "--quiet", "--target", &host])
        .arg("--manifest-path")
        .arg(directory.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", INSTRUMENTED);
    crate::run_command(&mut build)?;
    for (name, text, seeds) in TARGETS {
        if !arguments.targets.is_empty() && !arguments.targets.contains(name) {
            continue;
        }
        let (corpus, artifacts) =
            (directory.join("corpus").join(text), directory.join("artifacts").join(text));
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&artifacts)?;
        seed(*name, &root()?.join("tests/corpus").join(seeds), &corpus)?;
        let mut run = Command::new(target.join(&host).join("release").join(text));
        run.arg(&corpus)
            .arg(format!("-max_total_time={}", arguments.seconds))
            .arg(format!("-timeout={TIMEOUT}"))
            .arg(format!("-rss_limit_mb={MEMORY}"))
            .arg("-max_len=8192")
            .arg("-print_funcs=0")
            .arg("-verbosity=0")
            .arg(format!("-artifact_prefix={}/", artifacts.display()));
        // Its words are only worth reading when something broke.
        let output = run.output().with_context(|| format!("fuzz target {text}"))?;
        if !output.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            bail!("fuzz target {text} broke; the input is in {}", artifacts.display());
        }
        println!("fuzz {text}: nothing in {} s", arguments.seconds);
    }
    Ok(())
}

/// A few seconds for each target.
pub fn briefly() -> Result<()> {
    /// Long enough for some ten thousand inputs.
    const SECONDS: u32 = 8;
    run(&Arguments { targets: Vec::new(), seconds: SECONDS })
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc is not there")?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).context("rustc names no host")
}

/// Puts cases of the corpus in the form that the target reads: two texts with a line between them.
fn seed(name: Name, from: &Path, into: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let seed = match name {
            Name::Yaml | Name::Sbom => Some(text),
            _ => pair(name, &text),
        };
        let file = path.file_name().context("a file has a name")?;
        if let Some(seed) = seed {
            fs::write(into.join(file), seed)?;
        }
    }
    Ok(())
}

/// The two sides of a case.
fn pair(name: Name, text: &str) -> Option<String> {
    let tree = pacto_contract::yaml::load(text, pacto_contract::yaml::Budget::INTERFACE).ok()?;
    let side = |key: &str| {
        let side = tree.get(key)?;
        match name {
            Name::Protobuf => side.get("api.proto")?.as_str().map(str::to_owned),
            _ => Some(side.to_json().ok()?.to_string()),
        }
    };
    Some(format!("{}\n----\n{}", side("old")?, side("new")?))
}
