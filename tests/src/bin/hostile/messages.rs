//! Messages that cost something before anybody looks at a conversation.

use std::io::Write;

use ed25519_dalek::Signer;
use flate2::{Compression, write::GzEncoder};
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, RoundId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::wire::{Cursor, Envelope, Fingerprint, Push, Request, Version};
use koffiekar_tests::messages::key;
use uuid::Uuid;

use super::{Cost, cost};

fn zipped(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

fn signed(request: &Request) -> Envelope {
    Envelope::seal(request, DeviceNumber(1), &key(), Millis(0), [0; 16])
}

/// An envelope around this body, signed like any other: our own client could not send it.
fn around(body: Vec<u8>) -> Vec<u8> {
    let mut envelope = signed(&Request::default());
    envelope.body = body;
    let text = [
        b"koffiekar sync request v1\0".to_vec(),
        envelope.device.0.to_be_bytes().to_vec(),
        envelope.time.0.to_be_bytes().to_vec(),
        envelope.nonce.to_vec(),
        Fingerprint::of(&envelope.body).0.to_vec(),
    ];
    envelope.signature = key().sign(&text.concat()).to_bytes();
    envelope.to_bytes()
}

fn all_of(message: &[u8]) -> Result<Request, String> {
    let envelope = Envelope::from_bytes(message).map_err(|error| error.to_string())?;
    let public = key().verifying_key().to_bytes();
    envelope
        .verify(&public)
        .map_err(|error| error.to_string())?;
    let request = envelope.open().map_err(|error| error.to_string())?;
    let few = request.push.len() <= limits::PUSH_DOCUMENTS
        && request.compare.len() <= limits::COMPARE_DOCUMENTS
        && request.vouchers.len() <= limits::VOUCHERS
        && request.cursors.len() <= limits::ROUNDS;
    few.then_some(request)
        .ok_or_else(|| "beyond a limit".to_owned())
}

pub(super) fn all() -> Vec<Cost> {
    let nothing = || Push {
        document: ConversationId(Uuid::nil()),
        round: RoundId(Uuid::nil()),
        heads: Vec::new(),
        changes: Vec::new(),
        voucher: None,
    };
    let version = || Version {
        document: ConversationId(Uuid::nil()),
        heads: Vec::new(),
    };
    let cursor = || Cursor {
        round: RoundId(Uuid::nil()),
        place: 1,
    };
    let plain = limits::REQUEST_INFLATED_BYTES;
    let with = |request: Request| around(zipped(&minicbor::to_vec(&request).unwrap()));
    let mut nested = vec![0xa1, 0x18, 0x63];
    nested.extend(vec![0x81; plain - 10]);
    let mut flat = vec![0xa1, 0x18, 0x63, 0x9a];
    flat.extend(u32::try_from(plain - 20).unwrap().to_be_bytes());
    flat.resize(plain - 12, 0xf5);
    let mut endless = vec![0xa1, 0x18, 0x63];
    for _ in 0..(plain - 10) / 2 {
        endless.extend([0x9f, 0xa1]);
    }
    let mut random = koffiekar_tests::seed::Numbers(3);
    let noise: Vec<u8> = (0..limits::REQUEST_BYTES / 8 - 100)
        .flat_map(|_| random.next().to_le_bytes())
        .collect();
    let messages: Vec<(&str, Vec<u8>)> = vec![
        (
            "gzip: zeros beyond what may be inflated",
            around(zipped(&vec![0; plain + 1])),
        ),
        ("gzip: noise that is no gzip", around(noise.clone())),
        ("gzip: noise stored", {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
            gzip.write_all(&noise).unwrap();
            let mut body = gzip.finish().unwrap();
            body.truncate(limits::REQUEST_BYTES - 200);
            around(body)
        }),
        ("CBOR: lists in lists", around(zipped(&nested))),
        (
            "CBOR: lists and maps without an end",
            around(zipped(&endless)),
        ),
        ("CBOR: a list of a great many", around(zipped(&flat))),
        (
            "pushes: as many as fit",
            with(Request {
                push: vec![nothing(); plain / 48],
                ..Request::default()
            }),
        ),
        (
            "compare: as many as fit",
            with(Request {
                compare: vec![version(); plain / 24],
                ..Request::default()
            }),
        ),
        (
            "cursors: as many as fit",
            with(Request {
                cursors: vec![cursor(); plain / 24],
                ..Request::default()
            }),
        ),
        (
            "heads: as many as fit, in one push",
            with(Request {
                push: vec![Push {
                    heads: vec![Head([0; 32]); plain / 36],
                    ..nothing()
                }],
                ..Request::default()
            }),
        ),
        (
            "heads: none, in as many pushes as may be",
            with(Request {
                push: vec![nothing(); limits::PUSH_DOCUMENTS],
                ..Request::default()
            }),
        ),
    ];
    messages
        .iter()
        .map(|(name, message)| cost(name, || all_of(message)))
        .collect()
}
