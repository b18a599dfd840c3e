//! Loops beside requests: one that dies is started again and is told about; one bad thing costs no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use koffiekar_server::background::Background;
use koffiekar_server::each::each_by_itself;
use koffiekar_tests::server::{Place, Server};
use tokio::sync::mpsc;

use super::{figure, seen};

const AN_HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_loop_that_dies_is_started_again_until_it_lives_and_ends_when_it_is_told() {
    let background = Background::with_first_pause(Duration::from_millis(1));
    let (begins, mut begun) = mpsc::unbounded_channel();
    let tries = Arc::new(AtomicU32::new(0));
    let running = background.run("a loop", move || {
        let number = tries.fetch_add(1, Ordering::SeqCst);
        let begins = begins.clone();
        async move {
            begins.send(number).unwrap();
            assert!(number >= 2, "it dies twice");
            std::future::pending::<()>().await;
        }
    });
    for number in 0..3 {
        assert_eq!(begun.recv().await, Some(number));
    }
    let state = background.loops()["a loop"];
    assert_eq!((state.is_up, state.deaths), (true, 2));
    assert_eq!(background.down(), [""; 0]);
    // What it holds is let go of: it does not run on.
    running.abort();
    assert_eq!(begun.recv().await, None);
}

#[tokio::test]
async fn a_loop_that_is_down_is_told_by_readiness_and_by_figures() {
    let server = Server::start(Place::sqlite()).await;
    let mut koffiekar = server.koffiekar.clone();
    koffiekar.background = Background::with_first_pause(AN_HOUR);
    let broken = koffiekar
        .background
        .run("a broken loop", || async { panic!("it cannot go on") });
    let done = koffiekar.background.run("a task", || async {});
    done.await.unwrap();
    while koffiekar.background.down().is_empty() {
        tokio::task::yield_now().await;
    }
    // It answers what it is asked all the same.
    let (status, body) = seen(&koffiekar, "/readyz").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        body.contains(r#""background_down":["a broken loop"]"#),
        "{body}"
    );
    let (_, page) = seen(&koffiekar, "/metrics").await;
    for (name, expected) in [
        ("koffiekar_background_up{loop=\"a broken loop\"}", 0.0),
        (
            "koffiekar_background_deaths_total{loop=\"a broken loop\"}",
            1.0,
        ),
        ("koffiekar_background_up{loop=\"a task\"}", 1.0),
        ("koffiekar_background_deaths_total{loop=\"a task\"}", 0.0),
    ] {
        assert_eq!(figure(&page, name), expected, "{name}");
    }
    broken.abort();
    let (_, body) = seen(&server.koffiekar, "/readyz").await;
    assert_eq!(body, r#"{"status":"ready"}"#);
}

#[tokio::test]
async fn every_loop_of_a_server_is_watched() {
    for (place, more) in [
        (Place::sqlite(), &["clearing files"][..]),
        (
            Place::postgres().await,
            &["hearing others", "looking at rounds", "telling others"],
        ),
    ] {
        let server = Server::start(place).await;
        let asked = koffiekar_tests::office::http().get(format!("{}/healthz", server.url));
        assert_eq!(asked.send().await.unwrap().status().as_u16(), 200);
        let loops = server.koffiekar.background.loops();
        let everywhere = [
            "learning",
            "noting",
            "reading ahead",
            "watching the database",
        ];
        for name in everywhere.iter().chain(more) {
            assert!(loops.contains_key(name), "{name} is not in {loops:?}");
        }
    }
}

#[test]
fn what_panics_over_one_thing_costs_no_other() {
    let tenfold = |number: &i32| {
        assert_ne!(*number, 2, "it cannot be worked on");
        number * 10
    };
    assert_eq!(
        each_by_itself(&[1, 2, 3], tenfold, |number| -number),
        [10, -2, 30]
    );
}
