//! What the resident of a finished conversation agreed to: shown, asked again, taken back by one touch.

use koffiekar_sync_core::{
    asking::{Before, Sheet},
    consent::{Consent, Decision, Purpose, Statement},
    conversation::{Command, Conversation},
    ids::{ConversationId, StatementId},
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    clock,
    draft::{Answer, statements},
    form_end::explain,
    handover::{self, About},
    questions::{self, Answers, Asking, Questions, put},
    return_code::GiveTablet,
    sync, tablet, vault,
    words::words,
};
use crate::{
    parts::{Dialog, Tone, announce, focus},
    words::{chosen, fill},
};

/// A withdrawal that may have been a slip of the finger.
#[derive(Debug, Clone, PartialEq)]
struct Withdrawal {
    /// What was withdrawn, and the statement that says so.
    before: Statement,
    by: StatementId,
}

/// Records these statements; `on_recorded` is called when they are on the disk.
fn record(
    id: ConversationId,
    statements: Vec<(StatementId, Statement)>,
    on_recorded: impl FnOnce() + 'static,
) {
    spawn_local(async move {
        match tablet::edit(id, Command::Consent(statements), None).await {
            Ok(()) => {
                on_recorded();
                sync::now();
                focus("consent-title");
            }
            Err(error) => announce(Tone::Bad, explain(&error)),
        }
    });
}

/// What the resident says now, in the place of what stands: the wording is that of the grant that ends.
fn withdrawal(consent: &Consent, purpose: Purpose) -> Option<Withdrawal> {
    let standing = consent.standing(purpose).into_iter();
    let mut standing = standing.filter_map(|id| consent.statements().get(&id));
    let before = standing.find(|one| one.decision == Decision::Given)?;
    Some(Withdrawal {
        before: before.clone(),
        by: StatementId(vault::random().ok()?),
    })
}

fn withdraw(
    id: ConversationId,
    consent: &Consent,
    purpose: Purpose,
    undo: RwSignal<Option<Withdrawal>>,
) {
    let Some(withdrawn) = withdrawal(consent, purpose) else {
        return announce(Tone::Bad, words().storage_broken);
    };
    let time = clock::time();
    let said = tablet::peek(|open| Statement {
        decision: Decision::Withdrawn,
        at: time.at,
        clock_doubtful: time.doubtful,
        by: open.user(),
        supersedes: consent.standing(purpose),
        ..withdrawn.before.clone()
    });
    let Some(said) = said else { return };
    record(id, vec![(withdrawn.by, said)], move || {
        undo.try_set(Some(withdrawn));
    });
}

/// Gives again what was taken back just now. It ends that withdrawal alone: one that somebody else made
/// meanwhile stands.
fn take_back(id: ConversationId, withdrawn: &Withdrawal, undo: RwSignal<Option<Withdrawal>>) {
    let Ok(random) = vault::random() else {
        return announce(Tone::Bad, words().storage_broken);
    };
    let time = clock::time();
    let said = tablet::peek(|open| Statement {
        at: time.at,
        clock_doubtful: time.doubtful,
        by: open.user(),
        supersedes: vec![withdrawn.by],
        ..withdrawn.before.clone()
    });
    let Some(said) = said else { return };
    record(id, vec![(StatementId(random), said)], move || {
        undo.try_set(None);
    });
}

#[component]
pub(crate) fn ConsentPart(id: ConversationId, read: Memo<Conversation>) -> impl IntoView {
    let words = words();
    let consent = Memo::new(move |_| read.with(|read| read.consent.clone()));
    let spoken = Signal::derive(move || read.with(|read| read.language.clone()));
    let asking = RwSignal::new(None::<Consent>);
    let undo = RwSignal::new(None::<Withdrawal>);
    let rows = move || {
        let row = |purpose: Purpose| {
            let before = consent.with(|consent| Before::of(consent, purpose));
            let (state, mark, text) = match before {
                Before::Given => ("yes", "✓", words.answer_yes),
                Before::Withdrawn => ("no", "✕", words.answer_no),
                Before::Disputed => ("no", "≠", words.answer_disputed),
                Before::NotAsked if questions::is_asked(purpose) => {
                    ("none", "–", words.answer_none)
                }
                Before::NotAsked => return None,
            };
            let name = words.purpose(purpose);
            let take = move |_| {
                consent.with_untracked(|consent| withdraw(id, consent, purpose, undo));
            };
            Some(view! {
                <div class="f-consent-row" data-testid=format!("consent-{}", purpose.as_str()) data-answer=state>
                    <dt>{name}</dt>
                    <dd>
                        <span><span class="f-mark" aria-hidden="true">{mark}</span>" "{text}</span>
                        {(before == Before::Given).then(|| view! {
                            <button type="button" class="button quiet" data-testid=format!("withdraw-{}", purpose.as_str())
                                aria-label=format!("{}: {name}", words.withdraw) on:click=take>
                                {words.withdraw}
                            </button>
                        })}
                    </dd>
                </div>
            })
        };
        Purpose::ALL.into_iter().filter_map(row).collect_view()
    };
    let undone = move || {
        undo.get().map(|withdrawn| {
            let text = fill(words.withdrawn, &[words.purpose(withdrawn.before.purpose)]);
            view! {
                <div class="f-undo" role="status">
                    <p>{text}</p>
                    <button type="button" class="button" data-testid="undo-withdrawal"
                        on:click=move |_| take_back(id, &withdrawn, undo)>
                        {words.undo}
                    </button>
                </div>
            }
        })
    };
    let again = move |_| {
        undo.set(None);
        asking.set(Some(consent.get_untracked()));
    };
    let form = move || match asking.get() {
        Some(seen) => view! { <AskAgain id consent seen spoken asking/> }.into_any(),
        None => {
            let asked = consent.with(|consent| !consent.statements().is_empty());
            view! {
                <button type="button" class="button" data-testid="ask-consent" on:click=again>
                    {if asked { words.ask_again } else { words.ask_first }}
                </button>
            }
            .into_any()
        }
    };
    view! {
        <section class="f-part" aria-labelledby="consent-title">
            <h2 id="consent-title" tabindex="-1">{words.consent}</h2>
            <dl class="f-consent-rows">{rows}</dl>
            {undone}
            {form}
        </section>
    }
}

/// The questions once more: what stands is filled in, and only what changes is recorded.
#[component]
fn AskAgain(
    id: ConversationId,
    consent: Memo<Consent>,
    /// As it was when the questions were opened.
    seen: Consent,
    spoken: Signal<String>,
    asking: RwSignal<Option<Consent>>,
) -> impl IntoView {
    let words = words();
    let language = RwSignal::new(questions::language_for(&spoken.get_untracked()));
    let answers = RwSignal::new(Vec::<Answer>::new());
    let only_with_name = RwSignal::new(false);
    let confirming = RwSignal::new(false);
    let seen = StoredValue::new(seen);
    let sheet = Memo::new(move |_| {
        answers.with(|answers| seen.with_value(|seen| questions::sheet(seen, answers)))
    });
    let sheet_asked = Asking {
        sheet,
        on_answer: Callback::new(move |answer| {
            only_with_name.set(false);
            answers.update(|answers| put(answers, answer));
        }),
        only_with_name: only_with_name.into(),
        on_only_with_name: Callback::new(move |()| only_with_name.set(true)),
    };
    Effect::new(move || tablet::set_unsaved_answers(answers.with(|answers| !answers.is_empty())));
    on_cleanup(|| tablet::set_unsaved_answers(false));
    let is_stale = Memo::new(move |_| consent.with(|now| seen.with_value(|seen| now != seen)));
    let close = move || {
        asking.set(None);
        focus("consent-title");
    };
    let give = Callback::new(move |()| {
        asking.set(None);
        handover::begin(About::Finished(id), language.get_untracked());
    });
    let save = move |_| {
        confirming.set(false);
        let given = answers.get_untracked();
        let made =
            tablet::peek(|open| seen.with_value(|seen| statements(&given, open.user(), seen)));
        match made {
            Some(Ok(statements)) if !statements.is_empty() => record(id, statements, move || {
                announce(Tone::Good, words.saved);
                asking.try_set(None);
            }),
            Some(Ok(_)) => close(),
            _ => announce(Tone::Bad, words.storage_broken),
        }
    };
    let confirm = move |_| {
        if untrack(move || sheet_asked.is_contradictory()) {
            announce(Tone::Bad, words.contradictory);
        } else {
            confirming.set(true);
        }
    };
    let dialog = move || {
        confirming.get().then(|| {
            let sheet = sheet.get();
            let changes = sheet.changes().count();
            let title = match changes {
                0 => words.nothing_changes,
                _ => words.confirm_answers,
            };
            view! {
                <Dialog title on_close=Callback::new(move |()| confirming.set(false))>
                    <Answers language=chosen().code() sheet/>
                    <div class="row f-choice-row">
                        <button type="button" class="button main f-big" data-testid="confirm-answers" on:click=save>
                            {if changes == 0 { words.leave_answers } else { words.record_answers }}
                        </button>
                        <button type="button" class="button f-big" data-testid="back-to-answers"
                            on:click=move |_| confirming.set(false)>
                            {words.to_questions}
                        </button>
                    </div>
                </Dialog>
            }
        })
    };
    view! {
        {move || is_stale.get().then(|| view! {
            <div class="notice f-notice" role="alert" data-testid="consent-stale">
                <p>{words.consent_stale}</p>
                <button type="button" class="button" on:click=move |_| asking.set(Some(consent.get_untracked()))>
                    {words.ask_from_here}
                </button>
            </div>
        })}
        <p class="hint">{words.again_hint}</p>
        <GiveTablet on_give=give/>
        <Questions language spoken asking=sheet_asked/>
        <div class="row">
            <button type="button" class="button main f-big" data-testid="save-consent" on:click=confirm>
                {words.save_answers}
            </button>
            <button type="button" class="button f-big" data-testid="cancel-consent" on:click=move |_| close()>
                {words.cancel}
            </button>
        </div>
        {dialog}
    }
}

/// What is not answered yet, by name.
pub(crate) fn unanswered_names(sheet: &Sheet) -> Vec<&'static str> {
    let words = words();
    sheet
        .unanswered()
        .map(|question| words.purpose(question.purpose))
        .collect()
}
