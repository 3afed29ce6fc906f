//! One comparison, such as `>=1.2` or `!=4.x`, and the versions it admits.

use semver::{BuildMetadata, Version};

use super::algebra::{
    Family, Group, Line, VersionSet, after_major, after_minor, after_patch, least, successor,
};
use crate::version::{Spelling, VersionError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Tilde,
    Caret,
}

/// The last number that is written out; what follows is missing or a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    None,
    Major,
    Minor,
    Patch,
}

#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) operator: Operator,
    /// Numbers that are not written out are 0; no build metadata.
    pub(super) version: Version,
    pub(super) precision: Precision,
}

impl Operator {
    pub(super) fn parse(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "" | "=" => Self::Equal,
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            ">=" | "=>" => Self::GreaterEqual,
            "<" => Self::Less,
            "<=" | "=<" => Self::LessEqual,
            "~" | "~>" => Self::Tilde,
            "^" => Self::Caret,
            _ => return None,
        })
    }
}

impl Term {
    /// The term that stands for an empty range.
    pub(super) fn any() -> Self {
        Self { operator: Operator::Equal, version: Version::new(0, 0, 0), precision: Precision::None }
    }

    pub(super) fn parse(operator: Operator, version: &str) -> Result<Self, VersionError> {
        let spelling = Spelling::split(version)?;
        // Numbers after a wildcard mean nothing, but they must be numbers.
        let number = |part: &str| match part {
            "x" | "X" | "*" => Ok(None),
            _ => spelling.number(part).map(Some),
        };
        let major = number(spelling.major)?;
        let minor = spelling.minor.map_or(Ok(None), number)?;
        let patch = spelling.patch.map_or(Ok(None), number)?;
        let (precision, [major, minor, patch]) = match (major, minor, patch) {
            (None, _, _) => (Precision::None, [0, 0, 0]),
            (Some(major), None, _) => (Precision::Major, [major, 0, 0]),
            (Some(major), Some(minor), None) => (Precision::Minor, [major, minor, 0]),
            (Some(major), Some(minor), Some(patch)) => (Precision::Patch, [major, minor, patch]),
        };
        // Read for its errors only: it has no part in precedence.
        spelling.build()?;
        Ok(Self {
            operator,
            version: Version {
                major,
                minor,
                patch,
                pre: spelling.prerelease()?,
                build: BuildMetadata::EMPTY,
            },
            precision,
        })
    }

    pub(super) fn names_prerelease(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// The versions admitted, with pre-releases as if the group named one.
    ///
    /// As in the original library a major wildcard is 0.0.0 except after `=` and `~`, so `^*` is
    /// `0.0.0`, `<=*` is `0.0.x` and `!=*` is `!=0.0.0`.
    fn versions(&self) -> VersionSet {
        let at = Some(self.version.clone());
        let next = || successor(&self.version);
        let partial = matches!(self.precision, Precision::Major | Precision::Minor);
        match self.operator {
            Operator::Equal if self.precision == Precision::Patch => VersionSet::between(at, next()),
            Operator::Equal | Operator::Tilde => VersionSet::between(at, self.end_of_tilde()),
            Operator::NotEqual if partial => {
                let version = &self.version;
                let start = least(version.major, version.minor, 0);
                VersionSet::between(Some(start), self.end_of_span()).complement()
            }
            Operator::NotEqual => VersionSet::between(at, next()).complement(),
            Operator::Greater if partial => VersionSet::from(self.end_of_span()),
            Operator::Greater => VersionSet::from(next()),
            Operator::GreaterEqual => VersionSet::from(at),
            Operator::Less => VersionSet::below(at),
            Operator::LessEqual if self.precision == Precision::Patch => VersionSet::below(next()),
            Operator::LessEqual => VersionSet::below(self.end_of_span()),
            Operator::Caret => VersionSet::between(at, self.end_of_caret()),
        }
    }

    /// The end of the versions that share the numbers written out.
    fn end_of_span(&self) -> Option<Version> {
        match self.precision {
            Precision::Major => after_major(self.version.major),
            _ => after_minor(self.version.major, self.version.minor),
        }
    }

    fn end_of_tilde(&self) -> Option<Version> {
        let version = &self.version;
        let zero = (version.major, version.minor, version.patch) == (0, 0, 0);
        match self.precision {
            // The original library reads ~0.0.0 as "no upper end".
            Precision::None | Precision::Patch if zero => None,
            _ => self.end_of_span(),
        }
    }

    fn end_of_caret(&self) -> Option<Version> {
        let (major, minor) = (self.version.major, self.version.minor);
        if major > 0 || self.precision == Precision::Major {
            after_major(major)
        } else if minor > 0 || self.precision == Precision::Minor {
            after_minor(major, minor)
        } else {
            after_patch(major, minor, self.version.patch)
        }
    }
}

impl Group {
    /// The versions that satisfy all the terms. Pre-releases only if a term names one.
    pub(super) fn of(terms: &[Term]) -> Self {
        let mut group = Self {
            releases: VersionSet::all().on(&Line::Releases),
            prereleases: VersionSet::default(),
            holes: Vec::new(),
        };
        if terms.iter().any(Term::names_prerelease) {
            group.prereleases = VersionSet::all().on(&Line::Prereleases);
        }
        for term in terms {
            group.keep(term);
        }
        group
    }

    fn keep(&mut self, term: &Term) {
        // As in the original library `!=1.2` excludes the releases 1.2.*, and `!=1.2-rc` the
        // pre-releases 1.2.*-rc, each nothing else.
        let excludes_one_kind = term.operator == Operator::NotEqual && term.precision == Precision::Minor;
        if excludes_one_kind && term.names_prerelease() {
            self.holes.push(Family {
                major: term.version.major,
                minor: term.version.minor,
                pre: term.version.pre.clone(),
            });
            return;
        }
        let versions = term.versions();
        self.releases = self.releases.intersect(&versions.on(&Line::Releases));
        if !excludes_one_kind {
            self.prereleases = self.prereleases.intersect(&versions.on(&Line::Prereleases));
        }
    }
}
