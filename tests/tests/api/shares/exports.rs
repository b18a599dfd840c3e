//! Tables that nobody reads.

use std::time::Duration;

use koffiekar_server::Bounds;
use koffiekar_tests::office::Office;
use koffiekar_tests::server::{Place, Server};

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
