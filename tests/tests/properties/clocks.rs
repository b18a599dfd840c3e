//! A tablet never writes down a time that its own clocks contradict without saying so.

use koffiekar_sync_core::clock::{
    Contact, LONGEST_MS, Reading, TOLERANCE_MS, Unit, has_jumped, is_plausible, span, time,
};
use koffiekar_sync_core::ids::Millis;
use proptest::prelude::*;

use super::hold;

const SERVER: Millis = Millis(1_769_250_000_000);
const HOUR_MS: i64 = 60 * 60 * 1_000;
const YEAR_MS: i64 = 365 * Millis::DAY;

/// When the server was heard: the tablet's clock was off by so much.
fn contact(off_ms: i64, running_ms: Option<i64>) -> Contact {
    Contact {
        server: SERVER,
        wall: SERVER.plus(off_ms),
        running_ms,
    }
}

fn reading(wall: Millis, running_ms: Option<i64>) -> Reading {
    Reading { wall, running_ms }
}

#[test]
fn a_clock_that_nobody_sets_gives_the_time_of_the_server_whatever_it_is_off_and_however_long_it_slept()
 {
    let off = -10 * YEAR_MS..10 * YEAR_MS;
    hold(
        500,
        (off, 0..LONGEST_MS, 0.0..1.0_f64),
        |(off_ms, passed_ms, awake)| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a part of whole milliseconds"
            )]
            let ran_ms = (passed_ms as f64 * awake) as i64;
            let now = reading(SERVER.plus(off_ms + passed_ms), Some(700 + ran_ms));
            for then in [contact(off_ms, Some(700)), contact(off_ms, None)] {
                let told = time(Some(then), None, now);
                prop_assert_eq!((told.at, told.doubtful), (SERVER.plus(passed_ms), false));
            }
            Ok(())
        },
    );
}

#[test]
fn a_clock_that_was_set_back_is_doubted_and_nothing_is_dated_before_what_is_known() {
    let back = TOLERANCE_MS + 1..10 * YEAR_MS;
    hold(500, (back, 0..LONGEST_MS), |(back_ms, ran_ms)| {
        let then = contact(5_000, Some(0));
        let now = reading(then.wall.plus(ran_ms - back_ms), Some(ran_ms));
        let told = time(Some(then), None, now);
        prop_assert_eq!((told.at, told.doubtful), (SERVER.plus(ran_ms), true));
        // After a restart nothing has counted since: the last contact is the floor.
        let now = reading(then.wall.plus(-back_ms), Some(0));
        let told = time(Some(contact(5_000, None)), None, now);
        prop_assert_eq!((told.at, told.doubtful), (SERVER, true));
        Ok(())
    });
}

#[test]
fn the_newest_record_is_a_floor_as_well() {
    let then = contact(0, None);
    let record = SERVER.plus(3 * HOUR_MS);
    let now = reading(then.wall.plus(HOUR_MS), None);
    let told = time(Some(then), Some(record), now);
    assert_eq!((told.at, told.doubtful), (record, true));
    let now = reading(then.wall.plus(4 * HOUR_MS), None);
    let told = time(Some(then), Some(record), now);
    assert_eq!((told.at, told.doubtful), (SERVER.plus(4 * HOUR_MS), false));
}

#[test]
fn no_time_is_before_the_last_contact_or_the_newest_record_whatever_the_clocks_say() {
    let number = || prop_oneof![any::<i64>(), -YEAR_MS..YEAR_MS];
    let all = (
        number(),
        number(),
        number(),
        any::<Option<i64>>(),
        any::<Option<i64>>(),
        any::<Option<i64>>(),
    );
    hold(
        2_000,
        all,
        |(server, wall_then, wall, ran_then, ran, record)| {
            let then = Contact {
                server: Millis(server),
                wall: Millis(wall_then),
                running_ms: ran_then,
            };
            let record = record.map(Millis);
            let told = time(Some(then), record, reading(Millis(wall), ran));
            prop_assert!(told.at >= then.server);
            prop_assert!(record.is_none_or(|record| told.at >= record));
            Ok(())
        },
    );
}

#[test]
fn a_clock_that_was_never_compared_or_not_for_a_month_is_in_doubt() {
    let now = reading(SERVER, Some(9));
    let told = time(None, None, now);
    assert_eq!((told.at, told.doubtful), (SERVER, true));
    let then = contact(0, None);
    let late = reading(SERVER.plus(LONGEST_MS + 1), None);
    assert!(time(Some(then), None, late).doubtful);
    // Set ahead by two years: nothing else shows it after a restart.
    let ahead = reading(SERVER.plus(2 * YEAR_MS), None);
    assert!(time(Some(then), None, ahead).doubtful);
}

#[test]
fn a_clock_that_is_set_while_the_program_runs_is_noticed_and_sleep_is_not_taken_for_it() {
    let before = reading(SERVER, Some(0));
    let after = |passed_ms: i64, ran_ms: i64| reading(SERVER.plus(passed_ms), Some(ran_ms));
    for watched in [false, true] {
        assert!(!has_jumped(before, after(10_000, 10_000), watched));
        assert!(has_jumped(before, after(-2 * YEAR_MS, 10_000), watched));
        assert!(has_jumped(before, after(-HOUR_MS, 10_000), watched));
        // Clocks are set by seconds all the time.
        assert!(!has_jumped(
            before,
            after(10_000 - TOLERANCE_MS, 10_000),
            watched
        ));
    }
    let later = after(3 * HOUR_MS, 10_000);
    assert!(!has_jumped(before, later, false), "it slept, most likely");
    assert!(has_jumped(before, later, true), "nobody slept");
    let unknown = reading(SERVER.plus(-YEAR_MS), None);
    assert!(!has_jumped(before, unknown, true));
}

#[test]
fn the_server_doubts_what_was_recorded_before_the_tablet_was_there_or_after_it_came_in() {
    let minute = 60_000;
    let received = SERVER.plus(5 * Millis::DAY);
    let plausible = |at: Millis| is_plausible(at, Some(SERVER), received);
    assert!(plausible(SERVER) && plausible(received));
    assert!(plausible(SERVER.plus(-9 * minute)) && plausible(received.plus(9 * minute)));
    assert!(!plausible(SERVER.plus(-11 * minute)) && !plausible(received.plus(11 * minute)));
    assert!(!plausible(SERVER.plus(-2 * YEAR_MS)) && !plausible(received.plus(3 * HOUR_MS)));
    // Of one whose enrolment says nothing about it.
    assert!(is_plausible(SERVER.plus(-2 * YEAR_MS), None, received));
    for at in [i64::MIN, -1, 0, 1_577_836_799_999, i64::MAX] {
        assert!(!is_plausible(Millis(at), None, received), "{at}");
        assert!(!plausible(Millis(at)), "{at}");
    }
}

#[test]
fn how_long_something_is_comes_in_the_unit_that_people_say_it_in() {
    let minute = 60_000;
    let said = |minutes: i64| span(minutes * minute);
    assert_eq!(span(0), (1, Unit::Minute));
    assert_eq!(said(5), (5, Unit::Minute));
    assert_eq!(said(-59), (59, Unit::Minute));
    assert_eq!(said(60), (1, Unit::Hour));
    assert_eq!(said(180), (3, Unit::Hour));
    assert_eq!(said(3 * 24 * 60), (3, Unit::Day));
    assert_eq!(said(100 * 24 * 60), (3, Unit::Month));
    assert_eq!(said(1_051_199), (2, Unit::Year));
    hold(2_000, any::<i64>(), |millis| {
        let (count, unit) = span(millis);
        let most = match unit {
            Unit::Minute | Unit::Day => 60,
            Unit::Hour => 48,
            Unit::Month => 24,
            Unit::Year => u64::MAX,
        };
        prop_assert!(count >= 1 && count < most, "{} {:?}", count, unit);
        prop_assert_eq!(span(millis), span(millis.saturating_neg()));
        Ok(())
    });
}
