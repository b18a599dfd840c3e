//! Rounds of collecting.

use koffiekar_server::store::{feed, rounds};
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::ids::{Millis, RoundId};
use uuid::Uuid;

use super::world::*;

#[tokio::test]
async fn rounds_come_by_their_first_day() {
    let listed = on_both(async |store| {
        let mut tx = store.read().await.unwrap();
        assert_eq!(rounds::find(&mut tx, STREET).await.unwrap(), Some(street()));
        let nowhere = RoundId(Uuid::from_u128(99));
        assert_eq!(rounds::find(&mut tx, nowhere).await.unwrap(), None);
        rounds::list(&mut tx).await.unwrap()
    })
    .await;
    assert_eq!(listed, [house(), street()]);
}

#[tokio::test]
async fn a_round_changes_in_name_days_and_state_alone() {
    on_both(async |store| {
        stored(&store, &[new(projection(1, &street(), "huis"))]).await;
        let mut tx = store.write().await.unwrap();
        let mut put = street();
        (put.name, put.closed) = ("Straat en plein".to_owned(), true);
        (put.kind, put.starts_on) = (RoundKind::Consultation, "2020-01-01".to_owned());
        rounds::put(&mut tx, &put).await.unwrap();
        let mut expected = street();
        (expected.name, expected.closed) = (put.name, true);
        expected.starts_on = put.starts_on;
        assert_eq!(rounds::find(&mut tx, STREET).await.unwrap(), Some(expected));
        assert_eq!(rounds::find(&mut tx, HOUSE).await.unwrap(), Some(house()));
        // Tablets have a cursor in its feed.
        assert_eq!(feed::last_place(&mut tx, STREET).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn conversations_outside_of_the_days_of_a_round_are_counted() {
    on_both(async |store| {
        let at = |n, at| {
            let mut version = new(projection(n, &street(), "huis"));
            version.projection.recorded_at = at;
            version
        };
        let day = |n: i64| Millis(AT.0 + n * Millis::DAY);
        let versions = [at(1, day(0)), at(2, day(1)), at(3, day(2)), at(4, day(9))];
        stored(&store, &versions).await;
        let mut tx = store.read().await.unwrap();
        let outside = rounds::recorded_outside(&mut tx, STREET, day(1), day(9)).await;
        assert_eq!(
            outside.unwrap(),
            2,
            "the one before, and the one at the end"
        );
        let outside = rounds::recorded_outside(&mut tx, HOUSE, day(1), day(9)).await;
        assert_eq!(outside.unwrap(), 0, "of another round");
    })
    .await;
}
