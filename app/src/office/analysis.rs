//! Counting and finding the tagged input: filters, a chart with its table, the quotes, a file.

mod address;
mod alternatives;
mod chart;
mod files;
mod filters;
mod quotes;

use koffiekar_sync_core::office::{ByState, Counts, Dimension, TagState};
use leptos::prelude::*;

use super::names::with_all;
use crate::{
    parts::{Busy, Changing, Choice, Empty, Fetched, Select, Source, Trouble, title},
    route,
    words::{count, counted, fill, number, words},
};

use address::{Address, Show};
use alternatives::DidYouMean;
use chart::{Chart, CrossTable};
use files::Files;
use filters::{Filters, FiltersInForce};
use quotes::Quotes;

#[component]
pub(super) fn Analysis() -> impl IntoView {
    let words = words();
    title(words.analysis.title);
    let address = Memo::new(|_| Address::parse(&route::query(), route::words()));
    let counts = Source::<Counts>::new();
    let path = Memo::new(move |_| address.with(Address::counts_path));
    Effect::new(move || counts.fetch(path.get()));
    view! {
        <main id="main" class="analysis" tabindex="-1">
            <Filters address/>
            <div class="analysis-main">
                <div class="page-head">
                    <h1 tabindex="-1">{words.analysis.title}</h1>
                    <Files address/>
                </div>
                <FiltersInForce address/>
                <Total counts address/>
                <DidYouMean counts address/>
                <Views address/>
                {move || match address.with(|address| address.show) {
                    Show::Quotes => view! { <Quotes address/> }.into_any(),
                    show => view! { <Counted address counts show/> }.into_any(),
                }}
            </div>
        </main>
    }
}

#[component]
fn Total(counts: Source<Counts>, address: Memo<Address>) -> impl IntoView {
    let words = words();
    // The number stands still while the next one is on its way.
    let last = RwSignal::new(None::<(u64, ByState)>);
    Effect::new(move || {
        match &*counts.value.read() {
            Fetched::Ready(counts) => last.set(Some((counts.total, counts.by_state))),
            // Of other filters.
            Fetched::Failed(_) => last.set(None),
            Fetched::Busy => {}
        }
    });
    let is_known = Memo::new(move |_| last.get().is_some());
    let total = Signal::derive(move || {
        let (total, _) = last.get().unwrap_or_default();
        count(total, (words.desk.quote_one, words.desk.quotes))
    });
    let fit = Signal::derive(move || {
        counted(words.analysis.total, last.get().unwrap_or_default().0, &[])
    });
    move || {
        is_known.get().then(|| {
            view! {
                <p class="total" role="status">
                    <strong><Changing text=total/></strong>
                    " "<Changing text=fit/>
                </p>
                {move || last.get().map(|(_, by_state)| view! { <States by_state address/> })}
            }
        })
    }
}

/// How quotes stand, and how many a filter by tags leaves out: what nobody judged yet is on no line.
#[component]
fn States(by_state: ByState, address: Memo<Address>) -> impl IntoView {
    let words = words();
    if by_state.total() == 0 {
        return ().into_any();
    }
    let state = move |state: TagState| {
        let href = address.with_untracked(|address| address.of_state(state).href());
        let text = format!(
            "{} {}",
            number(by_state.of(state)),
            words.names.tag_state(state).to_lowercase()
        );
        view! { <li><a href=href>{text}</a></li> }
    };
    // Of what nobody judged yet the number is always told.
    let shown = |shown: &TagState| *shown == TagState::Untagged || by_state.of(*shown) > 0;
    let states = TagState::ALL.into_iter().filter(shown).map(state);
    let states = states.collect_view();
    let is_of_tags = move || address.with(|address| address.filter.is_of_tags());
    let head = move || match is_of_tags() {
        true => fill(
            words.analysis.without_tags,
            &[&count(
                by_state.total(),
                (words.desk.quote_one, words.desk.quotes),
            )],
        ),
        false => words.analysis.by_state.to_owned(),
    };
    view! {
        <div class="by-state" data-testid="by-state">
            <p>{head}</p>
            <ul>{states}</ul>
        </div>
    }
    .into_any()
}

#[component]
fn Views(address: Memo<Address>) -> impl IntoView {
    let words = &words().analysis;
    let tab = move |show: Show, label: &'static str| {
        let href = move || {
            Address {
                show,
                ..address.get()
            }
            .href()
        };
        let here = move || {
            address
                .with(|address| address.show == show)
                .then_some("true")
        };
        view! { <li><a href=href aria-current=here>{label}</a></li> }
    };
    view! {
        <nav class="subnav compact" aria-label=words.show>
            <ul>
                {tab(Show::Chart, words.chart)}
                {tab(Show::Table, words.table)}
                {tab(Show::Quotes, words.quotes)}
            </ul>
        </nav>
    }
}

/// What to count by, and the count as a chart or a table.
#[component]
fn Counted(address: Memo<Address>, counts: Source<Counts>, show: Show) -> impl IntoView {
    let words = words();
    let choices = || Dimension::ALL.map(|by| Choice::new(by.as_str(), words.names.dimension(by)));
    let by = Callback::new(move |value: String| {
        let rows = Dimension::parse(&value).unwrap_or(Dimension::ActionLine);
        let by = Address {
            rows,
            ..address.get_untracked()
        };
        by.show();
    });
    let and_by = Callback::new(move |value: String| {
        let by = Address {
            columns: Dimension::parse(&value),
            ..address.get_untracked()
        };
        by.show();
    });
    let mut second = with_all(choices());
    second[0].label = words.analysis.no_second.to_owned();
    let rows = Signal::derive(move || address.with(|address| address.rows.as_str().to_owned()));
    let columns = Signal::derive(move || {
        address.with(|address| {
            address
                .columns
                .map_or(String::new(), |by| by.as_str().to_owned())
        })
    });
    let body = move || match counts.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry =
                Callback::new(move |()| counts.fetch(address.with_untracked(Address::counts_path)));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(counts) if counts.total == 0 => {
            view! { <Empty title=words.analysis.none text=words.analysis.none_hint/> }.into_any()
        }
        Fetched::Ready(counts) => {
            let Address { rows, columns, .. } = address.get_untracked();
            match show {
                Show::Table => view! { <CrossTable counts rows columns/> }.into_any(),
                _ => view! {
                    <Chart counts=counts.clone() rows columns/>
                    <details class="numbers">
                        <summary>{words.analysis.numbers}</summary>
                        <CrossTable counts rows columns/>
                    </details>
                }
                .into_any(),
            }
        }
    };
    view! {
        <div class="dimensions">
            <Select id="count-by" label=words.analysis.by value=rows choices=choices().to_vec() on_choose=by/>
            <Select id="split-by" label=words.analysis.and_by value=columns choices=second on_choose=and_by/>
        </div>
        {body}
    }
}
