//! What is announced of operations and parameters: that they go, on which day, and how stable they are.
//!
//! `deprecated` with `x-sunset`, the last day; `x-stability-level`, one of [`LEVELS`].

use crate::diff::documents::Located;
use crate::diff::fact::{Area, Fact, Kind};
use crate::diff::version::Day;

/// Keys that are looked at here.
pub(super) const KEYS: &[&str] = &["deprecated", "x-sunset", "x-stability-level"];
/// Levels, from the least that is promised.
const LEVELS: &[&str] = &["draft", "alpha", "beta", "stable"];

/// The key that a fact from here is about.
pub(super) fn key_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Deprecated | Kind::Undeprecated => Some("deprecated"),
        Kind::DeprecatedWithSunset
        | Kind::SunsetEarlier
        | Kind::SunsetLater
        | Kind::SunsetDeleted
        | Kind::SunsetUnreadable => Some("x-sunset"),
        Kind::StabilityDecreased | Kind::StabilityIncreased | Kind::StabilityUnknown => {
            Some("x-stability-level")
        }
        _ => None,
    }
}

/// The day on which something goes, as it is written and as it is read.
fn sunset(at: Located<'_>) -> Option<(&str, Option<Day>)> {
    let text = at.text("x-sunset")?;
    Some((text, Day::parse(text)))
}

/// What is announced differently.
pub(super) fn facts(area: Area, subject: &str, old: Located<'_>, new: Located<'_>) -> Vec<Fact> {
    let about = |kind: Kind| Fact::new(kind, area, None, subject.to_owned()).between(old, new);
    let mut facts = Vec::new();
    let (was, is) = (old.is_on("deprecated"), new.is_on("deprecated"));
    match (was, is) {
        (false, true) => facts.push(match sunset(new) {
            Some((text, Some(_))) => about(Kind::DeprecatedWithSunset).with(None, Some(text)),
            Some((text, None)) => about(Kind::SunsetUnreadable).with(None, Some(text)),
            None => about(Kind::Deprecated),
        }),
        (true, false) => facts.push(about(Kind::Undeprecated)),
        (true, true) => match (sunset(old), sunset(new)) {
            (Some((text, Some(_))), None) => facts.push(about(Kind::SunsetDeleted).with(Some(text), None)),
            (before, Some((text, None))) if before.is_none_or(|(known, _)| known != text) => {
                facts.push(about(Kind::SunsetUnreadable).with(None, Some(text)));
            }
            (Some((before, Some(was))), Some((after, Some(is)))) if was != is => {
                let kind = if is < was { Kind::SunsetEarlier } else { Kind::SunsetLater };
                facts.push(about(kind).with(Some(before), Some(after)));
            }
            (None, Some((text, Some(_)))) => {
                facts.push(about(Kind::DeprecatedWithSunset).with(None, Some(text)));
            }
            _ => {}
        },
        (false, false) => {}
    }
    let level = |at: Located<'_>| at.text("x-stability-level").map(str::to_owned);
    let (before, after) = (level(old), level(new));
    if before != after {
        let place = |level: &Option<String>| match level {
            // What says nothing is stable.
            None => Some(LEVELS.len() - 1),
            Some(level) => LEVELS.iter().position(|known| known == level),
        };
        let kind = match (place(&before), place(&after)) {
            (_, None) => Kind::StabilityUnknown,
            (Some(was), Some(is)) if is < was => Kind::StabilityDecreased,
            _ => Kind::StabilityIncreased,
        };
        let shown = |level: Option<String>| level.unwrap_or_else(|| "stable".to_owned());
        facts.push(about(kind).with(Some(&shown(before)), Some(&shown(after))));
    }
    facts
}

/// What was announced to go.
pub(super) struct Announced<'a> {
    text: &'a str,
    pub day: Day,
    /// The day is over.
    is_due: bool,
}

/// Whether it was announced that something goes, and when. Without a day nothing was promised about when.
pub(super) fn announced(at: Located<'_>, today: Option<Day>) -> Option<Announced<'_>> {
    if !at.is_on("deprecated") {
        return None;
    }
    let (text, day) = sunset(at)?;
    let day = day?;
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
