//! What each version changed against the one before.

use std::collections::HashMap;

use pacto_engine::diff::{Classification, Side, compare};
use pacto_engine::library::Resolved;

use crate::record::{Place, VersionRecord};

/// Two versions compared.
pub fn classify(old: &Resolved, new: &Resolved) -> Classification {
    compare(side(old), side(new)).classification
}

/// A contract as the comparison takes it.
pub fn side(resolved: &Resolved) -> Side<'_> {
    Side { document: &resolved.document, bundle: &resolved.bundle }
}

/// Pairs of one history, the highest version first, that are not compared yet and can be: positions of the newer and of
/// the older one.
pub fn open_pairs(versions: &[VersionRecord]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (newer, pair) in versions.windows(2).enumerate() {
        if let [new, old] = pair
            && new.classification.is_none()
            && new.place.is_some()
            && old.place.is_some()
        {
            pairs.push((newer, newer + 1));
        }
    }
    pairs
}

/// Classes that were found before, for a history that was read again: by the places of both versions and the digests of
/// their contracts.
#[derive(Debug, Default)]
pub struct Known(HashMap<(Place, Place), Classification>);

impl Known {
    /// Those of some histories.
    pub fn of<'a>(histories: impl Iterator<Item = &'a [VersionRecord]>) -> Self {
        let mut known = HashMap::new();
        for versions in histories {
            for pair in versions.windows(2) {
                if let [new, old] = pair
                    && let (Some(class), Some(new), Some(old)) = (new.classification, &new.place, &old.place)
                {
                    known.insert((old.clone(), new.clone()), class);
                }
            }
        }
        Self(known)
    }

    /// Fills in what is known.
    pub fn fill(&self, versions: &mut [VersionRecord]) {
        let places: Vec<Option<Place>> = versions.iter().map(|version| version.place.clone()).collect();
        for (version, pair) in versions.iter_mut().zip(places.windows(2)) {
            if let [Some(new), Some(old)] = pair
                && version.classification.is_none()
            {
                version.classification = self.0.get(&(old.clone(), new.clone())).copied();
            }
        }
    }

    /// Forgets what was found for the directories that `is_changed` names.
    pub fn forget(&mut self, is_changed: impl Fn(&Place) -> bool) {
        self.0.retain(|(old, new), _| !is_changed(old) && !is_changed(new));
    }
}
