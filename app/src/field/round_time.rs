//! Whether a round runs today. One that is over, or still to come, says so wherever it is shown, and asks
//! before a conversation is recorded into it.

use std::{cell::RefCell, collections::BTreeSet};

use koffiekar_sync_core::{
    catalogue::{Round, RoundTime},
    ids::{Millis, RoundId},
};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::{clock, words::words};
use crate::{
    parts::{Dialog, iso_day},
    words::fill,
};

thread_local! {
    /// Rounds into which somebody said today that they record all the same.
    static AGREED: RefCell<BTreeSet<(RoundId, String)>> = const { RefCell::new(BTreeSet::new()) };
}

/// By the tablet's clock, as far as it is corrected by the server's.
fn now() -> js_sys::Date {
    let at = clock::time().at;
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit until the year 287396"
    )]
    js_sys::Date::new(&JsValue::from_f64(at.0 as f64))
}

/// `2026-01-24`, where the tablet is.
fn today() -> String {
    let now = now();
    let (month, day) = (now.get_month() + 1, now.get_date());
    format!("{:04}-{month:02}-{day:02}", now.get_full_year())
}

/// When today began, by the same clock.
pub(crate) fn start_of_today() -> Millis {
    let now = now();
    now.set_hours(0);
    now.set_minutes(0);
    now.set_seconds(0);
    now.set_milliseconds(0);
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    Millis(now.get_time() as i64)
}

pub(crate) fn time_of(round: &Round) -> RoundTime {
    round.time_on(&today())
}

/// `afgelopen op 31 jan 2026`; nothing of a round that runs.
pub(crate) fn describe(round: &Round) -> Option<String> {
    let words = words();
    match time_of(round) {
        RoundTime::Running => None,
        RoundTime::Over => Some(fill(words.round_over, &[&iso_day(&round.ends_on)])),
        RoundTime::Ahead => Some(fill(words.round_ahead, &[&iso_day(&round.starts_on)])),
    }
}

/// Whether somebody has to be asked first.
pub(crate) fn must_ask(round: &Round) -> bool {
    time_of(round) != RoundTime::Running
        && !AGREED.with_borrow(|agreed| agreed.contains(&(round.id, today())))
}

/// "Record in a round that is over?"
#[component]
pub(crate) fn AskFirst(
    round: Round,
    /// Another round runs now.
    runs: Option<Round>,
    on_close: Callback<()>,
    on_record: Callback<()>,
    on_other: Callback<RoundId>,
) -> impl IntoView {
    let words = words();
    let id = round.id;
    let (title, text) = match time_of(&round) {
        RoundTime::Ahead => (
            words.round_ahead_title,
            fill(
                words.round_ahead_text,
                &[&round.name, &iso_day(&round.starts_on)],
            ),
        ),
        RoundTime::Running | RoundTime::Over => (
            words.round_over_title,
            fill(
                words.round_over_text,
                &[&round.name, &iso_day(&round.ends_on)],
            ),
        ),
    };
    let record = move |_| {
        AGREED.with_borrow_mut(|agreed| agreed.insert((id, today())));
        on_record.run(());
    };
    let has_other = runs.is_some();
    view! {
        <Dialog title on_close>
            <p data-testid="round-asks">{text}</p>
            <div class="row f-choice-row">
                {runs.map(|other| {
                    let to = other.id;
                    view! {
                        <button type="button" class="button main f-big" data-testid="to-running-round"
                            on:click=move |_| on_other.run(to)>
                            {fill(words.to_running_round, &[&other.name])}
                        </button>
                    }
                })}
                <button type="button" class="button f-big" class:main=!has_other data-testid="record-anyway" on:click=record>
                    {words.record_anyway}
                </button>
                <button type="button" class="button quiet f-big" data-testid="do-not-record"
                    on:click=move |_| on_close.run(())>
                    {words.do_not_record}
                </button>
            </div>
        </Dialog>
    }
}
