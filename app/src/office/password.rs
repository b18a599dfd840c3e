//! Another password for oneself.

use koffiekar_sync_core::office::OwnPassword;
use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    api,
    parts::{
        ErrorSummary, Errors, NewPassword, Notice, ShowPassword, TextField, Tone, focus, title,
    },
    words::words,
};

const SHORTEST: usize = 10;
const PATH: &str = "/api/v1/session/password";

#[component]
pub(super) fn ChangePassword() -> impl IntoView {
    let all = words();
    let words = &all.password;
    title(words.title);
    let current = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let shown = RwSignal::new(false);
    let saved = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let errors = Errors::new();

    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        saved.set(false);
        let mut wrong = Vec::new();
        if current.with_untracked(String::is_empty) {
            wrong.push(("current-password", words.no_current.to_owned()));
        }
        if new.with_untracked(|new| new.chars().count() < SHORTEST) {
            wrong.push(("new-password", words.short.to_owned()));
        }
        if !errors.judge(wrong) {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let change = OwnPassword {
                current: current.get_untracked(),
                password: new.get_untracked(),
            };
            let answer = api::send_only("PUT", PATH, &change).await;
            busy.set(false);
            match answer {
                Ok(()) => {
                    current.set(String::new());
                    new.set(String::new());
                    saved.set(true);
                    focus("password-saved");
                }
                Err(failure) => {
                    errors.judge(vec![("", failure.to_string())]);
                }
            }
        });
    };
    view! {
        <main id="main" class="page narrow" tabindex="-1">
            <h1 tabindex="-1">{words.title}</h1>
            <p class="lead">{words.intro}</p>
            <div id="password-saved" tabindex="-1">
                {move || saved.get().then(|| view! { <Notice tone=Tone::Good>{words.saved}</Notice> })}
            </div>
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                {move || {
                    let kind = if shown.get() { "text" } else { "password" };
                    view! {
                        <TextField id="current-password" label=words.current value=current errors kind
                            autocomplete="current-password"/>
                    }
                }}
                <div class="row"><ShowPassword shown/></div>
                <NewPassword id="new-password" label=words.new hint=words.new_hint value=new errors/>
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || busy.get().then_some("true")>
                        {words.save}
                    </button>
                </div>
            </form>
        </main>
    }
}
