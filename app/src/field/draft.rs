//! What was typed and is not finished: a conversation before *Klaar*, or an edit before *Bewaren*.
//!
//! Drafts lie outside the document, encrypted, and are written at every pause. So a word that was
//! typed and taken back never enters a history that others get to see.

use koffiekar_sync_core::{
    asking::Before,
    clock::ClockTime,
    consent::{Consent, Decision, Purpose, Statement},
    conversation::{NewConversation, NewQuote},
    ids::{ConversationId, LineKey, Millis, QuoteId, RoundId, StatementId, UserId},
    limits,
    visible::{is_blank, place_of_null},
};
use serde::{Deserialize, Serialize};

use super::vault::{self, VaultError};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// Becomes the conversation's.
    pub(crate) id: ConversationId,
    pub(crate) round: RoundId,
    /// By the tablet's clock, corrected by what it knew of the server's then.
    pub(crate) started_at: Millis,
    /// The tablet could not be sure of `started_at`. Older versions did not look.
    #[serde(default = "unknown")]
    pub(crate) clock_doubtful: bool,
    pub(crate) language: String,
    pub(crate) area: Option<String>,
    pub(crate) notes: String,
    pub(crate) quotes: Vec<DraftQuote>,
    pub(crate) answers: Vec<Answer>,
    /// The area comes from the conversation before, and nobody has looked at it.
    #[serde(default)]
    pub(crate) area_is_proposed: bool,
    /// The resident said so: not without a name, but with one.
    #[serde(default)]
    pub(crate) only_with_name: bool,
    /// Quotes that were taken out and can be put back until *Klaar*, the last one last.
    #[serde(default)]
    pub(crate) removed: Vec<RemovedQuote>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RemovedQuote {
    place: usize,
    quote: DraftQuote,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DraftQuote {
    pub(crate) id: QuoteId,
    pub(crate) words: String,
    pub(crate) lines: Vec<LineKey>,
}

/// What the resident answered to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) purpose: Purpose,
    pub(crate) decision: Decision,
    /// The version of the question that was shown.
    pub(crate) text: String,
    pub(crate) language: String,
    /// As [`Draft::started_at`].
    pub(crate) at: Millis,
    #[serde(default = "unknown")]
    pub(crate) clock_doubtful: bool,
}

/// What was not looked at is in doubt.
fn unknown() -> bool {
    true
}

impl DraftQuote {
    pub(crate) fn new(now: Millis) -> Result<Self, VaultError> {
        let id = QuoteId::new(now, vault::random()?);
        Ok(Self {
            id,
            words: String::new(),
            lines: Vec::new(),
        })
    }
}

impl Draft {
    pub(crate) fn new(
        round: RoundId,
        area: Option<String>,
        now: ClockTime,
    ) -> Result<Self, VaultError> {
        Ok(Self {
            id: ConversationId::new(now.at, vault::random()?),
            round,
            started_at: now.at,
            clock_doubtful: now.doubtful,
            language: "nl".to_owned(),
            area_is_proposed: area.is_some(),
            area,
            notes: String::new(),
            quotes: vec![DraftQuote::new(now.at)?],
            answers: Vec::new(),
            only_with_name: false,
            removed: Vec::new(),
        })
    }

    pub(crate) fn remove(&mut self, id: QuoteId) {
        if let Some(place) = self.quotes.iter().position(|quote| quote.id == id) {
            let quote = self.quotes.remove(place);
            self.removed.push(RemovedQuote { place, quote });
            // What a conversation holds at most can be put back, and no more.
            let beyond = self.removed.len().saturating_sub(limits::QUOTES);
            self.removed.drain(..beyond);
        }
    }

    /// The one that was taken out last, to where it stood.
    pub(crate) fn put_back(&mut self) {
        if let Some(RemovedQuote { place, quote }) = self.removed.pop() {
            self.quotes.insert(place.min(self.quotes.len()), quote);
        }
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        self.only_with_name = false;
        super::questions::put(&mut self.answers, answer);
    }

    pub(crate) fn has_no_words(&self) -> bool {
        is_blank(&self.notes) && self.quotes.iter().all(|quote| is_blank(&quote.words))
    }

    pub(crate) fn first_words(&self) -> &str {
        let quotes = self.quotes.iter().map(|quote| quote.words.trim());
        quotes
            .chain([self.notes.trim()])
            .find(|words| !is_blank(words))
            .unwrap_or_default()
    }

    pub(crate) fn finished(&self, by: UserId) -> Result<NewConversation, VaultError> {
        let spoken = |quote: &&DraftQuote| !is_blank(&quote.words);
        Ok(NewConversation {
            recorded_at: self.started_at,
            clock_doubtful: self.clock_doubtful,
            recorded_by: by,
            language: self.language.clone(),
            area: self.area.clone(),
            notes: if is_blank(&self.notes) {
                String::new()
            } else {
                self.notes.trim_end().to_owned()
            },
            quotes: self
                .quotes
                .iter()
                .filter(spoken)
                .map(DraftQuote::finished)
                .collect(),
            consent: statements(&self.answers, by, &Consent::default())?,
        })
    }
}

impl DraftQuote {
    pub(crate) fn finished(&self) -> NewQuote {
        NewQuote {
            id: self.id,
            verbatim: self.words.trim().to_owned(),
            language: None,
            lines: self.lines.clone(),
        }
    }
}

/// The answers that change something, as statements. `seen` is what the questions were asked over: each
/// statement replaces what stood there, and nothing that came in since.
pub(crate) fn statements(
    answers: &[Answer],
    by: UserId,
    seen: &Consent,
) -> Result<Vec<(StatementId, Statement)>, VaultError> {
    let one = |answer: &Answer| {
        let statement = Statement {
            purpose: answer.purpose,
            decision: answer.decision,
            text: answer.text.clone(),
            language: answer.language.clone(),
            at: answer.at,
            clock_doubtful: answer.clock_doubtful,
            by,
            supersedes: seen.standing(answer.purpose),
        };
        Ok((StatementId(vault::random()?), statement))
    };
    let changes =
        |answer: &&Answer| Before::of(seen, answer.purpose).answer() != Some(answer.decision);
    answers.iter().filter(changes).map(one).collect()
}

/// What an unfinished edit changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Target {
    Notes,
    Wording(QuoteId),
    NewQuote(QuoteId),
}

/// An edit of a finished conversation, before *Bewaren*.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EditDraft {
    pub(crate) conversation: ConversationId,
    pub(crate) target: Target,
    /// The heads of the document that the form showed: see `NotesEdit`.
    pub(crate) seen: Vec<[u8; 32]>,
    /// The text that the form showed.
    pub(crate) before: String,
    pub(crate) text: String,
}

impl EditDraft {
    pub(crate) fn key(conversation: ConversationId, target: Target) -> String {
        match target {
            Target::Notes => format!("edit/{}/notes", conversation.key()),
            Target::Wording(quote) => {
                format!("edit/{}/wording/{}", conversation.key(), quote.key())
            }
            Target::NewQuote(quote) => format!("edit/{}/new/{}", conversation.key(), quote.key()),
        }
    }
}

pub(crate) fn draft_key(id: ConversationId) -> String {
    format!("draft/{}", id.key())
}

/// What keeps a text from being kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeepProblem {
    /// By so many characters.
    TooLong(usize),
    /// A character that nothing can keep: which one it is, from 1, and what stands before it.
    NullCharacter(usize, String),
}

fn keep_problem(text: &str, over: Option<usize>) -> Option<KeepProblem> {
    let null =
        || place_of_null(text).map(|(place, before)| KeepProblem::NullCharacter(place, before));
    over.map(KeepProblem::TooLong).or_else(null)
}

pub(crate) fn quote_problem(words: &str) -> Option<KeepProblem> {
    keep_problem(words, over(words.trim(), limits::QUOTE_CHARS))
}

pub(crate) fn notes_problem(notes: &str) -> Option<KeepProblem> {
    keep_problem(notes, over(notes.trim_end(), limits::NOTES_CHARS))
}

/// How far a text is over its bound, in characters.
fn over(text: &str, most: usize) -> Option<usize> {
    // Counting characters walks the text; its bytes are known.
    (text.len() > most)
        .then(|| text.chars().count())
        .filter(|chars| *chars > most)
        .map(|chars| chars - most)
}
