//! Acts on action lines: recorded, read as of any moment, and taken back; and since when tags stand.

use koffiekar_server::store::crosswalk::{self, NewAct};
use koffiekar_server::store::erasing::{self, Erasing};
use koffiekar_server::store::quotes::{self, Sight};
use koffiekar_server::store::{Store, Tx, catalogue};
use koffiekar_sync_core::catalogue::{Ended, Ending};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{LineKey, Millis};
use koffiekar_sync_core::office::{LineStanding, LineUse, TagState};
use koffiekar_tests::rows::Rows;

use super::publications::with_a_section;
use super::tombstones::tombstone;
use super::world::*;

pub(super) fn act(kind: Ending, lines: &[&str], into: &[&str], at: Millis) -> NewAct {
    let keys = |keys: &[&str]| -> Vec<LineKey> { keys.iter().map(|key| line(key)).collect() };
    NewAct {
        kind,
        lines: keys(lines),
        into: keys(into),
        made: keys(&into[..into.len().min(1)]),
        starts_at: at,
        note: "Waarom".to_owned(),
        at,
        by: BRAM,
    }
}

pub(super) async fn record(store: &Store, act: &NewAct) -> u32 {
    let mut tx = store.write().await.unwrap();
    let number = crosswalk::record(&mut tx, act).await.unwrap();
    tx.commit().await.unwrap();
    number
}

async fn ended(tx: &mut Tx, key: &str, as_of: Option<Millis>) -> Option<Ended> {
    let crosswalk = crosswalk::read(tx, as_of).await.unwrap();
    crosswalk.ended(&line(key)).cloned()
}

#[tokio::test]
async fn an_act_is_read_as_it_was_recorded_and_as_of_any_moment() {
    let acts = on_both(async |store| {
        let split = act(Ending::Split, &["wonen-1"], &["wonen-2", "groen-1"], AT);
        assert_eq!(record(&store, &split).await, 1);
        let mut tx = store.write().await.unwrap();
        assert_eq!(crosswalk::changes(&mut tx).await.unwrap(), 2);
        let expected = Some(Ended {
            how: Ending::Split,
            at: AT,
            into: split.into.clone(),
        });
        assert_eq!(ended(&mut tx, "wonen-1", None).await, expected);
        assert_eq!(ended(&mut tx, "wonen-2", None).await, None);
        let open = catalogue::open_lines(&mut tx, AT).await.unwrap();
        let open: Vec<String> = open.iter().map(|line| line.key.to_string()).collect();
        assert_eq!(open, ["wonen-2", "groen-1"]);
        let before = AT.plus(-1);
        assert_eq!(
            catalogue::open_lines(&mut tx, before).await.unwrap().len(),
            3
        );

        let later = AT.plus(100);
        assert!(crosswalk::undo(&mut tx, 1, later, ANNA).await.unwrap());
        assert!(!crosswalk::undo(&mut tx, 1, later, ANNA).await.unwrap());
        assert!(!crosswalk::undo(&mut tx, 7, later, ANNA).await.unwrap());
        assert_eq!(crosswalk::changes(&mut tx).await.unwrap(), 4);
        assert_eq!(ended(&mut tx, "wonen-1", None).await, None);
        for (as_of, stood) in [(before, None), (AT, expected.clone()), (later, None)] {
            assert_eq!(ended(&mut tx, "wonen-1", Some(as_of)).await, stood);
        }
        let made = crosswalk::made_with(&mut tx, 1).await.unwrap();
        assert_eq!(made, [line("wonen-2")]);
        tx.commit().await.unwrap();
        let merge = act(Ending::Merged, &["wonen-1", "wonen-2"], &["groen-1"], later);
        assert_eq!(record(&store, &merge).await, 2);
        let mut tx = store.read().await.unwrap();
        crosswalk::acts(&mut tx).await.unwrap()
    })
    .await;
    assert_eq!(acts.len(), 2);
    assert_eq!(
        (&*acts[0].by, acts[0].undone_by.as_deref()),
        ("Bram", Some("Anna"))
    );
    assert_eq!(acts[1].lines, ["wonen-1", "wonen-2"].map(line));
    assert_eq!(acts[1].into, [line("groen-1")]);
    let may: Vec<bool> = acts.iter().map(|act| act.can_be_undone).collect();
    assert_eq!(may, [false, true]);
}

#[tokio::test]
async fn a_line_that_acts_name_is_in_use_until_they_are_taken_back() {
    on_both(async |store| {
        let merge = act(Ending::Merged, &["wonen-1"], &["groen-1"], AT);
        record(&store, &merge).await;
        let mut tx = store.write().await.unwrap();
        let uses = async |tx: &mut Tx, key| {
            let uses = catalogue::uses_of_line(tx, &line(key)).await;
            uses.unwrap()
        };
        assert_eq!(uses(&mut tx, "wonen-1").await, 1);
        assert_eq!(uses(&mut tx, "groen-1").await, 1);
        crosswalk::undo(&mut tx, 1, AT, BRAM).await.unwrap();
        // It ended once, and answers as of then name it.
        assert_eq!(uses(&mut tx, "wonen-1").await, 1);
        assert_eq!(uses(&mut tx, "groen-1").await, 0);
    })
    .await;
}

/// The first is confirmed for `wonen-1`, and from a minute later on for `groen-1`; the second came with the
/// change.
async fn decided_twice(store: &Store) {
    let confirmed = |key: &'static str| [(key, LineStanding::Confirmed)];
    let mut first = projection(1, &street(), "De huur is te hoog");
    tagged(&mut first, TagState::Confirmed, &confirmed("wonen-1"));
    stored(store, &[new(first.clone())]).await;
    tagged(&mut first, TagState::Confirmed, &confirmed("groen-1"));
    first.quotes.push(words_of(2, 1, "Een bankje"));
    let mut changed = new(first);
    changed.merged_into = Some(1);
    changed.written_at = AT.plus(60_000);
    stored(store, &[changed]).await;
}

fn all_of_it() -> Sight {
    Sight {
        rounds: vec![STREET, HOUSE],
        purposes: vec![Purpose::Analysis],
    }
}

#[tokio::test]
async fn what_stood_is_kept_with_its_time_and_goes_with_an_erasure() {
    on_both(async |store| {
        decided_twice(&store).await;
        let mut tx = store.read().await.unwrap();
        let asked = [quote(1), quote(2)];
        let mut lines = Vec::new();
        for as_of in [Some(AT), Some(AT.plus(1)), Some(AT.plus(59_999)), None] {
            let then = quotes::then(&mut tx, as_of).await.unwrap();
            let facets = quotes::facets_of(&mut tx, &[conversation(1)], &then).await;
            let mut facets = facets.unwrap();
            facets.sort_by_key(|row| row.id);
            let told: Vec<String> = facets.into_iter().map(|row| row.lines).collect();
            let rows = quotes::table_rows(&mut tx, &all_of_it(), &asked, as_of).await;
            lines.push((told, rows.unwrap()[0].lines.clone()));
        }
        let told = |lines: &[&str], first: &str| {
            let lines = lines.iter().map(|line| (*line).to_owned());
            (lines.collect::<Vec<_>>(), first.to_owned())
        };
        let expected = [
            told(&[], ""),
            told(&["wonen-1:confirmed"], "wonen-1"),
            told(&["wonen-1:confirmed"], "wonen-1"),
            told(&["groen-1:confirmed", ""], "groen-1"),
        ];
        assert_eq!(lines, expected);
        drop(tx);

        let mut tx = store.write().await.unwrap();
        // What stood once is used as well.
        let uses = catalogue::uses_of_line(&mut tx, &line("wonen-1")).await;
        assert_eq!(uses.unwrap(), 1);
        let erased = Erasing {
            version: 2,
            tombstone: tombstone(1, None, &[1, 2]),
            successor: None,
        };
        erasing::erase(&mut tx, &erased).await.unwrap().unwrap();
        let uses = catalogue::uses_of_line(&mut tx, &line("wonen-1")).await;
        assert_eq!(uses.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_goes_on_of_a_conversation_keeps_since_when_its_tags_stand() {
    on_both(async |store| {
        decided_twice(&store).await;
        let mut rest = projection(9, &street(), "De huur is te hoog");
        rest.quotes = vec![words_of(1, 0, "De huur is te hoog")];
        let green = [("groen-1", LineStanding::Confirmed)];
        tagged(&mut rest, TagState::Confirmed, &green);
        let mut rest = new(rest);
        rest.written_at = AT.plus(900_000);
        let erased = Erasing {
            version: 2,
            tombstone: tombstone(1, Some(9), &[2]),
            successor: Some(rest),
        };
        let mut tx = store.write().await.unwrap();
        erasing::erase(&mut tx, &erased).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let mut told = Vec::new();
        for at in [1, 60_000] {
            let then = quotes::then(&mut tx, Some(AT.plus(at))).await.unwrap();
            let facets = quotes::facets_of(&mut tx, &[conversation(9)], &then).await;
            told.push(facets.unwrap()[0].lines.clone());
        }
        assert_eq!(told, ["wonen-1:confirmed", "groen-1:confirmed"]);
    })
    .await;
}

#[tokio::test]
async fn tags_of_a_split_line_ask_again_and_those_of_a_merged_one_teach_its_successor() {
    on_both(async |store| {
        let one = |n, key| {
            let mut one = projection(n, &street(), "De huur is te hoog");
            tagged(
                &mut one,
                TagState::Confirmed,
                &[(key, LineStanding::Confirmed)],
            );
            new(one)
        };
        stored(&store, &[one(1, "wonen-1"), one(2, "wonen-2")]).await;
        with_a_section(&store, &[quote(1)]).await;
        let split = act(
            Ending::Split,
            &["wonen-1"],
            &["wonen-3", "groen-1"],
            AT.plus(10),
        );
        let merge = act(Ending::Merged, &["wonen-2"], &["groen-1"], AT.plus(10));
        record(&store, &split).await;
        record(&store, &merge).await;
        let mut tx = store.read().await.unwrap();
        let among = quotes::to_choose_from(&mut tx, &[quote(1), quote(2)]).await;
        let among = among.unwrap();
        assert_eq!(among.len(), 1);
        assert!(
            among[&quote(1)]
                .iter()
                .eq(&[line("groen-1"), line("wonen-3")])
        );
        let labelled = quotes::labelled(&mut tx).await.unwrap();
        assert_eq!(labelled.len(), 1);
        assert_eq!(labelled[0].labelled.lines, ["groen-1"]);
        let texts = quotes::newest_of_line(&mut tx, &line("wonen-1"), 9).await;
        let texts: Vec<_> = texts.unwrap().into_iter().map(|text| text.id).collect();
        assert_eq!(texts, [quote(1)]);
        let expected = LineUse {
            line: line("wonen-1"),
            confirmed: 1,
            proposed: 0,
            contested: 0,
            sections: 1,
        };
        let found = crosswalk::use_of(&mut tx, &line("wonen-1")).await.unwrap();
        assert_eq!(found, expected);
    })
    .await;
}

/// As an older version writes a quote: it knows nothing of since when.
#[tokio::test]
async fn what_an_older_version_wrote_counts_as_ever_known() {
    let place = koffiekar_tests::server::Place::sqlite();
    let store = Store::open(&place.address()).await.unwrap();
    founded(&store).await;
    decided_twice(&store).await;
    let mut rows = Rows::of(&place).await;
    rows.run("update quotes set known_since = 0").await;
    rows.run("update quote_lines set since = 0").await;
    let mut tx = store.read().await.unwrap();
    let then = quotes::then(&mut tx, Some(Millis(5))).await.unwrap();
    let facets = quotes::facets_of(&mut tx, &[conversation(1)], &then).await;
    assert_eq!(facets.unwrap().len(), 2);
}
