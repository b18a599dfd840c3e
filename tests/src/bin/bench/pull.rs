//! A fresh tablet fetches everything, and one that has everything asks again.

use std::time::{Duration, Instant};

use koffiekar_tests::tablet::{Tablet, post};

use super::{Bench, LARGE, full_tablet};

const CONVERSATIONS: usize = 10_000;

pub(super) async fn pull_and_idle(bench: &Bench, pull: bool, idle: bool) {
    eprintln!("pull, idle: filling the server with {CONVERSATIONS} conversations");
    let server = bench.server().await;
    let mut source = full_tablet(&server, CONVERSATIONS).await;
    source.sync().await.unwrap();
    drop(source);

    let mut tablet = Tablet::enrol(&server.url, "veldwerker2").await;
    tablet.budget = LARGE;
    let started = Instant::now();
    let mut bytes = 0;
    let mut requests = 0;
    loop {
        let now = tablet.now();
        let message = tablet.replica.next_request(tablet.budget, now);
        bytes += message.len();
        let answer = post(&tablet.url, message).await.unwrap();
        bytes += answer.len();
        requests += 1;
        let now = tablet.now();
        if !tablet.replica.apply(&answer, now).unwrap().again {
            break;
        }
    }
    let took = started.elapsed();
    assert_eq!(tablet.replica.conversations().count(), CONVERSATIONS);
    if pull {
        eprintln!("pull: {requests} requests");
        bench.tell("pull_10000", took.as_secs_f64(), "s", Some(1.0));
        let each = bytes as f64 / CONVERSATIONS as f64;
        bench.tell("pull_bytes_per_conversation", each, "bytes", Some(250.0));
    }
    if idle {
        let mut times: Vec<Duration> = Vec::new();
        let mut size = 0;
        for _ in 0..200 {
            let started = Instant::now();
            let now = tablet.now();
            let message = tablet.replica.next_request(tablet.budget, now);
            let sent = message.len();
            let answer = post(&tablet.url, message).await.unwrap();
            let now = tablet.now();
            let applied = tablet.replica.apply(&answer, now).unwrap();
            times.push(started.elapsed());
            size = sent + answer.len();
            assert!(!applied.again);
        }
        times.sort();
        bench.tell("idle_requests", 1.0, "requests", Some(1.0));
        bench.tell("idle_bytes", size as f64, "bytes", Some(1024.0));
        bench.tell(
            "idle_median",
            times[times.len() / 2].as_secs_f64() * 1000.0,
            "ms",
            Some(5.0),
        );
    }
}
