//! What the server said it did becomes what the model knows of it; first it is held against that.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, RoundId};
use koffiekar_sync_core::office::Problem;
use koffiekar_sync_core::receipt::Receipt;
use koffiekar_sync_core::wire::{
    Answer, Compared, Fingerprint, News, Outcome, Push, ReasonCode, Request,
};

use super::exchange::opened;
use super::gone::Said;
use super::model::{EditId, Sealed, View, has_all};
use super::network::Reply;
use super::world::{Checked, World};

impl World {
    /// The request arrives at the server: what it says is held against the model.
    pub(super) async fn serve(
        &mut self,
        message: &[u8],
        carried: &View,
        cut: bool,
    ) -> Checked<Reply> {
        self.requests += 1;
        match self.host.sync(message.to_vec()).await {
            Ok(bytes) => {
                if cut {
                    return Err("the server took half a request for a whole one".to_owned());
                }
                self.story.note(&bytes);
                let (device, request) = opened(message)?;
                let answer = Answer::from_bytes(&bytes).map_err(|error| error.to_string())?;
                let asked = Fingerprint::of(message);
                let gone = |outcome: &Outcome| matches!(outcome, Outcome::Replaced(_));
                if answer.outcomes.iter().any(gone) {
                    let there = self.host.documents().await.into_keys().collect();
                    self.made_of_what_was_lost(&request, &answer, carried, &there)?;
                }
                let brought = self.observe(device, &request, asked, &answer, carried)?;
                self.epoch = Some(answer.epoch);
                let said = Said::of(&request, &answer, self.model.erased_marks());
                Ok(Reply::Answer {
                    bytes,
                    brought,
                    said,
                })
            }
            Err(problem) => {
                self.tell(format!("the server refuses: {}", problem.code()));
                if !cut {
                    self.check_refusal(message, &problem)?;
                }
                Ok(Reply::Refused(problem))
            }
        }
    }

    /// A whole and honest request is refused for its clock or for its device alone.
    fn check_refusal(&self, message: &[u8], problem: &Problem) -> Checked {
        let device = opened(message)?.0;
        let truth = &self.model.truth;
        let fits = match problem.code() {
            "clock-off" => true,
            // It arrived twice.
            "replayed" => true,
            "device-unknown" => !truth.devices.contains_key(&device),
            "device-revoked" => self.model.is_revoked(device),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(format!("a good request is refused: {problem:?}"))
        }
    }

    /// Where what a conversation went on as was lost with a backup, the server makes it again of the old
    /// one that a tablet brings. Whether it did, its tables say; what must be in them then, the model.
    fn made_of_what_was_lost(
        &mut self,
        request: &Request,
        answer: &Answer,
        carried: &View,
        there: &BTreeSet<ConversationId>,
    ) -> Checked {
        for (push, outcome) in request.push.iter().zip(&answer.outcomes) {
            let Outcome::Replaced(by) = outcome else {
                continue;
            };
            let edits = carried.get(&push.document).cloned().unwrap_or_default();
            let (heir, left) = self.model.left_of(push.document, &edits);
            if !there.contains(&heir) || self.model.truth.has.contains_key(&heir) {
                continue;
            }
            if *by != heir {
                let name = self.model.name(push.document);
                return Err(format!("{name}: is made again as what it is no more"));
            }
            self.model.rebuilt_twice.insert(heir);
            self.model.done_again.insert(heir);
            self.model.stored(heir, push.round, &left);
        }
        Ok(())
    }

    /// What the server said it did becomes what the model knows of it. Gives back what it brings.
    fn observe(
        &mut self,
        device: DeviceNumber,
        request: &Request,
        asked: Fingerprint,
        answer: &Answer,
        carried: &View,
    ) -> Checked<View> {
        let known = self.model.truth.devices.get(&device).copied();
        let person = known.ok_or("the server answered a device that it does not know")?;
        let revoked = self.model.is_revoked(device);
        if answer.revoked != revoked {
            return Err(format!("the server says revoked: {}", answer.revoked));
        }
        let receipted = self.receipted(device, asked, answer)?;
        if answer.outcomes.len() != request.push.len() {
            return Err("not one outcome for each pushed document".to_owned());
        }
        for (push, outcome) in request.push.iter().zip(&answer.outcomes) {
            let id = push.document;
            let edits = carried.get(&id).cloned().unwrap_or_default();
            let held = match outcome {
                Outcome::Stored | Outcome::Unchanged => Some(&false),
                Outcome::Held(_) => Some(&true),
                _ => None,
            };
            self.became(device, push, outcome, &edits)
                .and_then(|()| agrees(outcome, held, receipted.get(&id)))
                .map_err(|wrong| format!("{}: {wrong}", self.model.name(id)))?;
        }
        if !answer.compared.is_empty() && answer.compared.len() != request.compare.len() {
            return Err("not one answer for each compared document".to_owned());
        }
        for (version, compared) in request.compare.iter().zip(&answer.compared) {
            let id = version.document;
            let edits = carried.get(&id).cloned().unwrap_or_default();
            let held = matches!(compared, Compared::Has).then_some(&false);
            self.compared(device, id, compared, &edits)
                .and_then(|()| agrees(compared, held, receipted.get(&id)))
                .map_err(|wrong| format!("{}: {wrong}", self.model.name(id)))?;
        }
        let mut brought = View::new();
        let mut pages: BTreeSet<RoundId> = BTreeSet::new();
        for page in &answer.rounds {
            pages.insert(page.round);
            for news in &page.news {
                self.check_news(page.round, news)?;
                if let News::Changed(id, _) = news {
                    brought.insert(*id, self.model.truth.has[id].clone());
                }
            }
        }
        let allowed = if revoked {
            BTreeSet::new()
        } else {
            self.model.truth.members[person].clone()
        };
        if pages != allowed {
            return Err(format!("P{person} is given the rounds {pages:?}"));
        }
        let outcomes = told(&answer.outcomes);
        let names = self.model.names(brought.keys());
        self.tell(format!("the server answers [{outcomes}], brings [{names}]"));
        Ok(brought)
    }

    /// What the feed of a round tells is so.
    fn check_news(&self, round: RoundId, news: &News) -> Checked {
        let (id, so) = match news {
            News::Changed(id, _) => (id, self.model.truth.round_of.get(id) == Some(&round)),
            News::MovedAway(id) => (id, self.model.truth.round_of.get(id) != Some(&round)),
            News::Erased(id) => (id, self.model.erased.contains(id)),
            News::Replaced(id, by) => (id, self.model.heirs(*id).contains(by)),
        };
        if so {
            Ok(())
        } else {
            let name = self.model.name(*id);
            let kind = match news {
                News::Changed(..) => "changed",
                News::MovedAway(_) => "moved away",
                News::Erased(_) => "erased",
                News::Replaced(..) => "replaced",
            };
            Err(format!("{name} is told of as {kind} in another round"))
        }
    }

    /// What the server said of a conversation that a tablet asked about.
    fn compared(
        &mut self,
        device: DeviceNumber,
        id: ConversationId,
        compared: &Compared,
        edits: &BTreeSet<EditId>,
    ) -> Checked {
        let truth = &self.model.truth;
        let has = has_all(&truth.has, id, edits) && truth.has.contains_key(&id);
        let round = truth.round_of.get(&id);
        let person = truth.devices[&device];
        let sees = round.is_some_and(|round| self.model.is_member(person, *round));
        let sees = sees && !self.model.is_revoked(device);
        match compared {
            Compared::Has if !has => Err("the server says it has what never came".to_owned()),
            Compared::Has => {
                let receipted = self.model.receipted.entry(id).or_default();
                receipted.extend(edits);
                Ok(())
            }
            // Work that was done again is the same to the model, and not to those who compare heads.
            Compared::Lacks(_) if has && sees && !self.model.done_again.contains(&id) => {
                Err("the server says it lacks what it has".to_owned())
            }
            Compared::Lacks(heads) if !heads.is_empty() && !sees => {
                Err("the server tells of what this person may not know".to_owned())
            }
            Compared::Lacks(_) => Ok(()),
            Compared::Erased => self.erased_for_good(id),
            Compared::Replaced(by) => self.goes_on_as(id, *by),
        }
    }

    fn erased_for_good(&self, id: ConversationId) -> Checked {
        match self.model.erased.contains(&id) {
            true => Ok(()),
            false => Err("is called erased, and nobody erased it".to_owned()),
        }
    }

    fn goes_on_as(&self, id: ConversationId, by: ConversationId) -> Checked {
        match self.model.heirs(id).contains(&by) {
            true => Ok(()),
            false => Err("is called replaced, by what never took its place".to_owned()),
        }
    }

    /// The documents that a good receipt for this very request covers, and whether they are held.
    fn receipted(
        &self,
        device: DeviceNumber,
        asked: Fingerprint,
        answer: &Answer,
    ) -> Checked<BTreeMap<ConversationId, bool>> {
        let Some(signed) = &answer.receipt else {
            return Ok(BTreeMap::new());
        };
        let key: VerifyingKey = self.host.koffiekar.receipts.last().verifying_key();
        let receipt: Receipt = signed.verify(&key).map_err(|error| error.to_string())?;
        if receipt.request != asked || receipt.device != device || receipt.epoch != answer.epoch {
            return Err("the receipt is for something else".to_owned());
        }
        let lines = receipt.documents.iter();
        Ok(lines.map(|line| (line.document, line.held)).collect())
    }

    fn became(
        &mut self,
        device: DeviceNumber,
        push: &Push,
        outcome: &Outcome,
        edits: &BTreeSet<usize>,
    ) -> Checked {
        let id = push.document;
        let truth = &self.model.truth;
        let person = truth.devices[&device];
        let gone = self.model.erased.contains(&id) || self.model.replaced.contains_key(&id);
        // All of it is asked for where what it goes on as must be made of it again.
        let again = |outcome: &Outcome| match outcome {
            Outcome::MissingDependencies => true,
            Outcome::Invalid(why) => why.code == ReasonCode::TryAgain,
            _ => false,
        };
        if gone && again(outcome) {
            return Ok(());
        }
        if gone && !matches!(outcome, Outcome::Erased | Outcome::Replaced(_)) {
            return Err(format!("is gone, and the server says {outcome:?}"));
        }
        let round = *truth.round_of.get(&id).unwrap_or(&push.round);
        let not_member = !self.model.is_member(person, round);
        let closed = !truth.has.contains_key(&id) && truth.closed.contains(&round);
        let revoked = self.model.is_revoked(device);
        let permitted = !(not_member || closed || revoked);
        let fits = |why: ReasonCode| match why {
            ReasonCode::ForeignRound | ReasonCode::OtherRound => not_member,
            ReasonCode::ClosedRound => closed,
            ReasonCode::DeviceRevoked => revoked,
            _ => false,
        };
        match outcome {
            Outcome::Stored | Outcome::Unchanged => {
                let new = !has_all(&truth.has, id, edits);
                if *outcome == Outcome::Stored && !permitted {
                    return Err(format!("stored, where P{person} may not"));
                }
                if *outcome == Outcome::Unchanged && new {
                    return Err("the server says it knew what it never had".to_owned());
                }
                self.model.stored(id, round, edits);
                // What was held of it is a part of the conversation by now.
                let truth = &mut self.model.truth;
                let key = (device, id);
                if let Some(sealed) = truth.quarantine.get(&key)
                    && has_all(&truth.has, id, &sealed.edits)
                {
                    truth.quarantine.remove(&key);
                }
                Ok(())
            }
            Outcome::Held(why) => {
                if permitted || !fits(why.code) {
                    return Err(format!("held without reason: {why:?}"));
                }
                let round = push.round;
                let sealed = self.model.truth.quarantine.entry((device, id));
                let sealed = sealed.or_insert_with(|| Sealed {
                    edits: BTreeSet::new(),
                    round,
                    turned_down: false,
                });
                if !edits.is_subset(&sealed.edits) {
                    // There is more to decide about.
                    sealed.turned_down = false;
                    sealed.edits.extend(edits);
                }
                Ok(())
            }
            Outcome::Invalid(why) => {
                let sealed = truth.quarantine.get(&(device, id));
                let turned_down = why.code == ReasonCode::TurnedDown
                    && sealed.is_some_and(|sealed| sealed.turned_down);
                // Recorded again by somebody who does not know, or may not, that it is there: two
                // beginnings of one conversation do not go together. The feed brings what is there.
                let again = self.model.done_again.contains(&id)
                    && why.code == ReasonCode::NotAllowed
                    && why.detail.contains("only the first change");
                let fits = turned_down || again || fits(why.code);
                if fits {
                    Ok(())
                } else {
                    Err(format!("lawful work is refused: {why:?}"))
                }
            }
            Outcome::MissingDependencies | Outcome::ActorReused => Ok(()),
            Outcome::Erased => self.erased_for_good(id),
            Outcome::Replaced(by) => self.goes_on_as(id, *by),
        }
    }
}
/// What is called stored, or held, stands in the receipt as just that; nothing else does.
fn agrees(said: impl std::fmt::Debug, held: Option<&bool>, receipt: Option<&bool>) -> Checked {
    match held == receipt {
        true => Ok(()),
        false => Err(format!("{said:?}, and the receipt says otherwise")),
    }
}

fn told(outcomes: &[Outcome]) -> String {
    let words: Vec<String> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Invalid(why) => format!("Invalid {:?}", why.code),
            Outcome::Held(why) => format!("Held {:?}", why.code),
            Outcome::Replaced(_) => "Replaced".to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    words.join(", ")
}
