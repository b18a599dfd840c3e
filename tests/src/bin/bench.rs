//! Figures, one JSON line each on standard output: `{"name","value","unit","budget","better","engine"}`.
//! What is going on is told on standard error. Budgets: `docs/performance.md`.
//!
//! `cargo xtask bench [push|pull|idle ...] [--postgres]`. Server and tablet run in this process and
//! speak HTTP over loopback; the database lies on the disk of the temporary folder.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must stop"
)]

use std::time::{Duration, Instant};

use koffiekar_server::demo;
use koffiekar_server::projection::{Surroundings, project};
use koffiekar_server::suggest::suggestions;
use koffiekar_sync_core::admission::{Admission, admit};
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::conversation::Document;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::QuotePage;
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::replica::Budget;
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{Tablet, post};
use serde::Serialize;

const CONVERSATIONS: usize = 10_000;
const QUOTES_EACH: usize = 3;
const ROUND: &str = "buurtronde-2026";

/// A wired or good wireless connection: what a tablet takes when it comes home with a full day.
const LARGE: Budget = Budget {
    documents: 1_000,
    push_bytes: 4 * 1024 * 1024,
    feed_bytes: 4 * 1024 * 1024,
};

#[derive(Serialize)]
struct Figure<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    budget: Option<f64>,
    better: &'a str,
    engine: &'a str,
}

struct Bench {
    postgres: bool,
}

impl Bench {
    async fn server(&self) -> Server {
        let place = if self.postgres {
            Place::postgres().await
        } else {
            Place::sqlite()
        };
        Server::start(place).await
    }

    /// Smaller is better.
    fn tell(&self, name: &str, value: f64, unit: &str, budget: Option<f64>) {
        let engine = if self.postgres { "postgres" } else { "sqlite" };
        let value = (value * 1000.0).round() / 1000.0;
        let figure = Figure {
            name,
            value,
            unit,
            budget,
            better: "lower",
            engine,
        };
        println!("{}", serde_json::to_string(&figure).unwrap());
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let bench = Bench {
        postgres: arguments.iter().any(|argument| argument == "--postgres"),
    };
    let known = ["push", "pull", "idle", "stages"];
    let named: Vec<&str> = arguments
        .iter()
        .filter(|a| !a.starts_with("--"))
        .map(String::as_str)
        .collect();
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        eprintln!(
            "there is no benchmark `{unknown}`; there are {}",
            known.join(", ")
        );
        std::process::exit(2);
    }
    let wanted = |name: &str| named.is_empty() || named.contains(&name);
    if wanted("push") {
        push(&bench, 2_000, "push_2000", 13.4 / 20.0).await;
        push(&bench, CONVERSATIONS, "push_10000", 3.05).await;
    }
    if wanted("stages") {
        stages(&bench).await;
    }
    if wanted("pull") || wanted("idle") {
        pull_and_idle(&bench, wanted("pull"), wanted("idle")).await;
    }
}

/// A tablet with this many new conversations.
async fn full_tablet(server: &Server, count: usize) -> Tablet {
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    tablet.budget = LARGE;
    tablet.sync().await.unwrap();
    let mut numbers = Numbers(7);
    let user = tablet.replica.identity().user;
    let start = tablet.now();
    for index in 0..count {
        let at = start.plus(i64::try_from(index).unwrap());
        let new = conversation(&mut numbers, user, at, QUOTES_EACH);
        tablet.record(demo::round(ROUND), &new);
    }
    tablet
}

async fn push(bench: &Bench, count: usize, name: &str, budget: f64) {
    eprintln!("{name}: recording {count} conversations of {QUOTES_EACH} quotes");
    let server = bench.server().await;
    let mut tablet = full_tablet(&server, count).await;
    let office = Office::sign_in(&server.url, "redacteur1").await;
    let started = Instant::now();
    let synced = tablet.sync().await.unwrap();
    let page: QuotePage = office.get("/api/v1/quotes?limit=1").await;
    let took = started.elapsed();
    assert_eq!(synced.stored, count);
    assert_eq!(page.total, (count * QUOTES_EACH) as u64);
    assert!(!page.quotes[0].suggestions.is_empty());
    eprintln!("{name}: {} requests", synced.requests);
    bench.tell(name, took.as_secs_f64(), "s", Some(budget));
}

/// Where the time of a push goes: microseconds of one core for one new conversation.
async fn stages(bench: &Bench) {
    const COUNT: usize = 2_000;
    let server = bench.server().await;
    let mut tablet = full_tablet(&server, COUNT).await;
    let identity = tablet.replica.identity().clone();
    let author = Author {
        device: identity.device,
        user: identity.user,
        edits: false,
    };
    let documents: Vec<(ConversationId, Document)> = tablet
        .replica
        .conversations()
        .map(|(id, held)| (id, Document::load(held.bytes()).unwrap()))
        .collect();
    let pushed: Vec<_> = documents
        .iter()
        .map(|(id, document)| (*id, document.changes_since(&[]), document.heads()))
        .collect();
    let each = |name: &str, started: Instant| {
        let micros = started.elapsed().as_secs_f64() * 1e6 / COUNT as f64;
        bench.tell(name, micros, "us", None);
    };

    let started = Instant::now();
    let admitted: Vec<_> = pushed
        .iter()
        .map(|(id, changes, heads)| (*id, admit(None, changes, heads, &author, &[]).unwrap()))
        .collect();
    each("stage_admit", started);

    let tagger = server.koffiekar.suggest.tagger();
    let surroundings = Surroundings::default();
    let started = Instant::now();
    for (id, admission) in &admitted {
        let Admission::Merged(merged) = admission else {
            panic!("a new conversation")
        };
        let suggest = |_: &str, _: &str| Vec::new();
        let (round, kind) = (demo::round(ROUND), RoundKind::NeighbourhoodRound);
        let now = tablet.now();
        project(
            *id,
            round,
            kind,
            &merged.conversation,
            now,
            &surroundings,
            suggest,
        );
    }
    each("stage_project", started);

    let started = Instant::now();
    for (_, admission) in &admitted {
        let Admission::Merged(merged) = admission else {
            panic!("a new conversation")
        };
        for quote in &merged.conversation.quotes {
            suggestions(&tagger, quote.wording.first(), "nl");
        }
    }
    each("stage_suggest", started);

    let started = Instant::now();
    let now = tablet.now();
    let whole = Budget {
        documents: COUNT,
        push_bytes: usize::MAX,
        feed_bytes: 0,
    };
    let message = tablet.replica.next_request(whole, now);
    each("stage_tablet_packs", started);
    let started = Instant::now();
    post(&tablet.url, message).await.unwrap();
    each("stage_whole_request", started);
}

async fn pull_and_idle(bench: &Bench, pull: bool, idle: bool) {
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
