//! What every command runs with.

use std::path::PathBuf;

use pacto_engine::diff::Day;
use pacto_oci::mirror::{Location, Mirrors};

use crate::registries::{Access, Registries};
use crate::sources::Sources;

/// The surroundings of a command: nothing else is taken from the process.
#[derive(Debug)]
pub struct Context {
    /// Relative paths start here.
    pub directory: PathBuf,
    /// Threads to use for work on many contracts; as many as there are processors without it.
    pub jobs: Option<usize>,
    /// Where references are looked up.
    pub sources: Sources,
    /// Which day it is; without an answer nothing that was announced is due, and no decision has ended.
    pub today: fn() -> Option<Day>,
}

impl Context {
    /// A context in `directory` without credentials and without a cache.
    pub fn new(directory: impl Into<PathBuf>, mirrors: Mirrors) -> Self {
        Self::with_access(directory, Access { mirrors, ..Access::default() })
    }

    /// A context that reaches registries as `access` says.
    pub fn with_access(directory: impl Into<PathBuf>, access: Access) -> Self {
        let directory = directory.into();
        let registries = Registries::new(directory.clone(), access);
        let sources = Sources::new(directory.clone(), registries);
        Self { sources, directory, jobs: None, today: || None }
    }
}

/// Reads a mirror location: `oci-layout:` and a directory, a folder, or else a path in a registry. Relative paths
/// start at `base`.
pub fn mirror_location(text: &str, base: &std::path::Path) -> Location {
    if let Some(directory) = text.strip_prefix("oci-layout:") {
        let directory = directory.strip_prefix("//").unwrap_or(directory);
        return Location::Layout(base.join(directory));
    }
    let path = text.strip_prefix("file://").unwrap_or(text);
    let path = base.join(path.strip_prefix("./").unwrap_or(path));
    if text.starts_with(['.', '/']) || text.starts_with("file://") || path.is_dir() {
        return Location::Folder(path);
    }
    Location::Registry(text.trim_end_matches('/').to_owned())
}
