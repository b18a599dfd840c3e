//! Round, area, language and words, in one row; they stand in the address.

use std::time::Duration;

use leptos::{ev, leptos_dom::helpers::debounce, prelude::*};

use super::{address::Address, list::List};
use crate::{office::names::names, parts::Select, route, words::words};

#[component]
pub(super) fn Filters(desk: List) -> impl IntoView {
    let words = words();
    let change = move |change: fn(&mut Address, String)| {
        Callback::new(move |value: String| {
            let mut address = desk.address.get_untracked();
            change(&mut address, value);
            address.show();
        })
    };
    // One entry in the history for words that are typed in one go.
    let is_typing = StoredValue::new(false);
    let type_ahead = debounce(Duration::from_millis(350), move |text: String| {
        let address = Address {
            text,
            ..desk.address.get_untracked()
        };
        match is_typing.get_value() {
            true => route::replace_with(&address.href(), &address.text),
            false => address.show(),
        }
        is_typing.set_value(true);
    });
    let of = move |part: fn(&Address) -> &String| {
        Signal::derive(move || desk.address.with(|address| part(address).clone()))
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(active) = desk.active.get_untracked() {
            desk.activate(active);
        }
    };
    let text = of(|address| &address.text);
    view! {
        <form class="filters" role="search" aria-label=words.filters.legend on:submit=submit>
            <div class="field">
                <label for="desk-search">{words.filters.text}</label>
                <input
                    id="desk-search"
                    type="search"
                    dir="auto"
                    placeholder=words.desk.search
                    autocomplete="off"
                    prop:value=text
                    on:blur=move |_| { is_typing.try_set_value(false); }
                    on:input={
                        let mut type_ahead = type_ahead;
                        move |event| type_ahead(event_target_value(&event))
                    }
                />
            </div>
            <Select id="desk-round" label=words.filters.round value=of(|address| &address.round)
                choices=names().round_choices() on_choose=change(|address, value| address.round = value)/>
            <Select id="desk-area" label=words.filters.area value=of(|address| &address.area)
                choices=names().area_choices() on_choose=change(|address, value| address.area = value)/>
            <Select id="desk-language" label=words.filters.language value=of(|address| &address.language)
                choices=names().language_choices() on_choose=change(|address, value| address.language = value)/>
            {move || desk.address.with(Address::is_filtered).then(|| view! {
                <button
                    type="button"
                    class="button quiet small"
                    on:click=move |_| desk.address.get_untracked().cleared().show()
                >
                    {words.filters.clear}
                </button>
            })}
        </form>
    }
}
