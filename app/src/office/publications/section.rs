//! One place in a text with its quotes, each with its source.

use koffiekar_sync_core::ids::{QuoteId, SectionId};
use koffiekar_sync_core::office::{ChooseQuote, Role, Section, SelectedQuote, SelectionBlock};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use crate::{
    api,
    office::{
        desk::{Address, LineView, View},
        names::names,
        quote::Verbatim,
    },
    parts::{Tone, UnderWay, announce, day, focus},
    route::Route,
    session,
    words::{count, fill, words},
};

fn is_editor() -> bool {
    untrack(session::signed_in).is_some_and(|session| session.role == Role::Editor)
}

/// A quote that was taken out, and where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Removal {
    section: SectionId,
    quote: QuoteId,
    /// The quote behind it; none where it was the last.
    before: Option<QuoteId>,
}

/// A line of a section: a quote, or the place of one that was taken out and can be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Line {
    Quote(QuoteId),
    Removed(QuoteId),
}

/// The quotes in their order, with what was taken out from between them.
fn lines(section: &Section, removals: &[Removal]) -> Vec<Line> {
    let mut lines: Vec<Line> = section
        .quotes
        .iter()
        .map(|chosen| Line::Quote(chosen.quote.id))
        .collect();
    // The newest first: what stood behind another one that was removed finds that one in its place.
    for removal in removals.iter().rev() {
        let stands = |quote| lines.contains(&Line::Quote(quote));
        if removal.section != section.id || stands(removal.quote) {
            continue;
        }
        let behind = removal.before.and_then(|before| {
            let mut lines = lines.iter();
            lines.position(|line| [Line::Quote(before), Line::Removed(before)].contains(line))
        });
        lines.insert(behind.unwrap_or(lines.len()), Line::Removed(removal.quote));
    }
    lines
}

#[component]
pub(super) fn SectionView(
    section: RwSignal<Section>,
    removals: RwSignal<Vec<Removal>>,
) -> impl IntoView {
    let words = words();
    let (id, title) = section.with_untracked(|section| (section.id, section.title.clone()));
    let tally = move || {
        let number = section.with(|section| section.quotes.len());
        count(number as u64, (words.desk.quote_one, words.desk.quotes))
    };
    let lines = Memo::new(move |_| {
        section.with(|section| removals.with(|removals| lines(section, removals)))
    });
    let line = move |line: Line| {
        let content = match line {
            Line::Quote(quote) => view! { <Chosen section removals quote/> }.into_any(),
            Line::Removed(quote) => view! { <Removed section removals quote/> }.into_any(),
        };
        view! { <li class:no-print=matches!(line, Line::Removed(_))>{content}</li> }
    };
    let is_empty = move || lines.with(Vec::is_empty);
    view! {
        <section class="section" id=format!("section-{}", id.key()) aria-label=title.clone()>
            <h2>{title.clone()} <span class="tally no-print">{tally}</span></h2>
            {move || is_empty().then(|| view! { <NoQuotes section=section.get_untracked()/> })}
            <ul class="chosen-quotes" hidden=is_empty data-decides>
                <For each=move || lines.get() key=|line| *line children=line/>
            </ul>
        </section>
    }
}

/// A quote was taken out here: it can be put back where it stood.
#[component]
fn Removed(
    section: RwSignal<Section>,
    removals: RwSignal<Vec<Removal>>,
    quote: QuoteId,
) -> impl IntoView {
    let words = &words().publications;
    let under_way = UnderWay::new();
    let place = section.with_untracked(|section| section.id);
    let forget = move || {
        removals.update(|removals| {
            removals.retain(|one| (one.section, one.quote) != (place, quote));
        });
    };
    let put_back = move |_| {
        if !under_way.begin() {
            return;
        }
        let before = section.with_untracked(|section| {
            removals.with_untracked(|removals| still_behind(section, removals, quote))
        });
        spawn_local(async move {
            let path = format!("/api/v1/sections/{place}/selections");
            let answer = api::send::<Section>("POST", &path, &ChooseQuote { quote, before }).await;
            under_way.end();
            match answer {
                Ok(now) => {
                    announce(Tone::Good, fill(words.put_back_done, &[&now.title]));
                    section.set(now);
                    forget();
                    focus(remove_button(place, quote));
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    view! {
        <p class="removed" data-testid="removed">
            <span>{words.is_removed}</span>
            <button type="button" id=format!("put-back-{}-{}", place.key(), quote.key()) class="button small"
                aria-disabled=move || under_way.disabled() on:click=put_back>
                {words.put_back}
            </button>
            <button type="button" class="button quiet small" on:click=move |_| forget()>
                {words.leave_removed}
            </button>
        </p>
    }
}

/// Before which quote it goes: the one that stood behind it, or where that was taken out as well, the one behind that.
fn still_behind(section: &Section, removals: &[Removal], quote: QuoteId) -> Option<QuoteId> {
    let behind = |quote| {
        let mut all = removals.iter();
        let own = all.find(|one| (one.section, one.quote) == (section.id, quote));
        own.and_then(|one| one.before)
    };
    let is_there = |quote| section.quotes.iter().any(|chosen| chosen.quote.id == quote);
    let mut next = behind(quote);
    // At most each of them once, whatever order they were taken out in.
    for _ in removals {
        match next {
            Some(quote) if !is_there(quote) => next = behind(quote),
            _ => break,
        }
    }
    next.filter(|quote| is_there(*quote))
}

fn remove_button(section: SectionId, quote: QuoteId) -> String {
    format!("remove-{}-{}", section.key(), quote.key())
}

#[component]
fn NoQuotes(section: Section) -> impl IntoView {
    let words = &words().publications;
    let view = match (section.action_line, section.theme) {
        (Some(line), _) => View::Line(line, LineView::Confirmed),
        (None, Some(theme)) => View::Theme(theme),
        (None, None) => View::All,
    };
    let desk = Address {
        view,
        ..Address::parse("", String::new())
    }
    .href();
    view! {
        <div class="no-quotes no-print">
            <p>{words.empty_section}</p>
            {is_editor().then(|| view! { <p><a href=desk>{words.to_desk}</a></p> })}
        </div>
    }
}

#[component]
fn Chosen(
    section: RwSignal<Section>,
    removals: RwSignal<Vec<Removal>>,
    quote: QuoteId,
) -> impl IntoView {
    let chosen = Memo::new(move |before: Option<&Option<SelectedQuote>>| {
        section.with(|section| {
            let mut all = section.quotes.iter();
            let now = all.find(|chosen| chosen.quote.id == quote).cloned();
            now.or_else(|| before.cloned().flatten())
        })
    });
    move || {
        chosen
            .get()
            .map(|chosen| view! { <Quote section removals chosen/> })
    }
}

#[component]
fn Quote(
    section: RwSignal<Section>,
    removals: RwSignal<Vec<Removal>>,
    chosen: SelectedQuote,
) -> impl IntoView {
    let words = words();
    let SelectedQuote {
        quote,
        chosen_by,
        chosen_at,
        blocked,
    } = chosen;
    let source = [
        names().area(quote.area.as_deref()),
        quote.round_name.clone(),
        words
            .names
            .recorded(&day(quote.recorded_at), quote.clock_doubtful),
    ]
    .join(", ");
    let reason = blocked.map(|block| {
        view! {
            <p class="blocked">
                <strong>"! "{words.publications.blocked}". "</strong>
                {words.names.block(block)}
            </p>
        }
    });
    let id = quote.id;
    let place = section.with_untracked(|section| section.id);
    // What may not be chosen cannot be put back.
    let can_be_put_back = !matches!(
        blocked,
        Some(SelectionBlock::NoConsent | SelectionBlock::Removed)
    );
    let under_way = UnderWay::new();
    let remove = move |_| {
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            let path = format!("/api/v1/sections/{place}/selections/{id}");
            let answer = api::order_for::<Section>("DELETE", &path).await;
            under_way.end();
            match answer {
                Ok(left) => {
                    announce(Tone::Good, fill(words.publications.removed, &[&left.title]));
                    if can_be_put_back {
                        let before = section.with_untracked(|section| behind(section, id));
                        removals.update(|removals| {
                            removals.retain(|one| (one.section, one.quote) != (place, id));
                            removals.push(Removal {
                                section: place,
                                quote: id,
                                before,
                            });
                        });
                        focus(format!("put-back-{}-{}", place.key(), id.key()));
                    }
                    section.set(left);
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    // Nothing is left of it but that it was chosen.
    let is_gone = blocked == Some(SelectionBlock::Removed);
    let controls = is_editor().then(|| {
        let open = (!is_gone).then(|| {
            view! { <a class="button quiet small" href=Route::Quote(id).path()>{words.desk.open}</a> }
        });
        view! {
            {open}
            <button type="button" id=remove_button(place, id) class="button quiet small"
                aria-disabled=move || under_way.disabled() on:click=remove>
                {words.publications.remove}
            </button>
        }
    });
    view! {
        <article class="chosen-quote" class:is-blocked=blocked.is_some()>
            {reason}
            {(!is_gone).then(|| view! {
                <Verbatim text=quote.verbatim.clone() language=quote.language.clone()/>
                <p class="source">{source}</p>
            })}
            <p class="chosen-by no-print">
                <span>{fill(words.publications.chosen_by, &[&chosen_by, &day(chosen_at)])}</span>
                {(!is_gone).then(|| view! { <span>{words.names.publication(&quote.consent)}</span> })}
                {controls}
            </p>
        </article>
    }
}

/// The quote that stands behind this one.
fn behind(section: &Section, quote: QuoteId) -> Option<QuoteId> {
    let mut ids = section.quotes.iter().map(|chosen| chosen.quote.id);
    ids.find(|id| *id == quote)?;
    ids.next()
}
