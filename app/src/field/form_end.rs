//! The end of a new conversation: consent, *Klaar*, and wiping a draft.

use koffiekar_sync_core::{
    consent::Consent, conversation::CommandError, limits, replica::EditError,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    consent::unanswered_names,
    draft::{KeepProblem, notes_problem, quote_problem},
    form::{Writing, quote_field},
    handover::{self, About},
    pause,
    questions::{self, Asking, Questions},
    return_code::GiveTablet,
    sync,
    tablet::{self, WorkError},
    words::words,
};
use crate::{
    parts::{Dialog, Tone, announce, focus},
    route,
    words::fill,
};

/// Why something was not kept, for the worker.
pub(crate) fn explain(error: &WorkError) -> String {
    let words = words();
    let why = match error {
        WorkError::Locked => words.locked_reason.to_owned(),
        WorkError::Store(_) | WorkError::Vault(_) => words.store_reason.to_owned(),
        WorkError::Answer(_) | WorkError::Person(_) => words.answer_reason.to_owned(),
        WorkError::Edit(EditError::NotHere) => words.e_not_here.to_owned(),
        WorkError::Edit(EditError::Command(error)) => not_carried_out(error),
    };
    fill(words.not_saved, &[&why])
}

fn not_carried_out(error: &CommandError) -> String {
    let words = words();
    let bounded = |text, most: usize| fill(text, &[&most.to_string()]);
    match error {
        CommandError::NoSuchQuote => words.e_no_quote.to_owned(),
        CommandError::QuoteLength => bounded(words.e_quote_length, limits::QUOTE_CHARS),
        CommandError::NotesLength => bounded(words.e_notes_length, limits::NOTES_CHARS),
        CommandError::TooMuchAtOnce => words.e_at_once.to_owned(),
        CommandError::EditedTooMuch => words.e_edited.to_owned(),
        CommandError::NullCharacter => words.e_null.to_owned(),
        CommandError::TooManyQuotes => bounded(words.e_quotes, limits::QUOTES),
        CommandError::OutOfBounds { .. } => words.e_long.to_owned(),
        CommandError::UnknownState => words.e_changed.to_owned(),
        CommandError::Document(_) => words.e_unreadable.to_owned(),
    }
}

#[component]
pub(crate) fn Ending(writing: Writing) -> impl IntoView {
    let words = words();
    let draft = writing.draft;
    let spoken = Memo::new(move |_| draft.with(|draft| draft.language.clone()));
    let language = RwSignal::new(questions::language_for(&spoken.get_untracked()));
    // Another language of the conversation is another language of the questions, until one is chosen.
    Effect::new(move |before: Option<String>| {
        let spoken = spoken.get();
        if before.is_some_and(|before| before != spoken) {
            language.set(questions::language_for(&spoken));
        }
        spoken
    });
    let answers = Memo::new(move |_| draft.with(|draft| draft.answers.clone()));
    let asking = Asking {
        sheet: Memo::new(move |_| {
            answers.with(|answers| questions::sheet(&Consent::default(), answers))
        }),
        on_answer: Callback::new(move |answer| writing.acted(|draft| draft.answer(answer))),
        only_with_name: Signal::derive(move || draft.with(|draft| draft.only_with_name)),
        on_only_with_name: Callback::new(move |()| {
            writing.acted(|draft| draft.only_with_name = true);
        }),
    };
    let give = Callback::new(move |()| {
        // Also where nothing is written yet: the questions are asked of what lies on the disk.
        writing.acted(|_| ());
        let id = draft.with_untracked(|draft| draft.id);
        handover::begin(About::Draft(id), language.get_untracked());
    });
    let clear = move |_| {
        writing.acted(|draft| {
            draft.answers.clear();
            draft.only_with_name = false;
        });
        focus("consent-title");
    };
    view! {
        <section class="f-consent" aria-labelledby="consent-title">
            <h2 id="consent-title" tabindex="-1">{words.consent}</h2>
            <GiveTablet on_give=give/>
            <p class="hint">{words.consent_hint}</p>
            <Questions language spoken asking/>
            {move || (!answers.with(Vec::is_empty)).then(|| view! {
                <button type="button" class="button quiet" data-testid="clear-answers" on:click=clear>
                    {words.clear_answers}
                </button>
            })}
        </section>
        <DeleteDraft writing/>
    }
}

#[component]
fn DeleteDraft(writing: Writing) -> impl IntoView {
    let words = words();
    let asking = RwSignal::new(false);
    let delete = move |_| {
        let id = writing.draft.with_untracked(|draft| draft.id);
        writing.closed.set(true);
        let _ = pause::forget(&id.to_string());
        tablet::drop_draft(id);
        home();
    };
    view! {
        <p class="f-delete">
            <button type="button" class="button quiet" data-testid="delete-draft" on:click=move |_| asking.set(true)>
                {words.delete_draft}
            </button>
        </p>
        {move || asking.get().then(|| view! {
            <Dialog title=words.delete_draft_title on_close=Callback::new(move |()| asking.set(false))>
                <p>{words.delete_draft_text}</p>
                <div class="row f-choice-row">
                    <button type="button" class="button f-big" data-testid="keep-draft" on:click=move |_| asking.set(false)>
                        {words.keep}
                    </button>
                    <button type="button" class="button f-big f-danger" data-testid="confirm-delete" on:click=delete>
                        {words.delete}
                    </button>
                </div>
            </Dialog>
        })}
    }
}

/// Back to the round, without a way back into a form that is done.
fn home() {
    route::replace("/veld");
    window().scroll_to_with_x_and_y(0.0, 0.0);
    request_animation_frame(route::focus_heading);
}

/// What stops *Klaar*: the words for it, and the field.
fn problem(writing: Writing) -> Option<(String, Option<String>)> {
    let words = words();
    writing.draft.with_untracked(|draft| {
        let first = draft.quotes.first().map(|quote| quote_field(quote.id));
        if draft.has_no_words() {
            return Some((words.nothing_said.to_owned(), first));
        }
        let sheet = questions::sheet(&Consent::default(), &draft.answers);
        if sheet.is_contradictory() && !draft.only_with_name {
            return Some((
                words.contradictory.to_owned(),
                Some("consent-title".to_owned()),
            ));
        }
        if draft.quotes.len() > limits::QUOTES {
            return Some((
                fill(words.too_many_quotes, &[&limits::QUOTES.to_string()]),
                None,
            ));
        }
        let mut quotes = draft.quotes.iter();
        let quote =
            quotes.find_map(|quote| Some((quote_problem(&quote.words)?, quote_field(quote.id))));
        let notes = || Some((notes_problem(&draft.notes)?, "notes".to_owned()));
        let (why, field) = quote.or_else(notes)?;
        let text = match why {
            KeepProblem::TooLong(_) => words.too_long_summary,
            KeepProblem::NullCharacter(..) => words.null_summary,
        };
        Some((text.to_owned(), Some(field)))
    })
}

/// The bar at the foot with *Klaar*.
#[component]
pub(crate) fn Finish(writing: Writing, children: Children) -> impl IntoView {
    let words = words();
    let wrong = RwSignal::new(None::<String>);
    // The questions without an answer, by name.
    let asking = RwSignal::new(Vec::<&'static str>::new());
    let busy = RwSignal::new(false);
    // What was wrong with the words of a moment ago is not said of those that stand there now.
    Effect::new(move |before: Option<()>| {
        writing.draft.track();
        if before.is_some() && wrong.with_untracked(Option::is_some) {
            wrong.set(None);
        }
    });
    let finish = move || {
        asking.set(Vec::new());
        wrong.set(None);
        busy.set(true);
        writing.keep_now();
        writing.closed.set(true);
        let mut draft = writing.draft.get_untracked();
        // An answer to what is not asked any more is not on the screen, so it is not recorded either.
        draft
            .answers
            .retain(|answer| questions::is_asked(answer.purpose));
        spawn_local(async move {
            match tablet::finish(draft).await {
                Ok(()) => {
                    announce(Tone::Good, words.saved_here);
                    sync::now();
                    home();
                }
                Err(error) => {
                    writing.closed.set(false);
                    busy.set(false);
                    wrong.set(Some(explain(&error)));
                }
            }
        });
    };
    let done = move |_| {
        if busy.get_untracked() {
            return;
        }
        if let Some((text, field)) = problem(writing) {
            wrong.set(Some(text));
            field.into_iter().for_each(focus);
            return;
        }
        let open = writing.draft.with_untracked(|draft| {
            unanswered_names(&questions::sheet(&Consent::default(), &draft.answers))
        });
        if open.is_empty() {
            finish();
        } else {
            asking.set(open);
        }
    };
    let to_questions = move |_| {
        asking.set(Vec::new());
        request_animation_frame(|| focus("consent-title"));
    };
    view! {
        <footer class="f-foot">
            <div class="f-foot-in">
                <p class="field-error" role="alert" data-testid="form-error">{move || wrong.get()}</p>
                <div class="f-foot-row">
                    {children()}
                    <button type="button" class="button main f-primary" data-testid="done"
                        aria-disabled=move || busy.get().then_some("true") on:click=done>
                        {words.done}
                    </button>
                </div>
            </div>
        </footer>
        {move || {
            let open = asking.get();
            (!open.is_empty()).then(|| view! {
                <Dialog title=words.unanswered_title on_close=Callback::new(move |()| asking.set(Vec::new()))>
                    <ul class="f-names">{open.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ul>
                    <p>{words.unanswered_text}</p>
                    <div class="row f-choice-row">
                        <button type="button" class="button main f-big" data-testid="to-questions" on:click=to_questions>
                            {words.to_questions}
                        </button>
                        <button type="button" class="button f-big" data-testid="done-anyway" on:click=move |_| finish()>
                            {words.done_anyway}
                        </button>
                    </div>
                </Dialog>
            })
        }}
    }
}
