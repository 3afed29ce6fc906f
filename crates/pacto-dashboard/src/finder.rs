//! Contracts that other contracts refer to, among those that are known.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use pacto_contract::version::highest;
use pacto_contract::{Reference, VersionRange};
use pacto_engine::library::{Request, Resolved};
use pacto_engine::validate::Validator;
use pacto_oci::directory::normalize;

use crate::bundles::{Bundles, Opened};
use crate::catalog::{Contents, Services};
use crate::judge::{Judgement, judge};
use crate::record::{Place, ServiceRecord};
use crate::source::repository::Repository;

/// Most rounds of references to references.
const MAX_ROUNDS: usize = 16;

/// Finds contracts among those that the sources have.
#[derive(Debug)]
pub struct Finder {
    bundles: Arc<Bundles>,
    local: Arc<Services>,
    oci: Arc<Services>,
    /// Names of services by repository.
    repositories: HashMap<Arc<str>, Arc<str>>,
}

impl Finder {
    /// Looks among `contents`.
    pub fn new(bundles: Arc<Bundles>, contents: &Contents) -> Self {
        let repository = |(name, service): (&Arc<str>, &Arc<ServiceRecord>)| match &service.current.place {
            Place::Repository { repository, .. } => Some((Arc::clone(repository), Arc::clone(name))),
            Place::Directory(_) => None,
        };
        let repositories = contents.oci.iter().filter_map(repository).collect();
        let (local, oci) = (Arc::clone(&contents.local), Arc::clone(&contents.oci));
        Self { bundles, local, oci, repositories }
    }

    /// Whether it looks among `contents`.
    pub fn is_of(&self, contents: &Contents) -> bool {
        Arc::ptr_eq(&self.local, &contents.local) && Arc::ptr_eq(&self.oci, &contents.oci)
    }

    /// The service that a repository holds.
    pub fn service_of(&self, repository: &str) -> Option<&Arc<ServiceRecord>> {
        self.oci.get(self.repositories.get(repository)?)
    }

    /// Judges a contract, with every reference that can be answered.
    pub async fn judge(&self, resolved: &Resolved) -> Judgement {
        let validator = Validator::default();
        let mut found: HashMap<Request, Option<Opened>> = HashMap::new();
        for _ in 0..MAX_ROUNDS {
            let (judged, missing) = look(&validator, resolved, &found);
            if missing.is_empty() {
                return self.shown(judged);
            }
            for request in missing {
                let answer = self.open(&request).await;
                found.insert(request, answer);
            }
        }
        self.shown(look(&validator, resolved, &found).0)
    }

    /// With directories as users write them.
    fn shown(&self, mut judged: Judgement) -> Judgement {
        let named = judged.from_directories.into_iter();
        let shown = |directory: String| self.bundles.shown(Path::new(&directory));
        judged.from_directories = named.map(|(reference, directory)| (reference, shown(directory))).collect();
        judged
    }

    /// The contract that a request means, where it is known.
    async fn open(&self, request: &Request) -> Option<Opened> {
        let place = self.place(request)?;
        self.bundles.open(&place).await.ok()
    }

    fn place(&self, request: &Request) -> Option<Place> {
        if let Reference::Local(path) = &request.reference {
            return Some(Place::Directory(normalize(&Path::new(&request.base).join(path)).into()));
        }
        let (tag, digest) = match &request.reference {
            Reference::Oci(oci) => (oci.tag.as_deref(), oci.digest.as_ref()),
            Reference::Layout(layout) => (layout.tag.as_deref(), layout.digest.as_ref()),
            Reference::Local(_) => (None, None),
        };
        let key = Repository::of(&request.reference.to_string()).ok()?;
        let by_name = || self.local.get(request.reference.default_name());
        // A digest means those bytes, which a directory cannot promise.
        let service =
            self.service_of(key.key()).or_else(|| if digest.is_none() { by_name() } else { None })?;
        if let Some(digest) = digest {
            let has_digest = |place: &&Place| matches!(place, Place::Repository { digest: known, .. } if known.as_ref() == digest.as_str());
            return service
                .versions
                .iter()
                .filter_map(|version| version.place.as_ref())
                .find(has_digest)
                .cloned();
        }
        let range = request.constraint.as_deref().and_then(|text| VersionRange::parse(text).ok());
        let names = service.versions.iter().map(|version| version.version.as_ref());
        let wanted = match tag {
            Some(tag) => tag,
            None => highest(names, range.as_ref())?,
        };
        let version = service.versions.iter().find(|version| version.version.as_ref() == wanted)?;
        version.place.clone()
    }
}

/// Judges by what was found so far; and what is missing.
fn look(
    validator: &Validator,
    resolved: &Resolved,
    found: &HashMap<Request, Option<Opened>>,
) -> (Judgement, Vec<Request>) {
    let missing = RefCell::new(Vec::new());
    let find = |request: &Request| {
        let known = found.get(request);
        if known.is_none() {
            missing.borrow_mut().push(request.clone());
        }
        known.cloned().flatten()
    };
    let judged = judge(validator, &resolved.document, &resolved.bundle, &resolved.origin, &find);
    (judged, missing.into_inner())
}
