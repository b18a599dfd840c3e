//! Work that was not permitted when it came: held sealed, told so, decided by an administrator.

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::{Command, Document};
use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::office::{HeldPage, HeldWork, QuotePage, TurnDown};
use koffiekar_sync_core::wire::{Outcome, Reason, ReasonCode, Request};
use koffiekar_tests::hand::{Copy, Hand, fetching, pushing};
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const OURS: &str = "buurtronde-2026";
const CLOSING: &str = "openhuis-2026";
const THEIRS: &str = "overlegronde-2026";
/// Stands in no other text.
const WORDS: &str = "zeggenverzegeld";

/// A server, a field worker's device, and an administrator.
struct House {
    server: Server,
    one: Hand,
    admin: Office,
    numbers: Numbers,
}

impl House {
    async fn open(place: Place) -> House {
        let server = Server::start(place).await;
        House {
            one: Hand::enrol(&server.url, "veldwerker1").await,
            admin: Office::sign_in(&server.url, "beheerder").await,
            server,
            numbers: Numbers(1),
        }
    }

    fn record(&mut self, round: &str) -> Copy {
        let mut new = conversation(&mut self.numbers, self.one.user(), now(), 1);
        new.quotes[0].verbatim = format!("Ik wil {WORDS} over de buurt.");
        self.one.record(demo::round(round), &new)
    }

    async fn close(&self, round: &str, closed: bool) {
        let path = format!("/api/v1/rounds/{}", demo::round(round));
        self.patch(&path, &json!({ "closed": closed })).await;
    }

    async fn patch(&self, path: &str, change: &Value) {
        let (status, body) = self.admin.call(Method::PATCH, path, Some(change)).await;
        assert!(status.is_success(), "{body}");
    }

    async fn revoke(&self) {
        let path = format!("/api/v1/devices/{}/revoke", self.one.device());
        let _: Value = self.admin.post(&path, &()).await;
    }

    async fn held(&self) -> Vec<HeldWork> {
        let page: HeldPage = self.admin.get("/api/v1/held").await;
        assert_eq!(page.total, page.held.len() as u64);
        page.held
    }

    async fn accept(&self, work: &HeldWork) -> StatusCode {
        let path = format!("/api/v1/held/{}/accept", work.id);
        self.admin.call(Method::POST, &path, None::<&()>).await.0
    }

    async fn quotes(&self) -> u64 {
        let editor = Office::sign_in(&self.server.url, "redacteur1").await;
        let page: QuotePage = editor.get("/api/v1/quotes").await;
        page.total
    }
}

fn why(outcome: &Outcome) -> ReasonCode {
    match outcome {
        Outcome::Held(reason) => reason.code,
        other => panic!("not held: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_permitted_now_is_held_and_taken_in_when_accepted_on_sqlite() {
    what_is_not_permitted_now_is_held_and_taken_in_when_accepted(Place::sqlite()).await;
}

#[tokio::test]
async fn what_is_not_permitted_now_is_held_and_taken_in_when_accepted_on_postgres() {
    what_is_not_permitted_now_is_held_and_taken_in_when_accepted(Place::postgres().await).await;
}

async fn what_is_not_permitted_now_is_held_and_taken_in_when_accepted(place: Place) {
    let mut house = House::open(place).await;
    house.close(CLOSING, true).await;
    let late = house.record(CLOSING);
    let elsewhere = house.record(THEIRS);
    let mut nowhere = house.record(OURS);
    nowhere.round = RoundId::new(now(), [1; 10]);
    let honest = house.record(OURS);
    let all = [&late, &elsewhere, &nowhere, &honest];
    let answered = house.one.push(&all).await;
    let outcomes = &answered.answer.outcomes;
    assert_eq!(why(&outcomes[0]), ReasonCode::ClosedRound);
    assert_eq!(why(&outcomes[1]), ReasonCode::ForeignRound);
    assert_eq!(why(&outcomes[2]), ReasonCode::ForeignRound);
    assert_eq!(outcomes[3], Outcome::Stored);
    for copy in all {
        let line = answered.line(copy.id).unwrap();
        assert_eq!(line.pushed, copy.document.heads());
        assert_eq!(line.held, copy.id != honest.id);
    }
    assert_eq!(house.quotes().await, 1);

    // Sent again it is the same row.
    let before = house.held().await;
    let again = house.one.push(&all).await;
    assert_eq!(why(&again.answer.outcomes[0]), ReasonCode::ClosedRound);
    assert!(again.line(late.id).unwrap().held);
    let held = house.held().await;
    assert_eq!(held, before);
    assert_eq!(held.len(), 3);
    let of = |copy: &Copy| {
        held.iter()
            .find(|work| work.conversation == copy.id)
            .unwrap()
    };
    let work = of(&late);
    assert!(work.is_new && work.turned_down.is_none());
    assert_eq!(work.user, house.one.user());
    assert_eq!(work.device, house.one.device());
    assert_eq!(
        work.round_name.as_deref(),
        Some("Open huis (demo)"),
        "{work:?}"
    );
    assert_eq!(work.bytes, late.push().changes.len() as u64);
    assert_eq!(of(&nowhere).round_name, None);

    assert_eq!(house.accept(work).await, StatusCode::NO_CONTENT);
    assert_eq!(house.accept(of(&elsewhere)).await, StatusCode::NO_CONTENT);
    assert_eq!(house.accept(of(&nowhere)).await, StatusCode::CONFLICT);
    assert_eq!(house.accept(work).await, StatusCode::NOT_FOUND, "once");
    assert_eq!(house.held().await.len(), 1);
    assert_eq!(house.quotes().await, 3);
    let mut rows = Rows::of(&house.server.place).await;
    let row = rows.projection(elsewhere.id).await;
    assert_eq!(
        (row.recorded_by, row.round),
        (house.one.user(), elsewhere.round)
    );

    // The tablet hears it when it sends the same once more.
    let settled = house.one.push(&[&late, &elsewhere]).await;
    assert_eq!(
        settled.answer.outcomes,
        [Outcome::Unchanged, Outcome::Unchanged]
    );
    assert!(!settled.line(late.id).unwrap().held);
}

#[tokio::test]
async fn a_revoked_device_is_answered_and_gets_nothing() {
    let mut house = House::open(Place::sqlite()).await;
    let mut known = house.record(OURS);
    let other = Hand::enrol(&house.server.url, "veldwerker2").await;
    assert_eq!(house.one.outcome(&known).await, Outcome::Stored);
    known.known = known.document.heads();
    house.revoke().await;

    let fresh = house.record(OURS);
    let area = Command::SetArea {
        area: Some("FA08".to_owned()),
    };
    let edited = {
        let mut copy = known.clone();
        house.one.execute(&mut copy, &area);
        copy
    };
    let request = Request {
        push: vec![fresh.push(), edited.push(), known.push()],
        tagger: Some(koffiekar_sync_core::wire::Fingerprint([0; 32])),
        waiting: 3,
        ..fetching()
    };
    let answered = house.one.ask(&request).await;
    let answer = &answered.answer;
    assert!(answer.revoked && answer.rounds.is_empty());
    assert!(answer.reference.is_none() && answer.tagger.is_none());
    assert_eq!(why(&answer.outcomes[0]), ReasonCode::DeviceRevoked);
    assert_eq!(why(&answer.outcomes[1]), ReasonCode::DeviceRevoked);
    assert_eq!(
        answer.outcomes[2],
        Outcome::Invalid(Reason {
            code: ReasonCode::TryAgain,
            detail: "the conversation stands twice in this push".to_owned(),
        })
    );
    let held = house.held().await;
    let new: Vec<_> = held.iter().filter(|work| work.is_new).collect();
    assert_eq!((held.len(), new.len()), (2, 1));
    assert_eq!(new[0].conversation, fresh.id);
    assert!(
        held.iter()
            .all(|work| work.why == ReasonCode::DeviceRevoked)
    );

    for work in &held {
        assert_eq!(house.accept(work).await, StatusCode::NO_CONTENT);
    }
    let seen = other.fetch().await;
    let documents: Vec<Document> = seen.changed().into_iter().map(|(_, d)| d).collect();
    assert_eq!(documents.len(), 2);
    assert!(
        documents
            .iter()
            .any(|d| d.heads() == edited.document.heads())
    );
    assert!(
        documents
            .iter()
            .any(|d| d.heads() == fresh.document.heads())
    );
    // A disabled account and a role that records nothing come to the same.
    let mut third = Hand::enrol(&house.server.url, "veldwerker2").await;
    std::mem::swap(&mut third, &mut house.one);
    let path = format!("/api/v1/people/{}", house.one.user());
    for change in [
        json!({ "disabled": true }),
        json!({ "disabled": false, "role": "analyst" }),
    ] {
        house.patch(&path, &change).await;
        let copy = house.record(OURS);
        let answered = house.one.push(&[&copy]).await;
        assert!(answered.answer.revoked);
        assert_eq!(why(&answered.answer.outcomes[0]), ReasonCode::DeviceRevoked);
    }
}

#[tokio::test]
async fn what_is_turned_down_comes_back_with_its_reason_until_it_changes() {
    let mut house = House::open(Place::sqlite()).await;
    house.close(CLOSING, true).await;
    let mut late = house.record(CLOSING);
    house.one.push(&[&late]).await;
    let work = house.held().await.remove(0);
    let path = format!("/api/v1/held/{}/turn-down", work.id);
    let text = "De ronde is voorbij; bel ons.".to_owned();
    for wrong in ["", "   ", &"a".repeat(501), "a\u{0}b"] {
        let text = wrong.to_owned();
        let problem = house
            .admin
            .refused(Method::POST, &path, Some(&TurnDown { text }))
            .await;
        assert_eq!(problem.code(), "invalid", "{wrong:?}");
    }
    let shown: HeldWork = house
        .admin
        .post(&path, &TurnDown { text: text.clone() })
        .await;
    let decision = shown.turned_down.unwrap();
    assert_eq!(
        (decision.text.as_str(), decision.by.is_empty()),
        (text.as_str(), false)
    );
    assert_eq!(house.held().await, []);
    let decided: HeldPage = house.admin.get("/api/v1/held?decided=true").await;
    assert_eq!((decided.total, decided.held[0].id), (1, work.id));

    let turned_down = Outcome::Invalid(Reason {
        code: ReasonCode::TurnedDown,
        detail: text,
    });
    let answered = house.one.push(&[&late]).await;
    assert_eq!(answered.answer.outcomes, [turned_down]);
    assert!(answered.line(late.id).is_none(), "no receipt for it");

    // With more in it, it waits for a decision again: the earlier work with it.
    let first = late.clone();
    let area = Command::SetArea {
        area: Some("FA08".to_owned()),
    };
    house.one.execute(&mut late, &area);
    late.known = first.document.heads();
    assert_eq!(
        why(&house.one.outcome(&late).await),
        ReasonCode::ClosedRound
    );
    let held = house.held().await;
    assert_eq!((held.len(), held[0].id), (1, work.id));
    // A tablet that was put back from a backup sends less: nothing is taken away by it.
    assert_eq!(
        why(&house.one.outcome(&first).await),
        ReasonCode::ClosedRound
    );
    assert_eq!(house.held().await, held);
    assert_eq!(house.accept(&held[0]).await, StatusCode::NO_CONTENT);
    let mut rows = Rows::of(&house.server.place).await;
    assert_eq!(rows.projection(late.id).await.area.as_deref(), Some("FA08"));
    assert_eq!(rows.count("quarantine").await, 0);
}

#[tokio::test]
async fn what_becomes_permitted_needs_no_decision_any_more() {
    let mut house = House::open(Place::sqlite()).await;
    house.close(CLOSING, true).await;
    let late = house.record(CLOSING);
    house.one.push(&[&late]).await;
    assert_eq!(house.held().await.len(), 1);
    house.close(CLOSING, false).await;
    assert_eq!(house.one.outcome(&late).await, Outcome::Stored);
    assert_eq!(house.held().await, []);

    // It came in by another way while it was held.
    house.revoke().await;
    let again = Hand::enrol(&house.server.url, "veldwerker1").await;
    let mut copy = late.clone();
    copy.known = copy.document.heads();
    house.one.execute(
        &mut copy,
        &Command::SetLanguage {
            language: "tr".to_owned(),
        },
    );
    assert_eq!(
        why(&house.one.outcome(&copy).await),
        ReasonCode::DeviceRevoked
    );
    let held = house.held().await;
    assert_eq!(house.accept(&held[0]).await, StatusCode::NO_CONTENT);
    let (_, document) = again.fetch().await.changed().remove(0);
    assert_eq!(document.heads(), copy.document.heads());
}

#[tokio::test]
async fn garbage_and_what_nobody_may_do_is_refused_and_not_held() {
    let mut house = House::open(Place::sqlite()).await;
    let other = Hand::enrol(&house.server.url, "veldwerker2").await;
    house.revoke().await;
    let honest = house.record(OURS);
    let mut noise = honest.push();
    noise.changes = b"dit is geen Automerge".to_vec();
    let mut cut = honest.push();
    cut.heads = vec![koffiekar_sync_core::conversation::Head([9; 32])];
    let mut theirs = conversation(&mut house.numbers, other.user(), now(), 1);
    theirs.recorded_by = other.user();
    let in_anothers_name = house.one.record(demo::round(OURS), &theirs);
    let with_their_actor = other.record(demo::round(OURS), &theirs);
    let cases = [
        (noise, ReasonCode::Unreadable),
        (in_anothers_name.push(), ReasonCode::NotAllowed),
        (with_their_actor.push(), ReasonCode::NotAllowed),
    ];
    for (push, code) in cases {
        let request = Request {
            push: vec![push],
            ..Request::default()
        };
        let answered = house.one.ask(&request).await;
        let Outcome::Invalid(reason) = &answered.answer.outcomes[0] else {
            panic!("{:?}", answered.answer.outcomes);
        };
        assert_eq!(reason.code, code, "{}", reason.detail);
    }
    let request = Request {
        push: vec![cut],
        ..Request::default()
    };
    let answered = house.one.ask(&request).await;
    assert_eq!(answered.answer.outcomes, [Outcome::MissingDependencies]);
    assert_eq!(house.held().await, []);
}

#[tokio::test]
async fn nobody_reads_held_words_in_the_database_or_on_a_screen() {
    let mut house = House::open(Place::sqlite()).await;
    house.revoke().await;
    let copy = house.record(OURS);
    house.one.push(&[&copy]).await;
    assert!(
        copy.push()
            .changes
            .windows(WORDS.len())
            .any(|w| w == WORDS.as_bytes())
    );
    let (status, page) = house
        .admin
        .call(Method::GET, "/api/v1/held", None::<&()>)
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains(WORDS), "{page}");
    let mut rows = Rows::of(&house.server.place).await;
    let sealed = rows.bytes("select sealed from quarantine").await;
    assert_eq!(sealed.len(), 1);
    assert!(
        !sealed[0]
            .windows(WORDS.len())
            .any(|w| w == WORDS.as_bytes())
    );
}

#[tokio::test]
async fn pages_of_held_work_give_each_once() {
    let mut house = House::open(Place::sqlite()).await;
    house.revoke().await;
    let copies: Vec<Copy> = (0..230).map(|_| house.record(OURS)).collect();
    let answered = house
        .one
        .ask(&pushing(&copies.iter().collect::<Vec<_>>()))
        .await;
    assert!(
        answered
            .answer
            .outcomes
            .iter()
            .all(|o| matches!(o, Outcome::Held(_)))
    );
    for decided in [false, true] {
        let mut seen = Vec::new();
        let mut path = format!("/api/v1/held?decided={decided}");
        for size in [100, 100, 30] {
            let page: HeldPage = house.admin.get(&path).await;
            assert_eq!((page.held.len(), page.total), (size, 230));
            seen.extend(page.held.iter().map(|work| work.conversation));
            path = format!(
                "/api/v1/held?decided={decided}&after={}",
                page.next.unwrap_or_default()
            );
        }
        seen.sort();
        let mut all: Vec<_> = copies.iter().map(|copy| copy.id).collect();
        all.sort();
        assert_eq!(seen, all);
        let mut rows = Rows::of(&house.server.place).await;
        rows.run("update quarantine set turned_down_text = 'nee', turned_down_at = received_at")
            .await;
    }
    let problem = house
        .admin
        .refused(Method::GET, "/api/v1/held?after=nonsense", None::<&()>)
        .await;
    assert_eq!(problem.code(), "invalid");
}

#[tokio::test]
async fn a_server_with_another_key_file_does_not_start_and_says_what_to_do() {
    let house = House::open(Place::sqlite()).await;
    let apart = house.server.place.apart();
    let right = std::fs::read_to_string(&apart.key_file).unwrap();
    let start = async || {
        let address = house.server.place.address();
        let store = koffiekar_server::store::Store::open(&address);
        let clock = koffiekar_server::Clock::System;
        koffiekar_server::Koffiekar::new(store.await.unwrap(), clock, &apart).await
    };
    let refused = async |what: &str, says: &str| {
        let error = start().await.err().expect(what).to_string();
        assert!(
            error.contains(says) && error.contains("koffiekar.key"),
            "{what}: {error}"
        );
    };
    std::fs::remove_file(&apart.key_file).unwrap();
    refused("no key", "is missing").await;
    std::fs::write(&apart.key_file, "ab".repeat(32)).unwrap();
    refused("another key", "holds another key").await;
    std::fs::write(&apart.key_file, "no key").unwrap();
    refused("no key in it", "64 hexadecimal digits").await;
    std::fs::write(&apart.key_file, right).unwrap();
    assert!(start().await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open(Place::sqlite()).await;
    let file = house.server.place.apart().key_file;
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
