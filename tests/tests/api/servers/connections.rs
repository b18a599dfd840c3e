//! Few connections suffice, and what needs one for itself goes past a pooler.

use koffiekar_server::store::notices::Notice;
use koffiekar_server::store::{Settings, Store, tagger};
use koffiekar_server::{Clock, Koffiekar, demo};
use koffiekar_sync_core::ids::RoundId;
use koffiekar_tests::postgres::Database;
use koffiekar_tests::server::Place;

use super::learning::push_into;

#[tokio::test]
async fn two_connections_are_enough_for_many_pushes_and_the_tagger_beside_them() {
    let place = Place::postgres().await;
    let few = Settings {
        connections: 2,
        direct: None,
    };
    let store = Store::open_with(&place.address(), &few).await.unwrap();
    let apart = place.apart();
    let koffiekar = Koffiekar::new(store, Clock::System, &apart);
    let koffiekar = koffiekar.await.unwrap();
    demo::load(&koffiekar).await.unwrap();
    let mut under_way = Vec::new();
    for seed in 0..12 {
        let koffiekar = koffiekar.clone();
        under_way.push(tokio::spawn(async move {
            push_into(&koffiekar, seed, 3).await;
            koffiekar.suggest.learn_now(&koffiekar.store).await.unwrap();
        }));
    }
    for one in under_way {
        one.await.unwrap();
    }
    let mut tx = koffiekar.store.read().await.unwrap();
    assert!(!tagger::in_use(&mut tx).await.unwrap().is_incomplete());
}

#[tokio::test]
async fn schema_and_notices_go_past_a_pooler_where_its_address_is_not_the_direct_one() {
    let (pooled, direct) = (Database::fresh().await, Database::fresh().await);
    Store::open(&pooled.address()).await.unwrap();
    let settings = Settings {
        connections: 4,
        direct: Some(direct.address()),
    };
    let store = Store::open_with(&pooled.address(), &settings)
        .await
        .unwrap();
    assert_eq!(direct.number("select count(*) from tagger").await, 1);
    let mut notices = store.listen().await.unwrap().unwrap();
    let there = Store::open(&direct.address()).await.unwrap();
    let told = [
        Notice::Moved(RoundId::from_slice(&[7; 16]).unwrap(), u64::MAX),
        Notice::Learnt,
    ];
    // What this version does not know is passed over.
    let unknown = "select count(*) from (select pg_notify('koffiekar', 'gone 1 2')) as told";
    assert_eq!(direct.number(unknown).await, 1);
    there.tell(&told).await.unwrap();
    for notice in told {
        assert_eq!(notices.next().await.unwrap(), notice);
    }
}
