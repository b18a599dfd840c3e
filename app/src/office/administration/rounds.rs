//! Rounds of collecting: adding one, changing its name and days, closing and opening it again.

use koffiekar_sync_core::catalogue::Round;
use koffiekar_sync_core::office::ChangeRound;
use leptos::{prelude::*, task::spawn_local};

use super::{keyed, round_form::RoundForm};
use crate::{
    api,
    office::names::names,
    parts::{Confirm, Empty, Scroll, Tone, UnderWay, announce, iso_day, title},
    words::{fill, words},
};

#[derive(Debug, Clone, PartialEq)]
enum Asked {
    Add,
    Change(Round),
    Close(Round),
}

/// The rounds come with the programme, and go back into it.
fn keep(rounds: RwSignal<Vec<Round>>, round: Round) {
    rounds.update(
        |rounds| match rounds.iter_mut().find(|other| other.id == round.id) {
            Some(place) => *place = round,
            None => rounds.push(round),
        },
    );
    let now = rounds.get_untracked();
    names().change(|catalogue| catalogue.rounds = now);
}

fn set_closed(rounds: RwSignal<Vec<Round>>, under_way: UnderWay, round: Round, closed: bool) {
    if !under_way.begin() {
        return;
    }
    spawn_local(async move {
        let change = ChangeRound {
            closed: Some(closed),
            ..ChangeRound::default()
        };
        let path = format!("/api/v1/rounds/{}", round.id);
        let answer = api::send::<Round>("PATCH", &path, &change).await;
        under_way.end();
        match answer {
            Ok(round) => {
                let words = &words().rounds;
                let said = if closed {
                    words.is_closed
                } else {
                    words.is_open
                };
                announce(Tone::Good, fill(said, &[&round.name]));
                keep(rounds, round);
            }
            Err(failure) => announce(Tone::Bad, failure.to_string()),
        }
    });
}

#[component]
pub(super) fn Rounds() -> impl IntoView {
    let words = words();
    title(words.rounds.title);
    let rounds = RwSignal::new(names().catalogue().rounds.clone());
    let asked = RwSignal::new(None::<Asked>);
    let under_way = UnderWay::new();
    let close = Callback::new(move |()| asked.set(None));
    let done = Callback::new(move |round| keep(rounds, round));
    let dialog = move || {
        asked.get().map(|asked| match asked {
            Asked::Add => view! { <RoundForm round=None on_done=done on_close=close/> }.into_any(),
            Asked::Change(round) => {
                view! { <RoundForm round=Some(round) on_done=done on_close=close/> }.into_any()
            }
            Asked::Close(round) => {
                let title = format!("{} \u{2013} {}", words.rounds.close, round.name);
                let on_yes =
                    Callback::new(move |()| set_closed(rounds, under_way, round.clone(), true));
                view! {
                    <Confirm title text=words.rounds.confirm_close deed=words.rounds.close on_yes on_close=close/>
                }
                .into_any()
            }
        })
    };
    let row = move |round: Memo<Round>| {
        let is_closed = Memo::new(move |_| round.with(|round| round.closed));
        let state = move || match is_closed.get() {
            true => (words.rounds.closed, "\u{2715} "),
            false => (words.rounds.open, "\u{2713} "),
        };
        let deed = move || match is_closed.get() {
            true => words.rounds.reopen,
            false => words.rounds.close,
        };
        let name = move || round.with(|round| round.name.clone());
        let act = move |_| match round.get_untracked() {
            round if round.closed => set_closed(rounds, under_way, round, false),
            round => asked.set(Some(Asked::Close(round))),
        };
        let days = move || {
            round.with(|round| {
                format!(
                    "{} \u{2013} {}",
                    iso_day(&round.starts_on),
                    iso_day(&round.ends_on)
                )
            })
        };
        view! {
            <tr class:off=is_closed>
                <th scope="row">{name}</th>
                <td data-label=words.rounds.kind>{move || round.with(|round| words.names.kind(round.kind))}</td>
                <td data-label=words.rounds.period>{days}</td>
                <td data-label=words.rounds.state class="state">
                    <span aria-hidden="true">{move || state().1}</span>{move || state().0}
                </td>
                <td>
                    <div class="admin-actions">
                        <button type="button" class="button quiet small" data-testid="change-round"
                            aria-label=move || fill(words.rounds.change, &[&name()])
                            on:click=move |_| asked.set(Some(Asked::Change(round.get_untracked())))>
                            {words.common.edit}
                        </button>
                        <button type="button" class="button quiet small" data-testid="close-round"
                            aria-label=move || format!("{}: {}", deed(), name())
                            aria-disabled=move || under_way.disabled() on:click=act>
                            {deed}
                        </button>
                    </div>
                </td>
            </tr>
        }
        .into_any()
    };
    let is_empty = Memo::new(move |_| rounds.with(Vec::is_empty));
    let table = move || {
        if is_empty.get() {
            return view! { <Empty title=words.rounds.title text=words.rounds.empty/> }.into_any();
        }
        view! {
            <Scroll label=words.rounds.title.to_owned()>
                <table class="stacks">
                    <thead>
                        <tr>
                            <th scope="col">{words.rounds.name}</th>
                            <th scope="col">{words.rounds.kind}</th>
                            <th scope="col">{words.rounds.period}</th>
                            <th scope="col">{words.rounds.state}</th>
                            <th scope="col"><span class="unseen">{words.people.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>{keyed(rounds.into(), |round| round.id, row)}</tbody>
                </table>
            </Scroll>
        }
        .into_any()
    };
    view! {
        <div class="page-head">
            <h1 tabindex="-1">{words.rounds.title}</h1>
            <button type="button" class="button main" on:click=move |_| asked.set(Some(Asked::Add))>
                {words.rounds.add}
            </button>
        </div>
        <p class="hint">{fill(words.rounds.time_zone, &[&names().catalogue().programme.time_zone])}</p>
        {table}
        {dialog}
    }
}
