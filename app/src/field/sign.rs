//! The quiet sign: where the words are. It is always right, and says the least reassuring truth.

use koffiekar_sync_core::ids::Millis;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use super::{
    live, pause,
    store::StoreError,
    sync,
    tablet::{self, Count},
    words::words,
};
use crate::{parts::moment, words::fill};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    Busy,
    /// All of it is on the server, and some of it waits there for an administrator.
    Undecided,
    Safe,
    NeedsYou,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Busy => "busy",
            Self::Undecided => "undecided",
            Self::Safe => "safe",
            Self::NeedsYou => "needs-you",
        }
    }
    fn mark(self) -> &'static str {
        match self {
            Self::Waiting => "●",
            Self::Busy => "↻",
            Self::Undecided => "◐",
            Self::Safe => "✓",
            Self::NeedsYou => "!",
        }
    }
}

/// What else is true, and said behind the first thing.
fn besides(count: Count, waiting: bool, undecided: bool) -> Vec<String> {
    let words = words();
    let mut besides = Vec::new();
    if waiting && count.waiting > 0 {
        besides.push(many(count.waiting, words.waits_one, words.waits_many));
    }
    if undecided && count.undecided > 0 {
        besides.push(fill(words.undecided, &[&count.undecided.to_string()]));
    }
    // What is not finished is on this tablet alone: "alles" would not be true without saying so.
    if count.drafts > 0 {
        besides.push(many(count.drafts, words.drafts_one, words.drafts_many));
    }
    besides
}

pub(crate) fn state() -> (State, String) {
    let words = words();
    let seen = tablet::see(|open| {
        let replica = &open.replica;
        let is_checked = !replica.is_comparing();
        let contact = replica.last_contact().filter(|_| is_checked);
        (open.count(), contact, is_checked, replica.revoked())
    });
    let (count, contact, is_checked, revoked) = seen.unwrap_or_default();
    let progress = sync::progress().get();
    let needs = match tablet::trouble().get() {
        Some(StoreError::Full) => Some(words.needs_room.to_owned()),
        Some(StoreError::Emptied) => Some(words.needs_writing_anew.to_owned()),
        Some(StoreError::Broken(_) | StoreError::Newer) => Some(words.needs_disk.to_owned()),
        None if count.refused > 0 => {
            Some(many(count.refused, words.refused_one, words.refused_many))
        }
        None if progress.sign_in_again || revoked => Some(words.needs_sign_in.to_owned()),
        None if count.aside > 0 => Some(many(count.aside, words.aside_one, words.aside_many)),
        None if count.unreadable > 0 => Some(fill(
            words.needs_unreadable,
            &[&count.unreadable.to_string()],
        )),
        None => None,
    };
    let (state, text, besides) = if let Some(needs) = needs {
        let text = fill(words.sign_needs_you, &[&needs]);
        (State::NeedsYou, text, besides(count, true, true))
    } else if count.waiting > 0 {
        let waits = count.waiting.to_string();
        let (state, text) = if progress.busy {
            (State::Busy, fill(words.sign_sending, &[&waits]))
        } else {
            let waits = many(count.waiting, words.waits_one, words.waits_many);
            (State::Waiting, fill(words.sign_waiting, &[&waits]))
        };
        (state, text, besides(count, false, true))
    } else if count.undecided > 0 {
        let text = fill(words.sign_undecided, &[&count.undecided.to_string()]);
        (State::Undecided, text, besides(count, false, false))
    } else {
        let (state, text) = match contact {
            Some(at) => (State::Safe, safe_since(at)),
            None if progress.busy => (State::Busy, words.sign_busy.to_owned()),
            None if is_checked => (State::Waiting, words.sign_never.to_owned()),
            // A backup was put back there, or somebody signed in anew.
            None => (State::Waiting, words.sign_unchecked.to_owned()),
        };
        (state, text, besides(count, false, false))
    };
    let mut parts = vec![text];
    parts.extend(besides);
    (state, parts.join(" · "))
}

/// By the server's clock; the tablet's is as far off as it was then.
fn safe_since(at: Millis) -> String {
    today().track();
    let words = words();
    if date(at).to_date_string() == js_sys::Date::new_0().to_date_string() {
        fill(words.sign_safe, &[&time_of_day(at)])
    } else {
        // A time alone would be taken for today's.
        fill(words.sign_safe_day, &[&moment(at)])
    }
}

thread_local! {
    static TODAY: ArcRwSignal<f64> = ArcRwSignal::new(0.0);
}

fn today() -> ArcRwSignal<f64> {
    TODAY.with(Clone::clone)
}

/// Call now and then: what is told by its hour is told by its day after midnight.
pub(crate) fn tick() {
    let today = today();
    let day = js_sys::Date::new_0().get_date();
    if today.with_untracked(|before| *before != f64::from(day)) {
        today.set(f64::from(day));
    }
}

pub(crate) fn many(count: usize, one: &str, many: &str) -> String {
    fill(if count == 1 { one } else { many }, &[&count.to_string()])
}

fn date(at: Millis) -> js_sys::Date {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit until the year 287396"
    )]
    js_sys::Date::new(&JsValue::from_f64(at.0 as f64))
}

/// `14:05`
pub(crate) fn time_of_day(at: Millis) -> String {
    let date = date(at);
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

#[component]
pub(crate) fn SyncSign() -> impl IntoView {
    let state = Memo::new(|_| state());
    let live = live::is_open();
    view! {
        <a
            class="f-sign"
            href="/veld/tablet"
            data-testid="sync-state"
            data-state=move || state.with(|(state, _)| state.name())
            data-live=move || live.get().to_string()
        >
            <span class="f-mark" aria-hidden="true" prop:textContent=move || state.with(|(state, _)| state.mark())></span>
            <span role="status" aria-live="polite" aria-label=words().sign_label
                prop:textContent=move || state.with(|(_, text)| text.clone())></span>
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
