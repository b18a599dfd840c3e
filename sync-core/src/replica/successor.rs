//! Work that must go on in another form: done again by another actor, or on a successor.

use super::held::Replaced;
use super::incoming::Taking;
use super::replay::{self, Author};
use super::{Held, Replica, What};
use crate::conversation::{Actor, CommandError, Document};
use crate::ids::ConversationId;
use crate::wire::{Fingerprint, ReasonCode};

impl Replica {
    /// One whose session wrote nothing yet: made of the old one and what came in.
    fn fresh_author(&mut self, taking: &Taking) -> Author {
        let number = self.requests.to_be_bytes();
        self.requests += 1;
        let text = [&self.session[..], &taking.answer.0, &number].concat();
        let mut session = [0; 8];
        session.copy_from_slice(&Fingerprint::of(&text).0[..8]);
        Author {
            actor: Actor {
                device: self.identity.device,
                session,
            },
            user: self.identity.user,
        }
    }

    /// Does the unsent steps again beside what the server has of it, if anything.
    pub(super) fn redo(
        &mut self,
        id: ConversationId,
        mine: &Document,
        theirs: Option<&Document>,
        taking: &mut Taking,
    ) {
        let author = self.fresh_author(taking);
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        taking.touched.insert(id);
        let done = if held.steps().is_empty() {
            Err(CommandError::UnknownState)
        } else {
            replay::redo(mine, held.steps(), theirs, author)
        };
        match done {
            Ok(done) => {
                held.redone(done, taking.at);
                if let Some(theirs) = theirs {
                    let voucher = taking.proof.for_feed.as_ref().map(|(id, _)| *id);
                    let lost = !held.known_heads().iter().all(|head| theirs.has(head));
                    // Its word of before is the proof of what others made and it lacks.
                    let lacking = lost || held.brings_others(self.identity.device);
                    held.knows(&theirs.heads(), if lacking { None } else { voucher });
                }
            }
            Err(error) => held.turn_down(ReasonCode::CannotReplay, &error.to_string(), taking),
        }
    }

    /// The server has another document under this id, that was not made of the one here: what was done
    /// here is carried over to it, and nothing else of the one here can be.
    pub(super) fn begin_anew(
        &mut self,
        id: ConversationId,
        mine: &Document,
        mut theirs: Document,
        mut fresh: Held,
        taking: &mut Taking,
    ) {
        let author = self.fresh_author(taking);
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        let before = theirs.heads();
        match replay::carry_over(mine, held.edits(), &[], &mut theirs, author) {
            Ok(carried) => {
                if !carried.steps.is_empty() {
                    fresh.continued(&theirs, theirs.changes_since(&before), carried.steps);
                }
                fresh.remember(carried.arrived);
                *held = fresh;
            }
            Err(error) => held.turn_down(ReasonCode::CannotReplay, &error.to_string(), taking),
        }
    }

    /// The server has nothing of these that this person may know of: they begin here.
    pub(super) fn redo_from_nothing(&mut self, ids: Vec<ConversationId>, taking: &mut Taking) {
        for id in ids {
            // The feed of the same answer may have brought it.
            let Some(held) = self.held.get(&id).filter(|held| held.is_to_redo()) else {
                continue;
            };
            let _opening = self.opening(id);
            if let Ok(mine) = Document::load(held.bytes()) {
                self.redo(id, &mine, None, taking);
            }
        }
    }

    /// The server's document did not come with the answer that speaks of it.
    pub(super) fn give_up_reused(&mut self, taking: &mut Taking) {
        for id in std::mem::take(&mut taking.reused) {
            if let Some(held) = self.held.get_mut(&id) {
                let why = "the author's sequence is used otherwise";
                held.turn_down(ReasonCode::TryAgain, why, taking);
            }
        }
    }

    /// The server put another document in the place of this one: nothing of what was erased stays here.
    pub(super) fn replaced(&mut self, id: ConversationId, by: ConversationId, taking: &mut Taking) {
        // What waited for this one waits for the next; and it may be known by now what that is.
        for (waiting, held) in &mut self.held {
            let waits = |replaced: &&Replaced| replaced.by == id || *waiting == id;
            let Some(replaced) = held.replaced().filter(waits) else {
                continue;
            };
            let mut next = replaced.clone();
            next.by = by;
            let erased = taking.erased_quotes.iter();
            let news = erased.filter(|quote| !replaced.erased.contains(quote));
            next.erased.extend(news);
            if next != *replaced {
                next.cleansed = false;
                held.replace(next);
                taking.touched.insert(*waiting);
            }
        }
        if self.is_aside(id) {
            let erased = taking.erased_quotes.clone();
            return self.forget_aside(id, What::Replaced { by, erased }, taking);
        }
        let Some(held) = self.held.get(&id) else {
            return;
        };
        if held.replaced().is_some() {
            return;
        }
        let erased = taking.erased_quotes.clone();
        let what = What::Replaced {
            by,
            erased: erased.clone(),
        };
        self.tell(id, what, taking);
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        taking.touched.insert(id);
        held.replace(Replaced {
            by,
            erased,
            cleansed: false,
        });
    }

    /// Carries what was done here, and is not there, over to the successors that are here. Where everything
    /// was `fetched`, and a successor did not come, nothing that the server signed for waits any longer:
    /// it is not this person's to bring.
    pub(super) fn carry_over(&mut self, fetched: bool, taking: &mut Taking) {
        let replaced: Vec<ConversationId> = self
            .held
            .iter()
            .filter(|(_, held)| held.replaced().is_some() && !held.is_refused())
            .map(|(id, _)| *id)
            .collect();
        for id in replaced {
            let Some(held) = self.held.get(&id).cloned() else {
                continue;
            };
            let _opening = self.opening(id);
            let waits = !held.steps().is_empty() || !fetched && held.edits().next().is_some();
            let done = self.carried(&held, taking);
            let Some(old) = self.held.get_mut(&id) else {
                continue;
            };
            match done {
                Ok(here) if here || !waits => self.forget(id, taking),
                Ok(_) => {}
                Err(error) => {
                    old.turn_down(ReasonCode::CannotReplay, &error.to_string(), taking);
                    taking.touched.insert(id);
                }
            }
            self.cleanse(id, taking);
        }
    }

    /// Whether the successor was here.
    fn carried(&mut self, old: &Held, taking: &mut Taking) -> Result<bool, CommandError> {
        let author = self.fresh_author(taking);
        let Some(replaced) = old.replaced() else {
            return Ok(false);
        };
        let Some(successor) = self.held.get_mut(&replaced.by) else {
            return Ok(false);
        };
        let mine = Document::load(old.bytes())?;
        let mut document = Document::load(successor.bytes())?;
        let before = document.heads();
        let erased = &replaced.erased;
        let carried = replay::carry_over(&mine, old.edits(), erased, &mut document, author)?;
        if !carried.steps.is_empty() {
            successor.continued(&document, document.changes_since(&before), carried.steps);
        }
        successor.remember(carried.arrived);
        taking.touched.insert(replaced.by);
        Ok(true)
    }

    /// Until the successor comes the conversation is shown without what was erased, and without its
    /// history.
    fn cleanse(&mut self, id: ConversationId, taking: &mut Taking) {
        let author = self.fresh_author(taking);
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        let Some(replaced) = held.replaced().filter(|replaced| !replaced.cleansed) else {
            return;
        };
        let clean = Document::load(held.bytes())
            .map_err(CommandError::from)
            .and_then(|mine| replay::cleansed(&mine, &replaced.erased, author));
        if let Ok(clean) = clean {
            held.cleanse(&clean);
            taking.touched.insert(id);
        }
    }
}
