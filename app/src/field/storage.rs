//! Room on this tablet, and whether the browser may clear it by itself: told once, with what to do.

use std::cell::RefCell;

use js_sys::{Function, Reflect};
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageEstimate;

use super::{
    store::{self, StoreError},
    tablet,
    words::words,
};
use crate::{keep, route, words::fill};

const MEGABYTE: u64 = 1_000_000;
/// Thousands of conversations fit in this; it is the other apps that fill a tablet.
const LOW: u64 = 64 * MEGABYTE;
const VERY_LOW: u64 = 8 * MEGABYTE;
/// Room came back: whatever was told may be told again.
const ENOUGH: u64 = 2 * LOW;
/// Unsent work that may be cleared is told of again after so long.
const AGAIN_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What the browser says, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    used: u64,
    /// Missing where it does not tell the truth about it.
    left: Option<u64>,
}

/// So that pages learn nothing about a device, Chromium says that so much is left, or less in whole
/// steps of this, however full the disk is.
const ALWAYS_LEFT: u64 = 1024 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Warning {
    /// Little room is left, in megabytes.
    Low(u64),
    VeryLow,
    /// The browser may clear everything when the tablet runs out of room.
    Evictable,
}

thread_local! {
    static ROOM: ArcRwSignal<Option<Room>> = ArcRwSignal::new(None);
    /// Whether [`VERY_LOW`] bytes could be written when the tablet was opened.
    static FITS: ArcRwSignal<Option<bool>> = ArcRwSignal::new(None);
    static PERSISTED: ArcRwSignal<Option<bool>> = ArcRwSignal::new(None);
    /// The browser's offer to put the app on the home screen.
    static OFFER: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    static OFFERED: ArcRwSignal<bool> = ArcRwSignal::new(false);
    /// Grows when something was read and need not be told again.
    static READ: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

pub(crate) fn room() -> ArcRwSignal<Option<Room>> {
    ROOM.with(Clone::clone)
}

fn fits() -> ArcRwSignal<Option<bool>> {
    FITS.with(Clone::clone)
}

/// Did the browser promise not to clear the storage by itself?
pub(crate) fn persisted() -> ArcRwSignal<Option<bool>> {
    PERSISTED.with(Clone::clone)
}

fn offered() -> ArcRwSignal<bool> {
    OFFERED.with(Clone::clone)
}

/// Call once.
pub(crate) fn listen() {
    let _ = window_event_listener_untyped("beforeinstallprompt", |event| {
        // Offered by our own button, at a moment of the worker's choice.
        event.prevent_default();
        OFFER.set(Some(event.into()));
        offered().set(true);
    });
    let _ = window_event_listener_untyped("appinstalled", |_| {
        OFFER.take();
        offered().set(false);
        ask_to_persist();
    });
    let _ = window_event_listener(ev::visibilitychange, |_| look());
}

/// Looks again how much room there is and what the browser promises.
pub(crate) fn look() {
    spawn_local(async {
        let storage = window().navigator().storage();
        if let Some(room) = estimate().await {
            put(&self::room(), Some(room));
            forget_when_there_is_room();
        }
        if let Ok(promise) = storage.persisted() {
            answered(JsFuture::from(promise).await.ok());
        }
    });
}

/// Call when the tablet is opened, before anything is typed: a browser that does not say how much room
/// there is, is tried.
pub(crate) fn probe() {
    spawn_local(async {
        let mut bytes = vec![0; usize::try_from(VERY_LOW).unwrap_or_default()];
        // Zeros would be stored as next to nothing.
        if getrandom::fill(&mut bytes).is_err() {
            return;
        }
        match store::probe(bytes).await {
            Ok(()) => put(&fits(), Some(true)),
            Err(StoreError::Full) => put(&fits(), Some(false)),
            Err(_) => {}
        }
        forget_when_there_is_room();
    });
}

/// What was told may be told again.
fn forget_when_there_is_room() {
    let left = room()
        .get_untracked()
        .and_then(|room| room.left)
        .unwrap_or(ENOUGH);
    if left >= ENOUGH && fits().get_untracked() == Some(true) {
        keep::write(TOLD_LOW, "");
    }
}

/// Whoever opens a tablet, or puts the app on the home screen, is asked for little and gives it.
pub(crate) fn ask_to_persist() {
    spawn_local(async {
        let answer = match window().navigator().storage().persist() {
            Ok(promise) => JsFuture::from(promise).await.ok(),
            Err(_) => None,
        };
        answered(answer);
    });
}

fn answered(answer: Option<JsValue>) {
    let yes = answer.and_then(|yes| yes.as_bool()).unwrap_or_default();
    put(&persisted(), Some(yes));
}

fn put<T>(signal: &ArcRwSignal<T>, value: T)
where
    T: PartialEq + Send + Sync + 'static,
{
    if signal.with_untracked(|before| *before != value) {
        signal.set(value);
    }
}

async fn estimate() -> Option<Room> {
    let promise = window().navigator().storage().estimate().ok()?;
    let estimate: StorageEstimate = JsFuture::from(promise).await.ok()?.into();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole bytes"
    )]
    let bytes = |number: f64| number as u64;
    let (used, of) = (bytes(estimate.get_usage()?), bytes(estimate.get_quota()?));
    let left = of.saturating_sub(used);
    let is_true = left == 0 || !left.is_multiple_of(ALWAYS_LEFT);
    Some(Room {
        used,
        left: is_true.then_some(left),
    })
}

impl Room {
    /// `12 MB gebruikt, nog 480 MB vrij`
    pub(crate) fn text(self) -> String {
        let words = words();
        let used = self.used.div_ceil(MEGABYTE).to_string();
        match self.left {
            Some(left) => fill(words.storage_left, &[&used, &(left / MEGABYTE).to_string()]),
            None => fill(words.storage_used, &[&used]),
        }
    }
}

fn low() -> Option<Warning> {
    let left = room().get().and_then(|room| room.left);
    if fits().get() == Some(false) {
        return Some(Warning::VeryLow);
    }
    match left? {
        ..VERY_LOW => Some(Warning::VeryLow),
        left @ ..LOW => Some(Warning::Low(left / MEGABYTE)),
        _ => None,
    }
}

const TOLD_LOW: &str = "told-low";
const TOLD_EVICTABLE: &str = "told-evictable";

impl Warning {
    fn name(self) -> &'static str {
        match self {
            Self::Low(_) => "low",
            Self::VeryLow => "very-low",
            Self::Evictable => "evictable",
        }
    }

    fn is_told(self, unsent: usize) -> bool {
        match self {
            Self::Low(_) => keep::read(TOLD_LOW).is_some_and(|told| !told.is_empty()),
            Self::VeryLow => keep::read(TOLD_LOW).as_deref() == Some(self.name()),
            Self::Evictable => {
                let told = keep::read(TOLD_EVICTABLE).and_then(|at| at.parse::<i64>().ok());
                let passed = |at: i64| tablet::now().0.saturating_sub(at);
                told.is_some_and(|at| unsent == 0 || (0..AGAIN_MS).contains(&passed(at)))
            }
        }
    }

    fn tell(self) {
        match self {
            Self::Evictable => keep::write(TOLD_EVICTABLE, &tablet::now().0.to_string()),
            low => keep::write(TOLD_LOW, low.name()),
        }
        READ.with(|read| read.update(|read| *read += 1));
    }
}

/// What is worth telling now, and was not told.
fn warning() -> Option<Warning> {
    READ.with(|read| read.track());
    let count = tablet::see(tablet::Open::count)?;
    let unsent = count.unsynced() + count.drafts;
    let low = low();
    let evictable = (persisted().get() == Some(false)).then_some(Warning::Evictable);
    let is_new = |warning: &Warning| !warning.is_told(unsent);
    low.filter(is_new).or(evictable.filter(is_new))
}

#[component]
pub(crate) fn StorageWarning() -> impl IntoView {
    let warning = Memo::new(|_| warning());
    let offered = offered();
    let offered = Memo::new(move |_| offered.get());
    let is_known = || {
        (room().get().is_some() && fits().get().is_some() && persisted().get().is_some())
            .to_string()
    };
    let shown = move || {
        let warning = warning.get()?;
        let words = words();
        let (title, text) = match warning {
            Warning::Low(left) => (
                words.room_low,
                fill(words.room_low_text, &[&left.to_string()]),
            ),
            Warning::VeryLow => (words.room_very_low, words.room_very_low_text.to_owned()),
            Warning::Evictable => (words.evictable, words.evictable_text.to_owned()),
        };
        let read = move |_| {
            warning.tell();
            // The button goes away under the finger.
            request_animation_frame(route::focus_heading);
        };
        Some(view! {
            <div class="notice f-notice" role="note" data-testid="storage-warning" data-warning=warning.name()>
                <p class="notice-title"><span class="f-mark" aria-hidden="true">"!"</span>" "{title}</p>
                <p>{text}</p>
                <div class="row">
                    {move || (warning == Warning::Evictable && offered.get()).then(|| view! {
                        <button type="button" class="button main f-big" data-testid="install" on:click=|_| install()>
                            {words.install}
                        </button>
                    })}
                    <button type="button" class="button f-big" data-testid="storage-read" on:click=read>
                        {words.understood}
                    </button>
                    <a class="f-link" href="/veld/tablet">{words.to_tablet}</a>
                </div>
            </div>
        })
    };
    view! { <div data-testid="room" data-known=is_known>{shown}</div> }
}

/// The browser's own question; it asks once for each offer.
fn install() {
    let Some(offer) = OFFER.take() else { return };
    offered().set(false);
    let prompt = Reflect::get(&offer, &"prompt".into())
        .ok()
        .and_then(|prompt| prompt.dyn_into::<Function>().ok());
    if let Some(prompt) = prompt {
        let _ = prompt.call0(&offer);
    }
}
