//! What the tagger learns from, and where its suggestions go.

use koffiekar_server::store::quotes::TextOfQuote;
use koffiekar_tagging::Labelled;

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
        stored(&store, &[forbidden, two].map(new)).await;
        let mut tx = store.read().await.unwrap();
        quotes::labelled(&mut tx).await.unwrap()
    })
    .await;
    let label = |text: &str, lines: &[&str]| Labelled {
        text: text.to_owned(),
        language: "nl".to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    let expected = [
        label("Bomen op het plein", &["groen-1"]),
        label("Huis en boom", &["groen-1", "wonen-1"]),
        // "Geen actielijn" teaches as well.
        label("Het huis van de buren", &[]),
    ];
    assert_eq!(labelled, expected);
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

        let suggestions = r#"[{"line":"wonen-2","probability":0.5,"model":"m2","because":[]}]"#;
        let given =
            [1, 2, 99].map(|n| (quote(n), suggestions.to_owned(), Some("wonen-2".to_owned())));
        quotes::put_suggestions(&mut tx, &given).await.unwrap();
        let next = quotes::texts_after(&mut tx, None, "m2", 9).await.unwrap();
        assert_eq!(numbers(next), [3, 4, 5, 12]);
        let suggested = QuoteFilter {
            suggested: Some(line("wonen-2")),
            ..QuoteFilter::default()
        };
        // The best one stands only where nobody spoke.
        let found = quotes::page(&mut tx, &editor(), &suggested).await.unwrap();
        assert_eq!(ids(&found.quotes), [quote(1)]);
        assert_eq!(found.quotes[0].suggestions[0].model, "m2");
    })
    .await;
}
