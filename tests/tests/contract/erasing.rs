//! Erasing, and what is left.

use koffiekar_server::store::erasing::{self, Erasing};
use koffiekar_server::store::feed::{self, Became, FeedRow};
use koffiekar_server::store::tombstones::Tombstone;
use koffiekar_server::store::{Store, conversations, documents, quarantine, quotes, tombstones};

use super::publications::with_a_section;
use super::quarantine::{held_id, holding};
use super::world::*;

fn erasing(version: i64, tombstone: Tombstone) -> Erasing {
    Erasing {
        version,
        tombstone,
        successor: None,
    }
}

async fn erased(store: &Store, erasing: &Erasing) -> feed::Places {
    let mut tx = store.write().await.unwrap();
    let places = erasing::erase(&mut tx, erasing).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    places
}

#[tokio::test]
async fn of_what_is_erased_nothing_is_left_but_the_word_of_it() {
    on_both(async |store| {
        stored(
            &store,
            &[
                new(projection(1, &street(), "huis")),
                new(projection(2, &street(), "plein")),
            ],
        )
        .await;
        with_a_section(&store, &[quote(1), quote(2)]).await;
        let mut tx = store.write().await.unwrap();
        let held = quarantine::hold(&mut tx, TABLET, &[holding(1, None), holding(2, None)]).await;
        assert_eq!(held.unwrap(), Some([].into()));
        tx.commit().await.unwrap();

        // In another state than was seen: nothing.
        let mut tx = store.write().await.unwrap();
        let stale = erasing(7, super::tombstones::tombstone(1, None, &[1]));
        assert_eq!(erasing::erase(&mut tx, &stale).await.unwrap(), None);
        drop(tx);

        let seen = erasing(1, super::tombstones::tombstone(1, None, &[1]));
        assert_eq!(erased(&store, &seen).await, [(STREET, 3)]);
        let mut tx = store.read().await.unwrap();
        let both = [conversation(1), conversation(2)];
        let left = documents::bytes_of(&mut tx, &both).await.unwrap();
        assert_eq!(left.into_keys().collect::<Vec<_>>(), [conversation(2)]);
        let rows = quotes::rows_by_ids(&mut tx, &[quote(1), quote(2)])
            .await
            .unwrap();
        assert_eq!(rows.len(), 1);
        let chosen = conversations::selections(&mut tx, &[quote(1), quote(2)])
            .await
            .unwrap();
        assert_eq!(chosen, [(quote(2), 1)].into());
        let held = quarantine::of_device(&mut tx, TABLET, &both).await.unwrap();
        assert_eq!(
            held.iter().map(|held| held.document).collect::<Vec<_>>(),
            [conversation(2)]
        );
        assert_eq!(quarantine::find(&mut tx, held_id(1)).await.unwrap(), None);
        let rows = feed::after(&mut tx, STREET, 2, 9).await.unwrap();
        let word = FeedRow {
            place: 3,
            document: conversation(1),
            became: Became::Erased,
        };
        assert_eq!(rows, [word]);
        drop(tx);
        // It cannot be erased twice.
        let mut tx = store.write().await.unwrap();
        assert_eq!(erasing::erase(&mut tx, &seen).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_successor_takes_the_place_and_its_erasure_is_told_for_all_before_it() {
    on_both(async |store| {
        let mut both = projection(1, &street(), "huis");
        both.quotes.push(words_of(2, 1, "plein"));
        stored(&store, &[new(both)]).await;
        let mut successor = new(projection(3, &street(), "plein"));
        successor.projection.quotes = vec![words_of(2, 0, "plein")];
        let mut first = erasing(1, super::tombstones::tombstone(1, Some(3), &[1]));
        first.successor = Some(successor);
        assert_eq!(erased(&store, &first).await, [(STREET, 3)]);
        let mut tx = store.read().await.unwrap();
        let home = documents::conversation_of(&mut tx, quote(2)).await.unwrap();
        assert_eq!(home, Some(conversation(3)));
        let became = |rows: Vec<FeedRow>| -> Vec<_> {
            let rows = rows.into_iter();
            rows.map(|row| (row.document, row.became)).collect()
        };
        let rows = became(feed::after(&mut tx, STREET, 0, 9).await.unwrap());
        let by = conversation(3);
        assert_eq!(rows[0], (conversation(1), Became::Replaced { by }));
        assert!(matches!(rows[1], (id, Became::Changed { .. }) if id == by));
        drop(tx);

        let second = erasing(1, super::tombstones::tombstone(3, None, &[2]));
        erased(&store, &second).await;
        let mut tx = store.read().await.unwrap();
        let mut rows = became(feed::after(&mut tx, STREET, 0, 9).await.unwrap());
        rows.sort_by_key(|row| row.0);
        let gone = |n| (conversation(n), Became::Erased);
        assert_eq!(rows, [gone(1), gone(3)]);
    })
    .await;
}

#[tokio::test]
async fn whoever_is_buried_without_a_document_leaves_nothing_held() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let held = quarantine::hold(&mut tx, TABLET, &[holding(1, None)])
            .await
            .unwrap();
        assert_eq!(held, Some([].into()));
        let grave = super::tombstones::tombstone(1, None, &[]);
        assert!(erasing::bury(&mut tx, &grave).await.unwrap());
        assert!(!erasing::bury(&mut tx, &grave).await.unwrap());
        assert_eq!(quarantine::find(&mut tx, held_id(1)).await.unwrap(), None);
        // Nor is anything held of it again.
        let held = quarantine::hold(&mut tx, TABLET, &[holding(1, None)])
            .await
            .unwrap();
        assert_eq!(held, None);
        assert!(
            tombstones::show(&mut tx, conversation(1))
                .await
                .unwrap()
                .is_some()
        );
    })
    .await;
}
