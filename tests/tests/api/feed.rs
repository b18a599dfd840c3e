//! What an answer brings: everything behind the cursor but the echo of this very request, and the
//! server's word for it.

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::{Command, Head};
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::receipt::feed_fingerprint;
use koffiekar_sync_core::wire::{
    Cursor, News, Outcome, Push, Reason, ReasonCode, Request, Version,
};
use koffiekar_tests::hand::{Answered, Copy, Hand, fetching, pushing};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;

const ROUND: &str = "buurtronde-2026";

fn record(hand: &Hand, numbers: &mut Numbers) -> Copy {
    let new = conversation(numbers, hand.user(), now(), 1);
    hand.record(demo::round(ROUND), &new)
}

fn ids(answered: &Answered) -> Vec<ConversationId> {
    answered.changed().iter().map(|(id, _)| *id).collect()
}

/// Where the device is after this answer.
fn behind(answered: &Answered) -> Request {
    let cursor = |page: &koffiekar_sync_core::wire::FeedPage| Cursor {
        round: page.round,
        place: page.place,
    };
    Request {
        epoch: Some(answered.answer.epoch),
        cursors: answered.answer.rounds.iter().map(cursor).collect(),
        ..fetching()
    }
}

#[tokio::test]
async fn only_the_echo_of_this_very_request_is_left_out_on_sqlite() {
    only_the_echo_of_this_very_request_is_left_out(Place::sqlite()).await;
}

#[tokio::test]
async fn only_the_echo_of_this_very_request_is_left_out_on_postgres() {
    only_the_echo_of_this_very_request_is_left_out(Place::postgres().await).await;
}

async fn only_the_echo_of_this_very_request_is_left_out(place: Place) {
    let server = Server::start(place).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let two = Hand::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    let mine = record(&one, &mut numbers);
    let theirs = record(&two, &mut numbers);
    two.push(&[&theirs]).await;

    let request = Request {
        push: vec![mine.push()],
        ..fetching()
    };
    let first = one.ask(&request).await;
    assert_eq!(ids(&first), [theirs.id], "the other's, not one's own");
    assert!(!first.page(mine.round).more);
    // The same push again: it is an echo again. Without the push it is not.
    let again = Request {
        push: vec![mine.push()],
        ..fetching()
    };
    assert_eq!(ids(&one.ask(&again).await), [theirs.id]);
    let mut all = ids(&one.fetch().await);
    all.sort();
    let mut both = [mine.id, theirs.id];
    both.sort();
    assert_eq!(all, both, "who lost everything gets all of it");
    assert_eq!(ids(&one.ask(&behind(&first)).await), []);

    // What the server has is more than what was pushed: that is no echo.
    let mut edited = two.fetch().await.changed().remove(0);
    assert_eq!(edited.0, theirs.id);
    edited = two
        .fetch()
        .await
        .changed()
        .into_iter()
        .find(|(id, _)| *id == mine.id)
        .unwrap();
    let mut theirs_of_mine = Copy {
        id: mine.id,
        round: mine.round,
        known: edited.1.heads(),
        document: edited.1,
    };
    let area = Command::SetArea {
        area: Some("FA08".to_owned()),
    };
    two.execute(&mut theirs_of_mine, &area);
    assert_eq!(two.outcome(&theirs_of_mine).await, Outcome::Stored);
    let mut mine_of_mine = mine.clone();
    let language = Command::SetLanguage {
        language: "tr".to_owned(),
    };
    one.execute(&mut mine_of_mine, &language);
    let request = Request {
        push: vec![mine_of_mine.push()],
        ..behind(&first)
    };
    let merged = one.ask(&request).await;
    let (id, document) = merged.changed().remove(0);
    assert_eq!(id, mine.id);
    let read = document.read().unwrap();
    assert_eq!(
        (read.area.as_deref(), &*read.language),
        (Some("FA08"), "tr")
    );
}

#[tokio::test]
async fn news_comes_with_the_servers_word_for_it() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let two = Hand::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(2);
    let copies: Vec<Copy> = (0..3).map(|_| record(&one, &mut numbers)).collect();
    let pushed = one.push(&copies.iter().collect::<Vec<_>>()).await;
    assert_eq!(
        pushed.receipt.as_ref().unwrap().feed,
        None,
        "it brought no news"
    );

    let fetched = two.fetch().await;
    let versions: Vec<Version> = fetched
        .changed()
        .into_iter()
        .map(|(document, copy)| Version {
            document,
            heads: copy.heads(),
        })
        .collect();
    assert_eq!(versions.len(), 3);
    let receipt = fetched.receipt.as_ref().unwrap();
    assert_eq!(receipt.feed, Some(feed_fingerprint(&versions)));
    assert_eq!(receipt.documents, []);
    let idle = two.ask(&behind(&fetched)).await;
    assert!(idle.receipt.is_none(), "nothing to give a word for");
}

#[tokio::test]
async fn a_page_holds_what_was_asked_for_and_the_next_one_goes_on() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let two = Hand::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(3);
    let copies: Vec<Copy> = (0..7).map(|_| record(&one, &mut numbers)).collect();
    one.push(&copies.iter().collect::<Vec<_>>()).await;

    let nothing = two.ask(&Request::default()).await;
    assert_eq!(ids(&nothing), []);
    assert!(nothing.page(copies[0].round).more);
    let mut seen = Vec::new();
    let mut request = Request {
        feed_bytes: 1,
        ..fetching()
    };
    for left in (0..7).rev() {
        let answered = two.ask(&request).await;
        seen.extend(ids(&answered));
        assert_eq!(
            seen.len(),
            7 - left,
            "one document however small the budget"
        );
        assert_eq!(answered.page(copies[0].round).more, left > 0);
        request = Request {
            feed_bytes: 1,
            ..behind(&answered)
        };
    }
    seen.sort();
    let mut all: Vec<ConversationId> = copies.iter().map(|copy| copy.id).collect();
    all.sort();
    assert_eq!(seen, all);

    // Places of another database, or that were never given, mean nothing.
    let answered = two.fetch().await;
    let mut elsewhere = behind(&answered);
    elsewhere.epoch = Some(koffiekar_sync_core::wire::Epoch([7; 16]));
    assert_eq!(ids(&two.ask(&elsewhere).await).len(), 7);
    let mut beyond = behind(&answered);
    for cursor in &mut beyond.cursors {
        cursor.place += 1;
    }
    let answered = two.ask(&beyond).await;
    assert_eq!(ids(&answered).len(), 7);
    assert!(answered.page(copies[0].round).place < beyond.cursors[0].place);
}

#[tokio::test]
async fn whose_sequence_was_used_twice_gets_the_stored_document_at_once() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(4);
    let first = record(&one, &mut numbers);
    assert_eq!(one.outcome(&first).await, Outcome::Stored);
    let area = |code: &str| Command::SetArea {
        area: Some(code.to_owned()),
    };
    // One tablet, put back from a copy of itself: both write on with the same actor.
    let mut kept = first.clone();
    let mut put_back = first.clone();
    one.execute(&mut kept, &area("FA03"));
    one.execute(&mut put_back, &area("FA08"));
    assert_eq!(one.outcome(&kept).await, Outcome::Stored);

    let request = Request {
        feed_bytes: 0,
        ..pushing(&[&put_back])
    };
    let answered = one.ask(&request).await;
    assert_eq!(answered.answer.outcomes, [Outcome::ActorReused]);
    let (id, document) = answered.changed().remove(0);
    assert_eq!((id, document.heads()), (first.id, kept.document.heads()));
    let version = Version {
        document: id,
        heads: document.heads(),
    };
    let receipt = answered.receipt.as_ref().unwrap();
    assert_eq!(receipt.feed, Some(feed_fingerprint(&[version])));
    assert_eq!(
        receipt.documents,
        [],
        "what was not stored is not receipted"
    );
    // Where the feed brings it too, it comes once.
    let request = Request {
        push: vec![put_back.push()],
        ..fetching()
    };
    assert_eq!(ids(&one.ask(&request).await), [first.id]);
}

#[tokio::test]
async fn of_a_conversation_that_stands_twice_the_first_is_taken() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let copy = record(&one, &mut Numbers(5));
    let push: Vec<Push> = vec![copy.push(), copy.push()];
    let answered = one
        .ask(&Request {
            push,
            ..Request::default()
        })
        .await;
    let [Outcome::Stored, Outcome::Invalid(Reason { code, .. })] = &answered.answer.outcomes[..]
    else {
        panic!("{:?}", answered.answer.outcomes);
    };
    assert_eq!(*code, ReasonCode::TryAgain);
    let heads: Vec<Head> = copy.document.heads();
    assert_eq!(answered.line(copy.id).unwrap().pushed, heads);
    assert!(
        !answered
            .news()
            .any(|news| matches!(news, News::Changed(..)))
    );
}
