//! What is announced of operations, parameters and properties: that they go, on which day, and how stable they are.
//!
//! `deprecated` with `x-sunset`, the last day; `x-stability-level`, one of [`LEVELS`].

use super::documents::Located;
use super::fact::{Area, Fact, Kind};
use super::version::Day;

/// Keys that are looked at here.
pub(super) const KEYS: &[&str] = &["deprecated", "x-sunset", "x-stability-level"];
/// Levels, from the least that is promised.
const LEVELS: &[&str] = &["draft", "alpha", "beta", STABLE];
const STABLE: &str = "stable";

/// The key that a fact from here is about.
pub(super) fn key_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Deprecated | Kind::Undeprecated => Some("deprecated"),
        Kind::DeprecatedWithSunset
        | Kind::SunsetEarlier
        | Kind::SunsetOver
        | Kind::SunsetLater
        | Kind::SunsetDeleted
        | Kind::SunsetUnreadable => Some("x-sunset"),
        Kind::StabilityDecreased | Kind::StabilityIncreased | Kind::StabilityUnknown => {
            Some("x-stability-level")
        }
        _ => None,
    }
}

/// What is announced of a thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Announcement<'a> {
    /// It goes, some day.
    pub is_deprecated: bool,
    /// The day, as it is written.
    pub sunset: Option<&'a str>,
    /// How stable it is, as it is written.
    pub stability: Option<&'a str>,
}

impl<'a> Announcement<'a> {
    /// What is said at a place.
    pub fn of(at: Located<'a>) -> Self {
        Self {
            is_deprecated: at.is_on("deprecated"),
            sunset: at.text("x-sunset"),
            stability: at.text("x-stability-level"),
        }
    }

    /// What is announced differently `after`, each with what was said and what is said. A day that is over when it is first
    /// said gives nobody time.
    pub fn facts(
        self,
        after: Self,
        today: Option<Day>,
    ) -> impl Iterator<Item = (Kind, Option<&'a str>, Option<&'a str>)> {
        [self.departure(after, today), self.stability(after)].into_iter().flatten()
    }

    fn departure(self, after: Self, today: Option<Day>) -> Option<(Kind, Option<&'a str>, Option<&'a str>)> {
        // A day is only meant where something goes.
        let day =
            |said: Self| said.sunset.filter(|_| said.is_deprecated).map(|text| (text, Day::parse(text)));
        let is_over = |day: Day| today.is_some_and(|today| day < today);
        match (day(self), day(after)) {
            _ if self.is_deprecated && !after.is_deprecated => Some((Kind::Undeprecated, None, None)),
            (_, None) if !self.is_deprecated && after.is_deprecated => Some((Kind::Deprecated, None, None)),
            (Some((text, Some(_))), None) => Some((Kind::SunsetDeleted, Some(text), None)),
            (before, Some((text, None))) if before.is_none_or(|(known, _)| known != text) => {
                Some((Kind::SunsetUnreadable, None, Some(text)))
            }
            (Some((before, Some(was))), Some((after, Some(is)))) if was != is => {
                let kind = if is < was { Kind::SunsetEarlier } else { Kind::SunsetLater };
                Some((kind, Some(before), Some(after)))
            }
            (None | Some((_, None)), Some((text, Some(day)))) => {
                let kind = if is_over(day) { Kind::SunsetOver } else { Kind::DeprecatedWithSunset };
                Some((kind, None, Some(text)))
            }
            _ => None,
        }
    }

    fn stability(self, after: Self) -> Option<(Kind, Option<&'a str>, Option<&'a str>)> {
        // What says nothing is stable.
        let level = |said: Self| said.stability.unwrap_or(STABLE);
        let place = |said: Self| LEVELS.iter().position(|known| *known == level(said));
        if self.stability == after.stability {
            return None;
        }
        let kind = match (place(self), place(after)) {
            (_, None) => Kind::StabilityUnknown,
            // A word that nobody knows promised no less than none.
            (was, Some(is)) if is < was.unwrap_or(LEVELS.len() - 1) => Kind::StabilityDecreased,
            (Some(was), Some(is)) if is == was => return None,
            _ => Kind::StabilityIncreased,
        };
        Some((kind, Some(level(self)), Some(level(after))))
    }
}

/// What was announced to go.
pub(super) struct Announced<'a> {
    /// The day, as it is written.
    pub text: &'a str,
    pub day: Day,
    /// The day has come.
    pub is_due: bool,
}

/// Whether it was announced that something goes, and when. Without a day nothing was promised about when.
pub(super) fn announced(at: Located<'_>, today: Option<Day>) -> Option<Announced<'_>> {
    if !at.is_on("deprecated") {
        return None;
    }
    let text = at.text("x-sunset")?;
    let day = Day::parse(text)?;
    Some(Announced { text, day, is_due: today.is_some_and(|today| today >= day) })
}

impl Announced<'_> {
    /// That it is gone.
    pub(super) fn removal(&self, subject: String, is_path: bool) -> Fact {
        let kind = match (is_path, self.is_due) {
            (true, true) => Kind::PathRemovedWithDeprecation,
            (true, false) => Kind::PathRemovedBeforeSunset,
            (false, true) => Kind::RemovedWithDeprecation,
            (false, false) => Kind::RemovedBeforeSunset,
        };
        Fact::new(kind, Area::Operation, None, subject).with(Some(self.text), None)
    }
}
