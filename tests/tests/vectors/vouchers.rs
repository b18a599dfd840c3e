//! `vouchers.json`: what a receipt of before speaks for, given back to a server that lost it.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::receipt::{SignedReceipt, feed_fingerprint};
use koffiekar_sync_core::wire::{Version, Voucher};
use serde_json::{Value, json};

use super::cast::{bilal, conversation, counting, receipt_seeds, signing_key};
use super::documents::heads;
use super::messages::{recorded, versions};
use super::receipts::{line, receipt, signed};
use super::{array, bytes, diagnostic, hex, list, pinned, text};

type SpokenFor = BTreeMap<String, BTreeSet<Head>>;

/// By the rules of the document: what this voucher speaks for; nothing where it is not good.
fn spoken_for(voucher: &Voucher, key: &VerifyingKey) -> SpokenFor {
    let mut spoken = SpokenFor::new();
    let Ok(receipt) = voucher.receipt.verify(key) else {
        return spoken;
    };
    if !voucher.feed.is_empty() && receipt.feed != Some(feed_fingerprint(&voucher.feed)) {
        return spoken;
    }
    let lines = receipt.documents.iter().filter(|line| !line.held);
    let of_lines = lines.map(|line| (line.document, [&line.pushed[..], &line.stored].concat()));
    let of_feed = voucher.feed.iter();
    let of_feed = of_feed.map(|version| (version.document, version.heads.clone()));
    for (document, heads) in of_lines.chain(of_feed) {
        spoken
            .entry(document.to_string())
            .or_default()
            .extend(heads);
    }
    spoken
}

fn case(name: &str, receipt: SignedReceipt, feed: Vec<Version>) -> Value {
    let voucher = Voucher { receipt, feed };
    let cbor = minicbor::to_vec(&voucher).unwrap();
    let key = signing_key(receipt_seeds()[0]).verifying_key();
    let spoken = spoken_for(&voucher, &key).into_iter();
    json!({
        "name": name,
        "cbor": hex(&cbor),
        "diagnostic": diagnostic(&cbor),
        "speaks_for": spoken
            .map(|(document, of)| (document, heads(&of.into_iter().collect::<Vec<_>>())))
            .collect::<serde_json::Map<_, _>>(),
    })
}

fn made() -> Value {
    let brought = versions();
    let hash = Some(feed_fingerprint(&brought));
    let pushed = recorded().heads();
    let merged = vec![Head(counting(0x50))];
    let own = |held| {
        let line = line(conversation(1), pushed.clone(), merged.clone(), held);
        receipt(vec![line], hash)
    };
    let turned: Vec<Version> = brought.iter().rev().cloned().collect();
    json!({
        "about": "Vouchers: which heads of which conversations each speaks for, before a server that ever signed with this key",
        "receipt_key": hex(signing_key(receipt_seeds()[0]).verifying_key()),
        "vouchers": [
            case("what a feed brought", signed(&receipt(Vec::new(), hash)), brought.clone()),
            case("what was pushed, and what it was merged into", signed(&own(false)), Vec::new()),
            case("both in one", signed(&own(false)), brought.clone()),
            case("what was only held", signed(&own(true)), Vec::new()),
            case("a list in another order than was signed", signed(&own(false)), turned),
            case("a list that was never signed", signed(&receipt(Vec::new(), None)), brought.clone()),
            case(
                "signed by another key",
                SignedReceipt::sign(&own(false), &signing_key(bilal().seed)),
                brought,
            ),
        ],
    })
}

#[test]
fn vouchers() {
    let kept = pinned("vouchers.json", &made());
    let key = VerifyingKey::from_bytes(&array(&kept, "receipt_key")).unwrap();
    let mut good = 0;
    for case in list(&kept, "vouchers") {
        let voucher: Voucher = minicbor::decode(&bytes(case, "cbor")).unwrap();
        let spoken = spoken_for(&voucher, &key);
        let told = case["speaks_for"].as_object().unwrap();
        let ids: Vec<&String> = spoken.keys().collect();
        assert_eq!(
            ids,
            told.keys().collect::<Vec<_>>(),
            "{}",
            text(case, "name")
        );
        good += usize::from(!told.is_empty());
    }
    assert_eq!(good, 3);
}
