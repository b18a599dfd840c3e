//! Hearing at once that a round moved on, instead of asking now and then.
//!
//! The server's stream says no more than that; what moved comes with the next sync. It is open while
//! the tablet is open, lit and known to the server. It is read by hand and not by the browser's own
//! `EventSource`, which sends no header of ours: the signature would stand in the address, and so in the logs
//! of proxies. After an error this asks anew, with growing pauses. Polling goes on all the same, less often: a
//! stream may die without a sound.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};

use js_sys::{Reflect, Uint8Array};
use koffiekar_sync_core::{ids::RoundId, live::LiveNotice};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit,
    RequestRedirect, Response,
};

use super::{
    clock,
    sync::{self, is_visible},
    tablet,
};
use crate::api::SIGN_OF_SERVER;

const PATH: &str = "/api/v1/sync/live";
/// One event has a hundred characters.
const LONGEST_EVENT: usize = 10_000;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Who hears of news at the same moment does not ask for it at the same moment; and a colleague's
/// next conversation may come along.
const GATHER_MS: f64 = 1_500.0;

/// Closes when it is dropped.
struct Stream {
    number: u32,
    abort: AbortController,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

thread_local! {
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
    /// Counts the streams.
    static OPENED: Cell<u32> = const { Cell::new(0) };
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
    let Some((asked, abort)) = asked.zip(AbortController::new().ok()) else {
        return;
    };
    let number = OPENED.get().wrapping_add(1);
    OPENED.set(number);
    let signal = abort.signal();
    STREAM.set(Some(Stream { number, abort }));
    spawn_local(async move {
        let ended = follow(&asked.authorization(), &signal, number).await;
        if is_current(number) {
            if let Err(error) = ended {
                leptos::logging::warn!("the stream of news ended: {error:?}");
            }
            fail();
        }
    });
}

/// Unless it was closed, or another one was opened since.
fn is_current(number: u32) -> bool {
    STREAM.with_borrow(|stream| {
        stream
            .as_ref()
            .is_some_and(|stream| stream.number == number)
    })
}

/// Reads what the server tells until it ends.
async fn follow(authorization: &str, signal: &AbortSignal, number: u32) -> Result<(), JsValue> {
    let headers = Headers::new()?;
    headers.set("authorization", authorization)?;
    headers.set("accept", "text/event-stream")?;
    let init = RequestInit::new();
    init.set_headers_headers(&headers);
    init.set_signal(Some(signal));
    init.set_redirect(RequestRedirect::Manual);
    let response = JsFuture::from(window().fetch_with_str_and_init(PATH, &init)).await?;
    let response: Response = response.dyn_into()?;
    // The page of a wifi that asks for a login is no stream.
    let is_ours = response.headers().has(SIGN_OF_SERVER).unwrap_or_default();
    let body = response.body().filter(|_| response.ok() && is_ours);
    let Some(body) = body else {
        return Err(response.status().into());
    };
    if !is_current(number) {
        return Ok(());
    }
    is_open().set(true);
    FAILURES.set(0);
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    let mut text = String::new();
    loop {
        let read = JsFuture::from(reader.read()).await?;
        if !is_current(number) || Reflect::get(&read, &"done".into())?.is_truthy() {
            return Ok(());
        }
        let bytes: Uint8Array = Reflect::get(&read, &"value".into())?.dyn_into()?;
        // Events hold ids and numbers, no letters that two pieces could share.
        text.push_str(&String::from_utf8_lossy(&bytes.to_vec()));
        while let Some((event, rest)) = text.split_once("\n\n") {
            let news = event
                .strip_prefix("data:")
                .and_then(|data| serde_json::from_str(data.trim()).ok());
            if let Some(news) = news {
                hear(news);
            }
            text = rest.to_owned();
        }
        if text.len() > LONGEST_EVENT {
            return Err("an event without an end".into());
        }
    }
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
    drop(STREAM.take());
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
