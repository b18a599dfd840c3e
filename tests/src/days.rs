//! Days in Amsterdam, counted by hand: what the server's calendar is held against.

use koffiekar_sync_core::ids::Millis;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// `2026-01-31`, as a calendar on the wall in Amsterdam says at that moment.
pub fn in_amsterdam(at: Millis) -> String {
    let (year, month, day) = date(at.0 + ahead(at));
    format!("{year}-{month:02}-{day:02}")
}

/// How far the clock in Amsterdam is ahead of UTC: an hour, and two between the last Sundays of March and of October,
/// from one o'clock UTC on (Directive 2000/84/EC).
fn ahead(at: Millis) -> i64 {
    let (year, ..) = date(at.0);
    let summer = last_sunday(year, 3) + HOUR..last_sunday(year, 10) + HOUR;
    if summer.contains(&at.0) {
        2 * HOUR
    } else {
        HOUR
    }
}

/// Both months have 31 days. The first of January 1970 was a Thursday.
fn last_sunday(year: i64, month: i64) -> i64 {
    // Not after it; the rest is walked.
    let mut at = ((year - 1970) * 365 + (month - 1) * 28) * DAY;
    while date(at) < (year, month, 31) {
        at += DAY;
    }
    while (at / DAY + 4) % 7 != 0 {
        at -= DAY;
    }
    at
}

/// Year, month and day in UTC, by counting the days of each year and month.
fn date(at: i64) -> (i64, i64, i64) {
    let mut days = at / DAY;
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}
