//! A tablet that lies about locks itself. What was typed is on the disk before.

use std::{cell::Cell, time::Duration};

use leptos::{ev, prelude::*};
use web_sys::VisibilityState;

use super::phase::{self, Locking};

/// Long enough to listen to a story without touching the tablet.
pub(super) const MINUTES: u32 = 10;

const LOOK_EVERY: Duration = Duration::from_secs(10);

thread_local! {
    /// By the tablet's clock.
    static TOUCHED_MS: Cell<f64> = const { Cell::new(0.0) };
}

/// Call once.
pub(super) fn listen() {
    touched();
    let _ = window_event_listener(ev::pointerdown, |_| touched());
    let _ = window_event_listener(ev::keydown, |_| touched());
    let _ = window_event_listener(ev::input, |_| touched());
    let _ = window_event_listener(ev::wheel, |_| touched());
    let _ = window_event_listener(ev::visibilitychange, |_| {
        // A tablet that slept is looked at before anybody touches it.
        if document().visibility_state() == VisibilityState::Visible {
            look();
        }
    });
    let _ = set_interval_with_handle(look, LOOK_EVERY);
}

fn touched() {
    TOUCHED_MS.set(js_sys::Date::now());
}

fn look() {
    let idle_ms = js_sys::Date::now() - TOUCHED_MS.get();
    if idle_ms < 0.0 {
        // The clock was set back: from now on, then.
        touched();
    } else if idle_ms >= f64::from(MINUTES) * 60_000.0 {
        phase::lock(Locking::Idle);
    }
}
