//! People: who they are, what they may do, and in which rounds.

use koffiekar_sync_core::office::Person;
use leptos::prelude::*;

use super::{keyed, list_of, listed, person_form::PersonForm, put};
use crate::{
    office::names::names,
    parts::{Scroll, Source, title},
    words::{fill, words},
};

const PATH: &str = "/api/v1/people";

#[derive(Debug, Clone, PartialEq)]
enum Asked {
    Add,
    Change(Person),
}

#[component]
pub(super) fn People() -> impl IntoView {
    let words = words();
    title(words.people.title);
    let people = Source::<Vec<Person>>::new();
    people.fetch(PATH.to_owned());
    let asked = RwSignal::new(None::<Asked>);
    let close = Callback::new(move |()| asked.set(None));
    let done = Callback::new(move |person: Person| {
        asked.set(None);
        put(people, person, |a, b| a.id == b.id);
    });
    let form = move || {
        asked.get().map(|asked| {
            let person = match asked {
                Asked::Add => None,
                Asked::Change(person) => Some(person),
            };
            view! { <PersonForm person on_done=done on_close=close/> }
        })
    };
    let list = list_of(people);
    let row = move |person: Memo<Person>| view! { <Row person asked/> }.into_any();
    let table = move || {
        view! {
            <Scroll label=words.people.title.to_owned()>
                <table class="stacks">
                    <thead>
                        <tr>
                            <th scope="col">{words.people.name}</th>
                            <th scope="col">{words.people.role}</th>
                            <th scope="col">{words.people.rounds}</th>
                            <th scope="col">{words.people.state}</th>
                            <th scope="col"><span class="unseen">{words.people.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>{keyed(list, |person| person.id, row)}</tbody>
                </table>
            </Scroll>
        }
    };
    view! {
        <div class="page-head">
            <h1 tabindex="-1">{words.people.title}</h1>
            <button type="button" class="button main" on:click=move |_| asked.set(Some(Asked::Add))>
                {words.people.add}
            </button>
        </div>
        {listed(people, PATH, table)}
        {form}
    }
}

#[component]
fn Row(person: Memo<Person>, asked: RwSignal<Option<Asked>>) -> impl IntoView {
    let words = words();
    let rounds = move || {
        let rounds: Vec<String> = person.with(|person| {
            let rounds = person.rounds.iter();
            rounds.map(|round| names().round(*round)).collect()
        });
        match rounds.is_empty() {
            true => words.common.none.to_owned(),
            false => rounds.join("; "),
        }
    };
    let is_disabled = Memo::new(move |_| person.with(|person| person.disabled));
    let state = move || match is_disabled.get() {
        true => ("\u{2715} ", words.people.disabled),
        false => ("\u{2713} ", words.people.active),
    };
    let name = move || person.with(|person| person.name.clone());
    let is_demo = move || person.with(|person| person.demo);
    view! {
        <tr class:off=is_disabled>
            <th scope="row">
                {name}
                <div class="under">
                    {move || person.with(|person| person.login.clone())}
                    {move || is_demo().then(|| view! { " \u{00b7} " {words.people.demo} })}
                </div>
            </th>
            <td data-label=words.people.role>{move || person.with(|person| words.names.role(person.role))}</td>
            <td data-label=words.people.rounds class="under">{rounds}</td>
            <td data-label=words.people.state class="state">
                <span aria-hidden="true">{move || state().0}</span>{move || state().1}
            </td>
            <td class="number">
                <button
                    type="button"
                    class="button quiet small"
                    aria-label=move || fill(words.people.change, &[&name()])
                    on:click=move |_| asked.set(Some(Asked::Change(person.get_untracked())))
                >
                    {words.common.edit}
                </button>
            </td>
        </tr>
    }
}
