//! A town that outgrows one machine: its installation moves to PostgreSQL and, to see that nothing is lost, back.

use std::time::Instant;

use koffiekar_server::demo;
use koffiekar_server::upkeep::moving;
use koffiekar_sync_core::office::{Counts, QuotePage};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use sha2::{Digest, Sha256};

use super::{Bench, LARGE, QUOTES_EACH, ROUND};

const CONVERSATIONS: usize = 100_000;
/// As many as a tablet hands in at a time.
const DAY: usize = 10_000;

/// What an analyst is answered: pages, counts, and a hash of the whole table.
#[derive(Debug, PartialEq)]
struct Answers {
    pages: Vec<QuotePage>,
    counts: Vec<Counts>,
    table: Vec<u8>,
}

pub(super) async fn move_there_and_back(bench: &Bench) {
    let server = Server::start(Place::sqlite()).await;
    eprintln!("move: handing in {CONVERSATIONS} conversations of {QUOTES_EACH} quotes");
    fill(&server).await;
    let before = answers(&server).await;
    let from = server.into_place().await;
    let there = Place::postgres().await;
    carry(bench, "move_to_postgres", &from, &there).await;
    keep_apart(&from, &there);
    let there = Server::start(there).await;
    assert!(
        answers(&there).await == before,
        "PostgreSQL answers the same"
    );
    let there = there.into_place().await;
    let back = Place::sqlite();
    carry(bench, "move_to_sqlite", &there, &back).await;
    keep_apart(&there, &back);
    let back = Server::start(back).await;
    assert!(answers(&back).await == before, "SQLite answers the same");
    eprintln!("move: the same answers before, there and back");
}

/// The files that go with an installation.
fn keep_apart(from: &Place, to: &Place) {
    for (old, new) in [
        (from.apart().key_file, to.apart().key_file),
        (from.apart().remembered(), to.apart().remembered()),
    ] {
        std::fs::copy(old, new).unwrap();
    }
}

async fn fill(server: &Server) {
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    tablet.budget = LARGE;
    let user = tablet.replica.identity().user;
    let mut numbers = Numbers(13);
    for _ in 0..CONVERSATIONS / DAY {
        for _ in 0..DAY {
            let new = conversation(&mut numbers, user, tablet.now(), QUOTES_EACH);
            tablet.record(demo::round(ROUND), &new);
        }
        assert_eq!(tablet.sync().await.unwrap().stored, DAY);
    }
}

async fn carry(bench: &Bench, name: &str, from: &Place, to: &Place) {
    let began = Instant::now();
    let mut tell = |what: &str| eprintln!("{name}: {:.1} s: {what}", began.elapsed().as_secs_f64());
    let moved = moving::run(&from.address(), &to.address(), &mut tell)
        .await
        .unwrap();
    assert_eq!(moved.verified.documents, CONVERSATIONS as u64);
    bench.tell(name, began.elapsed().as_secs_f64(), "s", None);
}

async fn answers(server: &Server) -> Answers {
    let analyst = Office::sign_in(&server.url, "analist").await;
    let mut answers = Answers {
        pages: Vec::new(),
        counts: Vec::new(),
        table: Vec::new(),
    };
    for filter in [
        "",
        "language=tr",
        "theme=wonen",
        "text=straat",
        "tag_state=proposed&area=FB",
    ] {
        let page = format!("/api/v1/quotes?limit=200&{filter}");
        answers.pages.push(analyst.get(&page).await);
        let counts = format!("/api/v1/quotes/counts?rows=theme&columns=wijk&{filter}");
        answers.counts.push(analyst.get(&counts).await);
    }
    let request = http().get(format!("{}/api/v1/quotes.csv", server.url));
    let request = request.header("cookie", analyst.cookie.clone().unwrap());
    let mut table = request.send().await.unwrap().error_for_status().unwrap();
    let mut hash = Sha256::new();
    let mut lines = 0;
    while let Some(piece) = table.chunk().await.unwrap() {
        lines += piece.iter().filter(|byte| **byte == b'\n').count();
        hash.update(&piece);
    }
    assert!(lines > CONVERSATIONS * QUOTES_EACH, "{lines} lines");
    answers.table = hash.finalize().to_vec();
    answers
}
