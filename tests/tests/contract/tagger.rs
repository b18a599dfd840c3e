//! Which model of the tagger is in use.

use koffiekar_server::store::tagger;

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
