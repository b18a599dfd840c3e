//! Asking the server how it has everything that is held here.
//!
//! After a backup was put back the server may lack what it once signed for, and a tablet that signed in
//! anew may not know what of its work arrived. Conversations are compared in the order of their ids, a
//! batch with each request, and what the server lacks is sent to it.

use minicbor::{Decode, Encode};

use super::incoming::Taking;
use super::{Held, Identity, Replica, Sent};
use crate::conversation::{Document, Head, header};
use crate::ids::ConversationId;
use crate::limits;
use crate::wire::{Compared, Version};

/// How far the comparing has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Comparing {
    /// Up to this one the answers are known.
    #[n(0)]
    pub(super) after: Option<ConversationId>,
}

/// What one version weighs in a request: ids, heads, and what surrounds them.
const VERSION_BYTES: usize = 60;

impl Replica {
    pub(super) fn compare_all(&mut self) {
        self.state.comparing = (!self.held.is_empty()).then(Comparing::default);
    }

    fn uncompared(&self) -> impl Iterator<Item = (&ConversationId, &Held)> {
        let comparing = self.state.comparing;
        let open = move |id: &ConversationId| {
            comparing.is_some_and(|comparing| comparing.after.is_none_or(|after| *id > after))
        };
        self.held
            .iter()
            .filter(move |(id, held)| open(id) && held.replaced().is_none())
    }

    /// The next batch, within so many bytes. A device whose access was ended asks nothing: it would be
    /// told that the server knows of nothing.
    pub(super) fn batch(&self, bytes: usize) -> Vec<Sent> {
        if self.state.revoked {
            return Vec::new();
        }
        let most = (bytes / VERSION_BYTES).clamp(1, limits::COMPARE_DOCUMENTS);
        self.uncompared()
            .take(most)
            .map(|(id, held)| Sent::of(*id, held))
            .collect()
    }

    /// What waits for its successor is asked about as well: that may have been erased, or replaced, where
    /// this person is not told of it.
    pub(super) fn successors_awaited(&self, most: usize) -> impl Iterator<Item = Sent> {
        let waits = |(_, held): &(&ConversationId, &Held)| held.replaced().is_some();
        let waiting = self.held.iter().filter(waits);
        waiting.take(most).map(|(id, held)| Sent::of(*id, held))
    }

    pub(super) fn versions(batch: &[Sent]) -> Vec<Version> {
        let version = |sent: &Sent| Version {
            document: sent.document,
            heads: sent.heads.clone(),
        };
        batch.iter().map(version).collect()
    }

    /// Takes in the answers; about the first `batch` of them the server need not be asked any more.
    /// Returns what was made by an earlier device of this person, has not arrived, and is in no document
    /// that the server tells of.
    pub(super) fn compared(
        &mut self,
        asked: &[Sent],
        batch: usize,
        answers: Vec<Compared>,
        taking: &mut Taking,
    ) -> Vec<ConversationId> {
        let mut nowhere = Vec::new();
        for (at, (sent, answer)) in asked.iter().zip(answers).enumerate() {
            if let Some(comparing) = &mut self.state.comparing
                && at < batch
            {
                comparing.after = Some(sent.document);
            }
            match answer {
                Compared::Has => self.has(sent, taking),
                Compared::Lacks(heads) => {
                    if self.lacks(sent.document, &heads, taking) && heads.is_empty() {
                        nowhere.push(sent.document);
                    }
                }
                Compared::Erased => self.erased(sent.document, taking),
                Compared::Replaced(by) => self.replaced(sent.document, by, taking),
            }
        }
        if self.uncompared().next().is_none() {
            self.state.comparing = None;
        }
        nowhere
    }

    /// Of the answers only what concerns a device whose access was ended as well: what was erased.
    pub(super) fn gone(&mut self, asked: &[Sent], answers: Vec<Compared>, taking: &mut Taking) {
        for (sent, answer) in asked.iter().zip(answers) {
            match answer {
                Compared::Has | Compared::Lacks(_) => {}
                Compared::Erased => self.erased(sent.document, taking),
                Compared::Replaced(by) => self.replaced(sent.document, by, taking),
            }
        }
    }

    fn has(&mut self, sent: &Sent, taking: &mut Taking) {
        let covered = taking.proof.stored.get(&sent.document) == Some(&sent.heads);
        if let Some(held) = self.held.get_mut(&sent.document)
            && covered
            && held.replaced().is_none()
        {
            held.covered(sent, taking);
            taking.touched.insert(sent.document);
        }
    }

    /// Whether it must be done again before it can be sent.
    fn lacks(&mut self, id: ConversationId, heads: &[Head], taking: &mut Taking) -> bool {
        let _opening = self.opening(id);
        let Some(held) = self.held.get_mut(&id) else {
            return false;
        };
        if held.replaced().is_some() {
            return false;
        }
        if held.is_to_redo() {
            return true;
        }
        if let Ok(document) = Document::load(held.bytes()) {
            let others = self.identity.is_others_work(&document, heads);
            held.offer(document.changes_since(heads), others);
            let known: Vec<Head> = heads
                .iter()
                .filter(|head| document.has(head))
                .copied()
                .collect();
            held.knows(&known, None);
            taking.touched.insert(id);
        }
        false
    }
}

impl Identity {
    /// Nothing since these heads is this person's: not the conversation, nor a change by this device.
    pub(super) fn is_others_work(&self, document: &Document, since: &[Head]) -> bool {
        let recorded = document.read().map(|read| read.recorded_by);
        let changed = header::authors(&document.changes_since(since)).unwrap_or_default();
        recorded.is_ok_and(|by| by != self.user) && !changed.contains(&self.device)
    }
}
