//! Rounds of collecting: adding one, closing and opening it again.

use koffiekar_sync_core::catalogue::{Round, RoundKind};
use koffiekar_sync_core::office::{ChangeRound, NewRound};
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};

use super::refuse;
use crate::{
    api,
    office::names::names,
    parts::{
        Choice, Confirm, Dialog, Empty, ErrorSummary, Errors, Select, TextField, Tone, announce,
        iso_day, title,
    },
    words::{fill, words},
};

#[derive(Debug, Clone, PartialEq)]
enum Asked {
    Add,
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

fn set_closed(rounds: RwSignal<Vec<Round>>, round: Round, closed: bool) {
    spawn_local(async move {
        let change = ChangeRound {
            closed: Some(closed),
            ..ChangeRound::default()
        };
        match api::send::<Round>("PATCH", &format!("/api/v1/rounds/{}", round.id), &change).await {
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
    let close = Callback::new(move |()| asked.set(None));
    let dialog = move || {
        asked.get().map(|asked| match asked {
            Asked::Add => view! { <RoundForm rounds on_close=close/> }.into_any(),
            Asked::Close(round) => {
                let title = format!("{} \u{2013} {}", words.rounds.close, round.name);
                let on_yes = Callback::new(move |()| set_closed(rounds, round.clone(), true));
                view! {
                    <Confirm title text=words.rounds.confirm_close deed=words.rounds.close on_yes on_close=close/>
                }
                .into_any()
            }
        })
    };
    let row = move |round: Round| {
        let (state, sign, deed) = if round.closed {
            (words.rounds.closed, "\u{2715} ", words.rounds.reopen)
        } else {
            (words.rounds.open, "\u{2713} ", words.rounds.close)
        };
        let label = format!("{deed}: {}", round.name);
        let shown = round.clone();
        let act = move |_| {
            if round.closed {
                set_closed(rounds, round.clone(), false);
            } else {
                asked.set(Some(Asked::Close(round.clone())));
            }
        };
        view! {
            <tr class:off=shown.closed>
                <th scope="row">{shown.name}</th>
                <td>{words.names.kind(shown.kind)}</td>
                <td>{format!("{} \u{2013} {}", iso_day(&shown.starts_on), iso_day(&shown.ends_on))}</td>
                <td class="state"><span aria-hidden="true">{sign}</span>{state}</td>
                <td class="number">
                    <button type="button" class="button quiet small" aria-label=label on:click=act>{deed}</button>
                </td>
            </tr>
        }
    };
    let table = move || {
        let list = rounds.get();
        if list.is_empty() {
            return view! { <Empty title=words.rounds.title text=words.rounds.empty/> }.into_any();
        }
        view! {
            <div class="scroll">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{words.rounds.name}</th>
                            <th scope="col">{words.rounds.kind}</th>
                            <th scope="col">{words.rounds.period}</th>
                            <th scope="col">{words.rounds.state}</th>
                            <th scope="col"><span class="unseen">{words.people.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>{list.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
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

#[component]
fn RoundForm(rounds: RwSignal<Vec<Round>>, on_close: Callback<()>) -> impl IntoView {
    let words = words();
    let errors = Errors::new();
    let busy = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let kind = RwSignal::new(RoundKind::NeighbourhoodRound);
    let starts = RwSignal::new(String::new());
    let ends = RwSignal::new(String::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let new = NewRound {
            name: name.get_untracked().trim().to_owned(),
            kind: kind.get_untracked(),
            starts_on: starts.get_untracked(),
            ends_on: ends.get_untracked(),
        };
        let mut wrong = Vec::new();
        if is_blank(&new.name) {
            wrong.push(("round-name", words.rounds.name_wrong.to_owned()));
        }
        if new.starts_on.is_empty() {
            wrong.push(("round-starts", words.rounds.date_wrong.to_owned()));
        }
        if new.ends_on.is_empty() {
            wrong.push(("round-ends", words.rounds.date_wrong.to_owned()));
        } else if new.ends_on < new.starts_on {
            wrong.push(("round-ends", words.rounds.order_wrong.to_owned()));
        }
        if !errors.judge(wrong) || busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = api::send::<Round>("POST", "/api/v1/rounds", &new).await;
            busy.set(false);
            match answer {
                Ok(round) => {
                    announce(Tone::Good, fill(words.rounds.added, &[&round.name]));
                    keep(rounds, round);
                    on_close.run(());
                }
                Err(failure) => refuse(errors, &failure),
            }
        });
    };
    let kinds = RoundKind::ALL.map(|kind| Choice::new(kind.as_str(), words.names.kind(kind)));
    let choose = Callback::new(move |value: String| {
        if let Some(chosen) = RoundKind::parse(&value) {
            kind.set(chosen);
        }
    });
    view! {
        <Dialog title=words.rounds.add on_close>
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                <TextField id="round-name" label=words.rounds.name value=name errors/>
                <Select id="round-kind" label=words.rounds.kind choices=kinds.to_vec() on_choose=choose
                    value=Signal::derive(move || kind.get().as_str().to_owned())/>
                <TextField id="round-starts" label=words.rounds.starts kind="date" value=starts errors/>
                <TextField id="round-ends" label=words.rounds.ends kind="date" value=ends errors/>
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || busy.get().then_some("true")>
                        {words.common.save}
                    </button>
                    <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                        {words.common.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
