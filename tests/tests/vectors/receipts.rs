//! `receipts.json`: the server's signed word, and all that must not pass as it.

use ed25519_dalek::VerifyingKey;
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber};
use koffiekar_sync_core::receipt::{KeyId, Receipt, ReceiptLine, SignedReceipt, feed_fingerprint};
use koffiekar_sync_core::wire::{Epoch, Fingerprint};
use serde_json::{Value, json};

use super::cast::{EPOCH, NOON, anna, bilal, conversation, counting, receipt_seeds, signing_key};
use super::documents::heads;
use super::messages::{envelope, recorded, versions, with_a_push};
use super::{array, bytes, diagnostic, hex, list, pinned, text};

pub(super) fn line(
    document: ConversationId,
    pushed: Vec<Head>,
    stored: Vec<Head>,
    held: bool,
) -> ReceiptLine {
    ReceiptLine {
        document,
        pushed,
        stored,
        held,
    }
}

/// Of the request that the vectors push.
pub(super) fn receipt(documents: Vec<ReceiptLine>, feed: Option<Fingerprint>) -> Receipt {
    Receipt {
        epoch: EPOCH,
        key: KeyId::of(&signing_key(receipt_seeds()[0]).verifying_key()),
        device: anna().device,
        request: Fingerprint::of(&envelope(&with_a_push()).to_bytes()),
        time: NOON.plus(6_000),
        documents,
        feed,
    }
}

pub(super) fn signed(receipt: &Receipt) -> SignedReceipt {
    SignedReceipt::sign(receipt, &signing_key(receipt_seeds()[0]))
}

/// `sent` were the heads of conversation 1 in the request; `covers` says whether it is safe then.
fn case(name: &str, signed: &SignedReceipt, covers: bool) -> Value {
    let cbor = minicbor::to_vec(signed).unwrap();
    json!({
        "name": name,
        "signed_receipt": hex(&cbor),
        "receipt": hex(&signed.receipt),
        "diagnostic": diagnostic(&signed.receipt),
        "covers": covers,
        "held": covers && receipt_of(signed).documents.iter().any(|line| line.held),
    })
}

/// Read without asking who signed it.
fn receipt_of(signed: &SignedReceipt) -> Receipt {
    minicbor::decode(&signed.receipt).unwrap()
}

fn cases() -> Vec<Value> {
    let sent = recorded().heads();
    let other = vec![Head(counting(7))];
    let with = |line: ReceiptLine| receipt(vec![line], None);
    let honest = with(line(conversation(1), sent.clone(), Vec::new(), false));
    let changed = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = honest.clone();
        change(&mut receipt);
        signed(&receipt)
    };
    let mut altered = signed(&honest);
    // Inside the epoch: still a receipt, but not what was signed.
    altered.receipt[4] ^= 1;
    let mut merged = sent.clone();
    merged.extend(&other);
    merged.sort();
    vec![
        case("what was sent is stored", &signed(&honest), true),
        case(
            "it was merged with what others wrote",
            &signed(&with(line(conversation(1), sent.clone(), merged, false))),
            true,
        ),
        case(
            "held for an administrator",
            &signed(&with(line(conversation(1), sent.clone(), Vec::new(), true))),
            true,
        ),
        case(
            "signed by another key",
            &SignedReceipt::sign(&honest, &signing_key(bilal().seed)),
            false,
        ),
        case("one bit of it is another", &altered, false),
        case(
            "for another request",
            &changed(&|receipt| receipt.request = Fingerprint::of(b"another")),
            false,
        ),
        case(
            "for another device",
            &changed(&|receipt| receipt.device = DeviceNumber(7)),
            false,
        ),
        case(
            "of another epoch than the answer",
            &changed(&|receipt| receipt.epoch = Epoch(counting(0))),
            false,
        ),
        case(
            "of another conversation",
            &signed(&with(line(conversation(2), sent, Vec::new(), false))),
            false,
        ),
        case(
            "of other heads than were sent",
            &signed(&with(line(conversation(1), other, Vec::new(), false))),
            false,
        ),
    ]
}

fn made() -> Value {
    let brought = versions();
    json!({
        "about": "Signed receipts for the request named by its fingerprint, in an answer of this epoch; and the fingerprint of what a feed brought",
        "receipt_key": hex(signing_key(receipt_seeds()[0]).verifying_key()),
        "device": anna().device.to_string(),
        "epoch": hex(EPOCH.0),
        "request": hex(Fingerprint::of(&envelope(&with_a_push()).to_bytes()).0),
        "document": conversation(1).to_string(),
        "sent": heads(&recorded().heads()),
        "receipts": cases(),
        "feed": {
            "versions": brought.iter().map(|version| json!({
                "document": version.document.to_string(),
                "heads": heads(&version.heads),
            })).collect::<Vec<_>>(),
            "cbor": hex(minicbor::to_vec(&brought).unwrap()),
            "diagnostic": diagnostic(&minicbor::to_vec(&brought).unwrap()),
            "fingerprint": hex(feed_fingerprint(&brought).0),
        },
    })
}

#[test]
fn receipts() {
    let kept = pinned("receipts.json", &made());
    let key = VerifyingKey::from_bytes(&array(&kept, "receipt_key")).unwrap();
    let sent: Vec<Head> = recorded().heads();
    for case in list(&kept, "receipts") {
        let signed: SignedReceipt = minicbor::decode(&bytes(case, "signed_receipt")).unwrap();
        let covers = signed.verify(&key).is_ok_and(|receipt| {
            receipt.request.0 == array(&kept, "request")
                && receipt.device.to_string() == text(&kept, "device")
                && receipt.epoch.0 == array(&kept, "epoch")
                && receipt.documents.iter().any(|line| {
                    line.document.to_string() == text(&kept, "document") && line.pushed == sent
                })
        });
        assert_eq!(
            covers,
            case["covers"].as_bool().unwrap(),
            "{}",
            text(case, "name")
        );
    }
    let feed = &kept["feed"];
    let hash = Fingerprint::of(&bytes(feed, "cbor"));
    assert_eq!(hash.0, array(feed, "fingerprint"));
}
