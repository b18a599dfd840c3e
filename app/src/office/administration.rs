//! The administrator's screens: people, rounds, action lines, tablets.

mod devices;
mod lines;
mod people;
mod person_form;
mod rounds;

use leptos::prelude::*;

use crate::{
    api::Failure,
    parts::{Busy, Errors, Fetched, Source, Trouble},
    route::{self, Administration as Part, Route},
    words::words,
};

use devices::Devices;
use lines::Lines;
use people::People;
use rounds::Rounds;

#[component]
pub(super) fn Administration() -> impl IntoView {
    let words = words();
    let part = Memo::new(|_| match route::current() {
        Route::Administration(part) => part,
        _ => Part::People,
    });
    let tab = move |to: Part, label: &'static str| {
        let here = move || (part.get() == to).then_some("page");
        view! { <li><a href=Route::Administration(to).path() aria-current=here>{label}</a></li> }
    };
    view! {
        <main id="main" class="page" tabindex="-1">
            <nav class="subnav" aria-label=words.shell.administration>
                <ul>
                    {tab(Part::People, words.people.title)}
                    {tab(Part::Rounds, words.rounds.title)}
                    {tab(Part::Lines, words.lines.title)}
                    {tab(Part::Devices, words.devices.title)}
                </ul>
            </nav>
            {move || match part.get() {
                Part::People => view! { <People/> }.into_any(),
                Part::Rounds => view! { <Rounds/> }.into_any(),
                Part::Lines => view! { <Lines/> }.into_any(),
                Part::Devices => view! { <Devices/> }.into_any(),
            }}
        </main>
    }
}

/// A list from the server: `draw` once it is here, and the way to try again when it is not.
fn listed<T, V>(
    source: Source<Vec<T>>,
    path: &'static str,
    draw: impl Fn(Vec<T>) -> V + Send + 'static,
) -> impl IntoView
where
    T: serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    move || match source.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| source.fetch(path.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(list) => draw(list).into_any(),
    }
}

/// Puts what the server answered in the place of what it was, or at the end.
fn put<T: Send + Sync + 'static>(source: Source<Vec<T>>, one: T, is_same: impl Fn(&T, &T) -> bool) {
    source.value.update(|list| {
        if let Fetched::Ready(list) = list {
            match list.iter_mut().find(|other| is_same(other, &one)) {
                Some(place) => *place = one,
                None => list.push(one),
            }
        }
    });
}

/// A refusal of the whole form, above its fields.
fn refuse(errors: Errors, failure: &Failure) {
    errors.judge(vec![("", failure.to_string())]);
}
