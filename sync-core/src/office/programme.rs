//! Rounds and action lines, as an administrator writes them.

use serde::{Deserialize, Serialize};

use crate::catalogue::RoundKind;
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
