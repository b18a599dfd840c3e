//! Adding a person and changing one.

use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::office::{ChangePerson, NewPerson, Person, Role};
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};

use super::refuse;
use crate::{
    api,
    office::names::names,
    parts::{Choice, Dialog, ErrorSummary, Errors, NewPassword, Select, TextField, Tone, announce},
    words::{fill, words},
};

const SHORTEST_PASSWORD: usize = 10;

fn is_login(login: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    (3..=40).contains(&login.len()) && login.chars().all(allowed)
}

#[component]
pub(super) fn PersonForm(
    /// Nobody yet: add.
    person: Option<Person>,
    on_done: Callback<Person>,
    on_close: Callback<()>,
) -> impl IntoView {
    let words = words();
    let errors = Errors::new();
    let busy = RwSignal::new(false);
    let text = |of: fn(&Person) -> &String| {
        RwSignal::new(person.as_ref().map(of).cloned().unwrap_or_default())
    };
    let login = text(|person| &person.login);
    let name = text(|person| &person.name);
    let password = RwSignal::new(String::new());
    let role = RwSignal::new(person.as_ref().map_or(Role::Field, |person| person.role));
    let rounds = RwSignal::new(
        person
            .as_ref()
            .map(|person| person.rounds.clone())
            .unwrap_or_default(),
    );
    let disabled = RwSignal::new(person.as_ref().is_some_and(|person| person.disabled));
    let changed = StoredValue::new(person.as_ref().map(|person| person.id));
    let is_new = person.is_none();

    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let mut wrong = Vec::new();
        if is_new && !is_login(&login.get_untracked()) {
            wrong.push(("person-login", words.people.login_wrong.to_owned()));
        }
        if name.with_untracked(|name| is_blank(name)) {
            wrong.push(("person-name", words.people.name_wrong.to_owned()));
        }
        let password = password.get_untracked();
        if (is_new || !password.is_empty()) && password.chars().count() < SHORTEST_PASSWORD {
            wrong.push(("person-password", words.people.password_wrong.to_owned()));
        }
        if !errors.judge(wrong) || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let (name, role, rounds) = (
            name.get_untracked(),
            role.get_untracked(),
            rounds.get_untracked(),
        );
        spawn_local(async move {
            let answer = match changed.get_value() {
                None => {
                    let new = NewPerson {
                        login: login.get_untracked(),
                        name,
                        role,
                        password,
                        rounds,
                    };
                    api::send::<Person>("POST", "/api/v1/people", &new).await
                }
                Some(id) => {
                    let change = ChangePerson {
                        name: Some(name),
                        role: Some(role),
                        disabled: Some(disabled.get_untracked()),
                        password: (!password.is_empty()).then_some(password),
                        rounds: Some(rounds),
                    };
                    api::send::<Person>("PATCH", &format!("/api/v1/people/{id}"), &change).await
                }
            };
            busy.set(false);
            match answer {
                Ok(person) => {
                    let said = if is_new {
                        words.people.added
                    } else {
                        words.people.changed
                    };
                    announce(Tone::Good, fill(said, &[&person.name]));
                    on_done.run(person);
                }
                Err(failure) => refuse(errors, &failure),
            }
        });
    };
    let heading = match &person {
        None => words.people.add.to_owned(),
        Some(person) => fill(words.people.change, &[&person.name]),
    };
    let roles = Role::ALL.map(|role| Choice::new(role.as_str(), words.names.role(role)));
    let choose_role = Callback::new(move |value: String| {
        if let Some(chosen) = Role::parse(&value) {
            role.set(chosen);
        }
    });
    let (password_label, password_hint) = if is_new {
        (words.people.password, words.people.password_hint)
    } else {
        (words.people.new_password, words.people.new_password_hint)
    };
    view! {
        <Dialog title=heading on_close>
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                {is_new.then(|| view! {
                    <TextField id="person-login" label=words.people.login hint=words.people.login_hint
                        value=login errors/>
                })}
                <TextField id="person-name" label=words.people.name value=name errors/>
                <Select id="person-role" label=words.people.role choices=roles.to_vec() on_choose=choose_role
                    value=Signal::derive(move || role.get().as_str().to_owned())/>
                <RoundChecks rounds/>
                <NewPassword id="person-password" label=password_label hint=password_hint value=password errors/>
                {(!is_new).then(|| view! {
                    <label class="check">
                        <input
                            type="checkbox"
                            aria-describedby="person-disabled-hint"
                            prop:checked=disabled
                            on:change=move |event| disabled.set(event_target_checked(&event))
                        />
                        {words.people.disabled}
                    </label>
                    <p class="hint" id="person-disabled-hint">{words.people.confirm_disable}</p>
                })}
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || busy.get().then_some("true")>
                        {words.common.save}
                    </button>
                    <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                        {words.common.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn RoundChecks(rounds: RwSignal<Vec<RoundId>>) -> impl IntoView {
    let words = &words().people;
    let check = |round: koffiekar_sync_core::catalogue::Round| {
        let id = round.id;
        let toggle = move |event| {
            let on = event_target_checked(&event);
            rounds.update(|rounds| {
                rounds.retain(|other| *other != id);
                if on {
                    rounds.push(id);
                }
            });
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || rounds.with(|rounds| rounds.contains(&id))
                    on:change=toggle
                />
                {round.name}
            </label>
        }
    };
    let checks = names()
        .catalogue()
        .rounds
        .iter()
        .cloned()
        .map(check)
        .collect_view();
    view! {
        <fieldset>
            <legend>{words.rounds}</legend>
            <p class="hint">{words.rounds_hint}</p>
            {checks}
        </fieldset>
    }
}
