//! What was erased.

use koffiekar_server::store::tombstones::{self, Fate, Tombstone};
use koffiekar_server::store::{Store, documents};
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::{Erasure, ErasureStage};
use koffiekar_sync_core::wire::{Compared, Outcome};

use super::world::*;

/// Of a conversation that goes on as another, or not at all; erased `n` after [`AT`] by Bram.
pub(crate) fn tombstone(n: u128, goes_on_as: Option<u128>, quotes: &[u128]) -> Tombstone {
    Tombstone {
        document: conversation(n),
        replaced_by: goes_on_as.map(conversation),
        quotes: quotes.iter().map(|n| quote(*n)).collect(),
        erased_at: AT.plus(i64::try_from(n).unwrap()),
        erased_by: Some(BRAM),
    }
}

async fn buried(store: &Store, tombstones: &[Tombstone]) {
    let mut tx = store.write().await.unwrap();
    for tombstone in tombstones {
        assert!(tombstones::put(&mut tx, tombstone).await.unwrap());
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn each_is_followed_to_what_it_goes_on_as() {
    on_both(async |store| {
        stored(&store, &[new(projection(4, &street(), "huis"))]).await;
        let chain = [
            // 1 goes on as 3, and 3 as 4.
            tombstone(1, Some(3), &[11]),
            tombstone(3, Some(4), &[13, 12]),
            tombstone(5, None, &[]),
            // 6 went on as 5, of which nothing is left.
            tombstone(6, Some(5), &[16]),
            // Nothing is known of 8.
            tombstone(7, Some(8), &[17]),
        ];
        buried(&store, &chain).await;
        let mut tx = store.read().await.unwrap();
        let ids: Vec<ConversationId> = (1..=9).map(conversation).collect();
        let fates = tombstones::fates(&mut tx, &ids).await.unwrap();
        let replaced = |by, quotes: &[u128], lost| Fate::Replaced {
            by: conversation(by),
            quotes: quotes.iter().map(|n| quote(*n)).collect(),
            lost,
        };
        let expected = [
            (conversation(1), replaced(4, &[11, 12, 13], false)),
            (conversation(3), replaced(4, &[12, 13], false)),
            (conversation(5), Fate::Erased),
            (conversation(6), Fate::Erased),
            (conversation(7), replaced(8, &[17], true)),
        ];
        assert_eq!(fates, expected.into());
        assert_eq!(
            fates[&conversation(1)].outcome(),
            Outcome::Replaced(conversation(4))
        );
        assert_eq!(fates[&conversation(7)].compared(), Compared::Lacks(vec![]));
        assert_eq!(fates[&conversation(5)].compared(), Compared::Erased);
        assert_eq!(
            tombstones::fates(&mut tx, &ids[..0]).await.unwrap(),
            [].into()
        );
        let before = tombstones::predecessors(&mut tx, conversation(4))
            .await
            .unwrap();
        assert_eq!(before, [3, 1].map(conversation));
        assert_eq!(
            tombstones::predecessors(&mut tx, conversation(1))
                .await
                .unwrap(),
            []
        );
        assert_eq!(documents::count(&mut tx).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_tombstone_is_put_once_and_names_its_quotes() {
    on_both(async |store| {
        buried(
            &store,
            &[tombstone(1, None, &[12, 11]), tombstone(2, None, &[])],
        )
        .await;
        let mut tx = store.write().await.unwrap();
        let again = tombstone(1, Some(9), &[99]);
        assert!(!tombstones::put(&mut tx, &again).await.unwrap());
        let asked = [1, 2, 3].map(conversation);
        let quotes = tombstones::quotes_by_document(&mut tx, &asked)
            .await
            .unwrap();
        assert_eq!(
            quotes,
            [(conversation(1), vec![quote(11), quote(12)])].into()
        );
        let among = [quote(10), quote(12), quote(99)];
        let erased = tombstones::erased_among(&mut tx, &among).await.unwrap();
        assert_eq!(erased, [quote(12)].into());
    })
    .await;
}

#[tokio::test]
async fn an_erasure_is_shown_with_its_stage() {
    let shown = on_both(async |store| {
        let mut again = tombstone(2, Some(3), &[]);
        again.erased_by = None;
        buried(&store, &[tombstone(1, None, &[12, 11]), again]).await;
        let mut tx = store.write().await.unwrap();
        let mut open = tombstones::not_gone(&mut tx).await.unwrap();
        open.sort();
        assert_eq!(open, [1, 2].map(conversation));
        assert_eq!(tombstones::count(&mut tx).await.unwrap(), 2);
        let all = tombstones::all(&mut tx).await.unwrap();
        let all: Vec<_> = all
            .into_iter()
            .map(|one| (one.document, one.replaced_by, one.quotes, one.erased_by))
            .collect();
        let first = (
            conversation(1),
            None,
            vec![quote(11), quote(12)],
            Some(BRAM),
        );
        let second = (conversation(2), Some(conversation(3)), vec![], None);
        assert_eq!(all, [first, second]);
        let gone = [conversation(2), conversation(9)];
        tombstones::are_gone(&mut tx, &gone, AT.plus(50))
            .await
            .unwrap();
        tombstones::are_gone(&mut tx, &gone, AT.plus(99))
            .await
            .unwrap();
        assert_eq!(
            tombstones::not_gone(&mut tx).await.unwrap(),
            [conversation(1)]
        );
        assert_eq!(
            tombstones::show(&mut tx, conversation(9)).await.unwrap(),
            None
        );
        let mut shown = Vec::new();
        for n in [1, 2] {
            shown.extend(tombstones::show(&mut tx, conversation(n)).await.unwrap());
        }
        shown
    })
    .await;
    let first = Erasure {
        conversation: conversation(1),
        replaced_by: None,
        quotes: vec![quote(11), quote(12)],
        erased_at: AT.plus(1),
        erased_by: Some("Bram".to_owned()),
        stage: ErasureStage::Unreachable,
        gone_at: None,
    };
    let second = Erasure {
        conversation: conversation(2),
        replaced_by: Some(conversation(3)),
        quotes: vec![],
        erased_at: AT.plus(2),
        erased_by: None,
        stage: ErasureStage::GoneFromFiles,
        gone_at: Some(AT.plus(50)),
    };
    assert_eq!(shown, [first, second]);
}

#[tokio::test]
async fn erasures_come_in_pages_the_newest_first() {
    on_both(async |store| {
        let mut all: Vec<Tombstone> = (1..=150).map(|n| tombstone(n, None, &[])).collect();
        // Two of the same time: the id decides.
        all[49].erased_at = all[50].erased_at;
        buried(&store, &all).await;
        let mut tx = store.read().await.unwrap();
        let first = tombstones::page(&mut tx, None).await.unwrap().unwrap();
        let next = first.next.as_deref();
        let second = tombstones::page(&mut tx, next).await.unwrap().unwrap();
        assert_eq!((first.total, second.total), (150, 150));
        assert_eq!((first.erasures.len(), second.next), (100, None));
        let listed = first.erasures.iter().chain(&second.erasures);
        let listed: Vec<ConversationId> = listed.map(|one| one.conversation).collect();
        let expected: Vec<ConversationId> = (1..=150).rev().map(conversation).collect();
        assert_eq!(listed, expected);
        for nonsense in ["", "1", "x.y", "1.y"] {
            let page = tombstones::page(&mut tx, Some(nonsense)).await.unwrap();
            assert_eq!(page, None, "{nonsense}");
        }
    })
    .await;
}
