//! One out of many, found by typing: a buurt, an action line.

use leptos::prelude::*;

use super::words::words;
use crate::parts::Dialog;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) options: Vec<PickOption>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PickOption {
    pub(crate) value: String,
    pub(crate) label: String,
    /// Found by these too.
    pub(crate) also: String,
}

/// Rows drawn at most: who searches needs no more.
const MOST_ROWS: usize = 200;

#[component]
pub(crate) fn Picker(
    title: &'static str,
    groups: Vec<Group>,
    #[prop(into)] chosen: Signal<Vec<String>>,
    on_pick: Callback<String>,
    on_close: Callback<()>,
) -> impl IntoView {
    let sought = RwSignal::new(String::new());
    let found = move || {
        let sought = sought.get().to_lowercase();
        let mut room = MOST_ROWS;
        let mut are_all = true;
        let mut shown = Vec::new();
        for group in &groups {
            let fits = |option: &&PickOption| {
                sought.split_whitespace().all(|word| {
                    option.label.to_lowercase().contains(word)
                        || option.also.to_lowercase().contains(word)
                })
            };
            let mut fitting = group.options.iter().filter(fits);
            let options: Vec<PickOption> = fitting.by_ref().take(room).cloned().collect();
            are_all &= fitting.next().is_none();
            room -= options.len();
            if !options.is_empty() {
                shown.push(Group {
                    title: group.title.clone(),
                    options,
                });
            }
        }
        (shown, are_all)
    };
    let rows = move || {
        let (found, are_all) = found();
        if found.is_empty() {
            return view! { <p class="hint">{words().nothing_found}</p> }.into_any();
        }
        let row = move |option: PickOption| {
            let own = option.value.clone();
            let pressed = move || chosen.with(|chosen| chosen.contains(&own)).to_string();
            let value = option.value.clone();
            view! {
                <li>
                    <button type="button" class="f-option" data-testid="option" data-value=option.value
                        aria-pressed=pressed on:click=move |_| on_pick.run(value.clone())>
                        {option.label}
                    </button>
                </li>
            }
        };
        let groups = found
            .into_iter()
            .map(|group| {
                view! {
                    <section class="f-group">
                        <h3>{group.title}</h3>
                        <ul>{group.options.into_iter().map(row).collect_view()}</ul>
                    </section>
                }
            })
            .collect_view();
        view! {
            {groups}
            {(!are_all).then(|| view! { <p class="hint">{words().more_found}</p> })}
        }
        .into_any()
    };
    view! {
        <Dialog title=title on_close=on_close wide=true finds_only=true>
            <div class="f-picker">
                <label class="unseen" for="picker-search">{words().search}</label>
                <input
                    id="picker-search"
                    data-testid="picker-search"
                    type="search"
                    dir="auto"
                    autocomplete="off"
                    placeholder=words().search
                    prop:value=move || sought.get()
                    on:input=move |event| sought.set(event_target_value(&event))
                />
                <div class="f-found">{rows}</div>
            </div>
        </Dialog>
    }
}
