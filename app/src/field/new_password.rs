//! Somebody got a new password, and the work on this tablet is locked with the one before: which password
//! is meant, and what can be done where nobody knows that one any more.

use koffiekar_sync_core::ids::UserId;
use leptos::{ev, prelude::*, task::spawn_local};
use zeroize::Zeroizing;

use super::{
    export,
    gate::{Frame, Line, Problems, judge, text_of},
    phase::{self, Phase, Refusal},
    sign::many,
    unsent::{self, Told, Unsent},
    vault::KeyRecord,
    words::words,
};
use crate::{
    parts::{Tone, announce, title, with_blank_told},
    words::fill,
};

#[component]
pub(crate) fn NewPassword(person: KeyRecord) -> impl IntoView {
    let words = words();
    title(words.new_password_title);
    let told = RwSignal::new(None::<Told>);
    let user = person.user;
    look(user, told);
    let name = person.name.clone();
    let person = StoredValue::new(person);
    let body = move || {
        let told = told.get()?;
        Some(match told.unsent {
            Some(unsent) if unsent.is_nothing() => view! { <BeginAnew person/> }.into_any(),
            unsent => {
                view! { <NotAll person=person.get_value() unsent file=told.file/> }.into_any()
            }
        })
    };
    view! {
        <Frame>
            <p class="f-name">{name}</p>
            <h1 tabindex="-1" data-testid="new-password">{words.new_password_title}</h1>
            <p>{words.new_password_which}</p>
            {body}
            <button type="button" class="button quiet f-big" data-testid="back-to-unlock"
                on:click=|_| phase::go(Phase::Locked)>
                {words.new_password_back}
            </button>
        </Frame>
    }
}

fn look(user: UserId, told: RwSignal<Option<Told>>) {
    spawn_local(async move {
        // A disk that cannot be read says nothing about what lies on it.
        let read = unsent::read(user).await.unwrap_or(Told {
            unsent: None,
            file: None,
        });
        let _ = told.try_set(Some(read));
    });
}

/// All of it is at the office: nothing is lost with what lies here.
#[component]
fn BeginAnew(person: StoredValue<KeyRecord>) -> impl IntoView {
    let words = words();
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let problems: Problems = RwSignal::new(Vec::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let secret = Zeroizing::new(password.get_untracked());
        if secret.is_empty() {
            judge(
                problems,
                vec![("new-password-field", words.fill_in.to_owned())],
            );
            return;
        }
        busy.set(true);
        spawn_local(async move {
            if let Err(refusal) = phase::begin_anew(person.get_value(), secret).await {
                let _ = busy.try_set(false);
                let text = match refusal {
                    Refusal::WrongPassword => password
                        .with_untracked(|typed| with_blank_told(words.new_password_wrong, typed)),
                    other => text_of(&other, true, ""),
                };
                judge(problems, vec![("new-password-field", text)]);
            }
        });
    };
    view! {
        <div data-testid="all-at-office">
            <p class="notice good">{words.new_password_all_there}</p>
            <form on:submit=submit novalidate>
                <Line id="new-password-field" label=words.new_password_field hint=words.new_password_field_hint
                    value=password problems is_password=true/>
                <button type="submit" class="button main f-big" data-testid="begin-anew"
                    aria-disabled=move || busy.get().then_some("true")>
                    {move || if busy.get() { words.busy } else { words.new_password_begin }}
                </button>
            </form>
        </div>
    }
}

/// Something lies here alone, or it is not known whether it does.
#[component]
fn NotAll(person: KeyRecord, unsent: Option<Unsent>, file: Option<Vec<u8>>) -> impl IntoView {
    let words = words();
    let known = unsent.unwrap_or_default();
    let mut lies_here = Vec::new();
    if known.conversations > 0 {
        lies_here.push(many(
            known.conversations,
            words.new_password_unsent_one,
            words.new_password_unsent_many,
        ));
    }
    if known.unfinished > 0 {
        lies_here.push(many(
            known.unfinished,
            words.new_password_unfinished_one,
            words.new_password_unfinished_many,
        ));
    }
    if known.unreadable > 0 {
        lies_here.push(many(
            known.unreadable,
            words.new_password_unreadable_one,
            words.new_password_unreadable_many,
        ));
    }
    if lies_here.is_empty() {
        lies_here.push(words.new_password_unknown.to_owned());
    }
    let lies_here = lies_here
        .into_iter()
        .map(|line| view! { <li>{line}</li> })
        .collect_view();
    let file = file.filter(|_| known.sealed > 0);
    let rescue = file.map(|file| {
        let label = person.label.clone();
        let make = move |_| {
            let name = export::file_name(&label);
            match export::download(&name, &file) {
                Ok(()) => announce(Tone::Good, fill(words.new_password_file_made, &[&name])),
                Err(_) => announce(Tone::Bad, words.export_failed),
            }
        };
        let of = many(
            known.sealed,
            words.conversation_one,
            words.conversation_many,
        );
        view! {
            <h2>{words.export_title}</h2>
            <p>{words.new_password_rescue}</p>
            {(known.sealed < known.conversations || known.unfinished > 0).then(|| view! {
                <p class="f-strong">{words.new_password_rescue_not_all}</p>
            })}
            <button type="button" class="button f-big" data-testid="rescue-locked" on:click=make>
                {fill(words.export, &[&of])}
            </button>
        }
    });
    view! {
        <div data-testid="not-all-at-office">
            <div class="notice bad">
                <p class="notice-title">{words.new_password_only_here}</p>
                <ul>{lies_here}</ul>
                <p>{words.new_password_only_here_text}</p>
            </div>
            {rescue}
        </div>
    }
}
