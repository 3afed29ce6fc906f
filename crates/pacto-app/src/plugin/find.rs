//! Which programs are plugins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pacto_plugin::{PREFIX, is_name};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Places, PluginError};

/// Where a plugin was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In a directory of `PATH`.
    Path,
    /// In `plugins` beside the config file.
    Config,
    /// Beside the program.
    Beside,
}

/// A plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// Its name, without the prefix.
    pub name: String,
    /// The program.
    pub path: String,
    /// Where that is.
    pub place: Place,
}

/// Plugins that were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// The plugins by name. Of several of one name the first is used.
    pub plugins: Vec<Found>,
    /// Those that another of the same name comes before.
    pub hidden: Vec<Found>,
}

impl Places {
    /// Directories, in order. What is not an absolute path is left out: the directory that somebody happens to be in must not
    /// decide which program runs.
    fn directories(&self) -> Vec<(Place, PathBuf)> {
        let path = self.path.iter().flat_map(std::env::split_paths).map(|directory| (Place::Path, directory));
        let config = self.config.iter().map(|directory| (Place::Config, directory.clone()));
        let beside = self.beside.iter().map(|directory| (Place::Beside, directory.clone()));
        path.chain(config).chain(beside).filter(|(_, directory)| directory.is_absolute()).collect()
    }

    /// The program of a plugin.
    ///
    /// # Errors
    /// [`PluginError::Name`] and [`PluginError::Missing`].
    pub fn find(&self, name: &str) -> Result<PathBuf, PluginError> {
        if !is_name(name) {
            return Err(PluginError::Name(name.chars().take(80).collect()));
        }
        let program = format!("{PREFIX}{name}");
        let mut candidates = self.directories().into_iter().map(|(_, directory)| directory.join(&program));
        candidates.find(|candidate| is_program(candidate)).ok_or_else(|| {
            let config = self.config.as_ref().map(|directory| directory.display().to_string());
            let beside = self.beside.as_ref().map(|directory| directory.display().to_string());
            let places = ["$PATH".to_owned()].into_iter().chain(config).chain(beside);
            PluginError::Missing { name: name.to_owned(), looked: places.collect::<Vec<_>>().join(", ") }
        })
    }

    /// Every plugin that there is.
    pub fn list(&self) -> List {
        let mut first: BTreeMap<String, Found> = BTreeMap::new();
        let mut hidden = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (place, directory) in self.directories() {
            // A directory is looked at once, however often it is named.
            let canonical = directory.canonicalize().unwrap_or_else(|_| directory.clone());
            if !seen.insert(canonical) {
                continue;
            }
            let Ok(entries) = std::fs::read_dir(&directory) else { continue };
            let mut names: Vec<String> = entries
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter_map(|file| file.strip_prefix(PREFIX).map(str::to_owned))
                .filter(|name| is_name(name))
                .collect();
            names.sort();
            for name in names {
                let path = directory.join(format!("{PREFIX}{name}"));
                if !is_program(&path) {
                    continue;
                }
                let found = Found { name: name.clone(), path: path.display().to_string(), place };
                match first.entry(name) {
                    std::collections::btree_map::Entry::Vacant(free) => {
                        free.insert(found);
                    }
                    std::collections::btree_map::Entry::Occupied(_) => hidden.push(found),
                }
            }
        }
        List { plugins: first.into_values().collect(), hidden }
    }
}

/// Whether a file may be started.
fn is_program(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else { return false };
    #[cfg(unix)]
    let may_run = {
        use std::os::unix::fs::PermissionsExt as _;
        metadata.permissions().mode() & 0o111 != 0
    };
    #[cfg(not(unix))]
    let may_run = true;
    metadata.is_file() && may_run
}
