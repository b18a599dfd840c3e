//! Attempts to sign in.

use koffiekar_server::store::attempts::{self, Count};

use super::world::*;

#[tokio::test]
async fn attempts_are_counted_by_key_until_they_end() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let (one, other) = ([1; 32], [2; 32]);
        let (early, late) = (AT.plus(10), AT.plus(20));
        let count = |attempts, ends_at| Count { attempts, ends_at };
        let first = attempts::count(&mut tx, &one, early).await.unwrap();
        assert_eq!(first, count(1, early));
        // The first one says until when.
        let second = attempts::count(&mut tx, &one, late).await.unwrap();
        assert_eq!(second, count(2, early));
        attempts::count(&mut tx, &other, late).await.unwrap();
        attempts::take_back(&mut tx, &one).await.unwrap();
        let left = attempts::find(&mut tx, &one, AT).await.unwrap();
        assert_eq!(left, Some(count(1, early)));
        assert_eq!(attempts::find(&mut tx, &one, early).await.unwrap(), None);
        attempts::remove_ended(&mut tx, early).await.unwrap();
        assert_eq!(attempts::find(&mut tx, &one, AT).await.unwrap(), None);
        let stays = attempts::find(&mut tx, &other, AT).await.unwrap();
        assert_eq!(stays, Some(count(1, late)));
        attempts::take_back(&mut tx, &other).await.unwrap();
        attempts::take_back(&mut tx, &other).await.unwrap();
        let none = attempts::find(&mut tx, &other, AT).await.unwrap();
        assert_eq!(none, Some(count(0, late)));
        attempts::forget(&mut tx, &other).await.unwrap();
        assert_eq!(attempts::find(&mut tx, &other, AT).await.unwrap(), None);
    })
    .await;
}
