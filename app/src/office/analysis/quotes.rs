//! The quotes themselves, page by page.

use koffiekar_sync_core::office::{QuoteFilter, QuotePage, QuoteRow};
use leptos::{prelude::*, task::spawn_local};

use super::Address;
use crate::{
    api,
    office::{
        filter::{to_query, with_query},
        quote::{Meta, Tags, Verbatim},
    },
    parts::{Busy, Empty, Fetched, Source, Tone, Trouble, announce},
    words::words,
};

fn path(filter: &QuoteFilter, after: Option<String>) -> String {
    with_query(
        "/api/v1/quotes",
        &to_query(&QuoteFilter {
            limit: Some(30),
            after,
            ..filter.clone()
        }),
    )
}

#[component]
pub(super) fn Quotes(address: Memo<Address>) -> impl IntoView {
    let words = words();
    let filter = Memo::new(move |_| address.with(|address| address.filter.clone()));
    let page = Source::<QuotePage>::new();
    Effect::new(move || page.fetch(path(&filter.get(), None)));
    move || match page.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| page.fetch(path(&filter.get_untracked(), None)));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(page) if page.quotes.is_empty() => {
            view! { <Empty title=words.analysis.none text=words.analysis.none_hint/> }.into_any()
        }
        Fetched::Ready(first) => view! { <Pages first filter/> }.into_any(),
    }
}

#[component]
fn Pages(first: QuotePage, filter: Memo<QuoteFilter>) -> impl IntoView {
    let words = words();
    let rows = RwSignal::new(first.quotes);
    let next = RwSignal::new(first.next);
    let busy = RwSignal::new(false);
    let more = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let asked = filter.get_untracked();
        let path = path(&asked, next.get_untracked());
        spawn_local(async move {
            let page = api::get::<QuotePage>(&path).await;
            if filter.try_get_untracked().as_ref() != Some(&asked) {
                return;
            }
            busy.set(false);
            match page {
                Ok(page) => {
                    rows.update(|rows| rows.extend(page.quotes));
                    next.set(page.next);
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    let quote = |row: QuoteRow| {
        view! {
            <li class="card">
                <Verbatim text=row.verbatim.clone() language=row.language.clone()/>
                <Meta row=row.clone()/>
                <Tags row/>
            </li>
        }
    };
    view! {
        <ol class="cards"><For each=move || rows.get() key=|row| row.id children=quote/></ol>
        {move || next.get().map(|_| view! {
            <p class="list-end">
                <button
                    type="button"
                    class="button"
                    aria-disabled=move || busy.get().then_some("true")
                    on:click=more
                >
                    {move || if busy.get() { words.common.busy } else { words.common.more }}
                </button>
            </p>
        })}
    }
}
