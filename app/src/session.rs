//! Who is signed in to the office. The cookie is the server's and out of our reach; this is what it
//! stands for. Field screens do not need it: a tablet signs with its own key.

use koffiekar_sync_core::office::{Role, Session, SignIn};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api,
    api::Failure,
    keep, page,
    route::{self, Route},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum State {
    /// Not asked yet, or asking.
    Asking,
    SignedOut {
        /// There was a session, and it ended by itself.
        expired: bool,
    },
    SignedIn(Session),
    Failed(Failure),
}

const PATH: &str = "/api/v1/session";
/// The session ended by itself, a moment ago.
const EXPIRED: &str = "session-expired";
/// Written by the field screens once a tablet has its key: then `/` opens them without asking.
pub(crate) const ENROLLED: &str = "enrolled";
/// Somebody signed in to the office here and did not sign out: on a tablet, `/` asks then what to open.
const DESK: &str = "desk";

thread_local! {
    static STATE: ArcRwSignal<State> = ArcRwSignal::new(State::Asking);
}

pub(crate) fn state() -> ArcRwSignal<State> {
    STATE.with(Clone::clone)
}

/// Asks the server who is signed in.
pub(crate) fn ask() {
    state().set(State::Asking);
    spawn_local(async {
        let next = match api::get(PATH).await {
            Ok(session) => State::SignedIn(session),
            Err(Failure::SignedOut) => State::SignedOut {
                expired: has_expired(),
            },
            Err(failure) if failure.status() == Some(401) => State::SignedOut {
                expired: has_expired(),
            },
            Err(failure) => State::Failed(failure),
        };
        state().set(next);
    });
}

pub(crate) async fn sign_in(login: String, password: String) -> Result<Session, Failure> {
    let session: Session = api::send("POST", PATH, &SignIn { login, password }).await?;
    if session.role != Role::Field {
        keep::write(DESK, "yes");
    }
    keep::write(EXPIRED, "");
    state().set(State::SignedIn(session.clone()));
    Ok(session)
}

/// The page is loaded anew, so that nothing of what residents said stays in memory.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    api::order("DELETE", PATH).await?;
    forget();
    page::leave(&Route::SignIn.path());
    Ok(())
}

/// Whether somebody is signed in or not: nobody is from now on. The page stays.
pub(crate) async fn end_quietly() -> Result<(), Failure> {
    match api::order("DELETE", PATH).await {
        // There was none.
        Err(Failure::SignedOut) => {}
        Err(failure) if failure.status() == Some(401) => {}
        done => done?,
    }
    forget();
    state().set(State::SignedOut { expired: false });
    Ok(())
}

/// Whoever signs out leaves nothing behind.
fn forget() {
    if let Some(session) = untrack(signed_in) {
        crate::office::forget_undo(session.user);
    }
    keep::forget(DESK);
}

/// The server says that there is no session (any more). Nothing stays in memory then either, but for a form
/// that was filled in: it holds no resident's words, and who it is signs in again over it.
pub(crate) fn lost() {
    let state = state();
    if matches!(*state.read_untracked(), State::SignedIn(_)) {
        state.set(State::SignedOut { expired: true });
        // The field screens need no session, and hold their own words.
        if untrack(route::current) != Route::Field && !route::is_filled_in() {
            leave_expired();
        }
    }
}

/// Loads the page anew, which says then that the session ended.
pub(crate) fn leave_expired() {
    keep::write(EXPIRED, "1");
    page::leave_here();
}

/// Until somebody signs in or out.
fn has_expired() -> bool {
    keep::read(EXPIRED).is_some_and(|kept| !kept.is_empty())
}

pub(crate) fn signed_in() -> Option<Session> {
    state().with(|state| match state {
        State::SignedIn(session) => Some(session.clone()),
        _ => None,
    })
}

pub(crate) fn is_enrolled() -> bool {
    keep::read(ENROLLED).is_some()
}

/// This browser is a tablet and a desk as well.
pub(crate) fn has_two_uses() -> bool {
    is_enrolled() && keep::read(DESK).is_some()
}

/// Where somebody of this role begins.
pub(crate) fn home(role: Role) -> Route {
    match role {
        Role::Field => Route::Field,
        Role::Editor => Route::Desk,
        Role::Analyst => Route::Analysis,
        Role::Administrator => Route::Administration(crate::route::Administration::People),
    }
}
