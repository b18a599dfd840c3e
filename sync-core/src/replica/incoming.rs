//! What an answer of the server does to the tablet.

use std::collections::BTreeMap;

use super::{Effect, Held, Reaction, Replica, Sent};
use crate::conversation::{Document, Head};
use crate::ids::{ConversationId, Millis, RoundId};
use crate::receipt::Receipt;
use crate::wire::{
    Answer, Cursor, FeedPage, Fingerprint, News, Outcome, Reason, ReasonCode, WireError,
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the answer belongs to no request that is under way")]
    NotAsked,
    #[error("the receipt is not for this request, or its signature does not match")]
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
}

impl Replica {
    /// Takes in the answer to [`Replica::next_request`]. On an error nothing changed but that the
    /// request counts as not answered.
    pub fn apply(&mut self, answer: &[u8], now: Millis) -> Result<Applied, AnswerError> {
        let flight = self.in_flight.take().ok_or(AnswerError::NotAsked)?;
        let answer = Answer::from_bytes(answer)?;
        let receipted = self.verified(&answer, flight.request)?;
        if answer.outcomes.len() != flight.pushed.len() {
            return Err(AnswerError::NotAsked);
        }

        let mut applied = Applied {
            effects: Vec::new(),
            again: false,
            stored: 0,
            held: 0,
            refused: 0,
        };
        for (sent, outcome) in flight.pushed.into_iter().zip(answer.outcomes) {
            self.settle(sent, outcome, &receipted, answer.time, &mut applied);
        }
        self.follow(answer.rounds, answer.time, &mut applied);

        if self.state.epoch != Some(answer.epoch) {
            if self.state.epoch.is_some() {
                // Another database: its places mean nothing here. Everything is fetched anew.
                self.state.cursors.clear();
                applied.again = true;
            }
            self.state.epoch = Some(answer.epoch);
        }
        self.state.clock_offset_ms = answer.time.0.saturating_sub(now.0);
        self.state.last_contact = Some(answer.time);
        if let Some(reference) = answer.reference {
            self.state.reference = Some(Fingerprint::of(&reference));
            applied.effects.push(Effect::KeepReference(reference));
        }
        if flight.asked_tagger {
            self.state.tagger_asked = Some(answer.time);
        }
        if let Some(tagger) = answer.tagger {
            self.state.tagger = Fingerprint::of(&tagger);
            applied.effects.push(Effect::KeepTagger(tagger));
        }
        applied.effects.push(Effect::KeepState);
        applied.again |= self.held.values().any(Held::is_sendable);
        Ok(applied)
    }

    /// The heads that a valid receipt for exactly this request covers.
    fn verified(
        &self,
        answer: &Answer,
        request: Fingerprint,
    ) -> Result<BTreeMap<ConversationId, Vec<Head>>, AnswerError> {
        let Some(signed) = &answer.receipt else {
            return Ok(BTreeMap::new());
        };
        let key = self
            .identity
            .receipt_key()
            .map_err(|_| AnswerError::Receipt)?;
        let receipt: Receipt = signed.verify(&key).map_err(|_| AnswerError::Receipt)?;
        let ours = receipt.request == request
            && receipt.device == self.identity.device
            && receipt.epoch == answer.epoch;
        if !ours {
            return Err(AnswerError::Receipt);
        }
        Ok(receipt
            .documents
            .into_iter()
            .map(|line| (line.document, line.pushed))
            .collect())
    }

    fn settle(
        &mut self,
        sent: Sent,
        outcome: Outcome,
        receipted: &BTreeMap<ConversationId, Vec<Head>>,
        at: Millis,
        applied: &mut Applied,
    ) {
        let id = sent.document;
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        match outcome {
            Outcome::Stored | Outcome::Unchanged => {
                // Without a receipt over these very heads it is not safe, whatever the answer says.
                if receipted.get(&id) == Some(&sent.heads) {
                    held.receipted(sent.pending_bytes, at);
                    applied.stored += 1;
                } else {
                    held.refuse(reason(ReasonCode::TryAgain, "no receipt came with it"));
                    applied.refused += 1;
                }
            }
            Outcome::MissingDependencies => {
                let all = Document::load(held.bytes()).map(|d| d.changes_since(&[]));
                if !all.is_ok_and(|all| held.send_all(all)) {
                    held.refuse(reason(
                        ReasonCode::TryAgain,
                        "the server misses earlier changes",
                    ));
                    applied.refused += 1;
                }
            }
            Outcome::ActorReused => {
                held.refuse(reason(
                    ReasonCode::TryAgain,
                    "the author's sequence was used twice",
                ));
                applied.refused += 1;
            }
            Outcome::Held(why) | Outcome::Invalid(why) => {
                held.refuse(why);
                applied.refused += 1;
            }
            Outcome::Erased => {
                self.held.remove(&id);
                applied.effects.push(Effect::Forget(id));
                return;
            }
            Outcome::Replaced(by) => {
                held.refuse(reason(
                    ReasonCode::TryAgain,
                    &format!("it was replaced by {by}"),
                ));
                applied.refused += 1;
            }
        }
        applied.effects.push(Effect::Keep(id));
    }

    fn follow(&mut self, pages: Vec<FeedPage>, at: Millis, applied: &mut Applied) {
        let allowed: Vec<RoundId> = pages.iter().map(|page| page.round).collect();
        let mut cursors = Vec::with_capacity(pages.len());
        for page in pages {
            cursors.push(Cursor {
                round: page.round,
                place: page.place,
            });
            applied.again |= page.more;
            for news in page.news {
                self.take_in(page.round, news, at, applied);
            }
        }
        self.state.cursors = cursors;

        // Access was lost: what is safe on the server goes, what is not stays with its author.
        let lost: Vec<ConversationId> = self
            .held
            .iter()
            .filter(|(_, held)| !allowed.contains(&held.round()) && !held.is_waiting())
            .map(|(id, _)| *id)
            .collect();
        for id in lost {
            self.held.remove(&id);
            applied.effects.push(Effect::Forget(id));
        }
    }

    fn take_in(&mut self, round: RoundId, news: News, at: Millis, applied: &mut Applied) {
        match news {
            News::Changed(id, bytes) => {
                match self.held.get_mut(&id) {
                    Some(held) if held.is_waiting() => {
                        held.moved_to(round);
                        let merged = Document::load(held.bytes()).and_then(|mut mine| {
                            mine.merge(&Document::load(&bytes)?)?;
                            Ok(mine)
                        });
                        match merged {
                            Ok(mine) => held.merged(mine.save(), mine.heads()),
                            Err(error) => {
                                held.refuse(reason(ReasonCode::TryAgain, &error.to_string()));
                            }
                        }
                    }
                    // Nothing here that the server does not know: its copy holds all of this one.
                    _ => drop(self.held.insert(id, Held::from_feed(round, bytes, at))),
                }
                applied.effects.push(Effect::Keep(id));
            }
            News::Erased(id) => {
                if self.held.remove(&id).is_some() {
                    applied.effects.push(Effect::Forget(id));
                }
            }
            News::Replaced(id, _) | News::MovedAway(id) => {
                if self.held.get(&id).is_some_and(|held| !held.is_waiting()) {
                    self.held.remove(&id);
                    applied.effects.push(Effect::Forget(id));
                }
            }
        }
    }
}

fn reason(code: ReasonCode, detail: &str) -> Reason {
    Reason {
        code,
        detail: detail.to_owned(),
    }
}
