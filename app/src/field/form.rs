//! A new conversation, from the first word to *Klaar*.
//!
//! The fields are the browser's own; what they hold is in one [`Draft`], written at every pause.

use std::cell::RefCell;

use koffiekar_sync_core::{
    ids::{ConversationId, LineKey, QuoteId, RoundId},
    limits,
    visible::is_blank,
};
use leptos::prelude::*;

use super::{
    Screen,
    area::{self, AreaField, LanguageField, direction},
    clock,
    draft::{Draft, DraftQuote, notes_problem, quote_problem},
    form_end::{Ending, Finish},
    keep_problem::KeepProblemText,
    lines::{LineChips, toggled},
    pause, round_time,
    tablet::{self, Kept},
    words::words,
};
use crate::{
    parts::{focus, moment, title},
    route,
    words::fill,
};

thread_local! {
    /// Begun by a tap, and nothing typed yet: not on the disk.
    static FRESH: RefCell<Option<Draft>> = const { RefCell::new(None) };
}

/// The first tap. The second is on the keyboard.
pub(crate) fn begin(round: RoundId) {
    let Ok(draft) = Draft::new(round, area::proposed(round), clock::time()) else {
        return;
    };
    let path = Screen::Draft(draft.id).path();
    let first = quote_field(draft.quotes[0].id);
    FRESH.set(Some(draft));
    route::go(&path);
    focus(first);
}

pub(crate) fn quote_field(quote: QuoteId) -> String {
    format!("quote-{}", quote.key())
}

/// The draft on the screen. Copies share it.
#[derive(Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) draft: RwSignal<Draft>,
    id: ConversationId,
    /// *Klaar* is being carried out, or was: nothing may be written behind it.
    pub(crate) closed: RwSignal<bool>,
}

impl Writing {
    fn name(self) -> String {
        self.id.to_string()
    }

    /// Words: written at the next pause.
    pub(crate) fn typed(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
        let draft = self.draft;
        let closed = self.closed;
        pause::later(&self.name(), move || {
            let write = draft
                .try_get_untracked()
                .filter(|_| closed.try_get_untracked() == Some(false));
            if let Some(draft) = write {
                tablet::keep_draft(draft);
            }
        });
    }

    /// Anything else: written at once.
    pub(crate) fn acted(self, change: impl FnOnce(&mut Draft)) {
        self.typed(change);
        self.keep_now();
    }

    pub(crate) fn keep_now(self) {
        pause::now(&self.name());
    }
}

#[component]
pub(crate) fn Form(id: ConversationId) -> impl IntoView {
    let fresh = FRESH.take().filter(|draft| draft.id == id);
    let kept = tablet::peek(|open| open.drafts.get(&id).cloned()).flatten();
    match kept.or(fresh) {
        Some(draft) => view! { <Fields draft/> }.into_any(),
        None => view! {
            <main id="main" class="f-page" tabindex="-1">
                <h1 tabindex="-1">{words().form_title}</h1>
                <p data-testid="draft-gone">{words().gone_draft}</p>
                <a class="button f-big" href="/veld">{words().back}</a>
            </main>
        }
        .into_any(),
    }
}

#[component]
fn Fields(draft: Draft) -> impl IntoView {
    let words = words();
    title(words.form_title);
    let round = draft.round;
    let writing = Writing {
        id: draft.id,
        draft: RwSignal::new(draft),
        closed: RwSignal::new(false),
    };
    // The signals still live when this runs.
    on_cleanup(move || writing.keep_now());
    let draft = writing.draft;

    let language = Signal::derive(move || draft.with(|draft| draft.language.clone()));
    let area = Signal::derive(move || draft.with(|draft| draft.area.clone()));
    let is_proposed = Signal::derive(move || draft.with(|draft| draft.area_is_proposed));
    let of = tablet::peek(|open| {
        let mut rounds = open.catalogue.rounds.iter();
        rounds.find(|one| one.id == round).cloned()
    });
    let time = of
        .flatten()
        .and_then(|round| Some((round_time::describe(&round)?, round.name)));
    let quotes = Memo::new(move |_| {
        draft.with(|draft| draft.quotes.iter().map(|q| q.id).collect::<Vec<_>>())
    });
    let full = move || quotes.with(|quotes| quotes.len() >= limits::QUOTES);
    let add = move |_| {
        if let Ok(quote) = DraftQuote::new(tablet::now()) {
            let field = quote_field(quote.id);
            writing.acted(|draft| draft.quotes.push(quote));
            focus(field);
        }
    };
    let can_put_back = Memo::new(move |_| draft.with(|draft| !draft.removed.is_empty()));
    let put_back = move |_| {
        if !full() {
            writing.acted(Draft::put_back);
        }
    };
    view! {
        <main id="main" class="f-page f-form" tabindex="-1" on:focusout=move |_| writing.keep_now()>
            <h1 class="unseen" tabindex="-1">{words.form_title}</h1>
            {time.map(|(told, name)| view! {
                <p class="notice f-notice f-round-time" role="note" data-testid="round-time">
                    {format!("{}: {name}, {told}.", words.round)}
                </p>
            })}
            <ClockDoubt writing/>
            <div class="f-main">
            <For each=move || quotes.get() key=|id| *id let:quote>
                <QuoteField writing quote quotes/>
            </For>
            {move || can_put_back.get().then(|| view! {
                <div class="f-undo" role="status">
                    <p>{words.removed_quote}</p>
                    <button type="button" class="button" data-testid="undo-remove" on:click=put_back>{words.undo}</button>
                </div>
            })}
            {move || if full() {
                let most = limits::QUOTES.to_string();
                view! { <p class="notice">{fill(words.too_many_quotes, &[&most])}</p> }.into_any()
            } else {
                view! {
                    <button type="button" class="button f-add" data-testid="add-quote" on:click=add>
                        <span aria-hidden="true">"+"</span>
                        {words.another_quote}
                    </button>
                }
                .into_any()
            }}
            </div>
            <div class="f-side">
            <div class="f-settings">
                <LanguageField language
                    on_choose=Callback::new(move |code| writing.acted(|draft| draft.language = code))/>
                <AreaField area round is_proposed
                    on_choose=Callback::new(move |code| writing.acted(|draft| {
                        draft.area = code;
                        draft.area_is_proposed = false;
                    }))/>
            </div>
            <NotesField writing/>
            <Ending writing/>
            </div>
        </main>
        <Finish writing>
            <KeptSign/>
        </Finish>
    }
}

#[component]
fn QuoteField(writing: Writing, quote: QuoteId, quotes: Memo<Vec<QuoteId>>) -> impl IntoView {
    let words = words();
    let draft = writing.draft;
    let place = move || {
        quotes.with(|quotes| {
            quotes
                .iter()
                .position(|id| *id == quote)
                .unwrap_or_default()
        })
    };
    let alone = move || quotes.with(|quotes| quotes.len() == 1);
    let of = move |draft: &Draft| draft.quotes.iter().find(|one| one.id == quote).cloned();
    let said = Memo::new(move |_| draft.with(of).map(|one| one.words).unwrap_or_default());
    let lines = Memo::new(move |_| draft.with(of).map(|one| one.lines).unwrap_or_default());
    let language = Signal::derive(move || draft.with(|draft| draft.language.clone()));
    let label = Signal::derive(move || {
        if alone() {
            words.quote.to_owned()
        } else {
            fill(words.quote_numbered, &[&(place() + 1).to_string()])
        }
    });
    let problem = Memo::new(move |_| said.with(|said| quote_problem(said)));
    let change = move |draft: &mut Draft, act: &dyn Fn(&mut DraftQuote)| {
        draft
            .quotes
            .iter_mut()
            .filter(|one| one.id == quote)
            .for_each(act);
    };
    let type_words = move |event| {
        let typed = event_target_value(&event);
        writing.typed(|draft| change(draft, &|one| one.words.clone_from(&typed)));
    };
    let toggle = Callback::new(move |line: LineKey| {
        writing.acted(|draft| change(draft, &|one| one.lines = toggled(&one.lines, &line)));
    });
    let remove = move |_| writing.acted(|draft| draft.remove(quote));
    let field = quote_field(quote);
    let hint = format!("{field}-hint");
    let error = format!("{field}-error");
    view! {
        <section class="f-quote">
            <div class="f-quote-head">
                <label for=field.clone()>{move || label.get()}</label>
                <span class="hint" id=hint.clone()>{words.quote_hint}</span>
                {move || (!alone()).then(|| view! {
                    <button type="button" class="button quiet f-remove" data-testid=move || format!("remove-{}", place())
                        aria-label=move || format!("{}: {}", words.remove_quote, label.get()) on:click=remove>
                        {words.remove}
                    </button>
                })}
            </div>
            <textarea
                class="f-words"
                class:wrong=move || problem.get().is_some()
                id=field.clone()
                data-testid=move || format!("quote-{}", place())
                lang=move || language.get()
                dir=move || match said.with(|said| is_blank(said)) {
                    true => language.with(|code| direction(code)),
                    false => "auto",
                }
                rows="5"
                autocapitalize="sentences"
                aria-describedby=format!("{hint} {error}")
                aria-invalid=move || problem.get().map(|_| "true")
                prop:value=said.get_untracked()
                on:input=type_words
            ></textarea>
            <p class="field-error" id=error role="alert"><KeepProblemText problem field/></p>
            <LineChips words_said=said language chosen=lines on_toggle=toggle
                label=Signal::derive(move || format!("{}, {}", words.lines, label.get()))/>
        </section>
    }
}

#[component]
fn NotesField(writing: Writing) -> impl IntoView {
    let words = words();
    let notes = Memo::new(move |_| writing.draft.with(|draft| draft.notes.clone()));
    let problem = Memo::new(move |_| notes.with(|notes| notes_problem(notes)));
    view! {
        <section class="f-notes">
            <label for="notes">{words.notes}</label>
            <span class="hint" id="notes-hint">{words.notes_hint}</span>
            <textarea
                id="notes"
                data-testid="notes"
                dir="auto"
                class:wrong=move || problem.get().is_some()
                rows="3"
                aria-describedby="notes-hint notes-error"
                aria-invalid=move || problem.get().map(|_| "true")
                prop:value=notes.get_untracked()
                on:input=move |event| {
                    let typed = event_target_value(&event);
                    writing.typed(|draft| draft.notes = typed);
                }
            ></textarea>
            <p class="field-error" id="notes-error" role="alert">
                <KeepProblemText problem field="notes".to_owned()/>
            </p>
        </section>
    }
}

/// What stands with the conversation for its time, where the tablet cannot be sure of it.
#[component]
fn ClockDoubt(writing: Writing) -> impl IntoView {
    let time = Memo::new(move |_| {
        writing
            .draft
            .with(|draft| draft.clock_doubtful.then_some(draft.started_at))
    });
    move || {
        time.get().map(|at| {
            view! {
                <p class="notice f-notice" role="note" data-testid="clock-doubt">
                    {fill(words().clock_doubt_form, &[&moment(at)])}
                </p>
            }
        })
    }
}

/// Whether the last keystrokes are on the disk.
#[component]
pub(crate) fn KeptSign() -> impl IntoView {
    let words = words();
    let kept = tablet::kept();
    kept.set(Kept::Quiet);
    let kept = Memo::new(move |_| kept.get());
    let state = move || match kept.get() {
        Kept::Quiet => ("quiet", "", words.draft_quiet),
        Kept::Saving => ("saving", "…", words.draft_saving),
        Kept::Saved => ("saved", "✓", words.draft_saved),
        Kept::Failed(_) => ("failed", "!", words.draft_failed),
    };
    // Not announced: a screen reader would speak at every pause.
    view! {
        <p class="f-kept" data-testid="draft-state" data-state=move || state().0>
            <span aria-hidden="true" prop:textContent=move || state().1></span>
            " "
            <span prop:textContent=move || state().2></span>
        </p>
    }
}
