//! Words that are found nowhere: which may have been meant.

use koffiekar_sync_core::office::Alternative;

use super::*;

async fn meant(tx: &mut Tx, sight: &Sight, filter: QuoteFilter) -> Vec<(String, u64, u64)> {
    let page = page(tx, sight, &filter).await.unwrap();
    let told = |one: Alternative| (one.text, one.total, one.anywhere);
    page.alternatives.into_iter().map(told).collect()
}

fn asked(text: &str) -> QuoteFilter {
    QuoteFilter {
        text: Some(text.to_owned()),
        ..QuoteFilter::default()
    }
}

#[tokio::test]
async fn a_misspelt_word_and_a_part_of_a_compound_lead_to_quotes() {
    on_both(async |store| {
        let all: Vec<_> = [
            "Overal schimmel in huis",
            "Schimmel in de badkamer",
            "De woningbouw ligt stil",
            "De speeltuinvereniging is weg",
        ]
        .into_iter()
        .zip(1..)
        .map(|(words, n)| new(projection(n, &street(), words)))
        .collect();
        stored(&store, &all).await;
        let mut tx = store.read().await.unwrap();
        for (words, found, number) in [
            ("schimel", "schimmel", 2),
            ("woningbouwvereniging", "woningbouw", 1),
            ("vereniging", "speeltuinvereniging", 1),
        ] {
            let told = meant(&mut tx, &editor(), asked(words)).await;
            assert_eq!(told[0], (found.to_owned(), number, number), "{words}");
        }
        for words in ["schimmel", "xylofoon", "", "de"] {
            assert_eq!(meant(&mut tx, &editor(), asked(words)).await, [], "{words}");
        }
        // In another list than this one.
        let confirmed = QuoteFilter {
            tag_state: Some(TagState::Confirmed),
            ..asked("schimel")
        };
        let told = meant(&mut tx, &editor(), confirmed).await;
        assert_eq!(told, [("schimmel".to_owned(), 0, 2)]);
    })
    .await;
}

#[tokio::test]
async fn no_word_is_proposed_that_stands_out_of_sight() {
    on_both(async |store| {
        let mut without_consent = projection(2, &street(), "Schimmelplekken");
        without_consent.allowed = [false, false, false, true];
        let all = [
            projection(1, &house(), "Overal schimmel"),
            without_consent,
            projection(3, &street(), "Te vochtig"),
        ];
        stored(&store, &all.map(new)).await;
        let mut tx = store.read().await.unwrap();
        for words in ["schimel", "schimmelplekkn", "plekken"] {
            let told = meant(&mut tx, &sight_of(&[STREET]), asked(words)).await;
            assert_eq!(told, [], "{words}");
        }
        let told = meant(&mut tx, &sight_of(&[HOUSE]), asked("schimel")).await;
        assert_eq!(told, [("schimmel".to_owned(), 1, 1)]);
    })
    .await;
}

#[tokio::test]
async fn words_in_another_script_than_their_language_and_emoji_are_found() {
    on_both(async |store| {
        let all: Vec<_> = [
            "المدرسة بعيدة",
            "Wat een buurt \u{1F642}",
            "De huizen zijn oud",
            "Een oud huis met foto\u{2019}s",
            "Schimmel en stank",
        ]
        .into_iter()
        .zip(1..)
        .map(|(words, n)| new(projection(n, &street(), words)))
        .collect();
        stored(&store, &all).await;
        let mut tx = store.read().await.unwrap();
        let cases: [(&str, &[u128]); 9] = [
            ("مدرسة", &[1]),
            ("\u{1F642}", &[2]),
            ("buurt\u{1F642}", &[2]),
            ("huis", &[4, 3]),
            ("huizen", &[4, 3]),
            ("'s", &[4]),
            ("\u{2019}s", &[4]),
            ("s", &[4]),
            ("sc", &[5]),
        ];
        for (words, expected) in cases {
            assert_eq!(found_by(&mut tx, words).await, expected, "{words}");
        }
    })
    .await;
}
