//! What an answer took from a tablet: only what it might.

use std::collections::BTreeSet;

use koffiekar_sync_core::ids::{ConversationId, RoundId};
use koffiekar_sync_core::wire::{Answer, Compared, Epoch, News, Outcome, ReasonCode, Request};

use super::model::{EditId, has_all};
use super::world::{Checked, World};

/// What an answer says of what a tablet holds.
#[derive(Clone)]
pub struct Said {
    /// Of the database that says it.
    epoch: Epoch,
    rounds: BTreeSet<RoundId>,
    moved_away: BTreeSet<ConversationId>,
    turned_down: BTreeSet<ConversationId>,
    replaced: BTreeSet<ConversationId>,
    /// The marks of all that was erased by then.
    erased: Vec<String>,
}

impl Said {
    pub fn of(request: &Request, answer: &Answer, erased: Vec<String>) -> Said {
        let mut said = Said {
            epoch: answer.epoch,
            rounds: answer.rounds.iter().map(|page| page.round).collect(),
            moved_away: BTreeSet::new(),
            turned_down: BTreeSet::new(),
            replaced: BTreeSet::new(),
            erased,
        };
        for news in answer.rounds.iter().flat_map(|page| &page.news) {
            match news {
                News::MovedAway(id) => said.moved_away.insert(*id),
                News::Replaced(id, _) => said.replaced.insert(*id),
                News::Changed(..) | News::Erased(_) => false,
            };
        }
        for (push, outcome) in request.push.iter().zip(&answer.outcomes) {
            let id = push.document;
            match outcome {
                Outcome::Replaced(_) => said.replaced.insert(id),
                Outcome::Invalid(why) if why.code == ReasonCode::TurnedDown => {
                    said.turned_down.insert(id)
                }
                _ => false,
            };
        }
        for (version, compared) in request.compare.iter().zip(&answer.compared) {
            if let Compared::Replaced(_) = compared {
                said.replaced.insert(version.document);
            }
        }
        said
    }
}

impl World {
    pub(super) fn check_gone(&mut self, tablet: usize, said: &Said) -> Checked {
        let memory = self.tablets[tablet].memory.as_mut().ok_or("closed")?;
        let replica = &memory.replica;
        let held = |id: &ConversationId| replica.held(*id).is_some();
        for id in said.replaced.iter().filter(|id| held(id)) {
            memory.replaced.insert(*id, said.erased.clone());
        }
        let gone = memory.view.keys().filter(|id| !held(id));
        for id in gone.copied().collect::<Vec<_>>() {
            let memory = self.tablets[tablet].memory.as_mut().ok_or("closed")?;
            memory.replaced.remove(&id);
            let set = memory.view.remove(&id).unwrap_or_default();
            let own = memory.own.remove(&id).unwrap_or_default();
            if memory
                .form
                .as_ref()
                .is_some_and(|form| form.conversation == id)
            {
                memory.form = None;
            }
            // The tablet may know its successor, and not yet that this was erased as well.
            let heirs = self.model.heirs(id);
            let goes_on = heirs
                .iter()
                .any(|heir| memory.replica.held(*heir).is_some());
            let right = if self.model.erased.contains(&id) && !goes_on {
                Ok(())
            } else if !heirs.is_empty() {
                self.carried_over(tablet, id, &set, own)
            } else {
                self.forgotten(id, &set, said)
            };
            right.map_err(|wrong| format!("T{tablet} {}: {wrong}", self.model.name(id)))?;
        }
        Ok(())
    }

    /// All of it is at the server, and the person has no access any more.
    fn forgotten(&self, id: ConversationId, set: &BTreeSet<EditId>, said: &Said) -> Checked {
        let truth = &self.model.truth;
        // What another database had is no promise of this one.
        let current = self.epoch == Some(said.epoch);
        let safe = match current {
            true => &truth.has,
            false => &self.model.receipted,
        };
        if said.turned_down.contains(&id) {
            return Ok(());
        }
        if !has_all(safe, id, set) {
            return Err("is forgotten with work that the server does not have".to_owned());
        }
        let round = truth.round_of.get(&id);
        let here = round.is_some_and(|round| said.rounds.contains(round));
        if here && current && !said.moved_away.contains(&id) {
            return Err("is forgotten where its round is still open to them".to_owned());
        }
        Ok(())
    }

    /// What was done here, and what was not sent, is a part of its successor, or has nothing left to be
    /// about. Where the successor never came here, what the server signed for is gone with the old one.
    fn carried_over(
        &mut self,
        tablet: usize,
        id: ConversationId,
        set: &BTreeSet<EditId>,
        own: BTreeSet<EditId>,
    ) -> Checked {
        let heirs = self.model.heirs(id);
        let memory = self.tablets[tablet].memory.as_mut().ok_or("closed")?;
        let heir = heirs
            .iter()
            .find(|heir| memory.replica.held(**heir).is_some());
        let chain = || [id].into_iter().chain(heirs.iter().copied());
        let mut unsent = set.clone();
        for id in chain() {
            let known = self.model.receipted.get(&id).into_iter().flatten();
            unsent = unsent
                .difference(&known.copied().collect())
                .copied()
                .collect();
        }
        let Some(heir) = heir.or(heirs.last()).copied() else {
            return Ok(());
        };
        let there = memory.view.get(&heir).cloned().unwrap_or_default();
        let here = memory.replica.held(heir).is_some();
        if here {
            unsent.extend(&own);
        }
        let all = self.model.carried(heir, &there, &unsent);
        if !unsent.is_subset(&there) {
            self.model.done_again.insert(heir);
        }
        if here {
            memory.view.insert(heir, all);
            memory.own.entry(heir).or_default().extend(own);
            Ok(())
        } else if all == there {
            Ok(())
        } else {
            Err("is forgotten before its successor came, with work of its own".to_owned())
        }
    }
}
