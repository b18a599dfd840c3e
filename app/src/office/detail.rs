//! One quote with all that surrounds it, and the choice between two wordings.

mod difference;

use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId};
use koffiekar_sync_core::office::{
    QuoteDetail, QuoteRow, Reading, SettleWording, Settled, TagSaid,
};
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

use super::{
    desk::{Entry, Judging, List},
    names::names,
    quote::{ConsentMark, Tags, Verbatim},
};
use crate::{
    api,
    parts::{Busy, Fetched, Scroll, Source, Tone, Trouble, UnderWay, announce, day, moment, title},
    route::{self, Route},
    words::{fill, words},
};

use difference::{Part, difference};

#[component]
pub(super) fn Detail(id: QuoteId, desk: List) -> impl IntoView {
    let words = words();
    title(words.detail.title);
    let detail = Source::<QuoteDetail>::new();
    let path = format!("/api/v1/quotes/{id}");
    detail.fetch(path.clone());
    request_animation_frame(route::focus_heading);

    let back = move || desk.address.get().href();
    let listening = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && !event.default_prevented() && !event.repeat() {
            route::go(&desk.address.get_untracked().href());
        }
    });
    on_cleanup(move || listening.remove());
    // The card in the list and this page are one entry: a decision here shows there too.
    Effect::new(move || {
        if let Fetched::Ready(detail) = &*detail.value.read() {
            let row = detail.quote.clone();
            let entry = desk.entry(row.id).unwrap_or_else(|| Entry::of(row.clone()));
            entry.row.set(row);
            let is_open = desk
                .opened
                .with_untracked(|open| open.as_ref().map(|open| open.id));
            if is_open != Some(entry.id) {
                desk.opened.set(Some(entry));
            }
        }
    });
    on_cleanup(move || desk.opened.set(None));
    let again = path.clone();
    Effect::new(move |before: Option<u32>| {
        let judged = desk.judged.get();
        if before.is_some_and(|before| before != judged) {
            detail.refresh(again.clone());
        }
        judged
    });
    // What is here stays while its parts change: the focus may be on one of them.
    let stage = Memo::new(move |_| match &*detail.value.read() {
        Fetched::Busy => Fetched::Busy,
        Fetched::Failed(failure) => Fetched::Failed(failure.clone()),
        Fetched::Ready(_) => Fetched::Ready(()),
    });
    let body = move || match stage.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) if failure.status() == Some(404) => {
            view! { <p class="notice">{words.detail.not_found}</p> }.into_any()
        }
        Fetched::Failed(failure) => {
            let path = path.clone();
            let retry = Callback::new(move |()| detail.fetch(path.clone()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(()) => match detail.value.get_untracked() {
            Fetched::Ready(first) => view! { <Whole first detail desk/> }.into_any(),
            _ => ().into_any(),
        },
    };
    view! {
        <div class="detail">
            <p class="back"><a href=back>"\u{2190} "{words.shortcuts.back}</a> " " <kbd aria-hidden="true">"Esc"</kbd></p>
            <h1 class="unseen" tabindex="-1">{words.detail.title}</h1>
            {body}
        </div>
    }
}

#[component]
fn Whole(first: QuoteDetail, detail: Source<QuoteDetail>, desk: List) -> impl IntoView {
    let words = &words().detail;
    let QuoteDetail {
        quote, recorded_by, ..
    } = first.clone();
    let now = Memo::new(
        move |before: Option<&QuoteDetail>| match &*detail.value.read() {
            Fetched::Ready(now) => now.clone(),
            _ => before.unwrap_or(&first).clone(),
        },
    );
    let row = Memo::new(move |_| now.with(|now| now.quote.clone()));
    let readings = Memo::new(move |_| now.with(|now| now.readings.clone()));
    let wording = move || match readings.with(|readings| readings.len() > 1) {
        true => view! { <Readings row readings detail desk/> }.into_any(),
        false => {
            let row = row.get();
            view! { <Verbatim text=row.verbatim language=row.language/> }.into_any()
        }
    };
    let settled = Memo::new(move |_| now.with(|now| now.settled.clone()));
    let notes = Memo::new(move |_| now.with(|now| now.notes.clone()));
    let notes = move || match notes.get() {
        notes if is_blank(&notes) => view! { <p class="hint">{words.no_notes}</p> }.into_any(),
        notes => view! { <p class="notes" dir="auto">{notes}</p> }.into_any(),
    };
    let others = Memo::new(move |_| now.with(|now| now.others.clone()));
    let other = |row: QuoteRow| {
        view! {
            <li>
                <a class="plain" href=Route::Quote(row.id).path()>
                    <Verbatim text=row.verbatim.clone() language=row.language.clone()/>
                </a>
                <Tags row/>
            </li>
        }
    };
    let others = move || match others.get() {
        others if others.is_empty() => view! { <p class="hint">{words.no_others}</p> }.into_any(),
        others => view! { <ul class="others">{others.into_iter().map(other).collect_view()}</ul> }
            .into_any(),
    };
    let said = Memo::new(move |_| now.with(|now| now.said.clone()));
    let consent = Memo::new(move |_| row.with(|row| row.consent.clone()));
    view! {
        {wording}
        {move || settled.get().map(|settled| view! { <SettledWording settled/> })}
        {move || desk.opened.get().map(|entry| view! { <Judging desk entry/> })}
        <dl class="facts">
            <div><dt>{words.round}</dt><dd>{move || row.with(|row| row.round_name.clone())}</dd></div>
            <div><dt>{words.where_}</dt><dd>{move || row.with(|row| names().area(row.area.as_deref()))}</dd></div>
            <div><dt>{words.when}</dt><dd>{crate::words::words().names.recorded(&day(quote.recorded_at), quote.clock_doubtful)}</dd></div>
            <div><dt>{words.recorded_by}</dt><dd>{recorded_by}</dd></div>
            <div><dt>{words.language}</dt><dd>{crate::words::words().names.language(&quote.language)}</dd></div>
            <div><dt>{words.consent}</dt><dd>{move || view! { <ConsentMark consent=consent.get()/> }}</dd></div>
            <Number of=quote.conversation/>
        </dl>
        <section>
            <h2>{words.said}</h2>
            {move || view! { <WhoSaidWhat said=said.get()/> }}
        </section>
        <section>
            <h2>{words.notes}</h2>
            {notes}
        </section>
        <section>
            <h2>{words.others}</h2>
            {others}
        </section>
    }
}

/// For an administrator who is asked to erase or to move it.
#[component]
fn Number(of: ConversationId) -> impl IntoView {
    let words = &words().detail;
    let number = of.to_string();
    let copied = number.clone();
    let copy = move |_| {
        let number = copied.clone();
        spawn_local(async move {
            // Missing where the address is not a secure one.
            let clipboard = window().navigator().clipboard();
            let done = if clipboard.is_undefined() {
                false
            } else {
                JsFuture::from(clipboard.write_text(&number)).await.is_ok()
            };
            match done {
                true => announce(Tone::Good, words.copied),
                false => announce(Tone::Bad, words.not_copied),
            }
        });
    };
    view! {
        <div class="fact-wide">
            <dt>{words.number}</dt>
            <dd>
                <span class="number-of" data-testid="conversation-number">{number}</span>
                " "
                <button type="button" class="button quiet small" data-testid="copy-number" on:click=copy>
                    {words.copy}
                </button>
            </dd>
        </div>
    }
}

#[component]
fn WhoSaidWhat(said: Vec<TagSaid>) -> impl IntoView {
    let words = &words().detail;
    if said.is_empty() {
        return view! { <p class="hint">{words.nobody}</p> }.into_any();
    }
    let row = |said: TagSaid| {
        let (sign, stance) = match said.stance.as_str() {
            "confirmed" => ("\u{2713}", words.confirmed),
            "rejected" => ("\u{2715}", words.rejected),
            _ => ("\u{25c7}", words.proposed),
        };
        view! {
            <tr>
                <th scope="row">{said.by}</th>
                <td><span aria-hidden="true">{sign}" "</span>{stance}</td>
                <td>{names().line(&said.line)}</td>
                <td class="number">{moment(said.at)}</td>
            </tr>
        }
    };
    view! {
        <Scroll label=words.said.to_owned()>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{words.who}</th>
                        <th scope="col">{words.what}</th>
                        <th scope="col">{words.line}</th>
                        <th scope="col" class="number">{words.when}</th>
                    </tr>
                </thead>
                <tbody>{said.into_iter().map(row).collect_view()}</tbody>
            </table>
        </Scroll>
    }
    .into_any()
}

/// The readings side by side, each with its author; the editor says which stands.
#[component]
fn Readings(
    row: Memo<QuoteRow>,
    readings: Memo<Vec<Reading>>,
    detail: Source<QuoteDetail>,
    desk: List,
) -> impl IntoView {
    let words = &words().detail;
    let under_way = UnderWay::new();
    let QuoteRow { id, language, .. } = row.get_untracked();
    let settle = move |settled: SettleWording| {
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            let path = format!("/api/v1/quotes/{id}/wording");
            match api::send::<QuoteRow>("POST", &path, &settled).await {
                Ok(row) => {
                    announce(Tone::Good, words.settled);
                    desk.take(row);
                    desk.load_numbers();
                    request_animation_frame(route::focus_heading);
                }
                Err(failure) if failure.status() == Some(409) => announce(Tone::Bad, words.changed),
                Err(failure) => {
                    under_way.end();
                    return announce(Tone::Bad, failure.to_string());
                }
            }
            under_way.end();
            detail.refresh(format!("/api/v1/quotes/{id}"));
        });
    };
    let columns = move || {
        let readings = readings.get();
        let seen: Vec<String> = readings.iter().map(|one| one.verbatim.clone()).collect();
        let column = |(place, reading): (usize, Reading)| {
            // Against the first; the first against the second.
            let other = &seen[usize::from(place == 0)];
            let parts = difference(&reading.verbatim, other)
                .into_iter()
                .map(|part| match part {
                    Part::Same(text) => view! { <span>{text}</span> }.into_any(),
                    Part::Own(text) => view! {
                        <mark><bdi class="unseen">{words.added}" "</bdi>{text}</mark>
                    }
                    .into_any(),
                });
            let parts = parts.collect_view();
            let settled = SettleWording {
                verbatim: reading.verbatim.clone(),
                seen: seen.clone(),
            };
            view! {
                <div class="wording" data-testid="reading">
                    <h3>{fill(words.wording, &[&(place + 1).to_string()])}</h3>
                    <p class="under">{written_by(&reading.by, reading.at)}</p>
                    <blockquote class="verbatim" lang=language.clone() dir="auto">{parts}</blockquote>
                    <button
                        type="button"
                        class="button"
                        aria-disabled=move || under_way.disabled()
                        on:click=move |_| settle(settled.clone())
                    >
                        {words.this_one}
                    </button>
                </div>
            }
        };
        readings.into_iter().enumerate().map(column).collect_view()
    };
    view! {
        <section class="conflict-box" data-decides>
            <h2>{words.wordings}</h2>
            <p class="lead">{words.wordings_hint}</p>
            <div class="wordings">{columns}</div>
        </section>
    }
}

/// `Anna, 24 jan 2026, 14:05`; who wrote it may not be known any more.
fn written_by(by: &Option<String>, at: Option<Millis>) -> String {
    let by = by.as_deref().unwrap_or(words().detail.unknown_author);
    match at {
        Some(at) => format!("{by}, {}", moment(at)),
        None => by.to_owned(),
    }
}

/// There were several readings: who settled which stands, when, and what the others were.
#[component]
fn SettledWording(settled: Settled) -> impl IntoView {
    let words = &words().detail;
    let said = fill(words.settled_by, &[&written_by(&settled.by, settled.at)]);
    let reading = |reading: Reading| {
        view! {
            <li>
                <p class="under">{written_by(&reading.by, reading.at)}</p>
                <blockquote class="said-before" dir="auto">{reading.verbatim}</blockquote>
            </li>
        }
    };
    if settled.from.is_empty() {
        return view! { <p class="settled" data-testid="settled">{said}</p> }.into_any();
    }
    view! {
        <details class="settled" data-testid="settled">
            <summary>{said}</summary>
            <p class="hint">{words.settled_from}</p>
            <ul>{settled.from.into_iter().map(reading).collect_view()}</ul>
        </details>
    }
    .into_any()
}
