//! Where a conversation came from, and moving it to another round.

use koffiekar_server::store::conversations::{self, About};
use koffiekar_server::store::feed::{self, Became};
use koffiekar_server::store::{documents, quotes};
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::wire::DoubtfulTime;

use super::world::*;

#[tokio::test]
async fn it_is_told_whose_a_conversation_is_and_where_it_came_from() {
    let told = on_both(async |store| {
        let mut made_here = new(projection(2, &house(), "plein"));
        made_here.device = DeviceNumber::SERVER;
        stored(&store, &[new(projection(1, &street(), "huis")), made_here]).await;
        let mut tx = store.read().await.unwrap();
        let mut told = Vec::new();
        for n in [1, 2, 3] {
            told.push(
                conversations::about(&mut tx, conversation(n))
                    .await
                    .unwrap(),
            );
        }
        told
    })
    .await;
    let about = |round: &str, n: i64, device: Option<DeviceNumber>| About {
        round_name: round.to_owned(),
        recorded_at: AT.plus(n * 60_000),
        recorded_by: "Anna".to_owned(),
        device,
        device_label: device.map(|_| "Tablet 7".to_owned()),
        clock_doubtful: false,
    };
    let expected = [
        Some(about("Straat", 1, Some(TABLET))),
        Some(about("Huis", 2, None)),
        None,
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_doubtful_time_is_told_with_the_moment_of_receipt() {
    let told = on_both(async |store| {
        let mut doubtful = projection(2, &street(), "plein");
        doubtful.clock_doubtful = true;
        let versions = [new(projection(1, &street(), "huis")), new(doubtful)];
        stored(&store, &versions).await;
        let mut tx = store.read().await.unwrap();
        let asked = [1, 2, 3].map(conversation);
        let about = conversations::about(&mut tx, conversation(2))
            .await
            .unwrap();
        let told = conversations::doubtful_times(&mut tx, &asked)
            .await
            .unwrap();
        (told, about.unwrap().clock_doubtful)
    })
    .await;
    let expected = DoubtfulTime {
        document: conversation(2),
        received_at: AT.plus(2 * 60_000),
    };
    assert_eq!(told, (vec![expected], true));
}

#[tokio::test]
async fn a_moved_conversation_stands_in_the_other_round_with_all_that_is_derived() {
    on_both(async |store| {
        stored(&store, &[new(projection(1, &street(), "huis"))]).await;
        let mut tx = store.write().await.unwrap();
        let id = conversation(1);
        let stale = conversations::move_to(&mut tx, id, 4, STREET, &house()).await;
        assert_eq!(stale.unwrap(), None);
        drop(tx);
        let mut tx = store.write().await.unwrap();
        let places = conversations::move_to(&mut tx, id, 1, STREET, &house()).await;
        assert_eq!(places.unwrap(), Some(vec![(STREET, 2), (HOUSE, 1)]));
        tx.commit().await.unwrap();

        let mut tx = store.read().await.unwrap();
        let found = documents::find(&mut tx, &[id]).await.unwrap().remove(0);
        assert_eq!((found.round, found.version), (HOUSE, 2));
        let about = conversations::about(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(about.round_name, "Huis");
        let row = quotes::rows_by_ids(&mut tx, &[quote(1)])
            .await
            .unwrap()
            .remove(0);
        assert_eq!((row.round, row.kind), (HOUSE, house().kind));
        let left = feed::after(&mut tx, STREET, 0, 9).await.unwrap().remove(0);
        assert_eq!((left.place, left.became), (2, Became::MovedAway));
        let came = feed::after(&mut tx, HOUSE, 0, 9).await.unwrap().remove(0);
        assert!(matches!(came.became, Became::Changed { .. }));
    })
    .await;
}
