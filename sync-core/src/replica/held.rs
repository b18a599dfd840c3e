//! One conversation on the tablet, and what is known of its safety.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::VoucherId;
use super::replay::Redone;
use super::steps::Step;
use crate::conversation::{Document, Head, header};
use crate::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId};
use crate::wire::{Reason, ReasonCode, WireError};

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
    /// What is sent until a receipt covers it: chunks, oldest first. The changes made here, and what
    /// the server lost.
    #[cbor(n(2), with = "minicbor::bytes")]
    pending: Vec<u8>,
    /// Heads of `bytes`; empty where they were not needed yet: an untouched copy from the feed.
    #[n(3)]
    heads: Vec<Head>,
    #[n(4)]
    stored_at: Option<Millis>,
    #[n(5)]
    refused: Option<Reason>,
    /// All changes were sent because the server missed some; if that does not help either, it is refused.
    #[n(6)]
    sent_all: bool,
    /// The server keeps it sealed, and why.
    #[n(7)]
    quarantined: Option<Reason>,
    /// It is not sent before, by the server's clock.
    #[n(8)]
    not_before: Option<Millis>,
    /// What was done here and is not receipted, in order.
    #[cbor(n(9), default)]
    steps: Vec<Step>,
    /// The newest word of the server that names this conversation.
    #[n(10)]
    voucher: Option<VoucherId>,
    /// What is pending is other people's work that the server lost. It is offered, and nobody is called.
    #[cbor(n(11), default)]
    others: bool,
    /// The steps are another device's: they are done again once it is known what the server has.
    #[cbor(n(12), default)]
    to_redo: bool,
    #[n(13)]
    replaced: Option<Replaced>,
    /// Heads that the server had, by its last word.
    #[cbor(n(14), default)]
    known: Vec<Head>,
    /// It left its round, and did not come to another of this person's: it goes when nothing waits.
    #[cbor(n(15), default)]
    moved_away: bool,
    /// The edits that were made here and were receipted. A server that was put back may lack it, and so may what
    /// goes on of the conversation then: it is carried over to that.
    #[cbor(n(16), default)]
    past: Vec<Step>,
    /// When the server received it, where it doubts the time at which it was recorded.
    #[n(17)]
    received_at: Option<Millis>,
}

/// The server has another document in the place of this one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Replaced {
    #[n(0)]
    pub(super) by: ConversationId,
    #[n(1)]
    pub(super) erased: Vec<QuoteId>,
    /// The document here was made anew without what was erased.
    #[n(2)]
    pub(super) cleansed: bool,
}

/// So long what was held or not taken back is not sent again by itself.
const HOUR_MS: i64 = 60 * 60 * 1000;
/// So long what the server could not take just now.
const MINUTE_MS: i64 = 60 * 1000;

impl Held {
    fn new(round: RoundId, bytes: Vec<u8>) -> Self {
        Self {
            round,
            bytes,
            pending: Vec::new(),
            heads: Vec::new(),
            stored_at: None,
            refused: None,
            sent_all: false,
            quarantined: None,
            not_before: None,
            steps: Vec::new(),
            voucher: None,
            others: false,
            to_redo: false,
            replaced: None,
            known: Vec::new(),
            moved_away: false,
            past: Vec::new(),
            received_at: None,
        }
    }

    pub(super) fn recorded(round: RoundId, document: &Document, step: Step) -> Self {
        Self {
            pending: document.changes_since(&[]),
            heads: document.heads(),
            steps: vec![step],
            ..Self::new(round, document.save())
        }
    }

    pub(super) fn from_feed(
        round: RoundId,
        bytes: Vec<u8>,
        at: Millis,
        voucher: Option<VoucherId>,
    ) -> Self {
        Self {
            stored_at: Some(at),
            voucher,
            ..Self::new(round, bytes)
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

    /// When the server received it, where it doubts the time at which it was recorded.
    pub fn received_where_doubtful(&self) -> Option<Millis> {
        self.received_at
    }

    /// Whether that is news.
    pub(super) fn doubt_time(&mut self, received_at: Millis) -> bool {
        self.received_at.replace(received_at) != Some(received_at)
    }

    pub fn standing(&self) -> Standing {
        if self.others {
            return Standing::Waiting;
        }
        match (&self.refused, &self.quarantined, self.stored_at) {
            (Some(reason), _, _) => Standing::Refused(reason.clone()),
            (_, Some(reason), _) => Standing::Held(reason.clone()),
            (_, _, Some(at)) if !self.is_waiting() => Standing::Stored(at),
            _ => Standing::Waiting,
        }
    }

    pub(super) fn pending(&self) -> &[u8] {
        &self.pending
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What was done here, in order: the edits that were receipted, and what was not.
    pub(super) fn edits(&self) -> impl Iterator<Item = &Step> {
        self.past.iter().chain(&self.steps)
    }

    pub(super) fn voucher(&self) -> Option<VoucherId> {
        self.voucher
    }

    pub(super) fn heads(&self) -> Vec<Head> {
        if self.heads.is_empty() {
            Document::heads_of(&self.bytes).unwrap_or_default()
        } else {
            self.heads.clone()
        }
    }

    /// Heads that the server had, by its last word.
    pub(super) fn known_heads(&self) -> Vec<Head> {
        if self.is_waiting() {
            self.known.clone()
        } else {
            self.heads()
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.pending.is_empty() || self.replaced.is_some()
    }

    pub(super) fn is_others(&self) -> bool {
        self.others
    }

    pub(super) fn is_to_redo(&self) -> bool {
        self.to_redo
    }

    pub(super) fn replaced(&self) -> Option<&Replaced> {
        self.replaced.as_ref()
    }

    pub(super) fn is_quarantined(&self) -> bool {
        self.quarantined.is_some()
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    pub(super) fn is_sendable(&self, now: Millis) -> bool {
        let refused = self.refused.is_some() && self.not_before.is_none();
        let blocked = refused || self.to_redo || self.replaced.is_some();
        // A clock that jumped must not silence it for longer than was meant.
        let due = |at: Millis| now >= at || at > now.plus(HOUR_MS);
        !self.pending.is_empty() && !blocked && self.not_before.is_none_or(due)
    }

    /// Does what is pending hold changes by others than this device?
    pub(super) fn brings_others(&self, device: DeviceNumber) -> bool {
        header::authors(&self.pending).is_none_or(|all| all.iter().any(|by| *by != device))
    }

    pub(super) fn edited(&mut self, document: &Document, change: Vec<u8>, step: Step) {
        self.continued(document, change, vec![step]);
    }

    /// The server's document came in, and this is what it is together with the one here.
    pub(super) fn merged(&mut self, document: &Document) {
        self.bytes = document.save();
        self.heads = document.heads();
    }

    /// The server's document came in, and has all that is here.
    pub(super) fn fetched(&mut self, bytes: Vec<u8>, at: Millis, voucher: Option<VoucherId>) {
        let voucher = voucher.or(self.voucher);
        let mut past = std::mem::take(&mut self.past);
        past.append(&mut self.steps);
        *self = Self::from_feed(self.round, bytes, at, voucher);
        self.remember(past);
    }

    /// These were done here, and the server has them. A recording is what any document is made of.
    pub(super) fn remember(&mut self, steps: Vec<Step>) {
        let edits = steps.into_iter().filter(|step| !step.is_recording());
        self.past.extend(edits);
    }

    /// The feed of this round tells of it; whether that is news.
    pub(super) fn moved_to(&mut self, round: RoundId) -> bool {
        let news = self.round != round || self.moved_away;
        self.round = round;
        self.moved_away = false;
        news
    }

    pub(super) fn move_away(&mut self) {
        self.moved_away = true;
    }

    pub(super) fn stay(&mut self) {
        self.moved_away = false;
    }

    pub(super) fn is_moved_away(&self) -> bool {
        self.moved_away
    }

    pub(super) fn is_in(&self, rounds: &BTreeSet<RoundId>) -> bool {
        rounds.contains(&self.round) && !self.moved_away
    }

    /// The server has these heads, and this is its word for it.
    pub(super) fn knows(&mut self, heads: &[Head], voucher: Option<VoucherId>) {
        self.known = heads.to_vec();
        self.voucher = voucher.or(self.voucher);
    }

    /// A receipt covers so much of what was pending, and so many steps.
    pub(super) fn receipted(&mut self, pending_bytes: usize, steps: usize, at: Millis) {
        self.pending.drain(..pending_bytes.min(self.pending.len()));
        let left = self.steps.split_off(steps.min(self.steps.len()));
        let done = std::mem::replace(&mut self.steps, left);
        self.remember(done);
        self.stored_at = Some(at);
        self.to_redo &= !self.steps.is_empty();
        self.others = false;
        self.retry();
    }

    /// The server lacks what follows these heads: it is sent, whoever made it.
    pub(super) fn offer(&mut self, changes: Vec<u8>, others: bool) {
        // What waits already is this person's.
        let own = self.is_waiting() && !self.others;
        if !changes.is_empty() {
            self.others = others && !own;
            self.pending = changes;
        } else if !own {
            self.others = false;
            self.pending.clear();
        }
    }

    /// The same work as other changes; nothing is left where the server turned out to have all of it.
    pub(super) fn redone(&mut self, done: Redone, at: Millis) {
        self.merged(&done.document);
        if done.pending.is_empty() {
            self.stored_at = Some(at);
        }
        self.pending = done.pending;
        self.steps = done.steps;
        self.remember(done.arrived);
        self.others = false;
        self.handed_over(false);
        self.to_redo = false;
    }

    /// More was done on it, by steps carried over from what it replaced.
    pub(super) fn continued(&mut self, document: &Document, changes: Vec<u8>, steps: Vec<Step>) {
        if !self.is_waiting() {
            self.known = self.heads();
        }
        self.merged(document);
        self.pending.extend(changes);
        self.steps.extend(steps);
        self.others = false;
        self.retry();
    }

    pub(super) fn replace(&mut self, replaced: Replaced) {
        // The recording holds what was erased; the successor was made of the rest of it.
        for steps in [&mut self.past, &mut self.steps] {
            steps.retain(|step| !step.is_recording() && !step.is_about(&replaced.erased));
        }
        self.pending.clear();
        self.retry();
        self.replaced = Some(replaced);
    }

    /// What is shown of it until the successor comes.
    pub(super) fn cleanse(&mut self, document: &Document) {
        self.merged(document);
        if let Some(replaced) = &mut self.replaced {
            replaced.cleansed = true;
        }
    }

    pub(super) fn refuse(&mut self, reason: Reason, at: Millis) {
        if self.others {
            return self.ask_after(at, HOUR_MS);
        }
        // Room is made in quarantine by whoever decides there.
        let full = reason.code == ReasonCode::QuarantineFull;
        self.retry();
        if full {
            self.ask_after(at, HOUR_MS);
        }
        self.refused = Some(reason);
    }

    pub(super) fn quarantine(&mut self, reason: Reason, at: Millis) {
        self.retry();
        self.ask_after(at, HOUR_MS);
        self.quarantined = Some(reason);
    }

    /// The server could not take it just now.
    pub(super) fn postpone(&mut self, at: Millis) {
        self.ask_after(at, MINUTE_MS);
    }

    fn ask_after(&mut self, at: Millis, pause_ms: i64) {
        self.not_before = Some(at.plus(pause_ms));
    }

    /// What the server said of it counts no longer.
    fn retry(&mut self) {
        self.quarantined = None;
        self.ask();
    }

    /// By hand, or because something changed: it goes with the next request. What is sealed on the
    /// server is there until an answer says otherwise.
    pub(super) fn ask(&mut self) {
        self.refused = None;
        self.not_before = None;
        self.sent_all = false;
    }

    /// What the server said may be otherwise now; whether that makes a difference.
    pub(super) fn ask_again(&mut self) -> bool {
        let waits = self.not_before.is_some();
        if waits {
            self.ask();
        }
        waits
    }

    /// Another device goes on with it. What an administrator looked at and did not take is not
    /// brought again by that alone.
    pub(super) fn handed_over(&mut self, to_another: bool) {
        let decided = self
            .refused
            .take_if(|why| why.code == ReasonCode::TurnedDown);
        self.retry();
        self.refused = decided;
        // The server takes changes of the device that made them alone.
        self.to_redo |= to_another && !self.steps.is_empty();
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
