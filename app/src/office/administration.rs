//! The administrator's screens: people, rounds, action lines, tablets, and what tablets sent that
//! waits for a decision or came by file; and what is erased or moved to another round.

mod asks;
mod audit;
mod devices;
mod erasing;
mod erasing_list;
mod erasing_outline;
mod held;
mod held_decision;
mod line_act;
mod line_acts;
mod lines;
mod people;
mod person_form;
mod preview;
mod rescue;
mod round_form;
mod rounds;

use koffiekar_sync_core::office::HeldPage;
use leptos::prelude::*;

use crate::{
    api::Failure,
    parts::{Busy, Errors, Fetched, Source, Trouble},
    route::{self, Administration as Part, Route},
    words::{fill, number, words},
};

use asks::Asks;
use audit::Audit;
use devices::Devices;
use erasing::Erasing;
use held::Held;
use lines::Lines;
use people::People;
use rescue::Rescue;
use rounds::Rounds;

#[component]
pub(super) fn Administration() -> impl IntoView {
    let words = words();
    let part = Memo::new(|_| match route::current() {
        Route::Administration(part) => part,
        _ => Part::People,
    });
    let held = Source::<HeldPage>::new();
    // Whoever administers should see that somebody waits for them, whatever they came for.
    held.refresh(held::PATH.to_owned());
    let held_title = Signal::derive(move || match &*held.value.read() {
        Fetched::Ready(page) if page.total > 0 => {
            fill(words.held.title_counted, &[&number(page.total)])
        }
        _ => words.held.title.to_owned(),
    });
    let tab = move |to: Part, label: Signal<String>| {
        let here = move || (part.get() == to).then_some("page");
        view! { <li><a href=Route::Administration(to).path() aria-current=here>{move || label.get()}</a></li> }
    };
    view! {
        <main id="main" class="page" tabindex="-1">
            <nav class="subnav" aria-label=words.shell.administration>
                <ul>
                    {tab(Part::People, words.people.title.into())}
                    {tab(Part::Rounds, words.rounds.title.into())}
                    {tab(Part::Lines, words.lines.title.into())}
                    {tab(Part::Devices, words.devices.title.into())}
                    {tab(Part::Held, held_title)}
                    {tab(Part::Rescue, words.rescue.title.into())}
                    {tab(Part::Erasing, words.erasing.title.into())}
                    {tab(Part::Audit, words.audit.title.into())}
                </ul>
            </nav>
            {move || match part.get() {
                Part::People => view! { <People/> }.into_any(),
                Part::Rounds => view! { <Rounds/> <Asks/> }.into_any(),
                Part::Lines => view! { <Lines/> }.into_any(),
                Part::Devices => view! { <Devices/> }.into_any(),
                Part::Audit => view! { <Audit/> }.into_any(),
                Part::Erasing => view! { <Erasing/> }.into_any(),
                Part::Held => view! { <Held waiting=held/> }.into_any(),
                Part::Rescue => {
                    let on_held = Callback::new(move |()| held.refresh(held::PATH.to_owned()));
                    view! { <Rescue on_held/> }.into_any()
                }
            }}
        </main>
    }
}

/// A list from the server: `draw` once it is here, and the way to try again when it is not. What is drawn
/// follows the list by itself.
fn listed<T, V>(
    source: Source<Vec<T>>,
    path: &'static str,
    draw: impl Fn() -> V + Send + 'static,
) -> impl IntoView
where
    T: serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let stage = Memo::new(move |_| match &*source.value.read() {
        Fetched::Busy => Fetched::Busy,
        Fetched::Failed(failure) => Fetched::Failed(failure.clone()),
        Fetched::Ready(list) => Fetched::Ready(list.is_empty()),
    });
    move || match stage.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| source.fetch(path.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(_) => draw().into_any(),
    }
}

/// What is here of it.
fn list_of<T: Clone + Send + Sync + 'static>(source: Source<Vec<T>>) -> Signal<Vec<T>> {
    Signal::derive(move || match &*source.value.read() {
        Fetched::Ready(list) => list.clone(),
        _ => Vec::new(),
    })
}

/// The rows of a table, each drawn once and changed in place: the focus may be on something in it.
fn keyed<T, K>(
    list: Signal<Vec<T>>,
    key: fn(&T) -> K,
    draw: impl Fn(Memo<T>) -> AnyView + Clone + Send + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    K: Clone + Eq + std::hash::Hash + Send + Sync + 'static,
{
    let keys = Memo::new(move |_| list.with(|list| list.iter().map(key).collect::<Vec<K>>()));
    let row = move |own: K| {
        let find = move || list.with(|list| list.iter().find(|one| key(one) == own).cloned());
        let Some(first) = untrack(&find) else {
            return ().into_any();
        };
        draw(Memo::new(move |before: Option<&T>| {
            find().unwrap_or_else(|| before.unwrap_or(&first).clone())
        }))
    };
    view! { <For each=move || keys.get() key=Clone::clone children=row/> }
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
