//! Which location answers for which repository.

use std::path::PathBuf;

use pacto_contract::reference::OciReference;
use thiserror::Error;

/// Repositories below `prefix` are read from `location`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Registry and the first parts of the repository, without a trailing slash.
    pub prefix: String,
    /// Where they are instead.
    pub location: Location,
}

/// Where repositories are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A path in another registry, such as `localhost:5000/acme`.
    Registry(String),
    /// A directory of image layouts.
    Layout(PathBuf),
    /// A folder of bundles.
    Folder(PathBuf),
}

/// Why a mirror cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MirrorError {
    /// Not `prefix=location`.
    #[error("mirror {0:?} is not prefix=location, such as ghcr.io/acme=./services")]
    Form(String),
    /// Two locations for one prefix.
    #[error("mirror {0:?} is given twice, with different locations")]
    Twice(String),
}

/// The mirrors of a run; the longest matching prefix answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirrors(Vec<Mirror>);

impl Mirrors {
    /// Adds a mirror.
    ///
    /// # Errors
    /// [`MirrorError`] when the prefix is empty or taken by another location.
    pub fn add(&mut self, prefix: &str, location: Location) -> Result<(), MirrorError> {
        let prefix = prefix.trim().trim_start_matches("oci://").trim_end_matches('/').to_owned();
        if prefix.is_empty() {
            return Err(MirrorError::Form(prefix));
        }
        match self.0.iter().find(|known| known.prefix == prefix) {
            Some(known) if known.location != location => Err(MirrorError::Twice(prefix)),
            Some(_) => Ok(()),
            None => {
                self.0.push(Mirror { prefix, location });
                Ok(())
            }
        }
    }

    /// Reads `prefix=location` pairs separated by commas, as `PACTO_REGISTRY_MIRROR` holds them. `locate` turns the
    /// text of a location into a [`Location`].
    ///
    /// # Errors
    /// [`MirrorError`] for the first pair that is wrong.
    pub fn add_list(&mut self, list: &str, locate: impl Fn(&str) -> Location) -> Result<(), MirrorError> {
        for pair in list.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some((prefix, location)) if !prefix.trim().is_empty() && !location.trim().is_empty() => {
                    self.add(prefix, locate(location.trim()))?;
                }
                _ => return Err(MirrorError::Form(pair.to_owned())),
            }
        }
        Ok(())
    }

    /// The location for a reference, and the part of the repository below the prefix.
    pub fn find<'a>(&'a self, reference: &OciReference) -> Option<(&'a Location, String)> {
        let path = reference.repository_path();
        let matching = self.0.iter().filter_map(|mirror| {
            let rest = path.strip_prefix(&mirror.prefix)?;
            (rest.is_empty() || rest.starts_with('/'))
                .then(|| (mirror, rest.trim_start_matches('/').to_owned()))
        });
        let (mirror, rest) = matching.max_by_key(|(mirror, _)| mirror.prefix.len())?;
        Some((&mirror.location, rest))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrors(list: &str) -> Result<Mirrors, MirrorError> {
        let mut mirrors = Mirrors::default();
        mirrors.add_list(list, |text| Location::Folder(text.into()))?;
        Ok(mirrors)
    }

    #[test]
    fn the_longest_prefix_answers() {
        let mirrors = mirrors("ghcr.io=a, ghcr.io/acme=b ,oci://ghcr.io/acme/shop/=c").unwrap();
        let find = |reference: &str| mirrors.find(&OciReference::parse(reference).unwrap());
        assert_eq!(find("ghcr.io/x/y"), Some((&Location::Folder("a".into()), "x/y".into())));
        assert_eq!(find("ghcr.io/acmes/y"), Some((&Location::Folder("a".into()), "acmes/y".into())));
        assert_eq!(find("ghcr.io/acme/shop/y:1"), Some((&Location::Folder("c".into()), "y".into())));
        assert_eq!(find("docker.io/x/y"), None);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(mirrors("ghcr.io").unwrap_err(), MirrorError::Form("ghcr.io".into()));
        assert_eq!(mirrors("=x").unwrap_err(), MirrorError::Form("=x".into()));
        assert_eq!(mirrors("a=x,a=y").unwrap_err(), MirrorError::Twice("a".into()));
        assert!(mirrors("a=x,a=x,").is_ok());
    }
}
