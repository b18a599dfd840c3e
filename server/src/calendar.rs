//! Days, months and weeks as people count them: by the time zone of the programme.
//!
//! Moments are stored and sent as milliseconds in UTC. A day is no moment: where one begins and ends depends on the
//! zone, and two days a year have 23 or 25 hours. Whatever is filtered, counted or written by the day asks here.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use koffiekar_sync_core::catalogue::Programme;
use koffiekar_sync_core::ids::Millis;

/// The calendar of one time zone. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Calendar(TimeZone);

impl Calendar {
    /// By the name of a zone, such as `Europe/Amsterdam`. `None` where there is no such zone.
    pub fn of_zone(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// A programme is not loaded with a zone that is unknown; one that a newer version knew counts in UTC.
    pub fn of(programme: &Programme) -> Self {
        Self::of_zone(&programme.time_zone).unwrap_or_else(|| {
            tracing::warn!("the time zone of the programme is unknown here: days count in UTC");
            Self::utc()
        })
    }

    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// `2026-01-31`
    pub fn date(&self, at: Millis) -> String {
        self.local(at).date().to_string()
    }

    /// `2026-01`
    pub fn month(&self, at: Millis) -> String {
        let date = self.local(at).date();
        format!("{:04}-{:02}", date.year(), date.month())
    }

    /// `14:05`
    pub fn time_of_day(&self, at: Millis) -> String {
        let time = self.local(at).time();
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// The Monday of its week, `2026-01-26`.
    pub fn monday(&self, at: Millis) -> String {
        let date = self.local(at).date();
        let behind = i64::from(date.weekday().to_monday_zero_offset());
        date.checked_sub(behind.days()).unwrap_or(date).to_string()
    }

    /// The first moment of a day given as `2026-01-31`.
    pub fn start_of_day(&self, day: &str) -> Option<Millis> {
        Some(self.start(date_of(day)?))
    }

    /// The first moment behind a day given as `2026-01-31`.
    pub fn end_of_day(&self, day: &str) -> Option<Millis> {
        Some(self.start(date_of(day)?.tomorrow().unwrap_or(Date::MAX)))
    }

    /// Where the clock jumps over midnight, the day begins with the first minute that it has; what is beyond the
    /// calendar, with its last moment.
    fn start(&self, date: Date) -> Millis {
        let start = date.to_zoned_datetime(self.0.clone());
        let start = start.map_or(Timestamp::MAX, |start| start.timestamp());
        Millis(start.as_millisecond())
    }

    /// What is beyond the calendar counts as its first or last moment.
    fn local(&self, at: Millis) -> DateTime {
        let (first, last) = (Timestamp::MIN, Timestamp::MAX);
        let beyond = if at.0 < 0 { first } else { last };
        let at = Timestamp::from_millisecond(at.0).unwrap_or(beyond);
        self.0.to_datetime(at)
    }
}

/// A day that the calendar has, written as `2026-01-31`.
pub(crate) fn date_of(text: &str) -> Option<Date> {
    let as_written = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(as_written) {
        return None;
    }
    let date = Date::new(
        text.get(0..4)?.parse().ok()?,
        text.get(5..7)?.parse().ok()?,
        text.get(8..10)?.parse().ok()?,
    );
    date.ok().filter(|date| date.year() >= 1900)
}

/// All months from the first to the last, both written as `2026-01`. Nothing where one of them is no month.
pub(crate) fn months(first: &str, last: &str) -> Vec<String> {
    let parse = |month: &str| date_of(&format!("{month}-01"));
    let (Some(first), Some(last)) = (parse(first), parse(last)) else {
        return Vec::new();
    };
    let count = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
    (count(first)..=count(last))
        .map(|month| format!("{:04}-{:02}", month / 12, month % 12 + 1))
        .collect()
}

/// `2026-01-31T14:05:00Z`
pub(crate) fn timestamp(at: Millis) -> String {
    let at = Calendar::utc().local(at);
    let (date, time) = (at.date(), at.time());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}
