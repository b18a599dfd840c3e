//! Counting and finding the tagged input: filters, a chart with its table, the quotes, a file.

mod address;
mod chart;
mod filters;
mod quotes;

use koffiekar_sync_core::office::{Counts, Dimension};
use leptos::prelude::*;

use super::{filter, names::with_all};
use crate::{
    parts::{Busy, Changing, Choice, Empty, Fetched, Select, Source, Trouble, title},
    route,
    words::{count, words},
};

use address::{Address, Show};
use chart::{Chart, CrossTable};
use filters::Filters;
use quotes::Quotes;

#[component]
pub(super) fn Analysis() -> impl IntoView {
    let words = words();
    title(words.analysis.title);
    let address = Memo::new(|_| Address::parse(&route::query()));
    let counts = Source::<Counts>::new();
    let path = Memo::new(move |_| address.with(Address::counts_path));
    Effect::new(move || counts.fetch(path.get()));
    view! {
        <main id="main" class="analysis" tabindex="-1">
            <Filters address/>
            <div class="analysis-main">
                <div class="page-head">
                    <h1 tabindex="-1">{words.analysis.title}</h1>
                    <a
                        class="button small"
                        href=move || filter::with_query("/api/v1/quotes.csv", &filter::to_query(&address.get().filter))
                        download="citaten.csv"
                        title=words.analysis.csv_hint
                    >
                        {words.analysis.csv}
                    </a>
                </div>
                <Total counts/>
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
fn Total(counts: Source<Counts>) -> impl IntoView {
    let words = words();
    // The number stands still while the next one is on its way.
    let last = RwSignal::new(None::<u64>);
    Effect::new(move || {
        if let Fetched::Ready(counts) = &*counts.value.read() {
            last.set(Some(counts.total));
        }
    });
    let is_known = Memo::new(move |_| last.get().is_some());
    let total = Signal::derive(move || {
        let total = last.get().unwrap_or_default();
        count(total, (words.desk.quote_one, words.desk.quotes))
    });
    move || {
        is_known.get().then(|| {
            view! {
                <p class="total" role="status">
                    <strong><Changing text=total/></strong>
                    " "{words.analysis.total}
                </p>
            }
        })
    }
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
        route::replace(
            &Address {
                rows,
                ..address.get_untracked()
            }
            .href(),
        );
    });
    let and_by = Callback::new(move |value: String| {
        route::replace(
            &Address {
                columns: Dimension::parse(&value),
                ..address.get_untracked()
            }
            .href(),
        );
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
                _ => view! { <Chart counts rows columns/> }.into_any(),
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
