//! What goes on of a conversation after a quote was erased, where an older copy of the database was put back
//! that had neither.
//!
//! The erasure log alone knows of it then. A tablet that never fetched the successor brings the old
//! document, and the successor is made of it as it was made before: what was erased is never written, and
//! where a tablet has that successor the two come together.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use koffiekar_sync_core::admission::{Admission, Merged, Refusal, admit};
use koffiekar_sync_core::conversation::{Document, DocumentError};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, QuoteId};
use koffiekar_sync_core::wire::{Outcome, Push, ReasonCode};

use super::judge::{Case, Deed, New, Verdict};
use crate::projection::Arrival;
use crate::store::tombstones::Fate;

impl Case {
    /// Nothing of it is kept anywhere, but for what goes on of it where that was lost. Nothing is held
    /// for an administrator either: what was erased would be in it.
    pub(super) fn judge_gone(&self, item: &Push, fate: &Fate) -> Verdict {
        let told = Verdict::refused(fate.outcome());
        let Fate::Replaced {
            by,
            quotes,
            lost: true,
        } = fate
        else {
            return told;
        };
        let Ok(round) = self.permitted_round(item, None) else {
            return told;
        };
        let author = &self.pusher.author;
        let vouched = self.vouched(item);
        let merged = match admit(None, &item.changes, &item.heads, author, vouched) {
            Ok(Admission::Merged(merged)) => merged,
            Err(Refusal::MissingDependencies) => {
                return Verdict::refused(Outcome::MissingDependencies);
            }
            Ok(Admission::Unchanged { .. }) | Err(_) => return told,
        };
        if self.push.iter().any(|other| other.document == *by) || self.is_before(item, *by) {
            let why = "what goes on of this conversation stands in this push as well";
            return Verdict::invalid(ReasonCode::TryAgain, why);
        }
        let arrival = Arrival {
            received_at: self.now,
            enrolled_at: Some(self.pusher.enrolled_at)
                .filter(|_| merged.recorded_on == Some(author.device)),
        };
        let is_doubtful = arrival.is_time_doubtful(&merged.conversation);
        let Some(successor) = successor(&merged, *by, quotes, is_doubtful) else {
            return told;
        };
        let new = New {
            id: *by,
            round,
            device: DeviceNumber::SERVER,
            enrolled_at: None,
            received_at: self.now,
            now: self.now,
        };
        match new.version(successor, None, &self.pusher.surroundings, &self.model) {
            Some(version) => Verdict {
                deed: Deed::Store(Box::new(version)),
                ..told
            },
            None => told,
        }
    }

    /// Goes one that stands before this one on under the same id?
    fn is_before(&self, item: &Push, goes_on_as: ConversationId) -> bool {
        let before = self.push.iter();
        let mut before = before.take_while(|other| other.document != item.document);
        before.any(|other| {
            let fate = self.gone.get(&other.document);
            matches!(fate, Some(Fate::Replaced { by, .. }) if *by == goes_on_as)
        })
    }
}

/// `None` where it cannot be made.
fn successor(
    old: &Merged,
    id: ConversationId,
    erased: &[QuoteId],
    time_is_doubted: bool,
) -> Option<Merged> {
    let erased: BTreeSet<QuoteId> = erased.iter().copied().collect();
    // A document at which Automerge stumbles must not cost the whole push.
    let made = catch_unwind(AssertUnwindSafe(|| {
        let old = Document::load(&old.bytes)?;
        let document = old.successor(id, &erased, time_is_doubted)?;
        Ok::<_, DocumentError>(Merged {
            bytes: document.save(),
            heads: document.heads(),
            conversation: document.read()?,
            recorded_on: document.recorded_on(),
        })
    }));
    made.ok()?.ok()
}
