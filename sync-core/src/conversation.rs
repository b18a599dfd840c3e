//! One conversation with one speaker: what it holds, and how it is read out of its document.
//!
//! The document is an Automerge document of this shape; only the first change makes containers,
//! and a quote under a fresh id is the only object made afterwards:
//!
//! ```text
//! schema   1
//! meta     recorded_at  recorded_by  language  area  clock_doubtful
//! notes    text
//! quotes   {quote id}   verbatim  language  position  removed
//! tags     {quote id}/{line}/{user id}     "confirmed 1732370000000"
//! consent  {statement id}                  the JSON of a `Statement`
//! ```
//!
//! `verbatim` is one value, not a text: two people's corrections never interleave into words that
//! nobody said. Both stand until somebody settles it, as [`Wording::Conflict`].

mod commands;
mod document;
mod edit;
pub(crate) mod header;
mod notes;
mod repeat;
mod successor;
mod tags;
mod wording;

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ROOT, ReadDoc, ScalarValueRef, ValueRef};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use commands::{Command, NewConversation, NewQuote};
pub use document::{Actor, Document, DocumentError, Head};
pub use edit::CommandError;
pub use notes::{NotesEdit, Splice};
pub use successor::QuoteShape;
pub use tags::{Stance, TagKey, TagStatement, Tags};
pub use wording::{SettledReading, WordingHistory, WrittenReading};

use crate::consent::{Consent, Statement};
use crate::ids::{LineKey, Millis, QuoteId, StatementId, UserId};

/// The version of the shape above.
pub const SCHEMA: i64 = 1;

/// A conversation as people see it: read out of its document, never written back as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// By the clock of the tablet, corrected by what it knew of the server's.
    pub recorded_at: Millis,
    /// The tablet could not be sure of `recorded_at`: see [`crate::clock`].
    pub clock_doubtful: bool,
    pub recorded_by: UserId,
    /// The language spoken, ISO 639-1.
    pub language: String,
    /// The code of the buurt or wijk it is about.
    pub area: Option<String>,
    /// What the worker notes: seen and heard, not the resident's words.
    pub notes: String,
    /// In the order of recording; those that the worker removed are left out.
    pub quotes: Vec<Quote>,
    pub tags: Tags,
    pub consent: Consent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub id: QuoteId,
    pub wording: Wording,
    /// Where it differs from the conversation's.
    pub language: Option<String>,
}

/// The recorded words of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wording {
    Settled(String),
    /// Recorded differently by two people who did not know of each other; sorted, at least two.
    Conflict(Vec<String>),
}

impl Wording {
    pub fn all(&self) -> &[String] {
        match self {
            Self::Settled(text) => std::slice::from_ref(text),
            Self::Conflict(texts) => texts,
        }
    }
    /// The words, or the first of the conflicting ones.
    pub fn first(&self) -> &str {
        self.all().first().map_or("", String::as_str)
    }
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}

impl Quote {
    pub fn language<'a>(&'a self, conversation: &'a Conversation) -> &'a str {
        self.language.as_deref().unwrap_or(&conversation.language)
    }
}

impl Conversation {
    pub fn quote(&self, id: QuoteId) -> Option<&Quote> {
        self.quotes.iter().find(|quote| quote.id == id)
    }

    /// Reads the whole document. Fails where it is no conversation.
    pub fn read(doc: &Automerge) -> Result<Conversation, DocumentError> {
        let not = DocumentError::NotAConversation;
        let parts = Parts::of(doc)?;
        let schema = match doc.get(ROOT, "schema") {
            Ok(Some((value, _))) => value.as_i64(),
            _ => None,
        };
        if schema.is_none_or(|version| version < SCHEMA) {
            return Err(not("schema"));
        }

        let mut meta = BTreeMap::new();
        for item in doc.map_range(&parts.meta, ..) {
            if let ValueRef::Scalar(value) = item.value {
                meta.insert(item.key.to_string(), value);
            }
        }
        let text = |key: &str| match meta.get(key) {
            Some(ScalarValueRef::Str(text)) => Some(text.to_string()),
            _ => None,
        };
        let recorded_at = match meta.get("recorded_at") {
            Some(ScalarValueRef::Int(at)) => Millis(*at),
            _ => return Err(not("recorded_at")),
        };
        let recorded_by: UserId = text("recorded_by")
            .and_then(|id| read_person(&id))
            .ok_or(not("recorded_by"))?;

        let mut tags = Tags::default();
        for item in doc.map_range(&parts.tags, ..) {
            if let ValueRef::Scalar(ScalarValueRef::Str(value)) = &item.value
                && let (Ok(key), Ok(said)) = (item.key.parse::<TagKey>(), value.parse())
            {
                tags.insert(key, said);
            }
        }

        let mut statements = BTreeMap::new();
        for item in doc.map_range(&parts.consent, ..) {
            if let ValueRef::Scalar(ScalarValueRef::Str(value)) = &item.value
                && let Ok(id) = item.key.parse::<StatementId>()
                && let Some(statement) = Statement::read(value)
            {
                statements.insert(id, statement);
            }
        }

        let clock_doubtful = matches!(
            meta.get("clock_doubtful"),
            Some(ScalarValueRef::Boolean(true))
        );
        Ok(Conversation {
            recorded_at,
            clock_doubtful,
            recorded_by,
            language: text("language").ok_or(not("language"))?,
            area: text("area").filter(|code| !code.is_empty()),
            notes: doc.text(&parts.notes).map_err(|_| not("notes"))?,
            quotes: read_quotes(doc, &parts.quotes),
            tags,
            consent: Consent::new(statements),
        })
    }

    /// Lines that people said this quote concerns, judged from all statements.
    pub fn lines_of(&self, quote: QuoteId) -> Vec<(LineKey, crate::office::LineStanding)> {
        self.tags.standing(quote)
    }
}

/// Documents from before one form was demanded may hold a person's id in another one.
pub(crate) fn read_person(id: &str) -> Option<UserId> {
    Uuid::try_parse(id).ok().map(UserId)
}

fn read_quotes(doc: &Automerge, quotes: &ObjId) -> Vec<Quote> {
    let mut read: Vec<(i64, Quote)> = Vec::new();
    for item in doc.map_range(quotes, ..) {
        if !matches!(item.value, ValueRef::Object(_)) {
            continue;
        }
        let Ok(id) = QuoteId::from_key(&item.key) else {
            continue;
        };
        let object = item.id();
        let mut position = 0;
        let mut removed = false;
        let mut language = None;
        let mut conflict = false;
        let mut verbatim = String::new();
        for field in doc.map_range(&object, ..) {
            match (field.key.as_ref(), &field.value) {
                ("position", ValueRef::Scalar(ScalarValueRef::Int(at))) => position = *at,
                ("removed", ValueRef::Scalar(ScalarValueRef::Boolean(yes))) => removed = *yes,
                ("language", ValueRef::Scalar(ScalarValueRef::Str(code))) => {
                    language = Some(code.to_string());
                }
                ("verbatim", ValueRef::Scalar(ScalarValueRef::Str(words))) => {
                    verbatim = words.to_string();
                    conflict = field.conflict;
                }
                _ => {}
            }
        }
        if removed {
            continue;
        }
        let wording = if conflict {
            all_wordings(doc, &object)
        } else {
            Wording::Settled(verbatim)
        };
        read.push((
            position,
            Quote {
                id,
                wording,
                language,
            },
        ));
    }
    read.sort_by_key(|(position, quote)| (*position, quote.id));
    read.into_iter().map(|(_, quote)| quote).collect()
}

fn all_wordings(doc: &Automerge, quote: &ObjId) -> Wording {
    let mut texts: Vec<String> = doc
        .get_all(quote, "verbatim")
        .unwrap_or_default()
        .iter()
        .filter_map(|(value, _)| value.as_str().map(str::to_owned))
        .collect();
    texts.sort();
    texts.dedup();
    if texts.len() == 1 {
        Wording::Settled(texts.remove(0))
    } else {
        Wording::Conflict(texts)
    }
}

/// The containers that the first change made.
pub(crate) struct Parts {
    pub(crate) meta: ObjId,
    pub(crate) notes: ObjId,
    pub(crate) quotes: ObjId,
    pub(crate) tags: ObjId,
    pub(crate) consent: ObjId,
}

impl Parts {
    pub(crate) fn of(doc: &Automerge) -> Result<Parts, DocumentError> {
        let part = |name: &'static str| match doc.get(ROOT, name) {
            Ok(Some((value, id))) if value.is_object() => Ok(id),
            _ => Err(DocumentError::NotAConversation(name)),
        };
        Ok(Parts {
            meta: part("meta")?,
            notes: part("notes")?,
            quotes: part("quotes")?,
            tags: part("tags")?,
            consent: part("consent")?,
        })
    }
}
