//! The editor's desk: which quotes wait, what they concern, and the decision, by keyboard.
//!
//! The list stands still while somebody works in it: a quote that was decided on stays where it is
//! and shows what became of it, until another list is chosen. A decision shows at once; when the
//! server refuses it, it is taken back and said so.

mod address;
mod card;
mod decide;
mod filters;
mod keys;
mod list;
mod other_lists;
mod questions;
mod sidebar;

use koffiekar_sync_core::ids::QuoteId;
use leptos::prelude::*;

use super::{alternatives::Alternatives, detail::Detail};
use crate::{
    parts::{Fetched, title},
    route::{self, Route},
    shell::DemoNotice,
    words::{count, words},
};

pub(super) use address::{Address, LineView, View};
use card::Card;
pub(super) use card::Judging;
use filters::Filters;
pub(super) use list::{Entry, List};
use other_lists::OtherLists;
use questions::Questions;
use sidebar::Sidebar;

#[component]
pub(super) fn Desk() -> impl IntoView {
    let desk = List::new();
    keys::listen(desk);
    desk.load_numbers();
    desk.load_sections();
    Effect::new(move || desk.load(desk.address.get()));

    let open = Memo::new(|_| match route::current() {
        Route::Quote(id) => Some(id),
        _ => None,
    });
    // Back from a quote: to its card.
    Effect::new(move |was_open: Option<Option<QuoteId>>| {
        let open = open.get();
        if let (Some(Some(id)), None) = (was_open, open) {
            desk.activate(id);
        }
        open
    });
    view! {
        <main id="main" class="desk" tabindex="-1">
            <Sidebar desk/>
            <div class="desk-main">
                <div hidden=move || open.get().is_some()>
                    <DemoNotice/>
                    <Quotes desk/>
                </div>
                {move || open.get().map(|id| view! { <Detail id desk/> })}
            </div>
            <Questions desk/>
        </main>
    }
}

#[component]
fn Quotes(desk: List) -> impl IntoView {
    let words = words();
    let heading = move || desk.address.get().heading();
    let choose = Callback::new(move |text: String| {
        let address = Address {
            text,
            ..desk.address.get_untracked()
        };
        address.show();
    });
    Effect::new(move || title(&heading()));
    let total = move || {
        let total = desk.total.get();
        total.map(|total| count(total, (words.desk.quote_one, words.desk.quotes)))
    };
    let cards = move || {
        view! {
            <ol class="cards" aria-label=words.desk.list>
                <For each=move || desk.entries.get() key=|entry| entry.id let:entry>
                    <li><Card desk entry/></li>
                </For>
            </ol>
        }
    };
    view! {
        <div class="desk-head">
            <h1 tabindex="-1">{heading}</h1>
            <p class="desk-total" role="status" prop:textContent=move || total().unwrap_or_default()></p>
            <button type="button" class="button quiet small help"
                aria-disabled=move || desk.done.with(Vec::is_empty).then_some("true") on:click=move |_| desk.undo()>
                <kbd aria-hidden="true">"u"</kbd>
                {words.common.undo}
            </button>
            <button type="button" class="button quiet small" on:click=move |_| desk.ask(questions::Question::Help)>
                <kbd aria-hidden="true">"?"</kbd>
                {words.desk.help}
            </button>
        </div>
        <LineViews desk/>
        {move || desk.address.with(|address| address.view == View::Review)
            .then(|| view! { <p class="hint desk-hint">{words.desk.review_hint}</p> })}
        <Filters desk/>
        <Alternatives found=desk.alternatives choose/>
        <OtherLists desk/>
        {move || desk.state_view(cards)}
    }
}

/// The three lists of one action line.
#[component]
fn LineViews(desk: List) -> impl IntoView {
    let words = &words().desk;
    move || {
        let address = desk.address.get();
        let View::Line(line, now) = address.view.clone() else {
            return ().into_any();
        };
        let numbers = match desk.numbers.value.get() {
            Fetched::Ready(numbers) => numbers.lines.into_iter().find(|one| one.key == line),
            _ => None,
        };
        let tab = |view: LineView, sign, label, number: Option<u64>| {
            let href = Address {
                view: View::Line(line.clone(), view),
                ..address.clone()
            }
            .href();
            view! {
                <li>
                    <a href=href aria-current=(view == now).then_some("true")>
                        <span aria-hidden="true">{sign}" "</span>
                        {label}
                        {number.map(|number| view! { <span class="tally">{crate::words::number(number)}</span> })}
                    </a>
                </li>
            }
        };
        let number =
            |of: fn(&koffiekar_sync_core::office::DeskLine) -> u64| numbers.as_ref().map(of);
        view! {
            <nav class="subnav compact" aria-label=words.line_views>
                <ul>
                    {tab(LineView::Suggested, "\u{25cb}", words.waiting_title, number(|line| line.suggested))}
                    {tab(LineView::Proposed, "\u{25c7}", words.proposed_title, number(|line| line.proposed))}
                    {tab(LineView::Confirmed, "\u{2713}", words.confirmed_title, number(|line| line.confirmed))}
                </ul>
            </nav>
        }
        .into_any()
    }
}
