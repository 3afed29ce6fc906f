//! A folder of bundles that stands in for a registry: monorepos, air-gapped sites, tests.
//!
//! A repository is the service whose name is the last part of the reference; its tags are the versions of the
//! bundles with that `service.name`. The folder may be nested in any way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pacto_contract::limits::MAX_CONTRACTS_PER_RUN;
use pacto_contract::version::highest;
use pacto_contract::yaml::{Budget, Node, decode_utf8, load};
use pacto_contract::{VersionRange, bundle::CONTRACT_FILE};
use thiserror::Error;

use crate::directory::{BundleDirectory, find_bundles};
use crate::parallel;

/// What a folder holds: directories by service name and version.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    services: BTreeMap<String, BTreeMap<String, Vec<PathBuf>>>,
    /// Directories with a contract that cannot be read.
    broken: Vec<PathBuf>,
}

/// Why a folder has no answer.
#[derive(Debug, Error)]
pub enum FolderError {
    /// The folder cannot be read.
    #[error("mirror folder {path}: {source}")]
    Access {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No bundle has that name, or none in that version.
    #[error("{path} holds no bundle {wanted}{there}")]
    NotFound {
        /// The folder.
        path: PathBuf,
        /// Name, or name and version.
        wanted: String,
        /// What there is instead.
        there: String,
    },
    /// Versions there are, none fits.
    #[error("{there}")]
    NoMatch {
        /// The versions.
        there: String,
    },
    /// One of the bundles cannot be read, and it may be the one that is asked for.
    #[error("the contract in {} cannot be read, so the highest version of {name} is not known", .directory.display())]
    Unreadable {
        /// The service.
        name: String,
        /// The directory.
        directory: PathBuf,
    },
    /// Two directories hold one version.
    #[error("{} bundles claim to be {wanted}", .directories.len())]
    Ambiguous {
        /// Name and version.
        wanted: String,
        /// The directories.
        directories: Vec<PathBuf>,
    },
}

impl Folder {
    /// Reads names and versions of all bundles below `path`. A contract that cannot be read is no version of any
    /// service; where it lies among versions of one, its highest version is not known.
    ///
    /// # Errors
    /// [`FolderError::Access`].
    pub fn index(path: &Path) -> Result<Self, FolderError> {
        let access = |source| FolderError::Access { path: path.to_owned(), source };
        let directories = find_bundles(path, MAX_CONTRACTS_PER_RUN).map_err(access)?;
        let identities = parallel::map(parallel::processors(), &directories, |directory| identity(directory));
        let mut services: BTreeMap<String, BTreeMap<String, Vec<PathBuf>>> = BTreeMap::new();
        let mut broken = Vec::new();
        for (directory, identity) in directories.into_iter().zip(identities) {
            match identity {
                Some((name, version)) => {
                    services.entry(name).or_default().entry(version).or_default().push(directory);
                }
                None => broken.push(directory),
            }
        }
        Ok(Self { path: path.to_owned(), services, broken })
    }

    /// The versions of `name` as written in the contracts, in text order.
    pub fn tags(&self, name: &str) -> impl Iterator<Item = &str> {
        self.services.get(name).into_iter().flat_map(BTreeMap::keys).map(String::as_str)
    }

    /// A bundle that cannot be read and lies where versions of `name` lie: beside one, or in a directory of that name.
    fn broken_version(&self, name: &str) -> Option<&PathBuf> {
        let known: Vec<&Path> = self
            .services
            .get(name)
            .into_iter()
            .flat_map(BTreeMap::values)
            .flatten()
            .filter_map(|directory| directory.parent())
            .collect();
        self.broken.iter().find(|directory| {
            let parent = directory.parent().filter(|parent| *parent != self.path);
            let is_beside = parent.is_some_and(|parent| known.contains(&parent));
            let named = [Some(directory.as_path()), parent].into_iter().flatten().filter_map(Path::file_name);
            is_beside || named.into_iter().any(|part| part == name)
        })
    }

    /// The directory of `name` in version `tag`, or in the highest version within `range`, with that version.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn find(
        &self,
        name: &str,
        tag: Option<&str>,
        range: Option<&VersionRange>,
    ) -> Result<(&Path, &str), FolderError> {
        let versions: Vec<&str> = self.tags(name).collect();
        let not_found = |wanted: String| {
            let there = match versions.as_slice() {
                [] => String::new(),
                some => format!("; it has {}", some.join(", ")),
            };
            let broken = self.broken_version(name);
            let broken =
                broken.map(|directory| format!("; the contract in {} cannot be read", directory.display()));
            let there = there + &broken.unwrap_or_default();
            FolderError::NotFound { path: self.path.clone(), wanted, there }
        };
        let version = match tag {
            Some(tag) => versions
                .iter()
                .find(|known| **known == tag)
                .ok_or_else(|| not_found(format!("{name} {tag}")))?,
            None if self.broken_version(name).is_some() => {
                let directory = self.broken_version(name).cloned().unwrap_or_default();
                return Err(FolderError::Unreadable { name: name.to_owned(), directory });
            }
            None if versions.is_empty() => return Err(not_found(name.to_owned())),
            None => {
                let found = highest(versions.iter().copied(), range);
                &found.ok_or_else(|| FolderError::NoMatch {
                    there: format!("it has {}", versions.join(", ")),
                })?
            }
        };
        let directories = self.services.get(name).and_then(|versions| versions.get(*version));
        match directories.map(Vec::as_slice) {
            Some([directory]) => {
                let version = versions.iter().find(|known| *known == version).copied().unwrap_or_default();
                Ok((directory, version))
            }
            Some(several @ [_, _, ..]) => {
                let wanted = format!("{name} {version}");
                Err(FolderError::Ambiguous { wanted, directories: several.to_vec() })
            }
            _ => Err(not_found(format!("{name} {version}"))),
        }
    }
}

fn identity(directory: &Path) -> Option<(String, String)> {
    let bundle = BundleDirectory::open(directory, &directory.to_string_lossy()).ok()?;
    let content = bundle.read(CONTRACT_FILE).ok()??;
    let tree = load(decode_utf8(&content).ok()?, Budget::CONTRACT).ok()?;
    let service = tree.get("service")?;
    let text = |key: &str| service.get(key).and_then(Node::scalar_text).map(str::to_owned);
    Some((text("name")?, text("version")?))
}
