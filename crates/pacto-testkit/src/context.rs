//! A hermetic place to run a binary in.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a setup that does not work ends the test")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

/// A command that is not done after this time hangs. Generous: the machines of a CI are slow and shared.
const PATIENCE: Duration = Duration::from_mins(2);
/// Variables that come from outside; everything else is set here or not at all.
const INHERITED: &[&str] = &["PATH", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "TMPDIR", "SYSTEMROOT"];

/// A temporary directory with a home, a configuration and a cache of its own.
///
/// | directory | what for |
/// |---|---|
/// | `work` | where commands run, and where [`write`](Self::write) and [`read`](Self::read) start |
/// | `home`, `config`, `cache` | `HOME`, `XDG_CONFIG_HOME`, `XDG_CACHE_HOME` |
///
/// No variable of the caller reaches the command but those it cannot run without, so no `PACTO_*` does.
#[derive(Debug)]
pub struct TestContext {
    /// Removes the directory in the end.
    _temporary: TempDir,
    root: PathBuf,
    binary: PathBuf,
    environment: BTreeMap<OsString, OsString>,
    mirrors: Vec<String>,
    /// Text of a path, and the word that stands for it; longest first.
    labels: Vec<(String, &'static str)>,
}

/// What a command said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// Standard output, with paths normalised.
    pub stdout: String,
    /// Standard error, with paths normalised.
    pub stderr: String,
    /// Exit code.
    pub code: i32,
}

impl TestContext {
    /// A new context for `binary`, which is `env!("CARGO_BIN_EXE_pacto")` where it is called.
    ///
    /// # Panics
    /// When the directories cannot be made.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        let temporary = tempfile::Builder::new().prefix("pacto-test-").tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        for directory in ["work", "home", "config", "cache"] {
            std::fs::create_dir(root.join(directory)).unwrap();
        }
        let mut context = Self {
            binary: binary.into(),
            environment: BTreeMap::new(),
            mirrors: Vec::new(),
            labels: Vec::new(),
            _temporary: temporary,
            root,
        };
        let root = context.root.clone();
        context.label(Some(root), "[ROOT]");
        context.label(shared_dir(), "[SHARED]");
        context.label(Some(checkout_dir()), "[CHECKOUT]");
        context.labels.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        for (variable, directory) in
            [("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            let path = context.root.join(directory);
            context.env(variable, path);
        }
        context.env("NO_COLOR", "1").env("COLUMNS", "100");
        context
    }

    /// A path that starts at the directory where commands run; the others are `../home` and so on.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        path.strip_prefix("..")
            .map_or_else(|_| self.root.join("work").join(path), |path| self.root.join(path))
    }

    /// The path of a file in the directory that holds the config file of the program.
    pub fn config_path(&self, file: &str) -> PathBuf {
        self.root.join("config/pacto").join(file)
    }

    /// Sets an environment variable for all commands from now on.
    pub fn env(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> &mut Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Takes an environment variable away.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.environment.remove(name.as_ref());
        self
    }

    /// Lets the bundles of `directory` stand in for the repositories below `prefix`. A relative directory starts
    /// where commands run.
    pub fn mirror(&mut self, prefix: &str, directory: impl AsRef<Path>) -> &mut Self {
        self.mirrors.push(format!("{prefix}={}", directory.as_ref().display()));
        let list = self.mirrors.join(",");
        self.env("PACTO_REGISTRY_MIRROR", list)
    }

    /// Writes a file and the directories it needs.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Reads a file as text.
    ///
    /// # Panics
    /// When it is not there, or no text.
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        String::from_utf8(self.read_bytes(path)).unwrap()
    }

    /// Reads a file.
    ///
    /// # Panics
    /// When it is not there.
    pub fn read_bytes(&self, path: impl AsRef<Path>) -> Vec<u8> {
        std::fs::read(self.path(path)).unwrap()
    }

    /// Copies a directory with everything in it.
    ///
    /// # Panics
    /// When it cannot be read or written.
    pub fn copy(&self, from: &Path, to: impl AsRef<Path>) -> &Self {
        let to = self.path(to);
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                self.copy(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), &target).unwrap();
            }
        }
        self
    }

    /// The command without arguments, for what [`pacto`](Self::pacto) cannot do.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().current_dir(self.path("")).stdin(Stdio::null());
        for name in INHERITED {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(&self.environment);
        command
    }

    /// Runs the command to its end.
    ///
    /// # Panics
    /// When it cannot start, hangs, is killed by a signal, or writes something that is no text.
    pub fn pacto<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> CommandOutput {
        let mut command = self.command();
        command.args(arguments);
        self.run(command)
    }

    /// As [`pacto`](Self::pacto), in a directory below the usual one.
    ///
    /// # Panics
    /// As [`pacto`](Self::pacto).
    pub fn pacto_in<A: AsRef<OsStr>>(
        &self,
        directory: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = A>,
    ) -> CommandOutput {
        let mut command = self.command();
        command.current_dir(self.path(directory)).args(arguments);
        self.run(command)
    }

    fn run(&self, mut command: Command) -> CommandOutput {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());
        let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(PATIENCE), stderr.recv_timeout(PATIENCE)) else {
            let _ = child.kill();
            panic!("{command:?} hangs");
        };
        let status = child.wait().unwrap();
        let Some(code) = status.code() else { panic!("{command:?} ended with {status}") };
        let text = |bytes: Vec<u8>| self.normalize(&String::from_utf8(bytes).unwrap());
        CommandOutput { stdout: text(stdout), stderr: text(stderr), code }
    }

    /// `text` with `[ROOT]`, `[SHARED]` and `[CHECKOUT]` in place of these directories, also where their path starts
    /// at the directory that commands run in.
    pub fn normalize(&self, text: &str) -> String {
        self.labels.iter().fold(text.to_owned(), |text, (path, label)| text.replace(path, label))
    }

    fn label(&mut self, path: Option<PathBuf>, label: &'static str) {
        let Some(path) = path else { return };
        let work = self.path("");
        let common = work.components().zip(path.components()).take_while(|(work, path)| work == path).count();
        let mut relative = PathBuf::new();
        relative.extend(work.components().skip(common).map(|_| ".."));
        relative.extend(path.components().skip(common));
        self.labels.push((path.display().to_string(), label));
        // A path such as `..` stands in too many texts to be told apart.
        if relative.components().any(|part| part.as_os_str() != "..") {
            self.labels.push((relative.display().to_string(), label));
        }
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

impl CommandOutput {
    /// Standard output as one JSON document.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("{error}\n{self}"),
        }
    }
}

/// The exit code, then each stream that is not empty. What a snapshot holds.
impl fmt::Display for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit: {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "----- {name} -----\n{}", text.trim_end_matches('\n'))?;
            }
        }
        Ok(())
    }
}

/// `text` with `sha256:…` for every digest, which depends on more than a snapshot is about.
pub fn cut_digests(text: &str) -> String {
    let mut cut = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("sha256:") {
        cut.push_str(before);
        cut.push_str("sha256:…");
        rest = after.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
    }
    cut + rest
}

/// The directory of the checkout that this was built from.
///
/// # Panics
/// When it is gone.
pub fn checkout_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The folder `shared` beside the checkout, with the demo platform and the oracles. A clone elsewhere has none.
pub fn shared_dir() -> Option<PathBuf> {
    checkout_dir().parent()?.join("shared").canonicalize().ok().filter(|path| path.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_command_sees_nothing_of_its_caller() {
        let mut context = TestContext::new("/usr/bin/env");
        context.mirror("ghcr.io/acme", "services").mirror("r.example", "/x");
        let output = context.pacto(["-u", "PATH"]);
        let mut lines: Vec<_> = output
            .stdout
            .lines()
            .filter(|line| !INHERITED.iter().any(|name| line.starts_with(name)))
            .collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                "COLUMNS=100",
                "HOME=[ROOT]/home",
                "NO_COLOR=1",
                "PACTO_REGISTRY_MIRROR=ghcr.io/acme=services,r.example=/x",
                "XDG_CACHE_HOME=[ROOT]/cache",
                "XDG_CONFIG_HOME=[ROOT]/config",
            ]
        );
    }

    #[test]
    #[cfg(unix)]
    fn shows_both_streams_and_the_code() {
        let context = TestContext::new("/bin/sh");
        let output = context.pacto(["-c", "echo out; pwd; echo err >&2; exit 3"]);
        let shown = "exit: 3\n----- stdout -----\nout\n[ROOT]/work\n----- stderr -----\nerr\n";
        assert_eq!(output.to_string(), shown);
    }

    #[test]
    fn files_are_found_again() {
        let context = TestContext::new("none");
        context.write("a/b.txt", "text").copy(&context.path("a"), "c/d");
        assert_eq!(context.read("c/d/b.txt"), "text");
        assert!(context.path("../home").is_dir());
    }
}
