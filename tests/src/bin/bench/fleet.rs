//! The end of a field day: every tablet of the town comes into reach at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use koffiekar_server::demo;
use koffiekar_sync_core::office::QuotePage;
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::tablet::Tablet;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

use super::{Bench, QUOTES_EACH, ROUND};

const TABLETS: usize = 500;
const CONVERSATIONS: usize = 20;

pub(super) async fn fleet(bench: &Bench) {
    let server = bench.server().await;
    eprintln!("fleet: enrolling {TABLETS} tablets");
    let mut tablets = enrol(&server.url, TABLETS).await;
    for tablet in &mut tablets {
        tablet.sync().await.unwrap();
    }

    eprintln!("fleet: {TABLETS} tablets hand in {CONVERSATIONS} conversations each");
    let start = Arc::new(Barrier::new(TABLETS + 1));
    let mut under_way = JoinSet::new();
    for (number, mut tablet) in tablets.into_iter().enumerate() {
        let start = start.clone();
        under_way.spawn(async move {
            let mut numbers = Numbers(number as u64);
            let user = tablet.replica.identity().user;
            for _ in 0..CONVERSATIONS {
                let new = conversation(&mut numbers, user, tablet.now(), QUOTES_EACH);
                tablet.record(demo::round(ROUND), &new);
            }
            // What the others bring meanwhile is fetched later: handing in comes first.
            tablet.budget.feed_bytes = 0;
            start.wait().await;
            let began = Instant::now();
            let mut stored = 0;
            let mut failed = 0;
            while tablet.replica.waiting() > 0 && failed < 10 {
                match tablet.exchange().await {
                    Ok(applied) => stored += applied.stored,
                    Err(_) => failed += 1,
                }
            }
            (stored, failed, began.elapsed())
        });
    }
    start.wait().await;
    let began = Instant::now();
    let mut stored = 0;
    let mut failures = 0;
    let mut waits: Vec<Duration> = Vec::new();
    while let Some(done) = under_way.join_next().await {
        let (theirs, failed, wait) = done.unwrap();
        stored += theirs;
        failures += failed;
        waits.push(wait);
    }
    let took = began.elapsed().as_secs_f64();
    waits.sort();

    let office = Office::sign_in(&server.url, "redacteur1").await;
    let page: QuotePage = office.get("/api/v1/quotes?limit=1").await;
    assert_eq!(stored, TABLETS * CONVERSATIONS);
    assert_eq!(page.total, (stored * QUOTES_EACH) as u64);
    let rate = stored as f64 / took;
    bench.tell_more_is_better("fleet_conversations_per_second", rate, "1/s", 2_000.0);
    bench.tell("fleet_failures", f64::from(failures), "requests", Some(0.0));
    let slow = waits[waits.len() * 95 / 100].as_secs_f64();
    bench.tell("fleet_wait_p95", slow, "s", None);
}

pub(super) async fn enrol(url: &str, count: usize) -> Vec<Tablet> {
    // Each enrolment checks a password, which is slow by intention.
    let doors = Arc::new(Semaphore::new(4));
    let mut enrolling = JoinSet::new();
    for number in 0..count {
        let (url, doors) = (url.to_owned(), doors.clone());
        enrolling.spawn(async move {
            let _turn = doors.acquire().await.unwrap();
            let login = format!("veldwerker{}", 1 + number % 2);
            Tablet::enrol(&url, &login).await
        });
    }
    enrolling.join_all().await
}
