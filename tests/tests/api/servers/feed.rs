//! Whoever follows the feed while many write misses nothing: places become visible in their order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use koffiekar_server::demo;
use koffiekar_server::projection::{Arrival, Surroundings, project};
use koffiekar_server::store::documents::{self, NewVersion};
use koffiekar_server::store::{catalogue, feed};
use koffiekar_sync_core::conversation::Document;
use koffiekar_sync_core::ids::{ConversationId, LineKey};
use koffiekar_sync_core::wire::{Cursor, Outcome, Request};
use koffiekar_tests::hand::{Hand, fetching, pushing};
use koffiekar_tests::seed::Numbers;
use koffiekar_tests::server::Server;
use koffiekar_tests::tablet::now;

use super::{ROUND, at, record, two};

const WRITERS: usize = 8;
const EACH: usize = 15;

/// Follows the feed from request to request.
struct Reader {
    hand: Hand,
    cursors: Request,
    seen: BTreeSet<ConversationId>,
}

impl Reader {
    async fn read_on(&mut self) {
        let answered = self.hand.ask(&self.cursors).await;
        let changed = answered.changed();
        self.seen.extend(changed.iter().map(|(id, _)| *id));
        self.cursors = Request {
            epoch: Some(answered.answer.epoch),
            cursors: (answered.answer.rounds.iter())
                .map(|page| Cursor {
                    round: page.round,
                    place: page.place,
                })
                .collect(),
            ..fetching()
        };
    }
}

async fn reader(server: &Server) -> Reader {
    Reader {
        hand: Hand::enrol(&server.url, "redacteur1").await,
        cursors: fetching(),
        seen: BTreeSet::new(),
    }
}

#[tokio::test]
async fn a_reader_that_follows_many_writers_sees_every_conversation() {
    let (one, two) = two().await;
    let mut readers = [reader(&one).await, reader(&two).await];
    let author = Hand::enrol(&one.url, "veldwerker1").await;
    let writing = Arc::new(AtomicUsize::new(WRITERS));
    let mut writers = Vec::new();
    for (number, server) in [&one, &two].into_iter().cycle().take(WRITERS).enumerate() {
        let (hand, writing) = (at(&author, server), writing.clone());
        writers.push(tokio::spawn(async move {
            let mut numbers = Numbers(100 + number as u64);
            let mut written = Vec::new();
            for _ in 0..EACH {
                let copy = record(&hand, &mut numbers);
                let answered = hand.ask(&pushing(&[&copy])).await;
                assert_eq!(answered.answer.outcomes, [Outcome::Stored]);
                written.push(copy.id);
            }
            writing.fetch_sub(1, Ordering::SeqCst);
            written
        }));
    }
    while writing.load(Ordering::SeqCst) > 0 {
        for reader in &mut readers {
            reader.read_on().await;
        }
    }
    let mut written = BTreeSet::new();
    for writer in writers {
        written.extend(writer.await.unwrap());
    }
    for reader in &mut readers {
        reader.read_on().await;
        assert_eq!(reader.seen, written);
    }
}

#[tokio::test]
async fn a_place_is_not_seen_before_those_that_were_given_earlier() {
    let (one, two) = two().await;
    let mut reader = reader(&one).await;
    let author = Hand::enrol(&one.url, "veldwerker1").await;
    let mut numbers = Numbers(7);
    let versions = [
        version(&one, &author, &mut numbers).await,
        version(&two, &author, &mut numbers).await,
    ];

    // The first has its place, and is not done.
    let mut first = one.koffiekar.store.write().await.unwrap();
    let places = documents::write(&mut first, vec![&versions[0]]).await;
    assert!(places.unwrap().is_some());
    let (store, version) = (two.koffiekar.store.clone(), versions[1].clone());
    let second = tokio::spawn(async move {
        let mut tx = store.write().await.unwrap();
        let places = documents::write(&mut tx, vec![&version]).await;
        assert!(places.unwrap().is_some());
        tx.commit().await.unwrap();
    });
    let waiting = "
        select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    while !second.is_finished() && one.database().number(waiting).await == 0 {
        tokio::task::yield_now().await;
    }
    reader.read_on().await;
    first.commit().await.unwrap();
    second.await.unwrap();

    let mut tx = one.koffiekar.store.read().await.unwrap();
    let all = feed::after(&mut tx, demo::round(ROUND), 0, 10)
        .await
        .unwrap();
    drop(tx);
    assert_eq!(all.len(), 2);
    reader.read_on().await;
    let written = versions.iter().map(|version| version.id).collect();
    assert_eq!(reader.seen, written);
}

async fn version(server: &Server, hand: &Hand, numbers: &mut Numbers) -> NewVersion {
    let copy = record(hand, numbers);
    let koffiekar = &server.koffiekar;
    let mut tx = koffiekar.store.read().await.unwrap();
    let surroundings = Surroundings::of(&catalogue::read(&mut tx).await.unwrap());
    let bytes = copy.document.save();
    let read = Document::load(&bytes).unwrap().read().unwrap();
    let kind = surroundings.kind(copy.round).unwrap();
    let nothing = |_: &str, _: &str, _: &BTreeSet<LineKey>| Vec::new();
    let projection = project(
        copy.id,
        copy.round,
        kind,
        &read,
        Arrival {
            received_at: now(),
            enrolled_at: None,
        },
        &surroundings,
        nothing,
    );
    NewVersion {
        id: copy.id,
        round: copy.round,
        merged_into: None,
        heads: copy.document.heads(),
        bytes,
        received_at: now(),
        written_at: now(),
        device: hand.device(),
        projection,
        model: koffiekar.suggest.model().version.to_string(),
    }
}
