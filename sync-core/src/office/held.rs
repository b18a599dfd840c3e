//! Work that was not permitted when it came, and work that comes by file. Never any words: an
//! administrator decides about whose it is, not about what it says.

use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, DeviceNumber, HeldId, Millis, RoundId, UserId};
use crate::wire::ReasonCode;

/// `GET /api/v1/held`: what waits for a decision, oldest first; with `?decided=true` what was turned
/// down, newest first. What was accepted is a conversation like any other.
///
/// At most 100 a page; `?after=` the `next` of the page before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldPage {
    pub held: Vec<HeldWork>,
    /// Missing on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// All that wait (or were turned down), whatever the page.
    pub total: u64,
}

/// What one device sent of one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldWork {
    pub id: HeldId,
    pub conversation: ConversationId,
    /// The office does not have this conversation yet; otherwise it is an edit of one.
    pub is_new: bool,
    pub device: DeviceNumber,
    /// The tablet's name.
    pub label: String,
    pub user: UserId,
    pub user_name: String,
    pub round: RoundId,
    /// Missing where there is no such round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_name: Option<String>,
    /// Why it was not taken in when it came.
    pub why: ReasonCode,
    pub received_at: Millis,
    /// Of the changes, before sealing.
    pub bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned_down: Option<TurnedDown>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnedDown {
    /// What the author reads on the tablet.
    pub text: String,
    pub by: String,
    pub at: Millis,
}

/// `POST /api/v1/held/{id}/turn-down`: a text for the author. Answer: the [`HeldWork`].
/// `POST /api/v1/held/{id}/accept` takes no body and answers 204, or 409 where the work can no longer
/// be taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnDown {
    /// 1 to 500 characters.
    pub text: String,
}

/// Answer to `POST /api/v1/rescues`, whose body (`application/octet-stream`) is a file that
/// [`crate::replica::Replica`] wrote as a last resort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rescued {
    pub device: DeviceNumber,
    /// The tablet's name.
    pub label: String,
    pub user_name: String,
    /// When the tablet wrote the file, by its clock.
    pub written_at: Millis,
    pub conversations: Vec<RescuedConversation>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RescuedConversation {
    pub conversation: ConversationId,
    /// Missing where there is no such round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_name: Option<String>,
    pub became: RescueOutcome,
    /// Why it was held or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<ReasonCode>,
}

/// What became of one conversation of a rescue file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RescueOutcome {
    Stored,
    /// The office had all of it already.
    Unchanged,
    /// Waits for an administrator.
    Held,
    /// It was erased meanwhile, or rebuilt without what was erased.
    Erased,
    /// Not taken in. It is still on the tablet.
    Refused,
}
