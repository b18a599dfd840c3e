//! Messages with everything in them that the format has, made of numbers: nothing in them fits together.

use ed25519_dalek::SigningKey;
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId};
use koffiekar_sync_core::receipt::{KeyId, KeySuccession, Receipt, ReceiptLine, SignedReceipt};
use koffiekar_sync_core::wire::{
    Answer, Compared, Cursor, DoubtfulTime, Epoch, FeedPage, Fingerprint, News, Outcome, Push,
    Reason, ReasonCode, Request, Version, Voucher,
};
use uuid::Uuid;

use crate::seed::Numbers;

/// Signs the receipts in these messages.
pub fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn id(numbers: &mut Numbers) -> ConversationId {
    ConversationId(Uuid::from_bytes(numbers.bytes()))
}

fn round(numbers: &mut Numbers) -> RoundId {
    RoundId(Uuid::from_bytes(numbers.bytes()))
}

fn heads(numbers: &mut Numbers) -> Vec<Head> {
    (0..numbers.below(4))
        .map(|_| Head(numbers.bytes()))
        .collect()
}

fn bytes(numbers: &mut Numbers, most: usize) -> Vec<u8> {
    (0..numbers.below(most))
        .map(|_| numbers.bytes::<1>()[0])
        .collect()
}

fn maybe<T>(numbers: &mut Numbers, some: impl FnOnce(&mut Numbers) -> T) -> Option<T> {
    (numbers.below(2) == 0).then(|| some(numbers))
}

pub fn millis(numbers: &mut Numbers) -> Millis {
    Millis(numbers.next().cast_signed())
}

pub fn request(numbers: &mut Numbers) -> Request {
    Request {
        epoch: maybe(numbers, |n| Epoch(n.bytes())),
        push: (0..numbers.below(4))
            .map(|_| Push {
                document: id(numbers),
                round: round(numbers),
                heads: heads(numbers),
                changes: bytes(numbers, 60),
                voucher: maybe(numbers, |n| u32::from_le_bytes(n.bytes())),
            })
            .collect(),
        cursors: (0..numbers.below(4))
            .map(|_| Cursor {
                round: round(numbers),
                place: numbers.next(),
            })
            .collect(),
        feed_bytes: u32::from_le_bytes(numbers.bytes()),
        reference: maybe(numbers, |n| Fingerprint(n.bytes())),
        tagger: maybe(numbers, |n| Fingerprint(n.bytes())),
        waiting: u32::from_le_bytes(numbers.bytes()),
        receipt_key: maybe(numbers, |n| KeyId(n.bytes())),
        compare: versions(numbers),
        vouchers: (0..numbers.below(3))
            .map(|_| Voucher {
                receipt: SignedReceipt::sign(&receipt(numbers), &key()),
                feed: versions(numbers),
            })
            .collect(),
    }
}

fn versions(numbers: &mut Numbers) -> Vec<Version> {
    (0..numbers.below(4))
        .map(|_| Version {
            document: id(numbers),
            heads: heads(numbers),
        })
        .collect()
}

fn compared(numbers: &mut Numbers) -> Compared {
    match numbers.below(4) {
        0 => Compared::Has,
        1 => Compared::Lacks(heads(numbers)),
        2 => Compared::Erased,
        _ => Compared::Replaced(id(numbers)),
    }
}

fn outcome(numbers: &mut Numbers) -> Outcome {
    let reason = Reason {
        code: ReasonCode::ClosedRound,
        detail: "de ronde is dicht 😀".to_owned(),
    };
    match numbers.below(8) {
        0 => Outcome::Stored,
        1 => Outcome::Unchanged,
        2 => Outcome::MissingDependencies,
        3 => Outcome::ActorReused,
        4 => Outcome::Held(reason),
        5 => Outcome::Erased,
        6 => Outcome::Replaced(id(numbers)),
        _ => Outcome::Invalid(reason),
    }
}

fn news(numbers: &mut Numbers) -> News {
    let document = id(numbers);
    match numbers.below(4) {
        0 => News::Changed(document, bytes(numbers, 80)),
        1 => News::Erased(document),
        2 => News::Replaced(document, id(numbers)),
        _ => News::MovedAway(document),
    }
}

pub fn receipt(numbers: &mut Numbers) -> Receipt {
    Receipt {
        epoch: Epoch(numbers.bytes()),
        key: KeyId(numbers.bytes()),
        device: DeviceNumber(numbers.next()),
        request: Fingerprint(numbers.bytes()),
        time: millis(numbers),
        documents: (0..numbers.below(4))
            .map(|_| ReceiptLine {
                document: id(numbers),
                pushed: heads(numbers),
                stored: heads(numbers),
                held: numbers.below(2) == 0,
            })
            .collect(),
        feed: maybe(numbers, |n| Fingerprint(n.bytes())),
    }
}

pub fn answer(numbers: &mut Numbers) -> Answer {
    Answer {
        epoch: Epoch(numbers.bytes()),
        time: millis(numbers),
        outcomes: (0..numbers.below(6)).map(|_| outcome(numbers)).collect(),
        receipt: maybe(numbers, |n| SignedReceipt::sign(&receipt(n), &key())),
        rounds: (0..numbers.below(3))
            .map(|_| FeedPage {
                round: round(numbers),
                place: numbers.next(),
                more: numbers.below(2) == 0,
                news: (0..numbers.below(4)).map(|_| news(numbers)).collect(),
            })
            .collect(),
        reference: maybe(numbers, |n| bytes(n, 50)),
        tagger: maybe(numbers, |n| bytes(n, 50)),
        compared: (0..numbers.below(4)).map(|_| compared(numbers)).collect(),
        keys: (0..numbers.below(3))
            .map(|_| KeySuccession {
                key: numbers.bytes(),
                signature: numbers.bytes(),
            })
            .collect(),
        revoked: numbers.below(2) == 0,
        erased_quotes: (0..numbers.below(3))
            .map(|_| QuoteId(Uuid::from_bytes(numbers.bytes())))
            .collect(),
        doubtful_times: (0..numbers.below(3))
            .map(|_| DoubtfulTime {
                document: id(numbers),
                received_at: millis(numbers),
            })
            .collect(),
    }
}
