//! What a tablet sends: requests, and the file of last resort.

use super::{Budget, Held, InFlight, Replica, Sent, TAGGER_EVERY_MS};
use crate::ids::{ConversationId, Millis};
use crate::limits;
use crate::live::LiveRequest;
use crate::receipt::KeyId;
use crate::rescue;
use crate::sealed::SealKey;
use crate::wire::{Envelope, Fingerprint, Push, Request};

/// Everything unsynced as a file, see [`rescue`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescue {
    pub file: Vec<u8>,
    /// Conversations in it.
    pub conversations: usize,
    /// Those for which the file had no room: another way must be found for them.
    pub left_out: usize,
}

/// Room in a rescue file for what is not a body: keys, signatures, lengths.
const RESCUE_ROOM: usize = limits::RESCUE_BYTES - 64 * 1024;

impl Replica {
    /// The next message to the server. It replaces one that was not answered.
    pub fn next_request(&mut self, budget: Budget, now: Millis) -> Vec<u8> {
        let (push, pushed) = pack(
            self.held.iter().filter(|(_, held)| held.is_sendable()),
            budget,
        );
        let request = Request {
            epoch: self.state.epoch,
            cursors: self.state.cursors.clone(),
            feed_bytes: budget.feed_bytes,
            reference: self.state.reference,
            tagger: self.tagger_wanted(now).then_some(self.state.tagger),
            waiting: u32::try_from(self.waiting().saturating_sub(push.len())).unwrap_or(u32::MAX),
            push,
            receipt_key: self.identity.receipt_key().ok().map(|key| KeyId::of(&key)),
            compare: Vec::new(),
            vouchers: Vec::new(),
        };
        let asked_tagger = request.tagger.is_some();
        let message = self.sealed(&request, now).to_bytes();
        self.in_flight = Some(InFlight {
            asked_tagger,
            request: Fingerprint::of(&message),
            pushed,
        });
        message
    }

    /// To be told at once when there is news, see [`crate::live`].
    pub fn live_request(&mut self, now: Millis) -> LiveRequest {
        let nonce = self.nonce();
        let key = self.identity.signing_key();
        LiveRequest::sign(self.identity.device, &key, self.clock(now), nonce)
    }

    /// Everything unsynced, readable by the office alone. What this tablet holds does not change by it,
    /// and may be sent as well. `fresh` must be 32 new random bytes.
    pub fn rescue(&mut self, office: &SealKey, fresh: [u8; 32], now: Millis) -> Rescue {
        let waiting: Vec<ConversationId> = self
            .held
            .iter()
            .filter(|(_, held)| held.is_waiting())
            .map(|(id, _)| *id)
            .collect();
        let mut left = waiting.as_slice();
        let mut envelopes = Vec::new();
        let mut bytes = 0;
        while !left.is_empty() {
            let items = left.iter().filter_map(|id| Some((id, self.held.get(id)?)));
            let (push, sent) = pack(items, Budget::default());
            let request = Request {
                epoch: self.state.epoch,
                push,
                ..Request::default()
            };
            let envelope = self.sealed(&request, now);
            bytes += envelope.body.len() + 256;
            if bytes > RESCUE_ROOM || sent.is_empty() {
                break;
            }
            envelopes.push(envelope);
            left = left.get(sent.len()..).unwrap_or_default();
        }
        Rescue {
            file: rescue::seal(&envelopes, office, fresh),
            conversations: waiting.len() - left.len(),
            left_out: left.len(),
        }
    }

    fn sealed(&mut self, request: &Request, now: Millis) -> Envelope {
        let nonce = self.nonce();
        let key = self.identity.signing_key();
        Envelope::seal(request, self.identity.device, &key, self.clock(now), nonce)
    }

    fn nonce(&mut self) -> [u8; 16] {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.session);
        nonce[8..].copy_from_slice(&self.requests.to_be_bytes());
        self.requests += 1;
        nonce
    }

    fn tagger_wanted(&self, now: Millis) -> bool {
        let due = |asked: Millis| self.clock(now) >= asked.plus(TAGGER_EVERY_MS);
        self.state.tagger_asked.is_none_or(due)
    }
}

/// As many as fit, in the order given.
fn pack<'a>(
    items: impl Iterator<Item = (&'a ConversationId, &'a Held)>,
    budget: Budget,
) -> (Vec<Push>, Vec<Sent>) {
    let mut push = Vec::new();
    let mut sent = Vec::new();
    let mut bytes = 0;
    for (id, held) in items {
        let full = push.len() >= budget.documents.min(limits::PUSH_DOCUMENTS);
        let heavy = bytes + held.pending().len() > budget.push_bytes && !push.is_empty();
        if full || heavy {
            break;
        }
        bytes += held.pending().len();
        let heads = held.heads().to_vec();
        sent.push(Sent {
            document: *id,
            heads: heads.clone(),
            pending_bytes: held.pending().len(),
        });
        push.push(Push {
            document: *id,
            round: held.round(),
            heads,
            changes: held.pending().to_vec(),
            voucher: None,
        });
    }
    (push, sent)
}
