//! The quiet sign: where the words are. It is always right, and says the least reassuring truth.

use leptos::prelude::*;

use super::{
    pause,
    store::StoreError,
    sync,
    tablet::{self, Count},
    words::words,
};
use crate::words::fill;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    Busy,
    Safe,
    NeedsYou,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Busy => "busy",
            Self::Safe => "safe",
            Self::NeedsYou => "needs-you",
        }
    }
    fn mark(self) -> &'static str {
        match self {
            Self::Waiting => "●",
            Self::Busy => "↻",
            Self::Safe => "✓",
            Self::NeedsYou => "!",
        }
    }
}

pub(crate) fn state() -> (State, String) {
    let words = words();
    let (count, contact) =
        tablet::see(|open| (open.count(), open.replica.last_contact())).unwrap_or_default();
    let progress = sync::progress().get();
    let (state, text) = if tablet::trouble().get().is_some() {
        (
            State::NeedsYou,
            fill(words.sign_needs_you, &[words.needs_room]),
        )
    } else if count.refused > 0 {
        let refused = many(count.refused, words.refused_one, words.refused_many);
        (State::NeedsYou, fill(words.sign_needs_you, &[&refused]))
    } else if progress.sign_in_again {
        (
            State::NeedsYou,
            fill(words.sign_needs_you, &[words.needs_sign_in]),
        )
    } else if count.unreadable > 0 {
        let unreadable = many(
            count.unreadable,
            words.needs_unreadable,
            words.needs_unreadable,
        );
        (State::NeedsYou, fill(words.sign_needs_you, &[&unreadable]))
    } else if progress.busy && (count.waiting > 0 || contact.is_none()) {
        (State::Busy, words.sign_busy.to_owned())
    } else if count.waiting > 0 {
        let waits = many(count.waiting, words.waits_one, words.waits_many);
        (State::Waiting, fill(words.sign_waiting, &[&waits]))
    } else if let Some(at) = contact {
        // The server's clock; the tablet's is as far off as it was then.
        (State::Safe, fill(words.sign_safe, &[&time_of_day(at)]))
    } else {
        (State::Waiting, words.sign_never.to_owned())
    };
    (state, with_drafts(text, count))
}

/// What is not finished is on this tablet alone: "alles" would not be true without saying so.
fn with_drafts(text: String, count: Count) -> String {
    let words = words();
    match count.drafts {
        0 => text,
        drafts => format!(
            "{text} · {}",
            many(drafts, words.drafts_one, words.drafts_many)
        ),
    }
}

pub(crate) fn many(count: usize, one: &str, many: &str) -> String {
    fill(if count == 1 { one } else { many }, &[&count.to_string()])
}

/// `14:05`
pub(crate) fn time_of_day(at: koffiekar_sync_core::ids::Millis) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit until the year 287396"
    )]
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.0 as f64));
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

#[component]
pub(crate) fn SyncSign() -> impl IntoView {
    let state = Memo::new(|_| state());
    view! {
        <a
            class="f-sign"
            href="/veld/tablet"
            data-testid="sync-state"
            data-state=move || state.with(|(state, _)| state.name())
        >
            <span class="f-mark" aria-hidden="true">{move || state.with(|(state, _)| state.mark())}</span>
            <span role="status" aria-live="polite" aria-label=words().sign_label>
                {move || state.with(|(_, text)| text.clone())}
            </span>
        </a>
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

/// The clock is further off than this: it is told.
pub(crate) const CLOCK_OFF_MS: i64 = 5 * 60 * 1000;
