//! `oneOf` and `anyOf`: which alternative became which.

use super::compare::{Pairs, Places, SchemaFact, Walk};
use super::normal::{Alternatives, Normal, alternative_name, is_annotation};
use crate::diff::documents::{Located, canonical};
use crate::diff::fact::Kind;

/// Most pairs of alternatives with different names that are compared to find out whether they mean the same.
const MAX_ATTEMPTS: usize = 256;

/// What a comparison found that was taken back.
struct Found {
    /// Address of the new branch.
    with: usize,
    facts: Vec<SchemaFact>,
    seen: Pairs,
}

impl Walk<'_> {
    /// Lists that mean the same cancel out; the branches of the one that is left on each side are compared.
    pub(super) fn alternatives(&mut self, old: &Normal<'_>, new: &Normal<'_>, places: &Places) {
        let mut gone: Vec<_> = old.alternatives.iter().collect();
        let mut fresh: Vec<_> = new.alternatives.iter().collect();
        if gone.len() > 1 || fresh.len() > 1 {
            gone.retain(|list| {
                let same = fresh
                    .iter()
                    .position(|other| self.attempt(0, |walk| walk.branches(list, other, places)).is_none());
                same.map(|position| fresh.remove(position)).is_none()
            });
        }
        match (gone.as_slice(), fresh.as_slice()) {
            ([], []) => {}
            ([old], [new]) => self.branches(old, new, places),
            _ => self.emit(Kind::AlternativesChanged, None, None, places),
        }
    }

    /// Runs a comparison and keeps what it found when that is only words. Otherwise it is taken back.
    fn attempt(&mut self, with: usize, run: impl FnOnce(&mut Self)) -> Option<Found> {
        let (facts, seen) = (self.facts.len(), self.seen.len());
        run(self);
        let is_word = |kind| matches!(kind, Kind::Annotation | Kind::Deprecated | Kind::Undeprecated);
        let quiet = self.facts.iter().skip(facts).all(|found| is_word(found.fact.kind));
        (!quiet).then(|| Found { with, facts: self.facts.split_off(facts), seen: self.seen.split_off(seen) })
    }

    fn attempt_branch(&mut self, old: Located<'_>, new: Located<'_>) -> Option<Found> {
        self.attempt(new.address(), |walk| walk.branch(old, new))
    }

    fn branch(&mut self, old: Located<'_>, new: Located<'_>) {
        self.path.push(format!("({})", alternative_name(new).trim_matches('\'')));
        self.pair(&vec![old], &vec![new]);
        self.path.pop();
    }

    /// Branches that mean the same cancel out; branches of one name are the same one, changed; the rest is added
    /// or removed.
    fn branches(&mut self, old: &Alternatives<'_>, new: &Alternatives<'_>, places: &Places) {
        if old.keyword != new.keyword {
            return self.emit(Kind::AlternativesChanged, None, None, places);
        }
        let mut gone: Vec<Branch<'_>> = old.branches.iter().copied().map(Branch::new).collect();
        let mut fresh: Vec<Branch<'_>> = new.branches.iter().copied().map(Branch::new).collect();
        self.cancel_references(&mut gone, &mut fresh);
        cancel_equal(&mut gone, &mut fresh);
        let found = self.cancel_same(&mut gone, &mut fresh);
        self.pair_names(&mut gone, &mut fresh, found);
        match (gone.as_slice(), fresh.as_slice()) {
            (gone, []) => {
                for branch in gone {
                    self.emit(Kind::AlternativeRemoved, Some(branch.name.clone()), None, places);
                }
            }
            ([], fresh) => {
                for branch in fresh {
                    self.emit(Kind::AlternativeAdded, None, Some(branch.name.clone()), places);
                }
            }
            // Others may cover what went; without set reasoning that is not decided.
            _ => self.emit(Kind::AlternativesChanged, None, None, places),
        }
    }

    /// One reference on both sides that leads to the same: the usual case, and the cheapest to see.
    fn cancel_references(&mut self, gone: &mut Vec<Branch<'_>>, fresh: &mut Vec<Branch<'_>>) {
        gone.retain(|branch| {
            let Some(target) = branch.node.text("$ref") else { return true };
            let position = fresh.iter().position(|other| other.node.text("$ref") == Some(target));
            let same = position.filter(|position| {
                let other = fresh.get(*position).map(|other| other.node);
                other.is_some_and(|other| self.attempt_branch(branch.node, other).is_none())
            });
            same.map(|position| fresh.remove(position)).is_none()
        });
    }

    /// Branches that mean the same, however they are written. Gives back what was found between branches of one
    /// name, so that it need not be found again.
    fn cancel_same(&mut self, gone: &mut Vec<Branch<'_>>, fresh: &mut Vec<Branch<'_>>) -> Vec<Option<Found>> {
        let mut attempts = 0;
        let mut kept = Vec::new();
        gone.retain(|branch| {
            let named = fresh.iter().position(|other| !other.is_taken && other.name == branch.name);
            let mut found = None;
            let mut order: Vec<usize> = named.into_iter().collect();
            order.extend((0..fresh.len()).filter(|index| Some(*index) != named));
            for index in order {
                let Some(other) = fresh.get(index).map(|other| other.node) else { continue };
                let is_named = Some(index) == named;
                if !is_named && attempts >= MAX_ATTEMPTS {
                    break;
                }
                attempts += usize::from(!is_named);
                match self.attempt_branch(branch.node, other) {
                    None => {
                        fresh.remove(index);
                        return false;
                    }
                    Some(differences) if is_named => found = Some(differences),
                    Some(_) => {}
                }
            }
            if let Some(other) = named.and_then(|index| fresh.get_mut(index)) {
                other.is_taken = true;
            }
            kept.push(found);
            true
        });
        kept
    }

    /// Branches of one name are the same branch, changed.
    fn pair_names(
        &mut self,
        gone: &mut Vec<Branch<'_>>,
        fresh: &mut Vec<Branch<'_>>,
        found: Vec<Option<Found>>,
    ) {
        let mut found = found.into_iter();
        gone.retain(|branch| {
            let found = found.next().flatten();
            let known =
                |other: &Branch<'_>| found.as_ref().is_some_and(|found| found.with == other.node.address());
            let named = |other: &Branch<'_>| other.name == branch.name;
            let position = fresh.iter().position(known).or_else(|| fresh.iter().position(named));
            let Some(position) = position else { return true };
            let other = fresh.remove(position);
            match found.filter(|found| found.with == other.node.address()) {
                Some(found) => {
                    self.facts.extend(found.facts);
                    self.seen.extend(found.seen);
                }
                None => self.branch(branch.node, other.node),
            }
            false
        });
    }
}

/// A branch that has no counterpart yet.
struct Branch<'a> {
    node: Located<'a>,
    name: String,
    /// An earlier branch of the same name was compared with it.
    is_taken: bool,
}

impl<'a> Branch<'a> {
    fn new(node: Located<'a>) -> Self {
        Self { node, name: alternative_name(node), is_taken: false }
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
