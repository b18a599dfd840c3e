//! Quotes counted, and what waits for the editor.

use serde::{Deserialize, Serialize};

use super::{Alternative, ByState};
use crate::ids::{LineKey, Millis};

/// A dimension to count quotes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    ActionLine,
    Theme,
    Area,
    Wijk,
    Round,
    Kind,
    Language,
    Month,
    TagState,
}

impl Dimension {
    pub const ALL: [Dimension; 9] = [
        Self::ActionLine,
        Self::Theme,
        Self::Area,
        Self::Wijk,
        Self::Round,
        Self::Kind,
        Self::Language,
        Self::Month,
        Self::TagState,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActionLine => "action_line",
            Self::Theme => "theme",
            Self::Area => "area",
            Self::Wijk => "wijk",
            Self::Round => "round",
            Self::Kind => "kind",
            Self::Language => "language",
            Self::Month => "month",
            Self::TagState => "tag_state",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.as_str() == text)
    }
}

/// Answer to `GET /api/v1/quotes/counts?rows=theme&columns=kind` and any filter. What the programme has and nobody spoke
/// of stands there with zero: lines, themes, areas, rounds, and the months between the first and the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    pub rows: Vec<Bucket>,
    /// One bucket with key `all` when no second dimension was asked for.
    pub columns: Vec<Bucket>,
    /// `cells[row][column]`, numbers of quotes. A quote with two action lines counts under both.
    pub cells: Vec<Vec<u64>>,
    /// Of each row the quotes in it, each once.
    pub totals: Vec<u64>,
    /// Quotes that match the filter, each once.
    pub total: u64,
    /// The numbers that the same filter gives without what it says of tags: see [`QuotePage::by_state`].
    ///
    /// [`QuotePage::by_state`]: super::QuotePage::by_state
    #[serde(default)]
    pub by_state: ByState,
    /// Other words that may have been meant, where those of the filter are found in few quotes or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// Stands with an answer about the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AsOf {
    /// Tags and action lines count as they stood at this moment.
    pub at: Millis,
    /// What may make this answer another one later: what is erased and what residents withdraw goes from
    /// answers about the past as well.
    pub without: String,
}

impl AsOf {
    pub const WITHOUT: &str =
        "quotes that were erased since, and those whose residents withdrew their consent since";

    pub fn at(at: Millis) -> Self {
        Self {
            at,
            without: Self::WITHOUT.to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// `untagged` where a quote has no line, `unknown` where no area was recorded.
    pub key: String,
    pub label: String,
}

/// `GET /api/v1/desk`: what waits for the editor, a number per action line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    pub lines: Vec<DeskLine>,
    /// Confirmed as "geen actielijn".
    pub none: u64,
    pub untagged: u64,
    pub proposed: u64,
    pub contested: u64,
    /// Of which the tagger's answer stands until a person says otherwise.
    pub accepted: u64,
    pub conflicts: u64,
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeskLine {
    pub key: LineKey,
    pub confirmed: u64,
    pub proposed: u64,
    pub accepted: u64,
    /// Untagged quotes whose best suggestion is this line.
    pub suggested: u64,
}
