//! The server dies in the middle of syncs, as a process: `kill -9`, at moments all over a request.

use std::collections::BTreeSet;
use std::time::Duration;

use koffiekar_server::demo;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::QuotePage;
use koffiekar_sync_core::replica::{Budget, Standing};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::Binary;
use koffiekar_tests::tablet::{SyncError, Tablet};

const SEED: u64 = 20_260_124;
const KILLS: usize = 12;
const EACH: usize = 40;
const QUOTES: usize = 2;

#[tokio::test]
async fn every_acknowledged_conversation_is_there_exactly_once_whenever_the_server_dies() {
    eprintln!("seed {SEED}");
    let mut numbers = Numbers(SEED);
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start_empty_demo(data.path()).await;
    let port = server.port;
    let round = demo::round("buurtronde-2026");
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    tablet.budget = Budget {
        documents: 9,
        ..Budget::default()
    };
    let user = tablet.replica.identity().user;
    let mut all: BTreeSet<ConversationId> = BTreeSet::new();

    for _ in 0..KILLS {
        for _ in 0..EACH {
            let new = conversation(&mut numbers, user, tablet.now(), QUOTES);
            all.insert(tablet.record(round, &new));
        }
        for _ in 0..numbers.below(3) {
            tablet.exchange().await.unwrap();
        }
        // Somewhere between the first byte sent and long after the answer.
        let moment = Duration::from_micros(numbers.below(60_000) as u64);
        let (answered, ()) = tokio::join!(tablet.exchange(), async {
            tokio::time::sleep(moment).await;
            server.kill().await;
        });
        assert!(
            matches!(answered, Ok(_) | Err(SyncError::NoAnswer(_))),
            "{answered:?}"
        );

        // The tablet too may die now: what it kept must be enough.
        if numbers.below(2) == 0 {
            tablet.restart();
        }
        let acknowledged: BTreeSet<ConversationId> = all
            .iter()
            .copied()
            .filter(|id| is_stored(&tablet, *id))
            .collect();
        server = Binary::start(data.path(), port, false).await;
        let there = everything(&server.url).await;
        let lost: Vec<_> = acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "acknowledged and gone: {lost:?}");
    }

    tablet.sync().await.unwrap();
    assert!(all.iter().all(|id| is_stored(&tablet, *id)));
    assert_eq!(everything(&server.url).await, all);
    let office = Office::sign_in(&server.url, "redacteur1").await;
    let page: QuotePage = office.get("/api/v1/quotes?limit=1").await;
    assert_eq!(page.total, (all.len() * QUOTES) as u64);
}

fn is_stored(tablet: &Tablet, id: ConversationId) -> bool {
    matches!(tablet.standing(id), Standing::Stored(_))
}

/// All conversations of the round, as a fresh tablet gets them; none may come twice.
async fn everything(url: &str) -> BTreeSet<ConversationId> {
    let mut fresh = Tablet::enrol(url, "veldwerker2").await;
    fresh.sync().await.unwrap();
    fresh.replica.conversations().map(|(id, _)| id).collect()
}
