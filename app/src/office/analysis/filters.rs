//! All filters; each choice stands in the address at once.

use std::time::Duration;

use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{QuoteFilter, TagState};
use leptos::{leptos_dom::helpers::debounce, prelude::*};

use super::Address;
use crate::{
    office::names::{names, with_all},
    parts::{Choice, Select, iso_day},
    route,
    words::words,
};

/// Reads one filter as text, and writes it.
type Part = (
    fn(&QuoteFilter) -> String,
    fn(&mut QuoteFilter, Option<String>),
);

fn text_of<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

#[component]
pub(super) fn Filters(address: Memo<Address>) -> impl IntoView {
    let words = words();
    let read =
        move |part: Part| Signal::derive(move || address.with(|address| part.0(&address.filter)));
    let write = move |part: Part| {
        Callback::new(move |value: String| {
            let mut address = address.get_untracked();
            part.1(&mut address.filter, (!value.is_empty()).then_some(value));
            address.show();
        })
    };
    let select = move |id, label, choices: Vec<Choice>, part: Part| {
        view! { <Select id label value=read(part) on_choose=write(part) choices/> }
    };
    let day = move |id: &'static str, label: &'static str, part: Part| {
        let (value, change) = (read(part), write(part));
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input id=id type="date" prop:value=value on:change=move |event| { change.try_run(event_target_value(&event)); }/>
            </div>
        }
    };
    let text = read(TEXT);
    // One entry in the history for words that are typed in one go.
    let is_typing = StoredValue::new(false);
    let mut type_ahead = debounce(Duration::from_millis(350), move |text: String| {
        let mut address = address.get_untracked();
        TEXT.1(&mut address.filter, (!text.is_empty()).then_some(text));
        match is_typing.get_value() {
            true => route::replace_with(&address.href(), address.words()),
            false => address.show(),
        }
        is_typing.set_value(true);
    });
    let kinds = RoundKind::ALL.map(|kind| Choice::new(kind.as_str(), words.names.kind(kind)));
    let states =
        TagState::ALL.map(|state| Choice::new(state.as_str(), words.names.tag_state(state)));
    let purposes =
        Purpose::ALL.map(|purpose| Choice::new(purpose.as_str(), words.names.purpose(purpose)));
    let any = move || address.with(|address| address.filter != QuoteFilter::default());
    let clear = move |_| {
        let cleared = Address {
            filter: QuoteFilter::default(),
            ..address.get_untracked()
        };
        cleared.show();
    };
    view! {
        <form class="analysis-side" role="search" aria-label=words.analysis.filters on:submit=|event| event.prevent_default()>
            <div class="field">
                <label for="filter-text">{words.filters.text}</label>
                <input
                    id="filter-text"
                    type="search"
                    dir="auto"
                    placeholder=words.filters.search
                    autocomplete="off"
                    prop:value=text
                    on:input=move |event| type_ahead(event_target_value(&event))
                    on:blur=move |_| { is_typing.try_set_value(false); }
                />
            </div>
            {select("filter-theme", words.filters.theme, names().theme_choices(), THEME)}
            {select("filter-line", words.filters.action_line, names().line_choices(), LINE)}
            {select("filter-state", words.filters.tag_state, with_all(states), STATE)}
            {select("filter-area", words.filters.area, names().area_choices(), AREA)}
            {select("filter-round", words.filters.round, names().round_choices(), ROUND)}
            {select("filter-kind", words.filters.kind, with_all(kinds), KIND)}
            {select("filter-language", words.filters.language, names().language_choices(), LANGUAGE)}
            {select("filter-consent", words.filters.consent, with_all(purposes), CONSENT)}
            {day("filter-from", words.filters.from, FROM)}
            {day("filter-until", words.filters.until, UNTIL)}
            {day("filter-as-of", words.filters.as_of, AS_OF)}
            <p class="hint">{words.filters.as_of_hint}</p>
            {move || any().then(|| view! {
                <button type="button" class="button quiet small" on:click=clear>{words.filters.clear}</button>
            })}
        </form>
    }
}

/// For paper alone, where the form is not printed.
#[component]
pub(super) fn FiltersInForce(address: Memo<Address>) -> impl IntoView {
    let words = words();
    let told = move || {
        let filter = address.with(|address| address.filter.clone());
        let names = names();
        let line = |key: &LineKey| names.line(key);
        let theme = |key: &LineKey| names.theme(key);
        let parts = [
            (words.filters.text, filter.text.clone()),
            (words.filters.theme, filter.theme.as_ref().map(theme)),
            (
                words.filters.action_line,
                filter.action_line.as_ref().map(line),
            ),
            (
                words.filters.tag_state,
                filter
                    .tag_state
                    .map(|state| words.names.tag_state(state).to_owned()),
            ),
            (
                words.filters.area,
                filter.area.as_deref().map(|code| names.area(Some(code))),
            ),
            (
                words.filters.round,
                filter.round.map(|round| names.round(round)),
            ),
            (
                words.filters.kind,
                filter.kind.map(|kind| words.names.kind(kind).to_owned()),
            ),
            (
                words.filters.language,
                filter
                    .language
                    .as_deref()
                    .map(|code| words.names.language(code)),
            ),
            (
                words.filters.consent,
                filter
                    .consent
                    .map(|purpose| words.names.purpose(purpose).to_owned()),
            ),
            (words.filters.from, filter.from.as_deref().map(iso_day)),
            (words.filters.until, filter.until.as_deref().map(iso_day)),
            (words.filters.as_of, filter.as_of.as_deref().map(iso_day)),
        ];
        let parts = parts
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
        parts.collect::<Vec<_>>().join(" \u{b7} ")
    };
    view! { <p class="print-only">{told}</p> }
}

const TEXT: Part = (
    |filter| filter.text.clone().unwrap_or_default(),
    |filter, value| filter.text = value,
);
const AREA: Part = (
    |filter| filter.area.clone().unwrap_or_default(),
    |filter, value| filter.area = value,
);
const FROM: Part = (
    |filter| filter.from.clone().unwrap_or_default(),
    |filter, value| filter.from = value,
);
const UNTIL: Part = (
    |filter| filter.until.clone().unwrap_or_default(),
    |filter, value| filter.until = value,
);
const AS_OF: Part = (
    |filter| filter.as_of.clone().unwrap_or_default(),
    |filter, value| filter.as_of = value,
);
const LANGUAGE: Part = (
    |filter| filter.language.clone().unwrap_or_default(),
    |filter, value| filter.language = value,
);
const LINE: Part = (
    |filter| text_of(filter.action_line.as_ref()),
    |filter, value| filter.action_line = value.and_then(|value| value.parse().ok()),
);
const THEME: Part = (
    |filter| text_of(filter.theme.as_ref()),
    |filter, value| filter.theme = value.and_then(|value| value.parse().ok()),
);
const ROUND: Part = (
    |filter| text_of(filter.round.as_ref()),
    |filter, value| filter.round = value.and_then(|value| value.parse().ok()),
);
const KIND: Part = (
    |filter| {
        filter
            .kind
            .map_or(String::new(), |kind| kind.as_str().to_owned())
    },
    |filter, value| filter.kind = value.and_then(|value| RoundKind::parse(&value)),
);
const STATE: Part = (
    |filter| {
        filter
            .tag_state
            .map_or(String::new(), |state| state.as_str().to_owned())
    },
    |filter, value| filter.tag_state = value.and_then(|value| TagState::parse(&value)),
);
const CONSENT: Part = (
    |filter| {
        filter
            .consent
            .map_or(String::new(), |purpose| purpose.as_str().to_owned())
    },
    |filter, value| filter.consent = value.and_then(|value| Purpose::parse(&value)),
);
