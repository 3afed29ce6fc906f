//! Exact set algebra on versions.
//!
//! By precedence, versions form a total order in which every version but the last has a
//! successor: `1.2.3` is followed by `1.2.4-0`, and `1.2.3-a` by `1.2.3-a.0`. So any bound can be
//! written as "from here" (inclusive) or "below here" (exclusive), a set is a list of such runs,
//! and a run that is not empty holds its own lower end: that is the witness.
//!
//! A range treats releases and pre-releases differently, so each kind is a line of its own: the
//! order without the versions of the other kind.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version};

/// The versions `from <= v`, and `v < below` if there is a `below`.
#[derive(Debug, Clone)]
struct Run {
    from: Version,
    below: Option<Version>,
}

/// A set of versions: runs in ascending order, none empty, none touching the next.
#[derive(Debug, Clone, Default)]
pub(super) struct VersionSet(Vec<Run>);

/// The pre-releases `major.minor.*-pre`, which `!=major.minor-pre` excludes: one point in each
/// of 2^64 places, so not a list of runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Family {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) pre: Prerelease,
}

/// The versions one AND group admits.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// The releases, as runs on [`Line::Releases`].
    pub(super) releases: VersionSet,
    /// The pre-releases, as runs on [`Line::Prereleases`], before `holes` are taken out.
    pub(super) prereleases: VersionSet,
    pub(super) holes: Vec<Family>,
}

/// A part of all versions on which every group is a plain [`VersionSet`].
pub(super) enum Line<'a> {
    Releases,
    /// All pre-releases; holes are ignored here, the families get lines of their own.
    Prereleases,
    Family(&'a Family),
}

impl Line<'_> {
    /// The least version on this line that is not below `version`.
    fn at_or_after(&self, version: &Version) -> Option<Version> {
        match self {
            Line::Releases => Some(Version { pre: Prerelease::EMPTY, ..version.clone() }),
            Line::Prereleases if version.pre.is_empty() => successor(version),
            Line::Prereleases => Some(version.clone()),
            Line::Family(family) => {
                let place = (family.major, family.minor);
                let patch = match place.cmp(&(version.major, version.minor)) {
                    Ordering::Less => None,
                    Ordering::Greater => Some(0),
                    Ordering::Equal if version.pre <= family.pre => Some(version.patch),
                    Ordering::Equal => version.patch.checked_add(1),
                };
                patch.map(|patch| family.member(patch))
            }
        }
    }
}

impl Family {
    fn member(&self, patch: u64) -> Version {
        Version { pre: self.pre.clone(), ..Version::new(self.major, self.minor, patch) }
    }

    fn holds(&self, version: &Version) -> bool {
        (self.major, self.minor, &self.pre) == (version.major, version.minor, &version.pre)
    }
}

impl VersionSet {
    pub(super) fn all() -> Self {
        Self::below(None)
    }

    /// `from <= v`; no `from` is the empty set.
    pub(super) fn from(from: Option<Version>) -> Self {
        Self::between(from, None)
    }

    /// `v < below`; no `below` is every version.
    pub(super) fn below(below: Option<Version>) -> Self {
        Self::between(Some(least(0, 0, 0)), below)
    }

    /// `from <= v < below`; no `from` is the empty set, no `below` is no upper end.
    pub(super) fn between(from: Option<Version>, below: Option<Version>) -> Self {
        let mut set = Self::default();
        if let Some(from) = from {
            set.push(from, below);
        }
        set
    }

    /// Every version but these; only meaningful before a set is put on a line.
    pub(super) fn complement(&self) -> Self {
        Self::all().subtract(self)
    }

    pub(super) fn on(&self, line: &Line<'_>) -> Self {
        let runs = self.0.iter();
        Self::union(runs.filter_map(|run| {
            Some(Run {
                from: line.at_or_after(&run.from)?,
                below: run.below.as_ref().and_then(|end| line.at_or_after(end)),
            })
        }))
    }

    pub(super) fn intersect(&self, other: &Self) -> Self {
        let mut result = Self::default();
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let from = if before(&a.from, &b.from) { b } else { a };
            let a_ends_first = ends_before(a, b);
            let end = if a_ends_first { a } else { b };
            result.push(from.from.clone(), end.below.clone());
            if a_ends_first {
                left.next();
            } else {
                right.next();
            }
        }
        result
    }

    pub(super) fn subtract(&self, other: &Self) -> Self {
        let mut result = Self::default();
        let mut cuts = other.0.iter().peekable();
        for run in &self.0 {
            let mut from = Some(run.from.clone());
            while let Some(cut) = cuts.peek() {
                let starts_after = |end: &Version| !before(&cut.from, end);
                if run.below.as_ref().is_some_and(starts_after) {
                    break;
                }
                if let Some(start) = from.take() {
                    if before(&start, &cut.from) {
                        result.push(start.clone(), Some(cut.from.clone()));
                    }
                    // A cut that ended before this run leaves its start where it was.
                    from = cut.below.clone().map(|end| end.max(start));
                }
                // The same cut may reach into the next run.
                if !ends_before(cut, run) {
                    break;
                }
                cuts.next();
            }
            if let Some(from) = from {
                result.push(from, run.below.clone());
            }
        }
        result
    }

    pub(super) fn contains(&self, version: &Version) -> bool {
        let after = self.0.partition_point(|run| !before(version, &run.from));
        let run = after.checked_sub(1).and_then(|index| self.0.get(index));
        run.is_some_and(|run| run.below.as_ref().is_none_or(|end| before(version, end)))
    }

    fn first(&self) -> Option<Version> {
        self.0.first().map(|run| run.from.clone())
    }

    /// The first pre-release that is in none of the families.
    fn first_outside(&self, families: &[Family]) -> Option<Version> {
        self.0.iter().find_map(|run| {
            let mut version = run.from.clone();
            // Successors differ in pre-release only, so each family can hold one of them.
            while families.iter().any(|family| family.holds(&version)) {
                version = successor(&version)?;
            }
            let inside = run.below.as_ref().is_none_or(|end| before(&version, end));
            inside.then_some(version)
        })
    }

    fn union(runs: impl Iterator<Item = Run>) -> Self {
        let mut runs: Vec<Run> = runs.collect();
        runs.sort_by(|a, b| a.from.cmp_precedence(&b.from));
        let mut result = Self::default();
        for run in runs {
            match result.0.last_mut() {
                Some(last) if last.below.as_ref().is_none_or(|end| !before(end, &run.from)) => {
                    if ends_before(last, &run) {
                        last.below = run.below;
                    }
                }
                _ => result.push(run.from, run.below),
            }
        }
        result
    }

    fn push(&mut self, from: Version, below: Option<Version>) {
        if below.as_ref().is_none_or(|end| before(&from, end)) {
            self.0.push(Run { from, below });
        }
    }
}

impl Group {
    fn on(&self, line: &Line<'_>) -> VersionSet {
        match line {
            Line::Releases => self.releases.clone(),
            Line::Prereleases => self.prereleases.clone(),
            Line::Family(family) if self.holes.contains(family) => VersionSet::default(),
            Line::Family(_) => self.prereleases.on(line),
        }
    }

    pub(super) fn admits(&self, version: &Version) -> bool {
        if version.pre.is_empty() {
            self.releases.contains(version)
        } else {
            self.prereleases.contains(version) && !self.holes.iter().any(|family| family.holds(version))
        }
    }
}

fn on_line(groups: &[Group], line: &Line<'_>) -> VersionSet {
    VersionSet::union(groups.iter().flat_map(|group| group.on(line).0))
}

/// The first version found in the set that `combine` makes of `a` and `b`; releases first.
pub(super) fn find(
    a: &[Group],
    b: &[Group],
    combine: impl Fn(&VersionSet, &VersionSet) -> VersionSet,
) -> Option<Version> {
    let both = |line: &Line<'_>| combine(&on_line(a, line), &on_line(b, line));
    let groups = a.iter().chain(b);
    let mut families: Vec<Family> = groups.flat_map(|group| group.holes.clone()).collect();
    families.sort();
    families.dedup();
    both(&Line::Releases).first().or_else(|| both(&Line::Prereleases).first_outside(&families)).or_else(
        || {
            let mut lines = families.iter().map(Line::Family);
            lines.find_map(|line| both(&line).first())
        },
    )
}

/// The least version with these three numbers: the pre-release `-0`.
pub(super) fn least(major: u64, minor: u64, patch: u64) -> Version {
    Version { pre: prerelease("0"), ..Version::new(major, minor, patch) }
}

/// The least version with a greater major number.
pub(super) fn after_major(major: u64) -> Option<Version> {
    Some(least(major.checked_add(1)?, 0, 0))
}

/// The least version with a greater major.minor.
pub(super) fn after_minor(major: u64, minor: u64) -> Option<Version> {
    match minor.checked_add(1) {
        Some(minor) => Some(least(major, minor, 0)),
        None => after_major(major),
    }
}

/// The least version with a greater major.minor.patch.
pub(super) fn after_patch(major: u64, minor: u64, patch: u64) -> Option<Version> {
    match patch.checked_add(1) {
        Some(patch) => Some(least(major, minor, patch)),
        None => after_minor(major, minor),
    }
}

/// The least version above this one; none after the last release.
pub(super) fn successor(version: &Version) -> Option<Version> {
    if version.pre.is_empty() {
        return after_patch(version.major, version.minor, version.patch);
    }
    Some(Version {
        pre: prerelease(&format!("{}.0", version.pre)),
        build: BuildMetadata::EMPTY,
        ..version.clone()
    })
}

/// Takes text that is a pre-release by construction.
fn prerelease(text: &str) -> Prerelease {
    Prerelease::new(text).unwrap_or(Prerelease::EMPTY)
}

fn before(a: &Version, b: &Version) -> bool {
    a.cmp_precedence(b).is_lt()
}

/// Whether `a` stops at a lower version than `b`.
fn ends_before(a: &Run, b: &Run) -> bool {
    match (&a.below, &b.below) {
        (Some(a), Some(b)) => before(a, b),
        (end, None) => end.is_some(),
        (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn successors() {
        for (text, expected) in [
            ("1.2.3", Some("1.2.4-0")),
            ("1.2.3-a", Some("1.2.3-a.0")),
            ("1.2.18446744073709551615", Some("1.3.0-0")),
            ("1.18446744073709551615.18446744073709551615", Some("2.0.0-0")),
            ("18446744073709551615.18446744073709551615.18446744073709551615", None),
        ] {
            assert_eq!(successor(&version(text)), expected.map(version), "{text}");
        }
    }

    #[test]
    fn lines_round_up() {
        let family = Family { major: 1, minor: 2, pre: prerelease("b") };
        for (line, text, expected) in [
            (Line::Releases, "1.2.3-a", Some("1.2.3")),
            (Line::Releases, "1.2.3", Some("1.2.3")),
            (Line::Prereleases, "1.2.3", Some("1.2.4-0")),
            (Line::Family(&family), "0.9.0", Some("1.2.0-b")),
            (Line::Family(&family), "1.2.3-a", Some("1.2.3-b")),
            (Line::Family(&family), "1.2.3-b", Some("1.2.3-b")),
            (Line::Family(&family), "1.2.3-c", Some("1.2.4-b")),
            (Line::Family(&family), "1.2.3", Some("1.2.4-b")),
            (Line::Family(&family), "1.2.18446744073709551615", None),
            (Line::Family(&family), "1.3.0-0", None),
        ] {
            assert_eq!(line.at_or_after(&version(text)), expected.map(version), "{text}");
        }
    }

    #[test]
    fn one_cut_may_span_runs() {
        let run = |from, below| VersionSet::between(Some(version(from)), Some(version(below)));
        let two = run("1.0.0", "2.0.0").0.into_iter().chain(run("3.0.0", "4.0.0").0);
        let left = VersionSet::union(two).subtract(&run("1.5.0", "3.5.0"));
        let texts: Vec<_> = left.0.iter().map(|run| run.from.to_string()).collect();
        assert_eq!(texts, ["1.0.0", "3.5.0"]);
    }
}
