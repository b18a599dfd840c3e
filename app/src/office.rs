//! The office: editor, analyst and administrator, with a connection and a keyboard.

mod administration;
mod alternatives;
mod analysis;
mod desk;
mod detail;
mod filter;
mod names;
mod password;
mod publications;
mod quality;
mod quote;
mod sign_in;
mod sign_in_again;
mod undo;

pub(crate) use sign_in::SignIn;
pub(crate) use sign_in_again::SignInAgain;
pub(crate) use undo::forget as forget_undo;

use koffiekar_sync_core::{catalogue::Catalogue, office::Role};
use leptos::prelude::*;

use crate::{
    parts::{Busy, Fetched, Source, Trouble},
    route::{self, Route},
    session,
    shell::{NotForRole, is_open_to},
};

use administration::Administration;
use analysis::Analysis;
use desk::Desk;
use names::names;
use password::ChangePassword;
use publications::Publications;
use quality::Quality;

const PROGRAMME: &str = "/api/v1/programme";

/// Which screen; what it shows stands in the address and is the screen's own matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    Desk,
    Publications,
    Analysis,
    Quality,
    Password,
    Administration,
}

/// Loads the programme, which gives every screen its names, and then draws the screen.
#[component]
pub(crate) fn Office() -> impl IntoView {
    let catalogue = Source::<Catalogue>::new();
    catalogue.fetch(PROGRAMME.to_owned());
    let screen = Memo::new(|_| match route::current() {
        Route::Desk | Route::Quote(_) => Screen::Desk,
        Route::Publications | Route::Publication(_) => Screen::Publications,
        Route::Analysis => Screen::Analysis,
        Route::Quality => Screen::Quality,
        Route::Password => Screen::Password,
        _ => Screen::Administration,
    });
    // Who signs in again over a form finds the screen as it was.
    let role = Memo::new(|before: Option<&Option<Role>>| {
        let now = session::signed_in().map(|session| session.role);
        now.or(before.copied().flatten())
    });
    move || match catalogue.value.get() {
        Fetched::Busy => view! { <main id="main" tabindex="-1"><Busy/></main> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| catalogue.fetch(PROGRAMME.to_owned()));
            view! { <main id="main" class="page narrow" tabindex="-1"><Trouble failure retry/></main> }
                .into_any()
        }
        Fetched::Ready(catalogue) => {
            names().load(catalogue);
            // After signing in there was no heading yet to go to.
            if document()
                .active_element()
                .is_none_or(|element| element.tag_name() == "BODY")
            {
                request_animation_frame(route::focus_heading);
            }
            let body = move || {
                let role = role.get();
                let screen = screen.get();
                if !role.is_some_and(|role| is_open_to(role, untrack(route::current))) {
                    return view! { <NotForRole/> }.into_any();
                }
                match screen {
                    Screen::Desk => view! { <Desk/> }.into_any(),
                    Screen::Publications => view! { <Publications/> }.into_any(),
                    Screen::Analysis => view! { <Analysis/> }.into_any(),
                    Screen::Quality => view! { <Quality/> }.into_any(),
                    Screen::Password => view! { <ChangePassword/> }.into_any(),
                    Screen::Administration => view! { <Administration/> }.into_any(),
                }
            };
            view! { {body} }.into_any()
        }
    }
}
