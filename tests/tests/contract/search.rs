//! The full-text index is made anew where its terms were made by other rules.

use koffiekar_server::store::{quotes, search};
use koffiekar_tagging::text::TERMS_VERSION;

use super::quotes::{found_by, sight_of};
use super::world::*;

#[tokio::test]
async fn terms_of_other_rules_are_written_anew_and_right_ones_are_not_touched() {
    on_both(async |store| {
        let together: Vec<_> = (1..=5)
            .map(|n| {
                let mut one = projection(n, &street(), "Nieuwe huizen");
                if n % 2 == 0 {
                    one.quotes[0].terms = vec!["oud".to_owned()];
                }
                new(one)
            })
            .collect();
        stored(&store, &together).await;
        let mut tx = store.write().await.unwrap();
        assert_eq!(search::terms_version(&mut tx).await.unwrap(), TERMS_VERSION);
        search::set_terms_version(&mut tx, 1).await.unwrap();
        assert_eq!(search::terms_version(&mut tx).await.unwrap(), 1);
        assert_eq!(found_by(&mut tx, "huis").await, [5, 3, 1]);
        let (mut after, mut written) = (i64::MIN, Vec::new());
        while let Some(renewed) = search::renew(&mut tx, after, 2).await.unwrap() {
            assert!(renewed.last > after);
            after = renewed.last;
            written.push(renewed.written);
        }
        assert_eq!(written, [1, 1, 0]);
        assert_eq!(found_by(&mut tx, "huis").await, [5, 4, 3, 2, 1]);
        assert_eq!(found_by(&mut tx, "oud").await, []);
    })
    .await;
}

#[tokio::test]
async fn words_of_quotes_are_given_within_sight_alone() {
    on_both(async |store| {
        let mut closed = projection(2, &street(), "Niet voor analyse");
        closed.allowed = [false, false, false, true];
        let all = [
            projection(1, &street(), "Te vochtig"),
            closed,
            projection(3, &house(), "Elders"),
        ];
        stored(&store, &all.map(new)).await;
        let mut tx = store.read().await.unwrap();
        let ids = [quote(1), quote(2), quote(3), quote(9)];
        let sight = sight_of(&[STREET]);
        let words = quotes::words(&mut tx, &sight, &ids).await;
        assert_eq!(words.unwrap(), [("Te vochtig".to_owned(), "nl".to_owned())]);
    })
    .await;
}
