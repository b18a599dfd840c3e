//! The texts, and the quotes that were chosen for each place in them.

mod section;

use koffiekar_sync_core::ids::PublicationId;
use koffiekar_sync_core::office::{Publication, Tally};
use leptos::prelude::*;

use super::{names::names, undo};
use crate::{
    parts::{Busy, Empty, Fetched, Notice, Source, Tone, Trouble, title},
    route::{self, Route},
    words::{count, fill, number, words},
};

use section::SectionView;

#[component]
pub(super) fn Publications() -> impl IntoView {
    let open = Memo::new(|_| match route::current() {
        Route::Publication(id) => Some(id),
        _ => None,
    });
    view! {
        <main id="main" class="page" tabindex="-1">
            {move || match open.get() {
                Some(id) => view! { <Whole id/> }.into_any(),
                None => view! { <All/> }.into_any(),
            }}
        </main>
    }
}

const PATH: &str = "/api/v1/publications";

#[component]
fn All() -> impl IntoView {
    let words = words();
    title(words.publications.title);
    let list = Source::<Vec<Publication>>::new();
    list.fetch(PATH.to_owned());
    let row = |publication: Publication| {
        view! {
            <li>
                <h2><a href=Route::Publication(publication.id).path()>{publication.title}</a></h2>
                <p class="meta">
                    <span>{words.names.form(&publication.form)}</span>
                    <span>{words.names.publication_state(&publication.state)}</span>
                </p>
            </li>
        }
    };
    let body = move || match list.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| list.fetch(PATH.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(list) if list.is_empty() => {
            view! { <Empty title=words.publications.empty text=words.publications.empty_hint/> }
                .into_any()
        }
        Fetched::Ready(list) => {
            view! { <ul class="ruled">{list.into_iter().map(row).collect_view()}</ul> }.into_any()
        }
    };
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.publications.title}</h1></div>
        <p class="lead">{words.publications.intro}</p>
        <Provisional/>
        {body}
    }
}

/// Nobody should take the demo's action lines for adopted ones.
#[component]
fn Provisional() -> impl IntoView {
    names()
        .catalogue()
        .programme
        .provisional
        .then(|| view! { <Notice tone=Tone::Plain>{words().shell.provisional}</Notice> })
}

#[component]
fn Whole(id: PublicationId) -> impl IntoView {
    let words = words();
    let publication = Source::<Publication>::new();
    let path = format!("{PATH}/{id}");
    publication.fetch(path.clone());
    move || match publication.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let path = path.clone();
            let retry = Callback::new(move |()| publication.fetch(path.clone()));
            view! {
                <h1 tabindex="-1">{words.publications.title}</h1>
                <Trouble failure retry/>
            }
            .into_any()
        }
        Fetched::Ready(publication) => view! { <Text publication/> }.into_any(),
    }
}

#[component]
fn Text(publication: Publication) -> impl IntoView {
    let words = words();
    title(&publication.title);
    request_animation_frame(route::focus_heading);
    let sections: Vec<_> = publication
        .sections
        .into_iter()
        .map(RwSignal::new)
        .collect();

    let removals = undo::kept(undo::Of::Removals);
    let all = sections.clone();
    let counts = Memo::new(move |_| {
        let chosen: Vec<_> = all
            .iter()
            .flat_map(|section| section.get().quotes)
            .collect();
        Tally::of(&chosen)
    });
    let contents = sections.iter().map(|section| {
        let section = *section;
        let (id, name) = section.with_untracked(|section| (section.id, section.title.clone()));
        let blocked = move || {
            section
                .with(|section| section.quotes.iter().any(|chosen| chosen.blocked.is_some()))
                .then(|| view! { <span class="blocked-mark" title=words.publications.blocked>" !"</span> })
        };
        view! {
            <li>
                <a href=format!("#section-{}", id.key())>{name}</a>
                <span class="tally">{move || section.with(|section| section.quotes.len())}{blocked}</span>
            </li>
        }
    });
    let contents = contents.collect_view();
    view! {
        <p class="back no-print"><a href=Route::Publications.path()>"\u{2190} "{words.publications.title}</a></p>
        <div class="page-head">
            <h1 tabindex="-1">{publication.title}</h1>
            <button type="button" class="button small no-print" on:click=|_| drop(window().print())>
                {words.publications.print}
            </button>
        </div>
        <p class="meta">
            <span>{words.names.form(&publication.form)}</span>
            <span>{words.names.publication_state(&publication.state)}</span>
            <span>
                {move || count(counts.get().chosen, (words.desk.quote_one, words.desk.quotes))}
            </span>
        </p>
        <div class="verdict no-print" data-testid="verdict">{move || verdict(counts.get())}</div>
        <Provisional/>
        <nav class="contents no-print" aria-label=words.publications.sections>
            <ol>{contents}</ol>
        </nav>
        {sections.into_iter().map(|section| view! { <SectionView section removals/> }).collect_view()}
    }
}

/// What stands between the chosen quotes and print, counted by reason.
fn verdict(tally: Tally) -> AnyView {
    let words = words();
    if tally.chosen == 0 {
        return ().into_any();
    }
    let of = |number: u64| count(number, (words.desk.quote_one, words.desk.quotes));
    let own_rounds = view! { <p class="hint">{words.publications.only_own_rounds}</p> };
    if tally.printable == tally.chosen {
        let good = fill(words.publications.all_good, &[&of(tally.chosen)]);
        return view! { <p>"\u{2713} "{good}</p>{own_rounds} }.into_any();
    }
    let reasons = [
        (words.publications.no_consent, tally.no_consent),
        (words.publications.unsettled, tally.unsettled),
        (words.publications.unjudged, tally.unjudged),
        (words.publications.taken_away, tally.removed),
    ];
    let reasons = reasons
        .into_iter()
        .filter(|(_, quotes)| *quotes > 0)
        .map(|(text, quotes)| view! { <li>{fill(text, &[&number(quotes)])}</li> })
        .collect_view();
    let printable = [number(tally.printable), number(tally.chosen)];
    view! {
        <p class="blocked-count">
            "! "{words.publications.blocked_count}" "{of(tally.chosen - tally.printable)}
        </p>
        <ul class="blocked-reasons">{reasons}</ul>
        <p>{fill(words.publications.of_which, &printable.each_ref().map(String::as_str))}</p>
        {own_rounds}
    }
    .into_any()
}
