//! The tablet's clocks: read together, and looked at now and then, so that one that was set is noticed.
//! What follows from them stands in [`koffiekar_sync_core::clock`].

use std::{cell::Cell, time::Duration};

use koffiekar_sync_core::{
    clock::{ClockTime, Reading, Unit, span},
    replica::Effect,
};
use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    sign::many,
    sync::is_visible,
    tablet::{self, Done},
    words::words,
};

const OFTEN: Duration = Duration::from_secs(10);

thread_local! {
    /// The screen was on since the last look.
    static IS_WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Call once.
pub(crate) fn listen() {
    let _ = set_interval_with_handle(look, OFTEN);
    // A screen that goes dark ends what was watched, and one that lights up begins it.
    let _ = window_event_listener(ev::visibilitychange, |_| look());
}

pub(crate) fn reading() -> Reading {
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    let running_ms = window().performance().map(|clock| clock.now() as i64);
    Reading {
        wall: tablet::now(),
        running_ms,
    }
}

/// The time to write down.
pub(crate) fn time() -> ClockTime {
    look();
    let now = reading();
    tablet::peek(|open| open.replica.time(now)).unwrap_or(ClockTime {
        at: now.wall,
        doubtful: true,
    })
}

/// Notices whether the clock was set since the last look.
pub(crate) fn look() {
    let was_watched = IS_WATCHED.replace(is_visible());
    let now = reading();
    let effects = tablet::touch(|open| open.replica.look_at_clock(now, was_watched));
    let effects: Vec<Effect> = effects.unwrap_or_default();
    if effects.is_empty() {
        return;
    }
    tablet::changed();
    spawn_local(async {
        // The doubt stands in memory already. Where it cannot be kept the disk has failed, which is told.
        let _ = tablet::work(|_| {
            Ok(Done {
                value: (),
                effects,
                writes: Vec::new(),
            })
        })
        .await;
    });
}

/// `3 uur`
pub(crate) fn span_in_words(millis: i64) -> String {
    let words = words();
    let (count, unit) = span(millis);
    let (one, several) = match unit {
        Unit::Minute => (words.minute_one, words.minute_many),
        Unit::Hour => (words.hour_one, words.hour_many),
        Unit::Day => (words.day_one, words.day_many),
        Unit::Month => (words.month_one, words.month_many),
        Unit::Year => (words.year_one, words.year_many),
    };
    many(usize::try_from(count).unwrap_or(usize::MAX), one, several)
}
