//! Before the tablet is open: signing in once, unlocking, another window, no storage.

use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};
use zeroize::Zeroizing;

use super::{
    idle,
    phase::{self, Phase, Refusal},
    store::StoreError,
    vault::{KeyRecord, PASSWORD_MOST_CHARS},
    words::words,
};
use crate::{
    api::Failure,
    page,
    parts::{focus, title, with_blank_told},
    shell::Switches,
    words::fill,
};

const LABEL_CHARS: usize = 60;

/// `typed` is the password that was not right.
pub(super) fn text_of(refusal: &Refusal, at_server: bool, typed: &str) -> String {
    let words = words();
    match refusal {
        Refusal::WrongPassword if at_server => with_blank_told(words.wrong_sign_in, typed),
        Refusal::WrongPassword => with_blank_told(words.wrong_password, typed),
        Refusal::PasswordTooShort => words.password_short.to_owned(),
        Refusal::OtherPassword => words.other_password.to_owned(),
        Refusal::NoLocks => words.no_locks.to_owned(),
        Refusal::Server(Failure::Offline) => words.no_connection_enrol.to_owned(),
        Refusal::Server(failure) => failure.to_string(),
        Refusal::Work(error) => {
            leptos::logging::warn!("the tablet does not open: {error}");
            words.opening_failed.to_owned()
        }
    }
}

#[component]
pub(super) fn Frame(children: Children) -> impl IntoView {
    view! {
        <header class="f-bar">
            <span class="mark">"Koffiekar"</span>
            <div class="row"><Switches/></div>
        </header>
        <main id="main" class="f-page f-gate" tabindex="-1">{children()}</main>
    }
}

/// What is wrong, by the id of the field.
pub(super) type Problems = RwSignal<Vec<(&'static str, String)>>;

/// Shows what is wrong and brings the focus to the first of it; true when all is well.
pub(super) fn judge(problems: Problems, found: Vec<(&'static str, String)>) -> bool {
    let first = found.first().map(|(id, _)| *id);
    problems.set(found);
    if let Some(id) = first {
        focus(id);
    }
    first.is_none()
}

/// A labelled line of text. Its id is its `data-testid` too.
#[component]
pub(super) fn Line(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    value: RwSignal<String>,
    problems: Problems,
    #[prop(optional)] is_password: bool,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let problem = Memo::new(move |_| {
        problems.with(|all| {
            all.iter()
                .find(|(field, _)| *field == id)
                .map(|(_, text)| text.clone())
        })
    });
    let kind = move || {
        if is_password && !shown.get() {
            "password"
        } else {
            "text"
        }
    };
    let autocomplete = match (is_password, id) {
        (true, _) => "current-password",
        (false, "enrol-login") => "username",
        _ => "off",
    };
    view! {
        <div class="field" class:wrong=move || problem.get().is_some()>
            <label for=id>{label}</label>
            <p class="hint" id=format!("{id}-hint")>{hint}</p>
            <p class="field-error" id=format!("{id}-error") role="alert">{move || problem.get()}</p>
            <input
                id=id
                data-testid=id
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=move || problem.get().is_some().then_some("true")
                aria-describedby=format!("{id}-hint {id}-error")
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            {is_password.then(|| view! {
                <label class="f-tick">
                    <input type="checkbox" on:change=move |event| shown.set(event_target_checked(&event))/>
                    <span>{words().show_password}</span>
                </label>
            })}
        </div>
    }
}

#[component]
pub(crate) fn Enrol() -> impl IntoView {
    let words = words();
    title(words.enrol_title);
    // Who signed in to the office a moment ago need not write the name again; the password makes the key.
    let name = crate::session::signed_in().map(|session| session.login);
    let login = RwSignal::new(name.unwrap_or_default());
    let password = RwSignal::new(String::new());
    let label = RwSignal::new("Tablet".to_owned());
    let busy = RwSignal::new(false);
    let problems: Problems = RwSignal::new(Vec::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let fields = [
            ("enrol-login", login),
            ("enrol-password", password),
            ("enrol-label", label),
        ];
        let mut wrong: Vec<(&'static str, String)> = Vec::new();
        for (id, field) in fields {
            let most = if id == "enrol-label" {
                LABEL_CHARS
            } else {
                PASSWORD_MOST_CHARS
            };
            let text = field.get_untracked();
            if is_blank(&text) {
                wrong.push((id, words.fill_in.to_owned()));
            } else if text.chars().count() > most {
                wrong.push((id, fill(words.at_most, &[&most.to_string()])));
            }
        }
        if !judge(problems, wrong) {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let name = login.get_untracked().trim().to_owned();
            let secret = Zeroizing::new(password.get_untracked());
            let done = phase::enrol(name, secret, label.get_untracked().trim().to_owned()).await;
            if let Err(refusal) = done {
                busy.set(false);
                judge(
                    problems,
                    vec![(
                        "enrol-password",
                        password.with_untracked(|typed| text_of(&refusal, true, typed)),
                    )],
                );
            }
        });
    };
    let others = phase::people().with_untracked(|people| !people.is_empty());
    view! {
        <Frame>
            <h1 tabindex="-1">{words.enrol_title}</h1>
            {phase::emptied().get_untracked().then(|| view! {
                <p class="notice bad" role="alert" data-testid="emptied">{words.emptied}</p>
            })}
            <p class="lead">{words.enrol_lead}</p>
            <form on:submit=submit novalidate>
                <Line id="enrol-login" label=words.login hint=words.login_hint value=login problems/>
                <Line id="enrol-password" label=words.password hint=words.password_hint value=password problems
                    is_password=true/>
                <Line id="enrol-label" label=words.label hint=words.label_hint value=label problems/>
                <button type="submit" class="button main f-big" data-testid="enrol"
                    aria-disabled=move || busy.get().then_some("true")>
                    {move || if busy.get() { words.busy } else { words.enrol }}
                </button>
            </form>
            {others.then(|| view! {
                <button type="button" class="button quiet f-big" data-testid="back-to-people"
                    on:click=|_| phase::go(Phase::Locked)>
                    {words.back_to_people}
                </button>
            })}
        </Frame>
    }
}

#[component]
pub(crate) fn Unlock() -> impl IntoView {
    let words = words();
    title(words.unlock_title);
    let people = phase::people().get_untracked();
    let chosen = RwSignal::new(people.first().cloned());
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let problems: Problems = RwSignal::new(Vec::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(person) = chosen.get_untracked().filter(|_| !busy.get_untracked()) else {
            return;
        };
        let secret = Zeroizing::new(password.get_untracked());
        if secret.is_empty() {
            judge(
                problems,
                vec![("unlock-password", words.fill_in.to_owned())],
            );
            return;
        }
        busy.set(true);
        spawn_local(async move {
            if let Err(refusal) = phase::unlock(person, secret).await {
                busy.set(false);
                judge(
                    problems,
                    vec![(
                        "unlock-password",
                        password.with_untracked(|typed| text_of(&refusal, false, typed)),
                    )],
                );
                password.set(String::new());
            }
        });
    };
    let several = people.len() > 1;
    let choices = people
        .into_iter()
        .map(|person| {
            let own = person.user;
            let pick = person.clone();
            let is_chosen =
                move || chosen.with(|now| now.as_ref().is_some_and(|now| now.user == own));
            view! {
                <label class="f-choice">
                    <input type="radio" name="person" prop:checked=is_chosen
                        on:change=move |_| chosen.set(Some(pick.clone()))/>
                    <span>{person.name}<small>{person.login}</small></span>
                </label>
            }
        })
        .collect_view();
    let name = move || chosen.get().map(|person| person.name);
    focus("unlock-password");
    view! {
        <Frame>
            <h1 tabindex="-1">{words.unlock_title}</h1>
            {phase::has_locked_itself().then(|| view! {
                <p class="notice" role="status" data-testid="locked-itself">
                    {fill(words.locked_itself, &[&idle::MINUTES.to_string()])}
                </p>
            })}
            <form on:submit=submit novalidate>
                {if several {
                    view! { <fieldset class="f-choices"><legend>{words.unlock_who}</legend>{choices}</fieldset> }.into_any()
                } else {
                    view! { <p class="f-name">{name}</p> }.into_any()
                }}
                <Line id="unlock-password" label=words.password hint=words.unlock_hint value=password problems
                    is_password=true/>
                <button type="submit" class="button main f-big" data-testid="unlock"
                    aria-disabled=move || busy.get().then_some("true")>
                    {move || if busy.get() { words.busy } else { words.unlock }}
                </button>
            </form>
            <div class="f-aside">
                <button type="button" class="button quiet f-big" data-testid="have-new-password"
                    on:click=move |_| {
                        if let Some(person) = chosen.get_untracked() {
                            phase::go(Phase::NewPassword(Box::new(person)));
                        }
                    }>
                    {words.new_password_have}
                </button>
                <p class="hint">{words.new_password_have_hint}</p>
            </div>
            <div class="f-aside">
                <button type="button" class="button quiet f-big" data-testid="someone-else"
                    on:click=|_| phase::go(Phase::Enrol)>
                    {words.someone_else}
                </button>
                <p class="hint">{words.someone_else_hint}</p>
            </div>
        </Frame>
    }
}

#[component]
pub(crate) fn Elsewhere(person: KeyRecord) -> impl IntoView {
    let words = words();
    title(words.elsewhere_title);
    view! {
        <Frame>
            <p class="f-name">{person.name}</p>
            <h1 tabindex="-1" data-testid="elsewhere">{words.elsewhere_title}</h1>
            <p>{words.elsewhere_text}</p>
            <button type="button" class="button f-big" on:click=|_| phase::go(Phase::Locked)>
                {words.try_here}
            </button>
        </Frame>
    }
}

#[component]
pub(crate) fn Renewed() -> impl IntoView {
    let words = words();
    title(words.renewed_title);
    view! {
        <Frame>
            <h1 tabindex="-1" data-testid="renewed">{words.renewed_title}</h1>
            <p role="alert">{words.renewed_text}</p>
            <button type="button" class="button main f-big" data-testid="load-anew" on:click=|_| page::leave("/veld")>
                {words.load_anew}
            </button>
        </Frame>
    }
}

#[component]
pub(crate) fn NoStorage(error: StoreError) -> impl IntoView {
    let words = words();
    title(words.no_storage_title);
    view! {
        <Frame>
            <h1 tabindex="-1">{words.no_storage_title}</h1>
            <p role="alert">{words.no_storage_text}</p>
            <p class="hint">{error.to_string()}</p>
        </Frame>
    }
}
