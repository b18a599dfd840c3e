//! A conversation without its words: enough to know that it is the right one, and what can be done.

use koffiekar_sync_core::ids::{QuoteId, RoundId};
use koffiekar_sync_core::office::{
    ConversationOutline, EraseQuote, Erasure, MoveConversation, QuoteOutline,
};
use leptos::{ev, prelude::*, task::spawn_local};

use super::erasing::address;
use crate::{
    api::{self, Failure},
    office::names::names,
    parts::{Choice, Dialog, Scroll, Select, Tone, announce, moment},
    route,
    words::{count, fill, number, words},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Erase {
    All,
    /// With its place, from 1; 0 where it was taken away.
    Quote(QuoteId, u64),
}

#[component]
pub(super) fn Outline(outline: ConversationOutline, done: Callback<()>) -> impl IntoView {
    let words = &words().erasing;
    let asked = RwSignal::new(None::<Erase>);
    let about = StoredValue::new(outline.clone());
    let tablet = outline
        .device_label
        .clone()
        .unwrap_or_else(|| words.by_server.to_owned());
    let quotes = outline.quotes.clone();
    let table = if quotes.is_empty() {
        view! { <p class="hint">{words.no_quotes}</p> }.into_any()
    } else {
        let rows = quotes
            .into_iter()
            .map(move |quote| view! { <Row quote asked/> });
        view! {
            <Scroll label=words.quote.to_owned()>
                <table class="stacks">
                    <thead>
                        <tr>
                            <th scope="col">{words.quote}</th>
                            <th scope="col" class="number">{words.length}</th>
                            <th scope="col" class="number">{words.selections}</th>
                            <th scope="col"><span class="unseen">{crate::words::words().people.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </Scroll>
        }
        .into_any()
    };
    view! {
        <section class="erase-found" aria-labelledby="found-title" data-testid="outline">
            <h2 id="found-title" class="group-title">{words.found}</h2>
            <p class="under number-of">{outline.id.to_string()}</p>
            <dl class="facts">
                <div><dt>{words.round}</dt><dd data-testid="outline-round">{outline.round_name}</dd></div>
                <div><dt>{words.recorded}</dt><dd>{crate::words::words().names.recorded(&moment(outline.recorded_at), outline.clock_doubtful)}</dd></div>
                <div><dt>{words.recorded_by}</dt><dd>{outline.recorded_by}</dd></div>
                <div><dt>{words.tablet}</dt><dd>{tablet}</dd></div>
                <div><dt>{words.received}</dt><dd>{moment(outline.received_at)}</dd></div>
                <div><dt>{words.notes}</dt><dd>{count(outline.notes_chars, (words.char_one, words.char_many))}</dd></div>
            </dl>
            {table}
            <Move id=about round=outline.round done/>
            <div class="erase-whole">
                <h3>{words.erase_all}</h3>
                <p>{words.erase_all_hint}</p>
                <button type="button" class="button danger" data-testid="erase-all"
                    on:click=move |_| asked.set(Some(Erase::All))>
                    {words.erase_all}
                </button>
            </div>
        </section>
        {move || asked.get().map(|erase| view! {
            <Certain erase outline=about.get_value() done on_close=Callback::new(move |()| asked.set(None))/>
        })}
    }
}

#[component]
fn Row(quote: QuoteOutline, asked: RwSignal<Option<Erase>>) -> impl IntoView {
    let words = &words().erasing;
    let name = name_of(quote.position);
    let label = format!("{}: {}", words.erase_quote, name);
    let erase = Erase::Quote(quote.id, quote.position);
    view! {
        <tr data-testid="outline-quote" class:off=quote.taken_away>
            <th scope="row">{name}</th>
            <td data-label=words.length class="number">{count(quote.chars, (words.char_one, words.char_many))}</td>
            <td data-label=words.selections class="number">{number(quote.selections)}</td>
            <td class="number">
                <button type="button" class="button quiet small" aria-label=label data-testid="erase-quote"
                    on:click=move |_| asked.set(Some(erase))>
                    {words.erase_quote}
                </button>
            </td>
        </tr>
    }
}

fn name_of(position: u64) -> String {
    let words = &words().erasing;
    if position == 0 {
        words.taken_away.to_owned()
    } else {
        fill(words.quote_numbered, &[&number(position)])
    }
}

#[component]
fn Move(id: StoredValue<ConversationOutline>, round: RoundId, done: Callback<()>) -> impl IntoView {
    let words = &words().erasing;
    let to = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let others = names().catalogue().rounds.clone();
    let mut choices = vec![Choice::new("", words.choose_round)];
    choices.extend(
        others
            .iter()
            .filter(|other| other.id != round)
            .map(|other| Choice::new(other.id.to_string(), other.name.clone())),
    );
    if choices.len() == 1 {
        return ().into_any();
    }
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Ok(round) = to.with_untracked(|to| to.parse::<RoundId>()) else {
            return crate::parts::focus("move-to");
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let path = format!("/api/v1/conversations/{}/move", id.with_value(|one| one.id));
            let order = MoveConversation { round };
            match api::send::<ConversationOutline>("POST", &path, &order).await {
                Ok(moved) => announce(Tone::Good, fill(words.moved, &[&moved.round_name])),
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
            let _ = busy.try_set(false);
            done.run(());
        });
    };
    view! {
        <form class="erase-move" on:submit=submit novalidate>
            <h3>{words.move_title}</h3>
            <p>{words.move_hint}</p>
            <div class="erase-move-row">
                <Select id="move-to" label=words.move_to value=to choices
                    on_choose=Callback::new(move |chosen| to.set(chosen))/>
                <button type="submit" class="button" data-testid="move"
                    aria-disabled=move || (busy.get() || to.with(String::is_empty)).then_some("true")>
                    {words.move_deed}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Says what will happen before it does.
#[component]
fn Certain(
    erase: Erase,
    outline: ConversationOutline,
    done: Callback<()>,
    on_close: Callback<()>,
) -> impl IntoView {
    let all = words();
    let words = &all.erasing;
    let busy = RwSignal::new(false);
    let id = outline.id;
    let whose = fill(
        words.whose,
        &[
            &moment(outline.recorded_at),
            &outline.recorded_by,
            &outline.round_name,
        ],
    );
    let quotes = count(
        outline.quotes.len() as u64,
        (words.quote_one, words.quote_many),
    );
    let (title, what) = match erase {
        Erase::All => (
            words.certain_all.to_owned(),
            fill(words.happens_all, &[&quotes]),
        ),
        Erase::Quote(_, position) => (
            fill(words.certain_quote, &[&name_of(position)]),
            words.happens_quote.to_owned(),
        ),
    };
    let selections: u64 = outline
        .quotes
        .iter()
        .filter(|quote| match erase {
            Erase::All => true,
            Erase::Quote(id, _) => quote.id == id,
        })
        .map(|quote| quote.selections)
        .sum();
    let chosen = (selections > 0).then(|| {
        let places = count(selections, (words.place_one, words.place_many));
        view! { <p class="notice-title">{fill(words.happens_chosen, &[&places])}</p> }
    });
    let act = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match carry_out(erase, id).await {
                Ok(erasure) => {
                    announce(Tone::Good, words.erased);
                    on_close.try_run(());
                    match erasure.replaced_by {
                        Some(by) => route::go(&address(by)),
                        None => request_animation_frame(route::focus_heading),
                    }
                }
                Err(failure) => {
                    on_close.try_run(());
                    announce(Tone::Bad, failure.to_string());
                }
            }
            done.try_run(());
        });
    };
    view! {
        <Dialog title on_close>
            <p>{whose}</p>
            <p>{what}</p>
            {chosen}
            <p>{words.happens_tablets}</p>
            <p><strong>{words.not_undone}</strong></p>
            <div class="row" data-decides>
                <button type="button" class="button danger" data-testid="erase-certain"
                    aria-disabled=move || busy.get().then_some("true") on:click=act>
                    {move || if busy.get() { all.common.busy } else { words.for_good }}
                </button>
                <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                    {all.common.cancel}
                </button>
            </div>
        </Dialog>
    }
}

async fn carry_out(
    erase: Erase,
    conversation: koffiekar_sync_core::ids::ConversationId,
) -> Result<Erasure, Failure> {
    match erase {
        Erase::All => {
            api::order_for(
                "POST",
                &format!("/api/v1/conversations/{conversation}/erase"),
            )
            .await
        }
        Erase::Quote(quote, _) => {
            let path = format!("/api/v1/quotes/{quote}/erase");
            api::send("POST", &path, &EraseQuote { conversation }).await
        }
    }
}
