//! This tablet: who, what waits, when it last spoke with the server, and the two buttons.

use leptos::{ev, prelude::*, task::spawn_local};
use zeroize::Zeroizing;

use super::{
    clock,
    export::Export,
    phase::{self, Locking, Refusal},
    return_code::ReturnCode,
    sign::{self, CLOCK_OFF_MS, many},
    storage, sync, tablet,
    words::words,
};
use crate::{
    parts::{moment, title, with_blank_told},
    shell::Switches,
    words::fill,
};

#[component]
fn Row(
    label: &'static str,
    #[prop(into)] value: Signal<String>,
    #[prop(optional)] testid: &'static str,
) -> impl IntoView {
    view! {
        <div class="f-row">
            <dt>{label}</dt>
            <dd data-testid=testid prop:textContent=move || value.get()></dd>
        </div>
    }
}

#[component]
pub(crate) fn Status() -> impl IntoView {
    let words = words();
    title(words.tablet);
    let progress = sync::progress();
    let progress = Memo::new(move |_| progress.get());
    let count = Memo::new(|_| tablet::see(tablet::Open::count).unwrap_or_default());
    let signed_out = Memo::new(move |_| sign::signed_out());
    let person = tablet::peek(|open| open.person.clone());
    let (name, label) = person
        .map(|person| (format!("{} ({})", person.name, person.login), person.label))
        .unwrap_or_default();
    storage::look();
    let (room, persisted) = (storage::room(), storage::persisted());
    let number = move |of: fn(&tablet::Count) -> usize| {
        Signal::derive(move || count.with(|count| of(count).to_string()))
    };
    let contact = Signal::derive(move || {
        let at = tablet::see(|open| open.replica.last_contact()).flatten();
        at.map_or(words.never.to_owned(), moment)
    });
    let attempt = Signal::derive(move || {
        progress.with(|progress| match &progress.failure {
            _ if progress.busy => words.busy.to_owned(),
            Some(trouble) => trouble.to_string(),
            None if progress.sign_in_again => words.sign_in_again_title.to_owned(),
            None => words.went_well.to_owned(),
        })
    });
    let kept = Signal::derive(move || {
        let kept = match persisted.get() {
            Some(true) => words.storage_kept,
            Some(false) => words.storage_not_kept,
            None => words.busy,
        };
        match room.get() {
            Some(room) => format!("{} {kept}", room.text()),
            None => kept.to_owned(),
        }
    });
    view! {
        <main id="main" class="f-page f-status" tabindex="-1">
            <h1 tabindex="-1">{words.tablet}</h1>
            {move || signed_out.get().map(|revoked| view! { <SignInAgain revoked/> })}
            <sign::AsideNotice/>
            {move || match count.with(|count| count.unreadable) {
                0 => None,
                several => Some(view! {
                    <div class="notice bad" role="alert" data-testid="unreadable">
                        <p class="notice-title">{words.unreadable_title}</p>
                        <p>{many(several, words.unreadable_one, words.unreadable_many)}</p>
                    </div>
                }),
            }}
            <button type="button" class="button f-big f-wide" data-testid="sync-now"
                class:main=move || signed_out.get().is_none()
                aria-disabled=move || progress.with(|progress| progress.busy).then_some("true")
                on:click=|_| sync::by_hand()>
                {move || if progress.with(|progress| progress.busy) { words.busy } else { words.sync_now }}
            </button>
            <dl class="f-rows">
                <Row label=words.waiting value=number(|count| count.waiting) testid="count-waiting"/>
                {move || count.with(|count| count.undecided > 0).then(|| view! {
                    <Row label=words.undecided_label value=number(|count| count.undecided) testid="count-undecided"/>
                })}
                <Row label=words.refused value=number(|count| count.refused) testid="count-refused"/>
                <Row label=words.unfinished value=number(|count| count.drafts) testid="count-drafts"/>
                <Row label=words.held value=number(|count| count.all) testid="count-all"/>
                <Row label=words.last_contact value=contact testid="last-contact"/>
                <Row label=words.last_attempt value=attempt testid="last-attempt"/>
                <Row label=words.clock value=Signal::derive(clock_row) testid="clock"/>
                <Row label=words.storage value=kept testid="storage"/>
                <Row label=words.who value=Signal::stored(name)/>
                <Row label=words.device value=Signal::stored(label)/>
            </dl>
            <Export/>
            <ReturnCode/>
            <div class="row f-status-end">
                <button type="button" class="button f-big" data-testid="lock" on:click=|_| phase::lock(Locking::Asked)>
                    {words.lock}
                </button>
                <span class="hint">{words.lock_hint}</span>
            </div>
            <div class="row f-status-end">
                <Switches/>
                <a href="/aanmelden">{words.to_office}</a>
            </div>
        </main>
    }
}

fn clock_row() -> String {
    let words = words();
    let now = clock::reading();
    let seen = tablet::see(|open| (open.replica.time(now), open.replica.clock_offset_ms()));
    let Some((time, Some(offset_ms))) = seen else {
        return words.clock_never.to_owned();
    };
    if time.doubtful {
        return fill(words.clock_doubtful, &[&moment(time.at)]);
    }
    if offset_ms.abs() < CLOCK_OFF_MS {
        return words.clock_good.to_owned();
    }
    // The offset is the server's clock minus this one.
    let text = if offset_ms > 0 {
        words.clock_behind
    } else {
        words.clock_ahead
    };
    fill(text, &[&clock::span_in_words(offset_ms)])
}

/// The server does not know this tablet: the way back, without leaving the work that is here.
#[component]
fn SignInAgain(revoked: bool) -> impl IntoView {
    let words = words();
    let (title, text) = if revoked {
        (words.revoked_title, words.revoked_text)
    } else {
        (words.sign_in_again_title, words.sign_in_again_text)
    };
    let password = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let done = phase::enrol_again(Zeroizing::new(password.get_untracked())).await;
            let _ = busy.try_set(false);
            if let Err(refusal) = done {
                let text = match refusal {
                    Refusal::WrongPassword => {
                        password.with_untracked(|typed| with_blank_told(words.wrong_sign_in, typed))
                    }
                    Refusal::Server(failure) => failure.to_string(),
                    _ => words.storage_broken.to_owned(),
                };
                let _ = wrong.try_set(Some(text));
            }
        });
    };
    view! {
        <form class="notice bad f-again" on:submit=submit novalidate data-testid="sign-in-again">
            <p class="notice-title">{title}</p>
            <p>{text}</p>
            <label for="again-password">{words.password}</label>
            <p class="field-error" role="alert">{move || wrong.get()}</p>
            <input id="again-password" data-testid="again-password" type="password" autocomplete="current-password"
                prop:value=move || password.get() on:input=move |event| password.set(event_target_value(&event))/>
            <button type="submit" class="button main f-big" data-testid="again"
                aria-disabled=move || busy.get().then_some("true")>
                {move || if busy.get() { words.busy } else { words.sign_in_again }}
            </button>
        </form>
    }
}
