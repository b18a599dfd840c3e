//! Typed words are written at every pause, and at once when the screen goes away.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};
use web_sys::VisibilityState;

/// How long somebody stops typing before it is written.
const PAUSE: Duration = Duration::from_millis(400);

use super::tablet::{self, Kept};

type Act = Rc<dyn Fn()>;

thread_local! {
    static PENDING: RefCell<BTreeMap<String, (TimeoutHandle, Act)>> = const { RefCell::new(BTreeMap::new()) };
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
    forget(name);
    // From this keystroke on, not from the write on: the sign never says more than the disk knows.
    tablet::kept().set(Kept::Saving);
    let own = name.to_owned();
    if let Ok(timer) = set_timeout_with_handle(move || now(&own), PAUSE) {
        let act: Act = Rc::new(act);
        PENDING.with_borrow_mut(|pending| pending.insert(name.to_owned(), (timer, act)));
    } else {
        act();
    }
}

/// Carries out at once what waits under this name.
pub(crate) fn now(name: &str) {
    let waiting = PENDING.with_borrow_mut(|pending| pending.remove(name));
    if let Some((timer, act)) = waiting {
        timer.clear();
        act();
    }
}

/// Nothing waits to be written.
pub(crate) fn is_quiet() -> bool {
    PENDING.with_borrow(BTreeMap::is_empty)
}

pub(crate) fn forget(name: &str) {
    let waiting = PENDING.with_borrow_mut(|pending| pending.remove(name));
    if let Some((timer, _)) = waiting {
        timer.clear();
    }
}

/// Carries out everything that waits.
pub(crate) fn flush() {
    let names: Vec<String> = PENDING.with_borrow(|pending| pending.keys().cloned().collect());
    names.iter().for_each(|name| now(name));
}
