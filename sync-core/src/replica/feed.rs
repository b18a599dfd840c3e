//! What came to pass in the rounds.

use super::incoming::Taking;
use super::{Held, Replica, What, replay};
use crate::conversation::{Document, DocumentError};
use crate::ids::{ConversationId, RoundId};
use crate::wire::{FeedPage, News, ReasonCode};

impl Replica {
    pub(super) fn follow(&mut self, page: FeedPage, taking: &mut Taking) {
        for news in page.news {
            match news {
                News::Changed(id, bytes) => self.changed(page.round, id, bytes, taking),
                News::Erased(id) => self.erased(id, taking),
                News::Replaced(id, by) => self.replaced(id, by, taking),
                // Not where it came to another round before this was told.
                News::MovedAway(id) => {
                    let here = |held: &&mut Held| held.round() == page.round;
                    if let Some(held) = self.held.get_mut(&id).filter(here) {
                        held.move_away();
                        taking.touched.insert(id);
                    }
                }
            }
        }
    }

    fn changed(&mut self, round: RoundId, id: ConversationId, bytes: Vec<u8>, taking: &mut Taking) {
        if self.is_aside(id) {
            return;
        }
        let _opening = self.opening(id);
        let voucher = taking.proof.for_feed.as_ref().map(|(id, _)| *id);
        let reused = taking.reused.remove(&id);
        let Ok(heads) = Document::heads_of(&bytes) else {
            return;
        };
        let moves = |held: &Held| held.round() != round && held.replaced().is_none();
        if self.held.get(&id).is_some_and(moves) {
            self.tell(id, What::Moved, taking);
        }
        let Some(held) = self.held.get_mut(&id) else {
            let held = Held::from_feed(round, bytes, taking.at, voucher);
            self.held.insert(id, held);
            taking.touched.insert(id);
            return;
        };
        if held.replaced().is_some() {
            return;
        }
        if held.moved_to(round) {
            taking.touched.insert(id);
        }
        let same = held.heads() == heads;
        if same && !held.is_waiting() {
            return;
        }
        taking.touched.insert(id);
        let (Ok(mine), Ok(theirs)) = (Document::load(held.bytes()), Document::load(&bytes)) else {
            return held.turn_down(ReasonCode::TryAgain, "it cannot be read", taking);
        };
        if !mine.shares_history(&theirs) {
            return self.begin_anew(
                id,
                &mine,
                theirs,
                Held::from_feed(round, bytes, taking.at, voucher),
                taking,
            );
        }
        let otherwise = replay::stands_otherwise(held.steps(), &theirs);
        if otherwise && replay::has_arrived(&mine, held.steps(), &theirs) {
            return held.fetched(bytes, taking.at, voucher);
        }
        if held.is_to_redo() || otherwise || reused {
            return self.redo(id, &mine, Some(&theirs), taking);
        }
        // A word of the server that does not know what it signed for: it was put back to an earlier
        // state. What it lost is here.
        let lost = !held.known_heads().iter().all(|head| theirs.has(head));
        if !lost && !held.is_waiting() {
            return held.fetched(bytes, taking.at, voucher);
        }
        let mut merged = mine.clone();
        match merged.merge(&theirs) {
            Ok(()) => {}
            Err(DocumentError::ActorReused) => return self.redo(id, &mine, Some(&theirs), taking),
            Err(error) => {
                return held.turn_down(ReasonCode::CannotReplay, &error.to_string(), taking);
            }
        }
        held.merged(&merged);
        if lost || held.is_others() {
            let others = self.identity.is_others_work(&merged, &heads);
            held.offer(merged.changes_since(&heads), others);
        }
        taking.lost |= lost;
        // What others made and the server lacks is proven by its word of before alone.
        let lacking = lost || held.brings_others(self.identity.device);
        held.knows(&heads, if lacking { None } else { voucher });
        // What is sealed was accepted: the receipt for it is asked for at once.
        if held.is_quarantined() && held.heads() == heads {
            taking.again |= held.ask_again();
        }
    }

    pub(super) fn erased(&mut self, id: ConversationId, taking: &mut Taking) {
        self.tell(id, What::Erased, taking);
        self.forget(id, taking);
        self.forget_aside(id, What::Erased, taking);
        // Nor does anything of it wait for a successor that was erased as well.
        let waits = |held: &Held| held.replaced().is_some_and(|replaced| replaced.by == id);
        let waiting: Vec<ConversationId> = self
            .held
            .iter()
            .filter(|(_, held)| waits(held))
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.tell(id, What::Erased, taking);
            self.forget(id, taking);
        }
    }
}
