//! The quiet sign: where the words are. What may be said follows from [`koffiekar_sync_core::sign`];
//! here it gets its words.

use std::time::Duration;

use koffiekar_sync_core::{
    ids::Millis,
    sign::{Disk, Facts, Line, Say, Sign, State, sign},
};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use super::{
    live, pause,
    store::StoreError,
    sync,
    tablet::{self, Kept},
    words::words,
};
use crate::{
    api::Failure,
    parts::{day, moment, now, time_of_day},
    words::{counted, fill},
};

fn name(state: State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Busy => "busy",
        State::Undecided => "undecided",
        State::Unfinished => "unfinished",
        State::NoAnswer => "no-answer",
        State::Safe => "safe",
        State::NeedsYou => "needs-you",
    }
}

fn mark(state: State) -> &'static str {
    match state {
        State::Waiting => "●",
        State::Busy => "↻",
        State::Undecided => "◐",
        State::Unfinished => "✎",
        State::NoAnswer => "?",
        State::Safe => "✓",
        State::NeedsYou => "!",
    }
}

fn facts() -> Facts {
    let seen = tablet::see(|open| {
        let replica = &open.replica;
        (
            open.count(),
            replica.last_contact(),
            replica.is_comparing(),
            replica.revoked(),
        )
    });
    let (count, contact, comparing, revoked) = seen.unwrap_or_default();
    let progress = sync::progress().get();
    // The attempt that is under way says more than how the last one failed.
    let line = match &progress.failure {
        _ if progress.is_silent => Line::Silent,
        Some(sync::Trouble::Server(Failure::Stranger)) => Line::Stranger,
        Some(sync::Trouble::Server(Failure::TimedOut)) => Line::Silent,
        _ => Line::Known,
    };
    let is_saving = tablet::kept().get() == Kept::Saving && !tablet::is_written();
    Facts {
        disk: match tablet::trouble().get() {
            Some(StoreError::Full) => Disk::Full,
            Some(StoreError::Emptied) => Disk::Emptied,
            Some(StoreError::Broken(_) | StoreError::Newer) => Disk::Broken,
            None => Disk::Works,
        },
        waiting: count.waiting,
        undecided: count.undecided,
        refused: count.refused,
        unfinished: count.drafts,
        unreadable: count.unreadable,
        aside: count.aside,
        typing: is_saving,
        signed_out: progress.sign_in_again || revoked,
        busy: progress.busy,
        line,
        contact,
        comparing,
    }
}

fn in_words(say: Say) -> String {
    let words = words();
    match say {
        Say::DiskFull => words.needs_room.to_owned(),
        Say::DiskBroken => words.needs_disk.to_owned(),
        Say::DiskEmptied => words.needs_writing_anew.to_owned(),
        Say::Aside(count) => many(count, words.aside_one, words.aside_many),
        Say::Refused(count) => many(count, words.refused_one, words.refused_many),
        Say::SignIn => words.needs_sign_in.to_owned(),
        Say::Unreadable(count) => many(
            count,
            words.needs_unreadable_one,
            words.needs_unreadable_many,
        ),
        Say::Waiting(count) => {
            let waits = many(count, words.waits_one, words.waits_many);
            fill(words.sign_waiting, &[&waits])
        }
        Say::Sending(count) => fill(words.sign_sending, &[&count.to_string()]),
        Say::Undecided(count) => fill(words.sign_undecided, &[&count.to_string()]),
        Say::Unfinished(count) => many(count, words.drafts_one, words.drafts_many),
        Say::Typing => words.sign_typing.to_owned(),
        Say::Busy => words.sign_busy.to_owned(),
        Say::Never => words.sign_never.to_owned(),
        Say::Unchecked => words.sign_unchecked.to_owned(),
        Say::Silent => words.sign_silent.to_owned(),
        Say::Stranger => words.sign_stranger.to_owned(),
        Say::Safe(at) => since(at, words.sign_safe, words.sign_safe_day),
        Say::RestSafe(at) => since(at, words.sign_rest_safe, words.sign_rest_safe_day),
    }
}

pub(crate) fn state() -> (State, String) {
    let Sign { state, says } = sign(&facts());
    let says: Vec<String> = says.into_iter().map(in_words).collect();
    let says = says.join(" · ");
    let text = match state {
        State::NeedsYou => fill(words().sign_needs_you, &[&says]),
        _ => says,
    };
    (state, text)
}

/// By the server's clock; the tablet's is as far off as it was then.
fn since(at: Millis, today_words: &str, day_words: &str) -> String {
    today().track();
    if day(at) == day(now()) {
        fill(today_words, &[&time_of_day(at)])
    } else {
        // A time alone would be taken for today's.
        fill(day_words, &[&moment(at)])
    }
}

thread_local! {
    static TODAY: ArcRwSignal<String> = ArcRwSignal::new(String::new());
}

fn today() -> ArcRwSignal<String> {
    TODAY.with(Clone::clone)
}

/// Call now and then: what is told by its hour is told by its day after midnight.
pub(crate) fn tick() {
    let today = today();
    let day = day(now());
    if today.with_untracked(|before| *before != day) {
        today.set(day);
    }
}

pub(crate) fn many(count: usize, one: &str, many: &str) -> String {
    counted(
        if count == 1 { one } else { many },
        count as u64,
        &[&count.to_string()],
    )
}

/// What changes back within this is not spoken: each sync would be.
const SPOKEN_AFTER: Duration = Duration::from_millis(1_500);

#[component]
pub(crate) fn SyncSign() -> impl IntoView {
    let state = Memo::new(|_| state());
    let live = live::is_open();
    let spoken = RwSignal::new(String::new());
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = before.flatten() {
            timer.clear();
        }
        let text = state.with(|(_, text)| text.clone());
        let speak = move || {
            if spoken.try_with_untracked(|now| *now != text) == Some(true) {
                spoken.set(text);
            }
        };
        set_timeout_with_handle(speak, SPOKEN_AFTER).ok()
    });
    view! {
        <a
            class="f-sign"
            href="/veld/tablet"
            data-testid="sync-state"
            data-state=move || state.with(|(state, _)| name(*state))
            data-live=move || live.get().to_string()
        >
            <span class="f-mark" aria-hidden="true" prop:textContent=move || state.with(|(state, _)| mark(*state))></span>
            <span class="unseen">{words().sign_label}": "</span>
            <span prop:textContent=move || state.with(|(_, text)| text.clone())></span>
        </a>
        // Apart from the link: a screen reader speaks what changes here, wherever the focus is.
        <p class="unseen" role="status" aria-live="polite" data-testid="sync-spoken">
            {move || spoken.get()}
        </p>
    }
}

/// The disk refuses: the one thing that may stand in the worker's way.
#[component]
pub(crate) fn StorageTrouble() -> impl IntoView {
    let trouble = tablet::trouble();
    let trouble = Memo::new(move |_| trouble.get());
    let again = move |_| {
        pause::flush();
        tablet::keep_all_again();
    };
    move || {
        trouble.get().map(|error| {
            let text = match error {
                StoreError::Full => words().storage_full,
                StoreError::Emptied => words().storage_emptied,
                StoreError::Newer => words().renewed_text,
                StoreError::Broken(_) => words().storage_broken,
            };
            view! {
                <div class="f-trouble" role="alert" data-testid="storage-trouble">
                    <p>{text}</p>
                    <button type="button" class="button" data-testid="keep-again" on:click=again>
                        {words().keep_again}
                    </button>
                </div>
            }
        })
    }
}

/// The storage was emptied, and all that was open was written once more.
#[component]
pub(crate) fn WrittenAnewNotice() -> impl IntoView {
    let written = tablet::written_anew();
    let read = written.clone();
    move || {
        let read = read.clone();
        written.get().map(|written| {
            let words = words();
            let others = (!written.others.is_empty())
                .then(|| fill(words.written_anew_others, &[&written.others.join(", ")]));
            view! {
                <div class="f-trouble" role="alert" data-testid="written-anew">
                    <p>{fill(words.written_anew, &[&time_of_day(written.at)])}</p>
                    {others.map(|text| view! { <p data-testid="written-anew-others">{text}</p> })}
                    <button type="button" class="button" data-testid="written-anew-read" on:click=move |_| read.set(None)>
                        {words.understood}
                    </button>
                </div>
            }
        })
    }
}

/// Conversations that ended the app when it opened them.
#[component]
pub(crate) fn AsideNotice() -> impl IntoView {
    let count = Memo::new(|_| tablet::see(tablet::Open::count).unwrap_or_default());
    let again = |_| {
        spawn_local(async {
            if tablet::try_aside_again().await.is_ok() {
                sync::now();
            }
        });
    };
    move || {
        let aside = count.with(|count| count.aside);
        (aside > 0).then(|| {
            let words = words();
            view! {
                <div class="notice bad" role="alert" data-testid="aside" data-count=aside.to_string()>
                    <p class="notice-title">{many(aside, words.aside_one, words.aside_many)}</p>
                    <p>{words.aside_text}</p>
                    <div class="row">
                        <button type="button" class="button f-big" data-testid="aside-again" on:click=again>
                            {words.aside_again}
                        </button>
                        <a class="f-link" href="/veld/tablet">{words.to_tablet}</a>
                    </div>
                </div>
            }
        })
    }
}

/// The server does not take this tablet as it is; `true` where its access was ended.
pub(crate) fn signed_out() -> Option<bool> {
    let revoked = tablet::see(|open| open.replica.revoked()).unwrap_or_default();
    (sync::progress().with(|progress| progress.sign_in_again) || revoked).then_some(revoked)
}

/// Recording goes on without the server's word; whoever does it should know that, and what helps.
#[component]
pub(crate) fn SignedOut() -> impl IntoView {
    let signed_out = Memo::new(|_| signed_out());
    move || {
        let revoked = signed_out.get()?;
        let words = words();
        let text = if revoked {
            words.revoked_goes_on
        } else {
            words.signed_out_goes_on
        };
        Some(view! {
            <div class="notice f-notice" role="note" data-testid="signed-out">
                <p>{text}</p>
                <p><a class="f-link" href="/veld/tablet">{words.to_tablet}</a></p>
            </div>
        })
    }
}

/// The clock is further off than this: it is told.
pub(crate) const CLOCK_OFF_MS: i64 = 5 * 60 * 1000;
