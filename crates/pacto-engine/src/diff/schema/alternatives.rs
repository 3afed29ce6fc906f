//! `oneOf` and `anyOf`: which alternative became which.

use super::compare::{Places, SchemaFact, Walk, is_word};
use super::normal::{Alternatives, Normal, alternative_name, is_annotation, normalize};
use crate::diff::documents::{Located, Pairs, canonical};
use crate::diff::fact::{Choice, Kind};

/// Most pairs of branches with different names that are compared to find out whether they mean the same.
const MAX_PROBES: usize = 256;

/// What a comparison found that was taken back.
struct Found {
    facts: Vec<SchemaFact>,
    seen: Pairs,
}

/// A branch that has no counterpart yet.
struct Branch<'a> {
    node: Located<'a>,
    name: String,
    /// What differs from the new branch of its name, by its address.
    found: Option<(usize, Found)>,
    /// An old branch of its name was compared with it.
    is_taken: bool,
}

impl<'a> Branch<'a> {
    fn new(node: Located<'a>) -> Self {
        Self { node, name: alternative_name(node), found: None, is_taken: false }
    }

    fn is_partner(&self, new: &Branch<'_>) -> bool {
        self.found.as_ref().is_some_and(|(with, _)| *with == new.node.address())
    }
}

impl Walk<'_> {
    /// Lists that mean the same cancel out; the branches of the one that is left on each side are compared.
    pub(super) fn alternatives(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places<'_>) {
        let mut gone: Vec<_> = old.alternatives.iter().collect();
        let mut fresh: Vec<_> = new.alternatives.iter().collect();
        if gone.len() > 1 || fresh.len() > 1 {
            gone.retain(|list| {
                let same = fresh
                    .iter()
                    .position(|other| self.attempt(|walk| walk.branches(list, other, places)).is_none());
                same.map(|position| fresh.remove(position)).is_none()
            });
        }
        match (gone.as_slice(), fresh.as_slice()) {
            ([], []) => {}
            ([old], [new]) => self.branches(old, new, places),
            ([], [new]) if new.keyword == "oneOf" => self.emit(Kind::WrappedInOneOf, None, None, places),
            _ => self.emit(Kind::AlternativesChanged, None, None, places),
        }
    }

    /// Branches that mean the same cancel out; branches of one name are the same one, changed; the rest is added
    /// or removed.
    fn branches(&mut self, old: &Alternatives<'_>, new: &Alternatives<'_>, places: &Places<'_>) {
        if old.keyword != new.keyword {
            return self.emit(Kind::AlternativesChanged, None, None, places);
        }
        let facts = self.facts.len();
        self.matched_branches(old, new, places);
        // A value that two branches accept is refused: what a branch gains, the list may lose.
        let found = self.facts.get(facts..).unwrap_or_default();
        let differs = found.iter().any(|found| !is_word(found.fact.kind));
        if differs && new.keyword == "oneOf" && self.may_overlap(new) {
            self.emit(Kind::AlternativesChanged, None, None, places);
        }
    }

    /// Whether two branches accept scalars of one type. Objects are taken to be told apart by what is in them.
    fn may_overlap(&self, list: &Alternatives<'_>) -> bool {
        let types = list.branches.iter().map(|branch| normalize(&[*branch], self.comparison.new_dialect));
        let types: Vec<_> =
            types.filter(|normal| normal.values.is_none()).map(|normal| normal.types).collect();
        let mut rest = types.as_slice();
        while let Some((left, others)) = rest.split_first() {
            if others.iter().any(|right| left.share_scalar(*right)) {
                return true;
            }
            rest = others;
        }
        false
    }

    fn matched_branches(&mut self, old: &Alternatives<'_>, new: &Alternatives<'_>, places: &Places<'_>) {
        let mut gone: Vec<Branch<'_>> = old.branches.iter().copied().map(Branch::new).collect();
        let mut fresh: Vec<Branch<'_>> = new.branches.iter().copied().map(Branch::new).collect();
        // One reference on both sides that leads to the same is the usual case, and the cheapest to see.
        let reference = |branch: &Branch<'_>| branch.node.text("$ref").map(str::to_owned);
        self.match_by(&mut gone, &mut fresh, &reference);
        let is_settled = |gone: &[Branch<'_>], fresh: &[Branch<'_>]| matches!((gone, fresh), ([old], [new]) if old.is_partner(new));
        if !is_settled(&gone, &fresh) {
            cancel_equal(&mut gone, &mut fresh);
            self.match_by(&mut gone, &mut fresh, &|branch| Some(branch.name.clone()));
        }
        if !is_settled(&gone, &fresh) {
            self.cancel_same(&mut gone, &mut fresh);
        }
        self.pair_names(&mut gone, &mut fresh);
        let choice = Choice::of(new.keyword);
        match (gone.as_slice(), fresh.as_slice()) {
            (gone, []) => {
                for branch in gone {
                    self.emit(Kind::AlternativeRemoved(choice), Some(branch.name.clone()), None, places);
                }
            }
            ([], fresh) => {
                for branch in fresh {
                    self.emit(Kind::AlternativeAdded(choice), None, Some(branch.name.clone()), places);
                }
            }
            // Others may cover what went; without set reasoning that is not decided.
            _ => self.emit(Kind::AlternativesChanged, None, None, places),
        }
    }

    /// Runs a comparison and keeps what it found when that is only words. Otherwise it is taken back.
    fn attempt(&mut self, run: impl FnOnce(&mut Self)) -> Option<Found> {
        let (facts, seen) = (self.facts.len(), self.seen.len());
        let outer = std::mem::take(&mut self.has_failed);
        run(self);
        let has_failed = std::mem::replace(&mut self.has_failed, outer);
        let found = self.facts.get(facts..).unwrap_or_default();
        let quiet = !has_failed && found.iter().all(|found| is_word(found.fact.kind));
        (!quiet).then(|| Found { facts: self.facts.split_off(facts), seen: self.seen.split_off(seen) })
    }

    fn attempt_branch(&mut self, old: Located<'_>, new: Located<'_>) -> Option<Found> {
        let pair = (old.address(), new.address());
        if self.is_probing() && self.different.contains(&pair) {
            return Some(Found { facts: Vec::new(), seen: Pairs::new() });
        }
        let found = self.attempt(|walk| walk.branch(old, new));
        if found.is_some() {
            self.different.insert(pair);
        }
        found
    }

    /// Whether two branches mean the same. What differs does not matter, so the first difference is enough.
    fn probe(&mut self, old: Located<'_>, new: Located<'_>) -> bool {
        self.probes += 1;
        let found = self.attempt_branch(old, new);
        self.probes -= 1;
        found.is_none()
    }

    fn branch(&mut self, old: Located<'_>, new: Located<'_>) {
        self.path.push(format!("({})", alternative_name(new).trim_matches('\'')));
        self.pair(&vec![old], &vec![new]);
        self.path.pop();
    }

    /// Compares branches that have one key: equal ones cancel out, of others it is kept what differs.
    fn match_by(
        &mut self,
        gone: &mut Vec<Branch<'_>>,
        fresh: &mut Vec<Branch<'_>>,
        key: &dyn Fn(&Branch<'_>) -> Option<String>,
    ) {
        gone.retain_mut(|branch| {
            let Some(own) = key(branch).filter(|_| branch.found.is_none()) else { return true };
            let partner = |other: &Branch<'_>| !other.is_taken && key(other).as_ref() == Some(&own);
            let Some(position) = fresh.iter().position(partner) else { return true };
            let Some(other) = fresh.get_mut(position) else { return true };
            other.is_taken = true;
            branch.found =
                self.attempt_branch(branch.node, other.node).map(|found| (other.node.address(), found));
            if branch.found.is_none() {
                fresh.remove(position);
            }
            branch.found.is_some()
        });
    }

    /// Branches that mean the same cancel out, however they are written and called.
    fn cancel_same(&mut self, gone: &mut Vec<Branch<'_>>, fresh: &mut Vec<Branch<'_>>) {
        let mut probes = 0;
        gone.retain(|branch| {
            let same = (0..fresh.len()).find(|index| {
                let Some(other) = fresh.get(*index).filter(|other| !branch.is_partner(other)) else {
                    return false;
                };
                probes += 1;
                probes <= MAX_PROBES && self.probe(branch.node, other.node)
            });
            same.map(|index| fresh.remove(index)).is_none()
        });
    }

    /// Branches of one name are the same branch, changed.
    fn pair_names(&mut self, gone: &mut Vec<Branch<'_>>, fresh: &mut Vec<Branch<'_>>) {
        gone.retain_mut(|branch| {
            let partner = fresh.iter().position(|other| branch.is_partner(other));
            let named = || fresh.iter().position(|other| other.name == branch.name);
            let Some(position) = partner.or_else(named) else { return true };
            let other = fresh.remove(position);
            match branch.found.take().filter(|_| partner.is_some()) {
                Some((_, found)) => {
                    self.facts.extend(found.facts);
                    self.seen.extend(found.seen);
                    self.has_failed = self.is_probing();
                }
                None => self.branch(branch.node, other.node),
            }
            false
        });
    }
}

/// Branches that are written alike but for words.
fn cancel_equal(gone: &mut Vec<Branch<'_>>, fresh: &mut Vec<Branch<'_>>) {
    let form = |branch: &Branch<'_>| canonical(branch.node, &is_annotation);
    let mut forms: Vec<Option<String>> = fresh.iter().map(form).collect();
    gone.retain(|branch| {
        let own = form(branch);
        let position = forms.iter().position(|other| own.is_some() && *other == own);
        if let Some(position) = position {
            forms.remove(position);
            fresh.remove(position);
        }
        position.is_none()
    });
}
