//! Messages and what is kept of them, behind gzip and signatures.
//!
//! The first byte says what the rest is. Where it can be read, writing it and reading that gives the
//! same again, and the same bytes again; receipts and envelopes are signed first, so that a mutant
//! gets behind the signature.

use std::io::Write;

use ed25519_dalek::{Signer, SigningKey};
use flate2::{Compression, write::GzEncoder};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, UserId};
use koffiekar_sync_core::receipt::SignedReceipt;
use koffiekar_sync_core::replica::{Identity, Replica};
use koffiekar_sync_core::rescue;
use koffiekar_sync_core::sealed::OpenKey;
use koffiekar_sync_core::wire::{Answer, Envelope, Request, Voucher};
use minicbor::{Decode, Encode};
use uuid::Uuid;

use super::{Gauge, weigh};
use crate::messages;

/// What the first byte says of the rest; others count modulo their number.
pub mod kind {
    /// An envelope as it is sent.
    pub const ENVELOPE: u8 = 0;
    /// A request before it is packed.
    pub const REQUEST: u8 = 1;
    pub const ANSWER: u8 = 2;
    pub const RECEIPT: u8 = 3;
    pub const VOUCHER: u8 = 4;
    /// The body of an envelope as it is sent.
    pub const BODY: u8 = 5;
    /// What a tablet keeps beside the conversations.
    pub const STATE: u8 = 6;
    /// What a tablet keeps of a conversation.
    pub const HELD: u8 = 7;
    pub const IDENTITY: u8 = 8;
    /// What is sealed in a rescue file.
    pub const RESCUE: u8 = 9;
    pub const RESCUE_FILE: u8 = 10;
    pub const COUNT: u8 = 11;
}

pub fn run(input: &[u8], gauge: &dyn Gauge) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    match kind % kind::COUNT {
        kind::ENVELOPE => {
            if let Ok(envelope) = weigh(gauge, || Envelope::from_bytes(bytes)) {
                let sent = envelope.to_bytes();
                assert_eq!(Envelope::from_bytes(&sent).as_ref(), Ok(&envelope));
                let _ = weigh(gauge, || envelope.verify(&[7; 32]));
            }
        }
        kind::REQUEST => {
            if let Some(request) = opened(zipped(bytes), gauge) {
                let again = signed(request.clone());
                assert_eq!(again.open().as_ref(), Ok(&request));
                same_again(&request);
            }
        }
        kind::BODY => drop(opened(bytes.to_vec(), gauge)),
        kind::ANSWER => {
            let packed = zipped(bytes);
            if let Ok(answer) = weigh(gauge, || Answer::from_bytes(&packed)) {
                assert_eq!(Answer::from_bytes(&answer.to_bytes()).as_ref(), Ok(&answer));
                same_again(&answer);
            }
        }
        kind::RECEIPT => {
            let key = messages::key();
            let signed = sign(bytes.to_vec(), &key);
            if let Ok(receipt) = weigh(gauge, || signed.verify(&key.verifying_key())) {
                let again = SignedReceipt::sign(&receipt, &key);
                assert_eq!(again.verify(&key.verifying_key()).as_ref(), Ok(&receipt));
                same_again(&receipt);
            }
        }
        kind::VOUCHER => {
            if let Ok(voucher) = weigh(gauge, || minicbor::decode::<Voucher>(bytes)) {
                same_again(&voucher);
            }
        }
        kind::STATE => drop(restored(Some(bytes), None)),
        kind::HELD => {
            let replica = restored(None, Some(bytes));
            for (id, held) in replica.conversations() {
                held.standing();
                assert_eq!(Some(held), restored(None, Some(&held.to_bytes())).held(id));
            }
        }
        kind::RESCUE => {
            let mut file = b"koffiekar rescue v1\0".to_vec();
            file.extend(office().seal_key().seal(bytes, [9; 32]));
            if let Ok(envelopes) = weigh(gauge, || rescue::open(&file, &office())) {
                let again = rescue::seal(&envelopes, &office().seal_key(), [9; 32]);
                assert_eq!(rescue::open(&again, &office()), Ok(envelopes));
            }
        }
        kind::RESCUE_FILE => drop(weigh(gauge, || rescue::open(bytes, &office()))),
        _ => {
            if let Ok(identity) = weigh(gauge, || Identity::from_bytes(bytes)) {
                let kept = identity.to_bytes();
                assert_eq!(Identity::from_bytes(&kept).as_ref(), Ok(&identity));
            }
        }
    }
}

/// Writing and reading comes to rest: the same value, and the same bytes.
fn same_again<T>(value: &T)
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + std::fmt::Debug,
{
    let written = minicbor::to_vec(value).unwrap();
    let read: T = minicbor::decode(&written).expect("what was written is read");
    assert_eq!(&read, value);
    assert_eq!(minicbor::to_vec(&read).unwrap(), written);
}

fn opened(body: Vec<u8>, gauge: &dyn Gauge) -> Option<Request> {
    let mut envelope = signed(Request::default());
    envelope.body = body;
    weigh(gauge, || envelope.open()).ok()
}

fn signed(request: Request) -> Envelope {
    let key = messages::key();
    Envelope::seal(&request, DeviceNumber(1), &key, Millis(0), [0; 16])
}

/// A receipt of these bytes, whatever they are, that verifies.
pub fn sign(receipt: Vec<u8>, key: &SigningKey) -> SignedReceipt {
    let text = [b"koffiekar receipt v1\0", &receipt[..]].concat();
    let signature = key.sign(&text).to_bytes();
    SignedReceipt { receipt, signature }
}

pub fn zipped(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

pub fn office() -> OpenKey {
    OpenKey::new([8; 32])
}

fn identity() -> Identity {
    Identity {
        device: DeviceNumber(1),
        user: UserId(Uuid::from_u128(1)),
        seed: [5; 32],
        receipt_key: messages::key().verifying_key().to_bytes(),
    }
}

/// A tablet that starts with these; its first request must come out, whatever was kept.
fn restored(state: Option<&[u8]>, held: Option<&[u8]>) -> Replica {
    let id = ConversationId(Uuid::from_u128(1));
    let held = held.map(|held| (id, held.to_vec()));
    let given = usize::from(held.is_some());
    let (mut replica, unreadable) = Replica::restore(identity(), [1; 8], state, held, None);
    assert_eq!(unreadable.len() + replica.conversations().count(), given);
    let message = replica.next_request(Default::default(), Millis(1));
    let request = Envelope::from_bytes(&message).unwrap().open();
    assert!(request.is_ok(), "{request:?}");
    replica
}
