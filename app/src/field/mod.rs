//! What a field worker holds at the door.
//!
//! ```text
//! typing -> pause -> draft, encrypted on the tablet -> Klaar -> a conversation in the replica
//!   -> sync, whenever there is a connection -> a signed receipt -> "veilig opgeslagen"
//! ```
//!
//! [`tablet`] holds the unlocked replica and makes every change durable ([`store`], encrypted by
//! [`vault`]); [`sync`] speaks with the server; [`phase`] leads from a locked tablet to an open one,
//! in one window only ([`lock`]), and locks it by itself ([`idle`]). The screens ([`gate`], [`home`], [`form`], [`conversation`],
//! [`status`]) show what these hold and give orders to them. None of this needs a session: a tablet
//! signs with its own key. While a resident holds the tablet ([`handover`]) nothing else is on the
//! screen.

mod area;
mod clock;
mod consent;
mod conversation;
mod digest;
mod draft;
mod editor;
mod export;
mod follow;
mod form;
mod form_end;
mod gate;
mod handover;
mod home;
mod idle;
mod keep_problem;
mod lines;
mod list;
mod live;
mod lock;
mod new_password;
mod opening;
mod orphan;
mod pause;
mod phase;
mod picker;
mod questions;
mod quote;
mod records;
mod resident;
mod return_code;
mod round_time;
mod sign;
mod status;
mod storage;
mod store;
mod suggest;
mod sync;
mod tablet;
mod told;
mod unsent;
mod vault;
mod words;

use std::{cell::Cell, time::Duration};

use koffiekar_sync_core::ids::ConversationId;
use leptos::{ev, prelude::*};

use crate::{parts::Announcer, route};
use phase::Phase;
pub(crate) use tablet::is_all_kept;
use words::words;

/// Other screens than these are shown: an open tablet is locked.
pub(crate) fn left() {
    phase::lock(phase::Locking::Left);
}

/// The screens of an open tablet, by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    /// `/veld`
    Home,
    /// `/veld/rondes`
    Rounds,
    /// `/veld/concept/ID`
    Draft(ConversationId),
    /// `/veld/gesprek/ID`
    Conversation(ConversationId),
    /// `/veld/tablet`
    Status,
}

impl Screen {
    fn now() -> Self {
        let path = route::path();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["veld", "rondes"] => Self::Rounds,
            ["veld", "concept", id] => id.parse().map_or(Self::Home, Self::Draft),
            ["veld", "gesprek", id] => id.parse().map_or(Self::Home, Self::Conversation),
            ["veld", "tablet"] => Self::Status,
            _ => Self::Home,
        }
    }

    fn path(self) -> String {
        match self {
            Self::Home => "/veld".to_owned(),
            Self::Rounds => "/veld/rondes".to_owned(),
            Self::Draft(id) => format!("/veld/concept/{id}"),
            Self::Conversation(id) => format!("/veld/gesprek/{id}"),
            Self::Status => "/veld/tablet".to_owned(),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
/// Not every browser tells a page that its storage was emptied.
const LOOK_AT_DISK_EVERY: Duration = Duration::from_secs(15);

thread_local! {
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

#[component]
pub(crate) fn Field() -> impl IntoView {
    if !LISTENING.replace(true) {
        pause::listen();
        storage::listen();
        idle::listen();
        store::listen(phase::disk_changed);
        clock::listen();
        let _ = set_interval_with_handle(sign::tick, MINUTE);
        let _ = set_interval_with_handle(tablet::look_at_disk, LOOK_AT_DISK_EVERY);
        let _ = window_event_listener(ev::visibilitychange, |_| tablet::look_at_disk());
    }
    phase::start();
    let phase = phase::phase();
    let phase = Memo::new(move |_| phase.get());
    let body = move || {
        match phase.get() {
        Phase::Starting => view! {
            <main id="main" class="f-page f-gate" tabindex="-1">
                <p role="status">
                    {move || if store::blocked().get() { words().other_windows } else { words().starting }}
                </p>
            </main>
        }
        .into_any(),
        Phase::NoStorage(error) => view! { <gate::NoStorage error/> }.into_any(),
        Phase::Enrol => view! { <gate::Enrol/> }.into_any(),
        Phase::Locked => view! { <gate::Unlock/> }.into_any(),
        Phase::Renewed => view! { <gate::Renewed/> }.into_any(),
        Phase::NewPassword(person) => view! { <new_password::NewPassword person=*person/> }.into_any(),
        Phase::Elsewhere(person) => view! { <gate::Elsewhere person=*person/> }.into_any(),
        Phase::Open => view! { <Opened/> }.into_any(),
    }
    };
    let handed_over = handover::is_shown();
    view! {
        <div class="f-app">
            {body}
            // What happens meanwhile is for the worker.
            {move || (!handed_over.get()).then(|| view! { <Announcer/> })}
        </div>
    }
}

/// Call once, on whatever screen the app begins: see [`is_handed_over`].
pub(crate) fn listen_for_handover() {
    handover::listen();
}

/// Whether a tablet of this browser is in other hands: then nothing of the office may be seen either.
pub(crate) fn is_handed_over() -> ArcRwSignal<bool> {
    handover::is_marked()
}

#[component]
fn Opened() -> impl IntoView {
    let handed_over = handover::is_shown();
    if !handed_over.get_untracked() {
        // It was unlocked by somebody who may.
        handover::end();
    }
    move || {
        if handed_over.get() {
            view! { <handover::HandOverScreen/> }.into_any()
        } else {
            view! { <Screens/> }.into_any()
        }
    }
}

#[component]
fn Screens() -> impl IntoView {
    let screen = Memo::new(|_| Screen::now());
    let is_home = move || screen.get() == Screen::Home;
    let screen_view = move || match screen.get() {
        Screen::Home => view! { <home::Home/> }.into_any(),
        Screen::Rounds => view! { <home::Rounds/> }.into_any(),
        Screen::Draft(id) => view! { <form::Form id/> }.into_any(),
        Screen::Conversation(id) => view! { <conversation::Show id/> }.into_any(),
        Screen::Status => view! { <status::Status/> }.into_any(),
    };
    view! {
        <a class="skip" href="#main">{crate::words::words().shell.to_content}</a>
        <header class="f-bar">
            {move || {
                if is_home() {
                    view! { <span class="mark">"Koffiekar"</span> }.into_any()
                } else {
                    view! {
                        <a class="f-back" href="/veld" data-testid="back">
                            <span aria-hidden="true">"‹"</span>
                            {words().back}
                        </a>
                    }
                    .into_any()
                }
            }}
            <sign::SyncSign/>
        </header>
        <sign::StorageTrouble/>
        <sign::WrittenAnewNotice/>
        {screen_view}
    }
}
