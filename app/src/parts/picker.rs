use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::Dialog;
use crate::words::words;

/// One thing to pick.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pick {
    pub(crate) value: String,
    pub(crate) label: String,
    /// What tells it from others of the same name.
    pub(crate) note: String,
    /// Stands over it and over all that follow with the same group.
    pub(crate) group: String,
    /// Why it cannot be picked.
    pub(crate) refused: Option<&'static str>,
}

/// A list over the page that narrows while one types; arrows and Enter pick.
#[component]
pub(crate) fn Picker(
    title: &'static str,
    hint: &'static str,
    picks: Vec<Pick>,
    on_pick: Callback<String>,
    on_close: Callback<()>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let place = RwSignal::new(0_usize);
    let input = NodeRef::<html::Input>::new();
    let picks = StoredValue::new(picks);
    let matching = Memo::new(move |_| {
        let typed = typed.get().to_lowercase();
        let fits = |pick: &Pick| {
            let text = format!("{} {}", pick.label, pick.note).to_lowercase();
            typed.split_whitespace().all(|word| text.contains(word))
        };
        picks.with_value(|picks| {
            picks
                .iter()
                .filter(|pick| fits(pick))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    Effect::new(move || {
        if let Some(input) = input.get() {
            request_animation_frame(move || drop(input.focus()));
        }
    });
    // What the arrows are on stays in sight.
    Effect::new(move || {
        let option = document().get_element_by_id(&option_id(place.get()));
        if let Some(option) = option.and_then(|option| option.dyn_into::<web_sys::Element>().ok()) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let pick = move |at: usize| {
        let chosen = matching.with_untracked(|picks| picks.get(at).cloned());
        if let Some(chosen) = chosen.filter(|pick| pick.refused.is_none()) {
            on_pick.run(chosen.value);
        }
    };
    let press = move |event: ev::KeyboardEvent| {
        let last = matching.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => place.update(|place| *place = (*place + 1).min(last)),
            "ArrowUp" => place.update(|place| *place = place.saturating_sub(1)),
            "Enter" => pick(place.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    let options = move || {
        let mut group = String::new();
        matching
            .get()
            .into_iter()
            .enumerate()
            .map(|(at, one)| {
                let heading = (one.group != group && !one.group.is_empty()).then(|| {
                    group.clone_from(&one.group);
                    view! { <li class="pick-group" role="presentation">{one.group.clone()}</li> }
                });
                view! {
                    {heading}
                    <li
                        id=option_id(at)
                        class="pick"
                        role="option"
                        aria-selected=move || if place.get() == at { "true" } else { "false" }
                        aria-disabled=one.refused.map(|_| "true")
                        on:click=move |_| pick(at)
                        on:pointermove=move |_| place.set(at)
                    >
                        <span>{one.label}</span>
                        <span class="hint">{one.note}{one.refused.map(|why| format!(" \u{00b7} {why}"))}</span>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <Dialog title on_close finds_only=true>
            <p class="hint" id="pick-hint">{hint}</p>
            <input
                type="text"
                class="pick-search"
                role="combobox"
                aria-label=title
                aria-describedby="pick-hint"
                aria-expanded="true"
                aria-controls="pick-list"
                aria-autocomplete="list"
                aria-activedescendant=move || option_id(place.get())
                autocomplete="off"
                node_ref=input
                on:keydown=press
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    place.set(0);
                }
            />
            <ul class="picks" id="pick-list" role="listbox" aria-label=title>{options}</ul>
            <p class="hint" role="status">
                {move || matching.with(Vec::is_empty).then_some(words().desk.no_match)}
            </p>
        </Dialog>
    }
}

fn option_id(at: usize) -> String {
    format!("pick-{at}")
}
