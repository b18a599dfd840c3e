//! Adding a round, and changing its name and its days.

use koffiekar_sync_core::catalogue::{Round, RoundKind};
use koffiekar_sync_core::office::{ChangeRound, NewRound, RoundPreview};
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};

use super::refuse;
use crate::{
    api::{self, Failure},
    parts::{
        Choice, Dialog, ErrorSummary, Errors, Notice, Select, TextField, Tone, UnderWay, announce,
    },
    words::{counted, fill, number, words},
};

const PATH: &str = "/api/v1/rounds";

/// A round with other days: those that conversations lie outside of are told before.
async fn look_at(round: &Round, change: &ChangeRound) -> Result<u64, Failure> {
    let is_same = (Some(&round.starts_on), Some(&round.ends_on))
        == (change.starts_on.as_ref(), change.ends_on.as_ref());
    if is_same {
        return Ok(0);
    }
    let path = format!("{PATH}/{}/preview", round.id);
    let preview = api::send::<RoundPreview>("POST", &path, change).await?;
    Ok(preview.outside)
}

#[component]
pub(super) fn RoundForm(
    /// None yet: add.
    round: Option<Round>,
    on_done: Callback<Round>,
    on_close: Callback<()>,
) -> impl IntoView {
    let words = words();
    let errors = Errors::new();
    let under_way = UnderWay::new();
    let text = |of: fn(&Round) -> &String| {
        RwSignal::new(round.as_ref().map(of).cloned().unwrap_or_default())
    };
    let name = text(|round| &round.name);
    let starts = text(|round| &round.starts_on);
    let ends = text(|round| &round.ends_on);
    let kind = RwSignal::new(RoundKind::NeighbourhoodRound);
    let is_new = round.is_none();
    let heading = match &round {
        None => words.rounds.add.to_owned(),
        Some(round) => fill(words.rounds.change, &[&round.name]),
    };
    let before = StoredValue::new(round);
    // Conversations outside of the days, once that was told.
    let outside = RwSignal::new(0_u64);
    Effect::new(move || {
        starts.track();
        ends.track();
        outside.set(0);
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let named = name.get_untracked().trim().to_owned();
        let (starts_on, ends_on) = (starts.get_untracked(), ends.get_untracked());
        let mut wrong = Vec::new();
        if is_blank(&named) {
            wrong.push(("round-name", words.rounds.name_wrong.to_owned()));
        }
        if starts_on.is_empty() {
            wrong.push(("round-starts", words.rounds.date_wrong.to_owned()));
        }
        if ends_on.is_empty() {
            wrong.push(("round-ends", words.rounds.date_wrong.to_owned()));
        } else if ends_on < starts_on {
            wrong.push(("round-ends", words.rounds.order_wrong.to_owned()));
        }
        if !errors.judge(wrong) || !under_way.begin() {
            return;
        }
        let is_told = outside.get_untracked() > 0;
        spawn_local(async move {
            let answer = match before.get_value() {
                None => {
                    let new = NewRound {
                        name: named,
                        kind: kind.get_untracked(),
                        starts_on,
                        ends_on,
                    };
                    api::send::<Round>("POST", PATH, &new).await
                }
                Some(round) => {
                    let change = ChangeRound {
                        name: Some(named),
                        starts_on: Some(starts_on),
                        ends_on: Some(ends_on),
                        closed: None,
                    };
                    match look_at(&round, &change).await {
                        Ok(left) if left > 0 && !is_told => {
                            under_way.end();
                            outside.set(left);
                            return;
                        }
                        Ok(_) => {
                            let path = format!("{PATH}/{}", round.id);
                            api::send::<Round>("PATCH", &path, &change).await
                        }
                        Err(failure) => Err(failure),
                    }
                }
            };
            under_way.end();
            match answer {
                Ok(round) => {
                    let said = match is_new {
                        true => words.rounds.added,
                        false => words.rounds.changed,
                    };
                    announce(Tone::Good, fill(said, &[&round.name]));
                    on_done.run(round);
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
    let told = move || {
        let text = match outside.get() {
            0 => return None,
            left => counted(words.rounds.outside, left, &[&number(left)]),
        };
        Some(view! {
            <div data-testid="outside">
                <Notice tone=Tone::Bad>
                    <p>{text}</p>
                    <p>{words.rounds.outside_stay}</p>
                </Notice>
            </div>
        })
    };
    let save = move || match outside.get() {
        0 => words.common.save,
        _ => words.rounds.save_so,
    };
    view! {
        <Dialog title=heading on_close>
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                <TextField id="round-name" label=words.rounds.name value=name errors/>
                {is_new.then(|| view! {
                    <Select id="round-kind" label=words.rounds.kind choices=kinds.to_vec() on_choose=choose
                        value=Signal::derive(move || kind.get().as_str().to_owned())/>
                })}
                <TextField id="round-starts" label=words.rounds.starts kind="date" value=starts errors/>
                <TextField id="round-ends" label=words.rounds.ends kind="date" value=ends errors/>
                {told}
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || under_way.disabled()>{save}</button>
                    <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                        {words.common.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
