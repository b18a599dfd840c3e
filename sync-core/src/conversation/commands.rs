//! What people do to a conversation, as values.
//!
//! Nothing is ever reconciled from a whole form: a form that was open while a colleague's quote
//! came in would take it away again when saved. A tablet keeps the commands of what it has not sent
//! yet, so that they can be carried out once more where their changes cannot be taken.

use minicbor::{Decode, Encode};

use super::{NotesEdit, Stance};
use crate::consent::Statement;
use crate::ids::{LineKey, Millis, QuoteId, StatementId, UserId};

/// What a field worker has written down when pressing *Klaar*: becomes the first change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NewConversation {
    #[n(0)]
    pub recorded_at: Millis,
    #[n(1)]
    pub recorded_by: UserId,
    #[n(2)]
    pub language: String,
    #[n(3)]
    pub area: Option<String>,
    #[n(4)]
    pub notes: String,
    #[n(5)]
    pub quotes: Vec<NewQuote>,
    #[n(6)]
    pub consent: Vec<(StatementId, Statement)>,
    /// The tablet could not be sure of `recorded_at`.
    #[cbor(n(7), default)]
    pub clock_doubtful: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NewQuote {
    #[n(0)]
    pub id: QuoteId,
    #[n(1)]
    pub verbatim: String,
    /// Where it differs from the conversation's.
    #[n(2)]
    pub language: Option<String>,
    /// The lines that the worker says it concerns.
    #[n(3)]
    pub lines: Vec<LineKey>,
}

/// One finished edit: becomes one change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Command {
    #[n(0)]
    AddQuote(#[n(0)] NewQuote),
    #[n(1)]
    CorrectWording {
        #[n(0)]
        quote: QuoteId,
        #[n(1)]
        verbatim: String,
    },
    /// The recorder takes a quote away that was never said; the record of it stays in the history.
    #[n(2)]
    RemoveQuote {
        #[n(0)]
        quote: QuoteId,
    },
    #[n(3)]
    EditNotes(#[n(0)] NotesEdit),
    #[n(4)]
    SetArea {
        #[n(0)]
        area: Option<String>,
    },
    #[n(5)]
    SetLanguage {
        #[n(0)]
        language: String,
    },
    #[n(6)]
    Tag {
        #[n(0)]
        quote: QuoteId,
        #[n(1)]
        line: LineKey,
        #[n(2)]
        stance: Stance,
    },
    /// Answers given on one screen.
    #[n(7)]
    Consent(#[n(0)] Vec<(StatementId, Statement)>),
}

impl Command {
    /// The quote that it is about.
    pub fn quote(&self) -> Option<QuoteId> {
        match self {
            Self::AddQuote(quote) => Some(quote.id),
            Self::CorrectWording { quote, .. }
            | Self::RemoveQuote { quote }
            | Self::Tag { quote, .. } => Some(*quote),
            Self::EditNotes(_)
            | Self::SetArea { .. }
            | Self::SetLanguage { .. }
            | Self::Consent(_) => None,
        }
    }
}
