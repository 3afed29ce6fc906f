//! Hermetic runs: a directory, a folder that stands in for a registry, and nothing else.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pacto_app::validate::{ContractVerdict, Options, Outcome, run};
use pacto_app::{AppError, Context};
use pacto_contract::overrides::Overrides;
use pacto_contract::{Diagnostic, Severity};
use pacto_oci::mirror::{Location, Mirrors};
use tempfile::TempDir;

/// Prefix of all references that a folder of bundles answers for.
pub const REGISTRY: &str = "registry.example.com/test";
/// Identity of a contract, for tests that are about something else.
pub const HEAD: &str = "pactoVersion: \"1.0\"\nservice:\n  name: cart\n  version: 1.0.0\n";
/// An interface; with it, a contract is judged by its own policies.
pub const HTTP: &str = "interfaces:\n  - name: rest\n    type: http\n    port: 8080\n";

/// The root of the checkout.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Files that lie beside the checkout and are not part of it. Prints a line when they are not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = checkout().join("../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    println!("left out: {} is not there", found.display());
    None
}

/// A context in `directory` in which `registry` answers for `prefix`, if it is there.
pub fn context(directory: &Path, prefix: &str, registry: &Path) -> Context {
    let mut mirrors = Mirrors::default();
    if registry.is_dir() {
        mirrors.add(prefix, Location::Folder(registry.to_owned())).unwrap();
    }
    Context::new(directory, mirrors)
}

/// The verdict on one contract.
pub fn judge(context: &Context, contract: &str, overrides: Overrides) -> Result<ContractVerdict, AppError> {
    let options = Options { contracts: vec![contract.to_owned()], overrides, ..Options::default() };
    match run(context, &options, &|_| ())? {
        Outcome::One(verdict) => Ok(verdict),
        Outcome::Set(set) => panic!("{} contracts", set.contracts.len()),
    }
}

/// One line a finding: `SEVERITY CODE path file:line:column message | help`, `-` where there is none.
pub fn lines(verdict: &ContractVerdict) -> String {
    let mut text = String::new();
    for finding in verdict.errors.iter().chain(&verdict.warnings).chain(&verdict.infos) {
        text.push_str(&line(finding));
        text.push('\n');
    }
    text
}

fn line(finding: &Diagnostic) -> String {
    let severity = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Info => "INFO",
    };
    let path = if finding.path.is_empty() { "-" } else { &finding.path };
    let mut line = format!("{severity} {} {path} ", finding.code);
    match &finding.location {
        Some(place) => write!(line, "{}:{}:{}", place.file, place.line, place.column).unwrap(),
        None => line.push('-'),
    }
    write!(line, " {}", finding.message).unwrap();
    if let Some(help) = &finding.help {
        write!(line, " | {help}").unwrap();
    }
    line.replace('\n', "\\n")
}

/// A directory with a bundle in `bundle` and others in `registry`.
pub struct Case {
    directory: TempDir,
}

impl Case {
    /// A case whose contract is `contract`.
    pub fn new(contract: impl AsRef<[u8]>) -> Self {
        let case = Self { directory: tempfile::tempdir().unwrap() };
        case.file("bundle/pacto.yaml", contract);
        case
    }

    /// Writes a file, with the directories above it.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Publishes a contract with this identity and, if any, a policy schema at its fixed place.
    pub fn publish(&self, name: &str, rest: &str, policy: Option<&str>) -> &Self {
        let contract = HEAD.replace("cart", name) + rest;
        self.file(&format!("registry/{name}/pacto.yaml"), contract);
        if let Some(policy) = policy {
            self.file(&format!("registry/{name}/policy/schema.json"), policy);
        }
        self
    }

    /// A path in the case.
    pub fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// A context in the directory of the case.
    pub fn context(&self) -> Context {
        context(self.directory.path(), REGISTRY, &self.path("registry"))
    }

    /// What is said about the bundle: its findings, or the error.
    pub fn said(&self) -> String {
        self.said_with(Overrides::default())
    }

    /// What is said about the bundle with overrides.
    pub fn said_with(&self, overrides: Overrides) -> String {
        match judge(&self.context(), "bundle", overrides) {
            Ok(verdict) => lines(&verdict),
            Err(error) => format!("{error}\n"),
        }
    }
}

/// As many texts as `count`, one after the other.
pub fn repeated(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect::<Vec<_>>().concat()
}

/// What nothing may take, however hostile: two seconds in a release build, and this in a debug build beside others.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `work`, which must not take long.
pub fn quickly<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    assert!(took < PATIENCE, "{name} took {took:?}");
    result
}

/// Compares what is said about every row of a table with what is expected.
pub fn assert_table<'a, T>(rows: impl IntoIterator<Item = (&'a str, T, &'a str)>, say: impl Fn(T) -> String) {
    let mut wrong = 0;
    for (name, input, expected) in rows {
        let said = quickly(name, || say(input));
        let said = said.trim_end_matches('\n');
        if said != expected {
            println!("{name}\n  expected {expected:?}\n  said     {said:?}");
            wrong += 1;
        }
    }
    assert_eq!(wrong, 0, "rows that differ");
}
