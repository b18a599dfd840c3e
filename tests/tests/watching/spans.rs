//! Where the time of a request went, as a collector is told.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use koffiekar_server::demo;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, Place};
use koffiekar_tests::tablet::Tablet;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::PATIENCE;

/// Takes whatever spans come; where it is, and what came.
async fn collector() -> (String, UnboundedReceiver<Bytes>) {
    async fn take(State(came): State<UnboundedSender<Bytes>>, spans: Bytes) {
        let _ = came.send(spans);
    }
    let (sender, came) = mpsc::unbounded_channel();
    let router = Router::new()
        .route("/v1/traces", post(take))
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, came)
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|here| here == words.as_bytes())
}

#[tokio::test]
async fn a_push_yields_spans_without_anybodys_words() {
    let place = Place::sqlite();
    let Place::Sqlite(data) = &place else {
        unreachable!()
    };
    Binary::lay_out_empty_demo(data.path()).await;
    let (url, mut came) = collector().await;
    let program = tokio::process::Command::new(koffiekar_tests::programs::koffiekar());
    let mut command = Binary::serve(program, data.path(), 0);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .env("OTEL_BSP_SCHEDULE_DELAY", "20")
        .env("NO_PROXY", "127.0.0.1");
    let binary = Binary::launch(command).await.unwrap();
    let mut tablet = Tablet::enrol(&binary.url, "veldwerker1").await;
    let user = tablet.replica.identity().user;
    let new = conversation(&mut Numbers(1), user, tablet.now(), 1);
    let id = tablet.record(demo::round("buurtronde-2026"), &new);
    assert_eq!(tablet.sync().await.unwrap().stored, 1);

    let mut all: Vec<u8> = Vec::new();
    let names = [
        "POST /api/v1/sync",
        "take in",
        "judge",
        "write",
        "bring",
        "http.response.status_code",
        "koffiekar",
    ];
    let complete = async {
        while !names.iter().all(|name| holds(&all, name)) {
            all.extend(came.recv().await.unwrap());
        }
    };
    let waited = tokio::time::timeout(PATIENCE, complete).await;
    let missing: Vec<_> = names.iter().filter(|name| !holds(&all, name)).collect();
    assert!(waited.is_ok(), "no span has {missing:?}");
    let device = tablet.replica.identity().device.to_string();
    let never = [
        &new.quotes[0].verbatim,
        &new.notes,
        "veldwerker1",
        &device,
        &user.to_string(),
        &user.key(),
        &id.to_string(),
        &id.key(),
    ];
    for words in never {
        assert!(!holds(&all, words), "a span holds {words}");
    }
}
