//! One tablet comes home with a full day.

use std::collections::BTreeSet;
use std::time::Instant;

use koffiekar_server::demo;
use koffiekar_server::projection::{Arrival, Surroundings, project};
use koffiekar_sync_core::admission::{Admission, admit};
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::conversation::Document;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::QuotePage;
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::replica::Budget;
use koffiekar_tests::office::Office;
use koffiekar_tests::tablet::post;

use super::{Bench, QUOTES_EACH, ROUND, full_tablet, raw};

pub(super) async fn push(bench: &Bench, count: usize, name: &str, budget: f64) {
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
pub(super) async fn stages(bench: &Bench) {
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

    let tagger = server.koffiekar.suggest.model();
    let surroundings = Surroundings::default();
    let started = Instant::now();
    for (id, admission) in &admitted {
        let Admission::Merged(merged) = admission else {
            panic!("a new conversation")
        };
        let suggest = |_: &str, _: &str, _: &BTreeSet<_>| Vec::new();
        let (round, kind) = (demo::round(ROUND), RoundKind::NeighbourhoodRound);
        let now = tablet.now();
        project(
            *id,
            round,
            kind,
            &merged.conversation,
            Arrival {
                received_at: now,
                enrolled_at: None,
            },
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
            tagger.suggest(quote.wording.first(), "nl", &BTreeSet::new());
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
    if !bench.postgres {
        let micros = raw::copy(&server.place).await * 1e6 / COUNT as f64;
        bench.tell("stage_rows_alone", micros, "us", None);
    }
}
