//! Requests and answers on their way, and what the model makes of them on the tablet.

use koffiekar_sync_core::ids::{ConversationId, DeviceNumber};
use koffiekar_sync_core::replica::{Effect, Reaction};
use koffiekar_sync_core::wire::{Answer, Envelope, Request};

use super::model::{View, unite};
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
    /// The server would not have it: somebody must sign in, or wait.
    Refused,
}

impl World {
    /// The tablet's next request, and what the model says it carries.
    pub(super) fn ask(&mut self, tablet: usize, dice: &mut Numbers) -> Checked<(Vec<u8>, View)> {
        let now = self.reading_on(tablet);
        let budget = self.tablets[tablet].budget;
        let memory = self.awake(tablet, dice)?;
        let message = memory.replica.next_request(budget, now);
        // Nobody waits any more for the answer to an earlier one.
        memory.asked = None;
        let request = opened(&message)?.1;
        let pushed = request.push.iter().map(|push| push.document);
        let compared = request.compare.iter().map(|version| version.document);
        let carried: View = pushed
            .clone()
            .chain(compared)
            .map(|id| (id, memory.view.get(&id).cloned().unwrap_or_default()))
            .collect();
        self.story.note(&message);
        let names = self.model.names(&pushed.collect::<Vec<_>>());
        let compares = match request.compare.len() {
            0 => String::new(),
            many => format!(", and compares {many}"),
        };
        self.tell(format!("T{tablet} asks, and sends [{names}]{compares}"));
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
        let now = self.reading_on(tablet);
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

    /// Nothing comes of what this tablet asks before its person signed in on it again.
    pub(super) fn must_sign_in(&self, tablet: usize) -> bool {
        let device = self.tablets[tablet].disk.identity.device;
        !self.model.truth.devices.contains_key(&device)
    }

    /// The answer arrives at the tablet.
    pub(super) fn take_in(
        &mut self,
        tablet: usize,
        reply: Reply,
        dice: &mut Numbers,
    ) -> Checked<Came> {
        let now = self.reading_on(tablet);
        let memory = self.awake(tablet, dice)?;
        let (bytes, brought, said) = match reply {
            Reply::Answer {
                bytes,
                brought,
                said,
            } => (bytes, brought, said),
            Reply::Refused(problem) => {
                memory.set_back &= problem.code() != "clock-off";
                return Ok(match memory.replica.refused(&problem, now) {
                    Reaction::Retry => Came::Again,
                    Reaction::SignInAgain | Reaction::Later => Came::Refused,
                });
            }
        };
        let applied = memory.replica.apply(&bytes, now);
        let applied = applied.map_err(|error| format!("T{tablet}: a good answer: {error}"))?;
        let answer = Answer::from_bytes(&bytes).map_err(|error| error.to_string())?;
        memory.set_back = false;
        unite(&mut memory.view, &brought);
        memory.rounds = answer.rounds.iter().map(|page| page.round).collect();
        let touched: Vec<ConversationId> = applied.effects.iter().filter_map(kept).collect();
        memory.unwritten = applied.effects;
        self.check_gone(tablet, &said)?;
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
