//! Which service a reference means: by the repository that holds it, by its name, by the name of its image or chart, or
//! without `-pacto` at the end.

use std::collections::HashMap;
use std::sync::Arc;

use crate::record::last_part;

/// What repositories of contracts are often called after the service.
const SUFFIX: &str = "-pacto";

/// Names of services, and what else they are called.
#[derive(Debug, Default)]
pub struct Names {
    known: HashMap<Arc<str>, usize>,
    aliases: HashMap<String, usize>,
    repositories: HashMap<Arc<str>, usize>,
}

impl Names {
    /// Names and aliases of services, in the order of their positions.
    pub fn new<'a>(services: impl Iterator<Item = (&'a Arc<str>, &'a [String])> + Clone) -> Self {
        let known =
            services.clone().enumerate().map(|(position, (name, _))| (Arc::clone(name), position)).collect();
        let mut aliases = HashMap::new();
        for (position, (_, other)) in services.enumerate() {
            for alias in other {
                // Of two services with one image the first by name is meant.
                aliases.entry(alias.clone()).or_insert(position);
            }
        }
        Self { known, aliases, repositories: HashMap::new() }
    }

    /// Adds the repositories that hold services, by name of the service.
    #[must_use]
    pub fn with_repositories(mut self, repositories: impl Iterator<Item = (Arc<str>, Arc<str>)>) -> Self {
        let known = &self.known;
        let found = repositories.filter_map(|(repository, name)| Some((repository, *known.get(&name)?)));
        self.repositories = found.collect();
        self
    }

    /// Position of the service that a reference means; `name` is what the contract calls it.
    pub fn resolve_reference(&self, reference: &str, name: &str) -> Option<usize> {
        let held = self.repositories.get(without_version(reference)).copied();
        held.or_else(|| self.resolve(&last_part(reference))).or_else(|| self.resolve(name))
    }

    /// Position of the service that `name` means.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use pacto_dashboard::index::names::Names;
    /// let cart = Arc::from("cart");
    /// let names = Names::new([(&cart, &["cart-image".to_owned()][..])].into_iter());
    /// assert_eq!((names.resolve("cart-pacto"), names.resolve("cart-image"), names.resolve("shop")), (Some(0), Some(0), None));
    /// ```
    pub fn resolve(&self, name: &str) -> Option<usize> {
        let exact = |name: &str| self.known.get(name).copied();
        exact(name).or_else(|| self.aliases.get(name).copied()).or_else(|| exact(name.strip_suffix(SUFFIX)?))
    }
}

/// A reference without tag and digest: what repositories are known by.
fn without_version(reference: &str) -> &str {
    let path = reference.split('@').next().unwrap_or(reference);
    let last = path.rfind('/').map_or(0, |slash| slash + 1);
    let tag = path.get(last..).and_then(|last| last.find(':'));
    tag.and_then(|tag| path.get(..last + tag)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_says_more_than_a_name() {
        let services: [(Arc<str>, &[String]); 2] = [("postgres".into(), &[]), ("checkout".into(), &[])];
        let names = Names::new(services.iter().map(|(name, aliases)| (name, *aliases)));
        let held = [("oci://r.example/contracts/checkout-contract".into(), "checkout".into())];
        let names = names.with_repositories(held.into_iter());
        let resolve = |reference: &str, name: &str| names.resolve_reference(reference, name);
        assert_eq!(resolve("oci://r.example/contracts/checkout-contract:1.0.0", "shop"), Some(1));
        assert_eq!(resolve("oci://r.example/db/postgres@sha256:abc", "database"), Some(0));
        assert_eq!(resolve("oci://r.example:5000/other", "postgres"), Some(0));
        assert_eq!(resolve("oci://r.example/other", "other"), None);
    }
}
