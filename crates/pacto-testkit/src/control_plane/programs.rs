//! Where `etcd`, `kube-apiserver`, `helm` and `kubectl` are; all but the last are built once where nobody has them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use sha2::{Digest, Sha256};

/// Directory with the two programs, as the tests of other operators use it.
const ASSETS: &str = "KUBEBUILDER_ASSETS";
const ETCD: &str = "etcd";
const API_SERVER: &str = "kube-apiserver";
const KUBECTL: &str = "kubectl";
const HELM: &str = "helm";
/// Version of Helm that is built where there is none on the path.
const HELM_VERSION: &str = "v3.22.0";
const HELM_PACKAGE: &str = "helm.sh/helm/v3/cmd/helm";
/// Module whose version the API server reports.
const KUBERNETES: &str = "k8s.io/kubernetes ";
/// What decides which programs are built.
const SOURCES: &[&str] = &["go.mod", "go.sum", "main.go", "etcd/main.go"];

/// The programs of a control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The store.
    pub etcd: PathBuf,
    /// The API server.
    pub api_server: PathBuf,
    /// The client.
    pub kubectl: PathBuf,
}

impl Programs {
    /// Those of `KUBEBUILDER_ASSETS`, else those that were built before, else builds them with Go: some minutes.
    ///
    /// # Errors
    /// One line that says what is missing and what helps.
    pub fn get() -> Result<Self, String> {
        let kubectl = kubectl()?;
        let programs = |directory: &Path| Self {
            etcd: directory.join(ETCD),
            api_server: directory.join(API_SERVER),
            kubectl: kubectl.clone(),
        };
        if let Some(assets) = assets() {
            let programs = programs(&assets);
            return match [&programs.etcd, &programs.api_server].iter().find(|program| !program.is_file()) {
                Some(missing) => Err(format!("{ASSETS} is set, and there is no {}", missing.display())),
                None => Ok(programs),
            };
        }
        let source = crate::checkout_dir().join("tests/control-plane");
        let built = directory(&source)?;
        if !built.is_dir() {
            build(&source, &built)?;
        }
        Ok(programs(&built))
    }
}

/// Helm: the one on the path, else the one that was built before, else builds it with Go.
///
/// # Errors
/// One line that says what is missing and what helps.
pub fn helm() -> Result<PathBuf, String> {
    if let Some(found) = on_path(HELM) {
        return Ok(found);
    }
    let directory = cache()?.join(format!("helm-{HELM_VERSION}"));
    let program = directory.join(HELM);
    if program.is_file() {
        return Ok(program);
    }
    once(&directory, |work| {
        let package = format!("{HELM_PACKAGE}@{HELM_VERSION}");
        // Of the version that is named, whatever module the caller stands in.
        let arguments = ["install", "-trimpath", "-ldflags=-s -w", &package];
        go(Command::new("go").args(arguments).env("GOBIN", work).current_dir(work), &package)
    })?;
    Ok(program)
}

fn assets() -> Option<PathBuf> {
    std::env::var_os(ASSETS).filter(|directory| !directory.is_empty()).map(PathBuf::from)
}

/// The one beside the other programs, else the one of the path.
fn kubectl() -> Result<PathBuf, String> {
    let beside = assets().map(|directory| directory.join(KUBECTL)).filter(|program| program.is_file());
    let found = beside.or_else(|| on_path(KUBECTL));
    found.ok_or_else(|| "kubectl is not on the path; see https://kubernetes.io/docs/tasks/tools".to_owned())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|program| program.is_file())
}

/// Where programs are kept that were built.
fn cache() -> Result<PathBuf, String> {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|cache| !cache.is_empty()).map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = cache.or_else(home).ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(cache.join("pacto-testkit"))
}

/// Directory of the programs of this source: other versions have another one.
fn directory(source: &Path) -> Result<PathBuf, String> {
    let mut hash = Sha256::new();
    for name in SOURCES {
        hash.update(fs::read(source.join(name)).map_err(|error| error.to_string())?);
    }
    let mut name = "control-plane-".to_owned();
    for byte in &hash.finalize()[..8] {
        let _ = write!(name, "{byte:02x}");
    }
    Ok(cache()?.join(name))
}

/// Fills a directory, beside it, and moves it there when all is done.
fn once(target: &Path, fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let parent = target.parent().ok_or("the cache has no directory")?;
    let failed = |error: std::io::Error| error.to_string();
    fs::create_dir_all(parent).map_err(failed)?;
    // Another process that needs it fills it too; the second one finds what the first one built.
    let lock = fs::File::create(parent.join("build.lock")).map_err(failed)?;
    lock.file().lock().map_err(failed)?;
    if target.is_dir() {
        return Ok(());
    }
    let work = tempfile::tempdir_in(parent).map_err(failed)?;
    fill(work.path())?;
    fs::rename(work.path(), target).map_err(failed)?;
    let _ = work.keep();
    Ok(())
}

/// Builds etcd and the API server.
fn build(source: &Path, target: &Path) -> Result<(), String> {
    once(target, |work| {
        let module = fs::read_to_string(source.join("go.mod")).map_err(|error| error.to_string())?;
        let version = version(&module).ok_or("tests/control-plane/go.mod pins no k8s.io/kubernetes")?;
        go_build(source, &work.join(API_SERVER), ".", &version_flags(version))?;
        go_build(source, &work.join(ETCD), "./etcd", "-s -w")
    })
}

/// `v1.36.3` of the line `k8s.io/kubernetes v1.36.3`.
fn version(module: &str) -> Option<&str> {
    let line = module.lines().map(str::trim).find(|line| line.starts_with(KUBERNETES))?;
    line[KUBERNETES.len()..].split_whitespace().next()
}

/// What the API server says of itself: clients read it.
fn version_flags(version: &str) -> String {
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let package = "k8s.io/component-base/version";
    format!(
        "-s -w -X {package}.gitVersion={version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"
    )
}

fn go_build(source: &Path, target: &Path, package: &str, flags: &str) -> Result<(), String> {
    let mut command = Command::new("go");
    command.args(["build", "-trimpath", "-ldflags", flags, "-o"]).arg(target);
    go(command.arg(package).current_dir(source), package)
}

fn go(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| {
        format!("go cannot be started ({error}); it builds etcd, kube-apiserver and helm")
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("building {what} with go failed: {}", String::from_utf8_lossy(&output.stderr)))
}
