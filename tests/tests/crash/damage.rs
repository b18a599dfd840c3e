//! A kill, or a power cut on a disk that lies, leaves the write-ahead log torn: what SQLite promises
//! is there, the server starts, and tablets give back the rest. What nothing can be read from is refused
//! with a clear text.

use std::collections::BTreeSet;
use std::path::Path;

use koffiekar_server::demo;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::replica::Budget;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, sqlite_address};
use koffiekar_tests::tablet::Tablet;
use sqlx::{Connection, Executor, SqliteConnection};
use tempfile::TempDir;

use super::watch::{QUOTES, Watcher, acknowledged, assert_kept, ready};

const BATCHES: usize = 8;
const EACH: usize = 5;

/// The write-ahead log of a database, as bytes.
const LOG: &str = "koffiekar.sqlite-wal";

type Damage = fn(Vec<u8>, &mut Numbers) -> Option<Vec<u8>>;

const DAMAGES: [(&str, Damage); 6] = [
    ("cut short", |mut log, numbers| {
        log.truncate(numbers.below(log.len()));
        Some(log)
    }),
    (
        "a tail of zeros, as after a power cut",
        |mut log, numbers| {
            let from = numbers.below(log.len());
            log[from..].fill(0);
            Some(log)
        },
    ),
    ("one bit is another", |mut log, numbers| {
        let at = numbers.below(log.len());
        log[at] ^= 1 << numbers.below(8);
        Some(log)
    }),
    ("a tail of something else", |mut log, numbers| {
        let from = numbers.below(log.len());
        log[from..].fill_with(|| numbers.bytes::<1>()[0]);
        Some(log)
    }),
    ("half a page more", |mut log, numbers| {
        log.extend(numbers.bytes::<2_000>());
        Some(log)
    }),
    ("gone", |_, _| None),
];

#[tokio::test]
async fn a_torn_log_loses_nothing_that_reached_the_database_and_nothing_out_of_the_middle() {
    let seed = 20_260_125;
    eprintln!("seed {seed}");
    let mut numbers = Numbers(seed);
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start_empty_demo(data.path()).await;
    let mut watcher = Watcher::enrol(&server.url).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    tablet.budget = Budget {
        documents: EACH,
        ..Budget::default()
    };
    push(&mut tablet, &mut numbers).await;
    let mut here = SqliteConnection::connect(&sqlite_address(data.path()))
        .await
        .unwrap();
    here.execute("pragma wal_checkpoint(truncate)")
        .await
        .unwrap();
    here.close().await.unwrap();
    let in_database = acknowledged(&tablet);

    let mut batches = Vec::new();
    for _ in 0..BATCHES {
        batches.push(push(&mut tablet, &mut numbers).await);
    }
    server.kill().await;
    let log = std::fs::read(data.path().join(LOG)).unwrap();
    let all = acknowledged(&tablet);
    assert_eq!(all.len(), (BATCHES + 1) * EACH);

    for (what, damage) in DAMAGES {
        for _ in 0..2 {
            let torn = copy(data.path());
            let path = torn.path().join(LOG);
            match damage(log.clone(), &mut numbers) {
                Some(log) => std::fs::write(path, log).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }
            let server = Binary::start(torn.path(), 0, false).await;
            assert_eq!(ready(&server.url).await.0, 200, "{what}");
            let there = watcher.everything(&server.url).await;
            assert_kept(&in_database, &there);
            let whole = batches
                .iter()
                .take_while(|batch| batch.iter().all(|id| there.contains_key(id)))
                .count();
            let expected = in_database.len() + whole * EACH;
            assert_eq!(there.len(), expected, "{what}: a part of a batch is there");
            if what == "half a page more" {
                assert_kept(&all, &there);
            }
            intact(torn.path()).await;

            let mut tablet = tablet.copy();
            tablet.url.clone_from(&server.url);
            // The place of the feed went back, so the tablet asks, and gives back what is missing.
            tablet.sync().await.unwrap();
            let there = watcher.everything(&server.url).await;
            assert_kept(&all, &there);
            assert_eq!(there.len(), all.len(), "{what}");
            push(&mut tablet, &mut numbers).await;
            eprintln!("{what}: {whole} of {BATCHES} batches were there");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let path = data.path().join("koffiekar.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..64].fill(7);
    std::fs::write(&path, &bytes).unwrap();
    let command = tokio::process::Command::new(koffiekar_tests::programs::koffiekar());
    let started = Binary::launch(Binary::serve(command, data.path(), 0)).await;
    let said = started.map(|_| ()).unwrap_err();
    assert!(said.contains("cannot open the database"), "{said}");
    assert!(said.contains("put a backup back"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

/// One batch, which is one transaction.
async fn push(tablet: &mut Tablet, numbers: &mut Numbers) -> BTreeSet<ConversationId> {
    let user = tablet.replica.identity().user;
    let round = demo::round("buurtronde-2026");
    let batch = (0..EACH)
        .map(|_| {
            let new = conversation(numbers, user, tablet.now(), QUOTES);
            tablet.record(round, &new)
        })
        .collect();
    tablet.sync().await.unwrap();
    assert_eq!(tablet.replica.waiting(), 0);
    batch
}

fn copy(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

async fn intact(data: &Path) {
    let mut here = SqliteConnection::connect(&sqlite_address(data))
        .await
        .unwrap();
    let said: String = sqlx::query_scalar("pragma integrity_check")
        .fetch_one(&mut here)
        .await
        .unwrap();
    assert_eq!(said, "ok");
}
