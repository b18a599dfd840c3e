//! What the filters find in the other lists: a search in one list says nothing of the others.

use koffiekar_sync_core::office::TagState;
use leptos::prelude::*;

use super::{
    address::{Address, View},
    list::List,
};
use crate::words::{number, words};

#[component]
pub(super) fn OtherLists(desk: List) -> impl IntoView {
    let words = words();
    move || {
        let address = desk.address.get();
        let narrows = address.is_filtered() || matches!(address.view, View::Theme(_));
        let found = desk.by_state.get().filter(|_| narrows);
        let Some(found) = found.filter(|_| address.view != View::All) else {
            return ().into_any();
        };
        let link = |view: View, label: &'static str, found: u64| {
            let href = address.with_view(view).href();
            view! { <li><a href=href>{label}" "<span class="tally">{number(found)}</span></a></li> }
        };
        let others = TagState::ALL
            .into_iter()
            .map(|state| (state, Address::view_of(state), found.of(state)))
            .filter(|(_, view, found)| *found > 0 && *view != address.view)
            .map(|(state, view, found)| link(view, words.names.tag_state(state), found))
            .collect_view();
        let all = link(View::All, words.desk.all, found.total());
        view! {
            <nav class="other-lists" aria-label=words.desk.other_lists data-testid="other-lists">
                <p>{words.desk.other_lists}</p>
                <ul>{others}{all}</ul>
            </nav>
        }
        .into_any()
    }
}
