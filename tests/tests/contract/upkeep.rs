//! What `verify`, `reproject`, `migrate` and `move` stand on.

use koffiekar_server::store::{Store, alone, derived, documents, health, quotes, schema};
use koffiekar_sync_core::ids::{ConversationId, QuoteId};

use super::world::*;

async fn two(store: &Store) {
    let [first, second] =
        [(1, "De huur"), (2, "Het plein")].map(|(n, words)| new(projection(n, &street(), words)));
    stored(store, &[first, second]).await;
}

#[tokio::test]
async fn rows_are_held_against_what_should_stand_there_and_put_right() {
    on_both(async |store| {
        two(&store).await;
        let ids = [conversation(1), conversation(2)];
        let mut tx = store.write().await.unwrap();
        let all = derived::documents_after(&mut tx, None, 9).await.unwrap();
        assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), ids);
        let rest = derived::documents_after(&mut tx, Some(ids[0]), 9).await;
        assert_eq!(rest.unwrap(), all[1..]);
        assert_eq!(derived::lock(&mut tx, &ids).await.unwrap().len(), 2);

        let rows = derived::read(&mut tx, &ids).await.unwrap();
        let right = projection(1, &street(), "De huur");
        let faults = rows.faults(&mut tx, &[&right]).await.unwrap();
        assert_eq!(faults, []);
        let changed = projection(1, &street(), "De lift");
        let faults = rows.faults(&mut tx, &[&changed]).await.unwrap();
        assert!(!faults.is_empty() && faults.iter().all(|(id, _)| *id == ids[0]));

        let before = quotes::frontier(&mut tx).await.unwrap();
        derived::put(&mut tx, &[&changed]).await.unwrap();
        let rows = derived::read(&mut tx, &ids).await.unwrap();
        assert_eq!(rows.faults(&mut tx, &[&changed]).await.unwrap(), []);
        // Servers that keep counts of quotes learn of it.
        let told = quotes::changed_since(&mut tx, &before).await.unwrap();
        assert_eq!(told, [ids[0]]);
        tx.commit().await.unwrap();
        faults
    })
    .await;
}

#[tokio::test]
async fn rows_beside_no_document_are_found_and_taken_away() {
    on_both(async |store| {
        two(&store).await;
        let mut tx = store.write().await.unwrap();
        assert_eq!(derived::stray(&mut tx).await.unwrap(), []);
        assert_eq!(derived::remove_stray(&mut tx).await.unwrap(), 0);
        assert_eq!(documents::count(&mut tx).await.unwrap(), 2);
        assert!(health::is_ours(&mut tx).await.unwrap());
        store.look_at_sizes().await.unwrap();
        assert_eq!(
            health::of_feeds(&mut tx).await.unwrap(),
            Vec::<String>::new()
        );
        drop(tx);
        let mut tx = store.read().await.unwrap();
        assert_eq!(
            health::of_files(&mut tx).await.unwrap(),
            Vec::<String>::new()
        );
        let found = quotes::rows_by_ids(&mut tx, &[quote(1), quote(2)]).await;
        let found: Vec<(QuoteId, ConversationId)> = found
            .unwrap()
            .iter()
            .map(|row| (row.id, row.conversation))
            .collect();
        found.len()
    })
    .await;
}

#[tokio::test]
async fn a_schema_is_brought_up_to_date_once() {
    on_empty(async |store| {
        assert_eq!(store.migrate().await.unwrap(), []);
        store.require_schema().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let stands = schema::of(&mut tx).await.unwrap();
        drop(tx);
        assert_eq!(store.schema().await.unwrap(), stands);
        assert_eq!((&stands.missing[..], &stands.newer[..]), (&[][..], &[][..]));
        stands.now.map(|step| step.to_string())
    })
    .await;
}

#[tokio::test]
async fn what_others_work_with_is_not_read_alone() {
    use koffiekar_server::store::{Settings, StoreError};
    use koffiekar_tests::server::Place;
    for place in [Place::sqlite(), Place::postgres().await] {
        let settings = Settings::default();
        let address = place.address();
        assert!(
            Store::open_as_it_is(&address, &settings).await.is_err()
                == address.starts_with("sqlite")
        );
        let store = Store::open_unmigrated(&address, &settings).await.unwrap();
        store.migrate().await.unwrap();
        let refused = alone::read(&address).await.unwrap_err();
        assert!(matches!(refused, StoreError::InUse), "{refused}");
        store.close().await;
        // PostgreSQL takes its time to end what served a connection that was let go of.
        if address.starts_with("sqlite") {
            drop(alone::read(&address).await.unwrap());
        }
    }
}
