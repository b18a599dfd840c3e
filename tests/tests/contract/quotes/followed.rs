//! What a server keeps of quotes follows every change: it answers as one does that reads all anew.

use koffiekar_server::store::erasing::{self, Erasing};
use koffiekar_server::store::quotes::{Suggested, TableRow};
use koffiekar_server::store::{conversations, documents};
use koffiekar_sync_core::office::{Dimension, LineSuggestion};

use super::*;
use crate::contract::tombstones::tombstone;

/// All that a server says of quotes.
async fn told(facets: &Facets, store: &Store) -> (QuotePage, String) {
    let mut tx = store.read().await.unwrap();
    let catalogue = &Arc::new(catalogue::read(&mut tx).await.unwrap());
    let sight = &editor();
    let (all, suggested) = (
        QuoteFilter::default(),
        QuoteFilter {
            suggested: Some(line("wonen-1")),
            ..QuoteFilter::default()
        },
    );
    let question = |filter| Question {
        sight,
        filter,
        catalogue,
        as_of: None,
    };
    let page = facets.page(&mut tx, question(&all)).await.unwrap();
    let waiting = facets.page(&mut tx, question(&suggested)).await.unwrap();
    let (rows, columns) = (Dimension::ActionLine, Some(Dimension::Round));
    let counts = facets.count_by(&mut tx, question(&all), rows, columns);
    let counts = counts.await.unwrap();
    let desk = facets.desk(&mut tx, sight, catalogue).await.unwrap();
    let every = facets.all(&mut tx, question(&all)).await.unwrap();
    assert_eq!(every, ids(&page.quotes));
    (
        page,
        format!("{:?} {counts:?} {desk:?}", ids(&waiting.quotes)),
    )
}

#[tokio::test]
async fn what_is_kept_answers_as_what_is_read_anew_whatever_changes() {
    on_both(async |store| {
        let kept = Facets::default();
        let mut numbers = Vec::new();
        let mut same = async |what: &str| {
            let (page, rest) = told(&kept, &store).await;
            let anew = told(&Facets::default(), &store).await;
            assert_eq!((&page, &rest), (&anew.0, &anew.1), "{what}");
            numbers.push(ids(&page.quotes));
        };
        same("nothing is there").await;
        library(&store).await;
        same("quotes came").await;

        let mut again = projection(1, &street(), "De huur is te laag");
        tagged(
            &mut again,
            TagState::Confirmed,
            &[("groen-1", LineStanding::Confirmed)],
        );
        let mut changed = new(again);
        changed.merged_into = Some(1);
        stored(&store, &[changed, new(projection(6, &house(), "Nieuw"))]).await;
        same("one changed and one came").await;

        let mut tx = store.write().await.unwrap();
        let given = [Suggested {
            quote: quote(6),
            suggestions: vec![LineSuggestion {
                line: line("wonen-1"),
                probability: 0.5,
                theme_probability: 0.5,
                model: "m2".to_owned(),
                because: Vec::new(),
                accepted: false,
            }],
        }];
        quotes::put_suggestions(&mut tx, &given).await.unwrap();
        tx.commit().await.unwrap();
        same("the tagger proposes something else").await;

        let mut tx = store.write().await.unwrap();
        let id = conversation(4);
        let moved = conversations::move_to(&mut tx, id, 1, STREET, &house()).await;
        assert!(moved.unwrap().is_some());
        tx.commit().await.unwrap();
        same("one was moved").await;

        let mut tx = store.write().await.unwrap();
        let erased = Erasing {
            version: 1,
            tombstone: tombstone(3, None, &[3]),
            successor: None,
        };
        erasing::erase(&mut tx, &erased).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        same("one was erased").await;

        let mut tx = store.write().await.unwrap();
        catalogue::set_epoch(&mut tx, koffiekar_sync_core::wire::Epoch([9; 16]))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        same("a backup was put back").await;
        numbers
    })
    .await;
}

#[tokio::test]
async fn what_changed_is_told_by_conversation_and_read_with_its_facets() {
    on_both(async |store| {
        let mut tx = store.read().await.unwrap();
        let before = quotes::frontier(&mut tx).await.unwrap();
        drop(tx);
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let after = quotes::frontier(&mut tx).await.unwrap();
        assert!(after.covers(&before) && !before.covers(&after));
        let changed = quotes::changed_since(&mut tx, &before).await.unwrap();
        assert_eq!(changed, (1..=5).map(conversation).collect::<Vec<_>>());
        assert_eq!(quotes::changed_since(&mut tx, &after).await.unwrap(), []);
        let now = quotes::then(&mut tx, None).await.unwrap();
        let third = quotes::facets_of(&mut tx, &[conversation(3)], &now)
            .await
            .unwrap();
        assert_eq!(third.len(), 1);
        assert_eq!(third[0].lines, "wonen-1:proposed wonen-2:proposed");
        assert_eq!((third[0].id, third[0].conflict), (quote(3), true));
        let first = quotes::facets_after(&mut tx, i64::MIN, 2, &now)
            .await
            .unwrap();
        let rest = quotes::facets_after(&mut tx, first[1].search_row, 9, &now)
            .await
            .unwrap();
        assert_eq!((first.len(), rest.len()), (2, 4));
        assert_eq!(documents::count(&mut tx).await.unwrap(), 5);
        third
    })
    .await;
}

#[tokio::test]
async fn a_table_has_what_its_reader_may_see_in_the_order_asked() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let asked = [3, 99, 1, 5].map(quote);
        let rows = quotes::table_rows(&mut tx, &editor(), &asked, None)
            .await
            .unwrap();
        let found: Vec<QuoteId> = rows.iter().map(|row: &TableRow| row.id).collect();
        // The fifth is for follow-up contact alone.
        assert_eq!(found, [quote(3), quote(1)]);
        assert_eq!(rows[0].lines, "wonen-1 wonen-2");
        assert_eq!(rows[1].suggested, Some(("wonen-1".to_owned(), 0.75)));
        let in_order = quotes::in_order(&mut tx, &editor(), &asked, None)
            .await
            .unwrap();
        assert_eq!(ids(&in_order), found);
        rows
    })
    .await;
}
