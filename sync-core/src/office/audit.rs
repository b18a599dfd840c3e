//! The audit log: who did what, and who read what, when and from where. Never what was said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{Millis, UserId};

/// What is done, as it stands in the log.
pub const ACTS: [&str; 44] = [
    "accept held work",
    "add action line",
    "add person",
    "add round",
    "change action line",
    "change own password",
    "change person",
    "change round",
    "change what residents are asked",
    "choose quote",
    "close round",
    "disable person",
    "enable person",
    "enrol device",
    "erase conversation",
    "erase quote",
    "export counts",
    "export quotes",
    "give password",
    "hold learning at version",
    "merge action lines",
    "move conversation",
    "open round",
    "preview act on action lines",
    "preview action line",
    "preview tagger version",
    "read audit log",
    "read in rescue file",
    "read publication",
    "read quote",
    "read quotes",
    "read review",
    "renew epoch",
    "renew receipt key",
    "retire action line",
    "revoke device",
    "set automatic acceptance",
    "settle wording",
    "sign in",
    "split action line",
    "tag quote",
    "take back quote",
    "turn down held work",
    "undo act on action lines",
];

/// `GET /api/v1/audit`: all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditFilter {
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
    /// One of [`ACTS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// From this day of the programme's time zone on, `2026-01-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until the end of this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditPage {
    pub lines: Vec<AuditLine>,
    /// Give this as `after` for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    pub at: Millis,
    /// Missing where nobody was signed in: a refused attempt, or the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The network address, `device 0123...`, or `console`.
    pub origin: String,
    pub act: String,
    /// Which one: an id, a login, a key.
    pub object: String,
    /// `done` or `refused`.
    pub result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<WhatWasRead>,
}

/// What somebody asked to read, and how much of it there was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatWasRead {
    /// The filters, but for the words that were searched for: they may be a resident's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
    /// How many words were searched for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub words: u32,
    /// How many quotes matched, on all pages.
    pub rows: u64,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
