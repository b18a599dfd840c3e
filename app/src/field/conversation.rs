//! A conversation after *Klaar*: what it says, how safe it is, and the edits of it.

use koffiekar_sync_core::{
    conversation::{Command, Conversation},
    ids::{ConversationId, Millis, QuoteId, RoundId, UserId},
    replica::Standing,
    wire::ReasonCode,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    Screen,
    area::{AreaField, LanguageField},
    consent::ConsentPart,
    draft::Target,
    editor::{Editor, is_begun},
    form_end::explain,
    list::{Sign, StandingSign},
    orphan::Orphans,
    quote::QuoteShown,
    sync, tablet,
    told::Told,
    vault,
    words::words,
};
use crate::{
    parts::{Tone, announce, moment, title},
    route,
    words::fill,
};

#[derive(Debug, Clone, PartialEq)]
struct Shown {
    read: Conversation,
    standing: Standing,
    round: RoundId,
    me: UserId,
    /// When the server received it, where it doubts the time of recording.
    received_at: Option<Millis>,
}

/// One finished edit without a text of its own: carried out at once.
pub(crate) fn carry_out(id: ConversationId, commands: Vec<Command>) {
    spawn_local(async move {
        for command in commands {
            if let Err(error) = tablet::edit(id, command, None).await {
                return announce(Tone::Bad, explain(&error));
            }
        }
        announce(Tone::Good, words().saved);
        sync::now();
    });
}

#[component]
pub(crate) fn Show(id: ConversationId) -> impl IntoView {
    title(words().conversation);
    let shown = Memo::new(move |_| {
        tablet::see(|open| {
            let held = open.replica.held(id)?;
            let (standing, round) = (held.standing(), held.round());
            let received_at = held.received_where_doubtful();
            let read = open.replica.read(id).ok()?;
            Some(Shown {
                read,
                standing,
                round,
                me: open.user(),
                received_at,
            })
        })
        .flatten()
    });
    let is_here = Memo::new(move |_| shown.with(Option::is_some));
    // Whoever looks at it goes on where it goes on.
    Effect::new(move || {
        let by = (!is_here.get())
            .then(|| tablet::see(|open| open.elsewhere.successor(&open.replica, id)))
            .flatten()
            .flatten();
        if let Some(by) = by {
            request_animation_frame(move || route::replace(&Screen::Conversation(by).path()));
        }
    });
    move || {
        if is_here.get() {
            let shown = Signal::derive(move || shown.get());
            view! { <Parts id shown/> }.into_any()
        } else {
            view! {
                <main id="main" class="f-page" tabindex="-1">
                    <h1 tabindex="-1">{words().conversation}</h1>
                    <p data-testid="conversation-gone">{words().gone}</p>
                    <Told/>
                    <Orphans id/>
                </main>
            }
            .into_any()
        }
    }
}

#[component]
fn Parts(id: ConversationId, shown: Signal<Option<Shown>>) -> impl IntoView {
    let words = words();
    let Some(first) = shown.get_untracked() else {
        return ().into_any();
    };
    let round = first.round;
    let whose = if first.read.recorded_by == first.me {
        words.by_you
    } else {
        words.by_colleague
    };
    let recorded_at = first.read.recorded_at;
    let is_told = first.read.clock_doubtful;
    let when = move || {
        let received_at = shown.with(|shown| shown.as_ref().and_then(|shown| shown.received_at));
        match received_at {
            Some(at) => fill(words.recorded_doubtful_received, &[whose, &moment(at)]),
            None if is_told => fill(words.recorded_doubtful, &[whose, &moment(recorded_at)]),
            None => format!(
                "{}, {} {whose}",
                moment(recorded_at),
                words.recorded.to_lowercase()
            ),
        }
    };
    let read = Memo::new(move |before: Option<&Conversation>| {
        // It stays on the screen while it leaves.
        let now = shown.with(|shown| shown.as_ref().map(|shown| shown.read.clone()));
        now.or_else(|| before.cloned())
            .unwrap_or_else(|| first.read.clone())
    });
    let me = first.me;
    let standing =
        Memo::new(move |_| shown.with(|shown| shown.as_ref().map(|shown| shown.standing.clone())));
    let quotes = Memo::new(move |_| {
        read.with(|read| read.quotes.iter().map(|quote| quote.id).collect::<Vec<_>>())
    });
    let area = Signal::derive(move || read.with(|read| read.area.clone()));
    let language = Signal::derive(move || read.with(|read| read.language.clone()));
    view! {
        <main id="main" class="f-page f-conversation" tabindex="-1">
            <h1 tabindex="-1">{words.conversation}</h1>
            <p class="f-item-meta" data-testid="recorded-when">{when}</p>
            <Told of=id/>
            {move || standing.get().map(|standing| view! { <StandingNotice standing/> })}
            <For each=move || quotes.get() key=|quote| *quote let:quote>
                <QuoteShown id quote quotes read me/>
            </For>
            <AddQuote id language/>
            <Notes id read/>
            <section class="f-part" aria-labelledby="about-title">
                <h2 id="about-title">{words.about}</h2>
                <div class="f-settings">
                    <LanguageField language
                        on_choose=Callback::new(move |language| carry_out(id, vec![Command::SetLanguage { language }]))/>
                    <AreaField area round
                        on_choose=Callback::new(move |area| carry_out(id, vec![Command::SetArea { area }]))/>
                </div>
            </section>
            <ConsentPart id read/>
            <p class="f-number hint">{fill(words.conversation_number, &[&id.to_string()])}</p>
        </main>
    }
    .into_any()
}

#[component]
fn StandingNotice(standing: Standing) -> impl IntoView {
    let words = words();
    let sign = Sign::of(&standing);
    let text = match &standing {
        Standing::Waiting => words.waiting_text.to_owned(),
        Standing::Stored(at) => fill(words.stored_at, &[&moment(*at)]),
        Standing::Held(_) => words.undecided_text.to_owned(),
        Standing::Refused(_) => words.refused_text.to_owned(),
    };
    let is_refused = sign == Sign::Refused;
    let reason = match standing {
        Standing::Held(reason) | Standing::Refused(reason) => Some(reason),
        Standing::Waiting | Standing::Stored(_) => None,
    };
    view! {
        <div class="f-banner" data-testid="standing" data-standing=sign.name() role="note">
            <StandingSign sign/>
            <p>{text}</p>
            {reason.map(|reason| {
                let (why, what) = words.reason(reason.code);
                let what = if is_refused { what } else { words.undecided_do };
                // What an administrator wrote is for the author; all else is for whoever helps.
                let said = if reason.code == ReasonCode::TurnedDown {
                    view! {
                        <dt>{words.administrator_wrote}</dt>
                        <dd class="f-note-text" data-testid="turned-down-text" dir="auto">{reason.detail}</dd>
                    }
                    .into_any()
                } else {
                    is_technical(reason.code).then(|| view! {
                        <dt>{words.for_helper}</dt><dd class="hint" lang="en">{reason.detail}</dd>
                    })
                    .into_any()
                };
                view! {
                    <dl class="f-why">
                        <dt>{words.why}</dt>
                        <dd data-testid="refused-why">{why}</dd>
                        <dt>{words.what_to_do}</dt>
                        <dd data-testid="refused-what">{what}</dd>
                        {said}
                    </dl>
                    {is_refused.then(|| view! {
                        <button type="button" class="button" data-testid="retry" on:click=|_| sync::by_hand()>
                            {words.sync_now}
                        </button>
                    })}
                }
            })}
        </div>
    }
}

/// The code does not say all that whoever helps should know.
fn is_technical(code: ReasonCode) -> bool {
    match code {
        ReasonCode::Unreadable
        | ReasonCode::NotAConversation
        | ReasonCode::TooLarge
        | ReasonCode::NotAllowed
        | ReasonCode::TryAgain
        | ReasonCode::CannotReplay => true,
        ReasonCode::ForeignRound
        | ReasonCode::ClosedRound
        | ReasonCode::OtherRound
        | ReasonCode::DeviceRevoked
        | ReasonCode::TurnedDown
        | ReasonCode::QuarantineFull => false,
    }
}

#[component]
fn AddQuote(id: ConversationId, language: Signal<String>) -> impl IntoView {
    let words = words();
    // One that was begun and not saved goes on under its own id.
    let begun = tablet::peek(|open| {
        open.edits.keys().find_map(|(of, target)| match target {
            Target::NewQuote(quote) if *of == id => Some(*quote),
            _ => None,
        })
    });
    let adding = RwSignal::new(begun.flatten());
    let add = move |_| {
        if let Ok(random) = vault::random() {
            adding.set(Some(QuoteId::new(tablet::now(), random)));
        }
    };
    move || {
        match adding.get() {
        Some(quote) => view! {
            <section class="f-part">
                <Editor conversation=id target=Target::NewQuote(quote) now="" label=words.add_quote.to_owned()
                    hint=words.quote_hint language=language.get_untracked()
                    testids=("new-quote".to_owned(), "save-quote")
                    on_done=Callback::new(move |()| adding.set(None))/>
            </section>
        }
        .into_any(),
        None => view! {
            <button type="button" class="button f-add" data-testid="add-quote" on:click=add>
                <span aria-hidden="true">"+"</span>
                {words.add_quote}
            </button>
        }
        .into_any(),
    }
    }
}

#[component]
fn Notes(id: ConversationId, read: Memo<Conversation>) -> impl IntoView {
    let words = words();
    let editing = RwSignal::new(is_begun(id, Target::Notes));
    let notes = Memo::new(move |_| read.with(|read| read.notes.clone()));
    let body = move || {
        if editing.get() {
            view! {
                <Editor conversation=id target=Target::Notes now=notes.get_untracked() label=words.notes.to_owned()
                    hint=words.notes_hint language="nl".to_owned() testids=("notes".to_owned(), "save-notes")
                    on_done=Callback::new(move |()| editing.set(false))/>
            }
            .into_any()
        } else {
            view! {
                <p class="f-note-text" data-testid="notes-text" dir="auto">
                    {move || notes.with(|notes| if notes.is_empty() { words.no_notes.to_owned() } else { notes.clone() })}
                </p>
                <button type="button" class="button" data-testid="edit-notes" on:click=move |_| editing.set(true)>
                    {words.edit_notes}
                </button>
            }
            .into_any()
        }
    };
    view! {
        <section class="f-part f-notes-part" aria-labelledby="notes-title">
            <h2 id="notes-title">{words.notes}</h2>
            {body}
        </section>
    }
}

/// The words of a quote as they were said.
#[component]
pub(crate) fn Said(text: String, language: String) -> impl IntoView {
    view! { <blockquote class="f-said" lang=language dir="auto">{text}</blockquote> }
}
