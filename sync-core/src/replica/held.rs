//! One conversation on the tablet, and what is known of its safety.

use minicbor::{Decode, Encode};

use crate::conversation::Head;
use crate::ids::{Millis, RoundId};
use crate::wire::{Reason, WireError};

/// What the worker is told of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Only on this tablet, or an edit of it is.
    Waiting,
    /// A verified receipt covers all of it; the server's time of it.
    Stored(Millis),
    /// The server keeps it sealed until an administrator decides, and why. It stays here meanwhile.
    Held(Reason),
    /// The server refused it, and why. It stays here.
    Refused(Reason),
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Held {
    #[n(0)]
    round: RoundId,
    #[cbor(n(1), with = "minicbor::bytes")]
    bytes: Vec<u8>,
    /// Of the changes made here, those that no receipt covers: chunks, oldest first.
    #[cbor(n(2), with = "minicbor::bytes")]
    pending: Vec<u8>,
    /// Heads of `bytes`; empty while they are not needed: an untouched copy from the feed.
    #[n(3)]
    heads: Vec<Head>,
    #[n(4)]
    stored_at: Option<Millis>,
    #[n(5)]
    refused: Option<Reason>,
    /// All changes were sent because the server missed some; if that does not help either, it is refused.
    #[n(6)]
    sent_all: bool,
}

impl Held {
    pub(super) fn recorded(
        round: RoundId,
        bytes: Vec<u8>,
        heads: Vec<Head>,
        pending: Vec<u8>,
    ) -> Self {
        Self {
            round,
            bytes,
            pending,
            heads,
            stored_at: None,
            refused: None,
            sent_all: false,
        }
    }

    pub(super) fn from_feed(round: RoundId, bytes: Vec<u8>, at: Millis) -> Self {
        Self {
            round,
            bytes,
            pending: Vec::new(),
            heads: Vec::new(),
            stored_at: Some(at),
            refused: None,
            sent_all: false,
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        crate::wire::encode(self)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        crate::wire::decode(bytes)
    }

    pub fn round(&self) -> RoundId {
        self.round
    }

    /// The saved document.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn standing(&self) -> Standing {
        match (&self.refused, self.stored_at) {
            (Some(reason), _) => Standing::Refused(reason.clone()),
            (None, Some(at)) if self.pending.is_empty() => Standing::Stored(at),
            _ => Standing::Waiting,
        }
    }

    pub(super) fn pending(&self) -> &[u8] {
        &self.pending
    }

    pub(super) fn heads(&self) -> &[Head] {
        &self.heads
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    pub(super) fn is_sendable(&self) -> bool {
        self.is_waiting() && self.refused.is_none()
    }

    pub(super) fn edited(&mut self, bytes: Vec<u8>, heads: Vec<Head>, change: &[u8]) {
        self.bytes = bytes;
        self.heads = heads;
        self.pending.extend(change);
        self.retry();
    }

    pub(super) fn merged(&mut self, bytes: Vec<u8>, heads: Vec<Head>) {
        self.bytes = bytes;
        self.heads = heads;
    }

    pub(super) fn moved_to(&mut self, round: RoundId) {
        self.round = round;
    }

    /// A receipt covers the first so many bytes of what was pending.
    pub(super) fn receipted(&mut self, pending_bytes: usize, at: Millis) {
        self.pending.drain(..pending_bytes.min(self.pending.len()));
        self.stored_at = Some(at);
        self.refused = None;
        self.sent_all = false;
    }

    pub(super) fn refuse(&mut self, reason: Reason) {
        self.refused = Some(reason);
    }

    pub(super) fn retry(&mut self) {
        self.refused = None;
        self.sent_all = false;
    }

    /// Sends everything next time; `false` when that was tried already.
    pub(super) fn send_all(&mut self, all: Vec<u8>) -> bool {
        if self.sent_all {
            return false;
        }
        self.pending = all;
        self.sent_all = true;
        true
    }
}
