//! Whether a round runs today. One that is over, or still to come, says so wherever it is shown, and asks
//! before a conversation is recorded into it.

use std::{cell::RefCell, collections::BTreeSet};

use koffiekar_sync_core::{
    catalogue::{Round, RoundTime},
    ids::{Millis, RoundId},
};
use leptos::prelude::*;

use super::{clock, words::words};
use crate::{
    parts::{Dialog, iso_date, iso_day, time_of_day},
    words::fill,
};

thread_local! {
    /// Rounds into which somebody said today that they record all the same.
    static AGREED: RefCell<BTreeSet<(RoundId, String)>> = const { RefCell::new(BTreeSet::new()) };
}

/// By the tablet's clock, as far as it is corrected by the server's.
fn now() -> Millis {
    clock::time().at
}

/// `2026-01-24`, in the time zone of the programme.
fn today() -> String {
    iso_date(now())
}

/// When today began, by the same clock and in the same zone; an hour off on the days on which clocks are changed.
pub(crate) fn start_of_today() -> Millis {
    let now = now();
    let time = time_of_day(now);
    let mut parts = time.split(':').map(|part| part.parse::<i64>().unwrap_or(0));
    let (hours, minutes) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    now.plus(-(hours * 60 + minutes) * 60 * Millis::SECOND)
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
