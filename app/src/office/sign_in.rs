//! Signing in to the office.

use koffiekar_sync_core::office::Role;
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    parts::{ErrorSummary, Errors, Notice, TextField, Tone, title, with_blank_told},
    route::{self, Route},
    session,
    words::words,
};

/// Also drawn in the place of a screen whose session ended: signing in brings that screen back.
#[component]
pub(crate) fn SignIn(expired: bool) -> impl IntoView {
    let words = &words().sign_in;
    title(words.title);
    let login = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let shown = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let errors = Errors::new();

    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let mut wrong = Vec::new();
        if login.with_untracked(|login| is_blank(login)) {
            wrong.push(("login", words.no_login.to_owned()));
        }
        if password.with_untracked(String::is_empty) {
            wrong.push(("password", words.no_password.to_owned()));
        }
        if !errors.judge(wrong) {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let login = login.get_untracked().trim().to_owned();
            let answer = session::sign_in(login, password.get_untracked()).await;
            busy.set(false);
            match answer {
                Ok(session) => {
                    let here = untrack(route::current);
                    let begins = matches!(here, Route::SignIn | Route::Home);
                    // A field worker has no screen in the office, whatever was asked for.
                    if begins || session.role == Role::Field {
                        route::go(&session::home(session.role).path());
                    }
                }
                Err(failure) => {
                    let is_wrong = failure.status() == Some(401);
                    let text = match is_wrong {
                        true => {
                            password.with_untracked(|typed| with_blank_told(words.wrong, typed))
                        }
                        false => failure.to_string(),
                    };
                    errors.judge(vec![(if is_wrong { "password" } else { "" }, text)]);
                }
            }
        });
    };
    view! {
        <main id="main" class="page narrow sign-in" tabindex="-1">
            <p class="lead">{words.about}</p>
            <h1 tabindex="-1">{words.title}</h1>
            {expired.then(|| view! { <Notice tone=Tone::Plain>{words.expired}</Notice> })}
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                <TextField id="login" label=words.login hint=words.login_hint value=login errors autocomplete="username"/>
                {move || {
                    let kind = if shown.get() { "text" } else { "password" };
                    view! {
                        <TextField id="password" label=words.password value=password errors kind
                            autocomplete="current-password"/>
                    }
                }}
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || busy.get().then_some("true")>
                        {move || if busy.get() { words.busy } else { words.submit }}
                    </button>
                    <button
                        type="button"
                        class="button quiet"
                        aria-pressed=move || if shown.get() { "true" } else { "false" }
                        on:click=move |_| shown.update(|shown| *shown = !*shown)
                    >
                        {words.show}
                    </button>
                </div>
            </form>
            <p><a href=Route::Field.path() data-testid="to-field">{words.to_field}</a></p>
            <p class="hint">{words.demo_hint}</p>
        </main>
    }
}
