//! What a day's work costs when little is stored, and when a country's is.

use std::time::{Duration, Instant};

use koffiekar_server::demo;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::tablet::Tablet;

use super::fill::fill;
use super::{Bench, QUOTES_EACH, ROUND};

const SMALL: usize = 1_000;
const LARGE: usize = 1_000_000;
const NEW: usize = 100;
const TIMES: usize = 41;

pub(super) async fn growth(bench: &Bench) {
    let server = bench.server().await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    tablet.sync().await.unwrap();
    // Only handing in is measured, not what there is to fetch.
    tablet.budget.feed_bytes = 0;
    tablet.budget.documents = NEW;

    fill(&server.koffiekar, 0, SMALL).await;
    let small = handing_in(&mut tablet).await;
    bench.tell("growth_100_at_1000", millis(small), "ms", None);
    eprintln!("growth: filling up to {LARGE} conversations");
    let began = Instant::now();
    fill(&server.koffiekar, SMALL, LARGE).await;
    eprintln!("growth: filled in {:.0} s", began.elapsed().as_secs_f64());
    let large = handing_in(&mut tablet).await;
    bench.tell("growth_100_at_1000000", millis(large), "ms", None);
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    bench.tell("growth_ratio", ratio, "times", Some(1.3));
}

/// The median time of a push of a hundred new conversations.
async fn handing_in(tablet: &mut Tablet) -> Duration {
    let mut numbers = Numbers(tablet.replica.conversations().count() as u64);
    let user = tablet.replica.identity().user;
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..TIMES {
        for _ in 0..NEW {
            let new = conversation(&mut numbers, user, tablet.now(), QUOTES_EACH);
            tablet.record(demo::round(ROUND), &new);
        }
        let began = Instant::now();
        let applied = tablet.exchange().await.unwrap();
        times.push(began.elapsed());
        assert_eq!(applied.stored, NEW);
    }
    times.sort();
    times[TIMES / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
