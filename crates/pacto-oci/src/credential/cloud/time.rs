//! Dates, as clouds write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS_OF_DAY: u64 = 24 * 60 * 60;

/// Seconds since 1970; what is earlier is 0.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}

/// The time so many seconds after 1970, if there is such a time.
pub(super) fn at(seconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// The time so many seconds after 1970, written with or without a fraction.
pub(super) fn at_number(seconds: f64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// `20150830T123600Z`.
pub(super) fn compact(time: SystemTime) -> String {
    let seconds = seconds(time);
    let (year, month, day) = civil(seconds / SECONDS_OF_DAY);
    let rest = seconds % SECONDS_OF_DAY;
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Reads `2015-08-30T12:36:00Z`, with or without a fraction. Clouds write no other zone.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let is_date = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let is_clock = hour < 24 && minute < 60 && second <= 60;
    if !is_date || !is_clock {
        return None;
    }
    at(days(year, month, day) * SECONDS_OF_DAY + hour * 3600 + minute * 60 + second)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let parts: Option<Vec<u64>> = text
        .split(separator)
        .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?)
        .collect();
    parts?.try_into().ok()
}

/// Days of the years before `year`, counted from the year 0.
fn days_before(year: u64) -> u64 {
    let last = year - 1;
    year * 365 + last / 4 - last / 100 + last / 400
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let months: u64 = (1..month).map(|month| days_of_month(year, month)).sum();
    days_before(year) - days_before(1970) + months + day - 1
}

/// The date that lies so many days after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // An estimate that is never too late, for no year is longer.
    let mut year = 1970 + days / 366;
    while days_before(year + 1) - days_before(1970) <= days {
        year += 1;
    }
    let mut rest = days - (days_before(year) - days_before(1970));
    let mut month = 1;
    while rest >= days_of_month(year, month) {
        rest -= days_of_month(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_and_read() {
        for (seconds, text, long) in [
            (0, "19700101T000000Z", "1970-01-01T00:00:00Z"),
            (951_782_399, "20000228T235959Z", "2000-02-28T23:59:59Z"),
            (951_782_400, "20000229T000000Z", "2000-02-29T00:00:00Z"),
            (1_440_938_160, "20150830T123600Z", "2015-08-30T12:36:00Z"),
            (1_735_689_599, "20241231T235959Z", "2024-12-31T23:59:59Z"),
            (4_107_542_400, "21000301T000000Z", "2100-03-01T00:00:00Z"),
        ] {
            let time = at(seconds).unwrap();
            assert_eq!(compact(time), text);
            assert_eq!(parse(long), Some(time), "{long}");
        }
        assert_eq!(parse("2015-08-30T12:36:00.123456789Z"), at(1_440_938_160));
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for day in 0..146_097 {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "2015-08-30", "2015-13-01T00:00:00Z", "2015-08-30T12:36:00+02:00", "x-08-30T12:36:00Z"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        for number in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(at_number(number), None);
        }
        assert_eq!(at_number(1.5), UNIX_EPOCH.checked_add(Duration::from_millis(1500)));
    }
}
