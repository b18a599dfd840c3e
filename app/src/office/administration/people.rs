//! People: who they are, what they may do, and in which rounds.

use koffiekar_sync_core::office::Person;
use leptos::prelude::*;

use super::{listed, person_form::PersonForm, put};
use crate::{
    office::names::names,
    parts::{Source, title},
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
    let table = move |list: Vec<Person>| {
        view! {
            <div class="scroll">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{words.people.name}</th>
                            <th scope="col">{words.people.role}</th>
                            <th scope="col">{words.people.rounds}</th>
                            <th scope="col">{words.people.state}</th>
                            <th scope="col"><span class="unseen">{words.people.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>{list.into_iter().map(|person| view! { <Row person asked/> }).collect_view()}</tbody>
                </table>
            </div>
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
fn Row(person: Person, asked: RwSignal<Option<Asked>>) -> impl IntoView {
    let words = words();
    let rounds: Vec<String> = person
        .rounds
        .iter()
        .map(|round| names().round(*round))
        .collect();
    let rounds = if rounds.is_empty() {
        words.common.none.to_owned()
    } else {
        rounds.join("; ")
    };
    let label = fill(words.people.change, &[&person.name]);
    let state = if person.disabled {
        words.people.disabled
    } else {
        words.people.active
    };
    let sign = if person.disabled {
        "\u{2715} "
    } else {
        "\u{2713} "
    };
    let shown = person.clone();
    view! {
        <tr class:off=shown.disabled>
            <th scope="row">
                {shown.name.clone()}
                <div class="under">
                    {shown.login}
                    {shown.demo.then(|| view! { " \u{00b7} " {words.people.demo} })}
                </div>
            </th>
            <td>{words.names.role(person.role)}</td>
            <td class="under">{rounds}</td>
            <td class="state"><span aria-hidden="true">{sign}</span>{state}</td>
            <td class="number">
                <button
                    type="button"
                    class="button quiet small"
                    aria-label=label
                    on:click=move |_| asked.set(Some(Asked::Change(person.clone())))
                >
                    {words.common.edit}
                </button>
            </td>
        </tr>
    }
}
