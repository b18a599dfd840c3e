//! One person's requests wait for one another, and not others for them.

use koffiekar_server::{Bounds, demo};
use koffiekar_sync_core::office::{Counts, Desk};
use koffiekar_tests::hand::{Hand, fetching};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use reqwest::{Method, StatusCode};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use super::within;

/// The next ones of these must be refused for that there are too many.
async fn refused(asked: &mut JoinSet<(StatusCode, String)>, count: usize) {
    for _ in 0..count {
        let (status, body) = within("a refusal", asked.join_next())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{body}");
        assert!(body.contains("too-many-at-once"), "{body}");
    }
}

async fn answered(asked: &mut JoinSet<(StatusCode, String)>) {
    while let Some(told) = within("an answer", asked.join_next()).await {
        let (status, body) = told.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
    }
}

#[tokio::test]
async fn a_person_has_a_share_of_all_requests() {
    let bounds = Bounds::default();
    let server = Server::start_bounded(Place::sqlite(), bounds).await;
    let busy = Office::sign_in(&server.url, "beheerder").await;
    let other = Office::sign_in(&server.url, "redacteur1").await;
    // Nothing can be written now.
    let writing = server.koffiekar.store.write().await.unwrap();
    let mut asked = JoinSet::new();
    for _ in 0..bounds.requests_of_person + bounds.waiting_of_person + 10 {
        let busy = busy.clone();
        asked.spawn(async move {
            let wanted = serde_json::json!({"wanted_precision": null});
            let path = "/api/v1/tagger/acceptance";
            busy.call(Method::PUT, path, Some(&wanted)).await
        });
    }
    refused(&mut asked, 10).await;
    let _: Desk = within("another desk", other.get("/api/v1/desk")).await;
    drop(writing);
    answered(&mut asked).await;
}

fn at(moment: usize) -> String {
    format!(
        "/api/v1/quotes/counts?rows=theme&as_of={}",
        1_500_000_000_000 + moment
    )
}

/// Reading a moment of the past needs this table, and nothing else does.
async fn lock(server: &Server) -> PgConnection {
    let mut connection = PgConnection::connect(&server.database().address())
        .await
        .unwrap();
    for statement in ["begin", "lock table line_history in access exclusive mode"] {
        sqlx::raw_sql(statement)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection
}

#[tokio::test]
async fn questions_about_many_moments_wait_for_themselves_alone() {
    let bounds = Bounds::default();
    let server = Server::start_bounded(Place::postgres().await, bounds).await;
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let analyst = Office::sign_in(&server.url, "analist").await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let _: Desk = editor.get("/api/v1/desk").await;

    let locked = lock(&server).await;
    let mut asked = JoinSet::new();
    for moment in 0..50 {
        let analyst = analyst.clone();
        asked.spawn(async move { analyst.call(Method::GET, &at(moment), None::<&()>).await });
    }
    refused(&mut asked, 50 - 1 - bounds.moments_waiting).await;
    within("what others do", async {
        let _: Desk = editor.get("/api/v1/desk").await;
        // The same person asks about now.
        let _: Counts = analyst.get("/api/v1/quotes/counts?rows=theme").await;
        hand.ask(&fetching()).await;
        Office::sign_in(&server.url, "redacteur2").await;
        let ready = http()
            .get(format!("{}/readyz", server.url))
            .send()
            .await
            .unwrap();
        assert_eq!(ready.status(), StatusCode::OK);
    })
    .await;
    locked.close().await.unwrap();
    answered(&mut asked).await;
}

#[tokio::test]
async fn several_moments_are_kept() {
    let server = Server::start(Place::postgres().await).await;
    let analyst = Office::sign_in(&server.url, "analist").await;
    let both = async || {
        let _: Counts = analyst.get(&at(1)).await;
        let _: Counts = analyst.get(&at(2)).await;
    };
    both().await;
    let _locked = lock(&server).await;
    within("moments that were read before", both()).await;
}

#[tokio::test]
async fn while_quotes_cannot_be_read_others_do_what_needs_none() {
    let server = Server::start(Place::postgres().await).await;
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let mut people = Vec::new();
    for login in ["redacteur1", "redacteur2", "analist"] {
        let person = Office::sign_in(&server.url, login).await;
        let _: Counts = person.get("/api/v1/quotes/counts?rows=theme").await;
        people.push(person);
    }
    // There is something new to read, and it cannot be read.
    let new = conversation(&mut Numbers(2), hand.user(), now(), 1);
    let copy = hand.record(demo::round("buurtronde-2026"), &new);
    hand.push(&[&copy]).await;
    let mut locked = PgConnection::connect(&server.database().address())
        .await
        .unwrap();
    for statement in ["begin", "lock table quotes in access exclusive mode"] {
        sqlx::raw_sql(statement).execute(&mut locked).await.unwrap();
    }

    let mut asked = JoinSet::new();
    for person in people.iter().cycle().take(60) {
        let person = person.clone();
        asked.spawn(async move {
            let path = "/api/v1/quotes/counts?rows=theme";
            person.call(Method::GET, path, None::<&()>).await
        });
    }
    within("what needs no quotes", async {
        for _ in 0..20 {
            hand.ask(&fetching()).await;
            let ready = http()
                .get(format!("{}/readyz", server.url))
                .send()
                .await
                .unwrap();
            assert_eq!(ready.status(), StatusCode::OK);
        }
        Office::sign_in(&server.url, "beheerder").await;
    })
    .await;
    locked.close().await.unwrap();
    answered(&mut asked).await;
}
