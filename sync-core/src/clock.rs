//! What time it is on a tablet, and whether that is sure.
//!
//! A tablet has a clock that people and networks set, and one that counts since the program started and
//! that nobody can set. Now and then it hears the server's time. Between two contacts the difference to
//! the server's clock is true only as long as nobody sets the tablet's: so what was heard last is a floor,
//! with what has passed since by the clock that nobody sets, and so is the newest conversation that was
//! recorded here. Where the clock contradicts them the time is in doubt, and the record says so.
//!
//! What cannot be told from a sleeping tablet: a clock that was set ahead while nobody looked at the
//! screen. The clock that nobody sets may stand still while the tablet sleeps. The server looks once more,
//! by [`is_plausible`].

use serde::{Deserialize, Serialize};

use crate::ids::Millis;
use crate::limits;

/// What a tablet reads from its clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The clock that people set.
    pub wall: Millis,
    /// How long the program has been running, in milliseconds. Missing where nothing counts that.
    pub running_ms: Option<i64>,
}

impl From<Millis> for Reading {
    fn from(wall: Millis) -> Self {
        Self {
            wall,
            running_ms: None,
        }
    }
}

/// The time to write down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockTime {
    pub at: Millis,
    /// The tablet cannot be sure of it.
    pub doubtful: bool,
}

/// What a tablet goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// The server's time when the tablet heard it last.
    pub server: Millis,
    /// What the clock that people set said then.
    pub wall: Millis,
    /// How long the program had been running then; missing where it was started since.
    pub running_ms: Option<i64>,
}

/// A clock that is off by less is as right as clocks are.
pub const TOLERANCE_MS: i64 = 2 * 60 * 1000;
/// A clock that was not compared for longer is not relied on.
pub const LONGEST_MS: i64 = 31 * Millis::DAY;

/// The time, by the last contact with the server, if there was one, and the newest record made since.
///
/// Never before either of the two.
pub fn time(contact: Option<Contact>, newest_record: Option<Millis>, now: Reading) -> ClockTime {
    let Some(contact) = contact else {
        return ClockTime {
            at: newest_record.map_or(now.wall, |record| record.max(now.wall)),
            doubtful: true,
        };
    };
    let passed_ms = now.wall.0.saturating_sub(contact.wall.0);
    let by_wall = contact.server.plus(passed_ms);
    let at_least_passed_ms = match (contact.running_ms, now.running_ms) {
        (Some(then), Some(now)) => now.saturating_sub(then).max(0),
        _ => 0,
    };
    let at_least = contact.server.plus(at_least_passed_ms);
    let at_least = newest_record.map_or(at_least, |record| record.max(at_least));
    ClockTime {
        at: by_wall.max(at_least),
        doubtful: by_wall.plus(TOLERANCE_MS) < at_least || passed_ms > LONGEST_MS,
    }
}

/// Was the clock set between these two readings? `watched`: somebody had the screen on all the while, so
/// that the tablet cannot have slept.
pub fn has_jumped(before: Reading, now: Reading, watched: bool) -> bool {
    let (Some(ran_before_ms), Some(ran_ms)) = (before.running_ms, now.running_ms) else {
        return false;
    };
    let passed_ms = now.wall.0.saturating_sub(before.wall.0);
    let ran_ms = ran_ms.saturating_sub(ran_before_ms);
    let ahead_ms = passed_ms.saturating_sub(ran_ms);
    ahead_ms < -TOLERANCE_MS || (watched && ahead_ms > TOLERANCE_MS)
}

/// No tablet was there before.
const EARLIEST: Millis = Millis(1_577_836_800_000);

/// May it have been recorded then? Not before the tablet was enrolled, as far as that is known, and not
/// after it came in.
pub fn is_plausible(recorded_at: Millis, enrolled_at: Option<Millis>, received_at: Millis) -> bool {
    let window_ms = limits::CLOCK_WINDOW_MS;
    let since = enrolled_at.map_or(EARLIEST, |at| at.plus(-window_ms).max(EARLIEST));
    (since..=received_at.plus(window_ms)).contains(&recorded_at)
}

/// The unit in which people say how long something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

/// How long that is, as people say it: at most some dozens of the largest unit that fits, at least a
/// minute. Whether it is before or after is not told.
pub fn span(millis: i64) -> (u64, Unit) {
    const MINUTE_MS: u64 = 60_000;
    const HOUR_MS: u64 = 60 * MINUTE_MS;
    const DAY_MS: u64 = 24 * HOUR_MS;
    const YEAR_MS: u64 = 365 * DAY_MS + DAY_MS / 4;
    let millis = millis.unsigned_abs();
    let rounded = |unit_ms: u64| millis.saturating_add(unit_ms / 2) / unit_ms;
    if rounded(MINUTE_MS) < 60 {
        (rounded(MINUTE_MS).max(1), Unit::Minute)
    } else if rounded(HOUR_MS) < 48 {
        (rounded(HOUR_MS), Unit::Hour)
    } else if rounded(DAY_MS) < 60 {
        (rounded(DAY_MS), Unit::Day)
    } else if rounded(YEAR_MS / 12) < 24 {
        (rounded(YEAR_MS / 12), Unit::Month)
    } else {
        (rounded(YEAR_MS), Unit::Year)
    }
}
