//! Changes of others come back on the server's own word, and on nothing else.

use ed25519_dalek::SigningKey;
use koffiekar_server::random;
use koffiekar_server::sync::receipt_keys;
use koffiekar_server::upkeep::restored;
use koffiekar_sync_core::conversation::{Document, Head};
use koffiekar_sync_core::office::HeldPage;
use koffiekar_sync_core::receipt::{Receipt, SignedReceipt, feed_fingerprint};
use koffiekar_sync_core::wire::{Outcome, Push, Reason, ReasonCode, Request, Version, Voucher};
use koffiekar_tests::hand::{Copy, Hand, fetching};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{SyncError, now};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{area, round};

/// A server that was put back, a device that holds what a colleague recorded, and the server's word.
struct Lost {
    server: Server,
    one: Hand,
    two: Hand,
    /// As the server once had them.
    copies: [Copy; 2],
    /// The first of them, and what its recorder did since, which the server never saw.
    beyond: Copy,
    word: Voucher,
    numbers: Numbers,
}

impl Lost {
    async fn open() -> Lost {
        let mut server = Server::start(Place::sqlite()).await;
        let mut one = Hand::enrol(&server.url, "veldwerker1").await;
        let mut two = Hand::enrol(&server.url, "veldwerker2").await;
        let backup = server.backup().await;
        one.url.clone_from(&server.url);
        two.url.clone_from(&server.url);
        let mut numbers = Numbers(7);
        let mut recorded =
            || one.record(round(), &conversation(&mut numbers, one.user(), now(), 1));
        let copies = [recorded(), recorded()];
        one.push(&[&copies[0], &copies[1]]).await;
        let fetched = two.fetch().await;
        let feed: Vec<Version> = fetched
            .changed()
            .into_iter()
            .map(|(document, copy)| Version {
                document,
                heads: copy.heads(),
            })
            .collect();
        assert_eq!(feed.len(), 2);
        let receipt = fetched.answer.receipt.unwrap();
        let mut beyond = copies[0].clone();
        one.execute(&mut beyond, &area("FB08"));
        server.put_back(&backup).await;
        one.url.clone_from(&server.url);
        two.url.clone_from(&server.url);
        restored::begin_anew(&server.koffiekar, "console")
            .await
            .unwrap();
        Lost {
            server,
            one,
            two,
            copies,
            beyond,
            word: Voucher { receipt, feed },
            numbers,
        }
    }

    /// What becomes of a copy that is pushed with this voucher, beside honest work of the sender's own.
    async fn brought(&mut self, copy: &Copy, voucher: Voucher) -> Outcome {
        self.brought_as(copy, voucher, 0).await
    }

    async fn brought_as(&mut self, copy: &Copy, voucher: Voucher, place: u32) -> Outcome {
        let new = conversation(&mut self.numbers, self.two.user(), now(), 1);
        let honest = self.two.record(round(), &new);
        let request = Request {
            push: vec![vouched(copy, place), vouched(&honest, place)],
            vouchers: vec![voucher],
            ..Request::default()
        };
        let mut outcomes = self.two.ask(&request).await.answer.outcomes;
        assert_eq!(outcomes.pop(), Some(Outcome::Stored), "the honest one");
        outcomes.pop().unwrap()
    }

    fn receipt(&self) -> Receipt {
        let key = self.server.koffiekar.receipts.last().verifying_key();
        self.word.receipt.verify(&key).unwrap()
    }
}

/// All of it.
fn vouched(copy: &Copy, place: u32) -> Push {
    Push {
        changes: copy.document.changes_since(&[]),
        voucher: Some(place),
        ..copy.push()
    }
}

fn refused(outcome: &Outcome) {
    let Outcome::Invalid(Reason { code, detail }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(*code, ReasonCode::NotAllowed, "{detail}");
    assert!(detail.contains("voucher"), "{detail}");
}

#[tokio::test]
async fn forged_vouchers_give_nothing_and_hinder_nothing() {
    let mut lost = Lost::open().await;
    let [first, second] = lost.copies.clone();
    let word = lost.word.clone();
    let receipt = lost.receipt();

    // Signed by somebody else, under the name of this server's key.
    let other = SigningKey::from_bytes(&random::bytes());
    let forged = Voucher {
        receipt: SignedReceipt::sign(&receipt, &other),
        ..word.clone()
    };
    refused(&lost.brought(&first, forged).await);
    // Signed over another list of what came.
    let mut altered = word.clone();
    altered.feed.reverse();
    refused(&lost.brought(&first, altered).await);
    let mut altered = word.clone();
    for version in &mut altered.feed {
        version.heads = lost.beyond.document.heads();
    }
    let beyond = lost.beyond.clone();
    refused(&lost.brought(&beyond, altered).await);
    // A list that no receipt speaks of.
    let mut altered = receipt.clone();
    altered.feed = Some(feed_fingerprint(&[]));
    let alone = Voucher {
        receipt: SignedReceipt::sign(&altered, &other),
        feed: Vec::new(),
    };
    refused(&lost.brought(&first, alone).await);
    // The receipt without its list names nothing.
    let mut alone = word.clone();
    alone.feed.clear();
    refused(&lost.brought(&first, alone).await);
    // A changed bit in it.
    let mut bent = word.clone();
    *bent.receipt.receipt.last_mut().unwrap() ^= 1;
    refused(&lost.brought(&first, bent).await);
    // The place of no voucher.
    refused(&lost.brought_as(&first, word.clone(), 1).await);
    // Good, and of the state before what is pushed.
    refused(&lost.brought(&beyond, word.clone()).await);
    // Good, and of another conversation: the changes of one under the id of the other.
    let moved = Copy {
        id: second.id,
        ..first.clone()
    };
    refused(&lost.brought(&moved, word.clone()).await);
    // None.
    let request = Request {
        push: vec![Push {
            voucher: None,
            ..vouched(&first, 0)
        }],
        ..Request::default()
    };
    let outcomes = lost.two.ask(&request).await.answer.outcomes;
    assert!(matches!(&outcomes[..], [Outcome::Invalid(why)] if why.code == ReasonCode::NotAllowed));

    // And the good one gives all that it names.
    assert_eq!(lost.brought(&first, word.clone()).await, Outcome::Stored);
    assert_eq!(lost.brought(&second, word.clone()).await, Outcome::Stored);
    assert_eq!(lost.brought(&second, word).await, Outcome::Unchanged);
    let fetched = lost.one.fetch().await;
    let heads = |id| -> Vec<Head> {
        let documents = fetched.changed();
        let found: Option<&(_, Document)> = documents.iter().find(|(there, _)| *there == id);
        found.unwrap().1.heads()
    };
    for copy in [&first, &second] {
        assert_eq!(heads(copy.id), copy.document.heads());
    }
    // What the recorder did since comes from them.
    assert_eq!(lost.one.outcome(&lost.beyond).await, Outcome::Stored);
}

#[tokio::test]
async fn more_vouchers_than_the_limit_are_refused_as_a_whole() {
    let lost = Lost::open().await;
    let request = Request {
        vouchers: vec![lost.word.clone(); koffiekar_sync_core::limits::VOUCHERS + 1],
        ..fetching()
    };
    let Err(SyncError::Refused(problem)) = lost.two.try_ask(&request).await else {
        panic!("it was not refused");
    };
    assert_eq!(problem.code(), "invalid");
}

#[tokio::test]
async fn a_key_that_signs_no_more_still_vouches() {
    let mut lost = Lost::open().await;
    for _ in 0..2 {
        let renewed = receipt_keys::renew(&lost.server.koffiekar, "console").await;
        assert!(renewed.unwrap().is_some());
    }
    let [first, _] = lost.copies.clone();
    let word = lost.word.clone();
    // By the key of now: the device does not verify what it gets here.
    lost.two.identity.receipt_key = newest(&lost.two.url).await;
    assert_eq!(lost.brought(&first, word).await, Outcome::Stored);
}

async fn newest(url: &str) -> [u8; 32] {
    Hand::enrol(url, "veldwerker3").await.identity.receipt_key
}

#[tokio::test]
async fn what_comes_on_the_servers_word_and_is_not_permitted_now_is_held_and_can_be_accepted() {
    let lost = Lost::open().await;
    let admin = Office::sign_in(&lost.server.url, "beheerder").await;
    let path = format!("/api/v1/people/{}", lost.two.user());
    let out = json!({"rounds": []});
    let (status, body) = admin.call(Method::PATCH, &path, Some(&out)).await;
    assert!(status.is_success(), "{body}");
    let [first, _] = &lost.copies;
    let request = Request {
        push: vec![vouched(first, 0)],
        vouchers: vec![lost.word.clone()],
        ..Request::default()
    };
    let answered = lost.two.ask(&request).await;
    assert!(matches!(answered.answer.outcomes[..], [Outcome::Held(_)]));
    assert!(answered.line(first.id).unwrap().held);

    // Sent again, be it without the word, it is the same.
    let bare = Request {
        push: vec![Push {
            voucher: None,
            ..vouched(first, 0)
        }],
        ..Request::default()
    };
    for request in [&request, &bare] {
        let again = lost.two.ask(request).await;
        assert!(matches!(again.answer.outcomes[..], [Outcome::Held(_)]));
    }
    let page: HeldPage = admin.get("/api/v1/held").await;
    assert_eq!(page.total, 1);
    let path = format!("/api/v1/held/{}/accept", page.held[0].id);
    let (status, body) = admin.call(Method::POST, &path, None::<&()>).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    let back = lost.one.fetch().await.changed();
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].1.heads(), first.document.heads());
}

#[tokio::test]
async fn a_receipt_for_what_was_only_held_vouches_for_nothing() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let two = Hand::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(9);
    let mut copy = one.record(round(), &conversation(&mut numbers, one.user(), now(), 1));
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let path = format!("/api/v1/devices/{}/revoke", one.device());
    let _: serde_json::Value = admin.post(&path, &()).await;
    let answered = one.push(&[&copy]).await;
    assert!(answered.line(copy.id).unwrap().held);
    copy.known.clear();
    let request = Request {
        push: vec![vouched(&copy, 0)],
        vouchers: vec![Voucher {
            receipt: answered.answer.receipt.unwrap(),
            feed: Vec::new(),
        }],
        ..Request::default()
    };
    refused(&two.ask(&request).await.answer.outcomes[0]);
}
