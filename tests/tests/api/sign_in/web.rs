//! Where requests come from, and by which way.

use koffiekar_server::{Clock, demo};
use koffiekar_tests::hand::{Hand, fetching};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{SyncError, now, post};
use reqwest::Method;
use serde_json::json;

/// Status and whether the browser is told to come by https alone.
async fn sign_in(server: &Server, origin: &str, host: &str, proto: Option<&str>) -> (u16, bool) {
    let body = json!({ "login": "analist", "password": demo::PASSWORD });
    let request = http()
        .post(format!("{}/api/v1/session", server.url))
        .header("origin", origin)
        .header("host", host)
        .json(&body);
    let request = match proto {
        Some(proto) => request.header("x-forwarded-proto", proto),
        None => request,
    };
    let response = request.send().await.unwrap();
    let headers = response.headers();
    let by_https = headers.contains_key("strict-transport-security");
    (response.status().as_u16(), by_https)
}

#[tokio::test]
async fn a_page_of_the_same_host_by_another_scheme_is_another_site() {
    const HOST: &str = "koffiekar.example";
    let (https, http) = ("https://koffiekar.example", "http://koffiekar.example");
    let clock = Clock::System;
    let server = Server::start_behind(Place::sqlite(), clock, &["127.0.0.0/8"]).await;
    for (origin, host, proto, expected) in [
        (https, HOST, Some("https"), (200, true)),
        (http, HOST, Some("https"), (403, true)),
        (https, HOST, Some("http"), (403, false)),
        (http, HOST, Some("http"), (200, false)),
        // The last one is the word of the proxy that is trusted.
        (http, HOST, Some("http, https"), (403, true)),
        ("https://elders.example", HOST, Some("https"), (403, true)),
        ("null", HOST, Some("https"), (403, true)),
        // A proxy that says nothing of it.
        (https, HOST, None, (200, false)),
        (http, HOST, None, (403, false)),
        (
            "http://localhost:8000",
            "localhost:8000",
            None,
            (200, false),
        ),
        ("http://[::1]:8000", "[::1]:8000", None, (200, false)),
        (
            "http://localhost.example",
            "localhost.example",
            None,
            (403, false),
        ),
    ] {
        let told = sign_in(&server, origin, host, proto).await;
        assert_eq!(told, expected, "{origin} {host} {proto:?}");
    }
    // Of nobody else this is believed.
    let server = Server::start_behind(Place::sqlite(), Clock::System, &["10.0.0.1"]).await;
    let told = sign_in(&server, http, HOST, Some("http")).await;
    assert_eq!(told, (403, false));
    let told = sign_in(&server, https, HOST, Some("https")).await;
    assert_eq!(told, (200, false));
}

#[tokio::test]
async fn a_signed_message_is_answered_once_by_all_servers() {
    let one = Server::start(Place::postgres().await).await;
    let two = one.beside().await;
    let alone = Server::start(Place::sqlite()).await;
    for (first, second) in [(&one, &two), (&one, &one), (&alone, &alone)] {
        let hand = Hand::enrol(&first.url, "veldwerker1").await;
        let message = hand.seal(&fetching()).to_bytes();
        post(&first.url, message.clone()).await.unwrap();
        let again = post(&second.url, message).await;
        let Err(SyncError::Refused(problem)) = again else {
            panic!("a message was answered twice");
        };
        assert_eq!((problem.status, problem.code()), (401, "replayed"));
        post(&second.url, hand.seal(&fetching()).to_bytes())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_message_of_before_a_server_started_is_not_taken_on_its_word() {
    let clock = Clock::held(now());
    let mut server = Server::start_behind(Place::sqlite(), clock.clone(), &[]).await;
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let message = hand.seal(&fetching()).to_bytes();
    clock.advance(60_000);
    server.restart().await;
    let refused = post(&server.url, message).await;
    let Err(SyncError::Refused(problem)) = refused else {
        panic!("a message was answered that may have been here before");
    };
    // The tablet takes the time over and signs anew.
    assert_eq!(problem.code(), "clock-off");
    assert_eq!(problem.server_time, Some(clock.now()));
}

#[tokio::test]
async fn the_same_round_is_made_once() {
    let server = Server::start(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let round = |name: &str, starts_on: &str| json!({"name": name, "kind": "open_house", "starts_on": starts_on, "ends_on": "2027-02-02"});
    let first = round("Open huis", "2027-02-01");
    let _: serde_json::Value = admin.post("/api/v1/rounds", &first).await;
    for again in [first, round("open  HUIS ", "2027-02-01")] {
        let refused = admin
            .refused(Method::POST, "/api/v1/rounds", Some(&again))
            .await;
        assert_eq!(refused.status, 409);
        assert!(refused.detail.contains("Open huis"), "{refused:?}");
    }
    let later = round("Open huis", "2027-02-02");
    let _: serde_json::Value = admin.post("/api/v1/rounds", &later).await;
}
