//! The keys that sign receipts.

use ed25519_dalek::SigningKey;
use koffiekar_server::store::receipt_keys::{self, Key};
use koffiekar_server::store::{Tx, catalogue};
use koffiekar_sync_core::receipt::{KeyId, KeySuccession};

use super::world::*;

fn signing(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn id(n: u8) -> KeyId {
    KeyId::of(&signing(n).verifying_key())
}

/// The `n`th, which the one before handed over to.
fn key(n: u8) -> Key {
    let succession = KeySuccession::sign(&signing(n).verifying_key(), &signing(n - 1));
    Key {
        id: id(n),
        public_key: signing(n).verifying_key().to_bytes(),
        secret: Some([n; 32]),
        handed_over: (n > 1).then_some(succession.signature),
        created_at: AT.plus(n.into()),
    }
}

async fn three(tx: &mut Tx) {
    for n in [1, 2, 3] {
        assert!(receipt_keys::insert(tx, n.into(), &key(n)).await.unwrap());
    }
}

#[tokio::test]
async fn there_is_no_key_before_the_first() {
    on_both(async |store| {
        let mut tx = store.read().await.unwrap();
        assert!(receipt_keys::newest(&mut tx).await.unwrap().is_none());
        assert!(receipt_keys::newest_public(&mut tx).await.is_err());
        assert!(receipt_keys::publics(&mut tx).await.unwrap().is_empty());
        assert!(receipt_keys::all(&mut tx).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_last_one_signs_and_of_those_before_the_secret_goes() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        three(&mut tx).await;
        let newest = receipt_keys::newest(&mut tx).await.unwrap().unwrap();
        assert_eq!(
            (newest.place, newest.id, newest.secret),
            (3, id(3), [3; 32])
        );
        let installation = catalogue::installation(&mut tx).await.unwrap();
        assert_eq!(installation.receipt_key, Some(id(3)));
        let public = receipt_keys::newest_public(&mut tx).await.unwrap();
        assert_eq!(public, key(3).public_key);
        let publics = receipt_keys::publics(&mut tx).await.unwrap();
        assert_eq!(publics, [1, 2, 3].map(|n| key(n).public_key));
        receipt_keys::retire_before(&mut tx, 3, AT).await.unwrap();
        let all = receipt_keys::all(&mut tx).await.unwrap();
        let mut expected = [1, 2, 3].map(key);
        (expected[0].secret, expected[1].secret) = (None, None);
        assert!(all == expected);
        let newest = receipt_keys::newest(&mut tx).await.unwrap().unwrap();
        assert_eq!(newest.id, id(3));
    })
    .await;
}

#[tokio::test]
async fn a_place_is_taken_once() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        three(&mut tx).await;
        assert!(!receipt_keys::insert(&mut tx, 3, &key(4)).await.unwrap());
        assert!(!receipt_keys::insert(&mut tx, 4, &key(3)).await.unwrap());
        assert!(receipt_keys::insert(&mut tx, 4, &key(4)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn it_is_shown_how_the_newest_follows() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        three(&mut tx).await;
        let step = |n: u8| KeySuccession {
            key: key(n).public_key,
            signature: key(n).handed_over.unwrap(),
        };
        let since = receipt_keys::since(&mut tx, id(1)).await.unwrap();
        assert_eq!(since, [step(2), step(3)]);
        assert_eq!(
            receipt_keys::since(&mut tx, id(2)).await.unwrap(),
            [step(3)]
        );
        for nothing in [id(3), id(9)] {
            assert_eq!(receipt_keys::since(&mut tx, nothing).await.unwrap(), []);
        }
    })
    .await;
}

#[tokio::test]
async fn a_public_half_is_written_down_for_the_key_it_is_of() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        three(&mut tx).await;
        assert_eq!(receipt_keys::without_public(&mut tx).await.unwrap(), []);
        receipt_keys::set_public(&mut tx, id(2), &[8; 32])
            .await
            .unwrap();
        let publics = receipt_keys::publics(&mut tx).await.unwrap();
        assert_eq!(publics, [key(1).public_key, [8; 32], key(3).public_key]);
    })
    .await;
}
