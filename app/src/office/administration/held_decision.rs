//! Accepting held work, or turning it down with a text for its author: one piece, or all of a tablet.

use koffiekar_sync_core::office::{HeldWork, TurnDown};
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};

use super::held::PATH;
use crate::{
    api::{self, Failure},
    parts::{Dialog, ErrorSummary, Errors, TextArea, Tone, announce},
    words::{count, fill, number, words},
};

const TEXT_CHARS: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decide {
    Accept(Vec<HeldWork>),
    TurnDown(Vec<HeldWork>),
}

impl Decide {
    fn work(&self) -> &[HeldWork] {
        match self {
            Self::Accept(work) | Self::TurnDown(work) => work,
        }
    }
}

/// Asked of the server one by one: each is one durable decision with its line in the audit log.
async fn carry_out(
    decide: &Decide,
    text: &str,
    on_each: impl Fn(usize),
) -> (usize, Option<Failure>) {
    let mut done = 0;
    let mut refused = None;
    for work in decide.work() {
        let answer = match decide {
            Decide::Accept(_) => api::order("POST", &format!("{PATH}/{}/accept", work.id)).await,
            Decide::TurnDown(_) => {
                let path = format!("{PATH}/{}/turn-down", work.id);
                let text = text.to_owned();
                let order = TurnDown { text };
                api::send::<HeldWork>("POST", &path, &order).await.map(drop)
            }
        };
        match answer {
            Ok(()) => {
                done += 1;
                on_each(done);
            }
            // One that cannot be taken in does not stop the others.
            Err(failure @ Failure::Refused(_)) => refused = Some(failure),
            Err(failure) => return (done, Some(failure)),
        }
    }
    (done, refused)
}

#[component]
pub(super) fn Decision(
    decide: Decide,
    on_done: Callback<()>,
    on_close: Callback<()>,
) -> impl IntoView {
    let all = words();
    let words = &all.held;
    let errors = Errors::new();
    let text = RwSignal::new(String::new());
    let done = RwSignal::new(None::<usize>);
    let is_busy = move || done.get().is_some();
    let of = decide.work().len();
    let whose = decide.work().first().map_or(String::new(), |work| {
        format!("{} ({})", work.user_name, work.label)
    });
    let conversations = count(of as u64, (words.conversation, words.conversations));
    let turns_down = matches!(decide, Decide::TurnDown(_));
    let (title, explained, deed) = if turns_down {
        (words.turn_down_title, words.turn_down_text, words.turn_down)
    } else {
        (words.accept_title, words.accept_text, words.accept)
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if done.get_untracked().is_some() {
            return;
        }
        let said = text.with_untracked(|text| text.trim().to_owned());
        let chars = said.chars().count();
        if turns_down && (is_blank(&said) || chars > TEXT_CHARS) {
            errors.judge(vec![("held-text", words.text_wrong.to_owned())]);
            return;
        }
        errors.judge(Vec::new());
        done.set(Some(0));
        let decide = decide.clone();
        spawn_local(async move {
            let (decided, failure) = carry_out(&decide, &said, |at| {
                let _ = done.try_set(Some(at));
            })
            .await;
            let decided_text = count(decided as u64, (words.conversation, words.conversations));
            let said = if turns_down {
                words.done_turned_down
            } else {
                words.done_accepted
            };
            match failure {
                None => announce(Tone::Good, fill(said, &[&decided_text])),
                Some(failure) => {
                    let left = number((decide.work().len() - decided) as u64);
                    announce(
                        Tone::Bad,
                        fill(
                            words.done_in_part,
                            &[&decided_text, &left, &failure.to_string()],
                        ),
                    );
                }
            }
            on_close.try_run(());
            on_done.try_run(());
        });
    };
    let button = move || match done.get() {
        Some(at) if of > 1 => fill(words.busy, &[&number(at as u64 + 1), &number(of as u64)]),
        Some(_) => all.common.busy.to_owned(),
        None => deed.to_owned(),
    };
    view! {
        <Dialog title=fill(title, &[&conversations]) on_close>
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                <p>{fill(explained, &[&whose])}</p>
                {turns_down.then(|| view! {
                    <TextArea id="held-text" label=words.text_label hint=words.text_hint value=text errors rows=3/>
                })}
                <div class="row">
                    <button type="submit" class="button" class:main=!turns_down class:danger=turns_down
                        data-testid="decide" aria-disabled=move || is_busy().then_some("true")>
                        {button}
                    </button>
                    <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                        {all.common.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
