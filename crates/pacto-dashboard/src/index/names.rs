//! Which service a reference means: by its name, by the name of its image or chart, or without `-pacto` at the end.

use std::collections::HashMap;
use std::sync::Arc;

/// What repositories of contracts are often called after the service.
const SUFFIX: &str = "-pacto";

/// Names of services, and what else they are called.
#[derive(Debug, Default)]
pub struct Names {
    known: HashMap<Arc<str>, usize>,
    aliases: HashMap<String, usize>,
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
        Self { known, aliases }
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
