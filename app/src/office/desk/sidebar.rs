//! What waits, and where: the lists and the action lines with their numbers.

use koffiekar_sync_core::catalogue::ActionLine;
use koffiekar_sync_core::office::{Desk, DeskLine};
use leptos::prelude::*;

use super::{
    address::{LineView, View},
    list::List,
};
use crate::{
    office::names::names,
    parts::{Fetched, now},
    words::{number, words},
};

#[component]
pub(super) fn Sidebar(desk: List) -> impl IntoView {
    let words = &words().desk;
    let open = RwSignal::new(false);
    let numbers = Memo::new(move |_| match desk.numbers.value.get() {
        Fetched::Ready(numbers) => Some(numbers),
        _ => None,
    });
    // On a narrow screen the lists fold away once one was chosen.
    Effect::new(move || {
        let _ = desk.address.get();
        open.set(false);
    });
    view! {
        <div class="desk-side" class:open=open>
            <button
                type="button"
                class="button small desk-fold"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-controls="desk-lists"
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {words.show_lines}
            </button>
            <nav id="desk-lists" class="desk-lists" aria-label=words.show_lines>
                <h2>{words.views}</h2>
                <ul class="views">
                    <ListLink desk view=View::Review sign="\u{25ce}" label=words.review numbers of=|desk| desk.untagged + desk.proposed/>
                    <ListLink desk view=View::ToJudge sign="\u{25cb}" label=words.to_judge numbers of=|desk| desk.untagged/>
                    <ListLink desk view=View::Proposed sign="\u{25c7}" label=words.proposed numbers of=|desk| desk.proposed/>
                    <ListLink desk view=View::Contested sign="\u{2260}" label=words.contested numbers of=|desk| desk.contested/>
                    <ListLink desk view=View::Conflicts sign="\u{201e}\u{201d}" label=words.conflicts numbers of=|desk| desk.conflicts/>
                    <ListLink desk view=View::None sign="\u{2013}" label=words.none numbers of=|desk| desk.none/>
                    <ListLink desk view=View::Confirmed sign="\u{2713}" label=words.confirmed_title numbers of=confirmed/>
                    <ListLink desk view=View::All sign="\u{2261}" label=words.all numbers of=|desk| desk.total/>
                </ul>
                <h2>{words.lines}</h2>
                <p class="legend hint" aria-hidden="true">
                    <span>"\u{25cb} "{words.waiting}</span>
                    <span>"\u{25c7} "{words.proposed_title.to_lowercase()}</span>
                    <span>"\u{2713} "{words.confirmed_title.to_lowercase()}</span>
                </p>
                {names().themes().into_iter().map(|(_, title, lines)| view! {
                    <h3>{title}</h3>
                    <ul class="lines">
                        {lines.into_iter().map(|line| view! { <LineRow desk line numbers/> }).collect_view()}
                    </ul>
                }).collect_view()}
            </nav>
        </div>
    }
}

/// What stands in no other way.
fn confirmed(desk: &Desk) -> u64 {
    let others = desk.untagged + desk.proposed + desk.contested + desk.accepted;
    desk.total.saturating_sub(others)
}

#[component]
fn ListLink(
    desk: List,
    view: View,
    sign: &'static str,
    label: &'static str,
    numbers: Memo<Option<Desk>>,
    of: fn(&Desk) -> u64,
) -> impl IntoView {
    let (here, there) = (view.clone(), view);
    view! {
        <li>
            <a
                href=move || desk.address.get().with_view(there.clone()).href()
                aria-current=move || (desk.address.get().view == here).then_some("true")
            >
                <span class="sign" aria-hidden="true">{sign}</span>
                <span>{label}</span>
                <span class="tally">{move || numbers.get().as_ref().map(|desk| number(of(desk)))}</span>
            </a>
        </li>
    }
}

#[component]
fn LineRow(desk: List, line: ActionLine, numbers: Memo<Option<Desk>>) -> impl IntoView {
    let words = &words().desk;
    let key = line.key.clone();
    let mine = Memo::new(move |_| {
        numbers.with(|desk| {
            desk.as_ref()
                .and_then(|desk| desk.lines.iter().find(|line| line.key == key).cloned())
        })
    });
    let key = line.key.clone();
    // Straight to where work waits.
    let href = move || {
        let view = match mine.get() {
            Some(DeskLine {
                suggested: 0,
                proposed: 0,
                confirmed: 1..,
                ..
            }) => LineView::Confirmed,
            Some(DeskLine {
                suggested: 0,
                proposed: 1..,
                ..
            }) => LineView::Proposed,
            _ => LineView::Suggested,
        };
        desk.address
            .get()
            .with_view(View::Line(key.clone(), view))
            .href()
    };
    // A line that ended is listed as long as something stands there.
    let is_open = line.is_open(now());
    let is_empty = move || {
        let numbers = mine.get();
        numbers.is_none_or(|line| line.suggested + line.proposed + line.confirmed == 0)
    };
    let key = line.key;
    let here = move || {
        matches!(desk.address.get().view, View::Line(line, _) if line == key).then_some("true")
    };
    let tally = move |of: fn(&DeskLine) -> u64, what: &'static str| {
        move || {
            mine.get().as_ref().map(of).map(|count| {
                view! {
                    <span class="tally" class:zero=count == 0>
                        {number(count)}
                        <span class="unseen">" "{what}", "</span>
                    </span>
                }
            })
        }
    };
    view! {
        <li hidden=move || !is_open && is_empty()>
            <a href=href aria-current=here>
                <span class="line-title">
                    {line.title}
                    {(!is_open).then(|| format!(" ({})", crate::words::words().names.line_retired))}
                </span>
                {tally(|line| line.suggested, words.waiting)}
                {tally(|line| line.proposed, words.proposed_title)}
                {tally(|line| line.confirmed, words.confirmed_title)}
            </a>
        </li>
    }
}
