//! The tablet's half of sync, as a state machine without a clock, a network or a disk.
//!
//! ```text
//! record / execute ──► effects: keep what changed
//! next_request(budget, now) ──► bytes to POST
//! apply(answer, now) ──► effects, and whether to ask again
//! ```
//!
//! Whoever drives it carries out all effects of one call in one durable transaction before the
//! next call. It may be killed between any two: what was kept is enough to go on from. The same
//! type runs in the app, in the tests' simulated tablets and in the load generator.

mod aside;
mod compare;
mod feed;
mod happened;
mod held;
mod identity;
mod incoming;
mod outcomes;
mod outgoing;
mod proof;
mod replay;
mod steps;
mod successor;
mod vouchers;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

pub use aside::Watch;
pub use happened::{Happened, What};
pub use held::{Held, Standing};
pub use identity::Identity;
pub use incoming::{AnswerError, Applied};
pub use outgoing::Rescue;
pub use vouchers::VoucherId;

use crate::clock::{self, ClockTime, Contact, Reading};
use crate::conversation::{
    Actor, Command, CommandError, Conversation, Document, DocumentError, Head, NewConversation,
};
use crate::ids::{ConversationId, Millis, RoundId};
use crate::office::Problem;
use crate::wire::{Cursor, Epoch, Fingerprint};
use compare::Comparing;
use steps::{Deed, Step};

/// What must be made durable. Effects of one call belong in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write [`Replica::held`] of this conversation.
    Keep(ConversationId),
    /// Delete it: it is safe on the server and this person may no longer work in its round, or it was erased.
    Forget(ConversationId),
    /// Write [`Replica::state`].
    KeepState,
    /// Write the reference data: JSON of a [`crate::catalogue::Catalogue`].
    KeepReference(Vec<u8>),
    /// Write the tagger's model.
    KeepTagger(Vec<u8>),
    /// Write [`Replica::voucher`].
    KeepVoucher(VoucherId),
    ForgetVoucher(VoucherId),
    /// Write [`Replica::identity`]: receipts are signed with another key from now on.
    KeepIdentity,
}

/// How much one request may carry.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub documents: usize,
    pub push_bytes: usize,
    pub feed_bytes: u32,
}

impl Default for Budget {
    /// Small enough for a bad connection: what is lost with a broken request is a few seconds' work.
    fn default() -> Self {
        Self {
            documents: 200,
            push_bytes: 512 * 1024,
            feed_bytes: 1024 * 1024,
        }
    }
}

/// What to do after the server refused a whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// The clock was corrected: send again.
    Retry,
    /// The device is unknown or revoked, or receipts are signed with a key that this tablet has no
    /// reason to trust: someone must sign in on it again. Work goes on meanwhile.
    SignInAgain,
    /// Nothing to be done here; try later.
    Later,
}

/// A command that could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("this conversation is not on this tablet")]
    NotHere,
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl From<DocumentError> for EditError {
    fn from(error: DocumentError) -> Self {
        Self::Command(error.into())
    }
}

/// A tablet holds the work of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody else signed in than the person whose work this tablet holds")]
pub struct OtherPerson;

/// Everything one person's tablet holds. Documents are kept saved, about a kilobyte each, and
/// loaded only while they are read or changed.
#[derive(Debug)]
pub struct Replica {
    identity: Identity,
    /// Fresh for each page load or process start.
    session: [u8; 8],
    requests: u64,
    state: State,
    held: BTreeMap<ConversationId, Held>,
    /// Not to be opened, see [`Replica::set_aside`].
    aside: BTreeMap<ConversationId, Option<Held>>,
    watch: Watch,
    /// As they are kept.
    vouchers: BTreeMap<VoucherId, Vec<u8>>,
    in_flight: Option<InFlight>,
    /// How long the program had been running when the server's time was heard last.
    heard_running_ms: Option<i64>,
    /// The clocks as they were looked at last.
    reading: Option<Reading>,
}

/// What is kept beside the conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct State {
    #[n(0)]
    epoch: Option<Epoch>,
    #[n(1)]
    cursors: Vec<Cursor>,
    #[n(2)]
    reference: Option<Fingerprint>,
    /// Server's clock minus tablet's, as last heard.
    #[n(3)]
    clock_offset_ms: i64,
    /// When the server last answered, by its clock.
    #[n(4)]
    last_contact: Option<Millis>,
    /// Of the tagger's model that is held; zeros when there is none.
    #[n(5)]
    tagger: Fingerprint,
    /// When a newer model was last asked for, by the server's clock.
    #[n(6)]
    tagger_asked: Option<Millis>,
    /// The server said that this device's access was ended.
    #[cbor(n(7), default)]
    revoked: bool,
    /// The server is being asked how it has what is held here.
    #[n(8)]
    comparing: Option<Comparing>,
    /// The server's time when it was heard last, also where the server refused the request.
    #[n(9)]
    heard: Option<Millis>,
    /// When the newest conversation was recorded since, as far as its time is sure.
    #[n(10)]
    newest_record: Option<Millis>,
    /// The tablet's clock was set since.
    #[cbor(n(11), default)]
    clock_doubtful: bool,
}

/// The model moves with every decision in the office; a tablet follows at this distance.
const TAGGER_EVERY_MS: i64 = 60 * 60 * 1000;

#[derive(Debug)]
struct InFlight {
    request: Fingerprint,
    asked_tagger: bool,
    pushed: Vec<Sent>,
    compared: Vec<Sent>,
    /// So many of them belong to the comparing of everything.
    batch: usize,
}

#[derive(Debug)]
struct Sent {
    document: ConversationId,
    heads: Vec<Head>,
    /// How much of the pending changes went along.
    pending_bytes: usize,
    /// How many steps they are.
    steps: usize,
}

impl Sent {
    fn of(document: ConversationId, held: &Held) -> Self {
        Self {
            document,
            heads: held.heads(),
            pending_bytes: held.pending().len(),
            steps: held.steps().len(),
        }
    }
}

impl Replica {
    /// `session` must be eight fresh random bytes.
    pub fn new(identity: Identity, session: [u8; 8]) -> Self {
        Self {
            identity,
            session,
            requests: 0,
            state: State::default(),
            held: BTreeMap::new(),
            aside: BTreeMap::new(),
            watch: |_, _| {},
            vouchers: BTreeMap::new(),
            in_flight: None,
            heard_running_ms: None,
            reading: None,
        }
    }

    /// From what [`Effect`]s had kept. What cannot be read is returned beside it, never dropped.
    pub fn restore(
        identity: Identity,
        session: [u8; 8],
        state: Option<&[u8]>,
        held: impl IntoIterator<Item = (ConversationId, Vec<u8>)>,
        vouchers: impl IntoIterator<Item = (VoucherId, Vec<u8>)>,
    ) -> (Self, Vec<ConversationId>) {
        let mut replica = Self::new(identity, session);
        let state = state.and_then(|bytes| crate::wire::decode(bytes).ok());
        let forgotten = state.is_none();
        replica.state = state.unwrap_or_default();
        replica.vouchers = vouchers.into_iter().collect();
        let mut unreadable = Vec::new();
        for (id, bytes) in held {
            match Held::from_bytes(&bytes) {
                Ok(held) => drop(replica.held.insert(id, held)),
                Err(_) => unreadable.push(id),
            }
        }
        if forgotten {
            replica.compare_all();
        }
        (replica, unreadable)
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What [`Effect::KeepState`] writes.
    pub fn state(&self) -> Vec<u8> {
        crate::wire::encode(&self.state)
    }

    /// What [`Effect::KeepVoucher`] writes.
    pub fn voucher(&self, id: VoucherId) -> Option<Vec<u8>> {
        self.vouchers.get(&id).cloned()
    }

    pub fn vouchers(&self) -> impl Iterator<Item = (VoucherId, &[u8])> {
        self.vouchers
            .iter()
            .map(|(id, bytes)| (*id, bytes.as_slice()))
    }

    pub fn held(&self, id: ConversationId) -> Option<&Held> {
        self.held.get(&id)
    }

    /// Oldest first: ids sort by time.
    pub fn conversations(&self) -> impl DoubleEndedIterator<Item = (ConversationId, &Held)> {
        self.held.iter().map(|(id, held)| (*id, held))
    }

    pub fn read(&self, id: ConversationId) -> Result<Conversation, EditError> {
        let _opening = self.opening(id);
        Ok(self.document(id)?.read()?)
    }

    /// What a form must remember that shows the notes, see [`crate::conversation::NotesEdit`].
    pub fn heads(&self, id: ConversationId) -> Result<Vec<Head>, EditError> {
        let _opening = self.opening(id);
        Ok(self.document(id)?.heads())
    }

    /// The time to write down, see [`crate::clock`]: the tablet's clock, corrected by what it knows of the
    /// server's.
    pub fn time(&self, now: impl Into<Reading>) -> ClockTime {
        let known = clock::time(self.contact(), self.state.newest_record, now.into());
        ClockTime {
            // What no document may hold could not be recorded at all.
            at: Millis(known.at.0.clamp(0, Millis::LATEST.0)),
            doubtful: known.doubtful || self.state.clock_doubtful,
        }
    }

    /// As [`Replica::time`], whether it is sure or not.
    pub fn clock(&self, now: impl Into<Reading>) -> Millis {
        self.time(now).at
    }

    /// The time for a request: what was recorded here does not move it.
    fn time_of_request(&self, now: impl Into<Reading>) -> Millis {
        clock::time(self.contact(), None, now.into()).at
    }

    /// Server's clock minus tablet's, in milliseconds, as last heard; nothing where it never was.
    pub fn clock_offset_ms(&self) -> Option<i64> {
        self.contact().map(|_| self.state.clock_offset_ms)
    }

    fn contact(&self) -> Option<Contact> {
        let server = self.state.heard.or(self.state.last_contact)?;
        Some(Contact {
            server,
            wall: server.plus(self.state.clock_offset_ms.saturating_neg()),
            running_ms: self.heard_running_ms,
        })
    }

    /// Call now and then: a clock that was set in between makes the time doubtful until the server is heard
    /// again. `watched`: the screen was on since the last call, so that the tablet cannot have slept.
    pub fn look_at_clock(&mut self, now: Reading, watched: bool) -> Vec<Effect> {
        let before = self.reading.replace(now);
        let has_jumped = before.is_some_and(|before| clock::has_jumped(before, now, watched));
        if !has_jumped || self.state.clock_doubtful {
            return Vec::new();
        }
        self.state.clock_doubtful = true;
        vec![Effect::KeepState]
    }

    /// The server said its time in another answer than one of sync, such as that to an enrolment.
    pub fn hear_server_time(&mut self, server: Millis, now: Reading) -> Vec<Effect> {
        self.hear_time(server, now);
        vec![Effect::KeepState]
    }

    /// What the server says the time is.
    fn hear_time(&mut self, server: Millis, now: Reading) {
        self.state.clock_offset_ms = server.0.saturating_sub(now.wall.0);
        self.state.heard = Some(server);
        self.state.newest_record = None;
        self.state.clock_doubtful = false;
        self.heard_running_ms = now.running_ms;
        self.reading = Some(now);
    }

    /// When the server last answered, by its clock.
    pub fn last_contact(&self) -> Option<Millis> {
        self.state.last_contact
    }

    /// Where this tablet is in the feed of a round.
    pub fn place(&self, round: RoundId) -> Option<u64> {
        let cursor = self.state.cursors.iter().find(|c| c.round == round);
        cursor.map(|cursor| cursor.place)
    }

    /// The server ended this device's access: what it sends is kept for an administrator, and somebody
    /// must sign in on this tablet again.
    pub fn revoked(&self) -> bool {
        self.state.revoked
    }

    /// The server may lack what it once had, and is being asked: what counts as stored may not be.
    pub fn is_comparing(&self) -> bool {
        self.state.comparing.is_some()
    }

    /// Conversations with anything that the server has not receipted yet.
    pub fn waiting(&self) -> usize {
        self.all_held()
            .filter(|(_, held)| held.is_waiting())
            .count()
    }

    /// *Klaar*: the first change of a conversation.
    pub fn record(
        &mut self,
        id: ConversationId,
        round: RoundId,
        new: &NewConversation,
    ) -> Result<Vec<Effect>, EditError> {
        let document = Document::record(new, self.actor())?;
        let step = Step::new(&document, new.recorded_at, Deed::Recorded(new.clone()));
        self.held.insert(id, Held::recorded(round, &document, step));
        if !new.clock_doubtful {
            let newest = self.state.newest_record.max(Some(new.recorded_at));
            self.state.newest_record = newest;
        }
        Ok(vec![Effect::Keep(id), Effect::KeepState])
    }

    /// One finished edit of a conversation on this tablet. `now` is the tablet's clock.
    pub fn execute(
        &mut self,
        id: ConversationId,
        command: &Command,
        now: impl Into<Reading>,
    ) -> Result<Vec<Effect>, EditError> {
        let _opening = self.opening(id);
        let mut document = self.document(id)?;
        let at = self.clock(now);
        let command = document.placed_here(command)?;
        let change = document.execute(&command, self.actor(), self.identity.user, at)?;
        if change.is_empty() {
            return Ok(Vec::new());
        }
        let Some(held) = self.held.get_mut(&id) else {
            return Err(EditError::NotHere);
        };
        let step = Step::new(&document, at, Deed::Executed(command));
        held.edited(&document, change, step);
        Ok(vec![Effect::Keep(id)])
    }

    /// What was refused is sent again with the next requests: the button "probeer opnieuw".
    pub fn retry_refused(&mut self) {
        self.held.values_mut().for_each(Held::ask);
    }

    /// The same person signed in on this tablet again: it is another device to the server now, with
    /// another key.
    pub fn enrolled_again(&mut self, identity: Identity) -> Result<Vec<Effect>, OtherPerson> {
        if identity.user != self.identity.user {
            return Err(OtherPerson);
        }
        let another = identity.device != self.identity.device;
        self.identity = identity;
        self.in_flight = None;
        self.state.revoked = false;
        self.state.cursors.clear();
        self.compare_all();
        let mut effects = vec![Effect::KeepIdentity, Effect::KeepState];
        for (id, held) in self.held.iter_mut().filter(|(_, held)| held.is_waiting()) {
            held.handed_over(another);
            effects.push(Effect::Keep(*id));
        }
        Ok(effects)
    }

    /// The server refused the request as a whole. Nothing is lost; nothing was stored.
    pub fn refused(&mut self, problem: &Problem, now: impl Into<Reading>) -> Reaction {
        let now = now.into();
        self.in_flight = None;
        match (problem.code(), problem.server_time) {
            ("clock-off", Some(server)) => {
                // The correction was made already and did not help: do not go round in circles.
                let moved_ms = server.0.abs_diff(self.time_of_request(now).0);
                let corrected = moved_ms < Millis::SECOND.unsigned_abs();
                self.hear_time(server, now);
                if corrected {
                    Reaction::Later
                } else {
                    Reaction::Retry
                }
            }
            ("device-revoked", _) => {
                self.state.revoked = true;
                Reaction::SignInAgain
            }
            ("device-unknown", _) => Reaction::SignInAgain,
            _ => Reaction::Later,
        }
    }

    fn document(&self, id: ConversationId) -> Result<Document, EditError> {
        let held = self.held.get(&id).ok_or(EditError::NotHere)?;
        Ok(Document::load(held.bytes())?)
    }

    fn actor(&self) -> Actor {
        Actor {
            device: self.identity.device,
            session: self.session,
        }
    }
}
