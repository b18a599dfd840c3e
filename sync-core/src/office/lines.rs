//! What an administrator does to action lines while people go on tagging.

use serde::{Deserialize, Serialize};

use super::{MovedQuotes, WriteLine};
use crate::catalogue::Ending;
use crate::ids::{LineKey, Millis};

/// `POST /api/v1/line-acts`: retires, splits or merges lines, as one recorded act. Answer: a [`LineAct`].
/// `POST /api/v1/line-acts/preview` of the same tells what it would come to, in a [`LineActPreview`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActOnLines {
    pub kind: Ending,
    /// The lines that end: one that is retired or split, those that are merged.
    pub lines: Vec<LineKey>,
    /// What they become: none, two or more, one.
    #[serde(default)]
    pub into: Vec<IntoLine>,
    /// The first day on which a retired line takes no tags any more, ISO date in UTC, today or later; today
    /// when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// Why, for those who read it later.
    #[serde(default)]
    pub note: String,
}

/// A line that follows others: one that is there, or one that is made with the act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntoLine {
    pub key: LineKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<WriteLine>,
}

/// One act, as the crosswalk has it. `GET /api/v1/line-acts` answers all of them, the newest first;
/// `POST /api/v1/line-acts/{act}/undo` takes one back and answers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineAct {
    /// Counts the acts.
    pub act: u32,
    pub kind: Ending,
    pub lines: Vec<LineKey>,
    pub into: Vec<LineKey>,
    /// When it takes effect: the moment of the act, or the day that a retirement names.
    pub starts_at: Millis,
    pub recorded_at: Millis,
    /// The name of who did it.
    pub by: String,
    pub note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<String>,
    /// Nothing was done to the same lines after it.
    pub can_be_undone: bool,
}

/// Numbers alone, and nothing is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineActPreview {
    /// For each line that would end.
    pub lines: Vec<LineUse>,
    /// Of a split: the newest quotes on the line that were looked at, by the new line that would be suggested
    /// first; the most first.
    pub suggested: Vec<MovedQuotes>,
}

/// What stands on a line now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineUse {
    pub line: LineKey,
    pub confirmed: u64,
    pub proposed: u64,
    pub contested: u64,
    /// Sections of publications that are about it.
    pub sections: u64,
}
