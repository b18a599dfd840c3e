//! Messages come out as they went in, or not at all.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use koffiekar_sync_core::ids::{DeviceNumber, UserId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::receipt::SignedReceipt;
use koffiekar_sync_core::replica::Identity;
use koffiekar_sync_core::wire::{Answer, Envelope, PROTOCOL, Request, WireError};
use koffiekar_tests::messages::{answer, millis, receipt, request};
use koffiekar_tests::seed::Numbers;
use proptest::prelude::*;
use uuid::Uuid;

use super::hold;

fn identity() -> Identity {
    Identity {
        device: DeviceNumber(12),
        user: UserId(Uuid::from_u128(1)),
        seed: [5; 32],
        receipt_key: [0; 32],
    }
}

fn public_key() -> [u8; 32] {
    identity().signing_key().verifying_key().to_bytes()
}

fn sealed(numbers: &mut Numbers) -> (Request, Envelope) {
    let request = request(numbers);
    let key = identity().signing_key();
    let (time, nonce) = (millis(numbers), numbers.bytes());
    let envelope = Envelope::seal(&request, identity().device, &key, time, nonce);
    (request, envelope)
}

/// Anything but what was signed must not pass as it.
fn taken(bytes: &[u8]) -> Result<Request, WireError> {
    let envelope = Envelope::from_bytes(bytes)?;
    envelope.verify(&public_key())?;
    envelope.open()
}

#[test]
fn messages_come_out_as_they_went_in() {
    hold(300, any::<u64>(), |seed| {
        let mut numbers = Numbers(seed);
        let (request, envelope) = sealed(&mut numbers);
        let sent = envelope.to_bytes();
        prop_assert_eq!(Envelope::from_bytes(&sent).unwrap(), envelope);
        prop_assert_eq!(taken(&sent).unwrap(), request);
        let answer = answer(&mut numbers);
        prop_assert_eq!(Answer::from_bytes(&answer.to_bytes()).unwrap(), answer);
        let receipt = receipt(&mut numbers);
        let key = identity().signing_key();
        let signed = SignedReceipt::sign(&receipt, &key);
        prop_assert_eq!(signed.verify(&key.verifying_key()).unwrap(), receipt);
        Ok(())
    });
}

#[test]
fn a_message_that_lost_its_end_is_an_error() {
    hold(40, any::<u64>(), |seed| {
        let mut numbers = Numbers(seed);
        let (_, envelope) = sealed(&mut numbers);
        let (sent, answer) = (envelope.to_bytes(), answer(&mut numbers).to_bytes());
        for length in 0..sent.len() {
            prop_assert!(
                Envelope::from_bytes(&sent[..length]).is_err(),
                "{} bytes",
                length
            );
        }
        for length in 0..answer.len() {
            prop_assert!(
                Answer::from_bytes(&answer[..length]).is_err(),
                "{} bytes",
                length
            );
        }
        // Nor may there be more than was meant.
        let more = [&sent[..], &[0]].concat();
        prop_assert!(Envelope::from_bytes(&more).is_err());
        Ok(())
    });
}

#[test]
fn one_changed_bit_breaks_the_signature() {
    hold(12, any::<u64>(), |seed| {
        let sent = sealed(&mut Numbers(seed)).1.to_bytes();
        for bit in 0..sent.len() * 8 {
            let mut changed = sent.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(taken(&changed).is_err(), "bit {}", bit);
        }
        Ok(())
    });
}

#[test]
fn one_changed_bit_of_a_receipt_breaks_it() {
    hold(12, any::<u64>(), |seed| {
        let key = identity().signing_key();
        let signed = SignedReceipt::sign(&receipt(&mut Numbers(seed)), &key);
        for bit in 0..(signed.receipt.len() + 64) * 8 {
            let mut changed = signed.clone();
            match bit.checked_sub(signed.receipt.len() * 8) {
                None => changed.receipt[bit / 8] ^= 1 << (bit % 8),
                Some(bit) => changed.signature[bit / 8] ^= 1 << (bit % 8),
            }
            prop_assert!(changed.verify(&key.verifying_key()).is_err(), "bit {}", bit);
        }
        Ok(())
    });
}

#[test]
fn one_changed_bit_of_an_answer_is_an_error_or_says_the_same() {
    hold(12, any::<u64>(), |seed| {
        let answer = answer(&mut Numbers(seed));
        let sent = answer.to_bytes();
        for bit in 0..sent.len() * 8 {
            let mut changed = sent.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // A few bits of gzip's own header mean nothing.
            if let Ok(read) = Answer::from_bytes(&changed) {
                prop_assert_eq!(&read, &answer, "bit {}", bit);
            }
        }
        Ok(())
    });
}

fn zipped(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

/// Signed by the device, whatever is in it.
fn envelope_around(body: Vec<u8>) -> Envelope {
    let (_, mut envelope) = sealed(&mut Numbers(1));
    envelope.body = body;
    envelope
}

#[test]
fn a_body_that_swells_beyond_the_limit_is_refused() {
    let bomb = zipped(&vec![0; limits::INFLATED_BYTES + 1]);
    assert!(bomb.len() < limits::REQUEST_BYTES / 8);
    assert_eq!(
        envelope_around(bomb.clone()).open(),
        Err(WireError::TooLarge(limits::REQUEST_INFLATED_BYTES))
    );
    assert_eq!(
        Answer::from_bytes(&bomb),
        Err(WireError::TooLarge(limits::INFLATED_BYTES))
    );
    let large = vec![0; limits::REQUEST_BYTES + 1];
    assert_eq!(
        Envelope::from_bytes(&large),
        Err(WireError::TooLarge(limits::REQUEST_BYTES))
    );
}

#[test]
fn a_list_that_claims_to_be_endless_is_refused_without_making_room_for_it() {
    // A map with push: an array of 2^62, and of bytes of 2^62.
    for claim in [
        [0xa1, 0x01, 0x9b, 0x40, 0, 0, 0, 0, 0, 0, 0],
        [0xa1, 0x01, 0x5b, 0x40, 0, 0, 0, 0, 0, 0, 0],
    ] {
        let opened = envelope_around(zipped(&claim)).open();
        assert!(matches!(opened, Err(WireError::NotCbor(_))), "{opened:?}");
    }
    let nested = zipped(&vec![0x81; 1_000_000]);
    assert!(matches!(
        envelope_around(nested).open(),
        Err(WireError::NotCbor(_))
    ));
}

/// An empty request: {1: [], 2: [], 3: 0, 6: 0}
const EMPTY: [u8; 9] = [0xa4, 0x01, 0x80, 0x02, 0x80, 0x03, 0x00, 0x06, 0x00];

#[test]
fn a_request_has_one_form() {
    let opened = |plain: &[u8]| envelope_around(zipped(plain)).open();
    assert_eq!(opened(&EMPTY), Ok(Request::default()));
    let push_twice = [&[0xa5, 0x01, 0x80][..], &EMPTY[1..]].concat();
    let endless_map = [&[0xbf][..], &EMPTY[1..], &[0xff]].concat();
    let mut endless_list = EMPTY.to_vec();
    endless_list.splice(2..3, [0x9f, 0xff]);
    let mut unknown = EMPTY.to_vec();
    unknown[0] = 0xa5;
    for (what, plain) in [
        ("a key twice", push_twice),
        ("a map without its length", endless_map),
        ("a list without its length", endless_list),
        (
            "null in a field that is not known",
            [&unknown[..], &[0x18, 99, 0xf6]].concat(),
        ),
        (
            "a float there",
            [&unknown[..], &[0x18, 99, 0xf9, 0x3c, 0x00]].concat(),
        ),
        (
            "a tag there",
            [&unknown[..], &[0x18, 99, 0xc0, 0x00]].concat(),
        ),
    ] {
        assert!(
            matches!(opened(&plain), Err(WireError::NotCbor(_))),
            "{what}"
        );
    }
    // The envelope around it is read as strictly.
    let (_, envelope) = sealed(&mut Numbers(1));
    let sent = envelope.to_bytes();
    let twice = [&[0xa7, 0x00, 0x01][..], &sent[1..]].concat();
    assert!(matches!(
        Envelope::from_bytes(&twice),
        Err(WireError::NotCbor(_))
    ));
}

#[test]
fn nothing_stands_behind_the_one_gzip_member() {
    let once = zipped(&EMPTY);
    for behind in [zipped(&EMPTY), zipped(&[]), vec![0], b"woorden".to_vec()] {
        let body = [once.clone(), behind].concat();
        assert_eq!(
            envelope_around(body.clone()).open(),
            Err(WireError::BehindGzip)
        );
        assert_eq!(Answer::from_bytes(&body), Err(WireError::BehindGzip));
    }
}

#[test]
fn another_protocol_is_named() {
    let (_, mut envelope) = sealed(&mut Numbers(1));
    envelope.protocol = PROTOCOL + 1;
    let read = Envelope::from_bytes(&envelope.to_bytes());
    assert_eq!(read, Err(WireError::Protocol(PROTOCOL + 1)));
}

#[test]
fn a_field_that_this_version_does_not_know_is_passed_over() {
    // An empty request of a later version: {1: [], 2: [], 3: 0, 6: 0, 99: [1, {2: "x"}]}
    let later = [
        0xa5, 0x01, 0x80, 0x02, 0x80, 0x03, 0x00, 0x06, 0x00, 0x18, 99, 0x82, 0x01, 0xa1, 0x02,
        0x61, b'x',
    ];
    assert_eq!(
        envelope_around(zipped(&later)).open(),
        Ok(Request::default())
    );
}
