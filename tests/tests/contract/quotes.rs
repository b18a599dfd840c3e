//! Quotes as screens and queries read them.

mod alternatives;
mod counted;
mod days;
mod filtered;
mod followed;
mod learnt;
mod zeros;

use std::sync::Arc;

use koffiekar_server::asking::facets::{Facets, Question};
use koffiekar_server::projection::Said;
use koffiekar_server::store::quotes::{self, FilterError, Sight};
use koffiekar_server::store::{Store, Tx, catalogue};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{QuoteId, RoundId};
use koffiekar_sync_core::office::{
    LineStanding, LineSuggestion, LineTag, QuoteFilter, QuotePage, QuoteRow, TagState,
};

use super::publications::with_a_section;
use super::world::*;

fn editor() -> Sight {
    Sight {
        rounds: vec![STREET, HOUSE],
        purposes: vec![Purpose::Analysis, Purpose::AnonymousPublication],
    }
}

/// Those of the house are for follow-up contact alone; 2 has two quotes, 3 two wordings, 4 is Turkish.
async fn library(store: &Store) {
    let [mut first, mut second] = [(1, "De huur is te hoog"), (2, "Bomen op het plein")]
        .map(|(n, words)| projection(n, &street(), words));
    let suggested = LineSuggestion {
        line: line("wonen-1"),
        probability: 0.75,
        theme_probability: 0.8,
        model: "m1".to_owned(),
        because: vec!["huur".to_owned()],
        accepted: false,
    };
    first.quotes[0].suggestions = serde_json::to_string(&[suggested]).unwrap();
    first.quotes[0].best_suggestion = Some("wonen-1".to_owned());
    let said = Said {
        line: line("groen-1"),
        by: BRAM,
        stance: "confirmed".to_owned(),
        at: AT,
    };
    let green = [
        ("groen-1", LineStanding::Confirmed),
        ("wonen-2", LineStanding::Rejected),
    ];
    tagged(&mut second, TagState::Confirmed, &green);
    second.quotes[0].said = serde_json::to_string(&[said]).unwrap();
    let mut none = words_of(12, 1, "Het huis van de buren");
    none.tag_state = TagState::Confirmed;
    none.lines = vec![(line("none"), LineStanding::Confirmed)];
    second.quotes.push(none);
    let mut third = projection(3, &street(), "Een nieuw dak");
    third.quotes[0].wordings = Some(r#"["Een dak","Een nieuw dak"]"#.to_owned());
    third.area = None;
    third.wijk = None;
    let both = [
        ("wonen-1", LineStanding::Proposed),
        ("wonen-2", LineStanding::Proposed),
    ];
    tagged(&mut third, TagState::Proposed, &both);
    let mut fourth = projection(4, &street(), "Evde küf var");
    fourth.language = "tr".to_owned();
    fourth.quotes[0].language = "tr".to_owned();
    fourth.quotes[0].terms = koffiekar_tagging::text::search_terms("Evde küf var", "tr");
    fourth.month = "2026-02".to_owned();
    fourth.recorded_at = AT.plus(20 * 86_400_000);
    let argued = [("wonen-1", LineStanding::Contested)];
    tagged(&mut fourth, TagState::Contested, &argued);
    let mut hidden = projection(5, &house(), "De huur van het huis");
    hidden.allowed = [false, false, false, true];
    let all = [first, second, third, fourth, hidden].map(new);
    stored(store, &all).await;
}

fn ids(rows: &[QuoteRow]) -> Vec<QuoteId> {
    rows.iter().map(|row| row.id).collect()
}

async fn all(tx: &mut Tx, sight: &Sight) -> Vec<QuoteRow> {
    let filter = QuoteFilter::default();
    page(tx, sight, &filter).await.unwrap().quotes
}

pub(super) fn sight_of(rounds: &[RoundId]) -> Sight {
    Sight {
        rounds: rounds.to_vec(),
        purposes: vec![Purpose::Analysis],
    }
}

/// The numbers of the quotes that are found by these words, the newest first.
pub(super) async fn found_by(tx: &mut Tx, text: &str) -> Vec<u128> {
    let filter = QuoteFilter {
        text: Some(text.to_owned()),
        ..QuoteFilter::default()
    };
    let page = page(tx, &editor(), &filter).await.unwrap();
    let numbers = page.quotes.iter();
    numbers.map(|row| row.id.0.as_u128() - 2000).collect()
}

/// As a server answers that read nothing before.
async fn page(tx: &mut Tx, sight: &Sight, filter: &QuoteFilter) -> Result<QuotePage, FilterError> {
    let catalogue = &Arc::new(catalogue::read(tx).await.unwrap());
    let question = Question {
        sight,
        filter,
        catalogue,
        as_of: None,
    };
    Facets::default().page(tx, question).await
}

#[tokio::test]
async fn a_quote_is_read_as_it_was_written() {
    let (second, first) = on_both(async |store| {
        library(&store).await;
        with_a_section(&store, &[quote(2)]).await;
        let mut tx = store.read().await.unwrap();
        let mut rows = quotes::rows_by_ids(&mut tx, &[quote(1), quote(2), quote(9)])
            .await
            .unwrap();
        rows.sort_by_key(|row| row.id);
        (rows.remove(1), rows.remove(0))
    })
    .await;
    assert_eq!(first.verbatim, "De huur is te hoog");
    assert_eq!(first.wordings, ["De huur is te hoog"]);
    assert_eq!(
        (
            first.suggestions[0].probability,
            &*first.suggestions[0].model
        ),
        (0.75, "m1")
    );
    assert_eq!(first.tags, []);
    let expected = QuoteRow {
        id: quote(2),
        conversation: conversation(2),
        round: STREET,
        round_name: "Straat".to_owned(),
        kind: street().kind,
        area: Some("FB03".to_owned()),
        language: "nl".to_owned(),
        recorded_at: AT.plus(120_000),
        verbatim: "Bomen op het plein".to_owned(),
        wordings: vec!["Bomen op het plein".to_owned()],
        tag_state: TagState::Confirmed,
        tags: [
            ("groen-1", LineStanding::Confirmed),
            ("wonen-2", LineStanding::Rejected),
        ]
        .map(|(key, standing)| LineTag {
            line: line(key),
            standing,
            became: Vec::new(),
        })
        .into(),
        suggestions: vec![],
        consent: vec![Purpose::Analysis, Purpose::AnonymousPublication],
        selected_in: second.selected_in.clone(),
        clock_doubtful: false,
    };
    assert_eq!(second.selected_in.len(), 1);
    assert_eq!(second, expected);
}

#[tokio::test]
async fn nothing_is_seen_beyond_rounds_and_consent() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let seen = ids(&all(&mut tx, &editor()).await);
        assert_eq!(seen, [4, 3, 12, 2, 1].map(quote));
        let mut caller = Sight {
            rounds: vec![STREET, HOUSE],
            purposes: vec![Purpose::FollowUpContact],
        };
        assert_eq!(ids(&all(&mut tx, &caller).await), [quote(5)]);
        assert!(
            quotes::find(&mut tx, &caller, quote(5))
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(
            quotes::find(&mut tx, &caller, quote(1)).await.unwrap(),
            None
        );
        caller.rounds = vec![STREET];
        assert_eq!(all(&mut tx, &caller).await, []);
        assert_eq!(
            quotes::find(&mut tx, &caller, quote(5)).await.unwrap(),
            None
        );
        let blind = Sight {
            rounds: vec![],
            purposes: vec![Purpose::Analysis],
        };
        assert_eq!(all(&mut tx, &blind).await, []);
        let of = quotes::of_conversation(&mut tx, &editor(), conversation(2))
            .await
            .unwrap();
        assert_eq!(ids(&of), [quote(2), quote(12)]);
        let of = quotes::of_conversation(&mut tx, &editor(), conversation(5))
            .await
            .unwrap();
        assert_eq!(of, []);
    })
    .await;
}

#[tokio::test]
async fn who_said_what_is_read_back() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let said = quotes::said(&mut tx, quote(2)).await.unwrap();
        assert_eq!(
            (said.len(), &said[0].stance[..], said[0].by),
            (1, "confirmed", BRAM)
        );
        assert_eq!(quotes::said(&mut tx, quote(1)).await.unwrap(), []);
        assert_eq!(quotes::said(&mut tx, quote(99)).await.unwrap(), []);
    })
    .await;
}
