//! Typed words are written at every pause, and at once when the screen goes away.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};
use web_sys::VisibilityState;

use super::tablet::{self, Kept};

/// How long somebody stops typing before it is written.
const PAUSE: Duration = Duration::from_millis(400);

/// Who types on and on is written this often all the same.
const LONGEST_MS: f64 = 2_000.0;

type Act = Rc<dyn Fn()>;

struct Waiting {
    timer: TimeoutHandle,
    /// When the first unwritten key was pressed, by the tablet's clock.
    since: f64,
    act: Act,
}

thread_local! {
    static PENDING: RefCell<BTreeMap<String, Waiting>> = const { RefCell::new(BTreeMap::new()) };
}

/// Call once: nothing stays unwritten when the page is hidden, frozen or left.
pub(crate) fn listen() {
    let _ = window_event_listener(ev::visibilitychange, |_| {
        if document().visibility_state() == VisibilityState::Hidden {
            flush();
        }
    });
    let _ = window_event_listener(ev::pagehide, |_| flush());
    let _ = window_event_listener(ev::blur, |_| flush());
}

/// Carries this out after the pause; what waited under the same name is replaced.
pub(crate) fn later(name: &str, act: impl Fn() + 'static) {
    // From this keystroke on, not from the write on: the sign never says more than the disk knows.
    tablet::kept().set(Kept::Saving);
    let now = js_sys::Date::now();
    let since = forget(name).unwrap_or(now);
    let own = name.to_owned();
    // A clock that was set back counts as long enough.
    let is_fresh = (0.0..LONGEST_MS).contains(&(now - since));
    let timer = set_timeout_with_handle(move || self::now(&own), PAUSE);
    match timer {
        Ok(timer) => {
            let waiting = Waiting {
                timer,
                since,
                act: Rc::new(act),
            };
            PENDING.with_borrow_mut(|pending| pending.insert(name.to_owned(), waiting));
            if !is_fresh {
                self::now(name);
            }
        }
        Err(_) => act(),
    }
}

/// Carries out at once what waits under this name.
pub(crate) fn now(name: &str) {
    let waiting = PENDING.with_borrow_mut(|pending| pending.remove(name));
    if let Some(waiting) = waiting {
        waiting.timer.clear();
        (waiting.act)();
    }
}

/// Nothing waits to be written.
pub(crate) fn is_quiet() -> bool {
    PENDING.with_borrow(BTreeMap::is_empty)
}

/// Since when it waited.
pub(crate) fn forget(name: &str) -> Option<f64> {
    let waiting = PENDING.with_borrow_mut(|pending| pending.remove(name))?;
    waiting.timer.clear();
    Some(waiting.since)
}

/// Carries out everything that waits.
pub(crate) fn flush() {
    let names: Vec<String> = PENDING.with_borrow(|pending| pending.keys().cloned().collect());
    names.iter().for_each(|name| now(name));
}
