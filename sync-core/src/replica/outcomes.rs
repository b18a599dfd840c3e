//! What became of each conversation that was sent.

use super::incoming::Taking;
use super::{Held, Replica, Sent, What};
use crate::conversation::Document;
use crate::wire::{Outcome, Reason, ReasonCode};

impl Replica {
    pub(super) fn settle(&mut self, sent: Sent, outcome: Outcome, taking: &mut Taking) {
        let id = sent.document;
        let _opening = self.opening(id);
        let is_taken = matches!(outcome, Outcome::Stored | Outcome::Unchanged);
        if is_taken && self.held.get(&id).is_some_and(Held::is_quarantined) {
            self.tell(id, What::Accepted, taking);
        }
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        taking.touched.insert(id);
        match outcome {
            Outcome::Stored | Outcome::Unchanged => {
                // It is in a round of this person's again, whatever was told before.
                held.stay();
                // Without a receipt over these very heads it is not safe, whatever the answer says.
                if taking.proof.stored.get(&id) == Some(&sent.heads) {
                    held.covered(&sent, taking);
                } else {
                    held.turn_down(ReasonCode::TryAgain, "no receipt came with it", taking);
                }
            }
            Outcome::MissingDependencies => {
                let all = Document::load(held.bytes()).map(|d| d.changes_since(&[]));
                if !all.is_ok_and(|all| held.send_all(all)) {
                    let why = "the server misses earlier changes";
                    held.turn_down(ReasonCode::TryAgain, why, taking);
                }
            }
            Outcome::ActorReused => {
                taking.reused.insert(id);
            }
            Outcome::Held(why) => {
                if taking.proof.sealed.get(&id) == Some(&sent.heads) {
                    held.quarantine(why, taking.at);
                    taking.held += 1;
                } else {
                    held.turn_down(ReasonCode::TryAgain, "no receipt came with it", taking);
                }
            }
            Outcome::Invalid(why) if why.code == ReasonCode::TryAgain => {
                held.postpone(taking.at);
            }
            // It is not this person's, and the office looked at it.
            Outcome::Invalid(why) if why.code == ReasonCode::TurnedDown && held.is_others() => {
                self.forget(id, taking);
            }
            Outcome::Invalid(why) => {
                held.refuse(why, taking.at);
                taking.refused += 1;
            }
            Outcome::Erased => self.erased(id, taking),
            Outcome::Replaced(by) => self.replaced(id, by, taking),
        }
    }
}

impl Held {
    /// A receipt covers what was sent.
    pub(super) fn covered(&mut self, sent: &Sent, taking: &mut Taking) {
        self.receipted(sent.pending_bytes, sent.steps, taking.at);
        let voucher = taking.proof.for_lines.as_ref().map(|(id, _)| *id);
        self.knows(&sent.heads, voucher);
        taking.stored += 1;
    }

    pub(super) fn turn_down(&mut self, code: ReasonCode, detail: &str, taking: &mut Taking) {
        let detail = detail.to_owned();
        self.refuse(Reason { code, detail }, taking.at);
        taking.refused += 1;
    }
}
