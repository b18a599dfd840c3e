//! When the tablet speaks with the server, and what is told of it.
//!
//! One request at a time. It starts by itself: when the tablet is opened, after each finished piece
//! of work, when a connection returns, when the screen lights up, when the server says that a round
//! moved on ([`live`]), and now and then. A failure is not the worker's business; the pauses grow, and
//! the sign keeps telling what waits on the tablet. On a slow connection the requests become smaller,
//! so that something comes through in the time that a connection lasts.

use std::{cell::Cell, fmt, time::Duration};

use koffiekar_sync_core::replica::{Budget, Reaction};
use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use web_sys::VisibilityState;

use super::{
    clock, live, storage,
    tablet::{self, Done, WorkError},
    words::words,
};
use crate::api::{self, Failure};

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Progress {
    pub(crate) busy: bool,
    /// No answer came for some seconds.
    pub(crate) is_silent: bool,
    /// Why the last attempt came to nothing; cleared by the next that does not.
    pub(crate) failure: Option<Trouble>,
    /// The server does not take this tablet's word any more, or the tablet not the server's.
    pub(crate) sign_in_again: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    Server(Failure),
    /// The answer could not be kept on this tablet.
    Disk,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(Failure::Offline) => f.write_str(words().no_connection),
            Self::Server(failure) => failure.fmt(f),
            Self::Disk => f.write_str(words().disk_failed),
        }
    }
}

/// A server that has not answered by then is told of.
const SILENT_AFTER: Duration = Duration::from_secs(6);
const TIMEOUT_MS: u32 = 30_000;
/// What a request has besides for each byte: four kilobytes a second is a bad connection indeed.
const BYTES_A_MS: u32 = 4;
/// A request that took longer is followed by smaller ones, one that was quick by larger ones.
const SLOW_MS: f64 = 15_000.0;
const QUICK_MS: f64 = 4_000.0;
/// A request carries at least a thirty-second part of the usual.
const SMALLEST: u32 = 5;
/// A bound on asking again at once, well above what the largest tablet needs.
const MOST_ROUNDS: u32 = 1_000;
const SOON: Duration = Duration::from_secs(60);
const LATER: Duration = Duration::from_secs(300);
/// While the server tells of news by itself.
const TOLD: Duration = Duration::from_secs(900);
const FIRST_PAUSE: Duration = Duration::from_secs(5);

thread_local! {
    static PROGRESS: ArcRwSignal<Progress> = ArcRwSignal::new(Progress::default());
    /// How often the usual size of a request is halved.
    static SMALLER: Cell<u32> = const { Cell::new(0) };
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
        let _ = window_event_listener(ev::online, |_| {
            live::close();
            now();
        });
        let _ = window_event_listener(ev::visibilitychange, |_| {
            if is_visible() {
                now();
            } else {
                live::close();
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
    live::close();
    forget_troubles();
}

pub(super) fn is_running() -> bool {
    RUNNING.get()
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
        let revoked = tablet::peek(|open| open.replica.revoked()).unwrap_or_default();
        let is_welcome = failure.is_none() && !sign_in_again && !revoked;
        RUNNING.set(false);
        FAILURES.set(if failure.is_some() {
            FAILURES.get().saturating_add(1)
        } else {
            0
        });
        progress().set(Progress {
            busy: false,
            is_silent: false,
            failure,
            sign_in_again,
        });
        plan();
        storage::look();
        if is_welcome {
            live::listen();
            live::look();
        } else {
            live::close();
        }
    });
}

enum Stop {
    Locked,
    SignInAgain,
    Failed(Trouble),
}

/// One request and its answer; whether to ask again at once.
async fn exchange() -> Result<bool, Stop> {
    let asked = tablet::touch(|open| {
        (
            open.opening,
            open.replica.next_request(budget(), clock::reading()),
        )
    });
    let (opening, message) = asked.ok_or(Stop::Locked)?;
    let began = running_ms();
    let silent = set_timeout_with_handle(|| set_silent(true), SILENT_AFTER);
    let bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let answer = api::post_bytes(
        "/api/v1/sync",
        "application/cbor",
        &[],
        &message,
        TIMEOUT_MS.saturating_add(bytes / BYTES_A_MS),
    )
    .await;
    if let Ok(silent) = silent {
        silent.clear();
    }
    set_silent(false);
    learn(running_ms() - began, &answer);
    if tablet::peek(|open| open.opening) != Some(opening) {
        return Err(Stop::Locked);
    }
    match answer {
        Ok(bytes) => {
            let applied = tablet::work(|open| {
                let applied = open.replica.apply(&bytes, clock::reading())?;
                let value = (applied.again, applied.stored + applied.refused);
                Ok(Done {
                    value,
                    writes: open.follow(&applied.happened)?,
                    effects: applied.effects,
                })
            });
            match applied.await {
                Ok((again, _)) => Ok(again),
                Err(WorkError::Locked) => Err(Stop::Locked),
                Err(WorkError::Answer(error)) if error.reaction() == Reaction::SignInAgain => {
                    Err(Stop::SignInAgain)
                }
                Err(WorkError::Store(_) | WorkError::Vault(_)) => Err(Stop::Failed(Trouble::Disk)),
                Err(_) => Err(Stop::Failed(Trouble::Server(Failure::Unreadable))),
            }
        }
        Err(Failure::Refused(problem)) => {
            let reaction = tablet::touch(|open| open.replica.refused(&problem, clock::reading()));
            match reaction.ok_or(Stop::Locked)? {
                Reaction::Retry => Ok(true),
                Reaction::SignInAgain => Err(Stop::SignInAgain),
                Reaction::Later => Err(Stop::Failed(Trouble::Server(Failure::Refused(problem)))),
            }
        }
        Err(failure) => Err(Stop::Failed(Trouble::Server(failure))),
    }
}

fn set_silent(is_silent: bool) {
    if progress().with_untracked(|progress| progress.is_silent != is_silent) {
        progress().update(|progress| progress.is_silent = is_silent);
    }
}

/// Of the clock that nobody sets.
fn running_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

fn budget() -> Budget {
    let usual = Budget::default();
    let smaller = SMALLER.get();
    Budget {
        documents: usual.documents >> smaller,
        push_bytes: usual.push_bytes >> smaller,
        feed_bytes: usual.feed_bytes >> smaller,
    }
}

/// From how long a request took: how much the next may carry.
fn learn(took_ms: f64, answer: &Result<Vec<u8>, Failure>) {
    let smaller = SMALLER.get();
    match answer {
        Err(Failure::TimedOut) => SMALLER.set((smaller + 1).min(SMALLEST)),
        Ok(_) if took_ms > SLOW_MS => SMALLER.set((smaller + 1).min(SMALLEST)),
        Ok(_) if (0.0..QUICK_MS).contains(&took_ms) => SMALLER.set(smaller.saturating_sub(1)),
        _ => {}
    }
}

/// When to try next without being asked.
fn plan() {
    // What an administrator decides about is not asked about every minute.
    let Some(waiting) = tablet::peek(|open| open.count().waiting) else {
        return;
    };
    let usual = match waiting {
        0 if live::is_open().get_untracked() => TOLD,
        0 => LATER,
        _ => SOON,
    };
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

pub(super) fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}
