//! The conversations of a round, newest first, each with where it is safe.

use koffiekar_sync_core::{
    ids::{ConversationId, Millis, RoundId},
    replica::Standing,
    wire::ReasonCode,
};
use leptos::prelude::*;

use super::{
    Screen, area,
    draft::Target,
    sign::many,
    tablet::{self, Open},
    words::words,
};
use crate::{
    parts::{day, time_of_day},
    words::number,
};

/// Rows drawn at once, and added by the button.
const PAGE: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sign {
    Waiting,
    Stored,
    Undecided,
    Refused,
}

impl Sign {
    pub(crate) fn of(standing: &Standing) -> Self {
        match standing {
            Standing::Waiting => Self::Waiting,
            Standing::Stored(_) => Self::Stored,
            Standing::Held(_) => Self::Undecided,
            Standing::Refused(_) => Self::Refused,
        }
    }
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Stored => "stored",
            Self::Undecided => "undecided",
            Self::Refused => "refused",
        }
    }
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Waiting => "●",
            Self::Stored => "✓",
            Self::Undecided => "◐",
            Self::Refused => "!",
        }
    }
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Waiting => words().standing_waiting,
            Self::Stored => words().standing_stored,
            Self::Undecided => words().standing_undecided,
            Self::Refused => words().standing_refused,
        }
    }
}

#[component]
pub(crate) fn StandingSign(sign: Sign) -> impl IntoView {
    view! {
        <span class="f-standing" data-standing=sign.name()>
            <span class="f-mark" aria-hidden="true">{sign.mark()}</span>
            {sign.text()}
        </span>
    }
}

/// Equal rows are not drawn anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Row {
    id: ConversationId,
    /// `None` where the document cannot be read.
    first_words: Option<String>,
    language: String,
    area: Option<String>,
    at: Millis,
    is_time_doubtful: bool,
    is_mine: bool,
    quotes: usize,
    has_conflict: bool,
    is_being_edited: bool,
    sign: Sign,
    /// Why it is held or refused.
    why: Option<ReasonCode>,
}

fn row(open: &Open, id: ConversationId) -> Option<Row> {
    let held = open.replica.held(id)?;
    let standing = held.standing();
    let received_at = held.received_where_doubtful();
    let sign = Sign::of(&standing);
    let why = match standing {
        Standing::Held(reason) | Standing::Refused(reason) => Some(reason.code),
        Standing::Waiting | Standing::Stored(_) => None,
    };
    let is_being_edited = open
        .edits
        .range((id, Target::Notes)..)
        .next()
        .is_some_and(|((of, _), _)| *of == id);
    let Some(read) = open.digest(id) else {
        return Some(Row {
            id,
            first_words: None,
            language: "nl".to_owned(),
            area: None,
            at: Millis(0),
            is_time_doubtful: false,
            is_mine: false,
            quotes: 0,
            has_conflict: false,
            is_being_edited,
            sign,
            why,
        });
    };
    Some(Row {
        id,
        first_words: Some(read.first_words.clone()),
        language: read.language.clone(),
        area: read.area.clone(),
        at: received_at.unwrap_or(read.recorded_at),
        is_time_doubtful: received_at.is_some() || read.clock_doubtful,
        is_mine: read.recorded_by == open.user(),
        quotes: read.quotes,
        has_conflict: read.has_conflict,
        is_being_edited,
        sign,
        why,
    })
}

#[component]
pub(crate) fn Conversations(round: RoundId) -> impl IntoView {
    let words = words();
    let most = RwSignal::new(PAGE);
    let rows = Memo::new(move |_| {
        let most = most.get();
        tablet::see(|open| {
            let mut ids: Vec<(Millis, ConversationId)> = open
                .replica
                .conversations()
                .filter(|(_, held)| held.round() == round)
                .map(|(id, held)| {
                    // One of a clock that was ahead would stay on top for good.
                    let received_at = held.received_where_doubtful();
                    (received_at.unwrap_or(id.made_at()), id)
                })
                .collect();
            ids.sort_unstable_by(|one, other| other.cmp(one));
            let rows: Vec<Row> = ids
                .iter()
                .take(most)
                .filter_map(|(_, id)| row(open, *id))
                .collect();
            (rows, ids.len())
        })
        .unwrap_or_default()
    });
    let total = Memo::new(move |_| rows.with(|(_, total)| *total));
    view! {
        <section aria-labelledby="conversations-title">
            <h2 id="conversations-title" class="f-list-title">
                {words.conversations}
                <span class="f-total">{move || number(total.get() as u64)}</span>
            </h2>
            {move || (total.get() == 0).then(|| view! { <p class="f-empty">{words.no_conversations}</p> })}
            <ul class="f-list">
                <For each=move || rows.with(|(rows, _)| rows.iter().map(|row| row.id).collect::<Vec<_>>())
                    key=|id| *id let:id>
                    <Item id rows/>
                </For>
            </ul>
            {move || (total.get() > most.get()).then(|| view! {
                <button type="button" class="button f-big" data-testid="more"
                    on:click=move |_| most.update(|most| *most += PAGE)>
                    {words.more}
                </button>
            })}
        </section>
    }
}

/// The link stays while what it says changes, and so does the focus on it.
#[component]
fn Item(id: ConversationId, rows: Memo<(Vec<Row>, usize)>) -> impl IntoView {
    let row =
        Memo::new(move |_| rows.with(|(rows, _)| rows.iter().find(|row| row.id == id).cloned()));
    let attribute = move |of: fn(&Row) -> String| row.with(|row| row.as_ref().map(of));
    view! {
        <li>
            <a class="f-item" href=Screen::Conversation(id).path() data-testid="conversation-item"
                data-standing=move || attribute(|row| row.sign.name().to_owned())
                data-mine=move || attribute(|row| row.is_mine.to_string())>
                {move || row.get().map(|row| view! { <Summary row/> })}
            </a>
        </li>
    }
}

#[component]
fn Summary(row: Row) -> impl IntoView {
    let words = words();
    let quotes = match row.quotes {
        0 => words.only_notes.to_owned(),
        count => many(count, words.quotes_one, words.quotes_many),
    };
    let area = row
        .area
        .as_deref()
        .map_or(words.no_area.to_owned(), area::label_of);
    let when = format!("{}, {}", day(row.at), time_of_day(row.at));
    let whose = if row.is_mine {
        words.mine
    } else {
        words.colleague
    };
    let is_quote = row.quotes > 0;
    view! {
        {match row.first_words {
            Some(first) => view! {
                <span class="f-item-words" class:f-said=is_quote lang=row.language.clone()
                    dir="auto">{first}</span>
            }.into_any(),
            None => view! { <span class="f-item-words">{words.cannot_read}</span> }.into_any(),
        }}
        <span class="f-item-meta">{format!("{area} · {when} · {whose} · {quotes}")}</span>
        <span class="f-item-signs">
            <StandingSign sign=row.sign/>
            {row.is_time_doubtful.then(|| view! {
                <span class="f-flag" data-testid="time-doubtful">{words.time_doubtful}</span>
            })}
            {row.has_conflict.then(|| view! { <span class="f-flag">{words.has_conflict}</span> })}
            {row.why.map(|why| {
                let (why, what) = words.reason(why);
                // Who need not do anything is not told what to do.
                let what = (row.sign == Sign::Refused).then_some(what);
                view! { <span class="f-why-short" data-testid="row-why">{why}" "{what}</span> }
            })}
            {row.is_being_edited.then(|| view! { <span class="f-flag">{words.draft_edit}</span> })}
        </span>
    }
}
