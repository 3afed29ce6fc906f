//! `cargo xtask released`: what somebody does with a release in a home where nothing is yet, with the real program built
//! as a release: install it, use it, update it, and be protected from a file that is not what it should be.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, ensure};
use fs_err as fs;

use crate::dist::{CHECKSUMS, PROGRAMS, executable, write_checksums};
use crate::root;

/// The version that is built, and those that are made of it.
const FIRST: &str = "9.0.0";
const SECOND: &str = "9.1.0";
const SPOILT: &str = "9.2.0";

struct Home {
    place: tempfile::TempDir,
}

impl Home {
    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A command that knows this home and its releases, and nothing else.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.place.path());
        command.env("PACTO_INSTALL_DIR", self.path("bin")).env("PACTO_RELEASES", self.path("releases"));
        command.env("PACTO_LATEST", self.path("latest.json")).current_dir(self.place.path());
        command
    }

    fn pacto(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(self.path("bin/pacto")).args(arguments).output()?)
    }

    /// A release of the built programs. `mark` makes them others than those of before; they run all the same.
    fn release(&self, version: &str, programs: &Path, mark: &str) -> Result<()> {
        let directory = self.path("releases").join(format!("v{version}"));
        fs::create_dir_all(&directory)?;
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        for program in PROGRAMS {
            let mut bytes = fs::read(programs.join(program))?;
            bytes.extend_from_slice(mark.as_bytes());
            let file = directory.join(format!("{program}_linux_{architecture}"));
            fs::write(&file, bytes)?;
            executable(&file)?;
        }
        write_checksums(&directory)?;
        fs::write(self.path("latest.json"), format!("{{\"tag_name\": \"v{version}\"}}"))?;
        Ok(())
    }
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn run() -> Result<()> {
    let home = Home { place: tempfile::tempdir()? };
    let mut build = Command::new("cargo");
    // All of the workspace, as the tests are built: so little is built anew.
    build.args(["build", "--quiet", "--locked", "--workspace", "--bins"]);
    crate::run_command(build.env("PACTO_BUILD_VERSION", FIRST))?;
    let programs = home.path("programs");
    fs::create_dir_all(&programs)?;
    for program in PROGRAMS {
        fs::copy(root()?.join("target/debug").join(program), programs.join(program))?;
    }
    home.release(FIRST, &programs, "")?;

    let installer = root()?.join("scripts/get-pacto.sh");
    let installed = home.command("sh").arg(installer).output()?;
    ensure!(installed.status.success(), "the installer: {}", words(&installed));
    let version = home.pacto(&["version"])?;
    ensure!(words(&version) == format!("pacto version {FIRST}\n"), "{}", words(&version));
    // The plugins lie beside the program and are found there.
    let plugins = home.pacto(&["plugin", "list", "--output-format", "json"])?;
    for plugin in ["helm", "openapi-infer", "schema-infer"] {
        ensure!(words(&plugins).contains(&format!("\"{plugin}\"")), "{plugin}: {}", words(&plugins));
    }
    let made = home.pacto(&["init", "cart"])?;
    ensure!(made.status.success(), "{}", words(&made));
    let valid = home.pacto(&["validate", "cart"])?;
    ensure!(valid.status.success(), "{}", words(&valid));

    let same = home.pacto(&["update"])?;
    ensure!(same.status.success(), "an update to the same version: {}", words(&same));
    home.release(SECOND, &programs, "second")?;
    let notice = home.pacto(&["explain", "cart"])?;
    ensure!(notice.status.success(), "{}", words(&notice));
    let updated = home.pacto(&["update"])?;
    ensure!(updated.status.success() && words(&updated).contains(SECOND), "the update: {}", words(&updated));
    let second = fs::read(home.path("bin/pacto"))?;
    ensure!(second.ends_with(b"second"), "the program was not replaced");
    ensure!(
        fs::read(home.path("bin/pacto-plugin-helm"))?.ends_with(b"second"),
        "the plugins were not replaced"
    );
    ensure!(home.pacto(&["version"])?.status.success(), "what was installed does not run");

    home.release(SPOILT, &programs, "third")?;
    let sums = home.path(&format!("releases/v{SPOILT}/{CHECKSUMS}"));
    let text = fs::read_to_string(&sums)?.replace(['1', 'a'], "0");
    fs::write(&sums, text)?;
    let refused = home.pacto(&["update"])?;
    ensure!(!refused.status.success() && words(&refused).contains("checksum"), "{}", words(&refused));
    ensure!(
        fs::read(home.path("bin/pacto"))? == second,
        "a file with a wrong checksum took the place of the program"
    );
    let left: Vec<String> = fs::read_dir(home.path("bin"))?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| !PROGRAMS.contains(&name.as_str()))
        .collect();
    ensure!(left.is_empty(), "left behind: {left:?}");
    println!("a release was installed, used and updated, and one that was spoilt was refused");
    Ok(())
}
