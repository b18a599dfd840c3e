//! The tablet in the hands of a resident: the questions fill the screen, in their language, and nothing
//! else is there, neither notes nor other people's words.
//!
//! Only the worker comes back, with four digits or their password ([`super::return_code`]). The
//! browser's way back leads nowhere ([`crate::route::hold`]); loading the page anew leaves a locked
//! tablet, because the key is in memory alone. A mark in the browser's storage stands until somebody
//! unlocks a tablet here: as long as it stands, every page of Koffiekar in this browser shows the lock and
//! no office.

use std::cell::RefCell;

use koffiekar_sync_core::{consent::Consent, conversation::Command, ids::ConversationId};
use leptos::{prelude::*, task::spawn_local};

use super::{
    draft::{Answer, statements},
    pause,
    phase::{Locking, lock, wait},
    questions::{self, Answers, Asking, LanguageChoice, Rows, put},
    resident::resident,
    return_code::Return,
    sync, tablet,
    words::words,
};
use crate::{
    keep,
    parts::{focus, title},
    route, session,
};

/// Whose questions these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A conversation before *Klaar*: its answers are in the draft.
    Draft(ConversationId),
    Finished(ConversationId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Questions,
    /// The answers once more, before they count.
    Check,
    Thanks,
}

#[derive(Debug, Clone, PartialEq)]
struct HandOver {
    about: About,
    language: String,
    /// The consent that the questions are asked over.
    seen: Consent,
    answers: Vec<Answer>,
    only_with_name: bool,
}

const MARK: &str = "field-handed-over";

thread_local! {
    static NOW: RefCell<Option<HandOver>> = const { RefCell::new(None) };
    static IS_SHOWN: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static IS_MARKED: ArcRwSignal<bool> = ArcRwSignal::new(has_mark());
}

fn has_mark() -> bool {
    keep::read(MARK).is_some_and(|mark| !mark.is_empty())
}

/// Whether a resident holds this tablet now.
pub(crate) fn is_shown() -> ArcRwSignal<bool> {
    IS_SHOWN.with(Clone::clone)
}

/// Whether a tablet of this browser was handed over, and nobody came back to it yet.
pub(crate) fn is_marked() -> ArcRwSignal<bool> {
    IS_MARKED.with(Clone::clone)
}

/// Call once: a window beside the one that is handed over leaves the office, and locks what is open in it.
pub(crate) fn listen() {
    let _ = window_event_listener_untyped("storage", |_| {
        let marked = has_mark();
        if is_marked().get_untracked() == marked {
            return;
        }
        is_marked().set(marked);
        if marked {
            lock(Locking::Asked);
        }
    });
}

fn mark(is_handed_over: bool) {
    keep::write(MARK, if is_handed_over { "1" } else { "" });
    is_marked().set(is_handed_over);
}

pub(crate) fn begin(about: About, language: String) {
    pause::flush();
    let handed_over = tablet::peek(|open| match about {
        About::Draft(id) => open.drafts.get(&id).map(|draft| HandOver {
            about,
            language: language.clone(),
            seen: Consent::default(),
            answers: draft.answers.clone(),
            only_with_name: draft.only_with_name,
        }),
        About::Finished(id) => Some(HandOver {
            about,
            language: language.clone(),
            seen: open.replica.read(id).ok()?.consent,
            answers: Vec::new(),
            only_with_name: false,
        }),
    });
    let Some(handed_over) = handed_over.flatten() else {
        return;
    };
    NOW.set(Some(handed_over));
    mark(true);
    route::hold();
    is_shown().set(true);
    window().scroll_to_with_x_and_y(0.0, 0.0);
    focus("handed-title");
    end_office_session();
}

/// Somebody unlocked the tablet, or came back to it.
pub(crate) fn end() {
    NOW.set(None);
    is_shown().set(false);
    route::release();
    if has_mark() {
        mark(false);
    }
}

/// What is on the screen goes, and the mark stays: the tablet is being locked.
pub(crate) fn forget() {
    NOW.set(None);
    is_shown().set(false);
    route::release();
}

/// Whoever holds the tablet could type the address of the office, where the worker may be signed in.
fn end_office_session() {
    const AGAIN_MS: i32 = 10_000;
    spawn_local(async {
        while is_shown().get_untracked() && session::end_quietly().await.is_err() {
            wait(AGAIN_MS).await;
        }
    });
}

#[component]
pub(crate) fn HandOverScreen() -> impl IntoView {
    let Some(now) = NOW.with_borrow(Clone::clone) else {
        return ().into_any();
    };
    let about = now.about;
    let seen = StoredValue::new(now.seen);
    let language = RwSignal::new(now.language);
    let answers = RwSignal::new(now.answers);
    let only_with_name = RwSignal::new(now.only_with_name);
    let step = RwSignal::new(Step::Questions);
    let returning = RwSignal::new(false);
    let wrong = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let sheet = Memo::new(move |_| {
        answers.with(|answers| seen.with_value(|seen| questions::sheet(seen, answers)))
    });
    // What is answered is in the draft at once, as in the form.
    let keep_answers = move || {
        let About::Draft(id) = about else { return };
        let draft = tablet::peek(|open| open.drafts.get(&id).cloned()).flatten();
        if let Some(mut draft) = draft {
            draft.answers = answers.get_untracked();
            draft.only_with_name = only_with_name.get_untracked();
            tablet::keep_draft(draft);
        }
    };
    let asking = Asking {
        sheet,
        on_answer: Callback::new(move |answer| {
            answers.update(|answers| put(answers, answer));
            only_with_name.set(false);
            keep_answers();
        }),
        only_with_name: only_with_name.into(),
        on_only_with_name: Callback::new(move |()| {
            only_with_name.set(true);
            keep_answers();
        }),
    };
    let to = move |next: Step| {
        wrong.set(false);
        step.set(next);
        window().scroll_to_with_x_and_y(0.0, 0.0);
        focus("handed-title");
    };
    let record = move |_| {
        if busy.get_untracked() {
            return;
        }
        let About::Finished(id) = about else {
            // Where the disk refuses, nothing is kept, and nobody is thanked for it.
            busy.set(true);
            spawn_local(async move {
                let is_kept = tablet::is_all_kept().await;
                if busy.try_set(false).is_some() {
                    return;
                }
                match is_kept && tablet::trouble().get_untracked().is_none() {
                    true => to(Step::Thanks),
                    false => wrong.set(true),
                }
            });
            return;
        };
        let made = tablet::peek(|open| {
            let given = answers.get_untracked();
            seen.with_value(|seen| statements(&given, open.user(), seen))
        });
        let Some(Ok(statements)) = made else {
            return wrong.set(true);
        };
        if statements.is_empty() {
            return to(Step::Thanks);
        }
        busy.set(true);
        spawn_local(async move {
            let done = tablet::edit(id, Command::Consent(statements), None).await;
            // The tablet may have been locked meanwhile.
            if busy.try_set(false).is_some() {
                return;
            }
            match done {
                Ok(()) => {
                    sync::now();
                    to(Step::Thanks);
                }
                Err(_) => wrong.set(true),
            }
        });
    };
    let page = move || {
        let texts = resident(&language.get());
        title(texts.title);
        match step.get() {
            Step::Questions => view! {
                <LanguageChoice language/>
                <h1 id="handed-title" tabindex="-1">{texts.title}</h1>
                <p>{texts.explanation}</p>
                <Rows language=texts.code asking/>
                <h2>{texts.what_now}</h2>
                <p>{texts.what_now_text}</p>
                <button type="button" class="button main f-primary f-wide" data-testid="handed-on"
                    aria-disabled=move || asking.is_contradictory().then_some("true")
                    on:click=move |_| {
                        if !untrack(move || asking.is_contradictory()) {
                            to(Step::Check);
                        }
                    }>
                    {texts.go_on}
                </button>
            }
            .into_any(),
            Step::Check => {
                let sheet = sheet.get();
                let is_open = sheet.unanswered().next().is_some();
                let changes_nothing =
                    matches!(about, About::Finished(_)) && sheet.changes().next().is_none();
                view! {
                    <h1 id="handed-title" tabindex="-1">{texts.check}</h1>
                    <Answers language=texts.code sheet/>
                    {is_open.then(|| view! { <p>{texts.some_open}</p> })}
                    {changes_nothing.then(|| view! { <p data-testid="handed-unchanged">{texts.nothing_changes}</p> })}
                    <div class="f-ways">
                        <button type="button" class="button main f-big" data-testid="handed-right" on:click=record>
                            {texts.right}
                        </button>
                        <button type="button" class="button f-big" data-testid="handed-change"
                            on:click=move |_| to(Step::Questions)>
                            {texts.change}
                        </button>
                    </div>
                }
                .into_any()
            }
            Step::Thanks => view! {
                <h1 id="handed-title" tabindex="-1" data-testid="handed-thanks">{texts.thanks}</h1>
                <p>{texts.give_back}</p>
            }
            .into_any(),
        }
    };
    view! {
        {move || {
            if returning.get() {
                let back = Callback::new(move |()| {
                    returning.set(false);
                    focus("handed-title");
                });
                let done = Callback::new(|()| {
                    end();
                    focus("consent-title");
                });
                return view! { <Return on_back=back on_done=done/> }.into_any();
            }
            let texts = resident(&language.get());
            view! {
                <main id="main" class="f-page f-handed" data-testid="handed-over" lang=texts.code dir=texts.direction()>
                    {page}
                    <p class="field-error" role="alert">{move || wrong.get().then_some(texts.not_kept)}</p>
                </main>
                <footer class="f-handed-foot">
                    <button type="button" class="button quiet" data-testid="worker" on:click=move |_| returning.set(true)>
                        {words().for_worker}
                    </button>
                </footer>
            }
            .into_any()
        }}
    }
    .into_any()
}
