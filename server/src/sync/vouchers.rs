//! The server's own word of earlier, brought back by a tablet to a server that lost what it had signed for.
//!
//! A voucher is good when a key of this server signed it, whichever and in whatever epoch, for whatever
//! device: what counts is that the server once held these heads. One that is not good is as none: the
//! request goes on, and changes of others that came with it are refused as without.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::receipt::{KeyId, feed_fingerprint};
use koffiekar_sync_core::wire::{Push, Voucher};

use crate::each::by_itself;

/// For each pushed conversation the heads that the voucher beside it speaks for.
pub(crate) type Vouched = BTreeMap<ConversationId, Vec<Head>>;

/// What one voucher says.
type Word = BTreeMap<ConversationId, BTreeSet<Head>>;

/// `keys` are the public halves of all keys that ever signed here. Each voucher that is named is verified
/// once; others are not looked at.
pub(crate) fn vouched(push: &[Push], vouchers: &[Voucher], keys: &[[u8; 32]]) -> Vouched {
    let keys: BTreeMap<KeyId, VerifyingKey> = keys
        .iter()
        .filter_map(|key| VerifyingKey::from_bytes(key).ok())
        .map(|key| (KeyId::of(&key), key))
        .collect();
    let mut words: BTreeMap<usize, Option<Word>> = BTreeMap::new();
    let mut vouched = Vouched::new();
    for item in push {
        let place = item.voucher.and_then(|place| usize::try_from(place).ok());
        let Some((place, voucher)) = place.and_then(|at| Some((at, vouchers.get(at)?))) else {
            continue;
        };
        let word = words
            .entry(place)
            .or_insert_with(|| by_itself(|| word(voucher, &keys)).flatten());
        if let Some(heads) = word.as_ref().and_then(|word| word.get(&item.document)) {
            vouched.insert(item.document, heads.iter().copied().collect());
        }
    }
    vouched
}

fn word(voucher: &Voucher, keys: &BTreeMap<KeyId, VerifyingKey>) -> Option<Word> {
    let key = keys.get(&voucher.receipt.claimed_key()?)?;
    let receipt = voucher.receipt.verify(key).ok()?;
    let mut word = Word::new();
    // What was only held was not part of the conversation, and perhaps never became one.
    for line in receipt.documents.into_iter().filter(|line| !line.held) {
        let heads = word.entry(line.document).or_default();
        heads.extend(line.pushed);
        heads.extend(line.stored);
    }
    if !voucher.feed.is_empty() {
        if receipt.feed != Some(feed_fingerprint(&voucher.feed)) {
            return None;
        }
        for version in &voucher.feed {
            let heads = word.entry(version.document).or_default();
            heads.extend(&version.heads);
        }
    }
    Some(word)
}
