//! Numbers of signed messages.

use koffiekar_server::store::nonces;

use super::world::*;

#[tokio::test]
async fn a_number_is_taken_once_until_it_ends() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let (one, other) = ([1; 32], [2; 32]);
        assert!(nonces::take(&mut tx, &one, AT.plus(10)).await.unwrap());
        assert!(nonces::take(&mut tx, &other, AT.plus(20)).await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = store.write().await.unwrap();
        assert!(!nonces::take(&mut tx, &one, AT.plus(99)).await.unwrap());
        nonces::remove_ended(&mut tx, AT.plus(10)).await.unwrap();
        assert!(nonces::take(&mut tx, &one, AT.plus(99)).await.unwrap());
        assert!(!nonces::take(&mut tx, &other, AT.plus(99)).await.unwrap());
    })
    .await;
}
