//! `messages.json`: requests in their envelopes, and answers.

use koffiekar_sync_core::conversation::{Document, Head};
use koffiekar_sync_core::ids::{ConversationId, Millis};
use koffiekar_sync_core::receipt::{KeyId, KeySuccession, feed_fingerprint};
use koffiekar_sync_core::wire::{
    Answer, Compared, Cursor, DoubtfulTime, Envelope, FeedPage, Fingerprint, News, Outcome, Push,
    Reason, ReasonCode, Request, Version, Voucher,
};
use serde_json::{Value, json};

use super::cast::{self, EPOCH, NOON, anna, conversation, counting, receipt_seeds, signing_key};
use super::documents::bare;
use super::receipts::{line, receipt, signed};
use super::{array, bytes, diagnostic, hex, list, pinned, text};

/// The least of a conversation, and it is Anna's.
pub(super) fn recorded() -> Document {
    let anna = anna();
    Document::record(&bare(&anna), anna.actor()).unwrap()
}

pub(super) fn push() -> Push {
    let document = recorded();
    Push {
        document: conversation(1),
        round: cast::round(1),
        heads: document.heads(),
        changes: document.changes_since(&[]),
        voucher: None,
    }
}

fn key_id() -> KeyId {
    KeyId::of(&signing_key(receipt_seeds()[0]).verifying_key())
}

/// The first thing that a tablet ever says.
fn first_contact() -> Request {
    Request {
        feed_bytes: 1_048_576,
        tagger: Some(Fingerprint::default()),
        receipt_key: Some(key_id()),
        ..Request::default()
    }
}

pub(super) fn with_a_push() -> Request {
    Request {
        epoch: Some(EPOCH),
        push: vec![push()],
        cursors: vec![Cursor {
            round: cast::round(1),
            place: 41,
        }],
        feed_bytes: 1_048_576,
        reference: Some(Fingerprint::of(b"reference")),
        receipt_key: Some(key_id()),
        ..Request::default()
    }
}

/// A push and nothing else, as it stands in a rescue file.
pub(super) fn rescued() -> Request {
    Request {
        epoch: Some(EPOCH),
        push: vec![push()],
        ..Request::default()
    }
}

/// Changes that others made, given back to a server that lost them.
fn given_back() -> Request {
    let brought = versions();
    let voucher = Voucher {
        receipt: signed(&receipt(Vec::new(), Some(feed_fingerprint(&brought)))),
        feed: brought.clone(),
    };
    Request {
        push: vec![Push {
            voucher: Some(0),
            ..push()
        }],
        waiting: 3,
        compare: brought,
        vouchers: vec![voucher],
        ..with_a_push()
    }
}

pub(super) fn versions() -> Vec<Version> {
    vec![
        Version {
            document: conversation(1),
            heads: recorded().heads(),
        },
        Version {
            document: conversation(2),
            heads: vec![Head(counting(0x10)), Head(counting(0x30))],
        },
    ]
}

pub(super) fn envelope(request: &Request) -> Envelope {
    let anna = anna();
    let key = anna.identity().signing_key();
    Envelope::seal(request, anna.device, &key, NOON.plus(5_000), counting(0xf0))
}

fn told_request(name: &str, request: &Request) -> Value {
    let envelope = envelope(request);
    let plain = minicbor::to_vec(request).unwrap();
    let sent = envelope.to_bytes();
    let signed = [
        &b"koffiekar sync request v1\0"[..],
        &envelope.device.0.to_be_bytes(),
        &envelope.time.0.to_be_bytes(),
        &envelope.nonce,
        &Fingerprint::of(&envelope.body).0,
    ]
    .concat();
    json!({
        "name": name,
        "request": hex(&plain),
        "diagnostic": diagnostic(&plain),
        "body": hex(&envelope.body),
        "time": envelope.time,
        "nonce": hex(envelope.nonce),
        "signed": hex(signed),
        "signature": hex(envelope.signature),
        "sent": hex(&sent),
        "fingerprint": hex(Fingerprint::of(&sent).0),
    })
}

fn reason(code: ReasonCode, detail: &str) -> Reason {
    Reason {
        code,
        detail: detail.to_owned(),
    }
}

fn empty() -> Answer {
    Answer {
        epoch: EPOCH,
        time: NOON.plus(6_000),
        outcomes: Vec::new(),
        receipt: None,
        rounds: Vec::new(),
        reference: None,
        tagger: None,
        compared: Vec::new(),
        keys: Vec::new(),
        revoked: false,
        erased_quotes: Vec::new(),
        doubtful_times: Vec::new(),
    }
}

fn page(news: Vec<News>) -> FeedPage {
    FeedPage {
        round: cast::round(1),
        place: 44,
        more: false,
        news,
    }
}

fn stored() -> Answer {
    let line = line(conversation(1), recorded().heads(), Vec::new(), false);
    let brought = vec![Version {
        document: conversation(2),
        heads: recorded().heads(),
    }];
    Answer {
        outcomes: vec![Outcome::Stored],
        receipt: Some(signed(&receipt(
            vec![line],
            Some(feed_fingerprint(&brought)),
        ))),
        rounds: vec![page(vec![News::Changed(
            conversation(2),
            recorded().save(),
        )])],
        ..empty()
    }
}

fn every_outcome() -> Answer {
    let line = line(conversation(5), vec![Head(counting(1))], Vec::new(), true);
    Answer {
        outcomes: vec![
            Outcome::Stored,
            Outcome::Unchanged,
            Outcome::MissingDependencies,
            Outcome::ActorReused,
            Outcome::Held(reason(ReasonCode::ClosedRound, "the round is closed")),
            Outcome::Erased,
            Outcome::Replaced(conversation(9)),
            Outcome::Invalid(reason(ReasonCode::TooLarge, "a \"quote\" is too long")),
        ],
        receipt: Some(signed(&receipt(vec![line], None))),
        ..empty()
    }
}

fn every_news() -> Answer {
    Answer {
        rounds: vec![page(vec![
            News::Changed(conversation(1), recorded().save()),
            News::Erased(conversation(2)),
            News::Replaced(conversation(3), conversation(4)),
            News::MovedAway(conversation(5)),
        ])],
        reference: Some(b"{}".to_vec()),
        tagger: Some(counting::<8>(1).to_vec()),
        erased_quotes: vec![cast::quote(7)],
        doubtful_times: vec![DoubtfulTime {
            document: conversation(1),
            received_at: NOON.plus(5_500),
        }],
        ..empty()
    }
}

fn every_comparison() -> Answer {
    let [old, new] = receipt_seeds().map(signing_key);
    Answer {
        time: Millis(-1),
        compared: vec![
            Compared::Has,
            Compared::Lacks(recorded().heads()),
            Compared::Lacks(Vec::new()),
            Compared::Erased,
            Compared::Replaced(conversation(9)),
        ],
        keys: vec![KeySuccession::sign(&new.verifying_key(), &old)],
        revoked: true,
        ..empty()
    }
}

fn told_answer(name: &str, answer: &Answer) -> Value {
    let plain = minicbor::to_vec(answer).unwrap();
    json!({
        "name": name,
        "answer": hex(&plain),
        "diagnostic": diagnostic(&plain),
        "sent": hex(answer.to_bytes()),
    })
}

fn made() -> Value {
    json!({
        "about": "Requests of one device with their envelopes, and answers. The bytes behind gzip are one encoder's; yours may differ, what they inflate to may not",
        "device": anna().device.to_string(),
        "seed": hex(anna().seed),
        "requests": [
            told_request("first contact", &first_contact()),
            told_request("with a push", &with_a_push()),
            told_request("compares, and gives back what a server lost", &given_back()),
        ],
        "answers": [
            told_answer("nothing new", &empty()),
            told_answer("stored, and a colleague's conversation", &stored()),
            told_answer("every outcome", &every_outcome()),
            told_answer("every kind of news", &every_news()),
            told_answer("every comparison, a new key, a revoked device", &every_comparison()),
        ],
    })
}

#[test]
fn messages() {
    let kept = pinned("messages.json", &made());
    for told in list(&kept, "requests") {
        let envelope = Envelope::from_bytes(&bytes(told, "sent")).unwrap();
        let public = cast::public_key(anna().seed);
        assert_eq!(envelope.verify(&public), Ok(()));
        assert_eq!(envelope.nonce, array(told, "nonce"));
        let request = envelope.open().unwrap();
        assert_eq!(minicbor::to_vec(&request).unwrap(), bytes(told, "request"));
        assert_eq!(
            diagnostic(&bytes(told, "request")),
            text(told, "diagnostic")
        );
    }
    for told in list(&kept, "answers") {
        let answer = Answer::from_bytes(&bytes(told, "sent")).unwrap();
        assert_eq!(minicbor::to_vec(&answer).unwrap(), bytes(told, "answer"));
        assert_eq!(diagnostic(&bytes(told, "answer")), text(told, "diagnostic"));
    }
    let names: Vec<ConversationId> = versions().iter().map(|v| v.document).collect();
    assert_eq!(names, [conversation(1), conversation(2)]);
}
