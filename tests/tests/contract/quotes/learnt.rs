//! What the tagger learns from, and where its suggestions go.

use koffiekar_server::store::documents;
use koffiekar_server::store::quotes::{Suggested, TextOfQuote};
use koffiekar_sync_core::office::LineSuggestion;
use koffiekar_tagging::Labelled;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::Place;

use super::*;

#[tokio::test]
async fn only_confirmed_words_teach_that_may_be_analysed() {
    let labelled = on_both(async |store| {
        library(&store).await;
        let mut forbidden = projection(6, &street(), "Niet voor analyse");
        forbidden.allowed = [false, true, true, true];
        let lines = [("wonen-1", LineStanding::Confirmed)];
        tagged(&mut forbidden, TagState::Confirmed, &lines);
        let mut two = projection(7, &house(), "Huis en boom");
        let lines = ["wonen-1", "groen-1"].map(|key| (key, LineStanding::Confirmed));
        tagged(&mut two, TagState::Confirmed, &lines);
        let mut no = projection(8, &street(), "Geen huis");
        let lines = [("wonen-1", LineStanding::Rejected)];
        tagged(&mut no, TagState::Untagged, &lines);
        stored(&store, &[forbidden, two, no].map(new)).await;
        let mut tx = store.read().await.unwrap();
        let decided = quotes::labelled(&mut tx).await.unwrap();
        decided
            .into_iter()
            .map(|one| one.labelled)
            .collect::<Vec<_>>()
    })
    .await;
    let label = |text: &str, lines: &[&str]| Labelled {
        text: text.to_owned(),
        language: "nl".to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        not: Vec::new(),
    };
    let rejected = Labelled {
        not: vec!["wonen-1".to_owned()],
        ..label("Geen huis", &[])
    };
    let expected = [
        label("Bomen op het plein", &["groen-1"]),
        label("Huis en boom", &["groen-1", "wonen-1"]),
        rejected,
        // "Geen actielijn" teaches as well.
        label("Het huis van de buren", &[]),
    ];
    assert_eq!(labelled, expected);
}

#[tokio::test]
async fn the_newest_that_nobody_tagged_are_looked_at() {
    on_both(async |store| {
        library(&store).await;
        let mut forbidden = projection(6, &street(), "Niet voor analyse");
        forbidden.allowed = [false, true, true, true];
        let [seven, eight] = [(7, "Een bankje"), (8, "Meer licht")]
            .map(|(n, words)| projection(n, &street(), words));
        stored(&store, &[forbidden, seven, eight].map(new)).await;
        let mut tx = store.read().await.unwrap();
        let all = quotes::newest_untagged(&mut tx, 9).await.unwrap();
        let ids: Vec<QuoteId> = all.iter().map(|text| text.id).collect();
        assert_eq!(ids, [quote(8), quote(7), quote(1)]);
        assert_eq!(all[2].verbatim, "De huur is te hoog");
        let two = quotes::newest_untagged(&mut tx, 2).await.unwrap();
        assert_eq!(two, all[..2]);
    })
    .await;
}

#[tokio::test]
async fn those_are_next_that_another_model_spoke_about() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.write().await.unwrap();
        let numbers = |texts: Vec<TextOfQuote>| -> Vec<u128> {
            texts
                .iter()
                .map(|text| text.id.0.as_u128() - 2000)
                .collect()
        };
        let next = quotes::texts_after(&mut tx, None, "m1", 9).await.unwrap();
        assert_eq!(next[0].verbatim, "Bomen op het plein");
        assert_eq!((next[2].id, &*next[2].language), (quote(4), "tr"));
        assert_eq!(numbers(next), [2, 3, 4, 5, 12]);
        let next = quotes::texts_after(&mut tx, Some(quote(3)), "m2", 2)
            .await
            .unwrap();
        assert_eq!(numbers(next), [4, 5]);

        let given = [1, 2, 99].map(|n| suggested(n, "m2", false));
        quotes::put_suggestions(&mut tx, &given).await.unwrap();
        let next = quotes::texts_after(&mut tx, None, "m2", 9).await.unwrap();
        assert_eq!(numbers(next), [3, 4, 5, 12]);
        let filter = QuoteFilter {
            suggested: Some(line("wonen-2")),
            ..QuoteFilter::default()
        };
        // The best one stands only where nobody spoke.
        let found = page(&mut tx, &editor(), &filter).await.unwrap();
        assert_eq!(ids(&found.quotes), [quote(1)]);
        assert_eq!(found.quotes[0].suggestions[0].model, "m2");
    })
    .await;
}

/// What nobody spoke about is accepted, and only that.
#[tokio::test]
async fn an_answer_stands_by_itself_only_where_nobody_spoke() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.write().await.unwrap();
        let given = [1, 2, 3, 4, 5, 12].map(|n| suggested(n, "m2", true));
        quotes::put_suggestions(&mut tx, &given).await.unwrap();
        let filter = |state| QuoteFilter {
            tag_state: Some(state),
            ..QuoteFilter::default()
        };
        let accepted = filter(TagState::Accepted);
        let found = page(&mut tx, &editor(), &accepted).await.unwrap();
        assert_eq!(ids(&found.quotes), [quote(1)]);
        let tags = &found.quotes[0].tags;
        assert_eq!(tags.len(), 1);
        assert_eq!(tags[0].line, line("wonen-2"));
        assert_eq!(tags[0].standing, LineStanding::Accepted);
        let on_the_line = QuoteFilter {
            action_line: Some(line("wonen-2")),
            ..accepted.clone()
        };
        assert_eq!(
            page(&mut tx, &editor(), &on_the_line).await.unwrap().total,
            1
        );
        let untagged = filter(TagState::Untagged);
        assert_eq!(page(&mut tx, &editor(), &untagged).await.unwrap().total, 0);
        let rows = quotes::table_rows(&mut tx, &editor(), &[quote(1)], None)
            .await
            .unwrap();
        assert_eq!(rows[0].tag_state, TagState::Accepted);
        assert_eq!(rows[0].lines, "wonen-2");

        let withdrawn = [suggested(1, "m3", false)];
        quotes::put_suggestions(&mut tx, &withdrawn).await.unwrap();
        assert_eq!(page(&mut tx, &editor(), &accepted).await.unwrap().total, 0);
        assert_eq!(page(&mut tx, &editor(), &untagged).await.unwrap().total, 1);
    })
    .await;
}

fn suggested(n: u128, model: &str, accepted: bool) -> Suggested {
    Suggested {
        quote: quote(n),
        suggestions: vec![LineSuggestion {
            line: line("wonen-2"),
            probability: 0.5,
            theme_probability: 0.5,
            model: model.to_owned(),
            because: Vec::new(),
            accepted,
        }],
    }
}

/// PostgreSQL breaks one of two off that wait for each other in a circle.
#[tokio::test]
async fn new_suggestions_and_a_merge_of_the_same_quotes_wait_for_each_other_in_turn() {
    let place = Place::postgres().await;
    let store = Store::open(&place.address()).await.unwrap();
    founded(&store).await;
    let mut two = projection(1, &street(), "plein");
    // The one with the larger id is written first.
    two.quotes = vec![words_of(2, 0, "plein"), words_of(1, 1, "huis")];
    let mut changed = new(two);
    stored(&store, &[changed.clone()]).await;
    changed.merged_into = Some(1);

    let mut learning = store.write().await.unwrap();
    quotes::put_suggestions(&mut learning, &[suggested(1, "m2", false)])
        .await
        .unwrap();
    let merging = tokio::spawn({
        let store = store.clone();
        async move {
            let mut tx = store.write().await.unwrap();
            let written = documents::write(&mut tx, vec![&changed]).await;
            written.map(|places| places.is_some())
        }
    });
    let mut rows = Rows::of(&place).await;
    let waits = "
        select 'waits' from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    while rows.texts(waits).await.is_empty() {
        assert!(!merging.is_finished(), "the merge did not wait");
    }
    quotes::put_suggestions(&mut learning, &[suggested(2, "m2", false)])
        .await
        .unwrap();
    learning.commit().await.unwrap();
    assert!(merging.await.unwrap().unwrap());
}
