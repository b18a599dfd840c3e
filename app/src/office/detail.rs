//! One quote with all that surrounds it, and the choice between two wordings.

mod difference;

use koffiekar_sync_core::ids::{ConversationId, QuoteId};
use koffiekar_sync_core::office::{QuoteDetail, QuoteRow, SettleWording, TagSaid};
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
    parts::{Busy, Fetched, Source, Tone, Trouble, announce, day, moment, title},
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
        if event.key() == "Escape" && !event.default_prevented() {
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
            desk.opened.set(Some(entry));
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
    let body = move || match detail.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) if failure.status() == Some(404) => {
            view! { <p class="notice">{words.detail.not_found}</p> }.into_any()
        }
        Fetched::Failed(failure) => {
            let path = path.clone();
            let retry = Callback::new(move |()| detail.fetch(path.clone()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(shown) => view! { <Whole shown detail desk/> }.into_any(),
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
fn Whole(shown: QuoteDetail, detail: Source<QuoteDetail>, desk: List) -> impl IntoView {
    let words = &words().detail;
    let QuoteDetail {
        quote,
        notes,
        recorded_by,
        others,
        said,
        ..
    } = shown;
    let wording = if quote.wordings.len() > 1 {
        view! { <Wordings quote=quote.clone() detail desk/> }.into_any()
    } else {
        view! { <Verbatim text=quote.verbatim.clone() language=quote.language.clone()/> }.into_any()
    };
    let notes = if is_blank(&notes) {
        view! { <p class="hint">{words.no_notes}</p> }.into_any()
    } else {
        view! { <p class="notes" dir="auto">{notes}</p> }.into_any()
    };
    let others = if others.is_empty() {
        view! { <p class="hint">{words.no_others}</p> }.into_any()
    } else {
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
        view! { <ul class="others">{others.into_iter().map(other).collect_view()}</ul> }.into_any()
    };
    view! {
        {wording}
        {move || desk.opened.get().map(|entry| view! { <Judging desk entry/> })}
        <dl class="facts">
            <div><dt>{words.round}</dt><dd>{quote.round_name.clone()}</dd></div>
            <div><dt>{words.where_}</dt><dd>{names().area(quote.area.as_deref())}</dd></div>
            <div><dt>{words.when}</dt><dd>{crate::words::words().names.recorded(&day(quote.recorded_at), quote.clock_doubtful)}</dd></div>
            <div><dt>{words.recorded_by}</dt><dd>{recorded_by}</dd></div>
            <div><dt>{words.language}</dt><dd>{crate::words::words().names.language(&quote.language)}</dd></div>
            <div><dt>{words.consent}</dt><dd><ConsentMark consent=quote.consent.clone()/></dd></div>
            <Number of=quote.conversation/>
        </dl>
        <section>
            <h2>{words.said}</h2>
            <WhoSaidWhat said/>
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
        <div class="scroll">
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
        </div>
    }
    .into_any()
}

/// Both wordings side by side; the editor says which stands.
#[component]
fn Wordings(quote: QuoteRow, detail: Source<QuoteDetail>, desk: List) -> impl IntoView {
    let words = &words().detail;
    let busy = RwSignal::new(false);
    let id = quote.id;
    let settle = move |settled: SettleWording| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let path = format!("/api/v1/quotes/{id}/wording");
            match api::send::<QuoteRow>("POST", &path, &settled).await {
                Ok(row) => {
                    announce(Tone::Good, words.settled);
                    desk.take(row);
                    desk.load_numbers();
                }
                Err(failure) if failure.status() == Some(409) => announce(Tone::Bad, words.changed),
                Err(failure) => {
                    busy.set(false);
                    return announce(Tone::Bad, failure.to_string());
                }
            }
            detail.fetch(format!("/api/v1/quotes/{id}"));
            request_animation_frame(route::focus_heading);
        });
    };
    let seen = quote.wordings.clone();
    let columns = seen.iter().enumerate().map(|(place, wording)| {
        // Against the first; the first against the second.
        let other = &seen[usize::from(place == 0)];
        let parts = difference(wording, other)
            .into_iter()
            .map(|part| match part {
                Part::Same(text) => view! { <span>{text}</span> }.into_any(),
                Part::Own(text) => view! {
                    <mark><bdi class="unseen">{words.added}" "</bdi>{text}</mark>
                }
                .into_any(),
            });
        let settled = SettleWording {
            verbatim: wording.clone(),
            seen: seen.clone(),
        };
        view! {
            <div class="wording">
                <h3>{fill(words.wording, &[&(place + 1).to_string()])}</h3>
                <blockquote class="verbatim" lang=quote.language.clone() dir="auto">
                    {parts.collect_view()}
                </blockquote>
                <button
                    type="button"
                    class="button"
                    aria-disabled=move || busy.get().then_some("true")
                    on:click=move |_| settle(settled.clone())
                >
                    {words.this_one}
                </button>
            </div>
        }
    });
    let columns = columns.collect_view();
    view! {
        <section class="conflict-box">
            <h2>{words.wordings}</h2>
            <p class="lead">{words.wordings_hint}</p>
            <div class="wordings">{columns}</div>
        </section>
    }
}
