//! The program as one static file that needs nothing of the image.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use super::program::Program;
use super::{Platform, output_of};
use crate::root;

/// How a platform is built. Decision and pitfalls: `docs/container.md`.
struct Toolchain {
    target: &'static str,
    /// C compiler, and the package of Debian that has it.
    compiler: &'static str,
    package: &'static str,
    /// What links, where it is not the compiler of this machine. `musl-gcc` must not: it knows nothing of `-static-pie`
    /// and makes a binary that wants a loader. Rust has a musl of its own to link with.
    linker: Option<&'static str>,
    flags: &'static str,
}

fn toolchain(platform: Platform) -> Toolchain {
    match platform {
        Platform::Amd64 => Toolchain {
            target: "x86_64-unknown-linux-musl",
            compiler: "musl-gcc",
            package: "musl-tools",
            linker: None,
            flags: "",
        },
        // Debian has no cross compiler with musl; a static glibc finds names without plug-ins since 2.34.
        Platform::Arm64 => Toolchain {
            target: "aarch64-unknown-linux-gnu",
            compiler: "aarch64-linux-gnu-gcc",
            package: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
            linker: Some("aarch64-linux-gnu-gcc"),
            flags: "-Ctarget-feature=+crt-static",
        },
    }
}

/// Builds the release binary of an image and reads it.
pub fn build(program: Program, platform: Platform, version: &str) -> Result<Vec<u8>> {
    static_binary(program.package(), program.binary(), platform, version)
}

/// Builds a program as one static file and reads it.
pub fn static_binary(package: &str, name: &str, platform: Platform, version: &str) -> Result<Vec<u8>> {
    let Toolchain { target, compiler, package: debian, linker, flags } = toolchain(platform);
    let found = Command::new(compiler).arg("--version").output();
    ensure!(
        found.is_ok_and(|output| output.status.success()),
        "{compiler} is missing: apt-get install {debian}, or leave {} out with --platform",
        platform.architecture()
    );
    let installed = output_of(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))?;
    ensure!(
        PathBuf::from(installed).is_dir(),
        "the standard library for {target} is missing: rustup target add {target}"
    );
    let root = root()?;
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let cargo_home = cargo_home.context("neither CARGO_HOME nor HOME is set")?;
    // Messages of panics name files; where they lay on this machine is nobody's business and differs on the next.
    let hidden = [(root.as_path(), "/pacto"), (cargo_home.as_path(), "/cargo")];
    let rust = hidden.iter().map(|(path, shown)| format!(" --remap-path-prefix={}={shown}", path.display()));
    let c = hidden.iter().map(|(path, shown)| format!(" -ffile-prefix-map={}={shown}", path.display()));
    let lower = target.replace('-', "_");
    let mut command = Command::new("cargo");
    command
        .args(["build", "--release", "--locked", "--package", package, "--bin", name, "--target", target])
        .env("PACTO_BUILD_VERSION", version)
        .env("RUSTFLAGS", format!("{flags}{}", rust.collect::<String>()).trim())
        .env(format!("CC_{lower}"), compiler)
        .env(format!("CFLAGS_{lower}"), c.collect::<String>().trim());
    if let Some(linker) = linker {
        command.env(format!("CARGO_TARGET_{}_LINKER", lower.to_uppercase()), linker);
    }
    crate::run_command(&mut command)?;
    let directory = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let binary = fs::read(root.join(directory).join(target).join("release").join(name))?;
    ensure!(is_static(&binary), "the binary for {target} needs a loader, which the image does not have");
    Ok(binary)
}

/// Whether a 64-bit ELF file names no interpreter.
pub fn is_static(binary: &[u8]) -> bool {
    const INTERPRETER: u64 = 3;
    let number = |from: usize, bytes: usize| -> Option<u64> {
        let field = binary.get(from..from.checked_add(bytes)?)?;
        Some(field.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    let kinds = || -> Option<Vec<u64>> {
        let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        (0..count).map(|header| number(usize::try_from(table + header * size).ok()?, 4)).collect()
    };
    binary.starts_with(b"\x7fELF\x02\x01") && kinds().is_some_and(|kinds| !kinds.contains(&INTERPRETER))
}
