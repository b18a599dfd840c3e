//! Who and what the vectors are about: made up, and the same each time.

use koffiekar_sync_core::conversation::Actor;
use koffiekar_sync_core::ids::{
    ConversationId, DeviceNumber, Millis, QuoteId, RoundId, StatementId, UserId,
};
use koffiekar_sync_core::replica::Identity;
use koffiekar_sync_core::wire::Epoch;
use uuid::Uuid;

pub(super) const EPOCH: Epoch =
    Epoch(*b"\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef");
/// 2026-01-24T10:20:00Z
pub(super) const NOON: Millis = Millis(1_769_250_000_000);

/// Somebody with a tablet.
pub(super) struct Person {
    pub(super) device: DeviceNumber,
    pub(super) user: UserId,
    pub(super) seed: [u8; 32],
    pub(super) session: [u8; 8],
}

/// Bytes that count up from here: recognised at a glance in a dump.
pub(super) fn counting<const N: usize>(from: u8) -> [u8; N] {
    let mut next = from;
    [(); N].map(|()| {
        let byte = next;
        next = next.wrapping_add(1);
        byte
    })
}

/// A UUID that tells what kind of thing it is, and which.
fn uuid(kind: u8, number: u8) -> Uuid {
    let mut bytes = [0; 16];
    bytes[0] = kind;
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes[15] = number;
    Uuid::from_bytes(bytes)
}

pub(super) fn conversation(number: u8) -> ConversationId {
    ConversationId(uuid(0xc0, number))
}

pub(super) fn quote(number: u8) -> QuoteId {
    QuoteId(uuid(0x90, number))
}

pub(super) fn round(number: u8) -> RoundId {
    RoundId(uuid(0x20, number))
}

pub(super) fn statement(number: u8) -> StatementId {
    StatementId([0x5a, 0, 0, 0, 0, 0, 0, number])
}

pub(super) fn anna() -> Person {
    Person {
        device: DeviceNumber(0x0123_4567_89ab_cdef),
        user: UserId(uuid(0xaa, 1)),
        seed: counting(0),
        session: counting(0x11),
    }
}

/// With a number that needs all 64 bits.
pub(super) fn bilal() -> Person {
    Person {
        device: DeviceNumber(0xfedc_ba98_7654_3210),
        user: UserId(uuid(0xbb, 2)),
        seed: counting(0x20),
        session: counting(0x22),
    }
}

/// An editor at a desk: the server's own actor writes for them.
pub(super) fn editor() -> Person {
    Person {
        device: DeviceNumber::SERVER,
        user: UserId(uuid(0xee, 3)),
        seed: counting(0x40),
        session: counting(0x33),
    }
}

/// The server's keys for receipts: the one that signs, and the one that follows it.
pub(super) fn receipt_seeds() -> [[u8; 32]; 2] {
    [counting(0x60), counting(0x80)]
}

impl Person {
    pub(super) fn actor(&self) -> Actor {
        Actor {
            device: self.device,
            session: self.session,
        }
    }

    pub(super) fn identity(&self) -> Identity {
        Identity {
            device: self.device,
            user: self.user,
            seed: self.seed,
            receipt_key: public_key(receipt_seeds()[0]),
        }
    }
}

/// The public half of an Ed25519 key.
pub(super) fn public_key(seed: [u8; 32]) -> [u8; 32] {
    signing_key(seed).verifying_key().to_bytes()
}

pub(super) fn signing_key(seed: [u8; 32]) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&seed)
}
