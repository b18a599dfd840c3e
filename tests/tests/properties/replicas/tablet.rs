//! A tablet with a disk: it may end at any moment, and goes on from what was kept.

use std::collections::BTreeMap;

use koffiekar_sync_core::conversation::{Command, Conversation, NewConversation};
use koffiekar_sync_core::ids::{ConversationId, Millis, RoundId, UserId};
use koffiekar_sync_core::replica::{Budget, Effect, Identity, Replica, Standing, VoucherId};

use super::office::Office;

pub(super) struct Tablet {
    pub(super) replica: Replica,
    pub(super) disk: Disk,
    pub(super) user: UserId,
    pub(super) budget: Budget,
    sessions: u64,
    enrolments: u8,
}

#[derive(Debug, Clone)]
pub(super) struct Disk {
    identity: Identity,
    state: Option<Vec<u8>>,
    held: BTreeMap<ConversationId, Vec<u8>>,
    pub(super) vouchers: BTreeMap<VoucherId, Vec<u8>>,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Luck {
    Good,
    /// It never arrives.
    RequestLost,
    /// The server carries it out, and the tablet never hears of it.
    AnswerLost,
    /// The tablet ends before it has written down what the answer came to.
    Ended,
}

impl Tablet {
    pub(super) fn new(office: &mut Office, user: UserId) -> Self {
        let identity = office.enrol(user, seed(user, 0));
        let disk = Disk {
            identity: identity.clone(),
            state: None,
            held: BTreeMap::new(),
            vouchers: BTreeMap::new(),
        };
        Self {
            replica: Replica::new(identity, session(user, 0)),
            disk,
            user,
            budget: Budget {
                documents: 3,
                push_bytes: 4_000,
                feed_bytes: 2_000,
            },
            sessions: 0,
            enrolments: 0,
        }
    }

    pub(super) fn record(&mut self, id: ConversationId, round: RoundId, new: &NewConversation) {
        let effects = self.replica.record(id, round, new).unwrap();
        self.keep(effects);
    }

    pub(super) fn execute(&mut self, id: ConversationId, command: &Command, now: Millis) {
        let effects = self.replica.execute(id, command, now).unwrap();
        self.keep(effects);
    }

    pub(super) fn keep(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Keep(id) => {
                    let bytes = self.replica.held(id).unwrap().to_bytes();
                    self.disk.held.insert(id, bytes);
                }
                Effect::Forget(id) => drop(self.disk.held.remove(&id)),
                Effect::KeepState => self.disk.state = Some(self.replica.state()),
                Effect::KeepVoucher(id) => {
                    let bytes = self.replica.voucher(id).unwrap();
                    self.disk.vouchers.insert(id, bytes);
                }
                Effect::ForgetVoucher(id) => drop(self.disk.vouchers.remove(&id)),
                Effect::KeepIdentity => self.disk.identity = self.replica.identity().clone(),
                Effect::KeepReference(_) | Effect::KeepTagger(_) => {}
            }
        }
    }

    /// Everything in memory is gone.
    pub(super) fn restart(&mut self) {
        self.sessions += 1;
        let disk = self.disk.clone();
        let (replica, unreadable) = Replica::restore(
            disk.identity,
            session(self.user, self.sessions),
            disk.state.as_deref(),
            disk.held,
            disk.vouchers,
        );
        assert!(unreadable.is_empty());
        self.replica = replica;
    }

    /// One request. Whether there is more to do, and what was said of it.
    pub(super) fn exchange(&mut self, office: &mut Office, luck: Luck) -> bool {
        let now = office.now;
        let message = self.replica.next_request(self.budget, now);
        if luck == Luck::RequestLost {
            return false;
        }
        let Some(answer) = office.answer(&message) else {
            self.enrol_again(office);
            return true;
        };
        if luck == Luck::AnswerLost {
            return false;
        }
        let applied = self.replica.apply(&answer, office.now).unwrap();
        if luck == Luck::Ended {
            self.restart();
            return false;
        }
        self.keep(applied.effects);
        self.check_disk();
        applied.again
    }

    pub(super) fn sync(&mut self, office: &mut Office) {
        for _ in 0..200 {
            if !self.exchange(office, Luck::Good) {
                return;
            }
        }
        panic!("the tablet never comes to rest: {:?}", self.standings());
    }

    pub(super) fn enrol_again(&mut self, office: &mut Office) {
        self.enrolments += 1;
        let identity = office.enrol(self.user, seed(self.user, self.enrolments));
        let effects = self.replica.enrolled_again(identity).unwrap();
        self.keep(effects);
    }

    /// The disk is as memory is: nothing was changed that no effect told of.
    fn check_disk(&self) {
        let held: BTreeMap<ConversationId, Vec<u8>> = self
            .replica
            .conversations()
            .map(|(id, held)| (id, held.to_bytes()))
            .collect();
        assert_eq!(self.disk.held, held);
        assert_eq!(self.disk.state, Some(self.replica.state()));
        let vouchers: BTreeMap<VoucherId, Vec<u8>> = self
            .replica
            .vouchers()
            .map(|(id, bytes)| (id, bytes.to_vec()))
            .collect();
        assert_eq!(self.disk.vouchers, vouchers);
        assert_eq!(&self.disk.identity, self.replica.identity());
    }

    pub(super) fn read(&self, id: ConversationId) -> Conversation {
        self.replica.read(id).unwrap()
    }

    pub(super) fn standings(&self) -> Vec<(ConversationId, Standing)> {
        let held = self.replica.conversations();
        held.map(|(id, held)| (id, held.standing())).collect()
    }
}

fn seed(user: UserId, enrolment: u8) -> [u8; 32] {
    let mut seed = [enrolment; 32];
    seed[..16].copy_from_slice(user.as_bytes());
    seed
}

fn session(user: UserId, number: u64) -> [u8; 8] {
    let user = u64::from_be_bytes(user.as_bytes()[8..].try_into().unwrap());
    ((user << 32) | number).to_be_bytes()
}
