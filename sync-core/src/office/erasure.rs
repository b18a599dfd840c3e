//! Erasing what somebody said, and moving a conversation to another round. Never any words: an
//! administrator is told how much there is, not what it says.

use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId};

/// `GET /api/v1/conversations/{id}`: what is known under this id. 404 where nothing ever was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConversationFound {
    Here(ConversationOutline),
    /// It was erased, or goes on under another id.
    Gone(Erasure),
}

/// A conversation without its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationOutline {
    pub id: ConversationId,
    pub round: RoundId,
    pub round_name: String,
    pub received_at: Millis,
    /// By the tablet's clock, or `received_at` where that clock cannot be relied on.
    pub recorded_at: Millis,
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub clock_doubtful: bool,
    /// The name of who recorded it.
    pub recorded_by: String,
    /// The tablet that first sent it; missing where the server made it, as the successor of another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceNumber>,
    /// That tablet's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// The length of the notes, in characters.
    pub notes_chars: u64,
    /// In their order; those that were taken away come last.
    pub quotes: Vec<QuoteOutline>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuoteOutline {
    pub id: QuoteId,
    /// Its place among the quotes, from 1; 0 where it was taken away.
    pub position: u64,
    /// The length of its words, in characters; of the longest, where two wordings stand.
    pub chars: u64,
    /// The recorder took it away. Its words stand in the history until it is erased.
    pub taken_away: bool,
    /// For how many sections of publications it was chosen.
    pub selections: u64,
}

/// `POST /api/v1/conversations/{id}/move`: answer the new [`ConversationOutline`]. To the round where
/// it is already: nothing happens. A closed round takes it as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveConversation {
    pub round: RoundId,
}

/// `POST /api/v1/quotes/{quote}/erase`: answer the [`Erasure`], also where it was erased before. 409
/// where the quote stands in another conversation, such as the successor of this one.
///
/// `POST /api/v1/conversations/{id}/erase` takes no body and answers likewise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseQuote {
    /// The conversation in which it stands now.
    pub conversation: ConversationId,
}

/// Something was erased. This is all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erasure {
    /// The conversation, under the id that it had.
    pub conversation: ConversationId,
    /// What became of the rest, where single quotes were erased; missing where it was all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<ConversationId>,
    /// The quotes that were erased.
    pub quotes: Vec<QuoteId>,
    pub erased_at: Millis,
    /// The name of who did it; missing where it was erased again after a backup was put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_by: Option<String>,
    pub stage: ErasureStage,
    /// Since when the files of the database hold nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Millis>,
}

/// How far an erasure has come on this server. Tablets follow with their next connection; backups from
/// before keep what they hold until they are destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureStage {
    /// No screen, no tablet and no export reaches it. Remains may lie in the database's files.
    Unreachable,
    /// The files of the database hold nothing of it any more.
    GoneFromFiles,
}

/// `GET /api/v1/erasures`: the newest first, at most 100 a page; `?after=` the `next` of the page
/// before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErasurePage {
    pub erasures: Vec<Erasure>,
    /// Missing on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// All of them, whatever the page.
    pub total: u64,
}
