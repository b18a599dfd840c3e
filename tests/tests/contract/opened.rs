//! The store itself: opened, read, written to, cleared, closed.

use koffiekar_server::store::{self, Settings, Store, StoreError, accounts, documents};
use koffiekar_sync_core::ids::UserId;
use koffiekar_sync_core::office::Role;
use koffiekar_tests::server::Place;
use uuid::Uuid;

use super::world::*;

fn person(n: u128) -> accounts::NewAccount {
    account(UserId(Uuid::from_u128(n)), &format!("P{n}"), Role::Field)
}

async fn count(store: &Store) -> u64 {
    let mut tx = store.read().await.unwrap();
    accounts::count_active(&mut tx, Role::Field).await.unwrap()
}

#[tokio::test]
async fn what_was_not_committed_leaves_nothing() {
    on_empty(async |store| {
        let mut tx = store.write().await.unwrap();
        accounts::insert(&mut tx, &person(5)).await.unwrap();
        drop(tx);
        assert_eq!(count(&store).await, 0);
        let mut tx = store.write().await.unwrap();
        accounts::insert(&mut tx, &person(5)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn who_reads_sees_one_picture_and_writes_nothing() {
    on_empty(async |store| {
        let mut reading = store.read().await.unwrap();
        assert!(accounts::is_empty(&mut reading).await.unwrap());
        let mut tx = store.write().await.unwrap();
        accounts::insert(&mut tx, &person(5)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(accounts::is_empty(&mut reading).await.unwrap());
        assert!(accounts::insert(&mut reading, &person(6)).await.is_err());
        drop(reading);
        assert_eq!(count(&store).await, 1);
    })
    .await;
}

/// A client that hangs up ends its request at any moment, that of beginning a transaction as well.
#[tokio::test]
async fn a_transaction_that_nobody_waited_for_is_not_left_to_the_next() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let settings = Settings {
            connections: 1,
            ..Settings::default()
        };
        let store = Store::open_with(&place.address(), &settings).await.unwrap();
        for moment in 0..40 {
            let mut reading = Box::pin(store.read());
            for _ in 0..moment {
                tokio::select! {
                    biased;
                    _ = &mut reading => break,
                    () = tokio::task::yield_now() => {}
                }
            }
            drop(reading);
            let mut tx = store.write().await.unwrap();
            let written = accounts::insert(&mut tx, &person(moment + 1)).await;
            written.unwrap_or_else(|error| panic!("{} at {moment}: {error}", store.engine()));
            tx.commit().await.unwrap();
            assert_eq!(count(&store).await, moment as u64 + 1);
        }
        store.close().await;
    }
}

#[tokio::test]
async fn connections_in_use_are_counted() {
    on_empty(async |store| {
        let reading = [store.read().await.unwrap(), store.read().await.unwrap()];
        let writing = store.write().await.unwrap();
        // One that was given back a moment ago may still count.
        assert!(store.connections().0 >= 3);
        writing.commit().await.unwrap();
        drop(reading);
        store.close().await;
        assert_eq!(store.connections(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn trying_to_write_leaves_nothing() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        store::try_to_write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let read = store::catalogue::areas(&mut tx).await.unwrap();
        assert_eq!(read, areas());
    })
    .await;
}

#[tokio::test]
async fn clearing_the_files_keeps_what_stands() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let store = Store::open(&place.address()).await.unwrap();
        let sqlite = store.engine() == "sqlite";
        assert!(sqlite || store.engine() == "postgres");
        let mut tx = store.write().await.unwrap();
        accounts::insert(&mut tx, &person(5)).await.unwrap();
        tx.commit().await.unwrap();
        // PostgreSQL does it only when it is told to lock its tables.
        assert_eq!(store.clear_files().await.unwrap(), sqlite);
        assert!(store.rewrite_files().await.unwrap());
        assert_eq!(count(&store).await, 1);
        if sqlite {
            // Not beside somebody who reads what was before.
            let mut reading = store.read().await.unwrap();
            assert_eq!(documents::count(&mut reading).await.unwrap(), 0);
            let mut tx = store.write().await.unwrap();
            accounts::insert(&mut tx, &person(6)).await.unwrap();
            tx.commit().await.unwrap();
            assert!(!store.clear_files().await.unwrap());
        }
        store.close().await;
        assert!(store.read().await.is_err());
    }
}

#[tokio::test]
async fn a_file_that_is_not_in_its_place_is_noticed() {
    let place = Place::sqlite();
    let Place::Sqlite(folder) = &place else {
        panic!("it is SQLite")
    };
    let store = Store::open(&place.address()).await.unwrap();
    assert!(store.is_in_place());
    let [file, away] = ["koffiekar.sqlite", "away"].map(|name| folder.path().join(name));
    std::fs::rename(&file, &away).unwrap();
    assert!(!store.is_in_place());
    std::fs::copy(&away, &file).unwrap();
    assert!(!store.is_in_place());
    // No connection is opened to what is there now.
    for refused in [store.read().await, store.write().await] {
        assert!(matches!(refused, Err(StoreError::Replaced)), "{refused:?}");
    }
    std::fs::rename(&away, &file).unwrap();
    assert!(store.is_in_place());
    store.close().await;
    let store = Store::open(&Place::postgres().await.address())
        .await
        .unwrap();
    assert!(store.is_in_place());
    store.close().await;
}

#[tokio::test]
async fn what_is_no_address_of_a_database_is_told_so() {
    for address in ["", "mysql://here", "/a/path"] {
        let error = Store::open(address).await.unwrap_err().to_string();
        assert!(error.contains("sqlite:PATH or postgres://"), "{error}");
    }
}

#[tokio::test]
async fn it_opens_with_as_many_connections_as_are_set() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let settings = Settings {
            connections: 2,
            direct: None,
        };
        let store = Store::open_with(&place.address(), &settings).await.unwrap();
        let (one, other) = (store.read().await.unwrap(), store.read().await.unwrap());
        assert!(store.connections().0 >= 2);
        drop((one, other));
        store.close().await;
    }
}
