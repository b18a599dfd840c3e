//! Attempts to sign in.

use koffiekar_server::store::attempts::{self, Count};

use super::world::*;

#[tokio::test]
async fn wrong_passwords_are_counted_by_key_until_the_last_one_ends() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let (one, other) = ([1; 32], [2; 32]);
        let (early, late) = (AT.plus(10), AT.plus(20));
        let count = |attempts, ends_at| Count { attempts, ends_at };
        let first = attempts::count(&mut tx, &one, AT, early).await.unwrap();
        assert_eq!(first, count(1, early));
        let second = attempts::count(&mut tx, &one, AT, late).await.unwrap();
        assert_eq!(second, count(2, late));
        attempts::count(&mut tx, &other, AT, early).await.unwrap();
        let stands = attempts::find(&mut tx, &other, AT).await.unwrap();
        assert_eq!(stands, Some(count(1, early)));
        assert_eq!(attempts::find(&mut tx, &other, early).await.unwrap(), None);
        // Those that ended are not among them.
        let anew = attempts::count(&mut tx, &other, early, late).await.unwrap();
        assert_eq!(anew, count(1, late));
        attempts::count(&mut tx, &one, AT, early).await.unwrap();
        attempts::remove_ended(&mut tx, early).await.unwrap();
        assert_eq!(attempts::find(&mut tx, &one, AT).await.unwrap(), None);
        let stays = attempts::find(&mut tx, &other, AT).await.unwrap();
        assert_eq!(stays, Some(count(1, late)));
        attempts::forget(&mut tx, &other).await.unwrap();
        assert_eq!(attempts::find(&mut tx, &other, AT).await.unwrap(), None);
    })
    .await;
}
