//! Hearing at once that a round moved on, instead of asking now and then.
//!
//! The server's stream says no more than that; what moved comes with the next sync. It is open while
//! the tablet is open, lit and known to the server. A browser would go on with the same signed address
//! after an error, which the server takes once, so this asks anew, with growing pauses. Polling goes
//! on all the same, less often: a stream may die without a sound.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};

use koffiekar_sync_core::{ids::RoundId, live::LiveNotice};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use super::{
    clock,
    sync::{self, is_visible},
    tablet,
};

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Who hears of news at the same moment does not ask for it at the same moment; and a colleague's
/// next conversation may come along.
const GATHER_MS: f64 = 1_500.0;

/// Closes when it is dropped.
struct Stream {
    source: EventSource,
    _opened: Closure<dyn Fn()>,
    _told: Closure<dyn Fn(MessageEvent)>,
    _failed: Closure<dyn Fn()>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

thread_local! {
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
    static IS_OPEN: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static FAILURES: Cell<u32> = const { Cell::new(0) };
    static AGAIN: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
    /// What was told and has not come in yet.
    static TOLD: RefCell<BTreeMap<RoundId, u64>> = const { RefCell::new(BTreeMap::new()) };
    static GATHERING: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
}

/// The server tells this tablet of news now.
pub(super) fn is_open() -> ArcRwSignal<bool> {
    IS_OPEN.with(Clone::clone)
}

/// Listens, unless it does already or may not. Call whenever the server answered.
pub(super) fn listen() {
    let has_begun = STREAM.with_borrow(Option::is_some) || AGAIN.get().is_some();
    if has_begun || !is_visible() {
        return;
    }
    let asked = tablet::touch(|open| open.replica.live_request(clock::reading()));
    let Some(source) = asked
        .and_then(|asked| EventSource::new(&format!("/api/v1/sync/live?{}", asked.query())).ok())
    else {
        return;
    };
    let opened = Closure::<dyn Fn()>::new(|| {
        is_open().set(true);
        FAILURES.set(0);
    });
    let told = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        if let Ok(news) = serde_json::from_str(&text) {
            hear(news);
        }
    });
    let failed = Closure::<dyn Fn()>::new(fail);
    source.set_onopen(Some(opened.as_ref().unchecked_ref()));
    source.set_onmessage(Some(told.as_ref().unchecked_ref()));
    source.set_onerror(Some(failed.as_ref().unchecked_ref()));
    STREAM.set(Some(Stream {
        source,
        _opened: opened,
        _told: told,
        _failed: failed,
    }));
}

/// The tablet is dark, locked or unknown to the server.
pub(super) fn close() {
    end();
    FAILURES.set(0);
    TOLD.with_borrow_mut(BTreeMap::clear);
    for timer in [AGAIN.take(), GATHERING.take()].into_iter().flatten() {
        timer.clear();
    }
}

/// What was told while something was on its way may have come along with it.
pub(super) fn look() {
    if GATHERING.get().is_some() || sync::is_running() {
        return;
    }
    if is_behind() {
        sync::now();
    }
}

fn end() {
    is_open().set(false);
    // Dropped from its own callback as well: a closure that runs must outlive the call.
    if let Some(stream) = STREAM.take() {
        set_timeout(move || drop(stream), Duration::ZERO);
    }
}

fn fail() {
    end();
    let failures = FAILURES.get();
    FAILURES.set(failures.saturating_add(1));
    let pause = FIRST_PAUSE
        .saturating_mul(1 << failures.min(8))
        .min(LONGEST_PAUSE)
        .mul_f64(0.8 + 0.4 * js_sys::Math::random());
    let again = || {
        AGAIN.set(None);
        listen();
    };
    AGAIN.set(set_timeout_with_handle(again, pause).ok());
}

fn hear(news: LiveNotice) {
    TOLD.with_borrow_mut(|told| {
        let place = told.entry(news.round).or_default();
        *place = news.place.max(*place);
    });
    if GATHERING.get().is_some() {
        return;
    }
    let pause = Duration::from_secs_f64(js_sys::Math::random() * GATHER_MS / 1_000.0);
    let gathered = || {
        GATHERING.set(None);
        look();
    };
    GATHERING.set(set_timeout_with_handle(gathered, pause).ok());
}

/// Is there a place that this tablet has not reached?
fn is_behind() -> bool {
    let told = TOLD.take();
    tablet::peek(|open| {
        told.iter()
            .any(|(round, place)| open.replica.place(*round) < Some(*place))
    })
    .unwrap_or_default()
}
