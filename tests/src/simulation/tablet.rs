//! A tablet: what its disk holds, and what its memory holds while the app is open.
//!
//! The app carries out the effects of one call before the next. Between the two it may be killed:
//! then the call never happened, as far as the tablet knows.

use std::collections::BTreeMap;

use koffiekar_sync_core::conversation::{Conversation, Head};
use koffiekar_sync_core::ids::{ConversationId, Millis, RoundId};
use koffiekar_sync_core::replica::{Budget, Effect, Identity, Replica, Standing, VoucherId};

use super::model::View;

pub struct Tablet {
    pub person: usize,
    pub clock_error_ms: i64,
    pub budget: Budget,
    pub disk: Disk,
    /// When the app was opened last, by the server's clock: the clock that nobody sets counts from then.
    pub opened_at: Millis,
    /// Missing while the app is closed.
    pub memory: Option<Memory>,
    /// A second tab that waits for the first to end.
    pub waiting_tab: bool,
    /// What somebody once copied of its disk.
    pub backup: Option<Disk>,
    /// A copy of the whole machine: its disk, and the session that ran.
    pub frozen: Option<(Disk, [u8; 8])>,
}

/// What survives a crash.
#[derive(Clone)]
pub struct Disk {
    pub identity: Identity,
    pub state: Option<Vec<u8>>,
    pub held: BTreeMap<ConversationId, Vec<u8>>,
    pub vouchers: BTreeMap<VoucherId, Vec<u8>>,
    pub reference: Vec<u8>,
    pub tagger: Vec<u8>,
    /// The rounds that the app offers.
    pub rounds: Vec<RoundId>,
    /// What the model says is in `held`.
    pub view: View,
    /// The edits that were made on it, but the recordings.
    pub own: View,
    /// What waits for its successor, and the marks of what was erased when it was told so.
    pub replaced: BTreeMap<ConversationId, Vec<String>>,
}

/// What a crash takes.
pub struct Memory {
    pub session: [u8; 8],
    pub replica: Replica,
    pub rounds: Vec<RoundId>,
    pub view: View,
    pub own: View,
    pub replaced: BTreeMap<ConversationId, Vec<String>>,
    /// The effects of the last call, until they are carried out.
    pub unwritten: Vec<Effect>,
    /// The parcel that was sent last.
    pub asked: Option<u32>,
    /// An open form of notes.
    pub form: Option<Form>,
    /// Its clock was set back since it last heard the server.
    pub set_back: bool,
}

#[derive(Clone)]
pub struct Form {
    pub conversation: ConversationId,
    pub seen: Vec<Head>,
    pub text: String,
}

impl Tablet {
    pub fn new(person: usize, identity: Identity, rounds: Vec<RoundId>) -> Tablet {
        Tablet {
            person,
            clock_error_ms: 0,
            budget: Budget::default(),
            disk: Disk {
                identity,
                state: None,
                held: BTreeMap::new(),
                vouchers: BTreeMap::new(),
                reference: Vec::new(),
                tagger: Vec::new(),
                rounds,
                view: View::new(),
                own: View::new(),
                replaced: BTreeMap::new(),
            },
            opened_at: Millis(0),
            memory: None,
            waiting_tab: false,
            backup: None,
            frozen: None,
        }
    }

    /// Another machine that starts from this disk.
    pub fn cloned(&self, disk: Disk) -> Tablet {
        Tablet {
            person: self.person,
            clock_error_ms: self.clock_error_ms,
            budget: self.budget,
            disk,
            opened_at: Millis(0),
            memory: None,
            waiting_tab: false,
            backup: None,
            frozen: None,
        }
    }

    /// Opens the app from what the disk holds. Says what could not be read.
    pub fn open(&mut self, session: [u8; 8], now: Millis) -> Result<&mut Memory, String> {
        if self.memory.is_none() {
            self.opened_at = now;
            let disk = &self.disk;
            let held = disk.held.iter().map(|(id, bytes)| (*id, bytes.clone()));
            let vouchers = disk.vouchers.iter().map(|(id, bytes)| (*id, bytes.clone()));
            let state = disk.state.as_deref();
            let identity = disk.identity.clone();
            let (replica, unreadable) = Replica::restore(identity, session, state, held, vouchers);
            if !unreadable.is_empty() {
                return Err(format!("cannot be read again: {unreadable:?}"));
            }
            self.memory = Some(Memory {
                session,
                replica,
                rounds: disk.rounds.clone(),
                view: disk.view.clone(),
                own: disk.own.clone(),
                replaced: disk.replaced.clone(),
                unwritten: Vec::new(),
                asked: None,
                form: None,
                set_back: false,
            });
        }
        self.memory.as_mut().ok_or_else(|| "closed".to_owned())
    }

    /// Carries out what the last call left, in one go.
    pub fn write(&mut self) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        let effects = std::mem::take(&mut memory.unwritten);
        if effects.is_empty() {
            return;
        }
        for effect in effects {
            self.disk.carry_out(effect, &memory.replica);
        }
        self.disk.rounds = memory.rounds.clone();
        self.disk.view = memory.view.clone();
        self.disk.own = memory.own.clone();
        self.disk.replaced = memory.replaced.clone();
    }

    /// Killed: what was not carried out is gone.
    pub fn crash(&mut self) {
        self.memory = None;
    }
}

impl Disk {
    fn carry_out(&mut self, effect: Effect, replica: &Replica) {
        match effect {
            Effect::Keep(id) => {
                if let Some(held) = replica.held(id) {
                    self.held.insert(id, held.to_bytes());
                }
            }
            Effect::Forget(id) => drop(self.held.remove(&id)),
            Effect::KeepState => self.state = Some(replica.state()),
            Effect::KeepReference(bytes) => self.reference = bytes,
            Effect::KeepTagger(bytes) => self.tagger = bytes,
            Effect::KeepVoucher(id) => {
                if let Some(voucher) = replica.voucher(id) {
                    self.vouchers.insert(id, voucher);
                }
            }
            Effect::ForgetVoucher(id) => drop(self.vouchers.remove(&id)),
            Effect::KeepIdentity => self.identity = replica.identity().clone(),
        }
    }

    /// All bytes on it.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        let rest = [&self.reference[..], &self.tagger, self.state()];
        let kept = self.held.values().chain(self.vouchers.values());
        kept.map(Vec::as_slice).chain(rest)
    }

    fn state(&self) -> &[u8] {
        self.state.as_deref().unwrap_or(&[])
    }
}

impl Memory {
    pub fn read(&self, id: ConversationId) -> Result<Conversation, String> {
        self.replica
            .read(id)
            .map_err(|error| format!("cannot be read: {error}"))
    }

    pub fn standing(&self, id: ConversationId) -> Option<Standing> {
        Some(self.replica.held(id)?.standing())
    }

    pub fn holds(&self) -> Vec<ConversationId> {
        self.replica.conversations().map(|(id, _)| id).collect()
    }
}
