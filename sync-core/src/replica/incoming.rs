//! What an answer of the server does to the tablet.

use std::collections::{BTreeMap, BTreeSet};

use super::proof::Proof;
use super::{Effect, Happened, Reaction, Replica, What};
use crate::clock::Reading;
use crate::ids::{ConversationId, Millis, QuoteId, RoundId};
use crate::wire::{Answer, Cursor, DoubtfulTime, Epoch, FeedPage, Fingerprint, WireError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the answer belongs to no request that is under way")]
    NotAsked,
    #[error("the receipt is missing, is not for this request, or its signature does not match")]
    Receipt,
    #[error("receipts are signed with a key that does not follow from the one this tablet trusts")]
    UnknownKey,
}

impl AnswerError {
    /// What to do after it.
    pub fn reaction(&self) -> Reaction {
        match self {
            Self::UnknownKey => Reaction::SignInAgain,
            Self::Wire(_) | Self::NotAsked | Self::Receipt => Reaction::Later,
        }
    }
}

/// What an answer came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// To be made durable in one transaction.
    pub effects: Vec<Effect>,
    /// There is more to send or to fetch: ask again at once.
    pub again: bool,
    /// Conversations that a receipt now covers.
    pub stored: usize,
    /// Conversations that the server keeps sealed until an administrator decides.
    pub held: usize,
    /// Conversations that the server refused in this answer.
    pub refused: usize,
    /// What was done elsewhere to conversations that were held here.
    pub happened: Vec<Happened>,
}

/// An answer while it is being taken in.
#[derive(Debug)]
pub(super) struct Taking {
    /// The server's clock.
    pub(super) at: Millis,
    /// Fresh actors are made of it.
    pub(super) answer: Fingerprint,
    pub(super) proof: Proof,
    pub(super) erased_quotes: Vec<QuoteId>,
    /// Conversations that are not any more as they were kept.
    pub(super) touched: BTreeSet<ConversationId>,
    /// Their author's sequence is used otherwise on the server: they are done again on what it has.
    pub(super) reused: BTreeSet<ConversationId>,
    /// The server gave a conversation in an earlier state than it once had.
    pub(super) lost: bool,
    pub(super) again: bool,
    pub(super) stored: usize,
    pub(super) held: usize,
    pub(super) refused: usize,
    pub(super) happened: Vec<Happened>,
}

impl Replica {
    /// Takes in the answer to [`Replica::next_request`]. On an error nothing changed but that the
    /// request counts as not answered.
    pub fn apply(
        &mut self,
        answer: &[u8],
        now: impl Into<Reading>,
    ) -> Result<Applied, AnswerError> {
        let now = now.into();
        let flight = self.in_flight.take().ok_or(AnswerError::NotAsked)?;
        let fingerprint = Fingerprint::of(answer);
        let answer = Answer::from_bytes(answer)?;
        if answer.outcomes.len() != flight.pushed.len() {
            return Err(AnswerError::NotAsked);
        }
        if answer.compared.len() != flight.compared.len() {
            return Err(AnswerError::NotAsked);
        }
        let mut taking = Taking {
            at: answer.time,
            answer: fingerprint,
            proof: self.proof(&answer, &flight)?,
            erased_quotes: answer.erased_quotes,
            touched: BTreeSet::new(),
            reused: BTreeSet::new(),
            lost: false,
            again: false,
            stored: 0,
            held: 0,
            refused: 0,
            happened: Vec::new(),
        };

        let rounds: BTreeSet<RoundId> = answer.rounds.iter().map(|page| page.round).collect();
        let changed = rounds != self.rounds() || answer.revoked != self.state.revoked;
        if changed || answer.reference.is_some() {
            self.ask_again(&mut taking);
        }
        self.state.revoked = answer.revoked;
        let before: BTreeMap<RoundId, u64> = self
            .state
            .cursors
            .iter()
            .map(|cursor| (cursor.round, cursor.place))
            .collect();
        for (sent, outcome) in flight.pushed.into_iter().zip(answer.outcomes) {
            self.settle(sent, outcome, &mut taking);
        }
        let nowhere = match answer.revoked {
            // That it is told of nothing says nothing about what the server has.
            true => {
                self.gone(&flight.compared, answer.compared, &mut taking);
                Vec::new()
            }
            false => self.compared(&flight.compared, flight.batch, answer.compared, &mut taking),
        };
        let same = self.same_database(answer.epoch);
        let behind = |page: &FeedPage| before.get(&page.round).is_some_and(|was| page.place < *was);
        // Places that were given once and are not reached any more: everything is fetched anew.
        let anew = same && answer.rounds.iter().any(behind);
        self.state.cursors = answer
            .rounds
            .iter()
            .map(|page| Cursor {
                round: page.round,
                place: if anew { 0 } else { page.place },
            })
            .collect();
        let more = answer.rounds.iter().any(|page| page.more);
        taking.again |= more;
        for page in answer.rounds {
            self.follow(page, &mut taking);
        }
        self.redo_from_nothing(nowhere, &mut taking);
        self.give_up_reused(&mut taking);
        let doubted = !same || anew || (taking.lost && self.state.comparing.is_none());
        let fetched = !more && !doubted && self.state.comparing.is_none();
        self.carry_over(fetched, &mut taking);
        if doubted {
            self.compare_all();
        }
        // A device whose access was ended is not told what the server has: it asks when it may again.
        taking.again |= self.state.comparing.is_some() && !answer.revoked;
        // What was moved to another round may be on a page that did not come yet.
        if !more {
            self.leave(&rounds, &mut taking);
        }

        for doubt in answer.doubtful_times {
            self.doubt(doubt, &mut taking);
        }
        self.hear_time(answer.time, now);
        self.state.last_contact = Some(answer.time);
        let mut effects = self.effects(&mut taking);
        if let Some(reference) = answer.reference {
            self.state.reference = Some(Fingerprint::of(&reference));
            effects.push(Effect::KeepReference(reference));
        }
        if flight.asked_tagger {
            self.state.tagger_asked = Some(answer.time);
        }
        if let Some(tagger) = answer.tagger {
            self.state.tagger = Fingerprint::of(&tagger);
            effects.push(Effect::KeepTagger(tagger));
        }
        effects.push(Effect::KeepState);
        let due = |held: &super::Held| held.is_sendable(answer.time);
        Ok(Applied {
            effects,
            again: taking.again || self.held.values().any(due),
            stored: taking.stored,
            held: taking.held,
            refused: taking.refused,
            happened: taking.happened,
        })
    }

    /// The server doubts when it was recorded.
    fn doubt(&mut self, doubt: DoubtfulTime, taking: &mut Taking) {
        if let Some(held) = self.held.get_mut(&doubt.document)
            && held.doubt_time(doubt.received_at)
        {
            taking.touched.insert(doubt.document);
        }
    }

    /// Whether the cursors belong to the database that answered.
    fn same_database(&mut self, epoch: Epoch) -> bool {
        let known = self.state.epoch.replace(epoch);
        known.is_none_or(|known| known == epoch)
    }

    fn rounds(&self) -> BTreeSet<RoundId> {
        self.state
            .cursors
            .iter()
            .map(|cursor| cursor.round)
            .collect()
    }

    /// What is permitted may be otherwise now.
    fn ask_again(&mut self, taking: &mut Taking) {
        for (id, held) in &mut self.held {
            if held.ask_again() {
                taking.touched.insert(*id);
            }
        }
    }

    /// Access was lost: what is safe on the server goes, what is not stays with its author. While it
    /// is not known what the server still has, nothing goes.
    fn leave(&mut self, rounds: &BTreeSet<RoundId>, taking: &mut Taking) {
        let comparing = self.state.comparing;
        let safe =
            |id: &ConversationId| comparing.is_none_or(|c| c.after.is_some_and(|a| *id <= a));
        let lost: Vec<(ConversationId, bool)> = self
            .held
            .iter()
            .filter(|(id, held)| !held.is_in(rounds) && !held.is_waiting() && safe(id))
            .map(|(id, held)| (*id, held.is_moved_away()))
            .collect();
        let aside = self.aside_elsewhere(|round| rounds.contains(&round));
        for id in aside.into_iter().filter(safe) {
            self.forget_aside(id, What::Left, taking);
        }
        for (id, moved) in lost {
            let what = if moved { What::Moved } else { What::Left };
            self.tell(id, what, taking);
            self.forget(id, taking);
        }
    }

    pub(super) fn forget(&mut self, id: ConversationId, taking: &mut Taking) {
        if self.held.remove(&id).is_some() {
            taking.touched.insert(id);
        }
    }

    /// What must be written so that the disk is as memory is.
    fn effects(&mut self, taking: &mut Taking) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in &taking.touched {
            effects.push(if self.held.contains_key(id) {
                Effect::Keep(*id)
            } else {
                Effect::Forget(*id)
            });
        }
        if !taking.touched.is_empty() {
            let fresh = [taking.proof.for_lines.take(), taking.proof.for_feed.take()];
            effects.extend(self.keep_vouchers(fresh.into_iter().flatten().collect()));
        }
        if taking.proof.key != self.identity.receipt_key {
            self.identity.receipt_key = taking.proof.key;
            effects.push(Effect::KeepIdentity);
        }
        effects
    }
}
