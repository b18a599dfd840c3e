//! What is told of conversations that a device asks about.

use koffiekar_server::demo;
use koffiekar_server::store::tombstones::{self, Tombstone};
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::limits;
use koffiekar_sync_core::wire::{Compared, Outcome, Request, Version};
use koffiekar_tests::hand::{Answered, Copy, Hand};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{SyncError, now};

use super::area;

fn version(copy: &Copy) -> Version {
    Version {
        document: copy.id,
        heads: copy.document.heads(),
    }
}

async fn asks(hand: &Hand, compare: Vec<Version>) -> Answered {
    let request = Request {
        compare,
        ..Request::default()
    };
    hand.ask(&request).await
}

fn record(hand: &Hand, numbers: &mut Numbers, round: &str) -> Copy {
    let new = conversation(numbers, hand.user(), now(), 1);
    hand.record(demo::round(round), &new)
}

#[tokio::test]
async fn each_is_told_how_the_server_has_it_on_sqlite() {
    each_is_told_how_the_server_has_it(Place::sqlite()).await;
}

#[tokio::test]
async fn each_is_told_how_the_server_has_it_on_postgres() {
    each_is_told_how_the_server_has_it(Place::postgres().await).await;
}

async fn each_is_told_how_the_server_has_it(place: Place) {
    let server = Server::start(place).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(1);
    let same = record(&one, &mut numbers, "buurtronde-2026");
    let older = record(&one, &mut numbers, "buurtronde-2026");
    let mut newer = record(&one, &mut numbers, "buurtronde-2026");
    let unknown = record(&one, &mut numbers, "buurtronde-2026");
    let mut grown = older.clone();
    one.execute(&mut grown, &area("FB08"));
    let answered = one.push(&[&same, &grown, &newer]).await;
    assert_eq!(answered.answer.outcomes, vec![Outcome::Stored; 3]);
    let stored = newer.document.heads();
    one.execute(&mut newer, &area("FB08"));

    let all = [&same, &older, &newer, &unknown];
    let answered = asks(&one, all.map(version).into()).await;
    let lacks = |heads: &[Head]| Compared::Lacks(heads.to_vec());
    assert_eq!(
        answered.answer.compared,
        [Compared::Has, Compared::Has, lacks(&stored), lacks(&[])]
    );
    let lines = &answered.receipt.as_ref().unwrap().documents;
    assert_eq!(lines.len(), 2, "for what is there alone");
    let line = answered.line(same.id).unwrap();
    assert_eq!((&line.pushed, line.held), (&same.document.heads(), false));
    assert_eq!(line.stored, []);
    let line = answered.line(older.id).unwrap();
    assert_eq!(line.pushed, older.document.heads());
    assert_eq!(line.stored, grown.document.heads());
}

#[tokio::test]
async fn of_what_a_person_may_not_know_nothing_is_told() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(2);
    let held = record(&one, &mut numbers, "overlegronde-2026");
    let mine = record(&one, &mut numbers, "buurtronde-2026");
    let answered = one.push(&[&held, &mine]).await;
    assert!(matches!(answered.answer.outcomes[0], Outcome::Held(_)));
    let asked = || vec![version(&held), version(&mine)];
    let nothing = || Compared::Lacks(Vec::new());

    // What is held is no part of a conversation, and stays held when it is sent again.
    let answered = asks(&one, asked()).await;
    assert_eq!(answered.answer.compared, [nothing(), Compared::Has]);
    assert!(answered.line(held.id).is_none());
    assert!(matches!(one.outcome(&held).await, Outcome::Held(_)));

    // It is taken in; the person is still no member of that round.
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let page: koffiekar_sync_core::office::HeldPage = admin.get("/api/v1/held").await;
    let path = format!("/api/v1/held/{}/accept", page.held[0].id);
    let (status, _) = admin.call(reqwest::Method::POST, &path, None::<&()>).await;
    assert!(status.is_success());
    let answered = asks(&one, asked()).await;
    assert_eq!(answered.answer.compared, [nothing(), Compared::Has]);

    // Nor is a device told anything whose access was ended.
    let path = format!("/api/v1/devices/{}/revoke", one.device());
    let _: serde_json::Value = admin.post(&path, &()).await;
    let answered = asks(&one, asked()).await;
    assert_eq!(answered.answer.compared, [nothing(), nothing()]);
    assert!(answered.answer.revoked);
    assert_eq!(answered.receipt.unwrap().documents, []);
}

#[tokio::test]
async fn whoever_has_what_was_erased_is_told() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(5);
    let erased = record(&one, &mut numbers, "buurtronde-2026");
    let replaced = record(&one, &mut numbers, "buurtronde-2026");
    let here = record(&one, &mut numbers, "buurtronde-2026");
    one.push(&[&here]).await;
    let gone = |copy: &Copy, replaced_by| Tombstone {
        document: copy.id,
        replaced_by,
        quotes: copy
            .document
            .read()
            .unwrap()
            .quotes
            .iter()
            .map(|q| q.id)
            .collect(),
        erased_at: now(),
        erased_by: None,
    };
    let mut tx = server.koffiekar.store.write().await.unwrap();
    tombstones::put(&mut tx, &gone(&erased, None))
        .await
        .unwrap();
    let replacing = gone(&replaced, Some(here.id));
    tombstones::put(&mut tx, &replacing).await.unwrap();
    tx.commit().await.unwrap();
    let all = [&erased, &here, &replaced];
    let answered = asks(&one, all.map(version).into()).await;
    let expected = [Compared::Erased, Compared::Has, Compared::Replaced(here.id)];
    assert_eq!(answered.answer.compared, expected);
    assert_eq!(answered.answer.erased_quotes, replacing.quotes);
    assert_eq!(answered.receipt.unwrap().documents.len(), 1);
}

#[tokio::test]
async fn what_the_same_request_pushes_is_compared_as_it_is_stored_then() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let copy = record(&one, &mut Numbers(3), "buurtronde-2026");
    let request = Request {
        push: vec![copy.push()],
        compare: vec![version(&copy), version(&copy)],
        ..Request::default()
    };
    let answered = one.ask(&request).await;
    assert_eq!(answered.answer.outcomes, [Outcome::Stored]);
    assert_eq!(answered.answer.compared, [Compared::Has, Compared::Has]);
    assert_eq!(answered.receipt.unwrap().documents.len(), 1);
}

#[tokio::test]
async fn more_than_the_limit_is_refused_as_a_whole() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(4);
    let mut versions = |count| -> Vec<Version> {
        (0..count)
            .map(|_| Version {
                document: ConversationId::new(now(), numbers.bytes()),
                heads: vec![Head(numbers.bytes())],
            })
            .collect()
    };
    let most = versions(limits::COMPARE_DOCUMENTS);
    let answered = asks(&one, most).await;
    assert_eq!(answered.answer.compared.len(), limits::COMPARE_DOCUMENTS);
    let request = Request {
        compare: versions(limits::COMPARE_DOCUMENTS + 1),
        ..Request::default()
    };
    let Err(SyncError::Refused(problem)) = one.try_ask(&request).await else {
        panic!("it was not refused");
    };
    assert_eq!(problem.code(), "invalid");
}
