//! When the tablet speaks with the server, and what is told of it.
//!
//! One request at a time. It starts by itself: when the tablet is opened, after each finished piece
//! of work, when a connection returns, when the screen lights up, and now and then. A failure is not
//! the worker's business; the pauses grow, and the sign keeps telling what waits on the tablet.

use std::{cell::Cell, time::Duration};

use koffiekar_sync_core::replica::{Budget, Reaction};
use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use web_sys::VisibilityState;

use super::tablet::{self, Done, WorkError};
use crate::api::{self, Failure};

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Progress {
    pub(crate) busy: bool,
    /// Why the last attempt came to nothing; cleared by the next that does not.
    pub(crate) failure: Option<Failure>,
    /// The server does not take this tablet's word any more.
    pub(crate) sign_in_again: bool,
}

const TIMEOUT_MS: u32 = 30_000;
/// A bound on asking again at once, well above what the largest tablet needs.
const MOST_ROUNDS: u32 = 1_000;
const SOON: Duration = Duration::from_secs(60);
const LATER: Duration = Duration::from_secs(300);
const FIRST_PAUSE: Duration = Duration::from_secs(5);

thread_local! {
    static PROGRESS: ArcRwSignal<Progress> = ArcRwSignal::new(Progress::default());
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static ASKED_AGAIN: Cell<bool> = const { Cell::new(false) };
    static FAILURES: Cell<u32> = const { Cell::new(0) };
    static NEXT: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn progress() -> ArcRwSignal<Progress> {
    PROGRESS.with(Clone::clone)
}

/// The tablet was opened.
pub(crate) fn start() {
    forget_troubles();
    if !LISTENING.replace(true) {
        let _ = window_event_listener(ev::online, |_| now());
        let _ = window_event_listener(ev::visibilitychange, |_| {
            if is_visible() {
                now();
            }
        });
    }
    now();
}

/// The tablet was closed.
pub(crate) fn stop() {
    if let Some(timer) = NEXT.take() {
        timer.clear();
    }
    ASKED_AGAIN.set(false);
    forget_troubles();
}

pub(crate) fn forget_troubles() {
    FAILURES.set(0);
    progress().update(|progress| {
        progress.failure = None;
        progress.sign_in_again = false;
    });
}

/// The button: what was refused is sent once more.
pub(crate) fn by_hand() {
    tablet::touch(|open| open.replica.retry_refused());
    tablet::changed();
    now();
}

/// Now, or once more right after what is under way.
pub(crate) fn now() {
    if tablet::peek(|_| ()).is_none() {
        return;
    }
    if RUNNING.replace(true) {
        return ASKED_AGAIN.set(true);
    }
    if let Some(timer) = NEXT.take() {
        timer.clear();
    }
    progress().update(|progress| progress.busy = true);
    spawn_local(async {
        let mut failure = None;
        let mut sign_in_again = false;
        for _ in 0..MOST_ROUNDS {
            ASKED_AGAIN.set(false);
            match exchange().await {
                Ok(true) => {}
                Ok(false) if ASKED_AGAIN.get() => {}
                Ok(false) => break,
                Err(Stop::Locked) => break,
                Err(Stop::SignInAgain) => {
                    sign_in_again = true;
                    break;
                }
                Err(Stop::Failed(why)) => {
                    failure = Some(why);
                    break;
                }
            }
        }
        RUNNING.set(false);
        FAILURES.set(if failure.is_some() {
            FAILURES.get().saturating_add(1)
        } else {
            0
        });
        progress().set(Progress {
            busy: false,
            failure,
            sign_in_again,
        });
        plan();
    });
}

enum Stop {
    Locked,
    SignInAgain,
    Failed(Failure),
}

/// One request and its answer; whether to ask again at once.
async fn exchange() -> Result<bool, Stop> {
    let asked = tablet::touch(|open| {
        (
            open.opening,
            open.replica.next_request(Budget::default(), tablet::now()),
        )
    });
    let (opening, message) = asked.ok_or(Stop::Locked)?;
    let answer = api::post_bytes(
        "/api/v1/sync",
        "application/cbor",
        &[],
        &message,
        TIMEOUT_MS,
    )
    .await;
    if tablet::peek(|open| open.opening) != Some(opening) {
        return Err(Stop::Locked);
    }
    match answer {
        Ok(bytes) => {
            let applied = tablet::work(|open| {
                let applied = open.replica.apply(&bytes, tablet::now())?;
                let value = (applied.again, applied.stored + applied.refused);
                Ok(Done {
                    value,
                    effects: applied.effects,
                    writes: Vec::new(),
                })
            });
            match applied.await {
                Ok((again, _)) => Ok(again),
                Err(WorkError::Locked) => Err(Stop::Locked),
                Err(_) => Err(Stop::Failed(Failure::Unreadable)),
            }
        }
        Err(Failure::Refused(problem)) => {
            let reaction = tablet::touch(|open| open.replica.refused(&problem, tablet::now()));
            match reaction.ok_or(Stop::Locked)? {
                Reaction::Retry => Ok(true),
                Reaction::SignInAgain => Err(Stop::SignInAgain),
                Reaction::Later => Err(Stop::Failed(Failure::Refused(problem))),
            }
        }
        Err(failure) => Err(Stop::Failed(failure)),
    }
}

/// When to try next without being asked.
fn plan() {
    let Some(waiting) = tablet::peek(|open| open.replica.waiting()) else {
        return;
    };
    let usual = if waiting > 0 { SOON } else { LATER };
    let pause = match FAILURES.get() {
        0 => usual,
        failures => FIRST_PAUSE.saturating_mul(1 << failures.min(8)).min(LATER),
    };
    // Tablets that lost the same server do not all come back in the same second.
    let pause = pause.mul_f64(0.8 + 0.4 * js_sys::Math::random());
    let tick = || {
        NEXT.set(None);
        // A dark tablet is left alone; it asks when it lights up.
        if is_visible() { now() } else { plan() }
    };
    if let Some(earlier) = NEXT.take() {
        earlier.clear();
    }
    NEXT.set(set_timeout_with_handle(tick, pause).ok());
}

fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}
