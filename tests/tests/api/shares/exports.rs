//! Tables and other answers that nobody reads.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::response::Response;
use koffiekar_server::Bounds;
use koffiekar_sync_core::office::QuotePage;
use koffiekar_tests::hand::{Hand, fetching};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::{Place, Server};
use tower::ServiceExt;

use super::{Wire, record_long_quotes, within};

async fn with_long_quotes(place: Place, bounds: Bounds) -> (Server, Office) {
    let server = Server::start_bounded(place, bounds).await;
    record_long_quotes(&server.url).await;
    let analyst = Office::sign_in(&server.url, "analist").await;
    (server, analyst)
}

/// Whether a table can be fetched, by what becomes of it.
async fn told(analyst: &Office) -> (u16, Option<String>) {
    let (mut wire, status) = Wire::download(analyst).await;
    let code = match status {
        200 => None,
        _ => Some(wire.refusal().await.1),
    };
    (status, code)
}

#[tokio::test]
async fn tables_that_nobody_reads_hold_no_connection_to_the_database_and_a_person_has_two() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let (server, analyst) = with_long_quotes(place, Bounds::default()).await;
        let (one, status) = Wire::download(&analyst).await;
        assert_eq!(status, 200);
        let (_another, status) = Wire::download(&analyst).await;
        assert_eq!(status, 200);
        let third = told(&analyst).await;
        assert_eq!(third, (429, Some("too-many-at-once".to_owned())));

        // Of the database nothing is in use, but for what the server does besides.
        within("connections that are free", async {
            while server.koffiekar.store.connections().0 > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        if server.koffiekar.store.engine() == "sqlite" {
            within("files without readers", async {
                while !server.koffiekar.store.clear_files().await.unwrap() {}
            })
            .await;
        }

        drop(one);
        within("a place for another table", async {
            while told(&analyst).await.0 != 200 {}
        })
        .await;
    }
}

#[tokio::test]
async fn whoever_takes_nothing_of_an_answer_loses_the_connection() {
    let bounds = Bounds {
        answer_pause: Duration::from_millis(500),
        exports_of_person: 1,
        ..Bounds::default()
    };
    let (_server, analyst) = with_long_quotes(Place::sqlite(), bounds).await;
    let (_unread, status) = Wire::download(&analyst).await;
    assert_eq!(status, 200);
    assert_eq!(told(&analyst).await.0, 429);
    within("the end of a table that nobody reads", async {
        while told(&analyst).await.0 != 200 {}
    })
    .await;
}

/// The answer to a person, of which nothing is read yet.
async fn unread(server: &Server, person: &Office) -> Response {
    let request = Request::get("/api/v1/quotes?limit=200")
        .header("cookie", person.cookie.as_ref().unwrap())
        .body(Body::empty());
    let router = koffiekar_server::router(server.koffiekar.clone());
    router.oneshot(request.unwrap()).await.unwrap()
}

/// The answer to a tablet that fetches everything.
async fn unread_feed(server: &Server, hand: &Hand) -> Response {
    let request = Request::post("/api/v1/sync")
        .header("content-type", "application/cbor")
        .body(Body::from(hand.seal(&fetching()).to_bytes()));
    let router = koffiekar_server::router(server.koffiekar.clone());
    router.oneshot(request.unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_answer_counts_for_its_caller_until_it_was_taken() {
    let bounds = Bounds {
        requests_of_person: 1,
        waiting_of_person: 0,
        requests_of_device: 1,
        waiting_of_device: 0,
        ..Bounds::default()
    };
    let (server, analyst) = with_long_quotes(Place::sqlite(), bounds).await;
    let first = unread(&server, &analyst).await;
    assert_eq!(first.status(), 200);
    assert_eq!(unread(&server, &analyst).await.status(), 429);
    // Taken as it was before it left in pieces.
    let length: usize = first.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let body = to_bytes(first.into_body(), usize::MAX).await.unwrap();
    assert_eq!(body.len(), length);
    let page: QuotePage = serde_json::from_slice(&body).unwrap();
    assert_eq!(page.quotes.len(), 200);
    assert_eq!(unread(&server, &analyst).await.status(), 200);

    let hand = Hand::enrol(&server.url, "veldwerker2").await;
    let first = unread_feed(&server, &hand).await;
    assert_eq!(first.status(), 200);
    assert_eq!(unread_feed(&server, &hand).await.status(), 503);
    drop(first);
    assert_eq!(unread_feed(&server, &hand).await.status(), 200);
}
