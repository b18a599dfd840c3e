//! What the tagger had answered before people decided.

use std::collections::BTreeSet;

use koffiekar_server::projection::Said;
use koffiekar_server::store::answers::{self, Answer, Judged};
use koffiekar_server::store::erasing::{self, Erasing};
use koffiekar_server::store::{Store, derived};

use koffiekar_server::store::documents::NewVersion;
use koffiekar_sync_core::catalogue::Ending;
use koffiekar_sync_core::ids::{LineKey, UserId};
use koffiekar_sync_core::office::{LineStanding, TagState};

use super::crosswalk::{act, record};
use super::tombstones::tombstone;
use super::world::*;

fn answer(n: u128, at: i64, line_key: &str, drawn: bool) -> Answer {
    Answer {
        quote: quote(n),
        at: AT.plus(at),
        drawn,
        model: "m1".to_owned(),
        line: line(line_key),
        probability: 0.25,
    }
}

async fn add(store: &Store, all: &[Answer]) {
    let mut tx = store.write().await.unwrap();
    for answer in all {
        answers::add(&mut tx, answer).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn drawn(store: &Store) -> Vec<Judged> {
    let mut tx = store.read().await.unwrap();
    answers::drawn(&mut tx, 9).await.unwrap()
}

fn confirmed(by: UserId, line_key: &str) -> Said {
    Said {
        line: line(line_key),
        by,
        stance: "confirmed".to_owned(),
        at: AT,
    }
}

/// 1 concerns two lines, 2 none, about 3 two people say something else, 4 may not be analysed.
async fn decided(store: &Store) {
    let mut all = [1, 2, 3, 4].map(|n| projection(n, &street(), "huis"));
    let states = [
        (
            TagState::Confirmed,
            vec![confirmed(BRAM, "wonen-1"), confirmed(BRAM, "groen-1")],
        ),
        (TagState::Confirmed, vec![confirmed(BRAM, "none")]),
        (
            TagState::Contested,
            vec![confirmed(BRAM, "wonen-1"), confirmed(ANNA, "wonen-2")],
        ),
        (TagState::Confirmed, vec![confirmed(BRAM, "wonen-1")]),
    ];
    for (projection, (state, said)) in all.iter_mut().zip(states) {
        let standing = match state {
            TagState::Contested => LineStanding::Contested,
            _ => LineStanding::Confirmed,
        };
        let lines = said.iter().map(|said| (said.line.clone(), standing));
        projection.quotes[0].lines = lines.collect();
        projection.quotes[0].tag_state = state;
        projection.quotes[0].said = serde_json::to_string(&said).unwrap();
    }
    all[3].allowed = [false, true, true, true];
    stored(store, &all.map(new)).await;
}

#[tokio::test]
async fn the_first_answer_stays_and_stands_beside_what_people_say_now() {
    on_both(async |store| {
        decided(&store).await;
        let given = [
            answer(1, 0, "wonen-1", true),
            answer(1, 5, "wonen-2", false),
            answer(2, 1, "wonen-1", true),
            answer(3, 2, "wonen-1", true),
            answer(4, 3, "wonen-1", true),
            answer(5, 4, "wonen-1", true),
        ];
        add(&store, &given).await;
        let judged = drawn(&store).await;
        let found: Vec<&Answer> = judged.iter().map(|one| &one.answer).collect();
        // The newest first; of those that may be analysed, and that are there.
        assert_eq!(found, [&given[3], &given[2], &given[0]]);
        let decisions: Vec<_> = judged.iter().map(|one| one.decided.clone()).collect();
        let both = vec![line("groen-1"), line("wonen-1")];
        assert_eq!(decisions, [None, Some(vec![]), Some(both)]);
        assert_eq!(judged[0].people.len(), 2);
        let mut tx = store.read().await.unwrap();
        assert_eq!(answers::drawn(&mut tx, 1).await.unwrap(), judged[..1]);
        judged
    })
    .await;
}

/// What people confirmed, as it stands in the rows of a quote.
fn said(n: u128, all: &[(UserId, &str)]) -> NewVersion {
    let mut projection = projection(n, &street(), "huis");
    let quote = &mut projection.quotes[0];
    let lines: BTreeSet<LineKey> = all.iter().map(|(_, key)| line(key)).collect();
    quote.lines = lines
        .into_iter()
        .map(|line| (line, LineStanding::Confirmed))
        .collect();
    quote.tag_state = TagState::Confirmed;
    let said: Vec<Said> = all.iter().map(|(by, key)| confirmed(*by, key)).collect();
    quote.said = serde_json::to_string(&said).unwrap();
    new(projection)
}

#[tokio::test]
async fn where_two_people_differ_an_answer_of_one_of_them_is_neither_right_nor_wrong() {
    on_both(async |store| {
        let both = &[(BRAM, "wonen-1"), (ANNA, "wonen-2")][..];
        let more = &[(BRAM, "wonen-1"), (ANNA, "wonen-1"), (ANNA, "groen-1")][..];
        let none = &[(BRAM, "none"), (ANNA, "wonen-1")][..];
        let all = [both, both, more, more, none, none];
        let all: Vec<NewVersion> = (1..).zip(all).map(|(n, all)| said(n, all)).collect();
        stored(&store, &all).await;
        let answered = [
            "wonen-1", "groen-1", "wonen-1", "groen-1", "none", "wonen-2",
        ];
        let answers: Vec<Answer> = (1..)
            .zip(answered)
            .map(|(n, key)| answer(n, 0, key, true))
            .collect();
        add(&store, &answers).await;
        let decided: Vec<_> = drawn(&store).await.into_iter().map(|j| j.decided).collect();
        let of = |keys: &[&str]| Some(keys.iter().map(|key| line(key)).collect());
        let expected = [
            None,
            of(&["wonen-1", "wonen-2"]),
            of(&["wonen-1"]),
            None,
            None,
            of(&["wonen-1"]),
        ];
        assert_eq!(decided, expected);
        decided
    })
    .await;
}

#[tokio::test]
async fn what_became_of_lines_is_followed_for_each_person_and_a_split_hides_no_wrong_answer() {
    on_both(async |store| {
        let all = [
            said(1, &[(BRAM, "wonen-2"), (ANNA, "wonen-3")]),
            said(2, &[(BRAM, "wonen-1")]),
            said(3, &[(BRAM, "wonen-1")]),
        ];
        stored(&store, &all).await;
        let answers = [
            answer(1, 0, "wonen-3", true),
            answer(2, 0, "none", true),
            answer(3, 0, "groen-1", true),
        ];
        add(&store, &answers).await;
        let merge = act(Ending::Merged, &["wonen-2"], &["wonen-3"], AT.plus(10));
        let split = act(
            Ending::Split,
            &["wonen-1"],
            &["groen-1", "wonen-3"],
            AT.plus(10),
        );
        record(&store, &merge).await;
        record(&store, &split).await;
        let judged = drawn(&store).await;
        let people = judged[0].people.values();
        assert!(people.eq([&BTreeSet::from([line("wonen-3")]); 2]));
        assert_eq!(judged[0].decided, Some(vec![line("wonen-3")]));
        // It was one of the parts, so not none; whether it was this part, nobody said.
        assert_eq!(
            judged[1].decided,
            Some(vec![line("groen-1"), line("wonen-3")])
        );
        assert_eq!(judged[2].decided, None);
        assert!(judged[1].people.is_empty());
    })
    .await;
}

#[tokio::test]
async fn not_drawn_is_not_audited() {
    on_both(async |store| {
        decided(&store).await;
        add(&store, &[answer(1, 0, "wonen-1", false)]).await;
        assert_eq!(drawn(&store).await, []);
    })
    .await;
}

#[tokio::test]
async fn an_answer_goes_with_its_quote_and_stays_where_rows_are_derived_again() {
    on_both(async |store| {
        decided(&store).await;
        add(&store, &[1, 2].map(|n| answer(n, 0, "wonen-1", true))).await;
        let mut tx = store.write().await.unwrap();
        let again = projection(2, &street(), "huis");
        derived::put(&mut tx, &[&again]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(drawn(&store).await.len(), 2);

        let mut tx = store.write().await.unwrap();
        let erasing = Erasing {
            version: 1,
            tombstone: tombstone(1, None, &[1]),
            successor: None,
        };
        erasing::erase(&mut tx, &erasing).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let left = drawn(&store).await;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].answer.quote, quote(2));
        // Nothing of it is left that a quote of the same id would meet.
        stored(&store, &[new(projection(6, &street(), "plein"))]).await;
        add(&store, &[answer(1, 9, "wonen-2", true)]).await;
        assert_eq!(drawn(&store).await.len(), 1);
    })
    .await;
}
