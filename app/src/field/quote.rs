//! One quote of a finished conversation: its words, two people's different words, its action lines.

use koffiekar_sync_core::{
    conversation::{Command, Conversation, Stance, Wording},
    ids::{ConversationId, LineKey, QuoteId, UserId},
};
use leptos::prelude::*;

use super::{
    conversation::{Said, carry_out},
    draft::Target,
    editor::{Editor, is_begun},
    lines::{LineChips, title_of, toggled},
    words::words,
};
use crate::{parts::Dialog, words::fill};

/// The lines that this person says it concerns.
fn own_lines(read: &Conversation, quote: QuoteId, me: UserId) -> Vec<LineKey> {
    let statements = read.tags.statements().iter();
    let own = statements.filter(|(key, said)| {
        key.quote == quote
            && key.by == me
            && matches!(said.stance, Stance::Proposed | Stance::Confirmed)
    });
    own.map(|(key, _)| key.line.clone()).collect()
}

/// What others say of it: the line's title and how it stands.
fn others(read: &Conversation, quote: QuoteId, own: &[LineKey]) -> Vec<String> {
    let names = &crate::words::words().names;
    let standing = read
        .lines_of(quote)
        .into_iter()
        .filter(|(line, _)| !own.contains(line));
    standing
        .map(|(line, how)| {
            format!(
                "{} ({})",
                title_of(&line),
                names.standing(how).to_lowercase()
            )
        })
        .collect()
}

#[component]
pub(crate) fn QuoteShown(
    id: ConversationId,
    quote: QuoteId,
    quotes: Memo<Vec<QuoteId>>,
    read: Memo<Conversation>,
    me: UserId,
) -> impl IntoView {
    let words = words();
    let target = Target::Wording(quote);
    let editing = RwSignal::new(is_begun(id, target));
    let removing = RwSignal::new(false);
    let place = Memo::new(move |_| {
        quotes.with(|quotes| {
            quotes
                .iter()
                .position(|one| *one == quote)
                .unwrap_or_default()
        })
    });
    let wording = Memo::new(move |_| {
        read.with(|read| read.quote(quote).map(|quote| quote.wording.clone()))
            .unwrap_or_else(|| Wording::Settled(String::new()))
    });
    let language = Memo::new(move |_| {
        read.with(|read| {
            read.quote(quote)
                .map_or(read.language.clone(), |one| one.language(read).to_owned())
        })
    });
    let lines = Memo::new(move |_| read.with(|read| own_lines(read, quote, me)));
    let said = Signal::derive(move || wording.with(|wording| wording.first().to_owned()));
    let label =
        Signal::derive(move || fill(words.quote_numbered, &[&(place.get() + 1).to_string()]));
    let toggle = Callback::new(move |line: LineKey| {
        let before = lines.get_untracked();
        let after = toggled(&before, &line);
        let said = |line: &LineKey, stance| Command::Tag {
            quote,
            line: line.clone(),
            stance,
        };
        let gone = before
            .iter()
            .filter(|line| !after.contains(line))
            .map(|line| said(line, Stance::Retracted));
        let come = after
            .iter()
            .filter(|line| !before.contains(line))
            .map(|line| said(line, Stance::Proposed));
        carry_out(id, gone.chain(come).collect());
    });
    let body = move || {
        if editing.get() {
            return view! {
                <Editor conversation=id target now=said.get_untracked() label=label.get_untracked()
                    hint=words.correct_hint language=language.get_untracked()
                    testids=(format!("wording-{}", place.get_untracked()), "save-wording")
                    on_done=Callback::new(move |()| editing.set(false))/>
            }
            .into_any();
        }
        match wording.get() {
            Wording::Settled(text) => view! {
                <div data-testid=move || format!("quote-text-{}", place.get())>
                    <Said text language=language.get()/>
                </div>
                <div class="row">
                    <button type="button" class="button" data-testid=move || format!("correct-{}", place.get())
                        aria-label=move || format!("{}: {}", words.correct, label.get())
                        on:click=move |_| editing.set(true)>
                        {words.correct}
                    </button>
                    <button type="button" class="button quiet" data-testid=move || format!("remove-{}", place.get())
                        aria-label=move || format!("{}: {}", words.remove, label.get())
                        on:click=move |_| removing.set(true)>
                        {words.remove}
                    </button>
                </div>
            }
            .into_any(),
            Wording::Conflict(texts) => view! { <Conflict id quote texts language=language.get()/> }.into_any(),
        }
    };
    let remove = move |_| {
        removing.set(false);
        carry_out(id, vec![Command::RemoveQuote { quote }]);
    };
    view! {
        <section class="f-part f-quote-part">
            <h2>{move || label.get()}</h2>
            {body}
            <LineChips words_said=said language chosen=lines on_toggle=toggle
                label=Signal::derive(move || format!("{}, {}", words.lines, label.get()))/>
            {move || {
                let others = read.with(|read| others(read, quote, &lines.get()));
                (!others.is_empty()).then(|| view! { <p class="hint">{others.join(" · ")}</p> })
            }}
            {move || removing.get().then(|| view! {
                <Dialog title=words.remove_title on_close=Callback::new(move |()| removing.set(false))>
                    <p>{words.remove_text}</p>
                    <div class="row f-choice-row">
                        <button type="button" class="button f-big" on:click=move |_| removing.set(false)>{words.keep}</button>
                        <button type="button" class="button f-big f-danger" data-testid="confirm-remove" on:click=remove>
                            {words.remove}
                        </button>
                    </div>
                </Dialog>
            })}
        </section>
    }
}

/// Two wordings beside each other, until a person says which is right.
#[component]
fn Conflict(
    id: ConversationId,
    quote: QuoteId,
    texts: Vec<String>,
    language: String,
) -> impl IntoView {
    let words = words();
    let reading = |(place, text): (usize, String)| {
        let settled = text.clone();
        let language = language.clone();
        let settle = move |_| {
            carry_out(
                id,
                vec![Command::CorrectWording {
                    quote,
                    verbatim: settled.clone(),
                }],
            );
        };
        view! {
            <li class="f-reading">
                <Said text language/>
                <button type="button" class="button f-big" data-testid=format!("conflict-reading-{place}") on:click=settle>
                    {words.this_wording}
                </button>
            </li>
        }
    };
    let readings = texts.into_iter().enumerate().map(reading).collect_view();
    view! {
        <div class="f-conflict" data-testid="conflict">
            <p class="f-conflict-title"><span class="f-mark" aria-hidden="true">"≠"</span>" "{words.conflict_title}</p>
            <p>{words.conflict_text}</p>
            <ul class="f-readings">{readings}</ul>
        </div>
    }
}
