//! What failed is left alone for some rounds, longer each time.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Most rounds that something which failed is left alone.
const MAX_ROUNDS_LEFT_ALONE: u64 = 32;

/// How often something failed in a row, and when it is tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patience {
    failures: u32,
    next_round: u64,
}

impl Patience {
    /// It failed in this round: it is left alone for 1, 2, 4, … and at most 32 rounds.
    pub fn failed(&mut self, round: u64) {
        self.failures = self.failures.saturating_add(1);
        let pause = 2_u64.saturating_pow(self.failures.min(16) - 1).min(MAX_ROUNDS_LEFT_ALONE);
        self.next_round = round + pause;
    }

    /// Whether it is tried in this round.
    pub fn is_due(self, round: u64) -> bool {
        self.next_round <= round
    }

    /// It is tried now, whatever happened before.
    pub fn hurry(&mut self) {
        self.next_round = 0;
    }
}

/// Versions that could not be had: by repository and tag.
#[derive(Debug, Default)]
pub struct Unfetched(BTreeMap<Arc<str>, BTreeMap<Arc<str>, Patience>>);

impl Unfetched {
    /// A version could not be had in this round.
    pub fn failed(&mut self, repository: &Arc<str>, tag: &str, round: u64) {
        let tags = self.0.entry(Arc::clone(repository)).or_default();
        tags.entry(Arc::from(tag)).or_default().failed(round);
    }

    /// A version was had after all.
    pub fn came(&mut self, repository: &str, tag: &str) {
        if let Some(tags) = self.0.get_mut(repository) {
            tags.remove(tag);
        }
    }

    /// Whether a version is asked for in this round.
    pub fn is_due(&self, repository: &str, tag: &str, round: u64) -> bool {
        let known = self.0.get(repository).and_then(|tags| tags.get(tag));
        known.is_none_or(|patience| patience.is_due(round))
    }

    /// All are asked for now.
    pub fn hurry(&mut self) {
        self.0.values_mut().flat_map(BTreeMap::values_mut).for_each(Patience::hurry);
    }

    /// Forgets those that are not there any more.
    pub fn retain(&mut self, is_there: impl Fn(&str, &str) -> bool) {
        for (repository, tags) in &mut self.0 {
            tags.retain(|tag, _| is_there(repository, tag));
        }
        self.0.retain(|_, tags| !tags.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_asked_ever_less_often() {
        let (repository, tag) = (Arc::from("oci://r.example/cart"), "1.0.0");
        let mut unfetched = Unfetched::default();
        let mut asked = Vec::new();
        for round in 1..=100 {
            if unfetched.is_due(&repository, tag, round) {
                asked.push(round);
                unfetched.failed(&repository, tag, round);
            }
        }
        assert_eq!(asked, [1, 2, 4, 8, 16, 32, 64, 96]);
        assert!(unfetched.is_due(&repository, "1.1.0", 97), "each version for itself");
        unfetched.hurry();
        assert!(unfetched.is_due(&repository, tag, 97));
        unfetched.failed(&repository, tag, 97);
        unfetched.came(&repository, tag);
        assert!(unfetched.is_due(&repository, tag, 97));
        unfetched.failed(&repository, tag, 97);
        unfetched.retain(|_, tag| tag != "1.0.0");
        assert!(unfetched.0.is_empty());
    }
}
