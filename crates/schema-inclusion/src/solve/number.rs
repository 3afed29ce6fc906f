//! Numbers within limits that are multiples of some and not of others.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Atoms, Search};
use crate::number::Exact;

/// Most multiples that are tried.
const MAX_TRIES: i128 = 3_000;
/// Lower parts of fractions that are tried: those of short decimals.
const PARTS: &[i128] = &[1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 40, 50, 64, 80, 100, 125, 1_000, 10_000, 100_000];

impl Search<'_> {
    pub(super) fn number(&mut self, atoms: &Atoms) -> Option<Value> {
        let outcome = number(atoms);
        match outcome {
            Some(Outcome::Found(value)) => Some(value),
            Some(Outcome::None) => None,
            None => {
                self.leave_out("no number was found, and not all of them were tried", "");
                None
            }
        }
    }
}

enum Outcome {
    Found(Value),
    /// There is none.
    None,
}

/// `None` where nobody knows.
fn number(atoms: &Atoms) -> Option<Outcome> {
    let fits = |value: Exact| -> Option<bool> {
        let above = match atoms.low {
            Some((limit, strict)) => match value.compare(limit)? {
                Ordering::Greater => true,
                Ordering::Equal => !strict,
                Ordering::Less => false,
            },
            None => true,
        };
        let below = match atoms.high {
            Some((limit, strict)) => match value.compare(limit)? {
                Ordering::Less => true,
                Ordering::Equal => !strict,
                Ordering::Greater => false,
            },
            None => true,
        };
        let mut is_fine = above && below && !(atoms.is_not_whole && value.is_whole());
        for unit in &atoms.not_multiples {
            is_fine = is_fine && !value.is_multiple_of(*unit)?;
        }
        if !is_fine {
            return Some(false);
        }
        // One that cannot be written is one all the same: nobody knows then.
        let written = value.to_value()?;
        Some(!atoms.not_values.contains(&written.to_string()))
    };
    if let (Some((low, low_strict)), Some((high, high_strict))) = (atoms.low, atoms.high) {
        match low.compare(high)? {
            Ordering::Greater => return Some(Outcome::None),
            Ordering::Equal if low_strict || high_strict => return Some(Outcome::None),
            _ => {}
        }
    }
    let mut unit = atoms.is_whole.then(|| Exact::whole(1));
    for multiple in &atoms.multiples {
        if multiple.is_zero() {
            return None;
        }
        unit = Some(match unit {
            Some(unit) => unit.common_multiple(*multiple)?,
            None => *multiple,
        });
    }
    match unit {
        Some(unit) => multiples(atoms, unit, &fits),
        None => fractions(atoms, &fits),
    }
}

/// Multiples of a unit, from zero outwards.
fn multiples(atoms: &Atoms, unit: Exact, fits: &dyn Fn(Exact) -> Option<bool>) -> Option<Outcome> {
    let ceiling = |value: Exact| -> Option<i128> {
        let floor = value.floor();
        Some(if value.is_whole() { floor } else { floor.checked_add(1)? })
    };
    let first = match atoms.low {
        Some((limit, _)) => Some(ceiling(limit.divide(unit)?)?),
        None => None,
    };
    let last = match atoms.high {
        Some((limit, _)) => Some(limit.divide(unit)?.floor()),
        None => None,
    };
    let start = 0.max(first.unwrap_or(i128::MIN)).min(last.unwrap_or(i128::MAX));
    let is_inside =
        |count: i128| first.is_none_or(|first| count >= first) && last.is_none_or(|last| count <= last);
    let mut outside = 0;
    for distance in 0..MAX_TRIES {
        outside = 0;
        for count in [start.checked_add(distance)?, start.checked_sub(distance)?] {
            if !is_inside(count) {
                outside += 1;
                continue;
            }
            let value = unit.multiply(Exact::whole(count))?;
            if fits(value)? {
                return Some(Outcome::Found(value.to_value()?));
            }
        }
        if outside == 2 {
            return Some(Outcome::None);
        }
    }
    let _ = outside;
    // What is no multiple repeats: after one period there is nothing new, but for single values.
    let mut period = unit;
    for other in &atoms.not_multiples {
        period = period.common_multiple(*other)?;
    }
    if atoms.is_not_whole {
        period = period.common_multiple(Exact::whole(1))?;
    }
    let length = period.divide(unit)?.floor();
    let excluded = i128::try_from(atoms.not_values.len()).ok()?;
    (length.checked_mul(excluded.checked_add(2)?)? < MAX_TRIES).then_some(Outcome::None)
}

/// Any number within the limits: there are more than can be excluded one by one.
fn fractions(atoms: &Atoms, fits: &dyn Fn(Exact) -> Option<bool>) -> Option<Outcome> {
    let low = atoms.low.map(|(limit, _)| limit);
    let high = atoms.high.map(|(limit, _)| limit);
    let mut tried = vec![Exact::whole(0), Exact::whole(1), Exact::whole(-1)];
    let base = low.or(high).unwrap_or(Exact::whole(0));
    tried.extend(low);
    tried.extend(high);
    for whole in [low, high].into_iter().flatten().map(Exact::floor) {
        tried.extend([whole - 1, whole, whole + 1, whole + 2].map(Exact::whole));
    }
    if let (Some(low), Some(high)) = (low, high) {
        if low == high {
            let found = fits(low)?;
            return Some(if found { Outcome::Found(low.to_value()?) } else { Outcome::None });
        }
        tried.extend(low.add(high).and_then(|sum| sum.divide(Exact::whole(2))));
        let width = high.add(low.multiply(Exact::whole(-1))?)?;
        for part in PARTS {
            tried.extend(width.divide(Exact::whole(*part)).and_then(|step| low.add(step)));
        }
    }
    let whole = Exact::whole(base.floor());
    for part in PARTS {
        for count in [1, 3, 7, -1, -3, -7] {
            tried.extend(Exact::new(count, *part).and_then(|step| base.add(step)));
            tried.extend(Exact::new(count, *part).and_then(|step| whole.add(step)));
        }
    }
    for value in tried {
        if fits(value) == Some(true) {
            return value.to_value().map(Outcome::Found);
        }
    }
    None
}
