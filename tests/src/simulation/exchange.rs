//! Requests and answers: what the model makes of each, on the server and on the tablet.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, RoundId};
use koffiekar_sync_core::office::Problem;
use koffiekar_sync_core::receipt::Receipt;
use koffiekar_sync_core::replica::{Effect, Reaction};
use koffiekar_sync_core::wire::{
    Answer, Envelope, Fingerprint, News, Outcome, Push, ReasonCode, Request,
};

use super::model::{Sealed, View, has_all, unite};
use super::network::{Content, Parcel, Reply};
use super::world::{Checked, World};
use crate::seed::Numbers;

/// More exchanges than this without coming to rest are no progress.
const MOST_EXCHANGES: usize = 60;

/// What came of one request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Nothing more to send or to fetch; whether it brought or stored anything.
    ToRest(bool),
    Again,
    /// The server would not have it.
    Refused,
}

impl World {
    /// The tablet's next request, and what the model says it carries.
    pub(super) fn ask(&mut self, tablet: usize, dice: &mut Numbers) -> Checked<(Vec<u8>, View)> {
        let now = self.now_on(tablet);
        let budget = self.tablets[tablet].budget;
        let memory = self.awake(tablet, dice)?;
        let message = memory.replica.next_request(budget, now);
        // Nobody waits any more for the answer to an earlier one.
        memory.asked = None;
        let request = opened(&message)?.1;
        let pushed = request.push.iter().map(|push| push.document);
        let carried: View = pushed
            .map(|id| (id, memory.view.get(&id).cloned().unwrap_or_default()))
            .collect();
        self.story.note(&message);
        let names = self.model.names(carried.keys());
        self.tell(format!("T{tablet} asks, and sends [{names}]"));
        Ok((message, carried))
    }

    pub(super) fn send(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let (message, carried) = self.ask(tablet, dice)?;
        let number = self.network.send(tablet, carried, Content::Asked(message));
        if let Some(memory) = &mut self.tablets[tablet].memory {
            memory.asked = Some(number);
        }
        Ok(())
    }

    /// Something that was under way comes where it should.
    pub(super) async fn arrive(&mut self, dice: &mut Numbers) -> Checked {
        let Some(parcel) = self.network.take(dice.below(1_000)) else {
            return Ok(());
        };
        let Parcel {
            number,
            tablet,
            carried,
            content,
        } = parcel;
        match content {
            Content::Asked(message) => {
                let reply = self.serve(&message, &carried, false).await?;
                let answer = self.network.send(tablet, carried, Content::Answered(reply));
                // The tablet waits for the answer to what it asked last.
                if let Some(memory) = &mut self.tablets[tablet].memory
                    && memory.asked == Some(number)
                {
                    memory.asked = Some(answer);
                }
                Ok(())
            }
            Content::Answered(reply) => self.answered(tablet, number, reply, dice),
        }
    }

    fn answered(
        &mut self,
        tablet: usize,
        number: u32,
        reply: Reply,
        dice: &mut Numbers,
    ) -> Checked {
        let memory = self.tablets[tablet].memory.as_mut();
        let awaited = memory.filter(|memory| memory.asked == Some(number));
        let Some(memory) = awaited else {
            self.tell(format!("an answer comes for which T{tablet} does not wait"));
            return Ok(());
        };
        memory.asked = None;
        self.take_in(tablet, reply, dice).map(drop)
    }

    pub(super) fn lose(&mut self, dice: &mut Numbers) -> Checked {
        if let Some(parcel) = self.network.take(dice.below(1_000)) {
            let what = match parcel.content {
                Content::Asked(_) => "a request",
                Content::Answered(_) => "an answer",
            };
            self.tell(format!("{what} of T{} is lost", parcel.tablet));
        }
        Ok(())
    }

    /// A request arrives, and will arrive again; nobody waits for the first answer.
    pub(super) async fn double(&mut self, dice: &mut Numbers) -> Checked {
        let Some(parcel) = self.network.peek_request(dice.below(1_000)) else {
            return Ok(());
        };
        let Content::Asked(message) = &parcel.content else {
            return Ok(());
        };
        let (message, carried, tablet) = (message.clone(), parcel.carried.clone(), parcel.tablet);
        self.tell(format!("a request of T{tablet} arrives twice"));
        self.serve(&message, &carried, false).await.map(drop)
    }

    pub(super) async fn cut_request(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let (mut message, carried) = self.ask(tablet, dice)?;
        message.truncate(dice.below(message.len()));
        self.tell(format!("it is cut to {} bytes", message.len()));
        let reply = self.serve(&message, &carried, true).await?;
        self.take_in(tablet, reply, dice).map(drop)
    }

    /// The server committed; the tablet hears half of it, or nothing.
    pub(super) async fn cut_answer(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let (message, carried) = self.ask(tablet, dice)?;
        let reply = self.serve(&message, &carried, false).await?;
        let Reply::Answer { bytes, .. } = reply else {
            return self.take_in(tablet, reply, dice).map(drop);
        };
        let cut = &bytes[..dice.below(bytes.len())];
        self.tell(format!("its answer is cut to {} bytes", cut.len()));
        let now = self.now_on(tablet);
        let applied = self.awake(tablet, dice)?.replica.apply(cut, now);
        if applied.is_ok() {
            return Err(format!("T{tablet} took half an answer for a whole one"));
        }
        self.check_all_of(tablet)
    }

    pub(super) async fn sync_one(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        self.sync(tablet, dice).await.map(drop)
    }

    /// Until there is nothing more to send or to fetch. Says whether anything came or went.
    pub async fn sync(&mut self, tablet: usize, dice: &mut Numbers) -> Checked<bool> {
        let mut moved = false;
        for _ in 0..MOST_EXCHANGES {
            match self.exchange(tablet, dice).await? {
                Came::Again => moved = true,
                Came::ToRest(last) => return Ok(moved | last),
                Came::Refused => return Ok(moved),
            }
        }
        Err(format!(
            "T{tablet} does not come to rest in {MOST_EXCHANGES} exchanges"
        ))
    }

    /// One request and its answer, nothing going wrong.
    pub async fn exchange(&mut self, tablet: usize, dice: &mut Numbers) -> Checked<Came> {
        self.pass(40 + dice.below(400) as i64);
        let (message, carried) = self.ask(tablet, dice)?;
        let reply = self.serve(&message, &carried, false).await?;
        self.take_in(tablet, reply, dice)
    }

    /// The request arrives at the server: what it says is held against the model.
    async fn serve(&mut self, message: &[u8], carried: &View, cut: bool) -> Checked<Reply> {
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
                let brought = self.observe(device, &request, asked, &answer, carried)?;
                Ok(Reply::Answer { bytes, brought })
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
            self.became(device, push, outcome, &edits)
                .map_err(|wrong| format!("{}: {wrong}", self.model.name(id)))?;
            let held = match outcome {
                Outcome::Stored | Outcome::Unchanged => Some(&false),
                Outcome::Held(_) => Some(&true),
                _ => None,
            };
            if held != receipted.get(&id) {
                let name = self.model.name(id);
                return Err(format!(
                    "{name}: {outcome:?}, and the receipt says otherwise"
                ));
            }
        }
        let mut brought = View::new();
        let mut pages: BTreeSet<RoundId> = BTreeSet::new();
        for page in &answer.rounds {
            pages.insert(page.round);
            for news in &page.news {
                if let News::Changed(id, _) = news {
                    if self.model.truth.round_of.get(id) != Some(&page.round) {
                        let name = self.model.name(*id);
                        return Err(format!("{name} comes in the feed of another round"));
                    }
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
                let fits = turned_down || fits(why.code);
                if fits {
                    Ok(())
                } else {
                    Err(format!("lawful work is refused: {why:?}"))
                }
            }
            Outcome::MissingDependencies => Ok(()),
            other => Err(format!("not to be expected here: {other:?}")),
        }
    }

    /// The answer arrives at the tablet.
    pub(super) fn take_in(
        &mut self,
        tablet: usize,
        reply: Reply,
        dice: &mut Numbers,
    ) -> Checked<Came> {
        let now = self.now_on(tablet);
        let memory = self.awake(tablet, dice)?;
        let (bytes, brought) = match reply {
            Reply::Answer { bytes, brought } => (bytes, brought),
            Reply::Refused(problem) => {
                return Ok(match memory.replica.refused(&problem, now) {
                    Reaction::Retry => Came::Again,
                    Reaction::SignInAgain | Reaction::Later => Came::Refused,
                });
            }
        };
        let applied = memory.replica.apply(&bytes, now);
        let applied = applied.map_err(|error| format!("T{tablet}: a good answer: {error}"))?;
        let answer = Answer::from_bytes(&bytes).map_err(|error| error.to_string())?;
        unite(&mut memory.view, &brought);
        memory.rounds = answer.rounds.iter().map(|page| page.round).collect();
        let touched: Vec<ConversationId> = applied.effects.iter().filter_map(kept).collect();
        memory.unwritten = applied.effects;
        self.check_forgotten(tablet, &answer)?;
        self.check(tablet, &touched)?;
        if applied.again {
            Ok(Came::Again)
        } else {
            Ok(Came::ToRest(applied.stored > 0 || !brought.is_empty()))
        }
    }
}

fn kept(effect: &Effect) -> Option<ConversationId> {
    match effect {
        Effect::Keep(id) => Some(*id),
        _ => None,
    }
}

pub(super) fn opened(message: &[u8]) -> Checked<(DeviceNumber, Request)> {
    let envelope = Envelope::from_bytes(message).map_err(|error| error.to_string())?;
    let request = envelope.open().map_err(|error| error.to_string())?;
    Ok((envelope.device, request))
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
