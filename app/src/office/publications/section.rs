//! One place in a text with its quotes, each with its source.

use koffiekar_sync_core::office::{Role, Section, SelectedQuote, SelectionBlock};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api,
    office::{
        desk::{Address, LineView, View},
        names::names,
        quote::Verbatim,
    },
    parts::{Tone, announce, day},
    route::Route,
    session,
    words::{count, fill, words},
};

fn is_editor() -> bool {
    untrack(session::signed_in).is_some_and(|session| session.role == Role::Editor)
}

#[component]
pub(super) fn SectionView(section: RwSignal<Section>) -> impl IntoView {
    let words = words();
    let (id, title) = section.with_untracked(|section| (section.id, section.title.clone()));
    let tally = move || {
        let number = section.with(|section| section.quotes.len());
        count(number as u64, (words.desk.quote_one, words.desk.quotes))
    };
    let quotes = move || {
        section.with(|now| match now.quotes.as_slice() {
            [] => view! { <NoQuotes section=now.clone()/> }.into_any(),
            quotes => {
                let quotes = quotes.iter().cloned();
                let rows = quotes.map(|chosen| view! { <li><Chosen section chosen/></li> });
                view! { <ul class="chosen-quotes">{rows.collect_view()}</ul> }.into_any()
            }
        })
    };
    view! {
        <section class="section" id=format!("section-{}", id.key()) aria-label=title.clone()>
            <h2>{title.clone()} <span class="tally no-print">{tally}</span></h2>
            {quotes}
        </section>
    }
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
fn Chosen(section: RwSignal<Section>, chosen: SelectedQuote) -> impl IntoView {
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
    let remove = move |_| {
        spawn_local(async move {
            let (place, title) =
                section.with_untracked(|section| (section.id, section.title.clone()));
            match api::order_for::<Section>(
                "DELETE",
                &format!("/api/v1/sections/{place}/selections/{id}"),
            )
            .await
            {
                Ok(left) => {
                    section.set(left);
                    announce(Tone::Good, fill(words.publications.removed, &[&title]));
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
            <button type="button" class="button quiet small" on:click=remove>{words.publications.remove}</button>
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
