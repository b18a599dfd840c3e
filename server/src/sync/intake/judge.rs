//! What becomes of each pushed conversation: computation alone, on copies.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use koffiekar_sync_core::admission::{Admission, Merged, Refusal, Unreadable, admit, union};
use koffiekar_sync_core::conversation::{Document, Head};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, RoundId};
use koffiekar_sync_core::policy::Violation;
use koffiekar_sync_core::sealed::OpenKey;
use koffiekar_sync_core::wire::{Outcome, Push, Reason, ReasonCode};
use tracing::instrument;

use super::{Pusher, reason};
use crate::each::each_by_itself;
use crate::projection::{Arrival, Surroundings, project};
use crate::store::documents::{NewVersion, StoredDocument};
use crate::store::quarantine::Held;
use crate::store::tombstones::Fate;
use crate::sync::quarantine::Sealed;
use crate::sync::vouchers::Vouched;
use crate::tagger::suggest::Model;
use crate::traces::SPANS;

/// All that a push is judged by.
pub(super) struct Case {
    pub(super) pusher: Pusher,
    pub(super) push: Arc<[Push]>,
    /// What this server once signed for of the pushed conversations.
    pub(super) vouched: Arc<Vouched>,
    pub(super) stored: BTreeMap<ConversationId, StoredDocument>,
    /// What is held of the pushed conversations from this device.
    pub(super) held: BTreeMap<ConversationId, Held>,
    /// Those of them that were erased or replaced.
    pub(super) gone: BTreeMap<ConversationId, Fate>,
    pub(super) model: Model,
    pub(super) key: Arc<OpenKey>,
    pub(super) now: Millis,
}

/// What becomes of one conversation.
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    /// The heads that are stored then.
    pub(super) stored: Vec<Head>,
    pub(super) deed: Deed,
    /// It stands in another round than the tablet believes, and this person is no member of that one.
    pub(super) elsewhere: bool,
}

/// What has to be done for it.
pub(super) enum Deed {
    Nothing,
    Store(Box<NewVersion>),
    Hold(Sealed),
    /// What was held of it is part of the conversation by now.
    Release,
    StoreAndRelease(Box<NewVersion>),
}

impl Verdict {
    pub(super) fn refused(outcome: Outcome) -> Self {
        Self {
            outcome,
            stored: Vec::new(),
            deed: Deed::Nothing,
            elsewhere: false,
        }
    }

    pub(super) fn invalid(code: ReasonCode, detail: &str) -> Self {
        Self::refused(Outcome::Invalid(reason(code, detail)))
    }

    pub(super) fn version(&self) -> Option<&NewVersion> {
        match &self.deed {
            Deed::Store(version) | Deed::StoreAndRelease(version) => Some(version),
            Deed::Nothing | Deed::Hold(_) | Deed::Release => None,
        }
    }
}

/// Judges a part of a push; spreads the work over the cores.
#[instrument(target = SPANS, name = "judge", skip_all, fields(conversations = part.len()))]
pub(super) async fn judge_part(case: Arc<Case>, part: Range<usize>) -> Vec<Verdict> {
    let expected = part.len();
    let judged = tokio::task::spawn_blocking(move || {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = part.len().div_ceil(cores).max(8);
        let judge_share = |items: &[Push]| -> Vec<Verdict> {
            each_by_itself(items, |item| case.judge(item), broken)
        };
        let mut judged: Vec<Verdict> = std::thread::scope(|scope| {
            let shares: Vec<_> = case.push[part.clone()]
                .chunks(share)
                .map(|items| scope.spawn(|| judge_share(items)))
                .collect();
            shares
                .into_iter()
                .flat_map(|share| share.join().unwrap_or_default())
                .collect()
        });
        refuse_doubles(&case.push, part, &mut judged);
        judged
    })
    .await
    .unwrap_or_default();
    if judged.len() == expected {
        return judged;
    }
    // Beyond what is caught for each of them: nothing of this push is stored.
    let broken = || Verdict::invalid(ReasonCode::TryAgain, "the server could not judge this push");
    (0..expected).map(|_| broken()).collect()
}

/// Whatever judging this one met will be met again: it stays on the tablet with its reason.
fn broken(item: &Push) -> Verdict {
    tracing::error!(document = %item.document, "judging a pushed conversation panicked; it is not taken");
    let why = "the server cannot judge this conversation; tell your administrator its number";
    Verdict::invalid(ReasonCode::Unreadable, why)
}

/// A conversation may stand once in a push; of a second one nothing is taken.
fn refuse_doubles(push: &[Push], part: Range<usize>, judged: &mut [Verdict]) {
    let before = push[..part.start].iter();
    let mut seen: BTreeSet<ConversationId> = before.map(|item| item.document).collect();
    for (item, verdict) in push[part].iter().zip(judged) {
        if !seen.insert(item.document) {
            let why = "the conversation stands twice in this push";
            *verdict = Verdict::invalid(ReasonCode::TryAgain, why);
        }
    }
}

impl Case {
    fn judge(&self, item: &Push) -> Verdict {
        // Before everything else, whoever sends it.
        if let Some(fate) = self.gone.get(&item.document) {
            return self.judge_gone(item, fate);
        }
        let stored = self.stored.get(&item.document);
        match self.permitted_round(item, stored) {
            Ok(round) => self.judge_permitted(item, stored, round),
            Err(why) => self.judge_held(item, stored, why),
        }
    }

    fn judge_permitted(
        &self,
        item: &Push,
        stored: Option<&StoredDocument>,
        round: RoundId,
    ) -> Verdict {
        let existing = stored.map(|document| document.bytes.as_slice());
        let vouched = self.vouched(item);
        match admit(
            existing,
            &item.changes,
            &item.heads,
            &self.pusher.author,
            vouched,
        ) {
            Ok(Admission::Unchanged { heads }) => self.unchanged(item, existing, heads),
            Ok(Admission::Merged(merged)) => {
                let covered = self.covers_held(item, &merged.bytes);
                let stored_heads = merged.heads.clone();
                let surroundings = &self.pusher.surroundings;
                let device = self.pusher.author.device;
                let version = New {
                    id: item.document,
                    round,
                    device,
                    enrolled_at: Some(self.pusher.enrolled_at),
                    received_at: self.now,
                    now: self.now,
                }
                .version(*merged, stored, surroundings, &self.model);
                let Some(version) = version.map(Box::new) else {
                    return Verdict::invalid(ReasonCode::ForeignRound, NO_SUCH_ROUND);
                };
                Verdict {
                    outcome: Outcome::Stored,
                    stored: stored_heads,
                    deed: match covered {
                        true => Deed::StoreAndRelease(version),
                        false => Deed::Store(version),
                    },
                    elsewhere: false,
                }
            }
            Err(refusal) => refused(item, &refusal),
        }
    }

    pub(super) fn vouched(&self, item: &Push) -> &[Head] {
        self.vouched.get(&item.document).map_or(&[], Vec::as_slice)
    }

    /// Not permitted now. What could be stored otherwise is held, with all that is held of it already.
    fn judge_held(&self, item: &Push, stored: Option<&StoredDocument>, why: Reason) -> Verdict {
        let existing = stored.map(|document| document.bytes.as_slice());
        let earlier = self.held.get(&item.document);
        let before = earlier.map(|held| Sealed::open(held, &self.key));
        let before = match before.transpose() {
            Ok(before) => before,
            Err(_) => {
                let why = "what is held of this conversation cannot be opened";
                return Verdict::invalid(ReasonCode::TryAgain, why);
            }
        };
        let changes = match &before {
            None => Ok(item.changes.clone()),
            Some(before) => union(&before.changes, &item.changes),
        };
        // What was held on this server's word of earlier is not asked for that word again.
        let earlier_word = before.iter().flat_map(|before| &before.vouched);
        let vouched = sorted(self.vouched(item).iter().chain(earlier_word));
        let admission = changes.map_err(Refusal::from).and_then(|changes| {
            let author = &self.pusher.author;
            let admission = admit(existing, &changes, &item.heads, author, &vouched)?;
            Ok((admission, changes))
        });
        let changes = match admission {
            Ok((Admission::Unchanged { heads }, _)) => {
                return Verdict {
                    elsewhere: why.code == ReasonCode::OtherRound,
                    ..self.unchanged(item, existing, heads)
                };
            }
            Ok((Admission::Merged(_), changes)) => changes,
            Err(refusal) => return refused(item, &refusal),
        };
        let nothing_new = before.is_some_and(|before| before.changes == changes);
        if let Some(held) = earlier.filter(|_| nothing_new) {
            return match &held.turned_down {
                Some(text) => Verdict::invalid(ReasonCode::TurnedDown, text),
                None => Verdict::refused(Outcome::Held(why)),
            };
        }
        let heads_before = earlier.iter().flat_map(|held| &held.heads);
        Verdict {
            deed: Deed::Hold(Sealed {
                heads: sorted(item.heads.iter().chain(heads_before)),
                changes,
                vouched,
                why: why.code,
            }),
            outcome: Outcome::Held(why),
            stored: Vec::new(),
            elsewhere: false,
        }
    }

    fn unchanged(&self, item: &Push, existing: Option<&[u8]>, stored: Vec<Head>) -> Verdict {
        let covered = existing.is_some_and(|existing| self.covers_held(item, existing));
        Verdict {
            outcome: Outcome::Unchanged,
            stored,
            deed: match covered {
                true => Deed::Release,
                false => Deed::Nothing,
            },
            elsewhere: false,
        }
    }

    /// Is everything that is held of this conversation in this document?
    fn covers_held(&self, item: &Push, document: &[u8]) -> bool {
        self.held.get(&item.document).is_some_and(|held| {
            Document::load(document)
                .is_ok_and(|document| held.heads.iter().all(|head| document.has(head)))
        })
    }

    /// The round is the server's word: a stored conversation stays where it is.
    pub(super) fn permitted_round(
        &self,
        item: &Push,
        stored: Option<&StoredDocument>,
    ) -> Result<RoundId, Reason> {
        if self.pusher.revoked {
            let why = "the access of this device was ended";
            return Err(reason(ReasonCode::DeviceRevoked, why));
        }
        let round = stored.map_or(item.round, |document| document.round);
        match self
            .pusher
            .rounds
            .iter()
            .find(|allowed| allowed.id == round)
        {
            None if stored.is_some_and(|document| document.round != item.round) => Err(reason(
                ReasonCode::OtherRound,
                "the conversation was moved to another round",
            )),
            None => Err(reason(
                ReasonCode::ForeignRound,
                "this person is no member of the round",
            )),
            Some(allowed) if allowed.closed && stored.is_none() => {
                Err(reason(ReasonCode::ClosedRound, "the round is closed"))
            }
            Some(_) => Ok(round),
        }
    }
}

fn sorted<'a>(heads: impl Iterator<Item = &'a Head>) -> Vec<Head> {
    let once: BTreeSet<Head> = heads.copied().collect();
    once.into_iter().collect()
}

pub(crate) const NO_SUCH_ROUND: &str = "there is no such round";

/// What a merged document needs to become a stored one.
pub(crate) struct New {
    pub(crate) id: ConversationId,
    pub(crate) round: RoundId,
    /// Whose changes these are.
    pub(crate) device: DeviceNumber,
    /// When that device was enrolled; missing for the server itself.
    pub(crate) enrolled_at: Option<Millis>,
    /// For a document that is not there yet.
    pub(crate) received_at: Millis,
    /// When it is taken in.
    pub(crate) now: Millis,
}

impl New {
    /// `None` where there is no such round.
    pub(crate) fn version(
        self,
        merged: Merged,
        stored: Option<&StoredDocument>,
        surroundings: &Surroundings,
        model: &Model,
    ) -> Option<NewVersion> {
        let Self {
            id,
            round,
            device,
            now,
            ..
        } = self;
        let arrival = match stored {
            Some(stored) => stored.arrival(merged.recorded_on),
            None => Arrival {
                received_at: self.received_at,
                enrolled_at: self
                    .enrolled_at
                    .filter(|_| merged.recorded_on == Some(device)),
            },
        };
        let projection = project(
            id,
            round,
            surroundings.kind(round)?,
            &merged.conversation,
            arrival,
            surroundings,
            |text, language, first| model.suggest(text, language, first),
        );
        Some(NewVersion {
            id,
            round,
            merged_into: stored.map(|document| document.version),
            heads: merged.heads,
            bytes: merged.bytes,
            received_at: arrival.received_at,
            written_at: now,
            device,
            projection,
            model: model.version.to_string(),
        })
    }
}

fn refused(item: &Push, refusal: &Refusal) -> Verdict {
    if *refusal == Refusal::ForeignActor && item.voucher.is_some() {
        let why = "a change was made by another device, and the voucher does not speak for it";
        return Verdict::invalid(ReasonCode::NotAllowed, why);
    }
    Verdict::refused(outcome_of(refusal))
}

/// What a tablet is told of a refusal.
pub fn outcome_of(refusal: &Refusal) -> Outcome {
    let code = match refusal {
        Refusal::MissingDependencies => return Outcome::MissingDependencies,
        Refusal::ActorReused | Refusal::StandsOtherwise => return Outcome::ActorReused,
        Refusal::Unreadable(Unreadable::TooLarge)
        | Refusal::TooLarge
        | Refusal::NotAllowed(Violation::QuoteTooLong | Violation::TooMuch(_)) => {
            ReasonCode::TooLarge
        }
        Refusal::Unreadable(_) | Refusal::Numbering | Refusal::Unmergeable => {
            ReasonCode::Unreadable
        }
        Refusal::NotAConversation | Refusal::NotAllowed(Violation::FirstChange(_)) => {
            ReasonCode::NotAConversation
        }
        Refusal::ForeignActor | Refusal::NotAllowed(_) => ReasonCode::NotAllowed,
    };
    Outcome::Invalid(reason(code, &refusal.to_string()))
}
