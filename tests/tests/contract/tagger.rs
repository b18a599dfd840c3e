//! Which model of the tagger is in use.

use koffiekar_server::store::tagger::{self, Version};
use koffiekar_sync_core::ids::Millis;
use koffiekar_tagging::LineDescription;

use super::world::*;

#[tokio::test]
async fn a_model_comes_into_use_only_where_none_did_since() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let nothing = tagger::in_use(&mut tx).await.unwrap();
        assert_eq!((nothing.number, &*nothing.model), (0, ""));
        let first = tagger::take_into_use(&mut tx, &nothing, "m1")
            .await
            .unwrap();
        let first = first.unwrap();
        assert!(first.is_incomplete());
        assert_eq!(tagger::in_use(&mut tx).await.unwrap(), first);
        let overtaken = tagger::take_into_use(&mut tx, &nothing, "m0")
            .await
            .unwrap();
        assert_eq!(overtaken, None);
        assert!(tagger::is_in_use(&mut tx, "m1").await.unwrap());
        assert!(!tagger::is_in_use(&mut tx, "m0").await.unwrap());
        tagger::is_mended(&mut tx, &first).await.unwrap();
        assert!(!tagger::in_use(&mut tx).await.unwrap().is_incomplete());
        tx.commit().await.unwrap();
        first
    })
    .await;
}

fn version(model: &str, at: i64) -> Version {
    Version {
        number: 0,
        model: model.to_owned(),
        used_from: Millis(at),
        lines: vec![LineDescription {
            key: "wonen-1".to_owned(),
            title: "Huur".to_owned(),
            description: String::new(),
            synonyms: vec!["kale huur".to_owned()],
        }],
        decided_until: Millis(at - 1),
        labels: at,
    }
}

#[tokio::test]
async fn models_are_known_by_what_they_learnt_from_and_the_oldest_go() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        for number in 1..=203 {
            let next = version(&format!("m{number}"), number);
            tagger::add_version(&mut tx, &next).await.unwrap();
            // In use again: it is the same one.
            tagger::add_version(&mut tx, &next).await.unwrap();
            // One is held fast, and none is lost that somebody goes back to.
            if number == 2 {
                assert_eq!(tagger::held_at(&mut tx).await.unwrap(), None);
                tagger::hold_at(&mut tx, Some(2)).await.unwrap();
            }
        }
        let numbers = |versions: &[Version]| -> Vec<i64> {
            versions.iter().map(|version| version.number).collect()
        };
        let kept = tagger::versions(&mut tx).await.unwrap();
        let expected: Vec<i64> = (4..=203).rev().chain([2]).collect();
        assert_eq!(numbers(&kept), expected);
        let second = Version {
            number: 2,
            ..version("m2", 2)
        };
        assert_eq!(
            tagger::version(&mut tx, 2).await.unwrap(),
            Some(second.clone())
        );
        assert_eq!(tagger::held_at(&mut tx).await.unwrap(), Some(second));
        assert_eq!(tagger::version(&mut tx, 3).await.unwrap(), None);
        tagger::hold_at(&mut tx, None).await.unwrap();
        assert_eq!(tagger::held_at(&mut tx).await.unwrap(), None);
        kept
    })
    .await;
}

#[tokio::test]
async fn how_right_answers_must_be_is_remembered() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        assert_eq!(tagger::wanted_precision(&mut tx).await.unwrap(), None);
        tagger::want_precision(&mut tx, Some(950)).await.unwrap();
        assert_eq!(tagger::wanted_precision(&mut tx).await.unwrap(), Some(950));
        tagger::want_precision(&mut tx, None).await.unwrap();
        assert_eq!(tagger::wanted_precision(&mut tx).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn one_who_writes_suggestions_is_alone_until_they_are_done() {
    on_both(async |store| {
        let alone = tagger::alone(&store, true).await.unwrap();
        assert!(alone.is_some());
        let beside = tagger::alone(&store, false).await.unwrap();
        // SQLite has one server, which does one thing after the other.
        assert_eq!(beside.is_some(), store.engine() == "sqlite");
        drop((alone, beside));
        assert!(tagger::alone(&store, true).await.unwrap().is_some());
    })
    .await;
}
