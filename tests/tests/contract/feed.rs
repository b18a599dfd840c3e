//! What changed in each round, in order.

use koffiekar_server::store::feed::{self, Became, FeedRow};
use koffiekar_sync_core::ids::RoundId;
use uuid::Uuid;

use super::world::*;

fn changed(place: i64, n: u8, heads: u8) -> FeedRow {
    FeedRow {
        place,
        document: conversation(n.into()),
        became: Became::Changed {
            heads: vec![head(heads)],
            bytes: 40 + usize::from(n),
        },
    }
}

#[tokio::test]
async fn a_document_has_one_place_in_its_round_and_a_change_moves_it_forward() {
    on_both(async |store| {
        let one = new(projection(1, &street(), "huis"));
        let others = [
            new(projection(3, &street(), "plein")),
            new(projection(2, &street(), "dak")),
            new(projection(4, &house(), "boom")),
        ];
        assert_eq!(
            stored(&store, std::slice::from_ref(&one)).await,
            [(STREET, 1)]
        );
        assert_eq!(stored(&store, &others).await, [(STREET, 3), (HOUSE, 1)]);
        let mut again = one;
        (again.merged_into, again.heads) = (Some(1), vec![head(9)]);
        assert_eq!(stored(&store, &[again]).await, [(STREET, 4)]);
        let mut tx = store.read().await.unwrap();
        let all = feed::after(&mut tx, STREET, 0, 100).await.unwrap();
        // In one batch by their ids.
        assert_eq!(all, [changed(2, 2, 2), changed(3, 3, 3), changed(4, 1, 9)]);
        assert_eq!(feed::after(&mut tx, STREET, 2, 1).await.unwrap(), all[1..2]);
        assert_eq!(feed::after(&mut tx, STREET, 4, 100).await.unwrap(), []);
        assert_eq!(feed::last_place(&mut tx, STREET).await.unwrap(), 4);
        assert_eq!(feed::last_place(&mut tx, HOUSE).await.unwrap(), 1);
        let nowhere = RoundId(Uuid::from_u128(99));
        assert_eq!(feed::last_place(&mut tx, nowhere).await.unwrap(), 0);
        assert_eq!(feed::after(&mut tx, nowhere, 0, 9).await.unwrap(), []);
        assert_eq!(feed::places_given(&mut tx).await.unwrap(), 5);
        let last = feed::last_places(&mut tx).await.unwrap();
        assert_eq!(last, [(STREET, 4), (HOUSE, 1)]);
    })
    .await;
}

#[tokio::test]
async fn no_place_was_given_before_the_first_document() {
    on_empty(async |store| {
        let mut tx = store.read().await.unwrap();
        assert_eq!(feed::places_given(&mut tx).await.unwrap(), 0);
    })
    .await;
}
