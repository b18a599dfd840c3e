//! Conversation documents and what is derived from them.

use koffiekar_server::projection::Projection;
use koffiekar_server::store::documents::{self, Outline, StoredDocument};
use koffiekar_server::store::{Store, erasing, feed, quotes};
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::LineStanding;

use super::tombstones::tombstone;
use super::world::*;

fn as_stored(n: u128, version: i64, heads: &[Head]) -> StoredDocument {
    let written = new(projection(n, &street(), "huis"));
    StoredDocument {
        id: written.id,
        round: STREET,
        version,
        heads: heads.to_vec(),
        bytes: written.bytes,
        received_at: written.received_at,
        device: written.device,
        enrolled_at: Some(AT),
    }
}

#[tokio::test]
async fn a_document_is_found_as_it_was_written() {
    on_both(async |store| {
        let mut first = new(projection(1, &street(), "huis"));
        first.heads = vec![head(1), head(9)];
        let second = new(projection(2, &house(), "plein"));
        let places = stored(&store, &[second, first]).await;
        assert_eq!(places, [(STREET, 1), (HOUSE, 1)]);
        let mut tx = store.read().await.unwrap();
        let asked = [conversation(1), conversation(7)];
        let found = documents::find(&mut tx, &asked).await.unwrap();
        let expected = as_stored(1, 1, &[head(1), head(9)]);
        assert_eq!(found, std::slice::from_ref(&expected));
        let outlines = documents::outlines(&mut tx, &asked).await.unwrap();
        let outline = Outline {
            id: conversation(1),
            round: STREET,
            heads: expected.heads,
            bytes: expected.bytes.len(),
        };
        assert_eq!(outlines, [outline]);
        let bytes = documents::bytes_of(&mut tx, &asked).await.unwrap();
        assert_eq!(bytes, [(conversation(1), expected.bytes)].into());
        assert_eq!(documents::count(&mut tx).await.unwrap(), 2);
        assert_eq!(documents::find(&mut tx, &[]).await.unwrap(), []);
    })
    .await;
}

/// More than one statement takes, and not a multiple of what one takes.
#[tokio::test]
async fn many_are_found_as_one_is() {
    on_both(async |store| {
        let all: Vec<_> = (1..=213)
            .map(|n| new(projection(n, &street(), "huis")))
            .collect();
        assert_eq!(stored(&store, &all).await, [(STREET, 213)]);
        let ids: Vec<ConversationId> = (1..=214).map(conversation).collect();
        let mut tx = store.read().await.unwrap();
        let mut found = documents::find(&mut tx, &ids).await.unwrap();
        found.sort_by_key(|document| document.id);
        assert_eq!(found.len(), 213);
        for (document, version) in found.iter().zip(&all) {
            assert_eq!((document.id, &document.bytes), (version.id, &version.bytes));
        }
        assert_eq!(documents::outlines(&mut tx, &ids).await.unwrap().len(), 213);
        assert_eq!(documents::bytes_of(&mut tx, &ids).await.unwrap().len(), 213);
        let quoted: Vec<_> = (1..=214).map(quote).collect();
        let homes = documents::homes_of(&mut tx, &quoted).await.unwrap();
        assert_eq!(homes.len(), 213);
        assert_eq!(homes[&quote(200)], conversation(200));
        let rows = quotes::rows_by_ids(&mut tx, &quoted).await.unwrap();
        assert_eq!(rows.len(), 213);
    })
    .await;
}

#[tokio::test]
async fn a_write_says_whether_the_tagger_learns_something_else_from_it() {
    on_both(async |store| {
        let write = async |version: &documents::NewVersion| {
            let mut tx = store.write().await.unwrap();
            let written = documents::write(&mut tx, vec![version]).await.unwrap();
            tx.commit().await.unwrap();
            written.unwrap().teaches
        };
        let mut one = new(projection(1, &street(), "huis"));
        assert!(!write(&one).await, "nobody decided about it");
        let mut version = 0;
        let mut again = async |change: &dyn Fn(&mut Projection)| {
            version += 1;
            one.merged_into = Some(version);
            change(&mut one.projection);
            write(&one).await
        };
        let stands = |standing| {
            move |projection: &mut Projection| {
                projection.quotes[0].lines = vec![(line("wonen-1"), standing)];
            }
        };
        assert!(!again(&stands(LineStanding::Proposed)).await);
        assert!(again(&stands(LineStanding::Confirmed)).await);
        assert!(!again(&|projection| projection.notes.push('.')).await);
        assert!(again(&|projection| projection.quotes[0].verbatim.push('.')).await);
        assert!(again(&stands(LineStanding::Contested)).await);
        assert!(
            again(&|projection| projection.allowed[0] = false).await,
            "withdrawn"
        );
        assert!(
            !again(&stands(LineStanding::Rejected)).await,
            "may not be learnt"
        );
    })
    .await;
}

/// `None` is what a batch comes to that may not be written.
async fn refused(store: &Store, version: &documents::NewVersion) -> bool {
    let mut tx = store.write().await.unwrap();
    documents::write(&mut tx, vec![version])
        .await
        .unwrap()
        .is_none()
}

#[tokio::test]
async fn a_document_is_written_over_only_in_the_state_it_was_merged_into() {
    on_both(async |store| {
        let mut one = new(projection(1, &street(), "huis"));
        stored(&store, &[one.clone()]).await;
        // It is there already.
        assert!(refused(&store, &one).await);
        for stale in [0, 2, 77] {
            one.merged_into = Some(stale);
            assert!(refused(&store, &one).await, "{stale}");
        }
        one.merged_into = Some(1);
        one.heads = vec![head(5)];
        one.projection.notes = "Ander".to_owned();
        one.projection.quotes = vec![words_of(2, 0, "plein"), words_of(3, 1, "dak")];
        assert_eq!(stored(&store, &[one]).await, [(STREET, 2)]);
        let mut tx = store.read().await.unwrap();
        let found = documents::find(&mut tx, &[conversation(1)]).await.unwrap();
        assert_eq!(found, [as_stored(1, 2, &[head(5)])]);
        // Its rows are those of the new version alone.
        let homes = documents::homes_of(&mut tx, &[quote(1), quote(2), quote(3)]).await;
        let homes: Vec<_> = homes.unwrap().into_keys().collect();
        assert_eq!(homes, [quote(2), quote(3)]);
        let notes = documents::notes(&mut tx, conversation(1)).await.unwrap();
        assert_eq!(notes, Some(("Ander".to_owned(), "Anna".to_owned())));
        assert_eq!(feed::after(&mut tx, STREET, 0, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_quote_stands_in_one_conversation() {
    on_both(async |store| {
        stored(&store, &[new(projection(1, &street(), "huis"))]).await;
        let mut borrowing = new(projection(2, &street(), "plein"));
        borrowing.projection.quotes.push(words_of(1, 1, "huis"));
        assert!(refused(&store, &borrowing).await);
        let mut tx = store.read().await.unwrap();
        let home = documents::conversation_of(&mut tx, quote(1)).await.unwrap();
        assert_eq!(home, Some(conversation(1)));
        assert_eq!(
            documents::conversation_of(&mut tx, quote(2)).await.unwrap(),
            None
        );
        assert_eq!(
            documents::notes(&mut tx, conversation(2)).await.unwrap(),
            None
        );
        assert_eq!(documents::count(&mut tx).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_erased_is_not_written_again() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        assert!(
            erasing::bury(&mut tx, &tombstone(1, None, &[5]))
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        assert!(refused(&store, &new(projection(1, &street(), "huis"))).await);
        // Nor one that holds a quote that was erased elsewhere.
        assert!(refused(&store, &new(projection(5, &street(), "huis"))).await);
        stored(&store, &[new(projection(2, &street(), "huis"))]).await;
    })
    .await;
}
