//! What a tablet sends: requests, and the file of last resort.

use std::collections::{BTreeMap, BTreeSet};

use super::{Budget, Held, InFlight, Replica, Sent, TAGGER_EVERY_MS, VoucherId};
use crate::clock::Reading;
use crate::ids::{ConversationId, Millis};
use crate::limits;
use crate::live::LiveRequest;
use crate::receipt::KeyId;
use crate::rescue;
use crate::sealed::SealKey;
use crate::wire::{Envelope, Fingerprint, Push, Request, Voucher};

/// Everything unsynced as a file, see [`rescue`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescue {
    pub file: Vec<u8>,
    /// Conversations in it.
    pub conversations: usize,
    /// Those that are not: for which the file had no room, or that wait for the document that was put
    /// in their place. Another way must be found for them.
    pub left_out: usize,
}

/// Room in a rescue file for what is not a body: keys, signatures, lengths.
const RESCUE_ROOM: usize = limits::RESCUE_BYTES - 64 * 1024;

impl Replica {
    /// The next message to the server. It replaces one that was not answered.
    pub fn next_request(&mut self, budget: Budget, now: impl Into<Reading>) -> Vec<u8> {
        let now = now.into();
        let mut compared = self.batch(budget.push_bytes);
        let batch = compared.len();
        compared.extend(self.successors_awaited(limits::COMPARE_DOCUMENTS - batch));
        let asked: BTreeSet<ConversationId> = compared.iter().map(|sent| sent.document).collect();
        let server_now = self.time_of_request(now);
        let sendable = |(id, held): &(&ConversationId, &Held)| {
            held.is_sendable(server_now) && !asked.contains(id)
        };
        // Oldest first, as ids sort by time; what others made and the server lost, last.
        let own = self.held.iter().filter(|(_, held)| !held.is_others());
        let others = self.held.iter().filter(|(_, held)| held.is_others());
        let parcel = self.pack(own.chain(others).filter(sendable), budget);
        let left = self.waiting().saturating_sub(parcel.push.len());
        let request = Request {
            epoch: self.state.epoch,
            push: parcel.push,
            cursors: self.state.cursors.clone(),
            feed_bytes: budget.feed_bytes,
            reference: self.state.reference,
            tagger: self.tagger_wanted(now).then_some(self.state.tagger),
            waiting: u32::try_from(left).unwrap_or(u32::MAX),
            receipt_key: self.identity.receipt_key().ok().map(|key| KeyId::of(&key)),
            compare: Self::versions(&compared),
            vouchers: parcel.vouchers,
        };
        let asked_tagger = request.tagger.is_some();
        let message = self.sealed(&request, now).to_bytes();
        self.in_flight = Some(InFlight {
            request: Fingerprint::of(&message),
            asked_tagger,
            pushed: parcel.sent,
            compared,
            batch,
        });
        message
    }

    /// To be told at once when there is news, see [`crate::live`].
    pub fn live_request(&mut self, now: impl Into<Reading>) -> LiveRequest {
        let nonce = self.nonce();
        let key = self.identity.signing_key();
        let time = self.time_of_request(now);
        LiveRequest::sign(self.identity.device, &key, time, nonce)
    }

    /// Everything unsynced, readable by the office alone. What this tablet holds does not change by it,
    /// and may be sent as well. `fresh` must be 32 new random bytes.
    pub fn rescue(&mut self, office: &SealKey, fresh: [u8; 32], now: impl Into<Reading>) -> Rescue {
        let now = now.into();
        let waiting: Vec<ConversationId> = self
            .all_held()
            .filter(|(_, held)| !held.pending().is_empty() && held.replaced().is_none())
            .map(|(id, _)| *id)
            .collect();
        let mut left = waiting.as_slice();
        let mut envelopes = Vec::new();
        let mut bytes = 0;
        while !left.is_empty() {
            let held =
                |id: &ConversationId| self.held.get(id).or_else(|| self.aside.get(id)?.as_ref());
            let items = left.iter().filter_map(|id| Some((id, held(id)?)));
            let parcel = self.pack(items, Budget::default());
            let packed = parcel.push.len();
            let request = Request {
                epoch: self.state.epoch,
                push: parcel.push,
                vouchers: parcel.vouchers,
                ..Request::default()
            };
            let envelope = self.sealed(&request, now);
            bytes += envelope.body.len() + 256;
            if bytes > RESCUE_ROOM || packed == 0 {
                break;
            }
            envelopes.push(envelope);
            left = left.get(packed..).unwrap_or_default();
        }
        let conversations = waiting.len() - left.len();
        Rescue {
            file: rescue::seal(&envelopes, office, fresh),
            conversations,
            left_out: self.waiting() - conversations,
        }
    }

    fn sealed(&mut self, request: &Request, now: Reading) -> Envelope {
        let nonce = self.nonce();
        let key = self.identity.signing_key();
        let time = self.time_of_request(now);
        Envelope::seal(request, self.identity.device, &key, time, nonce)
    }

    fn nonce(&mut self) -> [u8; 16] {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.session);
        nonce[8..].copy_from_slice(&self.requests.to_be_bytes());
        self.requests += 1;
        nonce
    }

    fn tagger_wanted(&self, now: Reading) -> bool {
        let due = |asked: Millis| self.time_of_request(now) >= asked.plus(TAGGER_EVERY_MS);
        self.state.tagger_asked.is_none_or(due)
    }

    /// As many as fit, in the order given.
    fn pack<'a>(
        &self,
        items: impl Iterator<Item = (&'a ConversationId, &'a Held)>,
        budget: Budget,
    ) -> Parcel {
        let mut parcel = Parcel::default();
        for (id, held) in items {
            let voucher = self.voucher_for(held);
            let fresh = voucher.filter(|(id, _)| !parcel.places.contains_key(id));
            let bytes = held.pending().len() + fresh.map_or(0, |(_, bytes)| bytes.len());
            let full = parcel.push.len() >= budget.documents.min(limits::PUSH_DOCUMENTS)
                || fresh.is_some() && parcel.vouchers.len() >= limits::VOUCHERS;
            let heavy = parcel.bytes + bytes > budget.push_bytes && !parcel.push.is_empty();
            if full || heavy {
                break;
            }
            parcel.bytes += bytes;
            if let Some((id, bytes)) = fresh
                && let Ok(voucher) = crate::wire::decode(bytes)
            {
                let place = u32::try_from(parcel.vouchers.len()).unwrap_or(u32::MAX);
                parcel.places.insert(id, place);
                parcel.vouchers.push(voucher);
            }
            let sent = Sent::of(*id, held);
            parcel.push.push(Push {
                document: *id,
                round: held.round(),
                heads: sent.heads.clone(),
                changes: held.pending().to_vec(),
                voucher: voucher.and_then(|(id, _)| parcel.places.get(&id).copied()),
            });
            parcel.sent.push(sent);
        }
        parcel
    }

    /// The server's word about what others made, where some of that is to be sent.
    fn voucher_for(&self, held: &Held) -> Option<(VoucherId, &[u8])> {
        let id = held.voucher()?;
        let bytes = self.vouchers.get(&id)?;
        let needed = held.brings_others(self.identity.device);
        needed.then_some((id, bytes.as_slice()))
    }
}

/// What goes along with one request.
#[derive(Default)]
struct Parcel {
    push: Vec<Push>,
    sent: Vec<Sent>,
    vouchers: Vec<Voucher>,
    /// Where each stands in the list.
    places: BTreeMap<VoucherId, u32>,
    bytes: usize,
}
