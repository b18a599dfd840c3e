//! Rounds and action lines, as an administrator writes them.

use serde::{Deserialize, Serialize};

use crate::catalogue::RoundKind;
use crate::consent::Purpose;
use crate::ids::LineKey;

/// `POST /api/v1/rounds`; `PATCH /api/v1/rounds/{round}` takes [`ChangeRound`]. Both answer a [`Round`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRound {
    pub name: String,
    pub kind: RoundKind,
    pub starts_on: String,
    pub ends_on: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeRound {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<String>,
}

/// `POST /api/v1/rounds/{round}/preview` of a [`ChangeRound`]. Nothing is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundPreview {
    /// Conversations of the round that were recorded on a day before its first or after its last. They
    /// stay in the round.
    pub outside: u64,
}

/// `PUT /api/v1/programme/asks`: the purposes that residents are asked about. Answers the programme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskPurposes {
    pub asks: Vec<Purpose>,
}

/// `PUT /api/v1/action-lines/{key}`: what the tagger starts from. Answers the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteLine {
    pub theme: LineKey,
    pub title: String,
    pub description: String,
    pub synonyms: Vec<String>,
}

/// `POST /api/v1/action-lines/{key}/preview` of a [`WriteLine`]: which quotes that nobody tagged yet would
/// get another first suggestion. Numbers alone, and nothing is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePreview {
    /// The newest of those quotes, so many.
    pub looked_at: u32,
    /// Those that come to this line, by the line that is suggested first now; the most first.
    pub come: Vec<MovedQuotes>,
    /// Those that leave it, by the line that would be.
    pub go: Vec<MovedQuotes>,
    /// Those that stay with it.
    pub stay: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedQuotes {
    /// `none` for "no action line".
    pub line: LineKey,
    pub quotes: u32,
}
