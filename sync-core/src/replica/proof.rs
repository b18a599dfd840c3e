//! What of an answer is believed: only what the server signed with the key that the tablet trusts.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;

use super::{AnswerError, InFlight, Replica, VoucherId};
use crate::conversation::{Document, Head};
use crate::ids::ConversationId;
use crate::receipt::{KeyId, KeySuccession, feed_fingerprint};
use crate::wire::{Answer, FeedPage, News, Version, Voucher};

/// Keys that one answer may hand over through: a key each month of eight years.
const SUCCESSIONS: usize = 100;

/// The verified receipt of an answer, as far as the tablet needs it.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The key that signs now.
    pub(super) key: [u8; 32],
    /// Heads that are stored, and a part of the conversation.
    pub(super) stored: BTreeMap<ConversationId, Vec<Head>>,
    /// Heads that are kept sealed until an administrator decides.
    pub(super) sealed: BTreeMap<ConversationId, Vec<Head>>,
    /// The receipt as a voucher for its lines, and for what the feed brought.
    pub(super) for_lines: Option<(VoucherId, Vec<u8>)>,
    pub(super) for_feed: Option<(VoucherId, Vec<u8>)>,
}

impl Replica {
    /// The receipt must be for exactly this request; whoever pushed, or is told of what was compared, must
    /// get one.
    pub(super) fn proof(&self, answer: &Answer, flight: &InFlight) -> Result<Proof, AnswerError> {
        let trusted = VerifyingKey::from_bytes(&self.identity.receipt_key)
            .map_err(|_| AnswerError::UnknownKey)?;
        let key = successor(trusted, &answer.keys)?;
        let mut proof = Proof {
            key: key.to_bytes(),
            ..Proof::default()
        };
        let Some(signed) = &answer.receipt else {
            let owed = !flight.pushed.is_empty() || !answer.compared.is_empty();
            return if owed {
                Err(AnswerError::Receipt)
            } else {
                Ok(proof)
            };
        };
        let receipt = signed.verify(&key).map_err(|_| {
            // Whose signature it is stands in what cannot be believed; it only tells the reason.
            match signed.claimed_key() {
                Some(claimed) if claimed != KeyId::of(&key) => AnswerError::UnknownKey,
                _ => AnswerError::Receipt,
            }
        })?;
        let ours = receipt.request == flight.request
            && receipt.device == self.identity.device
            && receipt.epoch == answer.epoch;
        if !ours {
            return Err(AnswerError::Receipt);
        }
        let feed = versions(&answer.rounds)
            .filter(|brought| receipt.feed == Some(feed_fingerprint(brought)));
        let voucher = |feed: Vec<Version>| {
            let receipt = signed.clone();
            VoucherId::of(&Voucher { receipt, feed })
        };
        proof.for_feed = feed.map(voucher);
        proof.for_lines = (!receipt.documents.is_empty()).then(|| voucher(Vec::new()));
        for line in receipt.documents {
            let lines = if line.held {
                &mut proof.sealed
            } else {
                &mut proof.stored
            };
            lines.insert(line.document, line.pushed);
        }
        Ok(proof)
    }
}

/// The key at the end of the chain, where each handed over to the next.
fn successor(mut key: VerifyingKey, chain: &[KeySuccession]) -> Result<VerifyingKey, AnswerError> {
    if chain.len() > SUCCESSIONS {
        return Err(AnswerError::UnknownKey);
    }
    for succession in chain {
        key = succession
            .verify(&key)
            .map_err(|_| AnswerError::UnknownKey)?;
    }
    Ok(key)
}

/// What the feed brought, in its order; nothing where it cannot be read.
fn versions(pages: &[FeedPage]) -> Option<Vec<Version>> {
    let news = pages.iter().flat_map(|page| &page.news);
    let changed = news.filter_map(|news| match news {
        News::Changed(document, bytes) => Some((*document, bytes)),
        _ => None,
    });
    changed
        .map(|(document, bytes)| {
            let heads = Document::heads_of(bytes).ok()?;
            Some(Version { document, heads })
        })
        .collect()
}
