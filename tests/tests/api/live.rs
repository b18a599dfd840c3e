//! Whoever listens is told at once, only of their own rounds, and only who may.

use std::collections::BTreeMap;

use koffiekar_server::{demo, random};
use koffiekar_sync_core::ids::{Millis, RoundId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::live::{LiveNotice, LiveRequest};
use koffiekar_sync_core::office::Problem;
use koffiekar_tests::hand::{Hand, pushing};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use reqwest::{Response, StatusCode};

const SHARED: &str = "buurtronde-2026";
const THEIRS: &str = "overlegronde-2026";

fn asks(hand: &Hand, time: Millis) -> LiveRequest {
    let key = hand.identity.signing_key();
    LiveRequest::sign(hand.device(), &key, time, random::bytes())
}

async fn open(hand: &Hand, asked: &LiveRequest) -> Response {
    let address = format!("{}/api/v1/sync/live", hand.url);
    http()
        .get(address)
        .header("authorization", asked.authorization())
        .send()
        .await
        .unwrap()
}

pub(crate) struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    pub(crate) async fn of(hand: &Hand) -> Stream {
        let response = open(hand, &asks(hand, now())).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        // A proxy such as nginx hands it on as it comes.
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Stream {
            response,
            text: String::new(),
        }
    }

    /// `None` when the stream ended.
    pub(super) async fn next(&mut self) -> Option<LiveNotice> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(data) = event.strip_prefix("data: ") {
                    return Some(serde_json::from_str(data).unwrap());
                }
                continue;
            }
            let piece = self.response.chunk().await.ok()??;
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    /// Where each round stands when the stream begins.
    pub(super) async fn beginning(&mut self, rounds: usize) -> BTreeMap<RoundId, u64> {
        let mut places = BTreeMap::new();
        while places.len() < rounds {
            let notice = self.next().await.unwrap();
            places.insert(notice.round, notice.place);
        }
        places
    }
}

async fn hand_in(hand: &Hand, round: &str, numbers: &mut Numbers) {
    let copy = hand.record(
        demo::round(round),
        &conversation(numbers, hand.user(), now(), 1),
    );
    let answered = hand.push(&[&copy]).await;
    assert!(answered.line(copy.id).is_some(), "{:?}", answered.answer);
}

#[tokio::test]
async fn a_colleagues_conversation_is_told_of_at_once_in_ones_own_rounds_alone() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let two = Hand::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    let mut stream = Stream::of(&one).await;
    let before = stream.beginning(3).await;
    assert!(!before.contains_key(&demo::round(THEIRS)));

    hand_in(&two, THEIRS, &mut numbers).await;
    for count in 1..=3 {
        hand_in(&two, SHARED, &mut numbers).await;
        let notice = stream.next().await.unwrap();
        let round = demo::round(SHARED);
        let place = before[&round] + count;
        assert_eq!(notice, LiveNotice { round, place });
    }
    // Who comes later is told where the rounds are.
    let places = Stream::of(&one).await.beginning(3).await;
    assert_eq!(
        places[&demo::round(SHARED)],
        before[&demo::round(SHARED)] + 3
    );
}

#[tokio::test]
async fn what_the_office_does_is_told_as_well() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(2);
    let new = conversation(&mut numbers, one.user(), now(), 1);
    let copy = one.record(demo::round(SHARED), &new);
    one.ask(&pushing(&[&copy])).await;
    let mut stream = Stream::of(&one).await;
    let before = stream.beginning(3).await;

    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let path = format!("/api/v1/quotes/{}/tags", new.quotes[0].id);
    let tags = serde_json::json!({"confirm": ["wonen-1"], "reject": [], "retract": []});
    let _: serde_json::Value = editor.post(&path, &tags).await;
    let notice = stream.next().await.unwrap();
    assert_eq!(notice.round, demo::round(SHARED));
    assert!(notice.place > before[&notice.round]);
}

#[tokio::test]
async fn only_the_device_itself_listens_and_only_while_it_may() {
    let server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let refusal = async |asked: LiveRequest, hand: &Hand| {
        let response = open(hand, &asked).await;
        let status = response.status();
        let problem: Problem = response.json().await.unwrap();
        (status, problem.code().to_owned())
    };

    let mut forged = asks(&one, now());
    forged.nonce[0] ^= 1;
    let told = refusal(forged, &one).await;
    assert_eq!(
        told,
        (StatusCode::UNAUTHORIZED, "device-unknown".to_owned())
    );
    let old = asks(&one, now().plus(-limits::CLOCK_WINDOW_MS - 1));
    let told = refusal(old, &one).await;
    assert_eq!(told, (StatusCode::UNAUTHORIZED, "clock-off".to_owned()));

    // Whoever saw it on its way gets nothing for it.
    let asked = asks(&one, now());
    drop(open(&one, &asked).await);
    let told = refusal(asked, &one).await;
    assert_eq!(told, (StatusCode::UNAUTHORIZED, "replayed".to_owned()));
    // The address is no place for a signature.
    let old = format!(
        "{}/api/v1/sync/live?device=1&time=2&nonce=3&signature=4",
        one.url
    );
    let response = http().get(old).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);

    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(Stream::of(&one).await);
    }
    let told = refusal(asks(&one, now()), &one).await;
    assert_eq!(told.0, StatusCode::SERVICE_UNAVAILABLE, "{told:?}");

    let admin = Office::sign_in(&server.url, "beheerder").await;
    let path = format!("/api/v1/devices/{}/revoke", one.device());
    let _: serde_json::Value = admin.post(&path, &()).await;
    let told = refusal(asks(&one, now()), &one).await;
    assert_eq!(told, (StatusCode::FORBIDDEN, "device-revoked".to_owned()));
}

#[tokio::test]
async fn a_server_that_ends_does_not_wait_for_who_listens() {
    let mut server = Server::start(Place::sqlite()).await;
    let one = Hand::enrol(&server.url, "veldwerker1").await;
    let mut stream = Stream::of(&one).await;
    stream.beginning(3).await;
    server.restart().await;
    assert_eq!(stream.next().await, None);
}
